//! What binding a statement builds up: occurrences, WITH queries, parameters, gaps, problems, and the levels of names.
//! Name resolution proper; no syntax tree.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::context::Context;
use super::model::{
    Body, BoundStatement, Cte, CteId, Expr, ExprKind, Gap, GapKind, OccId, Occurrence, OutColumn, Output,
    Param, ParamId, ParamName, Source, TriggerRow,
};
use super::scope::{Item, ItemColumns, Resolution, Scope, Target};
use super::suggest;
use super::text::Text;
use crate::finding::Problem;
use crate::schema::Catalog;
use crate::schema::catalog::RelId;
use crate::schema::types::{BaseType, Type};
use crate::source::{Span, is_stable};

/// Expressions that may be copied (an ORDER BY or GROUP BY of an output name, a named window), counted in nodes, before
/// the rest is left unread: a few bytes of text must not cost unbounded memory.
const COPY_BUDGET: usize = 50_000;
/// Views that one statement may expand.
const VIEW_BUDGET: u32 = 256;
/// Views inside views.
const VIEW_DEPTH: u32 = 32;
/// Relations in one FROM.
pub(super) const MAX_ITEMS: usize = 1_000;

/// The state of binding one statement.
pub(super) struct Binder<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) context: &'a Context,
    pub(super) text: Text<'a>,
    pub(super) occurrences: Vec<Occurrence>,
    /// The level each occurrence belongs to, in step with `occurrences`.
    occurrence_levels: Vec<u32>,
    /// What an occurrence's columns are beyond those that are named.
    pub(super) ctes: Vec<CteState>,
    params: Vec<Param>,
    param_ids: HashMap<ParamName, ParamId>,
    anonymous: u32,
    gaps: Vec<Gap>,
    problems: Vec<Problem>,
    /// What was said: a name that is wrong in several places of a statement is reported at the first.
    said: HashSet<String>,
    /// Levels of names, innermost last; never empty while expressions are bound.
    pub(super) scopes: Vec<Scope>,
    next_level: u32,
    pub(super) copies_left: usize,
    pub(super) views_left: u32,
    pub(super) view_depth: u32,
    /// Whether row-level security adds to what is being read.
    pub(super) row_security_counts: bool,
    /// The tables whose policies are being read, outermost first.
    pub(super) protecting: Vec<RelId>,
    /// The recursive WITH query whose base arm the next set operation is.
    pub(super) awaiting_base: Option<CteId>,
    /// WITH queries of a WITH RECURSIVE that are not bound yet: the number of levels around them, and the tree.
    pub(super) pending_ctes: HashMap<CteId, (usize, &'a super::lower::CteTree)>,
    /// Columns of materialized views that were bound for them.
    pub(super) known_columns: HashMap<RelId, (Vec<OutColumn>, bool)>,
    /// The statement whose RETURNING list is being read.
    pub(super) returned: Option<ReturnedRow>,
    /// While ON DUPLICATE KEY UPDATE is read: the target and the proposed row, whose columns VALUES() names.
    pub(super) proposed: Option<(OccId, OccId)>,
    /// Row variables and OLD and NEW rows that were named, by name and target.
    tuples: HashMap<(String, Option<OccId>), OccId>,
    /// Those of them that are OLD and NEW of a trigger, and transition tables.
    pub(super) trigger_rows: Vec<TriggerRow>,
}

/// A statement's target and what its RETURNING calls the rows before and after.
#[derive(Clone, Debug)]
pub(super) struct ReturnedRow {
    /// The target.
    pub(super) target: OccId,
    /// OLD.
    pub(super) old: String,
    /// NEW.
    pub(super) new: String,
}

/// A WITH query while and after it is bound.
#[derive(Debug)]
pub(super) struct CteState {
    /// The model's entry; its body is a placeholder until bound.
    pub(super) cte: Cte,
    /// Names that its column list gives.
    pub(super) names: Vec<String>,
    /// Whether its columns are not all known.
    pub(super) open: bool,
    /// How far it is.
    pub(super) status: CteStatus,
}

