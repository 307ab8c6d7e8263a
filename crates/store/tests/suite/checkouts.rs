//! Checkouts and their price locks.

use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::money::BasisPoints;
use sellonce_checkout::price_lock::{LockRefusal, PriceHash, WantedLine};
use sellonce_checkout::session::{NotCompletable, Status};
use sellonce_checkout::store::checkouts::{CancelRefusal, ConfirmRefusal, Goods, OpenRefusal};
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::stores::on_every_store;
use crate::world::{World, buyer, lines, price, secret, sku};

fn seen(text: &str, quantity: u32, minor: i64) -> WantedLine {
    WantedLine { sku: sku(text), quantity, price_seen: Some(price(minor)), title_seen: text.to_owned() }
}

async fn not_completable(world: &mut World, id: sellonce_checkout::id::CheckoutId) -> NotCompletable {
    match world.try_reserve(id, "key").await {
        Err(ReserveRefusal::NotCompletable { why, .. }) => why,
        other => panic!("on {}: {other:?}", world.name()),
    }
}

on_every_store! {
    a_checkout_locks_prices_and_reads_back_the_same: |world| {
        world.put("mug", 1000, 5).await;
        let call = world.open_call(lines(&[("mug", 2)]), buyer("ada"));
        let view = world.try_open(call).await.expect("it opens");
        world.store().set_price(&sku("mug"), price(9999), false).await.expect("the store answers");
        let read = world.store().checkout(view.checkout.id).await.expect("the store answers");
        assert_eq!(read, Some(view.clone()));
        assert_eq!(view.checkout.lock.totals.total, price(2000));
        assert_eq!(view.available.get(&sku("mug")), Some(&Some(5)));
    }

    changed_prices_must_be_confirmed_exactly: |world| {
        world.put("up", 1000, 5).await;
        world.put("down", 1000, 5).await;
        world.put("same", 1000, 5).await;
        let wanted = vec![seen("up", 1, 900), seen("down", 1, 1100), seen("same", 1, 1000), seen("gone", 1, 500)];
        let call = world.open_call(Goods::Lines(wanted), buyer("ada"));
        let view = world.try_open(call).await.expect("it opens");
        let (id, lock) = (view.checkout.id, view.checkout.lock);
        let changes: Vec<_> = lock.price_changes().iter().map(|change| (change.sku.to_string(), change.now)).collect();
        let expected = [("up", Some(price(1000))), ("down", Some(price(1000))), ("gone", None)];
        assert_eq!(changes, expected.map(|(text, now)| (text.to_owned(), now)));
        assert_eq!(lock.totals.total, price(3000));
        assert_eq!(not_completable(&mut world, id).await, NotCompletable::Unconfirmed);
        let store = world.store().clone();
        let wrong = store.confirm_prices(id, secret(1), PriceHash([0; 32])).await.expect("the store answers");
        assert_eq!(wrong.map(|_| ()), Err(ConfirmRefusal::OtherChanges));
        let foreign = store.confirm_prices(id, secret(2), lock.price_hash()).await.expect("the store answers");
        assert_eq!(foreign.map(|_| ()), Err(ConfirmRefusal::NotFound));
        for _ in 0..2 {
            let right = store.confirm_prices(id, secret(1), lock.price_hash()).await.expect("the store answers");
            assert_eq!(right.map(|view| view.checkout.version), Ok(2));
        }
        let run = world.reserve(id).await;
        world.place(&run).await;
    }

    a_checkout_of_what_is_not_there_does_not_open: |world| {
        let call = world.open_call(lines(&[("ghost", 1)]), buyer("ada"));
        assert_eq!(world.try_open(call).await, Err(OpenRefusal::Lock(LockRefusal::UnknownSku(sku("ghost")))));
        let call = world.open_call(Goods::Lines(vec![seen("ghost", 1, 5)]), buyer("ada"));
        assert_eq!(world.try_open(call).await, Err(OpenRefusal::Lock(LockRefusal::NothingToSell)));
        world.put("mug", 1000, 0).await;
        let call = world.open_call(lines(&[("mug", 1)]), buyer("ada"));
        assert!(world.try_open(call).await.is_ok(), "opening refuses nothing for lack of stock");
    }

    an_expired_checkout_cannot_be_completed_confirmed_or_kept: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        world.clock().advance(15 * 60_000);
        assert_eq!(not_completable(&mut world, id).await, NotCompletable::Over(Status::Expired));
        let hash = world.store().checkout(id).await.expect("the store answers").expect("it is there").checkout.lock.price_hash();
        let confirmed = world.store().confirm_prices(id, secret(1), hash).await.expect("the store answers");
        assert_eq!(confirmed.map(|_| ()), Err(ConfirmRefusal::NotOpen(Status::Expired)));
    }

    a_checkout_is_cancelled_by_its_buyer_before_it_is_paid_for: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let store = world.store().clone();
        assert_eq!(store.cancel_checkout(id, secret(2)).await.expect("it answers").map(|_| ()), Err(CancelRefusal::NotFound));
        for _ in 0..2 {
            let cancelled = store.cancel_checkout(id, secret(1)).await.expect("it answers");
            assert_eq!(cancelled.map(|view| view.checkout.status), Ok(Status::Cancelled));
        }
        assert_eq!(not_completable(&mut world, id).await, NotCompletable::Over(Status::Cancelled));
        let other = world.open(&[("mug", 1)], "ada").await;
        let run = world.reserve(other).await;
        assert_eq!(store.cancel_checkout(other, secret(1)).await.expect("it answers").map(|_| ()), Err(CancelRefusal::InProgress));
        world.place(&run).await;
        assert_eq!(store.cancel_checkout(other, secret(1)).await.expect("it answers").map(|_| ()), Err(CancelRefusal::Completed));
    }

    revoking_locks_ends_open_checkouts_and_spares_those_under_way: |world| {
        world.put("mug", 1000, 5).await;
        let open = world.open(&[("mug", 1)], "ada").await;
        let paying = world.open(&[("mug", 1)], "bob").await;
        let run = world.reserve(paying).await;
        let set = world.store().set_price(&sku("mug"), price(1500), true).await.expect("the store answers");
        assert_eq!(set.map(|set| set.locks_revoked), Some(1));
        assert_eq!(not_completable(&mut world, open).await, NotCompletable::Over(Status::Expired));
        assert_eq!(world.place(&run).await.order.total, price(1000));
    }

    another_total_than_expected_is_refused: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.open(&[("mug", 1)], "ada").await;
        let mut call = world.reserve_call(id, "key");
        call.expected_total = Some(price(999));
        let refused = world.store().reserve(call.clone()).await.expect("the store answers");
        assert!(matches!(refused, Err(ReserveRefusal::NotCompletable { why: NotCompletable::OtherTotal, .. })));
        call.expected_total = Some(price(1000));
        assert!(world.store().reserve(call).await.expect("the store answers").is_ok());
    }

    a_discount_is_held_used_and_given_back_as_stock_is: |world| {
        world.put("mug", 1000, 9).await;
        let code = DiscountCode::parse("half").expect("a code");
        let half = BasisPoints::new(5_000).expect("a rate");
        let discount = Discount {
            code: code.clone(), reduction: Reduction::Percentage(half), subtotal_min: None,
            starts_at: None, ends_at: None, uses_max: Some(1),
        };
        assert_eq!(world.store().create_discount(discount.clone()).await, Ok(true));
        assert_eq!(world.store().create_discount(discount).await, Ok(false));
        let mut opened = Vec::new();
        for name in ["ada", "bob"] {
            let mut call = world.open_call(lines(&[("mug", 1)]), buyer(name));
            call.discount_code = Some(code.clone());
            opened.push(world.try_open(call).await.expect("it opens").checkout);
        }
        assert_eq!(opened[0].lock.totals.total, price(500));
        let first = world.reserve(opened[0].id).await;
        let refused = world.try_reserve(opened[1].id, "key").await;
        assert!(matches!(refused, Err(ReserveRefusal::Shortage(_))), "{refused:?}");
        world.decline(&first).await;
        let second = world.reserve(opened[1].id).await;
        world.place(&second).await;
        let page = world.store().discounts(None, 10).await.expect("the store answers");
        assert_eq!((page.rows[0].uses.held, page.rows[0].uses.used), (0, 1));
        let mut call = world.open_call(lines(&[("mug", 1)]), buyer("eve"));
        call.discount_code = Some(DiscountCode::parse("other").expect("a code"));
        assert_eq!(world.try_open(call).await.map(|_| ()), Err(OpenRefusal::UnknownDiscount));
    }
}
