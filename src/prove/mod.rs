//! Pure logic over the bound model: congruence closure, implication, tenancy, index matching. No text of the
//! program, no parser.

pub mod access;
pub mod congruence;
pub mod design;
pub mod implies;
pub mod ownership;
pub mod pairing;
pub mod policy;
pub mod reference;
pub mod settings;
pub mod tenancy;
pub mod terms;
pub mod unset;
pub mod verdict;
