//! The record of a visit: what was signed, where it is written, what was known then and what is known now.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{
    Entry, Field, Lang, Table, Tone, button, card, definitions, details, form, icon, problem_notice, t,
    timeline, when,
};
use wire::{Csrf, Problem};

use super::parts::{door_words, mode_words, moment, shown_words, standing_badge, standing_words};
use super::{Pages, Shown, see};
use crate::error::{DeskError, FieldError};
use crate::model::{Link, MedicalState, Question, Visit};

/// POST body: the time whose knowledge is asked for; empty = now.
#[derive(Deserialize)]
pub struct Again {
    #[serde(default)]
    known_at: String,
}

/// GET /visits/{visit}/record
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(visit): Path<ExchangeId>,
) -> Shown {
    render(&pages, lang, &csrf, visit, "", None).await
}

/// POST /visits/{visit}/record
pub async fn ask_again(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(visit): Path<ExchangeId>,
    Form(again): Form<Again>,
) -> Shown {
    let asked = match again.known_at.trim() {
        "" => pages.service.ask_again(visit, None).await,
        text => match local_time(text) {
            Ok(at) => pages.service.ask_again(visit, Some(at)).await,
            Err(error) => Err(DeskError::Fields(vec![error])),
        },
    };
    match asked {
        Ok(_) => Ok(see(format!("/visits/{visit}/record#known"))),
        Err(error @ (DeskError::Nobody | DeskError::Fields(_))) => {
            render(&pages, lang, &csrf, visit, &again.known_at, Some(error)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What a browser's date-time field sends, in Japan's time.
fn local_time(text: &str) -> Result<Timestamp, FieldError> {
    let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
    format!("{text}{seconds}+09:00").parse().map_err(|error: calendar::DateError| FieldError {
        field: "known_at",
        ja: error.ja(),
        en: error.to_string(),
    })
}

async fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    visit: ExchangeId,
    known_at: &str,
    error: Option<DeskError>,
) -> Shown {
    let visit = pages.service.visit(visit).await?;
    let questions = pages.service.questions(visit.id).await?;
    let links = pages.service.link_history(&visit).await?;
    let path = format!("/visits/{}/record", visit.id);
    let problem = error.map(Problem::from);
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let body = html! {
        @if let Some(problem) = &problem { (problem_notice(lang, problem)) }
        div #known { (known(lang, csrf, &path, &questions, known_at)) }
        (card(t(lang, "この来院の経過", "What happened"), timeline(&events(lang, &visit, &questions, &links))))
        @if visit.statement.is_some() { (signed(lang, &visit)) }
        (card(t(lang, "台帳の記録", "In the ledgers"), receipts(pages, lang, &questions)))
        p { a href={ "/visits/" (visit.id) } { (t(lang, "確認結果へ戻る", "Back to the result")) } }
    };
    let title = t(lang, "受付の記録", "Record of a visit");
    let lead = visit.name().map(|name| t(lang, format!("{name} さん"), name.to_owned())).unwrap_or_default();
    Ok(pages.page(lang, csrf, &path, title).lead(lead).status(status).body(body).into_response())
}

fn known(lang: Lang, csrf: &Csrf, path: &str, questions: &[Question], known_at: &str) -> Markup {
    let rows = questions.iter().enumerate().map(|(index, question)| {
        let of = match (index, question.request.known_at) {
            (0, _) => t(lang, "受付のとき", "At the reception"),
            (_, None) => t(lang, "あとから照会", "Asked later"),
            (_, Some(_)) => t(lang, "ある時点", "At a time"),
        };
        let knowledge = question.request.known_at.unwrap_or(question.asked_at);
        [
            html! { (of) },
            moment(knowledge),
            standing_badge(lang, question.outcome.standing()),
            html! { div { (what(lang, question)) } },
        ]
    });
    let table = Table::new(t(
        lang,
        "保険者の届出が遅れると、当日の回答とあとの回答が変わることがあります。当日の回答は消えません。",
        "When an insurer reports late, a later answer may differ. The answer of the day stays.",
    ))
    .column(t(lang, "照会", "Asked"))
    .column(t(lang, "分かっていた時点", "Known at"))
    .column(t(lang, "結果", "Result"))
    .column(t(lang, "内容", "What it said"))
    .rows(rows)
    .render();
    card(
        t(lang, "この日の資格：当時と今", "This day: then and now"),
        html! {
            (table)
            (form(path, csrf, html! { (button(t(lang, "この日の資格を今もう一度照会する", "Ask again about this day"))) }))
            (details(t(lang, "ある時点で分かっていた内容を照会する", "Ask what was known at a certain time"), form(path, csrf, html! {
                (Field::text("known_at", t(lang, "日時", "Date and time")).value(known_at)
                    .hint(t(lang, "例: 2026-04-01T09:00（日本時間）", "For example 2026-04-01T09:00 (Japan time)")).required().render(lang))
                button.button.quiet type="submit" { (t(lang, "照会する", "Ask")) }
            })))
        },
    )
}

/// The gist of an answer in one line.
fn what(lang: Lang, question: &Question) -> Markup {
    match (question.outcome.answer(), question.outcome.trouble()) {
        (Some(answer), _) => html! {
            @for membership in &answer.memberships { p lang="ja" { (membership.insurer_name) } }
            p.under { (t(lang, &answer.explanation.ja, &answer.explanation.en)) }
        },
        (None, Some(trouble)) => html! { p.under { (t(lang, &trouble.ja, &trouble.en)) } },
        (None, None) => html! {},
    }
}

fn events(lang: Lang, visit: &Visit, questions: &[Question], links: &[Link]) -> Vec<Entry> {
    let event = |at, title, tone, body| event(lang, at, title, tone, body);
    let mut events = vec![event(
        visit.received_at,
        format!("{}：{}", t(lang, "受付", "Received"), shown_words(lang, visit.shown)),
        None,
        html! { p.under { (door_words(lang, visit.door)) "・" (t(lang, "端末", "terminal")) " " (visit.terminal) } },
    )];
    for question in questions {
        let (tone, words) = standing_words(lang, question.outcome.standing());
        let at = question.outcome.answer().map_or(question.asked_at, |answer| answer.answered_at);
        let title = format!("{}：{words}", asked_words(lang, visit, question));
        let attempts = (question.attempts > 1).then(|| {
            let n = question.attempts;
            html! { p.under { (t(lang, format!("{n}回目で回答がありました。"), format!("attempt {n}"))) } }
        });
        events.push(event(at, title, Some(tone), attempts.unwrap_or_default()));
    }
    for link in links {
        let title = format!("{} {}", t(lang, "患者番号と結び付け", "Linked to patient"), link.local_number);
        events.push(event(link.linked_at, title, None, html! {}));
        if let Some(ended) = link.ended_at {
            let title = format!("{} {}", t(lang, "結び付けを外した", "Link removed"), link.local_number);
            events.push(event(ended, title, Some(Tone::Warn), html! {}));
        }
    }
    if visit.medical == MedicalState::Registered
        && let Some(answer) = visit.question.outcome.answer()
    {
        let title = t(lang, "医療等IDで登録", "Registered with a medical ID").to_owned();
        events.push(event(answer.answered_at, title, Some(Tone::Ok), html! {}));
    }
    // Newest first; what came later of the same moment stays above what came before.
    events.reverse();
    events.sort_by(|a, b| b.datetime.cmp(&a.datetime));
    events
}

/// Which question of the visit it was.
fn asked_words(lang: Lang, visit: &Visit, question: &Question) -> &'static str {
    match question.request.known_at {
        _ if question.exchange == visit.id => t(lang, "資格の確認", "Checked at the reception"),
        None => t(lang, "あとから照会", "Asked later"),
        Some(_) => t(lang, "ある時点の内容を照会", "Asked what was known at a time"),
    }
}

fn event(lang: Lang, at: Timestamp, title: String, tone: Option<Tone>, body: Markup) -> Entry {
    Entry { when: when(lang, at), datetime: at.to_rfc3339(), title, tone, body }
}

/// What the reader's device key signed, as it is kept.
fn signed(lang: Lang, visit: &Visit) -> Markup {
    let Some(statement) = &visit.statement else { return html! {} };
    let facts = &statement.facts;
    let rows = [
        (t(lang, "本人確認", "Bearer verified by"), html! { (mode_words(lang, facts.mode)) }),
        (t(lang, "読み取った時刻", "Read at"), moment(facts.at)),
        (t(lang, "端末", "Terminal"), html! { (facts.terminal) }),
        (t(lang, "読取装置の鍵", "Reader’s key"), html! { code { (statement.reader) } }),
        (t(lang, "読み取り内容の要約値", "Digest of what was read"), html! { code { (facts.material) } }),
        (t(lang, "署名", "Signature"), html! { code { (statement.signature) } }),
    ];
    card(
        t(lang, "読取装置が署名した内容", "What the reader signed"),
        html! {
            p.checked { (icon(Tone::Ok)) (t(
                lang,
                "登録済みの読取装置の署名であることを、照会の前に確かめています。",
                "Before anything was asked, the signature was verified as one of an enrolled reader.")) }
            (details(t(lang, "署名の内訳を見る", "Show the particulars"), definitions(&rows)))
        },
    )
}

fn receipts(pages: &Pages, lang: Lang, questions: &[Question]) -> Markup {
    let whose = |origin: &str| {
        let org: OrgId = origin.strip_prefix("musubi/")?.parse().ok()?;
        Some(pages.name_of(lang, &org))
    };
    let mut table = Table::new(t(
        lang,
        "照会は、送る前に当院の台帳へ、答えは、返る前に資格確認サービスの台帳へ記録されています。",
        "Each question is in our ledger before it leaves, each answer in the service’s before it comes.",
    ))
    .column(t(lang, "交換番号", "Exchange"))
    .column(t(lang, "台帳", "Ledger"))
    .number(t(lang, "番号", "Entry"));
    for question in questions {
        let answer = question.outcome.answer().map(|answer| &answer.receipt);
        for receipt in std::iter::once(&question.entry).chain(answer) {
            table = table.row([
                html! { code { (question.exchange) } },
                html! { (receipt.origin) @if let Some(name) = whose(&receipt.origin) { " " span.under { (name) } } },
                html! { (receipt.index) },
            ]);
        }
    }
    table.render()
}
