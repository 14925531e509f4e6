//! A file's statements in order: which names hold which texts where, and which texts the program gives to the database or
//! otherwise hands on. Both ways of a branch are followed, loops add something unknown.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::bind::Binds;
use super::calls;
use super::declared::declared;
use super::eval::Evaluator;
use super::flow::{Frame, Seen, lost};
use super::looks;
use super::marks::Marks;
use super::scope::Scope;
use super::shape::{Act, Shape, Update, children, source_of};
use super::table::is_number;
use super::text::Text;
use super::value::{Item, Names, Value};
use crate::source::{Origin, Span};

/// How deep a syntax tree is followed; nothing that people write nests that deep.
pub(super) const MAX_DEPTH: usize = 400;

/// Names of one function that are followed.
const MAX_NAMES: usize = 150;

/// A text that the program may give to the database.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) text: Text,
    /// The host statement around it.
    pub(super) anchor: Span,
    pub(super) function: Option<String>,
    pub(super) usage: Usage,
    pub(super) binds: Binds,
    /// The call that it is given to.
    pub(super) site: Span,
}

/// How a text is used, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Usage {
    /// Given to a function that runs SQL.
    Run,
    /// Given to another function, or returned.
    Handed,
    /// Put behind another text, or into a list.
    Added,
    /// What a name holds in the end.
    Held,
}

pub(super) struct Walker<'t> {
    pub(super) eval: Evaluator<'t>,
    pub(super) marks: Marks,
    /// Names of texts that change in place.
    pub(super) shared: HashSet<&'t str>,
    pub(super) names: Names,
    pub(super) function: Vec<String>,
    pub(super) anchor: Span,
    /// The kind of the node around the one in hand.
    pub(super) around: &'t str,
    /// Whether the end of the block in hand is not reached.
    pub(super) left: bool,
    pub(super) found: Vec<Found>,
    /// Names of prepared statements, with what was found.
    pub(super) prepared: HashMap<String, usize>,
    /// Whether the texts in hand are for people.
    pub(super) talks: bool,
    pub(super) depth: usize,
    /// Parts that nest deeper than they are followed.
    pub(super) deep: Vec<Span>,
    /// What jumps may leave, the innermost last.
    pub(super) frames: Vec<Frame<'t>>,
    /// Names of texts that are changed through a pointer.
    pub(super) pinned: HashSet<&'t str>,
    /// Fields whose statements were met before they were lost.
    pub(super) lost_fields: HashSet<String>,
    /// Blocks with names of their own, the innermost last.
    pub(super) scopes: Vec<Scope>,
    /// Bodies with handlers, the innermost last.
    pub(super) seen: Vec<Seen>,
}

