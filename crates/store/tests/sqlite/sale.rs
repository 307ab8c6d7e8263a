//! A walk through a shop on SQLite: what the calls write is what they answer, and the audit agrees.

use sellonce_checkout::cart::CartChange;
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::id::{CartId, CartLineId, CauseId, EventId, OwnerId, RefundId, SecretHash, Uuid};
use sellonce_checkout::idempotency::{BodyHash, Claim, Decision, Key, Scope};
use sellonce_checkout::inventory::{Counters, Kind, Place, Policy};
use sellonce_checkout::money::BasisPoints;
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::saga::{Ending, State};
use sellonce_checkout::session;
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_checkout::store::Books;
use sellonce_checkout::store::carts::{Carts, CreateCart};
use sellonce_checkout::store::catalog::{Catalog, ProductQuery};
use sellonce_checkout::store::checkouts::{Checkouts, Goods};
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, MAIL};
use sellonce_checkout::store::discounts::Discounts;
use sellonce_checkout::store::inventory::{Inventory, MoveStock};
use sellonce_checkout::store::orders::{Orders, RefundResult, TransitionOrder};
use sellonce_checkout::store::sagas::{
    Advance, Begun, Moved, PaymentNews, Postpone, Release, ReserveRefusal, Sagas,
};

use crate::shop::{TestShop, from, price, sku};

async fn counters(shop: &TestShop, name: &str) -> Counters {
    let view = shop.store.stock(&sku(name)).await.expect("the store answers").expect("a SKU");
    view.rows[0].1.counters
}

async fn assert_clean(shop: &TestShop) {
    let report = shop.store.audit().await.expect("the audit runs");
    let violated: Vec<_> = report.findings.iter().filter(|finding| finding.violated > 0).collect();
    assert!(violated.is_empty(), "{violated:#?}");
}

#[tokio::test]
async fn a_sale_is_written_as_it_is_answered() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let run = shop.open_then_reserve(shop.opening("shirt", 2)).await;
    assert_eq!(counters(&shop, "shirt").await, Counters { available: 3, reserved: 2, ..Counters::default() });
    assert_eq!(shop.store.saga(run.saga.id).await, Ok(Some(run.clone())));
    let view = shop.place(&run).await;
    assert_eq!(
        counters(&shop, "shirt").await,
        Counters { available: 3, committed: 2, ..Counters::default() }
    );
    assert_eq!(view.order.status, order::Status::Paid);
    assert_eq!(view.order.number, 1001);
    assert_eq!(view.order.total, price().times(2).expect("in range"));
    assert_eq!(shop.store.order(view.order.id).await, Ok(Some(view.clone())));
    let checkout =
        shop.store.checkout(run.saga.checkout).await.expect("the store answers").expect("it is there");
    assert_eq!(checkout.checkout, view.checkout);
    assert_eq!(checkout.order.map(|order| order.number), Some(1001));
    let due =
        shop.store.claim_deliveries(MAIL, OwnerId(Uuid::from_u128(7)), 10).await.expect("the store answers");
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].event, view.order.events[1]);
    assert_eq!(due[0].view, view);
    shop.store
        .finish_delivery(due[0].event.id, MAIL, DeliveryResult::Delivered)
        .await
        .expect("the store answers");
    shop.clock.advance(120_000);
    assert_clean(&shop).await;
}

#[tokio::test]
async fn what_a_file_holds_is_what_it_held_before_it_was_closed() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let view = shop.sell("shirt", 1).await;
    let TestShop { store, clock, folder, .. } = shop;
    let settings = sellonce_store::Settings { shop: store.shop().clone(), clock };
    drop(store);
    let again =
        sellonce_store::SqliteStore::open(&folder.path().join("shop.db"), settings).expect("it opens again");
    assert_eq!(again.order(view.order.id).await, Ok(Some(view)));
    assert!(again.migrated().is_empty());
}

