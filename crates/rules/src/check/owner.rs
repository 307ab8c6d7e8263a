//! Whose column it is: resolves an object in the code to the entity it is an instance of, and to where it was loaded.

use super::chain::Chain;
use super::declared::{declared_entity, is_request_type};
use super::idiom::{ELEMENTS, ENTITY_TAKERS, GENERIC, REQUESTS};
use super::names::{singular, squashed, words};
use super::tree::{Kind, Node, Span};
use super::unit::{Definition, Unit};

const DEPTH_MAX: usize = 8;

/// Where an object came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A call gave it: most likely a read of the database.
    Loaded,
    /// It is the object whose method this is.
    This,
    /// It was handed in.
    Parameter,
    /// It was made here and is not stored yet.
    Fresh,
    /// It came with a request.
    Request,
    Unknown,
}

/// An object's entity and origin.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The words that name the entity.
    pub(crate) entity: String,
    pub(crate) origin: Origin,
    /// The call that loaded it.
    pub(crate) load: Option<Span>,
}

impl Owner {
    fn new(entity: &str, origin: Origin) -> Owner {
        Owner { entity: entity.to_owned(), origin, load: None }
    }

    /// An element of a collection that was made here: the collection is new, what was put into it need not be.
    fn element(self) -> Owner {
        let origin = if self.origin == Origin::Fresh { Origin::Unknown } else { self.origin };
        Owner { origin, ..self }
    }
}

