//! When a saga runs: who has it, when it is due, how a hint wakes it, and from when on an operator sees it.

use sellonce_checkout::id::{CheckoutId, SagaId};
use sellonce_checkout::limits::Times;
use sellonce_checkout::payment::{Attempt, Capture, Status};
use sellonce_checkout::saga::State;
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::store::sagas::{From, Postpone, Run, Saga};

use crate::{at, cents, uuid};

const TIMES: Times = Times {
    price_lock_ms: 900,
    hold_ms: 600,
    lease_ms: 30,
    complete_wait_ms: 10,
    payment_call_ms: 8,
    retry_ms_min: 1,
    retry_ms_max: 60,
    action_poll_ms: 5,
    stuck_ms: 1_000,
    sweep_ms: 1,
    rest_ms: 60,
    outcome_keep_ms: 10_000,
    queue_wait_ms: 5,
};

/// A saga that began at 0 and has something to pay.
pub(crate) fn run() -> Run {
    let saga = Saga {
        id: SagaId(uuid(1)),
        checkout: CheckoutId(uuid(2)),
        cart: None,
        state: State::Reserved,
        fence: 1,
        tries: 0,
        hold_until: at(TIMES.hold_ms),
        hold: sellonce_checkout::book::Hold::default(),
        ending: None,
        order: None,
        action_url: None,
        resolved: None,
        late_check: false,
        created_at: at(0),
        ended_at: None,
    };
    let zero = cents(0);
    let attempt = Attempt {
        saga: saga.id,
        provider: "simulated".to_owned(),
        token: "tok".to_owned(),
        amount: cents(1000),
        capture: Capture::Automatic,
        status: Status::Created,
        captured: zero,
        refunded: zero,
        refund_pending: zero,
        provider_reference: None,
        unknown_since: None,
    };
    Run { saga, attempt: Some(attempt) }
}

fn postpone(next: i64, unknown: bool) -> Postpone {
    let from = From { saga: SagaId(uuid(1)), state: State::Reserved, fence: 1 };
    Postpone { from, next_run_at: at(next), unknown, problem: "no answer".to_owned() }
}

#[test]
fn a_saga_that_begins_is_its_owners_until_the_lease_runs_out() {
    let schedule = Schedule::begun(at(100), &TIMES);
    for (now, leased, due) in [(100, true, false), (129, true, false), (130, false, true), (999, false, true)]
    {
        assert_eq!((schedule.is_leased(at(now)), schedule.is_due(at(now))), (leased, due), "at {now}");
    }
}

#[test]
fn whoever_takes_a_saga_over_carries_a_new_fence() {
    let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
    schedule.woken = true;
    schedule.take(&mut run.saga, at(50), &TIMES);
    assert_eq!((run.saga.fence, schedule.lease_until, schedule.next_run_at), (2, at(80), at(80)));
    assert!(!schedule.woken, "it is run now, and that is what it was woken for");
}

#[test]
fn a_move_renews_the_lease_and_leaves_behind_what_the_saga_was_stuck_at() {
    for (to, lease_until, ended_at) in [(State::Cancelling, 80, None), (State::Placed, 50, Some(at(50)))] {
        let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
        (schedule.stuck_since, schedule.problem, run.saga.tries) = (Some(at(1)), "no answer".to_owned(), 7);
        schedule.move_to(&mut run, to, at(50), &TIMES);
        assert_eq!((run.saga.state, run.saga.tries, run.saga.ended_at), (to, 0, ended_at));
        assert_eq!((schedule.lease_until, schedule.next_run_at), (at(lease_until), at(lease_until)));
        assert_eq!((schedule.stuck_since, schedule.problem.as_str()), (None, ""));
    }
}

#[test]
#[should_panic(expected = "I6: a saga goes from placed to released")]
fn a_move_that_the_table_does_not_have_is_not_written() {
    let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
    schedule.move_to(&mut run, State::Placed, at(1), &TIMES);
    schedule.move_to(&mut run, State::Released, at(2), &TIMES);
}

#[test]
fn a_hint_wakes_a_saga_that_nobody_has_at_once() {
    let mut schedule = Schedule::begun(at(0), &TIMES);
    schedule.let_go(&mut run(), &postpone(500, false), at(10), &TIMES);
    assert!(!schedule.is_due(at(20)));
    schedule.wake(&mut run().saga, at(20));
    assert!(schedule.is_due(at(20)));
    schedule.wake(&mut run().saga, at(40));
    assert_eq!(schedule.next_run_at, at(20), "what is due already is not put off");
}

