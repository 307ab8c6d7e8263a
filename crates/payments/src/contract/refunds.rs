//! Refunds: once per key, never more than was taken, never of what was not taken.

use futures_util::future::join_all;
use sellonce_checkout::payment::{Capture, Outcome, RefundOutcome};

use super::{AMOUNT, Payment, Subject, money};

/// Every case about refunds.
pub async fn check(subject: &Subject) {
    a_refund_is_made_once_per_key(subject).await;
    never_more_goes_back_than_was_taken(subject).await;
    servers_that_refund_at_once_keep_the_limit(subject).await;
    another_payments_refund_is_another_refund(subject).await;
    another_currency_does_not_go_back(subject).await;
    what_was_not_taken_does_not_go_back(subject).await;
}

async fn a_refund_is_made_once_per_key(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Automatic).await;
    let (first, rest) = (payment.refund_key(), payment.refund_key());
    for server in [0, 1, 0] {
        assert!(payment.refund(server, &first, 400).await, "asked again, it is told as made");
    }
    assert_eq!(payment.find(1).await, Some(Outcome::Captured), "a part does not make it refunded");
    assert!(
        payment.refund(1, &rest, AMOUNT - 400).await,
        "the first key took 400 once, so the rest is there"
    );
    assert_eq!(payment.find(0).await, Some(Outcome::Refunded), "and then all of it is back");
    assert_eq!(payment.cancel(0).await, Outcome::Refunded, "money that went back is not cancelled");
}

async fn never_more_goes_back_than_was_taken(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Automatic).await;
    let too_much = payment.refund_key();
    assert!(!payment.refund(0, &too_much, AMOUNT + 1).await, "more than was taken");
    assert!(!payment.refund(1, &too_much, AMOUNT + 1).await, "a refusal is for good");
    assert!(payment.refund(0, &payment.refund_key(), 600).await, "a part");
    assert!(!payment.refund(0, &payment.refund_key(), 401).await, "more than is left");
    assert!(payment.refund(0, &payment.refund_key(), 400).await, "what is left");
    assert!(!payment.refund(0, &payment.refund_key(), 1).await, "nothing is left");
}

async fn servers_that_refund_at_once_keep_the_limit(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Automatic).await;
    let keys = [(); 4].map(|()| payment.refund_key());
    let refunds = keys.iter().zip([0, 1, 0, 1]).map(|(key, server)| payment.refund(server, key, 400));
    let made = join_all(refunds).await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 2, "of four refunds of 400 two fit into {AMOUNT}");

    let key = payment.refund_key();
    let repeated = join_all([0, 1, 0, 1].map(|server| payment.refund(server, &key, 200))).await;
    assert_eq!(repeated, [true; 4], "one refund, told to everyone who asked for it");
    assert_eq!(payment.find(0).await, Some(Outcome::Refunded), "and the last of the money is back");
}

async fn another_payments_refund_is_another_refund(subject: &Subject) {
    let one = Payment::approved(subject, Capture::Automatic).await;
    let other = Payment::approved(subject, Capture::Automatic).await;
    let (first, second) = (one.refund_key(), other.refund_key());
    assert!(one.refund(0, &first, AMOUNT).await, "one payment goes back");
    assert_eq!(other.find(0).await, Some(Outcome::Captured), "the other one stays");
    assert!(other.refund(0, &second, AMOUNT).await, "until it goes back, too");
}

async fn another_currency_does_not_go_back(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Automatic).await;
    let foreign = money(1, subject.other_currency);
    let outcome = payment.refund_money(0, &payment.refund_key(), foreign).await;
    assert!(matches!(&outcome, RefundOutcome::Refused(code) if !code.is_empty()));
    assert!(payment.refund(0, &payment.refund_key(), AMOUNT).await, "and nothing went back by it");
}

async fn what_was_not_taken_does_not_go_back(subject: &Subject) {
    let refused = Payment::new(subject, subject.tokens.declined, Capture::Automatic);
    refused.charge(0).await;
    assert!(!refused.refund(1, &refused.refund_key(), 1).await, "what was refused was not taken");

    // Money that is set aside, or not even asked for, may still be taken: no refusal for good, but no refund either.
    let never_seen = Payment::new(subject, subject.tokens.approved, Capture::Automatic);
    let set_aside = Payment::approved(subject, Capture::Manual).await;
    for payment in [never_seen, set_aside] {
        let key = payment.refund_key();
        let amount = money(1, subject.currency);
        let answer = subject.servers[0].refund(&payment.attempt, &key, amount).await;
        assert!(answer.is_err(), "not yet known whether it can go back: {answer:?}");
    }
}
