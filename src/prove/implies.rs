//! Predicate implication as PostgreSQL's planner proves it for partial indexes (predtest.c, strong implication:
//! wherever the known conditions are true, the goal is true). INDEXING.md section 7.
//!
//! Errs towards [`Proof::Fails`]: what PostgreSQL does not prove is not proved here either, even where it is true.
//!
//! A condition is taken apart into AND, OR and atoms; a list of at most [`MAX_ELEMENTS`] values counts as an OR (`=
//! ANY`) or AND (`<> ALL`) of comparisons. With *clause* for what is known and *goal* for what is to be proved:
//!
//! | clause | goal | proved when |
//! |---|---|---|
//! | any | AND | every member of the goal is proved |
//! | AND | OR | some arm of the goal is proved by the whole clause, or some member proves the goal |
//! | AND | atom | some member proves it |
//! | OR | OR | every arm of the clause proves some arm of the goal |
//! | OR | atom | every arm proves it |
//! | atom | OR | it proves some arm |
//! | atom | atom | they are equal, the clause is strict in `x` of the goal `x IS NOT NULL`, or they compare the same expression and the operators (with both constants) say so |

use crate::prove::terms::{Coll, Node, Term, Terms, commuted, holds};
use crate::query::model::CompareOp;

/// Longer lists are not opened (predtest.c `MAX_SAOP_ARRAY_SIZE`).
pub const MAX_ELEMENTS: usize = 100;

/// Comparisons of atoms that one proof may take; a longer proof is not known.
const MAX_STEPS: u32 = 50_000;

/// Whether something follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It does.
    Holds,
    /// PostgreSQL does not prove it.
    Fails,
    /// It hangs on a parameter's value: a plan made for that value could prove it, a generic plan cannot.
    Unknown,
}

/// Whether conditions that are all known to be true prove a goal. `database` is the database's collation.
pub fn implies(terms: &Terms, database: &str, known: &[Term], goal: Term) -> Proof {
    let mut prover = Prover { terms, database, steps: MAX_STEPS };
    prover.prove(&Known::Terms(known), &Piece::Term(goal))
}

