//! A configuration while it is read: what its documents have said so far.

use std::sync::Arc;

use crate::config::document::{ConfigError, Document};
use crate::config::keys::TOP;
use crate::config::{At, Exemption, Queries};
use crate::prove::settings::{PlannerSettings, TenancySettings};
use crate::rules::{RuleSettings, Selector};
use crate::source::Limits;
use crate::source::paths::Patterns;
use crate::syntax::Dialect;

/// What several documents have said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) limits: Limits,
    pub(super) rules: RuleSettings,
    pub(super) per_file_ignores: Vec<(Patterns, Vec<Selector>)>,
    /// What stands at the top level: the only database, or what `[[database]]` entries have in common.
    pub(super) common: DatabaseDraft,
    pub(super) several: Vec<DatabaseDraft>,
    /// The first key that says where the only database's files are.
    pub(super) located: At,
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

impl Draft {
    /// Reads a configuration file.
    pub(super) fn read_file(&mut self, document: &Arc<Document>, errors: &mut Vec<ConfigError>) {
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
    pub(super) fn read_override(&mut self, text: &str, errors: &mut Vec<ConfigError>) {
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
