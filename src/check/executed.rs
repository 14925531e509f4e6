//! SQL that migrations of Rails and Alembic execute. The schema is read elsewhere (`db/structure.sql`, a dump), or not at all;
//! what these programs give to the database as SQL is judged as a migration all the same, in the transactions of their tool:
//!
//! | tool | a migration runs | but for |
//! |---|---|---|
//! | Rails | in a transaction | a class that says `disable_ddl_transaction!` |
//! | Alembic | in a transaction | what stands under `with ... autocommit_block():` |
//!
//! One call that executes several statements sends them as one message.

use std::collections::HashSet;
use std::sync::Arc;

use crate::check::parse::ParsedFile;
use crate::check::{FileRole, InputFile};
use crate::extract::host::Hosted;
use crate::schema::migration::{Watched, Wrap};
use crate::source::{Fragment, Sources, Span};
use crate::syntax::Statement;

/// A tool whose migrations are programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Rails,
    Alembic,
}

impl Tool {
    /// The tool whose migration a file is, by its path relative to the root.
    pub(super) fn of(path: &str) -> Option<Tool> {
        let path = format!("/{path}");
        let is_versioned = || path.contains("/alembic/versions/") || path.contains("/migrations/versions/");
        if path.contains("/db/migrate/") && path.ends_with(".rb") {
            Some(Tool::Rails)
        } else {
            (path.ends_with(".py") && is_versioned()).then_some(Tool::Alembic)
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Tool::Rails => "Rails",
            Tool::Alembic => "Alembic",
        }
    }

    const fn escape(self) -> &'static str {
        match self {
            Tool::Rails => "with `disable_ddl_transaction!`",
            Tool::Alembic => "under `with op.get_context().autocommit_block():`",
        }
    }

    /// Whether a function is the part that applies.
    fn applies(self, function: Option<&str>) -> bool {
        let bare = function.map(|f| f.rsplit(['.', '#', ':']).next().unwrap_or(f));
        match self {
            Tool::Rails => matches!(bare, Some("up" | "change")),
            Tool::Alembic => bare == Some("upgrade"),
        }
    }
}

/// A file of a tool, with its text.
struct Program<'a> {
    tool: Tool,
    input: &'a InputFile,
    parsed: &'a ParsedFile,
    text: &'a str,
}

/// Whether a file is a migration of such a tool, by its path relative to the root.
pub(super) fn is_migration(path: &str) -> bool {
    Tool::of(path).is_some()
}

/// The programs that are judged (`all`, or the newest and those that the run names), and how many older ones are not.
pub(super) fn watched<'a>(
    files: &'a [InputFile],
    parsed: &'a [ParsedFile],
    sources: &'a Sources,
    all: bool,
) -> (Vec<Watched<'a>>, usize) {
    let program = |(input, parsed): (&'a InputFile, &'a ParsedFile)| {
        // What is a source of the schema is replayed.
        let tool = Tool::of(&input.relative).filter(|_| input.role != FileRole::Schema)?;
        Some(Program { tool, input, parsed, text: &sources.get(input.id).text })
    };
    let programs: Vec<Program<'_>> = files.iter().zip(parsed).filter_map(program).collect();
    let newest: HashSet<usize> = newest(&programs).into_iter().collect();
    let names_some = !programs.iter().all(|program| program.input.named);
    let is_asked = |at: usize| names_some && programs.get(at).is_some_and(|program| program.input.named);
    let executing = programs.iter().enumerate().map(|(at, program)| (at, program.watched()));
    let executing = executing.filter(|(_, watched)| !watched.executed.is_empty());
    let (judged, older): (Vec<_>, Vec<_>) =
        executing.partition(|(at, _)| all || newest.contains(at) || is_asked(*at));
    (judged.into_iter().map(|(_, watched)| watched).collect(), older.len())
}

