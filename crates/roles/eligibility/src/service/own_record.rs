//! The person's own view: who asked about me, when, why, on what basis, and that it stands in the signed log.

use access::{Action, Purpose};
use calendar::Date;
use codes::{ExchangeId, InsuranceCode, KeyName, OrgId};
use ledger::{OpenedEntry, Receipt};
use protocol::eligibility::{Presented, ReadProof};
use protocol::inclusion::Prover;
use protocol::own_record::{
    OwnMembership, OwnRecordAnswer, OwnRecordEntry, OwnRecordRequest, OwnTicketAnswer, OwnTicketRequest,
};
use protocol::reader::{ReadOrder, ReaderMode, Road, TrayCard};
use protocol::refusal;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use wire::Problem;

use super::journal::{CHECK, CheckRecord};
use super::recent::{Begun, Done, Short, exchange_key, short};
use super::{Inner, Service, certificate, proof};
use crate::model::{Version, fold};
use crate::problems;

/// The newest disclosures that one reading shows.
const SHOWN_MAX: i64 = 500;

/// Entries that the index reads at once and writes in one transaction: a tenth of a second, some megabytes.
const INDEX_BATCH: usize = 32_768;

/// Kind of the entry that a reading leaves.
const OWN_RECORD: &str = "eligibility.own-record";

/// One reading of a card by its own person.
struct Reading {
    /// Where the card was read.
    at: OrgId,
    exchange: ExchangeId,
    /// The question's digest.
    question: Short,
}

/// What the page shows: the entries, and which of them were found in the signed log.
#[derive(Clone, Debug)]
pub struct OwnReading {
    /// The name on the card's face.
    pub face_name: String,
    /// What the ledger holds.
    pub answer: OwnRecordAnswer,
    /// For each entry, whether its proof leads to the signed checkpoint.
    pub proven: Vec<bool>,
}

impl Service {
    /// The disclosures about the person who presents certificate and PIN. The reading itself is logged first.
    ///
    /// # Errors
    /// Anything but a certificate read in PIN mode for this service; a stale or used read; a worthless certificate.
    pub async fn own_record(&self, request: &OwnRecordRequest) -> Result<OwnRecordAnswer, Problem> {
        let question = short(&[&serde_json::to_vec(request).map_err(problems::internal)?]);
        let reading = Reading { at: self.org(), exchange: request.exchange, question };
        let (person, receipt) = self.read_by(&self.org(), &reading, &request.presented).await?;
        self.entries(&person, receipt.index + 1).await
    }

    /// Logs a person in at a portal: what was asked about them here, and the ticket to the portal's own code.
    ///
    /// # Errors
    /// When the caller is none through whom people read; and as [`Self::own_record`].
    pub async fn own_ticket(
        &self,
        asker: &OrgId,
        request: &OwnTicketRequest,
    ) -> Result<OwnTicketAnswer, Problem> {
        let question = short(&[&serde_json::to_vec(request).map_err(problems::internal)?]);
        let reading = Reading { at: request.institution, exchange: request.exchange, question };
        let (person, receipt) = self.read_by(asker, &reading, &request.presented).await?;
        let found = self.store.person(person, None).await.map_err(problems::internal)?;
        let memberships = own_memberships(&found.history, self.clock.today());
        let ticket = found.medical_link.map(|link| self.ticket(asker, &link, &receipt)).transpose()?;
        let record = self.entries(&person, receipt.index + 1).await?;
        Ok(OwnTicketAnswer {
            exchange: request.exchange,
            medical_ticket: ticket,
            record,
            memberships,
            receipt,
        })
    }

    /// The cards that lie ready at this service's own reader.
    pub fn tray(&self) -> Vec<TrayCard> {
        self.reader.as_ref().map(|reader| reader.tray()).unwrap_or_default()
    }

