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

pub(in crate::check) const RESERVED_WEAK: &[&str] = &["reserved", "allocated", "held", "locked"];
