//! What a statement evaluates that its text does not say: defaults of columns, generated columns and CHECK constraints
//! of the tables that it writes to, and functions behind casts, comparisons and domains.
//!
//! Only expressions that call functions of the schema count. What a CHECK constraint reads shows in errors alone, which
//! are no channel here (TENANCY.md section 2); so it matters only if something in it writes. Index expressions cannot
//! write, and what they give is stored in no row.

use std::collections::HashMap;

use crate::prove::verdict::{DefectKind, Verdict};
use crate::query::model::{Body, BoundStatement, CteBody, Expr, ExprKind, LikeKind, OccId, SetExpr, Source};
use crate::query::{self, TableExpr, walk};
use crate::schema::catalog::{
    Cast, Catalog, ColumnIx, Domain, ExprHandle, Function, FunctionId, Name, RelId, Relation,
};
use crate::schema::types::{BaseType, Type};
use crate::source::Span;

use super::facts::TenancyModel;
use super::write::Target;
use super::{Detail, Prover, TenantId};

/// Expressions of the schema that call its functions.
#[derive(Debug, Default)]
pub(super) struct Evaluated {
    /// What a write to each table evaluates.
    tables: HashMap<RelId, Vec<Part>>,
    /// What the conditions of each domain call.
    domains: HashMap<String, Vec<FunctionId>>,
}

/// An expression that a write to a table evaluates.
#[derive(Debug)]
pub(super) struct Part {
    when: When,
    /// Such as "the default of `n`".
    what: String,
    statement: BoundStatement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// A row gets no value for that column.
    Default(ColumnIx),
    /// A row is written.
    Generated,
    /// A row is written; what is read is not told.
    Check,
}

/// Gathers what writes evaluate.
pub(super) fn evaluated(catalog: &Catalog) -> Evaluated {
    let mut all = Evaluated::default();
    if catalog.functions.is_empty() {
        return all;
    }
    for (id, relation) in catalog.live_relations().filter(|(_, relation)| relation.is_table()) {
        let parts = parts_of(catalog, id, relation);
        if !parts.is_empty() {
            all.tables.insert(id, parts);
        }
    }
    for (name, domain) in &catalog.domains {
        let called: Vec<FunctionId> =
            domain.checks.iter().flat_map(|check| calls(&query::bind_expr(catalog, check))).collect();
        if !called.is_empty() {
            all.domains.insert(name.clone(), called);
        }
    }
    all
}

fn parts_of(catalog: &Catalog, id: RelId, relation: &Relation) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |when, what, statement: BoundStatement| {
        if !calls(&statement).is_empty() {
            parts.push(Part { when, what, statement });
        }
    };
    let row = |handle: &ExprHandle| {
        let TableExpr { mut statement, expr, problems: _ } = query::bind_table_expr(catalog, id, handle);
        statement.body = Body::Expressions(vec![expr]);
        statement
    };
    for (ix, column) in relation.columns.iter().enumerate().filter(|(_, column)| !column.dropped) {
        let domains = domains(catalog, &column.ty.base);
        let default = column.default.as_ref().or_else(|| domains.iter().find_map(|d| d.default.as_ref()));
        if let Some(handle) = default {
            let what = format!("the default of `{}`", column.name);
            add(When::Default(ix as ColumnIx), what, query::bind_expr(catalog, handle));
        }
        if let Some(handle) = &column.generated {
            add(When::Generated, format!("the generated column `{}`", column.name), row(handle));
        }
        for handle in domains.iter().flat_map(|d| &d.checks) {
            let what = format!("a CHECK of the domain of `{}`", column.name);
            add(When::Check, what, query::bind_expr(catalog, handle));
        }
    }
    for check in &relation.checks {
        add(When::Check, format!("the CHECK constraint `{}`", check.name), row(&check.expr));
    }
    parts
}

/// The domains over which a type lies, outermost first.
fn domains<'c>(catalog: &'c Catalog, ty: &BaseType) -> Vec<&'c Domain> {
    let mut found = Vec::new();
    let mut ty = ty;
    while let BaseType::Domain(name) = ty
        && let Some(domain) = catalog.domains.get(name)
        && found.len() < 16
    {
        found.push(domain);
        ty = &domain.base.base;
    }
    found
}

/// The functions of the schema that an expression calls.
fn calls(statement: &BoundStatement) -> Vec<FunctionId> {
    let mut found = Vec::new();
    walk::walk_exprs(statement, |e| {
        if let ExprKind::Call(call) = &e.kind {
            found.extend(call.function);
        }
    });
    found
}

