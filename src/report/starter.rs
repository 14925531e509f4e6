//! `sqlmoat init`: what was inferred of a project, as a configuration with comments. Only what was found is set; what is a
//! guess, or needs a person to decide, is a comment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::check::{CheckedProject, Outcome};
use crate::project::{Project, Role};
use crate::prove::ownership::Owner;
use crate::report::text::visible;
use crate::schema::catalog::{ForeignKeyId, Relation, RelationKind};
use crate::source::paths::Patterns;

/// Patterns of files that only tests read.
const TESTS: &[&str] = &[
    "**/{test,tests,__tests__,spec,specs,testdata,fixtures}/**",
    "**/*_test.*",
    "**/*.{test,spec}.*",
    "**/test_*.py",
    "**/*_spec.rb",
    "**/*{Test,Tests,Spec}.{java,kt,cs,php}",
];

/// How many names a comment lists.
const MOST_NAMED: usize = 40;

/// A configuration for the directory that the outcome is reported from, ending in a newline.
pub fn configuration(outcome: &Outcome) -> String {
    let own = |p: &&CheckedProject| {
        p.schema_files.iter().all(|file| outcome.sources.get(file.id).path == file.relative)
    };
    let mut text = String::from(
        "# Which rows belong to whom, where the schema is declared, and where the statements are.\n\
         # docs/configuration.md of sqlmoat has every key; `sqlmoat schema` shows what this makes of the tables.\n",
    );
    let Some(checked) = outcome.projects.iter().find(own) else {
        text.push_str(NOTHING);
        return text;
    };
    let project = &checked.project;
    text.push_str("dialect = \"postgres\"\n# Of the server: it decides what the planner can do.\n");
    let _ = writeln!(text, "postgres-version = {}", project.planner.postgres_version);
    tenancy(&mut text, project);
    schema(&mut text, outcome, checked);
    queries(&mut text, outcome, checked);
    text
}

const NOTHING: &str = "
[tenancy]
# No SQL was found. The column that says whose a row is; an empty list says that there are no tenants.
# columns = [\"workspace_id\"]

[schema]
# sources = [\"db/migrations/*.sql\"]
";

fn tenancy(text: &mut String, project: &Project) {
    text.push_str("\n[tenancy]\n");
    if project.tenancy.columns.is_empty() {
        text.push_str(
            "# No tenant column was found. Name it; an empty list says that there are no tenants.\n# columns = [\"workspace_id\"]\n",
        );
        return;
    }
    let tables = || {
        let tables = project.catalog.live_relations();
        tables.filter(|(_, r)| r.is_table() && !matches!(r.kind, RelationKind::Partition(_)))
    };
    let (mut direct, mut global, mut unclassified, mut several) = (0, Vec::new(), Vec::new(), Vec::new());
    let mut root = None;
    for (id, relation) in tables() {
        match project.ownership.of(id) {
            Owner::Root { level: 0, .. } => root = Some(relation),
            Owner::Root { .. } => {}
            Owner::Direct { .. } => direct += 1,
            Owner::Global { .. } => global.push(relation),
            Owner::Unclassified { .. } => unclassified.push(relation),
            Owner::Indirect { parents } if parents.len() > 1 => several.push((relation, parents)),
            Owner::Indirect { .. } => {}
        }
    }
    let _ = writeln!(text, "# {direct} of {} tables carry it.", tables().count());
    let _ = writeln!(text, "columns = {}", list(project.tenancy.columns.iter().map(String::as_str)));
    match root {
        Some(root) => {
            let _ = writeln!(text, "# The table of tenants.\nroot = {}", string(&name(root)));
        }
        None => text.push_str("# The table of tenants, if there is one.\n# root = \"workspace\"\n"),
    }
    if !global.is_empty() {
        text.push_str(
            "# Taken for nobody's, because no foreign key leads from them to a tenant. One that holds rows of tenants needs such a\n\
             # key or a tenant column. For the others, this says so:\n",
        );
        let _ = writeln!(text, "# global = {}", comment(&list_of(&global)));
    }
    if !unclassified.is_empty() {
        text.push_str(
            "# Doubtful: they reach a tenant only by a key that may be NULL, is not validated or is not declared. Declare it, or\n\
             # put them into `global`:\n",
        );
        let names: Vec<String> = unclassified.iter().take(MOST_NAMED).map(|r| name(r)).collect();
        let _ = writeln!(text, "#   {}{}", comment(&names.join(", ")), more(unclassified.len()));
    }
    if project.tenancy.session_of_policies && !project.tenancy.session.is_empty() {
        text.push_str("# What the policies of row security compare with the tenant column:\n");
        let _ = writeln!(
            text,
            "# session = {}",
            comment(&list(project.tenancy.session.iter().map(String::as_str)))
        );
    }
    if !several.is_empty() {
        text.push_str(
            "\n# These tables reach a tenant by several foreign keys, and a row counts as a tenant's if every one of them says so.\n\
             # Where one of them decides, name its columns:\n# [tenancy.owner]\n",
        );
        for (relation, parents) in several.iter().take(MOST_NAMED) {
            let mut keys = parents.iter().map(|key| columns(project, *key));
            let first = keys.next().unwrap_or_default();
            let others: Vec<String> = keys.collect();
            let line = format!("{} = {first}  # or {}", key(&name(relation)), others.join(" or "));
            let _ = writeln!(text, "# {}", comment(&line));
        }
    }
}

