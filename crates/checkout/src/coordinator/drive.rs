//! Driving a saga: does what the table names next, records what came of it, until the saga ends or has to wait.
//!
//! Decides nothing about money or stock itself, as the coordinator never does.

use crate::clock::Timestamp;
use crate::coordinator::{Coordinator, Driven, missing_order};
use crate::id::{EventId, OrderId, OrderToken};
use crate::payment::{self, Attempt, Capture, Charge, Outcome, Report, Unknown};
use crate::saga::{self, Ending, Event, Situation, State, Step};
use crate::store::Failure;
use crate::store::orders::OrderView;
use crate::store::sagas::{Advance, From, Moved, PaymentNews, PlaceOrder, Postpone, Release, Run};

/// What a step came to.
enum Progress {
    /// The saga moved on.
    On(Box<Run>),
    /// The order is placed and paid.
    Placed(Box<OrderView>),
    /// There is nothing to do until later; this is no problem.
    Later(Timestamp),
    /// No answer: the same step again, later.
    NoAnswer(String),
    /// Another hand has the saga.
    Lost,
}

impl Coordinator {
    /// Runs a saga that this process owns until it ends, or has to wait beyond `until`.
    pub async fn drive(&self, mut run: Run, until: Timestamp) -> Result<Driven, Failure> {
        let mut tries = run.saga.tries;
        loop {
            let outcome = self.step(&run, self.store.now()).await;
            // A step may take as long as the provider's time limit: the pause before the next one begins after it.
            let now = self.store.now();
            let (at, problem) = match outcome {
                Ok(Progress::Placed(view)) => return Ok(Driven::Placed(view)),
                Ok(Progress::On(next)) => {
                    (run, tries) = (*next, 0);
                    continue;
                }
                Ok(Progress::Lost) => return self.after_losing(&run).await,
                Ok(Progress::Later(at)) => (at, None),
                Ok(Progress::NoAnswer(problem)) => {
                    (saga::retry_at(now, tries, &self.store.shop().times), Some(problem))
                }
                Err(failure) => {
                    // A database that is down is no reason to compensate: the same step again.
                    let at = saga::retry_at(now, tries, &self.store.shop().times);
                    if at > until {
                        return Err(failure);
                    }
                    (at, Some(failure.to_string()))
                }
            };
            if run.saga.state.is_end() {
                return self.ended(run).await;
            }
            let waits_for_buyer = problem.is_none();
            if waits_for_buyer || at > until {
                return self.let_go(run, at, problem).await;
            }
            self.clock.sleep_ms(at.ms_since(now)).await;
            tries = tries.saturating_add(1);
        }
    }

    /// Does the step that the table names, and records what came of it.
    async fn step(&self, run: &Run, now: Timestamp) -> Result<Progress, Failure> {
        let saga = &run.saga;
        let situation =
            Situation { state: saga.state, free: run.attempt.is_none(), hold_over: saga.hold_until <= now };
        let step = saga::next(situation);
        let attempt = match (step, &run.attempt) {
            (Step::Rest, _) => return Ok(Progress::Later(now)),
            (Step::Skip, _) => return self.place(run, PaymentNews::default()).await,
            (Step::Expire, _) => {
                return self.move_on(run, Event::Expired, PaymentNews::default(), None).await;
            }
            (_, Some(attempt)) => attempt,
            (_, None) => {
                return Err(Failure::Broken(format!("{} has nothing to pay and waits to pay", saga.id)));
            }
        };
        let Some(provider) = self.providers.get(&attempt.provider) else {
            return Ok(Progress::NoAnswer(format!(
                "payment provider `{}` is not switched on",
                attempt.provider
            )));
        };
        let provider = provider.as_ref();
        let reported = match step {
            Step::Charge => provider.charge(&charge(attempt)).await,
            Step::AskOutcome => seen(provider.find(attempt).await),
            Step::Cancel | Step::Void => provider.cancel(attempt).await,
            Step::Capture => provider.capture(attempt).await,
            Step::Refund => self.refund_all(provider, attempt).await,
            Step::Skip | Step::Expire | Step::Rest => return Ok(Progress::Later(now)),
        };
        match reported {
            Err(Unknown(problem)) => Ok(Progress::NoAnswer(problem)),
            Ok(report) => self.learn(run, attempt, &report, now).await,
        }
    }

