//! The rules: what every team and every assistant must know of stock, prices, payments and orders, as versioned packs.
//!
//! This crate decides what a rule is, where packs come from, and which files of a repository tell them to whom.
//! It works on anybody's code and knows nothing of the shop. The binary leaves it arguments and printing.
//!
//! A function per command; its answer is `Display` and knows its exit code, an error does too (`error::Error::exit`):
//!
//! | command | function |
//! | --- | --- |
//! | `init` | `init::detect` to ask with, then `init::init` |
//! | `sync`, `--check`, `--dry-run`, `--targets` | `sync::sync` |
//! | `remove`, `--dry-run` | `sync::remove` |
//! | `check` | `review::review`, then `check::Format` |
//! | `list`, `explain ID` | `library::Library::of`, then `listing`, or `explanation` |
//! | `template list`, `add`, `status`, `diff`, `update` | `template::listing`, `add`, `status`, `differences`, `update` |
//! | `test` | `trial::test` |
//! | `report` | `review::review`, then `report::report`, `report::history`, `report::Report::render` |
//! | `import --from F`, `export --to F` | `exchange::import` and `exchange::write_pack`, `exchange::export` |
//! | `doctor` | `doctor::examine` |
//! | `mcp` | `mcp::serve` |

pub mod check;
pub mod config;
pub mod doctor;
pub mod error;
pub mod exchange;
pub mod front_matter;
mod git;
pub mod glob;
pub mod init;
pub mod library;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod pack;
pub mod report;
pub mod review;
pub mod root;
pub mod rule;
pub mod sync;
pub mod template;
pub mod trial;
mod write;
