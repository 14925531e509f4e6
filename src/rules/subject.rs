//! A statement as rules look at it: its names in words, its places in files.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::project::{AnalysedStatement, Project};
use crate::prove::ownership::Owner;
use crate::prove::verdict::TenantTerm;
use crate::query::model::{
    Body, BoundStatement, CompareOp, CteBody, ExprKind, OccId, Occurrence, Source, SplicedRole,
};
use crate::query::place::{Place, Places};
use crate::query::walk::walk_exprs;
use crate::rules::draft::Draft;
use crate::rules::remedy::{self, Origin};
use crate::rules::words::code;
use crate::schema::catalog::{ColumnIx, RelId, Relation};
use crate::source::{HOLE_PREFIX, Hole, Location, Span};

/// A column of an occurrence.
pub(super) type Column = (OccId, ColumnIx);

/// One statement of a project. What several findings ask of the whole statement is worked out once.
pub(super) struct Subject<'a> {
    pub(super) project: &'a Project,
    pub(super) statement: &'a AnalysedStatement,
    places: OnceCell<Places<'a>>,
    used_terms: OnceCell<Vec<(usize, String, Origin)>>,
    uses: OnceCell<HashMap<RelId, usize>>,
    equated: OnceCell<HashSet<(Column, Column)>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(project: &'a Project, statement: &'a AnalysedStatement) -> Subject<'a> {
        Subject {
            project,
            statement,
            places: OnceCell::new(),
            used_terms: OnceCell::new(),
            uses: OnceCell::new(),
            equated: OnceCell::new(),
        }
    }

    /// Where an occurrence stands.
    pub(super) fn place(&self, occ: OccId) -> Option<&Place<'a>> {
        self.places.get_or_init(|| Places::new(self.bound())).of(occ)
    }

    /// The terms that the statement compares with tenant columns, by level.
    pub(super) fn used_terms(&self) -> &[(usize, String, Origin)] {
        self.used_terms.get_or_init(|| remedy::used_terms(self))
    }

    /// Whether the statement compares two columns by `=`, wherever.
    pub(super) fn is_equated(&self, one: Column, other: Column) -> bool {
        let gather = || {
            let mut pairs = HashSet::new();
            walk_exprs(self.bound(), |e| {
                if let ExprKind::Compare { op: CompareOp::Eq, left, right } = &e.kind
                    && let ExprKind::Column { occ, column } = left.kind
                    && let ExprKind::Column { occ: other, column: theirs } = right.kind
                {
                    pairs.insert(((occ, column), (other, theirs)));
                }
            });
            pairs
        };
        let pairs = self.equated.get_or_init(gather);
        pairs.contains(&(one, other)) || pairs.contains(&(other, one))
    }

    /// How often the statement's own text names a relation.
    fn uses(&self, id: RelId) -> usize {
        let count = || {
            let mut uses = HashMap::new();
            for occurrence in self.bound().occurrences.iter().filter(|o| o.via_view.is_none()) {
                if let Source::Table(id) | Source::View { view: id, .. } = &occurrence.source {
                    *uses.entry(*id).or_insert(0) += 1;
                }
            }
            uses
        };
        self.uses.get_or_init(count).get(&id).copied().unwrap_or(0)
    }

    /// A message about an occurrence, at a place in the statement, with its table noted.
    pub(super) fn draft(&self, occ: OccId, span: Span, message: impl Into<String>) -> Draft {
        let draft = Draft::new(self.locate(span), message);
        match self.relation(occ) {
            Some((_, relation)) => draft.table(relation.name.to_string()),
            None => draft,
        }
    }

    pub(super) fn bound(&self) -> &'a BoundStatement {
        &self.statement.bound
    }

    pub(super) fn occurrence(&self, occ: OccId) -> &'a Occurrence {
        self.bound().occurrence(occ)
    }

    /// What a program splices into the statement, with what each stands for.
    pub(super) fn holes(&self) -> impl Iterator<Item = (&'a Hole, SplicedRole)> {
        let bound = self.bound();
        let of_host = bound.spliced.iter().filter(|_| bound.fragment.host.is_some());
        of_host.filter_map(|spliced| Some((bound.fragment.holes.get(spliced.hole)?, spliced.role)))
    }

    /// The place in its file.
    pub(super) fn locate(&self, span: Span) -> Location {
        self.bound().fragment.locate(span)
    }

    /// The statement's own text there; empty for a range that is not one of the text.
    pub(super) fn text(&self, span: Span) -> &'a str {
        self.bound().fragment.text.get(span.range()).unwrap_or_default()
    }

    /// The catalog's relation that an occurrence stands for.
    pub(super) fn relation(&self, occ: OccId) -> Option<(RelId, &'a Relation)> {
        // A statement that only calls functions has no occurrence.
        let id = match &self.bound().occurrences.get(occ.0 as usize)?.source {
            Source::Table(id) | Source::View { view: id, .. } | Source::Tuple(Some(id)) => *id,
            Source::Cte(_)
            | Source::Derived(_)
            | Source::Function { .. }
            | Source::Call(_)
            | Source::System(_)
            | Source::Tuple(None)
            | Source::Unknown(_) => return None,
        };
        Some((id, self.project.catalog.relation(id)))
    }

    /// The name by which an occurrence is spoken of: its relation's, with the alias where that alone tells it from
    /// another occurrence.
    pub(super) fn called(&self, occ: OccId) -> String {
        let occurrence = self.occurrence(occ);
        let Some((id, relation)) = self.relation(occ) else { return code(&occurrence.alias) };
        let name = relation.name.to_string();
        let via = occurrence.via_view.and_then(|view| self.relation(view));
        match via {
            Some((_, view)) => format!("{} (in the view {})", code(name), code(&view.name)),
            None if occurrence.alias != relation.name.name && self.uses(id) > 1 => {
                format!("{} (as {})", code(name), code(&occurrence.alias))
            }
            None => code(name),
        }
    }

    /// The function that an occurrence is a call of, with where it is declared.
    pub(super) fn callee(&self, occ: OccId) -> Option<(String, Option<Location>)> {
        let occurrence = self.occurrence(occ);
        let (name, function) = match &occurrence.source {
            Source::Function { calls, ordinality: _ } => {
                let call = calls.first()?;
                (call.name.as_str(), call.function)
            }
            Source::Call(function) => (occurrence.alias.as_str(), *function),
            _ => return None,
        };
        let declared = function.map(|id| self.project.catalog.function(id).declared);
        Some((code(name), declared))
    }

    /// A column's name in backticks.
    pub(super) fn column(&self, occ: OccId, column: ColumnIx) -> String {
        let columns = &self.occurrence(occ).columns;
        code(columns.get(column as usize).map_or("?", |c| c.name.as_str()))
    }

    /// What ties a row of the occurrence's relation to a tenant, in backticks: `workspace_id`, or
    /// `session.workspace_id` where that column is a parent's.
    pub(super) fn tenant_of(&self, occ: OccId) -> String {
        match (self.relation(occ), self.tenant_output(occ)) {
            (Some((_, relation)), Some(column)) if !relation.is_table() => code(column),
            (Some((id, _)), _) => tenant_column(self.project, id).name,
            (None, _) => "its tenant".to_owned(),
        }
    }

    /// The column of an occurrence that goes by a name of the tenant column: what a view or subquery hands on.
    pub(super) fn tenant_output(&self, occ: OccId) -> Option<&'a str> {
        let tenant = &self.project.ownership.columns;
        let levels = self.occurrence(occ).columns.iter().filter_map(|c| Some((tenant.level_of(&c.name)?, c)));
        levels.min_by_key(|(level, _)| *level).map(|(_, c)| c.name.as_str())
    }

    /// A label at the declaration of what ties the occurrence's relation to a tenant.
    pub(super) fn label_owner(&self, draft: Draft, occ: OccId) -> Draft {
        let Some((id, relation)) = self.relation(occ) else { return draft };
        let column = tenant_column(self.project, id);
        let table = code(&relation.name);
        let message = match self.project.ownership.of(id) {
            Owner::Direct { .. } => format!("rows of {table} belong to a tenant by this column"),
            Owner::Root { .. } => format!("each row of {table} is a tenant"),
            Owner::Indirect { .. } | Owner::Unclassified { .. } => {
                format!("rows of {table} belong to the tenant of the row that this refers to")
            }
            Owner::Global { .. } => return draft,
        };
        draft.label(column.declared, message)
    }

    /// A tenant term as written.
    pub(super) fn term(&self, term: &TenantTerm) -> String {
        match term {
            TenantTerm::Param(id) => {
                let param = self.bound().param(*id);
                let written = self.text(param.span);
                match &param.bound_to {
                    Some(bound) if written.contains(HOLE_PREFIX) => code(bound),
                    Some(bound) => format!("{} ({})", code(written), code(bound)),
                    None => code(written),
                }
            }
            TenantTerm::Session(text) => code(text),
        }
    }

    /// Whether rows are inserted into an occurrence.
    pub(super) fn is_inserted(&self, occ: OccId) -> bool {
        self.bodies().any(|body| matches!(body, Body::Insert(insert) if insert.target == occ))
    }

    /// The statement's body and those of its data-modifying WITH queries.
    fn bodies(&self) -> impl Iterator<Item = &'a Body> {
        let nested = self.bound().ctes.iter().filter_map(|cte| match &cte.body {
            CteBody::Modify(body) => Some(&**body),
            CteBody::Query(_) => None,
        });
        std::iter::once(&self.bound().body).chain(nested)
    }

    /// What the statement does to an occurrence: `read`, `changed`, `deleted`.
    pub(super) fn verb(&self, occ: OccId) -> &'static str {
        let verb = |body: &Body| match body {
            Body::Update(update) if update.target == occ => Some("changed"),
            Body::Merge(merge) if merge.target == occ => Some("changed"),
            Body::Delete(delete) if delete.target == occ => Some("deleted"),
            Body::Update(_)
            | Body::Merge(_)
            | Body::Delete(_)
            | Body::Query(_)
            | Body::Insert(_)
            | Body::Truncate(_)
            | Body::Copy { .. }
            | Body::Export { .. }
            | Body::Expressions(_)
            | Body::Set { .. }
            | Body::Utility => None,
        };
        self.bodies().find_map(verb).unwrap_or("read")
    }
}

