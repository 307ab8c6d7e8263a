//! What a declared type says of the thing that has it.

use super::names::words;

/// Whether a type is what a caller asks for.
pub(super) fn is_request_type(declared: &str) -> bool {
    let words = words(declared);
    words
        .last()
        .is_some_and(|last| matches!(last.as_str(), "dto" | "request" | "command" | "input" | "payload"))
}

/// The entity in a declared type: `Optional<Product>`, `*models.Product`, `Promise<Product | null>`.
pub(super) fn declared_entity(declared: &str) -> String {
    let ignored = [
        "Optional",
        "List",
        "Promise",
        "Option",
        "Result",
        "Vec",
        "Set",
        "Map",
        "Arc",
        "Box",
        "IEnumerable",
        "ICollection",
        "Array",
        "String",
        "Long",
        "Integer",
        "Double",
        "Int",
        "UUID",
        "Guid",
        "Some",
        "Decimal",
        "BigDecimal",
    ];
    let mut found = "";
    for piece in declared.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if piece.starts_with(char::is_uppercase) && !ignored.contains(&piece) {
            found = piece;
            break;
        }
    }
    found.to_owned()
}