    /// Reads a card of the tray with its PIN and shows its person's record.
    ///
    /// # Errors
    /// No reader, a failed read (wrong PIN, blocked), or what [`Self::own_record`] refuses.
    pub async fn own_reading(&self, card: &str, pin: &str) -> Result<OwnReading, Problem> {
        let reader = self.reader.clone().ok_or_else(Problem::not_found)?;
        let order = self.own_order(pin)?;
        let card = card.to_owned();
        let read = tokio::task::spawn_blocking(move || reader.read(&card, &order));
        let read = read.await.map_err(problems::internal)?;
        let read = read.map_err(|error| refusal::own_card_unread(&error))?;
        let exchange = ExchangeId::new(self.clock.now().as_millis());
        let answer = self.own_record(&OwnRecordRequest { exchange, presented: read.presented }).await;
        let answer = answer.map_err(refusal::own_card_refused)?;
        let proven = self.proven(&answer)?;
        Ok(OwnReading { face_name: read.face_name, answer, proven })
    }

    /// Reads new ledger entries into the own-record index until `entries` are read; answers how many there were.
    ///
    /// # Errors
    /// The ledger's or the store's.
    pub(crate) async fn catch_up(&self, entries: u64) -> Result<(), Problem> {
        let _one_at_a_time = self.indexing.lock().await;
        let mut next = self.store.indexed().await.map_err(problems::internal)?;
        while next < entries {
            let mut about = Vec::new();
            let mut tail = self.ledger.tail(next);
            for _ in 0..INDEX_BATCH {
                let person = tail.try_next_leaf(|leaf| leaf.person.filter(|_| leaf.kind == CHECK));
                let Some((index, person)) = person.map_err(problems::internal)? else { break };
                about.extend(person.map(|person| (person.0, index)));
            }
            next = tail.position();
            self.store.index_entries(about, next).await.map_err(problems::internal)?;
        }
        Ok(())
    }

    fn own_order(&self, pin: &str) -> Result<ReadOrder, Problem> {
        let mut nonce = [0; 16];
        SystemRandom::new().fill(&mut nonce).map_err(problems::internal)?;
        let custody = &self.custody;
        Ok(ReadOrder {
            institution: self.org(),
            terminal: "own-record".to_owned(),
            mode: ReaderMode::Pin,
            pin: Some(pin.to_owned()),
            road: Road::Certificate,
            nonce,
            at: self.clock.now(),
            eligibility: custody.envelope_public_key().map_err(problems::internal)?,
            eligibility_id: self.org(),
        })
    }
}

impl Inner {
    async fn holder_of(
        &self,
        at: &OrgId,
        certificate: &str,
        signature: Option<&str>,
        shown: &ReadProof,
        exchange: ExchangeId,
    ) -> Result<InsuranceCode, Problem> {
        let binding = ReadProof::binding(at, shown.at, &shown.nonce);
        let read = certificate::read(certificate, signature, shown, &binding, self.clock.now())?;
        self.holder(read, exchange).await
    }

    fn proven(&self, answer: &OwnRecordAnswer) -> Result<Vec<bool>, Problem> {
        let key = self.custody.verifying_key(&KeyName::LEDGER_SIGN).map_err(problems::internal)?;
        let heads = answer.heads.open(&self.org, key, None);
        let proves = |entry: &OwnRecordEntry| heads.as_ref().is_ok_and(|heads| heads.proves(&entry.proof));
        Ok(answer.entries.iter().map(proves).collect())
    }
}

