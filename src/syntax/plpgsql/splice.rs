//! What becomes part of the text of an EXECUTE without being quoted, and where it comes from. Literals, numbers, dates and
//! what the quoting functions make are not told: they cannot say anything else than one value or name.

use std::collections::HashSet;
use std::ops::Range;

use super::super::ast::DataType;
use super::super::lexer::Kind;
use super::super::literal::literal_fragment;
use super::super::{parse, token};
use super::text::conversions;
use super::{Given, Reader, VariableKind, folded, is_literal};
use crate::source::Span;

/// What an EXECUTE runs.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The expression of its text, bytes of the body.
    pub span: Span,
    /// What becomes part of it unquoted, in order of place, each place once.
    pub splices: Vec<Splice>,
}

/// An expression whose text becomes part of a statement as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The expression, bytes of the body.
    pub span: Span,
    /// Where its value comes from.
    pub origin: Origin,
    /// Whether it is all of the statement's text.
    pub whole: bool,
}

/// Where a spliced value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A parameter, or a variable that nothing is seen to set: the parts of its name, folded.
    Name(Vec<String>),
    /// A query of tables.
    Query,
    /// A query of the system catalogs.
    Catalog,
    /// Another expression.
    Expression,
}

/// Functions whose result is no more than their text arguments, perhaps changed.
const PASSING: &[&str] = &[
    "ARRAY_TO_STRING",
    "BTRIM",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "FORMAT",
    "INITCAP",
    "LEFT",
    "LOWER",
    "LPAD",
    "LTRIM",
    "NULLIF",
    "REPEAT",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "RPAD",
    "RTRIM",
    "SPLIT_PART",
    "STRING_AGG",
    "SUBSTR",
    "SUBSTRING",
    "TRIM",
    "UPPER",
];

/// Functions whose result is one name or value, whatever their arguments.
const HARMLESS: &[&str] = &[
    "ABS",
    "ARRAY_LENGTH",
    "CARDINALITY",
    "CEIL",
    "CHAR_LENGTH",
    "COUNT",
    "DATE_TRUNC",
    "EXTRACT",
    "FLOOR",
    "GEN_RANDOM_UUID",
    "LENGTH",
    "MD5",
    "NEXTVAL",
    "NOW",
    "QUOTE_IDENT",
    "QUOTE_LITERAL",
    "QUOTE_NULLABLE",
    "ROUND",
    "TO_REGCLASS",
    "TXID_CURRENT",
];

/// Most splices that are told of one text.
const MAX_SPLICES: usize = 32;

/// Most expressions that are looked at for one text.
const MAX_STEPS: usize = 2_000;

#[derive(Default)]
struct Search {
    found: Vec<Splice>,
    /// Variables that were followed.
    seen: HashSet<String>,
    steps: usize,
    /// Where the value that is followed is read from, if a query reads it.
    query: Option<Origin>,
    /// Where the variable that is followed becomes part of the text.
    place: Option<Span>,
}

impl Search {
    fn tell(&mut self, span: Span, origin: Origin, whole: bool) {
        self.found.push(Splice { span: self.place.unwrap_or(span), origin, whole });
    }
}

