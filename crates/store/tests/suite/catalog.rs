//! The catalog and the stock that merchants move.

use sellonce_checkout::catalog::{Handle, Listing};
use sellonce_checkout::inventory::{Kind, Policy, Refused};
use sellonce_checkout::store::catalog::{ProductQuery, PutOutcome, PutRefusal};
use sellonce_checkout::store::inventory::MoveRefusal;

use crate::stores::on_every_store;
use crate::world::{World, annex, counters, main_location, price, product, sku};

async fn found(world: &World, search: &str) -> Vec<String> {
    let query = ProductQuery { search: Some(search.to_owned()), after: None, limit: 10 };
    let page = world.store().products(query).await.expect("the store answers");
    page.rows.iter().map(|view| view.product.details.handle.to_string()).collect()
}

on_every_store! {
    putting_the_same_product_again_changes_nothing: |world| {
        let mug = product("mug", 1000, Some(5), Policy::Deny);
        let first = world.put_with(mug.clone(), false).await;
        assert_eq!(first, Ok(PutOutcome { created: true, changed: false, skus_created: 1, stock_moved: 1 }));
        let second = world.put_with(mug.clone(), false).await;
        assert_eq!(second, Ok(PutOutcome::default()));
        let third = world.put_with(mug, true).await;
        assert_eq!(third, Ok(PutOutcome::default()));
    }

    a_quantity_is_applied_once_and_later_only_when_asked_for: |world| {
        world.put("mug", 1000, 5).await;
        let more = product("mug", 1000, Some(9), Policy::Deny);
        assert_eq!(world.put_with(more.clone(), false).await, Ok(PutOutcome::default()));
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
        world.sell(&[("mug", 2)], "ada").await;
        let set = world.put_with(more, true).await.expect("it is put");
        assert_eq!(set.stock_moved, 1);
        // A stock count finds what is sold and not yet shipped, too: 9 on hand are 7 to sell and 2 to ship.
        assert_eq!(world.counters("mug", &main_location()).await, counters(7, 0, 2, 0));
    }

    stock_that_is_promised_cannot_be_counted_away: |world| {
        world.put("mug", 1000, 5).await;
        world.sell(&[("mug", 4)], "ada").await;
        let refused = world.put_with(product("mug", 1000, Some(2), Policy::Deny), true).await;
        assert_eq!(refused, Err(PutRefusal::StockNotAvailable(sku("mug"))));
        assert_eq!(world.counters("mug", &main_location()).await, counters(1, 0, 4, 0));
    }

    a_sku_belongs_to_one_product: |world| {
        world.put("mug", 1000, 5).await;
        let mut thief = product("mug", 1, Some(5), Policy::Deny);
        thief.details.handle = Handle::parse("thief").expect("a handle");
        let owner = Handle::parse("mug").expect("a handle");
        assert_eq!(world.put_with(thief, false).await, Err(PutRefusal::SkuTaken { sku: sku("mug"), owner }));
    }

    hidden_products_are_kept_and_not_shown: |world| {
        let mut mug = product("mug", 1000, Some(5), Policy::Deny);
        mug.details.listing = Listing::Hidden;
        world.put_with(mug, false).await.expect("it is put");
        assert_eq!(found(&world, "").await, Vec::<String>::new());
        let handle = Handle::parse("mug").expect("a handle");
        assert_eq!(world.store().product(&handle).await, Ok(None));
        assert_eq!(world.counters("mug", &main_location()).await, counters(5, 0, 0, 0));
    }

    products_are_found_by_all_words_and_their_beginnings: |world| {
        let mut mug = product("mug", 1000, Some(5), Policy::Deny);
        mug.details.title = "Blue Café Mug".to_owned();
        world.put_with(mug, false).await.expect("it is put");
        world.put("bowl", 700, 5).await;
        assert_eq!(found(&world, "blu mug").await, ["mug"]);
        assert_eq!(found(&world, "MUG").await, ["mug"]);
        assert_eq!(found(&world, "blue bowl").await, Vec::<String>::new());
        assert_eq!(found(&world, "maker").await, ["mug", "bowl"]);
        assert_eq!(found(&world, "\" OR 1=1 --*").await, Vec::<String>::new());
        assert_eq!(found(&world, "  ").await, ["mug", "bowl"]);
    }

    products_come_in_pages: |world| {
        for name in ["a", "b", "c"] {
            world.put(name, 100, 1).await;
        }
        let query = ProductQuery { search: None, after: None, limit: 2 };
        let first = world.store().products(query.clone()).await.expect("the store answers");
        assert_eq!((first.rows.len(), first.has_more), (2, true));
        let after = first.rows.last().map(|view| view.product.id);
        let rest = world.store().products(ProductQuery { after, ..query }).await.expect("the store answers");
        assert_eq!((rest.rows.len(), rest.has_more), (1, false));
        assert_eq!(rest.rows[0].available.get(&sku("c")), Some(&Some(1)));
    }

    a_price_changes_for_whoever_comes_later: |world| {
        world.put("mug", 1000, 5).await;
        let set = world.store().set_price(&sku("mug"), price(1250), false).await.expect("the store answers");
        assert_eq!(set.map(|set| (set.was, set.now)), Some((price(1000), price(1250))));
        assert_eq!(world.store().set_price(&sku("ghost"), price(1), false).await, Ok(None));
    }

    merchants_receive_adjust_and_are_refused_what_is_not_there: |world| {
        world.put("mug", 1000, 5).await;
        let at_main = main_location();
        assert!(world.move_stock("mug", at_main.clone(), Kind::Receive, 3).await.is_ok());
        assert!(world.move_stock("mug", annex(), Kind::Receive, 2).await.is_ok());
        assert!(world.move_stock("mug", at_main.clone(), Kind::Adjust, -8).await.is_ok());
        let refused = world.move_stock("mug", at_main.clone(), Kind::Adjust, -1).await;
        assert_eq!(refused, Err(MoveRefusal::Refused(Refused::NotAvailable)));
        let nothing = world.move_stock("mug", at_main.clone(), Kind::Receive, 0).await;
        assert_eq!(nothing, Err(MoveRefusal::Refused(Refused::BadQuantity)));
        let nowhere = sellonce_checkout::catalog::Location::parse("moon").expect("a location");
        assert_eq!(world.move_stock("mug", nowhere, Kind::Receive, 1).await, Err(MoveRefusal::UnknownLocation));
        assert_eq!(world.move_stock("ghost", at_main.clone(), Kind::Receive, 1).await, Err(MoveRefusal::UnknownSku));
        assert_eq!(world.counters("mug", &at_main).await, counters(0, 0, 0, 0));
        assert_eq!(world.counters("mug", &annex()).await, counters(2, 0, 0, 0));
        let journal = world.store().movements(&sku("mug"), None, 10).await.expect("the store answers");
        let journal: Vec<_> = journal.rows.iter().map(|row| (row.place.location.clone(), row.version, row.quantity)).collect();
        assert_eq!(journal, [(annex(), 1, 2), (at_main.clone(), 1, 5), (at_main.clone(), 2, 3), (at_main, 3, -8)]);
    }

    a_repeated_movement_is_made_once_and_told_again: |world| {
        world.put("mug", 1000, 5).await;
        let cause = sellonce_checkout::id::CauseId(world.id());
        let call = sellonce_checkout::store::inventory::MoveStock {
            claim: world.claim("stock", "same"),
            cause,
            place: sellonce_checkout::inventory::Place { sku: sku("mug"), location: main_location() },
            kind: Kind::Receive,
            quantity: 2,
            reason: "delivery".to_owned(),
        };
        let first = world.store().move_stock(call.clone()).await.expect("the store answers").expect("it moves");
        let mut later = call.clone();
        later.claim.request_id = "later".to_owned();
        let again = world.store().move_stock(later).await.expect("the store answers").expect("it is told again");
        assert!(again.replayed && !first.replayed);
        assert_eq!((again.movement, again.request_id), (first.movement, first.request_id));
        let mut other = call;
        other.claim.body = sellonce_checkout::idempotency::BodyHash::of(b"other");
        let refused = world.store().move_stock(other).await.expect("the store answers");
        assert_eq!(refused, Err(MoveRefusal::KeyReused));
        assert_eq!(world.counters("mug", &main_location()).await, counters(7, 0, 0, 0));
    }
}
