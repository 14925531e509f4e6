//! Python.

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, Escapes, RAW};
use super::shape::{
    Act, Arg, Bit, Call, Language, Shape, Style, Update, bits, called, chain, children, conditional, field,
    fields, function, jump, source_of,
};

/// A backslash before a character that it does not escape stands for itself.
const PLAIN: Escapes = Escapes { keeps_unknown: true, ..C_LIKE };

/// Braces of an f-string are doubled to stand for themselves.
const FORMATTED: Escapes = Escapes { doubled: b"{}", ..PLAIN };

const RAW_FORMATTED: Escapes = Escapes { doubled: b"{}", ..RAW };

pub(super) static PYTHON: Language = Language {
    name: "Python",
    extensions: &["py", "pyi"],
    grammar: || tree_sitter_python::LANGUAGE.into(),
    shape,
    act,
    comments: &["comment"],
    sites: &[
        "execute",
        "executemany",
        "execute_many",
        "fetch",
        "fetchrow",
        "fetchval",
        "fetch_all",
        "fetch_one",
        "fetch_val",
        "fetchmany",
        "iterate",
        "cursor",
        "prepare",
        "text",
        "raw",
        "read_sql",
        "read_sql_query",
        "scalar",
        "scalars",
        "exec",
        "exec_driver_sql",
        "SQL",
        "RawSQL",
        "extra",
        "mogrify",
        "copy",
        "stream",
        "query",
        "query_one",
        "execute_query",
        "execute_query_dict",
        "execute_sql",
        "run_sql",
        "RunSQL",
        "copy_expert",
        "op_execute",
        "from_statement",
        "read_database",
        "sql",
    ],
    numbers: &["int", "float"],
    binding: &[],
    templates: &[],
    row_mappers: false,
    bare_calls: false,
    prepare: |_| None,
    declares: Declares::new(),
};

fn shape<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    match node.kind() {
        "string" if is_template(node, source) => Shape::Tagged { tag: "t", bits: literal(node, source) },
        "string" => Shape::Text(literal(node, source)),
        "concatenated_string" => Shape::Join(children(node)),
        "parenthesized_expression" | "await" => match children(node).as_slice() {
            [inner] => Shape::Inner(*inner),
            _ => Shape::Other,
        },
        "named_expression" => field(node, "value").map_or(Shape::Other, Shape::Inner),
        "binary_operator" => binary(node, source),
        "conditional_expression" => match children(node).as_slice() {
            [yes, _, no] => Shape::Choice(vec![*yes, *no]),
            _ => Shape::Other,
        },
        "boolean_operator" if field(node, "operator").is_some_and(|o| o.kind() == "and") => {
            field(node, "right").map_or(Shape::Other, |right| Shape::Optional(vec![right]))
        }
        "boolean_operator" if field(node, "operator").is_some_and(|o| o.kind() == "or") => {
            match (field(node, "left"), field(node, "right")) {
                (Some(left), Some(right)) => Shape::Choice(vec![left, right]),
                _ => Shape::Other,
            }
        }
        "identifier" => Shape::Name(source_of(node, source)),
        "attribute" if is_path(node) => Shape::Name(source_of(node, source)),
        "call" => call(node, source),
        "list" | "tuple" if !children(node).iter().any(|n| n.kind() == "list_splat") => {
            Shape::List(children(node))
        }
        "dictionary" => pairs(node, source),
        "integer" | "float" => Shape::Number,
        _ => Shape::Other,
    }
}

fn is_path(node: Node<'_>) -> bool {
    let mut at = node;
    while at.kind() == "attribute" {
        let Some(object) = field(at, "object") else { return false };
        at = object;
    }
    at.kind() == "identifier"
}

/// Whether a literal is a template string, whose values psycopg binds; not one with parts that it puts in as they are.
fn is_template(node: Node<'_>, source: &str) -> bool {
    let start = node.child(0).map_or("", |start| source_of(start, source));
    start.starts_with(['t', 'T']) && !source_of(node, source).contains(":q}")
}

