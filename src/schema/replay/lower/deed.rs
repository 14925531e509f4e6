//! Statements of a migration that change no catalog, and matter to whoever uses the tables meanwhile: transactions,
//! limits, locks, maintenance, data.

use super::Words;
use crate::schema::change::ObjectRef;
use crate::schema::lock::Lock;
use crate::schema::migration::{Deed, Maintenance};
use crate::schema::replay::expr;
use crate::source::{Fragment, Span};
use crate::syntax::{Body, Statement, ast};
use ast::Expr;

/// What a statement does beside changing the catalog; none for one that only does that, or nothing of interest.
pub(in crate::schema::replay) fn deed(fragment: &Fragment, statement: &Statement) -> Option<Deed> {
    let text = fragment.text.get(statement.span.range()).unwrap_or_default();
    let mut reader = Reader { words: Words { text, at: 0 }, fragment, statement };
    let first = reader.words.next_word()?;
    match first.as_str() {
        "begin" => Some(Deed::Begin),
        "start" => reader.eat("transaction").then_some(Deed::Begin),
        "commit" | "end" => (!reader.eat("prepared")).then_some(Deed::Commit),
        // To a savepoint, the transaction goes on.
        "rollback" | "abort" => (!reader.rest().contains(&"to".to_owned())).then_some(Deed::Rollback),
        "set" => reader.timeout(),
        "select" => configured(text).map(Deed::LockTimeout),
        "lock" => reader.lock(),
        "vacuum" => reader.vacuum(),
        "cluster" => Some(reader.cluster()),
        "reindex" => reader.reindex(),
        "refresh" => reader.refresh(),
        "truncate" => reader.truncate(),
        "update" => reader.write("UPDATE"),
        "delete" => reader.write("DELETE"),
        "insert" => reader.write("INSERT"),
        "create" | "drop" | "alter" => {
            let second = reader.words.next_word()?;
            let refuses = matches!(second.as_str(), "database" | "tablespace" | "subscription" | "system")
                && !(first == "alter" && second != "system");
            refuses.then(|| Deed::Refusing(format!("{first} {second}").to_uppercase()))
        }
        _ => None,
    }
}

/// What `ALTER DATABASE`, `ALTER ROLE` and `ALTER SYSTEM` say of the lock_timeout with which later sessions begin: whether
/// there is a limit.
pub(in crate::schema::replay) fn default_timeout(fragment: &Fragment, statement: &Statement) -> Option<bool> {
    let text = fragment.text.get(statement.span.range()).unwrap_or_default();
    let mut words = Words { text, at: 0 };
    let alters = words.next_word()? == "alter"
        && matches!(words.next_word()?.as_str(), "database" | "role" | "user" | "system");
    let lower = text.to_ascii_lowercase();
    let (before, after) = lower.split_once("lock_timeout").filter(|_| alters)?;
    let verb = before.split_whitespace().next_back()?;
    (verb == "set" || verb == "reset").then(|| verb == "set" && limits(after))
}

/// Whether the value that `TO`, `=` and quotes may stand around limits anything: 0 and DEFAULT do not.
fn limits(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let value = value.trim_start_matches("to ").trim_start_matches('=').trim().trim_matches('\'').trim();
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    !(value == "default" || (!digits.is_empty() && digits.bytes().all(|b| b == b'0')))
}

/// `SELECT set_config('lock_timeout', 'value', ...)`: whether it is a limit.
fn configured(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let (_, behind) = lower.split_once("set_config")?;
    let arguments = behind.trim_start().strip_prefix('(')?.trim_start().strip_prefix("'lock_timeout'")?;
    let value = arguments.trim_start().strip_prefix(',')?.trim_start().strip_prefix('\'')?;
    Some(limits(value.split('\'').next().unwrap_or_default()))
}

struct Reader<'a> {
    words: Words<'a>,
    fragment: &'a Fragment,
    statement: &'a Statement,
}

