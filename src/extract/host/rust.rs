//! Rust. The macros that hold SQL are given to the grammar as calls, because it leaves the insides of macros unread.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, Escapes, RAW};
use super::shape::{Act, Arg, Call, Language, Shape, Style, bits, children, field, source_of};
use super::table::{As, CallForm, Does, Literal, Table, quoted_character};

/// A backslash before a line break takes the indentation of the next line with it.
const ESCAPES: Escapes = Escapes { eats_indent: true, ..C_LIKE };

/// Macros whose arguments are expressions.
const MACROS: &[&str] = &[
    "query",
    "query_as",
    "query_scalar",
    "query_unchecked",
    "query_as_unchecked",
    "query_scalar_unchecked",
    "format",
    "format_args",
    "formatcp",
    "concat",
    "concatcp",
    "vec",
    "write",
    "writeln",
    "params",
    "indoc",
    "formatdoc",
    "sql",
    "join",
    "try_join",
];

static TABLE: Table = Table {
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    concat: &["+"],
    either: &[],
    shapes: &[
        ("string_literal", As::Text(Literal { escapes: ESCAPES, splices: &[] })),
        ("raw_string_literal", As::Own(raw)),
        ("char_literal", As::Own(quoted_character)),
        ("parenthesized_expression", As::Inner("")),
        ("reference_expression", As::Inner("value")),
        ("try_expression", As::Inner("")),
        ("await_expression", As::Inner("")),
        ("unary_expression", As::Inner("")),
        ("else_clause", As::Inner("")),
        ("type_cast_expression", As::Own(|_, _| Shape::Computed)),
        ("binary_expression", As::Binary),
        ("if_expression", As::Choice(&["consequence", "alternative"])),
        ("match_expression", As::Own(matched)),
        ("block", As::Own(block)),
        ("identifier", As::Name),
        ("self", As::Name),
        ("crate", As::Name),
        ("super", As::Name),
        ("scoped_identifier", As::Path("path")),
        ("field_expression", As::Path("value")),
        ("integer_literal", As::Number),
        ("float_literal", As::Number),
        ("array_expression", As::List),
        ("tuple_expression", As::List),
        ("call_expression", As::Own(call)),
    ],
    acts: &[
        ("function_item", Does::Function { name: "name", params: "parameters", body: "body" }),
        ("closure_expression", Does::Function { name: "name", params: "parameters", body: "body" }),
        ("let_declaration", Does::Assign { left: "pattern", right: "value" }),
        ("const_item", Does::Assign { left: "name", right: "value" }),
        ("static_item", Does::Assign { left: "name", right: "value" }),
        ("assignment_expression", Does::Assign { left: "left", right: "right" }),
        ("compound_assignment_expr", Does::Assign { left: "left", right: "right" }),
        ("if_expression", Does::Branch { head: "condition", then: "consequence", otherwise: "alternative" }),
        ("match_expression", Does::Own(arms)),
        ("for_expression", Does::Loop),
        ("while_expression", Does::Loop),
        ("loop_expression", Does::Loop),
        ("return_expression", Does::Leave),
        ("break_expression", Does::Jump),
        ("continue_expression", Does::Jump),
        ("block", Does::Own(labelled)),
        ("use_declaration", Does::Remark),
    ],
    arg,
    parameter,
    numbers: NUMBERS,
    kinds: OnceLock::new(),
};

const CALL: CallForm = CallForm::Of {
    function: "function",
    members: &[("field_expression", "value", "field"), ("scoped_identifier", "path", "name")],
};

const NUMBERS: &[&str] = &[
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "bool",
    "Uuid",
    "uuid::Uuid",
    "Duration",
];

