mod cards;
mod numbers;

use std::sync::Arc;

use access::{Directory, Organisation, Policy};
use axum::{Router, extract::State, routing::post};
use calendar::{Clock, Date, FixedClock, Timestamp};
use codes::{
    Custody, DomainCodes, ExchangeId, FileCustody, Insurance, KeyName, LinkCode, Medical, OrgId, OrgKind,
    RootCode,
};
use ledger::Receipt;
use my_number::MyNumber;
use protocol::{
    clients::paths,
    eligibility::MedicalLinkUpdate,
    relay::{Acknowledged, PersonState, PersonStateUpdate},
};
use protocol_admin::issuer::{
    InsuranceLinksRequest, LINK_RECORD, MedicalIdAct, MedicalIdAnswer, MedicalIdRequest,
};
use tokio::sync::Mutex;
use wire::{Json, Problem, Server, Shutdown};

use crate::{Config, KEYS, Service, file::RegisterError, open};

/// What the stand-ins of relay and eligibility service heard, in the order of arrival.
#[derive(Clone, Default)]
struct Heard {
    states: Arc<Mutex<Vec<PersonStateUpdate>>>,
    links: Arc<Mutex<Vec<MedicalLinkUpdate>>>,
    cards: cards::Heard,
}

struct House {
    issuer: Service,
    heard: Heard,
    relay: Arc<FileCustody>,
    eligibility: Arc<FileCustody>,
    clock: Arc<FixedClock>,
    shutdown: Shutdown,
    _dir: tempfile::TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

fn org(kind: OrgKind) -> OrgId {
    OrgId::new(kind, "1").unwrap()
}

fn acknowledged(exchange: ExchangeId) -> axum::Json<Acknowledged> {
    let receipt = Receipt { origin: "test".into(), index: 0, at: 0 };
    axum::Json(Acknowledged { exchange, receipt })
}

async fn state(
    State(heard): State<Heard>,
    Json(update): Json<PersonStateUpdate>,
) -> axum::Json<Acknowledged> {
    let exchange = update.exchange;
    heard.states.lock().await.push(update);
    acknowledged(exchange)
}

async fn link(State(heard): State<Heard>, Json(update): Json<MedicalLinkUpdate>) -> axum::Json<Acknowledged> {
    let exchange = update.exchange;
    heard.links.lock().await.push(update);
    acknowledged(exchange)
}

async fn house(reachable: bool) -> House {
    let dir = tempfile::tempdir().unwrap();
    let (heard, shutdown) = (Heard::default(), Shutdown::new());
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", server.local_addr());
    if reachable {
        let routes = Router::new()
            .route(paths::PERSON_STATES, post(state))
            .route(paths::MEDICAL_LINKS, post(link))
            .with_state(heard.clone())
            .merge(cards::stand_ins(heard.cards.clone()));
        tokio::spawn(server.serve(routes, None, shutdown.clone()));
    }
    let keys = |names: &[KeyName]| Arc::new(FileCustody::ephemeral(names).unwrap());
    let relay = keys(&[KeyName::ENVELOPE, KeyName::MEDICAL_K2, KeyName::MEDICAL_ORG]);
    let eligibility = keys(&[KeyName::ENVELOPE, KeyName::INSURANCE_K2, KeyName::INSURANCE_ORG]);
    let member = |kind, custody: Option<&FileCustody>| {
        let since = Date::new(2026, 1, 1).unwrap();
        let mut found = Organisation::new(org(kind), kind.to_string(), kind.to_string(), since);
        found.api = Some(address.clone());
        found.envelope_key = custody.map(|c| c.envelope_public_key().unwrap());
        found
    };
    let directory = Directory::of([
        member(OrgKind::Issuer, None),
        member(OrgKind::Municipality, None),
        member(OrgKind::Institution, None),
        member(OrgKind::Jpki, None),
        member(OrgKind::Relay, Some(&relay)),
        member(OrgKind::Eligibility, Some(&eligibility)),
    ])
    .unwrap();
    let clock = Arc::new(FixedClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let issuer = open(Config {
        org: org(OrgKind::Issuer),
        store: "sqlite::memory:".into(),
        ledger: dir.path().join("ledger"),
        custody: keys(KEYS),
        policy: Policy::builtin(directory).unwrap(),
        client: wire::Client::plain(),
        clock: clock.clone(),
    })
    .unwrap();
    House { issuer, heard, relay, eligibility, clock, shutdown, _dir: dir }
}

fn number(i: u64) -> MyNumber {
    MyNumber::from_body(10_000_000_000 + i).unwrap()
}

fn register(rows: u64) -> String {
    let mut text = "resident_code,my_number,name,kana,birth,sex,postal_code,address,removed_on\n".to_owned();
    for i in 0..rows {
        let resident = codes::ResidentCode::from_body(1_000_000_000 + i).unwrap();
        text.push_str(&format!("{resident},{},𠮷田　{i},ヨシダ,1990-01-01,2,,,\n", number(i)));
    }
    text
}

impl House {
    async fn load(&self, text: String) -> Result<u64, RegisterError> {
        let report = self.issuer.load_residents(move || Ok(std::io::Cursor::new(text.clone()))).await?;
        Ok(report.residents)
    }

    fn exchange(&self) -> ExchangeId {
        self.clock.advance(1);
        ExchangeId::new(self.clock.now().as_millis())
    }

    fn request(&self, i: u64, act: MedicalIdAct) -> MedicalIdRequest {
        MedicalIdRequest::new(self.exchange(), number(i), act)
    }

    async fn act(&self, i: u64, act: MedicalIdAct) -> Result<MedicalIdAnswer, Problem> {
        self.issuer.medical_id(&org(OrgKind::Municipality), self.request(i, act)).await
    }

    /// The start of the day, in milliseconds.
    fn clock_day(&self) -> i64 {
        Timestamp::start_of(self.clock.now().date()).as_millis()
    }

    fn medical(&self, update: &PersonStateUpdate) -> RootCode<Medical> {
        let bytes = update.link.open(&*self.relay).unwrap();
        let link = LinkCode::from_bytes(bytes.as_slice().try_into().unwrap());
        DomainCodes::new(self.relay.clone() as Arc<dyn Custody>).root_one(&link).unwrap()
    }

    async fn links(&self, numbers: Vec<MyNumber>) -> Vec<Option<RootCode<Insurance>>> {
        let request = InsuranceLinksRequest { exchange: self.exchange(), my_numbers: numbers };
        let answer = self.issuer.insurance_links(&org(OrgKind::Eligibility), request).await.unwrap();
        let records = answer.links.open(&*self.eligibility).unwrap();
        let codes = DomainCodes::new(self.eligibility.clone() as Arc<dyn Custody>);
        let root = |record: &[u8]| {
            let link = LinkCode::from_bytes(record[1..].try_into().unwrap());
            (record[0] == 1).then(|| codes.root_one(&link).unwrap())
        };
        records.chunks_exact(LINK_RECORD).map(root).collect()
    }
}

#[tokio::test]
async fn every_insured_person_has_one_insurance_code_and_strangers_none() {
    let house = house(true).await;
    assert_eq!(house.load(register(300)).await.unwrap(), 300);
    assert_eq!(house.load(register(300)).await.unwrap(), 300, "loading again changes nothing");
    let asked: Vec<MyNumber> = (0..301).rev().map(number).collect();
    let roots = house.links(asked).await;
    assert!(roots[0].is_none(), "nobody on the register has this number");
    let distinct: std::collections::HashSet<_> = roots[1..].iter().map(|r| *r.unwrap().as_bytes()).collect();
    assert_eq!(distinct.len(), 300);
    let again = house.links(vec![number(7)]).await;
    assert!(again[0] == roots[300 - 7], "the code never changes");
}

#[tokio::test]
async fn only_the_eligibility_service_gets_links_and_only_counters_act() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    let request = InsuranceLinksRequest { exchange: house.exchange(), my_numbers: vec![number(0)] };
    let denied = house.issuer.insurance_links(&org(OrgKind::Institution), request).await.unwrap_err();
    assert_eq!(denied.code(), "not-for-this-kind");
    let request = house.request(0, MedicalIdAct::OptIn);
    let denied = house.issuer.medical_id(&org(OrgKind::Institution), request).await.unwrap_err();
    assert_eq!(denied.code(), "not-for-this-kind");
}

#[tokio::test]
async fn nothing_is_derived_for_who_did_not_ask() {
    let house = house(true).await;
    house.load(register(2)).await.unwrap();
    house.act(0, MedicalIdAct::Refuse).await.unwrap();
    assert!(house.act(1, MedicalIdAct::Revoke).await.is_err());
    assert!(house.heard.states.lock().await.is_empty());
    assert!(house.heard.links.lock().await.is_empty());
}

#[tokio::test]
async fn a_changed_number_is_another_and_the_old_one_dies_first() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    house.act(0, MedicalIdAct::OptIn).await.unwrap();
    let changed = house.act(0, MedicalIdAct::Change).await.unwrap();
    assert_eq!((changed.active, changed.generation), (true, 1));
    house.act(0, MedicalIdAct::Revoke).await.unwrap();
    let states = house.heard.states.lock().await;
    let told: Vec<PersonState> = states.iter().map(|s| s.state).collect();
    use PersonState::{Active, Revoked};
    assert_eq!(told, [Active, Revoked, Active, Revoked]);
    let codes: Vec<_> = states.iter().map(|s| house.medical(s)).collect();
    assert!(codes[0] == codes[1] && codes[2] == codes[3] && codes[0] != codes[2]);
    let links = house.heard.links.lock().await;
    assert_eq!(links.iter().map(|l| l.link.is_some()).collect::<Vec<_>>(), [true, true, false]);
    let mut gone = links[0].link.clone().unwrap();
    gone.context.purpose = "another".into();
    assert!(gone.open(&*house.relay).is_err(), "an envelope opens for its purpose alone");
}

