//! What the authority does; no HTTP, no SQL.

mod authorities;
mod issue;
mod status;

use std::sync::Arc;

use access::{Action, Asking, Permit, Policy, Purpose};
use calendar::Clock;
use codes::{ExchangeId, OrgId};
use ledger::{Entry, Ledger, Receipt};
use store::{Db, StoreError};
use wire::Problem;

use crate::ca::Endpoints;
use crate::model::Certificate;
use crate::{problems, store as sql};

pub use authorities::Authorities;

/// The certificate authority at work.
#[derive(Clone)]
pub struct Service {
    /// Who it is.
    pub org: OrgId,
    /// Its tables.
    pub db: Db,
    /// Its ledger.
    pub ledger: Ledger,
    /// Who is who, and what is lawful.
    pub policy: Policy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The addresses written into certificates.
    pub endpoints: Endpoints,
    /// The two authorities.
    pub authorities: Arc<Authorities>,
}

/// What the counter shows of one certificate.
pub struct Shown {
    /// The certificate.
    pub certificate: Certificate,
    /// The newest in its line of succession.
    pub newest: String,
}

impl Service {
    /// The certificates issued last, or those whose serial number, common name or holder begins with `search`;
    /// at most 100.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list(&self, search: &str) -> Result<Vec<Certificate>, Problem> {
        let search = search.trim().to_owned();
        self.db.read(move |c| sql::list(c, &search, LISTED)).await.map_err(problems::store)
    }

    /// One certificate.
    ///
    /// # Errors
    /// Not found; when the store cannot be read.
    pub async fn show(&self, serial: &str) -> Result<Shown, Problem> {
        let key = serial_key(serial);
        let found = self.db.read(move |c| {
            let certificate = sql::certificate(c, &key)?;
            Ok::<_, StoreError>(certificate.zip(sql::newest(c, &key)?))
        });
        let (certificate, newest) =
            found.await.map_err(problems::store)?.ok_or_else(|| problems::no_such_certificate("serial"))?;
        Ok(Shown { certificate, newest })
    }

    /// Certificates in force and revoked, for the front page.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self) -> Result<(i64, i64), Problem> {
        let now = self.clock.now().as_seconds();
        self.db.read(move |c| sql::counts(c, now)).await.map_err(problems::store)
    }

    fn decide(&self, peer: &OrgId, action: Action, purpose: Purpose) -> Result<Permit, Problem> {
        let asking = Asking { asker: peer, action, purpose, on: self.clock.today() };
        self.policy.decide(&asking).into_result().map_err(protocol::refusal::denied)
    }

    async fn log(
        &self,
        kind: &'static str,
        exchange: ExchangeId,
        body: serde_json::Value,
    ) -> Result<Receipt, Problem> {
        self.ledger.append(self.entry(kind, exchange, &body)).await.map_err(problems::ledger)
    }

    /// No person is named: the authority knows none, only serial numbers.
    fn entry(&self, kind: &'static str, exchange: ExchangeId, body: &serde_json::Value) -> Entry {
        let at = self.clock.now().as_millis();
        Entry { kind, person: None, exchange, at, body: body.to_string().into_bytes() }
    }
}

/// A serial number as the register writes it: upper-case, without colons and spaces; empty, which no
/// certificate has, when it is none.
fn serial_key(text: &str) -> String {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).take(MAX_SERIAL + 1).collect();
    if digits.len() > MAX_SERIAL || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return String::new();
    }
    digits.to_ascii_uppercase()
}

/// Twenty bytes (RFC 5280 §4.1.2.2), written in hexadecimal.
const MAX_SERIAL: usize = 40;
const LISTED: i64 = 100;
