//! Exchanges of records: an institution asks the relay, shows the grant to the holder, and keeps what comes.
//!
//! Everything is real and on disk: relay, asking institution and holder, each with store and ledger, mTLS between them; a
//! person's rules decide, both institutions and the relay write their ledgers before they go on, fifty resources travel sealed.

use std::fmt::Write as _;
use std::io::Cursor;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use access::{Directory, Organisation, Policy, VerifyingKey};
use anyhow::{Context as _, ensure};
use calendar::{Clock, SystemClock};
use codes::{
    Custody, EnvelopeContext, ExchangeId, FileCustody, InstitutionCode, Insurance, IssuerCodes, KeyName,
    KeyVersion, Medical, OrgCode, OrgId, OrgKind, ResidentCode, RootBlockInput,
};
use consent::{ActReason, Effect, InstitutionKind, Label, Profession, Purposes, Rule, What};
use institution::records::Caller;
use institution::{Order, Why};
use ledger::Receipt;
use protocol::Sealed;
use protocol::consents::{ConsentAct, ConsentUpdate};
use protocol::eligibility::TicketContents;
use protocol::exchange::{Evidence, Practitioner};
use protocol::relay::{PersonState, PersonStateUpdate, RegisterRequest};
use protocol::sealed::{STANDING, purpose};
use wire::dev_ca::DevCa;
use wire::{Client, Desk, Hosts, Server, Shutdown};

use crate::clock::process_cpu;
use crate::disk::Place;
use crate::table::{Goal, Table};

/// Options of `bench exchange`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Persons whom both institutions know.
    #[arg(long, default_value_t = 500)]
    persons: u64,
    /// Resources of each person at the holder.
    #[arg(long, default_value_t = 50)]
    resources: u64,
    /// Rules of each person.
    #[arg(long, default_value_t = 20)]
    rules: usize,
    /// Questions under way at once.
    #[arg(long, default_value_t = 32)]
    desks: usize,
    /// Seconds of the window.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    #[command(flatten)]
    place: Place,
}

/// Measures it.
///
/// # Errors
/// When a role cannot be opened or refuses.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("server").enable_all().build()?;
    runtime.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Table> {
    let place = arguments.place.fresh()?;
    let house = House::open(place.path()).await?;
    house.settle(arguments).await?;
    let until = Instant::now() + Duration::from_secs_f64(arguments.seconds);
    let (next, cpu, begun) = (Arc::new(AtomicU64::new(0)), process_cpu(), Instant::now());
    let mut desks = tokio::task::JoinSet::new();
    for _ in 0..arguments.desks {
        let (asker, next) = (house.asker.service().clone(), Arc::clone(&next));
        let (persons, resources) = (arguments.persons, arguments.resources);
        desks.spawn(async move { desk(&asker, &next, persons, resources, until).await });
    }
    let mut times = Vec::new();
    for done in desks.join_all().await {
        times.extend(done?);
    }
    let (elapsed, cpu) = (begun.elapsed(), process_cpu().saturating_sub(cpu));
    house.shutdown.trigger();
    times.sort_unstable();
    let count = times.len() as f64;
    let at = |part: f64| {
        let place = ((count - 1.0) * part) as usize;
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let title = format!("exchanges of {} resources, {} rules a person", arguments.resources, arguments.rules);
    let mut table = Table::new(title);
    table.add("exchanges", count / elapsed.as_secs_f64(), "1/s").goal(Goal::AtLeast(1_000.0)).note(format!(
        "{} desks; relay, asker and holder in one process over mTLS, everything durable",
        arguments.desks
    ));
    table.add("half of them within", at(0.50), "ms");
    table.add("99 of 100 within", at(0.99), "ms").goal(Goal::AtMost(50.0));
    table.add("CPU of all three", cpu.as_secs_f64() * 1e6 / count, "us");
    Ok(table)
}

/// One desk: asks about one person after another.
async fn desk(
    asker: &institution::Service,
    next: &AtomicU64,
    persons: u64,
    resources: u64,
    until: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let person = next.fetch_add(1, Ordering::Relaxed) % persons;
        let order = Order {
            staff: doctor()?,
            patient: local(person).parse()?,
            why: Why::Treatment,
            looking_for: consent::Categories::NONE,
            care: None,
            holders: Vec::new(),
            searches: vec!["Observation".to_owned()],
        };
        let begun = Instant::now();
        let gathered = asker.gather(order).await?;
        times.push(begun.elapsed());
        let came: usize = gathered.sources.iter().map(|source| source.resources).sum();
        ensure!(came as u64 == resources, "{came} resources came: {:?}", gathered.sources);
    }
    Ok(times)
}

