//! The simulated provider: charges nobody, and keeps the contract of the port as a real one does.
//!
//! Decides what each test token does to a payment. Leaves remembering it to the port [`SimulatedBook`], whose condition
//! in the write is the only thing that decides between two servers that ask at the same time:
//!
//! | call | books | only if there is no booking, or it is |
//! | --- | --- | --- |
//! | charge | what the token makes of a first asking | (no booking) |
//! | charge | captured or authorized, after an asking that was lost | lost |
//! | cancel | cancelled | lost, requires_action |
//! | cancel | voided | authorized |
//! | capture | captured | authorized |
//! | act | captured or authorized, or declined | requires_action |
//!
//! Each change is told to the shop as `callbacks` decides, written with it. What goes wrong on the way to the provider, by
//! `faults`, is put before it: `Faulty::new(Simulated::new(..), ..)`. The provider keeps nothing but its settings and the
//! book, so that the shop's calls, the page where buyers act and the sender of callbacks may each have one of their own.
//!
//! A booking is never deleted, and captured, declined, cancelled and voided are never left. So money is taken at most
//! once per key, and never after a cancellation was confirmed.

pub mod callbacks;
mod draw;
pub mod faults;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::money::Money;
use sellonce_checkout::payment::{
    Attempt, Capture, Charge, Outcome, PaymentProvider, RefundOutcome, Report, Unknown,
};
#[cfg(feature = "sabotage")]
use sellonce_checkout::sabotage::{self, Sabotage};
use sellonce_checkout::simulated_book::{BookEntry, Booking, RefundEntry, SimulatedBook};
use sellonce_checkout::store::Failure;

use callbacks::{Callbacks, Change, Tells};
use token::Token;

/// The provider's name in requests and in config.
pub const NAME: &str = "simulated";

/// Asked for and answered with silence; nothing was charged.
pub(crate) const LOST: &str = "lost";
/// The buyer has to act.
pub(crate) const REQUIRES_ACTION: &str = "requires_action";
/// The money is set aside.
pub(crate) const AUTHORIZED: &str = "authorized";
/// The money is taken.
pub(crate) const CAPTURED: &str = "captured";
/// It was refused.
pub(crate) const DECLINED: &str = "declined";
/// It was cancelled before any money moved.
pub(crate) const CANCELLED: &str = "cancelled";
/// What was set aside was given back.
pub(crate) const VOIDED: &str = "voided";

/// Every status of a booking.
pub(crate) const STATUSES: [&str; 7] =
    [LOST, REQUIRES_ACTION, AUTHORIZED, CAPTURED, DECLINED, CANCELLED, VOIDED];

/// How the simulated provider behaves, apart from what the tokens say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address under which buyers reach the page where they act, as `https://shop.example`.
    pub public_url: String,
    /// What becomes of a payment that its buyer approves; the same as the shop's charges ask for.
    pub capture: Capture,
    /// How long every call takes on its way here.
    pub latency_ms: i64,
    /// How long the first answer to `tok_slow` takes.
    pub slow_ms: i64,
    /// How the shop is called back; `None`: never.
    pub callbacks: Option<Callbacks>,
}

/// The path of the page where a buyer acts on a payment, before its key.
pub const ACTION_PATH: &str = "/simulated/payments/";

impl Settings {
    /// Takes the money at once, answers at once, but for `tok_slow`: 2 s, and calls nobody back.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            capture: Capture::Automatic,
            latency_ms: 0,
            slow_ms: 2_000,
            callbacks: None,
        }
    }
}

/// The simulated provider, as one server has it; the book is what servers share.
pub struct Simulated {
    book: Arc<dyn SimulatedBook>,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl Simulated {
    /// The provider over a book.
    pub fn new(book: Arc<dyn SimulatedBook>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self { book, clock, settings }
    }

    /// The payment under a key, for the page where its buyer acts: its status is `requires_action` as long as it waits for
    /// them.
    pub async fn payment(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        self.book.booking(attempt_key).await
    }

    /// The buyer acts on a payment that waits for them; tells how it stands then, `None` if there is no such payment.
    ///
    /// A payment that waits for nobody stays as it is, so acting twice is acting once.
    pub async fn act(&self, attempt_key: &str, succeed: bool) -> Result<Option<Booking>, Failure> {
        // Only what was booked can be acted on; bookings never go away, so the look stays true.
        let Some(found) = self.book.booking(attempt_key).await? else { return Ok(None) };
        let (status, decline_code) = if succeed {
            (taken(self.settings.capture), None)
        } else {
            (DECLINED, Some("authentication_failed"))
        };
        let only_from: &[&str] = &[REQUIRES_ACTION];
        let (token, amount) = (found.token, found.amount);
        let callbacks = self.owed(Change::status(attempt_key, status, Tells::BuyersActs));
        let attempt_key = attempt_key.to_owned();
        let entry = BookEntry { attempt_key, token, amount, status, decline_code, only_from, callbacks };
        self.book.book(entry).await.map(Some)
    }

    async fn on_the_way(&self) {
        self.clock.sleep_ms(self.settings.latency_ms).await;
    }

    async fn book(&self, entry: BookEntry) -> Result<Booking, Unknown> {
        self.book.book(entry).await.map_err(|failure| unknown(&failure))
    }

    async fn booking(&self, attempt: &Attempt) -> Result<Option<Booking>, Unknown> {
        self.book.booking(&attempt.saga.attempt_key()).await.map_err(|failure| unknown(&failure))
    }

    /// Charges under a key, or tells how the charge under it ended.
    async fn charge_under(&self, attempt_key: String, charge: &Charge) -> Result<Report, Unknown> {
        let taken = taken(charge.capture);
        let asked_for = Token::parse(&charge.token);
        let entry = |status, decline_code, only_from| BookEntry {
            attempt_key: attempt_key.clone(),
            token: charge.token.clone(),
            amount: charge.amount,
            status,
            decline_code,
            only_from,
            callbacks: self.owed(Change::status(&attempt_key, status, Tells::Everything)),
        };
        let first = entry(asked_for.first_status(taken), asked_for.decline_code(), &[]);
        let mut booking = self.book(first).await?;
        if booking.status == LOST && booking.asked > 1 {
            booking = self.book(entry(taken, None, &[LOST])).await?;
        }
        // The token of the first asking decides, whatever a repetition brings.
        let token = Token::parse(&booking.token);
        if token == Token::Slow && booking.asked == 1 {
            self.clock.sleep_ms(self.settings.slow_ms).await;
        }
        if token.loses_answer(&booking.status, booking.asked) {
            return Err(Unknown("the answer was lost".to_owned()));
        }
        self.report(booking).ok_or_else(|| Unknown("the asking was lost".to_owned()))
    }

    fn move_to(
        &self,
        attempt: &Attempt,
        status: &'static str,
        only_from: &'static [&'static str],
    ) -> BookEntry {
        let attempt_key = attempt.saga.attempt_key();
        let callbacks = self.owed(Change::status(&attempt_key, status, Tells::Everything));
        let (token, amount) = (attempt.token.clone(), attempt.amount);
        BookEntry { attempt_key, token, amount, status, decline_code: None, only_from, callbacks }
    }

