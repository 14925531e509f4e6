//! Where an occurrence stands in its statement, and where a further condition on it belongs: in WHERE, or in the ON of
//! the join that makes it optional. Spans only; the words are the rules'.

use crate::query::model::{Body, BoundStatement, Expr, From, Join, JoinKind, OccId, Select};
use crate::query::walk::{Visitor, from_occurrences, walk_deep};

/// Where an occurrence stands.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Where a further condition on the occurrence belongs.
    pub spot: Spot<'a>,
    /// The occurrences whose columns such a condition can name besides its own.
    pub beside: Vec<OccId>,
}

/// Where a further condition on an occurrence belongs.
#[derive(Clone, Copy, Debug)]
pub enum Spot<'a> {
    /// In the condition of a join.
    On {
        /// The join's present condition; absent where it has none of its own (USING, CROSS JOIN).
        condition: Option<&'a Expr>,
        /// Whether the join makes the occurrence optional, so that WHERE would be the wrong place.
        optional: bool,
    },
    /// In the WHERE of its block.
    Where {
        /// The present condition.
        condition: Option<&'a Expr>,
        /// The last item of FROM (or the target of an UPDATE or DELETE without one), behind which WHERE would go.
        last: Option<OccId>,
        /// The ON condition behind that item.
        last_on: Option<&'a Expr>,
    },
    /// Nowhere: both sides of a FULL JOIN, the target of an INSERT.
    Nowhere,
}

/// Finds the place of an occurrence; absent for one that no FROM and no target names.
pub fn place(statement: &BoundStatement, occ: OccId) -> Option<Place<'_>> {
    let mut finder = Finder { occ, found: None };
    walk_deep(statement, &mut finder);
    finder.found
}

struct Finder<'a> {
    occ: OccId,
    found: Option<Place<'a>>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn select(&mut self, select: &'a Select) {
        self.look(&select.from, None, select.filter.as_ref());
    }

    fn body(&mut self, body: &'a Body) {
        match body {
            Body::Update(update) => {
                self.look(&update.from, Some(update.target), update.filter.as_ref());
                // A WHERE that is not there would go behind SET, which has no item.
                if let Some(Place { spot: Spot::Where { last, .. }, .. }) = &mut self.found
                    && *last == Some(update.target)
                {
                    *last = None;
                }
            }
            Body::Delete(delete) => self.look(&delete.using, Some(delete.target), delete.filter.as_ref()),
            Body::Merge(merge) => {
                let mut beside = from_occurrences(&merge.source);
                beside.push(merge.target);
                if self.found.is_none() && beside.contains(&self.occ) {
                    beside.retain(|o| *o != self.occ);
                    // A condition of ON does not restrict the source, whose other rows are NOT MATCHED.
                    let spot = match self.occ == merge.target {
                        true => Spot::On { condition: Some(&merge.on), optional: false },
                        false => Spot::Nowhere,
                    };
                    self.found = Some(Place { spot, beside });
                }
            }
            Body::Insert(insert) if insert.target == self.occ && self.found.is_none() => {
                self.found = Some(Place { spot: Spot::Nowhere, beside: Vec::new() });
            }
            Body::Insert(_)
            | Body::Query(_)
            | Body::Truncate(_)
            | Body::Copy { .. }
            | Body::Export { .. }
            | Body::Expressions(_)
            | Body::Utility => {}
        }
    }
}

impl<'a> Finder<'a> {
    fn look(&mut self, from: &'a [From], target: Option<OccId>, filter: Option<&'a Expr>) {
        if self.found.is_some() {
            return;
        }
        let mut beside: Vec<OccId> = target.into_iter().collect();
        beside.extend(from.iter().flat_map(from_occurrences));
        if !beside.contains(&self.occ) {
            return;
        }
        let (mut last, mut last_on) = (target, None);
        if let Some(item) = from.last() {
            (last, last_on) = end_of(item);
        }
        let mut spot = Spot::Where { condition: filter, last, last_on };
        if let Some(path) = from.iter().find_map(|item| path_to(item, self.occ)) {
            // Nearest join first. The first that makes the occurrence optional decides; else an inner join that brings
            // it in on its right is the natural place.
            let optional = path.iter().find(|(join, right)| match join.kind {
                JoinKind::Inner => false,
                JoinKind::Left => *right,
                JoinKind::Right => !*right,
                JoinKind::Full => true,
            });
            let nearest = path.first().filter(|(join, right)| join.kind == JoinKind::Inner && *right);
            if let Some((join, _)) = optional.or(nearest) {
                if join.kind == JoinKind::Full {
                    spot = Spot::Nowhere;
                } else if optional.is_some() || (join.on.is_some() && !join.merged) {
                    let condition = join.on.as_ref().filter(|_| !join.merged);
                    spot = Spot::On { condition, optional: optional.is_some() };
                    beside = from_occurrences(&join.left);
                    beside.extend(from_occurrences(&join.right));
                }
            }
        }
        beside.retain(|o| *o != self.occ);
        self.found = Some(Place { spot, beside });
    }
}

/// The joins above an occurrence, nearest first, each with whether it stands on the right.
fn path_to(item: &From, occ: OccId) -> Option<Vec<(&Join, bool)>> {
    match item {
        From::Item(o) => (*o == occ).then(Vec::new),
        From::Join(join) => {
            let (mut path, right) = match path_to(&join.left, occ) {
                Some(path) => (path, false),
                None => (path_to(&join.right, occ)?, true),
            };
            path.push((join, right));
            Some(path)
        }
    }
}

/// The last occurrence of an item in the text, with the condition behind it.
fn end_of(item: &From) -> (Option<OccId>, Option<&Expr>) {
    match item {
        From::Item(occ) => (Some(*occ), None),
        From::Join(join) => match (&join.on, join.merged) {
            (Some(on), false) => (end_of(&join.right).0, Some(on)),
            // The text of USING has no expression of its own.
            (Some(_), true) => (None, None),
            (None, _) => end_of(&join.right),
        },
    }
}
