//! Operators of one and two operands. Chains that lean to the left are read without recursion.

use super::expr::{boolean, comparison, typed};
use crate::query::binder::Binder;
use crate::query::model::{Expr, ExprKind, LikeKind, Literal};
use crate::query::types;
use crate::schema::catalog::Name;
use crate::schema::types::{BaseType, Type};
use crate::syntax::{self, ast};

impl<'a> Binder<'a> {
    /// A chain of binary operators, from its leftmost operand on.
    pub(super) fn binary_chain(&mut self, expr: &'a ast::Expr) -> Expr {
        let mut spine: Vec<(&ast::BinaryOperator, &ast::Expr)> = Vec::new();
        let mut leftmost = expr;
        while let ast::Expr::BinaryOp { left, op, right } = leftmost {
            spine.push((op, right));
            leftmost = left;
        }
        let mut value = self.expr(leftmost);
        while let Some((op, right)) = spine.pop() {
            if let Some((array, all)) = quantified_operand(right) {
                value = self.quantified_by(value, symbol(op), array, all);
                value.span = self.text.extent();
                continue;
            }
            let right = self.expr(right);
            let span = self.text.extent();
            value = self.binary(value, op, right);
            value.span = span;
        }
        value
    }

    fn binary(&mut self, left: Expr, op: &'a ast::BinaryOperator, right: Expr) -> Expr {
        match op {
            ast::BinaryOperator::And => return boolean(flatten_and(left, right)),
            ast::BinaryOperator::Or => return boolean(flatten_or(left, right)),
            ast::BinaryOperator::Overlaps => {
                let mut args = row_members(left);
                args.extend(row_members(right));
                let span = self.text.extent();
                return self.call(Some("pg_catalog"), "overlaps", span, args);
            }
            ast::BinaryOperator::Assignment => {
                return self.unsupported_expr("assignment inside an expression", vec![left, right]);
            }
            ast::BinaryOperator::PGCustomBinaryOperator(path) => {
                // `OPERATOR(pg_catalog.=)` is the operator itself; one of another schema may be anything.
                if let [schema, symbol] = path.as_slice()
                    && !schema.eq_ignore_ascii_case("pg_catalog")
                {
                    if let Some(function) = self.operator_function(Some(schema), symbol, &[&left, &right]) {
                        return self.operator_call(function, vec![left, right]);
                    }
                    let kind = ExprKind::Operator { name: symbol.clone(), args: vec![left, right] };
                    return typed(kind, Type::UNKNOWN);
                }
            }
            ast::BinaryOperator::Plus
            | ast::BinaryOperator::Minus
            | ast::BinaryOperator::Multiply
            | ast::BinaryOperator::Divide
            | ast::BinaryOperator::Modulo
            | ast::BinaryOperator::StringConcat
            | ast::BinaryOperator::Gt
            | ast::BinaryOperator::Lt
            | ast::BinaryOperator::GtEq
            | ast::BinaryOperator::LtEq
            | ast::BinaryOperator::Spaceship
            | ast::BinaryOperator::Eq
            | ast::BinaryOperator::NotEq
            | ast::BinaryOperator::Xor
            | ast::BinaryOperator::BitwiseOr
            | ast::BinaryOperator::BitwiseAnd
            | ast::BinaryOperator::BitwiseXor
            | ast::BinaryOperator::DuckIntegerDivide
            | ast::BinaryOperator::MyIntegerDivide
            | ast::BinaryOperator::Match
            | ast::BinaryOperator::Regexp
            | ast::BinaryOperator::Glob
            | ast::BinaryOperator::Custom(_)
            | ast::BinaryOperator::PGBitwiseXor
            | ast::BinaryOperator::PGBitwiseShiftLeft
            | ast::BinaryOperator::PGBitwiseShiftRight
            | ast::BinaryOperator::PGExp
            | ast::BinaryOperator::PGOverlap
            | ast::BinaryOperator::PGRegexMatch
            | ast::BinaryOperator::PGRegexIMatch
            | ast::BinaryOperator::PGRegexNotMatch
            | ast::BinaryOperator::PGRegexNotIMatch
            | ast::BinaryOperator::PGLikeMatch
            | ast::BinaryOperator::PGILikeMatch
            | ast::BinaryOperator::PGNotLikeMatch
            | ast::BinaryOperator::PGNotILikeMatch
            | ast::BinaryOperator::PGStartsWith
            | ast::BinaryOperator::Arrow
            | ast::BinaryOperator::LongArrow
            | ast::BinaryOperator::HashArrow
            | ast::BinaryOperator::HashLongArrow
            | ast::BinaryOperator::AtAt
            | ast::BinaryOperator::AtArrow
            | ast::BinaryOperator::ArrowAt
            | ast::BinaryOperator::HashMinus
            | ast::BinaryOperator::AtQuestion
            | ast::BinaryOperator::Question
            | ast::BinaryOperator::QuestionAnd
            | ast::BinaryOperator::QuestionPipe
            | ast::BinaryOperator::DoubleHash
            | ast::BinaryOperator::LtDashGt
            | ast::BinaryOperator::AndLt
            | ast::BinaryOperator::AndGt
            | ast::BinaryOperator::LtLtPipe
            | ast::BinaryOperator::PipeGtGt
            | ast::BinaryOperator::AndLtPipe
            | ast::BinaryOperator::PipeAndGt
            | ast::BinaryOperator::LtCaret
            | ast::BinaryOperator::GtCaret
            | ast::BinaryOperator::QuestionHash
            | ast::BinaryOperator::QuestionDash
            | ast::BinaryOperator::QuestionDashPipe
            | ast::BinaryOperator::QuestionDoublePipe
            | ast::BinaryOperator::At
            | ast::BinaryOperator::TildeEq => {}
        }
        let symbol = symbol(op);
        match self.operator_function(None, &symbol, &[&left, &right]) {
            Some(function) => self.operator_call(function, vec![left, right]),
            None => by_symbol(&symbol, left, right),
        }
    }