/// How far a WITH query is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CteStatus {
    /// Not at all.
    Unbound,
    /// Its definition is being read.
    Binding,
    /// It is bound.
    Bound,
}

impl<'a> Binder<'a> {
    pub(super) fn new(catalog: &'a Catalog, context: &'a Context, text: Text<'a>) -> Binder<'a> {
        Binder {
            catalog,
            context,
            text,
            occurrences: Vec::new(),
            occurrence_levels: Vec::new(),
            ctes: Vec::new(),
            params: Vec::new(),
            param_ids: HashMap::new(),
            anonymous: 0,
            gaps: Vec::new(),
            problems: Vec::new(),
            said: HashSet::new(),
            scopes: Vec::new(),
            next_level: 0,
            copies_left: COPY_BUDGET,
            views_left: VIEW_BUDGET,
            view_depth: 0,
            row_security_counts: context.trusts_row_security,
            protecting: Vec::new(),
            awaiting_base: None,
            pending_ctes: HashMap::new(),
            known_columns: HashMap::new(),
            returned: None,
            proposed: None,
            tuples: HashMap::new(),
            trigger_rows: Vec::new(),
        }
    }

    /// The statement as bound.
    pub(super) fn finish(mut self, span: Span, body: Body) -> (BoundStatement, Vec<Problem>) {
        self.number_anonymous();
        let spliced = self.text.frame().clauses.map(|clauses| clauses.spliced.clone()).unwrap_or_default();
        let statement = BoundStatement {
            fragment: self.text.root().clone(),
            span,
            body,
            occurrences: self.occurrences,
            ctes: self.ctes.into_iter().map(|state| state.cte).collect(),
            params: self.params,
            gaps: self.gaps,
            spliced,
            trigger_rows: self.trigger_rows,
            trusts_row_security: self.context.trusts_row_security,
            sets_session: self.context.sets_session,
            variables: BTreeSet::new(),
        };
        (statement, self.problems)
    }

    /// Anonymous parameters are numbered as they stand in the text; binding meets FROM before the select list.
    fn number_anonymous(&mut self) {
        let mut places: Vec<(Span, usize)> = self
            .params
            .iter()
            .enumerate()
            .filter(|(_, p)| matches!(p.name, ParamName::Anonymous(_)))
            .map(|(i, p)| (p.span, i))
            .collect();
        places.sort_unstable();
        for (n, (_, i)) in places.into_iter().enumerate() {
            if let Some(param) = self.params.get_mut(i) {
                param.name = ParamName::Anonymous(n as u32);
            }
        }
    }

    // Levels of names.

    /// Opens a level.
    pub(super) fn push_scope(&mut self) {
        self.next_level += 1;
        self.scopes.push(Scope::new(self.next_level));
    }

    /// Closes the innermost level.
    pub(super) fn pop_scope(&mut self) {
        self.scopes.pop();
    }

    /// The innermost level; one is opened where there is none.
    pub(super) fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.push_scope();
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// The WITH query that a name alone stands for.
    pub(super) fn visible_cte(&self, name: &str) -> Option<CteId> {
        self.scopes.iter().rev().find_map(|scope| scope.ctes.get(name).copied())
    }

    /// Adds an occurrence to the statement (not to a level).
    pub(super) fn add_occurrence(&mut self, occurrence: Occurrence) -> OccId {
        let id = OccId(self.occurrences.len() as u32);
        self.occurrences.push(occurrence);
        self.occurrence_levels.push(self.scopes.last().map_or(0, |s| s.id));
        id
    }

    /// An occurrence of the current text with nothing known of it but its source.
    pub(super) fn occurrence(&self, alias: String, span: Span, source: Source) -> Occurrence {
        Occurrence {
            alias,
            span,
            alias_span: None,
            source,
            columns: Vec::new(),
            only: false,
            lateral: false,
            sampled: false,
            via_view: self.text.inside(),
            row_security: None,
        }
    }

    /// Makes an occurrence an item of the innermost level.
    pub(super) fn add_item(&mut self, occ: OccId, open: bool, system: bool, absent: Vec<u32>) {
        let Some(occurrence) = self.occurrences.get(occ.0 as usize) else { return };
        let mut item = Item::of(occurrence.alias.clone(), occ, occurrence, absent);
        item.open = open;
        item.system = system;
        self.scope().push(item);
    }

    /// The level that an occurrence belongs to.
    pub(super) fn level_of(&self, occ: OccId) -> u32 {
        self.occurrence_levels.get(occ.0 as usize).copied().unwrap_or(0)
    }

    /// The first relation of the innermost level that has a column of that name.
    pub(super) fn first_with(&self, column: &str) -> Option<OccId> {
        let level = self.scopes.last()?.id;
        let mut all = self.occurrences.iter().zip(&self.occurrence_levels).enumerate();
        let found = all.find(|(_, (occurrence, at))| {
            **at == level && occurrence.columns.iter().any(|c| c.name == column)
        });
        found.map(|(i, _)| OccId(i as u32))
    }

    /// Whether a level is that of this block or of one around it.
    pub(super) fn is_open_level(&self, level: u32) -> bool {
        self.scopes.iter().any(|scope| scope.id == level)
    }

    // Columns.

    /// A column of an occurrence as an expression.
    pub(super) fn column(&self, occ: OccId, column: u32, span: Span) -> Expr {
        let ty = self
            .occurrences
            .get(occ.0 as usize)
            .and_then(|o| o.columns.get(column as usize))
            .map_or(Type::UNKNOWN, |c| c.ty.clone());
        Expr { kind: ExprKind::Column { occ, column }, ty, span }
    }

    /// The expression of a resolved name.
    pub(super) fn found(&mut self, found: Found, name: &str, span: Span) -> Expr {
        match found {
            Found::Column(occ, column) => self.column(occ, column, span),
            Found::Joined(expr, size) => {
                self.copies_left = self.copies_left.saturating_sub(size);
                Expr { span, ..expr }
            }
            Found::TooLarge(ty) => self.not_repeated(ty, span),
            Found::System(occ) => {
                let ty = match name {
                    "tableoid" => BaseType::Oid,
                    "ctid" => BaseType::Other("tid".to_owned()),
                    _ => BaseType::Other("xid".to_owned()),
                };
                let kind = ExprKind::SystemColumn { occ, name: name.to_owned() };
                Expr { kind, ty: Type::of(ty), span }
            }
        }
    }

    /// A name alone: a column of the innermost level that has it, else a whole row, else a variable.
    pub(super) fn name(&mut self, name: &str, span: Span) -> Expr {
        if let Some(expr) = self.column_named(name, span, false) {
            return expr;
        }
        if let Some((level, at, _)) = self.relation_named(None, name) {
            return self.whole_row(level, at, span);
        }
        if let Some(expr) = self.variable(name, span) {
            return expr;
        }
        if let Some(expr) = self.open_column(name, span) {
            return expr;
        }
        self.unknown_column(None, name, span)
    }

    /// A name alone as a column; with `local`, of the innermost level only. Columns that are only possible are left to
    /// [`Binder::open_column`].
    pub(super) fn column_named(&mut self, name: &str, span: Span, local: bool) -> Option<Expr> {
        let levels = if local { 1 } else { self.scopes.len() };
        for scope in self.scopes.iter().rev().take(levels) {
            match scope.column(&self.occurrences, name) {
                Resolution::Found(target) => {
                    let found = Found::new(target, self.copies_left);
                    return Some(self.found(found, name, span));
                }
                Resolution::Ambiguous(a, b) => {
                    let names = [a, b].map(|i| scope.item(i).and_then(|item| item.alias.clone()));
                    return Some(self.ambiguous(name, names, span));
                }
                // An inner relation of unknown shape may capture the name; an outer one that surely has it is left to
                // it only where no inner one is open.
                Resolution::Open(_) | Resolution::OpenSeveral => return None,
                Resolution::Missing => {}
            }
        }
        None
    }

    /// A name that may be a column of a relation whose columns are not all known.
    fn open_column(&mut self, name: &str, span: Span) -> Option<Expr> {
        for at in (0..self.scopes.len()).rev() {
            match self.scopes.get(at)?.column(&self.occurrences, name) {
                Resolution::Open(occ) => return Some(self.grow(occ, name, span)),
                Resolution::OpenSeveral => {
                    self.gap(span, format!("the column `{name}`"), GapKind::UnknownColumn);
                    let kind = ExprKind::Unresolved(name.to_owned());
                    return Some(Expr { kind, ty: Type::UNKNOWN, span });
                }
                Resolution::Found(_) | Resolution::Ambiguous(..) | Resolution::Missing => {}
            }
        }
        None
    }

    /// A further column of a relation whose columns are not all known.
    pub(super) fn grow(&mut self, occ: OccId, name: &str, span: Span) -> Expr {
        let Some(occurrence) = self.occurrences.get_mut(occ.0 as usize) else {
            return Expr { kind: ExprKind::Unresolved(name.to_owned()), ty: Type::UNKNOWN, span };
        };
        let column = occurrence.columns.len() as u32;
        occurrence.columns.push(OutColumn { name: name.to_owned(), ty: Type::UNKNOWN });
        self.column(occ, column, span)
    }

    /// The level and item that a relation's name stands for, and whether several do.
    pub(super) fn relation_named(&self, schema: Option<&str>, name: &str) -> Option<(usize, usize, bool)> {
        (0..self.scopes.len()).rev().find_map(|level| {
            let (at, several) = self.scopes.get(level)?.relation(schema, name)?;
            Some((level, at, several))
        })
    }

    /// The whole row of an item.
    pub(super) fn whole_row(&mut self, level: usize, at: usize, span: Span) -> Expr {
        let item = self.scopes.get(level).and_then(|s| s.item(at));
        match item.map(|item| &item.columns) {
            Some(ItemColumns::Of(occ)) => {
                let occ = *occ;
                if self.is_scalar_function(occ) {
                    return self.column(occ, 0, span);
                }
                let ty = self.row_type(occ);
                Expr { kind: ExprKind::WholeRow(occ), ty, span }
            }
            Some(ItemColumns::Joined(columns)) => {
                let row: Vec<Expr> = columns.iter().map(|(_, e)| e.clone()).collect();
                Expr { kind: ExprKind::Row(row), ty: Type::of(BaseType::Record), span }
            }
            None => Expr { kind: ExprKind::Unresolved(String::new()), ty: Type::UNKNOWN, span },
        }
    }

    /// A function in FROM whose result is one value: its name stands for that value (manual 7.2.1.4).
    fn is_scalar_function(&self, occ: OccId) -> bool {
        self.occurrences.get(occ.0 as usize).is_some_and(|o| {
            matches!(&o.source, Source::Function { calls, ordinality: false } if calls.len() == 1)
                && o.columns.len() == 1
        })
    }

    fn row_type(&self, occ: OccId) -> Type {
        match self.occurrences.get(occ.0 as usize).map(|o| &o.source) {
            Some(Source::Table(rel) | Source::View { view: rel, query: _ } | Source::Tuple(Some(rel))) => {
                Type::of(BaseType::Composite(self.catalog.relation(*rel).name.to_string()))
            }
            Some(Source::Function { calls, ordinality: false }) => {
                let function = match calls.as_slice() {
                    [call] => call.function.and_then(|id| self.catalog.functions.get(id.0 as usize)),
                    _ => None,
                };
                match function {
                    Some(function) if matches!(function.returns.base, BaseType::Composite(_)) => {
                        function.returns.clone()
                    }
                    Some(_) | None => Type::of(BaseType::Record),
                }
            }
            _ => Type::of(BaseType::Record),
        }
    }

    /// A column of a named relation (`t.c`, `s.t.c`); none where no such relation is visible.
    pub(super) fn qualified(
        &mut self,
        schema: Option<&str>,
        relation: &str,
        name: &str,
        span: Span,
    ) -> Option<Expr> {
        let (level, at, several) = self.relation_named(schema, relation)?;
        if several {
            return Some(self.ambiguous(relation, [None, None], span));
        }
        let scope = self.scopes.get(level)?;
        match scope.column_of(at, &self.occurrences, name) {
            Resolution::Found(target) => {
                let found = Found::new(target, self.copies_left);
                Some(self.found(found, name, span))
            }
            Resolution::Open(occ) => Some(self.grow(occ, name, span)),
            Resolution::Ambiguous(..) => {
                let relation = Some(relation.to_owned());
                Some(self.ambiguous(name, [relation.clone(), relation], span))
            }
            Resolution::OpenSeveral | Resolution::Missing => {
                Some(self.unknown_column(Some((level, at)), name, span))
            }
        }
    }

    /// A column of a row variable, of OLD or NEW in RETURNING, or a parameter qualified by its function's name.
    pub(super) fn context_column(&mut self, qualifier: &str, name: &str, span: Span) -> Option<Expr> {
        if let Some(occ) = self.tuple_named(qualifier, span) {
            let found = self.occurrences.get(occ.0 as usize)?.columns.iter().position(|c| c.name == name);
            return Some(match (found, self.is_open_tuple(occ)) {
                (Some(column), _) => self.column(occ, column as u32, span),
                (None, true) => self.grow(occ, name, span),
                (None, false) => self.unknown_column_of(occ, name, span),
            });
        }
        if self.context.function.as_deref() == Some(qualifier) {
            return self.variable(name, span);
        }
        None
    }

    /// `*` of a row variable, of OLD or NEW in RETURNING.
    pub(super) fn context_star(&mut self, qualifier: &str, span: Span) -> Option<Vec<Output>> {
        let occ = self.tuple_named(qualifier, span)?;
        let columns = self.occurrences.get(occ.0 as usize)?.columns.clone();
        let numbered = columns.into_iter().enumerate();
        Some(numbered.map(|(i, c)| Output { name: c.name, expr: self.column(occ, i as u32, span) }).collect())
    }

    /// The occurrence of a row variable, or of OLD or NEW in RETURNING.
    fn tuple_named(&mut self, name: &str, span: Span) -> Option<OccId> {
        let returned = self.returned.as_ref().filter(|row| row.old == name || row.new == name);
        let of_target = returned.map(|row| row.target);
        let key = (name.to_owned(), of_target);
        if let Some(occ) = self.tuples.get(&key) {
            return Some(*occ);
        }
        let occ = match of_target {
            Some(target) => {
                let rel = self.relation_of(target);
                let mut occurrence = self.occurrence(name.to_owned(), span, Source::Tuple(rel));
                occurrence.columns = self.occurrences.get(target.0 as usize)?.columns.clone();
                self.add_occurrence(occurrence)
            }
            None => {
                let rel = *self.context.rows.get(name).filter(|_| self.text.inside().is_none())?;
                let mut occurrence = self.occurrence(name.to_owned(), span, Source::Tuple(rel));
                if let Some(rel) = rel {
                    let columns = self.catalog.relation(rel).columns.iter();
                    occurrence.columns =
                        columns.map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() }).collect();
                }
                let occ = self.add_occurrence(occurrence);
                let context = self.context;
                if let Some(given) = context.trigger.as_ref().filter(|_| ["old", "new"].contains(&name)) {
                    self.trigger_rows.push(TriggerRow {
                        occ,
                        tables: given.tables.clone(),
                        assigned: given.assigned_of(name),
                        stored: name == "old" || given.new_is_stored,
                        transition: false,
                    });
                }
                occ
            }
        };
        self.tuples.insert(key, occ);
        Some(occ)
    }

    /// Fields of a row type: a composite type's, or a table's columns. Empty for any other type.
    pub(super) fn fields_of(&self, ty: &Type) -> Vec<OutColumn> {
        let BaseType::Composite(name) = &ty.base else { return Vec::new() };
        if ty.array {
            return Vec::new();
        }
        if let Some(fields) = self.catalog.composites.get(name) {
            return fields.iter().map(|(n, ty)| OutColumn { name: n.clone(), ty: ty.clone() }).collect();
        }
        let Some(rel) = super::functions::relation_of(self.catalog, name) else { return Vec::new() };
        let live = self.catalog.relation(rel).columns.iter().filter(|c| !c.dropped);
        live.map(|c| OutColumn { name: c.name.clone(), ty: c.ty.clone() }).collect()
    }

    fn is_open_tuple(&self, occ: OccId) -> bool {
        let source = self.occurrences.get(occ.0 as usize).map(|o| &o.source);
        matches!(source, Some(Source::Tuple(None)))
    }

    /// The relation whose columns an occurrence has.
    pub(super) fn relation_of(&self, occ: OccId) -> Option<RelId> {
        match self.occurrences.get(occ.0 as usize).map(|o| &o.source) {
            Some(Source::Table(rel) | Source::View { view: rel, query: _ }) => Some(*rel),
            Some(Source::Tuple(rel)) => *rel,
            _ => None,
        }
    }

    /// A variable or parameter of the surrounding function.
    fn variable(&mut self, name: &str, span: Span) -> Option<Expr> {
        let ty = match self.context.variables.get(name) {
            Some(ty) => ty.clone(),
            None => {
                let occ = self.tuple_named(name, span)?;
                let ty = self.row_type(occ);
                return Some(Expr { kind: ExprKind::WholeRow(occ), ty, span });
            }
        };
        if self.text.inside().is_some() {
            return None;
        }
        let id = self.param(ParamName::Named(name.to_owned()), span);
        Some(Expr { kind: ExprKind::Param(id), ty, span })
    }

    // Parameters.

    /// The parameter of that name. Placeholders that a program binds to one expression are one parameter.
    pub(super) fn param(&mut self, name: ParamName, span: Span) -> ParamId {
        if let Some(id) = self.param_ids.get(&name) {
            return *id;
        }
        let bind = match self.text.inside() {
            None => self.text.root().bound_at(span),
            Some(_) => None,
        };
        self.bound_param(name, span, bind.map(|bind| bind.expression.clone()))
    }

    fn bound_param(&mut self, name: ParamName, span: Span, bound_to: Option<String>) -> ParamId {
        if bound_to.as_deref().is_some_and(is_stable)
            && let Some(known) = self.params.iter().position(|param| param.bound_to == bound_to)
        {
            let id = ParamId(known as u32);
            self.param_ids.insert(name, id);
            return id;
        }
        let id = ParamId(self.params.len() as u32);
        self.params.push(Param { name: name.clone(), span, bound_to });
        self.param_ids.insert(name, id);
        id
    }

    /// The next anonymous parameter.
    pub(super) fn anonymous_param(&mut self, span: Span) -> ParamId {
        let name = self.next_anonymous();
        self.param(name, span)
    }

    /// The next anonymous parameter, bound to that expression.
    pub(super) fn anonymous_param_of(&mut self, span: Span, bound_to: Option<String>) -> ParamId {
        let name = self.next_anonymous();
        self.bound_param(name, span, bound_to)
    }

    fn next_anonymous(&mut self) -> ParamName {
        let n = self.anonymous;
        self.anonymous += 1;
        ParamName::Anonymous(n)
    }

    // What is not known.

    /// Records something that is not visible.
    pub(super) fn gap(&mut self, span: Span, what: impl Into<String>, kind: GapKind) {
        let gap = Gap { span, what: what.into(), kind };
        if self.gaps.len() > 64 || !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Records syntax that is not modelled.
    pub(super) fn unsupported(&mut self, span: Span, what: impl Into<String>) {
        self.gap(span, what, GapKind::Unsupported);
    }

    fn problem(&mut self, rule: &'static str, message: String, help: Option<String>, span: Span) {
        // A view's definition is reported where it is declared, not at each use.
        if self.text.inside().is_some() {
            return;
        }
        if !self.said.insert(message.clone()) {
            return;
        }
        let (primary, statement) = self.text.locate(span);
        let message = self.text.root().readable(message);
        self.problems.push(Problem {
            rule,
            message,
            help,
            primary,
            statement: Some(statement),
            labels: Vec::new(),
        });
    }

    /// An unknown column, of an item where the name was qualified.
    pub(super) fn unknown_column(&mut self, item: Option<(usize, usize)>, name: &str, span: Span) -> Expr {
        let (owner, near) = match item {
            Some((level, at)) => {
                let item = self.scopes.get(level).and_then(|s| s.item(at));
                let names = item.map(|i| i.each(&self.occurrences, false)).unwrap_or_default();
                let near = self.renamed(name);
                let near = near.or_else(|| suggest::nearest(name, names.iter().map(|(n, _)| *n)));
                (item.and_then(|i| i.alias.clone()), near)
            }
            None => {
                let names = self.scopes.iter().rev().flat_map(|s| s.column_names(&self.occurrences));
                let mut relations = self.scopes.iter().flat_map(Scope::relation_names);
                let only = relations.next().filter(|_| relations.next().is_none());
                (only.map(str::to_owned), self.renamed(name).or_else(|| suggest::nearest(name, names)))
            }
        };
        self.report_column(owner, near, name, span)
    }

    /// What a column that no system view in scope has is called there.
    fn renamed(&self, column: &str) -> Option<String> {
        let systems = self.occurrences.iter().filter_map(|o| match &o.source {
            Source::System(name) => Some(name.as_str()),
            _ => None,
        });
        systems.filter_map(|relation| suggest::renamed(relation, column)).next().map(str::to_owned)
    }

    /// An unknown column of an occurrence.
    pub(super) fn unknown_column_of(&mut self, occ: OccId, name: &str, span: Span) -> Expr {
        let occurrence = self.occurrences.get(occ.0 as usize);
        let owner = occurrence.map(|o| o.alias.clone());
        let names = occurrence.map(|o| o.columns.iter().map(|c| c.name.as_str()));
        let near = names.and_then(|names| suggest::nearest(name, names));
        self.report_column(owner, near, name, span)
    }

    fn report_column(&mut self, owner: Option<String>, near: Option<String>, name: &str, span: Span) -> Expr {
        let message = match (&owner, self.scopes.iter().any(|s| s.len() > 0)) {
            (Some(owner), _) => format!("`{owner}` has no column `{name}`"),
            (None, true) => format!("no table in scope has a column `{name}`"),
            (None, false) => format!("`{name}` names a column, but there is no table in scope"),
        };
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.problem("unknown-column", message, help, span);
        self.unresolved(name, span)
    }

    /// A relation name that qualifies a column but is not in scope.
    pub(super) fn unknown_qualifier(&mut self, relation: &str, name: &str, span: Span) -> Expr {
        let near = suggest::nearest(relation, self.scopes.iter().rev().flat_map(Scope::relation_names));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        let message = format!("no table `{relation}` is in scope for `{relation}.{name}`");
        self.problem("unknown-column", message, help, span);
        self.unresolved(&format!("{relation}.{name}"), span)
    }

    fn unresolved(&mut self, name: &str, span: Span) -> Expr {
        self.gap(span, format!("the unknown column `{name}`"), GapKind::UnknownColumn);
        Expr { kind: ExprKind::Unresolved(name.to_owned()), ty: Type::UNKNOWN, span }
    }

    pub(super) fn ambiguous(&mut self, name: &str, items: [Option<String>; 2], span: Span) -> Expr {
        let message = match items {
            [Some(a), Some(b)] if a != b => format!("`{name}` is ambiguous: `{a}` and `{b}` both have it"),
            _ => format!("`{name}` is ambiguous"),
        };
        self.problem("unknown-column", message, Some("qualify it with the table's name".to_owned()), span);
        self.unresolved(name, span)
    }

    /// Reports an unknown relation; the gap and the occurrence are the caller's.
    pub(super) fn unknown_table(&mut self, schema: Option<&str>, name: &str, span: Span) {
        let written = match schema {
            Some(schema) => format!("{schema}.{name}"),
            None => name.to_owned(),
        };
        self.gap(span, format!("the unknown table `{written}`"), GapKind::UnknownTable);
        if !self.catalog.any_ddl {
            return;
        }
        let relations = self.catalog.live_relations().map(|(_, r)| r.name.name.as_str());
        let ctes = self.scopes.iter().flat_map(|s| s.ctes.keys().map(String::as_str));
        let near = suggest::nearest(name, relations.chain(ctes));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.problem("unknown-table", format!("no table `{written}` in the schema"), help, span);
    }

    // Copies.

    /// A copy of an expression that stands for its output name, ordinal or window.
    pub(super) fn copy(&mut self, expr: &Expr, span: Span) -> Expr {
        if self.may_copy([expr], span) {
            return expr.clone();
        }
        self.not_repeated(expr.ty.clone(), span)
    }

    /// Stands for a copy that was not made.
    fn not_repeated(&mut self, ty: Type, span: Span) -> Expr {
        if self.copies_left > 0 {
            self.copies_left = 0;
            self.unsupported(span, "an expression that is repeated too often");
        }
        let kind = ExprKind::Unsupported { what: "a repeated expression".to_owned(), parts: Vec::new() };
        Expr { kind, ty, span }
    }

    /// Whether these expressions may be copied once more; takes from what is left.
    pub(super) fn may_copy<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>, span: Span) -> bool {
        if self.copies_left == 0 {
            return false;
        }
        let mut size = 0usize;
        for expr in list {
            if size > self.copies_left {
                break;
            }
            size += nodes(expr);
        }
        let enough = size <= self.copies_left;
        if !enough {
            self.unsupported(span, "an expression that is repeated too often");
        }
        self.copies_left = if enough { self.copies_left - size } else { 0 };
        enough
    }

    /// Whether one more view may be expanded here.
    pub(super) fn may_expand(&self) -> bool {
        self.views_left > 0 && self.view_depth < VIEW_DEPTH
    }
}

/// What a name was found to be, detached from its level.
pub(super) enum Found {
    /// A column.
    Column(OccId, u32),
    /// A merged column, and how many nodes its expression has.
    Joined(Expr, usize),
    /// A merged column whose expression was repeated too often.
    TooLarge(Type),
    /// A system column.
    System(OccId),
}

/// How many nodes an expression has. A subquery is not entered; it counts as one of middling size.
fn nodes(expr: &Expr) -> usize {
    let mut size = 0;
    super::walk::walk_expr(expr, &mut |e| size += if super::walk::subquery_of(e).is_some() { 50 } else { 1 });
    size
}

impl Found {
    /// Of a target, where `left` nodes may still be copied.
    pub(super) fn new(target: Target<'_>, left: usize) -> Found {
        match target {
            Target::Column(occ, column) => Found::Column(occ, column),
            Target::Joined(expr) => match nodes(expr) {
                1 => Found::Joined(expr.clone(), 0),
                size if size <= left => Found::Joined(expr.clone(), size),
                _ => Found::TooLarge(expr.ty.clone()),
            },
            Target::System(occ) => Found::System(occ),
        }
    }
}
