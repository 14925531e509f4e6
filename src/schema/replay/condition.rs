//! Statements of a migration that a condition of psql (`\if`) or of a template (`{% if %}`) decides on.

use std::sync::Arc;

use crate::source::Fragment;
use crate::syntax::Statement;

/// For each statement, whether it stands under a condition.
pub(super) fn doubtful(statements: &[(Arc<Fragment>, &Statement)]) -> Vec<bool> {
    let mut file = None;
    let (mut of_psql, mut of_template) = (0usize, 0usize);
    let mut doubtful = Vec::with_capacity(statements.len());
    for (fragment, statement) in statements {
        if file != Some(fragment.file) {
            file = Some(fragment.file);
            (of_psql, of_template) = (0, 0);
        }
        match statement.head.as_str() {
            r"\if" => of_psql += 1,
            r"\endif" => of_psql = of_psql.saturating_sub(1),
            _ => {}
        }
        let marks = statement.clauses.holes.iter().filter_map(|hole| mark(&hole.expression));
        let mut inside = of_template > 0;
        for opens in marks {
            of_template = if opens { of_template + 1 } else { of_template.saturating_sub(1) };
            inside = of_template > 0;
        }
        doubtful.push(of_psql > 0 || inside);
    }
    doubtful
}

/// Whether a template's mark opens or closes a condition or loop: `{% if x %}`, `{{- end }}`, `{{#if x}}`.
fn mark(expression: &str) -> Option<bool> {
    let inner = expression.trim_start_matches(['{', '%', '-', '#', '/', '~', ' ', '\t', '\n']);
    let closes = expression.trim_start_matches('{').starts_with('/');
    let word: &str = inner.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if !expression.starts_with('{') {
        return None;
    }
    match word {
        "if" | "unless" | "for" | "range" | "each" => Some(!closes),
        "end" | "endif" | "endfor" | "endunless" => Some(false),
        _ => None,
    }
}
