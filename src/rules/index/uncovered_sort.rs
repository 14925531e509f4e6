//! `uncovered-sort`: only the first rows of an order are wanted, and all that match must be sorted to find them.

use crate::finding::Severity;
use crate::prove::verdict::Access;
use crate::query::model::ExprKind;
use crate::query::walk::{used, walk_exprs};
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
    let table = subject.called(occ);
    // Rows can be read in order until enough of them match: few or all, as the data have it.
    let message = match access.readable {
        true => format!(
            "no index of {table} both finds the rows and gives the order of {order} that LIMIT asks for"
        ),
        false => {
            format!(
                "no index of {table} gives the order of {order}, so all rows that match are sorted before LIMIT"
            )
        }
    };
    let mut draft = draft(subject, access, message);
    if let Some(best) = access.indexes.first() {
        let index = subject.project.catalog.index_def(best.index);
        let keys = key_list(subject, index);
        let words = format!("{} finds the rows, in the order of its keys {keys}", code(&index.name));
        draft = draft.label(Some(index.declared), words);
    }
    if let Some(keys) = wanted_keys(subject, access) {
        draft = draft.help(format!("an index on `({})` would give it", keys.join(", ")));
    }
    Some(if access.readable { draft.severity(Severity::Info) } else { draft })
}

/// Equalities, the tenant's first, then the order; absent where an OR stands beside them.
fn wanted_keys(subject: &Subject<'_>, access: &Access) -> Option<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    let tenant = subject.tenant_output(access.occ).map(ident);
    let mut either = false;
    // The spans inside an expanded view are all the view's own.
    if subject.occurrence(access.occ).via_view.is_none() {
        walk_exprs(subject.bound(), |e| {
            either |= matches!(e.kind, ExprKind::Or(_)) && used(e).contains(&access.occ);
            if let Some(Shape::Equality(column)) = shape(e, access.occ)
                && access.predicate_columns.contains(&column)
                && !matches!(e.kind, ExprKind::Column { .. })
            {
                keys.push(name(subject, access, column));
            }
        });
    }
    keys.extend(access.order.iter().map(|c| name(subject, access, *c)));
    keys.sort_by_key(|key| Some(key) != tenant.as_ref());
    let mut seen = std::collections::HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    (!either).then_some(keys)
}
