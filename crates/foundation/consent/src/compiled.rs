//! Rules made ready for many decisions at one instant.

use crate::consents::{CareTeam, Consents, Moment};
use crate::decision::{Decision, Why};
use crate::item::Item;
use crate::law;
use crate::reason::{ActReason, Purposes};
use crate::restriction::{Remaining, Restriction};
use crate::rule::{Effect, Rule};
use crate::who::Asker;

/// The rules that stand at one instant, with those of law, in the order in which they explain (判定の準備).
///
/// Deciding with it allocates nothing.
#[derive(Clone, Debug)]
pub struct Compiled<'c> {
    opted_out: Option<bool>,
    teams: Vec<&'c CareTeam>,
    permits: Vec<Prepared<'c>>,
    denies: Vec<Prepared<'c>>,
}

#[derive(Clone, Debug)]
struct Prepared<'c> {
    rule: &'c Rule,
    purposes: Purposes,
    /// Of a refusal: the permissions that outweigh it where both reach.
    outweighed_by: Vec<u16>,
}

impl<'c> Compiled<'c> {
    pub(crate) fn new(consents: &'c Consents, moment: Moment) -> Self {
        let by_law = law::rules().iter().filter(|rule| rule.from <= moment.about);
        let mut rules: Vec<&Rule> = consents.in_force(moment).chain(by_law).collect();
        rules.sort_by(|a, b| b.weight().cmp(&a.weight()).then_with(|| a.id.cmp(&b.id)));
        let of = |effect| rules.iter().copied().filter(move |rule: &&Rule| rule.effect == effect);
        let permits: Vec<_> = of(Effect::Permit).map(|rule| Prepared::new(rule, &[])).collect();
        let denies = of(Effect::Deny).map(|rule| Prepared::new(rule, &permits)).collect();
        let opted_out = consents.opted_out(moment).map(|out| out.emergencies_too);
        Self { opted_out, teams: consents.teams(moment).collect(), permits, denies }
    }

    /// Decides one question.
    pub fn decide(&self, asker: &Asker, reason: ActReason, item: &Item<'_>) -> Decision<'c> {
        if self.is_out(reason) {
            return Decision { effect: Effect::Deny, why: Why::OptedOut, rule: None };
        }
        let reaches = |prepared: &Prepared<'c>| {
            prepared.purposes.contains(reason)
                && prepared.rule.what.reaches(prepared.rule.effect, item)
                && prepared.rule.means(asker, &self.teams)
        };
        let outweighed = |refusal: &Prepared<'c>| {
            refusal
                .outweighed_by
                .iter()
                .any(|index| self.permits.get(usize::from(*index)).is_some_and(reaches))
        };
        let refusal = self.denies.iter().find(|refusal| reaches(refusal) && !outweighed(refusal));
        if let Some(refusal) = refusal {
            return Decision { effect: Effect::Deny, why: Why::Refused, rule: Some(refusal.rule) };
        }
        match self.permits.iter().find(|permit| reaches(permit)) {
            Some(permit) => Decision { effect: Effect::Permit, why: Why::Permitted, rule: Some(permit.rule) },
            None => Decision { effect: Effect::Deny, why: Why::NoRule, rule: None },
        }
    }

    /// What remains to be decided for this asker and purpose once the item is known.
    #[must_use]
    pub fn restriction(&self, asker: &Asker, reason: ActReason) -> Restriction {
        if self.is_out(reason) {
            return Restriction::opted_out();
        }
        let remains = |prepared: &&Prepared<'c>| {
            prepared.purposes.contains(reason) && prepared.rule.means(asker, &self.teams)
        };
        let kept: Vec<u16> = (0_u16..)
            .zip(&self.permits)
            .filter(|(_, permit)| remains(permit))
            .map(|(index, _)| index)
            .collect();
        let place =
            |index: &u16| kept.iter().position(|old| old == index).and_then(|new| u16::try_from(new).ok());
        let refusal = |refusal: &Prepared<'c>| {
            Remaining::new(refusal.rule, refusal.outweighed_by.iter().filter_map(place).collect())
        };
        let permits =
            self.permits.iter().filter(remains).map(|permit| Remaining::new(permit.rule, Vec::new()));
        Restriction::new(permits.collect(), self.denies.iter().filter(remains).map(refusal).collect())
    }

    fn is_out(&self, reason: ActReason) -> bool {
        self.opted_out.is_some_and(|emergencies_too| {
            reason != ActReason::PatientRequest && (emergencies_too || !reason.is_emergency())
        })
    }
}

impl<'c> Prepared<'c> {
    fn new(rule: &'c Rule, permits: &[Prepared<'c>]) -> Self {
        let purposes = if rule.purposes.is_empty() {
            ActReason::ALL.iter().copied().collect()
        } else {
            rule.purposes.with_kinds()
        };
        let outweighs = |(index, permit): (u16, &Prepared<'c>)| permit.rule.outweighs(rule).then_some(index);
        Self { rule, purposes, outweighed_by: (0..).zip(permits).filter_map(outweighs).collect() }
    }
}
