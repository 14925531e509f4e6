//! Names and scopes to the bound [`model`]; binding also of the catalog's stored definitions.

mod bind;
mod binder;
mod context;
mod deparse;
mod functions;
mod lower;
pub mod model;
pub mod place;
mod scope;
mod suggest;
mod text;
mod types;
pub mod walk;

pub use bind::{TableExpr, bind, bind_expr, bind_in, bind_table_expr, bind_table_expr_in, bind_view};
pub use context::Context;
pub use deparse::deparse;

#[cfg(test)]
mod tests;
