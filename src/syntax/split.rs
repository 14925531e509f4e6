//! Text to the raw statements it holds: exact ranges, tokens, comments. Knows what may hold a semicolon (SQL bodies,
//! rules, triggers), psql's meta-commands and the data behind `COPY ... FROM stdin`; knows nothing of grammar beyond that.

use super::lexer::{Kind, Lexer, Raw};
use super::{Comment, Dialect, RowsCut};
use crate::source::Span;

/// Rows of a VALUES list that are kept; what is behind them is only looked at token by token.
pub(super) const MAX_ROWS: u32 = 2_000;

/// One statement as it stands in the text.
#[derive(Debug, Default)]
pub(super) struct RawStatement {
    /// From the first token to the last, without the semicolon.
    pub(super) span: Span,
    /// Its tokens without comments; those of cut rows are missing.
    pub(super) tokens: Vec<Raw>,
    /// Comments before, inside and behind it on its line.
    pub(super) comments: Vec<Comment>,
    /// Template control marks inside it.
    pub(super) directives: Vec<Span>,
    /// Rows of a long VALUES list that are not among the tokens.
    pub(super) rows_cut: Option<RowsCut>,
}

/// Calls `each` for every statement in order. Statements never overlap; what lies between them is white space, comments,
/// semicolons, and data of a COPY.
pub(super) fn split(text: &str, dialect: Dialect, mut each: impl FnMut(&RawStatement)) {
    let mut splitter = Splitter {
        text,
        dialect,
        current: RawStatement::default(),
        finished: None,
        rows: Rows::default(),
        blocks: Blocks::default(),
        copy_data_absent: false,
    };
    let mut lexer = Lexer::new(text, dialect);
    let mut delimiter: Option<String> = None;
    loop {
        if let Some(custom) = &delimiter {
            // MySQL's client: the statement ends at the delimiter that was set, whatever that is.
            let at = lexer.position();
            let space = text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
            if text.get(at + space..).is_some_and(|rest| rest.starts_with(custom.as_str())) {
                lexer.jump(at + space + custom.len());
                splitter.end_statement(&mut each);
                continue;
            }
        }
        let Some(mut raw) = lexer.next() else { break };
        if let Some(custom) = &delimiter
            && raw.kind == Kind::Word
            && let Some(at) = raw.text(text).find(custom.as_str())
        {
            // `$$` may stand directly behind a name, of which `$` could be part.
            raw.end = raw.start + at as u32;
            lexer.jump(raw.end as usize);
        }
        let span = Span::new(raw.start, raw.end);
        match raw.kind {
            Kind::LineComment | Kind::BlockComment => {
                let first_on_line = lexer.crossed_line();
                if first_on_line
                    && lexer.at_top_level()
                    && splitter.ends_here()
                    && is_boundary(raw.text(text))
                {
                    splitter.end_statement(&mut each);
                    lexer.end_statement();
                }
                splitter.comment(span, first_on_line, &mut each);
            }
            Kind::Directive => splitter.current.directives.push(span),
            Kind::Semicolon if delimiter.is_none() && splitter.ends_here() => {
                let data = splitter.copy_data(raw.end as usize);
                splitter.end_statement(&mut each);
                lexer.end_statement();
                if let Some(end) = data {
                    lexer.jump(end);
                }
            }
            Kind::Meta if splitter.is_copy(raw) => {
                // psql sends the rest of the line as COPY does.
                let mut line = Lexer::new(text.get(..raw.end as usize).unwrap_or_default(), dialect);
                line.jump(raw.start as usize + 1);
                while let Some(raw) = line.next() {
                    match raw.kind {
                        Kind::LineComment | Kind::BlockComment | Kind::Directive | Kind::Meta => {}
                        _ => splitter.token(raw, &mut each),
                    }
                }
                splitter.end_statement(&mut each);
            }
            Kind::Meta => {
                splitter.meta(raw, &mut each);
                if splitter.current.tokens.is_empty() {
                    lexer.end_statement();
                }
            }
            Kind::Word
                if dialect == Dialect::MySql
                    && splitter.current.tokens.is_empty()
                    && raw.is_word(text, "DELIMITER") =>
            {
                let line = text.get(raw.end as usize..).and_then(|rest| rest.lines().next()).unwrap_or("");
                let word = line.trim();
                delimiter = (!word.is_empty() && word != ";").then(|| word.to_owned());
                lexer.jump(raw.end as usize + line.len());
            }
            _ => splitter.token(raw, &mut each),
        }
    }
    splitter.end_statement(&mut each);
    splitter.flush(&mut each);
}

