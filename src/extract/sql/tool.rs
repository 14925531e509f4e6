//! Which tool applies a project's migrations, told by the marks, names and neighbours of its files, and the version that
//! comes next.

use std::cmp::max;

use crate::extract::sql::{Applied, Convention, Tool as Marks, order, sections};
use crate::syntax::Dialect;

/// A migration tool, as far as it decides what a new migration looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// goose.
    Goose,
    /// sql-migrate.
    SqlMigrate,
    /// dbmate.
    Dbmate,
    /// tern.
    Tern,
    /// Liquibase with formatted SQL.
    Liquibase,
    /// Flyway and what names its files alike.
    Flyway,
    /// golang-migrate and what names its files alike.
    GolangMigrate,
    /// sqlx.
    Sqlx,
    /// Diesel.
    Diesel,
    /// Prisma.
    Prisma,
    /// Drizzle.
    Drizzle,
    /// Files with numbers that something runs in order.
    Numbered,
    /// None that could be told: a script to run by hand.
    Script,
}

impl Tool {
    /// Its name in words.
    pub const fn name(self) -> &'static str {
        match self {
            Tool::Goose => "goose",
            Tool::SqlMigrate => "sql-migrate",
            Tool::Dbmate => "dbmate",
            Tool::Tern => "tern",
            Tool::Liquibase => "Liquibase",
            Tool::Flyway => "Flyway",
            Tool::GolangMigrate => "golang-migrate",
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "Diesel",
            Tool::Prisma => "Prisma",
            Tool::Drizzle => "Drizzle",
            Tool::Numbered => "numbered files",
            Tool::Script => "a script",
        }
    }

    /// Whether it runs all migrations in a transaction whatever they say, so that no index can be built concurrently.
    pub const fn always_wraps(self) -> bool {
        matches!(self, Tool::Drizzle)
    }

    /// How a migration says that it runs outside of a transaction, where that can be said.
    pub const fn escape(self) -> Option<&'static str> {
        match self {
            Tool::Goose => Some("with `-- +goose NO TRANSACTION`"),
            Tool::SqlMigrate => Some("that begins with `-- +migrate Up notransaction`"),
            Tool::Dbmate => Some("that begins with `-- migrate:up transaction:false`"),
            Tool::Tern => Some("with `---- tern: disable-tx ----`"),
            Tool::Liquibase => Some("whose changeset says `runInTransaction:false`"),
            Tool::Sqlx => Some("whose first line is `-- no-transaction`"),
            Tool::Diesel => Some("whose `metadata.toml` says `run_in_transaction = false`"),
            Tool::Flyway | Tool::GolangMigrate | Tool::Prisma => Some("without other statements"),
            Tool::Drizzle | Tool::Numbered | Tool::Script => None,
        }
    }

    /// Whether it sends the statements of a file one by one, so that a file without a transaction may hold several that
    /// refuse one. Others send the file as a whole, which PostgreSQL runs as one transaction.
    pub const fn splits_files(self) -> bool {
        matches!(self, Tool::Goose | Tool::SqlMigrate | Tool::Tern | Tool::Liquibase | Tool::Script)
    }
}

/// A project's tool, and where and how its next migration is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// The tool.
    pub tool: Tool,
    /// The directory of its migrations as reported, without a slash at its end; empty for the working directory.
    pub directory: String,
    /// How its versions go on.
    pub numbering: Option<Numbering>,
    /// Whether the project writes how to take migrations back.
    pub downs: bool,
}

/// How the versions of a project's migrations go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// What stands before the number that counts: `V`, `V1_`.
    lead: String,
    kind: Kind,
    /// The last version, in units of its kind.
    last: i64,
    /// What stands between the version and the name.
    separator: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// 0007, in so many digits at least.
    Sequence(usize),
    /// Seconds since 1970.
    Epoch,
    /// 20240131235959.
    Seconds,
    /// 202401312359.
    Minutes,
    /// 20240131.
    Days,
    /// 2024-01-31-235959.
    Dashed,
}

