//! PHP.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, Escapes, RAW};
use super::shape::{Act, Arg, Language, Shape, Update, children, field, lines, source_of};
use super::table::{As, CallForm, Does, Literal, Table, arms, is_number, splice};

const DOUBLE: Escapes = Escapes { keeps_unknown: true, ..C_LIKE };

const SINGLE: Escapes = Escapes { only: b"\\'", keeps_unknown: true, ..C_LIKE };

/// Expressions that stand in a text as they are.
const SPLICES: &[&str] = &[
    "variable_name",
    "member_access_expression",
    "nullsafe_member_access_expression",
    "subscript_expression",
    "dynamic_variable_name",
    "member_call_expression",
    "nullsafe_member_call_expression",
    "scoped_call_expression",
    "scoped_property_access_expression",
    "function_call_expression",
];

static TABLE: Table = Table {
    grammar: || tree_sitter_php::LANGUAGE_PHP.into(),
    concat: &["."],
    either: &["??", "or"],
    shapes: &[
        ("string", As::Text(Literal { escapes: SINGLE, splices: &[] })),
        ("encapsed_string", As::Text(Literal { escapes: DOUBLE, splices: SPLICES })),
        ("heredoc", As::Own(heredoc)),
        ("nowdoc", As::Own(heredoc)),
        // In a text nothing stands for it.
        ("null", As::Own(|_, _| Shape::Text(Vec::new()))),
        ("parenthesized_expression", As::Inner("")),
        ("argument", As::Inner("")),
        ("array_element_initializer", As::Inner("")),
        ("match_block", As::Own(matched)),
        ("match_expression", As::Inner("body")),
        ("cast_expression", As::Own(cast)),
        ("binary_expression", As::Binary),
        ("assignment_expression", As::Inner("right")),
        ("conditional_expression", As::Own(conditional)),
        ("variable_name", As::Name),
        ("relative_scope", As::Name),
        ("name", As::Name),
        ("qualified_name", As::Name),
        ("member_access_expression", As::Path("object")),
        ("scoped_property_access_expression", As::Path("scope")),
        ("class_constant_access_expression", As::Path("")),
        ("integer", As::Number),
        ("float", As::Number),
        ("array_creation_expression", As::Own(array)),
        (
            "function_call_expression",
            As::Call(CallForm::Named { name: "function", receiver: "none", arguments: "arguments" }),
        ),
        ("member_call_expression", METHOD),
        ("nullsafe_member_call_expression", METHOD),
        (
            "scoped_call_expression",
            As::Call(CallForm::Named { name: "name", receiver: "scope", arguments: "arguments" }),
        ),
        ("object_creation_expression", As::Own(creation)),
        ("attribute", As::Call(CallForm::Named { name: "none", receiver: "none", arguments: "parameters" })),
    ],
    acts: &[
        ("method_declaration", FUNCTION),
        ("function_definition", FUNCTION),
        ("anonymous_function", FUNCTION),
        ("arrow_function", FUNCTION),
        ("assignment_expression", Does::Own(assignment)),
        ("augmented_assignment_expression", Does::Assign { left: "left", right: "right" }),
        ("const_element", Does::Own(constant)),
        ("function_call_expression", Does::Own(define)),
        ("property_element", Does::Assign { left: "name", right: "default_value" }),
        ("static_variable_declaration", Does::Assign { left: "name", right: "value" }),
        ("if_statement", Does::Own(branch)),
        (
            "switch_statement",
            Does::Cases {
                head: "condition",
                body: "body",
                default: &["default"],
                falling: &["case_statement", "default_statement"],
            },
        ),
        ("try_statement", Does::Try(&["catch_clause", "finally_clause"])),
        ("foreach_statement", Does::Loop),
        ("for_statement", Does::Loop),
        ("while_statement", Does::Loop),
        ("do_statement", Does::Loop),
        ("return_statement", Does::Leave),
        ("throw_expression", Does::Leave),
        ("break_statement", Does::Jump),
        ("continue_statement", Does::Jump),
        ("goto_statement", Does::Leave),
        ("named_label_statement", Does::Labelled),
        ("binary_expression", Does::Perhaps { head: "left", then: &["right"] }),
        ("conditional_expression", Does::Perhaps { head: "condition", then: &["body", "alternative"] }),
        ("text_interpolation", Does::Remark),
        ("namespace_use_declaration", Does::Remark),
    ],
    arg,
    parameter,
    numbers: NUMBERS,
    kinds: OnceLock::new(),
};

