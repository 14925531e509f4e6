//! CREATE TABLE: elements and clauses that sqlparser does not know, and elements that PostgreSQL would reject. Those are
//! taken out and recorded, so that one bad element does not cost the table.

use std::ops::Range;

use sqlparser::ast::{Ident, ObjectName};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::cursor::{Cursor, Tokens, bytes, matching};
use super::super::{ActionColumns, Clauses, Dialect, LikeElement, OddElement, OddKind};
use super::{Context, Edits, at};

/// Prepares a CREATE TABLE.
pub(super) fn elements(tokens: Tokens<'_>, context: &Context<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let Some(mut at) = after_name(tokens) else { return };
    if context.dialect != Dialect::Postgres {
        return;
    }
    let mut typed = true;
    if tokens.word(at, "OF") && tokens.name(at + 1) {
        let end = tokens.after_name(at + 1);
        clauses.of_type = object_name(tokens, at + 1);
        edits.remove(at..end);
        (at, typed) = (end, false);
    } else if tokens.words(at, &["PARTITION", "OF"]) {
        (at, typed) = (tokens.after_name(at + 2), false);
    }
    if tokens.is(at, &Token::LParen) && !tokens.any(at + 1, &["SELECT", "WITH", "VALUES"]) {
        let Some(close) = tokens.close(at) else { return };
        let list = tokens.split(at + 1..close);
        let names_only = !list.is_empty()
            && list.iter().all(|e| e.len() == 1)
            && query_follows(tokens, close + 1).is_some();
        if !typed {
            untyped_elements(tokens, clauses, edits, &list, at + 1..close);
        } else if names_only {
            clauses.column_names = list.iter().filter_map(|e| ident(tokens, e.start)).collect();
            edits.remove(at..close + 1);
        } else {
            element_list(tokens, clauses, edits, &list, close);
        }
        at = close + 1;
    }
    behind(tokens, clauses, edits, at);
}

/// The ranges of a CREATE TABLE's elements.
pub(in super::super) fn element_ranges(tokens: &[TokenWithSpan]) -> Vec<Range<usize>> {
    let matching = matching(tokens);
    let tokens = Tokens(tokens, &matching);
    let Some(at) = after_name(tokens) else { return Vec::new() };
    match tokens.close(at).filter(|_| tokens.is(at, &Token::LParen)) {
        Some(close) => tokens.split(at + 1..close),
        None => Vec::new(),
    }
}

/// What ALTER TABLE ADD takes is prepared like an element. True if nothing of it is left.
pub(super) fn added_element(
    tokens: Tokens<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    element: Range<usize>,
) -> bool {
    if let Some(odd) = inline_index(tokens, element.clone()) {
        clauses.odd_elements.push(odd);
        return true;
    }
    if table_not_null(tokens, clauses, element.clone()) {
        return true;
    }
    reserved_column(tokens, clauses, element.clone());
    column(tokens, clauses, edits, element);
    false
}

/// The index behind the table's name.
fn after_name(tokens: Tokens<'_>) -> Option<usize> {
    let table = (0..8).find(|&i| tokens.word(i, "TABLE"))?;
    let name = table + 1 + if tokens.words(table + 1, &["IF", "NOT", "EXISTS"]) { 3 } else { 0 };
    tokens.name(name).then(|| tokens.after_name(name))
}

fn element_list(
    tokens: Tokens<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    list: &[Range<usize>],
    close: usize,
) {
    let mut gone = Vec::with_capacity(list.len());
    for element in list {
        let odd = element.is_empty();
        let like = tokens.word(element.start, "LIKE") && tokens.name(element.start + 1);
        if like {
            clauses.likes.extend(like_element(tokens, element.clone()));
        }
        gone.push(like || (!odd && added_element(tokens, clauses, edits, element.clone())));
    }
    let last_kept = gone.iter().rposition(|gone| !gone);
    for (k, element) in list.iter().enumerate().filter(|(k, _)| gone[*k]) {
        match last_kept {
            // With the comma behind it.
            Some(last) if k < last => edits.remove(element.start..element.end + 1),
            // With the comma before it.
            Some(_) => edits.remove(element.start - 1..element.end),
            None => edits.remove(element.start..(element.end + 1).min(close)),
        }
    }
}

