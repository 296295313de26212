//! 歯科.

use crate::Record;
use crate::layout::{Layout, record};

record! {
    /// The first record of a file.
    Reception "UK" "受付情報レコード" {
        1 agency "審査支払機関" Number 1 must;
        2 prefecture "都道府県" Number 2 must;
        3 table "点数表" Number 1 must;
        4 code "医療機関コード" Number 7 must;
        5 reserved "予備" Reserved 2;
        6 name "医療機関名称" Kanji 40;
        7 claimed "請求年月" Month 6 must;
        8 standards "届出" Alnum 40;
        9 volume "マルチボリューム識別情報" Number 2;
    }
}

record! {
    /// The first record of a claim.
    Institution "IR" "医療機関情報レコード" {
        1 agency "審査支払機関" Number 1 must;
        2 prefecture "都道府県" Number 2 must;
        3 table "点数表" Number 1 must;
        4 code "医療機関コード" Number 7 must;
        5 reserved "予備" Reserved 2;
        6 claimed "請求年月" Month 6 must;
        7 phone "電話番号" Alnum 15;
        8 standards "届出" Alnum 40;
    }
}

record! {
    /// The first record of a file without `UK`: with the name, which `UK` has else.
    NamedInstitution "IR" "医療機関情報レコード" {
        1 agency "審査支払機関" Number 1 must;
        2 prefecture "都道府県" Number 2 must;
        3 table "点数表" Number 1 must;
        4 code "医療機関コード" Number 7 must;
        5 reserved "予備" Reserved 2;
        6 name "医療機関名称" Kanji 40;
        7 claimed "請求年月" Month 6 must;
        8 phone "電話番号" Alnum 15;
        9 standards "届出" Alnum 40;
    }
}

record! {
    /// What a claim is about.
    Receipt "RE" "レセプト共通レコード" {
        1 number "レセプト番号" Number 6 must;
        2 kind "レセプト種別" Number 4 must;
        3 month "診療年月" Month 6 must;
        4 name "氏名" Text 40 must;
        5 sex "男女区分" Number 1 must;
        6 birth "生年月日" Date 8 must;
        7 benefit "給付割合" Number 3;
        8 admitted "入院年月日" Date 8;
        9 since "診療開始日" Date 8;
        10 outcome "転帰区分" Number 1;
        11 wards "病棟区分" Alnum 8;
        12 burden "一部負担金・食事療養費・生活療養費標準負担額区分" Number 1;
        13 notices "レセプト特記事項" Alnum 10;
        14 reserved1 "予備" Reserved 4;
        15 chart "カルテ番号等" Alnum 20;
        16 own1 "請求情報1" Number 2;
        17 reserved2 "予備" Reserved 2;
        18 unseen "未来院請求" Number 2;
        19 search "検索番号" Number 30;
        20 reserved3 "予備" Reserved 6;
        21 own2 "請求情報2" Text 40;
        22..=24 reserved4 "予備" Reserved 3;
        25 kana "カタカナ（氏名）" Kanji 80;
        26 states "患者の状態" Number 60;
    }
}

record! {
    /// The health insurance that pays.
    Insurer "HO" "保険者レコード" {
        1 insurer "保険者番号" Alnum 8 must;
        2 symbol "被保険者資格に係る記号" Text 38;
        3 number "被保険者資格に係る番号" Text 38 must;
        4 days "診療実日数" Number 2 must;
        5 points "合計点数" Number 8 must;
        6 meals "食事療養・生活療養 回数" Number 2;
        7 meal_cost "食事療養・生活療養 合計金額" Number 8;
        8 duty "職務上の事由" Number 1;
        9 certificate "証明書番号" Number 3;
        10 share "負担金額（医療保険）" Number 9;
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
        4 days "診療実日数" Number 2;
        5 points "合計点数" Number 8;
        6 share "負担金額（公費）" Number 8;
        7 covered_share "公費給付対象一部負担金" Number 6;
        8 meals "食事療養・生活療養 回数" Number 2;
        9 meal_cost "食事療養・生活療養 合計金額" Number 8;
    }
}

record! {
    /// A disease and the teeth that have it.
    Disease "HS" "傷病名部位レコード" {
        1 since "診療開始日" Date 8;
        2 outcome "転帰区分" Number 1;
        3 teeth "歯式コード（傷病名）" Alnum 384;
        4 code "傷病名コード" Number 7 must;
        5 modifiers "修飾語コード" Alnum 80;
        6 name "傷病名称" Kanji 60;
        7 together "併存傷病名数" Number 1;
        8 transition "病態移行" Number 1;
        9 main "主傷病" Number 2;
        10 comment "コメントコード" Number 9;
        11 comment_text "補足コメント" Kanji 100;
        12 comment_teeth "歯式コード（補足コメント）" Alnum 384;
    }
}

record! {
    /// A dental service with its additions, code and quantity by turns.
    DentalService "SS" "歯科診療行為レコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1 must;
        3 code "診療行為コード" Number 9 must;
        4 quantity1 "診療行為数量データ1" Number 8;
        5 quantity2 "診療行為数量データ2" Number 8;
        6..=75 additions "加算コード・加算数量データ" Alnum 8;
        76 points "点数" Number 7;
        77 times "回数" Number 3 must;
        78..=108 days "日の情報" Number 3;
    }
}

record! {
    /// A service of 医科.
    Service "SI" "診療行為レコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1 must;
        3 code "診療行為コード" Number 9 must;
        4 quantity "数量データ" Number 8;
        5 points "点数" Number 7;
        6 times "回数" Number 3 must;
        7..=37 days "日の情報" Number 3;
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
        7 sort "医薬品区分" Alnum 1;
        8..=38 days "日の情報" Number 3;
    }
}

record! {
    /// A material.
    Material "TO" "特定器材レコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1 must;
        3 code "特定器材コード" Number 9 must;
        4 quantity "使用量" Number 9;
        5 unit "単位コード" Number 3;
        6 price "単価" Number 11;
        7 addition1 "特定器材加算等コード1" Number 9;
        8 addition1_quantity "特定器材加算等数量データ1" Number 9;
        9 addition2 "特定器材加算等コード2" Number 9;
        10 addition2_quantity "特定器材加算等数量データ2" Number 9;
        11 product "商品名及び規格又はサイズ" Kanji 300;
        12 points "点数" Number 7;
        13 times "回数" Number 3 must;
        14..=44 days "日の情報" Number 3;
    }
}

record! {
    /// A comment on the services around it.
    Comment "CO" "コメントレコード" {
        1 class "診療識別" Number 2;
        2 burden "負担区分" Alnum 1;
        3 code "コメントコード" Number 9 must;
        4 text "文字データ" Kanji 400;
        5 teeth "歯式コード（コメント）" Alnum 384;
        6..=10 reserved "予備" Alnum 7;
    }
}

/// Whether an `IR` has the name in front of the month: a month stands there and not where it stands without a name.
pub(crate) fn is_named(record: &Record<'_>) -> bool {
    record.field(6).month().is_none() && record.field(7).month().is_some()
}

/// The layouts of this file, but for [`NamedInstitution`].
pub const LAYOUTS: &[Layout] = &[
    DentalService::LAYOUT,
    Service::LAYOUT,
    Medicine::LAYOUT,
    Comment::LAYOUT,
    Material::LAYOUT,
    Disease::LAYOUT,
    Receipt::LAYOUT,
    Insurer::LAYOUT,
    PublicPayer::LAYOUT,
    Institution::LAYOUT,
    Reception::LAYOUT,
];
