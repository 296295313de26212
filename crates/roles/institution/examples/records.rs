//! An institution without anybody in it, for looking at its interface: prints the address and serves until stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../tests/desk/town/mod.rs"]
mod town;

use calendar::{Clock as _, SystemClock};
use wire::Server;

#[tokio::main]
async fn main() {
    let house = town::Town::with(town::Options::default()).await;
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let server = Server::bind(&address).await.unwrap();
    println!("http://{}", server.local_addr());
    let clock = std::sync::Arc::clone(&house.clock);
    tokio::spawn(async move {
        loop {
            clock.set(SystemClock.now());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    server.serve(house.role.api(), None, house.shutdown.clone()).await;
}
