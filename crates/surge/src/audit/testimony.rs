//! What buyers were told, purchase by purchase.
//!
//! Decides how the events of a history belong together, and which of them say something for good.

use rustc_hash::FxHashMap;

use crate::history::{
    Acknowledged, Act, Care, Deed, End, Ended, Event, Exchange, Fault, History, Money, Short, Step, Told,
};

/// The history by purchases, in the order of their first event, and what surge did itself.
pub(super) struct Testimony<'a> {
    pub(super) purchases: Vec<Purchase<'a>>,
    places: FxHashMap<u64, usize>,
    /// Units that were put in or taken out.
    pub(super) stock_acts: Vec<StockAct<'a>>,
    pub(super) had_faults: bool,
    /// Whether the shop's database refused calls at times: it was down, or the shop so full that requests were shed.
    pub(super) had_refusals: bool,
    /// What was done about orders.
    pub(super) cares: Vec<CareAct<'a>>,
}

/// What was done about an order.
#[derive(Clone, Copy)]
pub(super) struct CareAct<'a> {
    pub(super) order: &'a str,
    pub(super) care: Care,
    pub(super) confirmed: bool,
}

/// Everything that was said in a purchase.
pub(super) struct Purchase<'a> {
    pub(super) number: u64,
    pub(super) exchanges: Vec<&'a Exchange>,
    pub(super) ended: Option<&'a Ended>,
}

/// Units that surge put in or took out.
#[derive(Clone, Copy)]
pub(super) struct StockAct<'a> {
    pub(super) sku: &'a str,
    pub(super) units: i64,
    pub(super) version: Option<i64>,
    pub(super) confirmed: bool,
    pub(super) began_ns: u64,
    pub(super) ended_ns: u64,
}

/// What a buyer was told of a SKU that is short.
#[derive(Clone, Copy)]
pub(super) struct Shortage<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) short: &'a Short,
}

/// An order that a buyer was told of, where they were told of it.
#[derive(Clone, Copy)]
pub(super) struct Ack<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) order: &'a Acknowledged,
}

impl<'a> Testimony<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let mut testimony = Self {
            purchases: Vec::new(),
            places: FxHashMap::default(),
            stock_acts: Vec::new(),
            had_faults: false,
            had_refusals: false,
            cares: Vec::new(),
        };
        for event in &history.events {
            match event {
                Event::Exchange(exchange) => {
                    testimony.had_refusals |= matches!(exchange.told, Told::Shed { .. });
                    testimony.purchase(exchange.purchase).exchanges.push(exchange);
                }
                Event::Ended(ended) => testimony.purchase(ended.purchase).ended = Some(ended),
                Event::Act(act) => testimony.act(act),
            }
        }
        testimony
    }

    fn purchase(&mut self, number: u64) -> &mut Purchase<'a> {
        let place = *self.places.entry(number).or_insert_with(|| {
            self.purchases.push(Purchase { number, exchanges: Vec::new(), ended: None });
            self.purchases.len() - 1
        });
        &mut self.purchases[place]
    }

    fn act(&mut self, act: &'a Act) {
        match &act.deed {
            Deed::Stock { sku, units, version, confirmed } => self.stock_acts.push(StockAct {
                sku,
                units: *units,
                version: *version,
                confirmed: *confirmed,
                began_ns: act.began_ns,
                ended_ns: act.ended_ns,
            }),
            Deed::Fault {
                fault: Fault::Latency | Fault::Bandwidth | Fault::Slicer | Fault::SlowClose,
                ..
            }
            | Deed::Price { .. }
            | Deed::Word { .. }
            | Deed::DoorsOpened { .. } => {}
            Deed::Care { order, care, confirmed } => {
                self.cares.push(CareAct { order, care: *care, confirmed: *confirmed });
            }
            Deed::Fault { fault, .. } => {
                self.had_faults = true;
                self.had_refusals |= *fault == Fault::RestartDatabase;
            }
        }
    }

    /// The purchase of this number, if there was one.
    pub(super) fn find(&self, number: u64) -> Option<&Purchase<'a>> {
        self.place(number).map(|place| &self.purchases[place])
    }

    /// Where in the list the purchase of this number stands.
    pub(super) fn place(&self, number: u64) -> Option<usize> {
        self.places.get(&number).copied()
    }

    /// Every sold-out answer by the SKUs that it calls short.
    pub(super) fn shortages(&self) -> FxHashMap<&'a str, Vec<Shortage<'a>>> {
        let mut shortages: FxHashMap<&str, Vec<Shortage<'_>>> = FxHashMap::default();
        for (exchange, lines) in self.purchases.iter().flat_map(Purchase::sold_out) {
            for short in lines {
                shortages.entry(&short.sku).or_default().push(Shortage { exchange, short });
            }
        }
        shortages
    }

    /// Every acknowledgement, repeated ones too.
    pub(super) fn acks(&self) -> impl Iterator<Item = Ack<'a>> + '_ {
        self.purchases.iter().flat_map(Purchase::acks)
    }
}

