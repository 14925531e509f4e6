//! What the schema says about each table, prepared once for all statements: unique keys, foreign keys, owners, and the
//! configured terms. The function terms of TENANCY.md section 3 are built from this.

use std::collections::HashMap;

use crate::prove::ownership::{self, Owner, Ownership};
use crate::prove::settings::TenancySettings;
use crate::query::model::{BoundStatement, CompareOp, Expr, ExprKind, Literal};
use crate::schema::catalog::{
    Catalog, ColumnIx, ForeignKeyId, FunctionId, IndexId, KeyTerm, RelId, RelationKind,
};

use super::call::{Functions, Summary};
use super::evaluated::{self, Evaluated};

/// A unique key that may serve as a function from its columns to the row.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The index behind it, of the table that declares it (the table itself or a partitioned ancestor).
    pub(super) index: IndexId,
    /// Its columns in the table at hand.
    pub(super) columns: Vec<ColumnIx>,
    /// Atoms of a partial key's predicate, all of which must hold.
    pub(super) predicate: Vec<Atom>,
}

/// A simple condition on one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Atom {
    Null(ColumnIx),
    NonNull(ColumnIx),
    Equals(ColumnIx, Literal),
}

/// A valid foreign key, in the columns of the table at hand.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) id: ForeignKeyId,
    pub(super) columns: Vec<ColumnIx>,
    pub(super) target: RelId,
    pub(super) target_columns: Vec<ColumnIx>,
}

/// What the prover knows of one relation.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) keys: Vec<Key>,
    pub(super) references: Vec<Reference>,
    /// The references that decide who owns a row, by position in `references`; with several, all must agree.
    pub(super) parents: Vec<usize>,
    /// Whether some parent can not be used as a proof step, so that no row's owner is ever fully known.
    pub(super) broken_parent: bool,
    /// How many terms the owner of a row has: one, or one for each parent's.
    pub(super) arity: usize,
    /// Whether children by INHERITS make keys and references of the parent say nothing about the rows scanned.
    pub(super) has_children: bool,
}

/// How a materialized view's rows are owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// By that output column.
    Column(ColumnIx),
    /// By nobody.
    Nobody,
    /// By tenants that its columns no longer name; the reason.
    Mixed(String),
}

/// A configured membership table.
#[derive(Clone, Copy, Debug)]
pub(super) struct MembershipColumns {
    pub(super) principal: ColumnIx,
    pub(super) tenant: ColumnIx,
}

/// Schema and settings, prepared for the tenancy prover. Build it once, prove many statements.
#[derive(Debug)]
pub struct TenancyModel<'a> {
    /// The schema.
    pub(super) catalog: &'a Catalog,
    /// How each table is owned.
    pub(super) ownership: &'a Ownership,
    /// What the project says.
    pub(super) settings: &'a TenancySettings,
    pub(super) facts: Vec<Facts>,
    pub(super) membership: HashMap<RelId, MembershipColumns>,
    /// Configured session expressions in canonical spelling.
    pub(super) sessions: Vec<String>,
    /// Columns of the root that stand for the tenant besides its primary key.
    pub(super) root_keys: Vec<(RelId, ColumnIx)>,
    pub(super) stored: HashMap<RelId, Stored>,
    pub(super) functions: Functions,
    /// What writes to each table evaluate besides their own text.
    pub(super) evaluated: Evaluated,
}

const MAX_ARITY: usize = 8;

impl<'a> TenancyModel<'a> {
    /// Prepares a schema for proofs.
    pub fn new(catalog: &'a Catalog, ownership: &'a Ownership, settings: &'a TenancySettings) -> Self {
        let mut model = TenancyModel {
            catalog,
            ownership,
            settings,
            facts: vec![Facts::default(); catalog.relations.len()],
            membership: HashMap::new(),
            sessions: settings.session.iter().map(|s| super::session::canonical(s)).collect(),
            root_keys: Vec::new(),
            stored: HashMap::new(),
            functions: Functions::new(catalog),
            evaluated: evaluated::evaluated(catalog),
        };
        for (id, relation) in catalog.live_relations() {
            if relation.is_table() || matches!(relation.kind, RelationKind::MaterializedView(_)) {
                model.facts[id.0 as usize] = facts_of(catalog, ownership, id);
            }
            for member in &settings.membership {
                if ownership::is_named(relation, &member.table)
                    && let (Some(principal), Some(tenant)) =
                        (relation.column_named(&member.principal), relation.column_named(&member.tenant))
                {
                    model.membership.insert(id, MembershipColumns { principal, tenant });
                }
            }
        }
        for root in ownership.columns.roots().iter().flatten() {
            let relation = catalog.relation(*root);
            let keys = settings.root_keys.iter().filter_map(|name| relation.column_named(name));
            model.root_keys.extend(keys.map(|column| (*root, column)));
        }
        model.arities();
        model.store_materialized_views();
        model
    }

