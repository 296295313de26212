//! A person's whole will with its history.

use calendar::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use crate::compiled::Compiled;
use crate::decision::Decision;
use crate::item::Item;
use crate::proxy::{Act, Beyond, Proxy, ProxyAct, ProxyId};
use crate::reason::ActReason;
use crate::restriction::Restriction;
use crate::rule::{GivenBy, Rule, RuleId};
use crate::who::{Asker, TeamId, Who};

/// Everything a person decided about who may see what (本人の意思の全体): nothing in it is ever deleted.
///
/// The person themself is not named: whoever keeps this knows whose it is, by a code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consents {
    /// Rules, in force or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Care teams that the person was told of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<CareTeam>,
    /// Those who act for the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proxies: Vec<Proxy>,
    /// What they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proxy_acts: Vec<ProxyAct>,
    /// Times in which the person cannot decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incapacities: Vec<Incapacity>,
    /// Ends of the sharing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opt_outs: Vec<OptOut>,
}

/// A care team (ケアチーム): those who look after the person together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CareTeam {
    /// Its name.
    pub id: TeamId,
    /// Who belongs to it: one of these; what they say of teams is not asked.
    pub members: Vec<Who>,
    /// First day.
    pub from: Date,
    /// First day on which it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// When it was dissolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

/// A time in which the person cannot decide (判断能力を欠く期間), established by a doctor or a court.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incapacity {
    /// Since when.
    pub from: Timestamp,
    /// Until when, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who established it.
    pub established_by: Who,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// When it was lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

/// The end of all sharing (オプトアウト): no rule outweighs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOut {
    /// Whether it holds in an emergency too.
    pub emergencies_too: bool,
    /// Since when; also when it was written down.
    pub recorded_at: Timestamp,
    /// When the person came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

/// Two times: what was in force at one instant, by what was known at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant that is asked about.
    pub about: Timestamp,
    /// The instant whose knowledge counts.
    pub known: Timestamp,
}

/// An act on [`Consents`] that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentsError {
    /// A name that is taken.
    #[error("the name {0} is taken (この名前は使われています)")]
    Taken(String),
    /// A name that nothing has.
    #[error("nothing is named {0} (この名前のものはありません)")]
    Unknown(String),
    /// It was withdrawn before.
    #[error("{0} was withdrawn before (すでに撤回されています)")]
    Withdrawn(String),
    /// An instant before the one at which the thing was written down.
    #[error("{name}: {at} is before it was written down, {recorded_at} (記録より前の時刻です)")]
    Before {
        /// What.
        name: String,
        /// The instant asked for.
        at: Timestamp,
        /// When it was written down.
        recorded_at: Timestamp,
    },
    /// More than a person may have.
    #[error("a person may have {limit} {what} at most (上限を超えています)")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: usize,
    },
    /// A proxy beyond the mandate.
    #[error("{proxy}: {beyond}")]
    Beyond {
        /// Who.
        proxy: ProxyId,
        /// What limit.
        beyond: Beyond,
    },
    /// A rule that claims to stand on a law: those are a table, not a person's.
    #[error("rules of law are not recorded with a person (法令の規則は本人の記録に加えません)")]
    Law,
}

impl From<Timestamp> for Moment {
    /// As it was decided at that instant.
    fn from(at: Timestamp) -> Self {
        Self { about: at, known: at }
    }
}

impl Moment {
    /// Whether something recorded then, and perhaps withdrawn, stands.
    pub(crate) fn stands(self, recorded_at: Timestamp, withdrawn_at: Option<Timestamp>) -> bool {
        recorded_at <= self.known && withdrawn_at.is_none_or(|end| end > self.known || end > self.about)
    }

    fn within(self, from: Timestamp, until: Option<Timestamp>) -> bool {
        from <= self.about && until.is_none_or(|until| self.about < until)
    }

    fn within_days(self, from: Date, until: Option<Date>) -> bool {
        let day = self.about.date();
        from <= day && until.is_none_or(|until| day < until)
    }
}

