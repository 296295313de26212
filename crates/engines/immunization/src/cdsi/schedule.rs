//! `ScheduleSupportingData.xml`: vaccine groups, CVX codes, observations, conflicts.

use super::{Loader, is_yes};
use crate::{
    LoadError,
    builder::Builder,
    model::{Association, Conflict, VaccineSet},
    period::{FAR_FUTURE, FAR_PAST, Period},
    xml::Element,
};

impl Loader<'_> {
    pub(super) fn schedule(&mut self, root: &Element) -> Result<(), LoadError> {
        for list in root.all("vaccineGroups") {
            for group in list.all("vaccineGroup") {
                let id = self.builder.group(group.value("name"))?;
                if let Some(held) = self.builder.knowledge.groups.get_mut(usize::from(id)) {
                    held.full = is_yes(group.value("administerFullVaccineGroup"));
                }
            }
        }
        for list in root.all("vaccineGroupToAntigenMap") {
            for map in list.all("vaccineGroupMap") {
                let id = self.builder.group(map.value("name"))?;
                for antigen in map.all("antigen") {
                    let antigen = self.builder.antigen(antigen.text())?;
                    if let Some(held) = self.builder.knowledge.groups.get_mut(usize::from(id)) {
                        held.antigens.push(antigen);
                    }
                }
            }
        }
        for list in root.all("cvxToAntigenMap") {
            for map in list.all("cvxMap") {
                self.associations(map)?;
            }
        }
        for list in root.all("observations") {
            for observation in list.all("observation") {
                self.observation(observation)?;
            }
        }
        self.builder.knowledge.conflicts.clear();
        for list in root.all("liveVirusConflicts") {
            for conflict in list.all("liveVirusConflict") {
                self.conflict(conflict)?;
            }
        }
        Ok(())
    }

    fn associations(&mut self, map: &Element) -> Result<(), LoadError> {
        let vaccine = self.builder.vaccine(map.value("cvx"), map.value("shortDescription"))?;
        for association in map.all("association") {
            let antigen = self.builder.antigen(association.value("antigen"))?;
            let begin = self.age(association, "associationBeginAge")?;
            let end = self.age(association, "associationEndAge")?;
            if let Some(held) = self.builder.knowledge.vaccines.get_mut(usize::from(vaccine)) {
                held.antigens.push(Association { antigen, begin, end });
            }
        }
        Ok(())
    }

    fn observation(&mut self, element: &Element) -> Result<(), LoadError> {
        let id =
            self.builder.observation(element.value("observationCode"), element.value("observationTitle"))?;
        for values in element.all("codedValues") {
            for coded in values.all("codedValue") {
                let pair = (coded.value("codeSystem").to_owned(), coded.value("code").to_owned());
                if let Some(kind) = self.builder.knowledge.observations.get_mut(usize::from(id)) {
                    kind.coded.push(pair);
                }
            }
        }
        Ok(())
    }

    fn conflict(&mut self, element: &Element) -> Result<(), LoadError> {
        let vaccine = |builder: &mut Builder, name: &str| match element.first(name) {
            Some(part) => builder.vaccine(part.value("cvx"), part.value("vaccineType")).map(Some),
            None => Ok(None),
        };
        let (Some(previous), Some(current)) =
            (vaccine(self.builder, "previous")?, vaccine(self.builder, "current")?)
        else {
            return Ok(());
        };
        let begin = self.period(element, "conflictBeginInterval")?.unwrap_or(Period::days(1));
        let end = self.period(element, "conflictEndInterval")?.unwrap_or(Period::days(28));
        let min_end = self.period(element, "minConflictEndInterval")?.unwrap_or(end);
        let conflicts = &mut self.builder.knowledge.conflicts;
        if conflicts.len() <= usize::from(current) {
            conflicts.resize_with(usize::from(current) + 1, Vec::new);
        }
        let Some(held) = conflicts.get_mut(usize::from(current)) else { return Ok(()) };
        let same = |c: &&mut Conflict| (c.begin, c.min_end, c.end) == (begin, min_end, end);
        match held.iter_mut().find(same) {
            Some(conflict) => conflict.previous.insert(previous),
            None => {
                let mut set = VaccineSet::default();
                set.insert(previous);
                held.push(Conflict {
                    previous: set,
                    begin,
                    min_end,
                    end,
                    effective: FAR_PAST,
                    cessation: FAR_FUTURE,
                });
            }
        }
        Ok(())
    }
}
