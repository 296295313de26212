//! DPC: what it has besides, or otherwise than, 医科.

use crate::layout::{Layout, record};

record! {
    /// The first record of a claim. From field 18 on it differs from 医科; that part is known by its names only.
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
        18 summary "レセプト総括区分" Number 1;
        19 parts "明細情報数" Number 2;
        20 search "検索番号" Number 30;
        21 edition "記録条件仕様年月情報" Month 6;
        22 own "請求情報" Text 40;
        23 department "診療科名" Number 2;
        24 body_part "人体の部位等" Number 3;
        25 group "性別等" Number 3;
        26 treatment "医学的処置" Number 3;
        27 disease "特定疾病" Number 3;
        28 kana "カタカナ（氏名）" Kanji 80;
        29 states "患者の状態" Number 60;
    }
}

record! {
    /// The diagnosis group that the stay is paid by.
    Group "BU" "診断群分類レコード" {
        1 group "診断群分類番号" Alnum 14 must;
        2 admitted "今回入院年月日" Date 8 must;
        3 discharged "今回退院年月日" Date 8;
        4 outcome "DPC転帰区分" Number 1;
        5 cause "死因" Kanji 100;
    }
}

record! {
    /// A disease of the stay with its part in it.
    Illness "SB" "傷病レコード" {
        1 code "傷病名コード" Number 7 must;
        2 modifiers "修飾語コード" Alnum 80;
        3 name "傷病名称" Kanji 60;
        4 icd10 "ICD10コード" Alnum 5;
        5 part "傷病名区分" Number 2;
        6 cause "死因" Number 1;
        7 comment "補足コメント" Kanji 60;
    }
}

record! {
    /// What of the patient the group depends on.
    Basics "KK" "患者基礎レコード" {
        1 reserved1 "予備" Reserved 1;
        2 moved "一般病棟以外の病棟移動の有無" Number 1;
        3 urgency "予定・緊急入院区分" Number 1;
        4 last_discharge "前回退院年月日" Date 8;
        5 same_before "前回同一傷病での入院の有無" Number 1;
        6 age "入院時年齢" Number 3;
        7 birth_weight "出生時体重" Number 4;
        8 jcs "JCS" Number 3;
        9 reserved2 "予備" Reserved 1;
        10 burn_index "Burn Index" Alnum 5;
        11 severity "重症度等" Kanji 100;
        12 reserved3 "予備" Reserved 3;
        13 months "入院時月齢" Number 2;
    }
}

record! {
    /// A procedure that the group depends on.
    Procedure "SK" "診療関連レコード" {
        1 code "診療行為コード" Number 9;
        2 section "区分番号" Text 10;
        3 day "実施（予定）年月日" Date 8;
        4 reserved "予備" Reserved 1;
        5 class "診療区分コード" Alnum 4;
        6 name "診療名称" Kanji 200;
    }
}

record! {
    /// Nights spent outside.
    NightsOut "GA" "外泊レコード" {
        1 month "診療年月" Month 6;
        2 adjustment "請求調整区分" Number 1;
        3 days "外泊等" Number 31;
        4 group "診断群分類番号" Alnum 14;
        5 factor "医療機関別係数" Alnum 6;
        6 returns "翌月再入院予定の有無" Number 1;
    }
}

record! {
    /// Days of a phase of the stay and what they come to.
    PerDiem "HH" "包括評価レコード" {
        1 month "診療年月" Month 6;
        2 adjustment "請求調整区分" Number 1;
        3 own_insurance "自他保険区分" Number 1;
        4 burden "負担区分" Alnum 1;
        5 phase "入院期間区分" Number 1;
        6 points "入院期間区分別点数" Number 6;
        7 days "入院期間区分別入院日数" Number 2;
        8 subtotal "包括小計点数" Number 7;
    }
}

record! {
    /// What the phases come to.
    PerDiemTotal "GT" "合計調整レコード" {
        1 month "診療年月" Month 6;
        2 adjustment "請求調整区分" Number 1;
        3 own_insurance "自他保険区分" Number 1;
        4 burden "負担区分" Alnum 1;
        5 subtotal "包括小計点数合算" Number 7;
        6 points "包括評価点数" Number 7;
        7 adjusted "調整点数" Alnum 7;
        8 total "今月包括合計点数" Alnum 8;
        9 class "診療識別" Number 2;
        10 changed "変更年月日" Date 8;
        11 text "文字データ" Kanji 40;
    }
}

record! {
    /// What was done on which day, though the group pays for it.
    Coding "CD" "コーディングデータレコード" {
        1 day "実施年月日" Date 8 must;
        2 class "診療識別" Number 2;
        3 order "順序番号" Number 4;
        4 detail "行為明細番号" Number 3;
        5 code "レセプト電算処理システム用コード" Number 9 must;
        6 quantity "使用量" Number 11;
        7 count "数量データ" Number 8;
        8 unit "単位コード" Number 3;
        9 times "回数" Number 3;
        10 material "特定器材名称" Kanji 300;
    }
}

/// The layouts of this file.
pub const LAYOUTS: &[Layout] = &[
    Coding::LAYOUT,
    Receipt::LAYOUT,
    Group::LAYOUT,
    Illness::LAYOUT,
    Basics::LAYOUT,
    Procedure::LAYOUT,
    NightsOut::LAYOUT,
    PerDiem::LAYOUT,
    PerDiemTotal::LAYOUT,
];
