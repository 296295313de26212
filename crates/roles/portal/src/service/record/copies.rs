//! Copies that the person keeps (控え), by choice: listed, opened at a later visit, deleted at will.

use codes::{ExchangeId, KeyName};
use serde_json::json;
use wire::Problem;

use super::shelf::{read, written};
use super::{Gathered, Service};
use crate::model::Visit;
use crate::problems;
use crate::store::record::{self as sql, CopyLine};

/// Kinds of the entries that copies leave.
const KEPT: &str = "portal.copy-kept";
const DELETED: &str = "portal.copy-deleted";

/// The most copies of one person.
const COPIES_MAX: usize = 12;

impl Service {
    /// Keeps a copy of what was gathered.
    ///
    /// # Errors
    /// Too many copies; store or ledger.
    pub async fn keep_copy(&self, visit: &Visit, gathered: &Gathered) -> Result<(), Problem> {
        if self.copies(visit).await?.len() >= COPIES_MAX {
            return Err(problems::too_many_copies(COPIES_MAX));
        }
        let (id, person) = (self.exchange(), visit.person);
        let line = CopyLine { id, at: gathered.at, resources: gathered.items.len() as i64 };
        let body = json!({ "copy": id, "resources": line.resources, "exchange": gathered.exchange });
        self.log(KEPT, visit.bearer.code.as_ref(), id, &body).await?;
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &place(&person, &id), &written(gathered)?);
        let sealed = sealed.map_err(problems::internal)?;
        self.write(move |tx| sql::keep(tx, &person, &line, &sealed)).await
    }

    /// The person's copies, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn copies(&self, visit: &Visit) -> Result<Vec<CopyLine>, Problem> {
        let person = visit.person;
        self.read(move |c| sql::copies(c, &person)).await
    }

    /// One of the person's copies.
    ///
    /// # Errors
    /// The store's, or a row that was altered.
    pub async fn copy(&self, visit: &Visit, id: &ExchangeId) -> Result<Option<Gathered>, Problem> {
        let (person, id) = (visit.person, *id);
        let Some(sealed) = self.read(move |c| sql::copy(c, &person, &id)).await? else { return Ok(None) };
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &place(&person, &id), &sealed);
        read(&opened.map_err(problems::internal)?).map(Some)
    }

    /// Deletes a copy. One that is gone already is no error.
    ///
    /// # Errors
    /// Store or ledger.
    pub async fn delete_copy(&self, visit: &Visit, id: ExchangeId) -> Result<(), Problem> {
        let person = visit.person;
        if self.write(move |tx| sql::delete_copy(tx, &person, &id)).await? {
            let body = json!({ "copy": id });
            self.log(DELETED, visit.bearer.code.as_ref(), self.exchange(), &body).await?;
        }
        Ok(())
    }
}

fn place(person: &[u8; 32], id: &ExchangeId) -> Vec<u8> {
    [b"portal copy".as_slice(), person, id.as_bytes()].concat()
}
