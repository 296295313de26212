//! Who insured the person on the days of a claim: as known then, as known now.

use calendar::Date;
use codes::InsurerNumber;
use serde::Serialize;

use crate::{Claim, Days, Month};

/// Where memberships are looked up: an eligibility service, or a [list](crate::MemberList).
pub trait Eligibility {
    /// The person that a claim names, with every membership that was ever known of them.
    fn find(&self, claimed: &Claimed) -> Who<'_>;
}

/// How a claim names the insured person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claimed {
    /// 保険者番号, filled up with zeros to eight digits where it is one, else as it stands.
    pub insurer: String,
    /// 記号, as written.
    pub symbol: String,
    /// 番号, as written.
    pub number: String,
    /// 枝番, where the desk recorded it.
    pub branch: Option<String>,
    /// 生年月日.
    pub birth: Option<Date>,
    /// 男女区分: 1 male, 2 female.
    pub sex: Option<u8>,
    /// 氏名.
    #[serde(skip)]
    pub name: String,
    /// カタカナ氏名; empty in older files.
    #[serde(skip)]
    pub kana: String,
}

impl Claimed {
    /// What the claim says; `None` for a claim without health insurance.
    #[must_use]
    pub fn of(claim: &Claim<'_>) -> Option<Self> {
        let insurer = claim.insurer()?;
        let charset = claim.charset();
        let receipt = claim.receipt();
        let number = String::from_utf8_lossy(insurer.insurer().trimmed()).into_owned();
        Some(Self {
            insurer: padded(&number),
            symbol: insurer.symbol().text(charset).into_owned(),
            number: insurer.number().text(charset).into_owned(),
            branch: claim.branch().map(|branch| String::from_utf8_lossy(branch).into_owned()),
            birth: claim.birth(),
            sex: receipt.sex().number().and_then(|sex| u8::try_from(sex).ok()),
            name: claim.name().into_owned(),
            kana: claim.kana().into_owned(),
        })
    }
}

/// A membership (資格) with what was known of it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// 保険者番号.
    pub insurer: InsurerNumber,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番; empty where the insurer has none.
    pub branch: String,
    /// A dependant (被扶養者), not the insured person.
    pub dependant: bool,
    /// First day.
    pub from: Date,
    /// First day no more.
    pub until: Option<Date>,
    /// When the beginning was known.
    pub from_known: Date,
    /// When the end was known.
    pub until_known: Option<Date>,
}

impl Membership {
    /// Whether the membership covers `day`, by what was known on `known`.
    #[must_use]
    pub fn covers(&self, day: Date, known: Date) -> bool {
        let ended = self.until.filter(|_| self.until_known.is_some_and(|learned| learned <= known));
        self.from_known <= known && self.from <= day && ended.is_none_or(|until| day < until)
    }

    fn same_number(&self, claimed: &Claimed) -> bool {
        let branch =
            claimed.branch.as_deref().is_none_or(|b| self.branch.is_empty() || fold(b) == fold(&self.branch));
        fold(&self.symbol) == fold(&claimed.symbol) && fold(&self.number) == fold(&claimed.number) && branch
    }
}

/// Who a claim names.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// Nobody that is known.
    Nobody,
    /// More than one person.
    Several,
    /// One person.
    One {
        /// By what.
        by: FoundBy,
        /// Every membership of the person, in any order.
        memberships: &'a [Membership],
    },
}

/// By what a person was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// By insurer, symbol and number, with the birthday.
    Number,
    /// By insurer, symbol and number, with the name, or with branch, sex and a birthday that differs in a digit or two.
    NumberAndName,
    /// By name, birthday and sex: nobody has the number that the claim gives, or not with this birthday.
    NameAndBirth,
}

/// What is to be done with a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The claimed insurer insured the person on every day, under this number.
    Right,
    /// The claimed insurer insured the person on every day, but under another symbol, number or branch, or with another
    /// birthday.
    ChangedData,
    /// Another insurer insured the person on every day: the claim goes there.
    OtherInsurer {
        /// First day of the membership there.
        since: Date,
    },
    /// The insurer changed within the days of the claim: it is divided.
    Split {
        /// First day of the second insurer.
        at: Date,
    },
    /// Nobody insured the person on any day.
    NotInsured,
    /// Nothing can be said.
    Undecidable {
        /// Why.
        why: Why,
    },
}

impl Outcome {
    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::ChangedData => "changed-data",
            Self::OtherInsurer { .. } => "other-insurer",
            Self::Split { .. } => "split",
            Self::NotInsured => "not-insured",
            Self::Undecidable { .. } => "undecidable",
        }
    }
}

/// Why nothing can be said of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The claim names no health insurance (公費単独), no month, or is of a table without known fields.
    NothingClaimed,
    /// Nobody is known under that number, nor by name and birthday.
    UnknownPerson,
    /// Several persons may be meant.
    SeveralPersons,
    /// Several insurers claim the person on one day.
    SeveralInsurers,
    /// On some of the days nobody insured the person.
    PartlyInsured,
    /// The insurer changed more than once within the days.
    SeveralChanges,
    /// The insurer changed within the month, and the claim does not say on which days the person came.
    NoDays,
}

/// An outcome with what it rests on.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// What is to be done.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What the claim says.
    pub claimed: Option<Claimed>,
    /// By what the person was found.
    pub found_by: Option<FoundBy>,
    /// Who insured the person on the days of the claim, by what is known now.
    pub now: Vec<Spell>,
    /// The same by what was known on each of the days: what a check at the desk would have said.
    pub then: Vec<Spell>,
}

/// Days of a claim with one insurer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spell {
    /// First of the days.
    pub first: Date,
    /// Last of the days.
    pub last: Date,
    /// 保険者番号; `None` where nobody insured the person.
    pub insurer: Option<String>,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// First day of that membership.
    pub since: Option<Date>,
}

