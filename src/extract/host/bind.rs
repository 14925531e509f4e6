//! What a program binds to the placeholders of a text: by the arguments behind it, by calls on what takes it, and by calls
//! on a name that holds a prepared statement.

use tree_sitter::Node;

use super::shape::{Act, Arg, Call, Shape, source_of};
use super::value::Value;
use super::walk::{Found, Usage, Walker, span_of};

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

impl<'t> Walker<'t> {
    /// Remembers which name holds a statement that was prepared just now.
    pub(super) fn prepare(&mut self, targets: &[(&'t str, Option<Node<'t>>)], before: usize) {
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

    /// What was bound to a prepared statement by a name is another value once the name has another one.
    pub(super) fn forget_bound(&mut self, name: &str) {
        let is_of = |expression: &str| {
            let root = expression.split(['.', '[', '-', '?', '!', ':']).next().unwrap_or_default();
            root.trim_start_matches(['&', '*']) == name
        };
        for at in self.prepared.values() {
            match self.found.get_mut(*at).map(|found| &mut found.binds) {
                Some(Binds::Positions(positions)) => {
                    positions.iter_mut().for_each(|bound| *bound = bound.take().filter(|e| !is_of(e)));
                }
                Some(Binds::Names(names)) => names.retain(|(_, expression)| !is_of(expression)),
                Some(Binds::Unknown) | None => {}
            }
        }
    }

    /// `prepare("..").use { statement -> .. }`: the name that a prepared statement has in a block.
    pub(super) fn hand_on(&mut self, call: &Call<'t>, receiver: Node<'t>) {
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
    pub(super) fn bind_prepared(&mut self, call: &Call<'t>) {
        let Some(receiver) = call.receiver else { return };
        let written = source_of(receiver, self.eval.source);
        let owner = written.strip_suffix(".Parameters").unwrap_or(written);
        let Some(&at) = self.prepared.get(owner) else { return self.bind_given(call) };
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

    /// `client.query(&statement, &[x])`: a prepared statement that is handed over with its values.
    fn bind_given(&mut self, call: &Call<'t>) {
        let Some((first, rest)) = call.args.split_first().filter(|_| is_execution(call.name)) else { return };
        let name = source_of(self.eval.plain(first.value), self.eval.source).trim_start_matches('&');
        let Some(&at) = self.prepared.get(name) else { return };
        let binds = self.binds(rest);
        if let Some(found) = self.found.get_mut(at).filter(|found| matches!(found.binds, Binds::Unknown)) {
            found.binds = binds;
        }
    }

    /// `query("..").bind(a).bind(b)`: parameters that are bound by calls on what takes the text.
    pub(super) fn bind_behind(&mut self, call: &Call<'t>) {
        const NAMES: &[&str] = &["bind", "setParameter", "param", "bindparams"];
        let Some(receiver) = call.receiver.filter(|_| NAMES.contains(&call.name)) else { return };
        let named: Vec<(String, String)> = call
            .args
            .iter()
            .filter_map(|arg| Some((arg.name?.to_owned(), self.eval.bound(arg.value))))
            .collect();
        let plain: Vec<String> = call.args.iter().map(|arg| self.eval.bound(arg.value)).collect();
        let Some(found) = self.found.last_mut().filter(|found| {
            found.usage == Usage::Run && !found.site.is_empty() && span_of(receiver).contains(found.site)
        }) else {
            return;
        };
        if call.name == "bindparams" {
            found.binds = Binds::Names(named);
            return;
        }
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

    /// What the arguments behind a text bind to its placeholders.
    pub(super) fn binds(&self, args: &[Arg<'t>]) -> Binds {
        // What makes the results is no value.
        let args: Vec<Arg<'t>> = args.iter().filter(|arg| !self.is_reader(arg.value)).copied().collect();
        const NAMES: &[&str] =
            &["params", "vars", "parameters", "args", "values", "replacements", "bind", "bindings"];
        // What else such a call is given says how it runs.
        let of_name = args.iter().find(|arg| arg.name.is_some_and(|name| NAMES.contains(&name)));
        let args = of_name.map_or(args.clone(), |arg| vec![*arg]);
        let [first, rest @ ..] = args.as_slice() else { return Binds::Unknown };
        let shape = (self.eval.language.shape)(self.eval.plain(first.value), self.eval.source);
        let by_name = |pairs: Vec<(&str, Node<'t>)>| {
            pairs.into_iter().map(|(key, value)| (key.to_owned(), self.eval.bound(value))).collect()
        };
        if first.name.is_some_and(|name| !NAMES.contains(&name)) {
            return Binds::Names(
                args.iter().filter_map(|a| Some((a.name?.to_owned(), self.eval.bound(a.value)))).collect(),
            );
        }
        match shape {
            Shape::Pairs(pairs) => {
                match pairs.iter().find(|(key, _)| matches!(*key, "replacements" | "bind")) {
                    // Options, of which one has the values.
                    Some((_, values)) if pairs.len() > 1 || !self.is_plain_value(*values) => {
                        self.binds(&[Arg::plain(*values)])
                    }
                    Some(_) | None => Binds::Names(by_name(pairs)),
                }
            }
            // In PHP, the types of the values stand behind them.
            Shape::List(items)
                if rest.iter().all(|a| a.name.is_some()) || self.eval.language.name == "PHP" =>
            {
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

    fn is_plain_value(&self, node: Node<'t>) -> bool {
        !matches!((self.eval.language.shape)(node, self.eval.source), Shape::Pairs(_) | Shape::List(_))
    }

    pub(super) fn positions(&self, args: &[Arg<'t>]) -> Binds {
        let known = args.iter().take_while(|arg| !arg.spread && arg.name.is_none());
        Binds::Positions(known.map(|arg| Some(self.eval.bound(arg.value))).collect())
    }

    /// Whether an argument says what becomes of the rows: a function, a class, a row mapper.
    pub(super) fn is_reader(&self, node: Node<'t>) -> bool {
        let written = source_of(node, self.eval.source);
        matches!((self.eval.language.act)(node, self.eval.source), Act::Function { .. })
            || written.ends_with(".class")
            || written.ends_with("::class.java")
            || (self.eval.language.row_mappers
                && (written.contains("apper") || written.contains("xtractor") || written.contains("::")))
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
            | "query_one"
            | "query_opt"
            | "query_raw"
            | "fetch"
            | "fetchrow"
            | "fetchval"
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
