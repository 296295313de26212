//! The texts that a person reads: versioned, in plain Japanese and English, filled from a rule.
//!
//! A version is never changed once it was shown to anyone: a new wording is a new version, the old one stays in the
//! table, and a [`Rule`] names the one that was read.

mod words;

use calendar::{Date, Timestamp};
use codes::OrgId;

use crate::rule::{Effect, GivenBy, Rule, TemplateVersion};
pub use words::Line;

/// A text in both languages (文面).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// One version of one template (ひな形): what stands around the lines that tell the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// Name and version: what [`Rule::template`] holds.
    pub id: &'static str,
    /// First day it was in use.
    pub since: (i16, i8, i8),
    /// Heading, in Japanese.
    pub title_ja: &'static str,
    /// Heading, in English.
    pub title_en: &'static str,
    /// What stands before the lines, in Japanese.
    pub before_ja: &'static str,
    /// What stands before the lines, in English.
    pub before_en: &'static str,
    /// What stands after the lines, in Japanese.
    pub after_ja: &'static str,
    /// What stands after the lines, in English.
    pub after_en: &'static str,
}

/// How an organisation is called, in Japanese and English; its number is shown where this knows no name.
pub type Names<'a> = &'a dyn Fn(&OrgId) -> Option<Text>;

/// Every template in every version.
pub const TEMPLATES: &[Template] = &[
    Template {
        id: "permit@1",
        since: (2026, 11, 22),
        title_ja: "情報を見せることの同意書",
        title_en: "Permission to see my information",
        before_ja: "わたしは、説明を読み、次のとおり、わたしの情報を見せてよいと決めました。",
        before_en: "I have read the explanation and decided that my information may be seen as follows.",
        after_ja: "見せたくなくなったときは、いつでも、理由を言わずにやめられます。やめても、診療や介護を受けるうえで不利になることはありません。だれがいつ見たかは、ポータルでいつでも確かめられます。",
        after_en: "I may end this at any time without giving a reason, and my treatment and care will not suffer for it. I can see in the portal at any time who looked and when.",
    },
    Template {
        id: "refuse@1",
        since: (2026, 11, 22),
        title_ja: "情報を見せないことの申出書",
        title_en: "Refusal to let my information be seen",
        before_ja: "わたしは、次のとおり、わたしの情報を見せないと決めました。",
        before_en: "I have decided that my information may not be seen as follows.",
        after_ja: "これより具体的に許した場合を除き、見せません。あとから取り消すことができます。救急のときにも見せないかどうかは、「何のために」の行で決まります。",
        after_en: "It is not shown, save where I permit something more specific. I may take this back later. Whether it holds in an emergency too is told by the line “what for”.",
    },
    Template {
        id: "directive@1",
        since: (2026, 11, 22),
        title_ja: "自分で決められなくなったときのための事前の指示書",
        title_en: "Advance directive for the day I cannot decide",
        before_ja: "わたしが自分で決められなくなったと医師などが認めたときから、次のとおりにしてください。",
        before_en: "From the time that a doctor or court finds that I cannot decide for myself, I want the following.",
        after_ja: "自分で決められるあいだは、この指示は働きません。いつでも書きかえられます。",
        after_en: "While I can decide for myself this has no effect. I may change it at any time.",
    },
    Template {
        id: "proxy@1",
        since: (2026, 11, 22),
        title_ja: "代理人による届出書",
        title_en: "Decision by a proxy",
        before_ja: "わたしは、本人に代わって、次のとおり決めました。",
        before_en: "On behalf of the person I have decided as follows.",
        after_ja: "許したことは、代理の期間が終わると効力がなくなります。見せないとしたことは、本人が変えるまで続きます。代理人がしたことは記録され、本人が見ることができます。",
        after_en: "What is permitted here ends with the mandate. What is refused here stays until the person changes it. What a proxy does is recorded, and the person can see it.",
    },
    Template {
        id: "withdraw@1",
        since: (2026, 11, 22),
        title_ja: "撤回書",
        title_en: "Withdrawal",
        before_ja: "わたしは、前に決めた次のことをやめます。",
        before_en: "I take back what I decided before:",
        after_ja: "この時刻から、どの機関でもすぐに効力がなくなります。それまでに見られたことの記録は残ります。",
        after_en: "From this time on it has no effect anywhere. The record of what was seen before remains.",
    },
    Template {
        id: "opt-out@1",
        since: (2026, 11, 22),
        title_ja: "情報の共有をやめる申出書（オプトアウト）",
        title_en: "End of all sharing (opt-out)",
        before_ja: "わたしは、わたしの情報を機関のあいだで共有することを、すべてやめます。",
        before_en: "I end all sharing of my information between institutions.",
        after_ja: "前に許したことも働かなくなります。自分の情報を自分で見ることは続けられます。いつでも元に戻せます。",
        after_en: "What I permitted before has no effect either. I can go on seeing my own information. I can come back at any time.",
    },
];

