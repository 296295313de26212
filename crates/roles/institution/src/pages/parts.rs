//! Words and pieces that several pages share.

use calendar::{Date, Timestamp};
use maud::{Markup, html};
use protocol::{
    eligibility::{LossReason, Membership, Relation, Sex, Validity},
    reader::ReaderMode,
};
use wire::page::{Lang, Table, Tone, badge, dates, t};

use crate::model::{Copayment, Door, Shown, Standing, VisitLine};

/// A day in both calendars.
pub fn day(day: Date) -> Markup {
    dates(&day.to_wareki(), &day.to_string())
}

/// An instant: day in both calendars and the time.
pub fn moment(at: Timestamp) -> Markup {
    html! { span { (day(at.date())) " " span.clock { (clock(at)) } } }
}

/// Several names in one line.
pub fn listed<'a>(lang: Lang, names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(t(lang, "、", ", "))
}

/// Hours and minutes.
pub fn clock(at: Timestamp) -> String {
    let (hour, minute, ..) = at.time();
    format!("{hour:02}:{minute:02}")
}

/// A state in words and tone.
pub fn standing_words(lang: Lang, standing: Standing) -> (Tone, &'static str) {
    match standing {
        Standing::Asking => (Tone::Info, t(lang, "確認中", "Checking")),
        Standing::Unconfirmed => (Tone::Warn, t(lang, "未確認", "Not confirmed yet")),
        Standing::Refused => (Tone::Bad, t(lang, "確認できませんでした", "Could not be checked")),
        Standing::Answered(validity) => (tone(validity), validity_words(lang, validity)),
    }
}

/// A state as a badge.
pub fn standing_badge(lang: Lang, standing: Standing) -> Markup {
    let (tone, words) = standing_words(lang, standing);
    badge(tone, words)
}

/// How good a validity is.
pub fn tone(validity: Validity) -> Tone {
    match validity {
        Validity::Valid => Tone::Ok,
        Validity::InvalidNewer | Validity::Several => Tone::Warn,
        Validity::Invalid | Validity::None => Tone::Bad,
    }
}

/// A validity as people say it.
pub fn validity_words(lang: Lang, validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => t(lang, "有効", "Valid"),
        Validity::Invalid => t(lang, "無効", "Not valid"),
        Validity::InvalidNewer => t(lang, "無効（新しい資格あり）", "Not valid, newer one"),
        Validity::None => t(lang, "該当する資格なし", "None found"),
        Validity::Several => t(lang, "複数の資格が該当", "Several found"),
    }
}

/// How a person was verified.
pub fn mode_words(lang: Lang, mode: ReaderMode) -> &'static str {
    match mode {
        ReaderMode::Face => t(lang, "顔認証", "Face"),
        ReaderMode::Visual => t(lang, "目視", "Photograph compared"),
        ReaderMode::Pin => t(lang, "暗証番号", "PIN"),
    }
}

/// What was shown, in words.
pub fn shown_words(lang: Lang, shown: Shown) -> String {
    match shown {
        Shown::CardCode(mode) => {
            format!("{}（{}）", t(lang, "カード", "Card"), mode_words(lang, mode))
        }
        Shown::CardCertificate(mode) => {
            format!("{}（{}）", t(lang, "カードの電子証明書", "Card’s certificate"), mode_words(lang, mode))
        }
        Shown::Number => t(lang, "記号・番号", "Symbol and number").into(),
    }
}

/// By which door, in words.
pub fn door_words(lang: Lang, door: Door) -> &'static str {
    match door {
        Door::Desk => t(lang, "窓口", "Desk"),
        Door::Api => t(lang, "連携システム", "Connected system"),
        Door::Folder => t(lang, "レセコン", "Receipt computer"),
    }
}

/// Male or female.
pub fn sex_words(lang: Lang, sex: Sex) -> &'static str {
    match sex {
        Sex::Male => t(lang, "男", "male"),
        Sex::Female => t(lang, "女", "female"),
        Sex::Unset => t(lang, "未設定", "not stated"),
    }
}

/// The insured person or a dependant.
pub fn relation_words(lang: Lang, relation: Relation) -> &'static str {
    match relation {
        Relation::Insured => t(lang, "本人", "insured person"),
        Relation::Dependant => t(lang, "家族", "dependant"),
    }
}

/// Why a membership ended.
pub fn loss_words(lang: Lang, reason: LossReason) -> &'static str {
    match reason {
        LossReason::Death => t(lang, "死亡", "death"),
        LossReason::PublicAssistance => t(lang, "生活保護の開始", "public assistance began"),
        LossReason::OtherInsurance => t(lang, "ほかの保険に加入", "joined another insurer"),
        LossReason::Other => t(lang, "その他", "other"),
    }
}

/// The share as the desk says it, `3割` or `30 %`: figure, unit, and where it comes from.
pub fn copayment_words(lang: Lang, copayment: Copayment) -> (String, &'static str, &'static str) {
    let unit = t(lang, "割", "%");
    let figure = |percent: u8| match (lang, percent % 10) {
        (Lang::En, _) => percent.to_string(),
        (Lang::Ja, 0) => (percent / 10).to_string(),
        (Lang::Ja, rest) => format!("{}.{rest}", percent / 10),
    };
    match copayment {
        Copayment::Reported(percent) => {
            (figure(percent), unit, t(lang, "保険者の届出", "reported by the insurer"))
        }
        Copayment::Elderly(percent) => {
            (figure(percent), unit, t(lang, "高齢受給者証による", "by the elderly certificate"))
        }
        Copayment::ByLaw(percent) => {
            (figure(percent), unit, t(lang, "法律で決まった割合", "the share the law sets"))
        }
        Copayment::AskCertificate => (
            t(lang, "要確認", "See note").into(),
            "",
            t(lang, "高齢受給者証を見せてもらう", "ask for the elderly certificate"),
        ),
    }
}

/// A person's name with its reading above it.
pub fn person_name(membership: &Membership) -> Markup {
    let person = &membership.person;
    html! {
        p.person-kana lang="ja" { (person.kana) }
        p.person-name lang="ja" { (person.name) }
    }
}

/// Visits as a table; `with_day` adds the day to the time.
pub fn visit_table(lang: Lang, caption: &str, lines: &[VisitLine], with_day: bool) -> Markup {
    let table = Table::new(caption)
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "結果", "Result"))
        .column(t(lang, "受付", "Received"))
        .column(t(lang, "患者番号", "Patient number"))
        .column(t(lang, "確認方法", "Checked by"));
    let rows = lines.iter().map(|line| {
        let name = if line.name.is_empty() { t(lang, "（氏名不明）", "(name unknown)") } else { &line.name };
        [
            html! {
                a.row-name href={ "/visits/" (line.id) } lang="ja" { (name) }
                @if let Some(born) = line.birthdate { span.under { (born.to_wareki()) " " (t(lang, "生", "born")) } }
            },
            standing_badge(lang, line.standing),
            html! { span {
                @if with_day { span.no-break { (line.day) " " } }
                time datetime=(line.received_at) { (clock(line.received_at)) }
            } },
            html! {
                @match &line.patient {
                    Some(number) => a.digits href={ "/patients/" (number) } { (number) },
                    None => span.muted { (t(lang, "未登録", "not linked")) },
                }
            },
            html! { span {
                (shown_words(lang, line.shown))
                @if line.door != Door::Desk { span.under { (door_words(lang, line.door)) } }
            } },
        ]
    });
    table.rows(rows).render()
}
