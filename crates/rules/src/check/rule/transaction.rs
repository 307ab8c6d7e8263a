//! What runs inside a database transaction, and what runs between its commit and the end of the function.

use crate::check::chain::Chain;
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

/// The transactions of a unit.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    inside: Vec<Span>,
    /// Where each of them has committed.
    after: Vec<usize>,
}

impl Transactions {
    /// Whether a place runs inside one of them.
    pub(crate) fn hold(&self, at: Span) -> bool {
        self.inside.iter().any(|span| span.start < at.start && at.start < span.end)
    }

    /// Whether a place comes after one of them has committed, outside of all.
    pub(crate) fn precede(&self, at: Span) -> bool {
        !self.hold(at) && self.after.iter().any(|after| *after <= at.start)
    }
}

/// Finds the transactions of a unit.
pub(crate) fn transactions(unit: &Unit<'_, '_>) -> Transactions {
    let mut found = Transactions::default();
    for chain in &unit.chains {
        for link in &chain.links {
            let closure = link.given().iter().find(|argument| matches!(argument.kind, Kind::Function(_)));
            if let Some(closure) = closure
                && CLOSURES.contains(&link.key.as_str())
            {
                found.inside.push(closure.span);
                found.after.push(chain.span.end);
            }
        }
    }
    for (condition, span) in &unit.blocks {
        if opens(condition) {
            found.inside.push(*span);
            found.after.push(span.end);
        }
    }
    if let Some(function) = unit.function
        && function.decorators.iter().any(is_transactional)
        && !function
            .decorators
            .iter()
            .any(|decorator| decorator.root().name() == Some("TransactionalEventListener"))
        && let (Some(first), Some(last)) = (function.body.first(), function.body.last())
    {
        found.inside.push(Span {
            start: first.span.start.saturating_sub(1),
            end: last.span.end + 1,
            ..first.span
        });
    }
    between(unit, &mut found);
    found
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
        .map(|chain| chain.span)
        .collect();
    // Android's fragments are swapped in a transaction too.
    let pages = |span: &Span| {
        unit.chains
            .iter()
            .any(|chain| chain.span == *span && chain.links.iter().any(|link| link.key.contains("fragment")))
    };
    for begin in begins.into_iter().filter(|begin| !pages(begin)) {
        let commits = unit.chains.iter().filter(|chain| says(chain, COMMITS, &["COMMIT"]));
        let commit =
            commits.map(|chain| chain.span).filter(|commit| commit.start > begin.end).min_by_key(|c| c.start);
        if let Some(commit) = commit {
            found.inside.push(Span { start: begin.end, end: commit.start, ..begin });
            found.after.push(commit.end);
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

fn is_transactional(decorator: &Node<'_>) -> bool {
    // What only reads locks nothing and has nothing to roll back.
    let apart = ["readOnly", "NOT_SUPPORTED", "NEVER", "SUPPORTS"];
    let named = |node: &Node<'_>| match &node.kind {
        Kind::Name(name) | Kind::Member(_, name) => apart.contains(name),
        _ => false,
    };
    !decorator.any(&named)
        && decorator.any(&|node| {
            matches!(
                &node.kind,
                Kind::Name("Transactional" | "atomic") | Kind::Member(_, "atomic" | "Transactional")
            )
        })
}
