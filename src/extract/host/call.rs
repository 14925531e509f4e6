//! A call in a program: whether it is given SQL, and what it does to the text or list that it is called on.

use tree_sitter::Node;

use super::apart::TEXT_KEYS;
use super::bind::Binds;
use super::calls;
use super::format::{self, Which};
use super::looks::{self, says_more};
use super::script;
use super::shape::{Act, Arg, Call, Shape, Style, field, source_of};
use super::text::{Text, Written};
use super::value::{Item, Value};
use super::walk::{Usage, Walker, span_of};
use crate::source::HoleKind;

impl<'t> Walker<'t> {
    pub(super) fn call(&mut self, node: Node<'t>, call: &Call<'t>) {
        if self.is_too_deep(node) {
            return;
        }
        self.depth += 1;
        self.call_parts(node, call);
        self.depth -= 1;
    }

    pub(super) fn call_parts(&mut self, node: Node<'t>, call: &Call<'t>) {
        // A function that is called where it stands.
        if let Some(function) = field(node, "function").map(|function| self.eval.plain(function))
            && matches!((self.eval.language.act)(function, self.eval.source), Act::Function { .. })
        {
            self.walk(function);
        }
        if let Some(receiver) = call.receiver {
            match (self.eval.language.shape)(receiver, self.eval.source) {
                Shape::Name(_) => {}
                // The template of a text is none of its own: `sql.SQL("..").format(..)`.
                Shape::Call(inner)
                    if calls::makes_text(call, self.eval.source)
                        && calls::makes_text(&inner, self.eval.source) =>
                {
                    inner.args.iter().for_each(|arg| self.calls_in(arg.value));
                }
                _ => self.calls_in(receiver),
            }
            self.hand_on(call, receiver);
        }
        let of_objects = call.name == "createQuery" && self.eval.globals.object_queries;
        let is_site = !of_objects && self.eval.language.takes_sql(call.name);
        // What is told to people, and what becomes a part of another text, is not handed on as it is.
        let is_quiet =
            of_objects || looks::is_talk(call, self.eval.source) || calls::makes_text(call, self.eval.source);
        // `"SELECT ..".execAndMap { .. }`: what a text is asked to do may be to run.
        if let Some(receiver) = call.receiver.filter(|_| !is_quiet && !calls::changes_copy(call.name))
            && matches!(
                (self.eval.language.shape)(receiver, self.eval.source),
                Shape::Text(_) | Shape::Join(_) | Shape::Format { .. }
            )
        {
            let text = self.eval.text(receiver, &self.names, 0);
            self.report_at(node, text, Usage::Handed, Binds::Unknown);
        }
        let mut sql = None;
        for (i, arg) in call.args.iter().enumerate() {
            let act = (self.eval.language.act)(arg.value, self.eval.source);
            if !matches!(act, Act::None) {
                self.walk(arg.value);
                continue;
            }
            let takes =
                || is_site || self.is_text(arg.value) || looks::is_of_database(call, self.eval.source);
            if sql.is_none() && (is_site || !is_quiet) && takes() {
                sql = self.given(call, i);
                if sql.is_some() {
                    self.calls_in(arg.value);
                    continue;
                }
            }
            if is_quiet || sql.is_some() {
                self.calls_in(arg.value);
            } else {
                let before = self.found.len();
                self.nested(arg.value, true);
                let found = self.found.get_mut(before..).unwrap_or_default().iter_mut();
                found
                    .filter(|f| f.usage == Usage::Handed && f.site.is_empty())
                    .for_each(|f| f.site = span_of(node));
            }
        }
        if let Some((text, binds)) = sql {
            // What is added to a text or a list is a part of it.
            let usage = match is_site {
                true => Usage::Run,
                false if calls::appends_text(call.name) || call.name.starts_with("Fprint") => Usage::Added,
                false => Usage::Handed,
            };
            self.report_at(node, text, usage, binds);
        }
        self.run_built(call);
        self.bind_behind(call);
        self.bind_prepared(call);
        self.mutate(node, call);
        self.let_go(node, call, is_site);
    }

    /// Reports a text that is given to a call.
    fn report_at(&mut self, node: Node<'t>, text: Text, usage: Usage, binds: Binds) {
        let before = self.found.len();
        self.report(text, usage, binds);
        if let Some(found) = self.found.get_mut(before) {
            found.site = span_of(node);
        }
    }

    /// Whether an argument may be a text by its form.
    pub(super) fn is_text(&self, node: Node<'t>) -> bool {
        matches!(
            (self.eval.language.shape)(node, self.eval.source),
            Shape::Text(_) | Shape::Join(_) | Shape::Format { .. } | Shape::Name(_) | Shape::Inner(_)
        )
    }

