//! Exceptions of the configuration that except nothing: what was once true of a place, or a slip in its name.

use std::collections::{BTreeSet, HashMap};

use crate::check::Notice;
use crate::check::analyse::Analysis;
use crate::config::{Database, Exemption};
use crate::source::FileId;

/// What is to be said of the exceptions of a configuration, whose databases may share them, once everything below it was
/// analysed.
pub(super) fn unused(databases: &[Database], analyses: &[Seen]) -> Vec<Notice> {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut notices = Vec::new();
    for exemption in databases.iter().flat_map(|d| &d.exempt) {
        for message in wrong(exemption, analyses) {
            if told.insert(message.clone()) {
                let help = Some("remove it, or mend its name".to_owned());
                notices.push(Notice { degraded: false, message, help });
            }
        }
    }
    notices
}

/// What of an analysis exceptions are matched against: paths, and statements by path and function.
#[derive(Debug)]
pub(super) struct Seen {
    paths: Vec<String>,
    statements: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    path: usize,
    function: Option<String>,
    /// Whether an exception of the configuration is what it stands by.
    excepted: bool,
}

impl Seen {
    pub(super) fn new(analysis: &Analysis) -> Seen {
        let read: Vec<_> = analysis.files.iter().filter(|f| f.input.role.is_read()).collect();
        let positions: HashMap<FileId, usize> =
            read.iter().enumerate().map(|(i, f)| (f.input.id, i)).collect();
        let statements = analysis.project.statements.iter().filter_map(|s| {
            Some(Place {
                path: *positions.get(&s.location.file)?,
                function: s.function.clone(),
                excepted: s.exempt.as_ref().is_some_and(|x| x.at.is_none()),
            })
        });
        Seen {
            statements: statements.collect(),
            paths: read.iter().map(|f| f.input.relative.clone()).collect(),
        }
    }
}

fn wrong(exemption: &Exemption, analyses: &[Seen]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (text, pattern) in &exemption.patterns {
        if !analyses.iter().flat_map(|a| &a.paths).any(|path| pattern.matches(path)) {
            wrong.push(format!("`tenancy.exempt`: `{text}` matches no file that is read"));
        }
    }
    let statements = || analyses.iter().flat_map(|a| a.statements.iter().map(move |s| (a, s)));
    for function in &exemption.functions {
        if !statements().any(|(_, s)| s.function.as_deref() == Some(function)) {
            wrong.push(format!("`tenancy.exempt`: no statement is in a function `{function}`"));
        }
    }
    let covers = |(seen, s): (&Seen, &Place)| {
        let path = seen.paths.get(s.path).map_or("", String::as_str);
        s.excepted && exemption.covers(path, s.function.as_deref())
    };
    if wrong.is_empty() && !statements().any(covers) {
        wrong.push(format!("`tenancy.exempt`: nothing is in need of the exception \"{}\"", exemption.reason));
    }
    wrong
}
