//! The join tree of one level of a plan, and which conditions reach which relation (prepjointree.c
//! `reduce_outer_joins`, initsplan.c, restrictinfo.c `join_clause_is_movable_to`). INDEXING.md section 8.
//!
//! A condition reaches a relation unless an outer join between them makes the relation's rows NULL, or keeps them all
//! whatever the condition says:
//!
//! | where the condition stands | reaches |
//! |---|---|
//! | WHERE, ON of an inner join | both sides |
//! | ON of LEFT JOIN, NOT EXISTS | the right side |
//! | ON of FULL JOIN | neither |
//! | EXISTS, IN | the subquery; the outer side where the subquery's rows can be made unique first, that is where all its conditions on both are equalities |
//! | above an outer join | not its nullable side; a strict one makes it an inner join first |

use std::collections::{HashMap, HashSet};

use super::equivalence::Classes;
use super::plan::Block;
use crate::prove::terms::{Coll, Node, Rel, Term, Terms};
use crate::query::model::CompareOp;
use crate::source::Span;

/// A condition with its place in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Qual {
    pub(super) term: Term,
    pub(super) span: Span,
}

/// Kinds of joins; a RIGHT JOIN is a LEFT JOIN with its sides swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Inner,
    Left,
    Full,
    /// EXISTS, IN.
    Semi,
    /// NOT EXISTS.
    Anti,
}

/// A join tree.
#[derive(Debug)]
pub(super) enum Tree<'q> {
    /// A relation that is not planned further here.
    Rel(Rel),
    /// A subquery that keeps its own level.
    Query(Rel, Box<Block<'q>>),
    /// A join.
    Join { kind: Kind, left: Box<Tree<'q>>, right: Box<Tree<'q>>, quals: Vec<Qual> },
    /// Items side by side, with conditions over them.
    Group { items: Vec<Tree<'q>>, quals: Vec<Qual> },
}

/// One side of one join on the way from the root to a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    join: usize,
    right: bool,
}

struct JoinFacts {
    kind: Kind,
    /// Of a semi-join: whether the right side's rows can be made unique.
    unique: bool,
}

struct Placed {
    qual: Qual,
    /// The way from the root to where it stands.
    at: Vec<Step>,
    /// The join whose ON it is.
    join: Option<usize>,
}

/// A level of a plan: its relations, how they are joined, and all conditions with their places.
pub(super) struct Level<'q> {
    pub(super) rels: Vec<Rel>,
    pub(super) queries: Vec<(Rel, Box<Block<'q>>)>,
    paths: HashMap<Rel, Vec<Step>>,
    joins: Vec<JoinFacts>,
    placed: Vec<Placed>,
    /// Where the first equality of a term is written.
    equalities: HashMap<Term, Span>,
}

/// A condition as it reaches a relation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    pub(super) term: Term,
    /// Uses no other relation of the level.
    pub(super) local: bool,
    pub(super) span: Span,
}

/// At most so many clauses of an equivalence class that join a relation to others are made.
const MAX_JOIN_CLAUSES: usize = 4;

impl<'q> Level<'q> {
    /// Reduces outer joins and lays the tree out.
    pub(super) fn new(terms: &Terms, mut tree: Tree<'q>) -> Self {
        reduce(terms, &mut tree, &HashSet::new());
        let mut level = Level {
            rels: Vec::new(),
            queries: Vec::new(),
            paths: HashMap::new(),
            joins: Vec::new(),
            placed: Vec::new(),
            equalities: HashMap::new(),
        };
        let mut own = HashSet::new();
        tree.each_rel(&mut |rel| {
            own.insert(rel);
        });
        level.lay_out(terms, &own, tree, &mut Vec::new());
        level.find_unique(terms);
        for placed in &level.placed {
            if let Node::Compare(CompareOp::Eq, l, r, _) = terms.node(placed.qual.term) {
                level.equalities.entry(*l).or_insert(placed.qual.span);
                level.equalities.entry(*r).or_insert(placed.qual.span);
            }
        }
        level
    }

