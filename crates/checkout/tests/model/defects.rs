//! The search proves itself: each defect that is planted in what decides, or in what the store promises, is found.
#![expect(clippy::print_stdout, reason = "a story of a defect is worth reading")]

use sellonce_checkout::payment::{Capture, Status};
use sellonce_checkout::saga::{self, Event, Situation, State, Step};

use crate::rules::Rules;
use crate::search::search;

/// Plants a defect, and asserts that the search finds a promise of this number broken.
fn finds(promise: &str, capture: Capture, plant: impl FnOnce(&mut Rules)) {
    let mut rules = Rules::shipped(capture);
    plant(&mut rules);
    // The search finds what needs the fewest faults first.
    let broken = (0..=2).find_map(|faults| search(&rules, faults).err());
    let broken = broken.unwrap_or_else(|| panic!("nothing of {promise} was found"));
    println!("{}\n{}", broken.promise, broken.story);
    assert!(broken.promise.starts_with(promise), "{}\n{}", broken.promise, broken.story);
    assert!(!broken.story.is_empty());
}

/// A table in which one move leads elsewhere.
macro_rules! table {
    ($state:ident, $event:ident -> $to:expr) => {
        |rules: &mut Rules| {
            rules.transition = |state, event| match (state, event) {
                (State::$state, Event::$event) => $to,
                _ => saga::transition(state, event),
            }
        }
    };
}

/// Steps of which one is another.
macro_rules! steps {
    ($pattern:pat => $step:expr) => {
        |rules: &mut Rules| {
            rules.next = |situation| match situation {
                $pattern => $step,
                other => saga::next(other),
            }
        }
    };
}

#[test]
fn stock_that_goes_back_before_the_provider_was_asked_to_cancel() {
    finds("I4", Capture::Automatic, table!(Reserved, Expired -> Some(State::Released)));
    finds("I4", Capture::Automatic, table!(AwaitingBuyer, BuyerCancelled -> Some(State::Released)));
}

#[test]
fn money_that_is_found_while_it_is_called_off_and_kept() {
    finds("I4", Capture::Automatic, table!(Cancelling, Captured -> Some(State::Released)));
    finds("I4", Capture::Manual, table!(Voiding, CapturedNeverOrder -> Some(State::Released)));
    finds("I4", Capture::Manual, table!(Ordered, CaptureRefused -> Some(State::Released)));
    finds("I4", Capture::Automatic, |rules| rules.refunds_late = false);
}

#[test]
fn a_callback_that_is_forgotten_with_the_end_of_its_saga() {
    finds("I4", Capture::Automatic, |rules| {
        rules.owes_late_check = |status, woken, _| status != Status::Captured && woken;
    });
    finds("I4", Capture::Automatic, |rules| {
        rules.owes_late_check = |status, _, said| status != Status::Captured && said.is_some();
    });
}

#[test]
fn an_order_without_its_money_or_at_another_price() {
    finds("I3", Capture::Automatic, table!(Reserved, Declined -> Some(State::Placed)));
    finds("I3", Capture::Manual, table!(AwaitingBuyer, Declined -> Some(State::Ordered)));
    finds("I5", Capture::Automatic, table!(Reserved, CapturedNeverOrder -> Some(State::Placed)));
}

#[test]
fn an_order_although_an_operator_gave_it_up() {
    finds("I7", Capture::Automatic, |rules| rules.as_given_up = |event| event);
}

#[test]
fn a_saga_that_is_never_over() {
    finds("I9", Capture::Automatic, table!(Refunding, Refunded -> None));
    finds("I9", Capture::Automatic, table!(Cancelling, Cancelled -> None));
    finds("I9", Capture::Manual, table!(Voiding, Voided -> None));
    finds("I9", Capture::Automatic, steps!(Situation { state: State::Cancelling, .. } => Step::Rest));
    finds("I9", Capture::Automatic, steps!(Situation { state: State::Refunding, .. } => Step::Void));
    // Whoever only asks for a payment that nobody has seen waits for ever.
    finds("I9", Capture::Automatic, steps!(Situation { state: State::Reserved, .. } => Step::AskOutcome));
}

#[test]
fn a_unit_that_is_held_without_being_there() {
    finds("I1", Capture::Automatic, |rules| rules.conditional = false);
}

#[test]
fn a_hand_that_lost_the_saga_and_moves_it_all_the_same() {
    finds("I14", Capture::Automatic, |rules| rules.fenced = false);
}

#[test]
fn a_move_that_is_made_again_for_its_answer_was_lost() {
    finds("I6", Capture::Automatic, |rules| rules.compared = false);
    finds("I7", Capture::Manual, |rules| rules.compared = false);
}
