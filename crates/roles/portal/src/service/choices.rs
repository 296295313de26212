//! What a person decides: answers to questions become rules, teams and proxies, and go to the relay.

use calendar::{Date, Timestamp};
use codes::{ExchangeId, KeyName, OrgId};
use consent::{
    ActReason, Author, CareTeam, Categories, Category, Consents, ConsentsError, Effect, GivenBy, Label,
    Labels, Proxy, ProxyId, ProxyKind, Purposes, Rule, RuleId, TeamId, What, Who, law, template,
};
use protocol::consents::{ConsentAct, ConsentUpdate};
use serde_json::json;
use wire::Problem;

use super::Service;
use crate::model::{Entrance, Visit};
use crate::problems;
use crate::store as sql;

/// Kind of the entry that a decision leaves.
const DECISION: &str = "portal.decision";

/// Most institutions that one answer may name.
const INSTITUTIONS_MAX: usize = 40;

/// Longest name of a team or a proxy, in characters.
const NAME_MAX: usize = 60;

/// A question that people can answer (問い).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Who may see: these institutions.
    Share,
    /// Everyone who treats or cares for me may see.
    ShareAll,
    /// Nobody sees what carries these labels.
    HideKind,
    /// These institutions see nothing.
    HideFrom,
    /// Nobody else sees what these institutions wrote.
    HideMade,
    /// For the day I cannot decide.
    Directive,
    /// These look after me together.
    Team,
    /// This person may decide for me.
    Proxy,
    /// No sharing at all.
    OptOut,
    /// Sharing again.
    Return,
}

impl Question {
    /// All, in the order of the page.
    pub const ALL: [Self; 10] = [
        Self::Share,
        Self::ShareAll,
        Self::HideKind,
        Self::HideFrom,
        Self::HideMade,
        Self::Team,
        Self::Proxy,
        Self::Directive,
        Self::OptOut,
        Self::Return,
    ];

    /// Its word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::ShareAll => "share-all",
            Self::HideKind => "hide-kind",
            Self::HideFrom => "hide-from",
            Self::HideMade => "hide-made",
            Self::Directive => "directive",
            Self::Team => "team",
            Self::Proxy => "proxy",
            Self::OptOut => "opt-out",
            Self::Return => "return",
        }
    }

    /// Whether one who acts for the person may be asked it: nobody else names proxies or teams, or ends all sharing.
    pub fn is_for_proxies(self) -> bool {
        matches!(self, Self::Share | Self::ShareAll | Self::HideKind | Self::HideFrom | Self::HideMade)
    }

    /// The question of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.as_str() == word)
    }
}

/// What a form sent: names and values, several values of one name allowed.
#[derive(Clone, Debug, Default)]
pub struct Answers(pub Vec<(String, String)>);

/// What follows from the answers: one act or several, each whole in itself, the more cautious first.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The messages' content.
    pub acts: Vec<ConsentAct>,
    /// How the person calls what was made: team or proxy, and its name.
    pub kept: Option<(String, String)>,
}

impl Service {
    /// Turns answers into what they mean. `key` names what is made: sent twice, it is made once.
    ///
    /// # Errors
    /// An answer that is missing or cannot be, with its place.
    pub fn decided(
        &self,
        question: Question,
        answers: &Answers,
        key: ExchangeId,
    ) -> Result<Decided, Problem> {
        let now = self.now();
        let made = Making { service: self, answers, key, now };
        match question {
            Question::Share | Question::ShareAll | Question::Directive => made.permission(question),
            Question::HideKind => made.hidden_kinds(),
            Question::HideFrom | Question::HideMade => made.refusal(question),
            Question::Team => made.team(),
            Question::Proxy => made.proxy(),
            Question::OptOut => {
                let emergencies_too = answers.one("emergency") == "hide";
                Ok(Decided::of(vec![ConsentAct::OptOut { emergencies_too }]))
            }
            Question::Return => Ok(Decided::of(vec![ConsentAct::Return])),
        }
    }