/// Elements of a partition or of a table of a type: constraints, and columns without their types, whose constraints
/// become the table's.
fn untyped_elements(
    tokens: Tokens<'_>,
    clauses: &mut Clauses,
    edits: &mut Edits,
    list: &[Range<usize>],
    whole: Range<usize>,
) {
    let mut kept: Vec<Vec<TokenWithSpan>> = Vec::new();
    let tokens_of = |range: Range<usize>| tokens.0.get(range).unwrap_or(&[]).to_vec();
    for element in list {
        if tokens.any(element.start, &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE"]) {
            kept.push(tokens_of(element.clone()));
            continue;
        }
        let column = element.start..element.start + 1;
        let place = tokens.place(element.start);
        for part in parts(tokens, element.clone()) {
            if tokens.words(part.start, &["NOT", "NULL"]) {
                clauses.not_null.extend(ident(tokens, element.start));
            } else if tokens.word(part.start, "CHECK") {
                kept.push(tokens_of(part));
            } else if tokens.any(part.start, &["PRIMARY", "UNIQUE"]) {
                let mut key = tokens_of(part);
                key.push(at(Token::LParen, place));
                key.extend(tokens_of(column.clone()));
                key.push(at(Token::RParen, place));
                kept.push(key);
            } else {
                clauses.removed.push((tokens.span(part), "option of an inherited column"));
            }
        }
    }
    if kept.is_empty() {
        edits.remove(whole.start - 1..whole.end + 1);
        return;
    }
    let comma = at(Token::Comma, tokens.place(whole.start));
    edits.replace(whole, kept.join(&comma));
}

/// Words that start a constraint or another clause of a column.
const PARTS: &[&str] = &[
    "CONSTRAINT",
    "NOT",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "GENERATED",
    "COLLATE",
];

