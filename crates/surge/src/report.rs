//! The report: a verdict with its timeline and environment as one self-contained page.
