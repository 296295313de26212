//! A person's own numbers at the counter: how they stand, what can be done, what was done.

use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use codes::{ExchangeId, Facet};
use maud::{Markup, html};
use protocol_admin::issuer::{LABEL_MAX, MedicalIdAct, MedicalIdView, NumberState, NumberView};
use serde::Deserialize;
use wire::{
    Csrf, Lang, Page, Problem,
    page::{Field, Table, Tone, badge, button, card, card_with, form, notice, problem_notice},
    t,
};

use super::{
    Pages, frame, moved,
    visits::Visit,
    words::{meaning, name, possible, state, which},
};
use crate::service::Wish;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
    card: String,
}

#[derive(Deserialize)]
pub(super) struct Confirmed {
    exchange: ExchangeId,
    #[serde(default)]
    label: String,
}

/// GET /person/{visit}
pub(super) async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let Some(visit) = pages.visit(&key) else { return Ok(moved("/".to_owned())) };
    let exchange = ExchangeId::new(pages.service.clock.now().as_millis());
    let (person, mut view) = pages.service.own_view(visit.person, exchange).await?;
    if !view.numbers.iter().any(|number| number.number == 0) {
        view.numbers.insert(0, nothing_yet(&pages));
    }
    let body = html! {
        (said(lang, &done))
        @for number in &view.numbers { (number_card(lang, &key, number)) }
        (another(lang, &key, &view))
        (history(lang, &view))
        (form(&format!("/person/{key}/leave"), &csrf, html! { (button(t(lang, "終わる", "Leave"))) }))
    };
    let title =
        t(lang, format!("{}さんの医療等ID", person.name), format!("The medical ID of {}", person.name));
    Ok(frame(lang, &title).body(body).into_response())
}

/// GET /person/{visit}/{act}/{number}: what the act does, before it is done.
pub(super) async fn confirm(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path((key, act, number)): Path<(String, String, u16)>,
) -> Result<Response, Problem> {
    if pages.visit(&key).is_none() {
        return Ok(moved("/".to_owned()));
    }
    let act = MedicalIdAct::from_word(&act).ok_or_else(Problem::not_found)?;
    let exchange = ExchangeId::new(pages.service.clock.now().as_millis());
    Ok(confirmation(lang, &csrf, &key, act, number, exchange, None).into_response())
}

