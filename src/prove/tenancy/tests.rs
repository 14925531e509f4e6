//! Pairs around each boundary of the proof: what is isolated, and its near twin that leaks.

use std::sync::Arc;

use super::{Detail, TenancyModel, prove};
use crate::prove::ownership::classify;
use crate::prove::settings::{Membership, TenancySettings};
use crate::prove::verdict::{Because, DefectKind, Ground, OwnerStatus, Step, TenancyProof, Value, Verdict};
use crate::query::model::{BoundStatement, OccId};
use crate::source::{FileId, Fragment};
use crate::syntax::{self, Dialect};

/// Direct tables with plain and composite keys, an indirect chain, a nullable tenant column, a membership table.
const SCHEMA: &str = "
CREATE TABLE workspace (id bigint PRIMARY KEY, slug text NOT NULL UNIQUE, name text);
CREATE TABLE app_user (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE workspace_member (workspace_id bigint NOT NULL REFERENCES workspace (id),
    user_id bigint NOT NULL REFERENCES app_user (id), role text NOT NULL, PRIMARY KEY (workspace_id, user_id));
CREATE TABLE agent (id bigint PRIMARY KEY, workspace_id bigint NOT NULL REFERENCES workspace (id), name text NOT NULL,
    deleted_at timestamptz, UNIQUE (workspace_id, id));
CREATE UNIQUE INDEX agent_name ON agent (workspace_id, name) WHERE deleted_at IS NULL;
CREATE TABLE session (id bigint PRIMARY KEY, workspace_id bigint NOT NULL, agent_id bigint NOT NULL REFERENCES agent (id),
    status text, cost numeric, amount double precision);
CREATE TABLE task (id bigint PRIMARY KEY, workspace_id bigint NOT NULL, agent_id bigint, parent_id bigint,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id),
    FOREIGN KEY (workspace_id, parent_id) REFERENCES task (workspace_id, id));
CREATE TABLE event (id bigint PRIMARY KEY, session_id bigint NOT NULL REFERENCES session (id), kind text NOT NULL,
    pos int NOT NULL, UNIQUE (session_id, pos));
CREATE TABLE template (id bigint PRIMARY KEY, workspace_id bigint REFERENCES workspace (id), body text);
CREATE TABLE currency (code text PRIMARY KEY, name text);
CREATE VIEW live_agent AS SELECT id, workspace_id, name FROM agent WHERE deleted_at IS NULL;
CREATE VIEW named_agent AS SELECT * FROM agent WHERE name IS NOT NULL WITH CHECK OPTION;
CREATE VIEW per_status AS SELECT status, count(*) AS n, min(workspace_id) AS workspace_id FROM session GROUP BY status;
";

fn settings() -> TenancySettings {
    TenancySettings {
        columns: vec!["workspace_id".to_owned()],
        root: Some("workspace".to_owned()),
        root_keys: vec!["slug".to_owned()],
        shared: vec!["template".to_owned()],
        sets: true,
        membership: vec![Membership {
            table: "workspace_member".to_owned(),
            principal: "user_id".to_owned(),
            tenant: "workspace_id".to_owned(),
        }],
        session: vec!["current_setting('app.workspace_id')".to_owned()],
        ..TenancySettings::default()
    }
}

fn proof(sql: &str) -> TenancyProof {
    told(sql, Detail::Verdict).1
}

fn told(sql: &str, detail: Detail) -> (BoundStatement, TenancyProof) {
    told_in(SCHEMA, &settings(), sql, detail)
}

fn told_in(
    schema: &str,
    settings: &TenancySettings,
    sql: &str,
    detail: Detail,
) -> (BoundStatement, TenancyProof) {
    let fragment = |text: &str| Arc::new(Fragment::whole(FileId(0), Arc::from(text)));
    let schema = fragment(schema);
    let ddl = syntax::parse(&schema, Dialect::Postgres);
    let steps: Vec<_> = ddl.iter().map(|s| (Arc::clone(&schema), s)).collect();
    let (catalog, problems) = crate::schema::replay(Dialect::Postgres, &steps);
    assert!(problems.is_empty(), "{problems:?}");
    let ownership = classify(&catalog, settings);
    let model = TenancyModel::new(&catalog, &ownership, settings);
    let text = fragment(sql);
    let statements = syntax::parse(&text, Dialect::Postgres);
    assert_eq!(statements.len(), 1, "{sql}");
    let (bound, problems) = crate::query::bind(&catalog, &text, &statements[0]);
    assert!(problems.is_empty() && bound.gaps.is_empty(), "{sql}: {problems:?} {:?}", bound.gaps);
    let proof = prove(&model, &bound, detail);
    (bound, proof)
}

