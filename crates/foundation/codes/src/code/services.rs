//! What the two custodians do with codes, in batches and one by one.

use std::marker::PhantomData;
use std::sync::Arc;

use super::block::{CodeError, EpochList, KeyVersion, RootBlock, RootBlockInput};
use super::types::{Domain, LinkCode, OrgCode, RootCode};
use crate::custody::{Custody, CustodyError, Direction, KeyName};
use crate::organisation::OrgId;

/// Blocks handed to the custodian in one call: enough to keep AES pipelines and a hardware module busy, few
/// enough to stay in the first-level cache.
const BATCH: usize = 512;

/// The issuer's side: resident codes in, link codes out. Holds K1 and cannot make a root code.
#[derive(Clone)]
pub struct IssuerCodes<D> {
    custody: Arc<dyn Custody>,
    version: KeyVersion,
    domain: PhantomData<fn() -> D>,
}

impl<D: Domain> IssuerCodes<D> {
    /// Mints under `version`; opens what that version and those before it minted.
    #[must_use]
    pub fn new(custody: Arc<dyn Custody>, version: KeyVersion) -> Self {
        Self { custody, version, domain: PhantomData }
    }

    /// The link codes of these persons, in order.
    ///
    /// # Errors
    /// The custodian does not hold or cannot use its key.
    pub fn link(&self, inputs: &[RootBlockInput]) -> Result<Vec<LinkCode<D>>, CodeError> {
        let key = D::K1.version(self.version);
        let pack = |input: &RootBlockInput| input.under(self.version).pack();
        Ok(permute_all(&*self.custody, &key, None, Direction::Encrypt, inputs, pack, LinkCode::from_bytes)?)
    }

    /// Whose link code this is: tries the current key version, then the older ones that the custodian holds.
    ///
    /// # Errors
    /// [`CodeError::Forged`] for a code no version minted.
    pub fn resident(&self, link: &LinkCode<D>) -> Result<RootBlock, CodeError> {
        for version in self.version.and_before() {
            let mut block = [link.to_bytes()];
            match self.custody.permute(&D::K1.version(version), None, Direction::Decrypt, &mut block) {
                Err(CustodyError::NoKey { .. }) if version != self.version => continue,
                done => done?,
            }
            let [bytes] = block;
            match RootBlock::unpack(&bytes) {
                Ok(block) if block.version == version => return Ok(block),
                _ => {}
            }
        }
        Err(CodeError::Forged)
    }
}

/// The second custodian's side (relay in the medical domain, eligibility service in the insurance domain): link
/// codes to root codes, root codes to organisation codes and back, organisation to organisation.
#[derive(Clone)]
pub struct DomainCodes<D> {
    custody: Arc<dyn Custody>,
    version: KeyVersion,
    domain: PhantomData<fn() -> D>,
}

impl<D: Domain> DomainCodes<D> {
    /// Under the first version of the custodian's key.
    #[must_use]
    pub fn new(custody: Arc<dyn Custody>) -> Self {
        Self::with_version(custody, KeyVersion::FIRST)
    }

    /// Under a given version of the custodian's key K2.
    #[must_use]
    pub fn with_version(custody: Arc<dyn Custody>, version: KeyVersion) -> Self {
        Self { custody, version, domain: PhantomData }
    }

    /// The root codes of these link codes, in order.
    ///
    /// # Errors
    /// The custodian does not hold or cannot use its key.
    pub fn roots(&self, links: &[LinkCode<D>]) -> Result<Vec<RootCode<D>>, CodeError> {
        let key = D::K2.version(self.version);
        let (custody, input) = (&*self.custody, |link: &LinkCode<D>| link.to_bytes());
        Ok(permute_all(custody, &key, None, Direction::Encrypt, links, input, RootCode::from_bytes)?)
    }

