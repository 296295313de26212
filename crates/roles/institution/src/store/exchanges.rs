//! Exchanges with other institutions: grants shown here, what was given, asked and received, emergencies declared.

use ::store::{Reader, Row, StoreError, params};
use calendar::Timestamp;
use codes::{ExchangeId, Insurance, Medical, OrgCode, OrgId};
use consent::ActReason;
use ledger::Receipt;
use protocol::exchange::{EmergencyReason, Practitioner};

use super::{Store, json, opt_parse, to_json};
use crate::model::LocalNumber;

/// A patient of ours as the relay knows them (照会できる患者).
#[derive(Clone, Debug)]
pub struct KnownPatient {
    /// Our medical code of the person.
    pub code: OrgCode<Medical>,
    /// The newest card read here that the relay knows of: its check's receipt.
    pub presence: Option<Receipt>,
}

/// What was given to another institution.
#[derive(Clone, Debug)]
pub struct Given {
    /// The grant.
    pub grant: ExchangeId,
    /// The exchange.
    pub exchange: ExchangeId,
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub asker: OrgId,
    /// For which of their staff, as they named them.
    pub staff: String,
    /// What for.
    pub reason: ActReason,
    /// About which of our patients; none when the person is no patient here.
    pub patient: Option<LocalNumber>,
    /// How many resources left.
    pub given: u64,
    /// How it ended.
    pub state: GivenState,
}

/// How a giving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenState {
    /// It stopped in the middle: the connection or the process ended.
    Cut,
    /// All that was granted left.
    Whole,
    /// The person ended it in the middle.
    Ended,
}

/// What was asked of others.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The exchange.
    pub exchange: ExchangeId,
    /// When.
    pub at: Timestamp,
    /// About which patient.
    pub patient: LocalNumber,
    /// Who of the staff.
    pub staff: Practitioner,
    /// What for.
    pub reason: ActReason,
    /// Whose records were opened.
    pub holders: Vec<OrgId>,
    /// How many resources came.
    pub received: u64,
    /// Until when they may be looked at.
    pub keep_until: Timestamp,
    /// Why nothing was granted, as the relay's problem code.
    pub refused: Option<String>,
}

/// What one institution gave in one exchange, sealed.
#[derive(Clone, Debug)]
pub struct ReceivedRow {
    /// The exchange that it came with.
    pub exchange: ExchangeId,
    /// Whose it is.
    pub holder: OrgId,
    /// Its resources, NDJSON, sealed to their place.
    pub sealed: Vec<u8>,
}

/// An emergency declared here.
#[derive(Clone, Debug)]
pub struct DeclaredEmergency {
    /// The declaration.
    pub declaration: ExchangeId,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// About which patient.
    pub patient: LocalNumber,
    /// By whom.
    pub staff: Practitioner,
    /// Why.
    pub reason: EmergencyReason,
    /// Why, in words.
    pub words: String,
    /// Whether it is the second act.
    pub widened: bool,
}

impl Store {
    /// Our patient as the relay knows them; none for a patient without a medical ID.
    ///
    /// # Errors
    /// The store's. So for all here.
    pub async fn known_patient(&self, patient: LocalNumber) -> Result<Option<KnownPatient>, StoreError> {
        self.0
            .read(move |reader| {
                let Some(person) = linked_person(reader, &patient)? else { return Ok(None) };
                let Some(code) = reader.query_one(
                    "SELECT code FROM medical WHERE person_code = $1",
                    params![&person.to_string()],
                    |row| row.parse(0),
                )?
                else {
                    return Ok(None);
                };
                let presence = reader.query_one(
                    "SELECT q.answer FROM registration r JOIN question q ON q.exchange = r.exchange \
                     WHERE r.person_code = $1 AND r.state = 'registered' AND q.answer IS NOT NULL \
                     ORDER BY r.exchange DESC LIMIT 1",
                    params![&person.to_string()],
                    |row| json::<protocol::eligibility::CheckAnswer>(row, 0).map(|answer| answer.evidence()),
                )?;
                Ok(Some(KnownPatient { code, presence }))
            })
            .await
    }

