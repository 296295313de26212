//! 調剤.

use crate::layout::{Layout, record};

record! {
    /// The first record of a pharmacy.
    Pharmacy "YK" "薬局情報レコード" {
        1 agency "審査支払機関" Number 1 must;
        2 prefecture "都道府県" Number 2 must;
        3 table "点数表" Number 1 must;
        4 code "薬局コード" Number 7 must;
        5 name "薬局連絡先名称" Kanji 80;
        6 claimed "請求年月" Month 6 must;
        7 volume "マルチボリューム識別情報" Number 2;
        8 phone "電話番号" Alnum 15;
    }
}

record! {
    /// The first record of a claim: a patient and the institution that prescribed.
    Receipt "RE" "レセプト共通レコード" {
        1 number "レセプト番号" Number 6 must;
        2 kind "レセプト種別" Number 4 must;
        3 month "調剤年月" Month 6 must;
        4 name "氏名" Text 40 must;
        5 sex "男女区分" Number 1 must;
        6 birth "生年月日" Date 8 must;
        7 benefit "給付割合" Number 3;
        8 notices "レセプト特記事項" Alnum 10;
        9 prefecture "医療機関都道府県" Number 2;
        10 table "医療機関点数表" Number 1;
        11 institution "医療機関コード" Number 7;
        12 institution_name "医療機関名称" Kanji 80;
        13 institution_address "医療機関所在地" Kanji 160;
        14..=33 doctors "保険医氏名" Text 40;
        34 narcotics "麻薬免許番号" Text 20;
        35 chart "調剤録番号等" Text 20;
        36 reserved1 "予備" Reserved 1;
        37 search "検索番号" Number 30;
        38 edition "記録条件仕様年月情報" Month 6;
        39 own "請求情報" Text 40;
        40 burden "一部負担金区分" Number 1;
        41 kana "カタカナ（氏名）" Kanji 80;
    }
}

record! {
    /// The health insurance that pays.
    Insurer "HO" "保険者レコード" {
        1 insurer "保険者番号" Alnum 8 must;
        2 symbol "被保険者証（手帳）等の記号" Text 38;
        3 number "被保険者証（手帳）等の番号" Text 38 must;
        4 receptions "処方箋受付回数" Number 2 must;
        5 points "合計点数" Number 8 must;
        6 reserved1 "予備" Reserved 5;
        7 duty "職務上の事由" Number 1;
        8 certificate "証明書番号" Number 3;
        9 share "一部負担金" Number 9;
        10 reserved2 "予備" Reserved 1;
        11 relief "減免区分" Number 1;
        12 relief_percent "減額割合" Number 3;
        13 relief_amount "減額金額" Number 6;
    }
}

record! {
    /// A public scheme that pays.
    PublicPayer "KO" "公費レコード" {
        1 payer "負担者番号" Alnum 8 must;
        2 recipient "受給者番号" Number 7;
        3 optional "任意給付区分" Number 1;
        4 receptions "処方箋受付回数" Number 2;
        5 points "合計点数" Number 8;
        6 reserved1 "予備" Reserved 5;
        7 share "一部負担金額" Number 8;
        8 reserved2 "予備" Reserved 6;
        9 covered_share "公費給付対象一部負担金" Number 6;
    }
}

record! {
    /// A prescription: form, usage, and the points of its medicines for one unit.
    Prescription "SH" "処方基本レコード" {
        1 number "処方No" Number 2 must;
        2 form "剤形" Number 1;
        3 usage "用法" Number 3;
        4 instruction "特別指示" Text 100;
        5 points "単位薬剤料" Number 7;
        6..=9 public_points "公費単位薬剤料" Number 7;
    }
}

