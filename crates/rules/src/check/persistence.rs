//! Whether a changed object gets into the database: a save of it, of its session, or the rules of a managed class.

use super::class::is_persistent;
use super::fact::{AmountWrite, Persistence, Reading};
use super::idiom::{SAVES, SESSION_SAVES};
use super::language::Language;
use super::lock::Called;
use super::names::squashed;
use super::owner::{Origin, Owner};
use super::tree::{Kind, Node, Span};
use super::unit::Unit;

/// How the names of functions begin that save what they are given, in the languages that shops are written in.
const SAVE_VERBS: &[&str] = &[
    "save",
    "persist",
    "store",
    "guardar",
    "guarda",
    "grabar",
    "actualizar",
    "modificar",
    "salvar",
    "atualizar",
    "gravar",
    "alterar",
    "simpan",
    "perbarui",
    "enregistrer",
    "modifier",
    "speicher",
    "salva",
    "aggiorna",
    "kaydet",
    "guncelle",
    "capnhat",
    "luu",
];

/// How the object that was changed at `at` is stored.
pub(crate) fn of<'a>(
    unit: &Unit<'_, 'a>,
    object: &Node<'a>,
    owner: &Owner,
    at: Span,
    reading: Reading<'_>,
) -> Persistence {
    let root = object.root().name().unwrap_or_default();
    if owner.origin == Origin::Fresh && unit.chains.iter().any(|chain| carries_change(chain, root, at)) {
        return Persistence::Saved;
    }
    let refused = unit.class.is_some_and(super::class::is_refused_by_isolation);
    let asked = owner.origin == Origin::Request
        && !saves_itself(unit, root, at)
        && !is_saved_path(unit, object, at, reading);
    if refused || owner.origin == Origin::Fresh || asked {
        return Persistence::Unseen;
    }
    if is_saved_field(unit, object, at) || is_saved_path(unit, object, at, reading) {
        return Persistence::Saved;
    }
    let aliases = aliases(unit, root, at);
    let parent = parent(unit, root, at);
    if unit.chains.iter().any(|chain| saves(chain, (root, parent), &aliases, owner, at)) {
        return Persistence::Saved;
    }
    let stored_class = unit.class.is_some_and(|class| is_persistent(class));
    if owner.origin == Origin::This && unit.class.is_some() {
        return if stored_class { Persistence::Method } else { Persistence::MethodOfClass };
    }
    let managed = matches!(reading.language, Language::Java | Language::TypeScript | Language::CSharp)
        && matches!(owner.origin, Origin::Loaded | Origin::Unknown | Origin::Parameter)
        && is_transactional(unit);
    if managed {
        Persistence::Saved
    } else if is_tracked(owner, reading) {
        Persistence::Managed
    } else {
        Persistence::Unseen
    }
}

/// `product = request.product; product.stock -= n; product.save()`: a row that somebody loaded before.
fn saves_itself(unit: &Unit<'_, '_>, root: &str, at: Span) -> bool {
    let made = |chain: &super::chain::Chain<'_, '_>| {
        chain.links.iter().any(|link| link.arguments.is_some() && link.key.starts_with("save"))
    };
    let defined = unit.definition(root, at.start).is_some_and(|definition| {
        !unit.chains.iter().any(|chain| chain.span == definition.value.span && made(chain))
    });
    defined
        && unit.chains.iter().any(|chain| {
            let own = chain.root.name() == Some(root) && chain.span.start > at.start;
            own && matches!(chain.links.as_slice(), [link] if link.key == "save" && link.given().is_empty())
        })
}

/// `this.product.stock -= n; await this.product.save()`: what a service keeps in a field is stored all the same.
fn is_saved_field(unit: &Unit<'_, '_>, object: &Node<'_>, at: Span) -> bool {
    let field_of = |node: &Node<'_>| match &node.kind {
        Kind::Member(of, name) if of.name() == Some("this") => Some(squashed(name)),
        _ => None,
    };
    let Some(field) = field_of(object) else { return false };
    unit.chains.iter().filter(|chain| chain.span.end > at.start).any(|chain| {
        chain.links.iter().enumerate().any(|(position, link)| {
            let key = link.key.strip_suffix("async").unwrap_or(&link.key);
            let own = position == 1 && chain.links[0].key == field && chain.root.name() == Some("this");
            let given = link.given().iter().any(|argument| field_of(argument).as_ref() == Some(&field));
            link.arguments.is_some() && SAVES.contains(&key) && (own || given)
        })
    })
}

