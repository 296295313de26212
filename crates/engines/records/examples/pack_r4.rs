//! Makes `definitions/r4-core.ndjson.gz` from the packages of HL7 (CC0): see decision 0110.
//!
//! `npm pack hl7.fhir.r4.examples@4.0.1`, then `cargo run --release -p musubi-records --example pack_r4 -- ARCHIVE OUT`.

use std::{fs::File, io::Write, path::Path};

use flate2::{Compression, GzBuilder};
use musubi_records::definitions::package;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [archive, out] = arguments.as_slice() else { return Err("usage: pack_r4 ARCHIVE OUT".into()) };
    let mut definitions = package::read(Path::new(archive))?;
    definitions
        .sort_by_key(|d| (d.text_at("resourceType").map(str::to_owned), d.text_at("url").map(str::to_owned)));
    // No time and no name in the header: the same packages give the same bytes.
    let mut writer = GzBuilder::new().mtime(0).write(File::create(out)?, Compression::best());
    for (n, definition) in definitions.iter().enumerate() {
        if n > 0 {
            writer.write_all(b"\n")?;
        }
        writer.write_all(&definition.to_vec())?;
    }
    let length = writer.finish()?.metadata()?.len();
    println!("{} definitions, {length} bytes", definitions.len());
    Ok(())
}
