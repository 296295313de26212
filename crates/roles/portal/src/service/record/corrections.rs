//! "This is wrong" (訂正の求め): sent to the holder with a grant that shows whose record it is, followed to its answer.

use codes::{ExchangeId, KeyName, OrgId};
use consent::Categories;
use protocol::clients::HolderClient;
use protocol::corrections::{CorrectionQuestion, CorrectionRequest, CorrectionState, WORDS_MAX};
use serde::{Deserialize, Serialize};
use wire::Problem;

use super::Service;
use crate::model::Visit;
use crate::problems;
use crate::store::record::{self as sql, CorrectionRow};

/// What the person says.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// Key of the form: sent twice, it is one request.
    pub key: ExchangeId,
    /// Whose record.
    pub holder: OrgId,
    /// Which item, `Observation/1`.
    pub resource: String,
    /// How it is called.
    pub title: String,
    /// What is wrong.
    pub said: String,
}

/// A request and how it stands.
#[derive(Clone, Debug)]
pub struct Correction {
    /// When it was sent.
    pub at: calendar::Timestamp,
    /// What was said, about what.
    pub wrong: Wrong,
    /// How it stands; none when it did not reach the holder yet.
    pub state: Option<CorrectionState>,
    /// What the institution answered, and when.
    pub answer: Option<(String, calendar::Timestamp)>,
    /// The holder could not be asked now.
    pub stale: bool,
}

/// What is sealed of a request.
#[derive(Serialize, Deserialize)]
struct Kept {
    resource: String,
    title: String,
    said: String,
    answer: Option<(String, calendar::Timestamp)>,
}

/// The state of a request that did not reach the holder.
const UNSENT: &str = "unsent";

impl Service {
    /// Sends a request. Sent again with its key, it is the same one.
    ///
    /// # Errors
    /// Nothing said, or too much; a holder that cannot be reached (the request is kept and sent again when the list is read).
    pub async fn say_wrong(&self, visit: &Visit, wrong: Wrong) -> Result<(), Problem> {
        let length = wrong.said.trim().chars().count();
        if length < 2 || wrong.said.chars().count() > WORDS_MAX {
            return Err(problems::unfinished(
                "said",
                "どこが違うかを、2文字から2,000文字で書いてください。",
                "Say what is wrong, in 2 to 2,000 characters.",
            ));
        }
        let kept = Kept {
            resource: wrong.resource.clone(),
            title: wrong.title.clone(),
            said: wrong.said.clone(),
            answer: None,
        };
        let (person, sealed) = (visit.person, self.seal_correction(&visit.person, &wrong.key, &kept)?);
        let row = CorrectionRow {
            id: wrong.key,
            at: self.now(),
            holder: wrong.holder,
            state: UNSENT.into(),
            sealed,
        };
        self.write(move |tx| sql::put_correction(tx, &person, &row)).await?;
        self.send(visit, &wrong).await
    }

    /// The person's requests, newest first, each as its holder says now; those that did not arrive are sent again.
    ///
    /// # Errors
    /// The store's, or a row that was altered. A holder that cannot be asked leaves its requests as they were known.
    pub async fn corrections(&self, visit: &Visit) -> Result<Vec<Correction>, Problem> {
        let mut found = self.known_corrections(visit).await?;
        let mut holders: Vec<OrgId> = found.iter().map(|one| one.wrong.holder).collect();
        holders.sort();
        holders.dedup();
        for holder in holders {
            let of_holder: Vec<&mut Correction> =
                found.iter_mut().filter(|one| one.wrong.holder == holder).collect();
            self.ask_holder(visit, &holder, of_holder).await?;
        }
        Ok(found)
    }

