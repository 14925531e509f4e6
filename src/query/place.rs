//! Where each occurrence stands in its statement, and where a further condition on it belongs: in WHERE, or in the ON of
//! the join that makes it optional. Spans only; the words are the rules'.

use std::collections::HashMap;

use crate::query::model::{Body, BoundStatement, Expr, From, Join, JoinKind, Merge, OccId, Select};
use crate::query::walk::{Visitor, from_occurrences, walk_deep};

/// The places of all occurrences that some FROM or target names.
#[derive(Clone, Debug, Default)]
pub struct Places<'a>(HashMap<OccId, Place<'a>>);

/// Where an occurrence stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Where a further condition on the occurrence belongs.
    pub spot: Spot<'a>,
    scope: Scope<'a>,
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
        /// The last item of FROM (or the target of a DELETE without USING), behind which WHERE would go; absent where
        /// the text does not say where that ends.
        last: Option<OccId>,
        /// The ON condition behind that item.
        last_on: Option<&'a Expr>,
    },
    /// Nowhere: both sides of a FULL JOIN, the target of an INSERT.
    Nowhere,
}

/// What a condition at a spot can name.
#[derive(Clone, Copy, Debug)]
enum Scope<'a> {
    Block { from: &'a [From], target: Option<OccId> },
    Join(&'a Join),
    Merge(&'a Merge),
    Alone,
}

impl<'a> Places<'a> {
    /// Walks over a statement once.
    pub fn new(statement: &'a BoundStatement) -> Places<'a> {
        let mut places = Places::default();
        walk_deep(statement, &mut places);
        places
    }

    /// The place of an occurrence.
    pub fn of(&self, occ: OccId) -> Option<&Place<'a>> {
        self.0.get(&occ)
    }

    fn block(&mut self, from: &'a [From], target: Option<OccId>, filter: Option<&'a Expr>) {
        let (last, last_on) = from.last().map_or((target, None), end_of);
        let spot = Spot::Where { condition: filter, last, last_on };
        let place = Place { spot, scope: Scope::Block { from, target } };
        self.0.extend(target.map(|occ| (occ, place)));
        for item in from {
            self.item(item, place, true);
        }
    }

    /// Descends into an item of FROM. `place` is what holds for it so far; `free` tells that no join above makes it
    /// optional, so that a join that brings it in may be the more natural place.
    fn item(&mut self, item: &'a From, place: Place<'a>, free: bool) {
        let join = match item {
            From::Item(occ) => {
                self.0.insert(*occ, place);
                return;
            }
            From::Join(join) => join,
        };
        let own = join.on.as_ref().filter(|_| !join.merged);
        let scope = Scope::Join(join);
        let optional = Place { spot: Spot::On { condition: own, optional: true }, scope };
        let nowhere = Place { spot: Spot::Nowhere, scope };
        let brought = match own {
            Some(_) if free => Place { spot: Spot::On { condition: own, optional: false }, scope },
            Some(_) | None => place,
        };
        // The join that stands nearest to an occurrence and makes it optional decides.
        let (left, right) = match join.kind {
            JoinKind::Inner => ((place, free), (brought, free)),
            JoinKind::Left => ((place, free), (optional, false)),
            JoinKind::Right => ((optional, false), (place, free)),
            JoinKind::Full => ((nowhere, false), (nowhere, false)),
        };
        self.item(&join.left, left.0, left.1);
        self.item(&join.right, right.0, right.1);
    }
}

impl Place<'_> {
    /// Whether a condition at this spot can name the columns of that occurrence.
    pub fn sees(&self, occ: OccId) -> bool {
        match self.scope {
            Scope::Block { from, target } => {
                target == Some(occ) || from.iter().any(|item| from_occurrences(item).contains(&occ))
            }
            Scope::Join(join) => {
                from_occurrences(&join.left).contains(&occ) || from_occurrences(&join.right).contains(&occ)
            }
            Scope::Merge(merge) => merge.target == occ || from_occurrences(&merge.source).contains(&occ),
            Scope::Alone => false,
        }
    }

    /// Whether other relations stand beside the occurrence, so that its columns are better qualified.
    pub fn is_crowded(&self) -> bool {
        match self.scope {
            Scope::Block { from: [From::Item(_)], target: None } | Scope::Block { from: [], .. } => false,
            Scope::Block { .. } | Scope::Join(_) | Scope::Merge(_) => true,
            Scope::Alone => false,
        }
    }
}

impl<'a> Visitor<'a> for Places<'a> {
    fn select(&mut self, select: &'a Select) {
        self.block(&select.from, None, select.filter.as_ref());
    }

    fn body(&mut self, body: &'a Body) {
        match body {
            Body::Update(update) => {
                self.block(&update.from, Some(update.target), update.filter.as_ref());
                // A WHERE that is not there would go behind SET, whose end no item marks.
                if let Some(Place { spot: Spot::Where { last, .. }, .. }) = self.0.get_mut(&update.target)
                    && update.from.is_empty()
                {
                    *last = None;
                }
            }
            Body::Delete(delete) => self.block(&delete.using, Some(delete.target), delete.filter.as_ref()),
            Body::Merge(merge) => {
                let scope = Scope::Merge(merge);
                let on = Spot::On { condition: Some(&merge.on), optional: false };
                self.0.insert(merge.target, Place { spot: on, scope });
                // A condition of ON does not restrict the source, whose other rows are NOT MATCHED.
                for occ in from_occurrences(&merge.source) {
                    self.0.insert(occ, Place { spot: Spot::Nowhere, scope });
                }
            }
            Body::Insert(insert) => {
                self.0.insert(insert.target, Place { spot: Spot::Nowhere, scope: Scope::Alone });
            }
            Body::Query(_)
            | Body::Truncate(_)
            | Body::Copy { .. }
            | Body::Export { .. }
            | Body::Expressions(_)
            | Body::Set { .. }
            | Body::Utility => {}
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
