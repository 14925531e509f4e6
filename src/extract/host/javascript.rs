//! TypeScript, TSX and JavaScript, Vue and Svelte files not included.

use tree_sitter::Node;

use super::declared::Declares;
use super::escape::{C_LIKE, Escapes};
use super::shape::{
    Act, Arg, Bit, Case, Language, Shape, Update, bits, called, chain, children, conditional, field,
    function, jump, source_of,
};

/// `\r\n` and `\0` aside, a backslash before any other character gives that character.
const ESCAPES: Escapes = C_LIKE;

const SITES: &[&str] = &[
    "query",
    "execute",
    "exec",
    "run",
    "all",
    "get",
    "each",
    "prepare",
    "raw",
    "unsafe",
    "simple",
    "queryRaw",
    "executeRaw",
    "$queryRaw",
    "$executeRaw",
    "$queryRawUnsafe",
    "$executeRawUnsafe",
    "one",
    "oneOrNone",
    "many",
    "manyOrNone",
    "any",
    "none",
    "result",
    "oneFirst",
    "maybeOne",
    "anyFirst",
    "manyFirst",
    "stream",
    "cursor",
    "whereRaw",
    "rawQuery",
    "queryOne",
    "text",
    "executeSql",
    "queryObject",
    "queryArray",
    "sql",
    "batch",
    "select",
    "Query",
    "SQL",
    "executeQuery",
];

const NUMBERS: &[&str] = &["number", "bigint"];

pub(super) static TYPESCRIPT: Language = Language {
    name: "TypeScript",
    extensions: &["ts", "mts", "cts"],
    grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    shape,
    act,
    comments: &["comment"],
    sites: SITES,
    numbers: NUMBERS,
    binding: &[],
    templates: &[],
    row_mappers: false,
    bare_calls: false,
    prepare: |_| None,
    declares: Declares::new(),
};

pub(super) static TSX: Language = Language {
    name: "TSX",
    extensions: &["tsx"],
    grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    declares: Declares::new(),
    ..TYPESCRIPT
};

pub(super) static JAVASCRIPT: Language = Language {
    name: "JavaScript",
    extensions: &["js", "mjs", "cjs", "jsx"],
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
    declares: Declares::new(),
    ..TYPESCRIPT
};

fn shape<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    match node.kind() {
        "string" => Shape::Text(bits(node, source, inside(node), &ESCAPES, |_| None)),
        "template_string" => match tag_before(source, node.start_byte()) {
            Some(tag) if is_sql_tag(tag) => Shape::Tagged { tag, bits: template(node, source) },
            Some(_) | None => Shape::Text(template(node, source)),
        },
        "parenthesized_expression"
        | "await_expression"
        | "as_expression"
        | "satisfies_expression"
        | "non_null_expression" => children(node).first().map_or(Shape::Other, |inner| Shape::Inner(*inner)),
        "binary_expression" => binary(node, source),
        "ternary_expression" => match (field(node, "consequence"), field(node, "alternative")) {
            (Some(yes), Some(no)) => Shape::Choice(vec![yes, no]),
            _ => Shape::Other,
        },
        "member_expression" if field(node, "property").is_some_and(|p| source_of(p, source) == "length") => {
            Shape::Computed
        }
        "identifier" | "this" => Shape::Name(source_of(node, source)),
        "member_expression" if is_path(node) => Shape::Name(source_of(node, source)),
        "call_expression" => call(node, source),
        "new_expression" => Shape::Other,
        "array" if !children(node).iter().any(|n| n.kind() == "spread_element") => {
            Shape::List(children(node))
        }
        "object" => pairs(node, source),
        "number" => Shape::Number,
        _ => Shape::Other,
    }
}

fn is_path(node: Node<'_>) -> bool {
    let mut at = node;
    while at.kind() == "member_expression" {
        let Some(object) = field(at, "object") else { return false };
        at = object;
    }
    matches!(at.kind(), "identifier" | "this")
}

/// Behind the opening quote, before the closing one.
fn inside(node: Node<'_>) -> (usize, usize) {
    (node.start_byte() + 1, node.end_byte().saturating_sub(1).max(node.start_byte() + 1))
}

fn template<'t>(node: Node<'t>, source: &'t str) -> Vec<Bit<'t>> {
    bits(node, source, inside(node), &ESCAPES, |child| {
        (child.kind() == "template_substitution").then(|| children(child).first().copied()).flatten()
    })
}

