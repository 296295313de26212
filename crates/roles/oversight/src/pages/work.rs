//! The work lists: exchanges whose sides do not agree, what the rules found, emergencies that wait for a review.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use codes::ExchangeId;
use maud::{Markup, html};
use protocol::exchange::WaitingReview;
use serde::Deserialize;
use wire::{Csrf, Lang, Page, Problem, page, page::Tone, t};

use wire::page::time;

use super::{Shown, again, both, frame, look_form, name, officer_fields, said, to};
use crate::model::{Finding, Kept, Unmatched};
use crate::rules::Rule;
use crate::service::Service;

/// GET /findings
pub async fn findings(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    show(&service, lang, &csrf, html! {}).await
}

/// Which finding an officer closes.
#[derive(Deserialize)]
pub struct Closing {
    rule: String,
    subject: String,
    day: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    words: String,
}

/// POST /findings/close
pub async fn close(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Form(closing): Form<Closing>,
) -> Shown {
    let key = (closing.rule, closing.subject, closing.day);
    match service.close_finding(key, &closing.officer, &closing.words).await {
        Ok(()) => Ok(to("/findings")),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(show(&service, lang, &csrf, news).await?.status(status).into_response())
        }
    }
}

/// Which exchange an officer looks into.
#[derive(Deserialize)]
pub struct Looking {
    exchange: ExchangeId,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    words: String,
}

/// POST /findings/exchange
pub async fn look(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Form(looking): Form<Looking>,
) -> Shown {
    let sides = match service.look_into(looking.exchange, &looking.officer, &looking.words).await {
        Ok(sides) => sides,
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            return Ok(show(&service, lang, &csrf, news).await?.status(status).into_response());
        }
    };
    let body = html! {
        @if sides.is_empty() {
            (page::empty_state(
                t(lang, "この照会の記録は届いていません。", "No side of this exchange has arrived."),
                t(lang, "番号を確かめてください。", "Check the number."),
                html! { a href="/findings" { (t(lang, "一覧へ", "Back to the list")) } },
            ))
        }
        @for kept in &sides { (side(&service, lang, kept)) }
    };
    let title = t(lang, "照会の両側の記録", "Both sides of an exchange");
    let lead = t(
        lang,
        format!("照会 {}。見た事実は台帳に残り、本人に知らされます。", looking.exchange),
        format!("Exchange {}. That you looked is in the ledger, and the person is told.", looking.exchange),
    );
    Ok(frame(&service, lang, title, "/findings").lead(lead).body(body).into_response())
}

/// GET /reviews
pub async fn reviews(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    show_reviews(&service, lang, &csrf, html! {}).await
}

/// What a reviewer found.
#[derive(Deserialize)]
pub struct Reviewing {
    finding: String,
    #[serde(default)]
    officer: String,
    #[serde(default)]
    words: String,
}

/// POST /reviews/{declaration}
pub async fn review(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(declaration): Path<ExchangeId>,
    Form(form): Form<Reviewing>,
) -> Shown {
    let right = form.finding == "right";
    match service.review(declaration, right, &form.officer, &form.words).await {
        Ok(()) => Ok(to("/reviews")),
        Err(problem) => {
            let status = problem.status();
            let news = again(lang, problem)?;
            Ok(show_reviews(&service, lang, &csrf, news).await?.status(status).into_response())
        }
    }
}

/// GET /rules: what is looked for, for everybody.
pub async fn rules(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let body = html! { @for rule in &service.rules.rule { (explained(lang, rule)) } };
    let lead = t(
        lang,
        "監督機関が照会の記録から探すもの。どれも件数か簡単な統計で、普段の割合と並べて読みます。見つかったことは問いであって、結論ではありません。",
        "What the overseer looks for in the records of exchange: counts and simple statistics, read beside what is usual. A finding is a question, not a verdict.",
    );
    Ok(frame(&service, lang, t(lang, "検知の規則", "Rules of detection"), "/rules").lead(lead).body(body))
}

