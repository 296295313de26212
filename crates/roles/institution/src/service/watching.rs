//! The list by which look-ups are marked for the overseer (照会の見守り名簿), as the records office keeps it.

use codes::ExchangeId;
use ledger::Entry;
use protocol::exchange::Practitioner;
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::watch_list::{self, WatchCounts, WatchList, WatchListError};

/// Kind of the entry of a new list.
const REPLACED: &str = "watch-list.replaced";

impl Service {
    /// How many the list names by which look-ups are marked.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn watch_counts(&self) -> Result<WatchCounts, Problem> {
        let list = WatchList::read(&self.watch_list, self.local_numbers);
        list.map(|list| list.counts()).map_err(not_readable)
    }

    /// Puts a list in the place of the present one, all of it or nothing; written down first, without a name. Again is harmless.
    ///
    /// # Errors
    /// What is wrong with which line; ledger or disk.
    pub async fn replace_watch_list(
        &self,
        staff: &Practitioner,
        bytes: Vec<u8>,
    ) -> Result<WatchCounts, Problem> {
        let counts = WatchList::parse(&bytes, self.local_numbers).map_err(not_readable)?.counts();
        let WatchCounts { colleagues, homes, famous } = counts;
        let body = json!({ "staff": staff, "colleagues": colleagues, "homes": homes, "famous": famous });
        let entry = Entry {
            kind: REPLACED,
            person: None,
            exchange: ExchangeId::new(self.now().as_millis()),
            at: self.now().as_millis(),
            body: body.to_string().into_bytes(),
        };
        self.ledger.append(entry).await.map_err(failed)?;
        let path = self.watch_list.clone();
        let written = tokio::task::spawn_blocking(move || watch_list::replace(&path, &bytes));
        written.await.map_err(failed)?.map_err(failed)?;
        Ok(counts)
    }
}

fn not_readable(error: WatchListError) -> Problem {
    match error {
        WatchListError::Line { line, ja, en } => Problem::new(422, "bad-watch-list")
            .ja(format!("名簿の{line}行目を読めません。"))
            .en(format!("Line {line} of the list cannot be read."))
            .detail(format!("{ja}。名簿は前のままです。"), format!("{en}. The list is as it was."))
            .at(format!("line {line}")),
        WatchListError::MyNumber(found) => crate::error::my_number(&found),
        WatchListError::File(error) => failed(error),
    }
}

fn failed(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the watch list");
    Problem::internal()
}
