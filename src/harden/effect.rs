//! What becomes of a project's findings when what is proposed is applied. Nothing is estimated: the project is judged
//! again with the proposed statements behind its schema, and the findings of both runs are compared.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Hardening, LeftOut, Measure, TenantKey, column_name};
use crate::check::{self, CheckedProject, Outcome, Request};
use crate::finding::Finding;
use crate::project::AnalysedStatement;
use crate::prove::ownership::Owner;
use crate::prove::pairing;
use crate::prove::verdict::{Defect, DefectKind, OwnerStatus};
use crate::query::model::{OccId, Source};
use crate::rules::{self, Family};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, ForeignKeyId, RelId};
use crate::source::{FileId, Location, Sources};
use crate::suggest::Tool;

/// The rule whose findings keys settle.
const JOIN: &str = "unverified-join";

/// What becomes of findings.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Those that are no longer reported.
    pub settled: Vec<Told>,
    /// Joins that still are, each with the reason, as a clause.
    pub unsettled: Vec<(Told, String)>,
    /// Those that are reported only then.
    pub raised: Vec<Told>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The rule that speaks.
    pub rule: &'static str,
    /// Where.
    pub at: Location,
    /// What it says.
    pub message: String,
}

/// The same run, with what is proposed to each of its projects behind their schemas.
pub(super) fn applied(request: &Request, all: &[Hardening]) -> Outcome {
    let proposed = all.iter().map(|hardening| Arc::from(text(hardening))).collect();
    check::run(&Request { proposed, ..request.clone() })
}

/// What is proposed as statements in the order in which they apply.
fn text(hardening: &Hardening) -> String {
    // Which tool applies them does not matter here.
    let batches = super::migration::batches(hardening, Tool::Goose);
    let steps = batches.iter().flat_map(|batch| &batch.steps);
    steps.flat_map(|step| &step.up).map(|statement| format!("{statement};\n")).collect()
}

/// The places of one run, for those of another.
pub(super) struct Places(HashMap<String, FileId>);

impl Places {
    pub(super) fn new(sources: &Sources) -> Places {
        Places(sources.iter().map(|(id, file)| (file.path.clone(), id)).collect())
    }

    /// A place of a run with these sources.
    fn of(&self, sources: &Sources, at: Location) -> Option<Location> {
        Some(Location { file: *self.0.get(&sources.get(at.file).path)?, ..at })
    }
}

/// Compares the findings of a project before and after.
pub(super) fn compare(
    (before, sources): (&CheckedProject, &Sources),
    (after, then): (&CheckedProject, &Sources),
    known: &Places,
    hardening: &Hardening,
) -> Effect {
    let here = |at: Location| known.of(then, at);
    let found = findings(before, |at| known.of(sources, at));
    let left = findings(after, here);
    let places: HashSet<Location> = found.iter().map(|told| told.at).collect();
    let is_same = |a: &Told, b: &Told| a.at == b.at && (a.rule == b.rule || is_of_statement(a, b));
    let mut by_place: HashMap<Location, Vec<&Told>> = HashMap::new();
    left.iter().for_each(|told| by_place.entry(told.at).or_default().push(told));
    let still = |told: &Told| {
        let there = by_place.get(&told.at).into_iter().flatten();
        there.copied().filter(|other| is_same(told, other)).min_by_key(|other| other.rule != told.rule)
    };
    let whys = whys(after, hardening);
    let mut effect = Effect::default();
    for told in &found {
        match still(told) {
            None => effect.settled.push(told.clone()),
            Some(other) if told.rule == JOIN => {
                let why = match other.rule == JOIN {
                    true => {
                        whys.iter().find(|(at, _)| here(*at) == Some(told.at)).map(|(_, why)| why.clone())
                    }
                    false => Some(format!("`{}` then: {}", other.rule, other.message)),
                };
                effect.unsettled.push((told.clone(), why.unwrap_or_default()));
            }
            Some(_) => {}
        }
    }
    effect.raised.extend(left.iter().filter(|told| !places.contains(&told.at)).cloned());
    effect
}

