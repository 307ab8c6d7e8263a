//! Facts of a file: writes to amounts with their shape, guard, lock and fate, and what other files need to know.
//! Facts are owned and small, so that the tree they came from can be dropped. Rules are questions over them.

use super::amount::Direction;
use super::language::Language;
use super::lock::Called;
use super::lower::Lowered;
use super::names::{Meaning, Names};
use super::tree::Span;
use super::unit::{self, Unit};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::sync::LazyLock;

/// What protects a write by its own condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    None,
    /// The amount itself is compared in the condition of the write.
    Amount,
    /// A version is compared.
    Version,
}

/// What happens to the number of rows that a conditional write changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowCount {
    /// Somebody looks at it, or the call fails by itself when nothing was changed.
    Checked,
    Ignored,
    /// This file does not show it.
    Unseen,
}

/// How a changed object gets into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// The write is a statement of its own.
    Statement,
    /// The object, or the session it belongs to, is saved in this unit.
    Saved,
    /// A method of a stored class changes its own object; callers save it.
    Method,
    /// The same, but only another file can show that the class is stored.
    MethodOfClass,
    /// A repository loaded it and writes it back by itself, if a caller's transaction is open.
    Managed,
    /// Nothing here shows that it is stored.
    Unseen,
}

/// Whether the row was locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    None,
    Held,
    /// The lock came after the read and the object was not read again.
    AfterRead,
}

/// How the write computes the new amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ReadModify(Direction),
    Relative(Direction),
    Absolute,
}

/// One write to an amount that runs out.
#[derive(Debug, Clone)]
pub(crate) struct AmountWrite {
    pub(crate) meaning: Meaning,
    pub(crate) entity: String,
    pub(crate) column: String,
    pub(crate) way: Way,
    pub(crate) guard: Guard,
    pub(crate) rows: RowCount,
    pub(crate) persistence: Persistence,
    pub(crate) lock: Lock,
    /// Only what the file does with the column says that it holds stock.
    pub(crate) guessed: bool,
    /// Another amount of the same row is settled by the same statement.
    pub(crate) settles: bool,
    pub(crate) at: Span,
    /// The byte at which the statement begins that makes the change: one that changes several amounts is one mistake.
    pub(crate) statement: usize,
    /// Where the column stands in a call over several lines.
    pub(crate) named: Option<Span>,
    pub(crate) read: Option<Span>,
    pub(crate) unit: String,
    /// Which of the unit's parameters the changed object is.
    pub(crate) handed: Option<usize>,
    /// Names of functions this unit calls before the write: one of them may take the lock.
    pub(crate) called_before: Vec<Called>,
}

/// What other files need to know of a class.
#[derive(Debug, Clone)]
pub(crate) struct ClassFact {
    pub(crate) name: String,
    /// The names of what it extends: a base class may carry the version.
    pub(crate) bases: Vec<String>,
    pub(crate) versioned: bool,
    /// Only statements that store its objects are seen to compare the version: an object that saves itself goes past them.
    pub(crate) compared: bool,
    /// A database context lists it.
    pub(crate) listed: bool,
}

impl ClassFact {
    /// What is known only to have its version compared by an UPDATE. Where objects save themselves (`saving`), that UPDATE
    /// says nothing of their saves.
    pub(crate) fn compared(name: &str, saving: bool) -> ClassFact {
        ClassFact {
            name: name.to_owned(),
            bases: Vec::new(),
            versioned: !saving,
            compared: saving,
            listed: false,
        }
    }
}

/// Everything rules ask of one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileFacts {
    pub(crate) writes: Vec<AmountWrite>,
    pub(crate) classes: Vec<ClassFact>,
    /// Functions that take a row lock.
    pub(crate) locking: Vec<Called>,
    /// Calls of each unit, and whether the unit takes a lock itself.
    pub(crate) calls: Vec<UnitCalls>,
    /// Methods that are called on a loaded object which is then stored, with the object's entity.
    pub(crate) stored: Vec<Called>,
    /// What rules say that one unit decides alone.
    pub(crate) local: super::rule::Verdicts,
}

/// What one unit calls.
#[derive(Debug, Clone)]
pub(crate) struct UnitCalls {
    pub(crate) locks: bool,
    pub(crate) called: Vec<Called>,
}

/// What facts are read with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'r> {
    pub(crate) names: &'r Names,
    pub(crate) language: Language,
    pub(crate) source: &'r str,
    /// Where the file stands, as written.
    pub(crate) path: &'r str,
    /// Which of `WORDS` the file has, a bit for each.
    words: u64,
}

/// Words that rules ask a whole file for, in any case; looked for once.
const WORDS: &[&str] = &[
    "stripe",
    "mollie",
    "adyen",
    "braintree",
    "razorpay",
    "paypal",
    "midtrans",
    "transaction",
    "atomic",
    "commit",
    "with_lock",
    "after_create",
    "after_save",
    "charge",
    "kafka",
    "rabbit",
    "publish",
    "producer",
    "sqs",
    "servicebus",
    "status",
    "state",
    "estado",
    "statut",
    "trangthai",
    "outbox",
    "outgoing",
    "updateexpression",
    "playerid",
    "player_id",
    "discord.ext",
    "discord.js",
];

