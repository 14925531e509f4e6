//! Queries: joins, subqueries, derived tables, aggregates, windows, sets of rows, recursion.

use super::{Col, Occ, Writer, ident_plain};
use crate::support::tables::{ForeignKey, Owner};

/// What FROM and WHERE of a block hold so far.
#[derive(Default)]
pub(super) struct Block {
    pub(super) from: String,
    pub(super) predicates: Vec<String>,
    pub(super) occs: Vec<Occ>,
    /// Definitions of WITH.
    pub(super) with: Vec<String>,
}

impl Block {
    pub(super) fn filter(&self) -> String {
        if self.predicates.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.predicates.join(" AND "))
        }
    }

    fn prefix(&self) -> String {
        if self.with.is_empty() { String::new() } else { format!("WITH {} ", self.with.join(", ")) }
    }
}

impl Writer<'_> {
    pub(super) fn select_statement(&mut self) -> Option<String> {
        match self.rng.u8(..20) {
            0 | 1 => self.set_operation(),
            2 => self.recursive(),
            _ => self.query(),
        }
    }

    /// A query over joined relations, in one of many shapes.
    fn query(&mut self) -> Option<String> {
        let block = self.block(3)?;
        let (from, filter, with) = (&block.from, block.filter(), block.prefix());
        let shape = self.rng.u8(..20);
        Some(match shape {
            0..5 => {
                self.tag("aggregate");
                let aggregate = self.aggregate(&block)?;
                let having = if self.percent(15) { " HAVING count(*) > 0" } else { "" };
                if self.percent(60) {
                    let keys = self.outputs(&block, 2);
                    let keys: Vec<String> = keys.into_iter().map(|(expr, _)| expr).collect();
                    let list = keys.join(", ");
                    let by = match self.rng.u8(..10) {
                        0 => format!("ROLLUP ({list})"),
                        1 => format!("GROUPING SETS (({list}), ())"),
                        _ => list.clone(),
                    };
                    format!("{with}SELECT {list}, {aggregate} FROM {from}{filter} GROUP BY {by}{having}")
                } else {
                    format!("{with}SELECT {aggregate} FROM {from}{filter}{having}")
                }
            }
            5 => {
                self.tag("distinct on");
                let occ = self.rng.choice(&block.occs)?.clone();
                let key = self.order(&occ)?;
                let on = occ.expr(&self.rng.choice(&occ.columns)?.clone());
                let (output, _) = self.outputs(&block, 1).pop()?;
                format!(
                    "{with}SELECT DISTINCT ON ({on}) {on}, {output} FROM {from}{filter} ORDER BY {on}, {key}, {output}"
                )
            }
            6 => {
                self.tag("limit");
                let occ = block.occs.first()?.clone();
                let key = self.order(&occ)?;
                let (output, _) = self.outputs(&block, 1).pop()?;
                let limit = self.rng.u8(1..4);
                format!("{with}SELECT {output} FROM {from}{filter} ORDER BY {key}, {output} LIMIT {limit}")
            }
            7 => {
                self.tag("window");
                let occ = self.rng.choice(&block.occs)?.clone();
                let key = self.order(&occ)?;
                let part = occ.expr(&self.rng.choice(&occ.columns)?.clone());
                let part = if self.rng.bool() { format!("PARTITION BY {part} ") } else { String::new() };
                let (output, _) = self.outputs(&block, 1).pop()?;
                format!("{with}SELECT {output}, rank() OVER ({part}ORDER BY {key}) FROM {from}{filter}")
            }
            _ => {
                let mut outputs: Vec<String> =
                    self.outputs(&block, 4).into_iter().map(|(expr, _)| expr).collect();
                if self.percent(25)
                    && let Some(scalar) = self.scalar(&block.occs)
                {
                    outputs.push(scalar);
                }
                let distinct = if self.percent(8) { "DISTINCT " } else { "" };
                let lock = if self.percent(5)
                    && block.occs.len() == 1
                    && block.occs[0].table.is_some()
                    && distinct.is_empty()
                {
                    " FOR UPDATE"
                } else {
                    ""
                };
                format!("{with}SELECT {distinct}{} FROM {from}{filter}{lock}", outputs.join(", "))
            }
        })
    }

    /// Relations joined along foreign keys, each guarded where its link does not guard it.
    pub(super) fn block(&mut self, joins: u8) -> Option<Block> {
        let mut block = Block::default();
        let first = self.source(&mut block)?;
        self.place(&first, &mut block);
        block.from = first.0;
        let count = self.rng.u8(..=joins);
        for _ in 0..count {
            self.join(&mut block);
        }
        for at in 0..block.occs.len() {
            let occ = block.occs[at].clone();
            if self.percent(25)
                && let Some(condition) = self.condition(&occ)
            {
                block.predicates.push(condition);
            }
        }
        if self.percent(20)
            && let Some(exists) = self.exists(&block.occs.clone())
        {
            block.predicates.push(exists);
        }
        Some(block)
    }

    fn place(&mut self, first: &(String, Occ, bool), block: &mut Block) {
        if !first.2
            && let Some(guard) = self.guard(&first.1, &[], false)
        {
            // A guard that moved is lost here: there is no other place.
            if !guard.moved {
                block.predicates.extend(guard.text);
            }
        }
        block.occs.push(first.1.clone());
    }

    /// A first relation: its text, the relation, and whether it is guarded inside.
    fn source(&mut self, block: &mut Block) -> Option<(String, Occ, bool)> {
        let kind = self.rng.u8(..20);
        if kind < 2 && !self.schema.views.is_empty() {
            let (name, columns) = self.rng.choice(&self.schema.views)?.clone();
            self.tag("view");
            let alias = self.alias(&name);
            let tenant = self.schema.tables.iter().enumerate().find_map(|(at, t)| match t.owner {
                Owner::Column { column, .. } if self.schema.roots.iter().flatten().all(|(r, _)| *r != at) => {
                    Some((at, column))
                }
                _ => None,
            });
            let columns = columns.iter().map(|(column, ty)| {
                let base = tenant.filter(|(t, c)| self.table(*t).columns[*c].name == *column);
                Col { name: column.clone(), ty: ty.clone(), base }
            });
            let occ = Occ { alias: alias.clone(), table: None, columns: columns.collect() };
            let guarded = self.tenant_of(&occ).is_none();
            return Some((format!("{} {alias}", ident_plain(&name)), occ, guarded));
        }
        if (2..7).contains(&kind) && self.depth < 2 {
            self.depth += 1;
            let made = self.derived();
            self.depth -= 1;
            let (query, columns, guarded, table) = made?;
            let alias = self.alias("x");
            let occ = Occ { alias: alias.clone(), table, columns };
            if self.percent(45) {
                self.tag("cte");
                let name = format!("c_{alias}");
                let how = ["", "", "MATERIALIZED ", "NOT MATERIALIZED "][self.rng.usize(..4)];
                block.with.push(format!("{name} AS {how}({query})"));
                return Some((format!("{name} {alias}"), occ, guarded));
            }
            self.tag("derived");
            return Some((format!("({query}) {alias}"), occ, guarded));
        }
        let table = self.any_table();
        let occ = self.occ(table);
        Some((self.named(table, &occ), occ, false))
    }

    pub(super) fn named(&self, table: usize, occ: &Occ) -> String {
        format!("{} {}", ident_plain(&self.table(table).name), occ.alias)
    }

    /// A query in FROM over one table: text, columns, whether it is guarded inside, the table if its rows pass one by one.
    fn derived(&mut self) -> Option<(String, Vec<Col>, bool, Option<usize>)> {
        let table = self.scoped_table(|t| t.tenant_column().is_some())?;
        let occ = self.occ(table);
        let (tenant, _) = self.tenant_of(&occ)?;
        let tenant_column = self.table(table).tenant_column()?;
        let mut shown: Vec<usize> = self.table(table).primary.clone();
        for column in 0..self.table(table).columns.len() {
            if self.percent(40) {
                shown.push(column);
            }
        }
        shown.retain(|c| *c != tenant_column);
        shown.sort_unstable();
        shown.dedup();
        let mut columns = vec![self.copied(table, tenant_column)];
        let mut outputs = vec![tenant.clone()];
        let mut tail = String::new();
        let mut inside = self.percent(40);
        let mut rows = Some(table);
        let key = self.order(&occ)?;
        match self.rng.u8(..10) {
            0 | 1 => {
                self.tag("grouped");
                let by: Vec<usize> = shown.iter().copied().take(usize::from(self.rng.bool())).collect();
                outputs.extend(occ.all(table, &by)?);
                columns.extend(by.iter().map(|c| self.copied(table, *c)));
                tail = format!(" GROUP BY {}", outputs.join(", "));
                outputs.push("count(*) AS n".to_owned());
                columns.push(Col { name: "n".to_owned(), ty: "bigint".to_owned(), base: None });
                rows = None;
            }
            2 => {
                // The tenant is picked from a group of several: only a guard inside helps.
                self.tag("grouped without tenant");
                let by = occ.of(table, *shown.first()?)?;
                let ty = columns[0].ty.clone();
                outputs = vec![
                    format!("min({tenant}::text)::{ty} AS {}", ident_plain(&columns[0].name)),
                    by.clone(),
                    "count(*) AS n".to_owned(),
                ];
                columns.push(self.copied(table, *shown.first()?));
                columns.push(Col { name: "n".to_owned(), ty: "bigint".to_owned(), base: None });
                tail = format!(" GROUP BY {by}");
                inside = true;
                rows = None;
            }
            3 | 4 => {
                self.tag("window inside");
                outputs.extend(occ.all(table, &shown)?);
                columns.extend(shown.iter().map(|c| self.copied(table, *c)));
                let part = self.percent(60);
                let partition = if part { format!("PARTITION BY {tenant} ") } else { String::new() };
                let function = ["row_number()", "rank()", "count(*)", "lag(1)"][self.rng.usize(..4)];
                outputs.push(format!("{function} OVER ({partition}ORDER BY {key}) AS n"));
                columns.push(Col { name: "n".to_owned(), ty: "bigint".to_owned(), base: None });
                inside |= !part;
            }
            5 => {
                self.tag("limit inside");
                outputs.extend(occ.all(table, &shown)?);
                columns.extend(shown.iter().map(|c| self.copied(table, *c)));
                tail = format!(" ORDER BY {key}, {tenant} LIMIT {}", self.rng.u8(1..5));
                inside = true;
            }
            6 => {
                self.tag("distinct inside");
                let on = self.percent(50);
                outputs.extend(occ.all(table, &shown)?);
                columns.extend(shown.iter().map(|c| self.copied(table, *c)));
                if on {
                    outputs[0] = format!("DISTINCT ON ({tenant}) {}", outputs[0]);
                    tail = format!(" ORDER BY {tenant}, {key}");
                } else {
                    outputs[0] = format!("DISTINCT {}", outputs[0]);
                    // An aggregate type without equality cannot be there: all types of the schemas have one.
                }
            }
            _ => {
                outputs.extend(occ.all(table, &shown)?);
                columns.extend(shown.iter().map(|c| self.copied(table, *c)));
            }
        }
        let mut predicates = Vec::new();
        let mut guarded = false;
        if inside {
            let guard = self.guard(&occ, &[], false)?;
            guarded = !guard.moved;
            if !guard.moved {
                predicates.extend(guard.text);
            }
        }
        if self.percent(35)
            && let Some(condition) = self.condition(&occ)
        {
            predicates.push(condition);
        }
        let filter = if predicates.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", predicates.join(" AND "))
        };
        let query = format!("SELECT {} FROM {}{filter}{tail}", outputs.join(", "), self.named(table, &occ));
        Some((query, columns, guarded, rows))
    }

    fn copied(&self, table: usize, column: usize) -> Col {
        let described = &self.table(table).columns[column];
        Col { name: described.name.clone(), ty: described.ty.clone(), base: Some((table, column)) }
    }

    /// Joins a further relation along a foreign key of one that is there.
    fn join(&mut self, block: &mut Block) -> Option<()> {
        let near = self.rng.choice(&block.occs)?.clone();
        let table = near.table?;
        let (other, key, up) = self.rng.choice(self.neighbours(table))?;
        let occ = self.occ(other);
        let (child, parent) = if up { (&near, &occ) } else { (&occ, &near) };
        let (below, above) = if up { (table, other) } else { (other, table) };
        let compared = self.compared(below, &key);
        let mut on = Vec::new();
        for (c, k) in &compared {
            on.push(format!("{} = {}", child.of(below, *c)?, parent.of(above, *k)?));
        }
        let tied = self.same_owner(below, &key, &compared);
        let kind = match self.rng.u8(..100) {
            0..45 => "JOIN",
            45..72 => "LEFT JOIN",
            72..77 => "RIGHT JOIN",
            77..80 => "FULL JOIN",
            80..87 => ",",
            87..93 => "LATERAL",
            _ => "USING",
        };
        let mut here = Vec::new();
        let mut there = Vec::new();
        if !tied || self.percent(20) {
            let others: Vec<Occ> = block.occs.clone();
            let others: Vec<&Occ> = others.iter().collect();
            if let Some(guard) = self.guard(&occ, &others, false) {
                let outside = match kind {
                    "LEFT JOIN" | "LATERAL" => false,
                    "FULL JOIN" => true,
                    _ => self.rng.bool(),
                };
                if outside != guard.moved { there.extend(guard.text) } else { here.extend(guard.text) }
            }
        }
        if self.percent(15) {
            here.extend(self.condition(&occ));
        }
        let name = self.named(other, &occ);
        let mut occ = occ;
        match kind {
            "," => {
                self.tag("comma");
                block.from.push_str(&format!(" CROSS JOIN {name}"));
                block.predicates.extend(on);
                block.predicates.extend(here);
            }
            "LATERAL" => {
                self.tag("lateral");
                on.extend(here);
                let columns: Vec<String> = occ.columns.iter().map(|c| occ.expr(c)).collect();
                let order = self.order(&occ)?;
                let limit = if self.rng.bool() {
                    format!(" ORDER BY {order} LIMIT {}", self.rng.u8(1..3))
                } else {
                    String::new()
                };
                let alias = self.alias("l");
                let (side, on_true) = if self.rng.bool() { ("CROSS", "") } else { ("LEFT", " ON true") };
                block.from.push_str(&format!(
                    " {side} JOIN LATERAL (SELECT {} FROM {name} WHERE {}{limit}) {alias}{on_true}",
                    columns.join(", "),
                    on.join(" AND ")
                ));
                occ.alias = alias;
            }
            "USING" => {
                let shared: Option<Vec<String>> = compared
                    .iter()
                    .map(|(c, k)| {
                        let name = &self.table(below).columns[*c].name;
                        let same = *name == self.table(above).columns[*k].name && block.occs.len() == 1;
                        same.then(|| ident_plain(name))
                    })
                    .collect();
                match shared {
                    Some(shared) => {
                        self.tag("using");
                        block.from.push_str(&format!(" JOIN {name} USING ({})", shared.join(", ")));
                        block.predicates.extend(here);
                    }
                    None => {
                        on.extend(here);
                        block.from.push_str(&format!(" JOIN {name} ON {}", on.join(" AND ")));
                    }
                }
            }
            _ => {
                if kind != "JOIN" {
                    self.tag(if kind == "LEFT JOIN" { "left join" } else { "right or full join" });
                }
                if kind == "FULL JOIN" {
                    // Only conditions that can be merged or hashed are allowed there.
                    there.append(&mut here);
                }
                on.extend(here);
                block.from.push_str(&format!(" {kind} {name} ON {}", on.join(" AND ")));
            }
        }
        block.predicates.extend(there);
        block.occs.push(occ);
        Some(())
    }

    /// The pairs of columns of a key that a join compares: sometimes without the tenant's.
    pub(super) fn compared(&mut self, child: usize, key: &ForeignKey) -> Vec<(usize, usize)> {
        let mut pairs: Vec<(usize, usize)> =
            std::iter::zip(key.columns.iter().copied(), key.keys.iter().copied()).collect();
        if pairs.len() > 1 && self.percent(60) {
            pairs.retain(|(c, _)| self.table(child).tenant_column() != Some(*c));
        }
        pairs
    }

    /// A subquery over a neighbour of one of the relations: FROM and WHERE, the neighbour.
    fn dependent(&mut self, occs: &[Occ]) -> Option<(String, Occ, usize)> {
        let near = self.rng.choice(occs)?.clone();
        let table = near.table?;
        let (other, key, up) = self.rng.choice(self.neighbours(table))?;
        let occ = self.occ(other);
        let (child, parent) = if up { (&near, &occ) } else { (&occ, &near) };
        let (below, above) = if up { (table, other) } else { (other, table) };
        let compared = self.compared(below, &key);
        let mut on = Vec::new();
        for (c, k) in &compared {
            on.push(format!("{} = {}", child.of(below, *c)?, parent.of(above, *k)?));
        }
        if !self.same_owner(below, &key, &compared) {
            let others: Vec<&Occ> = occs.iter().collect();
            if let Some(guard) = self.guard(&occ, &others, false)
                && !guard.moved
            {
                on.extend(guard.text);
            }
        }
        if self.percent(20) {
            on.extend(self.condition(&occ));
        }
        Some((format!("FROM {} WHERE {}", self.named(other, &occ), on.join(" AND ")), occ, other))
    }

    pub(super) fn scalar(&mut self, occs: &[Occ]) -> Option<String> {
        self.tag("scalar subquery");
        let (from, occ, table) = self.dependent(occs)?;
        let numbers: Vec<&Col> = occ.columns.iter().filter(|c| c.ty.contains("int")).collect();
        Some(match self.rng.choice(numbers) {
            Some(column) if self.rng.bool() => {
                let function = ["max", "min", "sum"][self.rng.usize(..3)];
                format!("(SELECT {function}({}) {from})", occ.expr(column))
            }
            _ if self.percent(20) => {
                let order = occ.all(table, &self.table(table).primary)?.join(", ");
                let order = if order.is_empty() { return None } else { order };
                let column = occ.expr(&self.rng.choice(&occ.columns)?.clone());
                format!("(SELECT {column} {from} ORDER BY {order} LIMIT 1)")
            }
            _ => format!("(SELECT count(*) {from})"),
        })
    }

    fn exists(&mut self, occs: &[Occ]) -> Option<String> {
        self.tag("exists");
        if self.percent(25) {
            return self.membership_test(occs);
        }
        let (from, ..) = self.dependent(occs)?;
        let not = if self.percent(35) { "NOT " } else { "" };
        Some(format!("{not}EXISTS (SELECT 1 {from})"))
    }

    /// `key IN (SELECT ...)` and its kin over a neighbour that is guarded by itself.
    fn membership_test(&mut self, occs: &[Occ]) -> Option<String> {
        let near = self.rng.choice(occs)?.clone();
        let table = near.table?;
        let (other, key, up) = self.rng.choice(self.neighbours(table))?;
        let (c, k) = (key.columns.last()?, key.keys.last()?);
        let (mine, theirs) = if up { (*c, *k) } else { (*k, *c) };
        let occ = self.occ(other);
        let guard = self.guard(&occ, &[], false);
        let (mine, theirs) = (near.of(table, mine)?, occ.of(other, theirs)?);
        let mut predicates: Vec<String> =
            guard.and_then(|g| if g.moved { None } else { g.text }).into_iter().collect();
        predicates.push(format!("{theirs} IS NOT NULL"));
        let from = format!("FROM {} WHERE {}", self.named(other, &occ), predicates.join(" AND "));
        Some(match self.rng.u8(..6) {
            0 => format!("{mine} NOT IN (SELECT {theirs} {from})"),
            1 => format!("{mine} <> ALL (SELECT {theirs} {from})"),
            2 => format!("{mine} = ANY (SELECT {theirs} {from})"),
            3 => format!(
                "{mine} = (SELECT max({theirs}::text) {from})::{}",
                near.columns.iter().find(|x| near.expr(x) == mine)?.ty
            ),
            _ => format!("{mine} IN (SELECT {theirs} {from})"),
        })
    }

    fn outputs(&mut self, block: &Block, most: usize) -> Vec<(String, String)> {
        let count = self.rng.usize(1..=most);
        let mut found: Vec<(String, String)> = Vec::new();
        for _ in 0..count {
            let Some(occ) = self.rng.choice(&block.occs) else { continue };
            let Some(column) = self.rng.choice(&occ.columns) else { continue };
            let output = (occ.expr(column), column.ty.clone());
            if !found.contains(&output) {
                found.push(output);
            }
        }
        found
    }

    fn aggregate(&mut self, block: &Block) -> Option<String> {
        let occ = self.rng.choice(&block.occs)?.clone();
        let column = self.rng.choice(&occ.columns)?.clone();
        let expr = occ.expr(&column);
        let number = column.ty.contains("int");
        let mut call = match self.rng.u8(..6) {
            0 | 1 => "count(*)".to_owned(),
            2 => format!("count(DISTINCT {expr})"),
            3 if number => format!("sum({expr})"),
            4 if number => format!("max({expr})"),
            5 => format!("jsonb_agg({expr} ORDER BY {expr})"),
            _ => format!("count({expr})"),
        };
        if self.percent(12)
            && let Some(condition) = self.condition(&occ)
        {
            call.push_str(&format!(" FILTER (WHERE {condition})"));
        }
        Some(call)
    }

    /// An order that leaves no two rows of a relation equal.
    pub(super) fn order(&self, occ: &Occ) -> Option<String> {
        let all: Vec<String> = match occ.table {
            Some(table) if !self.table(table).primary.is_empty() => {
                occ.all(table, &self.table(table).primary)?
            }
            _ => occ.columns.iter().map(|c| occ.expr(c)).collect(),
        };
        Some(all.join(", "))
    }

    fn set_operation(&mut self) -> Option<String> {
        self.tag("set operation");
        let first = self.scoped_table(|_| true)?;
        let column = self.rng.usize(..self.table(first).columns.len());
        let ty = self.table(first).columns[column].ty.clone();
        let second = self.scoped_table(|t| t.columns.iter().any(|c| c.ty == ty))?;
        let place = self.table(second).columns.iter().position(|c| c.ty == ty)?;
        let outside = self.percent(35)
            && self.table(first).tenant_column().is_some()
            && self.table(second).tenant_column().is_some();
        let operator = ["UNION", "UNION ALL", "UNION ALL", "INTERSECT", "EXCEPT"][self.rng.usize(..5)];
        let mut arms = Vec::new();
        let mut occs = Vec::new();
        for (table, column) in [(first, column), (second, place)] {
            let occ = self.occ(table);
            let mut predicates = Vec::new();
            if !outside
                && let Some(guard) = self.guard(&occ, &[], false)
                && !guard.moved
            {
                predicates.extend(guard.text);
            }
            if self.percent(40) {
                predicates.extend(self.condition(&occ));
            }
            let filter = if predicates.is_empty() {
                String::new()
            } else {
                format!(" WHERE {}", predicates.join(" AND "))
            };
            let mut list = vec![occ.of(table, column)?];
            if outside {
                list.insert(0, self.tenant_of(&occ)?.0);
            }
            arms.push(format!("SELECT {} FROM {}{filter}", list.join(", "), self.named(table, &occ)));
            occs.push(occ);
        }
        let query = arms.join(&format!(" {operator} "));
        if !outside {
            return Some(query);
        }
        let (table, tenant) = (first, self.table(first).tenant_column()?);
        let alias = self.alias("x");
        let occ = Occ { alias: alias.clone(), table: None, columns: vec![self.copied(table, tenant)] };
        let guard = self.guard(&occ, &[], false)?;
        let filter = guard.text.filter(|_| !guard.moved).map(|g| format!(" WHERE {g}")).unwrap_or_default();
        let name = ident_plain(&self.table(table).columns[tenant].name);
        Some(format!("SELECT {alias}.v FROM ({query}) {alias} ({name}, v){filter}"))
    }

    fn recursive(&mut self) -> Option<String> {
        self.tag("recursive");
        let table = self.scoped_table(|_| true)?;
        let key = self.table(table).foreign.iter().find(|key| key.parent == table).cloned()?;
        let (child, parent) = (*key.columns.last()?, *key.keys.last()?);
        let (base, step) = (self.occ(table), self.occ(table));
        let mut seed: Vec<String> = self.guard(&base, &[], false)?.text.into_iter().collect();
        if self.percent(50) {
            seed.extend(self.condition(&base));
        }
        let link = if self.rng.bool() {
            format!("{} = r.k", step.of(table, child)?)
        } else {
            format!("{} = r.p", step.of(table, parent)?)
        };
        let mut steps = vec![link];
        let carried = key.columns.iter().any(|c| self.table(table).tenant_column() == Some(*c));
        if !carried {
            steps.extend(self.guard(&step, &[], false)?.text);
        }
        let filter = if seed.is_empty() { String::new() } else { format!(" WHERE {}", seed.join(" AND ")) };
        Some(format!(
            "WITH RECURSIVE r AS (SELECT {} AS k, {} AS p FROM {}{filter} UNION SELECT {}, {} FROM {} JOIN r ON {}) SELECT {} FROM r",
            base.of(table, parent)?,
            base.of(table, child)?,
            self.named(table, &base),
            step.of(table, parent)?,
            step.of(table, child)?,
            self.named(table, &step),
            steps.join(" AND "),
            ["count(*)", "k, p", "k"][self.rng.usize(..3)]
        ))
    }
}
