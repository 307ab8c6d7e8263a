//! The judgements of the audit on money: payment attempts, their refunds, and the provider's book.
//!
//! Decides what each must satisfy. Leaves counting and listing to `audit`.

use crate::audit::judge::{trail, walked};
use crate::audit::{AttemptNote, Auditor, Invariant, RefundFact, SagaFact, violation};
use crate::id::SagaId;
use crate::order;
use crate::payment;
use crate::refund;
use crate::saga;
use crate::simulated_book::Booking;
use crate::store::orders::OrderView;

use Invariant::{I4, I5, I6, I9};

impl Auditor {
    /// I4, I5 and I6 of a payment attempt.
    pub(super) fn judge_attempt(&mut self, fact: &SagaFact) {
        let Some(attempt) = &fact.run.attempt else { return };
        let saga = &fact.run.saga;
        let what = || saga.id.attempt_key();
        let walked = walked(&fact.payment_history, payment::Status::Created, payment::is_edge);
        self.check(I6, walked == Some(attempt.status), || {
            violation(
                format!("{} history", what()),
                format!("legal moves that end in {}", attempt.status.as_str()),
                trail(&fact.payment_history, payment::Status::as_str),
            )
        });
        let back = attempt.refunded.minor().saturating_add(attempt.refund_pending.minor());
        self.check(I5, back <= attempt.captured.minor(), || {
            violation(what(), format!("at most {} given back", attempt.captured), back)
        });
        let captured = attempt.status == payment::Status::Captured;
        let whole = attempt.captured.minor() == if captured { attempt.amount.minor() } else { 0 };
        self.check(I5, whole, || {
            let expected = format!("{} captured if captured, else nothing", attempt.amount);
            violation(what(), expected, format!("{} {}", attempt.captured, attempt.status.as_str()))
        });
        // An order that was called off before its capture has no claim to money that came later.
        let has_order = fact.orders == 1 && saga.state == saga::State::Placed;
        let goes_back = attempt.captured.minor() == back;
        let refunding = saga.state == saga::State::Refunding;
        if saga.state.is_end() || refunding {
            self.check(I4, !captured || has_order || goes_back || refunding, || {
                violation(what(), "captured money has an order, or goes back", "neither")
            });
        }
        let note = AttemptNote {
            captured: attempt.captured.minor(),
            refunded: attempt.refunded.minor(),
            under_way: saga.has_work() || !attempt.refund_pending.is_zero(),
        };
        self.attempts.insert(saga.id, note);
    }

    /// I4: an order says that it is refunded if all that was taken for it is back, and only then.
    pub(super) fn judge_refunded(&mut self, view: &OrderView) {
        let order = &view.order;
        let circumstances = order::circumstances(order, view.attempt.as_ref());
        let all_back = circumstances.was_paid && circumstances.all_refunded;
        self.check(I4, (order.status == order::Status::Refunded) == all_back, || {
            let expected = if all_back { "refunded: all is back" } else { "not refunded: not all is back" };
            violation(order.id, expected, order.status.as_str())
        });
    }

    /// I4: what is set aside is on its way back by live refunds, and they add up to it; I9: none of them hangs.
    pub(super) fn judge_refunds(&mut self, fact: &SagaFact) {
        let Some(attempt) = &fact.run.attempt else { return };
        let sum = |state: refund::State| {
            let refunds = fact.refunds.iter().filter(|fact| fact.refund.state == state);
            refunds.fold(0_i64, |sum, fact| sum.saturating_add(fact.refund.amount.minor()))
        };
        let (pending, refunded) = (sum(refund::State::Pending), sum(refund::State::Refunded));
        let what = || format!("refunds of {}", fact.run.saga.id.attempt_key());
        self.check(I4, pending == attempt.refund_pending.minor(), || {
            violation(what(), format!("{} set aside for those under way", attempt.refund_pending), pending)
        });
        self.check(I4, refunded <= attempt.refunded.minor(), || {
            violation(what(), format!("at most {} booked as made", attempt.refunded), refunded)
        });
        for RefundFact { refund, lease_until } in &fact.refunds {
            if refund.state != refund::State::Pending {
                continue;
            }
            let live = !self.at_rest(*lease_until) || !self.at_rest(refund.next_at);
            self.check(I9, live, || {
                violation(refund.id, "a live lease or a next try", format!("next try at {}", refund.next_at))
            });
            // It is listed by a try that ends; the pause before that may be as long as pauses get.
            let limit_ms = self.times.stuck_ms.saturating_add(self.times.retry_ms_max);
            let old = self.at_rest(refund.created_at.plus_ms(limit_ms));
            self.check(I9, !old || refund.stuck_since.is_some(), || {
                violation(refund.id, "on the stuck list, for it is older than its limit", &refund.problem)
            });
        }
    }

    /// I4: the provider's book and the shop's say the same of what was captured and given back.
    pub(super) fn judge_booking(&mut self, booking: &Booking) {
        let note = SagaId::from_attempt_key(&booking.attempt_key).and_then(|id| self.attempts.remove(&id));
        let captured = if booking.status == "captured" { booking.amount.minor() } else { 0 };
        match note {
            Some(note) if note.under_way => self.check(I4, true, || violation("", "", "")),
            Some(note) => {
                let same = note.captured == captured && note.refunded == booking.refunded.minor();
                // A charge that never became an order is fine if all of it went back, in both books.
                let gone_back = note.captured == note.refunded && captured == booking.refunded.minor();
                self.check(I4, same || gone_back, || {
                    let expected = format!("{} captured, {} given back", note.captured, note.refunded);
                    let found = format!("{captured} captured, {} given back", booking.refunded.minor());
                    violation(format!("{} at the provider", booking.attempt_key), expected, found)
                });
            }
            None => self.check(I4, captured == booking.refunded.minor(), || {
                violation(format!("{} at the provider", booking.attempt_key), "a payment attempt", "none")
            }),
        }
    }
}