    /// The text that a call which takes SQL is given as its argument of that number, with what else it is given.
    pub(super) fn given(&self, call: &Call<'t>, i: usize) -> Option<(Text, Binds)> {
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
                let text = self.eval.text(of(TEXT_KEYS)?, &self.names, 0).told();
                let values = of(&["values", "params", "args", "bindings", "replacements"]);
                let args: Vec<Arg<'t>> = values.into_iter().map(Arg::plain).collect();
                looks::starts_as_statement(&text).then(|| (text, self.binds(&args)))
            }
            Shape::Name(name) if let Some(text) = self.text_in(name) => {
                let text = text.told();
                looks::starts_as_statement(&text).then_some((text, Binds::Unknown))
            }
            _ => {
                let mut text = match language.binding.contains(&call.name) && !call.name.contains("Raw") {
                    true => self.eval.bound_text(arg.value, &self.names, 0),
                    false => self.eval.text(arg.value, &self.names, 0),
                };
                let takes_sql =
                    language.takes_sql(call.name) || looks::is_of_database(call, self.eval.source);
                if (takes_sql && takes_made(call, i, self.eval.source)) || says_more(&text) {
                    text = text.told();
                }
                if language.templates.contains(&call.name) {
                    text = format::fill(&text, Style::Dollar, &|_, _| None);
                    if script::is_script(&text) {
                        text = script::read(&text, &|_| None);
                    }
                }
                if !looks::starts_as_statement(&text) {
                    return None;
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
                if text.only_written().is_some_and(|text| text.contains("??"))
                    && let Some(filled) = self.with_names(&text, rest)
                {
                    return Some(filled);
                }
                if self.eval.source.contains("jooq")
                    && text.only_written().is_some_and(|text| text.contains("{0}"))
                {
                    return Some((self.with_parts(&text, rest), Binds::Unknown));
                }
                Some((text, self.values(call, rest)))
            }
        }
    }

    /// What a call binds to the placeholders of its text by what it is given behind it.
    fn values(&self, call: &Call<'t>, rest: &[Arg<'t>]) -> Binds {
        let receiver = call.receiver.map_or("", |receiver| source_of(receiver, self.eval.source));
        let name = call.name.to_ascii_lowercase();
        // What else such a call is given are no values, or many rows of them.
        let is_made = name.ends_with("command")
            || (name.starts_with("prepare") && !receiver.ends_with("wpdb"))
            || name.starts_with("create")
            || name.contains("many")
            || name.contains("batch");
        // In Ruby's `exec_query(sql, name, values)` the name is for the log.
        let has_name = self.eval.language.name == "Ruby"
            && (call.name.starts_with("exec_") && call.name != "exec_params"
                || call.name.starts_with("select_"));
        match (is_made, has_name) {
            (true, _) => Binds::Unknown,
            (false, true) => self.binds(rest.get(1..).unwrap_or_default()),
            (false, false) => self.binds(rest),
        }
    }

    /// Knex's `raw('.. ?? .. ?', ['name', value])`: names and values in one list.
    fn with_names(&self, text: &Text, rest: &[Arg<'t>]) -> Option<(Text, Binds)> {
        let Shape::List(items) =
            (self.eval.language.shape)(self.eval.plain(rest.first()?.value), self.eval.source)
        else {
            return None;
        };
        let names = std::cell::RefCell::new(Vec::new());
        let name = |which: Which<'_>, _| match which {
            Which::Nth(n) => {
                names.borrow_mut().push(n);
                let item = *items.get(n)?;
                let text = self.eval.text(item, &self.names, 0);
                match text.only_written() {
                    Some(_) => Some(text),
                    None => Some(Text::hole(self.eval.splice(item, HoleKind::Harmless))),
                }
            }
            Which::Named(_) => None,
        };
        let filled = format::fill(text, Style::Names, &name);
        let names = names.into_inner();
        let values = items.iter().enumerate().filter(|(n, _)| !names.contains(n));
        Some((filled, Binds::Positions(values.map(|(_, item)| Some(self.eval.bound(*item))).collect())))
    }

    /// jOOQ's `fetch(".. {0} ..", val(x))`: parts of a query by their number.
    fn with_parts(&self, text: &Text, rest: &[Arg<'t>]) -> Text {
        let part = |which: Which<'_>, _| match which {
            Which::Nth(n) => {
                let part = self.eval.plain(rest.get(n)?.value);
                let (kind, shown) = match (self.eval.language.shape)(part, self.eval.source) {
                    Shape::Call(call) => {
                        let kind = match call.name {
                            "val" | "value" | "param" => HoleKind::Bound,
                            "inline" | "name" | "quotedName" => HoleKind::Harmless,
                            _ => HoleKind::Clause,
                        };
                        (
                            kind,
                            call.args
                                .first()
                                .filter(|_| kind != HoleKind::Clause)
                                .map_or(part, |arg| arg.value),
                        )
                    }
                    _ => (HoleKind::Clause, part),
                };
                Some(Text::hole(self.eval.splice(shown, kind)))
            }
            Which::Named(_) => None,
        };
        format::fill(text, Style::Braces, &part)
    }

    /// `builder.build()`: a text that was put together by calls and is run as it is.
    pub(super) fn run_built(&mut self, call: &Call<'t>) {
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

    /// What a call does to the text or list that it is called on.
    pub(super) fn mutate(&mut self, node: Node<'t>, call: &Call<'t>) {
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
            text.append(&self.eval.formatted(template.value, args, Style::Braces, &self.names));
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
                    let mut line = Written::default();
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
                        list.extend(other);
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
}

/// Whether a call that takes SQL runs what it is given as its argument of that number, whatever made it. Behind the text
/// are its values, and what takes rows or promises by the same name is given those.
fn takes_made(call: &Call<'_>, nth: usize, source: &str) -> bool {
    const ROWS: &[&str] = &["all", "any", "each", "get", "fetch"];
    const WRITES: &[&str] = &["insert", "update", "delete", "save", "add", "put", "create", "bulk", "set"];
    let behind = match call.args.first().map(|first| source_of(first.value, source)) {
        Some(first) if nth == 1 => {
            ["ctx", "context.", "&"].iter().any(|of| first.starts_with(of))
                || ["pg_", "mysqli_"].iter().any(|of| call.name.starts_with(of))
        }
        _ => nth == 0,
    };
    let takes_rows = ROWS.contains(&call.name) || WRITES.iter().any(|word| call.name.starts_with(word));
    behind && !takes_rows
}
