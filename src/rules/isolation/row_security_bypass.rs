//! `row-security-bypass`: a role for which no policy holds, or one that may become such a role.

use crate::finding::Severity;
use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::isolation::policies::Policies;
use crate::rules::words::code;
use crate::schema::catalog::Granted;

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let catalog = &project.catalog;
    if !catalog.live_relations().any(|(_, r)| r.row_security) {
        return Vec::new();
    }
    let policies = Policies::new(project);
    let mut drafts = Vec::new();
    for role in catalog.roles.iter().filter(|r| r.superuser || r.bypasses_row_security) {
        let attribute = if role.superuser { "SUPERUSER" } else { "BYPASSRLS" };
        let message = format!("no policy holds for role {}, which is {attribute}", code(&role.name));
        let draft = Draft::new(role.declared, message)
            .help("keep such a role for maintenance, and let the application connect as one without it");
        // A role that only bypasses row security is what maintenance is to run as.
        drafts.push(match role.superuser || policies.serves_tenants(&role.name) {
            true => draft,
            false => draft.severity(Severity::Info),
        });
    }
    for grant in &catalog.grants {
        let Granted::Role(granted) = &grant.on else { continue };
        let known = catalog.roles.iter().find(|r| r.name == *granted);
        let bypasses =
            known.is_some_and(|r| r.superuser || r.bypasses_row_security) || granted == "service_role";
        let Some(member) = grant.grantees.iter().find(|member| policies.serves_tenants(member)) else {
            continue;
        };
        if !bypasses {
            continue;
        }
        let message = format!(
            "role {} becomes a member of {}, for which no policy holds: `SET ROLE` takes it past row security",
            code(member),
            code(granted)
        );
        drafts.push(
            Draft::new(grant.declared, message)
                .help("grant the role to nobody whose statements serve tenants"),
        );
    }
    drafts
}
