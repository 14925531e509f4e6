//! Roles and privileges. Which roles exist is not known from DDL alone, so nothing is said of those that do not.

use super::{Object, State};
use crate::schema::catalog::{Grant, Granted, Name, Role};
use crate::schema::change::{self, GrantObject, ObjectRef, Word};

/// More privileges than any schema grants are not kept.
const MAX_GRANTS: usize = 20_000;

impl State {
    pub(super) fn set_role(
        &mut self,
        name: Word,
        bypasses_row_security: Option<bool>,
        superuser: Option<bool>,
    ) {
        let known = self.catalog.roles.iter().position(|role| role.name == name.name);
        let at = known.unwrap_or(self.catalog.roles.len());
        if known.is_none() {
            self.catalog.roles.push(Role {
                name: name.name,
                bypasses_row_security: false,
                superuser: false,
                declared: name.at,
            });
        }
        let Some(role) = self.catalog.roles.get_mut(at) else { return };
        if bypasses_row_security == Some(true) || superuser == Some(true) {
            role.declared = name.at;
        }
        role.bypasses_row_security = bypasses_row_security.unwrap_or(role.bypasses_row_security);
        role.superuser = superuser.unwrap_or(role.superuser);
    }

    pub(super) fn grant(&mut self, grant: change::Grant) {
        let change::Grant { privileges, on, future, grantees, revokes } = grant;
        let Some(declared) = grantees.first().map(|word| word.at) else { return };
        let grantees: Vec<String> = grantees.into_iter().map(|word| word.name).collect();
        for on in self.granted(on, future) {
            if revokes {
                self.revoke(&privileges, &on, &grantees);
            } else if self.catalog.grants.len() < MAX_GRANTS {
                let (privileges, grantees) = (privileges.clone(), grantees.clone());
                self.catalog.grants.push(Grant { privileges, on, grantees, declared });
            }
        }
    }

    fn granted(&self, on: GrantObject, future: bool) -> Vec<Granted> {
        let schemas = |schemas: Vec<String>| -> Vec<Option<String>> {
            if schemas.is_empty() { vec![None] } else { schemas.into_iter().map(Some).collect() }
        };
        let function = |name: ObjectRef| {
            let schemas = name.schema.iter().chain(&self.path);
            let name_in = |schema: &String| Name { schema: schema.clone(), name: name.name.clone() };
            let is_known = |name: &Name| self.catalog.functions.iter().any(|f| f.name == *name);
            schemas.map(name_in).find(is_known).unwrap_or_else(|| self.new_name(&name))
        };
        match on {
            GrantObject::Relations(names) => {
                let known = |name: &ObjectRef| match self.lookup(name) {
                    Some((_, Object::Relation(id))) => Some(Granted::Relation(id)),
                    Some((_, Object::Index(_) | Object::Sequence)) | None => None,
                };
                names.iter().filter_map(known).collect()
            }
            GrantObject::Functions(names) => {
                names.into_iter().map(|name| Granted::Function(function(name))).collect()
            }
            GrantObject::RelationsOf(list) => {
                schemas(list).into_iter().map(|schema| Granted::RelationsOf { schema, future }).collect()
            }
            GrantObject::FunctionsOf(list) => {
                schemas(list).into_iter().map(|schema| Granted::FunctionsOf { schema, future }).collect()
            }
            GrantObject::Roles(roles) => roles.into_iter().map(Granted::Role).collect(),
        }
    }

    fn revoke(&mut self, privileges: &[String], on: &Granted, from: &[String]) {
        if from.iter().any(|role| role == "public")
            && (privileges.is_empty() || privileges.iter().any(|p| p == "EXECUTE"))
        {
            for function in &mut self.catalog.functions {
                function.revoked_from_public |= match on {
                    Granted::Function(name) => function.name == *name,
                    Granted::FunctionsOf { schema, future: false } => {
                        schema.as_ref().is_none_or(|schema| function.name.schema == *schema)
                    }
                    Granted::FunctionsOf { future: true, .. }
                    | Granted::Relation(_)
                    | Granted::RelationsOf { .. }
                    | Granted::Role(_) => false,
                };
            }
        }
        for grant in self.catalog.grants.iter_mut().filter(|grant| grant.on == *on) {
            let all = privileges.is_empty() || matches!(on, Granted::Role(_));
            let gone = all
                || (!grant.privileges.is_empty() && grant.privileges.iter().all(|p| privileges.contains(p)));
            if gone {
                grant.grantees.retain(|role| !from.contains(role));
            } else {
                grant.privileges.retain(|p| !privileges.contains(p));
            }
        }
        self.catalog.grants.retain(|grant| !grant.grantees.is_empty());
    }
}
