//! Readers of callbacks: what every provider's reader must take, and what it must refuse.

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::payment::{CallbackReader, CallbackRequest};

/// A reader under test.
pub struct Subject<'a> {
    /// The reader.
    pub reader: &'a dyn CallbackReader,
    /// The name of its provider.
    pub provider: &'a str,
    /// A payment of the shop.
    pub saga: SagaId,
    /// Now.
    pub now: Timestamp,
    /// Makes a request as the provider sends it: with this id, about the payment of this key, at this time.
    pub send: &'a dyn Fn(&str, &str, Timestamp) -> Request,
}

/// A request in which a provider calls back.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// How old or new a callback may be without being refused, for any provider.
const FRESH_MS: i64 = 60_000;
/// How old or new a callback is refused for, by any provider.
const STALE_MS: i64 = 3_600_000;

/// Every case about readers.
pub fn check(subject: &Subject<'_>) {
    a_true_callback_is_read_and_read_again(subject);
    a_callback_about_nobodys_payment_is_read(subject);
    what_was_changed_on_its_way_is_refused(subject);
    what_is_not_signed_is_refused(subject);
    what_is_too_old_or_too_new_is_refused(subject);
}

impl Subject<'_> {
    fn read(&self, request: &Request) -> Result<(String, Option<SagaId>), String> {
        let headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = CallbackRequest { headers: &headers, body: &request.body };
        let callback = self.reader.read(&request, self.now).map_err(|refused| refused.0)?;
        assert_eq!(callback.provider, self.provider, "a callback names its provider");
        Ok((callback.id, callback.attempt))
    }

    fn assert_refused(&self, request: &Request, why: &str) {
        let refused = self.read(request).expect_err(why);
        assert!(!refused.is_empty(), "a refusal says why");
    }

    fn sent(&self, at: Timestamp) -> Request {
        (self.send)("cb_1", &self.saga.attempt_key(), at)
    }
}

fn a_true_callback_is_read_and_read_again(subject: &Subject<'_>) {
    for age_ms in [0, FRESH_MS, -FRESH_MS] {
        let request = subject.sent(subject.now.plus_ms(-age_ms));
        for _ in 0..2 {
            let read = subject.read(&request);
            assert_eq!(read, Ok(("cb_1".to_owned(), Some(subject.saga))), "sent {age_ms} ms ago");
        }
    }
}

fn a_callback_about_nobodys_payment_is_read(subject: &Subject<'_>) {
    let request = (subject.send)("cb_2", "nobody's", subject.now);
    assert_eq!(subject.read(&request), Ok(("cb_2".to_owned(), None)), "true, and about nothing of ours");
}

fn what_was_changed_on_its_way_is_refused(subject: &Subject<'_>) {
    let request = subject.sent(subject.now);
    for at in 0..request.body.len() {
        let mut changed = request.clone();
        changed.body[at] ^= 1;
        subject.assert_refused(&changed, "a byte of the body is another one");
    }
    let mut longer = request.clone();
    longer.body.push(b' ');
    subject.assert_refused(&longer, "the body goes on");
    let of_another = (subject.send)("cb_2", "nobody's", subject.now);
    let mixed = Request { headers: request.headers, body: of_another.body };
    subject.assert_refused(&mixed, "a signature is good for its own body");
}

fn what_is_not_signed_is_refused(subject: &Subject<'_>) {
    let request = subject.sent(subject.now);
    subject.assert_refused(&Request { headers: Vec::new(), ..request.clone() }, "nothing is signed");
    let blank = request.headers.iter().map(|(name, _)| (name.clone(), String::new())).collect();
    subject.assert_refused(&Request { headers: blank, ..request.clone() }, "all headers are empty");
    subject.assert_refused(&Request { body: Vec::new(), ..request }, "there is no body");
}

fn what_is_too_old_or_too_new_is_refused(subject: &Subject<'_>) {
    for age_ms in [STALE_MS, -STALE_MS] {
        let request = subject.sent(subject.now.plus_ms(-age_ms));
        subject.assert_refused(&request, "a caught callback cannot be played again");
    }
}
