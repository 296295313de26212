//! Load and benchmark programs, peers side by side.

fn main() {}
