//! A file's statements in order: which names hold which texts where, and which texts the program gives to the database or
//! otherwise hands on. Both ways of a branch are followed, loops add something unknown.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::calls;
use super::eval::{Evaluator, Item, Names, Value};
use super::format::{self, Which};
use super::looks;
use super::shape::{Act, Arg, Call, Shape, Style, children, source_of};
use super::table::is_number;
use super::text::Text;
use crate::source::{HoleKind, Span};

/// How deep a syntax tree is followed; nothing that people write nests that deep.
const MAX_DEPTH: usize = 400;

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
    site: Span,
}

/// How a text is used, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Usage {
    /// Given to a function that runs SQL.
    Run,
    /// Given to another function, or returned.
    Handed,
    /// What a name holds in the end.
    Held,
}

/// What a call binds to the placeholders of its text.
#[derive(Clone, Debug, Default)]
pub(super) enum Binds {
    #[default]
    Unknown,
    /// By position; a position that is not known has none.
    Positions(Vec<Option<String>>),
    Names(Vec<(String, String)>),
}

impl Binds {
    /// With one more: the key is a number that counts from 1, or a name. A key that gets two values is not known.
    fn with(self, key: &str, value: Option<String>) -> Binds {
        let key = key.trim_matches(['"', '\'', ':', '@']);
        match (key.parse::<usize>(), self) {
            (Ok(n @ 1..=2_000), Binds::Positions(mut positions)) => {
                positions.resize(positions.len().max(n), None);
                if let Some(slot) = positions.get_mut(n - 1) {
                    *slot = if slot.is_none() || *slot == value { value } else { None };
                }
                Binds::Positions(positions)
            }
            (Ok(n @ 1..=2_000), Binds::Unknown) => {
                let mut positions = vec![None; n];
                positions[n - 1] = value;
                Binds::Positions(positions)
            }
            (Err(_), Binds::Names(mut names)) => {
                names.extend(value.map(|value| (key.to_owned(), value)));
                Binds::Names(names)
            }
            (Err(_), Binds::Unknown) => {
                Binds::Names(value.map(|value| (key.to_owned(), value)).into_iter().collect())
            }
            (_, known) => known,
        }
    }
}

/// Functions that run a prepared statement with the values that they are given.
fn is_execution(name: &str) -> bool {
    matches!(
        name,
        "execute"
            | "executeQuery"
            | "executeUpdate"
            | "query"
            | "Query"
            | "QueryRow"
            | "Exec"
            | "QueryContext"
            | "QueryRowContext"
            | "ExecContext"
            | "exec"
            | "run"
            | "all"
            | "get"
    )
}

pub(super) struct Walker<'t> {
    pub(super) eval: Evaluator<'t>,
    names: Names,
    function: Vec<String>,
    anchor: Span,
    /// The kind of the node around the one in hand.
    around: &'t str,
    /// Whether the end of the block in hand is not reached.
    left: bool,
    pub(super) found: Vec<Found>,
    /// Names of prepared statements, with what was found.
    prepared: HashMap<String, usize>,
    /// Whether the texts in hand are for people.
    talks: bool,
    depth: usize,
}

