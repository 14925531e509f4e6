//! Every key of the configuration, with what its value sets. The tables here are the one list of keys.

use crate::config::document::{ConfigError, Key, Value};
use crate::config::draft::{DatabaseDraft, Draft};
use crate::config::reference::{LEVELS, Setting, Shape, told};
use crate::config::values::{
    DIALECTS, JUDGED, dialect, folded, judges_all, names, owners, patterns, per_file_ignores, size, version,
    written,
};
use crate::config::{Exemption, Queries};
use crate::prove::settings::Membership;
use crate::rules::{Level, RuleSettings, Selector};
use crate::source::Limits;
use crate::source::paths::Patterns;

type Errors = Vec<ConfigError>;

pub(super) const TOP: &[Key<Draft>] = &[
    Key {
        name: "dialect",
        about: "The SQL that the database speaks.",
        shape: Shape::Choice(DIALECTS),
        default: "\"postgres\"",
        example: "\"postgres\"",
        set: |d, v, e| put(&mut d.common.dialect, dialect(v, e)),
    },
    Key {
        name: "postgres-version",
        about: "The major version of PostgreSQL, which decides what its planner can do.",
        shape: Shape::Integer(9, 99),
        default: "15",
        example: "16",
        set: |d, v, e| put(&mut d.common.planner.postgres_version, version(v, e)),
    },
    Key {
        name: "collation",
        about: "The collation of the database. With `C` or `POSIX` an ordinary btree serves `LIKE 'a%'`.",
        shape: Shape::Name,
        default: "\"en-x-icu\"",
        example: "\"C\"",
        set: |d, v, e| put(&mut d.common.planner.collation, v.name(e)),
    },
    Key {
        name: "max-file-size",
        about: "Files of more bytes are skipped and counted. Schema sources may have 200MB, or this if it is more.",
        shape: Shape::Size,
        default: "\"10MB\"",
        example: "\"20MB\"",
        set: |d, v, e| put_limit(&mut d.limits, size(v, e)),
    },
    Key {
        name: "tenancy",
        about: "How rows belong to tenants.",
        shape: Shape::Table(|| told(TENANCY)),
        default: "",
        example: "",
        set: |d, v, e| v.table(&mut d.common, TENANCY, e),
    },
    Key {
        name: "schema",
        about: "Where the schema is declared.",
        shape: Shape::Table(|| told(SCHEMA)),
        default: "",
        example: "",
        set: |d, v, e| {
            d.located = v.key_error(String::new(), "").at;
            v.table(&mut d.common, SCHEMA, e)
        },
    },
    Key {
        name: "queries",
        about: "Where the statements are, and how the application puts them together.",
        shape: Shape::Table(|| told(QUERIES)),
        default: "",
        example: "",
        set: |d, v, e| {
            d.located = v.key_error(String::new(), "").at;
            v.table(&mut d.common.queries, QUERIES, e)
        },
    },
    Key {
        name: "migrations",
        about: "How migrations are judged.",
        shape: Shape::Table(|| told(MIGRATIONS)),
        default: "",
        example: "",
        set: |d, v, e| v.table(&mut d.common, MIGRATIONS, e),
    },
    Key {
        name: "rules",
        about: "The severity of a rule, of a family or of `all`; `off` silences it. A rule outweighs its family.",
        shape: Shape::Rules(|| told(OPTIONS)),
        default: "",
        example: "",
        set: |d, v, e| rules(&mut d.rules, v, e),
    },
    Key {
        name: "per-file-ignores",
        about: "Rules and families that are silent in the files of a pattern.",
        shape: Shape::RulesByPattern,
        default: "{}",
        example: "{ \"scripts/**\" = [\"key-only-access\"] }",
        set: |d, v, e| put(&mut d.per_file_ignores, per_file_ignores(v, e)),
    },
    Key {
        name: "database",
        about: "One database of several. What stands at the top level counts for each, but for `schema` and `queries`, which \
                belong into the entries.",
        shape: Shape::Tables { of: || told(DATABASE), required: &[&["name"]] },
        default: "",
        example: "",
        set: databases,
    },
];

