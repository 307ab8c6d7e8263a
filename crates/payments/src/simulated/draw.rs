//! Chance that can be played again: the same seed and the same question always draw the same number.
//!
//! Leaves what is decided by it to `faults` and `callbacks`.

use sha2::{Digest, Sha256};

/// A number for a question, the same one every time; numbers of different questions have nothing to do with each other.
pub(super) fn number(seed: u64, question: &[&str]) -> u64 {
    let mut hasher = Sha256::new_with_prefix(seed.to_le_bytes());
    for part in question {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// A number from 0 up to `end`, without it; 0 if there is none.
pub(super) fn below(seed: u64, question: &[&str], end: u64) -> u64 {
    number(seed, question).checked_rem(end).unwrap_or(0)
}
