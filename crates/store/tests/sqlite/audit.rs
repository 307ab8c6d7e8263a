//! The audit finds what should not be: each violation is planted by SQL, past the guards of the schema, in the database
//! of a shop that has sold things.

use sellonce_checkout::audit::Invariant;
use sellonce_checkout::cart::CartChange;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::id::{CartId, CartLineId, SecretHash};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::payment;
use sellonce_checkout::purchase_limit::PurchaseLimit;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::store::Books;
use sellonce_checkout::store::carts::{Carts, CreateCart};
use sellonce_checkout::store::checkouts::Goods;
use sellonce_checkout::store::discounts::Discounts;
use sellonce_checkout::store::sagas::{PaymentNews, Release, Sagas};

use Invariant::{I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I13, I14};

use crate::shop::{TestShop, from, price, sku};

/// A shop with some history: an order from a cart under a discount and a purchase limit, a plain one, a declined
/// attempt, and a saga under way.
async fn shop_with_history() -> TestShop {
    let shop = TestShop::new();
    shop.stock("shirt", 9, Policy::Deny).await;
    shop.stock("mug", 0, Policy::Continue).await;
    let code = DiscountCode::parse("TEN").expect("a code");
    let reduction = Reduction::Fixed(price());
    let (subtotal_min, starts_at, ends_at) = (None, None, None);
    let discount =
        Discount { code: code.clone(), reduction, subtotal_min, starts_at, ends_at, uses_max: Some(3) };
    assert_eq!(shop.store.create_discount(discount).await, Ok(true));
    let limit = PurchaseLimit { sku: sku("shirt"), quantity_max: 4 };
    assert_eq!(shop.store.set_purchase_limit(limit).await, Ok(true));
    let (id, secret) = (CartId(shop.uuid()), SecretHash::of(b"cart"));
    let add = CartChange::Add { line: CartLineId(shop.uuid()), sku: sku("shirt"), quantity: 3 };
    let cart = shop.store.create_cart(CreateCart { id, secret, changes: vec![add] }).await;
    cart.expect("the store answers").expect("the cart is made");
    let mut open = shop.opening_of(Goods::Cart { id, secret });
    open.discount_code = Some(code);
    let run = shop.open_then_reserve(open).await;
    shop.place(&run).await;
    shop.sell("mug", 2).await;
    let declined = shop.reserve("shirt", 2).await;
    let payment = PaymentNews { status: Some(payment::Status::Declined), ..PaymentNews::default() };
    let ending = Ending::Declined("card_declined".to_owned());
    let release = Release { from: from(&declined), payment, ending, to: State::Released };
    shop.store.release(release).await.expect("the store answers");
    shop.reserve("shirt", 1).await;
    shop
}

#[tokio::test]
async fn a_shop_with_some_history_is_clean_and_everything_in_it_is_judged() {
    let shop = shop_with_history().await;
    let report = shop.store.audit().await.expect("the audit runs");
    for finding in &report.findings {
        assert_eq!(finding.violated, 0, "{finding:#?}");
        let judged = finding.checked > 0 || finding.invariant == Invariant::I12;
        assert!(judged, "nothing was judged of {}", finding.invariant.id());
    }
}

/// Plants each violation in a shop of its own, and sees the audit name it.
async fn finds(invariant: Invariant, plants: &[&str]) {
    for plant in plants {
        let shop = shop_with_history().await;
        let hand = shop.hand();
        hand.execute_batch("PRAGMA ignore_check_constraints = ON").expect("it is a setting");
        hand.execute_batch(plant).expect(plant);
        assert!(hand.changes() > 0, "{plant}: nothing was planted");
        let report = shop.store.audit().await.expect(plant);
        let finding = report.finding(invariant).expect("every invariant has a finding");
        assert!(
            finding.violated > 0 && !finding.violations.is_empty(),
            "{plant}: {} is fine",
            invariant.id()
        );
    }
}

