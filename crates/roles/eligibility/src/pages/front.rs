//! The service's front page: figures and who reported last. No personal data.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use codes::OrgKind;
use maud::{Markup, html};
use protocol::eligibility::WorkKind;
use wire::page::{Page, Table, card, empty_state, stat, stats};
use wire::{Lang, Problem, role_router, t};

use super::grouped;
use crate::{Service, api};

/// Insurers that the page lists.
const LISTED: i64 = 30;

/// The public front, with the person's JSON endpoint beside it.
pub(crate) fn routes(service: Service) -> Router {
    let pages = Router::new().route("/", get(front)).merge(api::own_routes()).with_state(service.clone());
    role_router("eligibility", pages.merge(protocol::ledger_routes(service.ledger().clone())))
}

async fn front(State(service): State<Service>, lang: Lang) -> Result<Page, Problem> {
    let (persons, reports) = service.counts().await?;
    let work = service.work_counts().await?;
    let reporters = service.latest_reporters(LISTED).await?;
    let lead = t(
        lang,
        "保険者の届出をまとめ、医療機関の照会に「有効か・どの保険者か・なぜか・次に何をするか」を答えます。答えは送る前に台帳へ記録します。",
        "Gathers the insurers' reports and answers institutions: insured or not, by whom, why, and what to do next. \
         Every answer is in the ledger before it leaves.",
    );
    let body = html! {
        (figures(lang, persons, reports, service.ledger().size(), &work))
        (card(t(lang, "最近の届出", "Latest reports"), reporters_table(lang, &reporters)))
        (card(t(lang, "ほかのシステムから", "For other systems"), html! {
            ul {
                li { a href="/ledger/checkpoint" { (t(lang, "台帳の署名済みチェックポイント", "Signed checkpoint of the ledger")) } }
            }
        }))
    };
    let title = t(lang, "資格確認サービス機関", "Eligibility service");
    Ok(Page::new(lang, title).organisation(title, OrgKind::Eligibility).lead(lead).refresh(10).body(body))
}

fn figures(lang: Lang, persons: i64, reports: i64, entries: u64, work: &[(WorkKind, i64)]) -> Markup {
    let open = |kind| work.iter().find(|(k, _)| *k == kind).map_or(0, |(_, count)| *count);
    let people = t(lang, "人", "persons");
    let items = t(lang, "件", "");
    let entries = i64::try_from(entries).unwrap_or(i64::MAX);
    stats(&[
        stat(&grouped(persons), people, t(lang, "加入者", "Members"), ""),
        stat(&grouped(reports), items, t(lang, "受け付けた届出", "Reports taken"), ""),
        stat(&grouped(entries), items, t(lang, "台帳の記録", "Ledger entries"), ""),
        stat(
            &grouped(open(WorkKind::Overlap)),
            items,
            t(lang, "重複加入の確認中", "Overlaps to settle"),
            t(lang, "両方の保険者に依頼済み", "both insurers were asked"),
        ),
        stat(
            &grouped(open(WorkKind::LateReport)),
            items,
            t(lang, "遅れた届出", "Late reports"),
            t(lang, "事実から14日を超えたもの", "more than 14 days after the fact"),
        ),
    ])
}

fn reporters_table(lang: Lang, reporters: &[(String, calendar::Timestamp, i64)]) -> Markup {
    if reporters.is_empty() {
        let hint = t(lang, "保険者が届出を送ると、ここに並びます。", "They appear when an insurer reports.");
        return empty_state(t(lang, "届出はまだありません", "No reports yet"), hint, html! {});
    }
    let mut table = Table::new(t(lang, "保険者と最後の届出", "Insurers and their last report"))
        .column(t(lang, "保険者", "Insurer"))
        .column(t(lang, "最後の届出", "Last report"))
        .number(t(lang, "届出の数", "Reports"));
    for (name, at, reports) in reporters {
        table = table.row([
            html! { (name) },
            html! { time datetime=(at.to_rfc3339()) { (at.to_minutes()) } },
            html! { (grouped(*reports)) },
        ]);
    }
    table.render()
}
