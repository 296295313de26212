//! `report-<insurer>.csv`: the membership report file that the eligibility service takes, as
//! `protocol_admin::report_file` lays it out.

use serde::Serialize;

use super::{Columns, EventKind, LossReason, MemberRow};
use crate::day::Day;

/// First field of a membership report file.
pub const REPORT_LAYOUT: &str = "musubi-membership-report-1";

/// A line of a membership report file; the report id is set last, when the line's place in the file is known.
#[derive(Clone, Debug, Serialize)]
pub struct ReportRow<'a> {
    /// The insurer's own name of the report.
    pub report_id: String,
    /// acquisition, loss, change, correction.
    pub act: EventKind,
    /// 個人番号.
    pub my_number: &'a str,
    /// 記号.
    pub symbol: &'a str,
    /// 番号.
    pub number: &'a str,
    /// 枝番.
    pub branch: &'a str,
    /// 資格取得日.
    pub qualified_on: Day,
    /// 資格喪失日.
    pub disqualified_on: Option<Day>,
    /// death, public-assistance, other-insurance, other.
    pub loss_reason: &'static str,
    /// insured, dependant.
    pub relation: &'static str,
    /// 氏名.
    pub name: &'a str,
    /// カナ氏名.
    pub kana: &'a str,
    /// male, female.
    pub sex: &'static str,
    /// 生年月日.
    pub birthdate: Day,
    /// 郵便番号.
    pub postal_code: &'a str,
    /// 住所.
    pub address: &'a str,
    /// 被保険者証区分: 01 general.
    pub classification: &'static str,
    /// 一部負担金割合 in per cent.
    pub copayment_percent: &'a str,
    /// 未就学: 0 or 1.
    pub preschool: u8,
    /// 交付年月日: not kept.
    pub issued_on: Option<Day>,
    /// 高齢受給者証 valid from.
    pub elderly_from: Option<Day>,
    /// 高齢受給者証 valid until.
    pub elderly_to: Option<Day>,
    /// 高齢受給者証 share in per cent.
    pub elderly_percent: Option<&'a str>,
    /// 限度額適用認定証 class.
    pub limit_classification: Option<&'a str>,
    /// 限度額適用区分.
    pub limit_flag: Option<&'a str>,
    /// 限度額適用認定証 valid from.
    pub limit_from: Option<Day>,
    /// 限度額適用認定証 valid until.
    pub limit_to: Option<Day>,
    /// 特定疾病療養受療証: none in the town.
    pub specific_diseases: &'static str,
    /// For a change, the day from which it holds.
    pub effective_on: Option<Day>,
    /// 届出日.
    pub notified_on: Day,
}

impl<'a> ReportRow<'a> {
    /// The report of an insurer's row; its id is still empty.
    pub fn new(act: EventKind, happened: Option<Day>, row: &'a MemberRow, notified_on: Day) -> Self {
        Self {
            report_id: String::new(),
            act,
            my_number: &row.my_number,
            symbol: &row.symbol,
            number: &row.number,
            branch: &row.branch,
            qualified_on: row.acquired_on,
            disqualified_on: row.lost_on,
            loss_reason: row.loss_reason.map(reason).unwrap_or_default(),
            relation: if row.relation == 1 { "insured" } else { "dependant" },
            name: &row.name,
            kana: &row.kana,
            sex: if row.sex == 1 { "male" } else { "female" },
            birthdate: row.birth,
            postal_code: &row.postal_code,
            address: &row.address,
            classification: "01",
            copayment_percent: percent(&row.ratio),
            preschool: row.preschool.unwrap_or(0),
            issued_on: None,
            elderly_from: row.elderly_from,
            elderly_to: row.elderly_until,
            elderly_percent: row.elderly_ratio.as_deref().map(percent),
            limit_classification: row.limit_class.as_deref(),
            limit_flag: row.limit_flag.as_deref(),
            limit_from: row.limit_from,
            limit_to: row.limit_until,
            specific_diseases: "",
            effective_on: happened.filter(|_| act == EventKind::Change),
            notified_on,
        }
    }
}

fn percent(ratio: &str) -> &str {
    ratio.trim_start_matches('0')
}

fn reason(reason: LossReason) -> &'static str {
    match reason {
        LossReason::Death => "death",
        LossReason::PublicAssistance => "public-assistance",
        LossReason::OtherInsurer => "other-insurance",
        LossReason::Other => "other",
    }
}

impl Columns for ReportRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "report_id",
        "act",
        "my_number",
        "symbol",
        "number",
        "branch",
        "qualified_on",
        "disqualified_on",
        "loss_reason",
        "relation",
        "name",
        "kana",
        "sex",
        "birthdate",
        "postal_code",
        "address",
        "classification",
        "copayment_percent",
        "preschool",
        "issued_on",
        "elderly_from",
        "elderly_to",
        "elderly_percent",
        "limit_classification",
        "limit_flag",
        "limit_from",
        "limit_to",
        "specific_diseases",
        "effective_on",
        "notified_on",
    ];
}