/// What is to be done with a claim, by what is known on `known`.
pub fn judge(claim: &Claim<'_>, eligibility: &dyn Eligibility, known: Date) -> Judged {
    let undecidable = |claimed, why| Judged {
        verdict: Verdict {
            outcome: Outcome::Undecidable { why },
            claimed,
            found_by: None,
            now: Vec::new(),
            then: Vec::new(),
        },
        memberships: Vec::new(),
    };
    let (Some(claimed), Some(month)) = (Claimed::of(claim), claim.month()) else {
        return undecidable(None, Why::NothingClaimed);
    };
    let (by, memberships) = match eligibility.find(&claimed) {
        Who::Nobody => return undecidable(Some(claimed), Why::UnknownPerson),
        Who::Several => return undecidable(Some(claimed), Why::SeveralPersons),
        Who::One { by, memberships } => (by, memberships),
    };
    let days = claim.days();
    let whole_month = days.is_empty();
    let dates = dates(days, month);
    let now = spells(&dates, memberships, |_| known);
    let then = spells(&dates, memberships, |day| day);
    let outcome = match decide(&now, &claimed, whole_month) {
        // The birthday is wrong on one side.
        Outcome::Right if by == FoundBy::NumberAndName => Outcome::ChangedData,
        other => other,
    };
    let known_now = now.iter().filter_map(|spell| spell.membership.clone()).collect();
    let shown = |spells: Vec<Covered>| spells.iter().map(Covered::shown).collect();
    let verdict =
        Verdict { outcome, claimed: Some(claimed), found_by: Some(by), now: shown(now), then: shown(then) };
    Judged { verdict, memberships: known_now }
}

/// A verdict and the memberships to which the claim, or each part of it, is to be addressed, in order of the days.
pub struct Judged {
    /// What is to be done, and why.
    pub verdict: Verdict,
    /// The memberships on the days of the claim, by what is known now, each where another begins.
    pub memberships: Vec<Membership>,
}

/// Days with one membership, or with none, or with several at once.
struct Covered {
    first: Date,
    last: Date,
    membership: Option<Membership>,
    several: bool,
}

impl Covered {
    fn shown(&self) -> Spell {
        let text =
            |of: fn(&Membership) -> &String| self.membership.as_ref().map(of).cloned().unwrap_or_default();
        Spell {
            first: self.first,
            last: self.last,
            insurer: self.membership.as_ref().map(|m| m.insurer.padded8()),
            symbol: text(|m| &m.symbol),
            number: text(|m| &m.number),
            branch: text(|m| &m.branch),
            since: self.membership.as_ref().map(|m| m.from),
        }
    }
}

fn dates(days: Days, month: Month) -> Vec<Date> {
    let all = (1..=31u8).filter(|day| days.is_empty() || days.has(*day));
    all.filter_map(|day| month.day(day)).collect()
}

fn spells(dates: &[Date], memberships: &[Membership], known: impl Fn(Date) -> Date) -> Vec<Covered> {
    let mut spells: Vec<Covered> = Vec::new();
    for day in dates.iter().copied() {
        let mut active = memberships.iter().filter(|m| m.covers(day, known(day)));
        let first = active.next();
        let several = first.is_some_and(|first| active.any(|other| other.insurer != first.insurer));
        match spells.last_mut() {
            Some(last) if last.membership.as_ref() == first && last.several == several => last.last = day,
            _ => spells.push(Covered { first: day, last: day, membership: first.cloned(), several }),
        }
    }
    spells
}

fn decide(now: &[Covered], claimed: &Claimed, whole_month: bool) -> Outcome {
    let undecidable = |why| Outcome::Undecidable { why };
    if now.iter().any(|spell| spell.several) {
        return undecidable(Why::SeveralInsurers);
    }
    let insured: Vec<&Membership> = now.iter().filter_map(|spell| spell.membership.as_ref()).collect();
    let Some(first) = insured.first() else { return Outcome::NotInsured };
    if insured.len() < now.len() {
        return undecidable(Why::PartlyInsured);
    }
    let mut insurers: Vec<(&str, Date)> = Vec::new();
    let padded: Vec<String> = insured.iter().map(|m| m.insurer.padded8()).collect();
    for (insurer, membership) in padded.iter().zip(&insured) {
        if insurers.last().is_none_or(|(last, _)| last != insurer) {
            insurers.push((insurer, membership.from));
        }
    }
    match insurers.as_slice() {
        [(insurer, _)] if *insurer == claimed.insurer => {
            let same = insured.iter().all(|membership| membership.same_number(claimed));
            if same { Outcome::Right } else { Outcome::ChangedData }
        }
        [_] => Outcome::OtherInsurer { since: first.from },
        [_, _] if whole_month => undecidable(Why::NoDays),
        [_, (_, at)] => Outcome::Split { at: *at },
        _ => undecidable(if whole_month { Why::NoDays } else { Why::SeveralChanges }),
    }
}

/// An insurer's number as it is compared: eight digits.
pub(crate) fn padded(number: &str) -> String {
    let plain = number.trim();
    let digits = !plain.is_empty() && plain.len() <= 8 && plain.bytes().all(|b| b.is_ascii_digit());
    if digits { format!("{plain:0>8}") } else { plain.to_owned() }
}

/// A symbol or number as it is compared: one width, no spaces, hyphens unified, upper case, no zeros in front.
pub(crate) fn fold(text: &str) -> String {
    let folded = kotoba::fold_width(text).to_uppercase();
    let kept: String = folded
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if matches!(c, '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' | '－') { '-' } else { c })
        .collect();
    let shorter = kept.trim_start_matches('0');
    if shorter.is_empty() { kept } else { shorter.to_owned() }
}
