//! Carts.

use sellonce_checkout::cart::{CartChange, CartRefusal};
use sellonce_checkout::id::CartId;
use sellonce_checkout::store::carts::{ChangeCart, ChangeCartRefusal, CreateCart};
use sellonce_checkout::store::checkouts::{Goods, OpenRefusal};
use sellonce_checkout::store::sagas::ReserveRefusal;

use crate::stores::on_every_store;
use crate::world::{World, buyer, price, secret, sku};

async fn cart(world: &mut World, wanted: &[(&str, u32)]) -> CartId {
    let id = world.cart_id();
    let mut changes = Vec::new();
    for (text, quantity) in wanted {
        changes.push(CartChange::Add { line: world.line_id(), sku: sku(text), quantity: *quantity });
    }
    let made = world.store().create_cart(CreateCart { id, secret: secret(1), changes }).await;
    made.expect("the store answers").expect("the cart is made").id
}

async fn change(
    world: &World,
    id: CartId,
    change: CartChange,
) -> Result<sellonce_checkout::cart::Cart, ChangeCartRefusal> {
    let call = ChangeCart { id, secret: secret(1), expected_version: None, change };
    world.store().change_cart(call).await.expect("the store answers")
}

on_every_store! {
    a_cart_remembers_the_price_that_its_buyer_saw: |world| {
        world.put("mug", 1000, 5).await;
        let id = cart(&mut world, &[("mug", 2)]).await;
        world.store().set_price(&sku("mug"), price(1200), false).await.expect("the store answers");
        let read = world.store().cart(id).await.expect("the store answers").expect("the cart is there");
        assert_eq!((read.lines[0].unit_price, read.lines[0].quantity, read.version), (price(1000), 2, 1));
    }

    a_cart_with_one_bad_line_is_not_made: |world| {
        world.put("mug", 1000, 5).await;
        let id = world.cart_id();
        let changes = vec![
            CartChange::Add { line: world.line_id(), sku: sku("mug"), quantity: 1 },
            CartChange::Add { line: world.line_id(), sku: sku("ghost"), quantity: 1 },
        ];
        let refused = world.store().create_cart(CreateCart { id, secret: secret(1), changes }).await;
        assert_eq!(refused.expect("the store answers"), Err(CartRefusal::UnknownSku(sku("ghost"))));
        assert_eq!(world.store().cart(id).await, Ok(None));
    }

    lines_are_added_changed_and_removed: |world| {
        world.put("mug", 1000, 5).await;
        world.put("bowl", 700, 5).await;
        let id = cart(&mut world, &[("mug", 1)]).await;
        let line = world.line_id();
        let grown = change(&world, id, CartChange::Add { line, sku: sku("bowl"), quantity: 3 }).await;
        assert_eq!(grown.map(|cart| cart.lines.len()), Ok(2));
        let set = change(&world, id, CartChange::SetQuantity { line, quantity: 4 }).await.expect("it changes");
        assert_eq!((set.lines[1].quantity, set.version), (4, 3));
        let removed = change(&world, id, CartChange::Remove { line }).await.expect("it changes");
        assert_eq!(removed.lines.len(), 1);
        let again = change(&world, id, CartChange::Remove { line }).await;
        assert_eq!(again, Err(ChangeCartRefusal::Refused(CartRefusal::UnknownLine)));
        let read = world.store().cart(id).await.expect("the store answers").expect("the cart is there");
        assert_eq!(read, removed);
    }

    a_cart_is_opened_by_its_secret_and_its_present_version_only: |world| {
        world.put("mug", 1000, 5).await;
        let id = cart(&mut world, &[("mug", 1)]).await;
        let line = world.line_id();
        let add = CartChange::Add { line, sku: sku("mug"), quantity: 1 };
        let foreign = ChangeCart { id, secret: secret(2), expected_version: None, change: add.clone() };
        let refused = world.store().change_cart(foreign).await.expect("the store answers");
        assert_eq!(refused, Err(ChangeCartRefusal::NotFound));
        let stale = ChangeCart { id, secret: secret(1), expected_version: Some(7), change: add };
        let refused = world.store().change_cart(stale).await.expect("the store answers");
        assert_eq!(refused, Err(ChangeCartRefusal::Changed));
    }

    two_tabs_of_one_cart_make_one_order: |world| {
        world.put("mug", 1000, 5).await;
        let id = cart(&mut world, &[("mug", 1)]).await;
        let goods = Goods::Cart { id, secret: secret(1) };
        let (first, second) = (world.open_call(goods.clone(), buyer("ada")), world.open_call(goods.clone(), buyer("ada")));
        let first = world.try_open(first).await.expect("it opens").checkout.id;
        let second = world.try_open(second).await.expect("it opens").checkout.id;
        let run = world.reserve(first).await;
        assert_eq!(world.try_reserve(second, "key").await, Err(ReserveRefusal::CartInProgress));
        world.place(&run).await;
        assert_eq!(world.try_reserve(second, "key").await, Err(ReserveRefusal::CartOrdered));
        let third = world.open_call(goods, buyer("ada"));
        assert_eq!(world.try_open(third).await.map(|view| view.checkout.id), Err(OpenRefusal::CartOrdered));
        let line = world.line_id();
        let add = change(&world, id, CartChange::Add { line, sku: sku("mug"), quantity: 1 }).await;
        assert_eq!(add, Err(ChangeCartRefusal::Refused(CartRefusal::Ordered)));
    }

    a_foreign_cart_looks_like_none: |world| {
        world.put("mug", 1000, 5).await;
        let id = cart(&mut world, &[("mug", 1)]).await;
        let call = world.open_call(Goods::Cart { id, secret: secret(2) }, buyer("eve"));
        assert_eq!(world.try_open(call).await.map(|view| view.checkout.id), Err(OpenRefusal::CartNotFound));
    }
}
