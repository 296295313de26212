//! Everybody else: issuer, certification service, relay's key, institutions and insurers with their certificates.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use access::{Directory, Organisation, Policy};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use calendar::{Clock, FixedClock, Timestamp};
use codes::{
    Custody, DomainCodes, EnvelopeContext, EnvelopeKey, FileCustody, Insurance, InsuranceCode, KeyName,
    LinkCode, OrgId, OrgKind,
};
use musubi_eligibility::{Config, KEYS, Role, open};
use my_number::MyNumber;
use protocol::Sealed;
use protocol::card::AppletContents;
use protocol::clients::{EligibilityClient, paths};
use protocol::eligibility::{MedicalLinkUpdate, PersonaliseRequest};
use protocol::jpki::{CertificateCode, CertificateCodeAnswer, CertificateCodeRequest, CertificateStatus};
use protocol::notices::NoticeRequest;
use protocol::relay::Acknowledged;
use protocol::sealed::{STANDING, purpose};
use protocol_admin::clients::ReportClient;
use protocol_admin::issuer::{InsuranceLinksAnswer, InsuranceLinksRequest};
use sha2::{Digest, Sha256};
use wire::dev_ca::DevCa;
use wire::{Client, Json, Problem, Server, Shutdown, Tls};

use crate::person::{day, insurer};

pub struct World {
    pub dir: tempfile::TempDir,
    pub clock: Arc<FixedClock>,
    pub directory: Directory,
    pub eligibility: OrgId,
    pub custody: Arc<FileCustody>,
    pub relay: Arc<FileCustody>,
    pub role: Role,
    pub fakes: Arc<Fakes>,
    ca: DevCa,
    base: String,
    shutdown: Shutdown,
}

/// What the other roles know and how often they were asked.
pub struct Fakes {
    pub links_asked: AtomicUsize,
    pub certificates: Mutex<HashMap<String, CertificateCode>>,
    /// What the relay was asked to tell persons, in order of arrival.
    pub told: Mutex<Vec<NoticeRequest>>,
    /// Rings with each of them.
    pub telling: tokio::sync::Notify,
    /// The relay takes what it is told, and its answer is lost.
    pub answers_lost: AtomicBool,
    eligibility: OrgId,
    key: EnvelopeKey,
}

impl World {
    pub async fn new() -> Self {
        Self::with(false).await
    }

    pub async fn with(handover: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ca = DevCa::create_or_open(&dir.path().join("ca")).unwrap();
        let custody = Arc::new(FileCustody::ephemeral(KEYS).unwrap());
        let relay = Arc::new(FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap());
        let eligibility = org("eligibility/1");
        let fakes = Arc::new(Fakes {
            links_asked: AtomicUsize::new(0),
            certificates: Mutex::default(),
            told: Mutex::default(),
            telling: tokio::sync::Notify::new(),
            answers_lost: AtomicBool::new(false),
            eligibility,
            key: custody.envelope_public_key().unwrap(),
        });
        let shutdown = Shutdown::new();
        let issuer = serve(&ca, org("issuer/1"), fakes.issuer(), &shutdown).await;
        let jpki = serve(&ca, org("jpki/1"), fakes.jpki(), &shutdown).await;
        let passes_on = serve(&ca, org("relay/1"), fakes.relay(), &shutdown).await;
        let directory = directory(&issuer, &jpki, &passes_on, &relay);
        let clock = Arc::new(FixedClock::new("2026-11-22T10:00:00+09:00".parse().unwrap()));
        let parts = Parts { dir: dir.path().into(), eligibility, handover, shutdown: shutdown.clone() };
        let role = parts.open(&ca, &custody, &directory, &clock).await;
        let base = serve(&ca, eligibility, role.api(), &shutdown).await;
        Self { dir, clock, directory, eligibility, custody, relay, role, fakes, ca, base, shutdown }
    }

