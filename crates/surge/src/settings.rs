//! What can be said about a run, and what follows where nothing is said.
//!
//! Decides defaults, and which shops may be loaded at all. Leaves reading arguments to the binary.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::faults::FaultPlan;
use crate::plan::{Arrival, Workload};
use crate::target::Target;

/// How long steady days and busy merchants go on unless it is said.
const HOLD: Duration = Duration::from_secs(20);
/// For how long servers are killed and paused unless it is said.
const HOLD_WITH_FAULTS: Duration = Duration::from_secs(30);
/// Purchases per second of a steady day unless it is said.
const RATE: u32 = 200;

/// A run, as it is asked for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The seed; drawn if it is not said.
    pub seed: Option<u64>,
    /// The workload.
    pub workload: Workload,
    /// Buyers at once.
    pub buyers: u64,
    /// Units of each SKU.
    pub stock: i64,
    /// How many SKUs; the workload's own number if it is not said.
    pub skus: Option<u32>,
    /// Purchases per second, by the clock.
    pub rate: Option<u32>,
    /// Over which time buyers come.
    pub ramp: Option<Duration>,
    /// For how long they come, or begin anew.
    pub hold: Option<Duration>,
    /// After which time a buyer without a definite answer gives up.
    pub patience: Duration,
    /// Which shop.
    pub shop: ShopChoice,
    /// What goes wrong meanwhile.
    pub faults: FaultPlan,
    /// Real TCP connections with HTTP/1.1, one per buyer, instead of HTTP/2 streams.
    pub connections: bool,
    /// How many processes the buyers are shared out to; as many as the file limit asks for if it is not said.
    pub workers: Option<u64>,
    /// Where a running shop's metrics are, as `127.0.0.1:9464`.
    pub metrics: Vec<std::net::SocketAddr>,
    /// What one oversold unit costs, in major units of the currency.
    pub cost_per_oversell: i64,
    /// Of prices and costs: three letters of ISO 4217.
    pub currency: String,
    /// This binary, to start servers and workers from.
    pub binary: PathBuf,
    /// The command as it was typed, for the verdict.
    pub command: String,
}

/// Which shop is loaded.
#[derive(Clone, Debug)]
pub enum ShopChoice {
    /// Servers of this binary, started for the run.
    Own {
        /// Their database.
        database: OwnDatabase,
        /// How many; more than one needs PostgreSQL.
        servers: u16,
    },
    /// A Sellonce that runs already.
    Running {
        /// Its address, as `http://127.0.0.1:8080`.
        url: String,
        /// A key of its admin surface.
        admin_key: String,
        /// The host that the user says is theirs.
        i_own: Option<String>,
    },
    /// Anybody's shop, as a file describes it.
    Target {
        /// The shop.
        target: Target,
        /// The host that the user says is theirs.
        i_own: Option<String>,
    },
}

/// What own servers keep their data in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnDatabase {
    /// A SQLite file, made for the run and removed with it.
    File,
    /// A PostgreSQL cluster, made for the run and removed with it.
    Cluster,
    /// Somebody's database, at this address.
    At(String),
}

impl OwnDatabase {
    /// Reads what is said of it: nothing, `postgres` without an address, or an address.
    pub fn of(said: Option<&str>) -> Self {
        match said {
            None => Self::File,
            Some("postgres") => Self::Cluster,
            Some(address) => Self::At(address.to_owned()),
        }
    }

    /// Whether several servers can share it.
    pub fn is_postgres(&self) -> bool {
        match self {
            Self::File => false,
            Self::Cluster => true,
            Self::At(address) => address.starts_with("postgres"),
        }
    }
}

impl ShopChoice {
    /// Whether all of the shop is made for the run, and removed with it.
    pub(crate) fn is_thrown_away(&self) -> bool {
        matches!(self, Self::Own { database: OwnDatabase::File | OwnDatabase::Cluster, .. })
    }
}

