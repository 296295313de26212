//! The refusals that every role says alike.

use access::Denial;
use consent::ActReason;
use wire::Problem;

use crate::reader::ReaderError;

/// A denial of the access policy: its rule is the problem's code, its words are the particulars.
pub fn denied(denial: Denial) -> Problem {
    Problem::new(403, denial.rule.as_str())
        .ja("この機関からの要求は許可されていません。")
        .en("This organisation may not ask this.")
        .detail(denial.ja, denial.en)
}

/// The exchange key came before with another question.
pub fn exchange_used() -> Problem {
    Problem::new(409, "exchange-already-used")
        .ja("この照会番号は別の照会に使われています。")
        .en("This exchange was used for another question.")
        .detail("新しい照会番号で送ってください。", "Send it under a new exchange id.")
        .at("exchange")
}

/// Records are not exchanged for this reason.
#[must_use]
pub fn reason(found: ActReason) -> Problem {
    Problem::new(422, "reason-not-exchanged")
        .ja("この目的では照会できません。")
        .en("nothing is exchanged for this reason")
        .detail(
            format!(
                "「{}」の目的は、この照会では使えません。診療・介護・緊急・本人の閲覧から選んでください。",
                found.ja()
            ),
            format!("{} is none of treatment, care, emergency and the person's own access", found.en()),
        )
        .at("reason")
}

/// What a person reads, before their own card, when it could not be read.
#[must_use]
pub fn own_card_unread(error: &ReaderError) -> Problem {
    let problem = Problem::new(422, "card-not-read").at("pin");
    match error {
        ReaderError::PinBlocked => problem
            .ja("暗証番号がロックされています。")
            .en("The PIN is blocked.")
            .detail("市区町村の窓口で再設定できます。", "Your municipality's counter resets it."),
        ReaderError::Missing(_) => problem
            .ja("このカードには、本人の確認に使う電子証明書が入っていません。")
            .en("There is no certificate on this card by which it could show whose it is.")
            .detail(
                "お住まいの市区町村の窓口にお尋ねください。",
                "Please ask at your municipality's counter.",
            ),
        ReaderError::Card { .. } => {
            problem.ja("カードを読み取れませんでした。").en("The card could not be read.").detail(
                "ICチップを拭いて、もう一度置いてください。",
                "Clean the chip and put the card down again.",
            )
        }
        other => problem.ja(other.ja()).en(other.to_string()),
    }
}

/// What a person reads when their own card was refused by the eligibility service, which speaks to a desk's staff: of the day and the
/// cause of a revocation whoever holds the card learns nothing here, nor whether it was ever issued.
#[must_use]
pub fn own_card_refused(problem: Problem) -> Problem {
    match problem.code() {
        "certificate-expired" => Problem::new(422, "card-expired")
            .ja("カードの電子証明書の有効期限が切れています。")
            .en("The certificate on your card has expired.")
            .detail(
                "お住まいの市区町村の窓口で更新すると、また使えるようになります。",
                "Have it renewed at your municipality's counter; then the card works again.",
            ),
        "certificate-superseded" => Problem::new(422, "card-superseded")
            .ja("このカードの電子証明書は、新しいものに替わっています。")
            .en("The certificate on this card was replaced by a newer one.")
            .detail("新しいカードを使ってください。", "Use your new card."),
        code if code.starts_with("certificate-") => Problem::new(422, "card-refused")
            .ja("このカードは使えません。")
            .en("This card cannot be used.")
            .detail(
                "お住まいの市区町村の窓口にお尋ねください。",
                "Please ask at your municipality's counter.",
            ),
        _ => problem,
    }
}
