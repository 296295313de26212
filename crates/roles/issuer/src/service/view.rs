//! What a person sees of their own numbers, and how the counter knows who came with card and PIN.

use access::{Action, Purpose};
use calendar::Timestamp;
use codes::{ExchangeId, OrgId};
use data_encoding::BASE64;
use my_number::SealedMyNumber;
use protocol::{
    Sealed,
    eligibility::{Person, Presented},
};
use protocol_admin::issuer::{ActView, MedicalIdAnswer, MedicalIdView, MedicalIdViewRequest, NumberView};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::Problem;
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{Found, Service, medical_id::Wish};
use crate::{problems, store as sql};

impl Service {
    /// Shows a person at a counter their own numbers and every act of the past, each with its place in the ledger. Looking
    /// is logged too.
    ///
    /// # Errors
    /// When the caller is no counter or the person is not on the register.
    pub async fn medical_id_view(
        &self,
        peer: &OrgId,
        request: MedicalIdViewRequest,
    ) -> Result<MedicalIdView, Problem> {
        self.decide(peer, Action::IssuerMedicalId, Purpose::MedicalIdRequest)?;
        let found = self.find(&request.my_number).await?;
        self.show(&found, peer, request.exchange).await
    }

    /// Who stands at this issuer's own counter: the card was read there with its PIN, and signed `binding`.
    pub(crate) async fn holder_of(
        &self,
        presented: &Presented,
        binding: &[u8],
    ) -> Result<SealedMyNumber, Problem> {
        let Presented::Certificate { certificate, signature: Some(signature), .. } = presented else {
            return Err(problems::card_unknown());
        };
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| problems::card_unknown());
        let (der, signature) = (decode(certificate)?, decode(signature)?);
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| problems::card_unknown())?;
        let key = &parsed.public_key().subject_public_key.data;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(binding, &signature)
            .map_err(|_| problems::card_unknown())?;
        // Not its serial number but the very certificate: nobody else can have signed it.
        let digest = Sha256::digest(&der).into();
        let holder = self.db.read(move |c| sql::holder_of(c, &digest)).await;
        holder.map_err(|e: store::StoreError| problems::internal(e))?.ok_or_else(problems::card_unknown)
    }

    /// The person at this issuer's own counter, and their numbers.
    pub(crate) async fn own_view(
        &self,
        sealed: SealedMyNumber,
        exchange: ExchangeId,
    ) -> Result<(Person, MedicalIdView), Problem> {
        let found = self.find_sealed(sealed).await?;
        let view = self.show(&found, &self.org, exchange).await?;
        Ok((found.person, view))
    }

    /// The person's further numbers for each of their cards in use; none for who never had any. What could not be written to
    /// the card at the time of the act is written when the card comes again.
    pub(crate) async fn own_cards(&self, sealed: SealedMyNumber) -> Result<Vec<Sealed>, Problem> {
        let found = self.find_sealed(sealed).await?;
        let read =
            self.db.read(move |c| Ok((sql::numbers(c, &sealed)?, sql::cards_in_use(c, &sealed)?))).await;
        let (held, cards) = read.map_err(|e: store::StoreError| problems::internal(e))?;
        if held.iter().all(|n| n.number.0 == 0) {
            return Ok(Vec::new());
        }
        cards.iter().map(|card| self.card_numbers(&found, &card.applet, &held)).collect()
    }

    /// Does what the person at this issuer's own counter wants.
    pub(crate) async fn own_act(
        &self,
        sealed: SealedMyNumber,
        wish: Wish,
    ) -> Result<MedicalIdAnswer, Problem> {
        self.decide(&wish.by, Action::IssuerMedicalId, Purpose::MedicalIdRequest)?;
        let asked = format!("{} {} {}", wish.act.as_str(), wish.number.0, wish.label);
        let question = Sha256::new().chain_update(sealed.as_bytes()).chain_update(asked).finalize().into();
        if let Some(answer) = self.answered(&wish.exchange, question).await? {
            self.deliver(&wish.exchange).await?;
            return Ok(answer);
        }
        let found = self.find_sealed(sealed).await?;
        self.fulfil(found, wish, question).await
    }

    async fn show(
        &self,
        found: &Found,
        peer: &OrgId,
        exchange: ExchangeId,
    ) -> Result<MedicalIdView, Problem> {
        self.log("issuer.medical-id-view", Some(&found.sealed), exchange, json!({ "by": peer })).await?;
        let sealed = found.sealed;
        let (numbers, acts) = self
            .db
            .read(move |c| Ok((sql::numbers(c, &sealed)?, sql::history(c, &sealed)?)))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))?;
        let shown = numbers.iter().map(|n| {
            Ok(NumberView {
                number: n.number.0,
                label: self.open_label(found, n)?,
                state: n.state,
                generation: n.generation,
                since: Timestamp::from_millis(n.since),
            })
        });
        let history = acts.into_iter().map(|act| ActView {
            at: Timestamp::from_millis(act.at),
            act: act.act,
            number: act.number.0,
            by: act.by,
            entry: act.entry,
        });
        Ok(MedicalIdView {
            exchange,
            numbers: shown.collect::<Result<_, Problem>>()?,
            history: history.collect(),
            ledger: self.ledger.origin().to_owned(),
        })
    }
}
