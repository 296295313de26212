//! Our tables against `xmllint --schema` with the schemas of the field: good documents and thousands of bad ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::{collections::HashMap, fs, path::Path, process::Command};

use musubi_checkup::{check_file, xml::Limits};

/// A document with what the written ones do not use: parts of names, all kinds of values, narrative.
const RICH: &str = include_str!("data/rich_hc08.xml");
const INDEX: &str = include_str!("data/ix08.xml");
const SUMMARY: &str = include_str!("data/su08.xml");
const CLAIM: &str = include_str!("data/cc08.xml");

#[test]
fn what_we_write_is_accepted_by_xmllint() {
    let Some(schemas) = schemas() else { return };
    let mut bare = common::whole();
    bare.sections.clear();
    bare.ticket = None;
    let documents =
        [("whole", common::whole()), ("bare", bare), ("empty", musubi_checkup::Document::default())];
    let texts: Vec<String> = documents.iter().map(|(_, document)| document.to_xml()).collect();
    let judged = xmllint(&schemas.join("hc08_V08.xsd"), &texts);
    for ((name, _), (text, good)) in documents.iter().zip(texts.iter().zip(&judged)) {
        let ours = check_file(text.as_bytes(), &Limits::default()).unwrap();
        println!("{name}: xmllint {good}, ours {}", ours.well_shaped);
        assert!(*good || *name == "empty", "{name} does not validate");
        assert_eq!(ours.well_shaped, *good, "{name}: {:#?}", ours.findings);
    }
}

#[test]
fn our_tables_agree_with_xmllint() {
    let Some(schemas) = schemas() else { return };
    let mut agreed = [0_usize; 2];
    let mut differ = Vec::new();
    for (schema, text) in [
        ("hc08_V08.xsd", RICH.to_owned()),
        ("hc08_V08.xsd", common::whole().to_xml()),
        ("ix08_V08.xsd", INDEX.to_owned()),
        ("su08_V08.xsd", SUMMARY.to_owned()),
        ("cc08_V08.xsd", CLAIM.to_owned()),
    ] {
        // A seventeenth of them: all were compared once (docs/decisions/0180), which takes minutes.
        let mutants: Vec<String> = mutants(&text).into_iter().step_by(17).collect();
        let judged = xmllint(&schemas.join(schema), &mutants);
        for (mutant, good) in mutants.iter().zip(judged) {
            let ours = check_file(mutant.as_bytes(), &Limits::default());
            let ours = ours.is_ok_and(|checked| first_generation_only(&checked));
            if ours == good {
                agreed[usize::from(good)] += 1;
            } else {
                differ.push((schema, good, changed(&text, mutant)));
            }
        }
    }
    println!("agreement with xmllint: {} valid, {} invalid, {} differ", agreed[1], agreed[0], differ.len());
    for one in differ.iter().take(40) {
        println!("{one:?}");
    }
    assert!(differ.is_empty());
    assert!(agreed[0] > 700 && agreed[1] > 300, "the corpus has shrunk");
}

/// Whether the file has the shape that the schemas of 2008 give it.
fn first_generation_only(checked: &musubi_checkup::Checked) -> bool {
    checked.well_shaped && checked.generation == musubi_checkup::Generation::First
}

fn schemas() -> Option<std::path::PathBuf> {
    let schemas = common::shared("checkup/XSD")?;
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped: xmllint is not installed (Debian: libxml2-utils)");
        return None;
    }
    Some(schemas)
}

/// Whether each text validates.
fn xmllint(schema: &Path, texts: &[String]) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..texts.len()).map(|n| format!("{n}.xml")).collect();
    for (name, text) in names.iter().zip(texts) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut verdicts = HashMap::new();
    for some in names.chunks(2_000) {
        let mut command = Command::new("xmllint");
        command.args(["--noout", "--nonet", "--schema"]).arg(schema.canonicalize().unwrap()).args(some);
        let output = command.current_dir(folder.path()).output().unwrap();
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            if let Some(name) = line.strip_suffix(" validates") {
                verdicts.insert(name.to_owned(), true);
            }
        }
    }
    names.iter().map(|name| verdicts.contains_key(name)).collect()
}

