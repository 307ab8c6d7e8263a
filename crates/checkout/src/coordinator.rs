//! The coordinator: asks the saga table what is next, does it, records it. The only part that waits for another
//! party during a checkout.
//!
//! Decides nothing about money or stock itself. Leaves deciding to `saga`, `payment::judge` and `steps`, remembering
//! to the store, and running in the background to the binary.
//!
//! What a saga will do next is always durable before it is done: T1 writes the attempt before the provider hears of
//! it, and every answer of the provider is written before anybody is told. So a process may die anywhere; whoever
//! takes the saga over asks the provider again under the same key.

mod cancel;
mod drive;
mod hear;
mod operate;
mod refunds;

pub use cancel::Cancelled;
pub use operate::{ResolutionOutcome, Resolve};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::{Clock, Timestamp};
use crate::id::{Ids, OrderId, OwnerId, SagaId};
use crate::idempotency::{Claim, Decision};
use crate::money::Money;
use crate::order::Status;
use crate::payment::{Attempt, PaymentProvider};
use crate::saga::{Ending, State};
use crate::session::NotCompletable;
use crate::store::orders::OrderView;
use crate::store::sagas::{
    Begun, Leased, Moved, PaymentChoice, Reserve, ReserveRefusal, Run, TakeOver, Target,
};
use crate::store::{Answer, Failure, Store};

/// A request to complete a checkout.
#[derive(Clone, Debug)]
pub struct Complete {
    /// The request's key.
    pub claim: Claim,
    /// Which checkout.
    pub target: Target,
    /// The total that the buyer expects, if they said.
    pub expected_total: Option<Money>,
    /// What the buyer pays with.
    pub payment: Option<PaymentChoice>,
}

/// What came of a request to complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completed {
    /// The order was placed: by this request, or by the one that this is told again for.
    Placed {
        /// The order as it was first told.
        view: Box<OrderView>,
        /// The first request's id, if this one is a replay.
        replay_of: Option<String>,
    },
    /// The checkout had become an order before; the order as it is.
    AlreadyPlaced(Box<OrderView>),
    /// There is no order, or none that stayed: if the money that was set aside for it could not be captured, it was
    /// called off, and the ending is the decline.
    Ended {
        /// Why.
        ending: Ending,
        /// The first request's id, if this one is a replay.
        replay_of: Option<String>,
    },
    /// Its saga goes on.
    UnderWay(Box<Run>),
    /// The key's first request is still being answered.
    InProgress,
    /// The key came with another body before.
    KeyReused,
}

/// How far a saga was driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Driven {
    /// It placed the order.
    Placed(Box<OrderView>),
    /// It ended without an order.
    Released(Box<Run>),
    /// It waits: for the provider, the buyer or another process.
    Waits(Box<Run>),
}

/// Runs checkouts.
pub struct Coordinator {
    store: Arc<dyn Store>,
    providers: BTreeMap<String, Arc<dyn PaymentProvider>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    owner: OwnerId,
}

impl Coordinator {
    /// A coordinator that runs sagas as `owner`, a name of its own among all processes.
    pub fn new(
        store: Arc<dyn Store>,
        providers: BTreeMap<String, Arc<dyn PaymentProvider>>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let owner = OwnerId(ids.uuid());
        Self { store, providers, clock, ids, owner }
    }

    /// The names of the providers that are switched on.
    pub fn provider_names(&self) -> impl Iterator<Item = &str> {
        self.providers.keys().map(String::as_str)
    }

    /// The provider of a payment, or why it cannot be asked.
    fn provider(&self, attempt: &Attempt) -> Result<&dyn PaymentProvider, String> {
        let name = &attempt.provider;
        let provider = self.providers.get(name).map(AsRef::as_ref);
        provider.ok_or_else(|| format!("payment provider `{name}` is not switched on"))
    }

