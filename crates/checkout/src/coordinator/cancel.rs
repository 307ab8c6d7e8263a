//! A buyer calls a checkout off.
//!
//! Decides nothing of what becomes of stock and money: an open checkout is simply over, and of one whose payment waits
//! for the buyer the provider is asked to cancel first, by its saga.

use crate::coordinator::drive::Progress;
use crate::coordinator::{Coordinator, Driven};
use crate::id::{CheckoutId, SecretHash};
use crate::saga::{Event, State};
use crate::store::checkouts::{CancelRefusal, CheckoutView};
use crate::store::orders::OrderView;
use crate::store::sagas::{Leased, Moved, PaymentNews, Run, TakeOver};
use crate::store::{Answer, Failure};

/// How often a checkout is looked at that changes while it is called off; a saga has no more moves than that.
const ROUNDS_MAX: u32 = 8;

/// What came of calling a checkout off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It is over: called off, now or before, or run out.
    Over(Box<CheckoutView>),
    /// It was paid after all: the order.
    Placed(Box<OrderView>),
    /// The provider is still being asked to cancel the payment, or to take it after all.
    UnderWay(Box<Run>),
}

impl Coordinator {
    /// Calls a checkout off, waiting for the provider at most [`crate::limits::Times::complete_wait_ms`].
    ///
    /// One whose payment waits for the buyer is taken from whoever has it. One that is being paid without the buyer is
    /// refused as in progress, and one that became an order as completed.
    pub async fn cancel(&self, id: CheckoutId, secret: SecretHash) -> Answer<Cancelled, CancelRefusal> {
        for round in 0..ROUNDS_MAX {
            match self.store.cancel_checkout(id, secret).await? {
                Ok(view) => return Ok(Ok(Cancelled::Over(Box::new(view)))),
                Err(CancelRefusal::Completed) if round > 0 => return self.completed_meanwhile(id).await,
                Err(CancelRefusal::InProgress) => {}
                Err(refusal) => return Ok(Err(refusal)),
            }
            let Some(run) = self.store.unfinished_saga(id).await? else { continue };
            match run.saga.state {
                State::AwaitingBuyer => {}
                // Its cancellation was decided before.
                State::Cancelling => return Ok(Ok(Cancelled::UnderWay(Box::new(run)))),
                State::Reserved
                | State::Ordered
                | State::Refunding
                | State::Voiding
                | State::Placed
                | State::Released => return Ok(Err(CancelRefusal::InProgress)),
            }
            let (saga, state) = (run.saga.id, run.saga.state);
            let take_over = TakeOver { saga, state, owner: self.owner, leased: Leased::Take };
            let Moved::Done(run) = self.store.take_over(take_over).await? else { continue };
            match self.call_off(*run).await? {
                Driven::Placed(view) => return Ok(Ok(Cancelled::Placed(view))),
                Driven::Waits(run) => return Ok(Ok(Cancelled::UnderWay(run))),
                // The checkout is called off by now; or the payment was declined just before, and it is open again.
                Driven::Released(_) => {}
            }
        }
        Ok(Err(CancelRefusal::InProgress))
    }

    /// Moves a saga that waits for its buyer on, by the buyer's word.
    async fn call_off(&self, run: Run) -> Result<Driven, Failure> {
        let until = self.store.now().plus_ms(self.store.shop().times.complete_wait_ms);
        match self.move_on(&run, Event::BuyerCancelled, PaymentNews::default(), None).await? {
            Progress::On(next) => self.drive(*next, until).await,
            Progress::Placed(_) | Progress::Later(_) | Progress::NoAnswer(_) | Progress::Lost => {
                self.after_losing(&run).await
            }
        }
    }

    /// The checkout became an order between two looks at it.
    async fn completed_meanwhile(&self, id: CheckoutId) -> Answer<Cancelled, CancelRefusal> {
        if let Some(run) = self.store.unfinished_saga(id).await? {
            return Ok(Ok(Cancelled::UnderWay(Box::new(run))));
        }
        let order = self.store.checkout(id).await?.and_then(|view| view.order);
        let Some(order) = order else { return Ok(Err(CancelRefusal::Completed)) };
        let view = self.store.order(order.id).await?;
        Ok(view.map(|view| Cancelled::Placed(Box::new(view))).ok_or(CancelRefusal::Completed))
    }
}
