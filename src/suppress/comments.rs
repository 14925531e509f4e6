//! Exceptions written at the code: `-- sqlmoat: allow(rule[, rule]) reason`, `-- sqlmoat: cross-tenant reason` on or above
//! a statement, `-- sqlmoat: allow-file(rule) reason` anywhere in a file. Rule and reason are mandatory; what is written
//! wrongly suppresses nothing and is told.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use crate::extract::host::HostComment;
use crate::finding::{Finding, Fix, Problem};
use crate::rules::{self, Family, Rule, RuleSettings};
use crate::source::{FileId, Fragment, Location, SourceFile, Span};
use crate::suppress::removal::{Written, removal};
use crate::syntax::{self, Comment, Dialect, Statement};

/// What every suppression starts with.
const PREFIX: &str = "sqlmoat:";

/// The suppressions of a project's files. Finding the one for a place takes no longer where there are many.
#[derive(Debug, Default)]
pub struct Suppressions {
    directives: Vec<Directive>,
    /// Positions of directives by the file and start of their statement: of files, and of bodies inside statements.
    statements: [BTreeMap<(FileId, u32), Vec<usize>>; 2],
    files: HashMap<FileId, Vec<usize>>,
    problems: Vec<Problem>,
    /// The comments as written, by the token that a finding would stand at.
    written: HashMap<Location, Written>,
}

/// What a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A whole file.
    File,
    /// The body of a statement of a file.
    Body,
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
    Rule(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Statement(Location),
    File(FileId),
    /// A comment that belongs to no statement.
    Nothing,
}

impl Suppressions {
    /// Reads the suppressions of a fragment and its statements.
    pub fn read(&mut self, part: Part, fragment: &Fragment, statements: &[Statement], dialect: Dialect) {
        // Most files have none.
        if !fragment.text.contains(PREFIX) {
            return;
        }
        let owners: HashMap<Span, Span> =
            statements.iter().flat_map(|s| s.comments.iter().map(|c| (c.span, s.span))).collect();
        for comment in syntax::comments(&fragment.text, dialect) {
            let owner = owners.get(&comment.span);
            let scope = owner.map_or(Scope::Nothing, |span| Scope::Statement(fragment.locate(*span)));
            self.read_comment(part, fragment, &comment, scope);
        }
    }

