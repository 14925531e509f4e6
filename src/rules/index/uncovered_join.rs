//! `uncovered-join`: a table is reached by a join that no index serves, neither way round.

use crate::finding::Severity;
use crate::prove::verdict::Access;
use crate::query::model::{ExprKind, OccId};
use crate::query::walk::{walk_expr, walk_exprs};
use crate::rules::draft::Draft;
use crate::rules::index::advice::keys;
use crate::rules::index::coverage::{Want, columns, draft, explained, want};
use crate::rules::index::shape::shapes;
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::schema::catalog::ColumnIx;
use crate::source::Span;

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let Some(Want::Join(other)) = want(subject, access, options) else { return None };
    let (occ, all) = (access.occ, &subject.statement.access);
    let joined = joined(subject, access, other);
    let named = match joined.is_empty() {
        true => String::new(),
        false => format!(" on {}", columns(subject, occ, &joined)),
    };
    let message =
        format!("no index serves the join of {} with {}{named}", subject.called(occ), subject.called(other));
    let mut draft = explained(subject, access, draft(subject, access, message));
    let keys = keys(subject, access, &shapes(subject, access));
    if !keys.is_empty() {
        let (own, other) = (subject.called(occ), subject.called(other));
        let help =
            format!("with an index of {own} on `({})`, each row of {other} finds its own", keys.join(", "));
        draft = draft.help(help);
    }
    // Where nothing restricts the rest, both tables are read whole anyway, and a hash of one of them does.
    let whole = all.iter().any(|a| a.occ == other) && !all.iter().any(|a| a.occ != occ && a.local);
    Some(if whole { draft.severity(Severity::Info) } else { draft })
}

/// The columns by which it is joined to that occurrence.
fn joined(subject: &Subject<'_>, access: &Access, other: OccId) -> Vec<ColumnIx> {
    // The spans inside an expanded view are all the view's own.
    if subject.occurrence(access.occ).via_view.is_some() {
        return access.predicate_columns.clone();
    }
    let is_join = |span: Span| access.joins.iter().any(|(occ, at)| *occ == other && *at == span);
    let mut columns = Vec::new();
    walk_exprs(subject.bound(), |e| {
        if is_join(e.span) {
            walk_expr(e, &mut |part| match part.kind {
                ExprKind::Column { occ, column } if occ == access.occ && !columns.contains(&column) => {
                    columns.push(column);
                }
                _ => {}
            });
        }
    });
    columns
}
