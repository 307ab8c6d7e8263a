//! Carts: lines are added, changed and removed; a refusal leaves the cart as it was; nothing is held.

use sellonce_checkout::cart::{Cart, CartChange, CartRefusal};
use sellonce_checkout::catalog::{Listing, Offer};
use sellonce_checkout::id::{CartId, CartLineId, CheckoutId, SecretHash};
use sellonce_checkout::limits::{AMOUNT_MAX, LINE_QUANTITY_MAX, LINES_MAX};
use sellonce_checkout::money::{Money, MoneyError};

use crate::{at, cents, currency, offer, sku, uuid};

fn cart() -> Cart {
    Cart::new(CartId(uuid(1)), SecretHash::of(b"secret"), at(100))
}

fn line(number: u128) -> CartLineId {
    CartLineId(uuid(number))
}

fn add(number: u128, name: &str, quantity: u32) -> CartChange {
    CartChange::Add { line: line(number), sku: sku(name), quantity }
}

/// The lines as (id, SKU, units, price in cents).
fn lines(cart: &Cart) -> Vec<(u128, &str, u32, i64)> {
    let rows = cart.lines.iter();
    rows.map(|line| (line.id.0.as_u128(), line.sku.as_str(), line.quantity, line.unit_price.minor()))
        .collect()
}

/// A cart with 2 of A at 10.00 and 1 of B at 5.00.
fn filled() -> Cart {
    let mut cart = cart();
    cart.change(&add(1, "A", 2), Some(&offer("A", 1000)), at(200)).expect("A is on sale");
    cart.change(&add(2, "B", 1), Some(&offer("B", 500)), at(300)).expect("B is on sale");
    cart
}

#[test]
fn a_new_cart_is_empty_and_has_no_currency() {
    let cart = cart();
    assert_eq!(cart.subtotal(), Ok(None));
    assert_eq!(
        (cart.version, cart.created_at, cart.updated_at, cart.ordered_by),
        (1, at(100), at(100), None)
    );
}

#[test]
fn a_change_of_the_cart_is_the_one_that_was_asked_for() {
    let check = |change: CartChange, offer: Option<Offer>, expect: &[(u128, &str, u32, i64)]| {
        let mut cart = filled();
        assert_eq!(cart.change(&change, offer.as_ref(), at(400)), Ok(()), "{change:?}");
        assert_eq!(lines(&cart), expect, "{change:?}");
        assert_eq!(cart.updated_at, at(400));
    };
    let (a, b) = ((1, "A", 2, 1000), (2, "B", 1, 500));
    check(add(3, "C", 4), Some(offer("C", 1)), &[a, b, (3, "C", 4, 1)]);
    check(add(3, "A", 4), Some(offer("A", 1000)), &[(1, "A", 6, 1000), b]);
    // Adding more shows today's price, so the whole line takes it.
    check(add(3, "A", 1), Some(offer("A", 900)), &[(1, "A", 3, 900), b]);
    check(CartChange::SetQuantity { line: line(2), quantity: 9 }, None, &[a, (2, "B", 9, 500)]);
    check(CartChange::SetQuantity { line: line(2), quantity: 1 }, None, &[a, b]);
    check(CartChange::Remove { line: line(1) }, None, &[b]);
    check(
        CartChange::SetQuantity { line: line(1), quantity: LINE_QUANTITY_MAX },
        None,
        &[(1, "A", LINE_QUANTITY_MAX, 1000), b],
    );
}

#[test]
fn a_change_of_the_quantity_keeps_the_price_that_was_seen() {
    let mut cart = filled();
    let change = CartChange::SetQuantity { line: line(1), quantity: 5 };
    cart.change(&change, Some(&offer("A", 1)), at(400)).expect("a small quantity");
    assert_eq!(
        cart.lines.first().map(|line| (line.unit_price, line.price_seen_at)),
        Some((cents(1000), at(200)))
    );
    cart.change(&add(9, "A", 1), Some(&offer("A", 1100)), at(500)).expect("A is on sale");
    assert_eq!(
        cart.lines.first().map(|line| (line.unit_price, line.price_seen_at)),
        Some((cents(1100), at(500)))
    );
}

