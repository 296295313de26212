//! All that may be looked at about one patient: the institution's own records and what others gave.

use std::collections::HashSet;

use calendar::{Date, Timestamp};
use codes::{ExchangeId, OrgId};
use consent::{Category, Label, Labels};
use protocol::exchange::Practitioner;
use records::Resource;
use wire::Problem;
use wire::page::{Lang, t};

use super::Pages;
use crate::model::LocalNumber;
use records::labels::Lists;
use records::view::{Series, Shown, series, show};

/// The folder of a patient (患者の記録).
pub struct Folder {
    /// Whose.
    pub patient: LocalNumber,
    /// What there is, newest first; what has no day comes last.
    pub items: Vec<Item>,
    /// Where it is from; the first is this institution.
    pub sources: Vec<Source>,
    /// Until when what others gave may be looked at.
    pub keep_until: Option<Timestamp>,
    resources: Vec<(usize, Resource)>,
}

/// One thing with its source.
pub struct Item {
    /// What it is.
    pub shown: Shown,
    /// Index into [`Folder::sources`].
    pub source: usize,
    /// Sensitivity labels, for our own staff about our own records; none is shown of what others gave.
    pub labels: Labels,
    /// Whether the person asked us to mark it; what it inherits from another is not meant.
    pub marked: bool,
}

/// An institution that records are from.
pub struct Source {
    /// Which.
    pub id: OrgId,
    /// Name, Japanese and English.
    pub name: (String, String),
    /// How many records.
    pub count: usize,
}

impl Source {
    /// The name in a language.
    pub fn name(&self, lang: Lang) -> &str {
        t(lang, &self.name.0, &self.name.1)
    }
}

impl Folder {
    /// Gathers what is here: reads our own records (written down first) and opens what others gave.
    ///
    /// # Errors
    /// Store, ledger or custody.
    pub async fn open(pages: &Pages, staff: &Practitioner, patient: &LocalNumber) -> Result<Self, Problem> {
        let own = pages.service.own_records(staff, patient).await?;
        let mut folder = Self {
            patient: patient.clone(),
            items: Vec::new(),
            sources: Vec::new(),
            keep_until: None,
            resources: Vec::new(),
        };
        let here = Source {
            id: *pages.service.org(),
            name: (pages.names.ja.clone(), pages.names.en.clone()),
            count: 0,
        };
        folder.sources.push(here);
        for (resource, labels) in own {
            folder.put(0, labels, resource);
        }
        let mut known = HashSet::new();
        let now = pages.service.moment();
        let all = pages.service.exchanges(Some(patient.clone()), EXCHANGES).await?;
        let open = all.emergencies.iter().any(|emergency| emergency.until > now);
        let in_emergency = |exchange: ExchangeId| {
            all.asked.iter().any(|asked| asked.exchange == exchange && asked.reason.is_emergency())
        };
        let mut received = pages.service.received(patient).await?;
        // What an emergency opened closes with it.
        received.retain(|one| open || !in_emergency(one.exchange));
        // The newest exchange first: what was fetched twice is shown as it came last.
        received.sort_by_key(|one| std::cmp::Reverse(one.exchange));
        for one in received {
            let name = format!("{}/{}", one.resource.resource_type(), one.resource.id().unwrap_or_default());
            if known.insert((one.holder, name)) {
                let source = folder.source(pages, one.holder);
                folder.put(source, Labels::NONE, one.resource);
            }
        }
        folder.keep_until =
            all.asked.iter().filter(|a| a.received > 0).map(|a| a.keep_until).filter(|u| *u > now).min();
        folder.items.sort_by_key(|item| std::cmp::Reverse(item.shown.day));
        Ok(folder)
    }

    fn put(&mut self, source: usize, labels: Labels, resource: Resource) {
        if let Some(source) = self.sources.get_mut(source) {
            source.count += 1;
        }
        let marked = source == 0 && Lists::said(resource.node()).contains(Label::OwnMark);
        self.items.push(Item { shown: show(resource.node()), source, labels, marked });
        self.resources.push((source, resource));
    }

    fn source(&mut self, pages: &Pages, id: OrgId) -> usize {
        if let Some(place) = self.sources.iter().position(|source| source.id == id) {
            return place;
        }
        self.sources.push(Source { id, name: pages.service.name_of(&id), count: 0 });
        self.sources.len() - 1
    }

    /// The name of a source.
    pub fn source_name(&self, lang: Lang, source: usize) -> &str {
        self.sources.get(source).map_or("", |source| source.name(lang))
    }

    /// The items of some kinds, newest first.
    pub fn of_kinds<'a>(&'a self, kinds: &'a [Category]) -> impl Iterator<Item = &'a Item> {
        self.items.iter().filter(move |item| kinds.contains(&item.shown.kind))
    }

    /// The items of some kinds, the newest of each title; what is over comes apart.
    pub fn distinct<'a>(&'a self, kinds: &'a [Category]) -> (Vec<&'a Item>, Vec<&'a Item>) {
        let mut known = HashSet::new();
        let all = self.of_kinds(kinds).filter(|item| known.insert(item.shown.title.as_str()));
        all.partition(|item| !item.shown.over)
    }

    /// Results over time.
    pub fn series(&self) -> Vec<Series> {
        let dated = self.resources.iter().filter_map(|(source, resource)| {
            let day: Date = records::labels::Facts::of(resource.node()).date?;
            Some((*source, day, resource.node()))
        });
        series(dated)
    }
}

/// Exchanges that are looked through for when they end.
const EXCHANGES: u32 = 50;
