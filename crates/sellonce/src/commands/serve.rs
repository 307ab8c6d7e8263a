//! `serve`: puts the shop together, opens its doors, and closes them without losing an answer.
//!
//! Decides the order of starting and stopping. Leaves everything else to the parts.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use sellonce_checkout::clock::Clock;
use sellonce_checkout::coordinator::Coordinator;
use sellonce_checkout::id::{CauseId, Ids, ProductId};
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_checkout::store::Store;
use sellonce_checkout::store::catalog::PutProduct;
use sellonce_delivery::folder::{self, MailFolder};
use sellonce_delivery::mail;
use sellonce_payments::simulated;
use sellonce_server::accept::{self, Tasks};
use sellonce_server::app::{App, Parts, Settings};
use sellonce_server::throttle::Rate;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::store::ShopStore;
use super::{Stop, store};
use crate::config::{self, Config};
use crate::output;
use crate::provider::{Caller, SimulatedProvider};
use crate::system::{SystemClock, SystemIds};
use crate::workers::Workers;
use crate::{demo, telemetry};

pub(super) async fn run(config: Config, demo: bool) -> Result<(), Stop> {
    for warning in config::warnings(&config) {
        tracing::warn!("{warning}");
    }
    let render_metrics = telemetry::metrics()?;
    // The doors come first: whoever cannot open them shall not touch the database.
    let listeners = listen(&config.server.listen)?;
    let metrics_listener = listen_for_metrics(&config)?;
    let public_url = public_url(&config, &listeners)?;
    let store = store::open(&config)?;
    if store::is_alone(&config) {
        // Every earlier server is dead, so nobody holds a lease.
        store.end_leases().await?;
    }
    if demo {
        seed(store.as_ref(), &config).await?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let simulated = simulated_is_on(&config).then(|| {
        let book = Arc::clone(&store) as Arc<dyn SimulatedBook>;
        SimulatedProvider::new(&config, &public_url, book, Arc::clone(&clock))
    });
    let providers = simulated.iter().map(|provider| (simulated::NAME.to_owned(), provider.asked(&config)));
    let coordinator = Arc::new(Coordinator::new(
        Arc::clone(&store) as Arc<dyn Store>,
        providers.collect(),
        clock,
        Arc::clone(&ids),
    ));
    let tasks = Tasks::default();
    let app = App::new(Parts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        coordinator: Arc::clone(&coordinator),
        ids,
        pricing: Arc::new(config.shop.tables.clone()),
        callbacks: simulated.iter().map(|each| (simulated::NAME.to_owned(), each.reader())).collect(),
        simulated: simulated.as_ref().map(SimulatedProvider::shown),
        tasks: tasks.clone(),
        settings: settings(&config, &public_url),
    });
    let workers = Workers {
        store: Arc::clone(&store) as Arc<dyn Store>,
        coordinator,
        mail: Arc::new(mail_folder(&config, &public_url)?),
        caller: caller(simulated.as_ref(), &listeners)?,
    };
    let running = workers.start();
    let router = sellonce_server::router::router(app.clone());
    let metrics_router = sellonce_server::health::metrics_router(render_metrics);
    let metrics = tokio::spawn(async move {
        let tasks = Tasks::default();
        let never = std::future::pending();
        accept::serve(vec![metrics_listener], metrics_router, accept::Settings::default(), &tasks, never)
            .await
    });
    announce(&config, &public_url, &listeners)?;
    let shutdown = stop_signal(app)?;
    let drained = accept::serve(listeners, router, accept_settings(&config), &tasks, shutdown).await;
    running.stop().await;
    metrics.abort();
    tracing::info!(cut = drained.connections_cut, unfinished = drained.tasks_left, "stopped");
    Ok(())
}

