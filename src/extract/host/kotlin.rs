//! Kotlin.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, RAW, decode};
use super::java::{NUMBERS, SITES, constructed, is_jpql};
use super::shape::{Act, Arg, Bit, Call, Language, Shape, Update, children, field, source_of};
use super::table::{As, Does, Literal, Table, between, is_number, quoted_character};
use super::text::Written;

static TABLE: Table = Table {
    grammar: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    concat: &["+"],
    either: &["?:"],
    shapes: &[
        ("string_literal", As::Own(literal)),
        ("multiline_string_literal", As::Text(Literal { escapes: RAW, splices: &["interpolation"] })),
        ("character_literal", As::Own(quoted_character)),
        ("parenthesized_expression", As::Inner("")),
        ("unary_expression", As::Inner("argument")),
        ("as_expression", As::Own(cast)),
        ("binary_expression", As::Binary),
        ("if_expression", As::Own(chosen)),
        ("when_expression", As::Own(when)),
        ("block", As::Block),
        ("identifier", As::Name),
        ("this_expression", As::Name),
        ("navigation_expression", As::Path("")),
        ("number_literal", As::Number),
        ("float_literal", As::Number),
        ("call_expression", As::Own(call)),
        ("constructor_invocation", As::Own(construction)),
    ],
    acts: &[
        ("function_declaration", Does::Own(function)),
        ("anonymous_function", Does::Own(function)),
        ("getter", Does::Own(function)),
        ("lambda_literal", Does::Own(lambda)),
        ("property_declaration", Does::Own(property)),
        ("assignment", Does::Assign { left: "left", right: "right" }),
        ("if_expression", Does::Own(branch)),
        ("when_expression", Does::Own(cases)),
        ("try_expression", Does::Try(&["catch_block", "finally_block"])),
        ("for_statement", Does::Loop),
        ("while_statement", Does::Loop),
        ("do_while_statement", Does::Loop),
        ("return_expression", Does::Leave),
        ("throw_expression", Does::Leave),
        ("break_expression", Does::Jump),
        ("continue_expression", Does::Jump),
        ("import", Does::Remark),
        ("package_header", Does::Remark),
        ("annotation", Does::Own(annotation)),
    ],
    arg,
    parameter,
    numbers: NUMBERS,
    kinds: OnceLock::new(),
};

pub(super) static KOTLIN: Language = Language {
    name: "Kotlin",
    extensions: &["kt", "kts"],
    grammar: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    shape: |node, source| TABLE.shape(node, source),
    act: |node, source| TABLE.act(node, source),
    comments: &["line_comment", "block_comment"],
    sites: SITES,
    binding: &[],
    templates: &["Select", "Insert", "Update", "Delete"],
    row_mappers: true,
    numbers: NUMBERS,
    bare_calls: false,
    prepare: |_| None,
    declares: Declares::new(),
};

/// A string of one line. The grammar sees no `$name` in it.
fn literal<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (start, end) = between(node);
    let mut all = Vec::new();
    let mut cursor = node.walk();
    let mut at = start;
    let splices = node.children(&mut cursor).filter(|child| child.kind() == "interpolation");
    for splice in splices {
        named(source, (at, splice.start_byte()), &mut all);
        all.extend(children(splice).first().map(|inner| Bit::Splice(*inner)));
        at = splice.end_byte();
    }
    named(source, (at, end), &mut all);
    Shape::Text(all)
}

