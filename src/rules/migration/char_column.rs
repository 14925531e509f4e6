//! Columns of type char(n).

use super::columns::typed;
use crate::rules::draft::Draft;
use crate::rules::moment::Moment;
use crate::rules::words::code;
use crate::schema::types::BaseType;

pub(in crate::rules) fn check(moment: &Moment<'_>) -> Vec<Draft> {
    let wrong = typed(moment.act).into_iter().filter(|column| column.ty.base == BaseType::Bpchar);
    let draft = |column: super::columns::Typed<'_>| {
        let message = format!(
            "column {} is char(n), which is padded with blanks that some comparisons ignore",
            code(&column.name.name)
        );
        moment
            .draft(column.name.at, message)
            .help("make it text, with a CHECK of its length where that matters")
    };
    wrong.map(draft).collect()
}