impl Reader<'_> {
    /// Takes that word if it is next.
    fn eat(&mut self, word: &str) -> bool {
        let before = self.words.at;
        let found = self.words.next_word().as_deref() == Some(word);
        if !found {
            self.words.at = before;
        }
        found
    }

    /// Takes a list of options in parentheses; whether one of them is called so and not switched off.
    fn options(&mut self, wanted: &str) -> bool {
        self.words.skip_blank();
        let rest = self.words.text.get(self.words.at..).unwrap_or_default();
        let Some(inside) = rest.strip_prefix('(').and_then(|r| r.split_once(')')).map(|(i, _)| i) else {
            return false;
        };
        self.words.at += inside.len() + 2;
        let mut options = inside.split(',').map(|option| option.trim().to_ascii_lowercase());
        options.any(|option| {
            let mut words = option.split_whitespace();
            words.next() == Some(wanted) && !matches!(words.next(), Some("false" | "off" | "0"))
        })
    }

    /// The words that follow, up to what is none.
    fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.words.next_word()).collect()
    }

    fn object(&mut self) -> Option<ObjectRef> {
        self.words.next_object(self.fragment, self.statement.span.start)
    }

    /// `SET [LOCAL | SESSION] lock_timeout { TO | = } value`.
    fn timeout(&mut self) -> Option<Deed> {
        let mut name = self.words.next_word()?;
        if matches!(name.as_str(), "local" | "session") {
            name = self.words.next_word()?;
        }
        if name != "lock_timeout" {
            return None;
        }
        Some(Deed::LockTimeout(limits(self.words.text.get(self.words.at..).unwrap_or_default())))
    }

    /// `LOCK [TABLE] [ONLY] name, ... [IN mode MODE] [NOWAIT]`.
    fn lock(&mut self) -> Option<Deed> {
        self.eat("table");
        self.eat("only");
        let table = self.object()?;
        let rest = self.words.text.get(self.words.at..).unwrap_or_default().to_ascii_lowercase();
        let words: Vec<&str> = rest.split_whitespace().collect();
        let mode = words.iter().rposition(|w| *w == "in").and_then(|start| {
            let end = words.iter().rposition(|w| w.trim_end_matches(';') == "mode")?;
            Lock::parse(&words.get(start + 1..end)?.join(" "))
        });
        Some(Deed::Lock { table, mode: mode.unwrap_or(Lock::AccessExclusive) })
    }

    fn vacuum(&mut self) -> Option<Deed> {
        let mut full = self.options("full");
        while let Some(word) = ["full", "freeze", "verbose", "analyze"].into_iter().find(|w| self.eat(w)) {
            full |= word == "full";
        }
        let command = if full { Maintenance::VacuumFull } else { Maintenance::Vacuum };
        Some(Deed::Maintain { command, target: self.object() })
    }

    /// `CLUSTER [VERBOSE] [table [USING index]]`, in its old form `CLUSTER index ON table`.
    fn cluster(&mut self) -> Deed {
        self.options("verbose");
        self.eat("verbose");
        let first = self.object();
        let target = if self.eat("on") { self.object() } else { first };
        Deed::Maintain { command: Maintenance::Cluster, target }
    }

    fn reindex(&mut self) -> Option<Deed> {
        self.options("concurrently");
        self.eat("verbose");
        let command = match self.words.next_word()?.as_str() {
            "index" => Maintenance::ReindexIndex,
            "table" => Maintenance::ReindexTable,
            _ => Maintenance::ReindexMany,
        };
        self.eat("concurrently");
        let target = if command == Maintenance::ReindexMany { None } else { self.object() };
        Some(Deed::Maintain { command, target })
    }

    fn refresh(&mut self) -> Option<Deed> {
        (self.eat("materialized") && self.eat("view")).then_some(())?;
        self.eat("concurrently");
        Some(Deed::Refresh { view: self.object()? })
    }

    fn truncate(&mut self) -> Option<Deed> {
        self.eat("table");
        self.eat("only");
        let table = self.object()?;
        let cascade = self.rest().iter().any(|word| word == "cascade");
        Some(Deed::Truncate { table, cascade })
    }

    /// UPDATE, DELETE, and INSERT of a query; those behind WITH are rare in migrations and not read.
    fn write(&mut self, verb: &'static str) -> Option<Deed> {
        let Body::Parsed(tree) = &self.statement.body else { return None };
        let condition = match tree.as_ref() {
            ast::Statement::Update(update) => update.selection.as_ref(),
            ast::Statement::Delete(delete) => delete.selection.as_ref(),
            ast::Statement::Insert(insert) => match insert.source.as_ref()?.body.as_ref() {
                ast::SetExpr::Select(select) if !select.from.is_empty() => select.selection.as_ref(),
                _values => return None,
            },
            _other => return None,
        };
        self.eat(if verb == "INSERT" { "into" } else { "from" });
        self.eat("only");
        Some(Deed::Write { verb, table: self.object()?, narrowed: condition.is_some_and(narrows) })
    }
}

/// Whether a condition picks rows by a value: a comparison with something that no row gives, a list, a pattern. `IS NULL`,
/// `<>` and joins pick as many rows as there are.
fn narrows(condition: &Expr) -> bool {
    use ast::BinaryOperator as Op;
    match condition {
        Expr::Nested(inner) => narrows(inner),
        Expr::BinaryOp { left, op: Op::And, right } => narrows(left) || narrows(right),
        Expr::BinaryOp { left, op: Op::Or, right } => narrows(left) && narrows(right),
        Expr::BinaryOp { left, op: Op::Eq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq, right } => {
            names_column(left) != names_column(right)
        }
        Expr::InList { expr: _, list: _, negated }
        | Expr::InSubquery { expr: _, subquery: _, negated }
        | Expr::Between { expr: _, negated, low: _, high: _ }
        | Expr::Like { negated, any: _, expr: _, pattern: _, escape_char: _ }
        | Expr::ILike { negated, any: _, expr: _, pattern: _, escape_char: _ } => !negated,
        Expr::AnyOp { left: _, compare_op: Op::Eq, right: _, is_some: _ } => true,
        _other => false,
    }
}

/// Whether an expression reads a column.
fn names_column(expr: &Expr) -> bool {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        if matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
            return true;
        }
        expr::children(expr, &mut todo);
    }
    false
}

impl Words<'_> {
    /// The next name with its schema; `base` is where the text starts in the fragment.
    pub(super) fn next_object(&mut self, fragment: &Fragment, base: u32) -> Option<ObjectRef> {
        let mut parts = Vec::new();
        while let Some((name, span)) = self.next_name() {
            parts.push((name, span));
            if !self.skip_dot() {
                break;
            }
        }
        let (name, span) = parts.pop()?;
        let schema = parts.pop().map(|(schema, _)| schema);
        let at = fragment.locate(Span::new(base + span.start, base + span.end));
        Some(ObjectRef { schema, name, at })
    }
}
