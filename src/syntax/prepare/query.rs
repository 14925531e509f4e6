//! Clauses of queries and of INSERT, UPDATE, DELETE and MERGE that sqlparser does not know.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::cursor::{Tokens, bytes};
use super::super::{AddedColumns, Clauses, HOLE_PREFIX, ROWS_FROM, SplicedText};
use super::{Context, Edits, at, word};

/// One walk over the tokens of a statement.
pub(super) fn clauses(tokens: Tokens<'_>, context: &Context<'_>, clauses: &mut Clauses, edits: &mut Edits) {
    let mut walk = Walk { tokens, context, clauses, edits, open: Vec::new(), closed_last: None };
    for (i, token) in tokens.0.iter().enumerate() {
        match &token.token {
            Token::Word(w) if w.quote_style.is_none() => walk.word(i, w.keyword),
            Token::LParen | Token::LBracket => walk.open.push(i),
            Token::RParen | Token::RBracket => {
                let open = walk.open.pop();
                walk.closed_last = open;
                walk.closed(open, i);
            }
            Token::Mul => walk.star(i),
            Token::SingleQuotedString(_) => walk.typed_literal(i),
            _ => {}
        }
    }
}

struct Walk<'a, 'b> {
    tokens: Tokens<'a>,
    context: &'b Context<'b>,
    clauses: &'b mut Clauses,
    edits: &'b mut Edits,
    /// Parentheses and brackets that are open.
    open: Vec<usize>,
    /// Where the parenthesis opened that closed last.
    closed_last: Option<usize>,
}

impl Walk<'_, '_> {
    fn word(&mut self, i: usize, keyword: Keyword) {
        let t = self.tokens;
        match keyword {
            Keyword::BETWEEN if t.any(i + 1, &["SYMMETRIC", "ASYMMETRIC"]) => {
                let name = if t.word(i + 1, "SYMMETRIC") { "SYMMETRIC" } else { "ASYMMETRIC" };
                self.take(i + 1..i + 2, name);
            }
            Keyword::VARIADIC if self.follows(i, &Token::LParen) || self.follows(i, &Token::Comma) => {
                self.take(i..i + 1, "VARIADIC");
            }
            Keyword::FOR => self.lock(i),
            Keyword::ONLY => self.only(i),
            Keyword::TABLE => self.table(i),
            Keyword::CURRENT if t.word(i + 1, "OF") && t.name(i + 2) => self.current_of(i),
            Keyword::SELECT => self.select_list(i),
            Keyword::SET => self.assignments(i),
            Keyword::INTO => self.insert_columns(i),
            Keyword::WITH => self.with(i),
            Keyword::SEARCH | Keyword::CYCLE if self.follows(i, &Token::RParen) => self.added_columns(i),
            Keyword::ROWS if t.word(i + 1, "FROM") && t.is(i + 2, &Token::LParen) => self.rows_from(i),
            Keyword::AS => self.alias(i),
            Keyword::USING if self.context.head == "MERGE" && self.open.is_empty() => self.merge_source(i),
            Keyword::DEFAULT
                if self.context.head == "MERGE"
                    && t.word(i.wrapping_sub(1), "INSERT")
                    && t.word(i + 1, "VALUES") =>
            {
                // One DEFAULT, and the rest of the columns get theirs as well.
                let row = [word("VALUES"), Token::LParen, word("DEFAULT"), Token::RParen];
                self.edits.substitute(t, i..i + 2, row);
            }
            Keyword::AT if t.word(i + 1, "LOCAL") => {
                let place = t.place(i + 1);
                let zone = Token::SingleQuotedString("localtime".to_owned());
                self.edits.replace(
                    i + 1..i + 2,
                    vec![at(word("TIME"), place), at(word("ZONE"), place), at(zone, place)],
                );
            }
            // Functions in FROM see what stands before them with or without it.
            Keyword::LATERAL if t.any(i + 1, &["XMLTABLE", "JSON_TABLE"]) => self.take(i..i + 1, "LATERAL"),
            Keyword::IS => self.is_document(i),
            Keyword::REPEATABLE if t.is(i + 1, &Token::LParen) => {
                if let Some(close) = t.close(i + 1) {
                    self.take(i..close + 1, "REPEATABLE");
                }
            }
            Keyword::GROUPING => self.nested_sets(i),
            Keyword::EXCLUDE => self.frame_exclusion(i),
            Keyword::PRECEDING | Keyword::FOLLOWING => self.frame_bound(i),
            Keyword::BY if t.word(i.wrapping_sub(1), "GROUP") => self.group_by(i),
            Keyword::RETURNING if t.words(i + 1, &["WITH"]) && t.is(i + 2, &Token::LParen) => {
                if let Some(close) = t.close(i + 2) {
                    self.take(i + 1..close + 1, "RETURNING WITH");
                }
            }
            Keyword::NoKeyword if t.word(i, "OVERRIDING") && t.word(i + 2, "VALUE") => {
                self.take(i..i + 3, "OVERRIDING VALUE");
            }
            Keyword::NoKeyword if i > 0 && t.word(i, "ISNULL") => {
                let operand = !matches!(t.get(i - 1), Some(Token::Word(w)) if w.keyword != Keyword::NoKeyword)
                    && !self.follows(i, &Token::LParen)
                    && !self.follows(i, &Token::Comma)
                    && !self.follows(i, &Token::Period);
                if operand {
                    self.edits.substitute(t, i..i + 1, [word("IS"), word("NULL")]);
                }
            }
            _ => {}
        }
    }

