//! `spliced-value`: a value becomes part of the text of a statement.

use crate::query::model::SplicedRole;
use crate::rules::draft::Draft;
use crate::rules::injection::{told, with_confidence};
use crate::rules::subject::Subject;
use crate::source::{Hole, HoleKind, Origin};

pub(in crate::rules) fn check(subject: &Subject<'_>, hole: &Hole, role: SplicedRole) -> Option<Draft> {
    let is_constant = hole.origin == Some(Origin::Constant);
    if hole.kind != HoleKind::Spliced || role != SplicedRole::Value || is_constant {
        return None;
    }
    let message = format!("{} becomes part of the SQL text, as it is", told(hole));
    let help = "write a placeholder there and hand the value to the driver";
    Some(with_confidence(Draft::new(subject.locate(hole.span), message).help(help), hole))
}
