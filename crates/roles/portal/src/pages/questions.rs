//! One question at a time: asked, then shown as the document that it becomes, then decided.

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use codes::{ExchangeId, OrgKind};
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{Field, Lang, button, form, form_get, problem_notice, t};
use wire::{Csrf, Page, Problem};

use super::choices::without_id;
use super::fields::{
    INSTITUTIONS_MAX, but, called, emergency, institutions, kinds, labels, mandate, period, sensitive, whom,
};
use super::meaning::meaning;
use super::{Shown, Whoever, inside, see};
use crate::model::Visit;
use crate::problems;
use crate::service::Service;
use crate::service::choices::{Answers, Question};

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
}

/// Title and explanation of a question.
pub(super) fn words(lang: Lang, question: Question) -> (&'static str, &'static str) {
    match question {
        Question::Share => t(
            lang,
            ("この機関に見せる", "病院や薬局を選んで、記録を見せる"),
            ("Let these see", "Choose hospitals or pharmacies that may see your records"),
        ),
        Question::ShareAll => t(
            lang,
            ("わたしを診る人みんなに見せる", "受付でカードを出した先と、ケアチームに"),
            ("Let everyone who treats me see", "Wherever you show your card, and your care teams"),
        ),
        Question::HideKind => t(
            lang,
            ("これは見せない", "精神・心療、HIV など、選んだものを隠す"),
            ("Not this", "Hide what you choose: mental health, HIV and others"),
        ),
        Question::HideFrom => t(
            lang,
            ("この機関には見せない", "知り合いが働いている、など理由はいりません"),
            ("Not these institutions", "You need give no reason"),
        ),
        Question::HideMade => t(
            lang,
            ("ここの記録をほかに見せない", "選んだ機関で書かれた記録を、ほかの機関に出さない"),
            ("Not what these wrote", "What these institutions wrote goes to no other"),
        ),
        Question::Team => t(
            lang,
            ("ケアチームを決める", "いっしょにわたしを支える機関を一つのチームにする"),
            ("Name a care team", "Institutions that look after you together"),
        ),
        Question::Proxy => t(
            lang,
            ("代理人を決める", "わたしに代わって決めてよい人"),
            ("Name a proxy", "Somebody who may decide for you"),
        ),
        Question::Directive => t(
            lang,
            ("決められなくなったときのために", "意識がない、認知症など、その日のための指示"),
            ("For the day I cannot decide", "A directive for unconsciousness or dementia"),
        ),
        Question::OptOut => t(
            lang,
            ("共有をすべてやめる", "これまでに許したことも働かなくなる"),
            ("End all sharing", "What you permitted has no effect either"),
        ),
        Question::Return => t(
            lang,
            ("共有を元に戻す", "前に決めたことが、また働く"),
            ("Share again", "What you decided before works again"),
        ),
    }
}

pub(super) async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Path(question): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Shown {
    let question = Question::from_word(&question).ok_or_else(problems::no_question)?;
    let answers = Answers::default();
    Ok(page(
        lang,
        &csrf,
        &visit,
        question,
        html! {
            (find(lang, &service, question, &wanted.q))
            (asking(&service, lang, &csrf, question, &answers, &wanted.q))
        },
    )
    .into_response())
}

pub(super) async fn answer(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Path(question): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let question = Question::from_word(&question).ok_or_else(problems::no_question)?;
    let answers = Answers(fields);
    let key = answers.one("key").parse().unwrap_or_else(|_| ExchangeId::new(service.now().as_millis()));
    let decided = match service.decided(question, &answers, key) {
        Ok(decided) => decided,
        Err(problem) => return Ok(again(&service, lang, &csrf, &visit, question, &answers, &problem)),
    };
    let will = service.will(&visit).await?;
    let decided = match decided.with_endings(&will, service.now()).by(&visit, &will) {
        Ok(decided) => decided,
        Err(problem) => return Ok(again(&service, lang, &csrf, &visit, question, &answers, &problem)),
    };
    if answers.one("step") != "decide" {
        let body = html! {
            (meaning(&service, lang, &decided, &will))
            (confirm(lang, &csrf, question, &answers, key))
        };
        return Ok(page(lang, &csrf, &visit, question, body).into_response());
    }
    match service.decide(&visit, decided, key).await {
        Ok(()) => Ok(see("/choices?done=true")),
        Err(problem) => Ok(again(&service, lang, &csrf, &visit, question, &answers, &problem)),
    }
}

