//! The JSON interface for receipt computers and hospital systems: `docs/formats/institution-api.md`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post, put};
use calendar::{Date, Timestamp};
use codes::{ExchangeId, Insurance, OrgCode};
use ledger::Receipt;
use protocol::{
    eligibility::CheckAnswer,
    reader::{NumberChoice, ReaderError, ReaderMode, Road},
};
use serde::{Deserialize, Serialize};
use wire::{Json, Problem};

use crate::error::DeskError;
use crate::model::{Door, LocalNumber, MedicalState, Outcome, Patient, Standing, Trouble, Visit, VisitLine};
use crate::service::{CardOrder, NumberEntry, Service};

type Desk = State<Arc<Service>>;
type Answer<T> = Result<Json<T>, Problem>;

/// The interface's routes.
pub fn routes(service: &Arc<Service>) -> Router {
    Router::new()
        .route("/desk/checks", post(check))
        .route("/desk/visits", get(visits))
        .route("/desk/visits/{visit}", get(visit))
        .route("/desk/visits/{visit}/link", put(link))
        .route("/desk/patients", put(import))
        .route("/desk/patients/{patient}", get(patient))
        .with_state(Arc::clone(service))
}

/// What a receipt computer asks.
#[derive(Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
enum Check {
    /// A card on the desk's reader.
    Card {
        /// Names the card in the tray; absent for a reader that holds one card.
        #[serde(default)]
        card: String,
        mode: ReaderMode,
        #[serde(default = "insurance_code")]
        road: Road,
        #[serde(default)]
        pin: Option<String>,
        /// For which of the person's medical numbers: absent for the ordinary one, `none`, or a further one's number.
        #[serde(default)]
        number: String,
    },
    /// Symbol and number.
    Number {
        /// Makes a retry harmless: the same exchange is the same visit.
        #[serde(default)]
        exchange: Option<ExchangeId>,
        #[serde(flatten)]
        entry: NumberEntry,
    },
}

fn insurance_code() -> Road {
    Road::InsuranceCode
}

/// A visit as the interface tells it.
#[derive(Serialize)]
struct VisitBody {
    visit: ExchangeId,
    day: Date,
    received_at: Timestamp,
    terminal: String,
    state: &'static str,
    /// The local patient that the person is linked to.
    patient: Option<LocalNumber>,
    /// The institution's own code for the person.
    person_code: Option<OrgCode<Insurance>>,
    /// Registered with a medical code of this institution.
    medical_registered: bool,
    answer: Option<CheckAnswer>,
    trouble: Option<Trouble>,
    /// When an unconfirmed visit is asked again.
    retry_at: Option<Timestamp>,
    /// Where the question stands in the institution's own ledger.
    entry: Receipt,
}

impl From<Visit> for VisitBody {
    fn from(visit: Visit) -> Self {
        let outcome = &visit.question.outcome;
        let retry_at = match outcome {
            Outcome::Unconfirmed { retry_at, .. } => Some(*retry_at),
            _ => None,
        };
        Self {
            visit: visit.id,
            day: visit.day,
            received_at: visit.received_at,
            terminal: visit.terminal.clone(),
            state: state(outcome.standing()),
            patient: visit.patient.clone(),
            person_code: visit.person_code,
            medical_registered: visit.medical == MedicalState::Registered,
            answer: outcome.answer().cloned(),
            trouble: outcome.trouble().cloned(),
            retry_at,
            entry: visit.question.entry.clone(),
        }
    }
}

/// A line of a list.
#[derive(Serialize)]
struct LineBody {
    visit: ExchangeId,
    day: Date,
    received_at: Timestamp,
    state: &'static str,
    validity: Option<protocol::eligibility::Validity>,
    name: String,
    birthdate: Option<Date>,
    patient: Option<LocalNumber>,
}

impl From<VisitLine> for LineBody {
    fn from(line: VisitLine) -> Self {
        let validity = match line.standing {
            Standing::Answered(validity) => Some(validity),
            _ => None,
        };
        Self {
            visit: line.id,
            day: line.day,
            received_at: line.received_at,
            state: state(line.standing),
            validity,
            name: line.name,
            birthdate: line.birthdate,
            patient: line.patient,
        }
    }
}

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::Asking => "asking",
        Standing::Answered(_) => "answered",
        Standing::Unconfirmed => "unconfirmed",
        Standing::Refused => "refused",
    }
}

async fn check(State(service): Desk, Json(check): Json<Check>) -> Answer<VisitBody> {
    let visit = match check {
        Check::Card { card, mode, road, pin, number } => {
            let number = NumberChoice::from_word(&number)
                .ok_or(ReaderError::Missing("further number (別の番号)"))
                .map_err(DeskError::from)?;
            service.receive_card_for(Door::Api, CardOrder { card, mode, road, pin }, number).await?
        }
        Check::Number { exchange, entry } => service.receive_number(Door::Api, &entry, exchange).await?,
    };
    Ok(Json(service.visit(visit).await?.into()))
}

#[derive(Deserialize)]
struct DayQuery {
    day: Option<Date>,
    before: Option<ExchangeId>,
}

/// How many visits one call answers.
const PAGE: u32 = 200;

async fn visits(State(service): Desk, Query(query): Query<DayQuery>) -> Answer<Vec<LineBody>> {
    let day = query.day.unwrap_or_else(|| service.today());
    let lines = service.day(day, query.before, PAGE).await?;
    Ok(Json(lines.into_iter().map(LineBody::from).collect()))
}

async fn visit(State(service): Desk, Path(visit): Path<ExchangeId>) -> Answer<VisitBody> {
    Ok(Json(service.visit(visit).await?.into()))
}

#[derive(Deserialize)]
struct LinkBody {
    /// The local patient; null ends the link.
    patient: Option<LocalNumber>,
    /// Take the patient from another person.
    #[serde(default)]
    take_over: bool,
}

async fn link(
    State(service): Desk,
    Path(visit): Path<ExchangeId>,
    Json(link): Json<LinkBody>,
) -> Answer<VisitBody> {
    service.link(visit, link.patient, link.take_over).await?;
    Ok(Json(service.visit(visit).await?.into()))
}

#[derive(Serialize)]
struct PatientBody {
    patient: Patient,
    visits: Vec<LineBody>,
}

async fn patient(State(service): Desk, Path(patient): Path<String>) -> Answer<PatientBody> {
    let number = patient.parse().map_err(|_| DeskError::NoPatient)?;
    let (patient, visits) = service.patient(number).await?;
    Ok(Json(PatientBody { patient, visits: visits.into_iter().map(LineBody::from).collect() }))
}

#[derive(Serialize)]
struct ImportBody {
    patients: u64,
    without_number: u64,
    total: u64,
}

async fn import(State(service): Desk, list: Bytes) -> Answer<ImportBody> {
    let imported = service.import_patients(list.to_vec()).await?;
    Ok(Json(ImportBody {
        patients: imported.patients,
        without_number: imported.without_number,
        total: imported.total,
    }))
}
