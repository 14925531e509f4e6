//! A bound statement as compact text, for fixtures.

use std::fmt::Write as _;

use crate::query::model::*;
use crate::schema::Catalog;
use crate::schema::types::Type;

/// The statement: its body, then each WITH query, parameter and gap on a line of its own.
pub(crate) fn dump(catalog: &Catalog, statement: &BoundStatement) -> String {
    let d = Dump { catalog, s: statement };
    let mut out = d.body(&statement.body);
    for (i, cte) in statement.ctes.iter().enumerate() {
        let columns: Vec<&str> = cte.columns.iter().map(|c| c.name.as_str()).collect();
        let marks = format!(
            "{}{}",
            if cte.recursive { " recursive" } else { "" },
            match cte.materialized {
                Some(true) => " materialized",
                Some(false) => " not materialized",
                None => "",
            }
        );
        let body = match &cte.body {
            CteBody::Query(q) => d.query(q),
            CteBody::Modify(b) => d.body(b),
        };
        let _ =
            write!(out, "\ncte{i} {}({}) x{}{marks}: {body}", cte.name, columns.join(", "), cte.references);
    }
    for gap in &statement.gaps {
        let _ = write!(out, "\ngap {:?}: {}", gap.kind, gap.what);
    }
    out
}

struct Dump<'a> {
    catalog: &'a Catalog,
    s: &'a BoundStatement,
}

fn list<T>(items: &[T], f: impl FnMut(&T) -> String) -> String {
    items.iter().map(f).collect::<Vec<_>>().join(", ")
}

fn ty(ty: &Type) -> String {
    if ty.is_unknown() { String::new() } else { format!("::{ty}") }
}

