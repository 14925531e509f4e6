//! Congruence closure over terms, with scopes that can be undone and equalities that can say why they hold. Pure
//! logic: what a leaf or a function symbol stands for is the caller's.
//!
//! - *Terms* are hash-consed: a leaf, or a function symbol applied to terms. A term lives as long as the closure.
//! - *Equality* is a union-find without path compression (union by size), so that a union is undone in O(1).
//! - *Congruence*: `x = y` gives `f(x) = f(y)`. Each term keeps the applications it is an argument of; a union
//!   recomputes the signatures of the smaller class's applications and unites those that meet.
//! - *Scopes*: [`Congruence::push`] and [`Congruence::pop`] bracket assumptions. Terms made inside a scope survive it;
//!   what was derived of them there does not.
//! - *Explanations*: every union is remembered as an edge between the two terms that were said to be equal. The edges
//!   are a forest, so that [`Congruence::explain`] finds the one path between two equal terms.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

/// A term, an index into its closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u32);

impl Term {
    /// Its position in the closure.
    pub fn ix(self) -> usize {
        self.0 as usize
    }
}

/// What a term is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node<L, F> {
    /// An atom.
    Leaf(L),
    /// A function symbol applied to terms.
    App(F, Vec<Term>),
}

/// Why two terms were united.
#[derive(Clone, Debug)]
enum Edge<R> {
    Asserted(R),
    /// Both are applications of one symbol to equal arguments.
    Congruent,
}

/// A link of the chain of equalities between two terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link<R> {
    /// One side.
    pub left: Term,
    /// The other.
    pub right: Term,
    /// Why they are equal.
    pub via: Via<R>,
}

/// Why two neighbours in a chain are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via<R> {
    /// It was said.
    Asserted(R),
    /// They are applications of one symbol, and these chains make their arguments equal.
    Congruent(Vec<Vec<Link<R>>>),
}

enum Undo {
    /// A union: the root that lost, and whether its own size must be taken off the winner.
    Union {
        loser: Term,
        winner: Term,
    },
    Signature,
    Flag(Term, Flags),
}

/// Facts about a class that are not equalities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    non_null: bool,
    null: bool,
}

/// A congruence closure over leaves `L`, function symbols `F` and reasons `R`.
pub struct Congruence<L, F, R> {
    nodes: Vec<Node<L, F>>,
    index: HashMap<Node<L, F>, Term>,
    parent: Vec<Term>,
    size: Vec<u32>,
    /// Next member of the class, a ring.
    next: Vec<Term>,
    /// Applications that have the term as an argument.
    uses: Vec<Vec<Term>>,
    flags: Vec<Flags>,
    signatures: HashMap<(F, Vec<Term>), Term>,
    signature_log: Vec<(F, Vec<Term>)>,
    edges: Vec<(Term, Term, Edge<R>)>,
    undo: Vec<Undo>,
    scopes: Vec<Scope>,
    contradictions: u32,
    /// Terms whose class has become larger or has got a flag since they were last taken.
    changed: Vec<Term>,
}

struct Scope {
    undo: usize,
    edges: usize,
    nodes: usize,
    contradictions: u32,
}

impl<L, F, R> Default for Congruence<L, F, R>
where
    L: Clone + Eq + Hash,
    F: Clone + Eq + Hash,
    R: Clone,
{
    fn default() -> Self {
        Congruence {
            nodes: Vec::new(),
            index: HashMap::new(),
            parent: Vec::new(),
            size: Vec::new(),
            next: Vec::new(),
            uses: Vec::new(),
            flags: Vec::new(),
            signatures: HashMap::new(),
            signature_log: Vec::new(),
            edges: Vec::new(),
            undo: Vec::new(),
            scopes: Vec::new(),
            contradictions: 0,
            changed: Vec::new(),
        }
    }
}

