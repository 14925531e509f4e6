//! `sqlmoat harden`: what a schema lacks to keep tenants apart by itself, as SQL with names and as migrations: tenant
//! columns NOT NULL, keys that carry the tenant, row security, a function that counts what is wrong already. Which tables
//! belong to tenants is decided by `prove::ownership`.

pub mod count;
pub mod effect;
mod keys;
pub mod migration;
mod not_null;
mod row_security;
mod tenant_columns;

use crate::check::{CheckedProject, Outcome, Request};
use crate::prove::ownership::is_named;
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, ForeignKey, ForeignKeyId, Name, RelId, Relation, RelationKind};
use crate::source::{Location, Sources};
use crate::suggest::Part;
use crate::suggest::names::Names;
use crate::syntax::Dialect;
use effect::{Effect, Told};

/// One kind of thing that a schema may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Tenant columns for tables whose rows belong to a tenant through a parent.
    TenantColumns,
    /// A function that counts references between tenants.
    Count,
    /// Tenant columns NOT NULL.
    NotNull,
    /// Foreign keys that carry the tenant, with the unique keys that they refer to.
    Keys,
    /// Row security with policies that tie.
    RowSecurity,
}

impl Measure {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Measure::TenantColumns => "tenant-columns",
            Measure::Count => "count",
            Measure::NotNull => "not-null",
            Measure::Keys => "keys",
            Measure::RowSecurity => "row-security",
        }
    }
}

/// What to propose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The measures.
    pub measures: Vec<Measure>,
    /// Tables by name; all where none is given.
    pub tables: Vec<String>,
    /// Whether plain foreign keys are dropped where one that carries the tenant does all that they do.
    pub replace: bool,
}

/// What one project lacks.
#[derive(Debug, Default)]
pub struct Hardening {
    /// Tenant columns to add, those of parents first.
    pub tenant_columns: Vec<TenantColumn>,
    /// A function that counts what would keep the rest from holding.
    pub count: Option<CountingFunction>,
    /// Tenant columns that may be NULL.
    pub not_null: Vec<NotNull>,
    /// Unique keys that foreign keys will refer to.
    pub unique_keys: Vec<KeyIndex>,
    /// Indexes by which the rows are found that refer to one, or that a policy lets through.
    pub indexes: Vec<KeyIndex>,
    /// Foreign keys that carry the tenant.
    pub foreign_keys: Vec<TenantKey>,
    /// Foreign keys that carry the tenant and were never validated.
    pub unvalidated: Vec<Unvalidated>,
    /// Tables without row security.
    pub row_security: Vec<RowSecurity>,
    /// How the session names the tenant, where policies ask.
    pub sessions: Vec<Session>,
    /// What is lacking and not proposed.
    pub left_out: Vec<LeftOut>,
    /// What becomes of the project's findings.
    pub effect: Effect,
}

impl Hardening {
    /// Whether nothing is proposed.
    pub fn is_empty(&self) -> bool {
        self.tenant_columns.is_empty()
            && self.count.is_none()
            && self.not_null.is_empty()
            && self.foreign_keys.is_empty()
            && self.unvalidated.is_empty()
            && self.row_security.is_empty()
    }
}

/// A function that counts references between tenants.
#[derive(Debug)]
pub struct CountingFunction {
    /// Its body.
    pub body: String,
    /// The body of the function that there is and that counts less.
    pub before: Option<String>,
    /// What it counts: references, and tables whose rows may be nobody's.
    pub counted: Vec<String>,
}

/// A tenant column to add to a table whose rows belong to a tenant through a parent.
#[derive(Clone, Debug)]
pub struct TenantColumn {
    /// The table.
    pub table: Name,
    /// The column.
    pub column: String,
    /// Its type, as SQL.
    pub ty: String,
    /// The parent.
    pub parent: Name,
    /// The parent's tenant column.
    pub parent_column: String,
    /// The columns that refer to the parent, each with the parent's.
    pub pairs: Vec<(String, String)>,
    /// The trigger that takes the tenant from the parent, and its function.
    pub trigger: String,
    /// The tables that hold the rows: the table, or its partitions.
    pub stored_in: Vec<Name>,
    /// Where the table was declared.
    pub declared: Option<Location>,
    key: ForeignKeyId,
}

