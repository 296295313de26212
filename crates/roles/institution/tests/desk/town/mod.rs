//! A town for one desk: an eligibility service, a relay and a reader that the tests can switch.
#![allow(dead_code)]

pub mod answers;
pub mod reader;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use access::{Directory, Organisation};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use calendar::{Date, FixedClock, Timestamp};
use codes::{
    Custody, EnvelopeContext, EnvelopeKey, FileCustody, InstitutionCode, KeyName, Medical, OrgCode, OrgId,
    OrgKind,
};
use ledger::Receipt;
use musubi_institution::{Config, OqsFolders, Patience, Role, open};
use protocol::Sealed;
use protocol::clients::paths;
use protocol::eligibility::{CheckAnswer, CheckRequest};
use protocol::reader::ReaderPort;
use protocol::relay::{RegisterAnswer, RegisterRequest};
use protocol::sealed::purpose;
use wire::{Client, Desk, Json, Problem, Server, Shutdown, role_router};

pub const CODE: &str = "1310000003";

/// Everything around one institution.
pub struct Town {
    pub role: Role,
    pub clock: Arc<FixedClock>,
    pub service: Arc<Eligibility>,
    pub relay: Arc<Relay>,
    pub directory: Arc<Directory>,
    pub reader: Arc<reader::FakeReader>,
    pub shutdown: Shutdown,
    pub dir: tempfile::TempDir,
}

/// The fake eligibility service.
pub struct Eligibility {
    pub custody: Arc<FileCustody>,
    pub id: OrgId,
    pub down: AtomicBool,
    /// Hears the question and never answers.
    pub silent: AtomicBool,
    pub asked: AtomicU32,
    pub clock: Arc<FixedClock>,
    pub relay_key: EnvelopeKey,
    pub relay_id: OrgId,
    /// Every answer given, by exchange: a retry gets the same.
    pub given: Mutex<Vec<(CheckRequest, CheckAnswer)>>,
}

/// The fake relay.
pub struct Relay {
    pub custody: Arc<FileCustody>,
    pub down: AtomicBool,
    pub asked: AtomicU32,
    pub institution_key: EnvelopeKey,
}

pub struct Options {
    pub oqs: bool,
    pub desk: Desk,
    pub twelve_digit_patients: bool,
    pub packages: Vec<Vec<std::path::PathBuf>>,
    pub background: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            oqs: false,
            desk: Desk::open(),
            twelve_digit_patients: false,
            packages: Vec::new(),
            background: false,
        }
    }
}

impl Town {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-22T09:41:00+09:00".parse().unwrap();
        Self::at(dir, options, Arc::new(FixedClock::new(now))).await
    }

    /// Opens (again) the institution whose files lie in `dir`.
    pub async fn at(dir: tempfile::TempDir, options: Options, clock: Arc<FixedClock>) -> Self {
        let code = InstitutionCode::from_body(&CODE[..9]).unwrap();
        let org = OrgId::institution(&code);
        let custody: Arc<FileCustody> = Arc::new(
            FileCustody::create_or_open(
                &dir.path().join("keys"),
                codes::Unlock::KeyFile(dir.path().join("unlock")),
                musubi_institution::KEYS,
            )
            .unwrap(),
        );
        let relay = Arc::new(Relay {
            custody: Arc::new(FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap()),
            down: AtomicBool::new(false),
            asked: AtomicU32::new(0),
            institution_key: custody.envelope_public_key().unwrap(),
        });
        let relay_id = OrgId::new(OrgKind::Relay, "1").unwrap();
        let service = Arc::new(Eligibility {
            custody: Arc::new(FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap()),
            id: OrgId::new(OrgKind::Eligibility, "1").unwrap(),
            down: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            asked: AtomicU32::new(0),
            clock: Arc::clone(&clock),
            relay_key: relay.custody.envelope_public_key().unwrap(),
            relay_id,
            given: Mutex::new(Vec::new()),
        });
        let shutdown = Shutdown::new();
        let directory = Arc::new(Directory::new());
        let checks = Router::new().route(paths::CHECKS, post(check)).with_state(Arc::clone(&service));
        let base = serve(role_router("fake-eligibility", checks), &shutdown).await;
        directory.put(organisation(service.id, base, service.custody.envelope_public_key().unwrap()));
        let registrations =
            Router::new().route(paths::REGISTRATIONS, post(register)).with_state(Arc::clone(&relay));
        let base = serve(role_router("fake-relay", registrations), &shutdown).await;
        directory.put(organisation(relay_id, base, relay.custody.envelope_public_key().unwrap()));

        let reader = Arc::new(reader::FakeReader::new());
        let oqs = options.oqs.then(|| OqsFolders::new(dir.path().join("OQS")));
        let role = open(Config {
            store: format!("sqlite:{}", dir.path().join("institution.db").display()),
            ledger: dir.path().join("ledger"),
            origin: "musubi.test/institution/1".into(),
            custody,
            org,
            code,
            name_ja: "北町総合病院".into(),
            name_en: "Kitamachi General Hospital".into(),
            directory: Arc::clone(&directory),
            client: Client::plain(),
            clock: Arc::<FixedClock>::clone(&clock),
            reader: Some(Arc::<reader::FakeReader>::clone(&reader) as Arc<dyn ReaderPort>),
            oqs,
            terminal: "受付1".into(),
            desk: options.desk,
            patience: Patience::default(),
            twelve_digit_patients: options.twelve_digit_patients,
            packages: options.packages,
            background: options.background,
            shutdown: shutdown.clone(),
        })
        .await
        .unwrap();
        Self { role, clock, service, relay, directory, reader, shutdown, dir }
    }
}

