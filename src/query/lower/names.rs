//! Identifiers and qualified names: folding, places, spliced names.

use crate::query::binder::Binder;
use crate::query::model::{CompareOp, Expr, ExprKind, GapKind};
use crate::schema::catalog::Dialect;
use crate::schema::names::fold;
use crate::schema::types::{BaseType, Type};
use crate::source::{HoleKind, Span, in_words};
use crate::syntax::{HOLE_PREFIX, ast};

/// An identifier.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// Folded.
    pub(super) text: String,
    /// Its token.
    pub(super) span: Span,
    /// Its token in the text in hand, which inside a view is another.
    pub(super) raw: Span,
    /// Whether it was quoted.
    pub(super) quoted: bool,
}

impl Word {
    /// A word that is not written as such.
    pub(super) fn made_up(text: &str, span: Span) -> Word {
        Word { text: text.to_owned(), span, raw: Span::default(), quoted: true }
    }
}

/// A qualified name: the last word and the schema before it.
#[derive(Clone, Debug)]
pub(super) struct Qualified {
    /// The schema, where one is written. A database name before it must be the current one, so it is left out.
    pub(super) schema: Option<String>,
    /// The name.
    pub(super) name: Word,
    /// All of it, in the text in hand.
    pub(super) raw: Span,
}

impl Qualified {
    /// A name without a schema.
    pub(super) fn alone(name: Word) -> Qualified {
        Qualified { schema: None, raw: name.raw, name }
    }
}

impl<'a> Binder<'a> {
    /// An identifier with its place.
    pub(super) fn word(&mut self, ident: &'a ast::Ident) -> Word {
        let ast::Ident { value, quote_style, span } = ident;
        let raw = self.raw(*span);
        let span = self.text.place(raw);
        Word { text: fold(value, *quote_style), span, raw, quoted: quote_style.is_some() }
    }

    /// The place of a node of the tree.
    pub(super) fn place(&mut self, span: sqlparser::tokenizer::Span) -> Span {
        let raw = self.raw(span);
        self.text.place(raw)
    }

    fn raw(&self, span: sqlparser::tokenizer::Span) -> Span {
        self.text.frame().positions.span(span)
    }

    /// The place in the text in hand of a token kept in the tree.
    pub(super) fn raw_token(&self, token: &ast::helpers::attached_token::AttachedToken) -> Span {
        self.raw(token.0.span)
    }

    /// The place of a token kept in the tree.
    pub(super) fn token(&mut self, token: &'a ast::helpers::attached_token::AttachedToken) -> Span {
        self.place(token.0.span)
    }

    /// A qualified name; a part computed by a function (of another dialect) is read as its name.
    pub(super) fn qualified_name(&mut self, name: &'a ast::ObjectName) -> Qualified {
        let ast::ObjectName(parts) = name;
        let mut words: Vec<Word> = parts.iter().map(|part| self.name_part(part)).collect();
        let raw = words.iter().map(|w| w.raw).reduce(Span::join).unwrap_or_default();
        let last = words.pop();
        let schema = words.pop().map(|w| w.text);
        // SQLite's name for the database that was opened.
        let sqlite = self.catalog.dialect == Dialect::Sqlite;
        let schema = schema.filter(|schema| !(sqlite && schema == "main"));
        Qualified { schema, name: last.unwrap_or_else(|| Word::made_up("", Span::default())), raw }
    }

    /// Every part of a qualified name.
    pub(super) fn name_parts(&mut self, name: &'a ast::ObjectName) -> Vec<Word> {
        let ast::ObjectName(parts) = name;
        parts.iter().map(|part| self.name_part(part)).collect()
    }

    fn name_part(&mut self, part: &'a ast::ObjectNamePart) -> Word {
        match part {
            ast::ObjectNamePart::Identifier(ident) => self.word(ident),
            ast::ObjectNamePart::Function(ast::ObjectNamePartFunction { name, args: _ }) => {
                let word = self.word(name);
                self.unsupported(word.span, "a name computed by a function");
                word
            }
        }
    }

