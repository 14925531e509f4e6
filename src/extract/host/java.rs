//! Java.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, indentation};
use super::shape::{Act, Arg, Call, Language, Shape, bits, children, field, lines, source_of};
use super::table::{As, CallForm, Does, Table, between, is_number, quoted_character};

static TABLE: Table = Table {
    grammar: || tree_sitter_java::LANGUAGE.into(),
    concat: &["+"],
    either: &[],
    shapes: &[
        ("string_literal", As::Own(literal)),
        ("character_literal", As::Own(quoted_character)),
        ("parenthesized_expression", As::Inner("")),
        ("cast_expression", As::Own(cast)),
        ("binary_expression", As::Binary),
        ("assignment_expression", As::Inner("right")),
        ("ternary_expression", As::Choice(&["consequence", "alternative"])),
        ("switch_expression", As::Own(switched)),
        ("block", As::Block),
        ("identifier", As::Name),
        ("this", As::Name),
        ("field_access", As::Path("object")),
        ("decimal_integer_literal", As::Number),
        ("decimal_floating_point_literal", As::Number),
        ("array_creation_expression", As::Inner("value")),
        ("array_initializer", As::List),
        ("element_value_array_initializer", As::Own(|node, _| Shape::Spaced(children(node)))),
        ("method_invocation", As::Own(call)),
        ("object_creation_expression", As::Own(creation)),
        (
            "annotation",
            As::Call(CallForm::Named { name: "name", receiver: "receiver", arguments: "arguments" }),
        ),
    ],
    acts: &[
        ("method_declaration", Does::Function { name: "name", params: "parameters", body: "body" }),
        ("constructor_declaration", Does::Function { name: "name", params: "parameters", body: "body" }),
        (
            "compact_constructor_declaration",
            Does::Function { name: "name", params: "parameters", body: "body" },
        ),
        ("lambda_expression", Does::Function { name: "name", params: "parameters", body: "body" }),
        ("variable_declarator", Does::Assign { left: "name", right: "value" }),
        ("resource", Does::Assign { left: "name", right: "value" }),
        ("assignment_expression", Does::Assign { left: "left", right: "right" }),
        ("if_statement", Does::Branch { head: "condition", then: "consequence", otherwise: "alternative" }),
        (
            "switch_expression",
            Does::Cases {
                head: "condition",
                body: "body",
                default: &["default"],
                falling: &["switch_block_statement_group"],
            },
        ),
        ("try_statement", Does::Try(&["catch_clause", "finally_clause"])),
        ("try_with_resources_statement", Does::Try(&["catch_clause", "finally_clause"])),
        ("for_statement", Does::Loop),
        ("enhanced_for_statement", Does::Loop),
        ("while_statement", Does::Loop),
        ("do_statement", Does::Loop),
        ("return_statement", Does::Leave),
        ("throw_statement", Does::Leave),
        ("break_statement", Does::Jump),
        ("continue_statement", Does::Jump),
        ("labeled_statement", Does::Labelled),
        ("binary_expression", Does::Perhaps { head: "left", then: &["right"] }),
        ("ternary_expression", Does::Perhaps { head: "condition", then: &["consequence", "alternative"] }),
        ("import_declaration", Does::Remark),
        ("package_declaration", Does::Remark),
        ("annotation", Does::Own(annotation)),
    ],
    arg,
    parameter,
    numbers: NUMBERS,
    kinds: OnceLock::new(),
};

/// Types of Java and Kotlin.
pub(super) const NUMBERS: &[&str] = &[
    "int",
    "long",
    "short",
    "byte",
    "double",
    "float",
    "boolean",
    "Integer",
    "Int",
    "UInt",
    "ULong",
    "Long",
    "Short",
    "Byte",
    "Double",
    "Float",
    "Boolean",
    "BigDecimal",
    "BigInteger",
    "UUID",
    "Instant",
    "LocalDate",
    "LocalDateTime",
    "OffsetDateTime",
];

