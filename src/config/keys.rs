//! Every key of the configuration, with what its value sets. The tables here are the one list of keys.

use std::sync::Arc;

use crate::config::document::{ConfigError, Document, Key, Value};
use crate::config::{At, Exemption, Queries};
use crate::prove::settings::{Membership, PlannerSettings, TenancySettings};
use crate::rules::{Level, RuleSettings, Selector};
use crate::source::paths::Patterns;
use crate::source::{Limits, MEGABYTE};
use crate::syntax::Dialect;

/// A configuration while it is read: what several documents have said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) limits: Limits,
    pub(super) rules: RuleSettings,
    pub(super) per_file_ignores: Vec<(Patterns, Vec<Selector>)>,
    /// What stands at the top level: the only database, or what `[[database]]` entries have in common.
    common: DatabaseDraft,
    several: Vec<DatabaseDraft>,
    /// The first key that says where the only database's files are.
    located: At,
}

/// One database while it is read.
#[derive(Clone, Debug)]
pub(super) struct DatabaseDraft {
    pub(super) name: (String, At),
    pub(super) dialect: Dialect,
    pub(super) planner: PlannerSettings,
    pub(super) tenancy: TenancySettings,
    pub(super) tenancy_given: bool,
    pub(super) exempt: Vec<Exemption>,
    pub(super) sources: Option<Vec<Written>>,
    pub(super) queries: Queries,
    pub(super) all_migrations: bool,
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) at: At,
}

type Errors = Vec<ConfigError>;

const TOP: &[Key<Draft>] = &[
    Key { name: "dialect", set: |d, v, e| put(&mut d.common.dialect, dialect(v, e)) },
    Key {
        name: "postgres-version",
        set: |d, v, e| put(&mut d.common.planner.postgres_version, version(v, e)),
    },
    Key { name: "collation", set: |d, v, e| put(&mut d.common.planner.collation, v.name(e)) },
    Key { name: "max-file-size", set: |d, v, e| put_limit(&mut d.limits, size(v, e)) },
    Key { name: "tenancy", set: |d, v, e| v.table(&mut d.common, TENANCY, e) },
    Key {
        name: "schema",
        set: |d, v, e| {
            d.located = v.key_error(String::new(), "").at;
            v.table(&mut d.common, SCHEMA, e)
        },
    },
    Key {
        name: "queries",
        set: |d, v, e| {
            d.located = v.key_error(String::new(), "").at;
            v.table(&mut d.common.queries, QUERIES, e)
        },
    },
    Key { name: "migrations", set: |d, v, e| v.table(&mut d.common, MIGRATIONS, e) },
    Key { name: "rules", set: |d, v, e| rules(&mut d.rules, v, e) },
    Key { name: "per-file-ignores", set: |d, v, e| put(&mut d.per_file_ignores, per_file_ignores(v, e)) },
    Key { name: "database", set: databases },
];

const DATABASE: &[Key<DatabaseDraft>] = &[
    Key {
        name: "name",
        set: |d, v, e| {
            let at = v.error(String::new(), "").at;
            put(&mut d.name, v.name(e).map(|n| (n, at)))
        },
    },
    Key { name: "dialect", set: |d, v, e| put(&mut d.dialect, dialect(v, e)) },
    Key { name: "postgres-version", set: |d, v, e| put(&mut d.planner.postgres_version, version(v, e)) },
    Key { name: "collation", set: |d, v, e| put(&mut d.planner.collation, v.name(e)) },
    Key { name: "tenancy", set: |d, v, e| v.table(d, TENANCY, e) },
    Key { name: "schema", set: |d, v, e| v.table(d, SCHEMA, e) },
    Key { name: "queries", set: |d, v, e| v.table(&mut d.queries, QUERIES, e) },
    Key { name: "migrations", set: |d, v, e| v.table(d, MIGRATIONS, e) },
];