#[tokio::test]
async fn an_order_that_costs_nothing_has_no_payment() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let code = DiscountCode::parse("GIFT").expect("a code");
    let reduction = Reduction::Percentage(BasisPoints::new(10_000).expect("all of it"));
    let (subtotal_min, starts_at, ends_at) = (None, None, None);
    let discount =
        Discount { code: code.clone(), reduction, subtotal_min, starts_at, ends_at, uses_max: None };
    assert_eq!(shop.store.create_discount(discount).await, Ok(true));
    let mut open = shop.opening("shirt", 1);
    open.discount_code = Some(code);
    let run = shop.open_then_reserve(open).await;
    assert_eq!(run.attempt, None);
    let mut call = shop.placing(&run);
    call.payment = PaymentNews::default();
    let Ok(Moved::Done(view)) = shop.store.place_order(call).await else { panic!("it is placed") };
    assert_eq!(view.order.status, order::Status::Paid);
    assert_eq!(shop.store.order(view.order.id).await, Ok(Some(*view)));
    assert_clean(&shop).await;
}

#[tokio::test]
async fn the_last_unit_goes_to_one_buyer() {
    let shop = TestShop::new();
    shop.stock("shirt", 1, Policy::Deny).await;
    let (one, other) = tokio::join!(shop.try_reserve("shirt", 1), shop.try_reserve("shirt", 1));
    let refused = match (one, other) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one of two gets the last unit: {both:?}"),
    };
    assert!(matches!(refused, ReserveRefusal::Shortage(_)), "{refused:?}");
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_declined_payment_gives_back_what_was_held() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let run = shop.open_then_reserve(shop.opening("shirt", 2)).await;
    let ending = Ending::Declined("insufficient_funds".to_owned());
    let payment = PaymentNews { status: Some(payment::Status::Declined), ..PaymentNews::default() };
    let release = Release { from: from(&run), payment, ending: ending.clone(), to: State::Released };
    let Ok(Moved::Done(ended)) = shop.store.release(release.clone()).await else { panic!("it is released") };
    assert_eq!(ended.saga.ending, Some(ending));
    assert_eq!(shop.store.saga(run.saga.id).await, Ok(Some(*ended)));
    assert_eq!(counters(&shop, "shirt").await, Counters { available: 5, ..Counters::default() });
    let view = shop.store.checkout(run.saga.checkout).await.expect("the store answers").expect("it is there");
    assert_eq!(view.checkout.status, session::Status::Open);
    assert_eq!(shop.store.release(release).await, Ok(Moved::Lost));
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_key_begins_one_saga() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let call = shop.reserving(shop.opening("shirt", 1));
    let (first, second) = tokio::join!(shop.store.reserve(call.clone()), shop.store.reserve(call.clone()));
    let Ok(Ok(Begun::New(run))) = first else { panic!("the first begins") };
    let Ok(Ok(Begun::Known { decision, run: known, request_id })) = second else {
        panic!("the second is known")
    };
    assert_eq!((decision, request_id.as_str()), (Decision::InProgress, "req-1"));
    assert_eq!(known, run);
    let mut other = call.clone();
    other.claim.body = BodyHash::of(b"{\"other\": 1}");
    let Ok(Ok(Begun::Known { decision, .. })) = shop.store.reserve(other).await else {
        panic!("it is known")
    };
    assert_eq!(decision, Decision::Reused);
    shop.place(&run).await;
    let Ok(Ok(Begun::Known { decision, .. })) = shop.store.reserve(call).await else { panic!("it is known") };
    assert_eq!(decision, Decision::Replay);
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_cart_is_ordered_once() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let (id, secret) = (CartId(shop.uuid()), SecretHash::of(b"cart"));
    let add = CartChange::Add { line: CartLineId(shop.uuid()), sku: sku("shirt"), quantity: 2 };
    let cart = shop.store.create_cart(CreateCart { id, secret, changes: vec![add] }).await;
    let cart = cart.expect("the store answers").expect("the cart is made");
    assert_eq!(shop.store.cart(id).await, Ok(Some(cart)));
    let goods = || Goods::Cart { id, secret };
    let run = shop.open_then_reserve(shop.opening_of(goods())).await;
    let second =
        shop.store.reserve(shop.reserving(shop.opening_of(goods()))).await.expect("the store answers");
    assert_eq!(second, Err(ReserveRefusal::CartInProgress));
    shop.place(&run).await;
    let cart = shop.store.cart(id).await.expect("the store answers").expect("it is there");
    assert_eq!(cart.ordered_by, Some(run.saga.checkout));
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_saga_is_taken_over_when_its_lease_is_over_and_its_old_owner_changes_nothing() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let run = shop.reserve("shirt", 1).await;
    let owner = OwnerId(Uuid::from_u128(8));
    assert_eq!(shop.store.claim_sagas(owner, 10).await, Ok(Vec::new()));
    shop.clock.advance(31_000);
    let claimed = shop.store.claim_sagas(owner, 10).await.expect("the store answers");
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].saga.fence, 2);
    assert_eq!(shop.store.place_order(shop.placing(&run)).await, Ok(Moved::Lost));
    let postpone = Postpone {
        from: from(&claimed[0]),
        next_run_at: shop.store.now().plus_ms(1_000),
        unknown: true,
        problem: "no answer".to_owned(),
    };
    assert_eq!(shop.store.postpone(postpone.clone()).await, Ok(Moved::Done(())));
    assert_eq!(shop.store.stuck_sagas(10).await, Ok(Vec::new()));
    shop.clock.advance(15 * 60_000);
    shop.store.postpone(postpone).await.expect("the store answers");
    let stuck = shop.store.stuck_sagas(10).await.expect("the store answers");
    assert_eq!((stuck.len(), stuck[0].problem.as_str()), (1, "no answer"));
    shop.store.end_leases().await.expect("the store answers");
    let again = shop.store.claim_sagas(owner, 10).await.expect("the store answers");
    assert_eq!((again.len(), again[0].saga.fence, again[0].saga.tries), (1, 3, 2));
    shop.place(&again[0]).await;
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_payment_that_needs_its_buyer_waits_for_them() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let run = shop.reserve("shirt", 1).await;
    let payment = PaymentNews { status: Some(payment::Status::RequiresAction), ..PaymentNews::default() };
    let url = "https://pay.example/1".to_owned();
    let advance = Advance {
        from: from(&run),
        to: State::AwaitingBuyer,
        payment,
        action_url: Some(url.clone()),
        ending: None,
    };
    let Ok(Moved::Done(waiting)) = shop.store.advance(advance).await else { panic!("it moves") };
    assert_eq!(waiting.saga.action_url, Some(url));
    let view = shop.store.checkout(run.saga.checkout).await.expect("the store answers").expect("it is there");
    assert_eq!(view.checkout.status, session::Status::RequiresAction);
    assert_eq!(shop.store.saga(run.saga.id).await, Ok(Some(*waiting.clone())));
    shop.place(&waiting).await;
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_cancelled_order_gives_back_stock_and_money() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let sold = shop.sell("shirt", 2).await;
    let claim = |name: &str| Claim {
        scope: Scope(b"admin".to_vec()),
        key: Key::parse(name).expect("a key"),
        body: BodyHash::of(b"{}"),
        request_id: name.to_owned(),
    };
    let call = TransitionOrder {
        claim: claim("cancel"),
        id: sold.order.id,
        to: order::Status::Cancelled,
        reason: "the buyer asked".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: Some(1),
        event: EventId(shop.uuid()),
        refund: RefundId(shop.uuid()),
        cause: CauseId(shop.uuid()),
        restock: true,
    };
    let done =
        shop.store.transition_order(call.clone()).await.expect("the store answers").expect("it is legal");
    assert!(done.refund_under_way);
    assert_eq!(shop.store.order(sold.order.id).await, Ok(Some(done.view.clone())));
    let again =
        shop.store.transition_order(call.clone()).await.expect("the store answers").expect("it is known");
    assert!(again.replayed);
    assert_eq!(counters(&shop, "shirt").await, Counters { available: 5, ..Counters::default() });
    let owner = OwnerId(Uuid::from_u128(7));
    let refunds = shop.store.claim_refunds(owner, 10).await.expect("the store answers");
    assert_eq!((refunds.len(), refunds[0].amount), (1, sold.order.total));
    let event = EventId(shop.uuid());
    let (payment, key) = (sold.order.saga.attempt_key(), refunds[0].id.to_string());
    let booked = SimulatedBook::refund(shop.store.as_ref(), &payment, &key, refunds[0].amount).await;
    assert!(booked.expect("the book answers").is_some());
    assert_eq!(shop.store.finish_refund(refunds[0].id, RefundResult::Refunded(event)).await, Ok(true));
    assert_eq!(shop.store.finish_refund(refunds[0].id, RefundResult::Refunded(event)).await, Ok(false));
    let view = shop.store.order(sold.order.id).await.expect("the store answers").expect("it is there");
    assert_eq!(view.order.status, order::Status::Refunded);
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_merchants_movement_is_made_once_per_key() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    let call = MoveStock {
        claim: Claim {
            scope: Scope(b"admin".to_vec()),
            key: Key::parse("count").expect("a key"),
            body: BodyHash::of(b"{}"),
            request_id: "req-9".to_owned(),
        },
        cause: CauseId(shop.uuid()),
        place: Place { sku: sku("shirt"), location: sellonce_checkout::catalog::Location::main() },
        kind: Kind::Adjust,
        quantity: -2,
        reason: "a count".to_owned(),
    };
    let first = shop.store.move_stock(call.clone()).await.expect("the store answers").expect("it is made");
    let again = shop.store.move_stock(call).await.expect("the store answers").expect("it is known");
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.movement, again.movement);
    assert_eq!(counters(&shop, "shirt").await.available, 3);
    let journal = shop.store.movements(&sku("shirt"), None, 10).await.expect("the store answers");
    assert_eq!(journal.rows.len(), 2);
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_product_put_again_changes_nothing_and_is_found_by_its_words() {
    let shop = TestShop::new();
    let call = shop.product("sailor", &[("S-1", 3), ("S-2", 4)], Policy::Deny);
    let first = shop.store.put_product(call.clone()).await.expect("the store answers").expect("it is put");
    assert!(first.created);
    assert_eq!((first.skus_created, first.stock_moved), (2, 2));
    let commits = shop.store.counts().shop.commits;
    let again = shop.store.put_product(call.clone()).await.expect("the store answers").expect("it is put");
    assert_eq!(again, sellonce_checkout::store::catalog::PutOutcome::default());
    assert_eq!(shop.store.counts().shop.commits, commits, "nothing was written");
    for (search, found) in
        [("ocean sail", 1), ("s-2", 1), ("COTTON", 1), ("ocean trousers", 0), ("\"*) OR", 0)]
    {
        let query = ProductQuery { search: Some(search.to_owned()), after: None, limit: 10 };
        let page = shop.store.products(query).await.expect("the store answers");
        assert_eq!(page.rows.len(), found, "{search}");
    }
    let smaller = shop.product("sailor", &[("S-2", 4)], Policy::Continue);
    let changed = shop.store.put_product(smaller).await.expect("the store answers").expect("it is put");
    assert!(changed.changed && !changed.created);
    let handle = call.product.details.handle.clone();
    let view = shop.store.product(&handle).await.expect("the store answers").expect("it is listed");
    assert_eq!(view.available.into_iter().collect::<Vec<_>>(), vec![(sku("S-2"), None)]);
    assert_clean(&shop).await;
}

