//! One database: its files to a [`Project`], stage by stage, from text alone.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::check::declared::{Declared, Judged};
use crate::check::judge::Judge;
use crate::check::kept::{KeptDatabase, SchemaKey, schema_key};
use crate::check::migrations::Ordered;
use crate::check::parse::{ParsedFile, parse};
use crate::check::{Notice, Reading, Request, beside, bodies, executed, notices, roles};
use crate::config::Database;
use crate::extract::host::{self, HostSettings, Library};
use crate::project::{Exempt, Project};
use crate::prove::verdict::Verdict;
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
    /// Which of the configured schema sources means it, from 0; they apply in that order.
    pub source: usize,
    /// Whether its findings are reported.
    pub reported: bool,
    /// Whether the run asks for this very file: it is named, or staged.
    pub named: bool,
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
    /// No file: what is judged as if it applied after the schema.
    Proposed,
    /// Neither: only read to find the schema.
    Neither,
}

impl FileRole {
    /// Whether what the file says counts.
    pub const fn is_read(self) -> bool {
        match self {
            FileRole::Schema | FileRole::Query => true,
            FileRole::Perhaps { .. } | FileRole::Undo | FileRole::Proposed | FileRole::Neither => false,
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
    /// Of a program: texts of SQL in it, one that may read several ways counted for each.
    pub texts: usize,
}

/// Analyses one database, as the request wants it told. Never fails: what is wrong with its text becomes the project's
/// problems. `library` is where programs take constants of other files from.
pub fn analyse(
    database: &Database,
    files: Vec<InputFile>,
    sources: &Sources,
    request: &Request,
    library: Option<Arc<Library>>,
) -> Analysis {
    analyse_again(database, files, sources, request, (library, None))
}

/// The same after an analysis that left something, for which this one leaves something as well.
pub(super) fn analyse_again(
    database: &Database,
    mut files: Vec<InputFile>,
    sources: &Sources,
    request: &Request,
    (library, mut given): (Option<Arc<Library>>, Option<&mut KeptDatabase>),
) -> Analysis {
    let settings = host_settings(database, library);
    let parsed = parse_all((database, &settings), &files, sources, request, given.as_deref_mut());
    // What is made of half of the files is not worth keeping.
    let mut kept = given.filter(|_| !request.monitor.is_ended());
    let inferred = roles::infer(&mut files, &parsed);
    let order = roles::order(&mut files);

    // What a migration executes runs once, for all tenants, and is no query.
    let executes = |file: &InputFile| file.role != FileRole::Schema && executed::is_migration(&file.relative);
    let of_role = |role: FileRole| {
        let all = files.iter().zip(&parsed);
        all.filter(move |(f, _)| f.role == role && !executes(f)).map(|(_, p)| p).collect::<Vec<&ParsedFile>>()
    };
    let beside = beside::declarations(&files, &parsed);
    let key = if kept.is_some() { schema_key(&files, sources, &beside) } else { SchemaKey::new() };
    let ordered =
        Ordered { files: &files, parsed: &parsed, order: &order, sources, dialect: database.dialect };
    let nearby =
        |path: &str| request.provider.read(&absolute(&request.working, path.as_ref()), MEGABYTE).ok();
    // With a base, what is old is told from what is new by the findings themselves.
    let all_migrations = database.all_migrations || request.diff_base.is_some();
    let mut declared = kept
        .as_deref_mut()
        .and_then(|kept| kept.take_declared(&key))
        .filter(|declared| declared.holds(&nearby))
        .unwrap_or_else(|| {
            let sources = (&*of_role(FileRole::Schema), &*beside);
            Declared::new(database, &ordered, all_migrations, sources, &nearby)
        });
    let (catalog, ownership) = (Arc::clone(&declared.catalog), Arc::clone(&declared.ownership));
    let tenancy = declared.tenancy.clone();
    let left_out = beside::left_out(&files, &declared.left_out);
    let of_programs = beside.iter().any(|(fragment, _)| fragment.host.is_some())
        || files.iter().any(|file| executed::is_migration(&file.relative));
    let (migrations, unjudged_migrations) = declared.migrations.clone();

    let mut problems = declared.problems.clone();
    let mut suppressions = Suppressions::default();
    for (_, file) in files.iter().zip(&parsed).filter(|(f, _)| f.role.is_read()) {
        suppressions.read(Part::File, &file.fragment, &file.statements, database.dialect);
        suppressions.read_host(&file.fragment, &file.comments, file.hosted.iter().map(|h| &*h.fragment));
        problems.extend(file.problems());
    }
    let queries = of_role(FileRole::Query);
    let (bodies, splices) =
        bodies::of_queries(&catalog, database.dialect, tenancy.trust_row_security, &queries);
    for body in declared.bodies.iter().chain(&bodies) {
        suppressions.read(Part::Body, &body.fragment, &body.statements, database.dialect);
    }
    problems.extend(suppressions.problems().iter().cloned());
    let exceptions = Exceptions::new(database, &files, &suppressions);
    let read: Vec<(usize, usize, Reading)> =
        parsed.iter().map(|p| (p.count(), p.hosted.len(), p.reading())).collect();
    let mut inside: HashMap<FileId, Reading> = HashMap::new();
    for body in declared.bodies.iter().chain(&bodies) {
        let reading = inside.entry(body.fragment.file).or_default();
        body.statements.iter().for_each(|statement| reading.add(statement));
    }
    // The trees of what is parsed are larger than all that is made of them: they go as they are judged.
    let (queries, others): (Vec<_>, Vec<_>) =
        files.iter().zip(parsed).partition(|(f, _)| f.role == FileRole::Query && !executes(f));
    let queries: Vec<ParsedFile> = queries.into_iter().map(|(_, p)| p).collect();
    let mut judge = Judge::new(database, (&catalog, &declared.book), &ownership, &tenancy, request);
    let judged = match declared.judged.take() {
        Some(judged) => {
            judge.recall(&judged.learned);
            judged
        }
        None => declared.judge(&mut judge, &|place, function| exceptions.of(place, Some(function)).is_some()),
    };
    let (mut statements, met) = judge.all(queries, &bodies);
    problems.extend(met);
    let mut splices_of_all = declared.splices.clone();
    splices_of_all.extend(splices);
    let stored = match kept {
        Some(kept) => {
            // What a program says rests on other files as well, by the constants that it takes from them.
            let is_program = |file: &InputFile| host::is_host(Path::new(&file.relative));
            let rests_on_programs =
                of_programs || files.iter().any(|f| f.role == FileRole::Schema && is_program(f));
            for (file, parsed) in others.into_iter().filter(|(file, _)| !is_program(file)) {
                kept.put_parsed(file, sources, parsed);
            }
            if !rests_on_programs {
                declared.judged = Some(judged.clone()).filter(|_| !request.monitor.is_ended());
                kept.put_declared(key, declared);
            }
            judged
        }
        None => judged,
    };
    let Judged { statements: of_schema, problems: met, conditions, learned: _ } = stored;
    statements.extend(of_schema);
    problems.extend(met);
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
        splices: splices_of_all,
        problems,
        migrations,
        unjudged_migrations,
        whole: false,
    };
    let mut notices = notices::notices(database, &project, inferred);
    notices.extend(left_out);
    let analysed = |(input, (statements, texts, mut reading)): (InputFile, (usize, usize, Reading))| {
        inside.get(&input.id).into_iter().for_each(|inside| reading.extend(inside));
        AnalysedFile { statements, reading, texts, input }
    };
    let files = files.into_iter().zip(read).map(analysed).collect();
    Analysis { project, files, suppressions, notices }
}

/// The trees of all files, in their order; those that are kept are not made anew.
fn parse_all(
    (database, settings): (&Database, &HostSettings),
    files: &[InputFile],
    sources: &Sources,
    request: &Request,
    kept: Option<&mut KeptDatabase>,
) -> Vec<ParsedFile> {
    let of_schema: HashSet<FileId> =
        files.iter().filter(|f| f.role == FileRole::Schema).map(|f| f.id).collect();
    let is_schema = |id: FileId| of_schema.contains(&id);
    let parse =
        |ids: &[FileId]| parse(ids, &is_schema, sources, database.dialect, settings, &request.monitor);
    let Some(kept) = kept else { return parse(&files.iter().map(|f| f.id).collect::<Vec<_>>()) };
    let known = kept.take_parsed(files, sources);
    let missing = files.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(f, _)| f.id);
    let mut made = parse(&missing.collect::<Vec<_>>()).into_iter();
    known.into_iter().filter_map(|known| known.or_else(|| made.next())).collect()
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
