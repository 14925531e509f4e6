//! Placeholders that are written as calls (sqlc), and template marks: a value stays a placeholder, a name becomes an
//! identifier that starts with `sqlmoat_hole_`, and what stands for a whole clause leaves the tokens and is recorded.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::cursor::{Tokens, bytes};
use super::super::{Clauses, HOLE_PREFIX, Spliced, SplicedRole, SplicedText};
use super::{Context, Edits, at, word};
use crate::source::{HoleKind, Span};

/// Finds spliced text and calls of sqlc among the tokens.
pub(super) fn place(tokens: Tokens<'_>, context: &Context<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let mut i = 0;
    while i < tokens.len() {
        i = match tokens.get(i) {
            Some(Token::Placeholder(_)) => placeholder(tokens, context, clauses, edits, i),
            Some(Token::Word(w)) if w.value.contains(HOLE_PREFIX) => {
                host_hole(tokens, context, clauses, edits, i)
            }
            Some(token) if string_of(token).is_some_and(|text| text.contains(HOLE_PREFIX)) => {
                spliced_holes(tokens, context, clauses, i, SplicedRole::Value);
                i + 1
            }
            Some(Token::Word(w)) if w.quote_style.is_some() && holds_mark(&w.value) => {
                let index = spliced(context, clauses, bytes(tokens.place(i)), w.value.clone());
                edits.substitute(tokens, i..i + 1, [word(&index)]);
                i + 1
            }
            Some(Token::Word(w)) if is_sqlc(&w.value) => sqlc(tokens, context, edits, i),
            _ => i + 1,
        };
    }
}

/// Whether spliced text stands there that no tree holds: then what the statement says is not all known.
enum Role {
    Value,
    Name,
    Clause,
}

fn placeholder(
    tokens: Tokens<'_>,
    context: &Context<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    i: usize,
) -> usize {
    let Some(Token::Placeholder(text)) = tokens.get(i) else { return i + 1 };
    let mark = is_mark(text);
    // `${prefix}users`, `tbl_{{ n }}_x`: one name.
    let mut from = i;
    while from > 0 && touches(tokens, from - 1) && name_part(tokens, from - 1) {
        from -= 1;
    }
    let mut end = i + 1;
    while touches(tokens, end - 1) && name_part(tokens, end) {
        end += 1;
    }
    if !mark && (from < i || end > i + 1) {
        // `:name` touches nothing that it could be one name with.
        from = i;
        end = i + 1;
    }
    // `format`'s `%I` is always a name.
    let identifier = text.starts_with('%') && text.ends_with('I');
    let role = if identifier || from < i || end > i + 1 || name_position(tokens, from, end) {
        Role::Name
    } else if !mark {
        Role::Value
    } else {
        role(tokens, from, end)
    };
    let span = tokens.span(from..end);
    match role {
        // `IN :ids`: a list that the driver puts in with its parentheses.
        Role::Value if tokens.word(from.wrapping_sub(1), "IN") && !text.starts_with('$') => {
            let list = [Token::LParen, Token::Placeholder(text.clone()), Token::RParen];
            edits.substitute(tokens, from..end, list);
        }
        Role::Value => {}
        Role::Name => {
            let written = context.fragment.text.get(span.range()).unwrap_or(text).to_owned();
            let name = spliced(context, clauses, span, written);
            let place = joined(tokens, from, end);
            edits.replace(from..end, vec![at(word(&name), place)]);
        }
        Role::Clause => {
            clauses.holes.push(SplicedText { span, expression: text.clone(), identifier: None });
            edits.remove(from..end);
        }
    }
    end
}

/// The content of a string.
fn string_of(token: &Token) -> Option<&str> {
    match token {
        Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => Some(text),
        Token::DollarQuotedString(quoted) => Some(&quoted.value),
        _ => None,
    }
}

/// Records what the holes of the fragment in a token stand for.
fn spliced_holes(
    tokens: Tokens<'_>,
    context: &Context<'_>,
    clauses: &mut Clauses,
    i: usize,
    role: SplicedRole,
) {
    let span = bytes(tokens.place(i));
    let holes = context.fragment.holes.iter().enumerate().filter(|(_, hole)| span.contains(hole.span));
    clauses.spliced.extend(holes.map(|(hole, _)| Spliced { hole, role }));
}

