//! The part of the store that runs sagas: T1 `reserve`, T2 `place_order` and its undoing T2' `release`, T3 `pay_order`
//! and its undoing T3' `call_off_order`, and the moves between them.
//!
//! Every move names the state and the fence it is made from. If the saga has moved on, or another process has taken
//! it over, the answer is [`Moved::Lost`] and nothing has changed (I6, I14).

use async_trait::async_trait;

use crate::book::{Hold, Shortage};
use crate::callback::LateCapture;
use crate::clock::Timestamp;
use crate::id::{CartId, CheckoutId, EventId, OrderId, OrderToken, OwnerId, SagaId, SecretHash};
use crate::idempotency::{Claim, Decision};
use crate::money::Money;
use crate::payment::{self, Attempt};
use crate::saga::{Ending, Resolution, State};
use crate::session::{Checkout, NotCompletable};
use crate::store::checkouts::{OpenCheckout, OpenRefusal};
use crate::store::orders::OrderView;
use crate::store::{Answer, Failure, Page};

/// A saga as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saga {
    /// Its id.
    pub id: SagaId,
    /// The checkout that it completes.
    pub checkout: CheckoutId,
    /// That checkout's cart; at most one unfinished saga per cart.
    pub cart: Option<CartId>,
    /// Where it stands.
    pub state: State,
    /// Counts its owners: each take-over adds one, and only the latest may move it (I14).
    pub fence: i64,
    /// How often the present step had no answer.
    pub tries: u32,
    /// When its hold is over.
    pub hold_until: Timestamp,
    /// What it holds.
    pub hold: Hold,
    /// Why it was released, if it was.
    pub ending: Option<Ending>,
    /// The order that it placed.
    pub order: Option<OrderId>,
    /// Where the buyer has to act, if so.
    pub action_url: Option<String>,
    /// What an operator said of its payment, if one has.
    pub resolved: Option<Resolved>,
    /// Whether it has ended and owes a late check: asking the provider whether money came after the end (I4).
    pub late_check: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// An operator's word on a payment whose outcome stayed unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What they said.
    pub resolution: Resolution,
    /// Who: an API key's id.
    pub actor: String,
    /// Why they know.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Saga {
    /// Whether there is anything left to do: it has not ended, or it owes a late check.
    pub fn has_work(&self) -> bool {
        !self.state.is_end() || self.late_check
    }

    /// Who moves its order, and why: the operator on whose word it goes on, or the engine.
    pub fn hand(&self) -> (&str, &str) {
        self.resolved.as_ref().map_or(("engine", ""), |said| (said.actor.as_str(), said.reason.as_str()))
    }
}

/// A saga with what its steps need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The saga.
    pub saga: Saga,
    /// Its payment attempt; `None` if there is nothing to pay.
    pub attempt: Option<Attempt>,
}

/// Which checkout is completed.
#[derive(Clone, Debug)]
pub enum Target {
    /// One that is open.
    Open {
        /// Which.
        id: CheckoutId,
        /// The hash of the secret that its holder has.
        secret: SecretHash,
    },
    /// One that is opened in the same transaction; if it cannot be completed, it is not opened either.
    New(Box<OpenCheckout>),
}

/// What the buyer pays with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentChoice {
    /// The provider's name; that it is switched on has been checked.
    pub provider: String,
    /// The provider's token.
    pub token: String,
}

/// T1: begin to complete a checkout.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// The saga's id if it begins.
    pub saga: SagaId,
    /// Who will run it.
    pub owner: OwnerId,
    /// The request's key.
    pub claim: Claim,
    /// Which checkout.
    pub target: Target,
    /// The total that the buyer expects, if they said.
    pub expected_total: Option<Money>,
    /// What the buyer pays with; needed unless the total is zero.
    pub payment: Option<PaymentChoice>,
}

/// What `reserve` has begun or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// A saga began; its stock is held, and it is this owner's.
    New(Box<Run>),
    /// The key is known: what its request is answered with.
    Known {
        /// The decision.
        decision: Decision,
        /// The saga that the key stands for, as it is.
        run: Box<Run>,
        /// The id of the request that came first.
        request_id: String,
    },
}

/// Why a checkout was not begun to be completed. Nothing has changed, and the key may be used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReserveRefusal {
    /// There is no such checkout, or the secret is another.
    NotFound,
    /// It could not be opened.
    Open(OpenRefusal),
    /// It is not in a state to be completed.
    NotCompletable {
        /// Why.
        why: NotCompletable,
        /// The checkout, for what the answer tells of it.
        checkout: Box<Checkout>,
    },
    /// Another checkout ordered the cart.
    CartOrdered,
    /// Another checkout of the cart is being completed.
    CartInProgress,
    /// There is something to pay and nothing to pay with.
    PaymentMissing,
    /// Stock or a limit does not suffice.
    Shortage(Shortage),
}

