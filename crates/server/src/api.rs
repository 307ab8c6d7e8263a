//! The JSON API, a file per subject, each with its shapes and its calls.
//!
//! Decides nothing here; the list of all calls is `router`.

pub(crate) mod admin_audit;
pub(crate) mod admin_discounts;
pub(crate) mod admin_inventory;
pub(crate) mod admin_limits;
pub(crate) mod admin_order_changes;
pub(crate) mod admin_orders;
pub(crate) mod admin_prices;
pub(crate) mod admin_products;
pub(crate) mod admin_sagas;
pub(crate) mod admin_simulated_payments;
pub(crate) mod callbacks;
pub(crate) mod carts;
pub(crate) mod checkouts;
pub(crate) mod complete;
pub(crate) mod list;
pub(crate) mod orders;
pub(crate) mod products;
pub(crate) mod refusal;
