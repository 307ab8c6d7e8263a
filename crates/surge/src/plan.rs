//! The plan: who buys what, how they pay and how they behave, and what the merchant does meanwhile.
//!
//! Decides all of it as a pure function of the seed: purchase 4711 is the same in every run with that seed, whatever the
//! shop answers and however fast. Leaves doing it to `load`.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::chance::{Chance, Zipf};
use crate::clock::ns;

/// What kind of day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Workload {
    /// Everybody wants one unit of one SKU.
    FlashSale,
    /// Several lines, popular and less popular SKUs, some leave: a day without a rush.
    SteadyDay,
    /// Repeated clicks with one key, two tabs of one cart, checkouts that are left.
    ImpatientBuyers,
    /// The merchant changes prices and moves stock while people buy.
    MovingPrices,
    /// Cards are declined, answers get lost, banks ask back.
    FailingPayments,
    /// All of that at once.
    Everything,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::FlashSale,
        Self::SteadyDay,
        Self::ImpatientBuyers,
        Self::MovingPrices,
        Self::FailingPayments,
        Self::Everything,
    ];

    /// Its name on the command line and in the verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::FlashSale => "flash-sale",
            Self::SteadyDay => "steady-day",
            Self::ImpatientBuyers => "impatient-buyers",
            Self::MovingPrices => "moving-prices",
            Self::FailingPayments => "failing-payments",
            Self::Everything => "everything",
        }
    }

    /// How many SKUs are on sale unless it is said.
    pub fn skus(self) -> u32 {
        match self {
            Self::FlashSale | Self::ImpatientBuyers | Self::FailingPayments => 1,
            Self::MovingPrices => 3,
            Self::Everything => 20,
            Self::SteadyDay => 100,
        }
    }

    /// Units of a SKU, where so many are said: of everything, every third SKU has a fiftieth. Some goods sell out within
    /// seconds on any day, and the others are there until its end.
    pub(crate) fn stock(self, sku: u32, stock: i64) -> i64 {
        if self == Self::Everything && sku % 3 == 2 { (stock / 50).max(1) } else { stock }
    }

    /// Whether every purchase wants to end with an order: then each unit that is wanted must have been sold.
    pub(crate) fn all_must_sell(self) -> bool {
        self == Self::FlashSale
    }

    /// Whether a cart may have several SKUs.
    pub(crate) fn has_several_lines(self) -> bool {
        matches!(self, Self::SteadyDay | Self::MovingPrices | Self::Everything)
    }

    /// Whether cards are declined in it.
    pub(crate) fn has_declined(self) -> bool {
        matches!(self, Self::FailingPayments | Self::Everything)
    }

    /// Whether buyers run into limits in it.
    pub(crate) fn has_limits(self) -> bool {
        self == Self::Everything
    }

    /// Whether the merchant is busy in it.
    pub(crate) fn has_merchant(self) -> bool {
        matches!(self, Self::MovingPrices | Self::Everything)
    }

    /// Whether orders and stuck payments are looked after in it.
    pub(crate) fn has_clerk(self) -> bool {
        self == Self::Everything
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|workload| workload.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|workload| workload.name()).collect();
            format!("there is no workload `{text}`; there are {}", names.join(", "))
        })
    }
}

/// How buyers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arrival {
    /// Once: all open their checkouts, wait at the door, and pay at the same instant.
    DoorsOpen,
    /// So many at once, who come within `ramp` and begin anew until `hold` is over; 0 is: each buys once.
    Closed {
        /// Over which time they come.
        ramp: Duration,
        /// For how long they begin anew after that.
        hold: Duration,
    },
    /// By the clock: so many per second for so long, whether or not earlier ones have been answered.
    Open {
        /// Purchases begun per second, in the mean.
        rate: u32,
        /// For how long.
        hold: Duration,
    },
}

impl Arrival {
    /// How long purchases are begun; `None` if each buyer buys once, however long that takes.
    pub(crate) fn length(self) -> Option<Duration> {
        match self {
            Self::Closed { ramp, hold } if !hold.is_zero() => Some(ramp.saturating_add(hold)),
            Self::Open { hold, .. } => Some(hold),
            Self::DoorsOpen | Self::Closed { .. } => None,
        }
    }
}

