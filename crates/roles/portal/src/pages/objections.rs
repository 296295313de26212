//! "I do not understand, I object": written in a few words, sent to the institution and to the overseer, followed here.

use axum::extract::{Form, Query, State};
use calendar::Timestamp;
use codes::{ExchangeId, OrgId, OrgKind};
use ledger::Receipt;
use maud::{Markup, html};
use protocol::oversight::{
    Disputed, OBJECTION_TEXT_LIMIT, ObjectionGround, ObjectionState, ObjectionStatus, WordKind,
};
use serde::Deserialize;
use wire::page::{
    Entry, Lang, Tone, badge, button, button_quiet, card_with, empty_state, form, notice, problem_notice, t,
    timeline, when,
};
use wire::{Csrf, Page, Problem};

use super::parts::{fieldset, name, option};
use super::{Shown, Whoever, inside, see};
use crate::model::Visit;
use crate::problems;
use crate::service::Service;
use crate::service::objections::Objecting;

/// What a person objects to, as the link at an entry names it and the form carries it on.
#[derive(Clone, Deserialize, Default)]
pub(super) struct About {
    #[serde(default)]
    about: String,
    #[serde(default)]
    log: String,
    #[serde(default)]
    entry: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    ground: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    key: String,
}

#[derive(Deserialize)]
pub(super) struct Came {
    #[serde(default)]
    filed: String,
}

#[derive(Deserialize)]
pub(super) struct Saying {
    objection: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    close: String,
}

impl About {
    /// Whom it concerns; the relay, where only the log itself is in question.
    fn concerns(&self, service: &Service) -> Result<OrgId, Problem> {
        if self.who.is_empty() {
            let relay = service.policy.directory().of_kind(OrgKind::Relay).into_iter().next();
            return relay.map(|relay| relay.id).ok_or_else(problems::no_party);
        }
        self.who.parse().map_err(|_| problems::no_party())
    }

    fn disputed(&self, service: &Service) -> Option<Disputed> {
        let exchange = self.about.parse().ok()?;
        let kind =
            [OrgKind::Relay, OrgKind::Eligibility].into_iter().find(|kind| kind.to_string() == self.log);
        let log = kind.and_then(|kind| service.policy.directory().of_kind(kind).into_iter().next());
        let receipt = || {
            let origin = protocol::ledger::origin(&log.as_ref()?.id);
            Some(Receipt { origin, index: self.entry.parse().ok()?, at: self.at.parse().ok()? })
        };
        Some(Disputed { exchange, receipt: receipt() })
    }

    fn ground(&self) -> ObjectionGround {
        let known = ObjectionGround::ALL.into_iter().find(|ground| ground.as_str() == self.ground);
        known.unwrap_or(ObjectionGround::NotUnderstood)
    }
}

pub(super) async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Query(about): Query<About>,
) -> Shown {
    Ok(page(&service, lang, &csrf, &visit, &about, None))
}

