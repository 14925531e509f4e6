//! `spliced-identifier`: a name becomes part of the text of a statement without being quoted.

use crate::query::model::SplicedRole;
use crate::rules::draft::Draft;
use crate::rules::injection::{told, with_confidence};
use crate::rules::subject::Subject;
use crate::source::{Hole, HoleKind, Origin};

pub(in crate::rules) fn check(subject: &Subject<'_>, hole: &Hole, role: SplicedRole) -> Option<Draft> {
    let is_constant = hole.origin == Some(Origin::Constant);
    if hole.kind != HoleKind::Spliced || role != SplicedRole::Name || is_constant {
        return None;
    }
    let message = format!("{} becomes a name of the SQL text, unquoted", told(hole));
    let help = "choose the name from a list that the program writes out, or quote it with the driver's function for names";
    Some(with_confidence(Draft::new(subject.locate(hole.span), message).help(help), hole))
}