/// A file of the schema: its path in the project, its path as reported, its text.
pub type MigrationFile<'a> = (&'a str, &'a str, &'a str);

/// The tool of a schema's files. `undone` are those of them that take back what others do; `exists` is asked about paths
/// as reported.
pub fn recognise(
    files: &[MigrationFile<'_>],
    undone: &[&str],
    dialect: Dialect,
    exists: &dyn Fn(&str) -> bool,
) -> Toolchain {
    let relative: Vec<(usize, &str)> = files.iter().map(|f| (0, f.0)).collect();
    let applied = order(&relative);
    let script = Toolchain { tool: Tool::Script, directory: String::new(), numbering: None, downs: false };
    // Files of functions without a version may stand among the sources as well.
    let versioned = |a: &&Applied| {
        let path = files.get(a.index).map_or("", |f| f.1);
        a.convention != Convention::Plain || Numbering::read(place(path, a.convention).1).is_some()
    };
    let counted = || applied.iter().rev().filter(|a| a.convention != Convention::Repeatable);
    let last = counted().find(versioned).or_else(|| counted().next());
    let Some((last, &(_, path, text))) = last.and_then(|a| Some((a, files.get(a.index)?))) else {
        return script;
    };
    let (directory, stem) = place(path, last.convention);
    let marks = sections(text, dialect).tool;
    let beside = |name: &str| match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    };
    let is_rust = || {
        let up = ["Cargo.toml", "../Cargo.toml", "../../Cargo.toml", "../../../Cargo.toml"];
        up.iter().any(|name| exists(&beside(name)))
    };
    let versioned = last.convention == Convention::Versioned;
    let numbering = if versioned { flyway(stem) } else { Numbering::read(stem) };
    let tool = match (marks, last.convention) {
        (Some(Marks::Goose), _) => Tool::Goose,
        (Some(Marks::SqlMigrate), _) => Tool::SqlMigrate,
        (Some(Marks::Dbmate), _) => Tool::Dbmate,
        (Some(Marks::Tern), _) => Tool::Tern,
        (Some(Marks::Liquibase), _) => Tool::Liquibase,
        (Some(Marks::MyBatis | Marks::Play), _) | (None, Convention::Sqitch) => Tool::Script,
        (None, Convention::Versioned | Convention::Baseline | Convention::Repeatable) => Tool::Flyway,
        (None, Convention::UpDown) if is_rust() => Tool::Sqlx,
        (None, Convention::UpDown) => Tool::GolangMigrate,
        (None, Convention::Diesel) => Tool::Diesel,
        (None, Convention::Prisma) => Tool::Prisma,
        (None, Convention::Plain) if exists(&beside("meta/_journal.json")) => Tool::Drizzle,
        (None, Convention::Plain) if numbering.is_some() && is_rust() => Tool::Sqlx,
        (None, Convention::Plain) if numbering.is_some() => Tool::Numbered,
        (None, Convention::Plain) => Tool::Script,
    };
    // A tool of versions without one in its last file would not find the next.
    if numbering.is_none() && tool != Tool::Liquibase {
        return script;
    }
    let downs = match tool {
        Tool::Sqlx => last.convention == Convention::UpDown,
        Tool::Flyway => undone.iter().any(|p| p.rsplit('/').next().is_some_and(|n| n.starts_with('U'))),
        Tool::Prisma | Tool::Drizzle | Tool::Numbered | Tool::Script => false,
        _ => true,
    };
    Toolchain { tool, directory: directory.to_owned(), numbering, downs }
}

/// The directory that new migrations are put in, and the name of this one.
fn place(path: &str, convention: Convention) -> (&str, &str) {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match convention {
        Convention::Diesel | Convention::Prisma => directory.rsplit_once('/').unwrap_or(("", directory)),
        _ => (directory, name.split(".up.").next().unwrap_or(name).trim_end_matches(".sql")),
    }
}

