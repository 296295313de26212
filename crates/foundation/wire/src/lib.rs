//! HTTP server and client, mTLS, errors, health, metrics, page frame.
//!
//! A role makes its routes, completes them with [`role_router`], and hands them to [`Server::serve`] with its [`Tls`]
//! and the process's [`Shutdown`]. It calls other roles with a [`Client`]. Everything that can go wrong is a
//! [`Problem`]; everything that people see is a [`page::Page`].

mod answer;
mod client;
mod connect;
pub mod dev_ca;
mod guard;
mod json;
pub mod metrics;
mod observe;
pub mod page;
mod panic;
mod problem;
mod request_id;
mod router;
mod server;
pub mod session;
mod shutdown;
mod tls;
mod vhosts;

pub use client::{Answer, Answering, Client, ClientError, Patience};
pub use connect::Hosts;
pub use json::{Json, decode};
pub use page::{Lang, Page, t};
pub use problem::{Parts as ProblemParts, Problem, TYPE_PREFIX};
pub use request_id::{REQUEST_ID, RequestId};
pub use router::{Allowance, role_router, role_router_with};
pub use server::{BindError, Limits, Server};
pub use session::{Csrf, Desk, DeskSession};
pub use shutdown::Shutdown;
pub use tls::{Peer, SAN_PREFIX, Tls, TlsError};
pub use vhosts::Vhosts;