/// The text with one thing changed at a time; its elements stand one a line.
fn mutants(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut all = vec![text.to_owned()];
    for at in 1..lines.len() {
        let Some(end) = block(&lines, at) else { continue };
        let with = |middle: &[&str]| {
            let mut new = lines[..at].to_vec();
            new.extend(middle);
            new.extend(&lines[end..]);
            new.join("\n")
        };
        let own = &lines[at..end];
        if at > 1 {
            all.push(with(&[]));
            all.push(with(&[own, own].concat()));
            if let Some(after) = (end < lines.len()).then(|| block(&lines, end)).flatten() {
                let mut new = lines[..at].to_vec();
                new.extend(&lines[end..after]);
                new.extend(own);
                new.extend(&lines[after..]);
                all.push(new.join("\n"));
            }
        }
        for line in tag_mutants(own[0]) {
            let mut changed = vec![line.as_str()];
            changed.extend(&own[1..]);
            all.push(with(&changed));
        }
        let mut foreign = vec!["<strange/>"];
        foreign.extend(own);
        all.push(with(&foreign));
        all.push(with(&[&["text "][..], own].concat()));
    }
    all
}

/// The line behind the element that begins in a line.
fn block(lines: &[&str], at: usize) -> Option<usize> {
    let line = lines[at].trim();
    let name: String = line.strip_prefix('<')?.chars().take_while(|c| c.is_alphanumeric()).collect();
    if name.is_empty() {
        return None;
    }
    if line.ends_with("/>") || line.contains(&format!("</{name}>")) {
        return Some(at + 1);
    }
    let indent = lines[at].len() - lines[at].trim_start().len();
    let close = format!("{}</{name}>", " ".repeat(indent));
    lines[at..].iter().position(|line| *line == close).map(|n| at + n + 1)
}

/// One attribute of the tag in a line changed, left out or added.
fn tag_mutants(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let Some(end) = line.find('>') else { return all };
    let insert = line[..end].trim_end_matches('/').len();
    all.push(format!("{} strange=\"1\"{}", &line[..insert], &line[insert..]));
    all.push(format!("{} nullFlavor=\"NI\"{}", &line[..insert], &line[insert..]));
    let mut from = 0;
    while let Some(eq) = line[from..end].find("=\"") {
        let value = from + eq + 2;
        let close = value + line[value..].find('"').unwrap();
        let name = line[..value - 2].rfind(' ').unwrap();
        if !line[name..].starts_with(" xmlns") {
            all.push(format!("{}{}", &line[..name], &line[close + 1..]));
            for other in [
                "",
                " ",
                "x",
                "x y",
                "1",
                "-1",
                "1.5",
                "abc",
                "true",
                "false",
                "NI",
                "1.2.392.200119.6.101",
                "１",
                "2026",
                "20261301",
                "20260101",
                "20260101120000+0900",
                "1.02.3",
                "999999999999",
                "000100",
                "ST",
                "CE",
                "TEL",
                "PQ",
                "IVL_PQ",
                "INT",
                "ANY",
                "OBS",
                "EVN",
                "COMP",
                "123-4567",
                "tel:03 1",
                "http://a b",
                " 10",
                "12345678901",
                "1e3",
                "INF",
                "-",
                "a%2",
                "a:b",
                "3:b",
                "#a#b",
            ] {
                all.push(format!("{}{other}{}", &line[..value], &line[close..]));
            }
        }
        from = close + 1;
    }
    all
}

/// The first line in which two texts differ.
fn changed(before: &str, after: &str) -> String {
    let pair = before.lines().zip(after.lines()).enumerate().find(|(_, (a, b))| a != b);
    pair.map_or_else(String::new, |(n, (a, b))| format!("line {}: {} -> {}", n + 1, a.trim(), b.trim()))
}
