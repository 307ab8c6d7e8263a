//! Why a database does not open, and what to do about it.
//!
//! Decides the texts: each names the database and the way out. Leaves exit codes to the binary.

/// Why a database does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process serves the file.
    #[error(
        "{database} is served by {}: stop it first, or give this shop a file of its own",
        .pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The database.
        database: String,
        /// The process that holds its lock, if it has written who it is.
        pid: Option<u32>,
    },
    /// A newer version of this program has migrated the file.
    #[error(
        "{database} has schema {found}, and this sellonce knows schemas up to {known}: use the newer sellonce that wrote \
         it, or a copy of the file from before"
    )]
    NewerSchema {
        /// The database.
        database: String,
        /// Its schema.
        found: i64,
        /// The latest that this program knows.
        known: i64,
    },
    /// The file has to be migrated, and this command does not do it beside a server.
    #[error(
        "{database} has schema {found}, and this sellonce needs schema {known}: stop every server of it and run \
         `sellonce migrate`"
    )]
    OlderSchema {
        /// The database.
        database: String,
        /// Its schema.
        found: i64,
        /// What this program needs.
        known: i64,
    },
    /// A migration that was applied reads differently today.
    #[error(
        "{database} was migrated by another text of migration {version} ({name}): this sellonce was built from changed \
         sources; use the release that the file was made with"
    )]
    ChangedMigration {
        /// The database.
        database: String,
        /// The migration's number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A migration did not run; the file is as it was before it.
    #[error("{database} could not be migrated to {name}: {problem}")]
    Migration {
        /// The database.
        database: String,
        /// The migration's name.
        name: &'static str,
        /// What the database said.
        problem: String,
    },
    /// The shop's currency was fixed when its database was made.
    #[error(
        "{database} belongs to a shop that sells in {found}, and the configuration says {configured}: a shop has one \
         currency for ever; set `shop.currency = \"{found}\"` or use another file"
    )]
    OtherCurrency {
        /// The database.
        database: String,
        /// The currency of the shop in it.
        found: String,
        /// The currency that was asked for.
        configured: String,
    },
    /// The file is not a database, or a damaged one.
    #[error("{database} is not a SQLite database, or it is damaged: {problem}")]
    NotADatabase {
        /// The file.
        database: String,
        /// What SQLite said.
        problem: String,
    },
    /// It is somebody else's database.
    #[error("{database} is a database, but not of a Sellonce shop: use another one")]
    Foreign {
        /// The file.
        database: String,
    },
    /// The SQLite library has a defect that can destroy databases.
    #[error(
        "this sellonce was built with SQLite {found}, which can corrupt a database (fixed in 3.51.3): build it with the \
         bundled library"
    )]
    OldLibrary {
        /// The library's version.
        found: String,
    },
    /// The file cannot be created, read or written.
    #[error("{database} cannot be used: {problem}")]
    Unusable {
        /// The file.
        database: String,
        /// Why.
        problem: String,
    },
}
