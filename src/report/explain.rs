//! What the rule pages say, for `explain`, `rules` and the README.

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::page_url;
use crate::rules::{self, Family, Rule};

/// A rule's page for a person: its facts, then its text, without what only the tests read.
pub fn explain(rule: &Rule) -> String {
    let facts = &rule.facts;
    let mut text = format!("{}: {}\n", rule.id, facts.summary);
    let state = if facts.on_by_default { "" } else { ", off by default" };
    let _ = writeln!(
        text,
        "{} of the family {}, confidence {}, since {}{state}",
        facts.severity.name(),
        facts.family.name(),
        facts.confidence.name(),
        facts.since
    );
    let _ = writeln!(text, "{}\n", page_url(rule.id));
    let mut lines = facts.prose.lines().skip_while(|l| l.starts_with("# ") || l.is_empty());
    let mut schema: Vec<&str> = Vec::new();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            let _ = writeln!(text, "{line}");
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
        // What a block is, where that is not plain from its text; a schema that was shown is not shown again.
        match info.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["sql", "schema", ..] if block == schema => {
                text.push_str("    -- schema as above\n");
                continue;
            }
            ["sql", "schema", ..] => {
                text.push_str("    -- schema\n");
                schema.clone_from(&block);
            }
            ["sql", "fixed", ..] => text.push_str("    -- after the fix\n"),
            ["toml", ..] => text.push_str("    # sqlmoat.toml\n"),
            _ => {}
        }
        for line in block {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// Every rule as a JSON array of objects, for `rules --output-format json`.
pub fn rules_json() -> String {
    #[derive(Serialize)]
    struct View {
        id: &'static str,
        summary: &'static str,
        family: &'static str,
        severity: &'static str,
        confidence: &'static str,
        since: &'static str,
        tags: &'static [&'static str],
        on_by_default: bool,
        url: String,
        page: &'static str,
    }
    let views: Vec<View> = rules::all()
        .iter()
        .map(|rule| View {
            id: rule.id,
            summary: rule.facts.summary,
            family: rule.facts.family.name(),
            severity: rule.facts.severity.name(),
            confidence: rule.facts.confidence.name(),
            since: rule.facts.since,
            tags: &rule.facts.tags,
            on_by_default: rule.facts.on_by_default,
            url: page_url(rule.id),
            page: rule.facts.prose,
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&views).unwrap_or_default();
    text.push('\n');
    text
}

/// Every rule by family, each with a link to its page, as Markdown.
pub fn rules_markdown() -> String {
    let mut text = String::from("# Rules\n");
    for family in Family::ALL {
        let _ = writeln!(text, "\n## {}\n\n{}\n", family.name(), family.about());
        text.push_str("| rule | severity | confidence | what it finds |\n| --- | --- | --- | --- |\n");
        for rule in rules::all().iter().filter(|rule| rule.facts.family == family) {
            let state = if rule.facts.on_by_default { "" } else { ", off by default" };
            let _ = writeln!(
                text,
                "| [`{}`]({}) | {}{state} | {} | {} |",
                rule.id,
                page_url(rule.id),
                rule.facts.severity.name(),
                rule.facts.confidence.name(),
                rule.facts.summary,
            );
        }
    }
    text
}
