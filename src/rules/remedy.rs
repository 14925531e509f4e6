//! The predicate that would tie an occurrence to the tenant: its text, where it belongs, in words and as an edit.

use crate::finding::{Applicability, Edit, Fix};
use crate::prove::ownership::{Owner, own_column, primary_key};
use crate::query::model::{
    Body, CompareOp, Expr, ExprKind, Insert, OccId, Param, ParamName, SetExpr, Source,
};
use crate::query::place::Spot;
use crate::query::walk::walk_exprs;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident, list};
use crate::schema::catalog::{ForeignKey, ForeignKeyId, RelId};
use crate::schema::types::BaseType;
use crate::source::{HOLE_PREFIX, Span};

/// How to tie an occurrence.
pub(super) struct Remedy {
    /// In words.
    pub(super) help: String,
    /// As an edit, where the text can be written without knowing the program around it.
    pub(super) fix: Option<Fix>,
}

/// Subqueries that a proposed predicate may nest or list before it is rather said in words.
const MOST_SUBQUERIES: usize = 2;

/// The predicate that ties an occurrence, through a tied occurrence beside it if there is one.
pub(super) fn tie(subject: &Subject<'_>, occ: OccId, tied: Option<OccId>) -> Option<Remedy> {
    tie_by(subject, occ, tied, None)
}

/// The predicate that ties an occurrence by one of the parents that decide whose it is; by all of them without one.
pub(super) fn tie_by(
    subject: &Subject<'_>,
    occ: OccId,
    tied: Option<OccId>,
    only: Option<ForeignKeyId>,
) -> Option<Remedy> {
    let occurrence = subject.occurrence(occ);
    if let Some(view) = occurrence.via_view {
        let help = format!(
            "give the view {} the tenant's column as an output and filter it where the view is used, or use its tables",
            subject.called(view)
        );
        return Some(Remedy { help, fix: None });
    }
    let (id, relation) = subject.relation(occ)?;
    let place = subject.place(occ)?;
    let spot = place.spot;
    let qualifier = match place.is_crowded() || occurrence.alias_span.is_some() {
        true => format!("{}.", ident(&occurrence.alias)),
        false => String::new(),
    };
    let from_tied = tied.filter(|t| place.sees(*t)).and_then(|t| tied_column(subject, occ, t));
    let (term, origin) = match from_tied {
        Some(column) => (column, Origin::Statement),
        None => term(subject, id),
    };
    let on = |qualifier: &str| match subject.tenant_output(occ) {
        Some(column) if !relation.is_table() => Some(format!("{qualifier}{} = {term}", ident(column))),
        None if !relation.is_table() => None,
        Some(_) | None => condition(subject, id, only, qualifier, &term, 0),
    };
    if relation.is_table() && subqueries(subject, id, only, 0) > MOST_SUBQUERIES {
        return in_words(subject, id, only).map(|help| Remedy { help, fix: None });
    }
    let Some(predicate) = on(&qualifier) else {
        let help = format!("let {} hand on the tenant's column, and filter it here", code(&relation.name));
        return (!relation.is_table()).then_some(Remedy { help, fix: None });
    };
    let note = match origin {
        Origin::New => format!(", where `{term}` is the tenant of the request"),
        Origin::Statement | Origin::Unrepeatable => String::new(),
    };
    let help = match spot {
        Spot::Where { condition: Some(condition), .. } if is_or(condition) => {
            format!("put its WHERE in parentheses and add `AND {predicate}`{note}")
        }
        Spot::On { condition: Some(condition), .. } if is_or(condition) => {
            format!("put the ON of its join in parentheses and add `AND {predicate}`{note}")
        }
        Spot::Where { condition: Some(_), .. } => format!("add `AND {predicate}` to its WHERE{note}"),
        Spot::Where { condition: None, .. } => format!("add `WHERE {predicate}`{note}"),
        Spot::On { condition: Some(_), optional: true } => format!(
            "add `AND {predicate}` to the ON of its join (in WHERE it would drop the rows without a match){note}"
        ),
        Spot::On { condition: Some(_), optional: false } => format!("add `AND {predicate}` to its ON{note}"),
        Spot::On { condition: None, .. } => {
            format!("write the join with ON and add `AND {predicate}` to it{note}")
        }
        Spot::Nowhere => format!(
            "read it through a subquery that filters first: `(SELECT * FROM {} WHERE {})`{note}",
            ident(&relation.name.name),
            on("")?
        ),
    };
    let edits = match origin {
        Origin::Statement => edits(subject, spot, &predicate),
        Origin::New | Origin::Unrepeatable => None,
    };
    let fix = edits.map(|edits| Fix {
        title: format!("add `{predicate}`"),
        applicability: Applicability::Unsafe,
        edits,
    });
    Some(Remedy { help, fix })
}