/// `$event->product->stock--; $event->product->save()`: the thing at the end of the path saves itself.
fn is_saved_path(unit: &Unit<'_, '_>, object: &Node<'_>, at: Span, reading: Reading<'_>) -> bool {
    let written = |span: Span| reading.source.get(span.start..span.end).unwrap_or_default();
    let path = written(object.span);
    !matches!(object.kind, Kind::Name(_))
        && unit.chains.iter().filter(|chain| chain.span.start > at.start).any(|chain| {
            let saved = chain.links.last().is_some_and(|link| {
                matches!(link.key.as_str(), "save" | "saveorfail" | "update" | "saveasync")
                    && link.given().is_empty()
            });
            let rest = written(chain.span).strip_prefix(path);
            saved && rest.is_some_and(|rest| rest.matches('(').count() == 1)
        })
}

/// What a repository of JPA, a context of EF Core or a session of SQLAlchemy gives is written back by itself when the
/// caller commits.
fn is_tracked(owner: &Owner, reading: Reading<'_>) -> bool {
    let load = owner.load.and_then(|load| reading.source.get(load.start..load.end)).unwrap_or_default();
    let load = load.to_ascii_lowercase();
    let by: &[&str] = match reading.language {
        Language::Java => &["repo", "dao.find", "entitymanager.find", "em.find"],
        Language::CSharp if load.contains("asnotracking") => &[],
        Language::CSharp => &["_context.", "_db.", "dbcontext.", "_ctx."],
        Language::Python => {
            &["db.query(", "session.query(", "db.get(", "session.get(", ".query.get(", ".query.filter"]
        }
        _ => &[],
    };
    let starts = reading.language == Language::CSharp && load.starts_with("db.");
    // Panache's entities find themselves: `Inventory.findById(id)`.
    let itself = reading.language == Language::Java
        && owner.load.is_some_and(|load| {
            let source = reading.source.get(load.start..load.end).unwrap_or_default();
            let class: String = source.chars().take_while(|c| c.is_alphanumeric()).collect();
            class.starts_with(char::is_uppercase) && source[class.len()..].starts_with(".find")
        });
    let starts = starts || itself;
    owner.origin == Origin::Loaded && (starts || by.iter().any(|word| load.contains(word)))
}

/// Whether a function of this file hands over an object that it stores: `take(product, 1); products.save(product)`.
pub(crate) fn is_stored_by_caller(
    unit: &Unit<'_, '_>,
    write: &AmountWrite,
    units: &[Unit<'_, '_>],
    reading: Reading<'_>,
) -> bool {
    let Some(position) = write.handed.filter(|_| unit.name.len() > 3) else { return false };
    let key = squashed(unit.name);
    units.iter().any(|caller| {
        caller.chains.iter().any(|chain| {
            let Some(link) = chain.links.first().filter(|link| link.key == key) else { return false };
            let own = matches!(chain.root.name(), Some("this")) || chain.root.name() == Some(link.name);
            link.given().get(position).filter(|_| own).is_some_and(|object| {
                let stored = of(caller, object, &caller.owner(object), chain.span, reading);
                matches!(stored, Persistence::Saved | Persistence::Managed)
            })
        })
    })
}

/// Whether the object is handed to a function of this file that saves it: `product.stock -= n; keep(product)`.
pub(crate) fn is_stored_by_callee(
    unit: &Unit<'_, '_>,
    object: &Node<'_>,
    at: Span,
    units: &[Unit<'_, '_>],
) -> bool {
    let Some(name) = object.name().filter(|name| *name != "this") else { return false };
    let handed = |position: usize, callee: &Unit<'_, '_>| {
        let parameter = callee.function.and_then(|function| function.parameters.get(position));
        parameter.is_some_and(|parameter| {
            let inside = Node { kind: Kind::Name(parameter.name), span: Span::default() };
            let owner = callee.owner(&inside);
            let begin = Span::default();
            callee.chains.iter().any(|chain| saves(chain, (parameter.name, None), &[], &owner, begin))
        })
    };
    unit.chains.iter().filter(|chain| chain.span.start > at.start).any(|chain| {
        let Some(link) = chain.links.first().filter(|link| link.arguments.is_some()) else { return false };
        let own = chain.root.name() == Some("this") || chain.root.name() == Some(link.name);
        let position = link.given().iter().position(|argument| argument.name() == Some(name));
        position.filter(|_| own).is_some_and(|position| {
            units.iter().any(|callee| {
                !std::ptr::eq(callee, unit) && squashed(callee.name) == link.key && handed(position, callee)
            })
        })
    })
}

/// How the names of methods begin by which an object changes its own stock.
const CHANGES: &[&str] = &[
    "reserve",
    "release",
    "decrease",
    "decrement",
    "deduct",
    "reduce",
    "remove",
    "take",
    "sell",
    "withdraw",
    "consume",
    "allocate",
    "commit",
    "confirm",
    "increase",
    "increment",
    "add",
    "restock",
    "replenish",
    "adjust",
    "subtract",
    "book",
    "hold",
    "ship",
    "use",
    "debit",
    "credit",
    "update",
    "fulfill",
    "dispatch",
    "apply",
];

