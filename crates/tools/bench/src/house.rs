//! A real eligibility service on disk, an issuer that answers at once, and their doors.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::{Directory, Organisation, Policy};
use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Router};
use calendar::{Clock, SystemClock};
use codes::{
    Custody, DomainCodes, EnvelopeContext, FileCustody, InstitutionCode, Insurance, InsuranceCode,
    IssuerCodes, KeyName, KeyVersion, OrgId, OrgKind, ResidentCode, RootBlockInput,
};
use eligibility::{Config, KEYS, Role};
use protocol::Sealed;
use protocol::card::{AppletContents, CardId};
use protocol::clients::paths;
use protocol::sealed::purpose;
use protocol_admin::issuer::{InsuranceLinksAnswer, InsuranceLinksRequest, LINK_RECORD, LINKS_MAX};
use serde::{Deserialize, Serialize};
use wire::dev_ca::{DevCa, TlsPem};
use wire::{Allowance, Json, Peer, Problem, Server, Shutdown, role_router_with};

use crate::members;

/// The service and what it needs around it.
pub struct House {
    /// The role under measurement.
    pub role: Role,
    /// Where it answers over mTLS.
    pub secure: SocketAddr,
    /// Where it answers over plain HTTP, to whom it takes for the institution.
    pub plain: SocketAddr,
    /// Where the bare server answers over mTLS.
    pub bare_secure: SocketAddr,
    /// Where the bare server answers over plain HTTP.
    pub bare_plain: SocketAddr,
    /// Who asks, and how the client seals.
    pub asking: Asking,
    /// The insurer's certificate.
    pub insurer: Certificate,
    issuer: Issuer,
    codes: DomainCodes<Insurance>,
    store: PathBuf,
    shutdown: Shutdown,
    servers: Vec<tokio::task::JoinHandle<()>>,
}

/// What the institution's side knows.
#[derive(Clone, Serialize, Deserialize)]
pub struct Asking {
    /// Who asks.
    pub institution: OrgId,
    /// Whom.
    pub eligibility: OrgId,
    /// To what key a card seals.
    pub envelope_key: codes::EnvelopeKey,
    /// The institution's certificate.
    pub certificate: Certificate,
}

/// A certificate that travels to the client process.
#[derive(Clone, Serialize, Deserialize)]
pub struct Certificate {
    /// Chain, PEM.
    pub chain: String,
    /// Key, PEM.
    pub key: String,
    /// Whom to trust, PEM.
    pub ca: String,
}

impl From<TlsPem> for Certificate {
    fn from(pem: TlsPem) -> Self {
        Self { chain: pem.cert_chain, key: pem.key, ca: pem.ca }
    }
}

impl House {
    /// Opens everything in `directory`.
    ///
    /// # Errors
    /// When a part cannot be opened.
    pub async fn open(directory: &Path) -> anyhow::Result<Self> {
        let names = Names::new()?;
        let ca = DevCa::create_or_open(&directory.join("ca"))?;
        let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(KEYS)?);
        let envelope_key = custody.envelope_public_key()?;
        let shutdown = Shutdown::new();
        let mut doors = Doors { shutdown: shutdown.clone(), servers: Vec::new() };
        let issuer = Issuer::new(names.eligibility, envelope_key)?;
        let issuer_at = doors.open(issuer.router(), Some(ca.issue(&names.issuer, &["localhost"])?)).await?;
        let tls = ca.issue(&names.eligibility, &["localhost"])?;
        let store = directory.join("eligibility.db");
        let config = Config {
            org: names.eligibility,
            store: format!("sqlite:{}", store.display()),
            ledger: directory.join("ledger"),
            origin: "musubi.test/eligibility/1".to_owned(),
            spool: directory.join("spool"),
            custody: Arc::clone(&custody),
            policy: Policy::builtin(names.directory(issuer_at)?)?,
            client: wire::Client::new(&tls.tls()?),
            clock: Arc::new(SystemClock),
            reader: None,
            handover: true,
            shutdown: shutdown.clone(),
        };
        let role = eligibility::open(config).await?;
        let as_institution = role.api().layer(Extension(Peer(names.institution)));
        Ok(Self {
            secure: doors.open(role.api(), Some(tls.clone())).await?,
            plain: doors.open(as_institution, None).await?,
            bare_secure: doors.open(bare(), Some(tls)).await?,
            bare_plain: doors.open(bare(), None).await?,
            role,
            asking: Asking {
                institution: names.institution,
                eligibility: names.eligibility,
                envelope_key,
                certificate: ca.issue(&names.institution, &["localhost"])?.into(),
            },
            insurer: ca.issue(&names.insurer, &["localhost"])?.into(),
            issuer,
            codes: DomainCodes::new(custody),
            store,
            shutdown,
            servers: doors.servers,
        })
    }

    /// What these persons' cards hold.
    ///
    /// # Errors
    /// The custodian's.
    pub fn cards(&self, persons: &[u64]) -> anyhow::Result<Vec<AppletContents>> {
        let blocks = persons.iter().map(|n| block(members::body(*n))).collect::<anyhow::Result<Vec<_>>>()?;
        let codes = self.codes.roots(&self.issuer.codes.link(&blocks)?)?;
        Ok(codes.into_iter().map(|code| AppletContents { code, card: card_of(&code) }).collect())
    }

    /// Gives every member a card, beside the service's door: a million cards over the counter are not what is measured.
    ///
    /// # Errors
    /// The custodian's or the store's.
    pub fn hand_out_cards(&self, members: u64) -> anyhow::Result<()> {
        const PUT: &str = "INSERT INTO card (person, applet_key, id, since) VALUES (?1, ?2, ?3, 0)";
        let mut db = rusqlite::Connection::open(&self.store)?;
        db.busy_timeout(std::time::Duration::from_secs(60))?;
        let tx = db.transaction()?;
        let persons: Vec<u64> = (0..members).collect();
        for batch in persons.chunks(100_000) {
            let mut cards = self.cards(batch)?;
            cards.sort_unstable_by_key(|card| *card.code.as_bytes());
            let mut put = tx.prepare_cached(PUT)?;
            for card in cards {
                let applet = [*card.card.as_bytes(), *card.code.as_bytes()].concat();
                put.execute((card.code.as_bytes(), applet, card.card.as_bytes()))?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Ends all servers and closes the ledger.
    pub async fn close(self) {
        self.shutdown.trigger();
        for server in self.servers {
            // A server that panicked has said so already.
            let _ = server.await;
        }
    }
}

/// Who takes part.
struct Names {
    eligibility: OrgId,
    issuer: OrgId,
    insurer: OrgId,
    institution: OrgId,
}

impl Names {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            eligibility: OrgId::new(OrgKind::Eligibility, "1")?,
            issuer: OrgId::new(OrgKind::Issuer, "1")?,
            insurer: OrgId::insurer(&members::insurer()?),
            institution: OrgId::institution(&InstitutionCode::from_body("131123456")?),
        })
    }

    fn directory(&self, issuer: SocketAddr) -> anyhow::Result<Directory> {
        let since = SystemClock.today().add_years(-1);
        let mut first = Organisation::new(self.issuer, "付番機関", "Issuer", since);
        first.api = Some(format!("https://localhost:{}", issuer.port()));
        Ok(Directory::of([
            first,
            Organisation::new(self.eligibility, "資格確認サービス", "Eligibility service", since),
            Organisation::new(self.insurer, "結健康保険組合", "Musubi health insurance", since),
            Organisation::new(self.institution, "結北病院", "Musubi North Hospital", since),
        ])?)
    }
}