const DATABASE: &[Key<DatabaseDraft>] = &[
    Key {
        name: "name",
        about: "What reports call it.",
        shape: Shape::Name,
        default: "",
        example: "\"billing\"",
        set: |d, v, e| {
            let at = v.error(String::new(), "").at;
            put(&mut d.name, v.name(e).map(|n| (n, at)))
        },
    },
    Key {
        name: "dialect",
        about: "As at the top level.",
        shape: Shape::Choice(DIALECTS),
        default: "",
        example: "\"mysql\"",
        set: |d, v, e| put(&mut d.dialect, dialect(v, e)),
    },
    Key {
        name: "postgres-version",
        about: "As at the top level.",
        shape: Shape::Integer(9, 99),
        default: "",
        example: "14",
        set: |d, v, e| put(&mut d.planner.postgres_version, version(v, e)),
    },
    Key {
        name: "collation",
        about: "As at the top level.",
        shape: Shape::Name,
        default: "",
        example: "\"C\"",
        set: |d, v, e| put(&mut d.planner.collation, v.name(e)),
    },
    Key {
        name: "tenancy",
        about: "As at the top level.",
        shape: Shape::Table(|| told(TENANCY)),
        default: "",
        example: "{ columns = [\"account_id\"] }",
        set: |d, v, e| v.table(d, TENANCY, e),
    },
    Key {
        name: "schema",
        about: "As at the top level.",
        shape: Shape::Table(|| told(SCHEMA)),
        default: "",
        example: "{ sources = [\"billing/migrations/*.sql\"] }",
        set: |d, v, e| v.table(d, SCHEMA, e),
    },
    Key {
        name: "queries",
        about: "As at the top level.",
        shape: Shape::Table(|| told(QUERIES)),
        default: "",
        example: "{ include = [\"billing/**\"] }",
        set: |d, v, e| v.table(&mut d.queries, QUERIES, e),
    },
    Key {
        name: "migrations",
        about: "As at the top level.",
        shape: Shape::Table(|| told(MIGRATIONS)),
        default: "",
        example: "{ judge = \"all\" }",
        set: |d, v, e| v.table(d, MIGRATIONS, e),
    },
];

const MIGRATIONS: &[Key<DatabaseDraft>] = &[Key {
    name: "judge",
    about: "Which migrations the rules of the family `migration` judge: the `newest` by the order of the tool, with those that the \
            command line names, or `all`. With `--diff-base` all are judged, and those that the base has are old.",
    shape: Shape::Choice(JUDGED),
    default: "\"newest\"",
    example: "\"all\"",
    set: |d, v, e| put(&mut d.all_migrations, judges_all(v, e)),
}];

