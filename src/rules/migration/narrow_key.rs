//! Primary keys of type integer or smallint.

use super::columns::typed;
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let wrong = typed(moment.act)
        .into_iter()
        .filter(|column| column.is_key && matches!(column.ty.base, BaseType::Int2 | BaseType::Int4));
    let draft = |column: super::columns::Typed<'_>| {
        let message = format!(
            "the key {} runs out of numbers, and making it bigint then writes the whole table anew",
            code(&column.name.name)
        );
        moment.draft(column.name.at, message).help("make it bigint")
    };
    wrong.map(draft).collect()
}