/// A relay and two institutions on disk.
struct House {
    relay: relay::Service,
    asker: institution::Role,
    holder: institution::Role,
    names: Names,
    keys: [Arc<FileCustody>; 2],
    directories: [std::path::PathBuf; 2],
    shutdown: Shutdown,
}

#[derive(Clone, Copy)]
struct Names {
    relay: OrgId,
    issuer: OrgId,
    asker: OrgId,
    holder: OrgId,
}

impl House {
    async fn open(directory: &Path) -> anyhow::Result<Self> {
        let names = Names {
            relay: OrgId::new(OrgKind::Relay, "1")?,
            issuer: OrgId::new(OrgKind::Issuer, "1")?,
            asker: OrgId::institution(&InstitutionCode::from_body("131123456")?),
            holder: OrgId::institution(&InstitutionCode::from_body("131123457")?),
        };
        let relay_keys = Arc::new(FileCustody::ephemeral(relay::KEYS)?);
        let keys = [(); 2].map(|()| FileCustody::ephemeral(institution::KEYS).map(Arc::new));
        let [asker_keys, holder_keys] = keys;
        let keys = [asker_keys?, holder_keys?];
        let members = directory_of(&names, &relay_keys, &keys)?;
        let ca = DevCa::create_or_open(&directory.join("ca"))?;
        let (hosts, shutdown) = (Hosts::new(), Shutdown::new());
        let doors = Doors { ca: &ca, hosts: &hosts, shutdown: &shutdown };
        let relay = relay::open(relay::Config {
            org: names.relay,
            store: format!("sqlite:{}", directory.join("relay.db").display()),
            ledger: directory.join("relay-ledger"),
            custody: relay_keys,
            policy: Policy::builtin(members.clone())?,
            client: doors.client(&names.relay)?,
            clock: Arc::new(SystemClock),
        })?;
        doors.open(&names.relay, relay::role(relay.clone())).await?;
        let directories = ["asker", "holder"].map(|name| directory.join(name));
        let [asker_keys, holder_keys] = &keys;
        let [asker_home, holder_home] = &directories;
        let asker = open_institution(&names.asker, asker_home, asker_keys, &members, &doors).await?;
        let holder = open_institution(&names.holder, holder_home, holder_keys, &members, &doors).await?;
        Ok(Self { relay, asker, holder, names, keys, directories, shutdown })
    }

    /// People whom both know, with records at the holder, who came to the asker's desk today and said what they want.
    async fn settle(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let issuer = IssuerCodes::<Medical>::new(
            Arc::new(FileCustody::ephemeral(&[KeyName::MEDICAL_K1])?),
            KeyVersion::FIRST,
        );
        let mut rows: [Vec<Known>; 2] = Default::default();
        for person in 0..arguments.persons {
            let resident = ResidentCode::from_body(person)?;
            let link = issuer.link(&[RootBlockInput::first(resident)])?;
            let link = link.first().context("a link")?.as_bytes().to_vec();
            let update = PersonStateUpdate {
                exchange: exchange(),
                link: self.to_relay(purpose::MEDICAL_LINK, exchange(), STANDING, &link)?,
                state: PersonState::Active,
                at: SystemClock.now(),
            };
            self.relay.set_person_state(&self.names.issuer, update).await?;
            let [at_asker, at_holder] = &mut rows;
            at_holder.push(self.register(&self.names.holder, 1, person, &link).await?);
            // Ten visits: the quota grows with them.
            let mut known = self.register(&self.names.asker, 0, person, &link).await?;
            for _ in 0..9 {
                known = self.register(&self.names.asker, 0, person, &link).await?;
            }
            self.decide(&known, arguments.rules).await?;
            at_asker.push(known);
        }
        for (directory, known) in self.directories.iter().zip(&rows) {
            put_known(&directory.join("store.db"), known)?;
        }
        let records = records(arguments);
        let report = self.holder.service().import_bundles(&Caller::default(), Cursor::new(records)).await?;
        ensure!(report.refused == 0, "{:?}", report.refusals);
        Ok(())
    }

