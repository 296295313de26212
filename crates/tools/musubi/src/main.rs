//! The command: up, serve, and every engine as a subcommand.

fn main() {}
