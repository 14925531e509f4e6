//! Constants of other files: for each language a file that declares some and one that names them; what the language's own
//! rules do not lead to stays a hole.

use super::*;
use crate::source::Provider;

/// The fragments of the last file of a folder with these files.
fn read_in(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = folder.path().to_owned();
    let library = Library::new(Provider::WorkTree, root.clone(), root);
    let settings = HostSettings { library: Some(Arc::new(library)), ..HostSettings::default() };
    let (path, source) = files.last().unwrap();
    let file = extract(FileId(0), path, source, Dialect::Postgres, &settings);
    file.hosted.iter().map(|h| shown(&h.fragment)).collect()
}

#[test]
fn python() {
    let sql = ("app/sql.py", "COLUMNS = 'id, title'\nTABLE = 'item'\nTABLE_OF = make()\n");
    let from = |import: &str, name: &str| {
        let text = format!("{import}\ndef f(db):\n    db.execute('SELECT ' + {name} + ' FROM item')\n");
        read_in(&[sql, ("app/__init__.py", ""), ("app/a.py", &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("from .sql import COLUMNS", "COLUMNS"), known);
    assert_eq!(from("from app.sql import TABLE, COLUMNS as C", "C"), known);
    assert_eq!(from("from . import sql", "sql.COLUMNS"), known);
    assert_eq!(from("import app.sql as q", "q.COLUMNS"), known);
    assert_eq!(from("from .sql import *", "COLUMNS"), known);
    // Not this file's import, another file, a value that is made.
    assert_eq!(from("from .other import COLUMNS", "COLUMNS"), ["SELECT {COLUMNS} FROM item"]);
    assert_eq!(from("", "COLUMNS"), ["SELECT {COLUMNS} FROM item"]);
    assert_eq!(from("from .sql import TABLE_OF", "TABLE_OF"), ["SELECT {TABLE_OF} FROM item"]);
    // A parameter or another local of that name hides it.
    let hidden =
        "from .sql import COLUMNS\ndef f(db, COLUMNS):\n    db.execute('SELECT ' + COLUMNS + ' FROM item')\n";
    assert_eq!(read_in(&[sql, ("app/a.py", hidden)]), ["SELECT {COLUMNS} FROM item"]);
}

#[test]
fn typescript() {
    let sql = (
        "src/db/sql.ts",
        "export const COLUMNS = 'id, title';\nexport const T = { columns: `id, title` } as const;\n",
    );
    let index = ("src/db/index.ts", "export * from './sql';\nexport { COLUMNS as OTHER } from './sql';\n");
    let from = |import: &str, name: &str| {
        let text = format!("{import}\nexport const f = () => pool.query(`SELECT ${{{name}}} FROM item`);\n");
        read_in(&[sql, index, ("src/a.ts", &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("import { COLUMNS } from './db/sql';", "COLUMNS"), known);
    assert_eq!(from("import { COLUMNS as C } from \"./db/sql.js\"", "C"), known);
    assert_eq!(from("import * as sql from './db/sql';", "sql.COLUMNS"), known);
    assert_eq!(from("import { T } from './db/sql';", "T.columns"), known);
    assert_eq!(from("import { COLUMNS } from './db';", "COLUMNS"), known);
    assert_eq!(from("import { OTHER } from './db';", "OTHER"), known);
    assert_eq!(from("const { COLUMNS } = require('./db/sql');", "COLUMNS"), ["SELECT {COLUMNS} FROM item"]);
    assert_eq!(from("import { COLUMNS } from '@/db/sql';", "COLUMNS"), ["SELECT {COLUMNS} FROM item"]);
}

#[test]
fn go() {
    let module = ("go.mod", "module example.com/app\n\ngo 1.22\n");
    let package =
        ("store/columns.go", "package store\n\nconst columns = \"id, title\"\n\nvar order = \"id\"\n");
    let other = ("sqltext/sqltext.go", "package sqltext\n\nconst (\n\tColumns = \"id, title\"\n)\n");
    let from = |import: &str, name: &str| {
        let text = format!(
            "package store\n\n{import}\n\nfunc f(db *sql.DB) {{\n\tdb.Query(\"SELECT \" + {name} + \" FROM item\")\n}}\n"
        );
        read_in(&[module, package, other, ("store/a.go", &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("", "columns"), known);
    assert_eq!(from("import \"example.com/app/sqltext\"", "sqltext.Columns"), known);
    assert_eq!(from("import t \"example.com/app/sqltext\"", "t.Columns"), known);
    assert_eq!(from("", "order"), ["SELECT {order} FROM item"]);
    assert_eq!(
        from("import \"example.com/other/sqltext\"", "sqltext.Columns"),
        ["SELECT {sqltext.Columns} FROM item"]
    );
}

#[test]
fn rust() {
    let root = ("src/lib.rs", "mod store;\nmod source;\n");
    let source =
        ("src/source.rs", "pub const COLUMNS: &str = \"id, title\";\npub static mut ORDER: &str = \"id\";\n");
    let from = |import: &str, name: &str| {
        let text =
            format!("{import}\nfn f(db: &Db) {{ db.query(&format!(\"SELECT {{}} FROM item\", {name})); }}\n");
        read_in(&[root, source, ("src/store/item.rs", &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("use crate::source::COLUMNS;", "COLUMNS"), known);
    assert_eq!(from("use crate::source::{self, COLUMNS as C};", "C"), known);
    assert_eq!(from("use super::super::source;", "source::COLUMNS"), known);
    assert_eq!(from("use crate::source::*;", "COLUMNS"), known);
    assert_eq!(from("use other::source::COLUMNS;", "COLUMNS"), ["SELECT {COLUMNS} FROM item"]);
    assert_eq!(from("use crate::source::ORDER;", "ORDER"), ["SELECT {ORDER} FROM item"]);
}

#[test]
fn java() {
    let same = (
        "src/com/a/db/Tables.java",
        "package com.a.db;\nfinal class Tables {\n  static final String COLUMNS = \"id, title\";\n  static String order = \"id\";\n}\n",
    );
    let other = (
        "src/com/a/sql/Texts.java",
        "package com.a.sql;\npublic interface Texts {\n  String COLUMNS = \"id, title\";\n}\n",
    );
    let from = |import: &str, name: &str| {
        let text = format!(
            "package com.a.db;\n{import}\nclass Items {{ void f() {{ jdbc.queryForList(\"SELECT \" + {name} + \" FROM item\"); }} }}\n"
        );
        read_in(&[same, other, ("src/com/a/db/Items.java", &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("", "Tables.COLUMNS"), known);
    assert_eq!(from("import com.a.sql.Texts;", "Texts.COLUMNS"), known);
    assert_eq!(from("import static com.a.sql.Texts.COLUMNS;", "COLUMNS"), known);
    assert_eq!(from("import static com.a.sql.Texts.*;", "COLUMNS"), known);
    assert_eq!(from("", "Tables.order"), ["SELECT {Tables.order} FROM item"]);
    assert_eq!(from("import com.b.sql.Texts;", "Texts.COLUMNS"), ["SELECT {Texts.COLUMNS} FROM item"]);
}

#[test]
fn kotlin() {
    let same = (
        "src/com/a/db/Tables.kt",
        "package com.a.db\n\nconst val COLUMNS = \"id, title\"\nobject Tables {\n    const val ITEM = \"id, title\"\n    var order = \"id\"\n}\n",
    );
    let from = |package: &str, import: &str, name: &str| {
        let text = format!(
            "package com.a.{package}\n\n{import}\n\nfun f() = jdbc.queryForList(\"SELECT ${{{name}}} FROM item\")\n"
        );
        read_in(&[same, (&format!("src/com/a/{package}/Items.kt"), &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("db", "", "COLUMNS"), known);
    assert_eq!(from("db", "", "Tables.ITEM"), known);
    assert_eq!(from("web", "import com.a.db.COLUMNS", "COLUMNS"), known);
    assert_eq!(from("web", "import com.a.db.Tables", "Tables.ITEM"), known);
    assert_eq!(from("db", "", "Tables.order"), ["SELECT {Tables.order} FROM item"]);
    assert_eq!(from("web", "", "COLUMNS"), ["SELECT {COLUMNS} FROM item"]);
}

#[test]
fn php() {
    let other = (
        "src/Db/Tables.php",
        "<?php\nnamespace App\\Db;\nfinal class Tables {\n    const COLUMNS = 'id, title';\n    public static $order = 'id';\n}\n",
    );
    let from = |import: &str, name: &str| {
        let text = format!(
            "<?php\nnamespace App\\Web;\n{import}\nfunction f($pdo) {{ $pdo->query('SELECT ' . {name} . ' FROM item'); }}\n"
        );
        read_in(&[other, ("src/Web/Items.php", &text)])
    };
    assert_eq!(from("use App\\Db\\Tables;", "Tables::COLUMNS"), ["SELECT id, title FROM item"]);
    assert_eq!(from("", "Tables::COLUMNS"), ["SELECT {Tables::COLUMNS} FROM item"]);
    assert_eq!(from("use App\\Db\\Tables;", "Tables::$order"), ["SELECT {Tables::$order} FROM item"]);
}

#[test]
fn csharp_and_ruby() {
    let tables = (
        "Db/Tables.cs",
        "namespace App;\nstatic class Tables { public const string Columns = \"id, title\"; public static string Order = \"id\"; }\n",
    );
    let from = |name: &str| {
        let text = format!(
            "namespace App;\nclass Items {{ void F() {{ db.Query(\"SELECT \" + {name} + \" FROM item\"); }} }}\n"
        );
        read_in(&[tables, ("Db/Items.cs", &text)])
    };
    assert_eq!(from("Tables.Columns"), ["SELECT id, title FROM item"]);
    assert_eq!(from("Tables.Order"), ["SELECT {Tables.Order} FROM item"]);

    let constants = (
        "src/App.Data/Columns.cs",
        "\u{feff}using System;\n\nnamespace App.Data;\n\npublic class Columns { public const string Id = \"id, title\"; }\n",
    );
    let nested = (
        "src/App.Data/Texts/Names.cs",
        "namespace App.Data.Texts\n{\n  public static class Names { public const string Id = \"id\"; }\n}\n",
    );
    let from = |using: &str, name: &str| {
        let text = format!(
            "{using}\nnamespace App.Web.Pages;\nclass Items {{ void F() {{ db.Query(\"SELECT \" + {name} + \" FROM item\"); }} }}\n"
        );
        read_in(&[constants, nested, ("src/App.Web/Pages/Items.cs", &text)])
    };
    let known = ["SELECT id, title FROM item"];
    assert_eq!(from("using App.Data;", "Columns.Id"), known);
    assert_eq!(from("using static App.Data.Columns;", "Id"), known);
    assert_eq!(from("using App.Data.Texts;", "Names.Id"), ["SELECT id FROM item"]);
    // A namespace that is not used, or is another one than the file's.
    assert_eq!(from("using App.Other;", "Columns.Id"), ["SELECT {Columns.Id} FROM item"]);
    assert_eq!(from("using App.Data;", "Names.Id"), ["SELECT {Names.Id} FROM item"]);

    let tables = ("lib/tables.rb", "module Tables\n  COLUMNS = 'id, title'.freeze\nend\n");
    let from = |require: &str| {
        let text =
            format!("{require}\ndef f(db)\n  db.execute(\"SELECT #{{Tables::COLUMNS}} FROM item\")\nend\n");
        read_in(&[tables, ("lib/items.rb", &text)])
    };
    assert_eq!(from("require_relative 'tables'"), ["SELECT id, title FROM item"]);
    assert_eq!(from("require 'tables'"), ["SELECT {Tables::COLUMNS} FROM item"]);
}

#[test]
fn files_outside_and_circles() {
    let text = "import { A } from '../../../etc/a';\nimport { B } from './b';\nconst f = () => pool.query(`SELECT ${A}, ${B} FROM item`);\n";
    let circle = "export * from './c';\n";
    let files = [("b.ts", circle), ("c.ts", "export * from './b';\nconst B = 1;\n"), ("a.ts", text)];
    assert_eq!(read_in(&files), ["SELECT {A}, 1 FROM item"]);
}

#[test]
fn functions_of_php_that_take_references() {
    let widen = ("lib/widen.php", "<?php function widen($x, &$q) {} class A { function Look($q) {} }\n");
    let call = |call: &str| {
        let text = format!(
            "<?php function f($pdo, $x) {{ $q = 'SELECT i FROM t WHERE a = 1'; {call}; $pdo->query($q); }}\n"
        );
        read_in(&[widen, ("app/a.php", &text)])
    };
    assert_eq!(call("widen($x, $q)"), ["SELECT i FROM t WHERE a = 1 {~what is added to $q}"]);
    assert_eq!(call("widen($q, $x)"), ["SELECT i FROM t WHERE a = 1"]);
    assert_eq!(call("$x->look($q)"), ["SELECT i FROM t WHERE a = 1"]);
}

#[test]
fn names_that_other_files_change() {
    let known = ["SELECT i FROM t WHERE a = 1"];
    // A part of a module that another file gives a value to.
    let python = |other: &str| {
        let own = "W = 'a = 1'\ndef f(db):\n    db.execute('SELECT i FROM t WHERE ' + W)\n";
        read_in(&[("b.py", other), ("a.py", own)])
    };
    assert_eq!(python("import a\na.W = 'true'\n"), ["SELECT i FROM t WHERE {W}"]);
    assert_eq!(python("import a\nprint(a.W == 'true')\nself.W = 'true'\n"), known);
    let go = |other: &str| {
        let own =
            "package x\nvar W = \"a = 1\"\nfunc f(db DB) {\n\tdb.Query(\"SELECT i FROM t WHERE \" + W)\n}\n";
        read_in(&[("b.go", other), ("a.go", own)])
    };
    assert_eq!(go("package x\nfunc init() { W = \"true\" }\n"), ["SELECT i FROM t WHERE {W}"]);
    assert_eq!(go("package x\nfunc init() { W := \"true\"; _ = W }\n"), known);
    // A member that a class of another file has itself.
    let class = |other: &str| {
        let own = "class A:\n    W = 'a = 1'\n    def f(self, db):\n        db.execute('SELECT i FROM t WHERE ' + self.W)\n";
        read_in(&[("b.py", other), ("a.py", own)])
    };
    assert_eq!(class("class B(A):\n    W = 'true'\n"), ["SELECT i FROM t WHERE {self.W}"]);
    assert_eq!(class("class B(A):\n    V = 'true'\n"), known);
    let php = |other: &str, owner: &str| {
        let own = format!(
            "<?php\nclass A {{\n  const W = 'a = 1';\n  function f($db) {{ return $db->query('SELECT i FROM t WHERE ' . {owner}::W); }}\n}}\n"
        );
        read_in(&[("B.php", other), ("A.php", &own)])
    };
    let other = "<?php\nclass B extends A { const W = 'true'; }\n";
    assert_eq!(php(other, "static"), ["SELECT i FROM t WHERE {static::W}"]);
    assert_eq!(php(other, "self"), known);
    let java = |other: &str| {
        let own = "class A {\n  String w() { return \"a = 1\"; }\n  void f() { jdbc.query(\"SELECT i FROM t WHERE \" + w()); }\n}\n";
        read_in(&[("B.java", other), ("A.java", own)])
    };
    assert_eq!(
        java("class B extends A { String w() { return \"true\"; } }\n"),
        ["SELECT i FROM t WHERE {w()}"]
    );
    assert_eq!(java("class B extends A { void g() { w(); } }\n"), known);
    // An import in a function, or of which another way may be taken, is none of the module.
    let nested = |code: &str| read_in(&[("c.py", "W = 'a = 1'\n"), ("d.py", "W = 'true'\n"), ("a.py", code)]);
    let run = "    db.execute('SELECT i FROM t WHERE ' + c.W)\n";
    assert_eq!(
        nested(&format!("import c\ndef f(db):\n    import d as c\n{run}")),
        ["SELECT i FROM t WHERE {c.W}"]
    );
    assert_eq!(nested(&format!("import c\ndef f(db):\n    import d as e\n{run}")), known);
}
