//! Ways through a function: branches, cases that go on into one another, loops, handlers and jumps; and what names hold where
//! ways part and meet again.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::looks;
use super::shape::{Act, Case, children, source_of};
use super::text::Text;
use super::value::{Names, Value};
use super::walk::{Walker, span_of};
use crate::source::Span;

/// States that are kept apart of one place that jumps lead to.
const MAX_ENDS: usize = 24;

/// Values that are kept apart of one name in a body with handlers.
const MAX_SEEN: usize = 8;

/// What a jump may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Function,
    Loop,
    Cases,
    Block,
}

/// A part of a function that jumps lead out of.
#[derive(Debug)]
pub(super) struct Frame<'t> {
    way: Way,
    label: Option<&'t str>,
    /// How many scopes are around it.
    scopes: usize,
    /// What names hold where it is left by a jump.
    ends: Vec<Names>,
}

/// What names hold anywhere in a body with handlers.
#[derive(Debug)]
pub(super) struct Seen {
    scopes: usize,
    values: HashMap<String, Vec<Value>>,
}

impl<'t> Walker<'t> {
    pub(super) fn branch(&mut self, head: &[Node<'t>], arms: &[Vec<Node<'t>>], complete: bool) {
        head.iter().for_each(|node| self.nested_walk(*node, false));
        let arms: Vec<(&[Node<'t>], bool)> = arms.iter().map(|arm| (arm.as_slice(), false)).collect();
        self.ways(&arms, complete, false);
    }

    pub(super) fn cases(&mut self, whole: Node<'t>, head: &[Node<'t>], cases: &[Case<'t>], complete: bool) {
        head.iter().for_each(|node| self.nested_walk(*node, false));
        let written = source_of(whole, self.eval.source);
        if written.contains("goto case") || written.contains("goto default") {
            self.lose_changed(whole);
        }
        let cases: Vec<(&[Node<'t>], bool)> =
            cases.iter().map(|case| (case.nodes.as_slice(), case.falls)).collect();
        self.ways(&cases, complete, true);
    }

    /// One of several ways is taken; `jumps` is whether jumps lead behind them.
    fn ways(&mut self, arms: &[(&[Node<'t>], bool)], complete: bool, jumps: bool) {
        if jumps {
            self.open(Way::Cases, None);
        }
        let before = self.names.clone();
        let left = std::mem::take(&mut self.left);
        let mut ends = Vec::new();
        let mut falling: Option<Names> = None;
        for (arm, falls) in arms {
            self.names = match falling.take() {
                Some(names) => self.merge(vec![before.clone(), names], Names::new()),
                None => before.clone(),
            };
            self.left = false;
            arm.iter().for_each(|node| self.nested_walk(*node, false));
            if !self.left {
                let end = std::mem::take(&mut self.names);
                if *falls { falling = Some(end) } else { ends.push(end) }
            }
        }
        ends.extend(falling);
        if jumps {
            ends.extend(self.close());
        }
        if !complete {
            ends.push(before.clone());
        }
        self.left = left || ends.is_empty();
        self.names = self.merge(ends, before);
    }

    /// Any part of the body may be all that is run of it before a handler is.
    pub(super) fn attempt(&mut self, body: &[Node<'t>], handlers: &[Vec<Node<'t>>]) {
        let before = self.names.clone();
        let left = std::mem::take(&mut self.left);
        self.seen.push(Seen { scopes: self.scopes.len(), values: HashMap::new() });
        body.iter().for_each(|node| self.nested_walk(*node, false));
        self.see();
        let after = std::mem::take(&mut self.names);
        let mut ends = if self.left { Vec::new() } else { vec![after] };
        for handler in handlers {
            self.names = self.met(&before);
            self.left = false;
            handler.iter().for_each(|node| self.nested_walk(*node, false));
            self.see();
            if !self.left {
                ends.push(std::mem::take(&mut self.names));
            }
        }
        if let Some(inner) = self.seen.pop()
            && !self.seen.is_empty()
        {
            inner.values.into_iter().for_each(|(name, values)| {
                values.into_iter().for_each(|value| self.see_value(&name, &value));
            });
        }
        self.left = left || ends.is_empty();
        self.names = self.merge(ends, before);
    }

    /// Remembers what names hold in a body with handlers.
    pub(super) fn see(&mut self) {
        let names = std::mem::take(&mut self.names);
        for (name, value) in &names {
            self.see_value(name, value);
        }
        self.names = names;
    }

    fn see_value(&mut self, name: &str, value: &Value) {
        let Some(seen) = self.seen.last_mut() else { return };
        let inner = self.scopes.get(seen.scopes..).unwrap_or_default();
        if inner.iter().any(|scope| scope.contains_key(name)) {
            return;
        }
        match seen.values.get_mut(name) {
            Some(values) if values.iter().any(|known| known.is(value)) => {}
            Some(values) if values.len() < MAX_SEEN => values.push(value.clone()),
            Some(values) => {
                if let Some(last) = values.last_mut() {
                    *last = lost(value.clone(), name, self.anchor);
                }
            }
            None => {
                seen.values.insert(name.to_owned(), vec![value.clone()]);
            }
        }
    }

    /// What names hold where a handler begins.
    fn met(&self, before: &Names) -> Names {
        let mut met = before.clone();
        for (name, values) in self.seen.last().iter().flat_map(|seen| &seen.values) {
            let first = before.get(name).cloned().or_else(|| self.unset(name));
            let mut all: Vec<Value> = first.into_iter().collect();
            all.extend(values.iter().filter(|value| !before.get(name).is_some_and(|b| b.is(value))).cloned());
            if all.len() > 1 {
                met.insert(name.clone(), Value::one_of(all));
            } else if let Some(one) = all.pop() {
                met.insert(name.clone(), one);
            }
        }
        met
    }

    pub(super) fn repeat(&mut self, node: Node<'t>) {
        let span = span_of(node.child(0).unwrap_or(node));
        let changed = self.changed_in(node);
        for name in &changed {
            if let Some(value) = self.names.remove(*name) {
                self.names.insert((*name).to_owned(), value.with_more(name, span));
            }
        }
        let before = self.names.clone();
        let left = self.left;
        self.open(Way::Loop, None);
        for child in children(node) {
            self.nested_walk(child, false);
        }
        let mut ends = self.close();
        self.left = left;
        ends.push(std::mem::take(&mut self.names));
        // What the loop adds is in the hole already.
        for end in &mut ends {
            for name in &changed {
                if let (Some(old), Some(new)) = (before.get(*name), end.get(*name))
                    && starts_with(new, old)
                {
                    let old = old.clone();
                    end.insert((*name).to_owned(), old);
                }
            }
        }
        ends.push(before.clone());
        self.names = self.merge(ends, before);
    }

    /// A statement with a label: jumps lead behind it, or from anywhere in the function to it.
    pub(super) fn labelled(&mut self, node: Node<'t>, label: &'t str) {
        if !label.is_empty() && self.eval.source.contains(&format!("goto {label}")) {
            let mut function = node;
            while let Some(around) = function.parent()
                && !matches!((self.eval.language.act)(function, self.eval.source), Act::Function { .. })
            {
                function = around;
            }
            self.lose_changed(function);
            self.left = false;
        }
        self.open(Way::Block, Some(label));
        children(node).into_iter().for_each(|child| self.nested_walk(child, false));
        let mut ends = self.close();
        if ends.is_empty() {
            return;
        }
        if !self.left {
            ends.push(std::mem::take(&mut self.names));
        }
        self.left = false;
        self.names = self.merge(ends, Names::new());
    }

    /// Goes on behind what a jump leaves.
    pub(super) fn jump(&mut self, label: Option<&'t str>, again: bool) {
        let is_php = self.eval.language.name == "PHP";
        let number: Option<usize> = label.and_then(|label| label.parse().ok());
        let mut all = Vec::new();
        let mut goal = None;
        for (at, frame) in self.frames.iter().enumerate().rev() {
            match frame.way {
                Way::Function => {
                    if all.is_empty() {
                        all.push(at);
                    }
                    break;
                }
                _ if label.is_some() && frame.label == label => goal = Some(at),
                Way::Loop => all.push(at),
                Way::Cases if !again || is_php => all.push(at),
                Way::Cases | Way::Block => {}
            }
            if goal.is_some() {
                break;
            }
        }
        let goals = match (goal, number, label) {
            (Some(goal), ..) => vec![goal],
            (None, Some(nth), _) => {
                all.get(nth.saturating_sub(1)).or(all.last()).copied().into_iter().collect()
            }
            (None, None, None) => all.first().copied().into_iter().collect(),
            // A label that is not known.
            (None, None, Some(_)) => all,
        };
        goals.into_iter().for_each(|goal| self.end(goal));
        self.left = true;
    }

    /// What names hold where an inner function is left goes on behind it.
    pub(super) fn leave(&mut self) {
        let mut functions = self.frames.iter().enumerate().filter(|(_, frame)| frame.way == Way::Function);
        let last = functions.next_back();
        if let (Some((at, _)), true) = (last, functions.next().is_some()) {
            self.end(at);
        }
        self.left = true;
    }

    pub(super) fn open_function(&mut self) {
        self.open(Way::Function, None);
    }

    /// Which of the scopes is that of the innermost function.
    pub(super) fn function_scope(&self) -> Option<usize> {
        self.frames.iter().rev().find(|frame| frame.way == Way::Function).map(|frame| frame.scopes)
    }

    fn open(&mut self, way: Way, label: Option<&'t str>) {
        self.frames.push(Frame { way, label, scopes: self.scopes.len(), ends: Vec::new() });
    }

    /// What names hold where jumps lead out of what was opened last.
    pub(super) fn close(&mut self) -> Vec<Names> {
        self.frames.pop().map(|frame| frame.ends).unwrap_or_default()
    }

    fn end(&mut self, at: usize) {
        let Some(frame) = self.frames.get(at) else { return };
        let names = self.names_outside(frame.scopes);
        let is_full = frame.ends.len() > MAX_ENDS;
        let Some(frame) = self.frames.get_mut(at) else { return };
        frame.ends.push(names);
        if is_full {
            let ends = std::mem::take(&mut frame.ends);
            let merged = self.merge(ends, Names::new());
            if let Some(frame) = self.frames.get_mut(at) {
                frame.ends.push(merged);
            }
        }
    }

    /// Names that something inside a node gives a value to, in order.
    fn changed_in(&self, node: Node<'t>) -> Vec<&'t str> {
        let mut changed = HashSet::new();
        self.changed(node, &mut changed, 0);
        let mut changed: Vec<&str> = changed.into_iter().collect();
        changed.sort_unstable();
        changed
    }

    /// What is changed anywhere in a node may have been so already.
    fn lose_changed(&mut self, node: Node<'t>) {
        for name in self.changed_in(node) {
            self.lose(name, span_of(node));
        }
    }

    /// Something that is not followed may have given a name another value.
    pub(super) fn lose(&mut self, name: &str, span: Span) {
        if let Some(value) = self.names.remove(name) {
            self.names.insert(name.to_owned(), lost(value, name, span));
        }
    }

    /// The names after one of several ways was taken.
    pub(super) fn merge(&self, ends: Vec<Names>, before: Names) -> Names {
        let Some((first, others)) = ends.split_first() else { return before };
        if others.is_empty() {
            return ends.into_iter().next().unwrap_or_default();
        }
        let mut merged: HashMap<String, Value> = HashMap::with_capacity(first.len());
        let all: HashSet<&String> = ends.iter().flat_map(|names| names.keys()).collect();
        for name in all {
            let values: Vec<&Value> = ends.iter().filter_map(|names| names.get(name)).collect();
            let Some((one, rest)) = values.split_first() else { continue };
            let is_same = rest.iter().all(|other| other.is(one));
            let unset = if values.len() <= others.len() { self.unset(name) } else { None };
            let value = match unset {
                Some(unset) if is_fragment(&values) => {
                    Value::one_of(values.into_iter().cloned().chain([unset]).collect())
                }
                // A statement that is given elsewhere is met there.
                Some(_) | None => one_of(is_same, &values),
            };
            merged.insert(name.clone(), value);
        }
        merged
    }

    /// What a name is on a way that gives it no value; none where it is not used behind such a way.
    pub(super) fn unset(&self, name: &str) -> Option<Value> {
        let last = name.rsplit(['.', ':', '>', '@']).next().unwrap_or(name);
        // What holds a field is not told here.
        if last.len() < name.len() || self.eval.globals.changing.contains(last.trim_start_matches('$')) {
            return Some(Value::Unknown { number: false });
        }
        matches!(self.eval.language.name, "Ruby" | "PHP").then(|| Value::Text(Text::default()))
    }
}

fn one_of(is_same: bool, values: &[&Value]) -> Value {
    match values {
        [one, ..] if is_same => (*one).clone(),
        _ => Value::one_of(values.iter().map(|value| (*value).clone()).collect()),
    }
}

/// Whether all are texts that start no statement.
fn is_fragment(values: &[&Value]) -> bool {
    values.iter().all(|value| matches!(value, Value::Text(text) if !looks::starts_as_statement(&text.told())))
}

/// A value of which something that is not followed may have made another one.
pub(super) fn lost(value: Value, name: &str, span: Span) -> Value {
    match &value {
        Value::Text(text) if !looks::starts_as_statement(&text.told()) => Value::Unknown { number: false },
        _ => value.with_more(name, span),
    }
}

/// Whether a value begins with all that another one is.
fn starts_with(value: &Value, start: &Value) -> bool {
    match (value, start) {
        (Value::Text(a), Value::Text(b)) => {
            a.parts.len() >= b.parts.len()
                && a.parts.iter().zip(&b.parts).all(|(x, y)| std::rc::Rc::ptr_eq(x, y))
        }
        (Value::List(a), Value::List(b)) => {
            b.more
                && a.items.len() >= b.items.len()
                && a.items.iter().zip(&b.items).all(|(x, y)| x.text.is(&y.text))
        }
        _ => false,
    }
}
