//! The inbox, and how a person wants to be told that something is in it.

use axum::extract::{Form, Query, State};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::notices::NoticeKind;
use serde::Deserialize;
use wire::page::{
    Asset, Field, Lang, Page, Table, Tone, badge, button, button_quiet, card, card_with, details,
    empty_state, form, notice, problem_notice, t, when,
};
use wire::{Csrf, Problem};

use super::parts::{day, name};
use super::{Here, Shown, inside, see};
use crate::model::Visit;
use crate::service::Service;
use crate::service::notices::{Channel, ChannelKind, Preferences, Received, Subscription};

pub(super) static SCRIPT: Asset = Asset::script("/assets/push.js", include_str!("../../assets/push.js"));

/// The script that shows pushes stands at the root: it may act for pages at and below its own address only.
pub(super) static WORKER: Asset =
    Asset::script("/push-worker.js", include_str!("../../assets/push-worker.js"));

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/notices", get(show).post(delete))
        .route("/notices/settings", get(settings).post(prefer))
        .route("/notices/mail", post(add_mail))
        .route("/notices/mail/verify", post(verify))
        .route("/notices/push", get(push_key).post(add_push))
        .route("/notices/channel", post(drop_channel))
}

#[derive(Deserialize)]
struct Deleting {
    delete: ExchangeId,
}

/// GET /notices: shows the inbox; from then on it is read.
async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
) -> Result<Page, Problem> {
    let inbox = service.inbox(&visit).await?;
    service.read_notices(&visit).await?;
    let body = html! {
        p { a href="/notices/settings" { (t(lang, "受け取り方を決める（メール・この端末への通知）", "How I want to be told (mail, this device)")) } }
        @if inbox.is_empty() {
            (empty_state(
                t(lang, "お知らせはありません", "Nothing here"),
                t(lang, "救急で記録が開かれたとき、代理人が使ったとき、申し出に回答があったときなどに、ここに届きます。", "When records are opened in an emergency, a proxy acts, or something is answered, it comes here."),
                html! {},
            ))
        }
        @for received in &inbox { (one(&service, lang, &csrf, received)) }
    };
    Ok(page(lang, &csrf, &visit, t(lang, "お知らせ", "Notices"), body))
}

async fn delete(State(service): State<Service>, Here(visit): Here, Form(deleting): Form<Deleting>) -> Shown {
    service.delete_notice(&visit, deleting.delete).await?;
    Ok(see("/notices"))
}

fn one(service: &Service, lang: Lang, csrf: &Csrf, received: &Received) -> Markup {
    let said = &received.said;
    let from = name(service, lang, &said.sender);
    let (ja, en) = said.kind.words();
    let (text, href, link) = match said.kind {
        NoticeKind::EmergencyAccess => (
            t(
                lang,
                format!(
                    "{from}が、救急であなたの記録を開くと宣言しました。だれが、なぜ、何を見たかを確かめてください。おかしいと思ったら、その画面から申し出られます。"
                ),
                format!(
                    "{from} declared an emergency to open your records. See who looked at what and why; if it looks wrong, say so there."
                ),
            ),
            "/",
            t(lang, "だれが見たかを見る", "See who looked"),
        ),
        NoticeKind::ProxyUse => (
            t(
                lang,
                "あなたの代理人が、あなたに代わってポータルを使いました。".to_owned(),
                "Your proxy used the portal for you.".to_owned(),
            ),
            "/",
            t(lang, "何をしたかを見る", "See what was done"),
        ),
        NoticeKind::Answered => (
            t(
                lang,
                format!("{from}が、あなたの申し出に回答しました。"),
                format!("{from} answered what you asked."),
            ),
            "/record/wrong",
            t(lang, "回答を読む", "Read the answer"),
        ),
        NoticeKind::InsurerChange => (
            t(
                lang,
                format!(
                    "あなたの加入する保険者が、{from}に替わりました。心当たりがなければ、前の保険者か{from}にお尋ねください。"
                ),
                format!(
                    "Your insurer is now {from}. If you know nothing of this, ask them or your former insurer."
                ),
            ),
            "/record",
            t(lang, "わたしの記録を見る", "See my record"),
        ),
        NoticeKind::HealthCheckInvitation => (
            t(
                lang,
                format!("{from}から、健診の案内です。"),
                format!("{from} invites you to a health check."),
            ),
            "/record",
            t(lang, "前の健診の結果を見る", "See former results"),
        ),
        NoticeKind::VaccinationDue => (
            t(lang, format!("{from}から、予防接種の案内です。"), format!("{from}: a vaccination is due.")),
            "/record",
            t(lang, "これまでの接種を見る", "See what you have had"),
        ),
    };
    let mark = if received.read {
        html! {}
    } else {
        badge(Tone::Info, t(lang, "新しい", "new"))
    };
    card_with(
        t(lang, ja, en),
        mark,
        html! {
            p.note { (when(lang, received.at)) " " (from) }
            p { (text) }
            @if let Some(due) = said.due { p { (due_words(lang, said.kind)) (day(due)) } }
            p { a href=(href) { (link) } }
            (form("/notices", csrf, button_quiet(t(lang, "消す", "Delete"), "delete", &received.id.to_string())))
        },
    )
}

