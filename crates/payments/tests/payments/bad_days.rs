//! A whole shop and its provider on bad days: answers lost, refusals of the moment, callbacks late, twice, never and forged.
//!
//! Decides that every checkout ends all the same, and that the shop's books and the provider's say the same of its money.
#![expect(clippy::print_stdout, reason = "what a failed test printed names the day")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sellonce_checkout::callback::Heard;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::coordinator::{Complete, Completed, Coordinator};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{CauseId, CheckoutId, EventId, Ids, ProductId, RefundId, SagaId, SecretHash};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits::Times;
use sellonce_checkout::order;
use sellonce_checkout::payment::{CallbackReader, CallbackRequest, Capture, PaymentProvider};
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::session::Buyer;
use sellonce_checkout::simulated_book::{Booking, SimulatedBook};
use sellonce_checkout::store::catalog::{Catalog, PutProduct};
use sellonce_checkout::store::checkouts::{Checkouts, Goods, OpenCheckout};
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, MAIL};
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::orders::{OrderView, Orders, TransitionOrder};
use sellonce_checkout::store::sagas::{PaymentChoice, Sagas, Target};
use sellonce_checkout::store::{Books, Shop as ShopOf};
use sellonce_checkout::totals::Tables;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::callbacks::{Callbacks, Reader};
use sellonce_payments::simulated::faults::{Faults, Faulty};
use sellonce_payments::simulated::{NAME, Settings, Simulated};
use sellonce_payments::standard_webhooks::Secret;
use sellonce_payments::time_limit::TimeLimited;

use crate::{Counting, Standing, dollars, finish, settings, usd};

/// What the buyers of a day pay with, one after the other.
const TOKENS: [&str; 8] = [
    "tok_ok",
    "tok_requires_action",
    "tok_declined",
    "tok_timeout",
    "tok_ok",
    "tok_timeout_not_charged",
    "tok_slow",
    "tok_flaky",
];

/// How many buyers come in a day.
const BUYERS: usize = 240;
/// How often the loops of the server look for work.
const SWEEP_MS: i64 = 1_000;

struct Day {
    clock: Arc<Standing>,
    ids: Arc<Counting>,
    store: Arc<MemoryStore>,
    book: Arc<MemoryBook>,
    provider: Simulated,
    reader: Reader,
    coordinator: Coordinator,
    /// When each buyer acted whose payment waited for them.
    acted: BTreeMap<String, Timestamp>,
    /// Payments that ended since, and how long that took.
    settled: BTreeMap<String, i64>,
    heard: BTreeMap<&'static str, u32>,
}

fn secret() -> Secret {
    Secret::from_bytes([1; 32])
}

impl Day {
    fn new(seed: u64, capture: Capture) -> Self {
        let clock = Arc::new(Standing::default());
        clock.0.store(1_000_000, Ordering::SeqCst);
        let shop =
            ShopOf { currency: usd(), locations: vec![Location::main()], capture, times: Times::default() };
        let store = Arc::new(MemoryStore::new(shop, clock.clone()));
        let book = Arc::new(MemoryBook::new(clock.clone()));
        let callbacks = Callbacks::bad_day(secret(), seed);
        let settings = || Settings { callbacks: Some(callbacks.clone()), capture, ..settings() };
        let provider = || Simulated::new(book.clone(), clock.clone(), settings());
        let call_ms = Times::default().payment_call_ms;
        let faulty: Arc<dyn PaymentProvider> = Arc::new(TimeLimited::new(
            Faulty::new(provider(), Faults::bad_day(seed)),
            clock.clone(),
            call_ms,
        ));
        let ids = Arc::new(Counting::default());
        let providers = BTreeMap::from([(NAME.to_owned(), faulty)]);
        let coordinator = Coordinator::new(store.clone(), providers, clock.clone(), ids.clone());
        let (provider, reader) = (provider(), Reader::new(vec![secret()]));
        let (acted, settled, heard) = Default::default();
        let day = Self { provider, reader, coordinator, clock, ids, store, book, acted, settled, heard };
        day.put_on_sale();
        day
    }

    fn now<T>(&self, work: impl Future<Output = T>) -> T {
        finish(&self.clock, work).0
    }

    fn put_on_sale(&self) {
        let variant = Variant {
            sku: Sku::parse("A").expect("a SKU"),
            title: String::new(),
            option_values: Vec::new(),
            price: dollars(10),
            compare_at: None,
            image_src: None,
            grams: 0,
            barcode: String::new(),
            policy: Policy::Deny,
        };
        let details = Details {
            handle: Handle::parse("a").expect("a handle"),
            title: "A".to_owned(),
            body_html: String::new(),
            vendor: String::new(),
            product_type: String::new(),
            tags: Vec::new(),
            listing: Listing::Published,
            options: Vec::new(),
            images: Vec::new(),
        };
        let units = i64::try_from(BUYERS).expect("a small number");
        let variants = vec![ImportedVariant { variant, quantity: Some(units) }];
        let call = PutProduct {
            id: ProductId(self.ids.uuid()),
            product: ImportedProduct { details, variants },
            location: Location::main(),
            set_stock: false,
            cause: CauseId(self.ids.uuid()),
        };
        self.now(self.store.put_product(call)).expect("memory does not fail").expect("it is new");
    }

