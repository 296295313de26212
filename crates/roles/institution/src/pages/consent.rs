//! Consent at the desk: the person decides, the clerk reads the text aloud, the sheet is printed, the relay keeps it.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use consent::template::{self, Text};
use consent::{ActReason, Consents, Effect, Label, Purposes, Rule, RuleId, TemplateVersion, What, Who};
use maud::{Markup, html};
use protocol::consents::ConsentAct;
use protocol::exchange::Practitioner;
use serde::Deserialize;
use wire::page::{
    Lang, Tone, badge as tone_badge, card, details, form, link_button, notice, problem_notice, t,
};
use wire::{Csrf, Problem};

use super::clinical::{head, local, page};
use super::parts::moment;
use super::staff::{Acting, badge};
use super::{Pages, Shown, see};
use crate::model::Patient;

/// What a person may decide at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// This institution may see, for treatment and care.
    Share,
    /// This institution may not see psychiatry.
    NotPsychiatry,
    /// A rule ends.
    Withdraw,
}

/// What the address or the form says.
#[derive(Deserialize)]
pub struct Chosen {
    choice: Option<Choice>,
    /// The rule that ends, or whose sheet is shown.
    rule: Option<RuleId>,
    /// Whether it was just done.
    #[serde(default)]
    done: String,
}

/// GET /patients/{patient}/consent
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    render(&pages, lang, &csrf, &staff, &patient, &chosen, None).await
}

