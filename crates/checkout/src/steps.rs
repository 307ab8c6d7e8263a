//! The steps of a saga that change the shop's own books: T1 `begin`, T2 `place`, and where they leave the checkout.
//!
//! Decides, from the rows that a store has read in one transaction, what each step writes. Leaves reading, writing
//! and the conditions of the writes to the stores, and what a provider says to the coordinator.

use crate::book::{Book, Cause, Hold, LimitUse};
use crate::catalog::Sku;
use crate::clock::Timestamp;
use crate::order::{self, HistoryEvent, Order};
use crate::payment::{self, Attempt, Capture};
use crate::purchase_limit::LimitKey;
use crate::saga::{Ending, Resolution, State};
use crate::session::{self, Checkout};
use crate::store::Shop;
use crate::store::sagas::{
    PaymentNews, PlaceOrder, Reserve, ReserveRefusal, ResolveRefusal, ResolveSaga, Resolved, Run, Saga,
};

/// How the cart of a checkout stands towards other checkouts of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CartStanding {
    /// An order was placed from it.
    pub ordered: bool,
    /// Another saga of it is unfinished.
    pub in_progress: bool,
}

/// The units that a checkout wants held.
pub fn wanted_units(checkout: &Checkout) -> Vec<(Sku, i64)> {
    checkout.lock.sold().map(|(line, _)| (line.sku.clone(), i64::from(line.quantity))).collect()
}

/// The counters that a checkout wants held, whether or not they are limited.
pub fn wanted_limits(checkout: &Checkout) -> Vec<LimitUse> {
    let discount = checkout.discount_code.iter().cloned().map(LimitKey::Discount);
    let mut wanted: Vec<LimitUse> = discount.map(|key| LimitUse { key, quantity: 1 }).collect();
    for identity in checkout.buyer.identities() {
        for (sku, quantity) in wanted_units(checkout) {
            wanted.push(LimitUse { key: LimitKey::Purchase(sku, identity), quantity });
        }
    }
    wanted
}

/// T1: holds what the checkout wants and begins its saga, or says why not. The book has the rows of
/// [`wanted_units`] and [`wanted_limits`].
pub fn begin(
    call: &Reserve,
    checkout: &Checkout,
    cart: CartStanding,
    book: &mut Book,
    shop: &Shop,
    now: Timestamp,
) -> Result<Run, ReserveRefusal> {
    if let Err(why) = checkout.completable(call.expected_total, now) {
        return Err(ReserveRefusal::NotCompletable { why, checkout: Box::new(checkout.clone()) });
    }
    if cart.ordered {
        return Err(ReserveRefusal::CartOrdered);
    }
    if cart.in_progress {
        return Err(ReserveRefusal::CartInProgress);
    }
    let attempt = new_attempt(call, checkout, shop)?;
    let wanted = (wanted_units(checkout), wanted_limits(checkout));
    let hold = book
        .reserve(Cause::Saga(call.saga), now, &wanted.0, &wanted.1, &shop.locations)
        .map_err(ReserveRefusal::Shortage)?;
    let saga = Saga {
        id: call.saga,
        checkout: checkout.id,
        cart: checkout.cart,
        state: State::Reserved,
        fence: 1,
        tries: 0,
        hold_until: now.plus_ms(shop.times.hold_ms),
        hold,
        ending: None,
        order: None,
        action_url: None,
        resolved: None,
        late_check: false,
        created_at: now,
        ended_at: None,
    };
    Ok(Run { saga, attempt })
}

fn new_attempt(call: &Reserve, checkout: &Checkout, shop: &Shop) -> Result<Option<Attempt>, ReserveRefusal> {
    let amount = checkout.lock.totals.total;
    if amount.is_zero() {
        return Ok(None);
    }
    let payment = call.payment.as_ref().ok_or(ReserveRefusal::PaymentMissing)?;
    let zero = crate::money::Money::zero(amount.currency());
    Ok(Some(Attempt {
        saga: call.saga,
        provider: payment.provider.clone(),
        token: payment.token.clone(),
        amount,
        capture: shop.capture,
        status: payment::Status::Created,
        captured: zero,
        refunded: zero,
        refund_pending: zero,
        provider_reference: None,
        unknown_since: None,
    }))
}

/// Whether an operator's word on a saga is taken; the saga as it is with it.
pub fn resolve(call: &ResolveSaga, run: &Run, now: Timestamp) -> Result<Saga, ResolveRefusal> {
    let state = run.saga.state;
    // Of a saga that has ended, only that nothing came after the end can be said: there is nothing to go on with.
    let nothing_came = run.saga.late_check && call.resolution == Resolution::NotCharged;
    if state.is_end() && !nothing_came {
        return Err(ResolveRefusal::Ended(Box::new(run.clone())));
    }
    // A provider that answers knows better than anybody else, and money that is on its way back is not unknown.
    let unknown = run.attempt.as_ref().is_some_and(|attempt| attempt.unknown_since.is_some());
    let open = matches!(state, State::Reserved | State::AwaitingBuyer | State::Cancelling | State::Ordered);
    if !(unknown && (open || nothing_came)) {
        return Err(ResolveRefusal::NotUnknown(Box::new(run.clone())));
    }
    let (actor, reason) = (call.actor.clone(), call.reason.clone());
    let resolved = Some(Resolved { resolution: call.resolution, actor, reason, at: now });
    Ok(Saga { resolved, late_check: false, ..run.saga.clone() })
}

