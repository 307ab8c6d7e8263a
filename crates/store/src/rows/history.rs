//! Histories as text: `status:fence:milliseconds`, a comma between two steps, the oldest first.
//!
//! Decides this form, in both directions. Leaves appending to the statements that change a status.

use sellonce_checkout::audit::Past;
use sellonce_checkout::clock::Timestamp;

use crate::trouble::Trouble;

/// The first step of a history.
pub(crate) fn begun(status: &str, fence: i64, at: Timestamp) -> String {
    format!("{status}:{fence}:{at}")
}

/// A further step, as it is appended to what is there.
pub(crate) fn step(status: &str, fence: i64, at: Timestamp) -> String {
    format!(",{status}:{fence}:{at}")
}

/// The step from one status to another, as it is appended; staying is no step.
pub(crate) fn step_between(from: &str, to: &str, fence: i64, at: Timestamp) -> String {
    if from == to { String::new() } else { step(to, fence, at) }
}

/// Reads a history.
pub(crate) fn read<S>(text: &str, status: fn(&str) -> Option<S>) -> Result<Vec<Past<S>>, Trouble> {
    let past = |step: &str| {
        let mut parts = step.split(':');
        let (to, fence, at) = (parts.next()?, parts.next()?, parts.next()?);
        let at = Timestamp::from_millis(at.parse().ok()?);
        parts.next().is_none().then_some(Past { to: status(to)?, fence: fence.parse().ok()?, at })
    };
    text.split(',')
        .map(|step| past(step).ok_or_else(|| Trouble::call(format!("`{step}` is no step of a history"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use sellonce_checkout::saga::State;

    use super::*;

    #[test]
    fn a_history_reads_as_it_was_written() {
        let at = Timestamp::from_millis;
        let text = begun("reserved", 1, at(5)) + &step("placed", 2, at(9));
        assert_eq!(text, "reserved:1:5,placed:2:9");
        let expected = vec![
            Past { to: State::Reserved, fence: 1, at: at(5) },
            Past { to: State::Placed, fence: 2, at: at(9) },
        ];
        assert_eq!(read(&text, State::parse), Ok(expected));
        for nonsense in
            ["", "reserved", "reserved:1", "reserved:x:5", "sold:1:5", "reserved:1:5:7", "reserved:1:5,"]
        {
            assert!(read(nonsense, State::parse).is_err(), "{nonsense}");
        }
    }
}
