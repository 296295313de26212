//! A card at the counter: certificates from the certificate authority, the insurance code for the applet.

use access::{Action, Purpose};
use codes::{Generation, OrgId, OrgKind};
use data_encoding::BASE64;
use protocol::{
    Sealed,
    card::CardStopReason,
    clients::{EligibilityClient, JpkiClient},
    eligibility::{Person, PersonaliseRequest},
    jpki::{CertificateKind, Identity, IssueAnswer, IssueRequest},
    sealed::purpose,
};
use protocol_admin::issuer::{CardContents, CardKey, CardRequest};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;

use super::{Service, block, numbers, question_digest};
use crate::{
    model::Card,
    problems::{self, Refusal},
    store as sql,
};

impl Service {
    /// Gathers what is written to a card for a person on the register. A person has one card: an earlier one stops.
    ///
    /// # Errors
    /// When the caller is no counter, the person is not on the register, or a role behind it refuses; or when the end of
    /// the earlier card could not be told everywhere yet (it is recorded and sent again).
    pub async fn card(&self, peer: &OrgId, request: CardRequest) -> Result<CardContents, Problem> {
        self.decide(peer, Action::JpkiIssue, Purpose::CertificateProcedure)?;
        let question = question_digest(&request)?;
        let exchange = request.exchange;
        if let Some(contents) = self.answered(&exchange, question).await? {
            self.deliver(&exchange).await?;
            return Ok(contents);
        }
        let found = self.find(&request.my_number).await?;
        self.log("issuer.card", Some(&found.sealed), exchange, json!({ "by": peer })).await?;
        let holder = self.sealed_link(
            &self.insurance,
            OrgKind::Eligibility,
            purpose::INSURANCE_LINK,
            exchange,
            block(found.resident, Generation::default()),
        )?;
        let mut contents = self.gather(&request, holder, found.person.clone()).await?;
        let sealed = found.sealed;
        let held = self.db.read(move |c| sql::numbers(c, &sealed)).await;
        let held = held.map_err(|e: store::StoreError| problems::internal(e))?;
        if numbers::on_card(&held).next().is_some() {
            contents.numbers = Some(self.card_numbers(&found, &request.applet_key, &held)?);
        }
        let text = serde_json::to_string(&contents).map_err(problems::internal)?;
        let made = Card {
            applet: request.applet_key,
            authentication: contents.authentication.serial.clone(),
            signing: contents.signing.as_ref().map(|signing| signing.serial.clone()),
            certificate: BASE64
                .decode(contents.authentication.certificate.as_bytes())
                .ok()
                .map(|der| Sha256::digest(der).into()),
        };
        let service = self.clone();
        self.db
            .write(move |tx| {
                let at = service.clock.now();
                let mut earlier = sql::cards_in_use(tx, &found.sealed)?;
                // The same card with new certificates goes on.
                earlier.retain(|card| card.applet != made.applet);
                service.stop(tx, &found, &earlier, CardStopReason::Replaced, exchange, at)?;
                sql::put_card(tx, &found.sealed, &made, at.as_millis())?;
                sql::put_act(tx, &exchange, &question, &text, at.as_millis()).map_err(Refusal::from)
            })
            .await
            .map_err(|r| r.0)?;
        self.deliver(&exchange).await?;
        Ok(contents)
    }

    async fn gather(
        &self,
        request: &CardRequest,
        holder: Sealed,
        person: Person,
    ) -> Result<CardContents, Problem> {
        let authentication = self
            .certificate(request, CertificateKind::Authentication, &request.authentication, &holder, &person)
            .await?;
        let signing = match &request.signing {
            Some(key) => {
                Some(self.certificate(request, CertificateKind::Signing, key, &holder, &person).await?)
            }
            None => None,
        };
        let personalise =
            PersonaliseRequest { exchange: request.exchange, person: holder, card_key: request.applet_key };
        let eligibility = EligibilityClient::new(self.client.clone(), self.address_of(OrgKind::Eligibility)?);
        let insurance_code = eligibility.personalise(&personalise).await.map_err(Problem::from)?;
        Ok(CardContents {
            exchange: request.exchange,
            authentication,
            signing,
            insurance_code,
            numbers: None,
            person,
        })
    }

    async fn certificate(
        &self,
        request: &CardRequest,
        kind: CertificateKind,
        key: &CardKey,
        holder: &Sealed,
        person: &Person,
    ) -> Result<IssueAnswer, Problem> {
        let replaces = request.replaces.clone().filter(|_| kind == CertificateKind::Authentication);
        let identity = (kind == CertificateKind::Signing).then(|| Identity {
            name: person.name.clone(),
            sex: person.sex,
            birthdate: person.birthdate,
            address: person.address.clone(),
        });
        let question = IssueRequest {
            exchange: request.exchange,
            kind,
            public_key: key.public_key.clone(),
            proof: key.proof.clone(),
            holder: holder.clone(),
            replaces,
            identity,
            birthdate: Some(person.birthdate),
        };
        let jpki = JpkiClient::new(self.client.clone(), self.address_of(OrgKind::Jpki)?);
        jpki.issue(&question).await.map_err(Problem::from)
    }
}
