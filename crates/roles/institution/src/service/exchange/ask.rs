//! The asker's side: our patient, our reason, the relay's grants, and what the holders give.

use calendar::{Date, Interval, Timestamp};
use codes::{ExchangeId, KeyName, OrgId};
use consent::{ActReason, Categories};
use ledger::{Entry, Receipt};
use protocol::consents::{ConsentAct, ConsentAnswer, ConsentUpdate};
use protocol::exchange::{Evidence, ExchangeAnswer, ExchangeRequest, Practitioner};
use protocol::record_stream::{Fetched, Unreached, fetch, lines};
use records::Resource;
use serde_json::json;
use tokio::task::JoinSet;
use wire::{ClientError, Problem};

use crate::error::DeskError;
use crate::model::LocalNumber;
use crate::service::Service;
use crate::store::{Asked, ReceivedRow};

/// Kind of the entry of a question, before it is asked.
pub(in crate::service) const ASKED: &str = "exchange.asked";

/// Kind of the entry of what a holder gave, before it is looked at.
const RECEIVED: &str = "exchange.received";

/// Kind of the entry of a patient's decision, before it is passed on.
const CONSENT: &str = "exchange.consent";

/// Newest emergencies of one patient among which the one asked under is looked for.
const EMERGENCIES: u32 = 100;

/// How long what came from others may be looked at when the person said nothing of it, in milliseconds: a working day.
const KEEP_MILLIS: i64 = 12 * 3_600_000;

/// What a member of staff wants to see (照会).
#[derive(Clone, Debug)]
pub struct Order {
    /// Who of the staff.
    pub staff: Practitioner,
    /// About which patient.
    pub patient: LocalNumber,
    /// What for.
    pub why: Why,
    /// The kinds of information that are looked for; none means every kind.
    pub looking_for: Categories,
    /// The days of care that are looked for.
    pub care: Option<Interval>,
    /// Only these holders; none means all.
    pub holders: Vec<OrgId>,
    /// FHIR searches; none means everything that is granted.
    pub searches: Vec<String>,
}

/// Why it is asked, with what shows that it may be (照会の理由).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The patient came: the newest card read here is the evidence.
    Treatment,
    /// Care and nursing: the care team, or where there is none the newest card read.
    Care,
    /// An emergency that was declared; narrow.
    Emergency(ExchangeId),
    /// An emergency whose second act was taken; wide.
    BreakGlass(ExchangeId),
}

/// What an exchange brought (照会の結果).
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Where it stands in the relay's ledger.
    pub receipt: Receipt,
    /// Holder by holder, in the relay's order.
    pub sources: Vec<Source>,
    /// Until when it may be looked at.
    pub keep_until: Timestamp,
}

/// What one holder gave.
#[derive(Clone, Debug)]
pub struct Source {
    /// The holder.
    pub holder: OrgId,
    /// How many resources.
    pub resources: usize,
    /// Why it is not all; none when it is.
    pub unreached: Option<Unreached>,
}

/// A resource of another institution.
#[derive(Clone, Debug)]
pub struct Received {
    /// Whose it is.
    pub holder: OrgId,
    /// The exchange that it came with.
    pub exchange: ExchangeId,
    /// The resource.
    pub resource: Resource,
}

