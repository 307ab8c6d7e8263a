//! Row locks and what stands for them: which calls lock, on what, and whether the lock came before the read.

use super::chain::Chain;
use super::fact::{AmountWrite, Lock, Reading};
use super::language::Language;
use super::names::{singular, squashed, words};
use super::owner::is_bought;
use super::tree::{Kind, Node};
use super::unit::Unit;

/// A place where a lock is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LockPlace {
    pub(crate) start: usize,
    /// The whole chain of calls it belongs to.
    pub(crate) chain: (usize, usize),
    /// The object is read again under the lock.
    pub(crate) rereads: bool,
}

/// Words in names that contain `lock` but lock nothing.
const NOT_LOCKS: &[&str] =
    &["unlock", "block", "clock", "deadlock", "lockout", "locked", "unlocked", "locks", "stock"];

/// The locks that a unit takes itself.
pub(crate) fn locks(unit: &Unit<'_, '_>, reading: Reading<'_>) -> Vec<LockPlace> {
    let mut places = Vec::new();
    for chain in &unit.chains {
        if chain_locks(unit, chain, reading) {
            let rereads = chain.links.iter().any(|link| {
                matches!(link.key.as_str(), "lock" | "withlock" | "reload" | "refresh") && link.name != "Lock"
            }) && !chain.has(&["em", "entitymanager"]);
            let root = chain.root.name().unwrap_or_default();
            let manager = matches!(squashed(root).as_str(), "em" | "entitymanager" | "this");
            places.push(LockPlace {
                start: chain.span.start,
                chain: (chain.span.start, chain.span.end),
                rereads: rereads && !manager,
            });
        }
    }
    for (text, _) in &unit.texts {
        if let Some(sql) = text.text()
            && text_locks(sql)
        {
            places.push(LockPlace {
                start: text.span.start,
                chain: (text.span.start, text.span.end),
                rereads: false,
            });
        }
    }
    places
}

fn chain_locks(unit: &Unit<'_, '_>, chain: &Chain<'_, '_>, reading: Reading<'_>) -> bool {
    let by_link =
        chain.links.iter().any(|link| link.arguments.is_some() && link_locks(link.name, &link.key, reading));
    let by_link = by_link
        || chain.links.iter().any(|link| {
            link.key == "for"
                && link.given().iter().any(|mode| mode.text().is_some_and(|text| text.contains("update")))
        });
    let by_argument =
        chain.links.iter().flat_map(|link| link.given()).any(|argument| argument_locks(argument));
    if !by_link && !by_argument {
        return false;
    }
    // A lock on the order or the user does not lock the stock.
    let entity = unit.entity_of(chain);
    let last = words(&entity).pop().unwrap_or_default();
    if matches!(last.as_str(), "product" | "variant" | "stock" | "inventory" | "sku") {
        // The variant of an order's line is a variant.
        return true;
    }
    !is_of_buyer(&entity)
}

/// Whether an entity is the buyer's, or what the buyer has: its lock lets other buyers through.
fn is_of_buyer(entity: &str) -> bool {
    let named = ["user", "wallet", "account", "customer", "payment", "reservation"];
    is_bought(entity) || words(entity).iter().any(|word| named.contains(&singular(word).as_str()))
}

fn link_locks(name: &str, key: &str, reading: Reading<'_>) -> bool {
    let parts = words(name);
    let word = parts.iter().any(|word| {
        (word == "lock"
            || word == "mutex"
            || word == "redlock"
            || word == "serializable"
            || word == "semaphore")
            && !NOT_LOCKS.contains(&word.as_str())
    });
    let unlocks = parts.iter().any(|word| matches!(word.as_str(), "unlock" | "release" | "delete" | "is"));
    let named = key.contains("forupdate")
        || key.contains("withlock")
        || key == "runtransaction"
        || key == "setlockmode"
        || key.contains("pessimistic")
        || key.contains("acquirelock")
        || key.contains("runexclusive")
        || key == "lockexclusive";
    // Go's and Python's in-process mutexes are called on something; `Lock(...)` of Java locks rows by annotation.
    ((word && !unlocks) || named || reading.names.lock_functions.contains(key)) && !key.contains("stocklock")
}

fn argument_locks(argument: &Node<'_>) -> bool {
    argument.any(&|node| match &node.kind {
        Kind::Pair(key, value) => {
            let key = squashed(key.text().or(key.name()).unwrap_or_default());
            let off = matches!(&value.kind, Kind::Name(name) if matches!(*name, "false" | "False" | "nil" | "null"));
            (matches!(key.as_str(), "lock" | "withforupdate" | "forupdate" | "pessimisticlock") && !off)
                || (matches!(key.as_str(), "isolationlevel" | "isolation") && is_serializable(value))
        }
        Kind::Member(_, name) | Kind::Name(name) => {
            name.to_uppercase().contains("PESSIMISTIC_WRITE") || name.eq_ignore_ascii_case("serializable")
                || matches!(*name, "LevelSerializable" | "PESSIMISTIC_FORCE_INCREMENT" | "OPTIMISTIC_FORCE_INCREMENT")
        }
        Kind::New(of, _) => matches!(&of.kind, Kind::Member(_, "Locking")),
        Kind::Text(text, _) => matches!(text.as_ref(), "pessimistic_write" | "SERIALIZABLE"),
        _ => false,
    })
}

