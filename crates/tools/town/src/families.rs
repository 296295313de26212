//! The town as a stream of households.

use crate::clinical;
use crate::counter;
use crate::coverage;
use crate::household;
use crate::maker::Maker;
use crate::model::Family;
use crate::plan::{TownError, TownPlan};
use crate::reporting;
use crate::stories;

/// Makes households one after the other until the town has its people. Each is made from the seed and its index alone, so that
/// memory does not grow; the constructed ones of the stories come first.
pub struct Families {
    maker: Maker,
    index: u64,
    residents: u64,
}

impl Families {
    /// The households of a plan.
    ///
    /// # Errors
    /// When the plan is out of range.
    pub fn new(plan: &TownPlan) -> Result<Self, TownError> {
        plan.check()?;
        Ok(Self { maker: Maker::new(plan), index: 0, residents: 0 })
    }

    /// Residents of the households given out so far.
    pub fn residents(&self) -> u64 {
        self.residents
    }

    fn make(&self, index: u64, fill: bool) -> Family {
        let mut family = self.household(index, fill);
        clinical::charts(&self.maker, &mut family);
        family
    }

    fn household(&self, index: u64, fill: bool) -> Family {
        if index < stories::HOUSEHOLDS {
            return stories::build(&self.maker, index);
        }
        let mut family = household::raise(&self.maker, index, fill);
        family.memberships = coverage::memberships(&family, self.maker.history, self.maker.plan.today);
        reporting::report(&self.maker, &mut family);
        counter::cards(&self.maker, &mut family);
        counter::patients(&self.maker, &mut family);
        family
    }
}

impl Iterator for Families {
    type Item = Family;

    fn next(&mut self) -> Option<Family> {
        let left = self.maker.plan.people.checked_sub(self.residents).filter(|left| *left > 0)?;
        let mut family = self.make(self.index, false);
        let mut residents = family.residents(self.maker.plan.today);
        if residents > left {
            // The last places are filled by people who live alone.
            family = self.make(self.index, true);
            residents = family.residents(self.maker.plan.today);
        }
        self.index += 1;
        self.residents += residents;
        Some(family)
    }
}
