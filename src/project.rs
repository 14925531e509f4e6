//! Everything analysed about one project: catalog, statements with their proofs, problems, settings. What rules read.

use std::sync::Arc;

use crate::finding::Problem;
use crate::prove::ownership::Ownership;
use crate::prove::policy::Judgement;
use crate::prove::settings::{PlannerSettings, TenancySettings};
use crate::prove::verdict::{Access, TenancyProof};
use crate::query::model::{Body, BoundStatement};
use crate::schema::Catalog;
use crate::schema::migration::Migration;
use crate::source::Location;

/// One analysed project (one database of one configuration).
#[derive(Debug)]
pub struct Project {
    /// The name of the database, `main` unless configured.
    pub database: String,
    /// The replayed schema.
    pub catalog: Arc<Catalog>,
    /// How each table is owned.
    pub ownership: Arc<Ownership>,
    /// What the project says, or what was inferred, about its tenancy.
    pub tenancy: TenancySettings,
    /// What the project says about its database.
    pub planner: PlannerSettings,
    /// Statements in order of file and place.
    pub statements: Vec<AnalysedStatement>,
    /// The conditions of the policies of row-level security, in the order of the catalog.
    pub conditions: Vec<PolicyCondition>,
    /// What functions, and the DO blocks of query files, splice into SQL that they execute.
    pub splices: Vec<Splice>,
    /// What earlier stages met.
    pub problems: Vec<Problem>,
    /// The migrations that are judged, in the order in which they apply.
    pub migrations: Vec<Migration>,
    /// How many older migrations are not.
    pub unjudged_migrations: usize,
    /// Whether the run covers every file of the project, so that what it did not meet is not there.
    pub whole: bool,
}

/// Where a statement comes from, which decides the rules that read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Application code or a query file.
    Query,
    /// A migration or another schema source: runs for all tenants.
    Schema,
    /// The body of a function of the schema.
    Function(String),
    /// The definition of a view of the schema.
    View(String),
    /// A condition of a policy of row-level security.
    Policy(String),
}

/// One condition of a policy, judged.
#[derive(Clone, Debug)]
pub struct PolicyCondition {
    /// The policy, an index into [`Catalog::policies`].
    pub policy: usize,
    /// Which of its conditions.
    pub clause: PolicyClause,
    /// The condition as a statement of one expression; occurrence 0 is the row.
    pub bound: BoundStatement,
    /// What was found.
    pub judgement: Judgement,
    /// How its rows are found in the table, where it reads them; absent where that was not analysed.
    pub access: Option<Access>,
}

/// A condition of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyClause {
    /// USING: the rows that are there.
    Using,
    /// WITH CHECK: the rows that are written.
    WithCheck,
}

impl PolicyClause {
    /// Its keywords.
    pub const fn words(self) -> &'static str {
        match self {
            PolicyClause::Using => "USING",
            PolicyClause::WithCheck => "WITH CHECK",
        }
    }
}

/// An expression whose text becomes part of a statement that a body executes, as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The expression.
    pub location: Location,
    /// The same as written.
    pub text: String,
    /// The text of the EXECUTE.
    pub execution: Location,
    /// The function; none in a DO block.
    pub function: Option<String>,
    /// Where its value comes from.
    pub origin: SpliceOrigin,
    /// Whether it is all of the statement's text.
    pub whole: bool,
}

/// Where a spliced value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpliceOrigin {
    /// The caller of the function.
    Parameter,
    /// A variable that nothing is seen to set, or a field of a row.
    Variable,
    /// A query of tables.
    Query,
    /// The system catalogs, or what a trigger is told of its table.
    Catalog,
    /// Another expression.
    Expression,
}

/// A statement with what was proved of it.
#[derive(Clone, Debug)]
pub struct AnalysedStatement {
    /// The bound model.
    pub bound: BoundStatement,
    /// Where it stands, without its semicolon.
    pub location: Location,
    /// Where it comes from.
    pub role: Role,
    /// The function around it, of the schema or of the host language, or the name that a query file gives it.
    pub function: Option<String>,
    /// The tenancy verdict; absent where the tenancy half is off or the role exempts it.
    pub proof: Option<TenancyProof>,
    /// Index coverage of each occurrence of a base table.
    pub access: Vec<Access>,
    /// Whether it is too large for its index coverage to be analysed: then `access` is empty and means nothing.
    pub unplanned: bool,
    /// The written exception that covers it, where it is not isolated and there is one.
    pub exempt: Option<Exempt>,
}

/// A written exception from tenant isolation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempt {
    /// Its reason.
    pub reason: String,
    /// The comment's token; absent where the configuration says so.
    pub at: Option<Location>,
}

impl AnalysedStatement {
    /// Whether the tenancy verdict of this statement is asked for: it reads or writes tables, and neither on behalf of
    /// all tenants as a migration does, nor for whoever uses it as a view does.
    pub fn is_judged(&self) -> bool {
        !matches!(self.role, Role::Schema | Role::View(_))
            && !matches!(self.bound.body, Body::Set { .. } | Body::Utility)
    }
}
