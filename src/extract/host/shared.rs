//! Texts and lists that change where they are: what is called on them, what they are handed to, and other names for them.
//! Of a text that something else may have changed nothing is known but its beginning, and a list may hold more.

use tree_sitter::Node;

use super::calls;
use super::looks;
use super::shape::{Call, Shape, Style, children, field, source_of};
use super::value::Value;
use super::walk::{Walker, span_of};

impl<'t> Walker<'t> {
    /// What a call may do to texts and lists beside what is known of it; `is_site` is whether it takes SQL.
    pub(super) fn let_go(&mut self, node: Node<'t>, call: &Call<'t>, is_site: bool) {
        if self.eval.language.name == "PHP" && matches!(call.name, "extract" | "parse_str" | "eval") {
            self.disturb_all(node);
        }
        self.let_go_fields(node, call, is_site);
        if call.name.starts_with("Fprint") && self.print(call) {
            return;
        }
        if let Some(name) = call.receiver.and_then(|receiver| self.held(receiver)) {
            if !leaves_list(call.name) {
                self.disturb_texts(name, node);
            }
            let changes = match self.names.get(name) {
                Some(Value::List(_)) => !leaves_list(call.name) && !calls::appends_text(call.name),
                // `s.replace(a, b)` makes another text, unless `s` is a builder.
                Some(Value::Text(_)) => {
                    (self.shared.contains(name) && matches!(call.name, "also" | "apply" | "let" | "run"))
                        || changes_text(call.name)
                            && (self.shared.contains(name)
                                || call.args.len() != 2
                                || !matches!(call.name, "replace" | "Replace"))
                }
                _ => false,
            };
            if changes {
                self.disturb(name, node);
            }
        }
        if is_site || looks::is_talk(call, self.eval.source) || leaves_list(call.name) {
            return;
        }
        for (nth, arg) in call.args.iter().enumerate() {
            let Some(name) = self.held(arg.value) else { continue };
            let is_shared = match self.names.get(name) {
                Some(Value::List(_)) => true,
                Some(Value::Text(_)) => {
                    self.shared.contains(name)
                        || self.is_reference(arg.value)
                        || self.eval.takes_reference(call.name, nth)
                }
                _ => false,
            };
            if is_shared {
                self.disturb(name, node);
            }
        }
    }

    /// `fmt.Fprintf(&b, "..", x)`.
    fn print(&mut self, call: &Call<'t>) -> bool {
        let Some((to, args)) = call.args.split_first() else { return false };
        let Some(name) = self.held(to.value) else { return false };
        let Some(Value::Text(mut text)) = self.names.get(name).cloned() else { return false };
        match (call.name, args) {
            ("Fprintf", [template, args @ ..]) => {
                text.append(&self.eval.formatted(template.value, args, Style::Percent, &self.names));
            }
            ("Fprint", [one]) => text.append(&self.eval.text(one.value, &self.names, 0)),
            _ => return false,
        }
        self.names.insert(name.to_owned(), Value::Text(text));
        true
    }

