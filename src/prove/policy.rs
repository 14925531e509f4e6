//! What the condition of a policy asks, arm by arm: whose row it is (by the proof of `tenancy`), who is asking, or
//! nothing; what it is while no tenant is set; what it calls for each row; which index finds its rows.
//!
//! The proof alone decides whether an arm ties the row. What an arm asks otherwise only says how it is to be told: a
//! membership that the configuration does not list, a user's own rows, an administrator.

use crate::prove::tenancy::{RowTie, TenancyModel, row_tie};
use crate::prove::unset::{self, Settings};
use crate::query::model::{
    Body, BoundStatement, Call, CompareOp, Distinct, Expr, ExprKind, From, Literal, OccId, Query, Select,
    SetExpr, Truth,
};
use crate::query::walk::{Visitor, each_child, walk_expr_deep};
use crate::schema::catalog::{ColumnIx, Volatility};
use crate::source::Span;

/// The occurrence of the row that a policy decides on.
pub const ROW: OccId = OccId(0);

/// What was found of one condition.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Whose rows it lets through; absent where nobody owns rows of the table, or the tenancy half is off.
    pub tie: Option<RowTie>,
    /// The arms of its OR, or all of it.
    pub arms: Vec<Arm>,
    /// Settings under which it is true whatever the row is, though not always.
    pub opens: Option<Settings>,
    /// Calls that are made for each row and could be made once.
    pub calls: Vec<RowCall>,
    /// Columns of the row that must equal a value from elsewhere: an index on one would find the rows.
    pub equated: Vec<ColumnIx>,
}

/// One arm.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Bytes of the condition's fragment.
    pub span: Span,
    /// Whose rows it lets through, as for the whole.
    pub tie: Option<RowTie>,
    /// What it asks.
    pub asks: Asks,
}

/// What a condition asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Who is asking, of the row: some part of it names both, or hands a column of the row to a function that decides.
    WhoseRow,
    /// Who is asking, whatever the row is.
    WhoAsks {
        /// Whether whoever is signed in passes.
        anyone: bool,
    },
    /// Columns of the row, whoever is asking.
    Columns {
        /// Whether the row says by a value that it is meant to be seen (`is_public`, `status = 'published'`).
        flag: bool,
    },
    /// Nothing: it is always true.
    Nothing,
    /// Nothing: it is never true.
    Never,
}

/// A call that is made for each row.
#[derive(Clone, Debug)]
pub struct RowCall {
    /// The function.
    pub name: String,
    /// The name's token, bytes of the condition's fragment.
    pub span: Span,
    /// Whether it is PostgreSQL's own `current_setting`, which costs little.
    pub is_setting: bool,
}

/// The arms of a longer OR are not told apart.
const MAX_ARMS: usize = 50;

/// Judges a condition over [`ROW`], which is the body of the statement.
pub fn judge(model: Option<&TenancyModel<'_>>, condition: &BoundStatement) -> Judgement {
    let Body::Expressions(list) = &condition.body else { return Judgement::empty() };
    let [whole] = list.as_slice() else { return Judgement::empty() };
    let tie = model.and_then(|model| row_tie(model, condition, ROW));
    let arms = match &whole.kind {
        ExprKind::Or(arms) if arms.len() <= MAX_ARMS => {
            arms.iter().map(|arm| judge_arm(model, condition, arm)).collect()
        }
        _ => vec![Arm { span: place(whole, condition), tie, asks: asks(condition, whole) }],
    };
    let opens = match unset::truth(whole, Settings::Any) {
        Some(_) => None,
        None => [Settings::Unset, Settings::Empty]
            .into_iter()
            .find(|settings| unset::truth(whole, *settings) == Some(true)),
    };
    Judgement { tie, arms, opens, calls: row_calls(condition, whole), equated: equated(condition, whole) }
}

impl Judgement {
    fn empty() -> Self {
        Judgement { tie: None, arms: Vec::new(), opens: None, calls: Vec::new(), equated: Vec::new() }
    }
}

fn judge_arm(model: Option<&TenancyModel<'_>>, condition: &BoundStatement, arm: &Expr) -> Arm {
    let alone = || BoundStatement { body: Body::Expressions(vec![arm.clone()]), ..condition.clone() };
    let tie = model.and_then(|model| row_tie(model, &alone(), ROW));
    Arm { span: place(arm, condition), tie, asks: asks(condition, arm) }
}

