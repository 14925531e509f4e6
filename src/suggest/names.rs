//! Names of new indexes and constraints: by the pattern that the project's own follow, in at most 63 bytes, and not
//! taken.

use std::collections::HashSet;

use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, Index, IndexOrigin, KeyTerm, Name, RelId, RelationKind};
use crate::schema::names::{MAX_BYTES, clip};

/// What gets a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An index.
    Index,
    /// A UNIQUE constraint.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A CHECK constraint.
    Check,
}

/// How names are put together: `prefix table between columns suffix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pattern {
    prefix: &'static str,
    between: &'static str,
    joint: &'static str,
    suffix: &'static str,
}

/// `table_columns` with a word in front or behind.
const fn plain(prefix: &'static str, suffix: &'static str) -> Pattern {
    Pattern { prefix, between: "_", joint: "_", suffix }
}

const INDEXES: &[Pattern] = &[
    plain("", "_idx"),
    plain("idx_", ""),
    plain("ix_", ""),
    Pattern { prefix: "index_", between: "_on_", joint: "_and_", suffix: "" },
    plain("", "_index"),
    plain("", "_ix"),
    plain("i_", ""),
];

const UNIQUE_KEYS: &[Pattern] = &[
    plain("", "_key"),
    plain("", "_unique"),
    plain("uq_", ""),
    plain("", "_uniq"),
    plain("uk_", ""),
    plain("unique_", ""),
    plain("", "_uk"),
    plain("", "_uq"),
];

const FOREIGN_KEYS: &[Pattern] =
    &[plain("", "_fkey"), plain("", "_fk"), plain("fk_", ""), plain("", "_foreign")];

const CHECKS: &[Pattern] = &[plain("", "_check"), plain("chk_", ""), plain("ck_", ""), plain("", "_chk")];

impl Kind {
    /// Patterns in use, PostgreSQL's own first.
    const fn patterns(self) -> &'static [Pattern] {
        match self {
            Kind::Index => INDEXES,
            Kind::Unique => UNIQUE_KEYS,
            Kind::ForeignKey => FOREIGN_KEYS,
            Kind::Check => CHECKS,
        }
    }

    /// Names of that kind that a table has, with the columns that they are over.
    fn of(self, catalog: &Catalog, id: RelId) -> Vec<(&str, Vec<String>)> {
        let relation = catalog.relation(id);
        let named = |columns: &[ColumnIx]| -> Vec<String> {
            columns.iter().filter_map(|c| relation.columns.get(*c as usize)).map(|c| c.name.clone()).collect()
        };
        let keys = |index: &Index| -> Vec<ColumnIx> {
            let column = |key: &KeyTerm| match key {
                KeyTerm::Column(c) => Some(*c),
                KeyTerm::Expr(_) => None,
            };
            index.keys.iter().filter_map(|k| column(&k.term)).collect()
        };
        let indexes = |origin: IndexOrigin| {
            let of_origin = catalog.usable_indexes(id).filter(move |(_, i)| i.origin == origin);
            of_origin.map(|(_, i)| (i.name.as_str(), named(&keys(i)))).collect()
        };
        match self {
            Kind::Index => indexes(IndexOrigin::Index),
            Kind::Unique => indexes(IndexOrigin::UniqueConstraint),
            Kind::ForeignKey => {
                catalog.live_foreign_keys(id).map(|(_, fk)| (fk.name.as_str(), named(&fk.columns))).collect()
            }
            Kind::Check => relation.checks.iter().map(|c| (c.name.as_str(), Vec::new())).collect(),
        }
    }
}

/// The pattern of most of a project's names of that kind; PostgreSQL's own where none can be told.
fn pattern(catalog: &Catalog, kind: Kind) -> Pattern {
    let patterns = kind.patterns();
    let mut scores = vec![0usize; patterns.len()];
    for (id, relation) in catalog.live_relations() {
        // Partitions' names are PostgreSQL's.
        if matches!(relation.kind, RelationKind::Partition(_)) {
            continue;
        }
        for (name, labels) in kind.of(catalog, id) {
            for (score, pattern) in scores.iter_mut().zip(patterns) {
                let exact = pattern.name(&relation.name.name, &labels, "") == name;
                let near = name.starts_with(pattern.prefix)
                    && name.ends_with(pattern.suffix)
                    && name.len() > pattern.prefix.len() + pattern.suffix.len();
                *score += 2 * usize::from(exact) + usize::from(near);
            }
        }
    }
    let best = scores.iter().max().copied().unwrap_or(0);
    let found = scores.iter().zip(patterns).find(|(score, _)| **score == best).map(|(_, p)| *p);
    found.unwrap_or(plain("", "_idx"))
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

/// Names that are taken, and the patterns of new ones.
#[derive(Debug)]
pub struct Names {
    patterns: [Pattern; 4],
    taken: HashSet<Name>,
}

impl Names {
    /// The names of a catalog.
    pub fn new(catalog: &Catalog) -> Names {
        let mut taken: HashSet<Name> = catalog.sequences.iter().cloned().collect();
        for (id, relation) in catalog.live_relations() {
            taken.insert(relation.name.clone());
            let schema = &relation.name.schema;
            let keys = catalog.live_foreign_keys(id).map(|(_, fk)| &fk.name);
            for name in keys.chain(relation.checks.iter().map(|c| &c.name)) {
                taken.insert(Name { schema: schema.clone(), name: name.clone() });
            }
        }
        for index in catalog.indexes.iter().filter(|i| !i.dropped) {
            let schema = catalog.relation(index.relation).name.schema.clone();
            taken.insert(Name { schema, name: index.name.clone() });
        }
        taken.extend(catalog.functions.iter().map(|function| function.name.clone()));
        let kinds = [Kind::Index, Kind::Unique, Kind::ForeignKey, Kind::Check];
        Names { patterns: kinds.map(|kind| pattern(catalog, kind)), taken }
    }

    /// A free name for an index or constraint of a table over keys with these labels.
    pub fn choose(&mut self, kind: Kind, table: &Name, labels: &[String]) -> String {
        let [index, unique, foreign_key, check] = self.patterns;
        let pattern = match kind {
            Kind::Index => index,
            Kind::Unique => unique,
            Kind::ForeignKey => foreign_key,
            Kind::Check => check,
        };
        self.free(pattern, table, labels)
    }

    /// A free name for something else of a table's column: `table_column` with a word behind.
    pub fn derived(&mut self, table: &Name, column: &str, suffix: &'static str) -> String {
        self.free(plain("", suffix), table, &[column.to_owned()])
    }

    fn free(&mut self, pattern: Pattern, table: &Name, labels: &[String]) -> String {
        let mut n = 0u32;
        loop {
            let number = if n == 0 { String::new() } else { n.to_string() };
            let name = pattern.name(&table.name, labels, &number);
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
        Names::new(&catalog(ddl)).choose(Kind::Index, &table, &columns)
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