impl Service {
    /// Who presents certificate and PIN at `reading.at`; logged before anything is told.
    async fn read_by(
        &self,
        asker: &OrgId,
        reading: &Reading,
        presented: &Presented,
    ) -> Result<(InsuranceCode, Receipt), Problem> {
        let permit = self.permit(asker, &reading.at, Action::EligibilityOwnRecord, Purpose::OwnAccess)?;
        let Presented::Certificate { certificate, signature, proof: shown } = presented else {
            return Err(problems::own_record_needs_pin());
        };
        if shown.mode != ReaderMode::Pin {
            return Err(problems::own_record_needs_pin());
        }
        let now = self.clock.now();
        proof::check(shown, now)?;
        let marks = proof::marks(asker, presented);
        let exchange = exchange_key(asker, &reading.exchange);
        match self.recent.begin(exchange, reading.question, &marks, now) {
            Begun::First | Begun::Again(_) => {}
            Begun::Busy => return Err(problems::busy()),
            Begun::OtherQuestion => return Err(protocol::refusal::exchange_used()),
            Begun::ProofUsed => return Err(problems::proof_used()),
        }
        let person = self.holder_of(asker, certificate, signature.as_deref(), shown, reading.exchange).await;
        let person = person.inspect_err(|_| self.recent.abandon(&exchange))?;
        let body = json!({ "by": asker, "rule": permit.rule_id(), "table": self.table });
        let logged = self.log(OWN_RECORD, Some(&person), reading.exchange, now, &body).await;
        let receipt = logged.inspect_err(|_| self.recent.abandon(&exchange))?;
        let done = Done { at: now, index: receipt.index, seen: 0, person: Some(person.to_bytes()) };
        self.recent.finish(exchange, reading.question, done);
        Ok((person, receipt))
    }

    async fn entries(&self, person: &InsuranceCode, size: u64) -> Result<OwnRecordAnswer, Problem> {
        self.catch_up(size).await?;
        let prover = Prover::new(&self.ledger, size).await.map_err(problems::internal)?;
        let digest = self.ledger.person_digest(person.as_bytes());
        let indexes = self.store.own_entries(digest.0, SHOWN_MAX).await.map_err(problems::internal)?;
        let mut entries = Vec::with_capacity(indexes.len());
        for index in indexes {
            let opened = self.ledger.read_entry(index).map_err(problems::internal)?;
            entries.push(self.entry(&opened, &prover)?);
        }
        let first = if self.ledger.size() > 0 { self.ledger.read_entry(0).ok() } else { None };
        let covered_since = first.map(|entry| calendar::Timestamp::from_millis(entry.at));
        Ok(OwnRecordAnswer { entries, covered_since, heads: prover.into_heads() })
    }

    fn entry(&self, opened: &OpenedEntry, prover: &Prover<'_>) -> Result<OwnRecordEntry, Problem> {
        let record: CheckRecord<'_> = serde_json::from_slice(&opened.body).map_err(problems::internal)?;
        Ok(OwnRecordEntry {
            at: calendar::Timestamp::from_millis(opened.at),
            organisation: record.institution,
            organisation_name: self.name_of(&record.institution),
            purpose: record.purpose.clone().into_owned(),
            basis: self.bases(&record),
            on: record.on,
            mode: record.mode,
            validity: record.validity,
            exchange: opened.exchange,
            proof: prover.prove(opened.index).map_err(problems::internal)?,
        })
    }

    fn name_of(&self, org: &OrgId) -> String {
        self.policy.directory().get(org).map_or_else(|| org.to_string(), |known| known.ja.clone())
    }

    /// The words of the laws that the entry names.
    fn bases(&self, record: &CheckRecord<'_>) -> String {
        let laws = self.policy.table().laws();
        let words = record
            .basis
            .iter()
            .map(|id| laws.iter().find(|law| law.id == **id).map_or(&**id, |law| law.ja.as_str()));
        words.collect::<Vec<_>>().join("、")
    }
}

/// With whom a person is and was insured, newest first, each as it was on its last known day.
fn own_memberships(history: &[Version], today: Date) -> Vec<OwnMembership> {
    let known = fold::memberships(history);
    let shown = known.iter().rev().map(|membership| {
        let until = membership.disqualified_on.map(|day| day.add_days(-1));
        OwnMembership {
            insurer: OrgId::insurer(&membership.insurer()),
            relation: membership.facts_on(until.unwrap_or(today)).relation,
            from: membership.qualified_on(),
            until,
            known_from: membership.known_from(),
        }
    });
    shown.collect()
}
