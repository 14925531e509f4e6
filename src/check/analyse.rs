//! One database: its files to a [`Project`], stage by stage, from text alone.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::judge::Judge;
use crate::check::migrations::Ordered;
use crate::check::parse::{ParsedFile, parse};
use crate::check::{Notice, Reading, Request, bodies, called, notices, roles};
use crate::config::Database;
use crate::extract::host::{HostSettings, Library};
use crate::project::{Exempt, Project};
use crate::prove::ownership;
use crate::prove::settings::TenancySettings;
use crate::prove::tenancy::sessions_of_policies;
use crate::prove::verdict::Verdict;
use crate::schema::{self, Catalog};
use crate::source::paths::absolute;
use crate::source::{FileId, Location, MEGABYTE, Sources};
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
    /// A schema source that takes back what another does: it is no query, and it does not apply.
    Undo,
    /// Neither: only read to find the schema.
    Neither,
}

impl FileRole {
    /// Whether what the file says counts.
    pub const fn is_read(self) -> bool {
        match self {
            FileRole::Schema | FileRole::Query => true,
            FileRole::Perhaps { .. } | FileRole::Undo | FileRole::Neither => false,
        }
    }
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
    /// How they were read, and those of the bodies in them.
    pub reading: Reading,
}

/// Analyses one database, as the request wants it told. Never fails: what is wrong with its text becomes the project's
/// problems. `library` is where programs take constants of other files from.
pub fn analyse(
    database: &Database,
    mut files: Vec<InputFile>,
    sources: &Sources,
    request: &Request,
    library: Option<Arc<Library>>,
) -> Analysis {
    let ids: Vec<FileId> = files.iter().map(|f| f.id).collect();
    let settings = host_settings(database, library);
    let parsed = parse(&ids, sources, database.dialect, &settings, &request.monitor);
    let inferred = roles::infer(&mut files, &parsed);
    let order = roles::order(&mut files);
    let ordered =
        Ordered { files: &files, parsed: &parsed, order: &order, sources, dialect: database.dialect };
    // With a base, what is old is told from what is new by the findings themselves.
    let all_migrations = database.all_migrations || request.diff_base.is_some();
    let nearby =
        |path: &str| request.provider.read(&absolute(&request.working, path.as_ref()), MEGABYTE).ok();
    let (watched, unjudged_migrations) = ordered.watched(all_migrations, &nearby);
    let applied = roles::migrations(&order, &parsed);
    let (catalog, mut problems, migrations) = schema::replay_watched(database.dialect, &applied, &watched);
    let mut tenancy = tenancy(database, &catalog);
    let ownership = ownership::classify(&catalog, &tenancy);
    if tenancy.session.is_empty() {
        tenancy.session = sessions_of_policies(&catalog, &ownership);
        tenancy.session_of_policies = true;
    }
    let mut suppressions = Suppressions::default();
    for (_, file) in files.iter().zip(&parsed).filter(|(f, _)| f.role.is_read()) {
        suppressions.read(Part::File, &file.fragment, &file.statements, database.dialect);
        suppressions.read_host(&file.fragment, &file.comments, file.hosted.iter().map(|h| &*h.fragment));
        problems.extend(file.problems());
    }
    let queries = || files.iter().zip(&parsed).filter(|(f, _)| f.role == FileRole::Query).map(|(_, p)| p);
    let read = files.iter().zip(&parsed).filter(|(f, _)| f.role.is_read()).map(|(_, p)| p);
    let read: Vec<&ParsedFile> = read.collect();
    let (bodies, splices) =
        bodies::read(&catalog, database.dialect, tenancy.trust_row_security, queries(), &read);
    problems.extend(called::unreplayed(&catalog, database.dialect, &applied, &bodies));
    for body in &bodies {
        suppressions.read(Part::Body, &body.fragment, &body.statements, database.dialect);
    }
    problems.extend(suppressions.problems().iter().cloned());
    let exceptions = Exceptions::new(database, &files, &suppressions);
    let read: Vec<(usize, Reading)> = parsed.iter().map(|p| (p.count(), p.reading())).collect();
    // The trees of what is parsed are larger than all that is made of them: they go as they are judged.
    let queries: Vec<ParsedFile> =
        files.iter().zip(parsed).filter(|(f, _)| f.role == FileRole::Query).map(|(_, p)| p).collect();
    let mut judge = Judge::new(database, &catalog, &ownership, &tenancy, (request.detail, &request.monitor));
    judge.learn_functions(&bodies, &|place, function| exceptions.of(place, Some(function)).is_some());
    let (mut statements, met) = judge.all(queries, &bodies);
    problems.extend(met);
    for (stored, met) in [judge.views(), judge.policies()] {
        statements.extend(stored);
        problems.extend(met);
    }
    let conditions = judge.conditions();
    for statement in &mut statements {
        // One that is proved isolated needs no exception, whatever is written.
        if statement.proof.as_ref().is_some_and(|p| matches!(p.verdict, Verdict::Leaks | Verdict::Unknown)) {
            statement.exempt = exceptions.of(statement.location, statement.function.as_deref());
        }
    }

    let project = Project {
        database: database.name.clone(),
        catalog,
        ownership,
        tenancy,
        planner: database.planner.clone(),
        statements,
        conditions,
        splices,
        problems,
        migrations,
        unjudged_migrations,
        whole: false,
    };
    let notices = notices::notices(database, &project, inferred);
    let mut inside: HashMap<FileId, Reading> = HashMap::new();
    for body in &bodies {
        let reading = inside.entry(body.fragment.file).or_default();
        body.statements.iter().for_each(|statement| reading.add(statement));
    }
    let analysed = |(input, (statements, mut reading)): (InputFile, (usize, Reading))| {
        inside.get(&input.id).into_iter().for_each(|inside| reading.extend(inside));
        AnalysedFile { statements, reading, input }
    };
    let files = files.into_iter().zip(read).map(analysed).collect();
    Analysis { project, files, suppressions, notices }
}

