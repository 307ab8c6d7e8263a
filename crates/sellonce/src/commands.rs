//! The commands: their arguments, and how each ends.
//!
//! Decides what can be said on the command line and which exit code an ending has. Leaves the doing to a file each.

mod admin;
mod audit;
mod configuration;
mod import;
mod rules;
mod serve;
mod store;
mod surge;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, Config, Flags};
use crate::output;

/// The checkout core of an online shop: every unit sold once, every checkout whole, every price kept.
#[derive(Debug, Parser)]
#[command(name = "sellonce", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// The configuration file [default: sellonce.toml, if it is there].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the shop: pages, JSON API and background loops.
    Serve(Serve),
    /// Bring the database to this version's schema; the server must not be running.
    Migrate(DatabaseFlag),
    /// Import the product export of a Shopify shop.
    Import(Import),
    /// Judge the invariants on the database.
    Audit(Audit),
    /// Administer.
    #[command(subcommand)]
    Admin(Admin),
    /// Teach the rules of stock, money and orders to people and assistants, and check code against them.
    Rules(rules::Rules),
    /// Let a rush of buyers loose on a shop, and say whether every unit was sold once.
    Surge(Box<surge::Surge>),
    /// Print the OpenAPI document of the HTTP API.
    Openapi,
    /// Check or print the effective configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Args)]
struct DatabaseFlag {
    /// The database, as `sqlite:sellonce.db` or `postgres://user:password@host:5432/shop`.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    database: DatabaseFlag,
    /// An address to listen on, as 127.0.0.1:8080; may be repeated.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Put a small catalog into the shop and take test payments.
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Args)]
struct Import {
    /// The export, a CSV file.
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseFlag,
    /// Read and report, but change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Set the stock of SKUs that are known to the file's quantities, as an adjustment.
    #[arg(long)]
    set_stock: bool,
    /// What becomes of variants whose stock Shopify did not track.
    #[arg(long, value_name = "HOW", default_value = "quantity")]
    untracked: Untracked,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Untracked {
    /// Take the file's quantity as stock.
    Quantity,
    /// Sell them without end.
    Continue,
}

#[derive(Debug, Args)]
struct Audit {
    #[command(flatten)]
    database: DatabaseFlag,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// API keys of the admin surface.
    #[command(subcommand)]
    Key(Key),
}

#[derive(Debug, Subcommand)]
enum Key {
    /// Make a key and print it; it is shown only now.
    Create {
        /// What the key is for.
        name: String,
        /// Let it read but not change.
        #[arg(long)]
        read_only: bool,
        #[command(flatten)]
        database: DatabaseFlag,
    },
    /// List the keys, without their secrets.
    List {
        #[command(flatten)]
        database: DatabaseFlag,
    },
    /// Revoke a key: it opens nothing from then on.
    Revoke {
        /// The key's id, as `key_...`.
        id: String,
        #[command(flatten)]
        database: DatabaseFlag,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration and report every problem.
    Check,
    /// Print the effective configuration.
    Print,
}

/// Why a command did not end well.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It ran and found something; that was reported already.
    Found,
    /// It was not called or configured rightly.
    Usage(String),
    /// Something went wrong inside.
    Internal(anyhow::Error),
}

impl Stop {
    /// Tells why, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Found => ExitCode::from(1),
            Self::Usage(reason) => {
                output::note(format_args!("error: {reason}"));
                ExitCode::from(2)
            }
            Self::Internal(error) => {
                output::note(format_args!("error: {error:#}"));
                ExitCode::from(3)
            }
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

/// Runs the command that was asked for.
pub(crate) fn run(arguments: Arguments) -> Result<(), Stop> {
    let file = arguments.config;
    if let (Command::Rules(_), Some(file)) = (&arguments.command, &file) {
        let file = file.display();
        return Err(Stop::Usage(format!(
            "the rules are configured in the sellonce.toml at the repository's root, not in {file}; `--root` names another repository"
        )));
    }
    let load = |flags: Flags| load(file.as_deref(), &flags);
    let database = |flag: DatabaseFlag| Flags { database: flag.database, ..Flags::default() };
    match arguments.command {
        Command::Serve(Serve { database: DatabaseFlag { database }, listen, demo }) => {
            let config = load(Flags { database, listen, demo })?;
            block_on(serve::run(config, demo))
        }
        Command::Migrate(flag) => store::migrate(&load(database(flag))?),
        Command::Import(call) => {
            let config = load(Flags { database: call.database.database.clone(), ..Flags::default() })?;
            block_on(import::run(config, call))
        }
        Command::Audit(Audit { database: flag, json }) => {
            let config = load(database(flag))?;
            block_on(audit::run(config, json))
        }
        Command::Admin(Admin::Key(key)) => match key {
            Key::Create { name, read_only, database: flag } => {
                let config = load(database(flag))?;
                block_on(admin::create_key(config, name, read_only))
            }
            Key::List { database: flag } => {
                let config = load(database(flag))?;
                block_on(admin::list_keys(config))
            }
            Key::Revoke { id, database: flag } => {
                let config = load(database(flag))?;
                block_on(admin::revoke_key(config, id))
            }
        },
        Command::Rules(call) => rules::run(call),
        Command::Surge(call) => block_on(surge::run(*call)),
        Command::Openapi => {
            output::result(sellonce_server::openapi::document());
            Ok(())
        }
        Command::Config(ConfigCommand::Check) => configuration::check(&load(Flags::default())?),
        Command::Config(ConfigCommand::Print) => {
            output::result(config::print(&load(Flags::default())?).trim_end());
            Ok(())
        }
    }
}

fn load(file: Option<&std::path::Path>, flags: &Flags) -> Result<Config, Stop> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    config::load(file, environment, flags).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        Stop::Usage(format!("the configuration has {} problem(s):\n{}", lines.len(), lines.join("\n")))
    })
}

fn block_on(command: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}
