//! The saga: the durable run of one checkout's steps, as a pure table.
//!
//! Decides `(state, event) -> state`, what each state does next, and when a step is tried again. Leaves doing it to
//! the coordinator, and writing each move as a compare-and-set on state and fence (I6, I14) to the store.

use crate::clock::Timestamp;
use crate::limits::Times;

/// Where a saga stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Stock is held; the payment is to be made, or its outcome to be learned.
    Reserved,
    /// The buyer has to act before the payment goes on.
    AwaitingBuyer,
    /// The provider is being asked to cancel the payment.
    Cancelling,
    /// The order is placed and pending; the authorized payment is to be captured.
    Ordered,
    /// The money is being given back.
    Refunding,
    /// The authorization is being given back.
    Voiding,
    /// The order is placed and paid: the end.
    Placed,
    /// Everything is given back: the end.
    Released,
}

/// What a saga learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// The money is ours; also when there was nothing to pay.
    Captured,
    /// The money is set aside for us.
    Authorized,
    /// The provider refused the payment.
    Declined,
    /// The provider wants the buyer to act.
    RequiresAction,
    /// The hold is over.
    Expired,
    /// The buyer does not want it any more.
    BuyerCancelled,
    /// The provider confirmed the cancellation.
    Cancelled,
    /// The provider never saw the payment, and will never make it.
    NeverSeen,
    /// The money was taken, and the order can never be created.
    CapturedNeverOrder,
    /// The money was set aside, and the order can never be created.
    AuthorizedNeverOrder,
    /// The provider refuses the capture for good.
    CaptureRefused,
    /// The money is back at the buyer.
    Refunded,
    /// The authorization is gone.
    Voided,
    /// An operator wants no order of it, whatever its payment turns out to be.
    GivenUp,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Reserved,
        Self::AwaitingBuyer,
        Self::Cancelling,
        Self::Ordered,
        Self::Refunding,
        Self::Voiding,
        Self::Placed,
        Self::Released,
    ];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::AwaitingBuyer => "awaiting_buyer",
            Self::Cancelling => "cancelling",
            Self::Ordered => "ordered",
            Self::Refunding => "refunding",
            Self::Voiding => "voiding",
            Self::Placed => "placed",
            Self::Released => "released",
        }
    }

    /// Reads [`State::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the saga is over.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Placed | Self::Released)
    }
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 14] = [
        Self::Captured,
        Self::Authorized,
        Self::Declined,
        Self::RequiresAction,
        Self::Expired,
        Self::BuyerCancelled,
        Self::Cancelled,
        Self::NeverSeen,
        Self::CapturedNeverOrder,
        Self::AuthorizedNeverOrder,
        Self::CaptureRefused,
        Self::Refunded,
        Self::Voided,
        Self::GivenUp,
    ];
}

/// The table: every legal move. What is not here changes nothing.
pub const TRANSITIONS: &[(State, Event, State)] = {
    use Event::*;
    use State::*;
    &[
        (Reserved, Captured, Placed),
        (Reserved, Authorized, Ordered),
        (Reserved, Declined, Released),
        (Reserved, RequiresAction, AwaitingBuyer),
        (Reserved, Expired, Cancelling),
        (Reserved, CapturedNeverOrder, Refunding),
        (Reserved, AuthorizedNeverOrder, Voiding),
        // These two by an operator's word alone, who knows more than the provider says.
        (Reserved, NeverSeen, Released),
        (Reserved, GivenUp, Cancelling),
        (AwaitingBuyer, Captured, Placed),
        (AwaitingBuyer, Authorized, Ordered),
        (AwaitingBuyer, Declined, Released),
        (AwaitingBuyer, Expired, Cancelling),
        (AwaitingBuyer, BuyerCancelled, Cancelling),
        (AwaitingBuyer, Cancelled, Released),
        (AwaitingBuyer, CapturedNeverOrder, Refunding),
        (AwaitingBuyer, AuthorizedNeverOrder, Voiding),
        (AwaitingBuyer, NeverSeen, Released),
        (AwaitingBuyer, GivenUp, Cancelling),
        (Cancelling, Cancelled, Released),
        (Cancelling, NeverSeen, Released),
        (Cancelling, Declined, Released),
        // Taken and given back before we heard of it: nothing is left to undo.
        (Cancelling, Refunded, Released),
        (Cancelling, Captured, Placed),
        (Cancelling, Authorized, Ordered),
        (Cancelling, CapturedNeverOrder, Refunding),
        (Cancelling, AuthorizedNeverOrder, Voiding),
        (Ordered, Captured, Placed),
        (Ordered, CaptureRefused, Voiding),
        (Ordered, GivenUp, Voiding),
        // What was set aside is gone: nothing can be captured any more.
        (Ordered, Voided, Voiding),
        // Other money than was set aside was taken, or it went back by another hand: the order cannot stay.
        (Ordered, CapturedNeverOrder, Refunding),
        (Ordered, Refunded, Refunding),
        (Refunding, Refunded, Released),
        (Voiding, Voided, Released),
        // The capture was under way after all when it was called off: the money goes back another way.
        (Voiding, Captured, Refunding),
        (Voiding, CapturedNeverOrder, Refunding),
        (Voiding, Refunded, Released),
    ]
};

