//! Wills, askers and items from a small world, so that rules and questions meet often.

use calendar::{Date, Interval, Timestamp};
use codes::{OrgId, OrgKind};
use musubi_consent::{
    ActReason, Asker, Author, CareTeam, Categories, Category, Consents, Effect, GivenBy, InTeam, Incapacity,
    InstitutionKind, Item, Label, Labels, NetworkId, OptOut, Profession, Proxy, ProxyId, ProxyKind, Purposes,
    RecordId, Rule, RuleId, StaffId, TeamId, TemplateVersion, What, Who,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Instants of a rule's withdrawal and of questions before and after.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub early: Timestamp,
    pub withdrawn: Timestamp,
    pub late: Timestamp,
}

/// An item that owns what it names.
#[derive(Clone, Debug)]
pub struct Thing {
    category: Category,
    labels: Labels,
    author: Option<OrgId>,
    author_person: Option<&'static str>,
    date: Option<Date>,
    encounter: Option<&'static str>,
    document: Option<&'static str>,
}

impl Thing {
    pub fn item(&self) -> Item<'_> {
        Item {
            category: self.category,
            labels: self.labels,
            author: self.author.as_ref(),
            author_person: self.author_person,
            date: self.date,
            encounter: self.encounter,
            document: self.document,
        }
    }
}

const KINDS: &[InstitutionKind] =
    &[InstitutionKind::Hospital, InstitutionKind::Pharmacy, InstitutionKind::Portal];
const PROFESSIONS: &[Profession] = &[Profession::Physician, Profession::Pharmacist];
const CATEGORIES: &[Category] = &[Category::Allergy, Category::Laboratory, Category::Other];
const LABELS: &[Label] =
    &[Label::Psychiatry, Label::Hiv, Label::Normal, Label::Restricted, Label::VeryRestricted];
const REASONS: &[ActReason] = &[
    ActReason::Treat,
    ActReason::EmergencyTreat,
    ActReason::BreakTheGlass,
    ActReason::Care,
    ActReason::Research,
    ActReason::PatientRequest,
];
const NAMES: &[&str] = &["a", "b"];

/// A day in a span of two weeks.
fn day() -> impl Strategy<Value = Date> {
    (1_i8..15).prop_map(|day| Date::new(2026, 6, day).unwrap())
}

/// An instant of these two weeks, seldom midnight.
pub fn at() -> impl Strategy<Value = Timestamp> {
    (day(), 0_i64..4).prop_map(|(day, quarter)| Timestamp::start_of(day).add_millis(quarter * 21_600_001))
}

pub fn times() -> impl Strategy<Value = Times> {
    (at(), 1_i64..400_000_000, 0_i64..400_000_000).prop_map(|(early, wait, more)| {
        let withdrawn = early.add_millis(wait);
        Times { early, withdrawn, late: withdrawn.add_millis(more) }
    })
}

pub fn reason() -> impl Strategy<Value = ActReason> {
    select(REASONS)
}

fn org() -> impl Strategy<Value = OrgId> {
    select(NAMES).prop_map(|name| OrgId::new(OrgKind::Institution, name).unwrap())
}

fn staff() -> impl Strategy<Value = StaffId> {
    select(NAMES).prop_map(|name| StaffId::new(name).unwrap())
}

fn team() -> impl Strategy<Value = TeamId> {
    select(NAMES).prop_map(|name| TeamId::new(name).unwrap())
}

fn network() -> impl Strategy<Value = NetworkId> {
    select(NAMES).prop_map(|name| NetworkId::new(name).unwrap())
}

pub fn asker() -> impl Strategy<Value = Asker> {
    (
        org(),
        select(KINDS),
        option::of(select(PROFESSIONS)),
        option::of(staff()),
        vec(team(), 0..2),
        vec(network(), 0..2),
    )
        .prop_map(|(organisation, kind, profession, person, teams, networks)| Asker {
            profession,
            person,
            teams,
            networks,
            ..Asker::new(organisation, kind)
        })
}

fn who() -> impl Strategy<Value = Who> {
    let rare = |one| option::weighted(0.2, one);
    (
        option::weighted(0.4, org()),
        option::weighted(0.2, select(KINDS)),
        option::weighted(0.2, select(PROFESSIONS)),
        option::weighted(0.2, staff()),
        rare(prop_oneof![Just(InTeam::Any), team().prop_map(InTeam::Named)].boxed()),
        option::weighted(0.2, network()),
    )
        .prop_map(|(organisation, kind, profession, person, team, network)| Who {
            organisation,
            kind,
            profession,
            person,
            team,
            network,
        })
}