/// What the day of a notice is.
fn due_words(lang: Lang, kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::InsurerChange => t(lang, "加入した日: ", "Since: "),
        _ => t(lang, "期日: ", "Due: "),
    }
}

#[derive(Deserialize)]
struct Came {
    #[serde(default)]
    done: String,
}

/// GET /notices/settings
async fn settings(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Query(came): Query<Came>,
) -> Result<Page, Problem> {
    settings_page(&service, lang, &csrf, &visit, &came.done, None).await
}

async fn settings_page(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    done: &str,
    problem: Option<&Problem>,
) -> Result<Page, Problem> {
    let channels = service.channels(visit).await?;
    let preferences = service.preferences(visit).await?;
    let body = html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @if !done.is_empty() { (notice(Tone::Ok, t(lang, "決めたとおりになりました", "It is as you decided"), html! {})) }
        p { (t(lang,
            "メールや通知には、「お知らせがある」ことだけを書きます。中身も、だれからかも書きません。リンクもありません。",
            "Mail and pushes say only that there is a notice: nothing of what it says, nor from whom, and no link.")) }
        (addresses(lang, csrf, &channels))
        (wanted(lang, csrf, &preferences))
        p { a href="/notices" { (t(lang, "お知らせへ戻る", "Back to the notices")) } }
    };
    let title = t(lang, "お知らせの受け取り方", "How I want to be told");
    Ok(page(lang, csrf, visit, title, body).script(SCRIPT.href()))
}

fn addresses(lang: Lang, csrf: &Csrf, channels: &[Channel]) -> Markup {
    let rows = channels.iter().map(|channel| {
        [
            html! { (kind_words(lang, channel.kind)) },
            html! { (channel.name) },
            html! {
                @if channel.verified { (badge(Tone::Ok, t(lang, "届きます", "in use"))) }
                @else {
                    (form("/notices/mail/verify", csrf, html! {
                        input type="hidden" name="id" value=(channel.id);
                        (Field::digits("code", t(lang, "メールの確認番号（6桁）", "Code from the mail (6 digits)"), 6).required().render(lang))
                        (button(t(lang, "確かめる", "Confirm")))
                    }))
                }
            },
            form("/notices/channel", csrf, button_quiet(t(lang, "やめる", "Remove"), "id", &channel.id.to_string())),
        ]
    });
    let table = Table::new("")
        .column(t(lang, "方法", "How"))
        .column(t(lang, "宛先", "Where"))
        .column(t(lang, "状態", "State"))
        .column(t(lang, "やめる", "Remove"))
        .rows(rows);
    card(
        t(lang, "どこに知らせるか", "Where"),
        html! {
            @if channels.is_empty() { p { (t(lang, "いまは、このポータルの中だけに届きます。", "At present notices come to this portal only.")) } }
            @else { (table.render()) }
            (form("/notices/mail", csrf, html! {
                (Field::text("address", t(lang, "メールアドレス", "E-mail address"))
                    .hint(t(lang, "確認番号を送ります。ご家族と共用のアドレスは避けてください。", "A code is sent to it. Better none that you share.")).required().render(lang))
                (button(t(lang, "このアドレスに知らせる", "Tell me by mail")))
            }))
            div #push data-csrf=(csrf.token()) data-done="/notices/settings?done=push"
                data-refused=(t(lang, "この端末では、通知を使えません。ブラウザの設定を確かめてください。", "This browser does not let the portal push. Look at its settings.")) {
                button.button.quiet type="button" hidden { (t(lang, "この端末に通知する", "Push to this device")) }
                p role="status" {}
            }
        },
    )
}