impl<'t> Walker<'t> {
    pub(super) fn new(eval: Evaluator<'t>) -> Walker<'t> {
        Walker {
            eval,
            names: Names::new(),
            function: Vec::new(),
            anchor: Span::default(),
            around: "",
            left: false,
            found: Vec::new(),
            prepared: HashMap::new(),
            talks: false,
            depth: 0,
        }
    }

    /// Walks a statement or expression.
    pub(super) fn walk(&mut self, node: Node<'t>) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let anchor = self.anchor;
        let around = std::mem::replace(&mut self.around, node.kind());
        if looks::is_statement(node.kind(), around) {
            self.anchor = span_of(node);
        }
        self.act(node);
        self.anchor = anchor;
        self.around = around;
        self.depth -= 1;
    }

    fn act(&mut self, node: Node<'t>) {
        match (self.eval.language.act)(node, self.eval.source) {
            Act::Function { name, params, body } => self.enter(name, &params, body, node),
            Act::Assign { targets, append, number } => {
                let before = self.found.len();
                for (name, value) in &targets {
                    self.assign(name, *value, append, number);
                }
                self.prepare(&targets, before);
            }
            Act::Branch { head, arms, complete } => self.branch(&head, &arms, complete),
            Act::Loop => self.repeat(node),
            Act::Leave => {
                // What is thrown tells people something.
                let talks = self.talks;
                self.talks |= node.kind().starts_with("throw") || node.kind().starts_with("raise");
                for child in children(node) {
                    self.expression(child, true);
                }
                self.talks = talks;
                self.left = true;
            }
            Act::Remark => {}
            Act::None => self.expression(node, false),
        }
    }

    /// Walks an expression; `handed` is whether its value goes somewhere else.
    fn expression(&mut self, node: Node<'t>, handed: bool) {
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
            Shape::Inner(inner) if inner.id() != node.id() => self.nested(inner, handed),
            Shape::Choice(nodes) => nodes.into_iter().for_each(|n| self.nested(n, handed)),
            _ => {
                for child in children(node) {
                    self.nested_walk(child, handed);
                }
            }
        }
    }

    fn nested(&mut self, node: Node<'t>, handed: bool) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        self.expression(node, handed);
        self.depth -= 1;
    }

    /// A child may be a statement as well, such as a function's body, or an assignment in a condition.
    fn nested_walk(&mut self, node: Node<'t>, handed: bool) {
        match (self.eval.language.act)(node, self.eval.source) {
            Act::None if handed => self.nested(node, handed),
            _ => self.walk(node),
        }
    }