/// A stand-in that extraction from a program put into the text, alone or as a part of a name.
fn host_hole(
    tokens: Tokens<'_>,
    context: &Context<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    i: usize,
) -> usize {
    let span = bytes(tokens.place(i));
    let Some(hole) = context.fragment.holes.iter().find(|hole| span.contains(hole.span)) else {
        return i + 1;
    };
    if hole.span == span && is_whole_query(tokens, i) {
        spliced_holes(tokens, context, clauses, i, SplicedRole::Clause);
        if let Some(token) = tokens.get(i) {
            let query = [word("SELECT"), Token::Mul, word("FROM"), token.clone()];
            edits.substitute(tokens, i..i + 1, query);
        }
        return i + 1;
    }
    let quoted = matches!(tokens.get(i), Some(Token::Word(w)) if w.quote_style.is_some());
    let role = if quoted || hole.span != span || name_position(tokens, i, i + 1) {
        SplicedRole::Name
    } else {
        match role(tokens, i, i + 1) {
            Role::Clause => SplicedRole::Clause,
            Role::Name if hole.kind == HoleKind::Bound && is_operand(tokens, i) && !is_set(tokens, i) => {
                SplicedRole::Value
            }
            Role::Value if hole.kind != HoleKind::Clause => SplicedRole::Value,
            Role::Value | Role::Name => SplicedRole::Name,
        }
    };
    // Where a condition or an assignment may stand as well as a name, it is likely to be one.
    let before = i.wrapping_sub(1);
    let is_condition = role == SplicedRole::Name
        && hole.span == span
        && tokens.any(before, &["WHERE", "AND", "OR", "ON", "HAVING", "NOT", "SET", "WHEN"]);
    let said = if is_condition { SplicedRole::Clause } else { role };
    spliced_holes(tokens, context, clauses, i, said);
    let Some(token) = tokens.get(i) else { return i + 1 };
    if tokens.word(before, "SET") && !tokens.is(i + 1, &Token::Eq) && role != SplicedRole::Clause {
        // `SET` and all that is set: some column gets some value.
        edits.substitute(tokens, i..i + 1, [token.clone(), Token::Eq, token.clone()]);
    } else if tokens.word(before, "VALUES") {
        edits.substitute(tokens, i..i + 1, [Token::LParen, token.clone(), Token::RParen]);
    } else if role == SplicedRole::Value && tokens.word(before, "IN") {
        // A list that the driver puts in with its parentheses.
        let list = [Token::LParen, Token::Placeholder(token.to_string()), Token::RParen];
        edits.substitute(tokens, i..i + 1, list);
    } else if role == SplicedRole::Value {
        edits.substitute(tokens, i..i + 1, [Token::Placeholder(token.to_string())]);
    } else if role == SplicedRole::Clause {
        clauses.holes.push(SplicedText { span, expression: hole.expression.clone(), identifier: None });
        if is_whole_source(tokens, i) {
            edits.substitute(tokens, i..i + 1, [word("DEFAULT"), word("VALUES")]);
        } else {
            edits.remove(i..i + 1);
        }
    }
    i + 1
}

/// Whether spliced text is all of a query: between parentheses where one must be, or next to `UNION` and its like.
fn is_whole_query(tokens: Tokens<'_>, i: usize) -> bool {
    const COMBINE: &[&str] = &["UNION", "EXCEPT", "INTERSECT"];
    let before = i.wrapping_sub(1);
    let opens = tokens.is(before, &Token::LParen);
    let in_place = opens
        && tokens.any(before.wrapping_sub(1), &["FROM", "JOIN", "LATERAL", "EXISTS", "AS", "MATERIALIZED"]);
    // `({a}) UNION ({b})`
    let combined = tokens.any(i + 2, COMBINE) || tokens.any(before.wrapping_sub(1), COMBINE) || {
        tokens.word(before.wrapping_sub(1), "ALL") && tokens.any(before.wrapping_sub(2), COMBINE)
    };
    ((in_place || (opens && combined)) && tokens.is(i + 1, &Token::RParen))
        || tokens.any(before, COMBINE)
        || (tokens.word(before, "ALL") && tokens.any(before.wrapping_sub(1), COMBINE))
        || (tokens.any(i + 1, COMBINE) && (i == 0 || opens))
}

