//! The town's health checks: every archive is sound, every document acceptable, the same twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fs, io::Cursor};

use checkup::{ArchiveLimits, Severity, read_archive};
use musubi_town::{Day, TownPlan, generate};

#[test]
fn archives_are_sound_and_the_same_twice() {
    let plan = TownPlan::new(7, 2_000, Day::new(2026, 11, 1)).with_clinical(1000);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        generate(&plan, folder.path()).unwrap();
    }
    let (mut documents, mut archives) = (0, 0);
    for entry in fs::read_dir(folders[0].path().join("checkups")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes, fs::read(folders[1].path().join("checkups").join(&name)).unwrap(), "{name}");
        let archive = read_archive(Cursor::new(&bytes), Some(&name), &ArchiveLimits::default(), |member| {
            if member.checked.document.is_some() {
                documents += 1;
                assert!(
                    member.checked.is_accepted(),
                    "{name} {}: {:#?}",
                    member.path,
                    member.checked.findings
                );
            }
        });
        let archive = archive.unwrap();
        let errors: Vec<_> =
            archive.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        archives += 1;
    }
    println!("{archives} archives, {documents} check-ups");
    assert!(documents > 20);
}
