//! `sqlmoat suggest`: the designed indexes with names, SQL and the statements that they serve, and migrations that create
//! them by the project's own tool. What is designed is decided by `prove::design`.

pub mod build;
pub mod migration;
pub mod names;
pub mod sql;
pub mod writer;

pub use crate::extract::sql::tool::{MigrationFile, Numbering, Tool, Toolchain, recognise};
pub use sql::Definition;

use std::collections::BTreeMap;

use crate::check::{CheckedProject, SchemaFile};
use crate::finding::at;
use crate::project::{AnalysedStatement, Role};
use crate::prove::access::Lack;
use crate::prove::design::{self, Designed, Options, Served};
use crate::prove::ownership::Owner;
use crate::prove::verdict::{MissReason, Missed};
use crate::query::model::BoundStatement;
use crate::schema::catalog::{Catalog, ColumnIx, IndexId, Name, RelId};
use crate::schema::names::ident;
use crate::source::{Location, Sources};
use crate::syntax::Dialect;
use names::{Kind, Names};

/// Indexes for one project.
#[derive(Debug)]
pub struct Suggestion {
    /// The indexes, by table.
    pub indexes: Vec<Suggested>,
    /// Extensions that they need and that the schema does not create.
    pub extensions: Vec<&'static str>,
    /// Reads that lack an index and that none was found for.
    pub unserved: Vec<Read>,
}

/// One index.
#[derive(Debug)]
pub struct Suggested {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// What it is.
    pub definition: Definition,
    /// The extension that its operator class comes from.
    pub extension: Option<&'static str>,
    /// Where its table is partitioned: its partitions with the index that each gets.
    pub partitions: Option<Vec<Part>>,
    /// The reads that it serves.
    pub serves: Vec<Read>,
    /// Indexes that it makes redundant.
    pub redundant: Vec<Redundant>,
}

/// The index of a partition.
#[derive(Debug)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The partition.
    pub table: Name,
    /// What it is: columns as the partition calls them.
    pub definition: Definition,
    /// The partition's own partitions, where it has some.
    pub parts: Vec<Part>,
    /// Whether it is partitioned itself.
    pub partitioned: bool,
}

/// A read of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The table's token in the statement.
    pub at: Location,
    /// The function or query around it.
    pub function: Option<String>,
    /// The table.
    pub table: Name,
    /// What it lacks.
    pub lack: Lack,
    /// Whether it can reach rows of other tenants, and nobody said that this is intended: mended, it may need another
    /// index or none.
    pub leaks: bool,
    /// What keeps indexes from serving it as it is written, where that is known.
    pub why: Option<MissReason>,
}

/// An index that others make redundant.
#[derive(Clone, Debug)]
pub struct Redundant {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// What it is; absent where it could not be put in words.
    pub definition: Option<Definition>,
    /// Where it was declared.
    pub declared: Location,
}

/// The tool of a project's migrations; `exists` is asked about paths as reported.
pub fn toolchain(checked: &CheckedProject, sources: &Sources, exists: &dyn Fn(&str) -> bool) -> Toolchain {
    let file = |f: &SchemaFile| sources.get(f.id);
    let files: Vec<MigrationFile<'_>> = checked
        .schema_files
        .iter()
        .filter(|f| !f.undo)
        .map(|f| (f.relative.as_str(), file(f).path.as_str(), &*file(f).text))
        .collect();
    let undone: Vec<&str> =
        checked.schema_files.iter().filter(|f| f.undo).map(|f| f.relative.as_str()).collect();
    recognise(&files, &undone, checked.dialect, exists)
}

/// Designs indexes for the statements of a project's reported files.
pub fn suggest(checked: &CheckedProject, include: bool) -> Suggestion {
    let project = &checked.project;
    let catalog = &project.catalog;
    let asked: Vec<&AnalysedStatement> = project
        .statements
        .iter()
        // A view's definition is read where the view is used; a migration runs once.
        .filter(|s| {
            !matches!(s.role, Role::View(_) | Role::Policy(_) | Role::Schema)
                && checked.is_reported(s.location.file)
        })
        // What is known of indexes is PostgreSQL's.
        .filter(|_| checked.dialect == Dialect::Postgres)
        .collect();
    let statements: Vec<(&BoundStatement, &[_])> =
        asked.iter().map(|s| (&s.bound, s.access.as_slice())).collect();
    let tenant = |id: RelId| -> Option<ColumnIx> {
        match project.ownership.of(id) {
            Owner::Direct { column, .. } => Some(*column),
            Owner::Root { .. }
            | Owner::Indirect { .. }
            | Owner::Unclassified { .. }
            | Owner::Global { .. } => None,
        }
    };
    let small = |id: RelId| {
        let name = &catalog.relation(id).name;
        checked.small_tables.iter().any(|small| *small == name.name || *small == name.to_string())
    };
    let options = Options { include, tenant: &tenant, small: &small };
    let design = design::design(catalog, &statements, &project.planner, &options);
    let mut names = Names::new(catalog);
    let read = |served: &Served| -> Option<Read> {
        let statement = asked.get(served.statement)?;
        Some(read(catalog, statement, served))
    };
    let (mut indexes, mut unserved) = (Vec::new(), Vec::new());
    for designed in &design.indexes {
        let serves: Vec<Read> = designed.serves.iter().filter_map(&read).collect();
        let Designed { sketch, serves: _, redundant } = designed;
        let Some(definition) = sql::definition(catalog, design.terms(), sketch, sketch.table) else {
            unserved.extend(serves);
            continue;
        };
        let labels: Vec<String> =
            sketch.keys.iter().map(|k| sql::label(catalog, design.terms(), sketch.table, k.term)).collect();
        let table = catalog.relation(sketch.table).name.clone();
        let name = names.choose(Kind::Index, &table, &labels);
        let on = |id: RelId| sql::definition(catalog, design.terms(), sketch, id);
        let partitions = parts(catalog, sketch.table, Kind::Index, &labels, &mut names, &on);
        let extension = sketch.keys.iter().find_map(|k| extension(k.opclass?));
        let redundant = redundant.iter().map(|id| redundant_index(catalog, *id)).collect();
        indexes.push(Suggested { name, table, definition, extension, partitions, serves, redundant });
    }
    unserved.extend(design.unserved.iter().filter_map(&read));
    let mut extensions: Vec<&'static str> = indexes.iter().filter_map(|i| i.extension).collect();
    extensions.retain(|name| !catalog.extensions.iter().any(|known| known == name));
    extensions.sort_unstable();
    extensions.dedup();
    Suggestion { indexes, extensions, unserved }
}

