//! Rules about text that is spliced into SQL.

pub(super) mod dynamic_sql;
