//! A shop, its provider, and the nodes that serve it: what each does around the coordinator, and how it comes back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sellonce_checkout::callback::Heard;
use sellonce_checkout::catalog::Location;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::coordinator::Coordinator;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::{CallbackReader, CallbackRequest, Capture, PaymentProvider};
use sellonce_checkout::store::deliveries::{Deliveries, DeliveryResult, MAIL};
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::sagas::Sagas;
use sellonce_checkout::store::{Failure, Shop};
use sellonce_payments::circuit_breaker::CircuitBreaker;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::callbacks::{Callbacks, Reader};
use sellonce_payments::simulated::faults::{Faults as BadDay, Faulty};
use sellonce_payments::simulated::{NAME, Settings, Simulated};
use sellonce_payments::standard_webhooks::Secret;
use sellonce_payments::time_limit::TimeLimited;

use crate::faults::{Defect, Faults, Line};
use crate::faulty_store::FaultyStore;
use crate::people::Told;
use crate::world::{Node, World};

/// How many nodes there are.
const NODES: Node = 3;
/// How often the loops of a node look for work.
const SWEEP_MS: i64 = 2_000;

/// A node's process.
pub(crate) struct Server {
    pub(crate) coordinator: Coordinator,
    pub(crate) store: Arc<FaultyStore>,
}

/// The town.
pub(crate) struct Town {
    pub(crate) world: Arc<World>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) book: Arc<MemoryBook>,
    /// The provider's own site: where buyers act, and from where it calls back.
    pub(crate) provider: Simulated,
    reader: Reader,
    settings: Settings,
    seed: u64,
    defect: Option<Defect>,
    servers: Mutex<BTreeMap<Node, Arc<Server>>>,
    /// What each request was finally told, by its checkout and key.
    pub(crate) told: Mutex<BTreeMap<(String, String), Told>>,
}

impl Town {
    pub(crate) fn of(seed: u64, capture: Capture, defect: Option<Defect>) -> Arc<Self> {
        let world = World::of(seed);
        let (currency, times) = (usd(), Times::default());
        let shop = Shop { currency, locations: vec![Location::main()], capture, times };
        let secret = Secret::from_bytes([1; 32]);
        let settings = Settings {
            capture,
            callbacks: Some(Callbacks::bad_day(secret.clone(), seed)),
            ..Settings::new("https://shop.example")
        };
        let book = Arc::new(MemoryBook::new(world.clone()));
        let provider = Simulated::new(book.clone(), world.clone(), settings.clone());
        Arc::new(Self {
            store: Arc::new(MemoryStore::new(shop, world.clone())),
            reader: Reader::new(vec![secret]),
            servers: Mutex::default(),
            told: Mutex::default(),
            world,
            book,
            provider,
            settings,
            seed,
            defect,
        })
    }

    /// Starts every node, and whoever starts them again.
    pub(crate) fn open(self: &Arc<Self>) {
        (0..NODES).for_each(|node| self.start(node));
        let town = self.clone();
        self.world.spawn(None, async move {
            loop {
                town.world.sleep_ms(1_000).await;
                if town.world.happens(1) {
                    town.world.sees("the provider is silent for long");
                    town.world.silence_the_provider(town.world.up_to_ms(20 * 60_000));
                }
                for node in 0..NODES {
                    // One that died is back within a minute or so, and without delay once all is calm.
                    if !town.world.lives(node) && (town.world.is_calm() || town.world.happens(40)) {
                        town.world.sees("a server starts again");
                        town.start(node);
                    }
                }
            }
        });
    }

    /// A node that is there, if one is.
    pub(crate) fn server(&self) -> Option<(Node, Arc<Server>)> {
        let node = usize::try_from(self.world.below(NODES as u64)).unwrap_or(0);
        let server = self.servers.lock().expect("no panics").get(&node).cloned();
        server.filter(|_| self.world.lives(node)).map(|server| (node, server))
    }

