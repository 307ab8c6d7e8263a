//! A small town: a shop with a few goods, its bank, and servers that come and go; and what must hold when all is quiet.
//!
//! Decides how a server process behaves around the coordinator: its sweeps, its mail, what it does when it starts.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::clock::Clock;
use sellonce_checkout::coordinator::Coordinator;
use sellonce_checkout::id::{CheckoutId, EventId, Ids, SagaId, Uuid};
use sellonce_checkout::limits::{CLAIM_MAX, Times};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::order::{self, HistoryEvent};
use sellonce_checkout::outbox;
use sellonce_checkout::payment::{self, Capture, PaymentProvider};
use sellonce_checkout::session::Status;
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, MAIL};
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::{Failure, Shop, Store};

use crate::bank::{self, Bank, Standing};
use crate::faults::{Faults, FaultyBank};
use crate::faulty_store::FaultyStore;
pub(crate) use crate::people::{Opened, Told, Wish};
use crate::stores;
use crate::time::StandingClock;

/// What the shop has of each SKU at the beginning, and what a unit costs in cents. `SPLIT` has its units half here, half
/// there; `GIFT` costs nothing.
pub(crate) const GOODS: [(&str, i64, i64); 4] =
    [("A", 10, 1000), ("B", 5, 500), ("SPLIT", 6, 200), ("GIFT", 10, 0)];

/// Ids and secrets in the order of a counter.
#[derive(Default)]
pub(crate) struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1)
    }

    fn secret16(&self) -> [u8; 16] {
        self.uuid().into_bytes()
    }

    fn secret32(&self) -> [u8; 32] {
        let half = self.uuid().into_bytes();
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(&half);
        secret
    }
}

/// A server process.
pub(crate) struct Server {
    pub(crate) coordinator: Coordinator,
    pub(crate) store: Arc<FaultyStore>,
}

/// What a server does about the leases of one that was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// It knows that it is alone, and ends them when it starts.
    EndsLeases,
    /// It waits until they run out.
    WaitsForLeases,
}

/// The town.
pub(crate) struct World {
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) ids: Arc<CountingIds>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bank: Arc<Bank>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) recovery: Recovery,
    /// The letters that arrived, by the id of their event.
    letters: Mutex<BTreeMap<EventId, HistoryEvent>>,
    pub(crate) opened: Mutex<Vec<CheckoutId>>,
    pub(crate) requests: AtomicI64,
}

impl World {
    /// A shop with its goods on the shelves that takes money at once, and no server yet.
    pub(crate) fn new() -> Self {
        Self::with(Capture::Automatic)
    }

    /// A shop that takes money when it was told to.
    pub(crate) fn with(capture: Capture) -> Self {
        let clock = Arc::new(StandingClock::default());
        clock.pass(1_000_000);
        let locations = ["main", "annex"].map(location).to_vec();
        let shop = Shop { currency: usd(), locations, capture, times: Times::default() };
        let store = stores::open(shop, clock.clone());
        let world = Self {
            bank: Arc::new(Bank::new(clock.clone(), store.clone())),
            clock,
            ids: Arc::default(),
            store,
            faults: Arc::default(),
            recovery: Recovery::WaitsForLeases,
            letters: Mutex::default(),
            opened: Mutex::default(),
            requests: AtomicI64::new(0),
        };
        for (name, units, price) in GOODS {
            let here = if name == "SPLIT" { units / 2 } else { units };
            world.put_on_sale(name, here, price);
            if here < units {
                world.receive(name, "annex", units - here);
            }
        }
        world
    }

    /// A server that just started.
    pub(crate) fn server(&self) -> Server {
        let store = Arc::new(FaultyStore { store: self.store.clone(), faults: self.faults.clone() });
        let bank: Arc<dyn PaymentProvider> =
            Arc::new(FaultyBank { bank: self.bank.clone(), faults: self.faults.clone() });
        let providers = BTreeMap::from([(bank::NAME.to_owned(), bank)]);
        let coordinator = Coordinator::new(store.clone(), providers, self.clock.clone(), self.ids.clone());
        Server { coordinator, store }
    }

