//! SQL that a statement passes as text to a function that runs it (`cron.schedule`, `dblink`, `query_to_xml`), where that
//! text is a literal.

use std::ops::Range;
use std::sync::Arc;

use super::head::{Disposition, head};
use super::lexer::{Kind, Lexer, Raw};
use super::literal::literal_fragment;
use super::parse::parse;
use super::{Dialect, Statement};
use crate::source::{Fragment, Span};

/// Which of a call's literals is SQL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    First,
    Last,
    /// The third argument.
    Third,
}

/// Functions that run a text, lower case: PostgreSQL's for XML and text search, those of dblink, tablefunc, pg_cron and
/// Citus.
const RUNNERS: &[(&str, Which)] = &[
    ("crosstab", Which::All),
    ("crosstab2", Which::All),
    ("crosstab3", Which::All),
    ("crosstab4", Which::All),
    ("dblink", Which::Last),
    ("dblink_exec", Which::Last),
    ("dblink_open", Which::Last),
    ("dblink_send_query", Which::Last),
    ("query_to_xml", Which::First),
    ("query_to_xml_and_xmlschema", Which::First),
    ("query_to_xmlschema", Which::First),
    ("run_command_on_all_nodes", Which::First),
    ("run_command_on_workers", Which::First),
    ("schedule", Which::Last),
    ("schedule_in_database", Which::Third),
    ("ts_rewrite", Which::Last),
    ("ts_stat", Which::First),
];

/// Whether a text may call a function that runs SQL: cheap, and never wrong when it says no.
pub fn mentions_runner(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["crosstab", "dblink", "query_to_xml", "run_command_on_", "schedule", "ts_rewrite", "ts_stat"]
        .iter()
        .any(|part| text.contains(part))
}

/// The statements in literals of the calls that a statement makes, each text with its map to the file. What is no SQL is
/// left out.
pub fn quoted(
    fragment: &Fragment,
    statement: &Statement,
    dialect: Dialect,
) -> Vec<(Arc<Fragment>, Vec<Statement>)> {
    let text = fragment.text.get(..statement.span.end as usize).unwrap_or_default();
    let mut lexer = Lexer::new(text, dialect);
    lexer.jump(statement.span.start as usize);
    let tokens: Vec<Raw> = std::iter::from_fn(|| lexer.next())
        .filter(|raw| !matches!(raw.kind, Kind::LineComment | Kind::BlockComment | Kind::Directive))
        .collect();
    let mut found = Vec::new();
    for (i, raw) in tokens.iter().enumerate() {
        let name = raw.text(text).trim_matches('"').to_ascii_lowercase();
        let is_call = tokens.get(i + 1).is_some_and(|next| next.kind == Kind::LParen);
        let runner = RUNNERS.iter().find(|(runner, _)| is_call && *runner == name);
        let Some((_, which)) = runner else { continue };
        // `schedule` is a name that others use as well.
        if name.starts_with("schedule") && !follows(text, &tokens, i, "cron") {
            continue;
        }
        let arguments = arguments(&tokens, i + 1);
        let literal = |argument: &Range<usize>| literal(&tokens, argument.clone());
        let literals: Vec<Span> = match which {
            Which::Third => arguments.get(2).and_then(literal).into_iter().collect(),
            _ => arguments.iter().filter_map(literal).collect(),
        };
        let chosen = match which {
            Which::All | Which::Third => literals.as_slice(),
            Which::First => literals.get(..1).unwrap_or_default(),
            Which::Last => literals.last().map(std::slice::from_ref).unwrap_or_default(),
        };
        for span in chosen {
            let Some(inner) = literal_fragment(fragment, *span).map(Arc::new) else { continue };
            if starts_a_statement(&inner.text, dialect) {
                let statements = parse(&inner, dialect);
                found.push((inner, statements));
            }
        }
    }
    found
}

