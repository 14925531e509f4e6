//! The smaller statements: indexes, views, domains, extensions, schemas, COPY, EXPLAIN, DECLARE, drops.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::super::Clauses;
use super::super::cursor::Tokens;
use super::{Context, Edits, at, word};

/// Prepares whatever the head names.
pub(super) fn prepare(tokens: Tokens<'_>, context: &Context<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let mut statement = Statement { t: tokens, clauses, edits };
    match context.head {
        "CREATE INDEX" => statement.index(),
        "CREATE VIEW" => statement.view(),
        "CREATE MATERIALIZED VIEW" => statement.materialized_view(),
        "CREATE FOREIGN TABLE" => statement.foreign_table(),
        "CREATE DOMAIN" => statement.domain(),
        "CREATE EXTENSION" => statement.extension(),
        "CREATE SCHEMA" => statement.schema(),
        "COPY" => statement.copy(),
        "EXPLAIN" => statement.explain(),
        "DECLARE" => statement.declare(),
        "DROP INDEX" => statement.drop_index(),
        "DROP FOREIGN TABLE" => statement.edits.remove(1..2),
        _ => {}
    }
}

struct Statement<'a, 'b> {
    t: Tokens<'a>,
    clauses: &'b mut Clauses,
    edits: &'b mut Edits,
}

impl Statement<'_, '_> {
    fn take(&mut self, range: std::ops::Range<usize>, name: &'static str) {
        let range = range.start..range.end.min(self.t.len());
        if !range.is_empty() {
            self.clauses.removed.push((self.t.span(range.clone()), name));
            self.edits.remove(range);
        }
    }

    fn find(&self, from: usize, what: &str) -> Option<usize> {
        (from..self.t.len()).find(|&i| self.t.word(i, what))
    }

    /// Parameters of operator classes, TABLESPACE. ONLY is taken out where the table is.
    fn index(&mut self) {
        let t = self.t;
        let Some(on) = self.find(1, "ON") else { return };
        let mut open = on + 1;
        while open < t.len() && !t.is(open, &Token::LParen) {
            open += 1;
        }
        let Some(close) = t.close(open) else { return };
        for key in t.split(open + 1..close) {
            let behind = if t.is(key.start, &Token::LParen) {
                t.after_parens(key.start)
            } else {
                t.after_parens(t.after_name(key.start))
            };
            let Some(class) = (behind..key.end).find(|&i| t.is(i, &Token::LParen)) else { continue };
            if t.name(class - 1) {
                self.take(class..t.after_parens(class), "operator class parameters");
            }
        }
        let mut i = close + 1;
        while i < t.len() && !t.word(i, "WHERE") {
            if t.word(i, "TABLESPACE") {
                self.take(i..i + 2, "TABLESPACE");
            } else if t.word(i, "WITH") && t.is(i + 1, &Token::LParen) {
                self.take(i..t.after_parens(i + 1), "storage parameters");
            }
            i += 1;
        }
    }

    /// RECURSIVE, and options: `WITH (security_barrier)` means `security_barrier = true`.
    fn view(&mut self) {
        let t = self.t;
        let Some(view) = self.find(1, "VIEW") else { return };
        let name = view + 1 + if t.words(view + 1, &["IF", "NOT", "EXISTS"]) { 3 } else { 0 };
        let behind = t.after_name(name);
        let columns = t.after_parens(behind);
        if t.word(view - 1, "RECURSIVE") && columns > behind {
            self.recursive_view(view, name, behind, columns);
            return;
        }
        let mut with = columns;
        if t.word(columns, "USING") {
            with = columns + 2;
        }
        if t.word(with, "WITH") && t.is(with + 1, &Token::LParen) {
            self.view_options(with);
        }
    }

    fn view_options(&mut self, with: usize) {
        let t = self.t;
        let end = t.after_parens(with + 1);
        for option in t.split(with + 2..end.saturating_sub(1)) {
            if t.word(option.start, "SECURITY_INVOKER") {
                let off = option.len() == 3 && option_is_off(t, option.start + 2);
                self.clauses.security_invoker = Some(!off);
            } else if t.word(option.start, "CHECK_OPTION") {
                self.clauses.check_option = true;
            }
            if option.len() == 1 {
                self.edits.substitute(t, option.end..option.end, [Token::Eq, word("true")]);
            }
        }
    }

    /// `RECURSIVE VIEW v (a) AS query` is `VIEW v AS WITH RECURSIVE v (a) AS (query) SELECT a FROM v` (manual, CREATE VIEW).
    fn recursive_view(&mut self, view: usize, name: usize, behind: usize, columns: usize) {
        let t = self.t;
        let Some(query) = self.find(columns, "AS") else { return };
        self.take(view - 1..view, "RECURSIVE");
        let place = t.place(query);
        let own_name = t.0.get(behind - 1..behind).unwrap_or(&[]);
        let list = t.0.get(behind + 1..columns - 1).unwrap_or(&[]);
        let parens = t.0.get(behind..columns).unwrap_or(&[]);
        let mut head = vec![at(word("AS"), place), at(word("WITH"), place), at(word("RECURSIVE"), place)];
        head.extend(own_name.iter().chain(parens).cloned());
        head.extend([at(word("AS"), place), at(Token::LParen, place)]);
        let end = t.place(t.len());
        let mut tail = vec![at(Token::RParen, end), at(word("SELECT"), end)];
        tail.extend(list.iter().cloned());
        tail.push(at(word("FROM"), end));
        tail.extend(own_name.iter().cloned());
        self.edits.replace(behind..query + 1, head);
        self.edits.replace(t.len()..t.len(), tail);
        let _ = name;
    }

