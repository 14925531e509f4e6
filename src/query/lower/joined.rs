//! UPDATE and DELETE of joins, as MySQL writes them: the rows of one table of a join are written, which is the same as
//! the write of that table with the others in FROM, as long as no outer join stands between them.

use super::names::Word;
use crate::query::binder::Binder;
use crate::query::model::{Assignment, Body, Delete, Expr, ExprKind, From, JoinKind, OccId, Update};
use crate::query::walk;
use crate::source::Span;
use crate::syntax::ast;

use super::expr::boolean;

impl<'a> Binder<'a> {
    /// `UPDATE a JOIN b ON ... SET a.x = ... WHERE ...`.
    pub(super) fn joined_update(
        &mut self,
        token: Span,
        tables: &'a [ast::TableWithJoins],
        assignments: &'a [ast::Assignment],
        selection: Option<&'a ast::Expr>,
    ) -> Body {
        let items = self.tables(tables);
        let mut set: Vec<Assignment> = Vec::new();
        let mut written: Vec<OccId> = Vec::new();
        for assignment in assignments {
            let target = self.assigned_item(&items, assignment);
            let Some(target) = target else {
                self.unsupported(token, "an assignment in UPDATE of a join");
                continue;
            };
            set.extend(self.assignments(target, std::slice::from_ref(assignment)));
            if !written.contains(&target) {
                written.push(target);
            }
        }
        let filter = selection.map(|e| self.expr(e));
        let (target, from, filter) = self.one_of(token, items, &written, filter);
        Body::Update(Box::new(Update { with: Vec::new(), target, set, from, filter, returning: Vec::new() }))
    }

    /// `DELETE a FROM a JOIN b ON ... WHERE ...`.
    pub(super) fn joined_delete(
        &mut self,
        token: Span,
        names: &[Word],
        tables: &'a [ast::TableWithJoins],
        selection: Option<&'a ast::Expr>,
    ) -> Body {
        let items = self.tables(tables);
        let written: Vec<OccId> =
            names.iter().filter_map(|name| self.item_named(&items, &name.text)).collect();
        if written.len() != names.len() {
            self.unsupported(token, "DELETE of a table that is not joined");
        }
        let filter = selection.map(|e| self.expr(e));
        let (target, using, filter) = self.one_of(token, items, &written, filter);
        Body::Delete(Box::new(Delete { with: Vec::new(), target, using, filter, returning: Vec::new() }))
    }

    /// Takes the table that is written out of the join; several, or one behind an outer join, are not followed.
    fn one_of(
        &mut self,
        token: Span,
        items: Vec<From>,
        written: &[OccId],
        filter: Option<Expr>,
    ) -> (OccId, Vec<From>, Option<Expr>) {
        if written.len() > 1 {
            self.unsupported(token, "a write to several tables of a join");
        }
        let first = items.iter().flat_map(walk::from_occurrences).next();
        let Some(target) = written.first().copied().or(first) else {
            let unknown = super::names::Qualified::alone(Word::made_up("", token));
            return (self.table_item(unknown, None), items, filter);
        };
        let (mut rest, mut conditions, mut found) = (Vec::new(), Vec::new(), false);
        for item in items {
            found |= take_out(item, target, &mut rest, &mut conditions);
        }
        if !found {
            self.unsupported(token, "a write to a table behind an outer join");
        }
        conditions.extend(filter);
        let filter = match conditions.len() {
            0 | 1 => conditions.pop(),
            _ => Some(boolean(ExprKind::And(conditions))),
        };
        (target, rest, filter)
    }

    /// The item that an assignment writes to: the one that is named, else the only one with such a column.
    fn assigned_item(&mut self, items: &[From], assignment: &'a ast::Assignment) -> Option<OccId> {
        let ast::AssignmentTarget::ColumnName(name) = &assignment.target else { return None };
        let words = self.name_parts(name);
        match words.as_slice() {
            [column] => {
                let all = items.iter().flat_map(walk::from_occurrences);
                let mut fitting =
                    all.filter(|occ| self.columns_of(*occ).iter().any(|(_, n)| *n == column.text));
                let only = fitting.next();
                only.filter(|_| fitting.next().is_none())
            }
            [.., table, _] => self.item_named(items, &table.text),
            [] => None,
        }
    }

    pub(super) fn item_named(&self, items: &[From], name: &str) -> Option<OccId> {
        let mut all = items.iter().flat_map(walk::from_occurrences);
        all.find(|occ| self.occurrences.get(occ.0 as usize).is_some_and(|o| o.alias == name))
    }
}

/// Takes one item out of inner joins; their other items and conditions are collected. Whether it was there.
fn take_out(item: From, target: OccId, rest: &mut Vec<From>, conditions: &mut Vec<Expr>) -> bool {
    match item {
        From::Item(occ) if occ == target => true,
        From::Join(join)
            if join.kind == JoinKind::Inner
                && [&join.left, &join.right]
                    .into_iter()
                    .any(|side| walk::from_occurrences(side).contains(&target)) =>
        {
            let left = take_out(join.left, target, rest, conditions);
            let right = take_out(join.right, target, rest, conditions);
            conditions.extend(join.on);
            left || right
        }
        other => {
            rest.push(other);
            false
        }
    }
}