    /// Passes a decision on: the relay acknowledges when it is in effect everywhere.
    ///
    /// # Errors
    /// No working medical ID, a card read that is too old, a decision that does not fit what stands, or a relay that
    /// cannot be reached; what was acknowledged before stands.
    pub async fn decide(&self, visit: &Visit, decided: Decided, key: ExchangeId) -> Result<(), Problem> {
        let Some(code) = visit.subject().code else { return Err(problems::no_medical_id()) };
        if let Some((thing, name)) = decided.kept {
            self.keep_name(visit, thing, &name).await?;
        }
        let proxy = visit.acting.as_ref().map(|principal| &principal.proxy);
        let mut exchange = key;
        for act in decided.acts {
            self.log(DECISION, Some(&code), exchange, &json!({ "visit": visit.key.text(), "proxy": proxy }))
                .await?;
            let evidence = visit.evidence();
            let update =
                ConsentUpdate { exchange, institution: self.org, code, act, received_by: None, evidence };
            self.relay()?.consent(&update).await?;
            if let ConsentAct::EndProxy(proxy) = &update.act {
                self.forget_proxy(visit, proxy).await?;
            }
            exchange = self.exchange();
        }
        Ok(())
    }

    /// How the person calls their teams and proxies.
    ///
    /// # Errors
    /// The store's, or a row that was altered.
    pub async fn kept_names(&self, visit: &Visit) -> Result<Vec<(String, String)>, Problem> {
        let person = visit.subject_person();
        let rows = self.read(move |c| sql::names(c, &person)).await?;
        let open = |(thing, sealed): (String, Vec<u8>)| {
            let bytes = self.custody.open_row(&KeyName::ROW_SEAL, &name_of(&person, &thing), &sealed);
            let name = String::from_utf8(bytes.map_err(problems::internal)?.to_vec());
            Ok((thing, name.map_err(problems::internal)?))
        };
        rows.into_iter().map(open).collect()
    }

    async fn keep_name(&self, visit: &Visit, thing: String, name: &str) -> Result<(), Problem> {
        let person = visit.person;
        let sealed = self.custody.seal_row(&KeyName::ROW_SEAL, &name_of(&person, &thing), name.as_bytes());
        let sealed = sealed.map_err(problems::internal)?;
        self.write(move |tx| sql::keep_name(tx, &person, &thing, &sealed)).await
    }
}

/// The will with these acts done, to see what they would do.
///
/// # Errors
/// An act that does not fit what stands.
pub fn foreseen(will: &Consents, acts: &[ConsentAct], now: Timestamp) -> Result<Consents, ConsentsError> {
    let mut will = will.clone();
    for act in acts {
        match act.clone() {
            ConsentAct::Record(rule) => will.record(*rule)?,
            ConsentAct::Withdraw(rule) => will.withdraw(&rule, now)?,
            ConsentAct::WithdrawByProxy { proxy, rule } => will.withdraw_by_proxy(&proxy, &rule, now)?,
            ConsentAct::OptOut { emergencies_too } => will.opt_out(emergencies_too, now)?,
            ConsentAct::Return => will.opt_in(now)?,
            ConsentAct::Team(team) => will.form_team(team)?,
            ConsentAct::EndTeam(team) => will.dissolve_team(&team, now)?,
            ConsentAct::Proxy(proxy) => will.appoint(*proxy)?,
            ConsentAct::EndProxy(proxy) => will.dismiss(&proxy, now)?,
            ConsentAct::Incapacity(time) => will.declare_incapacity(time)?,
            ConsentAct::EndIncapacity => will.lift_incapacity(now)?,
        }
    }
    Ok(will)
}

impl Answers {
    /// The first value of a name; empty when there is none.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Decided {
    /// Adds what must end for a refusal to have its effect: permissions of before that are more specific and would
    /// outweigh it. Who says "not this hospital" means it, whatever was permitted there earlier.
    #[must_use]
    pub fn with_endings(mut self, will: &Consents, now: Timestamp) -> Self {
        let refusals = self.acts.iter().filter_map(|act| match act {
            ConsentAct::Record(rule) if rule.effect == Effect::Deny => Some(rule),
            _ => None,
        });
        let refusals: Vec<&Rule> = refusals.map(AsRef::as_ref).collect();
        let outweighs = |permit: &&Rule| {
            permit.effect == Effect::Permit && refusals.iter().any(|refusal| permit.outweighs(refusal))
        };
        let endings = will.in_force(now).filter(outweighs).map(|rule| ConsentAct::Withdraw(rule.id.clone()));
        let endings: Vec<ConsentAct> = endings.collect();
        self.acts.extend(endings);
        self
    }

