//! A database with a schema on a live server: loading rows, setting the session, running statements and taking them back.
//!
//! Everything happens in a transaction that is rolled back. Functions whose results differ from run to run are shadowed by
//! tame ones, and sequences are set to the same numbers before each statement that writes.

use fastrand::Rng;

use super::data::{Habit, Maker, World};
use super::infer;
use super::outcome::{GENERATED_UUID, Outcome, State};
use super::postgres::{Answer, Server, Session, SqlError, ident, literal};
use super::roles::{Actor, Case, Role};
use super::tables::{Schema, Table};
use super::tenancy::Tenancy;
use super::tokens::tokens;
use super::values::{ACCEPTED, Values};

/// A database with a schema, on which statements are tried.
pub(crate) struct Lab {
    server: &'static Server,
    database: String,
    /// What the server says about the schema.
    pub(crate) schema: Schema,
    /// The domains of its columns.
    pub(crate) values: Values,
    pub(crate) tenancy: Tenancy,
    pub(crate) settings: Vec<(String, usize)>,
    /// The usual connection, and one on which the tenant of the session was never set.
    pub(crate) desks: [Session; 2],
    pub(crate) serial: usize,
    pub(crate) rng: Rng,
    /// Which values the present pair of databases likes.
    pub(crate) habit: Habit,
    /// Pairs tried, and pairs that were of no use.
    pub(crate) pairs: [usize; 2],
    /// Statements of the schema that the server refused.
    pub(crate) refused: Vec<String>,
}

const SHADOW: &str = "CREATE SCHEMA live_shadow;
    CREATE SEQUENCE live_shadow.made;
    CREATE FUNCTION live_shadow.gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE AS
        $$ SELECT ('ffffffff-0000-4000-8000-' || lpad(to_hex(nextval('live_shadow.made')), 12, '0'))::uuid $$;
    CREATE FUNCTION live_shadow.uuid_generate_v4() RETURNS uuid LANGUAGE sql VOLATILE AS $$ SELECT live_shadow.gen_random_uuid() $$;
    CREATE FUNCTION live_shadow.random() RETURNS float8 LANGUAGE sql VOLATILE AS $$ SELECT 0.5::float8 $$;
    CREATE FUNCTION live_shadow.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT pg_catalog.now() $$;
    GRANT USAGE ON SCHEMA live_shadow TO PUBLIC;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA live_shadow TO PUBLIC;";

/// Unqualified names are looked up here; functions whose results differ from run to run are replaced by tame ones.
const SEARCH_PATH: &str =
    "SET search_path = public, live_shadow, pg_catalog; SET client_min_messages = error";

/// The role that runs statements, and owns the tables, where row-level security counts.
const APPLICATION: &str = "live_application";

impl Lab {
    /// Makes a database with that schema.
    pub(crate) fn open(
        server: &'static Server,
        ddl: &str,
        tenancy: &Tenancy,
        seed: u64,
    ) -> Result<Lab, String> {
        let text = |e: SqlError| e.to_string();
        let database = server.create_database().map_err(text)?;
        let mut desk = server.connect(&database).map_err(text)?;
        desk.batch(SHADOW).map_err(text)?;
        desk.batch(ACCEPTED).map_err(text)?;
        desk.batch(SEARCH_PATH).map_err(text)?;
        let refused = apply(&mut desk, ddl);
        let schema = Schema::read(&mut desk, tenancy).map_err(text)?;
        let values = Values::new(&mut desk, &schema).map_err(text)?;
        if tenancy.trust_row_security {
            hand_over(&mut desk, &schema).map_err(text)?;
        }
        let mut unset = server.connect(&database).map_err(text)?;
        unset.batch(SEARCH_PATH).map_err(text)?;
        let mut lab = Lab {
            server,
            database,
            schema,
            values,
            tenancy: tenancy.clone(),
            settings: tenancy.settings(),
            desks: [desk, unset],
            serial: 0,
            rng: Rng::with_seed(seed),
            habit: Habit::default(),
            pairs: [0, 0],
            refused,
        };
        let dump = lab.dump_sql();
        for desk in &mut lab.desks {
            desk.batch(&format!("PREPARE dump AS {dump}")).map_err(text)?;
        }
        lab.empty().map_err(text)?;
        Ok(lab)
    }

