//! What a decision says, and why.

use crate::rule::{Effect, GivenBy, Rule, RuleId};

/// Yes or no, explained (判定).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Decision<'a> {
    /// Permit or deny.
    pub effect: Effect,
    /// On what ground.
    pub why: Why,
    /// The rule that decided; none if no rule reaches the question or the person opted out.
    pub rule: Option<&'a Rule>,
}

/// What remained of a decision for the holder (保有機関での判定): a [`Decision`] without the rule's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict<'a> {
    /// Permit or deny.
    pub effect: Effect,
    /// On what ground.
    pub why: Why,
    /// The name of the rule that decided.
    pub rule: Option<&'a RuleId>,
}

/// The grounds of a decision (判定の理由).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// A rule permits, and no refusal that reaches as far stands against it.
    Permitted,
    /// A rule refuses, and no more specific permission outweighs it.
    Refused,
    /// No rule permits: what is not permitted is refused.
    NoRule,
    /// The person ended the sharing altogether.
    OptedOut,
}

impl Why {
    /// Kebab-case name, for logs and problems.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Permitted => "permitted",
            Why::Refused => "refused",
            Why::NoRule => "no-rule",
            Why::OptedOut => "opted-out",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Why::Permitted => "許可する規則があり、これに勝る拒否はありません",
            Why::Refused => "拒否する規則があり、これより具体的な許可はありません",
            Why::NoRule => "許可する規則がありません。許可のないものは見せません",
            Why::OptedOut => "本人が情報の共有をやめています",
        }
    }

    /// In English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Why::Permitted => "a rule permits it, and no refusal outweighs that rule",
            Why::Refused => "a rule refuses it, and no more specific permission outweighs that rule",
            Why::NoRule => "no rule permits it: what is not permitted is refused",
            Why::OptedOut => "the person has ended the sharing",
        }
    }
}

impl Decision<'_> {
    /// Whether it is a permit.
    #[must_use]
    pub fn is_permit(&self) -> bool {
        self.effect == Effect::Permit
    }

    /// Why, in Japanese, naming the rule and on whose word it stands.
    #[must_use]
    pub fn why_ja(&self) -> String {
        match self.rule {
            Some(rule) => format!("{}（規則 {}、{}）", self.why.ja(), rule.id, giver_ja(&rule.given_by)),
            None => self.why.ja().into(),
        }
    }

    /// Why, in English, naming the rule and on whose word it stands.
    #[must_use]
    pub fn why_en(&self) -> String {
        match self.rule {
            Some(rule) => format!("{} (rule {}, {})", self.why.en(), rule.id, giver_en(&rule.given_by)),
            None => self.why.en().into(),
        }
    }
}

impl Verdict<'_> {
    /// Whether it is a permit.
    #[must_use]
    pub fn is_permit(&self) -> bool {
        self.effect == Effect::Permit
    }
}

pub(crate) fn giver_ja(given_by: &GivenBy) -> &'static str {
    match given_by {
        GivenBy::Person => "本人の意思",
        GivenBy::Proxy(_) => "代理人の意思",
        GivenBy::Directive => "本人の事前指示",
        GivenBy::Law => "法令の定め",
        GivenBy::Right => "法令による本人の権利",
    }
}

pub(crate) fn giver_en(given_by: &GivenBy) -> &'static str {
    match given_by {
        GivenBy::Person => "the person's own",
        GivenBy::Proxy(_) => "a proxy's",
        GivenBy::Directive => "the person's advance directive",
        GivenBy::Law => "by law",
        GivenBy::Right => "the person's right by law",
    }
}
