//! Children by the names of their fields. The grammar finds a field by comparing its name with all that it has, so its
//! number is remembered.

use std::cell::RefCell;
use std::num::NonZeroU16;

use tree_sitter::{Language, Node};

/// Numbers that are remembered at a time.
const SLOTS: usize = 512;

/// The number of a field in one grammar.
struct Known {
    name: &'static str,
    grammar: Language,
    id: Option<NonZeroU16>,
}

thread_local! {
    /// By the address of the name, of which a program has few.
    static KNOWN: RefCell<[Option<Known>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
}

/// A child by its field.
pub(super) fn field<'t>(node: Node<'t>, name: &'static str) -> Option<Node<'t>> {
    node.child_by_field_id(id(node, name)?.get())
}

/// All children of a field that are named.
pub(super) fn fields<'t>(node: Node<'t>, name: &'static str) -> Vec<Node<'t>> {
    let Some(id) = id(node, name) else { return Vec::new() };
    let mut cursor = node.walk();
    node.children_by_field_id(id, &mut cursor).filter(Node::is_named).collect()
}

fn id(node: Node<'_>, name: &'static str) -> Option<NonZeroU16> {
    let grammar = node.language();
    KNOWN.with_borrow_mut(|known| {
        let slot = known.get_mut(name.as_ptr().addr() % SLOTS)?;
        match slot {
            Some(known) if std::ptr::eq(known.name, name) && known.grammar == *grammar => known.id,
            _ => {
                let id = grammar.field_id_for_name(name);
                *slot = Some(Known { name, grammar: (*grammar).clone(), id });
                id
            }
        }
    })
}
