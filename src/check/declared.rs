//! What a schema decides by itself, whatever is queried: the catalog, whose its tables are, and what its own statements
//! (bodies, views, policies) are worth.

use std::cell::RefCell;
use std::sync::Arc;

use crate::check::bodies::{self, Body};
use crate::check::functions::Learned;
use crate::check::judge::Judge;
use crate::check::migrations::{Nearby, Ordered};
use crate::check::parse::ParsedFile;
use crate::check::{called, roles};
use crate::config::Database;
use crate::finding::Problem;
use crate::project::{AnalysedStatement, PolicyCondition, Splice};
use crate::prove::access::IndexBook;
use crate::prove::ownership::{self, Ownership};
use crate::prove::settings::TenancySettings;
use crate::prove::tenancy::sessions_of_policies;
use crate::schema::migration::Migration;
use crate::schema::{self, Catalog, Replayed};
use crate::source::{Fragment, Location};
use crate::syntax::Statement;

/// What a schema decides.
pub(super) struct Declared {
    pub(super) catalog: Arc<Catalog>,
    pub(super) ownership: Arc<Ownership>,
    pub(super) tenancy: TenancySettings,
    /// What the replay met.
    pub(super) problems: Vec<Problem>,
    /// The migrations that are judged, and how many older ones are not.
    pub(super) migrations: (Vec<Migration>, usize),
    /// Declarations beside the schema that are no part of it.
    pub(super) left_out: Vec<Location>,
    /// What files near the migrations say of how they are run, those that are not there included.
    asked: Vec<(String, Option<String>)>,
    /// Every index, ready to be matched.
    pub(super) book: Arc<IndexBook>,
    /// Bodies of its functions, and what its files pass as text to functions that run it.
    pub(super) bodies: Vec<Body>,
    pub(super) splices: Vec<Splice>,
    /// Absent until they were judged.
    pub(super) judged: Option<Judged>,
}

/// The schema's own statements.
#[derive(Clone)]
pub(super) struct Judged {
    pub(super) statements: Vec<AnalysedStatement>,
    pub(super) problems: Vec<Problem>,
    pub(super) conditions: Vec<PolicyCondition>,
    /// What calls of its functions depend on.
    pub(super) learned: Vec<Learned>,
}

impl Declared {
    /// Replays a schema in its order. `files` are those that it is read from, `beside` is what others declare.
    pub(super) fn new(
        database: &Database,
        ordered: &Ordered<'_>,
        all_migrations: bool,
        (files, beside): (&[&ParsedFile], &[(Arc<Fragment>, &Statement)]),
        nearby: Nearby<'_>,
    ) -> Self {
        let asked = RefCell::new(Vec::new());
        let ask = |path: &str| {
            let text = nearby(path);
            asked.borrow_mut().push((path.to_owned(), text.clone()));
            text
        };
        let (mut watched, mut unjudged) = ordered.watched(all_migrations, &ask);
        let (programs, older) = ordered.programs(all_migrations);
        watched.extend(programs);
        unjudged += older;
        let steps = roles::migrations(ordered.order, ordered.parsed);
        // Where nothing is declared at all, what stands beside is no schema.
        let beside = if steps.is_empty() { &[] } else { beside };
        let Replayed { catalog, mut problems, migrations, left_out } =
            schema::replay_watched(database.dialect, &steps, &watched, beside);
        let mut tenancy = tenancy(database, &catalog);
        let ownership = ownership::classify(&catalog, &tenancy);
        if tenancy.session.is_empty() {
            tenancy.session = sessions_of_policies(&catalog, &ownership);
            tenancy.session_of_policies = true;
        }
        let (bodies, splices) =
            bodies::of_schema(&catalog, database.dialect, tenancy.trust_row_security, files);
        problems.extend(called::unreplayed(&catalog, database.dialect, &steps, &bodies));
        let book = Arc::new(IndexBook::new(&catalog));
        let (catalog, ownership) = (Arc::new(catalog), Arc::new(ownership));
        let (migrations, asked) = ((migrations, unjudged), asked.into_inner());
        let judged = None;
        Declared {
            catalog,
            ownership,
            tenancy,
            problems,
            migrations,
            left_out,
            asked,
            book,
            bodies,
            splices,
            judged,
        }
    }

    /// Whether the files near the migrations say what they said.
    pub(super) fn holds(&self, nearby: Nearby<'_>) -> bool {
        self.asked.iter().all(|(path, text)| nearby(path) == *text)
    }

    /// Judges the schema's statements, and teaches the judge what its functions do.
    pub(super) fn judge(&self, judge: &mut Judge<'_>, exempt: &dyn Fn(Location, &str) -> bool) -> Judged {
        let learned = judge.learn_functions(&self.bodies, exempt);
        let (mut statements, mut problems) = judge.all(Vec::new(), &self.bodies);
        for (stored, met) in [judge.views(), judge.policies()] {
            statements.extend(stored);
            problems.extend(met);
        }
        Judged { statements, problems, conditions: judge.conditions(), learned }
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