    /// The same as whoever came in may decide it: a proxy in their own name, and only what they gave themself is taken back.
    ///
    /// # Errors
    /// With a device alone nothing is decided; what a proxy may not decide.
    pub fn by(mut self, visit: &Visit, will: &Consents) -> Result<Self, Problem> {
        if visit.bearer.entrance == Entrance::Device {
            return Err(problems::card_needed());
        }
        let Some(principal) = &visit.acting else { return Ok(self) };
        let given_by = GivenBy::Proxy(principal.proxy.clone());
        let own = |id: &RuleId| will.rules.iter().any(|rule| rule.id == *id && rule.given_by == given_by);
        // Of several acts the endings of others' rules fall away; alone it is refused by name.
        let several = self.acts.len() > 1;
        let mut acts = Vec::new();
        for act in self.acts {
            match act {
                ConsentAct::Record(rule) if rule.given_by == GivenBy::Person => {
                    acts.push(recorded(Rule { given_by: given_by.clone(), ..*rule }));
                }
                ConsentAct::Withdraw(rule) if own(&rule) => {
                    acts.push(ConsentAct::WithdrawByProxy { proxy: principal.proxy.clone(), rule });
                }
                ConsentAct::Withdraw(_) if several => {}
                _ => return Err(problems::only_the_person()),
            }
        }
        self.acts = acts;
        Ok(self)
    }

    fn of(acts: Vec<ConsentAct>) -> Self {
        Self { acts, kept: None }
    }
}

/// One set of answers on its way to become acts.
struct Making<'a> {
    service: &'a Service,
    answers: &'a Answers,
    key: ExchangeId,
    now: Timestamp,
}

