//! `mutable-search-path`: a function of the definer looks names up where its caller says.

use crate::project::Project;
use crate::rules::draft::Draft;
use crate::rules::words::{code, ident};

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let functions = project.catalog.functions.iter();
    let mutable = functions.filter(|f| {
        // Names of a body that is no text are looked up once, when the function is made.
        f.security_definer
            && !f.sets_search_path
            && matches!(f.language.as_str(), "sql" | "plpgsql")
            && f.body.is_some()
    });
    let draft = |function: &crate::schema::catalog::Function| {
        let message = format!(
            "{} runs with the rights of its owner and looks names up along its caller's search_path",
            code(&function.name)
        );
        let help = format!(
            "add `SET search_path = ''` and qualify what it names (`ALTER FUNCTION {} SET search_path = ''`)",
            ident(&function.name.name)
        );
        Draft::new(function.declared, message).help(help).function(Some(function.name.to_string()))
    };
    mutable.map(draft).collect()
}