/// The object and column of a read: `o.stock`, `o['stock']`, `o.getStock()`, `o.get('stock')`, `o.stock()`.
pub(crate) fn column_of<'t, 'a>(node: &'t Node<'a>) -> Option<(&'t Node<'a>, &'t str)> {
    match &node.kind {
        Kind::Member(object, name) => Some((object, name)),
        Kind::Index(object, key) => match &key.kind {
            Kind::Text(text, _) => Some((object, text)),
            _ => None,
        },
        Kind::Call(callee, arguments) => {
            let Kind::Member(object, name) = &callee.kind else { return None };
            match arguments.as_slice() {
                [] => {
                    let getter = ["get", "Get"].into_iter().find_map(|prefix| name.strip_prefix(prefix));
                    Some((object, getter.filter(|rest| !rest.is_empty()).unwrap_or(name)))
                }
                [argument]
                    if matches!(
                        *name,
                        "get" | "getDataValue" | "getData" | "getAttribute" | "read_attribute"
                    ) =>
                {
                    argument.text().map(|text| (object.as_ref(), text))
                }
                // `Optional.orElse(0)` and `unwrap_or(0)` of a column are the column.
                [_] if matches!(
                    squashed(name).as_str(),
                    "unwrapor" | "orelse" | "getordefault" | "coalesce"
                ) =>
                {
                    column_of(object)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The column that a function is asked for by its name: `getStock(id)`, `find_stock(id)`.
pub(crate) fn asked_column<'a>(callee: &Node<'a>) -> Option<&'a str> {
    let (Kind::Name(name) | Kind::Member(_, name)) = callee.kind else { return None };
    let verbs = [
        "get_", "find_", "fetch_", "load_", "read_", "select_", "get", "find", "fetch", "load", "read",
        "select",
    ];
    verbs.iter().find_map(|verb| {
        let start = name.get(..verb.len())?;
        let rest = name.get(verb.len()..)?;
        let begins = verb.ends_with('_') || rest.starts_with(char::is_uppercase);
        (start.eq_ignore_ascii_case(verb) && begins).then_some(rest)
    })
}

/// The words of an identifier that name an entity, joined by `_`.
pub(crate) fn entity_words(identifier: &str) -> String {
    let mut kept = Vec::new();
    for (position, word) in words(identifier).into_iter().enumerate() {
        let ends = matches!(word.as_str(), "by" | "for" | "with" | "where" | "from" | "in");
        // `FindBySKU` names no entity, `in_stock` begins with its own.
        if ends && (!kept.is_empty() || word == "by" && position > 0) {
            break;
        }
        if !GENERIC.contains(&word.as_str()) {
            kept.push(word);
        }
    }
    kept.join("_")
}

impl<'t, 'a> Unit<'t, 'a> {
    /// Resolves an object.
    pub(crate) fn owner(&self, node: &Node<'a>) -> Owner {
        self.resolve(node, 0)
    }

    fn resolve(&self, node: &Node<'a>, depth: usize) -> Owner {
        if depth > DEPTH_MAX {
            return Owner::new("", Origin::Unknown);
        }
        match &node.kind {
            Kind::Name("this") => Owner::new(self.class.map_or("", |class| class.name), Origin::This),
            Kind::Name(name) => self.named(name, node, depth),
            Kind::Member(object, name) => {
                let inner = self.resolve(object, depth + 1);
                let collection = singular(name) != *name || matches!(*name, "Items" | "Lines");
                let bought = is_bought(&inner.entity) || matches!(inner.origin, Origin::Request);
                let mut entity = (*name).to_owned();
                if collection && bought {
                    entity = format!("{}_{name}", inner.entity);
                }
                if entity_words(name).is_empty() && !is_bought(&inner.entity) {
                    entity = inner.entity.clone();
                }
                Owner { entity, ..inner }
            }
            Kind::Index(object, key) => {
                let inner = self.resolve(object, depth + 1).element();
                match key.text() {
                    Some(text) if !text.is_empty() && text.parse::<u32>().is_err() => {
                        Owner { entity: text.to_owned(), ..inner }
                    }
                    _ => inner,
                }
            }
            Kind::Call(callee, arguments) => self.called(node, callee, arguments, depth),
            Kind::New(of, _) => Owner::new(self.name_of(of), Origin::Fresh),
            Kind::List(_) | Kind::Text(..) | Kind::Number(_) => Owner::new("", Origin::Fresh),
            Kind::Other(items) if items.len() == 1 => self.resolve(&items[0], depth + 1),
            Kind::Binary("||" | "??" | "or" | "&&", left, _) => self.resolve(left, depth + 1),
            Kind::Branch(condition, rest) => self.resolve(rest.first().unwrap_or(condition), depth + 1),
            _ => Owner::new("", Origin::Unknown),
        }
    }

    fn name_of(&self, node: &Node<'a>) -> &'a str {
        match node.kind {
            Kind::Name(name) | Kind::Member(_, name) => name,
            _ => "",
        }
    }

    fn named(&self, name: &'a str, node: &Node<'a>, depth: usize) -> Owner {
        let at = if node.span.start == 0 { usize::MAX } else { node.span.start };
        if let Some(definition) = self.definition(name, at) {
            let mut inner = self.resolve_definition(definition.value, name, depth);
            if inner.origin == Origin::Fresh
                && let Some(before) = self.loaded_before(name, definition, at, depth)
            {
                inner = before;
            }
            let own = entity_words(name);
            let mut entity = inner.entity.clone();
            if definition.element && is_bought(&inner.entity) && !own.is_empty() {
                entity = format!("{}_{own}", inner.entity);
            }
            let same = entity_words(&entity).is_empty();
            let declared =
                self.locals.get(name).map(|declared| declared_entity(declared)).unwrap_or_default();
            let told = entity_words(&declared);
            if same || (definition.part && !own.is_empty()) {
                entity = if told.is_empty() { name.to_owned() } else { declared };
            } else if is_bought(&told) || words(&told).iter().any(|word| is_known(word)) {
                entity = declared;
            }
            let owner = Owner { entity, ..inner };
            return if definition.element { owner.element() } else { owner };
        }
        let request = REQUESTS.contains(&squashed(name).as_str()) && !self.is_stored_event(name);
        let parameter = self.parameters.get(name);
        let Some(declared) = parameter.or(self.locals.get(name)) else {
            return Owner::new(name, if request { Origin::Request } else { Origin::Unknown });
        };
        let given = if parameter.is_some() { Origin::Parameter } else { Origin::Unknown };
        let declared = declared_entity(declared);
        let entity = if entity_words(&declared).is_empty() { name } else { declared.as_str() };
        Owner::new(entity, if request || is_request_type(&declared) { Origin::Request } else { given })
    }

    /// What happened elsewhere is called an event, and so is what tickets are sold for: that one is saved.
    pub(crate) fn is_stored_event(&self, name: &str) -> bool {
        let saved = |chain: &Chain<'_, '_>| {
            chain.root.name() == Some(name)
                && chain.links.first().is_some_and(|link| {
                    let key = link.key.strip_suffix("async").unwrap_or(&link.key);
                    link.arguments.is_some() && matches!(key, "save" | "update" | "refresh" | "refreshfromdb")
                })
        };
        name == "Event" || name == "event" && self.chains.iter().any(saved)
    }

    /// `stock = find(); if not stock: stock = Stock()`: what was made on one way only is the loaded row on the other.
    fn loaded_before(&self, name: &str, fresh: Definition<'t, 'a>, at: usize, depth: usize) -> Option<Owner> {
        let inside = |span: &Span, place: usize| span.start <= place && place < span.end;
        let apart = self.arms.iter().any(|span| inside(span, fresh.at) && !inside(span, at));
        let before = self.definitions.get(name)?.iter().rev().find(|other| other.at < fresh.at)?;
        let owner = apart.then(|| self.resolve_definition(before.value, name, depth + 1))?;
        let found = owner.origin == Origin::Parameter && owner.load.is_some();
        (owner.origin == Origin::Loaded || found).then_some(owner)
    }

    fn resolve_definition(&self, value: &Node<'a>, name: &str, depth: usize) -> Owner {
        // A name defined by itself (`product = product ?? ...`) ends here.
        if value.name() == Some(name) {
            return Owner::new(name, Origin::Unknown);
        }
        self.resolve(value, depth + 1)
    }

    fn called(&self, node: &Node<'a>, callee: &Node<'a>, arguments: &[Node<'a>], depth: usize) -> Owner {
        if let (Kind::Name("Some" | "Ok" | "Number" | "dict"), [argument]) = (&callee.kind, arguments) {
            return self.resolve(argument, depth + 1);
        }
        // Python makes objects by calling the class: `Order(buyer=buyer)`.
        if let Kind::Name(class) = callee.kind
            && class.starts_with(char::is_uppercase)
            && !arguments.is_empty()
            && arguments.iter().all(|argument| matches!(argument.kind, Kind::Pair(..)))
        {
            return Owner::new(class, Origin::Fresh);
        }
        let Some(chain) = Chain::of(node, true) else { return Owner::new("", Origin::Unknown) };
        // `new Stock().setId(id)` is still the new object.
        if let Kind::New(of, _) = &chain.root.kind
            && chain.links.iter().all(|link| link.key.starts_with("set") || link.key.starts_with("with"))
        {
            return Owner::new(self.name_of(of), Origin::Fresh);
        }
        if let Some((object, getter)) = column_of(node).filter(|_| node_is_getter(node)) {
            let inner = self.resolve(object, depth + 1);
            return Owner { entity: getter.to_owned(), ..inner };
        }
        // Ruby's `line.product` is a call.
        if let (Kind::Member(object, name), []) = (&callee.kind, arguments)
            && is_walk(name)
            && chain.links.len() == 1
        {
            let inner = self.resolve(object, depth + 1);
            return Owner { entity: (*name).to_owned(), ..inner };
        }
        let mut entity = self.entity_at(&chain, depth + 1);
        // `find(id)` in a method of the class itself.
        let bare =
            chain.root.name().is_some() && chain.root.name() == chain.links.first().map(|link| link.name);
        let finder = chain.links.first().is_some_and(|link| {
            matches!(link.key.as_str(), "find" | "findby" | "where" | "lock" | "first" | "unscoped")
        });
        if let (true, true, Some(class)) = (bare, finder, self.class) {
            entity = class.name.to_owned();
        }
        // An element of a collection in memory: the collection's owner decides.
        if let Kind::Member(object, name) = &callee.kind
            && ELEMENTS.contains(&squashed(name).as_str())
        {
            let inner = self.resolve(object, depth + 1).element();
            let load = inner.load.or(Some(node.span));
            let origin = match inner.origin {
                Origin::Unknown | Origin::This => Origin::Loaded,
                origin => origin,
            };
            let class_like = object.name().is_some_and(|name| name.starts_with(char::is_uppercase));
            if is_bought(&inner.entity)
                || matches!(inner.origin, Origin::Loaded | Origin::Request) && !class_like
            {
                let entity = if entity_words(&inner.entity).is_empty() { entity } else { inner.entity };
                return Owner { entity, origin, load };
            }
            return Owner { entity, origin, load };
        }
        Owner { entity, origin: Origin::Loaded, load: Some(node.span) }
    }

    /// The entity a chain of calls is about.
    pub(crate) fn entity_of(&self, chain: &Chain<'t, 'a>) -> String {
        self.entity_at(chain, 0)
    }

    fn entity_at(&self, chain: &Chain<'t, 'a>, depth: usize) -> String {
        for link in &chain.links {
            // `decrement('quantity', line.quantity)` names the column, `decrement(Product, ...)` the entity.
            // Laravel's `Order::with('customer')` loads something beside the order.
            let column = matches!(link.key.as_str(), "decrement" | "with" | "load")
                && link.given().first().is_some_and(|a| a.text().is_some());
            if column || !ENTITY_TAKERS.contains(&link.key.as_str()) {
                continue;
            }
            for argument in link.given().iter().take(2) {
                match &argument.kind {
                    Kind::Text(text, _) if is_table(text) && link.given().len() <= 3 => {
                        return text.to_string();
                    }
                    Kind::Name(name)
                        if !self.is_local(name)
                            && !is_key(name)
                            && (is_class_or_table(name)
                                || matches!(link.key.as_str(), "update" | "from" | "into")) =>
                    {
                        return (*name).to_owned();
                    }
                    Kind::Name(name) if self.is_local(name) => {
                        let owner = self.parameters.get(name).map(|declared| declared_entity(declared));
                        let owner = owner.filter(|owner| owner.starts_with(char::is_uppercase));
                        if let Some(owner) = owner.filter(|owner| !is_key(owner)) {
                            return owner;
                        }
                        // GORM's `db.Model(&product)`.
                        if link.name == "Model" && !entity_words(name).is_empty() {
                            return (*name).to_owned();
                        }
                    }
                    Kind::New(of, _) => return self.name_of(of).to_owned(),
                    Kind::Member(object, "class" | "c" | "__table__" | "table" | "stock" | "quantity") => {
                        return self.name_of(object).to_owned();
                    }
                    Kind::Member(_, name) if name.starts_with(char::is_uppercase) => {
                        return (*name).to_owned();
                    }
                    Kind::Call(..) => {
                        if let Some(name) = argument.root().name().filter(|name| is_class_or_table(name)) {
                            return name.to_owned();
                        }
                    }
                    _ => {}
                }
            }
        }
        self.entity_by_links(chain, depth)
    }

    /// The entity by the names along the chain, the nearest to its end first.
    fn entity_by_links(&self, chain: &Chain<'t, 'a>, depth: usize) -> String {
        let first_call = chain.links.iter().position(|link| link.arguments.is_some()).unwrap_or(0);
        for link in chain.links[..first_call].iter().rev() {
            let entity = entity_words(link.name);
            if !entity.is_empty() {
                return entity;
            }
        }
        // Ruby walks to `item.product` by calls that look like any other.
        let walked = chain
            .links
            .iter()
            .rev()
            .skip(1)
            .find(|link| link.given().is_empty() && link.name == link.key && is_walk(link.name));
        if let (Some(link), Kind::Name(_)) = (walked, &chain.root.kind) {
            return link.name.to_owned();
        }
        let root = match &chain.root.kind {
            // `this.decrement('stock')` is about the object itself.
            Kind::Name("this" | "self") if first_call == 0 => {
                self.class.map_or(String::new(), |class| entity_words(class.name))
            }
            Kind::Name("this" | "super") => String::new(),
            Kind::Name(name) if chain.links.first().is_none_or(|link| link.name != *name) => {
                let owner = self.definition(name, chain.span.start);
                let told =
                    self.locals.get(name).map(|declared| declared_entity(declared)).unwrap_or_default();
                match owner {
                    _ if words(&told).iter().any(|word| is_known(word)) => told,
                    Some(definition) if definition.value.span != chain.span => {
                        let inner = self.resolve(definition.value, (depth + 1).max(DEPTH_MAX - 2));
                        if entity_words(&inner.entity).is_empty() { entity_words(name) } else { inner.entity }
                    }
                    _ => {
                        let declared = self.parameters.get(name).map(|declared| declared_entity(declared));
                        declared
                            .filter(|declared| !entity_words(declared).is_empty())
                            .unwrap_or_else(|| entity_words(name))
                    }
                }
            }
            _ => String::new(),
        };
        // `order.items().update(...)` changes the lines, not the order.
        let part = chain.links.iter().rev().skip(1).find(|link| {
            link.arguments.is_some_and(<[Node<'_>]>::is_empty)
                && singular(link.name) != link.name
                && entity_words(link.name).is_empty()
        });
        match part {
            Some(part) if is_bought(&root) => return format!("{root}_{}", part.name),
            _ if !root.is_empty() => return root,
            _ => {}
        }
        let calls = chain.links.iter().filter(|link| !link.key.starts_with("order"));
        let mut entities = calls.map(|link| entity_words(link.name));
        entities
            .find(|entity| is_bought(entity) || words(entity).iter().any(|word| is_known(word)))
            .unwrap_or_default()
    }

    /// Texts that a later update is told together with a map of values: of `update_data($id, $data, 'product')` the table.
    pub(crate) fn told_with(&self, name: &str, at: Span) -> Vec<&'t str> {
        if !entity_words(name).is_empty() {
            return Vec::new();
        }
        let later = self.chains.iter().filter(|chain| chain.span.start > at.start);
        let updates = later.flat_map(|chain| &chain.links).find(|link| {
            ["update", "edit", "save", "ubah"].iter().any(|verb| link.key.starts_with(verb))
                && link.given().iter().any(|argument| argument.name() == Some(name))
        });
        let given = updates.map(|link| link.given()).unwrap_or_default();
        given.iter().filter_map(Node::text).filter(|text| is_table(text)).collect()
    }

    fn is_local(&self, name: &str) -> bool {
        self.definitions.contains_key(name) || self.parameters.contains_key(name)
    }
}

fn node_is_getter(node: &Node<'_>) -> bool {
    let Kind::Call(callee, arguments) = &node.kind else { return false };
    let Kind::Member(object, name) = &callee.kind else { return false };
    let named = name.strip_prefix("get").or_else(|| name.strip_prefix("Get"));
    let named = named.is_some_and(|rest| rest.starts_with(char::is_uppercase));
    // `repository.getProduct()` is a load; `item.getProduct()` is a walk.
    arguments.is_empty() && named && !matches!(object.kind, Kind::Name("this"))
}

fn is_table(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 60
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-'))
}

fn is_class_or_table(name: &str) -> bool {
    name.starts_with(char::is_uppercase) || singular(name) != name
}

/// Whether a type is that of a key: `ProductId`, `Uuid`.
fn is_key(declared: &str) -> bool {
    words(declared).last().is_some_and(|last| {
        matches!(last.as_str(), "id" | "uuid" | "guid" | "key" | "code" | "sku" | "ulid" | "context")
    })
}

/// Whether a call without arguments walks from one thing to another: `item.product`, `line.stock_item`.
pub(crate) fn is_walk(name: &str) -> bool {
    let words = words(name);
    let asks = words.first().is_some_and(|first| {
        matches!(first.as_str(), "find" | "load" | "fetch" | "list" | "select" | "query" | "search" | "read")
    });
    name == "item" || !asks && words.last().is_some_and(|word| is_thing(word))
}

fn is_thing(word: &str) -> bool {
    matches!(singular(word).as_str(), "product" | "stock" | "inventory" | "variant" | "sku" | "order")
}

fn is_known(word: &str) -> bool {
    matches!(
        singular(word).as_str(),
        "product" | "stock" | "inventory" | "variant" | "sku" | "coupon" | "voucher" | "discount"
    )
}

/// Whether an entity is what a buyer wants (carts, orders, lines) rather than what the shop has.
pub(crate) fn is_bought(entity: &str) -> bool {
    let words: Vec<String> = words(entity).iter().map(|word| singular(word)).collect();
    [
        "cart", "basket", "bag", "order", "line", "wishlist", "checkout", "invoice", "purchase", "sale",
        "request", "pedido", "carrito", "booking",
    ]
    .iter()
    .any(|bought| words.iter().any(|word| word == bought))
}