pub(super) static RUST: Language = Language {
    name: "Rust",
    extensions: &["rs"],
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    shape: |node, source| TABLE.shape(node, source),
    act: |node, source| TABLE.act(node, source),
    comments: &["line_comment", "block_comment"],
    sites: &[
        "query",
        "query_as",
        "query_scalar",
        "query_with",
        "query_as_with",
        "query_scalar_with",
        "query_unchecked",
        "query_as_unchecked",
        "query_scalar_unchecked",
        "raw_sql",
        "sql_query",
        "sql",
        "execute",
        "execute_many",
        "execute_raw",
        "execute_unprepared",
        "execute_batch",
        "batch_execute",
        "simple_query",
        "query_one",
        "query_opt",
        "query_raw",
        "query_typed",
        "query_row",
        "query_map",
        "query_first",
        "exec",
        "exec_first",
        "exec_drop",
        "prepare",
        "prepare_cached",
        "prepare_typed",
        "prepare_with",
        "fetch_one",
        "fetch_all",
        "fetch_optional",
        "from_string",
        "from_sql_and_values",
        "copy_in",
        "copy_out",
    ],
    binding: &[],
    templates: &[],
    row_mappers: false,
    numbers: NUMBERS,
    bare_calls: false,
    prepare: calls_of_macros,
    declares: Declares::new(),
};

fn raw<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    match children(node).first() {
        Some(content) => {
            Shape::Text(bits(node, source, (content.start_byte(), content.end_byte()), &RAW, |_| None))
        }
        None => Shape::Text(Vec::new()),
    }
}

fn matched<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let arms = field(node, "body").map(children).unwrap_or_default();
    Shape::Choice(arms.into_iter().filter_map(|arm| field(arm, "value")).collect())
}

/// One of the arms is always taken.
fn arms<'t>(node: Node<'t>, _: &'t str) -> Act<'t> {
    let cases = field(node, "body").map(children).unwrap_or_default();
    Act::Branch {
        head: field(node, "value").into_iter().collect(),
        arms: cases.into_iter().map(|case| vec![case]).collect(),
        complete: true,
    }
}

/// `'a: { .. break 'a; .. }`
fn labelled<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    match label_of(node) {
        Some(label) => Act::Labelled(source_of(label, source).trim_start_matches('\'')),
        None => Act::None,
    }
}

fn label_of(node: Node<'_>) -> Option<Node<'_>> {
    node.child(0).filter(|first| first.kind() == "label")
}

fn block<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    // What a jump out of it gives may be its value as well.
    if label_of(node).is_some() {
        return Shape::Other;
    }
    match children(node).last() {
        Some(last) if !last.kind().ends_with("_statement") && !last.kind().ends_with("_declaration") => {
            Shape::Block(*last)
        }
        _ => Shape::Other,
    }
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let Shape::Call(call) = TABLE.call(node, source, &CALL) else { return Shape::Other };
    let is_macro =
        field(node, "function").is_some_and(|f| source[f.end_byte()..].trim_start().starts_with('!'));
    let Some((first, rest)) = call.args.split_first() else {
        return match (call.name, call.receiver.map(|r| source_of(r, source))) {
            ("new", Some("String")) => Shape::Text(Vec::new()),
            ("new", Some("Vec")) => Shape::List(Vec::new()),
            _ => Shape::Call(call),
        };
    };
    match (call.name, is_macro) {
        ("format" | "formatdoc" | "format_args" | "formatcp", true) => {
            Shape::Format { template: first.value, args: rest.to_vec(), style: Style::Braces }
        }
        ("concat" | "concatcp", true) => Shape::Join(call.args.iter().map(|arg| arg.value).collect()),
        ("vec" | "params", true) => Shape::List(call.args.iter().map(|arg| arg.value).collect()),
        ("write" | "writeln", true) => Shape::Call(Call {
            name: "append_format",
            receiver: Some(target(first.value)),
            args: rest.to_vec(),
        }),
        ("new", _) if call.receiver.is_some_and(|r| is_builder(source_of(r, source))) => {
            Shape::Inner(first.value)
        }
        ("with_capacity", _) if call.receiver.is_some_and(|r| source_of(r, source) == "String") => {
            Shape::Text(Vec::new())
        }
        _ => Shape::Call(call),
    }
}

/// Whether a type is sqlx's, with or without that of the database: `QueryBuilder::<Postgres>`.
fn is_builder(ty: &str) -> bool {
    ty.split("::<").next().is_some_and(|ty| ty.ends_with("QueryBuilder"))
}

