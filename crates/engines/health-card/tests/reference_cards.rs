//! The good and bad cards and keys of the reference validator, judged as its own tests say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fs, path::PathBuf};

use musubi_health_card::{
    Code::{self, *},
    Form, KeySet, Revocations, Severity, Trust, chunks, join, verify,
};

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;
const SPEC: &str = "https://spec.smarthealth.cards/examples/issuer";
/// The public keys of the specification's example issuer.
const SPEC_KEY: &str = r#"{"keys":[{"kty":"EC","kid":"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s","use":"sig","alg":"ES256","crv":"P-256","x":"11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw","y":"eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8"},{"kty":"EC","kid":"EBKOr72QQDcTBUuVzAzkfBTGew0ZA16GuWty64nS-sw","use":"sig","alg":"ES256","crv":"P-256","x":"PQHApUWm94mflvswQgAnfHlETMwJFqjUVSs7WU6LQy4","y":"7mj8IO-8V5VZjDbRVsJINC_Rq5ai5CDhFX18ceRsLWQ"}]}"#;

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/shc/testdata"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no reference cards at {}", folder.display());
    None
}

fn trust() -> Trust {
    let mut keys = KeySet::default();
    assert_eq!(keys.add(SPEC, SPEC_KEY), []);
    Trust { keys, revocations: Revocations::default() }
}

