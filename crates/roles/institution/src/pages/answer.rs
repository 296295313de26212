//! The answer, large and plain: may this person be treated on this insurance, and if not, what next.

use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::eligibility::{CheckAnswer, Membership, Validity};
use wire::Csrf;
use wire::page::{Lang, Page, Tone, badge, card_with, definitions, stat, stats, t, verdict};

use super::linking::link_card;
use super::parts::{
    copayment_words, day, loss_words, moment, person_name, relation_words, sex_words, standing_words, tone,
    validity_words,
};
use super::{Pages, Shown};
use crate::model::{Copayment, MedicalState, Outcome, Trouble, Visit};

/// GET /visits/{visit}
pub async fn show(
    State(pages): State<Pages>,
    lang: Lang,
    csrf: Csrf,
    Path(visit): Path<ExchangeId>,
) -> Shown {
    let visit = pages.service.visit(visit).await?;
    let path = format!("/visits/{}", visit.id);
    let body = html! {
        (headline(lang, &visit))
        @if let Some(answer) = visit.question.outcome.answer() {
            @let known = visit.person_code.is_some();
            div class={ "answer" @if known { " two" } } {
                @if !answer.memberships.is_empty() { div { (memberships(lang, answer)) } }
                div {
                    @if known { (link_card(lang, &csrf, &pages.service, &visit).await?) }
                    (next(lang, &visit))
                }
            }
        } @else {
            (next(lang, &visit))
        }
    };
    let page = pages.page(lang, &csrf, &path, t(lang, "資格の確認結果", "Result of the check")).body(body);
    Ok(renewing(page, &visit).into_response())
}

/// A visit that still waits for its answer renews itself.
fn renewing(page: Page, visit: &Visit) -> Page {
    match visit.question.outcome {
        Outcome::Asking => page.refresh(1),
        Outcome::Unconfirmed { .. } => page.refresh(5),
        _ => page,
    }
}

fn headline(lang: Lang, visit: &Visit) -> Markup {
    match &visit.question.outcome {
        Outcome::Answered(answer) => verdict(
            tone(answer.validity),
            validity_words(lang, answer.validity),
            &answered_line(lang, answer),
            explanation(lang, visit, answer),
        ),
        Outcome::Asking => {
            let line =
                t(lang, "資格確認サービスに問い合わせています。", "The eligibility service is being asked.");
            verdict(Tone::Info, standing_words(lang, visit.question.outcome.standing()).1, line, html! {})
        }
        Outcome::Unconfirmed { trouble, retry_at } => {
            let body = html! {
                (trouble_next(lang, trouble))
                p.fine { (t(lang, "次に自動で確認する時刻: ", "Checked again by itself at: ")) (moment(*retry_at)) }
            };
            trouble_verdict(lang, Tone::Warn, visit, trouble, body)
        }
        Outcome::Refused(trouble) => {
            trouble_verdict(lang, Tone::Bad, visit, trouble, trouble_next(lang, trouble))
        }
    }
}

fn trouble_verdict(lang: Lang, tone: Tone, visit: &Visit, trouble: &Trouble, body: Markup) -> Markup {
    let words = standing_words(lang, visit.question.outcome.standing()).1;
    let who = visit.name().map(|name| html! { p.person-name lang="ja" { (name) } }).unwrap_or_default();
    verdict(tone, words, t(lang, &trouble.ja, &trouble.en), html! { (who) (body) })
}

fn trouble_next(lang: Lang, trouble: &Trouble) -> Markup {
    let next = t(lang, &trouble.next_ja, &trouble.next_en);
    html! { @if !next.is_empty() { (next_step(lang, next)) } }
}

/// The one line that must be read with the headline.
fn answered_line(lang: Lang, answer: &CheckAnswer) -> String {
    let on = format!("{}（{}）", answer.on.to_wareki(), answer.on.weekday_ja());
    match answer.validity {
        Validity::Valid => t(
            lang,
            format!("{on}の受診に使える資格です。"),
            format!("Insured for treatment on {}.", answer.on),
        ),
        _ => t(lang, answer.explanation.ja.clone(), answer.explanation.en.clone()),
    }
}

