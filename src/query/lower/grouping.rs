//! GROUP BY: keys that every grouping set has, keys that only some have, and whether one is empty.
//!
//! A GROUP BY list is the product of its elements' grouping sets (manual 7.2.4): a key is in all of them if some element
//! has it in each of its own sets, and the empty set is among them if every element has it.

use crate::query::binder::Binder;
use crate::query::model::{Expr, ExprKind, Grouping, Output};
use crate::syntax::ast;

/// The grouping of a block that aggregates without GROUP BY.
pub(super) fn implicit() -> Grouping {
    Grouping { keys: Vec::new(), partial: Vec::new(), empty_set: true, explicit: false }
}

/// One element's grouping sets: the keys that are in all of them, in some, and whether one is empty.
struct Element {
    every: Vec<Expr>,
    some: Vec<Expr>,
    empty: bool,
}

impl<'a> Binder<'a> {
    /// GROUP BY of a block; none where it has none.
    pub(super) fn group_by(
        &mut self,
        group_by: &'a ast::GroupByExpr,
        outputs: &[Output],
    ) -> Option<Grouping> {
        let (list, modifiers) = match group_by {
            ast::GroupByExpr::All(modifiers) => {
                self.unsupported(self.text.extent(), "GROUP BY ALL");
                (&[][..], modifiers)
            }
            ast::GroupByExpr::Expressions(list, modifiers) => {
                if list.is_empty() && modifiers.is_empty() {
                    return None;
                }
                (list.as_slice(), modifiers)
            }
        };
        let mut elements: Vec<Element> = list.iter().map(|e| self.element(e, outputs)).collect();
        for modifier in modifiers {
            match modifier {
                ast::GroupByWithModifier::Rollup | ast::GroupByWithModifier::Cube => {
                    // MySQL's WITH ROLLUP is over the whole list.
                    let some = elements.drain(..).flat_map(|e| e.every.into_iter().chain(e.some)).collect();
                    elements.push(Element { every: Vec::new(), some, empty: true });
                }
                ast::GroupByWithModifier::GroupingSets(e) => {
                    let element = self.element(e, outputs);
                    elements.push(element);
                }
                ast::GroupByWithModifier::Totals => {
                    self.unsupported(self.text.extent(), "GROUP BY ... WITH TOTALS");
                }
            }
        }
        let empty_set = elements.iter().all(|e| e.empty);
        let mut grouping = Grouping { keys: Vec::new(), partial: Vec::new(), empty_set, explicit: true };
        let mut maybe = Vec::new();
        for element in elements {
            grouping.keys.extend(element.every);
            maybe.extend(element.some);
        }
        for key in maybe {
            if !grouping.keys.iter().chain(&grouping.partial).any(|k| same(k, &key)) {
                grouping.partial.push(key);
            }
        }
        Some(grouping)
    }

    fn element(&mut self, expr: &'a ast::Expr, outputs: &[Output]) -> Element {
        match expr {
            ast::Expr::Tuple(list) => {
                // `(a, b)` groups by both; `()` is the empty grouping set.
                let every: Vec<Expr> = list.iter().map(|e| self.output_or_expr(e, outputs, true)).collect();
                self.text.close(')', "(");
                let empty = every.is_empty();
                Element { every, some: Vec::new(), empty }
            }
            ast::Expr::Rollup(sets) | ast::Expr::Cube(sets) => {
                let some = sets.iter().flatten().map(|e| self.output_or_expr(e, outputs, true)).collect();
                self.text.close(')', ")");
                Element { every: Vec::new(), some, empty: true }
            }
            ast::Expr::GroupingSets(sets) => {
                let mut all: Option<Vec<Expr>> = None;
                let mut some = Vec::new();
                let mut empty = sets.is_empty();
                for set in sets {
                    let inner = self.one_set(set, outputs);
                    empty |= inner.empty;
                    some.extend(inner.some);
                    let every = inner.every;
                    all = Some(match all {
                        None => every,
                        Some(before) => {
                            let (kept, dropped): (Vec<Expr>, Vec<Expr>) =
                                before.into_iter().partition(|k| every.iter().any(|e| same(e, k)));
                            some.extend(dropped);
                            some.extend(every.into_iter().filter(|e| !kept.iter().any(|k| same(k, e))));
                            kept
                        }
                    });
                }
                self.text.close(')', ")");
                Element { every: all.unwrap_or_default(), some, empty }
            }
            _ => Element {
                every: vec![self.output_or_expr(expr, outputs, true)],
                some: Vec::new(),
                empty: false,
            },
        }
    }

    /// One member of GROUPING SETS, which may be a ROLLUP, CUBE or GROUPING SETS itself.
    fn one_set(&mut self, set: &'a [ast::Expr], outputs: &[Output]) -> Element {
        let mut whole = Element { every: Vec::new(), some: Vec::new(), empty: true };
        for member in set {
            let part = self.element(member, outputs);
            whole.every.extend(part.every);
            whole.some.extend(part.some);
            whole.empty &= part.empty;
        }
        whole
    }
}

/// Whether two grouping keys are surely the same term. Not sure means no: the key then counts as one that some grouping
/// sets lack.
fn same(a: &Expr, b: &Expr) -> bool {
    match (&a.kind, &b.kind) {
        (ExprKind::Column { occ: a, column: x }, ExprKind::Column { occ: b, column: y }) => a == b && x == y,
        (ExprKind::Param(a), ExprKind::Param(b)) => a == b,
        (ExprKind::Literal(a), ExprKind::Literal(b)) => a == b,
        (ExprKind::Cast(x), ExprKind::Cast(y)) => a.ty == b.ty && same(x, y),
        _ => false,
    }
}
