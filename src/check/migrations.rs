//! Which files of the schema are judged as migrations, how the project's tool runs each of them, and what takes it back.

use std::sync::Arc;

use crate::check::parse::ParsedFile;
use crate::check::{FileRole, InputFile, executed};
use crate::extract::sql::tool::{MigrationFile, Tool, Toolchain, recognise};
use crate::extract::sql::{Applied, Convention};
use crate::schema::migration::{Watched, Wrap};
use crate::source::Sources;
use crate::syntax::Dialect;

/// Asks for the text of a file near the migrations, by its path as reported.
pub(super) type Nearby<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The schema's files in the order in which they apply.
pub(super) struct Ordered<'a> {
    pub(super) files: &'a [InputFile],
    pub(super) parsed: &'a [ParsedFile],
    pub(super) order: &'a [Applied],
    pub(super) sources: &'a Sources,
    pub(super) dialect: Dialect,
}

impl<'a> Ordered<'a> {
    /// The files that are judged (`all`, or the newest and those that the run names), and how many older ones are not.
    pub(super) fn watched(&self, all: bool, nearby: Nearby<'_>) -> (Vec<Watched<'a>>, usize) {
        // What is known of locks and rewrites is PostgreSQL's.
        if self.dialect != Dialect::Postgres || self.order.is_empty() {
            return (Vec::new(), 0);
        }
        let chain = self.toolchain(nearby);
        let position = |wanted: &dyn Fn(&Applied) -> bool| self.order.iter().rposition(wanted);
        let newest = match chain.tool {
            // Files without versions are no sequence, unless there is only one.
            Tool::Script if self.order.len() > 1 => None,
            _ => position(&|a| {
                a.convention != Convention::Repeatable && self.is_in(a, &chain.directory) && self.applies(a)
            }),
        };
        // Where all are named, that is the project, and not a change of it.
        let is_named = |a: &Applied| self.files.get(a.index).is_some_and(|file| file.named);
        let names_some = !self.order.iter().all(is_named);
        let is_asked = |at: usize| names_some && self.order.get(at).is_some_and(is_named);
        let is_judged = |at: &usize| all || Some(*at) == newest || is_asked(*at);
        let judged = (0..self.order.len()).filter(is_judged);
        let watched: Vec<Watched<'a>> = judged.filter_map(|at| self.watch(&chain, at, nearby)).collect();
        let older = if newest.is_some() { self.order.len() - watched.len() } else { 0 };
        (watched, older)
    }

    /// Whether a file is somewhere in the directory of the migrations; others among the sources are no step of theirs.
    fn is_in(&self, applied: &Applied, directory: &str) -> bool {
        let path = self.files.get(applied.index).map(|input| &self.sources.get(input.id).path);
        path.is_some_and(|path| directory.is_empty() || path.starts_with(&format!("{directory}/")))
    }

    /// The same of programs that are migrations.
    pub(super) fn programs(&self, all: bool) -> (Vec<Watched<'a>>, usize) {
        match self.dialect {
            Dialect::Postgres => executed::watched(self.files, self.parsed, self.sources, all),
            Dialect::MySql | Dialect::Sqlite => (Vec::new(), 0),
        }
    }

    fn applies(&self, applied: &Applied) -> bool {
        let is_file = self.files.get(applied.index).is_some_and(|f| f.role != FileRole::Proposed);
        is_file && self.parsed.get(applied.index).is_some_and(|p| p.applied().next().is_some())
    }

