//! The keys of the configuration as people and editors are told of them: what each is for and what its value looks like.

use crate::config::document::Key;

/// What the severity of a rule may be set to.
pub const LEVELS: &[&str] = &["error", "warning", "info", "off"];

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it says, in one or two sentences.
    pub about: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// What holds without it, in TOML; empty where no value says that.
    pub default: &'static str,
    /// A value, in TOML; empty where the keys within have theirs.
    pub example: &'static str,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string, perhaps empty.
    Text,
    /// A string that is not empty.
    Name,
    /// True or false.
    Flag,
    /// An integer from the first to the second.
    Integer(u64, u64),
    /// A number of bytes, or a string with a unit.
    Size,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A list of strings that are not empty.
    Names,
    /// A table from names of tables to lists of names.
    NamesByTable,
    /// A table from patterns to lists of rules and families.
    RulesByPattern,
    /// A table from rules and families to one of [`LEVELS`], and `options` with a table for each of these keys.
    Rules(fn() -> Vec<Setting>),
    /// A table with these keys.
    Table(fn() -> Vec<Setting>),
    /// A list of tables with these keys.
    Tables {
        /// The keys.
        of: fn() -> Vec<Setting>,
        /// Each of these sets needs at least one of its keys.
        required: &'static [&'static [&'static str]],
    },
}

/// What people are told of a table's keys.
pub(super) fn told<T>(keys: &[Key<T>]) -> Vec<Setting> {
    let setting = |key: &Key<T>| {
        let Key { name, about, shape, default, example, set: _ } = *key;
        Setting { name, about, shape, default, example }
    };
    keys.iter().map(setting).collect()
}
