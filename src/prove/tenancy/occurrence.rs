//! Uses of tables: what the schema says of each as rules of the closure (unique keys, foreign keys, parents, NOT NULL),
//! and the terms that name the owner of its row.

use std::collections::BTreeSet;

use crate::prove::congruence::Term;
use crate::prove::ownership::Owner;
use crate::schema::catalog::{ColumnIx, RelId, RelationKind};

use super::Prover;
use super::facts::{self, Atom, Stored};
use super::state::{Cond, Fact, Fun, Inst, InstInfo, Leaf, OwnerTerm, Why};
use crate::query::model::{OccId, Source, TriggerRow};

impl<'a> Prover<'a> {
    pub(super) fn inst(&mut self, occ: OccId, rel: Option<RelId>) -> Inst {
        let inst = Inst(self.insts.len() as u32);
        let present = self.state.cc.leaf(Leaf::Present(inst));
        self.insts.push(InstInfo { occ, rel, level: None, present });
        self.env.insert(occ, inst);
        if let Some(frame) = self.frames.last_mut() {
            frame.insts.insert(inst);
        }
        inst
    }

    pub(super) fn info(&self, inst: Inst) -> &InstInfo {
        &self.insts[inst.0 as usize]
    }

    pub(super) fn column(&mut self, inst: Inst, column: ColumnIx) -> Term {
        self.state.cc.leaf(Leaf::Column(inst, column))
    }

    /// A column that is not NULL makes its occurrence present.
    pub(super) fn presence_axioms(&mut self, inst: Inst, columns: &[ColumnIx]) {
        let present = self.info(inst).present;
        for &c in columns {
            let term = self.column(inst, c);
            self.state.axiom(vec![Cond::NonNull(term)], vec![Fact::NonNull(present)]);
        }
    }

    /// Enters what the schema says of an occurrence of a table. `written`: the occurrence is the target of a write,
    /// so all of its keys matter.
    pub(super) fn table_axioms(&mut self, inst: Inst, rel: RelId, only: bool, written: bool) {
        let model = self.model;
        let facts = model.of(rel);
        let relation = model.catalog.relation(rel);
        let info = self.info(inst).clone();
        let mut interest: BTreeSet<ColumnIx> = self.uses.get(&info.occ).cloned().unwrap_or_default();
        let owner_column = match (model.ownership.of(rel), model.stored.get(&rel)) {
            (_, Some(Stored::Column(c))) => Some(*c),
            (Owner::Root { key, .. }, _) => Some(*key),
            (Owner::Direct { column, .. }, _) => Some(*column),
            _ => None,
        };
        interest.extend(owner_column);
        let column_count = relation.columns.len() as ColumnIx;
        if written {
            interest.extend(facts.keys.iter().flat_map(|k| k.columns.iter().copied()));
            interest.extend(facts.references.iter().flat_map(|r| r.columns.iter().copied()));
        }
        interest.retain(|c| *c < column_count || matches!(relation.kind, RelationKind::MaterializedView(_)));
        let columns: Vec<ColumnIx> = interest.iter().copied().collect();
        self.presence_axioms(inst, &columns);
        let present = Cond::NonNull(info.present);
        for &c in &columns {
            if relation.columns.get(c as usize).is_some_and(|c| c.not_null) {
                let term = self.column(inst, c);
                self.state.axiom(vec![present.clone()], vec![Fact::NonNull(term)]);
            }
        }
        if facts.has_children && !only {
            return;
        }
        for key in &facts.keys {
            if !key.columns.iter().all(|c| interest.contains(c)) {
                continue;
            }
            let args: Vec<Term> = key.columns.iter().map(|c| self.column(inst, *c)).collect();
            let mut conds = vec![present.clone()];
            conds.extend(args.iter().map(|a| Cond::NonNull(*a)));
            for atom in &key.predicate {
                conds.push(self.atom_cond(inst, atom));
            }
            let mut conclusions = Vec::new();
            for &c in columns.iter().filter(|c| !key.columns.contains(c)) {
                let of_key = self.state.cc.app(Fun::Column(key.index, c), args.clone());
                let own = self.column(inst, c);
                conclusions.push(Fact::Same(own, of_key, Why::Key(key.index)));
            }
            if owner_column.is_none() {
                for part in 0..facts.arity as u8 {
                    let of_key = self.state.cc.app(Fun::Owner(key.index, part), args.clone());
                    let own = self.state.cc.leaf(Leaf::Owner(inst, part));
                    conclusions.push(Fact::Same(own, of_key, Why::Key(key.index)));
                }
            }
            if !conclusions.is_empty() {
                self.state.axiom(conds, conclusions);
            }
        }
        for reference in &facts.references {
            self.reference_axioms(inst, reference, &present, &interest);
        }
        self.parent_axioms(inst, rel, &present);
    }

