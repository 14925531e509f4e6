//! Mappers of MyBatis in XML: each statement is an element, in which others say when a part of it is there.

use std::collections::HashMap;
use std::path::Path;

use super::bind::Binds;
use super::shape::Style;
use super::text::{Text, Written};
use super::walk::{Found, Usage};
use super::{HostComment, HostFile, HostSettings, format, fragments, script};
use crate::source::{FileId, Span};
use crate::syntax::Dialect;

/// Elements that are statements, and parts that statements include.
const STATEMENTS: &[&str] = &["select", "insert", "update", "delete"];
const PART: &str = "sql";

/// How deep parts include one another.
const MAX_DEPTH: usize = 8;

/// Whether a file may be a mapper, by its name or by that of a directory around it.
pub(super) fn is_mapper(path: &Path) -> bool {
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
        return false;
    }
    let text = path.to_string_lossy().to_ascii_lowercase();
    let (folders, name) = text.rsplit_once(['/', '\\']).unwrap_or(("", &text));
    let stem = name.trim_end_matches(".xml");
    let is_folder = |name: &str| matches!(name, "mapper" | "mappers" | "mybatis" | "sqlmap" | "sqlmaps");
    stem.ends_with("mapper") || stem.ends_with("dao") || folders.split(['/', '\\']).any(is_folder)
}

/// Whether a text is one.
pub(super) fn is_one(text: &str) -> bool {
    text.contains("<mapper") && text.contains("</mapper>")
}

/// The statements of a mapper.
pub(super) fn extract(file: FileId, source: &str, dialect: Dialect, settings: &HostSettings) -> HostFile {
    let mut comments = Vec::new();
    let elements = elements(source, &mut comments);
    let parts: HashMap<&str, Text> = elements
        .iter()
        .filter(|element| element.name == PART)
        .map(|element| (element.id.as_str(), element.text(source)))
        .collect();
    let statements = elements.iter().filter(|element| element.name != PART);
    let found = statements.map(|element| Found {
        text: script::read(&element.text(source), &|id| included(&parts, id, 0)),
        anchor: element.whole,
        function: Some(element.id.clone()),
        usage: Usage::Run,
        binds: Binds::Unknown,
        site: Span::default(),
    });
    let (hosted, unread) = fragments::fragments(file, found.collect(), dialect, settings);
    HostFile { hosted, comments, unread }
}

/// The text of a part by its name, which may begin with that of its mapper.
fn included(parts: &HashMap<&str, Text>, id: &str, depth: usize) -> Option<Text> {
    let text = parts.get(id.rsplit('.').next().unwrap_or(id)).filter(|_| depth < MAX_DEPTH)?;
    Some(script::read(text, &|id| included(parts, id, depth + 1)))
}

/// An element of a mapper.
struct Element<'t> {
    name: &'t str,
    id: String,
    /// What stands in it, bytes of the file.
    inside: (usize, usize),
    whole: Span,
}

impl Element<'_> {
    /// Its text, in which `${name}` is put in as it is.
    fn text(&self, source: &str) -> Text {
        let mut written = Written::default();
        written.verbatim(source, self.inside.0, self.inside.1);
        format::fill(&Text::written(written), Style::Dollar, &|_, _| None)
    }
}

/// The statements and parts of a mapper, and the comments that say something to this program.
fn elements<'t>(source: &'t str, comments: &mut Vec<HostComment>) -> Vec<Element<'t>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = source.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
        let rest = source.get(start..).unwrap_or_default();
        if let Some(inside) = rest.strip_prefix("<!--") {
            let len = inside.find("-->").unwrap_or(inside.len());
            let text = inside.get(..len).unwrap_or_default().trim();
            at = (start + 4 + len + 3).min(source.len());
            if text.starts_with("sqlmoat:") {
                let span = Span::new(start as u32, at as u32);
                comments.push(HostComment { span, text: text.to_owned() });
            }
            continue;
        }
        at = start + 1;
        let Some(script::Begin { len, name, attributes, closed: false }) = script::begin(rest) else {
            continue;
        };
        if name != PART && !STATEMENTS.contains(&name) {
            continue;
        }
        let Some(inside) = rest.get(len..).and_then(|rest| rest.find(&format!("</{name}>"))) else {
            continue;
        };
        let end = start + len + inside;
        let id = attributes.into_iter().find(|(key, _)| key == "id").map(|(_, id)| id).unwrap_or_default();
        let whole = Span::new(start as u32, (end + name.len() + 3) as u32);
        all.push(Element { name, id, inside: (start + len, end), whole });
        at = end;
    }
    all
}
