//! Classes of a file: whether their objects are stored in a database, and whether an optimistic version protects them.

use super::fact::{ClassFact, Reading};
use super::idiom::{PERSISTENT, VERSIONS};
use super::language::Language;
use super::names::squashed;
use super::tree::{Class, Kind, Node};

/// Every class of a file, and the classes that a database context lists.
pub(crate) fn classes(root: &Node<'_>, reading: Reading<'_>) -> Vec<ClassFact> {
    let mut found = listed(reading);
    root.walk(&mut |node| match &node.kind {
        Kind::Class(class) => found.push(ClassFact {
            name: class.name.to_owned(),
            bases: bases(class),
            versioned: is_versioned(class),
            compared: false,
            listed: false,
        }),
        // Mongoose: `new Schema({...}, { optimisticConcurrency: true })` protects what the file defines.
        Kind::Pair(key, _) if key.name() == Some("optimisticConcurrency") => {
            found.push(ClassFact::compared("", false));
        }
        // Rails' `db/schema.rb`: a table with `lock_version` is locked optimistically.
        Kind::Call(callee, arguments) if callee.name() == Some("create_table") => {
            let locks = |node: &Node<'_>| node.text() == Some("lock_version");
            if let Some(table) = arguments.first().and_then(Node::text)
                && arguments.iter().any(|argument| argument.any(&locks))
            {
                found.push(ClassFact::compared(table, false));
            }
        }
        _ => {}
    });
    found
}

/// The classes that EF Core is told of: `DbSet<Stock>`, `IEntityTypeConfiguration<Stock>`.
fn listed(reading: Reading<'_>) -> Vec<ClassFact> {
    if reading.language != Language::CSharp {
        return Vec::new();
    }
    let source = reading.source;
    let mut found = Vec::new();
    for mark in ["DbSet<", "IEntityTypeConfiguration<", ".Entity<"] {
        for (at, _) in source.match_indices(mark) {
            let rest = &source[at + mark.len()..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // What configures one class says whether that class has a version.
            let own = if mark == "DbSet<" { "" } else { rest };
            let versioned = ["IsRowVersion", "IsConcurrencyToken", "UseXminAsConcurrencyToken"]
                .iter()
                .any(|word| own.split(mark).next().unwrap_or_default().contains(word));
            found.push(ClassFact { name, bases: Vec::new(), versioned, compared: false, listed: true });
        }
    }
    found
}

/// Whether objects of a class are rows.
pub(crate) fn is_persistent(class: &Class<'_>) -> bool {
    let named = |text: &str| {
        let text = text.to_lowercase();
        let mut names = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'));
        // `BaseEntity` ends in a word for it, `IRentable` does not.
        let stored = |name: &str| {
            PERSISTENT.iter().any(|word| name == *word || word.len() > 5 && name.ends_with(word))
                && name != "identity"
        };
        names.any(stored) || text.contains("activerecord") || text.contains("eloquent") || is_base(&text)
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

/// Whether the class is a model of Odoo, whose transactions run at REPEATABLE READ on PostgreSQL and are tried again: the
/// second writer of a row that was read before is refused by the database.
pub(crate) fn is_refused_by_isolation(class: &Class<'_>) -> bool {
    class.body.iter().any(|part| {
        part.any(&|node| {
            matches!(&node.kind, Kind::Assign(target, _, _) if matches!(target.name(), Some("_inherit" | "_name")))
        })
    })
}

/// The names of classes in what a class extends and implements.
fn bases(class: &Class<'_>) -> Vec<String> {
    let names = class.bases.split(|c: char| !c.is_alphanumeric() && c != '_');
    names.filter(|name| name.starts_with(char::is_uppercase)).map(str::to_owned).collect()
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
            // A field called `Timestamp` or a use of `java.sql.Timestamp` is none.
            Kind::Name(name) => *name == "RowVersion",
            _ => false,
        })
    }) && !VERSIONS.contains(&squashed(class.name).as_str())
}
