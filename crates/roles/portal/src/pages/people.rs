//! For whom I am here (代理): one's own affairs or those of a person for whom one acts; invitations; what proxies do not see.

use axum::extract::{Form, Path, Query, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{Field, Lang, Tone, button, button_quiet, card, form, notice, problem_notice, t};
use wire::{Csrf, Page, Problem};

use super::choices::kept;
use super::fields::institutions;
use super::parts::{document, fieldset, option};
use super::{Here, Shown, Whoever, inside, see};
use crate::model::{Hidden, MandateKey, Visit};
use crate::problems;
use crate::service::Service;
use crate::service::choices::Answers;
use crate::service::people::Mandated;

#[derive(Deserialize)]
pub(super) struct Came {
    #[serde(default)]
    own: bool,
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    mandate: String,
    #[serde(default)]
    invitation: String,
}

pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Query(came): Query<Came>,
) -> Result<Page, Problem> {
    let mandates = service.mandates(&visit).await?;
    Ok(page(lang, &csrf, &visit, &mandates, came.own, None))
}

pub(super) async fn choose(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Form(chosen): Form<Chosen>,
) -> Shown {
    if chosen.invitation.is_empty() {
        let mandate = match chosen.mandate.as_str() {
            "own" => None,
            key => Some(MandateKey::parse(key).ok_or_else(Problem::not_found)?),
        };
        service.act_for(&visit, mandate).await?;
        return Ok(see("/"));
    }
    match service.take_up(&visit, &chosen.invitation).await {
        Ok(()) => Ok(see("/people")),
        Err(problem) => {
            let mandates = service.mandates(&visit).await?;
            let page = page(lang, &csrf, &visit, &mandates, false, Some(&problem));
            Ok(page.status(problem.status()).into_response())
        }
    }
}

/// The invitation of one proxy, shown once.
pub(super) async fn invite(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Path(proxy): Path<String>,
) -> Shown {
    let proxy = proxy.parse().map_err(|_| problems::no_such_rule())?;
    let words = service.invite(&visit, &proxy).await?;
    let names = service.kept_names(&visit).await?;
    let grouped: Vec<String> =
        words.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect();
    let body = html! {
        p { (t(lang,
            format!("この文字を「{}」に渡してください。自分のカードでポータルに入り、「代理」のところに入れると、あなたの代わりができるようになります。", kept(&names, proxy.as_str())),
            format!("Give these letters to “{}”. They come in with their own card and enter them under “Proxies”.", kept(&names, proxy.as_str())))) }
        (document(&grouped.join(" ")))
        p.fine { (t(lang, "一度だけ、2週間使えます。この画面を離れると、二度と表示されません。", "Good once, for two weeks. It is not shown again.")) }
        p { a href="/choices" { (t(lang, "もどる", "Back")) } }
    };
    let title = t(lang, "代理人への招待", "Invitation for your proxy");
    Ok(inside(lang, &csrf, &visit, title, "/people", body).into_response())
}

pub(super) async fn hidden(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
) -> Result<Page, Problem> {
    let hidden = service.hidden(&visit).await?;
    let chosen = hidden.institutions.iter().map(|org| ("institution".to_owned(), org.to_string()));
    let answers = Answers(chosen.collect());
    let body = html! {
        (form("/hidden", &csrf, html! {
            (fieldset(t(lang, "代理人に何を見せませんか", "What do your proxies not see?"), "", html! {
                (option(false, "hide", "some", !hidden.everything, t(lang, "下で選ぶ機関のことだけ", "What concerns the institutions below"), t(lang, "見に来たことも、記録があることも見せません", "neither that they asked nor that they hold something")))
                (option(false, "hide", "everything", hidden.everything, t(lang, "すべて", "Everything"), t(lang, "代理人には何も見せません", "your proxies see nothing")))
            }))
            (institutions(&service, lang, &answers, ""))
            (button(t(lang, "このとおりにする", "Keep it so")))
        }))
        p.fine { (t(lang,
            "代理人の画面には、隠したことも、隠したものがあることも出ません。いつでも変えられます。",
            "Your proxies are not told that anything is hidden. You can change it at any time.")) }
    };
    Ok(inside(lang, &csrf, &visit, t(lang, "代理人に見せないもの", "Hidden from proxies"), "/hidden", body))
}

pub(super) async fn hide(
    State(service): State<Service>,
    Here(visit): Here,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let answers = Answers(fields);
    let institutions = answers.all("institution").filter_map(|id| id.parse().ok()).collect();
    let hidden = Hidden { everything: answers.one("hide") == "everything", institutions };
    service.hide(&visit, hidden).await?;
    Ok(see("/choices?done=true"))
}

fn page(
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    mandates: &[Mandated],
    own: bool,
    problem: Option<&Problem>,
) -> Page {
    let invitation =
        Field::text("invitation", t(lang, "招待の文字（16文字）", "The invitation (16 letters)"))
            .hint(t(
                lang,
                "ご本人から受け取った文字です。空白はあってもなくても同じです。",
                "As the person gave it to you; spaces do not matter.",
            ))
            .required();
    let body = html! {
        @if own {
            (notice(Tone::Info, t(lang, "その画面は、ご自身のことだけのものです", "That page is for your own affairs"), html! {
                p { (t(lang, "開くには、まずご自身に戻ってください。", "Return to your own affairs to open it.")) }
            }))
        }
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (card(t(lang, "いま、だれのために使いますか", "For whom are you here?"), html! {
            (who(lang, csrf, &visit.bearer.name, t(lang, "ご自身", "yourself"), "own", visit.acting.is_none()))
            @for mandate in mandates {
                @let here = visit.acting.as_ref().is_some_and(|acting| acting.mandate == mandate.key);
                (who(lang, csrf, &mandate.name, t(lang, "代理", "as proxy"), &mandate.key.text(), here))
            }
            p.fine { (t(lang,
                "代理でしたことは、すべて「だれが、だれの代わりに」として記録され、ご本人にも見えます。",
                "Whatever you do as a proxy is recorded as done by you for them, and they see it.")) }
        }))
        @if visit.acting.is_none() {
            (card(t(lang, "招待を受け取った", "You were given an invitation"), form("/people", csrf, html! {
                (invitation.render(lang))
                (button(t(lang, "代理になる", "Become a proxy")))
            })))
        }
    };
    inside(lang, csrf, visit, t(lang, "代理", "Proxies"), "/people", body)
}

fn who(lang: Lang, csrf: &Csrf, name: &str, as_what: &str, value: &str, here: bool) -> Markup {
    html! {
        div.decision {
            div { span.decision-line { (t(lang, format!("{name} さん"), name.to_owned())) } span.note { (as_what) } }
            @if here { strong { (t(lang, "いまはこちら", "now")) } } @else {
                (form("/people", csrf, button_quiet(t(lang, "この人のために使う", "Act for them"), "mandate", value)))
            }
        }
    }
}
