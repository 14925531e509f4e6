//! A label of an enum that is used in the transaction that adds it.

use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::change::{Step, TypeAction};
use crate::schema::migration::Deed;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Option<Draft> {
    let Deed::Change(Step::AlterType { name, action: TypeAction::AddValue { value, .. } }) = &moment.act.deed
    else {
        return None;
    };
    // Before, no transaction takes the step at all, and that is what is told.
    let used = moment.act.before.used_at.filter(|_| moment.version() >= 12)?;
    let mut earlier = moment.earlier();
    let is_new = earlier.any(
        |act| matches!(&act.deed, Deed::Change(Step::CreateType { name: new, .. }) if new.name == name.name),
    );
    if is_new && moment.version() >= 17 {
        return None;
    }
    let message = format!(
        "label {} of enum {} cannot be used before the transaction that adds it is committed",
        code(value),
        code(&name.name)
    );
    let help = "add the label in a migration of its own, before this one";
    Some(moment.draft(used, message).help(help).label(Some(name.at), "it is added here"))
}
