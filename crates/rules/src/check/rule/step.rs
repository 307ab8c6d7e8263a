//! Whether code that writes an order's status has looked at the present one: in this function, in its callers in the same
//! file, by the way the order was loaded, or because the status follows from what else is known.
//! Where the status is written is found in `status`.

use super::asked::{is_known_step, is_settled_before};
use super::status::{ORDERS, STATUS, is_order, is_status};
use crate::check::chain::Chain;
use crate::check::fact::Reading;
use crate::check::guard;
use crate::check::idiom::{NEUTRAL, UPDATES};
use crate::check::language::Language;
use crate::check::names::{singular, squashed, words};
use crate::check::owner::column_of;
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

/// Words for steps in an order's life.
const STEPS: &[&str] = &[
    "pending",
    "paid",
    "cancelled",
    "canceled",
    "shipped",
    "delivered",
    "completed",
    "complete",
    "refunded",
    "draft",
    "open",
    "closed",
    "confirmed",
    "placed",
    "fulfilled",
    "returned",
    "processing",
    "finished",
    "purchased",
    "unpaid",
    "expired",
    "overdue",
    "abandoned",
    "stale",
    "new",
    "active",
];
/// Calls that choose rows.
const FINDERS: &[&str] = &[
    "where",
    "find",
    "findone",
    "findfirst",
    "findunique",
    "findmany",
    "findall",
    "filter",
    "filterby",
    "findby",
    "first",
    "eq",
    "in",
    "andwhere",
    "wherein",
    "exists",
    "get",
    "firstordefault",
    "firstordefaultasync",
    "singleordefault",
    "singleordefaultasync",
];

/// Whether the present status was looked at before: a read-then-write, but one that refuses some steps.
pub(super) fn is_checked(unit: &Unit<'_, '_>, reading: Reading<'_>, at: Span) -> bool {
    let own = unit.class.is_some_and(|class| is_order(reading, class.name));
    // `self.verify_paid()` in a method of the order itself.
    let verified = unit.chains.iter().any(|chain| {
        chain.span.start < at.start
            && chain.root.name() == Some("this")
            && chain.links.first().is_some_and(|link| asserts(link.name))
    });
    own && verified
        || is_asserted(unit, reading, at)
        || is_chosen_by_status(unit, reading, at)
        || is_compared(unit, reading, at)
        || is_settled_before(unit, at)
        || unit
            .conditions
            .iter()
            .filter(|condition| condition.span.start < at.start)
            .any(|condition| condition.any(&|node| asks(unit, reading, node, 0)))
        // Ruby asks behind: `order.update!(..) if order.status == 'new'`.
        || unit.blocks.iter().any(|(condition, span)| {
            let behind = condition.span.start >= at.end && span.start <= at.start && condition.span.end <= span.end;
            behind && condition.any(&|node| asks(unit, reading, node, 0))
        })
        || follows(unit, reading, at)
}

/// `Require(order.Status == Status.Open, "..")`, `assert order.status == "open"`: what refuses need not be a condition.
fn is_compared(unit: &Unit<'_, '_>, reading: Reading<'_>, at: Span) -> bool {
    let Some(function) = unit.function else { return false };
    let mut compared = false;
    for part in &function.body {
        part.walk(&mut |node| {
            if let Kind::Binary("==" | "!=" | "===" | "!==" | "in" | "not in" | "<>", left, right) =
                &node.kind
                && !compared
                && node.span.end <= at.start
            {
                compared = [left, right].into_iter().any(|side| asks(unit, reading, side, 1));
            }
        });
    }
    compared
}

fn asserts(name: &str) -> bool {
    let words = words(name);
    let verbs = [
        "verify",
        "ensure",
        "assert",
        "guard",
        "require",
        "validar",
        "verificar",
        "comprobar",
        "asegurar",
        "garantir",
        "exigir",
        "verifier",
        "valider",
        "pastikan",
    ];
    words.len() > 1 && verbs.contains(&words[0].as_str())
}