/// The extension of an operator class.
fn extension(class: &str) -> Option<&'static str> {
    matches!(class, "gin_trgm_ops" | "gist_trgm_ops").then_some("pg_trgm")
}

fn read(catalog: &Catalog, statement: &AnalysedStatement, served: &Served) -> Read {
    let bound = &statement.bound;
    let occurrence = bound.occurrence(served.occ);
    // What a view reads is told of where the view is named.
    let shown = occurrence.via_view.map_or(occurrence, |view| bound.occurrence(view));
    let table = match &occurrence.source {
        crate::query::model::Source::Table(id) => catalog.relation(*id).name.clone(),
        _ => Name { schema: "public".to_owned(), name: occurrence.alias.clone() },
    };
    Read {
        at: at(&bound.fragment, shown.span),
        function: statement.function.clone(),
        table,
        lack: served.lack,
        leaks: statement.exempt.is_none()
            && statement.proof.iter().flat_map(|p| &p.defects).any(|defect| defect.occ == served.occ),
        why: {
            let missed = || statement.access.iter().filter(|a| a.occ == served.occ).flat_map(|a| &a.missed);
            // What another index would mend is no reason.
            let lasting =
                |m: &&Missed| !matches!(m.why, MissReason::NotLeading | MissReason::Predicate { .. });
            missed().find(lasting).or_else(|| missed().next()).map(|missed| missed.why.clone())
        },
    }
}

fn redundant_index(catalog: &Catalog, id: IndexId) -> Redundant {
    let index = catalog.index_def(id);
    Redundant {
        name: index.name.clone(),
        table: catalog.relation(index.relation).name.clone(),
        definition: sql::existing(catalog, id),
        declared: index.declared,
    }
}

/// The indexes of a partitioned table's partitions, with names over keys with these labels; `on` gives the definition of
/// each. None for a table without partitions of its own.
pub fn parts(
    catalog: &Catalog,
    table: RelId,
    kind: Kind,
    labels: &[String],
    names: &mut Names,
    on: &dyn Fn(RelId) -> Option<Definition>,
) -> Option<Vec<Part>> {
    let mut parter = Parter { catalog, kind, labels, names };
    is_partitioned(catalog, table).then(|| parter.parts(table, on, 0))
}

fn is_partitioned(catalog: &Catalog, id: RelId) -> bool {
    let relation = catalog.relation(id);
    relation.partitioned || !relation.partitions.is_empty()
}

struct Parter<'a> {
    catalog: &'a Catalog,
    kind: Kind,
    labels: &'a [String],
    names: &'a mut Names,
}

impl Parter<'_> {
    fn parts(&mut self, table: RelId, on: &dyn Fn(RelId) -> Option<Definition>, depth: u32) -> Vec<Part> {
        let mut out = Vec::new();
        if depth > 8 {
            return out;
        }
        for id in self.catalog.relation(table).partitions.clone() {
            let relation = self.catalog.relation(id);
            let Some(definition) = on(id).filter(|_| !relation.dropped) else { continue };
            out.push(Part {
                name: self.names.choose(self.kind, &relation.name, self.labels),
                table: relation.name.clone(),
                definition,
                parts: self.parts(id, on, depth + 1),
                partitioned: is_partitioned(self.catalog, id),
            });
        }
        out
    }
}

impl Suggested {
    /// CREATE INDEX as one statement, for showing: without CONCURRENTLY and what belongs to a migration.
    pub fn statement(&self) -> String {
        format!(
            "CREATE INDEX {} ON {} {}",
            ident(&self.name),
            sql::table(&self.table),
            self.definition.tail()
        )
    }

    /// The statements that it serves, each place once.
    pub fn places(&self) -> BTreeMap<Location, &Read> {
        self.serves.iter().map(|read| (read.at, read)).collect()
    }
}
