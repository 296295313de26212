//! The local patient list and the links from person codes to it.

use ::store::{Reader, Row, StoreError, Tx, params};
use calendar::{Date, Timestamp};
use codes::{ExchangeId, Insurance, OrgCode};
use kotoba::{fold_kana, fold_name};
use protocol::eligibility::{Membership, Sex};

use super::{Store, containing, opt_parse};
use crate::model::{Link, LocalNumber, Patient};

/// What a link is to become.
#[derive(Clone, Debug)]
pub struct LinkChange {
    /// The person.
    pub person: OrgCode<Insurance>,
    /// The local patient; `None` ends the link.
    pub patient: Option<LocalNumber>,
    /// The visit at which it was decided.
    pub visit: ExchangeId,
    /// Take the patient away from another person who has it.
    pub take_over: bool,
    /// Now.
    pub at: Timestamp,
}

/// Why a link cannot be made without a further word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkConflict {
    /// No such patient in the local list.
    NoPatient,
    /// The patient is linked to another person.
    Taken,
}

/// Why a link was not made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The link contradicts what is there.
    #[error("the link contradicts what is there: {0:?}")]
    Conflict(LinkConflict),
    /// The store's failure.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Takes over a patient list: new numbers are added, known ones replaced, absent ones kept. All or nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_patients(&self, patients: Vec<Patient>, at: Timestamp) -> Result<(), StoreError> {
        self.0.write(move |tx| patients.iter().try_for_each(|patient| put_patient(tx, patient, at))).await
    }

    /// One patient.
    ///
    /// # Errors
    /// The store's.
    pub async fn patient(&self, number: LocalNumber) -> Result<Option<Patient>, StoreError> {
        self.0
            .read(move |reader| {
                let sql = format!("SELECT {PATIENT} FROM patient WHERE local_number = $1");
                reader.query_one(&sql, params![number.as_str()], patient)
            })
            .await
    }

    /// How many patients the local list holds.
    ///
    /// # Errors
    /// The store's.
    pub async fn patient_count(&self) -> Result<u64, StoreError> {
        let count = self
            .0
            .read(|reader| reader.query_one("SELECT COUNT(*) FROM patient", &[], |row| row.int(0)))
            .await?;
        Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// Patients whose name, reading or number holds the text, by reading; at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn find_patients(&self, text: String, limit: u32) -> Result<Vec<Patient>, StoreError> {
        self.0
            .read(move |reader| {
                let (name, kana) = (containing(&fold_name(&text)), containing(&fold_kana(&text)));
                let number = containing(text.trim());
                let sql = format!(
                    "SELECT {PATIENT} FROM patient WHERE name_key LIKE $2 ESCAPE '\\' \
                     OR kana_key LIKE $3 ESCAPE '\\' OR local_number LIKE $4 ESCAPE '\\' \
                     ORDER BY kana_key, local_number LIMIT $1"
                );
                reader.query(&sql, params![limit, &name, &kana, &number], patient)
            })
            .await
    }

    /// Patients born on a day, by reading; at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn patients_born(&self, day: Date, limit: u32) -> Result<Vec<Patient>, StoreError> {
        self.0
            .read(move |reader| {
                let sql = format!(
                    "SELECT {PATIENT} FROM patient WHERE birthdate = $2 ORDER BY kana_key, local_number LIMIT $1"
                );
                reader.query(&sql, params![limit, &day.to_string()], patient)
            })
            .await
    }

    /// Patients who share the number, the reading, the name or the birth date with a membership, each with
    /// whether somebody is linked to it already; at most `limit` a road.
    ///
    /// # Errors
    /// The store's.
    pub async fn similar_patients(
        &self,
        membership: &Membership,
        limit: u32,
    ) -> Result<Vec<(Patient, bool)>, StoreError> {
        let person = &membership.person;
        let roads = [
            ("insured_key", insured_key(&membership.insured)),
            ("kana_key", fold_kana(&person.kana)),
            ("name_key", fold_name(&person.name)),
            ("birthdate", person.birthdate.to_string()),
        ];
        self.0
            .read(move |reader| {
                let mut found: Vec<(Patient, bool)> = Vec::new();
                for (column, key) in roads.iter().filter(|(_, key)| !key.is_empty()) {
                    let sql = format!(
                        "SELECT {PATIENT}, (SELECT l.seq FROM link l WHERE l.local_number = patient.local_number \
                         AND l.ended_at IS NULL) FROM patient WHERE {column} = $2 ORDER BY local_number LIMIT $1"
                    );
                    let rows = reader.query(&sql, params![limit, key], |row| {
                        Ok((patient(row)?, row.opt_int(7)?.is_some()))
                    })?;
                    for row in rows {
                        if !found.iter().any(|(known, _)| known.local_number == row.0.local_number) {
                            found.push(row);
                        }
                    }
                }
                Ok(found)
            })
            .await
    }

    /// Makes, moves or ends a link. Saying what already is changes nothing.
    ///
    /// # Errors
    /// [`LinkError::Conflict`], or the store's.
    pub async fn change_link(&self, change: LinkChange) -> Result<bool, LinkError> {
        self.0.write(move |tx| change_link(tx, &change)).await
    }

    /// The local patient that a person is linked to.
    ///
    /// # Errors
    /// The store's.
    pub async fn linked_patient(
        &self,
        person: OrgCode<Insurance>,
    ) -> Result<Option<LocalNumber>, StoreError> {
        self.0.read(move |reader| current_link(reader, &person.to_string())).await
    }

    /// Every link of a person, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn link_history(&self, person: OrgCode<Insurance>) -> Result<Vec<Link>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query(
                    "SELECT local_number, visit, linked_at, ended_at FROM link WHERE person_code = $1 \
                     ORDER BY seq DESC",
                    params![&person.to_string()],
                    |row| {
                        Ok(Link {
                            local_number: row.parse(0)?,
                            visit: row.parse(1)?,
                            linked_at: Timestamp::from_millis(row.int(2)?),
                            ended_at: row.opt_int(3)?.map(Timestamp::from_millis),
                        })
                    },
                )
            })
            .await
    }
}