    /// The same service after its process ended and began again.
    pub async fn restart(mut self) -> Self {
        self.shutdown.trigger();
        let shutdown = Shutdown::new();
        let eligibility = self.eligibility;
        let parts =
            Parts { dir: self.dir.path().into(), eligibility, handover: false, shutdown: shutdown.clone() };
        let issuer = serve(&self.ca, org("issuer/1"), self.fakes.issuer(), &shutdown).await;
        let jpki = serve(&self.ca, org("jpki/1"), self.fakes.jpki(), &shutdown).await;
        let passes_on = serve(&self.ca, org("relay/1"), self.fakes.relay(), &shutdown).await;
        let others = directory(&issuer, &jpki, &passes_on, &self.relay);
        let old = std::mem::take(&mut self.base);
        drop((old, self.role));
        // The old process's servers let go of the ledger when their last connection ends.
        let role = loop {
            let ledger = self.dir.path().join("ledger/lock");
            if std::fs::File::open(&ledger).unwrap().try_lock().is_ok() {
                break parts.open(&self.ca, &self.custody, &others, &self.clock).await;
            }
            tokio::task::yield_now().await;
        };
        let base = serve(&self.ca, eligibility, role.api(), &shutdown).await;
        Self { role, base, shutdown, directory: others, ..self }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn envelope_key(&self) -> EnvelopeKey {
        self.custody.envelope_public_key().unwrap()
    }

    pub fn http(&self, who: OrgId) -> Client {
        Client::new(&tls(&self.ca, who))
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn desk(&self, who: OrgId) -> EligibilityClient {
        EligibilityClient::new(self.http(who), &self.base)
    }

    pub fn insurer(&self, which: u8) -> ReportClient {
        ReportClient::new(self.http(OrgId::insurer(&insurer(which))), &self.base)
    }

    /// The insurance code of a person, as the service computes it.
    pub fn code(&self, number: &MyNumber) -> InsuranceCode {
        let codes: DomainCodes<Insurance> = DomainCodes::new(self.custody.clone());
        codes.root_one(&LinkCode::from_bytes(link(number))).unwrap()
    }

    /// The link code of a person as the issuer seals it.
    pub fn sealed_link(&self, number: &MyNumber) -> Sealed {
        self.fakes.seal(&link(number), crate::person::exchange(self))
    }

    /// A new card of a person, made through the service's own door.
    pub async fn card(&self, number: &MyNumber) -> AppletContents {
        self.card_with(&FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap(), number).await
    }

    /// What the card with these keys is given.
    pub async fn card_with(&self, applet: &FileCustody, number: &MyNumber) -> AppletContents {
        let question = PersonaliseRequest {
            exchange: crate::person::exchange(self),
            person: self.sealed_link(number),
            card_key: applet.envelope_public_key().unwrap(),
        };
        let answer = self.desk(org("issuer/1")).personalise(&question).await.unwrap();
        assert!(answer.code.is_current(purpose::CARD_PERSONALISE, self.now().as_seconds()));
        AppletContents::from_bytes(&answer.code.open(applet).unwrap()).unwrap()
    }

    /// The person asks for a medical ID: the issuer leaves the envelope that the relay opens.
    pub async fn opt_in(&self, number: &MyNumber) {
        let context = EnvelopeContext {
            recipient: org("relay/1"),
            purpose: purpose::MEDICAL_LINK.into(),
            expires_at: STANDING,
            exchange: crate::person::exchange(self),
            consent: None,
            binding: Vec::new(),
        };
        let link = Sealed::new(&self.relay.envelope_public_key().unwrap(), context, &[7; 16]).unwrap();
        let exchange = crate::person::exchange(self);
        let update = MedicalLinkUpdate { exchange, person: self.sealed_link(number), link: Some(link) };
        self.desk(org("issuer/1")).set_medical_link(&update).await.unwrap();
    }

    /// Says what the certification service answers about a certificate.
    pub fn certify(&self, der: &[u8], status: CertificateStatus, holder: Option<Sealed>) {
        let fingerprint = data_encoding::HEXLOWER.encode(&Sha256::digest(der));
        self.fakes.certificates.lock().unwrap().insert(fingerprint, CertificateCode { status, holder });
    }
}

struct Parts {
    dir: PathBuf,
    eligibility: OrgId,
    handover: bool,
    shutdown: Shutdown,
}

impl Parts {
    async fn open(
        self,
        ca: &DevCa,
        custody: &Arc<FileCustody>,
        directory: &Directory,
        clock: &Arc<FixedClock>,
    ) -> Role {
        let config = Config {
            org: self.eligibility,
            store: format!("sqlite:{}", self.dir.join("eligibility.db").display()),
            ledger: self.dir.join("ledger"),
            origin: protocol::ledger::origin(&self.eligibility),
            spool: self.dir.join("spool"),
            custody: custody.clone(),
            policy: Policy::builtin(directory.clone()).unwrap(),
            client: Client::new(&tls(ca, self.eligibility)),
            clock: clock.clone(),
            reader: Some(Arc::new(crate::pages::OneCard)),
            handover: self.handover,
            shutdown: self.shutdown,
        };
        open(config).await.unwrap()
    }
}

impl Fakes {
    fn issuer(self: &Arc<Self>) -> Router {
        Router::new().route(paths::INSURANCE_LINKS, post(links)).with_state(self.clone())
    }

    fn relay(self: &Arc<Self>) -> Router {
        Router::new().route(paths::NOTICES, post(tell)).with_state(self.clone())
    }

    fn jpki(self: &Arc<Self>) -> Router {
        Router::new().route(paths::CERTIFICATE_CODES, post(codes)).with_state(self.clone())
    }

    fn seal(&self, payload: &[u8], exchange: codes::ExchangeId) -> Sealed {
        let context = EnvelopeContext {
            recipient: self.eligibility,
            purpose: purpose::INSURANCE_LINK.into(),
            expires_at: STANDING,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Sealed::new(&self.key, context, payload).unwrap()
    }
}

/// Knows every number but those whose body begins with 9.
async fn links(
    State(fakes): State<Arc<Fakes>>,
    Json(question): Json<InsuranceLinksRequest>,
) -> Json<InsuranceLinksAnswer> {
    fakes.links_asked.fetch_add(1, Ordering::SeqCst);
    let mut records = Vec::new();
    for number in &question.my_numbers {
        let known = !number.to_string().starts_with('9');
        records.push(u8::from(known));
        records.extend_from_slice(&if known { link(number) } else { [0; 16] });
    }
    let links = fakes.seal(&records, question.exchange);
    Json(InsuranceLinksAnswer { exchange: question.exchange, links })
}

async fn tell(
    State(fakes): State<Arc<Fakes>>,
    Json(request): Json<NoticeRequest>,
) -> Result<Json<Acknowledged>, Problem> {
    let (exchange, lost) = (request.exchange, fakes.answers_lost.load(Ordering::SeqCst));
    fakes.told.lock().unwrap().push(request);
    fakes.telling.notify_one();
    if lost {
        return Err(Problem::new(503, "lost"));
    }
    let receipt = ledger::Receipt { origin: "musubi.test/relay/1".into(), index: 0, at: 0 };
    Ok(Json(Acknowledged { exchange, receipt }))
}

async fn codes(
    State(fakes): State<Arc<Fakes>>,
    Json(question): Json<CertificateCodeRequest>,
) -> Json<CertificateCodeAnswer> {
    let known = fakes.certificates.lock().unwrap();
    let unknown = CertificateCode { status: CertificateStatus::Unknown, holder: None };
    let answer = |c: &protocol::jpki::CertificateRef| known.get(&c.fingerprint).unwrap_or(&unknown).clone();
    let certificates = question.certificates.iter().map(answer).collect();
    Json(CertificateCodeAnswer { exchange: question.exchange, certificates })
}

pub fn org(text: &str) -> OrgId {
    text.parse().unwrap()
}

pub fn hospital() -> OrgId {
    org("institution/1310000001")
}

pub fn clinic() -> OrgId {
    org("institution/1310000002")
}

pub fn portal() -> OrgId {
    org("portal/1")
}

/// The same for a person's later number ([`crate::person::later_number`]) as for the first.
fn link(number: &MyNumber) -> [u8; 16] {
    let number = number.to_string();
    let (kind, who) = (&number[..1], &number[1..11]);
    Sha256::digest(format!("{}{who}", kind.replace('8', "1")))[..16].try_into().unwrap()
}

fn directory(issuer: &str, jpki: &str, passes_on: &str, relay: &FileCustody) -> Directory {
    let since = day("2014-12-10");
    let with = |id: OrgId, api: Option<&str>| {
        let mut organisation = Organisation::new(id, format!("{id}の名"), format!("name of {id}"), since);
        organisation.api = api.map(str::to_owned);
        if id.kind() == OrgKind::Relay {
            organisation.envelope_key = Some(relay.envelope_public_key().unwrap());
        }
        organisation
    };
    let insurers = (1..=3).map(|which| with(OrgId::insurer(&insurer(which)), None));
    let others = [
        with(org("issuer/1"), Some(issuer)),
        with(org("jpki/1"), Some(jpki)),
        with(org("relay/1"), Some(passes_on)),
        with(org("eligibility/1"), None),
        with(hospital(), None),
        with(portal(), None),
        with(clinic(), None),
    ];
    Directory::of(others.into_iter().chain(insurers)).unwrap()
}

fn tls(ca: &DevCa, who: OrgId) -> Tls {
    let pem = ca.issue_once(&who, &["localhost"]).unwrap();
    Tls::from_pem(&pem.cert_chain, &pem.key, &pem.ca).unwrap()
}

async fn serve(ca: &DevCa, who: OrgId, router: Router, shutdown: &Shutdown) -> String {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://localhost:{}", server.local_addr().port());
    tokio::spawn(server.serve(router, Some(tls(ca, who)), shutdown.clone()));
    base
}
