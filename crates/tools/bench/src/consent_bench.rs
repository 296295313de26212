//! Decisions on one core for a person with twenty rules, beside the goal of a million a second.

use std::hint::black_box;
use std::time::Duration;

use calendar::Timestamp;
use codes::{OrgId, OrgKind};
use consent::{
    ActReason, Asker, CareTeam, Category, Compiled, Consents, Effect, InstitutionKind, Item, Label, Labels,
    Profession, Purposes, Restriction, Rule, RuleId, StaffId, TeamId, What, Who,
};

use crate::clock::{Cost, repeat};
use crate::table::{Figure, Goal, Table};

/// Decisions a second on one core that the house promises.
const GOAL: f64 = 1_000_000.0;

/// Organisations among which rules and askers are spread.
const ORGANISATIONS: usize = 12;

/// Options of `bench consent`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Rules of the person; those of law come on top.
    #[arg(long, default_value_t = 20)]
    rules: usize,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Measures it all.
///
/// # Errors
/// When the person's will cannot be made.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let time = Duration::from_secs_f64(arguments.seconds);
    let mut table = Table::new(format!("consent, one thread, a person with {} rules", arguments.rules));
    let now: Timestamp = "2026-11-22T12:00:00+09:00".parse()?;
    let consents = will(arguments.rules, now)?;
    let (askers, items) = (askers()?, items());
    let compiled = consents.compile(now);
    let questions = askers.len() * items.len();

    let whole = repeat(time, || Ok(permitted(&compiled, &askers, &items)))?;
    let permits = permitted(&compiled, &askers, &items);
    let note = format!("{questions} different questions, {permits} permitted");
    rate(&mut table, "decisions, rules compiled", questions, whole).goal(Goal::AtLeast(GOAL)).note(note);
    table
        .add("decisions a second / goal", 1e9 / whole.nanos(questions) / GOAL, "times")
        .goal(Goal::AtLeast(1.0));

    let restrictions: Vec<Restriction> =
        askers.iter().map(|(asker, reason)| compiled.restriction(asker, *reason)).collect();
    let held = repeat(time, || Ok(held(&restrictions, &items)))?;
    rate(&mut table, "decisions at the holder, by the restriction", questions, held);
    let cold = repeat(time, || Ok(cold(&consents, &askers, &items, now)))?;
    rate(&mut table, "decisions, rules compiled anew for each", questions, cold);
    let made = repeat(time, || {
        Ok(askers.iter().map(|(asker, reason)| compiled.restriction(asker, *reason)).collect::<Vec<_>>())
    })?;
    rate(&mut table, "restrictions for a grant", askers.len(), made);
    Ok(table)
}

fn permitted(compiled: &Compiled<'_>, askers: &[(Asker, ActReason)], items: &[Item<'_>]) -> usize {
    let of = |(asker, reason): &(Asker, ActReason)| {
        items.iter().filter(|item| compiled.decide(black_box(asker), *reason, item).is_permit()).count()
    };
    askers.iter().map(of).sum()
}

fn held(restrictions: &[Restriction], items: &[Item<'_>]) -> usize {
    let of = |restriction: &Restriction| {
        items.iter().filter(|item| black_box(restriction).decide(item).is_permit()).count()
    };
    restrictions.iter().map(of).sum()
}

fn cold(consents: &Consents, askers: &[(Asker, ActReason)], items: &[Item<'_>], now: Timestamp) -> usize {
    let of = |(asker, reason): &(Asker, ActReason)| {
        items.iter().filter(|item| consents.decide(asker, *reason, item, now).is_permit()).count()
    };
    askers.iter().map(of).sum()
}

/// A will as people make them: hospitals and pharmacies permitted one by one, a few professions and kinds, some
/// refusals by label and by institution, a care team.
fn will(rules: usize, now: Timestamp) -> anyhow::Result<Consents> {
    let mut consents = Consents::default();
    let day = now.date().add_days(-100);
    consents.form_team(CareTeam {
        id: TeamId::new("home-care")?,
        members: vec![Who::organisation(organisation(1)?), Who::organisation(organisation(2)?)],
        from: day,
        until: None,
        recorded_at: Timestamp::start_of(day),
        withdrawn_at: None,
    })?;
    for number in 0..rules {
        let id = RuleId::new(&format!("rule-{number}"))?;
        let blank = Rule::new(id, Effect::Permit, Timestamp::start_of(day));
        let who = Who::organisation(organisation(number)?);
        let treat = Purposes::of(&[ActReason::Treat]);
        let rule = match number % 5 {
            0 => Rule { who: vec![who], purposes: treat, ..blank },
            1 => Rule {
                who: vec![who],
                what: What::categories(&[Category::Prescription, Category::Allergy]),
                ..blank
            },
            2 => Rule {
                effect: Effect::Deny,
                what: What::labels(&[Label::Psychiatry, Label::Hiv]),
                purposes: treat,
                ..blank
            },
            3 => Rule {
                who: vec![Who {
                    profession: Some(Profession::Pharmacist),
                    ..Who::kind(InstitutionKind::Pharmacy)
                }],
                what: What::categories(&[Category::Prescription]),
                ..blank
            },
            _ => Rule {
                effect: Effect::Deny,
                who: vec![Who::person(organisation(number)?, StaffId::new("d1")?)],
                ..blank
            },
        };
        consents.record(rule)?;
    }
    Ok(consents)
}

fn askers() -> anyhow::Result<Vec<(Asker, ActReason)>> {
    let reasons = [ActReason::Treat, ActReason::EmergencyTreat, ActReason::Care, ActReason::Research];
    let mut askers = Vec::new();
    for number in 0..ORGANISATIONS {
        for (reason, staff) in reasons.into_iter().zip(["d1", "d2", "d3", "d4"]) {
            let pharmacy = number % 3 == 0;
            let kind = if pharmacy { InstitutionKind::Pharmacy } else { InstitutionKind::Hospital };
            let profession = if pharmacy { Profession::Pharmacist } else { Profession::Physician };
            let asker = Asker {
                profession: Some(profession),
                person: Some(StaffId::new(staff)?),
                ..Asker::new(organisation(number)?, kind)
            };
            askers.push((asker, reason));
        }
    }
    Ok(askers)
}

fn items() -> Vec<Item<'static>> {
    let labels = [Labels::NONE, Labels::of(&[Label::Psychiatry]), Labels::of(&[Label::Restricted])];
    Category::ALL.iter().flat_map(|category| labels.map(|labels| Item::new(*category, labels))).collect()
}

fn organisation(number: usize) -> anyhow::Result<OrgId> {
    Ok(OrgId::new(OrgKind::Institution, &(1_310_000_000 + number % ORGANISATIONS).to_string())?)
}

fn rate<'t>(table: &'t mut Table, name: &str, items: usize, cost: Cost) -> &'t mut Figure {
    let note = format!("{:.0} ns, {:.0} ns of CPU time on average", cost.nanos(items), cost.cpu_nanos(items));
    table.add(name, 1e9 / cost.nanos(items), "1/s").note(note)
}
