//! Building terms in normal form (clauses.c `eval_const_expressions`, prepqual.c `canonicalize_qual`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::constant::{Decimal, Relation, array_elements};
use super::{
    Coll, Const, Derivation, Flags, Node, Rel, Symbol, Term, Terms, TypeNames, Value, operators, resolve,
};
use crate::query::model::{CompareOp, Literal, Truth};
use crate::schema::catalog::{ColumnIx, Volatility};
use crate::schema::types::{BaseType, Type};

/// The type of truth values.
const BOOL: Type = Type::of(BaseType::Bool);

/// What is known of a function besides its name and arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionFacts {
    pub(super) volatility: Volatility,
    pub(super) strict: bool,
    pub(super) set_returning: bool,
}

impl Terms {
    /// AND of terms: flattened, without constants and repetitions.
    pub fn and(&mut self, list: impl IntoIterator<Item = Term>) -> Term {
        let mut members = Vec::new();
        let mut seen = HashSet::new();
        for term in list {
            for t in self.conjuncts(term) {
                if self.is_bool(t, false) {
                    return t;
                }
                if !self.is_bool(t, true) && seen.insert(t) {
                    members.push(t);
                }
            }
        }
        match members.as_slice() {
            [] => self.bool(true),
            [one] => *one,
            _ => self.intern(Node::And(members.into()), BOOL, Flags::default()),
        }
    }

    /// OR of terms: flattened, without constants and repetitions; what all arms share is pulled out.
    pub fn or(&mut self, list: impl IntoIterator<Item = Term>) -> Term {
        let mut arms = Vec::new();
        let mut seen = HashSet::new();
        for term in list {
            for t in self.disjuncts(term) {
                if self.is_bool(t, true) {
                    return t;
                }
                if !self.is_bool(t, false) && seen.insert(t) {
                    arms.push(t);
                }
            }
        }
        match arms.as_slice() {
            [] => self.bool(false),
            [one] => *one,
            _ => self.factored(arms),
        }
    }

    /// `(a AND b) OR (a AND c)` is `a AND (b OR c)`; `a OR (a AND c)` is `a`.
    fn factored(&mut self, arms: Vec<Term>) -> Term {
        let mut common: Vec<Term> = arms.first().map(|t| self.conjuncts(*t)).unwrap_or_default();
        for arm in arms.iter().skip(1) {
            if common.is_empty() {
                break;
            }
            let members: HashSet<Term> = self.conjuncts(*arm).into_iter().collect();
            common.retain(|t| members.contains(t));
        }
        if common.is_empty() {
            return self.intern(Node::Or(arms.into()), BOOL, Flags::default());
        }
        let shared: HashSet<Term> = common.iter().copied().collect();
        let mut rest = Vec::new();
        for arm in arms {
            let members: Vec<Term> =
                self.conjuncts(arm).into_iter().filter(|t| !shared.contains(t)).collect();
            if members.is_empty() {
                return self.and(common);
            }
            rest.push(self.and(members));
        }
        let rest = self.or(rest);
        self.and(common.into_iter().chain([rest]))
    }

    /// NOT of a term, pushed down as far as it goes.
    pub fn not(&mut self, term: Term) -> Term {
        let node = match self.node(term).clone() {
            Node::Const(Const { ty: _, value: Value::Bool(b) }) => return self.bool(!b),
            Node::Const(Const { ty: _, value: Value::Null }) | Node::Opaque(..) => Node::Not(term),
            Node::Not(inner) => return inner,
            Node::And(list) => {
                let arms: Vec<Term> = list.iter().map(|t| self.not(*t)).collect();
                return self.or(arms);
            }
            Node::Or(list) => {
                let arms: Vec<Term> = list.iter().map(|t| self.not(*t)).collect();
                return self.and(arms);
            }
            Node::Compare(op, left, right, coll) => Node::Compare(operators::negated(op), left, right, coll),
            Node::Any { op, all, left, array, coll } => match negated_symbol(&op) {
                Some(op) => Node::Any { op: Symbol::from(op), all: !all, left, array, coll },
                None => Node::Not(term),
            },
            Node::Operator { name, args, coll } => match operators::negated_operator(&name) {
                Some(name) => Node::Operator { name: Symbol::from(name), args, coll },
                None => Node::Not(term),
            },
            Node::IsNull { negated, of } => Node::IsNull { negated: !negated, of },
            Node::IsTruth { value, negated, of } => Node::IsTruth { value, negated: !negated, of },
            Node::Distinct { negated, left, right } => Node::Distinct { negated: !negated, left, right },
            _ => Node::Not(term),
        };
        self.intern(node, BOOL, Flags::default())
    }