fn literal<'t>(node: Node<'t>, source: &'t str) -> Vec<Bit<'t>> {
    let all = children(node);
    let start = all.iter().find(|n| n.kind() == "string_start");
    let end = all.iter().rev().find(|n| n.kind() == "string_end");
    let (Some(start), Some(end)) = (start, end) else { return Vec::new() };
    let prefix = source_of(*start, source).to_ascii_lowercase();
    let escapes = match (prefix.contains('r'), prefix.contains(['f', 't'])) {
        (false, false) => &PLAIN,
        (false, true) => &FORMATTED,
        (true, false) => &RAW,
        (true, true) => &RAW_FORMATTED,
    };
    bits(node, source, (start.end_byte(), end.start_byte()), escapes, |child| {
        (child.kind() == "interpolation")
            .then(|| if is_cut(child, source) { Some(child) } else { field(child, "expression") })
            .flatten()
    })
}

/// Whether only a part of a value may stand there: `{where:.4}`.
fn is_cut(splice: Node<'_>, source: &str) -> bool {
    let spec = children(splice).into_iter().find(|part| part.kind() == "format_specifier");
    spec.map(|spec| source_of(spec, source)).is_some_and(|spec| {
        spec.contains('.') && spec.ends_with(|c: char| c.is_ascii_digit() || matches!(c, 's' | '}'))
    })
}

fn binary<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return Shape::Other;
    };
    match operator.kind() {
        "+" => Shape::Join(chain(node, source, "binary_operator", "+")),
        "%" => {
            let args = match right.kind() {
                "tuple" => children(right).into_iter().map(Arg::plain).collect(),
                "dictionary" => match pairs(right, source) {
                    Shape::Pairs(pairs) => pairs
                        .into_iter()
                        .map(|(name, value)| Arg { name: Some(name), value, spread: false })
                        .collect(),
                    _ => Vec::new(),
                },
                _ => vec![Arg::plain(right)],
            };
            Shape::Format { template: left, args, style: Style::Percent }
        }
        "-" | "/" | "//" | "**" | "&" | "<<" | ">>" => Shape::Computed,
        _ => Shape::Other,
    }
}

fn pairs<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let pairs: Option<Vec<_>> = children(node)
        .into_iter()
        .map(|pair| {
            let key = field(pair, "key").filter(|key| key.kind() == "string")?;
            Some((source_of(key, source).trim_matches(['"', '\'']), field(pair, "value")?))
        })
        .collect();
    pairs.map_or(Shape::Other, Shape::Pairs)
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(function), Some(arguments)) = (field(node, "function"), field(node, "arguments")) else {
        return Shape::Other;
    };
    if arguments.kind() != "argument_list" {
        // `", ".join(f(x) for x in y)`: one argument without a parenthesis of its own.
        return match (field(function, "attribute"), field(function, "object")) {
            (Some(name), receiver) => Shape::Call(Call {
                name: source_of(name, source),
                receiver,
                args: vec![Arg::plain(arguments)],
            }),
            _ => Shape::Other,
        };
    }
    let args = children(arguments)
        .into_iter()
        .filter_map(|arg| match arg.kind() {
            "keyword_argument" => {
                let name = field(arg, "name").map(|name| source_of(name, source));
                Some(Arg { name, value: field(arg, "value")?, spread: false })
            }
            "list_splat" | "dictionary_splat" => {
                Some(Arg { name: None, value: *children(arg).first()?, spread: true })
            }
            _ => Some(Arg::plain(arg)),
        })
        .collect();
    let (name, receiver) = match function.kind() {
        "attribute" => (field(function, "attribute"), field(function, "object")),
        _ => (Some(function), None),
    };
    let args: Vec<Arg<'t>> = args;
    let pairs: Option<Vec<_>> = args.iter().map(|arg| Some((arg.name?, arg.value))).collect();
    match (source_of(function, source), pairs) {
        ("dict", Some(pairs)) if !pairs.is_empty() => Shape::Pairs(pairs),
        _ => called(name, receiver, args, source),
    }
}

