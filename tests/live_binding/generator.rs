//! Random statements over tables whose names and columns collide. All columns are integers, so that only names decide.

use std::cell::RefCell;

use fastrand::Rng;

/// The tables.
pub(crate) const SCHEMA: &str = "
CREATE TABLE a (id int, ws int, n int, x int);
CREATE TABLE b (id int, ws int, a_id int, y int);
CREATE TABLE c (id int, b_id int, x int);
CREATE TABLE d (k int, a int, b int);
CREATE SCHEMA s;
CREATE TABLE s.a (id int, z int);
CREATE TABLE s.e (id int, k int);
";

const TABLES: [(&str, &[&str]); 6] = [
    ("a", &["id", "ws", "n", "x"]),
    ("b", &["id", "ws", "a_id", "y"]),
    ("c", &["id", "b_id", "x"]),
    ("d", &["k", "a", "b"]),
    ("s.a", &["id", "z"]),
    ("s.e", &["id", "k"]),
];
const ALIASES: [&str; 7] = ["a", "b", "c", "d", "e", "t", "u"];
const COLUMNS: [&str; 12] = ["id", "ws", "n", "x", "a_id", "y", "b_id", "k", "a", "b", "z", "q"];

/// A visible relation: what qualifies its columns, and their names.
#[derive(Clone, Debug)]
struct Item {
    alias: String,
    columns: Vec<String>,
}

/// What the generator believes to be visible; the server knows.
#[derive(Clone, Debug, Default)]
struct Scope {
    levels: Vec<Vec<Item>>,
    ctes: Vec<Item>,
}

struct Gen {
    rng: RefCell<Rng>,
}

/// The statement of a seed.
pub(crate) fn statement(seed: u64) -> String {
    let generator = Gen { rng: RefCell::new(Rng::with_seed(seed)) };
    let scope = Scope::default();
    match generator.below(10) {
        0 => generator.update(&scope),
        1 => generator.delete(&scope),
        2 => generator.insert(&scope),
        _ => generator.query(&scope, 3).0,
    }
}

impl Gen {
    fn below(&self, n: usize) -> usize {
        self.rng.borrow_mut().usize(..n.max(1))
    }

    fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'t, T>(&self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len())]
    }

    // Queries.

    /// A query and the names of its columns, empty where they are not worth knowing.
    fn query(&self, outer: &Scope, depth: usize) -> (String, Vec<String>) {
        let mut scope = outer.clone();
        scope.levels.push(Vec::new());
        let with = if depth > 0 && self.chance(25) { self.with(&mut scope, depth) } else { String::new() };
        let (body, columns, orders) = match self.below(12) {
            0 if depth > 0 => {
                let (left, columns) = self.arm(&scope, depth);
                let right: Vec<String> = columns.iter().map(|_| "1".to_owned()).collect();
                let op = self.pick(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]);
                (format!("{left} {op} SELECT {}", right.join(", ")), columns, false)
            }
            1 => {
                ("VALUES (1, 2), (3, 4)".to_owned(), vec!["column1".to_owned(), "column2".to_owned()], false)
            }
            _ => {
                let (text, columns) = self.select(&mut scope, depth);
                (text, columns, true)
            }
        };
        let mut sql = format!("{with}{body}");
        if self.chance(20) && !columns.is_empty() {
            let by = match self.below(3) {
                0 => "1".to_owned(),
                1 if orders => self.expr(&scope, 0),
                _ => self.pick(&columns).clone(),
            };
            sql += &format!(" ORDER BY {by}");
        }
        (sql, columns)
    }

    fn arm(&self, scope: &Scope, depth: usize) -> (String, Vec<String>) {
        let mut inner = scope.clone();
        inner.levels.push(Vec::new());
        let from = self.item(&mut inner, depth - 1);
        let list: Vec<String> = (0..1 + self.below(2)).map(|_| self.column(&inner)).collect();
        let columns = list.iter().map(|c| c.rsplit('.').next().unwrap_or_default().to_owned()).collect();
        (format!("SELECT {} FROM {from}", list.join(", ")), columns)
    }

    fn with(&self, scope: &mut Scope, depth: usize) -> String {
        let mut parts = Vec::new();
        let recursive = self.chance(30);
        for _ in 0..1 + self.below(2) {
            let name = (*self.pick(&ALIASES)).to_owned();
            if recursive && self.chance(40) {
                let mut inner = scope.clone();
                inner.ctes.push(Item { alias: name.clone(), columns: vec!["k".to_owned()] });
                let (step, _) =
                    (format!("SELECT {name}.k + 1 FROM {name}, {} WHERE {name}.k < 3", self.table().0), 0);
                parts.push(format!("{name}(k) AS (SELECT 1 UNION ALL {step})"));
                scope.ctes = inner.ctes;
                continue;
            }
            let (query, columns) = self.query(scope, depth - 1);
            parts.push(format!("{name} AS ({query})"));
            scope.ctes.push(Item { alias: name, columns });
        }
        format!("WITH {}{} ", if recursive { "RECURSIVE " } else { "" }, parts.join(", "))
    }

    /// A block; its items become the innermost level.
    fn select(&self, scope: &mut Scope, depth: usize) -> (String, Vec<String>) {
        let mut from = Vec::new();
        for _ in 0..1 + self.below(2) {
            from.push(self.item(scope, depth));
        }
        let mut columns = Vec::new();
        let mut list = Vec::new();
        for _ in 0..1 + self.below(3) {
            match self.below(10) {
                0 => list.push("*".to_owned()),
                1 => list.push(format!("{}.*", self.alias_in(scope))),
                2 => {
                    let alias = self.pick(&COLUMNS);
                    list.push(format!("{} AS {alias}", self.expr(scope, depth)));
                    columns.push((*alias).to_owned());
                }
                _ => {
                    let name = self.column(scope);
                    columns.push(name.rsplit('.').next().unwrap_or_default().to_owned());
                    list.push(name);
                }
            }
        }
        let mut sql = format!("SELECT {} FROM {}", list.join(", "), from.join(", "));
        if self.chance(60) {
            sql += &format!(" WHERE {}", self.condition(scope, depth));
        }
        if self.chance(8) {
            sql = format!("SELECT count(*) AS n FROM {} GROUP BY {}", from.join(", "), self.column(scope));
            columns = vec!["n".to_owned()];
        }
        (sql, columns)
    }

    // FROM.

    fn table(&self) -> (String, Vec<String>) {
        let (name, columns) = self.pick(&TABLES);
        ((*name).to_owned(), columns.iter().map(|c| (*c).to_owned()).collect())
    }

    /// An item of FROM, possibly a join.
    fn item(&self, scope: &mut Scope, depth: usize) -> String {
        let start = scope.levels.last().map_or(0, Vec::len);
        let mut sql = self.factor(scope, depth);
        for _ in 0..self.below(3) {
            let middle = scope.levels.last().map_or(0, Vec::len);
            let right = self.factor(scope, depth);
            let kind = *self.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
            sql = match self.below(8) {
                0 => format!("{sql} CROSS JOIN {right}"),
                1 => format!("{sql} NATURAL {kind} {right}"),
                2 | 3 => {
                    let level = scope.levels.last().cloned().unwrap_or_default();
                    let right_columns = level.get(middle).map(|i| i.columns.clone()).unwrap_or_default();
                    let shared: Vec<String> = level[start..middle]
                        .iter()
                        .flat_map(|i| i.columns.clone())
                        .filter(|c| right_columns.contains(c))
                        .collect();
                    let column = if shared.is_empty() { "id".to_owned() } else { self.pick(&shared).clone() };
                    format!("{sql} {kind} {right} USING ({column})")
                }
                _ => format!("{sql} {kind} {right} ON {}", self.condition(scope, 0)),
            };
        }
        let end = scope.levels.last().map_or(0, Vec::len);
        if end > start + 1 && self.chance(12) {
            let alias = self.fresh(scope);
            if let Some(level) = scope.levels.last_mut() {
                let columns = level.drain(start..).flat_map(|i| i.columns).collect();
                level.push(Item { alias: alias.clone(), columns });
            }
            sql = format!("({sql}) AS {alias}");
        }
        sql
    }

    fn factor(&self, scope: &mut Scope, depth: usize) -> String {
        let (text, item) = match self.below(10) {
            0 | 1 if depth > 0 => {
                let lateral = self.chance(40);
                let (query, columns) = self.query(scope, depth - 1);
                let alias = self.fresh(scope);
                let word = if lateral { "LATERAL " } else { "" };
                (format!("{word}({query}) {alias}"), Item { alias, columns })
            }
            2 => {
                let alias = self.fresh(scope);
                let bound = self.column(scope);
                let columns = vec![alias.clone()];
                (format!("generate_series(1, {bound}) {alias}"), Item { alias, columns })
            }
            3 | 4 if !scope.ctes.is_empty() => {
                let cte = self.pick(&scope.ctes).clone();
                let alias = self.fresh(scope);
                (format!("{} {alias}", cte.alias), Item { alias, columns: cte.columns })
            }
            _ => {
                let (name, mut columns) = self.table();
                if self.chance(40) {
                    let bare = name.rsplit('.').next().unwrap_or_default().to_owned();
                    (name, Item { alias: bare, columns })
                } else {
                    let alias = self.fresh(scope);
                    let mut list = String::new();
                    if self.chance(15) {
                        columns[0] = (*self.pick(&COLUMNS)).to_owned();
                        list = format!("({})", columns[0]);
                    }
                    (format!("{name} AS {alias}{list}"), Item { alias, columns })
                }
            }
        };
        if let Some(level) = scope.levels.last_mut() {
            level.push(item);
        }
        text
    }

    /// An alias that the innermost level does not have yet, mostly.
    fn fresh(&self, scope: &Scope) -> String {
        for _ in 0..6 {
            let alias = *self.pick(&ALIASES);
            if !scope.levels.last().is_some_and(|l| l.iter().any(|i| i.alias == alias)) {
                return alias.to_owned();
            }
        }
        "v".to_owned()
    }

    // Expressions.

    fn visible(&self, scope: &Scope) -> Option<Item> {
        let depth = scope.levels.len();
        let level = if self.chance(70) { depth.checked_sub(1)? } else { self.below(depth) };
        let items = scope.levels.get(level)?;
        (!items.is_empty()).then(|| self.pick(items).clone())
    }

    fn alias_in(&self, scope: &Scope) -> String {
        match self.visible(scope) {
            Some(item) if self.chance(95) => item.alias,
            _ => (*self.pick(&ALIASES)).to_owned(),
        }
    }

    fn column(&self, scope: &Scope) -> String {
        match self.visible(scope) {
            Some(item) if self.chance(94) && !item.columns.is_empty() => {
                let column = self.pick(&item.columns);
                if self.chance(60) { format!("{}.{column}", item.alias) } else { column.clone() }
            }
            _ => (*self.pick(&COLUMNS)).to_owned(),
        }
    }

    fn expr(&self, scope: &Scope, depth: usize) -> String {
        match self.below(8) {
            0 if depth > 0 => {
                let mut inner = scope.clone();
                inner.levels.push(Vec::new());
                let item = self.item(&mut inner, depth - 1);
                format!("(SELECT {} FROM {item} LIMIT 1)", self.column(&inner))
            }
            1 => format!("{} + 1", self.column(scope)),
            2 => format!("coalesce({}, {})", self.column(scope), self.column(scope)),
            _ => self.column(scope),
        }
    }

    fn condition(&self, scope: &Scope, depth: usize) -> String {
        match self.below(9) {
            0 if depth > 0 => format!("EXISTS ({})", self.query(scope, depth - 1).0),
            1 if depth > 0 => {
                let mut inner = scope.clone();
                inner.levels.push(Vec::new());
                let item = self.item(&mut inner, depth - 1);
                let column = self.column(&inner);
                let filter = self.condition(&inner, depth - 1);
                format!("{} IN (SELECT {column} FROM {item} WHERE {filter})", self.column(scope))
            }
            2 => format!("{} AND {}", self.condition(scope, 0), self.condition(scope, 0)),
            3 => format!("{} IS NULL", self.column(scope)),
            _ => format!("{} = {}", self.expr(scope, 0), self.expr(scope, 0)),
        }
    }

    // DML.

    fn target(&self, scope: &mut Scope) -> (String, Vec<String>) {
        let (name, columns) = self.table();
        let alias = if self.chance(50) { Some(self.fresh(scope)) } else { None };
        let bare = name.rsplit('.').next().unwrap_or_default().to_owned();
        let item = Item { alias: alias.clone().unwrap_or(bare), columns: columns.clone() };
        scope.levels.push(vec![item]);
        (alias.map_or(name.clone(), |a| format!("{name} AS {a}")), columns)
    }

    fn update(&self, outer: &Scope) -> String {
        let mut scope = outer.clone();
        let with = if self.chance(20) { self.with(&mut scope, 2) } else { String::new() };
        let (target, columns) = self.target(&mut scope);
        let from =
            if self.chance(50) { format!(" FROM {}", self.item(&mut scope, 1)) } else { String::new() };
        format!(
            "{with}UPDATE {target} SET {} = {}{from} WHERE {} RETURNING {}",
            self.pick(&columns),
            self.expr(&scope, 1),
            self.condition(&scope, 2),
            if self.chance(30) { "*".to_owned() } else { self.column(&scope) }
        )
    }

    fn delete(&self, outer: &Scope) -> String {
        let mut scope = outer.clone();
        let (target, _) = self.target(&mut scope);
        let using =
            if self.chance(50) { format!(" USING {}", self.item(&mut scope, 1)) } else { String::new() };
        format!(
            "DELETE FROM {target}{using} WHERE {} RETURNING {}",
            self.condition(&scope, 2),
            self.column(&scope)
        )
    }

    fn insert(&self, outer: &Scope) -> String {
        let mut scope = outer.clone();
        let with = if self.chance(20) { self.with(&mut scope, 2) } else { String::new() };
        let mut inner = scope.clone();
        let (target, columns) = self.target(&mut scope);
        inner.levels.push(Vec::new());
        let item = self.item(&mut inner, 1);
        let value = self.expr(&inner, 1);
        let filter = self.condition(&inner, 2);
        format!(
            "{with}INSERT INTO {target} ({}) SELECT {value} FROM {item} WHERE {filter} RETURNING {}",
            columns[0],
            self.column(&scope)
        )
    }
}
