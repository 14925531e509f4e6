//! What a rule says, before its page and the configuration grade it.

use crate::finding::{Confidence, Fix, Label, Severity};
use crate::source::{Fragment, Location};

/// A finding in the making.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) primary: Location,
    pub(super) statement: Option<Location>,
    pub(super) labels: Vec<Label>,
    pub(super) fixes: Vec<Fix>,
    pub(super) table: Option<String>,
    /// The function around it, where no statement tells.
    pub(super) function: Option<String>,
    /// Where it differs from the page's.
    pub(super) severity: Option<Severity>,
    /// Where it differs from the page's.
    pub(super) confidence: Option<Confidence>,
}

impl Draft {
    /// A message at a place.
    pub(super) fn new(primary: Location, message: impl Into<String>) -> Draft {
        Draft {
            message: message.into(),
            help: None,
            primary,
            statement: None,
            labels: Vec::new(),
            fixes: Vec::new(),
            table: None,
            function: None,
            severity: None,
            confidence: None,
        }
    }

    /// Adds what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Draft {
        self.help = Some(help.into());
        self
    }

    /// Adds a related place, unless it is not known or is the finding's own.
    pub(super) fn label(mut self, location: Option<Location>, message: impl Into<String>) -> Draft {
        if let Some(location) = location
            && location != self.primary
        {
            self.labels.push(Label { location, message: message.into() });
        }
        self
    }

    /// Names the table that it is about.
    pub(super) fn table(mut self, table: impl Into<String>) -> Draft {
        self.table = Some(table.into());
        self
    }

    /// Names the function around it.
    pub(super) fn function(mut self, function: Option<String>) -> Draft {
        self.function = function;
        self
    }

    /// Says how sure it is, where that differs from the page.
    pub(super) fn confidence(mut self, confidence: Confidence) -> Draft {
        self.confidence = Some(confidence);
        self
    }

    /// Adds a way to mend it.
    pub(super) fn fix(mut self, fix: Option<Fix>) -> Draft {
        self.fixes.extend(fix);
        self
    }

    /// Says what stands in the text of a program as the program does, and keeps the fixes that its literals can take.
    pub(super) fn in_words_of(mut self, fragment: &Fragment) -> Draft {
        if fragment.host.is_none() {
            return self;
        }
        self.message = fragment.readable(self.message);
        self.help = self.help.map(|help| fragment.readable(help));
        for label in &mut self.labels {
            label.message = fragment.readable(std::mem::take(&mut label.message));
        }
        self.fixes.retain(|fix| fix.edits.iter().all(|edit| fragment.can_take(edit.location, &edit.text)));
        self
    }

    /// Grades it differently from the page.
    pub(super) fn severity(mut self, severity: Severity) -> Draft {
        self.severity = Some(severity);
        self
    }
}
