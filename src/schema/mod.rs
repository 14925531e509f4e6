//! DDL to typed [`change::Change`]s to the [`Catalog`] (replay of the migrations). Definitions (view queries,
//! expressions, policies, bodies) are kept as opaque syntax handles.

pub mod catalog;
pub mod change;
mod facts;
pub mod functions;
pub mod names;
mod replay;
mod resolve;
pub mod system;
pub mod types;

pub use catalog::Catalog;
pub use replay::{data_type, replay};
