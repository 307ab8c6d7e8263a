//! The schema refuses stray SQL: whoever writes, a promise that a row can keep is kept by the row.

use sellonce_checkout::order;
use sellonce_cluster::Database;

use crate::stores::{HandClock, postgres_at, subject_of};
use crate::world::World;

/// A shop with an order of two units, and a saga that holds one.
async fn shop() -> (Database, World) {
    let (database, clock) = (Database::new(), HandClock::new());
    let mut world = World::new(subject_of(postgres_at(&database.url(), &clock), &clock));
    world.put("shirt", 5_000, 5).await;
    world.sell(&[("shirt", 2)], "ada").await;
    let checkout = world.open(&[("shirt", 1)], "bob").await;
    world.reserve(checkout).await;
    (database, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn stray_statements_are_refused_by_the_rows_they_would_spoil() {
    let (database, world) = shop().await;
    for (stray, words) in [
        ("UPDATE inventory SET available = available - 100", "inventory_available_check"),
        ("UPDATE inventory SET reserved = reserved - 100", "inventory_reserved_check"),
        ("UPDATE inventory SET committed = committed - 100", "inventory_committed_check"),
        ("UPDATE inventory SET backordered = 1", "check constraint"),
        ("UPDATE inventory SET policy = 'continue'", "check constraint"),
        ("UPDATE inventory SET policy = 'perhaps'", "check constraint"),
        (
            "INSERT INTO discounts (code, fixed, uses_max, used, created_at) VALUES ('A', 1, 1, 2, now())",
            "check",
        ),
        ("UPDATE movements SET quantity = 7", "I2: a movement is never changed"),
        ("DELETE FROM movements", "I2: a movement is never deleted"),
        ("INSERT INTO movements SELECT * FROM movements LIMIT 1", "duplicate key"),
        ("UPDATE order_events SET reason = 'x'", "I6: an event of an order is never changed"),
        ("DELETE FROM order_events", "I6: an event of an order is never deleted"),
        ("UPDATE idempotency_keys SET body = sha256('x')", "I7: what a key did is never changed"),
        ("UPDATE orders SET total = total + 1", "I5: the total of an order is never changed"),
        ("UPDATE checkouts SET total = 1, subtotal = 1", "I5: locked totals are never changed"),
        ("UPDATE checkout_lines SET unit_price = 1", "I5: a locked line is never changed"),
        ("UPDATE order_lines SET quantity = 1", "I1: the counts of an order line only grow"),
        ("UPDATE order_lines SET shipped = 3", "check constraint"),
        ("UPDATE payments SET refunded = captured + 1", "check constraint"),
        ("UPDATE sagas SET state = 'placed' WHERE ended_at IS NULL", "check constraint"),
        (
            "INSERT INTO sagas SELECT gen_random_uuid(), checkout_id, cart_id, state, fence, NULL, lease_until, \
             next_run_at, 0, hold_until, NULL, NULL, NULL, NULL, NULL, NULL, NULL, history, created_at, NULL \
             FROM sagas WHERE ended_at IS NULL",
            "sagas_unfinished_of_checkout",
        ),
        (
            "UPDATE carts SET version = 0; INSERT INTO shop (id, currency) VALUES (2, 'USD')",
            "check constraint",
        ),
    ] {
        let refusal = database.try_psql(stray).expect_err(stray);
        assert!(refusal.contains(words), "{stray}: {refusal}");
    }
    world.assert_always_ok().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_walks_no_edge_that_the_table_does_not_have() {
    let (database, world) = shop().await;
    for from in order::Status::ALL {
        for to in order::Status::ALL {
            let is_edge =
                order::TRANSITIONS.iter().any(|(source, _, target)| (*source, *target) == (from, to));
            let (from, to) = (from.as_str(), to.as_str());
            // Walked from where the guard sees it, and taken back.
            let walk = format!(
                "BEGIN; ALTER TABLE orders DISABLE TRIGGER orders_walk_edges; \
                 UPDATE orders SET status = '{from}', version = 2; \
                 ALTER TABLE orders ENABLE TRIGGER orders_walk_edges; \
                 UPDATE orders SET status = '{to}'; ROLLBACK"
            );
            let walked = database.try_psql(&walk);
            assert_eq!(walked.is_ok(), is_edge || from == to, "{from} to {to}: {walked:?}");
        }
    }
    world.assert_always_ok().await;
}
