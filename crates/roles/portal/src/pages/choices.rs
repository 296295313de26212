//! My choices: what stands now, and the questions by which it is changed.

use axum::extract::{Query, State};
use consent::Consents;
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{
    Lang, Tile, Tone, button_quiet, card, empty_state, form, link_button, notice, t, tiles, when,
};
use wire::{Csrf, Page, Problem};

use super::parts::{listed, name};
use super::sentence::in_a_line;
use super::{Whoever, inside};
use crate::service::Service;
use crate::service::choices::Question;

#[derive(Deserialize)]
pub(super) struct Came {
    #[serde(default)]
    done: bool,
}

pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Query(came): Query<Came>,
) -> Result<Page, Problem> {
    let title = t(lang, "わたしの決めごと", "My choices");
    if visit.subject().code.is_none() {
        return Ok(inside(lang, &csrf, &visit, title, "/choices", without_id(lang)));
    }
    let will = service.will(&visit).await?;
    let names = service.kept_names(&visit).await?;
    let proxies =
        Proxies { csrf: &csrf, taken_up: service.taken_up(&visit).await?, by_person: visit.acting.is_none() };
    let body = html! {
        @if came.done {
            (notice(Tone::Ok, t(lang, "決めたとおりになりました", "It is as you decided"), html! {
                p { (t(lang, "すべての機関で、いまから効きます。いつでも変えられます。", "It is in effect everywhere from now on. You can change it at any time.")) }
            }))
        }
        (standing(&service, lang, &will, &names, &proxies))
        (card(t(lang, "決める・変える", "Decide or change"), tiles(&questions(lang, &service, &will, visit.acting.is_some()))))
    };
    Ok(inside(lang, &csrf, &visit, title, "/choices", body))
}

/// What is said where there is nothing to decide.
pub(super) fn without_id(lang: Lang) -> Markup {
    empty_state(
        t(lang, "決めることは、まだありません", "There is nothing to decide yet"),
        t(
            lang,
            "医療等IDが使われていないので、機関のあいだで、あなたの記録は見せ合えません。",
            "No medical ID is in use, so institutions cannot share your records.",
        ),
        link_button("/number", t(lang, "医療等IDについて読む", "Read about the medical ID")),
    )
}

/// What is shown of each proxy.
struct Proxies<'a> {
    csrf: &'a Csrf,
    /// Those who have come in with an invitation.
    taken_up: Vec<String>,
    by_person: bool,
}

