//! `dynamic-sql`: a function executes SQL that it puts together from values as they are.

use crate::finding::{Confidence, Severity};
use crate::project::{Splice, SpliceOrigin};
use crate::rules::draft::Draft;
use crate::rules::words::code;

pub(in crate::rules) fn check(splice: &Splice) -> Draft {
    let Splice { location, text, execution, function, origin, whole } = splice;
    let what = code(one_line(text));
    let (source, severity, confidence) = match origin {
        SpliceOrigin::Parameter => (" from the caller", Severity::Error, Confidence::High),
        SpliceOrigin::Variable | SpliceOrigin::Expression => ("", Severity::Warning, Confidence::Medium),
        SpliceOrigin::Query => (" from a query", Severity::Warning, Confidence::Medium),
        SpliceOrigin::Catalog => (" from the catalog", Severity::Info, Confidence::Low),
    };
    let message = match whole {
        true => format!("{what}{source} is executed as SQL, whatever it says"),
        false => format!("{what}{source} becomes part of the SQL that is executed, as it is"),
    };
    let help = match whole {
        true => "write the statements out, and let the value choose among them",
        false => "pass a value by USING or quote it with `%L` of `format`, and a name with `%I`",
    };
    Draft::new(*location, message)
        .help(help)
        .label(Some(*execution), "executed here")
        .function(function.clone())
        .severity(severity)
        .confidence(confidence)
}

/// An expression in one line, not too long.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((cut, _)) => format!("{}...", line.get(..cut).unwrap_or_default()),
        None => line,
    }
}
