//! What holds everywhere in a file: constants, names that get one value and keep it, and functions that only give back a
//! text.

use std::collections::{HashMap, HashSet};

use tree_sitter::{Node, TreeCursor};

use super::declared::declared;
use super::eval::{Globals, Helper};
use super::shape::{Act, Language, Shape, Update, children};

const MAX_DEPTH: usize = 400;

/// Gathers them.
pub(super) fn globals<'t>(language: &Language, root: Node<'t>, source: &'t str) -> Globals<'t> {
    let mut gathering = Gathering {
        at_top: HashSet::new(),
        language,
        source,
        globals: Globals {
            constants: HashMap::new(),
            helpers: HashMap::new(),
            changing: HashSet::new(),
            splices_columns: source.contains("drizzle-orm"),
            object_queries: !source.contains("jdbi"),
        },
    };
    gathering.visit(root, 0, 0);
    let Gathering { mut globals, at_top, .. } = gathering;
    let changes = |name: &&str| matches!(globals.constants.get(name), Some(None));
    globals.changing = at_top.into_iter().filter(changes).collect();
    globals
}

struct Gathering<'a, 't> {
    language: &'a Language,
    source: &'t str,
    globals: Globals<'t>,
    /// Names that get a value outside of functions.
    at_top: HashSet<&'t str>,
}

impl<'t> Gathering<'_, 't> {
    /// `inside` is how many functions are around the node.
    fn visit(&mut self, node: Node<'t>, inside: usize, depth: usize) {
        self.descend(&mut node.walk(), inside, depth);
    }

    fn descend(&mut self, cursor: &mut TreeCursor<'t>, inside: usize, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for name in declared(self.language, cursor.node(), self.source) {
            self.define(name, None);
        }
        match (self.language.act)(cursor.node(), self.source) {
            Act::Assign { targets, update, number: _ } => {
                for (name, value) in targets {
                    let value = value.filter(|_| inside == 0 && update == Update::Set);
                    if let Some(value) = value
                        && let Act::Function { params, body, name: _ } =
                            (self.language.act)(value, self.source)
                    {
                        self.helper(name, &params, body);
                        self.visit(value, inside, depth + 1);
                        continue;
                    }
                    // A name that also gets a value inside a function may be another one there, or change: it is not known.
                    if let Some(value) = value {
                        self.visit(value, inside, depth + 1);
                    }
                    if inside == 0 {
                        self.at_top.insert(last(name));
                    }
                    self.define(name, value);
                }
            }
            Act::Function { name, params, body } => {
                if let Some(name) = name {
                    self.helper(name, &params, body);
                }
                for child in children(body) {
                    self.visit(child, inside + 1, depth + 1);
                }
            }
            _ if cursor.goto_first_child() => {
                loop {
                    let child = cursor.node();
                    // A name or a literal alone does nothing.
                    if child.is_named() && child.child_count() > 0 && !child.is_extra() {
                        self.descend(cursor, inside, depth + 1);
                    }
                    if !cursor.goto_next_sibling() {
                        break;
                    }
                }
                cursor.goto_parent();
            }
            _ => {}
        }
    }

    fn define(&mut self, name: &'t str, value: Option<Node<'t>>) {
        let name = last(name);
        self.globals.constants.entry(name).and_modify(|known| *known = None).or_insert(value);
    }

    fn helper(&mut self, name: &'t str, params: &[(&'t str, &'t str)], body: Node<'t>) {
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
        let params = params.iter().map(|(name, _)| *name).filter(|name| !matches!(*name, "self" | "cls"));
        let helper = Helper { params: params.collect(), returned };
        let is_simple = simple && !helper.returned.is_empty() && helper.returned.len() <= 8;
        let value = is_simple.then_some(helper);
        self.globals.helpers.entry(name).and_modify(|known| *known = None).or_insert(value);
    }

    /// Whether the last statement of a body may be what the function gives back.
    fn has_value(&self, last: Node<'t>) -> bool {
        !matches!(
            (self.language.act)(last, self.source),
            Act::Leave | Act::Jump { .. } | Act::Assign { .. } | Act::Loop
        ) && !last.kind().ends_with("_statement")
            && !last.kind().ends_with("_declaration")
    }

    /// What a body returns, if it does nothing but choose what.
    fn returns(&self, node: Node<'t>, found: &mut Vec<Node<'t>>, depth: usize) -> bool {
        if depth > 40 {
            return false;
        }
        match (self.language.act)(node, self.source) {
            // What is returned there is not told here.
            Act::Leave if node.kind().contains("goto") => false,
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