    /// The root code of one link code.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn root_one(&self, link: &LinkCode<D>) -> Result<RootCode<D>, CodeError> {
        let key = D::K2.version(self.version);
        Ok(RootCode::from_bytes(self.one(&key, None, Direction::Encrypt, link.to_bytes())?))
    }

    /// Back from root codes to link codes: for the law's reversals (which need the issuer as well) and for a
    /// change of K2.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn links(&self, roots: &[RootCode<D>]) -> Result<Vec<LinkCode<D>>, CodeError> {
        let key = D::K2.version(self.version);
        let (custody, input) = (&*self.custody, |root: &RootCode<D>| root.to_bytes());
        Ok(permute_all(custody, &key, None, Direction::Decrypt, roots, input, LinkCode::from_bytes)?)
    }

    /// The codes by which `org` knows these persons in `epoch`, in order.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn org_codes(
        &self,
        org: &OrgId,
        epoch: u8,
        roots: &[RootCode<D>],
    ) -> Result<Vec<OrgCode<D>>, CodeError> {
        let context = KeyContext::new(org, epoch);
        let (custody, input) = (&*self.custody, |root: &RootCode<D>| root.to_bytes());
        let output = |block| OrgCode::new(epoch, block);
        Ok(permute_all(custody, &D::ORG, Some(&context), Direction::Encrypt, roots, input, output)?)
    }

    /// The code by which `org` knows one person in `epoch`.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn org_code_one(&self, org: &OrgId, epoch: u8, root: &RootCode<D>) -> Result<OrgCode<D>, CodeError> {
        let context = KeyContext::new(org, epoch);
        let block = self.one(&D::ORG, Some(&context), Direction::Encrypt, root.to_bytes())?;
        Ok(OrgCode::new(epoch, block))
    }

    /// The root code behind a code of `org`. Which epochs are still accepted is [`EpochWindow`]'s decision; that
    /// the code belongs to someone only the custodian's own rows can tell.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn open(&self, org: &OrgId, code: &OrgCode<D>) -> Result<RootCode<D>, CodeError> {
        let context = KeyContext::new(org, code.epoch());
        Ok(RootCode::from_bytes(self.one(&D::ORG, Some(&context), Direction::Decrypt, code.block())?))
    }

    /// The root codes behind codes of `org`, in order; epochs may be mixed.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn open_all(&self, org: &OrgId, codes: &[OrgCode<D>]) -> Result<Vec<RootCode<D>>, CodeError> {
        let mut roots = Vec::with_capacity(codes.len());
        for run in codes.chunk_by(|a, b| a.epoch() == b.epoch()) {
            let context = KeyContext::new(org, run.first().map_or(0, OrgCode::epoch));
            let (custody, input) = (&*self.custody, |code: &OrgCode<D>| code.block());
            let from = Some(&context);
            for_blocks(custody, &D::ORG, from, Direction::Decrypt, run, input, |blocks| {
                roots.extend(blocks.iter().map(|b| RootCode::from_bytes(*b)));
                Ok(())
            })?;
        }
        Ok(roots)
    }

    /// The codes by which `to` knows the persons whom `from` knows by `codes`, in order; epochs may be mixed.
    /// With `to == from` and a new epoch: the rotation of an organisation.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn translate(
        &self,
        from: &OrgId,
        to: &OrgId,
        to_epoch: u8,
        codes: &[OrgCode<D>],
    ) -> Result<Vec<OrgCode<D>>, CodeError> {
        let target = KeyContext::new(to, to_epoch);
        let mut translated = Vec::with_capacity(codes.len());
        for run in codes.chunk_by(|a, b| a.epoch() == b.epoch()) {
            let source = KeyContext::new(from, run.first().map_or(0, OrgCode::epoch));
            let (custody, input) = (&*self.custody, |code: &OrgCode<D>| code.block());
            for_blocks(custody, &D::ORG, Some(&source), Direction::Decrypt, run, input, |blocks| {
                custody.permute(&D::ORG, Some(target.as_bytes()), Direction::Encrypt, blocks)?;
                translated.extend(blocks.iter().map(|b| OrgCode::new(to_epoch, *b)));
                Ok(())
            })?;
        }
        Ok(translated)
    }

    /// [`Self::translate`] for one code, without allocation.
    ///
    /// # Errors
    /// As [`Self::roots`].
    pub fn translate_one(
        &self,
        from: &OrgId,
        to: &OrgId,
        to_epoch: u8,
        code: &OrgCode<D>,
    ) -> Result<OrgCode<D>, CodeError> {
        self.org_code_one(to, to_epoch, &self.open(from, code)?)
    }

    fn one(
        &self,
        key: &KeyName,
        context: Option<&KeyContext>,
        direction: Direction,
        block: [u8; 16],
    ) -> Result<[u8; 16], CustodyError> {
        let mut blocks = [block];
        self.custody.permute(key, context.map(KeyContext::as_bytes), direction, &mut blocks)?;
        let [block] = blocks;
        Ok(block)
    }
}

