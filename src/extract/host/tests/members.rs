//! Texts in fields, and behind pointers, that something else may change. Beside each stands a near twin that keeps them.

use super::flow::check;

#[test]
fn fields_that_a_call_may_change() {
    let run = "db.query(`SELECT i FROM t ${this.w}`); }\n";
    let this = |call: &str| format!("g(db: any, f: any) {{ this.w = 'WHERE a = 1'; {call} {run}");
    let object = |code: &str| {
        format!("g(db: any, f: any) {{ f.w = 'WHERE a = 1'; {code} db.query(`SELECT i FROM t ${{f.w}}`); }}")
    };
    check(
        "a.ts",
        ("class A { w = ''; reset() { this.w = ''; } count() { return this.n; }\n", "}\n"),
        &[
            (&this("this.reset();"), &this("this.count();")),
            (&this("this.inherited();"), &this("f.inherited();")),
            (&this("edit(this);"), &this("edit(f);")),
            (&object("edit(f);"), &object("edit(db);")),
            (&object("f = db;"), &object("db = f2;")),
            (&object("const g = f; g.w = '';"), &object("const g = db; g.w = '';")),
            (
                "g(db: any, x: any) { const o = { text: 'SELECT i FROM t WHERE a = 1' }; if (x) o.text += ' OR b = 2'; db.query(o); }",
                "g(db: any, x: any) { const o = { text: 'SELECT i FROM t WHERE a = 1' }; if (x) o.text += ' AND b = 2'; db.query(o); }",
            ),
        ],
    );
    let field = |call: &str| {
        format!(
            "        self.w = 'WHERE a = 1'\n        {call}\n        db.execute('SELECT i FROM t ' + self.w)\n"
        )
    };
    check(
        "a.py",
        (
            "class A:\n    def widen(self):\n        self.w = ''\n    def count(self):\n        return self.n\n    def f(self, db, x):\n",
            "",
        ),
        &[
            (&field("self.widen()"), &field("self.count()")),
            (&field("setattr(self, 'w', '')"), &field("getattr(x, 'w')")),
            (&field("adjust(self)"), &field("adjust(x)")),
        ],
    );
    check(
        "a.go",
        (
            "package a\nfunc (r *repo) widen() { r.w = \"\" }\nfunc (r *repo) count() int { return 1 }\nfunc (r *repo) f(db DB) {\nr.w = \"WHERE a = 1\"\n",
            "\ndb.Query(\"SELECT i FROM t \" + r.w)\n}\n",
        ),
        &[("r.widen()", "r.count()"), ("other(r)", "other(db)")],
    );
}

#[test]
fn pointers() {
    let go = |code: &str| format!("w := \"WHERE a = 1\"\n{code}\ndb.Query(\"SELECT i FROM t \" + w)\n");
    check(
        "a.go",
        ("package a\nfunc f(db DB, x string) {\n", "}\n"),
        &[
            (&go("p := &w\n*p = x"), &go("p := &x\n*p = \"\"")),
            (&go("p := &w\nw = \"WHERE a = 1\"\n*p = x"), &go("p := &x\nw = \"WHERE a = 1\"\n*p = \"\"")),
        ],
    );
    let fields = |code: &str| {
        format!("if x {{\n r.w = \"WHERE a = 1\"\n{code}}}\ndb.Query(\"SELECT i FROM t \" + r.w)\n")
    };
    check(
        "a.go",
        ("package a\nfunc (r *repo) f(db DB, x bool) {\n", "}\n"),
        &[(&fields(""), &fields("} else {\n r.w = \"WHERE a = 1\"\n"))],
    );
}
