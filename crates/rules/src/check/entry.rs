//! The keys and values in the arguments of an update call, in the forms that mappers and builders take them.

use super::chain::Link;
use super::idiom::FILTER_FIRST;
use super::names::squashed;
use super::owner::column_of;
use super::tree::{Kind, Node};

/// A key and its value in the arguments of an update, with the keys around it.
pub(crate) struct Entry<'t, 'a> {
    pub(crate) column: String,
    pub(crate) value: &'t Node<'a>,
    pub(crate) path: Vec<String>,
    pub(crate) argument: usize,
}

/// All keys and values in a link's arguments.
pub(crate) fn entries<'t, 'a>(link: &Link<'t, 'a>) -> Vec<Entry<'t, 'a>> {
    let mut found = Vec::new();
    let arguments = link.told();
    for (index, argument) in arguments.iter().enumerate() {
        collect(argument, index, &mut Vec::new(), &mut found);
    }
    // `Update("stock", value)`, `update_column(:stock, value)`, `SetProperty(p => p.Stock, p => ...)`.
    // WordPress names the post first: `update_post_meta($id, '_stock', $value)`.
    let arguments = match arguments {
        [_, key @ Node { kind: Kind::Text(..), .. }, _]
            if link.key.contains("meta") && key.text().is_some() =>
        {
            &arguments[1..]
        }
        _ => arguments,
    };
    if let [key, value, ..] = arguments {
        let column = key.text().map(str::to_owned).or_else(|| match &key.kind {
            Kind::Member(table, name)
                if matches!(table.kind, Kind::Name("Column") | Kind::Member(_, "Column")) =>
            {
                Some((*name).to_owned())
            }
            Kind::Function(function) => {
                function.body.iter().find_map(|part| column_of(part).map(|(_, c)| c.to_owned()))
            }
            _ => None,
        });
        if let Some(column) =
            column.filter(|column| column.len() < 40 && !FILTER_FIRST.contains(&link.key.as_str()))
        {
            found.push(Entry { column, value, path: Vec::new(), argument: 1 });
        }
    }
    found
}

/// Keys and values of an object that was put into a variable before it was given: `const left = { stock: n }; update(left)`.
pub(crate) fn named_entries<'t, 'a>(value: &'t Node<'a>, argument: usize, found: &mut Vec<Entry<'t, 'a>>) {
    if let Kind::List(items) = &value.kind
        && items.iter().any(|item| matches!(item.kind, Kind::Pair(..)))
    {
        collect(value, argument, &mut Vec::new(), found);
    }
}

/// Keys and values of the changes in a `bulkWrite`, also of changes that a closure makes.
pub(crate) fn bulk_entries<'t, 'a>(node: &'t Node<'a>, found: &mut Vec<Entry<'t, 'a>>) {
    match &node.kind {
        Kind::Call(_, arguments) => {
            for closure in arguments.iter().filter(|part| matches!(part.kind, Kind::Function(_))) {
                collect(closure, 0, &mut Vec::new(), found);
            }
        }
        _ => collect(node, 0, &mut Vec::new(), found),
    }
}

/// `fetch(url, { method: 'PUT', body: ... })`: a change through another server.
pub(crate) fn is_http_change(link: &Link<'_, '_>) -> bool {
    let change = |node: &Node<'_>| {
        matches!(&node.kind, Kind::Pair(key, value) if key.text().or(key.name()) == Some("method")
            && value.text().is_some_and(|verb| matches!(verb.to_ascii_uppercase().as_str(), "PUT" | "PATCH")))
    };
    link.key == "fetch" && link.given().iter().any(|argument| argument.any(&change))
}

fn collect<'t, 'a>(
    node: &'t Node<'a>,
    argument: usize,
    path: &mut Vec<String>,
    found: &mut Vec<Entry<'t, 'a>>,
) {
    if path.len() > 4 {
        return;
    }
    match &node.kind {
        Kind::Pair(key, value) => {
            let name = key.text().or(key.name()).or(match &key.kind {
                Kind::Member(_, name) => Some(*name),
                _ => None,
            });
            let Some(name) = name else { return };
            let plain = name.split("__").next().unwrap_or(name).rsplit('.').next().unwrap_or(name);
            found.push(Entry { column: plain.to_owned(), value, path: path.clone(), argument });
            path.push(squashed(name));
            collect(value, argument, path, found);
            path.pop();
        }
        Kind::List(items) | Kind::New(_, items) | Kind::Other(items) => {
            for item in items {
                // `{ stock }` names the variable `stock`.
                if let Kind::Name(name) = item.kind
                    && matches!(node.kind, Kind::List(_))
                {
                    found.push(Entry { column: name.to_owned(), value: item, path: path.clone(), argument });
                }
                collect(item, argument, path, found);
            }
        }
        // Diesel: `stock.eq(stock - 1)`.
        Kind::Call(callee, arguments) => {
            // Python makes what it hands over by calling a class: `obj_in=ProductUpdate(stock=left)`.
            let class = callee.name().is_some_and(|name| name.starts_with(char::is_uppercase));
            if class && arguments.iter().all(|part| matches!(part.kind, Kind::Pair(..))) {
                arguments.iter().for_each(|part| collect(part, argument, path, found));
            }
            if let (Kind::Member(_, "stringify"), [body, ..]) = (&callee.kind, arguments.as_slice()) {
                collect(body, argument, path, found);
            }
            if let (Kind::Member(column, "eq"), [value]) = (&callee.kind, arguments.as_slice()) {
                let name = column.name().or(match column.kind {
                    Kind::Member(_, name) => Some(name),
                    _ => None,
                });
                if let Some(name) = name {
                    found.push(Entry { column: name.to_owned(), value, path: path.clone(), argument });
                }
            }
        }
        Kind::Function(function) => {
            for part in &function.body {
                collect(part, argument, path, found);
            }
        }
        Kind::Return(values) => {
            for value in values {
                collect(value, argument, path, found);
            }
        }
        _ => {}
    }
}