enum Known<'k> {
    Terms(&'k [Term]),
    Piece(&'k Piece),
}

/// A condition, or one comparison out of a list.
#[derive(Clone, Debug)]
enum Piece {
    Term(Term),
    Element(Comparison),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    op: Op,
    left: Term,
    right: Term,
    coll: Coll,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Op {
    Compare(CompareOp),
    Other(crate::prove::terms::Symbol),
}

enum Class {
    And(Vec<Piece>),
    Or(Vec<Piece>),
    Atom,
}

struct Prover<'t> {
    terms: &'t Terms,
    database: &'t str,
    steps: u32,
}

impl Prover<'_> {
    fn prove(&mut self, clause: &Known<'_>, goal: &Piece) -> Proof {
        let goals = self.classify(goal);
        if let Class::And(members) = &goals {
            return all(members, |g| self.prove(clause, g));
        }
        let clauses = match clause {
            Known::Terms(list) => Class::And(list.iter().map(|t| Piece::Term(*t)).collect()),
            Known::Piece(piece) => self.classify(piece),
        };
        match (clauses, goals) {
            (Class::And(members), Class::Or(arms)) => {
                let whole = any(&arms, |g| self.prove(clause, g));
                if whole == Proof::Holds {
                    return whole;
                }
                either(whole, any(&members, |c| self.prove(&Known::Piece(c), goal)))
            }
            (Class::And(members), _) => any(&members, |c| self.prove(&Known::Piece(c), goal)),
            (Class::Or(members), Class::Or(arms)) => {
                all(&members, |c| any(&arms, |g| self.prove(&Known::Piece(c), g)))
            }
            (Class::Or(members), _) => all(&members, |c| self.prove(&Known::Piece(c), goal)),
            (Class::Atom, Class::Or(arms)) => any(&arms, |g| self.prove(clause, g)),
            (Class::Atom, _) => match clause {
                Known::Piece(piece) => self.atom(piece, goal),
                Known::Terms(_) => Proof::Fails,
            },
        }
    }

    fn classify(&self, piece: &Piece) -> Class {
        let Piece::Term(term) = piece else { return Class::Atom };
        match self.terms.node(*term) {
            Node::And(list) => Class::And(list.iter().map(|t| Piece::Term(*t)).collect()),
            Node::Or(list) => Class::Or(list.iter().map(|t| Piece::Term(*t)).collect()),
            Node::Any { op, all, left, array, coll } => {
                let Node::Array(elements) = self.terms.node(*array) else { return Class::Atom };
                if elements.len() > MAX_ELEMENTS || elements.is_empty() {
                    return Class::Atom;
                }
                let op = match compare_op(op) {
                    Some(op) => Op::Compare(op),
                    None => Op::Other(op.clone()),
                };
                let pieces = elements
                    .iter()
                    .map(|e| {
                        let coll = coll.clone();
                        Piece::Element(Comparison { op: op.clone(), left: *left, right: *e, coll })
                    })
                    .collect();
                if *all { Class::And(pieces) } else { Class::Or(pieces) }
            }
            _ => Class::Atom,
        }
    }

    /// The simple case: neither side can be taken apart.
    fn atom(&mut self, clause: &Piece, goal: &Piece) -> Proof {
        if self.steps == 0 {
            return Proof::Unknown;
        }
        self.steps -= 1;
        if let (Piece::Term(c), Piece::Term(g)) = (clause, goal)
            && c == g
        {
            return Proof::Holds;
        }
        if let Piece::Term(g) = goal
            && let Node::IsNull { negated: true, of } = self.terms.node(*g)
        {
            let strict = match clause {
                Piece::Term(c) => self.terms.refutes_null(*c, *of),
                Piece::Element(c) => {
                    self.terms.propagates_null(c.left, *of) || self.terms.propagates_null(c.right, *of)
                }
            };
            return if strict { Proof::Holds } else { Proof::Fails };
        }
        match (self.comparison(clause), self.comparison(goal)) {
            (Some(c), Some(g)) => self.compare(&c, &g),
            (None, Some(g)) => self.list_of_caller(clause, &g),
            _ => Proof::Fails,
        }
    }

    fn comparison(&self, piece: &Piece) -> Option<Comparison> {
        match piece {
            Piece::Element(c) => Some(c.clone()),
            Piece::Term(t) => match self.terms.node(*t) {
                Node::Compare(op, left, right, coll) => {
                    Some(Comparison { op: Op::Compare(*op), left: *left, right: *right, coll: coll.clone() })
                }
                Node::Operator { name, args, coll } => match **args {
                    [left, right] => {
                        Some(Comparison { op: Op::Other(name.clone()), left, right, coll: coll.clone() })
                    }
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// `x = ANY ($1)` may prove a comparison of x once `$1` is known.
    fn list_of_caller(&self, clause: &Piece, goal: &Comparison) -> Proof {
        if let Piece::Term(t) = clause
            && let Node::Any { op, all: false, left, array, coll: _ } = self.terms.node(*t)
            && &**op == "="
            && *left == goal.left
            && self.terms.flags(*array).param
        {
            return Proof::Unknown;
        }
        Proof::Fails
    }

    fn compare(&self, clause: &Comparison, goal: &Comparison) -> Proof {
        if clause == goal {
            return Proof::Holds;
        }
        let (Op::Compare(c), Op::Compare(g)) = (&clause.op, &goal.op) else { return Proof::Fails };
        if clause.coll != goal.coll {
            return Proof::Fails;
        }
        let both = |op: CompareOp, cmp: &Comparison| {
            [(cmp.left, op, cmp.right), (cmp.right, commuted(op), cmp.left)]
        };
        let mut answer = Proof::Fails;
        for (x, c_op, c_value) in both(*c, clause) {
            for (y, g_op, g_value) in both(*g, goal) {
                if x == y && self.terms.constant(x).is_none() {
                    answer = either(answer, self.same_expression(c_op, c_value, g_op, g_value, &goal.coll));
                }
            }
        }
        answer
    }

    /// `x c_op c_value` against `x g_op g_value`.
    fn same_expression(
        &self,
        c_op: CompareOp,
        c_value: Term,
        g_op: CompareOp,
        g_value: Term,
        coll: &Coll,
    ) -> Proof {
        if c_value == g_value {
            return if same_value_proves(c_op, g_op) { Proof::Holds } else { Proof::Fails };
        }
        let Some(test) = test_of_constants(c_op, g_op) else { return Proof::Fails };
        match (self.terms.constant(c_value), self.terms.constant(g_value)) {
            (Some(c), Some(g)) => match holds(test, g.relation(c, coll, self.database)) {
                Some(true) => Proof::Holds,
                Some(false) | None => Proof::Fails,
            },
            (None, Some(_)) if self.terms.rels(c_value).is_empty() && self.terms.flags(c_value).param => {
                Proof::Unknown
            }
            _ => Proof::Fails,
        }
    }
}

fn compare_op(symbol: &str) -> Option<CompareOp> {
    Some(match symbol {
        "=" => CompareOp::Eq,
        "<>" => CompareOp::NotEq,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::LtEq,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::GtEq,
        _ => return None,
    })
}

/// Whether `x c v` proves `x g v`, whatever v is (predtest.c `BT_implies_table`).
const fn same_value_proves(c: CompareOp, g: CompareOp) -> bool {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(
        (c, g),
        (Lt, Lt | LtEq | NotEq)
            | (LtEq, LtEq)
            | (Eq, Eq | LtEq | GtEq)
            | (GtEq, GtEq)
            | (Gt, Gt | GtEq | NotEq)
            | (NotEq, NotEq)
    )
}

/// The operator T such that `goal's constant T clause's constant` makes `x c constant` prove `x g constant`
/// (predtest.c `BT_implic_table`).
const fn test_of_constants(c: CompareOp, g: CompareOp) -> Option<CompareOp> {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    Some(match (c, g) {
        (Lt, Lt | LtEq | NotEq) => GtEq,
        (LtEq, Lt | NotEq) => Gt,
        (LtEq, LtEq) => GtEq,
        (Eq, Lt) => Gt,
        (Eq, LtEq) => GtEq,
        (Eq, Eq) => Eq,
        (Eq, GtEq) => LtEq,
        (Eq, Gt) => Lt,
        (Eq, NotEq) => NotEq,
        (GtEq, GtEq) => LtEq,
        (GtEq, Gt | NotEq) => Lt,
        (Gt, GtEq | Gt | NotEq) => LtEq,
        (NotEq, NotEq) => Eq,
        _ => return None,
    })
}

fn either(a: Proof, b: Proof) -> Proof {
    match (a, b) {
        (Proof::Holds, _) | (_, Proof::Holds) => Proof::Holds,
        (Proof::Unknown, _) | (_, Proof::Unknown) => Proof::Unknown,
        (Proof::Fails, Proof::Fails) => Proof::Fails,
    }
}

fn any<T>(list: &[T], mut f: impl FnMut(&T) -> Proof) -> Proof {
    let mut answer = Proof::Fails;
    for item in list {
        answer = either(answer, f(item));
        if answer == Proof::Holds {
            break;
        }
    }
    answer
}

fn all<T>(list: &[T], mut f: impl FnMut(&T) -> Proof) -> Proof {
    let mut answer = Proof::Holds;
    for item in list {
        match f(item) {
            Proof::Holds => {}
            Proof::Fails => return Proof::Fails,
            Proof::Unknown => answer = Proof::Unknown,
        }
    }
    answer
}
