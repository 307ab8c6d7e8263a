//! Payments: the attempt and its states, and the port to a provider with its contract.
//!
//! Decides which states a payment attempt walks and what a provider's answer means for the saga. Leaves the wire to
//! the payments crate, and when to ask to the coordinator.

use async_trait::async_trait;

use crate::callback::Callback;
use crate::clock::Timestamp;
use crate::id::SagaId;
use crate::money::Money;
use crate::saga;

/// Where a payment attempt stands. "Unknown" is no state: it is a question that has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It shall be made; the provider may or may not know of it.
    Created,
    /// The buyer has to act.
    RequiresAction,
    /// The money is set aside.
    Authorized,
    /// The money is ours.
    Captured,
    /// The provider refused.
    Declined,
    /// It was cancelled before any money moved.
    Cancelled,
    /// The money that was set aside was given back.
    Voided,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::RequiresAction,
        Self::Authorized,
        Self::Captured,
        Self::Declined,
        Self::Cancelled,
        Self::Voided,
    ];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::RequiresAction => "requires_action",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Voided => "voided",
        }
    }

    /// Reads [`Status::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The table: every legal move of a payment attempt (I6).
///
/// `created -> cancelled` is the provider's word that it never saw the attempt and never will make it. What ended
/// without money can still turn out captured, against the provider's word: that is booked, and goes back.
pub const TRANSITIONS: &[(Status, Status)] = &[
    (Status::Created, Status::Captured),
    (Status::Created, Status::Authorized),
    (Status::Created, Status::RequiresAction),
    (Status::Created, Status::Declined),
    (Status::Created, Status::Cancelled),
    (Status::RequiresAction, Status::Captured),
    (Status::RequiresAction, Status::Authorized),
    (Status::RequiresAction, Status::Declined),
    (Status::RequiresAction, Status::Cancelled),
    (Status::Authorized, Status::Captured),
    (Status::Authorized, Status::Voided),
    (Status::Declined, Status::Captured),
    (Status::Cancelled, Status::Captured),
    (Status::Voided, Status::Captured),
];

/// Whether a payment attempt may move so.
pub fn is_edge(from: Status, to: Status) -> bool {
    TRANSITIONS.contains(&(from, to))
}

/// A payment attempt as the shop's own books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The saga it belongs to; [`SagaId::attempt_key`] is its key at the provider.
    pub saga: SagaId,
    /// The provider's name, as `simulated`.
    pub provider: String,
    /// What the buyer pays with, as the provider names it; no card data.
    pub token: String,
    /// The locked total (I5).
    pub amount: Money,
    /// When its money is taken; asking again asks for the same.
    pub capture: Capture,
    /// Where it stands.
    pub status: Status,
    /// What was captured: the amount, or nothing.
    pub captured: Money,
    /// What went back.
    pub refunded: Money,
    /// What is on its way back.
    pub refund_pending: Money,
    /// The provider's own name of it, once known.
    pub provider_reference: Option<String>,
    /// Since when its outcome is unknown.
    pub unknown_since: Option<Timestamp>,
}

/// What a provider is asked to charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The attempt; its key makes asking again safe.
    pub saga: SagaId,
    /// How much; never more, never less.
    pub amount: Money,
    /// What the buyer pays with.
    pub token: String,
    /// Whether to take the money at once or to set it aside.
    pub capture: Capture,
}

/// When the money is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// With the charge.
    Automatic,
    /// After the order was placed.
    Manual,
}

impl Capture {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Automatic, Self::Manual];

    /// The name in config, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }

    /// Reads [`Capture::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capture| capture.as_str() == text)
    }
}

/// What a provider says of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The attempt's key, as the provider has it.
    pub attempt_key: String,
    /// The amount that it has.
    pub amount: Money,
    /// The provider's own name of the payment.
    pub reference: String,
    /// How it stands.
    pub outcome: Outcome,
}

/// How a payment stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money is taken.
    Captured,
    /// The money is set aside.
    Authorized,
    /// It was refused, with the provider's code.
    Declined(String),
    /// The buyer has to act at this address.
    RequiresAction(String),
    /// It was cancelled, and no charge under its key will ever be made.
    Cancelled,
    /// What was set aside was given back.
    Voided,
    /// The money was taken and went back.
    Refunded,
}

impl Outcome {
    /// Whether it may still become another one by being cancelled: nothing was taken, and nothing is over.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Authorized | Self::RequiresAction(_))
    }
}

/// No answer: the call may or may not have had its effect. The caller asks again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment provider gave no answer: {0}")]
pub struct Unknown(pub String);

