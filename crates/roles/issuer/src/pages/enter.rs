//! Coming to the counter: the card is put down and its PIN entered.

use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use codes::OrgKind;
use maud::{Markup, html};
use protocol::{
    eligibility::ReadProof,
    reader::{ReadOrder, ReaderMode, ReaderPort, Road, TrayCard},
};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use wire::{
    Csrf, Lang, Page, Problem,
    page::{Field, Tile, button, card, empty_state, form, form_get, problem_notice, tiles},
    t,
};

use super::{Pages, frame, moved};
use crate::problems;

/// Cards that one page of the tray shows.
const TRAY_MAX: usize = 60;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    pick: String,
    q: String,
}

#[derive(Deserialize)]
pub(super) struct Entering {
    card: String,
    #[serde(default)]
    pin: String,
}

/// GET /
pub(super) async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Query(chosen): Query<Chosen>,
) -> Page {
    let cards = pages.reader.as_ref().map(|reader| reader.tray()).unwrap_or_default();
    let body = match cards.iter().find(|card| card.id == chosen.pick) {
        Some(card) => pin_form(lang, &csrf, card, None),
        None => choose(lang, &cards, &chosen.q),
    };
    page(lang, body)
}

/// POST /
pub(super) async fn enter(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Form(entering): Form<Entering>,
) -> Response {
    match pages.enter(&entering).await {
        Ok(visit) => moved(format!("/person/{visit}")),
        Err(problem) => {
            let cards = pages.reader.as_ref().map(|reader| reader.tray()).unwrap_or_default();
            let body = match cards.iter().find(|card| card.id == entering.card) {
                Some(card) => pin_form(lang, &csrf, card, Some(&problem)),
                None => html! { (problem_notice(lang, &problem)) (choose(lang, &cards, "")) },
            };
            page(lang, body).status(problem.status()).into_response()
        }
    }
}

impl Pages {
    /// Reads the card with its PIN, finds whose it is, and brings its further numbers up to date.
    async fn enter(&self, entering: &Entering) -> Result<String, Problem> {
        let order = self.order(&entering.pin)?;
        let binding = ReadProof::binding(&order.institution, order.at, &hex(&order.nonce));
        let card = entering.card.clone();
        let read = self.at_reader(move |reader| reader.read(&card, &order)).await?;
        let person = self.service.holder_of(&read.presented, &binding).await?;
        let numbers = self.service.own_cards(person).await?;
        self.write(&entering.card, numbers).await;
        let visit = self.visits.begin(person, entering.card.clone(), self.service.clock.now());
        visit.ok_or_else(|| problems::internal("no random numbers"))
    }

    /// Writes the person's further numbers to the card on the reader; false when it took none of them.
    pub(super) async fn write(&self, card: &str, numbers: Vec<protocol::Sealed>) -> bool {
        if numbers.is_empty() {
            return true;
        }
        let card = card.to_owned();
        // Each is for one card alone; another one does not open it.
        let written = self.at_reader(move |reader| {
            Ok(numbers.iter().any(|numbers| reader.write_numbers(&card, numbers).is_ok()))
        });
        written.await.unwrap_or(false)
    }

    async fn at_reader<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn ReaderPort) -> Result<T, protocol::reader::ReaderError> + Send + 'static,
    ) -> Result<T, Problem> {
        let reader = self.reader.clone().ok_or_else(problems::no_reader)?;
        let done = tokio::task::spawn_blocking(move || work(&*reader)).await;
        done.map_err(problems::internal)?.map_err(|error| {
            Problem::new(422, "card-not-read").ja(error.ja()).en(error.to_string()).at("pin")
        })
    }

    fn order(&self, pin: &str) -> Result<ReadOrder, Problem> {
        let mut nonce = [0; 16];
        SystemRandom::new().fill(&mut nonce).map_err(problems::internal)?;
        let (eligibility_id, eligibility) = self.service.recipient(OrgKind::Eligibility)?;
        Ok(ReadOrder {
            institution: self.service.org,
            terminal: "medical-id-counter".into(),
            mode: ReaderMode::Pin,
            pin: Some(pin.to_owned()),
            road: Road::Certificate,
            nonce,
            at: self.service.clock.now(),
            eligibility,
            eligibility_id,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn page(lang: Lang, body: Markup) -> Page {
    frame(lang, t(lang, "医療等IDの窓口", "The medical ID counter"))
        .lead(t(
            lang,
            "あなたの医療等IDを、持つ、変える、分ける、封印する、やめる。決めるのはあなたです。カードと暗証番号で手続きします。",
            "Have, change, divide, seal or stop your medical ID: you decide. Your card and its PIN are all you need.",
        ))
        .body(body)
}

fn choose(lang: Lang, cards: &[TrayCard], query: &str) -> Markup {
    let folded = kotoba::fold_name(query);
    let fits = |card: &&TrayCard| folded.is_empty() || kotoba::fold_name(&card.name).contains(&folded);
    let shown: Vec<Tile> = cards.iter().filter(fits).take(TRAY_MAX).map(|card| tile(lang, card)).collect();
    if cards.is_empty() {
        let title = t(lang, "カードリーダーがつながっていません", "No card reader is connected");
        let hint = t(lang, "市町村の窓口で手続きできます。", "Your municipality's counter can do it.");
        return empty_state(title, hint, html! {});
    }
    html! {
        (form_get("/", html! {
            (Field::text("q", t(lang, "カードを名前でさがす", "Find a card by name")).value(query).render(lang))
            button.button.quiet type="submit" { (t(lang, "さがす", "Find")) }
        }))
        (tiles(&shown))
    }
}

fn tile(lang: Lang, card: &TrayCard) -> Tile {
    Tile {
        title: card.name.clone(),
        over: t(lang, "マイナンバーカード", "My Number card").to_owned(),
        under: t(lang, &card.note_ja, &card.note_en).clone(),
        href: Some(format!("/?pick={}", card.id)),
        value: String::new(),
        kind: "card".to_owned(),
    }
}

fn pin_form(lang: Lang, csrf: &Csrf, chosen: &TrayCard, problem: Option<&Problem>) -> Markup {
    html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (card(&chosen.name, form("/", csrf, html! {
            input type="hidden" name="card" value=(chosen.id);
            (Field::secret("pin", t(lang, "暗証番号（数字4桁）", "PIN (four digits)")).required().render(lang))
            (button(t(lang, "手続きをはじめる", "Begin")))
        })))
    }
}
