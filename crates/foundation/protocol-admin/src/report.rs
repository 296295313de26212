//! An insurer's report of a membership to the eligibility service.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, Insurance, InsuredPersonId, InsurerNumber, OrgCode};
use my_number::MyNumber;
use protocol::eligibility::{LossReason, Person, Relation, Terms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One report. `(insurer, report_id)` is its key: sending it again is harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipReport {
    /// The insurer's own name for this report, at most 40 ASCII characters.
    pub report_id: String,
    /// What is reported.
    pub act: ReportAct,
    /// The member.
    #[schema(value_type = String)]
    pub my_number: MyNumber,
    /// Insurer, symbol, number, branch.
    #[schema(value_type = String)]
    pub insured: InsuredPersonId,
    /// First day of membership (資格取得日): with (insurer, member) it names the membership.
    #[schema(value_type = String, format = Date)]
    pub qualified_on: Date,
    /// First day no longer covered (資格喪失日), when ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub disqualified_on: Option<Date>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_reason: Option<LossReason>,
    /// 本人・家族.
    pub relation: Relation,
    /// The member as the insurer knows them.
    pub person: Person,
    /// Terms from `qualified_on` on, or from the day of a change.
    pub terms: Terms,
    /// For [`ReportAct::Change`]: the day from which person and terms are as reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub effective_on: Option<Date>,
    /// When the insurer learned it (届出日); later than the fact by 14 days or more is late.
    #[schema(value_type = String, format = Date)]
    pub notified_on: Date,
}

/// What a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportAct {
    /// 資格取得
    Acquisition,
    /// 資格喪失: `disqualified_on` and `loss_reason` are given.
    Loss,
    /// 変更: person, relation, number or terms differ from `effective_on` on.
    Change,
    /// 訂正: the membership was always as reported here; what was known before stays in history.
    Correction,
    /// 取消: the membership never was.
    Cancellation,
}

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportOutcome {
    /// The report.
    pub report_id: String,
    /// What became of it.
    pub result: ReportResult,
}

/// Results of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum ReportResult {
    /// Durable.
    Accepted {
        /// The insurer's own code for the person in the insurance domain.
        #[schema(value_type = String)]
        person_code: OrgCode<Insurance>,
    },
    /// The same report was accepted before; nothing changed.
    Repeated,
    /// Nothing changed; the insurer corrects and sends again.
    Refused {
        /// Machine name of the fault.
        code: String,
        /// The field at fault.
        field: String,
        /// Japanese.
        ja: String,
        /// English.
        en: String,
    },
}

/// What became of a file of reports: all of it or nothing was applied, but for the rows listed as refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileOutcome {
    /// The file's name for itself; sending the file again is harmless.
    pub file_id: String,
    /// Who sent it.
    #[schema(value_type = String)]
    pub insurer: InsurerNumber,
    /// Rows read.
    pub rows: u64,
    /// Rows applied.
    pub accepted: u64,
    /// Rows that had been applied before.
    pub repeated: u64,
    /// Rows refused in all; the first 1,000 are listed in `refused`.
    pub refused_rows: u64,
    /// The refused rows with their line numbers.
    pub refused: Vec<RefusedRow>,
    /// When it was durable.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Key of the exchange.
    #[schema(value_type = String)]
    pub exchange: ExchangeId,
}

/// A row of a file that was not applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRow {
    /// Line in the file, from 1.
    pub line: u64,
    /// The report's name, when it could be read.
    pub report_id: String,
    /// The column at fault.
    pub field: String,
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}
