//! Values of the configuration as the pipeline wants them: sizes, versions, names, patterns. Knows no key.

use crate::config::document::{ConfigError, Value};
use crate::config::draft::Written;
use crate::rules::Selector;
use crate::source::MEGABYTE;
use crate::source::paths::Patterns;
use crate::syntax::Dialect;

/// Names of dialects, as written.
pub(super) const DIALECTS: &[&str] = &["postgres", "mysql", "sqlite", "postgresql"];

type Errors = Vec<ConfigError>;

pub(super) fn dialect(value: Value<'_>, errors: &mut Errors) -> Option<Dialect> {
    let text = value.string(errors)?;
    match text.as_str() {
        "postgres" | "postgresql" => Some(Dialect::Postgres),
        "mysql" => Some(Dialect::MySql),
        "sqlite" => Some(Dialect::Sqlite),
        _ => {
            errors.push(value.not_among(&text, DIALECTS));
            None
        }
    }
}

/// Which migrations are judged, as written.
pub(super) const JUDGED: &[&str] = &["newest", "all"];

/// Whether all migrations are judged.
pub(super) fn judges_all(value: Value<'_>, errors: &mut Errors) -> Option<bool> {
    let text = value.string(errors)?;
    match text.as_str() {
        "newest" => Some(false),
        "all" => Some(true),
        _ => {
            errors.push(value.not_among(&text, JUDGED));
            None
        }
    }
}

pub(super) fn version(value: Value<'_>, errors: &mut Errors) -> Option<u32> {
    let version = value.integer(errors)?;
    if (9..=99).contains(&version) {
        return u32::try_from(version).ok();
    }
    let error = value.error(format!("there is no PostgreSQL {version}"), "not a major version");
    errors.push(ConfigError { help: Some("write the major version, such as 15".to_owned()), ..error });
    None
}

/// Bytes, or a number with a unit.
pub(super) fn size(value: Value<'_>, errors: &mut Errors) -> Option<u64> {
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

pub(super) fn patterns(value: Value<'_>, errors: &mut Errors) -> Option<Patterns> {
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

pub(super) fn written(value: Value<'_>, errors: &mut Errors) -> Option<Vec<Written>> {
    value.names(errors)?;
    let read = |item: &Value<'_>| {
        let at = item.error(String::new(), "").at;
        item.name(&mut Vec::new()).map(|text| Written { text, at })
    };
    Some(value.items(errors)?.iter().filter_map(read).collect())
}

/// Names of the database, folded as PostgreSQL folds them.
pub(super) fn names(value: Value<'_>, errors: &mut Errors) -> Option<Vec<String>> {
    Some(value.names(errors)?.iter().map(|n| folded(n)).collect())
}

/// A name, perhaps with its schema: lower case unless in double quotes.
pub(super) fn folded(name: &str) -> String {
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

pub(super) fn owners(value: Value<'_>, errors: &mut Errors) -> Option<Vec<(String, Vec<String>)>> {
    let entries = value.entries(errors)?;
    entries.iter().map(|entry| Some((folded(entry.key()), names(*entry, errors)?))).collect()
}

pub(super) fn per_file_ignores(
    value: Value<'_>,
    errors: &mut Errors,
) -> Option<Vec<(Patterns, Vec<Selector>)>> {
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
