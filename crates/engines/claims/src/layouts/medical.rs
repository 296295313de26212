//! 医科.

use crate::layout::{Layout, record};

record! {
    /// The first record of an institution.
    Institution "IR" "医療機関情報レコード" {
        1 agency "審査支払機関" Number 1 must;
        2 prefecture "都道府県" Number 2 must;
        3 table "点数表" Number 1 must;
        4 code "医療機関コード" Number 7 must;
        5 reserved "予備" Reserved 2;
        6 name "医療機関名称" Kanji 40;
        7 claimed "請求年月" Month 6 must;
        8 volume "マルチボリューム識別情報" Number 2;
        9 phone "電話番号" Alnum 15;
    }
}

record! {
    /// The first record of a claim. Its first six fields are the same in every table.
    Receipt "RE" "レセプト共通レコード" {
        1 number "レセプト番号" Number 6 must;
        2 kind "レセプト種別" Number 4 must;
        3 month "診療年月" Month 6 must;
        4 name "氏名" Text 40 must;
        5 sex "男女区分" Number 1 must;
        6 birth "生年月日" Date 8 must;
        7 benefit "給付割合" Number 3;
        8 admitted "入院年月日" Date 8;
        9 wards "病棟区分" Alnum 8;
        10 burden "一部負担金・食事療養費・生活療養費標準負担額区分" Number 1;
        11 notices "レセプト特記事項" Alnum 10;
        12 beds "病床数" Number 4;
        13 chart "カルテ番号等" Alnum 20;
        14 discount "割引点数単価" Number 2;
        15..=17 reserved "予備" Reserved 2;
        18 search "検索番号" Number 30;
        19 edition "記録条件仕様年月情報" Month 6;
        20 own "請求情報" Text 40;
        21 department1 "診療科1 診療科名" Number 2;
        22 body_part1 "診療科1 人体の部位等" Number 3;
        23 group1 "診療科1 性別等" Number 3;
        24 treatment1 "診療科1 医学的処置" Number 3;
        25 disease1 "診療科1 特定疾病" Number 3;
        26 department2 "診療科2 診療科名" Number 2;
        27 body_part2 "診療科2 人体の部位等" Number 3;
        28 group2 "診療科2 性別等" Number 3;
        29 treatment2 "診療科2 医学的処置" Number 3;
        30 disease2 "診療科2 特定疾病" Number 3;
        31 department3 "診療科3 診療科名" Number 2;
        32 body_part3 "診療科3 人体の部位等" Number 3;
        33 group3 "診療科3 性別等" Number 3;
        34 treatment3 "診療科3 医学的処置" Number 3;
        35 disease3 "診療科3 特定疾病" Number 3;
        36 kana "カタカナ（氏名）" Kanji 80;
        37 states "患者の状態" Number 60;
    }
}

record! {
    /// The health insurance that pays. Its first five fields are the same in every table.
    Insurer "HO" "保険者レコード" {
        1 insurer "保険者番号" Alnum 8 must;
        2 symbol "被保険者証（手帳）等の記号" Text 38;
        3 number "被保険者証（手帳）等の番号" Text 38 must;
        4 days "診療実日数" Number 2 must;
        5 points "合計点数" Number 8 must;
        6 reserved "予備" Reserved 5;
        7 meals "食事療養・生活療養 回数" Number 2;
        8 meal_cost "食事療養・生活療養 合計金額" Number 8;
        9 duty "職務上の事由" Number 1;
        10 certificate "証明書番号" Number 3;
        11 share "負担金額 医療保険" Number 9;
        12 relief "負担金額 減免区分" Number 1;
        13 relief_percent "負担金額 減額割合" Number 3;
        14 relief_amount "負担金額 減額金額" Number 6;
    }
}

record! {
    /// A public scheme that pays; the first of a claim is 第一公費, up to four.
    PublicPayer "KO" "公費レコード" {
        1 payer "負担者番号" Alnum 8 must;
        2 recipient "受給者番号" Number 7;
        3 optional "任意給付区分" Number 1;
        4 days "診療実日数" Number 2;
        5 points "合計点数" Number 8;
        6 share "負担金額 公費" Number 8;
        7 outpatient_share "公費給付対象外来一部負担金" Number 6;
        8 inpatient_share "公費給付対象入院一部負担金" Number 6;
        9 reserved "予備" Reserved 5;
        10 meals "食事療養・生活療養 回数" Number 2;
        11 meal_cost "食事療養・生活療養 合計金額" Number 8;
    }
}

record! {
    /// Why an inpatient of a DPC hospital is billed by the single act.
    WhyNotDpc "GR" "包括評価対象外理由レコード" {
        1 reason "医科点数表算定理由" Number 2 must;
        2 group "診断群分類番号" Alnum 14;
    }
}

record! {
    /// A disease.
    Disease "SY" "傷病名レコード" {
        1 code "傷病名コード" Number 7 must;
        2 since "診療開始日" Date 8 must;
        3 outcome "転帰区分" Number 1 must;
        4 modifiers "修飾語コード" Alnum 80;
        5 name "傷病名称" Kanji 60;
        6 main "主傷病" Number 2;
        7 comment "補足コメント" Kanji 60;
    }
}

