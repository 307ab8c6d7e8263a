//! How the model's states change: what servers, buyers, operators and the provider can do, and what can go wrong meanwhile.
//!
//! Decides each step as the coordinator and the contract of the store have it. Leaves the deciding to the rules.

use sellonce_checkout::payment::{Status, is_edge};
use sellonce_checkout::saga::{Event, Resolution, Situation, State, Step};

use crate::bank::{Call, Said, Standing, taken};
use crate::rules::Rules;
use crate::town::{Back, Hand, Hold, Mind, Order, Saga, Town};

/// A town after a move, or the promise that the move breaks.
pub(crate) type Outcome = Result<Town, &'static str>;

/// What was done; by which server, if by one, and about which checkout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) what: &'static str,
    pub(crate) server: Option<usize>,
    pub(crate) checkout: usize,
}

type Moves = Vec<(Move, Outcome)>;

/// Everything that can happen next.
pub(crate) fn all(town: &Town, rules: &Rules) -> Moves {
    let mut moves = Vec::new();
    for checkout in [0, 1] {
        others(town, rules, checkout, &mut moves);
    }
    for server in [0, 1] {
        match town.servers[server] {
            None => [0, 1].into_iter().for_each(|checkout| idle(town, rules, server, checkout, &mut moves)),
            Some(hand) => {
                busy(town, rules, server, hand, &mut moves);
                let crash = Move { what: "dies", server: Some(server), checkout: hand.checkout };
                moves.extend(faulty(town).map(|town| (crash, Ok(town.with_hand(server, None)))));
            }
        }
    }
    moves
}

/// What happens next if nothing goes wrong any more, and nobody wants anything new; `None` if all is at rest.
pub(crate) fn healing(town: &Town, rules: &Rules) -> Option<(Move, Outcome)> {
    let mut moves = Vec::new();
    for checkout in [0, 1] {
        let bank = town.checkouts[checkout].bank;
        if bank.late.is_some() || bank.calls_back {
            others(town, rules, checkout, &mut moves);
            let what = if bank.late.is_some() { ARRIVES_LATE } else { CALLS_BACK };
            return moves.into_iter().find(|(made, _)| made.what == what);
        }
    }
    for server in [0, 1] {
        if let Some(hand) = town.servers[server] {
            busy(town, rules, server, hand, &mut moves);
            return moves.into_iter().next();
        }
    }
    for checkout in [0, 1] {
        let Some(saga) = town.checkouts[checkout].saga else { continue };
        let hold_over = saga.hold_over || saga.state == State::AwaitingBuyer;
        let passed = Saga { leased: false, hold_over, ..saga };
        if passed != saga {
            let made = Move { what: "time passes", server: None, checkout };
            return Some((made, Ok(town.with_saga(checkout, passed))));
        }
        idle(town, rules, 0, checkout, &mut moves);
        let goes_on = |made: &Move| saga.state.is_end() || made.what == TAKES_OVER;
        if let Some(next) = moves.into_iter().find(|(made, _)| goes_on(made)) {
            return Some(next);
        }
        moves = Vec::new();
    }
    None
}

const ARRIVES_LATE: &str = "a late call arrives";
const CALLS_BACK: &str = "the provider calls back";
const TAKES_OVER: &str = "takes the saga over";

/// The same town with one fault less to come, if there is one.
fn faulty(town: &Town) -> Option<Town> {
    Some(Town { faults_left: town.faults_left.checked_sub(1)?, ..*town })
}

impl Town {
    fn with_hand(mut self, server: usize, hand: Option<Hand>) -> Self {
        self.servers[server] = hand;
        self
    }

    fn with_saga(mut self, checkout: usize, saga: Saga) -> Self {
        self.checkouts[checkout].saga = Some(saga);
        self
    }

    fn with_late(mut self, checkout: usize, late: Option<Call>) -> Self {
        self.checkouts[checkout].bank.late = late;
        self
    }

    /// Every town that a call arriving at the provider can lead to.
    fn after(self, checkout: usize, call: Call, rules: &Rules) -> impl Iterator<Item = Self> {
        let banks = self.checkouts[checkout].bank.after(call, rules.capture);
        banks.into_iter().map(move |bank| {
            let mut town = self;
            town.checkouts[checkout].bank = bank;
            town
        })
    }

