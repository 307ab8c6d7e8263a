//! What a check means to the caller: the exit code, and the findings in the order and form every output shares.

use super::Outcome;
use super::finding::Confidence;

/// From which findings on a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Findings of high confidence.
    #[default]
    Error,
    /// Findings of medium confidence too.
    Warning,
    /// Never because of findings.
    Never,
}

/// More than one file in this many that cannot be parsed is an internal error: the check saw too little to be trusted.
const UNPARSABLE_ONE_IN: usize = 20;

impl Outcome {
    /// The exit code: 0 nothing to report, 1 findings, 3 more than 5% of the parsed files could not be read.
    pub fn exit_code(&self, fail_on: FailOn) -> u8 {
        if self.unparsable.len() * UNPARSABLE_ONE_IN > self.parsed
            && !self.unparsable.is_empty()
            && self.parsed > 0
        {
            return 3;
        }
        let minimum = match fail_on {
            FailOn::Error => Confidence::High,
            FailOn::Warning => Confidence::Medium,
            FailOn::Never => return 0,
        };
        u8::from(self.findings.iter().any(|finding| finding.confidence >= minimum))
    }
}