    fn toolchain(&self, nearby: Nearby<'_>) -> Toolchain {
        let file = |applied: &Applied| -> Option<MigrationFile<'_>> {
            let input = self.files.get(applied.index)?;
            let source = self.sources.get(input.id);
            Some((input.relative.as_str(), source.path.as_str(), &*source.text))
        };
        let files: Vec<MigrationFile<'_>> = self.order.iter().filter_map(file).collect();
        recognise(&files, &[], self.dialect, &|path| nearby(path).is_some())
    }

    fn watch(&self, chain: &Toolchain, at: usize, nearby: Nearby<'_>) -> Option<Watched<'a>> {
        let applied = self.order.get(at)?;
        let (input, parsed) = (self.files.get(applied.index)?, self.parsed.get(applied.index)?);
        let path = &self.sources.get(input.id).path;
        let text = &self.sources.get(input.id).text;
        let wrap = wrap(chain.tool, path, text, nearby);
        let parts = parsed.parts().map(|(span, transaction)| match (transaction, chain.tool) {
            (true, _) => (span, wrap),
            // It sends what is left of the file as one message.
            (false, Tool::Dbmate) => (span, Wrap::Batch),
            (false, _) => (span, Wrap::Nothing),
        });
        let before = at.checked_sub(1).and_then(|at| self.order.get(at));
        Some(Watched {
            file: input.id,
            wrap,
            tool: chain.tool.name(),
            escape: chain.tool.escape(),
            parts: parts.collect(),
            down: self.down(applied),
            expects_down: before.and_then(|b| self.down(b)).is_some_and(|(_, down)| !down.is_empty()),
            executed: Vec::new(),
            creates: Vec::new(),
        })
    }

    /// What takes a file back: the other part of it, or the file beside it.
    fn down(
        &self,
        applied: &Applied,
    ) -> Option<(Arc<crate::source::Fragment>, Vec<&'a crate::syntax::Statement>)> {
        let (input, parsed) = (self.files.get(applied.index)?, self.parsed.get(applied.index)?);
        if parsed.has_down() {
            return Some((Arc::clone(&parsed.fragment), parsed.undoing().collect()));
        }
        let (directory, name) = input.relative.rsplit_once('/').unwrap_or(("", &input.relative));
        let other = match applied.convention {
            Convention::UpDown => {
                let at = name.rfind("up.")?;
                format!("{}down{}", name.get(..at)?, name.get(at + 2..)?)
            }
            Convention::Diesel => "down.sql".to_owned(),
            Convention::Versioned => format!("U{}", name.get(1..)?),
            Convention::Plain
            | Convention::Prisma
            | Convention::Repeatable
            | Convention::Baseline
            | Convention::Sqitch => return None,
        };
        let other = if directory.is_empty() { other } else { format!("{directory}/{other}") };
        // The files are in the order of their paths.
        let found = self.files.binary_search_by(|f| f.relative.as_str().cmp(&other)).ok();
        let found = found.or_else(|| self.files.iter().position(|f| f.relative == other))?;
        let down = self.parsed.get(found)?;
        Some((Arc::clone(&down.fragment), down.statements.iter().collect()))
    }
}

/// How a tool runs a file.
fn wrap(tool: Tool, path: &str, text: &str, nearby: Nearby<'_>) -> Wrap {
    let beside = |name: &str| {
        let directory = path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
        nearby(&format!("{directory}{name}")).unwrap_or_default()
    };
    let says = |text: &str, key: &str| {
        text.lines()
            .any(|line| line.split_once('=').is_some_and(|(k, v)| k.trim() == key && v.trim() == "false"))
    };
    match tool {
        Tool::Goose | Tool::SqlMigrate | Tool::Dbmate | Tool::Liquibase | Tool::Drizzle => Wrap::File,
        Tool::Tern if text.contains("tern: disable-tx") => Wrap::Nothing,
        Tool::Tern => Wrap::File,
        Tool::Flyway => {
            let name = path.rsplit('/').next().unwrap_or(path);
            if says(&beside(&format!("{name}.conf")), "executeInTransaction") {
                Wrap::Nothing
            } else {
                Wrap::Fitting
            }
        }
        Tool::Sqlx if text.starts_with("-- no-transaction") => Wrap::Batch,
        Tool::Sqlx => Wrap::File,
        Tool::Diesel if says(&beside("metadata.toml"), "run_in_transaction") => Wrap::Batch,
        Tool::Diesel => Wrap::File,
        Tool::GolangMigrate | Tool::Prisma => Wrap::Batch,
        Tool::Numbered | Tool::Script => Wrap::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_say_how_they_run_a_file() {
        let conf =
            |path: &str| (path == "m/V2__x.sql.conf").then(|| "executeInTransaction = false\n".to_owned());
        assert_eq!(wrap(Tool::Flyway, "m/V2__x.sql", "", &conf), Wrap::Nothing);
        assert_eq!(wrap(Tool::Flyway, "m/V3__x.sql", "", &conf), Wrap::Fitting);
        let toml =
            |path: &str| (path == "m/1_x/metadata.toml").then(|| "run_in_transaction = false".to_owned());
        assert_eq!(wrap(Tool::Diesel, "m/1_x/up.sql", "", &toml), Wrap::Batch);
        assert_eq!(wrap(Tool::Diesel, "m/2_x/up.sql", "", &toml), Wrap::File);
        let nothing = |_: &str| None;
        assert_eq!(wrap(Tool::Sqlx, "1.sql", "-- no-transaction\nSELECT 1", &nothing), Wrap::Batch);
        assert_eq!(wrap(Tool::Sqlx, "1.sql", "SELECT 1", &nothing), Wrap::File);
        assert_eq!(
            wrap(Tool::Tern, "1.sql", "---- tern: disable-tx ----\nSELECT 1", &nothing),
            Wrap::Nothing
        );
        assert_eq!(wrap(Tool::Prisma, "1/migration.sql", "", &nothing), Wrap::Batch);
    }
}