/// `validateCancellable(order.getStatus())`, `ensurePayable(order)`, `checkOrderStatus(id)`.
fn is_asserted(unit: &Unit<'_, '_>, reading: Reading<'_>, at: Span) -> bool {
    unit.chains.iter().filter(|chain| chain.span.end <= at.start).any(|chain| {
        chain.links.iter().filter(|link| link.arguments.is_some()).any(|link| {
            let words = words(link.name);
            let first = words.first().map_or("", String::as_str);
            let asks =
                asserts(link.name) || matches!(first, "validate" | "validation" | "check" | "can" | "is");
            // `isValidStatus(status)` asks what is wanted, not where the order stands.
            let of_order = |given: &Node<'_>| {
                given.any(&|part| {
                    part.name().is_some_and(|name| {
                        crate::check::names::words(name).iter().any(|word| {
                            matches!(word.as_str(), "id" | "current" | "old" | "from")
                                || is_order(reading, word)
                        })
                    })
                })
            };
            let told = words.len() > 2
                && words.iter().skip(1).any(|word| is_status(reading, word))
                && link.given().iter().any(of_order);
            let given = link.given().iter().any(|argument| {
                column_of(argument).is_some_and(|(_, column)| is_status(reading, column))
                    || argument.name().is_some_and(|name| is_order(reading, name))
                        && words.len() > 1
                        && !link.key.contains("owner")
                        && !link.key.contains("exist")
            });
            asks && (told || given)
        })
    })
}

/// Whether a part of a condition asks for the status of an order, or for a step that the order itself knows.
fn asks(unit: &Unit<'_, '_>, reading: Reading<'_>, node: &Node<'_>, depth: usize) -> bool {
    if let Some((object, column)) = column_of(node) {
        let asked = is_status(reading, column) || is_permission(column);
        let named = object.name().is_some_and(|name| is_order(reading, name));
        let told = || is_known_step(column) && (named || is_order(reading, &unit.owner(object).entity));
        if asked && (named || is_order(reading, &unit.owner(object).entity)) || told() {
            return true;
        }
    }
    // Ruby's `return unless pending?` in the order itself.
    if let Kind::Call(callee, arguments) = &node.kind
        && let (Kind::Name(name), []) = (&callee.kind, arguments.as_slice())
        && unit.class.is_some_and(|class| is_order(reading, class.name))
        && (is_permission(name) || is_status(reading, name))
    {
        return true;
    }
    let Kind::Name(name) = node.kind else { return false };
    if is_of_lines(unit, reading, name, node.span.start) {
        return true;
    }
    if reading.language == Language::Ruby
        && unit.class.is_some_and(|class| is_order(reading, class.name))
        && !unit.definitions.contains_key(name)
        && (name.ends_with('?') && is_permission(name) || is_status(reading, name))
    {
        return true;
    }
    // `const current = order.status; if (current !== 'pending')`.
    let defined =
        unit.definition(name, node.span.start).filter(|known| known.value.span.end <= node.span.start);
    depth < 2
        && defined.is_some_and(|known| {
            !matches!(known.value.kind, Kind::New(..) | Kind::List(_))
                && known.value.any(&|part| asks(unit, reading, part, depth + 1))
        })
}

/// `statuses = {line.status for line in lines}`: the states of all lines decide.
fn is_of_lines(unit: &Unit<'_, '_>, reading: Reading<'_>, name: &str, at: usize) -> bool {
    let all = words(name).last().is_some_and(|last| matches!(last.as_str(), "statuses" | "states"));
    let of_status = |column: &str| words(column).last().is_some_and(|last| is_status(reading, last));
    all && unit.definition(name, at).is_some_and(|definition| {
        definition.value.any(&|part| {
            column_of(part).is_some_and(|(object, column)| object.name().is_some() && of_status(column))
        })
    })
}

/// Whether what is written follows from the states of lines or from what was paid: nobody decides a step here.
fn follows(unit: &Unit<'_, '_>, reading: Reading<'_>, at: Span) -> bool {
    let around = |span: &Span| span.start <= at.start && at.end <= span.end;
    unit.blocks.iter().filter(|(_, span)| around(span)).any(|(condition, span)| {
        // A loop over the lines is no question to them.
        condition.span.end <= at.start
            && span.start <= condition.span.start
            && condition.any(&|node| derives(unit, reading, node, 0))
    })
}

/// `items.every(item => item.status === 'shipped')`, `order.items.where.not(state: ..).empty?`, `paid >= total`.
fn derives(unit: &Unit<'_, '_>, reading: Reading<'_>, node: &Node<'_>, depth: usize) -> bool {
    match &node.kind {
        Kind::Call(..) => Chain::of(node, true).is_some_and(|chain| is_of_all(&chain, reading)),
        Kind::Binary(">=" | "<=" | ">" | "<" | "==" | "===", left, right) => {
            is_settled(left) && is_sum(right) || is_sum(left) && is_settled(right) || is_of_part(left)
        }
        // `fullyReceived`, `allShipped`.
        Kind::Name(name) if says_all(name) => true,
        Kind::Name(name) if depth == 0 => {
            let known = unit.definition(name, node.span.start);
            known
                .filter(|known| known.value.span.end <= node.span.start)
                .is_some_and(|known| known.value.any(&|part| derives(unit, reading, part, 1)))
        }
        _ => false,
    }
}

