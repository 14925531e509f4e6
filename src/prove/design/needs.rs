//! From what one read asks to what index it needs: the proposals for a [`Demand`], best first. Each is a set of needs that
//! serve the read together; whether it does is for the planner's own judgement to say ([`super::Designer`]).
//!
//! | asked | need |
//! |---|---|
//! | equalities, ORDER BY with LIMIT | btree: tenant, equalities, order. Lists of values are left to filter: behind one, an index has no order |
//! | equalities, a range | btree: tenant, equalities (lists too), the range |
//! | a constant beginning of a text | the same with a pattern class, unless the database sorts by bytes |
//! | any other pattern | GIN with trigrams |
//! | text search, containment | GIN; ranges, networks, shapes, ltree: GiST |
//! | a join alone, or beside the tenant alone | btree: tenant, the join's columns |
//! | OR | one need for each arm |
//! | `deleted_at IS NULL`, `archived = false` beside any of these | predicate of the index |
//! | nothing but such conditions | btree on the primary key, with them for predicate |
//!
//! Vector indexes are never proposed: which one is right depends on the data.

use std::collections::BTreeSet;

use super::expression::{is_list_of_states, is_state, may_be_key, sorts};
use super::tree::{Key, Placed, Tree};
use crate::prove::access::{Ask, Demand, How, Lack, Sort};
use crate::prove::terms::{Node, Rel, Term, Terms};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, IndexMethod, IndexOrigin, KeyTerm};
use crate::schema::types::{BaseType, Type};

/// More equalities than this are left to filter.
const MAX_EQUALITIES: usize = 4;

/// An index that is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// A btree.
    Tree(Tree),
    /// An index of another kind over one key.
    Other(Other),
}

/// An index of another kind over one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Other {
    /// Whether it is a GiST index, else GIN.
    pub(super) gist: bool,
    pub(super) key: Key,
}

impl Other {
    pub(super) const fn method(&self) -> IndexMethod {
        if self.gist { IndexMethod::Gist } else { IndexMethod::Gin }
    }
}

/// What proposals depend on besides the demand.
pub(super) struct Context<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) terms: &'a Terms,
    /// The tenant column of the table.
    pub(super) tenant: Option<ColumnIx>,
    /// Whether the database sorts texts by bytes.
    pub(super) sorts_by_bytes: bool,
}

/// The proposals for a demand, best first.
pub(super) fn proposals(context: &Context<'_>, demand: &Demand) -> Vec<Vec<Need>> {
    let local: Vec<&Ask> = demand.asks.iter().filter(|a| a.others.is_empty()).collect();
    let joins: Vec<&Ask> = demand
        .asks
        .iter()
        .filter(|a| !a.others.is_empty() && a.others.iter().all(|o| demand.unserved.contains(o)))
        .collect();
    let own = Parts::of(context, &local);
    let mut out: Vec<Vec<Need>> = Vec::new();
    if !demand.order.is_empty() {
        out.extend(own.ordered(context, &demand.order).map(|need| vec![need]));
    }
    if demand.lack != Lack::Sort {
        let both: Vec<&Ask> = local.iter().chain(&joins).copied().collect();
        let with_joins = Parts::of(context, &both);
        let joined = || with_joins.searched().filter(|_| !joins.is_empty()).map(|need| vec![need]);
        let others =
            |parts: &Parts| parts.others.iter().map(|o| vec![Need::Other(o.clone())]).collect::<Vec<_>>();
        if !own.equal.is_empty() || !own.several.is_empty() {
            out.extend(own.searched().map(|need| vec![need]));
        }
        out.extend(others(&own));
        // Beside a range alone, or the tenant, the join's columns tell rows apart.
        if !with_joins.equal.is_empty() {
            out.extend(joined());
        }
        if !own.tails.is_empty() {
            out.extend(own.searched().map(|need| vec![need]));
        }
        for arms in &demand.either {
            out.extend(either(context, &local, arms));
        }
        out.extend(joined());
        out.extend(others(&with_joins));
        out.extend(own.searched().map(|need| vec![need]));
        out.extend(own.live(context, demand).map(|need| vec![need]));
    }
    out
}

