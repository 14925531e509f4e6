//! A TOML text read key by key: every error has its place, an unknown key a suggestion. Knows no key of its own.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::reference::Shape;
use crate::source::Span;

/// A text with settings: the configuration file, or one `--config KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What people call it: the file's path, or `--config`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where it is written; absent where the text could not be read at all.
    pub at: Option<(Arc<Document>, Span)>,
    /// One sentence without a full stop.
    pub message: String,
    /// What stands at the place, a few lowercase words.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

/// One key that a table may have, what people are told of it, and what its value sets.
pub(super) struct Key<T> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
    pub(super) default: &'static str,
    pub(super) example: &'static str,
    pub(super) set: fn(&mut T, Value<'_>, &mut Vec<ConfigError>),
}

/// A value with its key and its document.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    document: &'a Arc<Document>,
    key: &'a str,
    /// The key's own place.
    key_span: Span,
    value: &'a Spanned<DeValue<'a>>,
}

impl Document {
    /// Reads a document into `target`.
    pub(super) fn read<T>(self: &Arc<Self>, target: &mut T, keys: &[Key<T>], errors: &mut Vec<ConfigError>) {
        let table = match DeTable::parse(&self.text) {
            Ok(table) => table,
            Err(error) => {
                let end = self.text.len() as u32;
                let span = error.span().map_or(Span::new(0, end.min(1)), span);
                errors.push(ConfigError {
                    at: Some((Arc::clone(self), span)),
                    message: format!("`{}` is not valid TOML", self.name),
                    label: error.message().to_owned(),
                    help: None,
                });
                return;
            }
        };
        read_table(self, None, table.get_ref(), target, keys, errors);
    }
}

fn read_table<T>(
    document: &Arc<Document>,
    within: Option<&str>,
    table: &DeTable<'_>,
    target: &mut T,
    keys: &[Key<T>],
    errors: &mut Vec<ConfigError>,
) {
    let value_of = |name: &'_ Spanned<toml::de::DeString<'_>>| span(name.span());
    // In the order of `keys`, not of the text: a later key may build on an earlier one.
    for known in keys {
        if let Some((name, value)) = table.get_key_value(known.name) {
            let value = Value { document, key: known.name, key_span: value_of(name), value };
            (known.set)(target, value, errors);
        }
    }
    for (name, value) in
        table.iter().filter(|(name, _)| keys.iter().all(|k| k.name != name.get_ref().as_ref()))
    {
        let value = Value { document, key: name.get_ref(), key_span: value_of(name), value };
        let place = within.map_or_else(String::new, |w| format!(" in `{w}`"));
        let names: Vec<&str> = keys.iter().map(|k| k.name).collect();
        errors.push(value.unknown(&format!("unknown key `{}`{place}", value.key), "no such key", &names));
    }
}

impl<'a> Value<'a> {
    pub(super) const fn key(&self) -> &'a str {
        self.key
    }

    /// An error at this value.
    pub(super) fn error(&self, message: String, label: &str) -> ConfigError {
        self.error_at(span(self.value.span()), message, label)
    }

    /// An error at this value's key.
    pub(super) fn key_error(&self, message: String, label: &str) -> ConfigError {
        self.error_at(self.key_span, message, label)
    }

    /// An error at this value's key, which is none of `names`.
    pub(super) fn unknown(&self, message: &str, label: &str, names: &[&str]) -> ConfigError {
        let help = did_you_mean(self.key, names);
        ConfigError { help: Some(help), ..self.key_error(message.to_owned(), label) }
    }

    /// The error of a value whose text is none of `names`.
    pub(super) fn not_among(&self, text: &str, names: &[&str]) -> ConfigError {
        let message = format!("`{}` cannot be `{text}`", self.key);
        ConfigError { help: Some(did_you_mean(text, names)), ..self.error(message, "not one of the values") }
    }

    fn error_at(&self, span: Span, message: String, label: &str) -> ConfigError {
        let at = Some((Arc::clone(self.document), span));
        ConfigError { at, message, label: label.to_owned(), help: None }
    }

    fn wrong(&self, wanted: &str) -> ConfigError {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("`{}` must be {wanted}", self.key), &format!("this is {found}"))
    }

    pub(super) fn string(&self, errors: &mut Vec<ConfigError>) -> Option<String> {
        match self.value.get_ref().as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                errors.push(self.wrong("a string"));
                None
            }
        }
    }

    /// A string that is not empty.
    pub(super) fn name(&self, errors: &mut Vec<ConfigError>) -> Option<String> {
        let text = self.string(errors)?;
        if text.trim().is_empty() {
            errors.push(self.error(format!("`{}` must not be empty", self.key), "this is empty"));
            return None;
        }
        Some(text)
    }

    pub(super) fn boolean(&self, errors: &mut Vec<ConfigError>) -> Option<bool> {
        let value = self.value.get_ref().as_bool();
        if value.is_none() {
            errors.push(self.wrong("true or false"));
        }
        value
    }

    pub(super) fn integer(&self, errors: &mut Vec<ConfigError>) -> Option<u64> {
        let integer = self.value.get_ref().as_integer();
        let value = integer.and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok());
        if value.is_none() {
            errors.push(self.wrong("an integer that is not negative"));
        }
        value
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::String(_))
    }

    /// The items of a list, each with this key.
    pub(super) fn items(&self, errors: &mut Vec<ConfigError>) -> Option<Vec<Value<'a>>> {
        match self.value.get_ref().as_array() {
            Some(items) => Some(items.iter().map(|value| Value { value, ..*self }).collect()),
            None => {
                errors.push(self.wrong("a list"));
                None
            }
        }
    }

    /// A list of strings that are not empty.
    pub(super) fn names(&self, errors: &mut Vec<ConfigError>) -> Option<Vec<String>> {
        let DeValue::Array(_) = self.value.get_ref() else {
            errors.push(self.wrong("a list of strings"));
            return None;
        };
        self.items(errors)?.iter().map(|item| item.name(errors)).collect()
    }

    /// The entries of a table whose keys are names of the user's.
    pub(super) fn entries(&self, errors: &mut Vec<ConfigError>) -> Option<Vec<Value<'a>>> {
        match self.value.get_ref().as_table() {
            Some(table) => Some(
                table
                    .iter()
                    .map(|(name, value)| Value {
                        document: self.document,
                        key: name.get_ref(),
                        key_span: span(name.span()),
                        value,
                    })
                    .collect(),
            ),
            None => {
                errors.push(self.wrong("a table"));
                None
            }
        }
    }

    /// A table with known keys.
    pub(super) fn table<T>(&self, target: &mut T, keys: &[Key<T>], errors: &mut Vec<ConfigError>) {
        match self.value.get_ref().as_table() {
            Some(table) => read_table(self.document, Some(self.key), table, target, keys, errors),
            None => errors.push(self.wrong("a table")),
        }
    }
}

/// How many of the known names an error lists.
const MOST_NAMED: usize = 12;

/// The closest of `names`, or all of them where they are few.
fn did_you_mean(text: &str, names: &[&str]) -> String {
    let close = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&text.replace('_', "-").to_lowercase(), name), *name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min();
    match close {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => {
            let known: Vec<String> = names.iter().take(MOST_NAMED).map(|n| format!("`{n}`")).collect();
            let more = if names.len() > MOST_NAMED { ", ..." } else { "" };
            format!("known are {}{more}", known.join(", "))
        }
    }
}

fn span(range: std::ops::Range<usize>) -> Span {
    let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(offset(range.start), offset(range.end))
}
