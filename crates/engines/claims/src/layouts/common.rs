//! Records that are alike in every table.

use crate::layout::{Layout, record};

record! {
    /// How the insurance was checked at the desk, a record a payer.
    EligibilityCheck "SN" "資格確認レコード" {
        1 payer "負担者種別" Number 1 must;
        2 how "確認区分" Number 2 must;
        3 insurer "保険者番号等（資格確認）" Alnum 8;
        4 symbol "被保険者証（資格確認）等の記号（資格確認）" Text 38;
        5 number "被保険者証（資格確認）等の番号（資格確認）" Text 38;
        6 branch "枝番" Alnum 2;
        7 recipient "受給者番号" Number 7;
        8 reserved "予備" Reserved 1;
    }
}

record! {
    /// On which days the patient came, a record a payer.
    VisitDays "JD" "受診日等レコード" {
        1 payer "負担者種別" Number 1 must;
        2..=32 days "日の情報" Number 1;
    }
}

record! {
    /// Whether the payment at the counter was capped (高額療養費).
    CounterPayment "MF" "窓口負担額レコード" {
        1 class "窓口負担額区分" Number 2 must;
        2..=32 reserved "予備" Number 9;
    }
}

record! {
    /// Free information of a 国保連合会.
    Federation "KH" "国保連固有情報レコード" {
        1 text "国保連固有情報" Text 100;
    }
}

record! {
    /// What the doctor explains in words.
    Explanation "SJ" "症状詳記レコード" {
        1 class "症状詳記区分" Number 2;
        2 text "症状詳記データ" Kanji 2400;
    }
}

record! {
    /// The last record of an institution: how many claims, how many points.
    Bill "GO" "診療報酬請求書レコード" {
        1 claims "総件数" Number 6;
        2 points "総合計点数" Number 10;
        3 volume "マルチボリューム識別情報" Number 2 must;
    }
}

/// The layouts of this file.
pub const LAYOUTS: &[Layout] = &[
    EligibilityCheck::LAYOUT,
    VisitDays::LAYOUT,
    CounterPayment::LAYOUT,
    Federation::LAYOUT,
    Explanation::LAYOUT,
    Bill::LAYOUT,
];