/// `V1_2__name`: the last part of the version counts.
fn flyway(stem: &str) -> Option<Numbering> {
    let (version, _) = stem.split_once("__")?;
    let at = version.rfind(['_', '.']).map_or(1, |i| i + 1);
    let (lead, number) = (version.get(..at)?, version.get(at..)?);
    let counted = Numbering::of_digits(number)?;
    Some(Numbering { lead: lead.to_owned(), separator: "__".to_owned(), ..counted })
}

impl Numbering {
    /// The numbering of a name.
    fn read(stem: &str) -> Option<Numbering> {
        let dashed = |i: usize, c: char| if matches!(i, 4 | 7 | 10) { c == '-' } else { c.is_ascii_digit() };
        let date: String = stem.chars().take(17).collect();
        let (version, counted) = if date.len() == 17 && date.char_indices().all(|(i, c)| dashed(i, c)) {
            let digits: String = date.chars().filter(char::is_ascii_digit).collect();
            let seconds = Numbering::of_digits(&digits).filter(|n| n.kind == Kind::Seconds)?;
            (date, Numbering { kind: Kind::Dashed, ..seconds })
        } else {
            let digits: String = stem.chars().take_while(char::is_ascii_digit).collect();
            let counted = Numbering::of_digits(&digits)?;
            (digits, counted)
        };
        let rest = stem.get(version.len()..)?;
        let separator: String = rest.chars().take_while(|c| !c.is_alphanumeric()).collect();
        let separator = if separator.is_empty() { "_".to_owned() } else { separator };
        Some(Numbering { separator, ..counted })
    }