    /// The card is read at an institution, and the institution registers.
    async fn register(&self, org: &OrgId, keys: usize, person: u64, link: &[u8]) -> anyhow::Result<Known> {
        let exchange = exchange();
        let receipt = Receipt {
            origin: "musubi.test/eligibility/1".to_owned(),
            index: rand::random::<u32>().into(),
            at: SystemClock.now().as_millis(),
        };
        let link = self.to_relay(purpose::MEDICAL_LINK, exchange, STANDING, link)?;
        let contents = TicketContents { institution: *org, receipt: receipt.clone(), link };
        let until = SystemClock.now().as_seconds() + 300;
        let ticket =
            self.to_relay(purpose::MEDICAL_TICKET, exchange, until, &serde_json::to_vec(&contents)?)?;
        let request = RegisterRequest { exchange, institution: *org, ticket, presence: None };
        let answer = self.relay.register(org, request).await?;
        let custody = self.keys.get(keys).context("keys")?;
        let code: [u8; 17] = answer.code.open(&**custody)?.as_slice().try_into()?;
        Ok(Known { person, code: OrgCode::from_bytes(code), receipt })
    }

    async fn decide(&self, known: &Known, rules: usize) -> anyhow::Result<()> {
        for place in 0..rules {
            let now = SystemClock.now();
            let rule = if place == 0 {
                let purposes = Purposes::of(&[ActReason::Treat]);
                Rule { purposes, ..Rule::new("share".parse()?, Effect::Permit, now) }
            } else {
                let what = What::labels(&[*Label::ALL.get(place % 7).context("a label")?]);
                Rule { what, ..Rule::new(format!("keep-{place}").parse()?, Effect::Deny, now) }
            };
            let update = ConsentUpdate {
                exchange: exchange(),
                institution: self.names.asker,
                code: known.code,
                act: ConsentAct::Record(Box::new(rule)),
                received_by: Some(doctor()?),
                evidence: Evidence::Presence { receipt: known.receipt.clone() },
            };
            self.relay.consent(&self.names.asker, update).await?;
        }
        Ok(())
    }

    fn to_relay(
        &self,
        purpose: &str,
        exchange: ExchangeId,
        until: i64,
        bytes: &[u8],
    ) -> anyhow::Result<Sealed> {
        let context = EnvelopeContext {
            recipient: self.names.relay,
            purpose: purpose.to_owned(),
            expires_at: until,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Ok(Sealed::new(&self.relay.custody.envelope_public_key()?, context, bytes)?)
    }
}

/// A person as an institution knows them.
struct Known {
    person: u64,
    code: OrgCode<Medical>,
    receipt: Receipt,
}

/// Opens listening sockets that the others find by name.
struct Doors<'a> {
    ca: &'a DevCa,
    hosts: &'a Hosts,
    shutdown: &'a Shutdown,
}

impl Doors<'_> {
    fn client(&self, org: &OrgId) -> anyhow::Result<Client> {
        let tls = self.ca.issue(org, &[&host(org)])?.tls()?;
        Ok(Client::build(Some(&tls), self.hosts.clone(), wire::Patience::default()))
    }

    async fn open(&self, org: &OrgId, router: axum::Router) -> anyhow::Result<SocketAddr> {
        let server = Server::bind("127.0.0.1:0").await?;
        let address = server.local_addr();
        self.hosts.set(&host(org), address);
        let tls = self.ca.issue(org, &[&host(org)])?.tls()?;
        tokio::spawn(server.serve(router, Some(tls), self.shutdown.clone()));
        Ok(address)
    }
}

async fn open_institution(
    org: &OrgId,
    home: &Path,
    keys: &Arc<FileCustody>,
    members: &Directory,
    doors: &Doors<'_>,
) -> anyhow::Result<institution::Role> {
    std::fs::create_dir_all(home)?;
    let role = institution::open(institution::Config {
        store: format!("sqlite:{}", home.join("store.db").display()),
        ledger: home.join("ledger"),
        origin: protocol::ledger::origin(org),
        custody: keys.clone(),
        org: *org,
        code: org.number().parse()?,
        name_ja: "結病院".to_owned(),
        name_en: "Musubi Hospital".to_owned(),
        directory: Arc::new(members.clone()),
        client: doors.client(org)?,
        clock: Arc::new(SystemClock),
        reader: None,
        oqs: None,
        terminal: "1".to_owned(),
        desk: Desk::open(),
        patience: institution::Patience::default(),
        packages: Vec::new(),
        twelve_digit_patients: false,
        background: false,
        shutdown: doors.shutdown.clone(),
    })
    .await?;
    doors.open(org, role.api()).await?;
    Ok(role)
}

