//! Calls whose meaning for text is known by their names, in any of the languages.

use tree_sitter::Node;

use super::shape::{Arg, Call, Style, children, field, source_of};

/// What a call does to text.
pub(super) enum Meaning<'t> {
    /// What its argument or receiver is.
    Same(Node<'t>),
    /// The same, made by a library as a part of a query.
    Tagged(Node<'t>),
    /// A part of a query without text.
    Empty,
    /// The same without the indentation or the margin of its lines.
    Indented {
        text: Node<'t>,
        margin: bool,
    },
    /// The same without the white space at its ends.
    Trimmed {
        text: Node<'t>,
        start: bool,
        end: bool,
    },
    /// The same on one line, with one space wherever there is white space.
    Collapsed(Node<'t>),
    Format {
        template: Node<'t>,
        args: Vec<Arg<'t>>,
        style: Style,
    },
    Concat(Vec<Node<'t>>),
    /// Texts with spaces between them.
    Spaced(Vec<Node<'t>>),
    /// What a builder of text holds, with more behind it.
    Added {
        text: Node<'t>,
        more: Node<'t>,
        line: bool,
    },
    Join {
        list: Node<'t>,
        separator: Option<Node<'t>>,
    },
    /// Texts with a separator between them.
    Joined {
        texts: Vec<Node<'t>>,
        separator: Node<'t>,
    },
    /// A list without those of its items that are nothing.
    Compact(Node<'t>),
    /// A list of these but for those that are nothing.
    NotNull(Vec<Node<'t>>),
    /// A text in other letters, large or small.
    Cased(Node<'t>),
    /// A text in which another stands for each place of a third.
    Replace {
        text: Node<'t>,
        from: Node<'t>,
        to: Node<'t>,
    },
    /// A list with more items; `flat` is whether the arguments are lists.
    Append {
        list: Node<'t>,
        items: Vec<Node<'t>>,
        flat: bool,
    },
    /// Text that cannot change what the statement says.
    Harmless(Node<'t>),
    /// Text that is part of the query whatever it says.
    Raw(Node<'t>),
    Number,
    /// A function of the file, if it has one of that name.
    Own,
    Unknown,
}

/// What a call means by its name.
pub(super) fn meaning<'t>(call: &Call<'t>, source: &'t str) -> Meaning<'t> {
    let receiver = call.receiver.map(|r| source_of(r, source)).unwrap_or_default();
    let plain: Vec<Node<'t>> = call.args.iter().filter(|a| !a.spread).map(|a| a.value).collect();
    let first = plain.first().copied();
    let separator = plain.get(1).copied().or(call.receiver);
    if let ("Join" | "join", Some(list), Some(separator)) = (call.name, first, separator)
        && let Some(text) = split_at_spaces(list, separator, source)
    {
        return Meaning::Collapsed(text);
    }
    match (call.name, call.receiver, first) {
        ("Sprintf" | "sprintf" | "vsprintf", _, Some(template)) => Meaning::Format {
            template,
            args: call.args.get(1..).unwrap_or_default().to_vec(),
            style: Style::Percent,
        },
        ("Sprint", Some(_), Some(_)) if receiver == "fmt" => Meaning::Concat(plain),
        ("Sprintln", Some(_), Some(_)) if receiver == "fmt" => Meaning::Spaced(plain),
        ("format" | "Format", Some(_), Some(first))
            if matches!(receiver, "String" | "string" | "util" | "MessageFormat") =>
        {
            let braces = matches!(receiver, "string" | "MessageFormat") || call.name == "Format";
            let style = if braces { Style::Braces } else { Style::Percent };
            let at = usize::from(is_locale(first, source));
            match call.args.get(at) {
                Some(template) => Meaning::Format {
                    template: template.value,
                    args: call.args.get(at + 1..).unwrap_or_default().to_vec(),
                    style,
                },
                None => Meaning::Unknown,
            }
        }
        ("format", None, Some(template)) if call.args.len() > 1 => Meaning::Format {
            template,
            args: call.args.get(1..).unwrap_or_default().to_vec(),
            style: Style::Percent,
        },
        ("format", Some(template), _)
            if !receiver.starts_with(char::is_uppercase) || receiver.starts_with("SQL(") =>
        {
            // Python's fills braces; Kotlin's and Java's `formatted` fill percent marks.
            let is_percent = (receiver.contains("%s") || receiver.contains("%d")) && !has_braces(receiver);
            let style = if is_percent { Style::Percent } else { Style::Braces };
            let is_skipped = is_percent && first.is_some_and(|first| is_locale(first, source));
            let args = call.args.get(usize::from(is_skipped)..).unwrap_or_default().to_vec();
            Meaning::Format { template, args, style }
        }
        ("formatted", Some(template), _) => {
            Meaning::Format { template, args: call.args.clone(), style: Style::Percent }
        }
        ("Join" | "join", Some(_), Some(list)) if matches!(receiver, "strings" | "slices") => {
            Meaning::Join { list, separator: plain.get(1).copied() }
        }
        ("join" | "Join", Some(_), Some(separator)) if matches!(receiver, "String" | "string") => {
            match plain.as_slice() {
                [_, list] => Meaning::Join { list: *list, separator: Some(separator) },
                [_, texts @ ..] => Meaning::Joined { texts: texts.to_vec(), separator },
                [] => Meaning::Unknown,
            }
        }
        ("join", Some(_), Some(list)) if receiver == "StringUtils" => {
            Meaning::Join { list, separator: plain.get(1).copied() }
        }
        ("join", Some(_), Some(list)) if matches!(receiver, "sql" | "Prisma") => {
            Meaning::Join { list, separator: plain.get(1).copied() }
        }
        ("join", Some(text), Some(other)) => {
            // `", ".join(list)` in Python; `list.join(", ")` elsewhere.
            let is_separator = text.kind().contains("string") || receiver.contains("SQL(");
            match is_separator {
                true => Meaning::Join { list: other, separator: Some(text) },
                false => Meaning::Join { list: text, separator: Some(other) },
            }
        }
        ("join", Some(list), None) => Meaning::Join { list, separator: None },
        ("joinToString", Some(_), _) if call.args.len() > 1 => Meaning::Unknown,
        ("joinToString", Some(list), _) => Meaning::Join { list, separator: first },
        ("implode" | "join", None, Some(separator)) => match plain.get(1) {
            Some(list) => Meaning::Join { list: *list, separator: Some(separator) },
            None => Meaning::Join { list: separator, separator: None },
        },
        // In a block of Kotlin's that builds a text.
        ("append", None, Some(text)) if call.args.len() == 1 => Meaning::Same(text),
        ("append", None, Some(list)) => {
            let flat = call.args.iter().any(|a| a.spread);
            let items = call.args.get(1..).unwrap_or_default().iter().map(|a| a.value).collect();
            Meaning::Append { list, items, flat }
        }
        ("array_merge", None, Some(list)) => {
            Meaning::Append { list, items: plain.get(1..).unwrap_or_default().to_vec(), flat: true }
        }
        ("append" | "Append" | "appendLine" | "AppendLine", Some(text), Some(more))
            if call.args.len() == 1 =>
        {
            Meaning::Added { text, more, line: call.name.ends_with("Line") }
        }
        ("array_filter" | "array_values", None, Some(list)) if plain.len() == 1 => Meaning::Compact(list),
        ("filter", None, Some(none)) if source_of(none, source) == "None" => match plain.as_slice() {
            [_, list] => Meaning::Compact(*list),
            _ => Meaning::Unknown,
        },
        ("filter", Some(list), Some(by)) if source_of(by, source) == "Boolean" => Meaning::Compact(list),
        ("compact", Some(_), Some(list)) if matches!(receiver, "_" | "lodash") => Meaning::Compact(list),
        ("listOfNotNull", None, _) => Meaning::NotNull(plain),
        ("compact" | "filterNotNull", Some(list), None) => Meaning::Compact(list),
        ("Concat", Some(_), Some(_)) if matches!(receiver, "String" | "string") => Meaning::Concat(plain),
        ("concat", Some(text), _) => {
            Meaning::Concat(std::iter::once(text).chain(plain.iter().copied()).collect())
        }
        ("ReplaceAll", Some(_), Some(text)) if receiver == "strings" => match plain.as_slice() {
            [_, from, to] => Meaning::Replace { text, from: *from, to: *to },
            _ => Meaning::Unknown,
        },
        ("str_replace", None, Some(from)) => match plain.as_slice() {
            [_, to, text] => Meaning::Replace { text: *text, from, to: *to },
            _ => Meaning::Unknown,
        },
        ("replace" | "Replace", Some(text), Some(from)) => match plain.as_slice() {
            [_, to] => Meaning::Replace { text, from, to: *to },
            _ => Meaning::Unknown,
        },
        (
            "trim" | "strip" | "rstrip" | "lstrip" | "trimEnd" | "trimStart" | "Trim" | "toString"
            | "to_string" | "to_owned" | "into" | "as_str" | "clone" | "String" | "freeze" | "squish"
            | "intern" | "to_s" | "ToString" | "build" | "stripIndent" | "as_ref" | "dup" | "strip_heredoc"
            | "chomp" | "as_string" | "getvalue" | "toStr" | "stripMargin" | "trimIndent" | "trimMargin",
            Some(text),
            None,
        ) => match call.name {
            "trimMargin" | "stripMargin" => Meaning::Indented { text, margin: true },
            "trimIndent" => Meaning::Indented { text, margin: false },
            "trim" | "strip" | "Trim" => Meaning::Trimmed { text, start: true, end: true },
            "lstrip" | "trimStart" => Meaning::Trimmed { text, start: true, end: false },
            "rstrip" | "trimEnd" | "chomp" => Meaning::Trimmed { text, start: false, end: true },
            "squish" => Meaning::Collapsed(text),
            _ => Meaning::Same(text),
        },
        ("TrimSpace" | "cleandoc" | "trim", _, Some(text)) => {
            Meaning::Trimmed { text, start: true, end: true }
        }
        ("rtrim", None, Some(text)) if plain.len() == 1 => Meaning::Trimmed { text, start: false, end: true },
        ("String" | "str" | "string" | "dedent" | "strval", _, Some(text)) => Meaning::Same(text),
        ("ToLower" | "ToUpper", Some(_), Some(text)) if receiver == "strings" => Meaning::Cased(text),
        ("strtolower" | "strtoupper" | "mb_strtolower" | "mb_strtoupper", None, Some(text)) => {
            Meaning::Cased(text)
        }
        (
            "lower" | "upper" | "toLowerCase" | "toUpperCase" | "ToLower" | "ToUpper" | "ToLowerInvariant"
            | "ToUpperInvariant" | "downcase" | "upcase" | "lowercase" | "uppercase" | "to_lowercase"
            | "to_uppercase",
            Some(text),
            _,
        ) => Meaning::Cased(text),
        (
            "Rebind" | "rebind" | "NewBufferString" | "NewBuffer" | "NewReader" | "StringIO",
            Some(_),
            Some(text),
        ) => Meaning::Same(text),
        ("StringIO", _, None) => Meaning::Concat(Vec::new()),
        ("In" | "Named", Some(_), Some(text)) if receiver == "sqlx" => Meaning::Same(text),
        ("Invariant", Some(_), Some(text)) if receiver == "FormattableString" => Meaning::Same(text),
        ("valueOf", Some(_), Some(text)) if receiver == "String" => Meaning::Same(text),
        ("from", Some(_), Some(text)) if matches!(receiver, "String" | "Cow" | "SqlStr") => {
            Meaning::Same(text)
        }
        ("text" | "SQL" | "literal_column" | "AssertSqlSafe", _, Some(text)) => Meaning::Same(text),
        ("new", Some(_), Some(text)) if receiver.ends_with("StringBuilder") || receiver == "String" => {
            Meaning::Same(text)
        }
        ("StringBuilder" | "StringBuffer", None, Some(text)) => Meaning::Same(text),
        ("sql", None | Some(_), Some(text)) if matches!(receiver, "" | "Prisma") => {
            // `sql(name)` quotes a name, `sql(rows)` makes a list of parameters.
            Meaning::Harmless(text)
        }
        ("raw" | "unsafe", Some(_), Some(text))
            if matches!(receiver, "sql" | "Prisma" | "knex" | "Sequel") =>
        {
            Meaning::Raw(text)
        }
        ("fragment", Some(_), Some(text)) if receiver == "sql" => Meaning::Tagged(text),
        ("identifier" | "id" | "ref" | "Identifier" | "Literal", Some(_), Some(text))
            if matches!(receiver, "sql" | "knex" | "Prisma") =>
        {
            Meaning::Harmless(text)
        }
        ("Identifier" | "Literal" | "Placeholder", _, Some(text)) => Meaning::Harmless(text),
        ("Placeholder", _, None) => Meaning::Number,
        (
            "quote_ident" | "quoteIdentifier" | "QuoteIdentifier" | "QuoteLiteral" | "quote_literal"
            | "escapeIdentifier" | "escapeLiteral" | "quote_column_name" | "quote_table_name" | "quoteIdent"
            | "quote" | "Sanitize" | "literal" | "escapeId" | "sanitize_sql_like" | "mogrify"
            | "quote_string" | "enquoteIdentifier" | "enquoteLiteral",
            _,
            node,
        ) => match node.or(call.receiver) {
            Some(text) => Meaning::Harmless(text),
            None => Meaning::Unknown,
        },
        (
            "int" | "float" | "Number" | "parseInt" | "parseFloat" | "len" | "Itoa" | "intval" | "to_i"
            | "floatval" | "count" | "toInt" | "toLong" | "FormatInt" | "valueOf" | "Int" | "length" | "size"
            | "Count" | "uuid" | "uuid4" | "randomUUID" | "new_v4" | "NewGuid" | "time" | "microtime"
            | "currentTimeMillis" | "nanoTime" | "getPageSize" | "getOffset" | "getPageNumber" | "ordinal"
            | "Unix" | "UnixMilli" | "to_f",
            ..,
        ) => Meaning::Number,
        (_, Some(_), _) if matches!(receiver, "Math" | "math") => Meaning::Number,
        ("sql" | "empty", _, None) if receiver == "Prisma" => Meaning::Empty,
        (_, None, _) => Meaning::Own,
        (_, Some(_), _) if matches!(receiver, "self" | "this" | "Self" | "cls" | "$this" | "static") => {
            Meaning::Own
        }
        _ => Meaning::Unknown,
    }
}

/// Whether an argument says in the manner of which place something is written.
fn is_locale(node: Node<'_>, source: &str) -> bool {
    let written = source_of(node, source);
    ["Locale", "CultureInfo", "NumberFormatInfo", "locale"].iter().any(|of| written.starts_with(of))
}

/// The text whose words or lines are joined by a space: `" ".join(text.split())`, `strings.Join(strings.Fields(text), " ")`.
fn split_at_spaces<'t>(list: Node<'t>, separator: Node<'t>, source: &str) -> Option<Node<'t>> {
    let is_space = matches!(source_of(separator, source), "\" \"" | "' '" | "` `");
    let function = field(list, "function").filter(|_| is_space)?;
    let arguments = children(field(list, "arguments")?);
    match (source_of(function, source), arguments.as_slice()) {
        ("strings.Fields", [text]) => Some(*text),
        (called, []) if called.ends_with(".split") || called.ends_with(".splitlines") => {
            field(function, "object")
        }
        _ => None,
    }
}

/// Whether a template has a mark in braces: `{}`, `{0}`, `{name}`.
fn has_braces(template: &str) -> bool {
    let marks = template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    marks.into_iter().any(|(inside, _)| inside.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// Whether a call makes a text of its arguments.
pub(super) fn makes_text(call: &Call<'_>, source: &str) -> bool {
    let splits = matches!(call.name, "Fields" | "Split" | "explode" | "preg_split");
    splits
        || matches!(
            meaning(call, source),
            Meaning::Same(_)
                | Meaning::Trimmed { .. }
                | Meaning::Collapsed(_)
                | Meaning::Tagged(_)
                | Meaning::Indented { .. }
                | Meaning::Format { .. }
                | Meaning::Concat(_)
                | Meaning::Spaced(_)
                | Meaning::Join { .. }
                | Meaning::Joined { .. }
                | Meaning::Compact(_)
                | Meaning::Cased(_)
                | Meaning::Replace { .. }
                | Meaning::Append { .. }
        )
}

/// Calls that give back another text made of one that they are given.
pub(super) fn changes_copy(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "replace",
        "replaceAll",
        "replaceFirst",
        "Replace",
        "ReplaceAll",
        "sub",
        "gsub",
        "substring",
        "substr",
        "slice",
        "split",
        "partition",
        "removesuffix",
        "removeprefix",
        "Substring",
        "Remove",
        "Insert",
        "substringBefore",
        "substringAfter",
        "substringBeforeLast",
        "drop",
        "dropLast",
        "take",
        "str_replace",
        "preg_replace",
        "preg_replace_callback",
        "mb_substr",
        "strtr",
        "delete",
        "tr",
        "truncate",
        "first",
        "chop",
        "TrimSuffix",
        "TrimPrefix",
        "TrimRight",
        "TrimLeft",
        "Trim",
        "strip_suffix",
        "strip_prefix",
        "trim_end_matches",
        "trim_start_matches",
        "plus",
        "reduce",
        "fold",
        "inject",
        "aggregate",
        "Aggregate",
        "translate",
        "expandtabs",
        "ljust",
        "rjust",
        "repeat",
        "padEnd",
        "apply",
        "also",
        "delete_suffix",
        "substr_replace",
        "rtrim",
        "ltrim",
        "replacen",
        "Split",
        "Fields",
    ];
    NAMES.contains(&name)
}

/// Calls that add a text to the end of what they are called on.
pub(super) fn appends_text(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "Append"
            | "AppendLine"
            | "appendLine"
            | "WriteString"
            | "push_str"
            | "write"
            | "concat"
            | "WriteByte"
            | "WriteRune"
            | "AppendFormat"
            | "AppendJoin"
            | "push"
            | "add"
            | "insert"
            | "Write"
            | "Reset"
            | "setLength"
            | "clear"
            | "prepend"
            | "unshift"
            | "Insert"
            | "Clear"
            | "extend"
            | "addAll"
            | "AddRange"
            | "pop"
            | "push_bind"
            | "Add"
            | "append_sql"
            | "append_format"
            | "push_values"
            | "push_tuples"
            | "separated"
            | "put"
            | "addValue"
    )
}

/// Whether an expression makes nothing but placeholders, as `ids.map(() => "?")` does.
pub(super) fn makes_marks(expression: &str) -> bool {
    let bytes = expression.as_bytes();
    let (mut at, mut marks) = (0, 0);
    while at < bytes.len() {
        let quote = bytes[at];
        at += 1;
        if !matches!(quote, b'"' | b'\'' | b'`') {
            continue;
        }
        let Some(len) = bytes[at..].iter().position(|b| *b == quote) else { return false };
        let inside = expression.get(at..at + len).unwrap_or("x");
        let is_f = at >= 2 && matches!(bytes[at - 2], b'f' | b'F');
        // Only the number of a placeholder may be spliced in: `$${i}`, Python's `f"${i}"`.
        let numbers = inside.match_indices('{').all(|(i, _)| {
            inside
                .get(..i)
                .is_some_and(|before| if is_f { before.ends_with('$') } else { before.ends_with("$$") })
        });
        let written = strip_splices(inside);
        let is_mark = |b: u8| matches!(b, b'?' | b'$' | b'%' | b's' | b'd' | b',' | b' ' | b'(' | b')');
        if !numbers || !written.bytes().all(is_mark) {
            return false;
        }
        marks += usize::from(inside.contains(['?', '$', '%']));
        at += len + 1;
    }
    marks > 0
}

/// A literal without what is spliced into it by braces.
fn strip_splices(text: &str) -> String {
    let mut result = String::new();
    let mut depth = 0usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '$' if chars.peek() == Some(&'{') => {}
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => result.push(c),
            _ => {}
        }
    }
    result
}