    /// Removes tokens and says so.
    fn take(&mut self, range: std::ops::Range<usize>, name: &'static str) {
        self.clauses.removed.push((self.tokens.span(range.clone()), name));
        self.edits.remove(range);
    }

    fn follows(&self, i: usize, token: &Token) -> bool {
        i > 0 && self.tokens.is(i - 1, token)
    }

    /// `FOR NO KEY UPDATE`, `FOR KEY SHARE`, `FOR UPDATE OF a, b`, and a lock before LIMIT.
    fn lock(&mut self, i: usize) {
        let t = self.tokens;
        let mut end = i + 1;
        if t.words(end, &["NO", "KEY", "UPDATE"]) {
            self.take(end..end + 2, "NO KEY");
            end += 3;
        } else if t.words(end, &["KEY", "SHARE"]) {
            self.take(end..end + 1, "KEY");
            end += 2;
        } else if t.words(end, &["READ", "ONLY"]) {
            self.take(i..i + 3, "FOR READ ONLY");
            return;
        } else if t.any(end, &["UPDATE", "SHARE"]) {
            end += 1;
        } else {
            return;
        }
        if t.word(end, "OF") {
            let first = t.after_name(end + 1);
            let mut last = first;
            while t.is(last, &Token::Comma) && t.name(last + 1) {
                last = t.after_name(last + 1);
            }
            if last > first {
                self.take(first..last, "FOR UPDATE OF");
            }
            end = last;
        }
        if t.word(end, "NOWAIT") {
            end += 1;
        } else if t.words(end, &["SKIP", "LOCKED"]) {
            end += 2;
        }
        if t.any(end, &["LIMIT", "OFFSET", "FETCH"]) && end > i + 1 {
            self.lock_before_limit(i, end);
        }
    }

    /// PostgreSQL takes both orders, the parser one: the limit moves to the front.
    fn lock_before_limit(&mut self, lock: usize, limit: usize) {
        let t = self.tokens;
        let mut end = limit;
        while end < t.len() {
            match t.get(end) {
                Some(Token::LParen | Token::LBracket) => end = t.close(end).unwrap_or(t.len()),
                Some(Token::RParen | Token::RBracket | Token::SemiColon) => break,
                _ if t.word(end, "FOR")
                    || t.any(end, &["UNION", "EXCEPT", "INTERSECT", "ON", "RETURNING"]) =>
                {
                    break;
                }
                _ => {}
            }
            end += 1;
        }
        let end = end.min(t.len());
        if let Some(moved) = t.0.get(limit..end) {
            self.edits.replace(lock..lock, moved.to_vec());
            self.edits.remove(limit..end);
        }
    }