const TENANCY: &[Key<DatabaseDraft>] = &[
    Key {
        name: "columns",
        set: |d, v, e| {
            d.tenancy_given = true;
            put(&mut d.tenancy.columns, names(v, e))
        },
    },
    Key { name: "root", set: |d, v, e| put(&mut d.tenancy.root, v.name(e).map(|n| Some(folded(&n)))) },
    Key { name: "root-keys", set: |d, v, e| put(&mut d.tenancy.root_keys, names(v, e)) },
    Key { name: "global", set: |d, v, e| put(&mut d.tenancy.global, names(v, e)) },
    Key { name: "shared", set: |d, v, e| put(&mut d.tenancy.shared, names(v, e)) },
    Key { name: "sets", set: |d, v, e| put(&mut d.tenancy.sets, v.boolean(e)) },
    Key { name: "owner", set: |d, v, e| put(&mut d.tenancy.owner, owners(v, e)) },
    Key { name: "membership", set: |d, v, e| put(&mut d.tenancy.membership, memberships(v, e)) },
    Key { name: "session", set: |d, v, e| put(&mut d.tenancy.session, v.names(e)) },
    Key { name: "trust-row-security", set: |d, v, e| put(&mut d.tenancy.trust_row_security, v.boolean(e)) },
    Key { name: "exempt", set: |d, v, e| put(&mut d.exempt, exemptions(v, e)) },
];

const SCHEMA: &[Key<DatabaseDraft>] =
    &[Key { name: "sources", set: |d, v, e| put(&mut d.sources, written(v, e).map(Some)) }];

const MIGRATIONS: &[Key<DatabaseDraft>] =
    &[Key { name: "judge", set: |d, v, e| put(&mut d.all_migrations, judges_all(v, e)) }];

const QUERIES: &[Key<Queries>] = &[
    Key { name: "include", set: |q, v, e| put(&mut q.include, patterns(v, e)) },
    Key { name: "exclude", set: |q, v, e| put(&mut q.exclude, patterns(v, e)) },
    Key { name: "scope-helpers", set: |q, v, e| put(&mut q.scope_helpers, v.names(e)) },
    Key { name: "table-prefix", set: |q, v, e| put(&mut q.table_prefix, v.string(e)) },
];

const MEMBERSHIP: &[Key<Membership>] = &[
    Key { name: "table", set: |m, v, e| put(&mut m.table, v.name(e).map(|n| folded(&n))) },
    Key { name: "principal", set: |m, v, e| put(&mut m.principal, v.name(e).map(|n| folded(&n))) },
    Key { name: "tenant", set: |m, v, e| put(&mut m.tenant, v.name(e).map(|n| folded(&n))) },
];

const EXEMPTION: &[Key<(Exemption, bool)>] = &[
    Key {
        name: "paths",
        set: |x, v, e| {
            x.1 = true;
            let each = v.names(&mut Vec::new()).unwrap_or_default().into_iter();
            x.0.patterns = each.filter_map(|p| Some((p.clone(), Patterns::new(&[p]).ok()?))).collect();
            put(&mut x.0.paths, patterns(v, e))
        },
    },
    Key {
        name: "functions",
        set: |x, v, e| {
            x.1 = true;
            put(&mut x.0.functions, v.names(e))
        },
    },
    Key { name: "reason", set: |x, v, e| put(&mut x.0.reason, v.name(e)) },
];

const OPTIONS: &[Key<RuleSettings>] = &[Key {
    name: "uncovered-predicate",
    set: |r, v, e| v.table(&mut r.options.uncovered_predicate, UNCOVERED_PREDICATE, e),
}];

const UNCOVERED_PREDICATE: &[Key<crate::rules::UncoveredPredicate>] =
    &[Key { name: "small-tables", set: |o, v, e| put(&mut o.small_tables, names(v, e)) }];

impl Draft {
    /// Reads a configuration file.
    pub(super) fn read_file(&mut self, document: &Arc<Document>, errors: &mut Errors) {
        document.read(self, TOP, errors);
        if let (Some(at), false) = (&self.located, self.several.is_empty()) {
            errors.push(ConfigError {
                at: Some(at.clone()),
                message: "files are configured beside `[[database]]`".to_owned(),
                label: "belongs to which database?".to_owned(),
                help: Some("move it into the entry of its database".to_owned()),
            });
        }
    }

