//! How fast members are loaded and desks answered, with CPU seconds beside the clock: on a machine that others use
//! too, the CPU seconds are the figure to compare.
//!
//! `cargo run --release -p musubi-eligibility --example speed -- <members> <checks> [connections]`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a measurement")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Directory, Organisation, Policy};
use axum::extract::{Extension, State};
use axum::{Router, routing::post};
use calendar::{Clock, Date, SystemClock, Timestamp};
use codes::{
    Custody, EnvelopeContext, EnvelopeKey, ExchangeId, FileCustody, InsurerNumber,
    OrgId,
};
use musubi_eligibility::{Config, KEYS, open};
use my_number::MyNumber;
use protocol::Sealed;
use protocol::clients::paths;
use protocol::eligibility::{CheckRequest, Person, Presented, ReadProof, Relation, Sex, Terms};
use protocol::reader::ReaderMode;
use protocol::sealed::{STANDING, purpose};
use protocol_admin::issuer::{InsuranceLinksAnswer, InsuranceLinksRequest};
use protocol_admin::report::{MembershipReport, ReportAct};
use protocol_admin::report_file::{FileHeader, Writer};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::{Client, Hosts, Json, Patience, Peer, Server, Shutdown, role_router_with};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (members, checks, connections) = (number(100_000), number(50_000), number(64));
    let dir = tempfile::tempdir_in(std::env::var("SPEED_DIR").unwrap_or_else(|_| "/tmp".into())).unwrap();
    let custody = Arc::new(FileCustody::ephemeral(KEYS).unwrap());
    let key = custody.envelope_public_key().unwrap();
    let allowance = wire::Allowance { body: 1 << 26, time: Duration::from_secs(60) };
    let issuer = Router::new().route(paths::INSURANCE_LINKS, post(links)).with_state(key);
    let issuer = serve(role_router_with("issuer", issuer, allowance)).await;
    let patience = Patience { answer: Duration::from_secs(3_600), ..Patience::default() };
    let config = Config {
        org: org("eligibility/1"),
        store: format!("sqlite:{}", dir.path().join("e.db").display()),
        ledger: dir.path().join("ledger"),
        origin: "musubi.test/eligibility/1".into(),
        spool: dir.path().join("spool"),
        custody: custody.clone(),
        policy: Policy::builtin(directory(&issuer)).unwrap(),
        client: Client::build(None, Hosts::new(), patience),
        clock: Arc::new(SystemClock),
        reader: None,
        handover: false,
        shutdown: Shutdown::new(),
    };
    let role = open(config).await.unwrap();
    let insurer: InsurerNumber = InsurerNumber::from_body("0613001").unwrap();
    let for_insurer = serve(role.api().layer(Extension(Peer(OrgId::insurer(&insurer))))).await;
    load(&for_insurer, insurer, members, patience).await;
    let for_desk = serve(role.api().layer(Extension(Peer(hospital())))).await;
    ask(&for_desk, &custody, key, members, checks, connections).await;
}

async fn load(base: &str, insurer: InsurerNumber, members: u64, patience: Patience) {
    let header = FileHeader { insurer, file_id: "first".into(), written_at: SystemClock.now() };
    let mut writer = Writer::new(Vec::new(), &header).unwrap();
    for who in 0..members {
        writer.write(&member(insurer, who)).unwrap();
    }
    let file = writer.finish().unwrap();
    let size = file.len();
    let client = Client::build(None, Hosts::new(), patience);
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let answer = client.post_bytes(base, paths::REPORT_FILES, "text/csv", file).await.unwrap();
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let outcome: protocol_admin::report::FileOutcome = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(outcome.accepted, members);
    println!(
        "load: {members} members ({} MB) in {wall:.2} s = {:.0}/s; {cpu:.2} CPU s = {:.1} us each (issuer and client included)",
        size / 1_000_000,
        members as f64 / wall,
        cpu * 1e6 / members as f64
    );
}