const FUNCTION: Does = Does::Function { name: "name", params: "parameters", body: "body" };

const METHOD: As = As::Call(CallForm::Named { name: "name", receiver: "object", arguments: "arguments" });

const NUMBERS: &[&str] = &["int", "float", "bool"];

pub(super) static PHP: Language = Language {
    name: "PHP",
    extensions: &["php", "phtml", "inc"],
    grammar: || tree_sitter_php::LANGUAGE_PHP.into(),
    shape: |node, source| TABLE.shape(node, source),
    act: |node, source| TABLE.act(node, source),
    comments: &["comment"],
    sites: &[
        // PDO, mysqli, pg_*
        "query",
        "exec",
        "prepare",
        "pg_query",
        "pg_query_params",
        "pg_send_query",
        "pg_send_query_params",
        "pg_prepare",
        "mysqli_query",
        "multi_query",
        "real_query",
        // Laravel
        "select",
        "selectOne",
        "selectFromWriteConnection",
        "scalar",
        "insert",
        "update",
        "delete",
        "statement",
        "affectingStatement",
        "unprepared",
        "raw",
        "fromRaw",
        "cursor",
        // Doctrine
        "executeQuery",
        "executeStatement",
        "executeUpdate",
        "fetchAll",
        "fetchAllAssociative",
        "fetchAllAssociativeIndexed",
        "fetchAllKeyValue",
        "fetchAllNumeric",
        "fetchAssociative",
        "fetchAssoc",
        "fetchColumn",
        "fetchFirstColumn",
        "fetchNumeric",
        "fetchOne",
        "iterateAssociative",
        "createNativeQuery",
        "addSql",
        // Others
        "createCommand",
        "findBySql",
        "get_results",
        "get_row",
        "get_var",
        "get_col",
        "db_query",
        "queryAll",
        "queryOne",
        "execute",
        "run",
        "rawQuery",
    ],
    binding: &[],
    templates: &[],
    row_mappers: false,
    numbers: NUMBERS,
    bare_calls: false,
    prepare: |_| None,
    declares: Declares::new(),
};

/// A heredoc or nowdoc without the indentation of its last line.
fn heredoc<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(mark), Some(body), Some(end)) =
        (field(node, "identifier"), field(node, "value"), field(node, "end_tag"))
    else {
        return Shape::Text(Vec::new());
    };
    let before = source.get(..end.start_byte()).unwrap_or_default();
    let line = before.len() - before.trim_end_matches([' ', '\t']).len();
    let closing = before.len() - line;
    let after = source.get(mark.end_byte()..closing).unwrap_or_default();
    let text = after.find('\n').and_then(|at| after.get(at + 1..)).unwrap_or_default();
    let start = closing - text.len();
    let stop = start + text.strip_suffix('\n').map_or(text.len(), |t| t.trim_end_matches('\r').len());
    let escapes = if node.kind() == "nowdoc" { &RAW } else { &HEREDOC };
    Shape::Text(lines(body, source, (start, stop), escapes, Some(line), |child| splice(child, SPLICES)))
}

/// Quotes need no backslash in a heredoc, and keep one that they have.
const HEREDOC: Escapes = Escapes { only: b"nrtvef\\$01234567xu", ..DOUBLE };

