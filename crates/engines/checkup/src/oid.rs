//! Object identifiers of the field (FORMATS §3).

/// The root under which all of them stand.
pub const ROOT: &str = "1.2.392.200119.6.";
/// 保険者番号.
pub const INSURER: &str = "1.2.392.200119.6.101";
/// 健診・保健指導機関番号.
pub const INSTITUTION: &str = "1.2.392.200119.6.102";
/// 代行機関番号.
pub const AGENCY: &str = "1.2.392.200119.6.103";
/// 被保険者記号.
pub const SYMBOL: &str = "1.2.392.200119.6.204";
/// 被保険者番号.
pub const NUMBER: &str = "1.2.392.200119.6.205";
/// 枝番.
pub const BRANCH: &str = "1.2.392.200119.6.211";
/// 券面種別.
pub const TICKET_KIND: &str = "1.2.392.200119.6.208";
/// 受診券整理番号; the number of the issuing insurer may follow as `.1` and eight digits.
pub const TICKET: &str = "1.2.392.200119.6.209";
/// The insurer that took the file over (ダウンロードした保険者番号).
pub const NEW_INSURER: &str = "1.2.392.200119.6.212";
/// The symbol there.
pub const NEW_SYMBOL: &str = "1.2.392.200119.6.213";
/// The number there.
pub const NEW_NUMBER: &str = "1.2.392.200119.6.214";
/// The branch number there.
pub const NEW_BRANCH: &str = "1.2.392.200119.6.215";
/// 報告区分.
pub const REPORT: &str = "1.2.392.200119.6.1001";
/// プログラム種別.
pub const PROGRAM: &str = "1.2.392.200119.6.1002";
/// 項目コード.
pub const ITEM: &str = "1.2.392.200119.6.1005";
/// 検査方法コード.
pub const METHOD: &str = "1.2.392.200119.6.1007";
/// セクションコード.
pub const SECTION: &str = "1.2.392.200119.6.1010";
/// 男女区分.
pub const SEX: &str = "1.2.392.200119.6.1104";
/// HL7 confidentiality.
pub const CONFIDENTIALITY: &str = "2.16.840.1.113883.5.25";
/// HL7 observation interpretation.
pub const INTERPRETATION: &str = "2.16.840.1.113883.5.83";
/// Units of measure (UCUM).
pub const UCUM: &str = "http://unitsofmeasure.org";
