//! Names that hold in a block alone. Where the block ends, a name is again what it was outside of it.

use std::collections::HashMap;

use tree_sitter::Node;

use super::bind::Binds;
use super::shape::field;
use super::value::{Names, Value};
use super::walk::{Usage, Walker};

/// The names that a block declares, each with what it is outside of the block.
pub(super) type Scope = HashMap<String, Option<Value>>;

/// What statements with names of their own begin with.
const STATEMENTS: &[&str] = &[
    "for_",
    "foreach_",
    "enhanced_for_",
    "while_",
    "loop_",
    "do_",
    "switch_statement",
    "switch_expression",
    "expression_switch_",
    "type_switch_",
    "select_",
    "match_expression",
    "try_",
    "catch_",
    "using_statement",
    "when_expression",
];

impl<'t> Walker<'t> {
    /// Whether the names that are declared in a node are its own.
    pub(super) fn is_scope(&self, kind: &str) -> bool {
        self.has_blocks()
            && (matches!(
                kind,
                "block" | "statement_block" | "match_arm" | "when_entry" | "control_structure_body"
            ) || (self.eval.language.name == "Go" && kind.ends_with("_case"))
                || (matches!(self.eval.language.name, "Go" | "Rust") && kind.starts_with("if_"))
                || STATEMENTS.iter().any(|start| kind.starts_with(start)))
    }

    /// Whether names hold in blocks.
    pub(super) fn has_blocks(&self) -> bool {
        !matches!(self.eval.language.name, "Python" | "Ruby" | "PHP")
    }

    pub(super) fn enter_scope(&mut self) {
        self.scopes.push(Scope::new());
    }

    /// Ends a block: what its names hold in the end counts, as it does of a function.
    pub(super) fn leave_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        let mut declared: Vec<(String, Option<Value>)> = scope.into_iter().collect();
        declared.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, outer) in declared {
            let inner = match outer {
                Some(outer) => self.names.insert(name, outer),
                None => self.names.remove(&name),
            };
            if let Some(Value::Text(text)) =
                inner.filter(|value| matches!(value, Value::Text(t) if t.has_written()))
            {
                self.report(text, Usage::Held, Binds::Unknown);
            }
        }
    }

    /// Whether what a loop or pattern gives a value to is a name of its own: `for x of y` takes one from around it.
    pub(super) fn has_own_names(&self, node: Node<'t>) -> bool {
        let mut cursor = node.walk();
        self.has_blocks()
            && match node.kind() {
                "for_in_statement" => field(node, "kind").is_some(),
                "range_clause" | "receive_statement" => {
                    node.children(&mut cursor).any(|child| child.kind() == ":=")
                }
                _ => true,
            }
    }

    /// Declares a name in the block in hand.
    pub(super) fn bind(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut()
            && !name.is_empty()
            && !scope.contains_key(name)
        {
            scope.insert(name.to_owned(), self.names.get(name).cloned());
        }
    }

    /// Declares the names that a node gives values to, where it does so.
    pub(super) fn bind_all(&mut self, node: Node<'t>, names: &[&'t str]) {
        if self.declares(node) {
            names.iter().for_each(|name| self.bind(name));
        }
        // A name of the whole function.
        let is_var = node.kind() == "variable_declarator"
            && node.parent().is_some_and(|around| around.kind() == "variable_declaration");
        if is_var && self.eval.language.name != "C#" {
            let Some(at) = self.function_scope() else { return };
            for name in names {
                let outer = self.names.get(*name).cloned();
                let is_inner = self.scopes.iter().skip(at).any(|scope| scope.contains_key(*name));
                if let Some(scope) = self.scopes.get_mut(at).filter(|_| !is_inner) {
                    scope.insert((*name).to_owned(), outer);
                }
            }
        }
    }

    /// Whether a node declares the names that it gives values to.
    fn declares(&self, node: Node<'t>) -> bool {
        match self.eval.language.name {
            "TypeScript" | "TSX" | "JavaScript" => {
                node.kind() == "variable_declarator"
                    && node.parent().is_some_and(|around| around.kind() == "lexical_declaration")
            }
            "Go" => matches!(node.kind(), "short_var_declaration" | "var_spec" | "const_spec"),
            "Rust" => matches!(node.kind(), "let_declaration" | "const_item" | "static_item"),
            "Kotlin" => node.kind() == "property_declaration",
            "Java" | "C#" => matches!(node.kind(), "variable_declarator" | "resource"),
            _ => false,
        }
    }

    /// What names are where only so many scopes are around.
    pub(super) fn names_outside(&self, scopes: usize) -> Names {
        let mut names = self.names.clone();
        for scope in self.scopes.get(scopes..).unwrap_or_default().iter().rev() {
            for (name, outer) in scope {
                match outer {
                    Some(value) => names.insert(name.clone(), value.clone()),
                    None => names.remove(name),
                };
            }
        }
        names
    }
}
