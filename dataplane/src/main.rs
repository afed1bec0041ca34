//! The `errata` program.
fn main() {}
