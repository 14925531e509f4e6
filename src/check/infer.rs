//! Which files of a project without configuration hold its schema, judged by where they lie and what they say.

use std::collections::BTreeMap;

use crate::check::parse::ParsedFile;

/// Directories of migrations.
const MIGRATION_DIRECTORIES: &[&str] =
    &["changelog", "changelogs", "changesets", "drizzle", "flyway", "migrate", "migration", "migrations"];

/// Names of files, without their extension, and of directories that hold a whole schema.
const DUMPS: &[&str] =
    &["create_tables", "database", "db", "ddl", "dump", "init", "schema", "schemas", "structure", "tables"];

/// Directories of files that only tests read.
const TESTS: &[&str] =
    &["__tests__", "example", "examples", "fixture", "fixtures", "test", "testdata", "tests"];

/// A file with its path relative to the project's root, with `/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) path: &'a str,
    pub(super) parsed: &'a ParsedFile,
}

/// Positions of the candidates that hold the schema: the migrations; where there are none, a dump; where there is none
/// either, whatever creates a table. Files that lie among tests count only where nothing else does.
pub(super) fn schema(candidates: &[Candidate<'_>]) -> Vec<usize> {
    let all: Vec<usize> = (0..candidates.len()).collect();
    let outside: Vec<usize> = all.iter().copied().filter(|i| !candidates[*i].is_test()).collect();
    for pool in [outside, all] {
        for choose in [migrations, dumps, creators] {
            let chosen = choose(candidates, &pool);
            if !chosen.is_empty() {
                return chosen;
            }
        }
    }
    Vec::new()
}

/// Where the schema's files are, for a person: `db/migrations (38 files)`.
pub(super) fn places(paths: &[&str]) -> String {
    let mut by_directory: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in paths {
        // Tools that keep one directory for each migration: the directory above says more.
        let directory = path.rsplit_once('/').map_or(".", |(directory, _)| directory);
        let directory = match directory.rsplit_once('/') {
            Some((above, name)) if name.starts_with(|c: char| c.is_ascii_digit()) => above,
            _ => directory,
        };
        by_directory.entry(directory).or_default().push(path);
    }
    let place = |(directory, paths): (&&str, &Vec<&str>)| match paths.as_slice() {
        [one] => (*one).to_owned(),
        several => format!("{directory} ({} files)", several.len()),
    };
    let shown: Vec<String> = by_directory.iter().take(3).map(place).collect();
    match by_directory.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more places", shown.join(", ")),
    }
}

