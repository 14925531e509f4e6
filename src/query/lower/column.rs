//! Names in expressions: columns, whole rows, fields and elements of values.

use super::expr::typed;
use super::names::{Qualified, Word};
use crate::query::binder::Binder;
use crate::query::model::{Expr, ExprKind, Literal};
use crate::query::scope::Resolution;
use crate::schema::catalog::Function;
use crate::schema::types::Type;
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Binder<'a> {
    pub(super) fn identifier(&mut self, ident: &'a ast::Ident) -> Expr {
        let word = self.word(ident);
        if let Some(expression) = self.hole_in(&word.text) {
            return match self.scope_helper(&word.text, &expression, word.span) {
                Some(condition) => condition,
                None => self.hole_of_one_word(expression, word.span),
            };
        }
        if !word.quoted && word.text == "default" {
            // A reserved word: no column can be named so without quotes.
            return typed(ExprKind::Default, Type::UNKNOWN);
        }
        if !word.quoted && is_keyword_call(&word.text) {
            return self.call(Some("pg_catalog"), &word.text, word.span, Vec::new());
        }
        if ident.quote_style == Some('\'') {
            let kind = ExprKind::Literal(Literal::String(ident.value.clone()));
            return Expr { kind, ty: Type::UNKNOWN, span: word.span };
        }
        self.name(&word.text, word.span)
    }

    pub(super) fn compound(&mut self, parts: &'a [ast::Ident]) -> Expr {
        let words: Vec<Word> = parts.iter().map(|part| self.word(part)).collect();
        self.column_words(&words)
    }

    /// A name of several words: `t.c`, `s.t.c`, `d.s.t.c`.
    pub(super) fn column_words(&mut self, words: &[Word]) -> Expr {
        let span = words.iter().map(|w| w.span).reduce(Span::join).unwrap_or_default();
        if let Some(expression) = words.iter().find_map(|w| self.hole_in(&w.text)) {
            return self.hole(expression, span);
        }
        match words {
            [] => typed(ExprKind::Unresolved(String::new()), Type::UNKNOWN),
            [one] => self.name(&one.text, one.span),
            [table, column] => self.two_words(table, column, span),
            [.., schema, table, column] => {
                match self.qualified(Some(&schema.text), &table.text, &column.text, span) {
                    Some(expr) => expr,
                    None => {
                        let relation = format!("{}.{}", schema.text, table.text);
                        self.unknown_qualifier(&relation, &column.text, table.span)
                    }
                }
            }
        }
    }

    fn two_words(&mut self, table: &Word, column: &Word, span: Span) -> Expr {
        if let Some((level, at, false)) = self.relation_named(None, &table.text)
            && let Some(call) = self.functional(level, at, column, span)
        {
            return call;
        }
        if let Some(mut expr) = self.qualified(None, &table.text, &column.text, column.span) {
            expr.span = span;
            return expr;
        }
        match self.context_column(&table.text, &column.text, span) {
            Some(expr) => expr,
            None => self.unknown_qualifier(&table.text, &column.text, table.span),
        }
    }

    /// `t.f` where `f` is no column but a function of the catalog: the call `f(t)` (manual 8.16.5).
    fn functional(&mut self, level: usize, at: usize, name: &Word, span: Span) -> Option<Expr> {
        let scope = self.scopes.get(level)?;
        if !matches!(scope.column_of(at, &self.occurrences, &name.text), Resolution::Missing) {
            return None;
        }
        let takes_row =
            |f: &&Function| f.name.name == name.text && f.parameters.len() == 1 && !f.returns_trigger;
        self.catalog.functions.iter().find(takes_row)?;
        let row = self.whole_row(level, at, span);
        Some(self.call(None, &name.text, name.span, vec![row]))
    }

    /// `t.*` as one value.
    pub(super) fn row_of(&mut self, name: &'a ast::ObjectName) -> Expr {
        let Qualified { schema, name, raw: _ } = self.qualified_name(name);
        if let Some(expression) = self.hole_in(&name.text) {
            return self.hole(expression, name.span);
        }
        match self.relation_named(schema.as_deref(), &name.text) {
            Some((level, at, false)) => self.whole_row(level, at, name.span),
            Some((_, _, true)) | None => self.unknown_qualifier(&name.text, "*", name.span),
        }
    }

    pub(super) fn access(&mut self, root: &'a ast::Expr, chain: &'a [ast::AccessExpr]) -> Expr {
        // `t.a[1]` comes as the root `t` and the chain `.a`, `[1]`; only `(t).a` is a field of a value.
        let mut words: Vec<&'a ast::Ident> = Vec::new();
        let mut rest = chain;
        if let ast::Expr::Identifier(first) = root {
            words.push(first);
        } else if let ast::Expr::CompoundIdentifier(parts) = root {
            words.extend(parts);
        }
        if !words.is_empty() {
            while let [ast::AccessExpr::Dot(ast::Expr::Identifier(next)), tail @ ..] = rest {
                words.push(next);
                rest = tail;
            }
        }
        let mut value = if words.is_empty() {
            self.expr(root)
        } else {
            let words: Vec<Word> = words.iter().map(|w| self.word(w)).collect();
            self.column_words(&words)
        };
        for step in rest {
            value = match step {
                ast::AccessExpr::Dot(ast::Expr::Identifier(field)) => self.field(value, field),
                ast::AccessExpr::Dot(other) => {
                    let other = self.expr(other);
                    self.unsupported_expr("access to a computed field", vec![value, other])
                }
                ast::AccessExpr::Subscript(subscript) => self.subscript(value, subscript),
            };
        }
        value
    }

    /// `(value).field`: a column where the value is a whole row of a relation.
    fn field(&mut self, value: Expr, field: &'a ast::Ident) -> Expr {
        let word = self.word(field);
        if let Some(expression) = self.hole_in(&word.text) {
            return self.hole(expression, word.span);
        }
        if let ExprKind::WholeRow(occ) = value.kind
            && let Some(expr) = self.column_of_occurrence(occ, &word.text, word.span)
        {
            return expr;
        }
        let fields = self.fields_of(&value.ty);
        let ty = fields.into_iter().find(|f| f.name == word.text).map_or(Type::UNKNOWN, |f| f.ty);
        typed(ExprKind::Field { expr: Box::new(value), name: word.text }, ty)
    }

    fn subscript(&mut self, value: Expr, subscript: &'a ast::Subscript) -> Expr {
        let (index, ty) = match subscript {
            ast::Subscript::Index { index } => {
                let ty = if value.ty.array { value.ty.clone().element() } else { value.ty.clone() };
                (vec![self.expr(index)], ty)
            }
            ast::Subscript::Slice { lower_bound, upper_bound, stride } => {
                let bounds = [lower_bound, upper_bound, stride];
                let index = bounds.into_iter().flatten().map(|e| self.expr(e)).collect();
                (index, value.ty.clone())
            }
        };
        self.text.close(']', ":");
        typed(ExprKind::Subscript { expr: Box::new(value), index }, ty)
    }
}

/// Words that call a function without parentheses and that the parser takes for names.
pub(super) fn is_keyword_call(word: &str) -> bool {
    matches!(
        word,
        "current_date"
            | "current_time"
            | "current_timestamp"
            | "localtime"
            | "localtimestamp"
            | "current_user"
            | "current_role"
            | "session_user"
            | "user"
            | "current_catalog"
            | "current_schema"
    )
}
