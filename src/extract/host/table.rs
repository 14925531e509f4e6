//! Languages as tables: for each kind of node of a syntax tree, what it is as text ([`As`]) and what it does to names
//! ([`Does`]). What no table can say is a function of the language.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::escape::{C_LIKE, Escapes};
use super::shape::{
    Act, Arg, Bit, Call, Case, Shape, Update, bits, chain, children, conditional, field, fields, jump,
    source_of,
};

/// Longest path of names that is taken for one, `a.b.c` having three.
const MAX_PATH: usize = 16;

/// What the kinds of nodes of one grammar are.
pub(super) struct Table {
    pub(super) grammar: fn() -> tree_sitter::Language,
    /// Operators that put one text behind another.
    pub(super) concat: &'static [&'static str],
    /// Operators whose value is one of their operands.
    pub(super) either: &'static [&'static str],
    pub(super) shapes: &'static [(&'static str, As)],
    pub(super) acts: &'static [(&'static str, Does)],
    /// An argument of a call.
    pub(super) arg: for<'t> fn(Node<'t>, &'t str) -> Option<Arg<'t>>,
    /// A parameter of a function: its name and its type as written.
    pub(super) parameter: for<'t> fn(Node<'t>, &'t str) -> Option<(&'t str, &'t str)>,
    /// Types whose values cannot say anything but a number, a date or the like.
    pub(super) numbers: &'static [&'static str],
    /// By number of the kind.
    pub(super) kinds: Kinds,
}

/// The table as it is asked: by number of the kind.
pub(super) type Kinds = OnceLock<Vec<(Option<&'static As>, Option<&'static Does>)>>;

/// What a node is as text.
pub(super) enum As {
    Text(Literal),
    /// What its child of this field is; of no field, its first child.
    Inner(&'static str),
    /// Two operands with an operator.
    Binary,
    /// What one of its children of these fields is.
    Choice(&'static [&'static str]),
    Name,
    /// A name of what its child of this field is.
    Path(&'static str),
    Number,
    List,
    Call(CallForm),
    /// Statements, the last of which is its value.
    Block,
    Own(for<'t> fn(Node<'t>, &'t str) -> Shape<'t>),
}

/// A literal between its first and its last child.
pub(super) struct Literal {
    pub(super) escapes: Escapes,
    /// Kinds of children whose value stands there.
    pub(super) splices: &'static [&'static str],
}

/// Where the parts of a call are.
pub(super) enum CallForm {
    /// Fields of the name, of what it is called on, and of the arguments.
    Named { name: &'static str, receiver: &'static str, arguments: &'static str },
    /// The field of what is called: a name, or one of these kinds with the fields of its owner and of its name.
    Of { function: &'static str, members: &'static [(&'static str, &'static str, &'static str)] },
}

/// What a node does to names.
pub(super) enum Does {
    /// Fields of its name, its parameters and its body.
    Function {
        name: &'static str,
        params: &'static str,
        body: &'static str,
    },
    /// Fields of what gets the value and of the value.
    Assign {
        left: &'static str,
        right: &'static str,
    },
    /// Fields of the condition, of what is run, and of what is run instead.
    Branch {
        head: &'static str,
        then: &'static str,
        otherwise: &'static str,
    },
    /// Fields of the subject and of the cases; the beginning of the case that takes what no other does; kinds of cases
    /// that go on into the next one.
    Cases {
        head: &'static str,
        body: &'static str,
        default: &'static [&'static str],
        falling: &'static [&'static str],
    },
    /// A body, then what comes instead of a part of it or behind it: kinds of these.
    Try(&'static [&'static str]),
    Loop,
    Leave,
    Jump,
    /// Its first child is its label.
    Labelled,
    /// Fields of what is run first and of what is run then or not, if that gives a name a value.
    Perhaps {
        head: &'static str,
        then: &'static [&'static str],
    },
    Remark,
    Own(for<'t> fn(Node<'t>, &'t str) -> Act<'t>),
}

