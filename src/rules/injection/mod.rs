//! Rules about text that is spliced into SQL.

pub(super) mod dynamic_sql;
pub(super) mod spliced_identifier;
pub(super) mod spliced_value;

use crate::finding::Confidence;
use crate::rules::draft::Draft;
use crate::rules::words::code;
use crate::source::{Hole, Origin};

/// A splice with where it comes from, as the subject of a sentence.
fn told(hole: &Hole) -> String {
    let what = code(&hole.expression);
    match &hole.origin {
        None => what,
        Some(Origin::Parameter(Some(function))) => format!("{what}, a parameter of {},", code(function)),
        Some(Origin::Parameter(None)) => format!("{what}, a parameter,"),
        Some(Origin::Request) => format!("{what}, which comes from the request,"),
        Some(Origin::Environment) => format!("{what}, which comes from the environment,"),
        Some(Origin::Returned(function)) => format!("{what}, returned by {},", code(function)),
        Some(Origin::Field) => format!("{what}, a field of the object,"),
        Some(Origin::Constant) => format!("{what}, a constant,"),
    }
}

/// What a client sends is dangerous for certain; the environment belongs to who runs the program.
fn with_confidence(draft: Draft, hole: &Hole) -> Draft {
    match hole.origin {
        Some(Origin::Request) => draft.confidence(Confidence::High),
        Some(Origin::Environment) => draft.confidence(Confidence::Low),
        _ => draft,
    }
}
