//! The portal's first page for somebody with ten years of entries: time on the server, and what goes over the line.
//!
//! Relay and portal are real and on disk, mTLS between them: the page asks the relay, which logs the reading, finds the entries
//! and proves each; the portal verifies and renders.

use std::sync::Arc;
use std::time::Instant;

use access::{Directory, Organisation, Policy, VerifyingKey};
use anyhow::{Context as _, ensure};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use calendar::{Clock, FixedClock, SystemClock};
use codes::{
    Custody, EnvelopeContext, ExchangeId, FileCustody, IssuerCodes, KeyName, KeyVersion, Medical, OrgCode,
    OrgId, OrgKind, ResidentCode, RootBlockInput,
};
use consent::{ActReason, Profession};
use ledger::{Entry, Receipt};
use portal::model::{Bearer, Entrance};
use protocol::Sealed;
use protocol::eligibility::TicketContents;
use protocol::exchange::Practitioner;
use protocol::relay::{PersonState, PersonStateUpdate, RegisterRequest};
use protocol::sealed::{STANDING, purpose};
use serde_json::json;
use tower::ServiceExt as _;
use wire::dev_ca::DevCa;
use wire::{Client, Hosts, Server, Shutdown};

use crate::disk::Place;
use crate::table::{Goal, Table};

/// Milliseconds of a year.
const YEAR_MILLIS: i64 = 31_557_600_000;

/// Most bytes of a page that are read.
const PAGE_MAX: usize = 10_000_000;

