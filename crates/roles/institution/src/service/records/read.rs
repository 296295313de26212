//! Reading resources and their history for the institution's own systems.

use super::error::RecordError;
use super::log::Caller;
use crate::service::Service;
use crate::store::{HistoryOf, HistoryPage, Version};

impl Service {
    /// The current version of a resource.
    ///
    /// # Errors
    /// [`RecordError::NotFound`], [`RecordError::Gone`].
    pub async fn read_record(&self, caller: &Caller, name: &str) -> Result<Version, RecordError> {
        let found = self.store.resource(name.to_owned()).await?;
        self.answer_read(caller, name, found).await
    }

    /// One version of a resource.
    ///
    /// # Errors
    /// [`RecordError::NotFound`], [`RecordError::Gone`] when the version is a deletion.
    pub async fn read_record_version(
        &self,
        caller: &Caller,
        name: &str,
        version: i64,
    ) -> Result<Version, RecordError> {
        let found = self.store.resource_version(name.to_owned(), version).await?;
        self.answer_read(caller, name, found).await
    }

    /// A page of a history, newest first, with the number of its versions.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for a resource that never was.
    pub async fn record_history(
        &self,
        caller: &Caller,
        of: HistoryOf,
        page: HistoryPage,
    ) -> Result<(u64, Vec<Version>), RecordError> {
        if let HistoryOf::Resource(name) = &of
            && self.store.resource(name.clone()).await?.is_none()
        {
            return Err(RecordError::NotFound(name.clone()));
        }
        let (total, versions) = self.store.resource_history(of, page).await?;
        let read = versions.iter().map(|version| (version.patient.as_str(), version.name.as_str()));
        self.log_read(caller, "history", read).await?;
        Ok((total, versions))
    }

    async fn answer_read(
        &self,
        caller: &Caller,
        name: &str,
        found: Option<Version>,
    ) -> Result<Version, RecordError> {
        let version = found.ok_or_else(|| RecordError::NotFound(name.to_owned()))?;
        if version.deleted {
            return Err(RecordError::Gone { name: version.name, version: version.version });
        }
        self.log_read(caller, "read", std::iter::once((version.patient.as_str(), name))).await?;
        Ok(version)
    }
}
