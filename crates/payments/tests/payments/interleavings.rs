//! Calls of two servers, interleaved at every access to the book: any two in every order, and more in random ones, some
//! of them broken off.
//!
//! Decides that no order of calls makes the provider charge twice, charge what it cancelled, give back more than it
//! took, or stay silent for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sellonce_checkout::id::{SagaId, Uuid};
use sellonce_checkout::payment::{Capture, Charge, Outcome, PaymentProvider, Report};
use sellonce_checkout::simulated_book::{BookEntry, Booking, OwedCallback, RefundEntry, SimulatedBook};
use sellonce_checkout::store::Failure;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::callbacks::{Callbacks, Tells};
use sellonce_payments::simulated::{Settings, Simulated};
use sellonce_payments::standard_webhooks::Secret;

use crate::{BoxFuture, Standing, attempt_of, dollars, finish, provider, settings};

/// Every edge that a booking may take; `None` is a first booking.
const EDGES: &[(Option<&str>, &[&str])] = &[
    (None, &["lost", "requires_action", "authorized", "captured", "declined", "cancelled"]),
    (Some("lost"), &["authorized", "captured", "cancelled"]),
    (Some("requires_action"), &["authorized", "captured", "declined", "cancelled"]),
    (Some("authorized"), &["captured", "voided"]),
];

/// A book that others can get in between before each call, and that writes down every change of a status.
struct Watched {
    book: MemoryBook,
    changes: Mutex<Vec<(Option<Booking>, Booking)>>,
}

impl Watched {
    async fn let_others_in(&self) {
        let mut waited = false;
        let once = |_: &mut Context<'_>| {
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        };
        std::future::poll_fn(once).await;
    }
}

#[async_trait]
impl SimulatedBook for Watched {
    async fn book(&self, entry: BookEntry) -> Result<Booking, Failure> {
        self.let_others_in().await;
        // The book in memory never waits, so nothing comes between these two.
        let before = self.book.booking(&entry.attempt_key).await?;
        let after = self.book.book(entry).await?;
        if before.as_ref().is_none_or(|before| before.status != after.status) {
            self.changes.lock().expect("no panics").push((before, after.clone()));
        }
        Ok(after)
    }

    async fn booking(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        self.let_others_in().await;
        self.book.booking(attempt_key).await
    }

    async fn refund(&self, entry: RefundEntry) -> Result<Option<Booking>, Failure> {
        self.let_others_in().await;
        self.book.refund(entry).await
    }