static SEARCH: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(WORDS).ok());

impl<'r> Reading<'r> {
    pub(crate) fn new(names: &'r Names, language: Language, path: &'r str, source: &'r str) -> Reading<'r> {
        let mut words = 0;
        match &*SEARCH {
            Some(search) => {
                for found in search.find_overlapping_iter(source) {
                    words |= 1u64 << found.pattern().as_u32();
                }
            }
            None => words = u64::MAX,
        }
        Reading { names, language, source, path, words }
    }

    /// Whether the file has one of `WORDS`.
    pub(crate) fn has(&self, word: &str) -> bool {
        WORDS.iter().position(|known| *known == word).is_some_and(|bit| self.words & (1u64 << bit) != 0)
    }

    /// Whether the file names a payment provider.
    pub(crate) fn names_provider(&self) -> bool {
        ["stripe", "mollie", "adyen", "braintree", "razorpay", "paypal", "midtrans"]
            .iter()
            .any(|word| self.has(word))
    }

    /// Whether the file names a transaction, or money that is taken.
    pub(crate) fn names_transaction(&self) -> bool {
        ["transaction", "atomic", "commit", "charge", "with_lock", "after_create", "after_save"]
            .iter()
            .any(|word| self.has(word))
    }

    /// Whether the file names what carries messages between processes.
    pub(crate) fn names_broker(&self) -> bool {
        ["kafka", "rabbit", "publish", "producer", "sqs", "servicebus"].iter().any(|word| self.has(word))
    }

    /// Whether the file names a status.
    pub(crate) fn names_status(&self) -> bool {
        !self.names.status_columns.is_empty()
            || ["status", "state", "estado", "statut", "trangthai"].iter().any(|word| self.has(word))
    }
}

/// Reads the facts of a file from its tree.
pub(crate) fn read<'t>(lowered: &'t Lowered<'t>, reading: Reading<'_>) -> FileFacts {
    let root = &lowered.root;
    let units = unit::units(root, &lowered.declared);
    let mut facts = FileFacts { classes: super::class::classes(root, reading), ..FileFacts::default() };
    let locks: Vec<Vec<super::lock::LockPlace>> =
        units.iter().map(|unit| super::lock::locks(unit, reading)).collect();
    facts.locking = super::lock::locking_functions(&units, &locks);
    for (unit, own) in units.iter().zip(&locks) {
        let mut places = own.clone();
        places.extend(super::lock::through_calls(unit, &facts.locking));
        let mut writes = super::write::writes(unit, &units, reading);
        let retried = !writes.is_empty() && super::lock::is_retried(unit, &units);
        let called_under_lock = !writes.is_empty() && super::lock::called_under_lock(unit, &units, &locks);
        for write in &mut writes {
            if write.persistence == Persistence::Unseen
                && super::persistence::is_stored_by_caller(unit, write, &units, reading)
            {
                write.persistence = Persistence::Managed;
            }
            if retried && write.guard == Guard::None {
                write.guard = Guard::Version;
            }
            let refused = super::lock::refused_by_session(unit, write, reading);
            // Who says `locked_products` has locked them, here or in the caller.
            let named = super::names::words(&write.entity).iter().any(|word| word == "locked");
            write.lock = if called_under_lock || named || refused {
                Lock::Held
            } else {
                super::lock::state(&places, write)
            };
            write.called_before = called_before(unit, write.at);
        }
        facts.classes.extend(versioned_tables(&writes, reading));
        facts.stored.extend(super::persistence::stored_calls(unit, reading));
        writes.sort_by_key(|write| (write.at, write.column.clone()));
        writes.dedup_by_key(|write| (write.at, write.column.clone()));
        facts.writes.extend(writes);
        facts.calls.push(UnitCalls {
            locks: !places.is_empty(),
            called: called_before(unit, Span { end: usize::MAX, ..Span::default() }),
        });
        super::rule::of_unit(unit, &units, reading, &mut facts.local);
    }
    super::rule::of_file(lowered, &units, reading, &mut facts.local);
    facts
}

/// Tables of which an UPDATE compares the version: whatever reads their rows elsewhere is refused when it comes too late.
fn versioned_tables(writes: &[AmountWrite], reading: Reading<'_>) -> impl Iterator<Item = ClassFact> {
    let saving = matches!(reading.language, Language::Python | Language::Ruby | Language::Php);
    let compared = writes
        .iter()
        .filter(|write| write.guard == Guard::Version && write.persistence == Persistence::Statement);
    compared.map(move |write| ClassFact::compared(&write.entity, saving))
}

fn called_before(unit: &Unit<'_, '_>, at: Span) -> Vec<Called> {
    let chains = unit.chains.iter().filter(|chain| chain.span.start <= at.end);
    let mut names: Vec<Called> = chains.flat_map(super::lock::called_in).collect();
    names.sort();
    names.dedup();
    names
}
