//! One cancer or two (多重がんの判定): the international rules of 2004, see `data/multiple-primaries.toml`.
//!
//! Tumours of a person are taken in the order of their diagnosis. What is not malignant does not count, but for the bladder.
//! Two are one cancer when both are of one systemic group (or one of the unspecified group that holds the other's), or when they
//! are of one group of sites and of one group of histologies (or one is the unspecified form of the other). The first keeps the more
//! specific histology, or the higher code within a group.

use std::cmp::Ordering;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::icdo::{Behaviour, Histology, Topography};
use crate::ranges::Ranges;

/// A tumour of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tumour {
    /// When it was diagnosed, as far as that is known.
    pub diagnosed: Diagnosed,
    /// Its number among the person's tumours, which orders those of one day or of unknown days.
    pub sequence: u32,
    /// Where.
    pub topography: Topography,
    /// What it looks like.
    pub histology: Histology,
    /// How it behaves.
    pub behaviour: Behaviour,
}

/// A date of diagnosis of which parts may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diagnosed {
    /// The year.
    pub year: Option<u16>,
    /// The month, 1 to 12.
    pub month: Option<u8>,
    /// The day, 1 to 31; of no meaning without a month.
    pub day: Option<u8>,
}

/// What a tumour is among the tumours of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// A cancer of its own.
    Primary,
    /// The same cancer as an earlier one.
    Same {
        /// Place of the earlier one in what was given.
        of: usize,
        /// Why.
        because: Because,
    },
    /// Not malignant, and not of the bladder: does not count.
    NotCounted,
}

/// Why two tumours are one cancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// Both are Kaposi sarcomas or haematopoietic neoplasms of one group: the site does not matter.
    Systemic,
    /// One group of sites, one group of histologies.
    SameSiteSameHistology,
    /// One group of sites, and one histology is the unspecified form of the other.
    SameSiteUnspecifiedHistology,
}

/// What was decided of one tumour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What it is.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Its histology after the rules: for a primary the most specific of all that are the same cancer.
    #[serde(serialize_with = "as_text")]
    pub histology: Histology,
    /// The group of sites, in Japanese and English.
    pub site_group: (String, String),
    /// The group of histologies, in Japanese and English.
    pub histology_group: (String, String),
}

impl Decision {
    /// The decision in a sentence a registrar can read.
    pub fn ja(&self) -> String {
        let (site, histology) = (&self.site_group.0, &self.histology_group.0);
        match self.verdict {
            Verdict::Primary => format!("独立した原発がん（部位群: {site}、組織群: {histology}）。"),
            Verdict::NotCounted => "悪性でなく膀胱でもないため、多重がんの判定では数えません。".to_owned(),
            Verdict::Same { of, because } => {
                let why = match because {
                    Because::Systemic => "全身性の同じ群の腫瘍は部位にかかわらず1つ",
                    Because::SameSiteSameHistology => "部位群と組織群が同じ",
                    Because::SameSiteUnspecifiedHistology => "部位群が同じで、組織型の一方が他方の詳細不明型",
                };
                format!("{}番目の腫瘍と同じがん（{why}。部位群: {site}、組織群: {histology}）。", of + 1)
            }
        }
    }

    /// The same in English.
    pub fn en(&self) -> String {
        let (site, histology) = (&self.site_group.1, &self.histology_group.1);
        match self.verdict {
            Verdict::Primary => format!("a primary of its own (sites: {site}; histologies: {histology})"),
            Verdict::NotCounted => "neither malignant nor of the bladder: not counted".to_owned(),
            Verdict::Same { of, because } => {
                let why = match because {
                    Because::Systemic => "systemic tumours of one group are one wherever they are",
                    Because::SameSiteSameHistology => "same group of sites, same group of histologies",
                    Because::SameSiteUnspecifiedHistology => {
                        "same group of sites, one histology is the unspecified form of the other"
                    }
                };
                format!(
                    "the same cancer as tumour {} ({why}; sites: {site}; histologies: {histology})",
                    of + 1
                )
            }
        }
    }
}

/// Decides about all tumours of one person; the answers are in the order of what was given.
pub fn decide(tumours: &[Tumour]) -> Vec<Decision> {
    let mut histologies: Vec<Histology> = tumours.iter().map(|tumour| tumour.histology).collect();
    let mut verdicts: Vec<Option<Verdict>> =
        tumours.iter().map(|tumour| (!counts(tumour)).then_some(Verdict::NotCounted)).collect();
    let order = in_order(tumours);
    for (place, first) in order.iter().enumerate() {
        if verdicts.get(*first).copied().flatten().is_some() {
            continue;
        }
        set(&mut verdicts, *first, Verdict::Primary);
        for later in order.iter().skip(place + 1) {
            if verdicts.get(*later).copied().flatten().is_some() {
                continue;
            }
            let (Some(one), Some(other)) = (tumours.get(*first), tumours.get(*later)) else { continue };
            let Some(known) = histologies.get(*first).copied() else { continue };
            if let Some(because) = same(one.topography, known, other) {
                set(&mut verdicts, *later, Verdict::Same { of: *first, because });
                if let Some(histology) = histologies.get_mut(*first) {
                    *histology = kept(known, other.histology);
                }
            }
        }
    }
    let decision = |((tumour, histology), verdict): ((&Tumour, &Histology), &Option<Verdict>)| Decision {
        verdict: verdict.unwrap_or(Verdict::Primary),
        histology: *histology,
        site_group: site_name(tumour.topography),
        histology_group: Kind::of(*histology).name(),
    };
    tumours.iter().zip(&histologies).zip(&verdicts).map(decision).collect()
}