async fn ask(base: &str, custody: &FileCustody, key: EnvelopeKey, members: u64, checks: u64, connections: u64) {


    let requests: Vec<Vec<Vec<u8>>> = (0..connections)
        .map(|c| (0..checks / connections).map(|i| request(custody, key, (c * 7919 + i * 104_729) % members)).collect())
        .collect();
    let address = base.trim_start_matches("http://").to_owned();
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let mut tasks = Vec::new();
    for own in requests {
        let address = address.clone();
        tasks.push(tokio::spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut latencies = Vec::with_capacity(own.len());
            let mut buffer = vec![0; 16 * 1024];
            for request in own {
                let begun = Instant::now();
                stream.write_all(&request).await.unwrap();
                answer(&mut stream, &mut buffer).await;
                latencies.push(begun.elapsed());
            }
            latencies
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    latencies.sort();
    let at = |share: f64| latencies[(share * (latencies.len() - 1) as f64) as usize].as_secs_f64() * 1e3;
    let done = latencies.len() as f64;
    println!(
        "checks: {done:.0} on {connections} connections in {wall:.2} s = {:.0}/s; p50 {:.2} ms, p99 {:.2} ms; {:.1} us CPU each (client included)",
        done / wall,
        at(0.5),
        at(0.99),
        cpu * 1e6 / done
    );
}

/// Reads one answer; checks that it says 200 and "valid".
async fn answer(stream: &mut tokio::net::TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let count = stream.read(&mut buffer[filled..]).await.unwrap();
        assert!(count > 0, "closed: {}", String::from_utf8_lossy(&buffer[..filled]));
        filled += count;
        let Some(head) = buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let length: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|l| l.parse().ok())
            .unwrap();
        if filled >= head + 4 + length {
            assert!(text.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
            return;
        }
    }
}

fn request(custody: &FileCustody, key: EnvelopeKey, who: u64) -> Vec<u8> {
    let at = SystemClock.now().add_millis(4_000);
    let exchange = ExchangeId::new(at.as_millis());
    let nonce = data_encoding::HEXLOWER.encode(exchange.as_bytes());
    let context = EnvelopeContext {
        recipient: org("eligibility/1"),
        purpose: purpose::CARD_READ.into(),
        expires_at: at.as_seconds() + 60,
        exchange,
        consent: None,
        binding: ReadProof::binding(&hospital(), at, &nonce),
    };
    let mut blocks = [link(&number(who))];
    custody
        .permute(&codes::KeyName::INSURANCE_K2, None, codes::Direction::Encrypt, &mut blocks)
        .unwrap();
    let code = Sealed::new(&key, context, &blocks[0]).unwrap();
    let proof = ReadProof { mode: ReaderMode::Face, at, nonce, statement: "ab".repeat(32) };
    let body = serde_json::to_vec(&CheckRequest {
        exchange,
        institution: hospital(),
        terminal: "desk-1".into(),
        on: Timestamp::date(SystemClock.now()),
        known_at: None,
        presented: Presented::InsuranceCode { code, proof },
    })
    .unwrap();
    let head = format!(
        "POST /checks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

async fn links(
    State(key): State<EnvelopeKey>,
    Json(question): Json<InsuranceLinksRequest>,
) -> Json<InsuranceLinksAnswer> {
    let mut records = Vec::with_capacity(question.my_numbers.len() * 17);
    for number in &question.my_numbers {
        records.push(1);
        records.extend_from_slice(&link(number));
    }
    let context = EnvelopeContext {
        recipient: org("eligibility/1"),
        purpose: purpose::INSURANCE_LINK.into(),
        expires_at: STANDING,
        exchange: question.exchange,
        consent: None,
        binding: Vec::new(),
    };
    let links = Sealed::new(&key, context, &records).unwrap();
    Json(InsuranceLinksAnswer { exchange: question.exchange, links })
}

fn member(insurer: InsurerNumber, who: u64) -> MembershipReport {
    let from = Date::new(2020, 4, 1).unwrap().add_days((who % 1_500) as i32);
    MembershipReport {
        report_id: format!("a-{who}"),
        act: ReportAct::Acquisition,
        my_number: number(who),
        insured: format!("{}:{}:{who}:01", insurer.padded8(), 1_000 + who / 1_000).parse().unwrap(),
        qualified_on: from,
        disqualified_on: None,
        loss_reason: None,
        relation: Relation::Insured,
        person: Person {
            name: "山田　太郎".into(),
            kana: "ヤマダ　タロウ".into(),
            sex: Sex::Male,
            birthdate: Date::new(1980, 5, 6).unwrap(),
            postal_code: "123-4567".into(),
            address: "東京都千代田区霞が関一丁目2番3号".into(),
        },
        terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
        effective_on: None,
        notified_on: from.add_days(3),
    }
}

fn number(who: u64) -> MyNumber {
    MyNumber::from_body(who.wrapping_mul(48_271) % 99_999_999_977).unwrap()
}

fn link(number: &MyNumber) -> [u8; 16] {
    Sha256::digest(number.to_string().as_bytes())[..16].try_into().unwrap()
}

fn org(text: &str) -> OrgId {
    text.parse().unwrap()
}

fn hospital() -> OrgId {
    org("institution/1310000001")
}

fn directory(issuer: &str) -> Directory {
    let since = Date::new(2014, 12, 10).unwrap();
    let mut known = Organisation::new(org("issuer/1"), "付番機関", "issuer", since);
    known.api = Some(issuer.to_owned());
    let insurer = OrgId::insurer(&InsurerNumber::from_body("0613001").unwrap());
    let others = [
        known,
        Organisation::new(hospital(), "北病院", "North Hospital", since),
        Organisation::new(insurer, "北健保", "North insurer", since),
    ];
    Directory::of(others).unwrap()
}

async fn serve(router: Router) -> String {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", server.local_addr());
    tokio::spawn(server.serve(router, None, Shutdown::new()));
    base
}

/// CPU seconds of this process so far.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
