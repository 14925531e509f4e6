//! One database: its files to a [`Project`], stage by stage, from text alone.

use crate::check::Notice;
use crate::check::judge::Judge;
use std::collections::HashMap;
use std::sync::Arc;

use crate::check::infer::{self, Candidate};
use crate::check::parse::{ParsedFile, parse};
use crate::config::Database;
use crate::project::{AnalysedStatement, Project, Role};
use crate::prove::ownership::{self, Owner};
use crate::prove::settings::TenancySettings;
use crate::schema::catalog::RelationKind;
use crate::schema::{self, Catalog};
use crate::source::{FileId, Sources};
use crate::suppress::comments::{Part, Suppressions};

/// A file of a database.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Its text.
    pub id: FileId,
    /// Its path relative to the project's root, with `/`.
    pub relative: String,
    /// What it is for.
    pub role: FileRole,
    /// Whether its findings are reported.
    pub reported: bool,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// A schema source.
    Schema,
    /// Queries.
    Query,
    /// To be inferred: perhaps a schema source.
    Perhaps {
        /// Whether it holds queries if it is no schema source.
        query: bool,
    },
    /// Neither: only read to find the schema.
    Neither,
}

/// What came of one database.
#[derive(Debug)]
pub struct Analysis {
    /// What rules read.
    pub project: Project,
    /// Its files with what they turned out to be for.
    pub files: Vec<AnalysedFile>,
    /// Exceptions written in comments.
    pub suppressions: Suppressions,
    /// What was inferred, and what is missing.
    pub notices: Vec<Notice>,
}

/// A file that was analysed.
#[derive(Clone, Debug)]
pub struct AnalysedFile {
    /// The file.
    pub input: InputFile,
    /// How many statements it has.
    pub statements: usize,
    /// How many of them were not understood.
    pub unparsed: usize,
}

/// Analyses one database. Never fails: what is wrong with its text becomes the project's problems.
pub fn analyse(database: &Database, mut files: Vec<InputFile>, sources: &Sources) -> Analysis {
    let ids: Vec<FileId> = files.iter().map(|f| f.id).collect();
    let parsed = parse(&ids, sources, database.dialect);
    let inferred = assign_roles(&mut files, &parsed);

    let of_role =
        |role: FileRole| files.iter().zip(&parsed).filter(move |(f, _)| f.role == role).map(|(_, p)| p);
    let migrations =
        of_role(FileRole::Schema).flat_map(|p| p.statements.iter().map(|s| (Arc::clone(&p.fragment), s)));
    let (catalog, mut problems) = schema::replay(database.dialect, &migrations.collect::<Vec<_>>());
    let tenancy = tenancy(database, &catalog);
    let ownership = ownership::classify(&catalog, &tenancy);
    let mut suppressions = Suppressions::default();
    for (_, file) in files.iter().zip(&parsed).filter(|(f, _)| f.role != FileRole::Neither) {
        suppressions.read(Part::File, &file.fragment, &file.statements, database.dialect);
        problems.extend(file.problems());
    }
    let judge = Judge::new(database, &catalog, &ownership, &tenancy);
    let bodies = judge.bodies();
    for body in &bodies {
        suppressions.read(Part::Body, body.fragment, &body.statements, database.dialect);
    }
    problems.extend(suppressions.problems().iter().cloned());
    let queries: Vec<&ParsedFile> = of_role(FileRole::Query).collect();
    let (mut statements, met) = judge.all(&queries, &bodies);
    problems.extend(met);
    exempt(&mut statements, database, &files, &suppressions);

    let project = Project {
        database: database.name.clone(),
        catalog,
        ownership,
        tenancy,
        planner: database.planner.clone(),
        statements,
        problems,
    };
    let notices = notices(database, &project, inferred);
    let analysed = |(input, p): (InputFile, &ParsedFile)| AnalysedFile {
        input,
        statements: p.statements.len(),
        unparsed: p.unparsed(),
    };
    let files = files.into_iter().zip(&parsed).map(analysed).collect();
    Analysis { project, files, suppressions, notices }
}

/// Marks the statements that are intended exceptions, by a comment or by their place.
fn exempt(
    statements: &mut [AnalysedStatement],
    database: &Database,
    files: &[InputFile],
    suppressions: &Suppressions,
) {
    let paths: HashMap<FileId, &str> = files.iter().map(|f| (f.id, f.relative.as_str())).collect();
    for statement in statements {
        let function = match &statement.role {
            Role::Function(name) => Some(name.as_str()),
            Role::Query | Role::Schema | Role::View(_) => statement.bound.fragment.function.as_deref(),
        };
        let path = paths.get(&statement.location.file).copied().unwrap_or_default();
        let by_place = database.exempt.iter().find(|x| x.covers(path, function)).map(|x| x.reason.as_str());
        statement.exempt = suppressions.exempts(statement.location).or(by_place).map(str::to_owned);
    }
}

