//! Which index serves which read of a table (INDEXING.md): for every occurrence of a base table in a statement the
//! class of its access, the indexes with the keys that they take, what is left to filter, and whether a sort remains.
//!
//! `plan` cuts the statement into the levels that PostgreSQL plans one by one, `joins` and `equivalence` say which
//! conditions reach which relation, `serve` asks one index what it makes of them (`matching`, `rows`, `opclass`,
//! `pattern`, `order`), `either` combines indexes under OR, `reading` chooses.
//!
//! Errs towards "not covered": what is called covered can be served by PostgreSQL of the version set.

mod barrier;
mod book;
mod demand;
mod dml;
mod either;
mod equivalence;
mod joins;
mod matching;
mod missed;
mod opclass;
mod order;
mod pattern;
mod plan;
mod reading;
mod rows;
mod serve;
mod uncovered;

pub use book::{IndexBook, RealIndex, Sketch, SketchKey, key_text};
pub use demand::{Ask, Demand, How, Sort, demands};
pub use uncovered::{Lack, lack};

use crate::prove::settings::PlannerSettings;
use crate::prove::verdict::{Access, AccessClass};
use crate::query::model::{Body, BoundStatement, OccId, Source};
use crate::schema::Catalog;
use plan::Planner;

/// A statement that names more relations, those inside views included, is not analysed: what a plan of it would be is
/// anybody's guess, and PostgreSQL's own planner gives up searching long before.
pub const MAX_TABLES: usize = 400;

/// Whether a statement names too many relations to be analysed.
pub fn is_too_large(statement: &BoundStatement) -> bool {
    statement.occurrences.len() > MAX_TABLES
}

/// How each occurrence of a base table in a statement can be read, in order of occurrence. The target of an INSERT is
/// read only for ON CONFLICT and is left out otherwise.
pub fn analyse(
    catalog: &Catalog,
    book: &IndexBook,
    statement: &BoundStatement,
    settings: &PlannerSettings,
) -> Vec<Access> {
    if is_too_large(statement) {
        return Vec::new();
    }
    let mut planner = Planner::new(catalog, book, settings, statement);
    planner.body(&statement.body);
    let mut found = planner.found;
    for (occ, occurrence) in (0u32..).map(OccId).zip(&statement.occurrences) {
        if matches!(occurrence.source, Source::Table(_)) && !is_insert_target(statement, occ) {
            found.entry(occ).or_insert_with(|| reading::Reading::nothing(occ));
        }
    }
    found.into_values().collect()
}

/// Classes from best to worst.
const fn rank(class: AccessClass) -> u8 {
    match class {
        AccessClass::Seek => 0,
        AccessClass::PartialOnly => 1,
        AccessClass::OrderOnly => 2,
        AccessClass::None => 3,
        AccessClass::NoPredicate => 4,
    }
}

fn is_insert_target(statement: &BoundStatement, occ: OccId) -> bool {
    let inserts = |body: &Body| matches!(body, Body::Insert(insert) if insert.target == occ);
    inserts(&statement.body)
        || statement
            .ctes
            .iter()
            .any(|cte| matches!(&cte.body, crate::query::model::CteBody::Modify(body) if inserts(body)))
}
