//! The suite of sagas that checkout has, on PostgreSQL: every ending, every key, every step failing, dying, standing still and
//! done twice.

#[path = "../../../checkout/tests/saga/afterwards.rs"]
mod afterwards;
#[path = "../../../checkout/tests/saga/bank.rs"]
mod bank;
#[path = "../../../checkout/tests/saga/callbacks.rs"]
mod callbacks;
#[path = "../../../checkout/tests/saga/cancel.rs"]
mod cancel;
#[path = "../../../checkout/tests/saga/crowd.rs"]
mod crowd;
#[path = "../../../checkout/tests/saga/endings.rs"]
mod endings;
#[path = "../../../checkout/tests/saga/every_step.rs"]
mod every_step;
#[path = "../../../checkout/tests/saga/everywhere.rs"]
mod everywhere;
#[path = "../../../checkout/tests/saga/faults.rs"]
mod faults;
#[path = "../../../checkout/tests/saga/faulty_store.rs"]
mod faulty_store;
#[path = "../../../checkout/tests/saga/flows.rs"]
mod flows;
#[path = "../../../checkout/tests/saga/goods.rs"]
mod goods;
#[path = "../../../checkout/tests/saga/keys.rs"]
mod keys;
#[path = "../../../checkout/tests/saga/leases.rs"]
mod leases;
#[path = "../../../checkout/tests/saga/limits.rs"]
mod limits;
#[path = "../../../checkout/tests/saga/operate.rs"]
mod operate;
#[path = "../../../checkout/tests/saga/payments.rs"]
mod payments;
#[path = "../../../checkout/tests/saga/people.rs"]
mod people;
#[path = "../../../checkout/tests/saga/prices.rs"]
mod prices;
#[path = "../../../checkout/tests/saga/refunds.rs"]
mod refunds;
#[path = "../../../checkout/tests/saga/script.rs"]
mod script;
mod stores;
#[path = "../../../checkout/tests/saga/time.rs"]
mod time;
#[path = "../../../checkout/tests/saga/two_steps.rs"]
mod two_steps;
#[path = "../../../checkout/tests/saga/world.rs"]
mod world;
