//! What a project says about its tenants, as the experiment needs it: read from the `[tenancy]` table of its
//! configuration, apart from the reader of the program under test.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The tenancy of one project.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Tenancy {
    /// Tenant columns, innermost level first.
    pub(crate) columns: Vec<String>,
    /// The table of tenants.
    pub(crate) root: Option<String>,
    /// Tables that belong to nobody.
    pub(crate) global: Vec<String>,
    /// For a table with several parents, the columns of the key that decides.
    pub(crate) owner: BTreeMap<String, Vec<String>>,
    /// Tables that say for which tenants a principal may act.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) membership: Vec<Membership>,
    /// Expressions that give the tenant of the session.
    pub(crate) session: Vec<String>,
    /// Whether statements run under row-level security.
    pub(crate) trust_row_security: bool,
}

/// One membership table.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Membership {
    /// The table.
    pub(crate) table: String,
    /// Its column that names the principal.
    pub(crate) principal: String,
    /// Its column that names the tenant.
    pub(crate) tenant: String,
}

impl Default for Tenancy {
    fn default() -> Self {
        Tenancy {
            columns: vec!["workspace_id".to_owned()],
            root: None,
            global: Vec::new(),
            owner: BTreeMap::new(),
            membership: Vec::new(),
            session: Vec::new(),
            trust_row_security: false,
        }
    }
}

impl Tenancy {
    /// The `[tenancy]` table of a configuration file; the default where there is none.
    pub(crate) fn read(config: &str) -> Result<Tenancy, String> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct File {
            tenancy: Tenancy,
        }
        let file: File = toml::from_str(config).map_err(|e| e.to_string())?;
        Ok(file.tenancy)
    }

    /// Names of the session settings that carry the tenant, with the level of each.
    pub(crate) fn settings(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for expression in &self.session {
            let Some(argument) = expression.split("current_setting").nth(1) else { continue };
            let Some(name) = argument.split('\'').nth(1) else { continue };
            let level = self.columns.iter().position(|column| name.ends_with(column.as_str())).unwrap_or(0);
            found.push((name.to_owned(), level));
        }
        found
    }
}

/// `membership` may be one table or a list.
fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Membership>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Some {
        One(Membership),
        Many(Vec<Membership>),
    }
    Ok(match Some::deserialize(from)? {
        Some::One(one) => vec![one],
        Some::Many(many) => many,
    })
}
