//! The patterns on SQLite, one function each: what a client does in the file for one buyer.
//!
//! Where a pattern reads first, it reads before its transaction, as programs do that load a row, change it and save it.
//! Within one transaction SQLite would refuse a write after a read that is no longer true.

use rusqlite::{Connection, Params, TransactionBehavior, params};
use tokio::sync::mpsc;

use super::super::judge::Answer;
use super::super::pattern::{Pattern, RETRIES_MAX};
use super::super::queue::{self, Request};
use super::super::scene::Way;

/// A connection and its statements.
pub(super) struct Till {
    connection: Connection,
    sql: Sql,
    _presence: mpsc::Sender<()>,
}

struct Sql {
    read: String,
    write_back: String,
    write_version: String,
    subtract: String,
    subtract_if_there: String,
    record: String,
}

impl Till {
    pub(super) fn new(connection: Connection, tables: &str, presence: mpsc::Sender<()>) -> Self {
        let stock = format!("{tables}_stock");
        let subtract = format!("UPDATE {stock} SET available = available - ?1 WHERE sku = 1");
        let sql = Sql {
            read: format!("SELECT available, version FROM {stock} WHERE sku = 1"),
            write_back: format!("UPDATE {stock} SET available = ?1 WHERE sku = 1"),
            write_version: format!(
                "UPDATE {stock} SET available = ?1, version = version + 1 WHERE sku = 1 AND version = ?2"
            ),
            subtract_if_there: format!("{subtract} AND available >= ?1"),
            subtract,
            record: format!("INSERT INTO {tables}_sale (buyer) VALUES (?1)"),
        };
        Self { connection, sql, _presence: presence }
    }

    /// Sells one unit to a buyer, or does not.
    pub(super) fn sell(&mut self, pattern: Pattern, buyer: i64) -> rusqlite::Result<Answer> {
        match pattern {
            // The race.
            Pattern::ReadThenWrite => {
                let available = self.read()?;
                self.write(Way::WriteBack, available, buyer)
            }
            Pattern::VersionColumn => self.version_column(buyer),
            // What SQLite lacks, its one writer's lock stands for. A flush of one is this too.
            Pattern::ConditionalUpdate
            | Pattern::ForUpdate
            | Pattern::OneStatement
            | Pattern::SkipLocked
            | Pattern::Combined => self.write(Way::ConditionInTheWrite, 0, buyer),
        }
    }

    fn version_column(&mut self, buyer: i64) -> rusqlite::Result<Answer> {
        for _ in 0..=RETRIES_MAX {
            let (available, version) = self.read_version()?;
            if available < 1 {
                return Ok(Answer::SoldOut);
            }
            let write = (self.sql.write_version.as_str(), params![available - 1, version]);
            if record(&mut self.connection, write, &self.sql.record, buyer)? == Answer::Sold {
                return Ok(Answer::Sold);
            }
        }
        Ok(Answer::GaveUp)
    }

    /// The stock, as it is at this moment.
    pub(super) fn read(&self) -> rusqlite::Result<i64> {
        self.read_version().map(|(available, _)| available)
    }

    fn read_version(&self) -> rusqlite::Result<(i64, i64)> {
        let mut read = self.connection.prepare_cached(&self.sql.read)?;
        read.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// What a client does with the number that it has read; with the condition in the write it does nothing with it.
    pub(super) fn write(&mut self, way: Way, read: i64, buyer: i64) -> rusqlite::Result<Answer> {
        let (statement, value) = match way {
            Way::CheckThenSubtract | Way::WriteBack if read < 1 => return Ok(Answer::SoldOut),
            Way::CheckThenSubtract => (&self.sql.subtract, 1),
            Way::WriteBack => (&self.sql.write_back, read - 1),
            Way::ConditionInTheWrite => (&self.sql.subtract_if_there, 1),
        };
        record(&mut self.connection, (statement, params![value]), &self.sql.record, buyer)
    }

    /// Sells to the first of those who wait, as far as the stock goes; returns how many have a unit.
    pub(super) fn flush(&mut self, flush: &[Request]) -> rusqlite::Result<usize> {
        let available = self.read()?;
        let granted = queue::grants(available, flush);
        let Ok(units) = i64::try_from(granted.len()) else { return Ok(0) };
        if units == 0 {
            return Ok(0);
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The read planned, the condition decides.
        if transaction.prepare_cached(&self.sql.subtract_if_there)?.execute([units])? == 0 {
            drop(transaction);
            return self.flush(flush);
        }
        {
            let mut record = transaction.prepare_cached(&self.sql.record)?;
            for buyer in &granted {
                record.execute([buyer])?;
            }
        }
        transaction.commit()?;
        Ok(granted.len())
    }
}

/// Changes the stock and records the sale in one transaction; if the change found nothing to change, neither.
fn record<P: Params>(
    connection: &mut Connection,
    (change, values): (&str, P),
    sale: &str,
    buyer: i64,
) -> rusqlite::Result<Answer> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if transaction.prepare_cached(change)?.execute(values)? == 0 {
        transaction.rollback()?;
        return Ok(Answer::SoldOut);
    }
    transaction.prepare_cached(sale)?.execute([buyer])?;
    transaction.commit()?;
    Ok(Answer::Sold)
}
