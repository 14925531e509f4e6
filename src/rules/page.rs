//! A rule's page: front matter to [`Facts`], and the prose beneath. The page is the contract of the rule; everything
//! that names, describes or grades a rule is taken from here.

use crate::finding::{Confidence, Severity};

/// What a page's front matter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it finds, one lowercase sentence without a full stop.
    pub summary: &'static str,
    /// The family.
    pub family: Family,
    /// Severity of its findings, unless the rule says otherwise for one of them.
    pub severity: Severity,
    /// How sure its findings are, unless the rule says otherwise for one of them.
    pub confidence: Confidence,
    /// Version that brought it.
    pub since: &'static str,
    /// Tags, such as `external/cwe/cwe-639`.
    pub tags: Vec<&'static str>,
    /// Whether it speaks without being selected.
    pub on_by_default: bool,
    /// The page below the front matter, Markdown.
    pub prose: &'static str,
}

/// Families of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// A statement can reach another tenant's rows.
    Tenant,
    /// The schema does not keep tenants apart.
    Isolation,
    /// No declared index serves a predicate.
    Index,
    /// A migration does not do what it says.
    Migration,
    /// Text is spliced into SQL.
    Injection,
    /// The SQL itself.
    Sql,
    /// Suppressions.
    Suppression,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 7] = [
        Family::Tenant,
        Family::Isolation,
        Family::Index,
        Family::Migration,
        Family::Injection,
        Family::Sql,
        Family::Suppression,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Family::Tenant => "tenant",
            Family::Isolation => "isolation",
            Family::Index => "index",
            Family::Migration => "migration",
            Family::Injection => "injection",
            Family::Sql => "sql",
            Family::Suppression => "suppression",
        }
    }

    /// What its rules find, one sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Family::Tenant => "Statements that can reach another tenant's rows.",
            Family::Isolation => "Schemas that do not keep tenants apart.",
            Family::Index => {
                "Predicates, joins and orders that no declared index serves, and indexes that serve nothing."
            }
            Family::Migration => "Steps of migrations that do not do what they say.",
            Family::Injection => "Values and names that become part of SQL's text.",
            Family::Sql => "SQL that cannot be read, or names what does not exist.",
            Family::Suppression => "Suppressions that say too little or suppress nothing.",
        }
    }

    /// The family of that name.
    pub fn parse(name: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|f| f.name() == name)
    }
}

impl Facts {
    /// Reads a page. The error says what is wrong with it, for the test that reads every page.
    pub fn parse(page: &'static str) -> Result<Facts, String> {
        let (front, prose) = page
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .ok_or("the page does not start with front matter between `---` lines")?;
        let field = |name: &str| {
            front
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
                .ok_or_else(|| format!("the front matter has no `{name}`"))
        };
        let known = ["summary", "family", "severity", "confidence", "since", "tags", "default"];
        if let Some(line) = front.lines().find(|l| !known.iter().any(|k| l.split(':').next() == Some(k))) {
            return Err(format!("unknown line in the front matter: {line}"));
        }
        let wrong = |name: &str| format!("the front matter's `{name}` has an unknown value");
        Ok(Facts {
            summary: field("summary")?,
            family: Family::parse(field("family")?).ok_or_else(|| wrong("family"))?,
            severity: Severity::parse(field("severity")?).ok_or_else(|| wrong("severity"))?,
            confidence: Confidence::parse(field("confidence")?).ok_or_else(|| wrong("confidence"))?,
            since: field("since")?,
            tags: field("tags")?.split(',').map(str::trim).filter(|t| !t.is_empty()).collect(),
            on_by_default: match field("default") {
                Err(_) | Ok("on") => true,
                Ok("off") => false,
                Ok(_) => return Err(wrong("default")),
            },
            prose: prose.trim_start_matches('\n'),
        })
    }

    /// What stands in for a page that cannot be read, so that a damaged page loses words and no finding. A test reads
    /// every page, so no release has one.
    pub(crate) fn unreadable() -> Facts {
        Facts {
            summary: "",
            family: Family::Sql,
            severity: Severity::Error,
            confidence: Confidence::High,
            since: "",
            tags: Vec::new(),
            on_by_default: true,
            prose: "",
        }
    }
}
