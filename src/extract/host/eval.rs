//! Expressions to texts: what an expression of a program says, as far as the file shows it. Runs nothing; what it cannot
//! know is a hole.

use std::collections::HashMap;
use std::rc::Rc;

use tree_sitter::Node;

use super::calls::{self, Meaning};
use super::format;
use super::shape::{Arg, Bit, Call, Language, Shape, source_of};
use super::text::{Part, Splice, Text, Written};
use crate::source::{HoleKind, Span};

/// How deep expressions are followed, through names and calls.
const MAX_DEPTH: usize = 60;

/// Longest expression that is kept as written, in bytes.
const MAX_EXPRESSION: usize = 120;

/// What a name or expression is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Text),
    List(List),
    /// What is bound to names.
    Pairs(Vec<(String, String)>),
    /// Not known; `number` is whether its type says that it is a number.
    Unknown {
        number: bool,
    },
}

/// A list of texts.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) items: Vec<Item>,
    /// Whether more may be in it than is known.
    pub(super) more: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) text: Text,
    /// Whether it may be missing.
    pub(super) optional: bool,
}

/// Names with what they are.
pub(super) type Names = HashMap<String, Value>;

/// What of a file holds everywhere in it.
pub(super) struct Globals<'t> {
    /// Constants of the file and of its classes, by name: none where several go by one.
    pub(super) constants: HashMap<&'t str, Option<Node<'t>>>,
    /// What functions without effects give back.
    pub(super) helpers: HashMap<&'t str, Option<Vec<Node<'t>>>>,
    /// Names that the file imports from a schema declared in the program: splices of them in a tag are names.
    pub(super) splices_columns: bool,
    /// Whether `createQuery` takes another query language than SQL.
    pub(super) object_queries: bool,
}

/// Reads expressions of one file.
pub(super) struct Evaluator<'t> {
    pub(super) language: &'static Language,
    pub(super) source: &'t str,
    pub(super) globals: Globals<'t>,
}