/// Why, what to do next, and how fresh the insurer's reports are. A valid answer needs no next step.
fn explanation(lang: Lang, visit: &Visit, answer: &CheckAnswer) -> Markup {
    let why = &answer.explanation;
    let next = t(lang, &why.next_ja, &why.next_en);
    let remark = t(lang, &why.ja, &why.en);
    html! {
        @if let Some(membership) = answer.memberships.first() {
            (glance(lang, answer, membership))
        } @else if let Some(name) = visit.name() {
            p.person-name lang="ja" { (name) }
        }
        @if answer.validity == Validity::Valid {
            @if why.reason == protocol::eligibility::Reason::CoveredReportedLate { p.remark { (remark) } }
        } @else if !next.is_empty() {
            (next_step(lang, next))
        }
        @if let Some(reported) = why.insurer_last_reported_at {
            p.fine {
                (t(lang, "保険者が最後に報告した日時: ", "The insurer last reported: ")) (moment(reported))
                @if let Some(insurer) = &why.insurer { " " span.no-break { (t(lang, "（保険者番号 ", "(insurer ")) (insurer) (t(lang, "）", ")")) } }
            }
        }
    }
}

fn next_step(lang: Lang, text: &str) -> Markup {
    html! {
        div.next-step {
            p.next-step-title { (t(lang, "次にすること", "What to do next")) }
            p { (text) }
        }
    }
}

/// What the clerk needs at one glance: who, and if insured, the share and the ceiling.
fn glance(lang: Lang, answer: &CheckAnswer, membership: &Membership) -> Markup {
    let person = &membership.person;
    let age = person.birthdate.everyday_age_on(answer.on);
    let (share, unit, note) = copayment_words(lang, Copayment::of(membership, answer.on));
    let valid = answer.validity == Validity::Valid;
    html! {
        div class={ "glance" @if valid { " two" } } {
            div.glance-person {
                (person_name(membership))
                p.person-facts {
                    (day(person.birthdate)) (t(lang, "生", "")) " "
                    span.no-break {
                        @if let Some(age) = age { (age) (t(lang, "歳・", " years, ")) }
                        (sex_words(lang, person.sex)) (t(lang, "・", ", ")) (relation_words(lang, membership.relation))
                    }
                }
            }
            @if valid {
                (stats(&[
                    stat(&share, unit, t(lang, "窓口負担", "Pays at the desk"), note),
                    limit_stat(lang, answer, membership),
                ]))
            }
        }
    }
}

fn limit_stat(lang: Lang, answer: &CheckAnswer, membership: &Membership) -> Markup {
    let label = t(lang, "限度額適用区分", "Monthly ceiling, class");
    match &membership.terms.limit {
        Some(limit) => {
            let class = eligibility_xml::LimitClass::from_code(&limit.flag);
            let words = t(lang, class.ja(), class.en());
            let until = t(lang, format!("{}まで", limit.to.to_wareki()), format!("until {}", limit.to));
            let over = answer.on < limit.from || limit.to < answer.on;
            let note = if over {
                t(lang, "この日は期間外", "not in force on this day").to_owned()
            } else {
                until
            };
            stat(words, "", label, &note)
        }
        None => stat("—", "", label, t(lang, "認定証の情報なし", "no certificate known")),
    }
}

/// Every membership of the answer, the one to receive on first.
fn memberships(lang: Lang, answer: &CheckAnswer) -> Markup {
    let all = &answer.memberships;
    let newer_first = answer.validity == Validity::InvalidNewer;
    let order = if newer_first { (1..all.len()).chain(0..1) } else { (0..all.len()).chain(0..0) };
    html! {
        @for (index, membership) in order.filter_map(|index| Some((index, all.get(index)?))) {
            (card_with(
                &membership_title(lang, answer, index),
                membership_badge(lang, answer, index),
                particulars(lang, answer, membership)))
        }
    }
}

fn membership_title(lang: Lang, answer: &CheckAnswer, index: usize) -> String {
    match (answer.validity, index) {
        (Validity::InvalidNewer, 0) => t(lang, "提示された資格", "What was shown").to_owned(),
        (Validity::InvalidNewer, _) => t(lang, "新しい資格", "The newer one").to_owned(),
        (Validity::Several, _) => t(lang, format!("資格 {}", index + 1), format!("Membership {}", index + 1)),
        _ => t(lang, "資格の内容", "The insurance").to_owned(),
    }
}

fn membership_badge(lang: Lang, answer: &CheckAnswer, index: usize) -> Markup {
    match (answer.validity, index) {
        (Validity::InvalidNewer, 0) => badge(Tone::Bad, t(lang, "終わっています", "ended")),
        (Validity::InvalidNewer, _) => badge(Tone::Ok, t(lang, "こちらで受付", "receive on this one")),
        (Validity::Several, _) => badge(Tone::Warn, t(lang, "ご本人に確認", "ask the person")),
        _ => html! {},
    }
}