/// A purchase as it is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// What is wanted: the index of the SKU and units.
    pub(crate) lines: Vec<(usize, i64)>,
    /// How the buyer behaves.
    pub(crate) way: Way,
    /// How they pay: with the next if one was declined.
    pub(crate) payments: Vec<Payment>,
    /// How long they look at the cart before they go to the checkout.
    pub(crate) think: Duration,
}

/// How a buyer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Opens a checkout and pays.
    Straight,
    /// Fills a cart first, at the prices of that moment.
    Cart,
    /// Clicks on Pay several times, with one key, and once more when the answer is there.
    Clicks,
    /// The same, with requests that each open a checkout and pay it.
    OneCall,
    /// Pays, and then sends something else under the same key: a client that draws its keys carelessly.
    Misuses,
    /// Opens the cart in two tabs and pays in both.
    Tabs,
    /// Opens a checkout and goes away.
    Leaves,
    /// Opens a checkout and cancels it.
    Cancels,
}

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The test token.
    pub(crate) token: &'static str,
    /// What the buyer does if the bank asks back.
    pub(crate) at_bank: AtBank,
}

/// What a buyer does whose bank asks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtBank {
    /// Pays.
    Approves,
    /// Does not pay, and says so.
    Refuses,
    /// Goes away, and neither bank nor shop hears of them again.
    Vanishes,
}

const GOOD: Payment = Payment { token: "tok_ok", at_bank: AtBank::Approves };

/// Makes plans for one run.
#[derive(Clone)]
pub(crate) struct Planner {
    seed: u64,
    workload: Workload,
    popularity: std::sync::Arc<Zipf>,
}

impl Planner {
    pub(crate) fn new(seed: u64, workload: Workload, skus: usize) -> Self {
        Self { seed, workload, popularity: std::sync::Arc::new(Zipf::new(skus)) }
    }

    /// The purchase of that number.
    pub(crate) fn purchase(&self, number: u64) -> Planned {
        let mut chance = Chance::of(self.seed, "purchase", number);
        // Always drawn in the same order, so that a workload changes what it is about and nothing else.
        let [lines_chance, way_chance, pay_chance] = [0, 1, 2].map(|_| chance.below(u64::MAX));
        let of = |seed| Chance::of(seed, "part", 0);
        Planned {
            lines: self.lines(&mut of(lines_chance)),
            way: self.way(&mut of(way_chance)),
            payments: self.payments(&mut of(pay_chance)),
            think: if self.workload.has_merchant() {
                Duration::from_millis(chance.below(1_500))
            } else {
                Duration::ZERO
            },
        }
    }

    fn lines(&self, chance: &mut Chance) -> Vec<(usize, i64)> {
        let (lines_max, units) = match self.workload {
            Workload::FlashSale => (1, &[(1, 1)][..]),
            Workload::ImpatientBuyers | Workload::FailingPayments => (1, &[(1, 6), (2, 3), (3, 1)][..]),
            Workload::MovingPrices => (2, &[(1, 6), (2, 3), (3, 1)][..]),
            Workload::SteadyDay | Workload::Everything => (4, &[(1, 12), (2, 5), (3, 2), (5, 1)][..]),
        };
        let mut lines = Vec::new();
        for _ in 0..=chance.below(lines_max) {
            let sku = self.popularity.draw(chance);
            if !lines.iter().any(|(each, _)| *each == sku) {
                lines.push((sku, chance.pick(units)));
            }
        }
        lines
    }

    fn way(&self, chance: &mut Chance) -> Way {
        use Way::{Cancels, Cart, Clicks, Leaves, Misuses, OneCall, Straight, Tabs};
        let ways: &[(Way, u64)] = match self.workload {
            Workload::FlashSale | Workload::FailingPayments => &[(Straight, 1)],
            Workload::SteadyDay => &[(Straight, 60), (Cart, 30), (Leaves, 8), (Cancels, 2)],
            Workload::ImpatientBuyers => {
                &[(Clicks, 35), (Tabs, 30), (OneCall, 10), (Misuses, 5), (Leaves, 15), (Cancels, 5)]
            }
            Workload::MovingPrices => &[(Cart, 80), (Straight, 20)],
            Workload::Everything => &[
                (Straight, 28),
                (Cart, 20),
                (Clicks, 16),
                (Tabs, 14),
                (OneCall, 8),
                (Misuses, 4),
                (Leaves, 6),
                (Cancels, 4),
            ],
        };
        chance.pick(ways)
    }