    /// Reads a statement; parameters that are not described get the roles that their places suggest.
    pub(crate) fn case(&mut self, id: &str, sql: &str, params: &str) -> Result<Case, String> {
        let (desk, schema, tenancy) = (&mut self.desks[0], &self.schema, &self.tenancy);
        Case::new(id, sql, params, |sql| {
            let text = |e: SqlError| format!("{id}: {e}");
            desk.batch(&format!("PREPARE guess AS {sql}")).map_err(text)?;
            let types = desk.rows(
                "SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 'guess'",
            );
            desk.batch("DEALLOCATE guess").map_err(text)?;
            let types: Vec<String> = types.map_err(text)?.into_iter().flatten().flatten().collect();
            Ok(infer::roles(sql, &types, schema, tenancy))
        })
    }

    pub(crate) fn role_type(&self, role: &Role) -> String {
        let column = |table: &str, column: &str| {
            let table = &self.schema.tables[self.schema.table(table)?];
            Some(table.columns[table.column(column)?].ty.clone())
        };
        let tenant = || self.schema.tenant_types.first().cloned();
        let ty = match role {
            Role::Tenant(None) => tenant(),
            Role::Tenant(Some(name)) => self
                .schema
                .roots
                .iter()
                .flatten()
                .find_map(|(root, _)| column(&self.schema.tables[*root].name, name)),
            Role::Tenants => tenant().map(|ty| format!("{ty}[]")),
            Role::Principal => self.tenancy.membership.iter().find_map(|m| column(&m.table, &m.principal)),
            Role::Key(t, c) => column(t, c),
            Role::Keys(t, c) => column(t, c).map(|ty| format!("{ty}[]")),
            Role::Value(ty) => Some(ty.clone()),
        };
        ty.unwrap_or_else(|| "text".to_owned())
    }

    /// Runs a statement once for each list of arguments. The outer error is the experiment's, the inner the statement's.
    pub(crate) fn run(
        &mut self,
        desk: usize,
        calls: &[String],
        writes: bool,
        quiet: bool,
    ) -> Result<Vec<Result<Outcome, SqlError>>, SqlError> {
        let (open, close, extra) = if self.tenancy.trust_row_security {
            (format!("SET LOCAL ROLE {APPLICATION}; "), "; RESET ROLE".to_owned(), 1)
        } else {
            (String::new(), String::new(), 0)
        };
        let session = &mut self.desks[desk];
        if !writes {
            // All runs in one round trip; where one fails, one by one.
            if let Ok(mut answers) = session.ask(&format!("{open}{}{close}", calls.join("; ")))
                && answers.len() == calls.len() + 2 * extra
            {
                answers.truncate(calls.len() + extra);
                return Ok(answers
                    .into_iter()
                    .skip(extra)
                    .map(|answer| Ok(Outcome::new(answer, None)))
                    .collect());
            }
            session.batch("ROLLBACK TO SAVEPOINT s")?;
        }
        let mut outcomes = Vec::new();
        for call in calls {
            let sequences: Vec<String> = self
                .schema
                .sequences
                .iter()
                .map(|(name, from)| format!("setval({}, {from})", literal(Some(name))))
                .collect();
            let reset = if sequences.is_empty() || !writes {
                String::new()
            } else {
                format!("DO $$ BEGIN PERFORM {}; END $$; ", sequences.join(", "))
            };
            let mode = if quiet && writes { "replica" } else { "origin" };
            let after = if writes { "; SET CONSTRAINTS ALL IMMEDIATE; EXECUTE dump" } else { "" };
            let first = usize::from(!reset.is_empty()) + 1 + extra;
            let text =
                format!("{reset}SET LOCAL session_replication_role = {mode}; {open}{call}{close}{after}");
            let asked = session.ask(&text);
            session.batch("ROLLBACK TO SAVEPOINT s")?;
            outcomes.push(asked.map(|mut answers| {
                let state = if writes { answers.pop().map(|a| State::read(&a)) } else { None };
                let answer =
                    if first < answers.len() { answers.swap_remove(first) } else { Answer::default() };
                Outcome::new(answer, state)
            }));
        }
        Ok(outcomes)
    }