/// `stock = repository.find(id); stock.reserve(n); repository.save(stock)`: the methods that a stored object is asked to
/// change itself by. The class may stand in another file.
pub(crate) fn stored_calls(unit: &Unit<'_, '_>, reading: Reading<'_>) -> Vec<Called> {
    let mut found = Vec::new();
    for chain in &unit.chains {
        let ([link], Some(root)) = (chain.links.as_slice(), chain.root.name()) else { continue };
        let asked = link.arguments.is_some() && root != link.name && root != "this";
        let changes = CHANGES.iter().any(|verb| link.key.starts_with(verb));
        if !asked || !changes || !unit.definitions.contains_key(root) {
            continue;
        }
        let owner = unit.owner(chain.root);
        let loaded = owner.origin == Origin::Loaded || owner.load.is_some();
        if loaded && of(unit, chain.root, &owner, chain.span, reading) != Persistence::Unseen {
            let receiver = super::owner::entity_words(&owner.entity);
            let receiver = if receiver.is_empty() { root.to_owned() } else { receiver };
            found.push(Called { key: link.key.clone(), receiver });
        }
    }
    found
}

/// What the object is a part of: of `unit = product.units.find(..)` this is `product`.
fn parent<'a>(unit: &Unit<'_, 'a>, root: &str, at: Span) -> Option<&'a str> {
    let definition = unit.definition(root, at.start)?;
    definition.value.root().name().filter(|name| unit.definitions.contains_key(name) && *name != root)
}

/// `db.add(product)` of SQLAlchemy: what it loaded before is written at the commit, here or in the caller.
fn is_session_of_python(chain: &super::chain::Chain<'_, '_>, position: usize) -> bool {
    let on = position.checked_sub(1).map(|before| chain.links[before].name).or(chain.root.name());
    on.is_some_and(|name| matches!(squashed(name).as_str(), "db" | "session" | "dbsession" | "asyncsession"))
}

/// Names under which the object is reached too: the collection it is an element of, one it is put into,
/// and what a closure around the write gives.
fn aliases<'a>(unit: &Unit<'_, 'a>, root: &str, at: Span) -> Vec<&'a str> {
    let mut names: Vec<&'a str> = Vec::new();
    if let Some(definition) = unit.definition(root, at.start)
        && let Some(collection) = definition.value.root().name()
        && unit.definitions.contains_key(collection)
        && collection != root
    {
        names.push(collection);
    }
    for chain in &unit.chains {
        let puts = chain.links.iter().any(|link| {
            matches!(link.key.as_str(), "add" | "push" | "append" | "addrange")
                && link.given().iter().any(|argument| argument.name() == Some(root))
        });
        names.extend(chain.root.name().filter(|_| puts && chain.links.len() == 1));
    }
    for (name, definitions) in &unit.definitions {
        let around = definitions
            .iter()
            .any(|definition| definition.value.span.start <= at.start && definition.value.span.end >= at.end);
        names.extend(around.then_some(*name));
    }
    names.retain(|name| *name != "this" && !super::idiom::GENERIC.contains(&squashed(name).as_str()));
    names
}

/// `change = new Stock(); change.setQuantity(old.getQuantity() - n); mapper.updateById(change)`: the new object only
/// carries the change of an old row.
fn carries_change(chain: &super::chain::Chain<'_, '_>, root: &str, at: Span) -> bool {
    chain.links.iter().any(|link| {
        let changes = ["update", "modify", "edit", "patch", "replace", "saveorupdate"]
            .iter()
            .any(|verb| link.key.starts_with(verb));
        let around = link.span.start < at.start && link.span.end >= at.end;
        let given = link.given().iter().any(|argument| !root.is_empty() && argument.name() == Some(root));
        changes && link.arguments.is_some() && (given || root.is_empty() && around)
    })
}

/// Whether a call hands things to what stores them: `orderRepository.complete(order, products)`.
fn is_stored_by(chain: &super::chain::Chain<'_, '_>, position: usize) -> bool {
    let key = chain.links[position].key.as_str();
    let asks = [
        "find", "get", "delete", "remove", "exist", "count", "is", "has", "load", "refresh", "select",
        "list", "query", "fetch", "detach", "check", "validate", "search", "read", "contains", "by",
    ];
    let names = chain.links[..position].iter().map(|link| link.key.clone());
    let root = squashed(chain.root.name().unwrap_or_default());
    let stores = names.chain([root]).any(|name| {
        ["repository", "repo", "dao", "dataaccess", "datalayer"].iter().any(|word| name.ends_with(word))
    });
    stores && !asks.iter().any(|verb| key.starts_with(verb))
}