    /// A server takes a saga over; whoever had it carries an older fence from now on.
    fn taken_over(mut self, server: usize, checkout: usize, mut saga: Saga, mind: Mind) -> Self {
        for hand in self.servers.iter_mut().flatten().filter(|hand| hand.checkout == checkout) {
            hand.latest = false;
        }
        (saga.leased, saga.woken) = (true, false);
        let Saga { state, status, said, .. } = saga;
        let hand = Hand { checkout, state, status, said, latest: true, mind };
        self.with_saga(checkout, saga).with_hand(server, Some(hand))
    }
}

/// What time, buyers and the provider do without a server.
fn others(town: &Town, rules: &Rules, checkout: usize, moves: &mut Moves) {
    let bank = town.checkouts[checkout].bank;
    let mut push = |what, town| moves.push((Move { what, server: None, checkout }, Ok(town)));
    if let Some(call) = bank.late {
        for after in town.with_late(checkout, None).after(checkout, call, rules) {
            push(ARRIVES_LATE, after);
        }
        for after in town.after(checkout, call, rules) {
            push("a late call arrives, and will again", after);
        }
    }
    if bank.calls_back {
        push(CALLS_BACK, called_back(town, checkout));
    }
    let mut standing = |what, standing| {
        let mut after = *town;
        let bank = &mut after.checkouts[checkout].bank;
        bank.standing = standing;
        bank.calls_back |= standing == Standing::Captured;
        push(what, after);
    };
    if bank.standing == Standing::Waiting {
        standing("the buyer pays", taken(rules.capture));
        standing("the buyer fails to pay", Standing::Declined);
    }
    let Some(saga) = town.checkouts[checkout].saga else { return };
    let over = matches!(bank.standing, Standing::Declined | Standing::Cancelled | Standing::Voided);
    if let Some(mut after) = faulty(town).filter(|_| over) {
        let bank = &mut after.checkouts[checkout].bank;
        (bank.standing, bank.broke_its_word, bank.calls_back) = (Standing::Captured, true, true);
        push("the provider takes the money against its word", after);
    }
    if matches!(saga.state, State::Reserved | State::AwaitingBuyer) && !saga.hold_over {
        push("the hold runs out", town.with_saga(checkout, Saga { hold_over: true, ..saga }));
    }
    if saga.leased {
        let after = town.with_saga(checkout, Saga { leased: false, ..saga });
        let mut hands = town.servers.iter().flatten();
        if hands.any(|hand| hand.checkout == checkout && hand.latest) {
            let after = faulty(&after);
            after
                .into_iter()
                .for_each(|after| push("the lease of a server that stands still runs out", after));
        } else {
            push("the lease of a server that died runs out", after);
        }
    }
}

/// The provider calls back, once: the saga is woken, also after its end, unless the books have its money.
fn called_back(town: &Town, checkout: usize) -> Town {
    let mut after = *town;
    after.checkouts[checkout].bank.calls_back = false;
    let Some(saga) = after.checkouts[checkout].saga.as_mut() else { return after };
    let is_end = saga.state.is_end();
    if !is_end || saga.status != Status::Captured {
        saga.late_check |= is_end;
        saga.woken = true;
    }
    after
}

/// What a server can begin to do about a checkout.
fn idle(town: &Town, rules: &Rules, server: usize, checkout: usize, moves: &mut Moves) {
    let bank = town.checkouts[checkout].bank;
    let mut push = |what, town| moves.push((Move { what, server: Some(server), checkout }, Ok(town)));
    let Some(saga) = town.checkouts[checkout].saga else {
        if town.available > 0 || !rules.conditional {
            let after = Town { available: town.available.saturating_sub(1), ..*town };
            push("holds the unit", after.taken_over(server, checkout, BEGUN, Mind::Ready));
        }
        return;
    };
    if saga.state.is_end() {
        return after_the_end(town, rules, server, checkout, saga, moves);
    }
    if !saga.leased {
        push(TAKES_OVER, town.taken_over(server, checkout, saga, Mind::Ready));
    }
    if saga.state == State::AwaitingBuyer {
        let mind = Mind::Knows(Event::BuyerCancelled);
        push("is told by the buyer to cancel", town.taken_over(server, checkout, saga, mind));
    }
    if saga.unknown && saga.said.is_none() {
        for resolution in Resolution::ALL {
            let knows = match resolution {
                Resolution::Captured => {
                    bank.standing == Standing::Captured && !bank.refunded && !bank.other_amount
                }
                // Whoever says this may be wrong.
                Resolution::NotCharged | Resolution::GiveUp => true,
            };
            if knows && !matches!(saga.state, State::Refunding | State::Voiding) {
                let saga = Saga { said: Some(resolution), ..saga };
                push("is told by an operator", town.taken_over(server, checkout, saga, Mind::Ready));
            }
        }
    }
}

