//! What runs inside a database transaction, and what runs between its commit and the end of the function.

use crate::check::chain::Chain;
use crate::check::fact::Reading;
use crate::check::language::Language;
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

/// Calls that run their closure in a transaction.
const CLOSURES: &[&str] = &[
    "transaction",
    "withtransaction",
    "runintransaction",
    "intransaction",
    "transact",
    "transactional",
    "atomic",
    "wrapintransaction",
    "withintransaction",
    "begintx",
    "begin",
    "runintx",
    "withtx",
    "withintx",
    "exectx",
    "intx",
    "dointx",
    "dointransaction",
    "executeintransaction",
    "executewithoutresult",
    "transactionasync",
    "usingtransaction",
];
const BEGINS: &[&str] = &[
    "begin",
    "begintransaction",
    "begintransactionasync",
    "begintx",
    "starttransaction",
    "transaction",
    "starttrans",
];
const COMMITS: &[&str] =
    &["commit", "committransaction", "commitasync", "committransactionasync", "commitandrelease"];

/// Verbs that begin the names of calls which change something.
const WRITES: &[&str] = &[
    "save",
    "create",
    "insert",
    "update",
    "delete",
    "destroy",
    "remove",
    "add",
    "persist",
    "store",
    "set",
    "exec",
    "increment",
    "decrement",
    "attach",
    "sync",
    "upsert",
    "write",
    "mark",
    "place",
    "process",
    "cancel",
    "approve",
    "complete",
    "reserve",
    "charge",
    "reduce",
    "decrease",
    "deduct",
    "increase",
    "put",
    "firstorcreate",
    "merge",
    "confirm",
    "finalize",
    "pay",
    "checkout",
    "register",
    "apply",
    "assign",
    "fill",
    "touch",
    "release",
    "bulk",
    "query",
    "change",
    "adjust",
    "refund",
    "book",
    "submit",
    "guardar",
    "actualizar",
    "crear",
    "descontar",
];

/// One transaction, and where it has committed (nowhere in this function if a framework commits).
#[derive(Debug, Clone, Copy)]
struct Transaction {
    inside: Span,
    committed: Option<usize>,
    /// What it is about was saved before the function was called.
    saved: bool,
}

/// The transactions of a unit.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    known: Vec<Transaction>,
    /// Between the first change of a session that begins by itself and its commit.
    implicit: Vec<Span>,
}

impl Transactions {
    fn add(&mut self, inside: Span, committed: Option<usize>) {
        self.known.push(Transaction { inside, committed, saved: false });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.implicit.is_empty()
    }

    /// Those that change something besides what leaves the database.
    pub(crate) fn writing(
        &self,
        unit: &Unit<'_, '_>,
        reading: Reading<'_>,
        leaving: &[Span],
    ) -> Transactions {
        let writes = |span: &Span| {
            let within = |at: &Span| span.start < at.start && at.start < span.end;
            let called = unit.chains.iter().filter(|chain| within(&chain.span)).any(|chain| {
                !leaving.iter().any(|out| out.start <= chain.span.start && chain.span.end <= out.end)
                    && chain.links.iter().any(|link| {
                        // `findOneAndUpdate` writes too.
                        let writes = WRITES.iter().any(|verb| link.key.starts_with(verb));
                        link.arguments.is_some()
                            && (writes || link.key.ends_with("update") || link.key.ends_with("delete"))
                    })
            });
            let set = || {
                unit.assignments.iter().any(|assignment| {
                    within(&assignment.span)
                        && matches!(assignment.target.kind, Kind::Member(..) | Kind::Index(..))
                })
            };
            called || set() || {
                let text = reading.source.get(span.start..span.end).unwrap_or_default().to_lowercase();
                ["insert into", "update ", "delete from"].iter().any(|word| text.contains(word))
            }
        };
        let known = self.known.iter().filter(|one| one.saved || writes(&one.inside)).copied().collect();
        Transactions { known, implicit: self.implicit.clone() }
    }