/// The clauses of a column, behind its name and type.
fn parts(tokens: Tokens<'_>, element: Range<usize>) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut i = element.start + 1;
    while i < element.end {
        if tokens.any(i, PARTS) {
            starts.push(i);
            // `NOT NULL`, `CONSTRAINT name UNIQUE`, `SET NULL`, `SET DEFAULT`, `NULLS NOT DISTINCT`.
            i += if tokens.word(i, "NOT") { 1 } else { 0 } + if tokens.word(i, "CONSTRAINT") { 2 } else { 0 };
        } else if tokens.any(i, &["SET", "NULLS", "BY"]) {
            i += 1 + usize::from(tokens.word(i + 1, "NOT"));
        }
        i = if tokens.is(i, &Token::LParen) { tokens.after_parens(i).max(i + 1) } else { i + 1 };
    }
    let ends = starts.iter().skip(1).copied().chain([element.end]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The clause of a column that a place lies in, if the element is a column and the place is behind its type.
pub(in super::super) fn part_at(
    tokens: &[TokenWithSpan],
    element: Range<usize>,
    place: usize,
) -> Option<Range<usize>> {
    let matching = matching(tokens);
    let tokens = Tokens(tokens, &matching);
    if tokens.any(element.start, &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE"])
    {
        return None;
    }
    parts(tokens, element).into_iter().rev().find(|part| part.start <= place)
}

/// `LIKE table [INCLUDING what | EXCLUDING what] ...`.
fn like_element(tokens: Tokens<'_>, element: Range<usize>) -> Option<LikeElement> {
    let mut cursor = Cursor { tokens, at: element.start + 1 };
    let source = cursor.object_name()?;
    let mut including = Vec::new();
    while cursor.at < element.end {
        let adds = cursor.eat_word("INCLUDING");
        if !adds && !cursor.eat_word("EXCLUDING") {
            break;
        }
        let what = cursor.ident()?.value.to_uppercase();
        if adds {
            including.push(what);
        } else {
            including.retain(|w| *w != what);
        }
    }
    Some(LikeElement { span: tokens.span(element), source, including })
}

/// MySQL's `[UNIQUE] INDEX [name] (columns)` inside CREATE TABLE, told from a column named `index` or `key`.
fn inline_index(tokens: Tokens<'_>, element: Range<usize>) -> Option<OddElement> {
    let mut at = element.start;
    if tokens.any(at, &["UNIQUE", "FULLTEXT", "SPATIAL"]) && tokens.any(at + 1, &["INDEX", "KEY"]) {
        at += 1;
    }
    if !tokens.any(at, &["INDEX", "KEY"]) {
        return None;
    }
    at += 1;
    let mut name = None;
    if tokens.name(at) && !tokens.word(at, "USING") {
        name = ident(tokens, at);
        at += 1;
    }
    let method = tokens.word(at, "USING");
    if method {
        at += 2;
    }
    // `key numeric (10, 2)` and `key varchar(20)` are columns.
    let list = tokens.is(at, &Token::LParen) && !matches!(tokens.get(at + 1), Some(Token::Number(..)));
    (list && at < element.end).then(|| OddElement {
        span: tokens.span(element.clone()),
        name,
        kind: OddKind::InlineIndex,
        message: "PostgreSQL has no INDEX in CREATE TABLE".to_owned(),
    })
}

/// `[CONSTRAINT name] NOT NULL column [NO INHERIT]` as an element of its own (PostgreSQL 18, and dumps of it).
fn table_not_null(tokens: Tokens<'_>, clauses: &mut Clauses, element: Range<usize>) -> bool {
    let at = if tokens.word(element.start, "CONSTRAINT") { element.start + 2 } else { element.start };
    if !tokens.words(at, &["NOT", "NULL"]) || at + 2 >= element.end {
        return false;
    }
    let column = ident(tokens, at + 2);
    let found = column.is_some();
    clauses.not_null.extend(column);
    found
}

/// A column whose unquoted name is a reserved word of PostgreSQL: it stays in the tree.
fn reserved_column(tokens: Tokens<'_>, clauses: &mut Clauses, element: Range<usize>) {
    let constraint = [
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "FOREIGN",
        "EXCLUDE",
        "LIKE",
        "PERIOD",
        "NOT",
        "COLUMN",
        "IF",
    ];
    if element.len() < 2 || tokens.any(element.start, &constraint) || !tokens.any(element.start, RESERVED) {
        return;
    }
    if let Some(name) = ident(tokens, element.start) {
        clauses.odd_elements.push(OddElement {
            span: bytes(tokens.place(element.start)),
            message: format!(
                "`{}` is a reserved word of PostgreSQL and must be quoted as a column's name",
                name.value
            ),
            name: Some(name),
            kind: OddKind::ReservedWord,
        });
    }
}

/// Words that PostgreSQL takes for no column's name unless quoted (manual, appendix C: reserved, and reserved but for
/// functions and types).
pub(in super::super) const RESERVED: &[&str] = &[
    "ALL",
    "ANALYSE",
    "ANALYZE",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "ASYMMETRIC",
    "AUTHORIZATION",
    "BINARY",
    "BOTH",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLLATION",
    "COLUMN",
    "CONCURRENTLY",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DEFAULT",
    "DEFERRABLE",
    "DESC",
    "DISTINCT",
    "DO",
    "ELSE",
    "END",
    "EXCEPT",
    "FALSE",
    "FETCH",
    "FOR",
    "FOREIGN",
    "FREEZE",
    "FROM",
    "FULL",
    "GRANT",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INITIALLY",
    "INNER",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LATERAL",
    "LEADING",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "NATURAL",
    "NOT",
    "NOTNULL",
    "NULL",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "OUTER",
    "OVERLAPS",
    "PLACING",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "RIGHT",
    "SELECT",
    "SESSION_USER",
    "SIMILAR",
    "SOME",
    "SYMMETRIC",
    "SYSTEM_USER",
    "TABLE",
    "TABLESAMPLE",
    "THEN",
    "TO",
    "TRAILING",
    "TRUE",
    "UNION",
    "UNIQUE",
    "USER",
    "USING",
    "VARIADIC",
    "VERBOSE",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Clauses of a column or constraint that no analysis reads, or that are kept elsewhere.
fn column(tokens: Tokens<'_>, clauses: &mut Clauses, edits: &mut Edits, element: Range<usize>) {
    let is_column =
        !tokens.any(element.start, &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE"]);
    let mut i = element.start + 1;
    while i < element.end {
        let mut take = |range: Range<usize>, name: &'static str| {
            clauses.removed.push((tokens.span(range.clone()), name));
            edits.remove(range);
        };
        let mut next = i + 1;
        match tokens.get(i) {
            Some(Token::LParen | Token::LBracket) => {
                let close = tokens.close(i).unwrap_or(element.end);
                if tokens.words(close.saturating_sub(2), &["WITHOUT", "OVERLAPS"]) {
                    take(close - 2..close, "WITHOUT OVERLAPS");
                }
                // `FOREIGN KEY (a, PERIOD b)`: it comes last; elsewhere it is a column of that name.
                if let Some(period) = (close.checked_sub(2))
                    .filter(|&k| k > i && tokens.word(k, "PERIOD") && tokens.name(k + 1))
                {
                    take(period..period + 1, "PERIOD");
                }
                next = close + 1;
            }
            Some(Token::Word(w)) if w.quote_style.is_none() => {
                if tokens.word(i, "IDENTITY") && tokens.is(i + 1, &Token::LParen) {
                    next = tokens.after_parens(i + 1);
                    take(i + 1..next, "sequence options");
                } else if tokens.any(i, &["STORAGE", "COMPRESSION"])
                    && tokens.name(i + 1)
                    && i + 1 < element.end
                {
                    next = i + 2;
                    take(i..next, "STORAGE");
                } else if tokens.words(i, &["NULLS", "NOT", "DISTINCT"])
                    && tokens.word(i - 1, "UNIQUE")
                    && is_column
                {
                    next = i + 3;
                    take(i..next, "NULLS NOT DISTINCT");
                    clauses.nulls_not_distinct.extend(ident(tokens, element.start));
                } else if tokens.words(i, &["NO", "INHERIT"]) {
                    next = i + 2;
                    take(i..next, "NO INHERIT");
                } else if tokens.words(i, &["USING", "INDEX", "TABLESPACE"]) {
                    next = i + 4;
                    take(i..next, "TABLESPACE");
                } else if tokens.any(i, &["WITH", "OPTIONS"]) && tokens.is(i + 1, &Token::LParen) {
                    next = tokens.after_parens(i + 1);
                    take(i..next, "storage parameters");
                } else if tokens.words(i, &["WITH", "OPTIONS"]) {
                    next = i + 2;
                    take(i..next, "WITH OPTIONS");
                } else if tokens.word(i, "SET")
                    && tokens.any(i + 1, &["NULL", "DEFAULT"])
                    && tokens.is(i + 2, &Token::LParen)
                {
                    next = tokens.after_parens(i + 2);
                    let columns = (i + 3..next).filter_map(|k| ident(tokens, k)).collect();
                    let place = tokens.span(i..next);
                    take(i + 2..next, "columns of a referential action");
                    clauses.action_columns.push(ActionColumns { span: place, columns });
                }
            }
            _ => {}
        }
        i = next.max(i + 1);
    }
}

/// Where the query of a CREATE TABLE AS starts, its AS: behind options only.
fn query_follows(tokens: Tokens<'_>, from: usize) -> Option<usize> {
    let mut i = from;
    while i < (from + 40).min(tokens.len()) {
        if tokens.word(i, "AS") {
            return Some(i);
        }
        i = if tokens.is(i, &Token::LParen) { tokens.after_parens(i) } else { i + 1 };
    }
    None
}

/// Clauses behind the elements.
fn behind(tokens: Tokens<'_>, clauses: &mut Clauses, edits: &mut Edits, from: usize) {
    let mut i = from;
    while i < tokens.len() {
        let mut end = i + 1;
        let mut name = None;
        if tokens.word(i, "AS") || tokens.any(i, &["SELECT", "TABLE"]) {
            return;
        }
        if tokens.word(i, "SERVER") {
            end = tokens.len();
            name = Some("SERVER");
        } else if tokens.word(i, "TABLESPACE") {
            end = i + 2;
            name = Some("TABLESPACE");
        } else if tokens.word(i, "USING") && tokens.name(i + 1) {
            end = i + 2;
            name = Some("USING");
        } else if tokens.words(i, &["WITHOUT", "OIDS"]) {
            end = i + 2;
            name = Some("WITHOUT OIDS");
        } else if tokens.words(i, &["FOR", "VALUES"]) {
            end = tokens.after_parens(i + 3);
        } else if tokens.word(i, "WITH") && tokens.is(i + 1, &Token::LParen) {
            end = tokens.after_parens(i + 1);
            name = Some("storage parameters");
        } else if tokens.words(i, &["ON", "COMMIT"]) {
            end = i + if tokens.words(i + 2, &["DROP"]) { 3 } else { 4 };
            name = Some("ON COMMIT");
        } else if tokens.words(i, &["PARTITION", "BY"]) && tokens.is(i + 3, &Token::LParen) {
            end = tokens.after_parens(i + 3);
            partition_key(tokens, clauses, edits, i + 3, end);
        } else if tokens.is(i, &Token::LParen) {
            end = tokens.after_parens(i);
        }
        if let Some(name) = name {
            clauses.removed.push((tokens.span(i..end.min(tokens.len())), name));
            edits.remove(i..end.min(tokens.len()));
        }
        i = end;
    }
}

/// Collations and operator classes behind the terms of a partition key.
fn partition_key(tokens: Tokens<'_>, clauses: &mut Clauses, edits: &mut Edits, open: usize, end: usize) {
    for term in tokens.split(open + 1..end.saturating_sub(1)) {
        let behind = if tokens.is(term.start, &Token::LParen) {
            tokens.after_parens(term.start)
        } else {
            tokens.after_parens(tokens.after_name(term.start))
        };
        if behind < term.end && tokens.name(behind) {
            clauses.removed.push((tokens.span(behind..term.end), "operator class of a partition key"));
            edits.remove(behind..term.end);
        }
    }
}

fn ident(tokens: Tokens<'_>, at: usize) -> Option<Ident> {
    Cursor { tokens, at }.ident()
}

fn object_name(tokens: Tokens<'_>, at: usize) -> Option<ObjectName> {
    Cursor { tokens, at }.object_name()
}