fn is_or(condition: &Expr) -> bool {
    matches!(condition.kind, ExprKind::Or(_))
}

/// A condition on `id`, whose columns are qualified by its own name, that holds for rows of the tenant only; with the
/// words that say what the tenant's placeholder is, where it is new.
pub(super) fn of_tenant(subject: &Subject<'_>, id: RelId) -> Option<(String, String)> {
    let (term, origin) = term(subject, id);
    let qualifier = format!("{}.", ident(&subject.project.catalog.relation(id).name.name));
    if subqueries(subject, id, None, 0) > MOST_SUBQUERIES {
        return None;
    }
    let predicate = condition(subject, id, None, &qualifier, &term, 0)?;
    let note = match origin {
        Origin::New => format!(", where `{term}` is the tenant of the request"),
        Origin::Statement | Origin::Unrepeatable => String::new(),
    };
    Some((predicate, note))
}

/// Where the text of the tenant comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It stands in the statement (or the session gives it) and can be written again.
    Statement,
    /// It stands in the statement as an anonymous placeholder: writing it again would shift the others.
    Unrepeatable,
    /// A placeholder that the statement does not have yet.
    New,
}

/// The tenant column of a tied occurrence as a term, where both relations name the tenant by the same kind of column.
fn tied_column(subject: &Subject<'_>, occ: OccId, tied: OccId) -> Option<String> {
    let owner = |o: OccId| subject.relation(o).map(|(id, _)| subject.project.ownership.of(id));
    let column = match owner(tied)? {
        Owner::Root { key, .. } => *key,
        Owner::Direct { column, level, .. } => match owner(occ)? {
            Owner::Direct { level: other, .. } if other != level => return None,
            _ => *column,
        },
        Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => return None,
    };
    let tied = subject.occurrence(tied);
    Some(format!("{}.{}", ident(&tied.alias), ident(&tied.columns.get(column as usize)?.name)))
}

/// A condition on a relation that holds for one tenant's rows only, through its owning foreign keys where it has no
/// tenant column.
fn condition(
    subject: &Subject<'_>,
    id: RelId,
    only: Option<ForeignKeyId>,
    qualifier: &str,
    term: &str,
    depth: u8,
) -> Option<String> {
    // Deeper chains are rather filtered through a join, which is for the author to write.
    if depth > 4 {
        return None;
    }
    let catalog = &subject.project.catalog;
    let relation = catalog.relation(id);
    let name = |column: u32| relation.columns.get(column as usize).map(|c| ident(&c.name));
    let through = |columns: &[u32], target: RelId, target_columns: &[u32]| {
        let parent = catalog.relation(target);
        let left: Option<Vec<String>> =
            columns.iter().map(|c| Some(format!("{qualifier}{}", name(*c)?))).collect();
        let right: Option<Vec<String>> =
            target_columns.iter().map(|c| Some(ident(&parent.columns.get(*c as usize)?.name))).collect();
        let (left, right) = (left?, right?);
        let left = if left.len() == 1 { left.join("") } else { format!("({})", left.join(", ")) };
        let inner = condition(subject, target, None, "", term, depth + 1)?;
        let parent = match parent.name.schema.as_str() {
            "public" => ident(&parent.name.name),
            schema => format!("{}.{}", ident(schema), ident(&parent.name.name)),
        };
        Some(format!("{left} IN (SELECT {} FROM {parent} WHERE {inner})", right.join(", ")))
    };
    let owner = subject.project.ownership.of(id);
    match owner {
        Owner::Direct { column, .. } => Some(format!("{qualifier}{} = {term}", name(*column)?)),
        Owner::Root { key, .. } => Some(format!("{qualifier}{} = {term}", name(*key)?)),
        Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ }
            if !parents.is_empty() =>
        {
            let each: Option<Vec<String>> = deciding(owner, only)
                .map(|fk| {
                    let ForeignKey { relation, columns, target, target_columns, .. } =
                        catalog.foreign_key(fk);
                    let own: Option<Vec<u32>> =
                        columns.iter().map(|c| own_column(catalog, id, *relation, *c)).collect();
                    through(&own?, *target, target_columns)
                })
                .collect();
            Some(each?.join(" AND "))
        }
        Owner::Unclassified { parents: _, undeclared } => {
            let (column, target) = undeclared.first()?;
            match primary_key(catalog, *target)?.as_slice() {
                [key] => through(&[*column], *target, &[*key]),
                _ => None,
            }
        }
        Owner::Indirect { .. } | Owner::Global { .. } => None,
    }
}