impl Reader<'_> {
    /// What becomes part of a text without being quoted.
    pub(super) fn splices(&self, text: Range<usize>) -> Vec<Splice> {
        let mut search = Search::default();
        self.search(text, true, &mut search);
        let mut found = search.found;
        found.sort_by_key(|splice| splice.span);
        found.dedup_by_key(|splice| splice.span);
        found
    }

    fn search(&self, range: Range<usize>, whole: bool, search: &mut Search) {
        search.steps += 1;
        let range = self.inner(range);
        if search.steps > MAX_STEPS || search.found.len() >= MAX_SPLICES || range.is_empty() {
            return;
        }
        let parts = self.split(range.clone(), |r, i| r.operator(i, "||"));
        if parts.len() > 1 {
            return parts.into_iter().for_each(|part| self.search(part, false, search));
        }
        if let Some((value, ty)) = self.cast(range.clone()) {
            if !ty.as_ref().is_some_and(is_harmless) {
                self.search(value, whole, search);
            }
            return;
        }
        let first = self.kind(range.start);
        if range.len() == 1 && (first == Some(Kind::Number) || first.is_some_and(is_literal)) {
            return;
        }
        if self.any(range.start, &["NULL", "TRUE", "FALSE"]) && range.len() == 1 {
            return;
        }
        if self.is(range.start, "CASE") {
            return self.branches(range).into_iter().for_each(|part| self.search(part, whole, search));
        }
        if self.is(range.start, "ARRAY") && self.kind(range.start + 1) == Some(Kind::LBracket) {
            let elements = range.start + 2..range.end - 1;
            let elements = self.split(elements, |r, i| r.kind(i) == Some(Kind::Comma));
            return elements.into_iter().for_each(|element| self.search(element, whole, search));
        }
        if let Some(arguments) = self.call(range.clone(), &["FORMAT"]) {
            return self.formatted(&arguments, search);
        }
        if let Some(arguments) = self.call(range.clone(), &["TO_CHAR"])
            && arguments.get(1).is_some_and(|a| a.len() == 1 && self.kind(a.start).is_some_and(is_literal))
        {
            return;
        }
        if self.call(range.clone(), HARMLESS).is_some() {
            return;
        }
        if let Some(arguments) = self.call(range.clone(), PASSING) {
            return arguments.into_iter().for_each(|argument| self.search(argument, false, search));
        }
        let arithmetic =
            self.split(range.clone(), |r, i| r.kind(i) == Some(Kind::Operator) && !r.operator(i, "->>"));
        if arithmetic.len() > 1 {
            return arithmetic.into_iter().for_each(|part| self.search(part, false, search));
        }
        match self.name(range.clone()) {
            Some(name) => self.named(range, name, whole, search),
            None => {
                let origin = search.query.clone().unwrap_or(Origin::Expression);
                search.tell(self.span(range), origin, whole);
            }
        }
    }

    /// What a variable is given, or the variable itself where that is not to be seen.
    fn named(&self, range: Range<usize>, name: Vec<String>, whole: bool, search: &mut Search) {
        let Some(base) = name.first().cloned() else { return };
        let declared = self.routine.variables.iter().rfind(|v| v.name == base).map(|v| &v.kind);
        if let (Some(VariableKind::Scalar(Some(ty))), 1) = (declared, name.len())
            && is_harmless(ty)
        {
            return;
        }
        // What a trigger is told is written in the schema.
        if base == "tg_argv" {
            return;
        }
        let given = self.assigned.get(&base).map(Vec::as_slice).unwrap_or_default();
        let span = self.span(range);
        if declared.is_none() || given.is_empty() {
            let origin = match &search.query {
                Some(query) if declared.is_none() => query.clone(),
                _ => Origin::Name(name),
            };
            search.tell(span, origin, whole);
        }
        if !search.seen.insert(base) {
            return;
        }
        // A text that is put together in a variable is mended there; a part of one, where it becomes part of the text.
        let place = if whole { None } else { Some(search.place.unwrap_or(span)) };
        let outer = std::mem::replace(&mut search.place, place);
        given.iter().for_each(|given| self.given(given, span, whole, search));
        search.place = outer;
    }

    fn given(&self, given: &Given, span: Span, whole: bool, search: &mut Search) {
        match given {
            Given::Value(value) => self.search(value.clone(), whole, search),
            // Literals.
            Given::Element(_) => {}
            Given::Selected { item, query } => {
                let reads = query.clone().any(|i| self.any(i, &["FROM", "RETURNING", "EXECUTE", "FETCH"]));
                let origin = self.origin(query.clone());
                let Some(item) = item else { return search.tell(span, origin, whole) };
                let outer = search.query.clone();
                if reads {
                    search.query = Some(origin);
                }
                self.search(item.clone(), whole, search);
                search.query = outer;
            }
        }
    }

    /// Whether a query reads nothing but the system catalogs.
    fn origin(&self, query: Range<usize>) -> Origin {
        let mut sources = query
            .clone()
            .filter(|&i| self.any(i.wrapping_sub(1), &["FROM", "JOIN"]) && self.kind(i) == Some(Kind::Word));
        let of_system = |i: usize| {
            let name = self.tokens.get(i).map_or("", |raw| raw.text(self.text)).to_lowercase();
            name.starts_with("pg_") || name == "information_schema" || name == "generate_series"
        };
        let any = sources.clone().next().is_some();
        if any && sources.all(of_system) { Origin::Catalog } else { Origin::Query }
    }

    /// `format`: what `%s` puts in, and all of a pattern that is not a literal.
    fn formatted(&self, arguments: &[Range<usize>], search: &mut Search) {
        let [pattern, values @ ..] = arguments else { return };
        let literal = (pattern.len() == 1 && self.kind(pattern.start).is_some_and(is_literal))
            .then(|| literal_fragment(self.fragment, self.span(pattern.clone())))
            .flatten();
        let Some(literal) = literal else {
            return arguments.iter().for_each(|argument| self.search(argument.clone(), false, search));
        };
        for conversion in conversions(&literal.text) {
            let value = conversion.argument.and_then(|n| values.get(n));
            if let ('s', Some(value)) = (conversion.kind, value) {
                self.search(value.clone(), false, search);
            }
        }
    }

    /// `value::type` or `CAST(value AS type)`.
    fn cast(&self, range: Range<usize>) -> Option<(Range<usize>, Option<DataType>)> {
        let (value, ty) = match self.call(range.clone(), &["CAST"]) {
            Some(_) => {
                let at = (range.start..range.end).rfind(|&i| self.is(i, "AS"))?;
                (range.start + 2..at, at + 1..range.end - 1)
            }
            None => {
                let at = (range.start..range.end).rfind(|&i| self.kind(i) == Some(Kind::DoubleColon))?;
                // A cast binds tighter than any operator.
                let alone = self.split(range.start..at, |r, i| r.kind(i) == Some(Kind::Operator)).len() == 1;
                let depth = (range.start..at).fold(0i64, |depth, i| match self.kind(i) {
                    Some(Kind::LParen | Kind::LBracket) => depth + 1,
                    Some(Kind::RParen | Kind::RBracket) => depth - 1,
                    _ => depth,
                });
                if !alone || depth != 0 || range.start == at {
                    return None;
                }
                (range.start..at, at + 1..range.end)
            }
        };
        let tokens = token::tokens(self.text, self.tokens.get(ty)?, self.dialect).ok()?;
        Some((value, parse::data_type(tokens, self.dialect)))
    }

    /// What CASE can result in.
    fn branches(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let (mut results, mut from, mut cases) = (Vec::new(), None, 0usize);
        for i in range.start + 1..range.end {
            if self.is(i, "CASE") {
                cases += 1;
            } else if self.is(i, "END") && cases > 0 {
                cases -= 1;
            } else if cases == 0 && self.any(i, &["WHEN", "ELSE", "END"]) {
                results.extend(from.take().map(|from| from..i));
                from = self.is(i, "ELSE").then_some(i + 1);
            } else if cases == 0 && self.is(i, "THEN") {
                from = Some(i + 1);
            }
        }
        results
    }

    /// The parts of a name, folded; subscripts are left out.
    fn name(&self, range: Range<usize>) -> Option<Vec<String>> {
        let mut parts = Vec::new();
        let mut i = range.start;
        loop {
            let raw = self.tokens.get(i).filter(|_| i < range.end)?;
            if !matches!(raw.kind, Kind::Word | Kind::QuotedName | Kind::Placeholder) {
                return None;
            }
            parts.push(folded(raw.text(self.text)));
            i += 1;
            if self.kind(i) != Some(Kind::Dot) || i >= range.end {
                break;
            }
            i += 1;
        }
        (i == range.end || self.kind(i) == Some(Kind::LBracket)).then_some(parts)
    }
}

/// Whether the text of every value of a type is one number, date, identifier or the like.
fn is_harmless(ty: &DataType) -> bool {
    match ty {
        DataType::Int(_)
        | DataType::Integer(_)
        | DataType::BigInt(_)
        | DataType::SmallInt(_)
        | DataType::Int2(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::Numeric(_)
        | DataType::Decimal(_)
        | DataType::Real
        | DataType::Float4
        | DataType::Float8
        | DataType::Float(_)
        | DataType::Double(_)
        | DataType::DoublePrecision
        | DataType::Bool
        | DataType::Boolean
        | DataType::Uuid
        | DataType::Date
        | DataType::Time(..)
        | DataType::Timestamp(..)
        | DataType::Interval { .. }
        | DataType::Regclass => true,
        DataType::Custom(name, _) => {
            let name = name.to_string().to_lowercase();
            ["oid", "regtype", "regproc", "regprocedure", "regrole", "regnamespace", "timestamptz", "money"]
                .contains(&name.as_str())
        }
        _ => false,
    }
}
