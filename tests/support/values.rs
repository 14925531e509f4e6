//! What values columns and parameters may have: small domains that collide across tenants and tables, and the literals
//! that the schema and the statements themselves mention, so that rare constants are met.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::infer::inserted;
use super::postgres::{Session, SqlError, literal};
use super::tables::{Owner, Schema, Table};
use super::tokens::{Kind, Token, tokens, unquoted};

/// The domains of all columns.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    columns: Vec<Vec<Domain>>,
    /// Tenants of each level; the last one lives in second databases only.
    pub(crate) tenants: Vec<Vec<String>>,
    /// Words for parameters of type text.
    words: Vec<String>,
    moments: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Domain {
    usual: Vec<String>,
    learned: Vec<String>,
}

/// The most values of a column.
const SIZE: usize = 12;

/// A function that keeps, of some candidates, the values that a type and its conditions admit, in the server's spelling.
pub(crate) const ACCEPTED: &str = "CREATE FUNCTION live_shadow.accepted(ty text, name text, conditions text, candidates text[])
    RETURNS SETOF text LANGUAGE plpgsql AS $$
    DECLARE candidate text; kept text;
    BEGIN
        FOREACH candidate IN ARRAY candidates LOOP
            BEGIN
                EXECUTE format('SELECT r.%1$I::text FROM (SELECT %2$L::%3$s AS %1$I) r WHERE %4$s', name, candidate, ty, conditions)
                    INTO kept;
                IF kept IS NOT NULL THEN RETURN NEXT kept; END IF;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
    END $$;";

impl Values {
    /// The domains of a schema, from its types and checks.
    pub(crate) fn new(session: &mut Session, schema: &Schema) -> Result<Values, SqlError> {
        let moments = session.rows(
            "SELECT to_char(now() + d, 'YYYY-MM-DD HH24:MI:SS+00') FROM unnest(ARRAY['-1 hour', '-10 days', '-60 days', '2 days']::interval[]) d",
        )?;
        let mut values = Values {
            columns: Vec::new(),
            tenants: schema.tenant_types.iter().map(|ty| tenants(ty)).collect(),
            words: Vec::new(),
            moments: moments.into_iter().flatten().flatten().collect(),
        };
        for table in &schema.tables {
            let mut domains = Vec::new();
            for at in 0..table.columns.len() {
                let usual = values.usual(session, schema, table, at)?;
                let text =
                    table.columns[at].ty.starts_with("text") || table.columns[at].ty.starts_with("character");
                if text && !table.columns[at].checks.is_empty() {
                    values.words.extend(usual.iter().cloned());
                }
                domains.push(Domain { usual, learned: Vec::new() });
            }
            values.columns.push(domains);
        }
        values.words.sort();
        values.words.dedup();
        // A column that refers to a key takes that key's values, where it takes any that are not a row's.
        for (at, table) in schema.tables.iter().enumerate() {
            for key in &table.foreign {
                for (column, parent) in std::iter::zip(&key.columns, &key.keys) {
                    values.columns[at][*column] = values.columns[key.parent][*parent].clone();
                }
            }
        }
        Ok(values)
    }

    /// A value of a column, not NULL; absent where no value of its type is known.
    pub(crate) fn pick(&self, rng: &mut Rng, table: usize, column: usize) -> Option<String> {
        let domain = &self.columns[table][column];
        let from =
            if !domain.learned.is_empty() && rng.u8(..10) < 3 { &domain.learned } else { &domain.usual };
        rng.choice(from).cloned()
    }

    /// The value of a column that a database with this habit likes best.
    pub(crate) fn favourite(&self, habit: u64, table: usize, column: usize) -> Option<String> {
        let domain = &self.columns[table][column];
        let all: Vec<&String> = domain.usual.iter().chain(&domain.learned).collect();
        let seed = habit ^ ((table as u64) << 32) ^ ((column as u64) << 16);
        Rng::with_seed(seed).choice(all).cloned()
    }

    /// All usual values of a column.
    pub(crate) fn usual_values(&self, table: usize, column: usize) -> &[String] {
        &self.columns[table][column].usual
    }