    /// Loads a database and makes the memory of it agree with what conditions of the schema let through.
    pub(crate) fn load(&mut self, desk: usize, world: &mut World) -> Result<(), SqlError> {
        for _ in 0..4 {
            let lossy: Vec<usize> =
                self.schema.order.iter().copied().filter(|t| self.schema.tables[*t].lossy).collect();
            if lossy.is_empty() {
                return Ok(());
            }
            self.desks[desk]
                .batch("ROLLBACK TO SAVEPOINT z; SET LOCAL session_replication_role = replica")?;
            let sql = self.insert_sql(world, false);
            let answers = if sql.is_empty() { Vec::new() } else { self.desks[desk].ask(&sql)? };
            let filled: Vec<usize> =
                self.schema.order.iter().copied().filter(|t| !world.tables[*t].is_empty()).collect();
            let mut lost = false;
            for (table, answer) in std::iter::zip(filled, answers) {
                if self.schema.tables[table].lossy && answer.rows.len() < world.tables[table].len() {
                    lost = true;
                    let columns = stored(&self.schema.tables[table]);
                    world.tables[table].retain(|record| {
                        answer.rows.iter().any(|row| {
                            std::iter::zip(&columns, row).all(|(c, value)| record.row[*c] == *value)
                        })
                    });
                }
            }
            if !lost {
                return Ok(());
            }
            self.maker(|maker| maker.settle(world));
        }
        Err(useless("conditions of the schema take too many rows"))
    }

    /// Loads a database, sets the session, and reads all rows back. Leaves a savepoint `s`.
    pub(crate) fn stage(
        &mut self,
        desk: usize,
        world: &World,
        actor: &Actor,
        materialized: &[String],
        shuffled: bool,
    ) -> Result<State, SqlError> {
        let mut sql = "ROLLBACK TO SAVEPOINT z; SET LOCAL session_replication_role = replica; ".to_owned();
        sql.push_str(&self.insert_sql(world, shuffled));
        sql.push_str("SET LOCAL session_replication_role = origin; ");
        for view in materialized {
            sql.push_str(&format!("REFRESH MATERIALIZED VIEW {view}; "));
        }
        sql.push_str(&self.session_sql(actor, desk));
        sql.push_str("SAVEPOINT s; EXECUTE dump");
        let answers = self.desks[desk].ask(&sql)?;
        Ok(State::read(&answers.last().cloned().unwrap_or_default()))
    }

    pub(crate) fn session_sql(&self, actor: &Actor, desk: usize) -> String {
        if desk == 1 || self.settings.is_empty() {
            return String::new();
        }
        let set = self.settings.iter().map(|(name, level)| {
            let value = actor.tenant.get(*level).map_or("", String::as_str);
            format!("PERFORM set_config({}, {}, true);", literal(Some(name)), literal(Some(value)))
        });
        format!("DO $$ BEGIN {} END $$; ", set.collect::<Vec<_>>().join(" "))
    }

    fn insert_sql(&mut self, world: &World, shuffled: bool) -> String {
        let mut sql = String::new();
        for &at in &self.schema.order {
            let table = &self.schema.tables[at];
            let mut records: Vec<&super::data::Record> = world.tables[at].iter().collect();
            if records.is_empty() {
                continue;
            }
            if shuffled {
                self.rng.shuffle(&mut records);
            }
            let columns = stored(table);
            let names: Vec<String> = columns.iter().map(|c| ident(&table.columns[*c].name)).collect();
            let rows: Vec<String> = records
                .iter()
                .enumerate()
                .map(|(n, record)| {
                    let values = columns.iter().map(|c| {
                        let value = literal(record.row[*c].as_deref());
                        if table.lossy && n == 0 {
                            format!("{value}::{}", table.columns[*c].ty)
                        } else {
                            value
                        }
                    });
                    format!("({})", values.collect::<Vec<_>>().join(", "))
                })
                .collect();
            let (names, rows) = (names.join(", "), rows.join(", "));
            let into = format!("INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE", ident(&table.name));
            if !table.lossy {
                sql.push_str(&format!("{into} VALUES {rows}; "));
                continue;
            }
            let checks: Vec<String> =
                table.checks.iter().map(|check| format!("({check}) IS NOT FALSE")).collect();
            let filter = if checks.is_empty() { "true".to_owned() } else { checks.join(" AND ") };
            let conflict = if table.deferrable { "" } else { "ON CONFLICT DO NOTHING" };
            let texts: Vec<String> =
                columns.iter().map(|c| format!("{}::text", ident(&table.columns[*c].name))).collect();
            sql.push_str(&format!(
                "{into} SELECT {names} FROM (VALUES {rows}) AS r ({names}) WHERE {filter} {conflict} RETURNING {}; ",
                texts.join(", ")
            ));
        }
        sql
    }

