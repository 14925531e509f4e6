//! Functions in FROM, ROWS FROM, and tables that keyword syntax makes of expressions.

use super::from::Alias;
use super::names::{Qualified, Word};
use crate::query::binder::Binder;
use crate::query::functions::{self, Rows};
use crate::query::model::{Call, Expr, ExprKind, From, GapKind, Join, JoinKind, OccId, OutColumn, Source};
use crate::schema::types::{BaseType, Type};
use crate::source::Span;
use crate::syntax::{ROWS_FROM, ast};

impl<'a> Binder<'a> {
    /// A function of FROM, whose arguments see every item left of it.
    pub(super) fn function_item(
        &mut self,
        name: &Qualified,
        args: &'a [ast::FunctionArg],
        ordinality: bool,
        alias: Option<&'a ast::TableAlias>,
    ) -> OccId {
        let mut arguments = self.laterally(|binder| binder.argument_list(args));
        let types: Vec<Type> = arguments.args.iter().map(|e| e.ty.clone()).collect();
        let callee = functions::callee(self.catalog, name.schema.as_deref(), &name.name.text, &types);
        self.order_arguments(&callee, &mut arguments);
        if let Some(what) = arguments.unsupported {
            self.unsupported(name.name.span, what);
        }
        let args = arguments.args;
        self.text.close(')', "(");
        if ordinality {
            self.text.words(&["WITH", "ORDINALITY"]);
        }
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        self.function_with(name, args, ordinality, alias)
    }

    /// UNNEST, which the parser tells apart.
    pub(super) fn unnest_item(
        &mut self,
        arrays: &'a [ast::Expr],
        offset: bool,
        ordinality: bool,
        alias: Option<&'a ast::TableAlias>,
    ) -> OccId {
        let args = self.laterally(|binder| binder.exprs(arrays));
        self.text.close(')', "");
        self.text.open('(');
        self.text.open_word("UNNEST");
        let extent = self.text.extent();
        let span = Span::new(extent.start, extent.end.min(extent.start + 6));
        if offset {
            self.unsupported(span, "UNNEST WITH OFFSET");
        }
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        self.function_with(&Qualified::alone(Word::made_up("unnest", span)), args, ordinality, alias)
    }

    /// Reads expressions of FROM that see every item left of them. What they call says nothing of the block.
    fn laterally<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope().visible_from.replace(0);
        let calls = self.scope().calls;
        let result = read(self);
        self.scope().calls = calls;
        self.scope().visible_from = before;
        result
    }

    fn function_with(&mut self, name: &Qualified, args: Vec<Expr>, ordinality: bool, alias: Alias) -> OccId {
        let Qualified { schema, name: word, raw: _ } = name;
        if let Some(expression) = self.hole_in(&word.text) {
            self.hole_gap(&expression, word.span);
        }
        let (calls, rows) = if word.text == ROWS_FROM {
            self.rows_from(args)
        } else {
            let (call, _, rows) = self.plain_call(schema.as_deref(), &word.text, word.span, args);
            (vec![call], rows)
        };
        let Rows { mut columns, mut open, scalar } = rows;
        if alias.columns.iter().any(|(_, ty)| ty.is_some()) {
            // `AS t (a int, b text)` says what a function returns that returns records.
            columns = alias
                .columns
                .iter()
                .map(|(name, ty)| OutColumn { name: name.clone(), ty: ty.clone().unwrap_or_default() })
                .collect();
            open = false;
        } else if scalar
            && alias.columns.is_empty()
            && let (Some(alias), [one]) = (&alias.name, columns.as_mut_slice())
        {
            one.name.clone_from(&alias.text);
        }
        if ordinality {
            columns.push(OutColumn { name: "ordinality".to_owned(), ty: Type::of(BaseType::Int8) });
        }
        let mut occurrence = self.aliased(word, &alias, Source::Function { calls, ordinality });
        occurrence.lateral = true;
        self.finish_item(occurrence, columns, open, false, &alias)
    }

    /// ROWS FROM: the columns of its calls side by side.
    fn rows_from(&mut self, args: Vec<Expr>) -> (Vec<Call>, Rows) {
        let mut calls = Vec::with_capacity(args.len());
        let mut rows = Rows::default();
        for arg in args {
            let ExprKind::Call(call) = arg.kind else {
                self.unsupported(arg.span, "an element of ROWS FROM");
                rows.open = true;
                continue;
            };
            let types: Vec<Type> = call.args.iter().map(|e| e.ty.clone()).collect();
            let (schema, name) = match call.name.split_once('.') {
                Some((schema, name)) => (Some(schema), name),
                None => (None, call.name.as_str()),
            };
            let more = functions::callee(self.catalog, schema, name, &types).rows;
            rows.columns.extend(more.columns);
            rows.open |= more.open;
            calls.push(*call);
        }
        (calls, rows)
    }

    /// A table that keyword syntax makes of expressions, with the columns that it declares.
    pub(super) fn keyword_table(
        &mut self,
        name: &str,
        args: &[&'a ast::Expr],
        columns: Vec<(&'a ast::Ident, Option<&'a ast::DataType>)>,
        alias: Option<&'a ast::TableAlias>,
    ) -> From {
        let args: Vec<Expr> = self.laterally(|binder| args.iter().map(|e| binder.expr(e)).collect());
        let span = self.text.extent();
        let columns: Vec<OutColumn> = columns
            .into_iter()
            .map(|(ident, ty)| {
                let ty = ty.map_or(Type::of(BaseType::Int4), |ty| self.data_type(ty));
                OutColumn { name: self.word(ident).text, ty }
            })
            .collect();
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        let (call, _, _) = self.plain_call(Some("pg_catalog"), name, span, args);
        let word = Word::made_up(name, span);
        let mut occurrence =
            self.aliased(&word, &alias, Source::Function { calls: vec![call], ordinality: false });
        occurrence.lateral = true;
        From::Item(self.finish_item(occurrence, columns, false, false, &alias))
    }

    /// An item that is not modelled; the expressions in it are bound so that what they name is known.
    pub(super) fn opaque_item(
        &mut self,
        what: &str,
        parts: &[&'a ast::Expr],
        alias: Option<&'a ast::TableAlias>,
    ) -> From {
        self.laterally(|binder| {
            for part in parts {
                binder.expr(part);
            }
        });
        let span = self.text.extent();
        self.gap(span, what, GapKind::Unsupported);
        let alias = alias.map(|a| self.alias(a)).unwrap_or_default();
        From::Item(self.unknown_relation(&Qualified::alone(Word::made_up("", span)), alias))
    }

    /// An item over another one that is not modelled; the other stays in FROM, its names do not.
    pub(super) fn opaque_table(
        &mut self,
        what: &str,
        table: &'a ast::TableFactor,
        alias: Option<&'a ast::TableAlias>,
    ) -> From {
        let start = self.scope().len();
        let left = self.table_factor(table);
        let scope = self.scope();
        for at in start..scope.len() {
            if let Some(item) = scope.item_mut(at) {
                item.hidden = true;
            }
        }
        let right = self.opaque_item(what, &[], alias);
        let span = self.text.extent();
        From::Join(Box::new(Join { kind: JoinKind::Inner, left, right, on: None, merged: false, span }))
    }
}