fn standing(
    service: &Service,
    lang: Lang,
    will: &Consents,
    names: &[(String, String)],
    mandated: &Proxies<'_>,
) -> Markup {
    let now = service.now();
    let rules: Vec<_> = will.in_force(now).collect();
    let directives = will
        .rules
        .iter()
        .filter(|rule| rule.given_by == consent::GivenBy::Directive && rule.withdrawn_at.is_none());
    let waiting: Vec<_> = directives.filter(|rule| !rules.contains(rule)).collect();
    let teams: Vec<_> = will.teams(now).collect();
    let proxies: Vec<_> = will.proxies.iter().filter(|proxy| proxy.withdrawn_at.is_none()).collect();
    let nothing = rules.is_empty() && waiting.is_empty() && teams.is_empty() && proxies.is_empty();
    let end =
        |what: &str, id: &str| link_quiet(&format!("/choices/end/{what}/{id}"), t(lang, "やめる", "End it"));
    card(
        t(lang, "いま決まっていること", "What stands now"),
        html! {
            @if let Some(out) = will.opted_out(now) {
                (notice(Tone::Warn, t(lang, "情報の共有を、すべてやめています", "You have ended all sharing"), html! {
                    p { (t(lang, format!("{}から。", when(lang, out.recorded_at)), format!("Since {}.", when(lang, out.recorded_at))))
                        @if out.emergencies_too { (t(lang, "救急のときも見せません。", " Not even in an emergency.")) }
                        @else { (t(lang, "救急のときだけ、法令の範囲で見せます。", " In an emergency it is shown as far as the law says.")) } }
                    p { a href="/choices/return" { (t(lang, "元に戻す", "Share again")) } }
                }))
            }
            @if nothing {
                p { (t(lang,
                    "まだ何も決めていません。決めるまでは、法令が許すこと（あなたに知らされたケアチームの中での共有と、救急のとき）のほかは、だれにも見せません。",
                    "You have decided nothing yet. Until you do, nobody sees anything but what the law permits: within a care team you were told of, and in emergencies.")) }
            }
            @for rule in &rules { (decision(html! {
                span.decision-line { (in_a_line(service, lang, rule)) }
                span.note { (until(lang, rule.until)) }
            }, link_quiet(&format!("/choices/history/{}", rule.id), t(lang, "読む・やめる", "Read or end")))) }
            @for rule in &waiting { (decision(html! {
                span.decision-line { (in_a_line(service, lang, rule)) }
                span.note { (t(lang, "自分で決められなくなったときから働きます", "It takes effect when you cannot decide")) }
            }, link_quiet(&format!("/choices/history/{}", rule.id), t(lang, "読む・やめる", "Read or end")))) }
            @for team in &teams { (decision(html! {
                span.decision-line { (quoted(lang, "ケアチーム", "Care team", kept(names, team.id.as_str()))) }
                span.note { (listed(lang, team.members.iter().filter_map(|who| who.organisation.as_ref()).map(|org| name(service, lang, org)))) }
            }, end("team", team.id.as_str()))) }
            @for proxy in &proxies { (decision(html! {
                span.decision-line { (quoted(lang, "代理人", "Proxy", kept(names, proxy.id.as_str()))) }
                span.note { (t(lang, proxy.kind.ja(), proxy.kind.en()))
                    @if proxy.only_incapable { (t(lang, "・自分で決められないときだけ", "; only while you cannot decide")) }
                    (t(lang, if proxy.may_permit { "・許すことも断ることもできる" } else { "・断ることだけできる" }, if proxy.may_permit { "; may permit and refuse" } else { "; may refuse only" }))
                    @if mandated.taken_up.iter().any(|known| known == proxy.id.as_str()) { (t(lang, "・ポータルで代理ができる", "; acts in the portal")) } }
            }, html! {
                @if mandated.by_person {
                    (form(&format!("/people/invite/{}", proxy.id), mandated.csrf, button_quiet(t(lang, "招待を出す", "Invite"), "invite", "yes")))
                    (end("proxy", proxy.id.as_str()))
                }
            })) }
            @if mandated.by_person && !proxies.is_empty() {
                p { a href="/hidden" { (t(lang, "代理人に見せないものを選ぶ", "Choose what your proxies do not see")) } }
            }
            p { a href="/choices/history" { (t(lang, "これまでに決めたことを、すべて見る", "Everything you ever decided")) } }
        },
    )
}

fn decision(words: Markup, action: Markup) -> Markup {
    html! { div.decision { div { (words) } (action) } }
}

/// How the person calls a team or proxy; its number when another desk made it.
pub(super) fn kept<'a>(names: &'a [(String, String)], thing: &'a str) -> &'a str {
    names.iter().find(|(known, _)| known == thing).map_or(thing, |(_, name)| name)
}

fn quoted(lang: Lang, ja: &str, en: &str, name: &str) -> String {
    t(lang, format!("{ja}「{name}」"), format!("{en} “{name}”"))
}

/// Until when something holds.
pub(super) fn until(lang: Lang, until: Option<calendar::Timestamp>) -> String {
    match until {
        None => t(lang, "やめるまで", "until you end it").to_owned(),
        Some(at) => t(lang, format!("{} まで", when(lang, at)), format!("until {}", when(lang, at))),
    }
}

fn link_quiet(href: &str, label: &str) -> Markup {
    html! { a.button.quiet href=(href) { (label) } }
}

fn questions(lang: Lang, service: &Service, will: &Consents, by_proxy: bool) -> Vec<Tile> {
    let out = will.opted_out(service.now()).is_some();
    let fits = |question: &Question| match question {
        question if by_proxy => question.is_for_proxies(),
        Question::Return => out,
        Question::OptOut => !out,
        _ => true,
    };
    let tile = |question: Question| {
        let (title, under) = super::questions::words(lang, question);
        Tile {
            title: title.to_owned(),
            over: String::new(),
            under: under.to_owned(),
            href: Some(format!("/choices/{}", question.as_str())),
            value: String::new(),
            kind: String::new(),
        }
    };
    Question::ALL.into_iter().filter(fits).map(tile).collect()
}
