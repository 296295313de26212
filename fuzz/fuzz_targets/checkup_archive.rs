#![no_main]
//! Archives and tables of health checks: nothing panics, nothing bursts.

use std::io::Cursor;

use checkup::{ArchiveLimits, CsvReader, CsvWriter, read_archive, xml::Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let document = Limits { bytes: 1 << 16, depth: 32, parts: 4_000 };
    let limits = ArchiveLimits { files: 64, bytes: 1 << 20, ratio: 100, document };
    if let Err(error) =
        read_archive(Cursor::new(bytes), None, &limits, |member| assert!(!member.path.contains("..")))
    {
        assert!(!error.to_string().is_empty() && !error.ja().is_empty());
    }
    let Ok(mut table) = CsvReader::new(bytes) else { return };
    let mut writer = CsvWriter::new(Vec::new()).expect("a table in memory");
    let mut documents = 0;
    while let Ok(Some(document)) = table.next_document() {
        writer.write(&document).expect("a table in memory");
        documents += 1;
    }
    let written = writer.finish().expect("a table in memory");
    let mut again = CsvReader::new(&written[..]).expect("what was written can be read");
    let mut read = 0;
    while let Ok(Some(_)) = again.next_document() {
        read += 1;
    }
    assert_eq!(read, documents);
});
