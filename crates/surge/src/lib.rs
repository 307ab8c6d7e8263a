//! Buyers, faults, an auditor and a report: the stranger who doubts. The room is reserved, and empty so far.
