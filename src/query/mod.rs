//! Names and scopes to the bound [`model`]; binding also of the catalog's stored definitions.

pub mod model;
pub mod place;
pub mod walk;
