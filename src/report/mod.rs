//! An outcome in the formats of the command line. View types live here; the types of the analysis know no format.

mod explain;
pub mod json;

pub use explain::{explain, rule_table, rules_json};

/// The address of a rule's page: in the repository that the package names, else its path there.
pub fn page_url(rule: &str) -> String {
    match env!("CARGO_PKG_REPOSITORY") {
        "" => format!("rules/{rule}.md"),
        repository => format!("{repository}/blob/main/rules/{rule}.md"),
    }
}