    /// PostgreSQL takes an empty select list everywhere, the parser before FROM. What is made up has no place.
    fn select_list(&mut self, select: usize) {
        let t = self.tokens;
        let mut next = select + 1;
        if t.any(next, &["ALL", "DISTINCT"]) {
            next += 1;
        }
        let empty = matches!(t.get(next), None | Some(Token::RParen | Token::SemiColon))
            || t.any(
                next,
                &[
                    "WHERE",
                    "UNION",
                    "EXCEPT",
                    "INTERSECT",
                    "ORDER",
                    "LIMIT",
                    "GROUP",
                    "HAVING",
                    "OFFSET",
                    "INTO",
                ],
            );
        if empty {
            self.edits.replace(next..next, vec![TokenWithSpan::wrap(word("NULL"))]);
        }
    }

    /// `GROUP BY DISTINCT ...`, `GROUP BY ALL ...`.
    fn group_by(&mut self, by: usize) {
        let t = self.tokens;
        let all = t.word(by + 1, "ALL") && (t.name(by + 2) || t.is(by + 2, &Token::LParen));
        if all || t.word(by + 1, "DISTINCT") {
            self.take(by + 1..by + 2, "GROUP BY DISTINCT");
        }
    }

    /// ONLY before a table.
    fn only(&mut self, i: usize) {
        let t = self.tokens;
        let before = i.wrapping_sub(1);
        let alter = t.word(before, "TABLE") && !t.word(0, "TRUNCATE") && !t.word(0, "LOCK");
        let relation = t
            .any(before, &["FROM", "JOIN", "UPDATE", "USING", "ON", "INTO", "TABLE", "TRUNCATE", "LATERAL"])
            || t.is(before, &Token::Comma);
        if alter || !relation || i == 0 {
            return;
        }
        if t.name(i + 1) {
            self.clauses.only.push(t.span(i + 1..t.after_name(i + 1)));
            self.edits.remove(i..i + 1);
        } else if t.is(i + 1, &Token::LParen) && t.name(i + 2) {
            let end = t.after_name(i + 2);
            if t.is(end, &Token::RParen) {
                self.clauses.only.push(t.span(i + 2..end));
                self.edits.remove(i..i + 2);
                self.edits.remove(end..end + 1);
            }
        }
    }

    /// `TABLE t` is `SELECT * FROM t` (manual, SELECT).
    fn table(&mut self, i: usize) {
        let t = self.tokens;
        let before = i.wrapping_sub(1);
        let starts = i == 0
            || matches!(t.get(before), Some(Token::LParen | Token::RParen))
            || t.any(
                before,
                &[
                    "AS",
                    "UNION",
                    "ALL",
                    "DISTINCT",
                    "EXCEPT",
                    "INTERSECT",
                    "FOR",
                    "EXPLAIN",
                    "ANALYZE",
                    "VERBOSE",
                ],
            )
            || (self.context.head == "INSERT" && t.name(before) && !t.word(before, "INTO") && t.name(i + 1));
        let relation = t.name(i + 1) && !t.words(i + 1, &["IF"]);
        if starts && relation && !(i == 1 && t.any(0, &["CREATE", "ALTER", "DROP", "TRUNCATE", "LOCK"])) {
            self.edits.substitute(t, i..i + 1, [word("SELECT"), Token::Mul, word("FROM")]);
        }
    }

