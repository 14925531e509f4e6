//! `unverified-join`: a table is reached from a tied one through a join that does not carry the tenant.

use crate::finding::Severity;
use crate::prove::ownership::Owner;
use crate::prove::pairing;
use crate::prove::verdict::{Defect, DefectKind};
use crate::query::model::OccId;
use crate::rules::draft::Draft;
use crate::rules::remedy;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, Relation};

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let (tied, stored_reference) = match &defect.kind {
        DefectKind::UnverifiedJoin { tied, stored_reference } => (tied, stored_reference),
        DefectKind::UntiedParent { foreign_key } => {
            return Some(untied_parent(subject, defect, *foreign_key));
        }
        _ => return None,
    };
    let (occ, tied) = (defect.occ, *tied);
    let (table, tenant) = (subject.called(occ), subject.tenant_of(occ));
    let other = subject.called(tied);
    let message = match stored_reference {
        Some(key) => format!(
            "{table} is reached from {other} by the stored key {}, which may refer to another tenant's row",
            key_columns(subject, *key)
        ),
        None => format!("{table} is joined to {other} without {tenant}; a row of another tenant may match"),
    };
    let draft = subject
        .draft(occ, defect.span, message)
        .label(Some(subject.locate(subject.occurrence(tied).span)), format!("{other} is tied to the tenant"));
    let draft = match stored_reference {
        Some(key) => {
            let declared = subject.project.catalog.foreign_key(*key).declared;
            draft
                .label(Some(declared), "this foreign key does not carry the tenant")
                .severity(Severity::Warning)
        }
        None => subject.label_owner(draft, occ),
    };
    let proof = stored_reference.or_else(|| own_reference(subject, occ, tied));
    let proof = proof.and_then(|key| composite_key(subject, key));
    Some(match (remedy::tie(subject, occ, Some(tied)), proof) {
        (Some(remedy), Some(proof)) => draft.help(format!("{}; or {proof}", remedy.help)).fix(remedy.fix),
        (Some(remedy), None) => draft.help(remedy.help).fix(remedy.fix),
        (None, Some(proof)) => draft.help(proof),
        (None, None) => draft,
    })
}

/// A row of a link table is a tenant's only if every row that it refers to is.
fn untied_parent(subject: &Subject<'_>, defect: &Defect, key: ForeignKeyId) -> Draft {
    let occ = defect.occ;
    let catalog = &subject.project.catalog;
    let (columns, declared) = (key_columns(subject, key), catalog.foreign_key(key).declared);
    let parent = code(&catalog.relation(catalog.foreign_key(key).target).name);
    let message = format!(
        "{} is tied to the tenant by one parent only: {columns} may refer to another tenant's row of {parent}",
        subject.called(occ)
    );
    let others = subject.relation(occ).and_then(|(id, relation)| match subject.project.ownership.of(id) {
        Owner::Indirect { parents } => {
            let other = parents.iter().find(|p| **p != key)?;
            let other = catalog.foreign_key(*other).columns.first()?;
            let column = &relation.columns.get(*other as usize)?.name;
            Some(format!(
                "; or, where `{column}` alone decides whose a row is, say so: `tenancy.owner = {{ {} = [\"{column}\"] }}`",
                remedy::config_key(&relation.name.to_string())
            ))
        }
        _ => None,
    });
    let draft = subject
        .draft(occ, defect.span, message)
        .label(Some(declared), "this parent has a say in whose the row is, and is not tied")
        .severity(Severity::Warning);
    match remedy::tie_by(subject, occ, None, Some(key)) {
        Some(remedy) => draft.help(format!("{}{}", remedy.help, others.unwrap_or_default())).fix(remedy.fix),
        None => draft,
    }
}

/// The referring columns, qualified, in backticks.
fn key_columns(subject: &Subject<'_>, key: ForeignKeyId) -> String {
    let key = subject.project.catalog.foreign_key(key);
    let relation = subject.project.catalog.relation(key.relation);
    let columns: Vec<&str> = key
        .columns
        .iter()
        .filter_map(|c| relation.columns.get(*c as usize))
        .map(|c| c.name.as_str())
        .collect();
    match columns.as_slice() {
        [only] => code(format_args!("{}.{only}", relation.name)),
        several => code(format_args!("{} ({})", relation.name, several.join(", "))),
    }
}

/// The foreign key of the occurrence itself that the join follows to the tied row.
fn own_reference(subject: &Subject<'_>, occ: OccId, tied: OccId) -> Option<ForeignKeyId> {
    let ((from, _), (to, _)) = (subject.relation(occ)?, subject.relation(tied)?);
    let mut keys = subject.project.catalog.live_foreign_keys(from);
    let joins = |(columns, targets): (&[ColumnIx], &[ColumnIx])| {
        columns.iter().zip(targets).all(|(own, theirs)| subject.is_equated((occ, *own), (tied, *theirs)))
    };
    keys.find(|(_, key)| key.target == to && joins((&key.columns, &key.target_columns))).map(|(id, _)| id)
}

/// The declaration that would prove the join for every row, where both tables carry the tenant of the same level.
fn composite_key(subject: &Subject<'_>, key: ForeignKeyId) -> Option<String> {
    let catalog = &subject.project.catalog;
    let key = catalog.foreign_key(key);
    let (from, to) = (catalog.relation(key.relation), catalog.relation(key.target));
    let (own, theirs) = pairing::composite(key, pairing::lacks(&subject.project.ownership, key)?);
    let names = |relation: &Relation, columns: &[u32]| {
        let names: Option<Vec<String>> =
            columns.iter().map(|c| relation.columns.get(*c as usize).map(|c| ident(&c.name))).collect();
        names.map(|n| n.join(", "))
    };
    let target = names(to, &theirs)?;
    Some(format!(
        "declare `FOREIGN KEY ({}) REFERENCES {} ({target})` on {}, over a unique key ({target}), which proves every such join",
        names(from, &own)?,
        ident(&to.name.name),
        code(&from.name),
    ))
}
