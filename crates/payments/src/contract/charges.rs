//! Charges: made at most once per key, told alike to everyone who asks, found again after a lost answer.

use futures_util::future::join_all;
use sellonce_checkout::payment::{Capture, Outcome};

use super::{AMOUNT, Payment, Subject, money};

/// Every case about charges.
pub async fn check(subject: &Subject) {
    a_charge_is_made_once(subject).await;
    a_repetition_changes_neither_amount_nor_token(subject).await;
    servers_that_charge_at_once_make_one_payment(subject).await;
    what_was_never_charged_is_not_found(subject).await;
    a_refusal_is_final(subject).await;
    a_lost_answer_is_found_again(subject).await;
    a_lost_asking_charges_nothing(subject).await;
    a_buyer_who_has_to_act_is_sent_to_one_address(subject).await;
    money_set_aside_is_taken_once(subject).await;
    what_was_not_set_aside_is_not_taken(subject).await;
}

async fn a_charge_is_made_once(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Automatic).await;
    for server in [0, 1, 0] {
        assert_eq!(payment.charge(server).await, Outcome::Captured, "asked again, it tells how it ended");
        assert_eq!(payment.find(server).await, Some(Outcome::Captured), "what was charged is found");
    }
    // Two payments would leave money behind after all of one went back.
    assert!(payment.refund(0, &payment.refund_key(), AMOUNT).await, "what was taken can go back");
    assert_eq!(payment.find(1).await, Some(Outcome::Refunded), "asking again took no second payment");
}

async fn a_repetition_changes_neither_amount_nor_token(subject: &Subject) {
    let mut payment = Payment::approved(subject, Capture::Automatic).await;
    payment.charge.amount = money(AMOUNT * 2, subject.currency);
    payment.charge.token = subject.tokens.declined.to_owned();
    // That the report has the first amount is asserted for every report.
    assert_eq!(payment.charge(1).await, Outcome::Captured, "the first token decided");
}

async fn servers_that_charge_at_once_make_one_payment(subject: &Subject) {
    let tokens = subject.tokens;
    for token in [Some(tokens.approved), tokens.answer_lost, tokens.asking_lost].into_iter().flatten() {
        let payment = Payment::new(subject, token, Capture::Automatic);
        let outcomes = join_all([0, 1, 0, 1, 0, 1].map(|server| payment.charge(server))).await;
        assert_eq!(outcomes, vec![Outcome::Captured; 6], "everyone is told of the one payment");
        assert!(payment.refund(0, &payment.refund_key(), AMOUNT).await, "what was taken can go back");
        assert!(!payment.refund(0, &payment.refund_key(), 1).await, "and it was taken once");
    }
}

async fn what_was_never_charged_is_not_found(subject: &Subject) {
    let payment = Payment::new(subject, subject.tokens.approved, Capture::Automatic);
    assert_eq!(payment.find(0).await, None, "nobody asked for it");
    assert_eq!(payment.charge(1).await, Outcome::Captured, "looking for a payment does not forbid it");
}

async fn a_refusal_is_final(subject: &Subject) {
    let payment = Payment::new(subject, subject.tokens.declined, Capture::Automatic);
    let refusal = payment.charge(0).await;
    assert!(
        matches!(&refusal, Outcome::Declined(code) if !code.is_empty()),
        "refused with a code: {refusal:?}"
    );
    assert_eq!(payment.charge(1).await, refusal, "asked again, it is refused alike");
    assert_eq!(payment.find(1).await, Some(refusal.clone()), "a refusal is found");
    assert_eq!(payment.cancel(0).await, refusal, "a refusal cannot be cancelled");
}

async fn a_lost_answer_is_found_again(subject: &Subject) {
    let Some(token) = subject.tokens.answer_lost else { return };
    for capture in [Capture::Automatic, Capture::Manual] {
        let payment = Payment::new(subject, token, capture);
        assert!(payment.charge_once(0).await.is_err(), "the first answer is lost");
        let found = payment.find(1).await;
        let expected = match capture {
            Capture::Automatic => Outcome::Captured,
            Capture::Manual => Outcome::Authorized,
        };
        assert_eq!(found, Some(expected.clone()), "the charge was made");
        assert_eq!(payment.charge(1).await, expected, "asked again, it tells how it ended");
    }
}

async fn a_lost_asking_charges_nothing(subject: &Subject) {
    let Some(token) = subject.tokens.asking_lost else { return };
    let payment = Payment::new(subject, token, Capture::Automatic);
    assert!(payment.charge_once(0).await.is_err(), "the first asking has no answer");
    assert_eq!(payment.find(1).await, None, "the provider never saw it");
    assert_eq!(payment.charge(1).await, Outcome::Captured, "asked again, the charge is made");
    assert_eq!(payment.find(0).await, Some(Outcome::Captured), "and it is found");
}

async fn a_buyer_who_has_to_act_is_sent_to_one_address(subject: &Subject) {
    let Some(token) = subject.tokens.needs_buyer else { return };
    let payment = Payment::new(subject, token, Capture::Automatic);
    let waiting = payment.charge(0).await;
    assert!(
        matches!(&waiting, Outcome::RequiresAction(url) if url.contains("://")),
        "an address: {waiting:?}"
    );
    assert_eq!(payment.charge(1).await, waiting, "asked again, the buyer is sent to the same place");
    assert_eq!(payment.find(1).await, Some(waiting), "and nothing moves until they act");
}

async fn money_set_aside_is_taken_once(subject: &Subject) {
    let payment = Payment::approved(subject, Capture::Manual).await;
    let captures = join_all([0, 1, 0, 1].map(|server| payment.capture(server))).await;
    assert_eq!(captures, vec![Outcome::Captured; 4], "everyone is told that it is taken");
    assert_eq!(payment.charge(0).await, Outcome::Captured, "asked again, the charge tells so too");
    assert!(payment.refund(0, &payment.refund_key(), AMOUNT).await, "what was taken can go back");
    assert!(!payment.refund(0, &payment.refund_key(), 1).await, "and it was taken once");
}

async fn what_was_not_set_aside_is_not_taken(subject: &Subject) {
    let tokens = subject.tokens;
    let never_seen = Payment::new(subject, tokens.approved, Capture::Manual);
    assert_capture_takes_nothing(&never_seen).await;
    assert_eq!(never_seen.charge(1).await, Outcome::Authorized, "and the charge is still to be made");

    for token in [Some(tokens.declined), tokens.needs_buyer, tokens.asking_lost].into_iter().flatten() {
        let payment = Payment::new(subject, token, Capture::Manual);
        let _lost_or_not = payment.charge_once(0).await;
        assert_capture_takes_nothing(&payment).await;
    }
}

async fn assert_capture_takes_nothing(payment: &Payment<'_>) {
    let before = payment.find(0).await;
    let answer = payment.subject.servers[1].capture(&payment.attempt).await;
    let told = answer.map(|report| report.outcome).ok();
    assert!(told.is_none() || told == before, "nothing was set aside, and asking for it changes nothing");
    assert_eq!(payment.find(0).await, before, "nothing was taken");
}
