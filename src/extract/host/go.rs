//! Go.

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, RAW};
use super::shape::{
    Act, Arg, Case, Language, Shape, Update, bits, called, chain, children, field, fields, function, jump,
    source_of,
};

pub(super) static GO: Language = Language {
    name: "Go",
    extensions: &["go"],
    grammar: || tree_sitter_go::LANGUAGE.into(),
    shape,
    act,
    comments: &["comment"],
    sites: &[
        "Query",
        "QueryRow",
        "QueryContext",
        "QueryRowContext",
        "Exec",
        "ExecContext",
        "Prepare",
        "PrepareContext",
        "Get",
        "GetContext",
        "Select",
        "SelectContext",
        "NamedExec",
        "NamedExecContext",
        "NamedQuery",
        "NamedQueryContext",
        "MustExec",
        "MustExecContext",
        "Queryx",
        "QueryRowx",
        "QueryxContext",
        "QueryRowxContext",
        "Preparex",
        "PreparexContext",
        "PrepareNamed",
        "PrepareNamedContext",
        "Raw",
        "Expr",
        "NewRaw",
        "Queue",
        "SendBatch",
        "Rebind",
        "In",
        "QueryFunc",
        "ExecOne",
        "QueryOne",
        "QueryOneContext",
        "SimpleQuery",
    ],
    numbers: &[
        "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32",
        "float64",
    ],
    binding: &[],
    templates: &[],
    row_mappers: false,
    bare_calls: false,
    prepare: |_| None,
    declares: Declares::new(),
};

fn shape<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    match node.kind() {
        "interpreted_string_literal" => Shape::Text(bits(node, source, inside(node), &C_LIKE, |_| None)),
        "raw_string_literal" => Shape::Text(bits(node, source, inside(node), &RAW, |_| None)),
        "parenthesized_expression" => children(node).first().map_or(Shape::Other, |n| Shape::Inner(*n)),
        "literal_element" => children(node).first().map_or(Shape::Other, |n| Shape::Inner(*n)),
        "expression_list" => match children(node).as_slice() {
            [one] => Shape::Inner(*one),
            _ => Shape::Other,
        },
        "binary_expression" if field(node, "operator").is_some_and(|o| o.kind() == "+") => {
            Shape::Join(chain(node, source, "binary_expression", "+"))
        }
        "binary_expression"
            if field(node, "operator")
                .is_some_and(|o| matches!(o.kind(), "-" | "*" | "/" | "%" | "<<" | ">>")) =>
        {
            Shape::Computed
        }
        "identifier" => Shape::Name(source_of(node, source)),
        "selector_expression" if is_path(node) => Shape::Name(source_of(node, source)),
        "call_expression" => call(node, source),
        "composite_literal" => composite(node, source),
        "int_literal" | "float_literal" => Shape::Number,
        // A type stands for its zero value.
        "type_identifier" if source_of(node, source) == "string" => Shape::Text(Vec::new()),
        "qualified_type" if is_builder(source_of(node, source)) => Shape::Text(Vec::new()),
        "slice_type" => Shape::List(Vec::new()),
        "unary_expression" if field(node, "operator").is_some_and(|o| o.kind() == "&") => {
            field(node, "operand").map_or(Shape::Other, Shape::Inner)
        }
        _ => Shape::Other,
    }
}

fn is_path(node: Node<'_>) -> bool {
    let mut at = node;
    while at.kind() == "selector_expression" {
        let Some(operand) = field(at, "operand") else { return false };
        at = operand;
    }
    at.kind() == "identifier"
}

fn is_builder(ty: &str) -> bool {
    matches!(ty, "strings.Builder" | "bytes.Buffer")
}

fn inside(node: Node<'_>) -> (usize, usize) {
    (node.start_byte() + 1, node.end_byte().saturating_sub(1).max(node.start_byte() + 1))
}

