//! The auditor: judges the fourteen invariants by the history and the books.
//!
//! Pure: decides from what it is given. Leaves gathering to the others.
