//! What the book owes the shop in callbacks: written with its change, sent by one server at a time, lost by none.

use std::collections::BTreeMap;

use sellonce_checkout::simulated_book::{BookEntry, OwedCallback, PlannedCallback, RefundEntry};

use super::super::money;
use super::Subject;
use crate::simulated::{AUTHORIZED, CAPTURED, LOST};

/// How long a claim lasts here, and the pause of what is put off.
const AGAIN_MS: i64 = 200;

/// Every case about what is owed.
pub(super) async fn check(subject: &Subject<'_>) {
    what_is_owed_is_written_with_its_change_alone(subject).await;
    a_refund_owes_once(subject).await;
    a_sending_is_due_after_its_delay_and_in_that_order(subject).await;
    a_claimed_sending_is_nobody_elses_until_its_time_is_over(subject).await;
    what_is_finished_never_comes_again(subject).await;
    what_is_put_off_comes_again_after_its_pause(subject).await;
}

/// Sendings of one callback, one per delay.
pub(super) fn planned(id: &str, delays_ms: &[i64]) -> Vec<PlannedCallback> {
    let copy = |(copy, delay_ms): (u32, &i64)| PlannedCallback {
        id: id.to_owned(),
        copy,
        event: "payment.captured",
        delay_ms: *delay_ms,
        forged: copy > 1,
    };
    (1..).zip(delays_ms).map(copy).collect()
}

impl Subject<'_> {
    /// Claims all that is due; tells the sendings of one payment, as callback and copy.
    async fn claim(&self, key: &str) -> Vec<(String, u32)> {
        self.claim_owed(key).await.into_iter().map(|owed| (owed.id, owed.copy)).collect()
    }

    async fn claim_owed(&self, key: &str) -> Vec<OwedCallback> {
        let claimed = self.book.claim_callbacks(1_000, AGAIN_MS).await.expect("the book can be written");
        claimed.into_iter().filter(|owed| owed.attempt_key == key).collect()
    }

    /// Strikes out what a case has left, so that the next one finds nothing but its own.
    async fn strike_out(&self, ids: &[&str]) {
        for (id, copy) in ids.iter().flat_map(|id| [(id, 1), (id, 2), (id, 3)]) {
            self.book.finish_callback(id, copy).await.expect("the book can be written");
        }
    }

    async fn owe(&self, key: &str, delays_ms: &[i64]) {
        let callbacks = planned(key, delays_ms);
        self.book(BookEntry { callbacks, ..self.entry(key, CAPTURED, &[]) }).await;
    }
}

async fn what_is_owed_is_written_with_its_change_alone(subject: &Subject<'_>) {
    let key = subject.key();
    let entry = |id: &str, status, only_from| BookEntry {
        callbacks: planned(id, &[0]),
        ..subject.entry(&key, status, only_from)
    };
    subject.book(entry("first", LOST, &[])).await;
    subject.book(entry("refused", AUTHORIZED, &[])).await;
    subject.book(entry("changed", AUTHORIZED, &[LOST])).await;
    subject.book(entry("refused too", CAPTURED, &[LOST])).await;
    let mut owed = subject.claim_owed(&key).await;
    owed.sort_by(|one, other| one.id.cmp(&other.id));
    let expected = |id: &str| OwedCallback {
        id: id.to_owned(),
        copy: 1,
        event: "payment.captured".to_owned(),
        attempt_key: key.clone(),
        forged: false,
        tries: 1,
    };
    assert_eq!(owed, [expected("changed"), expected("first")], "what changed nothing owes nothing");
    subject.strike_out(&["first", "changed"]).await;
}

async fn a_refund_owes_once(subject: &Subject<'_>) {
    let key = subject.key();
    subject.book(subject.entry(&key, CAPTURED, &[])).await;
    let refund = async |refund_key: &str, minor: i64| {
        let entry = RefundEntry {
            attempt_key: key.clone(),
            refund_key: refund_key.to_owned(),
            amount: money(minor, subject.currency),
            callbacks: planned(refund_key, &[0, 0]),
        };
        subject.book.refund(entry).await.expect("the book can be written")
    };
    assert!(refund("too much", 1_001).await.is_none());
    assert!(refund("part", 400).await.is_some());
    assert!(refund("part", 400).await.is_some());
    let mut owed: Vec<_> =
        subject.claim_owed(&key).await.into_iter().map(|owed| (owed.id, owed.copy, owed.forged)).collect();
    owed.sort();
    assert_eq!(owed, [("part".to_owned(), 1, false), ("part".to_owned(), 2, true)]);
    assert!(refund("part", 400).await.is_some());
    assert!(subject.claim(&key).await.is_empty(), "a repetition owes nothing again");
    subject.strike_out(&["part"]).await;
}

async fn a_sending_is_due_after_its_delay_and_in_that_order(subject: &Subject<'_>) {
    let key = subject.key();
    subject.owe(&key, &[2 * AGAIN_MS, 10 * AGAIN_MS, AGAIN_MS]).await;
    assert!(subject.claim(&key).await.is_empty(), "nothing is due yet");
    subject.clock.sleep_ms(3 * AGAIN_MS).await;
    let first = subject.book.claim_callbacks(1, AGAIN_MS).await.expect("the book can be written");
    assert_eq!(first.len(), 1, "no more than the limit");
    let claimed = subject.claim(&key).await;
    let all: Vec<_> = first.into_iter().map(|owed| (owed.id, owed.copy)).chain(claimed).collect();
    assert_eq!(all, [(key.clone(), 3), (key.clone(), 1)], "due first, sent first");
    subject.strike_out(&[&key]).await;
}