    /// A comparison as PostgreSQL resolves it.
    pub fn compare(&mut self, op: CompareOp, left: Term, right: Term) -> Term {
        if let (Node::Row(l), Node::Row(r)) = (self.node(left).clone(), self.node(right).clone())
            && l.len() == r.len()
        {
            return self.compare_rows(op, &l, &r);
        }
        let (left, right, coll) = self.aligned(left, right);
        if let (Some(l), Some(r)) = (self.constant(left), self.constant(right)) {
            if l.value == Value::Null || r.value == Value::Null {
                return self.null(&BOOL);
            }
            // Only what any collation agrees on is folded.
            if let Some(answer) = holds(op, l.relation(r, &coll, "")) {
                return self.bool(answer);
            }
        }
        if self.is_null(left) || self.is_null(right) {
            return self.null(&BOOL);
        }
        for (side, other) in [(left, right), (right, left)] {
            if self.ty(side).base == BaseType::Bool
                && let Some(Const { ty: _, value: Value::Bool(b) }) = self.constant(other)
            {
                match (op, b) {
                    (CompareOp::Eq, true) | (CompareOp::NotEq, false) => return side,
                    (CompareOp::Eq, false) | (CompareOp::NotEq, true) => return self.not(side),
                    _ => {}
                }
            }
        }
        self.intern(Node::Compare(op, left, right, coll), BOOL, Flags::default())
    }

    /// An equality that is known to compare under a collation, between sides that need no cast.
    pub fn equality(&mut self, left: Term, right: Term, coll: &Coll) -> Term {
        self.intern(Node::Compare(CompareOp::Eq, left, right, coll.clone()), BOOL, Flags::default())
    }

    fn compare_rows(&mut self, op: CompareOp, left: &[Term], right: &[Term]) -> Term {
        match op {
            CompareOp::Eq | CompareOp::NotEq => {
                let members: Vec<Term> =
                    left.iter().zip(right).map(|(l, r)| self.compare(op, *l, *r)).collect();
                if op == CompareOp::Eq { self.and(members) } else { self.or(members) }
            }
            CompareOp::Lt | CompareOp::LtEq | CompareOp::Gt | CompareOp::GtEq => {
                let (mut ls, mut rs) = (Vec::new(), Vec::new());
                for (l, r) in left.iter().zip(right) {
                    let (l, r, _) = self.aligned_keeping_collate(*l, *r);
                    ls.push(l);
                    rs.push(r);
                }
                let record = Type::of(BaseType::Record);
                let l = self.intern(Node::Row(ls.into()), record.clone(), Flags::default());
                let r = self.intern(Node::Row(rs.into()), record, Flags::default());
                self.intern(Node::Compare(op, l, r, Coll::None), BOOL, Flags::default())
            }
        }
    }

    /// Both sides with the casts of operator resolution, without their outermost COLLATE, and the collation.
    fn aligned(&mut self, left: Term, right: Term) -> (Term, Term, Coll) {
        let (left, right, coll) = self.aligned_keeping_collate(left, right);
        (self.without_collate(left), self.without_collate(right), coll)
    }

    fn aligned_keeping_collate(&mut self, left: Term, right: Term) -> (Term, Term, Coll) {
        let (mut left, mut right) = (left, right);
        if let Some(to) = self.literal_takes(left, right) {
            left = self.cast(&to, left);
        } else if let Some(to) = self.literal_takes(right, left) {
            right = self.cast(&to, right);
        }
        let (l, r) = resolve::casts(self.ty(left), self.ty(right));
        if let Some(to) = l {
            left = self.cast(&to, left);
        }
        if let Some(to) = r {
            right = self.cast(&to, right);
        }
        let coll = self.comparison_collation(left, right);
        (left, right, coll)
    }

    /// The collation with which two terms compare; none where the type of one of them has none.
    pub fn comparison_collation(&self, left: Term, right: Term) -> Coll {
        // An array of untyped parameters takes its element type from the other side, as a parameter does.
        let without =
            |t: Term| self.ty(t).base != BaseType::Unknown && *self.derivation(t) == Derivation::None;
        if without(left) || without(right) {
            return Coll::None;
        }
        self.derivation(left).combine(self.derivation(right)).collation()
    }

