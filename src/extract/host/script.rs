//! MyBatis texts with elements in them, such as `<if test="..">`: the SQL that they may make. What an element puts in under a
//! condition is there or not; what it repeats is there once, with a hole for the rest.

use std::collections::VecDeque;
use std::rc::Rc;

use super::text::{Part, Splice, Text, Written};
use crate::source::{HoleKind, Span};

/// Elements that say what becomes of the text in them.
const ELEMENTS: &[&str] = &[
    "script",
    "if",
    "choose",
    "when",
    "otherwise",
    "where",
    "set",
    "trim",
    "foreach",
    "bind",
    "include",
    "selectKey",
];

/// How deep elements nest.
const MAX_DEPTH: usize = 40;

/// Whether a text has elements: MyBatis looks for them where it begins so.
pub(super) fn is_script(text: &Text) -> bool {
    text.parts.first().is_some_and(|part| match &**part {
        Part::Written(written) => written.text.trim_start().starts_with("<script>"),
        Part::Hole(_) | Part::Choice(_) => false,
    })
}

/// The text that elements make; `included` gives the parts that are kept elsewhere, by name.
pub(super) fn read(text: &Text, included: &dyn Fn(&str) -> Option<Text>) -> Text {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, at: 0, included };
    let mut result = Text::default();
    while reader.at < tokens.len() {
        result.append(&reader.content(0).0);
        // An end without a beginning.
        reader.at += 1;
    }
    result
}

enum Token {
    Text(Text),
    /// The beginning of an element; `closed` is whether it is its end as well.
    Begin {
        name: String,
        attributes: Vec<(String, String)>,
        closed: bool,
        place: Span,
    },
    End,
}

/// What stands between the marks of a text.
fn tokens(text: &Text) -> Vec<Token> {
    let mut all = Vec::new();
    let mut written = Written::default();
    for part in &text.parts {
        match &**part {
            Part::Written(more) => written.append(more),
            Part::Hole(_) | Part::Choice(_) => {
                of_written(&std::mem::take(&mut written), &mut all);
                all.push(Token::Text(Text { parts: vec![part.clone()], tagged: false }));
            }
        }
    }
    of_written(&written, &mut all);
    all
}

fn of_written(written: &Written, all: &mut Vec<Token>) {
    let text = written.text.as_str();
    let push = |from: usize, to: usize, all: &mut Vec<Token>| {
        if from < to {
            all.push(Token::Text(Text::written(written.part(from, to))));
        }
    };
    let (mut from, mut at) = (0, 0);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(['<', '&'])).map(|found| at + found) {
        let rest = text.get(start..).unwrap_or_default();
        let place = place_of(&written.part(start, start + 1));
        let until = |end: &str| rest.find(end).map_or(rest.len(), |found| found + end.len());
        let (len, token) = if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            let inner = inside.find("]]>").unwrap_or(inside.len());
            let begin = start + rest.len() - inside.len();
            (until("]]>"), Some(Token::Text(Text::written(written.part(begin, begin + inner)))))
        } else if rest.starts_with("<!--") {
            (until("-->"), None)
        } else if let Some((len, character)) = entity(rest) {
            let mut one = Written::default();
            one.escape(character, place.start as usize, place.start as usize + len);
            (len, Some(Token::Text(Text::written(one))))
        } else if let Some((len, token)) = mark(rest, place) {
            (len, Some(token))
        } else {
            at = start + 1;
            continue;
        };
        push(from, start, all);
        all.extend(token);
        at = start + len;
        from = at;
    }
    push(from, text.len(), all);
}

/// A character by its name, at the start of a text.
fn entity(text: &str) -> Option<(usize, &'static str)> {
    const NAMED: &[(&str, &str)] =
        &[("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&apos;", "'")];
    NAMED.iter().find(|(name, _)| text.starts_with(name)).map(|(name, character)| (name.len(), *character))
}

