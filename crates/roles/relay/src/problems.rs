//! The relay's refusals. What is not there and what may not be known answer alike; the others speak of the asker alone.

use consent::{Asker, ConsentsError};
use protocol::exchange::{EmergencyRequest, Practitioner};
use wire::Problem;

/// A refusal inside a transaction; the store's own faults become an internal problem.
pub(crate) struct Refusal(pub Problem);

impl From<store::StoreError> for Refusal {
    fn from(error: store::StoreError) -> Self {
        Self(store(error))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// Longest name of a member of staff, in characters.
const NAME_LIMIT: usize = 80;

/// Lengths of the words of an emergency, in characters.
const EMERGENCY_TEXT: std::ops::RangeInclusive<usize> = 5..=500;

pub(crate) fn no_such_person() -> Problem {
    Problem::new(404, "no-such-person").ja("該当する方はいません。").en("no such person").detail(
        "この符号で利用できる医療等IDはありません。本人がカードで受付すると、利用できる場合は登録されます。",
        "no working medical ID under this code; a card read at the desk registers it where there is one",
    )
}

pub(crate) fn ticket() -> Problem {
    Problem::new(422, "ticket-not-valid")
        .ja("登録票が使えません。")
        .en("the ticket is not valid")
        .detail(
            "登録票の期限（5分）が切れたか、別の機関・別の照会のものです。もう一度資格確認をしてください。",
            "it is older than five minutes, or another institution's or exchange's: check eligibility again",
        )
        .at("ticket")
}

pub(crate) fn envelope() -> Problem {
    Problem::new(422, "envelope-not-valid")
        .ja("封書を開けません。")
        .en("the envelope cannot be opened")
        .detail(
            "この機関あてに封じられた、期限内の封書を送ってください。",
            "send one that is sealed to this relay, for this purpose, and still current",
        )
        .at("link")
}

pub(crate) fn store(error: store::StoreError) -> Problem {
    tracing::error!(%error, "store");
    Problem::internal()
}

pub(crate) fn ledger(error: ledger::LedgerError) -> Problem {
    tracing::error!(%error, "ledger");
    Problem::internal()
}

pub(crate) fn code(error: codes::CodeError) -> Problem {
    tracing::error!(%error, "codes");
    Problem::internal()
}

pub(crate) fn custody(error: codes::CustodyError) -> Problem {
    tracing::error!(%error, "custody");
    Problem::internal()
}

pub(crate) fn sealing(error: codes::EnvelopeError) -> Problem {
    tracing::error!(%error, "a directory key cannot be sealed to");
    Problem::internal()
}

pub(crate) fn json(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "json");
    Problem::internal()
}

pub(crate) fn task(error: tokio::task::JoinError) -> Problem {
    tracing::error!(%error, "task");
    Problem::internal()
}

pub(crate) fn practitioner(staff: &Practitioner) -> Result<(), Problem> {
    let name = staff.name.trim();
    if !name.is_empty() && name.chars().count() <= NAME_LIMIT && !name.contains(char::is_control) {
        return Ok(());
    }
    Err(Problem::new(422, "practitioner-name")
        .ja("担当者の氏名がありません。")
        .en("the member of staff has no name")
        .detail(
            format!("本人が読む記録に残ります。氏名を{NAME_LIMIT}文字までで入れてください。"),
            format!("the person reads it: give a name of at most {NAME_LIMIT} characters"),
        )
        .at("asked_by.name"))
}

pub(crate) fn no_kind() -> Problem {
    Problem::new(403, "kind-of-institution-unknown")
        .ja("機関の種類が登録されていません。")
        .en("the directory does not say what kind of institution this is")
        .detail(
            "機関一覧に種類（病院・診療所など）を登録してください。",
            "register its kind in the directory",
        )
}

pub(crate) fn no_presence(days: Option<u16>) -> Problem {
    let (ja, en) = match days {
        Some(days) => (
            format!(
                "{days}日以内に、この機関でこの方のカードを受け付けた記録が必要です。カードで受付をしてから、もう一度照会してください。"
            ),
            format!(
                "the person's card must have been read at this institution within {days} days: receive the card, then ask again"
            ),
        ),
        None => (
            "この目的では、カードの受付記録は根拠になりません。".to_owned(),
            "a card read is no evidence for this reason".to_owned(),
        ),
    };
    Problem::new(403, "no-presence")
        .ja("来院の記録が確認できません。")
        .en("nothing shows that the person was here")
        .detail(ja, en)
        .at("evidence")
}

pub(crate) fn no_mandate() -> Problem {
    Problem::new(403, "no-mandate")
        .ja("この方の代理として、いまこれを行うことはできません。")
        .en("You cannot do this for that person now.")
        .detail(
            "代理の期間・範囲と、きょうご自身のカードで入ったことを確かめてください。",
            "Check until when and for what you are a proxy, and that you came in with your own card today.",
        )
}

pub(crate) fn no_team() -> Problem {
    Problem::new(403, "no-care-team")
        .ja("ケアチームの登録が確認できません。")
        .en("no care team of the person names this asker")
        .detail(
            "本人に知らせたケアチームに、この機関・職種が登録されているか確かめてください。",
            "check that a care team that the person was told of names this organisation and profession",
        )
        .at("evidence")
}

pub(crate) fn no_emergency() -> Problem {
    Problem::new(403, "no-emergency")
        .ja("有効な緊急の宣言がありません。")
        .en("no emergency stands")
        .detail(
            "宣言から3時間以内で、同じ方・同じ機関のものに限ります。範囲を広げるには、もう一度宣言してください。",
            "it lasts three hours, for the same person and institution; wider kinds of information need the second act",
        )
        .at("evidence")
}

pub(crate) fn emergency(request: &EmergencyRequest, asker: &Asker) -> Result<(), Problem> {
    practitioner(&request.declared_by)?;
    request.with.as_ref().map_or(Ok(()), practitioner)?;
    if !consent::law::EMERGENCY_KINDS.contains(&asker.kind) {
        return Err(Problem::new(403, "no-emergencies-here")
            .ja("この種類の機関は、緊急時の照会を宣言できません。")
            .en("an institution of this kind may not declare an emergency")
            .at("institution"));
    }
    if EMERGENCY_TEXT.contains(&request.text.trim().chars().count()) {
        return Ok(());
    }
    Err(Problem::new(422, "emergency-text")
        .ja("緊急の状況を書いてください。")
        .en("say what the emergency is")
        .detail("5文字から500文字で、いま起きていることを書いてください。", "in 5 to 500 characters")
        .at("text"))
}

pub(crate) fn reference(text: &str) -> Result<(), Problem> {
    if (1..=500).contains(&text.trim().chars().count()) {
        return Ok(());
    }
    Err(Problem::new(422, "reference")
        .ja("裏付けの番号または説明を書いてください。")
        .en("give the reference of what corroborates it")
        .detail("1文字から500文字です。", "1 to 500 characters")
        .at("reference"))
}

pub(crate) fn second_person(open: i64, all: i64) -> Problem {
    Problem::new(403, "second-person-needed")
        .ja("もう一人の職員の確認が必要です。")
        .en("a second member of staff is needed")
        .detail(
            format!("この機関では、最近の緊急時の照会{all}件のうち{open}件が裏付けられていません。別の職員と二人で宣言してください。"),
            format!("{open} of {all} recent emergencies of this institution were not corroborated: declare it with another member of staff"),
        )
        .at("with")
}

pub(crate) fn quota(limit: i64) -> Problem {
    Problem::new(429, "quota").ja("今日照会できる件数を超えました。").en("today's quota is used up").detail(
        format!("受付の実績に応じた上限は1日{limit}件です。カードの受付が増えると上限も増えます。"),
        format!("{limit} a day for the card reads of the last 30 days; it grows with them"),
    )
}

pub(crate) fn consents(error: &ConsentsError) -> Problem {
    Problem::new(422, "decision-does-not-fit")
        .ja("この内容は登録できません。")
        .en("this cannot be written down")
        .detail(error.to_string(), error.to_string())
        .at("act")
}

pub(crate) fn no_member() -> Problem {
    Problem::new(403, "no-member-of-the-network")
        .ja("このネットワークの参加機関ではありません。")
        .en("not a member of this network")
        .at("network")
}

pub(crate) fn too_many(found: usize) -> Problem {
    Problem::new(413, "too-many-patients")
        .ja("一度に送れる患者数を超えています。")
        .en("too many patients in one message")
        .detail(
            format!("{found}人です。分けて送ってください。"),
            format!("{found} patients: send several messages"),
        )
        .at("patients")
}

pub(crate) fn network_number(place: usize) -> Problem {
    Problem::new(422, "network-number")
        .ja("ネットワークの患者番号が正しくありません。")
        .en("not a patient number of a network")
        .detail("1文字から64文字で、制御文字を含まないものです。", "1 to 64 characters, none of control")
        .at(format!("patients[{place}].number"))
}

pub(crate) fn same_network() -> Problem {
    Problem::new(422, "same-network")
        .ja("同じネットワークです。")
        .en("a network cannot be joined with itself")
        .at("joins")
}

pub(crate) fn identifier(place: &'static str) -> Problem {
    Problem::new(400, "identifier")
        .ja("識別子の体系がわかりません。")
        .en("not an identifier of a system known here")
        .detail(
            "「体系|値」の形で、機関別符号またはネットワークの患者番号を送ってください。",
            "send system|value: an organisation code or a network's patient number",
        )
        .at(place)
}

pub(crate) fn target() -> Problem {
    Problem::new(403, "target-system")
        .ja("この体系の識別子は求められません。")
        .en("identifiers of this system cannot be asked for")
        .at("targetSystem")
}

pub(crate) fn demographics(parameter: &str) -> Problem {
    Problem::new(400, "no-demographics-here")
        .ja("中継機関は氏名・生年月日・住所を持ちません。")
        .en("the relay holds no name, birth date or address")
        .detail(
            format!("「{parameter}」では探せません。自院の患者一覧で探し、その方の符号で照会してください。"),
            format!("{parameter} cannot be searched by here: search the institution's own patient list, then ask by code"),
        )
        .at(parameter.to_owned())
}

pub(crate) fn finding() -> Problem {
    Problem::new(422, "finding")
        .ja("審査した人、判断とその理由を入れてください。")
        .en("give the reviewer, the finding and its reason")
        .at("words")
}

pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "pages");
    Problem::internal()
}
