//! What is known of single statements, for a person: the verdict, how each table's owner stands and why, and which index
//! serves its predicates. For `explain --at`, and for `check --show-proofs`.

use std::fmt::Write as _;

use crate::check::{CheckedProject, Outcome};
use crate::project::{AnalysedStatement, Project, Role};
use crate::prove::access::key_text;
use crate::prove::verdict::{Access, AccessClass, IndexUse, OwnerStatus, TenancyProof, Verdict};
use crate::query::model::{OccId, Occurrence, Source};
use crate::report::derivation::derivations;
use crate::report::full::place;
use crate::report::paint::{Paint, Tone};
use crate::report::text::{visible, without_commands};
use crate::report::{judged, standing};
use crate::rules;
use crate::source::{Location, SourceFile, Sources};

/// Lines of a statement's text that are shown, at most.
const LINES: usize = 30;
/// Characters of such a line.
const WIDTH: usize = 160;

/// How many statements near a place without one are named.
const NEAREST: usize = 3;
/// Words and characters of each that are shown, at most.
const NEAR_WORDS: usize = 30;
const NEAR_CHARACTERS: usize = 60;

/// Every judged statement of a run with its proof, by file and place.
pub fn full(outcome: &Outcome, color: bool) -> String {
    let mut out = String::new();
    for checked in &outcome.projects {
        for statement in judged(checked) {
            out.push_str(&statement_text(&outcome.sources, &checked.project, statement, color));
            out.push('\n');
        }
    }
    without_commands(out)
}

/// One line for each table of each judged statement: `path:line:col: tied[isolated] ...`.
pub fn concise(outcome: &Outcome) -> String {
    let mut out = String::new();
    for checked in &outcome.projects {
        for statement in judged(checked) {
            for (occ, _, status) in tables(statement) {
                let bound = &statement.bound;
                let at = bound.fragment.locate(bound.occurrence(occ).span);
                let steps = derivations(&checked.project, statement, occ).concat();
                let steps: Vec<&str> = steps.iter().map(|told| told.text.as_str()).collect();
                let why = match steps.is_empty() {
                    true => String::new(),
                    false => format!(": {}", visible(&steps.join("; "))),
                };
                let _ = writeln!(
                    out,
                    "{}: {}[{}] {}{why}",
                    place(&outcome.sources, at),
                    status.map_or("unjudged", OwnerStatus::name),
                    standing(statement).unwrap_or("unjudged"),
                    named(&checked.project, statement, occ),
                );
            }
        }
    }
    without_commands(out)
}

/// The statements at a place, each with everything that is known of it.
pub fn at(outcome: &Outcome, found: &[(&CheckedProject, &AnalysedStatement)], color: bool) -> String {
    let several = outcome.projects.len() > 1;
    let mut out = String::new();
    for (n, (checked, statement)) in found.iter().enumerate() {
        if n > 0 {
            out.push('\n');
        }
        if several {
            let _ = writeln!(out, "database {}", visible(&checked.project.database));
        }
        out.push_str(&statement_text(&outcome.sources, &checked.project, statement, color));
    }
    without_commands(out)
}

/// What to say where no statement is: which ones of the file are near.
pub fn none_at<'a>(
    file: &SourceFile,
    line: u32,
    statements: impl Iterator<Item = &'a AnalysedStatement>,
) -> String {
    let mut near: Vec<(u32, u32, String)> = statements
        .map(|statement| {
            let span = statement.location.span;
            let (first, last) = (file.position(span.start).line, file.position(span.end).line);
            let away = if line < first { first - line } else { line.saturating_sub(last) };
            let text = file.text.get(span.range()).unwrap_or_default();
            let words: Vec<&str> = text.split_whitespace().take(NEAR_WORDS).collect();
            (away, first, visible(&words.join(" ")).chars().take(NEAR_CHARACTERS).collect())
        })
        .collect();
    near.sort();
    near.dedup();
    let path = visible(&file.path);
    let mut message = format!("no query stands at {path}:{line}\n  help: ");
    message.push_str(match near.is_empty() {
        true => {
            "the file has none that is analysed; statements of migrations run for all tenants and are not judged, \
             except in functions and views"
        }
        false => "the nearest are",
    });
    for (_, line, text) in near.iter().take(NEAREST) {
        let _ = write!(message, "\n    {path}:{line}  {text}");
    }
    message
}

