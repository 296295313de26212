//! The invented municipalities, insurers and institutions. Their numbers have right check digits (a test recomputes them)
//! in ranges that no real one uses.

use crate::dice::Dice;

/// A municipality of the town.
#[derive(Debug)]
pub struct Municipality {
    /// 全国地方公共団体コード.
    pub code: &'static str,
    /// 都道府県名.
    pub prefecture: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in katakana.
    pub kana: &'static str,
    /// Name in Latin letters.
    pub name_en: &'static str,
    /// First five digits of its postal codes.
    pub postal: &'static str,
    /// How many people live there, relative to the others.
    pub weight: u32,
    /// Index into [`INSURERS`] of its 国保.
    pub kokuho: usize,
    /// Index into [`INSURERS`] of its prefecture's 後期高齢者医療広域連合.
    pub koki: usize,
    /// Index into [`INSURERS`] of its prefecture's 協会けんぽ.
    pub kyokai: usize,
    /// Its quarters.
    pub quarters: &'static [&'static str],
}

/// What kind of insurer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsurerKind {
    /// 協会けんぽ.
    Kyokai,
    /// 健康保険組合.
    Kumiai,
    /// 共済組合.
    Kyosai,
    /// 市町村国保.
    Kokuho,
    /// 後期高齢者医療広域連合.
    Koki,
}

impl InsurerKind {
    /// The word in `insurers.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kyokai => "kyokai",
            Self::Kumiai => "kumiai",
            Self::Kyosai => "kyosai",
            Self::Kokuho => "kokuho",
            Self::Koki => "koki",
        }
    }
}

/// An insurer of the town.
#[derive(Debug)]
pub struct Insurer {
    /// 保険者番号.
    pub number: &'static str,
    /// Kind.
    pub kind: InsurerKind,
    /// Short name.
    pub slug: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// 記号 prefix of its certificates.
    pub symbol: &'static str,
    /// True when it sends its files in code page 932.
    pub cp932: bool,
}

/// An institution of the town.
#[derive(Debug)]
pub struct Institution {
    /// 医療機関コード, or 介護保険事業所番号 of a care provider: ten digits either way.
    pub code: &'static str,
    /// Kind: hospital, clinic, dental, pharmacy, home-nursing, care.
    pub kind: &'static str,
    /// Short name.
    pub slug: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// Index into [`MUNICIPALITIES`].
    pub municipality: usize,
    /// Quarter and number of its address.
    pub street: &'static str,
    /// Last two digits of its postal code.
    pub postal: &'static str,
    /// Of the people in its own municipality, how many are its patients whatever their health; elsewhere a fifth of it.
    pub reach: f64,
}

impl Institution {
    /// True of the hospitals whose records lie in an SS-MIX2 storage instead of bundles.
    pub fn has_storage(&self) -> bool {
        matches!(self.slug, "chano-hospital" | "musashi-hospital")
    }
}

/// Draws a municipality by size.
pub fn municipality(dice: &mut Dice) -> usize {
    dice.weighted(&MUNICIPALITIES.each_ref().map(|m| m.weight))
}

/// Draws the insurer of an employer in that municipality: 協会けんぽ 51, 健保組合 36, 共済 13 of 100.
pub fn employer_insurer(dice: &mut Dice, municipality: usize) -> usize {
    let kyokai = MUNICIPALITIES.get(municipality).map_or(0, |m| m.kyokai);
    match dice.weighted(&[51, 14, 12, 10, 6, 7]) {
        0 => kyokai,
        other => other + 1,
    }
}

macro_rules! insurer {
    ($number:literal $kind:ident $slug:literal $name:literal $name_en:literal $symbol:literal $cp932:literal) => {
        Insurer {
            number: $number,
            kind: InsurerKind::$kind,
            slug: $slug,
            name: $name,
            name_en: $name_en,
            symbol: $symbol,
            cp932: $cp932,
        }
    };
}