    /// Gives each relation its path and each condition its place. Answers with conditions that use relations of the
    /// level outside this tree (LATERAL): they belong further up.
    fn lay_out(
        &mut self,
        terms: &Terms,
        own: &HashSet<Rel>,
        tree: Tree<'q>,
        path: &mut Vec<Step>,
    ) -> Vec<Qual> {
        match tree {
            Tree::Rel(rel) => {
                self.rels.push(rel);
                self.paths.insert(rel, path.clone());
                Vec::new()
            }
            Tree::Query(rel, block) => {
                self.rels.push(rel);
                self.paths.insert(rel, path.clone());
                self.queries.push((rel, block));
                Vec::new()
            }
            Tree::Join { kind, left, right, mut quals } => {
                let join = self.joins.len();
                self.joins.push(JoinFacts { kind, unique: kind == Kind::Semi });
                for (side, right) in [(left, false), (right, true)] {
                    path.push(Step { join, right });
                    quals.extend(self.lay_out(terms, own, *side, path));
                    path.pop();
                }
                self.place(terms, own, quals, path, Some(join))
            }
            Tree::Group { items, mut quals } => {
                for item in items {
                    quals.extend(self.lay_out(terms, own, item, path));
                }
                self.place(terms, own, quals, path, None)
            }
        }
    }

    /// Places the conditions whose relations are all below; answers with the others.
    fn place(
        &mut self,
        terms: &Terms,
        own: &HashSet<Rel>,
        quals: Vec<Qual>,
        path: &[Step],
        join: Option<usize>,
    ) -> Vec<Qual> {
        let below = |rel: &Rel| self.paths.get(rel).is_some_and(|p| p.starts_with(path));
        let (here, above): (Vec<Qual>, Vec<Qual>) =
            quals.into_iter().partition(|q| terms.rels(q.term).iter().all(|r| !own.contains(r) || below(r)));
        self.placed.extend(here.into_iter().map(|qual| Placed { qual, at: path.to_vec(), join }));
        above
    }

    /// A semi-join's right side can be made unique when every condition over both sides is an equality between them.
    fn find_unique(&mut self, terms: &Terms) {
        for placed in &self.placed {
            let Some(join) = placed.join else { continue };
            if self.joins.get(join).is_none_or(|j| j.kind != Kind::Semi) {
                continue;
            }
            let side = |term: Term| {
                let mut sides = terms.rels(term).iter().filter_map(|r| self.side(*r, join));
                let first = sides.next();
                (first, sides.all(|s| Some(s) == first))
            };
            if side(placed.qual.term).1 {
                continue;
            }
            let separate = match terms.node(placed.qual.term) {
                Node::Compare(CompareOp::Eq, l, r, _) => side(*l).1 && side(*r).1,
                _ => false,
            };
            if !separate && let Some(facts) = self.joins.get_mut(join) {
                facts.unique = false;
            }
        }
    }

    /// The side of a join that a relation is on.
    fn side(&self, rel: Rel, join: usize) -> Option<bool> {
        self.paths.get(&rel)?.iter().find(|s| s.join == join).map(|s| s.right)
    }

    /// Whether a relation is one of this level.
    pub(super) fn holds(&self, rel: Rel) -> bool {
        self.paths.contains_key(&rel)
    }

    fn kind(&self, join: usize) -> Kind {
        self.joins.get(join).map_or(Kind::Full, |j| j.kind)
    }

