//! The migrations of every tool on a live PostgreSQL, sent as that tool sends them: it takes them, rows and policies are
//! then what was proposed, the way back restores the schema, and the rules on migrations have nothing to say of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{self, Dialect};

use crate::cases::{run, stdout};
use crate::live::{differences, dump};
use crate::postgres::{Session, server};
use crate::{git, unsafe_migrations, write_migrations};

/// Tables that lack a bit of everything: a tenant that may be NULL, a key without it, a table without the column.
const SCHEMA: &str = "CREATE TABLE tenants (id bigint PRIMARY KEY);
CREATE TABLE teams (id bigint PRIMARY KEY, tenant_id bigint REFERENCES tenants (id), name text);
CREATE TABLE members (
    id bigint PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenants (id), team_id bigint REFERENCES teams (id)
);
CREATE TABLE notes (id bigint PRIMARY KEY, member_id bigint NOT NULL REFERENCES members (id), body text);
";

const FLAGS: &[&str] = &["--tenant-columns", "--replace", "--row-security"];

/// A tool.
struct Tool {
    name: &'static str,
    /// The first migration: its path, and what stands before and behind the schema.
    first: [&'static str; 3],
    /// Another file by which the tool is known.
    beside: Option<&'static str>,
    sends: Sends,
    /// What says that no transaction holds a file.
    escapes: &'static [&'static str],
    /// Whether one does otherwise.
    wraps: bool,
    down: Down,
}

