//! Ruby. The text of a heredoc stands behind the line that names it.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, Escapes, RAW, indentation};
use super::shape::{
    Act, Arg, Language, Shape, Style, Update, bits, chain, children, field, lines, source_of,
};
use super::table::{As, Does, Table, between, splice};

const SINGLE: Escapes = Escapes { only: b"\\'", keeps_unknown: true, ..C_LIKE };

/// Heredocs that may begin on one line.
const MAX_HEREDOCS: usize = 8;

static TABLE: Table = Table {
    grammar: || tree_sitter_ruby::LANGUAGE.into(),
    concat: &["+"],
    either: &["||", "or"],
    shapes: &[
        ("string", As::Own(string)),
        ("bare_string", As::Own(bare)),
        ("heredoc_beginning", As::Own(heredoc)),
        ("chained_string", As::Own(|node, _| Shape::Join(children(node)))),
        ("string_array", As::List),
        ("array", As::List),
        ("parenthesized_statements", As::Inner("")),
        ("unary", As::Inner("operand")),
        ("binary", As::Own(binary)),
        ("conditional", As::Choice(&["consequence", "alternative"])),
        ("if", As::Choice(&["consequence", "alternative"])),
        ("unless", As::Choice(&["consequence", "alternative"])),
        ("elsif", As::Choice(&["consequence", "alternative"])),
        ("if_modifier", As::Choice(&["body", "none"])),
        ("unless_modifier", As::Choice(&["body", "none"])),
        ("case", As::Own(case)),
        ("then", As::Block),
        ("else", As::Block),
        ("body_statement", As::Block),
        ("block_body", As::Block),
        ("identifier", As::Name),
        ("constant", As::Name),
        ("instance_variable", As::Name),
        ("class_variable", As::Name),
        ("global_variable", As::Name),
        ("self", As::Name),
        ("scope_resolution", As::Path("scope")),
        ("integer", As::Number),
        ("float", As::Number),
        ("hash", As::Own(hash)),
        ("call", As::Own(call)),
        ("element_reference", As::Own(element)),
        ("assignment", As::Inner("right")),
    ],
    acts: &[
        ("method", FUNCTION),
        ("singleton_method", FUNCTION),
        ("block", FUNCTION),
        ("do_block", FUNCTION),
        ("lambda", FUNCTION),
        ("assignment", Does::Assign { left: "left", right: "right" }),
        ("operator_assignment", Does::Assign { left: "left", right: "right" }),
        ("binary", Does::Own(append)),
        ("if", Does::Branch { head: "condition", then: "consequence", otherwise: "alternative" }),
        ("unless", Does::Branch { head: "condition", then: "consequence", otherwise: "alternative" }),
        ("elsif", Does::Branch { head: "condition", then: "consequence", otherwise: "alternative" }),
        ("if_modifier", Does::Branch { head: "condition", then: "body", otherwise: "none" }),
        ("unless_modifier", Does::Branch { head: "condition", then: "body", otherwise: "none" }),
        ("case", Does::Own(cases)),
        ("begin", Does::Try(&["rescue", "ensure", "else"])),
        ("while", Does::Loop),
        ("until", Does::Loop),
        ("for", Does::Loop),
        ("while_modifier", Does::Loop),
        ("until_modifier", Does::Loop),
        ("return", Does::Leave),
        ("next", Does::Jump),
        ("break", Does::Jump),
        ("redo", Does::Jump),
        ("conditional", Does::Perhaps { head: "condition", then: &["consequence", "alternative"] }),
        ("heredoc_body", Does::Remark),
    ],
    arg,
    parameter,
    numbers: &[],
    kinds: OnceLock::new(),
};

const FUNCTION: Does = Does::Function { name: "name", params: "parameters", body: "body" };

pub(super) static RUBY: Language = Language {
    name: "Ruby",
    extensions: &["rb", "rake"],
    grammar: || tree_sitter_ruby::LANGUAGE.into(),
    shape: |node, source| TABLE.shape(node, source),
    act: |node, source| TABLE.act(node, source),
    comments: &["comment"],
    sites: &[
        // ActiveRecord
        "execute",
        "exec_query",
        "exec_update",
        "exec_delete",
        "exec_insert",
        "internal_exec_query",
        "select_all",
        "select_one",
        "select_value",
        "select_values",
        "select_rows",
        "find_by_sql",
        "count_by_sql",
        "sanitize_sql",
        "sanitize_sql_array",
        "sanitize_sql_for_conditions",
        "insert",
        "update",
        "delete",
        "async_find_by_sql",
        // pg
        "exec",
        "exec_params",
        "async_exec",
        "async_exec_params",
        "query",
        "prepare",
        "send_query",
        // Sequel, ROM, mini_sql
        "fetch",
        "run",
        "with_sql",
        "query_single",
        "query_hash",
        "query_array",
        "query_each",
        "execute_ddl",
        "execute_dui",
        "up_only",
    ],
    binding: &[],
    templates: &[],
    row_mappers: false,
    numbers: &[],
    bare_calls: true,
    prepare: |_| None,
    declares: Declares::new(),
};

fn string<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let opening = node.child(0).map_or("", |open| source_of(open, source));
    let is_single = opening.starts_with('\'') || opening.starts_with("%q");
    let escapes = if is_single { &SINGLE } else { &C_LIKE };
    Shape::Text(bits(node, source, between(node), escapes, |child| splice(child, &["interpolation"])))
}

fn bare<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    Shape::Text(bits(node, source, (node.start_byte(), node.end_byte()), &RAW, |_| None))
}

