//! The simulated provider calls back: of what, how often, in what order, signed or forged, and until it is heard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::id::{SagaId, Uuid};
use sellonce_checkout::payment::{Capture, PaymentProvider};
use sellonce_payments::contract::callbacks::{Request, Subject, check};
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::callbacks::{BadCallbacks, Callbacks, Reader, SignedCallback, Tells};
use sellonce_payments::simulated::{NAME, Settings, Simulated};
use sellonce_payments::standard_webhooks::Secret;

use crate::{Standing, attempt_of, charge, finish, provider, settings};

fn secret() -> Secret {
    Secret::from_bytes([1; 32])
}

struct Bank {
    clock: Arc<Standing>,
    provider: Simulated,
    reader: Reader,
}

impl Bank {
    fn new(callbacks: Option<Callbacks>) -> Self {
        let clock = Arc::new(Standing::default());
        let book = Arc::new(MemoryBook::new(clock.clone()));
        let provider = provider(&book, &clock, Settings { callbacks, ..settings() });
        Self { clock, provider, reader: Reader::new(vec![secret()]) }
    }

    fn telling(tells: Tells) -> Self {
        Self::new(Some(Callbacks { tells, ..Callbacks::new(secret()) }))
    }

    fn charge(&self, number: u128, token: &str, capture: Capture) {
        drop(finish(&self.clock, self.provider.charge(&charge(number, token, capture))));
    }

    fn due(&self) -> Vec<SignedCallback> {
        finish(&self.clock, self.provider.due_callbacks(1_000)).0.expect("memory does not fail")
    }

    fn called_back(&self, callback: &SignedCallback, taken: bool) {
        finish(&self.clock, self.provider.called_back(callback, taken)).0.expect("memory does not fail");
    }

    fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// What the shop reads of a callback: its id and the payment it names.
    fn read(&self, callback: &SignedCallback) -> Result<(String, Option<SagaId>), String> {
        let headers = callback.headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let request = sellonce_checkout::payment::CallbackRequest { headers: &headers, body: &callback.body };
        let read = sellonce_checkout::payment::CallbackReader::read(&self.reader, &request, self.clock.now());
        read.map(|callback| (callback.id, callback.attempt)).map_err(|refused| refused.0)
    }

    /// Takes every callback until none is owed; tells the ids in the order of their coming, and the true ones' bodies.
    fn hear_all(&self) -> (Vec<String>, BTreeSet<String>) {
        let (mut ids, mut bodies) = (Vec::new(), BTreeSet::new());
        for _ in 0..200 {
            for callback in self.due() {
                if let Ok((id, _)) = self.read(&callback) {
                    ids.push(id);
                    bodies.insert(String::from_utf8(callback.body.clone()).expect("JSON is text"));
                }
                self.called_back(&callback, true);
            }
            self.pass(100);
        }
        (ids, bodies)
    }
}

fn key(number: u128) -> String {
    SagaId(Uuid::from_u128(number)).attempt_key()
}

