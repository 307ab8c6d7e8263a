//! Configuration: what can be set, its defaults, and every problem with it at once.
//!
//! Decides the effective configuration from the file, then `SELLONCE_SECTION__KEY` variables, then flags; later ones
//! win. Leaves what the settings do to the crates that take them.

mod payments;
mod read;
mod shop;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sellonce_checkout::catalog::Location;
use sellonce_checkout::email::Email;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::Capture;
use sellonce_checkout::store::Shop;
use sellonce_checkout::totals::Tables;

use self::payments::Payments;
pub(crate) use self::read::Problem;
use self::read::Values;

/// The file that is read when `--config` names none and it is there.
pub(crate) const DEFAULT_FILE: &str = "sellonce.toml";

/// Everything that can be set.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) shop: ShopConfig,
    pub(crate) payments: Payments,
}

/// `[server]`.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) metrics_listen: SocketAddr,
    /// Whether the metrics address was named; a default one gives way when it is taken.
    pub(crate) metrics_listen_named: bool,
    pub(crate) database: Database,
    /// Under which address buyers reach the shop; `None` is the first listen address.
    pub(crate) public_url: Option<String>,
    pub(crate) mail_folder: PathBuf,
    pub(crate) connections_max: usize,
    pub(crate) connections_per_address_max: usize,
    pub(crate) requests_per_second_per_address_max: u32,
    pub(crate) open_checkouts_per_address_max: u32,
}

/// Where the shop's data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its address.
    Postgres(String),
}

/// Without the password of an address.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

/// An address without its password, for what is shown and passed on.
pub(crate) fn without_password(url: &str) -> String {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let (user, rest) = rest.split_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:***@{rest}"))
    });
    parts.unwrap_or_else(|| url.to_owned())
}

/// `[shop]`.
#[derive(Clone, Debug)]
pub(crate) struct ShopConfig {
    pub(crate) title: String,
    pub(crate) currency: Currency,
    pub(crate) locations: Vec<Location>,
    pub(crate) mail_from: Email,
    pub(crate) tables: Tables,
    pub(crate) times: Times,
}

impl ShopConfig {
    /// The shop as its store has to know it.
    pub(crate) fn shop(&self, capture: Capture) -> Shop {
        Shop { currency: self.currency, locations: self.locations.clone(), capture, times: self.times }
    }
}

/// What flags say; each wins over file and environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) database: Option<String>,
    pub(crate) listen: Vec<String>,
    pub(crate) demo: bool,
}

/// Reads the configuration; all problems are reported together.
pub(crate) fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &Flags,
) -> Result<Config, Vec<Problem>> {
    let mut values = Values::default();
    let named = file.is_some();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => values.add_file(path, &text),
        Err(error) if named || error.kind() != std::io::ErrorKind::NotFound => {
            values.problem(path.display(), format!("cannot be read: {error}"));
        }
        Err(_) => {}
    }
    values.add_environment(environment);
    if let Some(database) = &flags.database {
        values.add_flag("server.database", "--database", database);
    }
    if !flags.listen.is_empty() {
        values.add_flag("server.listen", "--listen", &flags.listen.join(","));
    }
    if flags.demo && !values.has("payments.providers") {
        values.add_flag("payments.providers", "--demo", "simulated");
    }
    let config = decode(&mut values);
    let problems = values.finish();
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

/// Decodes every key; a key with a problem keeps its default, because the problem ends the matter anyway.
fn decode(values: &mut Values) -> Config {
    let listen = values.addresses("server.listen", &["127.0.0.1:8080"]);
    let metrics_listen_named = values.has("server.metrics_listen");
    let metrics_listen = values.address("server.metrics_listen", "127.0.0.1:9464");
    let server = Server {
        metrics_listen,
        metrics_listen_named,
        database: database(values),
        public_url: public_url(values),
        mail_folder: PathBuf::from(values.text("server.mail_folder", "mail")),
        connections_max: values.number("server.connections_max", 10_000, 1..=1_000_000),
        connections_per_address_max: values.number("server.connections_per_address_max", 100, 0..=1_000_000),
        requests_per_second_per_address_max: values.number(
            "server.requests_per_second_per_address_max",
            100,
            0..=1_000_000,
        ),
        open_checkouts_per_address_max: values.number(
            "server.open_checkouts_per_address_max",
            100,
            0..=1_000_000,
        ),
        listen,
    };
    let shop = shop::decode(values);
    let payments = payments::decode(values, &server.listen);
    Config { server, shop, payments }
}

