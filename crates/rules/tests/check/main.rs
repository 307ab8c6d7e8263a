//! The checker, seen from outside: examples, output, options, and what it makes of hostile input.

mod examples;
mod hostile;
mod output;