#[test]
fn the_reader_keeps_the_contract() {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let send = |id: &str, attempt_key: &str, at: Timestamp| {
        let body =
            format!(r#"{{"type":"payment.captured","data":{{"payment":"{attempt_key}"}}}}"#).into_bytes();
        let seconds = at.millis() / 1_000;
        let signature = secret().sign(id, seconds, &body);
        let headers = [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ];
        Request { headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(), body }
    };
    let saga = SagaId(Uuid::from_u128(7));
    let reader = Reader::new(vec![Secret::from_bytes([2; 32]), secret()]);
    check(&Subject { reader: &reader, provider: NAME, saga, now, send: &send });
    // What is truly signed and still no callback is refused in words.
    let headers = [("webhook-id", "a"), ("webhook-timestamp", "1700000000")];
    let signature = secret().sign("a", 1_700_000_000, b"<html>");
    let headers = [headers[0], headers[1], ("webhook-signature", signature.as_str())];
    let request = sellonce_checkout::payment::CallbackRequest { headers: &headers, body: b"<html>" };
    let refused = sellonce_checkout::payment::CallbackReader::read(&reader, &request, now);
    assert!(refused.is_err_and(|refused| refused.0.contains("no JSON")));
}

#[test]
fn the_shop_is_told_what_its_buyers_did_and_nothing_that_it_was_answered() {
    let bank = Bank::telling(Tells::BuyersActs);
    bank.charge(1, "tok_ok", Capture::Automatic);
    for (number, succeed) in [(2, true), (3, false)] {
        bank.charge(number, "tok_requires_action", Capture::Automatic);
        let acted = finish(&bank.clock, bank.provider.act(&key(number), succeed)).0;
        assert!(acted.is_ok_and(|booking| booking.is_some()));
    }
    let due = bank.due();
    let read: Vec<_> = due.iter().map(|callback| bank.read(callback)).collect();
    let expected = |number: u128, status: &str| {
        Ok((format!("{}_{status}", key(number)), Some(SagaId(Uuid::from_u128(number)))))
    };
    assert_eq!(read, [expected(2, "captured"), expected(3, "declined")]);
}

#[test]
fn the_shop_is_told_of_every_change_once_if_it_wants_to() {
    let bank = Bank::telling(Tells::Everything);
    let payment = charge(1, "tok_ok", Capture::Manual);
    let attempt = attempt_of(&payment);
    for _ in 0..3 {
        assert!(finish(&bank.clock, bank.provider.charge(&payment)).0.is_ok());
        assert!(finish(&bank.clock, bank.provider.capture(&attempt)).0.is_ok());
        assert!(finish(&bank.clock, bank.provider.refund(&attempt, "ref_1", payment.amount)).0.is_ok());
    }
    for (number, token) in [(2, "tok_ok"), (3, "tok_requires_action"), (4, "tok_declined")] {
        bank.charge(number, token, Capture::Manual);
        let attempt = attempt_of(&charge(number, token, Capture::Manual));
        assert!(finish(&bank.clock, bank.provider.cancel(&attempt)).0.is_ok());
    }
    let (ids, bodies) = bank.hear_all();
    let expected = [
        (1, "authorized"),
        (1, "captured"),
        (1, "ref_1"),
        (2, "authorized"),
        (2, "voided"),
        (3, "cancelled"),
        (3, "requires_action"),
        (4, "declined"),
    ];
    let expected = expected.map(|(number, name)| format!("{}_{name}", key(number)));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
    assert_eq!(ids.len(), expected.len(), "each once");
    let refunded = format!(r#"{{"data":{{"payment":"{}"}},"type":"payment.refunded"}}"#, key(1));
    assert!(bodies.contains(&refunded), "{bodies:?}");
}

#[test]
fn nobody_is_called_back_without_a_secret_and_nothing_is_owed() {
    let bank = Bank::new(None);
    bank.charge(1, "tok_requires_action", Capture::Automatic);
    assert!(finish(&bank.clock, bank.provider.act(&key(1), true)).0.is_ok());
    assert!(bank.due().is_empty());
}

/// A bank whose callbacks come in every way that they can.
fn unruly(seed: u64) -> Callbacks {
    Callbacks {
        tells: Tells::Everything,
        seed,
        copies_max: 5,
        delay_ms_max: 5_000,
        never_per_mille: 50,
        forged_per_mille: 100,
        ..Callbacks::new(secret())
    }
}

#[test]
fn callbacks_come_never_or_up_to_five_times_late_and_in_another_order() {
    let bank = Bank::new(Some(unruly(1)));
    const PAYMENTS: u128 = 1_000;
    for number in 0..PAYMENTS {
        let payment = charge(number, "tok_ok", Capture::Manual);
        assert!(finish(&bank.clock, bank.provider.charge(&payment)).0.is_ok());
        assert!(finish(&bank.clock, bank.provider.capture(&attempt_of(&payment))).0.is_ok());
    }
    let (ids, _) = bank.hear_all();
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    for id in &ids {
        *copies.entry(id).or_default() += 1;
    }
    let changes = 2 * usize::try_from(PAYMENTS).expect("a small number");
    let never = changes - copies.len();
    assert!((50..150).contains(&never), "about 50 of 1000 are never sent: {never}");
    for count in 1..=5 {
        let found = copies.values().filter(|copies| **copies == count).count();
        assert!(found > changes / 8, "about a fifth is sent {count} times: {found}");
    }
    assert!(copies.values().all(|count| *count <= 5));
    let first =
        |number: u128, status: &str| ids.iter().position(|id| *id == format!("{}_{status}", key(number)));
    let pairs = (0..PAYMENTS).filter_map(|number| first(number, "authorized").zip(first(number, "captured")));
    let (later, earlier): (Vec<_>, Vec<_>) = pairs.partition(|(authorized, captured)| captured < authorized);
    assert!(later.len() > 300 && earlier.len() > 300, "{} of {} overtake", later.len(), earlier.len());
}

#[test]
fn forged_callbacks_are_refused_by_the_reader_and_not_sent_again() {
    let bank = Bank::new(Some(Callbacks {
        forged_per_mille: 1_000,
        tells: Tells::Everything,
        ..Callbacks::new(secret())
    }));
    bank.charge(1, "tok_ok", Capture::Automatic);
    let due = bank.due();
    let [true_one, forged] = due.as_slice() else { panic!("{due:?}") };
    assert!(!true_one.is_forged() && forged.is_forged());
    assert_eq!(true_one.body, forged.body, "only the signature tells them apart");
    assert_eq!(true_one.headers[1], forged.headers[1], "it takes the true one's id");
    assert!(bank.read(true_one).is_ok());
    assert!(bank.read(forged).is_err_and(|refused| refused.contains("no signature is by a known secret")));
    bank.called_back(forged, false);
    bank.called_back(true_one, true);
    bank.pass(100_000);
    assert!(bank.due().is_empty());
}

#[test]
fn the_same_seed_calls_back_alike() {
    let day = |seed: u64| {
        let bank = Bank::new(Some(unruly(seed)));
        (0..100).for_each(|number| bank.charge(number, "tok_ok", Capture::Automatic));
        bank.hear_all().0
    };
    assert_eq!(day(1), day(1));
    assert_ne!(day(1), day(2));
}

#[test]
fn a_callback_that_is_not_taken_comes_again_after_pauses_that_grow_signed_anew() {
    let bank = Bank::telling(Tells::Everything);
    bank.charge(1, "tok_ok", Capture::Automatic);
    let mut pauses = Vec::new();
    let mut tried_at = bank.clock.now();
    let mut bodies = BTreeSet::new();
    for _ in 0..3_000 {
        for callback in bank.due() {
            assert!(bank.read(&callback).is_ok(), "its time is that of this sending");
            bodies.insert(callback.body.clone());
            pauses.push(bank.clock.now().ms_since(tried_at));
            tried_at = bank.clock.now();
            bank.called_back(&callback, false);
        }
        bank.pass(1_000);
    }
    assert_eq!(bodies.len(), 1);
    let seconds: Vec<_> = pauses.iter().map(|ms| ms / 1_000).collect();
    assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
}

#[test]
fn a_callback_that_nobody_takes_is_given_up_in_the_end() {
    let bank = Bank::telling(Tells::Everything);
    bank.charge(1, "tok_ok", Capture::Automatic);
    let mut tries = 0;
    for _ in 0..40 {
        for callback in bank.due() {
            tries += 1;
            bank.called_back(&callback, false);
        }
        bank.pass(600_000);
    }
    assert_eq!(tries, 16);
}

#[test]
fn a_callback_whose_server_died_with_it_is_sent_by_another() {
    let bank = Bank::telling(Tells::Everything);
    bank.charge(1, "tok_ok", Capture::Automatic);
    let first = bank.due();
    assert_eq!(first.len(), 1);
    bank.pass(29_000);
    assert!(bank.due().is_empty(), "it may still be being sent");
    bank.pass(1_000);
    let again = bank.due();
    assert_eq!((again.len(), &again[0].body), (1, &first[0].body));
}

#[test]
fn settings_that_cannot_be_kept_are_refused_in_words() {
    let fine = unruly(1);
    assert_eq!(fine.clone().checked(), Ok(fine.clone()));
    let check = |callbacks: Callbacks, expect: BadCallbacks, words: &str| {
        assert_eq!(callbacks.checked(), Err(expect));
        assert_eq!(expect.to_string(), words);
    };
    for copies_max in [0, 6] {
        let words = format!("a callback can be sent 1 to 5 times at most, not {copies_max}");
        check(Callbacks { copies_max, ..fine.clone() }, BadCallbacks::Copies(copies_max), &words);
    }
    let words = "a callback can be late by 0 ms or more, not by -1";
    check(Callbacks { delay_ms_max: -1, ..fine.clone() }, BadCallbacks::Delay(-1), words);
    let words = "1001 of 1000 callbacks is more than all of them";
    check(Callbacks { forged_per_mille: 1_001, ..fine.clone() }, BadCallbacks::Rate(1_001), words);
    check(Callbacks { never_per_mille: 1_001, ..fine }, BadCallbacks::Rate(1_001), words);
}