record! {
    /// A service.
    Service "SI" "診療行為レコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1 must;
        3 code "診療行為コード" Number 9 must;
        4 quantity "数量データ" Number 8;
        5 points "点数" Number 7;
        6 times "回数" Number 3 must;
        7 comment1 "コメントコード1" Number 9;
        8 comment1_text "文字データ1" Kanji 100;
        9 comment2 "コメントコード2" Number 9;
        10 comment2_text "文字データ2" Kanji 100;
        11 comment3 "コメントコード3" Number 9;
        12 comment3_text "文字データ3" Kanji 100;
        13..=43 days "日の情報" Number 3;
    }
}

record! {
    /// A medicine.
    Medicine "IY" "医薬品レコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1 must;
        3 code "医薬品コード" Number 9 must;
        4 quantity "使用量" Number 11;
        5 points "点数" Number 7;
        6 times "回数" Number 3 must;
        7 comment1 "コメントコード1" Number 9;
        8 comment1_text "文字データ1" Kanji 100;
        9 comment2 "コメントコード2" Number 9;
        10 comment2_text "文字データ2" Kanji 100;
        11 comment3 "コメントコード3" Number 9;
        12 comment3_text "文字データ3" Kanji 100;
        13..=43 days "日の情報" Number 3;
    }
}

record! {
    /// A material.
    Material "TO" "特定器材レコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1 must;
        3 code "特定器材コード" Number 9 must;
        4 quantity "使用量" Number 9;
        5 points "点数" Number 7;
        6 times "回数" Number 3 must;
        7 unit "単位コード" Number 3;
        8 price "単価" Number 11;
        9 name "特定器材名称" Kanji 40;
        10 product "商品名及び規格又はサイズ" Kanji 300;
        11 comment1 "コメントコード1" Number 9;
        12 comment1_text "文字データ1" Kanji 100;
        13 comment2 "コメントコード2" Number 9;
        14 comment2_text "文字データ2" Kanji 100;
        15 comment3 "コメントコード3" Number 9;
        16 comment3_text "文字データ3" Kanji 100;
        17..=47 days "日の情報" Number 3;
    }
}

record! {
    /// A comment on the services around it.
    Comment "CO" "コメントレコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1;
        3 code "コメントコード" Number 9 must;
        4 text "文字データ" Kanji 400;
    }
}

record! {
    /// Times a day of claims up to March 2012.
    DailyTimes "NI" "日計表レコード" {
        1..=31 days "日の情報" Number 3;
    }
}

record! {
    /// The hospital of an organ donor.
    DonorHospital "TI" "臓器提供医療機関情報レコード" {
        1 donation "臓器提供区分" Number 1 must;
        2 class "臓器提供医療機関区分" Number 1 must;
        3 prefecture "都道府県" Number 2;
        4 table "点数表" Number 1;
        5 code "医療機関コード" Number 7;
        6 reserved "予備" Reserved 2;
        7 name "医療機関名称" Kanji 40;
        8 address "医療機関所在地" Kanji 80;
        9 phone "電話番号" Alnum 15;
    }
}

record! {
    /// An organ donor's claim within the recipient's.
    DonorReceipt "TR" "臓器提供者レセプト情報レコード" {
        1 number "レセプト番号" Number 6 must;
        2 kind "臓器提供者レセプト種別" Number 4 must;
        3 month "診療年月" Month 6 must;
        4 reserved1 "予備" Text 40;
        5 sex "男女区分" Number 1;
        6 birth "生年月日" Date 8;
        7 reserved2 "予備" Reserved 3;
        8 admitted "入院年月日" Date 8;
        9 wards "病棟区分" Alnum 8;
        10 reserved3 "予備" Reserved 1;
        11 notices "レセプト特記事項" Alnum 10;
        12 reserved4 "予備" Reserved 4;
        13 chart "カルテ番号等" Alnum 20;
        14 discount "割引点数単価" Number 2;
        15..=17 reserved5 "予備" Reserved 2;
    }
}

record! {
    /// What an organ donor's claim comes to.
    DonorTotal "TS" "臓器提供者請求情報レコード" {
        1 days "診療実日数" Number 2;
        2 points "合計点数" Number 8;
        3 meals "食事療養・生活療養 回数" Number 2;
        4 meal_cost "食事療養・生活療養 合計金額" Number 8;
    }
}

/// The layouts of this file.
pub const LAYOUTS: &[Layout] = &[
    Service::LAYOUT,
    Medicine::LAYOUT,
    Comment::LAYOUT,
    Material::LAYOUT,
    Disease::LAYOUT,
    Receipt::LAYOUT,
    Insurer::LAYOUT,
    PublicPayer::LAYOUT,
    Institution::LAYOUT,
    WhyNotDpc::LAYOUT,
    DailyTimes::LAYOUT,
    DonorHospital::LAYOUT,
    DonorReceipt::LAYOUT,
    DonorTotal::LAYOUT,
];