/// File, form, the errors that their tests expect, the warnings.
type Case = (&'static str, Form, &'static [Code], &'static [Code]);

const CASES: &[Case] = &[
    ("test-example-00-e-file-multi-jws.smart-health-card", Form::File, &[], &[]),
    ("test-example-00-fhirhealthcard.json", Form::Parameters, &[], &[]),
    ("test-example-00-fhirhealthcard-multi-jws.json", Form::Parameters, &[], &[]),
    ("test-example-00-fhirhealthcard-with-resource-link.json", Form::Parameters, &[], &[]),
    ("test-example-1195-byte-qrnumeric.txt", Form::Numeric, &[], &[]),
    ("test-example-00-a-fhirBundle-trailing_chars.json", Form::Bundle, &[], &[TrailingCharacters]),
    ("test-example-00-b-jws-payload-expanded-trailing_chars.json", Form::Payload, &[], &[TrailingCharacters]),
    ("test-example-00-d-jws-trailing_chars.txt", Form::Jws, &[], &[TrailingCharacters]),
    ("test-example-00-e-file-trailing_chars.smart-health-card", Form::File, &[], &[TrailingCharacters]),
    (
        "test-example-00-f-qr-code-numeric-value-0-trailing_chars.txt",
        Form::Numeric,
        &[],
        &[TrailingCharacters],
    ),
    ("test-example-00-b-jws-payload-expanded-nbf_not_yet_valid.json", Form::Payload, &[], &[NotYetValid]),
    ("test-example-00-b-jws-payload-expanded-missing-imm-vc-type.json", Form::Payload, &[], &[Schema]),
    ("test-example-00-b-jws-payload-expanded-missing-covid-vc-type.json", Form::Payload, &[], &[Schema]),
    ("test-example-covid-lab-jwspayload-missing-lab-vc-type.json", Form::Payload, &[], &[Schema]),
    ("test-example-00-b-jws-payload-expanded-optional-vc-type.json", Form::Payload, &[], &[]),
    ("test-example-00-b-jws-payload-expanded-unknown-vc-types.json", Form::Payload, &[], &[]),
    ("test-example-00-b-jws-payload-expanded-missing-shc-vc-type.json", Form::Payload, &[Schema], &[]),
    ("test-example-00-b-jws-payload-expanded-nbf_milliseconds.json", Form::Payload, &[NotYetValid], &[]),
    ("test-example-00-b-jws-payload-expanded-expired.json", Form::Payload, &[Expired], &[]),
    ("test-example-00-b-jws-payload-expanded-pre-expired.json", Form::Payload, &[Expired], &[]),
    ("test-example-00-b-jws-payload-expanded-exp_milliseconds.json", Form::Payload, &[], &[Expired]),
    ("test-example-00-e-file-invalid_deflate.smart-health-card", Form::File, &[Inflation], &[]),
    (
        "test-example-00-e-file-no_deflate.smart-health-card",
        Form::File,
        &[Inflation, JwsHeader],
        &[JwsTooLong],
    ),
    ("test-example-00-d-jws-no_jws_header_alg.txt", Form::Jws, &[JwsHeader, Signature], &[]),
    ("test-example-00-d-jws-no_jws_header_kid.txt", Form::Jws, &[JwsHeader, Signature], &[]),
    ("test-example-00-d-jws-no_jws_header_zip.txt", Form::Jws, &[JwsHeader, Signature], &[]),
    ("test-example-00-d-jws-wrong_jws_header_kid.txt", Form::Jws, &[Signature], &[]),
    ("test-example-00-d-jws-issuer-kid-mismatch.txt", Form::Jws, &[Signature], &[]),
    ("test-example-00-d-jws-issuer-not-valid-with-smart-key.txt", Form::Jws, &[IssuerKeys], &[]),
    ("test-example-00-e-file-invalid_issuer_url.smart-health-card", Form::File, &[IssuerKeys], &[]),
    ("test-example-00-e-file-bad_jwks.smart-health-card", Form::File, &[IssuerKeys], &[]),
    ("test-example-00-e-file-invalid_issuer_url_http.smart-health-card", Form::File, &[IssuerUrl], &[]),
    (
        "test-example-00-e-file-issuer_url_with_trailing_slash.smart-health-card",
        Form::File,
        &[IssuerUrl],
        &[],
    ),
    ("test-example-00-f-qr-code-numeric-value-0-wrong_qr_header.txt", Form::Numeric, &[NumericHeader], &[]),
    ("test-example-00-f-qr-code-numeric-value-0-wrong-multi-chunk.txt", Form::Numeric, &[], &[NumericHeader]),
    (
        "test-example-00-f-qr-code-numeric-value-0-index-out-of-range.txt",
        Form::Numeric,
        &[NumericHeader],
        &[],
    ),
    ("test-example-00-f-qr-code-numeric-value-0-odd-count.txt", Form::Numeric, &[Numeric], &[]),
    ("test-example-00-f-qr-code-numeric-value-0-number-too-big.txt", Form::Numeric, &[Numeric], &[]),
    ("test-example-00-d-jws-invalid-signature.txt", Form::Jws, &[Signature], &[]),
    ("test-example-00-d-jws-der-signature.txt", Form::Jws, &[SignatureFormat], &[]),
    ("test-example-00-d-jws-der-signature-s-neg.txt", Form::Jws, &[SignatureFormat], &[]),
    ("test-example-00-d-jws-der-signature-r-neg.txt", Form::Jws, &[SignatureFormat], &[]),
    ("test-example-00-d-jws-der-signature-rs-neg.txt", Form::Jws, &[SignatureFormat], &[]),
    (
        "test-example-00-a-non-dm-properties.json",
        Form::Bundle,
        &[],
        &[Schema, Schema, Schema, Schema, Schema],
    ),
    ("test-example-00-a-short-refs.json", Form::Bundle, &[], &[Schema, Schema, Schema, Schema]),
    ("test-example-00-a-fhirBundle-bad_meta_extra_key.json", Form::Bundle, &[], &[Fhir]),
    ("test-example-00-a-fhirBundle-bad_meta_non_security.json", Form::Bundle, &[], &[Fhir]),
    ("test-example-00-a-fhirBundle-bad_meta_wrong_security.json", Form::Bundle, &[Fhir], &[]),
    ("test-example-00-a-fhirBundle-empty-values.json", Form::Bundle, &[Fhir, Fhir, Fhir, Fhir], &[]),
    (
        "test-example-00-e-file-multi-jws-issues.smart-health-card",
        Form::File,
        &[JwsHeader, Signature],
        &[TrailingCharacters],
    ),
    ("test-example-00-b-jws-payload-expanded-missing-coding.json", Form::Payload, &[Fhir, Fhir], &[Schema]),
    ("test-example-00-a-fhirBundle-occurrence-issues.json", Form::Bundle, &[Fhir, Fhir], &[]),
    ("test-example-00-a-fhirBundle-status-not-completed.json", Form::Bundle, &[Fhir, Fhir], &[]),
    ("test-example-00-d-jws-utf8_bom_prefix.txt", Form::Jws, &[Json], &[]),
];

#[test]
fn cards_are_judged_as_the_reference_says() {
    let Some(folder) = folder() else { return };
    let trust = trust();
    let mut different = Vec::new();
    for (file, form, errors, warnings) in CASES {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let judgement = verify(*form, &[text], &trust, NOW);
        let codes = |severity| {
            let mut codes: Vec<Code> =
                judgement.problems.iter().filter(|p| p.severity == severity).map(|p| p.code).collect();
            codes.sort();
            codes
        };
        let sorted = |codes: &[Code]| {
            let mut codes = codes.to_vec();
            codes.sort();
            codes
        };
        if codes(Severity::Error) != sorted(errors) || codes(Severity::Warning) != sorted(warnings) {
            different.push(format!("{file}: {:#?}", judgement.problems));
        }
    }
    println!(
        "{} of {} reference cards judged as their tests say",
        CASES.len() - different.len(),
        CASES.len()
    );
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn chunks_are_joined_as_the_reference_says() {
    let Some(folder) = folder() else { return };
    let read = |name: String| fs::read_to_string(folder.join(name)).unwrap();
    let small: Vec<String> = (0..17)
        .map(|n| read(format!("test-example-00-f-qr-code-numeric-value-{n}-qr_chunk_too_small.txt")))
        .collect();
    let codes = |texts: &[String]| {
        let mut problems = Vec::new();
        join(texts, &mut problems);
        problems.iter().map(|p| (p.severity, p.code)).collect::<Vec<_>>()
    };
    use Severity::{Error, Warning};
    assert_eq!(codes(&small), [(Warning, UnnecessaryChunks), (Warning, UnbalancedChunks)]);
    assert_eq!(codes(&small[..16]), [(Error, MissingChunk)]);
    let mut twice = small.clone();
    twice[3] = small[4].clone();
    assert_eq!(codes(&twice), [(Error, NumericHeader)]);
    let mut mixed = small.clone();
    mixed.reverse();
    assert_eq!(codes(&mixed), [(Warning, UnnecessaryChunks), (Warning, UnbalancedChunks)]);
    let big: Vec<String> = (0..2)
        .map(|n| read(format!("test-example-02-f-qr-code-numeric-value-{n}-qr_chunk_too_big.txt")))
        .collect();
    assert_eq!(codes(&big), [(Error, Numeric), (Error, Numeric)]);
    println!("5 sets of chunks judged as their tests say");
}

#[test]
fn keys_are_judged_as_the_reference_says() {
    let Some(folder) = folder() else { return };
    let issuer = "https://smarthealth.cards/examples/issuer";
    let cases: [(&str, &str, Option<Code>); 15] = [
        ("valid_key.json", "", None),
        ("valid_keys.json", "", None),
        ("valid_key_with_x5c.json", issuer, None),
        ("valid_2_chain.public.json", issuer, None),
        ("wrong_kid_key.json", "", Some(KeyId)),
        ("wrong_curve_key.json", "", Some(KeyAlgorithm)),
        ("wrong_use_key.json", "", Some(KeyUse)),
        ("wrong_alg_key.json", "", Some(KeyAlgorithm)),
        ("wrong_kty_key.json", "", Some(KeyType)),
        ("private_key.json", "", Some(KeyPrivate)),
        ("valid_key_with_x5c.json", "https://invalid.url", Some(KeyCertificate)),
        ("invalid_DNS_SAN.public.json", issuer, Some(KeyCertificate)),
        ("invalid_no_SAN.public.json", issuer, Some(KeyCertificate)),
        ("cert_mismatch.public.json", "", Some(KeyCertificate)),
        ("invalid_chain.public.json", "", Some(KeyCertificate)),
    ];
    for (file, issuer, expected) in cases {
        let problems = KeySet::default().add(issuer, &fs::read_to_string(folder.join(file)).unwrap());
        let found: Vec<Code> = problems.iter().map(|p| p.code).collect();
        match expected {
            None => assert_eq!(found, [], "{file}: {problems:?}"),
            Some(code) => assert!(found.contains(&code), "{file}: {problems:?}"),
        }
    }
    println!("{} key sets judged as their tests say", cases.len());
}

#[test]
fn revocation_lists_are_judged_as_their_folders_say() {
    let Some(folder) = folder() else { return };
    let list = |name: &str| {
        let path = format!("badcrl/{name}/.well-known/crl/hrvC0uzB16UXK83BnPo7Glg685b1D6iYOyJd5hpRaAA.json");
        fs::read_to_string(folder.join(path)).unwrap()
    };
    for name in ["invalid-method", "non-base64url-rid", "too-long-rid", "duplicate-rid"] {
        let problems = Revocations::default().add(&list(name));
        assert!(problems.iter().any(|p| p.code == RevocationList), "{name}: {problems:?}");
    }
    // The list is sound; its version is not the key's.
    let issuer = "https://raw.githubusercontent.com/smart-on-fhir/health-cards-dev-tools/main/testdata/badcrl/version-mismatch";
    let mut trust = Trust::default();
    let keys = fs::read_to_string(folder.join("badcrl/version-mismatch/.well-known/jwks.json")).unwrap();
    assert_eq!(trust.keys.add(issuer, &keys), []);
    assert_eq!(trust.revocations.add(&list("version-mismatch")), []);
    let card =
        fs::read_to_string(folder.join("badcrl/version-mismatch/jws-crl-version-mismatch.txt")).unwrap();
    let judgement = verify(Form::Jws, &[card.trim().to_owned()], &trust, NOW);
    assert!(judgement.problems.iter().any(|p| p.code == RevocationList), "{:?}", judgement.problems);
    println!("5 revocation lists judged as their folders say");
}

#[test]
fn what_is_issued_is_verified_and_what_is_touched_is_not() {
    let key = r#"{"kty":"EC","kid":"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s","use":"sig","alg":"ES256","crv":"P-256","x":"11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw","y":"eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8","d":"FvOOk6hMixJ2o9zt4PCfan_UW7i4aOEnzj76ZaCI9Og"}"#;
    let issuer = musubi_health_card::Issuer::new(SPEC, key).unwrap();
    let bundle = serde_json::json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "resource:0", "resource": {"resourceType": "Patient", "name": [{"text": "結 花子"}], "birthDate": "2024-05-10"}},
        {"fullUrl": "resource:1", "resource": {"resourceType": "Immunization", "status": "completed",
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "04"}]},
            "patient": {"reference": "resource:0"}, "occurrenceDateTime": "2025-06-20"}}]});
    let types = ["https://smarthealth.cards#immunization"];
    let jws = issuer.issue(&bundle, NOW - 60, &types, Some("MKyCxh7p6uQ")).unwrap();
    let mut trust = trust();
    assert_eq!(KeySet::default().add(SPEC, &issuer.public_keys().to_string()), []);
    let good = verify(Form::Jws, std::slice::from_ref(&jws), &trust, NOW);
    assert_eq!(good.problems, [], "a card of our own");
    assert_eq!(verify(Form::Numeric, &chunks(&jws), &trust, NOW).problems, []);
    let svg = musubi_health_card::svg(&chunks(&jws)[0]).unwrap();
    assert!(svg.starts_with("<svg"));
    // One character of the signature.
    let mut touched = jws.clone().into_bytes();
    let at = touched.len() - 10;
    touched[at] = if touched[at] == b'A' { b'B' } else { b'A' };
    let touched = String::from_utf8(touched).unwrap();
    assert!(!verify(Form::Jws, &[touched], &trust, NOW).is_accepted());
    // Revoked.
    let list = r#"{"kid":"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s","method":"rid","ctr":1,"rids":["MKyCxh7p6uQ"]}"#;
    assert_eq!(trust.revocations.add(list), []);
    assert_eq!(verify(Form::Jws, &[jws], &trust, NOW).problems[0].code, Revoked);
}
