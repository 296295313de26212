//! From My Numbers to insurance codes: our own rows first, then the issuer, in batches.

use std::collections::HashMap;

use codes::{ExchangeId, LinkCode, OrgKind};
use my_number::MyNumber;
use protocol::sealed::purpose;
use protocol_admin::clients::IssuerClient;
use protocol_admin::issuer::{InsuranceLinksRequest, LINK_RECORD, LINKS_MAX};
use wire::Problem;

use super::Inner;
use crate::problems;

/// A person behind a My Number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolved {
    /// Sealed My Number.
    pub(super) sealed: [u8; 16],
    /// Insurance code; `None` when the number is not on the resident register.
    pub(super) code: Option<[u8; 16]>,
    /// Whether we knew the person already.
    pub(super) known: bool,
}

impl Inner {
    /// Resolves My Numbers, in order; the issuer is asked for those that we do not know.
    ///
    /// # Errors
    /// The store's, or the issuer's refusal or silence.
    pub(super) async fn resolve(&self, numbers: &[MyNumber]) -> Result<Vec<Resolved>, Problem> {
        let sealed = MyNumber::seal_all(numbers, &*self.custody).map_err(problems::internal)?;
        let sealed: Vec<[u8; 16]> = sealed.iter().map(|s| *s.as_bytes()).collect();
        let codes = match sealed.as_slice() {
            [one] => vec![self.store.code(*one).await.map_err(problems::internal)?],
            many => self.store.codes_blocking(many).map_err(problems::internal)?,
        };
        let unknown = self.unknown(numbers, &sealed, &codes).await?;
        let resolved = sealed.into_iter().zip(codes).map(|(sealed, code)| Resolved {
            sealed,
            code: code.or_else(|| unknown.get(&sealed).copied()),
            known: code.is_some(),
        });
        Ok(resolved.collect())
    }

    async fn unknown(
        &self,
        numbers: &[MyNumber],
        sealed: &[[u8; 16]],
        codes: &[Option<[u8; 16]>],
    ) -> Result<HashMap<[u8; 16], [u8; 16]>, Problem> {
        let mut asked: HashMap<[u8; 16], MyNumber> = HashMap::new();
        for ((number, sealed), code) in numbers.iter().zip(sealed).zip(codes) {
            if code.is_none() {
                asked.insert(*sealed, number.clone());
            }
        }
        let mut found = HashMap::with_capacity(asked.len());
        let asked: Vec<([u8; 16], MyNumber)> = asked.into_iter().collect();
        for batch in asked.chunks(LINKS_MAX) {
            let links = self.ask_issuer(batch.iter().map(|(_, number)| number.clone()).collect()).await?;
            let known: Vec<_> =
                batch.iter().zip(&links).filter_map(|((s, _), link)| Some((*s, (*link)?))).collect();
            let links: Vec<LinkCode<_>> = known.iter().map(|(_, link)| LinkCode::from_bytes(*link)).collect();
            let roots = self.codes.roots(&links).map_err(problems::internal)?;
            found.extend(known.iter().zip(roots).map(|((sealed, _), root)| (*sealed, root.to_bytes())));
        }
        Ok(found)
    }

    async fn ask_issuer(&self, my_numbers: Vec<MyNumber>) -> Result<Vec<Option<[u8; 16]>>, Problem> {
        let exchange = ExchangeId::new(self.clock.now().as_millis());
        let count = my_numbers.len();
        let issuer = IssuerClient::new(self.client.clone(), self.neighbour(OrgKind::Issuer)?.api);
        let answer = issuer.insurance_links(&InsuranceLinksRequest { exchange, my_numbers }).await?;
        if answer.exchange != exchange || answer.links.context.exchange != exchange {
            return Err(problems::links_damaged());
        }
        let records = self.open(&answer.links, purpose::INSURANCE_LINK, "links")?;
        if records.len() != count * LINK_RECORD {
            return Err(problems::links_damaged());
        }
        records
            .chunks_exact(LINK_RECORD)
            .map(|record| match record.split_first() {
                Some((0, _)) => Ok(None),
                Some((1, link)) => link.try_into().map(Some).map_err(|_| problems::links_damaged()),
                _ => Err(problems::links_damaged()),
            })
            .collect()
    }
}
