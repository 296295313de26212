//! What the records office and the network's clerk do: corroborate emergencies, read what persons decided here, tell the relay who
//! bears which number of a network.

use codes::ExchangeId;
use consent::{Consents, NetworkId};
use protocol::consents::ConsentStatusRequest;
use protocol::exchange::{Corroboration, CorroborationRequest};
use protocol::networks::{NETWORK_NUMBER_LIMIT, NETWORK_PATIENTS_MAX, NetworkPatient, NetworkPatients};
use serde::Deserialize;
use wire::Problem;

use super::Service;
use crate::error::{DeskError, LineError};
use crate::model::LocalNumber;
use crate::refuse::{self, Field};

/// What an upload of network numbers did (番号の届出の結果).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Rows that are ours.
    pub rows: u64,
    /// Of these, registered at the relay.
    pub registered: u64,
    /// Of these, patients without a working medical ID here: they can be told later.
    pub without_id: u64,
    /// Of these, codes that the relay does not know as ours.
    pub unknown: u64,
    /// Rows of other institutions, left alone.
    pub others: u64,
}

/// A row of `network-patients.csv`; names and birth dates are not looked at and go nowhere.
#[derive(Deserialize)]
struct NetworkRow {
    network: String,
    network_number: String,
    institution_code: String,
    local_number: String,
}

impl Service {
    /// What a patient of ours decided, as far as this institution passed it on.
    ///
    /// # Errors
    /// A patient who has no medical ID here; the relay's refusals.
    pub async fn consents_of(&self, patient: &LocalNumber) -> Result<Consents, Problem> {
        let known = self.store.known_patient(patient.clone()).await.map_err(DeskError::from)?;
        let known = known.ok_or_else(no_medical_id)?;
        let (_, client) = self.relay()?;
        let request = ConsentStatusRequest {
            acting: None,
            exchange: ExchangeId::new(self.now().as_millis()),
            institution: self.org,
            code: known.code,
        };
        Ok(client.consent_status(&request).await?.consents)
    }

    /// Gives the relay what makes an emergency of ours believable.
    ///
    /// # Errors
    /// The relay's refusals.
    pub async fn corroborate(
        &self,
        declaration: ExchangeId,
        by: Corroboration,
        reference: String,
    ) -> Result<(), Problem> {
        let (_, client) = self.relay()?;
        let exchange = ExchangeId::new(self.now().as_millis());
        client.corroborate(&CorroborationRequest { exchange, declaration, by, reference }).await?;
        Ok(())
    }

