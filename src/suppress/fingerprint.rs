//! The identity of a finding across edits: a hash of its rule, its statement with literals abstracted, its table, the
//! function around it, and which of several equal ones it is. No path, no line number: moved code still matches, and
//! the path is kept beside the fingerprint by whoever stores it.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::finding::Finding;
use crate::source::{Location, Sources};

/// The fingerprints of findings, in their order: `v1:` and 32 hexadecimal digits. Findings that are equal in all that
/// is hashed, in one file, are numbered in the order given, so give them by place.
pub fn fingerprints<'a>(findings: impl IntoIterator<Item = &'a Finding>, sources: &Sources) -> Vec<String> {
    let mut seen: HashMap<(u32, [u8; 32]), u32> = HashMap::new();
    let mut normalised: HashMap<Location, String> = HashMap::new();
    findings
        .into_iter()
        .map(|finding| {
            let place = finding.statement.unwrap_or(finding.primary);
            let text = normalised.entry(place).or_insert_with(|| {
                let file = sources.get(place.file);
                normalise(file.text.get(place.span.range()).unwrap_or_default())
            });
            let parts = [
                finding.rule,
                text,
                finding.table.as_deref().unwrap_or_default(),
                finding.function.as_deref().unwrap_or_default(),
            ];
            let key = hash(&parts, None);
            let nth = seen.entry((place.file.0, key)).or_insert(0);
            let digest = hash(&parts, Some(*nth));
            *nth += 1;
            let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
            format!("v1:{hex}")
        })
        .collect()
}

/// Hashes texts with their lengths, so that no two lists of texts run into each other.
fn hash(parts: &[&str], nth: Option<u32>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    if let Some(nth) = nth {
        hasher.update(nth.to_le_bytes());
    }
    hasher.finalize().into()
}

/// A statement as its edits should not change it: comments dropped, white space and letter case outside quotes
/// levelled, numbers and strings replaced by `?`, numbered placeholders numbered anew in their order.
fn normalise(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut word = false;
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '\'' => quoted(rest, '\''),
            '"' => quoted(rest, '"'),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '$' => dollar_quoted(rest).unwrap_or(1),
            _ if c.is_ascii_digit() => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len())
            }
            _ if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())
            }
            _ => c.len_utf8(),
        };
        let (token, after) = rest.split_at(len);
        rest = after;
        if c.is_whitespace() || token.starts_with("--") || token.starts_with("/*") {
            continue;
        }
        // `E'..'` and its kin are one literal: the prefix goes with it.
        if c == '\'' || (c == '$' && len > 1) {
            if word && [" e", " b", " x", " n"].iter().any(|prefix| out.ends_with(prefix)) {
                out.truncate(out.len() - 2);
            }
            out.push_str(" ?");
        } else if c.is_ascii_digit() && out.ends_with('$') {
            let next = numbers.len() + 1;
            let number = numbers.entry(token).or_insert(next);
            out.push_str(&number.to_string());
        } else if c.is_ascii_digit() {
            out.push_str(" ?");
        } else if c == '"' {
            out.push(' ');
            out.push_str(token);
        } else if c.is_alphanumeric() || c == '_' {
            if !out.ends_with('$') {
                out.push(' ');
            }
            out.push_str(&token.to_lowercase());
        } else {
            out.push_str(token);
        }
        word = c.is_alphabetic();
    }
    out
}

/// Length of a quoted token, its quotes included; a doubled quote stands for itself.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// Length of `$tag$ ... $tag$`, if that is what the text begins with.
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text.get(1..)?.find('$')? + 2;
    let tag = text.get(..end)?;
    let name = tag.get(1..tag.len() - 1)?;
    if name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return None;
    }
    Some(text.get(end..)?.find(tag).map_or(text.len(), |at| end + at + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_that_mean_nothing_change_nothing() {
        let one = normalise("SELECT a FROM t WHERE b = 'x' AND c = 10 AND d = $1");
        for same in [
            "select  a\n from t -- the 'table'\n where b='it''s' and c = 7 and d = $1",
            "SELECT a FROM t WHERE /* b */ b = E'x' AND c = 1.5e3 AND d = $1",
            "SELECT a FROM t WHERE b = $q$ y' $q$ AND c = 10 AND d = $1",
            "SELECT a FROM t WHERE b = 'x' AND c = 10 AND d = $3",
        ] {
            assert_eq!(normalise(same), one, "{same}");
        }
        for other in [
            "SELECT a FROM t WHERE b = 'x' AND c = $1 AND d = $1",
            "SELECT a FROM t WHERE b = 'x' AND c = 10 AND d = :d",
            "SELECT a FROM u WHERE b = 'x' AND c = 10 AND d = $1",
            "SELECT \"A\" FROM t WHERE b = 'x' AND c = 10 AND d = $1",
        ] {
            assert_ne!(normalise(other), one, "{other}");
        }
    }

    #[test]
    fn odd_text_is_read_to_its_end() {
        for odd in ["'", "\"", "$", "$$", "$a", "--", "/*", "é'é", "1.5e3", "$1$", "\u{0}"] {
            normalise(odd);
        }
    }
}