/// A tenant column that may be NULL.
#[derive(Debug)]
pub struct NotNull {
    /// The table.
    pub table: Name,
    /// The column.
    pub column: String,
    /// The CHECK that says it on the way.
    pub check: String,
    /// Whether the schema has that CHECK.
    pub stands: bool,
    /// Whether rows were checked for it.
    pub is_validated: bool,
    /// What to know of it.
    pub remarks: Vec<String>,
    /// Where the column was declared.
    pub declared: Option<Location>,
    place: (RelId, ColumnIx),
}

/// Row security of a table.
#[derive(Debug)]
pub struct RowSecurity {
    /// The table.
    pub table: Name,
    /// Whether it is to be enabled.
    pub enable: bool,
    /// Whether it is to be forced on the table's owner.
    pub force: bool,
    /// Policies to create.
    pub policies: Vec<NewPolicy>,
    /// What to know of it.
    pub remarks: Vec<String>,
}

/// A policy to create.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// Its name.
    pub name: String,
    /// FOR SELECT; else FOR ALL.
    pub reads: bool,
    /// USING.
    pub using: String,
    /// WITH CHECK.
    pub check: Option<String>,
}

/// How the session names the tenant of a level.
#[derive(Clone, Debug)]
pub struct Session {
    /// The level, 0 innermost.
    pub level: usize,
    /// The expression.
    pub expression: String,
    /// Whether the configuration or a policy has it; else it is made up.
    pub is_known: bool,
}

/// An index over the tenant and a key.
#[derive(Debug)]
pub struct KeyIndex {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// Its columns, the tenant first.
    pub columns: Vec<String>,
    /// Where its table is partitioned: its partitions with the index that each gets.
    pub partitions: Option<Vec<Part>>,
    /// What it is for, as a clause.
    pub purpose: &'static str,
    of: RelId,
    over: Vec<ColumnIx>,
}

/// A foreign key that carries the tenant, beside or instead of a plain one.
#[derive(Clone, Debug)]
pub struct TenantKey {
    /// Its name.
    pub name: String,
    /// The referring table.
    pub table: Name,
    /// Its columns, the tenant first.
    pub columns: Vec<String>,
    /// The table referred to.
    pub target: Name,
    /// The key referred to.
    pub target_columns: Vec<String>,
    /// ON DELETE, ON UPDATE and DEFERRABLE, as SQL, with a space in front.
    pub actions: String,
    /// The plain foreign key.
    pub plain: PlainKey,
    /// Whether the plain one is dropped.
    pub replaces: bool,
    /// Where the referring table is partitioned: its partitions, each with the name of its own key.
    pub partitions: Option<Vec<(Name, String)>>,
    /// What to know of it.
    pub remarks: Vec<String>,
    /// What is no longer reported: of the plain key, and of joins along it that may lead to another tenant's row.
    pub settles: Vec<Told>,
    id: ForeignKeyId,
}

/// A foreign key as it is.
#[derive(Clone, Debug)]
pub struct PlainKey {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// What stands behind `FOREIGN KEY`, to make it again.
    pub definition: String,
    /// Whether the table referred to is partitioned: then it cannot be made NOT VALID and validated as a whole.
    pub of_partitions: bool,
    /// Where it was declared.
    pub declared: Location,
}

/// A foreign key that carries the tenant and was not validated.
#[derive(Clone, Debug)]
pub struct Unvalidated {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// Where it was declared.
    pub declared: Location,
}

/// What is lacking and not proposed.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// What kind of thing.
    pub measure: Measure,
    /// A table, or a column of it.
    pub what: String,
    /// Why, as a clause.
    pub why: String,
    /// Where it was declared.
    pub declared: Option<Location>,
}

/// Whether a project's dialect is the one that is written.
pub fn applies(checked: &CheckedProject) -> bool {
    checked.dialect == Dialect::Postgres
}

/// What the projects of a run lack.
#[derive(Debug)]
pub struct Proposed {
    /// The run, with the tenant columns that are proposed: places are its own.
    pub outcome: Outcome,
    /// What each of its projects lacks, in their order.
    pub all: Vec<Hardening>,
    /// The run without these columns, where there are any.
    original: Option<Outcome>,
}