fn saves(
    chain: &super::chain::Chain<'_, '_>,
    (root, parent): (&str, Option<&str>),
    aliases: &[&str],
    owner: &Owner,
    at: Span,
) -> bool {
    // A save before the change does not count: what came before it is stored, the change is not.
    let mentions =
        |node: &Node<'_>| node.any(&|part| part.name() == Some(root)) && !root.is_empty() && root != "this";
    chain.links.iter().enumerate().any(|(position, link)| {
        if link.arguments.is_none() || link.span.end < at.start {
            return false;
        }
        let key = link.key.strip_suffix("async").unwrap_or(&link.key);
        // What a cart's service is given is a line of the cart, whatever its name.
        let carts = chain.root.name() != Some(root)
            && chain.links[..position].iter().map(|link| link.name).chain(chain.root.name()).any(is_cart);
        if carts {
            return false;
        }
        let by_prefix = SAVE_VERBS.iter().any(|verb| key.starts_with(verb))
            || key
                .strip_prefix("update")
                .is_some_and(|rest| stores_all(rest, chain.root.name() == Some(root)));
        let added = key == "add" && is_session_of_python(chain, position);
        let stated = link.given().first().and_then(Node::text).is_some_and(|sql| {
            sql.trim_start().get(..7).is_some_and(|verb| verb.eq_ignore_ascii_case("update "))
        });
        let save = SAVES.contains(&key) || by_prefix || added || is_stored_by(chain, position);
        // Ruby walks to `item.product` by calls that look like any other.
        let direct = chain.links[..position].iter().all(|before| {
            before.arguments.is_none() || before.given().is_empty() && super::owner::is_walk(before.name)
        });
        let whole = parent.is_some() && chain.root.name() == parent && link.given().is_empty();
        let on_object = root != "this" && direct && (chain.root.name() == Some(root) || whole);
        // A log that is told of the object does not store it.
        let tells = matches!(key, "push" | "write" | "refresh");
        let given = link
            .given()
            .iter()
            .any(|argument| if tells { argument.name() == Some(root) } else { mentions(argument) })
            || link
                .given()
                .iter()
                .any(|argument| argument.name().is_some_and(|name| aliases.contains(&name)));
        let session =
            SESSION_SAVES.contains(&link.key.as_str()) && (key != "save" || link.given().is_empty());
        let bare = owner.origin == Origin::This && position == 0 && matches!(chain.root.kind, Kind::Name(_));
        let whole_given =
            link.given().iter().any(|argument| argument.name() == Some(root) && !root.is_empty());
        let saved = save && (on_object || given || bare) || stated && whole_given;
        saved || session && is_session(chain, position, owner)
    })
}

/// Whether a call that begins with `update` stores the object: `product.updateStatus()` computes a field of it.
fn stores_all(rest: &str, own: bool) -> bool {
    // What shows a thing does not store it, whoever is called.
    if ["display", "label", "view", "screen", "preview"].iter().any(|word| rest.ends_with(word)) {
        return false;
    }
    let field = ["status", "state", "flag", "total", "time", "date", "availab", "label", "view", "ui"];
    !own || !field.iter().any(|word| rest.starts_with(word))
}

fn is_cart(name: &str) -> bool {
    super::names::words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "cart" | "basket" | "bag" | "wishlist"))
}

/// Whether a commit or flush is one of a session of objects.
fn is_session(chain: &super::chain::Chain<'_, '_>, position: usize, owner: &Owner) -> bool {
    let key = chain.links[position].key.as_str();
    let clear = matches!(
        key,
        "flush"
            | "savechanges"
            | "savechangesasync"
            | "commit"
            | "commitasync"
            | "completeasync"
            | "saveall"
            | "bulkupdate"
            | "bulksaveobjects"
            | "saveallandflush"
            | "saveentitiesasync"
            | "updaterange"
            | "submitchanges"
            | "addall"
            | "bulksave"
            | "savemany"
            | "complete"
            | "batchupdate"
            | "updaterangeasync"
    );
    let unit_of_work = ["unitofwork", "uow", "context", "session", "db"];
    let root = squashed(chain.root.name().unwrap_or_default());
    let named = unit_of_work.iter().any(|word| root.contains(word))
        || chain.links[..position].iter().any(|link| unit_of_work.iter().any(|word| link.key.contains(word)));
    (clear || named) && !matches!(owner.origin, Origin::Request)
}

fn is_transactional(unit: &Unit<'_, '_>) -> bool {
    let marked = |decorators: &[Node<'_>]| {
        decorators.iter().any(|decorator| {
            decorator.root().name().is_some_and(|name| name == "Transactional")
                || matches!(&decorator.kind, Kind::Call(callee, _) if callee.name() == Some("Transactional"))
        })
    };
    unit.function.is_some_and(|function| marked(&function.decorators))
        || unit.class.is_some_and(|class| marked(&class.decorators))
}
