//! Roles, privileges, and row security that a statement may have switched.

use super::clean;

#[test]
fn roles_and_privileges_are_kept_until_they_are_taken() {
    let catalog = clean(
        "CREATE TABLE a (id int); CREATE TABLE b (id int);
         CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE ROLE job BYPASSRLS; CREATE USER boss WITH SUPERUSER PASSWORD 'x'; ALTER ROLE boss NOSUPERUSER;
         GRANT SELECT (id), INSERT ON a, public.b TO app, PUBLIC;
         REVOKE INSERT ON TABLE a FROM app;
         REVOKE ALL PRIVILEGES ON b FROM app, public;
         GRANT ALL ON ALL TABLES IN SCHEMA public TO app;
         ALTER DEFAULT PRIVILEGES FOR ROLE boss IN SCHEMA public GRANT SELECT ON TABLES TO app;
         REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC;
         GRANT job TO app WITH ADMIN OPTION;
         GRANT USAGE ON SCHEMA public TO app",
    );
    let roles: Vec<_> =
        catalog.roles.iter().map(|r| (r.name.as_str(), r.bypasses_row_security, r.superuser)).collect();
    assert_eq!(roles, [("job", true, false), ("boss", false, false)]);
    let grants: Vec<String> = catalog
        .grants
        .iter()
        .map(|g| format!("{} on {:?} to {}", g.privileges.join(" "), g.on, g.grantees.join(" ")))
        .collect();
    assert_eq!(
        grants,
        [
            "SELECT on Relation(RelId(0)) to app public",
            " on RelationsOf { schema: Some(\"public\"), future: false } to app",
            "SELECT on RelationsOf { schema: Some(\"public\"), future: true } to app",
            " on Role(\"job\") to app",
        ]
    );
    let open: Vec<bool> = catalog.functions.iter().map(|f| f.revoked_from_public).collect();
    assert_eq!(open, [true, false]);
}

#[test]
fn row_security_of_tables_found_at_run_time_is_in_doubt() {
    let found = "CREATE TABLE a (id int);
         DO $$ DECLARE t text; BEGIN FOR t IN SELECT 'a' LOOP EXECUTE format('";
    for action in ["ALTER TABLE %I ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON %I USING (true)"] {
        let catalog = clean(&format!("{found}{action}', t); END LOOP; END $$"));
        assert!(catalog.relations[0].row_security_in_doubt, "{action}");
    }
    let catalog = clean(&format!(
        "{found}ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t); END LOOP; END $$; \
         ALTER TABLE a ENABLE ROW LEVEL SECURITY"
    ));
    let table = &catalog.relations[0];
    assert!(table.row_security && !table.row_security_in_doubt && table.row_security_at.is_some());
}