/// What Java's and Kotlin's libraries call what takes SQL.
pub(super) const SITES: &[&str] = &[
    // JDBC
    "prepareStatement",
    "prepareCall",
    "createStatement",
    "executeQuery",
    "executeUpdate",
    "executeLargeUpdate",
    "execute",
    "addBatch",
    "nativeSQL",
    // Spring: JdbcTemplate, JdbcClient, R2DBC
    "query",
    "queryForObject",
    "queryForList",
    "queryForMap",
    "queryForRowSet",
    "queryForStream",
    "queryForInt",
    "queryForLong",
    "update",
    "batchUpdate",
    "sql",
    "createStatement",
    "JdbcCursorItemReader",
    "setSql",
    // JPA and Hibernate
    "createNativeQuery",
    "createSQLQuery",
    "createNativeMutationQuery",
    "Query",
    "NativeQuery",
    "NamedNativeQuery",
    "SQLInsert",
    "Formula",
    // jOOQ
    "fetch",
    "fetchOne",
    "fetchMany",
    "fetchAny",
    "fetchValue",
    "fetchValues",
    "resultQuery",
    "rowQuery",
    // MyBatis, JDBI
    "Select",
    "Insert",
    "Update",
    "Delete",
    "SqlQuery",
    "SqlUpdate",
    "SqlBatch",
    "SqlCall",
    "createQuery",
    "createUpdate",
    "createBatch",
    "createCall",
    "prepareBatch",
    "select",
    // Vert.x, Exposed
    "preparedQuery",
    "exec",
    "rawQuery",
    "execSQL",
];

pub(super) static JAVA: Language = Language {
    name: "Java",
    extensions: &["java"],
    grammar: || tree_sitter_java::LANGUAGE.into(),
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

/// A string, or a text block without the indentation of its lines.
fn literal<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (start, end) = between(node);
    if node.child(0).is_none_or(|quote| quote.kind() != "\"\"\"") {
        return Shape::Text(bits(node, source, (start, end), &C_LIKE, |_| None));
    }
    let first = source.get(start..end).and_then(|text| text.find('\n')).map_or(start, |len| start + len + 1);
    let indent = indentation(source, (first, end), true);
    Shape::Text(lines(node, source, (first, end), &C_LIKE, Some(indent), |_| None))
}

fn cast<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let is_number = field(node, "type").is_some_and(|ty| is_number(source_of(ty, source), NUMBERS));
    match field(node, "value") {
        Some(value) if !is_number => Shape::Inner(value),
        _ => Shape::Computed,
    }
}

/// A switch whose arms are values.
fn switched<'t>(node: Node<'t>, _: &'t str) -> Shape<'t> {
    let rules = field(node, "body").map(children).unwrap_or_default();
    let value = |rule: &Node<'t>| {
        let last = *children(*rule).last()?;
        match last.kind() {
            "expression_statement" => children(last).first().copied(),
            _ => None,
        }
    };
    let values: Option<Vec<Node<'t>>> = rules.iter().map(value).collect();
    values.map_or(Shape::Other, Shape::Choice)
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let Some(name) = field(node, "name") else { return Shape::Other };
    let receiver = field(node, "object");
    let call = TABLE.made(source_of(name, source), receiver, field(node, "arguments"), source);
    made(call, source)
}

/// A call, or the list or the pairs that it makes.
pub(super) fn made<'t>(call: Call<'t>, source: &'t str) -> Shape<'t> {
    let receiver = call.receiver.map(|r| source_of(r, source)).unwrap_or_default();
    let values = || -> Vec<Node<'t>> { call.args.iter().map(|arg| arg.value).collect() };
    match (call.name, receiver) {
        ("of", "List" | "Set" | "Stream" | "ImmutableList") | ("asList", "Arrays") => Shape::List(values()),
        ("of", "Map" | "ImmutableMap") => pairs(&values(), source),
        ("singletonMap", "Collections") => pairs(&values(), source),
        ("addValue", _) if call.args.len() >= 2 => chained(call, source),
        _ => Shape::Call(call),
    }
}

/// Keys and values in turn.
fn pairs<'t>(values: &[Node<'t>], source: &'t str) -> Shape<'t> {
    let pairs = values.chunks_exact(2).filter_map(|pair| match pair {
        [key, value] => Some((key_of(*key, source), *value)),
        _ => None,
    });
    Shape::Pairs(pairs.collect())
}

