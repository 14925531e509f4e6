//! Expressions in a normal form, hash-consed, so that two expressions that PostgreSQL's planner would compare as equal
//! trees are one [`Term`] (INDEXING.md sections 0 and 4). Knows types, casts and collations; knows no index and no
//! plan.
//!
//! What makes a term normal is done where terms are built (`logic`, `compare`, `call`, `build`), so that a replaced
//! column is normalised again: NOT is pushed down, `b = true` is `b`, constants are folded, casts that change nothing
//! are gone, a comparison has the casts that operator resolution puts on its sides (`resolve`) and remembers its
//! collation.

mod build;
mod call;
mod collation;
mod compare;
pub mod constant;
mod logic;
pub mod lower;
mod node;
mod operators;
pub mod resolve;
mod strict;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use collation::{Coll, Derivation, named};
pub use compare::holds;
pub use constant::{Const, Value};
pub use node::Node;
pub use operators::{commuted, commuted_operator, symbol};

use crate::query::model::ParamId;
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, Domain};
use crate::schema::types::{BaseType, Type};

use collation::{collatable, own_derivation};
use node::{each_operand, map_operands};

/// A normalised expression, an index into its [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u32);

/// A relation that columns of terms belong to. What it stands for is its user's: an occurrence of a table in a plan,
/// or the table of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rel(pub u32);

/// Names of operators, functions and collations.
pub type Symbol = Arc<str>;

/// The type of truth values.
const BOOL: Type = Type::of(BaseType::Bool);

/// What is known of a term besides its structure.
#[derive(Clone, Debug)]
struct Facts {
    ty: Type,
    derivation: Derivation,
    /// Relations whose columns it uses, ascending.
    rels: Box<[Rel]>,
    flags: Flags,
    depth: u16,
}

/// Properties that an expression has when a part of it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// It calls a volatile or set-returning function.
    pub volatile: bool,
    /// It calls an aggregate or a window function.
    pub aggregate: bool,
    /// It holds a subquery that depends on something outside it.
    pub subquery: bool,
    /// It uses a parameter.
    pub param: bool,
    /// Not inherited: a call of a function that answers NULL when an argument is NULL.
    strict: bool,
}

/// Deeper terms are made opaque, so that recursion over terms is bounded.
const MAX_DEPTH: u16 = 300;

/// What terms have to know of the catalog's types.
#[derive(Clone, Debug, Default)]
pub struct TypeNames {
    enums: HashMap<String, Vec<String>>,
    domains: HashMap<String, Domain>,
}

impl TypeNames {
    /// Those of a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        TypeNames { enums: catalog.enums.clone(), domains: catalog.domains.clone() }
    }

    /// The type beneath domains.
    pub fn base(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        for _ in 0..16 {
            let BaseType::Domain(name) = &ty.base else { break };
            let Some(domain) = self.domains.get(name) else { break };
            let array = ty.array;
            ty = domain.base.clone();
            ty.array |= array;
        }
        ty
    }

    /// The position of an enum's label.
    fn label(&self, ty: &Type, label: &str) -> Option<u32> {
        let BaseType::Enum(name) = &ty.base else { return None };
        let labels = self.enums.get(name)?;
        labels.iter().position(|l| l == label).map(|i| i as u32)
    }
}

/// An arena of terms.
#[derive(Clone, Debug)]
pub struct Terms {
    nodes: Vec<Node>,
    facts: Vec<Facts>,
    index: HashMap<Node, Term>,
    opaque: u32,
    types: Arc<TypeNames>,
}

impl Terms {
    /// An empty arena.
    pub fn new(types: Arc<TypeNames>) -> Self {
        Terms { nodes: Vec::new(), facts: Vec::new(), index: HashMap::new(), opaque: 0, types }
    }

    /// What a term is.
    pub fn node(&self, term: Term) -> &Node {
        &self.nodes[term.0 as usize]
    }

    /// Its type, domains looked through; unknown where not known.
    pub fn ty(&self, term: Term) -> &Type {
        &self.facts(term).ty
    }

    /// The term of a node, where there is one already.
    pub fn known(&self, node: &Node) -> Option<Term> {
        self.index.get(node).copied()
    }