/// Each kind of notice by each kind of channel; the inbox gets all of them.
fn wanted(lang: Lang, csrf: &Csrf, preferences: &Preferences) -> Markup {
    card(
        t(lang, "何を知らせるか", "What"),
        form(
            "/notices/settings",
            csrf,
            html! {
                @for kind in NoticeKind::ALL {
                    fieldset.question {
                        legend { (t(lang, kind.words().0, kind.words().1)) }
                        @for channel in ChannelKind::ALL {
                            label.option {
                                input type="checkbox" name="want" value=(pair(kind, channel)) checked[preferences.wants(kind, channel)];
                                span { (kind_words(lang, channel)) }
                            }
                        }
                    }
                }
                (button(t(lang, "このとおりにする", "Save")))
                (details(t(lang, "救急での閲覧を知らせないと", "If you are not told of emergencies"), html! { p { (t(lang,
                    "知らせを止めても、記録とお知らせ箱には必ず残ります。",
                    "Whatever you choose here, it always stands in the record and in the inbox.")) } }))
            },
        ),
    )
}

async fn prefer(
    State(service): State<Service>,
    Here(visit): Here,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let chosen: Vec<&str> =
        fields.iter().filter(|(name, _)| name == "want").map(|(_, value)| value.as_str()).collect();
    let all = NoticeKind::ALL.into_iter().flat_map(|kind| ChannelKind::ALL.map(|channel| (kind, channel)));
    let unwanted = all.filter(|(kind, channel)| !chosen.contains(&pair(*kind, *channel).as_str())).collect();
    service.set_preferences(&visit, Preferences::without(unwanted)).await?;
    Ok(see("/notices/settings?done=wishes"))
}

#[derive(Deserialize)]
struct Adding {
    address: String,
}

async fn add_mail(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Form(adding): Form<Adding>,
) -> Shown {
    let added = service.add_mail(&visit, &adding.address).await;
    answered(&service, lang, &csrf, &visit, added, "/notices/settings").await
}

#[derive(Deserialize)]
struct Verifying {
    id: ExchangeId,
    code: String,
}

async fn verify(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Form(verifying): Form<Verifying>,
) -> Shown {
    let verified = service.verify_mail(&visit, verifying.id, &verifying.code).await;
    answered(&service, lang, &csrf, &visit, verified, "/notices/settings?done=mail").await
}

#[derive(Deserialize)]
struct Dropping {
    id: ExchangeId,
}

async fn drop_channel(
    State(service): State<Service>,
    Here(visit): Here,
    Form(which): Form<Dropping>,
) -> Shown {
    service.drop_channel(&visit, which.id).await?;
    Ok(see("/notices/settings"))
}

/// The key with which a browser subscribes.
async fn push_key(State(service): State<Service>, Here(_): Here) -> Result<String, Problem> {
    service.push_public_key().await
}

async fn add_push(
    State(service): State<Service>,
    Here(visit): Here,
    headers: axum::http::HeaderMap,
    Json(mut subscription): Json<Subscription>,
) -> Shown {
    subscription.name = super::device::name(&headers);
    service.add_push(&visit, subscription).await?;
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

/// On to `next`, or the page again with what is wrong.
async fn answered(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    done: Result<(), Problem>,
    next: &str,
) -> Shown {
    match done {
        Ok(()) => Ok(see(next)),
        Err(problem) if problem.status().is_client_error() => {
            let page = settings_page(service, lang, csrf, visit, "", Some(&problem)).await?;
            Ok(page.status(problem.status()).into_response())
        }
        Err(problem) => Err(problem),
    }
}

fn page(lang: Lang, csrf: &Csrf, visit: &Visit, title: &str, body: Markup) -> Page {
    inside(lang, csrf, visit, title, "/notices", body)
}

fn pair(kind: NoticeKind, channel: ChannelKind) -> String {
    format!("{}.{}", kind.as_str(), channel.as_str())
}

fn kind_words(lang: Lang, kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Mail => t(lang, "メール", "Mail"),
        ChannelKind::Push => t(lang, "端末への通知", "Push"),
    }
}