fn directory_of(
    names: &Names,
    relay: &FileCustody,
    [asker, holder]: &[Arc<FileCustody>; 2],
) -> anyhow::Result<Directory> {
    let since = SystemClock.today().add_years(-1);
    let member = |org: OrgId, custody: &FileCustody| -> anyhow::Result<Organisation> {
        let mut organisation = Organisation::new(org, org.to_string(), org.to_string(), since);
        organisation.api = Some(format!("https://{}", host(&org)));
        organisation.envelope_key = Some(custody.envelope_public_key()?);
        organisation.institution = Some(InstitutionKind::Hospital);
        Ok(organisation)
    };
    let mut first = member(names.relay, relay)?;
    first.grant_key = Some(VerifyingKey::from_bytes(relay.verifying_key(&KeyName::GRANT_SIGN)?));
    let issuer = Organisation::new(names.issuer, "付番機関", "Issuer", since);
    Ok(Directory::of([first, issuer, member(names.asker, asker)?, member(names.holder, holder)?])?)
}

/// Ties people to local patients beside the desk's door: card reads are not what is measured.
fn put_known(store: &Path, known: &[Known]) -> anyhow::Result<()> {
    let mut db = rusqlite::Connection::open(store)?;
    db.busy_timeout(Duration::from_secs(60))?;
    let tx = db.transaction()?;
    for Known { person, code, receipt } in known {
        // Any code in the insurance domain that differs from person to person.
        let mut bytes = [1; 17];
        bytes.iter_mut().zip(person.to_le_bytes()).for_each(|(to, from)| *to = from);
        let insured = OrgCode::<Insurance>::from_bytes(bytes).to_string();
        tx.execute(
            "INSERT INTO medical (person_code, code, registered_at, receipt) VALUES (?1, ?2, 0, ?3)",
            (&insured, code.to_string(), serde_json::to_string(receipt)?),
        )?;
        tx.execute(
            "INSERT INTO link (person_code, seq, local_number, visit, linked_at) VALUES (?1, 0, ?2, '', 0)",
            (&insured, local(*person)),
        )?;
        put_presence(&tx, &insured, receipt)?;
    }
    Ok(tx.commit()?)
}

fn records(arguments: &Arguments) -> Vec<u8> {
    let mut lines = String::new();
    for person in 0..arguments.persons {
        let patient = local(person);
        let mut entries = format!(
            r#"{{"resource":{{"resourceType":"Patient","id":"{patient}"}},"request":{{"method":"PUT","url":"Patient/{patient}"}}}}"#
        );
        for place in 0..arguments.resources {
            let (month, day, value) = (place % 12 + 1, place % 28 + 1, 40 + place % 60);
            // Writing to a string cannot fail.
            let _ = write!(
                entries,
                r#",{{"resource":{{"resourceType":"Observation","id":"{patient}-{place}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"urn:oid:1.2.392.200119.4.504","code":"3D010000001906202","display":"ヘモグロビンA1c(NGSP)"}}],"text":"HbA1c"}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"2026-{month:02}-{day:02}","valueQuantity":{{"value":{value}.5,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"referenceRange":[{{"low":{{"value":4.6,"unit":"%"}},"high":{{"value":6.2,"unit":"%"}}}}]}},"request":{{"method":"PUT","url":"Observation/{patient}-{place}"}}}}"#
            );
        }
        let _ = writeln!(lines, r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}"#);
    }
    lines.into_bytes()
}

fn local(person: u64) -> String {
    format!("P{person}")
}

fn doctor() -> anyhow::Result<Practitioner> {
    Ok(Practitioner { id: "d-1".parse()?, profession: Profession::Physician, name: "北 一郎".to_owned() })
}

fn exchange() -> ExchangeId {
    ExchangeId::new(SystemClock.now().as_millis())
}

fn host(org: &OrgId) -> String {
    format!("{}.{}.musubi.internal", org.number(), org.kind())
}

/// A card read whose answer the relay knows of.
fn put_presence(tx: &rusqlite::Transaction<'_>, insured: &str, receipt: &Receipt) -> anyhow::Result<()> {
    let exchange = exchange();
    let answer = serde_json::json!({
        "exchange": exchange,
        "answered_at": SystemClock.now(),
        "on": SystemClock.today(),
        "validity": "none",
        "memberships": [],
        "explanation": { "reason": "never-reported", "ja": "", "en": "", "next_ja": "", "next_en": "" },
        "receipt": receipt,
    });
    tx.execute(
        "INSERT INTO question (exchange, visit, asked_at, request, entry, state, answer, attempts)
         VALUES (?1, ?1, 0, '{}', '{}', 'answered', ?2, 1)",
        (exchange.to_string(), answer.to_string()),
    )?;
    tx.execute(
        "INSERT INTO registration (exchange, visit, person_code, state, attempts)
         VALUES (?1, ?1, ?2, 'registered', 1)",
        (exchange.to_string(), insured),
    )?;
    Ok(())
}