    async fn bookings(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booking>, Failure> {
        self.book.bookings(after, limit).await
    }

    async fn claim_callbacks(&self, limit: u32, again_ms: i64) -> Result<Vec<OwedCallback>, Failure> {
        self.book.claim_callbacks(limit, again_ms).await
    }

    async fn finish_callback(&self, id: &str, copy: u32) -> Result<(), Failure> {
        self.book.finish_callback(id, copy).await
    }

    async fn put_off_callback(&self, id: &str, copy: u32, pause_ms: i64) -> Result<(), Failure> {
        self.book.put_off_callback(id, copy, pause_ms).await
    }
}

/// One call of one server about one of two payments.
#[derive(Clone, Copy, Debug)]
struct Call {
    server: usize,
    payment: u128,
    asked: Asked,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Charge { token: &'static str, amount: i64, capture: Capture },
    Find,
    Cancel,
    Capture,
    Refund { key: &'static str, amount: i64 },
    Act { succeed: bool },
}

/// What happens next: a call under way goes one step on, or is broken off.
#[derive(Clone, Copy, Debug)]
enum Step {
    GoOn(usize),
    BreakOff(usize),
}

/// Tokens of every behaviour.
const TOKENS: &[&str] = &[
    "tok_ok",
    "tok_declined",
    "tok_timeout",
    "tok_timeout_not_charged",
    "tok_slow",
    "tok_flaky",
    "tok_requires_action",
];

const REFUND_KEYS: &[&str] = &["ref_1", "ref_2", "ref_3"];

fn calls() -> impl Strategy<Value = Call> {
    let captures = prop_oneof![Just(Capture::Automatic), Just(Capture::Manual)];
    let charge = (select(TOKENS), 1..4_i64, captures);
    let asked = prop_oneof![
        4 => charge.prop_map(|(token, amount, capture)| Asked::Charge { token, amount, capture }),
        1 => Just(Asked::Find),
        2 => Just(Asked::Cancel),
        2 => Just(Asked::Capture),
        2 => (select(REFUND_KEYS), 1..4_i64)
            .prop_map(|(key, amount)| Asked::Refund { key, amount }),
        2 => any::<bool>().prop_map(|succeed| Asked::Act { succeed }),
    ];
    (0..2_usize, 1..3_u128, asked).prop_map(|(server, payment, asked)| Call { server, payment, asked })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![9 => any::<usize>().prop_map(Step::GoOn), 1 => any::<usize>().prop_map(Step::BreakOff)]
}

fn charge(payment: u128, token: &str, amount: i64, capture: Capture) -> Charge {
    let saga = SagaId(Uuid::from_u128(payment));
    Charge { saga, amount: dollars(amount), token: token.to_owned(), capture }
}

/// Makes one call; what was reported of the payment is written down.
async fn make(call: Call, servers: &[Simulated; 2], reports: &Mutex<Vec<Report>>) {
    let server = &servers[call.server];
    // The amount and token of what is not a charge are another than any charge's: they must not matter.
    let attempt = attempt_of(&charge(call.payment, "tok_elsewhere", 7, Capture::Automatic));
    let report = match call.asked {
        Asked::Charge { token, amount, capture } => {
            server.charge(&charge(call.payment, token, amount, capture)).await.ok()
        }
        Asked::Find => server.find(&attempt).await.ok().flatten(),
        Asked::Cancel => server.cancel(&attempt).await.ok(),
        Asked::Capture => server.capture(&attempt).await.ok(),
        Asked::Refund { key, amount } => {
            let _known_or_not = server.refund(&attempt, key, dollars(amount)).await;
            None
        }
        Asked::Act { succeed } => {
            let _there_or_not = server.act(&attempt.saga.attempt_key(), succeed).await;
            None
        }
    };
    reports.lock().expect("no panics").extend(report);
}

/// Runs the calls as the steps say; what is left goes on in turn, while time passes.
fn run(clock: &Standing, mut under_way: Vec<BoxFuture<'_, ()>>, steps: &[Step]) {
    for step in steps {
        if under_way.is_empty() {
            return;
        }
        let (Step::GoOn(which) | Step::BreakOff(which)) = step;
        let which = which % under_way.len();
        let over = match step {
            Step::BreakOff(_) => true,
            Step::GoOn(_) => {
                under_way[which].as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
            }
        };
        if over {
            drop(under_way.swap_remove(which));
        }
    }
    for call in under_way {
        finish(clock, call);
    }
}

/// Makes some calls one after another, then the others at once, in the order of the steps.
fn check(before: &[Call], at_once: &[Call], steps: &[Step]) {
    let clock = Arc::new(Standing::default());
    let book = Arc::new(Watched { book: MemoryBook::new(clock.clone()), changes: Mutex::default() });
    let callbacks = Callbacks { tells: Tells::Everything, ..Callbacks::new(Secret::from_bytes([1; 32])) };
    let settings = || Settings { callbacks: Some(callbacks.clone()), ..settings() };
    let servers = [(); 2].map(|()| provider(&book, &clock, settings()));
    let reports = Mutex::default();
    for call in before {
        finish(&clock, make(*call, &servers, &reports));
    }
    let under_way =
        at_once.iter().map(|call| -> BoxFuture<'_, ()> { Box::pin(make(*call, &servers, &reports)) });
    run(&clock, under_way.collect(), steps);

    let calls = [before, at_once].concat();
    let changes = book.changes.lock().expect("no panics").clone();
    check_history(&calls, &changes);
    check_callbacks(&clock, &book, &changes);
    let last: BTreeMap<_, _> = changes.iter().map(|(_, after)| (after.attempt_key.clone(), after)).collect();
    for report in reports.into_inner().expect("no panics") {
        check_report(&report, last[&report.attempt_key]);
    }
    let booked = finish(&clock, book.bookings(None, 100)).0.expect("memory does not fail");
    for booking in &booked {
        let taken = if booking.status == "captured" { booking.amount.minor() } else { 0 };
        assert!(booking.refunded.minor() <= taken, "more went back than was taken: {booking:?}");
        let saga = SagaId::from_attempt_key(&booking.attempt_key).expect("our own key");
        check_answers(&clock, &servers, saga, booking);
    }
}

/// Every booking walks its edges, so money is taken once and never after an end; amount and token stay the first's.
fn check_history(calls: &[Call], changes: &[(Option<Booking>, Booking)]) {
    for (before, after) in changes {
        let from = before.as_ref().map(|before| before.status.as_str());
        let legal = EDGES.iter().any(|(edge, to)| *edge == from && to.contains(&after.status.as_str()));
        assert!(legal, "a booking went from {from:?} to {}", after.status);
        if let Some(before) = before {
            assert_eq!((before.amount, &before.token), (after.amount, &after.token));
        }
        let charged = calls.iter().any(|call| {
            matches!(call.asked, Asked::Charge { .. })
                && SagaId(Uuid::from_u128(call.payment)).attempt_key() == after.attempt_key
        });
        assert!(charged || after.status == "cancelled", "{} without a charge", after.status);
    }
}

/// The shop is owed one callback for each change of a status, whoever made it, and for each refund.
fn check_callbacks(clock: &Standing, book: &Watched, changes: &[(Option<Booking>, Booking)]) {
    let owed = finish(clock, book.claim_callbacks(1_000, 1)).0.expect("memory does not fail");
    let (refunds, moves): (Vec<_>, Vec<_>) =
        owed.into_iter().partition(|owed| owed.event == "payment.refunded");
    let told: Vec<String> = moves.into_iter().map(|owed| owed.id).collect();
    let heard_of = changes.iter().filter(|(_, after)| after.status != "lost");
    let expected: BTreeSet<String> =
        heard_of.map(|(_, after)| format!("{}_{}", after.attempt_key, after.status)).collect();
    assert_eq!(told.len(), expected.len(), "{told:?}");
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), expected);
    let booked = finish(clock, book.bookings(None, 100)).0.expect("memory does not fail");
    for booking in booked {
        let told = refunds.iter().any(|owed| owed.attempt_key == booking.attempt_key);
        assert_eq!(told, !booking.refunded.is_zero(), "{booking:?}");
    }
}

/// What was reported was true, and what was reported as an end stayed one.
fn check_report(report: &Report, last: &Booking) {
    assert_eq!(report.amount, last.amount, "the amount is that of the first asking");
    let ends = match &report.outcome {
        Outcome::Captured | Outcome::Refunded => "captured",
        Outcome::Declined(_) => "declined",
        Outcome::Cancelled => "cancelled",
        Outcome::Voided => "voided",
        Outcome::Authorized => {
            assert!(["authorized", "captured", "voided"].contains(&last.status.as_str()), "{last:?}");
            return;
        }
        Outcome::RequiresAction(_) => return,
    };
    assert_eq!(last.status, ends, "reported as {:?}", report.outcome);
}

/// Asked again, the provider answers at the latest the third time, and never takes what had ended otherwise.
fn check_answers(clock: &Standing, servers: &[Simulated; 2], saga: SagaId, booking: &Booking) {
    let again = Charge { saga, amount: dollars(1), token: "tok_ok".to_owned(), capture: Capture::Automatic };
    let answer = (0..3).find_map(|asking: usize| finish(clock, servers[asking % 2].charge(&again)).0.ok());
    let answer = answer.expect("the provider answers at last");
    let taken = answer.outcome == Outcome::Captured || answer.outcome == Outcome::Refunded;
    assert_eq!(taken, ["captured", "lost"].contains(&booking.status.as_str()), "{answer:?} of {booking:?}");
}

/// As many steps as any two calls take together.
const STEPS: u32 = 6;

/// Makes two calls at once in every order of their steps.
fn check_every_order(before: &[Call], pair: &[Call; 2]) {
    for order in 0..(1_usize << STEPS) {
        let steps: Vec<Step> = (0..STEPS).map(|step| Step::GoOn((order >> step) & 1)).collect();
        check(before, pair, &steps);
    }
}

#[test]
fn no_two_calls_at_once_break_a_promise() {
    let charge = |token, amount, capture| Asked::Charge { token, amount, capture };
    let call = |server, asked| Call { server, payment: 1, asked };
    let charges = TOKENS.iter().flat_map(|token| {
        [Capture::Automatic, Capture::Manual].map(|capture| vec![call(0, charge(token, 1, capture))])
    });
    let beginnings: Vec<Vec<Call>> = std::iter::once(Vec::new()).chain(charges).collect();
    let at_once = [
        charge("tok_ok", 2, Capture::Manual),
        charge("tok_timeout_not_charged", 2, Capture::Automatic),
        Asked::Cancel,
        Asked::Capture,
        Asked::Refund { key: "ref_1", amount: 1 },
        Asked::Act { succeed: true },
        Asked::Act { succeed: false },
    ];
    for before in &beginnings {
        for (index, one) in at_once.iter().enumerate() {
            for other in &at_once[index..] {
                check_every_order(before, &[call(0, *one), call(1, *other)]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_calls_breaks_a_promise(
        before in vec(calls(), 0..4),
        at_once in vec(calls(), 1..8),
        steps in vec(steps(), 0..40),
    ) {
        check(&before, &at_once, &steps);
    }
}
