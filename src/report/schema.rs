//! `sqlmoat schema`: what the schema is taken to be. Each table with how it is owned and by which path, its keys, its
//! indexes, and where all of it is declared.

use std::fmt::Write as _;

use serde::Serialize;

use crate::check::Outcome;
use crate::project::Project;
use crate::prove::ownership::Owner;
use crate::report::markup::{code, escaped};
use crate::report::text::visible;
use crate::schema::catalog::{
    Catalog, ColumnIx, ForeignKey, Index, IndexMethod, IndexOrigin, KeyTerm, RelId, Relation, RelationKind,
};
use crate::source::{Location, Sources};

/// The schema of every project for a person.
pub fn text(outcome: &Outcome) -> String {
    let mut out = String::new();
    let schemas = schemas(outcome);
    for schema in &schemas {
        if schemas.len() > 1 {
            let _ = writeln!(out, "database {}\n", schema.database);
        }
        for table in &schema.tables {
            let declared = table.declared.as_ref().map_or_else(String::new, |d| format!("  {}", d.shown()));
            let _ = writeln!(out, "{} ({}){declared}", table.name, table.kind);
            let _ = writeln!(out, "  {}", table.owner.path);
            let keys = table.keys.iter().map(|k| (k.shown(), &k.declared));
            let foreign = table.foreign_keys.iter().map(|k| (k.shown(), &k.declared));
            let indexes = table.indexes.iter().map(|i| (i.shown(), &i.declared));
            for (line, declared) in keys.chain(foreign).chain(indexes) {
                let _ = writeln!(out, "  {line}  {}", declared.shown());
            }
            out.push('\n');
        }
    }
    out.lines().fold(String::new(), |mut clean, line| {
        let _ = writeln!(clean, "{}", visible(line));
        clean
    })
}

/// The schema of every project as one JSON object.
pub fn json(outcome: &Outcome) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        schema_version: &'static str,
        root: &'a str,
        databases: Vec<Schema<'a>>,
    }
    let report = Report { schema_version: "1.0", root: &outcome.root, databases: schemas(outcome) };
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Schema<'a> {
    database: &'a str,
    tenant_columns: &'a [String],
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    name: String,
    kind: &'static str,
    owner: OwnerView,
    columns: Vec<ColumnView>,
    keys: Vec<IndexView>,
    foreign_keys: Vec<ForeignKeyView>,
    indexes: Vec<IndexView>,
    row_security: bool,
    declared: Option<Place>,
}

#[derive(Serialize)]
struct OwnerView {
    kind: &'static str,
    /// In words.
    path: String,
}

#[derive(Serialize)]
struct ColumnView {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    not_null: bool,
    declared: Option<Place>,
}

#[derive(Serialize)]
struct IndexView {
    name: String,
    origin: &'static str,
    method: String,
    unique: bool,
    keys: Vec<String>,
    include: Vec<String>,
    predicate: Option<String>,
    invalid: Option<String>,
    declared: Place,
}

#[derive(Serialize)]
struct ForeignKeyView {
    name: String,
    columns: Vec<String>,
    target: String,
    target_columns: Vec<String>,
    validated: bool,
    in_doubt: bool,
    declared: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    line: u32,
    column: u32,
}

impl Place {
    fn new(sources: &Sources, at: Location) -> Place {
        let file = sources.get(at.file);
        let position = file.position(at.span.start);
        Place { path: file.path.clone(), line: position.line, column: position.column }
    }

    fn shown(&self) -> String {
        format!("{}:{}:{}", self.path, self.line, self.column)
    }
}

impl IndexView {
    fn shown(&self) -> String {
        let mut line = match self.origin {
            "index" if self.unique => format!("unique index {}", self.name),
            "index" => format!("index {}", self.name),
            origin => format!("{origin} {}", self.name),
        };
        if self.method != "btree" {
            let _ = write!(line, " using {}", self.method);
        }
        let _ = write!(line, " ({})", self.keys.join(", "));
        if !self.include.is_empty() {
            let _ = write!(line, " include ({})", self.include.join(", "));
        }
        if let Some(predicate) = &self.predicate {
            let _ = write!(line, " where {predicate}");
        }
        if let Some(why) = &self.invalid {
            let _ = write!(line, " INVALID: {why}");
        }
        line
    }
}