    /// Takes the literals that stand near a column's name in a statement as values of that column.
    pub(crate) fn learn(
        &mut self,
        session: &mut Session,
        schema: &Schema,
        statement: &str,
    ) -> Result<(), SqlError> {
        let tokens = tokens(statement);
        let mut near: BTreeMap<String, Vec<(Sort, String)>> = BTreeMap::new();
        let is_column = |name: &str| schema.tables.iter().any(|table| table.column(name).is_some());
        for (at, token) in tokens.iter().enumerate() {
            let candidates = literals(&tokens, at);
            let words = |range: &[Token<'_>]| -> Vec<String> {
                let words =
                    range.iter().filter(|t| t.kind == Kind::Word).map(|t| unquoted(t.text).to_lowercase());
                words.filter(|word| is_column(word)).collect()
            };
            let before = words(&tokens[at.saturating_sub(8)..at]);
            let after = words(&tokens[at..(at + 4).min(tokens.len())]);
            for word in before.into_iter().rev().take(4).chain(after.into_iter().take(1)) {
                near.entry(word).or_default().extend(candidates.iter().cloned());
            }
            if token.kind == Kind::String && token.text.len() < 40 {
                self.words.extend(candidates.into_iter().take(2).map(|(_, text)| text));
            }
        }
        for (at, (table, column)) in inserted(&tokens, schema) {
            let name = schema.tables[table].columns[column].name.clone();
            near.entry(name).or_default().extend(literals(&tokens, at));
        }
        self.words.sort();
        self.words.dedup();
        for (at, table) in schema.tables.iter().enumerate() {
            for (column, described) in table.columns.iter().enumerate() {
                let Some(candidates) = near.get(&described.name) else { continue };
                let refers = table.foreign.iter().any(|key| key.columns.contains(&column));
                if refers || table.tenant_column() == Some(column) || described.generated {
                    continue;
                }
                let sort = Sort::of(&described.ty);
                let candidates: Vec<String> =
                    candidates.iter().filter(|(s, _)| *s == sort).map(|(_, text)| text.clone()).collect();
                let accepted =
                    accepted(session, &described.ty, &described.name, &described.checks, &candidates)?;
                let domain = &mut self.columns[at][column];
                for value in accepted {
                    let known = domain.usual.contains(&value) || domain.learned.contains(&value);
                    if domain.learned.len() < SIZE && !known {
                        domain.learned.push(value);
                    }
                }
            }
        }
        Ok(())
    }

    /// A value for a parameter of a type that the caller chooses freely; sometimes NULL.
    pub(crate) fn free(&self, rng: &mut Rng, ty: &str) -> Option<String> {
        if let Some(element) = ty.strip_suffix("[]") {
            let members: Vec<String> = (0..rng.usize(..4))
                .filter_map(|_| self.free(rng, element))
                .map(|v| format!("\"{v}\""))
                .collect();
            return Some(format!("{{{}}}", members.join(",")));
        }
        if rng.u8(..8) == 0 {
            return None;
        }
        let one = |rng: &mut Rng, list: &[&str]| rng.choice(list).map(|v| (*v).to_owned());
        let base = ty.split('(').next().unwrap_or(ty).trim();
        match base {
            "text" | "varchar" | "character varying" | "citext" | "char" => match rng.u8(..10) {
                0 => one(rng, &["%", "", "k1", "name", "created_at"]),
                1 => rng.choice(self.tenants.first()?).cloned(),
                2..=5 if !self.words.is_empty() => rng.choice(&self.words).cloned(),
                _ => one(rng, &["a", "b", "c"]),
            },
            "int" | "integer" | "bigint" | "smallint" | "int4" | "int8" => {
                one(rng, &["0", "1", "2", "3", "1", "2", "3", "4", "5", "8", "20"])
            }
            "bool" | "boolean" => one(rng, &["true", "false"]),
            "uuid" => Some(uuid(rng.usize(1..15))),
            "date" => rng.choice(&self.moments).map(|m| m.chars().take(10).collect()),
            "interval" => one(rng, &["1 day", "30 days", "2 hours"]),
            "json" | "jsonb" => one(rng, &["{}", "{\"a\": 1}", "{\"k\": \"b\"}", "[]"]),
            "numeric" | "float" | "double precision" | "real" | "decimal" => {
                one(rng, &["0", "1.5", "2", "10", "-1"])
            }
            _ if base.starts_with("timestamp") => rng.choice(&self.moments).cloned(),
            _ => one(rng, &["a", "1", "{}"]),
        }
    }

