//! Arguments to run to exit status; the only place that exits.

fn main() {}
