//! `members-<insurer>.csv` and `events-<insurer>.csv`: what an insurer loads.

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// One membership (資格) in the register of an insurer, as it is known there: a row of `members-<insurer>.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// 保険者番号: 8 digits, or 6 for municipal 国保.
    pub insurer_number: String,
    /// 記号: digits or Japanese text, any width; empty for 後期高齢者.
    pub symbol: String,
    /// 番号: digits.
    pub number: String,
    /// 枝番: two digits; empty for 後期高齢者.
    pub branch: String,
    /// 個人番号: 12 digits with a right check digit.
    pub my_number: String,
    /// 氏名: full width, one U+3000 between surname and given name; may hold characters outside CP932.
    pub name: String,
    /// カナ氏名: full-width katakana, one U+3000 between the parts.
    pub kana: String,
    /// 生年月日.
    pub birth: Day,
    /// 性別: 1 male, 2 female.
    pub sex: u8,
    /// 本人・家族: 1 the insured person, 2 a dependant.
    pub relation: u8,
    /// 郵便番号: 7 digits without hyphen.
    pub postal_code: String,
    /// 住所, from the prefecture on.
    pub address: String,
    /// 資格取得日: first day of membership.
    pub acquired_on: Day,
    /// 資格喪失日: first day that is no longer covered; empty while the membership is open.
    pub lost_on: Option<Day>,
    /// 喪失理由: 01 death, 02 public assistance, 03 another insurer, 99 other; empty while open.
    pub loss_reason: Option<LossReason>,
    /// 一部負担金割合: "010", "020" or "030" (per cent, three digits).
    pub ratio: String,
    /// 未就学: 1 until the 31 March after the sixth birthday, else empty.
    pub preschool: Option<u8>,
    /// 高齢受給者証 valid from; empty unless 70 to 74.
    pub elderly_from: Option<Day>,
    /// 高齢受給者証 valid until (last day); empty unless 70 to 74.
    pub elderly_until: Option<Day>,
    /// 高齢受給者証 ratio: "020" or "030"; empty unless 70 to 74.
    pub elderly_ratio: Option<String>,
    /// 限度額適用認定証 class: 01 limit, 02 limit and standard amount, 03 standard amount; empty when there is none.
    pub limit_class: Option<String>,
    /// 限度額適用区分: A01 to A05 under 70, B01 to B06 from 70; empty when there is none.
    pub limit_flag: Option<String>,
    /// 限度額適用認定証 valid from.
    pub limit_from: Option<Day>,
    /// 限度額適用認定証 valid until (last day).
    pub limit_until: Option<Day>,
    /// 資格取得の届出日: the day the insurer learned that the membership began.
    pub acquisition_reported_on: Day,
    /// 届出日: the day the insurer learned the last of what this row says.
    pub reported_on: Day,
}

/// One change that an insurer learned: a row of `events-<insurer>.csv`. The columns after the first two are those of
/// [`MemberRow`] and say the whole state after the event, so that applying an event is replacing the row with the same
/// insurer number, symbol, number, branch and acquisition day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsurerEventRow {
    /// 異動の種類.
    pub event: EventKind,
    /// 異動日: the day it happened in the world.
    pub happened_on: Day,
    /// The state after the event; `reported_on` is the day of this event's report.
    pub member: MemberRow,
}

/// 異動の種類: what an [`InsurerEventRow`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// 資格取得: a membership begins (of an insured person or of a dependant).
    Acquisition,
    /// 資格喪失: a membership ends.
    Loss,
    /// 変更: name, address, ratio or certificate changed in the world.
    Change,
    /// 訂正: what was recorded was wrong from the beginning.
    Correction,
}

/// 喪失理由, as ReasonOfLoss of the eligibility answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LossReason {
    /// 死亡.
    #[serde(rename = "01")]
    Death,
    /// 生活保護.
    #[serde(rename = "02")]
    PublicAssistance,
    /// 他保険取得.
    #[serde(rename = "03")]
    OtherInsurer,
    /// その他 (moved away, left the job).
    #[serde(rename = "99")]
    Other,
}

/// A membership as the eligibility service knows it, for checking claims: `claims/memberships.csv`. Names and birthdays are those
/// of the resident register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimMemberRow {
    /// The same for all memberships of a person; nothing else.
    pub person: u64,
    /// 保険者番号.
    pub insurer_number: String,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// 1 the insured person, 2 a dependant.
    pub relation: u8,
    /// カナ氏名.
    pub kana: String,
    /// 生年月日.
    pub birth: Day,
    /// 性別: 1 male, 2 female.
    pub sex: u8,
    /// First day.
    pub acquired_on: Day,
    /// First day not covered; empty while that is not known.
    pub lost_on: Option<Day>,
    /// The day on which the beginning was known.
    pub acquisition_known_on: Day,
    /// The day on which the end was known; empty while it is not.
    pub loss_known_on: Option<Day>,
}
