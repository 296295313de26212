//! What remains of a decision for the holder: the rules about what may be seen.

use calendar::{Date, Interval};
use codes::OrgId;
use serde::{Deserialize, Serialize};

use crate::decision::{Verdict, Why};
use crate::item::{Categories, Item, Label, Labels};
use crate::proxy::{Proxy, ProxyKind};
use crate::rule::{Author, Effect, Rule, RuleId, What};

/// The rules that remain for one asker, purpose and instant (残る条件): travels inside a signed grant.
///
/// For every item it decides as [`Consents::decide`](crate::Consents::decide) did. It names neither the person nor
/// anyone the person's rules are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Restriction {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    opted_out: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permits: Vec<Remaining>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    denies: Vec<Remaining>,
}

/// What remains of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remaining {
    rule: RuleId,
    #[serde(default, skip_serializing_if = "What::is_everything")]
    what: What,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keep_until: Option<Date>,
    /// Of a refusal: places of the permissions that outweigh it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outweighed_by: Vec<u16>,
}

impl Restriction {
    pub(crate) fn new(permits: Vec<Remaining>, denies: Vec<Remaining>) -> Self {
        Self { opted_out: false, permits, denies }
    }

    pub(crate) fn opted_out() -> Self {
        Self { opted_out: true, ..Self::default() }
    }