record! {
    /// A day on which it was dispensed.
    Dispensing "CZ" "調剤情報レコード" {
        1 doctor "医師No" Number 2;
        2 prescribed "処方箋交付年月日" Date 8;
        3 dispensed "調剤年月日" Date 8 must;
        4 reception "処方箋受付回" Number 2;
        5 quantity "調剤数量" Number 3;
        6 burden "薬剤調製料 負担区分" Alnum 1;
        7 class "薬剤調製料 算定区分" Number 1;
        8 with "薬剤調製料 算定先No" Number 2;
        9 code "薬剤調製料 調剤行為コード" Number 9;
        10 points "薬剤調製料 点数" Number 7;
        11 split "分割区分" Number 1;
        12 quantity_before "前回までの数量" Number 3;
        13 medicine_points "薬剤料 点数" Number 7;
        14 reserved "予備" Reserved 9;
        15..=44 additions "加算料（負担区分・コード・点数）" Alnum 9;
        45 packed_days "一包化日数" Number 3;
        46 split_kind "分割調剤種類" Number 1;
        47 packed_before "前回までの一包化日数" Number 3;
        48 ordered_split "医師指示分割調剤コード" Number 9;
        49 ordered_class "医師指示分割区分" Number 2;
        50 ordered_quantity "医師指示分割対象調剤数量" Number 3;
        51 ordered_packed "医師指示分割対象一包化日数" Number 3;
        52 bundled "包括管理料等" Number 1;
        53 elsewhere "他医療機関受診に係る処方箋受付" Number 2;
        54 support_burden "外来服薬支援料2 負担区分" Alnum 1;
        55 support "外来服薬支援料2 コード" Number 9;
        56 support_points "外来服薬支援料2 点数" Number 7;
        57 care_burden "調剤管理料 負担区分" Alnum 1;
        58 care_class "調剤管理料 算定区分" Number 1;
        59 care_with "調剤管理料 算定先No" Number 2;
        60 care "調剤管理料 コード" Number 9;
        61 care_points "調剤管理料 点数" Number 7;
        62 hours_burden "調剤管理料 時間外等加算 負担区分" Alnum 1;
        63 hours "調剤管理料 時間外等加算 コード" Number 9;
        64 hours_points "調剤管理料 時間外等加算 点数" Number 7;
        65 reduction "薬剤料減算区分" Number 9;
        66..=70 reduced "薬剤料減算 点数（合計・第一から第四公費）" Number 7;
    }
}

record! {
    /// A medicine of the prescription.
    Medicine "IY" "医薬品レコード" {
        1 burden "負担区分" Alnum 1 must;
        2 code "医薬品コード" Number 9 must;
        3 quantity "使用量" Number 11;
        4..=5 reserved "予備" Alnum 9;
        6 mixed "混合区分" Number 1;
        7 mixed_branch "混合区分枝" Number 1;
        8 incompatible "配合不適区分" Number 1;
        9 dose "1回用量" Number 11;
    }
}

record! {
    /// A material of the prescription.
    Material "TO" "特定器材レコード" {
        1 burden "負担区分" Alnum 1 must;
        2 code "特定器材コード" Number 9 must;
        3 quantity "使用量" Number 9;
        4 unit "単位コード" Number 3;
        5 price "単価" Number 11;
        6 name "特定器材名称" Kanji 300;
    }
}

record! {
    /// A comment on the record before it.
    Comment "CO" "コメントレコード" {
        1 code "コメントコード" Number 9 must;
        2 text "文字データ" Kanji 400;
    }
}

record! {
    /// A comment on the claim.
    Remark "TK" "摘要欄レコード" {
        1 code "コメントコード" Number 9 must;
        2 text "文字データ" Kanji 400;
    }
}

record! {
    /// Fees of a day: basic fee and its additions, counselling.
    Fees "KI" "基本料・薬学管理料レコード" {
        1 day "算定日" Date 8 must;
        2 reception "処方箋受付回" Number 2;
        3 basic_burden "調剤基本料 負担区分" Alnum 1;
        4 basic "調剤基本料 コード" Number 9;
        5 basic_points "調剤基本料 点数" Number 7;
        6 reserved "予備" Reserved 9;
        7..=54 counselling "薬学管理料（負担区分・コード・回数・点数）" Alnum 9;
        55..=66 remarked "摘要薬学管理料（負担区分・コード・回数・点数）" Alnum 9;
        67 last_day "前回調剤年月日" Date 8;
        68 last_quantity "前回調剤数量" Number 3;
        69..=108 additions "調剤基本料加算（負担区分・コード・回数・点数）" Alnum 9;
        109 bundled "包括管理料等" Number 1;
        110 elsewhere "他医療機関受診" Number 2;
        111 ordered_basic "医師指示分割 調剤基本料コード" Number 9;
        112 ordered_counselling "医師指示分割 薬学管理料コード" Number 9;
        113 ordered_remarked "医師指示分割 摘要薬学管理料コード" Number 9;
    }
}

record! {
    /// Fees of a dispensing that the doctor divided.
    Divided "ST" "分割技術料レコード" {
        1 doctor "医師番号" Number 2;
        2 prescribed "処方月日" Date 8;
        3 dispensed "調剤月日" Date 8;
        4 reception "処方箋受付回" Number 2;
        5 times "分割指示回数" Number 2;
        6..=15 points "分割対象点数・分割後点数（保険、第一から第四公費）" Number 7;
    }
}

/// The layouts of this file.
pub const LAYOUTS: &[Layout] = &[
    Medicine::LAYOUT,
    Dispensing::LAYOUT,
    Prescription::LAYOUT,
    Fees::LAYOUT,
    Comment::LAYOUT,
    Remark::LAYOUT,
    Material::LAYOUT,
    Receipt::LAYOUT,
    Insurer::LAYOUT,
    PublicPayer::LAYOUT,
    Pharmacy::LAYOUT,
    Divided::LAYOUT,
];
