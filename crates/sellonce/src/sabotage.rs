//! The defect of this process: read from the environment once, before anything else is done.
//!
//! Decides that a binary which can have defects does nothing until it was told which. Leaves what they are to checkout.

use sellonce_checkout::sabotage::{self, Sabotage};

use crate::commands::Stop;

/// The variable that names the defect.
const VARIABLE: &str = "SELLONCE_SABOTAGE";
/// The name of none: what a defect is compared with.
const NONE: &str = "none";

/// Chooses the defect that the variable names.
pub(crate) fn choose() -> Result<(), Stop> {
    let name = std::env::var(VARIABLE).unwrap_or_default();
    let defect = Sabotage::parse(&name);
    if defect.is_none() && name != NONE {
        let names: Vec<&str> = Sabotage::ALL.iter().map(|defect| defect.as_str()).collect();
        return Err(Stop::Usage(format!(
            "this binary was built to have a defect, and must not run a shop; set {VARIABLE} to `{NONE}` or one of:\n  {}",
            names.join("\n  ")
        )));
    }
    sabotage::choose(defect);
    Ok(())
}
