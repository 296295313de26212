//! The refusals that every role says alike.

use access::Denial;
use consent::ActReason;
use wire::Problem;

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
