//! `spliced-identifier`: a name becomes part of the text of a statement without being quoted.

use crate::query::model::SplicedRole;
use crate::rules::draft::Draft;
use crate::rules::subject::Subject;
use crate::rules::words::code;
use crate::source::{Hole, HoleKind};

pub(in crate::rules) fn check(subject: &Subject<'_>, hole: &Hole, role: SplicedRole) -> Option<Draft> {
    if hole.kind != HoleKind::Spliced || role != SplicedRole::Name {
        return None;
    }
    let message = format!("{} becomes a name of the SQL text, unquoted", code(&hole.expression));
    let help = "choose the name from a list that the program writes out, or quote it with the driver's function for names";
    Some(Draft::new(subject.locate(hole.span), message).help(help))
}