/// Functions of the schema that a statement calls without naming them, with what calls them and where.
fn behind<'c>(
    catalog: &'c Catalog,
    statement: &BoundStatement,
    within: Option<&Function>,
) -> Vec<(&'c Name, String, Span)> {
    let mut found: Vec<(&Name, String, Span)> = Vec::new();
    if catalog.casts.is_empty() && catalog.operators.is_empty() {
        return found;
    }
    let casts = casts(catalog, statement, within);
    walk::walk_exprs(statement, |e| {
        for cast in casts.iter().filter(|cast| !is_param(e) && is_of(catalog, &cast.from, &e.ty)) {
            let what = format!("a cast to `{}`, which calls `{}`", cast.to, cast.function.name);
            found.push((&cast.function, what, e.span));
        }
        let symbols = symbols(e);
        for operator in catalog.operators.iter().filter(|o| symbols.contains(&o.name.name.as_str())) {
            let what =
                format!("the operator `{}`, which calls `{}`", operator.name.name, operator.function.name);
            found.push((&operator.function, what, e.span));
        }
    });
    found
}

/// The casts that a statement may apply where none is written: values are assigned to columns and results of the type,
/// and for casts AS IMPLICIT something else has it.
fn casts<'c>(catalog: &'c Catalog, statement: &BoundStatement, within: Option<&Function>) -> Vec<&'c Cast> {
    if catalog.casts.iter().all(|cast| cast.explicit) {
        return Vec::new();
    }
    let mut assigned: Vec<&Type> = Vec::new();
    for occ in targets(statement) {
        assigned.extend(statement.occurrence(occ).columns.iter().map(|column| &column.ty));
    }
    if let Some(function) = within {
        assigned.push(&function.returns);
        assigned.extend(function.out_columns.iter().map(|(_, ty)| ty));
    }
    let mut met: Vec<&Type> = Vec::new();
    walk::walk_exprs(statement, |e| {
        met.push(&e.ty);
        if let ExprKind::Call(call) = &e.kind
            && let Some(id) = call.function
        {
            met.extend(catalog.function(id).parameters.iter().map(|(_, ty)| ty));
        }
    });
    // A variable of PL/pgSQL is assigned to.
    let any = within.is_some_and(|function| function.language == "plpgsql");
    let applies = |cast: &&Cast| {
        let has = |list: &[&Type]| list.iter().any(|ty| is_of(catalog, &cast.to, ty));
        !cast.explicit && (any || has(&assigned) || cast.implicit && has(&met))
    };
    catalog.casts.iter().filter(applies).collect()
}

fn is_param(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Param(_))
}

/// Whether a type is that one, or a domain over it.
fn is_of(catalog: &Catalog, that: &Type, ty: &Type) -> bool {
    let (that, ty) = (catalog.base_type(that), catalog.base_type(ty));
    that.base == ty.base && that.array == ty.array
}

/// The operators that syntax other than an operator stands for.
fn symbols(e: &Expr) -> Vec<&str> {
    match &e.kind {
        ExprKind::InList { .. } | ExprKind::InQuery { .. } | ExprKind::Distinct { .. } => vec!["=", "<>"],
        ExprKind::Case { operand: Some(_), .. } => vec!["="],
        ExprKind::Between { .. } => vec!["<=", ">="],
        ExprKind::Quantified { op, .. } | ExprKind::QuantifiedQuery { op, .. } => vec![op.as_str()],
        ExprKind::Like { kind, .. } => match kind {
            LikeKind::Like => vec!["~~", "!~~"],
            LikeKind::ILike => vec!["~~*", "!~~*"],
            LikeKind::Regex | LikeKind::Similar => vec!["~", "!~"],
            LikeKind::IRegex => vec!["~*", "!~*"],
        },
        _ => Vec::new(),
    }
}

/// The tables that a statement writes to.
fn targets(statement: &BoundStatement) -> Vec<OccId> {
    let of = |body: &Body| match body {
        Body::Insert(insert) => Some(insert.target),
        Body::Update(update) => Some(update.target),
        Body::Merge(merge) => Some(merge.target),
        Body::Delete(_)
        | Body::Query(_)
        | Body::Truncate(_)
        | Body::Copy { .. }
        | Body::Export { .. }
        | Body::Expressions(_)
        | Body::Set { .. }
        | Body::Utility => None,
    };
    let inner = statement.ctes.iter().filter_map(|cte| match &cte.body {
        CteBody::Modify(body) => of(body),
        CteBody::Query(_) => None,
    });
    of(&statement.body).into_iter().chain(inner).collect()
}

/// Whether a statement changes rows by itself.
pub(super) fn is_write(statement: &BoundStatement) -> bool {
    let modifies = |body: &Body| {
        !matches!(body, Body::Query(_) | Body::Expressions(_) | Body::Set { .. } | Body::Utility)
    };
    modifies(&statement.body) || statement.ctes.iter().any(|cte| matches!(cte.body, CteBody::Modify(_)))
}

