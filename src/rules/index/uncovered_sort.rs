//! `uncovered-sort`: only the first rows of an order are wanted, and all that match must be sorted to find them.

use crate::prove::verdict::Access;
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::index::advice::name;
use crate::rules::index::coverage::{Want, columns, draft, key_list, want};
use crate::rules::index::shape::{Shape, shape};
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let Some(Want::Sort) = want(subject, access, options) else { return None };
    let occ = access.occ;
    let order = columns(subject, occ, &access.order);
    let message = format!(
        "no index of {} gives the order of {order}, so all rows that match are sorted before LIMIT",
        subject.called(occ)
    );
    let mut draft = draft(subject, access, message);
    if let Some(best) = access.indexes.first() {
        let index = subject.project.catalog.index_def(best.index);
        let keys = key_list(subject, index);
        let words = format!("{} finds the rows, in the order of its keys {keys}", code(&index.name));
        draft = draft.label(Some(index.declared), words);
    }
    Some(draft.help(format!("an index on `({})` would give it", wanted_keys(subject, access).join(", "))))
}

/// Equalities, the tenant's first, then the order.
fn wanted_keys(subject: &Subject<'_>, access: &Access) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let tenant = subject.tenant_output(access.occ).map(ident);
    // The spans inside an expanded view are all the view's own.
    if subject.occurrence(access.occ).via_view.is_none() {
        walk_exprs(subject.bound(), |e| {
            if let Some(Shape::Equality(column)) = shape(e, access.occ)
                && access.predicate_columns.contains(&column)
                && !matches!(e.kind, crate::query::model::ExprKind::Column { .. })
            {
                keys.push(name(subject, access, column));
            }
        });
    }
    keys.extend(access.order.iter().map(|c| name(subject, access, *c)));
    keys.sort_by_key(|key| Some(key) != tenant.as_ref());
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}
