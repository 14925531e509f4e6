//! What a read asks of indexes, apart from those that there are: [`Demand`]. Read off the same conditions as its access,
//! so that an index that is made to meet it is one that the planner would use.

use std::collections::HashMap;

use super::book::IndexBook;
use super::joins::Clause;
use super::matching::{Op, Test, tests};
use super::order::SortKey;
use super::pattern::{self, Fixed};
use super::plan::Planner;
use super::reading::Reading;
use super::uncovered::{Lack, lack, unserved};
use crate::prove::settings::PlannerSettings;
use crate::prove::terms::{Node, Rel, Term, Terms, commuted};
use crate::prove::verdict::Access;
use crate::query::model::{BoundStatement, CompareOp, OccId};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, RelId};

/// What one read of a table asks of indexes. Terms are of the book that it was made for, over the table.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The occurrence that is read.
    pub occ: OccId,
    /// Its table.
    pub table: RelId,
    /// What it lacks an index for.
    pub lack: Lack,
    /// Its conjuncts, as far as an index could be asked for them.
    pub asks: Vec<Ask>,
    /// Its ORs: of each the arms, of each arm the conjuncts.
    pub either: Vec<Vec<Vec<Ask>>>,
    /// The order to deliver; empty where none is wanted of an index.
    pub order: Vec<Sort>,
    /// Occurrences of a join with which neither side is searched.
    pub unserved: Vec<OccId>,
    /// Columns that the statement needs of a row; absent for all.
    pub fetched: Option<Vec<ColumnIx>>,
}

/// One conjunct as a question to an index.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is asked about: one expression, or the members of a comparison of rows.
    pub operands: Vec<Term>,
    /// How.
    pub how: How,
    /// The conjunct itself, where it depends on nothing but the row: it could be the predicate of an index.
    pub constant: Option<Term>,
    /// Occurrences whose rows give the value.
    pub others: Vec<OccId>,
}

/// How a conjunct asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Equal to one value.
    Equal,
    /// Equal to one of several values.
    Several,
    /// IS NULL.
    Null,
    /// IS NOT NULL.
    NotNull,
    /// A boolean that is true, or false.
    Truth,
    /// Above or below a value.
    Range,
    /// A comparison of rows.
    Rows,
    /// Begins with a constant text.
    Prefix,
    /// By this operator.
    Operator(Box<str>),
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sort {
    /// By what.
    pub term: Term,
    /// DESC.
    pub descending: bool,
    /// Where NULLs go.
    pub nulls_first: bool,
}

/// A demand in the terms of the plan.
#[derive(Debug)]
pub(super) struct Raw {
    table: RelId,
    rel: Rel,
    asks: Vec<Ask>,
    either: Vec<Vec<Vec<Ask>>>,
    order: Vec<Sort>,
    fetched: Option<Vec<ColumnIx>>,
}

/// What the reads of a statement that lack an index ask for.
pub fn demands(
    catalog: &Catalog,
    book: &mut IndexBook,
    statement: &BoundStatement,
    settings: &PlannerSettings,
) -> Vec<Demand> {
    let mut planner = Planner::new(catalog, book, settings, statement);
    planner.asked = Some(HashMap::new());
    planner.body(&statement.body);
    let Planner { terms, found, asked, .. } = planner;
    let access: Vec<Access> = found.into_values().collect();
    let mut asked = asked.unwrap_or_default();
    let mut out = Vec::new();
    for one in &access {
        let (Some(lack), Some(raw)) = (lack(one, &access), asked.remove(&one.occ)) else { continue };
        // A table that is searched by rows of this one, and is not restricted by itself.
        let follows =
            |occ: &OccId| access.iter().any(|a| a.occ == *occ && a.probes.contains(&one.occ) && !a.local);
        let unserved = match lack {
            Lack::Join(_) => unserved(one, &access),
            Lack::Predicate | Lack::Sort => {
                one.joins.iter().map(|(occ, _)| *occ).filter(|occ| !follows(occ)).collect()
            }
        };
        out.push(raw.over(book, &terms, one.occ, lack, unserved));
    }
    out
}

impl Raw {
    /// What a read asks, in terms of its plan.
    pub(super) fn of(
        planner: &Planner<'_>,
        reading: &Reading<'_>,
        clauses: &[Clause],
        wanted: Option<&[SortKey]>,
    ) -> Raw {
        let terms = &planner.terms;
        let rel = reading.rel;
        let (mut asks, mut either) = (Vec::new(), Vec::new());
        for clause in clauses {
            match terms.node(clause.term) {
                Node::Or(_) => {
                    let arm = |t: Term| {
                        terms.conjuncts(t).into_iter().flat_map(|t| of_conjunct(planner, reading, t))
                    };
                    either.push(terms.disjuncts(clause.term).into_iter().map(|t| arm(t).collect()).collect());
                }
                _ => asks.extend(of_conjunct(planner, reading, clause.term)),
            }
        }
        let own = |t: Term| terms.rels(t) == [rel] && !terms.flags(t).param;
        let mut order = Vec::new();
        for key in wanted.unwrap_or_default() {
            let bare = terms.without_collate(key.term);
            let coll = terms.derivation(key.term).collation();
            let equal =
                reading.classes.of(bare).filter(|c| c.coll == coll).flat_map(|c| c.members.iter().copied());
            let Some(term) = std::iter::once(bare).chain(equal).find(|t| own(*t)) else {
                order.clear();
                break;
            };
            let nulls_first = key.nulls_first.unwrap_or(key.descending);
            order.push(Sort { term, descending: key.descending, nulls_first });
        }
        let fetched = planner.used.get(&rel).map(|used| {
            let mut columns: Vec<ColumnIx> = used.iter().copied().collect();
            columns.sort_unstable();
            columns
        });
        let fetched = match fetched {
            Some(columns) if columns.contains(&ColumnIx::MAX) || reading.locked => None,
            other => Some(other.unwrap_or_default()),
        };
        Raw { table: reading.table, rel, asks, either, order, fetched }
    }