    /// What the provider says of a booking; nothing of one whose asking was lost.
    fn report(&self, booking: Booking) -> Option<Report> {
        let outcome = match booking.status.as_str() {
            CAPTURED if booking.refunded == booking.amount && !booking.amount.is_zero() => Outcome::Refunded,
            CAPTURED => Outcome::Captured,
            AUTHORIZED => Outcome::Authorized,
            DECLINED => Outcome::Declined(booking.decline_code.unwrap_or_default()),
            REQUIRES_ACTION => Outcome::RequiresAction(format!(
                "{}{ACTION_PATH}{}",
                self.settings.public_url.trim_end_matches('/'),
                booking.attempt_key
            )),
            CANCELLED => Outcome::Cancelled,
            VOIDED => Outcome::Voided,
            _ => return None,
        };
        let reference = format!("simulated_{}", booking.attempt_key);
        Some(Report { attempt_key: booking.attempt_key, amount: booking.amount, reference, outcome })
    }
}

#[async_trait]
impl PaymentProvider for Simulated {
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown> {
        self.on_the_way().await;
        let attempt_key = charge.saga.attempt_key();
        #[cfg(feature = "sabotage")]
        if sabotage::is(Sabotage::RetryWithNewProviderKey)
            && self.book.booking(&attempt_key).await.is_ok_and(|before| before.is_some())
        {
            let report = self.charge_under(format!("{attempt_key}-again"), charge).await?;
            return Ok(Report { attempt_key, ..report });
        }
        self.charge_under(attempt_key, charge).await
    }

    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown> {
        self.on_the_way().await;
        Ok(self.booking(attempt).await?.and_then(|booking| self.report(booking)))
    }

    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.on_the_way().await;
        let mut booking = self.book(self.move_to(attempt, CANCELLED, &[LOST, REQUIRES_ACTION])).await?;
        if booking.status == AUTHORIZED {
            booking = self.book(self.move_to(attempt, VOIDED, &[AUTHORIZED])).await?;
        }
        self.report(booking).ok_or_else(|| Unknown("the book did not take the cancellation".to_owned()))
    }

    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown> {
        self.on_the_way().await;
        // An entry without a booking would make one, and what nobody set aside cannot be taken.
        let nothing_set_aside = || Unknown("nothing was set aside that could be taken".to_owned());
        self.booking(attempt).await?.ok_or_else(nothing_set_aside)?;
        let booking = self.book(self.move_to(attempt, CAPTURED, &[AUTHORIZED])).await?;
        self.report(booking).ok_or_else(nothing_set_aside)
    }

    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown> {
        self.on_the_way().await;
        // A refusal is for good, so it must not be given while the money may still be taken.
        let ended =
            |booking: &Booking| [CAPTURED, DECLINED, CANCELLED, VOIDED].contains(&booking.status.as_str());
        if !self.booking(attempt).await?.is_some_and(|booking| ended(&booking)) {
            return Err(Unknown("nothing was taken yet that could go back".to_owned()));
        }
        let (attempt_key, refund_key) = (attempt.saga.attempt_key(), refund_key.to_owned());
        let callbacks = self.owed(Some(Change::refund(&attempt_key, &refund_key)));
        let entry = RefundEntry { attempt_key, refund_key, amount, callbacks };
        let booked = self.book.refund(entry).await;
        Ok(match booked.map_err(|failure| unknown(&failure))? {
            Some(_) => RefundOutcome::Refunded,
            None => RefundOutcome::Refused("exceeds_captured".to_owned()),
        })
    }
}

/// How a payment stands once it was charged.
fn taken(capture: Capture) -> &'static str {
    match capture {
        Capture::Automatic => CAPTURED,
        Capture::Manual => AUTHORIZED,
    }
}

/// A book that gives no answer is a provider that gives none: what it did is not known.
fn unknown(failure: &Failure) -> Unknown {
    Unknown(failure.to_string())
}
