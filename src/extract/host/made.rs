//! What is made of a statement in ways that are not followed: a hole that knows the statement, so that what runs is not taken
//! for it.

use std::rc::Rc;

use tree_sitter::Node;

use super::eval::Evaluator;
use super::looks;
use super::shape::{Act, Call, Shape, children, source_of};
use super::text::{Splice, Text};
use super::value::{Names, Value};
use super::walk::span_of;
use crate::source::HoleKind;

impl<'t> Evaluator<'t> {
    /// What is made of a statement in a way that is not followed: it begins as the statement does, and says something else.
    pub(super) fn derived(
        &self,
        node: Node<'t>,
        given: impl IntoIterator<Item = Node<'t>>,
        names: &Names,
        depth: usize,
    ) -> Value {
        let given: Vec<Node<'t>> = given.into_iter().collect();
        let texts = given.iter().filter_map(|node| match self.value(*node, names, depth + 1) {
            Value::Text(text) => Some(text),
            Value::List(_) | Value::Pairs(_) | Value::Unknown { .. } => None,
        });
        match { texts }.find(looks::starts_as_statement) {
            Some(mut text) => {
                text.append(&Text::hole(self.splice(node, HoleKind::Clause)));
                Value::Text(text)
            }
            None => self.made(node, given, names, depth),
        }
    }

    /// Whether what a call gives back is no text that is made of those that it is given: rows, or what runs them.
    pub(super) fn runs(&self, call: &Call<'t>) -> bool {
        let name = call.name.to_ascii_lowercase();
        self.language.takes_sql(call.name)
            || ["prepare", "new"].iter().any(|of| name.starts_with(of))
            || ["query", "statement", "command", "stmt"].iter().any(|of| name.ends_with(of))
            || (call.name.starts_with(char::is_uppercase)
                && self.language.name != "Go"
                && call.receiver.is_none())
    }

    /// What is made in a way that is not followed: a hole, which knows the statement in what it is made of.
    pub(super) fn made(
        &self,
        node: Node<'t>,
        given: impl IntoIterator<Item = Node<'t>>,
        names: &Names,
        depth: usize,
    ) -> Value {
        let is_value = |node: &Node<'t>| matches!((self.language.act)(*node, self.source), Act::None);
        let of = given.into_iter().filter(is_value).find_map(|node| self.statement_in(node, names, depth));
        match of {
            Some(text) => Value::Text(self.made_of(node, HoleKind::Spliced, text)),
            None => Value::Unknown { number: false },
        }
    }

    /// What may be known of a part of a value: of a text that is made of a statement, that it is made of it.
    pub(super) fn part_of(&self, node: Node<'t>, text: &Text) -> Option<Text> {
        if text.is_made() {
            return Some(text.clone());
        }
        let ends_here = |splice: &Splice| splice.span == span_of(self.plain(node));
        let mut whole = text.clone();
        whole.cut_holes(ends_here);
        match looks::starts_as_statement(text) {
            true if whole.is(text) => Some(whole),
            true => Some(self.made_of(node, HoleKind::Spliced, whole)),
            false => None,
        }
    }

    pub(super) fn made_of(&self, node: Node<'t>, kind: HoleKind, mut text: Text) -> Text {
        // What is made of it in turn says where it ends.
        let whole = span_of(node);
        text.cut_holes(|splice| splice.kind == HoleKind::Clause && whole.contains(splice.span));
        Text::hole(Splice { of: Some(Rc::new(text)), ..self.splice(node, kind) })
    }

    /// The text that an object holds by a key that is written out.
    pub(super) fn kept_by<'n>(
        &self,
        part: Node<'t>,
        object: Node<'t>,
        names: &'n Names,
    ) -> Option<&'n Value> {
        let key = *children(part).get(1)?;
        let written = source_of(key, self.source);
        let key = written.trim_matches(['"', '\'']);
        (key.len() + 2 == written.len())
            .then(|| names.get(&format!("{}.{key}", source_of(object, self.source))))?
    }

    /// A statement in an object that a name holds, which may be what is taken out of it.
    pub(super) fn kept_in(&self, object: Node<'t>, names: &Names) -> Option<Text> {
        let Shape::Name(name) = (self.language.shape)(object, self.source) else { return None };
        names.get(name).filter(|value| matches!(value, Value::Pairs(_)))?;
        let owner = format!("{name}.");
        let kept = names.iter().filter(|(path, _)| path.starts_with(&owner));
        let texts = kept.filter_map(|(path, value)| match value {
            Value::Text(text) => Some((path, text.told())),
            Value::List(_) | Value::Pairs(_) | Value::Unknown { .. } => None,
        });
        let (_, text) = texts
            .filter(|(_, text)| looks::starts_as_statement(text))
            .min_by_key(|(path, _)| path.as_str())?;
        Some(text)
    }

    /// The statement that an expression is, or that is in it.
    pub(super) fn statement_in(&self, node: Node<'t>, names: &Names, depth: usize) -> Option<Text> {
        let texts = match self.value(node, names, depth + 1) {
            Value::Text(text) => vec![text],
            Value::List(list) => list.items.into_iter().map(|item| item.text).collect(),
            Value::Pairs(_) | Value::Unknown { .. } => Vec::new(),
        };
        // What a tag makes is run by itself, or a part of another such text.
        let texts = texts.into_iter().filter(|text| !text.tagged).map(|text| text.told());
        { texts }.find(looks::starts_as_statement)
    }
}
