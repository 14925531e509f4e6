//! What a run did, and what the difference of two runs says about isolation.

use super::data::Scope;
use super::postgres::Answer;
use super::tables::Schema;

/// The stored rows of a database at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    rows: Vec<Stored>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stored {
    table: usize,
    owner: String,
    text: String,
    /// Where the row lies: an update moves it, even one that changes nothing.
    place: String,
}

/// What one run returned and left behind.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Its answer, rows sorted.
    pub(crate) answer: Answer,
    /// The rows afterwards, where it may have written.
    pub(crate) after: Option<State>,
}

/// Why two runs, or one, break isolation.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    /// Which part of the definition.
    pub(crate) rule: Rule,
    /// The difference in words.
    pub(crate) text: String,
}

/// The parts of the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Other rows are returned.
    Read,
    /// The row count differs.
    Count,
    /// Another owner's row, or a shared one, was changed.
    Foreign,
    /// A row was written that the tenant does not own afterwards.
    Owner,
    /// The tenant's own rows differ afterwards.
    Own,
}

impl State {
    /// Reads what the dump statement answered: table, owner, place, text.
    pub(crate) fn read(answer: &Answer) -> State {
        let text = |row: &[Option<String>], i: usize| row.get(i).cloned().flatten().unwrap_or_default();
        let mut rows: Vec<Stored> = answer
            .rows
            .iter()
            .map(|row| Stored {
                table: text(row, 0).parse().unwrap_or_default(),
                owner: text(row, 1),
                place: text(row, 2),
                text: text(row, 3),
            })
            .collect();
        rows.sort();
        State { rows }
    }

    /// Whether two databases show the scope the same rows.
    pub(crate) fn agrees(&self, other: &State, scope: &Scope) -> bool {
        let visible = |state: &State| {
            let rows = state.rows.iter().filter(|r| scope.sees(&r.owner));
            rows.map(|r| (r.table, r.owner.clone(), r.text.clone())).collect::<Vec<_>>()
        };
        visible(self) == visible(other)
    }

    /// The tenant's own rows, without what sequences made.
    fn own(&self, scope: &Scope) -> Vec<(usize, String, String)> {
        let rows = self.rows.iter().filter(|r| scope.owners.contains(&r.owner));
        let mut own: Vec<_> = rows.map(|r| (r.table, r.owner.clone(), without_generated(&r.text))).collect();
        own.sort();
        own
    }

    /// Rows whose change breaks isolation.
    fn foreign<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Stored> {
        self.rows.iter().filter(|r| r.owner != "G" && !scope.owners.contains(&r.owner))
    }
}

impl Outcome {
    /// From an answer and, for a statement that writes, the rows afterwards.
    pub(crate) fn new(mut answer: Answer, after: Option<State>) -> Outcome {
        answer.rows.sort();
        Outcome { answer, after }
    }

    /// Whether anything was returned or written.
    pub(crate) fn tells(&self) -> bool {
        !self.answer.rows.is_empty() || self.answer.count > 0
    }

    /// Whether another run of the same statement on the same rows in another order did the same.
    pub(crate) fn same(&self, other: &Outcome, scope: &Scope) -> bool {
        let own = |outcome: &Outcome| outcome.after.as_ref().map(|state| state.own(scope));
        self.answer.count == other.answer.count
            && loose(&self.answer) == loose(&other.answer)
            && own(self) == own(other)
    }
}

