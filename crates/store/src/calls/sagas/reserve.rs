//! T1: the key, the checkout, what is held, the saga.

use sellonce_checkout::idempotency::{self, Progress, WorkDone};
#[cfg(feature = "sabotage")]
use sellonce_checkout::sabotage::{self, Sabotage};
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::session::{Checkout, Status};
use sellonce_checkout::steps::{self, CartStanding};
use sellonce_checkout::store::checkouts::{Goods, OpenRefusal};
use sellonce_checkout::store::sagas::{Begun, Reserve, ReserveRefusal, Target};

use crate::calls::checkouts;
#[cfg(feature = "sabotage")]
use crate::calls::sabotage::priced_today;
use crate::tables::{KnownKey, Tables};
use crate::trouble::Trouble;

/// What a part of T1 found, its refusal, or why the call cannot be run.
type Outcome<T> = Result<Result<T, ReserveRefusal>, Trouble>;

/// Begins a saga, or finds the one that the key began before.
pub(in crate::calls) fn reserve(tables: &mut dyn Tables, call: &Reserve) -> Outcome<Begun> {
    if let Target::Open { id, .. } = &call.target {
        tables.expect_checkout(*id);
    }
    if let Some(known) = tables.known_key(&call.claim)? {
        return replayed(tables, call, known);
    }
    let (mut checkout, is_new) = match target(tables, call)? {
        Ok(target) => target,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let standing = cart_standing(tables, &checkout)?;
    let units = steps::wanted_units(&checkout);
    tables.read_stock_of(units.iter().map(|(sku, _)| sku))?;
    tables.read_limits(&steps::wanted_limits(&checkout))?;
    let (shop, now) = (tables.shop(), tables.now());
    let run = match steps::begin(call, &checkout, standing, tables.book(), &shop, now) {
        Ok(run) => run,
        Err(refusal) => return Ok(Err(refusal)),
    };
    #[cfg(feature = "sabotage")]
    let run = match sabotage::is(Sabotage::PriceRecalculatedAtPay) {
        true => priced_today(tables, run, &checkout)?,
        false => run,
    };
    if is_new {
        tables.insert_checkout(&checkout)?;
    }
    checkouts::shift(tables, &mut checkout, Status::Processing, run.saga.fence)?;
    let schedule = Schedule::begun(now, &shop.times);
    tables.insert_run(&run, &schedule, call.owner)?;
    tables.note_key(&call.claim, &WorkDone::Saga(run.saga.id))?;
    Ok(Ok(Begun::New(Box::new(run))))
}

/// What a known key is answered with: only to who holds the secret of what it was used for.
fn replayed(tables: &mut dyn Tables, call: &Reserve, known: KnownKey) -> Outcome<Begun> {
    let refusal = match &call.target {
        Target::Open { id, secret } => match checkouts::opened_by(tables, *id, secret)? {
            Some(_) => None,
            None => Some(ReserveRefusal::NotFound),
        },
        Target::New(open) => match &open.goods {
            Goods::Lines(_) => None,
            Goods::Cart { id, secret } => {
                let opens = tables.cart(*id)?.is_some_and(|cart| cart.secret.matches(secret));
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
    let run = tables.named_saga(id)?.run;
    let saga = &run.saga;
    let progress = Progress { state: saga.state, created_at: saga.created_at, ended_at: saga.ended_at };
    let times = tables.shop().times;
    let decision = idempotency::decide(known.body, call.claim.body, progress, tables.now(), &times);
    Ok(Ok(Begun::Known { decision, run: Box::new(run), request_id: known.request_id }))
}

/// The checkout that is completed, and whether it is yet to be inserted.
fn target(tables: &mut dyn Tables, call: &Reserve) -> Outcome<(Checkout, bool)> {
    match &call.target {
        Target::New(open) => {
            let opened = checkouts::open(tables, open)?;
            Ok(opened.map(|checkout| (checkout, true)).map_err(ReserveRefusal::Open))
        }
        Target::Open { id, secret } => {
            let found = checkouts::opened_by(tables, *id, secret)?;
            Ok(found.map(|checkout| (checkout, false)).ok_or(ReserveRefusal::NotFound))
        }
    }
}

/// How the cart stands towards other checkouts of it (I7).
fn cart_standing(tables: &mut dyn Tables, checkout: &Checkout) -> Result<CartStanding, Trouble> {
    let Some(id) = checkout.cart else { return Ok(CartStanding::default()) };
    let ordered = tables.cart(id)?.is_some_and(|cart| cart.ordered_by.is_some());
    let in_progress = tables.cart_in_progress(id, checkout.id)?;
    Ok(CartStanding { ordered, in_progress })
}