impl Making<'_> {
    fn permission(&self, question: Question) -> Result<Decided, Problem> {
        let everyone = question == Question::ShareAll
            || question == Question::Directive && self.answers.one("whom") == "everyone";
        let who = if everyone {
            Vec::new()
        } else {
            self.institutions()?.into_iter().map(Who::organisation).collect()
        };
        let labels = match self.answers.one("sensitive") {
            "all" => Labels::NONE,
            _ => Labels::of(&[Label::Normal]),
        };
        let what = What { categories: self.categories(), labels, ..What::default() };
        let given_by = match question {
            Question::Directive => GivenBy::Directive,
            _ => GivenBy::Person,
        };
        let purposes = Purposes::of(&[ActReason::Treat, ActReason::Care]);
        let rule =
            Rule { who, what, purposes, given_by, until: self.until()?, ..self.rule("", Effect::Permit)? };
        Ok(Decided::of(vec![recorded(rule)]))
    }

    fn hidden_kinds(&self) -> Result<Decided, Problem> {
        let labels: Labels = self.answers.all("label").filter_map(Label::from_code).collect();
        let labels = labels.sensitivity();
        if labels.is_empty() {
            return Err(problems::unfinished(
                "label",
                "見せたくないものを、一つは選んでください。",
                "Choose at least one thing that is not to be seen.",
            ));
        }
        let what = What { labels, ..What::default() };
        let until = self.until()?;
        let rule = Rule { what: what.clone(), until, ..self.rule("", Effect::Deny)? };
        let mut acts = vec![recorded(rule.clone())];
        acts.extend(self.in_emergencies(&rule)?);
        if self.answers.all("institution").next().is_some() {
            let who = self.institutions()?.into_iter().map(Who::organisation).collect();
            let purposes = Purposes::of(&[ActReason::Treat, ActReason::Care]);
            acts.push(recorded(Rule { who, what, purposes, until, ..self.rule(".but", Effect::Permit)? }));
        }
        Ok(Decided::of(acts))
    }

    fn refusal(&self, question: Question) -> Result<Decided, Problem> {
        let institutions = self.institutions()?;
        let mut rule = Rule { until: self.until()?, ..self.rule("", Effect::Deny)? };
        rule.what.categories = self.categories();
        if question == Question::HideMade {
            let made = |organisation| Author { organisation: Some(organisation), person: None };
            rule.what.authors = institutions.into_iter().map(made).collect();
        } else {
            rule.who = institutions.into_iter().map(Who::organisation).collect();
        }
        let mut acts = vec![recorded(rule.clone())];
        acts.extend(self.in_emergencies(&rule)?);
        Ok(Decided::of(acts))
    }

    /// The permission that lets a refusal rest while a life is at stake, where the person wants that.
    fn in_emergencies(&self, refusal: &Rule) -> Result<Option<ConsentAct>, Problem> {
        if self.answers.one("emergency") == "hide" {
            return Ok(None);
        }
        let may_declare = law::EMERGENCY_KINDS.iter().copied();
        let who = match refusal.who.as_slice() {
            [] => may_declare.map(Who::kind).collect(),
            named => named.to_vec(),
        };
        let purposes = Purposes::of(&[ActReason::EmergencyTreat]);
        let rule = Rule {
            who,
            what: refusal.what.clone(),
            purposes,
            until: refusal.until,
            ..self.rule(".emergency", Effect::Permit)?
        };
        Ok(Some(recorded(rule)))
    }

    fn team(&self) -> Result<Decided, Problem> {
        let members: Vec<Who> = self.institutions()?.into_iter().map(Who::organisation).collect();
        let id = TeamId::new(&format!("team.{}", self.key)).map_err(problems::internal)?;
        let name = self.name("チーム", "team")?;
        let kept = Some((id.to_string(), name));
        let (from, until) = (self.now.date(), self.until()?.map(Timestamp::date));
        let team = CareTeam { id, members, from, until, recorded_at: self.now, withdrawn_at: None };
        Ok(Decided { acts: vec![ConsentAct::Team(team)], kept })
    }

    fn proxy(&self) -> Result<Decided, Problem> {
        let id = ProxyId::new(&format!("proxy.{}", self.key)).map_err(problems::internal)?;
        let name = self.name("代理人", "proxy")?;
        let kept = Some((id.to_string(), name));
        let what = match self.answers.one("sensitive") {
            "all" => What::everything(),
            _ => What::labels(&[Label::Normal]),
        };
        let proxy = Proxy {
            id,
            kind: ProxyKind::Chosen,
            decides: what.clone(),
            purposes: Purposes::NONE,
            may_permit: self.answers.one("may") == "permit",
            sees: (self.answers.one("sees") == "yes").then_some(what),
            only_incapable: self.answers.one("when") != "now",
            from: self.now.date(),
            until: self.until()?.map(Timestamp::date),
            recorded_at: self.now,
            withdrawn_at: None,
        };
        Ok(Decided { acts: vec![ConsentAct::Proxy(Box::new(proxy))], kept })
    }

    fn rule(&self, part: &str, effect: Effect) -> Result<Rule, Problem> {
        let id = RuleId::new(&format!("portal.{}{part}", self.key)).map_err(problems::internal)?;
        Ok(Rule::new(id, effect, self.now))
    }

    fn institutions(&self) -> Result<Vec<OrgId>, Problem> {
        let directory = self.service.policy.directory();
        let named: Option<Vec<OrgId>> = self.answers.all("institution").map(|id| id.parse().ok()).collect();
        let known = named.unwrap_or_default();
        let known: Vec<OrgId> = known.into_iter().filter(|org| directory.get(org).is_some()).collect();
        if known.is_empty() || known.len() > INSTITUTIONS_MAX {
            return Err(problems::unfinished(
                "institution",
                "機関を、一つ以上、40まで選んでください。",
                "Choose at least one institution, and at most 40.",
            ));
        }
        Ok(known)
    }

    /// The kinds that were chosen; none means every kind.
    fn categories(&self) -> Categories {
        if self.answers.one("kinds") != "some" {
            return Categories::NONE;
        }
        self.answers.all("category").filter_map(Category::from_code).collect()
    }

    fn until(&self) -> Result<Option<Timestamp>, Problem> {
        let today = self.now.date();
        let last = match self.answers.one("until") {
            "" | "open" => return Ok(None),
            "month" => today.add_months(1),
            "half" => today.add_months(6),
            "year" => today.add_years(1),
            _ => self.last_day(today)?,
        };
        Ok(Some(Timestamp::start_of(last.add_days(1))))
    }

    fn last_day(&self, today: Date) -> Result<Date, Problem> {
        let wrong = || {
            problems::unfinished(
                "until_date",
                "終わりの日は、今日かそれより後の日にしてください。",
                "The last day must be today or later.",
            )
        };
        let day = Date::parse(self.answers.one("until_date")).map_err(|_| wrong())?;
        if day < today { Err(wrong()) } else { Ok(day) }
    }

    fn name(&self, ja: &str, en: &str) -> Result<String, Problem> {
        let name = self.answers.one("name");
        let length = name.chars().count();
        if (1..=NAME_MAX).contains(&length) && !name.chars().any(char::is_control) {
            return Ok(name.to_owned());
        }
        Err(problems::unfinished(
            "name",
            &format!("{ja}の呼び名を、1文字から{NAME_MAX}文字で入れてください。"),
            &format!("Give the {en} a name of 1 to {NAME_MAX} characters."),
        ))
    }
}

/// A rule with the text that its person reads.
fn recorded(rule: Rule) -> ConsentAct {
    let template = template::current(&rule).and_then(|template| template.id.parse().ok());
    ConsentAct::Record(Box::new(Rule { template, ..rule }))
}

fn name_of(person: &[u8; 32], thing: &str) -> Vec<u8> {
    [b"portal name".as_slice(), person, thing.as_bytes()].concat()
}
