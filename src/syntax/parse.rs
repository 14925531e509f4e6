//! Fragment to statements: split, bounded, prepared and parsed one by one, so that one bad statement costs only itself.

use std::ops::Range;
use std::sync::Arc;

use sqlparser::dialect::{Dialect as ParserDialect, MySqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::command::{self, Read};
use super::cursor::bytes;
use super::dialect::Postgres;
use super::head::Disposition;
use super::lexer::{Kind, Lexer, Raw};
use super::prepare::{Context, element_ranges, part_at, prepare};
use super::program;
use super::repeat::Repeats;
use super::split::RawStatement;
use super::{
    Body, Clauses, Comment, Dialect, ExprHandle, OddElement, OddKind, Positions, RowsCut, SplicedText,
    Statement, ast, bounds, head, reserved, split, token,
};
use crate::source::{Fragment, Span};

/// Every statement of a fragment, in order. Never fails and never panics; needs a big stack (256 MB) for input that
/// nests up to the bounds, as does dropping what it returns.
pub fn parse(fragment: &Arc<Fragment>, dialect: Dialect) -> Vec<Statement> {
    let positions = Arc::new(Positions::new(fragment.text.len()));
    let mut statements = Vec::new();
    let mut repeats = Repeats::new(&fragment.text);
    split::split(&fragment.text, dialect, |raw| {
        statements.push(match repeats.one_too_many(raw) {
            Some(rows) => repetition(&positions, raw, rows),
            None => statement(fragment, dialect, &positions, raw, Lead::AsIs),
        });
    });
    // Most texts have one, and a statement takes much room.
    statements.shrink_to_fit();
    statements
}

/// Every comment of a text in order, also those behind the last statement.
pub fn comments(text: &str, dialect: Dialect) -> Vec<Comment> {
    split::comments(text, dialect)
}

/// Where the placeholders of a text stand, in order.
pub fn placeholders(text: &str, dialect: Dialect) -> Vec<Span> {
    let mut lexer = Lexer::new(text, dialect);
    std::iter::from_fn(|| lexer.next())
        .filter(|raw| matches!(raw.kind, Kind::Placeholder | Kind::Hole))
        .map(|raw| Span::new(raw.start, raw.end))
        .collect()
}

/// The heads of a text's statements in order, without parsing them; see [`Statement::head`].
pub fn heads(text: &str, dialect: Dialect) -> Vec<String> {
    let mut heads = Vec::new();
    split::split(text, dialect, |raw| heads.push(head::head(text, &raw.tokens, dialect).0));
    heads
}

/// The fragment's whole text as one expression. `Err` says why not, and where.
pub fn parse_expr(fragment: &Arc<Fragment>, dialect: Dialect) -> Result<ExprHandle, (String, Span)> {
    let text = &*fragment.text;
    let mut lexer = Lexer::new(text, dialect);
    let raws: Vec<Raw> = std::iter::from_fn(|| lexer.next())
        .filter(|raw| !matches!(raw.kind, Kind::LineComment | Kind::BlockComment | Kind::Directive))
        .collect();
    let all = Span::new(0, text.len().min(u32::MAX as usize) as u32);
    if let Some(exceeded) = bounds::exceeded(text, &raws, all) {
        return Err(exceeded);
    }
    let tokens = token::tokens(text, &raws, dialect)?;
    let end = raws.last().map_or(0, |raw| raw.end);
    let positions = Arc::new(Positions::new(text.len()));
    let mut clauses = Clauses::default();
    let context = Context { fragment, positions: &positions, dialect, head: "" };
    let expr = expression(prepare(tokens, &context, &mut clauses), dialect, end)?;
    Ok(ExprHandle { expr: Arc::new(expr), fragment: fragment.clone(), positions, span: all })
}

/// How a statement of a program's body starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// As SQL does.
    AsIs,
    /// With PERFORM, which stands for SELECT.
    Perform,
    /// With an expression, whose SELECT is made up.
    Expression,
}

impl Lead {
    fn apply(self, tokens: &mut Vec<TokenWithSpan>) {
        let select = Token::make_keyword("SELECT");
        match (self, tokens.first_mut()) {
            (Lead::Perform, Some(first)) => first.token = select,
            (Lead::Expression, Some(first)) => {
                let start = first.span.start;
                tokens.insert(0, TokenWithSpan::at(select, start, start));
            }
            (Lead::AsIs, _) | (_, None) => {}
        }
    }
}