fn migrations(candidates: &[Candidate<'_>], pool: &[usize]) -> Vec<usize> {
    let like: Vec<usize> = pool.iter().copied().filter(|i| candidates[*i].is_migration()).collect();
    let declares = like.iter().any(|i| candidates[*i].creates_a_table());
    if declares { like } else { Vec::new() }
}

fn dumps(candidates: &[Candidate<'_>], pool: &[usize]) -> Vec<usize> {
    let is_dump = |i: &usize| candidates[*i].is_dump() && candidates[*i].creates_a_table();
    pool.iter().copied().filter(is_dump).collect()
}

fn creators(candidates: &[Candidate<'_>], pool: &[usize]) -> Vec<usize> {
    pool.iter().copied().filter(|i| candidates[*i].creates_a_table()).collect()
}

impl Candidate<'_> {
    fn creates_a_table(self) -> bool {
        self.parsed.statements.iter().any(|s| s.head == "CREATE TABLE")
    }

    fn directories(self) -> impl Iterator<Item = String> {
        let directories = self.path.rsplit_once('/').map_or("", |(directories, _)| directories);
        directories.split('/').map(str::to_lowercase).collect::<Vec<_>>().into_iter()
    }

    fn name(self) -> String {
        self.path.rsplit('/').next().unwrap_or_default().to_lowercase()
    }

    fn is_test(self) -> bool {
        self.directories().any(|d| TESTS.contains(&d.as_str()))
    }

    /// By its directory, or by a name that begins with a version: `0001_x.sql`, `20240131_x.sql`, `V1_2__x.sql`, `R__x.sql`.
    fn is_migration(self) -> bool {
        if self.directories().any(|d| MIGRATION_DIRECTORIES.contains(&d.as_str())) {
            return true;
        }
        let name = self.name();
        let digits = name.chars().take_while(char::is_ascii_digit).count();
        let numbered = digits >= 3 && name[digits..].starts_with(['_', '-', '.']);
        let versioned = name.strip_prefix(['v', 'r']).is_some_and(|rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '_').len() < rest.len()
                && rest.contains("__")
        });
        numbered || versioned || name.ends_with(".up.sql")
    }

    fn is_dump(self) -> bool {
        let name = self.name();
        let stem = name.split('.').next().unwrap_or_default().to_owned();
        DUMPS.contains(&stem.as_str()) || self.directories().any(|d| DUMPS.contains(&d.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::check::Monitor;
    use crate::check::parse::parse;
    use crate::extract::host::HostSettings;
    use crate::source::{SourceFile, Sources};
    use crate::syntax::Dialect;

    /// The paths that are taken for the schema. A `+` behind a path is a file that creates a table, else it queries one.
    fn chosen(files: &[&str]) -> String {
        let mut sources = Sources::default();
        let paths: Vec<&str> = files.iter().map(|f| f.trim_end_matches('+')).collect();
        let ids: Vec<_> = files
            .iter()
            .zip(&paths)
            .map(|(file, path)| {
                let text = if file.ends_with('+') { "CREATE TABLE t (a int);" } else { "SELECT a FROM t;" };
                sources.add(SourceFile::new((*path).to_owned(), Arc::from(text)))
            })
            .collect();
        let parsed = parse(
            &ids,
            &|_| true,
            &sources,
            Dialect::Postgres,
            &HostSettings::default(),
            &Monitor::default(),
        );
        let candidates: Vec<_> =
            paths.iter().zip(&parsed).map(|(path, parsed)| Candidate { path, parsed }).collect();
        schema(&candidates).iter().map(|i| paths[*i]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn migrations_go_before_dumps_and_dumps_before_the_rest() {
        let all =
            ["db/migrations/1_a.sql+", "db/migrations/2_data.sql", "db/schema.sql+", "q/tmp.sql+", "q/q.sql"];
        assert_eq!(chosen(&all), "db/migrations/1_a.sql db/migrations/2_data.sql");
        assert_eq!(chosen(&all[1..]), "db/schema.sql", "migrations that create nothing are none");
        assert_eq!(chosen(&all[3..]), "q/tmp.sql");
        assert_eq!(chosen(&all[4..]), "");
    }

    #[test]
    fn migrations_are_known_by_their_directory_or_their_name() {
        for path in [
            "Migrations/x.sql+",
            "db/0001_x.sql+",
            "20240131120000-x.sql+",
            "V1_2__x.sql+",
            "R__x.sql+",
            "x.up.sql+",
        ] {
            assert_eq!(chosen(&[path, "schema.sql+"]), path.trim_end_matches('+'));
        }
        for path in ["2024report.sql+", "12_x.sql+", "v1.sql+", "report__x.sql+", "migrations.sql+"] {
            assert_eq!(chosen(&[path, "schema.sql+"]), "schema.sql", "{path}");
        }
    }

    #[test]
    fn tests_count_only_where_nothing_else_does() {
        assert_eq!(chosen(&["tests/migrations/1_x.sql+", "schema.sql+"]), "schema.sql");
        assert_eq!(chosen(&["tests/migrations/1_x.sql+", "q.sql"]), "tests/migrations/1_x.sql");
    }

    #[test]
    fn places_are_named_by_directory() {
        assert_eq!(places(&["db/schema.sql"]), "db/schema.sql");
        assert_eq!(places(&["m/1.sql", "m/2.sql"]), "m (2 files)");
        assert_eq!(places(&["p/1_a/migration.sql", "p/2_b/migration.sql"]), "p (2 files)");
        assert_eq!(
            places(&["a/1.sql", "b/1.sql", "c/1.sql", "d/1.sql"]),
            "a/1.sql, b/1.sql, c/1.sql and 1 more places"
        );
    }
}
