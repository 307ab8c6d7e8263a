//! The patterns on PostgreSQL, one function each: what a client says to the server for one buyer.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement};

use super::super::error::{self, postgres};
use super::super::judge::Answer;
use super::super::pattern::{Pattern, RETRIES_MAX};
use super::super::queue::{self, Request};
use super::super::scene::Way;

/// A connection with its statements prepared.
pub(super) struct Till {
    client: Client,
    read: Statement,
    read_locked: Statement,
    write_back: Statement,
    write_version: Statement,
    subtract: Statement,
    subtract_if_there: Statement,
    record: Statement,
    at_once: Statement,
    take_unit: Statement,
    take_many: Statement,
}

impl Till {
    pub(super) async fn open(client: Client, schema: &str) -> Result<Self, error::Error> {
        Self::prepare(client, schema).await.map_err(postgres("preparing statements"))
    }

    async fn prepare(client: Client, schema: &str) -> Result<Self, Error> {
        let stock = format!("{schema}.stock");
        let sale = format!("{schema}.sale");
        let unit = format!("{schema}.unit");
        let read = format!("SELECT available, version FROM {stock} WHERE sku = 1");
        let subtract = format!("UPDATE {stock} SET available = available - 1 WHERE sku = 1");
        let there = "AND available >= 1";
        let prepare = |text: String| {
            let client = &client;
            async move { client.prepare(&text).await }
        };
        let take_unit = format!(
            "WITH taken AS (UPDATE {unit} SET buyer = $1 WHERE id = (SELECT id FROM {unit} WHERE buyer IS NULL LIMIT 1 \
             FOR UPDATE SKIP LOCKED) RETURNING id) INSERT INTO {sale} (buyer) SELECT $1 FROM taken"
        );
        Ok(Self {
            read: prepare(read.clone()).await?,
            read_locked: prepare(format!("{read} FOR UPDATE")).await?,
            write_back: prepare(format!("UPDATE {stock} SET available = $1 WHERE sku = 1")).await?,
            write_version: prepare(format!(
                "UPDATE {stock} SET available = $1, version = version + 1 WHERE sku = 1 AND version = $2"
            ))
            .await?,
            subtract: prepare(subtract.clone()).await?,
            subtract_if_there: prepare(format!("{subtract} {there}")).await?,
            record: prepare(format!("INSERT INTO {sale} (buyer) VALUES ($1)")).await?,
            at_once: prepare(format!(
                "WITH taken AS ({subtract} {there} RETURNING sku) INSERT INTO {sale} (buyer) SELECT $1 FROM taken"
            ))
            .await?,
            take_unit: prepare(take_unit).await?,
            take_many: prepare(format!(
                "WITH taken AS (UPDATE {stock} SET available = available - cardinality($1::bigint[]) WHERE sku = 1 \
                 AND available >= cardinality($1::bigint[]) RETURNING sku) \
                 INSERT INTO {sale} (buyer) SELECT buyer FROM unnest($1::bigint[]) AS buyer, taken"
            ))
            .await?,
            client,
        })
    }

    /// Sells one unit to a buyer, or does not.
    pub(super) async fn sell(&mut self, pattern: Pattern, buyer: i64) -> Result<Answer, Error> {
        match pattern {
            Pattern::ReadThenWrite => self.read_and_write_back(false, buyer).await,
            Pattern::ForUpdate => self.read_and_write_back(true, buyer).await,
            Pattern::VersionColumn => self.version_column(buyer).await,
            Pattern::ConditionalUpdate => self.subtract_and_record(true, buyer).await,
            Pattern::OneStatement => self.in_one_statement(&self.at_once, &buyer).await,
            Pattern::SkipLocked => self.in_one_statement(&self.take_unit, &buyer).await,
            // A flush of one.
            Pattern::Combined => self.in_one_statement(&self.take_many, &vec![buyer]).await,
        }
    }