/// Every comment of a text, in order.
pub(super) fn comments(text: &str, dialect: Dialect) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut lexer = Lexer::new(text, dialect);
    while let Some(raw) = lexer.next() {
        if matches!(raw.kind, Kind::LineComment | Kind::BlockComment) {
            found.push(comment_of(text, Span::new(raw.start, raw.end)));
        }
    }
    found
}

struct Splitter<'a> {
    text: &'a str,
    dialect: Dialect,
    current: RawStatement,
    /// A statement that ended, kept while comments on its last line may follow.
    finished: Option<RawStatement>,
    rows: Rows,
    blocks: Blocks,
    copy_data_absent: bool,
}

impl Splitter<'_> {
    fn token(&mut self, raw: Raw, each: &mut impl FnMut(&RawStatement)) {
        if self.current.tokens.is_empty() {
            self.flush(each);
            self.rows = Rows::default();
            self.blocks = Blocks::default();
            self.current.span = Span::new(raw.start, raw.end);
        }
        self.current.span.end = raw.end;
        let text = self.text;
        self.blocks.read(text, self.dialect, raw, &self.current.tokens);
        match self.rows.read(text, raw, &self.current.tokens) {
            RowStep::Keep => self.current.tokens.push(raw),
            RowStep::Drop => {}
            RowStep::StartDropping => {
                self.current.tokens.pop();
            }
        }
    }

    fn comment(&mut self, span: Span, on_new_line: bool, each: &mut impl FnMut(&RawStatement)) {
        let comment = comment_of(self.text, span);
        match &mut self.finished {
            Some(finished) if !on_new_line && self.current.tokens.is_empty() => {
                finished.comments.push(comment);
                if self.text.get(span.range()).is_some_and(|t| t.contains('\n')) {
                    // What follows no longer stands on the statement's line.
                    self.flush(each);
                }
            }
            _ => self.current.comments.push(comment),
        }
    }

    /// Whether a semicolon ends the statement here.
    fn ends_here(&self) -> bool {
        !self.blocks.is_open()
    }

    fn end_statement(&mut self, each: &mut impl FnMut(&RawStatement)) {
        if self.current.tokens.is_empty() {
            // Comments and marks stay with the statement that comes next.
            return;
        }
        let mut statement = std::mem::take(&mut self.current);
        statement.rows_cut = self.rows.cut();
        self.flush(each);
        self.finished = Some(statement);
    }

    fn flush(&mut self, each: &mut impl FnMut(&RawStatement)) {
        if let Some(finished) = self.finished.take() {
            each(&finished);
            if self.current.tokens.capacity() == 0 {
                let mut tokens = finished.tokens;
                tokens.clear();
                self.current.tokens = tokens;
            }
        }
    }

    /// Whether a backslash command is psql's `\copy`.
    fn is_copy(&self, raw: Raw) -> bool {
        let rest = raw.text(self.text).strip_prefix("\\copy");
        self.current.tokens.is_empty() && rest.is_some_and(|rest| rest.starts_with([' ', '\t', '(']))
    }

    /// A backslash command: one that sends the query buffer ends the statement, any other stands alone.
    fn meta(&mut self, raw: Raw, each: &mut impl FnMut(&RawStatement)) {
        let command = raw.text(self.text).trim_start_matches('\\');
        let sends =
            command.starts_with('g') || command.starts_with("crosstabview") || command.starts_with("watch");
        if !self.current.tokens.is_empty() {
            if sends {
                self.end_statement(each);
            }
            return;
        }
        if !sends && !command.starts_with('.') && !command.is_empty() {
            let trimmed = raw.text(self.text).trim_end().len() as u32;
            self.token(Raw { end: raw.start + trimmed, ..raw }, each);
            self.end_statement(each);
        }
    }

    /// Where the data of a `COPY ... FROM stdin` ends that starts on the line after `from`; none if there is no end mark,
    /// as in a query file.
    fn copy_data(&mut self, from: usize) -> Option<usize> {
        let tokens = &self.current.tokens;
        if self.copy_data_absent || !tokens.first()?.is_word(self.text, "COPY") {
            return None;
        }
        let stdin = tokens
            .windows(2)
            .take(200)
            .any(|w| w[0].is_word(self.text, "FROM") && w[1].is_word(self.text, "STDIN"));
        if !stdin {
            return None;
        }
        let rest = self.text.get(from..)?;
        let mut at = rest.find('\n')? + 1;
        while at < rest.len() {
            let line = rest[at..].split('\n').next().unwrap_or("");
            if line.trim_end_matches('\r') == "\\." {
                return Some(from + at + line.len());
            }
            at += line.len() + 1;
        }
        self.copy_data_absent = true;
        None
    }
}

