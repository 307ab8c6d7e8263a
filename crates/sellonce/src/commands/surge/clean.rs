//! `surge clean`: takes out of a running shop what earlier runs left in it.

use std::path::PathBuf;

use clap::Args;

use super::{admin_key, stop};
use crate::commands::Stop;
use crate::output;

#[derive(Debug, Args)]
pub(super) struct Clean {
    /// The Sellonce, as http://127.0.0.1:8080.
    #[arg(long)]
    url: String,
    /// A file with a key of its admin surface.
    #[arg(long, value_name = "FILE")]
    admin_key_file: PathBuf,
    /// The host is yours although it is neither on this machine nor in a private network.
    #[arg(long, value_name = "HOST")]
    i_own: Option<String>,
}

pub(super) async fn run(call: Clean) -> Result<(), Stop> {
    let key = admin_key(&call.admin_key_file)?;
    let cleaned = sellonce_surge::clean(&call.url, &key, call.i_own.as_deref()).await.map_err(stop)?;
    for product in &cleaned {
        output::result(format_args!("{product} is hidden, its stock is taken out"));
    }
    if cleaned.is_empty() {
        output::result("there is nothing of a surge on sale");
    }
    Ok(())
}
