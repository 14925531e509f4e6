//! Names that are visible at a place of a statement: relations and their columns by level, WITH queries, named
//! windows. Follows PostgreSQL's namespaces (parse_relation.c); knows no syntax tree.
//!
//! | where | what of the level is visible |
//! | --- | --- |
//! | a derived table of FROM | nothing |
//! | LATERAL, a function of FROM | every item left of it |
//! | ON of a join | the items of that join |
//! | anywhere else | every item |
//!
//! The innermost level that has a name captures it. Items of a join are a suffix of the level's items while the join is
//! read, so "visible" is one number: the first item that may be seen.

use std::collections::HashMap;

use super::model::{CteId, Expr, OccId, Occurrence, OrderBy};
use crate::schema::catalog::{ColumnIx, Name};

/// Above this many columns an item is searched by hash.
const LINEAR: usize = 24;

/// One level of names: a query block, or a DML statement.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Tells levels apart over the whole statement.
    pub(super) id: u32,
    items: Vec<Item>,
    /// Items in the order in which `*` expands them.
    order: Vec<usize>,
    /// The first item that may be seen; none while a derived table of FROM is read.
    pub(super) visible_from: Option<usize>,
    /// WITH queries declared at this level.
    pub(super) ctes: HashMap<String, CteId>,
    /// Named windows.
    pub(super) windows: HashMap<String, WindowParts>,
    /// What the expressions of the block were seen to call.
    pub(super) calls: Calls,
}

/// A named window: PARTITION BY and ORDER BY.
#[derive(Clone, Debug, Default)]
pub(super) struct WindowParts {
    /// PARTITION BY.
    pub(super) partition_by: Vec<Expr>,
    /// ORDER BY.
    pub(super) order_by: Vec<OrderBy>,
}

/// Kinds of calls that decide what a block is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calls {
    /// An aggregate of this block.
    pub(super) aggregate: bool,
    /// A window function.
    pub(super) window: bool,
    /// A set-returning function.
    pub(super) set: bool,
}

/// A relation of a level, or the merged columns of a join.
#[derive(Debug)]
pub(super) struct Item {
    /// The name that qualifies its columns; none for merged columns.
    pub(super) alias: Option<String>,
    /// The table's own name, where it has no alias and may be qualified by its schema.
    pub(super) qualified: Option<Name>,
    /// Its columns.
    pub(super) columns: ItemColumns,
    /// Whether its columns may be named alone (not those of OLD and NEW).
    pub(super) unqualified: bool,
    /// Whether its columns are not all known, so that any name may be one.
    pub(super) open: bool,
    /// Whether it has system columns.
    pub(super) system: bool,
    /// Switched off: inside a join with an alias, or the other side of a MERGE arm.
    pub(super) hidden: bool,
    /// Columns that are not there (dropped).
    absent: Vec<ColumnIx>,
    /// Columns that a merged column stands for when named alone.
    covered: Vec<ColumnIx>,
    index: Option<HashMap<String, (ColumnIx, bool)>>,
}

/// Where an item's columns are.
#[derive(Debug)]
pub(super) enum ItemColumns {
    /// Those of an occurrence.
    Of(OccId),
    /// Expressions: merged columns, or the columns of a join with an alias.
    Joined(Vec<(String, Expr)>),
}

/// A column that a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// A column of an occurrence.
    Column(OccId, ColumnIx),
    /// A merged column.
    Joined(&'a Expr),
    /// A system column.
    System(OccId),
}

/// What a column name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resolution<'a> {
    /// This.
    Found(Target<'a>),
    /// Several columns of one level; the two items by position.
    Ambiguous(usize, usize),
    /// Nothing known, but the columns of this occurrence are not all known.
    Open(OccId),
    /// Nothing known, and several relations have columns that are not known.
    OpenSeveral,
    /// Nothing.
    Missing,
}

impl Item {
    /// An item whose columns are those of an occurrence.
    pub(super) fn of(alias: String, occ: OccId, occurrence: &Occurrence, absent: Vec<ColumnIx>) -> Item {
        let mut item = Item::new(Some(alias), ItemColumns::Of(occ));
        if occurrence.columns.len() > LINEAR {
            let mut index = HashMap::with_capacity(occurrence.columns.len());
            for (i, column) in occurrence.columns.iter().enumerate() {
                let ix = i as ColumnIx;
                if !absent.contains(&ix) {
                    index
                        .entry(column.name.clone())
                        .and_modify(|(_, more)| *more = true)
                        .or_insert((ix, false));
                }
            }
            item.index = Some(index);
        }
        item.absent = absent;
        item
    }

    /// An item of expressions.
    pub(super) fn joined(alias: Option<String>, columns: Vec<(String, Expr)>) -> Item {
        Item::new(alias, ItemColumns::Joined(columns))
    }

    fn new(alias: Option<String>, columns: ItemColumns) -> Item {
        Item {
            alias,
            qualified: None,
            columns,
            unqualified: true,
            open: false,
            system: false,
            hidden: false,
            absent: Vec::new(),
            covered: Vec::new(),
            index: None,
        }
    }