const TENANCY: &[Key<DatabaseDraft>] = &[
    Key {
        name: "columns",
        about: "The column that says whose a row is, in all its spellings; of several levels the innermost first. Inferred if \
                absent; an empty list turns the tenancy half off.",
        shape: Shape::Names,
        default: "",
        example: "[\"workspace_id\"]",
        set: |d, v, e| {
            d.tenancy_given = true;
            put(&mut d.tenancy.columns, names(v, e))
        },
    },
    Key {
        name: "root",
        about: "The table of tenants. If absent, the table that the tenant columns refer to.",
        shape: Shape::Name,
        default: "",
        example: "\"workspace\"",
        set: |d, v, e| put(&mut d.tenancy.root, v.name(e).map(|n| Some(folded(&n)))),
    },
    Key {
        name: "root-keys",
        about: "Unique columns of the root, other than its key, that stand for the tenant.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"slug\"]",
        set: |d, v, e| put(&mut d.tenancy.root_keys, names(v, e)),
    },
    Key {
        name: "global",
        about: "Tables that belong to nobody, whatever their columns are called.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"currency\", \"plan\"]",
        set: |d, v, e| put(&mut d.tenancy.global, names(v, e)),
    },
    Key {
        name: "shared",
        about: "Tables with a tenant column whose rows without a tenant are everybody's to read.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"template\"]",
        set: |d, v, e| put(&mut d.tenancy.shared, names(v, e)),
    },
    Key {
        name: "sets",
        about: "Whether `= ANY($1)` with one array is a set of tenants for which the caller may act.",
        shape: Shape::Flag,
        default: "true",
        example: "false",
        set: |d, v, e| put(&mut d.tenancy.sets, v.boolean(e)),
    },
    Key {
        name: "owner",
        about: "For a table that reaches the tenant by several foreign keys, the columns of the one that decides whose a row \
                is.",
        shape: Shape::NamesByTable,
        default: "{}",
        example: "{ agent_tool = [\"agent_id\"] }",
        set: |d, v, e| put(&mut d.tenancy.owner, owners(v, e)),
    },
    Key {
        name: "membership",
        about: "Tables whose rows say for which tenants a principal may act: `workspace_id IN (SELECT workspace_id FROM \
                workspace_member WHERE user_id = $1)` then ties a table.",
        shape: Shape::Tables {
            of: || told(MEMBERSHIP),
            required: &[&["table"], &["principal"], &["tenant"]],
        },
        default: "[]",
        example: "[{ table = \"workspace_member\", principal = \"user_id\", tenant = \"workspace_id\" }]",
        set: |d, v, e| put(&mut d.tenancy.membership, memberships(v, e)),
    },
    Key {
        name: "session",
        about: "Expressions that give the tenant of the session; casts and the `missing_ok` form are matched too. If absent, \
                those that policies of row security compare with the tenant column.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"current_setting('app.workspace_id')\"]",
        set: |d, v, e| put(&mut d.tenancy.session, v.names(e)),
    },
    Key {
        name: "trust-row-security",
        about: "Whether policies count as filters of the tables on which row security is enabled and forced. Owners of tables \
                and superusers bypass them.",
        shape: Shape::Flag,
        default: "false",
        example: "true",
        set: |d, v, e| put(&mut d.tenancy.trust_row_security, v.boolean(e)),
    },
    Key {
        name: "exempt",
        about: "Intended exceptions by place. `audit` lists them with their reasons.",
        shape: Shape::Tables { of: || told(EXEMPTION), required: &[&["paths", "functions"], &["reason"]] },
        default: "[]",
        example: "",
        set: |d, v, e| put(&mut d.exempt, exemptions(v, e)),
    },
];

const SCHEMA: &[Key<DatabaseDraft>] = &[Key {
    name: "sources",
    about: "Files, directories and patterns of the migrations or the dump, relative to the configuration and within its git \
            repository, in the order in which they apply. Inferred if absent.",
    shape: Shape::Names,
    default: "",
    example: "[\"db/migrations/*.sql\"]",
    set: |d, v, e| put(&mut d.sources, written(v, e).map(Some)),
}];

const QUERIES: &[Key<Queries>] = &[
    Key {
        name: "include",
        about: "Patterns of the files that hold statements; all of the project if empty.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"src/**\"]",
        set: |q, v, e| put(&mut q.include, patterns(v, e)),
    },
    Key {
        name: "exclude",
        about: "Patterns of files that are left out.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"**/*_test.go\"]",
        set: |q, v, e| put(&mut q.exclude, patterns(v, e)),
    },
    Key {
        name: "scope-helpers",
        about: "Expressions of programs that put the condition on the tenant into a statement.",
        shape: Shape::Names,
        default: "[]",
        example: "[\"scope.Condition()\"]",
        set: |q, v, e| put(&mut q.scope_helpers, v.names(e)),
    },
    Key {
        name: "table-prefix",
        about: "What a name that is spliced in front of names of tables stands for.",
        shape: Shape::Text,
        default: "\"\"",
        example: "\"billing_\"",
        set: |q, v, e| put(&mut q.table_prefix, v.string(e)),
    },
];