/// The mark of an element at the start of a text, with its length.
fn mark(text: &str, place: Span) -> Option<(usize, Token)> {
    if let Some(inside) = text.strip_prefix("</") {
        let (name, _) = inside.split_once('>')?;
        return ELEMENTS.contains(&name.trim()).then_some((name.len() + 3, Token::End));
    }
    let Begin { len, name, attributes, closed } = begin(text)?;
    let name = name.to_owned();
    ELEMENTS.contains(&name.as_str()).then_some((len, Token::Begin { name, attributes, closed, place }))
}

/// The mark with which an element begins.
pub(super) struct Begin<'t> {
    pub(super) len: usize,
    pub(super) name: &'t str,
    pub(super) attributes: Vec<(String, String)>,
    /// Whether it is the end of the element as well.
    pub(super) closed: bool,
}

/// The mark with which an element begins at the start of a text.
pub(super) fn begin(text: &str) -> Option<Begin<'_>> {
    let inside = text.strip_prefix('<')?;
    let len = inside.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, mut rest) = inside.split_at(len);
    let mut attributes = Vec::new();
    if name.is_empty() {
        return None;
    }
    loop {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix("/>") {
            return Some(Begin { len: text.len() - behind.len(), name, attributes, closed: true });
        }
        if let Some(behind) = rest.strip_prefix('>') {
            return Some(Begin { len: text.len() - behind.len(), name, attributes, closed: false });
        }
        let (key, value) = rest.split_once('=')?;
        let key = key.trim();
        // Anything else is a sign and what stands behind it.
        if !key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':')) {
            return None;
        }
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, behind) = value.get(1..)?.split_once(quote)?;
        attributes.push((key.to_owned(), value.to_owned()));
        rest = behind;
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    included: &'a dyn Fn(&str) -> Option<Text>,
}

impl Reader<'_> {
    /// What stands up to the end of an element, and what of it stands in `<when>` and `<otherwise>`.
    fn content(&mut self, depth: usize) -> (Text, Vec<(String, Text)>) {
        let mut text = Text::default();
        let mut ways = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Text(more) => text.append(more),
                Token::End => break,
                Token::Begin { name, attributes, closed, place } => {
                    self.at += 1;
                    let (inside, inner) = match *closed || depth > MAX_DEPTH {
                        true => Default::default(),
                        false => self.content(depth + 1),
                    };
                    if *closed {
                        self.at -= 1;
                    }
                    let of = |key: &str| {
                        attributes.iter().find(|(k, _)| k == key).map_or("", |(_, value)| value.as_str())
                    };
                    match name.as_str() {
                        "when" | "otherwise" => ways.push((name.clone(), inside)),
                        _ if depth > MAX_DEPTH => text.append(&clause("what nests deep", *place)),
                        "include" => match (self.included)(of("refid")) {
                            Some(part) => text.append(&part),
                            None => {
                                text.append(&clause(&format!("<include refid=\"{}\">", of("refid")), *place))
                            }
                        },
                        _ => text.append(&element(name, &of, inside, inner, *place)),
                    }
                }
            }
            self.at += 1;
        }
        (text, ways)
    }
}

/// What an element makes of what is in it.
fn element<'a>(
    name: &str,
    of: &dyn Fn(&str) -> &'a str,
    inside: Text,
    ways: Vec<(String, Text)>,
    place: Span,
) -> Text {
    match name {
        "if" => Text::choice(vec![inside, Text::default()]),
        "choose" => {
            let complete = ways.iter().any(|(name, _)| name == "otherwise");
            let mut texts: Vec<Text> = ways.into_iter().map(|(_, text)| text).collect();
            if !complete {
                texts.push(Text::default());
            }
            Text::choice(texts)
        }
        "where" => trimmed(&inside, ("WHERE", "AND |OR "), ("", ""), place),
        "set" => trimmed(&inside, ("SET", ""), ("", ","), place),
        "trim" => {
            let (before, behind) =
                ((of("prefix"), of("prefixOverrides")), (of("suffix"), of("suffixOverrides")));
            trimmed(&inside, before, behind, place)
        }
        "foreach" => repeated(&inside, of, place),
        "bind" => Text::default(),
        // A statement of its own, which is run before this one.
        "selectKey" => Text::default(),
        _ => inside,
    }
}

