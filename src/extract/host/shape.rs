//! What a language's file tells of a syntax tree: the shape of an expression as far as it makes text ([`Shape`]), and what
//! a statement does to names ([`Act`]). Everything else about a language is in [`Language`].

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{Escapes, decode, decode_lines};
use super::text::Written;

pub(super) use super::field::{field, fields};

/// A language as data.
pub(super) struct Language {
    /// Its name for people.
    pub(super) name: &'static str,
    /// Extensions of its files, lower case.
    pub(super) extensions: &'static [&'static str],
    pub(super) grammar: fn() -> tree_sitter::Language,
    pub(super) shape: for<'t> fn(Node<'t>, &'t str) -> Shape<'t>,
    pub(super) act: for<'t> fn(Node<'t>, &'t str) -> Act<'t>,
    /// Kinds of nodes that are comments.
    pub(super) comments: &'static [&'static str],
    /// Functions that take SQL text, whatever they belong to.
    pub(super) sites: &'static [&'static str],
    /// Others, which take what is spliced into their text as parameters.
    pub(super) binding: &'static [&'static str],
    /// Those of them whose text has `${name}` for what is put into it as it is.
    pub(super) templates: &'static [&'static str],
    /// Whether calls are given objects that read the rows, beside the values.
    pub(super) row_mappers: bool,
    /// Types whose values cannot say anything but a number, a date or the like.
    pub(super) numbers: &'static [&'static str],
    /// Whether a function of the file is called by its bare name.
    pub(super) bare_calls: bool,
    /// A text of the same length that the grammar reads better, where it needs one.
    pub(super) prepare: fn(&str) -> Option<String>,
    /// Which of its nodes give values to names by themselves.
    pub(super) declares: Declares,
}

impl Language {
    /// Whether a function of that name takes SQL text.
    pub(super) fn takes_sql(&self, name: &str) -> bool {
        self.sites.contains(&name) || self.binding.contains(&name)
    }
}

/// A piece of a literal.
pub(super) enum Bit<'t> {
    Written(Written),
    /// An expression whose value stands there.
    Splice(Node<'t>),
    /// A name whose value stands there, with its place in bytes of the file.
    Named(&'t str, usize),
}

/// An expression as far as it makes text.
pub(super) enum Shape<'t> {
    /// A literal.
    Text(Vec<Bit<'t>>),
    /// A literal whose splices a tag takes as parameters: the tag as written.
    Tagged {
        tag: &'t str,
        bits: Vec<Bit<'t>>,
    },
    /// Texts behind one another.
    Join(Vec<Node<'t>>),
    /// The same with a space between them.
    Spaced(Vec<Node<'t>>),
    /// A template and what is put into it.
    Format {
        template: Node<'t>,
        args: Vec<Arg<'t>>,
        style: Style,
    },
    /// One of these.
    Choice(Vec<Node<'t>>),
    /// One of these, or nothing.
    Optional(Vec<Node<'t>>),
    /// A variable, or a path such as `self.table`.
    Name(&'t str),
    Call(Call<'t>),
    /// A list, array or tuple.
    List(Vec<Node<'t>>),
    /// An object or dictionary with constant keys.
    Pairs(Vec<(&'t str, Node<'t>)>),
    /// What another expression is.
    Inner(Node<'t>),
    /// Statements, of which the last one is the value.
    Block(Node<'t>),
    /// A number as written.
    Number,
    /// What can only be a number: an arithmetic expression, a length.
    Computed,
    Other,
}

/// How a template marks the places of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `%s`, `%d`, `%[1]s`, `%1$s`, `%(name)s`.
    Percent,
    /// `{}`, `{0}`, `{name}`.
    Braces,
    /// `${name}`.
    Dollar,
    /// `??` for a name, among `?` for values.
    Names,
}

/// A call.
pub(super) struct Call<'t> {
    /// The last part of what is called.
    pub(super) name: &'t str,
    /// What it is called on.
    pub(super) receiver: Option<Node<'t>>,
    pub(super) args: Vec<Arg<'t>>,
}

#[derive(Clone, Copy)]
pub(super) struct Arg<'t> {
    pub(super) name: Option<&'t str>,
    pub(super) value: Node<'t>,
    /// Whether it stands for any number of arguments.
    pub(super) spread: bool,
}

impl<'t> Arg<'t> {
    pub(super) fn plain(value: Node<'t>) -> Arg<'t> {
        Arg { name: None, value, spread: false }
    }
}

/// A call of a function by its name, where it has one.
pub(super) fn called<'t>(
    name: Option<Node<'t>>,
    receiver: Option<Node<'t>>,
    args: Vec<Arg<'t>>,
    source: &'t str,
) -> Shape<'t> {
    name.map_or(Shape::Other, |name| Shape::Call(Call { name: source_of(name, source), receiver, args }))
}

/// What a statement does to names.
pub(super) enum Act<'t> {
    /// A function with its parameters, each with its type as written.
    Function {
        name: Option<&'t str>,
        params: Vec<(&'t str, &'t str)>,
        body: Node<'t>,
    },
    /// Names get values; a name without a value gets an unknown one. `number` is whether their type says that they are
    /// numbers.
    Assign {
        targets: Vec<(&'t str, Option<Node<'t>>)>,
        update: Update,
        number: bool,
    },
    /// `head` is run, then one of the arms, or none unless `complete`.
    Branch {
        head: Vec<Node<'t>>,
        arms: Vec<Vec<Node<'t>>>,
        complete: bool,
    },
    /// `head` is run, then one of the cases, or none unless `complete`; a jump may leave them.
    Cases {
        head: Vec<Node<'t>>,
        cases: Vec<Case<'t>>,
        complete: bool,
    },
    /// The body is run, or a part of it and then one of the handlers.
    Try {
        body: Vec<Node<'t>>,
        handlers: Vec<Vec<Node<'t>>>,
    },
    /// Its children are run any number of times.
    Loop,
    /// Nothing behind it is run.
    Leave,
    /// What is run next stands behind the innermost loop or choice of cases, or behind what has this label or number; `again`
    /// is whether a loop goes on.
    Jump {
        label: Option<&'t str>,
        again: bool,
    },
    /// Its children are run; jumps lead behind it, or to it.
    Labelled(&'t str),
    /// A text that does nothing, such as a docstring.
    Remark,
    None,
}

/// What becomes of the value that a name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// Another one takes its place.
    Set,
    /// Another one is added to it.
    Add,
    /// It stays, or another one takes its place where there is none: `||=`, `??=`.
    Fill,
}

impl Update {
    /// By the operator of an assignment; none for one that makes no text.
    pub(super) fn of(operator: &str) -> Option<Update> {
        match operator.strip_suffix('=')? {
            "" | ":" => Some(Update::Set),
            "+" | "." | "<<" => Some(Update::Add),
            "||" | "??" | "&&" => Some(Update::Fill),
            _ => None,
        }
    }
}

/// One of several ways.
pub(super) struct Case<'t> {
    pub(super) nodes: Vec<Node<'t>>,
    /// Whether its end goes on into the next one.
    pub(super) falls: bool,
}

/// A jump out of a loop or of cases, as `break outer`, `break 2`, `continue`.
pub(super) fn jump<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let written = source_of(node, source);
    let word = written.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, rest) = written.split_at(word);
    let rest = rest.trim_start().trim_start_matches(['@', '\'']);
    let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    Act::Jump { label: rest.get(..len).filter(|label| !label.is_empty()), again: word != "break" }
}

/// The ways of an expression of which one part is run or not, where that gives a name a value: `a && (b = c)`, `a ? b += c : d`.
pub(super) fn conditional<'t>(
    head: Option<Node<'t>>,
    arms: Vec<Node<'t>>,
    complete: bool,
    assigns: &dyn Fn(Node<'t>) -> bool,
) -> Act<'t> {
    match arms.iter().any(|arm| gives_value(*arm, assigns, 0)) {
        true => Act::Branch {
            head: head.into_iter().collect(),
            arms: arms.into_iter().map(|arm| vec![arm]).collect(),
            complete,
        },
        false => Act::None,
    }
}

fn gives_value<'t>(node: Node<'t>, assigns: &dyn Fn(Node<'t>) -> bool, depth: usize) -> bool {
    let kind = node.kind();
    let is_whole =
        kind.starts_with("parenthesized") || kind.starts_with("sequence") || kind.starts_with("conditional");
    assigns(node)
        || (depth < 4
            && (is_whole || kind.starts_with("binary") || kind.starts_with("ternary"))
            && children(node).into_iter().any(|child| gives_value(child, assigns, depth + 1)))
}

/// The declaration of a function with these parameters; one without a body does nothing.
pub(super) fn function<'t>(node: Node<'t>, source: &'t str, params: Vec<(&'t str, &'t str)>) -> Act<'t> {
    let name = field(node, "name").map(|name| source_of(name, source));
    field(node, "body").map_or(Act::None, |body| Act::Function { name, params, body })
}

/// The text of a node.
pub(super) fn source_of<'t>(node: Node<'t>, source: &'t str) -> &'t str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// Named children that are no comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    if node.child_count() == 0 {
        return Vec::new();
    }
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