/// The parents that decide whose a row is: declared ones, or `only` that one of them.
fn deciding<'a>(
    owner: &'a Owner,
    only: Option<ForeignKeyId>,
) -> impl Iterator<Item = ForeignKeyId> + use<'a> {
    let parents: &[ForeignKeyId] = match owner {
        Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ } => parents,
        Owner::Root { .. } | Owner::Direct { .. } | Owner::Global { .. } => &[],
    };
    parents.iter().copied().filter(move |fk| only.is_none_or(|only| only == *fk))
}

/// How many subqueries the condition on a relation takes; beyond a limit, how many were counted until then.
fn subqueries(subject: &Subject<'_>, id: RelId, only: Option<ForeignKeyId>, depth: usize) -> usize {
    let mut count = 0;
    for fk in deciding(subject.project.ownership.of(id), only) {
        if depth > MOST_SUBQUERIES || count > MOST_SUBQUERIES {
            break;
        }
        let target = subject.project.catalog.foreign_key(fk).target;
        count += 1 + subqueries(subject, target, None, depth + 1);
    }
    count
}

/// How to tie a relation whose chain of parents is too long, or whose parents are too many, for one predicate.
fn in_words(subject: &Subject<'_>, id: RelId, only: Option<ForeignKeyId>) -> Option<String> {
    let catalog = &subject.project.catalog;
    let relation = catalog.relation(id);
    let parents: Vec<(String, String)> = deciding(subject.project.ownership.of(id), only)
        .filter_map(|fk| {
            let ForeignKey { relation: holder, columns, target, .. } = catalog.foreign_key(fk);
            let own = own_column(catalog, id, *holder, *columns.first()?)?;
            let column = relation.columns.get(own as usize)?.name.clone();
            Some((column, catalog.relation(*target).name.name.clone()))
        })
        .collect();
    let (column, parent) = parents.first()?;
    if parents.len() == 1 {
        return Some(format!(
            "join {} by `{column}`, and tie that row to the tenant by what it refers to in turn",
            code(parent)
        ));
    }
    let each = parents.iter().map(|(column, parent)| format!("{} (by `{column}`)", code(parent)));
    Some(format!(
        "every row that it refers to must be the tenant's: join {} and tie each; or, where one of them alone decides \
         whose a row is, say so: `tenancy.owner = {{ {} = [\"{column}\"] }}`",
        list(each, "and"),
        config_key(&relation.name.to_string()),
    ))
}

/// The tenant as the statement can write it: the term it uses already, the configured session expression, or a new
/// placeholder in the statement's own style.
fn term(subject: &Subject<'_>, id: RelId) -> (String, Origin) {
    let level = level_of(subject, id, 0);
    if let Some((_, text, origin)) = subject.used_terms().iter().find(|(at, ..)| *at == level) {
        return (text.clone(), *origin);
    }
    let params = &subject.bound().params;
    if let (Some(session), true) = (subject.project.tenancy.session.first(), params.is_empty()) {
        return (format!("{session}{}", cast_to_tenant(subject, id)), Origin::Statement);
    }
    let number = params.iter().filter_map(|p| match p.name {
        ParamName::Numbered(n) => Some(n),
        ParamName::Named(_) | ParamName::Anonymous(_) => None,
    });
    let highest = number.max().unwrap_or(0);
    let text = match params.last() {
        None | Some(Param { name: ParamName::Numbered(_), .. }) => format!("${}", highest + 1),
        Some(Param { span, .. }) if subject.text(*span).contains(HOLE_PREFIX) => {
            let tenant = tenant_name(subject, id, level);
            format!("{{{tenant}}}")
        }
        Some(Param { name: ParamName::Anonymous(_), span, .. }) => subject.text(*span).to_owned(),
        Some(Param { name: ParamName::Named(name), span, .. }) => {
            let tenant = tenant_name(subject, id, level);
            let text = subject.text(*span);
            match text.contains(name.as_str()) {
                // A variable of PL/pgSQL: named as the column is, it would hide it.
                true if text.eq_ignore_ascii_case(name) => format!("p_{tenant}"),
                true => text.replace(name.as_str(), tenant),
                false => format!(":{tenant}"),
            }
        }
    };
    (text, Origin::New)
}

