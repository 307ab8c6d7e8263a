//! A day in a test's hands: what was said and written on it, to be read and changed.
//!
//! Decides nothing; the days are made in `model`.

use sellonce_surge::books::{Book, Books, Mail, Movement, Order, Payment, Stock};
use sellonce_surge::history::{End, Ended, Event, Exchange, History, Told};

/// A run and its books.
#[derive(Clone)]
pub(crate) struct Day {
    pub(crate) history: History,
    pub(crate) books: Books,
}

impl Day {
    pub(crate) fn orders(&mut self) -> &mut Vec<Order> {
        read(&mut self.books.orders)
    }

    pub(crate) fn payments(&mut self) -> &mut Vec<Payment> {
        read(&mut self.books.payments)
    }

    pub(crate) fn movements(&mut self) -> &mut Vec<Movement> {
        read(&mut self.books.movements)
    }

    pub(crate) fn stock(&mut self) -> &mut Stock {
        &mut read(&mut self.books.stock)[0]
    }

    pub(crate) fn mails(&mut self) -> &mut Vec<Mail> {
        read(&mut self.books.mails)
    }

    /// The exchanges with an acknowledgement, oldest first.
    pub(crate) fn acks(&mut self) -> Vec<&mut Exchange> {
        self.exchanges(|exchange| matches!(exchange.told, Told::Ordered(_)))
    }

    pub(crate) fn exchanges(&mut self, wanted: impl Fn(&Exchange) -> bool) -> Vec<&mut Exchange> {
        let all = self.history.events.iter_mut().filter_map(|event| match event {
            Event::Exchange(exchange) => Some(exchange),
            Event::Ended(_) | Event::Act(_) => None,
        });
        all.filter(|exchange| wanted(exchange)).collect()
    }

    /// The first purchase that ended so.
    pub(crate) fn first(&mut self, end: End) -> &mut Ended {
        let found = self.history.events.iter_mut().find_map(|event| match event {
            Event::Ended(ended) if ended.end == end => Some(ended),
            Event::Ended(_) | Event::Exchange(_) | Event::Act(_) => None,
        });
        found.expect("the day has such a purchase")
    }

    /// Adds events at their instants.
    pub(crate) fn happens(&mut self, events: impl IntoIterator<Item = Event>) {
        self.history.events.extend(events);
        self.history.events.sort_by_key(Event::at_ns);
    }

    /// Only what any shop can show: orders with their payments, and how much is left.
    pub(crate) fn plain(mut self) -> Self {
        let missing = || "this shop has none".to_owned();
        self.books.movements = Book::Missing { reason: missing() };
        self.books.audit = Book::Missing { reason: missing() };
        self.books.mails = Book::Missing { reason: missing() };
        self.books.unfinished = Book::Missing { reason: missing() };
        for row in read(&mut self.books.stock) {
            (row.committed, row.version) = (None, None);
        }
        for exchange in self.exchanges(|exchange| matches!(exchange.told, Told::SoldOut { .. })) {
            exchange.told = Told::SoldOut { lines: Vec::new() };
        }
        self
    }
}

fn read<T>(book: &mut Book<T>) -> &mut T {
    match book {
        Book::Read(book) => book,
        Book::Missing { reason } | Book::Unreadable { reason } => panic!("{reason}"),
    }
}
