//! Symbol and number keyed in by hand, each field with its own error.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use wire::Csrf;
use wire::page::{Field, Lang, Tone, button, card, form, notice, t};

use super::{Pages, Shown, see};
use crate::error::{DeskError, FieldError};
use crate::model::Door;
use crate::service::NumberEntry;

/// GET /number
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf) -> Shown {
    render(&pages, lang, &csrf, &NumberEntry::default(), &[])
}

/// POST /number
pub async fn ask(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Form(entry): Form<NumberEntry>,
) -> Shown {
    match pages.service.receive_number(Door::Desk, &entry, None).await {
        Ok(visit) => Ok(see(format!("/visits/{visit}"))),
        Err(DeskError::Fields(errors)) => render(&pages, lang, &csrf, &entry, &errors),
        Err(error) => Err(error.into()),
    }
}

fn render(pages: &Pages, lang: Lang, csrf: &Csrf, entry: &NumberEntry, errors: &[FieldError]) -> Shown {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = html! {
        @if !errors.is_empty() { (summary(lang, errors)) }
        div.by-number {
            (card(t(lang, "資格確認書の記載", "As printed on the certificate"), form("/number", csrf, fields(lang, entry, errors))))
            (certificate(lang))
        }
    };
    let lead = t(
        lang,
        "資格確認書などに書かれているとおりに入力してください。全角・半角、空白、和暦・西暦の違いは気にしなくてかまいません。",
        "Type what is printed. Width, spaces and calendar do not matter.",
    );
    let title = t(lang, "番号で確認", "Check by number");
    Ok(pages.page(lang, csrf, "/number", title).lead(lead).status(status).body(body).into_response())
}

fn summary(lang: Lang, errors: &[FieldError]) -> Markup {
    let title = t(
        lang,
        format!("{}か所の入力を直してください", errors.len()),
        format!("Correct {} of the fields", errors.len()),
    );
    notice(
        Tone::Bad,
        &title,
        html! {
            ul.error-list { @for error in errors {
                li { a href={ "#field-" (error.field) } { (label(lang, error.field)) } (t(lang, "：", ": ")) (t(lang, &error.ja, &error.en)) }
            } }
        },
    )
}

fn fields(lang: Lang, entry: &NumberEntry, errors: &[FieldError]) -> Markup {
    let error = |name: &str| {
        errors
            .iter()
            .find(|error| error.field == name)
            .map(|error| t(lang, error.ja.clone(), error.en.clone()))
    };
    let field = |name: &'static str, value: &str| {
        Field::text(name, label(lang, name)).value(value).error(error(name))
    };
    html! {
        (Field::digits("insurer_number", label(lang, "insurer_number"), 10)
            .value(&entry.insurer_number).error(error("insurer_number"))
            .hint(t(lang, "8桁、または6桁（国民健康保険）", "8 digits, or 6 (national health insurance)"))
            .required().render(lang))
        div.side-by-side {
            (field("symbol", &entry.symbol).hint(t(lang, "ない場合は空欄", "Empty if there is none")).render(lang))
            (field("number", &entry.number).hint(t(lang, "記号の次の番号", "The number after the symbol")).required().render(lang))
            (Field::digits("branch", label(lang, "branch"), 2).value(&entry.branch).error(error("branch"))
                .hint(t(lang, "2桁。ない場合は空欄", "Two digits, if there are any")).render(lang))
        }
        (field("birthdate", &entry.birthdate)
            .hint(t(lang, "例: 昭和55年1月1日、S55.1.1、1980-01-01", "For example 1980-01-01"))
            .required().render(lang))
        (field("on", &entry.on)
            .hint(t(lang, "受診する日。空欄なら今日", "The day of treatment; empty means today")).render(lang))
        (button(t(lang, "資格を確認する", "Check")))
    }
}

/// Where each number stands on a certificate, for who has never looked for it.
fn certificate(lang: Lang) -> Markup {
    html! {
        figure.certificate {
            figcaption { (t(lang, "どこに書いてあるか", "Where it is printed")) }
            div.certificate-face lang="ja" {
                p.certificate-title { "健康保険　資格確認書" }
                p { mark { "記号　12-34" } "　" mark { "番号　567" } "　" mark { "（枝番）01" } }
                p { "氏名　" span.muted { "結　はなこ" } }
                p { mark { "生年月日　昭和55年1月1日" } "　" span.muted { "性別　女" } }
                p { span.muted { "資格取得年月日　令和元年10月1日" } }
                p { mark { "保険者番号　06130017" } }
                p { span.muted { "保険者名称　結電機健康保険組合" } }
            }
            p.fine { (t(
                lang,
                "並びは保険者によって違います。資格情報のお知らせにも同じ番号が書かれています。",
                "The order differs between insurers. The notice of eligibility shows the same numbers.")) }
        }
    }
}

fn label(lang: Lang, field: &str) -> &'static str {
    match field {
        "insurer_number" => t(lang, "保険者番号", "Insurer number"),
        "symbol" => t(lang, "記号", "Symbol"),
        "number" => t(lang, "番号", "Number"),
        "branch" => t(lang, "枝番", "Branch"),
        "birthdate" => t(lang, "生年月日", "Birth date"),
        _ => t(lang, "確認する日", "Day of treatment"),
    }
}