/// The level of the tenants that own a relation's rows, by the first of its parents where it has no tenant column.
fn level_of(subject: &Subject<'_>, id: RelId, depth: u8) -> usize {
    match subject.project.ownership.of(id) {
        Owner::Direct { level, .. } | Owner::Root { level, .. } => *level,
        Owner::Indirect { parents } | Owner::Unclassified { parents, .. } if depth < 8 => parents
            .first()
            .map_or(0, |key| level_of(subject, subject.project.catalog.foreign_key(*key).target, depth + 1)),
        _ => 0,
    }
}

/// What the tenant of a relation's rows is called: by its own column, or one that names tenants of that level.
fn tenant_name<'a>(subject: &Subject<'a>, id: RelId, level: usize) -> &'a str {
    let project = subject.project;
    let own = match project.ownership.of(id) {
        Owner::Direct { column, .. } => project.catalog.relation(id).columns.get(*column as usize),
        _ => None,
    };
    let names = &project.tenancy.columns;
    let of_level = || names.iter().find(|name| project.ownership.columns.level_of(name) == Some(level));
    own.map(|column| &column.name).or_else(of_level).or(names.first()).map_or("tenant_id", String::as_str)
}

/// A table's name as a key of the configuration.
pub(super) fn config_key(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_bare { name.to_owned() } else { format!("'{name}'") }
}

/// Terms that the statement compares with a tenant column or stores there, as written, each with the level of that column:
/// the first of each level.
pub(super) fn used_terms(subject: &Subject<'_>) -> Vec<(usize, String, Origin)> {
    let mut found: Vec<(usize, String, Origin)> = Vec::new();
    walk_exprs(subject.bound(), |e| {
        let ExprKind::Compare { op: CompareOp::Eq, left, right } = &e.kind else { return };
        for (column, term) in [(left, right), (right, left)] {
            let Some(level) = tenant_column_level(subject, column) else { continue };
            if found.iter().all(|(at, ..)| *at != level)
                && let Some((text, origin)) = caller_value(subject, term)
            {
                found.push((level, text, origin));
            }
        }
    });
    if found.is_empty() {
        found.extend(stored_term(subject));
    }
    found
}

/// The term that an INSERT stores as the tenant of its rows.
fn stored_term(subject: &Subject<'_>) -> Option<(usize, String, Origin)> {
    let Body::Insert(insert) = &subject.bound().body else { return None };
    let Insert { target, columns, source, .. } = &**insert;
    let (id, _) = subject.relation(*target)?;
    let Owner::Direct { column, level, .. } = subject.project.ownership.of(id) else { return None };
    let at = columns.iter().position(|c| c == column)?;
    let value = match &source.as_ref()?.body {
        SetExpr::Select(select) => &select.output.get(at)?.expr,
        SetExpr::Values(rows) => rows.first()?.get(at)?,
        SetExpr::SetOp { .. } | SetExpr::Nested(_) => return None,
    };
    caller_value(subject, value).map(|(text, origin)| (*level, text, origin))
}

/// Whether a column names the tenant: a table's tenant column or root key, or what a view or subquery hands on under
/// the name of one.
pub(super) fn is_tenant_column(subject: &Subject<'_>, e: &Expr) -> bool {
    tenant_column_level(subject, e).is_some()
}

/// The level of the tenants that such a column names.
fn tenant_column_level(subject: &Subject<'_>, e: &Expr) -> Option<usize> {
    let ExprKind::Column { occ, column } = &e.kind else { return None };
    let occurrence = subject.occurrence(*occ);
    // The text of an expression inside a view is not this statement's.
    if occurrence.via_view.is_some() {
        return None;
    }
    let owner = match &occurrence.source {
        Source::Table(id) => Some(subject.project.ownership.of(*id)),
        _ => None,
    };
    match owner {
        Some(Owner::Direct { column: own, level, .. } | Owner::Root { key: own, level, .. }) => {
            (own == column).then_some(*level)
        }
        Some(Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. }) | None => {
            let name = occurrence.columns.get(*column as usize).map(|c| c.name.as_str())?;
            let level = || subject.project.ownership.columns.level_of(name).unwrap_or(0);
            (Some(name) == subject.tenant_output(*occ)).then(level)
        }
    }
}

/// The text of a value that the caller or the session gives.
fn caller_value(subject: &Subject<'_>, e: &Expr) -> Option<(String, Origin)> {
    let text = subject.text(e.span);
    let mut inner = e;
    while let ExprKind::Cast(operand) = &inner.kind {
        inner = operand;
    }
    match &inner.kind {
        ExprKind::Param(id) if !text.is_empty() => {
            let origin = match subject.bound().param(*id).name {
                ParamName::Anonymous(_) => Origin::Unrepeatable,
                ParamName::Numbered(_) | ParamName::Named(_) => Origin::Statement,
            };
            Some((text.to_owned(), origin))
        }
        ExprKind::Call(call) if !text.is_empty() => {
            let known = subject.project.tenancy.session.iter().any(|s| s.starts_with(call.name.as_str()));
            known.then(|| (text.to_owned(), Origin::Statement))
        }
        _ => None,
    }
}