    /// A function that is called in this file, and only inside transactions, runs in them from its first line to its last.
    pub(crate) fn add_callers(&mut self, unit: &Unit<'_, '_>, units: &[Unit<'_, '_>], reading: Reading<'_>) {
        let Some(function) = unit.function.filter(|_| unit.name.len() > 3) else { return };
        let (Some(first), Some(last)) = (function.body.first(), function.body.last()) else { return };
        let mut called = false;
        for caller in units.iter().filter(|caller| !std::ptr::eq(*caller, unit)) {
            let calls: Vec<Span> = caller
                .chains
                .iter()
                .filter(|chain| {
                    let own = matches!(chain.root.name(), Some(root) if root == "this" || root == unit.name);
                    let first = chain.links.first();
                    own && first.is_some_and(|link| link.name == unit.name && link.arguments.is_some())
                })
                .map(|chain| chain.span)
                .collect();
            if calls.is_empty() {
                continue;
            }
            let around = transactions(caller, units, reading);
            if !calls.iter().all(|call| around.hold(*call)) {
                return;
            }
            called = true;
        }
        if called {
            let start = first.span.start.saturating_sub(1);
            self.add(Span { start, end: last.span.end + 1, ..first.span }, None);
        }
    }

    /// Whether a place runs inside one of them.
    pub(crate) fn hold(&self, at: Span) -> bool {
        self.known.iter().any(|one| one.inside.start < at.start && at.start < one.inside.end)
    }

    /// Whether a place comes after one of them has committed, outside of all, and not only when it failed.
    pub(crate) fn precede(&self, at: Span, reading: Reading<'_>) -> bool {
        !self.hold(at)
            && self
                .known
                .iter()
                .filter_map(|one| one.committed)
                .any(|committed| committed <= at.start && !is_failure(reading, committed, at.start))
    }

    /// Whether a place stands in a handler of errors that has rolled back before.
    pub(crate) fn is_undone(&self, at: Span, reading: Reading<'_>) -> bool {
        let around = self.known.iter().filter(|one| one.inside.start < at.start && at.start < one.inside.end);
        around.into_iter().any(|one| {
            let between = reading.source.get(one.inside.start..at.start).unwrap_or_default();
            let handler = ["catch", "except", "rescue"].iter().filter_map(|word| between.rfind(word)).max();
            let undoes = handler.and_then(|handler| between.get(handler..)).is_some_and(|rest| {
                let rest = rest.to_lowercase();
                rest.contains("rollback") || rest.contains("abort")
            });
            undoes && is_failure(reading, one.inside.start, at.start)
        })
    }

    /// Whether a place comes between a change and the commit of a session that begins by itself.
    pub(crate) fn is_implicit(&self, at: Span) -> bool {
        self.implicit.iter().any(|span| span.start < at.start && at.start < span.end)
    }
}

/// Whether a place stands in a handler of errors that begins after `from`.
fn is_failure(reading: Reading<'_>, from: usize, at: usize) -> bool {
    let Some(between) = reading.source.get(from..at) else { return false };
    let handler = ["catch", "except", "rescue"].iter().filter_map(|word| between.rfind(word)).max();
    let Some(handler) = handler else { return false };
    let rest = &between[handler..];
    if reading.language == Language::Python || reading.language == Language::Ruby {
        let indented = |line: &str| line.len() - line.trim_start().len();
        let start = between[..handler].rfind('\n').map_or(0, |end| end + 1);
        let depth = indented(&between[start..]);
        return rest
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .all(|line| indented(line) > depth);
    }
    let mut depth = 0i32;
    for (position, letter) in rest.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth <= 0 && position > 0 {
                    return false;
                }
            }
            _ => {}
        }
    }
    depth > 0
}

