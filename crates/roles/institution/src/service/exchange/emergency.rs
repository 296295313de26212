//! Emergencies declared at this institution.

use codes::ExchangeId;
use protocol::exchange::{EmergencyReason, EmergencyRequest, Practitioner};
use serde_json::json;
use wire::Problem;

use crate::error::DeskError;
use crate::model::LocalNumber;
use crate::service::Service;
use crate::store::DeclaredEmergency;

/// Kind of the entry of a declaration, before it is made.
const EMERGENCY: &str = "exchange.emergency";

/// What a member of staff declares (緊急の宣言).
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Who of the staff.
    pub staff: Practitioner,
    /// About which patient.
    pub patient: LocalNumber,
    /// Why, coded.
    pub reason: EmergencyReason,
    /// Why, in words.
    pub words: String,
    /// The declaration that this one widens: the second act.
    pub widens: Option<ExchangeId>,
    /// The second member of staff, where one is needed.
    pub with: Option<Practitioner>,
}

impl Service {
    /// Declares an emergency at the relay. It opens nothing by itself: see [`Service::gather`].
    ///
    /// # Errors
    /// A patient who has no medical ID here; the relay's refusals; store or ledger.
    pub async fn declare_emergency(&self, declaration: Declaration) -> Result<DeclaredEmergency, Problem> {
        let known = self.store.known_patient(declaration.patient.clone()).await.map_err(DeskError::from)?;
        let known = known.ok_or_else(super::ask::no_medical_id)?;
        let (_, client) = self.relay()?;
        let exchange = ExchangeId::new(self.now().as_millis());
        let body = json!({
            "staff": declaration.staff, "with": declaration.with, "reason": declaration.reason,
            "text": declaration.words, "widens": declaration.widens,
        });
        self.log_exchange(EMERGENCY, &declaration.patient, exchange, &body).await?;
        let request = EmergencyRequest {
            exchange,
            institution: self.org,
            code: known.code,
            declared_by: declaration.staff.clone(),
            reason: declaration.reason,
            text: declaration.words.clone(),
            widens: declaration.widens,
            with: declaration.with,
        };
        let answer = client.emergency(&request).await?;
        let emergency = DeclaredEmergency {
            declaration: exchange,
            at: self.now(),
            until: answer.until,
            patient: declaration.patient,
            staff: declaration.staff,
            reason: declaration.reason,
            words: declaration.words,
            widened: declaration.widens.is_some(),
        };
        self.store.keep_emergency(emergency.clone()).await.map_err(DeskError::from)?;
        Ok(emergency)
    }

    /// What is asked, given and declared here, for the records office and the privacy officer.
    ///
    /// # Errors
    /// The store's.
    pub async fn exchanges(&self, patient: Option<LocalNumber>, limit: u32) -> Result<Exchanges, DeskError> {
        Ok(Exchanges {
            asked: self.store.asked(patient.clone(), limit).await?,
            given: if patient.is_none() { self.store.given(limit).await? } else { Vec::new() },
            emergencies: self.store.emergencies(patient, limit).await?,
        })
    }
}

/// Lists of the records office (診療情報管理室).
#[derive(Clone, Debug)]
pub struct Exchanges {
    /// What was asked of others, newest first.
    pub asked: Vec<crate::store::Asked>,
    /// What was given to others, newest first.
    pub given: Vec<crate::store::Given>,
    /// Emergencies declared here, newest first.
    pub emergencies: Vec<DeclaredEmergency>,
}
