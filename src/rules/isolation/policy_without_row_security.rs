//! `policy-without-row-security`: policies of a table whose row security is not enabled do nothing.

use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let tables = project.catalog.live_relations();
    let tables = tables.filter(|(_, r)| r.is_table() && !r.row_security && !r.row_security_in_doubt);
    let draft = |(id, relation): (_, &crate::schema::catalog::Relation)| {
        let mut policies = project.catalog.policies_of(id);
        let first = policies.next()?;
        let table = code(&relation.name);
        let message = match policies.count() {
            0 => format!(
                "row security of {table} is not enabled: its policy {} does nothing",
                code(&first.name)
            ),
            more => format!("row security of {table} is not enabled: its {} policies do nothing", more + 1),
        };
        let help = format!("write `ALTER TABLE {} ENABLE ROW LEVEL SECURITY`", ident(&relation.name.name));
        Some(
            Draft::new(first.declared, message)
                .label(relation.declared, "the table is created here")
                .help(help)
                .table(relation.name.to_string()),
        )
    };
    tables.filter_map(draft).collect()
}
