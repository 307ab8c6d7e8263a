//! Functions named after a column (`updateStock(id, left)`, ent's `AddStock(-n)`): what they are given tells what they write.

use super::Writer;
use crate::check::amount::{Direction, Shape, sign};
use crate::check::chain::Chain;
use crate::check::fact::{AmountWrite, Persistence, Way};
use crate::check::guard;
use crate::check::idiom::SAVES;
use crate::check::names::{Names, words};
use crate::check::owner::column_of;
use crate::check::tree::{Kind, Node};

/// How the names of functions begin that set a column to what they are given.
const SETTERS: &[&str] = &[
    "set",
    "update",
    "save",
    "change",
    "modify",
    "edit",
    "actualizar",
    "atualizar",
    "modificar",
    "cambiar",
    "alterar",
    "ubah",
    "perbarui",
    "capnhat",
    "guncelle",
    "aggiorna",
];

impl<'t, 'a> Writer<'_, 't, 'a, '_> {
    /// `updateStock(id, product.stock - n)`: a function named after the column is given what was computed from the read.
    pub(super) fn named_setter(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        self.generated(chain, position, found);
        self.built(chain, position, found);
        self.place_of_column(chain, position, found);
        let given = link.given();
        let by_name = given.iter().take(1).filter(|argument| matches!(argument.kind, Kind::Pair(..)));
        let rest = by_name.chain(given.iter().skip(1)).map(|argument| match &argument.kind {
            Kind::Pair(_, value) => value,
            _ => argument,
        });
        if !sets_column(link.name, &link.key, self.reading.names) {
            return;
        }
        for value in rest {
            let Some((entity, column)) = self.amount_in(value, 0) else { continue };
            let Some(meaning) = self.meaning(&entity, &column) else { continue };
            let Shape::ReadModify(direction, read) = self.shape(&column, value) else { continue };
            let mut write = self.write(meaning, &entity, &column, self.place(link));
            write.way = Way::ReadModify(direction);
            write.read = read;
            found.push(write);
            return;
        }
    }

    /// `ref('products/7/stock').set(left)` of Firebase, `Product.stock.set(left)` of PynamoDB.
    fn place_of_column(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let link = &chain.links[position];
        let ([value], "set") = (link.given(), link.key.as_str()) else { return };
        let before = position.checked_sub(1).map(|before| &chain.links[before]);
        let place = before.and_then(|before| match before.given() {
            [path] if before.key == "ref" => place_of_path(path),
            // Pyrebase's `db.child("products").child(id).child("stock").set(left)`.
            [column] if before.key == "child" => {
                let first = chain.links.iter().find(|link| link.key == "child");
                let entity = first.and_then(|link| link.given().first()).and_then(Node::text);
                column.text().map(|column| (entity.unwrap_or_default().to_owned(), column.to_owned()))
            }
            [] if before.arguments.is_none() => chain
                .root
                .name()
                .filter(|root| root.starts_with(char::is_uppercase))
                .map(|root| (root.to_owned(), before.name.to_owned())),
            _ => None,
        });
        let Some((entity, column)) = place.or_else(|| self.place_by_name(chain, position)) else { return };
        let Some(meaning) = self.meaning(&entity, &column) else { return };
        let Shape::ReadModify(direction, read) = self.shape(&column, value) else { return };
        let mut write = self.write(meaning, &entity, &column, self.place(link));
        write.way = Way::ReadModify(direction);
        write.read = read;
        found.push(write);
    }

    /// The same where the reference was put into a variable: `stock.set(snapshot.val() - n)`.
    fn place_by_name(&self, chain: &Chain<'t, 'a>, position: usize) -> Option<(String, String)> {
        let name = chain.root.name().filter(|_| position == 0)?;
        let reference = Chain::of(self.unit.definition(name, chain.span.start)?.value, true)?;
        let link = reference.links.last().filter(|link| link.key == "ref")?;
        link.given().first().and_then(place_of_path)
    }