#[tokio::test]
async fn a_price_set_with_revoke_locks_expires_open_checkouts_of_it() {
    let shop = TestShop::new();
    shop.stock("shirt", 5, Policy::Deny).await;
    shop.stock("mug", 5, Policy::Deny).await;
    let (shirt, mug) = (shop.opening("shirt", 1), shop.opening("mug", 1));
    let (shirt_id, mug_id) = (shirt.id, mug.id);
    for open in [shirt, mug] {
        shop.store.open_checkout(open).await.expect("the store answers").expect("it opens");
    }
    let under_way = shop.reserve("shirt", 1).await;
    let dearer = price().times(2).expect("in range");
    let set =
        shop.store.set_price(&sku("shirt"), dearer, true).await.expect("the store answers").expect("a SKU");
    assert_eq!((set.was, set.now, set.locks_revoked), (price(), dearer, 1));
    for (id, status) in [
        (shirt_id, session::Status::Expired),
        (mug_id, session::Status::Open),
        (under_way.saga.checkout, session::Status::Processing),
    ] {
        let view = shop.store.checkout(id).await.expect("the store answers").expect("it is there");
        assert_eq!(view.checkout.status, status);
    }
    assert_eq!(shop.place(&under_way).await.order.total, price());
    assert_clean(&shop).await;
}