fn binary<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return Shape::Other;
    };
    match operator.kind() {
        "+" => Shape::Join(chain(node, source, "binary_expression", "+")),
        "-" | "*" | "/" | "**" | "|" | "&" | "<<" | ">>" => Shape::Computed,
        "||" | "??" => Shape::Choice(vec![left, right]),
        "&&" => Shape::Optional(vec![right]),
        // sql<Row>`...`: the grammar takes the type for comparisons.
        ">" if right.kind() == "template_string" && left.kind() == "binary_expression" => {
            match (field(left, "left"), field(left, "operator")) {
                (Some(tag), Some(less)) if less.kind() == "<" => {
                    Shape::Tagged { tag: source_of(tag, source), bits: template(right, source) }
                }
                _ => Shape::Other,
            }
        }
        _ => Shape::Other,
    }
}

fn pairs<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let pairs: Option<Vec<_>> = children(node)
        .into_iter()
        // `{ ...options, text: ".." }`: what is run is known all the same.
        .filter(|pair| pair.kind() != "spread_element" || !has_text(node, source))
        .map(|pair| match pair.kind() {
            "pair" => {
                let key = source_of(field(pair, "key")?, source).trim_matches(['"', '\'']);
                Some((key, field(pair, "value")?))
            }
            "shorthand_property_identifier" => Some((source_of(pair, source), pair)),
            _ => None,
        })
        .collect();
    pairs.map_or(Shape::Other, Shape::Pairs)
}

/// Tags whose splices are parameters. Others, such as `gql` and `html`, make no SQL.
fn is_sql_tag(tag: &str) -> bool {
    let tag = tag.split('<').next().unwrap_or(tag);
    let last = tag.rsplit('.').next().unwrap_or(tag);
    let first = tag.split(['.', '(']).next().unwrap_or(tag);
    matches!(
        last,
        "sql"
            | "SQL"
            | "queryRaw"
            | "$queryRaw"
            | "executeRaw"
            | "$executeRaw"
            | "fragment"
            | "unsafe"
            | "tx"
            | "query"
    ) || matches!(first, "sql" | "tx" | "SQL")
}

/// The tag with type arguments that ends where a template starts; the grammar does not see one whose type is an array
/// (``sql<Row[]>`..` ``).
fn tag_before(source: &str, start: usize) -> Option<&str> {
    let before = source.get(..start)?.trim_end();
    if !before.ends_with('>') {
        return None;
    }
    let mut depth = 0usize;
    for (at, byte) in before.bytes().enumerate().rev().take(400) {
        match byte {
            b'>' => depth += 1,
            b'<' if depth == 1 => {
                let head = before.get(..at)?;
                let name =
                    head.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))).next()?;
                return (!name.is_empty()).then(|| head.get(at - name.len()..)).flatten();
            }
            b'<' => depth -= 1,
            b';' | b'`' => return None,
            _ => {}
        }
    }
    None
}

fn call<'t>(node: Node<'t>, source: &'t str) -> Shape<'t> {
    let (Some(function), Some(arguments)) = (field(node, "function"), field(node, "arguments")) else {
        return Shape::Other;
    };
    if arguments.kind() == "template_string" {
        let tag = source_of(function, source).trim_start_matches("await").trim();
        return match tag {
            "String.raw" => {
                Shape::Text(bits(arguments, source, inside(arguments), &super::escape::RAW, |child| {
                    (child.kind() == "template_substitution")
                        .then(|| children(child).first().copied())
                        .flatten()
                }))
            }
            "dedent" | "stripIndent" => Shape::Text(template(arguments, source)),
            _ if is_sql_tag(tag) => Shape::Tagged { tag, bits: template(arguments, source) },
            _ => Shape::Other,
        };
    }
    let args = children(arguments)
        .into_iter()
        .filter_map(|arg| match arg.kind() {
            "spread_element" => Some(Arg { name: None, value: *children(arg).first()?, spread: true }),
            _ => Some(Arg::plain(arg)),
        })
        .collect();
    let (name, receiver) = match function.kind() {
        "member_expression" => (field(function, "property"), field(function, "object")),
        _ => (Some(function), None),
    };
    called(name, receiver, args, source)
}

