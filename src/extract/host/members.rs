//! Texts in fields of objects. What a method of the object does to them, or what else is given the object, is not followed:
//! a field that it may change holds nothing that is known from there on.

use std::ops::Range;

use tree_sitter::Node;

use super::bind::Binds;
use super::calls;
use super::flow::lost;
use super::looks;
use super::shape::{Act, Call, Shape, source_of};
use super::value::Value;
use super::walk::{Usage, Walker, span_of};

/// Most fields of an object that are followed.
const MAX_FIELDS: usize = 20;

/// What an object calls itself.
const SELF: &[&str] = &["this", "self", "$this", "@", "cls", "static"];

impl<'t> Walker<'t> {
    /// What a call may do to fields of the object that it is called on, and of those that it is given.
    pub(super) fn let_go_fields(&mut self, node: Node<'t>, call: &Call<'t>, is_site: bool) {
        let runs = ["execute", "Execute", "prepare", "Prepare", "Dispose", "Close", "Open"];
        if is_site
            || runs.iter().any(|start| call.name.starts_with(start))
            || looks::is_talk(call, self.eval.source)
            || calls::makes_text(call, self.eval.source)
            || !self.names.keys().any(|name| owner(name).is_some())
        {
            return;
        }
        let mut given: Vec<&str> =
            call.args.iter().map(|arg| object(source_of(arg.value, self.eval.source))).collect();
        let is_own = matches!(self.eval.language.name, "Java" | "C#" | "Kotlin" | "Ruby");
        given.extend(match call.receiver {
            Some(receiver) => Some(object(source_of(receiver, self.eval.source))),
            None => is_own.then_some("this"),
        });
        let reaches = |of: &str| {
            given.iter().any(|object| {
                (SELF.contains(object) || *object == "super" || *object == "base") && SELF.contains(&of)
                    || *object == of
                    || of.strip_prefix(object).is_some_and(|rest| rest.starts_with(['.', '-']))
            })
        };
        let mut fields: Vec<String> =
            self.names.keys().filter(|name| owner(name).is_some_and(reaches)).cloned().collect();
        fields.sort_unstable();
        for field in fields {
            let helper = self.eval.globals.helpers.get(call.name);
            // A function that only gives back something changes nothing.
            if matches!(helper, Some(Some(_))) {
                continue;
            }
            if helper.is_none() || self.is_set_elsewhere(last(&field), self.function_around(node)) {
                self.lose_field(&field, node);
            }
        }
    }

    /// Fields of an object that got another name, or another value.
    pub(super) fn forget_fields(&mut self, name: &str, node: Option<Node<'t>>) {
        if name.is_empty() || self.names.keys().all(|known| owner(known).is_none()) {
            return;
        }
        self.names.retain(|known, _| owner(known) != Some(name));
        let Some(node) = node else { return };
        if let Shape::Name(other) = (self.eval.language.shape)(self.eval.plain(node), self.eval.source) {
            let fields: Vec<String> =
                self.names.keys().filter(|known| owner(known) == Some(other)).cloned().collect();
            fields.iter().for_each(|field| self.lose_field(field, node));
        }
    }

    /// Remembers the texts in the fields of an object that is written out; whether it does.
    pub(super) fn set_fields(&mut self, name: &'t str, node: Node<'t>) -> bool {
        if !matches!(self.eval.language.name, "TypeScript" | "TSX" | "JavaScript") || self.function.is_empty()
        {
            return false;
        }
        let Shape::Pairs(pairs) = (self.eval.language.shape)(self.eval.plain(node), self.eval.source) else {
            return false;
        };
        if name.is_empty() || pairs.len() > MAX_FIELDS {
            return false;
        }
        for (key, value) in pairs {
            match self.eval.value(value, &self.names, 0) {
                Value::Text(text) if text.has_written() => {
                    self.calls_in(value);
                    self.names.insert(format!("{name}.{key}"), Value::Text(text));
                }
                _ => self.nested_walk(value, false),
            }
        }
        true
    }

    /// A field is not known from here on. A statement that it held until now counts as it was.
    fn lose_field(&mut self, field: &str, node: Node<'t>) {
        let Some(value) = self.names.remove(field) else { return };
        if let Value::Text(text) = &value
            && looks::starts_as_statement(text)
            && !self.lost_fields.contains(field)
        {
            self.report(text.clone(), Usage::Held, Binds::Unknown);
            self.lost_fields.insert(field.to_owned());
        }
        self.names.insert(field.to_owned(), lost(value, field, span_of(node)));
    }

    /// The function of the file around a node.
    fn function_around(&self, node: Node<'t>) -> Range<usize> {
        let (mut at, mut found) = (node, node.byte_range());
        while let Some(around) = at.parent() {
            if matches!((self.eval.language.act)(around, self.eval.source), Act::Function { .. }) {
                found = around.byte_range();
            }
            at = around;
        }
        found
    }

    /// Whether the file gives a field another value outside of a part of it.
    fn is_set_elsewhere(&self, field: &str, part: Range<usize>) -> bool {
        let source = self.eval.source;
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        source.match_indices(field).any(|(at, _)| {
            let before = source.get(..at).unwrap_or_default();
            let after = source.get(at + field.len()..).unwrap_or_default();
            if part.contains(&at) || before.ends_with(is_name) || after.starts_with(is_name) {
                return false;
            }
            // A type before it declares it.
            let is_declared = !before.ends_with(['.', '>', '@', ':'])
                && before
                    .trim_end_matches([' ', '$'])
                    .ends_with(|c: char| is_name(c) || matches!(c, '>' | ']' | '?'));
            !is_declared && is_assigned(after)
        })
    }
}

/// Whether a text goes on as an assignment to what stands before it, or as a call that changes it.
pub(super) fn is_assigned(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t', '"', '\'', ']']);
    let sets = after.starts_with('=') && !["==", "=>", "=~"].iter().any(|other| after.starts_with(other));
    let adds = [
        "+=", ".=", "<<", "||=", "??=", ":=", ".push", ".append", ".add", ".Append", ".Add", ".clear",
        ".Write",
    ];
    sets || adds.iter().any(|operator| after.starts_with(operator))
        || after.starts_with(", \"")
        || after.starts_with(", '")
}

/// What a path of names is a field of; none of a name alone.
fn owner(path: &str) -> Option<&str> {
    if path.starts_with('@') {
        return Some("@");
    }
    let at = path.rfind(['.', '>', ':'])?;
    path.get(..at).map(|owner| owner.trim_end_matches(['-', '?', ':', '!']))
}

fn last(path: &str) -> &str {
    path.rsplit(['.', '>', ':', '@']).next().unwrap_or(path).trim_start_matches('$')
}

/// An object as written, without what hands on a reference to it.
fn object(written: &str) -> &str {
    written.trim_start_matches(['&', '*', '(']).trim_start_matches("mut ").trim_end_matches([')', '?', '!'])
}