fn key_of<'t>(key: Node<'t>, source: &'t str) -> &'t str {
    source_of(key, source).trim_matches('"')
}

/// `new MapSqlParameterSource("a", a).addValue("b", b)`.
fn chained<'t>(call: Call<'t>, source: &'t str) -> Shape<'t> {
    let mut all: Vec<(&'t str, Node<'t>)> = Vec::new();
    let [key, value, ..] = call.args.as_slice() else { return Shape::Other };
    all.push((key_of(key.value, source), value.value));
    let mut at = call.receiver;
    for _ in 0..100 {
        let Some(node) = at else { break };
        match node.kind() {
            "method_invocation" | "object_creation_expression" => {
                let args = field(node, "arguments").map(children).unwrap_or_default();
                if let [key, value, ..] = args.as_slice() {
                    all.push((key_of(*key, source), *value));
                }
                at = field(node, "object");
            }
            _ => return Shape::Call(call),
        }
    }
    all.reverse();
    Shape::Pairs(all)
}

fn creation<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let Some(ty) = field(node, "type") else { return Shape::Other };
    let arguments = field(node, "arguments");
    let call = TABLE.made(source_of(ty, source), None, arguments, source);
    constructed(call, source)
}

/// What a constructor makes: an empty text or list, or what it is given.
pub(super) fn constructed<'t>(call: Call<'t>, source: &'t str) -> Shape<'t> {
    let first = call.args.first().map(|arg| arg.value);
    let is_size = first
        .is_none_or(|first| first.kind().contains("integer_literal") || first.kind() == "number_literal");
    match call.name {
        "StringBuilder" | "StringBuffer" | "String" if is_size => Shape::Text(Vec::new()),
        "StringBuilder" | "StringBuffer" | "String" => first.map_or(Shape::Other, Shape::Inner),
        "ArrayList" | "LinkedList" | "LinkedHashSet" if is_size => Shape::List(Vec::new()),
        "ArrayList" | "LinkedList" | "LinkedHashSet" => first.map_or(Shape::Other, Shape::Inner),
        "HashMap" | "LinkedHashMap" | "TreeMap" | "MapSqlParameterSource" => match call.args.as_slice() {
            [key, value] => Shape::Pairs(vec![(key_of(key.value, source), value.value)]),
            [] => Shape::Pairs(Vec::new()),
            _ => Shape::Other,
        },
        _ => Shape::Call(call),
    }
}

fn arg<'t>(node: Node<'t>, source: &'t str) -> Option<Arg<'t>> {
    match node.kind() {
        "element_value_pair" => {
            let name = field(node, "key").map(|key| source_of(key, source));
            Some(Arg { name, value: field(node, "value")?, spread: false })
        }
        _ => Some(Arg::plain(node)),
    }
}

fn parameter<'t>(node: Node<'t>, source: &'t str) -> Option<(&'t str, &'t str)> {
    match node.kind() {
        "formal_parameter" => {
            let ty = field(node, "type").map_or("", |ty| source_of(ty, source));
            Some((source_of(field(node, "name")?, source), ty))
        }
        "identifier" => Some((source_of(node, source), "")),
        _ => None,
    }
}

/// An annotation whose text is of another query language holds no SQL.
fn annotation<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let name = field(node, "name").map_or("", |name| source_of(name, source));
    match is_jpql(name, source_of(node, source), source) {
        true => Act::Remark,
        false => Act::None,
    }
}

/// Characters in which the imports of a file are looked for.
const IMPORTS: usize = 8_000;

/// Whether an annotation's text is JPQL: that of `@Query` is, where the file uses JPA and it does not say otherwise.
pub(super) fn is_jpql(name: &str, annotation: &str, source: &str) -> bool {
    match name {
        "NamedQuery" | "NamedQueries" => true,
        "Query" => {
            let native =
                annotation.split_once("nativeQuery").map(|(_, rest)| rest.trim_start_matches([' ', '=']));
            // Imports stand at the beginning.
            let imports = source.char_indices().nth(IMPORTS).map_or(source, |(at, _)| &source[..at]);
            let is_jpa = imports.contains("data.jpa") || imports.contains(".persistence.");
            is_jpa && !native.is_some_and(|value| value.starts_with("true"))
        }
        _ => false,
    }
}
