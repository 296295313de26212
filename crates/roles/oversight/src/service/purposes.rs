//! The table of purposes and bases: shown as it is, signed off as it is. Once a table was signed off, a rule that reads
//! otherwise is not in force anywhere until an officer has signed it off too.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::SignedOff;
use crate::{problems, store::papers as sql};

/// Kind of the entry.
const SIGNED_OFF: &str = "oversight.purposes-signed-off";

/// How a rule stands to the table signed off last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Signed off as it reads.
    Same,
    /// It was not there.
    New,
    /// It, or a law it rests on, read otherwise.
    Changed,
}

/// The table and its sign-offs.
#[derive(Clone, Debug)]
pub struct PurposesState {
    /// How each rule stands, by its id.
    pub changes: BTreeMap<String, Change>,
    /// Rules that were signed off and are no longer there.
    pub gone: BTreeSet<String>,
    /// Digest of the present table's text, hexadecimal.
    pub digest: String,
    /// All sign-offs, newest first.
    pub signed: Vec<SignedOff>,
}

impl PurposesState {
    /// Whether the present table is the one signed off last.
    pub fn is_signed_off(&self) -> bool {
        self.signed.first().is_some_and(|signed| signed.digest == self.digest)
    }
}

impl Service {
    /// The present table beside the one signed off last.
    ///
    /// # Errors
    /// The store's.
    pub async fn purposes(&self) -> Result<PurposesState, Problem> {
        let signed = self.read(sql::signed_off).await?;
        let before = signed.first().map(|signed| signed.rules.clone()).unwrap_or_default();
        let present = self.present_rules();
        let change = |(id, digest): (&String, &String)| {
            let change = match before.get(id) {
                Some(known) if known == digest => Change::Same,
                Some(_) => Change::Changed,
                None => Change::New,
            };
            (id.clone(), change)
        };
        Ok(PurposesState {
            changes: present.iter().map(change).collect(),
            gone: before.keys().filter(|id| !present.contains_key(*id)).cloned().collect(),
            digest: HEXLOWER.encode(&self.policy.digest()),
            signed,
        })
    }

    /// An officer signs the table off as it was shown (`digest`). It stands in the ledger before any role acts on it.
    ///
    /// # Errors
    /// Officer or words are missing; another table than the one shown; store or ledger.
    pub async fn sign_off(&self, digest: &str, officer: &str, words: &str) -> Result<(), Problem> {
        let (officer, words) = super::officer_and_words(officer, words)?;
        let state = self.purposes().await?;
        if state.digest != digest {
            return Err(problems::another_table());
        }
        let version = self.policy.table().version().to_owned();
        let rules = self.present_rules();
        let changed: Vec<&String> =
            state.changes.iter().filter(|(_, change)| **change != Change::Same).map(|(id, _)| id).collect();
        let body = json!({
            "version": version, "table": digest, "changed": changed, "gone": state.gone, "officer": officer,
            "words": words, "rules": rules,
        });
        let receipt = self.log(SIGNED_OFF, None, self.exchange(), &body).await?;
        let signed = SignedOff {
            serial: 0,
            at: calendar::Timestamp::from_millis(receipt.at),
            version,
            digest: state.digest,
            rules,
            officer,
            place: receipt.index,
        };
        self.write(move |tx| {
            let serial = sql::next_serial(tx)?;
            sql::sign_off(tx, &SignedOff { serial, ..signed.clone() })
        })
        .await?;
        self.put_in_force().await
    }

    fn present_rules(&self) -> BTreeMap<String, String> {
        let table = self.policy.table();
        table.reviewed().map(|(rule, _, digest)| (rule.id.clone(), HEXLOWER.encode(&digest))).collect()
    }
}