impl ForeignKeyView {
    fn shown(&self) -> String {
        let valid = match (self.validated, self.in_doubt) {
            (_, true) => " in doubt",
            (false, false) => " not valid",
            (true, false) => "",
        };
        let (columns, target) = (self.columns.join(", "), self.target_columns.join(", "));
        format!("foreign key {} ({columns}) references {} ({target}){valid}", self.name, self.target)
    }
}

fn schemas(outcome: &Outcome) -> Vec<Schema<'_>> {
    let schema = |project: &'_ Project| {
        let live = project.catalog.live_relations().filter(|(_, r)| !matches!(r.kind, RelationKind::System));
        live.map(|(id, relation)| table(project, &outcome.sources, id, relation)).collect()
    };
    outcome
        .projects
        .iter()
        .map(|checked| Schema {
            database: &checked.project.database,
            tenant_columns: &checked.project.tenancy.columns,
            tables: schema(&checked.project),
        })
        .collect()
}

fn table(project: &Project, sources: &Sources, id: RelId, relation: &Relation) -> Table {
    let catalog = &project.catalog;
    let live = relation.indexes.iter().map(|i| catalog.index_def(*i)).filter(|i| !i.dropped);
    let (keys, indexes): (Vec<&Index>, Vec<&Index>) = live.partition(|i| i.origin != IndexOrigin::Index);
    let view = |list: Vec<&Index>| list.into_iter().map(|i| index(catalog, sources, i)).collect();
    let place = |at: Option<Location>| at.map(|at| Place::new(sources, at));
    Table {
        name: relation.name.to_string(),
        kind: match relation.kind {
            RelationKind::Table => "table",
            RelationKind::Partitioned => "partitioned table",
            RelationKind::Partition(_) => "partition",
            RelationKind::View(_) => "view",
            RelationKind::MaterializedView(_) => "materialized view",
            RelationKind::Foreign => "foreign table",
            RelationKind::System => "system relation",
        },
        owner: owner(project, id, relation),
        columns: relation
            .columns
            .iter()
            .filter(|c| !c.dropped)
            .map(|c| ColumnView {
                name: c.name.clone(),
                ty: c.ty.to_string(),
                not_null: c.not_null,
                declared: place(c.declared),
            })
            .collect(),
        keys: view(keys),
        foreign_keys: catalog
            .live_foreign_keys(id)
            .map(|(_, key)| ForeignKeyView {
                name: key.name.clone(),
                columns: names(relation, &key.columns),
                target: catalog.relation(key.target).name.to_string(),
                target_columns: names(catalog.relation(key.target), &key.target_columns),
                validated: key.validated,
                in_doubt: key.doubt.is_some(),
                declared: Place::new(sources, key.declared),
            })
            .collect(),
        indexes: view(indexes),
        row_security: relation.row_security,
        declared: place(relation.declared),
    }
}

fn index(catalog: &Catalog, sources: &Sources, index: &Index) -> IndexView {
    let relation = catalog.relation(index.relation);
    let key = |key: &crate::schema::catalog::IndexKey| {
        let mut text = match &key.term {
            KeyTerm::Column(column) => name(relation, *column),
            KeyTerm::Expr(expr) => expr.expr.to_string(),
        };
        for part in [&key.collation, &key.opclass].into_iter().flatten() {
            let _ = write!(text, " {part}");
        }
        text.push_str(if key.descending { " desc" } else { "" });
        text.push_str(match (key.descending, key.nulls_first) {
            (true, false) => " nulls last",
            (false, true) => " nulls first",
            (true, true) | (false, false) => "",
        });
        text
    };
    IndexView {
        name: index.name.clone(),
        origin: match index.origin {
            IndexOrigin::Index => "index",
            IndexOrigin::PrimaryKey => "primary key",
            IndexOrigin::UniqueConstraint => "unique",
            IndexOrigin::Exclusion => "exclude",
        },
        method: method(&index.method).to_owned(),
        unique: index.unique,
        keys: index.keys.iter().map(key).collect(),
        include: names(relation, &index.include),
        predicate: index.predicate.as_ref().map(|p| p.expr.to_string()),
        invalid: index.invalid.clone(),
        declared: Place::new(sources, index.declared),
    }
}