/// The insurers: 協会けんぽ 0-1, 健保組合 2-4, 共済 5-6, 後期高齢者 7-8, 国保 9-14.
pub static INSURERS: [Insurer; 15] = [
    insurer!("01229913" Kyokai "kyokai-shizuoka" "協会けんぽ 潮風支部" "Kyokai Kenpo, Shiokaze Branch" "22" false),
    insurer!("01139914" Kyokai "kyokai-tokyo" "協会けんぽ 武蔵台支部" "Kyokai Kenpo, Musashidai Branch" "13" false),
    insurer!("06229819" Kumiai "shiokaze-kenpo" "潮風製作所健康保険組合" "Shiokaze Works Health Insurance Society" "1" true),
    insurer!("06139810" Kumiai "aozora-kenpo" "青空電機健康保険組合" "Aozora Electric Health Insurance Society" "ア" false),
    insurer!("06139828" Kumiai "tanpopo-kenpo" "たんぽぽ運輸健康保険組合" "Tanpopo Transport Health Insurance Society" "たんぽぽ" false),
    insurer!("32139917" Kyosai "chiho-kyosai" "武蔵台地方職員共済組合" "Musashidai Local Officials Mutual Aid" "地職" false),
    insurer!("34229914" Kyosai "kyoin-kyosai" "潮風学校教職員共済組合" "Shiokaze School Staff Mutual Aid" "公立潮風" false),
    insurer!("39229919" Koki "koki-shizuoka" "潮風後期高齢者医療広域連合" "Shiokaze Association for the Late Elderly" "" false),
    insurer!("39139910" Koki "koki-tokyo" "武蔵台後期高齢者医療広域連合" "Musashidai Association for the Late Elderly" "" false),
    insurer!("229914" Kokuho "shiomi-kokuho" "潮見市国民健康保険" "Shiomi City National Health Insurance" "潮見" true),
    insurer!("229922" Kokuho "chano-kokuho" "茶野市国民健康保険" "Chano City National Health Insurance" "茶" false),
    insurer!("229930" Kokuho "kumoi-kokuho" "雲居町国民健康保険" "Kumoi Town National Health Insurance" "雲" false),
    insurer!("139915" Kokuho "tamagawara-kokuho" "多摩川原市国民健康保険" "Tamagawara City National Health Insurance" "多川" false),
    insurer!("139923" Kokuho "fukagaoka-kokuho" "深ヶ丘市国民健康保険" "Fukagaoka City National Health Insurance" "深" false),
    insurer!("139931" Kokuho "himori-kokuho" "檜森村国民健康保険" "Himori Village National Health Insurance" "檜" false),
];

macro_rules! municipality {
    ($code:literal $prefecture:literal $name:literal $kana:literal $name_en:literal $postal:literal $weight:literal
     $kokuho:literal $koki:literal $kyokai:literal $quarters:expr) => {
        Municipality {
            code: $code,
            prefecture: $prefecture,
            name: $name,
            kana: $kana,
            name_en: $name_en,
            postal: $postal,
            weight: $weight,
            kokuho: $kokuho,
            koki: $koki,
            kyokai: $kyokai,
            quarters: &$quarters,
        }
    };
}

/// The municipalities.
pub static MUNICIPALITIES: [Municipality; 6] = [
    municipality!("222917" "静岡県" "潮見市" "シオミシ" "Shiomi City" "42491" 36 9 7 0
        ["港町", "灯台前", "鴎台", "松原", "塩屋町", "網元町", "潮騒台", "東浜", "西浜", "本通", "寺前町", "貝塚町"]),
    municipality!("222925" "静岡県" "茶野市" "チャノシ" "Chano City" "42492" 20 10 7 0
        ["茶畑", "新茶町", "丘見台", "水車町", "上茶野", "下茶野", "蛍沢", "桜堤", "鍛冶屋町", "宿場町"]),
    municipality!("222933" "静岡県" "雲居町" "クモイチョウ" "Kumoi Town" "42493" 5 11 7 0
        ["字上雲居", "字下雲居", "字峠", "字湯ノ沢", "字杉平", "字蕗ヶ谷"]),
    municipality!("132918" "東京都" "多摩川原市" "タマガワラシ" "Tamagawara City" "19291" 24 12 8 1
        ["川原町", "堤町", "柳橋", "若葉台", "けやき通", "富士見坂", "染地", "欅台", "北口町", "南口町", "学園前"]),
    municipality!("132926" "東京都" "深ヶ丘市" "フカガオカシ" "Fukagaoka City" "19292" 13 13 8 1
        ["深ヶ丘", "緑町", "月見台", "栗林", "泉町", "天神下", "並木", "花園", "美咲が丘"]),
    municipality!("132934" "東京都" "檜森村" "ヒモリムラ" "Himori Village" "19293" 2 14 8 1
        ["上檜森", "下檜森", "奥沢入", "木挽", "炭焼沢"]),
];

macro_rules! institution {
    ($code:literal $kind:literal $slug:literal $name:literal $name_en:literal $municipality:literal $street:literal
     $postal:literal $reach:literal) => {
        Institution {
            code: $code,
            kind: $kind,
            slug: $slug,
            name: $name,
            name_en: $name_en,
            municipality: $municipality,
            street: $street,
            postal: $postal,
            reach: $reach,
        }
    };
}

