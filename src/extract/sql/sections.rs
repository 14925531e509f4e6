//! The parts of a migration file: what applies, and what takes it back. Marks are comments, as the tools document them:
//! goose, sql-migrate, dbmate, tern, MyBatis Migrations, Play evolutions, Liquibase's formatted SQL.

use crate::source::Span;
use crate::syntax::{Comment, Dialect, comments};

/// The tool whose marks a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `-- +goose Up`.
    Goose,
    /// `-- +migrate Up`.
    SqlMigrate,
    /// `-- migrate:up`.
    Dbmate,
    /// `---- create above / drop below ----`.
    Tern,
    /// `-- //@UNDO`.
    MyBatis,
    /// `-- !Ups`.
    Play,
    /// `--liquibase formatted sql`, `--changeset author:id`.
    Liquibase,
}

/// What a part of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// It applies.
    Up,
    /// It takes back what the other part does, and never applies.
    Down,
    /// It is for another database, or stands before the first mark where the tool does not look: it never applies.
    Unused,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// From its mark to the next one, bytes.
    pub span: Span,
    /// What it is.
    pub kind: SectionKind,
    /// Whether the tool wraps it in a transaction, as it does unless told otherwise.
    pub transaction: bool,
}

/// The parts of a file, in order and without gaps. None where the file has no marks: then all of it applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    /// The tool.
    pub tool: Option<Tool>,
    /// Its parts.
    pub list: Vec<Section>,
}

impl Sections {
    /// Whether a statement that stands there applies.
    pub fn applies(&self, statement: Span) -> bool {
        self.section_of(statement).is_none_or(|section| section.kind == SectionKind::Up)
    }

    /// The part that a statement stands in.
    pub fn section_of(&self, statement: Span) -> Option<&Section> {
        let i = self.list.partition_point(|section| section.span.end <= statement.start);
        self.list.get(i).filter(|section| section.span.start <= statement.start)
    }
}

/// The parts of a fragment's text.
pub fn sections(text: &str, dialect: Dialect) -> Sections {
    const SIGNS: [&str; 8] = [
        "+goose",
        "+migrate",
        "migrate:",
        "create above",
        "@UNDO",
        "!Downs",
        "changeset",
        "liquibase formatted",
    ];
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return Sections::default();
    }
    let mut reader = Reader { dialect, tool: None, marks: Vec::new(), transaction: true };
    for comment in comments(text, dialect) {
        // A mark has its line for itself.
        let before = text.as_bytes().get(..comment.span.start as usize).unwrap_or(&[]);
        let alone = before.iter().rev().find(|b| !matches!(b, b' ' | b'\t')).is_none_or(|b| *b == b'\n');
        if alone {
            reader.read(&comment);
        }
    }
    reader.finish(text.len() as u32)
}

struct Reader {
    dialect: Dialect,
    tool: Option<Tool>,
    /// Where a part starts, and what it is.
    marks: Vec<(u32, SectionKind, bool)>,
    /// Whether the file's parts run in a transaction (goose says so for the whole file).
    transaction: bool,
}

impl Reader {
    fn read(&mut self, comment: &Comment) {
        let text = comment.text.as_str();
        let at = comment.span.start;
        if let Some(rest) = text.strip_prefix("+goose") {
            match rest.trim().to_ascii_lowercase().as_str() {
                "up" => self.mark(Tool::Goose, at, SectionKind::Up, true),
                "down" => self.mark(Tool::Goose, at, SectionKind::Down, true),
                "no transaction" => self.transaction = false,
                _ => {}
            }
        } else if let Some(rest) = text.strip_prefix("+migrate") {
            let rest = rest.trim().to_ascii_lowercase();
            let transaction = !rest.contains("notransaction");
            if rest.starts_with("up") {
                self.mark(Tool::SqlMigrate, at, SectionKind::Up, transaction);
            } else if rest.starts_with("down") {
                self.mark(Tool::SqlMigrate, at, SectionKind::Down, transaction);
            }
        } else if let Some(rest) = text.strip_prefix("migrate:") {
            let transaction = !rest.contains("transaction:false");
            if rest.starts_with("up") {
                self.mark(Tool::Dbmate, at, SectionKind::Up, transaction);
            } else if rest.starts_with("down") {
                self.mark(Tool::Dbmate, at, SectionKind::Down, transaction);
            }
        } else if text.contains("create above / drop below") {
            self.mark(Tool::Tern, at, SectionKind::Down, true);
        } else if text.trim_start_matches('/').trim().starts_with("@UNDO") {
            self.mark(Tool::MyBatis, at, SectionKind::Down, true);
        } else if let Some(mark) = text.trim_start_matches(['#', '-', ' ']).strip_prefix('!') {
            match mark.trim() {
                "Ups" => self.mark(Tool::Play, at, SectionKind::Up, true),
                "Downs" => self.mark(Tool::Play, at, SectionKind::Down, true),
                _ => {}
            }
        } else if text.starts_with("liquibase formatted sql") {
            self.mark(Tool::Liquibase, at, SectionKind::Up, true);
        } else if self.tool == Some(Tool::Liquibase)
            && let Some(attributes) = text.strip_prefix("changeset ")
        {
            let kind =
                if self.is_for_this_database(attributes) { SectionKind::Up } else { SectionKind::Unused };
            self.mark(Tool::Liquibase, at, kind, !attributes.contains("runInTransaction:false"));
        }
    }