/// What a server can do about a checkout whose saga has ended.
fn after_the_end(town: &Town, rules: &Rules, server: usize, checkout: usize, saga: Saga, moves: &mut Moves) {
    let mut push = |what, town| moves.push((Move { what, server: Some(server), checkout }, Ok(town)));
    if saga.back == Back::Pending {
        let after = town.after(checkout, Call::Refund, rules).next().unwrap_or(*town);
        let hand = watching(checkout, saga, Mind::GaveBack);
        push("gives late money back", after.with_hand(server, Some(hand)));
    }
    if saga.late_check && !saga.leased {
        push("takes over to make a late check", town.taken_over(server, checkout, saga, Mind::Ready));
    }
}

/// A late check: how the payment stands; what the provider has not seen, or only holds, it is told to cancel.
fn check_late(town: &Town, rules: &Rules, server: usize, hand: Hand, moves: &mut Moves) {
    let checkout = hand.checkout;
    let mut push = |what, town| moves.push((Move { what, server: Some(server), checkout }, Ok(town)));
    let thinks = |town: Town, mind| town.with_hand(server, Some(Hand { mind, ..hand }));
    let call = match town.checkouts[checkout].bank.standing {
        Standing::Unseen | Standing::Waiting | Standing::Authorized => Call::Cancel,
        Standing::Captured | Standing::Declined | Standing::Cancelled | Standing::Voided => Call::Find,
    };
    for after in town.after(checkout, call, rules) {
        let bank = after.checkouts[checkout].bank;
        let came = bank.standing == Standing::Captured && !bank.refunded;
        push("checks late", thinks(after, if came { Mind::Late } else { Mind::NotLate }));
    }
    // This takes no fault of its own: behind every late check there is one already.
    let unanswered = town.after(checkout, call, rules);
    unanswered.for_each(|after| push("checks late, and is not answered", thinks(after, Mind::Silence)));
}

/// A saga that begins.
const BEGUN: Saga = Saga {
    state: State::Reserved,
    hold: Hold::Open,
    order: None,
    status: Status::Created,
    back: Back::Nothing,
    hold_over: false,
    said: None,
    unknown: false,
    leased: true,
    woken: false,
    late_check: false,
};

/// The hand of a server that looks after a saga which has ended.
fn watching(checkout: usize, saga: Saga, mind: Mind) -> Hand {
    Hand { checkout, state: saga.state, status: saga.status, said: None, latest: true, mind }
}