    /// Records what a provider's report means.
    async fn learn(
        &self,
        run: &Run,
        attempt: &Attempt,
        report: &Report,
        now: Timestamp,
    ) -> Result<Progress, Failure> {
        let judged = payment::judge(report, attempt);
        let event = match judged.event {
            // Money is only set aside where it shall be captured later, which this shop does not do.
            Some(Event::Authorized) => Some(Event::AuthorizedNeverOrder),
            event => event,
        };
        let Some(event) = event else {
            let poll = now.plus_ms(self.store.shop().times.action_poll_ms);
            return Ok(Progress::Later(poll.min(run.saga.hold_until)));
        };
        let status = (judged.status != attempt.status).then_some(judged.status);
        let refunded = event == Event::Refunded;
        let news = PaymentNews { status, reference: Some(report.reference.clone()), refunded };
        if saga::transition(run.saga.state, event) == Some(State::Placed) {
            return self.place(run, news).await;
        }
        let detail = match &report.outcome {
            Outcome::Declined(code) => Some(code.clone()),
            Outcome::RequiresAction(url) => Some(url.clone()),
            Outcome::Captured
            | Outcome::Authorized
            | Outcome::Cancelled
            | Outcome::Voided
            | Outcome::Refunded => None,
        };
        self.move_on(run, event, news, detail).await
    }

    /// T2.
    async fn place(&self, run: &Run, payment: PaymentNews) -> Result<Progress, Failure> {
        let call = PlaceOrder {
            from: from(run),
            payment,
            order: OrderId(self.ids.uuid()),
            token: OrderToken::draw(self.ids.as_ref()),
            events: [EventId(self.ids.uuid()), EventId(self.ids.uuid())],
        };
        Ok(match self.store.place_order(call).await? {
            Moved::Done(view) => Progress::Placed(view),
            Moved::Lost => Progress::Lost,
        })
    }

    /// Every move that places no order. What is held goes back with the first move that needs it no more.
    async fn move_on(
        &self,
        run: &Run,
        event: Event,
        payment: PaymentNews,
        detail: Option<String>,
    ) -> Result<Progress, Failure> {
        let Some(to) = saga::transition(run.saga.state, event) else {
            // The table has no such move: the provider says something that makes no sense here. Ask again.
            let state = run.saga.state.as_str();
            return Ok(Progress::NoAnswer(format!("the provider says {event:?} while the saga is {state}")));
        };
        let ending = match event {
            Event::Declined => Some(Ending::Declined(detail.clone().unwrap_or_default())),
            Event::Expired => Some(Ending::Expired),
            Event::BuyerCancelled => Some(Ending::Cancelled),
            Event::CapturedNeverOrder | Event::AuthorizedNeverOrder | Event::CaptureRefused => {
                Some(Ending::NeverOrder)
            }
            Event::Captured
            | Event::Authorized
            | Event::RequiresAction
            | Event::Cancelled
            | Event::NeverSeen
            | Event::Refunded
            | Event::Voided => run.saga.ending.clone(),
        };
        let gives_back = matches!(to, State::Released | State::Refunding | State::Voiding);
        let moved = if gives_back {
            let ending = ending.unwrap_or(Ending::Cancelled);
            self.store.release(Release { from: from(run), payment, ending, to }).await?
        } else {
            let action_url = if to == State::AwaitingBuyer { detail } else { None };
            self.store.advance(Advance { from: from(run), to, payment, action_url, ending }).await?
        };
        Ok(match moved {
            Moved::Done(next) => Progress::On(next),
            Moved::Lost => Progress::Lost,
        })
    }

    /// Another hand has the saga: what it made of it.
    async fn after_losing(&self, run: &Run) -> Result<Driven, Failure> {
        let id = run.saga.id;
        let now = self.store.saga(id).await?.ok_or_else(|| Failure::Broken(format!("{id} is gone")))?;
        self.ended(now).await
    }

    async fn ended(&self, run: Run) -> Result<Driven, Failure> {
        match (run.saga.state, run.saga.order) {
            (State::Placed, Some(order)) => {
                let view = self.store.order(order).await?.ok_or_else(|| missing_order(order))?;
                Ok(Driven::Placed(Box::new(view)))
            }
            (State::Released, _) => Ok(Driven::Released(Box::new(run))),
            _ => Ok(Driven::Waits(Box::new(run))),
        }
    }

    /// Leaves the saga to whoever finds it due.
    async fn let_go(&self, run: Run, at: Timestamp, problem: Option<String>) -> Result<Driven, Failure> {
        let unknown = problem.is_some();
        let problem = problem.unwrap_or_default();
        let postpone = Postpone { from: from(&run), next_run_at: at, unknown, problem };
        match self.store.postpone(postpone).await? {
            Moved::Done(()) => Ok(Driven::Waits(Box::new(run))),
            Moved::Lost => self.after_losing(&run).await,
        }
    }
}

fn from(run: &Run) -> From {
    From { saga: run.saga.id, state: run.saga.state, fence: run.saga.fence }
}

fn charge(attempt: &Attempt) -> Charge {
    Charge {
        saga: attempt.saga,
        amount: attempt.amount,
        token: attempt.token.clone(),
        capture: Capture::Automatic,
    }
}

/// A payment that the provider should know.
pub(super) fn seen(found: Result<Option<Report>, Unknown>) -> Result<Report, Unknown> {
    found?.ok_or_else(|| Unknown("the provider does not know the payment".to_owned()))
}
