//! Whether an order is a new one where it is given a status: made in this function, or handed to the function that creates it.
//! The first status of an order comes from nowhere; no step can be refused.

use super::status::{is_order, is_status};
use crate::check::chain::Chain;
use crate::check::fact::Reading;
use crate::check::language::Language;
use crate::check::names::{squashed, words};
use crate::check::owner::column_of;
use crate::check::tree::{Kind, Node, Span};
use crate::check::unit::Unit;

/// How the names of functions begin that make or store what was not there before.
const CREATES: &[&str] = &[
    "create",
    "add",
    "new",
    "insert",
    "make",
    "place",
    "save",
    "store",
    "register",
    "checkout",
    "submit",
    "build",
    "init",
    "initialize",
    "crear",
    "nuevo",
    "agregar",
    "guardar",
    "registrar",
    "insertar",
    "criar",
    "novo",
    "salvar",
    "cadastrar",
    "inserir",
    "buat",
    "simpan",
    "tambah",
    "tao",
    "them",
    "enregistrer",
    "creer",
    "ajouter",
];
/// Words that say nothing of what a function creates.
const BESIDE: &[&str] =
    &["new", "async", "and", "one", "full", "single", "with", "items", "lines", "details", "from", "cart"];
/// Columns that are written once, when an order comes into being.
const BIRTH: &[&str] = &[
    "createdat",
    "createdon",
    "createddate",
    "creationdate",
    "datecreated",
    "orderdate",
    "orderedat",
    "placedat",
    "dateordered",
    "ordernumber",
    "orderno",
    "ordercode",
    "numeropedido",
    "numeroorden",
    "fecha",
    "fechapedido",
    "fechacreacion",
    "fechaorden",
    "datapedido",
    "datacriacao",
    "ngaydat",
    "ngaytao",
];
/// Calls that give a new object, alone or with further words: `Order.new`, `createOrder`, `orders.build`.
const MAKERS: &[&str] = &["new", "create", "build", "make", "builder", "creator", "insert", "factory"];

/// Whether the order of a write is new.
pub(super) fn is_made(unit: &Unit<'_, '_>, reading: Reading<'_>, object: &Node<'_>, at: Span) -> bool {
    match object.name() {
        Some("this") => {
            let first = words(unit.name).into_iter().next().unwrap_or_default();
            matches!(
                first.as_str(),
                "initialize" | "init" | "constructor" | "create" | "new" | "build" | "make" | "place"
            )
        }
        Some(name) => is_made_here(unit, name, at, 0) || is_handed_new(unit, reading, name, at),
        None => is_field_made(unit, reading, object, at),
    }
}

/// `order = Order.new(..)` before the write and not only on another way.
fn is_made_here(unit: &Unit<'_, '_>, name: &str, at: Span, depth: usize) -> bool {
    let Some(all) = unit.definitions.get(name) else { return false };
    let Some(last) = all.iter().filter(|known| known.at < at.start).max_by_key(|known| known.at) else {
        return false;
    };
    let holds = |arm: &Span, place: usize| arm.start <= place && place < arm.end;
    let apart = unit.arms.iter().any(|arm| holds(arm, last.at) && !holds(arm, at.start));
    let plain = !last.element && !last.part;
    if plain && !apart && depth < 2 && is_saved_new(unit, name, last.value, depth) {
        return true;
    }
    plain && makes(last.value, name) && (!apart || all.iter().all(|known| makes(known.value, name)))
}

/// `saved = repository.save(order)` of an order that is new, or that is called so.
fn is_saved_new(unit: &Unit<'_, '_>, name: &str, value: &Node<'_>, depth: usize) -> bool {
    let value = match &value.kind {
        Kind::Other(parts) if parts.len() == 1 => &parts[0],
        _ => value,
    };
    let Some(chain) = Chain::of(value, true) else { return false };
    let Some(link) = chain.links.last() else { return false };
    let key = link.key.strip_suffix("async").unwrap_or(&link.key);
    let saves = matches!(key, "save" | "saveandflush" | "add" | "insert" | "persist");
    let of = match link.given() {
        [] if chain.links.len() == 1 => chain.root.name(),
        given => given.iter().find_map(Node::name),
    };
    let new = |of: &str| {
        of != name && is_made_here(unit, of, value.span, depth + 1)
            || of == name && {
                let known = unit.definitions.get(name).into_iter().flatten();
                known.into_iter().any(|known| known.at < value.span.start && makes(known.value, name))
            }
    };
    saves && (is_called_new(name) || of.is_some_and(new))
}

/// `savedOrder`, `newOrder`, `nuevoPedido`.
fn is_called_new(name: &str) -> bool {
    words(name).first().is_some_and(|first| {
        matches!(
            first.as_str(),
            "saved" | "created" | "new" | "inserted" | "nuevo" | "nueva" | "novo" | "nova" | "neue"
        )
    })
}

/// `$this->order = new Order()`: what a field holds since this function began.
fn is_field_made(unit: &Unit<'_, '_>, reading: Reading<'_>, object: &Node<'_>, at: Span) -> bool {
    let written = |span: Span| reading.source.get(span.start..span.end).unwrap_or_default();
    let own = written(object.span);
    let assigned = || {
        unit.assignments.iter().any(|assignment| {
            assignment.span.end <= at.start
                && written(assignment.target.span) == own
                && makes(assignment.value, "")
        })
    };
    // `form.Order.Status = ..; orders.Add(form.Order)`.
    let inserted = || inserts(unit, reading, at, &|given| written(given.span) == own);
    matches!(object.kind, Kind::Member(..)) && (assigned() || inserted())
}