/// The template with this name and version.
#[must_use]
pub fn template(id: &TemplateVersion) -> Option<&'static Template> {
    named(id.as_str())
}

/// The newest template for a rule of this kind.
#[must_use]
pub fn current(rule: &Rule) -> Option<&'static Template> {
    named(match (&rule.given_by, rule.effect) {
        (GivenBy::Law | GivenBy::Right, _) => return None,
        (GivenBy::Directive, _) => "directive@1",
        (GivenBy::Proxy(_), _) => "proxy@1",
        (GivenBy::Person, Effect::Permit) => "permit@1",
        (GivenBy::Person, Effect::Deny) => "refuse@1",
    })
}

/// A rule as lines of plain words: whom, what, what for, how long.
#[must_use]
pub fn lines(rule: &Rule, names: Names<'_>) -> Vec<Line> {
    words::lines(rule, names)
}

/// The document that a person signs: a permission, a refusal, a directive or a proxy's decision (同意書・申出書).
///
/// A rule of law has none; its text is that of [`law::PROVISIONS`](crate::law::PROVISIONS).
#[must_use]
pub fn document(rule: &Rule, names: Names<'_>) -> Option<Text> {
    let template = rule.template.as_ref().and_then(template).or_else(|| current(rule))?;
    Some(template.fill(&lines(rule, names), rule.recorded_at))
}

/// The document by which a rule is withdrawn (撤回書).
#[must_use]
pub fn withdrawal(rule: &Rule, at: Timestamp, names: Names<'_>) -> Option<Text> {
    let given = Line {
        ja: ("前に決めた日時", rule.recorded_at.to_minutes()),
        en: ("Decided on", rule.recorded_at.to_minutes()),
    };
    let lines: Vec<Line> = std::iter::once(given).chain(lines(rule, names)).collect();
    Some(named("withdraw@1")?.fill(&lines, at))
}

/// The document by which a person ends all sharing (オプトアウト).
#[must_use]
pub fn opt_out(emergencies_too: bool, at: Timestamp) -> Option<Text> {
    let emergency = if emergencies_too {
        Line {
            ja: ("救急のとき", "救急のときにも見せません".into()),
            en: ("In an emergency", "it is not shown either".into()),
        }
    } else {
        Line {
            ja: ("救急のとき", "命にかかわるときは、法令の定める範囲で見せます".into()),
            en: ("In an emergency", "when life is at stake it is shown as far as the law says".into()),
        }
    };
    Some(named("opt-out@1")?.fill(&[emergency], at))
}

impl Template {
    /// First day it was in use.
    #[must_use]
    pub fn in_use_since(&self) -> Option<Date> {
        let (year, month, day) = self.since;
        Date::new(year, month, day).ok()
    }

    fn fill(&self, lines: &[Line], at: Timestamp) -> Text {
        let ja: String = lines.iter().map(|line| format!("・{}: {}\n", line.ja.0, line.ja.1)).collect();
        let en: String = lines.iter().map(|line| format!("- {}: {}\n", line.en.0, line.en.1)).collect();
        Text {
            ja: format!(
                "{}\n\n{}\n\n{ja}\n{}\n\n{} {}（{}）\n",
                self.title_ja,
                self.before_ja,
                self.after_ja,
                at.date().to_wareki(),
                at.to_minutes(),
                self.id
            ),
            en: format!(
                "{}\n\n{}\n\n{en}\n{}\n\n{} ({})\n",
                self.title_en,
                self.before_en,
                self.after_en,
                at.to_minutes(),
                self.id
            ),
        }
    }
}

fn named(id: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.id == id)
}

#[cfg(test)]
#[path = "template/tests.rs"]
mod tests;
