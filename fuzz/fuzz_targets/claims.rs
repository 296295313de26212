#![no_main]
//! レセプト電算: every byte comes out as it went in; checks, counts and judgements never panic; what is divided or bound anew
//! reads back, and its bill agrees.

use calendar::Date;
use claims::{
    Binder, Checker, Claim, Corrected, Draft, Group, GroupKind, Info, MemberList, ReadError, Reader, correct,
    judge, split,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut out, mut info, mut checker) = (Vec::new(), Info::default(), Checker::new());
    let mut stay = Binder::new(Vec::new(), None);
    let mut refused = false;
    let known = Date::new(2026, 11, 22).expect("a day");
    let mut reader = Reader::new(bytes);
    let mut bound = 0;
    loop {
        let group = match reader.next_group() {
            Ok(Some(group)) => group,
            Ok(None) => break,
            Err(ReadError::Io(error)) => panic!("{error}"),
            Err(error) => {
                assert!(!error.ja().is_empty());
                refused = true;
                continue;
            }
        };
        out.extend_from_slice(group.bytes());
        info.group(&group);
        checker.group(&group, &mut |finding| {
            assert!(finding.place.line >= 1 || finding.place.receipt.is_none());
            assert!(!finding.to_string().is_empty() && !finding.ja().is_empty());
        });
        if group.kind() == GroupKind::Head {
            stay.institution(&group).expect("memory takes everything");
        }
        bound += claim(&group, known, &mut stay);
    }
    checker.finish(&mut |finding| assert!(!finding.to_string().is_empty()));
    assert!(refused || out == bytes);
    let (file, count) = stay.finish().expect("memory takes everything");
    assert_eq!(count, bound);
    let mut again = Info::default();
    let mut reader = Reader::new(&file[..]);
    while let Ok(Some(group)) = reader.next_group() {
        again.group(&group);
    }
    assert!(again.receipts >= bound);
});

fn claim(group: &Group<'_>, known: Date, stay: &mut Binder<Vec<u8>>) -> u64 {
    let Some(claim) = Claim::of(*group) else { return 0 };
    let members = MemberList::read(MEMBERS.as_bytes()).expect("a list");
    let judged = judge(&claim, &members, known);
    if let Corrected::Goes(parts) = correct(&claim, &judged) {
        assert!(matches!(parts.len(), 1 | 2));
    }
    if let Some(month) = claim.month()
        && let Ok([before, after]) = split(&claim, month.first().add_days(14))
    {
        let points =
            |draft: &Draft| draft.records.iter().find(|r| r.is("HO")).and_then(|r| r.number(5)).unwrap_or(0);
        if claim.insurer().is_some() {
            assert_eq!(Some(points(&before) + points(&after)), claim.points());
        }
    }
    stay.claim(Draft::of(&claim)).expect("memory takes everything");
    1
}

const MEMBERS: &str = "\
person,insurer_number,symbol,number,branch,relation,kana,birth,sex,acquired_on,lost_on,acquisition_known_on,loss_known_on
1,01130012,12,345,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,2021-10-15,,
1,138107,1,1,01,1,ムスビタロウ,1990-04-01,1,2021-10-15,,,
";