    /// Every stored row: table, owner, place, text.
    fn dump_sql(&self) -> String {
        let parts = self.schema.tables.iter().enumerate().map(|(at, table)| {
            let owner = self.schema.owner_sql(at, "x", 0);
            format!("SELECT {at}, {owner}, x.tableoid || ' ' || x.ctid, x::text FROM {} x", table.from())
        });
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            "SELECT 0, '', '', '' WHERE false".to_owned()
        } else {
            parts.join(" UNION ALL ")
        }
    }

    pub(crate) fn maker<T>(&mut self, make: impl FnOnce(&mut Maker<'_>) -> T) -> T {
        make(&mut Maker {
            schema: &self.schema,
            values: &self.values,
            membership: &self.tenancy.membership,
            habit: self.habit,
            rng: &mut self.rng,
        })
    }

    /// Removes the remains of rolled-back rows.
    pub(crate) fn empty(&mut self) -> Result<(), SqlError> {
        let names: Vec<String> = self.schema.tables.iter().map(|table| ident(&table.name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        self.desks[0].batch(&format!("TRUNCATE {} CASCADE", names.join(", ")))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.server.drop_database(&self.database);
    }
}

/// Runs the statements of a schema one by one; gives those that the server refuses. A table is made without what other
/// databases allow inside it, as the analyzer does.
fn apply(session: &mut Session, ddl: &str) -> Vec<String> {
    let mut refused = Vec::new();
    for piece in statements(ddl) {
        let mut run = session.batch(piece);
        for _ in 0..3 {
            let Err(why) = &run else { break };
            let role = why.message.strip_prefix("role \"").and_then(|m| m.strip_suffix("\" does not exist"));
            let Some(role) = role else { break };
            drop(session.batch(&format!("CREATE ROLE {}", ident(role))));
            run = session.batch(piece);
        }
        if let Err(why) = run {
            refused.push(format!("{why} in: {}", piece.trim()));
            if let Some(table) = without_inline_indexes(piece) {
                drop(session.batch(&table));
            }
        }
    }
    refused
}

fn statements(ddl: &str) -> Vec<&str> {
    let mut from = 0;
    let mut pieces = Vec::new();
    for token in tokens(ddl).iter().filter(|t| t.text == ";") {
        pieces.push(&ddl[from..token.start]);
        from = token.start + 1;
    }
    pieces.push(&ddl[from..]);
    pieces.retain(|piece| !tokens(piece).is_empty());
    pieces
}

/// A CREATE TABLE without elements that begin with INDEX.
fn without_inline_indexes(statement: &str) -> Option<String> {
    let (mut depth, mut from) = (0, 0);
    let mut elements = Vec::new();
    for token in tokens(statement) {
        match token.text {
            "(" if depth == 0 => {
                depth = 1;
                from = token.start + 1;
            }
            "(" => depth += 1,
            "," | ")" if depth == 1 => {
                elements.push(from..token.start);
                from = token.start + 1;
                if token.text == ")" {
                    break;
                }
            }
            ")" => depth -= 1,
            _ => {}
        }
    }
    let (start, end) = (elements.first()?.start, elements.last()?.end);
    let is_index = |text: &str| tokens(text).first().is_some_and(|t| t.text.eq_ignore_ascii_case("index"));
    let kept: Vec<&str> =
        elements.into_iter().map(|e| &statement[e]).filter(|text| !is_index(text)).collect();
    Some(format!("{}{}{}", &statement[..start], kept.join(","), &statement[end..]))
}

/// Makes an ordinary role the owner of everything, so that row security binds as it would an application.
fn hand_over(session: &mut Session, schema: &Schema) -> Result<(), SqlError> {
    drop(session.batch(&format!("CREATE ROLE {APPLICATION}")));
    session.batch(&format!("GRANT ALL ON SCHEMA public, live_shadow TO {APPLICATION}"))?;
    session.batch(&format!("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}"))?;
    for table in &schema.tables {
        session.batch(&format!("ALTER TABLE {} OWNER TO {APPLICATION}", ident(&table.name)))?;
    }
    for (view, _) in &schema.views {
        session.batch(&format!("GRANT ALL ON {} TO {APPLICATION}", ident(view)))?;
    }
    Ok(())
}

/// Columns that a row can be given.
fn stored(table: &Table) -> Vec<usize> {
    (0..table.columns.len()).filter(|c| !table.columns[*c].generated).collect()
}

pub(crate) fn useless(why: &str) -> SqlError {
    SqlError { state: String::new(), message: why.to_owned() }
}

/// The start of uuids made by defaults, which outcomes do not compare, is that of the shadow function.
#[test]
fn generated_uuids_are_recognised() {
    assert!(SHADOW.contains(GENERATED_UUID));
}
