//! What becomes of statements, for `measure.py`: reads texts separated by NUL from the standard input and prints one line
//! for each. `bodies` as the argument: the texts are bodies of PL/pgSQL.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use sqlmoat::source::{FileId, Fragment};
use sqlmoat::syntax::{self, Body, Dialect, OddKind, Statement};

fn main() -> std::io::Result<()> {
    let bodies = std::env::args().nth(1).as_deref() == Some("bodies");
    let worker = std::thread::Builder::new().stack_size(256 << 20).spawn(move || run(bodies))?;
    worker.join().unwrap_or_else(|_| Err(std::io::Error::other("the worker panicked")))
}

fn run(bodies: bool) -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut out = std::io::stdout().lock();
    for text in text.split('\0') {
        let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
        let statements: Vec<Statement> = if bodies {
            syntax::plpgsql(&fragment, Dialect::Postgres)
                .statements
                .into_iter()
                .map(|e| e.statement)
                .collect()
        } else {
            syntax::parse(&fragment, Dialect::Postgres)
        };
        let lines: Vec<String> = statements.iter().map(outcome).collect();
        writeln!(out, "{}", lines.join("\u{1}"))?;
    }
    Ok(())
}

/// How a statement was read, its head, and what is wrong with it.
fn outcome(statement: &Statement) -> String {
    let unreadable = statement.clauses.odd_elements.iter().find(|odd| odd.kind == OddKind::Unreadable);
    let (kind, message) = match &statement.body {
        Body::Parsed(_) => match unreadable {
            Some(odd) => ("unparsed", odd.message.as_str()),
            None => ("parsed", ""),
        },
        Body::Command(_) => ("command", ""),
        Body::Recognised => ("recognised", ""),
        Body::Spliced => ("spliced", ""),
        Body::Unparsed { message, at: _ } => ("unparsed", message.as_str()),
    };
    format!("{kind}\t{}\t{}", statement.head, message.replace(['\n', '\t'], " "))
}
