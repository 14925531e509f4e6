//! Casts, arrays and literals in normal form (clauses.c `eval_const_expressions`), and terms with others in the place of
//! columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::call::FunctionFacts;
use super::constant::Decimal;
use super::{Const, Flags, Node, Rel, Symbol, Term, Terms, TypeNames, Value, resolve};
use crate::query::model::Literal;
use crate::schema::catalog::{ColumnIx, Volatility};
use crate::schema::types::{BaseType, Type};

impl Terms {
    /// A cast; one that changes nothing is left out, one of a literal is folded.
    pub fn cast(&mut self, ty: &Type, term: Term) -> Term {
        let base = self.types.base(ty);
        if let Some(c) = self.constant(term).cloned()
            && let Some(folded) = self.folded_cast(&base, &c)
        {
            return self.konst(folded);
        }
        if base.is_unknown() || resolve::is_relabel(self.ty(term), &base) {
            return term;
        }
        if let Node::Array(list) = self.node(term).clone()
            && base.array
        {
            let element = base.clone().element();
            let list = list.iter().map(|t| self.cast(&element, *t)).collect();
            return self.array_typed(list, base);
        }
        self.intern(Node::Cast(base.clone(), term), base, Flags::default())
    }

    fn folded_cast(&self, to: &Type, c: &Const) -> Option<Const> {
        use BaseType as B;
        let plain = Type { length: None, scale: None, ..to.clone() };
        let textual = |b: &B| matches!(b, B::Unknown | B::Text | B::Varchar);
        let integer = |b: &B| matches!(b, B::Int2 | B::Int4 | B::Int8);
        match &c.value {
            Value::Null => Some(Const { ty: plain, value: Value::Null }),
            Value::Text(text) if c.ty.is_unknown() && !(to.length.is_some() && textual(&to.base)) => {
                Some(Const::read(text, to, &self.types))
            }
            Value::Text(text) if textual(&c.ty.base) && textual(&to.base) && to.array == c.ty.array => {
                let text = match to.length {
                    Some(n) => text.chars().take(n as usize).collect::<String>().into(),
                    None => text.clone(),
                };
                Some(Const { ty: plain, value: Value::Text(text) })
            }
            Value::Number(d) => {
                let fits = matches!(to.base, B::Numeric | B::Float4 | B::Float8)
                    || (integer(&to.base) && d.as_integer().is_some());
                let number = if to.base == B::Numeric { *d } else { d.trimmed() };
                (fits && to.scale.is_none()).then_some(Const { ty: plain, value: Value::Number(number) })
            }
            Value::Instant(_) if c.ty.base == B::Date && to.base == B::Timestamp => {
                Some(Const { ty: plain, value: c.value.clone() })
            }
            _ if c.ty == plain && to.length.is_none() => Some(c.clone()),
            _ => None,
        }
    }

    /// COLLATE.
    pub(super) fn collate(&mut self, term: Term, name: &str) -> Term {
        let inner = self.without_collate(term);
        let ty = self.ty(inner).clone();
        self.intern(Node::Collate(Symbol::from(name), inner), ty, Flags::default())
    }

    /// ARRAY[...].
    pub(super) fn array(&mut self, list: Vec<Term>) -> Term {
        let ty = list.iter().map(|t| self.ty(*t)).find(|ty| !ty.is_unknown()).cloned();
        self.array_typed(list, ty.unwrap_or_default().array_of())
    }

    fn array_typed(&mut self, list: Vec<Term>, ty: Type) -> Term {
        self.intern(Node::Array(list.into()), ty, Flags::default())
    }

    /// A node that needs no normalisation of its own.
    pub(super) fn plain(&mut self, node: Node, ty: &Type) -> Term {
        let ty = self.types.base(ty);
        self.intern(node, ty, Flags::default())
    }

    /// A text constant.
    pub fn text(&mut self, text: &str) -> Term {
        self.konst(Const { ty: Type::of(BaseType::Text), value: Value::Text(Symbol::from(text)) })
    }