/// One statement of a program's body, from its tokens.
pub(super) fn embedded(
    fragment: &Arc<Fragment>,
    dialect: Dialect,
    positions: &Arc<Positions>,
    span: Span,
    tokens: Vec<Raw>,
    lead: Lead,
) -> Statement {
    let raw = RawStatement { span, tokens, ..RawStatement::default() };
    statement(fragment, dialect, positions, &raw, lead)
}

/// Tokens as a type.
pub(super) fn data_type(tokens: Vec<TokenWithSpan>, dialect: Dialect) -> Option<ast::DataType> {
    run(dialect, tokens, 0, |parser| parser.parse_data_type()).ok()
}

/// Tokens as one expression; `end` is where they end, bytes.
pub(super) fn expression(
    tokens: Vec<TokenWithSpan>,
    dialect: Dialect,
    end: u32,
) -> Result<ast::Expr, (String, Span)> {
    run(dialect, tokens, end, |parser| parser.parse_expr())
}

fn statement(
    fragment: &Arc<Fragment>,
    dialect: Dialect,
    positions: &Arc<Positions>,
    raw: &RawStatement,
    lead: Lead,
) -> Statement {
    let text = &*fragment.text;
    let (head, disposition) = match lead {
        Lead::AsIs => head::head(text, &raw.tokens, dialect),
        Lead::Perform | Lead::Expression => ("SELECT".to_owned(), Disposition::Parse),
    };
    let mut clauses = Clauses { rows_cut: raw.rows_cut.clone(), ..Clauses::default() };
    clauses.holes.extend(raw.directives.iter().map(|&span| SplicedText {
        span,
        expression: text.get(span.range()).unwrap_or("").to_owned(),
        identifier: None,
    }));
    let body = if raw.tokens.first().is_some_and(|first| first.kind == Kind::Meta) {
        Body::Recognised
    } else {
        match disposition {
            Disposition::Ignore => Body::Recognised,
            Disposition::Unknown => unknown(text, &raw.tokens),
            Disposition::Parse | Disposition::Command => {
                let context = Context { fragment, positions, dialect, head: &head };
                body(&context, raw, disposition, lead, &mut clauses)
                    .unwrap_or_else(|(message, at)| Body::Unparsed { message, at })
            }
        }
    };
    if dialect == Dialect::MySql {
        let is_run = |at: &Span| {
            let text = text.get(at.range()).unwrap_or_default();
            text.starts_with("/*!") || text.starts_with("/*M!")
        };
        clauses.run_comment = raw.comments.iter().map(|comment| comment.span).find(is_run);
    }
    let comments = raw.comments.clone();
    Statement { span: raw.span, head, body, clauses, positions: positions.clone(), comments }
}

/// An INSERT of which there were many.
fn repetition(positions: &Arc<Positions>, raw: &RawStatement, rows: RowsCut) -> Statement {
    Statement {
        span: raw.span,
        head: "INSERT".to_owned(),
        body: Body::Recognised,
        clauses: Clauses { rows_cut: Some(rows), ..Clauses::default() },
        positions: positions.clone(),
        comments: raw.comments.clone(),
    }
}

fn unknown(text: &str, tokens: &[Raw]) -> Body {
    let Some(first) = tokens.first() else { return Body::Recognised };
    let at = Span::new(first.start, first.end);
    // What the text is cut off in says more than the word that it starts with.
    match token::tokens(text, tokens, Dialect::Postgres) {
        Err((message, at)) => Body::Unparsed { message, at },
        Ok(_) => Body::Unparsed {
            message: format!("`{}` starts no statement that is known", shown(first.text(text))),
            at,
        },
    }
}

fn body(
    context: &Context<'_>,
    raw: &RawStatement,
    disposition: Disposition,
    lead: Lead,
    clauses: &mut Clauses,
) -> Result<Body, (String, Span)> {
    let text = &*context.fragment.text;
    if let Some(exceeded) = bounds::exceeded(text, &raw.tokens, raw.span) {
        return Err(exceeded);
    }
    let mut tokens = token::tokens(text, &raw.tokens, context.dialect)?;
    lead.apply(&mut tokens);
    if context.dialect == Dialect::Postgres
        && let Some((message, span)) = reserved::misplaced(context.head, &tokens)
    {
        clauses.odd_elements.push(OddElement { span, name: None, kind: OddKind::Misplaced, message });
    }
    if disposition == Disposition::Command && context.dialect == Dialect::Postgres {
        match command::read(context.head, &tokens) {
            Read::Command(command) => return Ok(Body::Command(command)),
            Read::Nothing => return Ok(Body::Recognised),
            Read::Parser => {}
            Read::Unknown(at) => return Err(unexpected(tokens.get(at), raw.span.end)),
        }
    }
    if context.dialect != Dialect::Postgres
        && let Some(command) = program::read(context.head, &tokens)
    {
        return Ok(Body::Command(command));
    }
    let tokens = prepare(tokens, context, clauses);
    if tokens.is_empty() {
        // All that it does is in the clauses.
        return Ok(match clauses.commands.len() {
            1 => clauses.commands.pop().map_or(Body::Recognised, Body::Command),
            _ => Body::Recognised,
        });
    }
    // The parser leaves room in every list, and a copy has none: a fifth less for a project of thousands of statements.
    parse_tolerantly(context, tokens, raw.span.end, clauses).map(|tree| Body::Parsed(Arc::new(tree.clone())))
}

