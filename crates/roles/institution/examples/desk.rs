//! A reception desk with invented people, for looking at its pages: prints the address and serves until stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../tests/desk/town/mod.rs"]
mod town;

use calendar::{Clock as _, SystemClock};
use wire::Server;

#[tokio::main]
async fn main() {
    let desk =
        town::Town::with(town::Options { oqs: true, background: true, ..town::Options::default() }).await;
    desk.clock.set(SystemClock.now());
    let service = desk.role.service();
    service.import_patients(town::answers::PATIENTS.into()).await.unwrap();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let server = Server::bind(&address).await.unwrap();
    println!("http://{}", server.local_addr());
    let clock = std::sync::Arc::clone(&desk.clock);
    tokio::spawn(async move {
        loop {
            clock.set(SystemClock.now());
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    });
    server.serve(desk.role.pages(), None, desk.shutdown.clone()).await;
}
