//! The reception desk: the card, how the bearer is verified, and one clear action.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use protocol::reader::{NumberChoice, ReaderMode, Road, TrayCard};
use serde::Deserialize;
use wire::page::{Fragment, Lang, Tone, card, details, empty_state, live, notice, problem_notice, t};
use wire::{Csrf, Problem};

use super::parts::{clock, standing_badge};
use super::{Pages, Shown, see};
use crate::error::DeskError;
use crate::model::{Door, VisitLine};
use crate::service::CardOrder;

/// What the address may say.
#[derive(Deserialize)]
pub struct Asked {
    /// Only cards whose name holds this.
    #[serde(default)]
    tray: String,
}

/// What the clerk chose; also what the form shows again after a failure.
#[derive(Deserialize)]
pub struct Choice {
    #[serde(default = "face")]
    mode: ReaderMode,
    #[serde(default = "insurance_code")]
    road: Road,
    #[serde(default)]
    pin: String,
    #[serde(default)]
    card: String,
}

fn face() -> ReaderMode {
    ReaderMode::Face
}

fn insurance_code() -> Road {
    Road::InsuranceCode
}

/// GET /
pub async fn show(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Query(asked): Query<Asked>) -> Shown {
    let choice = Choice { mode: face(), road: insurance_code(), pin: String::new(), card: String::new() };
    render(&pages, lang, &csrf, &choice, &asked.tray, None).await
}

