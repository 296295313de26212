//! The list by which look-ups are marked for the overseer: how many it names, and putting a new one in its place. Who is on it is not
//! shown: a list of the famous is itself what somebody would like to look up.

use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use wire::page::{Lang, Tone, card, definitions, details, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::staff::{Acting, badge as acting};
use super::{Pages, Shown};
use crate::watch_list::{COLUMNS, WatchCounts};

/// GET /office/watch-list
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Acting(staff): Acting) -> Shown {
    render(&pages, lang, &csrf, acting(lang, &csrf, &staff), None)
}

/// POST /office/watch-list
pub async fn replace(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    parts: Multipart,
) -> Shown {
    let done = match super::uploaded(parts).await {
        Ok(bytes) => pages.service.replace_watch_list(&staff, bytes).await,
        Err(problem) => Err(problem),
    };
    match done {
        Err(problem) if !problem.status().is_client_error() => Err(problem),
        done => render(&pages, lang, &csrf, acting(lang, &csrf, &staff), Some(done)),
    }
}

fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    who: Markup,
    done: Option<Result<WatchCounts, Problem>>,
) -> Shown {
    let present = pages.service.watch_counts();
    let status = match &done {
        Some(Err(problem)) => problem.status(),
        _ => StatusCode::OK,
    };
    let body = html! {
        (who)
        @match &done {
            Some(Ok(_)) => (notice(Tone::Ok, t(lang, "名簿を入れ替えました。", "The list was replaced."), html! {})),
            Some(Err(problem)) => (problem_notice(lang, problem)),
            None => {},
        }
        (card(t(lang, "いまの名簿", "The present list"), html! {
            @match &present {
                Ok(counts) => (numbers(lang, counts)),
                Err(problem) => (problem_notice(lang, problem)),
            }
        }))
        (card(t(lang, "名簿を入れ替える", "Replace it"), form(lang, csrf)))
        p { a href="/office" { (t(lang, "記録室へもどる", "Back to the records office")) } }
    };
    let lead = t(
        lang,
        "同僚・近所の方・著名な方の記録が見られたとき、監督機関に「同僚」などの言葉だけが伝わります。名簿の中身は、この機関の外に出ません。",
        "When records of a colleague, a neighbour or somebody famous are looked at, the overseer learns that one word. The list itself never leaves.",
    );
    let title = t(lang, "照会の見守り名簿", "Watch list");
    Ok(pages
        .page(lang, csrf, "/office/watch-list", title)
        .lead(lead)
        .status(status)
        .body(body)
        .into_response())
}

fn numbers(lang: Lang, counts: &WatchCounts) -> Markup {
    let people = |count: usize| html! { (t(lang, format!("{count}人"), count.to_string())) };
    definitions(&[
        (t(lang, "当院の患者でもある職員", "Staff who are patients here"), people(counts.colleagues)),
        (t(lang, "郵便番号のわかる職員", "Staff whose postcode is known"), people(counts.homes)),
        (t(lang, "著名な患者さん", "Patients in the public eye"), people(counts.famous)),
    ])
}

fn form(lang: Lang, csrf: &Csrf) -> Markup {
    html! {
        form method="post" action="/office/watch-list" enctype="multipart/form-data" data-once {
            input type="hidden" name=(wire::session::CSRF_FIELD) value=(csrf.token());
            div.field {
                label for="file" { (t(lang, "CSV ファイル（watch-list.csv）", "CSV file (watch-list.csv)")) }
                p.hint #file-hint { (t(lang, "全員を載せたファイルを選んでください。いまの名簿と入れ替わります。", "Choose a file with everybody: it takes the place of the present list.")) }
                input #file type="file" name="file" accept=".csv,text/csv" required aria-describedby="file-hint";
            }
            button.button type="submit" { (t(lang, "入れ替える", "Replace")) }
        }
        (details(t(lang, "CSV の列", "Columns"), html! {
            p { @for column in COLUMNS { code { (column) } " " } }
            ul {
                li { code { "staff" } (t(lang, "：職員番号と、その人の患者番号・郵便番号（ないものは空）", ": staff id, and that person’s patient number and postcode (empty where there is none)")) }
                li { code { "famous" } (t(lang, "：患者番号", ": patient number")) }
            }
            p.fine { (t(lang, "文字コードは UTF-8 です。", "UTF-8.")) }
        }))
    }
}
