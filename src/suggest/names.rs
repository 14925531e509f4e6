//! Names of new indexes: by the pattern that the project's own indexes follow, in at most 63 bytes, and not taken.

use std::collections::HashSet;

use crate::schema::Catalog;
use crate::schema::catalog::{IndexOrigin, KeyTerm, Name, RelationKind};
use crate::schema::names::{MAX_BYTES, clip};

/// How names of indexes are put together: `prefix table between columns suffix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    prefix: &'static str,
    between: &'static str,
    joint: &'static str,
    suffix: &'static str,
}

/// Patterns in use, PostgreSQL's own first.
const PATTERNS: &[Pattern] = &[
    Pattern { prefix: "", between: "_", joint: "_", suffix: "_idx" },
    Pattern { prefix: "idx_", between: "_", joint: "_", suffix: "" },
    Pattern { prefix: "ix_", between: "_", joint: "_", suffix: "" },
    Pattern { prefix: "index_", between: "_on_", joint: "_and_", suffix: "" },
    Pattern { prefix: "", between: "_", joint: "_", suffix: "_index" },
    Pattern { prefix: "", between: "_", joint: "_", suffix: "_ix" },
    Pattern { prefix: "i_", between: "_", joint: "_", suffix: "" },
];

/// The pattern of most of a project's indexes; PostgreSQL's own where none can be told.
pub(super) fn pattern(catalog: &Catalog) -> Pattern {
    let mut scores = vec![0usize; PATTERNS.len()];
    for (id, relation) in catalog.live_relations() {
        // Partitions' names are PostgreSQL's.
        if matches!(relation.kind, RelationKind::Partition(_)) {
            continue;
        }
        for (_, index) in catalog.usable_indexes(id).filter(|(_, i)| i.origin == IndexOrigin::Index) {
            let column = |key: &KeyTerm| match key {
                KeyTerm::Column(c) => relation.columns.get(*c as usize).map(|c| c.name.clone()),
                KeyTerm::Expr(_) => None,
            };
            let labels: Vec<String> = index.keys.iter().filter_map(|k| column(&k.term)).collect();
            for (score, pattern) in scores.iter_mut().zip(PATTERNS) {
                let exact = pattern.name(&relation.name.name, &labels, "") == index.name;
                let near = index.name.starts_with(pattern.prefix)
                    && index.name.ends_with(pattern.suffix)
                    && index.name.len() > pattern.prefix.len() + pattern.suffix.len();
                *score += 2 * usize::from(exact) + usize::from(near);
            }
        }
    }
    let best = scores.iter().max().copied().unwrap_or(0);
    let found = scores.iter().zip(PATTERNS).find(|(score, _)| **score == best).map(|(_, p)| *p);
    found.unwrap_or(Pattern { prefix: "", between: "_", joint: "_", suffix: "_idx" })
}

impl Pattern {
    fn name(self, table: &str, labels: &[String], number: &str) -> String {
        let columns = labels.join(self.joint);
        let fixed = self.prefix.len() + self.between.len() + self.suffix.len() + number.len();
        let available = MAX_BYTES.saturating_sub(fixed);
        let (mut table_bytes, mut column_bytes) = (table.len(), columns.len());
        // As PostgreSQL does it: the longer part is cut.
        if table_bytes + column_bytes > available {
            let excess = table_bytes + column_bytes - available;
            let off_longer = excess.min(table_bytes.abs_diff(column_bytes));
            let (longer, shorter) = match table_bytes > column_bytes {
                true => (&mut table_bytes, &mut column_bytes),
                false => (&mut column_bytes, &mut table_bytes),
            };
            let rest = excess - off_longer;
            *longer = longer.saturating_sub(off_longer + rest.div_ceil(2));
            *shorter = shorter.saturating_sub(rest / 2);
        }
        let (table, columns) = (clip(table, table_bytes), clip(&columns, column_bytes));
        format!("{}{table}{}{columns}{}{number}", self.prefix, self.between, self.suffix)
    }
}

/// Names that are taken, and the pattern of new ones.
#[derive(Debug)]
pub(super) struct Names {
    pattern: Pattern,
    taken: HashSet<Name>,
}

impl Names {
    pub(super) fn new(catalog: &Catalog) -> Names {
        let mut taken: HashSet<Name> = catalog.sequences.iter().cloned().collect();
        for (_, relation) in catalog.live_relations() {
            taken.insert(relation.name.clone());
        }
        for index in catalog.indexes.iter().filter(|i| !i.dropped) {
            let schema = catalog.relation(index.relation).name.schema.clone();
            taken.insert(Name { schema, name: index.name.clone() });
        }
        Names { pattern: pattern(catalog), taken }
    }

    /// A free name for an index of a table over keys with these labels.
    pub(super) fn choose(&mut self, table: &Name, labels: &[String]) -> String {
        let mut n = 0u32;
        loop {
            let number = if n == 0 { String::new() } else { n.to_string() };
            let name = self.pattern.name(&table.name, labels, &number);
            if self.taken.insert(Name { schema: table.schema.clone(), name: name.clone() }) {
                return name;
            }
            n += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::replay;
    use crate::source::{FileId, Fragment};
    use crate::syntax::{self, Dialect};
    use std::sync::Arc;

    fn catalog(ddl: &str) -> Catalog {
        let fragment = Arc::new(Fragment::whole(FileId(0), ddl.into()));
        let parsed = syntax::parse(&fragment, Dialect::Postgres);
        let statements: Vec<_> = parsed.iter().map(|s| (Arc::clone(&fragment), s)).collect();
        replay(Dialect::Postgres, &statements).0
    }

    fn named(ddl: &str, columns: &[&str]) -> String {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let table = Name { schema: "public".to_owned(), name: "orders".to_owned() };
        Names::new(&catalog(ddl)).choose(&table, &columns)
    }

    #[test]
    fn names_follow_the_pattern_of_the_others() {
        let ddl = |name: &str| format!("CREATE TABLE t (a int, b int); CREATE INDEX {name} ON t (a, b);");
        assert_eq!(named("", &["x", "y"]), "orders_x_y_idx");
        assert_eq!(named(&ddl("t_a_b_idx"), &["x"]), "orders_x_idx");
        assert_eq!(named(&ddl("idx_t_a_b"), &["x"]), "idx_orders_x");
        assert_eq!(named(&ddl("idx_t_for_report"), &["x"]), "idx_orders_x");
        assert_eq!(named(&ddl("ix_t_a_b"), &["x"]), "ix_orders_x");
        assert_eq!(named(&ddl("index_t_on_a_and_b"), &["x", "y"]), "index_orders_on_x_and_y");
    }

    #[test]
    fn names_are_short_and_free() {
        assert_eq!(named("CREATE TABLE orders_x_idx (a int);", &["x"]), "orders_x_idx1");
        let long = "c".repeat(80);
        assert_eq!(named("", &[&long]).len(), MAX_BYTES);
        assert!(named("", &[&long]).starts_with("orders_ccc"));
        let taken = format!("CREATE TABLE orders_{}_idx (a int);", "c".repeat(52));
        assert_eq!(named(&taken, &[&long]).len(), MAX_BYTES);
        assert!(named(&taken, &[&long]).ends_with("_idx1"));
    }
}