fn set(verdicts: &mut [Option<Verdict>], place: usize, verdict: Verdict) {
    if let Some(slot) = verdicts.get_mut(place) {
        *slot = Some(verdict);
    }
}

/// Bladder, whose non-invasive tumours count too.
const BLADDER: u16 = 67;

fn counts(tumour: &Tumour) -> bool {
    tumour.behaviour == Behaviour::Malignant || tumour.topography.category() == BLADDER
}

/// By date as far as both are known, else by number.
fn in_order(tumours: &[Tumour]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(tumours.len());
    for (index, tumour) in tumours.iter().enumerate() {
        // Unknown parts make the order partial, which a sort must not be given: each is put behind the last that it does not precede.
        let precedes =
            |other: &usize| tumours.get(*other).is_some_and(|other| before(tumour, other) == Ordering::Less);
        let place = order.iter().rposition(|other| !precedes(other)).map_or(0, |place| place + 1);
        order.insert(place, index);
    }
    order
}

fn before(one: &Tumour, other: &Tumour) -> Ordering {
    let known = |a: Option<u16>, b: Option<u16>| a.zip(b).map(|(a, b)| a.cmp(&b));
    let (a, b) = (one.diagnosed, other.diagnosed);
    let parts = [
        known(a.year, b.year),
        known(a.month.map(u16::from), b.month.map(u16::from)),
        known(a.day.map(u16::from), b.day.map(u16::from)),
    ];
    for part in parts {
        match part {
            None => break,
            Some(Ordering::Equal) => {}
            Some(decided) => return decided,
        }
    }
    one.sequence.cmp(&other.sequence)
}

fn same(site: Topography, histology: Histology, other: &Tumour) -> Option<Because> {
    let (one, two) = (Kind::of(histology), Kind::of(other.histology));
    let unspecified = one.is_unspecified_form_of(two) || two.is_unspecified_form_of(one);
    if one.is_systemic() && two.is_systemic() && (one == two || unspecified) {
        return Some(Because::Systemic);
    }
    match same_site(site, other.topography) {
        true if one == two => Some(Because::SameSiteSameHistology),
        true if unspecified => Some(Because::SameSiteUnspecifiedHistology),
        _ => None,
    }
}

/// The histology of two that are one cancer.
fn kept(first: Histology, later: Histology) -> Histology {
    let (one, two) = (Kind::of(first), Kind::of(later));
    if one.is_unspecified_form_of(two) || one == two && later > first { later } else { first }
}

#[derive(Deserialize)]
struct Rules {
    sites: Vec<SiteGroup>,
    histologies: Vec<HistologyGroup>,
}

#[derive(Deserialize)]
struct SiteGroup {
    name: String,
    ja: String,
    categories: Ranges,
}

#[derive(Deserialize)]
struct HistologyGroup {
    group: u16,
    name: String,
    ja: String,
    codes: Ranges,
    #[serde(default)]
    unspecified_of: Ranges,
    #[serde(default)]
    systemic: bool,
}

#[expect(clippy::expect_used, reason = "the file is part of the program and read by every test")]
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/multiple-primaries.toml")).expect("the rules of multiple primaries")
});

/// A group of histologies; a code in no group is a group of its own.
#[derive(Clone, Copy)]
enum Kind {
    Group(&'static HistologyGroup),
    Code(Histology),
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Group(one), Self::Group(other)) => one.group == other.group,
            (Self::Code(one), Self::Code(other)) => one == other,
            _ => false,
        }
    }
}

impl Kind {
    fn of(histology: Histology) -> Self {
        let group = RULES.histologies.iter().find(|group| group.codes.contains(histology.number()));
        group.map_or(Self::Code(histology), Self::Group)
    }

    fn is_systemic(self) -> bool {
        matches!(self, Self::Group(group) if group.systemic)
    }

    fn is_unspecified_form_of(self, other: Self) -> bool {
        match (self, other) {
            (Self::Group(one), Self::Group(other)) => one.unspecified_of.contains(other.group),
            _ => false,
        }
    }

    fn name(self) -> (String, String) {
        match self {
            Self::Group(group) => (group.ja.clone(), group.name.clone()),
            Self::Code(code) => (code.to_string(), code.to_string()),
        }
    }
}

fn site_group(site: Topography) -> Option<(usize, &'static SiteGroup)> {
    RULES.sites.iter().enumerate().find(|(_, group)| group.categories.contains(site.category()))
}

