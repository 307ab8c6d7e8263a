//! What PostgreSQL alone has: other servers of the same database, connections that break, and its own schema.

mod commits;
mod encrypted;
mod flushes;
mod guards;
mod opening;
mod proxy;
mod servers;
