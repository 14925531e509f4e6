//! Which statements of the project read what a migration takes away or renames: by the final catalog, in which the old
//! names are unknown and the new ones are not.

use std::collections::HashMap;

use super::labels::{Label, labels};
use crate::project::{AnalysedStatement, Project, Role};
use crate::query::model::{ExprKind, GapKind, Source};
use crate::query::walk::walk_exprs;
use crate::schema::catalog::{ColumnIx, RelId};
use crate::source::Location;

/// Places of names in statements.
#[derive(Debug, Default)]
pub(in crate::rules) struct Uses {
    /// Unknown tables, by bare name.
    tables: HashMap<String, Vec<Location>>,
    /// Unknown columns, by bare name, each with the tables of its statement.
    columns: HashMap<String, Vec<(Location, Vec<RelId>)>>,
    /// Tables that are there.
    known_tables: HashMap<RelId, Vec<Location>>,
    /// Columns that are there.
    known_columns: HashMap<(RelId, ColumnIx), Vec<Location>>,
    /// Labels of enums, there or not.
    labels: HashMap<Label, Vec<Location>>,
}

impl Uses {
    pub(in crate::rules) fn new(project: &Project) -> Uses {
        let mut uses = Uses::default();
        for statement in project.statements.iter().filter(|s| s.role != Role::Schema) {
            uses.read(statement);
            for (label, at) in labels(project, statement) {
                uses.labels.entry(label).or_default().push(at);
            }
        }
        uses
    }

    fn read(&mut self, statement: &AnalysedStatement) {
        let bound = &statement.bound;
        let mut tables: Vec<RelId> = Vec::new();
        for occurrence in bound.occurrences.iter().filter(|o| o.via_view.is_none()) {
            if let Source::Table(id) | Source::View { view: id, .. } = &occurrence.source {
                self.known_tables.entry(*id).or_default().push(bound.fragment.locate(occurrence.span));
                tables.push(*id);
            }
        }
        walk_exprs(bound, |expr| {
            if let ExprKind::Column { occ, column } = expr.kind
                && let Some(occurrence) = bound.occurrences.get(occ.0 as usize)
                && occurrence.via_view.is_none()
                && let Source::Table(id) | Source::View { view: id, .. } = &occurrence.source
            {
                self.known_columns.entry((*id, column)).or_default().push(bound.fragment.locate(expr.span));
            }
        });
        for gap in &bound.gaps {
            let name = gap.what.rsplit('`').nth(1).unwrap_or_default();
            let bare = name.rsplit('.').next().unwrap_or_default().to_owned();
            let at = bound.fragment.locate(gap.span);
            match gap.kind {
                GapKind::UnknownTable => self.tables.entry(bare).or_default().push(at),
                GapKind::UnknownColumn => self.columns.entry(bare).or_default().push((at, tables.clone())),
                GapKind::Hole | GapKind::Unsupported => {}
            }
        }
    }

    /// Where statements name a table that is no longer there.
    pub(super) fn of_lost_table(&self, name: &str) -> &[Location] {
        self.tables.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where statements over a table name a column that it no longer has.
    pub(super) fn of_lost_column(&self, table: RelId, name: &str) -> Vec<Location> {
        let all = self.columns.get(name).into_iter().flatten();
        all.filter(|(_, tables)| tables.contains(&table)).map(|(at, _)| *at).collect()
    }

    /// Where statements name a table.
    pub(super) fn of_table(&self, table: RelId) -> &[Location] {
        self.known_tables.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Where statements write a label of an enum, by its key in the catalog.
    pub(super) fn of_label(&self, key: &str, label: &str) -> &[Location] {
        self.labels.get(&(key.to_owned(), label.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Where statements name a column.
    pub(super) fn of_column(&self, table: RelId, column: ColumnIx) -> &[Location] {
        self.known_columns.get(&(table, column)).map_or(&[], Vec::as_slice)
    }
}
