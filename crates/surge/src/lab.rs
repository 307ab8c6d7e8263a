//! The pattern lab: ways to sell a unit, as bare SQL, side by side.