fn place(expr: &Expr, condition: &BoundStatement) -> Span {
    if expr.span.start < expr.span.end { expr.span } else { condition.span }
}

/// A query of the rows that a condition lets through, whose use of indexes is that of every query of the table.
pub fn rows_let_through(condition: &BoundStatement) -> BoundStatement {
    let filter = match &condition.body {
        Body::Expressions(list) => list.first().cloned(),
        _ => None,
    };
    let select = Select {
        distinct: Distinct::No,
        from: vec![From::Item(ROW)],
        filter,
        grouping: None,
        having: None,
        output: Vec::new(),
        windowed: false,
        set_returning: false,
        span: condition.span,
    };
    let query = Query {
        with: Vec::new(),
        body: SetExpr::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        with_ties: false,
        offset: None,
        locks: false,
        columns: Vec::new(),
        span: condition.span,
    };
    BoundStatement { body: Body::Query(Box::new(query)), ..condition.clone() }
}

fn asks(condition: &BoundStatement, arm: &Expr) -> Asks {
    match unset::truth(arm, Settings::Any) {
        Some(true) => return Asks::Nothing,
        Some(false) => return Asks::Never,
        None => {}
    }
    let conjuncts = match &arm.kind {
        ExprKind::And(list) => list.as_slice(),
        _ => std::slice::from_ref(arm),
    };
    let (mut row, mut session, mut anyone, mut flag) = (false, false, true, false);
    for conjunct in conjuncts {
        let named = Named::of(condition, conjunct);
        if named.handed || (named.row && named.session) {
            return Asks::WhoseRow;
        }
        row |= named.row;
        flag |= named.row && is_flag(conjunct);
        session |= named.session;
        anyone &= !named.session || is_anyone(conjunct);
    }
    match (row, session) {
        // A row that is marked, or whoever is asked beside: `is_public AND auth.uid() IS NOT NULL`.
        (true, _) if !session || anyone => Asks::Columns { flag },
        (_, true) => Asks::WhoAsks { anyone },
        _ => Asks::Columns { flag: false },
    }
}

/// What an expression names, subqueries included.
#[derive(Default)]
struct Named {
    /// A column of the row.
    row: bool,
    /// The session.
    session: bool,
    /// A column of the row as an argument of a function that is not PostgreSQL's own.
    handed: bool,
}

impl Named {
    fn of(condition: &BoundStatement, expr: &Expr) -> Named {
        let mut named = Named::default();
        walk_within(condition, expr, &mut |e| match &e.kind {
            _ if is_of_row(e) => named.row = true,
            ExprKind::Call(call) if is_of_session(call) => {
                named.session = true;
                if !call.known {
                    let arguments = call.args.iter();
                    arguments.for_each(|a| walk_within(condition, a, &mut |a| named.handed |= is_of_row(a)));
                }
            }
            _ => {}
        });
        named
    }
}

/// Every expression inside one, subqueries' included.
fn walk_within<'a>(condition: &'a BoundStatement, expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    struct Each<'f, 'a>(&'f mut dyn FnMut(&'a Expr));
    impl<'a> Visitor<'a> for Each<'_, 'a> {
        fn expr(&mut self, expr: &'a Expr) {
            (self.0)(expr);
        }
    }
    walk_expr_deep(condition, expr, &mut Each(f));
}

fn is_of_row(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column { occ: ROW, .. } | ExprKind::WholeRow(ROW))
}

/// Functions of PostgreSQL that tell of the session.
const OF_SESSION: &[&str] = &[
    "current_setting",
    "current_user",
    "session_user",
    "user",
    "current_role",
    "pg_has_role",
    "has_table_privilege",
    "inet_client_addr",
];

/// Whether a call asks something of the session: of PostgreSQL's own functions those that do, else any that may.
pub fn is_of_session(call: &Call) -> bool {
    OF_SESSION.contains(&call.name.as_str())
        || call.name.starts_with("auth.")
        || (!call.known && call.volatility != Volatility::Immutable)
}