fn is_serializable(value: &Node<'_>) -> bool {
    value.any(&|node| match &node.kind {
        Kind::Text(text, _) => text.eq_ignore_ascii_case("serializable"),
        Kind::Name(name) | Kind::Member(_, name) => name.eq_ignore_ascii_case("serializable"),
        _ => false,
    })
}

fn text_locks(sql: &str) -> bool {
    let upper = sql.to_uppercase();
    let locks = upper.contains("FOR UPDATE")
        || upper.contains("UPDLOCK")
        || upper.contains("GET_LOCK(")
        || upper.contains("ADVISORY_LOCK")
        || upper.contains("ADVISORY_XACT_LOCK")
        || upper.contains("BEGIN IMMEDIATE")
        || upper.contains("BEGIN EXCLUSIVE")
        || upper.contains("ISOLATION LEVEL SERIALIZABLE");
    if !locks {
        return false;
    }
    match super::sql::read(sql) {
        Some(super::sql::SqlFact::Select { table, .. }) => !is_of_buyer(&table),
        _ => true,
    }
}

/// Names of functions of this file that take a lock for their caller.
pub(crate) fn locking_functions(units: &[Unit<'_, '_>], locks: &[Vec<LockPlace>]) -> Vec<Called> {
    let mut names = Vec::new();
    for (unit, own) in units.iter().zip(locks) {
        let key = squashed(unit.name);
        let reads = ["get", "find", "fetch", "load", "lock", "select", "read", "acquire", "resolve"];
        let declared = unit
            .function
            .is_some_and(|function| function.decorators.iter().any(|d| d.root().name() == Some("Lock")));
        if (!own.is_empty() && reads.iter().any(|prefix| key.starts_with(prefix)) || declared)
            && key.len() > 4
        {
            let entity = unit.class.map_or(String::new(), |class| receiver(class.name));
            names.push(Called { key, receiver: entity });
        }
    }
    names.sort();
    names.dedup();
    names
}

/// A function by its name and the thing it is called on, both without case and separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Called {
    pub(crate) key: String,
    /// The words of the receiver or class that name an entity; empty when nothing is named.
    pub(crate) receiver: String,
}

impl Called {
    /// Whether a call of `other` may be a call of this function: `findById` of another repository is not.
    pub(crate) fn is_called_by(&self, other: &Called) -> bool {
        let telling = ["lock", "forupdate"].iter().any(|word| self.key.contains(word));
        self.key == other.key
            && (telling
                || self.receiver == other.receiver
                || self.receiver.is_empty()
                || other.receiver.is_empty())
    }
}

fn receiver(name: &str) -> String {
    squashed(&super::owner::entity_words(name))
}

/// The functions that a chain calls.
pub(crate) fn called_in(chain: &Chain<'_, '_>) -> Vec<Called> {
    let mut on = chain.root.name().unwrap_or_default();
    let mut found = Vec::new();
    for link in &chain.links {
        if link.arguments.is_some() {
            found.push(Called {
                key: link.key.clone(),
                receiver: receiver(if on == link.name { "" } else { on }),
            });
        }
        on = link.name;
    }
    found
}

/// Locks taken by functions of the same file that the unit calls.
pub(crate) fn through_calls(unit: &Unit<'_, '_>, locking: &[Called]) -> Vec<LockPlace> {
    let mut places = Vec::new();
    for chain in &unit.chains {
        if called_in(chain).iter().any(|called| locking.iter().any(|lock| lock.is_called_by(called))) {
            places.push(LockPlace {
                start: chain.span.start,
                chain: (chain.span.start, chain.span.end),
                rereads: false,
            });
        }
    }
    places
}

/// Whether a caller in this file holds a lock when it calls the unit.
pub(crate) fn called_under_lock(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    locks: &[Vec<LockPlace>],
) -> bool {
    if unit.name.is_empty() {
        return false;
    }
    let key = squashed(unit.name);
    units.iter().zip(locks).any(|(caller, held)| {
        caller.chains.iter().any(|chain| {
            let own =
                chain.root.name() == Some("this") || chain.root.name() == chain.links.first().map(|l| l.name);
            let calls =
                own && chain.links.first().is_some_and(|link| link.arguments.is_some() && link.key == key);
            calls && held.iter().any(|place| place.start <= chain.span.start)
        })
    })
}

