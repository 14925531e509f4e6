//! Puts the examples that say `plan="..."` to the planner of a live PostgreSQL. What a plan is said to be:
//!
//! | word | holds when, with sequential scans, hash and merge joins priced out |
//! |---|---|
//! | `seek(index)` | the index is searched by its first key (of GIN and its like, by any), indexes that are not named being invalid |
//! | `whole(index)` | it is read, and not searched by its first key |
//! | `none(table)` | no index of the table is searched by its first key, all of them being valid |
//! | `sort`, `no-sort` | a sort remains, or none does, with sorts and bitmaps priced out as well |
//!
//! Plans are generic: values of parameters are unknown.

#[path = "../support/pages.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
mod pages;
#[path = "../support/postgres.rs"]
#[expect(dead_code, reason = "shared with other experiments, which ask more of it")]
pub(crate) mod postgres;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use pages::{Block, Project, projects};
use postgres::{Server, Session, SqlError, literal, server};
use serde_json::Value;
use sqlmoat::rules::{self, Family};

/// Each example plans as it says, and every statement on a page of the family `index` says it.
#[test]
fn plans_are_those_of_postgres() {
    let mut all = projects(&super::root().join("rules"));
    let of_family = |project: &Project| {
        let page = project.origin.split(':').next().unwrap_or_default();
        let rule = page.trim_start_matches("rules/").trim_end_matches(".md");
        rules::find(rule).is_some_and(|rule| rule.facts.family == Family::Index)
    };
    let silent = all.iter().filter(|p| of_family(p)).flat_map(|p| &p.statements);
    let silent: Vec<&str> = silent
        .filter(|(block, _)| !block.attributes.contains_key("plan"))
        .map(|(block, _)| block.origin.as_str())
        .collect();
    assert!(silent.is_empty(), "examples do not say how they are planned: {}", silent.join(", "));
    all.extend(projects(&super::root().join("testdata/rules")));
    let Some(server) = server() else { return };
    let wrong: Vec<String> = all.iter().flat_map(|project| differences(server, project)).collect();
    assert!(wrong.is_empty(), "{} wrong\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

/// What the planner does otherwise than the statements of a project say.
fn differences(server: &Server, project: &Project) -> Vec<String> {
    let planned: Vec<&Block> = project
        .statements
        .iter()
        .map(|(block, _)| block)
        .filter(|b| b.attributes.contains_key("plan"))
        .collect();
    if planned.is_empty() {
        return Vec::new();
    }
    let mut session = match open(server, &project.schema) {
        Ok(session) => session,
        Err(error) => return vec![format!("{}: the schema is refused: {error}", project.origin)],
    };
    let mut wrong = Vec::new();
    for block in planned {
        for word in block.attributes["plan"].split_whitespace() {
            match holds(&mut session, &block.text, &block.attributes["plan"], word) {
                Ok(Ok(())) => {}
                Ok(Err(plan)) => wrong.push(format!("{}: not {word}:\n{plan}", block.origin)),
                Err(error) => wrong.push(format!("{}: {error}", block.origin)),
            }
        }
    }
    wrong
}

/// A database of its own whose collation is not that of bytes.
fn open(server: &Server, schema: &str) -> Result<Session, SqlError> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("plans_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let create = format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"
    );
    server.connect("postgres")?.batch(&create)?;
    let mut session = server.connect(&name)?;
    session.batch(schema)?;
    session.batch(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; \
         SET enable_mergejoin = off",
    )?;
    Ok(session)
}

/// Whether one word of a plan holds; else the plan.
fn holds(session: &mut Session, sql: &str, said: &str, word: &str) -> Result<Result<(), String>, SqlError> {
    let (kind, of) = word.trim_end_matches(')').split_once('(').unwrap_or((word, ""));
    let plan = match kind {
        "sort" | "no-sort" => {
            session.batch("BEGIN; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")?;
            explain(session, sql)?
        }
        "seek" | "whole" => {
            session.batch("BEGIN")?;
            keep_only(session, said)?;
            explain(session, sql)?
        }
        _ => {
            session.batch("BEGIN")?;
            explain(session, sql)?
        }
    };
    let first = first_keys(session)?;
    session.batch("ROLLBACK")?;
    let mut nodes = Vec::new();
    walk(&plan, "", &mut nodes);
    let is_searched = |node: &Node<'_>| {
        let condition = node.plan["Index Cond"].as_str().unwrap_or_default();
        node.index()
            .and_then(|index| first.get(index))
            .is_some_and(|(key, any)| !condition.is_empty() && (*any || condition.contains(key.as_str())))
    };
    let holds = match kind {
        "seek" => nodes.iter().any(|n| n.index() == Some(of) && is_searched(n)),
        "whole" => nodes.iter().any(|n| n.index() == Some(of) && !is_searched(n)),
        "none" => !nodes.iter().any(|n| n.table == of && is_searched(n)),
        "sort" => nodes.iter().any(Node::is_sort),
        "no-sort" => !nodes.iter().any(Node::is_sort),
        _ => panic!("`{word}` is no word of a plan"),
    };
    Ok(if holds { Ok(()) } else { Err(serde_json::to_string_pretty(&plan).unwrap_or_default()) })
}