impl Consents {
    /// Most rules a person may have, withdrawn ones included.
    pub const RULES: usize = 2_000;
    /// Most teams, and most proxies.
    pub const OTHERS: usize = 200;
    /// Most acts of proxies that are kept here.
    pub const ACTS: usize = 10_000;

    /// Decides one question at one instant. Total: every question has an answer. Who decides often keeps
    /// [`Self::compile`] or [`Self::restriction`].
    pub fn decide(
        &self,
        asker: &Asker,
        reason: ActReason,
        item: &Item<'_>,
        at: impl Into<Moment>,
    ) -> Decision<'_> {
        self.compile(at).decide(asker, reason, item)
    }

    /// What remains to be decided for this asker, purpose and instant, once the item is known: what a grant carries.
    #[must_use]
    pub fn restriction(&self, asker: &Asker, reason: ActReason, at: impl Into<Moment>) -> Restriction {
        self.compile(at).restriction(asker, reason)
    }

    /// The rules as they stand at an instant, made ready for many decisions.
    #[must_use]
    pub fn compile(&self, at: impl Into<Moment>) -> Compiled<'_> {
        Compiled::new(self, at.into())
    }

    /// The person's rules that are in force at an instant.
    pub fn in_force(&self, at: impl Into<Moment>) -> impl Iterator<Item = &Rule> {
        let moment = at.into();
        self.rules.iter().filter(move |rule| self.rule_stands(rule, moment))
    }

    /// Whether the person cannot decide at an instant.
    #[must_use]
    pub fn is_incapable(&self, at: impl Into<Moment>) -> bool {
        let moment = at.into();
        self.incapacities.iter().any(|incapacity| {
            moment.stands(incapacity.recorded_at, incapacity.withdrawn_at)
                && moment.within(incapacity.from, incapacity.until)
        })
    }

    /// The end of the sharing that holds at an instant.
    pub fn opted_out(&self, at: impl Into<Moment>) -> Option<&OptOut> {
        let moment = at.into();
        let standing = |out: &&OptOut| {
            moment.stands(out.recorded_at, out.withdrawn_at) && out.recorded_at <= moment.about
        };
        self.opt_outs.iter().filter(standing).max_by_key(|out| out.emergencies_too)
    }

    /// The proxy whose mandate is in force at an instant.
    pub fn proxy(&self, id: &ProxyId, at: impl Into<Moment>) -> Option<&Proxy> {
        let moment = at.into();
        self.proxies.iter().find(|proxy| {
            proxy.id == *id
                && moment.stands(proxy.recorded_at, proxy.withdrawn_at)
                && moment.within_days(proxy.from, proxy.until)
                && (!proxy.only_incapable || self.is_incapable(moment))
        })
    }

    /// The teams that stand at an instant.
    pub fn teams(&self, at: impl Into<Moment>) -> impl Iterator<Item = &CareTeam> {
        let moment = at.into();
        self.teams.iter().filter(move |team| {
            moment.stands(team.recorded_at, team.withdrawn_at) && moment.within_days(team.from, team.until)
        })
    }

    /// Writes down a rule of the person.
    ///
    /// # Errors
    /// A name that is taken, a rule of law, one too many, or a proxy beyond the mandate.
    pub fn record(&mut self, rule: Rule) -> Result<(), ConsentsError> {
        match &rule.given_by {
            GivenBy::Law | GivenBy::Right => return Err(ConsentsError::Law),
            GivenBy::Proxy(proxy) => self.check_proxy(&proxy.clone(), &rule)?,
            GivenBy::Person | GivenBy::Directive => {}
        }
        if self.rules.len() >= Self::RULES {
            return Err(ConsentsError::TooMany { what: "rules", limit: Self::RULES });
        }
        if self.rules.iter().any(|known| known.id == rule.id) || crate::law::rule(&rule.id).is_some() {
            return Err(ConsentsError::Taken(rule.id.to_string()));
        }
        if let GivenBy::Proxy(proxy) = &rule.given_by {
            self.log(proxy.clone(), rule.recorded_at, Act::Gave(rule.id.clone()))?;
        }
        self.rules.push(rule);
        Ok(())
    }

    /// Withdraws a rule on the person's own word: it has no effect from that instant on, and keeps its history.
    ///
    /// # Errors
    /// No such rule, withdrawn before, or an instant before it was written down.
    pub fn withdraw(&mut self, id: &RuleId, at: Timestamp) -> Result<(), ConsentsError> {
        let rule = self.rules.iter_mut().find(|rule| rule.id == *id);
        let rule = rule.ok_or_else(|| ConsentsError::Unknown(id.to_string()))?;
        end(id.as_str(), rule.recorded_at, &mut rule.withdrawn_at, at)
    }

    /// Withdraws a rule on a proxy's word: only rules that this proxy gave.
    ///
    /// # Errors
    /// As [`Self::withdraw`], and [`ConsentsError::Beyond`].
    pub fn withdraw_by_proxy(
        &mut self,
        proxy: &ProxyId,
        id: &RuleId,
        at: Timestamp,
    ) -> Result<(), ConsentsError> {
        let beyond = |beyond| ConsentsError::Beyond { proxy: proxy.clone(), beyond };
        self.proxy(proxy, at).ok_or_else(|| beyond(Beyond::Mandate))?;
        let own = |rule: &Rule| rule.id == *id && rule.given_by == GivenBy::Proxy(proxy.clone());
        if !self.rules.iter().any(own) {
            return Err(beyond(Beyond::NotOwn));
        }
        limit("acts of proxies", self.proxy_acts.len(), Self::ACTS)?;
        self.withdraw(id, at)?;
        self.log(proxy.clone(), at, Act::Withdrew(id.clone()))
    }

    /// Ends all sharing.
    ///
    /// # Errors
    /// One too many.
    pub fn opt_out(&mut self, emergencies_too: bool, at: Timestamp) -> Result<(), ConsentsError> {
        limit("opt-outs", self.opt_outs.len(), Self::OTHERS)?;
        self.opt_outs.push(OptOut { emergencies_too, recorded_at: at, withdrawn_at: None });
        Ok(())
    }

    /// Comes back: every end of the sharing that stands is withdrawn.
    ///
    /// # Errors
    /// An instant before one of them was written down.
    pub fn opt_in(&mut self, at: Timestamp) -> Result<(), ConsentsError> {
        end_all("opt-out", self.opt_outs.iter_mut().map(|out| (out.recorded_at, &mut out.withdrawn_at)), at)
    }

    /// Writes down a proxy.
    ///
    /// # Errors
    /// A name that is taken, or one too many.
    pub fn appoint(&mut self, proxy: Proxy) -> Result<(), ConsentsError> {
        limit("proxies", self.proxies.len(), Self::OTHERS)?;
        if self.proxies.iter().any(|known| known.id == proxy.id) {
            return Err(ConsentsError::Taken(proxy.id.to_string()));
        }
        self.proxies.push(proxy);
        Ok(())
    }

    /// Ends a proxy's mandate.
    ///
    /// # Errors
    /// No such proxy, ended before, or an instant before it was written down.
    pub fn dismiss(&mut self, id: &ProxyId, at: Timestamp) -> Result<(), ConsentsError> {
        let proxy = self.proxies.iter_mut().find(|proxy| proxy.id == *id);
        let proxy = proxy.ok_or_else(|| ConsentsError::Unknown(id.to_string()))?;
        end(id.as_str(), proxy.recorded_at, &mut proxy.withdrawn_at, at)
    }

    /// Writes down a care team.
    ///
    /// # Errors
    /// A name that is taken by a team that was not dissolved, or one too many.
    pub fn form_team(&mut self, team: CareTeam) -> Result<(), ConsentsError> {
        limit("teams", self.teams.len(), Self::OTHERS)?;
        if self.teams.iter().any(|known| known.id == team.id && known.withdrawn_at.is_none()) {
            return Err(ConsentsError::Taken(team.id.to_string()));
        }
        self.teams.push(team);
        Ok(())
    }

    /// Dissolves a care team.
    ///
    /// # Errors
    /// No such team, or an instant before it was written down.
    pub fn dissolve_team(&mut self, id: &TeamId, at: Timestamp) -> Result<(), ConsentsError> {
        let team = self.teams.iter_mut().find(|team| team.id == *id && team.withdrawn_at.is_none());
        let team = team.ok_or_else(|| ConsentsError::Unknown(id.to_string()))?;
        end(id.as_str(), team.recorded_at, &mut team.withdrawn_at, at)
    }

    /// Writes down that the person cannot decide: directives come into force.
    ///
    /// # Errors
    /// One too many.
    pub fn declare_incapacity(&mut self, incapacity: Incapacity) -> Result<(), ConsentsError> {
        limit("incapacities", self.incapacities.len(), Self::OTHERS)?;
        self.incapacities.push(incapacity);
        Ok(())
    }

    /// The person can decide again.
    ///
    /// # Errors
    /// An instant before it was written down.
    pub fn lift_incapacity(&mut self, at: Timestamp) -> Result<(), ConsentsError> {
        let all = self.incapacities.iter_mut().map(|one| (one.recorded_at, &mut one.withdrawn_at));
        end_all("incapacity", all, at)
    }

    /// Writes down that a proxy looked.
    ///
    /// # Errors
    /// No mandate in force, or one act too many.
    pub fn proxy_looked(&mut self, proxy: &ProxyId, at: Timestamp) -> Result<(), ConsentsError> {
        let beyond = || ConsentsError::Beyond { proxy: proxy.clone(), beyond: Beyond::Mandate };
        self.proxy(proxy, at).ok_or_else(beyond)?;
        self.log(proxy.clone(), at, Act::Looked)
    }

    fn rule_stands(&self, rule: &Rule, moment: Moment) -> bool {
        let ground = match &rule.given_by {
            GivenBy::Proxy(proxy) => {
                rule.effect == crate::Effect::Deny || self.proxy(proxy, moment).is_some()
            }
            GivenBy::Directive => self.is_incapable(moment),
            GivenBy::Person | GivenBy::Law | GivenBy::Right => true,
        };
        ground && moment.stands(rule.recorded_at, rule.withdrawn_at) && moment.within(rule.from, rule.until)
    }

    fn check_proxy(&self, proxy: &ProxyId, rule: &Rule) -> Result<(), ConsentsError> {
        let beyond = |beyond| ConsentsError::Beyond { proxy: proxy.clone(), beyond };
        let mandate = self.proxy(proxy, rule.recorded_at).ok_or_else(|| beyond(Beyond::Mandate))?;
        mandate.may_give(rule).map_err(beyond)
    }

    fn log(&mut self, proxy: ProxyId, at: Timestamp, act: Act) -> Result<(), ConsentsError> {
        limit("acts of proxies", self.proxy_acts.len(), Self::ACTS)?;
        self.proxy_acts.push(ProxyAct { proxy, at, act });
        Ok(())
    }
}