    fn payments(&self, chance: &mut Chance) -> Vec<Payment> {
        if !matches!(self.workload, Workload::FailingPayments | Workload::Everything) {
            return vec![GOOD];
        }
        let good = |token| Payment { token, ..GOOD };
        let asks_back = |at_bank| Payment { token: "tok_requires_action", at_bank };
        let first = chance.pick(&[
            (GOOD, 39),
            (good("tok_declined"), 13),
            (good("tok_insufficient_funds"), 5),
            (good("tok_timeout"), 10),
            (good("tok_timeout_not_charged"), 10),
            (good("tok_flaky"), 5),
            (good("tok_slow"), 6),
            (asks_back(AtBank::Approves), 6),
            (asks_back(AtBank::Refuses), 3),
            (asks_back(AtBank::Vanishes), 3),
        ]);
        // Half of those who are declined have another card with them.
        if chance.percent(50) { vec![first, GOOD] } else { vec![first] }
    }
}

/// When the purchases of an open loop are due: at random instants of this rate, until the time is over.
pub(crate) fn due_instants(seed: u64, rate: u32, hold: Duration) -> impl Iterator<Item = u64> {
    let mean_ns = 1_000_000_000 / u64::from(rate.max(1));
    instants(seed, "arrival", mean_ns, hold)
}

/// Instants for a purpose, with this mean distance, until the time is over.
pub(crate) fn instants(
    seed: u64,
    purpose: &'static str,
    mean_ns: u64,
    until: Duration,
) -> impl Iterator<Item = u64> {
    let mut chance = Chance::of(seed, purpose, 0);
    let mut at = 0_u64;
    std::iter::from_fn(move || {
        at = at.saturating_add(chance.wait_ns(mean_ns).max(1));
        (at < ns(until)).then_some(at)
    })
}

/// What a clerk does about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// Gives back so many hundredths of what was paid.
    Refund {
        /// At most half, so that more can follow.
        percent: i64,
    },
    /// Sends all of it.
    Ship,
    /// Calls it off.
    Cancel,
}

/// What the clerk does of that number.
pub(crate) fn care(seed: u64, number: u64) -> Care {
    let mut chance = Chance::of(seed, "care", number);
    let refund = |percent| Care::Refund { percent };
    chance.pick(&[(refund(10), 2), (refund(25), 2), (refund(50), 1), (Care::Ship, 3), (Care::Cancel, 2)])
}

/// What an operator says of a payment that nobody has an answer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nothing: it is still tried.
    Waits,
    /// It was not charged. The operator may be wrong: it is what the provider says on the telephone.
    NotCharged,
    /// There shall be no order, whatever became of the payment.
    GiveUp,
}

/// What the operator says of the stuck checkout of that number.
pub(crate) fn word(seed: u64, number: u64) -> Word {
    Chance::of(seed, "word", number).pick(&[(Word::Waits, 2), (Word::NotCharged, 2), (Word::GiveUp, 1)])
}

/// Something that the merchant does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Sets the price of a SKU, as so many hundredths of what it was at the beginning.
    Price { sku: usize, percent: i64 },
    /// Puts units in, or takes them out.
    Stock { sku: usize, units: i64 },
}

