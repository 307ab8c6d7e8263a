//! The pages of the shop, driven as a browser drives them: links, forms, cookies, redirects; no scripts.
//!
//! Every page that a test sees is first held against what holds for all of them ([`browser`]).

#![expect(clippy::unwrap_used, reason = "clippy knows a test function, but not a function of tests")]

mod browser;
mod goods;
mod html;
mod links;
mod prices;
mod purchase;
mod refusals;
mod safety;
#[path = "../api/shop.rs"]
#[expect(dead_code, reason = "the shop of the API's tests, of which the pages need less")]
mod shop;
