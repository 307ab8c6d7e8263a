//! Which database, and whether the lab may use it.
//!
//! Decides by the address. What is done there is in `postgres` and `sqlite`, which have the same calls.

use std::net::{IpAddr, Ipv4Addr};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use sellonce_postgres::Address;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::Error;
use super::judge::{Book, Told};
use super::pattern::Pattern;
use super::postgres::Postgres;
use super::scene::Way;
use super::sqlite::Sqlite;
use crate::settings::may_load;
use crate::verdict::Setting;

/// A database with the lab's tables in it.
pub(super) enum Database {
    Postgres(Box<Postgres>),
    Sqlite(Box<Sqlite>),
}

impl Database {
    pub(super) async fn open(url: Option<&str>, own_host: Option<&str>) -> Result<Self, Error> {
        let name = name();
        match url {
            None => Ok(Self::Sqlite(Box::new(Sqlite::throw_away(&name)?))),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                let address =
                    Address::parse(url).map_err(|problem| Error::Usage(format!("--database: {problem}")))?;
                refuse_strangers(address.config(), own_host)?;
                Ok(Self::Postgres(Box::new(Postgres::open(address, name).await?)))
            }
            Some(url) => match url.strip_prefix("sqlite:") {
                Some(path) => Ok(Self::Sqlite(Box::new(Sqlite::open(path.as_ref(), &name)?))),
                None => Err(Error::Usage("--database is neither sqlite:PATH nor postgres://...".to_owned())),
            },
        }
    }

    pub(super) fn announcement(&self) -> String {
        match self {
            Self::Postgres(postgres) => postgres.announcement(),
            Self::Sqlite(sqlite) => sqlite.announcement(),
        }
    }

    /// The database with its version, and the settings that the figures depend on.
    pub(super) async fn facts(&self) -> Result<(String, Vec<Setting>), Error> {
        match self {
            Self::Postgres(postgres) => postgres.facts().await,
            Self::Sqlite(sqlite) => sqlite.facts(),
        }
    }

    /// Why a pattern cannot be run here with so many clients.
    pub(super) async fn lacks(&self, pattern: Pattern, clients: u32) -> Result<Option<String>, Error> {
        match self {
            Self::Postgres(postgres) => postgres.lacks(pattern, clients).await,
            Self::Sqlite(_) => Ok(Sqlite::lacks(pattern)),
        }
    }

    /// Makes the tables of a round anew.
    pub(super) async fn lay_out(&self, pattern: Pattern, stock: u32) -> Result<(), Error> {
        match self {
            Self::Postgres(postgres) => postgres.lay_out(pattern, stock).await,
            Self::Sqlite(sqlite) => sqlite.lay_out(stock),
        }
    }

    /// Lets so many clients serve the buyers.
    pub(super) async fn race(&self, pattern: Pattern, clients: u32, buyers: u32) -> Result<Vec<Told>, Error> {
        match self {
            Self::Postgres(postgres) => postgres.race(pattern, clients, buyers).await,
            Self::Sqlite(sqlite) => sqlite.race(pattern, clients, buyers).await,
        }
    }

    /// Plays the scene: everybody has read before anybody writes.
    pub(super) async fn play(&self, way: Way) -> Result<Vec<Told>, Error> {
        match self {
            Self::Postgres(postgres) => postgres.play(way).await,
            Self::Sqlite(sqlite) => sqlite.play(way).await,
        }
    }

    pub(super) async fn book(&self, pattern: Pattern) -> Result<Book, Error> {
        match self {
            Self::Postgres(postgres) => postgres.book(pattern).await,
            Self::Sqlite(sqlite) => sqlite.book(),
        }
    }

    pub(super) async fn remove(self) -> Result<(), Error> {
        match self {
            Self::Postgres(postgres) => postgres.remove().await,
            Self::Sqlite(sqlite) => sqlite.remove().await,
        }
    }
}

/// The name that all tables of this lab begin with; no other lab of this machine has it at the same time.
fn name() -> String {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    format!("sellonce_lab_{}_{}", process::id(), OPENED.fetch_add(1, Ordering::Relaxed))
}

/// The lab drives a server to its limit: so it goes to one of the caller's own only.
fn refuse_strangers(config: &Config, own_host: Option<&str>) -> Result<(), Error> {
    let names = config.get_hosts().iter().filter_map(|host| match host {
        Host::Tcp(name) => Some(name.clone()),
        Host::Unix(_) => None,
    });
    let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
    for host in names.chain(addresses) {
        may_load(&host, &near_by_name(&host), own_host).map_err(Error::Usage)?;
    }
    Ok(())
}

/// The address that a host surely has: its own, or this machine's. Any other name is whatever a name server says at the
/// moment.
fn near_by_name(host: &str) -> Vec<IpAddr> {
    let named = if host == "localhost" { Some(IpAddr::V4(Ipv4Addr::LOCALHOST)) } else { None };
    named.or_else(|| host.parse().ok()).into_iter().collect()
}

#[test]
fn a_server_elsewhere_is_refused_unless_its_name_is_repeated() {
    let refused = |url: &str, own_host: Option<&str>| {
        refuse_strangers(Address::parse(url).unwrap().config(), own_host).is_err()
    };
    for url in [
        "postgres://localhost/shop",
        "postgres://127.0.0.1/shop",
        "postgres://[::1]/shop",
        "postgres://10.1.2.3/shop",
        "postgres://192.168.0.7/shop",
        "postgres://[fd00::1]/shop",
        "postgres://postgres@%2Frun%2Fpostgresql/shop",
    ] {
        assert!(!refused(url, None), "{url}");
    }
    for url in [
        "postgres://db.example.com/shop",
        "postgres://203.0.113.7/shop",
        "postgres://localhost,db.example.com/shop",
        "postgres://localhost/shop?hostaddr=203.0.113.7",
        "postgres://localhost.example.com/shop",
        "postgres://[2001:db8::1]/shop",
    ] {
        assert!(refused(url, None), "{url}");
        assert!(refused(url, Some("db.example.org")), "{url}");
    }
    assert!(!refused("postgres://db.example.com/shop", Some("db.example.com")));
}
