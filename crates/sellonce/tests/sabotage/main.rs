//! The proof of the proofs: a binary with a planted defect must be caught by what judges the shop, and the same binary
//! without one must not.
//!
//! Decides for each defect what is done to the shop and what has to show it. Leaves what the defects are to
//! `sellonce_checkout::sabotage`. Built only with the feature `sabotage`.

mod callbacks;
mod hands;
#[path = "../engine/harness.rs"]
#[expect(dead_code, reason = "the engine's tests use all of it")]
mod harness;
mod keys;
#[path = "../engine/load.rs"]
#[expect(dead_code, reason = "the engine's tests use all of it")]
mod load;
mod money;
mod proof;
mod start;
mod stock;
mod surge;
