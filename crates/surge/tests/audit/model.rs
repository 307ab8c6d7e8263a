//! A correct shop in a few lines, and a day of random interleavings in it.
//!
//! Decides what a history and the books of a faultless shop look like: every purchase has an instant at which its units
//! are held and one at which it ends, somewhere between a request and its answer, and all purchases' instants are mixed.

use std::collections::BTreeMap;

use crate::day::Day;
use sellonce_surge::books::{
    Book, Books, Judged, Mail, Movement, Order, OrderPayment, Payment, Stock, Totals,
};
use sellonce_surge::history::{
    Acknowledged, Act, Deed, End, Ended, Event, Exchange, Good, History, Line, Money, Opening, Short, Step,
    Told, email,
};

/// What kind of day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    pub(crate) purchases: u64,
    pub(crate) skus: u64,
    pub(crate) stock: i64,
    /// Only plain purchases of one unit, which all want an end: what is wanted must be sold.
    pub(crate) flash: bool,
    /// Units that arrive in the middle of it.
    pub(crate) restocks: u64,
}

/// How a buyer goes about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    /// Clicks twice, with one key.
    Repeats,
    /// Loses the first answer and asks again with the same key.
    Loses,
    /// Pays with a card that is declined.
    Declined,
    /// Leaves before paying.
    Abandons,
    /// Buys in one tab, and tries again in the other.
    TwoTabs,
    /// Loses the answer and never asks again.
    GivesUp,
}

/// A generator of its own (xorshift64*, Vigna 2016): a seed makes the same day everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % limit.max(1)
    }
}

/// A purchase with its instants: opened, paid, held, ended, answered, said again, answered again.
struct Buyer {
    number: u64,
    way: Way,
    lines: Vec<Line>,
    at: [u64; 8],
    outcome: Outcome,
}

enum Outcome {
    Open,
    Held,
    Short(Vec<Short>),
    Ordered,
    Declined,
}

/// What happens at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Receive { sku: u64, units: i64 },
    Hold(usize),
    End(usize),
}

struct Shop {
    ledger: BTreeMap<String, Vec<Movement>>,
    orders: Vec<Order>,
    payments: Vec<Payment>,
    mails: Vec<Mail>,
    events: Vec<Event>,
    seed: u64,
}

pub(crate) const PRICE: i64 = 4_999;

pub(crate) fn dollars(amount: i64) -> Money {
    Money { amount, currency: "USD".to_owned() }
}

pub(crate) fn sku(number: u64) -> String {
    format!("surge-{number}")
}

fn total(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.quantity * PRICE).sum()
}