fn same_site(one: Topography, other: Topography) -> bool {
    match (site_group(one), site_group(other)) {
        (Some((one, _)), Some((other, _))) => one == other,
        (None, None) => one.category() == other.category(),
        _ => false,
    }
}

fn site_name(site: Topography) -> (String, String) {
    let category = || format!("C{:02}", site.category());
    site_group(site)
        .map_or_else(|| (category(), category()), |(_, group)| (group.ja.clone(), group.name.clone()))
}

fn as_text<S: serde::Serializer>(histology: &Histology, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(histology)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tumour(year: u16, sequence: u32, site: &str, morphology: &str) -> Tumour {
        let (histology, behaviour) = morphology.split_once('/').unwrap();
        Tumour {
            diagnosed: Diagnosed { year: Some(year), ..Diagnosed::default() },
            sequence,
            topography: site.parse().unwrap(),
            histology: histology.parse().unwrap(),
            behaviour: behaviour.parse().unwrap(),
        }
    }

    fn verdicts(tumours: &[Tumour]) -> Vec<Verdict> {
        decide(tumours).into_iter().map(|decision| decision.verdict).collect()
    }

    const SAME: Verdict = Verdict::Same { of: 0, because: Because::SameSiteSameHistology };

    #[test]
    fn the_examples_of_the_design_library() {
        // Lung: adenocarcinoma and squamous cell carcinoma are two.
        let lungs = [tumour(2001, 1, "C340", "8140/3"), tumour(2002, 2, "C341", "8070/3")];
        assert_eq!(verdicts(&lungs), [Verdict::Primary, Verdict::Primary]);
        // Colon and rectum are two sites.
        let bowel = [tumour(2001, 1, "C182", "8140/3"), tumour(2002, 2, "C209", "8140/3")];
        assert_eq!(verdicts(&bowel), [Verdict::Primary, Verdict::Primary]);
        let rectum = [tumour(2001, 1, "C199", "8140/3"), tumour(2002, 2, "C209", "8140/3")];
        assert_eq!(verdicts(&rectum), [Verdict::Primary, SAME]);
    }

    #[test]
    fn the_specific_histology_is_kept() {
        let tumours = [tumour(2001, 1, "C509", "8010/3"), tumour(2003, 2, "C504", "8500/3")];
        let decisions = decide(&tumours);
        let because = Because::SameSiteUnspecifiedHistology;
        assert_eq!(decisions[1].verdict, Verdict::Same { of: 0, because });
        assert_eq!(decisions[0].histology.to_string(), "8500");
        // What became specific no longer takes in another specific group.
        let third = [tumours[0], tumours[1], tumour(2004, 3, "C501", "8070/3")];
        assert_eq!(verdicts(&third)[2], Verdict::Primary);
    }

    #[test]
    fn systemic_tumours_are_one_wherever_they_are() {
        let because = Because::Systemic;
        let kaposi = [tumour(2001, 1, "C440", "9140/3"), tumour(2002, 2, "C160", "9140/3")];
        assert_eq!(verdicts(&kaposi)[1], Verdict::Same { of: 0, because });
        let lymphoma = [tumour(2001, 1, "C770", "9591/3"), tumour(2002, 2, "C421", "9680/3")];
        assert_eq!(verdicts(&lymphoma)[1], Verdict::Same { of: 0, because });
        let two = [tumour(2001, 1, "C770", "9650/3"), tumour(2002, 2, "C421", "9861/3")];
        assert_eq!(verdicts(&two)[1], Verdict::Primary);
    }

    #[test]
    fn in_situ_counts_in_the_bladder_alone() {
        let tumours = [tumour(2001, 1, "C530", "8070/2"), tumour(2002, 2, "C679", "8130/2")];
        assert_eq!(verdicts(&tumours), [Verdict::NotCounted, Verdict::Primary]);
    }

    #[test]
    fn the_earlier_is_the_primary_and_unknown_dates_go_by_number() {
        let tumours = [tumour(2005, 1, "C509", "8500/3"), tumour(2001, 2, "C501", "8500/3")];
        let same = Verdict::Same { of: 1, because: Because::SameSiteSameHistology };
        assert_eq!(verdicts(&tumours), [same, Verdict::Primary]);
        let mut unknown = tumours;
        unknown[1].diagnosed = Diagnosed::default();
        assert_eq!(verdicts(&unknown), [Verdict::Primary, SAME]);
    }

    proptest! {
        #[test]
        fn somebody_is_the_primary_of_everybody(codes in prop::collection::vec((8000u16..=9993, 0u16..=809, 1990u16..2020), 1..6)) {
            let tumours: Vec<Tumour> = codes.iter().enumerate().map(|(index, (histology, site, year))| {
                tumour(*year, index as u32, &format!("{site:03}"), &format!("{histology}/3"))
            }).collect();
            let decisions = decide(&tumours);
            prop_assert_eq!(decisions.len(), tumours.len());
            for decision in &decisions {
                if let Verdict::Same { of, .. } = decision.verdict {
                    prop_assert_eq!(decisions[of].verdict, Verdict::Primary);
                }
                prop_assert!(!decision.ja().is_empty() && !decision.en().is_empty());
            }
        }
    }
}