    /// The column of that name and whether there are several.
    fn find<'a>(
        &'a self,
        occurrences: &'a [Occurrence],
        name: &str,
        alone: bool,
    ) -> Option<(Target<'a>, bool)> {
        match &self.columns {
            ItemColumns::Of(occ) => {
                let columns = &occurrences.get(occ.0 as usize)?.columns;
                if let Some(index) = &self.index
                    && let Some(&(ix, several)) = index.get(name)
                {
                    let shown = several || !alone || !self.covered.contains(&ix);
                    return shown.then_some((Target::Column(*occ, ix), several));
                }
                // Columns behind the index are those that an open item grew.
                let from = self.index.as_ref().map_or(0, |_| if self.open { 0 } else { columns.len() });
                let mut hits = columns.iter().enumerate().skip(from).filter(|(i, c)| {
                    let ix = *i as ColumnIx;
                    c.name == name && !self.absent.contains(&ix) && !(alone && self.covered.contains(&ix))
                });
                let (first, _) = hits.next()?;
                Some((Target::Column(*occ, first as ColumnIx), hits.next().is_some()))
            }
            ItemColumns::Joined(columns) => {
                let mut hits = columns
                    .iter()
                    .enumerate()
                    .filter(|(i, (n, _))| n == name && !(alone && self.covered.contains(&(*i as ColumnIx))));
                let (_, (_, expr)) = hits.next()?;
                Some((Target::Joined(expr), hits.next().is_some()))
            }
        }
    }

    /// Every column that is there; with `alone`, without those that a merged column stands for.
    pub(super) fn each<'a>(
        &'a self,
        occurrences: &'a [Occurrence],
        alone: bool,
    ) -> Vec<(&'a str, Target<'a>)> {
        let shown = |ix: ColumnIx| !(self.absent.contains(&ix) || alone && self.covered.contains(&ix));
        match &self.columns {
            ItemColumns::Of(occ) => {
                let columns = occurrences.get(occ.0 as usize).map_or(&[][..], |o| &o.columns);
                let named = columns.iter().enumerate().map(|(i, c)| (i as ColumnIx, c.name.as_str()));
                named.filter(|(i, _)| shown(*i)).map(|(i, n)| (n, Target::Column(*occ, i))).collect()
            }
            ItemColumns::Joined(columns) => {
                let named = columns.iter().enumerate().map(|(i, c)| (i as ColumnIx, c));
                named.filter(|(i, _)| shown(*i)).map(|(_, (n, e))| (n.as_str(), Target::Joined(e))).collect()
            }
        }
    }
}