fn listen(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Stop> {
    let bind = |address: &SocketAddr| {
        accept::bind(*address).map_err(|error| {
            Stop::Usage(format!("cannot listen on {address}: {error}; choose another with --listen"))
        })
    };
    addresses.iter().map(bind).collect()
}

/// The configured address, or the first that is listened on, under the name that browsers know.
fn public_url(config: &Config, listeners: &[TcpListener]) -> Result<String, Stop> {
    if let Some(url) = &config.server.public_url {
        return Ok(url.clone());
    }
    let address = listeners.first().context("there is an address to listen on")?.local_addr()?;
    let host = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    Ok(format!("http://{host}:{}", address.port()))
}

/// A metrics address that was not asked for gives way when it is taken: two servers on one machine need no
/// configuration for that.
fn listen_for_metrics(config: &Config) -> Result<TcpListener, Stop> {
    let address = config.server.metrics_listen;
    match accept::bind(address) {
        Ok(listener) => Ok(listener),
        Err(_) if !config.server.metrics_listen_named => {
            let listener = accept::bind(SocketAddr::new(address.ip(), 0))?;
            tracing::warn!(at = %listener.local_addr()?, "{address} is taken; metrics are elsewhere");
            Ok(listener)
        }
        Err(error) => Err(Stop::Usage(format!("cannot listen on {address} for metrics: {error}"))),
    }
}

/// Who sends the simulated provider's callbacks, in at the first door.
fn caller(
    simulated: Option<&SimulatedProvider>,
    listeners: &[TcpListener],
) -> Result<Option<Arc<Caller>>, Stop> {
    let Some(simulated) = simulated else { return Ok(None) };
    let door = listeners.first().context("there is an address to listen on")?.local_addr()?;
    Ok(Some(Arc::new(simulated.caller(door))))
}

fn simulated_is_on(config: &Config) -> bool {
    config.payments.providers.iter().any(|provider| provider == "simulated")
}

fn settings(config: &Config, public_url: &str) -> Settings {
    let mut settings = Settings::new(config.shop.title.clone(), public_url);
    settings.test_payments = simulated_is_on(config);
    settings.shipping_methods.clone_from(&config.shop.tables.shipping_methods);
    settings.address_required = config.shop.tables.needs_address();
    settings.rates.requests = rate(config.server.requests_per_second_per_address_max, 1_000);
    settings.rates.checkouts =
        rate(config.server.open_checkouts_per_address_max, config.shop.times.price_lock_ms);
    settings
}

/// So many in a time, and four times as many at once; 0 is no limit.
fn rate(count: u32, refill_ms: i64) -> Option<Rate> {
    let refill_ms = u32::try_from(refill_ms).unwrap_or(u32::MAX);
    (count > 0).then(|| Rate { burst: count.saturating_mul(4), refill_ms: refill_ms.saturating_mul(4) })
}

fn accept_settings(config: &Config) -> accept::Settings {
    accept::Settings {
        connections_max: config.server.connections_max,
        connections_per_address_max: Some(config.server.connections_per_address_max).filter(|most| *most > 0),
        ..accept::Settings::default()
    }
}

/// The folder is made if only itself is missing: a missing parent is more likely a mistyped path or a lost disk.
fn mail_folder(config: &Config, public_url: &str) -> Result<MailFolder, Stop> {
    let folder = config.server.mail_folder.clone();
    let unusable = |error: &dyn std::fmt::Display| {
        Stop::Usage(format!("the mail folder {} cannot be used: {error}", folder.display()))
    };
    match std::fs::create_dir(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(unusable(&error)),
        Ok(()) | Err(_) => {}
    }
    let mail = mail::Settings {
        shop_name: config.shop.title.clone(),
        from: config.shop.mail_from.clone(),
        public_url: public_url.to_owned(),
    };
    MailFolder::new(folder::Settings { folder: folder.clone(), mail }).map_err(|problem| unusable(&problem))
}

/// Puts the demo's products into the catalog; what is there already stays as it is.
async fn seed(store: &dyn ShopStore, config: &Config) -> Result<(), Stop> {
    for product in demo::products(config.shop.currency) {
        let location = config.shop.locations.first().cloned().context("a shop has a location")?;
        let (id, cause) = (ProductId(SystemIds.uuid()), CauseId(SystemIds.uuid()));
        let call = PutProduct { id, product, location, set_stock: false, cause };
        if let Err(refusal) = store.put_product(call).await? {
            tracing::warn!(%refusal, "a product of the demo was left out");
        }
    }
    Ok(())
}

fn announce(config: &Config, public_url: &str, listeners: &[TcpListener]) -> Result<(), Stop> {
    for listener in listeners {
        tracing::info!(address = %listener.local_addr()?, database = %config.server.database, "listening");
    }
    output::result(format_args!("The shop is open: {public_url}"));
    Ok(())
}

/// Ends with the first SIGTERM or SIGINT; the second ends the process at once.
fn stop_signal(app: App) -> Result<impl Future<Output = ()>, Stop> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        app.begin_draining();
        tracing::info!("stopping: no new connections, what is under way is finished");
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(130);
        });
    })
}
