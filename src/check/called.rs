//! Functions that migrations call and that change the schema: the replay follows no calls, and says so.

use std::collections::HashSet;
use std::sync::Arc;

use crate::check::bodies::Body;
use crate::finding::Problem;
use crate::query::model::{BoundStatement, Call, ExprKind, Source};
use crate::query::{self, Context, walk};
use crate::schema::Catalog;
use crate::schema::catalog::FunctionId;
use crate::source::{Fragment, Span};
use crate::syntax::{self, Command, Dialect, Statement};

/// Objects whose changes an analysis looks at.
const OBJECTS: &[&str] = &[
    "TABLE",
    "INDEX",
    "VIEW",
    "MATERIALIZED VIEW",
    "TRIGGER",
    "POLICY",
    "FUNCTION",
    "TYPE",
    "DOMAIN",
    "SCHEMA",
];

/// Calls in the migrations of functions that change the schema.
pub(super) fn unreplayed(
    catalog: &Catalog,
    dialect: Dialect,
    migrations: &[(Arc<Fragment>, &Statement)],
    bodies: &[Body],
) -> Vec<Problem> {
    let changes = |body: &&Body| body.statements.iter().any(|s| changes_schema(&body.fragment, s));
    let changing: HashSet<FunctionId> = bodies.iter().filter(changes).filter_map(|body| body.id).collect();
    if changing.is_empty() {
        return Vec::new();
    }
    let context = Context::of_block();
    let mut problems = Vec::new();
    let mut look = |fragment: &Arc<Fragment>, statement: &Statement| {
        let (bound, _) = query::bind_in(catalog, &context, fragment, statement);
        for (id, span) in calls(&bound).into_iter().filter(|(id, _)| changing.contains(id)) {
            let name = &catalog.function(id).name;
            problems.push(Problem {
                rule: "unappliable-migration",
                message: format!("the changes of the schema that `{name}` makes are not replayed"),
                help: Some(
                    "write them as statements of the migration, or give the schema that comes of it"
                        .to_owned(),
                ),
                primary: fragment.locate(span),
                statement: Some(fragment.locate(statement.span)),
                labels: Vec::new(),
            });
        }
    };
    for (fragment, statement) in migrations {
        match &statement.body {
            syntax::Body::Command(Command::Do { language, body }) if language == "plpgsql" => {
                let Some(body) = syntax::literal_fragment(fragment, *body) else { continue };
                let routine = syntax::plpgsql(&Arc::new(body), dialect);
                routine.statements.iter().for_each(|embedded| look(&embedded.fragment, &embedded.statement));
            }
            syntax::Body::Parsed(_) if matches!(statement.head.as_str(), "SELECT" | "CALL" | "WITH") => {
                look(fragment, statement);
            }
            _other => {}
        }
    }
    problems
}

/// Whether a statement changes what the replay keeps; temporary tables end with their session.
fn changes_schema(fragment: &Fragment, statement: &Statement) -> bool {
    let verb = ["CREATE ", "ALTER ", "DROP "].iter().find_map(|verb| statement.head.strip_prefix(verb));
    let text = fragment.text.get(statement.span.range()).unwrap_or_default();
    let mut words = text.split_whitespace().take(4);
    verb.is_some_and(|object| OBJECTS.contains(&object))
        && !words
            .any(|word| ["TEMP", "TEMPORARY"].iter().any(|temporary| word.eq_ignore_ascii_case(temporary)))
}

/// The functions of the schema that a statement calls.
fn calls(statement: &BoundStatement) -> Vec<(FunctionId, Span)> {
    let mut found = Vec::new();
    let mut note = |call: &Call| found.extend(call.function.map(|id| (id, call.span)));
    walk::walk_exprs(statement, |e| {
        if let ExprKind::Call(call) = &e.kind {
            note(call);
        }
    });
    for occurrence in &statement.occurrences {
        if let Source::Function { calls, ordinality: _ } = &occurrence.source {
            calls.iter().for_each(&mut note);
        }
    }
    found
}
