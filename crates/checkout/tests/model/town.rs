//! The states of the model: what the shop's books, the provider's book and each server's memory say.
//!
//! Decides what must hold always and at rest, and when two states are the same. Leaves how they change to `moves`.

use sellonce_checkout::payment::Status;
use sellonce_checkout::saga::{Event, Resolution, State};

use crate::bank::{Bank, Said, Standing};

/// How much there is to sell.
pub(crate) const UNITS: u8 = 1;

/// What became of the unit that a saga holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Hold {
    Open,
    Committed,
    Released,
}

/// The order of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    Pending,
    Paid,
    Cancelled,
}

/// Money that goes back, in the shop's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Back {
    Nothing,
    /// Set aside for the refund of a late capture.
    Pending,
    All,
}

/// A saga in the shop's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Saga {
    pub(crate) state: State,
    pub(crate) hold: Hold,
    pub(crate) order: Option<Order>,
    pub(crate) status: Status,
    pub(crate) back: Back,
    pub(crate) hold_over: bool,
    pub(crate) said: Option<Resolution>,
    pub(crate) unknown: bool,
    pub(crate) leased: bool,
    /// A callback came since it was taken over last.
    pub(crate) woken: bool,
    /// It has ended, and owes a late check.
    pub(crate) late_check: bool,
}

/// What a server has in mind about a saga that it took over, or thinks that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mind {
    /// To do what the table names.
    Ready,
    /// To write down what follows from an event that it knows.
    Knows(Event),
    /// To write down what follows from a report.
    Heard(Said, bool),
    /// It had no answer.
    Silence,
    /// To let go of it until later; nothing is unknown.
    Later,
    /// The saga has ended, and the provider says that it has its money.
    Late,
    /// The saga has ended, and the provider says that it has nothing of ours.
    NotLate,
    /// The refund of a late capture was made, and is to be booked.
    GaveBack,
}

/// A server's hand on a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hand {
    pub(crate) checkout: usize,
    /// The saga as the server knows it.
    pub(crate) state: State,
    pub(crate) status: Status,
    pub(crate) said: Option<Resolution>,
    /// Whether nobody has taken the saga over since: its fence is the latest.
    pub(crate) latest: bool,
    pub(crate) mind: Mind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Checkout {
    pub(crate) saga: Option<Saga>,
    pub(crate) bank: Bank,
}

/// The whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Town {
    pub(crate) available: u8,
    pub(crate) checkouts: [Checkout; 2],
    pub(crate) servers: [Option<Hand>; 2],
    /// How much may still go wrong.
    pub(crate) faults_left: u8,
}

impl Town {
    pub(crate) fn new(faults: u8) -> Self {
        let checkout = Checkout { saga: None, bank: Bank::UNSEEN };
        Self { available: UNITS, checkouts: [checkout; 2], servers: [None; 2], faults_left: faults }
    }

    fn sagas(&self) -> impl Iterator<Item = (&Saga, &Bank)> {
        self.checkouts.iter().filter_map(|checkout| Some((checkout.saga.as_ref()?, &checkout.bank)))
    }