fn heredoc<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let opening = source_of(node, source);
    let name = opening.trim_start_matches(['<', '~', '-']).trim_matches(['\'', '"', '`']);
    let Some(body) = body_of(node, name, source) else { return Shape::Other };
    let Some(end) = children(body).last().copied().filter(|end| end.kind() == "heredoc_end") else {
        return Shape::Other;
    };
    let all = source.get(body.start_byte()..end.start_byte()).unwrap_or_default();
    let start = body.start_byte() + usize::from(all.starts_with('\n'));
    let stop = (body.start_byte() + all.trim_end_matches([' ', '\t']).len()).max(start);
    let indent = match opening.starts_with("<<~") {
        true => indentation(source, (start, stop), false),
        false => 0,
    };
    let escapes = if opening.contains('\'') { &RAW } else { &C_LIKE };
    Shape::Text(lines(body, source, (start, stop), escapes, Some(indent), |child| {
        splice(child, &["interpolation"])
    }))
}

/// The text of a heredoc: it begins at the end of the line, behind those of other heredocs of the line.
fn body_of<'t>(node: Node<'t>, name: &str, source: &str) -> Option<Node<'t>> {
    let mut at = node.end_byte() + source.get(node.end_byte()..)?.find('\n')?;
    let mut around = node;
    for _ in 0..MAX_HEREDOCS {
        while around.end_byte() <= at + 1 {
            around = around.parent()?;
        }
        let mut body = around.descendant_for_byte_range(at, at + 1)?;
        while body.kind() != "heredoc_body" {
            body = body.parent()?;
        }
        let end = children(body).last().copied()?;
        if source_of(end, source).trim() == name {
            return Some(body);
        }
        at = body.end_byte();
    }
    None
}

fn binary<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return Shape::Other };
    match field(node, "operator").map_or("", |o| source_of(o, source)) {
        operator @ ("+" | "<<") => Shape::Join(chain(node, source, "binary", operator)),
        "||" | "or" => Shape::Choice(vec![left, right]),
        "%" => {
            let args = match right.kind() {
                "array" => children(right).into_iter().map(Arg::plain).collect(),
                "hash" => children(right).into_iter().filter_map(|pair| arg(pair, source)).collect(),
                _ => vec![Arg::plain(right)],
            };
            Shape::Format { template: left, args, style: Style::Percent }
        }
        "-" | "*" | "/" | "**" | "&" | "|" => Shape::Computed,
        _ => Shape::Other,
    }
}

/// `text << a << b`.
fn append<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    if field(node, "operator").is_none_or(|o| source_of(o, source) != "<<") {
        return TABLE.perhaps(node, "left", &["right"], source);
    }
    let operands = chain(node, source, "binary", "<<");
    match operands.split_first() {
        Some((first, rest)) => match TABLE.shape(*first, source) {
            Shape::Name(name) => Act::Assign {
                targets: rest.iter().map(|value| (name, Some(*value))).collect(),
                update: Update::Add,
                number: false,
            },
            _ => Act::None,
        },
        None => Act::None,
    }
}

fn case<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let values = children(node).into_iter().filter_map(|part| match part.kind() {
        "when" => field(part, "body"),
        "else" => Some(part),
        _ => None,
    });
    let is_complete = children(node).iter().any(|part| part.kind() == "else");
    if is_complete { Shape::Choice(values.collect()) } else { Shape::Optional(values.collect()) }
}

fn cases<'t>(node: Node<'t>, _: &'t str) -> Act<'t> {
    let (arms, head): (Vec<_>, Vec<_>) =
        children(node).into_iter().partition(|part| matches!(part.kind(), "when" | "in_clause" | "else"));
    let complete = arms.iter().any(|arm| arm.kind() == "else");
    Act::Branch { head, arms: arms.into_iter().map(|arm| vec![arm]).collect(), complete }
}

fn hash<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let pairs: Option<Vec<_>> = children(node)
        .into_iter()
        .map(|pair| arg(pair, source).and_then(|arg| Some((arg.name?, arg.value))))
        .collect();
    pairs.map_or(Shape::Other, Shape::Pairs)
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let Some(name) = field(node, "method") else { return Shape::Other };
    let mut call =
        TABLE.made(source_of(name, source), field(node, "receiver"), field(node, "arguments"), source);
    call.args.extend(field(node, "block").map(Arg::plain));
    Shape::Call(call)
}

/// `DB["SELECT ..", a]`.
fn element<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let Some(object) = field(node, "object") else { return Shape::Other };
    let rest: Vec<Node<'t>> = children(node).into_iter().filter(|n| n.id() != object.id()).collect();
    if rest
        .first()
        .is_none_or(|first| !matches!(first.kind(), "string" | "heredoc_beginning" | "chained_string"))
    {
        return Shape::Other;
    }
    let args = rest.into_iter().filter_map(|n| arg(n, source)).collect();
    Shape::Call(super::shape::Call { name: "fetch", receiver: Some(object), args })
}

fn arg<'t>(node: Node<'t>, source: &'t str) -> Option<Arg<'t>> {
    match node.kind() {
        "pair" => {
            let key = field(node, "key")?;
            let name = source_of(key, source).trim_matches([':', '"', '\'']);
            Some(Arg { name: Some(name), value: field(node, "value").unwrap_or(key), spread: false })
        }
        "splat_argument" | "hash_splat_argument" => {
            Some(Arg { name: None, value: *children(node).first()?, spread: true })
        }
        "block_argument" => None,
        _ => Some(Arg::plain(node)),
    }
}

fn parameter<'t>(node: Node<'t>, source: &'t str) -> Option<(&'t str, &'t str)> {
    let name = match node.kind() {
        "identifier" => node,
        _ => field(node, "name")?,
    };
    Some((source_of(name, source), ""))
}
