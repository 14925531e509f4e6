//! What holds everywhere in a file: constants, names that get one value and keep it, and functions that only give back a
//! text.

use std::collections::HashMap;

use tree_sitter::Node;

use super::eval::Globals;
use super::shape::{Act, Language, Shape, children};

const MAX_DEPTH: usize = 400;

/// Gathers them.
pub(super) fn globals<'t>(language: &Language, root: Node<'t>, source: &'t str) -> Globals<'t> {
    let mut gathering = Gathering {
        language,
        source,
        globals: Globals {
            constants: HashMap::new(),
            helpers: HashMap::new(),
            splices_columns: source.contains("drizzle-orm"),
            object_queries: !source.contains("jdbi"),
        },
    };
    gathering.visit(root, 0, 0);
    gathering.globals
}

struct Gathering<'a, 't> {
    language: &'a Language,
    source: &'t str,
    globals: Globals<'t>,
}

impl<'t> Gathering<'_, 't> {
    /// `inside` is how many functions are around the node.
    fn visit(&mut self, node: Node<'t>, inside: usize, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match (self.language.act)(node, self.source) {
            Act::Assign { targets, append, number: _ } => {
                for (name, value) in targets {
                    let value = value.filter(|_| inside == 0 && !append);
                    if let Some(value) = value
                        && let Act::Function { params: _, body, name: _ } =
                            (self.language.act)(value, self.source)
                    {
                        self.helper(name, body);
                        self.visit(value, inside, depth + 1);
                        continue;
                    }
                    // A name that also gets a value inside a function may be another one there, or change: it is not known.
                    if let Some(value) = value {
                        self.visit(value, inside, depth + 1);
                    }
                    self.define(name, value);
                }
            }
            Act::Function { name, params: _, body } => {
                if let Some(name) = name {
                    self.helper(name, body);
                }
                for child in children(body) {
                    self.visit(child, inside + 1, depth + 1);
                }
            }
            _ => {
                for child in children(node) {
                    self.visit(child, inside, depth + 1);
                }
            }
        }
    }

    fn define(&mut self, name: &'t str, value: Option<Node<'t>>) {
        let name = last(name);
        self.globals.constants.entry(name).and_modify(|known| *known = None).or_insert(value);
    }

    fn helper(&mut self, name: &'t str, body: Node<'t>) {
        let mut returned = Vec::new();
        let simple = match (self.language.shape)(body, self.source) {
            Shape::Other => self.returns(body, &mut returned, 0),
            Shape::Block(last) => {
                let simple = self.returns(body, &mut returned, 0);
                if self.has_value(last) {
                    returned.push(last);
                }
                simple
            }
            _ => {
                returned.push(body);
                true
            }
        };
        let value = (simple && !returned.is_empty() && returned.len() <= 8).then_some(returned);
        self.globals.helpers.entry(name).and_modify(|known| *known = None).or_insert(value);
    }

    /// Whether the last statement of a body may be what the function gives back.
    fn has_value(&self, last: Node<'t>) -> bool {
        !matches!((self.language.act)(last, self.source), Act::Leave | Act::Assign { .. } | Act::Loop)
            && !last.kind().ends_with("_statement")
            && !last.kind().ends_with("_declaration")
    }

    /// What a body returns, if it does nothing but choose what.
    fn returns(&self, node: Node<'t>, found: &mut Vec<Node<'t>>, depth: usize) -> bool {
        if depth > 40 {
            return false;
        }
        match (self.language.act)(node, self.source) {
            Act::Leave => {
                let values = children(node);
                found.extend(values.first().map(|value| match value.kind() {
                    "expression_list" => children(*value).first().copied().unwrap_or(*value),
                    _ => *value,
                }));
                true
            }
            Act::Assign { .. } | Act::Loop => false,
            Act::Function { .. } => true,
            _ => children(node).into_iter().all(|child| self.returns(child, found, depth + 1)),
        }
    }
}

/// The last part of a path.
fn last(name: &str) -> &str {
    name.rsplit(['.', ':', '>']).next().unwrap_or(name).trim_start_matches('$')
}
