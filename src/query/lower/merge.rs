//! MERGE.

use super::row_security::Access;
use crate::query::binder::Binder;
use crate::query::model::{Body, Merge, MergeAction, MergeArm, MergeWhen, OccId, Output};
use crate::syntax::ast;

impl<'a> Binder<'a> {
    pub(super) fn merge_statement(&mut self, merge: &'a ast::Merge) -> Body {
        let ast::Merge {
            merge_token,
            optimizer_hints: _, // how it is run
            into: _,            // a matter of spelling
            table,
            source,
            on,
            clauses,
            output,
        } = merge;
        let token = self.token(merge_token);
        let target = self.target_factor(table);
        self.protect(target, Access::Merge);
        let before = self.scope().visible_from.take();
        let source = self.table_factor(source);
        self.scope().visible_from = before;
        let on = self.expr(on);
        let arms = clauses.iter().map(|clause| self.arm_of_merge(target, clause)).collect();
        let returning = match output {
            None => Vec::new(),
            Some(ast::OutputClause::Returning { returning_token, select_items }) => {
                self.token(returning_token);
                self.returning(Some(select_items), target)
            }
            Some(ast::OutputClause::Output { output_token, select_items: _, into_table: _ }) => {
                self.token(output_token);
                self.unsupported(token, "OUTPUT of another dialect");
                Vec::<Output>::new()
            }
        };
        Body::Merge(Box::new(Merge { with: Vec::new(), target, source, on, arms, returning }))
    }

    fn arm_of_merge(&mut self, target: OccId, clause: &'a ast::MergeClause) -> MergeArm {
        let ast::MergeClause { when_token, clause_kind, predicate, action } = clause;
        let span = self.token(when_token);
        let when = match clause_kind {
            ast::MergeClauseKind::Matched => MergeWhen::Matched,
            ast::MergeClauseKind::NotMatched | ast::MergeClauseKind::NotMatchedByTarget => {
                MergeWhen::NotMatched
            }
            ast::MergeClauseKind::NotMatchedBySource => MergeWhen::NotMatchedBySource,
        };
        // An arm sees only the sides that have a row there. The target is the first item, all others are the source's.
        let hidden: Vec<bool> =
            self.show_sides(when != MergeWhen::NotMatched, when != MergeWhen::NotMatchedBySource);
        let filter = predicate.as_ref().map(|e| self.expr(e));
        let action = match action {
            ast::MergeAction::Insert(ast::MergeInsertExpr {
                insert_token,
                columns,
                kind_token,
                kind,
                insert_predicate,
            }) => {
                let token = self.token(insert_token);
                if insert_predicate.is_some() {
                    self.unsupported(token, "INSERT ... WHERE in a MERGE");
                }
                let mut listed = Vec::with_capacity(columns.len());
                let mut lost = false;
                for name in columns {
                    let word = self.qualified_name(name).name;
                    match self.target_column(target, &word) {
                        Some(column) if !lost => listed.push(column),
                        Some(_) => {}
                        None => lost = true,
                    }
                }
                self.token(kind_token);
                let values = match kind {
                    ast::MergeInsertKind::Values(ast::Values { explicit_row: _, value_keyword: _, rows }) => {
                        match rows.as_slice() {
                            [ast::Parens { opening_token: _, content, closing_token }] => {
                                let values = self.row_members(content);
                                self.token(closing_token);
                                values
                            }
                            [] => Vec::new(),
                            [first, ..] => {
                                self.unsupported(token, "several rows in a MERGE");
                                self.exprs(&first.content)
                            }
                        }
                    }
                    ast::MergeInsertKind::Row | ast::MergeInsertKind::Wildcard => {
                        self.unsupported(token, "INSERT of a whole row in a MERGE");
                        Vec::new()
                    }
                };
                if columns.is_empty() && !values.is_empty() {
                    listed = self.columns_of(target).into_iter().map(|(i, _)| i).take(values.len()).collect();
                }
                MergeAction::Insert { columns: listed, values }
            }
            ast::MergeAction::Update(ast::MergeUpdateExpr {
                update_token,
                kind,
                update_predicate,
                delete_predicate,
            }) => {
                let token = self.token(update_token);
                if update_predicate.is_some() || delete_predicate.is_some() {
                    self.unsupported(token, "UPDATE ... WHERE in a MERGE");
                }
                match kind {
                    ast::MergeUpdateKind::Set(list) => MergeAction::Update(self.assignments(target, list)),
                    ast::MergeUpdateKind::Wildcard => {
                        self.unsupported(token, "UPDATE of a whole row in a MERGE");
                        MergeAction::Update(Vec::new())
                    }
                }
            }
            ast::MergeAction::Delete { delete_token } => {
                self.token(delete_token);
                MergeAction::Delete
            }
            ast::MergeAction::DoNothing { do_token, nothing_token } => {
                self.token(do_token);
                self.token(nothing_token);
                MergeAction::Nothing
            }
        };
        let scope = self.scope();
        for (at, hidden) in hidden.into_iter().enumerate() {
            if let Some(item) = scope.item_mut(at) {
                item.hidden = hidden;
            }
        }
        MergeArm { when, filter, action, span }
    }

    /// Shows the sides that an arm sees; the answer is what was hidden before.
    fn show_sides(&mut self, target: bool, source: bool) -> Vec<bool> {
        let scope = self.scope();
        (0..scope.len())
            .map(|at| {
                let shown = if at == 0 { target } else { source };
                scope.item_mut(at).is_some_and(|item| {
                    let before = item.hidden;
                    item.hidden |= !shown;
                    before
                })
            })
            .collect()
    }
}