fn statement_text(
    sources: &Sources,
    project: &Project,
    statement: &AnalysedStatement,
    color: bool,
) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    let (word, tone) = verdict(statement);
    let _ = writeln!(
        out,
        "{}: {}{}",
        place(sources, statement.location),
        surroundings(statement),
        paint.tone(tone, &word)
    );
    excerpt(&mut out, sources, statement.location, &paint);
    if let Some(exempt) = &statement.exempt {
        let _ = writeln!(out, "  {}: {}", paint.strong("exempt"), visible(&exempt.reason));
        let at = match exempt.at {
            Some(at) => format!("written at {}", place(sources, at)),
            None => "by `[[tenancy.exempt]]` of the configuration".to_owned(),
        };
        let _ = writeln!(out, "    {}", paint.faint(&at));
    }
    let said = rules::of_defects(project, statement);
    let tables = tables(statement);
    for &(occ, occurrence, status) in &tables {
        let owner = match status {
            Some(OwnerStatus::Tied) => paint.tone(Tone::Good, "tied to the tenant"),
            Some(OwnerStatus::Untied) => paint.tone(Tone::Bad, "not tied to the tenant"),
            Some(OwnerStatus::Kept) => paint.tone(Tone::Open, "left to whoever uses the view"),
            Some(OwnerStatus::Global) => "global: its rows belong to nobody".to_owned(),
            Some(OwnerStatus::Unknown) => paint.tone(Tone::Open, "unknown"),
            None => "not judged for tenants".to_owned(),
        };
        let _ = writeln!(out, "\n  {}: {owner}", paint.strong(&named(project, statement, occ)));
        steps(&mut out, sources, project, statement, occ, &paint);
        for (_, finding) in said.iter().filter(|(d, _)| d.occ == occ) {
            let _ = writeln!(out, "    {}", visible(&finding.message));
            let rest = format!("({}, {})", finding.rule, place(sources, finding.primary));
            let _ = writeln!(out, "      {}", paint.faint(&rest));
            if let Some(help) = &finding.help {
                let _ = writeln!(out, "      {}: {}", paint.tone(Tone::Note, "help"), visible(help));
            }
        }
        let anchored = status == Some(OwnerStatus::Untied) && !said.iter().any(|(d, _)| d.occ == occ);
        if anchored {
            out.push_str(match occurrence.via_view {
                _ if matches!(statement.role, Role::View(_)) => "    no column of the view names its owner\n",
                Some(_) => "    as the view is\n",
                None => "    it has the owner of another table's row here, and that one is not tied\n",
            });
        }
        if let Some(access) = statement.access.iter().find(|a| a.occ == occ)
            && matches!(occurrence.source, Source::Table(_))
        {
            access_lines(&mut out, project, statement, access, &paint);
        }
    }
    for (_, finding) in said.iter().filter(|(d, _)| !tables.iter().any(|(occ, ..)| *occ == d.occ)) {
        let _ = writeln!(out, "\n  {} ({})", visible(&finding.message), finding.rule);
    }
    if tables.is_empty() {
        out.push_str("\n  it names no table of the schema\n");
    }
    out
}

/// What a statement is called after its judgement.
fn verdict(statement: &AnalysedStatement) -> (String, Tone) {
    let verdict = statement.proof.as_ref().map(|p| p.verdict);
    if let (Role::View(_), Some(proof)) = (&statement.role, &statement.proof) {
        let (word, tone) = view_verdict(proof);
        return (word.to_owned(), tone);
    }
    match (&statement.exempt, verdict) {
        (Some(_), _) => ("exempt".to_owned(), Tone::Open),
        (None, Some(Verdict::Isolated)) => ("isolated".to_owned(), Tone::Good),
        (None, Some(Verdict::Leaks)) => ("leaks".to_owned(), Tone::Bad),
        (None, Some(Verdict::Unknown)) => ("unknown".to_owned(), Tone::Open),
        (None, Some(Verdict::Global)) => ("touches no rows of a tenant".to_owned(), Tone::Good),
        (None, None) => ("not judged for tenants".to_owned(), Tone::Open),
    }
}

