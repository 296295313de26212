//! The records office (診療情報管理室): what was asked, given, refused, and the emergencies with what corroborates them.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use calendar::Date;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::exchange::Corroboration;
use serde::Deserialize;
use wire::page::{
    Choice, Field, Lang, Table, Tone, badge, card, details, empty_state, form, form_get, notice,
    problem_notice, select, t,
};
use wire::{Csrf, Problem};

use super::office_lines::{Line, Outcome, What, csv, lines};
use super::parts::{listed, moment};
use super::{Pages, Shown, see};

/// What is looked for.
#[derive(Default, Deserialize)]
pub struct Filter {
    /// `asked`, `given`, `refused`, `emergency`; all without it.
    #[serde(default)]
    what: String,
    /// A patient number.
    #[serde(default)]
    patient: String,
    /// First and last day, in any usual spelling.
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    /// The corroboration that was just given.
    #[serde(default)]
    done: String,
}

/// What corroborates.
#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    by: String,
    #[serde(default)]
    reference: String,
}

impl Filter {
    fn day(text: &str) -> Result<Option<Date>, calendar::DateError> {
        if text.trim().is_empty() { Ok(None) } else { Date::parse(text).map(Some) }
    }

    /// The lines that pass, or what is wrong with a date.
    fn pass(&self, all: Vec<Line>) -> Result<Vec<Line>, calendar::DateError> {
        let (from, until) = (Self::day(&self.from)?, Self::day(&self.until)?);
        let patient = self.patient.trim();
        let fits = |line: &Line| {
            let day = line.at.date();
            let what = match self.what.as_str() {
                "refused" => line.outcome == Outcome::Refused,
                "" => true,
                what => line.what.code() == what,
            };
            what && from.is_none_or(|from| day >= from)
                && until.is_none_or(|until| day <= until)
                && (patient.is_empty()
                    || line.patient.as_ref().is_some_and(|number| number.as_str() == patient))
        };
        Ok(all.into_iter().filter(fits).collect())
    }

    /// The same filter in an address.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("what", &self.what), ("patient", &self.patient), ("from", &self.from), ("until", &self.until)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

/// GET /office
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Query(filter): Query<Filter>) -> Shown {
    render(&pages, lang, &csrf, &filter, None).await
}

/// GET /office.csv: the same lines as a file.
pub async fn download(State(pages): State<Pages>, lang: Lang, Query(filter): Query<Filter>) -> Shown {
    let all = lines(&pages, KEPT).await?;
    let wrong =
        |error: calendar::DateError| Problem::new(422, "bad-date").ja(error.ja()).en(error.to_string());
    let bytes = csv(lang, |id| pages.name_of(lang, id), &filter.pass(all).map_err(wrong)?);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"exchanges.csv\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, bytes).into_response())
}

