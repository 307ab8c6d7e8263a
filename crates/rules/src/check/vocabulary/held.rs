//! Words for units that are held for somebody.

/// Columns that mean held units wherever they stand.
pub(in crate::check) const RESERVED: &[&str] = &[
    "reservedquantity",
    "quantityreserved",
    "reservedstock",
    "stockreserved",
    "reservedqty",
    "allocatedstock",
    "stockallocated",
    "numallocated",
    "quantityallocated",
    "allocatedquantity",
    "lockedstock",
    "stocklocked",
];

/// Words for held units that may be one part of a column's name, beside a word for stock or a quantity.
pub(in crate::check) const HELD_CORE: &[&str] =
    &["reserved", "allocated", "locked", "held", "frozen", "reservado", "reservada", "reservados", "dipesan"];

pub(in crate::check) const RESERVED_WEAK: &[&str] = &["reserved", "allocated", "held", "locked"];