/// Whether what stands there is set, and the value behind it is what it is set to: `SET {name} = 1, {other} = 2`.
fn is_set(tokens: Tokens<'_>, i: usize) -> bool {
    if !tokens.is(i.wrapping_sub(1), &Token::Comma) {
        return tokens.word(i.wrapping_sub(1), "SET");
    }
    let mut depth = 0usize;
    for at in (0..i).rev().take(400) {
        match tokens.get(at) {
            Some(Token::RParen) => depth += 1,
            Some(Token::LParen) if depth == 0 => return false,
            Some(Token::LParen) => depth -= 1,
            Some(Token::Word(_))
                if depth == 0
                    && tokens.any(at, &["SELECT", "WHERE", "FROM", "VALUES", "BY", "RETURNING"]) =>
            {
                return false;
            }
            Some(Token::Word(_)) if depth == 0 && tokens.word(at, "SET") => return true,
            _ => {}
        }
    }
    false
}

/// Whether what stands there is compared or cast, as a value is.
fn is_operand(tokens: Tokens<'_>, i: usize) -> bool {
    matches!(
        tokens.get(i + 1),
        Some(Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq | Token::DoubleColon)
    )
}

/// Whether spliced text is all that an INSERT says behind the name of its table.
fn is_whole_source(tokens: Tokens<'_>, i: usize) -> bool {
    let mut at = i;
    while at >= 2 && tokens.name(at - 1) && tokens.is(at - 2, &Token::Period) {
        at -= 2;
    }
    at >= 2
        && tokens.name(at - 1)
        && tokens.word(at - 2, "INTO")
        && (i + 1 == tokens.len()
            || tokens.any(i + 1, &["RETURNING", "ON"])
            || tokens.is(i + 1, &Token::RParen))
}

/// Records spliced text and names it.
fn spliced(context: &Context<'_>, clauses: &mut Clauses, span: Span, expression: String) -> String {
    let name = format!("{HOLE_PREFIX}{}", context.fragment.holes.len() + clauses.holes.len());
    clauses.holes.push(SplicedText { span, expression, identifier: Some(name.clone()) });
    name
}

fn is_mark(text: &str) -> bool {
    text.starts_with("${") || text.starts_with('{') || text.starts_with(":\"")
}

fn holds_mark(name: &str) -> bool {
    name.contains("{{") || name.contains("${")
}

/// Whether a token ends where the next one starts.
fn touches(tokens: Tokens<'_>, i: usize) -> bool {
    i + 1 < tokens.len() && tokens.place(i).end == tokens.place(i + 1).start
}

fn name_part(tokens: Tokens<'_>, i: usize) -> bool {
    match tokens.get(i) {
        Some(Token::Word(w)) => w.quote_style.is_none(),
        Some(Token::Placeholder(text)) => is_mark(text),
        Some(Token::Number(..)) => true,
        _ => false,
    }
}

fn joined(tokens: Tokens<'_>, from: usize, end: usize) -> sqlparser::tokenizer::Span {
    sqlparser::tokenizer::Span::new(tokens.place(from).start, tokens.place(end - 1).end)
}

/// Whether a name of a table or a part of a qualified name is due there.
fn name_position(tokens: Tokens<'_>, from: usize, end: usize) -> bool {
    let before = from.wrapping_sub(1);
    if tokens.is(end, &Token::Period) && tokens.name(end + 1) || tokens.is(before, &Token::Period) {
        return true;
    }
    if tokens.any(before, &["JOIN", "INTO", "TABLE", "ONLY", "EXISTS", "VIEW", "REFERENCES"]) {
        return !tokens.is(end, &Token::RParen);
    }
    if tokens.word(before, "UPDATE") {
        return !tokens.any(before.wrapping_sub(1), &["FOR", "ON", "DO", "KEY"]);
    }
    tokens.word(before, "FROM")
        && !tokens.word(before.wrapping_sub(1), "DISTINCT")
        && is_from_clause(tokens, before)
}