impl Table {
    fn entry(&'static self, node: Node<'_>) -> (Option<&'static As>, Option<&'static Does>) {
        let kinds = self.kinds.get_or_init(|| {
            let grammar = (self.grammar)();
            let mut kinds = vec![(None, None); grammar.node_kind_count()];
            for (id, slot) in kinds.iter_mut().enumerate() {
                let Some(kind) =
                    grammar.node_kind_for_id(id as u16).filter(|_| grammar.node_kind_is_named(id as u16))
                else {
                    continue;
                };
                slot.0 = self.shapes.iter().find(|(k, _)| *k == kind).map(|(_, shape)| shape);
                slot.1 = self.acts.iter().find(|(k, _)| *k == kind).map(|(_, act)| act);
            }
            kinds
        });
        kinds.get(node.kind_id() as usize).copied().unwrap_or_default()
    }

    /// What an expression is as text.
    pub(super) fn shape<'t>(&'static self, node: Node<'t>, source: &'t str) -> Shape<'t> {
        let Some(shape) = self.entry(node).0 else { return Shape::Other };
        match shape {
            As::Text(literal) => Shape::Text(quoted(node, source, literal)),
            As::Inner(name) => child(node, name).map_or(Shape::Other, Shape::Inner),
            As::Binary => self.binary(node, source),
            As::Choice(names) => {
                let ways: Vec<Node<'t>> = names.iter().filter_map(|name| field(node, name)).collect();
                if ways.len() == names.len() { Shape::Choice(ways) } else { Shape::Optional(ways) }
            }
            As::Name => Shape::Name(source_of(node, source)),
            As::Path(_) if self.is_path(node) => Shape::Name(source_of(node, source)),
            As::Path(_) => Shape::Other,
            As::Number => Shape::Number,
            As::List => Shape::List(children(node)),
            As::Call(form) => self.call(node, source, form),
            As::Block => children(node).last().map_or(Shape::Other, |last| Shape::Block(*last)),
            As::Own(own) => own(node, source),
        }
    }

    fn binary<'t>(&self, node: Node<'t>, source: &'t str) -> Shape<'t> {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return Shape::Other;
        };
        let operator = field(node, "operator").map_or("", |o| source_of(o, source));
        if self.concat.contains(&operator) {
            return Shape::Join(chain(node, source, node.kind(), operator));
        }
        if self.either.contains(&operator) {
            return Shape::Choice(vec![left, right]);
        }
        match operator {
            "+" | "-" | "*" | "/" | "%" | "**" | "<<" | ">>" | "&" | "|" | "^" => Shape::Computed,
            _ => Shape::Other,
        }
    }

    /// Whether a node is names alone.
    fn is_path(&'static self, node: Node<'_>) -> bool {
        let mut at = node;
        for _ in 0..MAX_PATH {
            match self.entry(at).0 {
                Some(As::Name) => return true,
                Some(As::Path(owner)) => match child(at, owner) {
                    Some(next) => at = next,
                    None => return false,
                },
                _ => return matches!(at.kind(), "this" | "self" | "super" | "base"),
            }
        }
        false
    }

    pub(super) fn call<'t>(&self, node: Node<'t>, source: &'t str, form: &CallForm) -> Shape<'t> {
        let (name, receiver, arguments) = match form {
            CallForm::Named { name, receiver, arguments } => {
                (field(node, name), field(node, receiver), field(node, arguments))
            }
            CallForm::Of { function, members } => {
                let called = field(node, function).map(|called| match called.kind() {
                    "generic_function" => field(called, "function").unwrap_or(called),
                    _ => called,
                });
                let member = called.and_then(|c| Some((c, members.iter().find(|m| m.0 == c.kind())?)));
                match member {
                    Some((called, (_, owner, name))) => {
                        (field(called, name), field(called, owner), field(node, "arguments"))
                    }
                    None => (called, None, field(node, "arguments")),
                }
            }
        };
        let Some(name) = name else { return Shape::Other };
        Shape::Call(self.made(source_of(name, source), receiver, arguments, source))
    }

    /// A call of its parts.
    pub(super) fn made<'t>(
        &self,
        name: &'t str,
        receiver: Option<Node<'t>>,
        arguments: Option<Node<'t>>,
        source: &'t str,
    ) -> Call<'t> {
        let name = name.split('<').next().unwrap_or(name).trim();
        let args = arguments.map(children).unwrap_or_default();
        let args = args.into_iter().filter_map(|arg| (self.arg)(arg, source)).collect();
        Call { name, receiver, args }
    }

    /// What a statement does to names.
    pub(super) fn act<'t>(&'static self, node: Node<'t>, source: &'t str) -> Act<'t> {
        let Some(act) = self.entry(node).1 else { return Act::None };
        match act {
            Does::Function { name, params, body } => {
                let Some(body) = field(node, body) else { return Act::None };
                let is_list = |params: Node<'_>| params.kind().contains("param") && params.child_count() > 0;
                let params = field(node, params).map(|params| match is_list(params) {
                    true => children(params),
                    false => vec![params],
                });
                let params = params.unwrap_or_default();
                Act::Function {
                    name: field(node, name).map(|name| source_of(name, source)),
                    params: params.into_iter().filter_map(|p| (self.parameter)(p, source)).collect(),
                    body,
                }
            }
            Does::Assign { left, right } => match field(node, left) {
                Some(left) => self.assign(node, left, field(node, right), source),
                None => Act::None,
            },
            Does::Branch { head, then, otherwise } => {
                let otherwise = field(node, otherwise);
                let mut arms: Vec<Vec<Node<'t>>> = vec![field(node, then).into_iter().collect()];
                arms.extend(otherwise.map(|arm| vec![arm]));
                let complete = otherwise.is_some();
                Act::Branch { head: field(node, head).into_iter().collect(), arms, complete }
            }
            Does::Cases { head, body, default, falling } => {
                let cases = field(node, body).map(children).unwrap_or_default();
                let complete = is_complete(&cases, default, source);
                let case = |node: Node<'t>| Case { falls: falling.contains(&node.kind()), nodes: vec![node] };
                Act::Cases {
                    head: field(node, head).into_iter().collect(),
                    cases: cases.into_iter().map(case).collect(),
                    complete,
                }
            }
            Does::Try(handlers) => {
                let (handlers, body): (Vec<_>, Vec<_>) =
                    children(node).into_iter().partition(|child| handlers.contains(&child.kind()));
                Act::Try { body, handlers: handlers.into_iter().map(|handler| vec![handler]).collect() }
            }
            Does::Loop => Act::Loop,
            Does::Leave => Act::Leave,
            Does::Jump => jump(node, source),
            Does::Labelled => {
                node.child(0).map_or(Act::None, |label| Act::Labelled(source_of(label, source)))
            }
            Does::Perhaps { head, then } => self.perhaps(node, head, then, source),
            Does::Remark => Act::Remark,
            Does::Own(own) => own(node, source),
        }
    }

    /// A condition with what is run under it; of an operator, only where it may leave its right side out.
    pub(super) fn perhaps<'t>(
        &'static self,
        node: Node<'t>,
        head: &'static str,
        then: &[&'static str],
        source: &'t str,
    ) -> Act<'t> {
        let operator = field(node, "operator").map(|o| source_of(o, source));
        if operator.is_some_and(|o| !matches!(o, "&&" | "||" | "??" | "and" | "or")) {
            return Act::None;
        }
        let arms: Vec<Node<'t>> = then.iter().filter_map(|name| field(node, name)).collect();
        let complete = arms.len() > 1;
        conditional(field(node, head), arms, complete, &|arm| {
            matches!(self.entry(arm).1, Some(Does::Assign { .. }))
                || matches!(self.act(arm, source), Act::Assign { .. })
        })
    }

    /// What gets a value: a name, or the names of a pattern.
    pub(super) fn assign<'t>(
        &'static self,
        node: Node<'t>,
        left: Node<'t>,
        right: Option<Node<'t>>,
        source: &'t str,
    ) -> Act<'t> {
        let operator = field(node, "operator").map_or("=", |o| source_of(o, source));
        let Some(update) = Update::of(operator) else { return Act::None };
        let ty = field(node, "type").or_else(|| node.parent().and_then(|around| field(around, "type")));
        let number = ty.is_some_and(|ty| is_number(source_of(ty, source), self.numbers));
        let targets = match self.shape(left, source) {
            Shape::Name(name) => vec![(name, right)],
            _ => {
                let mut names = Vec::new();
                self.pattern(left, source, &mut names, 0);
                let mut targets: Vec<(&str, Option<Node<'t>>)> =
                    names.into_iter().map(|name| (name, None)).collect();
                targets.push(("", right));
                targets
            }
        };
        Act::Assign { targets, update, number }
    }

    fn pattern<'t>(&'static self, node: Node<'t>, source: &'t str, names: &mut Vec<&'t str>, depth: usize) {
        if matches!(self.entry(node).0, Some(As::Name)) {
            names.push(source_of(node, source));
        } else if depth < 12 {
            children(node).into_iter().for_each(|child| self.pattern(child, source, names, depth + 1));
        }
    }
}

