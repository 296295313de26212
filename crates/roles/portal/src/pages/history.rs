//! Everything that was ever decided, each with its text; and taking it back.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use calendar::Timestamp;
use codes::ExchangeId;
use consent::{Consents, GivenBy, Rule, template};
use maud::{Markup, html};
use protocol::consents::ConsentAct;
use wire::page::{Entry, Lang, Tone, badge, button, card, details, empty_state, form, t, timeline, when};
use wire::{Csrf, Page, Problem};

use super::choices::kept;
use super::meaning::changes;
use super::parts::{document, said};
use super::sentence::in_a_line;
use super::{Shown, Whoever, inside, see};
use crate::problems;
use crate::service::Service;
use crate::service::choices::Decided;

pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
) -> Result<Page, Problem> {
    let will = service.will(&visit).await?;
    let names = service.kept_names(&visit).await?;
    let mut entries = entries(&service, lang, &will, &names);
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
    let body = html! {
        @if entries.is_empty() {
            (empty_state(t(lang, "まだ何も決めていません", "Nothing was decided yet"), t(lang, "決めると、いつ何を決めたかが、ここに新しい順に残ります。", "What you decide, and when, stands here, newest first."), html! {}))
        } @else { (card(t(lang, "新しいものから", "Newest first"), timeline(&entries))) }
        p { a href="/choices" { (t(lang, "いま決まっていることへ", "What stands now")) } }
    };
    let title = t(lang, "これまでに決めたこと", "Everything you ever decided");
    Ok(inside(lang, &csrf, &visit, title, "/choices/history", body))
}

pub(super) async fn rule(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Path(id): Path<String>,
) -> Result<Page, Problem> {
    let will = service.will(&visit).await?;
    let rule = will.rules.iter().find(|rule| rule.id.as_str() == id).ok_or_else(problems::no_such_rule)?;
    let names = |org: &codes::OrgId| Some(service.name(org));
    let path = format!("/choices/history/{id}");
    let body = html! {
        @if let Some(text) = template::document(rule, &names) { (document(&said(lang, text))) }
        p { (given(lang, rule)) " " (state(lang, rule, service.now())) }
        @if rule.withdrawn_at.is_none() {
            (changes(&service, lang, &will, &[ConsentAct::Withdraw(rule.id.clone())]))
            (form(&path, &csrf, button(t(lang, "これをやめる", "Take this back"))))
        }
        p { a href="/choices" { (t(lang, "もどる", "Back")) } }
    };
    Ok(inside(lang, &csrf, &visit, t(lang, "決めたことの内容", "What was decided"), &path, body))
}

pub(super) async fn withdraw(
    State(service): State<Service>,
    Whoever(visit): Whoever,
    Path(id): Path<String>,
) -> Shown {
    let rule = id.parse().map_err(|_| problems::no_such_rule())?;
    take_back(&service, &visit, ConsentAct::Withdraw(rule)).await
}

pub(super) async fn confirm_end(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Path((what, id)): Path<(String, String)>,
) -> Result<Page, Problem> {
    let act = ending(&what, &id)?;
    let will = service.will(&visit).await?;
    let names = service.kept_names(&visit).await?;
    let path = format!("/choices/end/{what}/{id}");
    let title = match act {
        ConsentAct::EndTeam(_) => t(lang, "ケアチームを終える", "End the care team"),
        _ => t(lang, "代理をやめてもらう", "End the proxy’s mandate"),
    };
    let body = html! {
        p { strong { (kept(&names, &id)) } }
        (changes(&service, lang, &will, &[act]))
        (form(&path, &csrf, button(t(lang, "終える", "End it"))))
        p { a href="/choices" { (t(lang, "もどる", "Back")) } }
    };
    Ok(inside(lang, &csrf, &visit, title, &path, body))
}

pub(super) async fn end(
    State(service): State<Service>,
    Whoever(visit): Whoever,
    Path((what, id)): Path<(String, String)>,
) -> Shown {
    take_back(&service, &visit, ending(&what, &id)?).await
}

async fn take_back(service: &Service, visit: &crate::model::Visit, act: ConsentAct) -> Shown {
    let key = ExchangeId::new(service.now().as_millis());
    let will = service.will(visit).await?;
    let decided = Decided { acts: vec![act], kept: None }.by(visit, &will)?;
    service.decide(visit, decided, key).await?;
    Ok(see("/choices?done=true").into_response())
}