fn put_patient(tx: &mut Tx<'_>, patient: &Patient, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO patient (local_number, name, kana, birthdate, sex, insured_key, insured, last_visit_on, \
         name_key, kana_key, imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (local_number) DO UPDATE SET name = excluded.name, kana = excluded.kana, \
         birthdate = excluded.birthdate, sex = excluded.sex, insured_key = excluded.insured_key, \
         insured = excluded.insured, last_visit_on = excluded.last_visit_on, name_key = excluded.name_key, \
         kana_key = excluded.kana_key, imported_at = excluded.imported_at",
        params![
            patient.local_number.as_str(),
            &patient.name,
            &patient.kana,
            &patient.birthdate.to_string(),
            sex_to_text(patient.sex),
            &patient.insured.as_ref().map(insured_key).unwrap_or_default(),
            patient.insured.as_ref().map(ToString::to_string).as_ref(),
            patient.last_visit_on.map(|day| day.to_string()).as_ref(),
            &fold_name(&patient.name),
            &fold_kana(&patient.kana),
            at.as_millis(),
        ],
    )?;
    Ok(())
}

fn change_link(tx: &mut Tx<'_>, change: &LinkChange) -> Result<bool, LinkError> {
    let person = change.person.to_string();
    let current = current_link(tx, &person)?;
    if current == change.patient {
        return Ok(false);
    }
    if let Some(patient) = &change.patient {
        make_room(tx, patient, change)?;
    }
    let at = change.at.as_millis();
    tx.execute(
        "UPDATE link SET ended_at = $2 WHERE person_code = $1 AND ended_at IS NULL",
        params![&person, at],
    )?;
    if let Some(patient) = &change.patient {
        let last = tx.query_one(
            "SELECT COALESCE(MAX(seq), 0) FROM link WHERE person_code = $1",
            params![&person],
            |row| row.int(0),
        )?;
        tx.execute(
            "INSERT INTO link (person_code, seq, local_number, visit, linked_at) VALUES ($1, $2, $3, $4, $5)",
            params![&person, last.unwrap_or_default() + 1, patient.as_str(), &change.visit.to_string(), at],
        )?;
    }
    Ok(true)
}

/// Makes sure that the patient exists and that nobody else has it, or ends the other's link when told to.
fn make_room(tx: &mut Tx<'_>, patient: &LocalNumber, change: &LinkChange) -> Result<(), LinkError> {
    let known = tx.query_one(
        "SELECT local_number FROM patient WHERE local_number = $1",
        params![patient.as_str()],
        |row| row.parse::<LocalNumber>(0),
    )?;
    if known.is_none() {
        return Err(LinkError::Conflict(LinkConflict::NoPatient));
    }
    let holder = tx.query_one(
        "SELECT person_code FROM link WHERE local_number = $1 AND ended_at IS NULL",
        params![patient.as_str()],
        |row| Ok(row.text(0)?.to_owned()),
    )?;
    match holder {
        None => Ok(()),
        Some(_) if !change.take_over => Err(LinkError::Conflict(LinkConflict::Taken)),
        Some(holder) => {
            tx.execute(
                "UPDATE link SET ended_at = $2 WHERE person_code = $1 AND ended_at IS NULL",
                params![&holder, change.at.as_millis()],
            )?;
            Ok(())
        }
    }
}

fn current_link(reader: &mut Reader<'_>, person: &str) -> Result<Option<LocalNumber>, StoreError> {
    reader.query_one(
        "SELECT local_number FROM link WHERE person_code = $1 AND ended_at IS NULL",
        params![person],
        |row| row.parse(0),
    )
}

const PATIENT: &str = "local_number, name, kana, birthdate, sex, insured, last_visit_on";

fn patient(row: &Row<'_>) -> Result<Patient, StoreError> {
    Ok(Patient {
        local_number: row.parse(0)?,
        name: row.text(1)?.to_owned(),
        kana: row.text(2)?.to_owned(),
        birthdate: row.parse(3)?,
        sex: sex_from_text(row.text(4)?),
        insured: opt_parse(row, 5)?,
        last_visit_on: opt_parse(row, 6)?,
    })
}

/// The key by which symbol and number are compared: without the branch, which old lists do not have.
fn insured_key(insured: &codes::InsuredPersonId) -> String {
    insured.normalized().without_branch().to_owned()
}

fn sex_to_text(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unset => "unset",
    }
}

fn sex_from_text(text: &str) -> Sex {
    match text {
        "male" => Sex::Male,
        "female" => Sex::Female,
        _ => Sex::Unset,
    }
}
