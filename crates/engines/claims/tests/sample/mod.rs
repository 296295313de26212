//! The sample file, read in place.

/// Its bytes; says loudly when it is not there.
pub fn bytes() -> Option<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/uke/RECEIPTC_GAIRAI_SAMPLE.UKE");
    let read = std::fs::read(path);
    if read.is_err() {
        println!("skipped: {path} is not there");
    }
    read.ok()
}
