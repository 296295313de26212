//! The certificates that a key may carry (x5c).

use data_encoding::BASE64;
use ring::signature;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Checks that the first certificate holds the key and names the issuer, and that each is signed by the next. Whether
/// the last one is trusted is the reader's policy.
pub(crate) fn check(chain: &[&str], point: &[u8], issuer: &str) -> Result<(), String> {
    let mut ders = Vec::new();
    for text in chain {
        ders.push(BASE64.decode(text.as_bytes()).map_err(|_| "a certificate is not base64".to_owned())?);
    }
    let mut certificates = Vec::new();
    for der in &ders {
        let (_, certificate) = X509Certificate::from_der(der)
            .map_err(|error| format!("a certificate cannot be read: {error}"))?;
        certificates.push(certificate);
    }
    let leaf = certificates.first().ok_or("x5c is empty")?;
    if leaf.public_key().subject_public_key.as_ref() != point {
        return Err("the first certificate is of another key".to_owned());
    }
    let names = leaf.subject_alternative_name().ok().flatten();
    let uris = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    let uris: Vec<&str> = uris.collect();
    if !issuer.is_empty() && !uris.contains(&issuer) {
        return Err(format!("the first certificate does not name {issuer}"));
    }
    for pair in certificates.windows(2) {
        let [signed, signer] = pair else { continue };
        if signed.issuer().as_raw() != signer.subject().as_raw() {
            return Err("a certificate is not issued by the next".to_owned());
        }
        if !is_signed(signed, signer) {
            return Err("a certificate is not signed by the next".to_owned());
        }
    }
    Ok(())
}

fn is_signed(signed: &X509Certificate<'_>, signer: &X509Certificate<'_>) -> bool {
    // ecdsa-with-SHA256, -SHA384; the curve is told by the length of the signer's point.
    let key = signer.public_key().subject_public_key.as_ref();
    let algorithm: &dyn signature::VerificationAlgorithm =
        match (signed.signature_algorithm.algorithm.to_id_string().as_str(), key.len()) {
            ("1.2.840.10045.4.3.2", 65) => &signature::ECDSA_P256_SHA256_ASN1,
            ("1.2.840.10045.4.3.3", 65) => &signature::ECDSA_P256_SHA384_ASN1,
            ("1.2.840.10045.4.3.2", 97) => &signature::ECDSA_P384_SHA256_ASN1,
            ("1.2.840.10045.4.3.3", 97) => &signature::ECDSA_P384_SHA384_ASN1,
            // Nothing else is used with ES256 cards; P-521 roots cannot be checked here.
            _ => return key.len() == 133,
        };
    signature::UnparsedPublicKey::new(algorithm, key)
        .verify(signed.tbs_certificate.as_ref(), signed.signature_value.as_ref())
        .is_ok()
}