/// Finds what each project of a run lacks.
pub fn harden(request: &Request, outcome: Outcome, options: &Options) -> Proposed {
    let columns: Vec<Hardening> =
        outcome.projects.iter().map(|checked| with_columns(checked, options)).collect();
    // With tenant columns, tables lack other things: what follows is asked of the schema that has them.
    let has_columns = columns.iter().any(|hardening| !hardening.tenant_columns.is_empty());
    let (outcome, original) = match has_columns {
        true => (effect::applied(request, &columns), Some(outcome)),
        false => (outcome, None),
    };
    let each = outcome.projects.iter().zip(columns);
    let all = each.map(|(checked, columns)| lacks(checked, &outcome.sources, options, columns)).collect();
    Proposed { outcome, all, original }
}

impl Proposed {
    /// Finds what becomes of the findings of each project.
    pub fn judge(&mut self, request: &Request) {
        let is_empty = self.all.iter().all(Hardening::is_empty);
        let applied = (!is_empty).then(|| effect::applied(request, &self.all));
        let last = applied.as_ref().unwrap_or(&self.outcome);
        let first = self.original.as_ref().unwrap_or(&self.outcome);
        let places = effect::Places::new(&self.outcome.sources);
        for ((before, after), hardening) in first.projects.iter().zip(&last.projects).zip(&mut self.all) {
            let before = (before, &first.sources);
            hardening.effect = effect::compare(before, (after, &last.sources), &places, hardening);
            effect::attribute(before, &places, hardening);
        }
    }
}

/// Finds the tenant columns that a project lacks.
fn with_columns(checked: &CheckedProject, options: &Options) -> Hardening {
    let mut found = Hardening::default();
    if options.measures.contains(&Measure::TenantColumns) {
        let mut names = Names::new(&checked.project.catalog);
        tenant_columns::find(checked, options, &mut names, &mut found);
    }
    found
}

/// Finds what else a project on PostgreSQL lacks.
fn lacks(checked: &CheckedProject, sources: &Sources, options: &Options, mut found: Hardening) -> Hardening {
    let mut names = Names::new(&checked.project.catalog);
    let asked = |measure| options.measures.contains(&measure);
    if asked(Measure::Count) {
        count::find(checked, options, &mut found);
    }
    if asked(Measure::NotNull) {
        not_null::find(checked, options, &mut names, &mut found);
    }
    if asked(Measure::Keys) {
        keys::find(checked, options, &mut names, &mut found);
    }
    if asked(Measure::RowSecurity) {
        row_security::find(checked, options, &mut names, &mut found);
    }
    // A column that is proposed is declared nowhere.
    for column in &mut found.not_null {
        column.declared = column.declared.filter(|at| !sources.get(at.file).path.is_empty());
    }
    found
}

/// Whether a project has a table of that name.
pub fn has_table(checked: &CheckedProject, name: &str) -> bool {
    checked.project.catalog.live_relations().any(|(_, r)| r.is_table() && is_named(r, name))
}

/// Tables that are asked for, in order of creation.
fn tables<'a>(catalog: &'a Catalog, options: &'a Options) -> impl Iterator<Item = (RelId, &'a Relation)> {
    catalog.live_relations().filter(|(_, r)| {
        let stored = r.is_table() && !matches!(r.kind, RelationKind::Foreign);
        stored && (options.tables.is_empty() || options.tables.iter().any(|name| is_named(r, name)))
    })
}

/// Whether a partition has the key from its parent.
fn is_of_parent(catalog: &Catalog, id: RelId, key: &ForeignKey) -> bool {
    let RelationKind::Partition(parent) = catalog.relation(id).kind else { return false };
    let own: Vec<String> = key.columns.iter().map(|c| column_name(catalog.relation(id), *c)).collect();
    catalog.live_foreign_keys(parent).any(|(_, theirs)| {
        let names = theirs.columns.iter().map(|c| column_name(catalog.relation(parent), *c));
        theirs.target == key.target
            && theirs.target_columns == key.target_columns
            && names.eq(own.iter().cloned())
    })
}

/// The name of a column.
fn column_name(relation: &Relation, column: ColumnIx) -> String {
    relation.columns.get(column as usize).map(|c| c.name.clone()).unwrap_or_default()
}