    /// Reads a `KEY=VALUE` of the command line. A value that is no TOML is a string.
    pub(super) fn read_override(&mut self, text: &str, errors: &mut Errors) {
        let document = |text: String| Arc::new(Document { name: "--config".to_owned(), text });
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let as_toml = format!("{} = {}", key.trim(), value.trim());
        let text = match toml::de::DeTable::parse(&as_toml) {
            Ok(_) => as_toml,
            Err(_) => format!("{} = {}", key.trim(), toml::Value::String(value.trim().to_owned())),
        };
        // Each database was read by itself, so each is told; an error is the same for all.
        let mut several = std::mem::take(&mut self.several);
        document(text.clone()).read(self, TOP, errors);
        for database in &mut several {
            let mut one = Draft { common: database.clone(), ..Draft::default() };
            document(text.clone()).read(&mut one, TOP, &mut Vec::new());
            *database = one.common;
        }
        if self.several.is_empty() {
            self.several = several;
        }
    }

    /// The databases, at least one.
    pub(super) fn databases(&self) -> &[DatabaseDraft] {
        if self.several.is_empty() { std::slice::from_ref(&self.common) } else { &self.several }
    }
}

impl Default for DatabaseDraft {
    fn default() -> Self {
        DatabaseDraft {
            name: ("main".to_owned(), None),
            dialect: Dialect::default(),
            planner: PlannerSettings::default(),
            tenancy: TenancySettings { sets: true, ..TenancySettings::default() },
            tenancy_given: false,
            exempt: Vec::new(),
            sources: None,
            queries: Queries::default(),
            all_migrations: false,
        }
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn put_limit(limits: &mut Limits, size: Option<u64>) {
    if let Some(size) = size {
        *limits = Limits { file: size, schema: limits.schema.max(size) };
    }
}

/// `[[database]]`: each entry begins with what the top level says, wherever it says it.
fn databases(draft: &mut Draft, value: Value<'_>, errors: &mut Errors) {
    let Some(entries) = value.items(errors) else { return };
    for entry in entries {
        let mut database = DatabaseDraft { name: (String::new(), None), ..draft.common.clone() };
        let before = errors.len();
        entry.table(&mut database, DATABASE, errors);
        if database.name.0.is_empty() && errors.len() == before {
            errors.push(entry.error("a `[[database]]` has no `name`".to_owned(), "here"));
        }
        draft.several.push(database);
    }
}

fn dialect(value: Value<'_>, errors: &mut Errors) -> Option<Dialect> {
    let text = value.string(errors)?;
    match text.as_str() {
        "postgres" | "postgresql" => Some(Dialect::Postgres),
        "mysql" => Some(Dialect::MySql),
        "sqlite" => Some(Dialect::Sqlite),
        _ => {
            errors.push(value.not_among(&text, &["postgres", "mysql", "sqlite"]));
            None
        }
    }
}

/// Whether all migrations are judged.
fn judges_all(value: Value<'_>, errors: &mut Errors) -> Option<bool> {
    let text = value.string(errors)?;
    match text.as_str() {
        "newest" => Some(false),
        "all" => Some(true),
        _ => {
            errors.push(value.not_among(&text, &["newest", "all"]));
            None
        }
    }
}

fn version(value: Value<'_>, errors: &mut Errors) -> Option<u32> {
    let version = value.integer(errors)?;
    if (9..=99).contains(&version) {
        return u32::try_from(version).ok();
    }
    let error = value.error(format!("there is no PostgreSQL {version}"), "not a major version");
    errors.push(ConfigError { help: Some("write the major version, such as 15".to_owned()), ..error });
    None
}

/// Bytes, or a number with a unit.
fn size(value: Value<'_>, errors: &mut Errors) -> Option<u64> {
    if !value.is_string() {
        return value.integer(errors);
    }
    let text = value.string(errors)?;
    let digits = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.trim().get(digits.len()..).unwrap_or("").to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "kb" => Some(1_000),
        "mb" => Some(MEGABYTE),
        "gb" => Some(1_000 * MEGABYTE),
        _ => None,
    };
    let bytes = unit.zip(digits.trim().parse::<u64>().ok()).and_then(|(unit, n)| n.checked_mul(unit));
    if bytes.is_none() {
        let error = value.error(format!("`{text}` is no file size"), "not a size");
        errors.push(ConfigError { help: Some("write a size such as \"10MB\"".to_owned()), ..error });
    }
    bytes
}

fn patterns(value: Value<'_>, errors: &mut Errors) -> Option<Patterns> {
    let texts = value.names(errors)?;
    match Patterns::new(&texts) {
        Ok(patterns) => Some(patterns),
        Err((i, why)) => {
            let items = value.items(errors)?;
            let at = items.get(i).unwrap_or(&value);
            errors.push(
                at.error(format!("`{}` is not a pattern", texts.get(i).map_or("", String::as_str)), &why),
            );
            None
        }
    }
}

fn written(value: Value<'_>, errors: &mut Errors) -> Option<Vec<Written>> {
    value.names(errors)?;
    let read = |item: &Value<'_>| {
        let at = item.error(String::new(), "").at;
        item.name(&mut Vec::new()).map(|text| Written { text, at })
    };
    Some(value.items(errors)?.iter().filter_map(read).collect())
}