/// POST /person/{visit}/{act}/{number}
pub(super) async fn act(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path((key, word, number)): Path<(String, String, u16)>,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, Problem> {
    let Some(visit) = pages.visit(&key) else { return Ok(moved("/".to_owned())) };
    let act = MedicalIdAct::from_word(&word).ok_or_else(Problem::not_found)?;
    let (by, exchange) = (pages.service.org, confirmed.exchange);
    let label = confirmed.label.trim().to_owned();
    let wish = Wish { by, exchange, act, number: Facet(number), label };
    match pages.service.own_act(visit.person, wish).await {
        Ok(answer) => {
            let written = pages.write(&visit.card, answer.cards).await;
            let card = if written { "" } else { "&card=failed" };
            Ok(moved(format!("/person/{key}?done={word}{card}")))
        }
        Err(problem) => {
            let page = confirmation(lang, &csrf, &key, act, number, exchange, Some(&problem));
            Ok(page.status(problem.status()).into_response())
        }
    }
}

/// POST /person/{visit}/leave
pub(super) async fn leave(State(pages): State<Pages>, Path(key): Path<String>) -> Response {
    pages.visits.end(&key);
    moved("/".to_owned())
}

impl Pages {
    fn visit(&self, key: &str) -> Option<Visit> {
        self.visits.get(key, self.service.clock.now())
    }
}

/// How somebody stands who never asked for anything: as one who stopped, but for the word.
fn nothing_yet(pages: &Pages) -> NumberView {
    let since = pages.service.clock.now();
    NumberView { number: 0, label: String::new(), state: NumberState::Revoked, generation: 0, since }
}

fn said(lang: Lang, done: &Done) -> Markup {
    let Some(act) = MedicalIdAct::from_word(&done.done) else { return html! {} };
    let title = t(
        lang,
        format!("「{}」を行いました。いま、すべての機関に反映されています。", name(lang, act)),
        format!("Done: {}. It is in effect everywhere.", name(lang, act)),
    );
    html! {
        (notice(Tone::Ok, &title, html! {}))
        @if done.card == "failed" {
            (notice(Tone::Warn, t(
                lang,
                "カードに書き込めませんでした。カードを置き直し、もう一度手続きをはじめると書き込まれます。",
                "The card could not be written. Put it down and begin again: then it is.",
            ), html! {}))
        }
    }
}

fn number_card(lang: Lang, key: &str, number: &NumberView) -> Markup {
    let (tone, word) = match (number.state, number.generation) {
        (NumberState::Revoked, 0) if number.number == 0 => (Tone::Info, t(lang, "持っていません", "None")),
        (held, _) => state(lang, held),
    };
    card_with(
        &which(lang, number.number, &number.label),
        badge(tone, word),
        html! {
            @if number.generation > 0 {
                p.muted { (t(lang, format!("これまでに{}回、新しくしました。", number.generation),
                    format!("Renewed {} times.", number.generation))) }
            }
            p {
                @for act in possible(number) {
                    a.button.quiet href={ "/person/" (key) "/" (act.as_str()) "/" (number.number) } {
                        (name(lang, *act))
                    }
                    " "
                }
            }
        },
    )
}

fn another(lang: Lang, key: &str, view: &MedicalIdView) -> Markup {
    if !view.numbers.iter().any(|n| n.number == 0 && n.state.is_held()) {
        return html! {};
    }
    let act = MedicalIdAct::AddFacet;
    let [what, ..] = meaning(lang, act);
    card(
        t(lang, "病気や時期のための別の番号", "Another number, for an illness or a time of life"),
        html! {
            p { (what) }
            p { a.button href={ "/person/" (key) "/" (act.as_str()) "/0" } { (name(lang, act)) } }
        },
    )
}

fn history(lang: Lang, view: &MedicalIdView) -> Markup {
    let table = Table::new("")
        .column(t(lang, "いつ", "When"))
        .column(t(lang, "手続き", "Act"))
        .column(t(lang, "番号", "Number"))
        .column(t(lang, "窓口", "Counter"))
        .number(t(lang, "台帳の番号", "Ledger entry"));
    let label = |number: u16| view.numbers.iter().find(|n| n.number == number).map_or("", |n| &n.label);
    let rows = view.history.iter().rev().map(|act| {
        [
            html! { time datetime=(act.at.to_rfc3339()) { (act.at.to_minutes()) } },
            html! { (name(lang, act.act)) },
            html! { (which(lang, act.number, label(act.number))) },
            html! { (act.by) },
            html! { (act.entry) },
        ]
    });
    card(
        t(lang, "これまでの手続き", "What was done"),
        html! {
            @if view.history.is_empty() { p.muted { (t(lang, "まだありません。", "Nothing yet.")) } }
            @else { (table.rows(rows).render()) }
            p.muted { (t(lang, "台帳: ", "Ledger: ")) code { (view.ledger) } }
        },
    )
}

fn confirmation(
    lang: Lang,
    csrf: &Csrf,
    key: &str,
    act: MedicalIdAct,
    number: u16,
    exchange: ExchangeId,
    problem: Option<&Problem>,
) -> Page {
    let adds = act == MedicalIdAct::AddFacet;
    let label = Field::text(
        "label",
        t(
            lang,
            "呼び名（あなたと付番機関だけが知ります）",
            "What you call it (only you and the issuer know)",
        ),
    )
    .hint(t(
        lang,
        format!("{LABEL_MAX}文字まで。なくてもかまいません。"),
        format!("At most {LABEL_MAX} characters; may stay empty."),
    ));
    let body = html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (card(t(lang, "何が起きるか", "What happens"), html! {
            @if !adds { p { strong { (which(lang, number, "")) } } }
            ul { @for line in meaning(lang, act) { li { (line) } } }
            (form(&format!("/person/{key}/{}/{number}", act.as_str()), csrf, html! {
                input type="hidden" name="exchange" value=(exchange);
                @if adds { (label.render(lang)) }
                (button(t(lang, "はい、そうします", "Yes, do it")))
            }))
            p { a href={ "/person/" (key) } { (t(lang, "やめて戻る", "No, go back")) } }
        }))
    };
    frame(lang, name(lang, act)).body(body)
}