    /// Enters what the schema says of a row that a write is to store: it is no row of the table as the statement sees it, so
    /// that its keys say nothing, whatever row has had them.
    pub(super) fn new_row_axioms(&mut self, inst: Inst, rel: RelId) {
        let relation = self.model.catalog.relation(rel);
        let columns: BTreeSet<ColumnIx> = (0..relation.columns.len() as ColumnIx).collect();
        self.presence_axioms(inst, &columns.iter().copied().collect::<Vec<_>>());
        let present = Cond::NonNull(self.info(inst).present);
        for (&c, column) in columns.iter().zip(&relation.columns) {
            if column.not_null {
                let term = self.column(inst, c);
                self.state.axiom(vec![present.clone()], vec![Fact::NonNull(term)]);
            }
        }
        for reference in &self.model.of(rel).references {
            self.reference_axioms(inst, reference, &present, &columns);
        }
        self.parent_axioms(inst, rel, &present);
    }

    /// Enters what the schema says of OLD, NEW or a transition table, whose rows are the table's or are to become so. A
    /// statement that stores a row which breaks a key takes back what its triggers did.
    pub(super) fn trigger_row(&mut self, row: &TriggerRow) -> Inst {
        let inst = self.inst(row.occ, None);
        let Source::Tuple(Some(rel)) = self.st.occurrence(row.occ).source else { return inst };
        if row.stored && row.assigned.is_empty() {
            self.table_axioms(inst, rel, false, false);
            return inst;
        }
        let facts = self.model.of(rel);
        let relation = self.model.catalog.relation(rel);
        let keeps = |reference: &facts::Reference| {
            let mut names = reference.columns.iter().filter_map(|c| relation.columns.get(*c as usize));
            names.all(|column| !row.assigns(&column.name))
        };
        let interest: BTreeSet<ColumnIx> = self.uses.get(&row.occ).cloned().unwrap_or_default();
        let columns: Vec<ColumnIx> = interest.iter().copied().collect();
        self.presence_axioms(inst, &columns);
        let present = Cond::NonNull(self.info(inst).present);
        for reference in facts.references.iter().filter(|r| keeps(r)) {
            self.reference_axioms(inst, reference, &present, &interest);
        }
        if facts.parents.iter().all(|at| keeps(&facts.references[*at])) {
            self.parent_axioms(inst, rel, &present);
        }
        inst
    }

    pub(super) fn atom_cond(&mut self, inst: Inst, atom: &Atom) -> Cond {
        match atom {
            Atom::Null(c) => Cond::Null(self.column(inst, *c)),
            Atom::NonNull(c) => Cond::NonNull(self.column(inst, *c)),
            Atom::Equals(c, literal) => {
                let column = self.column(inst, *c);
                Cond::Same(column, self.state.cc.leaf(Leaf::Literal(literal.clone())))
            }
        }
    }

    /// `R.F[c] = col(P, K', c)(R.F[K'])` for a foreign key F to P(K) and each unique key K' within K.
    pub(super) fn reference_axioms(
        &mut self,
        inst: Inst,
        reference: &facts::Reference,
        present: &Cond,
        interest: &BTreeSet<ColumnIx>,
    ) {
        if reference.columns.len() < 2
            || !reference.columns.iter().all(|c| interest.contains(c)) && {
                // The tenant's column and the key's are what a proof needs; the rest may stay unnamed.
                !reference.columns.iter().any(|c| interest.contains(c))
            }
        {
            return;
        }
        let mut conds = vec![present.clone()];
        for c in &reference.columns {
            conds.push(Cond::NonNull(self.column(inst, *c)));
        }
        let mut conclusions = Vec::new();
        for key in &self.model.of(reference.target).keys {
            let Some(args) = self.key_args(key, |target| {
                reference.target_columns.iter().position(|t| *t == target).map(|at| reference.columns[at])
            }) else {
                continue;
            };
            let args: Vec<Term> = args.into_iter().map(|c| self.column(inst, c)).collect();
            for (own, target) in reference.columns.iter().zip(&reference.target_columns) {
                if !key.columns.contains(target) {
                    let of_key = self.state.cc.app(Fun::Column(key.index, *target), args.clone());
                    let own = self.column(inst, *own);
                    conclusions.push(Fact::Same(own, of_key, Why::Reference(reference.id)));
                }
            }
        }
        if !conclusions.is_empty() {
            self.state.axiom(conds, conclusions);
        }
    }

