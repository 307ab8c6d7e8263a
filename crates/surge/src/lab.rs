//! The lab: ways to sell a unit, as bare SQL, side by side on a database of one's own.
//!
//! Decides what is run and in which order, and that nothing stays behind: all tables carry a name that begins with
//! `sellonce_lab_`, are made by the lab and removed by it, also after an error. How each pattern is written in SQL is in
//! `postgres` and `sqlite`, how an outcome is judged in `judge`. Nothing here touches a table that it did not make.

mod clients;
mod database;
mod error;
mod findings;
mod judge;
mod page;
mod pattern;
mod postgres;
mod queue;
mod scene;
mod sqlite;
mod table;

use serde::Serialize;

use database::Database;
pub use error::Error;
pub use judge::Measured;
pub use pattern::Pattern;
pub use scene::{Ending, Scene, Way};
pub use table::HEADS;

use crate::verdict::Setting;

/// The most clients at once.
pub const CLIENTS_MAX: u32 = 1_024;
/// The most units and buyers of a round.
pub const BUYERS_MAX: u32 = 1_000_000;

/// What is compared: every pattern with every number of clients, the same stock and buyers each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The patterns, in the order in which they are run.
    pub patterns: Vec<Pattern>,
    /// How many clients at once.
    pub clients: Vec<u32>,
    /// Units of the one SKU.
    pub stock: u32,
    /// Buyers of one unit each.
    pub buyers: u32,
}

/// What a comparison has shown: what `--json` writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// `PostgreSQL 15.14`, `SQLite 3.54.1`.
    pub database: String,
    /// How durable the database was set, and how many connections it takes.
    pub settings: Vec<Setting>,
    /// Units of each round.
    pub stock: u32,
    /// Buyers of one unit in each round.
    pub buyers: u32,
    /// The rounds.
    pub rows: Vec<Row>,
}

/// A pattern with so many clients.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The pattern.
    pub pattern: Pattern,
    /// How many clients at once.
    pub clients: u32,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was run.
    Ran(Measured),
    /// It cannot be run on this database.
    Skipped {
        /// Why not.
        skipped: String,
    },
}

/// A database that patterns can be run on.
pub struct Lab {
    database: Database,
}

impl Lab {
    /// Connects, and makes nothing yet. Without an address it is a SQLite file of its own.
    ///
    /// A server that is not on this machine or in a private network is refused, unless `own_host` repeats its name.
    pub async fn open(url: Option<&str>, own_host: Option<&str>) -> Result<Self, Error> {
        Ok(Self { database: Database::open(url, own_host).await? })
    }

    /// What the lab will make and remove, for the person whose database it is.
    pub fn announcement(&self) -> String {
        self.database.announcement()
    }

    /// Runs every round of the plan; tells of each as soon as it is over.
    pub async fn compare(&self, plan: &Plan, mut tell: impl FnMut(&Row)) -> Result<Comparison, Error> {
        plan.check()?;
        let (database, settings) = self.database.facts().await?;
        let mut rows = Vec::new();
        for pattern in &plan.patterns {
            for clients in &plan.clients {
                let outcome = self.round(*pattern, *clients, plan).await?;
                let row = Row { pattern: *pattern, clients: *clients, outcome };
                tell(&row);
                rows.push(row);
            }
        }
        Ok(Comparison { database, settings, stock: plan.stock, buyers: plan.buyers, rows })
    }

    async fn round(&self, pattern: Pattern, clients: u32, plan: &Plan) -> Result<Outcome, Error> {
        if let Some(skipped) = self.database.lacks(pattern, clients).await? {
            return Ok(Outcome::Skipped { skipped });
        }
        self.database.lay_out(pattern, plan.stock).await?;
        let told = self.database.race(pattern, clients, plan.buyers).await?;
        let book = self.database.book(pattern).await?;
        judge::judge(plan.stock, &told, book).map(Outcome::Ran)
    }

    /// Plays the scene that the rule was written for: eight buyers at once, five units.
    pub async fn scene(&self) -> Result<Scene, Error> {
        let (database, _) = self.database.facts().await?;
        let mut endings = Vec::new();
        for way in scene::Way::ALL {
            self.database.lay_out(Pattern::ConditionalUpdate, scene::STOCK).await?;
            let told = self.database.play(way).await?;
            let book = self.database.book(Pattern::ConditionalUpdate).await?;
            endings.push(scene::ending(way, &told, book)?);
        }
        Ok(Scene { database, stock: scene::STOCK, clients: scene::CLIENTS, endings })
    }

    /// Removes all that the lab has made. To be called in the end, whatever the end is.
    pub async fn close(self) -> Result<(), Error> {
        self.database.remove().await
    }
}

impl Plan {
    fn check(&self) -> Result<(), Error> {
        let too_many = self.clients.iter().find(|clients| !(1..=CLIENTS_MAX).contains(*clients));
        if let Some(clients) = too_many {
            return Err(Error::Usage(format!("{clients} clients: 1 to {CLIENTS_MAX} are possible")));
        }
        for (what, number) in [("stock", self.stock), ("buyers", self.buyers)] {
            if !(1..=BUYERS_MAX).contains(&number) {
                return Err(Error::Usage(format!("{what} {number}: 1 to {BUYERS_MAX} are possible")));
            }
        }
        Ok(())
    }
}
