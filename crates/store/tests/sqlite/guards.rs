//! The schema refuses stray SQL: whoever writes, a promise that a row can keep is kept by the row.

use rusqlite::Connection;
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::order;

use crate::shop::TestShop;

/// A shop with an order of two units, and a saga that holds one; and what a stray hand would run in it.
async fn refuses(cases: &[(&str, &str)]) {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    shop.sell("shirt", 2).await;
    shop.reserve("shirt", 1).await;
    let hand = shop.hand();
    for (stray, words) in cases {
        let refused = hand.execute_batch(stray).expect_err(stray).to_string();
        assert!(refused.contains(words), "{stray}: {refused}");
    }
    assert!(sellonce_checkout::store::Books::audit(shop.store.as_ref()).await.expect("the audit runs").ok());
}

#[tokio::test]
async fn no_counter_goes_below_zero() {
    refuses(&[
        ("UPDATE inventory SET available = available - 100", "available >= 0"),
        ("UPDATE inventory SET reserved = reserved - 100", "reserved >= 0"),
        ("UPDATE inventory SET committed = committed - 100", "committed >= 0"),
        ("UPDATE inventory SET backordered = -1", "backordered >= 0"),
        ("UPDATE inventory SET backordered = 1", "ever_continued = 1"),
        ("UPDATE inventory SET policy = 'continue'", "ever_continued = 1"),
        ("UPDATE inventory SET policy = 'perhaps'", "policy IN"),
        ("UPDATE inventory SET available = 1.5", "cannot store REAL value"),
        (
            "INSERT INTO discounts (code, fixed, uses_max, used, created_at) VALUES ('A', 1, 1, 2, 0)",
            "held + used",
        ),
        (
            "INSERT INTO purchase_counters (sku, identity, held, used) VALUES ('a', zeroblob(32), -1, 0)",
            "held >= 0",
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_journal_is_never_rewritten() {
    refuses(&[
        ("UPDATE movements SET quantity = 7", "never changed"),
        ("DELETE FROM movements", "never deleted"),
        ("INSERT INTO movements SELECT * FROM movements LIMIT 1", "UNIQUE"),
        ("UPDATE order_events SET reason = 'x'", "never changed"),
        ("DELETE FROM order_events", "never deleted"),
        ("UPDATE idempotency_keys SET body = zeroblob(32)", "never changed"),
        ("INSERT INTO idempotency_keys SELECT * FROM idempotency_keys LIMIT 1", "UNIQUE"),
    ])
    .await;
}

#[tokio::test]
async fn an_order_begins_as_it_must_and_is_the_only_one() {
    let insert = |number: u32, checkout: &str, cart: &str, status: &str| {
        format!(
            "INSERT INTO orders (number, id, token, checkout_id, cart_id, saga_id, status, total, version, created_at,
             updated_at) VALUES ({number}, randomblob(16), randomblob(32), {checkout}, {cart}, randomblob(16), '{status}',
             1, 1, 0, 0)"
        )
    };
    let twice_from_a_checkout = insert(9001, "(SELECT checkout_id FROM orders)", "NULL", "paid");
    let shipped = insert(9002, "randomblob(16)", "NULL", "shipped");
    let twice_from_a_cart = format!(
        "BEGIN; {}; {}; ROLLBACK",
        insert(9003, "randomblob(16)", "x'07'", "paid"),
        insert(9004, "randomblob(16)", "x'07'", "paid")
    );
    refuses(&[
        (&twice_from_a_checkout, "UNIQUE constraint failed: orders.checkout_id"),
        (&shipped, "version > 1"),
        (&twice_from_a_cart, "UNIQUE constraint failed: orders.cart_id"),
        ("UPDATE orders SET total = total - 1", "I5"),
    ])
    .await;
}

#[tokio::test]
async fn the_counts_of_an_order_line_only_grow() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    shop.sell("shirt", 3).await;
    let hand = shop.hand();
    hand.execute_batch("UPDATE order_lines SET shipped = 2, returned = 1, cancelled = 1").expect("they grow");
    for stray in [
        "UPDATE order_lines SET shipped = 1",
        "UPDATE order_lines SET returned = 0",
        "UPDATE order_lines SET cancelled = 0",
        "UPDATE order_lines SET quantity = 2",
        "UPDATE order_lines SET shipped = 3",
        "UPDATE order_lines SET returned = 3",
        "UPDATE order_lines SET cancelled = 2",
    ] {
        assert!(hand.execute_batch(stray).is_err(), "{stray}");
    }
}

#[tokio::test]
async fn no_more_is_captured_than_asked_for_and_no_more_given_back_than_captured() {
    refuses(&[
        ("UPDATE payments SET captured = amount + 1", "captured BETWEEN"),
        ("UPDATE payments SET refunded = captured + 1", "refunded + refund_pending"),
        ("UPDATE payments SET refund_pending = captured + 1", "refunded + refund_pending"),
        ("UPDATE simulated_payments SET refunded = amount + 1", "refunded BETWEEN"),
        ("UPDATE payments SET status = 'guessed'", "status = 'created'"),
    ])
    .await;
}

#[tokio::test]
async fn a_checkout_has_one_unfinished_saga_and_keeps_its_prices() {
    let second =
        "INSERT INTO sagas (id, checkout_id, state, fence, lease_until, next_run_at, hold_until, history,
                  created_at) SELECT randomblob(16), checkout_id, 'reserved', 1, 0, 0, 0, '', 0 FROM sagas
                  WHERE ended_at IS NULL";
    let second_of_a_cart = "BEGIN;
        UPDATE sagas SET cart_id = x'07' WHERE ended_at IS NULL;
        INSERT INTO sagas (id, checkout_id, cart_id, state, fence, lease_until, next_run_at, hold_until, history,
            created_at) VALUES (randomblob(16), x'08', x'07', 'reserved', 1, 0, 0, 0, '', 0);
        ROLLBACK";
    refuses(&[
        (second, "UNIQUE constraint failed: sagas.checkout_id"),
        ("UPDATE sagas SET state = 'placed' WHERE ended_at IS NULL", "ended_at IS NOT NULL"),
        ("UPDATE checkouts SET total = total - 1", "I5"),
        ("UPDATE checkouts SET status = 'completed' WHERE status = 'processing'", "order_id IS NOT NULL"),
        ("UPDATE checkout_lines SET unit_price = 1", "I5"),
        ("UPDATE reservations SET quantity = 0", "quantity > 0"),
    ])
    .await;
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    shop.reserve("shirt", 1).await;
    let refused = shop.hand().execute_batch(second_of_a_cart).expect_err("one per cart").to_string();
    assert!(refused.contains("UNIQUE constraint failed: sagas.cart_id"), "{refused}");
}

#[tokio::test]
async fn an_order_walks_the_edges_of_the_domains_table_and_no_others() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    shop.sell("shirt", 1).await;
    let hand = shop.hand();
    for from in order::Status::ALL {
        for to in order::Status::ALL {
            put_at(&hand, from);
            let moved = hand.execute("UPDATE orders SET status = ?1, version = version + 1", [to.as_str()]);
            let legal = order::TRANSITIONS.iter().any(|(f, _, t)| (*f, *t) == (from, to));
            assert_eq!(moved.is_ok(), legal || from == to, "{} -> {}", from.as_str(), to.as_str());
        }
    }
}

/// Puts the order at a status past the guard, which a merchant of the database can do by dropping it.
fn put_at(hand: &Connection, status: order::Status) {
    let guard: String = hand
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'orders_walk_edges'", [], |row| row.get(0))
        .expect("the guard is there");
    hand.execute_batch("DROP TRIGGER orders_walk_edges").expect("it is dropped");
    hand.execute("UPDATE orders SET status = ?1, version = 2", [status.as_str()]).expect("it is put there");
    hand.execute_batch(&guard).expect("it is made again");
}