fn act<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    match node.kind() {
        "function_declaration"
        | "method_definition"
        | "generator_function_declaration"
        | "function_expression"
        | "arrow_function"
        | "generator_function" => function(node, source, parameters(node, source)),
        "variable_declarator"
        | "public_field_definition"
        | "field_definition"
        | "assignment_expression"
        | "augmented_assignment_expression" => assignment(node, source),
        "if_statement" => branch(node),
        "switch_statement" => {
            let cases = field(node, "body").map(children).unwrap_or_default();
            let complete = cases.iter().any(|case| case.kind() == "switch_default");
            Act::Cases {
                head: field(node, "value").into_iter().collect(),
                cases: cases.into_iter().map(|case| Case { nodes: vec![case], falls: true }).collect(),
                complete,
            }
        }
        "try_statement" => Act::Try {
            body: field(node, "body").into_iter().collect(),
            handlers: [field(node, "handler"), field(node, "finalizer")]
                .into_iter()
                .flatten()
                .map(|n| vec![n])
                .collect(),
        },
        "binary_expression"
            if field(node, "operator").is_some_and(|o| matches!(o.kind(), "&&" | "||" | "??")) =>
        {
            conditional(field(node, "left"), field(node, "right").into_iter().collect(), false, &|arm| {
                arm.kind().ends_with("assignment_expression")
            })
        }
        "ternary_expression" => conditional(
            field(node, "condition"),
            [field(node, "consequence"), field(node, "alternative")].into_iter().flatten().collect(),
            true,
            &|arm| arm.kind().ends_with("assignment_expression"),
        ),
        "labeled_statement" => {
            field(node, "label").map_or(Act::None, |label| Act::Labelled(source_of(label, source)))
        }
        "break_statement" | "continue_statement" => jump(node, source),
        "for_statement" | "for_in_statement" | "while_statement" | "do_statement" => Act::Loop,
        "return_statement" | "throw_statement" => Act::Leave,
        "import_statement" => Act::Remark,
        // Templates of other languages.
        "call_expression"
            if field(node, "arguments").is_some_and(|a| a.kind() == "template_string")
                && matches!(shape(node, source), Shape::Other) =>
        {
            Act::Remark
        }
        _ => Act::None,
    }
}

fn assignment<'t>(node: Node<'t>, source: &'t str) -> Act<'t> {
    let operator = match node.kind() {
        "augmented_assignment_expression" => field(node, "operator").map_or("", |o| o.kind()),
        _ => "=",
    };
    let Some(update) = Update::of(operator) else { return Act::None };
    let Some(left) = field(node, "left").or_else(|| field(node, "name")).or_else(|| field(node, "property"))
    else {
        return Act::None;
    };
    let right = field(node, "right").or_else(|| field(node, "value"));
    let targets = match left.kind() {
        "identifier" | "member_expression" | "property_identifier" | "private_property_identifier" => {
            vec![(source_of(left, source), right)]
        }
        _ => {
            // What a pattern takes apart is walked for its calls.
            let mut names = Vec::new();
            pattern(left, source, &mut names, 0);
            let mut targets: Vec<(&str, Option<Node<'t>>)> =
                names.into_iter().map(|name| (name, None)).collect();
            targets.push(("", right));
            targets
        }
    };
    Act::Assign { targets, update, number: false }
}

/// Names that a pattern declares.
fn pattern<'t>(node: Node<'t>, source: &'t str, names: &mut Vec<&'t str>, depth: usize) {
    if matches!(node.kind(), "identifier" | "shorthand_property_identifier_pattern") {
        names.push(source_of(node, source));
    }
    if depth < 20 {
        children(node).into_iter().for_each(|child| pattern(child, source, names, depth + 1));
    }
}

fn branch<'t>(node: Node<'t>) -> Act<'t> {
    let mut arms = vec![field(node, "consequence").into_iter().collect()];
    let alternative = field(node, "alternative");
    arms.extend(alternative.map(|arm| vec![arm]));
    Act::Branch {
        head: field(node, "condition").into_iter().collect(),
        arms,
        complete: alternative.is_some(),
    }
}

fn parameters<'t>(node: Node<'t>, source: &'t str) -> Vec<(&'t str, &'t str)> {
    if let Some(one) = field(node, "parameter") {
        return vec![(source_of(one, source), "")];
    }
    let Some(list) = field(node, "parameters") else { return Vec::new() };
    let mut all = Vec::new();
    for parameter in children(list) {
        let name = field(parameter, "pattern").unwrap_or(parameter);
        let ty = field(parameter, "type").map_or("", |ty| source_of(ty, source));
        let mut names = Vec::new();
        pattern(name, source, &mut names, 0);
        all.extend(names.into_iter().map(|name| (name, ty)));
    }
    all
}

/// Whether an object's last pair with a constant key is a text to run.
fn has_text(object: Node<'_>, source: &str) -> bool {
    let keys = children(object).into_iter().filter_map(|pair| field(pair, "key"));
    { keys }.any(|key| matches!(source_of(key, source), "text" | "sql"))
        && children(object).last().is_some_and(|last| last.kind() != "spread_element")
}
