//! The shop as a stranger meets it: the real binary, real files, real sockets, killed with -9.
//!
//! Decides nothing about the shop; each file tells one story. The harness starts processes and speaks HTTP.

mod bad_days;
mod contention;
mod harness;
mod import;
mod kill;
mod load;
mod neighbours;
mod quickstart;
mod sale;
mod servers;
mod shutdown;
mod surge;
mod surge_database;
mod surge_ends;
mod surge_secrets;