    /// The type that an untyped literal takes from what it is compared with.
    fn literal_takes(&self, literal: Term, other: Term) -> Option<Type> {
        self.constant(literal).filter(|c| c.ty.is_unknown())?;
        let ty = self.ty(other);
        if !ty.is_unknown() {
            return Some(Type { length: None, scale: None, ..ty.clone() });
        }
        self.constant(other).map(|_| Type::of(BaseType::Text))
    }

    /// A term without the COLLATE on top of it.
    pub fn without_collate(&self, term: Term) -> Term {
        match self.node(term) {
            Node::Collate(_, inner) => *inner,
            _ => term,
        }
    }

    /// `left op ANY (array)`, `left op ALL (array)`.
    pub(super) fn any(&mut self, op: &str, all: bool, left: Term, array: Term) -> Term {
        let op = if op == "!=" { "<>" } else { op };
        let array = self.array_of_text(left, array);
        let (left, array) = match self.node(array).clone() {
            Node::Array(list) => {
                let common = resolve::common(list.iter().map(|t| self.ty(*t)));
                let list = match common {
                    Some(ty) => list.iter().map(|t| self.cast(&ty, *t)).collect(),
                    None => list.to_vec(),
                };
                self.aligned_list(left, list)
            }
            _ => {
                let element = self.ty(array).clone().element();
                match resolve::casts(self.ty(left), &element).0 {
                    Some(to) => (self.cast(&to, left), array),
                    None => (left, array),
                }
            }
        };
        self.quantified(op, all, left, array)
    }

    /// An OR of equalities of one expression with values as one `= ANY`.
    pub fn as_list(&mut self, term: Term) -> Option<Term> {
        let Node::Or(arms) = self.node(term) else { return None };
        let mut operand = None;
        let mut values = Vec::new();
        for arm in arms {
            let Node::Compare(CompareOp::Eq, l, r, _) = self.node(*arm) else { return None };
            let (of, value) = if self.rels(*r).is_empty() { (*l, *r) } else { (*r, *l) };
            if !self.rels(value).is_empty() || operand.is_some_and(|o| o != of) {
                return None;
            }
            operand = Some(of);
            values.push(value);
        }
        let array = self.array(values);
        Some(self.any("=", false, operand?, array))
    }

    /// Gives the untyped literal `'{...}'` its elements.
    fn array_of_text(&mut self, left: Term, array: Term) -> Term {
        let Some(text) = self.constant(array).and_then(Const::text) else { return array };
        let ty = match self.ty(array) {
            ty if ty.array => ty.clone().element(),
            ty if ty.is_unknown() => self.ty(left).clone(),
            _ => return array,
        };
        let Some(elements) = array_elements(text) else { return array };
        let names = self.types.clone();
        let list: Vec<Term> = elements
            .into_iter()
            .map(|e| match e {
                Some(text) => self.konst(Const::read(&text, &ty, &names)),
                None => self.null(&ty),
            })
            .collect();
        self.array(list)
    }

    fn quantified(&mut self, op: &str, all: bool, left: Term, array: Term) -> Term {
        let coll = self.comparison_collation(left, array);
        let left = self.without_collate(left);
        let node = Node::Any { op: Symbol::from(op), all, left, array, coll };
        self.intern(node, BOOL, Flags::default())
    }

    /// A value and the elements it is compared with, each with the casts of operator resolution.
    fn aligned_list(&mut self, left: Term, list: Vec<Term>) -> (Term, Term) {
        let element = list.iter().map(|t| self.ty(*t)).find(|ty| !ty.is_unknown()).cloned();
        let element = element.unwrap_or_else(|| self.ty(left).clone());
        let (mut left, mut target) = (left, Type { length: None, scale: None, ..element });
        let (l, r) = resolve::casts(self.ty(left), &target);
        if let Some(to) = l {
            left = self.cast(&to, left);
        }
        if let Some(to) = r {
            target = to;
        }
        let list = list
            .into_iter()
            .map(|t| {
                let literal = self.constant(t).is_some_and(|c| c.ty.is_unknown());
                if literal
                    || resolve::casts(self.ty(t), &target).0.is_some()
                    || self.ty(t).base != target.base
                {
                    self.cast_literal(&target, t)
                } else {
                    t
                }
            })
            .collect();
        (left, self.array(list))
    }

    /// A literal brought to a type; anything else is left alone.
    fn cast_literal(&mut self, ty: &Type, term: Term) -> Term {
        if self.constant(term).is_some() { self.cast(ty, term) } else { term }
    }

