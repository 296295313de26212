//! The laws of the house that can be read from its files: layering, who may hold a My Number, licences, one TLS
//! provider, sizes of files, words that may not stand anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use musubi_tests::{Floor, House, Package};

fn house() -> House {
    House::read().unwrap()
}

#[test]
fn arrows_go_down_only() {
    let house = house();
    let mut arrows = 0;
    let mut wrong = Vec::new();
    for (_, package) in house.own() {
        let floor = house.floor(package);
        for id in package.needs.iter().filter(|id| house.members.contains(*id)) {
            let below = &house.packages[id];
            let other = house.floor(below);
            arrows += 1;
            let allowed = match floor {
                // Engines are pure and foundation crates may stand on each other; a role never imports a role.
                Floor::Foundation => other == Floor::Foundation,
                Floor::Engines => other <= Floor::Engines,
                Floor::Roles => other < Floor::Roles,
                Floor::Tools => true,
            };
            if !allowed {
                wrong.push(format!("{} ({floor:?}) -> {} ({other:?})", package.name, below.name));
            }
        }
    }
    println!("layering: {} packages, {arrows} arrows", house.members.len());
    assert!(wrong.is_empty(), "arrows that go up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn no_role_is_tested_with_another_role() {
    let house = house();
    for (_, package) in house.own().filter(|(_, package)| house.floor(package) == Floor::Roles) {
        for id in package.tests_need.iter().filter(|id| house.members.contains(*id)) {
            let other = &house.packages[id];
            assert_ne!(
                house.floor(other),
                Floor::Roles,
                "the tests of {} import {}",
                package.name,
                other.name
            );
        }
    }
}

/// DESIGN law 1: who may never hold a My Number must not be able to name the type.
#[test]
fn the_my_number_is_out_of_reach() {
    let house = house();
    let bare: Vec<&str> = BARE.iter().copied().filter(|name| house.named(name).is_some()).collect();
    for name in &bare {
        let closure = house.closure(house.named(name).unwrap());
        for forbidden in ["musubi-my-number", "musubi-protocol-admin"] {
            assert!(!closure.iter().any(|p| p.name == forbidden), "{name} reaches {forbidden}");
        }
    }
    println!("no My Number within reach of {} packages: {}", bare.len(), bare.join(", "));
    assert!(bare.len() >= 6, "the packages of this law have been renamed");
}

/// Packages that may not reach the type; those that do not exist yet are bound from their first day.
const BARE: &[&str] = &[
    "musubi-institution",
    "musubi-relay",
    "musubi-portal",
    "musubi-cancer-registry",
    "musubi-research",
    "musubi-oversight",
    "musubi-protocol",
    "musubi-access",
    "musubi-wire",
    "musubi-ledger",
    "musubi-codes",
    "musubi-consent",
    "musubi-eligibility-xml",
    "musubi-records",
];

#[test]
fn the_command_carries_no_copyleft() {
    let house = house();
    let closure = house.closure(house.named("musubi").unwrap());
    let mut licences: Vec<(&str, &str)> = Vec::new();
    for package in &closure {
        assert!(!package.licence.is_empty(), "{} {} names no licence", package.name, package.version);
        assert!(is_permissive(&package.licence), "{} {}: {}", package.name, package.version, package.licence);
        licences.push((&package.licence, &package.name));
    }
    let kinds: BTreeSet<&str> = licences.iter().map(|(licence, _)| *licence).collect();
    println!(
        "licences: {} packages under {} expressions, none of them GPL, AGPL or LGPL",
        closure.len(),
        kinds.len()
    );
}

/// Whether an SPDX expression can be satisfied without a copyleft licence: in each part that must be met, one
/// of the alternatives is none.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace(['(', ')'], " ").replace('/', " OR ");
    expression.split(" AND ").all(|part| part.split(" OR ").any(|licence| !licence.contains("GPL")))
}

#[test]
fn a_copyleft_licence_would_be_found() {
    for free in ["MIT", "MIT OR Apache-2.0", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND BSD-3-Clause"] {
        assert!(is_permissive(free), "{free}");
    }
    for bound in
        ["GPL-3.0", "AGPL-3.0-only", "LGPL-2.1", "MIT AND GPL-2.0", "Apache-2.0 AND (LGPL-3.0 OR GPL-3.0)"]
    {
        assert!(!is_permissive(bound), "{bound}");
    }
}