    /// Whether a condition can be tested while a relation is read, as far as that relation's own place decides.
    fn reaches(&self, placed: &Placed, rel: Rel) -> bool {
        let Some(path) = self.paths.get(&rel) else { return false };
        let Some(below) = path.strip_prefix(placed.at.as_slice()) else { return false };
        below.iter().enumerate().all(|(i, step)| {
            let own = i == 0 && placed.join == Some(step.join);
            match (self.kind(step.join), own) {
                (Kind::Inner, _) => true,
                (Kind::Full, _) => false,
                (Kind::Left | Kind::Anti, true) => step.right,
                (Kind::Semi, true) => true,
                (Kind::Left | Kind::Anti | Kind::Semi, false) => !step.right,
            }
        })
    }

    /// Whether a relation can be read with values of another: the other can be joined first.
    fn may_probe(&self, rel: Rel, other: Rel) -> bool {
        let (Some(a), Some(b)) = (self.paths.get(&rel), self.paths.get(&other)) else { return true };
        let Some((x, y)) = a.iter().zip(b).find(|(x, y)| x != y) else { return true };
        if x.join != y.join {
            return true;
        }
        match self.kind(x.join) {
            Kind::Inner => true,
            Kind::Full => false,
            Kind::Left | Kind::Anti => x.right,
            Kind::Semi => x.right || self.joins.get(x.join).is_some_and(|j| j.unique),
        }
    }

    /// Whether a relation can be read first, so that rows keep its order through all joins.
    pub(super) fn leads(&self, rel: Rel) -> bool {
        self.paths.get(&rel).is_some_and(|path| {
            path.iter().all(|step| match self.kind(step.join) {
                Kind::Inner => true,
                Kind::Left | Kind::Semi | Kind::Anti => !step.right,
                Kind::Full => false,
            })
        })
    }

    /// Whether some condition restricts the rows of a relation, served or not.
    pub(super) fn restricted(&self, terms: &Terms, rel: Rel) -> bool {
        self.placed.iter().any(|placed| {
            if !terms.uses(placed.qual.term, rel) {
                return false;
            }
            match placed.join.map(|j| (self.kind(j), self.side(rel, j))) {
                Some((Kind::Left, Some(right))) => right,
                Some((Kind::Full, _)) => false,
                _ => true,
            }
        })
    }

    /// The level's equivalence classes.
    pub(super) fn classes(&self, terms: &mut Terms) -> Classes {
        let mut classes = Classes::default();
        let mut outer = Vec::new();
        for placed in &self.placed {
            let Node::Compare(CompareOp::Eq, l, r, coll) = terms.node(placed.qual.term).clone() else {
                continue;
            };
            if l == r || terms.flags(placed.qual.term).volatile {
                continue;
            }
            let rels = terms.rels(placed.qual.term).to_vec();
            let merged = self.is_of_both_sides(placed, &rels);
            if merged || rels.iter().all(|rel| !self.holds(*rel) || self.reaches(placed, *rel)) {
                classes.unite(l, r, &coll);
            } else if let Some(join) = placed.join {
                outer.push((join, l, r, coll));
            }
        }
        // An outer join's `outer = inner` with an outer side that is constant makes the inner side that constant.
        for _ in 0..=outer.len().min(16) {
            classes.close(terms, &|rel| self.holds(rel));
            let mut learnt = false;
            outer.retain(|(join, l, r, coll)| {
                for (a, b) in [(*l, *r), (*r, *l)] {
                    if self.preserved_to_nullable(terms, *join, a, b)
                        && let Some(constant) = classes.constant(a, coll)
                    {
                        classes.unite(b, constant, coll);
                        learnt = true;
                        return false;
                    }
                }
                true
            });
            if !learnt {
                break;
            }
        }
        self.merged_columns(terms, &mut classes, &outer);
        classes.close(terms, &|rel| self.holds(rel));
        classes
    }