/// Whether both are about what a statement reaches, which one rule says at most.
fn is_of_statement(a: &Told, b: &Told) -> bool {
    let family = |told: &Told| rules::find(told.rule).map(|rule| rule.facts.family);
    family(a) == Some(Family::Tenant) && family(b) == Some(Family::Tenant)
}

/// What is reported of tenants, with its places as `here` has them.
fn findings(checked: &CheckedProject, here: impl Fn(Location) -> Option<Location>) -> Vec<Told> {
    let of_tenants = |finding: &Finding| {
        let family = rules::find(finding.rule).map(|rule| rule.facts.family);
        matches!(family, Some(Family::Tenant | Family::Isolation))
    };
    let counting = checked.findings.iter().filter(|checked| checked.counts()).map(|checked| &checked.finding);
    let told = |finding: &Finding| {
        Some(Told { rule: finding.rule, at: here(finding.primary)?, message: finding.message.clone() })
    };
    counting.filter(|finding| of_tenants(finding)).filter_map(told).collect()
}

/// Notes with each key what it settles: the joins along it, and what is said of it.
pub(super) fn attribute(
    (before, sources): (&CheckedProject, &Sources),
    known: &Places,
    hardening: &mut Hardening,
) {
    let project = &before.project;
    let settled = &hardening.effect.settled;
    let joins: HashSet<Location> = settled.iter().filter(|told| told.rule == JOIN).map(|t| t.at).collect();
    for statement in project.statements.iter().filter(|s| before.is_reported(s.location.file)) {
        for (defect, finding) in rules::of_defects(project, statement) {
            let at = known.of(sources, finding.primary).filter(|_| finding.rule == JOIN);
            let Some(at) = at.filter(|at| joins.contains(at)) else { continue };
            let along = |key: &&mut TenantKey| is_along(&project.catalog, statement, defect, key);
            for key in hardening.foreign_keys.iter_mut().filter(along) {
                let told = settled.iter().find(|told| told.at == at && told.rule == JOIN);
                key.settles.extend(told.cloned());
            }
        }
    }
    for key in &mut hardening.foreign_keys {
        key.settles.extend(settled.iter().filter(|told| told.at == key.plain.declared).cloned());
        key.settles.sort_by_key(|told| told.at);
        key.settles.dedup();
    }
}

/// Whether a defect is a join along that key, in either direction.
fn is_along(catalog: &Catalog, statement: &AnalysedStatement, defect: &Defect, key: &TenantKey) -> bool {
    match &defect.kind {
        DefectKind::UnverifiedJoin { stored_reference: Some(id), .. }
        | DefectKind::UntiedParent { foreign_key: id } => *id == key.id,
        DefectKind::UnverifiedJoin { tied, stored_reference: None } => {
            let (from, to) = (catalog.foreign_key(key.id).relation, catalog.foreign_key(key.id).target);
            let pair = (table(statement, defect.occ), table(statement, *tied));
            pair == (Some(from), Some(to)) || pair == (Some(to), Some(from))
        }
        _ => false,
    }
}

fn table(statement: &AnalysedStatement, occ: OccId) -> Option<RelId> {
    match statement.bound.occurrence(occ).source {
        Source::Table(id) => Some(id),
        _ => None,
    }
}

/// Why joins are reported although everything that is proposed is there.
fn whys(after: &CheckedProject, hardening: &Hardening) -> Vec<(Location, String)> {
    let project = &after.project;
    let reported = project.statements.iter().filter(|s| after.is_reported(s.location.file));
    let of = |statement| {
        let defects = rules::of_defects(project, statement).into_iter();
        let joins = defects.filter(|(_, finding)| finding.rule == JOIN);
        joins.map(move |(defect, finding)| (finding.primary, why(after, hardening, (statement, defect))))
    };
    reported.flat_map(of).collect()
}