/// The cast that a session expression, which is text, needs to be compared with a relation's tenant.
fn cast_to_tenant(subject: &Subject<'_>, id: RelId) -> &'static str {
    let relation = subject.project.catalog.relation(id);
    let column = match subject.project.ownership.of(id) {
        Owner::Direct { column, .. } => *column,
        Owner::Root { key, .. } => *key,
        Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => return "",
    };
    match relation.columns.get(column as usize).map(|c| &c.ty.base) {
        Some(BaseType::Uuid) => "::uuid",
        Some(BaseType::Int2 | BaseType::Int4) => "::int",
        Some(BaseType::Int8) => "::bigint",
        _ => "",
    }
}

/// The edits that add a predicate at a spot.
fn edits(subject: &Subject<'_>, spot: Spot<'_>, predicate: &str) -> Option<Vec<Edit>> {
    let text: &str = &subject.bound().fragment.text;
    let insert = |at: u32, text: String| Edit { location: subject.locate(Span::new(at, at)), text };
    match spot {
        Spot::Where { condition: Some(condition), .. } | Spot::On { condition: Some(condition), .. } => {
            let span = balanced(text, condition.span)?;
            Some(match is_or(condition) {
                true => {
                    vec![insert(span.start, "(".to_owned()), insert(span.end, format!(") AND {predicate}"))]
                }
                false => vec![insert(span.end, format!(" AND {predicate}"))],
            })
        }
        Spot::Where { condition: None, last, last_on } => {
            let end = match last_on {
                Some(on) => balanced(text, on.span)?.end,
                None => {
                    let occurrence = subject.occurrence(last?);
                    if occurrence.sampled || !matches!(occurrence.source, Source::Table(_)) {
                        return None;
                    }
                    occurrence.alias_span.map_or(occurrence.span.end, |a| a.end.max(occurrence.span.end))
                }
            };
            // A list of column aliases, or the parenthesis around the join, is not part of any span.
            let next = text.get(end as usize..)?.trim_start();
            (!next.starts_with(['(', ')'])).then(|| vec![insert(end, format!(" WHERE {predicate}"))])
        }
        Spot::On { condition: None, .. } | Spot::Nowhere => None,
    }
}

/// The range of a condition widened until its parentheses are closed: spans of expressions leave outer ones out.
fn balanced(text: &str, span: Span) -> Option<Span> {
    let bytes = text.as_bytes();
    let (mut depth, mut lowest, mut quote) = (0i32, 0i32, None);
    for &b in bytes.get(span.range())? {
        match (quote, b) {
            (Some(q), _) if b == q => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(b),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth -= 1;
                lowest = lowest.min(depth);
            }
            (None, _) => {}
        }
    }
    let inner = text.get(span.range())?;
    // Comments and dollar quotes may hold anything; then the place is not certain.
    let opaque = ["--", "/*", "$$"].iter().any(|s| inner.contains(s));
    if span.is_empty() || quote.is_some() || opaque {
        return None;
    }
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    for _ in lowest..0 {
        let before = text.get(..start)?.trim_end();
        start = before.strip_suffix('(')?.len();
    }
    for _ in 0..(depth - lowest) {
        let after = text.get(end..)?;
        end += after.len() - after.trim_start().strip_prefix(')')?.len();
    }
    Some(Span::new(start as u32, end as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_widened_to_its_own_parentheses() {
        let widened = |text: &str, inner: &str| {
            let start = text.find(inner).unwrap() as u32;
            balanced(text, Span::new(start, start + inner.len() as u32)).map(|s| text[s.range()].to_owned())
        };
        assert_eq!(widened("(a OR b) AND (c)", "a OR b) AND (c"), Some("(a OR b) AND (c)".into()));
        assert_eq!(widened("x AND (a OR b ) LIMIT", "x AND (a OR b"), Some("x AND (a OR b )".into()));
        assert_eq!(widened("x = ')' AND y", "x = ')' AND y"), Some("x = ')' AND y".into()));
        assert_eq!(widened("x -- (\n AND y", "x -- (\n AND y"), None);
        assert_eq!(widened("f(x", "f(x"), None);
    }
}
