//! Joined tables that contribute nothing, so that nothing depends on whose their row is (TENANCY.md section 4):
//!
//! - an inner join that follows a valid foreign key to the key it refers to, with no other column of that table used:
//!   the row is there, once, whatever it holds;
//! - a LEFT JOIN on all columns of a unique key, with no column used outside its ON: at most one row, which changes
//!   nothing (the planner removes it, too).

use std::collections::{HashMap, HashSet};

use crate::query::model::{
    Body, BoundStatement, CompareOp, CteBody, Expr, ExprKind, From, JoinKind, Literal, OccId, Select, Source,
};
use crate::query::walk::{self, Visitor};
use crate::schema::catalog::{ColumnIx, RelId, Volatility};
use crate::schema::types::{BaseType, Type};

use super::collation::Collations;
use super::facts::TenancyModel;
use super::tenants::row_of;

/// Occurrences of a statement that contribute nothing.
pub(super) fn dropped(
    model: &TenancyModel<'_>,
    st: &BoundStatement,
    collations: &Collations<'_>,
) -> HashSet<OccId> {
    let mut references: HashMap<OccId, usize> = HashMap::new();
    walk::walk_exprs(st, |e| {
        if let Some(occ) = walk::occurrence_of(e) {
            *references.entry(occ).or_default() += 1;
        }
    });
    let mut find = Find { model, st, collations, references, found: HashSet::new(), by: HashMap::new() };
    walk::walk_deep(st, &mut find);
    for body in std::iter::once(&st.body).chain(st.ctes.iter().filter_map(|c| match &c.body {
        CteBody::Modify(body) => Some(&**body),
        CteBody::Query(_) => None,
    })) {
        match body {
            Body::Update(update) => find.block(&update.from, update.filter.as_ref(), &[update.target]),
            Body::Delete(delete) => find.block(&delete.using, delete.filter.as_ref(), &[delete.target]),
            _ => {}
        }
    }
    find.found
}

struct Find<'a> {
    model: &'a TenancyModel<'a>,
    st: &'a BoundStatement,
    collations: &'a Collations<'a>,
    references: HashMap<OccId, usize>,
    found: HashSet<OccId>,
    /// The occurrence whose reference guarantees a dropped one. Two must not vouch for each other.
    by: HashMap<OccId, OccId>,
}

impl<'a> Visitor<'a> for Find<'a> {
    fn select(&mut self, select: &'a Select) {
        self.block(&select.from, select.filter.as_ref(), &[]);
    }
}

type Pair = ((OccId, ColumnIx), (OccId, ColumnIx));

impl<'a> Find<'a> {
    fn block(&mut self, from: &'a [From], filter: Option<&'a Expr>, also: &[OccId]) {
        let mut inner: Vec<OccId> = also.to_vec();
        let mut conditions: Vec<&'a Expr> = filter.into_iter().collect();
        for item in from {
            self.item(item, &mut inner, &mut conditions);
        }
        let pairs: Vec<Pair> =
            conditions.iter().flat_map(|e| walk::conjuncts(e)).flat_map(equalities).collect();
        for &occ in &inner {
            if also.contains(&occ) {
                continue;
            }
            if let Some(other) = self.follows_reference(occ, &inner, &pairs)
                && !self.vouched_by(other, occ)
            {
                self.by.insert(occ, other);
                self.found.insert(occ);
            }
        }
    }

    /// Collects the occurrences that are surely present, and the conditions on them.
    fn item(&mut self, item: &'a From, inner: &mut Vec<OccId>, conditions: &mut Vec<&'a Expr>) {
        match item {
            From::Item(occ) => inner.push(*occ),
            From::Join(join) => match join.kind {
                JoinKind::Inner => {
                    self.item(&join.left, inner, conditions);
                    self.item(&join.right, inner, conditions);
                    conditions.extend(&join.on);
                }
                JoinKind::Left => {
                    self.item(&join.left, inner, conditions);
                    if let (From::Item(occ), Some(on)) = (&join.right, &join.on)
                        && self.left_join_is_idle(*occ, on)
                    {
                        self.found.insert(*occ);
                    }
                }
                JoinKind::Right | JoinKind::Full => {}
            },
        }
    }

    /// The table of an occurrence all of whose rows the statement sees.
    fn table(&self, occ: OccId) -> Option<RelId> {
        let occurrence = self.st.occurrence(occ);
        match occurrence.source {
            Source::Table(rel) if occurrence.row_security.is_none() => Some(rel),
            _ => None,
        }
    }

    fn vouched_by(&self, from: OccId, occ: OccId) -> bool {
        let mut at = Some(from);
        while let Some(other) = at {
            if other == occ {
                return true;
            }
            at = self.by.get(&other).copied();
        }
        false
    }

