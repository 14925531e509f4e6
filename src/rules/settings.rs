//! Which rules speak and how loudly: [`RuleSettings`], filled by `config`.

use crate::finding::Severity;
use crate::rules::page::Family;
use crate::rules::{self, Rule};
use crate::schema::catalog::Name;

/// The rules' settings of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// Rules that speak; empty for all that are on by default.
    pub select: Vec<Selector>,
    /// Rules that speak in addition.
    pub extend_select: Vec<Selector>,
    /// Rules that do not; a rule selected by its own name outweighs its family ignored.
    pub ignore: Vec<Selector>,
    /// Severity by rule or family, later entries outweighing earlier ones, rules outweighing families.
    pub levels: Vec<(Selector, Level)>,
    /// Options of single rules.
    pub options: Options,
}

/// One rule, a family, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// `all`.
    All,
    /// A family.
    Family(Family),
    /// A rule, by id.
    Rule(&'static str),
}

/// A configured severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The rule is silent.
    Off,
    /// The rule speaks with this severity.
    Severity(Severity),
}

/// Options of single rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `[rules.options.uncovered-predicate]`.
    pub uncovered_predicate: UncoveredPredicate,
    /// `[rules.options.missing-row-security]`.
    pub missing_row_security: MissingRowSecurity,
}

/// Options of `missing-row-security`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingRowSecurity {
    /// Whether it speaks where no table of the project has row security.
    pub always: bool,
}

/// Options of `uncovered-predicate`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UncoveredPredicate {
    /// Tables so small that reading them whole is fine; names as in the catalog, with or without schema.
    pub small_tables: Vec<String>,
}

impl Options {
    /// Whether a table is known to be small: no rule of the family `index` asks for an index on it.
    pub(super) fn is_small(&self, table: &Name) -> bool {
        let full = table.to_string();
        self.uncovered_predicate.small_tables.iter().any(|s| *s == full || *s == table.name)
    }
}

impl Selector {
    /// Reads `all`, a family's name or a rule's id.
    pub fn parse(text: &str) -> Option<Selector> {
        if text == "all" {
            return Some(Selector::All);
        }
        Family::parse(text).map(Selector::Family).or_else(|| rules::find(text).map(|r| Selector::Rule(r.id)))
    }

    /// Every text that [`Selector::parse`] reads, for did-you-mean.
    pub fn names() -> Vec<&'static str> {
        let families = Family::ALL.iter().map(|f| f.name());
        std::iter::once("all").chain(families).chain(rules::all().iter().map(|r| r.id)).collect()
    }

    /// Whether it names that rule.
    pub fn covers(self, rule: &Rule) -> bool {
        self.strength(rule) > 0
    }

    /// How closely it names that rule: 0 not at all, 3 by its own name.
    fn strength(self, rule: &Rule) -> u8 {
        match self {
            Selector::All => 1,
            Selector::Family(family) if family == rule.facts.family => 2,
            Selector::Rule(id) if id == rule.id => 3,
            Selector::Family(_) | Selector::Rule(_) => 0,
        }
    }
}

impl Level {
    /// Reads `error`, `warning`, `info` or `off`.
    pub fn parse(text: &str) -> Option<Level> {
        match text {
            "off" => Some(Level::Off),
            _ => Severity::parse(text).map(Level::Severity),
        }
    }
}

impl RuleSettings {
    /// Whether the rule speaks. What names the rule more closely outweighs what names it less so; between equals
    /// `ignore` wins. A severity written for this very rule turns it on where nothing is selected.
    pub fn is_on(&self, rule: &Rule) -> bool {
        let level = self.level(rule);
        if level == Some(Level::Off) {
            return false;
        }
        let strongest = |list: &[Selector]| list.iter().map(|s| s.strength(rule)).max().unwrap_or(0);
        let by_default = match self.levels.iter().any(|(s, _)| *s == Selector::Rule(rule.id)) {
            true => 3,
            false => u8::from(rule.facts.on_by_default),
        };
        let by_default = if self.select.is_empty() { by_default } else { 0 };
        strongest(&self.select).max(strongest(&self.extend_select)).max(by_default) > strongest(&self.ignore)
    }

    /// The configured severity of a rule.
    pub fn level(&self, rule: &Rule) -> Option<Level> {
        // `max_by_key` gives the last of equals, so later entries outweigh earlier ones.
        self.levels
            .iter()
            .filter(|(s, _)| s.covers(rule))
            .max_by_key(|(s, _)| s.strength(rule))
            .map(|(_, level)| *level)
    }

    /// The severity of a finding of this rule that would by itself have the severity given.
    pub fn severity(&self, rule: &Rule, own: Severity) -> Severity {
        match self.level(rule) {
            Some(Level::Severity(severity)) => severity,
            Some(Level::Off) | None => own,
        }
    }
}
