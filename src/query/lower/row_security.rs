//! Row-level security as conditions on the occurrences of tables, where the project trusts it (manual: CREATE POLICY,
//! "Policies Applied by Command Type").
//!
//! Permissive policies are ORed, restrictive ones ANDed to them; without a permissive one nothing is let through. Which
//! roles run a statement is not known: a permissive policy counts for any role, a restrictive one only where it is for
//! all. Policies of SELECT that PostgreSQL adds to other commands are left out: that errs towards more rows.
//!
//! Only tables whose row security is enabled and forced count. Views run with the rights of their owner unless
//! `security_invoker` is set, so nothing is added inside them.

use crate::query::binder::Binder;
use crate::query::model::{Expr, ExprKind, Literal, OccId, OutColumn, RowSecurity, Source};
use crate::query::scope::Item;
use crate::query::text::Frame;
use crate::schema::catalog::{Policy, RelId};
use crate::schema::types::{BaseType, Type};
use crate::syntax::ExprHandle;

/// What a statement does with an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads it.
    Read,
    /// INSERT into it, with ON CONFLICT DO UPDATE or without.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE into it.
    Merge,
}

/// Which of a policy's conditions.
#[derive(Clone, Copy)]
enum Side {
    Using,
    /// WITH CHECK, else USING.
    Check,
}

impl<'a> Binder<'a> {
    /// Adds what row-level security adds to an occurrence.
    pub(super) fn protect(&mut self, occ: OccId, access: Access) {
        let Some(Source::Table(rel)) = self.occurrences.get(occ.0 as usize).map(|o| &o.source) else {
            return;
        };
        let rel = *rel;
        let relation = self.catalog.relation(rel);
        if !self.row_security_counts || !relation.row_security || !relation.force_row_security {
            return;
        }
        // PostgreSQL refuses policies that read their own table.
        if self.protecting.contains(&rel) || !self.may_expand() {
            let name = &relation.name;
            let span = self.occurrences.get(occ.0 as usize).map(|o| o.span).unwrap_or_default();
            self.unsupported(span, format!("the policies of `{name}`, which lead back to it or too far"));
            return;
        }
        self.views_left -= 1;
        self.view_depth += 1;
        self.protecting.push(rel);
        let mut condition = |command, side| Some(self.policies(rel, occ, command, side));
        let security = match access {
            Access::Read => RowSecurity { using: condition("SELECT", Side::Using), ..RowSecurity::default() },
            Access::Delete => {
                RowSecurity { using: condition("DELETE", Side::Using), ..RowSecurity::default() }
            }
            Access::Update => RowSecurity {
                using: condition("UPDATE", Side::Using),
                inserted: None,
                updated: condition("UPDATE", Side::Check),
            },
            // The existing row of ON CONFLICT DO UPDATE is one that UPDATE may change, or the statement fails.
            Access::Insert => RowSecurity {
                using: condition("UPDATE", Side::Using),
                inserted: condition("INSERT", Side::Check),
                updated: condition("UPDATE", Side::Check),
            },
            Access::Merge => RowSecurity {
                using: condition("SELECT", Side::Using),
                inserted: condition("INSERT", Side::Check),
                updated: condition("UPDATE", Side::Check),
            },
        };
        self.protecting.pop();
        self.view_depth -= 1;
        if let Some(occurrence) = self.occurrences.get_mut(occ.0 as usize) {
            occurrence.row_security = Some(Box::new(security));
        }
    }

    /// What the policies for a command say of the rows of an occurrence.
    fn policies(&mut self, rel: RelId, occ: OccId, command: &str, side: Side) -> Expr {
        let catalog = self.catalog;
        let own = catalog.policies.iter().filter(|p| p.relation == rel);
        let applied: Vec<&'a Policy> = own.filter(|p| p.command == "ALL" || p.command == command).collect();
        let mut lets_through = Vec::new();
        let mut demands = Vec::new();
        for policy in applied {
            let handle = match side {
                Side::Using => policy.using.as_ref(),
                Side::Check => policy.with_check.as_ref().or(policy.using.as_ref()),
            };
            match (handle, policy.permissive) {
                (Some(handle), true) => lets_through.push(self.policy(rel, occ, handle)),
                (Some(handle), false) if policy.roles.is_empty() => {
                    demands.push(self.policy(rel, occ, handle));
                }
                // Without the condition, a policy lets nothing through.
                (None, true) | (_, false) => {}
            }
        }
        let any = match lets_through.len() {
            0 => self.constant(occ, false),
            1 => lets_through.remove(0),
            _ => self.truth(occ, ExprKind::Or(lets_through)),
        };
        if demands.is_empty() {
            return any;
        }
        demands.insert(0, any);
        self.truth(occ, ExprKind::And(demands))
    }

    /// One condition, over the columns of the occurrence under their own names.
    fn policy(&mut self, rel: RelId, occ: OccId, handle: &'a ExprHandle) -> Expr {
        let relation = self.catalog.relation(rel);
        let Some(span) = self.occurrences.get(occ.0 as usize).map(|o| o.span) else {
            return self.constant(occ, false);
        };
        let inside = self.text.frame().inside.unwrap_or((occ, span));
        let frame = Frame {
            fragment: &handle.fragment,
            positions: &handle.positions,
            clauses: None,
            span: handle.span,
            inside: Some(inside),
        };
        let mut row = self.occurrence(relation.name.name.clone(), span, Source::Table(rel));
        row.columns = super::relation::columns_of(relation);
        let mut item = Item::of(row.alias.clone(), occ, &row, super::relation::absent(relation));
        item.open = relation.incomplete;
        item.system = true;
        item.qualified = Some(relation.name.clone());
        let renamed = self.rename_columns(occ, row.columns);
        let condition = self.apart(frame, |binder| {
            binder.push_scope();
            binder.scope().push(item);
            binder.stored_expr(handle)
        });
        self.rename_columns(occ, renamed);
        condition
    }

    /// Gives an occurrence other columns; returns those that it had.
    fn rename_columns(&mut self, occ: OccId, columns: Vec<OutColumn>) -> Vec<OutColumn> {
        let occurrence = self.occurrences.get_mut(occ.0 as usize);
        occurrence.map(|o| std::mem::replace(&mut o.columns, columns)).unwrap_or_default()
    }

    fn constant(&self, occ: OccId, value: bool) -> Expr {
        self.truth(occ, ExprKind::Literal(Literal::Bool(value)))
    }

    fn truth(&self, occ: OccId, kind: ExprKind) -> Expr {
        let span = self.occurrences.get(occ.0 as usize).map(|o| o.span).unwrap_or_default();
        Expr { kind, ty: Type::of(BaseType::Bool), span }
    }
}
