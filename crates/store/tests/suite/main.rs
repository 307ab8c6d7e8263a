//! Every store behaves alike: each behaviour is written once and run on the memory model and on each database.

mod book;
mod carts;
mod catalog;
mod checkouts;
mod contention;
mod model;
mod orders;
mod postgres;
mod sagas;
mod stores;
mod witness;
mod world;
