//! The auditor: a faultless day is never accused, and each planted defect is found, and nothing else with it.

#![expect(clippy::unwrap_used, reason = "a day that lacks what a test plants in it fails the test")]

mod clean;
mod day;
mod model;
mod planted;
mod planted_care;
mod planted_limits;
mod planted_orders;
mod speed;
