//! Who could see what today: the table of the decision engine, made short enough to read.

use axum::extract::{Path, Query, State};
use codes::OrgId;
use consent::{ActReason, Category, Consents, Labels};
use maud::{Markup, html};
use serde::Deserialize;
use wire::page::{Lang, Table, Tone, card, form_get, notice, t};
use wire::{Csrf, Page, Problem};

use super::choices::without_id;
use super::parts::{fieldset, label_words, listed, name, option};
use super::sentence::rule_words;
use super::{Whoever, inside};
use crate::problems;
use crate::service::Service;
use crate::service::preview::{Sight, authors, labels};

/// Kinds of information that a cell names; beyond them it says how many.
const KINDS_NAMED: usize = 4;

/// The purposes that can be looked at.
const REASONS: [ActReason; 4] =
    [ActReason::Treat, ActReason::Care, ActReason::EmergencyTreat, ActReason::BreakTheGlass];

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    of: String,
}

impl Wanted {
    /// Whose records are looked at: an institution that a rule names, or else (the portal stands for them) any other.
    fn author(&self, service: &Service, apart: &[OrgId]) -> OrgId {
        self.of.parse().ok().filter(|org| apart.contains(org)).unwrap_or(service.org)
    }

    fn reason(&self) -> ActReason {
        ActReason::from_code(&self.reason)
            .filter(|reason| REASONS.contains(reason))
            .unwrap_or(ActReason::Treat)
    }
}

pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let title = t(lang, "だれに、何が見えるか", "Who can see what");
    if visit.subject().code.is_none() {
        return Ok(inside(lang, &csrf, &visit, title, "/preview", without_id(lang)));
    }
    let will = service.will(&visit).await?;
    let reason = wanted.reason();
    let apart = authors(&will, service.now());
    let author = wanted.author(&service, &apart);
    let sights = service.sights(&will, reason, service.now(), &author);
    let body = html! {
        (choose(&service, lang, reason, &apart, &author))
        (notice(Tone::Info, t(lang, "この表の読み方", "How to read this"), html! {
            p { (t(lang,
                "もしその機関があなたの受付をして、あなたの記録を求めたら、今日、何が見えるかです。本番と同じ判定で計算しています。受付をしていない機関には、この表のとおりには見えません。",
                "If that institution had you at its desk and asked for your records, this is what it would see today, by the very decision that is made in earnest. An institution where you are not sees nothing.")) }
        }))
        (card(t(lang, reason.ja(), reason.en()), table(&service, lang, &query(reason, &author), &sights)))
    };
    Ok(inside(lang, &csrf, &visit, title, "/preview", body))
}

pub(super) async fn one(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Path(institution): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let org: OrgId = format!("institution/{institution}").parse().map_err(|_| Problem::not_found())?;
    let will = service.will(&visit).await?;
    let reason = wanted.reason();
    let author = wanted.author(&service, &authors(&will, service.now()));
    let sights = service.sights(&will, reason, service.now(), &author);
    let sight = sights.iter().find(|sight| sight.organisation == org).ok_or_else(problems::no_question)?;
    let title = name(&service, lang, &org);
    let body = html! {
        p { (t(lang, sight.kind.ja(), sight.kind.en())) " · " (t(lang, reason.ja(), reason.en()))
            @if author != service.org { " · " (written(&service, lang, &author)) } }
        (card(t(lang, "今日、見えるもの", "What it could see today"), grid(lang, sight)))
        (card(t(lang, "なぜそうなるか", "Why"), why(&service, lang, &will, sight)))
        p { a href={ "/preview?" (query(reason, &author)) } { (t(lang, "一覧にもどる", "Back to the list")) } }
    };
    Ok(inside(lang, &csrf, &visit, &title, &format!("/preview/{institution}"), body))
}

fn query(reason: ActReason, author: &OrgId) -> String {
    format!("reason={}&of={author}", reason.code())
}

fn written(service: &Service, lang: Lang, author: &OrgId) -> String {
    let author = name(service, lang, author);
    t(lang, format!("{author}で書かれた記録"), format!("what {author} wrote"))
}

fn choose(service: &Service, lang: Lang, reason: ActReason, apart: &[OrgId], author: &OrgId) -> Markup {
    form_get(
        "/preview",
        html! {
            (fieldset(t(lang, "何のためなら", "If it is for"), "", html! {
                div.options-many { @for one in REASONS {
                    (option(false, "reason", one.code(), one == reason, t(lang, one.ja(), one.en()), ""))
                } }
            }))
            @if !apart.is_empty() {
                (fieldset(t(lang, "どこで書かれた記録なら", "If it was written at"), "", html! {
                    div.options-many {
                        (option(false, "of", "", *author == service.org, t(lang, "ふつうの機関", "any other institution"), ""))
                        @for one in apart {
                            (option(false, "of", &one.to_string(), one == author, &name(service, lang, one), t(lang, "別に決めています", "decided apart")))
                        }
                    }
                }))
            }
            (wire::page::button(t(lang, "見る", "Show")))
        },
    )
}

