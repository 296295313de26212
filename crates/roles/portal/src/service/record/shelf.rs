//! What was gathered lies sealed under the visit's own secret: the portal's table alone opens nothing.

use calendar::Timestamp;
use codes::ExchangeId;
use records::Resource;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::Problem;

use super::{Gathered, Item, Source};
use crate::model::{Token, Visit};
use crate::problems;
use crate::service::Service;
use crate::store::record as sql;

/// Which record is looked at (見ている記録).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// What this visit gathered.
    Visit,
    /// A copy that the person kept.
    Copy(ExchangeId),
}

/// The first line of what is sealed; the resources follow, one a line, each behind the number of its source and a space.
#[derive(Serialize, Deserialize)]
struct Head {
    at: Timestamp,
    exchange: ExchangeId,
    sources: Vec<Source>,
}

impl Service {
    /// Lays what was gathered down for this visit.
    ///
    /// # Errors
    /// The store's, or no random numbers.
    pub async fn lay_down(&self, visit: &Visit, token: &Token, gathered: &Gathered) -> Result<(), Problem> {
        let sealed = seal(token, &written(gathered)?)?;
        let (key, at) = (visit.key, gathered.at.as_millis());
        self.write(move |tx| sql::put_gathered(tx, &key, at, &sealed)).await
    }

    /// What lies on a shelf; nothing when nothing was asked for.
    ///
    /// # Errors
    /// The store's, or what was altered.
    pub async fn on_shelf(
        &self,
        visit: &Visit,
        token: &Token,
        shelf: Shelf,
    ) -> Result<Option<Gathered>, Problem> {
        match shelf {
            Shelf::Visit => {
                let key = visit.key;
                let sealed = self.read(move |c| sql::gathered(c, &key)).await?;
                sealed.map(|sealed| read(&open(token, sealed)?)).transpose()
            }
            Shelf::Copy(id) => self.copy(visit, &id).await,
        }
    }
}

/// As it is sealed.
pub(super) fn written(gathered: &Gathered) -> Result<Vec<u8>, Problem> {
    let head = Head { at: gathered.at, exchange: gathered.exchange, sources: gathered.sources.clone() };
    let mut bytes = serde_json::to_vec(&head).map_err(problems::internal)?;
    for item in &gathered.items {
        bytes.extend_from_slice(format!("\n{} ", item.source).as_bytes());
        bytes.extend(item.resource.node().to_vec());
    }
    Ok(bytes)
}

/// What [`written`] wrote.
pub(super) fn read(bytes: &[u8]) -> Result<Gathered, Problem> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let head: Head = serde_json::from_slice(lines.next().unwrap_or_default()).map_err(problems::internal)?;
    let item = |line: &[u8]| {
        let place = line.iter().position(|byte| *byte == b' ')?;
        let (source, resource) = line.split_at_checked(place)?;
        let source = std::str::from_utf8(source).ok()?.parse().ok()?;
        let resource = Resource::new(records::tree::parse(resource).ok()?).ok()?;
        Some(Item { source, resource })
    };
    let items: Option<Vec<Item>> = lines.map(item).collect();
    let items = items.ok_or_else(|| problems::internal("what was gathered cannot be read"))?;
    Ok(Gathered { at: head.at, exchange: head.exchange, sources: head.sources, items })
}

fn key(token: &Token) -> Result<LessSafeKey, Problem> {
    let bytes = Sha256::digest([b"portal gathered ".as_slice(), token.text().as_bytes()].concat());
    UnboundKey::new(&AES_256_GCM, &bytes).map(LessSafeKey::new).map_err(problems::internal)
}

fn seal(token: &Token, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(problems::internal)?;
    let mut sealed = bytes.to_vec();
    let sealing =
        key(token)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed);
    sealing.map_err(problems::internal)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(token: &Token, sealed: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let (nonce, rest) =
        sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(|| problems::internal("a row is too short"))?;
    let mut rest = rest.to_vec();
    let opened = key(token)?.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut rest);
    opened.map(|bytes| bytes.to_vec()).map_err(problems::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_the_shelf_opens_with_the_cookie_alone() {
        let (one, other) = (Token::fresh().unwrap(), Token::fresh().unwrap());
        let resource = records::tree::parse(
            br#"{"resourceType":"Observation","id":"1","valueQuantity":{"value":7.10}}"#,
        );
        let gathered = Gathered {
            at: Timestamp::from_millis(1),
            exchange: ExchangeId::new(1),
            sources: vec![Source {
                holder: "institution/1310000018".parse().unwrap(),
                unreached: None,
                held_until: None,
            }],
            items: vec![Item { source: 0, resource: Resource::new(resource.unwrap()).unwrap() }],
        };
        let sealed = seal(&one, &written(&gathered).unwrap()).unwrap();
        assert!(open(&other, sealed.clone()).is_err());
        let again = read(&open(&one, sealed).unwrap()).unwrap();
        assert_eq!(again.items.len(), 1);
        assert_eq!(again.items[0].resource.node().to_vec(), gathered.items[0].resource.node().to_vec());
        assert!(read(b"{}").is_err() && open(&one, vec![1, 2]).is_err());
    }
}