/// Whether a name is qualified by that schema.
fn follows(text: &str, tokens: &[Raw], name: usize, schema: &str) -> bool {
    let before = |back: usize| name.checked_sub(back).and_then(|i| tokens.get(i));
    before(1).is_some_and(|raw| raw.kind == Kind::Dot)
        && before(2).is_some_and(|raw| raw.text(text).trim_matches('"').eq_ignore_ascii_case(schema))
}

/// The arguments between the parenthesis at `open` and the one that closes it.
fn arguments(tokens: &[Raw], open: usize) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0usize, open + 1);
    for (i, raw) in tokens.iter().enumerate().skip(open) {
        match raw.kind {
            Kind::LParen | Kind::LBracket => depth += 1,
            Kind::RParen | Kind::RBracket => depth -= 1,
            Kind::Comma if depth == 1 => {
                found.push(from..i);
                from = i + 1;
            }
            _ => {}
        }
        if depth == 0 {
            found.push(from..i);
            break;
        }
    }
    found
}

/// The literal that an argument is: alone, behind `name =>`, or before a cast.
fn literal(tokens: &[Raw], argument: Range<usize>) -> Option<Span> {
    let argument = tokens.get(argument)?;
    let is_literal = |raw: &&Raw| matches!(raw.kind, Kind::String | Kind::EscapeString | Kind::DollarString);
    let mut literals = argument.iter().filter(is_literal);
    let (literal, more) = (literals.next()?, literals.next().is_some());
    let kinds: Vec<Kind> = argument.iter().map(|raw| raw.kind).collect();
    let alone = matches!(
        kinds.as_slice(),
        [_] | [_, Kind::DoubleColon, Kind::Word] | [Kind::Word, Kind::Operator | Kind::Assign, _]
    );
    (alone && !more).then(|| Span::new(literal.start, literal.end))
}

fn starts_a_statement(text: &str, dialect: Dialect) -> bool {
    let mut lexer = Lexer::new(text, dialect);
    let tokens: Vec<Raw> = std::iter::from_fn(|| lexer.next())
        .filter(|raw| !matches!(raw.kind, Kind::LineComment | Kind::BlockComment | Kind::Directive))
        .take(200)
        .collect();
    !tokens.is_empty() && head(text, &tokens, dialect).1 != Disposition::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn found(text: &str) -> Vec<String> {
        let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
        let statements = parse(&fragment, Dialect::Postgres);
        let texts = statements.iter().flat_map(|s| quoted(&fragment, s, Dialect::Postgres));
        texts
            .map(|(inner, statements)| {
                let place = inner.locate(statements[0].span).span;
                assert!(mentions_runner(text));
                text[place.range()].to_owned()
            })
            .collect()
    }

    #[test]
    fn literals_that_are_run_are_statements_at_their_place() {
        for (text, expected) in [
            ("SELECT cron.schedule('nightly', '0 3 * * *', $$DELETE FROM t$$)", &["DELETE FROM t"][..]),
            ("SELECT cron.schedule(schedule => '0 3 * * *', command => 'DELETE FROM t')", &["DELETE FROM t"]),
            ("SELECT cron.schedule_in_database('n', '0 3 * * *', 'CALL p()', 'other')", &["CALL p()"]),
            ("SELECT cron.schedule('n', '0 3 * * *', 'DELETE FROM ' || x)", &[]),
            ("SELECT schedule('n', 'DELETE FROM t')", &[]),
            ("SELECT * FROM dblink('conn', 'SELECT 1 FROM t') AS x (a int)", &["SELECT 1 FROM t"]),
            ("SELECT * FROM dblink('conn', query) AS x (a int)", &[]),
            ("SELECT query_to_xml('SELECT 1', true, false, 'SELECT 2')", &["SELECT 1"]),
            ("SELECT * FROM crosstab('SELECT 1', 'SELECT 2') AS x (a int)", &["SELECT 1", "SELECT 2"]),
            ("SELECT ts_rewrite('a & b', 'SELECT t, s FROM aliases')", &["SELECT t, s FROM aliases"]),
            ("SELECT ts_rewrite('a & b', 'a', 'b')", &[]),
            ("SELECT 'cron.schedule(''SELECT 1'')'", &[]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
