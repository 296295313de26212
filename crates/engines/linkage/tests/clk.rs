//! Encodings made by PyPI `clkhash` 0.18.3 are made here bit by bit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use data_encoding::BASE64;
use musubi_linkage::clk::{Clk, Schema, encode, similar};

#[test]
fn encodings_are_those_of_clkhash() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("data/clkhash-0.18.3.json")).unwrap();
    let schema = Schema::from_json(&vectors["schema"].to_string()).unwrap();
    let keys = schema.keys(vectors["secret"].as_str().unwrap().as_bytes());
    let records = vectors["records"].as_array().unwrap();
    for record in records {
        let texts: Vec<&str> =
            record["texts"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        let made = encode(&schema, &keys, &texts).unwrap();
        assert_eq!(BASE64.encode(&made.to_bytes()), record["clk"].as_str().unwrap(), "{texts:?}");
    }
    println!("{} encodings", records.len());
}

#[test]
fn the_search_finds_what_comparing_all_finds() {
    let mut state = 7_u64;
    let mut throw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut list = |n: usize| -> Vec<Clk> {
        (0..n)
            .map(|_| {
                let density = throw() % 5;
                Clk::from_bytes(
                    &(0..128)
                        .map(|_| (0..=density).fold(0_u8, |byte, _| byte | throw() as u8))
                        .collect::<Vec<_>>(),
                )
            })
            .collect()
    };
    let (left, right) = (list(60), list(80));
    for at_least in [0.3, 0.6, 0.8, 0.95] {
        let mut found: Vec<(u32, u32)> =
            similar(&left, &right, at_least).iter().map(|(a, b, _)| (*a, *b)).collect();
        found.sort_unstable();
        let mut expected = Vec::new();
        for (a, x) in left.iter().enumerate() {
            for (b, y) in right.iter().enumerate() {
                if x.dice(y) >= at_least {
                    expected.push((a as u32, b as u32));
                }
            }
        }
        assert_eq!(found, expected);
    }
}
