//! The one list of rules. A rule is a page (`rules/<rule>.md`), a function (`src/rules/<family>/<rule>.rs`) and a line
//! here; names, severities and words elsewhere are derived from these.

mod draft;
mod index;
mod injection;
mod isolation;
mod migration;
mod moment;
mod page;
mod remedy;
mod settings;
mod subject;
mod tenant;
mod words;

use std::cell::OnceCell;
use std::sync::LazyLock;

pub use page::{Facts, Family};
pub use settings::{Level, MissingRowSecurity, Options, RuleSettings, Selector, UncoveredPredicate};

use crate::finding::{Finding, Problem};
use crate::project::{AnalysedStatement, Project, Role, Splice};
use crate::prove::verdict::{Access, Defect};
use crate::query::model::SplicedRole;
use crate::source::Hole;
use draft::Draft;
use moment::Moment;
use subject::Subject;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which says the defect.
    pub id: &'static str,
    /// Its page as written.
    pub page: &'static str,
    /// What the page's front matter says.
    pub facts: Facts,
    check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
enum Check {
    /// One defect or remark of a statement's tenancy proof; a rule answers for its own kinds of defects.
    Defect(fn(&Subject<'_>, &Defect) -> Option<Draft>),
    /// Index coverage of one occurrence of a base table.
    Access(fn(&Subject<'_>, &Access, &Options) -> Option<Draft>),
    /// The final catalog with its ownership.
    Catalog(fn(&Project) -> Vec<Draft>),
    /// Declared indexes beside the statements that use them.
    Indexes(fn(&Project, &Options) -> Vec<Draft>),
    /// One expression that a body splices into SQL.
    Splice(fn(&Splice) -> Draft),
    /// A statement as a whole.
    Statement(fn(&Subject<'_>) -> Vec<Draft>),
    /// One thing that a program splices into a statement.
    Hole(fn(&Subject<'_>, &Hole, SplicedRole) -> Option<Draft>),
    /// One act of a migration that is judged.
    Act(fn(&Moment<'_>) -> Option<Draft>),
    /// The same, where one act can be wrong in several places.
    Acts(fn(&Moment<'_>) -> Vec<Draft>),
    /// What an earlier stage met and said in its own words.
    Problem,
}

impl Rule {
    /// Whether it looks at migrations, of which only some are judged.
    pub fn is_of_migrations(&self) -> bool {
        matches!(self.check, Check::Act(_) | Check::Acts(_))
    }
}

/// A line of the list: the rule's id, its page, and its function.
macro_rules! rule {
    ($id:literal, $check:expr) => {
        ($id, include_str!(concat!("../../rules/", $id, ".md")), $check)
    };
}

#[rustfmt::skip]
const LIST: &[(&str, &str, Check)] = &[
    rule!("missing-tenant-filter", Check::Defect(tenant::missing_tenant_filter::check)),
    rule!("key-only-access", Check::Defect(tenant::key_only_access::check)),
    rule!("unverified-join", Check::Defect(tenant::unverified_join::check)),
    rule!("optional-tenant-filter", Check::Defect(tenant::optional_tenant_filter::check)),
    rule!("tenant-filter-escape", Check::Defect(tenant::tenant_filter_escape::check)),
    rule!("late-tenant-filter", Check::Defect(tenant::late_tenant_filter::check)),
    rule!("wider-tenant-filter", Check::Defect(tenant::wider_tenant_filter::check)),
    rule!("hardcoded-tenant", Check::Defect(tenant::hardcoded_tenant::check)),
    rule!("doubtful-tenant", Check::Statement(tenant::doubtful_tenant::check)),
    rule!("mismatched-tenants", Check::Defect(tenant::mismatched_tenants::check)),
    rule!("insert-without-tenant", Check::Defect(tenant::insert_without_tenant::check)),
    rule!("tenant-reassignment", Check::Defect(tenant::tenant_reassignment::check)),
    rule!("cross-tenant-upsert", Check::Defect(tenant::cross_tenant_upsert::check)),
    rule!("unverified-parent", Check::Defect(tenant::unverified_parent::check)),
    rule!("unverified-reference", Check::Defect(tenant::unverified_reference::check)),
    rule!("global-write", Check::Defect(tenant::global_write::check)),
    rule!("mixed-tenant-view", Check::Defect(tenant::mixed_tenant_view::check)),
    rule!("unresolved-tenant-scope", Check::Defect(tenant::unresolved_tenant_scope::check)),
    rule!("unclassified-table", Check::Catalog(isolation::unclassified_table::check)),
    rule!("nullable-tenant-column", Check::Catalog(isolation::nullable_tenant_column::check)),
    rule!("policy-without-row-security", Check::Catalog(isolation::policy_without_row_security::check)),
    rule!("unforced-row-security", Check::Catalog(isolation::unforced_row_security::check)),
    rule!("row-security-without-policy", Check::Catalog(isolation::row_security_without_policy::check)),
    rule!("always-true-policy", Check::Catalog(isolation::always_true_policy::check)),
    rule!("policy-without-tenant", Check::Catalog(isolation::policy_without_tenant::check)),
    rule!("policy-without-check", Check::Catalog(isolation::policy_without_check::check)),
    rule!("fail-open-setting", Check::Catalog(isolation::fail_open_setting::check)),
    rule!("missing-row-security", Check::Indexes(isolation::missing_row_security::check)),
    rule!("definer-view", Check::Catalog(isolation::definer_view::check)),
    rule!("exposed-materialized-view", Check::Catalog(isolation::exposed_materialized_view::check)),
    rule!("mutable-search-path", Check::Catalog(isolation::mutable_search_path::check)),
    rule!("unscoped-definer-function", Check::Catalog(isolation::unscoped_definer_function::check)),
    rule!("row-security-bypass", Check::Catalog(isolation::row_security_bypass::check)),
    rule!("session-wide-tenant", Check::Statement(isolation::session_wide_tenant::check)),
    rule!("unpaired-tenant-key", Check::Catalog(isolation::unpaired_tenant_key::check)),
    rule!("cascade-across-tenants", Check::Catalog(isolation::cascade_across_tenants::check)),
    rule!("set-null-drops-tenant", Check::Catalog(isolation::set_null_drops_tenant::check)),
    rule!("global-unique-key", Check::Catalog(isolation::global_unique_key::check)),
    rule!("per-row-policy-call", Check::Catalog(isolation::per_row_policy_call::check)),
    rule!("uncovered-policy", Check::Catalog(isolation::uncovered_policy::check)),
    rule!("uncovered-predicate", Check::Access(index::uncovered_predicate::check)),
    rule!("uncovered-join", Check::Access(index::uncovered_join::check)),
    rule!("uncovered-sort", Check::Access(index::uncovered_sort::check)),
    rule!("partial-index-missed", Check::Access(index::partial_index_missed::check)),
    rule!("unindexable-predicate", Check::Access(index::unindexable_predicate::check)),
    rule!("index-barred-by-policy", Check::Access(index::index_barred_by_policy::check)),
    rule!("weakly-covered-predicate", Check::Access(index::weakly_covered_predicate::check)),
    rule!("dynamic-sql", Check::Splice(injection::dynamic_sql::check)),
    rule!("spliced-value", Check::Hole(injection::spliced_value::check)),
    rule!("spliced-identifier", Check::Hole(injection::spliced_identifier::check)),
    rule!("invalid-index", Check::Problem),
    rule!("unindexed-foreign-key", Check::Indexes(index::unindexed_foreign_key::check)),
    rule!("duplicate-index", Check::Indexes(index::duplicate_index::check)),
    rule!("redundant-index", Check::Indexes(index::redundant_index::check)),
    rule!("unused-index", Check::Indexes(index::unused_index::check)),
    rule!("tenant-column-not-leading", Check::Indexes(index::tenant_column_not_leading::check)),
    rule!("unappliable-migration", Check::Problem),
    rule!("refused-in-transaction", Check::Act(migration::refused_in_transaction::check)),
    rule!("refresh-without-unique-index", Check::Act(migration::refresh_without_unique_index::check)),
    rule!("unusable-enum-value", Check::Act(migration::unusable_enum_value::check)),
    rule!("required-column-without-default", Check::Act(migration::required_column_without_default::check)),
    rule!("cascading-truncate", Check::Act(migration::cascading_truncate::check)),
    rule!("breaking-drop", Check::Act(migration::breaking_drop::check)),
    rule!("breaking-rename", Check::Act(migration::breaking_rename::check)),
    rule!("blocking-index-build", Check::Act(migration::blocking_index_build::check)),
    rule!("blocking-index-drop", Check::Act(migration::blocking_index_drop::check)),
    rule!("blocking-constraint", Check::Act(migration::blocking_constraint::check)),
    rule!("validation-in-same-transaction", Check::Act(migration::validation_in_same_transaction::check)),
    rule!("blocking-not-null", Check::Act(migration::blocking_not_null::check)),
    rule!("blocking-key", Check::Act(migration::blocking_key::check)),
    rule!("blocking-exclusion", Check::Act(migration::blocking_exclusion::check)),
    rule!("rewriting-type-change", Check::Act(migration::rewriting_type_change::check)),
    rule!("rewriting-column", Check::Act(migration::rewriting_column::check)),
    rule!("blocking-refresh", Check::Act(migration::blocking_refresh::check)),
    rule!("blocking-maintenance", Check::Act(migration::blocking_maintenance::check)),
    rule!("blocking-attach", Check::Acts(migration::blocking_attach::check)),
    rule!("blocking-detach", Check::Act(migration::blocking_detach::check)),
    rule!("blocking-trigger", Check::Act(migration::blocking_trigger::check)),
    rule!("unbounded-backfill", Check::Act(migration::unbounded_backfill::check)),
    rule!("long-lock-window", Check::Act(migration::long_lock_window::check)),
    rule!("locks-on-several-tables", Check::Act(migration::locks_on_several_tables::check)),
    rule!("missing-lock-timeout", Check::Act(migration::missing_lock_timeout::check)),
    rule!("unbalanced-transaction", Check::Act(migration::unbalanced_transaction::check)),
    rule!("irreversible-migration", Check::Acts(migration::irreversible_migration::check)),
    rule!("overlong-identifier", Check::Acts(migration::overlong_identifier::check)),
    rule!("json-column", Check::Acts(migration::json_column::check)),
    rule!("char-column", Check::Acts(migration::char_column::check)),
    rule!("timestamp-without-time-zone", Check::Acts(migration::timestamp_without_time_zone::check)),
    rule!("narrow-key", Check::Acts(migration::narrow_key::check)),
    rule!("unparsed-statement", Check::Problem),
    rule!("unknown-table", Check::Problem),
    rule!("unknown-column", Check::Problem),
    rule!("unused-suppression", Check::Problem),
    rule!("unexplained-suppression", Check::Problem),
    rule!("unknown-suppression", Check::Problem),
];

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    LIST.iter()
        .map(|&(id, page, check)| {
            let facts = Facts::parse(page).unwrap_or_else(|_| Facts::unreadable());
            Rule { id, page, facts, check }
        })
        .collect()
});

/// Every rule, in the order in which a reader should meet them.
pub fn all() -> &'static [Rule] {
    &RULES
}

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().find(|r| r.id == id)
}

/// What the rules have to say about a project, by file and place.
pub fn run(project: &Project, settings: &RuleSettings) -> Vec<Finding> {
    let on: Vec<&Rule> = all().iter().filter(|r| settings.is_on(r)).collect();
    let mut findings = Vec::new();
    let uses = OnceCell::new();
    let mut report = |rule: &Rule, draft: Draft, subject: Option<&Subject<'_>>| {
        findings.push(finish(rule, settings, draft, subject));
    };
    for rule in &on {
        match rule.check {
            Check::Problem => {
                let problems = project.problems.iter().filter(|p| p.rule == rule.id);
                problems.for_each(|p| report(rule, Draft::from(p), None));
            }
            Check::Catalog(check) => check(project).into_iter().for_each(|d| report(rule, d, None)),
            Check::Indexes(check) => {
                check(project, &settings.options).into_iter().for_each(|d| report(rule, d, None));
            }
            Check::Act(check) => {
                let all = project.migrations.iter().flat_map(|m| Moment::all(project, m, &uses));
                all.filter_map(|moment| check(&moment)).for_each(|d| report(rule, d, None));
            }
            Check::Acts(check) => {
                let all = project.migrations.iter().flat_map(|m| Moment::all(project, m, &uses));
                all.flat_map(|moment| check(&moment)).for_each(|d| report(rule, d, None));
            }
            Check::Splice(check) => project.splices.iter().for_each(|s| report(rule, check(s), None)),
            Check::Defect(_) | Check::Access(_) | Check::Statement(_) | Check::Hole(_) => {}
        }
    }
    // Not the statements of migrations, which run for all tenants and once.
    for statement in project.statements.iter().filter(|s| s.role != Role::Schema) {
        let subject = Subject::new(project, statement);
        for rule in &on {
            match rule.check {
                Check::Defect(check) => {
                    let defects = statement.proof.iter().flat_map(|p| p.defects.iter().chain(&p.remarks));
                    let drafts = defects.filter_map(|d| check(&subject, d));
                    drafts.for_each(|d| report(rule, d, Some(&subject)));
                }
                Check::Access(check) => {
                    let drafts =
                        statement.access.iter().filter_map(|a| check(&subject, a, &settings.options));
                    drafts.for_each(|d| report(rule, d, Some(&subject)));
                }
                Check::Statement(check) => {
                    check(&subject).into_iter().for_each(|d| report(rule, d, Some(&subject)));
                }
                Check::Hole(check) => {
                    let drafts = subject.holes().filter_map(|(hole, role)| check(&subject, hole, role));
                    drafts.for_each(|d| report(rule, d, Some(&subject)));
                }
                Check::Problem
                | Check::Catalog(_)
                | Check::Indexes(_)
                | Check::Splice(_)
                | Check::Act(_)
                | Check::Acts(_) => {}
            }
        }
    }
    findings.sort_by(|a, b| (a.primary, a.rule, &a.message).cmp(&(b.primary, b.rule, &b.message)));
    // The ways in which a program's text may read have most of their findings in common.
    findings.dedup_by(|a, b| (a.primary, a.rule, &a.message) == (b.primary, b.rule, &b.message));
    findings
}

fn finish(rule: &Rule, settings: &RuleSettings, draft: Draft, subject: Option<&Subject<'_>>) -> Finding {
    let own = draft.severity.unwrap_or(rule.facts.severity);
    let draft = match subject {
        Some(subject) => draft.in_words_of(&subject.bound().fragment),
        None => draft,
    };
    Finding {
        rule: rule.id,
        severity: settings.severity(rule, own),
        confidence: draft.confidence.unwrap_or(rule.facts.confidence),
        message: draft.message,
        help: draft.help,
        primary: draft.primary,
        statement: draft.statement.or_else(|| subject.map(|s| s.statement.location)),
        labels: draft.labels,
        fixes: draft.fixes,
        table: draft.table,
        function: draft.function.or_else(|| subject.and_then(|s| s.statement.function.clone())),
    }
}

/// What the rules say of each defect of a statement, whichever of them are on.
pub fn of_defects<'a>(project: &'a Project, statement: &'a AnalysedStatement) -> Vec<(&'a Defect, Finding)> {
    let (subject, settings) = (Subject::new(project, statement), RuleSettings::default());
    let defects = statement.proof.iter().flat_map(|p| &p.defects);
    let said = |defect: &'a Defect| {
        all().iter().find_map(|rule| match rule.check {
            Check::Defect(check) => {
                let draft = check(&subject, defect)?;
                Some((defect, finish(rule, &settings, draft, Some(&subject))))
            }
            Check::Access(_)
            | Check::Catalog(_)
            | Check::Indexes(_)
            | Check::Splice(_)
            | Check::Statement(_)
            | Check::Hole(_)
            | Check::Act(_)
            | Check::Acts(_)
            | Check::Problem => None,
        })
    };
    defects.filter_map(said).collect()
}

/// Findings of problems that only show once the rules have run.
pub fn of_problems(problems: &[Problem], settings: &RuleSettings) -> Vec<Finding> {
    let finding = |problem: &Problem| {
        let rule = find(problem.rule).filter(|rule| settings.is_on(rule))?;
        Some(finish(rule, settings, Draft::from(problem), None))
    };
    problems.iter().filter_map(finding).collect()
}

impl From<&Problem> for Draft {
    fn from(problem: &Problem) -> Draft {
        let Problem { rule: _, message, help, primary, statement, labels } = problem;
        Draft {
            message: message.clone(),
            help: help.clone(),
            primary: *primary,
            statement: *statement,
            labels: labels.clone(),
            ..Draft::new(*primary, String::new())
        }
    }
}
