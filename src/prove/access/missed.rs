//! Why predicates of a read come to nothing: which member of a partial index's predicate does not follow, or what in a
//! predicate's shape keeps every index out. For wording by rules; decides nothing.

use super::book::Prepared;
use super::joins::Clause;
use super::matching::{Key, Test, condition, is_c, is_value, tests};
use super::pattern::{self, Fixed};
use super::serve::{Given, Unproved, conditions};
use crate::prove::implies::{Proof, implies};
use crate::prove::terms::{Node, Term, symbol};
use crate::prove::verdict::{MissReason, Missed};
use crate::schema::catalog::IndexMethod;

/// At most so many reasons are given for one read.
const MAX_REASONS: usize = 16;

/// The reasons of a read that no index is searched for.
pub(super) fn reasons(
    given: &Given<'_>,
    indexes: &[Prepared],
    unproved: &[(usize, Unproved)],
) -> Vec<Missed> {
    let mut out = Vec::new();
    for (i, why) in unproved {
        let Some(index) = indexes.get(*i) else { continue };
        // The rows that the query wants are not in it.
        if index.denied.iter().any(|t| implies(given.terms, given.database, &given.known, *t) == Proof::Holds)
        {
            continue;
        }
        let would = conditions(given, index, &given.tests, &|_| true);
        // Of an index that nothing asks for, a missing predicate is no loss.
        let partly_proved = why.missing.len() < index.predicate.len();
        if !(would.lead(index, given.version) || partly_proved && would.is_empty()) {
            continue;
        }
        let mut columns = Vec::new();
        for (member, span) in &index.predicate {
            if why.missing.contains(span) {
                given.terms.columns_of(*member, given.rel, &mut columns);
            }
        }
        out.push(Missed {
            span: Default::default(),
            columns,
            index: Some(index.id),
            why: MissReason::Predicate { missing: why.missing.clone(), custom_plan: why.custom_plan },
        });
    }
    for clause in given.clauses {
        if out.len() >= MAX_REASONS {
            break;
        }
        out.extend(of_clause(given, indexes, clause));
    }
    out
}

fn of_clause(given: &Given<'_>, indexes: &[Prepared], clause: &Clause) -> Option<Missed> {
    let mut columns = Vec::new();
    given.terms.columns_of(clause.term, given.rel, &mut columns);
    let missed = |index, why| Missed { span: clause.span, columns: columns.clone(), index, why };
    // An index that has the bare column first would serve a better spelling.
    let leading = indexes.iter().find(|index| {
        index.predicate.is_empty()
            && index.method == IndexMethod::Btree
            && index.keys.first().and_then(|k| k.column).is_some_and(|c| columns.contains(&c))
    });
    let wanted = leading.map(|index| index.id);
    match given.terms.node(clause.term) {
        Node::Distinct { .. } => return Some(missed(wanted, MissReason::DistinctFrom)),
        Node::Not(inner) if !matches!(given.terms.node(*inner), Node::Column(..)) => {
            return Some(missed(wanted, MissReason::Negation));
        }
        Node::Or(arms) => {
            let optional = arms.iter().any(|arm| given.terms.rels(*arm).is_empty());
            let why = if optional { MissReason::Optional } else { MissReason::OrArm };
            return Some(missed(wanted, why));
        }
        Node::Any { op, all, left, array, .. } => {
            if *all || &**op == "<>" {
                return Some(missed(wanted, MissReason::Negation));
            }
            if given.terms.uses(*array, given.rel) && !given.terms.uses(*left, given.rel) {
                return Some(missed(wanted, MissReason::ArrayMember));
            }
        }
        Node::Compare(crate::query::model::CompareOp::NotEq, ..) => {
            return Some(missed(wanted, MissReason::Negation));
        }
        Node::Operator { name, .. } if name.starts_with('!') => {
            return Some(missed(wanted, MissReason::Negation));
        }
        _ => {}
    }
    let found = tests(given.terms, given.rel, clause.term);
    let found: Vec<(Term, Test)> = found.into_iter().filter(|(t, _)| *t != clause.term).collect();
    if found.is_empty() {
        let why = match given.terms.operands(clause.term).as_slice() {
            [a, b] => {
                let volatile = [a, b].into_iter().any(|t| given.terms.flags(*t).volatile);
                if volatile { MissReason::Volatile } else { MissReason::OwnColumn }
            }
            _ => return None,
        };
        return Some(missed(wanted, why));
    }
    // The operand is a key of some index, yet not of a kind that takes the test, or not its first. What a first key
    // refuses says more.
    let mut later = None;
    for (operand, test) in &found {
        for index in indexes.iter().filter(|index| index.predicate.is_empty()) {
            for (k, key) in index.keys.iter().enumerate().filter(|(_, key)| key.term == *operand) {
                let why = match condition(given.terms, key, test, given.database) {
                    None => refusal(given, key, test),
                    Some(_) if k > 0 && index.method == IndexMethod::Btree => MissReason::NotLeading,
                    Some(_) => continue,
                };
                if k == 0 {
                    return Some(missed(Some(index.id), why));
                }
                later.get_or_insert((index.id, why));
            }
        }
    }
    if let Some((index, why)) = later {
        return Some(missed(Some(index), why));
    }
    // The operand is no key: something is around its column.
    found.iter().find_map(|(operand, _)| {
        let why = wrapping(given, *operand)?;
        Some(missed(wanted, why))
    })
}

/// Why a key does not take a test of its own term.
fn refusal(given: &Given<'_>, key: &Key, test: &Test) -> MissReason {
    match test {
        Test::Compare { op, coll, .. } => {
            if key.coll != crate::prove::terms::Coll::None && key.coll != *coll {
                MissReason::Collation
            } else {
                MissReason::OperatorClass { operator: symbol(*op).to_owned() }
            }
        }
        Test::Operator { name, value, .. } => match given.terms.constant(*value).and_then(|c| c.text()) {
            None if is_match(name) => MissReason::PatternNotConstant,
            Some(text) if is_match(name) => match pattern::fixed(name, text) {
                Fixed::No if pattern::fixed(name.trim_end_matches('*'), text) != Fixed::No => {
                    MissReason::PatternCase
                }
                Fixed::No => MissReason::LeadingWildcard,
                Fixed::Prefix | Fixed::Exact if !is_c(&key.coll, given.database) => {
                    MissReason::PatternCollation
                }
                Fixed::Prefix | Fixed::Exact => MissReason::OperatorClass { operator: name.to_string() },
            },
            _ => MissReason::OperatorClass { operator: name.to_string() },
        },
        Test::List { .. } => MissReason::OperatorClass { operator: "ANY".to_owned() },
        Test::Null { .. } => MissReason::OperatorClass { operator: "IS NULL".to_owned() },
        Test::Truth => MissReason::OperatorClass { operator: "=".to_owned() },
    }
}

fn is_match(name: &str) -> bool {
    matches!(name, "~~" | "~~*" | "~" | "~*" | "^@")
}

/// What is around the column of an operand.
fn wrapping(given: &Given<'_>, operand: Term) -> Option<MissReason> {
    Some(match given.terms.node(operand) {
        Node::Call { name, args: _ } => MissReason::Function { name: name.to_string() },
        Node::Cast(to, _) => MissReason::Cast { to: to.clone() },
        Node::Operator { name, args, coll: _ } => {
            let own = args.iter().filter(|t| !is_value(given.terms, given.rel, **t)).count();
            if own == 0 {
                return None;
            }
            MissReason::Arithmetic { operator: name.to_string() }
        }
        _ => return None,
    })
}