/// How each table of a statement stands: `s tied, e untied`.
fn statuses(sql: &str) -> String {
    let (bound, proof) = told(sql, Detail::Verdict);
    let of =
        |(occ, status): &(OccId, OwnerStatus)| format!("{} {}", bound.occurrence(*occ).alias, status.name());
    proof.occurrences.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn isolated(list: &[&str]) {
    for sql in list {
        let proof = proof(sql);
        assert_eq!(proof.verdict, Verdict::Isolated, "{sql}\n{:#?}", proof.defects);
    }
}

fn leaks(list: &[&str]) {
    for sql in list {
        assert_eq!(proof(sql).verdict, Verdict::Leaks, "{sql}");
    }
}

fn defect(sql: &str) -> DefectKind {
    let proof = proof(sql);
    assert_eq!(proof.defects.len(), 1, "{sql}\n{:#?}", proof.defects);
    proof.defects[0].kind.clone()
}

#[test]
fn filters() {
    isolated(&[
        "SELECT * FROM agent WHERE workspace_id = $1",
        "SELECT * FROM agent WHERE id = $2 AND (name = $3 OR name = $4) AND $1 = workspace_id",
        "SELECT * FROM agent WHERE NOT (workspace_id <> $1)",
        "SELECT * FROM agent WHERE (workspace_id, id) = ($1, $2)",
        "SELECT * FROM agent WHERE (workspace_id, id) IN (($1, $2), ($1, $3))",
        "SELECT * FROM agent WHERE workspace_id BETWEEN $1 AND $1",
        "SELECT * FROM agent WHERE workspace_id >= $1 AND workspace_id <= $1",
        "SELECT * FROM agent WHERE workspace_id = ANY($1::bigint[])",
        "SELECT * FROM agent WHERE (workspace_id = $1) IS TRUE",
        "SELECT * FROM agent WHERE CASE WHEN workspace_id = $1 THEN name = $2 ELSE false END",
        "SELECT * FROM agent WHERE workspace_id = (SELECT $1::bigint)",
        "SELECT * FROM agent WHERE workspace_id::text = $1::text",
        "SELECT * FROM agent WHERE workspace_id = NULLIF(current_setting('app.workspace_id', true), '')::bigint",
        "SELECT * FROM agent WHERE (workspace_id = $1 AND name = 'a') OR (workspace_id = $1 AND name = 'b')",
        "SELECT * FROM template WHERE workspace_id = $1 OR workspace_id IS NULL",
        "SELECT * FROM template WHERE COALESCE(workspace_id, $1) = $1",
        "SELECT * FROM template WHERE workspace_id IS NOT DISTINCT FROM $1",
        "SELECT * FROM workspace WHERE slug = $1",
        "SELECT a.* FROM agent a JOIN workspace w ON w.id = a.workspace_id WHERE w.slug = $1",
        "SELECT * FROM agent WHERE workspace_id - $1 = 0",
        "SELECT * FROM agent WHERE 0 = $1 - workspace_id",
        "SELECT * FROM agent WHERE NOT (workspace_id - $1 <> 0)",
        "SELECT * FROM agent WHERE (workspace_id = $1) = true",
        "SELECT * FROM agent WHERE COALESCE(workspace_id = $1, false)",
        "SELECT * FROM agent WHERE (workspace_id <> $1) IS NOT DISTINCT FROM false",
        "SELECT * FROM agent WHERE CASE workspace_id WHEN $1 THEN name = 'a' ELSE false END",
        "SELECT code FROM currency c WHERE EXISTS (SELECT 1 FROM agent a WHERE a.workspace_id = $1 AND a.name = c.name)",
    ]);
    leaks(&[
        "SELECT * FROM agent",
        "SELECT * FROM agent WHERE id = $1",
        "SELECT * FROM agent WHERE workspace_id <> $1",
        "SELECT * FROM agent WHERE workspace_id >= $1",
        "SELECT * FROM agent WHERE (workspace_id, id) >= ($1, $2)",
        "SELECT * FROM agent WHERE workspace_id = $1 OR name = $2",
        "SELECT * FROM agent WHERE NOT (workspace_id = $1)",
        "SELECT * FROM agent WHERE ($1::bigint IS NULL OR workspace_id = $1)",
        "SELECT * FROM agent WHERE workspace_id = COALESCE($1, workspace_id)",
        "SELECT * FROM agent WHERE (workspace_id = $1) IS NOT FALSE",
        "SELECT * FROM agent WHERE CASE WHEN workspace_id = $1 THEN name = $2 ELSE true END",
        "SELECT * FROM agent WHERE (workspace_id = $1) = false",
        "SELECT * FROM agent WHERE COALESCE(workspace_id = $1, true)",
        "SELECT * FROM agent WHERE (workspace_id = $1) <> true",
        "SELECT * FROM agent WHERE (workspace_id = $1) IS DISTINCT FROM false",
        "SELECT * FROM agent WHERE CASE workspace_id WHEN $1 THEN name = 'a' ELSE name = 'b' END",
        "SELECT * FROM agent WHERE workspace_id - $1 = 1",
        "SELECT * FROM agent WHERE workspace_id - $1 <> 0",
        "SELECT * FROM agent WHERE workspace_id + $1 = 0",
        "SELECT * FROM agent WHERE workspace_id - $1::numeric = 0",
        "SELECT * FROM agent WHERE workspace_id - $1 - id = 0",
        "SELECT * FROM agent WHERE workspace_id = id",
        "SELECT * FROM agent WHERE workspace_id = 7",
        "SELECT * FROM agent WHERE workspace_id <> ALL($1::bigint[])",
        "SELECT * FROM agent WHERE workspace_id = $1 OR workspace_id = $2",
        "SELECT * FROM agent WHERE workspace_id = $1::numeric",
        "SELECT * FROM agent a, session s WHERE a.workspace_id = $1 AND s.workspace_id = $2",
        "UPDATE template SET body = '' WHERE workspace_id = $1 OR workspace_id IS NULL",
        "DELETE FROM template WHERE workspace_id IS NOT DISTINCT FROM $1",
    ]);
}

#[test]
fn joins() {
    isolated(&[
        "SELECT * FROM session s JOIN agent a ON a.id = s.agent_id AND a.workspace_id = s.workspace_id WHERE s.workspace_id = $1",
        "SELECT * FROM session s JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1 AND a.workspace_id = $1",
        "SELECT * FROM task t JOIN agent a ON a.id = t.agent_id WHERE t.workspace_id = $1",
        "SELECT * FROM task t LEFT JOIN agent a ON a.id = t.agent_id WHERE t.workspace_id = $1",
        "SELECT e.* FROM event e JOIN session s ON s.id = e.session_id WHERE s.workspace_id = $1",
        "SELECT * FROM session s LEFT JOIN agent a ON a.id = s.agent_id AND a.workspace_id = s.workspace_id WHERE s.workspace_id = $1",
        "SELECT * FROM session s LEFT JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1 AND a.workspace_id = $1",
        "SELECT * FROM agent a FULL JOIN session s USING (workspace_id) WHERE workspace_id = $1",
        "SELECT s.id FROM session s JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1",
        "SELECT s.id FROM session s LEFT JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1",
        "SELECT a.id FROM agent a LEFT JOIN session s ON s.agent_id = a.id AND s.workspace_id = $1 WHERE a.workspace_id = $1 AND s.id IS NULL",
        "SELECT a.id FROM task a LEFT JOIN (task b LEFT JOIN task c ON c.parent_id = b.id) ON b.parent_id = a.id AND c.id IS NULL WHERE a.workspace_id = $1",
    ]);
    leaks(&[
        "SELECT * FROM session s JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1",
        "SELECT * FROM session s JOIN agent a ON a.id = s.agent_id WHERE a.workspace_id = $1",
        "SELECT * FROM session s LEFT JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1",
        "SELECT * FROM session s LEFT JOIN agent a ON a.id = s.agent_id AND s.workspace_id = $1 WHERE a.workspace_id = $1 OR a.id IS NULL",
        "SELECT * FROM agent a LEFT JOIN session s ON s.agent_id = a.id AND a.workspace_id = $1",
        "SELECT a.id FROM agent a LEFT JOIN session s ON s.agent_id = a.id WHERE a.workspace_id = $1 AND s.id IS NULL",
        // Conditions that choose among the rows of a join must not vouch for its absent side.
        "SELECT a.id FROM agent a LEFT JOIN session s ON s.agent_id = a.id JOIN task t ON t.workspace_id = a.workspace_id AND s.id IS NULL WHERE a.workspace_id = $1",
        "SELECT a.id FROM agent a LEFT JOIN session s ON s.agent_id = a.id LEFT JOIN task t ON t.workspace_id = a.workspace_id AND s.id IS NULL WHERE a.workspace_id = $1 AND t.id > 0",
        "SELECT a.id FROM task a LEFT JOIN (agent b LEFT JOIN session c ON c.agent_id = b.id) ON b.workspace_id = a.workspace_id AND c.id IS NULL WHERE a.workspace_id = $1",
        "SELECT * FROM agent a FULL JOIN session s ON a.id = s.agent_id WHERE a.workspace_id = $1 OR s.workspace_id = $1",
        "SELECT count(*) FROM agent a JOIN session s ON s.agent_id = a.id WHERE a.workspace_id = $1",
        "SELECT * FROM session s JOIN agent a ON a.workspace_id = s.cost AND a.id = s.agent_id WHERE s.workspace_id = $1",
    ]);
}

#[test]
fn subqueries() {
    isolated(&[
        "SELECT * FROM event WHERE session_id IN (SELECT id FROM session WHERE workspace_id = $1)",
        "SELECT * FROM event e WHERE EXISTS (SELECT 1 FROM session s WHERE s.id = e.session_id AND s.workspace_id = $1)",
        "SELECT a.id, (SELECT count(*) FROM task t WHERE t.agent_id = a.id AND t.workspace_id = a.workspace_id) FROM agent a WHERE a.workspace_id = $1",
        "SELECT * FROM agent a WHERE a.workspace_id = $1 AND NOT EXISTS (SELECT 1 FROM session s WHERE s.agent_id = a.id AND s.workspace_id = $1)",
        "SELECT * FROM agent WHERE id = (SELECT max(id) FROM agent WHERE workspace_id = $1)",
        "SELECT * FROM agent WHERE id = ANY (ARRAY(SELECT id FROM agent WHERE workspace_id = $1))",
        "SELECT * FROM event WHERE session_id = (SELECT id FROM session WHERE workspace_id = $1 ORDER BY id LIMIT 1)",
    ]);
    leaks(&[
        "SELECT * FROM event WHERE session_id NOT IN (SELECT id FROM session WHERE workspace_id = $1)",
        "SELECT * FROM event e WHERE EXISTS (SELECT 1 FROM session s WHERE s.workspace_id = $1)",
        "SELECT * FROM agent a WHERE a.workspace_id = $1 AND NOT EXISTS (SELECT 1 FROM session s WHERE s.agent_id = a.id)",
        "SELECT a.id, (SELECT count(*) FROM session s WHERE s.agent_id = a.id) FROM agent a WHERE a.workspace_id = $1",
        "SELECT * FROM agent WHERE workspace_id = $1 AND id = (SELECT max(id) FROM agent)",
        "SELECT * FROM agent WHERE workspace_id = (SELECT workspace_id FROM session WHERE id = $1)",
        "SELECT (SELECT count(*) FROM agent) FROM agent WHERE workspace_id = $1",
        "SELECT * FROM event e WHERE EXISTS (SELECT count(*) FROM session s WHERE s.id = e.session_id AND s.workspace_id = $1)",
    ]);
}

#[test]
fn blocks_that_combine_rows() {
    isolated(&[
        "SELECT workspace_id, count(*) FROM session GROUP BY workspace_id HAVING workspace_id = $1",
        "SELECT * FROM (SELECT workspace_id, count(*) AS n FROM session GROUP BY workspace_id) x WHERE x.workspace_id = $1",
        "SELECT count(*) FROM session WHERE workspace_id = $1",
        "SELECT count(*) FILTER (WHERE workspace_id = $1) FROM session",
        "SELECT * FROM (SELECT id, workspace_id, rank() OVER (PARTITION BY workspace_id ORDER BY cost) AS r FROM session) x WHERE x.workspace_id = $1",
        "SELECT * FROM (SELECT DISTINCT workspace_id, status FROM session) x WHERE x.workspace_id = $1",
        "SELECT * FROM (SELECT DISTINCT ON (workspace_id) workspace_id, id FROM session ORDER BY workspace_id, id) x WHERE x.workspace_id = $1",
        "SELECT * FROM (SELECT id, workspace_id FROM agent UNION ALL SELECT id, workspace_id FROM session) x WHERE x.workspace_id = $1",
        "SELECT id FROM agent WHERE workspace_id = $1 UNION SELECT id FROM session WHERE workspace_id = $1",
        "WITH RECURSIVE t AS (SELECT id, workspace_id, parent_id FROM task WHERE workspace_id = $1 AND id = $2 UNION ALL SELECT c.id, c.workspace_id, c.parent_id FROM task c JOIN t ON c.parent_id = t.id AND c.workspace_id = t.workspace_id) SELECT * FROM t",
        "WITH RECURSIVE t AS (SELECT id, workspace_id, parent_id FROM task WHERE workspace_id = $1 UNION ALL SELECT c.id, c.workspace_id, c.parent_id FROM task c JOIN t ON t.parent_id = c.id) SELECT * FROM t",
        "SELECT * FROM (SELECT id FROM session WHERE workspace_id = $1 ORDER BY id LIMIT 5) x",
        "WITH d AS (SELECT * FROM agent) SELECT id FROM d WHERE workspace_id = $1",
    ]);
    leaks(&[
        "SELECT count(*) FROM session HAVING min(workspace_id) = $1",
        "SELECT * FROM (SELECT min(workspace_id) AS w, count(*) AS n FROM session GROUP BY status) x WHERE x.w = $1",
        "SELECT count(*) FILTER (WHERE workspace_id = $1), sum(cost) FROM session",
        "SELECT * FROM (SELECT id, workspace_id, rank() OVER (ORDER BY cost) AS r FROM session) x WHERE x.workspace_id = $1",
        "SELECT * FROM (SELECT DISTINCT ON (status) workspace_id, id FROM session ORDER BY status, id) x WHERE x.workspace_id = $1",
        "SELECT * FROM (SELECT id, workspace_id FROM session ORDER BY id LIMIT 5) x WHERE x.workspace_id = $1",
        "SELECT * FROM (SELECT id, workspace_id FROM agent UNION ALL SELECT id, agent_id FROM session) x WHERE x.workspace_id = $1",
        "SELECT id FROM agent WHERE workspace_id = $1 UNION SELECT id FROM session",
        "WITH RECURSIVE t AS (SELECT id, agent_id FROM session WHERE workspace_id = $1 UNION ALL SELECT c.id, c.agent_id FROM session c JOIN t ON c.agent_id = t.id) SELECT * FROM t",
        "SELECT workspace_id, status, count(*) FROM session GROUP BY ROLLUP (workspace_id, status) HAVING workspace_id = $1 OR workspace_id IS NULL",
        "SELECT n FROM per_status WHERE workspace_id = $1",
        "WITH d AS (SELECT id FROM agent WHERE workspace_id = $1) SELECT * FROM public.agent d",
    ]);
}

#[test]
fn writes() {
    isolated(&[
        "UPDATE agent SET name = 'x' WHERE id = $2 AND workspace_id = $1",
        "DELETE FROM event e USING session s WHERE s.id = e.session_id AND s.workspace_id = $1",
        "INSERT INTO agent (id, workspace_id, name) VALUES ($2, $1, 'a'), ($3, $1, 'b')",
        "INSERT INTO event (id, session_id, kind, pos) SELECT $3, s.id, 'x', 1 FROM session s WHERE s.id = $2 AND s.workspace_id = $1",
        "INSERT INTO agent (id, workspace_id, name) VALUES ($2, $1, 'a') ON CONFLICT (workspace_id, name) WHERE deleted_at IS NULL DO UPDATE SET name = excluded.name",
        "WITH gone AS (DELETE FROM agent WHERE workspace_id = $1 RETURNING id, workspace_id, name) INSERT INTO agent (id, workspace_id, name) SELECT id, workspace_id, name FROM gone",
        "WITH s AS (INSERT INTO session (id, workspace_id, agent_id) VALUES ($2, $1, $3) RETURNING id) INSERT INTO event (id, session_id, kind, pos) SELECT 1, s.id, 'x', 0 FROM s",
        "UPDATE session SET status = 'done' WHERE id IN (SELECT id FROM session WHERE workspace_id = $1 ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED)",
        "MERGE INTO agent a USING (SELECT $2::bigint AS id, $1::bigint AS workspace_id) v ON a.id = v.id AND a.workspace_id = v.workspace_id WHEN MATCHED THEN UPDATE SET name = 'x' WHEN NOT MATCHED THEN INSERT (id, workspace_id, name) VALUES (v.id, v.workspace_id, 'x')",
        "MERGE INTO session s USING agent a ON a.id = s.agent_id WHEN MATCHED AND s.workspace_id = $1 AND a.workspace_id = $1 THEN UPDATE SET status = 'x'",
        "UPDATE live_agent SET name = 'x' WHERE workspace_id = $1",
        "UPDATE named_agent SET name = 'x' WHERE workspace_id = $1",
        "UPDATE named_agent SET workspace_id = $1 WHERE workspace_id = $1",
        "INSERT INTO workspace (id, slug) VALUES ($1, $2)",
    ]);
    leaks(&[
        "UPDATE agent SET name = 'x' WHERE id = $1",
        "UPDATE agent SET workspace_id = $2 WHERE id = $3 AND workspace_id = $1",
        "DELETE FROM event WHERE id = $1",
        "INSERT INTO agent (id, name) VALUES ($1, 'a')",
        "INSERT INTO agent (id, workspace_id, name) SELECT $1, workspace_id, 'a' FROM session WHERE id = $2",
        "INSERT INTO event (id, session_id, kind, pos) VALUES ($1, $2, 'x', 1)",
        "INSERT INTO agent (id, workspace_id, name) VALUES ($2, $1, 'a') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "UPDATE event SET session_id = $3 WHERE session_id IN (SELECT id FROM session WHERE workspace_id = $1)",
        "WITH gone AS (DELETE FROM agent WHERE id = $1 RETURNING id) SELECT * FROM gone",
        "UPDATE session SET status = 'done' WHERE id IN (SELECT id FROM session ORDER BY id LIMIT 5)",
        "MERGE INTO agent a USING (SELECT $2::bigint AS id) v ON a.id = v.id WHEN MATCHED THEN UPDATE SET name = 'x'",
        "MERGE INTO session s USING agent a ON a.id = s.agent_id WHEN MATCHED AND s.workspace_id = $1 THEN UPDATE SET status = a.name",
        "INSERT INTO agent (id, workspace_id, name) SELECT u.id, u.w, 'a' FROM unnest($1::bigint[], $2::bigint[]) AS u(id, w)",
        "UPDATE live_agent SET name = 'x' WHERE id = $1",
        "UPDATE named_agent SET workspace_id = 2 WHERE workspace_id = $1",
        "UPDATE named_agent SET workspace_id = length(name) WHERE workspace_id = $1",
        "TRUNCATE agent",
        "COPY agent TO STDOUT",
    ]);
}

#[test]
fn memberships() {
    isolated(&[
        "SELECT a.* FROM agent a JOIN workspace_member m ON m.workspace_id = a.workspace_id WHERE m.user_id = $1",
        "SELECT * FROM agent WHERE workspace_id IN (SELECT workspace_id FROM workspace_member WHERE user_id = $1)",
    ]);
    leaks(&[
        "SELECT a.* FROM agent a LEFT JOIN workspace_member m ON m.workspace_id = a.workspace_id AND m.user_id = $1",
        "SELECT * FROM agent WHERE workspace_id NOT IN (SELECT workspace_id FROM workspace_member WHERE user_id = $1)",
        "SELECT a.* FROM agent a JOIN workspace_member m ON m.workspace_id = a.id WHERE m.user_id = $1",
    ]);
}

#[test]
fn a_row_without_an_inner_tenant_is_its_outer_tenants() {
    let schema = "
CREATE TABLE organization (id bigint PRIMARY KEY);
CREATE TABLE project (id bigint PRIMARY KEY, organization_id bigint NOT NULL REFERENCES organization (id));
CREATE TABLE doc (id bigint PRIMARY KEY, project_id bigint REFERENCES project (id), organization_id bigint);
";
    let levels = TenancySettings {
        columns: vec!["project_id".to_owned(), "organization_id".to_owned()],
        ..TenancySettings::default()
    };
    let verdict = |sql: &str| told_in(schema, &levels, sql, Detail::Verdict).1.verdict;
    assert_eq!(verdict("SELECT * FROM doc WHERE project_id = $1 OR project_id IS NULL"), Verdict::Leaks);
    assert_eq!(
        verdict("SELECT * FROM doc WHERE project_id IS NULL AND organization_id = $1"),
        Verdict::Isolated
    );
    assert_eq!(
        verdict("SELECT * FROM doc WHERE project_id IS NULL AND organization_id IS NULL"),
        Verdict::Isolated
    );
}

#[test]
fn the_most_specific_explanation_speaks() {
    assert_eq!(defect("SELECT * FROM agent"), DefectKind::MissingTenantFilter);
    assert!(matches!(defect("SELECT * FROM agent WHERE id = $1"), DefectKind::KeyOnlyAccess { .. }));
    assert!(matches!(
        defect("SELECT * FROM session s JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1"),
        DefectKind::UnverifiedJoin { stored_reference: Some(_), .. }
    ));
    assert!(matches!(
        defect("SELECT * FROM agent a JOIN session s ON s.agent_id = a.id WHERE a.workspace_id = $1"),
        DefectKind::UnverifiedJoin { stored_reference: None, .. }
    ));
    assert!(matches!(
        defect("SELECT * FROM agent WHERE ($1::bigint IS NULL OR workspace_id = $1)"),
        DefectKind::OptionalTenantFilter { .. }
    ));
    assert!(matches!(
        defect("SELECT * FROM agent WHERE workspace_id = $1 OR name = 'x'"),
        DefectKind::TenantFilterEscape { .. }
    ));
    assert!(matches!(
        defect("SELECT * FROM agent WHERE workspace_id = 7"),
        DefectKind::HardcodedTenant { .. }
    ));
    assert!(matches!(
        defect("SELECT * FROM agent WHERE workspace_id = $1 OR workspace_id = $2"),
        DefectKind::MismatchedTenants { .. }
    ));
    assert!(matches!(
        defect("INSERT INTO agent (id, name) VALUES ($1, 'a')"),
        DefectKind::InsertWithoutTenant { given: false }
    ));
    assert!(matches!(
        defect(
            "SELECT * FROM (SELECT id, workspace_id FROM session ORDER BY id LIMIT 5) x WHERE x.workspace_id = $1"
        ),
        DefectKind::LateTenantFilter { .. }
    ));
    assert!(matches!(
        defect(
            "SELECT * FROM (SELECT agent_id, min(workspace_id) AS w FROM session GROUP BY agent_id) x WHERE x.w = $1"
        ),
        DefectKind::LateTenantFilter { .. }
    ));
    // Without a filter behind it, a combination of rows is not what is wrong.
    assert_eq!(
        defect("SELECT (SELECT count(*) FROM session), name FROM agent WHERE workspace_id = $1"),
        DefectKind::MissingTenantFilter
    );
    assert!(matches!(
        defect(
            "SELECT a.id, n.n FROM agent a LEFT JOIN LATERAL \
             (SELECT count(*) AS n FROM session s WHERE s.agent_id = a.id) n ON true WHERE a.workspace_id = $1"
        ),
        DefectKind::UnverifiedJoin { .. }
    ));
    assert!(matches!(
        defect("SELECT n FROM per_status WHERE workspace_id = $1"),
        DefectKind::MixedTenantView { .. }
    ));
}

#[test]
fn a_row_that_is_only_anchored_stands_as_the_row_that_it_is_anchored_to() {
    let exists =
        "SELECT s.id FROM session s WHERE EXISTS (SELECT 1 FROM event e WHERE e.session_id = s.id) AND";
    assert_eq!(statuses(&format!("{exists} s.id = $1")), "s untied, e untied");
    assert_eq!(statuses(&format!("{exists} s.workspace_id = $1")), "s tied, e tied");
    let outer = "SELECT s.id, e.id FROM session s LEFT JOIN event e ON e.session_id = s.id WHERE";
    assert_eq!(statuses(&format!("{outer} s.id = $1")), "s untied, e untied");
    assert_eq!(statuses(&format!("{outer} s.workspace_id = $1")), "s tied, e tied");
    // Tied by itself, whatever becomes of the row around it.
    let own = "SELECT e.id FROM event e, session s WHERE s.id = e.session_id AND s.workspace_id = $1";
    let sql = format!("SELECT a.id FROM agent a WHERE a.id = $2 AND a.id IN ({own})");
    assert_eq!(statuses(&sql), "a untied, e tied, s tied");
}

#[test]
fn a_view_stands_as_the_worst_of_its_tables() {
    assert_eq!(statuses("SELECT id FROM live_agent WHERE workspace_id = $1"), "live_agent tied, agent tied");
    assert_eq!(statuses("SELECT id FROM live_agent WHERE id = $1"), "live_agent untied, agent untied");
}

#[test]
fn derivations_name_predicates_and_declarations() {
    let sql = "SELECT e.id FROM event e JOIN session s ON s.id = e.session_id WHERE s.workspace_id = $1";
    assert!(proof(sql).derivations.is_empty(), "they are told on demand only");
    let (bound, proof) = told(sql, Detail::Derivations);
    let (event, session) = (OccId(0), OccId(1));
    let of_event = proof.derivations.iter().find(|d| d.occ == event).unwrap();
    let [steps] = of_event.cases.as_slice() else { panic!("{of_event:#?}") };
    let text = |span: crate::source::Span| bound.fragment.text[span.range()].to_owned();
    let [
        Step::Same { left: Value::Column(l, _), right: Value::Column(r, _), by: on },
        Step::Same { left: Value::Owner(owner), right: Value::Column(named, _), by: keys },
        Step::Same { right: Value::Param(_), by: filter, .. },
        Step::Tenant { value: Value::Param(_), because: Because::Compared(..) },
    ] = steps.as_slice()
    else {
        panic!("{steps:#?}")
    };
    assert_eq!((*l, *r, *owner, *named), (event, session, event, session));
    assert!(matches!(on.as_slice(), [Ground::Predicate(at)] if text(*at) == "s.id = e.session_id"));
    assert!(matches!(keys.as_slice(), [Ground::Parent(_), Ground::Key(_)]), "{keys:?}");
    assert!(matches!(filter.as_slice(), [Ground::Predicate(at)] if text(*at) == "s.workspace_id = $1"));
}

/// The kinds of the steps for each table that is tied, cases apart.
fn kinds(sql: &str) -> Vec<String> {
    let (bound, proof) = told(sql, Detail::Derivations);
    let kind = |step: &Step| match step {
        Step::Same { by, .. } => match by.first() {
            Some(Ground::Predicate(_)) => "predicate",
            Some(Ground::Key(_)) => "key",
            Some(Ground::Reference(_)) => "reference",
            Some(Ground::Parent(_)) => "parent",
            Some(Ground::Output) => "output",
            Some(Ground::Returned) => "returned",
            Some(Ground::Written(_)) => "written",
            Some(Ground::Arbiter(_)) => "arbiter",
            None => "nothing",
        },
        Step::Tenant { because: Because::RootKey(..), .. } => "root-key",
        Step::Tenant { because: Because::Session, .. } => "session",
        Step::Tenant { .. } => "tenant",
        Step::Member { .. } => "member",
        Step::Shared { .. } => "shared",
        Step::Anchored { .. } => "anchored",
        Step::Idle => "idle",
        Step::NewTenant => "new-tenant",
        Step::Default { .. } => "default",
        Step::Kept { .. } => "kept",
    };
    let words = |steps: &Vec<Step>| steps.iter().map(kind).collect::<Vec<_>>().join(" ");
    let cases = |cases: &[Vec<Step>]| cases.iter().map(words).collect::<Vec<_>>().join(" | ");
    proof
        .derivations
        .iter()
        .map(|d| format!("{}: {}", bound.occurrence(d.occ).alias, cases(&d.cases)))
        .collect()
}

#[test]
fn every_way_to_be_tied_is_told() {
    for (sql, expected) in [
        ("SELECT id FROM agent WHERE workspace_id = $1", vec!["agent: predicate tenant"]),
        ("SELECT id FROM agent WHERE workspace_id = ANY($1::bigint[])", vec!["agent: predicate tenant"]),
        (
            "SELECT id FROM template WHERE workspace_id = $1 OR workspace_id IS NULL",
            vec!["template: predicate tenant | shared"],
        ),
        ("SELECT id FROM workspace WHERE slug = $1", vec!["workspace: key predicate root-key"]),
        (
            "SELECT id FROM agent WHERE workspace_id = current_setting('app.workspace_id')::bigint",
            vec!["agent: predicate session"],
        ),
        (
            "SELECT a.id FROM agent a JOIN workspace_member m ON m.workspace_id = a.workspace_id WHERE m.user_id = $1",
            vec!["a: predicate member", "m: member"],
        ),
        (
            "SELECT a.name FROM task t JOIN agent a ON a.id = t.agent_id WHERE t.workspace_id = $1",
            vec!["t: predicate tenant", "a: predicate key predicate tenant"],
        ),
        (
            "SELECT s.id FROM session s JOIN agent a ON a.id = s.agent_id WHERE s.workspace_id = $1",
            vec!["s: predicate tenant", "a: idle"],
        ),
        (
            "SELECT b.name FROM agent a JOIN agent b ON b.id = a.id WHERE a.workspace_id = $1",
            vec!["a: predicate tenant", "b: predicate key predicate tenant"],
        ),
        (
            "WITH m AS (SELECT id, workspace_id AS w FROM session) SELECT id FROM m WHERE w = $1",
            vec!["session: output predicate tenant"],
        ),
        ("INSERT INTO agent (id, workspace_id, name) VALUES ($1, $2, 'a')", vec!["agent: output tenant"]),
        ("INSERT INTO workspace (id, slug) VALUES ($1, $2)", vec!["workspace: new-tenant"]),
        (
            "WITH s AS (UPDATE session SET status = 'a' WHERE id = $2 AND workspace_id = $1 RETURNING id)
             DELETE FROM event e USING s WHERE e.session_id = s.id",
            vec!["session: predicate tenant", "e: predicate parent tenant"],
        ),
        (
            "INSERT INTO event (id, session_id, kind, pos) SELECT $1, s.id, 'a', 1 FROM session s WHERE s.workspace_id = $2",
            vec!["event: parent key predicate tenant", "s: predicate tenant"],
        ),
        (
            "INSERT INTO task (id, workspace_id) VALUES ($1, $2) ON CONFLICT (workspace_id, id) DO UPDATE SET agent_id = NULL",
            vec!["task: output tenant", "task: arbiter tenant"],
        ),
        (
            "SELECT s.id FROM session s WHERE s.workspace_id = $1 AND EXISTS (SELECT 1 FROM event e WHERE e.session_id = s.id)",
            vec!["s: predicate tenant", "e: predicate parent predicate tenant"],
        ),
        ("SELECT id FROM agent WHERE workspace_id = $1 AND false", vec!["agent: "]),
    ] {
        assert_eq!(kinds(sql), expected, "{sql}");
    }
}
