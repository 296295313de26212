//! All that is about one patient.

use super::error::RecordError;
use super::log::Caller;
use super::search::PageToken;
use crate::service::Service;
use crate::store::{AboutPatient, Place, Version};

/// What of a patient is asked for (`Patient/$everything`).
#[derive(Clone, Debug, Default)]
pub struct Everything {
    /// Id of the patient.
    pub patient: String,
    /// Only of these types; empty for all.
    pub types: Vec<String>,
    /// Only stored at or after this, milliseconds since 1970.
    pub since: i64,
    /// Only of care at or after this, milliseconds since 1970; what has no day of care comes along.
    pub from: Option<i64>,
    /// Only of care before this.
    pub until: Option<i64>,
    /// Resources on a page; 0 leaves it to us.
    pub count: u32,
    /// Where the page begins.
    pub page: PageToken,
}

/// Resources on a page of a patient's.
const PAGE: u32 = 500;
const DAY: i64 = 86_400_000;
/// From midnight in Japan to that in Greenwich.
const JAPAN: i64 = 9 * 3_600_000;

impl Service {
    /// A page of all that is about a patient, the patient first, and what it refers to that is about nobody.
    ///
    /// # Errors
    /// [`RecordError::NotFound`].
    pub async fn patient_everything(
        &self,
        caller: &Caller,
        asked: Everything,
    ) -> Result<(Vec<Version>, Option<PageToken>), RecordError> {
        let name = format!("Patient/{}", asked.patient);
        let known = self.store.resource(name.clone()).await?.filter(|version| !version.deleted);
        let patient = known.ok_or_else(|| RecordError::NotFound(name.clone()))?;
        let is_first = matches!(asked.page.place(), Place::Skip(0));
        let day = |at: i64| (at + JAPAN).div_euclid(DAY);
        let about = AboutPatient {
            patient: asked.patient,
            types: asked.types,
            since: asked.since,
            from: asked.from.map(day),
            until: asked.until.map(|at| day(at - 1) + 1),
            place: asked.page.place().clone(),
            count: if asked.count == 0 { PAGE } else { asked.count.min(PAGE) },
        };
        let wants_patient = about.types.is_empty() || about.types.iter().any(|kind| kind == "Patient");
        let found = self.store.about_patient(about).await?;
        let last = found.matches.last().filter(|_| found.more);
        let next = last.map(|hit| PageToken::after(hit.updated_at, hit.name.clone()));
        let first = (is_first && wants_patient).then_some(patient);
        let rest = found.matches.into_iter().chain(found.included).filter(|version| version.name != name);
        let versions: Vec<Version> = first.into_iter().chain(rest).collect();
        let read = versions.iter().map(|version| (version.patient.as_str(), version.name.as_str()));
        self.log_read(caller, "everything", read).await?;
        Ok((versions, next))
    }
}
