//! Bytes in, the same bytes out; claims where claims are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod sample;

use std::io::{self, Read};

use musubi_claims::{Charset, Group, GroupKind, LINE_LIMIT, LineEnds, ReadError, Reader, Table};
use proptest::prelude::*;

/// All groups' bytes, and what each group is with the kinds of its records.
fn read(bytes: &[u8]) -> (Vec<u8>, Vec<String>) {
    let (mut out, mut groups) = (Vec::new(), Vec::new());
    let mut reader = Reader::new(bytes);
    while let Some(group) = reader.next_group().unwrap() {
        out.extend_from_slice(group.bytes());
        groups.push(shown(&group));
    }
    (out, groups)
}

fn shown(group: &Group<'_>) -> String {
    let codes: Vec<_> = group.records().map(|r| String::from_utf8_lossy(&r.code()).into_owned()).collect();
    format!("{:?} {:?}: {}", group.kind(), group.table(), codes.join(" "))
}

#[test]
fn the_sample_comes_out_as_it_went_in() {
    let Some(bytes) = sample::bytes() else { return };
    let (out, groups) = read(&bytes);
    assert_eq!(out, bytes);
    assert_eq!(groups.len(), 77);
    assert_eq!(groups[0], "Head Medical: IR");
    assert_eq!(
        groups[1],
        "Receipt Medical: RE HO KO SY SY SY SI SI SI CO IY CO IY CO IY CO IY CO IY SI IY IY IY IY IY IY IY IY SI SI"
    );
    assert_eq!(groups[76], "Total Medical: GO");
    println!("round trip: 1 sample, {} bytes, {} groups", bytes.len(), groups.len());
}

