//! Parts of a program with SQL that is not read: what its grammar cannot read, what nests too deep, texts that are too long.
//! They are told, so that a leak in them is not taken for none.

use std::sync::Arc;

use tree_sitter::Node;

use super::{Hosted, Unread, Why, looks, prefilter};
use crate::source::{FileId, Fragment, Span};
use crate::syntax::{self, Dialect};

/// Parts of one file that are told.
const MOST: usize = 20;

/// Longest text that is looked at where the grammar gives none, in bytes.
const LONGEST: usize = 20_000;

/// The parts with a place where a statement begins that is part of no text that was found: those that the grammar skipped,
/// and those that nest deeper than they are followed.
pub(super) fn unread(
    (root, deep): (Node<'_>, &[Span]),
    source: &str,
    dialect: Dialect,
    hosted: &[Hosted],
) -> Vec<Unread> {
    if !root.has_error() && deep.is_empty() {
        return Vec::new();
    }
    let is_found = |at: usize| {
        let at = at as u32;
        let pieces = hosted.iter().flat_map(|h| &h.fragment.pieces);
        { pieces }.any(|piece| piece.file <= at && at < piece.file + piece.file_len.max(1))
    };
    let places: Vec<usize> = prefilter::places(source)
        .filter(|at| !is_found(*at) && (is_shouted(source, *at) || is_quoted(source, *at, dialect)))
        .collect();
    let mut found = Vec::new();
    let mut tell = |range: std::ops::Range<usize>, why: Why| {
        let Some(at) = places.get(places.partition_point(|at| *at < range.start)) else { return false };
        let is_hit = *at < range.end;
        if is_hit && found.len() < MOST {
            let line = source.get(*at..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
            found.push(Unread { span: Span::new(*at as u32, (at + line).min(range.end) as u32), why });
        }
        is_hit
    };
    deep.iter().for_each(|span| {
        tell(span.range(), Why::Deep);
    });
    let mut cursor = root.walk();
    'nodes: loop {
        let node = cursor.node();
        let is_hit = node.is_error() && tell(node.byte_range(), Why::Broken);
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

/// Whether the word there is in capitals, as hardly any is but in SQL.
fn is_shouted(source: &str, at: usize) -> bool {
    source.as_bytes().get(at..at + 2).is_some_and(|word| word.iter().all(u8::is_ascii_uppercase))
}

/// Whether the word there, in small letters, opens a literal that reads as a statement up to where the quotes end it.
fn is_quoted(source: &str, at: usize, dialect: Dialect) -> bool {
    let before = source.get(..at).unwrap_or_default().trim_end();
    let Some(quote) = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`')) else {
        return false;
    };
    let rest = source.get(at..).unwrap_or_default();
    let end = rest.char_indices().take_while(|(i, _)| *i < LONGEST).find(|(_, c)| *c == quote);
    let Some(text) = end.and_then(|(end, _)| rest.get(..end)) else { return false };
    let statements = syntax::parse(&Arc::new(Fragment::whole(FileId(0), text.into())), dialect);
    // What is spliced into it need not parse.
    looks::is_sql(text, &statements, text.contains(['=', '$', '?']))
}