    /// A buyer opens a checkout and completes it.
    fn buy(&self, number: usize, token: &str) {
        let (id, secret) = (CheckoutId(self.ids.uuid()), SecretHash::of(b"their secret"));
        let sku = Sku::parse("A").expect("a SKU");
        let line = WantedLine { sku, quantity: 1, price_seen: None, title_seen: String::new() };
        let buyer = Buyer {
            email: Email::parse("ada@example.com").expect("an address"),
            address: None,
            customer_reference: None,
        };
        let open = OpenCheckout {
            id,
            secret,
            goods: Goods::Lines(vec![line]),
            buyer,
            shipping_method: None,
            discount_code: None,
            pricing: Arc::new(Tables::plain(usd())),
        };
        self.now(self.store.open_checkout(open)).expect("memory does not fail").expect("it can be opened");
        let request = Complete {
            claim: Claim {
                scope: Scope::checkout(id),
                key: Key::parse(&format!("buyer-{number}")).expect("a key"),
                body: BodyHash::of(token.as_bytes()),
                request_id: format!("req-{number}"),
            },
            target: Target::Open { id, secret },
            expected_total: None,
            payment: Some(PaymentChoice { provider: NAME.to_owned(), token: token.to_owned() }),
        };
        let completed = self.now(self.coordinator.complete(request)).expect("memory does not fail");
        let completed = completed.expect("there is one for every buyer");
        let possible =
            matches!(completed, Completed::Placed { .. } | Completed::Ended { .. } | Completed::UnderWay(_));
        assert!(possible, "{completed:?}");
    }

    /// One round of the server's loops.
    fn sweep(&mut self) {
        self.clock.0.fetch_add(SWEEP_MS, Ordering::SeqCst);
        for run in self.now(self.coordinator.claim(100)).expect("memory does not fail") {
            let until = self.clock.now().plus_ms(SWEEP_MS);
            drop(self.now(self.coordinator.drive(run, until)).expect("memory does not fail"));
        }
        for refund in self.now(self.coordinator.claim_refunds(100)).expect("memory does not fail") {
            self.now(self.coordinator.refund(refund)).expect("memory does not fail");
        }
        let owner = self.coordinator.owner();
        for due in self.now(self.store.claim_deliveries(MAIL, owner, 100)).expect("memory does not fail") {
            let told = self.store.finish_delivery(due.event.id, MAIL, DeliveryResult::Delivered);
            self.now(told).expect("memory does not fail");
        }
        self.hear();
        self.note_the_settled();
    }

    /// Takes the callbacks that are due as the server does.
    fn hear(&mut self) {
        for sent in self.now(self.provider.due_callbacks(100)).expect("memory does not fail") {
            let headers = sent.headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let request = CallbackRequest { headers: &headers, body: &sent.body };
            let read = self.reader.read(&request, self.clock.now());
            assert_eq!(read.is_err(), sent.is_forged(), "the forged ones are refused, and no others");
            let (what, taken) = match read {
                Err(_) => ("refused", false),
                Ok(callback) => {
                    match self.now(self.coordinator.hear(callback)).expect("memory does not fail") {
                        Heard::Woken => ("woken", true),
                        Heard::Duplicate => ("duplicate", true),
                        Heard::Settled => ("settled", true),
                        Heard::UnknownReference => panic!("it is nobody's"),
                    }
                }
            };
            *self.heard.entry(what).or_default() += 1;
            self.now(self.provider.called_back(&sent, taken)).expect("memory does not fail");
        }
    }

    /// Buyers whose payment waits for them act; one in five fails, and one in five never comes back.
    fn act(&mut self) {
        for booking in self.bookings() {
            if booking.status != "requires_action" {
                continue;
            }
            let chance = booking.attempt_key.bytes().fold(0_u32, |sum, byte| sum + u32::from(byte)) % 5;
            if chance == 0 {
                continue;
            }
            let acted = self.now(self.provider.act(&booking.attempt_key, chance != 1));
            assert!(acted.is_ok_and(|booking| booking.is_some()));
            self.acted.insert(booking.attempt_key, self.clock.now());
        }
    }

