//! What is particular to the store on SQLite: the pipeline, the guards of the schema, the audit, opening a file.
//!
//! What every store does alike is tested by the conformance suite.

mod audit;
mod guards;
mod opening;
mod pipeline;
mod shop;