    /// As whom this process owns leases.
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// Completes a checkout, waiting for the end of its saga at most [`crate::limits::Times::complete_wait_ms`].
    ///
    /// Must be run to its end whoever listens: a saga that is dropped half-way waits for its lease to run out.
    pub async fn complete(&self, call: Complete) -> Answer<Completed, ReserveRefusal> {
        let until = self.store.now().plus_ms(self.store.shop().times.complete_wait_ms);
        let reserve = Reserve {
            saga: SagaId(self.ids.uuid()),
            owner: self.owner,
            claim: call.claim,
            target: call.target,
            expected_total: call.expected_total,
            payment: call.payment,
        };
        let begun = match self.store.reserve(reserve).await? {
            Ok(begun) => begun,
            Err(ReserveRefusal::NotCompletable { why: NotCompletable::Completed(order), checkout }) => {
                let view = self.store.order(order).await?.ok_or_else(|| missing_order(order))?;
                if view.order.status == Status::Pending {
                    let why = NotCompletable::InProgress;
                    return Ok(Err(ReserveRefusal::NotCompletable { why, checkout }));
                }
                return Ok(Ok(Completed::AlreadyPlaced(Box::new(view))));
            }
            Err(refusal) => return Ok(Err(refusal)),
        };
        let completed = match begun {
            Begun::New(run) => told(self.drive(*run, until).await?, None),
            Begun::Known { decision: Decision::Present, run, request_id } => {
                self.come_back(run, request_id, until).await?
            }
            Begun::Known { decision, run, request_id } => self.known(decision, run, request_id).await?,
        };
        Ok(Ok(completed))
    }

    /// A client that comes back for a saga that goes on. If it waits for the buyer, this may be their return: it is asked
    /// at once what they did, unless somebody asks already.
    async fn come_back(&self, run: Box<Run>, first: String, until: Timestamp) -> Result<Completed, Failure> {
        let (saga, state) = (run.saga.id, run.saga.state);
        if state != State::AwaitingBuyer {
            return Ok(Completed::UnderWay(run));
        }
        let take_over = TakeOver { saga, state, owner: self.owner, leased: Leased::Leave };
        match self.store.take_over(take_over).await? {
            Moved::Done(run) => Ok(told(self.drive(*run, until).await?, Some(first))),
            Moved::Lost => Ok(Completed::UnderWay(run)),
        }
    }

    /// The answer to a request whose key is known, and whose saga is over or just being begun.
    async fn known(&self, decision: Decision, run: Box<Run>, first: String) -> Result<Completed, Failure> {
        match decision {
            Decision::Reused => Ok(Completed::KeyReused),
            Decision::InProgress => Ok(Completed::InProgress),
            Decision::Present => Ok(Completed::UnderWay(run)),
            Decision::Replay | Decision::Effect => match (run.saga.state, run.saga.order) {
                (State::Placed, Some(order)) => {
                    let view = self.store.order(order).await?.ok_or_else(|| missing_order(order))?;
                    if decision == Decision::Effect {
                        return Ok(Completed::AlreadyPlaced(Box::new(view)));
                    }
                    Ok(told(Driven::Placed(Box::new(view)), Some(first)))
                }
                // An order that was called off because its payment could not be captured is no order to its buyer.
                _ => Ok(told(Driven::Released(run), Some(first))),
            },
        }
    }

    /// Takes over sagas that are due; the caller drives each.
    pub async fn claim(&self, limit: u32) -> Result<Vec<Run>, Failure> {
        self.store.claim_sagas(self.owner, limit).await
    }
}

/// What a client is told of how far its saga came.
fn told(driven: Driven, replay_of: Option<String>) -> Completed {
    match driven {
        Driven::Placed(view) => Completed::Placed { view: Box::new(view.as_first_told()), replay_of },
        Driven::Released(run) => Completed::Ended { ending: ending(&run), replay_of },
        Driven::Waits(run) => Completed::UnderWay(run),
    }
}

fn ending(run: &Run) -> Ending {
    run.saga.ending.clone().unwrap_or(Ending::Cancelled)
}

fn missing_order(order: OrderId) -> Failure {
    Failure::Broken(format!("{order} is gone"))
}