/// The state after an event, or `None` where the table has no such move.
pub fn transition(state: State, event: Event) -> Option<State> {
    let found = TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (state, event));
    found.map(|(_, _, to)| *to)
}

/// Whether a saga may move from one state to another by some event.
pub fn is_edge(from: State, to: State) -> bool {
    TRANSITIONS.iter().any(|(source, _, target)| (*source, *target) == (from, to))
}

/// What an operator says of a payment whose outcome stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// The money was taken: the saga goes on, and the order is placed.
    Captured,
    /// The buyer was not charged, and will not be: what is held goes back.
    NotCharged,
    /// There shall be no order: the payment is cancelled or given back, whatever it turns out to be.
    GiveUp,
}

impl Resolution {
    /// Every resolution.
    pub const ALL: [Self; 3] = [Self::Captured, Self::NotCharged, Self::GiveUp];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::NotCharged => "not_charged",
            Self::GiveUp => "give_up",
        }
    }

    /// Reads [`Resolution::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.as_str() == text)
    }
}

/// What an operator's word means to a saga in a state; `None` if it moves nothing there.
pub fn said(state: State, resolution: Resolution) -> Option<Event> {
    match (state, resolution) {
        (
            State::Reserved | State::AwaitingBuyer | State::Cancelling | State::Ordered,
            Resolution::Captured,
        ) => Some(Event::Captured),
        (State::Reserved | State::AwaitingBuyer | State::Cancelling, Resolution::NotCharged) => {
            Some(Event::NeverSeen)
        }
        // The money may still be set aside: it is asked to be given back, like after any refused capture.
        (State::Ordered, Resolution::NotCharged) => Some(Event::CaptureRefused),
        (State::Reserved | State::AwaitingBuyer | State::Ordered, Resolution::GiveUp) => Some(Event::GivenUp),
        // The provider is being asked to cancel already; what is found goes back by `as_given_up`.
        (State::Cancelling, Resolution::GiveUp) => None,
        (State::Refunding | State::Voiding | State::Placed | State::Released, _) => None,
    }
}

/// An event as a saga takes it that was given up: no money that it finds becomes an order.
pub fn as_given_up(event: Event) -> Event {
    let never_order =
        [(Event::Captured, Event::CapturedNeverOrder), (Event::Authorized, Event::AuthorizedNeverOrder)];
    never_order.into_iter().find(|(found, _)| *found == event).map_or(event, |(_, instead)| instead)
}

/// What a saga does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Make the payment under its key, or ask again how it ended: the same call.
    Charge,
    /// Nothing to pay: go on as if captured.
    Skip,
    /// Ask the provider how the payment stands: one that the buyer acts on, or whose step never has an answer.
    AskOutcome,
    /// Ask the provider to cancel the payment.
    Cancel,
    /// Capture the authorized payment.
    Capture,
    /// Give the money back.
    Refund,
    /// Give the authorization back.
    Void,
    /// Note that the hold is over.
    Expire,
    /// Take an operator's word for it.
    Believe(Event),
    /// Nothing; the saga is over.
    Rest,
}

/// What the next step is decided from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Situation {
    /// Where the saga stands.
    pub state: State,
    /// Whether there is anything to pay.
    pub free: bool,
    /// Whether the hold is over.
    pub hold_over: bool,
    /// What an operator has said, if one has.
    pub said: Option<Resolution>,
    /// How often in a row the step had no answer.
    pub tries: u32,
}

