//! The lines of a file around some ranges, ready to be drawn: shortened where they are long, with nothing in them that
//! acts on a terminal.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::report::text::{push_visible, visible};
use crate::source::{SourceFile, Span};

/// Characters shown of a line, at most.
const WIDTH: usize = 160;
/// Characters shown before the range that matters, in a line that is longer.
const LEAD: usize = 50;

/// Lines of a file with the ranges asked for.
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
    /// Each range, in bytes of `text`, with its 0-based column in the file.
    ranges: Vec<(std::ops::Range<usize>, usize)>,
}

/// One line, bytes of the excerpt's text without its line break.
struct Line {
    start: usize,
    end: usize,
    /// 0-based, in the file.
    number: usize,
}

impl Excerpt {
    /// The lines of the ranges, and one before and after each. A range over several lines is cut at its first.
    pub(super) fn new(file: &SourceFile, spans: &[Span]) -> Excerpt {
        let line_of =
            |offset: u32| file.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let first: Vec<usize> = spans.iter().map(|s| line_of(s.start)).collect();
        let mut numbers: Vec<usize> = first
            .iter()
            .flat_map(|line| line.saturating_sub(1)..=line + 1)
            // Behind the last line break there is nothing to show.
            .filter(|line| {
                let start = file.line_starts.get(*line).map(|s| *s as usize);
                start.is_some_and(|s| s < file.text.len()) || first.contains(line)
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let name = visible(&file.path).into_owned();
        let mut excerpt =
            Excerpt { name, text: String::new(), lines: Vec::new(), ranges: vec![(0..0, 0); spans.len()] };
        for number in numbers {
            let own: Vec<usize> = (0..spans.len()).filter(|i| first[*i] == number).collect();
            excerpt.push_line(file, number, spans, &own);
        }
        excerpt
    }

    /// Where a range asked for lies in the excerpt.
    pub(super) fn range(&self, index: usize) -> SourceSpan {
        let range = self.ranges.get(index).map_or(0..0, |(range, _)| range.clone());
        SourceSpan::from(range)
    }

    fn push_line(&mut self, file: &SourceFile, number: usize, spans: &[Span], own: &[usize]) {
        let bounds = |n: usize| file.line_starts.get(n).map_or(file.text.len(), |s| *s as usize);
        let whole = file.text.get(bounds(number)..bounds(number + 1)).unwrap_or_default();
        let line = whole.trim_end_matches(['\n', '\r']);
        let at = |offset: u32| (offset as usize).saturating_sub(bounds(number)).min(line.len());
        let (mut from, mut to) = (0, line.len());
        if line.len() > WIDTH {
            let focus = own.first().map_or(0, |i| at(spans[*i].start));
            from = line.get(..focus).and_then(|l| l.char_indices().rev().nth(LEAD - 1)).map_or(0, |(i, _)| i);
            to = line
                .get(from..)
                .and_then(|l| l.char_indices().nth(WIDTH))
                .map_or(line.len(), |(i, _)| from + i);
        }
        let start = self.text.len();
        let mut edges: Vec<(usize, usize)> = Vec::new();
        if from > 0 {
            self.text.push('…');
        }
        for (offset, c) in line.get(from..to).unwrap_or_default().char_indices() {
            edges.push((from + offset, self.text.len()));
            match c {
                // Drawn with the width of a tab stop.
                '\t' => self.text.push(c),
                _ => push_visible(&mut self.text, c),
            }
        }
        edges.push((to, self.text.len()));
        if to < line.len() {
            self.text.push('…');
        }
        let place = |offset: usize| {
            let i = edges.partition_point(|(before, _)| *before < offset.clamp(from, to));
            edges.get(i).map_or(self.text.len(), |(_, at)| *at)
        };
        for i in own {
            let (first, last) = (at(spans[*i].start), at(spans[*i].end));
            let column = file.position(spans[*i].start).column.saturating_sub(1);
            let range = place(first)..place(last).max(place(first));
            self.ranges[*i] = (range, column as usize);
        }
        self.lines.push(Line { start, end: self.text.len(), number });
        self.text.push('\n');
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let holds = |offset: usize| {
            let i = self.lines.partition_point(|line| line.end < offset);
            (i < self.lines.len()).then_some(i)
        };
        let mut first = holds(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let mut last = holds(span.offset() + span.len()).ok_or(MietteError::OutOfBounds)?;
        let number = |i: usize| self.lines.get(i).map_or(usize::MAX, |line| line.number);
        if number(last) - number(first) != last - first {
            return Err(MietteError::OutOfBounds);
        }
        let column = self.ranges.iter().find(|(range, _)| range.start == span.offset()).map_or(0, |r| r.1);
        for _ in 0..before {
            first -= usize::from(first > 0 && number(first - 1) + 1 == number(first));
        }
        for _ in 0..after {
            last += usize::from(number(last).checked_add(1).is_some_and(|n| number(last + 1) == n));
        }
        let (Some(from), Some(to)) = (self.lines.get(first), self.lines.get(last)) else {
            return Err(MietteError::OutOfBounds);
        };
        let data = self.text.get(from.start..to.end).unwrap_or_default();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            SourceSpan::from(from.start..to.end),
            from.number,
            column,
            last - first + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, inner: &[&str]) -> Excerpt {
        let spans: Vec<Span> = inner
            .iter()
            .map(|part| {
                let start = text.find(part).unwrap() as u32;
                Span::new(start, start + part.len() as u32)
            })
            .collect();
        Excerpt::new(&SourceFile::new("q.sql".to_owned(), text.into()), &spans)
    }

    fn shown(excerpt: &Excerpt, index: usize) -> &str {
        let range = excerpt.range(index);
        &excerpt.text[range.offset()..range.offset() + range.len()]
    }

    #[test]
    fn lines_around_each_range_are_kept_with_their_numbers() {
        let text = "a\nb\nc target\nd\ne\nf\ng other\r\nh\n";
        let excerpt = excerpt(text, &["target", "other"]);
        assert_eq!(excerpt.text, "b\nc target\nd\nf\ng other\nh\n");
        assert_eq!((shown(&excerpt, 0), shown(&excerpt, 1)), ("target", "other"));
        let near = excerpt.read_span(&excerpt.range(0), 1, 1).unwrap();
        assert_eq!((near.line(), near.line_count()), (1, 3));
        let near = excerpt.read_span(&excerpt.range(0), 0, 0).unwrap();
        assert_eq!((near.line(), near.column()), (2, 2));
        let both = SourceSpan::from(excerpt.range(0).offset()..excerpt.range(1).offset() + 5);
        assert!(excerpt.read_span(&both, 1, 1).is_err(), "there are lines between the two");
    }

    #[test]
    fn a_long_line_is_cut_around_what_matters() {
        let text = format!("{} target {}\n", "é".repeat(5000), "x".repeat(100_000));
        let excerpt = excerpt(&text, &["target"]);
        assert_eq!(shown(&excerpt, 0), "target");
        assert!(excerpt.text.chars().count() < 200);
        assert!(excerpt.text.starts_with('…') && excerpt.text.trim_end().ends_with('…'));
        let here = excerpt.read_span(&excerpt.range(0), 0, 0).unwrap();
        assert_eq!(here.column(), 5001);
    }

    #[test]
    fn text_that_acts_is_shown_and_ranges_stay_true() {
        let excerpt = excerpt("x '\u{1b}[31m' \u{202e} target\n", &["target", "\u{1b}"]);
        assert_eq!(excerpt.text, "x '␛[31m' <U+202E> target\n");
        assert_eq!((shown(&excerpt, 0), shown(&excerpt, 1)), ("target", "␛"));
    }

    #[test]
    fn ranges_at_and_behind_the_end_are_shown_at_the_end() {
        let file = SourceFile::new("q.sql".to_owned(), "a\nbc".into());
        let excerpt =
            Excerpt::new(&file, &[Span::new(4, 4), Span::new(2, 4), Span::new(9, 12), Span::new(0, 4)]);
        assert_eq!(excerpt.text, "a\nbc\n");
        assert_eq!(shown(&excerpt, 1), "bc");
        assert_eq!(shown(&excerpt, 3), "a");
        assert!((0..4).all(|i| excerpt.read_span(&excerpt.range(i), 1, 1).is_ok()));
        let empty = Excerpt::new(&SourceFile::new("e".to_owned(), "".into()), &[Span::new(0, 0)]);
        assert!(empty.read_span(&empty.range(0), 1, 1).is_ok());
    }
}