/// The institutions: 静岡 and 東京, told apart by the first two digits.
#[rustfmt::skip]
pub static INSTITUTIONS: [Institution; 20] = [
    institution!("2219900012" "hospital" "north-hospital" "潮見市立北病院" "Shiomi North Hospital" 0 "灯台前2丁目1番1号" "02" 0.30),
    institution!("2219901028" "clinic" "tsubame-clinic" "つばめ内科クリニック" "Tsubame Internal Medicine Clinic" 0 "鴎台1丁目4番8号" "03" 0.12),
    institution!("2219902034" "clinic" "chano-clinic" "茶野こども医院" "Chano Children's Clinic" 1 "新茶町3丁目2番5号" "02" 0.10),
    institution!("1319901045" "clinic" "keyaki-clinic" "けやき通診療所" "Keyaki Street Clinic" 3 "けやき通1丁目9番3号" "05" 0.14),
    institution!("2239900059" "dental" "shirayuri-dental" "しらゆり歯科" "Shirayuri Dental" 0 "本通4丁目6番2号" "10" 0.11),
    institution!("2249900065" "pharmacy" "minato-pharmacy" "みなと薬局" "Minato Pharmacy" 0 "港町1丁目2番7号" "01" 0.20),
    institution!("1349900074" "pharmacy" "momiji-pharmacy" "もみじ薬局" "Momiji Pharmacy" 3 "若葉台2丁目3番11号" "04" 0.13),
    institution!("1319900088" "hospital" "tama-hospital" "多摩川原総合病院" "Tamagawara General Hospital" 3 "堤町5丁目1番1号" "02" 0.26),
    institution!("2219900095" "hospital" "chuo-hospital" "潮風中央医療センター" "Shiokaze Central Medical Center" 0 "東浜3丁目1番1号" "08" 0.08),
    institution!("2219900103" "hospital" "chano-hospital" "茶野市民病院" "Chano Municipal Hospital" 1 "丘見台1丁目1番1号" "03" 0.28),
    institution!("2219900111" "hospital" "midori-hospital" "みどりの丘病院" "Midori-no-oka Psychiatric Hospital" 1 "蛍沢2丁目8番1号" "07" 0.0),
    institution!("2219900129" "clinic" "kumoi-clinic" "雲居町診療所" "Kumoi Town Clinic" 2 "字上雲居115番地2" "01" 0.40),
    institution!("2219900137" "clinic" "akatsuki-clinic" "あかつきクリニック" "Akatsuki Clinic" 1 "桜堤1丁目3番6号" "08" 0.02),
    institution!("1319900146" "hospital" "musashi-hospital" "武蔵台大学病院" "Musashidai University Hospital" 4 "月見台4丁目2番1号" "03" 0.22),
    institution!("1319900153" "clinic" "izumi-clinic" "泉町内科医院" "Izumi Internal Medicine Clinic" 4 "泉町2丁目5番9号" "05" 0.15),
    institution!("2249900164" "pharmacy" "wakaba-pharmacy" "わかば薬局" "Wakaba Pharmacy" 1 "新茶町3丁目2番7号" "02" 0.15),
    institution!("1339900175" "dental" "keyaki-dental" "けやき歯科医院" "Keyaki Dental" 3 "けやき通2丁目1番4号" "05" 0.11),
    institution!("2269900185" "home-nursing" "hidamari-nursing" "訪問看護ステーションひだまり" "Hidamari Home Nursing" 0 "松原1丁目7番3号" "04" 0.0),
    institution!("2279900191" "care" "asunaro-care" "あすなろ居宅介護支援事業所" "Asunaro Care Management" 0 "本通2丁目3番1号" "10" 0.0),
    institution!("2259900203" "care" "yuhi-roken" "介護老人保健施設ゆうひの里" "Yuhi-no-sato Care Facility" 1 "上茶野6丁目2番2号" "05" 0.0),
];

#[cfg(test)]
mod tests {
    use super::*;
    use codes::{InstitutionCode, InsurerNumber, MunicipalityCode};

    #[test]
    fn every_number_has_its_check_digit() {
        for insurer in &INSURERS {
            assert!(insurer.number.parse::<InsurerNumber>().is_ok(), "{}", insurer.number);
        }
        for municipality in &MUNICIPALITIES {
            assert!(municipality.code.parse::<MunicipalityCode>().is_ok(), "{}", municipality.code);
            assert_eq!(INSURERS[municipality.kokuho].kind, InsurerKind::Kokuho);
            assert_eq!(INSURERS[municipality.koki].kind, InsurerKind::Koki);
            assert_eq!(INSURERS[municipality.kyokai].kind, InsurerKind::Kyokai);
        }
        for institution in &INSTITUTIONS {
            assert!(InstitutionCode::parse(institution.code).is_ok(), "{}", institution.code);
        }
    }

    #[test]
    fn employers_are_insured_by_employers_insurers() {
        let mut dice = Dice::of(1, 1, 1);
        for place in 0..MUNICIPALITIES.len() {
            for _ in 0..500 {
                let kind = INSURERS[employer_insurer(&mut dice, place)].kind;
                assert!(matches!(kind, InsurerKind::Kyokai | InsurerKind::Kumiai | InsurerKind::Kyosai));
            }
        }
    }
}