/// Options of `bench portal`.
#[derive(clap::Args)]
pub struct Arguments {
    /// What happened about the person.
    #[arg(long, default_value_t = 5_000)]
    entries: usize,
    /// In how many years.
    #[arg(long, default_value_t = 10)]
    years: i64,
    /// Entries of other people between two of theirs.
    #[arg(long, default_value_t = 20)]
    others: usize,
    /// How often the page is opened.
    #[arg(long, default_value_t = 50)]
    times: usize,
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
    let bearer = house.settle(arguments).await?;
    let token = house.portal.begin(bearer, exchange(), "bench".to_owned()).await?;
    let pages = portal::pages(house.portal.clone());
    let cookie = format!("__Host-portal={}", token.text());
    let open = async |path: &str| -> anyhow::Result<Vec<u8>> {
        let request = Request::get(path)
            .header("cookie", &cookie)
            .header("accept-language", "ja")
            .header("accept-encoding", "gzip");
        let answer = pages.clone().oneshot(request.body(Body::empty())?).await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(to_bytes(answer.into_body(), PAGE_MAX).await?.to_vec())
    };
    let mut times = Vec::new();
    let mut page = Vec::new();
    for _ in 0..arguments.times {
        let begun = Instant::now();
        page = open("/").await?;
        times.push(begun.elapsed());
    }
    let first = String::from_utf8_lossy(&page).into_owned();
    ensure!(first.matches("data-proof=").count() > 20, "the page shows the entries: {first}");
    ensure!(!first.contains("確かめられません。台帳と合いません</span></span>"), "every entry is proven");
    let mut whole = page.len();
    for part in first.split(['"']).filter(|part| part.starts_with("/assets/")) {
        whole += open(part).await?.len();
    }
    let month = house.clock.now().date().add_months(-60).to_string();
    let begun = Instant::now();
    open(&format!("/?month={}", month.get(..7).unwrap_or_default())).await?;
    let old = begun.elapsed();
    house.shutdown.trigger();
    times.sort_unstable();
    let at = |part: f64| {
        let place = ((times.len().saturating_sub(1)) as f64 * part) as usize;
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let title =
        format!("first page of the portal, {} entries in {} years", arguments.entries, arguments.years);
    let mut table = Table::new(title);
    table.add("half of them within", at(0.50), "ms").goal(Goal::AtMost(100.0));
    table.add("99 of 100 within", at(0.99), "ms").goal(Goal::AtMost(100.0)).note(format!(
        "relay and portal over mTLS, each entry proven; a log of {} entries",
        house.relay.ledger.size()
    ));
    table.add("a month of five years ago", old.as_secs_f64() * 1e3, "ms").goal(Goal::AtMost(100.0));
    table.add("the page", page.len() as f64 / 1e3, "kB");
    table
        .add("page, style, scripts", whole as f64 / 1e3, "kB")
        .goal(Goal::AtMost(100.0))
        .note("style and scripts packed, the page not");
    Ok(table)
}

/// A relay and a portal on disk, ten years ago at first.
struct House {
    relay: relay::Service,
    portal: portal::Service,
    portal_keys: Arc<FileCustody>,
    clock: Arc<FixedClock>,
    shutdown: Shutdown,
}

impl House {
    async fn open(directory: &std::path::Path) -> anyhow::Result<Self> {
        let (relay_id, portal_id) = (OrgId::new(OrgKind::Relay, "1")?, OrgId::new(OrgKind::Portal, "1")?);
        let relay_keys = Arc::new(FileCustody::ephemeral(relay::KEYS)?);
        let portal_keys = Arc::new(FileCustody::ephemeral(portal::KEYS)?);
        let clock = Arc::new(FixedClock::new(SystemClock.now()));
        let since = calendar::Date::new(2014, 12, 10)?;
        let member = |id: OrgId, keys: Option<&FileCustody>| -> anyhow::Result<Organisation> {
            let mut member = Organisation::new(id, id.to_string(), id.to_string(), since);
            if let Some(keys) = keys {
                member.envelope_key = Some(keys.envelope_public_key()?);
                member.ledger_key =
                    Some(VerifyingKey::from_bytes(keys.verifying_key(&KeyName::LEDGER_SIGN)?));
            }
            member.api = Some(format!("https://{}", host(&id)));
            Ok(member)
        };
        let members = Directory::of([
            member(relay_id, Some(&relay_keys))?,
            member(portal_id, Some(&portal_keys))?,
            member(OrgId::new(OrgKind::Issuer, "1")?, None)?,
        ])?;
        let ca = DevCa::create_or_open(&directory.join("ca"))?;
        let (hosts, shutdown) = (Hosts::new(), Shutdown::new());
        let client = |org: &OrgId| -> anyhow::Result<Client> {
            let tls = ca.issue(org, &[&host(org)])?.tls()?;
            Ok(Client::build(Some(&tls), hosts.clone(), wire::Patience::default()))
        };
        let relay = relay::open(relay::Config {
            org: relay_id,
            store: format!("sqlite:{}", directory.join("relay.db").display()),
            ledger: directory.join("relay-ledger"),
            custody: relay_keys,
            policy: Policy::builtin(members.clone())?,
            client: client(&relay_id)?,
            clock: clock.clone(),
        })?;
        let server = Server::bind("127.0.0.1:0").await?;
        hosts.set(&host(&relay_id), server.local_addr());
        let tls = ca.issue(&relay_id, &[&host(&relay_id)])?.tls()?;
        tokio::spawn(server.serve(relay::role(relay.clone()), Some(tls), shutdown.clone()));
        let portal = portal::open(portal::Config {
            org: portal_id,
            store: format!("sqlite:{}", directory.join("portal.db").display()),
            ledger: directory.join("portal-ledger"),
            custody: portal_keys.clone(),
            policy: Policy::builtin(members)?,
            client: client(&portal_id)?,
            clock: clock.clone(),
            reader: None,
            roads: portal::Roads::default(),
        })?;
        Ok(Self { relay, portal, portal_keys, clock, shutdown })
    }

