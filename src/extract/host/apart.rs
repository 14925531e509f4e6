//! What names get of a value that is taken apart, and the texts in objects that names hold.

use tree_sitter::Node;

use super::looks;
use super::shape::Shape;
use super::text::Text;
use super::value::Value;
use super::walk::{Walker, span_of};

/// Keys of the text in an object that says what is run.
pub(super) const TEXT_KEYS: &[&str] = &["text", "sql", "query", "statement"];

/// Texts of one object that are followed.
const MAX_KEYS: usize = 20;

impl<'t> Walker<'t> {
    /// Gives names what is known of the value that they are given together.
    pub(super) fn take_apart(&mut self, targets: &[(&'t str, Option<Node<'t>>)]) {
        match targets {
            [names @ .., ("", Some(value))] if !names.is_empty() => self.take_parts(names, *value),
            [(name, Some(value))] => self.take_texts(name, *value),
            _ => {}
        }
    }

    /// `head, _, tail = q.partition("WHERE")`: each may be a part of the statement, or made of it.
    fn take_parts(&mut self, names: &[(&'t str, Option<Node<'t>>)], value: Node<'t>) {
        let Value::Text(text) = self.eval.value(value, &self.names, 0) else { return };
        let Some(part) = self.eval.part_of(value, &text) else { return };
        // `query, args, err := sqlx.In("..", ids)`: the text is the first of several.
        let is_first = looks::starts_as_statement(&part);
        for (name, given) in names.iter().take(if is_first { 1 } else { usize::MAX }) {
            if given.is_none() && !name.is_empty() {
                self.names.insert((*name).to_owned(), Value::Text(part.clone()));
            }
        }
    }

    /// `const q = { text: "..", values }`: the text goes by the name of the object and its key.
    fn take_texts(&mut self, name: &'t str, value: Node<'t>) {
        let Shape::Pairs(pairs) = (self.eval.language.shape)(self.eval.plain(value), self.eval.source) else {
            return;
        };
        for (key, value) in pairs.into_iter().take(MAX_KEYS) {
            let text = self.eval.text(value, &self.names, 0);
            if looks::starts_as_statement(&text.told()) {
                self.names.insert(format!("{name}.{key}"), Value::Text(text));
            }
        }
    }

    /// The text in an object that a name holds.
    pub(super) fn text_in(&self, name: &str) -> Option<Text> {
        let text = TEXT_KEYS.iter().find_map(|key| self.names.get(&format!("{name}.{key}")))?;
        match text {
            Value::Text(text) => Some(text.clone()),
            Value::List(_) | Value::Pairs(_) | Value::Unknown { .. } => None,
        }
    }

    /// What is known of the text in an object that is handed on, where it may be changed.
    pub(super) fn disturb_texts(&mut self, name: &str, node: Node<'t>) {
        if !matches!(self.names.get(name), Some(Value::Pairs(_))) {
            return;
        }
        let owner = format!("{name}.");
        let paths: Vec<String> = self.names.keys().filter(|path| path.starts_with(&owner)).cloned().collect();
        for path in paths {
            if let Some(value) = self.names.remove(&path) {
                let value = value.with_more(&path, span_of(node));
                self.names.insert(path, value);
            }
        }
    }
}