/// What a server goes on to do; what it does when nothing goes wrong comes first.
fn busy(town: &Town, rules: &Rules, server: usize, hand: Hand, moves: &mut Moves) {
    let checkout = hand.checkout;
    let Some(saga) = town.checkouts[checkout].saga else { return };
    let thinks = |mind| town.with_hand(server, Some(Hand { mind, ..hand }));
    let mut push = |what, outcome| moves.push((Move { what, server: Some(server), checkout }, outcome));
    let still_its = (hand.latest || !rules.fenced) && (saga.state == hand.state || !rules.compared);
    let idle = town.with_hand(server, None);
    match hand.mind {
        Mind::Ready if hand.state.is_end() => check_late(town, rules, server, hand, moves),
        Mind::Ready => next(town, rules, server, hand, moves),
        Mind::Silence | Mind::Later => {
            let unknown = hand.mind == Mind::Silence;
            let after = Saga { leased: false, woken: false, unknown, ..saga };
            push("lets go", Ok(if still_its { idle.with_saga(checkout, after) } else { idle }));
            if unknown {
                push("asks again", Ok(thinks(Mind::Ready)));
            }
        }
        Mind::Late | Mind::NotLate if !still_its || !saga.late_check => push("has lost the saga", Ok(idle)),
        Mind::Late | Mind::NotLate => {
            let late_check = saga.woken;
            let mut after = Saga { leased: false, woken: false, unknown: false, late_check, ..saga };
            if hand.mind == Mind::NotLate {
                return push("notes that no money came late", Ok(idle.with_saga(checkout, after)));
            }
            after.status = Status::Captured;
            after.back = if rules.refunds_late { Back::Pending } else { Back::Nothing };
            push("books late money", Ok(idle.with_saga(checkout, after)));
        }
        Mind::GaveBack => {
            push("books what went back", Ok(idle.with_saga(checkout, Saga { back: Back::All, ..saga })));
        }
        Mind::Knows(event) => {
            let known = [(Event::Captured, Status::Captured), (Event::NeverSeen, Status::Cancelled)];
            let status = known.into_iter().find(|(known, _)| *known == event).map(|(_, status)| status);
            record(town, rules, server, hand, (event, status), moves);
        }
        Mind::Heard(said, other_amount) => {
            let judged = rules.judge(said, other_amount, hand.status);
            let Some(event) = judged.event else {
                push("learns nothing new", Ok(thinks(Mind::Later)));
                return;
            };
            let given_up = hand.said == Some(Resolution::GiveUp);
            let event = if given_up { (rules.as_given_up)(event) } else { event };
            let status = (judged.status != hand.status).then_some(judged.status);
            record(town, rules, server, hand, (event, status), moves);
        }
    }
}

/// How often a step was tried when its outcome is asked for instead.
const TRIES: u32 = 3;

/// Does what the table names.
fn next(town: &Town, rules: &Rules, server: usize, hand: Hand, moves: &mut Moves) {
    let Some(saga) = town.checkouts[hand.checkout].saga else { return };
    let Hand { state, said, .. } = hand;
    let situation = |tries| Situation { state, free: false, hold_over: saga.hold_over, said, tries };
    // Tries are not counted here: what is done after some of them may be done once there was no answer.
    let (step, instead) = ((rules.next)(situation(0)), (rules.next)(situation(TRIES)));
    does(town, rules, server, hand, step, moves);
    if saga.unknown && instead != step {
        does(town, rules, server, hand, instead, moves);
    }
}

fn does(town: &Town, rules: &Rules, server: usize, hand: Hand, step: Step, moves: &mut Moves) {
    let checkout = hand.checkout;
    let mut push = |what, outcome| moves.push((Move { what, server: Some(server), checkout }, outcome));
    let thinks = |town: Town, mind| town.with_hand(server, Some(Hand { mind, ..hand }));
    let (what, call) = match step {
        Step::Charge => ("charges", Call::Charge),
        Step::AskOutcome => ("asks", Call::Find),
        Step::Cancel => ("cancels", Call::Cancel),
        Step::Capture => ("captures", Call::Capture),
        Step::Refund => ("gives back", Call::Refund),
        Step::Void => ("voids", Call::Cancel),
        Step::Expire => {
            return push("notes that the hold is over", Ok(thinks(*town, Mind::Knows(Event::Expired))));
        }
        Step::Believe(event) => return push("believes the operator", Ok(thinks(*town, Mind::Knows(event)))),
        Step::Skip | Step::Rest => return push("rests", Ok(town.with_hand(server, None))),
    };
    if call == Call::Refund && town.checkouts[checkout].bank.standing != Standing::Captured {
        return push(what, Err("I4: what was never taken is given back"));
    }
    for after in town.after(checkout, call, rules) {
        let bank = after.checkouts[checkout].bank;
        // To whoever cancels a payment, it is no news how it stood before.
        let open = matches!(bank.standing, Standing::Waiting | Standing::Authorized);
        let is_news = !(step == Step::AskOutcome && hand.state == State::Cancelling && open);
        let heard = |said: Said| Mind::Heard(said, bank.other_amount);
        let mind = bank.answer(call).filter(|_| is_news).map_or(Mind::Silence, heard);
        push(what, Ok(thinks(after, mind)));
    }
    let Some(town) = faulty(town) else { return };
    for after in town.after(checkout, call, rules) {
        push("is not answered", Ok(thinks(after, Mind::Silence)));
    }
    push("is not heard", Ok(thinks(town, Mind::Silence)));
    if town.checkouts[checkout].bank.late.is_none() && call != Call::Find {
        push("is heard too late", Ok(thinks(town.with_late(checkout, Some(call)), Mind::Silence)));
    }
}