/// Whether a unit, or a caller in this file, knows that its save may meet a newer version.
pub(crate) fn is_retried(unit: &Unit<'_, '_>, units: &[Unit<'_, '_>]) -> bool {
    let key = squashed(unit.name);
    let calls = |caller: &Unit<'_, '_>| {
        caller.chains.iter().any(|chain| {
            let own =
                chain.root.name() == Some("this") || chain.root.name() == chain.links.first().map(|l| l.name);
            own && chain.links.first().is_some_and(|link| link.arguments.is_some() && link.key == key)
        })
    };
    unit.function.is_some_and(catches_conflict)
        || key.len() > 4
            && units.iter().any(|caller| caller.function.is_some_and(catches_conflict) && calls(caller))
}

/// Whether a function knows that its save may meet a newer version.
fn catches_conflict(function: &super::tree::Function<'_>) -> bool {
    // What Visual Studio writes asks only whether the row is still there: `when (!ProductExists(id))`.
    let scaffold = |node: &Node<'_>| match &node.kind {
        Kind::Name(name) | Kind::Member(_, name) => name.ends_with("Exists") && name.len() > 6,
        _ => false,
    };
    if function.body.iter().any(|part| part.any(&scaffold)) {
        return false;
    }
    // `@Retryable(retryFor = ObjectOptimisticLockingFailureException.class)` stands above it.
    function.decorators.iter().chain(&function.body).any(|part| {
        part.any(&|node| {
            let (Kind::Name(name) | Kind::Member(_, name)) = &node.kind else { return false };
            matches!(
                *name,
                "DbUpdateConcurrencyException"
                    | "OptimisticLockException"
                    | "ObjectOptimisticLockingFailureException"
                    | "OptimisticLockingFailureException"
                    | "StaleObjectError"
                    | "StaleDataError"
                    | "VersionError"
                    | "OptimisticLockVersionMismatchError"
            )
        })
    })
}

/// Whether MongoDB refuses the second writer: the document was read inside the transaction that changes it, so the two
/// changes conflict and one transaction is rolled back.
pub(crate) fn refused_by_session(unit: &Unit<'_, '_>, write: &AmountWrite, reading: Reading<'_>) -> bool {
    let in_session = |chain: &&Chain<'_, '_>| passes_session(chain, reading);
    if !reading.source.contains("ession") {
        return false;
    }
    let reads = |chain: &&Chain<'_, '_>| {
        write.read.is_some_and(|read| chain.span.start <= read.start && read.end <= chain.span.end)
    };
    if unit.chains.iter().filter(reads).any(|chain| passes_session(chain, reading)) {
        return true;
    }
    let own = unit.chains.iter().filter(in_session).find(|chain| chain.span.start == write.statement);
    // What was read into a map first is the same document still: `for (...) { row.stock -= n; row.save({ session }) }`.
    let saves = |chain: &&Chain<'_, '_>| {
        chain.span.start > write.at.start && chain.links.last().is_some_and(|link| link.key == "save")
    };
    let saved = unit.chains.iter().filter(in_session).find(saves);
    let entity = own.map(|own| unit.entity_of(own)).or(saved.map(|_| write.entity.clone()));
    let entity = squashed(&entity.unwrap_or_default());
    let until = own.map_or(write.at.start, |own| own.span.start);
    let before = unit.chains.iter().filter(|chain| chain.span.start < until);
    !entity.is_empty()
        && before.filter(in_session).any(|chain| {
            let read = squashed(&unit.entity_of(chain));
            read.len() > 3 && (read.contains(&entity) || entity.contains(&read))
        })
}

/// Whether a call is given a session of MongoDB.
fn passes_session(chain: &Chain<'_, '_>, reading: Reading<'_>) -> bool {
    let named = |node: &Node<'_>| node.name().is_some_and(|name| squashed(name).contains("session"));
    let option = |node: &Node<'_>| {
        node.any(&|part| match &part.kind {
            Kind::Pair(key, value) => {
                key.text().or(key.name()) == Some("session") && !value.any(&|v| v.name() == Some("null"))
            }
            Kind::List(items) => items.iter().any(|item| item.name() == Some("session")),
            _ => false,
        })
    };
    let script = matches!(reading.language, Language::TypeScript | Language::Tsx | Language::JavaScript);
    let driver = ["start_session", "StartSession", "ClientSession", "SessionContext", "startSession"]
        .iter()
        .any(|word| reading.source.contains(word));
    let called = |link: &super::chain::Link<'_, '_>| {
        link.key == "session" && link.given().len() == 1 || link.given().iter().any(option)
    };
    (script || driver)
        && chain.links.iter().any(|link| called(link) || driver && !script && link.given().iter().any(named))
}

/// Whether a write happens under one of the locks.
pub(crate) fn state(places: &[LockPlace], write: &AmountWrite) -> Lock {
    let mut state = Lock::None;
    for place in places.iter().filter(|place| place.start <= write.at.end) {
        let late = write.read.is_some_and(|read| read.end < place.start && read.start < place.chain.0);
        if !late || place.rereads {
            return Lock::Held;
        }
        state = Lock::AfterRead;
    }
    state
}
