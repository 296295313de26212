//! What answers become, held against the engine that decides.

use std::sync::Arc;

use access::{Directory, Organisation, Policy};
use calendar::{Clock, Date, FixedClock, Timestamp};
use codes::{ExchangeId, FileCustody, OrgId, OrgKind};
use consent::{
    ActReason, Asker, Category, Consents, InstitutionKind, Item, Label, Labels, Profession, template,
};
use ledger::Receipt;
use protocol::consents::ConsentAct;

use crate::model::{Bearer, Entrance, Token};
use crate::service::choices::{Answers, Question, foreseen};
use crate::{Config, KEYS, Service, open};

pub(crate) struct House {
    pub(crate) portal: Service,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) hospital: OrgId,
    pub(crate) clinic: OrgId,
    _dir: tempfile::TempDir,
}

pub(crate) fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let (hospital, clinic): (OrgId, OrgId) =
        ("institution/1310000018".parse().unwrap(), "institution/1310000026".parse().unwrap());
    let member = |id: OrgId, kind| {
        let since = Date::new(2026, 1, 1).unwrap();
        let mut member = Organisation::new(id, format!("{id}の名"), format!("name of {id}"), since);
        member.institution = Some(kind);
        member
    };
    let directory =
        Directory::of([member(hospital, InstitutionKind::Hospital), member(clinic, InstitutionKind::Clinic)]);
    let clock = Arc::new(FixedClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let portal = open(Config {
        org: OrgId::new(OrgKind::Portal, "1").unwrap(),
        store: "sqlite::memory:".into(),
        ledger: dir.path().join("ledger"),
        custody: Arc::new(FileCustody::ephemeral(KEYS).unwrap()),
        policy: Policy::builtin(directory.unwrap()).unwrap(),
        client: wire::Client::plain(),
        clock: clock.clone(),
        roads: crate::service::notices::Roads::default(),
        reader: None,
    });
    House { portal: portal.unwrap(), clock, hospital, clinic, _dir: dir }
}

impl House {
    /// The will after these answers, as the portal would send them.
    fn decide(&self, will: &Consents, question: Question, answers: &[(&str, &str)]) -> Consents {
        self.clock.advance(1_000);
        let fields = answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let key = ExchangeId::new(self.clock.now().as_millis());
        let decided = self.portal.decided(question, &Answers(fields), key).unwrap();
        let acts = decided.with_endings(will, self.clock.now()).acts;
        for act in &acts {
            if let ConsentAct::Record(rule) = act {
                assert!(template::template(rule.template.as_ref().unwrap()).is_some(), "a text was read");
            }
        }
        foreseen(will, &acts, self.clock.now()).unwrap()
    }

    fn refused(&self, question: Question, answers: &[(&str, &str)]) -> String {
        let fields = answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let key = ExchangeId::new(self.clock.now().as_millis());
        let problem = self.portal.decided(question, &Answers(fields), key).unwrap_err();
        problem.parts().place.clone().unwrap()
    }

    fn sees(&self, will: &Consents, who: OrgId, reason: ActReason, labels: &[Label]) -> bool {
        let kind = if who == self.hospital { InstitutionKind::Hospital } else { InstitutionKind::Clinic };
        let mut asker = Asker::new(who, kind);
        asker.profession = Some(Profession::Physician);
        let item =
            Item { author: Some(&self.portal.org), ..Item::new(Category::Diagnosis, Labels::of(labels)) };
        will.decide(&asker, reason, &item, self.clock.now()).is_permit()
    }
}

const MIND: &[Label] = &[Label::Psychiatry];

#[test]
fn sharing_reaches_whom_it_names_and_ends_on_its_day() {
    let house = house();
    let (hospital, nothing) = (house.hospital.to_string(), Consents::default());
    let answers = [("institution", hospital.as_str()), ("sensitive", "normal"), ("until", "month")];
    let will = house.decide(&nothing, Question::Share, &answers);
    assert!(house.sees(&will, house.hospital, ActReason::Treat, &[]));
    assert!(!house.sees(&will, house.hospital, ActReason::Treat, MIND), "nothing sensitive was asked for");
    assert!(!house.sees(&will, house.clinic, ActReason::Treat, &[]));
    assert!(!house.sees(&will, house.hospital, ActReason::Research, &[]));
    house.clock.advance(32 * 86_400_000);
    assert!(!house.sees(&will, house.hospital, ActReason::Treat, &[]));
}

#[test]
fn what_is_hidden_is_hidden_but_for_whom_and_when_it_was_said() {
    let house = house();
    let will = house.decide(&Consents::default(), Question::ShareAll, &[("sensitive", "all")]);
    assert!(house.sees(&will, house.clinic, ActReason::Treat, MIND));
    let hospital = house.hospital.to_string();
    let answers = [("label", "PSY"), ("emergency", "show"), ("institution", hospital.as_str())];
    let will = house.decide(&will, Question::HideKind, &answers);
    assert!(!house.sees(&will, house.clinic, ActReason::Treat, MIND));
    assert!(house.sees(&will, house.clinic, ActReason::Treat, &[]));
    assert!(house.sees(&will, house.clinic, ActReason::EmergencyTreat, MIND), "when life is at stake");
    assert!(house.sees(&will, house.hospital, ActReason::Treat, MIND), "the institution that was excepted");
    let will = house.decide(&will, Question::HideKind, &[("label", "PSY"), ("emergency", "hide")]);
    for (who, reason) in [(house.clinic, ActReason::EmergencyTreat), (house.hospital, ActReason::Treat)] {
        assert!(!house.sees(&will, who, reason, MIND), "said anew, without exception");
    }
}