    /// Reads, decides, writes back what is left. Unlocked it is the race, and the transaction around it changes nothing:
    /// at READ COMMITTED the others read the same number until the row is written.
    async fn read_and_write_back(&mut self, is_locked: bool, buyer: i64) -> Result<Answer, Error> {
        let read = if is_locked { &self.read_locked } else { &self.read };
        let transaction = self.client.transaction().await?;
        let available: i64 = transaction.query_one(read, &[]).await?.try_get(0)?;
        if available < 1 {
            transaction.rollback().await?;
            return Ok(Answer::SoldOut);
        }
        transaction.execute(&self.write_back, &[&(available - 1)]).await?;
        transaction.execute(&self.record, &[&buyer]).await?;
        transaction.commit().await?;
        Ok(Answer::Sold)
    }

    async fn version_column(&mut self, buyer: i64) -> Result<Answer, Error> {
        for _ in 0..=RETRIES_MAX {
            let transaction = self.client.transaction().await?;
            let row = transaction.query_one(&self.read, &[]).await?;
            let (available, version): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            if available < 1 {
                transaction.rollback().await?;
                return Ok(Answer::SoldOut);
            }
            if transaction.execute(&self.write_version, &[&(available - 1), &version]).await? == 0 {
                transaction.rollback().await?;
                continue;
            }
            transaction.execute(&self.record, &[&buyer]).await?;
            transaction.commit().await?;
            return Ok(Answer::Sold);
        }
        Ok(Answer::GaveUp)
    }

    /// Takes one unit off, under the condition that it is there or without it, and records the sale.
    async fn subtract_and_record(&mut self, is_conditional: bool, buyer: i64) -> Result<Answer, Error> {
        let subtract = if is_conditional { &self.subtract_if_there } else { &self.subtract };
        let transaction = self.client.transaction().await?;
        if transaction.execute(subtract, &[]).await? == 0 {
            transaction.rollback().await?;
            return Ok(Answer::SoldOut);
        }
        transaction.execute(&self.record, &[&buyer]).await?;
        transaction.commit().await?;
        Ok(Answer::Sold)
    }

    async fn in_one_statement(
        &self,
        statement: &Statement,
        buyer: &(dyn ToSql + Sync),
    ) -> Result<Answer, Error> {
        let sold = self.client.execute(statement, &[buyer]).await?;
        Ok(if sold == 1 { Answer::Sold } else { Answer::SoldOut })
    }

    /// Sells to the first of those who wait, as far as the stock goes; returns how many have a unit.
    pub(super) async fn flush(&self, flush: &[Request]) -> Result<usize, error::Error> {
        loop {
            let available = self.read().await?;
            let granted = queue::grants(available, flush);
            if granted.is_empty() {
                return Ok(0);
            }
            let sold =
                self.client.execute(&self.take_many, &[&granted]).await.map_err(postgres("flushing"))?;
            // The read planned, the condition decides: if somebody else was quicker, it is planned again.
            if sold > 0 {
                return Ok(granted.len());
            }
        }
    }

    /// The stock, read without any lock.
    pub(super) async fn read(&self) -> Result<i64, error::Error> {
        let row = self.client.query_one(&self.read, &[]).await;
        row.and_then(|row| row.try_get(0)).map_err(postgres("reading the stock"))
    }

    /// The second half of the scene: what a client does with the number that it has read.
    pub(super) async fn write(&mut self, way: Way, read: i64, buyer: i64) -> Result<Answer, error::Error> {
        let written = match way {
            Way::CheckThenSubtract if read < 1 => Ok(Answer::SoldOut),
            Way::CheckThenSubtract => self.subtract_and_record(false, buyer).await,
            Way::WriteBack if read < 1 => Ok(Answer::SoldOut),
            Way::WriteBack => self.write_back(read - 1, buyer).await,
            Way::ConditionInTheWrite => self.subtract_and_record(true, buyer).await,
        };
        written.map_err(postgres("playing the scene"))
    }

    async fn write_back(&mut self, left: i64, buyer: i64) -> Result<Answer, Error> {
        let transaction = self.client.transaction().await?;
        transaction.execute(&self.write_back, &[&left]).await?;
        transaction.execute(&self.record, &[&buyer]).await?;
        transaction.commit().await?;
        Ok(Answer::Sold)
    }
}
