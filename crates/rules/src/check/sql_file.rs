//! SQL files: every UPDATE in them, also inside functions and triggers that no SQL parser reads as a whole.

use super::fact::{AmountWrite, FileFacts, Guard, Lock, Persistence, Reading, RowCount, Way};
use super::names::squashed;
use super::sql::{self, Change, SqlFact};
use super::tree::Span;

/// Reads the facts of an SQL file.
pub(crate) fn read(reading: Reading<'_>) -> FileFacts {
    let mut facts = FileFacts::default();
    let source = reading.source;
    let mut locked = false;
    for (start, statement) in statements(source) {
        let upper = statement.to_uppercase();
        locked |= upper.contains("FOR UPDATE") || upper.contains("UPDLOCK");
        let Some(offset) = update_at(&upper) else { continue };
        let Some(text) = statement.get(offset..) else { continue };
        let Some(SqlFact::Update { table, writes, guards, .. }) = sql::read(text) else { continue };
        for column in &writes {
            let Some(meaning) = reading.names.meaning(&table, &column.column) else { continue };
            let guarded = guards.iter().any(|guard| squashed(guard) == squashed(&column.column));
            facts.writes.push(AmountWrite {
                meaning,
                entity: table.clone(),
                column: column.column.clone(),
                way: match column.change {
                    Change::Down => Way::Relative(super::amount::Direction::Down),
                    Change::Up => Way::Relative(super::amount::Direction::Up),
                    Change::Absolute => Way::Absolute,
                },
                guard: if guarded { Guard::Amount } else { Guard::None },
                rows: RowCount::Unseen,
                persistence: Persistence::Statement,
                lock: if locked { Lock::Held } else { Lock::None },
                settles: writes.iter().any(|w| super::write::is_hold(&w.column) && w.change == Change::Down),
                at: span(source, start + offset, start + statement.len()),
                read: None,
                unit: String::new(),
                called_before: Vec::new(),
            });
        }
    }
    facts
}

/// The pieces between semicolons, with comments blanked out and strings respected.
fn statements(source: &str) -> Vec<(usize, &str)> {
    let bytes = source.as_bytes();
    let mut pieces = Vec::new();
    let (mut start, mut at, mut quoted) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'-' if !quoted && bytes.get(at + 1) == Some(&b'-') => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    at += 1;
                }
                // A quote in a comment opens nothing; the comment's text is skipped as a piece of its own.
                continue;
            }
            b';' if !quoted => {
                pieces.extend(source.get(start..at).map(|piece| (start, piece)));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.extend(source.get(start..).map(|piece| (start, piece)));
    pieces
}

/// Where the UPDATE of a piece starts: at its first word, or after `THEN`, `BEGIN`, `DO`, a label or a comment.
fn update_at(upper: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = upper.get(from..)?.find("UPDATE") {
        let at = from + found;
        let before = upper[..at].trim_end();
        let line = upper[..at].rsplit('\n').next().unwrap_or_default();
        let starts = before.is_empty()
            || line.trim().is_empty()
            || ["THEN", "BEGIN", "ELSE", "LOOP", "AS", "DO", "$$", ")"]
                .iter()
                .any(|word| before.ends_with(word));
        let comment = line.trim_start().starts_with("--");
        let whole = upper[at + 6..].starts_with(char::is_whitespace) && !upper[at..].starts_with("UPDATE ON");
        if starts && whole && !comment && upper[at..].contains("SET") {
            return Some(at);
        }
        from = at + 6;
    }
    None
}

fn span(source: &str, start: usize, end: usize) -> Span {
    let before = &source[..start];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = start - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    Span { start, end, line, column }
}
