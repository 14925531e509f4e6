//! What a schema lacks as migrations of the project's own tool, in the order in which it is safe: what only guards new
//! rows before what reads old ones, and each step that waits for a lock in a transaction of its own, with a time limit.
//!
//! | step | lock while it runs |
//! | --- | --- |
//! | ADD COLUMN without a default | all of the table, for an instant |
//! | CREATE TRIGGER | writers of the table, for an instant |
//! | UPDATE of some pages | these rows; no transaction may hold it |
//! | CREATE FUNCTION | none |
//! | ADD CHECK (... IS NOT NULL) NOT VALID | all of the table, for an instant |
//! | SET NOT NULL behind a CHECK that is valid | all of the table, for an instant: the CHECK stands for the rows |
//! | CREATE UNIQUE INDEX CONCURRENTLY | lets readers and writers through; no transaction may hold it |
//! | ADD CONSTRAINT UNIQUE USING INDEX | all of the table, for an instant |
//! | ADD FOREIGN KEY NOT VALID | writers of both tables, for an instant |
//! | VALIDATE CONSTRAINT | lets readers and writers through |
//! | CREATE POLICY, ENABLE, FORCE ROW LEVEL SECURITY | all of the table, for an instant |

use super::count::NAME as COUNT;
use super::row_security::setting;
use super::{
    CountingFunction, Hardening, KeyIndex, NewPolicy, RowSecurity, TenantColumn, TenantKey, Unvalidated,
};
use crate::schema::catalog::Name;
use crate::schema::names::ident;
use crate::suggest::build::{Build, create};
use crate::suggest::writer::{self, Batch, Migration, Step, line, slug};
use crate::suggest::{Tool, Toolchain, sql};

/// How long a step waits for a lock before it gives up: what waits for a lock makes everyone behind it wait too.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '5s'";

/// How many pages of a table a backfill changes at a time.
const PAGES: u32 = 500;

/// The migrations of a hardening; `now` in seconds since 1970.
pub fn migration(hardening: &Hardening, chain: &Toolchain, now: i64) -> Migration {
    let mut batches = batches(hardening, chain.tool);
    // A script, and a file of change sets, hold any number of transactions.
    if matches!(chain.tool, Tool::Script | Tool::Liquibase) && !batches.is_empty() {
        let steps = batches.into_iter().flat_map(|b| b.steps).collect();
        batches = vec![Batch { slug: "hardening".to_owned(), steps }];
    }
    let files = writer::files(&batches, chain, now, "hardening");
    Migration { files, remarks: remarks(hardening, chain) }
}

/// The migrations of a hardening as statements, in the order in which they apply.
pub fn batches(hardening: &Hardening, tool: Tool) -> Vec<Batch> {
    let mut plan = Plan { tool, batches: Vec::new() };
    columns(hardening, &mut plan);
    counting(hardening, &mut plan);
    not_null(hardening, &mut plan);
    keys(hardening, &mut plan);
    // What can stop an application comes last.
    row_security(hardening, &mut plan);
    plan.batches
}

/// The migrations so far.
struct Plan {
    tool: Tool,
    batches: Vec<Batch>,
}

impl Plan {
    /// Adds statements that take locks: a migration in a transaction, as short as can be.
    fn locking(&mut self, slug: String, remarks: Vec<String>, up: Vec<String>, down: Vec<String>) {
        let step = Step {
            slug: slug.clone(),
            remarks,
            up: self.limited(up),
            down: self.limited(down),
            concurrent: false,
        };
        self.batches.push(Batch { slug, steps: vec![step] });
    }

    /// Statements with a limit on how long they wait for locks.
    fn limited(&self, statements: Vec<String>) -> Vec<String> {
        if statements.is_empty() {
            return statements;
        }
        let mut out = vec![LOCK_TIMEOUT.to_owned()];
        out.extend(statements);
        if self.tool == Tool::Script {
            out.insert(0, "BEGIN".to_owned());
            out.push("COMMIT".to_owned());
        }
        out
    }

