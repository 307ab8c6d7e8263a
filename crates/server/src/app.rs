//! What every handler has at hand: the ports of the shop and the settings of the server.
//!
//! Decides nothing; the binary puts it together, and handlers and pages take from it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use sellonce_checkout::coordinator::Coordinator;
use sellonce_checkout::id::Ids;
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::CallbackReader;
use sellonce_checkout::simulated_book::{Booking, SimulatedBook};
use sellonce_checkout::store::{Failure, Store};
use sellonce_checkout::totals::{Pricing, ShippingMethod};

use crate::accept::Tasks;
use crate::throttle::{Rates, Throttle};

/// The parts that a server is put together from.
pub struct Parts {
    /// What the shop remembers.
    pub store: Arc<dyn Store>,
    /// What runs checkouts.
    pub coordinator: Arc<Coordinator>,
    /// Where ids and secrets come from.
    pub ids: Arc<dyn Ids>,
    /// Shipping and tax.
    pub pricing: Arc<dyn Pricing>,
    /// Who reads the callbacks of which payment provider.
    pub callbacks: BTreeMap<String, Arc<dyn CallbackReader>>,
    /// What of the simulated provider is shown here, if that provider is switched on.
    pub simulated: Option<Simulated>,
    /// Where a saga runs to its end although its client has hung up.
    pub tasks: Tasks,
    /// What was configured.
    pub settings: Settings,
}

/// What of the simulated provider is shown on this server.
#[derive(Clone)]
pub struct Simulated {
    /// Its book, for who compares it with the shop's.
    pub book: Arc<dyn SimulatedBook>,
    /// Its page, where buyers act.
    pub page: Arc<dyn ActionPage>,
}

/// The page of a payment provider where buyers act on payments that wait for them.
#[async_trait]
pub trait ActionPage: Send + Sync {
    /// The payment under a key; its status is `requires_action` as long as it waits for its buyer.
    async fn payment(&self, attempt_key: &str) -> Result<Option<Booking>, Failure>;
    /// The buyer acts; tells how the payment stands then. Acting twice is acting once.
    async fn act(&self, attempt_key: &str, succeed: bool) -> Result<Option<Booking>, Failure>;
}

/// What was configured, as far as requests and pages have to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The shop's name for people.
    pub title: String,
    /// The address under which buyers reach the shop, as `https://shop.example`.
    pub public_url: String,
    /// Whether payments are simulated, which every page says.
    pub test_payments: bool,
    /// The shipping methods that a page offers, in their order.
    pub shipping_methods: Vec<ShippingMethod>,
    /// Whether a checkout needs a shipping address.
    pub address_required: bool,
    /// How often one address may ask.
    pub rates: Rates,
    /// The longest that a request may take, in milliseconds.
    pub request_ms: u64,
}

impl Settings {
    /// A shop with this name and address that configures nothing else.
    pub fn new(title: impl Into<String>, public_url: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            public_url: public_url.into(),
            test_payments: false,
            shipping_methods: Vec::new(),
            address_required: false,
            rates: Rates::default(),
            request_ms: 30_000,
        }
    }
}

/// The shared state of all handlers; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    parts: Parts,
    throttle: Throttle,
    draining: AtomicBool,
}

impl App {
    /// Puts a server together.
    pub fn new(parts: Parts) -> Self {
        let throttle = Throttle::new(parts.settings.rates.clone());
        Self(Arc::new(Shared { parts, throttle, draining: AtomicBool::new(false) }))
    }

    /// The shop's currency.
    pub fn currency(&self) -> Currency {
        self.store.shop().currency
    }

    /// Makes `/readyz` say no from now on, so that a load balancer sends no new buyers while the old ones are served.
    pub fn begin_draining(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
