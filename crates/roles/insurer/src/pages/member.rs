//! One membership: what holds, what can be done, what was done.

use axum::extract::{Path, Query, State};
use calendar::Date;
use maud::{Markup, html};
use my_number::SealedMyNumber;
use protocol_admin::report::ReportResult;
use serde::Deserialize;
use wire::{Lang, Page, Problem, page, page::Tone, t};

use super::{
    date, frame, loss_reason,
    members::{number, standing},
    relation, sex, time,
};
use crate::{
    model::{Member, Record, ReportState},
    service::{MemberPage, Service, name_of_act},
    store::Listed,
};

/// What was just done, said at the top.
#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// Names one membership in an address.
#[derive(Deserialize)]
pub struct Key {
    number: String,
    day: String,
}

impl Key {
    /// The key of the tables.
    pub fn parse(&self) -> Result<(SealedMyNumber, Date), Problem> {
        let block: Option<[u8; 16]> =
            data_encoding::HEXLOWER.decode(self.number.as_bytes()).ok().and_then(|b| b.try_into().ok());
        match (block, self.day.parse()) {
            (Some(block), Ok(day)) => Ok((SealedMyNumber::from_bytes(block), day)),
            _ => Err(crate::problems::no_such_member()),
        }
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("/members/{}/{}", self.number, self.day)
    }
}

pub async fn show(
    State(service): State<Service>,
    lang: Lang,
    Path(key): Path<Key>,
    Query(done): Query<Done>,
) -> Result<Page, Problem> {
    let (sealed, day) = key.parse()?;
    let found = service.member(sealed, day).await?;
    let at = key.address();
    let body = html! {
        (outcome(lang, &done.done))
        (particulars(lang, &found.member))
        (acts(lang, &at, &found.member))
        (page::card(t(lang, "変更の記録", "What was changed"), history(lang, &found)))
    };
    Ok(frame(&service, lang, &found.member.record.person.name, &at).body(body))
}

fn outcome(lang: Lang, done: &str) -> Markup {
    match done {
        "accepted" => page::notice(
            Tone::Ok,
            t(lang, "登録し、資格確認サービスに報告しました。", "Recorded and reported."),
            html! { (t(lang, "受付の窓口には、すぐに反映されます。", "Desks see it at once.")) },
        ),
        "waiting" => page::notice(
            Tone::Warn,
            t(lang, "登録しました。報告は自動で送られます。", "Recorded. The report is sent by itself."),
            html! { (t(lang, "いま資格確認サービスにつながりません。", "The eligibility service cannot be reached just now.")) },
        ),
        "refused" => page::notice(
            Tone::Bad,
            t(lang, "登録しましたが、報告が差し戻されました。", "Recorded, but the report was refused."),
            html! { (t(lang, "下の「変更の記録」の理由を見て、訂正してください。", "See the reason below and correct it.")) },
        ),
        "invited" => page::notice(
            Tone::Ok,
            t(lang, "健診の案内を送りました。", "The invitation was sent."),
            html! { (t(lang, "医療等IDのある方のポータルに届きます。", "It comes to the portal of who has a medical ID.")) },
        ),
        _ => html! {},
    }
}

fn particulars(lang: Lang, member: &Member) -> Markup {
    let record = &member.record;
    let person = &record.person;
    let body = page::definitions(&[
        (t(lang, "記号・番号・枝番", "Symbol, number, branch"), html! { (number(lang, member)) }),
        (t(lang, "カナ", "Reading"), html! { (person.kana) }),
        (t(lang, "生年月日", "Born"), date(person.birthdate)),
        (t(lang, "性別", "Sex"), html! { (sex(lang, person.sex)) }),
        (t(lang, "区分", "Relation"), html! { (relation(lang, record.relation)) }),
        (t(lang, "資格取得日", "Insured from"), date(record.qualified_on)),
        (t(lang, "資格喪失日", "Ended on"), ended(lang, record)),
        (t(lang, "負担割合", "Own share"), share(lang, record)),
        (
            t(lang, "住所", "Address"),
            html! { @if !person.postal_code.is_empty() { "〒" (person.postal_code) " " } (person.address) },
        ),
        (t(lang, "届出日", "Notified on"), date(record.notified_on)),
    ]);
    page::card_with(t(lang, "資格の内容", "Membership"), standing(lang, member), body)
}

fn ended(lang: Lang, record: &Record) -> Markup {
    html! {
        @match (record.disqualified_on, record.loss_reason) {
            (Some(day), reason) => {
                (date(day)) @if let Some(reason) = reason { "（" (loss_reason(lang, reason)) "）" }
            }
            (None, _) => { (t(lang, "加入中", "Still insured")) }
        }
    }
}

fn share(lang: Lang, record: &Record) -> Markup {
    html! {
        @match record.terms.copayment_percent {
            Some(percent) => { (percent / 10) (t(lang, "割", "0 %")) }
            None => { (t(lang, "法定", "By law")) }
        }
        @if let Some(limit) = &record.terms.limit {
            br; (t(lang, "限度額区分 ", "Limit class ")) (limit.flag) "（" (date(limit.from)) "〜" (date(limit.to)) "）"
        }
    }
}

fn acts(lang: Lang, at: &str, member: &Member) -> Markup {
    html! {
        p.actions {
            @if member.record.disqualified_on.is_none() {
                (page::link_button(&format!("{at}/loss"), t(lang, "資格喪失を届け出る", "Report a loss")))
                " "
                a.button.quiet href={ (at) "/change" } { (t(lang, "変更する", "Change")) }
                " "
                a.button.quiet href={ (at) "/invitation" } { (t(lang, "健診の案内を送る", "Invite to a health check")) }
                " "
            }
            a.button.quiet href={ (at) "/correction" } { (t(lang, "訂正する", "Correct")) }
            " "
            a.button.quiet href={ (at) "/cancellation" } { (t(lang, "取り消す", "Cancel")) }
        }
    }
}

fn history(lang: Lang, found: &MemberPage) -> Markup {
    let table = page::Table::new("")
        .column(t(lang, "日時", "When"))
        .column(t(lang, "内容", "What"))
        .column(t(lang, "報告", "Report"));
    let rows = found.changes.iter().map(|(report_id, at, act, record)| {
        let report = found.reports.iter().find(|r| r.report_id == *report_id);
        [time(*at), summary(lang, act, record), state(lang, report)]
    });
    table.rows(rows).render()
}

fn summary(lang: Lang, act: &str, record: &Record) -> Markup {
    html! {
        (name_of_act(lang, act)) " "
        span.fine {
            (date(record.qualified_on)) "〜" @if let Some(day) = record.disqualified_on { (date(day)) }
        }
    }
}

/// The state of a report, with the reason when it was refused.
pub fn state(lang: Lang, report: Option<&Listed>) -> Markup {
    let Some(report) = report else { return html! {} };
    match report.state {
        ReportState::Waiting => page::badge(Tone::Warn, t(lang, "送信待ち", "Waiting")),
        ReportState::Accepted => page::badge(Tone::Ok, t(lang, "報告済み", "Reported")),
        ReportState::Refused => html! {
            (page::badge(Tone::Bad, t(lang, "差し戻し", "Refused"))) " " (reason(lang, report))
        },
    }
}

fn reason(lang: Lang, report: &Listed) -> String {
    let outcome = report.outcome.as_deref().and_then(|o| serde_json::from_str::<ReportResult>(o).ok());
    match outcome {
        Some(ReportResult::Refused { field, ja, en, .. }) => format!("{field}: {}", t(lang, ja, en)),
        _ => String::new(),
    }
}
