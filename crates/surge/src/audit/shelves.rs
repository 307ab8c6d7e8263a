//! The units of each SKU by every account: what surge put there, what buyers were told, what the shop's orders say.
//!
//! Decides how units are counted: by orders, each once, never by the shop's stock number alone, because both that number
//! and the orders can be wrong together.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::books::{Book, Books, Order, Stock};
use crate::history::{self, End, History, Line};

use super::testimony::{Ack, Purchase, Testimony};

/// Every SKU of the run, and every order of it.
pub(super) struct Shelves<'a> {
    pub(super) skus: BTreeMap<&'a str, Shelf<'a>>,
    /// The orders that any account names, each once, the shop's first.
    pub(super) orders: Vec<Account<'a>>,
    places: FxHashMap<&'a str, usize>,
}

/// What is known of the units of a SKU.
#[derive(Default)]
pub(super) struct Shelf<'a> {
    /// What was there at first and was put in, less what was taken out; at least, if a movement was not confirmed.
    pub(super) supply_min: i64,
    /// The same at most.
    pub(super) supply_max: i64,
    /// Sold, as buyers were told.
    pub(super) told: i64,
    /// Sold, by the shop's orders.
    pub(super) booked: i64,
    /// Of those, what has left the house.
    pub(super) shipped: i64,
    /// Sold by either account: no buyer is counted twice.
    pub(super) sold: i64,
    /// Wanted by buyers who know of no end: some of it may have been sold.
    pub(super) unknown: i64,
    /// What the shop's stock row says.
    pub(super) row: Option<&'a Stock>,
}

/// An order by each account that has it.
pub(super) struct Account<'a> {
    pub(super) id: &'a str,
    /// In the shop's book.
    pub(super) booked: Option<&'a Order>,
    /// As its buyer was told first: the history is in the order of the answers.
    pub(super) told: Option<Ack<'a>>,
    /// The purchase that made it, if that can be told.
    pub(super) purchase: Option<u64>,
}

impl<'a> Shelves<'a> {
    pub(super) fn of(history: &'a History, testimony: &Testimony<'a>, books: &'a Books) -> Self {
        let mut shelves = Self { skus: BTreeMap::new(), orders: Vec::new(), places: FxHashMap::default() };
        shelves.supply(history, testimony);
        shelves.gather(history, testimony, books);
        shelves.count();
        for purchase in testimony.purchases.iter().filter(|purchase| is_open(purchase)) {
            for line in purchase.ended.iter().flat_map(|ended| &ended.wanted) {
                add(&mut shelves.shelf(&line.sku).unknown, line.quantity);
            }
        }
        if let Book::Read(rows) = &books.stock {
            for row in rows {
                shelves.shelf(&row.sku).row = Some(row);
            }
        }
        shelves
    }

    fn supply(&mut self, history: &'a History, testimony: &Testimony<'a>) {
        for good in &history.opening.goods {
            let shelf = self.shelf(&good.sku);
            add(&mut shelf.supply_min, good.stock);
            add(&mut shelf.supply_max, good.stock);
        }
        for act in &testimony.stock_acts {
            let shelf = self.shelf(act.sku);
            if act.confirmed || act.units < 0 {
                add(&mut shelf.supply_min, act.units);
            }
            if act.confirmed || act.units > 0 {
                add(&mut shelf.supply_max, act.units);
            }
        }
    }

    fn gather(&mut self, history: &History, testimony: &Testimony<'a>, books: &'a Books) {
        if let Book::Read(orders) = &books.orders {
            for order in orders {
                let purchase = history::purchase_of(history.opening.seed, &order.email);
                let account = self.account(&order.id);
                account.booked = Some(order);
                account.purchase = purchase;
            }
        }
        for ack in testimony.acks() {
            let account = self.account(&ack.order.order);
            account.told.get_or_insert(ack);
            account.purchase.get_or_insert(ack.exchange.purchase);
        }
    }

    /// Where in the list the order of this id stands, if the shop's book has it.
    pub(super) fn place_of_booked(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied().filter(|place| self.orders[*place].booked.is_some())
    }

    fn account(&mut self, id: &'a str) -> &mut Account<'a> {
        let place = *self.places.entry(id).or_insert_with(|| {
            self.orders.push(Account { id, booked: None, told: None, purchase: None });
            self.orders.len() - 1
        });
        &mut self.orders[place]
    }

    fn count(&mut self) {
        let Self { skus, orders, .. } = self;
        for account in orders.iter() {
            let was_called_off = account.booked.is_some_and(is_called_off);
            if let Some(told) = account.told {
                each(skus, &told.order.lines, |shelf, units| add(&mut shelf.told, units));
            }
            if was_called_off {
                continue;
            }
            if let Some(booked) = account.booked {
                each(skus, &booked.lines, |shelf, units| add(&mut shelf.booked, units));
                each(skus, &booked.shipped, |shelf, units| add(&mut shelf.shipped, units));
            }
            each(skus, account.lines(), |shelf, units| add(&mut shelf.sold, units));
        }
    }

    fn shelf(&mut self, sku: &'a str) -> &mut Shelf<'a> {
        self.skus.entry(sku).or_default()
    }
}

impl<'a> Account<'a> {
    /// What was bought: by the shop's book, or as the buyer was told.
    pub(super) fn lines(&self) -> &'a [Line] {
        match (self.booked, self.told) {
            (Some(order), _) => &order.lines,
            (None, Some(told)) => &told.order.lines,
            (None, None) => &[],
        }
    }
}

fn each<'a>(
    skus: &mut BTreeMap<&'a str, Shelf<'a>>,
    lines: &'a [Line],
    mut count: impl FnMut(&mut Shelf<'a>, i64),
) {
    for line in lines {
        count(skus.entry(&line.sku).or_default(), line.quantity);
    }
}

fn add(sum: &mut i64, units: i64) {
    *sum = sum.saturating_add(units);
}

/// Whether its buyer does not know how it ended.
fn is_open(purchase: &Purchase<'_>) -> bool {
    match purchase.end() {
        Some(End::Ordered | End::SoldOut | End::Declined | End::Refused) => false,
        Some(End::Abandoned) => !purchase.never_paid(),
        Some(End::GaveUp | End::Error) | None => true,
    }
}

/// Whether an order was called off, so that its units are on sale again; by now its money may be back, too.
pub(super) fn is_called_off(order: &Order) -> bool {
    let is_word =
        |status: &String| ["cancelled", "canceled"].iter().any(|word| status.eq_ignore_ascii_case(word));
    is_word(&order.status) || order.statuses.iter().any(is_word)
}