    fn usual(
        &self,
        session: &mut Session,
        schema: &Schema,
        table: &Table,
        at: usize,
    ) -> Result<Vec<String>, SqlError> {
        let column = &table.columns[at];
        if let Owner::Column { column: tenant, level } = table.owner
            && tenant == at
        {
            return Ok(self.tenants[level].clone());
        }
        let mut candidates: Vec<String> = Vec::new();
        for check in &column.checks {
            for token in tokens(check) {
                match token.kind {
                    Kind::String => candidates.push(unquoted(token.text)),
                    Kind::Number => candidates.push(token.text.to_owned()),
                    _ => {}
                }
            }
        }
        if let Some(labels) = schema.enums.get(&column.ty) {
            candidates.extend(labels.iter().cloned());
        }
        let tenant_key =
            table.primary.len() > 1 && table.tenant_column().is_some_and(|c| table.primary.contains(&c));
        let alone = table.unique.iter().any(|key| key[..] == [at]);
        let ids = if tenant_key && table.primary.contains(&at) { 5 } else { SIZE };
        let words = |n: usize| (1..=n).map(|i| format!("k{i}")).collect::<Vec<_>>();
        let list = |list: &[&str]| list.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        let key = table.is_identifier(at) || alone || column.name.ends_with("_id");
        candidates.extend(match column.ty.split(['(', '[']).next().unwrap_or_default() {
            _ if column.ty.ends_with("[]") => {
                list(&["{}", "{a}", "{a,b}", "{1}", "{1,2}", &format!("{{{}}}", uuid(1))])
            }
            "uuid" => (1..=SIZE).map(uuid).collect(),
            "bigint" | "integer" | "smallint" if key => (1..=ids).map(|n| n.to_string()).collect(),
            "bigint" | "integer" | "smallint" => list(&["0", "1", "2", "3"]),
            "text" | "character varying" | "character" if key => words(ids),
            "text" | "character varying" | "character" => list(&["a", "b", "c"]),
            "boolean" => list(&["t", "f"]),
            "date" => self
                .moments
                .iter()
                .skip(usize::from(self.moments.len() > 3))
                .map(|m| m.chars().take(10).collect())
                .collect(),
            "jsonb" | "json" => list(&["{}", "{\"a\": 1}", "{\"a\": 2, \"k\": \"b\"}", "{\"k\": \"c\"}"]),
            ty if ty.starts_with("timestamp") => self.moments.clone(),
            ty if ty.starts_with("numeric") => list(&["0", "1.5", "2", "10"]),
            "double precision" | "real" => list(&["0", "1", "2", "4"]),
            _ => list(&[
                "a",
                "b",
                "c",
                "1",
                "2",
                "t",
                "f",
                "{}",
                "[1,5)",
                "[3,9)",
                "[2025-01-01,2025-02-01)",
                "10:00",
                "1 day",
                "3 hours",
                "10.0.0.1",
                "(1,1)",
                "\\x01",
                "\\x02",
                "2025-01-01",
            ]),
        });
        let mut kept = accepted(session, &column.ty, &column.name, &column.checks, &candidates)?;
        kept.truncate(SIZE);
        Ok(kept)
    }
}

/// Kinds of literals that suit kinds of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Number,
    Json,
    Text,
}

impl Sort {
    fn of(ty: &str) -> Sort {
        match ty.split('(').next().unwrap_or(ty) {
            "bigint" | "integer" | "smallint" | "numeric" | "double precision" | "real" => Sort::Number,
            "json" | "jsonb" => Sort::Json,
            _ => Sort::Text,
        }
    }
}

/// What a literal, and its neighbours, may be as values of a column.
fn literals(tokens: &[Token<'_>], at: usize) -> Vec<(Sort, String)> {
    match tokens[at].kind {
        Kind::String => {
            let text = unquoted(tokens[at].text);
            let mut found = vec![(Sort::Text, text.replace(['%', '_'], "")), (Sort::Text, text.clone())];
            // A moment: the years around it as well.
            let year = text.split_once('-').and_then(|(year, _)| year.parse::<u32>().ok());
            if let Some(year) = year.filter(|year| *year > 1000 && text.len() > 9) {
                let other =
                    |other: u32| (Sort::Text, text.replacen(&year.to_string(), &other.to_string(), 1));
                found.extend([other(year - 1), other(year + 1)]);
            }
            // A key and a value of a document.
            if let Some(before) = tokens[..at].iter().rev().take(5).find(|t| t.kind == Kind::String) {
                found.push((Sort::Json, serde_json::json!({ unquoted(before.text): text }).to_string()));
            }
            found.push((Sort::Json, text));
            found
        }
        Kind::Number => match tokens[at].text.parse::<i64>() {
            Ok(n) if n < 30_000 => [n, n + 1, n - 1].map(|n| (Sort::Number, n.to_string())).to_vec(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The candidates that a type and its conditions admit, each once.
fn accepted(
    session: &mut Session,
    ty: &str,
    name: &str,
    checks: &[String],
    candidates: &[String],
) -> Result<Vec<String>, SqlError> {
    let conditions: Vec<String> = checks.iter().map(|check| format!("({check}) IS NOT FALSE")).collect();
    let conditions = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let candidates: Vec<String> = candidates.iter().map(|c| literal(Some(c))).collect();
    let rows = session.rows(&format!(
        "SELECT live_shadow.accepted({}, {}, {}, ARRAY[{}]::text[])",
        literal(Some(ty)),
        literal(Some(name)),
        literal(Some(&conditions)),
        candidates.join(", ")
    ))?;
    let mut kept = Vec::new();
    for value in rows.into_iter().flatten().flatten() {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Ok(kept)
}

/// Tenants of a type: near each other under LIKE, lower() and comparison where the type allows.
fn tenants(ty: &str) -> Vec<String> {
    match ty.split('(').next().unwrap_or(ty) {
        "uuid" => (1..=4).map(uuid).collect(),
        "bigint" | "integer" | "smallint" | "numeric" => (1..=4).map(|n| n.to_string()).collect(),
        _ => ["w1", "W1", "w_", "w2"].map(str::to_owned).to_vec(),
    }
}

fn uuid(n: usize) -> String {
    format!("00000000-0000-0000-0000-{n:012}")
}
