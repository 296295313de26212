//! Uniqueness, forgery, rotation: what the construction promises.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::custody::{Custody, CustodyError, Direction, FileCustody, KeyName};
use crate::envelope::{Envelope, EnvelopeContext, EnvelopeKey, StreamOpener};
use crate::numbers::ResidentCode;
use crate::organisation::{OrgId, OrgKind};

const V2: KeyVersion = KeyVersion::new(2).unwrap();

fn hospital(number: &str) -> OrgId {
    OrgId::new(OrgKind::Institution, number).unwrap()
}

fn custodians() -> (IssuerCodes<Medical>, DomainCodes<Medical>) {
    let issuer = FileCustody::ephemeral(&[KeyName::MEDICAL_K1]).unwrap();
    let relay = FileCustody::ephemeral(&[KeyName::MEDICAL_K2, KeyName::MEDICAL_ORG]).unwrap();
    (IssuerCodes::new(Arc::new(issuer), KeyVersion::FIRST), DomainCodes::new(Arc::new(relay)))
}

fn input(resident: u64, generation: u16, facet: u16) -> RootBlockInput {
    RootBlockInput {
        resident: ResidentCode::from_value(resident).unwrap(),
        generation: Generation::new(generation).unwrap(),
        facet: Facet(facet),
    }
}

fn distinct<T: Eq + Hash>(items: &[T]) -> bool {
    items.iter().collect::<HashSet<_>>().len() == items.len()
}

/// Every value of a reduced range of the real packing, through the real permutations: no two share a code
/// anywhere on the road, and every code leads back.
#[test]
fn reduced_packing_range_is_injective() {
    let (issuer, relay) = custodians();
    let all: Vec<_> = (0..1u64 << 11)
        .flat_map(|r| (0..8).flat_map(move |g| (0..8).map(move |f| input(ResidentCode::LIMIT - 1 - r, g, f))))
        .collect();
    let links = issuer.link(&all).unwrap();
    let roots = relay.roots(&links).unwrap();
    let (a, b) = (hospital("1310000001"), hospital("1310000002"));
    let codes = relay.org_codes(&a, 3, &roots).unwrap();
    let others = relay.translate(&a, &b, 9, &codes).unwrap();
    assert_eq!(all.len(), 1 << 17);
    assert!(distinct(&links) && distinct(&roots) && distinct(&codes) && distinct(&others));
    let shared: HashSet<_> = codes.iter().map(OrgCode::block).collect();
    assert!(others.iter().all(|code| !shared.contains(&code.block())), "two organisations share no code");
    assert_eq!(relay.open_all(&b, &others).unwrap(), roots);
    for (link, input) in relay.links(&roots).unwrap().iter().zip(&all).step_by(97) {
        assert_eq!(issuer.resident(link).unwrap(), input.under(KeyVersion::FIRST));
    }
}

/// A custodian whose permutation acts on the last 16 bits of a block only: a Feistel network of four rounds,
/// keyed by key name and context. Small enough to try every block of its domain through the services.
struct SmallCustody;

impl SmallCustody {
    fn round(key: &KeyName, context: Option<&[u8]>, round: u8, half: u8) -> u8 {
        let mut hasher = DefaultHasher::new();
        (key, context, round, half).hash(&mut hasher);
        hasher.finish().to_be_bytes()[0]
    }
}

impl Custody for SmallCustody {
    fn permute(
        &self,
        key: &KeyName,
        context: Option<&[u8]>,
        direction: Direction,
        blocks: &mut [[u8; 16]],
    ) -> Result<(), CustodyError> {
        for block in blocks {
            let (mut left, mut right) = (block[14], block[15]);
            match direction {
                Direction::Encrypt => {
                    for round in 0..4 {
                        (left, right) = (right, left ^ Self::round(key, context, round, right));
                    }
                }
                Direction::Decrypt => {
                    for round in (0..4).rev() {
                        (left, right) = (right ^ Self::round(key, context, round, left), left);
                    }
                }
            }
            (block[14], block[15]) = (left, right);
        }
        Ok(())
    }

    fn mac(&self, key: &KeyName, _: &[&[u8]]) -> Result<[u8; 32], CustodyError> {
        Err(CustodyError::NoKey { key: *key })
    }

    fn sign(&self, key: &KeyName, _: &[u8]) -> Result<[u8; 64], CustodyError> {
        Err(CustodyError::NoKey { key: *key })
    }

    fn verifying_key(&self, key: &KeyName) -> Result<[u8; 32], CustodyError> {
        Err(CustodyError::NoKey { key: *key })
    }

    fn envelope_public_key(&self) -> Result<EnvelopeKey, CustodyError> {
        Err(CustodyError::NoKey { key: KeyName::ENVELOPE })
    }