fn method(method: &IndexMethod) -> &str {
    match method {
        IndexMethod::Btree => "btree",
        IndexMethod::Hash => "hash",
        IndexMethod::Gist => "gist",
        IndexMethod::Gin => "gin",
        IndexMethod::SpGist => "spgist",
        IndexMethod::Brin => "brin",
        IndexMethod::Hnsw => "hnsw",
        IndexMethod::IvfFlat => "ivfflat",
        IndexMethod::Other(name) => name,
    }
}

fn owner(project: &Project, id: RelId, relation: &Relation) -> OwnerView {
    let kind = match project.ownership.of(id) {
        _ if !relation.is_table() => "definition",
        Owner::Root { .. } => "root",
        Owner::Direct { .. } => "direct",
        Owner::Indirect { .. } => "indirect",
        Owner::Unclassified { .. } => "unclassified",
        Owner::Global { .. } => "global",
    };
    let path = match (kind, project.tenancy.columns.is_empty()) {
        ("definition", _) => "owned as its definition says".to_owned(),
        (_, true) => "no tenancy".to_owned(),
        (_, false) => path(project, id, &mut Vec::new()),
    };
    OwnerView { kind, path }
}

/// A table in Markdown: how its rows are owned, its keys and its indexes.
pub fn about(project: &Project, sources: &Sources, id: RelId) -> String {
    let view = table(project, sources, id, project.catalog.relation(id));
    let mut out = format!("{} {}", code(&view.name), escaped(&view.owner.path));
    for index in view.keys.iter().chain(&view.indexes) {
        let _ = write!(out, "\n- {}", code(&index.shown()));
    }
    if let Some(place) = &view.declared {
        let _ = write!(out, "\n\ndeclared at {}", code(&place.shown()));
    }
    out
}

/// How the owner of a relation's rows is found, in words.
pub(super) fn owner_path(project: &Project, id: RelId) -> String {
    owner(project, id, project.catalog.relation(id)).path
}

/// How the owner of a table's rows is found, in words. A table that was gone through already is not gone through again.
fn path(project: &Project, id: RelId, gone: &mut Vec<RelId>) -> String {
    let catalog = &project.catalog;
    let relation = catalog.relation(id);
    gone.push(id);
    let mut step = |key: &ForeignKey, project: &Project| {
        let columns = names(catalog.relation(key.relation), &key.columns).join(", ");
        let target = &catalog.relation(key.target).name;
        match gone.contains(&key.target) {
            true => format!("({columns}) to {target}"),
            false => format!("({columns}) to {target}, which {}", path(project, key.target, gone)),
        }
    };
    match project.ownership.of(id) {
        Owner::Root { key, .. } => format!("lists the tenants by {}", name(relation, *key)),
        Owner::Direct { column, shared, .. } => {
            let shared = if *shared { "; without one, a row is everybody's" } else { "" };
            format!("is owned through its column {}{shared}", name(relation, *column))
        }
        Owner::Indirect { parents } => {
            let steps: Vec<String> = parents.iter().map(|p| step(catalog.foreign_key(*p), project)).collect();
            format!("is owned through its foreign key {}", steps.join(", and "))
        }
        Owner::Unclassified { parents, undeclared } => {
            let mut steps: Vec<String> =
                parents.iter().map(|p| step(catalog.foreign_key(*p), project)).collect();
            for (column, target) in undeclared {
                let target = &catalog.relation(*target).name;
                steps.push(format!(
                    "({}) to {target}, which no foreign key declares",
                    name(relation, *column)
                ));
            }
            format!("may be owned through {}", steps.join(", and "))
        }
        Owner::Global { configured: true } => "belongs to nobody, as configured".to_owned(),
        Owner::Global { configured: false } => "belongs to nobody: nothing leads to a tenant".to_owned(),
    }
}

fn name(relation: &Relation, column: ColumnIx) -> String {
    relation.columns.get(column as usize).map_or_else(String::new, |c| c.name.clone())
}

fn names(relation: &Relation, columns: &[ColumnIx]) -> Vec<String> {
    columns.iter().map(|c| name(relation, *c)).collect()
}
