//! A member of the insurer, and what happens to a membership.

use calendar::Date;
use codes::InsuredPersonId;
use my_number::{MyNumber, SealedMyNumber};
use protocol::eligibility::{LossReason, Person, Relation, Terms};
use protocol_admin::report::{MembershipReport, ReportAct};
use serde::{Deserialize, Serialize};

/// A membership (被保険者資格) as the insurer holds it, without the My Number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Symbol, number, branch.
    pub insured: InsuredPersonId,
    /// 資格取得日.
    pub qualified_on: Date,
    /// 資格喪失日.
    pub disqualified_on: Option<Date>,
    /// Why it ended.
    pub loss_reason: Option<LossReason>,
    /// 本人・家族.
    pub relation: Relation,
    /// Name, birth, sex, address.
    pub person: Person,
    /// What is printed and paid.
    pub terms: Terms,
    /// 届出日: when the insurer learned it.
    pub notified_on: Date,
}

impl Record {
    /// The report that tells the eligibility service.
    pub fn report(
        &self,
        report_id: String,
        act: ReportAct,
        my_number: MyNumber,
        effective_on: Option<Date>,
    ) -> MembershipReport {
        MembershipReport {
            report_id,
            act,
            my_number,
            insured: self.insured.clone(),
            qualified_on: self.qualified_on,
            disqualified_on: self.disqualified_on,
            loss_reason: self.loss_reason,
            relation: self.relation,
            person: self.person.clone(),
            terms: self.terms.clone(),
            effective_on,
            notified_on: self.notified_on,
        }
    }
}

/// A record with the sealed number that keys it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Key, with `record.qualified_on`.
    pub my_number: SealedMyNumber,
    /// The membership.
    pub record: Record,
}

/// One row of a file: what happened and the state after it.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// What happened.
    pub act: ReportAct,
    /// The day it happened, for a change.
    pub happened_on: Option<Date>,
    /// The member's number.
    pub my_number: MyNumber,
    /// The state after it.
    pub record: Record,
}

/// State of a report to the eligibility service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportState {
    /// Not yet acknowledged.
    Waiting,
    /// Durable at the service.
    Accepted,
    /// The service refused it; somebody must correct it.
    Refused,
}

impl ReportState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }

    /// The state of the word in the table.
    pub fn from_word(word: &str) -> Self {
        match word {
            "accepted" => Self::Accepted,
            "refused" => Self::Refused,
            _ => Self::Waiting,
        }
    }
}
