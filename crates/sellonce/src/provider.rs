//! The simulated provider, put together for one server: its answers, its page, its callbacks.
//!
//! Decides that its callbacks come in at the shop's own door, over HTTP, as a real provider's do. Leaves what it does
//! to a payment, and what it calls back about, to the payments crate.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::id::Ids;
use sellonce_checkout::payment::{CallbackReader, PaymentProvider};
use sellonce_checkout::simulated_book::{Booking, SimulatedBook};
use sellonce_checkout::store::Failure;
use sellonce_payments::circuit_breaker::CircuitBreaker;
use sellonce_payments::simulated::callbacks::Reader;
use sellonce_payments::simulated::faults::Faulty;
use sellonce_payments::simulated::{self, Settings, Simulated};
use sellonce_payments::standard_webhooks::Secret;
use sellonce_payments::time_limit::TimeLimited;
use sellonce_server::app::ActionPage;
use sellonce_server::knock::Door;

use crate::config::Config;
use crate::system::SystemIds;

/// How many callbacks are sent at once.
const SENDS_MAX: u32 = 100;

/// The simulated provider of this server.
pub(crate) struct SimulatedProvider {
    settings: Settings,
    book: Arc<dyn SimulatedBook>,
    clock: Arc<dyn Clock>,
    secret: Secret,
}

impl SimulatedProvider {
    /// The provider over its book, with the settings of the shop.
    pub(crate) fn new(
        config: &Config,
        public_url: &str,
        book: Arc<dyn SimulatedBook>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let simulated = &config.payments.simulated;
        let mut callbacks = simulated.callbacks.clone();
        if !simulated.secret_given {
            // Each server sends to itself, so each may have a secret of its own.
            callbacks.secret = Secret::from_bytes(SystemIds.secret32());
        }
        let secret = callbacks.secret.clone();
        let settings = Settings {
            capture: config.payments.capture,
            callbacks: Some(callbacks),
            ..Settings::new(public_url)
        };
        Self { settings, book, clock, secret }
    }

    fn simulated(&self) -> Simulated {
        Simulated::new(Arc::clone(&self.book), Arc::clone(&self.clock), self.settings.clone())
    }

    /// The provider as the coordinator asks it: over a bad line, if the configuration says so, not for ever, and hardly at
    /// all while it answers nobody.
    pub(crate) fn asked(&self, config: &Config) -> Arc<dyn PaymentProvider> {
        let faulty = Faulty::new(self.simulated(), config.payments.simulated.faults);
        let limit_ms = config.shop.times.payment_call_ms;
        let limited = TimeLimited::new(faulty, Arc::clone(&self.clock), limit_ms);
        Arc::new(CircuitBreaker::new(limited, Arc::clone(&self.clock)))
    }

    /// Who reads its callbacks.
    pub(crate) fn reader(&self) -> Arc<dyn CallbackReader> {
        Arc::new(Reader::new(vec![self.secret.clone()]))
    }

    /// What is shown of it.
    pub(crate) fn shown(&self) -> sellonce_server::app::Simulated {
        let page = Arc::new(Page(self.simulated()));
        sellonce_server::app::Simulated { book: Arc::clone(&self.book), page }
    }

    /// Who sends its callbacks, in at the door at an address.
    pub(crate) fn caller(&self, listener: SocketAddr) -> Caller {
        Caller { simulated: self.simulated(), door: Door::new(listener, simulated::NAME) }
    }
}

struct Page(Simulated);

#[async_trait]
impl ActionPage for Page {
    async fn payment(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        self.0.payment(attempt_key).await
    }

    async fn act(&self, attempt_key: &str, succeed: bool) -> Result<Option<Booking>, Failure> {
        self.0.act(attempt_key, succeed).await
    }
}

/// Sends callbacks that are due.
pub(crate) struct Caller {
    simulated: Simulated,
    door: Door,
}

impl Caller {
    /// Sends what is due; says whether there may be more.
    pub(crate) async fn call_back(&self) -> Result<bool, Failure> {
        let due = self.simulated.due_callbacks(SENDS_MAX).await?;
        let full = u32::try_from(due.len()).is_ok_and(|sent| sent >= SENDS_MAX);
        for callback in due {
            let taken = self.door.call_back(&callback.headers, &callback.body).await;
            self.simulated.called_back(&callback, taken).await?;
        }
        Ok(full)
    }
}
