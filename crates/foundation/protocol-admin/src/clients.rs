//! Typed clients of the endpoints that take a My Number.

use protocol::clients::paths;
use wire::{Client, ClientError};

use crate::{
    issuer::{
        CardContents, CardRequest, CardStopAnswer, CardStopRequest, InsuranceLinksAnswer,
        InsuranceLinksRequest, MedicalIdAnswer, MedicalIdRequest, MedicalIdView, MedicalIdViewRequest,
    },
    report::{FileOutcome, MembershipReport, ReportOutcome},
};

/// The issuer, as the eligibility service and the counter call it.
#[derive(Clone, Debug)]
pub struct IssuerClient {
    http: Client,
    base: String,
}

impl IssuerClient {
    /// A client of the issuer whose API stands at `base`.
    pub fn new(http: Client, base: impl Into<String>) -> Self {
        Self { http, base: base.into() }
    }

    /// Asks for members' insurance link codes.
    ///
    /// # Errors
    /// The issuer's refusal, or that it could not be reached. So for all methods here.
    pub async fn insurance_links(
        &self,
        question: &InsuranceLinksRequest,
    ) -> Result<InsuranceLinksAnswer, ClientError> {
        self.http.post_idempotent(&self.base, paths::INSURANCE_LINKS, question).await
    }

    /// Acts on a person's medical ID.
    ///
    /// # Errors
    /// See [`Self::insurance_links`].
    pub async fn medical_id(&self, question: &MedicalIdRequest) -> Result<MedicalIdAnswer, ClientError> {
        self.http.post_idempotent(&self.base, paths::MEDICAL_IDS, question).await
    }

    /// Shows a person their own medical ID and its history.
    ///
    /// # Errors
    /// See [`Self::insurance_links`].
    pub async fn medical_id_view(
        &self,
        question: &MedicalIdViewRequest,
    ) -> Result<MedicalIdView, ClientError> {
        self.http.post_idempotent(&self.base, paths::MEDICAL_ID_VIEWS, question).await
    }

    /// Asks for what is written to a card.
    ///
    /// # Errors
    /// See [`Self::insurance_links`].
    pub async fn card(&self, question: &CardRequest) -> Result<CardContents, ClientError> {
        self.http.post_idempotent(&self.base, paths::CARDS, question).await
    }

    /// Stops a person's card.
    ///
    /// # Errors
    /// See [`Self::insurance_links`].
    pub async fn stop_card(&self, question: &CardStopRequest) -> Result<CardStopAnswer, ClientError> {
        self.http.post_idempotent(&self.base, paths::CARD_STOPS, question).await
    }
}

/// The eligibility service, as an insurer reports to it.
#[derive(Clone, Debug)]
pub struct ReportClient {
    http: Client,
    base: String,
}

impl ReportClient {
    /// A client of the eligibility service whose API stands at `base`.
    pub fn new(http: Client, base: impl Into<String>) -> Self {
        Self { http, base: base.into() }
    }

    /// Reports one membership; sending it again is harmless.
    ///
    /// # Errors
    /// The service's refusal, or that it could not be reached.
    pub async fn report(&self, report: &MembershipReport) -> Result<ReportOutcome, ClientError> {
        self.http.post_idempotent(&self.base, paths::REPORTS, report).await
    }

    /// Reports a file of [`crate::report_file`]'s layout; sending it again is harmless.
    ///
    /// # Errors
    /// The service's refusal of the whole file, or that it could not be reached.
    pub async fn report_file(&self, file: Vec<u8>) -> Result<FileOutcome, ClientError> {
        let answer = self.http.post_bytes(&self.base, paths::REPORT_FILES, "text/csv", file).await?;
        wire::decode(&answer.body)
            .map_err(|e| ClientError::Answer { url: self.base.clone(), reason: e.to_string() })
    }
}