async fn a_claimed_sending_is_nobody_elses_until_its_time_is_over(subject: &Subject<'_>) {
    let key = subject.key();
    subject.owe(&key, &[0]).await;
    assert_eq!(subject.claim(&key).await, [(key.clone(), 1)]);
    assert!(subject.claim(&key).await.is_empty(), "it is being sent");
    subject.clock.sleep_ms(2 * AGAIN_MS).await;
    let again = subject.claim_owed(&key).await;
    let tries: Vec<_> = again.iter().map(|owed| (owed.copy, owed.tries)).collect();
    assert_eq!(tries, [(1, 2)], "who had it has died: it comes again, and that is counted");
    subject.strike_out(&[&key]).await;
}

async fn what_is_finished_never_comes_again(subject: &Subject<'_>) {
    let key = subject.key();
    subject.owe(&key, &[0, 0]).await;
    assert_eq!(subject.claim(&key).await.len(), 2);
    for _ in 0..2 {
        subject.book.finish_callback(&key, 1).await.expect("the book can be written");
    }
    subject.clock.sleep_ms(2 * AGAIN_MS).await;
    assert_eq!(subject.claim(&key).await, [(key.clone(), 2)], "the other copy is still owed");
    subject.strike_out(&[&key, "unheard of"]).await;
}

async fn what_is_put_off_comes_again_after_its_pause(subject: &Subject<'_>) {
    let key = subject.key();
    subject.owe(&key, &[0, 0]).await;
    assert_eq!(subject.claim(&key).await.len(), 2);
    for (copy, pause_ms) in [(1, 0), (2, 4 * AGAIN_MS)] {
        subject.book.put_off_callback(&key, copy, pause_ms).await.expect("the book can be written");
    }
    assert_eq!(subject.claim(&key).await, [(key.clone(), 1)], "sooner than its claim");
    subject.clock.sleep_ms(2 * AGAIN_MS).await;
    assert_eq!(subject.claim(&key).await, [(key.clone(), 1)], "the other one later");
    subject.book.finish_callback(&key, 1).await.expect("the book can be written");
    subject.book.put_off_callback(&key, 1, 0).await.expect("the book can be written");
    subject.clock.sleep_ms(3 * AGAIN_MS).await;
    assert_eq!(subject.claim(&key).await, [(key.clone(), 2)], "what was struck out stays so");
    subject.strike_out(&[&key]).await;
}

/// What was written into a book, to be found again by who opens it later.
#[derive(Debug)]
pub struct Written {
    bookings: Vec<sellonce_checkout::simulated_book::Booking>,
    owed: BTreeMap<(String, u32), OwedCallback>,
}

/// Writes a payment of every kind, with a refund and sendings in every state. For books that outlive their process: drop
/// or kill it, open the book again, and [`Written::assert_kept`].
pub async fn write_every_kind(subject: &Subject<'_>) -> Written {
    let mut bookings = Vec::new();
    let mut owed = BTreeMap::new();
    for status in crate::simulated::STATUSES {
        let key = subject.key();
        // A claimed one, a finished one and one that is not due yet.
        let callbacks = planned(&key, &[0, 0, AGAIN_MS]);
        for (copy, tries) in [(1, 1), (3, 0)] {
            let (event, attempt_key) = ("payment.captured".to_owned(), key.clone());
            let kept = OwedCallback { id: key.clone(), copy, event, attempt_key, forged: copy > 1, tries };
            owed.insert((key.clone(), copy), kept);
        }
        let decline_code = (status == crate::simulated::DECLINED).then_some("card_declined");
        subject.book(BookEntry { callbacks, decline_code, ..subject.entry(&key, status, &[]) }).await;
        subject.claim(&key).await;
        subject.book.finish_callback(&key, 2).await.expect("the book can be written");
        if status == CAPTURED {
            subject.refund(&key, "part", money(400, subject.currency)).await;
        }
        bookings.extend(subject.booking(&key).await);
    }
    Written { bookings, owed }
}

impl Written {
    /// Asserts that a book has all that was written, and owes what it owed.
    pub async fn assert_kept(&self, subject: &Subject<'_>) {
        for booking in &self.bookings {
            assert_eq!(subject.booking(&booking.attempt_key).await.as_ref(), Some(booking));
        }
        subject.clock.sleep_ms(2 * AGAIN_MS).await;
        let claimed = subject.book.claim_callbacks(1_000, AGAIN_MS).await.expect("the book can be written");
        let ours = claimed
            .into_iter()
            .filter(|owed| self.bookings.iter().any(|booking| booking.attempt_key == owed.attempt_key));
        let found: BTreeMap<_, _> = ours
            .map(|owed| {
                let tries = owed.tries.saturating_sub(1);
                ((owed.id.clone(), owed.copy), OwedCallback { tries, ..owed })
            })
            .collect();
        assert_eq!(found, self.owed, "what was owed is owed still");
        let captured = self.bookings.iter().find(|booking| booking.status == CAPTURED);
        let captured = captured.expect("one of every kind");
        let again = subject.refund(&captured.attempt_key, "part", money(400, subject.currency)).await;
        assert_eq!(again.as_ref(), Some(captured), "a refund is remembered by its key");
    }
}