fn composite<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let elements = field(node, "body").map(children).unwrap_or_default();
    let Some(ty) = field(node, "type") else { return Shape::Other };
    match ty.kind() {
        "qualified_type" if is_builder(source_of(ty, source)) => Shape::Text(Vec::new()),
        "slice_type" | "array_type" | "implicit_length_array_type"
            if elements.iter().all(|e| e.kind() == "literal_element") =>
        {
            Shape::List(elements)
        }
        // `pgx.NamedArgs{"a": a}`
        "map_type" | "qualified_type"
            if ty.kind() == "map_type" || source_of(ty, source).ends_with("NamedArgs") =>
        {
            let pairs: Option<Vec<_>> = elements
                .iter()
                .map(|element| {
                    let parts = children(*element);
                    let (key, value) =
                        (field(*element, "key").or(parts.first().copied())?, parts.last().copied()?);
                    Some((source_of(key, source).trim_matches('"'), value))
                })
                .collect();
            pairs.map_or(Shape::Other, Shape::Pairs)
        }
        _ => Shape::Other,
    }
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(function), Some(arguments)) = (field(node, "function"), field(node, "arguments")) else {
        return Shape::Other;
    };
    let args = children(arguments)
        .into_iter()
        .filter_map(|arg| match arg.kind() {
            "variadic_argument" => Some(Arg { name: None, value: *children(arg).first()?, spread: true }),
            _ => Some(Arg::plain(arg)),
        })
        .collect();
    if function.kind() == "identifier" && matches!(source_of(function, source), "make" | "new") {
        // The zero value of the type; of a list that is made with a length, not even that.
        return match children(arguments).as_slice() {
            [ty] | [ty, _, _] => Shape::Inner(*ty),
            _ => Shape::Other,
        };
    }
    let (name, receiver) = match function.kind() {
        "selector_expression" => (field(function, "field"), field(function, "operand")),
        _ => (Some(function), None),
    };
    called(name, receiver, args, source)
}

fn act<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    match node.kind() {
        "function_declaration" | "method_declaration" | "func_literal" => {
            function(node, source, parameters(node, source))
        }
        "const_spec" | "var_spec" => {
            let mut values = field(node, "value").map(children).unwrap_or_default();
            if values.is_empty()
                && let Some(ty) = field(node, "type")
            {
                // The zero value of the type.
                values = fields(node, "name").iter().map(|_| ty).collect();
            }
            targets(fields(node, "name"), values, Update::Set, source)
        }
        "short_var_declaration" | "assignment_statement" => {
            let names = field(node, "left").map(children).unwrap_or_default();
            let values = field(node, "right").map(children).unwrap_or_default();
            let operator = field(node, "operator").map_or("=", |o| o.kind());
            Update::of(operator).map_or(Act::None, |update| targets(names, values, update, source))
        }
        "if_statement" => {
            let mut head: Vec<Node<'t>> = field(node, "initializer").into_iter().collect();
            head.extend(field(node, "condition"));
            let alternative = field(node, "alternative");
            let mut arms = vec![field(node, "consequence").into_iter().collect()];
            arms.extend(alternative.map(|arm| vec![arm]));
            Act::Branch { head, arms, complete: alternative.is_some() }
        }
        "expression_switch_statement" | "type_switch_statement" | "select_statement" => {
            let (cases, head): (Vec<_>, Vec<_>) =
                children(node).into_iter().partition(|child| child.kind().ends_with("_case"));
            let complete = cases.iter().any(|case| case.kind() == "default_case");
            let falls = |case: Node<'t>| {
                let last = children(case).last().copied();
                // The statements of a case may be in a list of their own.
                let last = last.map(|last| match last.kind() {
                    "statement_list" => children(last).last().copied().unwrap_or(last),
                    _ => last,
                });
                last.is_some_and(|last| last.kind() == "fallthrough_statement")
            };
            let cases = cases.into_iter().map(|case| Case { nodes: vec![case], falls: falls(case) });
            Act::Cases { head, cases: cases.collect(), complete }
        }
        "for_statement" => Act::Loop,
        "return_statement" | "goto_statement" => Act::Leave,
        "continue_statement" | "break_statement" => jump(node, source),
        "labeled_statement" => {
            field(node, "label").map_or(Act::None, |label| Act::Labelled(source_of(label, source)))
        }
        "import_declaration" => Act::Remark,
        _ => Act::None,
    }
}

fn targets<'t>(names: Vec<Node<'t>>, values: Vec<Node<'t>>, update: Update, source: &'t str) -> Act<'t> {
    let known = names.len() == values.len();
    let mut targets: Vec<(&str, Option<Node<'t>>)> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let value = values.get(i).copied().filter(|_| known);
        match name.kind() {
            "identifier" | "selector_expression" => targets.push((source_of(*name, source), value)),
            _ => targets.push(("", value)),
        }
    }
    if !known {
        // `rows, err := db.Query(..)`: the call counts, what it gives does not.
        targets.extend(values.into_iter().map(|value| ("", Some(value))));
    }
    Act::Assign { targets, update, number: false }
}

fn parameters<'t>(node: Node<'t>, source: &'t str) -> Vec<(&'t str, &'t str)> {
    let mut all = Vec::new();
    for list in [field(node, "receiver"), field(node, "parameters")].into_iter().flatten() {
        for declaration in children(list) {
            let ty = field(declaration, "type").map_or("", |ty| source_of(ty, source));
            all.extend(fields(declaration, "name").into_iter().map(|name| (source_of(name, source), ty)));
        }
    }
    all
}
