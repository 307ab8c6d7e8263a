//! SQL files: every UPDATE in them, also inside functions and triggers that no SQL parser reads as a whole,
//! and the variables of a routine that hold an amount which it read before.

use super::amount::Direction;
use super::fact::{AmountWrite, FileFacts, Guard, Lock, Persistence, Reading, RowCount, Way};
use super::names::{Meaning, squashed};
use super::sql::{self, Change, SqlFact};
use super::tree::Span;
use std::collections::HashMap;

/// A routine's end is not looked for beyond this.
const ROUTINE_BYTES_MAX: usize = 20_000;

/// What a routine has done so far.
#[derive(Debug, Default)]
struct Routine {
    /// Whether a routine has begun, as opposed to a script.
    begun: bool,
    locked: bool,
    /// Variables that hold an amount.
    held: HashMap<String, Held>,
    /// Variables that hold a whole row, with its table.
    rows: HashMap<String, (String, Span)>,
}

/// What a variable of a routine holds: an amount as it was read, or what was computed from it.
#[derive(Debug, Clone, Copy)]
struct Held {
    read: Span,
    computed: Option<Direction>,
}

/// Reads the facts of an SQL file.
pub(crate) fn read(reading: Reading<'_>) -> FileFacts {
    let mut facts = FileFacts::default();
    let source = reading.source;
    let checks = checked_columns(source);
    let mut routine = Routine::default();
    for (start, statement) in statements(source) {
        let upper = statement.to_ascii_uppercase();
        if begins_routine(&upper) {
            routine = Routine { begun: true, ..Routine::default() };
        }
        routine.locked |=
            ["FOR UPDATE", "UPDLOCK", "HOLDLOCK", "SERIALIZABLE"].iter().any(|word| upper.contains(word));
        let words = tokens(statement);
        let whole = span(source, start, start + statement.len());
        for (variable, table, column) in variables(&words) {
            if column == "*" {
                routine.rows.insert(variable, (table, whole));
            } else if reading.names.meaning(&table, &column).is_some() {
                routine.held.insert(variable, Held { read: whole, computed: None });
            }
        }
        if let Some((variable, held)) = computed(&words, &routine, reading) {
            routine.held.insert(variable, held);
        }
        let mut from = 0;
        while let Some(found) = upper.get(from..).and_then(update_at) {
            let offset = from + found;
            let Some(text) = statement.get(offset..) else { break };
            let taken = update(text, (start + offset, start + statement.len()), &checks, &routine, reading);
            facts.writes.extend(taken);
            from = offset + "UPDATE".len();
        }
    }
    super::rule::of_sql_file(reading, &mut facts.local);
    facts
}

/// What an UPDATE that stands from one place to another changes.
fn update(
    text: &str,
    (start, end): (usize, usize),
    checks: &[String],
    routine: &Routine,
    reading: Reading<'_>,
) -> Vec<AmountWrite> {
    let (alone, told) = without_into(text);
    let (alone, fact) = match sql::read(alone) {
        Some(fact) => (alone, Some(fact)),
        None => (without_rest(alone), sql::read(without_rest(alone))),
    };
    let Some(SqlFact::Update { table, writes, guards, .. }) = fact else { return Vec::new() };
    let judged = told.is_some_and(|variable| is_judged(&reading.source[end..], variable));
    let mut found = Vec::new();
    for column in &writes {
        let named_so = reading.names.meaning(&table, &column.column);
        let guessed = super::evidence::is_lowered_by(alone, &table, column).then_some(Meaning::Stock);
        let Some(meaning) = named_so.or(guessed) else { continue };
        let own = |guard: &String| squashed(guard) == squashed(&column.column);
        let guarded = judged || guards.iter().any(own) || checks.iter().any(own);
        let by_where = !judged && told.is_none() && !checks.iter().any(own);
        let (way, read) = way(column, &tokens(alone), routine, reading);
        found.push(AmountWrite {
            meaning,
            entity: table.clone(),
            column: column.column.clone(),
            way,
            guard: if guarded { Guard::Amount } else { Guard::None },
            rows: if by_where && routine.begun && !is_counted(&reading.source[end..]) {
                RowCount::Ignored
            } else {
                RowCount::Unseen
            },
            persistence: Persistence::Statement,
            lock: if routine.locked { Lock::Held } else { Lock::None },
            guessed: named_so.is_none(),
            settles: writes.iter().any(|w| super::write::is_hold(&w.column) && w.change == Change::Down),
            at: span(reading.source, start + named(text, &column.column), end),
            statement: start,
            named: None,
            read,
            unit: String::new(),
            handed: None,
            called_before: Vec::new(),
        });
    }
    found
}