    /// How it came by its collation.
    pub fn derivation(&self, term: Term) -> &Derivation {
        &self.facts(term).derivation
    }

    /// Relations whose columns it uses, ascending.
    pub fn rels(&self, term: Term) -> &[Rel] {
        &self.facts(term).rels
    }

    /// Whether it uses a column of that relation.
    pub fn uses(&self, term: Term, rel: Rel) -> bool {
        self.rels(term).binary_search(&rel).is_ok()
    }

    /// What its parts do.
    pub fn flags(&self, term: Term) -> Flags {
        self.facts(term).flags
    }

    /// The constant that it is.
    pub fn constant(&self, term: Term) -> Option<&Const> {
        match self.node(term) {
            Node::Const(c) => Some(c),
            _ => None,
        }
    }

    /// Whether it is the boolean constant.
    pub fn is_bool(&self, term: Term, value: bool) -> bool {
        self.constant(term).is_some_and(|c| c.value == Value::Bool(value))
    }

    /// Whether it is known not to be true of any row: the constants false and NULL.
    pub fn is_never(&self, term: Term) -> bool {
        self.constant(term).is_some_and(|c| matches!(c.value, Value::Bool(false) | Value::Null))
    }

    /// The members of an AND, else the term itself.
    pub fn conjuncts(&self, term: Term) -> Vec<Term> {
        match self.node(term) {
            Node::And(list) => list.to_vec(),
            _ => vec![term],
        }
    }

    /// The members of an OR, else the term itself.
    pub fn disjuncts(&self, term: Term) -> Vec<Term> {
        match self.node(term) {
            Node::Or(list) => list.to_vec(),
            _ => vec![term],
        }
    }

    /// Direct operands.
    pub fn operands(&self, term: Term) -> Vec<Term> {
        let mut out = Vec::new();
        each_operand(self.node(term), &mut |t| out.push(t));
        out
    }

    /// Columns of a relation that a term names, in order of appearance, each once.
    pub fn columns_of(&self, term: Term, rel: Rel, out: &mut Vec<ColumnIx>) {
        // Terms are shared: what a query reads several times would be walked once for each way to it.
        let mut seen = HashSet::new();
        let mut open = vec![term];
        while let Some(term) = open.pop() {
            if !self.uses(term, rel) || !seen.insert(term) {
                continue;
            }
            if let Node::Column(r, c) = self.node(term)
                && *r == rel
                && !out.contains(c)
            {
                out.push(*c);
            }
            let operands = open.len();
            open.extend(self.operands(term));
            open[operands..].reverse();
        }
    }

    /// A column.
    pub fn column(&mut self, rel: Rel, column: ColumnIx, ty: &Type, collation: Option<&str>) -> Term {
        let ty = self.types.base(ty);
        let derivation = match collation {
            Some(name) if name != "default" && collatable(&ty) => Derivation::Implicit(Symbol::from(name)),
            _ => own_derivation(&ty),
        };
        self.leaf(Node::Column(rel, column), ty, derivation, Some(rel))
    }

    /// A row as a value.
    pub fn whole_row(&mut self, rel: Rel) -> Term {
        self.leaf(Node::WholeRow(rel), Type::of(BaseType::Record), Derivation::None, Some(rel))
    }

    /// A system column.
    pub fn system_column(&mut self, rel: Rel, name: &str) -> Term {
        self.leaf(Node::SystemColumn(rel, Symbol::from(name)), Type::UNKNOWN, Derivation::None, Some(rel))
    }

    /// A parameter.
    pub fn param(&mut self, param: ParamId, ty: &Type) -> Term {
        let term = self.leaf(Node::Param(param), self.types.base(ty), Derivation::Default, None);
        self.facts[term.0 as usize].flags.param = true;
        term
    }

    /// A constant.
    pub fn konst(&mut self, value: Const) -> Term {
        let derivation = own_derivation(&value.ty);
        let ty = value.ty.clone();
        self.leaf(Node::Const(value), ty, derivation, None)
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) -> Term {
        self.konst(Const { ty: Type::of(BaseType::Bool), value: Value::Bool(value) })
    }

