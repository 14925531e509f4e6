//! Columns of type timestamp without time zone.

use super::columns::typed;
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let wrong = typed(moment.act).into_iter().filter(|column| column.ty.base == BaseType::Timestamp);
    let draft = |column: super::columns::Typed<'_>| {
        let message = format!(
            "column {} says no time zone: which instant it means depends on who reads it",
            code(&column.name.name)
        );
        moment.draft(column.name.at, message).help("make it timestamptz")
    };
    wrong.map(draft).collect()
}
