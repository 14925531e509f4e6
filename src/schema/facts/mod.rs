//! Tables of facts about PostgreSQL, as text that is searched where it lies: sorted lines of tab-separated fields, the
//! first of which is the key. `*.txt` comes from the catalogs of a PostgreSQL 15 with its extensions
//! (`tests/facts.rs` makes them and holds them against a live server); `*_more.txt` is kept by hand: other versions
//! (13 to 18), other extensions, SQL's own syntax that looks like a call.

/// A table in two parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    generated: &'static str,
    more: &'static str,
}

/// Functions: name, flags, argument types, OUT columns, result, extension.
pub(super) const FUNCTIONS: Table =
    Table { generated: include_str!("functions.txt"), more: include_str!("functions_more.txt") };

/// Operators: name, left type, right type, result, volatility with `l` of leakproof ones, extension.
pub(super) const OPERATORS: Table =
    Table { generated: include_str!("operators.txt"), more: include_str!("operators_more.txt") };

/// Casts: source, target, context, volatility with `l` of leakproof ones, extension.
pub(super) const CASTS: Table =
    Table { generated: include_str!("casts.txt"), more: include_str!("casts_more.txt") };

/// Types: name, category, preferred, volatility of input and output, kind, collatable, extension.
pub(super) const TYPES: Table =
    Table { generated: include_str!("types.txt"), more: include_str!("types_more.txt") };

/// Operator classes: access method, name, input type, default, extension.
pub(super) const OPCLASSES: Table =
    Table { generated: include_str!("opclasses.txt"), more: include_str!("opclasses_more.txt") };

/// Relations: name, schema, extension, columns with their types.
pub(super) const RELATIONS: Table =
    Table { generated: include_str!("relations.txt"), more: include_str!("relations_more.txt") };

impl Table {
    /// The rows of a key, without it.
    pub(super) fn rows(self, key: &str) -> impl Iterator<Item = Row> + use<> {
        rows(self.generated, key).chain(rows(self.more, key))
    }
}

/// The fields of a row behind its key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row(&'static str);

impl Row {
    /// The field at that position, the first behind the key being 0; empty where there is none.
    pub(super) fn field(self, position: usize) -> &'static str {
        self.0.split('\t').nth(position).unwrap_or_default()
    }
}

/// A field that is a list.
pub(super) fn list(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split(',').filter(|item| !item.is_empty())
}

fn rows(text: &'static str, key: &str) -> impl Iterator<Item = Row> + use<> {
    // Bytes before `low` lie in lines of smaller keys.
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = text.as_bytes()[..middle].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let end = line_end(text, start);
        if key_of(&text[start..end]) < key {
            low = (end + 1).min(text.len());
        } else {
            high = start;
        }
    }
    let rest = &text[low..];
    let len: usize = rest.split_inclusive('\n').take_while(|line| key_of(line) == key).map(str::len).sum();
    rest[..len].lines().map(|line| Row(line.split_once('\t').map_or("", |(_, fields)| fields)))
}

fn line_end(text: &str, start: usize) -> usize {
    text.as_bytes()[start..].iter().position(|b| *b == b'\n').map_or(text.len(), |i| start + i)
}

fn key_of(line: &str) -> &str {
    line.split_once('\t').map_or(line.trim_end(), |(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Table; 6] = [FUNCTIONS, OPERATORS, CASTS, TYPES, OPCLASSES, RELATIONS];

    #[test]
    fn tables_are_sorted_and_every_key_is_found() {
        for table in ALL {
            for part in [table.generated, table.more] {
                let lines: Vec<&str> = part.lines().collect();
                assert!(lines.is_sorted(), "{:?}", lines.windows(2).find(|w| w[0] > w[1]));
                for line in &lines {
                    let (key, fields) = line.split_once('\t').unwrap();
                    assert!(rows(part, key).any(|row| row.0 == fields), "{line}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for key in ["", "a", "nothing_like_this", "zzzzzz", "\u{10ffff}", "ab\tc", "no"] {
            for table in ALL {
                assert_eq!(table.rows(key).count(), 0, "{key}");
            }
        }
        assert_eq!(rows("", "a").count(), 0);
        assert_eq!(rows("a\tb", "a").count(), 1);
    }
}
