//! The stage: the shop that a run is about, made ready, with goods of the run's own on sale.
//!
//! Decides what a run needs of a shop and what it leaves behind. Leaves the load to `load`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::admin::{Admin, AdminError};
use crate::cluster::Cluster;
use crate::day;
use crate::dialect::Dialect;
use crate::dialect::sellonce::Sellonce;
use crate::history::{Good, Limits, Money};
use crate::keeper::Keeper;
use crate::limits;
use crate::own::{OwnError, OwnServers, OwnSettings};
use crate::page::things;
use crate::progress::Progress;
use crate::proxy::Proxy;
use crate::run::Stop;
use crate::settings::{OwnDatabase, Settings, ShopChoice, may_load};
use crate::target::{Target, TargetKeeper};
use crate::wire::Door;

/// What one unit of the first SKU costs, in minor units; each further SKU costs one major unit more.
const PRICE: i64 = 4_999;
/// How long sagas under way may take to come to rest when the load is over.
const REST_MAX: Duration = Duration::from_secs(90);
/// The pause between two looks whether they have.
const REST_LOOK: Duration = Duration::from_millis(250);
/// Longer than what own servers' audits call "at rest".
const REST: Duration = Duration::from_millis(2_500);
/// Connections of an own server besides those of buyers: admin, metrics, reconnecting ones.
const SPARE_CONNECTIONS: usize = 1_000;

/// A shop made ready.
pub(crate) struct Stage {
    /// How the shop is named in the verdict.
    pub(crate) target: String,
    /// Where buyers connect to: the servers, or proxies before them.
    pub(crate) doors: Vec<Door>,
    /// Where the servers' own figures are.
    pub(crate) metrics: Vec<SocketAddr>,
    pub(crate) keeper: Keeper,
    /// How buyers speak to it.
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) own: Option<Arc<OwnServers>>,
    /// The database's own server, if the run has started it. It ends after the servers.
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) proxies: Arc<Vec<Proxy>>,
    pub(crate) goods: Vec<Good>,
    /// The limits that were set: on own servers alone.
    pub(crate) limits: Option<Limits>,
    pub(crate) database: Option<String>,
    handle: String,
}

impl Stage {
    /// Makes the shop ready and puts the goods on sale.
    pub(crate) async fn set(settings: &Settings, seed: u64, progress: &Progress) -> Result<Self, Stop> {
        settings.may_restart_database().map_err(Stop::Usage)?;
        let mut stage = match &settings.shop {
            ShopChoice::Own { database, servers } => {
                Self::own(settings, seed, database, *servers, progress).await?
            }
            ShopChoice::Running { url, admin_key, i_own } => {
                Self::running(settings, seed, url, admin_key, i_own.as_deref()).await?
            }
            ShopChoice::Target { target, i_own } => {
                Self::described(settings, seed, target, i_own.as_deref()).await?
            }
        };
        stage.sell(settings, seed, progress).await?;
        Ok(stage)
    }