fn schema(text: &mut String, outcome: &Outcome, checked: &CheckedProject) {
    text.push_str("\n[schema]\n");
    let sources = sources(outcome, checked);
    if sources.is_empty() {
        text.push_str("# No file that creates tables was found.\n# sources = [\"db/migrations/*.sql\"]\n");
        return;
    }
    let files = checked.schema_files.len();
    let _ =
        writeln!(text, "# {files} {}, applied in their order.", if files == 1 { "file" } else { "files" });
    let _ = writeln!(text, "sources = {}", list(sources.iter().map(String::as_str)));
}

/// Patterns that mean the schema's files and no other: of a directory where it holds nothing else, else each file.
fn sources(outcome: &Outcome, checked: &CheckedProject) -> Vec<String> {
    let of_schema: BTreeSet<&str> = checked.schema_files.iter().map(|f| f.relative.as_str()).collect();
    let mut by_directory: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for path in &of_schema {
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
        let extension = file.rsplit_once('.').map_or("sql", |(_, extension)| extension);
        by_directory.entry((directory, extension)).or_default().push(path);
    }
    let mut out: BTreeSet<String> = BTreeSet::new();
    for ((directory, extension), paths) in &by_directory {
        // Tools that keep one directory for each migration.
        let above =
            directory.rsplit_once('/').filter(|(_, name)| name.starts_with(|c: char| c.is_ascii_digit()));
        let pattern = match (above, *directory) {
            (Some((above, _)), _) => format!("{above}/*/*.{extension}"),
            (None, "") => format!("*.{extension}"),
            (None, directory) => format!("{directory}/*.{extension}"),
        };
        let strays = |pattern: &str| {
            let pattern = Patterns::new(&[pattern.to_owned()]).unwrap_or_default();
            let mut read = outcome.sources.iter().map(|(_, file)| file.path.as_str());
            read.any(|path| pattern.matches(path) && !of_schema.contains(path))
        };
        match paths.as_slice() {
            [one] if above.is_none() && !is_numbered(one) => drop(out.insert((*one).to_owned())),
            _ if is_plain(&pattern) && !strays(&pattern) => drop(out.insert(pattern)),
            several => out.extend(several.iter().map(|path| (*path).to_owned())),
        }
    }
    out.into_iter().collect()
}

/// Whether a file is a first step that others will follow, by its name.
fn is_numbered(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.trim_start_matches(['V', 'v']).starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a pattern's directories hold nothing that patterns read as special.
fn is_plain(pattern: &str) -> bool {
    let directory = pattern.split('*').next().unwrap_or_default();
    !directory.contains(['?', '[', ']', '{', '}', '\\', '!'])
}

fn queries(text: &mut String, outcome: &Outcome, checked: &CheckedProject) {
    text.push_str("\n[queries]\n");
    let of_schema: BTreeSet<&str> = checked.schema_files.iter().map(|f| f.relative.as_str()).collect();
    let with_statements = checked.project.statements.iter().filter(|s| s.role == Role::Query);
    let files: BTreeSet<&str> = with_statements
        .map(|s| outcome.sources.get(s.location.file).path.as_str())
        .filter(|path| !of_schema.contains(path))
        .collect();
    let of = |path: &&str| match path.split_once('/') {
        Some((directory, _)) => format!("{directory}/**"),
        None => (*path).to_owned(),
    };
    let places: BTreeSet<String> = files.iter().map(of).collect();
    if places.is_empty() {
        text.push_str("# No statements were found. Without this, every file of the project is read for some.\n# include = [\"src/**\"]\n");
    } else {
        let _ = writeln!(
            text,
            "# Statements were found in these. Without this, every file of the project is read for some.\n# include = {}",
            comment(&list(places.iter().map(String::as_str)))
        );
    }
    let tests: Vec<&str> = TESTS
        .iter()
        .copied()
        .filter(|pattern| {
            let pattern = Patterns::new(&[(*pattern).to_owned()]).unwrap_or_default();
            files.iter().any(|file| pattern.matches(file))
        })
        .collect();
    if !tests.is_empty() {
        let _ = writeln!(text, "# Code of tests.\nexclude = {}", list(tests));
    }
}

fn columns(project: &Project, key: ForeignKeyId) -> String {
    let key = project.catalog.foreign_key(key);
    let relation = project.catalog.relation(key.relation);
    let names = key.columns.iter().filter_map(|c| Some(relation.columns.get(*c as usize)?.name.as_str()));
    list(names)
}

/// A table's name as the configuration takes it: what PostgreSQL would fold stands in quotes.
fn name(relation: &Relation) -> String {
    let part = |text: &str| match text.chars().any(char::is_uppercase) {
        true => format!("\"{text}\""),
        false => text.to_owned(),
    };
    match relation.name.schema.as_str() {
        "public" | "" => part(&relation.name.name),
        schema => format!("{}.{}", part(schema), part(&relation.name.name)),
    }
}

fn list_of(relations: &[&Relation]) -> String {
    let names: Vec<String> = relations.iter().take(MOST_NAMED).map(|r| name(r)).collect();
    format!("{}{}", list(names.iter().map(String::as_str)), more(relations.len()))
}

fn more(count: usize) -> String {
    if count > MOST_NAMED { format!("  and {} more", count - MOST_NAMED) } else { String::new() }
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(string).collect();
    format!("[{}]", texts.join(", "))
}

/// A TOML string. JSON's escapes are TOML's; what stands for itself there and not here is escaped as well.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A TOML key.
fn key(text: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if text.is_empty() || !text.chars().all(is_bare) { string(text) } else { text.to_owned() }
}

/// Text for a comment, which ends with its line.
fn comment(text: &str) -> String {
    visible(text).into_owned()
}
