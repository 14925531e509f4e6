//! Expressions to texts: what an expression of a program says, as far as the file shows it. Runs nothing; what it cannot
//! know is a hole.

use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::called::written_at;
use super::calls;
use super::imports::declares_class;
use super::library::Imported;
use super::reference::{self, References};
use super::shape::{Bit, Call, Language, Shape, children, field, source_of};
use super::text::{MAX_VARIANTS, Part, Splice, Text, Written};
use super::value::{Item, List, Names, Value};
use super::walk::span_of;
use crate::source::{HoleKind, Origin, Span};

/// How deep expressions are followed, through names and calls.
const MAX_DEPTH: usize = 60;

/// Longest expression that is kept as written, in bytes.
const MAX_EXPRESSION: usize = 120;

/// How many expressions are looked at for one text.
const MAX_STEPS: usize = 20_000;

/// How many are looked at for all texts of a file, and how many more for each byte of it.
const FILE_STEPS: (usize, usize) = (1_000_000, 100);

/// A function that does nothing but give back a text.
pub(super) struct Helper<'t> {
    pub(super) params: Vec<&'t str>,
    pub(super) returned: Vec<Node<'t>>,
}

/// What of a file holds everywhere in it.
pub(super) struct Globals<'t> {
    /// Constants of the file and of its classes, by name: none where several go by one.
    pub(super) constants: HashMap<&'t str, Option<Node<'t>>>,
    /// What functions without effects give back.
    pub(super) helpers: HashMap<&'t str, Option<Helper<'t>>>,
    /// Names that get a value outside of functions, and another one somewhere.
    pub(super) changing: HashSet<&'t str>,
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
    /// Where the values of names come from that hold no text.
    pub(super) origins: HashMap<&'t str, Origin>,
    /// The other files, where they can be asked.
    imports: Option<Imported<'t>>,
    /// How many more expressions may be looked at for the text in hand.
    steps: Cell<usize>,
    /// How many more for all texts of the file.
    left: Cell<usize>,
    /// Of a program in PHP, the functions that it declares which may change what they are given.
    references: OnceCell<References>,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(
        language: &'static Language,
        source: &'t str,
        globals: Globals<'t>,
        imports: Option<Imported<'t>>,
    ) -> Evaluator<'t> {
        let (origins, steps) = (HashMap::new(), Cell::new(MAX_STEPS));
        let left = Cell::new(FILE_STEPS.0 + FILE_STEPS.1 * source.len());
        Evaluator { language, source, globals, origins, imports, steps, left, references: OnceCell::new() }
    }

    /// Whether more texts of the file could not be followed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether a function of that name may change what it is given as its argument of that number.
    pub(super) fn takes_reference(&self, name: &str, nth: usize) -> bool {
        if self.language.name != "PHP" {
            return false;
        }
        let own = self.references.get_or_init(|| {
            let mut own = References::new();
            reference::gather(self.source, &mut own);
            own
        });
        let library = || self.imports.as_ref().map(|imports| imports.library.references());
        reference::may_change(own, name, nth)
            || library().is_some_and(|all| reference::may_change(all, name, nth))
    }

    /// What an expression is.
    pub(super) fn value(&self, node: Node<'t>, names: &Names, depth: usize) -> Value {
        if depth == 0 {
            self.steps.set(self.left.get().min(MAX_STEPS));
        }
        if depth > MAX_DEPTH || self.steps.get() == 0 {
            return Value::Unknown { number: false };
        }
        self.steps.set(self.steps.get() - 1);
        self.left.set(self.left.get().saturating_sub(1));
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
            Shape::Spaced(nodes) => Value::Text(self.spaced(&nodes, names, depth)),
            Shape::Format { template, args, style } => {
                let template = self.text(template, names, depth + 1);
                Value::Text(self.format(&template, &args, style, names, depth))
            }
            Shape::Choice(nodes) => {
                let texts = nodes.iter().map(|n| self.text(*n, names, depth + 1)).collect();
                Value::Text(Text::choice(texts))
            }
            Shape::Name(name) => self.name(name, span_of(node), names, depth),
            Shape::Call(call) => match self.call(&call, names, depth) {
                Value::Unknown { number: false } if calls::changes_copy(call.name) => {
                    let given = call.receiver.into_iter().chain(call.args.iter().map(|arg| arg.value));
                    self.derived(node, given, names, depth)
                }
                Value::Unknown { number: false } if call.name == "buildString" => {
                    let block = call.args.last().map(|block| children(block.value));
                    self.made(node, block.unwrap_or_default(), names, depth)
                }
                Value::Unknown { number: false } if !self.runs(&call) => {
                    let is_text = |node: &Node<'t>| match (self.language.shape)(*node, self.source) {
                        Shape::Call(call) => !self.runs(&call),
                        _ => true,
                    };
                    let receiver = call.receiver.filter(is_text);
                    let given = receiver.into_iter().chain(call.args.iter().map(|arg| arg.value));
                    self.made(node, given, names, depth)
                }
                value => value,
            },
            Shape::List(nodes) => {
                let item = |n: &Node<'t>| Item { text: self.text(*n, names, depth + 1), optional: false };
                Value::List(List { items: nodes.iter().map(item).collect(), more: false })
            }
            Shape::Inner(inner) | Shape::Block(inner) => match self.value(inner, names, depth + 1) {
                // What is waited for are rows.
                Value::Text(text) if node.kind().starts_with("await") && text.is_made() => {
                    Value::Unknown { number: false }
                }
                value => value,
            },
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
            Shape::Optional(nodes) => {
                let texts = nodes.iter().map(|n| self.text(*n, names, depth + 1));
                Value::Text(Text::choice(texts.chain([Text::default()]).collect()))
            }
            Shape::Other if is_part(node.kind()) => match children(node).first() {
                Some(whole) => match self.one_of_constants(*whole, names, depth) {
                    Some(text) => Value::Text(text),
                    None => match self.kept_in(*whole, names) {
                        // `d["a"]` of `d = {"a": ".."}`.
                        Some(_) if let Some(Value::Text(text)) = self.kept_by(node, *whole, names) => {
                            Value::Text(text.clone())
                        }
                        Some(text) => Value::Text(self.made_of(node, HoleKind::Spliced, text)),
                        None => self.derived(node, [*whole], names, depth),
                    },
                },
                None => Value::Unknown { number: false },
            },
            // What a class makes of it is no text.
            Shape::Other if node.kind() == "new_expression" => Value::Unknown { number: false },
            Shape::Other => self.made(node, children(node), names, depth),
        }
    }

    pub(super) fn spaced(&self, nodes: &[Node<'t>], names: &Names, depth: usize) -> Text {
        let mut text = Text::default();
        for node in nodes {
            if !text.is_empty() {
                text.append(&written_at(" ", node.start_byte()));
            }
            text.append(&self.text(*node, names, depth + 1));
        }
        text
    }

    /// What is picked out of a table of texts that the file writes out and does not change: one of them.
    fn one_of_constants(&self, table: Node<'t>, names: &Names, depth: usize) -> Option<Text> {
        let Shape::Name(name) = (self.language.shape)(table, self.source) else { return None };
        // A name that gets another value anywhere in the file is no constant of it.
        let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name).trim_start_matches('$');
        let is_table = matches!(names.get(name), None | Some(Value::Pairs(_)));
        let node = (*self.globals.constants.get(last)?).filter(|_| is_table)?;
        let Shape::Pairs(pairs) = (self.language.shape)(self.plain(node), self.source) else { return None };
        let begins = format!("{last}[");
        let is_set = self.source.match_indices(&begins).any(|(at, _)| {
            let rest = self.source.get(at..).unwrap_or_default().lines().next().unwrap_or_default();
            let behind = rest.split_once(']').map_or("", |(_, behind)| behind.trim_start());
            behind.starts_with('=') && !behind.starts_with("==") && !behind.starts_with("=>")
        });
        if is_set || pairs.is_empty() || pairs.len() > MAX_VARIANTS {
            return None;
        }
        let texts: Vec<Text> =
            pairs.into_iter().map(|(_, value)| self.text(value, &Names::new(), depth + 1)).collect();
        texts.iter().all(|text| text.only_written().is_some()).then(|| Text::choice(texts))
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
        let span = span_of(node);
        Splice { origin: self.origin(node), ..Splice::new(&self.expression(node), span, kind) }
    }

    /// A name as a hole.
    fn named(&self, name: &str, at: usize, kind: HoleKind) -> Splice {
        let span = span_at(at, name);
        Splice { origin: self.origin_of_path(name), ..Splice::new(name, span, kind) }
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
        self.expression(self.value_of(self.plain(node)))
    }

    /// A value without what says only how it is bound.
    fn value_of(&self, node: Node<'t>) -> Node<'t> {
        match node.kind() {
            // `a as _`, `&a as &(dyn ToSql + Sync)`
            "type_cast_expression" => {
                let ty = field(node, "type").map_or("", |ty| source_of(ty, self.source));
                let value = field(node, "value").filter(|_| ty == "_" || ty.contains("ToSql"));
                value.map_or(node, |value| self.plain(value))
            }
            // `VarCharColumnType() to a`
            "infix_expression" => match children(node).as_slice() {
                [ty, to, value]
                    if source_of(*to, self.source) == "to"
                        && source_of(*ty, self.source).contains("ColumnType") =>
                {
                    *value
                }
                _ => node,
            },
            _ => node,
        }
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
                Bit::Named(name, at) => match self.name(name, span_at(at, name), names, depth + 1) {
                    Value::Text(known) => text.append(&known),
                    Value::Unknown { number: true } => {
                        text.append(&Text::hole(self.named(name, at, HoleKind::Harmless)));
                    }
                    Value::List(_) | Value::Pairs(_) | Value::Unknown { number: false } => {
                        text.append(&Text::hole(self.named(name, at, HoleKind::Spliced)));
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

    pub(super) fn name(&self, name: &str, span: Span, names: &Names, depth: usize) -> Value {
        if matches!(name, "Prisma.empty" | "sql.empty") {
            return Value::Text(Text { tagged: true, ..Text::default() });
        }
        let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name).trim_start_matches('$');
        if self.is_changed(name, last) {
            return Value::Unknown { number: false };
        }
        if let Some(value) = names.get(name) {
            return value.clone();
        }
        if let Some(text) = self.imported(name, span, names).filter(|_| !self.is_of_own_class(name, last)) {
            return Value::Text(text);
        }
        let is_own = last.len() == name.trim_start_matches('$').len()
            || (is_own_path(name, last) && !self.imports.as_ref().is_some_and(|imports| imports.knows(name)));
        match self.globals.constants.get(last) {
            Some(Some(node)) if is_own => self.value(*node, &Names::new(), depth + 1),
            None if self.language.bare_calls => self.helper(name, &[], names, depth),
            _ => Value::Unknown { number: false },
        }
    }

    /// Whether another file may have given a name of this one another value.
    fn is_changed(&self, name: &str, last: &str) -> bool {
        let Some(imports) = &self.imports else { return false };
        let Some(Some(node)) = self.globals.constants.get(last) else { return false };
        let owner = name.get(..name.len() - last.len()).unwrap_or_default();
        let owner = owner.trim_end_matches(['.', ':', '-', '>', '$', '?', '!']);
        let is_virtual = matches!(owner, "this" | "cls" | "static" | "$this")
            || (owner == "self" && self.language.name != "PHP");
        let is_fixed = node.parent().is_some_and(|around| around.kind().contains("const"))
            || node
                .parent()
                .and_then(|around| around.parent())
                .is_some_and(|around| source_of(around, self.source).starts_with("const "));
        (is_virtual && imports.is_overridden(last)) || (!is_fixed && imports.is_assigned(last))
    }

    /// Whether another class may have a function of its own in the place of the one of this file that is called.
    pub(super) fn is_overridden(&self, call: &Call<'t>) -> bool {
        let is_static = self.language.name == "PHP"
            && call.receiver.is_some_and(|receiver| source_of(receiver, self.source) == "self");
        let is_member =
            call.receiver.is_some() || matches!(self.language.name, "Java" | "C#" | "Kotlin" | "Ruby");
        matches!(self.globals.helpers.get(call.name), Some(Some(_)))
            && is_member
            && !is_static
            && self.imports.as_ref().is_some_and(|imports| imports.is_overridden(call.name))
    }

    /// Whether a path names a constant of a class that the file declares.
    fn is_of_own_class(&self, name: &str, last: &str) -> bool {
        let owner = name.get(..name.len() - last.len()).unwrap_or_default();
        let owner = owner.trim_end_matches(['.', ':']);
        matches!(self.globals.constants.get(last), Some(Some(_)))
            && owner.starts_with(char::is_uppercase)
            && is_own_path(name, last)
            && declares_class(self.source, owner)
    }

    /// A constant of another file, at the place where it is named. What the file itself gives a value to is not imported.
    fn imported(&self, name: &str, span: Span, names: &Names) -> Option<Text> {
        let root = name.split(['.', ':', '-', '?']).next().unwrap_or(name);
        if names.contains_key(root) || self.globals.constants.contains_key(root) {
            return None;
        }
        let imports = self.imports.as_ref()?;
        let text = imports.constant(name)?;
        let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name).trim_start_matches('$');
        if imports.is_assigned(last) {
            return None;
        }
        let mut written = Written::default();
        written.escape(&text, span.start as usize, span.end as usize);
        Some(Text::written(written))
    }

    /// The text of an expression whose splices are taken as parameters.
    pub(super) fn bound_text(&self, node: Node<'t>, names: &Names, depth: usize) -> Text {
        match (self.language.shape)(node, self.source) {
            Shape::Text(bits) => self.bits(bits, Some(""), names, depth),
            Shape::Inner(inner) if depth < MAX_DEPTH => self.bound_text(inner, names, depth + 1),
            _ => self.text(node, names, depth),
        }
    }
}

/// Whether a path names something of the same class or file: `self.X`, `this.x`, `Self::X`, `Type.X`.
fn is_own_path(name: &str, last: &str) -> bool {
    let owner = name.get(..name.len() - last.len()).unwrap_or_default();
    let owner = owner.trim_end_matches(['.', ':', '-', '>', '$', '?', '!']);
    matches!(owner, "self" | "this" | "Self" | "static" | "cls" | "$this" | "super")
        || (owner.starts_with(char::is_uppercase) && owner.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// Whether a node is a part of what stands first in it.
fn is_part(kind: &str) -> bool {
    matches!(
        kind,
        "subscript"
            | "subscript_expression"
            | "index_expression"
            | "indexing_expression"
            | "slice_expression"
            | "element_access_expression"
            | "element_reference"
    )
}

fn span_at(at: usize, name: &str) -> Span {
    Span::new(at as u32, (at + name.len()) as u32)
}