/// `order_detail.making_status`: how far one line or parcel of the order is.
fn is_of_part(node: &Node<'_>) -> bool {
    let parts = ["item", "line", "detail", "shipment", "parcel", "delivery", "fulfillment"];
    column_of(node).is_some_and(|(object, column)| {
        let status = words(column).last().is_some_and(|last| matches!(last.as_str(), "status" | "state"));
        let part = object.name().map(words).unwrap_or_default();
        status && part.last().is_some_and(|last| parts.contains(&last.as_str()))
    })
}

/// Whether a name says that all parts of something, or some of them, have come to a state.
fn says_all(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(&["fully", "all", "every", "any", "partially", "each", "none"])
        && (words.iter().any(|word| STEPS.contains(&word.as_str()))
            || has(&["received", "done", "ready", "packed", "picked", "served"]))
}

/// Whether a chain asks all parts of something whether they have a status.
fn is_of_all(chain: &Chain<'_, '_>, reading: Reading<'_>) -> bool {
    let all = chain.has(&[
        "every",
        "all",
        "any",
        "some",
        "none",
        "allmatch",
        "anymatch",
        "nonematch",
        "exists",
        "doesntexist",
        "count",
        "exist",
        "countdocuments",
        "alltrue",
        "contains",
        "sum",
        "isempty",
        "empty",
    ]);
    let parts = [
        "item",
        "line",
        "product",
        "shipment",
        "fulfillment",
        "payment",
        "package",
        "vendor",
        "task",
        "detail",
        "ticket",
        "seat",
    ];
    let text = reading.source.get(chain.span.start..chain.span.end).unwrap_or_default().to_lowercase();
    let states = [
        "status", "state", "deliver", "ship", "cancel", "return", "ready", "refund", "complete", "paid",
        "estado",
    ];
    all && parts.iter().any(|part| text.contains(part)) && states.iter().any(|state| text.contains(state))
}

/// What has been paid or given back.
fn is_settled(node: &Node<'_>) -> bool {
    let name = column_of(node).map_or(node.name(), |(_, column)| Some(column));
    name.is_some_and(|name| {
        words(name).iter().any(|word| {
            matches!(
                word.as_str(),
                "paid" | "refunded" | "due" | "remaining" | "outstanding" | "received" | "captured"
            )
        })
    })
}

fn is_sum(node: &Node<'_>) -> bool {
    let name = column_of(node).map_or(node.name(), |(_, column)| Some(column));
    matches!(node.kind, Kind::Number(_) | Kind::Name("false" | "False" | "true" | "True"))
        || name.is_some_and(|name| {
            words(name).iter().any(|word| matches!(word.as_str(), "total" | "amount" | "price" | "sum"))
        })
}

/// Whether orders were chosen by the status that they must have before this place, whoever is changed afterwards.
fn is_chosen_by_status(unit: &Unit<'_, '_>, reading: Reading<'_>, at: Span) -> bool {
    let columns = reading.names.status_columns.iter().map(String::as_str).chain(STATUS.iter().copied());
    let columns: Vec<&str> = columns.collect();
    let chosen = unit.chains.iter().filter(|chain| chain.span.end <= at.start).any(|chain| {
        let finds = chain.links.iter().any(|link| {
            FINDERS.contains(&link.key.as_str())
                && link
                    .given()
                    .iter()
                    .any(|given| columns.iter().any(|column| guard::names_column(given, column)))
        });
        let changes = chain
            .links
            .iter()
            .any(|link| UPDATES.contains(&link.key.as_str()) || link.key.contains("create"));
        // Go names the orders last: `db.Where("status = ?", s).Find(&orders)`.
        let names_orders = || {
            let text =
                reading.source.get(chain.span.start..chain.span.end).unwrap_or_default().to_lowercase();
            ORDERS.iter().any(|order| text.contains(order))
        };
        finds && !changes && (is_order(reading, &unit.entity_of(chain)) || names_orders())
    });
    chosen
        || unit.texts.iter().filter(|(text, _)| text.span.end <= at.start).any(|(text, _)| {
            let lower = text.text().unwrap_or_default().trim_start().to_lowercase();
            lower.starts_with("select")
                && ORDERS.iter().any(|order| lower.contains(order))
                && lower
                    .rsplit_once("where")
                    .is_some_and(|(_, filter)| columns.iter().any(|column| filter.contains(column)))
        })
}