async fn show(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let unmatched = service.unmatched().await?;
    let found = service.findings().await?;
    let (open, closed): (Vec<_>, Vec<_>) = found.iter().partition(|finding| finding.closed.is_none());
    let nothing =
        |ja, en, hint_ja, hint_en| page::empty_state(t(lang, ja, en), t(lang, hint_ja, hint_en), html! {});
    let body = html! {
        (news)
        h2 { (t(lang, "両側が合わない照会", "Exchanges whose sides do not agree")) }
        @if unmatched.is_empty() {
            (nothing("合わないものはありません。", "All of them agree.", "照会から10分たち、両側の台帳を読んだ後で突き合わせます。", "Sides are matched ten minutes after, once both ledgers were read."))
        }
        @for one in &unmatched { (mismatch(service, lang, csrf, one)) }
        h2 { (t(lang, "規則が見つけたもの", "What the rules found")) }
        p { a href="/rules" { (t(lang, "規則と、その根拠", "The rules and where they come from")) } }
        @if open.is_empty() {
            (nothing("見つかったものはありません。", "Nothing was found.", "毎日、きのうときょうの記録を調べます。", "Yesterday and today are looked at, again and again."))
        }
        @for finding in &open { (found_card(service, lang, csrf, finding)) }
        @if !closed.is_empty() {
            (page::details(&t(lang, format!("終えたもの（{}件）", closed.len()), format!("Closed ({})", closed.len())), html! {
                @for finding in &closed { (found_card(service, lang, csrf, finding)) }
            }))
        }
    };
    let lead = t(
        lang,
        "職員は機関が付けた番号だけで示されます。人の名前は、だれのものも届いていません。",
        "Staff appear by their organisation's own ids. Nobody's name reaches the overseer.",
    );
    Ok(frame(service, lang, t(lang, "突合と検知", "Matching and findings"), "/findings")
        .lead(lead)
        .body(body))
}

fn mismatch(service: &Service, lang: Lang, csrf: &Csrf, unmatched: &Unmatched) -> Markup {
    let sides = unmatched
        .sides
        .iter()
        .map(|(side, org)| format!("{}: {}", side_name(lang, *side), name(service, lang, org)));
    let sides: Vec<String> = sides.collect();
    let rows = [
        (t(lang, "照会した機関", "Asked by"), html! { (name(service, lang, &unmatched.asker)) }),
        (t(lang, "時", "When"), time(unmatched.at)),
        (t(lang, "ある側", "Sides that are there"), html! { (sides.join(t(lang, "、", "; "))) }),
        (t(lang, "照会番号", "Exchange"), html! { code { (unmatched.exchange) } }),
    ];
    page::card(
        said(lang, unmatched.mismatch.words()),
        html! { (page::definitions(&rows)) (look_form(lang, csrf, &unmatched.exchange)) },
    )
}

fn found_card(service: &Service, lang: Lang, csrf: &Csrf, finding: &Finding) -> Markup {
    let rule = service.rules.get(&finding.rule);
    let title = rule.map_or(finding.rule.as_str(), |rule| t(lang, rule.ja.as_str(), rule.en.as_str()));
    let staff = finding.staff.as_deref().unwrap_or("―");
    let rows = [
        (t(lang, "機関", "Organisation"), html! { (name(service, lang, &finding.organisation)) }),
        (t(lang, "職員番号", "Member of staff"), html! { (staff) }),
        (t(lang, "日", "Day"), html! { (page::dates(&finding.day.to_wareki(), &finding.day.to_string())) }),
        (t(lang, "数えたもの", "Counted"), html! { strong { (both(lang, &finding.value)) } }),
        (t(lang, "普段", "Usual"), html! { (both(lang, &finding.base)) }),
    ];
    page::card(
        title,
        html! {
            @if let Some(rule) = rule { p { (t(lang, rule.why_ja.as_str(), rule.why_en.as_str())) } }
            (page::definitions(&rows))
            @match &finding.closed {
                Some((officer, words)) => { p { (officer) ": " (words) } }
                None => {
                    (page::details(t(lang, "確かめて終える", "Close it"), page::form("/findings/close", csrf, html! {
                        input type="hidden" name="rule" value=(finding.rule);
                        input type="hidden" name="subject" value=(finding.subject);
                        input type="hidden" name="day" value=(finding.day);
                        (officer_fields(lang, t(lang, "確かめたことと判断", "What was found"), t(lang, "本人や職員の氏名は書かないでください。", "Do not write anybody's name.")))
                        (page::button_quiet(t(lang, "終える", "Close"), "do", "close"))
                    })))
                }
            }
        },
    )
}

fn side(service: &Service, lang: Lang, kept: &Kept) -> Markup {
    let record = &kept.record;
    let purpose = record.purpose.and_then(|purpose| service.policy.table().purpose(purpose));
    let purpose = purpose.map_or("―", |text| t(lang, text.ja.as_str(), text.en.as_str()));
    let holders: Vec<String> = record.holders.iter().map(|org| name(service, lang, org)).collect();
    let flags: Vec<&str> = record.flags.iter().map(|flag| flag.as_str()).collect();
    let none = || "―".to_owned();
    let or_none = |text: String| if text.is_empty() { none() } else { text };
    let rows = [
        (t(lang, "時", "When"), time(record.at)),
        (t(lang, "照会した機関", "Asked by"), html! { (name(service, lang, &record.asker)) }),
        (
            t(lang, "職員番号", "Member of staff"),
            html! { (record.staff.as_ref().map_or_else(none, ToString::to_string)) },
        ),
        (t(lang, "渡す機関", "Holders"), html! { (or_none(holders.join(t(lang, "、", ", ")))) }),
        (t(lang, "目的", "Purpose"), html! { (purpose) }),
        (t(lang, "規則", "Rule"), html! { (record.rule.clone().unwrap_or_else(none)) }),
        (t(lang, "件数", "Records"), html! { (record.count.map_or_else(none, |count| count.to_string())) }),
        (t(lang, "拒否", "Refused"), html! { (record.refused.clone().unwrap_or_else(none)) }),
        (t(lang, "機関の付けた印", "The role's own marks"), html! { (or_none(flags.join(" "))) }),
        (t(lang, "台帳の位置", "Place in the ledger"), html! { (record.index) " " code { (record.leaf) } }),
    ];
    let title = format!("{}: {}", side_name(lang, record.side), name(service, lang, &kept.organisation));
    page::card(&title, page::definitions(&rows))
}