    fn of_digits(digits: &str) -> Option<Numbering> {
        let number: i64 = digits.parse().ok()?;
        let part =
            |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<i64>().ok()).unwrap_or(0);
        let is_date = matches!(digits.len(), 8 | 12 | 14)
            && (1990..2200).contains(&part(0, 4))
            && (1..=12).contains(&part(4, 6))
            && (1..=31).contains(&part(6, 8));
        let days = days_from_civil(part(0, 4), part(4, 6), part(6, 8));
        let (kind, last) = match digits.len() {
            14 if is_date => {
                (Kind::Seconds, days * 86_400 + part(8, 10) * 3600 + part(10, 12) * 60 + part(12, 14))
            }
            12 if is_date => (Kind::Minutes, days * 1440 + part(8, 10) * 60 + part(10, 12)),
            8 if is_date => (Kind::Days, days),
            10 if (1_000_000_000..5_000_000_000).contains(&number) => (Kind::Epoch, number),
            width => (Kind::Sequence(width), number),
        };
        Some(Numbering { lead: String::new(), kind, last, separator: "_".to_owned() })
    }

    /// The start of the name of the n-th new migration, `now` in seconds since 1970.
    pub fn next(&self, n: usize, now: i64) -> String {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let first = |unit: i64| max(now.div_euclid(unit), self.last.saturating_add(1)).saturating_add(n);
        let date = |days: i64, dash: &str| {
            let (y, m, d) = civil_from_days(days);
            format!("{y:04}{dash}{m:02}{dash}{d:02}")
        };
        let time = |seconds: i64, units: i64| {
            let all = format!("{:02}{:02}{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
            all.chars().take(units as usize).collect::<String>()
        };
        let version = match self.kind {
            Kind::Sequence(width) => format!("{:0width$}", self.last.saturating_add(1).saturating_add(n)),
            Kind::Epoch => first(1).to_string(),
            Kind::Seconds => {
                let at = first(1);
                format!("{}{}", date(at.div_euclid(86_400), ""), time(at.rem_euclid(86_400), 6))
            }
            Kind::Dashed => {
                let at = first(1);
                format!("{}-{}", date(at.div_euclid(86_400), "-"), time(at.rem_euclid(86_400), 6))
            }
            Kind::Minutes => {
                let at = first(60) * 60;
                format!("{}{}", date(at.div_euclid(86_400), ""), time(at.rem_euclid(86_400), 4))
            }
            Kind::Days => date(first(86_400), ""),
        };
        format!("{}{version}{}", self.lead, self.separator)
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a number of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tool of files, and the name of the next migration.
    fn told(files: &[(&str, &str)], there: &[&str]) -> (Tool, String) {
        let files: Vec<MigrationFile<'_>> = files.iter().map(|(path, text)| (*path, *path, *text)).collect();
        let found = recognise(&files, &[], Dialect::Postgres, &|path| there.contains(&path));
        // 2024-05-06 07:08:09.
        let next = found.numbering.map(|n| n.next(0, 1_714_979_289)).unwrap_or_default();
        (found.tool, format!("{}/{next}x", found.directory))
    }

    #[test]
    fn tools_are_told_by_their_files() {
        let is = |files: &[(&str, &str)], there: &[&str], tool: Tool, next: &str| {
            assert_eq!(told(files, there), (tool, next.to_owned()), "{files:?}");
        };
        is(&[("m/00007_a.sql", "-- +goose Up\n")], &[], Tool::Goose, "m/00008_x");
        is(&[("m/20240101000000_a.sql", "-- +goose Up\n")], &[], Tool::Goose, "m/20240506070809_x");
        is(&[("m/20240101000000_a.sql", "-- migrate:up\n")], &[], Tool::Dbmate, "m/20240506070809_x");
        is(&[("m/1-a.sql", "-- +migrate Up\n")], &[], Tool::SqlMigrate, "m/2-x");
        is(&[("m/009_a.sql", "a;\n---- create above / drop below ----\n")], &[], Tool::Tern, "m/010_x");
        is(&[("m/V2__a.sql", ""), ("m/V10__a.sql", "")], &[], Tool::Flyway, "m/V11__x");
        is(&[("m/V1_2__a.sql", "")], &[], Tool::Flyway, "m/V1_3__x");
        is(&[("m/000002_a.up.sql", ""), ("m/000002_a.down.sql", "")], &[], Tool::GolangMigrate, "m/000003_x");
        is(&[("a/m/2_a.up.sql", "")], &["a/m/../Cargo.toml"], Tool::Sqlx, "a/m/3_x");
        is(&[("m/20250101000000_a.sql", "")], &["m/../Cargo.toml"], Tool::Sqlx, "m/20250101000001_x");
        is(&[("m/2024-01-01-000000_a/up.sql", "")], &[], Tool::Diesel, "m/2024-05-06-070809_x");
        is(&[("p/m/20240101000000_a/migration.sql", "")], &[], Tool::Prisma, "p/m/20240506070809_x");
        is(&[("d/0003_a.sql", "")], &["d/meta/_journal.json"], Tool::Drizzle, "d/0004_x");
        is(&[("d/0003_a.sql", "")], &[], Tool::Numbered, "d/0004_x");
        is(&[("d/0003_a.sql", ""), ("z/f.sql", "")], &[], Tool::Numbered, "d/0004_x");
        is(&[("d/20240101_a.sql", "")], &[], Tool::Numbered, "d/20240506_x");
        is(&[("d/1714000000_a.sql", "")], &[], Tool::Numbered, "d/1714979289_x");
        is(&[("schema.sql", "")], &[], Tool::Script, "/x");
        is(&[], &[], Tool::Script, "/x");
    }

    #[test]
    fn days_and_dates_agree() {
        for (days, date) in
            [(0, (1970, 1, 1)), (19_782, (2024, 2, 29)), (-1, (1969, 12, 31)), (11_016, (2000, 2, 29))]
        {
            assert_eq!(civil_from_days(days), date);
            assert_eq!(days_from_civil(date.0, date.1, date.2), days);
        }
    }
}
