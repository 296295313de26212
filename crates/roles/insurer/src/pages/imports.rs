//! Taking in files of members and events.

use std::io::Write;

use axum::{
    extract::{Multipart, State},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use tempfile::NamedTempFile;
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use super::{frame, time};
use crate::{file::FileError, problems, service::Service};

pub async fn list(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    files_page(&service, lang, &csrf, html! {}).await
}

async fn files_page(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let imports = service.imports().await?;
    let table = page::Table::new("")
        .column(t(lang, "日時", "When"))
        .column(t(lang, "ファイル", "File"))
        .number(t(lang, "件数", "Rows"));
    let rows = imports.iter().map(|(name, rows, at)| [time(*at), html! { (name) }, html! { (rows) }]);
    let body = html! {
        (news)
        form method="post" action="/files" enctype="multipart/form-data" {
            input type="hidden" name=(wire::session::CSRF_FIELD) value=(csrf.token());
            div.field {
                label for="file" { (t(lang, "加入者または異動のファイル（CSV）", "File of members or events (CSV)")) }
                input type="file" id="file" name="file" accept=".csv,text/csv" required;
                p.hint { (t(lang, "UTF-8とShift_JISのどちらでも読めます。誤りが1行でもあれば、何も取り込みません。",
                    "UTF-8 or Shift_JIS. With a single wrong row nothing is taken in.")) }
            }
            (page::button(t(lang, "取り込む", "Take in")))
        }
        (page::card(t(lang, "取り込んだファイル", "Files taken in"), table.rows(rows).render()))
    };
    Ok(frame(service, lang, t(lang, "ファイル取込", "Files"), "/files").body(body))
}

pub async fn take(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    form: Multipart,
) -> Result<Response, Problem> {
    let (name, file) = upload(form).await?;
    let news = match service.import(file.path(), &name).await {
        Ok(report) if report.repeated => page::notice(
            Tone::Info,
            t(lang, "このファイルは取り込み済みです。", "This file was taken in before."),
            html! { (t(lang, "何も変えていません。", "Nothing was changed.")) },
        ),
        Ok(report) => {
            let sender = service.clone();
            tokio::spawn(async move { sender.send_reports().await });
            page::notice(
                Tone::Ok,
                t(lang, "取り込みました。報告を送っています。", "Taken in; the reports are on their way."),
                html! { (report.rows) (t(lang, "件", " rows")) },
            )
        }
        Err(error) => refused(lang, &error),
    };
    Ok(files_page(&service, lang, &csrf, news).await?.into_response())
}

/// The uploaded file, piece by piece onto disk.
async fn upload(mut form: Multipart) -> Result<(String, NamedTempFile), Problem> {
    let broken = |e: axum::extract::multipart::MultipartError| {
        problems::field("file", "ファイルが途中で切れました。もう一度選んでください。", e.body_text())
    };
    while let Some(mut part) = form.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let name = part.file_name().unwrap_or("file.csv").to_owned();
        let mut file = NamedTempFile::new().map_err(problems::internal)?;
        while let Some(piece) = part.chunk().await.map_err(broken)? {
            file.write_all(&piece).map_err(problems::internal)?;
        }
        return Ok((name, file));
    }
    Err(problems::field("file", "ファイルを選んでください。", "choose a file"))
}

fn refused(lang: Lang, error: &FileError) -> Markup {
    page::notice(
        Tone::Bad,
        t(lang, "取り込めませんでした。何も変えていません。", "Not taken in; nothing was changed."),
        html! { (t(lang, error.ja(), error.to_string())) },
    )
}