    /// The first amount that a value is computed from.
    fn amount_in(&self, value: &Node<'a>, depth: usize) -> Option<(String, String)> {
        if depth > 3 {
            return None;
        }
        if let Some((object, column)) = column_of(value) {
            let entity = self.unit.owner(object).entity;
            return self.meaning(&entity, column).map(|_| (entity, column.to_owned()));
        }
        match &value.kind {
            Kind::Binary(_, left, right) => {
                self.amount_in(left, depth + 1).or_else(|| self.amount_in(right, depth + 1))
            }
            Kind::Name(name) => {
                let definition = self.unit.definition(name, value.span.start)?;
                (definition.value.span.start != value.span.start)
                    .then(|| self.amount_in(definition.value, depth + 1))?
            }
            Kind::Call(callee, arguments) => {
                // `dao.getStock(id)`
                let column = crate::check::owner::asked_column(callee);
                match column.filter(|column| self.reading.names.is_strong(column)) {
                    Some(column) => Some((String::new(), column.to_owned())),
                    None => arguments.iter().find_map(|part| self.amount_in(part, depth + 1)),
                }
            }
            _ => None,
        }
    }

    /// `product.toBuilder().stock(product.getStock() - n).build()`, if what was built is given to something that stores it.
    fn built(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let (link, before) = (&chain.links[position], &chain.links[..position]);
        let copies = before.iter().any(|link| link.key == "tobuilder");
        let ([value], true) = (link.given(), copies) else { return };
        let entity = self.unit.entity_of(chain);
        let Some(meaning) = self.meaning(&entity, link.name) else { return };
        let Shape::ReadModify(direction, read) = self.shape(link.name, value) else { return };
        let mut write = self.write(meaning, &entity, link.name, self.place(link));
        write.way = Way::ReadModify(direction);
        write.read = read;
        let name = self.unit.assignments.iter().find(|one| one.value.span == chain.span);
        let name = name.and_then(|one| one.target.name());
        let stored = self.unit.chains.iter().any(|other| {
            let given = other
                .links
                .iter()
                .flat_map(crate::check::chain::Link::given)
                .any(|argument| argument.span == chain.span || name.is_some() && argument.name() == name);
            given && other.links.iter().any(|link| SAVES.contains(&link.key.as_str()))
        });
        write.persistence = if stored { Persistence::Saved } else { Persistence::Unseen };
        found.push(write);
    }

    /// Methods that a code generator made for a column: `UpdateOneID(id).AddStock(-n)`, `UpdateOne(p).SetStock(p.Stock - n)`.
    fn generated(&self, chain: &Chain<'t, 'a>, position: usize, found: &mut Vec<AmountWrite>) {
        let (link, before) = (&chain.links[position], &chain.links[..position]);
        let updates = before.iter().any(|link| link.key.starts_with("update"));
        let column = link.name.strip_prefix("Add").or_else(|| link.name.strip_prefix("Set"));
        let ([value], Some(column), true) = (link.given(), column, updates) else { return };
        let entity = self.unit.entity_of(chain);
        let Some(meaning) = self.meaning(&entity, column) else { return };
        let mut write = self.write(meaning, &entity, column, self.place(link));
        if link.name.starts_with("Add") {
            write.way = Way::Relative(sign(value, Direction::Up));
        } else if let Shape::ReadModify(direction, read) = self.shape(column, value) {
            write.way = Way::ReadModify(direction);
            write.read = read;
        }
        write.guard = guard::in_chain(chain, position, column);
        write.rows = guard::row_count(self.unit, chain, self.reading);
        found.push(write);
    }
}

/// Whether a function is named after a column that it sets: `updateStock`, `atualizar_estoque`.
pub(super) fn sets_column(name: &str, key: &str, names: &Names) -> bool {
    let Some(rest) = SETTERS.iter().find_map(|verb| key.strip_prefix(verb)) else { return false };
    let named = words(name)
        .iter()
        .skip(1)
        .any(|word| names.may_matter(word) && !matches!(word.as_str(), "count" | "number" | "amount"));
    named || names.is_strong(rest)
}

/// The thing and the column that a path of Firebase ends at: `products/7/stock`.
fn place_of_path(path: &Node<'_>) -> Option<(String, String)> {
    let (parts, column) = path.text()?.rsplit_once('/')?;
    Some((parts.split('/').next().unwrap_or_default().to_owned(), column.to_owned()))
}