#[test]
fn not_this_hospital_means_it_whatever_was_permitted_before() {
    let house = house();
    let hospital = house.hospital.to_string();
    let named = ("institution", hospital.as_str());
    let will = house.decide(&Consents::default(), Question::Share, &[named]);
    let will = house.decide(&will, Question::HideFrom, &[named, ("emergency", "hide")]);
    assert!(!house.sees(&will, house.hospital, ActReason::Treat, &[]));
    assert!(!house.sees(&will, house.hospital, ActReason::EmergencyTreat, &[]));
    assert_eq!(will.rules.iter().filter(|rule| rule.withdrawn_at.is_some()).count(), 1);
    let will = house.decide(&will, Question::Share, &[named]);
    assert!(house.sees(&will, house.hospital, ActReason::Treat, &[]), "and permitted again, it may");
}

#[test]
fn a_directive_sleeps_until_its_day_and_opting_out_outweighs_all() {
    let house = house();
    let will = house.decide(&Consents::default(), Question::Directive, &[("whom", "everyone")]);
    assert!(!house.sees(&will, house.clinic, ActReason::Treat, &[]));
    let mut unable = will.clone();
    let now = house.clock.now();
    unable
        .declare_incapacity(consent::Incapacity {
            from: now,
            until: None,
            established_by: consent::Who::organisation(house.hospital),
            recorded_at: now,
            withdrawn_at: None,
        })
        .unwrap();
    assert!(house.sees(&unable, house.clinic, ActReason::Treat, &[]));
    let out = house.decide(&unable, Question::OptOut, &[("emergency", "hide")]);
    assert!(!house.sees(&out, house.clinic, ActReason::EmergencyTreat, &[]));
    let back = house.decide(&out, Question::Return, &[]);
    assert!(house.sees(&back, house.clinic, ActReason::Treat, &[]));
}

#[test]
fn the_preview_says_what_the_engine_says() {
    let house = house();
    let will = house.decide(&Consents::default(), Question::ShareAll, &[("sensitive", "normal")]);
    let clinic = house.clinic.to_string();
    let will = house.decide(&will, Question::HideMade, &[("institution", clinic.as_str())]);
    let count = |author: &OrgId| -> Vec<usize> {
        let sights = house.portal.sights(&will, ActReason::Treat, house.clock.now(), author);
        sights.iter().map(crate::service::preview::Sight::count).collect()
    };
    assert_eq!(count(&house.portal.org), vec![Category::ALL.len(); 2], "ordinary information of every kind");
    assert_eq!(count(&house.clinic), vec![0; 2], "nothing of what the clinic wrote");
}

#[test]
fn answers_that_are_missing_are_asked_for_by_their_place() {
    let house = house();
    let clinic = house.clinic.to_string();
    assert_eq!(house.refused(Question::Share, &[]), "institution");
    assert_eq!(house.refused(Question::Share, &[("institution", "institution/9999999999")]), "institution");
    assert_eq!(house.refused(Question::HideKind, &[("label", "N")]), "label");
    assert_eq!(house.refused(Question::Team, &[("institution", clinic.as_str())]), "name");
    let yesterday = [("until", "date"), ("until_date", "2000-01-01")];
    assert_eq!(house.refused(Question::ShareAll, &yesterday), "until_date");
}

#[tokio::test]
async fn a_visit_is_sealed_goes_on_while_it_is_used_and_ends() {
    let house = house();
    let receipt = Receipt { origin: "musubi/eligibility/1".into(), index: 7, at: 0 };
    let bearer = Bearer {
        name: "林　七海".into(),
        code: None,
        entrance: Entrance::Card,
        receipt,
        memberships: Vec::new(),
        checks: Vec::new(),
        checks_heads: None,
        checks_since: None,
    };
    let exchange = ExchangeId::new(0);
    let token = house.portal.begin(bearer, exchange, "Firefox / Linux".into()).await.unwrap();
    let visit = house.portal.visit(&token).await.unwrap().unwrap();
    assert_eq!(visit.bearer.name, "林　七海");
    assert!(house.portal.visit(&Token::fresh().unwrap()).await.unwrap().is_none());
    for _ in 0..6 {
        house.clock.advance(9 * 60_000);
        assert!(house.portal.visit(&token).await.unwrap().is_some(), "nine minutes are no ten");
    }
    house.clock.advance(7 * 60_000);
    assert!(house.portal.visit(&token).await.unwrap().is_none(), "an hour is the most");
    house.portal.sweep().await.unwrap();
    let key = token.key();
    let left = house.portal.db.read(move |c| crate::store::visit(c, &key, 0)).await.unwrap();
    assert!(left.is_none(), "and nothing of it is kept");
}