fn act<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    match node.kind() {
        "function_definition" | "lambda" => function(node, source, parameters(node, source)),
        "assignment" | "augmented_assignment" | "named_expression" => assignment(node, source),
        "if_statement" => branch(node),
        "try_statement" => {
            let arms: Vec<Vec<Node<'t>>> = children(node).into_iter().map(|child| vec![child]).collect();
            match arms.as_slice() {
                // What the handlers do comes instead of a part of the body, or behind it.
                [body, handlers @ ..] => Act::Try { body: body.clone(), handlers: handlers.to_vec() },
                [] => Act::None,
            }
        }
        "match_statement" => {
            let (cases, head): (Vec<_>, Vec<_>) = match field(node, "body") {
                Some(body) => (children(body), fields(node, "subject")),
                None => (Vec::new(), Vec::new()),
            };
            Act::Branch { head, arms: cases.into_iter().map(|case| vec![case]).collect(), complete: false }
        }
        "for_statement" | "while_statement" | "list_comprehension" | "generator_expression" => Act::Loop,
        "return_statement" | "raise_statement" => Act::Leave,
        "continue_statement" | "break_statement" => jump(node, source),
        "with_statement" if suppresses(node, source) => {
            Act::Try { body: children(node), handlers: vec![Vec::new()] }
        }
        "boolean_operator" => {
            conditional(field(node, "left"), field(node, "right").into_iter().collect(), false, &|arm| {
                arm.kind() == "named_expression"
            })
        }
        "expression_statement" => match children(node).as_slice() {
            [only] if matches!(only.kind(), "string" | "concatenated_string") => Act::Remark,
            _ => Act::None,
        },
        _ => Act::None,
    }
}

/// `with contextlib.suppress(E):`
fn suppresses(node: Node<'_>, source: &str) -> bool {
    let head = node.named_child(0).filter(|first| first.kind() == "with_clause");
    head.is_some_and(|head| source_of(head, source).contains("suppress("))
}

fn assignment<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let update = match node.kind() {
        "augmented_assignment" => Update::Add,
        _ => Update::Set,
    };
    let Some(left) = field(node, "left").or_else(|| field(node, "name")) else { return Act::None };
    let Some(right) = field(node, "right").or_else(|| field(node, "value")) else { return Act::None };
    let targets = match left.kind() {
        "identifier" | "attribute" => vec![(source_of(left, source), Some(right))],
        "pattern_list" | "tuple_pattern" => {
            let values = match right.kind() {
                "expression_list" | "tuple" => children(right),
                _ => Vec::new(),
            };
            let names = children(left);
            let known = values.len() == names.len();
            let value = |i: usize| values.get(i).copied().filter(|_| known);
            let targets = names.iter().enumerate().map(|(i, name)| (source_of(*name, source), value(i)));
            // What is taken apart is walked for its calls.
            targets.chain((!known).then_some(("", Some(right)))).collect()
        }
        _ => return Act::None,
    };
    Act::Assign { targets, update, number: false }
}

fn branch<'t>(node: Node<'t>) -> Act<'t> {
    let head = field(node, "condition").into_iter().collect();
    let mut arms: Vec<Vec<Node<'t>>> = field(node, "consequence").map(|arm| vec![arm]).into_iter().collect();
    let mut complete = false;
    for alternative in fields(node, "alternative") {
        complete |= alternative.kind() == "else_clause";
        arms.push(vec![alternative]);
    }
    Act::Branch { head, arms, complete }
}

fn parameters<'t>(node: Node<'t>, source: &'t str) -> Vec<(&'t str, &'t str)> {
    let Some(list) = field(node, "parameters") else { return Vec::new() };
    children(list)
        .into_iter()
        .filter_map(|parameter| {
            let name = match parameter.kind() {
                "identifier" => parameter,
                "typed_parameter" => *children(parameter).first()?,
                _ => field(parameter, "name")?,
            };
            let ty = field(parameter, "type").map_or("", |ty| source_of(ty, source));
            Some((source_of(name, source), ty))
        })
        .collect()
}
