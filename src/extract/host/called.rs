//! What calls give back: texts of what they are given, as far as their names tell.

use tree_sitter::Node;

use super::calls::{self, Meaning};
use super::eval::{Evaluator, Helper};
use super::format;
use super::looks;
use super::shape::{Arg, Call, Shape, Style, source_of};
use super::space;
use super::text::{Splice, Text, Written};
use super::value::{Item, List, Names, Value, join};
use crate::source::{HoleKind, Span};

impl<'t> Evaluator<'t> {
    pub(super) fn call(&self, call: &Call<'t>, names: &Names, depth: usize) -> Value {
        match calls::meaning(call, self.source) {
            Meaning::Same(node) => self.value(node, names, depth + 1),
            Meaning::Tagged(node) => {
                let mut text = self.text(node, names, depth + 1);
                text.tagged = true;
                Value::Text(text)
            }
            Meaning::Empty => Value::Text(Text { tagged: true, ..Text::default() }),
            Meaning::Indented { text, margin } => {
                let text = self.text(text, names, depth + 1);
                Value::Text(if margin {
                    format::without_margin(&text)
                } else {
                    format::without_indent(&text)
                })
            }
            Meaning::Trimmed { text, start, end } => match self.value(text, names, depth + 1) {
                Value::Text(text) => Value::Text(space::trimmed(&text, start, end)),
                other => other,
            },
            Meaning::Collapsed(text) => match self.value(text, names, depth + 1) {
                Value::Text(text) => Value::Text(space::collapsed(&text)),
                Value::List(_) | Value::Pairs(_) | Value::Unknown { .. } => Value::Unknown { number: false },
            },
            Meaning::Format { template, args, style } => {
                let template = self.text(template, names, depth + 1);
                Value::Text(self.format(&template, &args, style, names, depth))
            }
            Meaning::Concat(nodes) => {
                let mut text = Text::default();
                for node in nodes {
                    text.append(&self.text(node, names, depth + 1));
                }
                Value::Text(text)
            }
            Meaning::Spaced(nodes) => Value::Text(self.spaced(&nodes, names, depth)),
            Meaning::Added { text, more, line } => self.added(text, more, line, names, depth),
            Meaning::Cased(node) => match self.value(node, names, depth + 1) {
                // Words of the language stay the same, what is quoted does not.
                Value::Text(text)
                    if looks::starts_as_statement(&text)
                        && text.only_written().is_some_and(|text| !text.contains(['\'', '"', '$'])) =>
                {
                    Value::Text(text)
                }
                _ => Value::Unknown { number: false },
            },
            Meaning::Compact(list) => match self.value(list, names, depth + 1) {
                Value::List(list) => Value::List(list.compact()),
                Value::Text(_) | Value::Pairs(_) | Value::Unknown { .. } => Value::Unknown { number: false },
            },
            Meaning::NotNull(nodes) => {
                let item = |n: Node<'t>| Item { text: self.text(n, names, depth + 1), optional: false };
                let list = List { items: nodes.into_iter().map(item).collect(), more: false };
                Value::List(list.compact())
            }
            Meaning::Joined { texts, separator } => {
                let item = |n: Node<'t>| Item { text: self.text(n, names, depth + 1), optional: false };
                let list = List { items: texts.into_iter().map(item).collect(), more: false };
                let separator = self.text(separator, names, depth + 1);
                join(&list, &separator).map_or(Value::Unknown { number: false }, Value::Text)
            }
            Meaning::Join { list, separator } => {
                let separator = match separator {
                    Some(node) => self.text(node, names, depth + 1),
                    None => written_at(",", list.end_byte()),
                };
                let joined = match self.value(list, names, depth + 1) {
                    Value::List(list) => join(&list, &separator),
                    Value::Text(_) | Value::Pairs(_) | Value::Unknown { .. } => None,
                };
                // `Prisma.join(ids)`: what a tag's own join takes without a separator is a list of parameters.
                let owner = call.receiver.map(|r| source_of(r, self.source)).unwrap_or_default();
                let is_values = call.args.len() == 1 && matches!(owner, "sql" | "Prisma");
                Value::Text(joined.unwrap_or_else(|| match is_values {
                    true => Text::hole(self.splice(list, HoleKind::Bound)),
                    false => self.unknown_list(list, names, depth),
                }))
            }
            Meaning::Replace { text, from, to } => {
                let from = self.text(from, names, depth + 1).only_written().filter(|from| !from.is_empty());
                let (Some(from), Value::Text(text)) = (from, self.value(text, names, depth + 1)) else {
                    return Value::Unknown { number: false };
                };
                let to = self.text(to, names, depth + 1);
                // JavaScript's replaces the first place only.
                let only_first = self.language.extensions.iter().any(|e| matches!(*e, "js" | "ts" | "tsx"));
                match text.replaced(&from, &to, only_first) {
                    Some(text) => Value::Text(text),
                    None => Value::Unknown { number: false },
                }
            }
            Meaning::Append { list, items, flat } => {
                let mut list = match self.value(list, names, depth + 1) {
                    Value::List(list) => list,
                    // Bytes of a text.
                    Value::Text(mut text) if looks::starts_as_statement(&text.told()) => {
                        items.iter().for_each(|item| text.append(&self.text(*item, names, depth + 1)));
                        return Value::Text(text);
                    }
                    Value::Text(_) | Value::Pairs(_) | Value::Unknown { .. } => {
                        List { items: Vec::new(), more: true }
                    }
                };
                for item in items {
                    match flat.then(|| self.value(item, names, depth + 1)) {
                        Some(Value::List(other)) => {
                            list.extend(other);
                        }
                        Some(Value::Text(_) | Value::Pairs(_) | Value::Unknown { .. }) => list.more = true,
                        None => {
                            list.items.push(Item { text: self.text(item, names, depth + 1), optional: false })
                        }
                    }
                }
                Value::List(list)
            }
            Meaning::Harmless(node) => Value::Text(Text::hole(self.splice(node, HoleKind::Harmless))),
            Meaning::Raw(node) => {
                let text = self.text(node, names, depth + 1);
                Value::Text(match text.only_hole() {
                    Some(splice) => Text::hole(Splice { kind: HoleKind::Clause, ..splice.clone() }),
                    None => Text { tagged: true, ..text },
                })
            }
            Meaning::Number => Value::Unknown { number: true },
            Meaning::Own if self.is_overridden(call) => Value::Unknown { number: false },
            Meaning::Own => self.helper(call.name, &call.args, names, depth),
            Meaning::Unknown => Value::Unknown { number: false },
        }
    }