    /// A full key's columns mapped, where all of them are.
    pub(super) fn key_args<T>(
        &self,
        key: &facts::Key,
        map: impl Fn(ColumnIx) -> Option<T>,
    ) -> Option<Vec<T>> {
        if !key.predicate.is_empty() {
            return None;
        }
        key.columns.iter().map(|c| map(*c)).collect()
    }

    /// An indirect row's owner is the owner of the row it refers to.
    pub(super) fn parent_axioms(&mut self, inst: Inst, rel: RelId, present: &Cond) {
        let model = self.model;
        let facts = model.of(rel);
        let mut part = 0u8;
        for &at in &facts.parents {
            let reference = &facts.references[at];
            let values: Vec<(ColumnIx, Term)> = reference
                .columns
                .iter()
                .zip(&reference.target_columns)
                .map(|(own, target)| (*target, self.column(inst, *own)))
                .collect();
            let count = model.of(reference.target).arity as u8;
            let owner = self.owner_of_values(reference.target, &values);
            if !facts.broken_parent && owner.len() == count as usize {
                let mut conds = vec![present.clone()];
                conds.extend(values.iter().map(|(_, t)| Cond::NonNull(*t)));
                // The row that is referred to is there, with all that its columns must be.
                let never_null = match model.ownership.of(reference.target) {
                    Owner::Root { key: own, .. } | Owner::Direct { column: own, .. } => {
                        let columns = &model.catalog.relation(reference.target).columns;
                        columns.get(*own as usize).is_some_and(|c| c.not_null)
                    }
                    Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => false,
                };
                let mut conclusions = Vec::new();
                for (i, of_parent) in owner.into_iter().enumerate() {
                    let own = self.state.cc.leaf(Leaf::Owner(inst, part + i as u8));
                    conclusions.push(Fact::Same(own, of_parent, Why::Parent(reference.id)));
                    conclusions.extend(never_null.then_some(Fact::NonNull(of_parent)));
                }
                self.state.axiom(conds, conclusions);
            }
            part = part.saturating_add(count);
        }
    }

    /// The owner of the row of a table that has these values in a unique key, part by part; empty where the values hold
    /// no key.
    pub(super) fn owner_of_values(&mut self, rel: RelId, values: &[(ColumnIx, Term)]) -> Vec<Term> {
        let model = self.model;
        let value = |c: ColumnIx| values.iter().find(|(column, _)| *column == c).map(|(_, t)| *t);
        let own = match model.ownership.of(rel) {
            Owner::Root { key, .. } => Some(*key),
            Owner::Direct { column, .. } => Some(*column),
            Owner::Indirect { .. } | Owner::Unclassified { .. } => None,
            Owner::Global { .. } => return Vec::new(),
        };
        if let Some(term) = own.and_then(value) {
            return vec![term];
        }
        let facts = model.of(rel);
        let key = facts.keys.iter().find(|key| self.key_args(key, value).is_some());
        let Some((key, args)) = key.and_then(|key| Some((key.index, self.key_args(key, value)?))) else {
            return Vec::new();
        };
        match own {
            Some(column) => vec![self.state.cc.app(Fun::Column(key, column), args)],
            None => (0..facts.arity as u8)
                .map(|part| self.state.cc.app(Fun::Owner(key, part), args.clone()))
                .collect(),
        }
    }

    /// The owner of an occurrence's row; none where nobody owns rows of the table.
    pub(super) fn owner_of(&mut self, inst: Inst, rel: RelId, written: bool) -> Option<OwnerTerm> {
        let (parts, shareable) = match (self.model.ownership.of(rel), self.model.stored.get(&rel)) {
            (_, Some(Stored::Column(c))) => (vec![self.column(inst, *c)], true),
            (_, Some(Stored::Nobody)) => return None,
            (_, Some(Stored::Mixed(_))) => (vec![self.state.fresh()], false),
            (Owner::Root { key, .. }, _) => (vec![self.column(inst, *key)], false),
            (Owner::Direct { column, .. }, _) => (vec![self.column(inst, *column)], true),
            (Owner::Indirect { .. } | Owner::Unclassified { .. }, _) => {
                let arity = self.model.of(rel).arity.max(1) as u8;
                ((0..arity).map(|part| self.state.cc.leaf(Leaf::Owner(inst, part))).collect(), true)
            }
            (Owner::Global { .. }, _) => return None,
        };
        self.touched = true;
        self.scoped.insert(self.info(inst).occ);
        Some(OwnerTerm { inst, parts, when: Vec::new(), shareable, written })
    }
}
