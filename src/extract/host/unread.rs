//! Parts of a program that its grammar cannot read although something in them looks like SQL: they are told, so that a
//! leak in them is not taken for none.

use tree_sitter::Node;

use super::{Hosted, prefilter};
use crate::source::Span;

/// Parts of one file that are told.
const MOST: usize = 20;

/// The parts that the grammar skipped, with a place where a statement begins that is part of no text that was found.
pub(super) fn unread(root: Node<'_>, source: &str, hosted: &[Hosted]) -> Vec<Span> {
    if !root.has_error() {
        return Vec::new();
    }
    let is_found = |at: &usize| {
        let at = *at as u32;
        let pieces = hosted.iter().flat_map(|h| &h.fragment.pieces);
        { pieces }.any(|piece| piece.file <= at && at < piece.file + piece.file_len.max(1))
    };
    // A word in small letters says too little where nothing tells a text from the rest.
    let is_shouted = |at: &usize| source.as_bytes().get(*at).is_some_and(u8::is_ascii_uppercase);
    let is_title = |at: &usize| source.as_bytes().get(*at + 1).is_some_and(u8::is_ascii_lowercase);
    let places = prefilter::places(source).filter(is_shouted).filter(|at| !is_title(at) && !is_found(at));
    let places: Vec<usize> = places.collect();
    let mut found = Vec::new();
    let mut cursor = root.walk();
    'nodes: loop {
        let node = cursor.node();
        let range = node.byte_range();
        let is_hit = node.is_error() && places.iter().any(|at| range.contains(at));
        if is_hit && found.len() < MOST {
            let at = places.iter().find(|at| range.contains(at)).copied().unwrap_or(range.start);
            let line = source.get(at..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
            found.push(Span::new(at as u32, (at + line).min(range.end) as u32));
        }
        if !is_hit && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'nodes;
            }
        }
    }
    found
}