    /// Our patient behind a medical code of ours.
    pub async fn patient_of_medical(
        &self,
        code: OrgCode<Medical>,
    ) -> Result<Option<LocalNumber>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query_one(
                    "SELECT l.local_number FROM medical m JOIN link l ON l.person_code = m.person_code \
                     AND l.ended_at IS NULL WHERE m.code = $1",
                    params![&code.to_string()],
                    |row| row.parse(0),
                )
            })
            .await
    }

    /// Writes down what was given and how it ended.
    pub async fn keep_given(&self, given: Vec<Given>) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                for given in &given {
                    tx.execute(
                        "INSERT INTO given (grant_id, exchange, at, asker, staff, reason, patient, given, state) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (grant_id) DO NOTHING",
                        params![
                            given.grant.as_bytes(),
                            &given.exchange.to_string(),
                            given.at.as_millis(),
                            &given.asker.to_string(),
                            &given.staff,
                            given.reason.code(),
                            given.patient.as_ref().map(LocalNumber::as_str),
                            i64::try_from(given.given).unwrap_or(i64::MAX),
                            state_word(given.state)
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Grants that were ended and would still be good: id and end of each.
    pub fn ended_grants(&self, now: Timestamp) -> Result<Vec<(ExchangeId, Timestamp)>, StoreError> {
        self.0.read_blocking(|reader| {
            reader.query(
                "SELECT id, expires_at FROM ended_grant WHERE expires_at > $1",
                params![now.as_millis()],
                |row| Ok((ExchangeId::from_bytes(row.array(0)?), Timestamp::from_millis(row.int(1)?))),
            )
        })
    }

    /// Ends grants: those that are under way, and those that were not shown yet.
    pub async fn end_grants(
        &self,
        grants: Vec<ExchangeId>,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                for grant in &grants {
                    tx.execute(
                        "INSERT INTO ended_grant (id, expires_at, ended_at) VALUES ($1, $2, $3) \
                         ON CONFLICT (id) DO NOTHING",
                        params![grant.as_bytes(), until.as_millis(), at.as_millis()],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Forgets grants that have ended by themselves, and what came from others and may no longer be looked at.
    pub async fn forget_exchanges(&self, now: Timestamp) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute("DELETE FROM ended_grant WHERE expires_at <= $1", params![now.as_millis()])?;
                tx.execute("DELETE FROM received WHERE keep_until <= $1", params![now.as_millis()])?;
                Ok(())
            })
            .await
    }

    /// Keeps what was asked and what came of it.
    pub async fn keep_asked(&self, asked: Asked, received: Vec<ReceivedRow>) -> Result<(), StoreError> {
        let (staff, holders) = (to_json(&asked.staff)?, to_json(&asked.holders)?);
        self.0
            .write(move |tx| {
                let (exchange, until) = (asked.exchange.to_string(), asked.keep_until.as_millis());
                tx.execute(
                    "INSERT INTO asked (exchange, at, patient, staff, reason, holders, received, keep_until, refused) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (exchange) DO NOTHING",
                    params![
                        &exchange,
                        asked.at.as_millis(),
                        asked.patient.as_str(),
                        &staff,
                        asked.reason.code(),
                        &holders,
                        i64::try_from(asked.received).unwrap_or(i64::MAX),
                        until,
                        asked.refused.as_deref()
                    ],
                )?;
                for row in &received {
                    tx.execute(
                        "INSERT INTO received (patient, exchange, holder, sealed, keep_until) \
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (patient, exchange, holder) DO NOTHING",
                        params![
                            asked.patient.as_str(),
                            &exchange,
                            &row.holder.to_string(),
                            &row.sealed,
                            until
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// What came from others about a patient and may still be looked at.
    pub async fn received(
        &self,
        patient: LocalNumber,
        now: Timestamp,
    ) -> Result<Vec<ReceivedRow>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query(
                    "SELECT exchange, holder, sealed FROM received WHERE patient = $1 AND keep_until > $2 \
                     ORDER BY exchange, holder",
                    params![patient.as_str(), now.as_millis()],
                    |row| {
                        Ok(ReceivedRow {
                            exchange: row.parse(0)?,
                            holder: row.parse(1)?,
                            sealed: row.bytes(2)?.to_vec(),
                        })
                    },
                )
            })
            .await
    }

    /// What was asked of others, newest first; of one patient if one is given.
    pub async fn asked(&self, patient: Option<LocalNumber>, limit: u32) -> Result<Vec<Asked>, StoreError> {
        const COLUMNS: &str = "exchange, at, patient, staff, reason, holders, received, keep_until, refused";
        self.0
            .read(move |reader| match &patient {
                Some(patient) => reader.query(
                    &format!("SELECT {COLUMNS} FROM asked WHERE patient = $1 ORDER BY at DESC LIMIT $2"),
                    params![patient.as_str(), limit],
                    asked,
                ),
                None => reader.query(
                    &format!("SELECT {COLUMNS} FROM asked ORDER BY at DESC, exchange DESC LIMIT $1"),
                    params![limit],
                    asked,
                ),
            })
            .await
    }

    /// What was given to others, newest first.
    pub async fn given(&self, limit: u32) -> Result<Vec<Given>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query(
                    "SELECT grant_id, exchange, at, asker, staff, reason, patient, given, state FROM given \
                     ORDER BY at DESC, grant_id DESC LIMIT $1",
                    params![limit],
                    given,
                )
            })
            .await
    }

    /// Writes down an emergency declared here.
    pub async fn keep_emergency(&self, emergency: DeclaredEmergency) -> Result<(), StoreError> {
        let (staff, reason) = (to_json(&emergency.staff)?, to_json(&emergency.reason)?);
        self.0
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO emergency (declaration, at, until, patient, staff, reason, words, widened) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (declaration) DO NOTHING",
                    params![
                        &emergency.declaration.to_string(),
                        emergency.at.as_millis(),
                        emergency.until.as_millis(),
                        emergency.patient.as_str(),
                        &staff,
                        &reason,
                        &emergency.words,
                        i64::from(emergency.widened)
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Emergencies declared here, newest first; those of one patient if one is given.
    pub async fn emergencies(
        &self,
        patient: Option<LocalNumber>,
        limit: u32,
    ) -> Result<Vec<DeclaredEmergency>, StoreError> {
        const COLUMNS: &str = "declaration, at, until, patient, staff, reason, words, widened";
        self.0
            .read(move |reader| match &patient {
                Some(patient) => reader.query(
                    &format!("SELECT {COLUMNS} FROM emergency WHERE patient = $1 ORDER BY at DESC LIMIT $2"),
                    params![patient.as_str(), limit],
                    emergency,
                ),
                None => reader.query(
                    &format!("SELECT {COLUMNS} FROM emergency ORDER BY at DESC, declaration DESC LIMIT $1"),
                    params![limit],
                    emergency,
                ),
            })
            .await
    }
}

fn linked_person(
    reader: &mut Reader<'_>,
    patient: &LocalNumber,
) -> Result<Option<OrgCode<Insurance>>, StoreError> {
    reader.query_one(
        "SELECT person_code FROM link WHERE local_number = $1 AND ended_at IS NULL",
        params![patient.as_str()],
        |row| row.parse(0),
    )
}

fn asked(row: &Row<'_>) -> Result<Asked, StoreError> {
    Ok(Asked {
        exchange: row.parse(0)?,
        at: Timestamp::from_millis(row.int(1)?),
        patient: row.parse(2)?,
        staff: json(row, 3)?,
        reason: row.parse(4)?,
        holders: json(row, 5)?,
        received: u64::try_from(row.int(6)?).unwrap_or_default(),
        keep_until: Timestamp::from_millis(row.int(7)?),
        refused: row.opt_text(8)?.map(str::to_owned),
    })
}

fn given(row: &Row<'_>) -> Result<Given, StoreError> {
    let state = row.text(8)?;
    Ok(Given {
        grant: ExchangeId::from_bytes(row.array(0)?),
        exchange: row.parse(1)?,
        at: Timestamp::from_millis(row.int(2)?),
        asker: row.parse(3)?,
        staff: row.text(4)?.to_owned(),
        reason: row.parse(5)?,
        patient: opt_parse(row, 6)?,
        given: u64::try_from(row.int(7)?).unwrap_or_default(),
        state: state_of(state).ok_or_else(|| StoreError::decode(8, "cut, whole or ended", state))?,
    })
}

fn emergency(row: &Row<'_>) -> Result<DeclaredEmergency, StoreError> {
    Ok(DeclaredEmergency {
        declaration: row.parse(0)?,
        at: Timestamp::from_millis(row.int(1)?),
        until: Timestamp::from_millis(row.int(2)?),
        patient: row.parse(3)?,
        staff: json(row, 4)?,
        reason: json(row, 5)?,
        words: row.text(6)?.to_owned(),
        widened: row.int(7)? == 1,
    })
}

const STATES: [(GivenState, &str); 3] =
    [(GivenState::Cut, "cut"), (GivenState::Whole, "whole"), (GivenState::Ended, "ended")];

fn state_word(state: GivenState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, word)| word)
}

fn state_of(word: &str) -> Option<GivenState> {
    STATES.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)
}
