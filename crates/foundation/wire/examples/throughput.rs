//! What the server does by itself, and what `role_router` adds: plain keep-alive over loopback, one server thread, one
//! client thread, no pipelining. Prints requests a second and the server thread's CPU time a request (Linux).
//!
//! `cargo run --release -p musubi-wire --example throughput -- 5 64` (seconds a run, connections)

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use musubi_wire::{Json, Server, Shutdown, role_router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

type Failure = Box<dyn std::error::Error>;

const GET: &[u8] = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
const POST: &[u8] = b"POST /sum HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"a\":1,\"b\":2}";

#[derive(serde::Deserialize)]
struct Sum {
    a: u64,
    b: u64,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let seconds = arguments.next().transpose()?.unwrap_or(5);
    let connections = arguments.next().transpose()?.unwrap_or(64);
    let api = || {
        Router::new()
            .route("/hello", get(async || "hello"))
            .route("/sum", post(|Json(sum): Json<Sum>| async move { Json(sum.a + sum.b) }))
    };
    println!("{:<28}{:>12}{:>22}", "", "requests/s", "server CPU us/request");
    for (name, request) in [("GET text", GET), ("POST JSON", POST)] {
        for (kind, router) in [("bare axum", api()), ("role_router", role_router("bench", api()))] {
            let (rate, cpu) = measure(router, request, Duration::from_secs(seconds), connections)?;
            println!("{:<28}{rate:>12.0}{cpu:>22.2}", format!("{name}, {kind}"));
        }
    }
    Ok(())
}

fn measure(
    router: Router,
    request: &'static [u8],
    time: Duration,
    connections: u64,
) -> Result<(f64, f64), Failure> {
    let serving =
        Builder::new_multi_thread().worker_threads(1).thread_name("bench-server").enable_all().build()?;
    let server = serving.block_on(Server::bind("127.0.0.1:0"))?;
    let (addr, shutdown) = (server.local_addr(), Shutdown::new());
    let task = serving.spawn(server.serve(router, None, shutdown.clone()));
    let client = Builder::new_current_thread().enable_all().build()?;
    client.block_on(load(addr, request, Duration::from_millis(300), connections));
    let (cpu, begun) = (server_cpu(), Instant::now());
    let answers = client.block_on(load(addr, request, time, connections));
    let (cpu, took) = (server_cpu() - cpu, begun.elapsed());
    shutdown.trigger();
    serving.block_on(task)?;
    Ok((answers as f64 / took.as_secs_f64(), cpu * 1e6 / answers as f64))
}

async fn load(addr: SocketAddr, request: &'static [u8], time: Duration, connections: u64) -> u64 {
    let end = Instant::now() + time;
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(addr).await.ok()?;
                stream.set_nodelay(true).ok()?;
                let (mut buffer, mut answers) = ([0_u8; 1024], 0);
                while Instant::now() < end {
                    stream.write_all(request).await.ok()?;
                    // Our answers fit one segment, so one read is one answer.
                    answers += u64::from(stream.read(&mut buffer).await.ok()? > 0);
                }
                Some(answers)
            })
        })
        .collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.ok().flatten().unwrap_or(0);
    }
    sum
}

/// CPU seconds of the server's threads so far; 0 where /proc is not to be had.
fn server_cpu() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let spent = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        name.starts_with("bench-server").then(|| spent.split(' ').next()?.parse::<f64>().ok())?
    });
    nanoseconds.sum::<f64>() / 1e9
}