    fn materialized_view(&mut self) {
        let t = self.t;
        let Some(view) = self.find(1, "VIEW") else { return };
        let name = view + 1 + if t.words(view + 1, &["IF", "NOT", "EXISTS"]) { 3 } else { 0 };
        let mut i = t.after_parens(t.after_name(name));
        while i < t.len() && !t.word(i, "AS") {
            let end = if t.is(i + 1, &Token::LParen) { t.after_parens(i + 1) } else { i + 2 };
            self.take(i..end, "storage");
            i = end.max(i + 1);
        }
    }

    fn foreign_table(&mut self) {
        self.take(1..2, "FOREIGN");
    }

    /// `CREATE DOMAIN d [AS] type ... [NOT NULL | NULL | CONSTRAINT n NOT NULL]`.
    fn domain(&mut self) {
        let t = self.t;
        let name = 2;
        let behind = t.after_name(name);
        if !t.word(behind, "AS") {
            self.edits.substitute(t, behind..behind, [word("AS")]);
        }
        let mut i = behind;
        while i < t.len() {
            let constraint = usize::from(t.word(i, "CONSTRAINT")) * 2;
            let at = i + constraint;
            if t.words(at, &["NOT", "NULL"]) {
                self.clauses.domain_not_null = true;
                self.take(i..at + 2, "NOT NULL");
                i = at + 2;
            } else if t.word(at, "NULL") && !t.any(at.wrapping_sub(1), &["DEFAULT", "NOT"]) {
                self.take(i..at + 1, "NULL");
                i = at + 1;
            } else if t.is(i, &Token::LParen) {
                i = t.after_parens(i).max(i + 1);
            } else {
                i += 1;
            }
        }
    }

    /// `CREATE EXTENSION e [WITH] [SCHEMA s] [VERSION v] [CASCADE]`, in any form.
    fn extension(&mut self) {
        let t = self.t;
        let name = 2 + if t.words(2, &["IF", "NOT", "EXISTS"]) { 3 } else { 0 };
        self.take(name + 1..t.len(), "extension options");
    }

    /// Elements of a schema are statements of their own, which the parser does not read here.
    fn schema(&mut self) {
        let t = self.t;
        let start = (2..t.len()).find(|&i| t.any(i, &["CREATE", "GRANT"]));
        if let Some(start) = start {
            self.take(start..t.len(), "schema elements");
        }
    }

    /// Only what is copied matters, and which way.
    fn copy(&mut self) {
        let t = self.t;
        let mut i = 1;
        while i < t.len() && !t.any(i, &["FROM", "TO"]) {
            if t.is(i, &Token::LParen) {
                i = t.after_parens(i);
            } else {
                if t.word(i, "BINARY") && i == 1 {
                    self.edits.remove(1..2);
                }
                i += 1;
            }
        }
        if i + 1 < t.len() {
            let file = Token::SingleQuotedString(String::new());
            self.clauses.removed.push((t.span(i + 1..t.len()), "options of COPY"));
            self.edits.substitute(t, i + 1..t.len(), [file]);
        }
    }

    /// Options in either form.
    fn explain(&mut self) {
        let t = self.t;
        let mut i = 1;
        if t.is(1, &Token::LParen) && !t.any(2, &["SELECT", "WITH", "VALUES"]) && !t.is(2, &Token::LParen) {
            i = t.after_parens(1);
        }
        while t.any(i, &["ANALYZE", "ANALYSE", "VERBOSE"]) {
            i += 1;
        }
        if i > 1 && i < t.len() {
            self.take(1..i, "options of EXPLAIN");
        }
    }

    /// `DECLARE c [BINARY] [INSENSITIVE] [[NO] SCROLL] CURSOR [WITH | WITHOUT HOLD] FOR query`.
    fn declare(&mut self) {
        let t = self.t;
        let Some(cursor) = (2..8).find(|&i| t.word(i, "CURSOR")) else { return };
        self.take(2..cursor, "options of DECLARE");
        if t.any(cursor + 1, &["WITH", "WITHOUT"]) {
            self.take(cursor + 1..cursor + 3, "HOLD");
        }
    }

    fn drop_index(&mut self) {
        if matches!(self.t.get(2), Some(Token::Word(w)) if w.keyword == Keyword::CONCURRENTLY) {
            self.take(2..3, "CONCURRENTLY");
        }
    }
}

/// Whether the value of an option says no.
pub(in super::super) fn option_is_off(t: Tokens<'_>, i: usize) -> bool {
    match t.get(i) {
        Some(Token::Word(_)) => t.any(i, &["FALSE", "OFF", "NO"]),
        Some(Token::Number(n, _)) => n == "0",
        Some(Token::SingleQuotedString(s)) => {
            ["false", "off", "no", "0"].iter().any(|off| s.eq_ignore_ascii_case(off))
        }
        _ => false,
    }
}