impl Town {
    /// Every byte that the institution has written anywhere holds none of these digits.
    pub fn holds_nowhere(&self, digits: &str) {
        let mut waiting = vec![self.dir.path().to_path_buf()];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(digits.len()).any(|window| window == digits.as_bytes());
                assert!(!found && !path.to_string_lossy().contains(digits), "{}", path.display());
            }
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

pub fn organisation(id: OrgId, base: String, key: EnvelopeKey) -> Organisation {
    let mut organisation = Organisation::new(id, "機関", "Organisation", Date::parse("2020-01-01").unwrap());
    organisation.api = Some(base);
    organisation.envelope_key = Some(key);
    organisation
}

pub async fn serve(router: Router, shutdown: &Shutdown) -> String {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", server.local_addr());
    tokio::spawn(server.serve(router, None, shutdown.clone()));
    base
}

async fn check(
    State(service): State<Arc<Eligibility>>,
    Json(request): Json<CheckRequest>,
) -> Result<Json<CheckAnswer>, Problem> {
    service.asked.fetch_add(1, Ordering::SeqCst);
    if service.down.load(Ordering::SeqCst) {
        return Err(Problem::new(503, "down"));
    }
    if service.silent.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let known = service.given.lock().unwrap().iter().find(|(r, _)| r.exchange == request.exchange).cloned();
    if let Some((same, answer)) = known {
        assert_eq!(same, request, "a retry carries the same body");
        return Ok(Json(answer));
    }
    let answer = answers::answer(&service, &request)?;
    service.given.lock().unwrap().push((request, answer.clone()));
    Ok(Json(answer))
}

async fn register(
    State(relay): State<Arc<Relay>>,
    Json(request): Json<RegisterRequest>,
) -> Result<Json<RegisterAnswer>, Problem> {
    relay.asked.fetch_add(1, Ordering::SeqCst);
    if relay.down.load(Ordering::SeqCst) {
        return Err(Problem::new(503, "down"));
    }
    let opened = request.ticket.open(&*relay.custody).map_err(|_| Problem::new(422, "ticket"))?;
    let mut code = [0_u8; 17];
    code[1] = opened[0];
    let code = OrgCode::<Medical>::from_bytes(code);
    let context = EnvelopeContext {
        recipient: request.institution,
        purpose: purpose::ORG_CODE.into(),
        expires_at: request.ticket.context.expires_at,
        exchange: request.exchange,
        consent: None,
        binding: Vec::new(),
    };
    let code = Sealed::new(&relay.institution_key, context, code.as_bytes()).unwrap();
    let receipt = Receipt { origin: "musubi.test/relay/1".into(), index: 7, at: 0 };
    Ok(Json(RegisterAnswer { exchange: request.exchange, code, receipt }))
}