/// The epochs of an organisation that are accepted: during a rotation two, otherwise one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochWindow {
    /// The epoch in which new codes are made.
    pub current: u8,
    /// The epoch before, while its codes are still accepted.
    pub previous: Option<u8>,
}

impl EpochWindow {
    /// Only this epoch.
    #[must_use]
    pub fn only(current: u8) -> Self {
        Self { current, previous: None }
    }

    /// The window after a rotation begins: the next epoch, and the current one until [`Self::close`].
    /// Epochs wrap after 256; a wrapped epoch meets its old key again, so rotate the organisation key first.
    #[must_use]
    pub fn rotate(self) -> Self {
        Self { current: self.current.wrapping_add(1), previous: Some(self.current) }
    }

    /// The window after the rotation: the previous epoch is refused from now on.
    #[must_use]
    pub fn close(self) -> Self {
        Self::only(self.current)
    }

    /// Lets a code pass whose epoch is accepted.
    ///
    /// # Errors
    /// [`CodeError::Epoch`] otherwise.
    pub fn accept<D>(&self, code: &OrgCode<D>) -> Result<(), CodeError> {
        if code.epoch() == self.current || Some(code.epoch()) == self.previous {
            return Ok(());
        }
        let accepted = EpochList { current: self.current, previous: self.previous };
        Err(CodeError::Epoch { found: code.epoch(), accepted })
    }
}

/// The context of an organisation's derived key: the epoch's byte and the organisation's text form, which no two
/// organisations share.
struct KeyContext {
    bytes: [u8; Self::LIMIT],
    length: usize,
}

impl KeyContext {
    const LIMIT: usize = 1 + OrgId::TEXT_LIMIT;

    fn new(org: &OrgId, epoch: u8) -> Self {
        let mut context = Self { bytes: [0; Self::LIMIT], length: 0 };
        context.push(&[epoch]);
        context.push(org.kind().as_str().as_bytes());
        context.push(b"/");
        context.push(org.number_bytes());
        context
    }

    /// Adds a part. All parts of an organisation fit by the limits of its type.
    fn push(&mut self, part: &[u8]) {
        let end = self.length + part.len();
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(part);
            self.length = end;
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

/// Permutes what `input` makes of each item, [`BATCH`] at a time in one buffer, and hands each batch on.
fn for_blocks<T>(
    custody: &dyn Custody,
    key: &KeyName,
    context: Option<&KeyContext>,
    direction: Direction,
    items: &[T],
    input: impl Fn(&T) -> [u8; 16],
    mut then: impl FnMut(&mut [[u8; 16]]) -> Result<(), CustodyError>,
) -> Result<(), CustodyError> {
    let mut buffer = [[0u8; 16]; BATCH];
    for batch in items.chunks(BATCH) {
        let Some(blocks) = buffer.get_mut(..batch.len()) else { continue };
        for (block, item) in blocks.iter_mut().zip(batch) {
            *block = input(item);
        }
        custody.permute(key, context.map(KeyContext::as_bytes), direction, blocks)?;
        then(blocks)?;
    }
    Ok(())
}

/// [`for_blocks`] into a vector.
fn permute_all<T, U>(
    custody: &dyn Custody,
    key: &KeyName,
    context: Option<&KeyContext>,
    direction: Direction,
    items: &[T],
    input: impl Fn(&T) -> [u8; 16],
    output: impl Fn([u8; 16]) -> U,
) -> Result<Vec<U>, CustodyError> {
    let mut all = Vec::with_capacity(items.len());
    for_blocks(custody, key, context, direction, items, input, |blocks| {
        all.extend(blocks.iter().map(|block| output(*block)));
        Ok(())
    })?;
    Ok(all)
}