    async fn own(
        settings: &Settings,
        seed: u64,
        database: &OwnDatabase,
        servers: u16,
        progress: &Progress,
    ) -> Result<Self, Stop> {
        progress.now("starting a server");
        let unusable = |error: OwnError| Stop::Unusable(error.to_string());
        let (cluster, address) = match database {
            OwnDatabase::File => (None, None),
            OwnDatabase::At(address) => (None, Some(address.clone())),
            OwnDatabase::Cluster => {
                let cluster = Cluster::make(servers).await.map_err(unusable)?;
                let address = cluster.url();
                (Some(Arc::new(cluster)), Some(address))
            }
        };
        let connections_max = usize::try_from(settings.buyers).unwrap_or(usize::MAX);
        let own = OwnServers::start(OwnSettings {
            binary: settings.binary.clone(),
            database: address,
            is_thrown_away: settings.shop.is_thrown_away(),
            servers,
            connections_max: connections_max.saturating_add(SPARE_CONNECTIONS).min(1_000_000),
            currency: settings.currency.clone(),
            day: day::variables(settings.workload, seed),
        });
        let own = own.await.map_err(unusable)?;
        let key = own.admin_key().await.map_err(unusable)?;
        let kind = match (&cluster, database) {
            (Some(cluster), _) => cluster.name(),
            (None, OwnDatabase::At(address)) => without_password_kind(address).to_owned(),
            (None, OwnDatabase::File | OwnDatabase::Cluster) => "a throw-away SQLite database".to_owned(),
        };
        let mut doors = own.doors();
        let mut proxies = Vec::new();
        if !settings.faults.toxics.is_empty() {
            for door in &mut doors {
                let proxy =
                    Proxy::start(door.address).await.map_err(|error| Stop::Internal(error.to_string()))?;
                door.address = proxy.address();
                proxies.push(proxy);
            }
        }
        Ok(Self {
            target: format!(
                "sellonce {}, {} on {kind}",
                env!("CARGO_PKG_VERSION"),
                things(servers, "own server")
            ),
            metrics: own.metrics(),
            keeper: Keeper::Sellonce(Admin::new(own.doors(), key)),
            dialect: Arc::new(Sellonce),
            own: Some(Arc::new(own)),
            cluster,
            doors,
            proxies: Arc::new(proxies),
            goods: Vec::new(),
            limits: None,
            database: Some(kind),
            handle: handle(seed),
        })
    }

    async fn running(
        settings: &Settings,
        seed: u64,
        url: &str,
        admin_key: &str,
        i_own: Option<&str>,
    ) -> Result<Self, Stop> {
        if !settings.faults.is_empty() {
            return Err(Stop::Usage(
                "only servers that surge started itself can be killed, paused or cut off".to_owned(),
            ));
        }
        let door = door_of(url, i_own).await?;
        Ok(Self {
            target: url.to_owned(),
            metrics: settings.metrics.clone(),
            keeper: Keeper::Sellonce(Admin::new(vec![door.clone()], admin_key.to_owned())),
            dialect: Arc::new(Sellonce),
            own: None,
            cluster: None,
            doors: vec![door],
            proxies: Arc::default(),
            goods: Vec::new(),
            limits: None,
            database: None,
            handle: handle(seed),
        })
    }

    async fn described(
        settings: &Settings,
        seed: u64,
        target: &Target,
        i_own: Option<&str>,
    ) -> Result<Self, Stop> {
        settings.fits(target).map_err(Stop::Usage)?;
        let door = door_of(target.url(), i_own).await?;
        Ok(Self {
            target: target.name().to_owned(),
            metrics: Vec::new(),
            keeper: Keeper::Target(TargetKeeper::new(target.clone(), door.clone())),
            dialect: Arc::new(target.clone()),
            own: None,
            cluster: None,
            doors: vec![door],
            proxies: Arc::default(),
            goods: Vec::new(),
            limits: None,
            database: None,
            handle: handle(seed),
        })
    }

    /// Puts the goods on sale; a shop that has seen this seed before would mix two runs up.
    async fn sell(&mut self, settings: &Settings, seed: u64, progress: &Progress) -> Result<(), Stop> {
        progress.now("putting goods on sale");
        let goods = goods(&self.handle, settings);
        let first = &goods[0].sku;
        if self.keeper.has(first).await.map_err(|error| unusable(&error))? {
            return Err(Stop::Unusable(format!(
                "this shop has {first} from an earlier run: choose another --seed"
            )));
        }
        let has_limits = self.own.is_some() && settings.workload.has_limits();
        let limits = limits::of_run(seed, &goods, settings.buyers).filter(|_| has_limits);
        if !settings.shop.is_thrown_away() {
            let clean = match self.keeper {
                Keeper::Sellonce(_) => {
                    "`sellonce surge clean` hides the product and takes out its stock; orders are never deleted."
                }
                Keeper::Target(_) => "Nobody takes it out again.",
            };
            progress.note(&format!(
                "This run leaves behind in the shop: the product {} with {}, its stock and movements, and the orders \
                 and test payments of its buyers. {clean}",
                self.handle,
                things(goods.len() as i128, "SKU")
            ));
            if let Some(Limits { code, uses_max, .. }) = &limits {
                let uses = things(*uses_max, "use");
                progress.note(&format!("And for a day the discount code {code}, which has {uses}."));
            }
        }
        self.keeper.sell(&self.handle, &goods, seed).await.map_err(|error| unusable(&error))?;
        if let (Some(limits), Keeper::Sellonce(admin)) = (&limits, &self.keeper) {
            limits::set(admin, limits).await.map_err(|error| unusable(&error))?;
        }
        (self.goods, self.limits) = (goods, limits);
        Ok(())
    }