    /// A literal of the query.
    pub(super) fn literal(&mut self, literal: &Literal, ty: &Type) -> Term {
        let names: Arc<TypeNames> = self.types.clone();
        let ty = names.base(ty);
        match literal {
            Literal::Null => self.null(&Type { length: None, scale: None, ..ty }),
            Literal::Bool(b) => self.bool(*b),
            Literal::Number(text) => {
                let Some(number) = Decimal::parse(text) else {
                    let value = Value::Text(Symbol::from(text.as_str()));
                    return self.konst(Const { ty: Type::of(BaseType::Numeric), value });
                };
                let integral = !text.contains(['.', 'e', 'E']) || text.starts_with("0x");
                let base = match number.as_integer().filter(|_| integral) {
                    Some(n) if i32::try_from(n).is_ok() => BaseType::Int4,
                    Some(_) => BaseType::Int8,
                    None => BaseType::Numeric,
                };
                self.konst(Const { ty: Type::of(base), value: Value::Number(number) })
            }
            Literal::String(text) => {
                let value = if ty.is_unknown() {
                    Const { ty, value: Value::Text(Symbol::from(text.as_str())) }
                } else {
                    Const::read(text, &ty, &names)
                };
                self.konst(value)
            }
            Literal::Other(text) => {
                let ty = Type { length: None, scale: None, ..ty };
                self.konst(Const { ty, value: Value::Text(Symbol::from(text.as_str())) })
            }
        }
    }

    pub(super) fn null(&mut self, ty: &Type) -> Term {
        self.konst(Const { ty: ty.clone(), value: Value::Null })
    }

    pub(super) fn is_null(&self, term: Term) -> bool {
        self.constant(term).is_some_and(|c| c.value == Value::Null)
    }

    /// A term with columns replaced by other terms, normalised again.
    pub fn replace(&mut self, term: Term, with: &dyn Fn(Rel, ColumnIx) -> Option<Term>) -> Term {
        self.replace_in(term, with, &mut HashMap::new())
    }

    fn replace_in(
        &mut self,
        term: Term,
        with: &dyn Fn(Rel, ColumnIx) -> Option<Term>,
        done: &mut HashMap<Term, Term>,
    ) -> Term {
        if self.rels(term).is_empty() {
            return term;
        }
        if let Some(t) = done.get(&term) {
            return *t;
        }
        let node = self.node(term).clone();
        let operands: Vec<Term> = {
            let mut out = Vec::new();
            super::each_operand(&node, &mut |t| out.push(t));
            out.into_iter().map(|t| self.replace_in(t, with, done)).collect()
        };
        let built = match &node {
            Node::Column(rel, column) => with(*rel, *column).unwrap_or(term),
            _ => self.rebuild(term, &node, operands),
        };
        done.insert(term, built);
        built
    }

    /// The same node over other operands.
    fn rebuild(&mut self, term: Term, node: &Node, operands: Vec<Term>) -> Term {
        let facts = self.facts(term);
        let (ty, strict, volatile) = (facts.ty.clone(), facts.flags.strict, facts.flags.volatile);
        match (node, operands.as_slice()) {
            (Node::And(_), _) => self.and(operands),
            (Node::Or(_), _) => self.or(operands),
            (Node::Not(_), [t]) => self.not(*t),
            (Node::Compare(op, ..), [l, r]) => self.compare(*op, *l, *r),
            (Node::Any { op, all, .. }, [l, r]) => self.any(op, *all, *l, *r),
            (Node::IsNull { negated, .. }, [t]) => self.is_null_test(*negated, *t),
            (Node::IsTruth { value, negated, .. }, [t]) => self.is_truth(*value, *negated, *t),
            (Node::Distinct { negated, .. }, [l, r]) => self.distinct(*negated, *l, *r),
            (Node::Operator { name, .. }, _) => self.operator(&name.clone(), operands, &ty),
            (Node::Call { name, .. }, _) => {
                let volatility = if volatile { Volatility::Volatile } else { Volatility::Stable };
                let facts = FunctionFacts { volatility, strict, set_returning: false };
                self.call(&name.clone(), operands, &ty, facts)
            }
            (Node::Cast(to, _), [t]) => self.cast(to, *t),
            (Node::Collate(name, _), [t]) => self.collate(*t, &name.clone()),
            (Node::Row(_), _) => self.plain(Node::Row(operands.into()), &ty),
            (Node::Array(_), _) => self.array_typed(operands, ty),
            (Node::Case { operand, otherwise, .. }, _) => {
                let parts = operands.into();
                self.plain(Node::Case { operand: *operand, otherwise: *otherwise, parts }, &ty)
            }
            (Node::Field(_, name), [t]) => self.plain(Node::Field(*t, name.clone()), &ty),
            (Node::Subscript(..), [t, index @ ..]) => self.plain(Node::Subscript(*t, index.into()), &ty),
            (Node::Opaque(..), _) => {
                let flags = self.facts(term).flags;
                self.opaque(operands, &ty, flags)
            }
            _ => term,
        }
    }
}
