//! What an answer says to the clerk: why, and what to do next. One plain sentence each, in Japanese and English.

use calendar::{Date, Timestamp};
use protocol::eligibility::{Explanation, LossReason, Reason};

use super::standing::Standing;

/// What the sentences need beside the standing.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The day asked about.
    pub on: Date,
    /// The time that the knowledge was limited to.
    pub known_at: Option<Timestamp>,
    /// Name of the insurer concerned, empty when none is.
    pub insurer_name: &'a str,
    /// When that insurer last reported anything.
    pub last_reported_at: Option<Timestamp>,
}

/// Words for a standing.
pub fn explain(standing: &Standing<'_>, situation: &Situation<'_>) -> Explanation {
    let words = words(standing, situation);
    Explanation {
        reason: standing.reason,
        ja: words.ja,
        en: words.en,
        next_ja: words.next_ja,
        next_en: words.next_en,
        insurer: standing.insurer,
        insurer_last_reported_at: situation.last_reported_at,
    }
}

struct Words {
    ja: String,
    en: String,
    next_ja: String,
    next_en: String,
}

fn say(
    ja: impl Into<String>,
    en: impl Into<String>,
    next_ja: impl Into<String>,
    next_en: impl Into<String>,
) -> Words {
    Words { ja: ja.into(), en: en.into(), next_ja: next_ja.into(), next_en: next_en.into() }
}

fn words(standing: &Standing<'_>, s: &Situation<'_>) -> Words {
    let name = s.insurer_name;
    let day = s.on.to_wareki();
    let on = s.on;
    match standing.reason {
        Reason::Covered => say(
            format!("{day}は{name}の資格が有効です。"),
            format!("Insured with {name} on {on}."),
            "このまま受け付けてください。",
            "Go on with the reception.",
        ),
        Reason::CoveredReportedLate => covered_late(standing, s),
        Reason::EndedNewMayBeOnItsWay | Reason::EndedNothingNew => ended(standing, s),
        Reason::EndedNewerKnown => {
            let end = standing.shown.first().and_then(|m| m.disqualified_on);
            let (ja, en) = (end.map(Date::to_wareki).unwrap_or_default(), text(end));
            say(
                format!("提示された資格は{ja}に喪失しています。{day}は{name}の新しい資格が有効です。"),
                format!("The membership presented ended on {en}. On {on} the person is insured with {name}."),
                "新しい資格で受け付け、保険証の情報を更新してください。",
                "Use the newer membership and update the patient's insurance on file.",
            )
        }
        Reason::NotYetBegun => {
            let begin = standing.shown.first().map(|m| m.qualified_on());
            say(
                format!(
                    "{name}の資格は{}からです。{day}はまだ始まっていません。",
                    begin.map(Date::to_wareki).unwrap_or_default()
                ),
                format!("The membership with {name} begins on {}; on {on} it has not begun.", text(begin)),
                "前の保険者に未届けの資格がないか本人に尋ね、資格取得日以後の受診ならその日で照会し直してください。",
                "Ask the person about an earlier insurer; for a visit on or after the first day, ask again about that day.",
            )
        }
        Reason::Died => {
            let end = standing.shown.first().and_then(|m| m.disqualified_on);
            say(
                format!(
                    "{name}から死亡による資格喪失（{}）が届いています。",
                    end.map(Date::to_wareki).unwrap_or_default()
                ),
                format!("{name} reported that the membership ended by death ({}).", text(end)),
                "本人が目の前にいる場合は届出の誤りです。カードと本人を確かめ、保険者に電話で連絡してください。",
                "If the person stands before you, the report is wrong: check card and person and telephone the insurer.",
            )
        }
        Reason::NeverReported => never(s),
        Reason::SeveralClaim => say(
            format!("{day}について複数の保険者が資格を届け出ています。両方の保険者に確認を依頼済みです。"),
            format!("More than one insurer claims the person on {on}. Both have been asked to settle it."),
            "本人に今の勤め先・保険者を尋ね、合う資格で受け付けてください。診療は妨げません。",
            "Ask the person which insurer is the present one and use that membership. It does not hold up treatment.",
        ),
        Reason::BirthdateDiffers => say(
            "記号・番号は登録されていますが、生年月日が一致しません。",
            "The number is known, but the birth date is not this one.",
            "生年月日と枝番の入力を確かめてください。合っていれば保険者の登録が誤っている可能性があり、保険者に確認してください。",
            "Check the birth date and the branch number. If they are right, the insurer's record may be wrong: ask the insurer.",
        ),
        Reason::NotKnownThen => {
            let at = s.known_at.map(Timestamp::to_minutes).unwrap_or_default();
            say(
                format!("{at}の時点では、この方の資格はまだ届いていませんでした。"),
                format!("At {at} nothing was known yet about this person."),
                "今わかっている資格を見るには、時点を指定せずに照会してください。",
                "To see what is known now, ask without a point in time.",
            )
        }
    }
}

