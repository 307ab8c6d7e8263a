//! The migrations of PostgreSQL, and running them.
//!
//! Decides the order of the texts, and that of several servers that start at once one migrates and the others wait.
//! Leaves deciding which are missing to the shared `migrations`.

use crate::migrations::{Applied, Migration, Step, order_edges};
use crate::postgres::link::Link;
use crate::sql::{Statements, values};
use crate::trouble::Trouble;

/// The steps of the schema, oldest first.
pub(super) const MIGRATIONS: &[Migration] = &[
    sql(1, "0001_shop", include_str!("../../migrations/postgres/0001_shop.sql")),
    sql(2, "0002_catalog", include_str!("../../migrations/postgres/0002_catalog.sql")),
    sql(3, "0003_inventory", include_str!("../../migrations/postgres/0003_inventory.sql")),
    sql(4, "0004_limits", include_str!("../../migrations/postgres/0004_limits.sql")),
    sql(5, "0005_carts", include_str!("../../migrations/postgres/0005_carts.sql")),
    sql(6, "0006_checkouts", include_str!("../../migrations/postgres/0006_checkouts.sql")),
    sql(7, "0007_sagas", include_str!("../../migrations/postgres/0007_sagas.sql")),
    sql(8, "0008_orders", include_str!("../../migrations/postgres/0008_orders.sql")),
    Migration { version: 9, name: "0009_order_edges", step: Step::OrderEdges },
    sql(10, "0010_order_status_guard", include_str!("../../migrations/postgres/0010_order_status_guard.sql")),
    sql(11, "0011_ledger_guards", include_str!("../../migrations/postgres/0011_ledger_guards.sql")),
    sql(12, "0012_accounts", include_str!("../../migrations/postgres/0012_accounts.sql")),
    sql(13, "0013_simulated_book", include_str!("../../migrations/postgres/0013_simulated_book.sql")),
    sql(14, "0014_two_step_payments", include_str!("../../migrations/postgres/0014_two_step_payments.sql")),
    sql(
        15,
        "0015_shipments_and_returns",
        include_str!("../../migrations/postgres/0015_shipments_and_returns.sql"),
    ),
    sql(
        16,
        "0016_simulated_callbacks",
        include_str!("../../migrations/postgres/0016_simulated_callbacks.sql"),
    ),
    sql(17, "0017_late_checks", include_str!("../../migrations/postgres/0017_late_checks.sql")),
];

const fn sql(version: i64, name: &'static str, text: &'static str) -> Migration {
    Migration { version, name, step: Step::Sql(text) }
}

/// What a database holds before it is migrated.
pub(super) enum Found {
    /// The tables of a shop, with the steps that were applied, oldest first.
    Shop(Vec<Applied>),
    /// No tables at all.
    Empty,
    /// Tables of something else.
    Foreign,
}

/// Looks at what a database holds, in one statement: several servers may be making it at this moment.
pub(super) fn look(sql: &dyn Statements) -> Result<Found, Trouble> {
    let tables = "SELECT count(*) FILTER (WHERE table_name = 'schema_migrations' AND column_name = 'checksum'), \
                  count(*) FROM information_schema.columns WHERE table_schema = current_schema()";
    let found = sql.one(tables, &[], |columns| Ok((columns.flag()?, columns.flag()?)))?;
    match found.unwrap_or_default() {
        (true, _) => applied(sql).map(Found::Shop),
        (false, false) => Ok(Found::Empty),
        (false, true) => Ok(Found::Foreign),
    }
}

/// The steps that were applied, oldest first.
pub(super) fn applied(sql: &dyn Statements) -> Result<Vec<Applied>, Trouble> {
    let all = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
    sql.many(all, &[], |columns| {
        Ok(Applied { version: columns.integer()?, name: columns.string()?, checksum: columns.bytes()? })
    })
}

/// Makes the table of the steps that were applied; of several servers that do so at once, all go on.
pub(super) fn prepare(link: &Link) -> Result<(), Trouble> {
    let create = "CREATE TABLE IF NOT EXISTS schema_migrations (
        version bigint PRIMARY KEY,
        name text NOT NULL,
        checksum bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )";
    let created = link.run(create);
    // Those who create it at the same moment are refused in several ways (a key, a type, a relation that exists), whatever
    // IF NOT EXISTS says: what counts is that it is there.
    if created.is_err() && matches!(look(link), Ok(Found::Shop(_))) { Ok(()) } else { created }
}

/// Keeps every other server that wants to migrate waiting until the end of the transaction.
pub(super) fn lock(link: &Link) -> Result<(), Trouble> {
    link.run("LOCK TABLE schema_migrations IN EXCLUSIVE MODE")
}

/// Runs a step and notes it.
pub(super) fn run(link: &Link, migration: &Migration) -> Result<(), Trouble> {
    match migration.step {
        Step::Sql(text) => link.run(text)?,
        Step::OrderEdges => {
            for (from, to) in order_edges() {
                let insert = "INSERT INTO order_edges (from_status, to_status) VALUES (?1, ?2)";
                link.execute(insert, values![from, to])?;
            }
        }
    }
    let insert = "INSERT INTO schema_migrations (version, name, checksum) VALUES (?1, ?2, ?3)";
    link.execute(insert, values![migration.version, migration.name, &migration.checksum()])?;
    Ok(())
}
