//! Why verdicts are unknown, counted: what hides a part of a statement.

use crate::project::AnalysedStatement;
use crate::prove::verdict::{DefectKind, Verdict};
use crate::query::model::GapKind;

/// How many statements are unknown for each reason. One with several reasons counts for the one that is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Text that a program puts in at run time.
    pub spliced: usize,
    /// A table that no migration declares.
    pub tables: usize,
    /// A column that no relation in reach has.
    pub columns: usize,
    /// A function of which nothing is known that may read tables.
    pub functions: usize,
    /// A clause that is not modelled, or text that could not be read.
    pub syntax: usize,
}

impl Hidden {
    /// What hides a part of this statement, where its verdict is unknown.
    pub(super) fn of(statement: &AnalysedStatement) -> Hidden {
        let Some(proof) = statement.proof.as_ref().filter(|proof| proof.verdict == Verdict::Unknown) else {
            return Hidden::default();
        };
        let told = proof.defects.iter().find_map(|defect| match &defect.kind {
            DefectKind::Unresolved { what } => Some((defect.span, what)),
            _ => None,
        });
        let gap = told.and_then(|(span, what)| {
            statement.bound.gaps.iter().find(|gap| gap.span == span && gap.what == *what)
        });
        let one = Hidden::default();
        match (gap.map(|gap| gap.kind), told) {
            (Some(GapKind::Hole), _) => Hidden { spliced: 1, ..one },
            (Some(GapKind::UnknownTable), _) => Hidden { tables: 1, ..one },
            (Some(GapKind::UnknownColumn), _) => Hidden { columns: 1, ..one },
            (Some(GapKind::Unsupported), _) | (None, None) => Hidden { syntax: 1, ..one },
            (None, Some(_)) => Hidden { functions: 1, ..one },
        }
    }

    /// The sum of both.
    pub(super) fn and(self, other: Hidden) -> Hidden {
        Hidden {
            spliced: self.spliced + other.spliced,
            tables: self.tables + other.tables,
            columns: self.columns + other.columns,
            functions: self.functions + other.functions,
            syntax: self.syntax + other.syntax,
        }
    }
}
