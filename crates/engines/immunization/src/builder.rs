//! Names become numbers here, once, when a schedule is loaded.

use std::collections::HashMap;

use crate::{
    LoadError,
    model::{
        Anchor, AnchorId, Antigen, AntigenId, Group, GroupId, Knowledge, MOST_VACCINES, ObservationId,
        ObservationKind, Vaccine, VaccineId,
    },
};

/// The most different ages, antigens or observations that are taken from files.
const MOST_NAMES: usize = 16_384;

/// Collects a body of knowledge, giving every name a number.
#[derive(Default)]
pub(crate) struct Builder {
    pub knowledge: Knowledge,
    anchors: HashMap<Anchor, AnchorId>,
    antigens: HashMap<String, AntigenId>,
    groups: HashMap<String, GroupId>,
}

impl Builder {
    /// The number of a day that hangs on the person.
    pub(crate) fn anchor(&mut self, anchor: Anchor) -> Result<AnchorId, LoadError> {
        if let Some(id) = self.anchors.get(&anchor) {
            return Ok(*id);
        }
        let id = number(self.knowledge.anchors.len(), MOST_NAMES, "ages")?;
        self.knowledge.anchors.push(anchor.clone());
        self.anchors.insert(anchor, id);
        Ok(id)
    }

    /// The number of a vaccine type, made when it is new.
    pub(crate) fn vaccine(&mut self, code: &str, name: &str) -> Result<VaccineId, LoadError> {
        let code = vaccine_key(code);
        if let Some(id) = self.knowledge.vaccine_index.get(&code) {
            return Ok(*id);
        }
        let id = number(self.knowledge.vaccines.len(), MOST_VACCINES, "vaccine types")?;
        self.knowledge.vaccines.push(Vaccine {
            code: code.clone(),
            name: name.to_owned(),
            ..Vaccine::default()
        });
        self.knowledge.vaccine_index.insert(code, id);
        Ok(id)
    }

    /// The number of an antigen, made when it is new.
    pub(crate) fn antigen(&mut self, name: &str) -> Result<AntigenId, LoadError> {
        let name = name.trim();
        if let Some(id) = self.antigens.get(name) {
            return Ok(*id);
        }
        let id = number(self.knowledge.antigens.len(), MOST_NAMES, "antigens")?;
        self.knowledge.antigens.push(Antigen { name: name.to_owned(), ..Antigen::default() });
        self.antigens.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The number of a vaccine group, made when it is new.
    pub(crate) fn group(&mut self, name: &str) -> Result<GroupId, LoadError> {
        let name = name.trim();
        if let Some(id) = self.groups.get(name) {
            return Ok(*id);
        }
        let id = number(self.knowledge.groups.len(), MOST_NAMES, "vaccine groups")?;
        self.knowledge.groups.push(Group { name: name.to_owned(), ..Group::default() });
        self.groups.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The number of a kind of observation, made when it is new.
    pub(crate) fn observation(&mut self, code: &str, title: &str) -> Result<ObservationId, LoadError> {
        let code = observation_key(code);
        if let Some(id) = self.knowledge.observation_index.get(&code) {
            if let Some(kind) = self.knowledge.observations.get_mut(usize::from(*id))
                && kind.title.is_empty()
            {
                kind.title = title.to_owned();
            }
            return Ok(*id);
        }
        let id = number(self.knowledge.observations.len(), MOST_NAMES, "observations")?;
        self.knowledge
            .observations
            .push(ObservationKind { title: title.to_owned(), ..ObservationKind::default() });
        self.knowledge.observation_index.insert(code, id);
        Ok(id)
    }

    /// What was collected.
    pub(crate) fn finish(mut self) -> Knowledge {
        self.knowledge.conflicts.resize_with(self.knowledge.vaccines.len(), Vec::new);
        self.knowledge
    }
}

/// CVX codes are numbers whatever their leading zeros: `03` and `3` are one.
pub(crate) fn vaccine_key(code: &str) -> String {
    let code = code.trim();
    let bare = code.trim_start_matches('0');
    if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) {
        format!("{bare:0>2}")
    } else {
        code.to_owned()
    }
}

/// Observation codes are numbers of three digits: `7` and `007` are one.
pub(crate) fn observation_key(code: &str) -> String {
    let code = code.trim();
    if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) {
        format!("{:0>3}", code.trim_start_matches('0'))
    } else {
        code.to_owned()
    }
}

fn number(length: usize, most: usize, what: &'static str) -> Result<u16, LoadError> {
    if length >= most {
        return Err(LoadError::TooMany { what, most });
    }
    u16::try_from(length).map_err(|_| LoadError::TooMany { what, most })
}
