//! Where people go: to those who know them already, else to the one that serves their municipality.

use crate::day::Day;
use crate::model::{Family, Person};
use crate::organisations::INSTITUTIONS;

/// Who treats, by municipality (index into [`crate::organisations::MUNICIPALITIES`]): the institution that serves it.
struct Role {
    name: &'static str,
    serves: [usize; 6],
    /// All that could.
    able: &'static [usize],
}

const ROLES: [Role; 8] = [
    Role { name: "clinic", serves: [1, 9, 11, 3, 14, 14], able: &[0, 1, 3, 9, 11, 14] },
    Role { name: "children", serves: [2, 2, 2, 3, 7, 7], able: &[0, 2, 3, 7, 9, 13] },
    Role { name: "hospital", serves: [0, 9, 9, 7, 13, 13], able: &[0, 7, 8, 9, 13] },
    Role { name: "specialist", serves: [8, 8, 8, 7, 13, 13], able: &[7, 8, 13] },
    Role { name: "psychiatric", serves: [10, 10, 10, 13, 13, 13], able: &[10, 13] },
    Role { name: "infection", serves: [12, 12, 12, 13, 13, 13], able: &[12, 13] },
    Role { name: "pharmacy", serves: [5, 15, 15, 6, 6, 6], able: &[5, 6, 15] },
    Role { name: "dental", serves: [4, 4, 4, 16, 16, 16], able: &[4, 16] },
];

/// Where `person` goes for `role` on `day`.
pub fn place(family: &Family, person: &Person, role: &str, day: Day) -> usize {
    let municipality = family.home_of(person, day).map_or(0, |home| home.municipality);
    let Some(role) = ROLES.iter().find(|r| r.name == role) else { return 0 };
    let near = role.serves.get(municipality).copied().unwrap_or_default();
    let known =
        family.patients.iter().filter(|p| p.slot == person.slot && p.facet == 0).map(|p| p.institution);
    let mut known = known.filter(|i| role.able.contains(i) && same_prefecture(*i, near));
    known.next().unwrap_or(near)
}

/// True when both stand in the same prefecture: their codes begin alike.
pub fn same_prefecture(one: usize, other: usize) -> bool {
    let prefecture = |i: usize| INSTITUTIONS.get(i).and_then(|i| i.code.get(..2));
    prefecture(one) == prefecture(other)
}

/// The institution with that short name.
pub fn by_slug(slug: &str) -> Option<usize> {
    INSTITUTIONS.iter().position(|i| i.slug == slug)
}