/// Whether a comment that has its line for itself ends the statement before it, though no semicolon does: marks of
/// migration tools, and names in query files.
fn is_boundary(comment: &str) -> bool {
    const MARKS: &[&str] = &[
        "+goose",
        "+migrate",
        "migrate:",
        "@UNDO",
        "changeset ",
        "!Ups",
        "!Downs",
        "> statement-breakpoint",
        "create above / drop below",
    ];
    let text = comment.trim_start_matches(['-', '/', '*', '#', ' ', '\t']);
    if MARKS.iter().any(|mark| text.starts_with(mark)) {
        return true;
    }
    // `name: GetUser :one`, and no remark that happens to start so.
    text.strip_prefix("name:").is_some_and(|rest| {
        let mut words = rest.trim_end_matches(['*', '/', ' ', '\t', '\r']).split_whitespace();
        let named = words.next().is_some_and(|word| !word.contains([',', '(', ')', '\'', '"']));
        named && words.next().is_none_or(|word| word.starts_with(':'))
    })
}

/// Bodies in which a semicolon ends no statement of ours.
#[derive(Default)]
struct Blocks {
    head: Head,
    depth: u32,
    parens: u32,
}

/// What a statement's first words say about semicolons inside it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Head {
    /// Not known before the first words are read.
    #[default]
    Reading,
    /// None.
    Plain,
    /// CREATE FUNCTION, CREATE PROCEDURE: `BEGIN ATOMIC ... END`.
    Routine,
    /// CREATE RULE: `DO (...; ...)`.
    Rule,
    /// A body of MySQL or SQLite: `BEGIN ... END`.
    Compound,
}

impl Blocks {
    fn is_open(&self) -> bool {
        self.depth > 0 || (self.head == Head::Rule && self.parens > 0)
    }

    fn read(&mut self, text: &str, dialect: Dialect, raw: Raw, before: &[Raw]) {
        if self.head == Head::Plain {
            return;
        }
        if self.head == Head::Reading {
            self.head = match before.first() {
                None if raw.is_word(text, "CREATE") => Head::Reading,
                None => Head::Plain,
                Some(_) if raw.kind != Kind::Word || before.len() > 8 => match dialect {
                    // MySQL: `CREATE DEFINER=`u`@`h` PROCEDURE`.
                    Dialect::MySql if before.len() <= 8 => Head::Reading,
                    _ => Head::Plain,
                },
                Some(_) => match (raw.text(text).to_ascii_uppercase().as_str(), dialect) {
                    ("FUNCTION" | "PROCEDURE", Dialect::Postgres) => Head::Routine,
                    ("RULE", Dialect::Postgres) => Head::Rule,
                    ("FUNCTION" | "PROCEDURE" | "TRIGGER" | "EVENT", Dialect::MySql) => Head::Compound,
                    ("TRIGGER", Dialect::Sqlite) => Head::Compound,
                    (
                        "OR" | "REPLACE" | "TEMP" | "TEMPORARY" | "DEFINER" | "AGGREGATE" | "CURRENT_USER"
                        | "IF" | "NOT" | "EXISTS",
                        _,
                    ) => Head::Reading,
                    _ if dialect == Dialect::MySql && before.len() < 8 => Head::Reading,
                    _ => Head::Plain,
                },
            };
            return;
        }
        match raw.kind {
            Kind::LParen => self.parens += 1,
            Kind::RParen => self.parens = self.parens.saturating_sub(1),
            Kind::Word if self.head != Head::Rule => self.read_word(text, raw, before),
            _ => {}
        }
    }

