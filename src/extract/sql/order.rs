//! The order in which the files of a schema apply, by the conventions of migration tools: from names alone.

use std::cmp::Ordering;
use std::collections::HashSet;

/// How a file's name says when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// A name in natural order (2 before 10): `0001_init.sql`, `20240131_x.sql`, `schema.sql`.
    Plain,
    /// `x.up.sql` with `x.down.sql`: golang-migrate, sqlx, and others.
    UpDown,
    /// `<version>_x/up.sql` with `down.sql`: Diesel.
    Diesel,
    /// `<version>_x/migration.sql`: Prisma.
    Prisma,
    /// `V1_2__x.sql`: Flyway, refinery.
    Versioned,
    /// `R__x.sql`: Flyway; after all versions.
    Repeatable,
    /// `B1__x.sql`: Flyway; stands for all versions up to its own.
    Baseline,
    /// `deploy/x.sql` with `revert/x.sql`: Sqitch. Its order is in its plan, which is not SQL: natural order stands in.
    Sqitch,
}

/// A file that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its index among the paths that were given.
    pub index: usize,
    /// How it was placed.
    pub convention: Convention,
}

/// Those of the paths (with `/`) that apply, in order. Files that take back what others do are not among them. With each
/// path, which of the configured sources means it.
pub fn order(paths: &[(usize, &str)]) -> Vec<Applied> {
    let lower: Vec<String> = paths.iter().map(|(_, path)| path.to_lowercase()).collect();
    let known: HashSet<&str> = lower.iter().map(String::as_str).collect();
    let mut keys: Vec<Key<'_>> = paths
        .iter()
        .zip(&lower)
        .enumerate()
        .filter_map(|(index, (&(source, path), lower))| {
            let convention = convention(path, lower, &known)?;
            Some(Key { index, source, path, convention, version: version(path, convention) })
        })
        .collect();
    let baseline =
        keys.iter().filter(|k| k.convention == Convention::Baseline).map(|k| k.version.clone()).max();
    if let Some(baseline) = baseline {
        keys.retain(|key| match key.convention {
            Convention::Versioned => key.version > baseline,
            Convention::Baseline => key.version == baseline,
            _ => true,
        });
    }
    keys.sort_by(Key::cmp);
    keys.iter().map(|key| Applied { index: key.index, convention: key.convention }).collect()
}

struct Key<'a> {
    index: usize,
    source: usize,
    path: &'a str,
    convention: Convention,
    /// Version of a Flyway name, else empty.
    version: Vec<Number>,
}

impl Key<'_> {
    /// Flyway's versions count across directories, repeatable ones are last; everything else is in the order of the
    /// sources, and in each in that of its paths.
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank()
            .cmp(&other.rank())
            .then_with(|| self.version.cmp(&other.version))
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| natural(self.path, other.path))
            .then_with(|| self.path.cmp(other.path))
    }

    fn rank(&self) -> u8 {
        match self.convention {
            Convention::Plain
            | Convention::UpDown
            | Convention::Diesel
            | Convention::Prisma
            | Convention::Sqitch => 0,
            Convention::Baseline => 1,
            Convention::Versioned => 2,
            Convention::Repeatable => 3,
        }
    }
}

/// How a path is placed; none for one that never applies.
fn convention(path: &str, lower: &str, known: &HashSet<&str>) -> Option<Convention> {
    let (directory, name) = lower.rsplit_once('/').unwrap_or(("", lower));
    let beside = |other: &str| {
        known.contains(
            if directory.is_empty() { other.to_owned() } else { format!("{directory}/{other}") }.as_str(),
        )
    };
    for (up, down) in [(".up.sql", ".down.sql"), ("-up.sql", "-down.sql"), ("_up.sql", "_down.sql")] {
        if let Some(stem) = name.strip_suffix(down) {
            // Without its counterpart only the dotted form is certain.
            if down.starts_with('.') || beside(&format!("{stem}{up}")) {
                return None;
            }
        }
        if name.ends_with(up) {
            return Some(Convention::UpDown);
        }
    }
    if [".undo.sql", ".rollback.sql", ".revert.sql"].iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let versioned_directory =
        directory.rsplit('/').next().is_some_and(|d| d.starts_with(|c: char| c.is_ascii_digit()));
    match name {
        "down.sql" if versioned_directory || beside("up.sql") => return None,
        "up.sql" => return Some(Convention::Diesel),
        "migration.sql" if versioned_directory => return Some(Convention::Prisma),
        _ => {}
    }
    let (above, last) = directory.rsplit_once('/').map_or(("", directory), |(above, last)| (above, last));
    let in_deploy = || {
        let path = if above.is_empty() { format!("deploy/{name}") } else { format!("{above}/deploy/{name}") };
        known.contains(path.as_str())
    };
    match last {
        "revert" | "verify" if in_deploy() => return None,
        "deploy" => return Some(Convention::Sqitch),
        _ => {}
    }
    // Flyway's prefixes are upper case by default, refinery's too.
    let name = path.rsplit('/').next().unwrap_or(path);
    let has_version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains("__");
    let mut chars = name.chars();
    match chars.next() {
        Some('R') if chars.as_str().starts_with("__") => Some(Convention::Repeatable),
        Some('V') if has_version(chars.as_str()) => Some(Convention::Versioned),
        Some('U') if has_version(chars.as_str()) => None,
        Some('B') if has_version(chars.as_str()) => Some(Convention::Baseline),
        _ => Some(Convention::Plain),
    }
}

