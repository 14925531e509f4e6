//! Collations that may call different texts equal, as far as columns and expressions carry them to a comparison. Errs
//! towards "may".

use std::cell::Cell;

use crate::query::model::{BoundStatement, CteBody, CteId, Expr, ExprKind, OccId, Query, SetExpr, Source};
use crate::query::walk;
use crate::schema::catalog::{Catalog, ColumnIx, RelId};
use crate::schema::types::{BaseType, Type};

use super::tenants::returning;

/// How many steps the search for the collation of one expression may take.
const MAX_STEPS: u32 = 400;

/// Where the collations of a statement come from.
pub(super) struct Collations<'a> {
    catalog: &'a Catalog,
    statement: &'a BoundStatement,
    /// Whether there is any such collation in reach at all.
    any: bool,
    steps: Cell<u32>,
}

impl<'a> Collations<'a> {
    pub(super) fn new(catalog: &'a Catalog, statement: &'a BoundStatement) -> Self {
        let mut any = catalog.domains.values().any(|d| is_odd(d.collation.as_deref()))
            || catalog.relations.iter().any(|r| r.columns.iter().any(|c| is_odd(c.collation.as_deref())));
        walk::walk_exprs(statement, |e| {
            if let ExprKind::Collate { expr: _, collation } = &e.kind {
                any |= is_odd(Some(collation));
            }
        });
        Collations { catalog, statement, any, steps: Cell::new(0) }
    }

    /// Whether a comparison of that value may call different texts equal.
    pub(super) fn may_fold(&self, expr: &Expr) -> bool {
        self.steps.set(MAX_STEPS);
        self.any && self.folds(expr)
    }

    /// The same for an output column of a query.
    pub(super) fn output_may_fold(&self, query: &Query, column: usize) -> bool {
        self.steps.set(MAX_STEPS);
        self.any && self.output(query, column)
    }

    fn folds(&self, expr: &Expr) -> bool {
        let Some(left) = self.steps.get().checked_sub(1) else { return true };
        self.steps.set(left);
        match &expr.kind {
            ExprKind::Column { occ, column } => self.column(*occ, *column),
            ExprKind::Collate { expr: _, collation } => is_odd(Some(collation)),
            ExprKind::Subquery(query) | ExprKind::ArrayQuery(query) => self.output(query, 0),
            _ => {
                let mut found = type_folds(self.catalog, &expr.ty);
                walk::each_child(expr, &mut |e| found = found || self.folds(e));
                found
            }
        }
    }

    fn column(&self, occ: OccId, column: ColumnIx) -> bool {
        let at = column as usize;
        match &self.statement.occurrence(occ).source {
            Source::Table(rel) | Source::Tuple(Some(rel)) => column_folds(self.catalog, *rel, column),
            Source::View { view: _, query: Some(query) } | Source::Derived(query) => self.output(query, at),
            Source::Cte(id) => self.cte(*id, at),
            Source::Function { calls, ordinality: _ } => {
                calls.iter().flat_map(|c| &c.args).any(|e| self.folds(e))
            }
            Source::View { view: _, query: None }
            | Source::System(_)
            | Source::Call(_)
            | Source::Tuple(None)
            | Source::Unknown(_) => false,
        }
    }

    fn cte(&self, id: CteId, at: usize) -> bool {
        match &self.statement.cte(id).body {
            CteBody::Query(query) => self.output(query, at),
            CteBody::Modify(body) => {
                returning(body).and_then(|list| list.get(at)).is_some_and(|o| self.folds(&o.expr))
            }
        }
    }

    fn output(&self, query: &Query, at: usize) -> bool {
        match &query.body {
            SetExpr::Select(select) => select.output.get(at).is_some_and(|o| self.folds(&o.expr)),
            SetExpr::SetOp { op: _, all: _, left, right } => self.output(left, at) || self.output(right, at),
            SetExpr::Values(rows) => rows.iter().filter_map(|row| row.get(at)).any(|e| self.folds(e)),
            SetExpr::Nested(query) => self.output(query, at),
        }
    }
}

/// Whether a column of a relation has such a collation, its own or its domain's.
pub(super) fn column_folds(catalog: &Catalog, rel: RelId, column: ColumnIx) -> bool {
    let column = catalog.relation(rel).columns.get(column as usize);
    column.is_some_and(|c| match &c.collation {
        Some(name) => is_odd(Some(name)),
        None => type_folds(catalog, &c.ty),
    })
}

fn type_folds(catalog: &Catalog, ty: &Type) -> bool {
    let mut ty = ty.clone();
    for _ in 0..16 {
        let BaseType::Domain(name) = &ty.base else { break };
        let Some(domain) = catalog.domains.get(name) else { break };
        if domain.collation.is_some() {
            return is_odd(domain.collation.as_deref());
        }
        ty = domain.base.clone();
    }
    false
}

/// A collation that is not known to call only identical texts equal: none of PostgreSQL's own, by its name (`C`,
/// `en-x-icu`, `en_US.utf8`). Of an operating system's only those of a language and a country are known.
fn is_odd(collation: Option<&str>) -> bool {
    let Some(name) = collation else { return false };
    let folded = name.to_ascii_lowercase();
    let known = matches!(folded.as_str(), "c" | "posix" | "default" | "ucs_basic" | "unicode" | "pg_c_utf8");
    !(known || folded.ends_with("-x-icu") || is_locale(name))
}

/// `en_US`, `de_DE.utf8`, `sr_RS@latin`.
fn is_locale(name: &str) -> bool {
    let name = name.split(['.', '@']).next().unwrap_or_default();
    name.split_once('_').is_some_and(|(language, country)| {
        matches!(language.len(), 2 | 3)
            && language.bytes().all(|b| b.is_ascii_lowercase())
            && country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
    })
}