    /// Decides about one item. Allocates nothing.
    pub fn decide(&self, item: &Item<'_>) -> Verdict<'_> {
        if self.opted_out {
            return Verdict { effect: Effect::Deny, why: Why::OptedOut, rule: None };
        }
        let outweighed = |refusal: &Remaining| {
            let permit = |place: &u16| self.permits.get(usize::from(*place));
            refusal
                .outweighed_by
                .iter()
                .filter_map(permit)
                .any(|permit| permit.what.reaches(Effect::Permit, item))
        };
        let refuses = |refusal: &&Remaining| refusal.what.reaches(Effect::Deny, item) && !outweighed(refusal);
        if let Some(refusal) = self.denies.iter().find(refuses) {
            return Verdict { effect: Effect::Deny, why: Why::Refused, rule: Some(&refusal.rule) };
        }
        match self.permits.iter().find(|permit| permit.what.reaches(Effect::Permit, item)) {
            Some(permit) => Verdict { effect: Effect::Permit, why: Why::Permitted, rule: Some(&permit.rule) },
            None => Verdict { effect: Effect::Deny, why: Why::NoRule, rule: None },
        }
    }

    /// Whether no item can be permitted, so that nothing needs to be asked of a holder. When it says no, it may still
    /// be that no item of this person is permitted.
    #[must_use]
    pub fn permits_nothing(&self) -> bool {
        let total = |refusal: &Remaining| refusal.what.is_everything() && refusal.outweighed_by.is_empty();
        self.opted_out || self.permits.is_empty() || self.denies.iter().any(total)
    }

    /// Whether nothing that this organisation made can be permitted, so that it needs not be asked. When it says no, it
    /// may still be that nothing of it is permitted.
    #[must_use]
    pub fn permits_nothing_of(&self, organisation: &OrgId) -> bool {
        let may_be = |what: &What| {
            let made = |author: &Author| author.organisation.as_ref().is_none_or(|made| made == organisation);
            what.authors.is_empty() || what.authors.iter().any(made)
        };
        let whole = |refusal: &Remaining| {
            let all = |author: &Author| {
                author.person.is_none() && author.organisation.as_ref() == Some(organisation)
            };
            let but_authors = What { authors: Vec::new(), ..refusal.what.clone() };
            refusal.outweighed_by.is_empty()
                && but_authors.is_everything()
                && (refusal.what.authors.is_empty() || refusal.what.authors.iter().any(all))
        };
        self.permits_nothing()
            || !self.permits.iter().any(|permit| may_be(&permit.what))
            || self.denies.iter().any(whole)
    }

    /// What remains when only these kinds of information and days of care are looked for; none means all of them.
    #[must_use]
    pub fn looking_for(self, categories: Categories, care: Option<Interval>) -> Self {
        let narrowed: Vec<Option<Remaining>> = self
            .permits
            .into_iter()
            .map(|permit| Some(Remaining { what: permit.what.narrowed(categories, care)?, ..permit }))
            .collect();
        let mut places = Vec::with_capacity(narrowed.len());
        let mut next = 0_u16;
        for permit in &narrowed {
            places.push(permit.is_some().then_some(next));
            next += u16::from(permit.is_some());
        }
        let place = |old: u16| places.get(usize::from(old)).copied().flatten();
        let refusal = |refusal: Remaining| Remaining {
            outweighed_by: refusal.outweighed_by.iter().filter_map(|old| place(*old)).collect(),
            ..refusal
        };
        Self {
            opted_out: self.opted_out,
            permits: narrowed.into_iter().flatten().collect(),
            denies: self.denies.into_iter().map(refusal).collect(),
        }
    }

    /// What remains when it is not the person who looks but a proxy: no more than the mandate lets them see, and nothing that
    /// is kept from proxies of this kind (violence and what the person marked, from every one; from parents also what
    /// adolescents keep to themselves). `hidden` names the refusal.
    #[must_use]
    pub fn for_proxy(self, proxy: &Proxy, hidden: RuleId) -> Self {
        let seen = |permit: Remaining| {
            let what = proxy.sees.clone().filter(|_| permit.what.is_everything())?;
            Some(Remaining { what, ..permit })
        };
        let permits: Vec<Remaining> = self.permits.into_iter().filter_map(seen).collect();
        // What outweighs a refusal for the person does not for a proxy.
        let mut denies: Vec<Remaining> = self
            .denies
            .into_iter()
            .map(|refusal| Remaining { outweighed_by: Vec::new(), ..refusal })
            .collect();
        let what = What { labels: hidden_from(proxy.kind), ..What::default() };
        denies.push(Remaining { rule: hidden, what, keep_until: None, outweighed_by: Vec::new() });
        Self { opted_out: self.opted_out, permits, denies }
    }

    /// The last day that the asker may keep what it gets: the earliest that any permission says.
    #[must_use]
    pub fn keep_until(&self) -> Option<Date> {
        self.permits.iter().filter_map(|permit| permit.keep_until).min()
    }

    /// Whether the person ended the sharing: then nothing else counts.
    #[must_use]
    pub fn is_opted_out(&self) -> bool {
        self.opted_out
    }

    /// What is permitted, for a holder that turns it into a condition of its search. Together with [`Self::refused`]
    /// it says what [`Self::decide`] does.
    pub fn permitted(&self) -> impl Iterator<Item = &What> {
        self.permits.iter().map(|permit| &permit.what)
    }

    /// What is refused, each with the places among [`Self::permitted`] of what outweighs it where both reach.
    pub fn refused(&self) -> impl Iterator<Item = (&What, &[u16])> {
        self.denies.iter().map(|refusal| (&refusal.what, refusal.outweighed_by.as_slice()))
    }

    /// The names of the rules that remain.
    pub fn rules(&self) -> impl Iterator<Item = &RuleId> {
        self.permits.iter().chain(&self.denies).map(|remaining| &remaining.rule)
    }
}

/// The labels that a proxy is not shown, whatever the mandate says.
fn hidden_from(kind: ProxyKind) -> Labels {
    let from_all = Labels::of(&[Label::Violence, Label::OwnMark]);
    match kind {
        ProxyKind::Parent | ProxyKind::MinorGuardian => {
            from_all.union(Labels::of(&[Label::Reproduction, Label::Std, Label::SubstanceUse]))
        }
        _ => from_all,
    }
}

impl Remaining {
    pub(crate) fn new(rule: &Rule, outweighed_by: Vec<u16>) -> Self {
        Self { rule: rule.id.clone(), what: rule.what.clone(), keep_until: rule.keep_until, outweighed_by }
    }
}
