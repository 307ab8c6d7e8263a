//! T1 on SQLite: the key, the checkout, what is held, the saga.

use rusqlite::params;
use sellonce_checkout::audit::Reserved;
use sellonce_checkout::id::{CartId, CheckoutId};
use sellonce_checkout::idempotency::{self, Progress, WorkDone};
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::session::{Checkout, Status};
use sellonce_checkout::steps::{self, CartStanding};
use sellonce_checkout::store::checkouts::{Goods, OpenRefusal};
use sellonce_checkout::store::sagas::{Begun, Reserve, ReserveRefusal, Run, Target};

use crate::rows::{history, stock};
use crate::sqlite::flush::Flush;
use crate::sqlite::keys::KnownKey;
use crate::sqlite::sagas::load_named;
use crate::sqlite::statements::one;
use crate::sqlite::{carts, checkouts};
use crate::trouble::Trouble;

/// What a part of T1 found, its refusal, or why the call cannot be run.
type Outcome<T> = Result<Result<T, ReserveRefusal>, Trouble>;

/// Begins a saga, or finds the one that the key began before.
pub(super) fn reserve(flush: &mut Flush, call: &Reserve) -> Outcome<Begun> {
    if let Some(known) = flush.known_key(&call.claim)? {
        return replayed(flush, call, known);
    }
    let (mut checkout, is_new) = match target(flush, call)? {
        Ok(target) => target,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let standing = cart_standing(flush, &checkout)?;
    let units = steps::wanted_units(&checkout);
    flush.read_stock(units.iter().map(|(sku, _)| sku))?;
    flush.read_limits(&steps::wanted_limits(&checkout))?;
    let (shop, now) = (flush.shop.clone(), flush.now);
    let run = match steps::begin(call, &checkout, standing, &mut flush.book, &shop, now) {
        Ok(run) => run,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if is_new {
        checkouts::insert(flush, &checkout)?;
    }
    checkouts::shift(flush, &mut checkout, Status::Processing, run.saga.fence)?;
    insert_run(flush, call, &run)?;
    flush.note_key(&call.claim, &WorkDone::Saga(run.saga.id))?;
    Ok(Ok(Begun::New(Box::new(run))))
}

/// What a known key is answered with: only to who holds the secret of what it was used for.
fn replayed(flush: &Flush, call: &Reserve, known: KnownKey) -> Outcome<Begun> {
    let refusal = match &call.target {
        Target::Open { id, secret } => match checkouts::opened_by(flush, *id, secret)? {
            Some(_) => None,
            None => Some(ReserveRefusal::NotFound),
        },
        Target::New(open) => match &open.goods {
            Goods::Lines(_) => None,
            Goods::Cart { id, secret } => {
                let cart = carts::load(flush.connection(), flush.currency(), *id)?;
                let opens = cart.is_some_and(|cart| cart.secret.matches(secret));
                (!opens).then_some(ReserveRefusal::Open(OpenRefusal::CartNotFound))
            }
        },
    };
    if let Some(refusal) = refusal {
        return Ok(Err(refusal));
    }
    let WorkDone::Saga(id) = known.work else {
        return Err(Trouble::call("a key of a checkout did the work of a merchant"));
    };
    let run = load_named(flush.connection(), flush.currency(), id)?.run;
    let saga = &run.saga;
    let progress = Progress { state: saga.state, created_at: saga.created_at, ended_at: saga.ended_at };
    let decision = idempotency::decide(known.body, call.claim.body, progress, flush.now, &flush.shop.times);
    Ok(Ok(Begun::Known { decision, run: Box::new(run), request_id: known.request_id }))
}

/// The checkout that is completed, and whether it is yet to be inserted.
fn target(flush: &mut Flush, call: &Reserve) -> Outcome<(Checkout, bool)> {
    match &call.target {
        Target::New(open) => {
            let opened = checkouts::open(flush, open)?;
            Ok(opened.map(|checkout| (checkout, true)).map_err(ReserveRefusal::Open))
        }
        Target::Open { id, secret } => {
            let found = checkouts::opened_by(flush, *id, secret)?;
            Ok(found.map(|checkout| (checkout, false)).ok_or(ReserveRefusal::NotFound))
        }
    }
}

/// How the cart stands towards other checkouts of it (I7).
fn cart_standing(flush: &Flush, checkout: &Checkout) -> Result<CartStanding, Trouble> {
    let Some(cart) = checkout.cart else { return Ok(CartStanding::default()) };
    let ordered = ordered_by(flush, cart)?.is_some();
    let sql = "SELECT 1 FROM sagas WHERE cart_id = ?1 AND ended_at IS NULL AND checkout_id <> ?2";
    let (cart, this) = (cart.0.as_bytes(), checkout.id.0.as_bytes());
    let in_progress = one(flush.connection(), sql, params![cart, this], |_| Ok(()))?.is_some();
    Ok(CartStanding { ordered, in_progress })
}

/// The checkout that ordered a cart.
pub(super) fn ordered_by(flush: &Flush, cart: CartId) -> Result<Option<CheckoutId>, Trouble> {
    let sql = "SELECT ordered_by FROM carts WHERE id = ?1";
    let found = one(flush.connection(), sql, [cart.0.as_bytes()], |columns| columns.maybe_uuid())?;
    Ok(found.flatten().map(CheckoutId))
}

/// Inserts the saga, leased to who began it, with its attempt and its reservation.
fn insert_run(flush: &Flush, call: &Reserve, run: &Run) -> Result<(), Trouble> {
    let sql = "INSERT INTO sagas (id, checkout_id, cart_id, state, fence, lease_owner, lease_until, next_run_at, \
               hold_until, limits, history, created_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11)";
    let saga = &run.saga;
    let lease_until = flush.now.plus_ms(flush.shop.times.lease_ms);
    flush.execute(
        sql,
        params![
            saga.id.0.as_bytes(),
            saga.checkout.0.as_bytes(),
            saga.cart.as_ref().map(|id| id.0.as_bytes()),
            saga.state.as_str(),
            saga.fence,
            call.owner.0.as_bytes(),
            lease_until.millis(),
            saga.hold_until.millis(),
            stock::limits_text(&saga.hold.limits),
            history::begun(saga.state.as_str(), saga.fence, flush.now),
            saga.created_at.millis(),
        ],
    )?;
    if let Some(attempt) = &run.attempt {
        insert_attempt(flush, attempt, saga.fence)?;
    }
    let sql = "INSERT INTO reservations (saga_id, number, sku, location, quantity, state) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for (allocation, number) in saga.hold.allocations.iter().zip(1_i64..) {
        let (sku, location) = (allocation.place.sku.as_str(), allocation.place.location.as_str());
        let (id, open) = (saga.id.0.as_bytes(), Reserved::Open.as_str());
        flush.execute(sql, params![id, number, sku, location, allocation.quantity, open])?;
    }
    Ok(())
}

fn insert_attempt(flush: &Flush, attempt: &Attempt, fence: i64) -> Result<(), Trouble> {
    let sql = "INSERT INTO payments (saga_id, provider, token, amount, status, captured, refunded, refund_pending, \
               history) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    flush.execute(
        sql,
        params![
            attempt.saga.0.as_bytes(),
            attempt.provider,
            attempt.token,
            attempt.amount.minor(),
            attempt.status.as_str(),
            attempt.captured.minor(),
            attempt.refunded.minor(),
            attempt.refund_pending.minor(),
            history::begun(attempt.status.as_str(), fence, flush.now),
        ],
    )?;
    Ok(())
}