    async fn ask_holder(
        &self,
        visit: &Visit,
        holder: &OrgId,
        mut requests: Vec<&mut Correction>,
    ) -> Result<(), Problem> {
        for request in requests.iter_mut().filter(|request| request.state.is_none()) {
            match self.send(visit, &request.wrong).await {
                Ok(()) => request.state = Some(CorrectionState::Received),
                Err(problem) => {
                    tracing::warn!(%holder, %problem, "a request for correction did not arrive");
                    request.stale = true;
                }
            }
        }
        let open: Vec<ExchangeId> = requests.iter().map(|request| request.wrong.key).collect();
        let question = CorrectionQuestion { exchange: self.exchange(), portal: self.org, requests: open };
        let answers = match self.holder(holder)?.correction_answers(&question).await {
            Ok(answers) => answers.answers,
            Err(error) => {
                tracing::warn!(%holder, %error, "what became of requests for correction cannot be asked");
                requests.iter_mut().for_each(|request| request.stale = true);
                return Ok(());
            }
        };
        for request in requests {
            let Some(answer) = answers.iter().find(|answer| answer.request == request.wrong.key) else {
                continue;
            };
            let said = (answer.state != CorrectionState::Received).then(|| (answer.words.clone(), answer.at));
            if request.state != Some(answer.state) || request.answer != said {
                (request.state, request.answer) = (Some(answer.state), said);
                self.keep_answer(visit, request).await?;
            }
        }
        Ok(())
    }

    async fn known_corrections(&self, visit: &Visit) -> Result<Vec<Correction>, Problem> {
        let person = visit.person;
        let rows = self.read(move |c| sql::corrections(c, &person)).await?;
        let opened = |row: CorrectionRow| {
            let place = place(&person, &row.id);
            let bytes = self.custody.open_row(&KeyName::ROW_SEAL, &place, &row.sealed);
            let kept: Kept =
                serde_json::from_slice(&bytes.map_err(problems::internal)?).map_err(problems::internal)?;
            let wrong = Wrong {
                key: row.id,
                holder: row.holder,
                resource: kept.resource,
                title: kept.title,
                said: kept.said,
            };
            let state = CorrectionState::parse(&row.state);
            Ok(Correction { at: row.at, wrong, state, answer: kept.answer, stale: false })
        };
        rows.into_iter().map(opened).collect()
    }

    async fn send(&self, visit: &Visit, wrong: &Wrong) -> Result<(), Problem> {
        let behalf = self.own_behalf(visit)?;
        let answer = self.grants(&behalf, Categories::NONE, vec![wrong.holder]).await?;
        let grant = answer.grants.into_iter().next().ok_or_else(problems::no_holder)?;
        let request = CorrectionRequest {
            exchange: wrong.key,
            grant: grant.grant,
            resource: wrong.resource.clone(),
            title: wrong.title.clone(),
            said: wrong.said.clone(),
        };
        self.holder(&wrong.holder)?.correct(&request).await?;
        let arrived = Correction {
            at: self.now(),
            wrong: wrong.clone(),
            state: Some(CorrectionState::Received),
            answer: None,
            stale: false,
        };
        self.keep_answer(visit, &arrived).await
    }

    async fn keep_answer(&self, visit: &Visit, correction: &Correction) -> Result<(), Problem> {
        let wrong = &correction.wrong;
        let kept = Kept {
            resource: wrong.resource.clone(),
            title: wrong.title.clone(),
            said: wrong.said.clone(),
            answer: correction.answer.clone(),
        };
        let (person, id) = (visit.person, wrong.key);
        let sealed = self.seal_correction(&person, &id, &kept)?;
        let state = correction.state.map_or(UNSENT, CorrectionState::as_str);
        self.write(move |tx| sql::set_correction(tx, &person, &id, state, &sealed)).await
    }

    fn seal_correction(&self, person: &[u8; 32], id: &ExchangeId, kept: &Kept) -> Result<Vec<u8>, Problem> {
        let bytes = serde_json::to_vec(kept).map_err(problems::internal)?;
        self.custody.seal_row(&KeyName::ROW_SEAL, &place(person, id), &bytes).map_err(problems::internal)
    }

    fn holder(&self, holder: &OrgId) -> Result<HolderClient, Problem> {
        let known = self.policy.directory().get(holder);
        let base = known.and_then(|org| org.api.clone()).ok_or_else(problems::no_holder)?;
        Ok(HolderClient::new(self.client.clone(), base))
    }
}

fn place(person: &[u8; 32], id: &ExchangeId) -> Vec<u8> {
    [b"portal correction".as_slice(), person, id.as_bytes()].concat()
}
