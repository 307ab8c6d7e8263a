//! `config check`: the configuration was read without a problem; what remains are warnings.

use super::Stop;
use crate::config::{self, Config};
use crate::output;

pub(super) fn check(config: &Config) -> Result<(), Stop> {
    for warning in config::warnings(config) {
        output::note(format_args!("warning: {warning}"));
    }
    output::result("the configuration is fine");
    Ok(())
}
