//! A checkout's way from its first request to its end, with the real coordinator on a real store: every ending, every
//! key, every step failing, dying, standing still and done twice.
//!
//! Leaves the tables themselves, every state and every event of them, to the suite `pure`.

mod afterwards;
mod bank;
mod callbacks;
mod cancel;
mod crowd;
mod endings;
mod every_step;
mod everywhere;
mod faults;
mod faulty_store;
mod flows;
mod goods;
mod keys;
mod leases;
mod limits;
mod operate;
mod payments;
mod people;
mod prices;
mod refunds;
mod script;
mod stores;
mod time;
mod two_steps;
mod world;