/// Whether a type as written is one of numbers.
pub(super) fn is_number(ty: &str, numbers: &[&str]) -> bool {
    let ty = ty.trim_start_matches(['*', '&', ':', '?', ' ']).trim_end_matches(['?', '!']);
    numbers.contains(&ty)
}

/// Whether one of the cases begins as the one that takes the rest.
fn is_complete(cases: &[Node<'_>], default: &[&str], source: &str) -> bool {
    cases.iter().any(|case| {
        let written = source_of(*case, source);
        default.iter().any(|word| written.starts_with(word))
    })
}

/// The child of a field, or the first one that is named.
fn child<'t>(node: Node<'t>, name: &'static str) -> Option<Node<'t>> {
    match name {
        "" => children(node).first().copied(),
        _ => field(node, name),
    }
}

/// The parts of a literal between its first and its last child.
pub(super) fn quoted<'t>(node: Node<'t>, source: &'t str, literal: &Literal) -> Vec<Bit<'t>> {
    bits(node, source, between(node), &literal.escapes, |child| splice(child, literal.splices))
}

/// The expression of a child that splices: the child where it is one itself, else what it holds.
pub(super) fn splice<'t>(child: Node<'t>, kinds: &[&str]) -> Option<Node<'t>> {
    if !kinds.contains(&child.kind()) {
        return None;
    }
    match child.kind().contains("interpolation") {
        true => Some(children(child).into_iter().find(|c| !c.kind().contains("brace")).unwrap_or(child)),
        false => Some(child),
    }
}

/// The bytes between the first and the last child.
pub(super) fn between(node: Node<'_>) -> (usize, usize) {
    let last = node.child(node.child_count().saturating_sub(1));
    match (node.child(0), last) {
        (Some(first), Some(last)) => (first.end_byte(), last.start_byte().max(first.end_byte())),
        _ => (node.start_byte() + 1, node.end_byte().saturating_sub(1).max(node.start_byte() + 1)),
    }
}

/// Every child of a field as an arm of its own.
pub(super) fn arms<'t>(node: Node<'t>, name: &'static str) -> Vec<Vec<Node<'t>>> {
    fields(node, name).into_iter().map(|arm| vec![arm]).collect()
}

/// A character between its quotes.
pub(super) fn quoted_character<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let range = (node.start_byte() + 1, node.end_byte().saturating_sub(1));
    Shape::Text(bits(node, source, range, &C_LIKE, |_| None))
}
