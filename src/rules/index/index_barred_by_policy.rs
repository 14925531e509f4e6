//! `index-barred-by-policy`: a policy has to be asked before a condition that is not leakproof, so that the index for that
//! condition is not searched.

use crate::finding::Severity;
use crate::project::{PolicyClause, Role};
use crate::prove::verdict::{Access, AccessClass, Barred, Leak};
use crate::rules::draft::Draft;
use crate::rules::index::coverage::draft;
use crate::rules::settings::Options;
use crate::rules::subject::Subject;
use crate::rules::words::code;
use crate::schema::catalog::{IndexMethod, RelId};
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(subject: &Subject<'_>, access: &Access, options: &Options) -> Option<Draft> {
    let barred = access.barred.as_ref()?;
    let (id, relation) = subject.relation(access.occ)?;
    if options.is_small(&relation.name) || runs_as_owner(subject, relation.force_row_security) {
        return None;
    }
    let catalog = &subject.project.catalog;
    let index = catalog.index_def(barred.index);
    let (name, leak) = (code(&index.name), said(&barred.leak));
    let message = if barred.instead == Some(barred.index) {
        format!("row security keeps {leak} from narrowing the search of {name}: it is not leakproof")
    } else {
        format!("row security keeps {name} from being searched by {leak}, which is not leakproof")
    };
    let policy = catalog.policies.iter().find(|p| p.relation == id && p.using.is_some());
    let mut draft = draft(subject, access, message)
        .label(Some(subject.locate(barred.span)), "evaluated for the rows that the policy lets through")
        .label(policy.map(|p| p.declared), "has to be asked first")
        .label(Some(index.declared), "would be searched, but for the policy");
    if let Some(help) = help(subject, barred) {
        draft = draft.help(help);
    }
    let finds_rows = barred.instead.is_some() || is_served(subject, id);
    Some(if finds_rows { draft.severity(Severity::Info) } else { draft })
}

/// Whether the statement runs in a function with the rights of its owner, who is taken for the owner of the table.
fn runs_as_owner(subject: &Subject<'_>, forced: bool) -> bool {
    let Role::Function(name) = &subject.statement.role else { return false };
    let functions = &subject.project.catalog.functions;
    !forced && functions.iter().any(|f| f.security_definer && f.name.to_string() == *name)
}

/// Whether an index finds the rows that the policies of a table let through.
fn is_served(subject: &Subject<'_>, table: RelId) -> bool {
    let project = subject.project;
    project.conditions.iter().filter(|c| c.clause == PolicyClause::Using).any(|condition| {
        let of_table = project.catalog.policies.get(condition.policy).is_some_and(|p| p.relation == table);
        of_table && condition.access.as_ref().is_some_and(|access| access.class == AccessClass::Seek)
    })
}

fn said(leak: &Leak) -> String {
    match leak {
        Leak::Operator { name, left, right } => match name.as_str() {
            "~~" => code("LIKE"),
            "~~*" => code("ILIKE"),
            name if left.is_unknown() && right.is_unknown() => code(name),
            name if left == right || right.is_unknown() => format!("{} of {left}", code(name)),
            name if left.is_unknown() => format!("{} of {right}", code(name)),
            name => format!("{} of {left} and {right}", code(name)),
        },
        Leak::Function(name) if name == "[]" => "a subscript".to_owned(),
        Leak::Function(name) => format!("{name}()"),
        Leak::Cast { from, to } => format!("the cast of {from} to {to}"),
        Leak::Subquery => "a subquery".to_owned(),
    }
}

fn help(subject: &Subject<'_>, barred: &Barred) -> Option<String> {
    let is_btree = subject.project.catalog.index_def(barred.index).method == IndexMethod::Btree;
    Some(match &barred.leak {
        Leak::Operator { name, .. }
            if name == "~~" && is_btree && subject.project.planner.postgres_version >= 15 =>
        {
            "where the pattern is the beginning of a text, write `starts_with(column, 'text')`, which is leakproof"
                .to_owned()
        }
        Leak::Operator { left, right, .. } if is_time(&left.base) && is_time(&right.base) => {
            format!("cast the value to {left}, the type of the column: that comparison is leakproof")
        }
        Leak::Operator { name, .. } if matches!(name.as_str(), "->>" | "->" | "#>>" | "#>") => in_a_column(),
        Leak::Function(_) | Leak::Cast { .. } => in_a_column(),
        Leak::Operator { name, .. } if name == "=" => {
            "where the value is a constant, a partial index with this condition as its own is read all the same: that it \
             follows is proved, and not evaluated"
                .to_owned()
        }
        Leak::Operator { .. } | Leak::Subquery => return None,
    })
}

fn in_a_column() -> String {
    "keep the value in a generated column with an index: the comparison of a column of type text, integer, uuid or \
     timestamptz is leakproof"
        .to_owned()
}

fn is_time(ty: &BaseType) -> bool {
    matches!(ty, BaseType::Date | BaseType::Timestamp | BaseType::TimestampTz)
}