impl Settings {
    /// Whether the database may be crashed, if that is asked for.
    ///
    /// # Errors
    /// With what to do instead.
    pub(crate) fn may_restart_database(&self) -> Result<(), String> {
        match &self.shop {
            _ if self.faults.restart_database.is_none() => Ok(()),
            ShopChoice::Own { database: OwnDatabase::Cluster, .. } => Ok(()),
            ShopChoice::Own { database: OwnDatabase::File, .. } => Err(
                "a SQLite file has no server to restart: --kill ends the process that has it open, and --database \
                 postgres starts a PostgreSQL for the run"
                    .to_owned(),
            ),
            ShopChoice::Own { .. } | ShopChoice::Running { .. } | ShopChoice::Target { .. } => Err(
                "only a PostgreSQL that surge started itself is restarted: --database postgres, without an address"
                    .to_owned(),
            ),
        }
    }

    /// How buyers come.
    pub fn arrival(&self) -> Arrival {
        let Self { workload, rate, ramp, hold, faults, .. } = self;
        let is_steady = *workload == Workload::SteadyDay;
        if rate.is_some() || is_steady {
            let rate = rate.unwrap_or(RATE);
            return Arrival::Open { rate, hold: hold.unwrap_or(HOLD) };
        }
        if ramp.is_none() && hold.is_none() && faults.is_empty() && !workload.has_merchant() {
            return Arrival::DoorsOpen;
        }
        let default = if !faults.is_empty() {
            HOLD_WITH_FAULTS
        } else if workload.has_merchant() {
            HOLD
        } else {
            Duration::ZERO
        };
        Arrival::Closed { ramp: ramp.unwrap_or_default(), hold: hold.unwrap_or(default) }
    }

    /// The currency of prices and costs: a target has its own.
    pub fn currency(&self) -> &str {
        match &self.shop {
            ShopChoice::Target { target, .. } => target.currency(),
            ShopChoice::Own { .. } | ShopChoice::Running { .. } => &self.currency,
        }
    }

    /// Whether a run can be made of a target.
    ///
    /// # Errors
    /// With what the target's file lacks for it.
    pub(crate) fn fits(&self, target: &Target) -> Result<(), String> {
        let Self { workload, faults, .. } = self;
        let lacks = |what: &str| {
            Err(format!("{} needs {what}, which the target's file does not have", workload.name()))
        };
        if !faults.is_empty() {
            return Err("only servers that surge started itself can be killed, paused or cut off".to_owned());
        }
        if workload.has_several_lines() && self.skus() > 1 && !target.has_carts() {
            return lacks("carts of several SKUs (`line`, and `{{lines}}` in the body) or --skus 1");
        }
        if workload.has_declined() && !target.can_decline() {
            return lacks("`tok_declined` among its `cards`");
        }
        if workload.has_merchant() && !target.can_reprice() {
            return lacks("`reprice`");
        }
        Ok(())
    }

    /// How many SKUs are on sale.
    pub fn skus(&self) -> u32 {
        self.skus.unwrap_or(self.workload.skus()).max(1)
    }
}

/// Whether a host may be loaded: one that only this machine or its neighbours reach, or one that the user has named as
/// their own.
///
/// # Errors
/// With what the user can do.
pub(crate) fn may_load(host: &str, addresses: &[IpAddr], i_own: Option<&str>) -> Result<(), String> {
    if i_own == Some(host) {
        return Ok(());
    }
    if !addresses.is_empty() && addresses.iter().all(is_near) {
        return Ok(());
    }
    Err(format!(
        "{host} is not on this machine or in a private network. A surge can bring a shop down: if it is yours, say \
         so with `--i-own {host}`"
    ))
}

fn is_near(address: &IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, addresses: &[&str], i_own: Option<&str>, may: bool) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        assert_eq!(may_load(host, &addresses, i_own).is_ok(), may, "{host} {addresses:?} {i_own:?}");
    }

    #[test]
    fn only_what_is_near_or_named_as_ones_own_is_loaded() {
        check("localhost", &["127.0.0.1", "::1"], None, true);
        check("shop.lan", &["192.168.1.7"], None, true);
        check("shop.lan", &["10.0.0.7", "fd00::7"], None, true);
        check("shop.example", &["203.0.113.7"], None, false);
        check("shop.example", &["10.0.0.7", "203.0.113.7"], None, false);
        check("shop.example", &["::ffff:203.0.113.7"], None, false);
        check("shop.example", &["203.0.113.7"], Some("shop.example"), true);
        check("shop.example", &["203.0.113.7"], Some("other.example"), false);
        check("nowhere", &[], None, false);
    }
}