const MEMBERSHIP: &[Key<Membership>] = &[
    Key {
        name: "table",
        about: "The table.",
        shape: Shape::Name,
        default: "",
        example: "\"workspace_member\"",
        set: |m, v, e| put(&mut m.table, v.name(e).map(|n| folded(&n))),
    },
    Key {
        name: "principal",
        about: "Its column that names the principal, such as a user.",
        shape: Shape::Name,
        default: "",
        example: "\"user_id\"",
        set: |m, v, e| put(&mut m.principal, v.name(e).map(|n| folded(&n))),
    },
    Key {
        name: "tenant",
        about: "Its column that names the tenant.",
        shape: Shape::Name,
        default: "",
        example: "\"workspace_id\"",
        set: |m, v, e| put(&mut m.tenant, v.name(e).map(|n| folded(&n))),
    },
];

const EXEMPTION: &[Key<(Exemption, bool)>] = &[
    Key {
        name: "paths",
        about: "Patterns of files.",
        shape: Shape::Names,
        default: "",
        example: "[\"scripts/**\"]",
        set: |x, v, e| {
            x.1 = true;
            let each = v.names(&mut Vec::new()).unwrap_or_default().into_iter();
            x.0.patterns = each.filter_map(|p| Some((p.clone(), Patterns::new(&[p]).ok()?))).collect();
            put(&mut x.0.paths, patterns(v, e))
        },
    },
    Key {
        name: "functions",
        about: "Names of functions, of the schema or of programs, and of named queries. With `paths`, both must hold.",
        shape: Shape::Names,
        default: "",
        example: "[\"purge_expired\"]",
        set: |x, v, e| {
            x.1 = true;
            put(&mut x.0.functions, v.names(e))
        },
    },
    Key {
        name: "reason",
        about: "Why.",
        shape: Shape::Name,
        default: "",
        example: "\"maintenance runs over all tenants\"",
        set: |x, v, e| put(&mut x.0.reason, v.name(e)),
    },
];

const OPTIONS: &[Key<RuleSettings>] = &[
    Key {
        name: "uncovered-predicate",
        about: "Options of `uncovered-predicate`.",
        shape: Shape::Table(|| told(UNCOVERED_PREDICATE)),
        default: "",
        example: "",
        set: |r, v, e| v.table(&mut r.options.uncovered_predicate, UNCOVERED_PREDICATE, e),
    },
    Key {
        name: "missing-row-security",
        about: "Options of `missing-row-security`.",
        shape: Shape::Table(|| told(MISSING_ROW_SECURITY)),
        default: "",
        example: "",
        set: |r, v, e| v.table(&mut r.options.missing_row_security, MISSING_ROW_SECURITY, e),
    },
];

const MISSING_ROW_SECURITY: &[Key<crate::rules::MissingRowSecurity>] = &[Key {
    name: "always",
    about: "Speak of tables of tenants without row security also where no table of the project has it.",
    shape: Shape::Flag,
    default: "false",
    example: "true",
    set: |o, v, e| put(&mut o.always, v.boolean(e)),
}];

const UNCOVERED_PREDICATE: &[Key<crate::rules::UncoveredPredicate>] = &[Key {
    name: "small-tables",
    about: "Tables so small that reading them whole is fine; no rule of the family `index` asks for an index on them.",
    shape: Shape::Names,
    default: "[]",
    example: "[\"plan\", \"currency\"]",
    set: |o, v, e| put(&mut o.small_tables, names(v, e)),
}];

/// Every key of a configuration file.
pub fn reference() -> Vec<Setting> {
    told(TOP)
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
            None => errors.push(entry.not_among(&text, LEVELS)),
        }
    }
}
