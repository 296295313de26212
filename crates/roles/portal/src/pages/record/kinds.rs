//! One kind of information across institutions: laboratory values as charts, everything else as a list by date.

use axum::extract::{Path, Query, State};
use consent::Category;
use maud::{Markup, html};
use records::view::{Flag, Shown as Seen, chart, series, show as seen};
use wire::page::{Lang, Page, Table, Tone, badge, card, details, empty_state, link_button, pager, t};
use wire::{Csrf, Problem};

use super::super::parts::name;
use super::super::{Shows, Whoever};
use super::{Which, on, on_shelf, page};
use crate::service::Service;
use crate::service::record::{Gathered, Item};

/// Charts on one page.
const CHARTS_MAX: usize = 60;

/// Items on one page.
const ITEMS_MAX: usize = 30;

/// A kind as the page divides the record (記録の種類).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Medicines,
    Allergies,
    Tests,
    Checks,
    Vaccinations,
    Visits,
    Diagnoses,
    Documents,
    Other,
}

impl Kind {
    /// All, in the order of the page.
    pub(super) const ALL: [Self; 9] = [
        Self::Medicines,
        Self::Allergies,
        Self::Tests,
        Self::Checks,
        Self::Vaccinations,
        Self::Visits,
        Self::Diagnoses,
        Self::Documents,
        Self::Other,
    ];

    /// As addresses have it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Medicines => "medicines",
            Self::Allergies => "allergies",
            Self::Tests => "tests",
            Self::Checks => "checks",
            Self::Vaccinations => "vaccinations",
            Self::Visits => "visits",
            Self::Diagnoses => "diagnoses",
            Self::Documents => "documents",
            Self::Other => "other",
        }
    }

    /// What it is called.
    pub(super) fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Medicines => t(lang, "薬", "Medicines"),
            Self::Allergies => t(lang, "アレルギー・使えない薬", "Allergies"),
            Self::Tests => t(lang, "検査の値", "Laboratory values"),
            Self::Checks => t(lang, "健診", "Health checks"),
            Self::Vaccinations => t(lang, "予防接種", "Vaccinations"),
            Self::Visits => t(lang, "受診・入院", "Visits"),
            Self::Diagnoses => t(lang, "病名・感染症", "Diagnoses"),
            Self::Documents => t(lang, "文書", "Documents"),
            Self::Other => t(lang, "そのほか", "Other"),
        }
    }

    /// Whether something is of this kind.
    pub(super) fn has(self, shown: &Seen) -> bool {
        self == Self::of(shown.kind)
    }

    fn of(category: Category) -> Self {
        match category {
            Category::Prescription => Self::Medicines,
            Category::Allergy | Category::Contraindication => Self::Allergies,
            Category::Laboratory | Category::Vital => Self::Tests,
            Category::HealthCheck => Self::Checks,
            Category::Immunization => Self::Vaccinations,
            Category::Encounter => Self::Visits,
            Category::Diagnosis | Category::Infection => Self::Diagnoses,
            Category::DischargeSummary | Category::Referral | Category::CarePlan | Category::CareSummary => {
                Self::Documents
            }
            Category::Demographics | Category::Other => Self::Other,
        }
    }
}

/// GET /record/{kind}
pub(super) async fn show(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Whoever(visit): Whoever,
    Shows(token): Shows,
    Path(kind): Path<String>,
    Query(which): Query<Which>,
) -> Result<Page, Problem> {
    let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(Problem::not_found)?;
    let gathered = on_shelf(&service, &visit, token.as_ref(), &which).await?;
    let back = html! { p { a href=(which.link("/record")) { (t(lang, "わたしの記録へ戻る", "Back to my record")) } } };
    let body = match &gathered {
        None => empty_state(
            t(lang, "まだ集めていません", "Nothing is gathered yet"),
            t(
                lang,
                "「わたしの記録」で、各機関から集めてください。",
                "Gather it from the institutions under “My record”.",
            ),
            link_button("/record", t(lang, "わたしの記録へ", "To my record")),
        ),
        Some(gathered) => {
            let mut of_kind: Vec<(&Item, Seen)> =
                gathered.items.iter().map(|item| (item, seen(item.resource.node()))).collect();
            of_kind.retain(|(_, shown)| kind.has(shown));
            of_kind.sort_by_key(|(_, shown)| std::cmp::Reverse(shown.day));
            html! {
                (back)
                @if of_kind.is_empty() {
                    (empty_state(t(lang, "ありません", "None"), t(lang, "集めた記録に、この種類のものはありませんでした。", "Nothing of this kind was among what came."), html! {}))
                }
                @if kind == Kind::Tests { (charts(&service, lang, gathered, &of_kind)) }
                (list(&service, lang, &which, gathered, &of_kind, kind))
                (back)
            }
        }
    };
    Ok(page(lang, &csrf, &visit, "/record", kind.words(lang), body))
}