impl Dump<'_> {
    fn body(&self, body: &Body) -> String {
        match body {
            Body::Query(q) => self.query(q),
            Body::Insert(i) => {
                let columns = list(&i.columns, |c| self.column(i.target, *c));
                let mut out = format!("{}INSERT {} ({columns})", self.with(&i.with), self.occ(i.target));
                match &i.source {
                    Some(q) => out += &format!(" {}", self.query(q)),
                    None => out += " DEFAULT VALUES",
                }
                if let Some(c) = &i.on_conflict {
                    out += " ON CONFLICT";
                    match &c.target {
                        ConflictTarget::Any => {}
                        ConflictTarget::Keys { keys, predicate } => {
                            out += &format!(" ({})", list(keys, |e| self.expr(e)));
                            if let Some(p) = predicate {
                                out += &format!(" WHERE {}", self.expr(p));
                            }
                        }
                        ConflictTarget::Constraint(name) => out += &format!(" ON CONSTRAINT {name}"),
                    }
                    match &c.update {
                        None => out += " NOTHING",
                        Some(u) => {
                            out += &format!(" SET {}", self.set(i.target, &u.set));
                            if let Some(f) = &u.filter {
                                out += &format!(" WHERE {}", self.expr(f));
                            }
                        }
                    }
                }
                out + &self.returning(&i.returning)
            }
            Body::Update(u) => {
                let mut out = format!(
                    "{}UPDATE {} SET {}",
                    self.with(&u.with),
                    self.occ(u.target),
                    self.set(u.target, &u.set)
                );
                if !u.from.is_empty() {
                    out += &format!(" FROM {}", list(&u.from, |f| self.from(f)));
                }
                if let Some(f) = &u.filter {
                    out += &format!(" WHERE {}", self.expr(f));
                }
                out + &self.returning(&u.returning)
            }
            Body::Delete(x) => {
                let mut out = format!("{}DELETE {}", self.with(&x.with), self.occ(x.target));
                if !x.using.is_empty() {
                    out += &format!(" USING {}", list(&x.using, |f| self.from(f)));
                }
                if let Some(f) = &x.filter {
                    out += &format!(" WHERE {}", self.expr(f));
                }
                out + &self.returning(&x.returning)
            }
            Body::Merge(m) => {
                let mut out = format!(
                    "{}MERGE {} USING {} ON {}",
                    self.with(&m.with),
                    self.occ(m.target),
                    self.from(&m.source),
                    self.expr(&m.on)
                );
                for arm in &m.arms {
                    out += &format!(" WHEN {:?}", arm.when);
                    if let Some(f) = &arm.filter {
                        out += &format!(" AND {}", self.expr(f));
                    }
                    out += &match &arm.action {
                        MergeAction::Insert { columns, values } => format!(
                            " INSERT ({}) VALUES ({})",
                            list(columns, |c| self.column(m.target, *c)),
                            list(values, |e| self.expr(e))
                        ),
                        MergeAction::Update(set) => format!(" UPDATE {}", self.set(m.target, set)),
                        MergeAction::Delete => " DELETE".to_owned(),
                        MergeAction::Nothing => " NOTHING".to_owned(),
                    };
                }
                out + &self.returning(&m.returning)
            }
            Body::Truncate(targets) => format!("TRUNCATE {}", list(targets, |t| self.occ(*t))),
            Body::Copy { target, to } => {
                format!("COPY {} {}", self.occ(*target), if *to { "TO" } else { "FROM" })
            }
            Body::Export { query, what } => format!("[{what}] {}", self.query(query)),
            Body::Expressions(e) => format!("EXPRESSIONS {}", list(e, |e| self.expr(e))),
            Body::Set { name, at: _, local } => format!("SET {}{name}", if *local { "LOCAL " } else { "" }),
            Body::Utility => "UTILITY".to_owned(),
        }
    }

    fn with(&self, with: &[CteId]) -> String {
        if with.is_empty() {
            String::new()
        } else {
            format!("WITH {} ", list(with, |c| format!("cte{}", c.0)))
        }
    }

    fn returning(&self, outputs: &[Output]) -> String {
        if outputs.is_empty() {
            String::new()
        } else {
            format!(" RETURNING {}", list(outputs, |o| self.output(o)))
        }
    }

    fn set(&self, target: OccId, set: &[Assignment]) -> String {
        list(set, |a| {
            let columns = list(&a.columns, |c| self.column(target, *c));
            let part = if a.partial { "[part]" } else { "" };
            format!("{columns}{part} = {}", self.expr(&a.value))
        })
    }

    fn output(&self, o: &Output) -> String {
        format!("{} {}", self.expr(&o.expr), o.name)
    }

    fn query(&self, q: &Query) -> String {
        let mut out = self.with(&q.with);
        out += &match &q.body {
            SetExpr::Select(s) => self.select(s),
            SetExpr::SetOp { op, all, left, right } => {
                let all = if *all { " ALL" } else { "" };
                format!("({}) {op:?}{all} ({})", self.query(left), self.query(right))
            }
            SetExpr::Values(rows) => {
                format!("VALUES {}", list(rows, |r| format!("({})", list(r, |e| self.expr(e)))))
            }
            SetExpr::Nested(q) => format!("({})", self.query(q)),
        };
        if !q.order_by.is_empty() {
            out += &format!(" ORDER BY {}", self.order_by(&q.order_by));
        }
        if let Some(e) = &q.limit {
            out += &format!(" LIMIT {}", self.expr(e));
        }
        if q.with_ties {
            out += " WITH TIES";
        }
        if let Some(e) = &q.offset {
            out += &format!(" OFFSET {}", self.expr(e));
        }
        if q.locks {
            out += " LOCKS";
        }
        out
    }

    fn order_by(&self, order_by: &[OrderBy]) -> String {
        list(order_by, |o| {
            let desc = if o.descending { " DESC" } else { "" };
            let nulls = if o.nulls_first == o.descending {
                ""
            } else if o.nulls_first {
                " NULLS FIRST"
            } else {
                " NULLS LAST"
            };
            format!("{}{desc}{nulls}", self.expr(&o.expr))
        })
    }

    fn select(&self, s: &Select) -> String {
        let mut out = "SELECT".to_owned();
        match &s.distinct {
            Distinct::No => {}
            Distinct::Yes => out += " DISTINCT",
            Distinct::On(keys) => out += &format!(" DISTINCT ON ({})", list(keys, |e| self.expr(e))),
        }
        out += &format!(" {}", list(&s.output, |o| self.output(o)));
        if !s.from.is_empty() {
            out += &format!(" FROM {}", list(&s.from, |f| self.from(f)));
        }
        if let Some(f) = &s.filter {
            out += &format!(" WHERE {}", self.expr(f));
        }
        if let Some(g) = &s.grouping {
            if g.explicit {
                out += &format!(" GROUP BY {}", list(&g.keys, |e| self.expr(e)));
                if !g.partial.is_empty() {
                    out += &format!(" PARTIAL {}", list(&g.partial, |e| self.expr(e)));
                }
                if g.empty_set {
                    out += " EMPTY";
                }
            } else {
                assert!(g.empty_set && g.keys.is_empty() && g.partial.is_empty());
                out += " AGGREGATED";
            }
        }
        if let Some(h) = &s.having {
            out += &format!(" HAVING {}", self.expr(h));
        }
        if s.windowed {
            out += " WINDOWED";
        }
        if s.set_returning {
            out += " SETS";
        }
        out
    }

    fn from(&self, from: &From) -> String {
        match from {
            From::Item(occ) => self.occ(*occ),
            From::Join(j) => {
                let on = j.on.as_ref().map(|e| format!(" ON {}", self.expr(e))).unwrap_or_default();
                let merged = if j.merged { " MERGED" } else { "" };
                format!("({} {:?} {}{on}{merged})", self.from(&j.left), j.kind, self.from(&j.right))
            }
        }
    }

    fn occ(&self, id: OccId) -> String {
        let o = self.s.occurrence(id);
        let mut out = match &o.source {
            Source::Table(rel) => self.catalog.relation(*rel).name.to_string(),
            Source::View { view, query } => {
                let name = &self.catalog.relation(*view).name;
                match query {
                    Some(q) => format!("{name}[{}]", self.query(q)),
                    None => format!("{name}[?]"),
                }
            }
            Source::Cte(id) => format!("cte{}", id.0),
            Source::Derived(q) => format!("({})", self.query(q)),
            Source::Function { calls, ordinality } => {
                let mut out = list(calls, |c| self.call(c));
                if *ordinality {
                    out += " WITH ORDINALITY";
                }
                out
            }
            Source::Call(_) => "call".to_owned(),
            Source::System(name) => format!("system {name}"),
            Source::Tuple(_) => "tuple".to_owned(),
            Source::Unknown(name) => format!("unknown {name}"),
        };
        out += &format!(" {}#{}", o.alias, id.0);
        for (flag, word) in [(o.only, " ONLY"), (o.lateral, " LATERAL"), (o.sampled, " SAMPLED")] {
            if flag {
                out += word;
            }
        }
        if let Some(view) = o.via_view {
            out += &format!(" via#{}", view.0);
        }
        if matches!(
            o.source,
            Source::Derived(_) | Source::Cte(_) | Source::Function { .. } | Source::View { .. }
        ) {
            out += &format!("({})", list(&o.columns, |c| format!("{}{}", c.name, ty(&c.ty))));
        }
        out
    }

    fn column(&self, occ: OccId, column: u32) -> String {
        self.s.occurrence(occ).columns.get(column as usize).map_or("?".to_owned(), |c| c.name.clone())
    }

    fn param(&self, id: ParamId) -> String {
        match &self.s.param(id).name {
            ParamName::Numbered(n) => format!("${n}"),
            ParamName::Named(n) => format!(":{n}"),
            ParamName::Anonymous(n) => format!("?{n}"),
        }
    }

    fn call(&self, c: &Call) -> String {
        let mut out = format!("{}(", c.name);
        if c.distinct {
            out += "DISTINCT ";
        }
        out += if c.star { "*" } else { "" };
        out += &list(&c.args, |e| self.expr(e));
        if !c.order_by.is_empty() {
            out += &format!(" ORDER BY {}", self.order_by(&c.order_by));
        }
        out += ")";
        if let Some(f) = &c.filter {
            out += &format!(" FILTER {}", self.expr(f));
        }
        if let Some(w) = &c.over {
            out += &format!(
                " OVER (PARTITION BY {} ORDER BY {})",
                list(&w.partition_by, |e| self.expr(e)),
                self.order_by(&w.order_by)
            );
        }
        match c.kind {
            CallKind::Scalar => {}
            kind => out += &format!("!{kind:?}"),
        }
        if !c.known {
            out += if c.function.is_some() { "!catalog" } else { "!unknown" };
        }
        out
    }

    fn expr(&self, e: &Expr) -> String {
        let not = |n: bool| if n { "NOT " } else { "" };
        match &e.kind {
            ExprKind::Column { occ, column } => {
                format!("{}#{}.{}", self.s.occurrence(*occ).alias, occ.0, self.column(*occ, *column))
            }
            ExprKind::SystemColumn { occ, name } => format!("#{}.system {name}", occ.0),
            ExprKind::WholeRow(occ) => format!("#{}.*", occ.0),
            ExprKind::OutputColumn(n) => format!("output{n}"),
            ExprKind::Param(id) => self.param(*id),
            ExprKind::Literal(Literal::Null) => "NULL".to_owned(),
            ExprKind::Literal(Literal::Bool(b)) => b.to_string(),
            ExprKind::Literal(Literal::Number(n)) => n.clone(),
            ExprKind::Literal(Literal::String(s)) => format!("'{s}'"),
            ExprKind::Literal(Literal::Other(s)) => format!("other '{s}'"),
            ExprKind::Default => "DEFAULT".to_owned(),
            ExprKind::Hole(h) => format!("hole<{h}>"),
            ExprKind::And(l) => {
                format!("({})", l.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(" AND "))
            }
            ExprKind::Or(l) => {
                format!("({})", l.iter().map(|e| self.expr(e)).collect::<Vec<_>>().join(" OR "))
            }
            ExprKind::Not(e) => format!("NOT {}", self.expr(e)),
            ExprKind::Compare { op, left, right } => {
                let op = match op {
                    CompareOp::Eq => "=",
                    CompareOp::NotEq => "<>",
                    CompareOp::Lt => "<",
                    CompareOp::LtEq => "<=",
                    CompareOp::Gt => ">",
                    CompareOp::GtEq => ">=",
                };
                format!("{} {op} {}", self.expr(left), self.expr(right))
            }
            ExprKind::Distinct { negated, left, right } => {
                format!("{} IS {}DISTINCT FROM {}", self.expr(left), not(*negated), self.expr(right))
            }
            ExprKind::IsNull { negated, expr } => format!("{} IS {}NULL", self.expr(expr), not(*negated)),
            ExprKind::IsTruth { value, negated, expr } => {
                format!("{} IS {}{value:?}", self.expr(expr), not(*negated))
            }
            ExprKind::Between { negated, symmetric, expr, low, high } => format!(
                "{} {}BETWEEN {}{} AND {}",
                self.expr(expr),
                not(*negated),
                if *symmetric { "SYMMETRIC " } else { "" },
                self.expr(low),
                self.expr(high)
            ),
            ExprKind::InList { negated, expr, list: l } => {
                format!("{} {}IN ({})", self.expr(expr), not(*negated), list(l, |e| self.expr(e)))
            }
            ExprKind::InQuery { negated, expr, query } => {
                format!("{} {}IN ({})", self.expr(expr), not(*negated), self.query(query))
            }
            ExprKind::Quantified { op, all, expr, array } => {
                format!("{} {op} {}[{}]", self.expr(expr), if *all { "ALL" } else { "ANY" }, self.expr(array))
            }
            ExprKind::QuantifiedQuery { op, all, expr, query } => {
                format!(
                    "{} {op} {}({})",
                    self.expr(expr),
                    if *all { "ALL" } else { "ANY" },
                    self.query(query)
                )
            }
            ExprKind::Exists(q) => format!("EXISTS ({})", self.query(q)),
            ExprKind::Subquery(q) => format!("({})", self.query(q)),
            ExprKind::ArrayQuery(q) => format!("ARRAY({})", self.query(q)),
            ExprKind::Like { kind, negated, expr, pattern, escape } => format!(
                "{} {}{kind:?} {}{}",
                self.expr(expr),
                not(*negated),
                self.expr(pattern),
                escape.as_ref().map(|e| format!(" ESCAPE '{e}'")).unwrap_or_default()
            ),
            ExprKind::Operator { name, args } => match args.as_slice() {
                [a, b] => format!("({} {name} {})", self.expr(a), self.expr(b)),
                other => format!("{name}({})", list(other, |e| self.expr(e))),
            },
            ExprKind::Call(c) => self.call(c),
            ExprKind::Cast(x) => format!("{}::{}", self.expr(x), e.ty),
            ExprKind::Collate { expr, collation } => format!("{} COLLATE {collation}", self.expr(expr)),
            ExprKind::Case { operand, arms, otherwise } => {
                let mut out = "CASE".to_owned();
                if let Some(o) = operand {
                    out += &format!(" {}", self.expr(o));
                }
                for (when, then) in arms {
                    out += &format!(" WHEN {} THEN {}", self.expr(when), self.expr(then));
                }
                if let Some(o) = otherwise {
                    out += &format!(" ELSE {}", self.expr(o));
                }
                out + " END"
            }
            ExprKind::Row(l) => format!("ROW({})", list(l, |e| self.expr(e))),
            ExprKind::Array(l) => format!("ARRAY[{}]", list(l, |e| self.expr(e))),
            ExprKind::Field { expr, name } => format!("({}).{name}", self.expr(expr)),
            ExprKind::Subscript { expr, index } => {
                format!("{}[{}]", self.expr(expr), list(index, |e| self.expr(e)))
            }
            ExprKind::Unresolved(name) => format!("unresolved<{name}>"),
            ExprKind::Unsupported { what, parts } => {
                format!("unsupported<{what}: {}>", list(parts, |e| self.expr(e)))
            }
        }
    }
}