    /// Whether a condition above full joins uses all relations of each of them that is below it, as one on a column
    /// merged by USING does: then it holds of the joined rows as it stands.
    fn is_of_both_sides(&self, placed: &Placed, rels: &[Rel]) -> bool {
        let below = |rel: &Rel| {
            let path = self.paths.get(rel)?.strip_prefix(placed.at.as_slice())?;
            Some(path.iter().map(|s| s.join).collect::<Vec<_>>())
        };
        let mut crossed: Vec<usize> = rels.iter().filter_map(below).flatten().collect();
        crossed.dedup();
        placed.join.is_none()
            && !crossed.is_empty()
            && crossed.iter().all(|join| {
                let under = |rel: &&Rel| self.side(**rel, *join).is_some();
                self.kind(*join) == Kind::Full && self.rels.iter().filter(under).all(|r| rels.contains(r))
            })
    }

    fn preserved_to_nullable(&self, terms: &Terms, join: usize, from: Term, to: Term) -> bool {
        let on = |term: Term, right: bool| {
            let rels = terms.rels(term);
            !rels.is_empty() && rels.iter().all(|r| self.side(*r, join) == Some(right))
        };
        matches!(self.kind(join), Kind::Left | Kind::Anti) && on(from, false) && on(to, true)
    }

    /// FULL JOIN USING (c) with `c = constant`, where c is `coalesce(l, r)`: both sides are that constant.
    fn merged_columns(&self, terms: &mut Terms, classes: &mut Classes, outer: &[(usize, Term, Term, Coll)]) {
        let full = outer.iter().filter(|(join, ..)| self.kind(*join) == Kind::Full);
        let mut found = Vec::new();
        for (_, l, r, coll) in full {
            for class in classes.all() {
                let Some(constant) = class.constant else { continue };
                let merged = class.members.iter().any(|t| {
                    matches!(terms.node(*t), Node::Call { name, args }
                        if &**name == "coalesce" && (**args == [*l, *r] || **args == [*r, *l]))
                });
                if merged {
                    found.push((*l, *r, constant, coll.clone()));
                }
            }
        }
        for (l, r, constant, coll) in found {
            classes.unite(l, constant, &coll);
            classes.unite(r, constant, &coll);
        }
    }

    /// The conditions that can be tested while a relation is read: its own, join clauses with the other side's columns
    /// as values, and what equivalence classes add.
    pub(super) fn clauses(&self, terms: &mut Terms, classes: &Classes, rel: Rel) -> Vec<Clause> {
        let mut out: Vec<Clause> = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |clause: Clause| {
            if seen.insert(clause.term) {
                out.push(clause);
            }
        };
        for placed in &self.placed {
            let term = placed.qual.term;
            if !terms.uses(term, rel) || !self.reaches(placed, rel) {
                continue;
            }
            let others: Vec<Rel> =
                terms.rels(term).iter().copied().filter(|r| *r != rel && self.holds(*r)).collect();
            if !others.iter().all(|other| self.may_probe(rel, *other)) {
                continue;
            }
            let local = others.is_empty();
            if let Node::Compare(CompareOp::Eq, l, r, coll) = terms.node(term).clone() {
                if l == r && !terms.flags(term).volatile {
                    let term = terms.is_null_test(true, l);
                    add(Clause { term, local, span: placed.qual.span });
                    continue;
                }
                // Its class says it with the constant that counts instead.
                let constant = classes.constant(l, &coll).or_else(|| classes.constant(r, &coll));
                if let Some(constant) = constant {
                    for member in [l, r].into_iter().filter(|_| local) {
                        if terms.uses(member, rel) && classes.same(member, constant, &coll) {
                            let term = terms.equality(member, constant, &coll);
                            add(Clause { term, local, span: placed.qual.span });
                        }
                    }
                    continue;
                }
            }
            add(Clause { term, local, span: placed.qual.span });
        }
        for class in classes.all() {
            let own = class.members.iter().copied().filter(|t| {
                terms.uses(*t, rel) && terms.rels(*t).iter().all(|r| *r == rel || !self.holds(*r))
            });
            for member in own.collect::<Vec<_>>() {
                let coll = class.coll.clone();
                let span = self.span_of(terms, member, rel);
                if let Some(constant) = class.constant {
                    let term = terms.equality(member, constant, &coll);
                    add(Clause { term, local: true, span });
                    continue;
                }
                let others: Vec<Term> = class
                    .members
                    .iter()
                    .copied()
                    .filter(|t| {
                        !terms.uses(*t, rel)
                            && terms.rels(*t).iter().all(|r| !self.holds(*r) || self.may_probe(rel, *r))
                    })
                    .take(MAX_JOIN_CLAUSES)
                    .collect();
                for other in others {
                    let term = terms.equality(member, other, &coll);
                    add(Clause { term, local: false, span });
                }
            }
        }
        out
    }