/// A day that nobody could complain of.
pub(crate) fn day(shape: Shape) -> Day {
    let mut random = Random(shape.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut shop = Shop::open(shape);
    let mut buyers: Vec<Buyer> =
        (0..shape.purchases).map(|number| buyer(&mut random, shape, number)).collect();
    let mut agenda: Vec<(u64, What)> = Vec::new();
    for (place, buyer) in buyers.iter().enumerate().filter(|(_, buyer)| buyer.way != Way::Abandons) {
        agenda.push((buyer.at[2], What::Hold(place)));
        agenda.push((buyer.at[3], What::End(place)));
    }
    for _ in 0..shape.restocks {
        let receive = What::Receive { sku: random.below(shape.skus), units: 1 + shape.stock / 10 };
        agenda.push((1 + random.below(shape.purchases * 1_000), receive));
    }
    agenda.sort_unstable();
    for (at_ns, what) in agenda {
        match what {
            What::Receive { sku, units } => shop.receive(sku, units, at_ns),
            What::Hold(place) => shop.hold(&mut buyers[place]),
            What::End(place) => shop.end(&mut buyers[place]),
        }
    }
    for buyer in &buyers {
        shop.tell(buyer);
    }
    shop.close(shape)
}

fn buyer(random: &mut Random, shape: Shape, number: u64) -> Buyer {
    let way = match random.below(if shape.flash { 1 } else { 16 }) {
        0..=8 => Way::Plain,
        9 => Way::Repeats,
        10 => Way::Loses,
        11 => Way::Declined,
        12 => Way::Abandons,
        13 => Way::TwoTabs,
        14 => Way::GivesUp,
        _ => Way::Plain,
    };
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    let kinds = if shape.flash { 1 } else { 1 + random.below(2) };
    for _ in 0..kinds {
        let quantity = if shape.flash { 1 } else { 1 + random.below(3) };
        wanted.insert(sku(random.below(shape.skus)), i64::try_from(quantity).unwrap());
    }
    let line = |(sku, quantity)| Line { sku, quantity, unit_price: Some(dollars(PRICE)) };
    let mut at = [0; 8];
    // Purchases begin close to each other and take long, so that many are under way at once.
    let mut now = 1_000 + random.below(shape.purchases * 1_000);
    for instant in &mut at {
        now += 1 + random.below(60_000);
        *instant = now;
    }
    Buyer { number, way, lines: wanted.into_iter().map(line).collect(), at, outcome: Outcome::Open }
}

impl Shop {
    fn open(shape: Shape) -> Self {
        let mut shop = Self {
            ledger: BTreeMap::new(),
            orders: Vec::new(),
            payments: Vec::new(),
            mails: Vec::new(),
            events: Vec::new(),
            seed: shape.seed,
        };
        for number in 0..shape.skus {
            shop.moved(&sku(number), "receive", shape.stock, "mov_0");
        }
        shop
    }

    /// A movement: the row after it, written down with it.
    fn moved(&mut self, sku: &str, kind: &str, quantity: i64, cause: &str) {
        let ledger = self.ledger.entry(sku.to_owned()).or_default();
        let (mut available, mut reserved, mut committed) =
            ledger.last().map_or((0, 0, 0), |last| (last.available, last.reserved, last.committed));
        match kind {
            "receive" => available += quantity,
            "reserve" => (available, reserved) = (available - quantity, reserved + quantity),
            "release" => (available, reserved) = (available + quantity, reserved - quantity),
            "commit" => (reserved, committed) = (reserved - quantity, committed + quantity),
            other => panic!("this shop knows no {other}"),
        }
        assert!(available >= 0 && reserved >= 0, "the model is no correct shop");
        let version = i64::try_from(ledger.len()).unwrap() + 1;
        ledger.push(Movement {
            sku: sku.to_owned(),
            location: "main".to_owned(),
            version,
            kind: kind.to_owned(),
            quantity,
            available,
            reserved,
            committed,
            backordered: 0,
            cause: cause.to_owned(),
        });
    }

    fn receive(&mut self, number: u64, units: i64, at_ns: u64) {
        let sku = sku(number);
        self.moved(&sku, "receive", units, "mov_1");
        let version = self.ledger[&sku].last().map(|movement| movement.version);
        let deed = Deed::Stock { sku, units, version, confirmed: true };
        self.events.push(Event::Act(Act { began_ns: at_ns - 1, ended_ns: at_ns + 1, deed }));
    }

    fn hold(&mut self, buyer: &mut Buyer) {
        let row = |line: &Line| self.ledger[&line.sku].last().cloned().unwrap();
        let short: Vec<Short> = buyer
            .lines
            .iter()
            .map(|line| (line, row(line)))
            .filter(|(line, row)| row.available < line.quantity)
            .map(|(line, row)| Short {
                sku: line.sku.clone(),
                requested: line.quantity,
                available: Some(row.available),
                stock_version: Some(row.version),
            })
            .collect();
        if !short.is_empty() {
            buyer.outcome = Outcome::Short(short);
            return;
        }
        for line in buyer.lines.clone() {
            self.moved(&line.sku, "reserve", line.quantity, &format!("sag_{}", buyer.number));
        }
        buyer.outcome = Outcome::Held;
    }

    fn end(&mut self, buyer: &mut Buyer) {
        if !matches!(buyer.outcome, Outcome::Held) {
            return;
        }
        let is_declined = buyer.way == Way::Declined;
        let kind = if is_declined { "release" } else { "commit" };
        for line in buyer.lines.clone() {
            self.moved(&line.sku, kind, line.quantity, &format!("sag_{}", buyer.number));
        }
        self.payments.push(Payment {
            id: format!("pay_{}", buyer.number),
            status: if is_declined { "declined" } else { "captured" }.to_owned(),
            amount: dollars(total(&buyer.lines)),
            refunded: 0,
            asked: 1,
            token: Some("tok_ok".to_owned()),
        });
        if is_declined {
            buyer.outcome = Outcome::Declined;
            return;
        }
        buyer.outcome = Outcome::Ordered;
        let order = self.order(buyer.number, &buyer.lines);
        self.mails.push(mail(&order));
        self.orders.push(order);
    }

    fn order(&self, number: u64, lines: &[Line]) -> Order {
        let total = total(lines);
        Order {
            id: format!("ord_{number}"),
            number: i64::try_from(number).ok(),
            email: email(self.seed, number),
            status: "paid".to_owned(),
            lines: lines.to_vec(),
            shipped: Vec::new(),
            totals: Some(Totals {
                subtotal: total,
                discount: 0,
                shipping: 0,
                tax_added: 0,
                total,
                currency: "USD".to_owned(),
            }),
            checkout: Some(format!("chk_{number}")),
            payment: Some(OrderPayment {
                id: format!("pay_{number}"),
                status: "captured".to_owned(),
                captured: total,
                refunded: 0,
                refund_pending: 0,
            }),
            statuses: vec!["paid".to_owned()],
        }
    }

    /// Writes down what a buyer said and heard.
    fn tell(&mut self, buyer: &Buyer) {
        let [opened, _, _, _, _, _, _, _] = buyer.at;
        let [_, sent, _, _, answered, again, answered_again, over] = buyer.at;
        let opened_told = Told::Opened {
            total: Some(dollars(total(&buyer.lines))),
            lines: buyer.lines.clone(),
            requires_confirmation: false,
            price_changes: Vec::new(),
        };
        let mut say = |tab, step, key: Option<&str>, from, to, told| {
            self.events.push(exchange(buyer.number, (tab, step, key), (from, to), told));
        };
        say(0, Step::Open, None, opened - 1, opened, opened_told.clone());
        let answer = answer(buyer, false);
        let end = end_of(buyer);
        let lost = Told::Lost { why: "cut".to_owned(), unsent: false };
        match buyer.way {
            Way::Abandons => {}
            Way::Plain | Way::Declined => say(0, Step::Complete, Some("a"), sent, answered, answer),
            Way::GivesUp => say(0, Step::Complete, Some("a"), sent, answered, lost),
            Way::Repeats if end == End::Ordered => {
                say(0, Step::Complete, Some("a"), sent, answered, answer);
                say(0, Step::Complete, Some("a"), again, answered_again, self::answer(buyer, true));
            }
            Way::Loses => {
                say(0, Step::Complete, Some("a"), sent, answered, lost);
                // What was refused is not recorded, and a day later it could be different: here it is said at once.
                let (from, to) = if end == End::Ordered { (again, answered_again) } else { (sent, answered) };
                say(0, Step::Complete, Some("a"), from, to, self::answer(buyer, end == End::Ordered));
            }
            Way::TwoTabs if end == End::Ordered => {
                say(0, Step::Complete, Some("a"), sent, answered, answer);
                let refused = Told::Refused { code: "cart_already_ordered".to_owned() };
                say(1, Step::Open, None, opened - 1, opened, opened_told);
                say(1, Step::Complete, Some("b"), again, answered_again, refused);
            }
            Way::Repeats | Way::TwoTabs => say(0, Step::Complete, Some("a"), sent, answered, answer),
        }
        let (at_ns, due_ns) = (over, opened - 1);
        let wanted = buyer.lines.clone();
        let ended =
            Ended { purchase: buyer.number, at_ns, due_ns, waited_ns: answered - opened, end, wanted };
        self.events.push(Event::Ended(ended));
    }

    fn close(mut self, shape: Shape) -> Day {
        self.events.sort_by_key(Event::at_ns);
        let stock = |(sku, ledger): (&String, &Vec<Movement>)| {
            let last = ledger.last().unwrap();
            Stock {
                sku: sku.clone(),
                available: last.available,
                reserved: last.reserved,
                committed: Some(last.committed),
                backordered: 0,
                version: Some(last.version),
            }
        };
        let judged = |number: u64| Judged {
            id: format!("I{number}"),
            ok: number != 12,
            checked: if number == 12 { 0 } else { 7 },
            violated: 0,
            violations: Vec::new(),
            skipped: (number == 12).then(|| "only a client knows".to_owned()),
        };
        let good = |number| Good { sku: sku(number), stock: shape.stock, price: dollars(PRICE) };
        let opening = Opening {
            seed: shape.seed,
            target: "model".to_owned(),
            workload: "model".to_owned(),
            buyers: shape.purchases,
            began_at: "2026-11-27T00:00:00Z".to_owned(),
            goods: (0..shape.skus).map(good).collect(),
            all_must_sell: shape.flash,
            answers_within_ms: None,
            limits: None,
        };
        let books = Books {
            stock: Book::Read(self.ledger.iter().map(stock).collect()),
            movements: Book::Read(self.ledger.into_values().flatten().collect()),
            orders: Book::Read(self.orders),
            payments: Book::Read(self.payments),
            audit: Book::Read((1..=14).map(judged).collect()),
            mails: Book::Read(self.mails),
            unfinished: Book::Read(Vec::new()),
        };
        Day { history: History { opening, events: self.events }, books }
    }
}

pub(crate) fn mail(order: &Order) -> Mail {
    let id = format!("evt_{}", order.id);
    Mail { id, to: order.email.clone(), order: Some(order.id.clone()), body_hash: 1 }
}

fn end_of(buyer: &Buyer) -> End {
    match (&buyer.outcome, buyer.way) {
        (_, Way::GivesUp) => End::GaveUp,
        (Outcome::Open | Outcome::Held, _) => End::Abandoned,
        (Outcome::Short(_), _) => End::SoldOut,
        (Outcome::Ordered, _) => End::Ordered,
        (Outcome::Declined, _) => End::Declined,
    }
}

fn answer(buyer: &Buyer, replayed: bool) -> Told {
    match &buyer.outcome {
        Outcome::Open | Outcome::Held => Told::Fine,
        Outcome::Short(short) => Told::SoldOut { lines: short.clone() },
        Outcome::Declined => Told::Declined { reason: "card_declined".to_owned(), body_hash: 2, replayed },
        Outcome::Ordered => Told::Ordered(acknowledged(buyer.number, &buyer.lines, replayed)),
    }
}

pub(crate) fn acknowledged(number: u64, lines: &[Line], replayed: bool) -> Acknowledged {
    Acknowledged {
        order: format!("ord_{number}"),
        total: Some(dollars(total(lines))),
        lines: lines.to_vec(),
        status: Some("paid".to_owned()),
        body_hash: number,
        replayed,
    }
}

pub(crate) fn exchange(
    purchase: u64,
    (tab, step, key): (u8, Step, Option<&str>),
    (sent_ns, answered_ns): (u64, u64),
    told: Told,
) -> Event {
    let status = match &told {
        Told::Ordered(_) => Some(201),
        Told::Declined { .. } => Some(402),
        Told::SoldOut { .. } | Told::Refused { .. } => Some(409),
        Told::Lost { .. } => None,
        Told::Fine
        | Told::Opened { .. }
        | Told::UnderWay { .. }
        | Told::Shed { .. }
        | Told::Broken { .. } => Some(200),
    };
    let key = key.map(|key| format!("{purchase}-{key}"));
    let exchange =
        Exchange { purchase, tab, step, key, repeat: 0, server: 0, sent_ns, answered_ns, status, told };
    Event::Exchange(exchange)
}