    fn read_word(&mut self, text: &str, raw: Raw, before: &[Raw]) {
        let previous_is = |word: &str| before.last().is_some_and(|p| p.is_word(text, word));
        let word = raw.text(text);
        if word.eq_ignore_ascii_case("ATOMIC") {
            if self.head == Head::Routine && self.depth == 0 && previous_is("BEGIN") {
                self.depth = 1;
            }
        } else if word.eq_ignore_ascii_case("BEGIN") {
            if self.head == Head::Compound {
                self.depth += 1;
            }
        } else if word.eq_ignore_ascii_case("CASE") {
            if self.depth > 0 && !previous_is("END") {
                self.depth += 1;
            }
        } else if word.eq_ignore_ascii_case("END") {
            self.depth = self.depth.saturating_sub(1);
        } else if self.head == Head::Compound
            && previous_is("END")
            && ["IF", "LOOP", "WHILE", "REPEAT"].iter().any(|w| word.eq_ignore_ascii_case(w))
        {
            // `END IF` closes what was never counted as opened.
            self.depth += 1;
        }
    }
}

/// Follows the rows of an INSERT's VALUES so that a long list is cut while it is read.
#[derive(Default)]
struct Rows {
    state: RowState,
    depth: u32,
    rows: u32,
    dropped: u32,
    first_dropped: u32,
    last_dropped: u32,
    other_than_constants: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum RowState {
    #[default]
    Start,
    BeforeValues,
    InValues,
    Dropping,
    Off,
}

enum RowStep {
    Keep,
    StartDropping,
    Drop,
}

impl Rows {
    fn read(&mut self, text: &str, raw: Raw, before: &[Raw]) -> RowStep {
        if self.state == RowState::Off {
            return RowStep::Keep;
        }
        match raw.kind {
            Kind::LParen | Kind::LBracket => self.depth += 1,
            Kind::RParen | Kind::RBracket => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        match self.state {
            RowState::Start => {
                let insert = raw.is_word(text, "INSERT") || raw.is_word(text, "REPLACE");
                self.state = if insert { RowState::BeforeValues } else { RowState::Off };
            }
            RowState::BeforeValues => {
                if self.depth == 0 && raw.kind == Kind::Word {
                    let word = raw.text(text);
                    if word.eq_ignore_ascii_case("VALUES") {
                        self.state = RowState::InValues;
                    } else if word.eq_ignore_ascii_case("SELECT") || word.eq_ignore_ascii_case("SET") {
                        self.state = RowState::Off;
                    }
                }
            }
            RowState::InValues => {
                if raw.kind == Kind::LParen && self.depth == 1 {
                    self.rows += 1;
                    if self.rows > MAX_ROWS && before.last().is_some_and(|p| p.kind == Kind::Comma) {
                        self.state = RowState::Dropping;
                        self.dropped = 1;
                        self.first_dropped = raw.start;
                        self.last_dropped = raw.end;
                        return RowStep::StartDropping;
                    }
                } else if self.depth == 0 && raw.kind == Kind::Word {
                    self.state = RowState::Off;
                }
            }
            RowState::Dropping => {
                let end_of_list = self.depth == 0 && !matches!(raw.kind, Kind::Comma | Kind::RParen);
                if end_of_list {
                    self.state = RowState::Off;
                    return RowStep::Keep;
                }
                if raw.kind == Kind::LParen && self.depth == 1 {
                    self.dropped += 1;
                }
                self.last_dropped = raw.end;
                self.other_than_constants |= !is_constant(text, raw);
                return RowStep::Drop;
            }
            RowState::Off => {}
        }
        RowStep::Keep
    }

    fn cut(&self) -> Option<RowsCut> {
        (self.dropped > 0).then(|| RowsCut {
            kept: MAX_ROWS,
            dropped: self.dropped,
            constants_only: !self.other_than_constants,
            span: Span::new(self.first_dropped, self.last_dropped),
        })
    }
}

/// Whether a token of a row is part of a constant.
pub(super) fn is_constant(text: &str, raw: Raw) -> bool {
    match raw.kind {
        Kind::Word => {
            let word = raw.text(text);
            ["NULL", "TRUE", "FALSE", "DEFAULT"].iter().any(|w| word.eq_ignore_ascii_case(w))
        }
        Kind::String
        | Kind::EscapeString
        | Kind::UnicodeString
        | Kind::BitString
        | Kind::HexString
        | Kind::NationalString
        | Kind::DollarString
        | Kind::Number
        | Kind::LParen
        | Kind::RParen
        | Kind::Comma => true,
        Kind::Operator => matches!(raw.text(text), "-" | "+"),
        _ => false,
    }
}

/// A comment without its delimiters.
pub(super) fn comment_of(text: &str, span: Span) -> Comment {
    let raw = text.get(span.range()).unwrap_or("");
    let inner = if let Some(line) = raw.strip_prefix("--") {
        line
    } else if let Some(block) = raw.strip_prefix("/*") {
        block.strip_suffix("*/").unwrap_or(block)
    } else if let Some(template) = raw.strip_prefix("{#") {
        template.strip_suffix("#}").unwrap_or(template)
    } else {
        raw.strip_prefix('#').unwrap_or(raw)
    };
    Comment { span, text: inner.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str, dialect: Dialect) -> Vec<String> {
        let mut found = Vec::new();
        split(text, dialect, |s| found.push(text[s.span.range()].to_owned()));
        found
    }

    fn postgres(text: &str) -> Vec<String> {
        texts(text, Dialect::Postgres)
    }

    #[test]
    fn a_file_may_say_that_backslashes_escape() {
        let (off, strings) = ("set standard_conforming_strings = off", "'\\'; '");
        assert_eq!(postgres(&format!("{off}; {strings}; b")), [off, strings, "b"]);
        assert_eq!(postgres(&format!("set x = off; {strings}; b")), ["set x = off", "'\\'", "'; b"]);
        let on = "SET LOCAL standard_conforming_strings TO 'on'";
        assert_eq!(postgres(&format!("{off}; {on}; {strings}; b")), [off, on, "'\\'", "'; b"]);
    }

    #[test]
    fn the_query_of_psqls_copy_is_a_statement() {
        assert_eq!(postgres("\\copy (select 1) to 'x'\nb"), ["copy (select 1) to 'x'", "b"]);
        assert_eq!(postgres("\\copyright\nb"), ["\\copyright", "b"]);
    }

    #[test]
    fn semicolons_in_strings_comments_and_bodies_end_nothing() {
        assert_eq!(postgres("a; 'b;c' ; -- d;\n/* e; */ f"), ["a", "'b;c'", "f"]);
        assert_eq!(postgres("do $$ x; $$; e'\\';' ;"), ["do $$ x; $$", "e'\\';'"]);
        assert_eq!(
            postgres(
                "create function f() returns int begin atomic select case when a then 1 end; select 2; end; b"
            ),
            [
                "create function f() returns int begin atomic select case when a then 1 end; select 2; end",
                "b"
            ]
        );
        assert_eq!(
            postgres("create rule r as on insert to t do (select 1; select 2); b"),
            ["create rule r as on insert to t do (select 1; select 2)", "b"]
        );
        assert_eq!(postgres("begin; select 1; end;"), ["begin", "select 1", "end"]);
    }

    #[test]
    fn comments_belong_to_the_statement_on_their_line() {
        let mut found = Vec::new();
        split("-- a\nb; -- c\n-- d\ne /* f */ g; /* h */ i", Dialect::Postgres, |s| {
            found.push(s.comments.iter().map(|c| c.text.clone()).collect::<Vec<_>>());
        });
        assert_eq!(found, [vec!["a", "c"], vec!["d", "f", "h"], vec![]]);
    }

    #[test]
    fn psql_commands_stand_alone_and_send_what_is_before_them() {
        assert_eq!(
            postgres("\\connect db\nselect 1 \\gset\n\\if :x\nselect 2;"),
            ["\\connect db", "select 1", "\\if :x", "select 2"]
        );
        assert_eq!(postgres("select 1 \\; delete from t"), ["select 1", "delete from t"]);
    }

    #[test]
    fn a_carriage_return_ends_a_comment_where_postgres_says_so() {
        assert_eq!(postgres("select 1 -- a\r; select 2"), ["select 1", "select 2"]);
        assert_eq!(texts("select 1 -- a\r; select 2", Dialect::Sqlite), ["select 1"]);
    }

    #[test]
    fn copy_data_is_no_sql_but_only_with_its_end_mark() {
        assert_eq!(
            postgres("COPY t (a) FROM stdin;\n1;'\n\\.\n\nselect 1;"),
            ["COPY t (a) FROM stdin", "select 1"]
        );
        assert_eq!(postgres("COPY t FROM STDIN;\nselect 1;"), ["COPY t FROM STDIN", "select 1"]);
    }

    #[test]
    fn compound_bodies_of_other_dialects() {
        assert_eq!(
            texts(
                "create trigger t after insert on a begin update b set c = 1; select 1; end; d",
                Dialect::Sqlite
            ),
            ["create trigger t after insert on a begin update b set c = 1; select 1; end", "d"]
        );
        assert_eq!(
            texts(
                "DELIMITER //\ncreate procedure p() begin if a then select 1; end if; end //\nDELIMITER ;\nd;",
                Dialect::MySql
            ),
            ["create procedure p() begin if a then select 1; end if; end", "d"]
        );
        assert_eq!(
            texts("create procedure p() begin if a then select 1; end if; end; d", Dialect::MySql),
            ["create procedure p() begin if a then select 1; end if; end", "d"]
        );
    }

    #[test]
    fn long_values_are_cut_and_counted() {
        let row = "(1, 'a')";
        let text = format!("insert into t values {} on conflict do nothing; b", vec![row; 5000].join(", "));
        let mut found = Vec::new();
        split(&text, Dialect::Postgres, |s| found.push((s.tokens.len(), s.rows_cut.clone())));
        let cut = found[0].1.clone().unwrap();
        assert_eq!((cut.kept, cut.dropped, cut.constants_only), (MAX_ROWS, 5000 - MAX_ROWS, true));
        assert_eq!(found[0].0, 4 + MAX_ROWS as usize * 6 - 1 + 4);
        assert_eq!(found[1].1, None);
    }

    proptest! {
        #[test]
        fn ranges_are_in_order_and_leave_only_separators(
            text in "[a-c;'\"$\\-/*(){}\\[\\]\\\\:?@%# \n\u{e9}\u{fffd}0-2.,=]{0,80}|\\PC{0,60}"
        ) {
            for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
                let mut at = 0u32;
                let mut previous_token = 0;
                split(&text, dialect, |s| {
                    assert!(s.span.start >= at && s.span.end > s.span.start);
                    assert!(text.is_char_boundary(s.span.start as usize) && text.is_char_boundary(s.span.end as usize));
                    at = s.span.end;
                    for token in &s.tokens {
                        assert!(token.start >= previous_token && token.end > token.start);
                        assert!(text.get(token.start as usize..token.end as usize).is_some());
                        previous_token = token.end;
                    }
                });
                assert!(at as usize <= text.len());
            }
        }
    }
}