/// One need for each arm of an OR; none where some arm has none.
fn either(context: &Context<'_>, beside: &[&Ask], arms: &[Vec<Ask>]) -> Option<Vec<Need>> {
    let beside = Parts::of(context, beside);
    let mut needs = Vec::new();
    for arm in arms {
        let own: Vec<&Ask> = arm.iter().filter(|a| a.others.is_empty()).collect();
        let mut parts = Parts::of(context, &own);
        let asks = !(parts.equal.is_empty() && parts.several.is_empty() && parts.tails.is_empty());
        parts.lead = parts.lead.or(beside.lead);
        parts.predicate.extend(&beside.predicate);
        let other = || parts.others.first().map(|other| Need::Other(other.clone()));
        let null = || parts.nulls.first().map(|key| Need::Tree(parts.tree([*key], Vec::new(), &[*key])));
        let searched = if asks { parts.searched() } else { None };
        needs.push(searched.or_else(other).or_else(null)?);
    }
    (needs.len() > 1).then_some(needs)
}

/// Conjuncts sorted by what an index can do for them.
#[derive(Default)]
struct Parts {
    lead: Option<Key>,
    equal: Vec<Key>,
    several: Vec<Key>,
    /// Keys tested for NULL or for truth: predicates, or keys where nothing better is there.
    nulls: Vec<Key>,
    /// Ranges, of which an index can have one.
    tails: Vec<Vec<Placed>>,
    others: Vec<Other>,
    predicate: BTreeSet<Term>,
    /// Lists of constants.
    lists: BTreeSet<Term>,
}

impl Parts {
    fn of(context: &Context<'_>, asks: &[&Ask]) -> Parts {
        let Context { catalog, terms, tenant, sorts_by_bytes } = context;
        let mut parts = Parts::default();
        let mut weak = Vec::new();
        for ask in asks {
            let [operand] = ask.operands.as_slice() else {
                let keys: Vec<Placed> = ask.operands.iter().map(|t| ascending((*t, None))).collect();
                if ask.how == How::Rows && keys.iter().all(|p| may_be_key(catalog, terms, p.key.0)) {
                    parts.tails.insert(0, keys);
                }
                continue;
            };
            let operand = *operand;
            if let Some(conjunct) = ask.constant.filter(|c| is_state(terms, *c)) {
                parts.predicate.insert(conjunct);
                if sorts(terms.ty(operand)) {
                    push(&mut parts.nulls, (operand, None));
                }
                continue;
            }
            if !may_be_key(catalog, terms, operand) {
                continue;
            }
            let key = (operand, None);
            let comparable = sorts(terms.ty(operand));
            match &ask.how {
                How::Operator(name) => parts.others.extend(other(terms, operand, name)),
                _ if !comparable => {}
                How::Equal | How::Truth => {
                    let is_tenant = matches!(terms.node(operand), Node::Column(_, c) if Some(*c) == *tenant);
                    if is_tenant { parts.lead = Some(key) } else { push(&mut parts.equal, key) }
                }
                How::Several => {
                    push(&mut parts.several, key);
                    parts.lists.extend(ask.constant.filter(|c| is_list_of_states(terms, *c)));
                }
                How::Null => push(&mut parts.nulls, key),
                How::Range => parts.tails.push(vec![ascending(key)]),
                How::NotNull => weak.push(vec![ascending(key)]),
                How::Prefix => {
                    let class = if *sorts_by_bytes { None } else { pattern_class(terms.ty(operand)) };
                    parts.tails.push(vec![ascending((operand, class))]);
                }
                How::Rows => {}
            }
        }
        parts.tails.extend(weak);
        parts
    }

    fn tree(&self, equal: impl IntoIterator<Item = Key>, tail: Vec<Placed>, not_implied: &[Key]) -> Tree {
        let equal: BTreeSet<Key> =
            equal.into_iter().filter(|k| Some(*k) != self.lead).take(MAX_EQUALITIES).collect();
        let tail: Vec<Placed> =
            tail.into_iter().filter(|p| !equal.contains(&p.key) && Some(p.key) != self.lead).collect();
        // What is a key is not said again by the predicate.
        let keys = |c: &Term| not_implied.iter().any(|k| k.0 == *c);
        let predicate = if not_implied.is_empty() { self.predicate.clone() } else { BTreeSet::new() };
        Tree { lead: self.lead, equal, tail, predicate: predicate.into_iter().filter(|c| !keys(c)).collect() }
    }