    /// `left [NOT] IN (list)`: equalities with members that use columns, one test against an array of the others.
    pub(super) fn in_list(&mut self, negated: bool, left: Term, list: Vec<Term>) -> Term {
        let row = matches!(self.node(left), Node::Row(_));
        let (plain, rest): (Vec<Term>, Vec<Term>) =
            list.into_iter().partition(|t| self.rels(*t).is_empty() && !row);
        let op = if negated { CompareOp::NotEq } else { CompareOp::Eq };
        let mut arms = Vec::new();
        if plain.len() > 1 {
            let types = [left].into_iter().chain(plain.iter().copied());
            let types: Vec<Type> = types.map(|t| self.ty(t).clone()).collect();
            let (left, plain) = match resolve::common(types.iter()) {
                Some(ty) if !self.ty(left).array => {
                    let plain = plain.into_iter().map(|t| self.cast(&ty, t)).collect();
                    let (cast, _) = resolve::casts(self.ty(left), &ty);
                    (cast.map_or(left, |to| self.cast(&to, left)), plain)
                }
                _ => (left, plain),
            };
            let (left, array) = self.aligned_list(left, plain);
            arms.push(self.quantified(operators::symbol(op), negated, left, array));
        } else {
            for t in plain {
                arms.push(self.compare(op, left, t));
            }
        }
        for t in rest {
            arms.push(self.compare(op, left, t));
        }
        if negated { self.and(arms) } else { self.or(arms) }
    }

    /// `left op right` for an operator by its symbol.
    pub fn operation(&mut self, op: &str, left: Term, right: Term) -> Term {
        self.operator(op, vec![left, right], &BOOL)
    }

    /// IS [NOT] NULL.
    pub fn is_null_test(&mut self, negated: bool, of: Term) -> Term {
        if let Some(c) = self.constant(of) {
            let answer = (c.value == Value::Null) != negated;
            return self.bool(answer);
        }
        let of = self.without_collate(of);
        self.intern(Node::IsNull { negated, of }, BOOL, Flags::default())
    }

    /// IS [NOT] TRUE and the like.
    pub(super) fn is_truth(&mut self, value: Truth, negated: bool, of: Term) -> Term {
        if let Some(c) = self.constant(of) {
            let is = match (&c.value, value) {
                (Value::Null, Truth::Unknown)
                | (Value::Bool(true), Truth::True)
                | (Value::Bool(false), Truth::False) => Some(true),
                (Value::Null | Value::Bool(_), _) => Some(false),
                _ => None,
            };
            if let Some(is) = is {
                return self.bool(is != negated);
            }
        }
        self.intern(Node::IsTruth { value, negated, of }, BOOL, Flags::default())
    }

    /// IS [NOT] DISTINCT FROM; with NULL it is a NULL test.
    pub(super) fn distinct(&mut self, negated: bool, left: Term, right: Term) -> Term {
        for (side, other) in [(left, right), (right, left)] {
            if self.is_null(other) {
                return self.is_null_test(!negated, side);
            }
        }
        let (left, right, _) = self.aligned(left, right);
        self.intern(Node::Distinct { negated, left, right }, BOOL, Flags::default())
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

    fn null(&mut self, ty: &Type) -> Term {
        self.konst(Const { ty: ty.clone(), value: Value::Null })
    }

    fn is_null(&self, term: Term) -> bool {
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

/// Functions whose result for a NULL argument need not be NULL, whatever is said of them.
fn is_never_strict(name: &str) -> bool {
    matches!(name, "coalesce" | "nullif" | "greatest" | "least" | "concat" | "concat_ws" | "format")
}

/// Whether an operator matches a text against a pattern, or compares by bytes.
fn is_pattern(name: &str) -> bool {
    operators::negated_operator(name).is_some() || name == "^@" || name == "~=~"
}

/// The negator of an operator of `op ANY`.
fn negated_symbol(op: &str) -> Option<&'static str> {
    match operators::comparison(op) {
        Some(op) => Some(operators::symbol(operators::negated(op))),
        None => operators::negated_operator(op),
    }
}

/// Whether a comparison holds between constants that relate so.
pub fn holds(op: CompareOp, relation: Relation) -> Option<bool> {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    Some(match (relation, op) {
        (Relation::Unknown, _) => return None,
        (Relation::Different, Eq) => false,
        (Relation::Different, NotEq) => true,
        (Relation::Different, _) => return None,
        (Relation::Less, Lt | LtEq | NotEq)
        | (Relation::Equal, Eq | LtEq | GtEq)
        | (Relation::Greater, Gt | GtEq | NotEq) => true,
        (Relation::Less | Relation::Equal | Relation::Greater, _) => false,
    })
}