    /// The spliced expression that a name stands for or contains.
    pub(super) fn hole_in(&self, name: &str) -> Option<String> {
        let start = name.find(HOLE_PREFIX)?;
        let digits = name.get(start + HOLE_PREFIX.len()..)?;
        let len = digits.bytes().take_while(u8::is_ascii_digit).count();
        let n: usize = digits.get(..len)?.parse().ok()?;
        let frame = self.text.frame();
        if let Some(hole) = frame.fragment.holes.get(n) {
            return Some(hole.expression.clone());
        }
        let identifier = name.get(start..start + HOLE_PREFIX.len() + len)?;
        let spliced = frame.clauses.into_iter().flat_map(|c| &c.holes);
        let found =
            spliced.filter(|h| h.identifier.as_deref() == Some(identifier)).map(|h| h.expression.clone());
        Some(found.into_iter().next().unwrap_or_else(|| name.to_owned()))
    }

    /// The number of the hole of the fragment in hand whose stand-in is in a text.
    pub(super) fn hole_number(&self, text: &str) -> Option<usize> {
        let start = text.find(HOLE_PREFIX)? + HOLE_PREFIX.len();
        let digits = text.get(start..)?;
        let len = digits.bytes().take_while(u8::is_ascii_digit).count();
        let n = digits.get(..len)?.parse().ok()?;
        (n < self.text.frame().fragment.holes.len()).then_some(n)
    }

    /// The parameter that a program's value is, spliced in where a value stands.
    pub(super) fn spliced_value(&mut self, text: &str, span: Span) -> Option<Expr> {
        let hole = self.text.frame().fragment.holes.get(self.hole_number(text)?)?;
        let is_numbered = text.starts_with(['$', ':', '@']);
        if hole.kind == HoleKind::Clause && !is_numbered {
            return None;
        }
        let bound_to = if is_numbered {
            // A placeholder whose number is computed: what is bound to it is not known.
            None
        } else if text.len() == hole.span.range().len() {
            Some(hole.expression.clone())
        } else {
            Some(self.text.frame().fragment.readable(text.to_owned()))
        };
        let id = self.anonymous_param_of(span, bound_to);
        Some(Expr { kind: ExprKind::Param(id), ty: Type::UNKNOWN, span })
    }

    /// The condition that a helper of the program puts in: the first relation of the level that has the tenant column
    /// belongs to the tenant.
    pub(super) fn scope_helper(&mut self, text: &str, expression: &str, span: Span) -> Option<Expr> {
        let hole = self.text.frame().fragment.holes.get(self.hole_number(text)?)?;
        let tenant = hole.tenant.clone()?;
        let occ = self.first_with(&tenant)?;
        let left = self.column_of_occurrence(occ, &tenant, span)?;
        let id = self.anonymous_param_of(span, Some(expression.to_owned()));
        let right = Expr { kind: ExprKind::Param(id), ty: Type::UNKNOWN, span };
        let kind = ExprKind::Compare { op: CompareOp::Eq, left: Box::new(left), right: Box::new(right) };
        Some(Expr { kind, ty: Type::of(BaseType::Bool), span })
    }

    /// Records a hole.
    pub(in crate::query) fn hole_gap(&mut self, expression: &str, span: Span) {
        let what = match in_words(expression) {
            true => expression.to_owned(),
            false => format!("the spliced text `{expression}`"),
        };
        self.gap(span, what, GapKind::Hole);
    }

    /// A hole as an expression of one word. What a quoting function made (`%I`) is a column of some relation in reach, and
    /// reads no other.
    pub(super) fn hole_of_one_word(&mut self, expression: String, span: Span) -> Expr {
        if self.is_quoted_name(span) {
            return Expr { kind: ExprKind::Hole(expression), ty: Type::UNKNOWN, span };
        }
        self.hole(expression, span)
    }

    fn is_quoted_name(&self, span: Span) -> bool {
        let fragment = self.text.frame().fragment;
        let is_quoted =
            |hole: Span| fragment.text.get(hole.range()).is_some_and(|text| text.starts_with('"'));
        fragment.holes.iter().any(|hole| hole.span == span && is_quoted(hole.span))
    }

    /// A hole as an expression.
    pub(super) fn hole(&mut self, expression: String, span: Span) -> Expr {
        self.hole_gap(&expression, span);
        Expr { kind: ExprKind::Hole(expression), ty: Type::UNKNOWN, span }
    }
}