#[tokio::test]
async fn a_retry_gets_the_same_answer_and_another_question_under_its_key_is_refused() {
    let house = house(true).await;
    house.load(register(2)).await.unwrap();
    let counter = org(OrgKind::Municipality);
    let request = house.request(0, MedicalIdAct::OptIn);
    let first = house.issuer.medical_id(&counter, request.clone()).await.unwrap();
    let again = house.issuer.medical_id(&counter, request.clone()).await.unwrap();
    assert_eq!(first.at, again.at);
    assert_eq!(house.heard.states.lock().await.len(), 1, "told once");
    let other = MedicalIdRequest { my_number: number(1), ..request };
    assert_eq!(house.issuer.medical_id(&counter, other).await.unwrap_err().code(), "exchange-already-used");
}

#[tokio::test]
async fn an_act_that_cannot_reach_the_others_is_kept_and_said_so() {
    let house = house(false).await;
    house.load(register(1)).await.unwrap();
    let problem = house.act(0, MedicalIdAct::OptIn).await.unwrap_err();
    assert_eq!((problem.parts().status, problem.code()), (503, "not-yet-everywhere"));
    let (_, active) = house.issuer.counts().await.unwrap();
    assert_eq!(active, 1, "recorded");
}

#[tokio::test]
async fn a_register_with_one_wrong_row_leaves_nothing_behind() {
    let house = house(true).await;
    let text = register(5_000).replace("4999,ヨシダ,1990-01-01", "4999,ヨシダ,1990-02-30");
    let error = house.load(text).await.unwrap_err();
    assert!(matches!(error, RegisterError::Field { line: 5_001, column: "birth", .. }), "{error}");
    assert_eq!(house.issuer.counts().await.unwrap().0, 0);
    let twice = register(1) + register(2).lines().nth(1).unwrap_or_default();
    let stolen = twice.replacen(&number(0).to_string(), &number(9).to_string(), 1);
    assert!(matches!(house.load(stolen).await, Err(RegisterError::Duplicate)));
}