/// After how many tries without an answer each other one asks for the outcome instead: what was done long ago may be told
/// although the answers to doing it never come through.
const TRIES_UNTIL_ASKED: u32 = 3;

impl Situation {
    fn asks_instead(self) -> bool {
        self.tries >= TRIES_UNTIL_ASKED && self.tries % 2 == TRIES_UNTIL_ASKED % 2
    }
}

/// What a saga in this situation does next.
pub fn next(situation: Situation) -> Step {
    if let Some(event) = situation.said.and_then(|resolution| said(situation.state, resolution)) {
        return Step::Believe(event);
    }
    match situation {
        // A free order has no payment that could be cancelled first; it simply goes on.
        Situation { state: State::Reserved, free: true, .. } => Step::Skip,
        Situation { state: State::Reserved | State::AwaitingBuyer, hold_over: true, .. } => Step::Expire,
        Situation { state: State::Reserved, .. } => Step::Charge,
        Situation { state: State::AwaitingBuyer, .. } => Step::AskOutcome,
        // Asking is no way to have it done, so doing it takes turns with it.
        Situation { state: State::Cancelling | State::Ordered | State::Voiding, .. }
            if situation.asks_instead() =>
        {
            Step::AskOutcome
        }
        Situation { state: State::Cancelling, .. } => Step::Cancel,
        Situation { state: State::Ordered, .. } => Step::Capture,
        Situation { state: State::Refunding, .. } => Step::Refund,
        Situation { state: State::Voiding, .. } => Step::Void,
        Situation { state: State::Placed | State::Released, .. } => Step::Rest,
    }
}

/// When a step that had no answer is tried again: after pauses that double up to a limit.
pub fn retry_at(now: Timestamp, tries: u32, times: &Times) -> Timestamp {
    let doubled = times.retry_ms_min.saturating_mul(1_i64.checked_shl(tries.min(30)).unwrap_or(i64::MAX));
    now.plus_ms(doubled.min(times.retry_ms_max))
}

/// Why a saga was released without an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The payment was declined, with the provider's code, as `insufficient_funds`.
    Declined(String),
    /// The hold ran out before the payment was made.
    Expired,
    /// The buyer cancelled.
    Cancelled,
    /// The order could not be created; the money went back.
    NeverOrder,
}

impl Ending {
    /// The name in tables, JSON and logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Declined(_) => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::NeverOrder => "never_order",
        }
    }
}

/// The code of an order whose authorized payment was gone before it could be captured.
const AUTHORIZATION_GONE: &str = "authorization_gone";
/// The code of a payment that an operator knows not to have been made.
const NOT_CHARGED: &str = "not_charged";

/// Why a saga will have no order, after an event in a state; `None` as long as it may have one. `code` is the
/// provider's, where it declined; `before` is what was known up to here.
pub fn ending_after(
    state: State,
    event: Event,
    code: Option<&str>,
    before: Option<&Ending>,
) -> Option<Ending> {
    // A buyer who called it off does so whatever else is found on the way; unless the order was placed before.
    if before == Some(&Ending::Cancelled) && state != State::Ordered {
        return Some(Ending::Cancelled);
    }
    let declined = |code: &str| Some(Ending::Declined(code.to_owned()));
    match (state, event) {
        (_, Event::Declined | Event::CaptureRefused) => declined(code.unwrap_or(NOT_CHARGED)),
        (State::Reserved | State::AwaitingBuyer, Event::NeverSeen) => declined(NOT_CHARGED),
        (State::Ordered, Event::Voided) => declined(AUTHORIZATION_GONE),
        (State::Ordered, Event::Refunded) => Some(Ending::NeverOrder),
        (_, Event::Expired) => Some(Ending::Expired),
        (_, Event::BuyerCancelled) => Some(Ending::Cancelled),
        (_, Event::CapturedNeverOrder | Event::AuthorizedNeverOrder | Event::GivenUp) => {
            Some(Ending::NeverOrder)
        }
        (
            _,
            Event::Captured
            | Event::Authorized
            | Event::RequiresAction
            | Event::Cancelled
            | Event::NeverSeen
            | Event::Refunded
            | Event::Voided,
        ) => before.cloned(),
    }
}