/// Whether a FROM starts a list of relations, and is no part of `extract(x FROM y)` and its like.
fn is_from_clause(tokens: Tokens<'_>, from: usize) -> bool {
    let mut depth = 0usize;
    for i in (0..from).rev().take(400) {
        match tokens.get(i) {
            Some(Token::RParen | Token::RBracket) => depth += 1,
            Some(Token::LParen | Token::LBracket) => {
                if depth == 0 {
                    return false;
                }
                depth -= 1;
            }
            Some(Token::Word(_)) if depth == 0 && tokens.any(i, &["SELECT", "DELETE", "COPY"]) => {
                return true;
            }
            _ => {}
        }
    }
    true
}

/// What a template mark stands for, by what is around it.
fn role(tokens: Tokens<'_>, from: usize, end: usize) -> Role {
    let before = from.wrapping_sub(1);
    let after_operand = match tokens.get(before) {
        None => false,
        Some(Token::Word(w)) => w.quote_style.is_some() || !opens_operand(&w.value),
        Some(
            Token::RParen
            | Token::RBracket
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::Placeholder(_),
        ) => true,
        // `SELECT * {{ from }}`: a star that is no multiplication.
        Some(Token::Mul) => {
            matches!(
                tokens.get(before.wrapping_sub(1)),
                None | Some(Token::Comma | Token::Period | Token::LParen)
            ) || tokens.any(before.wrapping_sub(1), &["SELECT", "RETURNING", "DISTINCT", "ALL"])
        }
        Some(_) => false,
    };
    let is_window = tokens.is(before, &Token::LParen) && tokens.word(before.wrapping_sub(1), "OVER");
    if after_operand || is_window {
        return Role::Clause;
    }
    // `WHERE {{ filter }} a = 1`, `{{ config() }} SELECT`: nothing of the tree can stand before an operand.
    let operand_behind = match tokens.get(end) {
        // `ORDER BY {column} {direction}`: the first is what the word before it asks for.
        Some(Token::Word(w)) if w.value.starts_with(HOLE_PREFIX) => false,
        Some(Token::Word(w)) => {
            w.quote_style.is_some()
                || (!continues_operand(&w.value)
                    && !tokens.any(before, &["FROM", "JOIN", "INTO", "UPDATE", "AS"]))
        }
        Some(Token::Number(..) | Token::SingleQuotedString(_)) => true,
        _ => false,
    };
    // Behind an operator stands its operand, whatever follows.
    let is_operand = matches!(
        tokens.get(before),
        Some(
            Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq | Token::StringConcat
        )
    );
    if (operand_behind && !is_operand) || before >= tokens.len() {
        return Role::Clause;
    }
    match tokens.get(before) {
        Some(Token::Comma | Token::LParen) => {
            if in_value_list(tokens, before) {
                Role::Value
            } else {
                Role::Name
            }
        }
        Some(Token::Word(_)) => {
            if tokens
                .any(before, &["LIMIT", "OFFSET", "THEN", "ELSE", "BETWEEN", "LIKE", "ILIKE", "IN", "VALUES"])
            {
                Role::Value
            } else {
                Role::Name
            }
        }
        Some(Token::Period) => Role::Name,
        Some(_) => Role::Value,
        None => Role::Clause,
    }
}

/// Whether the parenthesis around a comma, or the one that is there, holds values: of VALUES, IN or a call.
fn in_value_list(tokens: Tokens<'_>, i: usize) -> bool {
    let mut depth = 0usize;
    let mut at = i + 1;
    while at > 0 {
        at -= 1;
        match tokens.get(at) {
            Some(Token::RParen | Token::RBracket) => depth += 1,
            Some(Token::LBracket) if depth == 0 => return true,
            Some(Token::LParen) if depth == 0 => {
                let before = at.wrapping_sub(1);
                return tokens.any(before, &["IN", "VALUES", "ANY", "ALL", "ROW"])
                    || tokens.is(before, &Token::Comma)
                    || (tokens.name(before) && !follows_relation(tokens, before));
            }
            Some(Token::LParen | Token::LBracket) => depth -= 1,
            _ => {}
        }
        if i - at.min(i) > 500 {
            break;
        }
    }
    false
}

/// Whether a name is that of a table with a list of columns behind it.
fn follows_relation(tokens: Tokens<'_>, name: usize) -> bool {
    let mut at = name;
    while at >= 2 && tokens.is(at - 1, &Token::Period) {
        at -= 2;
    }
    tokens.any(at.wrapping_sub(1), &["INTO", "TABLE", "VIEW", "EXISTS", "REFERENCES", "ON", "WITH", "COPY"])
}

