//! Exceptions written at the code: `-- sqlmoat: allow(rule[, rule]) reason`, `-- sqlmoat: cross-tenant reason` on or above
//! a statement, `-- sqlmoat: allow-file(rule) reason` anywhere in a file. Rule and reason are mandatory; what is written
//! wrongly suppresses nothing and is told.

use std::cell::Cell;

use crate::finding::{Finding, Problem};
use crate::rules::{self, Family, RuleSettings};
use crate::source::{FileId, Fragment, Location, Span};
use crate::syntax::{self, Comment, Dialect, Statement};

/// What every suppression starts with.
const PREFIX: &str = "sqlmoat:";

/// The suppressions of a project's files.
#[derive(Debug, Default)]
pub struct Suppressions {
    directives: Vec<Directive>,
    problems: Vec<Problem>,
}

/// One thing that one comment allows.
#[derive(Debug)]
struct Directive {
    what: What,
    reason: String,
    /// The token that says what: the rule's name, or `cross-tenant`.
    token: Location,
    scope: Scope,
    used: Cell<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// An intended exception to the whole tenant family.
    CrossTenant,
    Rule(&'static rules::Rule),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Statement(Location),
    File(FileId),
    /// A comment that belongs to no statement.
    Nothing,
}

impl Suppressions {
    /// Reads the suppressions of a fragment and its statements. `level` is whether the fragment is the body of
    /// something rather than a file: then comments outside of statements were read with the file.
    pub fn read(&mut self, fragment: &Fragment, statements: &[Statement], dialect: Dialect) {
        // Most files have none.
        if !fragment.text.contains(PREFIX) {
            return;
        }
        for comment in syntax::comments(&fragment.text, dialect) {
            let owner = statements.iter().find(|s| s.comments.iter().any(|c| c.span == comment.span));
            let scope =
                owner.map_or(Scope::Nothing, |statement| Scope::Statement(fragment.locate(statement.span)));
            self.read_comment(fragment, &comment, scope);
        }
    }

    fn read_comment(&mut self, fragment: &Fragment, comment: &Comment, scope: Scope) {
        let Some(said) = comment.text.strip_prefix(PREFIX) else { return };
        let Some(line) = said.lines().next().map(str::trim) else { return };
        let whole = fragment.text.get(comment.span.range()).unwrap_or_default();
        let place = |token: &str| {
            let start = whole.find(token).map_or(comment.span.start, |at| comment.span.start + at as u32);
            fragment.locate(Span::new(start, start + token.len() as u32))
        };
        let name = line.split(|c: char| c == '(' || c.is_whitespace()).next().unwrap_or_default();
        let rest = line.get(name.len()..).unwrap_or_default().trim_start();
        let scope = match name {
            "allow-file" => Scope::File(fragment.file),
            _ => scope,
        };
        match name {
            "cross-tenant" => {
                if let Some(reason) = self.reason(rest, place(name)) {
                    let used = Cell::new(false);
                    self.directives.push(Directive { what: What::CrossTenant, reason, token: place(name), scope, used });
                }
            }
            "allow" | "allow-file" => {
                let Some((names, rest)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
                    let help = "write `allow(rule) reason`: there is no form that allows everything";
                    self.unknown(place(name), format!("`{name}` names no rule"), help.to_owned());
                    return;
                };
                let Some(reason) = self.reason(rest, place(name)) else { return };
                for id in names.split(',').map(str::trim) {
                    match rules::find(id) {
                        Some(rule) => self.directives.push(Directive {
                            what: What::Rule(rule),
                            reason: reason.clone(),
                            token: place(id),
                            scope,
                            used: Cell::new(false),
                        }),
                        None => self.unknown(place(id), format!("there is no rule `{id}`"), closest(id)),
                    }
                }
            }
            _ => {
                let help = "known are `allow(rule) reason`, `allow-file(rule) reason` and `cross-tenant reason`";
                self.unknown(place(name), format!("`{name}` is no suppression"), help.to_owned());
            }
        }
    }

    /// The reason that stands behind a suppression.
    fn reason(&mut self, rest: &str, token: Location) -> Option<String> {
        let reason = rest.trim_start_matches([':', '-', ' ']).trim();
        if reason.is_empty() {
            self.problems.push(problem(
                "unexplained-suppression",
                token,
                "this suppression says no reason, so it suppresses nothing".to_owned(),
                "write the reason behind it on the same line".to_owned(),
            ));
            return None;
        }
        Some(reason.to_owned())
    }

    fn unknown(&mut self, token: Location, message: String, help: String) {
        self.problems.push(problem("unknown-suppression", token, message, help));
    }

    /// What is written wrongly.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The reason why a statement is an intended exception, where one is written.
    pub fn exempts(&self, statement: Location) -> Option<&str> {
        let covers = |d: &&Directive| d.what == What::CrossTenant && d.scope.covers(statement);
        self.directives.iter().find(covers).map(|d| d.reason.as_str())
    }

    /// The reason why a finding does not count, where one is written. The suppression is used from then on.
    pub fn suppresses(&self, finding: &Finding) -> Option<&str> {
        let rule = rules::find(finding.rule)?;
        let directive = self.directives.iter().find(|d| {
            let meant = match d.what {
                What::CrossTenant => rule.facts.family == Family::Tenant,
                What::Rule(allowed) => allowed == rule,
            };
            meant && d.scope.covers(finding.primary)
        })?;
        directive.used.set(true);
        Some(&directive.reason)
    }

    /// Suppressions in files that `reported` accepts and that suppressed nothing, although what they allow is looked for.
    pub fn unused(&self, settings: &RuleSettings, tenancy: bool) -> Vec<Problem> {
        let looked_for = |what: What| match what {
            What::CrossTenant => tenancy && rules::all().iter().filter(|r| r.facts.family == Family::Tenant).all(|r| settings.is_on(r)),
            What::Rule(rule) => settings.is_on(rule) && (tenancy || rule.facts.family != Family::Tenant),
        };
        self.directives
            .iter()
            .filter(|d| !d.used.get() && looked_for(d.what))
            .map(|d| {
                let message = match (d.what, d.scope) {
                    (_, Scope::Nothing) => "this suppression belongs to no statement".to_owned(),
                    (What::CrossTenant, _) => "nothing here is in need of `cross-tenant`".to_owned(),
                    (What::Rule(rule), _) => format!("`{}` finds nothing here", rule.id),
                };
                problem("unused-suppression", d.token, message, "remove it".to_owned())
            })
            .collect()
    }
}

impl Scope {
    fn covers(self, place: Location) -> bool {
        match self {
            Scope::Statement(statement) => statement.file == place.file && statement.span.contains(place.span),
            Scope::File(file) => file == place.file,
            Scope::Nothing => false,
        }
    }
}

fn problem(rule: &'static str, primary: Location, message: String, help: String) -> Problem {
    Problem { rule, message, help: Some(help), primary, statement: None, labels: Vec::new() }
}

fn closest(id: &str) -> String {
    rules::all()
        .iter()
        .map(|rule| (strsim::damerau_levenshtein(id, rule.id), rule.id))
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .min()
        .map_or_else(|| "`sqlmoat rules` lists them".to_owned(), |(_, known)| format!("did you mean `{known}`?"))
}