/// What can be said of a view by itself: who may read it is for the statements that do.
fn view_verdict(proof: &TenancyProof) -> (&'static str, Tone) {
    match view_word(proof) {
        "mixes-tenants" => ("mixes tenants: no filter on it can repair that", Tone::Bad),
        "drops-tenant" => ("its columns do not name the tenant, so nobody can filter it", Tone::Bad),
        "keeps-tenant" => ("keeps the tenant: isolated where it is filtered", Tone::Good),
        "isolated" => ("isolated", Tone::Good),
        _ => ("touches no rows of a tenant", Tone::Good),
    }
}

/// The same in one word, for lists.
pub(super) fn view_word(proof: &TenancyProof) -> &'static str {
    let any = |status| proof.occurrences.iter().any(|(_, s)| *s == status);
    match proof.verdict {
        Verdict::Leaks => "mixes-tenants",
        _ if any(OwnerStatus::Untied) => "drops-tenant",
        _ if any(OwnerStatus::Kept) => "keeps-tenant",
        _ if any(OwnerStatus::Tied) => "isolated",
        _ => "global",
    }
}

fn surroundings(statement: &AnalysedStatement) -> String {
    match (&statement.role, &statement.function) {
        (Role::View(name), _) => format!("view `{}`: ", visible(name)),
        (Role::Function(name), _) => format!("in the function `{}`: ", visible(name)),
        (Role::Policy(name), _) => format!("policy `{}`: ", visible(name)),
        (Role::Schema, _) => "in a schema source: ".to_owned(),
        (Role::Query, Some(name)) => format!("`{}`: ", visible(name)),
        (Role::Query, None) => String::new(),
    }
}

/// The statement's lines with their numbers.
fn excerpt(out: &mut String, sources: &Sources, at: Location, paint: &Paint) {
    let file = sources.get(at.file);
    let first = file.line_starts.partition_point(|start| *start <= at.span.start).saturating_sub(1);
    let last = file.line_starts.partition_point(|start| *start < at.span.end.max(at.span.start + 1));
    for number in first..last.min(first + LINES) {
        let bounds = |n: usize| file.line_starts.get(n).map_or(file.text.len(), |s| *s as usize);
        let line = file.text.get(bounds(number)..bounds(number + 1)).unwrap_or_default();
        let line = line.trim_end_matches(['\n', '\r']).replace('\t', "    ");
        let (line, cut) = match line.char_indices().nth(WIDTH) {
            Some((at, _)) => (line.get(..at).unwrap_or_default(), "…"),
            None => (line.as_str(), ""),
        };
        let _ = writeln!(out, "{} {}{cut}", paint.faint(&format!("{:>5} │", number + 1)), visible(line));
    }
    if last > first + LINES {
        let _ = writeln!(out, "{}", paint.faint(&format!("      ┆ {} more lines", last - first - LINES)));
    }
}

/// The tables, views and materialized views of a statement, and the calls that reach tables, in order of appearance,
/// with how their owners stand.
pub(super) fn tables(statement: &AnalysedStatement) -> Vec<(OccId, &Occurrence, Option<OwnerStatus>)> {
    let occurrences = statement.bound.occurrences.iter().enumerate();
    occurrences
        .filter_map(|(i, occurrence)| {
            let occ = OccId(i as u32);
            let proof = statement.proof.as_ref();
            let status = proof.and_then(|p| p.occurrences.iter().find(|(o, _)| *o == occ)).map(|(_, s)| *s);
            let is_table = matches!(occurrence.source, Source::Table(_) | Source::View { .. });
            // Of a policy, the first occurrence is the row that it decides on.
            let is_own_row = matches!(statement.role, Role::Policy(_)) && i == 0;
            (!is_own_row).then_some(())?;
            (is_table || status.is_some()).then_some((occ, occurrence, status))
        })
        .collect()
}

/// The table's name, its alias where it has one, and the view that it is part of.
fn named(project: &Project, statement: &AnalysedStatement, occ: OccId) -> String {
    let occurrence = statement.bound.occurrence(occ);
    let name = match &occurrence.source {
        Source::Table(rel) | Source::View { view: rel, query: _ } => {
            project.catalog.relation(*rel).name.to_string()
        }
        Source::Cte(_)
        | Source::Derived(_)
        | Source::Function { .. }
        | Source::Call(_)
        | Source::System(_)
        | Source::Tuple(_)
        | Source::Unknown(_) => occurrence.alias.clone(),
    };
    if let Source::Function { calls, ordinality: _ } = &occurrence.source {
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        return visible(&format!("the call of `{}`", names.join("`, `"))).into_owned();
    }
    if let Source::Call(_) = occurrence.source {
        return visible(&format!("the call of `{name}`")).into_owned();
    }
    let bare = name.rsplit('.').next().unwrap_or_default();
    let mut text = match occurrence.alias.as_str() {
        "" => format!("`{name}`"),
        alias if alias == bare => format!("`{name}`"),
        alias => format!("`{name}` as `{alias}`"),
    };
    if let Some(view) = occurrence.via_view {
        let _ = write!(text, " in the view `{}`", statement.bound.occurrence(view).alias);
    }
    visible(&text).into_owned()
}

