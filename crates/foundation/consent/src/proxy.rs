//! Those who act for a person: who they are, what they may decide and see, until when, and what they did.

use calendar::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::Item;
use crate::reason::Purposes;
use crate::rule::{Effect, Rule, RuleId, What};
use crate::text::name_type;
use crate::words::words;

name_type! {
    /// The name of a proxy, unique within one person's [`Consents`](crate::Consents); who that is, its registrar knows.
    ProxyId, "proxy", 128
}

words! {
    /// Why somebody may act for a person (代理の根拠).
    ProxyKind, "kind of proxy" {
        /// One with parental authority over a minor (Civil Code, article 818).
        Parent = "parent", "親権者", "parent";
        /// Guardian of a minor (Civil Code, article 838).
        MinorGuardian = "minor-guardian", "未成年後見人", "guardian of a minor";
        /// Guardian of an adult (Civil Code, article 8).
        AdultGuardian = "adult-guardian", "成年後見人", "guardian of an adult";
        /// Curator (Civil Code, article 12).
        Curator = "curator", "保佐人", "curator";
        /// Assistant (Civil Code, article 16).
        Assistant = "assistant", "補助人", "assistant";
        /// Guardian by a contract that the person made beforehand (Act on Voluntary Guardianship Contract).
        VoluntaryGuardian = "voluntary-guardian", "任意後見人", "voluntary guardian";
        /// Somebody the person chose.
        Chosen = "chosen", "本人が選んだ代理人", "chosen by the person";
    }
}

/// One who acts for the person (代理人), within limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// The name.
    pub id: ProxyId,
    /// On what ground.
    pub kind: ProxyKind,
    /// What the proxy may decide about: every rule must lie within.
    pub decides: What,
    /// For which purposes the proxy may decide; none means every purpose.
    #[serde(default, skip_serializing_if = "Purposes::is_empty")]
    pub purposes: Purposes,
    /// Whether the proxy may permit, and not only refuse.
    pub may_permit: bool,
    /// What the proxy may see; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sees: Option<What>,
    /// The mandate acts only while an [`Incapacity`](crate::Incapacity) is in force.
    pub only_incapable: bool,
    /// First day of the mandate.
    pub from: Date,
    /// First day on which it is over: see [`Proxy::coming_of_age`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// When it was ended before its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

/// What a proxy did (代理人の行為の記録): the log is part of the person's own data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyAct {
    /// Who.
    pub proxy: ProxyId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: Act,
}

/// An act of a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Gave this rule.
    Gave(RuleId),
    /// Withdrew this rule.
    Withdrew(RuleId),
    /// Looked at the person's records or exchange records.
    Looked,
}

/// A rule that is beyond a proxy's mandate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Beyond {
    /// The mandate is not in force.
    #[error("the mandate is not in force (代理の期間外です)")]
    Mandate,
    /// The proxy may refuse, not permit.
    #[error("this proxy may refuse but not permit (この代理人は拒否のみでき、許可はできません)")]
    Permit,
    /// The rule reaches further than what the proxy may decide about.
    #[error(
        "the rule reaches beyond what this proxy may decide about (代理人が決められる範囲を超えています)"
    )]
    What,
    /// The purpose is none that the proxy may decide about.
    #[error("the rule has purposes that this proxy may not decide about (代理人が決められない目的です)")]
    Purposes,
    /// A rule of somebody else, which this proxy may not withdraw.
    #[error("the rule is not this proxy's own (この代理人が定めた規則ではありません)")]
    NotOwn,
}

impl Proxy {
    /// The first day on which a mandate over a minor is over: the age, 18 by article 4 of the Civil Code, is attained at
    /// the close of the day before the birthday.
    #[must_use]
    pub fn coming_of_age(born: Date, years: u16) -> Date {
        born.attains_age(years).add_days(1)
    }

    /// Whether the proxy may give this rule, mandate in force.
    ///
    /// # Errors
    /// [`Beyond`], the first limit that it passes.
    pub fn may_give(&self, rule: &Rule) -> Result<(), Beyond> {
        if rule.effect == Effect::Permit && !self.may_permit {
            return Err(Beyond::Permit);
        }
        if !rule.reach().is_within(&self.decides) {
            return Err(Beyond::What);
        }
        let wide = self.purposes.is_empty();
        let within = !rule.purposes.is_empty() && rule.purposes.is_within(self.purposes.with_kinds());
        if wide || within { Ok(()) } else { Err(Beyond::Purposes) }
    }

    /// Whether the proxy may see this item, mandate in force.
    #[must_use]
    pub fn may_see(&self, item: &Item<'_>) -> bool {
        self.sees.as_ref().is_some_and(|what| what.reaches(Effect::Permit, item))
    }
}