impl<'t> Walker<'t> {
    pub(super) fn new(eval: Evaluator<'t>, marks: Marks) -> Walker<'t> {
        Walker {
            eval,
            marks,
            shared: HashSet::new(),
            names: Names::new(),
            function: Vec::new(),
            anchor: Span::default(),
            around: "",
            left: false,
            found: Vec::new(),
            prepared: HashMap::new(),
            talks: false,
            depth: 0,
            deep: Vec::new(),
            frames: Vec::new(),
            pinned: HashSet::new(),
            lost_fields: HashSet::new(),
            scopes: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Walks a statement or expression.
    pub(super) fn walk(&mut self, node: Node<'t>) {
        if self.is_too_deep(node) {
            return;
        }
        self.depth += 1;
        let anchor = self.anchor;
        let around = std::mem::replace(&mut self.around, node.kind());
        let is_statement = looks::is_statement(node.kind(), around);
        if is_statement {
            self.anchor = span_of(node);
        }
        let is_scope = self.is_scope(node.kind());
        if is_scope {
            self.enter_scope();
        }
        self.act(node);
        if is_scope {
            self.leave_scope();
        }
        if !self.seen.is_empty() && (is_statement || node.kind().contains("assign")) {
            self.see();
        }
        self.anchor = anchor;
        self.around = around;
        self.depth -= 1;
    }

    /// Whether a node nests deeper than it is followed, which is remembered.
    pub(super) fn is_too_deep(&mut self, node: Node<'t>) -> bool {
        let is_too_deep = self.depth > MAX_DEPTH;
        if is_too_deep {
            self.deep.push(span_of(node));
        }
        is_too_deep
    }

    fn act(&mut self, node: Node<'t>) {
        self.disturb_parts(node);
        match (self.eval.language.act)(node, self.eval.source) {
            Act::Function { name, params, body } => self.enter(name, &params, body, node),
            Act::Assign { targets, update, number } => {
                let before = self.found.len();
                let names: Vec<&str> = targets.iter().map(|(name, _)| *name).collect();
                self.bind_all(node, &names);
                for (name, value) in &targets {
                    self.assign(name, *value, update, number);
                }
                self.take_apart(&targets);
                self.prepare(&targets, before);
            }
            Act::Branch { head, arms, complete } => self.branch(&head, &arms, complete),
            Act::Cases { head, cases, complete } => self.cases(node, &head, &cases, complete),
            Act::Labelled(label) => self.labelled(node, label),
            Act::Try { body, handlers } => self.attempt(&body, &handlers),
            Act::Loop => {
                self.declare(node);
                self.repeat(node);
            }
            Act::Leave => {
                // What is thrown tells people something.
                let talks = self.talks;
                self.talks |= node.kind().starts_with("throw") || node.kind().starts_with("raise");
                for child in children(node) {
                    self.expression(child, true);
                }
                self.talks = talks;
                self.leave();
            }
            Act::Jump { label, again } => {
                children(node).into_iter().for_each(|child| self.nested_walk(child, true));
                self.jump(label, again);
            }
            Act::Remark => {}
            Act::None => self.expression(node, false),
        }
    }

    /// Walks an expression; `handed` is whether its value goes somewhere else.
    pub(super) fn expression(&mut self, node: Node<'t>, handed: bool) {
        self.declare(node);
        match (self.eval.language.shape)(node, self.eval.source) {
            Shape::Call(call) => {
                self.call(node, &call);
                if handed && calls::makes_text(&call, self.eval.source) {
                    let text = self.eval.text(node, &self.names, 0);
                    self.report(text, Usage::Handed, Binds::Unknown);
                }
            }
            shape @ (Shape::Text(_)
            | Shape::Join(_)
            | Shape::Spaced(_)
            | Shape::Format { .. }
            | Shape::Tagged { .. }) => {
                let text = self.eval.text(node, &self.names, 0);
                let usage = match (shape, handed) {
                    (Shape::Tagged { .. }, _) => Usage::Run,
                    (_, true) => Usage::Handed,
                    (_, false) => Usage::Held,
                };
                self.report(text, usage, Binds::Unknown);
                self.inner_calls(node, 0);
            }
            Shape::Name(name) if handed => {
                if let Some(Value::Text(text)) = self.names.get(name) {
                    self.report(text.clone(), Usage::Handed, Binds::Unknown);
                }
            }
            Shape::Inner(inner) if inner.id() != node.id() => {
                if !self.is_too_deep(inner) {
                    self.depth += 1;
                    self.nested_walk(inner, handed);
                    self.depth -= 1;
                }
            }
            Shape::Choice(nodes) | Shape::Optional(nodes) => {
                nodes.into_iter().for_each(|n| self.nested_walk(n, handed));
            }
            _ => {
                for child in children(node) {
                    self.nested_walk(child, handed);
                }
            }
        }
    }

    /// Names that get a value here which is not known.
    fn declare(&mut self, node: Node<'t>) {
        for name in declared(self.eval.language, node, self.eval.source) {
            self.eval.origins.remove(name);
            if self.has_own_names(node) {
                self.bind(name);
            }
            self.names.insert(name.to_owned(), Value::Unknown { number: false });
        }
    }

    pub(super) fn nested(&mut self, node: Node<'t>, handed: bool) {
        if self.is_too_deep(node) {
            return;
        }
        self.depth += 1;
        self.expression(node, handed);
        self.depth -= 1;
    }

    /// A child may be a statement as well, such as a function's body, or an assignment in a condition.
    pub(super) fn nested_walk(&mut self, node: Node<'t>, handed: bool) {
        match (self.eval.language.act)(node, self.eval.source) {
            Act::None if handed => self.nested(node, handed),
            _ => self.walk(node),
        }
    }

    /// Calls inside what makes a text: their own texts count as well.
    fn inner_calls(&mut self, node: Node<'t>, depth: usize) {
        if depth > MAX_DEPTH {
            self.deep.push(span_of(node));
            return;
        }
        // A chain of operators is looked at once, not at each of its levels.
        let parts = match (self.eval.language.shape)(node, self.eval.source) {
            Shape::Join(operands) | Shape::Spaced(operands) => operands,
            _ => children(node),
        };
        for child in parts {
            match (self.eval.language.shape)(child, self.eval.source) {
                Shape::Call(call) => self.call(child, &call),
                _ => self.inner_calls(child, depth + 1),
            }
        }
    }

    fn enter(
        &mut self,
        name: Option<&'t str>,
        params: &[(&'t str, &'t str)],
        body: Node<'t>,
        whole: Node<'t>,
    ) {
        if self.function.is_empty() && !self.marks.touch(whole.byte_range()) {
            return;
        }
        let outer = self.names.clone();
        if self.function.is_empty() {
            // What functions of the file change is not known inside any of them.
            let constants = &self.eval.globals.constants;
            self.names.retain(|name, _| matches!(constants.get(name.as_str()), Some(Some(_))));
        }
        let origins = self.eval.origins.clone();
        let prepared = self.function.is_empty().then(|| std::mem::take(&mut self.prepared));
        self.open_function();
        self.enter_scope();
        for (param, ty) in params {
            self.bind(param);
            let number = is_number(ty, self.eval.language.numbers);
            self.names.insert((*param).to_owned(), Value::Unknown { number });
            self.eval.origins.insert(param, Origin::Parameter(name.map(str::to_owned)));
        }
        let left = std::mem::take(&mut self.left);
        if let Some(name) = name {
            self.function.push(name.to_owned());
        }
        if body.id() == whole.id() {
            children(body).into_iter().for_each(|child| self.nested_walk(child, false));
        } else {
            self.block(body);
        }
        self.hold();
        if name.is_some() {
            self.function.pop();
        }
        self.left = left;
        if let Some(prepared) = prepared {
            self.prepared = prepared;
        }
        self.eval.origins = origins;
        // What an inner function does to names around it may have happened any number of times.
        let around = self.scopes.len().saturating_sub(1);
        let last = self.names_outside(around);
        self.scopes.truncate(around);
        let mut ends = self.close();
        ends.push(last);
        self.names = outer;
        let span = span_of(body);
        for (name, value) in &mut self.names {
            let mut all = vec![value.clone()];
            for other in ends.iter().filter_map(|end| end.get(name)) {
                if !all.iter().any(|known| known.is(other)) {
                    all.push(other.clone());
                }
            }
            if all.len() > 1 {
                *value = Value::one_of(all).with_more(name, span);
            }
        }
    }

    /// A body, whose own value is what a short function returns.
    fn block(&mut self, body: Node<'t>) {
        if self.acts(body) {
            return self.nested_walk(body, true);
        }
        match (self.eval.language.shape)(body, self.eval.source) {
            Shape::Other | Shape::Block(_) => self.walk(body),
            _ => self.nested(body, true),
        }
    }

    /// Whether an expression does something to names, through parentheses and the like.
    fn acts(&self, node: Node<'t>) -> bool {
        let mut at = node;
        for _ in 0..MAX_DEPTH {
            if !matches!((self.eval.language.act)(at, self.eval.source), Act::None) {
                return true;
            }
            match (self.eval.language.shape)(at, self.eval.source) {
                Shape::Inner(inner) if inner.id() != at.id() => at = inner,
                _ => break,
            }
        }
        false
    }

    /// What names hold at the end of a function.
    fn hold(&mut self) {
        let mut held: Vec<(&String, &Text)> = Vec::new();
        for (name, value) in &self.names {
            if let Value::Text(text) = value
                && text.has_written()
                && !self.lost_fields.contains(name)
            {
                held.push((name, text));
            }
        }
        held.sort_by_key(|(name, _)| name.as_str());
        let texts: Vec<Text> = held.into_iter().map(|(_, text)| text.clone()).collect();
        texts.into_iter().for_each(|text| self.report(text, Usage::Held, Binds::Unknown));
    }

    fn assign(&mut self, name: &'t str, value: Option<Node<'t>>, update: Update, number: bool) {
        let Some(node) = value else {
            self.names.insert(name.to_owned(), Value::Unknown { number });
            self.forget_fields(name, None);
            self.eval.origins.remove(name);
            return;
        };
        if name.is_empty() {
            // What is taken apart has no name of its own.
            return self.nested_walk(node, false);
        }
        let value = match (self.eval.language.act)(node, self.eval.source) {
            Act::Function { .. } => {
                self.walk(node);
                Value::Unknown { number: false }
            }
            _ => {
                let adds_to_text =
                    update == Update::Add && matches!(self.names.get(name), Some(Value::Text(_)));
                let value = match adds_to_text {
                    true => Value::Text(self.eval.text(node, &self.names, 0)),
                    false => self.eval.value(node, &self.names, 0),
                };
                if update == Update::Set {
                    self.forget_fields(name, Some(node));
                }
                if update != Update::Set || !self.set_fields(name, node) {
                    self.calls_in(node);
                }
                if update == Update::Set {
                    match self.eval.origin(node) {
                        Some(origin) => self.eval.origins.insert(name, origin),
                        None => self.eval.origins.remove(name),
                    };
                }
                self.share(name, node);
                match self.alias(node, value) {
                    Value::Unknown { number: known } => Value::Unknown { number: known || number },
                    Value::Text(text) if number && text.only_hole().is_some() => Value::Unknown { number },
                    known => known,
                }
            }
        };
        self.set(name, value, update);
    }

    /// Calls in an expression whose own text is kept in a name.
    pub(super) fn calls_in(&mut self, node: Node<'t>) {
        if matches!((self.eval.language.act)(node, self.eval.source), Act::Branch { .. }) {
            return self.walk(node);
        }
        match (self.eval.language.shape)(node, self.eval.source) {
            Shape::Call(call) => self.call(node, &call),
            Shape::Text(_)
            | Shape::Tagged { .. }
            | Shape::Join(_)
            | Shape::Spaced(_)
            | Shape::Format { .. } => {
                self.inner_calls(node, 0);
            }
            Shape::Inner(inner) => {
                if !self.is_too_deep(inner) {
                    self.depth += 1;
                    self.calls_in(inner);
                    self.depth -= 1;
                }
            }
            Shape::Name(_) => {}
            _ => {
                for child in children(node) {
                    self.nested_walk(child, false);
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: Value, update: Update) {
        self.forget_bound(name);
        if name.is_empty() {
            return;
        }
        if self.names.len() > MAX_NAMES && !self.names.contains_key(name) {
            // It is not followed, and still there.
            if let Value::Text(text) = value {
                self.report(text, Usage::Held, Binds::Unknown);
            }
            return;
        }
        let append = update == Update::Add;
        let old = self.names.remove(name).or_else(|| if append { self.constant(name) } else { None });
        if update == Update::Fill {
            let filled = self.filled(name, old, value);
            self.names.insert(name.to_owned(), filled);
            return;
        }
        // A statement that is added to what is no text is one of several.
        if let (false, Value::Text(text), true) = (matches!(old, Some(Value::Text(_))), &value, append) {
            self.report(text.clone(), Usage::Held, Binds::Unknown);
        }
        let new = match (old, value, append) {
            (Some(Value::Text(mut text)), Value::Text(more), true) => {
                text.append(&more);
                text.tagged &= more.tagged;
                Value::Text(text)
            }
            (Some(Value::List(mut list)), Value::List(more), true) => {
                list.extend(more);
                Value::List(list)
            }
            (Some(Value::List(mut list)), Value::Text(item), true) => {
                list.items.push(Item { text: item, optional: false });
                Value::List(list)
            }
            (Some(Value::Text(text)), Value::Unknown { .. } | Value::List(_) | Value::Pairs(_), true) => {
                Value::Text(text).with_more(name, self.anchor)
            }
            (_, _, true) => Value::Unknown { number: false },
            (Some(Value::Text(old)), value, false) => {
                // What it held so far was used where it was used; a text that is only replaced was none.
                let is_part = matches!(&value, Value::Text(new) if new.parts.iter().any(|p| old.parts.first().is_some_and(|o| std::rc::Rc::ptr_eq(o, p))));
                if !is_part {
                    self.report(old, Usage::Held, Binds::Unknown);
                }
                value
            }
            (_, value, false) => value,
        };
        let new = if self.pinned.contains(name) { lost(new, name, self.anchor) } else { new };
        self.lost_fields.remove(name);
        // What a name of the file is that holds no text, the constants say.
        if self.function.is_empty() && matches!(new, Value::Unknown { .. }) {
            return;
        }
        self.names.insert(name.to_owned(), new);
    }

    /// What a name is that gets a value where it has none.
    fn filled(&self, name: &str, old: Option<Value>, value: Value) -> Value {
        let is_statement = matches!(&value, Value::Text(text) if looks::starts_as_statement(text));
        let old = old.or_else(|| self.constant(name)).or_else(|| self.unset(name));
        match old {
            // What is kept for the next call is the same there.
            Some(Value::Unknown { .. }) if is_statement && name.starts_with('@') => value,
            Some(Value::Text(old)) if old.is_empty() => value,
            Some(old) if old.is(&value) => value,
            Some(old) => Value::one_of(vec![old, value]),
            None => value,
        }
    }

    fn constant(&self, name: &str) -> Option<Value> {
        let node = (*self.eval.globals.constants.get(name)?)?;
        Some(self.eval.value(node, &Names::new(), 1))
    }

    /// Names that something inside a node gives a value to, or adds to.
    pub(super) fn changed(&self, node: Node<'t>, names: &mut HashSet<&'t str>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match (self.eval.language.act)(node, self.eval.source) {
            Act::Assign { targets, update: _, number: _ } => {
                names.extend(targets.iter().map(|(name, _)| *name))
            }
            _ => {
                if let Shape::Call(call) = (self.eval.language.shape)(node, self.eval.source)
                    && calls::appends_text(call.name)
                    && let Some(receiver) = call.receiver
                {
                    names.insert(source_of(receiver, self.eval.source));
                }
            }
        }
        for child in children(node) {
            self.changed(child, names, depth + 1);
        }
    }

    pub(super) fn report(&mut self, text: Text, usage: Usage, binds: Binds) {
        let text = if usage == Usage::Run || looks::says_more(&text) { text.told() } else { text };
        if (self.talks && usage != Usage::Run) || !looks::starts_as_statement(&text) {
            return;
        }
        let function = self.function.last().cloned();
        let anchor = if self.anchor.is_empty() { self.lines_of(&text) } else { self.anchor };
        self.found.push(Found { text, anchor, function, usage, binds, site: Span::default() });
    }

    /// The lines of the file on which a text stands that no statement in hand holds.
    fn lines_of(&self, text: &Text) -> Span {
        let Some(extent) = text.extent() else { return Span::default() };
        let before = self.eval.source.get(..extent.start as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let blank = before.get(line..).unwrap_or_default();
        let start = line + (blank.len() - blank.trim_start().len());
        Span::new(start as u32, extent.end)
    }

    /// All that was found, with what is held outside of functions; and the parts that nest too deep.
    pub(super) fn finish(mut self) -> (Vec<Found>, Vec<Span>) {
        self.hold();
        (self.found, self.deep)
    }
}

pub(super) fn span_of(node: Node<'_>) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte() as u32)
}
