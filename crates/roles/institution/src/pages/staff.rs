//! Who sits here: asked once a session, because every person reads afterwards who looked at their records.

use axum::Form;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use consent::{Profession, StaffId};
use maud::{Markup, html};
use protocol::exchange::Practitioner;
use serde::Deserialize;
use wire::page::{Choice, Field, Lang, button, card, form, select, t};
use wire::{Csrf, DeskSession};

use super::{Pages, Shown, see};

/// The member of staff of this session. As an extractor it leads to the form first, and back afterwards.
pub struct Acting(pub Practitioner);

impl FromRequestParts<Pages> for Acting {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Response> {
        let session = DeskSession::from_request_parts(parts, pages).await.map_err(|p| p.into_response())?;
        let known = pages.staff.get(&session.id().to_owned(), pages.service.moment());
        known.map(Acting).ok_or_else(|| {
            // After a form there is no way back into it: its page's own address is the next best.
            let back = parts.uri.path_and_query().map_or("/", |address| address.as_str());
            let back = if parts.method.is_safe() { back } else { parts.uri.path() };
            let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
            see(format!("/staff?back={back}"))
        })
    }
}

/// Where to go on.
#[derive(Deserialize)]
pub struct Back {
    #[serde(default)]
    back: String,
}

/// What was typed.
#[derive(Default, Deserialize)]
pub struct Entered {
    #[serde(default)]
    staff_id: String,
    #[serde(default)]
    staff_name: String,
    #[serde(default)]
    profession: String,
    #[serde(default)]
    back: String,
}

/// GET /staff
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    session: DeskSession,
    Query(back): Query<Back>,
) -> Shown {
    let known = pages.staff.get(&session.id().to_owned(), pages.service.moment());
    let entered = known.map_or_else(
        || Entered { profession: pages.usual_profession().code().to_owned(), ..Entered::default() },
        |staff| Entered {
            staff_id: staff.id.to_string(),
            staff_name: staff.name,
            profession: staff.profession.code().to_owned(),
            back: String::new(),
        },
    );
    Ok(render(&pages, lang, &csrf, &Entered { back: back.back, ..entered }, None))
}

/// POST /staff
pub async fn enter(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    session: DeskSession,
    Form(entered): Form<Entered>,
) -> Shown {
    match practitioner(&entered.staff_id, &entered.staff_name, &entered.profession) {
        Ok(staff) => {
            pages.staff.put(session.id().to_owned(), staff, pages.service.moment());
            Ok(see(own_path(&entered.back)))
        }
        Err(wrong) => Ok(render(&pages, lang, &csrf, &entered, Some(wrong))),
    }
}

/// POST /staff/leave
pub async fn leave(State(pages): State<Pages>, session: DeskSession) -> Response {
    pages.staff.forget(&session.id().to_owned());
    see("/staff".to_owned())
}

/// What is wrong with what was typed.
pub struct Wrong {
    field: &'static str,
    ja: &'static str,
    en: &'static str,
}

/// A member of staff as typed.
///
/// # Errors
/// The first field that does not hold what it should.
pub fn practitioner(id: &str, name: &str, profession: &str) -> Result<Practitioner, Wrong> {
    let id = StaffId::new(id.trim()).map_err(|_| Wrong {
        field: "staff_id",
        ja: "職員番号は半角の英数字で入力してください（例: D0123）。",
        en: "Letters and digits, for example D0123.",
    })?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME {
        let (ja, en) = ("氏名を60字までで入力してください。", "A name of up to 60 characters is needed.");
        return Err(Wrong { field: "staff_name", ja, en });
    }
    let profession = Profession::from_code(profession).ok_or(Wrong {
        field: "profession",
        ja: "職種を選んでください。",
        en: "Choose a profession.",
    })?;
    Ok(Practitioner { id, profession, name: name.to_owned() })
}

/// Longest name, in characters.
const NAME: usize = 60;

/// Only an address of our own: a form must not lead elsewhere.
fn own_path(back: &str) -> String {
    let is_own = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
    if is_own { back.to_owned() } else { "/clinic".to_owned() }
}

fn render(pages: &Pages, lang: Lang, csrf: &Csrf, entered: &Entered, wrong: Option<Wrong>) -> Response {
    let error = |field: &str| {
        wrong
            .as_ref()
            .filter(|wrong| wrong.field == field)
            .map(|wrong| t(lang, wrong.ja, wrong.en).to_owned())
    };
    let fields = html! {
        input type="hidden" name="back" value=(entered.back);
        (Field::text("staff_id", t(lang, "職員番号", "Staff number")).value(&entered.staff_id)
            .hint(t(lang, "名札に書かれている番号", "As on your badge")).error(error("staff_id")).required().render(lang))
        (Field::text("staff_name", t(lang, "氏名", "Name")).value(&entered.staff_name)
            .error(error("staff_name")).required().render(lang))
        (professions(lang, "profession", &entered.profession))
        (button(t(lang, "この名前で始める", "Begin under this name")))
    };
    let body = html! {
        (card(t(lang, "職員の情報", "About you"), form("/staff", csrf, fields)))
        p.fine { (t(lang,
            "窓口を閉じるか12時間たつと消えます。共用の端末では、席を離れるときに「担当者を交代する」を押してください。",
            "It is forgotten when the desk closes, or after 12 hours. On a shared terminal choose “Change user” when you leave.")) }
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let lead = t(
        lang,
        "記録を見る前に、担当者を確認します。だれが見たかは、ご本人があとで確かめられます。",
        "Before records are looked at: who are you? The person can see afterwards who looked.",
    );
    pages
        .page(lang, csrf, "/staff", t(lang, "担当者の確認", "Who are you?"))
        .lead(lead)
        .status(status)
        .body(body)
        .into_response()
}

/// A choice of profession.
pub fn professions(lang: Lang, name: &str, selected: &str) -> Markup {
    let choices: Vec<Choice> = Profession::ALL
        .iter()
        .filter(|profession| **profession != Profession::Oneself)
        .map(|profession| Choice {
            value: profession.code().to_owned(),
            label: t(lang, profession.ja(), profession.en()).to_owned(),
        })
        .collect();
    select(lang, name, t(lang, "職種", "Profession"), &choices, selected)
}

/// Who acts, with the way to change: stands on every page that looks at records.
pub fn badge(lang: Lang, csrf: &Csrf, staff: &Practitioner) -> Markup {
    html! {
        form.acting method="post" action="/staff/leave" {
            input type="hidden" name=(wire::session::CSRF_FIELD) value=(csrf.token());
            span { (t(lang, "担当者：", "You: ")) span lang="ja" { (staff.name) } (t(lang, "（", " (")) (t(lang, staff.profession.ja(), staff.profession.en())) (t(lang, "）", ")")) }
            button.plain type="submit" { (t(lang, "担当者を交代する", "Change user")) }
        }
    }
}
