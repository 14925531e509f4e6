//! Names that PostgreSQL cuts off.

use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::change::{ColumnDefinition, ConstraintDefinition, Step, TableAction};
use crate::schema::migration::Deed;
use crate::source::Location;

/// The longest name in bytes: NAMEDATALEN, less the byte at its end.
const LONGEST: usize = 63;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let Deed::Change(step) = &moment.act.deed else { return Vec::new() };
    let mut names: Vec<(&str, Location)> = Vec::new();
    match step {
        Step::CreateTable(table) => {
            names.push((&table.name.name, table.name.at));
            table.columns.iter().for_each(|column| of_column(column, &mut names));
            of_constraints(&table.constraints, &mut names);
        }
        Step::AlterTable { action, .. } => match action.as_ref() {
            TableAction::AddColumn { column, .. } => of_column(column, &mut names),
            TableAction::AddConstraint(constraint) => {
                of_constraints(std::slice::from_ref(constraint), &mut names)
            }
            TableAction::RenameColumn { to, .. } | TableAction::RenameConstraint { to, .. } => {
                names.push((&to.name, to.at));
            }
            _ => {}
        },
        Step::CreateIndex(index) => names.extend(index.name.as_ref().map(|n| (n.name.as_str(), n.at))),
        Step::CreateView(view) => names.push((&view.name.name, view.name.at)),
        Step::CreateFunction(function) => names.push((&function.name.name, function.name.at)),
        Step::CreateTrigger(trigger) => names.push((&trigger.name.name, trigger.name.at)),
        Step::CreatePolicy(policy) => names.push((&policy.name.name, policy.name.at)),
        Step::CreateType { name, .. }
        | Step::CreateDomain { name, .. }
        | Step::CreateSequence { name, .. } => {
            names.push((&name.name, name.at));
        }
        Step::Rename { to, .. } => names.push((&to.name, to.at)),
        _ => {}
    }
    names.retain(|(name, at)| is_cut(name, *at));
    names.into_iter().map(|(name, at)| cut(moment, name, at)).collect()
}

/// Whether a name as the catalog has it, cut off, is shorter than its token. Of 65 bytes two may be quotes.
fn is_cut(name: &str, at: Location) -> bool {
    let written = at.span.end.saturating_sub(at.span.start) as usize;
    // A shorter name may have its statement for a place.
    name.len() + 4 > LONGEST && (written > LONGEST + 2 || (written == LONGEST + 1 && name.len() == LONGEST))
}

fn cut(moment: &Moment<'_>, name: &str, at: Location) -> Draft {
    let message = format!("PostgreSQL keeps {LONGEST} bytes of this name, and calls it {}", code(name));
    moment.draft(at, message).help("choose a shorter name: two long ones may become the same")
}

fn of_column<'a>(column: &'a ColumnDefinition, names: &mut Vec<(&'a str, Location)>) {
    names.push((&column.name.name, column.name.at));
    of_constraints(&column.constraints, names);
}

fn of_constraints<'a>(constraints: &'a [ConstraintDefinition], names: &mut Vec<(&'a str, Location)>) {
    names.extend(constraints.iter().filter_map(|c| c.name.as_ref()).map(|n| (n.name.as_str(), n.at)));
}
