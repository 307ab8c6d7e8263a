//! Delivering rules into repositories that people also write in.

mod golden;
mod limits;
mod monorepo;
mod repository;
