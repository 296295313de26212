//! What the others hear of a person's numbers, and what is written to the card.
//!
//! To the relay each number is another person. So each message to it has an exchange of its own with only the day in it, and
//! a time that is the day and an order: nothing in it is equal to anything in the message about another number of the same
//! person, nor to what this issuer or the eligibility service keep.

use calendar::Timestamp;
use codes::{EnvelopeContext, EnvelopeKey, ExchangeId, Facet, Generation, KeyName, OrgKind, RootBlockInput};
use data_encoding::HEXLOWER;
use protocol::{
    Sealed,
    card::{CardNumber, CardNumbers},
    clients::paths,
    eligibility::MedicalLinkUpdate,
    relay::{PersonState, PersonStateUpdate},
    sealed::{STANDING, purpose},
};
use protocol_admin::issuer::NumberState;
use wire::Problem;

use super::{Found, Service, block, medical_id::generations_spent};
use crate::{
    model::{Number, Outgoing},
    problems,
};

/// The time that the relay is told: the day, but later than what it was told of this number before.
pub(super) fn stamp(at: Timestamp, before: Option<&Number>) -> i64 {
    let day = Timestamp::start_of(at.date()).as_millis();
    before.map_or(day, |before| day.max(before.stamp + 1))
}

/// The further numbers that belong on a card.
pub(super) fn on_card(held: &[Number]) -> impl Iterator<Item = &Number> {
    held.iter().filter(|n| n.number.0 != 0 && n.state == NumberState::Active)
}

impl Service {
    /// What relay and eligibility service must hear: first that an old code is dead, then that a new one lives. Of a
    /// further number the eligibility service hears nothing.
    pub(super) fn messages(
        &self,
        found: &Found,
        before: Option<&Number>,
        after: &Number,
        exchange: ExchangeId,
    ) -> Result<Vec<Outgoing>, Problem> {
        let was = before.filter(|b| b.state.is_held());
        let mut out = Vec::new();
        if let Some(old) = was
            && (!after.state.is_held() || old.generation != after.generation)
        {
            out.push(self.state_message(found, old, after.stamp, PersonState::Revoked)?);
        }
        match after.state {
            NumberState::Active => {
                out.push(self.state_message(found, after, after.stamp, PersonState::Active)?)
            }
            NumberState::Sealed => {
                out.push(self.state_message(found, after, after.stamp, PersonState::Sealed)?)
            }
            NumberState::Revoked | NumberState::Refused => {}
        }
        if after.number.0 == 0 && (was.is_some() || after.state.is_held()) {
            out.push(self.link_message(found, after, exchange)?);
        }
        for (step, message) in (0..).zip(&mut out) {
            message.step = step;
        }
        Ok(out)
    }

    fn state_message(
        &self,
        found: &Found,
        number: &Number,
        stamp: i64,
        state: PersonState,
    ) -> Result<Outgoing, Problem> {
        let exchange = self.day_exchange();
        let update = PersonStateUpdate {
            exchange,
            link: self.medical_link(found, number, exchange)?,
            state,
            at: Timestamp::from_millis(stamp),
        };
        self.outgoing(OrgKind::Relay, paths::PERSON_STATES, &update)
    }

    fn link_message(
        &self,
        found: &Found,
        number: &Number,
        exchange: ExchangeId,
    ) -> Result<Outgoing, Problem> {
        let person = self.sealed_link(
            &self.insurance,
            OrgKind::Eligibility,
            purpose::INSURANCE_LINK,
            exchange,
            block(found.resident, Generation::default()),
        )?;
        let link = match number.state {
            NumberState::Active => Some(self.medical_link(found, number, self.day_exchange())?),
            _ => None,
        };
        let update = MedicalLinkUpdate { exchange, person, link };
        self.outgoing(OrgKind::Eligibility, paths::MEDICAL_LINKS, &update)
    }

    /// The further numbers of a person for the card of `applet`, in place of those that are on it.
    pub(super) fn card_numbers(
        &self,
        found: &Found,
        applet: &EnvelopeKey,
        held: &[Number],
    ) -> Result<Sealed, Problem> {
        let number = |n: &Number| {
            let link = self.medical_link(found, n, self.day_exchange())?;
            Ok(CardNumber { number: n.number.0, link })
        };
        let (relay, relay_key) = self.recipient(OrgKind::Relay)?;
        let parts = [b"musubi card numbers".as_slice(), applet.as_bytes()];
        let writer = self.custody.mac(&KeyName::LEDGER_DIGEST, &parts).map_err(problems::internal)?;
        let mut numbers = on_card(held).map(number).collect::<Result<Vec<_>, Problem>>()?;
        numbers.sort_by_key(|n| n.number);
        let numbers = CardNumbers {
            writer: HEXLOWER.encode(&writer),
            written_at: self.clock.now().as_millis(),
            relay,
            relay_key,
            numbers,
        };
        let context = EnvelopeContext {
            recipient: self.org,
            purpose: purpose::CARD_NUMBERS.to_owned(),
            expires_at: STANDING,
            exchange: self.day_exchange(),
            consent: None,
            binding: applet.as_bytes().to_vec(),
        };
        let bytes = zeroize::Zeroizing::new(serde_json::to_vec(&numbers).map_err(problems::internal)?);
        Sealed::new(applet, context, &bytes).map_err(problems::internal)
    }

    fn medical_link(&self, found: &Found, number: &Number, exchange: ExchangeId) -> Result<Sealed, Problem> {
        let generation = Generation::new(number.generation).ok_or_else(generations_spent)?;
        let facet: Facet = number.number;
        let root = RootBlockInput { resident: found.resident, generation, facet };
        self.sealed_link(&self.medical, OrgKind::Relay, purpose::MEDICAL_LINK, exchange, root)
    }

    /// An exchange of its own that says no more of the time than the day.
    fn day_exchange(&self) -> ExchangeId {
        ExchangeId::new(Timestamp::start_of(self.clock.today()).as_millis())
    }

    /// What the person calls a number, sealed to its row.
    pub(super) fn seal_label(&self, found: &Found, number: Facet, label: &str) -> Result<Vec<u8>, Problem> {
        self.custody
            .seal_row(&KeyName::ROW_SEAL, &label_place(found, number), label.as_bytes())
            .map_err(problems::internal)
    }

    /// What the person calls a number.
    pub(super) fn open_label(&self, found: &Found, number: &Number) -> Result<String, Problem> {
        let Some(sealed) = &number.label else { return Ok(String::new()) };
        let place = label_place(found, number.number);
        let opened = self.custody.open_row(&KeyName::ROW_SEAL, &place, sealed).map_err(problems::internal)?;
        String::from_utf8(opened.to_vec()).map_err(problems::internal)
    }

    /// A message to the one role of a kind; its step is the caller's.
    pub(super) fn outgoing(
        &self,
        to: OrgKind,
        path: &'static str,
        message: &impl serde::Serialize,
    ) -> Result<Outgoing, Problem> {
        let recipient = self.organisation(to)?;
        let message = serde_json::to_string(message).map_err(problems::internal)?;
        Ok(Outgoing { step: 0, recipient, path, message })
    }
}

/// A label opens in its own row only.
fn label_place(found: &Found, number: Facet) -> Vec<u8> {
    [b"medical_number/label".as_slice(), found.sealed.as_bytes(), &number.0.to_be_bytes()].concat()
}
