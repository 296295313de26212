//! What shows that asker and person have to do with each other, who the asker is, and how much it may ask in a day.

use access::{Permit, Purpose};
use calendar::Timestamp;
use codes::{KeyName, OrgId};
use consent::{ActReason, Asker, Consents, InstitutionKind};
use ledger::Receipt;
use protocol::exchange::{Acting, Evidence, Practitioner};
use serde_json::{Value, json};
use store::{Reader, StoreError};
use wire::Problem;

use super::Service;
use crate::model::{PersonKey, QUOTA_BASE, QUOTA_PRESENCE};
use crate::{problems, store as sql};

/// How far back card reads count for the quota, in days.
const QUOTA_DAYS: i32 = 30;

/// How long the read of a proxy's card counts, in days.
const PROXY_DAYS: u16 = 1;

/// Milliseconds of a day.
pub(super) const DAY_MILLIS: i64 = 86_400_000;

/// Everything that a question about one person needs, read in one snapshot.
pub(super) struct Ground {
    /// Whether the medical ID works.
    pub(super) active: bool,
    /// Whether the asker registered the person.
    pub(super) registered: bool,
    /// When the card was read at the asker's desk, as the evidence says; the proxy's card, where a proxy acts.
    pub(super) presence: Option<i64>,
    /// The emergency that the evidence names.
    pub(super) emergency: Option<crate::model::Emergency>,
    /// The person's will, sealed.
    pub(super) will: Option<Vec<u8>>,
    /// Who else registered the person.
    pub(super) holders: Vec<OrgId>,
    /// Exchanges asked today, and card reads of the days before.
    pub(super) usage: (i64, i64),
}

/// What the reader of [`Ground`] must know.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) peer: OrgId,
    pub(super) evidence: Evidence,
    receipt: Option<[u8; 32]>,
    /// Whose card the receipt must be of, where that is not the person's.
    reader: Option<PersonKey>,
    pub(super) presence_days: Option<u16>,
    pub(super) now: Timestamp,
}

impl Question {
    /// Reads the ground of a question about `person`, who may be nobody.
    pub(super) fn ground(&self, c: &mut Reader<'_>, person: &PersonKey) -> Result<Ground, StoreError> {
        let now = self.now.as_millis();
        let active_reader = match &self.reader {
            Some(reader) => sql::is_active(c, reader)?,
            None => true,
        };
        let presence = match (&self.receipt, self.presence_days) {
            (Some(receipt), Some(days)) => {
                let since = now - i64::from(days) * DAY_MILLIS;
                let reader = self.reader.as_ref().unwrap_or(person);
                let read = sql::exchanges::presence(c, reader, &self.peer, Some(receipt), since)?;
                read.filter(|_| self.reader.is_none() || active_reader)
            }
            _ => None,
        };
        let emergency = match &self.evidence {
            Evidence::Emergency { declaration } => sql::emergencies::get(c, declaration)?,
            _ => None,
        };
        let today = self.now.date();
        let since = today.add_days(-QUOTA_DAYS);
        let mut holders = sql::registered_at(c, person)?;
        let all = holders.len();
        holders.retain(|holder| *holder != self.peer);
        Ok(Ground {
            active: sql::is_active(c, person)?,
            registered: holders.len() < all,
            presence,
            emergency,
            will: sql::wills::sealed(c, person)?,
            holders,
            usage: sql::exchanges::usage(c, &self.peer, &today.to_string(), &since.to_string())?,
        })
    }
}

impl Service {
    /// A question of `peer`, asked now.
    pub(super) fn question(
        &self,
        peer: &OrgId,
        evidence: &Evidence,
        permit: &Permit,
    ) -> Result<Question, Problem> {
        let (receipt, reader) = match evidence {
            Evidence::Presence { receipt } => (Some(self.receipt_digest(receipt)?), None),
            Evidence::Proxy { acting } => {
                let known = self.person_of(peer, &acting.code)?;
                let reader = known.map_or_else(PersonKey::nobody, |(_, person)| person);
                (Some(self.receipt_digest(&acting.receipt)?), Some(reader))
            }
            Evidence::CareTeam | Evidence::Emergency { .. } => (None, None),
        };
        let (evidence, presence_days) = (evidence.clone(), permit.rule.presence_days);
        Ok(Question { peer: *peer, evidence, receipt, reader, presence_days, now: self.now() })
    }

    /// What is kept of a check's receipt.
    pub(super) fn receipt_digest(&self, receipt: &Receipt) -> Result<[u8; 32], Problem> {
        let parts = [receipt.origin.as_bytes(), &receipt.index.to_be_bytes(), &receipt.at.to_be_bytes()];
        self.custody.mac(&KeyName::LEDGER_DIGEST, &parts).map_err(problems::custody)
    }

    /// The asker as the directory knows it, and the member of staff as the asker names them.
    pub(super) fn asker(&self, peer: &OrgId, practitioner: Option<&Practitioner>) -> Result<Asker, Problem> {
        let organisation = self.policy.directory().get(peer).ok_or_else(problems::no_kind)?;
        let kind = match peer.kind() {
            codes::OrgKind::Portal => InstitutionKind::Portal,
            _ => organisation.institution.ok_or_else(problems::no_kind)?,
        };
        let mut asker = Asker::new(*peer, kind);
        asker.profession = practitioner.map(|staff| staff.profession);
        asker.person = practitioner.map(|staff| staff.id.clone());
        asker.networks = organisation.networks.clone();
        Ok(asker)
    }

