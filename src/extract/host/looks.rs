//! What SQL in a program looks like: which texts start as a statement, which are prose, and which calls only talk about
//! things.

use super::shape::{Call, source_of};
use super::text::{Part, Text};
use crate::syntax::{Body, Statement};

/// Words that a query starts with.
const QUERIES: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE"];

/// Words that other statements start with; alone they say too little.
const OTHERS: &[&str] = &[
    "CREATE", "ALTER", "DROP", "TRUNCATE", "COPY", "CALL", "EXPLAIN", "VALUES", "LOCK", "DECLARE", "REFRESH",
    "DO", "SET", "PREPARE",
];

/// Words of statements that say how those behind them run.
const SESSIONS: &[&str] =
    &["BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SHOW", "FETCH", "CLOSE", "RESET"];

/// Whether a text may start as a statement, by the first word in any of its variants.
pub(super) fn starts_as_statement(text: &Text) -> bool {
    first_word(text, 0)
}

/// Whether a text that begins with a hole has words behind it, as only a text has.
pub(super) fn says_more(text: &Text) -> bool {
    text.parts.iter().any(|part| match &**part {
        Part::Written(written) => written.text.contains(char::is_alphabetic),
        Part::Hole(_) => false,
        Part::Choice(texts) => texts.iter().any(says_more),
    })
}

fn first_word(text: &Text, depth: usize) -> bool {
    for part in &text.parts {
        match &**part {
            Part::Written(written) => {
                let rest = without_comments(&written.text);
                if rest.is_empty() {
                    continue;
                }
                return head(rest).is_some();
            }
            Part::Choice(texts) => {
                if depth < 16 && texts.iter().any(|text| first_word(text, depth + 1)) {
                    return true;
                }
                if !texts.iter().any(Text::is_empty) {
                    return false;
                }
            }
            Part::Hole(_) => return false,
        }
    }
    false
}

/// The word that a statement starts with, as written, and whether it is one of a query.
fn head(text: &str) -> Option<(&str, bool)> {
    let text = text.trim_start_matches(|c: char| matches!(c, '(' | ';') || c.is_whitespace());
    let len = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, rest) = text.split_at_checked(len)?;
    if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')) {
        return None;
    }
    let is = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is(SESSIONS) {
        // `BEGIN; DELETE ..`: what counts is the statement behind it.
        let rest = without_comments(rest.split_once(';')?.1);
        return if rest.is_empty() { None } else { head(rest) };
    }
    (is(QUERIES) || is(OTHERS)).then(|| (word, is(QUERIES)))
}

/// Text behind white space and comments.
fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let next = if rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, rest)| rest)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return rest;
        };
        rest = next.trim_start();
    }
}

/// Whether a text with its statements is SQL that runs. One that the program is seen to give to the database needs only
/// to start as a statement; any other must parse, and must not read as prose.
pub(super) fn is_sql(text: &str, statements: &[Statement], is_run: bool) -> bool {
    let rest = without_comments(text);
    if is_in_parentheses(rest) {
        // A subquery of a text that a library puts together.
        return false;
    }
    let Some((word, is_query)) = head(rest) else { return false };
    let parsed = !statements.is_empty()
        && statements.iter().all(|s| matches!(s.body, Body::Parsed(_) | Body::Command(_) | Body::Recognised));
    let is_title = word.starts_with(char::is_uppercase) && word.chars().skip(1).any(char::is_lowercase);
    let upper = word.chars().all(char::is_uppercase);
    let has_sign = rest.contains(['=', '*', '(', '<', '>', '$', ';', '\'', '"', '_', '%', '?', ':']);
    if is_run {
        return parsed || (!is_title && (upper || has_sign) && has_second_word(rest, word, upper));
    }
    is_query
        && parsed
        && !is_title
        && (upper || has_sign)
        && has_second_word(rest, word, upper)
        && statements.iter().all(|s| s.tree().is_some())
}

/// Whether a text is one pair of parentheses and what is between them.
fn is_in_parentheses(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with('(') || !text.ends_with(')') {
        return false;
    }
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1 == text.len();
        }
    }
    false
}

