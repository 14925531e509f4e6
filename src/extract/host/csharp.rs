//! C#. Doubled quotes in interpolated verbatim strings are given to the grammar as other characters, because it takes three
//! in a row for the start of a raw string.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, Escapes, RAW, indentation};
use super::java::constructed;
use super::shape::{Act, Arg, Bit, Language, Shape, bits, children, field, lines, source_of};
use super::table::{As, CallForm, Does, Literal, Table, between, is_number, splice};

const VERBATIM: Escapes = Escapes { doubled: b"\"", ..RAW };

const INTERPOLATED: Escapes = Escapes { doubled: b"{}", ..C_LIKE };

const INTERPOLATED_VERBATIM: Escapes = Escapes { doubled: b"\"{}", ..RAW };

static TABLE: Table = Table {
    grammar: || tree_sitter_c_sharp::LANGUAGE.into(),
    concat: &["+"],
    either: &["??"],
    shapes: &[
        ("string_literal", As::Text(Literal { escapes: C_LIKE, splices: &[] })),
        ("verbatim_string_literal", As::Own(verbatim)),
        ("raw_string_literal", As::Own(raw)),
        ("interpolated_string_expression", As::Own(interpolated)),
        ("character_literal", As::Text(Literal { escapes: C_LIKE, splices: &[] })),
        ("parenthesized_expression", As::Inner("")),
        ("await_expression", As::Inner("")),
        ("postfix_unary_expression", As::Inner("")),
        ("arrow_expression_clause", As::Inner("")),
        ("expression_element", As::Inner("")),
        ("collection_element", As::Inner("")),
        ("assignment_expression", As::Inner("right")),
        ("cast_expression", As::Own(cast)),
        ("binary_expression", As::Binary),
        ("conditional_expression", As::Choice(&["consequence", "alternative"])),
        ("switch_expression", As::Own(switched)),
        ("identifier", As::Name),
        ("predefined_type", As::Name),
        ("member_access_expression", As::Path("expression")),
        ("integer_literal", As::Number),
        ("real_literal", As::Number),
        ("initializer_expression", As::List),
        ("collection_expression", As::List),
        ("implicit_array_creation_expression", As::Own(|node, _| last(node))),
        ("array_creation_expression", As::Own(|node, _| last(node))),
        ("invocation_expression", As::Own(call)),
        ("object_creation_expression", As::Own(creation)),
        ("implicit_object_creation_expression", As::Own(creation)),
        ("anonymous_object_creation_expression", As::Own(anonymous)),
    ],
    acts: &[
        ("method_declaration", FUNCTION),
        ("constructor_declaration", FUNCTION),
        ("local_function_statement", FUNCTION),
        ("lambda_expression", FUNCTION),
        ("accessor_declaration", FUNCTION),
        ("property_declaration", Does::Assign { left: "name", right: "value" }),
        ("variable_declarator", Does::Own(declared)),
        ("assignment_expression", Does::Assign { left: "left", right: "right" }),
        ("if_statement", Does::Branch { head: "condition", then: "consequence", otherwise: "alternative" }),
        (
            "switch_statement",
            Does::Cases { head: "value", body: "body", default: &["default"], falling: &[] },
        ),
        ("try_statement", Does::Try(&["catch_clause", "finally_clause"])),
        ("for_statement", Does::Loop),
        ("foreach_statement", Does::Loop),
        ("while_statement", Does::Loop),
        ("do_statement", Does::Loop),
        ("return_statement", Does::Leave),
        ("throw_statement", Does::Leave),
        ("break_statement", Does::Jump),
        ("continue_statement", Does::Jump),
        ("goto_statement", Does::Leave),
        ("labeled_statement", Does::Labelled),
        ("binary_expression", Does::Perhaps { head: "left", then: &["right"] }),
        (
            "conditional_expression",
            Does::Perhaps { head: "condition", then: &["consequence", "alternative"] },
        ),
        ("using_directive", Does::Remark),
    ],
    arg,
    parameter,
    numbers: NUMBERS,
    kinds: OnceLock::new(),
};

const FUNCTION: Does = Does::Function { name: "name", params: "parameters", body: "body" };

const CALL: CallForm =
    CallForm::Of { function: "function", members: &[("member_access_expression", "expression", "name")] };

const NUMBERS: &[&str] = &[
    "int",
    "long",
    "short",
    "byte",
    "uint",
    "ulong",
    "ushort",
    "double",
    "float",
    "decimal",
    "bool",
    "Guid",
    "DateTime",
    "DateTimeOffset",
    "DateOnly",
    "TimeSpan",
];