fn ending(what: &str, id: &str) -> Result<ConsentAct, Problem> {
    match what {
        "team" => id.parse().map(ConsentAct::EndTeam).map_err(|_| problems::no_such_rule()),
        "proxy" => id.parse().map(ConsentAct::EndProxy).map_err(|_| problems::no_such_rule()),
        _ => Err(problems::no_such_rule()),
    }
}

fn entries(
    service: &Service,
    lang: Lang,
    will: &Consents,
    names: &[(String, String)],
) -> Vec<(Timestamp, Entry)> {
    let entry = |at: Timestamp, title: String, body: Markup| {
        (at, Entry { when: when(lang, at), datetime: at.to_rfc3339(), title, tone: None, body })
    };
    let mut all = Vec::new();
    for rule in &will.rules {
        let text = template::document(rule, &|org| Some(service.name(org)));
        let body = html! {
            p { (given(lang, rule)) " " (state(lang, rule, service.now())) }
            @if let Some(text) = text { (details(t(lang, "文面", "The text"), document(&said(lang, text)))) }
            @if rule.withdrawn_at.is_none() {
                p { a href={ "/choices/history/" (rule.id) } { (t(lang, "読む・やめる", "Read or end")) } }
            }
        };
        all.push(entry(rule.recorded_at, in_a_line(service, lang, rule), body));
        if let Some(at) = rule.withdrawn_at {
            let text = template::withdrawal(rule, at, &|org| Some(service.name(org)));
            let title =
                format!("{}{}", t(lang, "やめました: ", "Taken back: "), in_a_line(service, lang, rule));
            all.push(entry(at, title, html! {
                @if let Some(text) = text { (details(t(lang, "文面", "The text"), document(&said(lang, text)))) }
            }));
        }
    }
    for out in &will.opt_outs {
        let text = template::opt_out(out.emergencies_too, out.recorded_at).map(|text| said(lang, text));
        let title = t(lang, "情報の共有を、すべてやめました", "You ended all sharing").to_owned();
        all.push(entry(
            out.recorded_at,
            title,
            html! {
                @if let Some(text) = text { (details(t(lang, "文面", "The text"), document(&text))) }
            },
        ));
        if let Some(at) = out.withdrawn_at {
            all.push(entry(
                at,
                t(lang, "情報の共有を、元に戻しました", "You shared again").to_owned(),
                html! {},
            ));
        }
    }
    for (made, ended, id, ja, en) in will
        .teams
        .iter()
        .map(|team| (team.recorded_at, team.withdrawn_at, team.id.as_str(), "ケアチーム", "care team"))
        .chain(
            will.proxies
                .iter()
                .map(|proxy| (proxy.recorded_at, proxy.withdrawn_at, proxy.id.as_str(), "代理人", "proxy")),
        )
    {
        let called = kept(names, id);
        let title = |ja_act: &str, en_act: &str| {
            t(lang, format!("{ja}「{called}」を{ja_act}"), format!("{en_act} the {en} “{called}”"))
        };
        all.push(entry(made, title("決めました", "You named"), html! {}));
        if let Some(at) = ended {
            all.push(entry(at, title("終えました", "You ended"), html! {}));
        }
    }
    all
}

/// On whose word a rule stands.
fn given(lang: Lang, rule: &Rule) -> &'static str {
    match rule.given_by {
        GivenBy::Person => t(lang, "あなたが決めました。", "You decided this."),
        GivenBy::Proxy(_) => t(lang, "代理人が決めました。", "A proxy decided this."),
        GivenBy::Directive => t(lang, "あなたの事前の指示です。", "Your advance directive."),
        GivenBy::Law | GivenBy::Right => t(lang, "法令の定めです。", "By law."),
    }
}

fn state(lang: Lang, rule: &Rule, now: Timestamp) -> Markup {
    match (rule.withdrawn_at, rule.until) {
        (Some(at), _) => badge(
            Tone::Info,
            &t(lang, format!("{} にやめました", when(lang, at)), format!("taken back {}", when(lang, at))),
        ),
        (None, Some(until)) if until <= now => {
            badge(Tone::Info, t(lang, "期間が終わりました", "its time is over"))
        }
        _ => badge(Tone::Ok, t(lang, "効いています", "in effect")),
    }
}