/// Elements of one CREATE TABLE that may be left out because they cannot be read.
const MAX_UNREADABLE: usize = 20;

/// Parses a statement; an element of CREATE TABLE at which the parser stops is left out, recorded, and the rest is tried
/// again.
fn parse_tolerantly(
    context: &Context<'_>,
    mut tokens: Vec<TokenWithSpan>,
    end: u32,
    clauses: &mut Clauses,
) -> Result<ast::Statement, (String, Span)> {
    if !context.head.starts_with("CREATE") || !context.head.ends_with("TABLE") {
        return run(context.dialect, tokens, end, |parser| parser.parse_statement());
    }
    let mut first_error = None;
    for _ in 0..=MAX_UNREADABLE {
        let (message, at) = match run(context.dialect, tokens.clone(), end, |parser| parser.parse_statement())
        {
            Ok(tree) => return Ok(tree),
            Err(error) => error,
        };
        first_error.get_or_insert((message.clone(), at));
        let Some((part, range)) = unreadable_part(&tokens, at) else { break };
        let place = |i: usize| tokens.get(i).map_or(Span::new(end, end), |token| bytes(token.span));
        let span = place(part.start).join(place(part.end.saturating_sub(1).max(part.start)));
        clauses.odd_elements.push(OddElement { span, name: None, kind: OddKind::Unreadable, message });
        tokens.drain(range);
    }
    clauses.odd_elements.retain(|odd| odd.kind != OddKind::Unreadable);
    Err(first_error.unwrap_or_else(|| ("not understood".to_owned(), Span::new(end, end))))
}

/// What is to be left out of a CREATE TABLE for the parser to get past a place: a clause of a column, else an element;
/// and the same with the comma beside it. A table of nothing but one element that cannot be read is no table.
fn unreadable_part(tokens: &[TokenWithSpan], at: Span) -> Option<(Range<usize>, Range<usize>)> {
    let elements = element_ranges(tokens);
    let place = tokens.iter().position(|token| bytes(token.span).start >= at.start)?;
    let k = elements.iter().position(|e| e.start <= place && place <= e.end)?;
    let element = elements.get(k)?.clone();
    if let Some(part) = part_at(tokens, element.clone(), place.min(element.end.saturating_sub(1))) {
        return Some((part.clone(), part));
    }
    let with_comma = match elements.len() {
        1 => return None,
        n if k + 1 < n => element.start..element.end + 1,
        _ => element.start - 1..element.end,
    };
    Some((element, with_comma))
}

fn unexpected(token: Option<&TokenWithSpan>, end: u32) -> (String, Span) {
    match token {
        Some(token) => (format!("unexpected `{}`", shown(&token.token.to_string())), bytes(token.span)),
        None => ("unexpected end of the statement".to_owned(), Span::new(end, end)),
    }
}

