//! Migrations that are programs: they declare a schema, and are not read as one.

use std::path::{Path, PathBuf};

use crate::check::Notice;
use crate::check::executed::Tool as Executing;
use crate::source::paths::relative;

/// A tool whose migrations are programs.
struct Tool {
    name: &'static str,
    /// Whether a file is one of its migrations, by its path relative to the root, with `/` before it.
    is_migration: fn(&str) -> bool,
    /// How the schema is had in SQL.
    help: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "Rails",
        is_migration: |path| path.ends_with("/db/schema.rb") || Executing::of(path) == Some(Executing::Rails),
        help: "set `config.active_record.schema_format = :sql`, and name the file that Rails writes: \
               `[schema] sources = [\"db/structure.sql\"]`",
    },
    Tool {
        name: "Alembic",
        is_migration: |path| Executing::of(path) == Some(Executing::Alembic),
        help: "write the schema with `alembic upgrade head --sql` or `pg_dump --schema-only`, and name that file in \
               `[schema] sources`",
    },
    Tool {
        name: "Django",
        is_migration: |path| {
            let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
            folder.ends_with("/migrations")
                && file.ends_with(".py")
                && file.bytes().take_while(u8::is_ascii_digit).count() == 4
        },
        help: "write the schema with `pg_dump --schema-only`, and name that file in `[schema] sources`",
    },
    Tool {
        name: "Laravel",
        is_migration: |path| path.contains("/database/migrations/") && path.ends_with(".php"),
        help: "write the schema with `php artisan schema:dump`, and name that file in `[schema] sources`",
    },
];

/// What is said where no schema was found, of each tool whose migrations are among the files.
pub(super) fn unread<'f>(root: &Path, files: impl Iterator<Item = &'f PathBuf>) -> Vec<Notice> {
    let mut first: Vec<Option<String>> = vec![None; TOOLS.len()];
    for path in files {
        let Some(relative) = relative(root, path) else { continue };
        let path = format!("/{}", relative.replace('\\', "/"));
        for (tool, found) in TOOLS.iter().zip(&mut first) {
            if found.is_none() && (tool.is_migration)(&path) {
                *found = Some(relative.clone());
            }
        }
    }
    let found = TOOLS.iter().zip(first).filter_map(|(tool, path)| Some((tool, path?)));
    let notice = |(tool, path): (&Tool, String)| Notice {
        degraded: true,
        message: format!("migrations of {} are programs, which are not read as a schema: {path}", tool.name),
        help: Some(tool.help.to_owned()),
    };
    found.map(notice).collect()
}