/// Writes down what an event means, if the saga is still this server's.
fn record(
    town: &Town,
    rules: &Rules,
    server: usize,
    hand: Hand,
    (event, status): (Event, Option<Status>),
    moves: &mut Moves,
) {
    let checkout = hand.checkout;
    let Some(saga) = town.checkouts[checkout].saga else { return };
    let mut push = |what, outcome| moves.push((Move { what, server: Some(server), checkout }, outcome));
    let thinks = |town: Town, hand| town.with_hand(server, Some(hand));
    let Some(to) = (rules.transition)(hand.state, event) else {
        return push("hears nonsense", Ok(thinks(*town, Hand { mind: Mind::Silence, ..hand })));
    };
    if (rules.fenced && !hand.latest) || (rules.compared && saga.state != hand.state) {
        return push("has lost the saga", Ok(town.with_hand(server, None)));
    }
    let moved = moved(town, rules, checkout, hand, to, (event, status));
    let told = moved.map(|after: Town| {
        let Some(saga) = after.checkouts[checkout].saga.filter(|saga| !saga.state.is_end()) else {
            return after.with_hand(server, None);
        };
        let Saga { state, status, .. } = saga;
        thinks(after, Hand { state, status, mind: Mind::Ready, ..hand })
    });
    push("writes", told);
    let untold = moved.ok().and_then(|after| faulty(&after));
    let again = Hand { mind: Mind::Ready, ..hand };
    untold.into_iter().for_each(|after| push("writes, and is not told", Ok(thinks(after, again))));
}

/// What the store writes with a move.
fn moved(
    town: &Town,
    rules: &Rules,
    checkout: usize,
    hand: Hand,
    to: State,
    (event, status): (Event, Option<Status>),
) -> Outcome {
    let mut town = *town;
    let Some(mut saga) = town.checkouts[checkout].saga else { return Ok(town) };
    if !hand.latest {
        return Err("I14: a hand that lost the saga moves it");
    }
    if saga.state.is_end() {
        return Err("I6: a saga that ended moves on");
    }
    if let Some(status) = status {
        if status != saga.status && !is_edge(saga.status, status) {
            return Err("I6: a payment leaves its table");
        }
        (saga.status, saga.unknown) = (status, false);
    }
    if event == Event::Refunded {
        saga.back = Back::All;
    }
    saga.state = to;
    match (hand.state, to, saga.order) {
        (State::Ordered, State::Placed, Some(Order::Pending)) => saga.order = Some(Order::Paid),
        (_, State::Placed | State::Ordered, None) if saga.hold == Hold::Open => {
            (saga.order, saga.state) = match saga.status {
                Status::Captured => (Some(Order::Paid), State::Placed),
                Status::Authorized => (Some(Order::Pending), State::Ordered),
                Status::Created
                | Status::RequiresAction
                | Status::Declined
                | Status::Cancelled
                | Status::Voided => return Err("I3: an order without money"),
            };
            saga.hold = Hold::Committed;
        }
        (_, State::Placed | State::Ordered, _) => return Err("I7: an order is placed twice"),
        (State::Ordered, _, Some(Order::Pending)) => {
            saga.order = Some(Order::Cancelled);
            town.available += 1;
        }
        (State::Ordered, ..) => return Err("I6: an order is called off twice"),
        (_, State::Released | State::Refunding | State::Voiding, _) if saga.hold == Hold::Open => {
            saga.hold = Hold::Released;
            town.available += 1;
        }
        _ => {}
    }
    let owes = (rules.owes_late_check)(saga.status, saga.woken, saga.said);
    saga.late_check = saga.state == State::Released && owes;
    saga.leased = !saga.state.is_end();
    saga.woken &= saga.leased;
    Ok(town.with_saga(checkout, saga))
}