    fn open_envelope(&self, _: &Envelope, _: &EnvelopeContext) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        Err(CustodyError::NoKey { key: KeyName::ENVELOPE })
    }

    fn open_stream(&self, _: &[u8; 32], _: &EnvelopeContext) -> Result<StreamOpener, CustodyError> {
        Err(CustodyError::NoKey { key: KeyName::ENVELOPE })
    }

    fn seal_row(&self, key: &KeyName, _: &[u8], _: &[u8]) -> Result<Vec<u8>, CustodyError> {
        Err(CustodyError::NoKey { key: *key })
    }

    fn open_row(&self, key: &KeyName, _: &[u8], _: &[u8]) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        Err(CustodyError::NoKey { key: *key })
    }
}

/// All 65,536 blocks of the small domain (one person, every facet) through the same services: the codes are
/// exactly the domain again at every step, so each step is a permutation.
#[test]
fn small_domain_is_permuted_whole() {
    let custody: Arc<dyn Custody> = Arc::new(SmallCustody);
    let issuer = IssuerCodes::<Insurance>::new(Arc::clone(&custody), KeyVersion::FIRST);
    let service = DomainCodes::<Insurance>::new(custody);
    let all: Vec<_> = (0..=u16::MAX).map(|facet| input(12_345_678_901, 0, facet)).collect();
    let domain: HashSet<[u8; 16]> = all.iter().map(|i| i.under(KeyVersion::FIRST).pack()).collect();
    let links = issuer.link(&all).unwrap();
    let roots = service.roots(&links).unwrap();
    let (a, b) = (hospital("1"), hospital("2"));
    let codes = service.org_codes(&a, 0, &roots).unwrap();
    let others = service.translate(&a, &b, 1, &codes).unwrap();
    assert_eq!(domain.len(), 1 << 16);
    for step in [
        links.iter().map(|c| c.to_bytes()).collect::<HashSet<_>>(),
        roots.iter().map(|c| c.to_bytes()).collect(),
        codes.iter().map(OrgCode::block).collect(),
        others.iter().map(OrgCode::block).collect(),
    ] {
        assert!(step == domain, "a step is no permutation of the domain");
    }
    assert_eq!(service.open_all(&b, &others).unwrap(), roots);
    assert_eq!(service.links(&roots).unwrap(), links);
    assert!(links.iter().zip(&all).all(|(l, i)| issuer.resident(l).unwrap() == i.under(KeyVersion::FIRST)));
}

/// One key on each side is not enough: neither custodian's key alone opens a root code.
#[test]
fn neither_custodian_alone_names_a_person() {
    let (issuer, relay) = custodians();
    let link = issuer.link(&[input(1, 0, 0)]).unwrap()[0];
    let root = relay.root_one(&link).unwrap();
    assert!(matches!(issuer.resident(&LinkCode::from_bytes(root.to_bytes())), Err(CodeError::Forged)));
    let mistaken = relay.links(&[root]).unwrap()[0];
    assert!(RootBlock::unpack(mistaken.as_bytes()).is_err());
}

#[test]
fn an_absent_key_is_named() {
    let issuer = FileCustody::ephemeral(&[KeyName::MEDICAL_K1]).unwrap();
    let relay = DomainCodes::<Medical>::new(Arc::new(issuer));
    let error = relay.root_one(&LinkCode::from_bytes([0; 16])).unwrap_err();
    assert_eq!(error.to_string(), "key medical-k2/1 is not held by this custodian");
}

/// The rehearsal of an organisation's rotation: all its codes in one batch, both epochs accepted meanwhile.
#[test]
fn rotation_of_an_organisation() {
    let (issuer, relay) = custodians();
    let org = hospital("1310000001");
    let inputs: Vec<_> = (0..50_000).map(|r| input(r * 7, 0, 0)).collect();
    let roots = relay.roots(&issuer.link(&inputs).unwrap()).unwrap();
    let window = EpochWindow::only(255);
    let old = relay.org_codes(&org, window.current, &roots).unwrap();
    let window = window.rotate();
    assert_eq!((window.current, window.previous), (0, Some(255)));
    let new = relay.translate(&org, &org, window.current, &old).unwrap();
    assert!(distinct(&new) && distinct(&old.iter().chain(&new).collect::<Vec<_>>()));
    assert!(old.iter().chain(&new).all(|code| window.accept(code).is_ok()));
    let mixed: Vec<_> =
        old.iter().zip(&new).enumerate().map(|(i, (o, n))| if i % 3 == 0 { *o } else { *n }).collect();
    assert_eq!(relay.open_all(&org, &mixed).unwrap(), roots);
    assert_eq!(relay.translate(&org, &org, window.current, &mixed).unwrap(), new);
    let window = window.close();
    assert!(new.iter().all(|code| window.accept(code).is_ok()));
    let refused = window.accept(&old[0]).unwrap_err();
    assert_eq!(refused.to_string(), "the organisation code has epoch 255; accepted: 0");
}

