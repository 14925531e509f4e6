//! Columns of type json.

use super::columns::typed;
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let wrong = typed(moment.act).into_iter().filter(|column| column.ty.base == BaseType::Json);
    let draft = |column: super::columns::Typed<'_>| {
        let message = format!(
            "column {} is json, which has no equality and is parsed at every read",
            code(&column.name.name)
        );
        moment.draft(column.name.at, message).help("make it jsonb")
    };
    wrong.map(draft).collect()
}