    /// Fills a tenant column of rows that are there: some pages of the table at a time, each time in a transaction of its
    /// own. What is written meanwhile is filled by the trigger.
    fn backfill(&mut self, new: &TenantColumn, of: &Name) {
        let (table, column) = (sql::table(of), ident(&new.column));
        let conditions: Vec<String> = new
            .pairs
            .iter()
            .map(|(own, theirs)| format!("parent.{} = r.{}", ident(theirs), ident(own)))
            .collect();
        let update = format!(
            "UPDATE {table} AS r SET {column} = parent.{}\nFROM {} AS parent\nWHERE {} AND r.{column} IS NULL",
            ident(&new.parent_column),
            sql::table(&new.parent),
            conditions.join(" AND ")
        );
        let slug = format!("fill_tenant_of_{}", slug(&of.to_string()));
        if self.tool.always_wraps() {
            self.locking(slug, Vec::new(), vec![update], Vec::new());
            return;
        }
        let update = format!(
            "{update}\n  AND r.ctid >= format('(%s,0)', page)::tid AND r.ctid < format('(%s,0)', page + {PAGES})::tid"
        );
        let body = format!(
            "\nDECLARE\n  page bigint := 0;\n  pages bigint := pg_relation_size({}) / \
             current_setting('block_size')::bigint;\nBEGIN\n  WHILE page <= pages LOOP\n{};\n    COMMIT;\n    page := page + \
             {PAGES};\n  END LOOP;\nEND\n",
            sql::literal(&sql::qualified(of)),
            update.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n"),
        );
        let step = Step {
            slug: slug.clone(),
            remarks: vec!["commits as it goes: a run that is broken off is continued by the next".to_owned()],
            up: vec![format!("DO {}", dollar_quoted(&body))],
            down: Vec::new(),
            concurrent: true,
        };
        self.batches.push(Batch { slug, steps: vec![step] });
    }

    /// Adds the steps of an index: those that no transaction may hold in one migration where the tool can, and without a
    /// limit, since such a build waits for transactions that hold nothing up.
    fn index(&mut self, steps: Vec<Step>) {
        for step in steps {
            if !step.concurrent {
                self.locking(step.slug, step.remarks, step.up, step.down);
                continue;
            }
            match self.batches.last_mut() {
                Some(last) if self.tool.splits_files() && last.steps.iter().all(|s| s.concurrent) => {
                    "add_tenant_keys".clone_into(&mut last.slug);
                    last.steps.push(step);
                }
                _ => self.batches.push(Batch { slug: step.slug.clone(), steps: vec![step] }),
            }
        }
    }
}

/// Tenant columns, with the triggers that fill them, before any rows that are there.
fn columns(hardening: &Hardening, plan: &mut Plan) {
    for new in &hardening.tenant_columns {
        let (table, column, slug) =
            (sql::table(&new.table), ident(&new.column), slug(&new.table.to_string()));
        let (trigger, function) = (ident(&new.trigger), sql::index_name(&new.table, &new.trigger));
        let conditions: Vec<String> = new
            .pairs
            .iter()
            .map(|(own, theirs)| format!("parent.{} = NEW.{}", ident(theirs), ident(own)))
            .collect();
        let body = format!(
            "\nBEGIN\n  -- sqlmoat: cross-tenant a row is whose its parent is\n  SELECT parent.{} INTO NEW.{column} FROM \
             {} AS parent WHERE {};\n  RETURN NEW;\nEND\n",
            ident(&new.parent_column),
            sql::qualified(&new.parent),
            conditions.join(" AND ")
        );
        let remarks = vec![format!(
            "{} names the tenant of its row of {}; the trigger fills it in for INSERTs that do not name it",
            line(&new.column),
            line(&new.parent.to_string())
        )];
        let up = vec![
            format!("ALTER TABLE {table} ADD COLUMN {column} {}", new.ty),
            format!(
                "CREATE FUNCTION {function}() RETURNS trigger\nLANGUAGE plpgsql\nAS {}",
                dollar_quoted(&body)
            ),
            format!(
                "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}\n  FOR EACH ROW WHEN (NEW.{column} IS NULL) \
                 EXECUTE FUNCTION {function}()"
            ),
        ];
        let down = vec![
            format!("DROP TRIGGER IF EXISTS {trigger} ON {table}"),
            format!("DROP FUNCTION IF EXISTS {function}()"),
            format!("ALTER TABLE {table} DROP COLUMN IF EXISTS {column}"),
        ];
        plan.locking(format!("add_tenant_of_{slug}"), remarks, up, down);
    }
    for new in &hardening.tenant_columns {
        for table in &new.stored_in {
            plan.backfill(new, table);
        }
    }
}