impl<'t> Evaluator<'t> {
    /// What an expression is.
    pub(super) fn value(&self, node: Node<'t>, names: &Names, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Unknown { number: false };
        }
        match (self.language.shape)(node, self.source) {
            Shape::Text(bits) => Value::Text(self.bits(bits, None, names, depth)),
            Shape::Tagged { tag, bits } => Value::Text(self.bits(bits, Some(tag), names, depth)),
            Shape::Join(nodes) => {
                let mut text = Text::default();
                for node in nodes {
                    text.append(&self.text(node, names, depth + 1));
                }
                Value::Text(text)
            }
            Shape::Spaced(nodes) => {
                let mut text = Text::default();
                for node in nodes {
                    if !text.is_empty() {
                        let mut space = Written::default();
                        space.escape(" ", node.start_byte(), node.start_byte());
                        text.push(Part::Written(space));
                    }
                    text.append(&self.text(node, names, depth + 1));
                }
                Value::Text(text)
            }
            Shape::Format { template, args, style } => {
                let template = self.text(template, names, depth + 1);
                Value::Text(self.format(&template, &args, style, names, depth))
            }
            Shape::Choice(nodes) => {
                let texts = nodes.iter().map(|n| self.text(*n, names, depth + 1)).collect();
                Value::Text(Text::choice(texts))
            }
            Shape::Name(name) => self.name(name, names, depth),
            Shape::Call(call) => self.call(&call, names, depth),
            Shape::List(nodes) => {
                let item = |n: &Node<'t>| Item { text: self.text(*n, names, depth + 1), optional: false };
                Value::List(List { items: nodes.iter().map(item).collect(), more: false })
            }
            Shape::Inner(inner) | Shape::Block(inner) => self.value(inner, names, depth + 1),
            Shape::Number => {
                let mut written = Written::default();
                written.verbatim(self.source, node.start_byte(), node.end_byte());
                Value::Text(Text::written(written))
            }
            Shape::Computed => Value::Unknown { number: true },
            Shape::Pairs(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), self.bound(value)));
                Value::Pairs(pairs.collect())
            }
            Shape::Other => Value::Unknown { number: false },
        }
    }

    /// The text that an expression makes.
    pub(super) fn text(&self, node: Node<'t>, names: &Names, depth: usize) -> Text {
        match self.value(node, names, depth) {
            Value::Text(text) => text,
            Value::List(_) | Value::Pairs(_) => Text::hole(self.splice(node, HoleKind::Spliced)),
            Value::Unknown { number: true } => Text::hole(self.splice(node, HoleKind::Harmless)),
            Value::Unknown { number: false } => Text::hole(self.splice(node, HoleKind::Spliced)),
        }
    }

    /// An expression as a hole.
    pub(super) fn splice(&self, node: Node<'t>, kind: HoleKind) -> Splice {
        let span = Span::new(node.start_byte() as u32, node.end_byte() as u32);
        Splice { expression: self.expression(node), span, kind }
    }

    /// An expression without what leaves its value as it is, such as `&` and parentheses.
    pub(super) fn plain(&self, node: Node<'t>) -> Node<'t> {
        let mut at = node;
        for _ in 0..MAX_DEPTH {
            match (self.language.shape)(at, self.source) {
                Shape::Inner(inner) => at = inner,
                _ => break,
            }
        }
        at
    }

    /// A value that is bound, as written without what leaves it as it is.
    pub(super) fn bound(&self, node: Node<'t>) -> String {
        self.expression(self.plain(node))
    }

    /// An expression as written, on one line.
    pub(super) fn expression(&self, node: Node<'t>) -> String {
        let mut text = String::new();
        for word in source_of(node, self.source).split_whitespace() {
            if text.len() + word.len() > MAX_EXPRESSION {
                text.push_str(" ...");
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    fn bits(&self, bits: Vec<Bit<'t>>, tag: Option<&str>, names: &Names, depth: usize) -> Text {
        let mut text = Text { tagged: tag.is_some(), ..Text::default() };
        for bit in bits {
            match bit {
                Bit::Written(written) => text.push(Part::Written(written)),
                Bit::Named(name, at) => match self.name(name, names, depth + 1) {
                    Value::Text(known) => text.append(&known),
                    Value::Unknown { number: true } => text.append(&named(name, at, HoleKind::Harmless)),
                    Value::List(_) | Value::Pairs(_) | Value::Unknown { number: false } => {
                        text.append(&named(name, at, HoleKind::Spliced));
                    }
                },
                Bit::Splice(node) if tag.is_some() => text.append(&self.taken(node, names, depth)),
                Bit::Splice(node) => text.append(&self.text(node, names, depth + 1)),
            }
        }
        text
    }

    /// What a splice of a tag that binds its splices says: other tagged text stands for itself, anything else is a
    /// parameter where a value may stand.
    fn taken(&self, node: Node<'t>, names: &Names, depth: usize) -> Text {
        match self.value(node, names, depth + 1) {
            Value::Text(text) if text.tagged => text,
            Value::Text(text) => match text.only_hole() {
                Some(splice) if splice.kind == HoleKind::Clause => text,
                _ => Text::hole(self.splice(node, self.tag_kind(node, names))),
            },
            Value::List(_) | Value::Pairs(_) | Value::Unknown { .. } => {
                Text::hole(self.splice(node, self.tag_kind(node, names)))
            }
        }
    }

    /// A tag of a query builder takes its tables and columns as names: a path that starts with a name of the file or of
    /// another one may be such.
    fn tag_kind(&self, node: Node<'t>, names: &Names) -> HoleKind {
        let written = source_of(node, self.source);
        let first = written.split(['.', '[', '(']).next().unwrap_or_default();
        let is_local = names.contains_key(first) || matches!(first, "this" | "self");
        if self.globals.splices_columns && !is_local { HoleKind::Clause } else { HoleKind::Bound }
    }

    fn name(&self, name: &str, names: &Names, depth: usize) -> Value {
        if matches!(name, "Prisma.empty" | "sql.empty") {
            return Value::Text(Text { tagged: true, ..Text::default() });
        }
        if let Some(value) = names.get(name) {
            return value.clone();
        }
        let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name).trim_start_matches('$');
        let is_own = last.len() == name.trim_start_matches('$').len() || is_own_path(name, last);
        match self.globals.constants.get(last) {
            Some(Some(node)) if is_own => self.value(*node, &Names::new(), depth + 1),
            None if self.language.bare_calls => self.helper(name, depth),
            _ => Value::Unknown { number: false },
        }
    }

    fn call(&self, call: &Call<'t>, names: &Names, depth: usize) -> Value {
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
            Meaning::Join { list, separator } => {
                let separator = match separator {
                    Some(node) => self.text(node, names, depth + 1),
                    None => {
                        let mut comma = Written::default();
                        let at = list.end_byte();
                        comma.escape(",", at, at);
                        Text::written(comma)
                    }
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
                    false => self.unknown_list(list),
                }))
            }
            Meaning::Append { list, items, flat } => {
                let mut list = match self.value(list, names, depth + 1) {
                    Value::List(list) => list,
                    Value::Text(_) | Value::Pairs(_) | Value::Unknown { .. } => {
                        List { items: Vec::new(), more: true }
                    }
                };
                for item in items {
                    match flat.then(|| self.value(item, names, depth + 1)) {
                        Some(Value::List(other)) => {
                            list.items.extend(other.items);
                            list.more |= other.more;
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
            Meaning::Own => self.helper(call.name, depth),
            Meaning::Unknown => Value::Unknown { number: false },
        }
    }

    /// What a function of the file gives back. Its parameters are not known here.
    fn helper(&self, name: &str, depth: usize) -> Value {
        let Some(Some(returned)) = self.globals.helpers.get(name) else {
            return Value::Unknown { number: false };
        };
        let texts: Vec<Text> =
            returned.iter().map(|node| self.text(*node, &Names::new(), depth + 4)).collect();
        let constant = texts.iter().all(|text| text.has_written() || text.is_empty());
        match constant && !texts.is_empty() {
            true => Value::Text(Text::choice(texts)),
            false => Value::Unknown { number: false },
        }
    }

    fn format(
        &self,
        template: &Text,
        args: &[Arg<'t>],
        style: super::shape::Style,
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
                // Rust and its like take a name from around the call.
                None => match which {
                    format::Which::Named(name) => match self.name(name, names, depth + 1) {
                        Value::Text(text) => Some(text),
                        Value::Unknown { number: true } => Some(Text::hole(Splice {
                            expression: name.to_owned(),
                            span,
                            kind: HoleKind::Harmless,
                        })),
                        Value::List(_) | Value::Pairs(_) | Value::Unknown { number: false } => None,
                    },
                    format::Which::Nth(_) => None,
                },
            }
        };
        format::fill(template, style, &arg)
    }

    /// A template that is formatted onto the end of a text.
    pub(super) fn formatted(&self, template: Node<'t>, args: &[Arg<'t>], names: &Names) -> Text {
        let template = self.text(template, names, 1);
        self.format(&template, args, super::shape::Style::Braces, names, 1)
    }

    /// The text of an expression whose splices are taken as parameters.
    pub(super) fn bound_text(&self, node: Node<'t>, names: &Names, depth: usize) -> Text {
        match (self.language.shape)(node, self.source) {
            Shape::Text(bits) => self.bits(bits, Some(""), names, depth),
            Shape::Inner(inner) if depth < MAX_DEPTH => self.bound_text(inner, names, depth + 1),
            _ => self.text(node, names, depth),
        }
    }

    /// A list of which nothing is known but the expression that makes it.
    fn unknown_list(&self, list: Node<'t>) -> Text {
        let written = source_of(list, self.source);
        let kind = if calls::makes_marks(written) { HoleKind::Bound } else { HoleKind::Clause };
        Text::hole(self.splice(list, kind))
    }
}

/// A name as a hole, with the mark of one character before it.
fn named(name: &str, at: usize, kind: HoleKind) -> Text {
    let span = Span::new(at as u32, (at + name.len()) as u32);
    Text::hole(Splice { expression: name.to_owned(), span, kind })
}

/// A list's items with separators between them; none where nothing is known of it.
fn join(list: &List, separator: &Text) -> Option<Text> {
    if list.items.is_empty() {
        return if list.more { None } else { Some(Text::default()) };
    }
    let optional = list.items.iter().filter(|item| item.optional).count();
    let mut texts = Vec::new();
    let subsets: u32 = if optional <= 4 { 1 << optional } else { 2 };
    for subset in 0..subsets {
        let mut text = Text::default();
        let (mut is_first, mut nth) = (true, 0);
        for item in &list.items {
            if item.optional {
                nth += 1;
                let taken = if optional <= 4 { subset >> (nth - 1) & 1 == 1 } else { subset == 1 };
                if !taken {
                    continue;
                }
            }
            if !is_first {
                text.append(separator);
            }
            is_first = false;
            text.append(&item.text);
        }
        texts.push(text);
    }
    let is_cut = optional > 4;
    let mut text = Text::choice(texts);
    text.tagged = list.items.iter().all(|item| item.text.tagged);
    if list.more || is_cut {
        let span = list.items.iter().find_map(|item| item.text.place()).unwrap_or_default();
        let expression = if is_cut { "one of many conditions" } else { "what is added in a loop" };
        let mut more = separator.clone();
        more.append(&Text::hole(Splice { expression: expression.to_owned(), span, kind: HoleKind::Clause }));
        text.append(&more);
    }
    Some(text)
}

/// Whether a path names something of the same class or file: `self.X`, `this.x`, `Self::X`, `Type.X`.
fn is_own_path(name: &str, last: &str) -> bool {
    let owner = name.get(..name.len() - last.len()).unwrap_or_default();
    let owner = owner.trim_end_matches(['.', ':', '-', '>', '$', '?', '!']);
    matches!(owner, "self" | "this" | "Self" | "static" | "cls" | "$this" | "super")
        || (owner.starts_with(char::is_uppercase) && owner.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

impl Value {
    /// What several runs leave: one of the values that they leave.
    pub(super) fn one_of(values: Vec<Value>) -> Value {
        let mut texts = Vec::new();
        let mut lists: Vec<List> = Vec::new();
        let all = values.len();
        for value in values {
            match value {
                Value::Text(text) => texts.push(text),
                Value::List(list) => lists.push(list),
                Value::Pairs(_) | Value::Unknown { .. } => {}
            }
        }
        if texts.len() == all {
            return Value::Text(Text::choice(texts));
        }
        if lists.len() != all {
            return Value::Unknown { number: false };
        }
        let Some(first) = lists.first() else { return Value::Unknown { number: false } };
        let same = |i: usize| {
            first.items.get(i).is_some_and(|item| {
                lists.iter().all(|list| list.items.get(i).is_some_and(|other| other.text.is(&item.text)))
            })
        };
        let common = (0..).take_while(|i| same(*i)).count();
        let mut result = List { items: first.items.get(..common).unwrap_or_default().to_vec(), more: false };
        for list in lists {
            result.more |= list.more;
            result
                .items
                .extend(list.items.into_iter().skip(common).map(|item| Item { optional: true, ..item }));
        }
        Value::List(result)
    }

    /// Whether both are known to be the same.
    pub(super) fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) => a.is(b),
            (Value::List(a), Value::List(b)) => {
                a.more == b.more
                    && a.items.len() == b.items.len()
                    && a.items
                        .iter()
                        .zip(&b.items)
                        .all(|(x, y)| x.optional == y.optional && x.text.is(&y.text))
            }
            (Value::Pairs(a), Value::Pairs(b)) => a == b,
            (Value::Unknown { number }, Value::Unknown { number: other }) => number == other,
            _ => false,
        }
    }

    /// The value with something unknown behind it.
    pub(super) fn with_more(self, name: &str, span: Span) -> Value {
        match self {
            Value::Text(mut text) => {
                text.parts.push(Rc::new(Part::Hole(Splice {
                    expression: format!("what a loop adds to {name}"),
                    span,
                    kind: HoleKind::Clause,
                })));
                Value::Text(text)
            }
            Value::List(list) => Value::List(List { more: true, ..list }),
            Value::Pairs(_) => Value::Unknown { number: false },
            unknown @ Value::Unknown { .. } => unknown,
        }
    }
}
