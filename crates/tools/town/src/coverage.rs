//! Who insures whom on which day, by the law: late elderly at 75, employees by their employer's insurer, those they support with
//! them, everyone else by the municipality; nobody while on public assistance.

use crate::day::Day;
use crate::formats::LossReason;
use crate::model::{Family, Membership, Person, Relation, Work};
use crate::organisations::{INSURERS, InsurerKind, MUNICIPALITIES};

/// All memberships of a family's people that reach into `history` or later, up to `today`.
pub fn memberships(family: &Family, history: Day, today: Day) -> Vec<Membership> {
    let mut all = Vec::new();
    let mut days = Vec::new();
    for person in &family.persons {
        turning_days(family, person, today, &mut days);
        let mut open: Option<(Cover, Day)> = None;
        for &day in &days {
            let cover = cover(family, person, day);
            match open {
                Some((current, _)) if cover == Some(current) => {}
                _ => {
                    let ended = open.filter(|_| day > history);
                    if let Some((current, from)) = ended {
                        let reason = loss_reason(family, person, day, cover.is_some());
                        all.push(membership(family, person, current, from, Some((day, reason))));
                    }
                    open = cover.map(|c| (c, day));
                }
            }
        }
        if let Some((current, from)) = open {
            all.push(membership(family, person, current, from, None));
        }
    }
    all
}

/// Who insures someone on a day.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Cover {
    insurer: usize,
    holder: u8,
    /// Tells memberships through the same person apart: the job, else 0.
    key: u8,
}

/// The days from a person's origin to `today` on which their cover may change, in order.
fn turning_days(family: &Family, person: &Person, today: Day, days: &mut Vec<Day>) {
    days.clear();
    days.push(person.origin.max(person.birth));
    days.extend(person.death);
    days.extend(person.arrived);
    days.extend(person.left);
    days.extend(person.single_home.iter().map(|(_, until)| *until));
    days.extend(family.welfare_since);
    days.extend(family.homes.iter().map(|h| h.from));
    for other in &family.persons {
        if other.slot == person.slot || matches!(other.relation, Relation::Head | Relation::Spouse) {
            days.extend(other.work.iter().map(|s| s.from));
            days.extend(other.death);
            days.extend(other.left);
            days.extend(other.married);
            days.push(other.late_elderly_from());
        }
    }
    let first = person.origin.max(person.birth);
    days.retain(|&d| first <= d && d <= today);
    days.sort_unstable();
    days.dedup();
}

fn cover(family: &Family, person: &Person, day: Day) -> Option<Cover> {
    let assisted = family.welfare_since.is_some_and(|since| since <= day);
    if !person.is_alive(day) || person.never_insured || assisted || person.left.is_some_and(|l| l <= day) {
        return None;
    }
    if day < person.late_elderly_from()
        && let Some(cover) = own_employer(person, day).or_else(|| supporter(family, person, day))
    {
        return Some(cover);
    }
    // The rest is insured where they live, so not before they live in the town.
    let home = family.home_of(person, day).filter(|_| person.is_resident(day))?;
    let municipality = MUNICIPALITIES.get(home.municipality)?;
    let late = day >= person.late_elderly_from();
    let insurer = if late { municipality.koki } else { municipality.kokuho };
    Some(Cover { insurer, holder: person.slot, key: 0 })
}

fn own_employer(person: &Person, day: Day) -> Option<Cover> {
    let works = person.is_alive(day) && day < person.late_elderly_from();
    match person.work_on(day) {
        Work::Employed { insurer, job } if works => Some(Cover { insurer, holder: person.slot, key: job }),
        _ => None,
    }
}

/// The employed spouse, parent or (for a supported parent) child, through whom someone without work is insured.
fn supporter(family: &Family, person: &Person, day: Day) -> Option<Cover> {
    if person.work_on(day) != Work::None {
        return None;
    }
    family
        .persons
        .iter()
        .filter(|other| other.slot != person.slot && supports(other, person, day))
        .find_map(|other| own_employer(other, day))
}

fn supports(other: &Person, person: &Person, day: Day) -> bool {
    let here = other.left.is_none_or(|left| day < left);
    let married = || other.married.is_some_and(|since| since <= day);
    here && match (other.relation, person.relation) {
        (Relation::Head, Relation::Spouse) | (Relation::Spouse, Relation::Head) => married(),
        (Relation::Head | Relation::Spouse, Relation::Child) => true,
        (Relation::Head, Relation::Parent) => person.supported,
        _ => false,
    }
}

fn loss_reason(family: &Family, person: &Person, day: Day, insured_elsewhere: bool) -> LossReason {
    if person.death == Some(day) {
        LossReason::Death
    } else if family.welfare_since == Some(day) {
        LossReason::PublicAssistance
    } else if insured_elsewhere {
        LossReason::OtherInsurer
    } else {
        LossReason::Other
    }
}

fn membership(
    family: &Family,
    person: &Person,
    cover: Cover,
    from: Day,
    end: Option<(Day, LossReason)>,
) -> Membership {
    let (symbol, number, branch) = identity(family, person, cover);
    let national = INSURERS.get(cover.insurer).is_some_and(|i| i.kind == InsurerKind::Kokuho);
    let first = cover.holder == person.slot && !(national && person.relation != Relation::Head);
    Membership {
        slot: person.slot,
        holder: cover.holder,
        insurer: cover.insurer,
        symbol,
        number,
        branch,
        relation: if first { 1 } else { 2 },
        from,
        until: end.map(|(day, _)| day),
        loss_reason: end.map(|(_, reason)| reason),
        from_reported: None,
        until_reported: None,
        typo: None,
        changes: Vec::new(),
    }
}

/// 記号・番号・枝番, unique within the insurer without any table: they are counted from the household's index.
fn identity(family: &Family, person: &Person, cover: Cover) -> (String, String, String) {
    let Some(insurer) = INSURERS.get(cover.insurer) else { return Default::default() };
    let contract = (family.index * 16 + u64::from(cover.holder)) * 8 + u64::from(cover.key);
    let branch = || match cover.holder == person.slot {
        true => "00".to_owned(),
        false => format!("{:02}", person.slot + 1),
    };
    match insurer.kind {
        // An office (事業所) has up to 3,000 places.
        InsurerKind::Kyokai => {
            (format!("{}{:06}", insurer.symbol, contract / 3000), (contract % 3000 + 1).to_string(), branch())
        }
        InsurerKind::Kumiai | InsurerKind::Kyosai => {
            (insurer.symbol.to_owned(), (contract + 1001).to_string(), branch())
        }
        InsurerKind::Kokuho => {
            (insurer.symbol.to_owned(), format!("{:07}", family.index + 1), format!("{:02}", person.slot + 1))
        }
        InsurerKind::Koki => (String::new(), format!("{:08}", person.number), String::new()),
    }
}