/// Notes what was learned of a payment.
pub fn note_payment(attempt: &mut Attempt, news: &PaymentNews) {
    if let Some(status) = news.status {
        assert!(
            status == attempt.status || payment::is_edge(attempt.status, status),
            "I6: a payment goes from {} to {}",
            attempt.status.as_str(),
            status.as_str()
        );
        attempt.status = status;
        attempt.unknown_since = None;
        if status == payment::Status::Captured {
            attempt.captured = attempt.amount;
        }
    }
    if news.refunded {
        attempt.refunded = attempt.captured;
    }
    if news.reference.is_some() {
        attempt.provider_reference.clone_from(&news.reference);
    }
}

/// T2: the order that a saga places. Its lines are those of the lock, split over the locations that were held.
pub fn place(call: &PlaceOrder, run: &Run, checkout: &Checkout, number: i64, now: Timestamp) -> Order {
    let captured = run.attempt.as_ref().is_none_or(|attempt| attempt.status == payment::Status::Captured);
    let set_aside = run.attempt.as_ref().is_some_and(|attempt| attempt.status == payment::Status::Authorized);
    assert!(captured || set_aside, "I3: {} has no money for an order", run.saga.id);
    // A provider that takes at once what was to be taken in two steps makes the second step with the first.
    let both_steps =
        captured && run.attempt.as_ref().is_some_and(|attempt| attempt.capture == Capture::Manual);
    let [placed, paid] = call.events;
    let (actor, reason) = run.saga.hand();
    let event = |id, sequence, from, to| HistoryEvent {
        id,
        sequence,
        from,
        to,
        actor: actor.to_owned(),
        reason: reason.to_owned(),
        at: now,
    };
    let mut events = vec![event(placed, 1, None, order::Status::Pending)];
    if captured {
        events.push(event(paid, 2, Some(order::Status::Pending), order::Status::Paid));
    }
    Order {
        id: call.order,
        number,
        token: call.token,
        checkout: checkout.id,
        cart: checkout.cart,
        saga: run.saga.id,
        status: if captured { order::Status::Paid } else { order::Status::Pending },
        total: checkout.lock.totals.total,
        lines: order_lines(checkout, &run.saga.hold),
        events,
        shipments: Vec::new(),
        returns: Vec::new(),
        version: if both_steps { 2 } else { 1 },
        created_at: now,
        updated_at: now,
    }
}

fn order_lines(checkout: &Checkout, hold: &Hold) -> Vec<order::Line> {
    let mut held = hold.allocations.clone();
    let mut lines = Vec::with_capacity(held.len());
    for (line, number) in checkout.lock.lines.iter().zip(1_u32..) {
        if line.unit_price.is_none() {
            continue;
        }
        let mut missing = i64::from(line.quantity);
        for allocation in held.iter_mut().filter(|allocation| allocation.place.sku == line.sku) {
            let quantity = allocation.quantity.min(missing);
            if quantity > 0 {
                allocation.quantity = allocation.quantity.saturating_sub(quantity);
                missing = missing.saturating_sub(quantity);
                let location = allocation.place.location.clone();
                let sku = line.sku.clone();
                lines.push(order::Line {
                    number,
                    sku,
                    location,
                    quantity,
                    cancelled: 0,
                    shipped: 0,
                    returned: 0,
                });
            }
        }
        assert_eq!(missing, 0, "I1: what is ordered was held");
    }
    lines
}

/// Where a checkout stands after its saga was released: open for another attempt, or over.
pub fn checkout_after(ending: &Ending, checkout: &Checkout, now: Timestamp) -> session::Status {
    match ending {
        Ending::Cancelled => session::Status::Cancelled,
        Ending::Expired => session::Status::Expired,
        Ending::Declined(_) | Ending::NeverOrder if checkout.expires_at <= now => session::Status::Expired,
        Ending::Declined(_) | Ending::NeverOrder => session::Status::Open,
    }
}

/// The status of a checkout whose saga is in a state.
pub fn checkout_during(state: State) -> session::Status {
    match state {
        State::AwaitingBuyer => session::Status::RequiresAction,
        State::Placed | State::Ordered => session::Status::Completed,
        State::Reserved | State::Cancelling | State::Refunding | State::Voiding | State::Released => {
            session::Status::Processing
        }
    }
}