pub(super) static CSHARP: Language = Language {
    name: "C#",
    extensions: &["cs"],
    grammar: || tree_sitter_c_sharp::LANGUAGE.into(),
    shape: |node, source| TABLE.shape(node, source),
    act: |node, source| TABLE.act(node, source),
    comments: &["comment"],
    sites: &[
        // Dapper
        "Query",
        "QueryAsync",
        "QueryFirst",
        "QueryFirstAsync",
        "QueryFirstOrDefault",
        "QueryFirstOrDefaultAsync",
        "QuerySingle",
        "QuerySingleAsync",
        "QuerySingleOrDefault",
        "QuerySingleOrDefaultAsync",
        "QueryMultiple",
        "QueryMultipleAsync",
        "QueryUnbufferedAsync",
        "Execute",
        "ExecuteAsync",
        "ExecuteScalar",
        "ExecuteScalarAsync",
        "ExecuteReader",
        "ExecuteReaderAsync",
        "ExecuteNonQuery",
        "CommandDefinition",
        // ADO.NET
        "NpgsqlCommand",
        "NpgsqlBatchCommand",
        "SqlCommand",
        "NpgsqlDataAdapter",
        "CreateCommand",
        // Entity Framework
        "CreateSQLQuery",
        "Sql",
    ],
    binding: &[
        "FromSql",
        "FromSqlRaw",
        "FromSqlInterpolated",
        "ExecuteSql",
        "ExecuteSqlAsync",
        "ExecuteSqlRaw",
        "ExecuteSqlRawAsync",
        "ExecuteSqlInterpolated",
        "ExecuteSqlInterpolatedAsync",
        "SqlQuery",
        "SqlQueryRaw",
    ],
    templates: &[],
    row_mappers: false,
    numbers: NUMBERS,
    bare_calls: false,
    prepare: without_doubled_quotes,
    declares: Declares::new(),
};

fn verbatim<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let range = (node.start_byte() + 2, node.end_byte().saturating_sub(1).max(node.start_byte() + 2));
    Shape::Text(bits(node, source, range, &VERBATIM, |_| None))
}

fn raw<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    Shape::Text(block(node, source, &[]))
}

/// The inside of a raw string, without the indentation of its last line where it has several.
fn block<'t>(node: Node<'t>, source: &'t str, splices: &[&str]) -> Vec<Bit<'t>> {
    let first = match node.child(1) {
        Some(quote) if quote.kind() == "interpolation_quote" => quote.end_byte(),
        _ => between(node).0,
    };
    let (start, end) = (first, between(node).1);
    let text = source.get(start..end).unwrap_or_default();
    let (begin, stop) = match (text.find('\n'), text.rfind('\n')) {
        (Some(a), Some(b)) if a < b => (start + a + 1, start + b),
        _ => (start, end),
    };
    let last = source.get(stop..end).unwrap_or_default();
    let indent = if begin == start { 0 } else { last.len() - last.trim_start().len() };
    let indent = indentation(source, (begin, stop), false).min(indent.saturating_sub(1));
    let stop = if source.get(..stop).is_some_and(|t| t.ends_with('\r')) { stop - 1 } else { stop };
    lines(node, source, (begin, stop), &RAW, Some(indent), |child| splice(child, splices))
}

fn interpolated<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let Some(mark) = node.child(0) else { return Shape::Other };
    let is_raw = node.child(1).is_some_and(|quote| quote.kind() == "interpolation_quote");
    if is_raw {
        return Shape::Text(block(node, source, &["interpolation"]));
    }
    let is_verbatim = source_of(mark, source).contains('@');
    let escapes = if is_verbatim { &INTERPOLATED_VERBATIM } else { &INTERPOLATED };
    let start = node.child(1).map_or(mark.end_byte(), |quote| quote.end_byte());
    let range = (start, between(node).1.max(start));
    Shape::Text(bits(node, source, range, escapes, |child| splice(child, &["interpolation"])))
}

fn cast<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let is_number = field(node, "type").is_some_and(|ty| is_number(source_of(ty, source), NUMBERS));
    match field(node, "value") {
        Some(value) if !is_number => Shape::Inner(value),
        _ => Shape::Computed,
    }
}

fn switched<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let arms = children(node).into_iter().filter(|arm| arm.kind() == "switch_expression_arm");
    Shape::Choice(arms.filter_map(|arm| children(arm).last().copied()).collect())
}