/// Where an UPDATE names a column.
fn named(update: &str, column: &str) -> usize {
    let lower = update.to_ascii_lowercase();
    let set = lower.find("set").unwrap_or_default();
    lower[set..].find(&column.to_ascii_lowercase()).map_or(0, |at| set + at)
}

/// An UPDATE up to the line that begins another statement: T-SQL needs no semicolons.
fn without_rest(update: &str) -> &str {
    let begins = |line: &str| {
        let upper = line.trim_start().to_ascii_uppercase();
        let first = upper.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let other = [
            "IF",
            "END",
            "ELSE",
            "EXEC",
            "EXECUTE",
            "PRINT",
            "RETURN",
            "INSERT",
            "SELECT",
            "UPDATE",
            "DELETE",
            "COMMIT",
            "BEGIN",
            "WHILE",
            "DECLARE",
            "GO",
            "RAISERROR",
        ];
        other.contains(&first) || upper.starts_with("SET @")
    };
    let mut at = update.find('\n').map_or(update.len(), |newline| newline + 1);
    for line in update[at..].split_inclusive('\n') {
        if begins(line) {
            return &update[..at];
        }
        at += line.len();
    }
    update
}

/// An UPDATE without the `RETURNING ... INTO variable` of a routine, and that variable.
fn without_into(update: &str) -> (&str, Option<&str>) {
    let upper = update.to_ascii_uppercase();
    let Some(at) = upper.find("RETURNING").filter(|_| upper.len() == update.len()) else {
        return (update, None);
    };
    let words = tokens(&update[at..]);
    let into = words.iter().position(|word| word.eq_ignore_ascii_case("into"));
    let variable = into.and_then(|into| words.get(into + 1)).copied();
    if variable.is_some() { (&update[..at], variable) } else { (update, None) }
}

/// Whether a routine asks for the value of a variable in what follows: `IF left < 0 THEN`.
fn is_judged(rest: &str, variable: &str) -> bool {
    let words = tokens(rest);
    let routine = words.iter().position(|word| word.eq_ignore_ascii_case("create")).unwrap_or(words.len());
    let mut asking = false;
    words[..routine].iter().any(|word| {
        match word.to_ascii_lowercase().as_str() {
            "if" | "elsif" | "when" => asking = true,
            "then" => asking = false,
            _ => {}
        }
        asking && word.eq_ignore_ascii_case(variable)
    })
}

/// Whether a routine asks in what follows how many rows a statement changed.
fn is_counted(rest: &str) -> bool {
    let near = rest.get(..rest.len().min(ROUTINE_BYTES_MAX)).unwrap_or(rest);
    let upper = near.to_ascii_uppercase();
    let routine = upper.find("CREATE ").map_or(upper.as_str(), |next| &upper[..next]);
    ["FOUND", "ROW_COUNT", "ROWCOUNT", "RETURNING"].iter().any(|word| routine.contains(word))
}

fn way(
    column: &sql::ColumnWrite,
    words: &[&str],
    routine: &Routine,
    reading: Reading<'_>,
) -> (Way, Option<Span>) {
    match column.change {
        Change::Down => return (Way::Relative(Direction::Down), None),
        Change::Up => return (Way::Relative(Direction::Up), None),
        Change::Absolute => {}
    }
    let value = assigned(words, &column.column);
    let Some(held) = held_in(value, routine, reading) else { return (Way::Absolute, None) };
    (Way::ReadModify(held.computed.unwrap_or(Direction::Down)), Some(held.read))
}

/// The amount that an expression is computed from, and how it is changed.
fn held_in(value: &[&str], routine: &Routine, reading: Reading<'_>) -> Option<Held> {
    let held = value.iter().find_map(|word| {
        let word = word.to_ascii_lowercase();
        let of_row = || {
            let (row, column) = word.split_once('.')?;
            let (table, read) = routine.rows.get(row)?;
            reading.names.meaning(table, column).map(|_| Held { read: *read, computed: None })
        };
        routine.held.get(&word).copied().or_else(of_row)
    })?;
    let computed = if value.contains(&"+") {
        Some(Direction::Up)
    } else if value.contains(&"-") {
        Some(Direction::Down)
    } else {
        held.computed
    };
    Some(Held { computed, ..held })
}