    /// Waits until every checkout under way has come to rest, and what follows from it is done.
    pub(crate) async fn rest(&self, orders: u64, quiet: Duration, progress: &Progress) {
        progress.now("waiting until every checkout is at rest");
        let (mut last, mut since, until) = (None, Instant::now(), Instant::now() + REST_MAX);
        while Instant::now() < until {
            let held = self.keeper.held(&self.goods).await;
            if held.is_none() && matches!(self.keeper, Keeper::Target(_)) {
                break;
            }
            let mails = self.own.as_ref().map(|own| count_files(&own.mails()));
            if held == Some(0) && mails.is_none_or(|mails| mails >= orders) {
                break;
            }
            if last != Some((held, mails)) {
                (last, since) = (Some((held, mails)), Instant::now());
            }
            // What hangs for good is judged; there is no use in waiting for it.
            if self.own.is_some() && since.elapsed() > quiet {
                break;
            }
            sleep(REST_LOOK).await;
        }
        match &self.keeper {
            Keeper::Target(keeper) => sleep(Duration::from_secs(keeper.rest_s())).await,
            Keeper::Sellonce(_) if self.own.is_some() => sleep(REST).await,
            Keeper::Sellonce(_) => {}
        }
    }
}

/// The product of a run.
pub(crate) fn handle(seed: u64) -> String {
    format!("surge-{seed}")
}

fn goods(handle: &str, settings: &Settings) -> Vec<Good> {
    let (skus, currency) = (settings.skus(), settings.currency());
    let good = |number: u32| Good {
        sku: if skus == 1 { handle.to_owned() } else { format!("{handle}-{number}") },
        stock: settings.workload.stock(number, settings.stock),
        price: Money { amount: PRICE + i64::from(number) * 100, currency: currency.to_owned() },
    };
    (0..skus).map(good).collect()
}

/// What a database's address is about, without the address.
fn without_password_kind(url: &str) -> &str {
    if url.starts_with("postgres") { "PostgreSQL" } else { "SQLite" }
}

pub(crate) fn unusable(error: &AdminError) -> Stop {
    Stop::Unusable(error.to_string())
}

/// Reads an address and looks whether it may be loaded.
pub(crate) async fn door_of(url: &str, i_own: Option<&str>) -> Result<Door, Stop> {
    let usage = |reason: String| Stop::Usage(format!("{url}: {reason}"));
    let rest = url.strip_prefix("http://").ok_or_else(|| {
        usage(
            "must begin with http://; name the shop behind its TLS proxy, as http://127.0.0.1:8080"
                .to_owned(),
        )
    })?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let found = tokio::net::lookup_host(&with_port).await.map_err(|error| usage(error.to_string()))?;
    let addresses: Vec<SocketAddr> = found.collect();
    let name = with_port.rsplit_once(':').map_or(host, |(name, _)| name);
    let ips: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
    may_load(name, &ips, i_own).map_err(Stop::Usage)?;
    let address = *addresses.first().ok_or_else(|| usage("has no address".to_owned()))?;
    let base = path.trim_end_matches('/');
    let base = if base.is_empty() { String::new() } else { format!("/{base}") };
    Ok(Door { address, host: host.to_owned(), base })
}

fn count_files(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let mails = entries.flatten().filter(|entry| entry.path().extension().is_some_and(|kind| kind == "eml"));
    u64::try_from(mails.count()).unwrap_or(u64::MAX)
}