    fn note_the_settled(&mut self) {
        let waiting: Vec<_> = self.acted.iter().filter(|(key, _)| !self.settled.contains_key(*key)).collect();
        let ended = waiting.into_iter().filter_map(|(key, acted_at)| {
            let saga = SagaId::from_attempt_key(key).expect("our own key");
            let run = self.now(self.store.saga(saga)).expect("memory does not fail").expect("it began");
            run.saga.state.is_end().then(|| (key.clone(), self.clock.now().ms_since(*acted_at)))
        });
        let ended: Vec<_> = ended.collect();
        self.settled.extend(ended);
    }

    fn bookings(&self) -> Vec<Booking> {
        self.now(self.book.bookings(None, 10_000)).expect("memory does not fail")
    }

    fn orders(&self) -> Vec<OrderView> {
        self.now(self.store.orders(None, 10_000)).expect("memory does not fail").rows
    }

    /// Merchants call some orders off, which gives their money back.
    fn call_some_off(&self) {
        let paid = self.orders().into_iter().filter(|view| view.order.status == order::Status::Paid);
        for view in paid.step_by(3) {
            let id = view.order.id;
            let call = TransitionOrder {
                claim: Claim {
                    scope: Scope::checkout(view.order.checkout),
                    key: Key::parse("call-off").expect("a key"),
                    body: BodyHash::of(b""),
                    request_id: "req".to_owned(),
                },
                id,
                to: order::Status::Cancelled,
                reason: "because".to_owned(),
                actor: "key_1".to_owned(),
                expected_version: None,
                event: EventId(self.ids.uuid()),
                refund: RefundId(self.ids.uuid()),
                cause: CauseId(self.ids.uuid()),
                restock: true,
            };
            let changed = self.now(self.store.transition_order(call)).expect("memory does not fail");
            assert!(changed.is_ok_and(|changed| changed.refund_under_way));
        }
    }

    /// Both books at the end of the day.
    fn assert_whole(&self) {
        let report = self.now(self.store.audit()).expect("memory does not fail");
        let violated: Vec<_> = report.findings.iter().filter(|finding| finding.violated > 0).collect();
        assert!(violated.is_empty(), "{violated:#?}");
        let mut orders: BTreeMap<String, OrderView> = BTreeMap::new();
        for view in self.orders() {
            assert!(orders.insert(view.order.saga.attempt_key(), view).is_none(), "I4: one order each");
        }
        for booking in self.bookings() {
            let captured = if booking.status == "captured" { booking.amount.minor() } else { 0 };
            let kept = captured - booking.refunded.minor();
            let order = orders.remove(&booking.attempt_key);
            let attempt = order.as_ref().and_then(|view| view.attempt.as_ref());
            let expected = attempt.map_or(0, |attempt| attempt.captured.minor() - attempt.refunded.minor());
            assert_eq!(kept, expected, "I4: {booking:?} of {order:?}");
            let open = ["lost", "authorized", "requires_action"].contains(&booking.status.as_str());
            assert!(!open, "I4: the provider still waits: {booking:?}");
        }
        assert!(orders.is_empty(), "I3: the provider never heard of {orders:?}");
    }
}

/// Plays a day to its end, and half an hour longer.
fn play(seed: u64, capture: Capture) -> Day {
    println!("day {seed}, {capture:?}");
    let mut day = Day::new(seed, capture);
    for (number, token) in TOKENS.iter().cycle().take(BUYERS).enumerate() {
        day.buy(number, token);
        day.sweep();
        if number % 7 == 0 {
            day.act();
        }
    }
    day.act();
    day.call_some_off();
    for _ in 0..1_800 {
        day.sweep();
    }
    day.assert_whole();
    day
}

#[test]
fn however_bad_a_day_is_every_checkout_ends_and_both_books_agree() {
    let mut heard: BTreeSet<&'static str> = BTreeSet::new();
    for seed in 0..4 {
        for capture in Capture::ALL {
            let day = play(seed, capture);
            let statuses: BTreeSet<_> = day.orders().iter().map(|view| view.order.status).collect();
            let expected = BTreeSet::from([order::Status::Paid, order::Status::Refunded]);
            assert!(statuses.is_superset(&expected), "{statuses:?}");
            let placed = day.orders().len();
            assert!(placed > BUYERS / 2, "most buyers get what they came for: {placed} of {BUYERS}");
            assert!(!day.acted.is_empty());
            assert_eq!(day.settled.len(), day.acted.len(), "who acted is answered");
            let slowest = day.settled.values().max().copied().unwrap_or_default();
            assert!(slowest <= 120_000, "also if no callback ever comes: {slowest} ms");
            heard.extend(day.heard.keys());
        }
    }
    // A suite in which these do not happen proves nothing of them.
    assert_eq!(heard, BTreeSet::from(["duplicate", "refused", "settled", "woken"]));
}