/// Opens listening sockets.
struct Doors {
    shutdown: Shutdown,
    servers: Vec<tokio::task::JoinHandle<()>>,
}

impl Doors {
    async fn open(&mut self, router: Router, tls: Option<TlsPem>) -> anyhow::Result<SocketAddr> {
        let server = Server::bind("127.0.0.1:0").await?;
        let address = server.local_addr();
        let tls = tls.map(|pem| pem.tls()).transpose()?;
        self.servers.push(tokio::spawn(server.serve(router, tls, self.shutdown.clone())));
        Ok(address)
    }
}

/// Takes the same question and answers a constant of the same size: what HTTP alone costs here.
fn bare() -> Router {
    let answer: Arc<str> = "x".repeat(1_100).into();
    let constant = move |body: axum::body::Bytes| async move {
        std::hint::black_box(body);
        Json(serde_json::json!({ "validity": "valid", "rest": &*answer }))
    };
    role_router_with("bare", Router::new().route(paths::CHECKS, post(constant)), Allowance::default())
}

/// An issuer for whom everybody is on the register: resident code and My Number share their first digits.
#[derive(Clone)]
struct Issuer {
    codes: IssuerCodes<Insurance>,
    eligibility: OrgId,
    key: codes::EnvelopeKey,
}

impl Issuer {
    fn new(eligibility: OrgId, key: codes::EnvelopeKey) -> anyhow::Result<Self> {
        let custody: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&[KeyName::INSURANCE_K1])?);
        Ok(Self { codes: IssuerCodes::new(custody, KeyVersion::FIRST), eligibility, key })
    }

    fn router(&self) -> Router {
        let routes = Router::new().route(paths::INSURANCE_LINKS, post(links)).with_state(self.clone());
        // A quoted number and its comma, and room for the rest of the message.
        let body = LINKS_MAX * 16 + 4_096;
        role_router_with("issuer", routes, Allowance { body, ..Allowance::default() })
    }

    fn answer(&self, request: &InsuranceLinksRequest) -> anyhow::Result<InsuranceLinksAnswer> {
        let blocks = request.my_numbers.iter().map(|number| {
            let digits = number.to_string();
            block(digits.get(..11).unwrap_or_default().parse()?)
        });
        let links = self.codes.link(&blocks.collect::<anyhow::Result<Vec<_>>>()?)?;
        let mut records = Vec::with_capacity(links.len() * LINK_RECORD);
        for link in &links {
            records.push(1);
            records.extend_from_slice(link.as_bytes());
        }
        let context = EnvelopeContext {
            recipient: self.eligibility,
            purpose: purpose::INSURANCE_LINK.to_owned(),
            expires_at: SystemClock.now().as_seconds() + 300,
            exchange: request.exchange,
            consent: None,
            binding: Vec::new(),
        };
        Ok(InsuranceLinksAnswer {
            exchange: request.exchange,
            links: Sealed::new(&self.key, context, &records)?,
        })
    }
}

async fn links(
    State(issuer): State<Issuer>,
    Json(request): Json<InsuranceLinksRequest>,
) -> Result<Json<InsuranceLinksAnswer>, Problem> {
    issuer
        .answer(&request)
        .map(Json)
        .map_err(|error| Problem::new(500, "bench-issuer").detail(error.to_string(), error.to_string()))
}

/// The id of a member's card: any bytes that differ from person to person.
fn card_of(code: &InsuranceCode) -> CardId {
    CardId::from_bytes((!u128::from_be_bytes(*code.as_bytes())).to_be_bytes())
}

fn block(body: u64) -> anyhow::Result<RootBlockInput> {
    Ok(RootBlockInput::first(ResidentCode::from_value(body)?))
}