/// `left := stock_before - n`, `SET @left = @stock - n`: a variable that is computed from an amount that was read.
fn computed(words: &[&str], routine: &Routine, reading: Reading<'_>) -> Option<(String, Held)> {
    if words.iter().any(|word| word.eq_ignore_ascii_case("update")) {
        return None;
    }
    let at = words.windows(2).position(|pair| pair[1] == ":=" || pair[1] == "=" && pair[0].starts_with('@'));
    let at = at.or_else(|| {
        // MySQL's `SET left = stock_before - n` of a local variable.
        words
            .windows(3)
            .position(|part| part[0].eq_ignore_ascii_case("set") && part[2] == "=")
            .map(|at| at + 1)
    })?;
    let value = &words[at + 2..];
    let held = held_in(value, routine, reading).filter(|held| held.computed.is_some())?;
    Some((words[at].to_ascii_lowercase(), held))
}

/// The words that an UPDATE assigns to a column.
fn assigned<'w>(words: &'w [&'w str], column: &str) -> &'w [&'w str] {
    let at = words.windows(2).position(|pair| squashed(pair[0]) == squashed(column) && pair[1] == "=");
    let Some(at) = at else { return &[] };
    let value = &words[at + 2..];
    let ends = |word: &&str| *word == "," || matches!(word.to_ascii_lowercase().as_str(), "where" | "from");
    &value[..value.iter().position(ends).unwrap_or(value.len())]
}

/// Variables that a statement fills from a table: variable, table, column.
fn variables(words: &[&str]) -> Vec<(String, String, String)> {
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let mut found = Vec::new();
    for (select, _) in lower.iter().enumerate().filter(|(_, word)| *word == "select") {
        let Some(from) = lower[select..].iter().position(|word| word == "from").map(|at| select + at) else {
            continue;
        };
        let Some(table) = lower.get(from + 1) else { continue };
        let table = table.rsplit('.').next().unwrap_or_default().to_owned();
        let names = |range: &[String]| -> Vec<String> {
            range
                .iter()
                .filter(|word| !matches!(word.as_str(), "," | "(" | ")" | "strict"))
                .cloned()
                .collect()
        };
        let list = &lower[select + 1..from];
        if let Some(into) = list.iter().position(|word| word == "into") {
            let (columns, targets) = (names(&list[..into]), names(&list[into + 1..]));
            for (column, target) in columns.into_iter().zip(targets) {
                found.push((target, table.clone(), plain(&column)));
            }
            continue;
        }
        for pair in list.windows(3).filter(|pair| pair[0].starts_with('@') && pair[1] == "=") {
            found.push((pair[0].clone(), table.clone(), plain(&pair[2])));
        }
        // `SET @left = (SELECT stock ...)`, `left := (SELECT stock ...)`.
        let before: Vec<&String> = lower[..select].iter().rev().filter(|word| *word != "(").take(2).collect();
        if let ([equals, target], Some(column)) = (before.as_slice(), list.first())
            && matches!(equals.as_str(), "=" | ":=")
        {
            found.push(((*target).clone(), table, plain(column)));
        }
    }
    found
}

fn plain(column: &str) -> String {
    column.rsplit('.').next().unwrap_or_default().to_owned()
}

/// Names, numbers and signs of a statement, without quotes and brackets of names.
fn tokens(statement: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '.' | '$' | '#');
        let length = if name(first) {
            rest.find(|c| !name(c)).unwrap_or(rest.len())
        } else if rest.starts_with(":=") {
            2
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(length);
        if !first.is_whitespace() && !matches!(first, '"' | '`' | '[' | ']') {
            words.push(word);
        }
        rest = after;
    }
    words
}

/// Columns that a CHECK of this file keeps from falling below a bound: a change that would is refused.
fn checked_columns(source: &str) -> Vec<String> {
    let upper = source.to_ascii_uppercase();
    let mut found = Vec::new();
    for (at, _) in upper.match_indices("CHECK") {
        let rest = source.get(at + 5..).unwrap_or_default().trim_start();
        let Some(rest) = rest.strip_prefix('(') else { continue };
        let words = tokens(rest.split(')').next().unwrap_or_default());
        found.extend(words.windows(2).filter(|pair| pair[1] == ">").map(|pair| plain(pair[0])));
    }
    found
}

fn begins_routine(upper: &str) -> bool {
    let head: Vec<&str> = upper.split_whitespace().skip_while(|word| *word != "CREATE").take(5).collect();
    let named = |word: &&str| matches!(*word, "FUNCTION" | "PROCEDURE" | "PROC" | "TRIGGER" | "EVENT");
    head.iter().any(named) || upper.trim_start().starts_with("ALTER PROC")
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
            b'/' if !quoted && bytes.get(at + 1) == Some(&b'*') => {
                let end = source.get(at + 2..).and_then(|rest| rest.find("*/"));
                pieces.extend(source.get(start..at).map(|piece| (start, piece)));
                at = end.map_or(bytes.len(), |end| at + 2 + end + 2);
                start = at;
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
    let before = source.get(..start).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = start - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    Span { start, end, line, column }
}