/// Whether the word that goes with the first one is there, in the same case: `SELECT .. FROM`, `UPDATE .. SET`.
fn has_second_word(text: &str, word: &str, upper: bool) -> bool {
    let wanted: &[&str] = match word.to_ascii_uppercase().as_str() {
        "SELECT" => &["FROM"],
        "DELETE" => &["FROM"],
        "INSERT" | "MERGE" => &["INTO"],
        "UPDATE" => &["SET"],
        "WITH" => &["AS"],
        _ => return true,
    };
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| {
        wanted.iter().any(|w| w.eq_ignore_ascii_case(word))
            && (!upper || word.chars().all(char::is_uppercase))
    })
}

/// Whether a call tells people something: its texts are not for the database.
pub(super) fn is_talk(call: &Call<'_>, source: &str) -> bool {
    const NAMES: &[&str] = &[
        "log",
        "error",
        "warn",
        "warning",
        "info",
        "debug",
        "trace",
        "print",
        "println",
        "printf",
        "Errorf",
        "Printf",
        "Println",
        "Error",
        "Exception",
        "panic",
        "fatal",
        "Fatal",
        "Fatalf",
        "Infof",
        "Debugf",
        "Warnf",
        "describe",
        "it",
        "test",
        "expect",
        "assert",
        "assertEqual",
        "assertEquals",
        "assertIn",
        "toBe",
        "toEqual",
        "toContain",
        "toMatch",
        "Wrap",
        "Wrapf",
        "New",
        "ValueError",
        "RuntimeError",
        "puts",
        "eprintln",
        "bail",
        "raise",
        "fail",
        "require",
        "check",
        "anyhow",
        "exception",
        "critical",
        "Info",
        "Debug",
        "Warn",
        "Msg",
        "Msgf",
        "ExpectQuery",
        "ExpectExec",
        "Contains",
        "Equal",
        "includes",
        "startsWith",
        "startswith",
        "contains",
        "HasPrefix",
        "indexOf",
        "starts_with",
        "matches",
        "match",
        "replace",
        "setError",
        "alert",
        "confirm",
        "t",
        "_",
        "add_argument",
        "help",
        "Logf",
        "Log",
    ];
    let receiver = call.receiver.map(|r| source_of(r, source)).unwrap_or_default();
    let owner = receiver.rsplit(['.', ':']).next().unwrap_or_default();
    const ALSO: &[&str] = &["check", "match", "matches", "error", "test", "require", "help"];
    if ALSO.contains(&call.name) && is_database(owner) {
        return false;
    }
    NAMES.contains(&call.name)
        || call.name.ends_with("Error")
        || call.name.ends_with("Exception")
        || matches!(
            owner,
            "log" | "logger" | "console" | "logging" | "LOG" | "Log" | "slog" | "tracing" | "_logger"
        )
}

/// Whether a name is one that what runs SQL goes by.
fn is_database(owner: &str) -> bool {
    const NAMES: &[&str] =
        &["db", "database", "conn", "connection", "pool", "tx", "trx", "sql", "cur", "cursor"];
    NAMES.contains(&owner)
}

/// Whether a call is one of something that runs SQL, by its name.
pub(super) fn is_of_database(call: &Call<'_>, source: &str) -> bool {
    let receiver = call.receiver.map(|r| source_of(r, source)).unwrap_or_default();
    is_database(receiver.rsplit(['.', ':', '>']).next().unwrap_or_default().trim_start_matches('$'))
}

/// Whether a node is a statement by its kind and that of the node around it.
pub(super) fn is_statement(kind: &str, around: &str) -> bool {
    kind.ends_with("_statement")
        || kind.ends_with("_declaration")
        || kind.ends_with("field_definition")
        || matches!(
            kind,
            "let_declaration"
                | "const_item"
                | "static_item"
                | "const_spec"
                | "var_spec"
                | "decorated_definition"
                | "annotation"
                | "attribute"
        )
        || matches!(
            around,
            "body_statement"
                | "block_body"
                | "then"
                | "program"
                | "statements"
                | "block"
                | "module"
                | "source_file"
                | "statement_list"
                | "compound_statement"
                | "function_body"
                | "else"
                | "class_body"
        )
}