/// Runs the parser over all tokens.
fn run<T>(
    dialect: Dialect,
    tokens: Vec<TokenWithSpan>,
    end: u32,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Result<T, (String, Span)> {
    let places: Vec<(u64, u64)> = tokens.iter().map(|t| (t.span.start.column, t.span.end.column)).collect();
    let dialect: &dyn ParserDialect = match dialect {
        Dialect::Postgres => &Postgres,
        Dialect::MySql => &MySqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
    };
    let mut parser = Parser::new(dialect)
        .with_recursion_limit(bounds::PARSER_RECURSION)
        .with_tokens_with_locations(tokens);
    let tree = read(&mut parser).map_err(|error| explain(error, &places, end))?;
    let rest = parser.peek_token_ref();
    if rest.token == Token::EOF {
        return Ok(tree);
    }
    Err(unexpected(Some(rest), end))
}

/// The parser's error as a message of ours and the place of the token that it stopped at.
fn explain(error: ParserError, places: &[(u64, u64)], end: u32) -> (String, Span) {
    let message = match error {
        ParserError::RecursionLimitExceeded => {
            return ("nested too deep to be read".to_owned(), Span::new(end.saturating_sub(1), end));
        }
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
    };
    let (message, column) = match message.rfind(" at Line: ") {
        Some(cut) => {
            let column = message[cut..].rsplit("Column: ").next().and_then(|c| c.trim().parse::<u64>().ok());
            (message[..cut].to_owned(), column)
        }
        None => (message, None),
    };
    let at = match column {
        Some(column) => {
            let i = places.partition_point(|place| place.0 < column);
            let (start, end) = places.get(i).copied().unwrap_or((column, column));
            Span::new(start.saturating_sub(1) as u32, end.saturating_sub(1) as u32)
        }
        None => Span::new(end, end),
    };
    let message = match message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((expected, "EOF")) => format!("expected {expected}, found the end of the statement"),
        Some((expected, found)) => format!("expected {expected}, found `{}`", shown(found)),
        None => lower_first(&message),
    };
    (message, at)
}

/// Text of a token for a message: one line, not too long.
fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() > 40 || line.len() < text.len() {
        let cut: String = line.chars().take(40).collect();
        return format!("{cut}...");
    }
    line.to_owned()
}

