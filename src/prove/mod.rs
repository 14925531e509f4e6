//! Pure logic over the bound model: congruence closure, implication, tenancy, index matching. No text of the
//! program, no parser.

pub mod congruence;
pub mod ownership;
pub mod settings;
pub mod tenancy;
pub mod verdict;