    /// Calls inside what makes a text: their own texts count as well.
    fn inner_calls(&mut self, node: Node<'t>, depth: usize) {
        if depth > MAX_DEPTH {
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
        let outer = self.names.clone();
        if self.function.is_empty() {
            // What functions of the file change is not known inside any of them.
            let constants = &self.eval.globals.constants;
            self.names.retain(|name, _| matches!(constants.get(name.as_str()), Some(Some(_))));
        }
        let prepared = self.function.is_empty().then(|| std::mem::take(&mut self.prepared));
        for (param, ty) in params {
            let number = is_number(ty, self.eval.language.numbers);
            self.names.insert((*param).to_owned(), Value::Unknown { number });
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
        // What an inner function does to names around it may have happened any number of times.
        let inner = std::mem::replace(&mut self.names, outer);
        let span = span_of(body);
        let shadowed: HashSet<&str> = params.iter().map(|(name, _)| *name).collect();
        for (name, value) in &mut self.names {
            if let Some(other) =
                inner.get(name).filter(|other| !other.is(value) && !shadowed.contains(name.as_str()))
            {
                *value = Value::one_of(vec![value.clone(), other.clone()]).with_more(name, span);
            }
        }
    }

    /// A body, whose own value is what a short function returns.
    fn block(&mut self, body: Node<'t>) {
        match (self.eval.language.shape)(body, self.eval.source) {
            Shape::Other | Shape::Block(_) => self.walk(body),
            _ => self.nested(body, true),
        }
    }

    /// What names hold at the end of a function.
    fn hold(&mut self) {
        let mut held: Vec<(&String, &Text)> = Vec::new();
        for (name, value) in &self.names {
            if let Value::Text(text) = value
                && text.has_written()
            {
                held.push((name, text));
            }
        }
        held.sort_by_key(|(name, _)| name.as_str());
        let texts: Vec<Text> = held.into_iter().map(|(_, text)| text.clone()).collect();
        texts.into_iter().for_each(|text| self.report(text, Usage::Held, Binds::Unknown));
    }

    fn assign(&mut self, name: &'t str, value: Option<Node<'t>>, append: bool, number: bool) {
        let Some(node) = value else {
            self.names.insert(name.to_owned(), Value::Unknown { number });
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
                let adds_to_text = append && matches!(self.names.get(name), Some(Value::Text(_)));
                let value = match adds_to_text {
                    true => Value::Text(self.eval.text(node, &self.names, 0)),
                    false => self.eval.value(node, &self.names, 0),
                };
                self.calls_in(node);
                match value {
                    Value::Unknown { number: known } => Value::Unknown { number: known || number },
                    known => known,
                }
            }
        };
        self.set(name, value, append);
    }

    /// Calls in an expression whose own text is kept in a name.
    fn calls_in(&mut self, node: Node<'t>) {
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
                self.depth += 1;
                if self.depth < MAX_DEPTH {
                    self.calls_in(inner);
                }
                self.depth -= 1;
            }
            Shape::Name(_) => {}
            _ => {
                for child in children(node) {
                    self.nested_walk(child, false);
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: Value, append: bool) {
        if name.is_empty() || (self.names.len() > MAX_NAMES && !self.names.contains_key(name)) {
            return;
        }
        let old = self.names.remove(name).or_else(|| self.constant(name));
        let new = match (old, value, append) {
            (Some(Value::Text(mut text)), Value::Text(more), true) => {
                text.append(&more);
                text.tagged &= more.tagged;
                Value::Text(text)
            }
            (Some(Value::List(mut list)), Value::List(more), true) => {
                list.items.extend(more.items);
                list.more |= more.more;
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
        // What a name of the file is that holds no text, the constants say.
        if self.function.is_empty() && matches!(new, Value::Unknown { .. }) {
            return;
        }
        self.names.insert(name.to_owned(), new);
    }

    fn constant(&self, name: &str) -> Option<Value> {
        let node = (*self.eval.globals.constants.get(name)?)?;
        Some(self.eval.value(node, &Names::new(), 1))
    }

    fn branch(&mut self, head: &[Node<'t>], arms: &[Vec<Node<'t>>], complete: bool) {
        head.iter().for_each(|node| self.nested_walk(*node, false));
        let before = self.names.clone();
        let mut ends = Vec::new();
        let left = std::mem::take(&mut self.left);
        for arm in arms {
            self.names.clone_from(&before);
            self.left = false;
            arm.iter().for_each(|node| self.walk(*node));
            if !self.left {
                ends.push(std::mem::take(&mut self.names));
            }
        }
        if !complete {
            ends.push(before.clone());
        }
        self.left = left || ends.is_empty();
        self.names = merge(ends, before);
    }

    fn repeat(&mut self, node: Node<'t>) {
        let span = span_of(node.child(0).unwrap_or(node));
        let mut changed = HashSet::new();
        self.changed(node, &mut changed, 0);
        let mut changed: Vec<&str> = changed.into_iter().collect();
        changed.sort_unstable();
        for name in &changed {
            if let Some(value) = self.names.remove(*name) {
                self.names.insert((*name).to_owned(), value.with_more(name, span));
            }
        }
        let before = self.names.clone();
        let left = self.left;
        for child in children(node) {
            self.nested_walk(child, false);
        }
        self.left = left;
        let after = std::mem::take(&mut self.names);
        // What the loop adds is in the hole already.
        let mut kept = after;
        for name in &changed {
            if let (Some(old), Some(new)) = (before.get(*name), kept.get(*name))
                && starts_with(new, old)
            {
                let old = old.clone();
                kept.insert((*name).to_owned(), old);
            }
        }
        self.names = merge(vec![before.clone(), kept], before);
    }

    /// Names that something inside a node gives a value to, or adds to.
    fn changed(&self, node: Node<'t>, names: &mut HashSet<&'t str>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match (self.eval.language.act)(node, self.eval.source) {
            Act::Assign { targets, append: _, number: _ } => {
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

    fn call(&mut self, node: Node<'t>, call: &Call<'t>) {
        self.depth += 1;
        if self.depth < MAX_DEPTH {
            self.call_parts(node, call);
        }
        self.depth -= 1;
    }

    fn call_parts(&mut self, node: Node<'t>, call: &Call<'t>) {
        if let Some(receiver) = call.receiver {
            match (self.eval.language.shape)(receiver, self.eval.source) {
                Shape::Name(_) => {}
                _ => self.calls_in(receiver),
            }
            self.hand_on(call, receiver);
        }
        let of_objects = call.name == "createQuery" && self.eval.globals.object_queries;
        let is_site = !of_objects && self.eval.language.sites.contains(&call.name);
        // What is told to people, and what becomes a part of another text, is not handed on as it is.
        let is_quiet =
            of_objects || looks::is_talk(call, self.eval.source) || calls::makes_text(call, self.eval.source);
        let mut sql = None;
        for (i, arg) in call.args.iter().enumerate() {
            let act = (self.eval.language.act)(arg.value, self.eval.source);
            if !matches!(act, Act::None) {
                self.walk(arg.value);
                continue;
            }
            if sql.is_none() && (is_site || (!is_quiet && self.is_text(arg.value))) {
                sql = self.given(call, i);
                if sql.is_some() {
                    self.calls_in(arg.value);
                    continue;
                }
            }
            if is_quiet || sql.is_some() {
                self.calls_in(arg.value);
            } else {
                self.nested(arg.value, true);
            }
        }
        if let Some((text, binds)) = sql {
            self.report(text, if is_site { Usage::Run } else { Usage::Handed }, binds);
            if let Some(found) = self.found.last_mut() {
                found.site = span_of(node);
            }
        }
        self.run_built(call);
        self.bind_behind(call);
        self.bind_prepared(call);
        self.mutate(node, call);
    }

    /// Whether an argument may be a text by its form.
    fn is_text(&self, node: Node<'t>) -> bool {
        matches!(
            (self.eval.language.shape)(node, self.eval.source),
            Shape::Text(_) | Shape::Join(_) | Shape::Format { .. } | Shape::Name(_) | Shape::Inner(_)
        )
    }

    /// The text that a call which takes SQL is given as its argument of that number, with what else it is given.
    fn given(&self, call: &Call<'t>, i: usize) -> Option<(Text, Binds)> {
        let arg = call.args.get(i)?;
        let rest = call.args.get(i + 1..).unwrap_or_default();
        let language = self.eval.language;
        match (language.shape)(arg.value, self.eval.source) {
            // The text with its values behind it in one list, as ActiveRecord takes it.
            Shape::List(items) if items.len() > 1 => {
                let (first, values) = items.split_first()?;
                let text = self.eval.text(*first, &self.names, 0);
                let args: Vec<Arg<'t>> = values.iter().map(|value| Arg::plain(*value)).collect();
                looks::starts_as_statement(&text).then(|| (text, self.binds(&args)))
            }
            // An object with the text and its values.
            Shape::Pairs(pairs) => {
                let of = |keys: &[&str]| pairs.iter().find(|(key, _)| keys.contains(key)).map(|(_, v)| *v);
                let text = self.eval.text(of(&["text", "sql", "query", "statement"])?, &self.names, 0);
                let values = of(&["values", "params", "args", "bindings", "replacements"]);
                let args: Vec<Arg<'t>> = values.into_iter().map(Arg::plain).collect();
                looks::starts_as_statement(&text).then(|| (text, self.binds(&args)))
            }
            _ => {
                let mut text = match language.binding.contains(&call.name) && !call.name.contains("Raw") {
                    true => self.eval.bound_text(arg.value, &self.names, 0),
                    false => self.eval.text(arg.value, &self.names, 0),
                };
                if !looks::starts_as_statement(&text) {
                    return None;
                }
                if language.templates.contains(&call.name) {
                    text = format::fill(&text, Style::Dollar, &|_, _| None);
                }
                if language.binding.contains(&call.name) && call.name.contains("Raw") {
                    let bound = |which: Which<'_>, _| match which {
                        Which::Nth(n) => {
                            Some(Text::hole(self.eval.splice(rest.get(n)?.value, HoleKind::Bound)))
                        }
                        Which::Named(_) => None,
                    };
                    text = format::fill(&text, Style::Braces, &bound);
                }
                // What else such a call is given are no values.
                let is_made =
                    call.name.ends_with("Command") || call.name.to_ascii_lowercase().starts_with("prepare");
                let binds = if is_made { Binds::Unknown } else { self.binds(rest) };
                Some((text, binds))
            }
        }
    }

    /// `builder.build()`: a text that was put together by calls and is run as it is.
    fn run_built(&mut self, call: &Call<'t>) {
        if !matches!(call.name, "build" | "build_query_as" | "build_query_scalar") {
            return;
        }
        let Some(receiver) = call.receiver else { return };
        if let Shape::Name(name) = (self.eval.language.shape)(receiver, self.eval.source)
            && let Some(Value::Text(text)) = self.names.get(name)
        {
            self.report(text.clone(), Usage::Run, Binds::Unknown);
        }
    }

    /// Remembers which name holds a statement that was prepared just now.
    fn prepare(&mut self, targets: &[(&'t str, Option<Node<'t>>)], before: usize) {
        let Some((name, value)) = targets.first().filter(|(name, _)| !name.is_empty()) else { return };
        if let Some(owner) = name.strip_suffix("CommandText")
            && let Some(Value::Text(text)) = self.names.get(*name)
        {
            self.report(text.clone(), Usage::Run, Binds::Unknown);
            if self.found.len() > before {
                self.prepared.insert(owner.trim_end_matches('.').to_owned(), self.found.len() - 1);
            }
            return;
        }
        let is_new = self.found.len() > before && self.found.last().is_some_and(|f| !f.site.is_empty());
        if is_new {
            self.prepared.insert((*name).to_owned(), self.found.len() - 1);
        } else if !value.is_some_and(|v| source_of(v, self.eval.source).contains(name)) {
            // `query = query.bind(x)` is still the same one.
            self.prepared.remove(*name);
        }
    }

    /// `prepare("..").use { statement -> .. }`: the name that a prepared statement has in a block.
    fn hand_on(&mut self, call: &Call<'t>, receiver: Node<'t>) {
        let Some(block) = call.args.last().filter(|_| matches!(call.name, "use" | "let" | "also")) else {
            return;
        };
        let Act::Function { params, .. } = (self.eval.language.act)(block.value, self.eval.source) else {
            return;
        };
        let is_site = |found: &Found| !found.site.is_empty() && span_of(receiver).contains(found.site);
        if self.found.last().is_some_and(is_site) {
            let name = params.first().map_or("it", |(name, _)| *name);
            self.prepared.insert(name.to_owned(), self.found.len() - 1);
        }
    }

    /// `statement.setString(1, x)`, `statement.execute([x])`: what is bound to a prepared statement.
    fn bind_prepared(&mut self, call: &Call<'t>) {
        let Some(receiver) = call.receiver else { return };
        let written = source_of(receiver, self.eval.source);
        let owner = written.strip_suffix(".Parameters").unwrap_or(written);
        let Some(&at) = self.prepared.get(owner) else { return };
        let known = match self.found.get(at) {
            Some(found) => found.binds.clone(),
            None => return,
        };
        let plain: Vec<Node<'t>> = call.args.iter().map(|arg| arg.value).collect();
        let sets = call.name.starts_with("set")
            || matches!(
                call.name,
                "bindValue" | "bindParam" | "bind" | "AddWithValue" | "param" | "registerOutParameter"
            );
        let binds = match (sets, plain.as_slice()) {
            (true, [key, value, ..]) => {
                let value = Some(self.eval.bound(*value));
                known.with(source_of(*key, self.eval.source), value)
            }
            (true, [value]) if call.name == "bind" => {
                let mut positions = match known {
                    Binds::Positions(positions) => positions,
                    Binds::Unknown | Binds::Names(_) => Vec::new(),
                };
                positions.push(Some(self.eval.bound(*value)));
                Binds::Positions(positions)
            }
            (false, [_, ..]) if matches!(known, Binds::Unknown) && is_execution(call.name) => {
                let args = call.args.get(usize::from(call.name.ends_with("Context"))..);
                self.binds(args.unwrap_or_default())
            }
            _ => return,
        };
        if let Some(found) = self.found.get_mut(at) {
            found.binds = binds;
        }
    }

    /// `query("..").bind(a).bind(b)`: parameters that are bound by calls on what takes the text.
    fn bind_behind(&mut self, call: &Call<'t>) {
        let (Some(receiver), true) = (call.receiver, matches!(call.name, "bind" | "setParameter" | "param"))
        else {
            return;
        };
        let plain: Vec<String> = call.args.iter().map(|arg| self.eval.bound(arg.value)).collect();
        let Some(found) = self.found.last_mut().filter(|found| {
            found.usage == Usage::Run && !found.site.is_empty() && span_of(receiver).contains(found.site)
        }) else {
            return;
        };
        match (plain.as_slice(), &mut found.binds) {
            ([value], Binds::Positions(positions)) => positions.push(Some(value.clone())),
            ([value], binds @ Binds::Unknown) => *binds = Binds::Positions(vec![Some(value.clone())]),
            ([name, value], binds) => {
                let name = name.trim_matches(['"', '\'', ':']).to_owned();
                match binds {
                    Binds::Names(names) => names.push((name, value.clone())),
                    Binds::Unknown | Binds::Positions(_) => {
                        *binds = Binds::Names(vec![(name, value.clone())])
                    }
                }
            }
            _ => {}
        }
    }

    /// What a call does to the text or list that it is called on.
    fn mutate(&mut self, node: Node<'t>, call: &Call<'t>) {
        let Some(receiver) = call.receiver.filter(|_| calls::appends_text(call.name)) else { return };
        let mut root = receiver;
        // `sb.append("a").append("b")`: the inner call was met before.
        while let Shape::Call(inner) = (self.eval.language.shape)(root, self.eval.source)
            && calls::appends_text(inner.name)
            && let Some(next) = inner.receiver
        {
            root = next;
        }
        let Shape::Name(name) = (self.eval.language.shape)(root, self.eval.source) else { return };
        let Some(value) = self.names.get(name).cloned() else { return };
        let span = span_of(node);
        if matches!(call.name, "append_format" | "AppendFormat")
            && let (Value::Text(mut text), Some((template, args))) = (value.clone(), call.args.split_first())
        {
            text.append(&self.eval.formatted(template.value, args, &self.names));
            self.names.insert(name.to_owned(), Value::Text(text));
            return;
        }
        let plain: Option<Vec<Node<'t>>> =
            call.args.iter().map(|a| (!a.spread && a.name.is_none()).then_some(a.value)).collect();
        let new = match (value, call.name, plain.as_deref()) {
            (
                Value::Text(mut text),
                "append" | "Append" | "WriteString" | "push_str" | "write" | "concat" | "AppendLine"
                | "appendLine" | "Write" | "push" | "append_sql",
                Some([arg]),
            ) => {
                text.append(&self.eval.text(*arg, &self.names, 0));
                if matches!(call.name, "AppendLine" | "appendLine") {
                    let mut line = super::text::Written::default();
                    line.escape("\n", node.end_byte(), node.end_byte());
                    text.append(&Text::written(line));
                }
                Value::Text(text)
            }
            (Value::Text(mut text), "push_bind", Some([arg])) => {
                text.append(&Text::hole(self.eval.splice(*arg, HoleKind::Bound)));
                Value::Text(text)
            }
            (Value::Pairs(mut pairs), "put" | "addValue" | "Add" | "set", Some([key, value])) => {
                let key = source_of(*key, self.eval.source).trim_matches(['"', '\'', ':']).to_owned();
                pairs.push((key, self.eval.bound(*value)));
                Value::Pairs(pairs)
            }
            (Value::List(mut list), "append" | "push" | "add" | "Add", Some(args)) => {
                for arg in args {
                    list.items.push(Item { text: self.eval.text(*arg, &self.names, 0), optional: false });
                }
                Value::List(list)
            }
            (Value::List(mut list), "extend" | "addAll" | "AddRange", Some([arg])) => {
                match self.eval.value(*arg, &self.names, 0) {
                    Value::List(other) => {
                        list.items.extend(other.items);
                        list.more |= other.more;
                    }
                    Value::Text(_) | Value::Pairs(_) | Value::Unknown { .. } => list.more = true,
                }
                Value::List(list)
            }
            (unknown @ Value::Unknown { .. }, ..) => unknown,
            (Value::Text(_), "pop" | "clear" | "Clear" | "Reset" | "setLength", _) => {
                Value::Unknown { number: false }
            }
            (value, ..) => value.with_more(name, span),
        };
        self.names.insert(name.to_owned(), new);
    }

    /// What the arguments behind a text bind to its placeholders.
    fn binds(&self, args: &[Arg<'t>]) -> Binds {
        // What makes the results is no value.
        let args: Vec<Arg<'t>> = args.iter().filter(|arg| !self.is_reader(arg.value)).copied().collect();
        let [first, rest @ ..] = args.as_slice() else { return Binds::Unknown };
        let shape = (self.eval.language.shape)(self.eval.plain(first.value), self.eval.source);
        let by_name = |pairs: Vec<(&str, Node<'t>)>| {
            pairs.into_iter().map(|(key, value)| (key.to_owned(), self.eval.bound(value))).collect()
        };
        if let Some(name) = first.name
            && !matches!(name, "params" | "vars" | "parameters" | "args" | "values" | "replacements" | "bind")
        {
            return Binds::Names(
                args.iter().filter_map(|a| Some((a.name?.to_owned(), self.eval.bound(a.value)))).collect(),
            );
        }
        match shape {
            Shape::Pairs(pairs) => Binds::Names(by_name(pairs)),
            Shape::List(items) if rest.iter().all(|a| a.name.is_some()) || rest.is_empty() => {
                Binds::Positions(items.iter().map(|item| Some(self.eval.bound(*item))).collect())
            }
            Shape::Name(name) => match self.names.get(name) {
                Some(Value::Pairs(pairs)) if rest.is_empty() => Binds::Names(pairs.clone()),
                Some(Value::List(list)) if rest.is_empty() => {
                    let mut positions = Vec::new();
                    for item in list.items.iter().take_while(|item| !item.optional) {
                        positions.push(item.text.only_hole().map(|splice| splice.expression.clone()));
                    }
                    Binds::Positions(positions)
                }
                _ if first.spread => Binds::Unknown,
                _ => self.positions(&args),
            },
            _ => self.positions(&args),
        }
    }

    fn positions(&self, args: &[Arg<'t>]) -> Binds {
        let known = args.iter().take_while(|arg| !arg.spread && arg.name.is_none());
        Binds::Positions(known.map(|arg| Some(self.eval.bound(arg.value))).collect())
    }

    /// Whether an argument says what becomes of the rows: a function, a class, a row mapper.
    fn is_reader(&self, node: Node<'t>) -> bool {
        let written = source_of(node, self.eval.source);
        matches!((self.eval.language.act)(node, self.eval.source), Act::Function { .. })
            || written.ends_with(".class")
            || written.ends_with("::class.java")
            || (self.eval.language.row_mappers
                && (written.contains("apper") || written.contains("xtractor") || written.contains("::")))
    }

    fn report(&mut self, text: Text, usage: Usage, binds: Binds) {
        if (self.talks && usage != Usage::Run) || !looks::starts_as_statement(&text) {
            return;
        }
        let function = self.function.last().cloned();
        self.found.push(Found { text, anchor: self.anchor, function, usage, binds, site: Span::default() });
    }

    /// What is held outside of functions.
    pub(super) fn finish(mut self) -> Vec<Found> {
        self.hold();
        self.found
    }
}

fn span_of(node: Node<'_>) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte() as u32)
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

/// The names after one of several ways was taken. A name that only some ways have is not known.
fn merge(ends: Vec<Names>, before: Names) -> Names {
    let Some((first, others)) = ends.split_first() else { return before };
    let mut merged: HashMap<String, Value> = HashMap::with_capacity(first.len());
    let all: HashSet<&String> = ends.iter().flat_map(|names| names.keys()).collect();
    for name in all {
        let values: Vec<&Value> = ends.iter().filter_map(|names| names.get(name)).collect();
        let value = match values.as_slice() {
            [one, rest @ ..] if values.len() == others.len() + 1 => {
                if rest.iter().all(|other| other.is(one)) {
                    (*one).clone()
                } else {
                    Value::one_of(values.into_iter().cloned().collect())
                }
            }
            // Declared inside one way only.
            [one] => (*one).clone(),
            _ => Value::one_of(values.into_iter().cloned().collect()),
        };
        merged.insert(name.clone(), value);
    }
    merged
}
