//! The JSON API and the HTML pages: what a shop says over HTTP.
//!
//! Decides paths, status codes, JSON keys and HTML. Leaves every rule about money and stock to checkout.

pub mod accept;
pub mod app;
pub mod credential;
pub mod health;
pub mod knock;
pub mod openapi;
pub mod pages;
pub mod problem;
pub mod router;
pub mod throttle;

mod answer;
mod api;
mod around;
mod docs;
mod extract;
mod fault;
mod object;
mod shape;

pub use api::admin_audit::json as audit_json;
pub use extract::RequestId;
