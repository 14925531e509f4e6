//! Which functions of the catalog may read tables. Errs towards "may".

use std::collections::HashSet;

use crate::schema::catalog::{Catalog, Function, FunctionId, Volatility};
use crate::schema::functions::lookup;

/// Whether a function may read or change tables: by the words of its body, and by the functions that it calls. What is
/// declared IMMUTABLE is believed only where there is no body to look at: PostgreSQL does not check it.
pub(super) fn may_read_tables(catalog: &Catalog, id: FunctionId) -> bool {
    reads(catalog, catalog.function(id), &mut HashSet::new())
}

fn reads<'c>(catalog: &'c Catalog, function: &'c Function, seen: &mut HashSet<&'c str>) -> bool {
    let text = match (&function.body, function.language.as_str()) {
        (Some(body), "sql" | "plpgsql") => &body.fragment.text,
        _ => return function.volatility != Volatility::Immutable,
    };
    Words::new(text)
        .any(|word| word.reads || !word.called.is_empty() && calls_reader(catalog, &word.called, seen))
}

fn calls_reader<'c>(catalog: &'c Catalog, name: &str, seen: &mut HashSet<&'c str>) -> bool {
    let bare = name.rsplit('.').next().unwrap_or(name);
    // Overloads are not told apart.
    let overloads: Vec<&Function> = catalog.functions.iter().filter(|f| f.name.name == bare).collect();
    if let Some(first) = overloads.first()
        && seen.insert(first.name.name.as_str())
        && overloads.iter().any(|f| reads(catalog, f, seen))
    {
        return true;
    }
    match lookup(bare) {
        Some(facts) => facts.reads_tables,
        None => overloads.is_empty() && !is_syntax(bare),
    }
}

/// A word of a body.
#[derive(Default)]
struct Word {
    /// Whether it reads or changes a table, or runs what cannot be seen.
    reads: bool,
    /// The name of a function, lower case, where it is called.
    called: String,
}

/// The words of SQL or PL/pgSQL text, without strings and comments.
struct Words<'t> {
    rest: &'t str,
    previous: String,
    /// For each open parenthesis, whether FROM within belongs to a function's syntax (`extract(day FROM x)`).
    open: Vec<bool>,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Self {
        Words { rest: text, previous: String::new(), open: Vec::new() }
    }

    fn skip_past(&mut self, from: usize, mark: &str) {
        let rest = self.rest.get(from..).unwrap_or_default();
        let end = rest.find(mark).map_or(rest.len(), |at| at + mark.len());
        self.rest = rest.get(end..).unwrap_or_default();
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            let first = self.rest.chars().next()?;
            match first {
                '\'' => self.skip_past(1, "'"),
                '-' if self.rest.starts_with("--") => self.skip_past(2, "\n"),
                '/' if self.rest.starts_with("/*") => self.skip_past(2, "*/"),
                '(' | ')' => {
                    if first == '(' {
                        let own = ["extract", "substring", "trim", "overlay", "position"];
                        self.open.push(own.contains(&self.previous.as_str()));
                    } else {
                        self.open.pop();
                    }
                    self.rest = &self.rest[1..];
                }
                c if c.is_alphanumeric() || matches!(c, '_' | '"') => break,
                c => self.rest = &self.rest[c.len_utf8()..],
            }
        }
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '.' | '$');
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = text.replace('"', "").to_lowercase();
        let from_of_syntax = self.open.last() == Some(&true) || self.previous == "distinct";
        let reads = match word.as_str() {
            "from" => !from_of_syntax,
            "insert" | "update" | "delete" | "merge" | "execute" | "perform" | "truncate" | "copy"
            | "call" | "table" => true,
            _ => false,
        };
        let called = rest.trim_start().starts_with('(') && !word.starts_with(|c: char| c.is_ascii_digit());
        self.previous.clone_from(&word);
        Some(Word { reads, called: if called { word } else { String::new() } })
    }
}

/// Words that a parenthesis may follow without a call.
fn is_syntax(word: &str) -> bool {
    const WORDS: &str = "all and any array as between bigint bit by case cast char character coalesce cube current \
        dec decimal declare distinct else elsif exists extract filter float greatest group grouping having if ilike in \
        int integer interval into is isnull json_array json_arrayagg json_object json_objectagg json_scalar \
        json_serialize last least like limit loop materialized nchar not notnull null nullif numeric offset on or order \
        over overlay partition position precision raise return returning rollup row rows select sets similar smallint \
        some substring then time timestamp treat trim union using values varbit varchar varying when where while with \
        within xmlconcat xmlelement xmlexists xmlforest xmlparse xmlpi xmlroot xmlserialize";
    WORDS.split_ascii_whitespace().any(|w| w == word)
}

#[cfg(test)]
mod tests {
    use super::Words;

    fn reads(text: &str) -> bool {
        Words::new(text).any(|w| w.reads)
    }

    #[test]
    fn from_of_a_functions_syntax_reads_nothing() {
        assert!(!reads("SELECT extract(epoch FROM now()), substring(x from 1 for 2), a IS DISTINCT FROM b"));
        assert!(!reads("SELECT 'from doc' -- from doc\n /* from doc */"));
        assert!(reads("SELECT extract(epoch FROM created) FROM doc"));
        assert!(reads("SELECT trim(both FROM (SELECT name FROM doc))"));
    }

    #[test]
    fn calls_are_named_without_quotes() {
        let calls: Vec<String> = Words::new("SELECT app.\"total\" (1) + f(2)")
            .map(|w| w.called)
            .filter(|c| !c.is_empty())
            .collect();
        assert_eq!(calls, ["app.total", "f"]);
    }
}