/// POST /patients/{patient}/consent: passes the decision on.
pub async fn decide(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Acting(staff): Acting,
    Path(number): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Shown {
    let (patient, _) = pages.service.patient(local(&number)?).await?;
    let (act, rule) = match (chosen.choice, &chosen.rule) {
        (Some(Choice::Withdraw), Some(rule)) => (ConsentAct::Withdraw(rule.clone()), rule.clone()),
        (Some(choice), _) => {
            let rule = drafted(&pages, choice).ok_or_else(Problem::internal)?;
            let id = rule.id.clone();
            (ConsentAct::Record(Box::new(rule)), id)
        }
        _ => return Ok(see(format!("/patients/{}/consent", patient.local_number))),
    };
    match pages.service.pass_on(staff.clone(), patient.local_number.clone(), act).await {
        Ok(_) => Ok(see(format!("/patients/{}/consent?rule={rule}&done=yes", patient.local_number))),
        Err(problem) if problem.status().is_client_error() => {
            render(&pages, lang, &csrf, &staff, &patient, &chosen, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn render(
    pages: &Pages,
    lang: Lang,
    csrf: &Csrf,
    staff: &Practitioner,
    patient: &Patient,
    chosen: &Chosen,
    problem: Option<&Problem>,
) -> Shown {
    let standing = pages.service.consents_of(&patient.local_number).await;
    let (consents, unknown) = match standing {
        Ok(consents) => (consents, None),
        Err(problem) if problem.status().is_server_error() => (Consents::default(), Some(problem)),
        Err(problem) => (Consents::default(), Some(problem)),
    };
    let named = chosen.rule.as_ref().and_then(|id| consents.rules.iter().find(|rule| rule.id == *id));
    let body = html! {
        (badge(lang, csrf, staff))
        (head(lang, patient, pages))
        @if let Some(problem) = problem { (problem_notice(lang, problem)) }
        @if let Some(problem) = &unknown { (problem_notice(lang, problem)) }
        @else if let Some(choice) = chosen.choice { (reading(lang, csrf, pages, patient, choice, named)) }
        @else if let Some(rule) = named { (sheet(lang, pages, patient, rule, !chosen.done.is_empty())) }
        @else { (choices(lang, patient)) (rules(lang, pages, patient, &consents)) }
    };
    let status = problem.map_or(StatusCode::OK, Problem::status);
    Ok(page(pages, lang, csrf, patient, "consent", body).status(status).into_response())
}

fn choices(lang: Lang, patient: &Patient) -> Markup {
    let tile = |choice: &str, title: &str, under: &str| wire::page::Tile {
        title: title.to_owned(),
        over: String::new(),
        under: under.to_owned(),
        href: Some(format!("/patients/{}/consent?choice={choice}", patient.local_number)),
        value: String::new(),
        kind: String::new(),
    };
    let tiles = [
        tile(
            "share",
            t(lang, "当院に見せる", "Share with us"),
            t(
                lang,
                "他の機関の記録を、当院が診療・介護のために見ることを許します",
                "We may see what others hold, for treatment and care",
            ),
        ),
        tile(
            "not-psychiatry",
            t(lang, "精神科・心療は見せない", "Not psychiatry"),
            t(lang, "精神・心療の情報だけは、当院に見せません", "We may not see mental health information"),
        ),
    ];
    card(
        t(lang, "ご本人が決めること", "What the person decides"),
        html! {
            p { (t(lang, "ご本人に選んでいただきます。どれを選んでも、診療で不利になることはありません。", "The person chooses. No choice changes the treatment they get.")) }
            (wire::page::tiles(&tiles))
        },
    )
}

/// The text to read aloud, and the one button.
fn reading(
    lang: Lang,
    csrf: &Csrf,
    pages: &Pages,
    patient: &Patient,
    choice: Choice,
    named: Option<&Rule>,
) -> Markup {
    let names = names(pages);
    let text = match (choice, named) {
        (Choice::Withdraw, Some(rule)) => template::withdrawal(rule, pages.service.moment(), &names),
        (Choice::Withdraw, None) => None,
        _ => drafted(pages, choice).and_then(|rule| template::document(&rule, &names)),
    };
    let Some(text) = text else {
        return notice(
            Tone::Warn,
            t(lang, "この決定は見つかりません。", "There is no such decision."),
            html! {},
        );
    };
    let path = format!("/patients/{}/consent", patient.local_number);
    let value = match choice {
        Choice::Share => "share",
        Choice::NotPsychiatry => "not-psychiatry",
        Choice::Withdraw => "withdraw",
    };
    html! {
        (notice(Tone::Info, t(lang, "この文面を、ご本人に読み上げてください。", "Read this aloud to the person."), html! {}))
        (document(lang, &text))
        (form(&path, csrf, html! {
            input type="hidden" name="choice" value=(value);
            @if let Some(rule) = named { input type="hidden" name="rule" value=(rule.id); }
            div.actions {
                button.button type="submit" { (t(lang, "ご本人がこのとおり決めました", "The person has so decided")) }
                a.button.quiet href=(path) { (t(lang, "やめる", "Go back")) }
            }
        }))
    }
}

fn document(lang: Lang, text: &Text) -> Markup {
    let (title, rest) = t(lang, &text.ja, &text.en).split_once('\n').unwrap_or_default();
    html! {
        section.sheet {
            h2 { (title) }
            @for block in rest.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
                p.sheet-block { (block) }
            }
        }
    }
}

/// The sheet of a decision, for printing.
fn sheet(lang: Lang, pages: &Pages, patient: &Patient, rule: &Rule, fresh: bool) -> Markup {
    let names = names(pages);
    let text = match rule.withdrawn_at {
        Some(at) => template::withdrawal(rule, at, &names),
        None => template::document(rule, &names),
    };
    html! {
        @if fresh {
            (notice(Tone::Ok, t(lang, "届けました。いまから、どの機関でも有効です。", "Passed on: it is in effect everywhere from now on."), html! {}))
        }
        @if let Some(text) = text { (document(lang, &text)) }
        section.signature {
            p { (t(lang, "氏名", "Name")) "：" span lang="ja" { (patient.name) } "　　" (t(lang, "署名", "Signature")) "：" span.signature-line {} }
            p { (t(lang, &pages.names.ja, &pages.names.en)) }
        }
        div.actions {
            p.print-hint { (t(lang, "印刷は、ブラウザの印刷（Ctrl+P）をお使いください。文面と署名欄だけが印刷されます。", "Print with your browser (Ctrl+P): only the sheet is printed.")) }
            (link_button(&format!("/patients/{}/records", patient.local_number), t(lang, "記録へ進む", "To the record")))
            a.button.quiet href={ "/patients/" (patient.local_number) "/consent" } { (t(lang, "同意の一覧", "All decisions")) }
        }
    }
}

fn rules(lang: Lang, pages: &Pages, patient: &Patient, consents: &Consents) -> Markup {
    let path = format!("/patients/{}/consent", patient.local_number);
    let names = names(pages);
    let (ended, standing): (Vec<&Rule>, Vec<&Rule>) =
        consents.rules.iter().rev().partition(|rule| rule.withdrawn_at.is_some());
    let list = |rules: &[&Rule]| {
        html! {
            ul.items { @for rule in rules {
                li {
                    (tone_badge(if rule.effect == Effect::Permit { Tone::Ok } else { Tone::Warn },
                        if rule.effect == Effect::Permit { t(lang, "見せる", "share") } else { t(lang, "見せない", "do not share") }))
                    @for line in template::lines(rule, &names).iter().skip(1).take(3) {
                        span.item-value { (t(lang, line.ja.0, line.en.0)) "：" (t(lang, &line.ja.1, &line.en.1)) }
                    }
                    span.origin { (moment(rule.recorded_at)) }
                    span.actions {
                        a href={ (path) "?rule=" (rule.id) } { (t(lang, "書面を見る・印刷する", "Sheet")) }
                        @if rule.withdrawn_at.is_none() {
                            a href={ (path) "?choice=withdraw&rule=" (rule.id) } { (t(lang, "やめる（撤回）", "Withdraw")) }
                        }
                    }
                }
            } }
        }
    };
    card(
        t(lang, "当院で届けた決定", "Decisions passed on here"),
        html! {
            @if standing.is_empty() { p.muted { (t(lang, "いま有効なものはありません。", "None is in effect.")) } } @else { (list(&standing)) }
            @if !ended.is_empty() { (details(t(lang, "撤回したもの", "Withdrawn"), list(&ended))) }
            p.fine { (t(lang, "ほかの機関やポータルで決めたことは、ここには出ません。ご本人はポータルですべて見られます。",
                "What was decided elsewhere is not shown here. The person sees all of it in the portal.")) }
        },
    )
}

/// The rule of a choice, as it would be written down now.
fn drafted(pages: &Pages, choice: Choice) -> Option<Rule> {
    let now: Timestamp = pages.service.moment();
    let id = RuleId::new(&ExchangeId::new(now.as_millis()).to_string()).ok()?;
    let effect = if choice == Choice::Share { Effect::Permit } else { Effect::Deny };
    let mut rule = Rule::new(id, effect, now);
    rule.who = vec![Who::organisation(*pages.service.org())];
    match choice {
        Choice::Share => rule.purposes = Purposes::of(&[ActReason::Treat, ActReason::Care]),
        Choice::NotPsychiatry => rule.what = What::labels(&[Label::Psychiatry]),
        Choice::Withdraw => return None,
    }
    rule.template = template::current(&rule).and_then(|current| TemplateVersion::new(current.id).ok());
    Some(rule)
}

fn names(pages: &Pages) -> impl Fn(&OrgId) -> Option<Text> {
    let service = std::sync::Arc::clone(&pages.service);
    move |id| {
        let (ja, en) = service.name_of(id);
        Some(Text { ja, en })
    }
}
