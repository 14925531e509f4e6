//! What row-level security adds to the tables of a statement, where it is trusted (TENANCY.md section 5), and what the
//! CHECK OPTION of a view demands of rows that are written through it.

use crate::prove::congruence::Term;
use crate::query::model::{Body, Expr, OccId, SetExpr, Source};
use crate::schema::catalog::{RelId, RelationKind};

use super::Prover;
use super::predicate::Given;
use super::state::{Fact, Inst, OwnerTerm};
use super::write::{Target, Values};

/// Whose a row is of which a policy's condition holds. Errs towards `Untied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowTie {
    /// The tenant's.
    Tied,
    /// The tenant's, or nobody's: a row without a tenant.
    TiedOrShared,
    /// Anybody's.
    Untied,
}

/// What a new version of a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is added.
    Inserted,
    /// It was that row.
    Updated(Inst),
}

impl<'a> Prover<'a> {
    /// Facts of a row of a table that policies let the statement see; those of its subqueries are judged.
    pub(super) fn visible(&mut self, occ: OccId, inst: Inst) -> Vec<Fact> {
        let st = self.st;
        let Some(using) = st.occurrence(occ).row_security.as_ref().and_then(|s| s.using.as_ref()) else {
            return Vec::new();
        };
        self.state.push();
        self.state.learn(&Fact::NonNull(self.info(inst).present));
        let facts = self.conjunction(&[(using, Given::True)]);
        self.state.pop();
        facts
    }

    /// The condition of a policy, for a row of its table that is there. Returns whose the row then is: absent where
    /// nobody owns rows of the table.
    pub(super) fn policy(&mut self, table: OccId) -> Option<RowTie> {
        self.beside_row(table, &|prover, conditions| {
            let list: Vec<(&'a Expr, Given)> = conditions.iter().map(|e| (e, Given::True)).collect();
            let facts = prover.conjunction(&list);
            prover.state.learn_all(&facts);
        })
    }

    /// An expression over a row of its table that is there.
    pub(super) fn stored_expression(&mut self, table: OccId) {
        self.beside_row(table, &|prover, list| list.iter().for_each(|e| prover.scalar(e)));
    }

    /// Judges what expressions read beside a row of their table, and whose the row then is.
    fn beside_row(&mut self, table: OccId, read: &dyn Fn(&mut Self, &'a [Expr])) -> Option<RowTie> {
        let st = self.st;
        let (Body::Expressions(expressions), Source::Table(rel)) = (&st.body, &st.occurrence(table).source)
        else {
            return None;
        };
        self.unnamed_calls();
        let inst = self.inst(table, Some(*rel));
        self.table_axioms(inst, *rel, false, false);
        self.state.learn(&Fact::NonNull(self.info(inst).present));
        let owner = self.owner_of(inst, *rel, false);
        // The row itself answers for nobody: who may see it is what the policy decides.
        self.scoped.remove(&table);
        self.touched = false;
        let row: Vec<OwnerTerm> = owner.into_iter().collect();
        self.top_frame().owners.extend(row.iter().cloned());
        read(self, expressions);
        // What subqueries left to be answered for here.
        for owner in std::mem::take(&mut self.top_frame().owners).iter().filter(|o| o.inst != inst) {
            if !self.is_tied_or(owner, &row) {
                self.fail(owner, super::Lost::Subquery);
            }
        }
        let own = row.into_iter().next()?;
        let read = self.is_tied(&own);
        let written = read && self.is_tied(&OwnerTerm { written: true, ..own });
        Some(match (read, written) {
            (_, true) => RowTie::Tied,
            (true, false) => RowTie::TiedOrShared,
            (false, _) => RowTie::Untied,
        })
    }

    /// Learns what is checked of a row that is written before it is there: a policy's WITH CHECK, a view's CHECK OPTION.
    /// Returns the new row as an occurrence of the table, where something is checked.
    pub(super) fn checked(&mut self, target: &Target, values: &Values, origin: Origin) -> Option<Inst> {
        let (occ, condition) = self.check_of(target, origin)?;
        let before = self.env.get(&occ).copied();
        let inst = self.inst(occ, Some(target.rel));
        self.new_row_axioms(inst, target.rel);
        self.state.learn(&Fact::NonNull(self.info(inst).present));
        let count = self.model.catalog.relation(target.rel).columns.len() as u32;
        for column in 0..count {
            let kept = match origin {
                Origin::Inserted => None,
                Origin::Updated(old) => Some(self.column(old, column)),
            };
            let value: Option<Term> = values.get(&column).copied().or(kept);
            if let Some(value) = value {
                let own = self.column(inst, column);
                let span = self.st.occurrence(target.occ).span;
                self.state.learn(&Fact::Same(own, value, super::state::Why::Written(span)));
            }
        }
        let facts = self.conjunction(&[(condition, Given::True)]);
        self.state.learn_all(&facts);
        if let Some(before) = before {
            self.env.insert(occ, before);
        }
        Some(inst)
    }

    /// The condition that new rows are checked for, and the occurrence whose columns it names.
    fn check_of(&self, target: &Target, origin: Origin) -> Option<(OccId, &'a Expr)> {
        let st = self.st;
        let occurrence = st.occurrence(target.occ);
        match &occurrence.source {
            Source::Table(_) => {
                let security = occurrence.row_security.as_ref()?;
                let condition = match origin {
                    Origin::Inserted => security.inserted.as_ref(),
                    Origin::Updated(_) => security.updated.as_ref(),
                };
                Some((target.occ, condition?))
            }
            // The condition of a view over another one names that one's columns; it is not followed.
            Source::View { view, query: Some(query) } if self.has_check_option(*view) => {
                let SetExpr::Select(select) = &query.body else { return None };
                let inner = target.view?;
                match (&st.occurrence(inner).source, select.filter.as_ref()) {
                    (Source::Table(_), Some(filter)) if is_only_item(select, inner) => Some((inner, filter)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn has_check_option(&self, view: RelId) -> bool {
        matches!(&self.model.catalog.relation(view).kind, RelationKind::View(view) if view.check_option)
    }
}

fn is_only_item(select: &crate::query::model::Select, occ: OccId) -> bool {
    matches!(select.from.as_slice(), [crate::query::model::From::Item(only)] if *only == occ)
}