impl<'a> Purchase<'a> {
    /// How it is spoken of in a violation.
    pub(super) fn name(&self) -> String {
        format!("purchase {}", self.number)
    }

    pub(super) fn end(&self) -> Option<End> {
        self.ended.map(|ended| ended.end)
    }

    /// Orders that its buyer was told of, repeated ones too. Looking at an order again tells nothing new of it.
    pub(super) fn acks(&self) -> impl Iterator<Item = Ack<'a>> + '_ {
        self.exchanges.iter().filter(|exchange| exchange.step != Step::Order).filter_map(|exchange| {
            match &exchange.told {
                Told::Ordered(order) => Some(Ack { exchange, order }),
                Told::Fine
                | Told::Opened { .. }
                | Told::UnderWay { .. }
                | Told::Declined { .. }
                | Told::SoldOut { .. }
                | Told::Refused { .. }
                | Told::Shed { .. }
                | Told::Broken { .. }
                | Told::Lost { .. } => None,
            }
        })
    }

    /// Every answer that there is not enough.
    pub(super) fn sold_out(&self) -> impl Iterator<Item = (&'a Exchange, &'a [Short])> + '_ {
        self.exchanges.iter().filter_map(|exchange| match &exchange.told {
            Told::SoldOut { lines } => Some((*exchange, lines.as_slice())),
            Told::Fine
            | Told::Opened { .. }
            | Told::Ordered(_)
            | Told::UnderWay { .. }
            | Told::Declined { .. }
            | Told::Refused { .. }
            | Told::Shed { .. }
            | Told::Broken { .. }
            | Told::Lost { .. } => None,
        })
    }

    /// When its first request of any kind began to be sent: before that it can have taken nothing.
    pub(super) fn first_sent_ns(&self) -> Option<u64> {
        self.exchanges.iter().map(|exchange| exchange.sent_ns).min()
    }

    /// When it first asked to pay: before that no stock was moved for it in a shop that holds from paying on.
    pub(super) fn first_pay_ns(&self) -> Option<u64> {
        let paying = self.exchanges.iter().filter(|exchange| exchange.step == Step::Complete);
        paying.map(|exchange| exchange.sent_ns).min()
    }

    /// Whether a request that can move stock or money was lost: it may have its effect at any time.
    pub(super) fn has_unknown(&self) -> bool {
        self.exchanges.iter().any(|exchange| {
            let moves = matches!(exchange.step, Step::Complete | Step::Approve | Step::Cancel);
            moves && matches!(exchange.told, Told::Lost { unsent: false, .. } | Told::Broken { .. })
        })
    }

    /// Whether it never sent a request to pay that the shop might have heard.
    pub(super) fn never_paid(&self) -> bool {
        let unsent = |exchange: &&Exchange| matches!(exchange.told, Told::Lost { unsent: true, .. });
        self.exchanges.iter().filter(|exchange| exchange.step == Step::Complete).all(unsent)
    }

    /// The total that the tab's checkout was locked at when an exchange of it was answered.
    pub(super) fn shown(&self, tab: u8, by_ns: u64) -> Option<&'a Money> {
        let before = |exchange: &&&Exchange| exchange.tab == tab && exchange.answered_ns <= by_ns;
        self.exchanges.iter().rev().filter(before).find_map(|exchange| locked(exchange))
    }

    /// Every total that any of its tabs was shown.
    pub(super) fn all_shown(&self) -> impl Iterator<Item = &'a Money> + '_ {
        self.exchanges.iter().filter_map(|exchange| locked(exchange))
    }
}

/// The locked total that an answer tells. Asking for it later tells nothing new.
fn locked(exchange: &Exchange) -> Option<&Money> {
    match &exchange.told {
        Told::Opened { total, .. } if exchange.step != Step::Ask => total.as_ref(),
        Told::Fine
        | Told::Opened { .. }
        | Told::Ordered(_)
        | Told::UnderWay { .. }
        | Told::Declined { .. }
        | Told::SoldOut { .. }
        | Told::Refused { .. }
        | Told::Shed { .. }
        | Told::Broken { .. }
        | Told::Lost { .. } => None,
    }
}
