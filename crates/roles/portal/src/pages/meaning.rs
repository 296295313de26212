//! What answers mean, before they are decided: in one line, as the document, and by the engine in what it changes.

use codes::OrgId;
use consent::{ActReason, Consents, template};
use maud::{Markup, html};
use protocol::consents::ConsentAct;
use wire::page::{Lang, Tone, card, notice, t};

use super::choices::until;
use super::parts::{document, listed, name, said};
use super::sentence::in_a_line;
use crate::service::Service;
use crate::service::choices::{Decided, foreseen};
use crate::service::preview::Sight;

/// What the answers become, word by word, and what that changes.
pub(super) fn meaning(service: &Service, lang: Lang, decided: &Decided, will: &Consents) -> Markup {
    html! {
        (summary(service, lang, decided))
        @for act in &decided.acts { (act_text(service, lang, act, decided)) (ended(service, lang, will, act)) }
        (changes(service, lang, will, &decided.acts))
    }
}

/// The rules in one line each, before their documents.
fn summary(service: &Service, lang: Lang, decided: &Decided) -> Markup {
    let rules: Vec<String> = decided
        .acts
        .iter()
        .filter_map(|act| match act {
            ConsentAct::Record(rule) => Some(in_a_line(service, lang, rule)),
            _ => None,
        })
        .collect();
    html! {
        @if !rules.is_empty() {
            (card(t(lang, "こう決めようとしています", "What you are about to decide"), html! {
                ul.plain { @for rule in &rules { li { strong { (rule) } } } }
                p.fine { (t(lang, "下は、そのまま記録される文面です。", "Below is the text as it will be recorded.")) }
            }))
        }
    }
}

fn act_text(service: &Service, lang: Lang, act: &ConsentAct, decided: &Decided) -> Markup {
    let names = |org: &OrgId| Some(service.name(org));
    let called = decided.kept.as_ref().map_or("", |(_, name)| name.as_str());
    let text = match act {
        ConsentAct::Record(rule) => template::document(rule, &names).map(|text| said(lang, text)),
        ConsentAct::OptOut { emergencies_too } => {
            template::opt_out(*emergencies_too, service.now()).map(|text| said(lang, text))
        }
        ConsentAct::Return => Some(t(
            lang,
            "情報の共有を元に戻す届\n\n共有をやめる前に決めたことが、いまからまた働きます。".to_owned(),
            "Sharing again\n\nWhat you decided before you ended the sharing works again from now on."
                .to_owned(),
        )),
        ConsentAct::Team(team) => {
            let members = listed(
                lang,
                team.members
                    .iter()
                    .filter_map(|who| who.organisation.as_ref())
                    .map(|org| name(service, lang, org)),
            );
            let end = until(lang, team.until.map(calendar::Timestamp::start_of));
            Some(t(
                lang,
                format!(
                    "ケアチームの届\n\n・名前: {called}\n・いっしょに支える機関: {members}\n・いつまで: {end}\n\nチームの中では、診療と介護に必要なふつうの情報を、あなたが断らないかぎり見せ合えます。機微な情報は含みません。"
                ),
                format!(
                    "Care team\n\n- Name: {called}\n- Members: {members}\n- How long: {end}\n\nWithin the team, ordinary information needed for treatment and care is shared unless you refuse. Sensitive information is not included."
                ),
            ))
        }
        ConsentAct::Proxy(proxy) => Some(proxy_text(lang, proxy, called)),
        _ => None,
    };
    html! { @if let Some(text) = text { (document(&text)) } }
}

/// What ends along with the decision, because it would stand against it.
fn ended(service: &Service, lang: Lang, will: &Consents, act: &ConsentAct) -> Markup {
    let ConsentAct::Withdraw(id) = act else { return html! {} };
    let rule = will.rules.iter().find(|rule| rule.id == *id);
    notice(
        Tone::Info,
        t(lang, "あわせて、前に決めたことをやめます", "Something you decided before ends along with it"),
        html! {
            @if let Some(rule) = rule { p { (in_a_line(service, lang, rule)) } }
        },
    )
}