/// Names of the database, folded as PostgreSQL folds them.
fn names(value: Value<'_>, errors: &mut Errors) -> Option<Vec<String>> {
    Some(value.names(errors)?.iter().map(|n| folded(n)).collect())
}

/// A name, perhaps with its schema: lower case unless in double quotes.
fn folded(name: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for c in name.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => out.push(c),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn owners(value: Value<'_>, errors: &mut Errors) -> Option<Vec<(String, Vec<String>)>> {
    let entries = value.entries(errors)?;
    entries.iter().map(|entry| Some((folded(entry.key()), names(*entry, errors)?))).collect()
}

fn memberships(value: Value<'_>, errors: &mut Errors) -> Option<Vec<Membership>> {
    let items = value.items(errors)?;
    let read = |entry: &Value<'_>| {
        let mut membership =
            Membership { table: String::new(), principal: String::new(), tenant: String::new() };
        entry.table(&mut membership, MEMBERSHIP, errors);
        let Membership { table, principal, tenant } = &membership;
        for (name, value) in [("table", table), ("principal", principal), ("tenant", tenant)] {
            if value.is_empty() {
                errors.push(entry.error(format!("a membership table has no `{name}`"), "here"));
                return None;
            }
        }
        Some(membership)
    };
    items.iter().map(read).collect()
}

fn exemptions(value: Value<'_>, errors: &mut Errors) -> Option<Vec<Exemption>> {
    let items = value.items(errors)?;
    let read = |entry: &Value<'_>| {
        let mut exemption = (Exemption::default(), false);
        let before = errors.len();
        entry.table(&mut exemption, EXEMPTION, errors);
        if errors.len() > before {
            return None;
        }
        let (exemption, placed) = exemption;
        let missing = match (exemption.reason.is_empty(), placed) {
            (true, _) => "`reason`",
            (false, false) => "`paths` or `functions`",
            (false, true) => return Some(exemption),
        };
        errors.push(entry.error(format!("an exception has no {missing}"), "here"));
        None
    };
    items.iter().map(read).collect()
}

fn rules(settings: &mut RuleSettings, value: Value<'_>, errors: &mut Errors) {
    for entry in value.entries(errors).unwrap_or_default() {
        if entry.key() == "options" {
            entry.table(settings, OPTIONS, errors);
            continue;
        }
        let Some(selector) = Selector::parse(entry.key()) else {
            let message = format!("there is no rule `{}`", entry.key());
            errors.push(entry.unknown(&message, "no such rule or family", &Selector::names()));
            continue;
        };
        let Some(text) = entry.string(errors) else { continue };
        match Level::parse(&text) {
            Some(level) => settings.levels.push((selector, level)),
            None => errors.push(entry.not_among(&text, &["error", "warning", "info", "off"])),
        }
    }
}

fn per_file_ignores(value: Value<'_>, errors: &mut Errors) -> Option<Vec<(Patterns, Vec<Selector>)>> {
    let mut all = Vec::new();
    for entry in value.entries(errors)? {
        let pattern = match Patterns::new(&[entry.key().to_owned()]) {
            Ok(pattern) => pattern,
            Err((_, why)) => {
                errors.push(entry.key_error(format!("`{}` is not a pattern", entry.key()), &why));
                continue;
            }
        };
        let mut selectors = Vec::new();
        for item in entry.items(errors).unwrap_or_default() {
            let Some(text) = item.name(errors) else { continue };
            match Selector::parse(&text) {
                Some(selector) => selectors.push(selector),
                None => {
                    let error = item.not_among(&text, &Selector::names());
                    errors.push(ConfigError { message: format!("there is no rule `{text}`"), ..error });
                }
            }
        }
        all.push((pattern, selectors));
    }
    Some(all)
}
