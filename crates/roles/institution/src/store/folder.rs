//! What the folders of the receipt computer asked, and the files they must hold.

use ::store::{StoreError, Tx, params};
use calendar::Timestamp;
use codes::ExchangeId;

use super::{Store, opt_json, opt_parse, to_json};
use crate::oqs::RequestContext;

/// A request file: the digest of its name and content, and what its result must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRequest {
    /// SHA-256.
    pub digest: [u8; 32],
    /// What its result must repeat; none for a request that could not be read.
    pub context: Option<RequestContext>,
}

/// A file that a folder must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFile {
    /// Where.
    pub folder: OutFolder,
    /// Its name.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The folders that the institution writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutFolder {
    /// `OQS/res`: results of requests.
    Res,
    /// `OQS/face`: results of cards read at the desk.
    Face,
}

impl Store {
    /// What is known of a request with this digest: nothing, or the visit it led to (none when it was malformed).
    ///
    /// # Errors
    /// The store's.
    pub async fn folder_request(&self, digest: [u8; 32]) -> Result<Option<Option<ExchangeId>>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query_one(
                    "SELECT visit FROM folder_request WHERE digest = $1",
                    params![&digest],
                    |row| opt_parse(row, 0),
                )
            })
            .await
    }

    /// What the result of a visit that came through the folder must repeat.
    ///
    /// # Errors
    /// The store's.
    pub async fn request_context(&self, visit: ExchangeId) -> Result<Option<RequestContext>, StoreError> {
        let context = self.0.read(move |reader| {
            reader.query_one(
                "SELECT context FROM folder_request WHERE visit = $1",
                params![&visit.to_string()],
                |row| opt_json(row, 0),
            )
        });
        Ok(context.await?.flatten())
    }

    /// Keeps a request that led to no visit together with its result.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_malformed(
        &self,
        digest: [u8; 32],
        result: FolderFile,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO folder_request (digest, received_at) VALUES ($1, $2) \
                     ON CONFLICT (digest) DO NOTHING",
                    params![&digest, at.as_millis()],
                )?;
                put_files(tx, std::slice::from_ref(&result), at)
            })
            .await
    }

    /// Makes sure that a result is written once more: its request came again.
    ///
    /// # Errors
    /// The store's.
    pub async fn write_again(&self, name: String) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute("UPDATE outbox SET written_at = NULL WHERE name = $1", params![&name])?;
                Ok(())
            })
            .await
    }

    /// Files that are not written yet, oldest first, each with the time of its change.
    ///
    /// # Errors
    /// The store's.
    pub async fn waiting_files(&self, limit: u32) -> Result<Vec<(FolderFile, Timestamp)>, StoreError> {
        self.0
            .read(move |reader| {
                reader.query(
                    "SELECT folder, name, bytes, changed_at FROM outbox WHERE written_at IS NULL \
                     ORDER BY changed_at LIMIT $1",
                    params![limit],
                    |row| {
                        let folder = if row.text(0)? == "face" { OutFolder::Face } else { OutFolder::Res };
                        let (name, bytes) = (row.text(1)?.to_owned(), row.bytes(2)?.to_vec());
                        Ok((FolderFile { folder, name, bytes }, Timestamp::from_millis(row.int(3)?)))
                    },
                )
            })
            .await
    }

    /// Notes that the file as it was at `changed_at` lies in its folder.
    ///
    /// # Errors
    /// The store's.
    pub async fn file_written(
        &self,
        name: String,
        changed_at: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.execute(
                    "UPDATE outbox SET written_at = $3 WHERE name = $1 AND changed_at = $2",
                    params![&name, changed_at.as_millis(), at.as_millis()],
                )?;
                Ok(())
            })
            .await
    }
}

/// Ties a request file to the visit that answers it.
pub(super) fn bind_request(
    tx: &mut Tx<'_>,
    request: &FolderRequest,
    visit: ExchangeId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let context = request.context.as_ref().map(to_json).transpose()?;
    tx.execute(
        "INSERT INTO folder_request (digest, visit, context, received_at) VALUES ($1, $2, $3, $4)",
        params![&request.digest, &visit.to_string(), context.as_ref(), at.as_millis()],
    )?;
    Ok(())
}

/// Queues files in the transaction that makes them true.
pub(super) fn put_files(tx: &mut Tx<'_>, files: &[FolderFile], at: Timestamp) -> Result<(), StoreError> {
    for file in files {
        let folder = match file.folder {
            OutFolder::Res => "res",
            OutFolder::Face => "face",
        };
        tx.execute(
            "INSERT INTO outbox (name, folder, bytes, changed_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, changed_at = excluded.changed_at, \
             written_at = NULL",
            params![&file.name, folder, &file.bytes, at.as_millis()],
        )?;
    }
    Ok(())
}