    /// The call that an operator of the schema is.
    fn operator_call(&mut self, function: &'a Name, operands: Vec<Expr>) -> Expr {
        let span = self.text.extent();
        self.call(Some(&function.schema), &function.name, span, operands)
    }

    /// An operator of one operand.
    pub(super) fn unary(&mut self, op: ast::UnaryOperator, operand: &'a ast::Expr) -> Expr {
        let expr = self.expr(operand);
        match op {
            ast::UnaryOperator::Not | ast::UnaryOperator::BangNot => {
                self.text.open_word("NOT");
                boolean(ExprKind::Not(Box::new(expr)))
            }
            ast::UnaryOperator::Minus => {
                self.text.open('-');
                match expr.kind {
                    ExprKind::Literal(Literal::Number(digits)) if !digits.starts_with('-') => {
                        let number = format!("-{digits}");
                        let ty = types::number(&number);
                        typed(ExprKind::Literal(Literal::Number(number)), ty)
                    }
                    _ => one_operand("-", expr),
                }
            }
            ast::UnaryOperator::Plus => one_operand("+", expr),
            ast::UnaryOperator::PGPostfixFactorial => one_operand("!", expr),
            ast::UnaryOperator::AtDashAt
            | ast::UnaryOperator::BitwiseNot
            | ast::UnaryOperator::DoubleAt
            | ast::UnaryOperator::Hash
            | ast::UnaryOperator::PGAbs
            | ast::UnaryOperator::PGCubeRoot
            | ast::UnaryOperator::PGPrefixFactorial
            | ast::UnaryOperator::PGSquareRoot
            | ast::UnaryOperator::QuestionDash
            | ast::UnaryOperator::QuestionPipe => {
                let symbol = op.to_string();
                match self.operator_function(None, &symbol, &[&expr]) {
                    Some(function) => self.operator_call(function, vec![expr]),
                    None => one_operand(&symbol, expr),
                }
            }
        }
    }
}

/// The array and whether ALL of it is meant, where an operand is `ANY (array)` behind an operator that the parser takes
/// for one of plain values.
fn quantified_operand(operand: &ast::Expr) -> Option<(&ast::Expr, bool)> {
    let ast::Expr::Function(function) = operand else { return None };
    let ast::ObjectName(parts) = &function.name;
    let [ast::ObjectNamePart::Identifier(name)] = parts.as_slice() else { return None };
    let all = match name.value.as_str() {
        syntax::ANY_CALL => false,
        syntax::ALL_CALL => true,
        _ => return None,
    };
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(array))] => Some((array, all)),
        _ => None,
    }
}

fn one_operand(symbol: &str, expr: Expr) -> Expr {
    let ty = types::unary(symbol, &expr.ty);
    typed(ExprKind::Operator { name: symbol.to_owned(), args: vec![expr] }, ty)
}

/// The symbol of an operator, without its schema.
pub(super) fn symbol(op: &ast::BinaryOperator) -> String {
    match op {
        // One of another schema than PostgreSQL's may be anything, and keeps the schema so as not to be taken for it.
        ast::BinaryOperator::PGCustomBinaryOperator(path) => match path.as_slice() {
            [schema, symbol] if !schema.eq_ignore_ascii_case("pg_catalog") => format!("{schema}.{symbol}"),
            _ => path.last().cloned().unwrap_or_default(),
        },
        other => other.to_string(),
    }
}

fn by_symbol(symbol: &str, left: Expr, right: Expr) -> Expr {
    if let Some(op) = comparison(symbol) {
        return boolean(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) });
    }
    let pattern = match symbol {
        "~~" => Some((LikeKind::Like, false)),
        "!~~" => Some((LikeKind::Like, true)),
        "~~*" => Some((LikeKind::ILike, false)),
        "!~~*" => Some((LikeKind::ILike, true)),
        "~" => Some((LikeKind::Regex, false)),
        "!~" => Some((LikeKind::Regex, true)),
        "~*" => Some((LikeKind::IRegex, false)),
        "!~*" => Some((LikeKind::IRegex, true)),
        _ => None,
    };
    // `~` of other types (ltree, geometry) is no pattern match of text.
    let textual = left.ty.is_unknown()
        || matches!(
            left.ty.base,
            BaseType::Text
                | BaseType::Varchar
                | BaseType::Bpchar
                | BaseType::Name
                | BaseType::Citext
                | BaseType::Bytea
        );
    if let Some((kind, negated)) = pattern.filter(|_| textual) {
        let (expr, pattern) = (Box::new(left), Box::new(right));
        return boolean(ExprKind::Like { kind, negated, expr, pattern, escape: None });
    }
    let ty = types::binary(symbol, &left.ty, &right.ty);
    typed(ExprKind::Operator { name: symbol.to_owned(), args: vec![left, right] }, ty)
}

fn flatten_and(left: Expr, right: Expr) -> ExprKind {
    let mut list = match left.kind {
        ExprKind::And(list) => list,
        _ => vec![left],
    };
    match right.kind {
        ExprKind::And(more) => list.extend(more),
        _ => list.push(right),
    }
    ExprKind::And(list)
}

fn flatten_or(left: Expr, right: Expr) -> ExprKind {
    let mut list = match left.kind {
        ExprKind::Or(list) => list,
        _ => vec![left],
    };
    match right.kind {
        ExprKind::Or(more) => list.extend(more),
        _ => list.push(right),
    }
    ExprKind::Or(list)
}

/// The members of a row, or the value alone.
fn row_members(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::Row(list) => list,
        _ => vec![expr],
    }
}
