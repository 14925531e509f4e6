//! The baseline file: findings that are accepted because they were there when the tool came. One entry a line, sorted, so
//! that its history reads well and merges meet seldom.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Name of the file, beside the configuration.
pub const FILE_NAME: &str = "sqlmoat-baseline.json";

/// The version of the format.
const VERSION: u32 = 1;

/// A baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// What it accepts, sorted by path, rule and fingerprint.
    pub entries: Vec<Entry>,
}

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its path, relative to the baseline's directory, with `/`.
    pub path: String,
    /// Its rule.
    pub rule: String,
    /// Its identity.
    pub fingerprint: String,
    /// When it was accepted, `2026-01-31`.
    pub date: String,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

impl Baseline {
    /// Reads a baseline. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let file: File = serde_json::from_str(text).map_err(|e| format!("the baseline is damaged: {e}"))?;
        match file.version {
            VERSION => Ok(Baseline { entries: file.findings }),
            other => {
                Err(format!("the baseline has version {other}, and this program reads version {VERSION}"))
            }
        }
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort();
        let mut out = format!("{{\n  \"version\": {VERSION},\n  \"findings\": [");
        for (i, entry) in entries.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\n    {}", serde_json::to_string(entry).unwrap_or_default());
        }
        out.push_str(if entries.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        out
    }
}

/// The day of a number of seconds since 1970, `2026-01-31`, by the proleptic Gregorian calendar.
pub fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let entry = |path: &str| Entry {
            path: path.to_owned(),
            rule: "key-only-access".to_owned(),
            fingerprint: "v1:0".to_owned(),
            date: day(0),
            reason: "\"quoted\"\n".to_owned(),
        };
        let baseline = Baseline { entries: vec![entry("a"), entry("b")] };
        let reversed = Baseline { entries: vec![entry("b"), entry("a")] };
        assert_eq!(baseline.text(), reversed.text());
        assert_eq!(Baseline::parse(&baseline.text()), Ok(baseline.clone()));
        assert_eq!(baseline.text().lines().count(), 7, "{}", baseline.text());
        assert_eq!(Baseline::parse(&Baseline::default().text()), Ok(Baseline::default()));
        for damaged in ["", "{}", "<<<<<<< HEAD\n{}", "{\"version\": 2, \"findings\": []}"] {
            assert!(Baseline::parse(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_714_979_289, "2024-05-06"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(day(seconds), date);
        }
    }
}
