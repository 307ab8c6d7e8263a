//! Every store behaves alike: each behaviour is written once and run on the memory model and on each database.

mod book;
mod callbacks;
mod carts;
mod catalog;
mod checkouts;
mod contention;
mod goods;
mod model;
mod operate;
mod orders;
mod postgres;
mod sagas;
mod stores;
mod two_steps;
mod witness;
mod world;