/// | the join | why |
/// | --- | --- |
/// | along a key that cannot carry the tenant | what keeps it from that |
/// | to a row that is not tied itself | that |
/// | of tables that a key with the tenant ties, by a part of it | other tenants' rows have the same part |
/// | of such tables, by a part that tells rows apart | what else the statement does with rows |
/// | any other | no key says that both rows are of one tenant |
fn why(
    after: &CheckedProject,
    hardening: &Hardening,
    (statement, defect): (&AnalysedStatement, &Defect),
) -> String {
    let project = &after.project;
    let catalog = &project.catalog;
    let (followed, tied) = match &defect.kind {
        DefectKind::UnverifiedJoin { tied, stored_reference } => (*stored_reference, Some(*tied)),
        DefectKind::UntiedParent { foreign_key } => (Some(*foreign_key), None),
        _ => (None, None),
    };
    let pair = table(statement, defect.occ).zip(tied.and_then(|occ| table(statement, occ)));
    let between = pair.map_or_else(Vec::new, |pair| keys_between(catalog, pair));
    let of_key = |left: &&LeftOut| {
        let is = |id: &ForeignKeyId| left.what == named(catalog, *id);
        left.measure == Measure::Keys && followed.iter().chain(&between).any(is)
    };
    if let Some(left) = hardening.left_out.iter().find(of_key) {
        return format!("along `{}`, which cannot carry the tenant: {}", left.what, left.why);
    }
    let status = |occ: OccId| {
        let all = statement.proof.iter().flat_map(|proof| &proof.occurrences);
        all.clone().find(|(other, _)| *other == occ).map(|(_, status)| *status)
    };
    if tied.and_then(status) == Some(OwnerStatus::Untied) {
        return "the row that it is joined to is not tied to a tenant either".to_owned();
    }
    let carries = |id: &&ForeignKeyId| pairing::carries(&project.ownership, catalog.foreign_key(**id));
    let Some(id) = between.iter().find(carries) else {
        return "no foreign key says that both rows are of one tenant, so the statement has to".to_owned();
    };
    let key = catalog.foreign_key(*id);
    let theirs = match project.ownership.of(key.target) {
        Owner::Direct { column, .. } => Some(*column),
        _ => None,
    };
    let rest: Vec<ColumnIx> = key.target_columns.iter().copied().filter(|c| Some(*c) != theirs).collect();
    if !pairing::has_key(catalog, key.target, &rest) {
        return format!(
            "`{}` carries the tenant, and the statement compares a part of it only, which rows of other tenants may have \
             as well",
            key.name
        );
    }
    let others = rules::of_defects(project, statement);
    match others.iter().find(|(_, finding)| finding.rule != JOIN) {
        Some((_, other)) => {
            format!("the statement reaches rows of other tenants elsewhere too, by `{}`", other.rule)
        }
        None => {
            format!(
                "the statement does more with the rows than to join along `{}`, which carries the tenant",
                key.name
            )
        }
    }
}

/// The foreign keys from one of two tables to the other.
fn keys_between(catalog: &Catalog, (a, b): (RelId, RelId)) -> Vec<ForeignKeyId> {
    let leads = |from: RelId, to: RelId| {
        let keys = catalog.live_foreign_keys(from);
        keys.filter(move |(_, key)| key.target == to).map(|(id, _)| id)
    };
    leads(a, b).chain(leads(b, a)).collect()
}

/// A key as what is left out is called: `table.column`.
fn named(catalog: &Catalog, id: ForeignKeyId) -> String {
    let key = catalog.foreign_key(id);
    let relation = catalog.relation(key.relation);
    let columns: Vec<String> = key.columns.iter().map(|c| column_name(relation, *c)).collect();
    format!("{}.{}", relation.name, columns.join("+"))
}