/// POST /read
pub async fn read(State(pages): State<Pages>, lang: Lang, csrf: Csrf, Form(choice): Form<Choice>) -> Shown {
    let pin = (choice.mode == ReaderMode::Pin).then(|| choice.pin.clone());
    let (card, number) = chosen(&choice.card)?;
    let order = CardOrder { card, mode: choice.mode, road: choice.road, pin };
    match pages.service.receive_card_for(Door::Desk, order, number).await {
        Ok(visit) => Ok(see(format!("/visits/{visit}"))),
        Err(error @ (DeskError::Reader(_) | DeskError::Statement(_) | DeskError::NoReader)) => {
            render(&pages, lang, &csrf, &choice, "", Some(error.into())).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A card, and which of the person's numbers it is for, as its own buttons say.
pub fn chosen(card: &str) -> Result<(String, NumberChoice), Problem> {
    let (id, word) = card.split_once(NUMBER_AFTER).unwrap_or((card, ""));
    let number = NumberChoice::from_word(word).ok_or_else(Problem::not_found)?;
    Ok((id.to_owned(), number))
}

/// GET /latest: the part of the desk that renews itself.
pub async fn latest(State(pages): State<Pages>, lang: Lang) -> Shown {
    let latest = pages.service.day(pages.service.today(), None, LATEST).await?;
    Ok(Fragment(latest_visits(lang, &latest)).into_response())
}

async fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    choice: &Choice,
    filter: &str,
    problem: Option<Problem>,
) -> Shown {
    let latest = pages.service.day(pages.service.today(), None, LATEST).await?;
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let body = html! {
        @if let Some(problem) = &problem { (problem_notice(lang, problem)) }
        div.desk {
            div.desk-main {
                @match pages.service.tray() {
                    Some(tray) => (reader_form(lang, csrf, choice, &tray, filter, |id| pages.service.numbers(id))),
                    None => (no_reader(lang)),
                }
            }
            aside.desk-side aria-label=(t(lang, "ほかの受付方法と本日の来院", "Other ways and today’s visits")) {
                (card(t(lang, "カードがないとき", "Without a card"), html! {
                    p { (t(lang,
                        "資格確認書などの記号・番号で確認できます。",
                        "Check by the symbol and number on a certificate.")) }
                    p { a.button.quiet href="/number" { (t(lang, "番号で確認する", "Check by number")) } }
                }))
                (live("latest", "/latest", 5, latest_visits(lang, &latest)))
            }
        }
    };
    let title = t(lang, "受付", "Reception");
    let lead = t(
        lang,
        "本人確認の方法を選び、カードを選んでください。資格の確認はすぐに終わります。",
        "Choose how the bearer is verified, then the card. The check takes a moment.",
    );
    Ok(pages.page(lang, csrf, "/", title).lead(lead).status(status).body(body).into_response())
}

fn no_reader(lang: Lang) -> Markup {
    empty_state(
        t(lang, "カードリーダーがつながっていません", "No card reader is connected"),
        t(
            lang,
            "カードリーダーをつなぐか、記号・番号で確認してください。",
            "Connect the reader, or check by symbol and number.",
        ),
        html! { a.button href="/number" { (t(lang, "番号で確認する", "Check by number")) } },
    )
}

fn reader_form(
    lang: Lang,
    csrf: &Csrf,
    choice: &Choice,
    tray: &[TrayCard],
    filter: &str,
    numbers: impl Fn(&str) -> Vec<u16>,
) -> Markup {
    let folded = kotoba::fold_name(filter);
    let fits = |card: &&TrayCard| {
        folded.is_empty()
            || kotoba::fold_name(&card.name).contains(&folded)
            || card.birthdate.contains(filter)
    };
    let shown: Vec<&TrayCard> = tray.iter().filter(fits).take(TRAY).collect();
    html! {
        @if tray.len() > MANY { (tray_filter(lang, filter, tray.len(), shown.len())) }
        form method="post" action="/read" data-once {
            // The first submit button is what Enter in a field would press: not the first card in the tray.
            @if !tray.is_empty() { button type="submit" disabled hidden {} }
            input type="hidden" name=(wire::session::CSRF_FIELD) value=(csrf.token());
            (modes(lang, choice))
            @if tray.is_empty() {
                p { button.button.big type="submit" name="card" value="" { (t(lang, "カードを読み取る", "Read the card")) } }
            } @else {
                fieldset.tray {
                    legend { (t(lang, "カード", "Card")) }
                    @if shown.is_empty() { p.muted { (t(lang, "この名前のカードはありません。", "No card of this name.")) } }
                    ul.tiles { @for card in shown { li { (tray_card(lang, card)) (further(lang, card, &numbers(&card.id))) } } }
                }
            }
            (details(t(lang, "読み取り方法を変える", "Read in another way"), roads(lang, choice)))
        }
    }
}

fn tray_filter(lang: Lang, filter: &str, all: usize, shown: usize) -> Markup {
    let hint = t(
        lang,
        format!("{all}枚のうち{shown}枚を表示しています。"),
        format!("{shown} of {all} cards are shown."),
    );
    wire::page::form_get(
        "/",
        html! {
            (wire::page::Field::text("tray", t(lang, "カードを名前でさがす", "Find a card by name")).value(filter).hint(hint).render(lang))
            button.button.quiet type="submit" { (t(lang, "さがす", "Find")) }
        },
    )
}

fn modes(lang: Lang, choice: &Choice) -> Markup {
    let modes = [
        (
            ReaderMode::Face,
            "face",
            t(lang, "顔認証", "Face"),
            t(lang, "リーダーに顔を向ける", "Look at the reader"),
        ),
        (
            ReaderMode::Visual,
            "visual",
            t(lang, "目視", "Photograph"),
            t(lang, "職員が写真と見比べる", "Staff compare the picture"),
        ),
        (
            ReaderMode::Pin,
            "pin",
            t(lang, "暗証番号", "PIN"),
            t(lang, "数字4桁を入力する", "Type four digits"),
        ),
    ];
    html! {
        fieldset.modes {
            legend { (t(lang, "本人確認の方法", "How the bearer is verified")) }
            div.segments {
                @for (mode, value, label, hint) in modes {
                    label.segment {
                        input type="radio" name="mode" value=(value) checked[mode == choice.mode];
                        span { span.segment-label { (label) } span.segment-hint { (hint) } }
                    }
                }
            }
            div.pin {
                label for="pin" { (t(lang, "暗証番号（数字4桁）", "PIN (four digits)")) }
                p.hint #pin-hint { (t(
                    lang,
                    "入力してから、下のカードを選んでください。番号はどこにも残りません。",
                    "Type it, then choose the card below. It is kept nowhere.")) }
                input #pin name="pin" type="password" inputmode="numeric" pattern="[0-9]{4}" maxlength="4"
                    autocomplete="off" aria-describedby="pin-hint";
            }
        }
    }
}

