//! `residents.csv`, `resident-events.csv` and `cards.csv`: what the issuer loads and who comes to its counter.

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// One person in the resident register on the day of the plan, or removed from it in the ten years before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentRow {
    /// 住民票コード: 11 digits, unique in the file.
    pub resident_code: String,
    /// 個人番号: 12 digits with a right check digit, unique in the file.
    pub my_number: String,
    /// 氏名: full width, one U+3000 between surname and given name; may hold characters outside CP932.
    pub name: String,
    /// カナ氏名: full-width katakana, one U+3000 between the parts.
    pub kana: String,
    /// 生年月日.
    pub birth: Day,
    /// 性別: 1 male, 2 female.
    pub sex: u8,
    /// 郵便番号: 7 digits without hyphen.
    pub postal_code: String,
    /// 全国地方公共団体コード: 6 digits with check digit.
    pub municipality_code: String,
    /// 住所, from the prefecture on.
    pub address: String,
    /// 世帯番号: equal for those who share a household.
    pub household: u64,
    /// 続柄: head, spouse, child, parent, other.
    pub relation: String,
    /// 住民となった日: the day the person became a resident of the town (birth or arrival).
    pub resident_since: Day,
    /// 消除日: the day of death or of leaving the town; empty for a resident.
    pub removed_on: Option<Day>,
    /// 消除事由; empty for a resident.
    pub removal_reason: Option<RemovalReason>,
}

/// Why a row of the resident register is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemovalReason {
    /// 死亡.
    Death,
    /// 転出.
    MovedOut,
}

/// One thing that happened to a resident in the ten years: the history behind `residents.csv`, which already includes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentEventRow {
    /// 住民票コード.
    pub resident_code: String,
    /// 異動事由.
    pub event: ResidentEventKind,
    /// 異動日.
    pub happened_on: Day,
    /// 届出日: up to 14 days later, sometimes more.
    pub reported_on: Day,
    /// What it was before: the name for `name-change`, the address for `move-within`; else empty.
    pub before: String,
    /// What it is after: the name for `name-change`, the address for `birth`, `move-in` and `move-within`; else empty.
    pub after: String,
}

/// 異動事由: what a [`ResidentEventRow`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResidentEventKind {
    /// 出生.
    Birth,
    /// 死亡.
    Death,
    /// 転入.
    MoveIn,
    /// 転出.
    MoveOut,
    /// 転居, also into another municipality of the town's set.
    MoveWithin,
    /// 婚姻: the day of the marriage, told for both.
    Marriage,
    /// 氏名変更 (by marriage).
    NameChange,
}

/// One My Number card (個人番号カード) that someone applied for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRow {
    /// 住民票コード of the holder.
    pub resident_code: String,
    /// カード製造番号: 15 characters, unique in the file.
    pub card_serial: String,
    /// 申請日.
    pub applied_on: Day,
    /// 交付日.
    pub issued_on: Day,
    /// カードの有効期限 (last day): the tenth birthday after issue, the fifth for minors.
    pub card_until: Day,
    /// 利用者証明用電子証明書の有効期限 (last day): the fifth birthday after issue or renewal.
    pub certificate_until: Day,
    /// 電子証明書の更新日; empty when never renewed.
    pub renewed_on: Option<Day>,
    /// State on the day of the plan.
    pub state: CardState,
    /// 失効・一時停止の日; empty unless revoked.
    pub revoked_on: Option<Day>,
    /// 失効事由: lost, death, moved-abroad; empty unless revoked.
    pub revocation_reason: String,
    /// 医療等ID: what the person asked for at the counter.
    pub medical_id: MedicalIdState,
    /// The day the person asked for it; empty when never.
    pub medical_id_on: Option<Day>,
    /// 世代: how often the number was changed (0 = never).
    pub generation: u16,
}

/// Whether the card can be used on the day of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardState {
    /// Card and certificate are good.
    Valid,
    /// The certificate ran out and was not renewed; the card itself is still in date.
    CertificateExpired,
    /// The card itself ran out.
    CardExpired,
    /// Lost, stolen, or its holder died.
    Revoked,
}

/// 医療等ID of a card holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MedicalIdState {
    /// Never asked for.
    None,
    /// Opted in.
    Active,
    /// Opted in, and out again.
    Revoked,
}