/// The rehearsal of a new key version at both custodians: old codes stay valid, new ones are minted under the new
/// keys, and a whole population moves in one pass without a person changing or meeting another.
#[test]
fn rotation_of_the_custodians_keys() {
    let issuer: Arc<dyn Custody> =
        Arc::new(FileCustody::ephemeral(&[KeyName::MEDICAL_K1, KeyName::MEDICAL_K1.version(V2)]).unwrap());
    let keys = [KeyName::MEDICAL_K2, KeyName::MEDICAL_K2.version(V2), KeyName::MEDICAL_ORG];
    let relay: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&keys).unwrap());
    let (issuer_1, issuer_2) =
        (IssuerCodes::<Medical>::new(issuer.clone(), KeyVersion::FIRST), IssuerCodes::new(issuer, V2));
    let (relay_1, relay_2) =
        (DomainCodes::<Medical>::new(relay.clone()), DomainCodes::with_version(relay, V2));

    let inputs: Vec<_> = (0..20_000).map(|r| input(r, 0, 0)).collect();
    let old_links = issuer_1.link(&inputs).unwrap();
    let old = relay_1.roots(&old_links).unwrap();

    // Reading back: the issuer of the new version opens both, the one of the old version only its own.
    let new_links = issuer_2.link(&inputs).unwrap();
    assert_eq!(issuer_2.resident(&old_links[5]).unwrap(), inputs[5].under(KeyVersion::FIRST));
    assert_eq!(issuer_2.resident(&new_links[5]).unwrap(), inputs[5].under(V2));
    assert!(issuer_1.resident(&new_links[5]).is_err());

    // The move: relay hands links back, issuer re-mints, relay derives roots and every organisation's codes.
    let reminted: Vec<_> = relay_1
        .links(&old)
        .unwrap()
        .iter()
        .map(|link| issuer_1.resident(link).unwrap())
        .map(|b| RootBlockInput { resident: b.resident, generation: b.generation, facet: b.facet })
        .collect();
    assert_eq!(reminted, inputs);
    let new = relay_2.roots(&issuer_2.link(&reminted).unwrap()).unwrap();
    assert!(distinct(&old.iter().chain(&new).collect::<Vec<_>>()));
    let org = hospital("1310000001");
    let before = relay_1.org_codes(&org, 1, &old).unwrap();
    let after = relay_2.org_codes(&org, 2, &new).unwrap();
    assert!(distinct(&before.iter().chain(&after).collect::<Vec<_>>()));
    assert_eq!(relay_1.open(&org, &before[9]).unwrap(), old[9]);
    assert_eq!(relay_2.open(&org, &after[9]).unwrap(), new[9]);
}

#[test]
fn nothing_prints_a_code() {
    let code = OrgCode::<Insurance>::from_bytes([0xAB; 17]);
    assert_eq!(format!("{code:?}"), "OrgCode<insurance>(…)");
    assert_eq!(format!("{:?}", MedicalId::from_bytes([0xAB; 16])), "RootCode<medical>(…)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// On the real permutation: different triples, different codes; batch and single agree; every road leads back.
    #[test]
    fn real_permutation_is_injective(
        triples in prop::collection::hash_set((0..ResidentCode::LIMIT, 0u16..4096, any::<u16>()), 1..700),
        epochs in any::<(u8, u8)>(),
    ) {
        let (issuer, relay) = custodians();
        let inputs: Vec<_> = triples.into_iter().map(|(r, g, f)| input(r, g, f)).collect();
        let links = issuer.link(&inputs).unwrap();
        let roots = relay.roots(&links).unwrap();
        let (a, b) = (hospital("1310000001"), OrgId::new(OrgKind::Insurer, "1310000001").unwrap());
        let codes = relay.org_codes(&a, epochs.0, &roots).unwrap();
        let others = relay.translate(&a, &b, epochs.1, &codes).unwrap();
        prop_assert!(distinct(&links) && distinct(&roots) && distinct(&codes) && distinct(&others));
        for i in [0, inputs.len() / 2, inputs.len() - 1] {
            prop_assert_eq!(issuer.resident(&links[i]).unwrap(), inputs[i].under(KeyVersion::FIRST));
            prop_assert_eq!(relay.root_one(&links[i]).unwrap(), roots[i]);
            prop_assert_eq!(relay.org_code_one(&a, epochs.0, &roots[i]).unwrap(), codes[i]);
            prop_assert_eq!(relay.translate_one(&a, &b, epochs.1, &codes[i]).unwrap(), others[i]);
            prop_assert_eq!(relay.open(&b, &others[i]).unwrap(), roots[i]);
            prop_assert_ne!(codes[i].block(), others[i].block());
        }
    }

    /// A made-up code is refused: 59 zero bits leave it a chance below 2^-59.
    #[test]
    fn made_up_links_are_refused(bytes: [u8; 16]) {
        let (issuer, _) = custodians();
        prop_assert!(matches!(issuer.resident(&LinkCode::from_bytes(bytes)), Err(CodeError::Forged)));
    }
}