/// Whether a value is a new object.
fn makes(value: &Node<'_>, name: &str) -> bool {
    match &value.kind {
        Kind::New(..) | Kind::List(_) => true,
        Kind::Other(parts) if parts.len() == 1 => makes(&parts[0], name),
        Kind::Call(..) => Chain::of(value, true).is_some_and(|chain| gives_new(&chain, name)),
        _ => false,
    }
}

fn gives_new(chain: &Chain<'_, '_>, name: &str) -> bool {
    // `mapper.map(dto, order)` changes the order that it is given.
    let onto = chain.links.iter().flat_map(|link| link.given()).any(|given| given.name() == Some(name));
    let finds = chain.links.iter().any(|link| {
        let first = words(link.name).into_iter().next().unwrap_or_default();
        let either = words(link.name).iter().any(|word| word == "or");
        link.arguments.is_some()
            && (either
                || matches!(first.as_str(), "find" | "get" | "load" | "fetch" | "select" | "update" | "read"))
    });
    if onto || finds {
        return false;
    }
    let holds = |name: &str| words(name).iter().any(|word| MAKERS.contains(&word.as_str()));
    let mut before = chain.root.name();
    chain.links.iter().any(|link| {
        let on = before.replace(link.name).map(squashed).unwrap_or_default();
        let maps = matches!(link.key.as_str(), "map" | "convert" | "adapt")
            && ["mapper", "converter", "assembler", "factory"].iter().any(|end| on.ends_with(end));
        // Django's `form.save(commit=False)`.
        let unsaved = link.key == "save" && link.given().iter().any(is_uncommitted);
        link.arguments.is_some() && (holds(link.name) || maps || unsaved || is_turned(link.name))
    })
}

fn is_uncommitted(given: &Node<'_>) -> bool {
    matches!(&given.kind, Kind::Pair(key, value)
        if key.name() == Some("commit") && value.name() == Some("False"))
}

/// `mapper.toEntity(request)`, `Order.from_cart(cart)`: a thing of another kind becomes an order.
fn is_turned(name: &str) -> bool {
    let words = words(name);
    let of = ["entity", "model", "domain", "order", "cart", "request", "command", "pedido", "form", "input"];
    matches!(words.as_slice(), [first, rest @ ..]
        if matches!(first.as_str(), "to" | "from" | "as" | "map") && rest.iter().any(|word| of.contains(&word.as_str())))
}

/// `placeOrder(order)` and what gives an order its number and date: nobody else has the order yet.
fn is_handed_new(unit: &Unit<'_, '_>, reading: Reading<'_>, name: &str, at: Span) -> bool {
    // What is assigned afterwards is the stored order; Java and C# read it back from the save.
    let before = unit.definitions.get(name).into_iter().flatten().any(|known| known.at < at.start);
    let handed = unit.parameters.contains_key(name) && !before;
    handed
        && (creates(unit, reading)
            || is_born(unit, name)
            || is_called_new(name)
            || inserts(unit, reading, at, &|given| given.name() == Some(name)))
}

/// `context.Orders.Add(order)`, `mapper.insert(order)`: what is stored for the first time was not there before.
fn inserts(
    unit: &Unit<'_, '_>,
    reading: Reading<'_>,
    at: Span,
    is_order: &dyn Fn(&Node<'_>) -> bool,
) -> bool {
    unit.chains.iter().filter(|chain| chain.span.start > at.start).any(|chain| {
        chain.links.iter().any(|link| {
            let key = link.key.strip_suffix("async").unwrap_or(&link.key);
            let inserts = matches!(key, "insert" | "insertone" | "create" | "createorder" | "insertorder")
                // Elsewhere a list is added to as well.
                || key == "add" && reading.language == Language::CSharp && chain.links.len() > 1;
            inserts && link.given().iter().any(is_order)
        })
    })
}

/// Whether a function creates the order that it is handed, by its name.
fn creates(unit: &Unit<'_, '_>, reading: Reading<'_>) -> bool {
    let words = words(unit.name);
    let Some((first, rest)) = words.split_first() else { return false };
    // `createPayment(order)` makes something else.
    CREATES.contains(&first.as_str())
        && rest.iter().all(|word| {
            BESIDE.contains(&word.as_str()) || is_order(reading, word) || CREATES.contains(&word.as_str())
        })
        && !rest.iter().any(|word| is_status(reading, word))
}

/// Whether a function writes what is written once, when an order comes into being.
fn is_born(unit: &Unit<'_, '_>, name: &str) -> bool {
    let birth = |column: &str| BIRTH.contains(&squashed(column).as_str());
    let assigned = unit.assignments.iter().any(|assignment| {
        column_of(assignment.target)
            .is_some_and(|(object, column)| object.name() == Some(name) && birth(column))
    });
    assigned
        || unit.chains.iter().any(|chain| {
            let [link] = chain.links.as_slice() else { return false };
            let set = link.name.strip_prefix("set").or(link.name.strip_prefix("Set"));
            chain.root.name() == Some(name) && link.given().len() == 1 && set.is_some_and(birth)
        })
}
