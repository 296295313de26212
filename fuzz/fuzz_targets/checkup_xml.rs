#![no_main]
//! Files of health-check archives: what is read is written and read again the same, and is of the schemas' shape; what
//! is refused names a place and says why in both languages.

use checkup::{check_file, fhir::from_bundle, xml::Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { bytes: 1 << 16, depth: 32, parts: 4_000 };
    let checked = match check_file(bytes, &limits) {
        Ok(checked) => checked,
        Err(error) => {
            assert!(error.place.line >= 1 && !error.to_string().is_empty() && !error.ja().is_empty());
            return;
        }
    };
    for finding in &checked.findings {
        assert!(!finding.en.is_empty() && !finding.ja.is_empty());
    }
    let wide = Limits { bytes: usize::MAX, depth: 64, parts: usize::MAX };
    if let Some(claim) = checked.claim {
        let text = claim.to_xml(checked.generation);
        let again = check_file(text.as_bytes(), &wide).expect("what was written can be read");
        if checked.well_shaped && checked.unplaced.is_empty() {
            assert!(again.well_shaped, "{:?}", again.findings);
        }
        let settled = again.claim.expect("a claim");
        let once_more = check_file(settled.to_xml(checked.generation).as_bytes(), &wide).expect("again");
        assert_eq!(once_more.claim.as_ref(), Some(&settled));
        return;
    }
    let Some(document) = checked.document else { return };
    let judged = document.judge();
    assert!(!judged.reasons.is_empty());
    let text = document.to_xml();
    let again = check_file(text.as_bytes(), &wide).expect("what was written can be read");
    // What a document of any shape said may not fit the schemas; what fitted still does.
    if checked.well_shaped && checked.unplaced.is_empty() {
        assert!(again.well_shaped, "{:?}", again.findings);
    }
    let settled = again.document.expect("a check-up");
    let once_more = check_file(settled.to_xml().as_bytes(), &wide).expect("what was written can be read");
    assert_eq!(once_more.document.as_ref(), Some(&settled));
    let (back, _) = from_bundle(&document.to_bundle()).expect("what was written can be read");
    assert_eq!(
        from_bundle(&back.to_bundle()).expect("what was written can be read").0.sections.len(),
        back.sections.len()
    );
});