/// Finds the transactions of a unit.
pub(crate) fn transactions(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
) -> Transactions {
    let mut found = Transactions::default();
    for chain in &unit.chains {
        for link in &chain.links {
            let closure = link.given().iter().find(|argument| matches!(argument.kind, Kind::Function(_)));
            // Rails opens a transaction for the lock.
            let locks = reading.language == Language::Ruby && link.key == "withlock";
            // Spring's `transactionTemplate.execute(status -> ...)`.
            let template = link.key == "execute"
                && chain.root.name().is_some_and(|name| name.to_lowercase().contains("transaction"));
            if let Some(closure) = closure
                && (CLOSURES.contains(&link.key.as_str()) || locks || template)
                && !is_of_messages(chain)
            {
                found.add(closure.span, Some(chain.span.end));
            }
        }
    }
    for (condition, span) in &unit.blocks {
        if opens(condition) {
            found.add(*span, Some(span.end));
        }
    }
    let called_back = is_callback(unit, units, reading);
    if let Some(function) = unit.function
        && (called_back || is_whole(unit))
        && let (Some(first), Some(last)) = (function.body.first(), function.body.last())
    {
        let start = first.span.start.saturating_sub(1);
        let inside = Span { start, end: last.span.end + 1, ..first.span };
        found.known.push(Transaction { inside, committed: None, saved: called_back });
    }
    between(unit, &mut found);
    if reading.language == Language::Python {
        sessions(unit, &mut found);
    }
    found
}

/// Whether the whole function is one transaction.
fn is_whole(unit: &Unit<'_, '_>) -> bool {
    let Some(function) = unit.function else { return false };
    let listens = function
        .decorators
        .iter()
        .any(|decorator| decorator.root().name() == Some("TransactionalEventListener"));
    let apart = function.decorators.iter().any(is_apart);
    let of_class = unit.class.is_some_and(|class| class.decorators.iter().any(is_transactional))
        && !function.name.is_empty()
        && unit.class.is_some_and(|class| class.name != function.name);
    let marked = function.decorators.iter().any(is_transactional) || of_class && !apart;
    marked && !listens
}

/// Rails: `after_create :send_receipt` runs before the commit.
fn is_callback(unit: &Unit<'_, '_>, units: &[Unit<'_, '_>], reading: Reading<'_>) -> bool {
    let callbacks = [
        "aftercreate",
        "aftersave",
        "afterupdate",
        "afterdestroy",
        "beforesave",
        "beforecreate",
        "beforeupdate",
        "aroundsave",
    ];
    reading.language == Language::Ruby
        && !unit.name.is_empty()
        && units.iter().flat_map(|other| &other.chains).any(|chain| {
            chain.links.iter().any(|link| {
                callbacks.contains(&link.key.as_str())
                    && link.given().iter().any(|given| {
                        given.text().is_some_and(|text| text.trim_start_matches(':') == unit.name)
                    })
            })
        })
}

/// A transaction of a message broker is none of a database.
fn is_of_messages(chain: &Chain<'_, '_>) -> bool {
    chain.root.name().into_iter().chain(chain.links.iter().map(|link| link.name)).any(|name| {
        let name = name.to_lowercase();
        ["producer", "kafka", "channel", "rabbit", "jms"].iter().any(|part| name.contains(part))
    })
}

/// SQLAlchemy: `session.add(order)`, then a mail, then `session.commit()`.
fn sessions(unit: &Unit<'_, '_>, found: &mut Transactions) {
    let of_session = |chain: &Chain<'_, '_>, keys: &[&str]| {
        let names: Vec<String> = chain
            .root
            .name()
            .into_iter()
            .chain(chain.links.iter().map(|link| link.name))
            .map(|name| name.to_lowercase())
            .collect();
        names.iter().any(|name| name.ends_with("session") || name == "db")
            && chain.links.last().is_some_and(|link| keys.contains(&link.key.as_str()))
    };
    let changes =
        unit.chains.iter().filter(|chain| of_session(chain, &["add", "delete", "flush", "addall", "merge"]));
    let Some(first) = changes.map(|chain| chain.span).min_by_key(|span| span.start) else { return };
    let commits = unit.chains.iter().filter(|chain| of_session(chain, &["commit"])).map(|chain| chain.span);
    // What comes after the first commit is another transaction, and nothing shows that it was begun.
    let commit = commits.filter(|commit| commit.start > first.end).min_by_key(|commit| commit.start);
    found.implicit.extend(commit.map(|commit| Span { start: first.end, end: commit.start, ..first }));
}