    /// The row that a cursor stands on is not in the text.
    fn current_of(&mut self, i: usize) {
        let t = self.tokens;
        let name = format!("{HOLE_PREFIX}{}", self.context.fragment.holes.len() + self.clauses.holes.len());
        let span = t.span(i..i + 3);
        let expression = self.context.fragment.text.get(span.range()).unwrap_or("").to_owned();
        self.clauses.holes.push(SplicedText { span, expression, identifier: Some(name.clone()) });
        self.edits.substitute(t, i..i + 3, [word(&name)]);
    }

    /// `SET a[1] = ...`, `SET a.f[2].g = ...`: the target becomes the column.
    fn assignments(&mut self, set: usize) {
        let t = self.tokens;
        if t.any(set.wrapping_sub(1), &["DELETE", "UPDATE"]) && t.any(set + 1, &["NULL", "DEFAULT"]) {
            return;
        }
        let mut i = set + 1;
        loop {
            let column = i;
            let mut end = match t.close(column) {
                // `(a, b) = ...`
                Some(close) if t.is(column, &Token::LParen) => close + 1,
                _ if t.name(column) => t.after_name(column),
                _ => return,
            };
            if t.is(end, &Token::LBracket) {
                while let Some(Token::LBracket | Token::Period) = t.get(end) {
                    end = if t.is(end, &Token::LBracket) {
                        t.close(end).map_or(t.len(), |close| close + 1)
                    } else {
                        end + 2
                    };
                }
                if t.is(end, &Token::Eq) {
                    self.clauses.partial_targets.push(bytes(t.place(column)));
                    self.take(column + 1..end, "subscript of an assignment");
                }
            }
            // On to the next assignment of this SET.
            loop {
                match t.get(end) {
                    Some(Token::LParen | Token::LBracket) => end = t.close(end).unwrap_or(t.len()),
                    None | Some(Token::RParen | Token::RBracket | Token::SemiColon) => return,
                    Some(Token::Comma) => break,
                    Some(Token::Word(w)) if w.quote_style.is_none() => match w.keyword {
                        Keyword::WHERE
                        | Keyword::FROM
                        | Keyword::RETURNING
                        | Keyword::SELECT
                        | Keyword::SET => return,
                        _ => {}
                    },
                    _ => {}
                }
                end += 1;
            }
            i = end + 1;
        }
    }

    /// `x IS [NOT] DOCUMENT`: a question about a value that is asked like `IS JSON`, and as opaque.
    fn is_document(&mut self, i: usize) {
        let at = i + 1 + usize::from(self.tokens.word(i + 1, "NOT"));
        if self.tokens.word(at, "DOCUMENT") {
            self.edits.substitute(self.tokens, at..at + 1, [word("JSON")]);
        }
    }

    /// GROUPING SETS as an element of GROUPING SETS: its own elements are (manual 7.2.4).
    fn nested_sets(&mut self, i: usize) {
        let t = self.tokens;
        let sets = |i: usize| t.words(i, &["GROUPING", "SETS"]) && t.is(i + 2, &Token::LParen);
        let nested = self.open.last().is_some_and(|&open| open >= 2 && sets(open - 2));
        if let Some(close) = t.close(i + 2).filter(|_| nested && sets(i)) {
            self.take(i..i + 3, "GROUPING SETS");
            self.take(close..close + 1, "GROUPING SETS");
        }
    }

    /// `JOIN t USING (a) AS x`, where nothing is qualified by `x`.
    fn join_alias(&mut self, i: usize) -> bool {
        let t = self.tokens;
        let is_using = |open: usize| open > 0 && t.word(open - 1, "USING");
        if !(self.follows(i, &Token::RParen) && self.closed_last.is_some_and(is_using) && t.name(i + 1)) {
            return false;
        }
        let qualifies = |k: usize| {
            matches!((t.get(k), t.get(i + 1)), (Some(Token::Word(a)), Some(Token::Word(b)))
                if a.value.eq_ignore_ascii_case(&b.value))
        };
        // Looked for in the whole statement, so not any number of times.
        if self.clauses.removed.len() > 100 || (0..t.len()).any(|k| k != i + 1 && qualifies(k)) {
            return false;
        }
        self.take(i..i + 2, "alias of USING");
        true
    }