/// Words behind which an operand or a name stands.
fn opens_operand(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "SELECT",
        "DISTINCT",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "ON",
        "BY",
        "HAVING",
        "SET",
        "FROM",
        "JOIN",
        "INTO",
        "UPDATE",
        "LIMIT",
        "OFFSET",
        "THEN",
        "ELSE",
        "WHEN",
        "CASE",
        "BETWEEN",
        "LIKE",
        "ILIKE",
        "IN",
        "IS",
        "VALUES",
        "AS",
        "USING",
        "RETURNING",
        "TABLE",
        "ONLY",
        "EXISTS",
        "ANY",
        "ALL",
        "INDEX",
        "VIEW",
        "SCHEMA",
        "TYPE",
        "REFERENCES",
        "CONSTRAINT",
        "COLUMN",
        "TO",
        "DEFAULT",
        "LATERAL",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "WITH",
        "ADD",
        "DROP",
        "FUNCTION",
        "TRIGGER",
        "POLICY",
        "CONCURRENTLY",
        "EXECUTE",
        "CALL",
        "RENAME",
        "ROLE",
        "USER",
        "DATABASE",
        "OWNER",
        "FOR",
        "ESCAPE",
    ];
    WORDS.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// Words that may stand behind an operand.
fn continues_operand(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "AND",
        "OR",
        "IS",
        "IN",
        "NOT",
        "LIKE",
        "ILIKE",
        "SIMILAR",
        "BETWEEN",
        "COLLATE",
        "AT",
        "AS",
        "FROM",
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "FETCH",
        "FOR",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "RETURNING",
        "ON",
        "USING",
        "JOIN",
        "LEFT",
        "RIGHT",
        "INNER",
        "FULL",
        "CROSS",
        "NATURAL",
        "THEN",
        "ELSE",
        "WHEN",
        "END",
        "ASC",
        "DESC",
        "NULLS",
        "VALUES",
        "SET",
        "DO",
        "ISNULL",
        "NOTNULL",
        "WINDOW",
        "OVER",
        "FILTER",
        "INTO",
        "WITH",
        "CASCADE",
        "RESTRICT",
        "ESCAPE",
        "TO",
        "TYPE",
        "RENAME",
        "ADD",
        "DROP",
        "ALTER",
        "OWNER",
        "DEFAULT",
        "SELECT",
        "NULL",
        "PRIMARY",
        "REFERENCES",
        "UNIQUE",
        "CHECK",
        "GENERATED",
        "CONSTRAINT",
    ];
    WORDS.iter().any(|w| w.eq_ignore_ascii_case(word))
}

fn is_sqlc(word: &str) -> bool {
    word.eq_ignore_ascii_case("sqlc") || word.eq_ignore_ascii_case("pggen")
}

/// `sqlc.arg(x)` and its like are placeholders; `sqlc.embed(t)` is all columns of `t`.
fn sqlc(tokens: Tokens<'_>, context: &Context<'_>, edits: &mut Edits, i: usize) -> usize {
    if !(tokens.is(i + 1, &Token::Period) && tokens.is(i + 3, &Token::LParen)) {
        return i + 1;
    }
    let Some(close) = tokens.close(i + 3) else { return i + 1 };
    if tokens.any(i + 2, &["ARG", "NARG", "SLICE"]) {
        let span = tokens.span(i..close + 1);
        let text = context.fragment.text.get(span.range()).unwrap_or("").to_owned();
        edits.replace(i..close + 1, vec![at(Token::Placeholder(text), joined(tokens, i, close + 1))]);
    } else if tokens.word(i + 2, "EMBED") {
        let mut with: Vec<TokenWithSpan> = tokens.0.get(i + 4..close).unwrap_or(&[]).to_vec();
        if let [TokenWithSpan { token: token @ Token::SingleQuotedString(_), span: _ }] = with.as_mut_slice()
        {
            let Token::SingleQuotedString(name) = &*token else { return close + 1 };
            *token = Token::make_word(&name.clone(), None);
        }
        with.push(at(Token::Period, tokens.place(close)));
        with.push(at(Token::Mul, tokens.place(close)));
        edits.replace(i..close + 1, with);
    }
    close + 1
}