    /// The functions of the schema that a statement may call.
    pub fn callees(&self, statement: &BoundStatement) -> Vec<FunctionId> {
        self.functions.callees(self.catalog, statement)
    }

    /// The functions of that bare name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = FunctionId> + '_ {
        self.functions.named(name)
    }

    /// What is known of a call whose arguments are not seen.
    pub fn elsewhere(&self, function: FunctionId) -> Summary {
        self.functions.without_arguments(function)
    }

    /// Whether a statement calls a function that changes settings of the session.
    pub(super) fn calls_setter(&self, statement: &BoundStatement) -> bool {
        self.functions.has_setters() && self.callees(statement).into_iter().any(|id| self.sets_session(id))
    }

    /// Whether a call of a function changes settings of the session.
    pub fn sets_session(&self, function: FunctionId) -> bool {
        self.functions.sets_session(function)
    }

    /// Enters what is known of a function's body, for the statements that call it, and of the defaults of its
    /// parameters, for those that leave an argument out.
    pub fn learn(&mut self, function: FunctionId, body: Summary, defaults: Summary) {
        self.functions.set(function, body, defaults);
    }

    /// What is known of that relation.
    pub(super) fn of(&self, id: RelId) -> &Facts {
        &self.facts[id.0 as usize]
    }

    /// How many terms the owner of a row of each table has; parents first, to the fixed point.
    fn arities(&mut self) {
        let mut arity = vec![0usize; self.facts.len()];
        for _ in 0..self.facts.len().min(64) + 1 {
            let mut changed = false;
            for ix in 0..self.facts.len() {
                let now = match &self.ownership.owners[ix] {
                    Owner::Root { .. } | Owner::Direct { .. } => 1,
                    Owner::Global { .. } => 0,
                    Owner::Indirect { .. } | Owner::Unclassified { .. } => {
                        let facts = &self.facts[ix];
                        let sum: usize =
                            facts.parents.iter().map(|p| arity[facts.references[*p].target.0 as usize]).sum();
                        sum.clamp(1, MAX_ARITY)
                    }
                };
                changed |= std::mem::replace(&mut arity[ix], now) != now;
            }
            if !changed {
                break;
            }
        }
        for (facts, arity) in self.facts.iter_mut().zip(arity) {
            if arity >= MAX_ARITY || (facts.parents.is_empty() && arity > 0) {
                facts.broken_parent = true;
            }
            facts.arity = arity;
        }
    }

    /// Materialized views in order of creation, so that one may read those before it.
    fn store_materialized_views(&mut self) {
        let views: Vec<RelId> = self
            .catalog
            .live_relations()
            .filter(|(_, r)| matches!(r.kind, RelationKind::MaterializedView(_)))
            .map(|(id, _)| id)
            .collect();
        for id in views {
            let stored = super::stored_rows(self, id);
            self.stored.insert(id, stored);
        }
    }
}