/// How a tool sends the text of a migration.
#[derive(Clone, Copy)]
enum Sends {
    /// As one message.
    Whole,
    /// A statement ends where a line ends with a semicolon, unless it stands between marks that begin so.
    Lines(&'static str),
    /// Its statements one by one.
    Statements,
}

/// Where a tool has the way back.
#[derive(Clone, Copy)]
enum Down {
    /// In the same file, behind that.
    Behind(&'static str),
    /// In a file of the same name but for that.
    File(&'static str, &'static str),
    /// In comments of a change set.
    Rollback,
    /// Nowhere.
    Nowhere,
}

const GOOSE: Tool = Tool {
    name: "goose",
    first: ["migrations/00001_schema.sql", "-- +goose Up\n", "-- +goose Down\nSELECT 1;\n"],
    beside: None,
    sends: Sends::Lines("-- +goose Statement"),
    escapes: &["-- +goose NO TRANSACTION"],
    wraps: true,
    down: Down::Behind("-- +goose Down\n"),
};

/// A tool that has one file for each migration, sends it as one message and knows no way back.
const PLAIN: Tool = Tool {
    name: "numbered",
    first: ["migrations/0001_schema.sql", "", ""],
    beside: None,
    sends: Sends::Whole,
    escapes: &[],
    wraps: false,
    down: Down::Nowhere,
};

const TOOLS: &[Tool] = &[
    GOOSE,
    Tool {
        name: "sql-migrate",
        first: ["migrations/1-schema.sql", "-- +migrate Up\n", "-- +migrate Down\nSELECT 1;\n"],
        sends: Sends::Lines("-- +migrate Statement"),
        escapes: &["-- +migrate Up notransaction"],
        down: Down::Behind("-- +migrate Down"),
        ..GOOSE
    },
    Tool {
        name: "dbmate",
        first: ["db/migrations/20240101000000_schema.sql", "-- migrate:up\n", "-- migrate:down\nSELECT 1;\n"],
        sends: Sends::Whole,
        escapes: &["-- migrate:up transaction:false"],
        down: Down::Behind("-- migrate:down"),
        ..GOOSE
    },
    Tool {
        name: "tern",
        first: ["migrations/001_schema.sql", "", "---- create above / drop below ----\nSELECT 1;\n"],
        sends: Sends::Statements,
        escapes: &["---- tern: disable-tx ----"],
        down: Down::Behind("---- create above / drop below ----"),
        ..GOOSE
    },
    Tool {
        name: "liquibase",
        first: ["changes/001_schema.sql", "--liquibase formatted sql\n--changeset me:1\n", ""],
        sends: Sends::Lines("--"),
        down: Down::Rollback,
        ..GOOSE
    },
    Tool {
        name: "flyway",
        first: ["sql/V1__schema.sql", "", ""],
        beside: Some("sql/U1__schema.sql"),
        sends: Sends::Statements,
        escapes: &["CONCURRENTLY", "executeInTransaction=false"],
        down: Down::File("/V", "/U"),
        ..GOOSE
    },
    Tool {
        name: "golang-migrate",
        first: ["migrations/000001_schema.up.sql", "", ""],
        beside: Some("migrations/000001_schema.down.sql"),
        down: Down::File(".up.", ".down."),
        ..PLAIN
    },
    Tool {
        name: "sqlx",
        first: ["migrations/20240101000000_schema.up.sql", "", ""],
        beside: Some("Cargo.toml"),
        escapes: &["-- no-transaction"],
        wraps: true,
        down: Down::File(".up.", ".down."),
        ..PLAIN
    },
    Tool {
        name: "diesel",
        first: ["migrations/2024-01-01-000000_schema/up.sql", "", ""],
        beside: Some("migrations/2024-01-01-000000_schema/down.sql"),
        escapes: &["run_in_transaction = false"],
        wraps: true,
        down: Down::File("/up.", "/down."),
        ..PLAIN
    },
    Tool {
        name: "prisma",
        first: ["prisma/migrations/20240101000000_schema/migration.sql", "", ""],
        ..PLAIN
    },
    Tool {
        name: "drizzle",
        first: ["drizzle/0000_schema.sql", "", ""],
        beside: Some("drizzle/meta/_journal.json"),
        wraps: true,
        ..PLAIN
    },
    PLAIN,
    Tool {
        name: "script",
        first: ["schema.sql", "", ""],
        sends: Sends::Statements,
        down: Down::Behind("-- To take it back:\n"),
        ..PLAIN
    },
];

/// A migration as it was written.
#[derive(Debug, Default)]
struct Written {
    up: String,
    down: String,
    /// Whether no transaction holds it.
    escapes: bool,
    /// Whether its text is not to be parted.
    whole: bool,
}

#[test]
fn each_tool_applies_its_migrations_and_takes_them_back() {
    let Some(server) = server() else { return };
    for tool in TOOLS {
        let folder = project(tool);
        let files = write_migrations(folder.path(), FLAGS);
        assert_eq!(unsafe_migrations(folder.path()), Vec::<String>::new(), "{}", tool.name);
        let left = stdout(&run(folder.path(), &[&["harden", "-q"], FLAGS].concat()));
        assert!(!left.contains("ALTER TABLE"), "{}: {left}", tool.name);

        let name = server.create_database().expect("a database");
        let mut session = server.connect(&name).expect("a connection");
        session.batch(SCHEMA).expect("the schema");
        session
            .batch(
                "INSERT INTO tenants VALUES (1), (2); INSERT INTO teams VALUES (1, 1), (2, 2);
                 INSERT INTO members VALUES (1, 1, 1), (2, 2, 2); INSERT INTO notes VALUES (1, 1), (2, 2)",
            )
            .expect("rows");
        let before = dump(&mut session);
        let all = written(tool, &files);
        all.iter().for_each(|migration| send(&mut session, tool, migration, &migration.up));
        let tied =
            "SELECT count(*)::text FROM notes JOIN members USING (tenant_id) WHERE member_id = members.id
                    UNION ALL SELECT count(*)::text FROM pg_policy";
        let tied: Vec<String> = session.rows(tied).expect("counts").concat().into_iter().flatten().collect();
        assert_eq!(tied, ["2", "3"], "{}", tool.name);
        if all.iter().any(|migration| !migration.down.is_empty()) {
            for migration in all.iter().rev() {
                send(&mut session, tool, migration, &migration.down);
            }
            assert_eq!(differences(&before, &dump(&mut session)), Vec::<String>::new(), "{}", tool.name);
        }
        drop(session);
        server.drop_database(&name);
    }
}

/// A project whose schema is one migration of that tool.
fn project(tool: &Tool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let [path, before, after] = tool.first;
    write(path, &format!("{before}{SCHEMA}{after}"));
    tool.beside.iter().for_each(|path| write(path, ""));
    let source = if tool.name == "script" { "[schema]\nsources = [\"schema.sql\"]\n" } else { "" };
    write("sqlmoat.toml", &format!("{source}[tenancy]\ncolumns = [\"tenant_id\"]\n"));
    git(folder.path(), &["init", "-q", "."]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "before"]);
    folder
}

/// The migrations in their order, from files by path.
fn written(tool: &Tool, files: &BTreeMap<String, String>) -> Vec<Written> {
    let escapes = |text: &str| tool.escapes.iter().any(|mark| text.contains(mark));
    let of = |(path, text): (&String, &String)| -> Vec<Written> {
        let own = Written { up: text.clone(), escapes: escapes(text), ..Written::default() };
        match tool.down {
            Down::Nowhere => vec![own],
            Down::Behind(mark) => {
                let (up, down) = text.split_once(mark).expect("a way back");
                let bare = |line: &str| format!("{}\n", line.strip_prefix("-- ").unwrap_or(line));
                let down =
                    if tool.name == "script" { down.lines().map(bare).collect() } else { down.to_owned() };
                // What is left of the mark's line.
                let down = down.trim_start_matches(" notransaction").trim_start_matches(" transaction:false");
                vec![Written { up: up.to_owned(), down: down.to_owned(), ..own }]
            }
            Down::File(up, down) if path.contains(up) && path.ends_with(".sql") => {
                let near = [format!("{path}.conf"), path.replace("up.sql", "metadata.toml")];
                let says = near.iter().filter_map(|path| files.get(path)).any(|text| escapes(text));
                let down = files.get(&path.replacen(up, down, 1)).cloned().unwrap_or_default();
                vec![Written { down, escapes: own.escapes || says, ..own }]
            }
            Down::File(..) => Vec::new(),
            Down::Rollback => text.split("--changeset ").skip(1).map(change_set).collect(),
        }
    };
    let mut in_order: Vec<(&String, &String)> = files.iter().collect();
    in_order.sort_by_key(|(path, _)| version(path));
    let all: Vec<Written> = in_order.into_iter().flat_map(of).collect();
    match tool.name {
        // It runs all that is new in one transaction.
        "drizzle" => {
            vec![Written {
                up: all.iter().map(|written| written.up.as_str()).collect(),
                ..Written::default()
            }]
        }
        _ => all,
    }
}

/// The number in a path.
fn version(path: &str) -> u64 {
    let from = path.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits = from.chars().take_while(|c| c.is_ascii_digit() || *c == '-').filter(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or_default()
}

/// A change set of Liquibase.
fn change_set(text: &str) -> Written {
    let (head, body) = text.split_once('\n').expect("a head");
    let (down, up): (Vec<&str>, Vec<&str>) = body.lines().partition(|line| line.starts_with("--rollback"));
    let down = down.iter().map(|line| line.trim_start_matches("--rollback ")).filter(|line| *line != "empty");
    Written {
        up: up.join("\n"),
        down: down.collect::<Vec<_>>().join("\n"),
        escapes: head.contains("runInTransaction:false"),
        whole: head.contains("splitStatements:false"),
    }
}

/// Sends a text of a migration as the tool does.
fn send(session: &mut Session, tool: &Tool, migration: &Written, text: &str) {
    let messages = match tool.sends {
        _ if migration.whole => vec![text.to_owned()],
        Sends::Whole => vec![text.to_owned()],
        Sends::Lines(mark) => lines(text, mark),
        Sends::Statements => statements(text),
    };
    let wraps = tool.wraps && !migration.escapes;
    let around = |word: &str| wraps.then(|| word.to_owned());
    for message in around("BEGIN").into_iter().chain(messages).chain(around("COMMIT")) {
        session.batch(&message).unwrap_or_else(|why| panic!("{}: `{message}`: {why}", tool.name));
    }
}

/// Statements by their lines.
fn lines(text: &str, mark: &str) -> Vec<String> {
    let (mut all, mut open, mut between) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        open.push_str(&format!("{line}\n"));
        if line.starts_with(&format!("{mark}Begin")) {
            between = true;
        }
        let ends = line.starts_with(&format!("{mark}End"));
        if ends || line.ends_with(';') && !between {
            all.push(std::mem::take(&mut open));
            between = false;
        }
    }
    all
}

/// Statements by their syntax.
fn statements(text: &str) -> Vec<String> {
    let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
    let parsed = syntax::parse(&fragment, Dialect::Postgres);
    parsed.iter().map(|statement| text[statement.span.range()].to_owned()).collect()
}