/// POST /emergencies/{declaration}/corroborate
pub async fn corroborate(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(declaration): Path<ExchangeId>,
    Form(given): Form<Given>,
) -> Shown {
    let by = KINDS.iter().find(|(code, ..)| *code == given.by).map(|(_, by, ..)| *by);
    let sent = match by {
        Some(by) => pages.service.corroborate(declaration, by, given.reference.trim().to_owned()).await,
        None => Err(Problem::new(422, "no-kind").ja("裏付けの種類を選んでください").en("Choose what it is")),
    };
    match sent {
        Ok(()) => Ok(see("/office?what=emergency&done=yes".to_owned())),
        Err(problem) if problem.status().is_client_error() => {
            let filter = Filter { what: "emergency".to_owned(), ..Filter::default() };
            render(&pages, lang, &csrf, &filter, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn render(pages: &Pages, lang: Lang, csrf: &Csrf, filter: &Filter, problem: Option<&Problem>) -> Shown {
    let all = lines(pages, KEPT).await?;
    let passed = filter.pass(all);
    let wrong = passed.as_ref().err().map(|error| t(lang, error.ja(), error.to_string()));
    let found = passed.unwrap_or_default();
    let csv = format!("/office.csv?{}", filter.query());
    let asked = pages.service.corrections().await?;
    let waiting = asked.iter().filter(|case| case.answered.is_none()).count();
    let body = html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @if waiting > 0 {
            (notice(Tone::Warn, &t(lang, format!("訂正の申し出が{waiting}件、回答を待っています。"), format!("{waiting} requests for correction wait.")), html! {}))
        }
        nav.actions aria-label=(t(lang, "記録室の仕事", "Work of the office")) {
            a.button.quiet href="/office/corrections" { (t(lang, "訂正の申し出", "Requests for correction")) @if waiting > 0 { (t(lang, format!("（{waiting}件）"), format!(" ({waiting})"))) } }
            a.button.quiet href="/office/objections" { (t(lang, "異議・不明の申立て", "Objections")) }
            a.button.quiet href="/office/watch-list" { (t(lang, "照会の見守り名簿", "Watch list")) }
        }
        @if !filter.done.is_empty() { (notice(Tone::Ok, t(lang, "裏付けを届けました。", "The corroboration was passed on."), html! {})) }
        (choice(lang, filter, wrong))
        @if found.is_empty() {
            (empty_state(t(lang, "該当する記録はありません", "Nothing to show"), t(lang, "照会や提供があると、ここに新しい順に並びます。", "Questions asked and records given appear here, newest first."), html! {}))
        } @else {
            (card(&t(lang, format!("{}件", found.len()), format!("{} entries", found.len())), html! {
                (table(lang, pages, &found))
                p { a.button.quiet href=(csv) { (t(lang, "CSV で保存する", "Save as CSV")) } }
            }))
        }
        @if filter.what == "emergency" { (emergencies(lang, csrf, &found)) }
    };
    let status = problem.map_or(StatusCode::OK, Problem::status);
    let lead = t(
        lang,
        "ほかの機関に照会したこと、渡したこと、断られたこと、緊急の宣言。",
        "What was asked, given and refused, and emergencies.",
    );
    Ok(pages
        .page(lang, csrf, "/office", t(lang, "記録室", "Records office"))
        .lead(lead)
        .status(status)
        .body(body)
        .into_response())
}

fn choice(lang: Lang, filter: &Filter, wrong: Option<String>) -> Markup {
    let all = Choice { value: String::new(), label: t(lang, "すべて", "all").to_owned() };
    let refused =
        Choice { value: "refused".to_owned(), label: t(lang, "断られた照会", "refused").to_owned() };
    let kinds = What::ALL.iter().map(|what| Choice {
        value: what.code().to_owned(),
        label: t(lang, what.words().0, what.words().1).to_owned(),
    });
    let choices: Vec<Choice> = std::iter::once(all).chain(kinds).chain([refused]).collect();
    form_get(
        "/office",
        html! {
            (select(lang, "what", t(lang, "種類", "Kind"), &choices, &filter.what))
            (Field::text("patient", t(lang, "患者番号", "Patient number")).value(&filter.patient).render(lang))
            (Field::text("from", t(lang, "いつから（和暦も可）", "From")).value(&filter.from).error(wrong).render(lang))
            (Field::text("until", t(lang, "いつまで", "Until")).value(&filter.until).render(lang))
            button.button type="submit" { (t(lang, "しぼり込む", "Filter")) }
        },
    )
}

fn table(lang: Lang, pages: &Pages, lines: &[Line]) -> Markup {
    let names = |line: &Line| {
        let names: Vec<String> = line.others.iter().map(|id| pages.name_of(lang, id)).collect();
        if names.is_empty() { "–".to_owned() } else { listed(lang, names.iter().map(String::as_str)) }
    };
    let rows = lines.iter().take(ROWS).map(|line| {
        [
            moment(line.at),
            html! { span.no-break { (t(lang, line.what.words().0, line.what.words().1)) } },
            html! { @match &line.patient {
                Some(patient) => a.digits href={ "/patients/" (patient) } { (patient) },
                None => span.muted { (t(lang, "当院の患者ではない", "no patient here")) },
            } },
            html! { span.no-break lang="ja" { (line.staff) } },
            html! { (line.reason_words(lang)) },
            html! { span lang="ja" { (names(line)) } },
            html! { span { (outcome(lang, line)) } },
        ]
    });
    Table::new("")
        .column(t(lang, "日時", "When"))
        .column(t(lang, "種類", "Kind"))
        .column(t(lang, "患者番号", "Patient"))
        .column(t(lang, "担当者", "Staff"))
        .column(t(lang, "目的・理由", "Why"))
        .column(t(lang, "相手の機関", "Other institutions"))
        .column(t(lang, "結果", "Result"))
        .rows(rows)
        .render()
}

fn outcome(lang: Lang, line: &Line) -> Markup {
    let tone = match line.outcome {
        Outcome::Whole => Tone::Ok,
        Outcome::Ended | Outcome::Declared => Tone::Warn,
        Outcome::Cut => Tone::Info,
        Outcome::Refused | Outcome::Widened => Tone::Bad,
    };
    let (ja, en) = line.outcome.words();
    let count = line.count;
    let words = match line.outcome {
        Outcome::Whole => t(lang, format!("{count}件"), format!("{count} records")),
        Outcome::Ended => t(lang, format!("{ja} {count}件"), format!("{en}, {count} records")),
        _ => t(lang, ja, en).to_owned(),
    };
    badge(tone, &words)
}

/// Every emergency with its form.
fn emergencies(lang: Lang, csrf: &Csrf, lines: &[Line]) -> Markup {
    html! {
        @for line in lines.iter().filter(|line| line.what == What::Emergency).take(EMERGENCIES) {
            (card(t(lang, "緊急の宣言", "Emergency"), html! {
                p {
                    (moment(line.at)) " " span.no-break lang="ja" { (line.staff) } " "
                    @if let Some(patient) = &line.patient { span.no-break { (t(lang, "患者番号", "patient")) " " a.digits href={ "/patients/" (patient) } { (patient) } } " " }
                    (outcome(lang, line))
                }
                p { (line.reason_words(lang)) (t(lang, "：", ": ")) span lang="ja" { (line.words) } }
                (details(t(lang, "裏付けを届け出る", "Give the corroboration"), form(&format!("/emergencies/{}/corroborate", line.exchange), csrf, html! {
                    fieldset {
                        legend { (t(lang, "裏付けの種類", "What it is")) }
                        @for (code, _, ja, en) in KINDS { label.line { input type="radio" name="by" value=(code) required; " " (t(lang, *ja, *en)) } }
                    }
                    div.field {
                        label for={ "reference-" (line.exchange) } { (t(lang, "番号など（救急の出動番号、レセプトの番号）", "Reference: number of the dispatch or of the claim")) }
                        input id={ "reference-" (line.exchange) } name="reference" required maxlength="200" autocomplete="off";
                    }
                    button.button type="submit" { (t(lang, "届け出る", "Pass on")) }
                })))
            }))
        }
    }
}

/// What an institution can give; a reviewer's finding is not for it to give.
const KINDS: &[(&str, Corroboration, &str, &str)] = &[
    (
        "card-read",
        Corroboration::CardRead,
        "72時間以内にカードを読み取った",
        "the card was read within 72 hours",
    ),
    ("ambulance", Corroboration::Ambulance, "救急隊の記録", "record of the ambulance"),
    ("claim", Corroboration::Claim, "その日の診療報酬の請求", "claim for the day"),
];
/// Lines that are read.
const KEPT: u32 = 10_000;
/// Lines on the page; the file has all.
const ROWS: usize = 500;
/// Emergencies with a form.
const EMERGENCIES: usize = 50;
