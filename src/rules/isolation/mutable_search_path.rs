//! `mutable-search-path`: a function of the definer looks names up where its caller says.

use crate::project::{Project, Role};
use crate::query::model::Source;
use crate::rules::draft::Draft;
use crate::rules::words::{code, ident};
use crate::schema::catalog::Function;
use crate::source::{Location, Span};

/// The caller's temporary schema. Where a path does not name it, it is searched first.
const TEMPORARY: &str = "pg_temp";

pub(in crate::rules) fn check(project: &Project) -> Vec<Draft> {
    let functions = project.catalog.functions.iter();
    let read = functions.filter(|f| {
        let is_looked_up = f.body.as_ref().is_some_and(|body| body.late_bound);
        f.security_definer && matches!(f.language.as_str(), "sql" | "plpgsql") && is_looked_up
    });
    let drafts = read.filter_map(|function| {
        let draft = match &function.search_path {
            None => mutable(function),
            Some(path) if path.last().is_some_and(|last| last == TEMPORARY) => return None,
            Some(path) => shadowed(project, function, path)?,
        };
        Some(draft.function(Some(function.name.to_string())))
    });
    drafts.collect()
}

fn mutable(function: &Function) -> Draft {
    let message = format!(
        "{} runs with the rights of its owner and looks names up along its caller's search_path",
        code(&function.name)
    );
    let help = format!(
        "add `SET search_path = ''` and qualify what it names (`ALTER FUNCTION {} SET search_path = ''`)",
        ident(&function.name.name)
    );
    Draft::new(function.declared, message).help(help)
}

/// A function with a path of its own that names tables without their schemas: those of its caller come first.
fn shadowed(project: &Project, function: &Function, path: &[String]) -> Option<Draft> {
    let (table, at) = unqualified(project, function)?;
    let message = format!(
        "{} runs with the rights of its owner, and a temporary table of its caller comes before {}",
        code(&function.name),
        code(&table)
    );
    let mut path: Vec<String> = path.iter().filter(|s| *s != TEMPORARY).map(|s| ident(s)).collect();
    path.push(TEMPORARY.to_owned());
    let help = format!(
        "list `{TEMPORARY}` last (`ALTER FUNCTION {} SET search_path = {}`), or qualify what it names",
        ident(&function.name.name),
        path.join(", ")
    );
    let draft = Draft::new(function.declared, message).help(help);
    Some(draft.label(Some(at), "looked up in the caller's temporary schema first"))
}

/// The first table that the body of a function names without a schema.
fn unqualified(project: &Project, function: &Function) -> Option<(String, Location)> {
    let name = function.name.to_string();
    let bodies = project.statements.iter().filter(|s| matches!(&s.role, Role::Function(of) if *of == name));
    bodies.map(|statement| &statement.bound).find_map(|bound| {
        let text = &bound.fragment.text;
        let is_bare = |span: Span| {
            let before = text.get(..span.start as usize).unwrap_or_default();
            !before.trim_end().ends_with('.')
        };
        let mut tables = bound.occurrences.iter().filter(|o| o.via_view.is_none());
        tables.find_map(|occurrence| match occurrence.source {
            Source::Table(id) if is_bare(occurrence.span) => {
                let table = project.catalog.relation(id).name.name.clone();
                Some((table, bound.fragment.locate(occurrence.span)))
            }
            _ => None,
        })
    })
}