fn database(values: &mut Values) -> Database {
    let text = values.text("server.database", "sqlite:sellonce.db");
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Database::Postgres(text);
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Database::Sqlite(PathBuf::from(path)),
        Some(_) | None => {
            let reason = "must name a file, as `sqlite:sellonce.db`, or a database, as \
                          `postgres://user:password@host:5432/shop`";
            values.wrong("server.database", reason);
            Database::Sqlite(PathBuf::from("sellonce.db"))
        }
    }
}

fn public_url(values: &mut Values) -> Option<String> {
    if !values.has("server.public_url") {
        // Asked for all the same, so that it counts as a key that there is.
        let _unset = values.text("server.public_url", "");
        return None;
    }
    let url = values.text("server.public_url", "");
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let plain = rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|letter: char| letter.is_whitespace() || "?#\"<>".contains(letter))
    });
    if !plain {
        values
            .wrong("server.public_url", "must begin with http:// or https://, as `https://shop.example.com`");
    }
    Some(url.trim_end_matches('/').to_owned())
}

/// The effective configuration as a TOML file that would bring it about.
pub(crate) fn print(config: &Config) -> String {
    let mut sections: BTreeMap<&str, toml::Table> = BTreeMap::new();
    let Config { server, shop, payments } = config;
    let texts = |texts: &mut dyn Iterator<Item = String>| {
        toml::Value::Array(texts.map(toml::Value::String).collect())
    };
    let table = sections.entry("server").or_default();
    table.insert("listen".into(), texts(&mut server.listen.iter().map(ToString::to_string)));
    table.insert("metrics_listen".into(), server.metrics_listen.to_string().into());
    // Without its password: what is printed is passed around.
    table.insert("database".into(), server.database.to_string().into());
    if let Some(url) = &server.public_url {
        table.insert("public_url".into(), url.clone().into());
    }
    table.insert("mail_folder".into(), server.mail_folder.display().to_string().into());
    for (key, number) in [
        ("connections_max", server.connections_max),
        ("connections_per_address_max", server.connections_per_address_max),
        (
            "requests_per_second_per_address_max",
            usize::try_from(server.requests_per_second_per_address_max).unwrap_or(usize::MAX),
        ),
        (
            "open_checkouts_per_address_max",
            usize::try_from(server.open_checkouts_per_address_max).unwrap_or(usize::MAX),
        ),
    ] {
        table.insert(key.into(), i64::try_from(number).unwrap_or(i64::MAX).into());
    }
    sections.insert("shop", shop::print(shop));
    sections.insert("payments", payments::print(payments));
    // One section after the other, in the order of the documentation.
    let print = |name: &str| {
        let section = toml::Value::Table(sections.remove(name)?);
        toml::to_string(&toml::Table::from_iter([(name.to_owned(), section)])).ok()
    };
    let parts: Vec<String> = ["server", "shop", "payments"].into_iter().filter_map(print).collect();
    parts.join("\n")
}

/// What deserves a warning although it is no problem.
pub(crate) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    let simulated = config.payments.providers.iter().any(|provider| provider == "simulated");
    let exposed = config.server.listen.iter().find(|address| !address.ip().is_loopback());
    if let (true, Some(address)) = (simulated, exposed) {
        warnings.push(format!(
            "test payments: the simulated provider takes no money, and {address} can be reached from other machines"
        ));
    }
    if !config.server.metrics_listen.ip().is_loopback() {
        warnings
            .push(format!("metrics are readable from other machines at {}", config.server.metrics_listen));
    }
    warnings
}