#[test]
fn a_refused_change_leaves_the_cart_as_it_was() {
    let check = |change: CartChange, offer: Option<Offer>, expect: CartRefusal| {
        let mut cart = filled();
        let before = cart.clone();
        assert_eq!(cart.change(&change, offer.as_ref(), at(400)), Err(expect), "{change:?}");
        assert_eq!(cart, before, "{change:?}");
    };
    let unknown = || CartRefusal::UnknownSku(sku("C"));
    check(add(3, "C", 1), None, unknown());
    check(add(3, "C", 1), Some(Offer { listing: Listing::Hidden, ..offer("C", 1) }), unknown());
    check(add(3, "C", 1), Some(offer("A", 1)), unknown());
    check(add(3, "C", 0), Some(offer("C", 1)), CartRefusal::BadQuantity);
    check(add(3, "C", LINE_QUANTITY_MAX + 1), Some(offer("C", 1)), CartRefusal::BadQuantity);
    check(add(3, "C", u32::MAX), Some(offer("C", 1)), CartRefusal::BadQuantity);
    check(add(3, "A", LINE_QUANTITY_MAX), Some(offer("A", 1)), CartRefusal::BadQuantity);
    check(add(3, "A", u32::MAX), Some(offer("A", 1)), CartRefusal::BadQuantity);
    check(CartChange::SetQuantity { line: line(1), quantity: 0 }, None, CartRefusal::BadQuantity);
    check(CartChange::SetQuantity { line: line(1), quantity: 10_001 }, None, CartRefusal::BadQuantity);
    check(CartChange::SetQuantity { line: line(7), quantity: 1 }, None, CartRefusal::UnknownLine);
    check(CartChange::Remove { line: line(7) }, None, CartRefusal::UnknownLine);
    let priceless = Some(offer("C", AMOUNT_MAX));
    check(add(3, "C", 2), priceless.clone(), CartRefusal::Money(MoneyError::TooLarge));
    check(add(3, "C", 1), priceless, CartRefusal::Money(MoneyError::TooLarge));
    let yen = currency("JPY");
    let foreign = Offer { price: Money::new(5, yen).expect("five yen"), ..offer("C", 1) };
    let mismatch = MoneyError::CurrencyMismatch(crate::usd(), yen);
    check(add(3, "C", 1), Some(foreign), CartRefusal::Money(mismatch));
}

#[test]
fn a_cart_has_only_so_many_lines() {
    let mut cart = cart();
    for number in 0..LINES_MAX {
        let name = format!("SKU-{number}");
        let id = 1000 + u128::try_from(number).expect("a small number");
        cart.change(&add(id, &name, 1), Some(&offer(&name, 1)), at(200)).expect("there is room");
    }
    let one_more = cart.change(&add(1, "A", 1), Some(&offer("A", 1)), at(300));
    assert_eq!(one_more, Err(CartRefusal::TooManyLines));
    assert_eq!(cart.change(&add(1, "SKU-7", 1), Some(&offer("SKU-7", 1)), at(300)), Ok(()), "it has a line");
    assert_eq!(cart.lines.len(), LINES_MAX);
}

#[test]
fn a_cart_that_was_ordered_never_changes_again() {
    let mut cart = filled();
    cart.ordered_by = Some(CheckoutId(uuid(5)));
    let before = cart.clone();
    for change in [
        add(3, "A", 1),
        CartChange::SetQuantity { line: line(1), quantity: 1 },
        CartChange::Remove { line: line(1) },
    ] {
        assert_eq!(cart.change(&change, Some(&offer("A", 1000)), at(400)), Err(CartRefusal::Ordered));
        assert_eq!(cart, before);
    }
}

#[test]
fn the_subtotal_is_what_the_lines_cost_at_the_prices_seen() {
    assert_eq!(filled().subtotal(), Ok(Some(cents(2500))));
    let mut cart = filled();
    for number in [1, 2] {
        cart.change(&CartChange::Remove { line: line(number) }, None, at(400)).expect("it is there");
    }
    assert_eq!(cart.subtotal(), Ok(None));
}
