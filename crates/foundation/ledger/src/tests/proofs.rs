//! Roots and proofs against RFC 6962, against their definition, and against another implementation.

use proptest::prelude::*;
use tlog_tiles::tlog;

use crate::{Hash, state::Edge, tile, tree, verify_consistency, verify_inclusion};

/// Leaves and roots of the reference implementation's own tests.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn grow(edge: &mut Edge, leaf: &[u8]) -> Hash {
    let mut encoded = Vec::new();
    tile::push_entry(&mut encoded, leaf.len() as u16, [leaf, &[]]);
    let hash = Hash::leaf(leaf);
    edge.push(&encoded, hash);
    hash
}

/// A tree of leaves "0", "1", ... with its leaf hashes.
fn tree_of(size: u64) -> (Edge, Vec<Hash>) {
    let mut edge = Edge::default();
    let hashes = (0..size).map(|number| grow(&mut edge, number.to_string().as_bytes())).collect();
    (edge, hashes)
}

/// MTH as RFC 6962 writes it down.
fn definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::node(&definition(left), &definition(right))
        }
    }
}

#[test]
fn the_reference_tree() {
    let mut edge = Edge::default();
    for (size, root) in ROOTS.iter().enumerate() {
        let root: [u8; 32] = data_encoding::HEXLOWER.decode(root.as_bytes()).unwrap().try_into().unwrap();
        assert_eq!(tree::root(&edge, size as u64).unwrap(), Hash(root), "{size}");
        if let Some(leaf) = LEAVES.get(size) {
            grow(&mut edge, &data_encoding::HEXLOWER.decode(leaf.as_bytes()).unwrap());
        }
    }
}

#[test]
fn every_proof_of_small_trees() {
    let (edge, hashes) = tree_of(70);
    for size in 1..=70 {
        let root = tree::root(&edge, size).unwrap();
        assert_eq!(root, definition(&hashes[..size as usize]));
        for index in 0..size {
            let proof = tree::inclusion(&edge, index, size).unwrap();
            assert!(
                verify_inclusion(&hashes[index as usize], index, size, &proof, &root),
                "{index} of {size}"
            );
        }
        for old in 0..=size {
            let proof = tree::consistency(&edge, old, size).unwrap();
            let before = tree::root(&edge, old).unwrap();
            assert!(verify_consistency(old, &before, size, &root, &proof), "{old} to {size}");
        }
    }
}

#[test]
fn proofs_across_tiles_of_higher_levels() {
    let (edge, hashes) = tree_of(66_000);
    for size in [65_535, 65_536, 65_537, 65_792, 66_000] {
        let root = tree::root(&edge, size).unwrap();
        assert_eq!(root, definition(&hashes[..size as usize]), "{size}");
        for index in [0, 255, 256, 65_279, 65_534, size - 1] {
            let proof = tree::inclusion(&edge, index, size).unwrap();
            assert!(
                verify_inclusion(&hashes[index as usize], index, size, &proof, &root),
                "{index} of {size}"
            );
            let before = tree::root(&edge, index).unwrap();
            let proof = tree::consistency(&edge, index, size).unwrap();
            assert!(verify_consistency(index, &before, size, &root, &proof), "{index} to {size}");
        }
    }
}

fn theirs(hash: &Hash) -> tlog::Hash {
    tlog::Hash(hash.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Two numbers up to 700 in order, a proof of each sort: it verifies, for us and for the other implementation, and
    /// nothing that differs from it does.
    #[test]
    fn proofs_hold_and_nothing_else_does(pair in (0_u64..700, 1_u64..=700), spot: prop::sample::Index, bit in 0_usize..256) {
        let (index, size) = (pair.0.min(pair.1 - 1), pair.1.max(pair.0));
        let (edge, hashes) = tree_of(700);
        let (leaf, root) = (hashes[index as usize], tree::root(&edge, size).unwrap());

        let proof = tree::inclusion(&edge, index, size).unwrap();
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root));
        let foreign = proof.iter().map(theirs).collect();
        prop_assert!(tlog::check_record(&foreign, size, theirs(&root), index, theirs(&leaf)).is_ok());
        prop_assert!(!verify_inclusion(&leaf, index ^ 1, size, &proof, &root) || size == 1);
        prop_assert!(!verify_inclusion(&leaf, index, index, &proof, &root));
        prop_assert!(!verify_inclusion(&root, index, size, &proof, &root) || size == 1);
        if !proof.is_empty() {
            prop_assert!(!verify_inclusion(&leaf, index, size, &proof[1..], &root));
            prop_assert!(!verify_inclusion(&leaf, index, size, &flip(&proof, spot, bit), &root));
        }
        prop_assert!(!verify_inclusion(&leaf, index, size, &[&proof[..], &[leaf]].concat(), &root));

        let before = tree::root(&edge, index).unwrap();
        let proof = tree::consistency(&edge, index, size).unwrap();
        prop_assert!(verify_consistency(index, &before, size, &root, &proof));
        if index > 0 {
            let foreign = proof.iter().map(theirs).collect();
            prop_assert!(tlog::check_tree(&foreign, size, theirs(&root), index, theirs(&before)).is_ok());
            prop_assert!(!verify_consistency(index, &leaf, size, &root, &proof) || leaf == before);
        }
        if !proof.is_empty() {
            prop_assert!(!verify_consistency(index, &before, size, &root, &proof[1..]));
            prop_assert!(!verify_consistency(index, &before, size, &root, &flip(&proof, spot, bit)));
        }
        prop_assert!(!verify_consistency(index, &before, size, &root, &[&proof[..], &[leaf]].concat()));
        prop_assert!(!verify_consistency(size, &root, index, &before, &proof));
    }
}

fn flip(proof: &[Hash], spot: prop::sample::Index, bit: usize) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let position = spot.index(proof.len());
    proof[position].0[bit / 8] ^= 1 << (bit % 8);
    proof
}