/// `begin ... commit` as calls or as SQL.
fn between(unit: &Unit<'_, '_>, found: &mut Transactions) {
    let says = |chain: &Chain<'_, '_>, keys: &[&str], sql: &[&str]| {
        let called = chain.links.iter().any(|link| {
            let closure = link.given().iter().any(|argument| matches!(argument.kind, Kind::Function(_)));
            link.arguments.is_some() && keys.contains(&link.key.as_str()) && !closure
        });
        let said = chain.links.iter().flat_map(|link| link.given()).any(|argument| {
            argument
                .text()
                .is_some_and(|text| sql.contains(&text.trim_end_matches(';').to_uppercase().as_str()))
        });
        called || said
    };
    let begins: Vec<Span> = unit
        .chains
        .iter()
        .filter(|chain| says(chain, BEGINS, &["BEGIN", "START TRANSACTION", "BEGIN TRANSACTION"]))
        .filter(|chain| !is_of_messages(chain))
        .map(|chain| chain.span)
        .collect();
    // Android's fragments are swapped in a transaction too.
    let pages = |span: &Span| {
        unit.chains
            .iter()
            .any(|chain| chain.span == *span && chain.links.iter().any(|link| link.key.contains("fragment")))
    };
    let mut begins = begins;
    if begins.is_empty() {
        // `const runner = await this.startRunner(); ...; await runner.commitTransaction()`: a helper has begun it.
        let commits = unit.chains.iter().filter(|chain| says(chain, COMMITS, &[]) && chain.links.len() == 1);
        begins.extend(commits.filter_map(|chain| {
            let known = unit.definition(chain.root.name()?, chain.span.start)?;
            let Kind::Call(callee, _) = &known.value.kind else { return None };
            let (Kind::Name(name) | Kind::Member(_, name)) = callee.kind else { return None };
            let name = name.to_lowercase();
            let opens =
                ["runner", "transaction", "begin", "unitofwork"].iter().any(|word| name.contains(word));
            opens.then_some(known.value.span)
        }));
    }
    for begin in begins.into_iter().filter(|begin| !pages(begin)) {
        let commits = unit.chains.iter().filter(|chain| says(chain, COMMITS, &["COMMIT"]));
        let commit =
            commits.map(|chain| chain.span).filter(|commit| commit.start > begin.end).min_by_key(|c| c.start);
        if let Some(commit) = commit {
            found.add(Span { start: begin.end, end: commit.start, ..begin }, Some(commit.end));
        }
    }
}

/// `with transaction.atomic():`, `with session.begin():`, `using (var scope = new TransactionScope())`.
fn opens(condition: &Node<'_>) -> bool {
    condition.any(&|node| match &node.kind {
        Kind::Call(callee, _) => match &callee.kind {
            Kind::Member(_, name) => matches!(*name, "atomic" | "begin" | "transaction"),
            Kind::Name(name) => matches!(*name, "atomic" | "in_transaction"),
            _ => false,
        },
        Kind::New(of, _) => of.name() == Some("TransactionScope"),
        _ => false,
    }) && matches!(condition.kind, Kind::Other(_))
}

/// What only reads locks nothing and has nothing to roll back.
fn is_apart(decorator: &Node<'_>) -> bool {
    decorator.any(&|node| match &node.kind {
        Kind::Name(name) | Kind::Member(_, name) => {
            matches!(*name, "readOnly" | "NOT_SUPPORTED" | "NEVER" | "SUPPORTS")
        }
        _ => false,
    })
}

fn is_transactional(decorator: &Node<'_>) -> bool {
    !is_apart(decorator)
        && decorator.any(&|node| {
            matches!(
                &node.kind,
                Kind::Name("Transactional" | "atomic") | Kind::Member(_, "atomic" | "Transactional")
            )
        })
}
