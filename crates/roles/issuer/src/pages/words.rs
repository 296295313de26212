//! What each act is called and what it does, in plain words.

use protocol_admin::issuer::{MedicalIdAct, NumberState, NumberView};
use wire::{Lang, page::Tone, t};

/// The name of an act.
pub(super) fn name(lang: Lang, act: MedicalIdAct) -> &'static str {
    match act {
        MedicalIdAct::OptIn => t(lang, "医療等IDを持つ", "Have a medical ID"),
        MedicalIdAct::Change => t(lang, "番号を変える", "Change the number"),
        MedicalIdAct::Revoke => t(lang, "やめる", "Stop it"),
        MedicalIdAct::Refuse => t(lang, "持たないと決める", "Refuse one"),
        MedicalIdAct::Seal => t(lang, "封印する", "Seal it"),
        MedicalIdAct::Reopen => t(lang, "封印を解く", "Reopen it"),
        MedicalIdAct::AddFacet => t(lang, "別の番号を持つ", "Have another number"),
        MedicalIdAct::RetireFacet => t(lang, "この番号をやめる", "Stop this number"),
    }
}

/// What it does, and what it does not.
pub(super) fn meaning(lang: Lang, act: MedicalIdAct) -> [&'static str; 3] {
    match act {
        MedicalIdAct::OptIn => [
            t(
                lang,
                "医療機関どうしが、あなたの許した範囲で記録を見せ合えるようになります。",
                "Institutions may show each other your records, as far as you permit.",
            ),
            t(
                lang,
                "番号そのものは、あなたにも医療機関の人にも見えません。",
                "Nobody sees the number itself, neither you nor their staff.",
            ),
            t(
                lang,
                "いつでも変えたり、封印したり、やめたりできます。",
                "You can change, seal or stop it at any time.",
            ),
        ],
        MedicalIdAct::Change => [
            t(
                lang,
                "これまでの番号は今すぐ使えなくなり、新しい番号に替わります。",
                "The number you had stops working now; a new one takes its place.",
            ),
            t(
                lang,
                "これまでの登録、同意、拒否は新しい番号に引き継がれません。",
                "Registrations, consents and refusals do not move to the new number.",
            ),
            t(
                lang,
                "次の受診でカードを置くと、その医療機関は新しい番号を知ります。",
                "An institution learns the new number when you put your card down there.",
            ),
        ],
        MedicalIdAct::Revoke => [
            t(
                lang,
                "番号は今すぐ使えなくなり、二度と戻りません。",
                "The number stops working now and never comes back.",
            ),
            t(
                lang,
                "医療機関にある記録はそのまま残りますが、ほかから探せなくなります。",
                "Records stay where they are; others can no longer find them.",
            ),
            t(
                lang,
                "あとでまた持つときは、新しい番号になります。",
                "If you want one again later, it will be a new one.",
            ),
        ],
        MedicalIdAct::Refuse => [
            t(
                lang,
                "あなたの番号は、あなたが考えを変えるまで作られません。",
                "No number is made for you until you change your mind.",
            ),
            t(
                lang,
                "いま番号があれば、今すぐ使えなくなります。",
                "A number that you have stops working now.",
            ),
            t(
                lang,
                "保険での受診は今までどおりできます。",
                "You are treated under your insurance as before.",
            ),
        ],
        MedicalIdAct::Seal => [
            t(
                lang,
                "あなたがここで封印を解くまで、だれにも使えません。何十年でもかまいません。",
                "Nobody can use it until you reopen it here, in decades if need be.",
            ),
            t(
                lang,
                "尋ねた人には、番号のない人と同じ答えになります。",
                "To those who ask, you are like somebody without a number.",
            ),
            t(
                lang,
                "同意や拒否は、そのまま取っておかれます。",
                "What you permitted and refused is kept as it is.",
            ),
        ],
        MedicalIdAct::Reopen => [
            t(
                lang,
                "封印する前と同じ番号が、今すぐまた使えます。",
                "The same number as before works again at once.",
            ),
            t(lang, "同意や拒否は、封印する前のままです。", "Consents and refusals are as they were."),
            t(lang, "いつでもまた封印できます。", "You can seal it again at any time."),
        ],
        MedicalIdAct::AddFacet => [
            t(
                lang,
                "病気や時期ごとに、別の番号で受診できます。ふだんの番号とのつながりは、付番機関のほかのだれにも分かりません。",
                "Visits for an illness or a time of life go by a number of their own. Nobody but the issuer can tie it to your other ones.",
            ),
            t(
                lang,
                "番号は今カードに書き込まれます。受付で「別の番号」を選ぶと使われます。",
                "It is written to your card now, and used when you choose it at a desk.",
            ),
            t(
                lang,
                "同じ医療機関では、いつも同じ番号を選んでください。そこでは一人の患者に見えます。",
                "At one institution always choose the same number: it sees one patient.",
            ),
        ],
        MedicalIdAct::RetireFacet => [
            t(
                lang,
                "この番号は今すぐ使えなくなり、二度と戻りません。",
                "This number stops working now and never comes back.",
            ),
            t(
                lang,
                "この番号で登録した医療機関の記録は残りますが、ほかから探せなくなります。",
                "Records made under it stay where they are; others can no longer find them.",
            ),
            t(lang, "ほかの番号は変わりません。", "Your other numbers stay as they are."),
        ],
    }
}

/// The acts that fit a number's state, the gentlest first.
pub(super) fn possible(number: &NumberView) -> &'static [MedicalIdAct] {
    use MedicalIdAct as A;
    match (number.number, number.state) {
        (0, NumberState::Active) => &[A::Change, A::Seal, A::Revoke, A::Refuse],
        (0, NumberState::Sealed) => &[A::Reopen, A::Revoke, A::Refuse],
        (0, NumberState::Revoked) => &[A::OptIn, A::Refuse],
        (0, NumberState::Refused) => &[A::OptIn],
        (_, NumberState::Active) => &[A::Change, A::Seal, A::RetireFacet],
        (_, NumberState::Sealed) => &[A::Reopen, A::RetireFacet],
        (_, NumberState::Revoked | NumberState::Refused) => &[],
    }
}

/// Which number, in words.
pub(super) fn which(lang: Lang, number: u16, label: &str) -> String {
    match (number, label) {
        (0, _) => t(lang, "ふだんの番号", "Ordinary number").to_owned(),
        (number, "") => t(lang, format!("別の番号 {number}"), format!("Number {number}")),
        (number, label) => {
            t(lang, format!("別の番号 {number}「{label}」"), format!("Number {number}, “{label}”"))
        }
    }
}

/// A state in words.
pub(super) fn state(lang: Lang, state: NumberState) -> (Tone, &'static str) {
    match state {
        NumberState::Active => (Tone::Ok, t(lang, "使えます", "Works")),
        NumberState::Sealed => (Tone::Info, t(lang, "封印中", "Sealed")),
        NumberState::Revoked => (Tone::Warn, t(lang, "やめました", "Stopped")),
        NumberState::Refused => (Tone::Info, t(lang, "持たないと決めています", "Refused")),
    }
}
