//! DDL to typed [`change::Change`]s to the [`Catalog`] (replay of the migrations). Definitions (view queries,
//! expressions, policies, bodies) are kept as opaque syntax handles.

pub mod bounds;
pub mod catalog;
pub mod change;
mod facts;
pub mod foreign;
pub mod functions;
pub mod leakproof;
pub mod lock;
pub mod migration;
pub mod names;
mod replay;
mod resolve;
pub mod system;
pub mod types;

pub use catalog::{Catalog, Volatility};
pub use replay::{Replayed, data_type, replay, replay_watched};

use catalog::Function;
use types::Type;

/// How much the result of a function varies for arguments of these types: a function of the schema by its declaration,
/// else the built-in overload that PostgreSQL picks. None where no function takes them.
pub fn function_volatility(catalog: &Catalog, name: &str, arguments: &[Option<Type>]) -> Option<Volatility> {
    let own = |f: &&Function| f.name.to_string() == name && f.parameters.len() == arguments.len();
    match catalog.functions.iter().find(own) {
        Some(function) => Some(function.volatility),
        None => resolve::function(catalog, name, arguments).map(|picked| picked.volatility),
    }
}