fn page(lang: Lang, csrf: &Csrf, visit: &Visit, question: Question, body: Markup) -> Page {
    let path = format!("/choices/{}", question.as_str());
    let (title, lead) = words(lang, question);
    let body = if visit.subject().code.is_none() { without_id(lang) } else { body };
    inside(lang, csrf, visit, title, &path, body).lead(lead)
}

/// The form again, with what was wrong.
fn again(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    question: Question,
    answers: &Answers,
    problem: &Problem,
) -> Response {
    let body = html! {
        (problem_notice(lang, problem))
        (asking(service, lang, csrf, question, answers, ""))
    };
    page(lang, csrf, visit, question, body).status(problem.status()).into_response()
}

/// Where institutions are found by name, where the question names some.
fn find(lang: Lang, service: &Service, question: Question, wanted: &str) -> Markup {
    let many = service.policy.directory().of_kind(OrgKind::Institution).len() > INSTITUTIONS_MAX;
    let names =
        !matches!(question, Question::ShareAll | Question::Proxy | Question::OptOut | Question::Return);
    html! {
        @if names && (many || !wanted.is_empty()) {
            (form_get(&format!("/choices/{}", question.as_str()), html! {
                (Field::text("q", t(lang, "機関を名前で探す", "Find an institution by name")).value(wanted).render(lang))
                (button(t(lang, "探す", "Find")))
            }))
        }
    }
}

fn asking(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    question: Question,
    answers: &Answers,
    wanted: &str,
) -> Markup {
    let places = || institutions(service, lang, answers, wanted);
    form(
        &format!("/choices/{}", question.as_str()),
        csrf,
        html! {
            @match question {
                Question::Share => { (places()) (kinds(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
                Question::ShareAll => { (kinds(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
                Question::HideKind => { (labels(lang, answers)) (emergency(lang, answers)) (but(lang, places())) (period(lang, answers)) }
                Question::HideFrom | Question::HideMade => { (places()) (kinds(lang, answers)) (emergency(lang, answers)) (period(lang, answers)) }
                Question::Directive => { (whom(lang, answers)) (places()) (kinds(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
                Question::Team => { (called(lang, answers, question)) (places()) (period(lang, answers)) }
                Question::Proxy => { (called(lang, answers, question)) (mandate(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
                Question::OptOut => { (emergency(lang, answers)) }
                Question::Return => {}
            }
            (button(t(lang, "内容を確かめる", "See what this means")))
            p { a href="/choices" { (t(lang, "決めずにもどる", "Back without deciding")) } }
        },
    )
}

/// The one button that decides, with the answers it decides by.
fn confirm(lang: Lang, csrf: &Csrf, question: Question, answers: &Answers, key: ExchangeId) -> Markup {
    let carried = answers.0.iter().filter(|(name, _)| !matches!(name.as_str(), "_csrf" | "step" | "key"));
    form(
        &format!("/choices/{}", question.as_str()),
        csrf,
        html! {
            @for (name, value) in carried { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="key" value=(key);
            input type="hidden" name="step" value="decide";
            (button(t(lang, "このとおり決める", "Decide this")))
            p.actions {
                a href={ "/choices/" (question.as_str()) } { (t(lang, "選びなおす", "Choose again")) }
                a href="/choices" { (t(lang, "決めずにもどる", "Back without deciding")) }
            }
        },
    )
}