fn matched<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    Shape::Choice(children(node).into_iter().filter_map(|arm| field(arm, "return_expression")).collect())
}

fn cast<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let ty = field(node, "type").map_or("", |ty| source_of(ty, source));
    match field(node, "value") {
        Some(value) if !is_number(ty, &["int", "integer", "float", "double", "bool", "boolean"]) => {
            Shape::Inner(value)
        }
        _ => Shape::Computed,
    }
}

/// `a ? b : c`, `a ?: c`.
fn conditional<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let yes = field(node, "body").or_else(|| field(node, "condition"));
    Shape::Choice(yes.into_iter().chain(field(node, "alternative")).collect())
}

fn array<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let items: Vec<Vec<Node<'t>>> = children(node).into_iter().map(children).collect();
    if items.iter().any(|item| item.iter().any(|n| n.kind() == "variadic_unpacking")) {
        return Shape::Other;
    }
    if !items.is_empty() && items.iter().all(|item| item.len() == 2) {
        let pair = |item: &Vec<Node<'t>>| match item.as_slice() {
            [key, value] => Some((source_of(*key, source).trim_matches(['"', '\'', ':']), *value)),
            _ => None,
        };
        return Shape::Pairs(items.iter().filter_map(pair).collect());
    }
    Shape::List(items.iter().filter_map(|item| item.first().copied()).collect())
}

fn creation<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let all = children(node);
    let (Some(name), arguments) = (all.first(), all.iter().find(|n| n.kind() == "arguments")) else {
        return Shape::Other;
    };
    Shape::Call(TABLE.made(source_of(*name, source), None, arguments.copied(), source))
}

fn arg<'t>(node: Node<'t>, source: &'t str) -> Option<Arg<'t>> {
    let value = *children(node).last()?;
    let name = field(node, "name").map(|name| source_of(name, source));
    match value.kind() {
        "variadic_unpacking" => Some(Arg { name: None, value: *children(value).first()?, spread: true }),
        _ => Some(Arg { name, value, spread: false }),
    }
}

fn parameter<'t>(node: Node<'t>, source: &'t str) -> Option<(&'t str, &'t str)> {
    let ty = field(node, "type").map_or("", |ty| source_of(ty, source));
    Some((source_of(field(node, "name")?, source), ty))
}

fn assignment<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return Act::None };
    if left.kind() != "subscript_expression" {
        return TABLE.assign(node, left, Some(right), source);
    }
    // `$list[] = x` adds to the list; `$map['key'] = x` is not followed.
    match children(left).as_slice() {
        [list] => Act::Assign {
            targets: vec![(source_of(*list, source), Some(right))],
            update: Update::Add,
            number: false,
        },
        _ => Act::Assign { targets: vec![("", Some(right))], update: Update::Set, number: false },
    }
}

fn constant<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    match children(node).as_slice() {
        [name, value] => Act::Assign {
            targets: vec![(source_of(*name, source), Some(*value))],
            update: Update::Set,
            number: false,
        },
        _ => Act::None,
    }
}

/// `define('NAME', value)`.
fn define<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    if field(node, "function").is_none_or(|name| source_of(name, source) != "define") {
        return Act::None;
    }
    match field(node, "arguments").map(children).unwrap_or_default().as_slice() {
        [name, value, ..] => {
            let name = source_of(*name, source).trim_matches(['"', '\'']);
            Act::Assign { targets: vec![(name, Some(*value))], update: Update::Set, number: false }
        }
        _ => Act::None,
    }
}

fn branch<'t>(node: Node<'t>, _: &'t str) -> Act<'t> {
    let mut all: Vec<Vec<Node<'t>>> = vec![field(node, "body").into_iter().collect()];
    let others = arms(node, "alternative");
    let complete = others.iter().flatten().any(|arm| arm.kind() == "else_clause");
    all.extend(others);
    Act::Branch { head: field(node, "condition").into_iter().collect(), arms: all, complete }
}