fn charts(service: &Service, lang: Lang, gathered: &Gathered, items: &[(&Item, Seen)]) -> Markup {
    let dated =
        items.iter().filter_map(|(item, shown)| Some((item.source, shown.day?, item.resource.node())));
    let all = series(dated);
    let drawn: Vec<_> = all.iter().filter(|one| one.points.len() > 1).take(CHARTS_MAX).collect();
    if drawn.is_empty() {
        return html! {};
    }
    let source = |place: usize| {
        gathered.sources.get(place).map(|source| name(service, lang, &source.holder)).unwrap_or_default()
    };
    card(
        t(lang, "うつりかわり", "Over time"),
        html! {
            p.fine { (t(lang, "帯は、その検査の基準範囲です。ひし形は、範囲の外の値です。点を押すと、値と日と機関が出ます。", "The band is the reference range; a diamond is a value outside it. Press a point for its value, day and institution."))
                " " a href="#after-trends" { (t(lang, "グラフを飛ばす", "Skip the charts")) } }
            div.trends { @for one in drawn {
                figure {
                    figcaption lang="ja" { strong { (one.title) } @if let Some(last) = one.points.last() { " " span { (last.text) } " " (flag(lang, last.flag)) } }
                    (chart(one, &t(lang, format!("{}の推移", one.title), format!("{} over time", one.title)), |point| {
                        let day = t(lang, point.day.to_wareki(), point.day.to_string());
                        let stands = point.flag.map_or("", |flag| flag_words(lang, flag));
                        format!("{day} {} {stands} {}", point.text, source(point.source))
                    }))
                }
            } }
            div #after-trends tabindex="-1" {}
        },
    )
}

fn list(
    service: &Service,
    lang: Lang,
    which: &Which,
    gathered: &Gathered,
    items: &[(&Item, Seen)],
    kind: Kind,
) -> Markup {
    if items.is_empty() {
        return html! {};
    }
    let first = which.page.saturating_mul(ITEMS_MAX);
    // Documents have titles and no values.
    let valued = items.iter().any(|(_, shown)| !shown.value.is_empty() || shown.flag.is_some());
    let rows = items.iter().skip(first).take(ITEMS_MAX).map(|(item, shown)| {
        let holder = gathered.sources.get(item.source).map(|source| source.holder);
        let link = holder.map(|holder| {
            which.link(&format!("/record/item?holder={holder}&name={}", item.name()))
        });
        let mut row = vec![
            on(lang, shown),
            html! { span lang="ja" { @if let Some(link) = &link { a href=(link) { (shown.title) } } @else { (shown.title) } @if shown.over { " " (badge(Tone::Info, t(lang, "終了", "over"))) } } },
        ];
        if valued {
            row.push(html! { span lang="ja" { (shown.value) " " (flag(lang, shown.flag)) } });
        }
        row.push(html! { (holder.map(|holder| name(service, lang, &holder)).unwrap_or_default()) });
        row
    });
    let mut table = Table::new("").column(t(lang, "日", "Day")).column(t(lang, "項目", "Item"));
    if valued {
        table = table.column(t(lang, "内容", "Value"));
    }
    let table = table.column(t(lang, "どこの記録か", "From")).rows(rows).render();
    let pages = items.len().div_ceil(ITEMS_MAX);
    let turn = |page: usize| which.link(&format!("/record/{}?page={page}", kind.as_str()));
    let previous = which.page.checked_sub(1).map(turn);
    let next = (which.page + 1 < pages).then(|| turn(which.page + 1));
    let place = format!("{} / {pages}", which.page + 1);
    let table = html! {
        (table)
        @if pages > 1 { (pager(lang, previous.as_deref(), &place, next.as_deref())) }
    };
    if kind == Kind::Tests && which.page == 0 {
        html! { (details(t(lang, "表で見る", "As a table"), table)) }
    } else {
        card(&t(lang, format!("{}件", items.len()), format!("{} items", items.len())), table)
    }
}

/// How a value stands, as a badge.
pub(super) fn flag(lang: Lang, flag: Option<Flag>) -> Markup {
    html! { @if let Some(flag) = flag { (badge(Tone::Warn, flag_words(lang, flag))) } }
}

/// How a value stands, in a word.
fn flag_words(lang: Lang, flag: Flag) -> &'static str {
    match flag {
        Flag::High => t(lang, "基準より高い", "above range"),
        Flag::Low => t(lang, "基準より低い", "below range"),
        Flag::Positive => t(lang, "陽性", "positive"),
        Flag::Abnormal => t(lang, "基準の外", "out of range"),
        Flag::Grave => t(lang, "重い反応", "severe"),
    }
}