fn steps(
    out: &mut String,
    sources: &Sources,
    project: &Project,
    statement: &AnalysedStatement,
    occ: OccId,
    paint: &Paint,
) {
    for (n, derivation) in derivations(project, statement, occ).into_iter().enumerate() {
        if n > 0 {
            out.push_str("    and where it is used again:\n");
        }
        let mut case = None;
        for told in derivation {
            if told.case != case
                && let Some((number, of)) = told.case
            {
                let _ = writeln!(out, "    case {number} of {of}:");
            }
            case = told.case;
            let at = told.at.map_or_else(String::new, |at| match at.file == statement.location.file {
                true => {
                    let position = sources.get(at.file).position(at.span.start);
                    format!("  ({}:{})", position.line, position.column)
                }
                false => format!("  ({})", place(sources, at)),
            });
            let indent = if case.is_some() { "      " } else { "    " };
            let _ = writeln!(out, "{indent}{}{}", visible(&told.text), paint.faint(&at));
        }
    }
}

/// How the table is read: the class, each index with the columns of it that count, what is checked row by row.
fn access_lines(
    out: &mut String,
    project: &Project,
    statement: &AnalysedStatement,
    access: &Access,
    paint: &Paint,
) {
    let words = match access.class {
        AccessClass::Seek => "an index leads to its rows",
        AccessClass::PartialOnly => "a partial index holds its rows; no column of it is bound",
        AccessClass::OrderOnly => "an index gives only the order",
        AccessClass::None => "no index serves its predicates",
        AccessClass::NoPredicate => "nothing restricts it: it is read whole",
    };
    let _ = writeln!(out, "    {}: {} ({words})", paint.tone(Tone::Note, "read"), access.class.name());
    for used in &access.indexes {
        let _ = writeln!(out, "      {}", visible(&index_line(project, used)));
    }
    let text = &statement.bound.fragment.text;
    for span in &access.residual {
        let of_view = |o: &&Occurrence| matches!(o.source, Source::View { .. }) && o.span == *span;
        let words: Vec<&str> = text.get(span.range()).unwrap_or_default().split_whitespace().collect();
        let what = match statement.bound.occurrences.iter().find(of_view) {
            Some(view) => format!("a condition of the view `{}`", view.alias),
            None => statement.bound.fragment.readable(format!("`{}`", words.join(" "))),
        };
        let _ = writeln!(out, "      checked on each row: {}", visible(&what));
    }
    if access.sort_needed == Some(true) {
        out.push_str("      sorted for ORDER BY\n");
    }
}

fn index_line(project: &Project, used: &IndexUse) -> String {
    let catalog = &project.catalog;
    let index = catalog.index_def(used.index);
    let columns =
        |at: &[usize]| at.iter().filter_map(|at| key_text(catalog, used.index, *at)).collect::<Vec<_>>();
    let all: Vec<usize> = (0..index.keys.len()).collect();
    let mut line = format!("`{}` ({})", index.name, columns(&all).join(", "));
    let bound = columns(&used.bound);
    if !bound.is_empty() {
        let _ = write!(line, ", range by {}", bound.join(", "));
    }
    let others: Vec<usize> = used.keys.iter().copied().filter(|k| !used.bound.contains(k)).collect();
    if !others.is_empty() {
        let _ = write!(line, ", filtered in the index by {}", columns(&others).join(", "));
    }
    let relation = catalog.relation(index.relation);
    let implied: Vec<&str> = used
        .implied
        .iter()
        .filter_map(|c| relation.columns.get(*c as usize))
        .map(|c| c.name.as_str())
        .collect();
    if !implied.is_empty() {
        let _ = write!(line, ", its predicate speaks of {}", implied.join(", "));
    }
    if used.delivers_order {
        line.push_str(", in the order wanted");
    }
    if used.index_only {
        line.push_str(", index only");
    }
    line
}
