//! Puts the blocks `sql live` of the pages to a live PostgreSQL that has the schema above them. Tables belong to the role
//! `owner`; the role `app` has every privilege on them and owns none; whoever begins is a superuser. What a statement
//! answers is written behind it: `-- 1|a; 2|b` for rows, `-- none`, `-- 2 rows` for what a write changed, `-- error: part of
//! the message`. A statement without such a comment succeeds.

use crate::markdown::{Example, examples};
use crate::pins::Pinned;
use crate::planner::postgres::{Server, Session, SqlError, server};

/// Every block answers as it says; pages of policies have one for each section.
#[test]
fn pages_say_what_postgres_does() {
    let Some(server) = server() else { return };
    prepare(server).expect("roles");
    let mut wrong = Vec::new();
    let mut count = 0;
    for folder in ["rules", "testdata/rules"] {
        for file in super::files(&super::root().join(folder)) {
            let text = std::fs::read_to_string(&file).expect("a page");
            let shown = file.strip_prefix(super::root()).expect("inside").display().to_string();
            for example in examples(&text) {
                let Some(live) = &example.live else { continue };
                count += 1;
                if let Err(error) = run(server, &example, live) {
                    wrong.push(format!("{shown}:{}: {error}", example.line));
                }
            }
        }
    }
    assert!(count >= 10, "the pages have lost their live blocks");
    assert!(wrong.is_empty(), "{} wrong\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

/// Roles belong to the whole server.
fn prepare(server: &Server) -> Result<(), SqlError> {
    server.connect("postgres")?.batch(
        "CREATE ROLE migrator SUPERUSER; CREATE ROLE owner; CREATE ROLE app; CREATE ROLE anon; \
         CREATE ROLE authenticated; GRANT anon, authenticated TO app",
    )
}

fn run(server: &Server, example: &Example, live: &str) -> Result<(), String> {
    let database = server.create_database().map_err(|e| e.to_string())?;
    let result = server.connect(&database).map_err(|e| e.to_string()).and_then(|mut session| {
        let schema = format!("{};\n{}", Pinned::read(&example.schema).text, program_free(example));
        let steps = ["SET ROLE migrator", &schema, "RESET ROLE", OWNED];
        for step in steps {
            session.batch(step).map_err(|e| format!("the schema is refused: {e}"))?;
        }
        statements(live).into_iter().try_for_each(|(sql, want)| answer(&mut session, &sql, want.as_deref()))
    });
    server.drop_database(&database);
    // Those that a schema makes are of no other.
    drop(server.connect("postgres").and_then(|mut session| session.batch(OTHER_ROLES)));
    result
}

/// The example's statement where it is part of the schema: DDL below the schema's block.
fn program_free(example: &Example) -> String {
    let text = Pinned::read(&example.statement).text;
    let ddl = ["CREATE", "ALTER", "GRANT", "REVOKE"];
    if ddl.iter().any(|verb| text.trim_start().starts_with(verb)) { text } else { String::new() }
}

const OWNED: &str = "REASSIGN OWNED BY migrator TO owner; GRANT ALL ON ALL TABLES IN SCHEMA public TO app; \
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app; GRANT USAGE, CREATE ON SCHEMA public TO owner; \
    GRANT USAGE ON SCHEMA public TO app";

const OTHER_ROLES: &str = "DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' \
    AND rolname NOT IN ('sqlmoat', 'migrator', 'owner', 'app', 'anon', 'authenticated') LOOP \
    EXECUTE format('DROP ROLE %I', r); END LOOP; END $$";

/// Statements with what is written behind them.
fn statements(text: &str) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        let (sql, want) = match line.rsplit_once("; -- ") {
            Some((sql, want)) => (format!("{sql};"), Some(want.trim().to_owned())),
            None => (line.to_owned(), None),
        };
        open.push_str(&sql);
        open.push('\n');
        if sql.trim_end().ends_with(';') {
            all.push((std::mem::take(&mut open), want));
        }
    }
    assert!(open.trim().is_empty(), "a live block ends with a semicolon: {open}");
    all
}

fn answer(session: &mut Session, sql: &str, want: Option<&str>) -> Result<(), String> {
    let got = match session.ask(sql) {
        Ok(answers) => {
            let last = answers.into_iter().next_back().unwrap_or_default();
            let row = |row: &Vec<Option<String>>| {
                let values = row.iter().map(|v| v.as_deref().unwrap_or("NULL"));
                values.collect::<Vec<_>>().join("|")
            };
            match want {
                Some(want) if want.ends_with(" rows") || want == "1 row" => match last.count {
                    1 => "1 row".to_owned(),
                    n => format!("{n} rows"),
                },
                _ if last.rows.is_empty() => "none".to_owned(),
                _ => last.rows.iter().map(row).collect::<Vec<_>>().join("; "),
            }
        }
        Err(error) => format!("error: {}", error.message),
    };
    match want {
        None if !got.starts_with("error: ") => Ok(()),
        Some(want) if got == want => Ok(()),
        Some(want) if want.starts_with("error: ") && got.contains(want) => Ok(()),
        Some(want) if want.starts_with("error: ") && got.starts_with("error: ") => {
            let part = want.trim_start_matches("error: ");
            if got.contains(part) { Ok(()) } else { Err(format!("`{}` answers `{got}`", sql.trim())) }
        }
        _ => Err(format!("`{}` answers `{got}`, not `{}`", sql.trim(), want.unwrap_or("success"))),
    }
}