/// What ties rows of a relation to a tenant.
pub(super) struct TenantColumn {
    /// In backticks.
    pub(super) name: String,
    /// Where the column, or the foreign key that leads to it, is declared.
    pub(super) declared: Option<Location>,
}

/// Follows the first owning foreign key to the column that names the tenant.
pub(super) fn tenant_column(project: &Project, id: RelId) -> TenantColumn {
    let catalog = &project.catalog;
    let (mut at, mut declared) = (id, None);
    // A chain of foreign keys is at most as long as there are tables; ownership has no cycles, this has none either.
    for _ in 0..catalog.relations.len() {
        let relation = catalog.relation(at);
        let qualify = |column: ColumnIx, always: bool| {
            let name = relation.columns.get(column as usize).map_or("?", |c| c.name.as_str());
            match at == id && !always {
                true => code(name),
                false => code(format_args!("{}.{name}", relation.name)),
            }
        };
        match project.ownership.of(at) {
            Owner::Direct { column, .. } => {
                let place = relation.columns.get(*column as usize).and_then(|c| c.declared);
                return TenantColumn { name: qualify(*column, false), declared: declared.or(place) };
            }
            Owner::Root { key, .. } => {
                let place = relation.columns.get(*key as usize).and_then(|c| c.declared);
                return TenantColumn { name: qualify(*key, true), declared: declared.or(place) };
            }
            Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ }
                if !parents.is_empty() =>
            {
                let Some(key) = parents.first().map(|fk| catalog.foreign_key(*fk)) else { break };
                declared = declared.or(Some(key.declared));
                at = key.target;
            }
            Owner::Unclassified { parents: _, undeclared } => {
                let Some((column, target)) = undeclared.first() else { break };
                declared = declared.or(relation.columns.get(*column as usize).and_then(|c| c.declared));
                at = *target;
            }
            Owner::Indirect { .. } | Owner::Global { .. } => break,
        }
    }
    TenantColumn { name: "a tenant".to_owned(), declared }
}
