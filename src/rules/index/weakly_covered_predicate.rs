//! `weakly-covered-predicate`: an index finds the rows of the tenant, and all of them are filtered by the rest.

use crate::prove::verdict::Access;
use crate::rules::draft::Draft;
use crate::rules::index::advice::keys;
use crate::rules::index::coverage::{Want, draft, want};
use crate::rules::index::shape::shapes;
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let Some(Want::Weak) = want(subject, access, options) else { return None };
    let index = subject.project.catalog.index_def(access.indexes.first()?.index);
    let message = format!(
        "{} finds the rows of the tenant in {}, and every one of them is checked for the rest",
        code(&index.name),
        subject.called(access.occ)
    );
    let mut draft =
        draft(subject, access, message).label(Some(index.declared), "of its keys only the tenant is used");
    for residual in &access.residual {
        draft = draft.label(Some(subject.locate(*residual)), "checked for every row of the tenant");
    }
    let tenant = subject.tenant_output(access.occ).map(ident);
    let rest = keys(subject, access, &shapes(subject, access));
    let keys: Vec<String> = tenant.into_iter().chain(rest).collect();
    Some(if keys.len() > 1 {
        draft.help(format!("an index on `({})` would bound them", keys.join(", ")))
    } else {
        draft
    })
}