fn last(node: Node<'_>) -> Shape<'_> {
    children(node).last().map_or(Shape::Other, |last| Shape::Inner(*last))
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let function = field(node, "function");
    // `a?.B(x)`
    if let Some(access) = function.filter(|f| f.kind() == "conditional_access_expression") {
        let name = children(access).last().and_then(|binding| field(*binding, "name"));
        return match name {
            Some(name) => {
                let receiver = field(access, "condition");
                Shape::Call(TABLE.made(source_of(name, source), receiver, field(node, "arguments"), source))
            }
            None => Shape::Other,
        };
    }
    TABLE.call(node, source, &CALL)
}

fn creation<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let ty = match field(node, "type") {
        Some(ty) => source_of(ty, source),
        // `NpgsqlCommand command = new("..")`
        None => {
            let declaration = node.parent().and_then(|n| n.parent());
            declaration.and_then(|n| field(n, "type")).map_or("", |ty| source_of(ty, source))
        }
    };
    let list = children(node).into_iter().find(|n| n.kind() == "argument_list");
    let name = ty.split('<').next().unwrap_or(ty);
    match (name.rsplit('.').next().unwrap_or(name), field(node, "initializer")) {
        ("List" | "HashSet", Some(items)) => Shape::List(children(items)),
        ("List" | "HashSet", None) => Shape::List(Vec::new()),
        ("Dictionary", Some(items)) => Shape::Pairs(entries(items, source)),
        ("DynamicParameters" | "Dictionary", None) if list.is_none_or(|l| children(l).is_empty()) => {
            Shape::Pairs(Vec::new())
        }
        (name, Some(values)) if name.ends_with("Command") => {
            let mut call = TABLE.made(name, None, list, source);
            let text = entries(values, source).into_iter().find(|(key, _)| *key == "CommandText");
            call.args.splice(0..0, text.map(|(_, text)| Arg::plain(text)));
            Shape::Call(call)
        }
        (name, _) => constructed(TABLE.made(name, None, list, source), source),
    }
}

/// `{ ["a"] = 1 }`, `{ { "a", 1 } }`.
fn entries<'t>(items: Node<'t>, source: &'t str) -> Vec<(&'t str, Node<'t>)> {
    let entry = |item: Node<'t>| {
        let (key, value) = match item.kind() {
            "assignment_expression" => (field(item, "left")?, field(item, "right")?),
            _ => match children(item).as_slice() {
                [key, value] => (*key, *value),
                _ => return None,
            },
        };
        Some((source_of(key, source).trim_matches(['[', ']', '"', '@']), value))
    };
    children(items).into_iter().filter_map(entry).collect()
}

/// `new { a, b = x, c.D }`.
fn anonymous<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let mut pairs: Vec<(&'t str, Node<'t>)> = Vec::new();
    let mut name: Option<Node<'t>> = None;
    let mut cursor = node.walk();
    let mut last: Option<Node<'t>> = None;
    for child in node.children(&mut cursor) {
        match child.kind() {
            "=" => name = last.take(),
            "," | "}" => {
                if let Some(value) = last.take() {
                    let key = source_of(name.take().unwrap_or(value), source);
                    pairs.push((key.rsplit('.').next().unwrap_or(key), value));
                }
            }
            _ if child.is_named() && !child.is_extra() => last = Some(child),
            _ => {}
        }
    }
    Shape::Pairs(pairs)
}

fn declared<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let Some(name) = field(node, "name") else { return Act::None };
    let value = children(node).last().copied().filter(|value| value.id() != name.id());
    TABLE.assign(node, name, value, source)
}

fn arg<'t>(node: Node<'t>, source: &'t str) -> Option<Arg<'t>> {
    let name = field(node, "name").map(|name| source_of(name, source));
    // The name of a text's own parameter says nothing about what is bound.
    let name = name.filter(|name| !matches!(*name, "sql" | "commandText" | "param" | "parameters"));
    Some(Arg { name, value: *children(node).last()?, spread: false })
}

fn parameter<'t>(node: Node<'t>, source: &'t str) -> Option<(&'t str, &'t str)> {
    if node.kind() == "implicit_parameter" {
        return Some((source_of(node, source), ""));
    }
    let ty = field(node, "type").map_or("", |ty| source_of(ty, source));
    Some((source_of(field(node, "name")?, source), ty))
}

/// The source with the doubled quotes of interpolated verbatim strings as other characters.
fn without_doubled_quotes(source: &str) -> Option<String> {
    let bytes = source.as_bytes();
    let mut changed: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find("@")) {
        let mark = at + found;
        at = mark + 1;
        let quote = match (
            mark.checked_sub(1).and_then(|i| bytes.get(i)),
            bytes.get(mark + 1),
            bytes.get(mark + 2),
        ) {
            (Some(b'$'), Some(b'"'), _) => mark + 1,
            (_, Some(b'$'), Some(b'"')) => mark + 2,
            _ => continue,
        };
        let mut i = quote + 1;
        while i < bytes.len() {
            if bytes[i] == b'"' {
                if bytes.get(i + 1) != Some(&b'"') {
                    break;
                }
                let text = changed.get_or_insert_with(|| bytes.to_vec());
                text[i] = b'\'';
                text[i + 1] = b'\'';
                i += 1;
            }
            i += 1;
        }
        at = (i + 1).min(bytes.len());
        while !source.is_char_boundary(at) {
            at += 1;
        }
    }
    changed.and_then(|text| String::from_utf8(text).ok())
}
