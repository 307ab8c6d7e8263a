//! The migrations of SQLite, and running them.
//!
//! Decides the order of the texts. Leaves deciding which are missing to the shared `migrations`, and taking the file's
//! lock before any is run to `open`.

use rusqlite::{Connection, TransactionBehavior};
use sellonce_checkout::clock::Timestamp;

use crate::migrations::{Applied, Migration, Step, order_edges};
use crate::sql::{Statements, values};
use crate::trouble::Trouble;

/// The steps of the schema, oldest first.
pub(super) const MIGRATIONS: &[Migration] = &[
    sql(1, "0001_shop", include_str!("../../migrations/sqlite/0001_shop.sql")),
    sql(2, "0002_catalog", include_str!("../../migrations/sqlite/0002_catalog.sql")),
    sql(3, "0003_inventory", include_str!("../../migrations/sqlite/0003_inventory.sql")),
    sql(4, "0004_limits", include_str!("../../migrations/sqlite/0004_limits.sql")),
    sql(5, "0005_carts", include_str!("../../migrations/sqlite/0005_carts.sql")),
    sql(6, "0006_checkouts", include_str!("../../migrations/sqlite/0006_checkouts.sql")),
    sql(7, "0007_sagas", include_str!("../../migrations/sqlite/0007_sagas.sql")),
    sql(8, "0008_orders", include_str!("../../migrations/sqlite/0008_orders.sql")),
    Migration { version: 9, name: "0009_order_edges", step: Step::OrderEdges },
    sql(10, "0010_order_status_guard", include_str!("../../migrations/sqlite/0010_order_status_guard.sql")),
    sql(11, "0011_ledger_guards", include_str!("../../migrations/sqlite/0011_ledger_guards.sql")),
    sql(12, "0012_accounts", include_str!("../../migrations/sqlite/0012_accounts.sql")),
    sql(13, "0013_simulated_book", include_str!("../../migrations/sqlite/0013_simulated_book.sql")),
    sql(14, "0014_two_step_payments", include_str!("../../migrations/sqlite/0014_two_step_payments.sql")),
    sql(
        15,
        "0015_shipments_and_returns",
        include_str!("../../migrations/sqlite/0015_shipments_and_returns.sql"),
    ),
    sql(16, "0016_simulated_callbacks", include_str!("../../migrations/sqlite/0016_simulated_callbacks.sql")),
    sql(17, "0017_late_checks", include_str!("../../migrations/sqlite/0017_late_checks.sql")),
];

/// Marks a file as a shop's in its header: "Sell" in ASCII.
pub(super) const APPLICATION_ID: i64 = 0x5365_6C6C;

const fn sql(version: i64, name: &'static str, text: &'static str) -> Migration {
    Migration { version, name, step: Step::Sql(text) }
}

/// The steps that a database has, oldest first; none for an empty file.
pub(super) fn applied(sql: &dyn Statements) -> Result<Vec<Applied>, Trouble> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";
    if !sql.any(table, &[])? {
        return Ok(Vec::new());
    }
    let all = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
    sql.many(all, &[], |columns| {
        Ok(Applied { version: columns.integer()?, name: columns.string()?, checksum: columns.bytes()? })
    })
}

/// Runs one step, with the note that it was run, in a transaction of its own.
pub(super) fn run(connection: &mut Connection, migration: &Migration, now: Timestamp) -> Result<(), Trouble> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum BLOB NOT NULL,
            applied_at INTEGER NOT NULL
        ) STRICT",
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    match migration.step {
        Step::Sql(text) => transaction.execute_batch(text)?,
        Step::OrderEdges => {
            for (from, to) in order_edges() {
                let insert = "INSERT INTO order_edges (from_status, to_status) VALUES (?1, ?2)";
                Statements::execute(&*transaction, insert, values![from, to])?;
            }
        }
    }
    let insert =
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)";
    let checksum = migration.checksum();
    let row = values![migration.version, migration.name, &checksum, now.millis()];
    Statements::execute(&*transaction, insert, row)?;
    Ok(transaction.commit()?)
}