fn roads(lang: Lang, choice: &Choice) -> Markup {
    let roads = [
        (
            Road::InsuranceCode,
            "insurance-code",
            t(lang, "保険資格符号（ふだんはこちら）", "Insurance code on the chip (usual)"),
        ),
        (Road::Certificate, "certificate", t(lang, "利用者証明用電子証明書", "Authentication certificate")),
    ];
    html! {
        fieldset.roads {
            legend.hidden { (t(lang, "読み取り方法", "What is read")) }
            @for (road, value, label) in roads {
                label { input type="radio" name="road" value=(value) checked[road == choice.road]; " " (label) }
            }
        }
    }
}

/// A card of the tray as a button of the form around it.
pub fn tray_card(lang: Lang, card: &TrayCard) -> Markup {
    let born = card.birthdate.parse::<calendar::Date>().ok();
    let note = t(lang, &card.note_ja, &card.note_en);
    html! {
        button.tile.id-card type="submit" name="card" value=(card.id) {
            span.tile-over { (t(lang, "マイナンバーカード", "My Number card")) }
            span.tile-title lang="ja" { (card.name) }
            @if let Some(born) = born { span.id-born { (born.to_wareki()) (t(lang, "生", " born")) } }
            @if !note.is_empty() { span.tile-under { (note) } }
        }
    }
}

/// The choice of number, for a card that holds further ones. Their names are not on the card: the person knows them.
pub fn further(lang: Lang, card: &TrayCard, numbers: &[u16]) -> Markup {
    let choices = numbers.iter().map(|number| NumberChoice::Further(*number)).chain([NumberChoice::Unused]);
    let label = |choice| match choice {
        NumberChoice::Further(number) => t(lang, format!("別の番号 {number}"), format!("Number {number}")),
        _ => t(lang, "番号を使わない".to_owned(), "No number".to_owned()),
    };
    html! {
        @if !numbers.is_empty() {
            div.number-choice role="group" aria-label=(t(lang, "どの番号で受診しますか", "Which number is this visit for?")) {
                p.hint { (t(lang, "どの番号で受診しますか", "Which number is this visit for?")) }
                // Whoever came with a further one last time is known by it until the ordinary one is read again.
                button.button.quiet type="submit" name="card" value=(card.id) { (t(lang, "ふだんの番号", "The ordinary number")) }
                @for choice in choices {
                    button.button.quiet type="submit" name="card" value={ (card.id) (NUMBER_AFTER) (choice.word()) } {
                        (label(choice))
                    }
                }
            }
        }
    }
}

fn latest_visits(lang: Lang, lines: &[VisitLine]) -> Markup {
    html! {
        (card(t(lang, "最近の受付", "Latest visits"), html! {
            @if lines.is_empty() {
                (notice(Tone::Info, t(lang, "本日の受付はまだありません。", "No visits yet today."), html! {}))
            } @else {
                ul.latest { @for line in lines {
                    li {
                        time datetime=(line.received_at) { (clock(line.received_at)) }
                        a href={ "/visits/" (line.id) } lang="ja" {
                            (if line.name.is_empty() { t(lang, "（氏名不明）", "(name unknown)") } else { &line.name })
                        }
                        (standing_badge(lang, line.standing))
                    }
                } }
                p { a href="/visits" { (t(lang, "今日の来院をすべて見る", "All of today’s visits")) } }
            }
        }))
    }
}

/// Between a card's name and the number it is read for.
const NUMBER_AFTER: char = '/';
/// Cards shown at once.
const TRAY: usize = 48;
/// From this many cards on, they can be searched.
const MANY: usize = 12;
/// Visits shown beside the tray.
const LATEST: u32 = 6;