impl Service {
    /// Asks the relay and every holder it names, at once. What comes is kept sealed until it may no longer be looked at.
    ///
    /// # Errors
    /// A patient who is not known or has no working medical ID here; the relay's refusals; store or ledger.
    pub async fn gather(&self, order: Order) -> Result<Gathered, Problem> {
        let (relay, client) = self.relay()?;
        let request = self.question(&order).await?;
        let body = json!({
            "staff": order.staff, "patient": order.patient, "reason": request.reason,
            "evidence": request.evidence, "looking_for": order.looking_for, "relay": relay.id,
        });
        self.log_exchange(ASKED, &order.patient, request.exchange, &body).await?;
        let answer = match client.exchange(&request).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.not_granted(&order, &request, error).await),
        };
        let keep_until = self.keep_until(answer.keep_until).min(self.end_of(&order).await?);
        let (sources, rows) = self.fetch_all(&order, &answer).await?;
        let received = self.receipts(&order, &request, &sources);
        let asked = Asked {
            exchange: request.exchange,
            at: self.now(),
            patient: order.patient,
            staff: order.staff,
            reason: request.reason,
            holders: sources.iter().map(|source| source.holder).collect(),
            received: sources.iter().map(|source| source.resources as u64).sum(),
            keep_until,
            refused: None,
        };
        // Both are there before anybody looks.
        let (logged, kept) = tokio::join!(self.log_all(received), self.store.keep_asked(asked, rows));
        logged?;
        kept.map_err(DeskError::from)?;
        Ok(Gathered { exchange: request.exchange, receipt: answer.receipt, sources, keep_until })
    }

    /// What arrived from each holder, for the ledger.
    fn receipts(&self, order: &Order, request: &ExchangeRequest, sources: &[Source]) -> Vec<Entry> {
        let at = self.now().as_millis();
        let person = Some(self.ledger.person_digest(format!("Patient/{}", order.patient).as_bytes()));
        let came = sources.iter().filter(|source| source.resources > 0);
        came.map(|source| {
            let body = json!({
                "staff": order.staff, "reason": request.reason, "holder": source.holder, "count": source.resources,
            });
            let body = body.to_string().into_bytes();
            Entry { kind: RECEIVED, person, exchange: request.exchange, at, body }
        })
        .collect()
    }

    async fn log_all(&self, entries: Vec<Entry>) -> Result<(), DeskError> {
        if !entries.is_empty() {
            self.ledger.append_all(entries).await?;
        }
        Ok(())
    }

    /// What came from others about a patient and may still be looked at.
    ///
    /// # Errors
    /// Store or custody.
    pub async fn received(&self, patient: &LocalNumber) -> Result<Vec<Received>, DeskError> {
        let rows = self.store.received(patient.clone(), self.now()).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let place = place(patient, &row.exchange, &row.holder);
            let opened = self.custody.open_row(&KeyName::ROW_SEAL, &place, &row.sealed)?;
            let Ok(plain) = protocol::packed::unpack(&opened) else {
                tracing::warn!(holder = %row.holder, "what another institution gave does not unpack");
                continue;
            };
            for line in lines(&plain) {
                match records::tree::parse(line).map(Resource::new) {
                    Ok(Ok(resource)) => {
                        found.push(Received { holder: row.holder, exchange: row.exchange, resource });
                    }
                    _ => tracing::warn!(holder = %row.holder, "what another institution gave is no resource"),
                }
            }
        }
        Ok(found)
    }

    /// Passes on to the relay what a patient decided at this desk, on the card read of today.
    ///
    /// # Errors
    /// A patient who has no medical ID here; the relay's refusals; the ledger.
    pub async fn pass_on(
        &self,
        staff: Practitioner,
        patient: LocalNumber,
        act: ConsentAct,
    ) -> Result<ConsentAnswer, Problem> {
        let known = self.store.known_patient(patient.clone()).await.map_err(DeskError::from)?;
        let known = known.ok_or_else(no_medical_id)?;
        let (_, client) = self.relay()?;
        let exchange = ExchangeId::new(self.now().as_millis());
        let body = json!({ "staff": staff, "act": act });
        self.log_exchange(CONSENT, &patient, exchange, &body).await?;
        let update = ConsentUpdate {
            exchange,
            institution: self.org,
            code: known.code,
            act,
            received_by: Some(staff),
            evidence: presence(known.presence)?,
        };
        Ok(client.consent(&update).await?)
    }

    async fn question(&self, order: &Order) -> Result<ExchangeRequest, Problem> {
        let known = self.store.known_patient(order.patient.clone()).await.map_err(DeskError::from)?;
        let known = known.ok_or_else(no_medical_id)?;
        let (reason, evidence) = match order.why {
            Why::Treatment => (ActReason::Treat, presence(known.presence)?),
            Why::Care => (
                ActReason::Care,
                known.presence.map_or(Evidence::CareTeam, |receipt| Evidence::Presence { receipt }),
            ),
            Why::Emergency(declaration) => (ActReason::EmergencyTreat, Evidence::Emergency { declaration }),
            Why::BreakGlass(declaration) => (ActReason::BreakTheGlass, Evidence::Emergency { declaration }),
        };
        Ok(ExchangeRequest {
            exchange: ExchangeId::new(self.now().as_millis()),
            institution: self.org,
            code: known.code,
            reason,
            asked_by: order.staff.clone(),
            evidence,
            looking_for: order.looking_for,
            care: order.care,
            holders: order.holders.clone(),
        })
    }

    /// Shows every grant to its holder, all at once.
    async fn fetch_all(
        &self,
        order: &Order,
        answer: &ExchangeAnswer,
    ) -> Result<(Vec<Source>, Vec<ReceivedRow>), DeskError> {
        let mut asked = JoinSet::new();
        for (place, grant) in answer.grants.iter().enumerate() {
            let (client, directory, custody) =
                (self.client.clone(), self.directory.clone(), self.custody.clone());
            let (grant, searches) = (grant.clone(), order.searches.clone());
            asked.spawn(async move {
                let base = directory.get(&grant.holder).and_then(|org| org.api.clone());
                (place, fetch(&client, base, &*custody, grant, searches).await)
            });
        }
        let mut found: Vec<(usize, Fetched)> = asked.join_all().await;
        found.sort_by_key(|(place, _)| *place);
        let (mut sources, mut rows) = (Vec::new(), Vec::new());
        for (_, fetched) in found {
            let (exchange, holder) = (answer.exchange, fetched.holder);
            let place = place(&order.patient, &exchange, &holder);
            let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &place, &fetched.packed)?;
            let resources = lines(&fetched.lines).count();
            sources.push(Source { holder, resources, unreached: fetched.unreached });
            rows.push(ReceivedRow { exchange, holder, sealed });
        }
        Ok((sources, rows))
    }

    /// Keeps that it was refused, for the records office; the problem goes on to who asked.
    async fn not_granted(&self, order: &Order, request: &ExchangeRequest, error: ClientError) -> Problem {
        let problem = Problem::from(error);
        let asked = Asked {
            exchange: request.exchange,
            at: self.now(),
            patient: order.patient.clone(),
            staff: order.staff.clone(),
            reason: request.reason,
            holders: Vec::new(),
            received: 0,
            keep_until: self.now(),
            refused: Some(problem.code().to_owned()),
        };
        if let Err(error) = self.store.keep_asked(asked, Vec::new()).await {
            tracing::error!(%error, "a refused question could not be written down");
        }
        problem
    }

    pub(crate) async fn log_exchange(
        &self,
        kind: &'static str,
        patient: &LocalNumber,
        exchange: ExchangeId,
        body: &serde_json::Value,
    ) -> Result<Receipt, DeskError> {
        let person = Some(self.ledger.person_digest(format!("Patient/{patient}").as_bytes()));
        let entry =
            Entry { kind, person, exchange, at: self.now().as_millis(), body: body.to_string().into_bytes() };
        Ok(self.ledger.append(entry).await?)
    }

    /// When the emergency ends that a question rests on: what it opened is not looked at afterwards.
    async fn end_of(&self, order: &Order) -> Result<Timestamp, DeskError> {
        let (Why::Emergency(declaration) | Why::BreakGlass(declaration)) = order.why else {
            return Ok(self.now().add_millis(KEEP_MILLIS));
        };
        let declared = self.store.emergencies(Some(order.patient.clone()), EMERGENCIES).await?;
        let found = declared.iter().find(|emergency| emergency.declaration == declaration);
        Ok(found.map_or_else(|| self.now(), |emergency| emergency.until))
    }

    /// A working day, or the last day that the person permits if that is earlier.
    fn keep_until(&self, last: Option<Date>) -> Timestamp {
        let day = self.now().add_millis(KEEP_MILLIS);
        last.map_or(day, |last| day.min(Timestamp::start_of(last.add_days(1))))
    }
}

fn presence(receipt: Option<Receipt>) -> Result<Evidence, Problem> {
    receipt.map(|receipt| Evidence::Presence { receipt }).ok_or_else(no_medical_id)
}

/// Ties what was received to its place.
fn place(patient: &LocalNumber, exchange: &ExchangeId, holder: &OrgId) -> Vec<u8> {
    format!("received {patient} {exchange} {holder}").into_bytes()
}

pub(super) fn no_medical_id() -> Problem {
    Problem::new(422, "no-exchange-for-this-patient")
        .ja("この患者さんの記録は照会できません。")
        .en("other institutions cannot be asked about this patient")
        .detail(
            "カードで受付し、患者番号と結び付けると、医療等IDのある方は照会できるようになります。",
            "receive the card and link it to the patient number; then it works for those who have a medical ID",
        )
}
