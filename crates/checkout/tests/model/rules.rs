//! What decides: the shipped table and functions, or the same with a defect planted.
//!
//! Leaves the defects to `defects`, and who calls it when to `moves`.

use std::collections::BTreeMap;

use sellonce_checkout::callback;
use sellonce_checkout::id::{SagaId, Uuid};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::{self, Attempt, Capture, Judgement, Outcome, Report, Status};
use sellonce_checkout::saga::{self, Event, Resolution, Situation, State, Step};

use crate::bank::Said;

/// Everything that the model asks.
pub(crate) struct Rules {
    pub(crate) capture: Capture,
    pub(crate) transition: fn(State, Event) -> Option<State>,
    pub(crate) next: fn(Situation) -> Step,
    pub(crate) as_given_up: fn(Event) -> Event,
    /// Whether a move names the fence that it is made under (I14).
    pub(crate) fenced: bool,
    /// Whether a move names the state that it is made from (I6).
    pub(crate) compared: bool,
    pub(crate) owes_late_check: fn(Status, bool, Option<Resolution>) -> bool,
    /// Whether money that came after the end goes back.
    pub(crate) refunds_late: bool,
    /// Whether what is held must be there to be held.
    pub(crate) conditional: bool,
    /// What `payment::judge` says to each report, of each amount, in each status of the attempt.
    judged: BTreeMap<(usize, bool, Status), Judgement>,
}

impl Rules {
    /// What ships.
    pub(crate) fn shipped(capture: Capture) -> Self {
        let mut judged = BTreeMap::new();
        for (number, said) in Said::ALL.into_iter().enumerate() {
            for other_amount in [false, true] {
                for status in Status::ALL {
                    let judgement = judge(said, other_amount, status, capture);
                    judged.insert((number, other_amount, status), judgement);
                }
            }
        }
        Self {
            capture,
            transition: saga::transition,
            next: saga::next,
            as_given_up: saga::as_given_up,
            fenced: true,
            compared: true,
            owes_late_check: callback::owes_late_check,
            refunds_late: true,
            conditional: true,
            judged,
        }
    }

    pub(crate) fn judge(&self, said: Said, other_amount: bool, status: Status) -> &Judgement {
        &self.judged[&(said as usize, other_amount, status)]
    }
}

fn judge(said: Said, other_amount: bool, status: Status, capture: Capture) -> Judgement {
    let currency = Currency::parse("USD").expect("a currency");
    let money = |minor| Money::new(minor, currency).expect("a small amount");
    let saga = SagaId(Uuid::from_u128(1));
    let attempt = Attempt {
        saga,
        provider: "bank".to_owned(),
        token: "token".to_owned(),
        amount: money(100),
        capture,
        status,
        captured: money(0),
        refunded: money(0),
        refund_pending: money(0),
        provider_reference: None,
        unknown_since: None,
    };
    let outcome = match said {
        Said::Captured => Outcome::Captured,
        Said::Authorized => Outcome::Authorized,
        Said::Declined => Outcome::Declined("declined".to_owned()),
        Said::RequiresAction => Outcome::RequiresAction("url".to_owned()),
        Said::Cancelled => Outcome::Cancelled,
        Said::Voided => Outcome::Voided,
        Said::Refunded => Outcome::Refunded,
    };
    let amount = money(if other_amount { 101 } else { 100 });
    let report =
        Report { attempt_key: saga.attempt_key(), amount, reference: "reference".to_owned(), outcome };
    payment::judge(&report, &attempt)
}
