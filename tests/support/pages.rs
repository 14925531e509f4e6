//! Fenced blocks of Markdown pages, gathered into small projects: a schema, a configuration, statements.

use std::collections::BTreeMap;
use std::path::Path;

/// One fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// `rules/x.md:12`, the line of its fence.
    pub(crate) origin: String,
    /// Words of the info string that are no attributes: the language first.
    pub(crate) words: Vec<String>,
    /// Attributes of the info string.
    pub(crate) attributes: BTreeMap<String, String>,
    /// What it says.
    pub(crate) text: String,
}

/// A schema with a configuration and the statements that belong to them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Project {
    /// Where it begins.
    pub(crate) origin: String,
    /// The heading of the second level above it.
    pub(crate) heading: String,
    /// DDL.
    pub(crate) schema: String,
    /// The configuration file.
    pub(crate) config: String,
    /// Migrations on top of the schema, each by itself.
    pub(crate) migrations: Vec<Block>,
    /// Statement blocks, and whatever further blocks follow them.
    pub(crate) statements: Vec<(Block, Vec<Block>)>,
}

impl Block {
    /// Whether the info string has that word.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }
}

/// All projects of the pages in a folder, in order of file and place.
pub(crate) fn projects(folder: &Path) -> Vec<Project> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "md"));
    files.sort();
    let mut projects = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&file).display().to_string();
        projects.extend(gather(&name, &text));
    }
    projects.retain(|project: &Project| !(project.statements.is_empty() && project.migrations.is_empty()));
    projects
}

/// A schema or configuration after statements begins a new project; it keeps the other of the two. A heading of the
/// second level begins afresh.
fn gather(name: &str, text: &str) -> Vec<Project> {
    let mut projects = vec![Project::default()];
    for (block, heading) in blocks(name, text) {
        if let Some(heading) = heading {
            projects.push(Project { heading, ..Project::default() });
        }
        let Some(block) = block else { continue };
        // What is asked of a server with the schema is read by the test of the pages.
        if block.is("live") {
            continue;
        }
        let schema = block.is("schema");
        let config = block.words.first().is_some_and(|w| w == "toml") && block.is("config");
        let Some(mut project) = projects.pop() else { continue };
        if (schema || config) && !(project.statements.is_empty() && project.migrations.is_empty()) {
            let (statements, migrations) = (Vec::new(), Vec::new());
            let next = Project { statements, migrations, origin: String::new(), ..project.clone() };
            projects.push(project);
            project = next;
            if schema {
                project.schema.clear();
            } else {
                project.config.clear();
            }
        }
        if project.origin.is_empty() {
            project.origin.clone_from(&block.origin);
        }
        if schema {
            project.schema.push_str(&block.text);
            project.schema.push_str(";\n");
        } else if config {
            project.config.push_str(&block.text);
        } else if block.is("migration") {
            project.migrations.push(block);
        } else if block.is("down") {
            // Takes a migration back, and is never run with it.
        } else if block.is("first") || block.is("second") || block.is("fixed") {
            if let Some((_, further)) = project.statements.last_mut() {
                further.push(block);
            }
        } else if block.words.first().is_some_and(|w| w == "sql") {
            project.statements.push((block, Vec::new()));
        }
        projects.push(project);
    }
    projects
}

/// Fenced blocks, and headings of the second level.
fn blocks(name: &str, text: &str) -> Vec<(Option<Block>, Option<String>)> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let (words, attributes) = read_info(info);
                open = Some(Block {
                    origin: format!("{name}:{}", at + 1),
                    words,
                    attributes,
                    text: String::new(),
                });
            }
            (Some(_), Some("")) => found.push((open.take(), None)),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    found.push((None, Some(heading.trim().to_owned())));
                }
            }
        }
    }
    found
}

/// `sql leaks params="1=tenant 2=value:text"`.
fn read_info(info: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let mut words = Vec::new();
    let mut attributes = BTreeMap::new();
    let mut rest = info.trim();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix('=') {
            let (value, after) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => value.split_at(value.find(' ').unwrap_or(value.len())),
            };
            attributes.insert(word, value.to_owned());
            rest = after;
        } else {
            words.push(word);
        }
        rest = rest.trim_start();
    }
    (words, attributes)
}
