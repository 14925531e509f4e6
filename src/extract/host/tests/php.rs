//! PHP: literals, and ways to build a text.

use super::table;

#[test]
fn literals() {
    table(
        "a.php",
        ("<?php\n", ";\n"),
        &[
            (r#"$c->query('SELECT \'a\\b\n\' FROM t')"#, &[r"SELECT 'a\b\n' FROM t"]),
            (r#"$c->query("SELECT 'a\t\x41\u{e9}\$b' FROM t")"#, &["SELECT 'a\tA\u{e9}$b' FROM t"]),
            (
                "$c->query(<<<SQL\n    SELECT \"a\"\n      FROM t WHERE b = {$x->y}\n    SQL)",
                &["SELECT \"a\"\n  FROM t WHERE b = {$x->y}"],
            ),
            (
                "$c->query(<<<'SQL'\n  SELECT a\n  FROM t WHERE b = '\\n$x'\n  SQL)",
                &["SELECT a\nFROM t WHERE b = '\\n$x'"],
            ),
            (
                r#"$c->query("SELECT a FROM t WHERE b = $x AND c = {$y->z} AND d = $w[0]")"#,
                &["SELECT a FROM t WHERE b = {$x} AND c = {$y->z} AND d = {$w[0]}"],
            ),
            (r#"$c->query('SELECT a ' . 'FROM t')"#, &["SELECT a FROM t"]),
        ],
    );
}

#[test]
fn calls() {
    table(
        "a.php",
        ("<?php\n", ";\n"),
        &[
            (
                r#"$s = $pdo->prepare('SELECT a FROM t WHERE b = :b AND c = :c'); $s->bindValue(':b', $b); $s->bindParam(':c', $this->c); $s->execute()"#,
                &["SELECT a FROM t WHERE b = :b AND c = :c <- :b=$b, :c=$this->c"],
            ),
            (
                r#"$s = $pdo->prepare('SELECT a FROM t WHERE b = ? AND c = ?'); $s->execute([$b, $c])"#,
                &["SELECT a FROM t WHERE b = ? AND c = ? <- ?=$b, ?=$c"],
            ),
            (
                r#"$s = $pdo->prepare('SELECT a FROM t WHERE b = :b'); $s->execute(['b' => $b])"#,
                &["SELECT a FROM t WHERE b = :b <- :b=$b"],
            ),
            (r#"DB::select('SELECT a FROM t WHERE b = ?', [$b])"#, &["SELECT a FROM t WHERE b = ? <- ?=$b"]),
            (
                r#"$conn->fetchAllAssociative('SELECT a FROM t WHERE b = :b', ['b' => $b])"#,
                &["SELECT a FROM t WHERE b = :b <- :b=$b"],
            ),
            (
                r#"pg_query_params($c, 'SELECT a FROM t WHERE b = $1', [$b])"#,
                &["SELECT a FROM t WHERE b = $1 <- $1=$b"],
            ),
            (r#"$c->query(str_replace('{t}', $t, 'SELECT a FROM {t}'))"#, &["SELECT a FROM {$t}"]),
            (
                r#"$q[] = "DELETE FROM t WHERE a = 1"; $q[] = "a = 2"; foreach ($q as $s) { $c->query($s); }"#,
                &["DELETE FROM t WHERE a = 1"],
            ),
            // What is null adds nothing; what may be more is not known.
            (r#"$c->query('SELECT a FROM t ' . null)"#, &["SELECT a FROM t "]),
            (
                r#"$c->query('SELECT a FROM t ' . ($w ?? null))"#,
                &["SELECT a FROM t {$w}", "SELECT a FROM t "],
            ),
            (r#"throw new \Exception('DELETE FROM t WHERE a = 1 failed')"#, &[]),
            (r#"$em->createQuery('SELECT u FROM App\Entity\User u')"#, &[]),
        ],
    );
}

#[test]
fn building() {
    table(
        "a.php",
        (
            "<?php\ndefine('D', 'd');\nclass A { const C = 'b, c'; private $t = 't'; function w() { return ' WHERE b = 1'; }\n\
             function f($a, int $n, array $w) {\n",
            ";\n} }\n",
        ),
        &[
            (
                r#"$c->query('SELECT ' . self::C . ', ' . D . ' FROM ' . $this->t)"#,
                &["SELECT b, c, d FROM t"],
            ),
            (
                r#"$c->query("SELECT a FROM {$this->t} WHERE b = '" . $a . "'")"#,
                &["SELECT a FROM t WHERE b = '{$a}'"],
            ),
            (r#"$c->query("SELECT a FROM t LIMIT $n")"#, &["SELECT a FROM t LIMIT {#$n}"]),
            (r#"$c->query("SELECT a FROM t LIMIT " . (int) $a)"#, &["SELECT a FROM t LIMIT {#(int) $a}"]),
            (
                r#"$c->query(sprintf('SELECT a FROM %s LIMIT %d', $a, $n))"#,
                &["SELECT a FROM {$a} LIMIT {#$n}"],
            ),
            (
                r#"$c->query('SELECT a FROM t WHERE b = ' . $c->quote($a))"#,
                &["SELECT a FROM t WHERE b = {#$a}"],
            ),
            (
                r#"$q = 'SELECT a FROM t'; if ($n) { $q .= ' WHERE b = 1'; } elseif ($a) { $q .= ' WHERE c = 1'; } $c->query($q)"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1", "SELECT a FROM t"],
            ),
            (
                r#"$l = []; $l[] = 'b = 1'; $l[] = 'c = 2'; $c->query('SELECT a FROM t WHERE ' . implode(' AND ', $l))"#,
                &["SELECT a FROM t WHERE b = 1 AND c = 2"],
            ),
            (
                r#"$l = ['b = 1']; foreach ($w as $x) { $l[] = "c = 1"; } $c->query('SELECT a FROM t WHERE ' . implode(' AND ', $l))"#,
                &["SELECT a FROM t WHERE b = 1 AND {~what is added in a loop}"],
            ),
            (r#"$c->query('SELECT a FROM t' . $this->w())"#, &["SELECT a FROM t WHERE b = 1"]),
            (
                r#"$c->query('SELECT a FROM t' . ($n ? ' WHERE b = 1' : ''))"#,
                &["SELECT a FROM t WHERE b = 1", "SELECT a FROM t"],
            ),
            (
                r#"$o = match ($n) { 1 => 'a', default => 'b' }; $c->query("SELECT a FROM t ORDER BY $o")"#,
                &["SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY b"],
            ),
        ],
    );
}