    /// The demand in the terms of a book.
    fn over(
        self,
        book: &mut IndexBook,
        terms: &Terms,
        occ: OccId,
        lack: Lack,
        unserved: Vec<OccId>,
    ) -> Demand {
        let Raw { table, rel, asks, either, order, fetched } = self;
        let mut adopt = |t: Term| book.adopt(terms, t, table);
        let mut ask = |ask: Ask| {
            let one_table = ask.operands.iter().all(|t| terms.rels(*t) == [rel] && !terms.flags(*t).param);
            one_table.then(|| Ask {
                operands: ask.operands.into_iter().map(&mut adopt).collect(),
                constant: ask.constant.map(&mut adopt),
                ..ask
            })
        };
        let asks = asks.into_iter().filter_map(&mut ask).collect();
        let either = either
            .into_iter()
            .map(|arms| arms.into_iter().map(|arm| arm.into_iter().filter_map(&mut ask).collect()).collect())
            .collect();
        let order = order.into_iter().map(|sort| Sort { term: adopt(sort.term), ..sort }).collect();
        Demand { occ, table, lack, asks, either, order, unserved, fetched }
    }
}

/// A conjunct as the questions that it can be read as; none where no index can be asked.
fn of_conjunct(planner: &Planner<'_>, reading: &Reading<'_>, conjunct: Term) -> Vec<Ask> {
    let (terms, rel) = (&planner.terms, reading.rel);
    let flags = terms.flags(conjunct);
    let constant = terms.rels(conjunct) == [rel] && !flags.param && !flags.volatile && !flags.subquery;
    let constant = constant.then_some(conjunct);
    // Rows of a level around this one are values.
    let others = terms.rels(conjunct).iter().filter(|r| **r != rel && reading.level.holds(**r));
    let others: Vec<OccId> = others.filter_map(|r| planner.occurrence_of(*r)).collect();
    let ask = |operands, how| Ask { operands, how, constant, others: others.clone() };
    if let Some(operands) = rows(terms, rel, conjunct) {
        return vec![ask(operands, How::Rows)];
    }
    let mut out = Vec::new();
    for (operand, test) in tests(terms, rel, conjunct) {
        // That a condition may itself be a key is of use for a bare boolean column.
        if operand == conjunct && !matches!(terms.node(operand), Node::Column(..)) {
            continue;
        }
        let how = match test {
            Test::Truth => How::Truth,
            Test::Null { negated: false } => How::Null,
            Test::Null { negated: true } => How::NotNull,
            Test::Compare { op: CompareOp::Eq, .. } => How::Equal,
            Test::Compare { op: CompareOp::NotEq, .. } => continue,
            Test::Compare { .. } => How::Range,
            Test::List { op: Op::Compare(CompareOp::Eq), .. } => How::Several,
            Test::List { op: Op::Compare(_), .. } => continue,
            Test::List { op: Op::Other(name), .. } => How::Operator(name),
            Test::Operator { name, value, swapped: false, .. } => {
                match terms.constant(value).and_then(|c| c.text()).map(|text| pattern::fixed(&name, text)) {
                    Some(Fixed::Exact) => How::Equal,
                    Some(Fixed::Prefix) => How::Prefix,
                    Some(Fixed::No) | None => How::Operator(name),
                }
            }
            Test::Operator { name, swapped: true, .. } => How::Operator(name),
        };
        out.push(ask(vec![operand], how));
    }
    out
}

/// The members of a comparison of rows that are the table's.
fn rows(terms: &Terms, rel: Rel, conjunct: Term) -> Option<Vec<Term>> {
    let Node::Compare(op, left, right, _) = terms.node(conjunct) else { return None };
    let (Node::Row(l), Node::Row(r)) = (terms.node(*left), terms.node(*right)) else { return None };
    let own = |list: &[Term]| list.iter().all(|t| terms.uses(*t, rel));
    let free = |list: &[Term]| !list.iter().any(|t| terms.uses(*t, rel));
    let ordered = *op != CompareOp::Eq && commuted(*op) != CompareOp::NotEq;
    match (own(l) && free(r), own(r) && free(l)) {
        (true, _) if ordered => Some(l.to_vec()),
        (_, true) if ordered => Some(r.to_vec()),
        _ => None,
    }
}