    /// The occurrence whose reference makes sure that this one has exactly one row.
    fn follows_reference(&self, occ: OccId, inner: &[OccId], pairs: &[Pair]) -> Option<OccId> {
        let rel = self.table(occ)?;
        let touching: Vec<(ColumnIx, (OccId, ColumnIx))> = pairs
            .iter()
            .flat_map(|(a, b)| [(a, b), (b, a)])
            .filter(|(own, other)| own.0 == occ && other.0 != occ)
            .map(|(own, other)| (own.1, *other))
            .collect();
        let &(_, (other, _)) = touching.first()?;
        if self.references.get(&occ) != Some(&touching.len())
            || !inner.contains(&other)
            || touching.iter().any(|(_, (o, _))| *o != other)
            || self.st.occurrence(occ).sampled
        {
            return None;
        }
        // A reference says nothing of the rows of children, on either side.
        let whole = |occ: OccId, rel: RelId| !self.model.of(rel).has_children || self.st.occurrence(occ).only;
        let referring = self.table(other)?;
        if !whole(other, referring) || !whole(occ, rel) {
            return None;
        }
        let facts = self.model.of(referring);
        let follows = facts.references.iter().any(|r| {
            r.target == rel
                && r.columns.len() == touching.len()
                && r.columns
                    .iter()
                    .zip(&r.target_columns)
                    .all(|(own, target)| touching.contains(&(*target, (other, *own))))
        });
        follows.then_some(other)
    }

    /// Whether `own = value` holds for one value of a key's column at most: one value for each row that is joined to,
    /// compared as the key compares.
    fn fixes(&self, own: &Expr, value: &Expr) -> bool {
        let mut steady = true;
        walk::walk_expr(value, &mut |e| {
            steady &= walk::subquery_of(e).is_none();
            steady &= !matches!(&e.kind, ExprKind::Call(call) if call.volatility == Volatility::Volatile);
        });
        let catalog = self.model.catalog;
        let (left, right) = (catalog.base_type(&own.ty), catalog.base_type(&value.ty));
        steady
            && (right.is_unknown() && matches!(value.kind, ExprKind::Param(_) | ExprKind::Literal(_))
                || matches!(value.kind, ExprKind::Literal(Literal::String(_)))
                || compare_alike(&left, &right))
            && !self.collations.may_fold(own)
            && !self.collations.may_fold(value)
    }

    fn left_join_is_idle(&self, occ: OccId, on: &'a Expr) -> bool {
        let Some(rel) = self.table(occ) else { return false };
        let mut within = 0;
        walk::walk_expr_deep(self.st, on, &mut Count { occ, count: &mut within });
        if self.references.get(&occ) != Some(&within) {
            return false;
        }
        let mut fixed: HashSet<ColumnIx> = HashSet::new();
        for conjunct in walk::conjuncts(on) {
            let ExprKind::Compare { op: CompareOp::Eq, left, right } = &conjunct.kind else { continue };
            for (l, r) in row_of(left).iter().zip(row_of(right)) {
                for (own, value) in [(l, r), (r, l)] {
                    if let ExprKind::Column { occ: of, column } = &own.kind
                        && *of == occ
                        && !walk::free_occurrences_of_expr(self.st, value).contains(&occ)
                        && self.fixes(own, value)
                    {
                        fixed.insert(*column);
                    }
                }
            }
        }
        let facts = self.model.of(rel);
        let whole = !facts.has_children || self.st.occurrence(occ).only;
        whole
            && facts
                .keys
                .iter()
                .any(|k| k.predicate.is_empty() && k.columns.iter().all(|c| fixed.contains(c)))
    }
}

/// Whether all types have one `=` by which a key tells its values apart.
fn compare_alike(own: &Type, value: &Type) -> bool {
    let integer = |ty: &Type| matches!(ty.base, BaseType::Int2 | BaseType::Int4 | BaseType::Int8);
    let text = |ty: &Type| matches!(ty.base, BaseType::Text | BaseType::Varchar);
    own.array == value.array
        && (own.base == value.base || integer(own) && integer(value) || text(own) && text(value))
}

struct Count<'c> {
    occ: OccId,
    count: &'c mut usize,
}

impl<'a> Visitor<'a> for Count<'_> {
    fn expr(&mut self, expr: &'a Expr) {
        *self.count += usize::from(walk::occurrence_of(expr) == Some(self.occ));
    }
}

/// Pairs of plain columns that a condition equates.
fn equalities(expr: &Expr) -> Vec<Pair> {
    let ExprKind::Compare { op: CompareOp::Eq, left, right } = &expr.kind else { return Vec::new() };
    row_of(left)
        .iter()
        .zip(row_of(right))
        .filter_map(|(l, r)| match (&l.kind, &r.kind) {
            (ExprKind::Column { occ: a, column: ac }, ExprKind::Column { occ: b, column: bc }) => {
                Some(((*a, *ac), (*b, *bc)))
            }
            _ => None,
        })
        .collect()
}