/// Text with names that are spliced into it.
fn named<'t>(source: &'t str, range: (usize, usize), all: &mut Vec<Bit<'t>>) {
    let bytes = source.as_bytes();
    let (mut from, mut at) = (range.0, range.0);
    let push = |from: usize, to: usize| {
        let mut written = Written::default();
        decode(source, from, to, &C_LIKE, &mut written);
        written
    };
    while at < range.1 {
        let len =
            bytes[at + 1..range.1].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        match bytes[at] {
            b'\\' => at += 1,
            b'$' if len > 0 && !bytes[at + 1].is_ascii_digit() => {
                all.push(Bit::Written(push(from, at)));
                all.push(Bit::Named(source.get(at + 1..at + 1 + len).unwrap_or_default(), at + 1));
                at += len;
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    all.push(Bit::Written(push(from, range.1.max(from))));
}

fn cast<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let is_number = field(node, "right").is_some_and(|ty| is_number(source_of(ty, source), NUMBERS));
    match field(node, "left") {
        Some(value) if !is_number => Shape::Inner(value),
        _ => Shape::Computed,
    }
}

/// What an `if` runs: its children behind the condition.
fn arms(node: Node<'_>) -> Vec<Node<'_>> {
    let condition = field(node, "condition").map(|c| c.id());
    children(node).into_iter().filter(|child| Some(child.id()) != condition).collect()
}

fn chosen<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let arms = arms(node);
    if arms.len() > 1 { Shape::Choice(arms) } else { Shape::Optional(arms) }
}

fn branch<'t>(node: Node<'t>, _: &'t str) -> Act<'t> {
    let arms = arms(node);
    let complete = arms.len() > 1;
    Act::Branch {
        head: field(node, "condition").into_iter().collect(),
        arms: arms.into_iter().map(|arm| vec![arm]).collect(),
        complete,
    }
}

fn when<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let entries = children(node).into_iter().filter(|entry| entry.kind() == "when_entry");
    Shape::Choice(entries.filter_map(|entry| children(entry).last().copied()).collect())
}

fn cases<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let (cases, head): (Vec<_>, Vec<_>) =
        children(node).into_iter().partition(|child| child.kind() == "when_entry");
    let complete = cases.iter().any(|case| source_of(*case, source).starts_with("else"));
    let arms = cases.into_iter().map(|case| children(case).last().copied().into_iter().collect()).collect();
    Act::Branch { head, arms, complete }
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let parts = children(node);
    let Some((called, rest)) = parts.split_first() else { return Shape::Other };
    let arguments = rest.iter().find(|part| part.kind() == "value_arguments").copied();
    let block = rest
        .iter()
        .find(|part| part.kind() == "annotated_lambda")
        .and_then(|l| children(*l).first().copied());
    let is_short = || called.child(0).is_none_or(|inner| inner.kind() != "call_expression");
    if called.kind() == "call_expression" && is_short() {
        // `f(a) { .. }`: the block is an argument of the same call.
        return match call(*called, source) {
            Shape::Call(mut call) => {
                call.args.extend(block.map(Arg::plain));
                Shape::Call(call)
            }
            other => other,
        };
    }
    let (name, receiver) = match called.kind() {
        "navigation_expression" => {
            let parts = children(*called);
            (parts.last().copied(), parts.first().copied().filter(|_| parts.len() > 1))
        }
        _ => (Some(*called), None),
    };
    let Some(name) = name else { return Shape::Other };
    let mut call = TABLE.made(source_of(name, source), receiver, arguments, source);
    call.args.extend(block.map(Arg::plain));
    made(call, source)
}

/// A call, or the list, the pairs or the text that it makes.
fn made<'t>(call: Call<'t>, source: &'t str) -> Shape<'t> {
    let values = || -> Vec<Node<'t>> { call.args.iter().map(|arg| arg.value).collect() };
    match (call.name, call.receiver) {
        ("listOf" | "mutableListOf" | "arrayListOf" | "arrayOf" | "setOf", None) => Shape::List(values()),
        ("mapOf" | "mutableMapOf" | "hashMapOf", None) => {
            let pair = |node: Node<'t>| match children(node).as_slice() {
                [key, to, value] if source_of(*to, source) == "to" => {
                    Some((source_of(*key, source).trim_matches('"'), *value))
                }
                _ => None,
            };
            let pairs: Option<Vec<_>> = values().into_iter().map(pair).collect();
            pairs.map_or(Shape::Other, Shape::Pairs)
        }
        ("buildString", None) => match call.args.last().and_then(|block| appended(block.value, source)) {
            Some(texts) => Shape::Join(texts),
            None => Shape::Call(call),
        },
        ("apply", Some(builder)) => match call.args.last().and_then(|block| appended(block.value, source)) {
            Some(texts) => Shape::Join(std::iter::once(builder).chain(texts).collect()),
            None => Shape::Call(call),
        },
        ("takeIf", Some(text)) => Shape::Optional(vec![text]),
        (_, None) => constructed(call, source),
        _ => super::java::made(call, source),
    }
}

