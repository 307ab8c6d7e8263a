//! Cancellations: once confirmed, no charge under the key is ever made; never confirmed of money that was taken.

use futures_util::future::join;
use sellonce_checkout::payment::{Capture, Outcome};

use super::{Payment, Subject};

/// Every case about cancellations.
pub async fn check(subject: &Subject) {
    a_cancellation_forbids_a_charge_that_comes_later(subject).await;
    a_lost_asking_can_be_cancelled(subject).await;
    a_payment_that_waits_for_its_buyer_can_be_cancelled(subject).await;
    money_that_was_taken_is_not_cancelled(subject).await;
    money_set_aside_is_given_back(subject).await;
    of_a_charge_and_a_cancellation_one_wins(subject).await;
    of_a_capture_and_a_cancellation_one_wins(subject).await;
}

async fn a_cancellation_forbids_a_charge_that_comes_later(subject: &Subject) {
    let tokens = subject.tokens;
    let every = [Some(tokens.approved), Some(tokens.declined), tokens.needs_buyer, tokens.answer_lost];
    for token in every.into_iter().chain([tokens.asking_lost]).flatten() {
        for capture in [Capture::Automatic, Capture::Manual] {
            let payment = Payment::new(subject, token, capture);
            assert_eq!(payment.cancel(0).await, Outcome::Cancelled, "what was never seen can be cancelled");
            assert_stays_cancelled(&payment).await;
        }
    }
}

async fn a_lost_asking_can_be_cancelled(subject: &Subject) {
    let Some(token) = subject.tokens.asking_lost else { return };
    let payment = Payment::new(subject, token, Capture::Automatic);
    assert!(payment.charge_once(0).await.is_err(), "the first asking has no answer");
    assert_eq!(payment.cancel(1).await, Outcome::Cancelled, "nothing was charged");
    assert_stays_cancelled(&payment).await;
}

async fn a_payment_that_waits_for_its_buyer_can_be_cancelled(subject: &Subject) {
    let Some(token) = subject.tokens.needs_buyer else { return };
    let payment = Payment::new(subject, token, Capture::Automatic);
    payment.charge(0).await;
    assert_eq!(payment.cancel(1).await, Outcome::Cancelled, "no money moved yet");
    assert_stays_cancelled(&payment).await;
}

async fn assert_stays_cancelled(payment: &Payment<'_>) {
    assert_eq!(payment.cancel(1).await, Outcome::Cancelled, "cancelled twice is cancelled once");
    assert_eq!(payment.charge(1).await, Outcome::Cancelled, "a charge that comes later is never made");
    assert_eq!(payment.capture(0).await, Outcome::Cancelled, "nor is anything taken");
    assert_eq!(payment.find(0).await, Some(Outcome::Cancelled), "the cancellation is remembered");
    assert!(!payment.refund(0, &payment.refund_key(), 1).await, "and there is nothing to give back");
}

async fn money_that_was_taken_is_not_cancelled(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Automatic).await;
    assert_eq!(payment.cancel(1).await, Outcome::Captured, "the answer is that it was taken");
    assert_eq!(payment.find(0).await, Some(Outcome::Captured), "and it stays taken");

    let Some(token) = subject.tokens.answer_lost else { return };
    let payment = Payment::new(subject, token, Capture::Automatic);
    assert!(payment.charge_once(0).await.is_err(), "the first answer is lost");
    assert_eq!(payment.cancel(1).await, Outcome::Captured, "taken is taken, whoever has heard of it");
}

async fn money_set_aside_is_given_back(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Manual).await;
    assert_eq!(payment.cancel(1).await, Outcome::Voided, "what was set aside is given back");
    assert_eq!(payment.cancel(0).await, Outcome::Voided, "once");
    assert_eq!(payment.capture(0).await, Outcome::Voided, "and cannot be taken any more");
    assert_eq!(payment.charge(1).await, Outcome::Voided, "nor be charged again");
    assert_eq!(payment.find(1).await, Some(Outcome::Voided), "and that is remembered");
    assert!(!payment.refund(0, &payment.refund_key(), 1).await, "there is nothing to give back twice");
}

async fn of_a_charge_and_a_cancellation_one_wins(subject: &Subject) {
    let payment = Payment::new(subject, subject.tokens.approved, Capture::Automatic);
    let (charged, cancelled) = join(payment.charge(0), payment.cancel(1)).await;
    assert_eq!(charged, cancelled, "both are told the same end");
    assert!(matches!(charged, Outcome::Captured | Outcome::Cancelled), "and it is an end: {charged:?}");
    assert_eq!(payment.find(0).await, Some(charged), "which stays");
}

async fn of_a_capture_and_a_cancellation_one_wins(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Manual).await;
    let (taken, cancelled) = join(payment.capture(0), payment.cancel(1)).await;
    assert_eq!(taken, cancelled, "both are told the same end");
    assert!(matches!(taken, Outcome::Captured | Outcome::Voided), "and it is an end: {taken:?}");
    assert_eq!(payment.find(0).await, Some(taken), "which stays");
}