fn side_name(lang: Lang, side: protocol::oversight::Side) -> &'static str {
    use protocol::oversight::Side;
    match side {
        Side::Decided => t(lang, "情報連携基盤の判断", "The relay decided"),
        Side::Asked => t(lang, "照会した側", "Asked"),
        Side::Received => t(lang, "受け取った側", "Received"),
        Side::Gave => t(lang, "渡した側", "Gave"),
        Side::Checked => t(lang, "資格確認", "Eligibility check"),
        Side::Emergency => t(lang, "緊急の宣言", "Emergency declared"),
    }
}

async fn show_reviews(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let (news, waiting) = match service.reviews().await {
        Ok(waiting) => (news, waiting),
        Err(problem) => (html! { (news) (page::problem_notice(lang, &problem)) }, Vec::new()),
    };
    let body = html! {
        (news)
        @if waiting.is_empty() {
            (page::empty_state(
                t(lang, "審査を待つものはありません。", "Nothing waits for a review."),
                t(lang, "宣言から72時間たっても裏付けのないものが、ここに並びます。", "What nothing corroborated for 72 hours comes here."),
                html! {},
            ))
        }
        @for case in &waiting { (waiting_card(service, lang, csrf, case)) }
    };
    let lead = t(
        lang,
        "情報連携基盤で、72時間たっても裏付けのない緊急時の照会です。判断は双方の台帳に残り、本人に知らされます。",
        "Emergencies at the relay that nothing corroborated for 72 hours. What you find stands in both ledgers, and the person reads it.",
    );
    let title = t(lang, "緊急時の照会の審査", "Reviews of emergencies");
    Ok(frame(service, lang, title, "/reviews").lead(lead).body(body))
}

fn waiting_card(service: &Service, lang: Lang, csrf: &Csrf, case: &WaitingReview) -> Markup {
    let reason = case.reason.map(|reason| reason.words());
    let staff: Vec<String> = case.staff.iter().map(|staff| staff.id.to_string()).collect();
    let rows = [
        (t(lang, "宣言した時", "Declared"), time(case.at)),
        (t(lang, "職員番号", "Staff"), html! { (staff.join(", ")) }),
        (t(lang, "理由", "Reason"), html! { (reason.map_or("―", |words| said(lang, words))) }),
        (t(lang, "状況（機関の言葉）", "In their words"), html! { (case.text) }),
        (t(lang, "宣言の番号", "Declaration"), html! { code { (case.declaration) } }),
    ];
    let aside = html! { @if case.widened { (page::badge(Tone::Warn, t(lang, "範囲を広げた", "Widened"))) } };
    page::card_with(
        &name(service, lang, &case.organisation),
        aside,
        html! {
            (page::definitions(&rows))
            (page::form(&format!("/reviews/{}", case.declaration), csrf, html! {
                (officer_fields(lang, t(lang, "確かめたことと判断の理由", "What was checked, and why you find so"), t(lang, "本人の氏名は書かないでください。", "Do not write the person's name.")))
                (page::button_quiet(t(lang, "適切だった", "Found right"), "finding", "right")) " "
                (page::button_quiet(t(lang, "不適切だった", "Found wrong"), "finding", "wrong"))
            }))
        },
    )
}

fn explained(lang: Lang, rule: &Rule) -> Markup {
    let alpha = rule.alpha.map_or_else(|| "―".to_owned(), |alpha| format!("p < {alpha}"));
    let rows = [
        (t(lang, "数える記録", "Records counted"), html! { (side_name(lang, rule.side)) }),
        (t(lang, "基準", "Threshold"), html! { "≥ " (rule.threshold) }),
        (t(lang, "まれさ", "Rarity"), html! { (alpha) }),
        (t(lang, "出所", "Source"), html! { (t(lang, &rule.source_ja, &rule.source_en)) }),
    ];
    page::card(
        t(lang, rule.ja.as_str(), rule.en.as_str()),
        html! { p { (t(lang, rule.why_ja.as_str(), rule.why_en.as_str())) } (page::definitions(&rows)) },
    )
}