/// Institutions that see the same stand in one row.
fn table(service: &Service, lang: Lang, query: &str, sights: &[Sight]) -> Markup {
    let mut groups: Vec<Vec<&Sight>> = Vec::new();
    for sight in sights {
        match groups.iter_mut().find(|group| group.first().is_some_and(|one| one.rows_alike(sight))) {
            Some(group) => group.push(sight),
            None => groups.push(vec![sight]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.first().map_or(0, |sight| sight.count())));
    let table = Table::new(t(
        lang,
        "同じものが見える機関をまとめています",
        "Institutions that see the same stand together",
    ))
    .column(t(lang, "機関", "Institution"))
    .column(t(lang, "ふつうの情報", "Ordinary information"))
    .column(t(lang, "機微な情報", "Sensitive information"));
    let rows = groups.iter().filter_map(|group| {
        let sight = group.first()?;
        Some([
            html! { ul.plain.places { @for one in group { li {
                a href={ "/preview/" (one.organisation.number()) "?" (query) } { (name(service, lang, &one.organisation)) }
            } } } },
            ordinary(lang, &sight.ordinary()),
            sensitive(lang, sight),
        ])
    });
    table.rows(rows).render()
}

fn ordinary(lang: Lang, seen: &[Category]) -> Markup {
    match seen.len() {
        0 => no(lang),
        all if all == Category::ALL.len() => yes(t(lang, "すべて見える", "all of it")),
        some => {
            let names = seen.iter().take(KINDS_NAMED).map(|kind| t(lang, kind.ja(), kind.en()).to_owned());
            let more = some.saturating_sub(KINDS_NAMED);
            let rest = if more == 0 {
                String::new()
            } else {
                t(lang, format!(" ほか{more}種類"), format!(" and {more} more"))
            };
            yes(&format!("{}{rest}", listed(lang, names)))
        }
    }
}

fn sensitive(lang: Lang, sight: &Sight) -> Markup {
    let seen = sight.sensitive();
    if seen.is_empty() {
        return no(lang);
    }
    if seen.len() == Labels::SENSITIVE.iter().count() {
        return yes(t(lang, "すべての種類", "every kind"));
    }
    yes(&listed(lang, seen.iter().map(|label| label_words(lang, *label).to_owned())))
}

fn yes(text: &str) -> Markup {
    html! { span.cell-yes { "✓ " (text) } }
}

fn no(lang: Lang) -> Markup {
    html! { span.cell-no { "– " (t(lang, "見えない", "nothing")) } }
}

/// How sensitive it is down; across, the kinds of information that are seen alike in one column, the most of them last.
fn grid(lang: Lang, sight: &Sight) -> Markup {
    let mut groups: Vec<(Vec<bool>, Vec<Category>)> = Vec::new();
    for (place, kind) in Category::ALL.iter().enumerate() {
        let seen: Vec<bool> =
            sight.rows.iter().map(|row| row.get(place).is_some_and(|cell| cell.seen)).collect();
        match groups.iter_mut().find(|(other, _)| *other == seen) {
            Some((_, kinds)) => kinds.push(*kind),
            None => groups.push((seen, vec![*kind])),
        }
    }
    groups.sort_by_key(|(_, kinds)| kinds.len());
    let mut table = Table::new("").column(t(lang, "どんな情報", "What information"));
    for (place, (_, kinds)) in groups.iter().enumerate() {
        table = table.column(match (place + 1 == groups.len(), place) {
            (true, 0) => t(lang, "すべての種類", "Every kind").to_owned(),
            (true, _) => t(lang, "ほかのすべての種類", "Every other kind").to_owned(),
            _ => listed(lang, kinds.iter().map(|kind| t(lang, kind.ja(), kind.en()).to_owned())),
        });
    }
    let rows = labels().enumerate().map(|(place, label)| {
        let name = label
            .iter()
            .next()
            .map_or(t(lang, "ふつうの情報", "Ordinary information"), |one| label_words(lang, one));
        let cells = groups.iter().map(|(seen, _)| match seen.get(place) {
            Some(true) => yes(t(lang, "見える", "seen")),
            _ => no(lang),
        });
        std::iter::once(html! { (name) }).chain(cells).collect::<Vec<_>>()
    });
    html! { div.grid-scroll tabindex="0" role="group" aria-label=(t(lang, "見えるものの表", "Table of what is seen")) { (table.rows(rows).render()) } }
}

fn why(service: &Service, lang: Lang, will: &Consents, sight: &Sight) -> Markup {
    let rules = sight.rules();
    let grounds: Vec<_> = {
        let mut grounds: Vec<_> =
            sight.rows.iter().flatten().filter(|cell| cell.rule.is_none()).map(|cell| cell.why).collect();
        grounds.sort_by_key(|why| why.as_str());
        grounds.dedup();
        grounds
    };
    html! {
        ul.plain {
            @for rule in &rules { li { (rule_words(service, lang, will, rule)) } }
            @for why in &grounds { li { (t(lang, why.ja(), why.en())) } }
        }
    }
}