    /// Where an equality of a term is written; else any condition on its relation.
    fn span_of(&self, terms: &Terms, member: Term, rel: Rel) -> Span {
        let other = || self.placed.iter().find(|p| terms.uses(p.qual.term, rel)).map(|p| p.qual.span);
        self.equalities.get(&member).copied().or_else(other).unwrap_or_default()
    }

    /// Whether some condition is never true, so that nothing is read.
    pub(super) fn is_empty(&self, terms: &Terms) -> bool {
        self.placed.iter().any(|p| {
            let outer = |s: &Step| self.kind(s.join) != Kind::Inner;
            let own = p.join.is_some_and(|j| !matches!(self.kind(j), Kind::Inner | Kind::Semi));
            terms.is_never(p.qual.term) && !own && !p.at.iter().any(outer)
        })
    }
}

/// Makes outer joins inner where a condition above is not true of NULLs. `nonnull` are relations of which a condition
/// above rejects rows of NULLs.
fn reduce(terms: &Terms, tree: &mut Tree<'_>, nonnull: &HashSet<Rel>) {
    let with = |quals: &[Qual]| {
        let mut all = nonnull.clone();
        all.extend(quals.iter().flat_map(|q| terms.nonnull_rels(q.term)));
        all
    };
    match tree {
        Tree::Rel(_) | Tree::Query(..) => {}
        Tree::Group { items, quals } => {
            let all = with(quals);
            items.iter_mut().for_each(|item| reduce(terms, item, &all));
        }
        Tree::Join { kind, left, right, quals } => {
            let rejects = |side: &Tree<'_>| {
                let mut found = false;
                side.each_rel(&mut |r| found |= nonnull.contains(&r));
                found
            };
            match *kind {
                Kind::Left if rejects(right) => *kind = Kind::Inner,
                Kind::Full => match (rejects(left), rejects(right)) {
                    (true, true) => *kind = Kind::Inner,
                    (true, false) => *kind = Kind::Left,
                    (false, true) => {
                        std::mem::swap(left, right);
                        *kind = Kind::Left;
                    }
                    (false, false) => {}
                },
                Kind::Inner | Kind::Left | Kind::Semi | Kind::Anti => {}
            }
            match kind {
                Kind::Inner | Kind::Semi => {
                    let all = with(quals);
                    reduce(terms, left, &all);
                    reduce(terms, right, &all);
                }
                Kind::Left | Kind::Anti => {
                    reduce(terms, left, nonnull);
                    let own = quals.iter().flat_map(|q| terms.nonnull_rels(q.term)).collect();
                    reduce(terms, right, &own);
                }
                Kind::Full => {
                    reduce(terms, left, &HashSet::new());
                    reduce(terms, right, &HashSet::new());
                }
            }
        }
    }
}

impl Tree<'_> {
    fn each_rel(&self, f: &mut dyn FnMut(Rel)) {
        match self {
            Tree::Rel(rel) | Tree::Query(rel, _) => f(*rel),
            Tree::Join { left, right, .. } => {
                left.each_rel(f);
                right.each_rel(f);
            }
            Tree::Group { items, .. } => items.iter().for_each(|t| t.each_rel(f)),
        }
    }
}