/// A text for each way that it may be, with something before and behind it unless nothing is left of it, and without what
/// it begins and ends with of some words, which `|` stands between.
fn trimmed(text: &Text, before: (&str, &str), behind: (&str, &str), place: Span) -> Text {
    let of_variant = |parts: Vec<Rc<Part>>| {
        let mut parts = VecDeque::from(parts);
        strip_start(&mut parts, before.1);
        strip_end(&mut parts, behind.1);
        let mut result = Text::default();
        if !parts.is_empty() {
            result.append(&filler(&format!(" {} ", before.0), place));
            result.parts.extend(parts);
            result.append(&filler(&format!(" {} ", behind.0), place));
        }
        result
    };
    Text::choice(text.variants().into_iter().map(of_variant).collect())
}

fn strip_start(parts: &mut VecDeque<Rc<Part>>, words: &str) {
    while let Some(Part::Written(written)) = parts.front().map(|part| &**part) {
        let text = written.text.trim_start();
        if text.is_empty() {
            parts.pop_front();
            continue;
        }
        let begins = |word: &&str| {
            let rest = text.get(word.len()..).unwrap_or_default();
            let found = text.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
            found && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        };
        let word = words.split('|').map(str::trim).filter(|word| !word.is_empty()).find(begins);
        let start = written.text.len() - text.len() + word.map_or(0, str::len);
        let left = Rc::new(Part::Written(written.part(start, written.text.len())));
        parts[0] = left;
        return;
    }
}

fn strip_end(parts: &mut VecDeque<Rc<Part>>, words: &str) {
    while let Some(Part::Written(written)) = parts.back().map(|part| &**part) {
        let text = written.text.trim_end();
        if text.is_empty() {
            parts.pop_back();
            continue;
        }
        let word = words.split('|').map(str::trim).find(|word| !word.is_empty() && text.ends_with(word));
        let left = Rc::new(Part::Written(written.part(0, text.len() - word.map_or(0, str::len))));
        parts.pop_back();
        parts.push_back(left);
        return;
    }
}

/// `<foreach collection="ids" item="id" open="(" separator="," close=")">#{id}</foreach>`.
fn repeated<'a>(inside: &Text, of: &dyn Fn(&str) -> &'a str, place: Span) -> Text {
    let collection = of("collection");
    let written = inside.only_written().unwrap_or_default();
    let is_parameter =
        written.trim().strip_prefix("#{").is_some_and(|rest| rest.find('}') == Some(rest.len() - 1));
    let mut result = filler(of("open"), place);
    if is_parameter {
        result.append(&Text::hole(Splice::new(collection, place, HoleKind::Bound)));
    } else {
        result.append(inside);
        // Rows are all alike.
        if of("separator").trim() != "," {
            result.append(&filler(&format!(" {} ", of("separator").trim()), place));
            result.append(&clause(&format!("what is repeated for {collection}"), place));
        }
    }
    result.append(&filler(of("close"), place));
    result
}

fn clause(expression: &str, place: Span) -> Text {
    Text::hole(Splice::new(expression, place, HoleKind::Clause))
}

/// A text that an attribute or an element stands for.
fn filler(text: &str, place: Span) -> Text {
    let mut written = Written::default();
    if !text.trim().is_empty() {
        written.escape(text, place.start as usize, place.start as usize);
    }
    Text::written(written)
}

fn place_of(written: &Written) -> Span {
    written.pieces.first().map_or(Span::default(), |p| Span::new(p.file, p.file + p.file_len))
}