pub(super) async fn file(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Form(about): Form<About>,
) -> Shown {
    let key = about.key.parse().map_err(|_| Problem::not_found())?;
    let objecting = Objecting {
        key,
        concerns: about.concerns(&service)?,
        about: about.disputed(&service),
        ground: about.ground(),
        text: about.text.clone(),
    };
    match service.object(&visit, objecting).await {
        Ok(true) => Ok(see("/objections?filed=both")),
        Ok(false) => Ok(see("/objections?filed=overseer")),
        Err(problem) => Ok(page(&service, lang, &csrf, &visit, &about, Some(&problem))),
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Query(came): Query<Came>,
) -> Page {
    let found = service.objections(&visit).await;
    let body = html! {
        @match came.filed.as_str() {
            "both" => (notice(Tone::Ok, t(lang, "届けました", "It was filed"), html! { p { (t(lang, "相手の機関と監督機関に届きました。返事は、ここに載ります。", "The organisation and the overseer have it. Answers appear here.")) } })),
            "overseer" => (notice(Tone::Ok, t(lang, "監督機関に届けました", "The overseer has it"), html! { p { (t(lang, "相手の機関には、いまつながりません。監督機関から伝わります。返事は、ここに載ります。", "The organisation cannot be reached now and has it from the overseer. Answers appear here.")) } })),
            _ => {}
        }
        @match &found {
            Err(problem) => (problem_notice(lang, problem)),
            Ok(all) if all.is_empty() => (empty_state(
                t(lang, "申し立ては、まだありません", "You have not objected to anything"),
                t(lang, "「だれが見たか」の一つ一つに「分からない・おかしい」があります。", "Each line of who looked has a link for it."),
                html! {},
            )),
            Ok(all) => { @for one in all { (objection(&service, lang, &csrf, one)) } }
        }
    };
    inside(lang, &csrf, &visit, t(lang, "申し立て", "Objections"), "/objections", body)
}

pub(super) async fn say(
    State(service): State<Service>,
    lang: Lang,
    Whoever(visit): Whoever,
    Form(saying): Form<Saying>,
) -> Shown {
    let objection = saying.objection.parse().map_err(|_| Problem::not_found())?;
    let (kind, text) = if saying.close.is_empty() {
        (WordKind::Answer, saying.text)
    } else {
        (WordKind::Close, t(lang, "納得しました。", "This settles it.").to_owned())
    };
    service.say(&visit, objection, kind, text).await?;
    Ok(see("/objections"))
}

fn page(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    about: &About,
    problem: Option<&Problem>,
) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    let concerns = about.concerns(service).ok();
    let key = about.key.parse().unwrap_or_else(|_| ExchangeId::new(service.now().as_millis())).to_string();
    let carried = [
        ("about", &about.about),
        ("log", &about.log),
        ("entry", &about.entry),
        ("at", &about.at),
        ("who", &about.who),
        ("key", &key),
    ];
    let at = about.at.parse().ok().map(|at| when(lang, Timestamp::from_millis(at)));
    let body = html! {
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        (form("/objections/new", csrf, html! {
            @for (name, value) in carried { input type="hidden" name=(name) value=(value); }
            @if let Some(org) = &concerns { p { (t(lang, "相手: ", "Concerns: ")) strong { (name(service, lang, org)) }
                @if let Some(at) = &at { " " (at) } } }
            (fieldset(t(lang, "どういうことですか", "What is it?"), "", html! {
                @for ground in ObjectionGround::ALL {
                    @let words = ground.words();
                    (option(false, "ground", ground.as_str(), about.ground() == ground, t(lang, words.0, words.1), ""))
                }
            }))
            div.field {
                label for="field-text" { (t(lang, "あなたの言葉で", "In your words")) span.required { (t(lang, "必須", "required")) } }
                p.hint id="hint-text" { (t(lang, "相手の機関と監督機関の両方が読みます。病名などは書かなくてかまいません。", "The organisation and the overseer both read it. You need not name any illness.")) }
                textarea id="field-text" name="text" rows="5" required maxlength=(OBJECTION_TEXT_LIMIT) aria-describedby="hint-text" { (about.text) }
            }
            (button(t(lang, "申し立てる", "File it")))
            p { a href="/" { (t(lang, "申し立てずにもどる", "Back without filing")) } }
        }))
    };
    let title = t(lang, "分からない・おかしいと申し立てる", "Say that you do not understand, or object");
    let page = inside(lang, csrf, visit, title, "/objections/new", body);
    match problem {
        Some(problem) => page.status(problem.status()).into_response(),
        None => page.into_response(),
    }
}

fn objection(service: &Service, lang: Lang, csrf: &Csrf, one: &ObjectionStatus) -> Markup {
    let (ground, state) = (one.ground.words(), one.state.words());
    let tone = match one.state {
        ObjectionState::Received | ObjectionState::Asked => Tone::Info,
        ObjectionState::Answered => Tone::Warn,
        ObjectionState::Closed => Tone::Ok,
    };
    let entry = |at: Timestamp, title: String, text: &str| Entry {
        when: when(lang, at),
        datetime: at.to_rfc3339(),
        title,
        tone: None,
        body: html! { p.said { (text) } },
    };
    let first = entry(one.at, t(lang, "あなた", "You").to_owned(), &one.text);
    let said = one.said.iter().map(|said| {
        let speaker = said.speaker.words();
        let staff = said.staff.as_ref().map_or(String::new(), |staff| format!(" {}", staff.name));
        let place = name(service, lang, &said.organisation);
        entry(said.at, format!("{}: {place}{staff}", t(lang, speaker.0, speaker.1)), &said.text)
    });
    let entries: Vec<Entry> = std::iter::once(first).chain(said).collect();
    let open = one.state != ObjectionState::Closed;
    let id = format!("say-{}", one.objection);
    card_with(
        &format!("{}: {}", name(service, lang, &one.concerns), t(lang, ground.0, ground.1)),
        badge(tone, t(lang, state.0, state.1)),
        html! {
            (timeline(&entries))
            @if open {
                (form("/objections", csrf, html! {
                    input type="hidden" name="objection" value=(one.objection);
                    div.field {
                        label for=(id) { (t(lang, "書き足す・答える", "Add or answer")) }
                        textarea id=(id) name="text" rows="3" maxlength=(OBJECTION_TEXT_LIMIT) {}
                    }
                    div.actions {
                        (button(t(lang, "送る", "Send")))
                        (button_quiet(t(lang, "納得したので終える", "This settles it"), "close", "yes"))
                    }
                }))
            }
            p.fine { (t(lang, "申し立ての番号: ", "Number: ")) code { (one.objection) } }
        },
    )
}