    /// The person's will; nothing decided is an empty one.
    pub(super) fn will(&self, person: &PersonKey, sealed: Option<&[u8]>) -> Result<Consents, Problem> {
        let Some(sealed) = sealed else { return Ok(Consents::default()) };
        let bytes = self
            .custody
            .open_row(&KeyName::ROW_SEAL, person.as_bytes(), sealed)
            .map_err(problems::custody)?;
        serde_json::from_slice(&bytes).map_err(problems::json)
    }

    /// Whether the evidence holds. What it depends on, the asker did or registered itself, so that a refusal tells
    /// nothing of the person.
    pub(super) fn evident(
        &self,
        question: &Question,
        ground: &Ground,
        person: &PersonKey,
        asker: &Asker,
        will: &Consents,
        reason: ActReason,
    ) -> Result<Value, Problem> {
        match &question.evidence {
            Evidence::Presence { receipt } => match ground.presence {
                Some(at) => Ok(json!({ "presence": receipt, "at": at })),
                None => Err(problems::no_presence(question.presence_days)),
            },
            Evidence::Proxy { acting } => {
                let mandate = will.proxy(&acting.proxy, question.now).filter(|proxy| proxy.sees.is_some());
                let own = reason == ActReason::PatientRequest;
                match mandate.filter(|_| own && ground.presence.is_some()) {
                    Some(proxy) => Ok(json!({ "proxy": proxy.id })),
                    None => Err(problems::no_mandate()),
                }
            }
            Evidence::CareTeam => {
                let team = ground
                    .registered
                    .then(|| will.teams(question.now).find(|team| team.has(asker)))
                    .flatten();
                team.map(|team| json!({ "team": team.id })).ok_or_else(problems::no_team)
            }
            Evidence::Emergency { declaration } => {
                let stands = ground.emergency.as_ref().filter(|emergency| {
                    emergency.organisation == question.peer
                        && emergency.person == *person
                        && question.now < emergency.until
                        && reason.is_emergency()
                        && (emergency.widened || reason == ActReason::EmergencyTreat)
                });
                stands.map(|_| json!({ "emergency": declaration })).ok_or_else(problems::no_emergency)
            }
        }
    }

    /// Whether somebody who reads for the person may: they came with their own card, and their mandate to see is in force.
    /// One answer whatever is missing.
    pub(super) async fn may_look(
        &self,
        peer: &OrgId,
        acting: &Acting,
        person: &PersonKey,
        permit: &Permit,
    ) -> Result<(), Problem> {
        let evidence = Evidence::Proxy { acting: acting.clone() };
        let mut question = self.question(peer, &evidence, permit)?;
        // The rule for reading asks for no card of the person; of a proxy it does, from the same day.
        question.presence_days = Some(permit.rule.presence_days.unwrap_or(PROXY_DAYS));
        let (asked, person_key) = (question.clone(), *person);
        let ground = self.read(move |c| asked.ground(c, &person_key)).await?;
        let will = self.will(person, ground.will.as_deref())?;
        let sees = will.proxy(&acting.proxy, question.now).is_some_and(|proxy| proxy.sees.is_some());
        if sees & ground.presence.is_some() { Ok(()) } else { Err(problems::no_mandate()) }
    }

    /// Whether the asker has not asked too much today. Emergencies are not held back: they are counted and published.
    pub(super) fn within_quota(ground: &Ground, reason: ActReason) -> Result<(), Problem> {
        let (asked, presences) = ground.usage;
        let limit = QUOTA_BASE + QUOTA_PRESENCE * presences;
        if reason.is_emergency() || reason == ActReason::PatientRequest || asked < limit {
            Ok(())
        } else {
            Err(problems::quota(limit))
        }
    }

    /// Whether `peer` may reach what `to` holds of the person, for treatment, on the card reads that stand.
    pub(super) async fn may_reach(
        &self,
        peer: &OrgId,
        person: &PersonKey,
        to: &OrgId,
    ) -> Result<bool, Problem> {
        let permit: Permit = self.decide(peer, access::Action::RelayExchange, Purpose::TreatmentExchange)?;
        let asker = self.asker(peer, None)?;
        let now = self.now();
        let since = now.as_millis() - i64::from(permit.rule.presence_days.unwrap_or(0)) * DAY_MILLIS;
        let (key, from, holder) = (*person, *peer, *to);
        let (known, will) = self
            .read(move |c| {
                let known = sql::is_active(c, &key)?
                    & sql::exchanges::presence(c, &key, &from, None, since)?.is_some()
                    & sql::is_registered(c, &key, &from)?
                    & sql::is_registered(c, &key, &holder)?;
                Ok((known, sql::wills::sealed(c, &key)?))
            })
            .await?;
        let will = self.will(person, will.as_deref())?;
        Ok(!will.restriction(&asker, ActReason::Treat, now).permits_nothing_of(to) & known)
    }
}