fn covered_late(standing: &Standing<'_>, s: &Situation<'_>) -> Words {
    let known = standing.shown.first().map(|m| m.known_from().date());
    let (name, on) = (s.insurer_name, s.on);
    let arrived_ja = known.map(Date::to_wareki).unwrap_or_default();
    say(
        format!("{}は{name}の資格が有効です。届出は遅れて{arrived_ja}に届きました。", on.to_wareki()),
        format!("Insured with {name} on {on}. It was reported late, on {}.", text(known)),
        "このまま受け付けてください。届く前に受診して全額を払った方には、払い戻しができます。",
        "Go on with the reception. A person who paid in full before it arrived can be refunded.",
    )
}

fn ended(standing: &Standing<'_>, s: &Situation<'_>) -> Words {
    let membership = standing.shown.first();
    let end = membership.and_then(|m| m.disqualified_on);
    let (name, end_ja, end_en) = (s.insurer_name, end.map(Date::to_wareki).unwrap_or_default(), text(end));
    let assistance = membership.and_then(|m| m.loss_reason) == Some(LossReason::PublicAssistance);
    let ja = format!("{name}の資格は{end_ja}に喪失しています。");
    let en = format!("The membership with {name} ended on {end_en}.");
    if assistance {
        return say(
            format!("{ja}理由は生活保護の開始です。"),
            format!("{en} The reason is public assistance."),
            "医療扶助の対象かもしれません。医療券を確かめるか、福祉事務所に連絡してください。",
            "Public assistance may pay: look at the medical ticket or telephone the welfare office.",
        );
    }
    match standing.reason {
        Reason::EndedNewMayBeOnItsWay => say(
            format!("{ja}新しい保険者からの届出はまだ届いていません（届出には14日の猶予があります）。"),
            format!("{en} No newer membership has been reported yet; the law allows 14 days for it."),
            "新しい勤め先や保険者を本人に尋ね、資格の書類があれば写して受け付け、届出が届いたら照会し直してください。",
            "Ask about the new employer or insurer, copy any paper of membership, and ask again when the report is in.",
        ),
        _ => say(
            format!("{ja}その後の資格は、14日を過ぎても届いていません。"),
            format!("{en} Nothing newer was reported, though more than the lawful 14 days have passed."),
            "保険が切れている可能性があります。本人に手続きを勧め、会社の担当者または市町村の国保窓口に連絡してください。",
            "The person may be uninsured: advise them to see their employer or the municipality's insurance counter.",
        ),
    }
}

fn never(s: &Situation<'_>) -> Words {
    if s.insurer_name.is_empty() {
        return say(
            "この方の資格は、どの保険者からも届いていません。",
            "No insurer ever reported this person.",
            "最近就職・転居した方は届出の途中かもしれません。保険者と届出の時期を本人に尋ね、その保険者に確認してください。",
            "A new job or a move may still be on its way: ask which insurer and when it was told, then ask that insurer.",
        );
    }
    let name = s.insurer_name;
    say(
        format!("この記号・番号は{name}から届いていません。"),
        format!("{name} never reported this number."),
        "記号・番号・枝番の入力を確かめ、合っていればカードで照会するか、保険者に確認してください。",
        "Check symbol, number and branch; if they are right, ask by card, or ask the insurer.",
    )
}

fn text(day: Option<Date>) -> String {
    day.map(|d| d.to_string()).unwrap_or_default()
}