/// Makes invalid, until the transaction is rolled back, the indexes that are not named.
fn keep_only(session: &mut Session, said: &str) -> Result<(), SqlError> {
    let named: Vec<String> = said
        .split_whitespace()
        .filter_map(|word| word.trim_end_matches(')').split_once('('))
        .filter(|(kind, _)| matches!(*kind, "seek" | "whole"))
        .map(|(_, name)| literal(Some(name)))
        .collect();
    session.batch(&format!(
        "UPDATE pg_index SET indisvalid = false FROM pg_class i JOIN pg_namespace n ON n.oid = i.relnamespace \
         WHERE i.oid = indexrelid AND n.nspname = 'public' AND i.relname NOT IN ({})",
        named.join(", ")
    ))
}

/// The plan of a statement for values that are unknown.
fn explain(session: &mut Session, sql: &str) -> Result<Value, SqlError> {
    session.batch(&format!("PREPARE example AS {sql}"))?;
    let count =
        "SELECT cardinality(parameter_types)::text FROM pg_prepared_statements WHERE name = 'example'";
    let count: usize =
        session.rows(count)?.into_iter().flatten().flatten().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let values = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
    let rows = session.rows(&format!("EXPLAIN (FORMAT JSON) EXECUTE example{values}"))?;
    session.batch("DEALLOCATE example")?;
    let text = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    let plans: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(plans[0]["Plan"].clone())
}

/// Of each index its first key as text, and whether any key can lead a search.
fn first_keys(session: &mut Session) -> Result<HashMap<String, (String, bool)>, SqlError> {
    let rows = session.rows(
        "SELECT i.relname, pg_get_indexdef(x.indexrelid, 1, false), (m.amname NOT IN ('btree', 'hash'))::text \
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace \
         JOIN pg_am m ON m.oid = i.relam WHERE n.nspname = 'public'",
    )?;
    let entry = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        let (name, key, any) = (row.next()?, row.next()?, row.next()? == "true");
        // An expression stands in parentheses, of which a condition has its own.
        Some((name, (key.trim_start_matches('(').trim_end_matches(')').to_owned(), any)))
    };
    Ok(rows.into_iter().filter_map(entry).collect())
}

/// A node of a plan with the table that it is about.
struct Node<'p> {
    plan: &'p Value,
    table: &'p str,
}

impl Node<'_> {
    fn index(&self) -> Option<&str> {
        self.plan["Index Name"].as_str()
    }

    fn is_sort(&self) -> bool {
        self.plan["Node Type"].as_str().is_some_and(|kind| kind.ends_with("Sort"))
    }
}

/// The nodes of a plan; those below a bitmap are about its table.
fn walk<'p>(plan: &'p Value, above: &'p str, nodes: &mut Vec<Node<'p>>) {
    let table = plan["Relation Name"].as_str().unwrap_or(above);
    nodes.push(Node { plan, table });
    let bitmap = plan["Node Type"].as_str().is_some_and(|kind| kind.starts_with("Bitmap"));
    for child in plan["Plans"].as_array().into_iter().flatten() {
        walk(child, if bitmap { table } else { "" }, nodes);
    }
}
