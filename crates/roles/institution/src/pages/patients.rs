//! The local patient list: one patient, and taking over a list.

use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use wire::page::{Lang, Table, Tone, card, definitions, details, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::parts::{day, sex_words, visit_table};
use super::{Pages, Shown};
use crate::error::DeskError;
use crate::service::Imported;

/// GET /patients/{patient}
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Path(number): Path<String>) -> Shown {
    let number = number.parse().map_err(|_| DeskError::NoPatient)?;
    let (patient, visits) = pages.service.patient(number).await?;
    let mut rows = vec![
        (t(lang, "患者番号", "Number"), html! { span.digits { (patient.local_number) } }),
        (t(lang, "カナ", "Reading"), html! { span lang="ja" { (patient.kana) } }),
        (t(lang, "生年月日", "Born"), day(patient.birthdate)),
        (t(lang, "性別", "Sex"), html! { (sex_words(lang, patient.sex)) }),
    ];
    if let Some(last) = patient.last_visit_on {
        rows.push((
            t(lang, "一覧を取り込む前の最終来院", "Last visit before the list was taken over"),
            day(last),
        ));
    }
    let body = html! {
        (card(t(lang, "当院の記録", "Our record"), definitions(&rows)))
        @if visits.is_empty() {
            (notice(Tone::Info, t(lang, "結び付いた来院はまだありません。", "No visit is linked yet."), html! { p { (t(
                lang, "次にカードで受付したとき、確認結果の画面で結び付けられます。",
                "The next check by card offers the link.")) } }))
        } @else {
            (card(t(lang, "来院", "Visits"), visit_table(lang, "", &visits, true)))
        }
    };
    let path = format!("/patients/{}", patient.local_number);
    Ok(pages.page(lang, &csrf, &path, &patient.name).body(body).into_response())
}

/// GET /patients
pub async fn list(State(pages): State<Pages>, lang: Lang, csrf: Csrf) -> Shown {
    render(&pages, lang, &csrf, None).await
}

/// POST /patients
pub async fn import(State(pages): State<Pages>, lang: Lang, csrf: Csrf, parts: Multipart) -> Shown {
    let outcome = match super::uploaded(parts).await {
        Ok(bytes) => pages.service.import_patients(bytes).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    render(&pages, lang, &csrf, Some(outcome)).await
}

async fn render(pages: &Pages, lang: Lang, csrf: &Csrf, outcome: Option<Result<Imported, Problem>>) -> Shown {
    let count = pages.service.patient_count().await?;
    let status = match &outcome {
        Some(Err(problem)) => problem.status(),
        _ => StatusCode::OK,
    };
    let body = html! {
        @match &outcome {
            Some(Ok(imported)) => (imported_notice(lang, *imported)),
            Some(Err(problem)) => (problem_notice(lang, problem)),
            None => {},
        }
        p {
            (t(lang, format!("いま {count} 人の患者さんが登録されています。"), format!("{count} patients are in the list."))) " "
            a href="/search" { (t(lang, "患者さんをさがす", "Find a patient")) }
        }
        (card(t(lang, "一覧を取り込む", "Take over a list"), html! {
            p { (t(
                lang,
                "電子カルテやレセコンから書き出した CSV を選んでください。文字コードは UTF-8 でも Shift_JIS でもかまいません。",
                "Choose a CSV exported from your system, in UTF-8 or Shift_JIS.")) }
            p.fine { (t(
                lang,
                "個人番号（マイナンバー）が含まれている一覧は受け取りません。1か所でも誤りがあれば、何も取り込みません。",
                "A list that holds a My Number is refused. With a single error nothing is taken over.")) }
            form method="post" action="/patients" enctype="multipart/form-data" data-once {
                input type="hidden" name=(wire::session::CSRF_FIELD) value=(csrf.token());
                div.field {
                    label for="file" { (t(lang, "CSV ファイル", "CSV file")) }
                    input #file type="file" name="file" accept=".csv,text/csv" required;
                }
                button.button type="submit" { (t(lang, "取り込む", "Take over")) }
            }
            (details(t(lang, "CSV の列", "Columns of the CSV"), columns_table(lang)))
        }))
    };
    let title = t(lang, "患者一覧", "Patient list");
    Ok(pages.page(lang, csrf, "/patients", title).status(status).body(body).into_response())
}

/// What the list may hold; the whole of it is in `docs/formats/institution-patients.md`.
fn columns_table(lang: Lang) -> Markup {
    let columns = [
        ("local_number", true, t(lang, "患者番号", "patient number")),
        ("name", true, t(lang, "氏名", "name")),
        ("kana", true, t(lang, "カナ氏名", "reading")),
        ("birth", true, t(lang, "生年月日（和暦も可）", "birth date")),
        ("sex", true, t(lang, "性別（1 男、2 女）", "sex (1 male, 2 female)")),
        (
            "insurer_number, symbol, number, branch",
            false,
            t(lang, "前回の保険者番号・記号・番号・枝番", "insurance at the last visit"),
        ),
        ("last_visit_on", false, t(lang, "最終来院日", "last visit")),
    ];
    let rows = columns.map(|(name, needed, meaning)| {
        let needed = if needed {
            t(lang, "必須", "needed")
        } else {
            t(lang, "あれば照合に使います", "used for matching if present")
        };
        [html! { code { (name) } }, html! { (meaning) }, html! { (needed) }]
    });
    Table::new("")
        .column(t(lang, "列", "Column"))
        .column(t(lang, "内容", "Holds"))
        .column(t(lang, "要否", "Needed"))
        .rows(rows)
        .render()
}

fn imported_notice(lang: Lang, imported: Imported) -> Markup {
    let title = t(
        lang,
        format!("{}人を取り込みました。", imported.patients),
        format!("{} patients were taken over.", imported.patients),
    );
    notice(
        Tone::Ok,
        &title,
        html! {
            @if imported.without_number > 0 {
                p { (t(
                    lang,
                    format!("うち{}人は記号・番号が読み取れなかったため、氏名と生年月日だけで照合します。", imported.without_number),
                    format!("{} of them had no readable symbol and number and are matched by name and birth date.", imported.without_number))) }
            }
        },
    )
}