/// A request in which a provider calls back, as it came.
#[derive(Clone, Copy, Debug)]
pub struct CallbackRequest<'a> {
    /// Its headers: names in lower case, and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body, byte for byte.
    pub body: &'a [u8],
}

/// A callback that is not its provider's, too old, or cannot be read; with the reason, for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no callback of the payment provider: {0}")]
pub struct NotAuthentic(pub String);

/// Tells the callbacks of one provider from forged ones: the only part that knows how they are signed.
pub trait CallbackReader: Send + Sync {
    /// The callback, if it is truly the provider's and of this time.
    fn read(&self, request: &CallbackRequest<'_>, now: Timestamp) -> Result<Callback, NotAuthentic>;
}

/// What a payment provider must do. Every method is safe to repeat; none of them ever guesses.
///
/// - A charge is made at most once per attempt key, whatever happens: asked again, the provider tells how the first
///   one ended. The amount and the token of a repetition are those of the first.
/// - After a cancellation was confirmed, a charge under that key is never made: not even one that is still on its
///   way. A provider that never saw the attempt must remember its cancellation.
/// - A capture that is refused for good is answered `Declined`, every time; what was set aside stays so until `cancel`
///   gives it back, which is answered `Voided`.
/// - `Unknown` means that nothing is known. A refusal for reasons of the moment (overload, network) is unknown, too;
///   `Declined` is the provider's final word on this attempt.
/// - Each call ends within its time limit ([`crate::limits::Times::payment_call_ms`]).
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Makes the payment, or tells how it ended.
    async fn charge(&self, charge: &Charge) -> Result<Report, Unknown>;
    /// Tells how a payment stands; `None` if the provider has never seen it.
    async fn find(&self, attempt: &Attempt) -> Result<Option<Report>, Unknown>;
    /// Cancels a payment unless its money was taken already; tells how it stands then.
    async fn cancel(&self, attempt: &Attempt) -> Result<Report, Unknown>;
    /// Takes money that was set aside; tells how it stands then.
    async fn capture(&self, attempt: &Attempt) -> Result<Report, Unknown>;
    /// Gives money back, once per refund key.
    async fn refund(
        &self,
        attempt: &Attempt,
        refund_key: &str,
        amount: Money,
    ) -> Result<RefundOutcome, Unknown>;
}

/// How a refund ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is on its way back.
    Refunded,
    /// The provider refused it for good, with its code.
    Refused(String),
}

/// What a report means: the saga's event, and the attempt's next status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the saga learns; `None` if it learned nothing new and asks again later.
    pub event: Option<saga::Event>,
    /// Where the attempt stands now.
    pub status: Status,
}

/// Judges a report against the attempt that it should be of.
///
/// A report of another amount, currency or key never leads to an order: what was taken goes back (I5). Nor does money
/// that is only set aside although it was to be taken at once. A report of an older state than the one that is known
/// is no news: a status only moves along its edges.
pub fn judge(report: &Report, attempt: &Attempt) -> Judgement {
    let same = report.attempt_key == attempt.saga.attempt_key() && report.amount == attempt.amount;
    let was_set_aside = matches!(attempt.status, Status::Authorized | Status::Voided);
    let (event, status) = match &report.outcome {
        Outcome::Captured if same => (saga::Event::Captured, Status::Captured),
        Outcome::Captured => (saga::Event::CapturedNeverOrder, Status::Captured),
        Outcome::Authorized if same && attempt.capture == Capture::Manual => {
            (saga::Event::Authorized, Status::Authorized)
        }
        Outcome::Authorized => (saga::Event::AuthorizedNeverOrder, Status::Authorized),
        // What cannot be taken is still set aside, until it is given back.
        Outcome::Declined(_) if was_set_aside => (saga::Event::CaptureRefused, attempt.status),
        Outcome::Declined(_) => (saga::Event::Declined, Status::Declined),
        Outcome::RequiresAction(_) => (saga::Event::RequiresAction, Status::RequiresAction),
        Outcome::Cancelled | Outcome::Voided if was_set_aside => (saga::Event::Voided, Status::Voided),
        // Set aside and given back before the shop heard of it: to its books, money never moved.
        Outcome::Cancelled | Outcome::Voided => (saga::Event::Cancelled, Status::Cancelled),
        Outcome::Refunded => (saga::Event::Refunded, Status::Captured),
    };
    let older = status != attempt.status && !is_edge(attempt.status, status);
    let known = status == attempt.status && status == Status::RequiresAction;
    if older || known {
        return Judgement { event: None, status: attempt.status };
    }
    Judgement { event: Some(event), status }
}
