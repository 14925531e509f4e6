//! Statements of a migration that a ROLLBACK in the same file takes back.

use std::sync::Arc;

use crate::source::Fragment;
use crate::syntax::Statement;

/// For each statement, whether it is undone.
pub(super) fn undone(statements: &[(Arc<Fragment>, &Statement)]) -> Vec<bool> {
    let mut undone = vec![false; statements.len()];
    let mut file = None;
    let mut begun: Option<usize> = None;
    let mut savepoints: Vec<(String, usize)> = Vec::new();
    for (at, (fragment, statement)) in statements.iter().enumerate() {
        if file != Some(fragment.file) {
            file = Some(fragment.file);
            begun = None;
            savepoints.clear();
        }
        let words: Vec<String> = fragment
            .text
            .get(statement.span.range())
            .unwrap_or_default()
            .split_ascii_whitespace()
            .take(6)
            .map(str::to_ascii_lowercase)
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            // `BEGIN ATOMIC` and other bodies are no statements of their own.
            ["begin", ..] | ["start", "transaction", ..] => {
                begun = Some(at);
                savepoints.clear();
            }
            [_, "prepared", ..] => {}
            ["commit" | "end", ..] => begun = None,
            ["savepoint", name, ..] => savepoints.push(((*name).to_owned(), at)),
            ["rollback" | "abort", rest @ ..] => {
                let to = rest.iter().position(|w| *w == "to");
                let start = match to {
                    Some(_) => {
                        let name = rest.last().copied().unwrap_or_default();
                        savepoints.iter().rfind(|(n, _)| n == name).map(|(_, start)| *start)
                    }
                    None => begun.take(),
                };
                if let Some(start) = start {
                    undone[start..at].fill(true);
                }
            }
            _ => {}
        }
    }
    undone
}
