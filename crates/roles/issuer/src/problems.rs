//! The issuer's refusals.

use wire::Problem;

/// A refusal inside a transaction; the store's own faults become an internal problem.
pub(crate) struct Refusal(pub Problem);

impl From<store::StoreError> for Refusal {
    fn from(error: store::StoreError) -> Self {
        Self(internal(error))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

pub(crate) fn not_on_register() -> Problem {
    Problem::new(404, "not-on-register")
        .ja("住民基本台帳に見つかりません。")
        .en("not on the resident register")
        .detail(
            "番号を確かめてください。転入直後の方は、台帳が届くまで待ってください。",
            "check the number; a person who just moved in appears when the register's file has arrived",
        )
        .at("my_number")
}

pub(crate) fn too_many(found: usize) -> Problem {
    Problem::new(413, "too-many").ja("件数が多すぎます。").en("too many at once").detail(
        format!("一度に{}件までです（{found}件ありました）。", protocol_admin::issuer::LINKS_MAX),
        format!("at most {} a call, found {found}", protocol_admin::issuer::LINKS_MAX),
    )
}

pub(crate) fn act_not_possible(ja: &str, en: &str) -> Problem {
    Problem::new(409, "act-not-possible")
        .ja("この手続きはできません。")
        .en("not possible now")
        .detail(ja, en)
        .at("act")
}

pub(crate) fn no_card_in_use() -> Problem {
    act_not_possible(
        "利用中のカードがありません。すでに停止されているか、まだ交付されていません。",
        "the person has no card in use: it was stopped before, or none was made",
    )
}

pub(crate) fn replaced_by_a_card_only() -> Problem {
    Problem::new(422, "replaced-by-a-new-card")
        .ja("「再交付」を理由とする停止は、新しいカードの交付で行われます。")
        .en("replaced is what a new card makes of the earlier one")
        .detail("新しいカードの交付を依頼してください。", "ask for a new card instead")
        .at("reason")
}

pub(crate) fn not_delivered(who: &codes::OrgId) -> Problem {
    Problem::new(503, "not-yet-everywhere")
        .ja("受け付けましたが、まだ反映されていません。")
        .en("recorded, not yet in effect everywhere")
        .detail(
            format!("{who}に届けられませんでした。自動で再送します。同じ照会番号でもう一度確認できます。"),
            format!(
                "{who} could not be reached; it is sent again by itself, and the same key may be asked again"
            ),
        )
}

/// A fault of the house itself: logged here, said without detail outside.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "issuer");
    Problem::internal()
}

pub(crate) fn label() -> Problem {
    Problem::new(422, "label-too-long")
        .ja("番号の呼び名が長すぎます。")
        .en("the name of a number is too long")
        .detail(
            format!("{}文字までです。", protocol_admin::issuer::LABEL_MAX),
            format!(
                "at most {} characters, none of them control characters",
                protocol_admin::issuer::LABEL_MAX
            ),
        )
}

pub(crate) fn card_unknown() -> Problem {
    Problem::new(403, "card-not-in-use")
        .ja("このカードでは手続きできません。")
        .en("not with this card")
        .detail(
            "停止されたカードか、ここで交付されていないカードです。新しいカードで手続きしてください。",
            "it was stopped, or not made here; come with the card that took its place",
        )
        .at("card")
}

pub(crate) fn no_reader() -> Problem {
    Problem::new(503, "no-reader")
        .ja("この窓口にはカードリーダーがありません。")
        .en("this counter has no card reader")
        .at("card")
}