    /// `dbms:postgresql,h2` or `dbms:!mysql` of a changeset.
    fn is_for_this_database(&self, attributes: &str) -> bool {
        let Some(list) = attributes.split_whitespace().find_map(|word| word.strip_prefix("dbms:")) else {
            return true;
        };
        let ours: &[&str] = match self.dialect {
            Dialect::Postgres => &["postgresql", "postgres", "all"],
            Dialect::MySql => &["mysql", "mariadb", "all"],
            Dialect::Sqlite => &["sqlite", "all"],
        };
        let mut names = list.split(',').map(|name| name.trim_matches('"').trim());
        if list.contains('!') {
            names.all(|name| name.strip_prefix('!').is_none_or(|not| !ours.contains(&not)))
        } else {
            names.any(|name| ours.contains(&name))
        }
    }

    /// The first tool's marks count; another's are remarks.
    fn mark(&mut self, tool: Tool, at: u32, kind: SectionKind, transaction: bool) {
        if *self.tool.get_or_insert(tool) == tool {
            self.marks.push((at, kind, transaction));
        }
    }

    fn finish(self, len: u32) -> Sections {
        let mut list = Vec::with_capacity(self.marks.len() + 1);
        let has_up = self.marks.iter().any(|(_, kind, _)| *kind == SectionKind::Up);
        let first = self.marks.first().map_or(0, |mark| mark.0);
        if first > 0 {
            // Tools with a mark for each part look at nothing before the first; the others apply what is above.
            let kind = if has_up && self.tool != Some(Tool::Liquibase) {
                SectionKind::Unused
            } else {
                SectionKind::Up
            };
            list.push(Section { span: Span::new(0, first), kind, transaction: self.transaction });
        }
        for (i, &(start, kind, transaction)) in self.marks.iter().enumerate() {
            let end = self.marks.get(i + 1).map_or(len, |next| next.0);
            list.push(Section {
                span: Span::new(start, end),
                kind,
                transaction: transaction && self.transaction,
            });
        }
        if self.marks.is_empty() { Sections::default() } else { Sections { tool: self.tool, list } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Fragment};
    use crate::syntax::parse;

    /// The statements of a text that apply.
    fn applied(text: &str) -> (Option<Tool>, Vec<String>) {
        let found = sections(text, Dialect::Postgres);
        let statements = parse(&Fragment::whole(FileId(0), text.into()).into(), Dialect::Postgres);
        let texts =
            statements.iter().filter(|s| found.applies(s.span)).map(|s| text[s.span.range()].to_owned());
        (found.tool, texts.collect())
    }

    #[test]
    fn only_the_up_part_applies() {
        for (text, tool) in [
            (
                "-- +goose Up\nup;\n-- +goose StatementBegin\nup2;\n-- +goose StatementEnd\n-- +goose Down\ndown;",
                Tool::Goose,
            ),
            ("-- +migrate Up notransaction\nup;\nup2;\n-- +migrate Down\ndown;", Tool::SqlMigrate),
            ("-- migrate:up transaction:false\nup;\nup2;\n-- migrate:down\ndown;", Tool::Dbmate),
            // The last statement of a part needs no semicolon.
            ("-- migrate:up\nup;\nup2\n-- migrate:down\ndown", Tool::Dbmate),
            ("-- migrate:down\ndown;\n-- migrate:up\nup;\nup2;", Tool::Dbmate),
            ("up;\nup2;\n---- create above / drop below ----\ndown;", Tool::Tern),
            ("-- // first\nup;\nup2;\n-- //@UNDO\ndown;", Tool::MyBatis),
            ("-- !Ups\nup;\nup2;\n-- !Downs\ndown;", Tool::Play),
            (
                "--liquibase formatted sql\n--changeset a:1\nup;\n--rollback down;\n--changeset a:2 dbms:mysql\nother;\n--changeset a:3 dbms:!mysql\nup2;",
                Tool::Liquibase,
            ),
        ] {
            let (found, statements) = applied(text);
            assert_eq!(found, Some(tool), "{text}");
            assert_eq!(statements, ["up", "up2"], "{text}");
        }
    }

    #[test]
    fn marks_in_strings_and_behind_statements_are_none() {
        for text in
            ["up; -- +goose Down\nup2", "select '\n-- +goose Down\n'; up2", "up; /* see changeset 3 */ up2"]
        {
            assert_eq!(applied(text).1.len(), 2, "{text}");
        }
    }

    #[test]
    fn transactions_are_told() {
        let transactions = |text: &str| -> Vec<bool> {
            sections(text, Dialect::Postgres).list.iter().map(|section| section.transaction).collect()
        };
        assert_eq!(
            transactions("-- +goose NO TRANSACTION\n-- +goose Up\na;\n-- +goose Down\nb;"),
            [false, false, false]
        );
        assert_eq!(transactions("-- migrate:up transaction:false\na;\n-- migrate:down\nb;"), [false, true]);
    }
}
