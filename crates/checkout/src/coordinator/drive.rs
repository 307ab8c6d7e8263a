//! Driving a saga: does what the table names next, records what came of it, until the saga ends or has to wait.
//!
//! Decides nothing about money or stock itself, as the coordinator never does.

use crate::clock::Timestamp;
use crate::coordinator::{Coordinator, Driven, missing_order};
use crate::id::{EventId, OrderId, OrderToken};
use crate::order;
use crate::payment::{self, Attempt, Charge, Outcome, Report, Unknown};
use crate::saga::{self, Ending, Event, Resolution, Situation, State, Step};
use crate::store::Failure;
use crate::store::orders::OrderView;
use crate::store::sagas::{
    Advance, CallOffOrder, From, Moved, PayOrder, PaymentNews, PlaceOrder, Postpone, Release, Run, Saga,
};

/// What a step came to.
pub(super) enum Progress {
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
    /// Runs a saga that this process owns until it ends, or has to wait beyond `until`. One that has ended owes a late
    /// check, which is made once.
    pub async fn drive(&self, mut run: Run, until: Timestamp) -> Result<Driven, Failure> {
        if run.saga.state.is_end() {
            return self.check_late(run).await;
        }
        let mut tries = run.saga.tries;
        loop {
            let outcome = self.step(&run, tries, self.store.now()).await;
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
    async fn step(&self, run: &Run, tries: u32, now: Timestamp) -> Result<Progress, Failure> {
        let saga = &run.saga;
        let step = saga::next(Situation {
            state: saga.state,
            free: run.attempt.is_none(),
            hold_over: saga.hold_until <= now,
            said: saga.resolved.as_ref().map(|resolved| resolved.resolution),
            tries,
        });
        let attempt = match (step, &run.attempt) {
            (Step::Rest, _) => return Ok(Progress::Later(now)),
            (Step::Skip, _) => return self.place(run, PaymentNews::default()).await,
            (Step::Expire, _) => {
                return self.move_on(run, Event::Expired, PaymentNews::default(), None).await;
            }
            (Step::Believe(event), _) => {
                return self.move_on(run, event, news_of(event), None).await;
            }
            (_, Some(attempt)) => attempt,
            (_, None) => {
                return Err(Failure::Broken(format!("{} has nothing to pay and waits to pay", saga.id)));
            }
        };
        let provider = match self.provider(attempt) {
            Ok(provider) => provider,
            Err(problem) => return Ok(Progress::NoAnswer(problem)),
        };
        let reported = match step {
            Step::Charge => provider.charge(&charge(attempt)).await,
            Step::AskOutcome => seen(provider.find(attempt).await),
            Step::Cancel | Step::Void => provider.cancel(attempt).await,
            Step::Capture => provider.capture(attempt).await,
            Step::Refund => self.refund_all(provider, attempt).await,
            Step::Skip | Step::Expire | Step::Believe(_) | Step::Rest => return Ok(Progress::Later(now)),
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
        let Some(event) = judged.event else {
            let poll = now.plus_ms(self.store.shop().times.action_poll_ms);
            return Ok(Progress::Later(poll.min(run.saga.hold_until)));
        };
        let given_up = run.saga.resolved.as_ref().is_some_and(|said| said.resolution == Resolution::GiveUp);
        let event = if given_up { saga::as_given_up(event) } else { event };
        let status = (judged.status != attempt.status).then_some(judged.status);
        let refunded = event == Event::Refunded;
        let news = PaymentNews { status, reference: Some(report.reference.clone()), refunded };
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

    /// Makes the move that the table has for an event, with the store call that writes what it brings with it.
    pub(super) async fn move_on(
        &self,
        run: &Run,
        event: Event,
        payment: PaymentNews,
        detail: Option<String>,
    ) -> Result<Progress, Failure> {
        let state = run.saga.state;
        let Some(to) = saga::transition(state, event) else {
            // The table has no such move: the provider says something that makes no sense here. Ask again.
            let problem = format!("the provider says {event:?} while the saga is {}", state.as_str());
            return Ok(Progress::NoAnswer(problem));
        };
        let ending = saga::ending_after(state, event, detail.as_deref(), run.saga.ending.as_ref());
        match (state, to) {
            (State::Ordered, State::Placed) => self.pay(run, payment).await,
            (_, State::Placed | State::Ordered) => self.place(run, payment).await,
            (State::Ordered, _) => self.call_off_order(run, payment, ending, to).await,
            (_, State::Released | State::Refunding | State::Voiding) => {
                self.give_back(run, payment, ending, to).await
            }
            (_, State::Reserved | State::AwaitingBuyer | State::Cancelling) => {
                let action_url = detail.filter(|_| to == State::AwaitingBuyer);
                let call = Advance { from: from(run), to, payment, action_url, ending };
                Ok(on(self.store.advance(call).await?))
            }
        }
    }

    /// T2. An order whose money is only set aside is not the end: its payment is captured next.
    async fn place(&self, run: &Run, payment: PaymentNews) -> Result<Progress, Failure> {
        let call = PlaceOrder {
            from: from(run),
            payment,
            order: OrderId(self.ids.uuid()),
            token: OrderToken::draw(self.ids.as_ref()),
            events: [EventId(self.ids.uuid()), EventId(self.ids.uuid())],
        };
        Ok(match self.store.place_order(call).await? {
            Moved::Done(view) if view.order.status == order::Status::Pending => {
                let (state, order) = (State::Ordered, Some(view.order.id));
                let saga = Saga { state, order, tries: 0, ..run.saga.clone() };
                Progress::On(Box::new(Run { saga, attempt: view.attempt }))
            }
            Moved::Done(view) => Progress::Placed(view),
            Moved::Lost => Progress::Lost,
        })
    }

    /// T3.
    async fn pay(&self, run: &Run, payment: PaymentNews) -> Result<Progress, Failure> {
        let call = PayOrder { from: from(run), payment, event: EventId(self.ids.uuid()) };
        Ok(match self.store.pay_order(call).await? {
            Moved::Done(view) => Progress::Placed(view),
            Moved::Lost => Progress::Lost,
        })
    }

    /// T3'.
    async fn call_off_order(
        &self,
        run: &Run,
        payment: PaymentNews,
        ending: Option<Ending>,
        to: State,
    ) -> Result<Progress, Failure> {
        let (ending, event) = (ending.unwrap_or(Ending::NeverOrder), EventId(self.ids.uuid()));
        let call = CallOffOrder { from: from(run), payment, ending, to, event };
        Ok(on(self.store.call_off_order(call).await?))
    }

    /// T2', and what follows it: what is held goes back with the first move that needs it no more.
    async fn give_back(
        &self,
        run: &Run,
        payment: PaymentNews,
        ending: Option<Ending>,
        to: State,
    ) -> Result<Progress, Failure> {
        let ending = ending.unwrap_or(Ending::Cancelled);
        Ok(on(self.store.release(Release { from: from(run), payment, ending, to }).await?))
    }

    /// Another hand has the saga: what it made of it.
    pub(super) async fn after_losing(&self, run: &Run) -> Result<Driven, Failure> {
        let id = run.saga.id;
        let now = self.store.saga(id).await?.ok_or_else(|| Failure::Broken(format!("{id} is gone")))?;
        self.ended(now).await
    }

    pub(super) async fn ended(&self, run: Run) -> Result<Driven, Failure> {
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
    pub(super) async fn let_go(
        &self,
        run: Run,
        at: Timestamp,
        problem: Option<String>,
    ) -> Result<Driven, Failure> {
        let unknown = problem.is_some();
        let problem = problem.unwrap_or_default();
        let postpone = Postpone { from: from(&run), next_run_at: at, unknown, problem };
        match self.store.postpone(postpone).await? {
            Moved::Done(()) => Ok(Driven::Waits(Box::new(run))),
            Moved::Lost => self.after_losing(&run).await,
        }
    }
}

pub(super) fn from(run: &Run) -> From {
    From { saga: run.saga.id, state: run.saga.state, fence: run.saga.fence }
}

/// What an operator's word says of the payment.
fn news_of(said: Event) -> PaymentNews {
    let known =
        [(Event::Captured, payment::Status::Captured), (Event::NeverSeen, payment::Status::Cancelled)];
    let status = known.into_iter().find(|(event, _)| *event == said).map(|(_, status)| status);
    PaymentNews { status, ..PaymentNews::default() }
}

fn on(moved: Moved<Box<Run>>) -> Progress {
    match moved {
        Moved::Done(next) => Progress::On(next),
        Moved::Lost => Progress::Lost,
    }
}

fn charge(attempt: &Attempt) -> Charge {
    Charge {
        saga: attempt.saga,
        amount: attempt.amount,
        token: attempt.token.clone(),
        capture: attempt.capture,
    }
}

/// A payment that the provider should know.
pub(super) fn seen(found: Result<Option<Report>, Unknown>) -> Result<Report, Unknown> {
    found?.ok_or_else(|| Unknown("the provider does not know the payment".to_owned()))
}