fn what() -> impl Strategy<Value = What> {
    let author = (option::of(org()), option::of(staff()))
        .prop_map(|(organisation, person)| Author { organisation, person });
    let record = || select(NAMES).prop_map(|name| RecordId::new(name).unwrap());
    let care = (day(), option::of(0_i32..5)).prop_map(|(from, days)| match days {
        Some(days) => Interval::closed(from, from.add_days(days)),
        None => Interval::since(from),
    });
    (
        prop_oneof![2 => Just(Vec::new()), 1 => subsequence(CATEGORIES, 1..=2)],
        prop_oneof![2 => Just(Vec::new()), 1 => subsequence(LABELS, 1..=3)],
        prop_oneof![6 => Just(Vec::new()), 1 => vec(author, 1..3)],
        option::weighted(0.15, care),
        prop_oneof![6 => Just(Vec::new()), 1 => vec(record(), 1..3)],
        prop_oneof![6 => Just(Vec::new()), 1 => vec(record(), 1..3)],
    )
        .prop_map(|(categories, labels, authors, care, encounters, documents)| What {
            categories: Categories::of(&categories),
            labels: Labels::of(&labels),
            authors,
            care,
            encounters,
            documents,
        })
}

pub fn rule(number: usize) -> impl Strategy<Value = Rule> {
    let given = prop_oneof![
        6 => Just(GivenBy::Person),
        1 => select(NAMES).prop_map(|name| GivenBy::Proxy(ProxyId::new(name).unwrap())),
        1 => Just(GivenBy::Directive),
    ];
    (
        prop_oneof![3 => Just(Effect::Permit), 2 => Just(Effect::Deny)],
        prop_oneof![1 => Just(Vec::new()), 2 => vec(who(), 1..3)],
        what(),
        prop_oneof![1 => Just(Vec::new()), 2 => subsequence(REASONS, 1..=3)],
        (
            at(),
            0_i64..90_000_000,
            option::weighted(0.2, 1_i64..900_000_000),
            option::weighted(0.1, 0_i64..900_000_000),
        ),
        given,
        option::weighted(0.3, day()),
        option::weighted(0.3, Just(TemplateVersion::new("permit@1").unwrap())),
    )
        .prop_map(
            move |(
                effect,
                who,
                what,
                purposes,
                (recorded_at, wait, lasts, ends),
                given_by,
                keep_until,
                template,
            )| {
                let from = recorded_at.add_millis(wait / 2);
                Rule {
                    effect,
                    who,
                    what,
                    purposes: Purposes::of(&purposes),
                    from,
                    until: lasts.map(|millis| from.add_millis(millis)),
                    keep_until,
                    given_by,
                    withdrawn_at: ends.map(|millis| recorded_at.add_millis(millis)),
                    template,
                    ..Rule::new(RuleId::new(&format!("r{number}")).unwrap(), effect, recorded_at)
                }
            },
        )
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    (0_usize..9).prop_flat_map(|count| (0..count).map(rule).collect::<Vec<_>>())
}

pub fn will() -> impl Strategy<Value = Consents> {
    let team =
        (team(), vec(who().prop_map(|who| Who { team: None, ..who }), 1..3), day(), option::of(day()), at())
            .prop_map(|(id, members, from, until, recorded_at)| CareTeam {
                id,
                members,
                from,
                until,
                recorded_at,
                withdrawn_at: None,
            });
    let proxy = (select(NAMES), any::<bool>(), day(), option::of(day()), at()).prop_map(
        |(name, only_incapable, from, until, recorded_at)| Proxy {
            id: ProxyId::new(name).unwrap(),
            kind: ProxyKind::Chosen,
            decides: What::everything(),
            purposes: Purposes::NONE,
            may_permit: true,
            sees: None,
            only_incapable,
            from,
            until,
            recorded_at,
            withdrawn_at: None,
        },
    );
    let incapacity = (at(), option::of(at()), who()).prop_map(|(from, until, established_by)| Incapacity {
        from,
        until,
        established_by,
        recorded_at: from,
        withdrawn_at: None,
    });
    let out =
        (any::<bool>(), at(), option::of(at())).prop_map(|(emergencies_too, recorded_at, withdrawn_at)| {
            OptOut { emergencies_too, recorded_at, withdrawn_at }
        });
    (
        rules(),
        vec(team, 0..3),
        vec(proxy, 0..2),
        prop_oneof![2 => Just(Vec::new()), 1 => vec(incapacity, 1..2)],
        prop_oneof![8 => Just(Vec::new()), 1 => vec(out, 1..2)],
    )
        .prop_map(|(rules, teams, proxies, incapacities, opt_outs)| Consents {
            rules,
            teams,
            proxies,
            proxy_acts: Vec::new(),
            incapacities,
            opt_outs,
        })
}

pub fn things() -> impl Strategy<Value = Vec<Thing>> {
    let labels = prop_oneof![3 => Just(Vec::new()), 2 => subsequence(LABELS, 0..=3)];
    let thing = (
        select(CATEGORIES),
        labels,
        option::of(org()),
        option::of(select(NAMES)),
        option::of(day()),
        option::of(select(NAMES)),
        option::of(select(NAMES)),
    )
        .prop_map(|(category, labels, author, author_person, date, encounter, document)| Thing {
            category,
            labels: Labels::of(&labels).without(Labels::of(&[Label::Normal])),
            author,
            author_person,
            date,
            encounter,
            document,
        });
    vec(thing, 1..5)
}

/// A number that orders names differently for every seed.
pub fn scramble(id: &RuleId, seed: u64) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    id.as_str().bytes().fold(seed | 1, mix).rotate_left(29).wrapping_mul(seed | 1)
}
