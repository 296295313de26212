//! 返戻・再審査: what agencies send back and hand on.

use crate::layout::{Layout, record};

record! {
    /// The first record of a file of returned claims.
    ReturnedTo "HI" "返戻医療機関レコード" {
        1 agency "審査支払機関" Number 1 must;
        2 processed "請求年月" Month 6 must;
        3 prefecture "都道府県" Number 2 must;
        4 table "点数表" Number 1 must;
        5 code "医療機関コード" Number 7 must;
        6 reserved "予備" Reserved 2;
        7 volume "マルチボリューム識別情報" Number 2;
    }
}

record! {
    /// Why a claim comes back.
    ReturnReason "HR" "返戻理由レコード" {
        1 processed "処理年月" Month 6 must;
        2 class "返戻区分" Number 1;
        3 service "診療識別" Number 2;
        4 reason "返戻事由コード" Alnum 5;
        5 reason_text "返戻理由" Kanji 1000;
        6 supplement "補足事項" Kanji 1000;
        7 corrected "補正情報" Number 1;
        8 notice "増減点連絡書年月" Month 6;
        9 search "検索番号" Number 30;
        10 other_search "複数レセプト検索番号" Number 30;
        11 part "返戻対象明細" Alnum 5;
        12..=13 reserved "予備" Text 30;
    }
}

record! {
    /// The last record of a file of returned claims.
    ReturnedTotal "HG" "返戻合計レコード" {
        1 claims "総件数" Number 6;
        2 points "総合計点数" Number 10;
        3 volume "マルチボリューム識別情報" Number 2 must;
    }
}

record! {
    /// The agency's number of a claim.
    Managed "MN" "レセプト管理レコード" {
        1 number "レセプト管理番号" Number 16 must;
        2 address "保険医療機関の所在地" Kanji 80;
        3 image "画像番号等" Alnum 30;
        4..=5 reserved1 "予備" Reserved 1;
        6 reserved2 "予備" Text 100;
    }
}

record! {
    /// What the agency corrected.
    Correction "JY" "事由レコード" {
        1 class "補正区分" Number 1 must;
        2 line "補正対象行番号" Number 5;
        3 branch "補正対象枝番号" Number 3;
        4 items "事由対象項目番号" Alnum 200;
        5 reasons "事由コード" Alnum 20;
        6 new_line "補正後行番号" Number 5;
        7 new_branch "補正後枝番号" Number 3;
        8 reserved "予備" Reserved 30;
    }
}

record! {
    /// What the agency added for its work.
    Operation "EX" "審査運用レコード" {
        1 insurer "振替先保険者番号" Alnum 8;
        2 payer4 "振替先第四公費負担者番号" Alnum 8;
        3 payer1 "振替先第一公費負担者番号" Alnum 8;
        4 payer2 "振替先第二公費負担者番号" Alnum 8;
        5 payer3 "振替先第三公費負担者番号" Alnum 8;
        6 high_cost "高額療養費金額" Number 10;
        7 alone "単独請求分レセプト区分" Number 1;
        8 notified "医療費通知対象レセプト区分" Number 1;
        9 special "特別審査委員会" Number 1;
        10 special_month "特別審査委員会処理年月" Month 6;
        11 attached "添付文書情報" Number 1;
        12 text "審査支払機関使用欄" Text 1000;
    }
}

record! {
    /// The agency's check value of a claim.
    Control "RC" "レコード管理情報レコード" {
        1 value "管理情報" Alnum 100;
    }
}

record! {
    /// A request to examine a claim again.
    Objection "MD" "再審査等申し出レコード" {
        1 number "申し出一連番号" Number 3;
        2 received "申し出受付年月日" Date 8;
        3 reference "整理番号" Alnum 30;
        4 times "請求回数" Number 2;
        5 reason "理由番号" Number 6;
        6 reason_text "理由番号補足" Kanji 200;
        7 day1 "理由年月日1" Date 8;
        8 day2 "理由年月日2" Date 8;
        9 content "理由内容 コード" Number 6;
        10 own_code "理由内容 保険者等使用欄" Alnum 6;
        11 free "理由内容 フリー入力" Kanji 500;
        12 supplement "理由内容 補足" Kanji 1000;
        13 agreed "医療機関等連絡" Number 1;
        14 returned "返付依頼整理番号" Alnum 30;
        15 own "保険者等使用欄" Text 30;
        16..=21 reserved "予備" Text 2400;
    }
}

record! {
    /// Which lines a request is about.
    ObjectionLine "RT" "理由対象レコード" {
        1 number "申し出一連番号" Number 3;
        2 class "理由対象区分" Number 1;
        3 item "理由対象一連番号" Number 3;
        4 line "理由対象行番号" Number 5;
        5 branch "理由対象枝番号" Number 3;
    }
}

record! {
    /// Another claim that a request refers to.
    Related "JR" "レセプト縦覧レコード" {
        1 class "縦覧区分" Number 1;
        2 search "検索番号" Number 30;
        3 reference "整理番号等" Alnum 30;
        4..=8 reserved "予備" Text 100;
    }
}

record! {
    /// What became of a request.
    Outcome "MK" "再審査等申し出結果レコード" {
        1 number "申し出一連番号" Number 3;
        2 received "申し出受付年月日" Date 8;
        3 from "再審査等申し出機関" Number 3;
        4 processed "処理年月" Month 6;
        5 reason "変更理由番号" Number 6;
        6 result "審査結果" Number 3;
        7 text "連絡" Kanji 600;
        8..=10 upheld "原審（請求）どおり理由" Number 6;
        11 insurer "申し出保険者番号等" Alnum 8;
        12 own "審査支払機関使用欄" Text 500;
        13..=15 reserved "予備" Text 30;
    }
}

/// The layouts of this file.
pub const LAYOUTS: &[Layout] = &[
    ReturnedTo::LAYOUT,
    ReturnReason::LAYOUT,
    ReturnedTotal::LAYOUT,
    Managed::LAYOUT,
    Correction::LAYOUT,
    Operation::LAYOUT,
    Control::LAYOUT,
    Objection::LAYOUT,
    ObjectionLine::LAYOUT,
    Related::LAYOUT,
    Outcome::LAYOUT,
];