/// `1`, `2`, `3` of `V1_2.3__x.sql`.
fn version(path: &str, convention: Convention) -> Vec<Number> {
    if !matches!(convention, Convention::Versioned | Convention::Baseline) {
        return Vec::new();
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let version = name.get(1..).and_then(|rest| rest.split("__").next()).unwrap_or("");
    version.split(['.', '_']).map(Number::read).collect()
}

/// A number of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number(String);

impl Number {
    fn read(digits: &str) -> Self {
        Number(digits.trim_start_matches('0').to_owned())
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares directory by directory; runs of digits as numbers, letters without case.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a_parts, mut b_parts) = (a.split('/').peekable(), b.split('/').peekable());
    loop {
        match (a_parts.next(), b_parts.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let order = natural_name(x, y);
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

fn natural_name(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (a_digits, b_digits) = (digits(a), digits(b));
        if a_digits > 0 && b_digits > 0 {
            let order = Number::read(&a[..a_digits]).cmp(&Number::read(&b[..b_digits]));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[a_digits..], &b[b_digits..]);
            continue;
        }
        let (mut a_chars, mut b_chars) = (a.chars(), b.chars());
        match (a_chars.next(), b_chars.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let order = x.to_lowercase().cmp(y.to_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (a_chars.as_str(), b_chars.as_str());
            }
        }
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ordered<'a>(paths: &[&'a str]) -> Vec<&'a str> {
        let of_one: Vec<(usize, &str)> = paths.iter().map(|path| (0, *path)).collect();
        order(&of_one).iter().map(|applied| paths[applied.index]).collect()
    }

    #[test]
    fn sources_apply_in_the_order_in_which_they_are_named() {
        let paths = [(1, "functions/a.sql"), (0, "migrations/2.sql"), (0, "migrations/10.sql")];
        let applied: Vec<&str> = order(&paths).iter().map(|applied| paths[applied.index].1).collect();
        assert_eq!(applied, ["migrations/2.sql", "migrations/10.sql", "functions/a.sql"]);
        let paths = [(1, "a/V1__a.sql"), (0, "b/V2__b.sql")];
        let applied: Vec<&str> = order(&paths).iter().map(|applied| paths[applied.index].1).collect();
        assert_eq!(applied, ["a/V1__a.sql", "b/V2__b.sql"]);
    }

    #[test]
    fn numbers_count_as_numbers() {
        assert_eq!(
            ordered(&["m/10_a.sql", "m/9_b.sql", "m/0011_c.sql", "m/1.sql"]),
            ["m/1.sql", "m/9_b.sql", "m/10_a.sql", "m/0011_c.sql"]
        );
        assert_eq!(
            ordered(&["m/10/01_a.sql", "m/2/01_b.sql", "a.sql"]),
            ["a.sql", "m/2/01_b.sql", "m/10/01_a.sql"]
        );
        assert_eq!(
            ordered(&["20240102000000_b.sql", "20231231235959_a.sql"]),
            ["20231231235959_a.sql", "20240102000000_b.sql"]
        );
    }

    #[test]
    fn what_takes_back_never_applies() {
        assert_eq!(
            ordered(&["2_b.down.sql", "2_b.up.sql", "1_a.up.sql", "1_a.down.sql"]),
            ["1_a.up.sql", "2_b.up.sql"]
        );
        assert_eq!(
            ordered(&["m/2020-01-01-0_a/down.sql", "m/2020-01-01-0_a/up.sql"]),
            ["m/2020-01-01-0_a/up.sql"]
        );
        assert_eq!(ordered(&["V1__a.sql", "U1__a.sql"]), ["V1__a.sql"]);
        assert_eq!(ordered(&["deploy/a.sql", "revert/a.sql", "verify/a.sql"]), ["deploy/a.sql"]);
        assert_eq!(ordered(&["x-up.sql", "x-down.sql"]), ["x-up.sql"]);
        // Names that only look like it.
        assert_eq!(
            ordered(&["breakdown.sql", "shut_down.sql", "revert/b.sql", "U_x.sql"]),
            ["breakdown.sql", "revert/b.sql", "shut_down.sql", "U_x.sql"]
        );
    }

    #[test]
    fn flyway_counts_versions_across_directories() {
        assert_eq!(
            ordered(&["a/V10__x.sql", "b/V2.1__y.sql", "b/R__views.sql", "a/V2__z.sql", "a/V2_1_5__w.sql"]),
            ["a/V2__z.sql", "b/V2.1__y.sql", "a/V2_1_5__w.sql", "a/V10__x.sql", "b/R__views.sql"]
        );
        assert_eq!(
            ordered(&["V1__a.sql", "V2__b.sql", "B2__all.sql", "V3__c.sql"]),
            ["B2__all.sql", "V3__c.sql"]
        );
    }

    #[test]
    fn one_directory_for_each_migration() {
        assert_eq!(
            ordered(&["p/20240202_b/migration.sql", "p/20240101_a/migration.sql"]),
            ["p/20240101_a/migration.sql", "p/20240202_b/migration.sql"]
        );
    }

    proptest! {
        #[test]
        fn natural_order_is_an_order(a in "[a-c0-2/._]{0,6}", b in "[a-c0-2/._]{0,6}", c in "[a-c0-2/._]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            if natural(&a, &b) != Ordering::Greater && natural(&b, &c) != Ordering::Greater {
                prop_assert!(natural(&a, &c) != Ordering::Greater);
            }
        }
    }
}