fn proxy_text(lang: Lang, proxy: &consent::Proxy, called: &str) -> String {
    let end = until(lang, proxy.until.map(calendar::Timestamp::start_of));
    let what = if proxy.decides.labels.is_empty() {
        t(lang, "すべての情報", "everything")
    } else {
        t(lang, "ふつうの情報（機微な情報を除く）", "ordinary information, not the sensitive")
    };
    let may = if proxy.may_permit {
        t(lang, "見せることも、見せないことも決められる", "may permit and refuse")
    } else {
        t(lang, "見せないことだけ決められる", "may refuse only")
    };
    let when = if proxy.only_incapable {
        t(lang, "本人が自分で決められないときだけ", "only while the person cannot decide")
    } else {
        t(lang, "届け出たときから", "from now on")
    };
    let sees =
        if proxy.sees.is_some() { t(lang, "見られる", "yes") } else { t(lang, "見られない", "no") };
    t(
        lang,
        format!(
            "代理人の届\n\n・代理人: {called}\n・いつ: {when}\n・何について: {what}\n・何を: {may}\n・本人の記録を: {sees}\n・いつまで: {end}\n\n代理人が許したことは、代理が終わると効力がなくなります。断ったことは、本人が変えるまで続きます。代理人がしたことは記録され、本人が見られます。"
        ),
        format!(
            "Proxy\n\n- Who: {called}\n- When: {when}\n- About: {what}\n- What: {may}\n- Sees the person's records: {sees}\n- How long: {end}\n\nWhat a proxy permits ends with the mandate. What a proxy refuses stays until the person changes it. What a proxy does is recorded, and the person can see it."
        ),
    )
}

/// Who could see more or less than now, by the engine that decides.
pub(super) fn changes(service: &Service, lang: Lang, will: &Consents, acts: &[ConsentAct]) -> Markup {
    let now = service.now();
    let after = match foreseen(will, acts, now) {
        Ok(after) => after,
        Err(error) => {
            let title = t(lang, "いま決まっていることと合いません", "This does not fit what stands");
            return notice(Tone::Warn, title, html! { p { (error) } });
        }
    };
    // A rule about what one institution wrote changes what is seen of that institution's records alone.
    let apart = acts.iter().find_map(|act| author_of(will, act)).unwrap_or(service.org);
    let sights = |will: &Consents| service.sights(will, ActReason::Treat, now, &apart);
    let pairs: Vec<(Sight, Sight)> = sights(will).into_iter().zip(sights(&after)).collect();
    let names = |of: fn(&(Sight, Sight)) -> bool| {
        let matching =
            pairs.iter().filter(|pair| of(pair)).map(|(before, _)| name(service, lang, &before.organisation));
        matching.collect::<Vec<String>>()
    };
    let more = names(|(before, after)| after.count() > before.count());
    let less = names(|(before, after)| after.count() < before.count());
    card(
        t(lang, "これで何が変わるか", "What this changes"),
        html! {
            @if apart != service.org {
                p { (t(lang, format!("{}で書かれた記録について:", name(service, lang, &apart)), format!("Of what {} wrote:", name(service, lang, &apart)))) }
            }
            @if more.is_empty() && less.is_empty() {
                p { (t(lang, "いまの見え方（診療のとき）は変わりません。", "What may be seen for treatment now stays as it is.")) }
            }
            @if !more.is_empty() { p { strong { (t(lang, "見えるものが増える: ", "Sees more: ")) } (some(lang, &more)) } }
            @if !less.is_empty() { p { strong { (t(lang, "見えるものが減る: ", "Sees less: ")) } (some(lang, &less)) } }
            p.fine { (t(lang, "見られるのは、その機関の受付であなたのカードが確かめられたときだけです。", "It may see only when your card was read at its desk.")) }
        },
    )
}

/// The institution whose records alone an act is about, if it is such an act.
fn author_of(will: &Consents, act: &ConsentAct) -> Option<OrgId> {
    let rule = match act {
        ConsentAct::Record(rule) => rule,
        ConsentAct::Withdraw(id) => will.rules.iter().find(|rule| rule.id == *id)?,
        _ => return None,
    };
    rule.what.authors.first()?.organisation
}

/// The first of many names.
fn some(lang: Lang, names: &[String]) -> String {
    const SHOWN: usize = 8;
    let first = listed(lang, names.iter().take(SHOWN).cloned());
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        rest => t(lang, format!("{first} ほか{rest}機関"), format!("{first} and {rest} more")),
    }
}