/// Intended exceptions, by a comment or by their place.
struct Exceptions<'a> {
    database: &'a Database,
    suppressions: &'a Suppressions,
    paths: HashMap<FileId, &'a str>,
}

impl<'a> Exceptions<'a> {
    fn new(database: &'a Database, files: &'a [InputFile], suppressions: &'a Suppressions) -> Self {
        let paths = files.iter().map(|f| (f.id, f.relative.as_str())).collect();
        Exceptions { database, suppressions, paths }
    }

    /// The exception written for the statement there.
    fn of(&self, place: Location, function: Option<&str>) -> Option<Exempt> {
        if let Some((reason, at)) = self.suppressions.exempts(place) {
            return Some(Exempt { reason: reason.to_owned(), at: Some(at) });
        }
        let path = self.paths.get(&place.file).copied().unwrap_or_default();
        let by_place = self.database.exempt.iter().find(|x| x.covers(path, function))?;
        Some(Exempt { reason: by_place.reason.clone(), at: None })
    }
}

/// What a project says about the SQL in its programs.
fn host_settings(database: &Database, library: Option<Arc<Library>>) -> HostSettings {
    let queries = &database.queries;
    HostSettings {
        table_prefix: (!queries.table_prefix.is_empty()).then(|| queries.table_prefix.clone()),
        scope_helpers: queries.scope_helpers.clone(),
        tenant_column: database.tenancy.columns.first().map(|column| column.as_str().into()),
        library,
    }
}

/// The configured tenancy; where no tenant column is written, with the one that the schema shows.
fn tenancy(database: &Database, catalog: &Catalog) -> TenancySettings {
    let mut settings = database.tenancy.clone();
    if !database.tenancy_given {
        settings.columns = ownership::infer(catalog);
    }
    settings
}
