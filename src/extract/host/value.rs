//! What names and expressions of a program are, and what becomes of that where ways part and meet again.

use std::collections::HashMap;
use std::rc::Rc;

use super::looks;
use super::text::{Part, Splice, Text};
use crate::source::{HoleKind, Span};

/// Items of one list that are followed.
const MAX_ITEMS: usize = 500;

/// What a name or expression is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Text),
    List(List),
    /// What is bound to names.
    Pairs(Vec<(String, String)>),
    /// Not known; `number` is whether its type says that it is a number.
    Unknown {
        number: bool,
    },
}

/// A list of texts.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) items: Vec<Item>,
    /// Whether more may be in it than is known.
    pub(super) more: bool,
}

impl List {
    /// The list without those of its items that are nothing.
    pub(super) fn compact(self) -> List {
        let item = |item: Item| {
            let (text, may_be_nothing) = item.text.something();
            Some(Item { text: text?, optional: item.optional || may_be_nothing })
        };
        List { items: self.items.into_iter().filter_map(item).collect(), more: self.more }
    }

    /// Adds what another list holds; of one that would grow without end no more is known.
    pub(super) fn extend(&mut self, other: List) {
        let room = MAX_ITEMS.saturating_sub(self.items.len());
        self.more |= other.more || other.items.len() > room;
        self.items.extend(other.items.into_iter().take(room));
    }
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) text: Text,
    /// Whether it may be missing.
    pub(super) optional: bool,
}

/// Names with what they are.
pub(super) type Names = HashMap<String, Value>;

impl Value {
    /// What several runs leave: one of the values that they leave.
    pub(super) fn one_of(values: Vec<Value>) -> Value {
        let mut texts = Vec::new();
        let mut lists: Vec<List> = Vec::new();
        let all = values.len();
        for value in values {
            match value {
                Value::Text(text) => texts.push(text),
                Value::List(list) => lists.push(list),
                Value::Pairs(_) | Value::Unknown { .. } => {}
            }
        }
        if texts.len() == all {
            return Value::Text(Text::choice(texts));
        }
        let is_statement = |text: &&Text| looks::starts_as_statement(&text.told());
        if let Some(place) = texts.iter().find(is_statement).map(Text::place) {
            // A statement, or a text that is not known: none of it is sure.
            let mut text = Text::choice(texts);
            let other =
                Splice::new("which of several texts it is", place.unwrap_or_default(), HoleKind::Clause);
            text.append(&Text::hole(other));
            return Value::Text(text);
        }
        if lists.len() != all {
            return Value::Unknown { number: false };
        }
        let Some(first) = lists.first() else { return Value::Unknown { number: false } };
        let same = |i: usize| {
            first.items.get(i).is_some_and(|item| {
                lists.iter().all(|list| list.items.get(i).is_some_and(|other| other.text.is(&item.text)))
            })
        };
        let common = (0..).take_while(|i| same(*i)).count();
        let mut result = List { items: first.items.get(..common).unwrap_or_default().to_vec(), more: false };
        for list in lists {
            let rest = list.items.into_iter().skip(common).map(|item| Item { optional: true, ..item });
            result.extend(List { items: rest.collect(), more: list.more });
        }
        Value::List(result)
    }

    /// Whether both are known to be the same.
    pub(super) fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) => a.is(b),
            (Value::List(a), Value::List(b)) => {
                a.more == b.more
                    && a.items.len() == b.items.len()
                    && a.items
                        .iter()
                        .zip(&b.items)
                        .all(|(x, y)| x.optional == y.optional && x.text.is(&y.text))
            }
            (Value::Pairs(a), Value::Pairs(b)) => a == b,
            (Value::Unknown { number }, Value::Unknown { number: other }) => number == other,
            _ => false,
        }
    }

    /// The value with something unknown behind it.
    pub(super) fn with_more(self, name: &str, span: Span) -> Value {
        match self {
            Value::Text(mut text) => {
                let more = format!("what is added to {name}");
                text.parts.push(Rc::new(Part::Hole(Splice::new(&more, span, HoleKind::Clause))));
                Value::Text(text)
            }
            Value::List(list) => Value::List(List { more: true, ..list }),
            Value::Pairs(_) => Value::Unknown { number: false },
            unknown @ Value::Unknown { .. } => unknown,
        }
    }
}

/// A list's items with separators between them; none where nothing is known of it.
pub(super) fn join(list: &List, separator: &Text) -> Option<Text> {
    if list.items.is_empty() {
        return if list.more { None } else { Some(Text::default()) };
    }
    let optional = list.items.iter().filter(|item| item.optional).count();
    let mut texts = Vec::new();
    let subsets: u32 = if optional <= 4 { 1 << optional } else { 2 };
    for subset in 0..subsets {
        let mut text = Text::default();
        let (mut is_first, mut nth) = (true, 0);
        for item in &list.items {
            if item.optional {
                nth += 1;
                let taken = if optional <= 4 { subset >> (nth - 1) & 1 == 1 } else { subset == 1 };
                if !taken {
                    continue;
                }
            }
            if !is_first {
                text.append(separator);
            }
            is_first = false;
            text.append(&item.text);
        }
        texts.push(text);
    }
    let is_cut = optional > 4;
    let mut text = Text::choice(texts);
    text.tagged = list.items.iter().all(|item| item.text.tagged);
    if list.more || is_cut {
        let span = list.items.iter().find_map(|item| item.text.place()).unwrap_or_default();
        let expression =
            if is_cut { "which of many conditions are added" } else { "what is added in a loop" };
        let mut more = separator.clone();
        more.append(&Text::hole(Splice::new(expression, span, HoleKind::Clause)));
        text.append(&more);
    }
    Some(text)
}