    /// Has a node do something for somebody outside, who learns what came of it unless the node dies.
    pub(crate) async fn ask<T: Send + 'static, W: Future<Output = T> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Server>) -> W,
    ) -> Option<T> {
        let (node, server) = self.server()?;
        let answer = Arc::new(Mutex::new(None));
        let (slot, work) = (answer.clone(), work(server));
        self.world.spawn(Some(node), async move {
            let done = work.await;
            *slot.lock().expect("no panics") = Some(done);
        });
        while Arc::strong_count(&answer) > 1 {
            self.world.sleep_ms(50).await;
        }
        Arc::into_inner(answer)?.into_inner().expect("no panics")
    }

    fn start(self: &Arc<Self>, node: Node) {
        let faults = || Faults { world: self.world.clone(), node, defect: self.defect };
        let store = Arc::new(FaultyStore { store: self.store.clone(), faults: Arc::new(faults()) });
        let simulated = Simulated::new(self.book.clone(), self.world.clone(), self.settings.clone());
        let faulty = Faulty::new(simulated, BadDay::bad_day(self.seed));
        let line = Line { provider: faulty, faults: faults() };
        let call_ms = Times::default().payment_call_ms;
        let limited = TimeLimited::new(line, self.world.clone(), call_ms);
        let spared: Arc<dyn PaymentProvider> = Arc::new(CircuitBreaker::new(limited, self.world.clone()));
        let providers = BTreeMap::from([(NAME.to_owned(), spared)]);
        let coordinator = Coordinator::new(store.clone(), providers, self.world.clone(), self.world.clone());
        let server = Arc::new(Server { coordinator, store });
        self.servers.lock().expect("no panics").insert(node, server.clone());
        let (town, own) = (self.clone(), server.clone());
        self.world.spawn(Some(node), async move {
            loop {
                drop(town.run_sagas(node, &own).await);
                town.world.sleep_ms(SWEEP_MS).await;
            }
        });
        let town = self.clone();
        self.world.spawn(Some(node), async move {
            loop {
                drop(town.give_money_back(&server).await);
                drop(town.deliver(&server).await);
                drop(town.call_back(&server).await);
                town.world.sleep_ms(SWEEP_MS).await;
            }
        });
    }

    /// Every saga is driven by itself: one that waits for its provider does not keep the others.
    async fn run_sagas(&self, node: Node, server: &Arc<Server>) -> Result<(), Failure> {
        for run in server.coordinator.claim(16).await? {
            if run.saga.fence > 2 {
                self.world.sees("a saga has its third hand");
            }
            let (server, world) = (server.clone(), self.world.clone());
            self.world.spawn(Some(node), async move {
                let until = world.now().plus_ms(Times::default().complete_wait_ms);
                let (saga, is_late) = (run.saga.id, run.saga.state.is_end());
                drop(server.coordinator.drive(run, until).await);
                let after = server.store.saga(saga).await;
                if let Some(run) = after.ok().flatten().filter(|_| is_late) {
                    let captured = run.attempt.is_some_and(|attempt| !attempt.captured.is_zero());
                    world.sees(match (run.saga.late_check, captured) {
                        (true, _) => "a late check has no answer",
                        (false, true) => "a late check brings money back",
                        (false, false) => "a late check finds nothing",
                    });
                }
            });
        }
        Ok(())
    }

    async fn give_money_back(&self, server: &Server) -> Result<(), Failure> {
        for refund in server.coordinator.claim_refunds(16).await? {
            server.coordinator.refund(refund).await?;
        }
        Ok(())
    }

    async fn deliver(&self, server: &Server) -> Result<(), Failure> {
        let owner = server.coordinator.owner();
        for due in server.store.claim_deliveries(MAIL, owner, 16).await? {
            server.store.finish_delivery(due.event.id, MAIL, DeliveryResult::Delivered).await?;
        }
        Ok(())
    }

    /// The provider calls back; each time whoever asks it for what is due is whom it calls.
    async fn call_back(&self, server: &Server) -> Result<(), Failure> {
        for sent in self.provider.due_callbacks(16).await? {
            let headers = sent.headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let request = CallbackRequest { headers: &headers, body: &sent.body };
            let read = self.reader.read(&request, self.world.now());
            assert_eq!(read.is_err(), sent.is_forged(), "the forged ones are refused, and no others");
            let taken = match read {
                Err(_) => {
                    self.world.sees("a forged callback is refused");
                    false
                }
                Ok(callback) => {
                    let heard = server.coordinator.hear(callback).await;
                    self.world.sees(match &heard {
                        Ok(Heard::Woken) => "a callback wakes a saga",
                        Ok(Heard::Duplicate) => "a callback comes twice",
                        Ok(Heard::Settled) => "a callback comes after the end",
                        Ok(Heard::UnknownReference) => "a callback names nothing",
                        Err(_) => "a callback is not taken",
                    });
                    matches!(heard, Ok(Heard::Woken | Heard::Duplicate | Heard::Settled))
                }
            };
            self.provider.called_back(&sent, taken).await?;
        }
        Ok(())
    }
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

pub(crate) fn money(cents: i64) -> Money {
    Money::new(cents, usd()).expect("a small amount")
}
