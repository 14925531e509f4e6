//! What a person must know to judge a result: what was inferred, how tables are owned, what is missing.

use crate::check::Notice;
use crate::check::unmatched::{Unmatched, unmatched};
use crate::config::Database;
use crate::project::Project;
use crate::prove::ownership::{self, Owner};
use crate::prove::settings::TenancySettings;
use crate::schema::catalog::RelationKind;

/// What a person must know to judge the result: what was inferred, and what is missing.
pub(super) fn notices(database: &Database, project: &Project, inferred: Option<String>) -> Vec<Notice> {
    let which = if database.name == "main" { String::new() } else { format!("{}: ", database.name) };
    let tables = count_tables(project);
    if tables.of == 0 {
        return vec![Notice {
            degraded: true,
            message: format!("{which}no schema found: neither isolation nor index coverage can be judged"),
            help: Some(
                "name the files that declare it: `[schema] sources = [\"db/migrations/*.sql\"]`".to_owned(),
            ),
        }];
    }
    let mut all: Vec<Notice> = unmatched(&project.catalog, &project.tenancy)
        .into_iter()
        .map(|Unmatched { message, help }| Notice {
            degraded: true,
            message: format!("{which}{message}"),
            help,
        })
        .collect();
    let schema = inferred.filter(|places| !places.is_empty()).map(|places| format!("schema from {places}"));
    if project.tenancy.columns.is_empty() {
        let found = schema.map_or_else(String::new, |s| format!(", {s}"));
        all.push(match database.tenancy_given {
            true => Notice {
                degraded: false,
                message: format!("{which}tenancy is configured to be off{found}"),
                help: None,
            },
            false => Notice {
                degraded: true,
                message: format!(
                    "{which}no tenant column found in {}{found}: isolation is not judged, only index coverage",
                    tables.in_words()
                ),
                help: Some(
                    "name it: `[tenancy] columns = [\"account_id\"]`, or say that there is none: `columns = []`"
                        .to_owned(),
                ),
            },
        });
    } else if !database.tenancy_given || schema.is_some() {
        let parts: Vec<String> = std::iter::once(tables.owned(&project.tenancy)).chain(schema).collect();
        all.push(Notice { degraded: false, message: format!("{which}{}", parts.join("; ")), help: None });
    }
    if !database.tenancy_given && !project.tenancy.columns.is_empty() {
        all.extend(overlooked(project).map(|n| Notice { message: format!("{which}{}", n.message), ..n }));
    }
    all
}

/// Tables taken for global that carry a column named like a tenant's, other than the inferred one.
fn overlooked(project: &Project) -> Option<Notice> {
    let tables = ownership::overlooked(&project.catalog, &project.ownership);
    let (_, example) = tables.first()?;
    let named: Vec<String> = tables.iter().take(3).map(|(r, c)| format!("{}.{c}", r.name)).collect();
    let more = if tables.len() > 3 { format!(" and {} more", tables.len() - 3) } else { String::new() };
    let mut columns = project.tenancy.columns.clone();
    columns.push((*example).to_owned());
    let columns: Vec<String> = columns.iter().map(|c| format!("\"{c}\"")).collect();
    Some(Notice {
        degraded: true,
        message: format!(
            "taken for global, though a column is named like a tenant's: {}{more}",
            named.join(", ")
        ),
        help: Some(format!(
            "say which columns name the tenant, innermost level first: `[tenancy] columns = [{}]`, or which of these \
             tables belong to nobody: `global = [...]`",
            columns.join(", ")
        )),
    })
}

/// Tables by how they are owned.
#[derive(Clone, Copy, Debug, Default)]
struct Tables {
    of: usize,
    roots: usize,
    direct: usize,
    indirect: usize,
    unclassified: usize,
    global: usize,
}

fn count_tables(project: &Project) -> Tables {
    let mut tables = Tables::default();
    for (id, relation) in project.catalog.live_relations() {
        // A partition is part of a table, not one that people count.
        if !relation.is_table() || matches!(relation.kind, RelationKind::Partition(_)) {
            continue;
        }
        tables.of += 1;
        *match project.ownership.of(id) {
            Owner::Root { .. } => &mut tables.roots,
            Owner::Direct { .. } => &mut tables.direct,
            Owner::Indirect { .. } => &mut tables.indirect,
            Owner::Unclassified { .. } => &mut tables.unclassified,
            Owner::Global { .. } => &mut tables.global,
        } += 1;
    }
    tables
}

impl Tables {
    fn in_words(self) -> String {
        format!("{} table{}", self.of, if self.of == 1 { "" } else { "s" })
    }

    /// "24 tables: 15 carry workspace_id, 6 reach it through foreign keys, 3 global".
    fn owned(self, tenancy: &TenancySettings) -> String {
        let lists = if self.roots == 1 { "lists the tenants" } else { "list the tenants" };
        let carry = format!(
            "{} {}",
            if self.direct == 1 { "carries" } else { "carry" },
            tenancy.columns.join(" or ")
        );
        let reach = if self.indirect == 1 { "reaches" } else { "reach" };
        let parts = [
            (self.roots, lists.to_owned()),
            (self.direct, carry),
            (self.indirect, format!("{reach} it through foreign keys")),
            (self.unclassified, "unclassified".to_owned()),
            (self.global, "global".to_owned()),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        format!("{}: {}", self.in_words(), parts.join(", "))
    }
}
