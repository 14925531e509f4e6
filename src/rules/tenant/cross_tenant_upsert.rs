//! `cross-tenant-upsert`: ON CONFLICT may meet another tenant's row.

use crate::finding::Severity;
use crate::prove::ownership::Owner;
use crate::prove::verdict::{Defect, DefectKind};
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident};
use crate::schema::catalog::KeyTerm;

pub(in crate::rules) fn check(subject: &Subject<'_>, defect: &Defect) -> Option<Draft> {
    let DefectKind::CrossTenantUpsert { index, existence_only } = &defect.kind else { return None };
    let occ = defect.occ;
    let table = subject.called(occ);
    let index = index.map(|id| subject.project.catalog.index_def(id));
    let key = index.map_or("the conflict target".to_owned(), |ix| code(&ix.name));
    let message = match existence_only {
        true => format!("a conflict on {key} tells that another tenant's row of {table} exists"),
        false => {
            format!("a conflict on {key} may be with another tenant's row of {table}, which is then changed")
        }
    };
    let draft = subject.draft(occ, defect.span, message);
    let draft = if *existence_only { draft.severity(Severity::Info) } else { draft };
    let (id, relation) = subject.relation(occ)?;
    let Owner::Direct { column, .. } = subject.project.ownership.of(id) else {
        return Some(draft.label(index.map(|ix| ix.declared), "unique over the rows of all tenants"));
    };
    let tenant = &relation.columns.get(*column as usize)?.name;
    let has_tenant = index
        .is_some_and(|ix| ix.keys.iter().any(|k| matches!(k.term, KeyTerm::Column(own) if own == *column)));
    if has_tenant {
        return Some(draft.help(format!("give {} the tenant of the request", code(tenant))));
    }
    let unique = format!(
        "make the key unique within a tenant: {} first, in the index and in ON CONFLICT",
        code(tenant)
    );
    let help = match existence_only {
        true => unique,
        false => format!(
            "add `WHERE {}.{column} = excluded.{column}` to DO UPDATE, so that only the tenant's own row is changed; or {unique}",
            ident(&subject.occurrence(occ).alias),
            column = ident(tenant),
        ),
    };
    Some(
        draft
            .label(
                index.map(|ix| ix.declared),
                format!("unique over all tenants: {} is not part of it", code(tenant)),
            )
            .help(help),
    )
}