fn limit(what: &'static str, now: usize, limit: usize) -> Result<(), ConsentsError> {
    if now < limit { Ok(()) } else { Err(ConsentsError::TooMany { what, limit }) }
}

fn end(
    name: &str,
    recorded_at: Timestamp,
    withdrawn_at: &mut Option<Timestamp>,
    at: Timestamp,
) -> Result<(), ConsentsError> {
    if withdrawn_at.is_some() {
        return Err(ConsentsError::Withdrawn(name.into()));
    }
    if at < recorded_at {
        return Err(ConsentsError::Before { name: name.into(), at, recorded_at });
    }
    *withdrawn_at = Some(at);
    Ok(())
}

/// Ends whatever of these stands, all or none.
fn end_all<'a>(
    name: &str,
    things: impl Iterator<Item = (Timestamp, &'a mut Option<Timestamp>)>,
    at: Timestamp,
) -> Result<(), ConsentsError> {
    let standing: Vec<_> = things.filter(|(_, withdrawn_at)| withdrawn_at.is_none()).collect();
    if let Some((recorded_at, _)) = standing.iter().find(|(recorded_at, _)| at < *recorded_at) {
        return Err(ConsentsError::Before { name: name.into(), at, recorded_at: *recorded_at });
    }
    for (_, withdrawn_at) in standing {
        *withdrawn_at = Some(at);
    }
    Ok(())
}