    /// Reads the suppressions in the comments of a program. One belongs to the host statement that it stands in, or to the
    /// next one below it.
    pub fn read_host<'f>(
        &mut self,
        file: &Fragment,
        comments: &[HostComment],
        texts: impl Iterator<Item = &'f Fragment>,
    ) {
        if comments.is_empty() {
            return;
        }
        let mut anchors: Vec<Span> = texts.filter_map(|text| Some(text.host?.anchor)).collect();
        anchors.sort_unstable();
        for HostComment { span, text } in comments {
            let inside = anchors.iter().rev().find(|anchor| anchor.contains(*span));
            let behind = || {
                anchors
                    .iter()
                    .rev()
                    .find(|anchor| anchor.end <= span.start && !has_line_break(file, anchor.end, span.start))
            };
            let next = || {
                anchors.iter().find(|anchor| {
                    anchor.start >= span.end && is_blank_or_comments(file, span.end, anchor.start)
                })
            };
            let owner = inside.or_else(behind).or_else(next);
            let scope = owner.map_or(Scope::Nothing, |anchor| {
                Scope::Statement(Location { file: file.file, span: *anchor })
            });
            let comment = Comment { span: *span, text: text.clone() };
            self.read_comment(Part::File, file, &comment, scope);
        }
    }

    fn read_comment(&mut self, part: Part, fragment: &Fragment, comment: &Comment, scope: Scope) {
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
        let comment = fragment.locate(comment.span);
        let mut write = |token: &str, several| {
            self.written.insert(place(token), Written { comment, text: whole.to_owned(), several });
        };
        write(name, false);
        match name {
            "cross-tenant" => {
                if let Some(reason) = self.reason(rest, place(name)) {
                    self.add(part, What::CrossTenant, reason, place(name), scope);
                }
            }
            "allow" | "allow-file" => {
                let Some((names, rest)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
                    let help = "write `allow(rule) reason`: there is no form that allows everything";
                    self.unknown(place(name), format!("`{name}` names no rule"), help.to_owned());
                    return;
                };
                let ids = names.split(',').map(str::trim);
                let several = names.contains(',');
                ids.clone().for_each(|id| write(id, several));
                let Some(reason) = self.reason(rest, place(name)) else { return };
                for id in ids {
                    match rules::find(id) {
                        Some(rule) => self.add(part, What::Rule(rule.id), reason.clone(), place(id), scope),
                        None => self.unknown(place(id), format!("there is no rule `{id}`"), closest(id)),
                    }
                }
            }
            _ => {
                let help =
                    "known are `allow(rule) reason`, `allow-file(rule) reason` and `cross-tenant reason`";
                self.unknown(place(name), format!("`{name}` is no suppression"), help.to_owned());
            }
        }
    }

    fn add(&mut self, part: Part, what: What, reason: String, token: Location, scope: Scope) {
        let position = self.directives.len();
        let [of_files, of_bodies] = &mut self.statements;
        match (scope, part) {
            (Scope::Statement(at), Part::File) => {
                of_files.entry((at.file, at.span.start)).or_default().push(position)
            }
            (Scope::Statement(at), Part::Body) => {
                of_bodies.entry((at.file, at.span.start)).or_default().push(position)
            }
            (Scope::File(file), _) => self.files.entry(file).or_default().push(position),
            (Scope::Nothing, _) => {}
        }
        self.directives.push(Directive { what, reason, token, scope, used: Cell::new(false) });
    }

    /// The directives that cover a place. Statements of one part do not overlap, so the one that starts last before the
    /// place is the one that may hold it.
    fn covering(&self, place: Location) -> impl Iterator<Item = &Directive> {
        let near = self.statements.iter().rev().filter_map(move |of_part| {
            of_part.range((place.file, 0)..=(place.file, place.span.start)).next_back().map(|(_, list)| list)
        });
        let whole = self.files.get(&place.file);
        let all = near.chain(whole).flatten().filter_map(|position| self.directives.get(*position));
        all.filter(move |d| d.scope.covers(place))
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

    /// The removal of the suppression that a finding at that place is about.
    pub fn removal(&self, token: Location, file: &SourceFile) -> Option<Fix> {
        removal(self.written.get(&token)?, token, file)
    }

    /// The reason why a statement is an intended exception, where one is written, and where.
    pub fn exempts(&self, statement: Location) -> Option<(&str, Location)> {
        let directive = self.covering(statement).find(|d| d.what == What::CrossTenant)?;
        Some((&directive.reason, directive.token))
    }

    /// The reason why a finding does not count, where one is written, and where. The suppression is used from then on.
    pub fn suppresses(&self, finding: &Finding) -> Option<(&str, Location)> {
        let rule = rules::find(finding.rule)?;
        let places = std::iter::once(finding.primary).chain(finding.statement);
        let directive = places.flat_map(|place| self.covering(place)).find(|d| match d.what {
            What::CrossTenant => rule.facts.family == Family::Tenant,
            What::Rule(allowed) => allowed == rule.id,
        })?;
        directive.used.set(true);
        Some((&directive.reason, directive.token))
    }

    /// Suppressions that suppressed nothing, although what they allow was looked for. `tenancy` is whether the tenant
    /// family was, `is_judged` whether the hazards of a migration were.
    pub fn unused(
        &self,
        settings: &RuleSettings,
        tenancy: bool,
        is_judged: &dyn Fn(FileId) -> bool,
    ) -> Vec<Problem> {
        let of_tenants = |rule: &Rule| rule.facts.family == Family::Tenant;
        // Those that are off unless asked for tell of no leak.
        let mut of_leaks = rules::all().iter().filter(|r| of_tenants(r) && r.facts.on_by_default);
        let all_of_tenants = of_leaks.all(|r| settings.is_on(r));
        let looked_for = |d: &Directive| match d.what {
            What::CrossTenant => tenancy && all_of_tenants,
            What::Rule(id) => rules::find(id).is_some_and(|r| {
                settings.is_on(r)
                    && (tenancy || !of_tenants(r))
                    && (!r.is_of_migrations() || is_judged(d.token.file))
            }),
        };
        self.directives
            .iter()
            .filter(|d| !d.used.get() && looked_for(d))
            .map(|d| {
                let message = match (d.what, d.scope) {
                    (_, Scope::Nothing) => "this suppression belongs to no statement".to_owned(),
                    (What::CrossTenant, _) => "nothing here is in need of `cross-tenant`".to_owned(),
                    (What::Rule(id), _) => format!("`{id}` finds nothing here"),
                };
                problem("unused-suppression", d.token, message, "remove it".to_owned())
            })
            .collect()
    }
}

impl Scope {
    fn covers(self, place: Location) -> bool {
        match self {
            Scope::Statement(statement) => {
                statement.file == place.file && statement.span.contains(place.span)
            }
            Scope::File(file) => file == place.file,
            Scope::Nothing => false,
        }
    }
}

fn has_line_break(file: &Fragment, start: u32, end: u32) -> bool {
    file.text.get(start as usize..end as usize).is_none_or(|between| between.contains('\n'))
}

/// Whether nothing but comments and the beginnings of a statement, such as `const x =`, stand between two places.
fn is_blank_or_comments(file: &Fragment, start: u32, end: u32) -> bool {
    file.text.get(start as usize..end as usize).is_some_and(|between| {
        between.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with(['/', '*', '#']))
    })
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
        .map_or_else(
            || "`sqlmoat rules` lists them".to_owned(),
            |(_, known)| format!("did you mean `{known}`?"),
        )
}