impl<L, F, R> Congruence<L, F, R>
where
    L: Clone + Eq + Hash,
    F: Clone + Eq + Hash,
    R: Clone,
{
    /// The term of a leaf.
    pub fn leaf(&mut self, leaf: L) -> Term {
        self.intern(Node::Leaf(leaf))
    }

    /// The term of an application.
    pub fn app(&mut self, symbol: F, args: Vec<Term>) -> Term {
        self.intern(Node::App(symbol, args))
    }

    /// What a term is.
    pub fn node(&self, term: Term) -> &Node<L, F> {
        &self.nodes[term.ix()]
    }

    /// The term of a leaf, where it was made before.
    pub fn find_leaf(&self, leaf: &L) -> Option<Term> {
        self.index.get(&Node::Leaf(leaf.clone())).copied()
    }

    /// The representative of a term's class in the present scope.
    pub fn root(&self, term: Term) -> Term {
        let mut t = term;
        while self.parent[t.ix()] != t {
            t = self.parent[t.ix()];
        }
        t
    }

    /// Whether two terms are known to be the same value.
    pub fn same(&self, a: Term, b: Term) -> bool {
        self.root(a) == self.root(b)
    }

    /// Members of a term's class, itself first.
    pub fn class(&self, term: Term) -> impl Iterator<Item = Term> + '_ {
        let mut at = Some(term);
        std::iter::from_fn(move || {
            let t = at?;
            let n = self.next[t.ix()];
            at = (n != term).then_some(n);
            Some(t)
        })
    }

    /// Every application made so far: its symbol, its arguments, itself.
    pub fn applications(&self) -> Vec<(F, Vec<Term>, Term)> {
        let apps = self.nodes.iter().enumerate().filter_map(|(i, node)| match node {
            Node::App(symbol, args) => Some((symbol.clone(), args.clone(), Term(i as u32))),
            Node::Leaf(_) => None,
        });
        apps.collect()
    }

    /// Terms of which more may be known than when this was last asked. Two terms that were united in between have one of
    /// them here; what a scope said that is closed by now is not taken back.
    pub fn take_changed(&mut self) -> Vec<Term> {
        std::mem::take(&mut self.changed)
    }

    /// Says that two terms are the same value (both may be NULL).
    pub fn unite(&mut self, a: Term, b: Term, reason: R) {
        self.merge(a, b, Edge::Asserted(reason));
    }

    /// Says that a term is not NULL.
    pub fn set_non_null(&mut self, term: Term) {
        let root = self.root(term);
        let mut flags = self.flags[root.ix()];
        flags.non_null = true;
        self.put_flags(root, flags);
    }

    /// Says that a term is NULL.
    pub fn set_null(&mut self, term: Term) {
        let root = self.root(term);
        let mut flags = self.flags[root.ix()];
        flags.null = true;
        self.put_flags(root, flags);
    }

    /// Whether a term is known not to be NULL.
    pub fn is_non_null(&self, term: Term) -> bool {
        self.flags[self.root(term).ix()].non_null
    }

    /// Whether a term is known to be NULL.
    pub fn is_null(&self, term: Term) -> bool {
        self.flags[self.root(term).ix()].null
    }

    /// Says that the present assumptions cannot hold together.
    pub fn contradict(&mut self) {
        self.contradictions += 1;
    }

    /// Whether the present assumptions cannot hold together.
    pub fn is_contradictory(&self) -> bool {
        self.contradictions > 0
    }

    /// Opens a scope.
    pub fn push(&mut self) {
        self.scopes.push(Scope {
            undo: self.undo.len(),
            edges: self.edges.len(),
            nodes: self.nodes.len(),
            contradictions: self.contradictions,
        });
    }

    /// Closes the innermost scope and forgets what was said in it.
    pub fn pop(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        while self.undo.len() > scope.undo {
            match self.undo.pop() {
                Some(Undo::Union { loser, winner }) => {
                    self.parent[loser.ix()] = loser;
                    self.size[winner.ix()] -= self.size[loser.ix()];
                    self.next.swap(loser.ix(), winner.ix());
                }
                Some(Undo::Signature) => {
                    if let Some(key) = self.signature_log.pop() {
                        self.signatures.remove(&key);
                    }
                }
                Some(Undo::Flag(root, flags)) => self.flags[root.ix()] = flags,
                None => break,
            }
        }
        self.edges.truncate(scope.edges);
        self.contradictions = scope.contradictions;
        // Applications made inside the scope lost their signatures with it.
        for ix in scope.nodes..self.nodes.len() {
            self.sign(Term(ix as u32));
        }
    }

    /// The chain of equalities from one term to another, the arguments' chains of congruent links inside, each told
    /// once. Empty when they are the same term or not known to be equal.
    pub fn explain(&self, a: Term, b: Term) -> Vec<Link<R>> {
        let mut near: HashMap<Term, Vec<usize>> = HashMap::new();
        for (i, (x, y, _)) in self.edges.iter().enumerate() {
            near.entry(*x).or_default().push(i);
            near.entry(*y).or_default().push(i);
        }
        self.chain(a, b, &near, &mut HashSet::new())
    }

    /// `told` holds the congruent edges whose arguments were explained already; that ends the recursion, too.
    fn chain(
        &self,
        a: Term,
        b: Term,
        near: &HashMap<Term, Vec<usize>>,
        told: &mut HashSet<usize>,
    ) -> Vec<Link<R>> {
        if a == b || !self.same(a, b) {
            return Vec::new();
        }
        let mut came: HashMap<Term, (Term, usize)> = HashMap::new();
        let mut queue = VecDeque::from([a]);
        while let Some(t) = queue.pop_front() {
            if t == b {
                break;
            }
            for &i in near.get(&t).into_iter().flatten() {
                let (x, y, _) = &self.edges[i];
                let to = if *x == t { *y } else { *x };
                if to != a && !came.contains_key(&to) {
                    came.insert(to, (t, i));
                    queue.push_back(to);
                }
            }
        }
        let mut path = Vec::new();
        let mut t = b;
        while t != a {
            let Some(&(from, edge)) = came.get(&t) else { return Vec::new() };
            path.push((from, t, edge));
            t = from;
        }
        path.reverse();
        let link = |(left, right, edge): (Term, Term, usize)| {
            let via = match &self.edges[edge].2 {
                Edge::Asserted(reason) => Via::Asserted(reason.clone()),
                Edge::Congruent => Via::Congruent(match told.insert(edge) {
                    true => self.arguments(left, right, near, told),
                    false => Vec::new(),
                }),
            };
            Link { left, right, via }
        };
        path.into_iter().map(link).collect()
    }

    fn arguments(
        &self,
        left: Term,
        right: Term,
        near: &HashMap<Term, Vec<usize>>,
        told: &mut HashSet<usize>,
    ) -> Vec<Vec<Link<R>>> {
        let (Node::App(_, xs), Node::App(_, ys)) = (self.node(left), self.node(right)) else {
            return Vec::new();
        };
        xs.iter().zip(ys).map(|(x, y)| self.chain(*x, *y, near, told)).collect()
    }

    fn intern(&mut self, node: Node<L, F>) -> Term {
        if let Some(&term) = self.index.get(&node) {
            return term;
        }
        let term = Term(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.index.insert(node.clone(), term);
        self.parent.push(term);
        self.size.push(1);
        self.next.push(term);
        self.uses.push(Vec::new());
        self.flags.push(Flags::default());
        if let Node::App(_, args) = &node {
            for &arg in args {
                self.uses[arg.ix()].push(term);
            }
            self.sign(term);
        }
        term
    }

    /// Enters an application's signature; where one with the same signature exists, they are equal.
    fn sign(&mut self, term: Term) {
        let mut pending = vec![term];
        while let Some(app) = pending.pop() {
            let Some(other) = self.enter(app) else { continue };
            self.unite_roots(app, other, Edge::Congruent, &mut pending);
        }
    }

    /// The application with the same signature, if that is another class; else the signature is entered.
    fn enter(&mut self, app: Term) -> Option<Term> {
        let Node::App(symbol, args) = &self.nodes[app.ix()] else { return None };
        let key = (symbol.clone(), args.iter().map(|a| self.root(*a)).collect::<Vec<_>>());
        match self.signatures.get(&key) {
            Some(&other) if self.root(other) != self.root(app) => Some(other),
            Some(_) => None,
            None => {
                self.signatures.insert(key.clone(), app);
                self.signature_log.push(key);
                self.undo.push(Undo::Signature);
                None
            }
        }
    }

    fn merge(&mut self, a: Term, b: Term, edge: Edge<R>) {
        let mut pending = Vec::new();
        self.unite_roots(a, b, edge, &mut pending);
        while let Some(app) = pending.pop() {
            if let Some(other) = self.enter(app) {
                self.unite_roots(app, other, Edge::Congruent, &mut pending);
            }
        }
    }

    fn unite_roots(&mut self, a: Term, b: Term, edge: Edge<R>, pending: &mut Vec<Term>) {
        let (ra, rb) = (self.root(a), self.root(b));
        if ra == rb {
            return;
        }
        self.edges.push((a, b, edge));
        let (winner, loser) = if self.size[ra.ix()] >= self.size[rb.ix()] { (ra, rb) } else { (rb, ra) };
        let members: Vec<Term> = self.class(loser).collect();
        for member in &members {
            pending.extend_from_slice(&self.uses[member.ix()]);
        }
        self.changed.extend(members);
        self.parent[loser.ix()] = winner;
        self.size[winner.ix()] += self.size[loser.ix()];
        self.next.swap(loser.ix(), winner.ix());
        self.undo.push(Undo::Union { loser, winner });
        let (w, l) = (self.flags[winner.ix()], self.flags[loser.ix()]);
        self.put_flags(winner, Flags { non_null: w.non_null || l.non_null, null: w.null || l.null });
    }

    fn put_flags(&mut self, root: Term, flags: Flags) {
        let old = self.flags[root.ix()];
        if old == flags {
            return;
        }
        self.undo.push(Undo::Flag(root, old));
        let members: Vec<Term> = self.class(root).collect();
        self.changed.extend(members);
        self.flags[root.ix()] = flags;
        if flags.null && flags.non_null {
            self.contradictions += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Closure = Congruence<u32, u8, (u32, u32)>;

    #[test]
    fn congruence_follows_equal_arguments_and_is_undone() {
        let mut c = Closure::default();
        let (x, y) = (c.leaf(1), c.leaf(2));
        let (fx, fy) = (c.app(0, vec![x]), c.app(0, vec![y]));
        assert!(!c.same(fx, fy));
        c.push();
        c.unite(x, y, (1, 2));
        assert!(c.same(fx, fy));
        let [Link { left, right, via: Via::Congruent(args) }] = &c.explain(fx, fy)[..] else { panic!() };
        assert_eq!((*left, *right), (fx, fy));
        assert_eq!(args, &[vec![Link { left: x, right: y, via: Via::Asserted((1, 2)) }]]);
        c.pop();
        assert!(!c.same(fx, fy));
        assert!(c.explain(fx, fy).is_empty());
    }

    #[test]
    fn an_application_made_in_a_scope_keeps_its_congruence_after_it() {
        let mut c = Closure::default();
        let (x, y) = (c.leaf(1), c.leaf(2));
        c.push();
        let fx = c.app(0, vec![x]);
        c.pop();
        let fy = c.app(0, vec![y]);
        c.unite(x, y, (1, 2));
        assert!(c.same(fx, fy));
    }

    #[test]
    fn null_and_non_null_contradict_until_undone() {
        let mut c = Closure::default();
        let (x, y) = (c.leaf(1), c.leaf(2));
        c.set_non_null(x);
        c.push();
        c.set_null(y);
        assert!(!c.is_contradictory());
        c.unite(x, y, (0, 0));
        assert!(c.is_contradictory());
        c.pop();
        assert!(!c.is_contradictory());
        assert!(c.is_non_null(x) && !c.is_null(y));
    }

    /// The closure by the definition: repeat until nothing changes.
    fn naive(terms: &[Node<u32, u8>], equal: &[(usize, usize)]) -> Vec<Vec<bool>> {
        let n = terms.len();
        let mut same = vec![vec![false; n]; n];
        for (i, row) in same.iter_mut().enumerate() {
            row[i] = true;
        }
        for &(a, b) in equal {
            same[a][b] = true;
            same[b][a] = true;
        }
        loop {
            let mut changed = false;
            for i in 0..n {
                for j in 0..n {
                    let by_middle = (0..n).any(|k| same[i][k] && same[k][j]);
                    let by_args = match (&terms[i], &terms[j]) {
                        (Node::App(f, xs), Node::App(g, ys)) => {
                            f == g
                                && xs.len() == ys.len()
                                && xs.iter().zip(ys).all(|(x, y)| same[x.ix()][y.ix()])
                        }
                        _ => false,
                    };
                    if !same[i][j] && (by_middle || by_args) {
                        same[i][j] = true;
                        changed = true;
                    }
                }
            }
            if !changed {
                return same;
            }
        }
    }

    /// What was said, of a chain and of the arguments in it.
    fn said_in(chain: &[Link<(u32, u32)>], out: &mut Vec<(usize, usize)>) {
        for pair in chain.windows(2) {
            assert_eq!(pair[0].right, pair[1].left, "a chain hangs together");
        }
        for link in chain {
            match &link.via {
                Via::Asserted((a, b)) => out.push((*a as usize, *b as usize)),
                Via::Congruent(args) => args.iter().for_each(|chain| said_in(chain, out)),
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_closure(
            apps in prop::collection::vec((0u8..2, prop::collection::vec(0usize..9, 1..3)), 0..8),
            outer in prop::collection::vec((0usize..12, 0usize..12), 0..5),
            inner in prop::collection::vec((0usize..12, 0usize..12), 0..5),
        ) {
            let mut c = Closure::default();
            let mut terms: Vec<Term> = (0..4).map(|i| c.leaf(i)).collect();
            for (f, args) in apps {
                let args = args.iter().map(|a| terms[a % terms.len()]).collect();
                let t = c.app(f, args);
                if !terms.contains(&t) {
                    terms.push(t);
                }
            }
            let n = terms.len();
            let nodes: Vec<_> = (0..n).map(|i| c.node(Term(i as u32)).clone()).collect();
            let fit = |v: &[(usize, usize)]| v.iter().map(|(a, b)| (a % n, b % n)).collect::<Vec<_>>();
            let (outer, inner) = (fit(&outer), fit(&inner));
            let check = |c: &Closure, said: &[(usize, usize)]| {
                let truth = naive(&nodes, said);
                for i in 0..n {
                    for j in 0..n {
                        prop_assert_eq!(c.same(terms[i], terms[j]), truth[i][j], "terms {} and {}", i, j);
                        if i != j && truth[i][j] {
                            // What an explanation names must be enough to prove it.
                            let mut again = Vec::new();
                            said_in(&c.explain(terms[i], terms[j]), &mut again);
                            prop_assert!(naive(&nodes, &again)[i][j], "explanation of {} = {}", i, j);
                        }
                    }
                }
                Ok(())
            };
            for &(a, b) in &outer {
                c.unite(terms[a], terms[b], (a as u32, b as u32));
            }
            check(&c, &outer)?;
            c.push();
            for &(a, b) in &inner {
                c.unite(terms[a], terms[b], (a as u32, b as u32));
            }
            let both: Vec<_> = outer.iter().chain(&inner).copied().collect();
            check(&c, &both)?;
            c.pop();
            check(&c, &outer)?;
        }
    }
}