    /// `INSERT INTO t (a[1], b.f)`.
    fn insert_columns(&mut self, into: usize) {
        let t = self.tokens;
        if !t.word(into.wrapping_sub(1), "INSERT") {
            return;
        }
        let mut open = t.after_name(into + 1);
        if t.word(open, "AS") {
            open += 2;
        }
        if !t.is(open, &Token::LParen) || t.any(open + 1, &["SELECT", "WITH", "VALUES"]) {
            return;
        }
        let Some(close) = t.close(open) else { return };
        if !(open..close).any(|i| matches!(t.get(i), Some(Token::LBracket | Token::Period))) {
            return;
        }
        for element in t.split(open + 1..close) {
            if t.name(element.start)
                && element.len() > 1
                && matches!(t.get(element.start + 1), Some(Token::LBracket | Token::Period))
            {
                self.clauses.partial_targets.push(bytes(t.place(element.start)));
                self.take(element.start + 1..element.end, "subscript of an insert column");
            }
        }
    }

    /// `WITH [NO] DATA`, `WITH [CASCADED | LOCAL] CHECK OPTION`, at the end of a definition.
    fn with(&mut self, i: usize) {
        let t = self.tokens;
        let no = usize::from(t.word(i + 1, "NO"));
        if t.word(i + 1 + no, "DATA") && i + 2 + no == t.len() {
            self.take(i..i + 2 + no, "WITH DATA");
        }
        let kind = usize::from(t.any(i + 1, &["CASCADED", "LOCAL"]));
        if t.words(i + 1 + kind, &["CHECK", "OPTION"]) && self.context.head == "CREATE VIEW" {
            self.clauses.check_option = true;
            self.take(i..i + 3 + kind, "WITH CHECK OPTION");
        }
    }

    /// `SEARCH ... SET column`, `CYCLE ... SET column [TO v DEFAULT v] USING column` behind a WITH query: they add columns.
    fn added_columns(&mut self, i: usize) {
        let t = self.tokens;
        let search =
            t.word(i, "SEARCH") && t.any(i + 1, &["DEPTH", "BREADTH"]) && t.words(i + 2, &["FIRST", "BY"]);
        let cycle = t.word(i, "CYCLE") && t.name(i + 1);
        if !(search || cycle) {
            return;
        }
        let mut set = i;
        while set < (i + 200).min(t.len()) && !t.word(set, "SET") && !t.is(set, &Token::LParen) {
            set += 1;
        }
        if !t.word(set, "SET") || !t.name(set + 1) {
            return;
        }
        let mut names = vec![set + 1];
        let mut end = set + 2;
        if cycle {
            let using = (end..(end + 12).min(t.len())).find(|&k| t.word(k, "USING") && t.name(k + 1));
            let Some(using) = using else { return };
            names.push(using + 1);
            end = using + 2;
        }
        let columns: Vec<String> = names
            .iter()
            .filter_map(|&k| match t.get(k) {
                Some(Token::Word(w)) if w.quote_style.is_some() => Some(w.value.clone()),
                Some(Token::Word(w)) => Some(w.value.to_lowercase()),
                _ => None,
            })
            .collect();
        let behind = bytes(t.place(i));
        self.clauses.added_columns.push(AddedColumns { behind, columns });
        self.take(i..end, if search { "SEARCH" } else { "CYCLE" });
        // A SEARCH may have a CYCLE behind it, which then follows no parenthesis.
        if search && t.word(end, "CYCLE") {
            self.added_columns(end);
        }
    }