#[test]
fn a_hint_leaves_a_lease_alone_and_has_the_saga_run_right_after() {
    let mut schedule = Schedule::begun(at(0), &TIMES);
    schedule.wake(&mut run().saga, at(10));
    assert!(schedule.is_leased(at(10)) && !schedule.is_due(at(10)));
    let before = run();
    let mut run = before.clone();
    schedule.let_go(&mut run, &postpone(500, false), at(12), &TIMES);
    assert!(schedule.is_due(at(12)), "whatever pause its owner had in mind");
    assert_eq!(run, before);
    schedule.let_go(&mut run, &postpone(500, false), at(13), &TIMES);
    assert!(!schedule.is_due(at(13)), "once");
}

#[test]
fn a_hint_that_nobody_has_asked_about_outlives_the_end_of_its_saga() {
    for woken in [false, true] {
        let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
        if woken {
            schedule.wake(&mut run.saga, at(10));
        }
        schedule.move_to(&mut run, State::Released, at(20), &TIMES);
        assert_eq!((run.saga.late_check, run.saga.has_work(), schedule.woken), (woken, woken, false));
        assert_eq!((schedule.is_leased(at(20)), schedule.next_run_at), (false, at(20)), "it is due at once");
    }
}

#[test]
fn a_late_check_is_owed_until_it_is_answered_and_once_more_if_a_hint_came_meanwhile() {
    let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
    schedule.move_to(&mut run, State::Released, at(20), &TIMES);
    schedule.wake(&mut run.saga, at(50));
    assert!(run.saga.late_check && schedule.is_due(at(50)));
    schedule.take(&mut run.saga, at(50), &TIMES);
    schedule.let_go(&mut run, &postpone(60, true), at(51), &TIMES);
    assert!(run.saga.late_check && schedule.is_due(at(60)) && !schedule.is_due(at(59)), "it had no answer");
    schedule.take(&mut run.saga, at(60), &TIMES);
    schedule.wake(&mut run.saga, at(61));
    schedule.checked(&mut run.saga, at(62));
    assert!(run.saga.late_check && schedule.is_due(at(62)), "a hint came meanwhile");
    schedule.take(&mut run.saga, at(62), &TIMES);
    schedule.checked(&mut run.saga, at(63));
    assert!(!run.saga.has_work() && !schedule.is_leased(at(63)));
}

#[test]
fn an_operator_sees_a_late_check_that_has_no_answer_for_long_however_old_its_saga() {
    let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
    schedule.move_to(&mut run, State::Released, at(20), &TIMES);
    let long = TIMES.hold_ms + TIMES.stuck_ms;
    schedule.wake(&mut run.saga, at(10 * long));
    for (now, listed) in [(10 * long, false), (10 * long + TIMES.stuck_ms, true)] {
        schedule.take(&mut run.saga, at(now), &TIMES);
        schedule.let_go(&mut run, &postpone(now + 1, true), at(now), &TIMES);
        assert_eq!(schedule.stuck_since.is_some(), listed, "at {now}");
    }
}

#[test]
fn a_payment_is_unknown_from_its_first_lost_answer_until_it_is_answered() {
    let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
    let since = |run: &Run| run.attempt.as_ref().and_then(|attempt| attempt.unknown_since);
    for (now, unknown, expect) in
        [(5, false, (0, None)), (10, true, (1, Some(10))), (20, true, (2, Some(10))), (30, false, (0, None))]
    {
        schedule.let_go(&mut run, &postpone(now + 1, unknown), at(now), &TIMES);
        assert_eq!((run.saga.tries, since(&run)), (expect.0, expect.1.map(at)), "at {now}");
        assert_eq!(schedule.problem, "no answer");
    }
}

#[test]
fn an_operator_sees_what_is_unknown_for_long_and_what_goes_on_long_after_its_hold() {
    let check = |lets_go: &[(i64, bool)], expect: Option<i64>| {
        let (mut run, mut schedule) = (run(), Schedule::begun(at(0), &TIMES));
        for (now, unknown) in lets_go {
            schedule.let_go(&mut run, &postpone(now + 1, *unknown), at(*now), &TIMES);
        }
        assert_eq!(schedule.stuck_since, expect.map(at), "{lets_go:?}");
    };
    check(&[(10, true), (1_009, true)], None);
    check(&[(10, true), (1_010, true)], Some(1_010));
    check(&[(10, true), (1_010, true), (1_500, true)], Some(1_010));
    // It was answered in between: not the same question any more.
    check(&[(10, true), (500, false), (1_010, true)], None);
    check(&[(10, true), (1_010, true), (1_011, false)], None);
    // A buyer may take as long as the hold lasts; after that something is wrong.
    check(&[(1_599, false)], None);
    check(&[(1_600, false)], Some(1_600));
    check(&[(1_600, false), (1_700, true)], Some(1_600));
}