/// `Order.findOne({ _id, status: 'assigned' })`: what has another status is not found, so the step is refused.
pub(super) fn is_loaded_by_status(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    object: &Node<'_>,
    column: &str,
) -> bool {
    let Some(load) = unit.owner(object).load else { return false };
    // `createOrder(cart)`, `Orders::PlaceService.call(cart)`: it was made here, and nobody else has it yet.
    let made = |chain: &Chain<'_, '_>| {
        let makes = |name: &str| {
            words(name).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "create" | "creator" | "build" | "builder" | "insert" | "make" | "place" | "checkout"
                )
            })
        };
        let last = chain.links.last();
        last.is_some_and(|link| {
            makes(link.name) || link.key == "call" && chain.root.name().is_some_and(makes)
        }) || last.is_some_and(|link| link.key == "call") && chain.links.iter().any(|link| makes(link.name))
    };
    if unit.chains.iter().any(|chain| chain.span == load && made(chain)) {
        return true;
    }
    let chains = unit.chains.iter().filter(|chain| {
        chain.span.start <= load.start && load.end <= chain.span.end
            || load.start <= chain.span.start && chain.span.end <= load.end
    });
    chains.flat_map(|chain| &chain.links).any(|link| {
        let by_name = is_status_of_finder(reading, link.name);
        let chosen = link.given().iter().any(|filter| guard::names_column(filter, column));
        // `Order.pending.find(id)`, `findExpiredOrders()`.
        let step = words(link.name).iter().any(|word| STEPS.contains(&word.as_str()));
        (by_name || step) && link.arguments.is_some() || chosen && !NEUTRAL.contains(&link.key.as_str())
    })
}

/// `findByIdAndStatus(id, PENDING)` of Spring Data.
fn is_status_of_finder(reading: Reading<'_>, name: &str) -> bool {
    let Some((_, by)) = name.split_once("By") else { return false };
    by.split("And").any(|column| is_status(reading, column.trim_end_matches("In")))
}

/// `order.canShip()`, `order.may_cancel`, `order.allowed_next_statuses`: the order itself knows its next steps.
fn is_permission(name: &str) -> bool {
    let words = words(name);
    let first = words.first().map_or("", String::as_str);
    // Ruby's `order.accepted?` is named after the state; a few questions are about the row.
    let of_row = [
        "nil",
        "present",
        "blank",
        "persisted",
        "valid",
        "invalid",
        "new_record",
        "changed",
        "save",
        "respond_to",
        "any",
        "empty",
        "is_a",
        "include",
        "kind_of",
        "zero",
        "positive",
        "exists",
        "key",
    ];
    let asked = name.strip_suffix('?').is_some_and(|state| !of_row.contains(&state));
    asked
        || matches!(first, "can" | "may" | "allowed" | "next")
        || words.iter().any(|word| word.ends_with("able"))
        || words.last().is_some_and(|last| STEPS.contains(&last.as_str()))
}

/// Whether everybody in this file who hands over the order has looked at its status before.
pub(super) fn is_checked_by_callers(
    unit: &Unit<'_, '_>,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
) -> bool {
    let handed = unit
        .parameters
        .keys()
        .any(|name| words(name).last().is_some_and(|last| is_order(reading, last) || singular(last) == "id"));
    if unit.name.len() < 4 || !handed {
        return false;
    }
    let key = squashed(unit.name);
    let mut called = units.iter().flat_map(|caller| {
        let here = caller.chains.iter().filter(|chain| {
            let Some(link) = chain.links.first().filter(|link| link.key == key) else { return false };
            let own = chain.root.name().is_some_and(|root| {
                root == "this" || root == link.name || unit.class.is_some_and(|class| class.name == root)
            });
            // Go's receiver.
            let received = caller.function.is_some_and(|function| {
                !function.receiver.is_empty() && chain.root.name() == Some(function.receiver)
            });
            link.arguments.is_some() && (own || received)
        });
        here.map(move |chain| (caller, chain.span))
    });
    let mut any = false;
    let all = called.all(|(caller, at)| {
        any = true;
        is_checked(caller, reading, at)
    });
    any && all
}
