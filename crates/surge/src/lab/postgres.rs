//! The lab on PostgreSQL: a schema of its own, a connection for each client.
//!
//! Decides on tables, connections and what the server lacks. The patterns themselves are in `buyer`.

mod buyer;

use std::sync::Arc;

use sellonce_postgres::Address;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};
use tokio_postgres::Client;

use self::buyer::Till;
use super::Error;
use super::clients::{Round, Waiting};
use super::error::{postgres, words};
use super::judge::{Answer, Book, Told};
use super::pattern::Pattern;
use super::queue::{self, FLUSH_MAX};
use super::scene::{self, Way};
use crate::verdict::Setting;

/// How long a server may take to answer a new connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// The settings that the figures depend on.
const SETTINGS: [&str; 4] =
    ["fsync", "synchronous_commit", "default_transaction_isolation", "max_connections"];

/// A server with a schema of the lab's own.
pub(super) struct Postgres {
    address: Address,
    schema: String,
    /// Makes tables and reads them when a round is over.
    desk: Client,
}

impl Postgres {
    pub(super) async fn open(address: Address, schema: String) -> Result<Self, Error> {
        let desk = connect(&address).await?;
        // What is made if it is not there, and removed with what is in it, is no news.
        let quiet = desk.batch_execute("SET client_min_messages = warning").await;
        quiet.map_err(postgres("setting up a connection"))?;
        Ok(Self { address, schema, desk })
    }

    pub(super) fn announcement(&self) -> String {
        let config = self.address.config();
        let database = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
        format!(
            "The lab makes the schema {} in the database {database}, works in it alone, and removes it afterwards.",
            self.schema
        )
    }

    pub(super) async fn facts(&self) -> Result<(String, Vec<Setting>), Error> {
        let version = self.show("server_version").await?;
        let version = version.split(' ').next().unwrap_or_default();
        let mut settings = Vec::new();
        for name in SETTINGS {
            settings.push(Setting { name: name.to_owned(), value: self.show(name).await? });
        }
        Ok((format!("PostgreSQL {version}"), settings))
    }

    async fn show(&self, setting: &str) -> Result<String, Error> {
        let row = self.desk.query_one("SELECT current_setting($1)", &[&setting]).await;
        row.and_then(|row| row.try_get(0)).map_err(postgres("reading the server's settings"))
    }

    pub(super) async fn lacks(&self, pattern: Pattern, clients: u32) -> Result<Option<String>, Error> {
        let needed = if pattern == Pattern::Combined { 1 } else { i64::from(clients) };
        let left = "SELECT current_setting('max_connections')::bigint \
                    - current_setting('superuser_reserved_connections')::bigint \
                    - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')";
        let row = self.desk.query_one(left, &[]).await;
        let left: i64 = row.and_then(|row| row.try_get(0)).map_err(postgres("counting connections"))?;
        Ok((needed > left).then(|| {
            format!("needs {needed} connections, and the server has {} left (max_connections)", left.max(0))
        }))
    }

    pub(super) async fn lay_out(&self, pattern: Pattern, stock: u32) -> Result<(), Error> {
        let schema = &self.schema;
        // No CHECK (available >= 0): what a pattern does wrong is to be seen.
        // Only one pattern has a row for each unit.
        let units = if pattern == Pattern::SkipLocked { stock } else { 0 };
        let tables = format!(
            "CREATE SCHEMA IF NOT EXISTS {schema};
             DROP TABLE IF EXISTS {schema}.stock, {schema}.sale, {schema}.unit;
             CREATE TABLE {schema}.stock (sku bigint PRIMARY KEY, available bigint NOT NULL, version bigint NOT NULL);
             INSERT INTO {schema}.stock VALUES (1, {stock}, 1);
             CREATE TABLE {schema}.sale (buyer bigint PRIMARY KEY);
             CREATE TABLE {schema}.unit (id bigint PRIMARY KEY, buyer bigint);
             INSERT INTO {schema}.unit SELECT generate_series(1, {units});
             CREATE INDEX ON {schema}.unit (id) WHERE buyer IS NULL;
             ANALYZE {schema}.unit;"
        );
        self.desk.batch_execute(&tables).await.map_err(postgres("making the lab's tables"))
    }

    pub(super) async fn race(&self, pattern: Pattern, clients: u32, buyers: u32) -> Result<Vec<Told>, Error> {
        if pattern == Pattern::Combined {
            return self.race_combined(clients, buyers).await;
        }
        let tills = self.tills(clients).await?;
        let (round, waiting) = Round::begin(buyers);
        let mut serving = JoinSet::new();
        for till in tills {
            serving.spawn(serve(Arc::clone(&round), till, pattern));
        }
        finish(serving, waiting).await
    }