/// Whether a condition on the row is a mark that it is meant to be seen: a flag that is set, a state that it is in.
fn is_flag(conjunct: &Expr) -> bool {
    let constant = |e: &Expr| {
        let mut e = e;
        while let ExprKind::Cast(inner) = &e.kind {
            e = inner;
        }
        matches!(&e.kind, ExprKind::Literal(l) if *l != Literal::Null && *l != Literal::Bool(false))
    };
    match &conjunct.kind {
        ExprKind::Column { occ: ROW, .. } => true,
        ExprKind::Compare { op: CompareOp::Eq | CompareOp::NotEq, left, right } => {
            (is_of_row(left) && constant(right)) || (is_of_row(right) && constant(left))
        }
        ExprKind::InList { negated: false, expr, list } => is_of_row(expr) && list.iter().all(constant),
        ExprKind::Quantified { op, all: false, expr, array } => {
            op == "="
                && is_of_row(expr)
                && matches!(&array.kind, ExprKind::Array(list) if list.iter().all(constant))
        }
        ExprKind::IsNull { negated: true, expr } => is_of_row(expr),
        ExprKind::IsTruth { value: Truth::True, negated: false, expr } => is_of_row(expr),
        ExprKind::Or(list) => list.iter().all(is_flag),
        _ => false,
    }
}

/// Whether whoever is signed in passes: `auth.uid() IS NOT NULL`, `auth.role() = 'authenticated'`.
fn is_anyone(conjunct: &Expr) -> bool {
    match &conjunct.kind {
        ExprKind::IsNull { negated: true, .. } => true,
        ExprKind::Compare { op: CompareOp::Eq, left, right } => {
            [left, right].into_iter().any(|e| is_text(e, &["authenticated", "anon"]))
        }
        ExprKind::Compare { op: CompareOp::NotEq, left, right } => {
            [left, right].into_iter().any(|e| is_text(e, &[""]))
        }
        ExprKind::InList { negated: false, expr: _, list } => {
            list.iter().any(|e| is_text(e, &["authenticated", "anon"]))
        }
        _ => false,
    }
}

fn is_text(expr: &Expr, texts: &[&str]) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::String(s)) => texts.contains(&s.as_str()),
        ExprKind::Cast(inner) => is_text(inner, texts),
        _ => false,
    }
}

/// Calls outside of any sub-select, which asks once for all rows, that depend on no column.
fn row_calls(condition: &BoundStatement, whole: &Expr) -> Vec<RowCall> {
    fn gather(condition: &BoundStatement, expr: &Expr, calls: &mut Vec<RowCall>) {
        if let ExprKind::Call(call) = &expr.kind
            && is_of_session(call)
            && !COSTLESS.contains(&call.name.as_str())
        {
            let mut depends = false;
            let arguments = call.args.iter();
            arguments.for_each(|a| {
                walk_within(condition, a, &mut |a| {
                    depends |= matches!(a.kind, ExprKind::Column { .. } | ExprKind::WholeRow(_));
                });
            });
            if !depends {
                let is_setting = call.name == "current_setting";
                calls.push(RowCall { name: call.name.clone(), span: call.span, is_setting });
                return;
            }
        }
        each_child(expr, &mut |e| gather(condition, e, calls));
    }
    let mut calls = Vec::new();
    gather(condition, whole, &mut calls);
    calls
}

/// Columns that conjuncts compare by `=` with what does not depend on the row.
fn equated(condition: &BoundStatement, whole: &Expr) -> Vec<ColumnIx> {
    let conjuncts = match &whole.kind {
        ExprKind::And(list) => list.as_slice(),
        _ => std::slice::from_ref(whole),
    };
    let mut columns = Vec::new();
    for conjunct in conjuncts {
        let ExprKind::Compare { op: CompareOp::Eq, left, right } = &conjunct.kind else { continue };
        for (column, value) in [(left, right), (right, left)] {
            let ExprKind::Column { occ: ROW, column } = &column.kind else { continue };
            let mut depends = false;
            walk_within(condition, value, &mut |e| depends |= is_of_row(e));
            if !depends {
                columns.push(*column);
            }
        }
    }
    columns
}

/// Values that the server has at hand.
const COSTLESS: &[&str] = &["current_user", "session_user", "user", "current_role"];
