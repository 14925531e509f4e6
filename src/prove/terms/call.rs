//! Operators and functions: the types of their operands, their own, and what is known of constants.

use super::constant::Decimal;
use super::{BOOL, Const, Derivation, Flags, Node, Symbol, Term, Terms, Value, operators, resolve};
use crate::schema::catalog::Volatility;
use crate::schema::types::{BaseType, Type};

/// What is known of a function besides its name and arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionFacts {
    pub(super) volatility: Volatility,
    pub(super) strict: bool,
    pub(super) set_returning: bool,
}

impl Terms {
    /// `left op right` for an operator by its symbol.
    pub fn operation(&mut self, op: &str, left: Term, right: Term) -> Term {
        self.operator(op, vec![left, right], &BOOL)
    }

    /// Any other operator.
    pub(super) fn operator(&mut self, name: &str, args: Vec<Term>, ty: &Type) -> Term {
        if let (Some(op), [left, right]) = (operators::comparison(name), args.as_slice()) {
            return self.compare(op, *left, *right);
        }
        if let Some(folded) = self.folded(name, &args) {
            return folded;
        }
        let pattern = is_pattern(name);
        let mut args = self.typed_operands(name, args);
        if let (true, [left, right]) = (pattern, args.as_mut_slice()) {
            if let Some(text) = self.constant(*right).and_then(Const::text).map(str::to_owned) {
                *right = self.text(&text);
            }
            // LIKE is a function of text: a citext or a varchar is only relabelled.
            if self.ty(*left).is_unknown() && self.constant(*left).is_some() {
                *left = self.cast(&Type::of(BaseType::Text), *left);
            }
        }
        let derivation = args.iter().fold(Derivation::None, |d, t| d.combine(self.derivation(*t)));
        let coll = derivation.collation();
        if pattern || operators::commuted_operator(name).is_some() {
            args = args.into_iter().map(|t| self.without_collate(t)).collect();
        }
        let ty = if pattern { BOOL } else { self.result_type(name, &args, ty) };
        let name = Symbol::from(if name == "!=" { "<>" } else { name });
        self.intern(Node::Operator { name, args: args.into(), coll }, ty, Flags::default())
    }

    /// Gives untyped literals the type that the operator takes there.
    fn typed_operands(&mut self, name: &str, args: Vec<Term>) -> Vec<Term> {
        let [left, right] = args.as_slice() else { return args };
        let (left, right) = (*left, *right);
        let untyped = |t: Term| self.constant(t).is_some_and(|c| c.ty.is_unknown() && c.text().is_some());
        let text = Type::of(BaseType::Text);
        let takes = match name {
            "->" | "->>" | "?" => Some(text),
            "#>" | "#>>" | "?|" | "?&" => Some(text.array_of()),
            "@>" | "<@" | "&&" => None,
            "+" | "-" | "*" | "/" => return self.typed_numbers(left, right),
            _ => return args,
        };
        if untyped(right) {
            let ty = takes.unwrap_or_else(|| self.ty(left).clone());
            return vec![left, self.cast(&ty, right)];
        }
        if untyped(left) && matches!(name, "@>" | "<@" | "&&") {
            let ty = self.ty(right).clone();
            return vec![self.cast(&ty, left), right];
        }
        args
    }

    /// Brings a constant to the type of arithmetic with the other side.
    fn typed_numbers(&mut self, left: Term, right: Term) -> Vec<Term> {
        let constant = |t: Term| self.constant(t).is_some_and(|c| matches!(c.value, Value::Number(_)));
        let takes = |ty: &Type| match ty.base {
            BaseType::Float4 | BaseType::Float8 => Some(Type::of(BaseType::Float8)),
            BaseType::Numeric => Some(Type::of(BaseType::Numeric)),
            _ => None,
        };
        if constant(right)
            && let Some(ty) = takes(self.ty(left))
        {
            return vec![left, self.cast(&ty, right)];
        }
        if constant(left)
            && let Some(ty) = takes(self.ty(right))
        {
            return vec![self.cast(&ty, left), right];
        }
        vec![left, right]
    }

    /// The result type of an operator where the binder does not know it.
    fn result_type(&self, name: &str, args: &[Term], given: &Type) -> Type {
        if !given.is_unknown() {
            return self.types.base(given);
        }
        let left = args.first().map(|t| self.ty(*t).clone()).unwrap_or_default();
        let right = args.get(1).map(|t| self.ty(*t).clone()).unwrap_or_default();
        match name {
            "->>" | "#>>" => Type::of(BaseType::Text),
            "->" | "#>" => left,
            "@>" | "<@" | "&&" | "?" | "?|" | "?&" | "@@" | "@?" | "^@" | "<<" | ">>" | "<<=" | ">>="
            | "-|-" | "%>" | "<%" => BOOL,
            "||" if !left.array && !right.array && left.base != BaseType::Jsonb => Type::of(BaseType::Text),
            "+" | "-" | "*" | "/" | "%" | "||" => {
                let types = [left.clone(), right.clone()];
                resolve::common(types.iter()).unwrap_or(if left.is_unknown() { right } else { left })
            }
            _ => Type::UNKNOWN,
        }
    }

