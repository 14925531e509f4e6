//! Row security before indexes: conditions of the statement are evaluated behind those of the policies, unless they are
//! leakproof, so that no index is searched by the others (restrictinfo.c `restriction_is_securely_promotable`,
//! clauses.c `contain_leaked_vars`). That an index's predicate follows from them is used all the same.

use std::collections::{HashMap, HashSet};

use crate::prove::terms::{Node, Term, Terms, symbol};
use crate::prove::verdict::Leak;
use crate::schema::catalog::{Catalog, Policy, RelId};
use crate::schema::leakproof;
use crate::schema::types::Type;

/// Policies by their tables.
type OfTable<'c> = HashMap<RelId, Vec<&'c Policy>>;

/// The tables whose policies ask something of those who read them. `is_true` answers whether the USING of one is always
/// true.
///
/// PostgreSQL ORs the permissive policies of a role: one that is always true leaves nothing to evaluate first.
pub(super) fn tables(catalog: &Catalog, mut is_true: impl FnMut(&Policy) -> bool) -> HashSet<RelId> {
    let (mut asking, mut open) = (OfTable::new(), OfTable::new());
    let reads = |policy: &&Policy| matches!(policy.command.as_str(), "ALL" | "SELECT");
    for policy in catalog.policies.iter().filter(reads) {
        if policy.using.is_none() || !catalog.relation(policy.relation).row_security {
            continue;
        }
        match is_true(policy) {
            true if policy.permissive => open.entry(policy.relation).or_default().push(policy),
            true => {}
            false => asking.entry(policy.relation).or_default().push(policy),
        }
    }
    let opens = |asking: &Policy, open: &Policy| {
        asking.permissive && (open.roles.is_empty() || asking.roles.iter().any(|r| open.roles.contains(r)))
    };
    let is_asked = |(table, policies): &(RelId, Vec<&Policy>)| {
        let open = open.get(table).map(Vec::as_slice).unwrap_or_default();
        policies.iter().any(|asking| !open.iter().any(|open| opens(asking, open)))
    };
    asking.into_iter().filter(is_asked).map(|(table, _)| table).collect()
}

/// What is not leakproof in a condition; nothing where all is, or where the types do not tell.
pub(super) fn leak(terms: &Terms, condition: Term) -> Option<Leak> {
    let mut seen = HashSet::new();
    let mut open = vec![condition];
    while let Some(term) = open.pop() {
        // What uses no column has nothing to tell.
        if terms.rels(term).is_empty() || !seen.insert(term) {
            continue;
        }
        if let Some(leak) = own_leak(terms, term) {
            return Some(leak);
        }
        let operands = open.len();
        open.extend(terms.operands(term));
        open[operands..].reverse();
    }
    None
}

fn own_leak(terms: &Terms, term: Term) -> Option<Leak> {
    match terms.node(term) {
        Node::Compare(op, left, right, _) => {
            if let (Node::Row(left), Node::Row(right)) = (terms.node(*left), terms.node(*right)) {
                let mut pairs = left.iter().zip(right.iter());
                return pairs.find_map(|(l, r)| of_operator(symbol(*op), terms.ty(*l), terms.ty(*r)));
            }
            of_operator(symbol(*op), terms.ty(*left), terms.ty(*right))
        }
        Node::Any { op, left, array, .. } => {
            of_operator(op, terms.ty(*left), &terms.ty(*array).clone().element())
        }
        Node::Distinct { left, right, .. } => of_operator("=", terms.ty(*left), terms.ty(*right)),
        Node::Operator { name, args, .. } => match **args {
            [left, right] => of_operator(name, terms.ty(left), terms.ty(right)),
            // No prefix operator is leakproof.
            _ => Some(Leak::Operator { name: name.to_string(), left: Type::UNKNOWN, right: Type::UNKNOWN }),
        },
        Node::Call { name, args } => match (&**name, &**args) {
            ("nullif", [left, right]) => of_operator("=", terms.ty(*left), terms.ty(*right)),
            ("greatest" | "least", [first, ..]) => of_operator("<", terms.ty(*first), terms.ty(*first)),
            _ => (!leakproof::function(name, args.len())).then(|| Leak::Function(name.to_string())),
        },
        Node::Cast(to, of) => {
            let from = terms.ty(*of);
            (!leakproof::cast(from, to)).then(|| Leak::Cast { from: from.clone(), to: to.clone() })
        }
        // Of an array it is.
        Node::Subscript(of, _) if !terms.ty(*of).array && !terms.ty(*of).is_unknown() => {
            Some(Leak::Function("[]".to_owned()))
        }
        Node::Opaque(..) => terms.flags(term).subquery.then_some(Leak::Subquery),
        Node::Column(..)
        | Node::SystemColumn(..)
        | Node::WholeRow(_)
        | Node::Param(_)
        | Node::Const(_)
        | Node::And(_)
        | Node::Or(_)
        | Node::Not(_)
        | Node::IsNull { .. }
        | Node::IsTruth { .. }
        | Node::Collate(..)
        | Node::Row(_)
        | Node::Array(_)
        | Node::Case { .. }
        | Node::Field(..)
        | Node::Subscript(..) => None,
    }
}

fn of_operator(name: &str, left: &Type, right: &Type) -> Option<Leak> {
    let leaks = leakproof::operator(name, left, right) == Some(false);
    leaks.then(|| Leak::Operator { name: name.to_owned(), left: left.clone(), right: right.clone() })
}