impl TenancyModel<'_> {
    /// The functions of the schema that a statement of a function calls without naming them.
    pub fn unnamed_callees(&self, statement: &BoundStatement, within: &Function) -> Vec<FunctionId> {
        let within = Some(within);
        let mut found = Vec::new();
        if !self.evaluated.tables.is_empty() {
            let targets = targets(statement);
            let is_target = |occ: &OccId| {
                targets.contains(occ)
                    || statement.occurrence(*occ).via_view.is_some_and(|view| targets.contains(&view))
            };
            let all = (0..statement.occurrences.len() as u32).map(OccId).filter(is_target);
            for occ in all {
                if let Source::Table(rel) = statement.occurrence(occ).source {
                    let parts = self.evaluated.tables.get(&rel).into_iter().flatten();
                    found.extend(parts.flat_map(|part| self.callees(&part.statement)));
                }
            }
        }
        for (name, ..) in behind(self.catalog, statement, within) {
            found.extend(self.called(name));
        }
        found
    }

    /// The functions of that qualified name.
    fn called(&self, name: &Name) -> impl Iterator<Item = FunctionId> {
        self.named(&name.name).filter(|id| self.catalog.function(*id).name == *name)
    }
}

impl<'a> Prover<'a> {
    /// What calls a function of the schema without naming it. Its arguments are not followed.
    pub(super) fn unnamed_calls(&mut self) {
        let model = self.model;
        if !model.evaluated.domains.is_empty() {
            let mut opaque = Vec::new();
            walk::walk_exprs(self.st, |e| {
                if let (ExprKind::Cast(_), BaseType::Domain(name)) = (&e.kind, &e.ty.base)
                    && let Some(called) = model.evaluated.domains.get(name)
                    && called.iter().any(|id| model.elsewhere(*id).may_write())
                {
                    opaque.push((e.span, format!("a CHECK of the domain `{name}`, which may write")));
                }
            });
            self.opaque.extend(opaque);
        }
        let own = self.within.map(|function| &function.name);
        for (name, what, span) in behind(model.catalog, self.st, self.within) {
            let mut summaries = model.called(name).map(|id| model.elsewhere(id));
            if Some(name) != own && summaries.any(|summary| !summary.is_harmless()) {
                self.opaque.push((span, what));
            }
        }
    }

    /// What the schema evaluates for rows that are written to a table; `defaulted` tells columns that may get their
    /// default.
    pub(super) fn evaluate(&mut self, target: &Target, defaulted: &dyn Fn(ColumnIx) -> bool, span: Span) {
        let model = self.model;
        for part in model.evaluated.tables.get(&target.rel).into_iter().flatten() {
            let matters = match part.when {
                When::Default(column) => defaulted(column),
                When::Generated => true,
                When::Check => {
                    model.callees(&part.statement).into_iter().any(|id| model.elsewhere(id).may_write())
                }
            };
            if !matters {
                continue;
            }
            let mut prover = Prover::new(model, &part.statement, Detail::Verdict);
            match part.statement.occurrences.first().map(|o| &o.source) {
                Some(Source::Table(_)) => prover.stored_expression(OccId(0)),
                _ => prover.statement(),
            }
            let (touched, ties) = (prover.touched, std::mem::take(&mut prover.ties));
            self.touched |= touched;
            match prover.finish().verdict {
                Verdict::Leaks => {
                    self.defect(target, DefectKind::MixedEvaluation { what: part.what.clone() }, span);
                }
                Verdict::Unknown => {
                    self.opaque.push((span, format!("{}, which may read tables", part.what)));
                }
                Verdict::Isolated | Verdict::Global => {
                    for (level, ids) in ties {
                        let sessions = ids.iter().all(|id| matches!(id, TenantId::Session(_)));
                        if self.sets_session || !sessions {
                            self.opaque.push((span, format!("{}, which may read tables", part.what)));
                        } else if !self.ties.contains(&(level, ids.clone())) {
                            self.ties.push((level, ids));
                        }
                    }
                }
            }
        }
    }
}

/// Whether some row of an INSERT gets the default of the column at that position of its source.
pub(super) fn may_default(source: Option<&query::model::Query>, position: Option<usize>) -> bool {
    match (source.map(|q| &q.body), position) {
        (Some(SetExpr::Values(rows)), Some(at)) => {
            rows.iter().any(|row| row.get(at).is_none_or(|e| matches!(e.kind, ExprKind::Default)))
        }
        (Some(_), Some(_)) => false,
        (_, None) | (None, _) => true,
    }
}
