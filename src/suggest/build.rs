//! The statements that build an index without stopping writers.
//!
//! An index of a plain table is built CONCURRENTLY, which no transaction may hold. A tool that sends the statements of a
//! file one by one gets one file and the mark that turns its transaction off; of one that sends a file as a whole, each
//! such statement has a file to itself; one that wraps everything gets plain statements.
//!
//! A partitioned table cannot be indexed concurrently. Its index is created ON ONLY the table, each partition's own one
//! CONCURRENTLY, and these are attached; when the last is, the index is valid (manual 5.12.2.2).

use super::Part;
use super::sql;
use super::writer::{Step, slug};
use crate::schema::catalog::Name;
use crate::schema::names::ident;

pub(super) const fn concurrently(concurrent: bool) -> &'static str {
    if concurrent { "CONCURRENTLY " } else { "" }
}

/// An index to build.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    /// UNIQUE.
    pub unique: bool,
    /// Its name.
    pub name: &'a str,
    /// Its table.
    pub table: &'a Name,
    /// What stands behind `ON table`.
    pub tail: &'a str,
    /// Where its table is partitioned: its partitions with the index that each gets.
    pub partitions: Option<&'a [Part]>,
    /// What is said above it.
    pub remarks: Vec<String>,
}

/// The steps that create one index. `plain`: all in a transaction.
pub fn create(index: Build<'_>, plain: bool) -> Vec<Step> {
    let (name, table, tail) = (ident(index.name), sql::table(index.table), index.tail);
    let slug = format!("add_{}", slug(index.name));
    let parts = index.partitions.filter(|parts| !parts.is_empty() && !plain);
    let concurrent = index.partitions.is_none() && !plain;
    let own = sql::index_name(index.table, index.name);
    let word = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
    let mut first = Step {
        slug: slug.clone(),
        remarks: index.remarks,
        up: vec![format!("CREATE {word} {}IF NOT EXISTS {name} ON {table} {tail}", concurrently(concurrent))],
        down: vec![format!("DROP INDEX {}IF EXISTS {own}", concurrently(concurrent))],
        concurrent,
    };
    let Some(parts) = parts else { return vec![first] };
    first.up = vec![format!("CREATE {word} IF NOT EXISTS {name} ON ONLY {table} {tail}")];
    let mut built = Vec::new();
    let mut attach = Step { slug: format!("attach_{}", self::slug(index.name)), ..Step::default() };
    for part in parts {
        partition(word, part, &own, &mut first, &mut built, &mut attach);
    }
    let mut steps = vec![first];
    steps.extend(built);
    steps.push(attach);
    steps
}

/// The steps for one partition, whose index is attached to `parent`.
fn partition(
    word: &str,
    part: &Part,
    parent: &str,
    first: &mut Step,
    built: &mut Vec<Step>,
    attach: &mut Step,
) {
    let (name, table, tail) = (ident(&part.name), sql::table(&part.table), part.definition.tail());
    let own = sql::index_name(&part.table, &part.name);
    if part.partitioned {
        first.up.push(format!("CREATE {word} IF NOT EXISTS {name} ON ONLY {table} {tail}"));
        // Attached it went with the first, and cannot go alone.
        first.down.push(format!("DROP INDEX IF EXISTS {own}"));
        for inner in &part.parts {
            partition(word, inner, &own, first, built, attach);
        }
    } else {
        built.push(Step {
            slug: format!("add_{}", slug(&part.name)),
            up: vec![format!("CREATE {word} CONCURRENTLY IF NOT EXISTS {name} ON {table} {tail}")],
            concurrent: true,
            ..Step::default()
        });
    }
    attach.up.push(format!("ALTER INDEX {parent} ATTACH PARTITION {own}"));
}