    async fn race_combined(&self, clients: u32, buyers: u32) -> Result<Vec<Told>, Error> {
        let till = Till::open(connect(&self.address).await?, &self.schema).await?;
        let (round, _waiting) = Round::begin(buyers);
        let (asking, mut waiting) = queue::open(&round, clients);
        let flushing = async {
            let mut flush = Vec::new();
            while waiting.recv_many(&mut flush, FLUSH_MAX).await > 0 {
                let granted = till.flush(&flush).await?;
                queue::answer(&mut flush, granted);
                // Lets the buyers who come next stand in line first, as they would while HTTP is being spoken.
                tokio::task::yield_now().await;
            }
            Ok(())
        };
        let (flushed, told) = tokio::join!(flushing, queue::collect(asking));
        flushed?;
        told
    }

    pub(super) async fn play(&self, way: Way) -> Result<Vec<Told>, Error> {
        let tills = self.tills(scene::CLIENTS).await?;
        let (round, waiting) = Round::begin(scene::CLIENTS);
        let everybody_has_read = Arc::new(Barrier::new(tills.len()));
        let mut serving = JoinSet::new();
        for mut till in tills {
            let (round, everybody_has_read) = (Arc::clone(&round), Arc::clone(&everybody_has_read));
            serving.spawn(async move {
                let Some(buyer) = round.next() else { return Ok(Vec::new()) };
                let read = till.read().await;
                // Also after an error, or the others would wait for ever.
                everybody_has_read.wait().await;
                let answer = till.write(way, read?, buyer.number).await?;
                Ok(vec![round.told(buyer, answer)])
            });
        }
        finish(serving, waiting).await
    }

    async fn tills(&self, clients: u32) -> Result<Vec<Till>, Error> {
        let mut opening = JoinSet::new();
        for _ in 0..clients {
            let (address, schema) = (self.address.clone(), self.schema.clone());
            opening.spawn(async move { Till::open(connect(&address).await?, &schema).await });
        }
        let mut tills = Vec::new();
        while let Some(till) = opening.join_next().await {
            tills.push(till.map_err(|error| Error::Internal(error.to_string()))??);
        }
        Ok(tills)
    }

    pub(super) async fn book(&self, pattern: Pattern) -> Result<Book, Error> {
        let schema = &self.schema;
        let left = if pattern == Pattern::SkipLocked {
            format!("SELECT count(*) FROM {schema}.unit WHERE buyer IS NULL")
        } else {
            format!("SELECT available FROM {schema}.stock")
        };
        let both = format!("SELECT ({left}), (SELECT count(*) FROM {schema}.sale)");
        let read = async {
            let row = self.desk.query_one(&both, &[]).await?;
            Ok((row.try_get(0)?, row.try_get(1)?))
        };
        let (available, sales): (i64, i64) = read.await.map_err(postgres("reading the book"))?;
        Ok(Book { available, sales: sales.unsigned_abs() })
    }

    pub(super) async fn remove(self) -> Result<(), Error> {
        let remove = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        self.desk.batch_execute(&remove).await.map_err(postgres("removing the lab's tables"))
    }
}

/// A client: serves one buyer after the other on a connection of its own.
async fn serve(round: Arc<Round>, mut till: Till, pattern: Pattern) -> Result<Vec<Told>, Error> {
    let mut answers = Vec::new();
    while let Some(buyer) = round.next() {
        let answer = match till.sell(pattern, buyer.number).await {
            Ok(answer) => answer,
            Err(error) if is_conflict(&error) => Answer::GaveUp,
            Err(error) => return Err(postgres("selling")(error)),
        };
        answers.push(round.told(buyer, answer));
    }
    Ok(answers)
}

/// Whether the server asks to try again: a serialization failure, a deadlock, a lock not to be had in time.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| ["40001", "40P01", "55P03"].contains(&code.code()))
}

/// What all clients were told, when the last of them is done.
async fn finish(mut serving: JoinSet<Result<Vec<Told>, Error>>, _: Waiting) -> Result<Vec<Told>, Error> {
    let mut answers = Vec::new();
    while let Some(client) = serving.join_next().await {
        answers.extend(client.map_err(|error| Error::Internal(error.to_string()))??);
    }
    Ok(answers)
}

async fn connect(address: &Address) -> Result<Client, Error> {
    let unreachable = |reason: String| Error::Unreachable { address: address.named(), reason };
    let connected = timeout(CONNECT_MAX, address.connect()).await;
    let connected = connected.map_err(|_| unreachable("no answer within 10 s".to_owned()))?;
    let (client, connection) = connected.map_err(|error| unreachable(words(&error)))?;
    // It ends with its client; what went wrong is told to whoever waits for an answer.
    tokio::spawn(async move {
        let _ended = connection.await;
    });
    Ok(client)
}