    /// Tells the relay which of our patients bear which number of our networks; all of the file or nothing is looked at,
    /// and sending it again is harmless.
    ///
    /// # Errors
    /// [`DeskError::MyNumber`] and [`DeskError::PatientList`] with places; a network that we are no member of; the relay's refusals.
    pub async fn tell_network_numbers(&self, bytes: &[u8]) -> Result<Uploaded, Problem> {
        let rows = self.read_network_rows(bytes)?;
        let (own, others): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.institution_code == self.code.to_string());
        let mut done =
            Uploaded { rows: own.len() as u64, others: others.len() as u64, ..Uploaded::default() };
        for network in self.networks() {
            let mut patients = Vec::new();
            for row in own.iter().filter(|row| row.network == network.as_str()) {
                match self.known_code(row).await? {
                    Some(code) => patients.push(NetworkPatient { code, number: row.network_number.clone() }),
                    None => done.without_id += 1,
                }
            }
            for part in patients.chunks(NETWORK_PATIENTS_MAX) {
                let answer = self.send_numbers(&network, part).await?;
                done.registered += answer.registered;
                done.unknown += answer.unknown;
            }
        }
        Ok(done)
    }

    async fn known_code(&self, row: &NetworkRow) -> Result<Option<codes::OrgCode<codes::Medical>>, Problem> {
        let Ok(number) = row.local_number.parse::<LocalNumber>() else { return Ok(None) };
        let known = self.store.known_patient(number.clone()).await.map_err(DeskError::from)?;
        if known.is_some() {
            let (network, shown) = (row.network.clone(), row.network_number.clone());
            self.store
                .keep_network_number(number, network, shown, self.now())
                .await
                .map_err(DeskError::from)?;
        }
        Ok(known.map(|known| known.code))
    }

    async fn send_numbers(
        &self,
        network: &NetworkId,
        patients: &[NetworkPatient],
    ) -> Result<protocol::networks::NetworkPatientsAnswer, Problem> {
        let (_, client) = self.relay()?;
        let request = NetworkPatients {
            exchange: ExchangeId::new(self.now().as_millis()),
            institution: self.org,
            network: network.clone(),
            patients: patients.to_vec(),
        };
        Ok(client.network_patients(&request).await?)
    }

    fn read_network_rows(&self, bytes: &[u8]) -> Result<Vec<NetworkRow>, DeskError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().cloned().map_err(|error| unreadable(&error))?;
        let networks = self.networks();
        let (mut rows, mut wrong) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record.map_err(|error| unreadable(&error))?;
            let line = record.position().map_or(0, csv::Position::line);
            for (name, value) in header.iter().zip(&record) {
                let field = if name == "local_number" { self.local_numbers } else { Field::Text };
                refuse::scan(field, value, || format!("line {line}, {name}"))?;
            }
            let row: NetworkRow = record.deserialize(Some(&header)).map_err(|error| unreadable(&error))?;
            wrong.extend(self.problem_of(&row, line, &networks));
            rows.push(row);
        }
        if wrong.is_empty() { Ok(rows) } else { Err(DeskError::PatientList(wrong)) }
    }

    /// What is wrong with a row of ours.
    fn problem_of(&self, row: &NetworkRow, line: u64, networks: &[NetworkId]) -> Option<LineError> {
        let error = |column: &str, ja: &str, en: &str| {
            Some(LineError { line, column: column.to_owned(), ja: ja.to_owned(), en: en.to_owned() })
        };
        let length = row.network_number.chars().count();
        if row.institution_code != self.code.to_string() {
            None
        } else if !networks.iter().any(|network| network.as_str() == row.network) {
            error("network", "当院が参加していないネットワークです", "we are no member of this network")
        } else if length == 0 || length > NETWORK_NUMBER_LIMIT {
            error("network_number", "1字から64字の番号が必要です", "a number of 1 to 64 characters is needed")
        } else if row.local_number.parse::<LocalNumber>().is_err() {
            error("local_number", "患者番号ではありません", "not a patient number")
        } else {
            None
        }
    }

    /// How many of our patients bear a number of each of our networks, as far as it was told from here.
    ///
    /// # Errors
    /// The store's.
    pub async fn network_counts(&self) -> Result<Vec<(NetworkId, u64)>, DeskError> {
        let told = self.store.network_counts().await?;
        let count = |network: &NetworkId| {
            told.iter().find(|(name, _)| name == network.as_str()).map_or(0, |(_, count)| *count)
        };
        Ok(self.networks().into_iter().map(|network| (network.clone(), count(&network))).collect())
    }
}

fn unreadable(error: &csv::Error) -> DeskError {
    let line = error.position().map_or(1, csv::Position::line);
    DeskError::PatientList(vec![LineError {
        line,
        column: String::new(),
        ja: "network, network_number, institution_code, local_number の列を持つ CSV（UTF-8）が必要です"
            .into(),
        en: format!(
            "a CSV (UTF-8) with network, network_number, institution_code, local_number is expected: {error}"
        ),
    }])
}

fn no_medical_id() -> Problem {
    Problem::new(422, "no-exchange-for-this-patient")
        .ja("この患者さんは、まだ同意の手続きができません。")
        .en("no decision can be passed on for this patient yet")
        .detail(
            "カードで受付し、患者番号と結び付けると、医療等IDのある方は手続きできるようになります。",
            "receive the card and link it to the patient number; then it works for those who have a medical ID",
        )
}