/// The positions of the programs that nothing follows: of Rails the one with the last number, of Alembic those that no
/// other revises.
fn newest(programs: &[Program<'_>]) -> Vec<usize> {
    let of = |tool: Tool| programs.iter().enumerate().filter(move |(_, p)| p.tool == tool);
    let last = of(Tool::Rails).max_by_key(|(_, p)| name_of(&p.input.relative)).map(|(at, _)| at);
    let revised: HashSet<&str> =
        of(Tool::Alembic).flat_map(|(_, p)| revisions(p.text, "down_revision")).collect();
    let is_head = |p: &Program<'_>| {
        let own = revisions(p.text, "revision");
        !own.is_empty() && !own.iter().any(|revision| revised.contains(revision))
    };
    let heads = of(Tool::Alembic).filter(|(_, p)| is_head(p)).map(|(at, _)| at);
    last.into_iter().chain(heads).collect()
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The texts that a program assigns to a name of the module.
fn revisions<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let assigned = |line: &'t str| {
        let rest = line.strip_prefix(name)?.trim_start();
        // A type may stand between.
        let value = match rest.strip_prefix('=') {
            Some(value) => value,
            None => rest.strip_prefix(':')?.split_once('=')?.1,
        };
        Some(value.split(['\'', '"']).skip(1).step_by(2).collect::<Vec<_>>())
    };
    text.lines().find_map(assigned).unwrap_or_default()
}

impl<'a> Program<'a> {
    fn watched(&self) -> Watched<'a> {
        let up: Vec<&'a Hosted> = self.parsed.hosted.iter().filter(|h| self.applies(&h.fragment)).collect();
        let wrap = match self.tool {
            Tool::Rails if self.text.lines().any(|l| l.trim() == "disable_ddl_transaction!") => Wrap::Nothing,
            Tool::Rails | Tool::Alembic => Wrap::File,
        };
        let outside = if self.tool == Tool::Alembic { autocommit_blocks(self.text) } else { Vec::new() };
        let parts = up
            .iter()
            .map(|hosted| whole(&hosted.fragment))
            .filter(|span| wrap == Wrap::Nothing || outside.iter().any(|block| block.contains(*span)));
        let executed = up.iter().flat_map(|h| h.statements.iter().map(|s| (Arc::clone(&h.fragment), s)));
        let executed: Vec<(Arc<Fragment>, &'a Statement)> = executed.collect();
        Watched {
            file: self.input.id,
            wrap,
            tool: self.tool.name(),
            escape: Some(self.tool.escape()),
            parts: parts.map(|span| (span, Wrap::Batch)).collect(),
            down: None,
            expects_down: false,
            executed,
            creates: created_tables(self.text),
        }
    }

    fn applies(&self, fragment: &Fragment) -> bool {
        let is_run = fragment.host.is_some_and(|host| host.is_run);
        is_run && self.tool.applies(fragment.function.as_deref())
    }
}

/// The place of a text in its program.
fn whole(fragment: &Fragment) -> Span {
    fragment.locate(Span::new(0, fragment.text.len() as u32)).span
}

/// What stands under `with ... autocommit_block():`, bytes of the text: the lines that are indented deeper.
fn autocommit_blocks(text: &str) -> Vec<Span> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let is_blank = line.trim().is_empty();
        if let Some((depth, from)) = open
            && !is_blank
            && indent <= depth
        {
            blocks.push(Span::new(from as u32, start as u32));
            open = None;
        }
        let code = line.trim();
        if open.is_none() && code.starts_with("with ") && code.contains("autocommit_block()") {
            open = Some((indent, start + line.len()));
        }
        start += line.len();
    }
    blocks.extend(open.map(|(_, from)| Span::new(from as u32, start as u32)));
    blocks
}

/// The tables that a program creates by `create_table`, of either tool.
fn created_tables(text: &str) -> Vec<String> {
    let name = |(at, call): (usize, &str)| {
        let rest = text.get(at + call.len()..)?;
        let rest = rest.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
        let rest = rest.strip_prefix([':', '"', '\''])?;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
    };
    text.match_indices("create_table").filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_follow_each_other() {
        let text = "revision: str = 'b2'\ndown_revision: Union[str, None] = (\"a1\", 'a2')\n";
        assert_eq!(revisions(text, "revision"), ["b2"]);
        assert_eq!(revisions(text, "down_revision"), ["a1", "a2"]);
        assert!(revisions("down_revision = None\n", "down_revision").is_empty());
    }

    #[test]
    fn a_block_ends_where_its_lines_are_indented_no_deeper() {
        let text = "def f():\n    with x.autocommit_block():\n        a()\n\n        b()\n    c()\n";
        let blocks = autocommit_blocks(text);
        let inside: Vec<&str> = blocks.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(inside, ["        a()\n\n        b()\n"]);
    }

    #[test]
    fn tables_that_a_program_creates() {
        let text = "create_table :notes do |t|\nop.create_table(\n    \"invoice\", x)\ncreate_table(name)";
        assert_eq!(created_tables(text), ["notes", "invoice"]);
    }
}