/// What a step learned of the payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentNews {
    /// Where the attempt stands now, if it moved.
    pub status: Option<payment::Status>,
    /// The provider's own name of it.
    pub reference: Option<String>,
    /// Whether all of it went back.
    pub refunded: bool,
}

/// From where a saga is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct From {
    /// Which saga.
    pub saga: SagaId,
    /// The state that it must be in.
    pub state: State,
    /// The fence that it must carry.
    pub fence: i64,
}

/// T2: the pivot. The order exists from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    /// From where.
    pub from: From,
    /// What was learned of the payment.
    pub payment: PaymentNews,
    /// The order's id.
    pub order: OrderId,
    /// What shows it to its buyer.
    pub token: OrderToken,
    /// The ids of its first two events: placed, paid.
    pub events: [EventId; 2],
}

/// T3: the payment of a pending order was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayOrder {
    /// From where; the state is `Ordered`.
    pub from: From,
    /// What was learned of the payment.
    pub payment: PaymentNews,
    /// The id of the event that makes the order paid.
    pub event: EventId,
}

/// T3': the payment of a pending order cannot be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOffOrder {
    /// From where; the state is `Ordered`.
    pub from: From,
    /// What was learned of the payment.
    pub payment: PaymentNews,
    /// Why there is no order that stays.
    pub ending: Ending,
    /// The state of the compensation that is still to be done: `Voiding` or `Refunding`.
    pub to: State,
    /// The id of the event that cancels the order.
    pub event: EventId,
}

/// T2': give back what is held, or note that a compensation is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// From where.
    pub from: From,
    /// What was learned of the payment.
    pub payment: PaymentNews,
    /// Why there is no order.
    pub ending: Ending,
    /// `Released`, or the state of a compensation that is still to be done: `Refunding`, `Voiding`.
    pub to: State,
}

/// A move that neither places an order nor gives anything back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// From where.
    pub from: From,
    /// To where; the same state for news of the payment alone.
    pub to: State,
    /// What was learned of the payment.
    pub payment: PaymentNews,
    /// Where the buyer has to act.
    pub action_url: Option<String>,
    /// Why the saga will end without an order, if that was decided now.
    pub ending: Option<Ending>,
}

/// Lets go of a saga until a step is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postpone {
    /// From where.
    pub from: From,
    /// When it runs next.
    pub next_run_at: Timestamp,
    /// Whether the payment's outcome is unknown.
    pub unknown: bool,
    /// What went wrong, for the operator.
    pub problem: String,
}

/// Takes one saga over, due or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeOver {
    /// Which saga.
    pub saga: SagaId,
    /// The state that it must be in; not an end.
    pub state: State,
    /// Who takes it.
    pub owner: OwnerId,
    /// What is done about a process that has it.
    pub leased: Leased,
}

/// What is done about a process that has a saga which somebody else wants to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leased {
    /// It keeps it: whoever asks again and again must not keep it from ever being finished.
    Leave,
    /// It loses it: what is wanted goes before what it is doing.
    Take,
}

/// How a move went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved<T> {
    /// It was made.
    Done(T),
    /// Another hand was quicker; nothing was changed.
    Lost,
}

/// What a late check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateCheck {
    /// Of which saga; the state is its end.
    pub from: From,
    /// The payment that turned out captured, if it did.
    pub captured: Option<LateCapture>,
}

/// A saga that waits for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The saga.
    pub run: Run,
    /// Since when.
    pub since: Timestamp,
    /// What went wrong last.
    pub problem: String,
    /// When it is tried next.
    pub next_run_at: Timestamp,
}

/// Why a saga was not made to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryRefusal {
    /// There is no such saga.
    NotFound,
    /// It has ended.
    Ended(Box<Run>),
}

/// An operator says how an unknown payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveSaga {
    /// The request's key.
    pub claim: Claim,
    /// Which saga.
    pub saga: SagaId,
    /// What is said.
    pub resolution: Resolution,
    /// Who says it.
    pub actor: String,
    /// Why they know.
    pub reason: String,
    /// Who will run the saga.
    pub owner: OwnerId,
}

/// A saga that an operator has spoken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedSaga {
    /// The saga: taken over, or as it stands if the key was known.
    pub run: Run,
    /// The id of the request that came first.
    pub request_id: String,
    /// Whether an earlier request with the same key said it.
    pub replayed: bool,
}