#[test]
fn whatever_stands_in_a_file_is_kept() {
    let cases: [(&[u8], &[&str]); 10] = [
        (b"", &[]),
        (b"\x1A", &["Stray Medical: "]),
        (b"IR,1,12,1,0000000\r\nRE,1\r\nHO,1\r\nXX,unknown,\r\nGO,1,1,99\r\n\x1A", &[
            "Head Medical: IR",
            "Receipt Medical: RE HO XX",
            "Total Medical: GO",
        ]),
        (b"RE,1\nGO,1,1,99\x1A\nIR,1,2,1\n\nRE,1  ,\n", &[
            "Receipt Medical: RE",
            "Total Medical: GO",
            "Head Medical: IR",
            "Receipt Medical: RE",
        ]),
        // Every claim of a dentist has its institution's record; a later file of a hospital in the same bytes has not.
        (b"UK,1,13,3\r\nIR,1,13,3\r\nRE,1\r\nSS\r\nIR,1,13,3\r\nRE,2\r\nGO,2\r\nIR,1,13,1\r\nRE,1\r\n", &[
            "Head Dental: UK",
            "Receipt Dental: IR RE SS",
            "Receipt Dental: IR RE",
            "Total Dental: GO",
            "Head Medical: IR",
            "Receipt Medical: RE",
        ]),
        // Without UK the institution's record stands once, for all claims.
        (b"IR,1,13,3\r\nRE,1\r\nSS\r\nRE,2\r\nGO,2\r\n", &[
            "Head Dental: IR",
            "Receipt Dental: RE SS",
            "Receipt Dental: RE",
            "Total Dental: GO",
        ]),
        (b"YK,1,13,4\r\nRE,1\r\nSH\r\nCZ\r\nRE,2\r\nGO,2\r\n", &[
            "Head Dispensing: YK",
            "Receipt Dispensing: RE SH CZ",
            "Receipt Dispensing: RE",
            "Total Dispensing: GO",
        ]),
        (b"IR,1,13,1\r\nRE,1\r\nHO\r\nBU,1\r\nGO,1\r\n", &["Head Medical: IR", "Receipt Dpc: RE HO BU", "Total Medical: GO"]),
        // What an insurer gets: every claim with the agency's numbers in front.
        (b"2,1,0,MN,9\r\n1,2,0,IR,1,13,1\r\n1,3,0,RE,7\r\n2,4,0,RC,x\r\n2,1,0,MN,10\r\n1,2,0,IR,1,13,3\r\n1,3,0,RE,8\r\n", &[
            "Receipt Medical: MN IR RE RC",
            "Receipt Dental: MN IR RE",
        ]),
        // What comes back: the claim, why, and its history.
        (b"HI,1,202111,13,1,1234567,,00\r\nIR,1,13,1\r\nRE,1\r\nHR,202111\r\n2,1,0,MN,9\r\n1,2,0,RE,1\r\nIR,1,13,1\r\nRE,2\r\nHG,2,1,99\r\n", &[
            "Head Medical: HI",
            "Receipt Medical: IR RE HR MN RE",
                "Receipt Medical: IR RE",
                "Total Medical: HG",
        ]),
    ];
    for (bytes, expected) in cases {
        let (out, groups) = read(bytes);
        assert_eq!(out, bytes);
        assert_eq!(groups, expected, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn fields_and_lines() {
    let bytes = b"\xEF\xBB\xBFIR,1,12,1\r\nRE, 7 ,,x\r\n\r\n1,12,0,RE,8,9\nGO,1";
    let mut reader = Reader::new(&bytes[..]);
    let head = reader.next_group().unwrap().unwrap();
    assert_eq!((head.charset(), head.line_ends().crlf), (Charset::Utf8, 1));
    assert_eq!(head.records().next().unwrap().field(3).number(), Some(1));
    let receipt = reader.next_group().unwrap().unwrap();
    let records: Vec<_> = receipt.records().collect();
    assert_eq!(records.len(), 2);
    assert_eq!((records[0].line(), records[0].len(), records[0].field(1).number()), (2, 4, Some(7)));
    assert_eq!(
        (records[0].field(2).bytes(), records[0].field(3).bytes(), records[0].field(9).bytes()),
        (&b""[..], &b"x"[..], &b""[..])
    );
    assert_eq!(
        (records[1].line(), records[1].data_kind(), records[1].field(2).number()),
        (4, Some(1), Some(9))
    );
    assert!(records[1].is("RE"));
    let total = reader.next_group().unwrap().unwrap();
    assert_eq!((total.kind(), total.table(), total.first_line()), (GroupKind::Total, Table::Medical, 5));
    assert!(reader.next_group().unwrap().is_none());
}

/// Files of old Macintoshes: CR alone ends a line; a CR within a line of other files does not.
#[test]
fn lines_that_end_with_cr() {
    type Case = (&'static [u8], &'static [&'static str], (u64, u64, u64));
    let cases: [Case; 6] = [
        (
            b"IR,1,12,1\rRE,1\rHO,1\r\rGO,1,1,99\r\x1A",
            &["Head Medical: IR", "Receipt Medical: RE HO", "Total Medical: GO"],
            (5, 0, 0),
        ),
        (b"GO,1\r", &["Total Medical: GO"], (1, 0, 0)),
        (b"1,1,0,IR\r1,2,0,RE\r", &["Receipt Medical: IR RE"], (2, 0, 0)),
        // Parts of different origin in the same bytes.
        (
            b"IR,1\rRE,1\r\nRE,2\nGO,1",
            &["Head Medical: IR", "Receipt Medical: RE", "Receipt Medical: RE", "Total Medical: GO"],
            (1, 1, 1),
        ),
        (b"IR,1\r\r\nRE,1\r\r\n", &["Head Medical: IR", "Receipt Medical: RE"], (0, 2, 0)),
        (b"IR,a\rb\nRE,1\n", &["Head Medical: IR", "Receipt Medical: RE"], (0, 0, 2)),
    ];
    for (bytes, expected, (cr, crlf, lf)) in cases {
        for size in [1, 2, 3, bytes.len()] {
            let mut reader = Reader::new(Pieces { bytes, sizes: vec![size; bytes.len()] });
            let (mut out, mut groups, mut ends) = (Vec::new(), Vec::new(), LineEnds::default());
            while let Some(group) = reader.next_group().unwrap() {
                out.extend_from_slice(group.bytes());
                groups.push(shown(&group));
                let own = group.line_ends();
                (ends.cr, ends.crlf, ends.lf) = (ends.cr + own.cr, ends.crlf + own.crlf, ends.lf + own.lf);
                assert!(group.records().all(|record| !record.text().ends_with(b"\r")));
            }
            assert_eq!(out, bytes);
            assert_eq!(groups, expected, "{}", String::from_utf8_lossy(bytes));
            assert_eq!((ends.cr, ends.crlf, ends.lf), (cr, crlf, lf), "{}", String::from_utf8_lossy(bytes));
        }
    }
}

/// Gives a line without end, chunk by chunk, then an ordinary one.
struct Endless {
    left: u64,
    tail: &'static [u8],
}

impl Read for Endless {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return self.tail.read(room);
        }
        let count = room.len().min(usize::try_from(self.left).unwrap());
        room[..count].fill(b'x');
        self.left -= count as u64;
        Ok(count)
    }
}

#[test]
fn a_line_without_end_is_passed_over() {
    let mut reader = Reader::new(Endless { left: 40 * LINE_LIMIT as u64, tail: b"\r\nGO,0,0,99\r\n" });
    assert!(matches!(reader.next_group(), Err(ReadError::LineTooLong { line: 1 })));
    let total = reader.next_group().unwrap().unwrap();
    assert_eq!((total.kind(), total.first_line()), (GroupKind::Total, 2));
    assert!(reader.next_group().unwrap().is_none());
}

/// Gives bytes in pieces of any size.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.pop().unwrap_or(usize::MAX);
        let count = size.max(1).min(room.len()).min(self.bytes.len());
        room[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

proptest! {
    /// Any bytes, in any pieces, come out as they went in.
    #[test]
    fn nothing_is_lost(
        lines in prop::collection::vec(
            prop_oneof![
                "(IR|RE|HO|GO|UK|YK|MN|HI|HR|XX|1,2,0,RE|1,2,0,IR)(,[0-9A-Zあ\\x1a ]{0,3}){0,5}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..20),
            ],
            0..12,
        ),
        ends in prop::collection::vec(0..4usize, 12),
        sizes in prop::collection::vec(1..40usize, 0..60),
    ) {
        let mut bytes = Vec::new();
        for (line, end) in lines.iter().zip(ends) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice([&b"\r\n"[..], b"\n", b"\x1A\r\n", b"\r"][end]);
        }
        let mut out = Vec::new();
        let mut reader = Reader::new(Pieces { bytes: &bytes, sizes });
        let mut lines = 0;
        while let Some(group) = reader.next_group().unwrap() {
            out.extend_from_slice(group.bytes());
            for record in group.records() {
                prop_assert!(record.line() > lines);
                lines = record.line();
let fields = record.text().split(|b| *b == b',').count();
                prop_assert!(record.len() == fields || record.len() + 3 == fields);
            }
        }
        prop_assert_eq!(out, bytes);
    }
}
