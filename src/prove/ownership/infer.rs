//! The tenant columns of a schema that no configuration describes, from the names that such columns go by.

use crate::schema::catalog::{Catalog, RelId, Relation};

use super::columns::{column_folded, fold};
use super::{Owner, Ownership, root_by_name, root_by_reference};

/// Words for a tenant, most telling first; those of one line mean the same.
const TENANTS: &[&[&str]] = &[
    &["workspace"],
    &["tenant"],
    &["organization", "organisation", "org"],
    &["company"],
    &["account"],
    &["team"],
];

/// Words that name the tenant in some products and an ordinary record in others: taken only where none of the above is
/// found and a good part of the tables carries one.
const PERHAPS: &[&[&str]] = &[
    &["shop"],
    &["store"],
    &["merchant"],
    &["project"],
    &["site"],
    &["client"],
    &["customer"],
    &["business"],
    &["environment"],
];

/// A word for a tenant with the columns that a schema spells it by.
struct Candidate {
    /// Spellings that the schema has, the most frequent of each fold, the most frequent first.
    spellings: Vec<String>,
    tables: Vec<RelId>,
    /// The table that lists these tenants.
    root: Option<RelId>,
}

/// Finds the tenant columns of a schema: of the words that tenant columns go by, the one that most tables carry, if at
/// least two do or one does as a foreign key; with the outer levels that its table of tenants itself belongs to.
/// Innermost first, as `tenancy.columns`; empty where there is none.
pub fn infer(catalog: &Catalog) -> Vec<String> {
    let likely: Vec<Candidate> = TENANTS.iter().filter_map(|words| candidate(catalog, words)).collect();
    let best = most_carried(&likely).filter(|c| c.tables.len() >= 2 || c.root.is_some());
    let Some(best) = best else {
        let tables = catalog.live_relations().filter(|(_, r)| r.is_table()).count();
        let perhaps: Vec<Candidate> = PERHAPS.iter().filter_map(|words| candidate(catalog, words)).collect();
        let best = most_carried(&perhaps).filter(|c| c.tables.len() >= 3.max(tables / 3));
        return best.map_or_else(Vec::new, |c| c.spellings.clone());
    };
    let mut columns = best.spellings.clone();
    // A workspace that belongs to an organization: tables that carry the organization alone are the outer level's.
    let mut inner = best.root;
    for _ in 0..likely.len() {
        let outer = likely.iter().find(|c| {
            inner.is_some_and(|root| c.tables.contains(&root))
                && !c.spellings.iter().any(|s| columns.contains(s))
        });
        let Some(outer) = outer else { break };
        columns.extend(outer.spellings.iter().cloned());
        inner = outer.root;
    }
    columns
}

/// Tables that are taken for global though they carry a column that goes by a tenant's name, with that column: another
/// spelling, or another level, that inference could not place.
pub fn overlooked<'a>(catalog: &'a Catalog, ownership: &Ownership) -> Vec<(&'a Relation, &'a str)> {
    let mut found = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| r.is_table()) {
        if *ownership.of(id) == (Owner::Global { configured: false })
            && let Some(column) = TENANTS.iter().find_map(|words| spelled(relation, words))
        {
            found.push((relation, column));
        }
    }
    found
}

/// The candidate that most tables carry; of several, the first.
fn most_carried(candidates: &[Candidate]) -> Option<&Candidate> {
    candidates.iter().rev().max_by_key(|c| c.tables.len())
}

fn candidate(catalog: &Catalog, words: &[&str]) -> Option<Candidate> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut tables = Vec::new();
    for (id, relation) in catalog.live_relations().filter(|(_, r)| r.is_table()) {
        let Some(column) = spelled(relation, words) else { continue };
        tables.push(id);
        match counts.iter_mut().find(|(name, _)| *name == column) {
            Some((_, count)) => *count += 1,
            None => counts.push((column, 1)),
        }
    }
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut spellings: Vec<String> = Vec::new();
    for (name, _) in counts {
        if !spellings.iter().any(|s| fold(s) == fold(name)) {
            spellings.push(name.to_owned());
        }
    }
    let first = spellings.first()?;
    let root = spellings.iter().find_map(|s| root_by_reference(catalog, &fold(s)));
    let root = root.or_else(|| root_by_name(catalog, first));
    Some(Candidate { spellings, tables, root })
}

/// The column of a table that goes by one of the words: `workspace_id`, `"workspaceId"`, `workspace_uuid`.
fn spelled<'a>(relation: &'a Relation, words: &[&str]) -> Option<&'a str> {
    let column = words.iter().find_map(|word| {
        ["id", "uuid"].iter().find_map(|tail| column_folded(relation, &format!("{word}{tail}")))
    })?;
    Some(relation.column(column).name.as_str())
}