#[test]
fn one_tls_and_nothing_of_the_benchmarks() {
    let house = house();
    let closure = house.closure(house.named("musubi").unwrap());
    for forbidden in ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "boring", "libpep", "proptest"]
    {
        let found = closure.iter().any(|package| package.name == forbidden);
        assert!(!found, "the command carries {forbidden}");
    }
    for single in ["rustls", "ring", "tokio", "hyper", "axum", "rusqlite", "serde", "jiff"] {
        let versions: Vec<&str> = versions_of(&closure, single);
        assert_eq!(versions.len(), 1, "{single}: {versions:?}");
    }
    println!("the command is built of {} packages, {} of the house", closure.len(), own_of(&house, &closure));
}

fn versions_of<'a>(closure: &[&'a Package], name: &str) -> Vec<&'a str> {
    closure.iter().filter(|package| package.name == name).map(|package| package.version.as_str()).collect()
}

fn own_of(house: &House, closure: &[&Package]) -> usize {
    closure.iter().filter(|package| package.dir.starts_with(&house.root)).count()
}

/// Engines compute; they neither speak over the network nor know the house's own messages.
#[test]
fn engines_are_pure() {
    let house = house();
    for (_, engine) in house.own().filter(|(_, package)| house.floor(package) == Floor::Engines) {
        for package in house.closure(engine) {
            let impure =
                ["tokio", "hyper", "axum", "rusqlite", "musubi-wire", "musubi-store", "musubi-protocol"];
            assert!(!impure.contains(&package.name.as_str()), "{} reaches {}", engine.name, package.name);
        }
    }
}

#[test]
fn files_are_rooms() {
    let house = house();
    let (mut files, mut lines, mut longest) = (0, 0, (0, PathBuf::new()));
    for path in sources(&house.root, &["rs", "js", "mjs", "css", "sql"]) {
        let count = fs::read_to_string(&path).unwrap().lines().count();
        files += 1;
        lines += count;
        if count > longest.0 {
            longest = (count, path.clone());
        }
        assert!(count <= MOST_LINES, "{} has {count} lines", path.display());
    }
    let name = longest.1.strip_prefix(&house.root).unwrap().display();
    println!("{files} source files, {lines} lines; the longest is {name} with {}", longest.0);
}

const MOST_LINES: usize = 800;

#[test]
fn words_that_may_not_stand() {
    let house = house();
    let mut files = 0;
    let mut found = Vec::new();
    let kinds = ["rs", "toml", "js", "mjs", "json", "css", "sql", "md", "sh", "yml", "yaml", "txt", "svg"];
    for path in sources(&house.root, &kinds) {
        files += 1;
        let name = path.strip_prefix(&house.root).unwrap().display().to_string();
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            for word in forbidden_in(&name) {
                if line.contains(&word) {
                    found.push(format!("{name}:{}: {word}", number + 1));
                }
            }
        }
    }
    println!("{files} files hold none of the forbidden words");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Put together here, so that this file does not hold them itself.
fn forbidden_in(name: &str) -> Vec<String> {
    let slash = |parts: &[&str]| format!("/{}/", parts.join("/"));
    let mut words = vec![slash(&["work", "main"]), slash(&["work", "shared"]), slash(&["home", "user"])];
    words.extend([slash(&["root", ".cargo"]), slash(&["tmp", "musubi"]), slash(&["tmp", "target"])]);
    if name.ends_with(".rs") {
        words.extend(["todo", "unimplemented", "dbg"].map(|name| format!("{name}!(")));
        words.extend(["TO", "FIX", "XX"].into_iter().zip(["DO", "ME", "X"]).map(|(a, b)| format!("{a}{b}:")));
    }
    words
}

/// Every file of the house with one of the `kinds`, but for what was generated or fetched.
fn sources(root: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !FOREIGN.contains(&name.as_str()) {
                    waiting.push(path);
                }
            } else if kinds.iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

const FOREIGN: &[&str] =
    &[".git", "target", "node_modules", "town-data", "corpus", "artifacts", "screenshots"];