/// Decides what files are for whose role is open. Returns where the schema was found, if it was looked for.
fn assign_roles(files: &mut [InputFile], parsed: &[ParsedFile]) -> Option<String> {
    let open: Vec<usize> =
        (0..files.len()).filter(|i| matches!(files[*i].role, FileRole::Perhaps { .. })).collect();
    if open.is_empty() {
        return None;
    }
    let candidates: Vec<Candidate<'_>> =
        open.iter().map(|i| Candidate { path: &files[*i].relative, parsed: &parsed[*i] }).collect();
    let chosen = infer::schema(&candidates);
    let places = infer::places(&chosen.iter().map(|i| candidates[*i].path).collect::<Vec<_>>());
    for (n, file) in open.into_iter().enumerate() {
        files[file].role = match files[file].role {
            _ if chosen.contains(&n) => FileRole::Schema,
            FileRole::Perhaps { query: true } => FileRole::Query,
            FileRole::Perhaps { query: false } | FileRole::Schema | FileRole::Query | FileRole::Neither => {
                FileRole::Neither
            }
        };
    }
    Some(places)
}

/// The configured tenancy; where no tenant column is written, with the one that the schema shows.
fn tenancy(database: &Database, catalog: &Catalog) -> TenancySettings {
    let mut settings = database.tenancy.clone();
    if !database.tenancy_given {
        settings.columns = ownership::infer(catalog).map(|i| i.column).into_iter().collect();
    }
    settings
}

/// What a person must know to judge the result: what was inferred, and what is missing.
fn notices(database: &Database, project: &Project, inferred: Option<String>) -> Vec<Notice> {
    let which = if database.name == "main" { String::new() } else { format!("{}: ", database.name) };
    let tables = count_tables(project);
    if tables.of == 0 {
        return vec![Notice {
            degraded: true,
            message: format!("{which}no schema found: neither isolation nor index coverage can be judged"),
            help: Some(
                "name the files that declare it: `[schema] sources = [\"db/migrations/*.sql\"]`".to_owned(),
            ),
        }];
    }
    let mut all = Vec::new();
    let schema = inferred.filter(|places| !places.is_empty()).map(|places| format!("schema from {places}"));
    if project.tenancy.columns.is_empty() {
        let found = schema.map_or_else(String::new, |s| format!(", {s}"));
        all.push(match database.tenancy_given {
            true => Notice {
                degraded: false,
                message: format!("{which}tenancy is configured to be off{found}"),
                help: None,
            },
            false => Notice {
                degraded: true,
                message: format!(
                    "{which}no tenant column found in {}{found}: isolation is not judged, only index coverage",
                    tables.in_words()
                ),
                help: Some(
                    "name it: `[tenancy] columns = [\"account_id\"]`, or say that there is none: `columns = []`"
                        .to_owned(),
                ),
            },
        });
    } else if !database.tenancy_given || schema.is_some() {
        let parts: Vec<String> = std::iter::once(tables.owned(&project.tenancy)).chain(schema).collect();
        all.push(Notice { degraded: false, message: format!("{which}{}", parts.join("; ")), help: None });
    }
    all
}

/// Tables by how they are owned.
#[derive(Clone, Copy, Debug, Default)]
struct Tables {
    of: usize,
    roots: usize,
    direct: usize,
    indirect: usize,
    unclassified: usize,
    global: usize,
}

fn count_tables(project: &Project) -> Tables {
    let mut tables = Tables::default();
    for (id, relation) in project.catalog.live_relations() {
        // A partition is part of a table, not one that people count.
        if !relation.is_table() || matches!(relation.kind, RelationKind::Partition(_)) {
            continue;
        }
        tables.of += 1;
        *match project.ownership.of(id) {
            Owner::Root { .. } => &mut tables.roots,
            Owner::Direct { .. } => &mut tables.direct,
            Owner::Indirect { .. } => &mut tables.indirect,
            Owner::Unclassified { .. } => &mut tables.unclassified,
            Owner::Global { .. } => &mut tables.global,
        } += 1;
    }
    tables
}

impl Tables {
    fn in_words(self) -> String {
        format!("{} table{}", self.of, if self.of == 1 { "" } else { "s" })
    }

    /// "24 tables: 15 carry workspace_id, 6 reach it through foreign keys, 3 global".
    fn owned(self, tenancy: &TenancySettings) -> String {
        let lists = if self.roots == 1 { "lists the tenants" } else { "list the tenants" };
        let carry = format!(
            "{} {}",
            if self.direct == 1 { "carries" } else { "carry" },
            tenancy.columns.join(" or ")
        );
        let reach = if self.indirect == 1 { "reaches" } else { "reach" };
        let parts = [
            (self.roots, lists.to_owned()),
            (self.direct, carry),
            (self.indirect, format!("{reach} it through foreign keys")),
            (self.unclassified, "unclassified".to_owned()),
            (self.global, "global".to_owned()),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        format!("{}: {}", self.in_words(), parts.join(", "))
    }
}
