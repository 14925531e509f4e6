//! The suggested indexes on a live PostgreSQL: it builds them, and plans the statements with them.

use sqlmoat::check::{self, Request};
use sqlmoat::project::AnalysedStatement;
use sqlmoat::prove::access::Lack;
use sqlmoat::suggest::{Part, Read, Suggested, suggest};

use crate::apply::apply_schema;
use crate::postgres::{Session, literal, server};
use crate::{Case, all_cases, run, stdout};

/// Each read that an index is said to serve is planned with it when no other index of the table is valid, generic plan,
/// sequential scans and sorts priced out.
#[test]
fn postgres_uses_what_is_suggested() {
    let Some(server) = server() else { return };
    let (mut wrong, mut reads, mut skipped) = (Vec::new(), 0, Vec::new());
    for case in all_cases() {
        let database = server.create_database().expect("a database");
        let mut session = server.connect(&database).expect("a connection");
        apply_schema(&mut session, &case.folder);
        if let Err(why) = apply_suggested(&mut session, &case) {
            wrong.push(why);
        }
        session
            .batch(
                "SET enable_seqscan = off; SET enable_sort = off; SET enable_hashjoin = off; \
                 SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan",
            )
            .expect("settings");
        let (case_reads, case_skipped, case_wrong) = plans(&mut session, &case);
        reads += case_reads;
        skipped.extend(case_skipped);
        wrong.extend(case_wrong);
        drop(session);
        server.drop_database(&database);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        skipped.len() * 10 <= reads,
        "of {reads} reads these could not be planned:\n{}",
        skipped.join("\n")
    );
    assert!(reads > 50, "{reads} reads");
}

/// Runs the migrations that are printed, one statement after the other.
fn apply_suggested(session: &mut Session, case: &Case) -> Result<(), String> {
    let printed = stdout(&run(&case.folder, &["suggest", "--format", "migration"]));
    let up = printed.lines().scan(true, |up, line| {
        if line.starts_with("-- ==> ") {
            *up = !line.ends_with(".down.sql");
        } else if line.starts_with("-- +goose Down") {
            *up = false;
        }
        Some(if *up { line } else { "" })
    });
    let up: Vec<&str> = up.collect();
    for statement in up.join("\n").split(";\n").filter(|s| s.contains("INDEX")) {
        session.batch(statement).map_err(|e| format!("{}: `{statement}`: {e}", case.name))?;
    }
    Ok(())
}

fn plans(session: &mut Session, case: &Case) -> (usize, Vec<String>, Vec<String>) {
    let outcome = check::run(&Request {
        working: case.folder.clone(),
        paths: vec![case.folder.clone()],
        ..Request::default()
    });
    let checked = &outcome.projects[0];
    let suggestion = suggest(checked, false);
    let (mut reads, mut skipped, mut wrong) = (0, Vec::new(), Vec::new());
    for index in &suggestion.indexes {
        for read in &index.serves {
            // The text that a program puts together is not all in one place.
            let Some(statement) = checked.project.statements.iter().find(|s| holds(s, read)) else {
                continue;
            };
            let fragment = &statement.bound.fragment;
            let text = numbered(&fragment.text[statement.bound.span.range()]);
            let shown = format!("{}: {} for `{text}`", case.name, index.name);
            if index.partitions.as_ref().is_some_and(Vec::is_empty) {
                // Nothing is read of a table without partitions.
                continue;
            }
            reads += 1;
            // Of an OR several of the suggested indexes serve together.
            let names: Vec<String> = suggestion
                .indexes
                .iter()
                .filter(|other| other.table == index.table && other.serves.contains(read))
                .flat_map(names)
                .collect();
            match uses(session, &index.table.to_string(), &names, index, read, &text) {
                Ok(true) => {}
                Ok(false) => wrong.push(format!("{shown} is not used")),
                Err(why) => skipped.push(format!("{shown}: {why}")),
            }
        }
    }
    (reads, skipped, wrong)
}

fn holds(statement: &AnalysedStatement, read: &Read) -> bool {
    statement.location.file == read.at.file
        && statement.location.span.start <= read.at.span.start
        && read.at.span.end <= statement.location.span.end
}

/// `?` as numbered parameters, EXPLAIN taken off.
fn numbered(text: &str) -> String {
    let text = match text.find("SELECT") {
        Some(at) if text.starts_with("EXPLAIN") => &text[at..],
        _ => text,
    };
    let mut n = 0;
    text.chars()
        .map(|c| {
            if c == '?' {
                n += 1;
                format!("${n}")
            } else {
                c.to_string()
            }
        })
        .collect()
}

fn names(index: &Suggested) -> Vec<String> {
    fn parts(list: &[Part], out: &mut Vec<String>) {
        for part in list {
            out.push(part.name.clone());
            parts(&part.parts, out);
        }
    }
    let mut out = vec![index.name.clone()];
    parts(index.partitions.as_deref().unwrap_or_default(), &mut out);
    out
}

/// Whether a statement is planned with one of these indexes, and searches it unless it wants an order or all of a
/// partial one.
fn uses(
    session: &mut Session,
    table: &str,
    names: &[String],
    index: &Suggested,
    read: &Read,
    text: &str,
) -> Result<bool, String> {
    let list: Vec<String> = names.iter().map(|n| literal(Some(n))).collect();
    let tables = format!(
        "SELECT relid FROM pg_partition_tree({t}) UNION SELECT {t}::regclass",
        t = literal(Some(&quoted(table)))
    );
    let hide = format!(
        "UPDATE pg_index SET indisvalid = false WHERE indisvalid AND indrelid IN ({tables}) \
         AND indexrelid NOT IN (SELECT oid FROM pg_class WHERE relname IN ({}))",
        list.join(", ")
    );
    session.batch("BEGIN; SET LOCAL allow_system_table_mods = on").map_err(|e| e.to_string())?;
    let plan = (|| {
        // An OR may need indexes that were there before.
        if !text.contains(" OR ") {
            session.batch(&hide)?;
        }
        session.batch(&format!("PREPARE s AS {text}"))?;
        let count = session
            .rows("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 's'")?;
        let count: usize = count[0][0].as_deref().unwrap_or("0").parse().unwrap_or(0);
        let nulls = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
        session.rows(&format!("EXPLAIN (FORMAT JSON) EXECUTE s{nulls}"))
    })();
    session.batch("ROLLBACK; DEALLOCATE ALL").map_err(|e| e.to_string())?;
    let rows = plan.map_err(|e| e.to_string())?;
    let plan = rows[0][0].clone().unwrap_or_default();
    let plan: serde_json::Value = serde_json::from_str(&plan).map_err(|e| e.to_string())?;
    let may_be_whole =
        read.lack == Lack::Sort || index.definition.predicate.is_some() || text.contains("ORDER BY");
    Ok(searches(&plan[0]["Plan"], names, may_be_whole))
}

/// The name of a table as SQL must write it.
fn quoted(table: &str) -> String {
    table.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".")
}

fn searches(node: &serde_json::Value, names: &[String], may_be_whole: bool) -> bool {
    let named = node["Index Name"].as_str().is_some_and(|name| names.iter().any(|n| n == name));
    let here = named && (may_be_whole || node["Index Cond"].is_string());
    here || node["Plans"].as_array().into_iter().flatten().any(|inner| searches(inner, names, may_be_whole))
}