/// Judges two runs by the definition. `before` and `runs` are of the first and the second database.
pub(crate) fn judge(
    schema: &Schema,
    scope: &Scope,
    before: [&State; 2],
    runs: [&Outcome; 2],
) -> Option<Breach> {
    for (before, run) in std::iter::zip(before, runs) {
        if let Some(after) = &run.after
            && let Some(breach) = written(schema, scope, before, after)
        {
            return Some(breach);
        }
    }
    let [first, second] = runs;
    if first.answer.rows != second.answer.rows {
        let (a, b) = (loose(&first.answer), loose(&second.answer));
        if a != b {
            let text = format!(
                "{} rows on the first, {} on the second; only there: {} / {}",
                a.len(),
                b.len(),
                missing(&a, &b),
                missing(&b, &a)
            );
            return Some(Breach { rule: Rule::Read, text });
        }
    }
    if first.answer.count != second.answer.count {
        let text =
            format!("row count {} on the first, {} on the second", first.answer.count, second.answer.count);
        return Some(Breach { rule: Rule::Count, text });
    }
    let (Some(a), Some(b)) = (&first.after, &second.after) else { return None };
    let (a, b) = (a.own(scope), b.own(scope));
    if a != b {
        let only = |x: &[(usize, String, String)], y: &[(usize, String, String)]| {
            x.iter()
                .find(|r| !y.contains(r))
                .map_or_else(|| "-".to_owned(), |r| format!("{} {}", schema.tables[r.0].name, r.2))
        };
        return Some(Breach {
            rule: Rule::Own,
            text: format!("own rows: {} / {}", only(&a, &b), only(&b, &a)),
        });
    }
    None
}

/// The parts about writing, on one database.
fn written(schema: &Schema, scope: &Scope, before: &State, after: &State) -> Option<Breach> {
    let named =
        |row: &Stored| format!("{} owned by {}: {}", schema.tables[row.table].name, row.owner, row.text);
    let was: Vec<&Stored> = before.foreign(scope).collect();
    let is: Vec<&Stored> = after.foreign(scope).collect();
    if let Some(gone) = was.iter().find(|row| is.binary_search(row).is_err()) {
        return Some(Breach { rule: Rule::Foreign, text: named(gone) });
    }
    let is_new_tenant = |row: &Stored| {
        schema.roots.iter().flatten().any(|(root, _)| *root == row.table)
            && before.rows.iter().filter(|r| r.table == row.table).count()
                < after.rows.iter().filter(|r| r.table == row.table).count()
    };
    // A caller without a tenant stores NULL for it: that is the caller's affair.
    let unowned = |row: &Stored| {
        scope.owners.is_empty() && row.owner == "S" && schema.tables[row.table].tenant_column().is_some()
    };
    is.iter()
        .find(|row| was.binary_search(row).is_err() && !is_new_tenant(row) && !unowned(row))
        .map(|row| Breach { rule: Rule::Owner, text: named(row) })
}

/// Rows whose values are compared without the order of members in lists and without generated keys.
fn loose(answer: &Answer) -> Vec<Vec<Option<String>>> {
    let mut rows: Vec<Vec<Option<String>>> = answer
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|value| {
                    let text = without_generated(value.as_deref()?);
                    if !(text.starts_with(['{', '[', '(']) || text.contains([',', ' '])) {
                        return Some(text);
                    }
                    let mut bytes = text.into_bytes();
                    bytes.sort_unstable();
                    Some(String::from_utf8_lossy(&bytes).into_owned())
                })
                .collect()
        })
        .collect();
    rows.sort();
    rows
}

fn missing(from: &[Vec<Option<String>>], rows: &[Vec<Option<String>>]) -> String {
    let mut left = rows.to_vec();
    for row in from {
        match left.iter().position(|other| other == row) {
            Some(at) => drop(left.swap_remove(at)),
            None => {
                let values: Vec<&str> = row.iter().map(|v| v.as_deref().unwrap_or("NULL")).collect();
                return format!("({})", values.join(", "));
            }
        }
    }
    "-".to_owned()
}

/// First values of sequences while a statement runs, and the start of uuids that defaults make.
pub(crate) const GENERATED_UUID: &str = "ffffffff-0000-4000-8000-";

/// Hides keys that sequences and uuid functions made: which row gets which is no information.
fn without_generated(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some(at) = out.find(GENERATED_UUID) {
        out.replace_range(at..(at + 36).min(out.len()), "#");
    }
    for (start, length) in [("9000", 6), ("300", 5)] {
        let mut from = 0;
        while let Some(at) = out[from..].find(start).map(|n| n + from) {
            let digits = out[at..].bytes().take_while(u8::is_ascii_digit).count();
            let alone = !out[..at].ends_with(|c: char| c.is_ascii_digit());
            if alone && digits == length {
                out.replace_range(at..at + length, "#");
            }
            from = at + 1;
        }
    }
    out
}
