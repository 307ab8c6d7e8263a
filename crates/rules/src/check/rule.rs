//! The rules with a detector, as questions over facts; each file below is one rule or one family of rules.

pub(crate) mod amount;

use super::fact::Reading;
use super::finding::Finding;
use super::unit::Unit;

/// Rules that one unit decides alone.
pub(crate) fn local(_unit: &Unit<'_, '_>, _reading: Reading<'_>, _found: &mut Vec<Finding>) {}