    /// A btree that is searched by equalities and delivers an order.
    fn ordered(&self, context: &Context<'_>, order: &[Sort]) -> Option<Need> {
        let fits =
            |s: &Sort| may_be_key(context.catalog, context.terms, s.term) && sorts(context.terms.ty(s.term));
        if !order.iter().all(fits) {
            return None;
        }
        let tail = order.iter().map(|s| Placed {
            key: (s.term, None),
            descending: s.descending,
            nulls_first: s.nulls_first,
        });
        let mut tree = self.tree(self.equal.iter().copied(), tail.collect(), &[]);
        tree.predicate.extend(&self.lists);
        (!tree.tail.is_empty()).then_some(Need::Tree(tree))
    }

    /// A btree that is searched by equalities and one range.
    fn searched(&self) -> Option<Need> {
        let tail = self.tails.first().cloned().unwrap_or_default();
        let tree = self.tree(self.equal.iter().chain(&self.several).copied(), tail, &[]);
        let empty = tree.lead.is_none() && tree.equal.is_empty() && tree.tail.is_empty();
        (!empty).then_some(Need::Tree(tree))
    }

    /// A btree over the live rows alone, for a read that asks for nothing else.
    fn live(&self, context: &Context<'_>, demand: &Demand) -> Option<Need> {
        if self.predicate.is_empty() {
            let key = self.nulls.first()?;
            return Some(Need::Tree(self.tree([*key], Vec::new(), &[*key])));
        }
        let key = primary_key(context, demand);
        let tail: Vec<Placed> = match key.is_empty() {
            true => self.nulls.first().map(|k| ascending(*k)).into_iter().collect(),
            false => key.into_iter().map(|t| ascending((t, None))).collect(),
        };
        (!tail.is_empty()).then(|| Need::Tree(self.tree([], tail, &[])))
    }
}

const fn ascending(key: Key) -> Placed {
    Placed { key, descending: false, nulls_first: false }
}

fn push(keys: &mut Vec<Key>, key: Key) {
    if !keys.contains(&key) {
        keys.push(key);
    }
}

/// The columns of the primary key, as terms that the book knows.
fn primary_key(context: &Context<'_>, demand: &Demand) -> Vec<Term> {
    let rel = Rel(demand.table.0);
    let is_key = |c: ColumnIx| {
        let indexes = context.catalog.usable_indexes(demand.table);
        let mut keys =
            indexes.filter(|(_, i)| i.origin == IndexOrigin::PrimaryKey).flat_map(|(_, i)| &i.keys);
        keys.any(|k| matches!(k.term, KeyTerm::Column(column) if column == c))
    };
    (0..context.catalog.relation(demand.table).columns.len() as ColumnIx)
        .filter(|c| is_key(*c))
        .filter_map(|c| context.terms.known(&Node::Column(rel, c)))
        .collect()
}

/// The operator class by which a btree key takes beginnings of texts whatever its collation.
fn pattern_class(ty: &Type) -> Option<&'static str> {
    Some(match ty.base {
        BaseType::Varchar => "varchar_pattern_ops",
        BaseType::Bpchar => "bpchar_pattern_ops",
        _ => "text_pattern_ops",
    })
}

/// The index that takes an operator with a key on its left.
fn other(terms: &Terms, key: Term, operator: &str) -> Option<Other> {
    let ty = terms.ty(key);
    let gin = |class| Some(Other { gist: false, key: (key, class) });
    let gist = |class| Some(Other { gist: true, key: (key, class) });
    if ty.array {
        return if matches!(operator, "@>" | "<@" | "&&") { gin(None) } else { None };
    }
    match (&ty.base, operator) {
        (BaseType::Jsonb, "@>" | "@?" | "@@") => gin(Some("jsonb_path_ops")),
        (BaseType::Jsonb, "?" | "?|" | "?&") => gin(None),
        (BaseType::TsVector, "@@") => gin(None),
        (BaseType::Text | BaseType::Varchar, "~~" | "~~*" | "~" | "~*" | "%" | "%>" | "%>>") => {
            gin(Some("gin_trgm_ops"))
        }
        (BaseType::Range(_), "<<" | "&<" | "&&" | "&>" | ">>" | "-|-" | "@>" | "<@") => gist(None),
        (BaseType::Inet | BaseType::Cidr, "&&" | ">>" | ">>=" | "<<" | "<<=") => gist(Some("inet_ops")),
        (BaseType::Other(name), _) => match (name.as_str(), operator) {
            ("hstore", "@>" | "?" | "?|" | "?&") => gin(None),
            ("ltree", "@>" | "<@" | "~" | "@" | "?") => gist(None),
            ("geometry" | "geography", "&&" | "st_") => gist(None),
            _ => None,
        },
        _ => None,
    }
}