    /// A person to whom all that happened, and who came in today.
    async fn settle(&self, arguments: &Arguments) -> anyhow::Result<Bearer> {
        let span = arguments.years * YEAR_MILLIS;
        self.clock.advance(-span);
        let issuer = IssuerCodes::<Medical>::new(
            Arc::new(FileCustody::ephemeral(&[KeyName::MEDICAL_K1])?),
            KeyVersion::FIRST,
        );
        let link = issuer.link(&[RootBlockInput::first(ResidentCode::from_body(1)?)])?;
        let link = link.first().context("a link")?.as_bytes().to_vec();
        let key = self.exchange();
        let update = PersonStateUpdate {
            exchange: key,
            link: self.to_relay(purpose::MEDICAL_LINK, key, STANDING, &link)?,
            state: PersonState::Active,
            at: self.clock.now(),
        };
        self.relay.set_person_state(&OrgId::new(OrgKind::Issuer, "1")?, update).await?;
        let (code, receipt) = self.register(&link).await?;
        let newest = self.relay.ledger.read_entry(self.relay.ledger.size() - 1)?;
        let step = span / i64::try_from(arguments.entries)?;
        let begin = self.clock.now().as_millis();
        for number in 0..arguments.entries {
            let at = begin + step * i64::try_from(number)?;
            let mut entries = vec![entry(at, newest.person)?];
            entries.extend((0..arguments.others).map(|_| entry(at, None)).collect::<Result<Vec<_>, _>>()?);
            self.relay.ledger.append_all(entries).await?;
        }
        self.clock.advance(span);
        Ok(Bearer {
            name: "林　七海".to_owned(),
            code: Some(code),
            entrance: Entrance::Card,
            receipt,
            memberships: Vec::new(),
            checks: Vec::new(),
            checks_heads: None,
            checks_since: None,
        })
    }

    async fn register(&self, link: &[u8]) -> anyhow::Result<(OrgCode<Medical>, Receipt)> {
        let exchange = self.exchange();
        let at = self.clock.now();
        let receipt = Receipt { origin: "musubi/eligibility/1".to_owned(), index: 1, at: at.as_millis() };
        let link = self.to_relay(purpose::MEDICAL_LINK, exchange, STANDING, link)?;
        let contents = TicketContents { institution: self.portal.org, receipt: receipt.clone(), link };
        let until = at.as_seconds() + 300;
        let ticket =
            self.to_relay(purpose::MEDICAL_TICKET, exchange, until, &serde_json::to_vec(&contents)?)?;
        let request = RegisterRequest { exchange, institution: self.portal.org, ticket, presence: None };
        let answer = self.relay.register(&self.portal.org, request).await?;
        let code: [u8; 17] = answer.code.open(&*self.portal_keys)?.as_slice().try_into()?;
        Ok((OrgCode::from_bytes(code), receipt))
    }

    fn exchange(&self) -> ExchangeId {
        ExchangeId::new(self.clock.now().as_millis())
    }

    fn to_relay(
        &self,
        purpose: &str,
        exchange: ExchangeId,
        until: i64,
        bytes: &[u8],
    ) -> anyhow::Result<Sealed> {
        let context = EnvelopeContext {
            recipient: self.relay.org,
            purpose: purpose.to_owned(),
            expires_at: until,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Ok(Sealed::new(&self.relay.custody.envelope_public_key()?, context, bytes)?)
    }
}

/// A hospital looked at what two others hold.
fn entry(at: i64, person: Option<ledger::PersonDigest>) -> anyhow::Result<Entry> {
    let doctor =
        Practitioner { id: "d-1".parse()?, profession: Profession::Physician, name: "北 一郎".to_owned() };
    let body = json!({
        "by": "institution/1311234561",
        "practitioner": doctor,
        "reason": ActReason::Treat,
        "evidence": { "presence": { "origin": "musubi/eligibility/1", "index": 7, "at": at }, "at": at },
        "rule": "relay-exchange-treatment",
        "rules": ["law.care-team"],
        "holders": ["institution/1311234579", "institution/1311234587"],
    });
    Ok(Entry {
        kind: "relay.exchange",
        person,
        exchange: ExchangeId::new(at),
        at,
        body: serde_json::to_vec(&body)?,
    })
}

fn exchange() -> ExchangeId {
    ExchangeId::new(SystemClock.now().as_millis())
}

fn host(org: &OrgId) -> String {
    format!("{}.{}.musubi.internal", org.number(), org.kind())
}
