//! Comparisons of rows against a btree (indxpath.c `expand_indexqual_rowcompare`). INDEXING.md section 5.

use super::matching::{Bound, Key, Test, condition, is_value};
use crate::prove::terms::{Node, Rel, Term, Terms, commuted};
use crate::query::model::CompareOp;

/// The positions of the keys that a comparison of rows uses, in the order of its members; the rest of it is left to
/// filter. `reads` is how members are read: the table's side, its operator, the other side.
pub(super) fn matched(terms: &Terms, rel: Rel, keys: &[Key], conjunct: Term, database: &str) -> Vec<usize> {
    let Node::Compare(op, left, right, _) = terms.node(conjunct) else { return Vec::new() };
    let (Node::Row(l), Node::Row(r)) = (terms.node(*left), terms.node(*right)) else { return Vec::new() };
    let value = |list: &[Term]| list.iter().all(|t| is_value(terms, rel, *t));
    let first = |list: &[Term]| list.first().is_some_and(|t| terms.uses(*t, rel));
    let (operands, values, op) = if first(l) && value(r) {
        (l, r, *op)
    } else if first(r) && value(l) {
        (r, l, commuted(*op))
    } else {
        return Vec::new();
    };
    let mut positions = Vec::new();
    for (operand, value) in operands.iter().zip(values) {
        match position(terms, keys, *operand, op, *value, database) {
            Some(k) => positions.push(k),
            None => break,
        }
    }
    positions
}

fn position(
    terms: &Terms,
    keys: &[Key],
    operand: Term,
    op: CompareOp,
    value: Term,
    database: &str,
) -> Option<usize> {
    let coll = terms.derivation(operand).combine(terms.derivation(value)).collation();
    let operand = terms.without_collate(operand);
    let test = Test::Compare { op, value, coll };
    keys.iter()
        .position(|key| key.term == operand && condition(terms, key, &test, database) == Some(Bound::Range))
}

/// How many of the matched keys bound the range read: keys that follow each other in one direction.
pub(super) fn bounding(keys: &[Key], positions: &[usize]) -> usize {
    let direction = |k: usize| keys.get(k).map(|key| key.descending);
    let Some(&start) = positions.first() else { return 0 };
    positions
        .iter()
        .enumerate()
        .take_while(|(i, k)| **k == start + i && direction(**k) == direction(start))
        .count()
}
