//! The audit for a terminal.

use std::fmt::Write as _;

use super::{Audit, Entry, GroupBy, belongs, verdicts};
use crate::check::Outcome;
use crate::report::full::place;
use crate::report::paint::{Paint, Tone};
use crate::report::summary;
use crate::report::text::{visible, without_commands};

/// Places of one unseen thing that are listed, at most.
const PLACES: usize = 20;

/// The audit for a person.
pub fn text(outcome: &Outcome, by: GroupBy, color: bool) -> String {
    let audit = Audit::new(outcome, by);
    let paint = Paint(color);
    let mut out = String::new();
    let _ = writeln!(out, "{}", audit.headline(&summary::coverage(outcome)));
    let _ = writeln!(out, "\n{}", paint.strong("not seen"));
    for unseen in &audit.unseen {
        let _ = writeln!(out, "  {}", visible(&unseen.what));
        for at in unseen.places.iter().take(PLACES) {
            let _ = writeln!(out, "    {}", paint.faint(&place(audit.sources, *at)));
        }
        if unseen.places.len() > PLACES {
            let _ = writeln!(out, "    and {} more", unseen.places.len() - PLACES);
        }
    }
    let _ = writeln!(out, "\n{}", paint.strong("exceptions"));
    if audit.exceptions.is_empty() {
        out.push_str("  none\n");
    }
    for exception in &audit.exceptions {
        let by = match (exception.kind, exception.written) {
            (_, Some(at)) => format!("comment at {}", place(audit.sources, at)),
            ("config", None) => "configuration".to_owned(),
            (kind, None) => kind.to_owned(),
        };
        let _ = writeln!(
            out,
            "  {}: {}: {} {}",
            place(audit.sources, exception.at),
            paint.tone(Tone::Open, exception.what),
            visible(exception.reason),
            paint.faint(&format!("({by})")),
        );
        let _ = writeln!(out, "    {}", visible(&exception.about));
    }
    for group in &audit.groups {
        let note = group.note.as_ref().map_or_else(String::new, |note| format!(" {}", visible(note)));
        let _ = writeln!(
            out,
            "\n{}{note} {}",
            paint.strong(&visible(&group.name)),
            paint.faint(&format!("({})", verdicts(&group.entries)))
        );
        for entry in &group.entries {
            row(&mut out, &audit, entry, &group.name, &paint);
        }
    }
    without_commands(out)
}

fn row(out: &mut String, audit: &Audit<'_>, entry: &Entry<'_>, group: &str, paint: &Paint) {
    let at = place(audit.sources, entry.statement.location);
    let at = match audit.by {
        // The group's name is the path.
        GroupBy::File => at.get(visible(group).len() + 1..).unwrap_or(&at).to_owned(),
        GroupBy::Table => at,
    };
    let tone = match entry.verdict {
        "isolated" | "global" | "keeps-tenant" => Tone::Good,
        "leaks" | "mixes-tenants" | "drops-tenant" => Tone::Bad,
        _ => Tone::Open,
    };
    let name = belongs(entry).map_or_else(String::new, |name| format!("{}: ", visible(&name)));
    let table = match audit.by {
        GroupBy::File => String::new(),
        GroupBy::Table => uses(entry, group),
    };
    let _ = writeln!(
        out,
        "  {} {}{table}  {name}{}",
        paint.faint(&format!("{at:>7}")),
        paint.tone(tone, &format!("{:8}", entry.verdict)),
        visible(&entry.sql)
    );
    if let Some(exempt) = &entry.statement.exempt {
        let _ =
            writeln!(out, "          {}: {}", paint.tone(Tone::Open, "excepted"), visible(&exempt.reason));
    }
    for (rule, message, _) in &entry.defects {
        let _ = writeln!(out, "          {}: {}", paint.faint(rule), visible(message));
    }
}

/// How the statement's uses of the group's table stand: `tied, seek`.
fn uses(entry: &Entry<'_>, group: &str) -> String {
    let own = entry.tables.iter().filter(|t| group.rsplit(": ").next() == Some(t.name.as_str()));
    let mut words: Vec<String> = own
        .map(|t| {
            let owner = t.owner.map_or("unjudged", |o| o.name());
            match t.access {
                Some(class) => format!("{owner}, {}", class.name()),
                None => owner.to_owned(),
            }
        })
        .collect();
    words.dedup();
    match words.is_empty() {
        true => String::new(),
        false => format!(" [{}]", words.join("; ")),
    }
}
