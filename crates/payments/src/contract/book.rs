//! The simulated provider's book: what every implementation of the port `SimulatedBook` must pass, the store's among them.

mod owed;

pub use owed::{Written, write_every_kind};

use futures_util::future::join_all;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::id::{Ids, SagaId};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::simulated_book::{BookEntry, Booking, RefundEntry, SimulatedBook};

use super::money;
use crate::simulated::{AUTHORIZED, CAPTURED, DECLINED, LOST, REQUIRES_ACTION};

/// A book under test.
pub struct Subject<'a> {
    /// The book.
    pub book: &'a dyn SimulatedBook,
    /// Draws the keys of its bookings.
    pub ids: &'a dyn Ids,
    /// Lets the time pass by which the book dates.
    pub clock: &'a dyn Clock,
    /// What is paid in.
    pub currency: Currency,
    /// Another currency.
    pub other_currency: Currency,
}

/// Every case about books.
pub async fn check(subject: &Subject<'_>) {
    the_first_entry_is_booked_as_it_is(subject).await;
    an_entry_changes_only_what_it_names(subject).await;
    a_change_keeps_the_first_amount_and_token(subject).await;
    entries_at_once_are_booked_one_after_another(subject).await;
    refunds_are_booked_once_and_within_what_was_captured(subject).await;
    refunds_of_what_was_not_captured_are_not_booked(subject).await;
    bookings_are_listed_in_the_order_of_their_keys(subject).await;
    owed::check(subject).await;
}

impl Subject<'_> {
    fn key(&self) -> String {
        SagaId(self.ids.uuid()).attempt_key()
    }

    fn entry(&self, key: &str, status: &'static str, only_from: &'static [&'static str]) -> BookEntry {
        let (attempt_key, token, amount) = (key.to_owned(), "tok_ok".to_owned(), money(1_000, self.currency));
        BookEntry { attempt_key, token, amount, status, decline_code: None, only_from, callbacks: Vec::new() }
    }

    async fn book(&self, entry: BookEntry) -> Booking {
        self.book.book(entry).await.expect("the book can be written")
    }

    async fn booking(&self, key: &str) -> Option<Booking> {
        self.book.booking(key).await.expect("the book can be read")
    }

    async fn refund(&self, key: &str, refund_key: &str, amount: Money) -> Option<Booking> {
        let (attempt_key, refund_key) = (key.to_owned(), refund_key.to_owned());
        let entry = RefundEntry { attempt_key, refund_key, amount, callbacks: Vec::new() };
        self.book.refund(entry).await.expect("the book can be written")
    }
}

async fn the_first_entry_is_booked_as_it_is(subject: &Subject<'_>) {
    let key = subject.key();
    assert_eq!(subject.booking(&key).await, None, "nothing is booked yet");
    let entry = BookEntry { decline_code: Some("card_declined"), ..subject.entry(&key, DECLINED, &[]) };
    let booked = subject.book(entry).await;
    let expected = Booking {
        attempt_key: key.clone(),
        token: "tok_ok".to_owned(),
        amount: money(1_000, subject.currency),
        status: DECLINED.to_owned(),
        decline_code: Some("card_declined".to_owned()),
        refunded: Money::zero(subject.currency),
        asked: 1,
        created_at: booked.created_at,
    };
    assert_eq!(booked, expected, "the booking says what the entry says");
    assert_eq!(subject.booking(&key).await, Some(expected), "and is found under its key");
}

async fn an_entry_changes_only_what_it_names(subject: &Subject<'_>) {
    let key = subject.key();
    subject.book(subject.entry(&key, REQUIRES_ACTION, &[])).await;
    let kept = subject.book(subject.entry(&key, CAPTURED, &[])).await;
    assert_eq!((kept.status.as_str(), kept.asked), (REQUIRES_ACTION, 2), "no status is named");
    let kept = subject.book(subject.entry(&key, CAPTURED, &[LOST, AUTHORIZED])).await;
    assert_eq!((kept.status.as_str(), kept.asked), (REQUIRES_ACTION, 3), "other statuses are named");
    let declined = BookEntry {
        decline_code: Some("authentication_failed"),
        ..subject.entry(&key, DECLINED, &[AUTHORIZED, REQUIRES_ACTION])
    };
    let changed = subject.book(declined).await;
    assert_eq!((changed.status.as_str(), changed.asked), (DECLINED, 4), "its status is among those named");
    assert_eq!(changed.decline_code.as_deref(), Some("authentication_failed"), "the code changes with it");
    assert_eq!(subject.booking(&key).await, Some(changed), "what was answered is what stands there");
}

