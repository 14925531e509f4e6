//! Colours of text that is not drawn by miette, the same as its theme's.

/// Whether to colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint(pub(super) bool);

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Proved.
    Good,
    /// Not proved.
    Bad,
    /// Open, or excepted.
    Open,
    /// A remark.
    Note,
}

impl Paint {
    /// A word in the colour of what it means.
    pub(super) fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Open => "33",
            Tone::Note => "36",
        };
        self.with(code, text)
    }

    /// What a part is about.
    pub(super) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What matters less, such as places.
    pub(super) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.0 && !text.is_empty() {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}