    /// The name that an expression is, through `&` and the like.
    fn held(&self, node: Node<'t>) -> Option<&'t str> {
        let mut node = self.eval.plain(node);
        if matches!(node.kind(), "unary_expression" | "reference_expression" | "ref_expression") {
            node = children(node).last().copied()?;
        }
        match (self.eval.language.shape)(node, self.eval.source) {
            Shape::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Whether an argument may be changed by what it is given to.
    fn is_reference(&self, node: Node<'t>) -> bool {
        let written = source_of(node, self.eval.source);
        let around = node.parent().map_or("", |around| source_of(around, self.eval.source));
        match self.eval.language.name {
            "Go" => written.starts_with('&'),
            "Rust" => written.starts_with("&mut "),
            "C#" => around.starts_with("ref ") || around.starts_with("out "),
            "Ruby" => true,
            _ => false,
        }
    }

    /// A value that got another name: through either of them it may change.
    pub(super) fn alias(&mut self, node: Node<'t>, value: Value) -> Value {
        let Some(other) = self.held(node) else { return value };
        let changes = match &value {
            Value::List(_) => self.eval.language.name != "PHP",
            Value::Text(_) => {
                let written = source_of(node, self.eval.source);
                if written.contains("&mut ") || (self.eval.language.name == "Go" && written.starts_with('&'))
                {
                    self.pinned.insert(other);
                }
                self.shared.contains(other) || self.pinned.contains(other)
            }
            _ => false,
        };
        if !changes {
            return value;
        }
        self.lose(other, span_of(node));
        value.with_more(other, span_of(node))
    }

    /// What an assignment to a part of something changes: `c[0] = x`, `b.Length = 0`.
    pub(super) fn disturb_parts(&mut self, node: Node<'t>) {
        if !node.kind().contains("assignment") {
            return;
        }
        let Some(left) = field(node, "left").or_else(|| children(node).first().copied()) else { return };
        let lefts = if left.kind() == "expression_list" { children(left) } else { vec![left] };
        for left in lefts {
            let kind = left.kind();
            if kind == "dynamic_variable_name" {
                self.disturb_all(node);
            }
            let is_part =
                ["subscript", "index", "element", "member", "attribute", "selector", "field", "call"]
                    .iter()
                    .any(|part| kind.contains(part));
            // `$c[] = x` adds to it.
            if is_part && !source_of(left, self.eval.source).ends_with("[]") {
                let mut root = left;
                while let Some(child) = children(root).first().copied() {
                    root = child;
                    if root.kind() == "variable_name" {
                        break;
                    }
                }
                let name = source_of(root, self.eval.source);
                if !self.names.contains_key(source_of(left, self.eval.source)) {
                    self.disturb_texts(name, node);
                }
                if matches!(self.names.get(name), Some(Value::Text(_) | Value::List(_))) {
                    self.disturb(name, node);
                }
            }
        }
    }

    fn disturb_all(&mut self, node: Node<'t>) {
        let names: Vec<String> = self.names.keys().cloned().collect();
        names.iter().for_each(|name| self.disturb(name, node));
    }

    fn disturb(&mut self, name: &str, node: Node<'t>) {
        if let Some(value) = self.names.remove(name) {
            self.names.insert(name.to_owned(), value.with_more(name, span_of(node)));
        }
    }

    /// Remembers whether a name holds a text that changes in place.
    pub(super) fn share(&mut self, name: &'t str, node: Node<'t>) {
        let written = source_of(node, self.eval.source);
        let made = written.trim_start_matches("new ").split(['(', '<', ':']).next().unwrap_or_default();
        let is_made = made == "new"
            || made.ends_with("Builder")
            || matches!(
                made,
                "StringBuffer" | "bytes.Buffer{}" | "strings.Builder{}" | "StringIO" | "io.StringIO"
            );
        match is_made || self.eval.language.name == "Ruby" {
            true => self.shared.insert(name),
            false => self.shared.remove(name),
        };
    }
}

/// Calls that leave a list as it is.
fn leaves_list(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "join",
        "Join",
        "joinToString",
        "implode",
        "length",
        "len",
        "size",
        "count",
        "Count",
        "sizeof",
        "isEmpty",
        "is_empty",
        "empty",
        "empty?",
        "any?",
        "any",
        "all",
        "contains",
        "includes",
        "include?",
        "in_array",
        "forEach",
        "each",
        "map",
        "filter",
        "filterNotNull",
        "select",
        "some",
        "every",
        "iter",
        "toString",
        "to_s",
        "indexOf",
        "stream",
        "entries",
        "keys",
        "values",
        "toArray",
        "toList",
        "concat",
        "slice",
        "find",
        "reduce",
        "get",
        "first",
        "last",
        "at",
        "copy",
        "clone",
        "compact",
        "uniq",
        "str",
        "String",
        "list",
        "tuple",
        "sorted",
        "enumerate",
        "zip",
        "range",
        "print_r",
        "array_merge",
        "append",
        "isNotEmpty",
        "present?",
        "blank?",
        "Any",
        "All",
        "Select",
        "Where",
        "asList",
        "listOf",
        "of",
        "from",
        "bool",
        "cap",
        "with_index",
        "each_with_index",
        "as_str",
        "to_vec",
        "equals",
        "hashCode",
        "drop",
        "take",
    ];
    NAMES.contains(&name)
}

/// Calls that change the text that they are called on.
fn changes_text(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "delete",
        "deleteCharAt",
        "replace",
        "Replace",
        "insert",
        "Insert",
        "insert_str",
        "remove",
        "Remove",
        "setCharAt",
        "reverse",
        "truncate",
        "Truncate",
        "retain",
        "drain",
        "replace_range",
        "prepend",
        "unshift",
        "slice!",
        "seek",
        "Seek",
        "reset",
        "reset_where",
    ];
    NAMES.contains(&name) || name.ends_with('!')
}