async fn a_change_keeps_the_first_amount_and_token(subject: &Subject<'_>) {
    let key = subject.key();
    let first = subject.book(subject.entry(&key, LOST, &[])).await;
    let other = BookEntry {
        token: "tok_slow".to_owned(),
        amount: money(2_000, subject.currency),
        ..subject.entry(&key, CAPTURED, &[LOST])
    };
    let changed = subject.book(other).await;
    assert_eq!(changed.status, CAPTURED, "the status changes");
    assert_eq!((&changed.token, changed.amount), (&first.token, first.amount), "token and amount do not");
    assert_eq!(changed.created_at, first.created_at, "nor does the time of the first booking");
}

async fn entries_at_once_are_booked_one_after_another(subject: &Subject<'_>) {
    let key = subject.key();
    let entries =
        [LOST, AUTHORIZED, LOST, AUTHORIZED].map(|status| subject.book(subject.entry(&key, status, &[])));
    let booked = join_all(entries).await;
    let mut asked: Vec<i64> = booked.iter().map(|booking| booking.asked).collect();
    asked.sort_unstable();
    assert_eq!(asked, [1, 2, 3, 4], "each asking is counted once, and each sees its own count");
    assert!(booked.iter().all(|booking| booking.status == booked[0].status), "the first one decides");
}

async fn refunds_are_booked_once_and_within_what_was_captured(subject: &Subject<'_>) {
    let (key, neighbour) = (subject.key(), subject.key());
    subject.book(subject.entry(&key, CAPTURED, &[])).await;
    subject.book(subject.entry(&neighbour, CAPTURED, &[])).await;
    let amount = |minor| money(minor, subject.currency);
    let refunded = |booking: Option<Booking>| booking.map(|booking| booking.refunded.minor());
    for _ in 0..2 {
        assert_eq!(refunded(subject.refund(&key, "r1", amount(600)).await), Some(600), "once per key");
    }
    assert_eq!(
        refunded(subject.refund(&key, "r1", amount(999)).await),
        Some(600),
        "whatever a repetition says"
    );
    assert_eq!(subject.refund(&key, "r2", amount(401)).await, None, "more than is left");
    assert_eq!(subject.refund(&key, "r2", money(1, subject.other_currency)).await, None, "another currency");
    assert_eq!(refunded(subject.refund(&key, "r2", amount(400)).await), Some(1_000), "what is left");
    assert_eq!(subject.refund(&key, "r3", amount(1)).await, None, "nothing is left");
    assert_eq!(
        refunded(subject.refund(&neighbour, "r1", amount(5)).await),
        Some(5),
        "keys are a payment's own"
    );
    assert_eq!(refunded(subject.booking(&key).await), Some(1_000), "and the booking says so");
    assert_eq!(
        subject.booking(&key).await.map(|booking| booking.asked),
        Some(1),
        "a refund asks for no payment"
    );
}

async fn refunds_of_what_was_not_captured_are_not_booked(subject: &Subject<'_>) {
    for status in [LOST, REQUIRES_ACTION, AUTHORIZED, DECLINED] {
        let key = subject.key();
        subject.book(subject.entry(&key, status, &[])).await;
        assert_eq!(subject.refund(&key, "r1", money(1, subject.currency)).await, None, "{status}");
    }
    let unknown = subject.key();
    assert_eq!(subject.refund(&unknown, "r1", money(1, subject.currency)).await, None, "never booked");
    assert_eq!(subject.booking(&unknown).await, None, "and not booked by it");
}

async fn bookings_are_listed_in_the_order_of_their_keys(subject: &Subject<'_>) {
    let mut keys = [(); 5].map(|()| subject.key());
    for key in &keys {
        subject.book(subject.entry(key, CAPTURED, &[])).await;
    }
    keys.sort_unstable();
    let mut listed: Vec<String> = Vec::new();
    loop {
        let after = listed.last().map(String::as_str);
        let page = subject.book.bookings(after, 2).await.expect("the book can be read");
        assert!(page.len() <= 2, "a page has its limit");
        for booking in &page {
            let behind = listed.last().is_none_or(|last| *last < booking.attempt_key);
            assert!(behind, "{} is listed behind {listed:?}", booking.attempt_key);
            listed.push(booking.attempt_key.clone());
        }
        if page.is_empty() {
            break;
        }
    }
    assert!(keys.iter().all(|key| listed.contains(key)), "and none is left out: {listed:?}");
}
