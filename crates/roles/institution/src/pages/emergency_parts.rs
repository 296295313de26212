//! The pieces of the emergency screen.

use consent::Category;
use maud::{Markup, html};
use protocol::exchange::{EmergencyReason, Practitioner};
use wire::Csrf;
use wire::page::{Field, Lang, Tone, card, details, form, notice, t, verdict};

use super::folder::{Folder, Item};
use super::parts::{listed, moment};
use super::staff::professions;
use super::{Pages, history, overview};
use crate::store::DeclaredEmergency;

/// Why, in words.
pub fn words_field(lang: Lang, label: &str, value: &str) -> Markup {
    html! {
        div.field {
            label for="words" { (label) span.required { (t(lang, "必須", "required")) } }
            textarea #words name="words" rows="2" required minlength="5" maxlength="500" { (value) }
        }
    }
}

/// The confirmation.
pub fn sure(lang: Lang, label: &str) -> Markup {
    html! {
        label.sure { input type="checkbox" name="sure" value="yes" required; " " (label) span.required { (t(lang, "必須", "required")) } }
    }
}

/// The second member of staff, where one alone may not declare.
pub fn second_person(lang: Lang, id: &str, name: &str, profession: &str) -> Markup {
    details(
        t(lang, "二人で宣言する場合", "Declared by two"),
        html! {
            (Field::text("with_id", t(lang, "二人目の職員番号", "Second staff number")).value(id).render(lang))
            (Field::text("with_name", t(lang, "二人目の氏名", "Second name")).value(name).render(lang))
            (professions(lang, "with_profession", profession))
        },
    )
}

/// What the person will be told.
pub fn will_be_told(lang: Lang, staff: &Practitioner) -> Markup {
    html! {
        p.told {
            (t(lang, "ご本人に、きょうのうちに知らされます：", "The person will be told today: "))
            (t(lang, "だれが（", "who ("))  span lang="ja" { (staff.name) } (t(lang, "）、いつ、どの機関で、どの理由で、何を見たか。", "), when, where, why, and what was seen."))
            (t(lang, "72時間のうちに裏付けがないときは、審査されます。", " Without corroboration within 72 hours it is reviewed."))
        }
    }
}

/// Medicines, infections, diagnoses, contacts.
pub fn narrow(lang: Lang, folder: &Folder) -> Markup {
    let part = |title: &str, kinds: &'static [Category]| {
        let (standing, _) = folder.distinct(kinds);
        let shown: Vec<&Item> = standing.into_iter().take(NARROW).collect();
        card(
            title,
            html! {
                @if shown.is_empty() { p.muted { (t(lang, "記録はありません。", "Nothing written down.")) } }
                @else { (overview::items(lang, folder, &shown)) }
            },
        )
    };
    html! {
        (overview::medicines(lang, folder))
        (part(t(lang, "病名", "Diagnoses"), overview::PROBLEMS))
        (part(t(lang, "感染症", "Infections"), overview::INFECTIONS))
        (card(t(lang, "連絡先", "Contacts"), contacts(lang, folder)))
    }
}

/// Contacts, the same ones once, with all who say so.
pub fn contacts(lang: Lang, folder: &Folder) -> Markup {
    let mut known: Vec<(&Item, Vec<&str>)> = Vec::new();
    for item in folder.of_kinds(&[Category::Demographics]) {
        let source = folder.source_name(lang, item.source);
        match known.iter_mut().find(|(other, _)| other.shown.facts == item.shown.facts) {
            Some((_, sources)) => sources.push(source),
            None => known.push((item, vec![source])),
        }
    }
    html! {
        @if known.is_empty() { p.muted { (t(lang, "記録はありません。", "Nothing written down.")) } }
        @for (item, sources) in known.iter().take(CONTACTS) {
            (history::facts(lang, item))
            p.origin { (listed(lang, sources.iter().copied())) }
        }
    }
}

/// The second act, with its own confirmation.
pub fn widening(lang: Lang, csrf: &Csrf, at: &str) -> Markup {
    html! {
        (details(t(lang, "これでは足りないとき", "When this is not enough"), html! {
            (notice(Tone::Warn, t(lang, "すべての種類の記録を見る、二つ目の操作です。", "A second act: it opens every kind of record."), html! {
                p { (t(lang, "使えるのは医師と看護師です。この操作も記録され、審査の対象になります。", "For physicians and nurses. It is recorded and reviewed.")) }
            }))
            (form(&format!("{at}/widen"), csrf, html! {
                (words_field(lang, t(lang, "なぜ足りないか", "Why it is not enough"), ""))
                (sure(lang, t(lang, "いまの範囲では命を守れません", "What is open is not enough to save the life")))
                button.button.danger type="submit" { (t(lang, "すべての種類を見る", "Open every kind")) }
            }))
        }))
    }
}

/// How long it still runs.
pub fn remaining(lang: Lang, pages: &Pages, emergency: &DeclaredEmergency) -> Markup {
    let minutes = pages.service.moment().millis_until(emergency.until).max(0) / 60_000;
    let (hours, rest) = (minutes / 60, minutes % 60);
    let widened = if emergency.widened {
        t(lang, "見られるもの：すべての種類", "open: every kind")
    } else {
        t(lang, "見られるもの：必要最小限", "open: the least needed")
    };
    let reason = t(lang, emergency.reason.words().0, emergency.reason.words().1);
    if minutes == 0 {
        return verdict(
            Tone::Info,
            t(lang, "終わりました", "Over"),
            reason,
            html! { p { (moment(emergency.until)) } },
        );
    }
    let line = t(lang, format!("残り {hours}時間{rest}分"), format!("{hours} h {rest} min left"));
    let sub = t(lang, format!("理由：{reason}　{widened}"), format!("Why: {reason}; {widened}"));
    verdict(Tone::Warn, &line, &sub, html! {})
}

/// The reason as forms say it.
pub fn reason_code(reason: EmergencyReason) -> String {
    serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Items of a kind on the emergency screen.
const NARROW: usize = 30;
/// Institutions whose contacts are shown.
const CONTACTS: usize = 4;