/// A body between tags that no name of the project ends.
fn dollar_quoted(body: &str) -> String {
    let mut tag = "$sqlmoat$".to_owned();
    while body.contains(&tag) {
        tag.insert(1, '_');
    }
    format!("{tag}{body}{tag}")
}

fn counting(hardening: &Hardening, plan: &mut Plan) {
    let Some(CountingFunction { body, before, counted: _ }) = &hardening.count else { return };
    let create = |word: &str, body: &str| {
        format!(
            "{word} FUNCTION {COUNT}()\nRETURNS TABLE (reference text, refers_to text, cross_tenant bigint, unverifiable \
             bigint)\nLANGUAGE sql STABLE SET search_path = '' SET row_security = off\nAS {}",
            dollar_quoted(body)
        )
    };
    let (up, down) = match before {
        None => (create("CREATE", body), format!("DROP FUNCTION IF EXISTS {COUNT}()")),
        Some(before) => (create("CREATE OR REPLACE", body), create("CREATE OR REPLACE", before)),
    };
    let step = Step {
        slug: format!("add_{COUNT}"),
        remarks: vec![
            format!("SELECT * FROM {COUNT}() WHERE cross_tenant > 0 OR unverifiable > 0: before and after the rest"),
            "it reads rows of all tenants: only its owner may call it, and where row security would hide rows it fails"
                .to_owned(),
        ],
        up: vec![up, format!("REVOKE ALL ON FUNCTION {COUNT}() FROM PUBLIC")],
        down: vec![down],
        concurrent: false,
    };
    plan.batches.push(Batch { slug: step.slug.clone(), steps: vec![step] });
}