/// The merchant's errand of that number.
pub(crate) fn errand(seed: u64, skus: usize, number: u64) -> Errand {
    let mut chance = Chance::of(seed, "errand", number);
    let sku = usize::try_from(chance.below(u64::try_from(skus).unwrap_or(1))).unwrap_or_default();
    if chance.percent(60) {
        Errand::Price { sku, percent: chance.pick(&[(80, 1), (90, 2), (100, 2), (110, 2), (125, 1)]) }
    } else {
        Errand::Stock { sku, units: chance.pick(&[(5, 3), (20, 3), (100, 1), (-3, 2), (-10, 1)]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_function_of_its_seed() {
        for workload in Workload::ALL {
            let plans = |seed| {
                let planner = Planner::new(seed, workload, 20);
                (0..200).map(|number| planner.purchase(number)).collect::<Vec<_>>()
            };
            assert_eq!(plans(7), plans(7));
            if workload != Workload::FlashSale {
                assert_ne!(plans(7), plans(8), "{}", workload.name());
            }
        }
    }

    #[test]
    fn in_a_flash_sale_everybody_wants_one_unit_of_one_sku_and_pays() {
        let planner = Planner::new(1, Workload::FlashSale, 1);
        for number in 0..100 {
            let planned = planner.purchase(number);
            assert_eq!((planned.lines, planned.way), (vec![(0, 1)], Way::Straight));
            assert_eq!(planned.payments, [GOOD]);
        }
    }

    #[test]
    fn a_day_of_everything_has_each_way_and_each_token() {
        let planner = Planner::new(1, Workload::Everything, 20);
        let plans: Vec<Planned> = (0..2_000).map(|number| planner.purchase(number)).collect();
        let ways = [Way::Straight, Way::Cart, Way::Clicks, Way::OneCall, Way::Misuses, Way::Tabs];
        for way in [&ways[..], &[Way::Leaves, Way::Cancels]].concat() {
            assert!(plans.iter().any(|planned| planned.way == way), "{way:?}");
        }
        for at_bank in [AtBank::Approves, AtBank::Refuses, AtBank::Vanishes] {
            let is_there = |planned: &Planned| {
                let first = planned.payments[0];
                first.token == "tok_requires_action" && first.at_bank == at_bank
            };
            assert!(plans.iter().any(is_there), "{at_bank:?}");
        }
        for token in ["tok_declined", "tok_timeout", "tok_flaky", "tok_requires_action"] {
            assert!(plans.iter().any(|planned| planned.payments[0].token == token), "{token}");
        }
        assert!(plans.iter().any(|planned| planned.lines.len() > 2));
        let distinct = |planned: &Planned| {
            let mut skus: Vec<usize> = planned.lines.iter().map(|(sku, _)| *sku).collect();
            skus.sort_unstable();
            skus.dedup();
            skus.len() == planned.lines.len()
        };
        assert!(plans.iter().all(distinct), "a line is one SKU's");
    }

    #[test]
    fn on_a_day_of_everything_some_goods_are_scarce_and_most_are_not() {
        let stocks: Vec<i64> = (0..6).map(|sku| Workload::Everything.stock(sku, 500)).collect();
        assert_eq!(stocks, [500, 500, 10, 500, 500, 10]);
        assert_eq!(Workload::Everything.stock(2, 1), 1);
        assert_eq!(Workload::MovingPrices.stock(2, 500), 500);
    }

    #[test]
    fn a_load_has_an_end_if_its_buyers_begin_anew() {
        let (ramp, hold) = (Duration::from_secs(1), Duration::from_secs(5));
        assert_eq!(Arrival::Closed { ramp, hold }.length(), Some(Duration::from_secs(6)));
        assert_eq!(Arrival::Open { rate: 1, hold }.length(), Some(hold));
        assert_eq!(Arrival::Closed { ramp, hold: Duration::ZERO }.length(), None);
        assert_eq!(Arrival::DoorsOpen.length(), None);
    }

    #[test]
    fn the_clerk_and_the_operator_do_each_of_their_things() {
        let cares: Vec<Care> = (0..200).map(|number| care(1, number)).collect();
        for wanted in [Care::Refund { percent: 50 }, Care::Ship, Care::Cancel] {
            assert!(cares.contains(&wanted), "{wanted:?}");
        }
        let words: Vec<Word> = (0..200).map(|number| word(1, number)).collect();
        for wanted in [Word::Waits, Word::NotCharged, Word::GiveUp] {
            assert!(words.contains(&wanted), "{wanted:?}");
        }
    }

    #[test]
    fn an_open_loop_sends_by_its_rate() {
        let due: Vec<u64> = due_instants(3, 500, Duration::from_secs(20)).collect();
        assert!((9_500..10_500).contains(&due.len()), "{}", due.len());
        assert!(due.is_sorted());
    }

    #[test]
    fn names_are_read_back() {
        for workload in Workload::ALL {
            assert_eq!(workload.name().parse(), Ok(workload));
        }
        assert!("rush".parse::<Workload>().unwrap_err().contains("flash-sale"));
    }
}