    /// Runs what waits for nothing but time.
    pub(crate) fn now<T>(&self, work: impl Future<Output = T>) -> T {
        self.run(pin!(work)).expect("it waits for nothing but time")
    }

    /// Runs what a server does; `None` if it was killed or stands still meanwhile.
    pub(crate) fn run<T>(&self, work: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
        self.clock.run(work, || self.faults.was_halted())
    }

    /// Lets a server work. If it is killed meanwhile, another one starts in its place, and there is no answer.
    pub(crate) fn serve<T>(&self, server: &mut Server, work: impl AsyncFnOnce(&Server) -> T) -> Option<T> {
        let answer = self.run(pin!(work(server)));
        if self.faults.was_killed() {
            *server = self.server();
            if self.recovery == Recovery::EndsLeases {
                self.now(self.store.end_leases()).expect("the store answers");
            }
            return None;
        }
        Some(answer.expect("a server that lives answers"))
    }

    /// One round of the background loops.
    pub(crate) fn sweep(&self, server: &mut Server) {
        let _ = self.serve(server, async |server: &Server| {
            let until = self.clock.now().plus_ms(self.store.shop().times.complete_wait_ms);
            for run in server.coordinator.claim(CLAIM_MAX).await? {
                // What cannot be driven now is found again when it is due.
                drop(server.coordinator.drive(run, until).await);
            }
            for refund in server.coordinator.claim_refunds(CLAIM_MAX).await? {
                drop(server.coordinator.refund(refund).await);
            }
            self.deliver(server).await
        });
    }

    async fn deliver(&self, server: &Server) -> Result<(), Failure> {
        let owner = server.coordinator.owner();
        for due in server.store.claim_deliveries(MAIL, owner, CLAIM_MAX).await? {
            let order = self.store.order(due.view.order.id).await?;
            assert!(order.is_some(), "I8: a buyer is told of an order that is not there");
            self.receive_letter(&due.event);
            server.store.finish_delivery(due.event.id, MAIL, DeliveryResult::Delivered).await?;
        }
        Ok(())
    }

    fn receive_letter(&self, event: &HistoryEvent) {
        let mut letters = self.letters.lock().expect("no letter panics");
        let first = letters.entry(event.id).or_insert_with(|| event.clone());
        assert_eq!(first, event, "I8: equal ids carry equal content");
    }

    /// Sweeps until nothing is under way any more.
    pub(crate) fn settle(&self, server: &mut Server) {
        let mut quiet = 0;
        for _ in 0..100 {
            let faults = self.faults.left();
            self.sweep(server);
            let untouched = self.faults.left() == faults;
            quiet = if untouched && self.is_quiet() { quiet + 1 } else { 0 };
            if quiet == 3 {
                return;
            }
            // Longer than the longest pause of a saga, and than a lease.
            let times = self.store.shop().times;
            self.clock.pass(times.retry_ms_max.max(times.lease_ms) + 1);
        }
        panic!("the town never comes to rest");
    }

    fn is_quiet(&self) -> bool {
        let opened = self.opened.lock().expect("nobody panics").clone();
        let under_way = opened.into_iter().any(|id| {
            let view = self.now(self.store.checkout(id)).expect("the store answers").expect("it was opened");
            matches!(view.checkout.status, Status::Processing | Status::RequiresAction)
        });
        let orders = self.orders();
        let money_moves = orders.iter().any(|view| {
            let attempt = view.attempt.as_ref();
            let on_its_way = attempt.is_some_and(|attempt| !attempt.refund_pending.is_zero());
            let set_aside = attempt.is_some_and(|attempt| attempt.status == payment::Status::Authorized);
            view.order.status == order::Status::Pending || on_its_way || set_aside
        });
        let owes =
            self.bank.payments().iter().any(|(key, payment)| payment.kept_minor() != kept(&orders, key));
        !under_way && !money_moves && !owes && self.untold().is_empty()
    }

