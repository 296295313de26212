//! Joining two regional networks: first what would happen, then the joining.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use codes::ExchangeId;
use consent::NetworkId;
use maud::{Markup, html};
use protocol::networks::{JoinReport, NetworkJoin};
use serde::Deserialize;
use wire::{Csrf, Lang, Page, Problem, page, page::Choice, page::Tone, t};

use super::frame;
use crate::service::Service;

/// What the forms send.
#[derive(Clone, Deserialize)]
pub struct Pair {
    stays: NetworkId,
    joins: NetworkId,
}

/// GET /networks
pub async fn list(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Result<Page, Problem> {
    show(&service, lang, &csrf, html! {}).await
}

/// POST /networks/plan: the dry run, and the button that does it.
pub async fn plan(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Form(pair): Form<Pair>,
) -> Result<Response, Problem> {
    run(&service, lang, &csrf, &pair, true).await
}

/// POST /networks/join
pub async fn join(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Form(pair): Form<Pair>,
) -> Result<Response, Problem> {
    run(&service, lang, &csrf, &pair, false).await
}

async fn run(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    pair: &Pair,
    dry_run: bool,
) -> Result<Response, Problem> {
    let exchange = ExchangeId::new(service.clock.now().as_millis());
    let Pair { stays, joins } = pair.clone();
    let org = service.org;
    match service.join_networks(&org, NetworkJoin { exchange, stays, joins, dry_run }).await {
        Ok(found) => {
            let news = page::card(&heading(lang, pair, dry_run), report(lang, csrf, pair, &found));
            Ok(show(service, lang, csrf, news).await?.into_response())
        }
        Err(problem) if problem.status().is_server_error() => Err(problem),
        Err(problem) => {
            let page = show(service, lang, csrf, page::problem_notice(lang, &problem)).await?;
            Ok(page.status(problem.status()).into_response())
        }
    }
}

async fn show(service: &Service, lang: Lang, csrf: &Csrf, news: Markup) -> Result<Page, Problem> {
    let networks = service.networks().await?;
    let table = page::Table::new("")
        .column(t(lang, "ネットワーク", "Network"))
        .number(t(lang, "参加機関", "Members"))
        .number(t(lang, "番号を持つ人", "Persons with a number"))
        .number(t(lang, "番号", "Numbers"));
    let rows = networks.iter().map(|(network, counts)| {
        [
            html! { (network) },
            html! { (counts.members) },
            html! { (counts.persons) },
            html! { (counts.numbers) },
        ]
    });
    let choices: Vec<Choice> = networks
        .keys()
        .map(|network| Choice { value: network.to_string(), label: network.to_string() })
        .collect();
    let second = choices.get(1).map_or("", |choice| choice.value.as_str());
    let body = html! {
        (news)
        (page::card(t(lang, "地域医療連携ネットワーク", "Regional networks"), table.rows(rows).render()))
        @if choices.len() > 1 {
            (page::card(t(lang, "統合する", "Join two networks"), page::form("/networks/plan", csrf, html! {
                (page::select(lang, "stays", t(lang, "残るネットワーク（番号をそのまま使う）", "The one that stays (its numbers go on)"), &choices, ""))
                (page::select(lang, "joins", t(lang, "加わるネットワーク", "The one that joins it"), &choices, second))
                (page::button(t(lang, "まず試算する", "First see what would happen")))
            })))
        }
    };
    Ok(frame(service, lang, t(lang, "ネットワークの統合", "Joining networks"), "/networks")
        .lead(t(
            lang,
            "二つのネットワークを一つにします。両方に番号を持つ人は、氏名ではなく符号で見分けます。はじめの試算では何も変わりません。",
            "Makes one network of two. Who has a number in both is found by code, not by name. The first look changes nothing.",
        ))
        .body(body))
}

fn heading(lang: Lang, pair: &Pair, dry_run: bool) -> String {
    let Pair { stays, joins } = pair;
    if dry_run {
        t(lang, format!("試算：{joins} が {stays} に加わると"), format!("If {joins} joined {stays}"))
    } else {
        t(lang, format!("{joins} は {stays} に加わりました"), format!("{joins} has joined {stays}"))
    }
}

fn report(lang: Lang, csrf: &Csrf, pair: &Pair, found: &JoinReport) -> Markup {
    let persons = t(lang, "人", "");
    html! {
        (page::stats(&[
            page::stat(&found.overlap.to_string(), persons, t(lang, "両方に番号を持つ人", "Known to both"), t(lang, "残る番号を使い続けます", "keep the number that stays")),
            page::stat(&found.only_joins.to_string(), persons, t(lang, "加わる側だけの人", "Only in the one that joins"), t(lang, "今の番号に名前を付けて移ります", "go on under their number with its network in front")),
            page::stat(&found.only_stays.to_string(), persons, t(lang, "残る側だけの人", "Only in the one that stays"), t(lang, "何も変わりません", "nothing changes")),
        ]))
        @if found.several_numbers > 0 {
            (page::notice(Tone::Warn,
                &t(lang, format!("一人で複数の番号を持つ人が{}人います。", found.several_numbers), format!("{} persons have several numbers in one network.", found.several_numbers)),
                html! { (t(lang, "どの番号でも見つかります。整理は各ネットワークで行ってください。", "They are found by each of them; their network should tidy up.")) }))
        }
        @if !found.several_persons.is_empty() { (conflicts(lang, found)) }
        @if found.done {
            (page::notice(Tone::Ok, t(lang, "台帳に記録しました。", "It stands in the ledger."), html! {
                @if let Some(receipt) = &found.receipt { code { (receipt.origin) " #" (receipt.index) } }
            }))
        } @else {
            (page::form("/networks/join", csrf, html! {
                input type="hidden" name="stays" value=(pair.stays);
                input type="hidden" name="joins" value=(pair.joins);
                p { (t(lang, "両方のネットワークの合意を確かめてから押してください。", "Make sure that both networks have agreed.")) }
                (page::button(t(lang, "この内容で統合する", "Join them so")))
            }))
        }
    }
}

/// Numbers that are not joined until somebody looked.
fn conflicts(lang: Lang, found: &JoinReport) -> Markup {
    let table = page::Table::new(t(lang, "一つの番号に複数の人", "One number, several persons"))
        .column(t(lang, "ネットワーク", "Network"))
        .column(t(lang, "番号", "Number"))
        .number(t(lang, "人数", "Persons"));
    let rows = found
        .several_persons
        .iter()
        .map(|c| [html! { (c.network) }, html! { code { (c.number) } }, html! { (c.persons) }]);
    html! {
        (page::notice(Tone::Bad, t(lang, "一つの番号を複数の人が持っています。", "One number stands for several persons."), html! {
            (t(lang, "加わる側のこの番号の人は、人が確かめるまで統合しません。", "In the network that joins, these wait until somebody has looked."))
        }))
        (table.rows(rows).render())
    }
}
