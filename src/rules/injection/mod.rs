//! Rules about text that is spliced into SQL.

pub(super) mod dynamic_sql;
pub(super) mod spliced_identifier;
pub(super) mod spliced_value;