    /// Every order, newest first.
    pub(crate) fn orders(&self) -> Vec<OrderView> {
        self.now(self.store.orders(None, 100)).expect("the store answers").rows
    }

    /// The order of a checkout.
    pub(crate) fn order_of(&self, opened: &Opened) -> Option<OrderView> {
        self.orders().into_iter().find(|view| view.order.checkout == opened.id)
    }

    /// Where a checkout stands.
    pub(crate) fn status(&self, opened: &Opened) -> Status {
        let view = self.now(self.store.checkout(opened.id)).expect("the store answers");
        view.expect("it was opened").checkout.status
    }

    /// The counters of a SKU over all locations: available, reserved, committed.
    pub(crate) fn stock(&self, name: &str) -> [i64; 3] {
        let view = self.now(self.store.stock(&sku(name))).expect("the store answers").expect("it is on sale");
        view.rows.iter().fold([0; 3], |[available, reserved, committed], (_, row)| {
            let counters = row.counters;
            [available + counters.available, reserved + counters.reserved, committed + counters.committed]
        })
    }

    /// Everything that must hold when all is quiet: every checkout is one order or a clean slate.
    pub(crate) fn assert_whole(&self) {
        self.clock.pass(self.store.shop().times.rest_ms + 1);
        let report = self.now(self.store.audit()).expect("the store answers");
        let violated: Vec<_> = report.findings.iter().filter(|finding| finding.violated > 0).collect();
        assert!(report.ok(), "{violated:#?}");
        let orders = self.orders();
        self.assert_money(&orders);
        for (name, units, _) in GOODS {
            let [available, reserved, committed] = self.stock(name);
            assert_eq!(
                (reserved, available + committed),
                (0, units),
                "I11: {name} is held for nobody, none is lost"
            );
        }
        let untold = self.untold();
        assert!(untold.is_empty(), "I8: nobody was told of {untold:?}");
    }

    /// The events that somebody must be told of, and nobody was.
    fn untold(&self) -> Vec<HistoryEvent> {
        let letters = self.letters.lock().expect("no letter panics");
        let events = self.orders().into_iter().flat_map(|view| view.order.events);
        let must_be_told = events.filter(|event| !outbox::consumers(event.to).is_empty());
        must_be_told.filter(|event| !letters.contains_key(&event.id)).collect()
    }

    /// The bank has taken exactly what the orders cost, each once, less what went back.
    fn assert_money(&self, orders: &[OrderView]) {
        let payments = self.bank.payments();
        for (key, payment) in &payments {
            let expected = kept(orders, key);
            assert_eq!(payment.kept_minor(), expected, "I4: {payment:?}");
            let open = matches!(payment.standing, Standing::Waiting | Standing::Authorized);
            assert!(!open, "I4: the bank still holds something for {payment:?}");
        }
        for view in orders.iter().filter(|view| !view.order.total.is_zero()) {
            assert!(payments.contains_key(&view.order.saga.attempt_key()), "I3: {} is unpaid", view.order.id);
        }
    }
}

/// What the shop keeps of a payment: what its order cost, less what went back.
fn kept(orders: &[OrderView], attempt_key: &str) -> i64 {
    let saga = SagaId::from_attempt_key(attempt_key).expect("an attempt's key");
    let order = orders.iter().find(|view| view.order.saga == saga);
    let attempt = order.and_then(|view| view.attempt.as_ref());
    attempt.map_or(0, |attempt| attempt.captured.minor() - attempt.refunded.minor())
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::parse(name).expect("a SKU")
}

pub(crate) fn location(name: &str) -> Location {
    Location::parse(name).expect("a location")
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

pub(crate) fn money(cents: i64) -> Money {
    Money::new(cents, usd()).expect("a small amount")
}
