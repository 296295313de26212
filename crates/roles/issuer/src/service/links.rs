//! Insurance link codes for the eligibility service, a batch at a time.

use access::{Action, Purpose};
use codes::{EnvelopeContext, Generation, OrgId};
use my_number::{MyNumber, SealedMyNumber};
use protocol::{Sealed, sealed::purpose};
use protocol_admin::issuer::{InsuranceLinksAnswer, InsuranceLinksRequest, LINK_RECORD, LINKS_MAX};
use serde_json::json;
use wire::Problem;

use super::{Service, block, register::open_residents};
use crate::{problems, store as sql};

/// How long the answer's envelope can be opened, in seconds.
const ANSWER_LIFE_SECONDS: i64 = 300;

impl Service {
    /// Answers link codes for every member on the register, in the order of the question.
    ///
    /// # Errors
    /// When the caller is not the eligibility service, or asks for more than [`LINKS_MAX`].
    pub async fn insurance_links(
        &self,
        peer: &OrgId,
        request: InsuranceLinksRequest,
    ) -> Result<InsuranceLinksAnswer, Problem> {
        self.decide(peer, Action::IssuerInsuranceLinks, Purpose::CodeAssignment)?;
        if request.my_numbers.len() > LINKS_MAX {
            return Err(problems::too_many(request.my_numbers.len()));
        }
        let asked = request.my_numbers.len();
        let sealed = MyNumber::seal_all(&request.my_numbers, &*self.custody).map_err(problems::internal)?;
        let found = self
            .db
            .read(move |c| lookup(c, sealed))
            .await
            .map_err(|e: store::StoreError| problems::internal(e))?;
        let records = self.records(found)?;
        self.log("issuer.insurance-links", None, request.exchange, json!({ "by": peer, "persons": asked }))
            .await?;
        let key = self.policy.directory().get(peer).and_then(|org| org.envelope_key);
        let key = key.ok_or_else(|| problems::internal("the caller has no envelope key in the directory"))?;
        let context = EnvelopeContext {
            recipient: *peer,
            purpose: purpose::INSURANCE_LINK.into(),
            expires_at: self.clock.now().as_seconds() + ANSWER_LIFE_SECONDS,
            exchange: request.exchange,
            consent: None,
            binding: Vec::new(),
        };
        let links = Sealed::new(&key, context, &records).map_err(problems::internal)?;
        Ok(InsuranceLinksAnswer { exchange: request.exchange, links })
    }

    fn records(&self, found: Vec<Option<[u8; 16]>>) -> Result<zeroize::Zeroizing<Vec<u8>>, Problem> {
        let known: Vec<[u8; 16]> = found.iter().flatten().copied().collect();
        let blocks: Vec<_> = open_residents(&*self.custody, known)?
            .into_iter()
            .map(|resident| block(resident, Generation::default()))
            .collect();
        let mut links = self.insurance.link(&blocks).map_err(problems::internal)?.into_iter();
        let mut records = zeroize::Zeroizing::new(Vec::with_capacity(found.len() * LINK_RECORD));
        for row in &found {
            match row.and_then(|_| links.next()) {
                Some(link) => {
                    records.push(1);
                    records.extend_from_slice(link.as_bytes());
                }
                None => records.extend_from_slice(&[0; LINK_RECORD]),
            }
        }
        Ok(records)
    }
}

/// Looks the numbers up in the order of the table, which touches each page once, and answers in theirs.
fn lookup(
    c: &mut store::Reader<'_>,
    numbers: Vec<SealedMyNumber>,
) -> Result<Vec<Option<[u8; 16]>>, store::StoreError> {
    let mut order: Vec<(usize, SealedMyNumber)> = numbers.into_iter().enumerate().collect();
    order.sort_unstable_by(|a, b| a.1.as_bytes().cmp(b.1.as_bytes()));
    let sorted: Vec<SealedMyNumber> = order.iter().map(|(_, n)| *n).collect();
    let rows = sql::residents_of(c, &sorted)?;
    let mut answered: Vec<(usize, Option<[u8; 16]>)> =
        order.into_iter().map(|(at, _)| at).zip(rows).collect();
    answered.sort_unstable_by_key(|(at, _)| *at);
    Ok(answered.into_iter().map(|(_, row)| row).collect())
}
