//! Finding members at the desk.

use calendar::Date;
use my_number::SealedMyNumber;
use protocol::{clients::EligibilityClient, eligibility::WorkItem};
use wire::{Lang, Problem, t};

use super::Service;
use crate::{
    model::{Member, Record, ReportState},
    problems::{self, Refusal},
    store::{self as sql, Listed},
};

/// Most members a search lists.
const LISTED: i64 = 50;

/// What the page of one membership shows.
pub struct MemberPage {
    /// The membership.
    pub member: Member,
    /// What it was made to be, newest first: report, time, act, record.
    pub changes: Vec<(String, i64, String, Record)>,
    /// The reports about it.
    pub reports: Vec<Listed>,
}

impl Service {
    /// Members by name, reading or number; the latest changed when the question is empty.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn search(&self, question: &str) -> Result<Vec<Member>, Problem> {
        let question = question.trim().to_owned();
        let insurer = self.number.padded8();
        self.db
            .read(move |c| {
                if question.is_empty() {
                    return Ok(sql::latest(c, LISTED)?);
                }
                let folded = kotoba::fold_width(&question).to_uppercase();
                let mut found = sql::by_insured(c, &format!("{insurer}:{folded}"), LISTED)?;
                // A number printed alone is looked for behind an empty symbol (後期高齢者).
                found.extend(sql::by_insured(c, &format!("{insurer}::{folded}"), LISTED)?);
                let kana = kotoba::fold_kana(&question);
                if !kana.is_empty() {
                    found.extend(sql::by_kana(c, &kana, LISTED)?);
                }
                found.extend(sql::by_name(c, &kotoba::fold_name(&question), LISTED)?);
                Ok(distinct(found))
            })
            .await
            .map_err(|r: Refusal| r.0)
    }

    /// One membership with its history.
    ///
    /// # Errors
    /// When there is no such membership.
    pub async fn member(&self, number: SealedMyNumber, qualified_on: Date) -> Result<MemberPage, Problem> {
        self.db
            .read(move |c| {
                let changes = sql::changes(c, &number, qualified_on)?;
                let reports = sql::reports_of(c, &changes)?;
                let member = sql::member(c, &number, qualified_on)?;
                Ok::<_, Refusal>(member.map(|member| MemberPage { member, changes, reports }))
            })
            .await
            .map_err(|r| r.0)?
            .ok_or_else(problems::no_such_member)
    }

    /// Reports in one state, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reports(&self, state: ReportState) -> Result<Vec<Listed>, Problem> {
        self.db
            .read(move |c| sql::reports(c, state, LISTED))
            .await
            .map_err(|r: store::StoreError| problems::internal(r))
    }

    /// The work list that the eligibility service keeps for this insurer.
    ///
    /// # Errors
    /// When the service cannot be reached.
    pub async fn work_list(&self) -> Result<Vec<WorkItem>, Problem> {
        let service = self.eligibility()?;
        EligibilityClient::new(self.client.clone(), service).work_list().await.map_err(Problem::from)
    }
}

fn distinct(found: Vec<Member>) -> Vec<Member> {
    let mut seen = std::collections::HashSet::new();
    found
        .into_iter()
        .filter(|m| seen.insert((m.my_number, m.record.qualified_on)))
        .take(LISTED as usize)
        .collect()
}

/// The act's name for people.
pub fn name_of_act(lang: Lang, act: &str) -> &'static str {
    match act {
        "acquisition" => t(lang, "資格取得", "Acquisition"),
        "loss" => t(lang, "資格喪失", "Loss"),
        "change" => t(lang, "変更", "Change"),
        "correction" => t(lang, "訂正", "Correction"),
        _ => t(lang, "取消", "Cancellation"),
    }
}