fn not_null(hardening: &Hardening, plan: &mut Plan) {
    let each = || {
        hardening.not_null.iter().map(|column| {
            let (table, check) = (sql::table(&column.table), ident(&column.check));
            (column, slug(&column.table.to_string()), table, check)
        })
    };
    for (column, slug, table, check) in each().filter(|(column, ..)| !column.stands) {
        let name = ident(&column.column);
        plan.locking(
            format!("check_tenant_of_{slug}"),
            column.remarks.iter().map(|remark| line(remark)).collect(),
            vec![format!("ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID")],
            vec![format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}")],
        );
    }
    for (_, slug, table, check) in each().filter(|(column, ..)| !column.is_validated) {
        plan.locking(
            format!("validate_tenant_of_{slug}"),
            Vec::new(),
            vec![format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}")],
            Vec::new(),
        );
    }
    for (column, slug, table, check) in each() {
        let name = ident(&column.column);
        let mut up = vec![format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")];
        if !column.stands {
            up.push(format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}"));
        }
        plan.locking(
            format!("require_tenant_of_{slug}"),
            Vec::new(),
            up,
            vec![format!("ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL")],
        );
    }
}

fn row_security(hardening: &Hardening, plan: &mut Plan) {
    for RowSecurity { table: of, enable, force, policies, remarks } in &hardening.row_security {
        let table = sql::table(of);
        let mut up: Vec<String> = policies
            .iter()
            .map(|new| format!("CREATE POLICY {} ON {table}{}", ident(&new.name), policy(new)))
            .collect();
        let mut down = Vec::new();
        for (asked, word, back) in [(enable, "ENABLE", "DISABLE"), (force, "FORCE", "NO FORCE")] {
            if *asked {
                up.push(format!("ALTER TABLE {table} {word} ROW LEVEL SECURITY"));
                down.push(format!("ALTER TABLE {table} {back} ROW LEVEL SECURITY"));
            }
        }
        down.reverse();
        down.extend(
            policies.iter().map(|new| format!("DROP POLICY IF EXISTS {} ON {table}", ident(&new.name))),
        );
        let remarks = remarks.iter().map(|remark| line(remark)).collect();
        plan.locking(format!("protect_rows_of_{}", slug(&of.to_string())), remarks, up, down);
    }
}

/// What stands behind the table in CREATE POLICY.
pub fn policy(new: &NewPolicy) -> String {
    let reads = if new.reads { " FOR SELECT" } else { "" };
    let check = new.check.as_ref().map_or_else(String::new, |check| format!("\n  WITH CHECK ({check})"));
    format!("{reads}\n  USING ({}){check}", new.using)
}

fn keys(hardening: &Hardening, plan: &mut Plan) {
    for (key, unique) in indexes(hardening) {
        plan.index(index(key, unique, plan.tool));
    }
    for key in hardening.unique_keys.iter().filter(|key| key.partitions.is_none()) {
        let (table, name) = (sql::table(&key.table), ident(&key.name));
        plan.locking(
            format!("use_{}", slug(&key.name)),
            Vec::new(),
            vec![format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")],
            vec![format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")],
        );
    }
    for (table, keys) in by_table(&hardening.foreign_keys) {
        let list: Vec<String> = keys.iter().flat_map(|key| added(table, key)).collect();
        if !list.is_empty() {
            plan.locking(
                format!("add_tenant_references_of_{}", slug(&table.to_string())),
                keys.iter().flat_map(|key| said(key)).collect(),
                list,
                keys.iter().rev().flat_map(|key| removed(table, key)).collect(),
            );
        }
    }
    for (table, keys) in by_table(&hardening.foreign_keys) {
        let validated = keys.iter().flat_map(|key| validated(table, key)).collect();
        plan.locking(
            format!("validate_tenant_references_of_{}", slug(&table.to_string())),
            Vec::new(),
            validated,
            Vec::new(),
        );
        for key in keys.iter().filter(|key| key.partitions.is_some()) {
            let (name, target) = (ident(&key.name), sql::table(table));
            plan.locking(
                format!("add_{}", slug(&key.name)),
                vec![
                    "takes over the keys of the partitions, which are validated: it reads no row of theirs"
                        .to_owned(),
                ],
                vec![format!("ALTER TABLE {target} ADD CONSTRAINT {name} {}", foreign_key(key))],
                vec![format!("ALTER TABLE {target} DROP CONSTRAINT IF EXISTS {name}")],
            );
        }
        for key in keys.iter().filter(|key| key.replaces) {
            let (name, table) = (ident(&key.plain.name), sql::table(table));
            plan.locking(
                format!("drop_{}", slug(&key.plain.name)),
                vec![format!("{} does all that it does", line(&key.name))],
                vec![format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")],
                plain_again(&table, key),
            );
        }
    }
    for Unvalidated { name, table, declared: _ } in &hardening.unvalidated {
        plan.locking(
            format!("validate_{}", slug(name)),
            Vec::new(),
            vec![format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", sql::table(table), ident(name))],
            Vec::new(),
        );
    }
}

/// The indexes of keys, and whether each is unique.
pub fn indexes(hardening: &Hardening) -> impl Iterator<Item = (&KeyIndex, bool)> {
    let unique = hardening.unique_keys.iter().map(|key| (key, true));
    unique.chain(hardening.indexes.iter().map(|index| (index, false)))
}

fn index(key: &KeyIndex, unique: bool, tool: Tool) -> Vec<Step> {
    let columns: Vec<String> = key.columns.iter().map(|c| ident(c)).collect();
    let tail = format!("({})", columns.join(", "));
    let build = Build {
        unique,
        name: &key.name,
        table: &key.table,
        tail: &tail,
        partitions: key.partitions.as_deref(),
        remarks: vec![key.purpose.to_owned()],
    };
    create(build, tool.always_wraps())
}

/// Keys by their table, in order.
fn by_table(keys: &[TenantKey]) -> Vec<(&Name, Vec<&TenantKey>)> {
    let mut out: Vec<(&Name, Vec<&TenantKey>)> = Vec::new();
    for key in keys {
        match out.last_mut().filter(|(table, _)| **table == key.table) {
            Some((_, list)) => list.push(key),
            None => out.push((&key.table, vec![key])),
        }
    }
    out
}

/// `FOREIGN KEY (a, b) REFERENCES t (a, b)` with its actions.
pub fn foreign_key(key: &TenantKey) -> String {
    let idents = |names: &[String]| names.iter().map(|n| ident(n)).collect::<Vec<_>>().join(", ");
    format!(
        "FOREIGN KEY ({}) REFERENCES {} ({}){}",
        idents(&key.columns),
        sql::table(&key.target),
        idents(&key.target_columns),
        key.actions
    )
}

/// The tables that get the constraint, with its name there: the partitions of a partitioned one, which cannot have it
/// NOT VALID itself.
fn places<'k>(table: &'k Name, key: &'k TenantKey) -> Vec<(&'k Name, &'k str)> {
    match &key.partitions {
        Some(parts) => parts.iter().map(|(table, name)| (table, name.as_str())).collect(),
        None => vec![(table, key.name.as_str())],
    }
}

fn added(table: &Name, key: &TenantKey) -> Vec<String> {
    let add = |(table, name): (&Name, &str)| {
        let (table, name) = (sql::table(table), ident(name));
        format!("ALTER TABLE {table} ADD CONSTRAINT {name} {} NOT VALID", foreign_key(key))
    };
    places(table, key).into_iter().map(add).collect()
}

fn removed(table: &Name, key: &TenantKey) -> Vec<String> {
    let drop = |(table, name): (&Name, &str)| {
        format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", sql::table(table), ident(name))
    };
    places(table, key).into_iter().map(drop).collect()
}

fn validated(table: &Name, key: &TenantKey) -> Vec<String> {
    let validate = |(table, name): (&Name, &str)| {
        format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", sql::table(table), ident(name))
    };
    places(table, key).into_iter().map(validate).collect()
}

/// The plain key as it was.
fn plain_again(table: &str, key: &TenantKey) -> Vec<String> {
    let (name, definition) = (ident(&key.plain.name), &key.plain.definition);
    if key.partitions.is_some() || key.plain.of_partitions {
        return vec![format!("ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {definition}")];
    }
    vec![
        format!("ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {definition} NOT VALID"),
        format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"),
    ]
}

/// What is said of a key above its statement.
fn said(key: &TenantKey) -> Vec<String> {
    let columns = key.plain.columns.join("+");
    let mut out = vec![format!("carries the tenant beside {}", line(&columns))];
    out.extend(key.remarks.iter().map(|remark| line(remark)));
    out
}

fn remarks(hardening: &Hardening, chain: &Toolchain) -> Vec<String> {
    let mut out = Vec::new();
    if hardening.is_empty() {
        return out;
    }
    if !hardening.foreign_keys.is_empty()
        || !hardening.unvalidated.is_empty()
        || !hardening.not_null.is_empty()
    {
        out.push(format!(
            "VALIDATE CONSTRAINT fails where a row refers to another tenant's already, or has none: such rows must be \
             mended before; `SELECT * FROM {COUNT}()` counts them"
        ));
    }
    out.extend(of_row_security(hardening));
    if chain.tool.always_wraps() {
        out.push(
            "Drizzle runs all new migrations in one transaction: apply these one release at a time, or locks are held \
             while rows are read. Indexes lock their tables while they are built; on a large table run the statement \
             with CONCURRENTLY by hand before, and the migration finds the index there. Drizzle applies what \
             `meta/_journal.json` lists: add an entry, or fill a file that `drizzle-kit generate --custom` makes"
                .to_owned(),
        );
    } else if indexes(hardening).next().is_some() {
        out.push(
            "a build with CONCURRENTLY that fails leaves an invalid index of that name: drop it before the next try"
                .to_owned(),
        );
    }
    for key in hardening.foreign_keys.iter().filter(|k| k.partitions.as_ref().is_some_and(Vec::is_empty)) {
        out.push(format!(
            "{} is partitioned, and the schema does not declare its partitions: the key of all of them is validated at \
             once, under a lock",
            line(&key.table.to_string())
        ));
    }
    if chain.tool == Tool::Flyway && indexes(hardening).next().is_some() {
        out.push(
            "Flyway's own lock makes CREATE INDEX CONCURRENTLY wait for ever unless \
             `flyway.postgresql.transactional.lock=false`"
                .to_owned(),
        );
    }
    out
}

/// What row security asks of the application.
pub fn of_row_security(hardening: &Hardening) -> Option<String> {
    if hardening.row_security.is_empty() {
        return None;
    }
    let sessions: Vec<&str> = hardening.sessions.iter().map(|s| s.expression.as_str()).collect();
    let by = if sessions.is_empty() { String::new() } else { format!(" by {}", sessions.join(" and ")) };
    let set: Vec<String> = sessions
        .iter()
        .filter_map(|expression| setting(expression))
        .map(|name| format!("SELECT set_config('{name}', $1, true)"))
        .collect();
    let set = if set.is_empty() { String::new() } else { format!(" (`{}`)", set.join("; ")) };
    Some(format!(
        "under forced row security a session that does not name its tenant{by} reads no row of any tenant and can write none, the \
         owner of the tables included: before these migrations are applied, let the application name it in every \
         transaction{set}, and let what works for all tenants run as a role with BYPASSRLS"
    ))
}
