//! Which statements the proposed keys settle: those whose proof fails at a join along such a key, and holds when the
//! keys are in the catalog.

use super::keys::carrying;
use super::{Hardening, NotNull, TenantKey};
use crate::check::CheckedProject;
use crate::finding::at;
use crate::project::{AnalysedStatement, Role};
use crate::prove::tenancy::{Detail, TenancyModel, prove, prove_view};
use crate::prove::verdict::{Defect, DefectKind, TenancyProof};
use crate::query::model::{OccId, Source};
use crate::schema::Catalog;
use crate::schema::catalog::{
    ForeignKeyId, Index, IndexId, IndexKey, IndexMethod, IndexOrigin, KeyTerm, RelId,
};
use crate::source::Location;

/// Notes with each key the statements that it settles.
pub(super) fn mark(checked: &CheckedProject, found: &mut Hardening) {
    if found.foreign_keys.is_empty() {
        return;
    }
    let project = &checked.project;
    let hardened = hardened(&project.catalog, found);
    let model = TenancyModel::new(&hardened, &project.ownership, &project.tenancy);
    for statement in project.statements.iter().filter(|s| checked.is_reported(s.location.file)) {
        let open: Vec<&Defect> = defects(statement.proof.as_ref()).filter(|d| is_join(d)).collect();
        if open.is_empty() {
            continue;
        }
        let proof = match statement.role {
            Role::View(_) => prove_view(&model, &statement.bound, Detail::Verdict),
            Role::Policy(_) => continue,
            Role::Query | Role::Schema | Role::Function(_) => {
                prove(&model, &statement.bound, Detail::Verdict)
            }
        };
        for defect in open {
            if !defects(Some(&proof)).any(|left| is_join(left) && left.occ == defect.occ) {
                let place = place(statement, defect);
                for key in found.foreign_keys.iter_mut().filter(|k| is_of(&hardened, statement, defect, k)) {
                    key.settles.push(place);
                }
            }
        }
    }
    for key in &mut found.foreign_keys {
        key.settles.sort_unstable();
        key.settles.dedup();
    }
}

fn defects(proof: Option<&TenancyProof>) -> impl Iterator<Item = &Defect> {
    proof.into_iter().flat_map(|p| &p.defects)
}

const fn is_join(defect: &Defect) -> bool {
    matches!(defect.kind, DefectKind::UnverifiedJoin { .. } | DefectKind::UntiedParent { .. })
}

fn place(statement: &AnalysedStatement, defect: &Defect) -> Location {
    at(&statement.bound.fragment, defect.span)
}

/// Whether a defect is a join along that key, in either direction.
fn is_of(catalog: &Catalog, statement: &AnalysedStatement, defect: &Defect, key: &TenantKey) -> bool {
    let rel = |occ: OccId| -> Option<RelId> {
        match statement.bound.occurrence(occ).source {
            Source::Table(id) => Some(id),
            _ => None,
        }
    };
    let plain = catalog.foreign_key(key.id);
    match &defect.kind {
        DefectKind::UnverifiedJoin { stored_reference: Some(id), .. }
        | DefectKind::UntiedParent { foreign_key: id } => *id == key.id,
        DefectKind::UnverifiedJoin { tied, stored_reference: None } => {
            let tables = (rel(defect.occ), rel(*tied));
            let along = (Some(plain.relation), Some(plain.target));
            tables == along || tables == (along.1, along.0)
        }
        _ => false,
    }
}

/// The catalog with what is proposed in it.
fn hardened(catalog: &Catalog, found: &Hardening) -> Catalog {
    let mut catalog = catalog.clone();
    for NotNull { place: (id, column), .. } in &found.not_null {
        let relation = catalog.relations.get_mut(id.0 as usize);
        if let Some(column) = relation.and_then(|r| r.columns.get_mut(*column as usize)) {
            column.not_null = true;
        }
    }
    for key in &found.foreign_keys {
        let carrying = carrying(catalog.foreign_key(key.id), key.pair.0, key.pair.1);
        let index = unique_index(&key.name, carrying.target, &carrying.target_columns, carrying.declared);
        let index_id = IndexId(catalog.indexes.len() as u32);
        catalog.indexes.push(index);
        if let Some(target) = catalog.relations.get_mut(carrying.target.0 as usize) {
            target.indexes.push(index_id);
        }
        let id = ForeignKeyId(catalog.foreign_keys.len() as u32);
        if let Some(from) = catalog.relations.get_mut(carrying.relation.0 as usize) {
            from.foreign_keys.push(id);
        }
        catalog.foreign_keys.push(carrying);
    }
    catalog
}

fn unique_index(name: &str, relation: RelId, columns: &[u32], declared: Location) -> Index {
    let key = |column: &u32| IndexKey {
        term: KeyTerm::Column(*column),
        opclass: None,
        collation: None,
        descending: false,
        nulls_first: false,
        exclusion_operator: None,
    };
    Index {
        name: name.to_owned(),
        relation,
        method: IndexMethod::Btree,
        keys: columns.iter().map(key).collect(),
        include: Vec::new(),
        predicate: None,
        unique: true,
        nulls_not_distinct: false,
        deferrable: false,
        origin: IndexOrigin::UniqueConstraint,
        concurrently: false,
        only: false,
        invalid: None,
        parent: None,
        dropped: false,
        declared,
    }
}
