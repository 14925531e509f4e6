//! Live experiments: a throw-away PostgreSQL, random pairs of databases, and what a statement shows of their difference.
//!
//! [`postgres`] has the server, [`tenancy`] what a project says about its tenants, [`tables`] what the server says about
//! the schema, [`values`] and [`data`] the random databases, [`roles`] and [`infer`] the parameters, [`lab`] the database
//! on which statements run, [`experiment`] the trials, [`outcome`] the judgement, [`pages`] the cases as written.

pub(crate) mod data;
pub(crate) mod experiment;
pub(crate) mod infer;
pub(crate) mod lab;
pub(crate) mod outcome;
pub(crate) mod pages;
pub(crate) mod postgres;
pub(crate) mod roles;
pub(crate) mod tables;
pub(crate) mod tenancy;
pub(crate) mod tokens;
pub(crate) mod tool;
pub(crate) mod values;