/// Why an operator's word was not taken. Nothing has changed, and the key may be used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveRefusal {
    /// There is no such saga.
    NotFound,
    /// The key came with another body before.
    KeyReused,
    /// It has ended.
    Ended(Box<Run>),
    /// Its payment is not unknown: there is none, the provider answers, or it is on its way back.
    NotUnknown(Box<Run>),
}

/// The part of the store that runs sagas.
#[async_trait]
pub trait Sagas: Send + Sync {
    /// T1: the key, the checkout still good and confirmed, stock and limits held, the saga begun.
    async fn reserve(&self, call: Reserve) -> Answer<Begun, ReserveRefusal>;
    /// T2: reservation committed, payment, cart, order, events, deliveries, saga moved.
    ///
    /// The order is what [`crate::steps::place`] makes of the attempt as noted: paid if it was captured, or nothing is to
    /// be paid, and the saga is then `Placed`; pending if it is only authorized, and the saga is then `Ordered` and its
    /// owner's. The checkout is completed either way.
    async fn place_order(&self, call: PlaceOrder) -> Result<Moved<Box<OrderView>>, Failure>;
    /// T3: payment captured, order paid with its event and deliveries, saga placed.
    ///
    /// What it writes of the order is decided by [`crate::order::change::paid`].
    async fn pay_order(&self, call: PayOrder) -> Result<Moved<Box<OrderView>>, Failure>;
    /// T3': order cancelled with its event and deliveries, its units back in stock (`cancel`), saga compensating.
    ///
    /// What it writes of order and stock is decided by [`crate::order::change::called_off`]. The reservation stays
    /// committed, uses of limits stay used, and the checkout stays completed with its cancelled order.
    async fn call_off_order(&self, call: CallOffOrder) -> Result<Moved<Box<Run>>, Failure>;
    /// T2': reservation released, the checkout open again or over.
    ///
    /// A saga that has an order holds nothing and leaves its checkout as it is.
    async fn release(&self, call: Release) -> Result<Moved<Box<Run>>, Failure>;
    /// Moves a saga on.
    async fn advance(&self, call: Advance) -> Result<Moved<Box<Run>>, Failure>;
    /// Lets go of a saga until later. What it writes is decided by [`crate::schedule::Schedule::let_go`].
    async fn postpone(&self, call: Postpone) -> Result<Moved<()>, Failure>;
    /// Takes over sagas that are due and nobody's, those among them that owe a late check; each carries a new fence.
    async fn claim_sagas(&self, owner: OwnerId, limit: u32) -> Result<Vec<Run>, Failure>;
    /// Takes over one saga, due or not; it carries a new fence, so that whoever had it moves nothing any more (I14).
    ///
    /// Lost, if the saga is in another state, or if it is leased and shall be left alone then. What is written of the
    /// lease is decided by [`crate::schedule::Schedule::take`].
    async fn take_over(&self, call: TakeOver) -> Result<Moved<Box<Run>>, Failure>;
    /// The unfinished saga of a checkout; there is one at most.
    async fn unfinished_saga(&self, checkout: CheckoutId) -> Result<Option<Run>, Failure>;
    /// A saga as it stands.
    async fn saga(&self, id: SagaId) -> Result<Option<Run>, Failure>;
    /// A late check was answered: what came after the end is booked, and the refund of all of it begins, if
    /// [`crate::callback::late_checked`] has it so. Lost, if none is owed any more: however often it is told, one refund
    /// begins.
    ///
    /// Written are the payment, with a step of its history, the refund's row, and what
    /// [`crate::schedule::Schedule::checked`] makes of the saga. Its checkout and its order stay as they are: nothing is
    /// revived.
    async fn finish_late_check(&self, call: LateCheck) -> Result<Moved<()>, Failure>;
    /// The sagas that wait for an operator, in the order in which they began, behind one: unfinished ones, and those whose
    /// late check has no answer.
    async fn stuck_sagas(&self, after: Option<SagaId>, limit: u32) -> Result<Page<Stuck>, Failure>;
    /// Wakes a saga that has work left, by [`crate::schedule::Schedule::wake`]; what went wrong with it stays noted.
    async fn retry_saga(&self, id: SagaId) -> Answer<Run, RetryRefusal>;
    /// Notes an operator's word in a saga and takes it over with a new fence, whoever has it; once per key.
    ///
    /// Whether the word is taken, and what is noted, is decided by [`crate::steps::resolve`]; what is written of the
    /// lease by [`crate::schedule::Schedule::take`]. The move that follows from it is the owner's next step, and anybody's
    /// who takes the saga over after them.
    async fn resolve_saga(&self, call: ResolveSaga) -> Answer<ResolvedSaga, ResolveRefusal>;
    /// Makes every lease end now. Only for a store whose other processes are known to be dead (an embedded database
    /// under its lock).
    async fn end_leases(&self) -> Result<(), Failure>;
}