#[tokio::test]
async fn i1_units_that_nobody_holds_or_that_were_sold_twice() {
    finds(
        I1,
        &[
            "UPDATE inventory SET available = -1 WHERE sku = 'shirt'",
            "UPDATE inventory SET available = available + 1 WHERE sku = 'shirt'",
            "UPDATE inventory SET reserved = reserved + 1, available = available - 1 WHERE sku = 'shirt'",
            "UPDATE inventory SET committed = committed - 1, available = available + 1 WHERE sku = 'shirt'",
            "UPDATE inventory SET ever_continued = 0 WHERE sku = 'mug'",
            "UPDATE reservations SET quantity = quantity + 1 WHERE state = 'open'",
            "UPDATE order_lines SET cancelled = 1 WHERE sku = 'shirt'",
            "UPDATE reservations SET sku = 'ghost' WHERE state = 'open'",
        ],
    )
    .await;
}

#[tokio::test]
async fn i2_a_journal_with_a_gap_or_a_line_that_does_not_follow() {
    finds(
        I2,
        &[
            "DROP TRIGGER movements_are_kept; DELETE FROM movements WHERE sku = 'shirt' AND version = 2",
            "DROP TRIGGER movements_are_kept; DELETE FROM movements WHERE sku = 'shirt' AND kind = 'reserve'",
            "DROP TRIGGER movements_stay; UPDATE movements SET quantity = quantity + 1 WHERE kind = 'receive'",
            "DROP TRIGGER movements_stay; UPDATE movements SET available = available + 1 WHERE version = 1",
            "UPDATE inventory SET version = version + 1 WHERE sku = 'shirt'",
            "UPDATE inventory SET available = available + 1 WHERE sku = 'shirt'",
            "DELETE FROM inventory WHERE sku = 'mug'",
        ],
    )
    .await;
}

#[tokio::test]
async fn i3_an_order_that_nobody_paid() {
    finds(
        I3,
        &[
            "UPDATE payments SET captured = 0, status = 'created' WHERE status = 'captured'",
            "UPDATE payments SET captured = captured - 1 WHERE status = 'captured'",
            "DELETE FROM payments WHERE status = 'captured'",
        ],
    )
    .await;
}

#[tokio::test]
async fn i4_money_without_an_order_and_money_taken_twice() {
    finds(
        I4,
        &[
            "INSERT INTO simulated_payments (attempt_key, token, amount, currency, status, created_at)
             VALUES ('pay_ghost', 'tok_ok', 100, 'USD', 'captured', 0)",
            "UPDATE simulated_payments SET amount = amount * 2",
            "UPDATE simulated_payments SET refunded = amount",
            "UPDATE payments SET status = 'captured', captured = amount WHERE status = 'declined'",
        ],
    )
    .await;
}

#[tokio::test]
async fn i5_another_price_than_the_locked_one() {
    finds(
        I5,
        &[
            "DROP TRIGGER checkouts_keep_their_totals; UPDATE checkouts SET total = total - 1",
            "DROP TRIGGER checkouts_keep_their_totals; UPDATE checkouts SET subtotal = subtotal - 1, total = total - 1",
            "DROP TRIGGER checkout_lines_stay; UPDATE checkout_lines SET unit_price = 1",
            "DROP TRIGGER orders_keep_their_total; UPDATE orders SET total = total - 1",
            "DROP TRIGGER order_lines_only_grow; UPDATE order_lines SET quantity = quantity + 1",
            "UPDATE payments SET refunded = captured + 1 WHERE status = 'captured'",
            "DROP TRIGGER checkout_lines_stay; UPDATE checkout_lines SET price_seen = 1",
        ],
    )
    .await;
}