/// What a block appends, where it does nothing else.
fn appended<'t>(block: Node<'t>, source: &'t str) -> Option<Vec<Node<'t>>> {
    let mut texts = Vec::new();
    for statement in children(block) {
        if statement.kind() == "if_expression" {
            // The text of the branch is what its one statement appends.
            let is_one = |arm: &Node<'t>| match arm.kind() {
                "block" => appended(*arm, source).is_some_and(|texts| texts.len() == 1),
                "call_expression" => matches!(call(*arm, source), Shape::Call(c) if is_append(&c)),
                _ => false,
            };
            if !arms(statement).iter().all(is_one) {
                return None;
            }
            texts.push(statement);
            continue;
        }
        let Shape::Call(call) = call(statement, source) else { return None };
        match (call.name, call.receiver, call.args.as_slice()) {
            ("append", None, [one]) => texts.push(one.value),
            _ => return None,
        }
    }
    Some(texts)
}

fn is_append(call: &Call<'_>) -> bool {
    call.name == "append" && call.receiver.is_none() && call.args.len() == 1
}

fn construction<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    match children(node).as_slice() {
        [ty, arguments] => Shape::Call(TABLE.made(source_of(*ty, source), None, Some(*arguments), source)),
        _ => Shape::Other,
    }
}

fn function<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let parts = children(node);
    let Some(body) = parts.iter().find(|part| part.kind() == "function_body") else { return Act::None };
    let body = children(*body).first().copied().unwrap_or(*body);
    let params = parts.iter().find(|part| part.kind() == "function_value_parameters");
    let params = params.map(|params| children(*params)).unwrap_or_default();
    Act::Function {
        name: field(node, "name").map(|name| source_of(name, source)),
        params: params.into_iter().filter_map(|p| parameter(p, source)).collect(),
        body,
    }
}

/// A lambda has no node for its body: it is the body itself.
fn lambda<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let params = children(node).into_iter().find(|part| part.kind() == "lambda_parameters");
    let params = match params {
        Some(params) => children(params).into_iter().filter_map(|p| parameter(p, source)).collect(),
        None => vec![("it", "")],
    };
    Act::Function { name: None, params, body: node }
}

fn property<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let parts = children(node);
    let Some(at) = parts.iter().position(|part| part.kind().ends_with("variable_declaration")) else {
        return Act::None;
    };
    let value = parts.get(at + 1..).and_then(|rest| rest.first()).copied();
    let value = value.filter(|value| !matches!(value.kind(), "getter" | "setter" | "type_constraints"));
    let names = match parts[at].kind() {
        "variable_declaration" => vec![parts[at]],
        _ => children(parts[at]),
    };
    let typed = |node: &Node<'t>| parameter(*node, source);
    match names.as_slice() {
        [one] => {
            let Some((name, ty)) = typed(one) else { return Act::None };
            let value = match value {
                // `val sql by lazy { ".." }`
                Some(delegate) if delegate.kind() == "property_delegate" => None,
                other => other,
            };
            Act::Assign { targets: vec![(name, value)], update: Update::Set, number: is_number(ty, NUMBERS) }
        }
        several => {
            let mut targets: Vec<(&str, Option<Node<'t>>)> =
                several.iter().filter_map(|n| Some((typed(n)?.0, None))).collect();
            targets.push(("", value));
            Act::Assign { targets, update: Update::Set, number: false }
        }
    }
}

fn annotation<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let name = children(node).first().and_then(|made| children(*made).first().copied());
    let name = name.map_or("", |name| source_of(name, source));
    match is_jpql(name, source_of(node, source), source) {
        true => Act::Remark,
        false => Act::None,
    }
}

fn arg<'t>(node: Node<'t>, source: &'t str) -> Option<Arg<'t>> {
    let parts = children(node);
    let value = *parts.last()?;
    let mut cursor = node.walk();
    let is_named = parts.len() > 1 && node.children(&mut cursor).any(|child| child.kind() == "=");
    let name = parts.first().filter(|_| is_named).map(|name| source_of(*name, source));
    let spread = source_of(node, source).starts_with('*') || value.kind() == "spread_expression";
    Some(Arg { name, value, spread })
}

fn parameter<'t>(node: Node<'t>, source: &'t str) -> Option<(&'t str, &'t str)> {
    if !matches!(node.kind(), "parameter" | "variable_declaration" | "class_parameter") {
        return None;
    }
    let parts = children(node);
    let name = parts.iter().find(|part| part.kind() == "identifier")?;
    let ty = parts.iter().find(|part| part.kind().ends_with("_type")).map_or("", |ty| source_of(*ty, source));
    Some((source_of(*name, source), ty))
}