/// Operands of a chain of one operator that groups to the left, in order; chains may be long.
pub(super) fn chain<'t>(node: Node<'t>, source: &str, kind: &str, operator: &str) -> Vec<Node<'t>> {
    let mut operands = Vec::new();
    let mut at = node;
    while at.kind() == kind
        && field(at, "operator").is_some_and(|o| source.get(o.byte_range()) == Some(operator))
        && let (Some(left), Some(right)) = (field(at, "left"), field(at, "right"))
    {
        operands.push(right);
        at = left;
    }
    operands.push(at);
    operands.reverse();
    operands
}

/// The bits of a literal between two bytes: children that splice, and decoded text between them. `inner` gives the
/// expression of a child that splices.
pub(super) fn bits<'t>(
    node: Node<'t>,
    source: &'t str,
    range: (usize, usize),
    escapes: &Escapes,
    inner: impl Fn(Node<'t>) -> Option<Node<'t>>,
) -> Vec<Bit<'t>> {
    lines(node, source, range, escapes, None, inner)
}

/// The same, without so many characters of indentation of each line; the range begins a line.
pub(super) fn lines<'t>(
    node: Node<'t>,
    source: &'t str,
    range: (usize, usize),
    escapes: &Escapes,
    indent: Option<usize>,
    inner: impl Fn(Node<'t>) -> Option<Node<'t>>,
) -> Vec<Bit<'t>> {
    let (mut at, end) = range;
    let begin = at;
    let mut bits = Vec::new();
    let push = |at: usize, end: usize, bits: &mut Vec<Bit<'t>>| {
        let mut written = Written::default();
        match indent {
            Some(indent) => decode_lines(source, (at, end), escapes, indent, at == begin, &mut written),
            None => decode(source, at, end, escapes, &mut written),
        }
        bits.push(Bit::Written(written));
    };
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        // The braces of `{$name}` stand beside the expression.
        let is_brace = !child.is_named() && matches!(child.kind(), "{" | "}");
        let expression = inner(child);
        if (expression.is_none() && !is_brace) || child.start_byte() < at || child.end_byte() > end {
            continue;
        }
        push(at, child.start_byte(), &mut bits);
        bits.extend(expression.map(Bit::Splice));
        at = child.end_byte();
    }
    push(at, end.max(at), &mut bits);
    bits
}
