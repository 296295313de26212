//! `municipalities.csv`, `insurers.csv`, `institutions.csv` and `patients-<institution>.csv`.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::organisations::{Institution, Insurer, MUNICIPALITIES, Municipality};

/// A municipality (市町村) of the town's invented set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MunicipalityRow {
    /// 全国地方公共団体コード: 6 digits with check digit.
    pub municipality_code: String,
    /// 都道府県名.
    pub prefecture: String,
    /// 市町村名.
    pub name: String,
    /// 市町村名 in katakana.
    pub kana: String,
    /// Name in Latin letters.
    pub name_en: String,
}

/// An insurer (医療保険者) of the town.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsurerRow {
    /// 保険者番号: 8 digits, or 6 for municipal 国保; names the files `members-<number>.csv` and `events-<number>.csv`.
    pub insurer_number: String,
    /// Kind: kyokai, kumiai, kyosai, kokuho, koki.
    pub kind: String,
    /// Short name for addresses of hosts.
    pub slug: String,
    /// 保険者名.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// The municipality whose residents it insures; empty unless 国保.
    pub municipality_code: String,
    /// Charset in which this insurer sends its files: `utf-8`, or `cp932` (then `*.sjis.csv` lie beside the UTF-8 ones).
    pub charset: String,
}

/// An institution (保険医療機関・薬局・訪問看護・介護事業者) of the town.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionRow {
    /// 医療機関コード (介護保険事業所番号 of a care provider): 10 digits with check digit; names the file
    /// `patients-<code>.csv` and the directory `clinical/<code>`.
    pub institution_code: String,
    /// Kind: hospital, clinic, dental, pharmacy, home-nursing, care.
    pub kind: String,
    /// Short name for addresses of hosts.
    pub slug: String,
    /// 名称.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// The municipality it stands in.
    pub municipality_code: String,
    /// 郵便番号: 7 digits without hyphen.
    pub postal_code: String,
    /// 住所.
    pub address: String,
}

/// A member of a regional network (地域医療連携ネットワーク): one row a network and institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRow {
    /// Short name of the network.
    pub network: String,
    /// 名称 of the network.
    pub name: String,
    /// Name of the network in English.
    pub name_en: String,
    /// 医療機関コード of the member.
    pub institution_code: String,
    /// First day of the network.
    pub since: Day,
}

/// A row of an institution's watch list (照会の見守り名簿): a member of staff or a patient in the public eye, by which look-ups are
/// marked for the overseer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchRow {
    /// `staff` or `famous`.
    pub kind: String,
    /// 職員番号; empty unless staff.
    pub staff_id: String,
    /// The institution's own number of the patient who that is.
    pub patient_number: String,
    /// 郵便番号 of the member of staff: 7 digits without hyphen; empty unless staff.
    pub postal_code: String,
}

/// A patient of a regional network at one of its members, as the network's clerk keyed them. One person may stand under two
/// numbers of the same network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPatientRow {
    /// Short name of the network.
    pub network: String,
    /// The network's own number of the patient: its letter and nine digits.
    pub network_number: String,
    /// 医療機関コード of the member.
    pub institution_code: String,
    /// The member's own number of the patient.
    pub local_number: String,
    /// 氏名 as keyed in.
    pub name: String,
    /// カナ氏名: half-width katakana, a space between the parts.
    pub kana: String,
    /// 生年月日 (sometimes mistyped).
    pub birth: Day,
    /// 性別: 1 male, 2 female.
    pub sex: u8,
}

/// A patient in an institution's own register, as the clerk once copied it from a paper card. Never a My Number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientRow {
    /// 患者番号: the institution's own, 8 digits.
    pub local_number: String,
    /// 氏名 as keyed in: often the plain form of a variant, sometimes the maiden name.
    pub name: String,
    /// カナ氏名: half-width katakana, a space between the parts.
    pub kana: String,
    /// 生年月日 (sometimes mistyped).
    pub birth: Day,
    /// 性別: 1 male, 2 female.
    pub sex: u8,
    /// 電話番号 of an invented exchange, or empty.
    pub phone: String,
    /// 保険者番号 at the last visit, padded with spaces to 8 when it has 6; empty when unknown.
    pub insurer_number: String,
    /// 記号 at the last visit, in the width the clerk used.
    pub symbol: String,
    /// 番号 at the last visit.
    pub number: String,
    /// 枝番 at the last visit; empty before 2021-10.
    pub branch: String,
    /// 最終来院日.
    pub last_visit_on: Day,
}

impl From<&Municipality> for MunicipalityRow {
    fn from(m: &Municipality) -> Self {
        Self {
            municipality_code: m.code.to_owned(),
            prefecture: m.prefecture.to_owned(),
            name: m.name.to_owned(),
            kana: m.kana.to_owned(),
            name_en: m.name_en.to_owned(),
        }
    }
}

impl InsurerRow {
    /// The row of the insurer with that index.
    pub fn of(index: usize, insurer: &Insurer) -> Self {
        let municipality = MUNICIPALITIES.iter().find(|m| m.kokuho == index);
        Self {
            insurer_number: insurer.number.to_owned(),
            kind: insurer.kind.word().to_owned(),
            slug: insurer.slug.to_owned(),
            name: insurer.name.to_owned(),
            name_en: insurer.name_en.to_owned(),
            municipality_code: municipality.map(|m| m.code.to_owned()).unwrap_or_default(),
            charset: if insurer.cp932 { "cp932" } else { "utf-8" }.to_owned(),
        }
    }
}

impl From<&Institution> for InstitutionRow {
    fn from(institution: &Institution) -> Self {
        let place = MUNICIPALITIES.get(institution.municipality);
        Self {
            institution_code: institution.code.to_owned(),
            kind: institution.kind.to_owned(),
            slug: institution.slug.to_owned(),
            name: institution.name.to_owned(),
            name_en: institution.name_en.to_owned(),
            municipality_code: place.map(|m| m.code.to_owned()).unwrap_or_default(),
            postal_code: place.map(|m| [m.postal, institution.postal].concat()).unwrap_or_default(),
            address: place.map(|m| [m.prefecture, m.name, institution.street].concat()).unwrap_or_default(),
        }
    }
}