    /// What must hold always; the promise that is broken, if one is.
    pub(crate) fn always(&self) -> Result<(), &'static str> {
        let held = |saga: &Saga| match (saga.hold, saga.order) {
            (Hold::Open, _) | (Hold::Committed, Some(Order::Pending | Order::Paid)) => 1,
            (Hold::Committed | Hold::Released, _) => 0,
        };
        let promised: u8 = self.sagas().map(|(saga, _)| held(saga)).sum();
        if self.available.checked_add(promised) != Some(UNITS) {
            return Err("I1: a unit is sold twice, or lost");
        }
        for (saga, bank) in self.sagas() {
            if saga.order == Some(Order::Paid) && (saga.status != Status::Captured || bank.refunded) {
                return Err("I3: a paid order without its money");
            }
            if saga.order == Some(Order::Paid) && bank.other_amount {
                return Err("I5: an order at another price");
            }
            if saga.order.is_some() != (saga.hold == Hold::Committed) {
                return Err("I11: what is ordered was held, and nothing else is committed");
            }
            if saga.state.is_end() && saga.hold == Hold::Open {
                return Err("I11: a saga that ended holds on to its unit");
            }
            if saga.said == Some(Resolution::GiveUp) && saga.order == Some(Order::Paid) {
                return Err("I7: an order of a checkout that was given up");
            }
            // A callback is a hint that may never come: who ends without an order has settled it with the provider first, or
            // owes a late check after an operator's word.
            let excused = bank.broke_its_word || saga.said == Some(Resolution::NotCharged);
            if saga.state == State::Released && !bank.is_settled() && !excused {
                return Err("I4: a saga ended before its payment was settled");
            }
            if (saga.state == State::Placed) != (saga.order == Some(Order::Paid)) {
                return Err("I7: one paid order for each saga that placed one");
            }
        }
        Ok(())
    }

    /// What must hold once all is at rest.
    pub(crate) fn at_rest(&self) -> Result<(), &'static str> {
        for (saga, bank) in self.sagas() {
            if !saga.state.is_end() {
                return Err("I9: a saga hangs");
            }
            if saga.hold == Hold::Open {
                return Err("I11: a unit is held for nobody");
            }
            if saga.late_check {
                return Err("I9: a late check hangs");
            }
            if saga.back == Back::Pending {
                return Err("I9: a refund hangs");
            }
            let kept = bank.standing == Standing::Captured && !bank.refunded;
            if kept != (saga.order == Some(Order::Paid)) {
                return Err("I4: the provider has money without an order, or an order is without it");
            }
            if matches!(bank.standing, Standing::Waiting | Standing::Authorized) {
                return Err("I4: the provider still holds something");
            }
        }
        Ok(())
    }

    /// A number that only this state has, and those that differ in nothing but the names of servers and checkouts.
    pub(crate) fn key(&self) -> u128 {
        let [first, second] = self.checkouts.map(|checkout| checkout.digits());
        let keys = |swapped: bool| {
            let mut hands = self.servers.map(|hand| hand.map_or(0, |hand| hand.digits(swapped)));
            hands.sort_unstable();
            hands
        };
        let straight = (first, second, keys(false));
        let crossed = (second, first, keys(true));
        let (first, second, hands) = straight.min(crossed);
        let mut key = u128::from(self.available) * 16 + u128::from(self.faults_left);
        for (part, bits) in [(first, 31), (second, 31), (hands[0], 18), (hands[1], 18)] {
            assert!(part < 1 << bits, "a part of a state fits into its bits");
            key = (key << bits) | u128::from(part);
        }
        key
    }
}

/// A number with more digits behind it, each with its base.
fn number(mut number: u64, digits: &[(usize, usize)]) -> u64 {
    for &(digit, base) in digits {
        assert!(digit < base, "a digit is below its base");
        number = number * base as u64 + digit as u64;
    }
    number
}

fn some(digit: Option<usize>) -> usize {
    digit.map_or(0, |digit| digit + 1)
}

impl Checkout {
    fn digits(self) -> u64 {
        let Bank { standing, refunded, refuses, other_amount, broke_its_word, calls_back, late } = self.bank;
        let bank = [
            (standing as usize, 7),
            (usize::from(refunded), 2),
            (usize::from(refuses), 2),
            (usize::from(other_amount), 2),
            (usize::from(broke_its_word), 2),
            (usize::from(calls_back), 2),
            (some(late.map(|call| call as usize)), 6),
        ];
        let Some(saga) = self.saga else { return number(0, &bank) };
        let Saga { state, hold, order, status, back, hold_over, said, unknown, leased, woken, late_check } =
            saga;
        let books = [
            (state as usize + 1, 9),
            (hold as usize, 3),
            (some(order.map(|order| order as usize)), 4),
            (status as usize, 7),
            (back as usize, 3),
            (usize::from(hold_over), 2),
            (some(said.map(|said| said as usize)), 4),
            (usize::from(unknown), 2),
            (usize::from(leased), 2),
            (usize::from(woken), 2),
            (usize::from(late_check), 2),
        ];
        number(number(0, &books), &bank)
    }
}

impl Hand {
    fn digits(self, swapped: bool) -> u64 {
        let mind = match self.mind {
            Mind::Ready => 0,
            Mind::Silence => 1,
            Mind::Later => 2,
            Mind::Late => 3,
            Mind::GaveBack => 4,
            Mind::Knows(event) => 5 + event as usize,
            Mind::Heard(said, other_amount) => 19 + 2 * said as usize + usize::from(other_amount),
            Mind::NotLate => 33,
        };
        let checkout = if swapped { 1 - self.checkout } else { self.checkout };
        let digits = [
            (1, 2),
            (checkout, 2),
            (self.state as usize, 8),
            (self.status as usize, 7),
            (some(self.said.map(|said| said as usize)), 4),
            (usize::from(self.latest), 2),
            (mind, 34),
        ];
        number(0, &digits)
    }
}