    /// Something that equals only itself, made of these parts.
    pub fn opaque(&mut self, parts: Vec<Term>, ty: &Type, flags: Flags) -> Term {
        self.opaque += 1;
        let ty = self.types.base(ty);
        self.intern(Node::Opaque(self.opaque, parts.into()), ty, flags)
    }

    /// A term that stands for another without being seen as equal to it.
    pub fn shielded(&mut self, term: Term) -> Term {
        match self.node(term) {
            Node::Column(..) => term,
            _ => {
                let (ty, flags) = (self.ty(term).clone(), self.flags(term));
                self.opaque(vec![term], &ty, flags)
            }
        }
    }

    /// A term of another arena over one relation, with its columns renumbered.
    pub fn import(
        &mut self,
        from: &Terms,
        term: Term,
        rel: Rel,
        column: &dyn Fn(ColumnIx) -> ColumnIx,
    ) -> Term {
        let node = match from.node(term) {
            Node::Column(_, c) => Node::Column(rel, column(*c)),
            Node::SystemColumn(_, name) => Node::SystemColumn(rel, name.clone()),
            Node::WholeRow(_) => Node::WholeRow(rel),
            Node::Opaque(_, parts) => {
                self.opaque += 1;
                let parts = parts.iter().map(|t| self.import(from, *t, rel, column)).collect();
                Node::Opaque(self.opaque, parts)
            }
            node => map_operands(node, &mut |t| self.import(from, t, rel, column)),
        };
        if let Some(&known) = self.index.get(&node) {
            return known;
        }
        let mut facts = from.facts(term).clone();
        if !facts.rels.is_empty() {
            facts.rels = [rel].into();
        }
        self.push(node, facts)
    }

    fn facts(&self, term: Term) -> &Facts {
        &self.facts[term.0 as usize]
    }

    fn leaf(&mut self, node: Node, ty: Type, derivation: Derivation, rel: Option<Rel>) -> Term {
        if let Some(&term) = self.index.get(&node) {
            return term;
        }
        let rels = rel.into_iter().collect();
        self.push(node, Facts { ty, derivation, rels, flags: Flags::default(), depth: 0 })
    }

    /// Interns a node over terms: its facts are its operands' and what is said here.
    fn intern(&mut self, node: Node, ty: Type, own: Flags) -> Term {
        if let Some(&term) = self.index.get(&node) {
            return term;
        }
        let (mut flags, mut depth, mut derivation) = (own, 0u16, Derivation::None);
        let mut rels: Vec<Rel> = Vec::new();
        each_operand(&node, &mut |t| {
            let facts = self.facts(t);
            flags.volatile |= facts.flags.volatile;
            flags.aggregate |= facts.flags.aggregate;
            flags.subquery |= facts.flags.subquery;
            flags.param |= facts.flags.param;
            depth = depth.max(facts.depth.saturating_add(1));
            derivation = derivation.combine(&facts.derivation);
            rels.extend(facts.rels.iter());
        });
        rels.sort_unstable();
        rels.dedup();
        derivation = match &node {
            Node::Collate(name, _) => Derivation::Explicit(name.clone()),
            _ if !collatable(&ty) && !ty.is_unknown() => Derivation::None,
            _ if derivation == Derivation::None => own_derivation(&ty),
            _ => derivation,
        };
        let rels: Box<[Rel]> = rels.into();
        let facts = Facts { ty, derivation, rels, flags, depth };
        if depth > MAX_DEPTH {
            return self.cut(facts);
        }
        self.push(node, facts)
    }

    /// An opaque stand-in for a term that is too deep: it keeps the facts and loses the structure.
    fn cut(&mut self, mut facts: Facts) -> Term {
        let parts: Box<[Term]> = facts.rels.iter().map(|rel| self.whole_row(*rel)).collect();
        self.opaque += 1;
        facts.depth = 1;
        facts.flags.strict = false;
        let node = Node::Opaque(self.opaque, parts);
        self.push(node, facts)
    }

    fn push(&mut self, node: Node, facts: Facts) -> Term {
        let term = Term(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.facts.push(facts);
        self.index.insert(node, term);
        term
    }
}