    /// `f(..) AS (a int, b text)`: the alias that PostgreSQL gives is the function's name. `CREATE TABLE .. AS EXECUTE p`.
    fn alias(&mut self, i: usize) {
        let t = self.tokens;
        if t.word(i + 1, "EXECUTE") && self.context.head == "CREATE TABLE" {
            let name =
                format!("{HOLE_PREFIX}{}", self.context.fragment.holes.len() + self.clauses.holes.len());
            let span = t.span(i + 1..t.len());
            let expression = self.context.fragment.text.get(span.range()).unwrap_or("").to_owned();
            self.clauses.holes.push(SplicedText { span, expression, identifier: Some(name.clone()) });
            self.edits.substitute(t, i + 1..t.len(), [word("SELECT"), Token::Mul, word("FROM"), word(&name)]);
            return;
        }
        if self.join_alias(i) {
            return;
        }
        let Some(open) = self.closed_last.filter(|_| self.follows(i, &Token::RParen)) else { return };
        let definitions = t.is(i + 1, &Token::LParen)
            && t.name(i + 2)
            && t.name(i + 3)
            && !t.any(i + 2, &["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "TABLE"]);
        let function = open.checked_sub(1).and_then(|name| t.0.get(name)).filter(|_| t.name(open - 1));
        if let (true, Some(function)) = (definitions, function) {
            self.edits.replace(i + 1..i + 1, vec![function.clone()]);
        }
    }

    /// `MERGE INTO t USING a JOIN b ON .. ON ..`: a join needs parentheses.
    fn merge_source(&mut self, using: usize) {
        let t = self.tokens;
        let mut joins = false;
        let mut on = None;
        let mut i = using + 1;
        while i < t.len() && !t.word(i, "WHEN") {
            if matches!(t.get(i), Some(Token::LParen | Token::LBracket)) {
                i = t.close(i).unwrap_or(t.len());
            }
            joins |= t.word(i, "JOIN");
            if t.word(i, "ON") {
                on = Some(i);
            }
            i += 1;
        }
        if let (true, Some(on)) = (joins, on) {
            self.edits.substitute(t, using + 1..using + 1, [Token::LParen]);
            self.edits.substitute(t, on..on, [Token::RParen]);
        }
    }

    /// `ROWS FROM (f(..), g(..) AS (columns))` becomes a call of a function that stands for it.
    fn rows_from(&mut self, i: usize) {
        let t = self.tokens;
        let Some(close) = t.close(i + 2) else { return };
        self.edits.substitute(t, i..i + 2, [word(ROWS_FROM)]);
        for call in t.split(i + 3..close) {
            let behind = t.after_parens(t.after_name(call.start));
            if t.word(behind, "AS") && behind < call.end {
                self.take(behind..call.end, "column definitions");
            }
        }
    }

    /// `EXCLUDE CURRENT ROW | GROUP | TIES | NO OTHERS` of a window frame.
    fn frame_exclusion(&mut self, i: usize) {
        let t = self.tokens;
        let len = if t.words(i + 1, &["CURRENT", "ROW"]) || t.words(i + 1, &["NO", "OTHERS"]) {
            3
        } else if t.any(i + 1, &["GROUP", "TIES"]) && t.is(i + 2, &Token::RParen) {
            2
        } else {
            return;
        };
        self.take(i..i + len, "EXCLUDE");
    }

    /// `'1 day'::interval PRECEDING`: the parser takes the string alone.
    fn frame_bound(&mut self, i: usize) {
        let t = self.tokens;
        if i >= 3
            && t.is(i - 2, &Token::DoubleColon)
            && matches!(t.get(i - 3), Some(Token::SingleQuotedString(_)))
        {
            self.take(i - 2..i, "cast of a frame bound");
        }
    }

    /// `(expression).*` expands a composite value: the star goes, the parentheses stay.
    fn closed(&mut self, open: Option<usize>, close: usize) {
        let t = self.tokens;
        let Some(open) = open else { return };
        if t.is(close, &Token::RParen) && t.is(close + 1, &Token::Period) && t.is(close + 2, &Token::Mul) {
            self.clauses.expanded.push(t.span(open..close + 1));
            self.edits.remove(close + 1..close + 3);
        }
    }

    /// `FROM t *` says what is so anyway.
    fn star(&mut self, i: usize) {
        let t = self.tokens;
        if i < 2 || !t.name(i - 1) {
            return;
        }
        let mut start = i - 1;
        while start >= 2 && t.is(start - 1, &Token::Period) && t.name(start - 2) {
            start -= 2;
        }
        let before = start.wrapping_sub(1);
        let outer_select = self.open.last().is_none_or(|&open| t.any(open + 1, &["SELECT", "WITH"]));
        let ends = match t.get(i + 1) {
            None | Some(Token::Word(_) | Token::Comma | Token::RParen) => true,
            Some(_) => false,
        };
        if outer_select
            && ends
            && t.any(before, &["FROM", "JOIN", "UPDATE"])
            && !t.word(before.wrapping_sub(1), "DISTINCT")
        {
            self.edits.remove(i..i + 1);
        }
    }

    /// `type 'literal'` for a type that the parser does not know is `'literal'::type`.
    fn typed_literal(&mut self, string: usize) {
        let t = self.tokens;
        if string == 0 {
            return;
        }
        let name = string - 1;
        let Some(Token::Word(w)) = t.get(name) else { return };
        let unknown = w.quote_style.is_none()
            && (w.keyword == Keyword::NoKeyword
                || matches!(w.keyword, Keyword::NAME | Keyword::REGCLASS | Keyword::XML | Keyword::TEXT));
        if !unknown || w.value.starts_with(HOLE_PREFIX) || t.any(name, &["CONTENT", "DOCUMENT", "PASSING"]) {
            return;
        }
        let due = match name.checked_sub(1).and_then(|before| t.get(before)) {
            Some(
                Token::LParen
                | Token::LBracket
                | Token::Comma
                | Token::Eq
                | Token::Neq
                | Token::Lt
                | Token::LtEq
                | Token::Gt
                | Token::GtEq
                | Token::Plus
                | Token::Minus
                | Token::Mul
                | Token::Div
                | Token::Mod
                | Token::StringConcat
                | Token::Arrow
                | Token::LongArrow
                | Token::AtArrow
                | Token::ArrowAt
                | Token::Overlap
                | Token::ShiftLeft
                | Token::ShiftRight
                | Token::Ampersand
                | Token::Pipe
                | Token::Tilde
                | Token::TwoWayArrow
                | Token::Sharp
                | Token::CustomBinaryOperator(_)
                | Token::AtAt
                | Token::AtQuestion
                | Token::TildeEqual,
            ) => true,
            Some(Token::Word(before)) if before.quote_style.is_none() => matches!(
                before.keyword,
                Keyword::SELECT
                    | Keyword::WHERE
                    | Keyword::AND
                    | Keyword::OR
                    | Keyword::NOT
                    | Keyword::BETWEEN
                    | Keyword::WHEN
                    | Keyword::THEN
                    | Keyword::ELSE
                    | Keyword::ON
                    | Keyword::DISTINCT
                    | Keyword::DEFAULT
                    | Keyword::CASE
                    | Keyword::LIKE
                    | Keyword::IN
                    | Keyword::RETURNING
                    | Keyword::BY
            ),
            _ => false,
        };
        let reads_expressions = matches!(
            self.context.head,
            "SELECT"
                | "INSERT"
                | "UPDATE"
                | "DELETE"
                | "MERGE"
                | "EXPLAIN"
                | "CREATE TABLE"
                | "CREATE VIEW"
                | "CREATE INDEX"
                | "CREATE MATERIALIZED VIEW"
                | "DECLARE"
                | "PREPARE"
                | "CALL"
                | "CREATE POLICY"
                | "ALTER TABLE"
                | ""
        );
        if due && reads_expressions {
            let swapped: Vec<TokenWithSpan> =
                t.0.get(string)
                    .into_iter()
                    .cloned()
                    .chain([at(Token::DoubleColon, t.place(name))])
                    .chain(t.0.get(name).cloned())
                    .collect();
            self.edits.replace(name..string + 1, swapped);
        }
    }
}