/// What `&mut x` is about.
fn target(node: Node<'_>) -> Node<'_> {
    match node.kind() {
        "reference_expression" => field(node, "value").unwrap_or(node),
        _ => node,
    }
}

fn arg<'t>(node: Node<'t>, source: &'t str) -> Option<Arg<'t>> {
    match node.kind() {
        "attribute_item" => None,
        // `name = value` among the arguments of a macro.
        "assignment_expression" => {
            let name = field(node, "left").map(|name| source_of(name, source));
            Some(Arg { name, value: field(node, "right")?, spread: false })
        }
        _ => Some(Arg::plain(node)),
    }
}

fn parameter<'t>(node: Node<'t>, source: &'t str) -> Option<(&'t str, &'t str)> {
    match node.kind() {
        "parameter" => {
            let ty = field(node, "type").map_or("", |ty| source_of(ty, source));
            Some((source_of(field(node, "pattern")?, source), ty))
        }
        "identifier" => Some((source_of(node, source), "")),
        _ => None,
    }
}

/// The source with the known macros as calls: `vec!["a"]` as `vec ("a")`. None where there is nothing to change.
fn calls_of_macros(source: &str) -> Option<String> {
    let bytes = source.as_bytes();
    let mut changed: Option<Vec<u8>> = None;
    // Delimiters that are open: what closes each, and for a macro that is changed, where its mark and delimiter are.
    let mut open: Vec<(u8, Option<(usize, usize)>)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = source
                    .get(at + 2..)
                    .and_then(|rest| rest.find("*/"))
                    .map_or(bytes.len(), |len| at + len + 4);
                continue;
            }
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'\'' => {
                // A character, or a lifetime.
                at += match (bytes.get(at + 1), bytes.get(at + 2)) {
                    (Some(b'\\'), _) => {
                        bytes[at + 2..].iter().skip(1).position(|b| *b == b'\'').map_or(1, |len| len + 4)
                    }
                    (Some(_), Some(b'\'')) => 3,
                    _ => 1,
                };
                continue;
            }
            b'(' | b'[' | b'{' => {
                let mark = macro_mark(bytes, at);
                let close = match byte {
                    b'(' => b')',
                    b'[' => b']',
                    _ => b'}',
                };
                open.push((close, mark.map(|mark| (mark, at))));
            }
            b';' => {
                // `[x; 3]` is no list of arguments.
                if let Some((b']', mark)) = open.last_mut() {
                    *mark = None;
                }
            }
            b')' | b']' | b'}' if open.last().is_some_and(|(close, _)| *close == byte) => {
                if let Some((_, Some((mark, start)))) = open.pop() {
                    let text = changed.get_or_insert_with(|| bytes.to_vec());
                    text[mark] = b' ';
                    text[start] = b'(';
                    text[at] = b')';
                }
            }
            _ => {}
        }
        at += 1;
    }
    changed.and_then(|text| String::from_utf8(text).ok())
}

/// The place of the `!` where a known macro's arguments begin.
fn macro_mark(bytes: &[u8], at: usize) -> Option<usize> {
    let before = bytes[..at].iter().rev().take_while(|b| **b == b' ').count();
    let mark = at.checked_sub(before + 1).filter(|mark| bytes[*mark] == b'!')?;
    let len = bytes[..mark].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let name = std::str::from_utf8(&bytes[mark - len..mark]).ok()?;
    MACROS.contains(&name).then_some(mark)
}

/// The end of a string that starts at a quote, raw ones by the marks before it.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[..at].iter().rev().take_while(|b| **b == b'#').count();
    let is_raw = at.checked_sub(hashes + 1).and_then(|i| bytes.get(i)) == Some(&b'r');
    let mut i = at + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if !is_raw => i += 1,
            b'"' if !is_raw => return i + 1,
            b'"' if bytes[i + 1..].iter().take(hashes).take_while(|b| **b == b'#').count() == hashes => {
                return i + 1 + hashes;
            }
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}
