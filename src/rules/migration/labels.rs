//! Which labels of enums a statement writes as literals: compared with an expression of the enum, cast to it, or stored in a
//! column of it. Labels that a program binds are not in the text.

use crate::project::{AnalysedStatement, Project};
use crate::query::model::{Body, CteBody, Expr, ExprKind, Insert, Literal, OccId, SetExpr, Source};
use crate::query::walk::walk_exprs;
use crate::schema::catalog::ColumnIx;
use crate::schema::types::{BaseType, Type};
use crate::source::Location;

/// A label of an enum, by the type's key in the catalog.
pub(super) type Label = (String, String);

/// The labels of a statement, each with the literal's place.
pub(super) fn labels(project: &Project, statement: &AnalysedStatement) -> Vec<(Label, Location)> {
    let bound = &statement.bound;
    let mut found = Found { project, statement, labels: Vec::new() };
    walk_exprs(bound, |expr| match &expr.kind {
        ExprKind::Compare { op: _, left, right } | ExprKind::Distinct { negated: _, left, right } => {
            found.of_type(&left.ty, right);
            found.of_type(&right.ty, left);
        }
        ExprKind::Between { negated: _, symmetric: _, expr, low, high } => {
            found.of_type(&expr.ty, low);
            found.of_type(&expr.ty, high);
        }
        ExprKind::InList { negated: _, expr, list } => {
            list.iter().for_each(|member| found.of_type(&expr.ty, member));
        }
        ExprKind::Quantified { op: _, all: _, expr, array } => {
            if let ExprKind::Array(list) = &array.kind {
                list.iter().for_each(|member| found.of_type(&expr.ty, member));
            }
        }
        ExprKind::Cast(inner) => found.of_type(&expr.ty, inner),
        _ => {}
    });
    let nested = bound.ctes.iter().filter_map(|cte| match &cte.body {
        CteBody::Modify(body) => Some(&**body),
        CteBody::Query(_) => None,
    });
    std::iter::once(&bound.body).chain(nested).for_each(|body| found.stored(body));
    found.labels
}

struct Found<'a> {
    project: &'a Project,
    statement: &'a AnalysedStatement,
    labels: Vec<(Label, Location)>,
}

impl Found<'_> {
    /// Notes an expression that is a literal where a value of that type is wanted.
    fn of_type(&mut self, ty: &Type, expr: &Expr) {
        let ty = self.project.catalog.base_type(ty);
        if let (BaseType::Enum(key), false) = (&ty.base, ty.array)
            && let ExprKind::Literal(Literal::String(label)) = &expr.kind
        {
            let at = self.statement.bound.fragment.locate(expr.span);
            self.labels.push(((key.clone(), label.clone()), at));
        }
    }

    fn stored(&mut self, body: &Body) {
        match body {
            Body::Insert(insert) => {
                self.inserted(insert);
                let update = insert.on_conflict.as_ref().and_then(|conflict| conflict.update.as_ref());
                for set in update.into_iter().flat_map(|update| &update.set) {
                    self.of_column(insert.target, set.columns.first().copied(), &set.value);
                }
            }
            Body::Update(update) => {
                for set in &update.set {
                    self.of_column(update.target, set.columns.first().copied(), &set.value);
                }
            }
            _ => {}
        }
    }

    fn inserted(&mut self, insert: &Insert) {
        match insert.source.as_ref().map(|source| &source.body) {
            Some(SetExpr::Values(rows)) => {
                for (column, value) in rows.iter().flat_map(|row| insert.columns.iter().zip(row)) {
                    self.of_column(insert.target, Some(*column), value);
                }
            }
            Some(SetExpr::Select(select)) => {
                for (column, output) in insert.columns.iter().zip(&select.output) {
                    self.of_column(insert.target, Some(*column), &output.expr);
                }
            }
            _ => {}
        }
    }

    fn of_column(&mut self, target: OccId, column: Option<ColumnIx>, value: &Expr) {
        let Source::Table(id) = self.statement.bound.occurrence(target).source else { return };
        let columns = &self.project.catalog.relation(id).columns;
        if let Some(column) = column.and_then(|ix| columns.get(ix as usize)) {
            self.of_type(&column.ty, value);
        }
    }
}