    /// Operators over constants that are computed here.
    fn folded(&mut self, name: &str, args: &[Term]) -> Option<Term> {
        let number = |t: &Term| match self.constant(*t)?.value {
            Value::Number(d) => d.as_integer(),
            _ => None,
        };
        let (ty, value) = match (name, args) {
            ("-", [t]) => (self.ty(*t).clone(), number(t)?.checked_neg()?),
            ("+", [t]) => (self.ty(*t).clone(), number(t)?),
            ("+", [l, r]) => (self.wider(*l, *r)?, number(l)?.checked_add(number(r)?)?),
            ("-", [l, r]) => (self.wider(*l, *r)?, number(l)?.checked_sub(number(r)?)?),
            ("*", [l, r]) => (self.wider(*l, *r)?, number(l)?.checked_mul(number(r)?)?),
            ("||", [l, r]) => {
                let texts = self.constant(*l)?.text().zip(self.constant(*r)?.text());
                let textual = |t: &Term| {
                    let ty = self.ty(*t);
                    !ty.array && matches!(ty.base, BaseType::Unknown | BaseType::Text | BaseType::Varchar)
                };
                let (a, b) = texts.filter(|_| textual(l) && textual(r))?;
                let joined = [a, b].concat();
                return Some(self.text(&joined));
            }
            _ => return None,
        };
        Some(self.konst(Const { ty, value: Value::Number(Decimal::integer(value)) }))
    }

    fn wider(&self, left: Term, right: Term) -> Option<Type> {
        let types = [self.ty(left), self.ty(right)];
        let integers =
            types.iter().all(|ty| matches!(ty.base, BaseType::Int2 | BaseType::Int4 | BaseType::Int8));
        integers.then(|| resolve::common(types.into_iter()).unwrap_or_else(|| self.ty(left).clone()))
    }

    /// A function call.
    pub(super) fn call(&mut self, name: &str, args: Vec<Term>, ty: &Type, facts: FunctionFacts) -> Term {
        let ty = self.types.base(ty);
        let args = match name {
            "coalesce" | "greatest" | "least" => self.unified(args),
            _ => args.into_iter().map(|t| self.argument(name, t)).collect(),
        };
        match (name, args.as_slice()) {
            ("coalesce", [one]) => return *one,
            ("date", [one]) if matches!(self.ty(*one).base, BaseType::Timestamp | BaseType::TimestampTz) => {
                return self.cast(&Type::of(BaseType::Date), *one);
            }
            ("lower" | "upper", [one]) => {
                if let Some(text) = self.constant(*one).and_then(Const::text).filter(|t| t.is_ascii()) {
                    let text = if name == "lower" { text.to_lowercase() } else { text.to_uppercase() };
                    return self.text(&text);
                }
            }
            _ => {}
        }
        let ty = match name {
            "coalesce" | "greatest" | "least" if ty.is_unknown() => {
                args.iter().map(|t| self.ty(*t)).find(|t| !t.is_unknown()).cloned().unwrap_or_default()
            }
            _ => ty,
        };
        let flags = Flags {
            volatile: facts.volatility == Volatility::Volatile || facts.set_returning,
            strict: facts.strict && !is_never_strict(name),
            ..Flags::default()
        };
        self.intern(Node::Call { name: Symbol::from(name), args: args.into() }, ty, flags)
    }

    /// An argument as a function takes it: untyped literals are texts, citext is relabelled, a text-search
    /// configuration has one spelling.
    fn argument(&mut self, function: &str, term: Term) -> Term {
        if let Some(c) = self.constant(term)
            && let Some(text) = c.text()
        {
            let search = function.ends_with("tsvector") || function.ends_with("tsquery");
            // `'english'::regconfig` is an oid's alias.
            if c.ty.is_unknown() || (search && c.ty.base == BaseType::Oid) {
                let text = if search { text.strip_prefix("pg_catalog.").unwrap_or(text) } else { text };
                let text = text.to_owned();
                return self.text(&text);
            }
        }
        match self.node(term) {
            Node::Cast(to, inner)
                if to.base == BaseType::Text
                    && to.length.is_none()
                    && self.ty(*inner).base == BaseType::Citext =>
            {
                *inner
            }
            _ => term,
        }
    }

    /// Arguments brought to one type where they are literals.
    fn unified(&mut self, args: Vec<Term>) -> Vec<Term> {
        let ty = args.iter().map(|t| self.ty(*t)).find(|ty| !ty.is_unknown()).cloned();
        let types: Vec<Type> = args.iter().map(|t| self.ty(*t).clone()).collect();
        let Some(ty) = resolve::common(types.iter()).or(ty) else { return args };
        args.into_iter().map(|t| self.cast_literal(&ty, t)).collect()
    }
}

/// Functions whose result for a NULL argument need not be NULL, whatever is said of them.
fn is_never_strict(name: &str) -> bool {
    matches!(name, "coalesce" | "nullif" | "greatest" | "least" | "concat" | "concat_ws" | "format")
}

/// Whether an operator matches a text against a pattern, or compares by bytes.
fn is_pattern(name: &str) -> bool {
    operators::negated_operator(name).is_some() || name == "^@" || name == "~=~"
}
