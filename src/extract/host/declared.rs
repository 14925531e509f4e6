//! Names that something other than an assignment gives a value to: loops, patterns, handlers. What they hold is not known,
//! and they hide constants of the same name.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::shape::{Language, children, field, source_of};

/// How deep patterns nest.
const MAX_DEPTH: usize = 12;

/// The nodes that do so by language: their kind and the field of the name or pattern; of no field, what stands in them
/// beside blocks.
const KINDS: &[(&str, &[(&str, &str)])] = &[
    (
        "Python",
        &[
            ("for_statement", "left"),
            ("for_in_clause", "left"),
            ("as_pattern_target", ""),
            ("list_splat_pattern", ""),
            ("dictionary_splat_pattern", ""),
            ("case_pattern", ""),
            ("delete_statement", ""),
            ("import_statement", ""),
            ("import_from_statement", ""),
        ],
    ),
    ("TypeScript", SCRIPT),
    ("TSX", SCRIPT),
    ("JavaScript", SCRIPT),
    (
        "Go",
        &[
            ("range_clause", "left"),
            ("type_switch_statement", "alias"),
            ("receive_statement", "left"),
            ("function_declaration", "result"),
            ("method_declaration", "result"),
            ("func_literal", "result"),
        ],
    ),
    (
        "Java",
        &[
            ("enhanced_for_statement", "name"),
            ("catch_formal_parameter", "name"),
            ("instanceof_expression", "name"),
            ("type_pattern", ""),
            ("record_pattern_component", ""),
            ("resource", "name"),
        ],
    ),
    ("Kotlin", &[("variable_declaration", ""), ("multi_variable_declaration", ""), ("catch_block", "")]),
    (
        "C#",
        &[
            ("foreach_statement", "left"),
            ("catch_declaration", "name"),
            ("declaration_pattern", "name"),
            ("declaration_expression", "name"),
            ("recursive_pattern", "name"),
            ("var_pattern", ""),
            ("tuple_pattern", ""),
        ],
    ),
    ("Ruby", &[("for", "pattern"), ("exception_variable", ""), ("in_clause", "pattern")]),
    (
        "PHP",
        &[
            ("foreach_statement", ""),
            ("catch_clause", "name"),
            ("unset_statement", ""),
            ("by_ref", ""),
            ("reference_assignment_expression", ""),
        ],
    ),
    ("Rust", &[("for_expression", "pattern"), ("let_condition", "pattern"), ("match_pattern", "")]),
];

const SCRIPT: &[(&str, &str)] = &[("for_in_statement", "left"), ("catch_clause", "parameter")];

/// The fields of each kind of node that hold such names, by number of the kind; of most kinds there are none.
pub(super) type Declares = OnceLock<Vec<Vec<&'static str>>>;

fn by_number(language: &Language) -> Vec<Vec<&'static str>> {
    let kinds = KINDS.iter().find(|(name, _)| *name == language.name).map_or(&[][..], |(_, kinds)| *kinds);
    let grammar = (language.grammar)();
    let fields = |id: usize| {
        let kind = grammar.node_kind_for_id(id as u16).unwrap_or_default();
        kinds.iter().filter(|(known, _)| *known == kind).map(|(_, field)| *field).collect()
    };
    (0..grammar.node_kind_count()).map(fields).collect()
}

/// The names that a node gives values to by itself.
pub(super) fn declared<'t>(language: &Language, node: Node<'t>, source: &'t str) -> Vec<&'t str> {
    let mut names = Vec::new();
    // What a module imports as a whole is followed.
    if node.kind().starts_with("import_") && node.parent().is_none_or(|around| around.kind() == "module") {
        return names;
    }
    let declares = language.declares.get_or_init(|| by_number(language));
    for name in declares.get(node.kind_id() as usize).into_iter().flatten() {
        match *name {
            "" => {
                // Of a loop of PHP, what it runs over stands first.
                let parts = children(node).into_iter().skip(usize::from(node.kind() == "foreach_statement"));
                parts.for_each(|part| gather(part, source, &mut names, 0));
            }
            name => field(node, name).into_iter().for_each(|part| gather(part, source, &mut names, 0)),
        }
    }
    names
}

fn gather<'t>(node: Node<'t>, source: &'t str, names: &mut Vec<&'t str>, depth: usize) {
    match node.kind() {
        "identifier"
        | "simple_identifier"
        | "variable_name"
        | "constant"
        | "instance_variable"
        | "shorthand_property_identifier_pattern"
        | "shorthand_field_identifier" => names.push(source_of(node, source)),
        kind if depth > MAX_DEPTH
            || kind.contains("block")
            || kind.contains("body")
            || kind.contains("compound_statement") => {}
        _ => children(node).into_iter().for_each(|child| gather(child, source, names, depth + 1)),
    }
}