impl Scope {
    /// A level without items.
    pub(super) fn new(id: u32) -> Scope {
        Scope { id, visible_from: Some(0), ..Scope::default() }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The item at that position.
    pub(super) fn item(&self, at: usize) -> Option<&Item> {
        self.items.get(at)
    }

    /// The item at that position.
    pub(super) fn item_mut(&mut self, at: usize) -> Option<&mut Item> {
        self.items.get_mut(at)
    }

    /// Adds an item to the right of all others.
    pub(super) fn push(&mut self, item: Item) {
        self.order.push(self.items.len());
        self.items.push(item);
    }

    /// Adds the merged columns of the join whose items begin at `start`: `*` expands them first.
    pub(super) fn push_merged(&mut self, start: usize, item: Item) {
        let below = self.items.len().saturating_sub(start);
        let at = self.order.len().saturating_sub(below);
        self.order.insert(at, self.items.len());
        self.items.push(item);
    }

    /// Marks a column, found among the items from `start` on, as one that a merged column stands for.
    pub(super) fn cover(&mut self, range: std::ops::Range<usize>, occurrences: &[Occurrence], name: &str) {
        for item in self.items.get_mut(range).into_iter().flatten() {
            if item.hidden || !item.unqualified {
                continue;
            }
            let at = match &item.columns {
                ItemColumns::Of(occ) => occurrences.get(occ.0 as usize).and_then(|o| {
                    let free = |i: &usize| {
                        let ix = *i as ColumnIx;
                        !item.absent.contains(&ix) && !item.covered.contains(&ix)
                    };
                    o.columns.iter().enumerate().find(|(i, c)| c.name == name && free(i)).map(|(i, _)| i)
                }),
                ItemColumns::Joined(columns) => columns
                    .iter()
                    .enumerate()
                    .find(|(i, (n, _))| n == name && !item.covered.contains(&(*i as ColumnIx)))
                    .map(|(i, _)| i),
            };
            if let Some(at) = at {
                item.covered.push(at as ColumnIx);
                return;
            }
        }
    }

    /// Items in the order of `*`, those that are not hidden and whose columns may be named alone.
    pub(super) fn starred(&self) -> impl Iterator<Item = &Item> {
        self.order.iter().filter_map(|i| self.items.get(*i)).filter(|item| !item.hidden && item.unqualified)
    }

    /// Items of a range in the order of `*`.
    pub(super) fn starred_in(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = &Item> {
        self.order
            .iter()
            .filter(move |i| range.contains(*i))
            .filter_map(|i| self.items.get(*i))
            .filter(|item| !item.hidden && item.unqualified)
    }

    /// What a name alone stands for among the items of a range.
    pub(super) fn column_in<'a>(
        &'a self,
        range: std::ops::Range<usize>,
        occurrences: &'a [Occurrence],
        name: &str,
    ) -> Resolution<'a> {
        let mut found: Option<(usize, Target<'a>)> = None;
        let mut open: Option<OccId> = None;
        let mut several_open = false;
        let start = range.start;
        for (i, item) in self.items.get(range).unwrap_or_default().iter().enumerate() {
            if item.hidden || !item.unqualified {
                continue;
            }
            match item.find(occurrences, name, true) {
                Some((_, true)) => return Resolution::Ambiguous(start + i, start + i),
                Some((target, false)) => {
                    if let Some((first, _)) = found {
                        return Resolution::Ambiguous(first, start + i);
                    }
                    found = Some((start + i, target));
                }
                None => {
                    if item.open
                        && let ItemColumns::Of(occ) = item.columns
                    {
                        several_open |= open.is_some();
                        open = open.or(Some(occ));
                    }
                }
            }
        }
        match (found, open) {
            (Some((_, target)), _) => Resolution::Found(target),
            (None, Some(_)) if several_open => Resolution::OpenSeveral,
            (None, Some(occ)) => Resolution::Open(occ),
            (None, None) => Resolution::Missing,
        }
    }

    /// What a name alone stands for at this level.
    pub(super) fn column<'a>(&'a self, occurrences: &'a [Occurrence], name: &str) -> Resolution<'a> {
        let Some(floor) = self.visible_from else { return Resolution::Missing };
        let range = floor.min(self.items.len())..self.items.len();
        let found = self.column_in(range, occurrences, name);
        if matches!(found, Resolution::Found(_) | Resolution::Ambiguous(..)) || !is_system_column(name) {
            return found;
        }
        let mut with_system = self.items.iter().enumerate().skip(floor).filter_map(|(i, item)| {
            let shown = item.system && !item.hidden && item.unqualified;
            match item.columns {
                ItemColumns::Of(occ) if shown => Some((i, occ)),
                _ => None,
            }
        });
        match (with_system.next(), with_system.next()) {
            (Some((a, _)), Some((b, _))) => Resolution::Ambiguous(a, b),
            (Some((_, occ)), None) => Resolution::Found(Target::System(occ)),
            (None, _) => found,
        }
    }

    /// The item that a relation's name stands for, and whether several do.
    pub(super) fn relation(&self, schema: Option<&str>, name: &str) -> Option<(usize, bool)> {
        let floor = self.visible_from?;
        let mut hits = self.items.iter().enumerate().skip(floor).filter(|(_, item)| {
            !item.hidden
                && match schema {
                    None => item.alias.as_deref() == Some(name),
                    Some(schema) => {
                        item.qualified.as_ref().is_some_and(|q| q.schema == schema && q.name == name)
                    }
                }
        });
        let (first, _) = hits.next()?;
        Some((first, hits.next().is_some()))
    }

    /// A column of the item at that position.
    pub(super) fn column_of<'a>(
        &'a self,
        at: usize,
        occurrences: &'a [Occurrence],
        name: &str,
    ) -> Resolution<'a> {
        let Some(item) = self.items.get(at) else { return Resolution::Missing };
        match (item.find(occurrences, name, false), &item.columns) {
            (Some((_, true)), _) => Resolution::Ambiguous(at, at),
            (Some((target, false)), _) => Resolution::Found(target),
            (None, ItemColumns::Of(occ)) if item.system && is_system_column(name) => {
                Resolution::Found(Target::System(*occ))
            }
            (None, ItemColumns::Of(occ)) if item.open => Resolution::Open(*occ),
            (None, _) => Resolution::Missing,
        }
    }

    /// Columns that may be named alone here, for suggestions.
    pub(super) fn column_names<'a>(&'a self, occurrences: &'a [Occurrence]) -> impl Iterator<Item = &'a str> {
        let floor = self.visible_from.unwrap_or(self.items.len());
        self.items
            .iter()
            .skip(floor)
            .filter(|item| !item.hidden && item.unqualified)
            .flat_map(|item| item.each(occurrences, true))
            .map(|(name, _)| name)
    }

    /// Names of relations here, for suggestions.
    pub(super) fn relation_names(&self) -> impl Iterator<Item = &str> {
        let floor = self.visible_from.unwrap_or(self.items.len());
        self.items.iter().skip(floor).filter(|item| !item.hidden).filter_map(|item| item.alias.as_deref())
    }
}

/// System columns of every table (manual 5.5).
pub(super) fn is_system_column(name: &str) -> bool {
    matches!(name, "ctid" | "tableoid" | "xmin" | "xmax" | "cmin" | "cmax")
}