#[tokio::test]
async fn i6_a_move_that_no_table_has() {
    finds(
        I6,
        &[
            "DROP TRIGGER orders_walk_edges; UPDATE orders SET status = 'delivered', version = 2",
            "DROP TRIGGER order_events_stay; UPDATE order_events SET from_status = 'shipped' WHERE sequence = 2",
            "DROP TRIGGER order_events_are_kept; DELETE FROM order_events WHERE sequence = 1",
            "UPDATE checkouts SET history = 'open:0:1,completed:1:2' WHERE status = 'completed'",
            "UPDATE checkouts SET status = 'open', order_id = NULL WHERE status = 'completed'",
            "UPDATE sagas SET history = 'reserved:1:1,voiding:1:2,placed:1:3' WHERE state = 'placed'",
            "UPDATE payments SET history = 'created:1:1,captured:1:2,declined:1:3,captured:1:4' WHERE status = 'captured'",
            "UPDATE order_lines SET returned = 9",
        ],
    )
    .await;
}

#[tokio::test]
async fn i7_a_key_or_an_order_too_many() {
    finds(
        I7,
        &[
            "INSERT INTO idempotency_keys (scope, key, body, saga_id, request_id, created_at)
             SELECT scope, key || '-again', body, saga_id, request_id, created_at FROM idempotency_keys",
            "DELETE FROM idempotency_keys",
            "UPDATE carts SET ordered_by = NULL WHERE ordered_by IS NOT NULL",
            "DELETE FROM orders",
            "UPDATE checkouts SET order_id = zeroblob(16) WHERE status = 'completed'",
            "UPDATE sagas SET order_id = NULL, state = 'reserved', ended_at = NULL WHERE state = 'placed'",
        ],
    )
    .await;
}

#[tokio::test]
async fn i8_a_confirmation_that_is_overdue() {
    finds(I8, &["UPDATE deliveries SET next_at = next_at - 100000"]).await;
}

#[tokio::test]
async fn i9_a_saga_that_nobody_will_run_and_an_old_one_that_no_operator_sees() {
    finds(
        I9,
        &[
            "UPDATE sagas SET lease_until = lease_until - 200000, next_run_at = next_run_at - 200000",
            "UPDATE sagas SET created_at = created_at - 86400000, history = 'reserved:1:1'",
            "UPDATE sagas SET late_check = 1, lease_until = lease_until - 200000, next_run_at = next_run_at - 200000 \
             WHERE state = 'released'",
        ],
    )
    .await;
}

#[tokio::test]
async fn i10_a_counter_that_is_not_what_was_used() {
    finds(
        I10,
        &[
            "UPDATE discounts SET used = used + 1",
            "UPDATE discounts SET used = 9",
            "UPDATE discounts SET uses_max = 0",
            "UPDATE purchase_counters SET used = used - 1 WHERE used > 0",
            "DELETE FROM purchase_counters",
        ],
    )
    .await;
}

#[tokio::test]
async fn i11_a_reservation_that_did_not_end_with_its_saga() {
    finds(
        I11,
        &[
            "UPDATE reservations SET state = 'open' WHERE state = 'committed'",
            "UPDATE reservations SET state = 'committed' WHERE state = 'released'",
            "UPDATE reservations SET state = 'released' WHERE state = 'open'",
            "DELETE FROM reservations WHERE state = 'open'",
            "UPDATE sagas SET hold_until = hold_until - 86400000 WHERE ended_at IS NULL",
        ],
    )
    .await;
}

#[tokio::test]
async fn i13_an_event_that_nobody_will_be_told() {
    finds(I13, &["DELETE FROM deliveries", "UPDATE deliveries SET consumer = 'nobody'"]).await;
}

#[tokio::test]
async fn i14_a_step_by_a_hand_that_had_lost_its_lease() {
    finds(
        I14,
        &[
            "UPDATE sagas SET fence = 3, history = 'reserved:2:1,placed:1:2' WHERE state = 'placed'",
            "UPDATE sagas SET history = 'reserved:7:1' WHERE state = 'reserved'",
        ],
    )
    .await;
}
