//! INV001 and LIM001: what runs out changes in one conditional statement whose row count is checked; it is never read, then written.

use crate::check::amount::Direction;
use crate::check::fact::{AmountWrite, Guard, Lock, Persistence, RowCount, Way};
use crate::check::finding::{Confidence, Finding};
use crate::check::names::Meaning;
use crate::check::project::Project;

const FIX: &str = "one statement: UPDATE ... SET amount = amount - n WHERE id = ... AND amount >= n, then check that one row changed";

/// What the rule says of one write; `None` if it keeps the rule or is not its business.
pub(crate) fn judge(write: &AmountWrite, project: &Project) -> Option<Finding> {
    if protected(write, project) {
        return None;
    }
    let rule = write.meaning.rule();
    let what = describe(write);
    match write.way {
        Way::ReadModify(direction) => {
            let confidence = confidence(write, direction, project)?;
            let late = if write.lock == Lock::AfterRead {
                " The lock is taken after the read, so it protects an old value."
            } else {
                ""
            };
            let message = format!(
                "{what} is read, changed in the program and written back: two buyers at once both read the old value and one change is lost.{late}"
            );
            Some(
                Finding::new(rule, confidence, write.at, message)
                    .fix(FIX)
                    .related("read here", write.read)
                    .related("written here", write.named),
            )
        }
        Way::Relative(direction) => {
            if !consumes(write.meaning, direction) || write.settles {
                return None;
            }
            if write.guard == Guard::None {
                if matches!(write.persistence, Persistence::Unseen | Persistence::MethodOfClass) {
                    return None;
                }
                let message = format!(
                    "{what} is changed without a condition on what is left: a check made before does not hold any more when this runs, and it can go below zero."
                );
                let confidence = if write.guessed { Confidence::Medium } else { Confidence::High };
                return Some(
                    Finding::new(rule, confidence, write.at, message)
                        .fix(FIX)
                        .related("read here", write.read)
                        .related("written here", write.named),
                );
            }
            if write.rows != RowCount::Ignored {
                return None;
            }
            let message = format!(
                "{what} is changed on condition, but nobody checks whether a row was changed: when nothing is left, the order goes on as if it were."
            );
            Some(
                Finding::new(rule, Confidence::Medium, write.at, message)
                    .fix("check the number of changed rows and refuse the order when it is 0")
                    .related("written here", write.named),
            )
        }
        Way::Absolute => None,
    }
}

/// How sure it is that an amount which is read and written back is a mistake; `None` if nothing shows that it is stored.
fn confidence(write: &AmountWrite, direction: Direction, project: &Project) -> Option<Confidence> {
    match (write.persistence, direction) {
        (Persistence::Unseen, _) => None,
        (Persistence::MethodOfClass, _)
            if !project.is_listed(&write.entity) && !project.is_called_on_stored(write) =>
        {
            None
        }
        (Persistence::Method | Persistence::MethodOfClass, _) => project.method_confidence(write),
        (Persistence::Managed, _) => Some(Confidence::Medium),
        (_, _) if write.guessed || write.lock == Lock::AfterRead => Some(Confidence::Medium),
        (_, _) if consumes(write.meaning, direction) => Some(Confidence::High),
        (_, _) => Some(Confidence::Medium),
    }
}

/// Whether a lock, a version or a guard makes the write safe.
fn protected(write: &AmountWrite, project: &Project) -> bool {
    if write.lock == Lock::Held || write.guard == Guard::Version {
        return true;
    }
    // A mapper compares the version when it saves an object; a statement of one's own goes past it.
    if matches!(write.way, Way::ReadModify(_)) && project.is_versioned(&write.entity) {
        return true;
    }
    let by_method = matches!(write.persistence, Persistence::Method | Persistence::MethodOfClass);
    if matches!(write.way, Way::ReadModify(_)) && by_method && project.is_compared(&write.entity) {
        return true;
    }
    if matches!(write.way, Way::ReadModify(_)) && write.guard == Guard::Amount {
        // Compare and set: the old amount is in the condition.
        return true;
    }
    project.locks_before(write)
}

fn consumes(meaning: Meaning, direction: Direction) -> bool {
    match meaning {
        Meaning::Stock | Meaning::Left => direction == Direction::Down,
        Meaning::Reserved | Meaning::Used => direction == Direction::Up,
    }
}

fn describe(write: &AmountWrite) -> String {
    let kind = match write.meaning {
        Meaning::Stock => "Stock",
        Meaning::Reserved => "Reserved stock",
        Meaning::Used | Meaning::Left => "A limit",
    };
    format!("{kind} (`{}`)", write.column)
}
