//! What law permits without asking, as rules that anyone can read.
//!
//! The table is reviewed as a whole. `verified` is false where the article was cited from memory or a commentary and
//! not read in its own text: a lawyer must confirm it before real use. Every refusal of the person outweighs these
//! rules, save the person's own right to see what is theirs.

use std::sync::LazyLock;

use calendar::{Date, Timestamp};

use crate::item::{Category, Label};
use crate::reason::{ActReason, Purposes};
use crate::rule::{Effect, GivenBy, Rule, RuleId, What};
use crate::text::NameError;
use crate::who::{InTeam, InstitutionKind, Profession, Who};

/// One row of the table (法令の規則).
#[derive(Clone, Copy, Debug)]
pub struct Provision {
    /// The name of the rule that it becomes.
    pub id: &'static str,
    /// What it permits, in Japanese.
    pub ja: &'static str,
    /// What it permits, in English.
    pub en: &'static str,
    /// The law or guidance it rests on, in Japanese.
    pub basis_ja: &'static str,
    /// The law or guidance it rests on, in English.
    pub basis_en: &'static str,
    /// Where its text was read.
    pub source: &'static str,
    /// Whether it was read in its own text.
    pub verified: bool,
    since: (i16, i8, i8),
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    OwnAccess,
    CareTeam,
    Emergency,
    BreakTheGlass,
}

/// The kinds of information that an emergency opens at the first act.
pub const EMERGENCY_CATEGORIES: &[Category] = &[
    Category::Allergy,
    Category::Infection,
    Category::Contraindication,
    Category::Diagnosis,
    Category::Prescription,
    Category::Demographics,
];

/// The kinds of institution that may declare an emergency.
pub const EMERGENCY_KINDS: &[InstitutionKind] =
    &[InstitutionKind::Hospital, InstitutionKind::Clinic, InstitutionKind::Ambulance];

/// The professions that may take the second act.
pub const BREAK_GLASS_PROFESSIONS: &[Profession] = &[Profession::Physician, Profession::Nurse];

/// The table.
pub const PROVISIONS: &[Provision] = &[
    Provision {
        id: "law-own-access",
        ja: "本人は、ポータルで自分の情報を見ることができます。",
        en: "The person sees their own information in the portal.",
        basis_ja: "個人情報の保護に関する法律第33条（開示）",
        basis_en: "Act on the Protection of Personal Information, article 33: disclosure to the person",
        source: "cited from memory, numbering since April 2022",
        verified: false,
        since: (2005, 4, 1),
        shape: Shape::OwnAccess,
    },
    Provision {
        id: "law-care-team",
        ja: "本人に知らされたケアチームの中では、診療と介護に必要な通常の情報を、本人が反対しない限り共有できます（黙示の同意）。機微なラベルのある情報は含みません。",
        en: "Within a care team that the person was told of, normal information needed for treatment and care is shared unless the person objects (implied permission). Information with a sensitivity label is not included.",
        basis_ja: "個人情報の保護に関する法律第27条第1項、医療・介護関係事業者における個人情報の適切な取扱いのためのガイダンス（黙示の同意）",
        basis_en: "Act on the Protection of Personal Information, article 27(1), and the ministry's guidance for medical and care providers on implied consent",
        source: "cited from memory",
        verified: false,
        since: (2005, 4, 1),
        shape: Shape::CareTeam,
    },
    Provision {
        id: "law-emergency",
        ja: "命にかかわり同意を得ることが難しいとき、医療機関と救急隊は、アレルギー・感染症・薬剤禁忌・傷病名・処方・連絡先を見ることができます。機微なラベルのある情報は含みません。",
        en: "When life is at stake and consent is hard to obtain, medical institutions and ambulances see allergies, infections, contraindications, diagnoses, prescriptions and contacts. Information with a sensitivity label is not included.",
        basis_ja: "個人情報の保護に関する法律第27条第1項第2号（人の生命、身体又は財産の保護）",
        basis_en: "Act on the Protection of Personal Information, article 27(1)(ii): protection of life, body or property",
        source: "a commentary of 2024 that cites the item; its wording under the former number, article 23(1)(ii)",
        verified: false,
        since: (2005, 4, 1),
        shape: Shape::Emergency,
    },
    Provision {
        id: "law-break-glass",
        ja: "救急でそれでも足りないとき、医師と看護師は、二度目の操作で、厳重な制限のあるものを除くすべての情報を見ることができます。",
        en: "When that is not enough in an emergency, physicians and nurses see everything but the very restricted by a second act.",
        basis_ja: "個人情報の保護に関する法律第27条第1項第2号（人の生命、身体又は財産の保護）",
        basis_en: "Act on the Protection of Personal Information, article 27(1)(ii): protection of life, body or property",
        source: "a commentary of 2024 that cites the item; its wording under the former number, article 23(1)(ii)",
        verified: false,
        since: (2005, 4, 1),
        shape: Shape::BreakTheGlass,
    },
];

/// The table as rules.
#[must_use]
pub fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        // The names are constants of the table, and a test reads every one.
        PROVISIONS.iter().filter_map(|provision| provision.rule().ok()).collect()
    });
    &RULES
}

/// The rule of the table with this name.
#[must_use]
pub fn rule(id: &RuleId) -> Option<&'static Rule> {
    rules().iter().find(|rule| rule.id == *id)
}

/// The row of the table that a rule stands on.
#[must_use]
pub fn provision(id: &RuleId) -> Option<&'static Provision> {
    PROVISIONS.iter().find(|provision| provision.id == id.as_str())
}

impl Provision {
    fn rule(&self) -> Result<Rule, NameError> {
        let (year, month, day) = self.since;
        let since = Timestamp::start_of(Date::new(year, month, day).unwrap_or(Date::MAX));
        let rule = Rule::new(RuleId::new(self.id)?, Effect::Permit, since);
        Ok(Rule { given_by: self.shape.given_by(), ..self.shape.fill(rule) })
    }
}

impl Shape {
    fn given_by(self) -> GivenBy {
        if matches!(self, Shape::OwnAccess) { GivenBy::Right } else { GivenBy::Law }
    }

    fn fill(self, rule: Rule) -> Rule {
        let normal = What::labels(&[Label::Normal]);
        match self {
            Shape::OwnAccess => Rule {
                who: vec![Who::kind(InstitutionKind::Portal)],
                purposes: Purposes::of(&[ActReason::PatientRequest]),
                ..rule
            },
            Shape::CareTeam => Rule {
                who: vec![Who { team: Some(InTeam::Any), ..Who::default() }],
                what: normal,
                purposes: Purposes::of(&[ActReason::Treat, ActReason::Care]),
                ..rule
            },
            Shape::Emergency => Rule {
                who: EMERGENCY_KINDS.iter().copied().map(Who::kind).collect(),
                what: What { categories: EMERGENCY_CATEGORIES.iter().copied().collect(), ..normal },
                purposes: Purposes::of(&[ActReason::EmergencyTreat]),
                ..rule
            },
            Shape::BreakTheGlass => Rule {
                who: break_glass(),
                what: What::labels(&[Label::Normal, Label::Restricted]),
                purposes: Purposes::of(&[ActReason::BreakTheGlass]),
                ..rule
            },
        }
    }
}

fn break_glass() -> Vec<Who> {
    let of = |kind: &InstitutionKind| {
        let kind = *kind;
        BREAK_GLASS_PROFESSIONS
            .iter()
            .map(move |profession| Who { profession: Some(*profession), ..Who::kind(kind) })
    };
    EMERGENCY_KINDS.iter().flat_map(of).collect()
}