    /// A builder's text with more behind it; chains of that may be long.
    pub(super) fn added(
        &self,
        text: Node<'t>,
        more: Node<'t>,
        line: bool,
        names: &Names,
        depth: usize,
    ) -> Value {
        let (mut root, mut added) = (text, vec![(more, line)]);
        while let Shape::Call(call) = (self.language.shape)(root, self.source)
            && let Meaning::Added { text, more, line } = calls::meaning(&call, self.source)
        {
            added.push((more, line));
            root = text;
        }
        let Value::Text(mut text) = self.value(root, names, depth + 1) else {
            return Value::Unknown { number: false };
        };
        for (more, line) in added.into_iter().rev() {
            text.append(&self.text(more, names, depth + 1));
            if line {
                text.append(&written_at("\n", more.end_byte()));
            }
        }
        Value::Text(text)
    }

    /// What a function of the file gives back for what it is given.
    pub(super) fn helper(&self, name: &str, args: &[Arg<'t>], names: &Names, depth: usize) -> Value {
        let Some(Some(Helper { params, returned })) = self.globals.helpers.get(name) else {
            return Value::Unknown { number: false };
        };
        let mut inside = Names::new();
        let is_spread = args.iter().any(|arg| arg.spread);
        for (i, param) in params.iter().enumerate() {
            let arg = args.iter().find(|arg| arg.name == Some(*param)).or_else(|| args.get(i));
            let value = match arg.filter(|arg| !is_spread && arg.name.is_none_or(|name| name == *param)) {
                Some(arg) => match self.value(arg.value, names, depth + 4) {
                    Value::Unknown { number: false } => {
                        Value::Text(Text::hole(self.splice(arg.value, HoleKind::Spliced)))
                    }
                    known => known,
                },
                None => Value::Unknown { number: false },
            };
            inside.insert((*param).to_owned(), value);
        }
        let texts: Vec<Text> = returned.iter().map(|node| self.text(*node, &inside, depth + 4)).collect();
        let constant = texts.iter().all(|text| text.has_written() || text.is_empty());
        match constant && !texts.is_empty() {
            true => Value::Text(Text::choice(texts)),
            false => Value::Unknown { number: false },
        }
    }

    pub(super) fn format(
        &self,
        template: &Text,
        args: &[Arg<'t>],
        style: Style,
        names: &Names,
        depth: usize,
    ) -> Text {
        let arg = |which: format::Which<'_>, span: Span| -> Option<Text> {
            let found = match which {
                format::Which::Nth(n) => args.get(n).filter(|a| a.name.is_none() && !a.spread),
                format::Which::Named(name) => args.iter().find(|a| a.name == Some(name)),
            };
            match found {
                Some(arg) => Some(self.text(arg.value, names, depth + 1)),
                // Rust takes a name from around the call.
                None => match which {
                    format::Which::Named(_) if self.language.name != "Rust" => None,
                    format::Which::Named(name) => match self.name(name, span, names, depth + 1) {
                        Value::Text(text) => Some(text),
                        Value::Unknown { number: true } => {
                            Some(Text::hole(Splice::new(name, span, HoleKind::Harmless)))
                        }
                        Value::List(_) | Value::Pairs(_) | Value::Unknown { number: false } => None,
                    },
                    format::Which::Nth(_) => None,
                },
            }
        };
        format::fill(template, style, &arg)
    }

    /// A template that is formatted onto the end of a text.
    pub(super) fn formatted(
        &self,
        template: Node<'t>,
        args: &[Arg<'t>],
        style: Style,
        names: &Names,
    ) -> Text {
        let template = self.text(template, names, 1);
        self.format(&template, args, style, names, 1)
    }

    /// A list of which nothing is known but the expression that makes it.
    pub(super) fn unknown_list(&self, list: Node<'t>, names: &Names, depth: usize) -> Text {
        let written = source_of(list, self.source);
        let kind = if calls::makes_marks(written) { HoleKind::Bound } else { HoleKind::Clause };
        match self.statement_in(list, names, depth) {
            Some(text) => self.made_of(list, kind, text),
            None => Text::hole(self.splice(list, kind)),
        }
    }
}

/// Text of ours that stands nowhere in the file.
pub(super) fn written_at(text: &str, at: usize) -> Text {
    let mut written = Written::default();
    written.escape(text, at, at);
    Text::written(written)
}