fn particulars(lang: Lang, answer: &CheckAnswer, membership: &Membership) -> Markup {
    let (insured, terms) = (&membership.insured, &membership.terms);
    let (share, unit, note) = copayment_words(lang, Copayment::of(membership, answer.on));
    let branch = insured.branch.map(|branch| branch.to_string());
    let mut rows: Vec<(&str, Markup)> = vec![
        (
            t(lang, "保険者", "Insurer"),
            html! {
                span lang="ja" { (membership.insurer_name) } " " span.digits { (insured.insurer) }
            },
        ),
        (
            t(lang, "記号・番号・枝番", "Symbol, number, branch"),
            html! {
                span.numbers {
                    @if !insured.symbol.as_str().is_empty() { (numbered(t(lang, "記号", "symbol"), insured.symbol.as_str())) }
                    (numbered(t(lang, "番号", "number"), insured.number.as_str()))
                    @if let Some(branch) = &branch { (numbered(t(lang, "枝番", "branch"), branch)) }
                }
            },
        ),
        (t(lang, "資格取得日", "Member since"), day(membership.qualified_on)),
    ];
    if let Some(lost) = membership.disqualified_on {
        rows.push((t(lang, "資格喪失日", "Ended on"), html! {
            (day(lost)) @if let Some(reason) = membership.loss_reason { "（" (loss_words(lang, reason)) "）" }
        }));
    }
    if answer.validity != Validity::Valid {
        rows.push((
            t(lang, "窓口負担", "Pays at the desk"),
            html! { (share) (unit) " " span.muted { (note) } },
        ));
    }
    if terms.preschool {
        rows.push((t(lang, "未就学", "Preschool"), html! { (t(lang, "該当", "yes")) }));
    }
    if let Some(elderly) = &terms.elderly {
        rows.push((t(lang, "高齢受給者証", "Elderly certificate"), period(lang, elderly.from, elderly.to)));
    }
    if let Some(limit) = &terms.limit {
        rows.push((t(lang, "限度額適用認定証", "Ceiling certificate"), period(lang, limit.from, limit.to)));
    }
    for disease in &terms.specific_diseases {
        let name = eligibility_xml::SpecificDisease::from_code(&disease.category.to_string());
        rows.push((t(lang, "特定疾病", "Specified disease"), html! {
            (t(lang, name.ja(), name.en())) "（" (t(lang, "月額上限", "monthly ceiling")) " " (yen(disease.ceiling_yen)) (t(lang, "円", " yen")) "） "
            (period(lang, disease.from, disease.to))
        }));
    }
    if !membership.person.address.is_empty() {
        rows.push((
            t(lang, "住所", "Address"),
            html! {
                span lang="ja" { (membership.person.postal_code) " " (membership.person.address) }
            },
        ));
    }
    definitions(&rows)
}

/// Thousands apart: `10,000`.
fn yen(amount: u32) -> String {
    let digits = amount.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn numbered(label: &str, value: &str) -> Markup {
    html! { span.numbered { span.muted { (label) } span.digits { (value) } } }
}

fn period(lang: Lang, from: calendar::Date, to: calendar::Date) -> Markup {
    html! { (day(from)) (t(lang, " から ", " to ")) (day(to)) (t(lang, " まで", "")) }
}

fn next(lang: Lang, visit: &Visit) -> Markup {
    let medical = match visit.medical {
        MedicalState::None => None,
        MedicalState::Registered => {
            Some(t(lang, "医療等IDで登録しました。", "Registered with a medical ID."))
        }
        MedicalState::Pending => {
            Some(t(lang, "医療等IDの登録を続けています。", "The medical ID is being registered."))
        }
        MedicalState::Expired => Some(t(
            lang,
            "医療等IDは今回登録できませんでした。次の受付で改めて登録します。",
            "The medical ID could not be registered this time; the next visit tries again.",
        )),
    };
    html! {
        @if let Some(medical) = medical { p.fine { (medical) } }
        div.actions {
            a.button href="/" {
                @if matches!(visit.question.outcome, Outcome::Refused(_)) { (t(lang, "受付に戻ってやり直す", "Back, and try again")) }
                @else { (t(lang, "次の方の受付へ", "Next person")) }
            }
            a.button.quiet href={ "/visits/" (visit.id) "/record" } { (t(lang, "受付の記録を見る", "Record of this visit")) }
        }
    }
}
