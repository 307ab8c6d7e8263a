//! Classes of a file: whether their objects are stored in a database, and whether an optimistic version protects them.

use super::fact::ClassFact;
use super::idiom::{PERSISTENT, VERSIONS};
use super::names::squashed;
use super::tree::{Class, Kind, Node};

/// Every class of a file, and the classes that a database context lists.
pub(crate) fn classes(root: &Node<'_>) -> Vec<ClassFact> {
    let mut found = Vec::new();
    root.walk(&mut |node| match &node.kind {
        Kind::Class(class) => {
            found.push(ClassFact { name: class.name.to_owned(), versioned: is_versioned(class) })
        }
        // Mongoose: `new Schema({...}, { optimisticConcurrency: true })` protects what the file defines.
        Kind::Pair(key, _) if key.name() == Some("optimisticConcurrency") => {
            found.push(ClassFact { name: String::new(), versioned: true });
        }
        _ => {}
    });
    found
}

/// Whether objects of a class are rows.
pub(crate) fn is_persistent(class: &Class<'_>) -> bool {
    let named = |text: &str| {
        let text = text.to_lowercase();
        PERSISTENT.iter().any(|word| text.contains(word)) || is_base(&text)
    };
    let decorated = class.decorators.iter().any(|decorator| {
        decorator.root().name().is_some_and(|name| {
            matches!(
                name,
                "Entity" | "Document" | "Table" | "Schema" | "ORM" | "DynamoDBTable" | "MappedSuperclass"
            )
        })
    });
    let tabled = class.body.iter().any(|part| {
        part.any(&|node| matches!(&node.kind, Kind::Assign(target, _, _) if target.name() == Some("__tablename__")))
    });
    decorated || tabled || named(class.bases)
}

/// Whether an assignment to a record of the class is a write to the database, as in Odoo's models.
pub(crate) fn writes_through(class: &Class<'_>) -> bool {
    class.body.iter().any(|part| {
        part.any(&|node| {
            matches!(&node.kind, Kind::Assign(target, _, _) if matches!(target.name(), Some("_inherit" | "_name")))
        })
    })
}

fn is_base(bases: &str) -> bool {
    let bases = bases.trim_matches(|c: char| matches!(c, '(' | ')' | ':' | '<' | ' '));
    bases.split([',', ' ']).any(|base| {
        matches!(
            base.trim(),
            "model"
                | "models.model"
                | "base"
                | "entity"
                | "db.model"
                | "applicationrecord"
                | "activerecord::base"
        )
    })
}

fn is_versioned(class: &Class<'_>) -> bool {
    let marks = ["Version", "ConcurrencyCheck", "Timestamp", "VersionColumn"];
    class.body.iter().any(|part| {
        part.any(&|node| match &node.kind {
            Kind::Call(callee, _) => callee.name().is_some_and(|name| marks.contains(&name)),
            Kind::Assign(target, _, _) => target.name().is_some_and(|name| {
                matches!(name, "lock_version" | "version_id_col") || name == "RowVersion"
            }),
            Kind::Pair(key, _) => key.text().or(key.name()) == Some("version_id_col"),
            Kind::Name(name) => *name == "RowVersion" || marks[1..].contains(name),
            _ => false,
        })
    }) && !VERSIONS.contains(&squashed(class.name).as_str())
}
