//! What a project says about its tenancy and its database: the settings of the provers.

/// `[tenancy]` of the configuration, ready to use. Names are folded as PostgreSQL folds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenancySettings {
    /// Spellings of the tenant column and levels, innermost first. Empty: the tenancy half is off.
    pub columns: Vec<String>,
    /// The table of tenants; else what the tenant columns reference.
    pub root: Option<String>,
    /// Other unique keys of the root that stand for the tenant.
    pub root_keys: Vec<String>,
    /// Tables that belong to nobody.
    pub global: Vec<String>,
    /// Direct tables whose rows without a tenant are everybody's.
    pub shared: Vec<String>,
    /// Whether one array parameter compared with the tenant column is a set of tenants given by the caller.
    pub sets: bool,
    /// For a table with several parents, the columns of the foreign key that decides who owns a row.
    pub owner: Vec<(String, Vec<String>)>,
    /// Tables whose rows say which tenants a principal may act for.
    pub membership: Vec<Membership>,
    /// Session expressions that give the tenant, as written.
    pub session: Vec<String>,
    /// Whether these are what policies of row-level security compare with the tenant column, since none is configured.
    pub session_of_policies: bool,
    /// Whether row-level security counts as an implied filter.
    pub trust_row_security: bool,
}

/// One membership table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The table.
    pub table: String,
    /// Its column that names the principal.
    pub principal: String,
    /// Its column that names the tenant.
    pub tenant: String,
}

/// What the database does, for index coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannerSettings {
    /// Major version of PostgreSQL.
    pub postgres_version: u32,
    /// Collation of the database; `C` and `POSIX` let LIKE prefixes use an ordinary btree.
    pub collation: String,
}

impl Default for PlannerSettings {
    fn default() -> Self {
        PlannerSettings { postgres_version: 15, collation: "en-x-icu".to_owned() }
    }
}