fn lower_first(message: &str) -> String {
    let trimmed = message.trim_end_matches('.');
    let mut chars = trimmed.chars();
    match chars.next() {
        Some(first) if !chars.as_str().starts_with(|c: char| c.is_uppercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => trimmed.to_owned(),
    }
}

impl Statement {
    /// Its tree, where it was parsed.
    pub fn tree(&self) -> Option<&ast::Statement> {
        match &self.body {
            Body::Parsed(tree) => Some(tree),
            Body::Command(_) | Body::Recognised | Body::Spliced | Body::Unparsed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Statement> {
        parse(&Arc::new(Fragment::whole(FileId(0), text.into())), Dialect::Postgres)
    }

    fn unparsed(text: &str) -> (String, String) {
        match read(text).remove(0).body {
            Body::Unparsed { message, at } => (message, text[at.range()].to_owned()),
            other => panic!("{other:?}"),
        }
    }

    /// Runs on a stack as large as that of the workers.
    fn on_big_stack(f: impl FnOnce() + Send + 'static) {
        std::thread::Builder::new().stack_size(256 << 20).spawn(f).unwrap().join().unwrap();
    }

    #[test]
    fn one_bad_statement_costs_only_itself() {
        let found = read("select 1; selekt 2; select from (; comment on table t is 'x'; select 3");
        let kinds: Vec<&str> = found
            .iter()
            .map(|s| match s.body {
                Body::Parsed(_) => "parsed",
                Body::Command(_) => "command",
                Body::Recognised => "recognised",
                Body::Spliced => "spliced",
                Body::Unparsed { .. } => "unparsed",
            })
            .collect();
        assert_eq!(kinds, ["parsed", "unparsed", "unparsed", "recognised", "parsed"]);
    }

    #[test]
    fn errors_name_the_token() {
        assert_eq!(
            unparsed("selekt 1"),
            ("`selekt` starts no statement that is known".into(), "selekt".into())
        );
        assert_eq!(
            unparsed("select a from t where ( b"),
            ("expected ), found the end of the statement".into(), String::new())
        );
        assert_eq!(unparsed("select a b c from t"), ("unexpected `c`".into(), "c".into()));
        assert_eq!(unparsed("-- \u{e9}\nselect '\u{e9}' b c from t").1, "c");
        assert_eq!(unparsed("select 'a").1, "'");
        let reserved = &read("select a from t order by offset")[0].clauses.odd_elements[0];
        assert_eq!(reserved.message, "`offset` is a reserved word: as a name it needs quotes");
        assert_eq!(reserved.span, Span::new(25, 31));
        let text =
            "select t.offset, \"offset\" from t order by \"offset\" offset 1; insert into t (a) values (1)";
        assert!(read(text).iter().all(|s| s.tree().is_some() && s.clauses.odd_elements.is_empty()));
    }

    #[test]
    fn places_are_bytes_whatever_the_text_holds() {
        for text in [
            "\u{feff}select \u{e9}\u{1f600}, abc from t",
            "-- \u{e9}\r\nselect 'x\r\n\u{e9}',\r\n\tabc\r\nfrom t",
        ] {
            let fragment = Arc::new(Fragment::whole(FileId(0), text.into()));
            let text = &*fragment.text;
            let statement = parse(&fragment, Dialect::Postgres).remove(0);
            let ast::Statement::Query(query) = statement.tree().unwrap() else { panic!() };
            let ast::SetExpr::Select(select) = &*query.body else { panic!() };
            let ast::SelectItem::UnnamedExpr(ast::Expr::Identifier(ident)) = &select.projection[1] else {
                panic!()
            };
            assert_eq!(&text[statement.positions.span(ident.span).range()], "abc");
            assert!(
                text[statement.span.range()].starts_with("select")
                    && text[statement.span.range()].ends_with("t")
            );
        }
    }

    #[test]
    fn deep_statements_are_refused_and_wide_ones_read() {
        on_big_stack(|| {
            let parens = |n: usize| format!("select {}1{}", "(".repeat(n), ")".repeat(n));
            let queries = |n: usize| format!("{}select 1{}", "select (".repeat(n), ")".repeat(n));
            let joined = |n: usize, by: &str| format!("select 1 from t where {}", vec!["a = 1"; n].join(by));
            for (text, fine) in [
                (parens(400), true),
                (parens(100_000), false),
                (queries(400), true),
                (queries(5_000), false),
                (joined(3_000, " or "), true),
                (joined(200_000, " and "), false),
                (format!("select {}1", "- ".repeat(200_000)), false),
                (format!("select {} true", "not ".repeat(5_000)), false),
                (format!("select a{}", "::int".repeat(200_000)), false),
                (format!("select 1{}", " union all select 1".repeat(3_000)), true),
                (format!("select 1{}", " union all select 1".repeat(100_000)), false),
                (format!("select {}1{}", "case when ".repeat(10_000), " then 1 end".repeat(10_000)), false),
                (format!("select {}1", "a[".repeat(100_000)), false),
                (format!("select 1 from {}a", "a join ".repeat(100_000)), false),
                (format!("select f({})", vec!["1"; 300_000].join(",")), true),
            ] {
                let found = read(&text);
                let parsed = found.iter().all(|s| s.tree().is_some());
                assert_eq!(parsed, fine, "{} {:?}", &text[..40], found[0].clauses);
                let copy = found[0].tree().cloned();
                drop((found, copy));
            }
        });
    }

    #[test]
    fn rows_of_a_large_insert_cost_little() {
        let text = format!("insert into t values {}", vec!["(1, 'abc', now())"; 100_000].join(","));
        let statement = read(&text).remove(0);
        assert!(statement.tree().is_some());
        let cut = statement.clauses.rows_cut.unwrap();
        assert_eq!((cut.kept + cut.dropped, cut.constants_only), (100_000, false));
    }

    const WORDS: &[&str] = &[
        "select",
        "from",
        "where",
        "and",
        "not",
        "(",
        ")",
        ",",
        "a",
        "b.c",
        "=",
        "$1",
        ":x",
        "?",
        "'s'",
        "insert into",
        "values",
        "on conflict",
        "do update set",
        "do nothing",
        "update",
        "delete",
        "create table",
        "index",
        "on",
        "alter table",
        "add column",
        "int",
        "primary key",
        "case",
        "when",
        "then",
        "end",
        "with",
        "as",
        "union",
        "join",
        "lateral",
        "over",
        "partition by",
        "order by",
        "limit",
        "[",
        "]",
        "::",
        ";",
        "--\n",
        "{{ x }}",
        "${y}",
        "%s",
        "sqlc.arg(z)",
        "for update",
        "of",
        "only",
        "variadic",
        "between",
        "symmetric",
        "returning",
        "*",
        "e'\\'",
        "$$",
        "begin atomic",
        "rule",
        "attach partition",
        "set",
        "cast",
        "interval",
        "1",
        "like",
        "constraint",
        "check",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_words_are_read_without_panic(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..40)) {
            let text = words.join(" ");
            for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
                for statement in parse(&Arc::new(Fragment::whole(FileId(0), text.as_str().into())), dialect) {
                    prop_assert!(statement.span.end as usize <= text.len());
                    if let Body::Unparsed { at, .. } = statement.body {
                        prop_assert!(text.get(at.range()).is_some());
                    }
                }
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
            for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
                parse(&Arc::new(Fragment::whole(FileId(0), text.as_str().into())), dialect);
            }
        }
    }
}