fn facts_of(catalog: &Catalog, ownership: &Ownership, id: RelId) -> Facts {
    let relation = catalog.relation(id);
    let mut facts = Facts { has_children: !relation.inherited_by.is_empty(), ..Facts::default() };
    let mut declarer = id;
    for _ in 0..16 {
        for (index_id, index) in catalog.usable_indexes(declarer) {
            if !index.unique || index.deferrable || index.only {
                continue;
            }
            let columns: Option<Vec<ColumnIx>> = index
                .keys
                .iter()
                .map(|key| match &key.term {
                    KeyTerm::Column(column) => ownership::own_column(catalog, id, declarer, *column),
                    KeyTerm::Expr(_) => None,
                })
                .collect();
            let predicate = match &index.predicate {
                None => Some(Vec::new()),
                Some(handle) => predicate_atoms(catalog, declarer, handle).and_then(|atoms| {
                    atoms
                        .into_iter()
                        .map(|a| a.in_columns(|c| ownership::own_column(catalog, id, declarer, c)))
                        .collect()
                }),
            };
            if let (Some(columns), Some(predicate)) = (columns, predicate)
                && !columns.is_empty()
            {
                facts.keys.push(Key { index: index_id, columns, predicate });
            }
        }
        let RelationKind::Partition(parent) = catalog.relation(declarer).kind else { break };
        declarer = parent;
    }
    for (fk_id, fk) in ownership::declared_foreign_keys(catalog, id) {
        let columns: Option<Vec<ColumnIx>> =
            fk.columns.iter().map(|c| ownership::own_column(catalog, id, fk.relation, *c)).collect();
        if let Some(columns) = columns
            && fk.holds()
            && columns.len() == fk.target_columns.len()
            && !columns.is_empty()
        {
            facts.references.push(Reference {
                id: fk_id,
                columns,
                target: fk.target,
                target_columns: fk.target_columns.clone(),
            });
        }
    }
    let parents: &[ForeignKeyId] = match ownership.of(id) {
        Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ } => parents,
        Owner::Root { .. } | Owner::Direct { .. } | Owner::Global { .. } => &[],
    };
    for parent in parents {
        match facts.references.iter().position(|r| r.id == *parent) {
            Some(at) => facts.parents.push(at),
            None => facts.broken_parent = true,
        }
    }
    facts
}

impl Atom {
    fn in_columns(self, own: impl Fn(ColumnIx) -> Option<ColumnIx>) -> Option<Atom> {
        Some(match self {
            Atom::Null(c) => Atom::Null(own(c)?),
            Atom::NonNull(c) => Atom::NonNull(own(c)?),
            Atom::Equals(c, literal) => Atom::Equals(own(c)?, literal),
        })
    }
}

/// The predicate of a partial key as atoms; none where it is anything but a conjunction of them.
fn predicate_atoms(
    catalog: &Catalog,
    id: RelId,
    handle: &crate::schema::catalog::ExprHandle,
) -> Option<Vec<Atom>> {
    let bound = crate::query::bind_table_expr(catalog, id, handle);
    let mut atoms = Vec::new();
    collect_atoms(&bound.expr, &mut atoms).then_some(atoms)
}

fn column_of(expr: &Expr) -> Option<ColumnIx> {
    match &expr.kind {
        ExprKind::Column { occ: _, column } => Some(*column),
        _ => None,
    }
}

fn collect_atoms(expr: &Expr, out: &mut Vec<Atom>) -> bool {
    match &expr.kind {
        ExprKind::And(list) => list.iter().all(|e| collect_atoms(e, out)),
        ExprKind::IsNull { negated, expr } => match column_of(expr) {
            Some(column) => {
                out.push(if *negated { Atom::NonNull(column) } else { Atom::Null(column) });
                true
            }
            None => false,
        },
        ExprKind::Column { occ: _, column } => {
            out.push(Atom::Equals(*column, Literal::Bool(true)));
            true
        }
        ExprKind::Not(inner) => match column_of(inner) {
            Some(column) => {
                out.push(Atom::Equals(column, Literal::Bool(false)));
                true
            }
            None => false,
        },
        ExprKind::Compare { op: CompareOp::Eq, left, right } => {
            let (column, literal) = match (column_of(left), column_of(right)) {
                (Some(column), None) => (column, right),
                (None, Some(column)) => (column, left),
                _ => return false,
            };
            let mut literal = &**literal;
            while let ExprKind::Cast(inner) = &literal.kind {
                literal = inner;
            }
            match &literal.kind {
                ExprKind::Literal(value) if *value != Literal::Null => {
                    out.push(Atom::Equals(column, value.clone()));
                    true
                }
                _ => false,
            }
        }
        _ => false,
    }
}
