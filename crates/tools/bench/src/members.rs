//! A population by number: person `n` is the same whoever asks, so that server and client need not exchange it.

use calendar::{Date, Timestamp};
use codes::{Branch, InsuredPersonId, InsurerNumber};
use my_number::MyNumber;
use protocol::eligibility::{Person, Relation, Sex, Terms};
use protocol_admin::report::{MembershipReport, ReportAct};
use protocol_admin::report_file::{FileHeader, Writer};

use crate::mix::mix;

/// Members of one certificate: the insured person and two dependants.
const HOUSEHOLD: u64 = 3;

/// Where My Numbers and resident codes of the bench begin.
const FIRST_BODY: u64 = 10_000_000_000;

const SURNAMES: [(&str, &str); 8] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("髙橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡邉", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("長谷川", "ハセガワ"),
];
const NAMES: [(&str, &str, Sex); 6] = [
    ("太郎", "タロウ", Sex::Male),
    ("花子", "ハナコ", Sex::Female),
    ("健一", "ケンイチ", Sex::Male),
    ("美咲", "ミサキ", Sex::Female),
    ("大輔", "ダイスケ", Sex::Male),
    ("陽子", "ヨウコ", Sex::Female),
];

/// The one insurer of the bench.
///
/// # Errors
/// Never, unless the check digit's rule changes.
pub fn insurer() -> anyhow::Result<InsurerNumber> {
    Ok(InsurerNumber::from_body("0613001")?)
}

/// The first eleven digits of person `n`'s My Number, which are their resident code as well.
pub fn body(n: u64) -> u64 {
    FIRST_BODY + 7 * n
}

/// Symbol, number and branch of person `n`.
///
/// # Errors
/// Never: they are well formed.
pub fn insured(n: u64) -> anyhow::Result<InsuredPersonId> {
    let certificate = n / HOUSEHOLD;
    Ok(InsuredPersonId {
        insurer: insurer()?,
        symbol: format!("{}", 1_000 + certificate / 100_000).parse()?,
        number: format!("{}", certificate % 100_000 + 1).parse()?,
        branch: u8::try_from(n % HOUSEHOLD).ok().and_then(Branch::new),
    })
}

/// Name, birth and address of person `n`.
///
/// # Errors
/// Never: the days exist.
pub fn person(n: u64) -> anyhow::Result<Person> {
    let dice = mix(n);
    let (surname, kana) = pick(&SURNAMES, mix(n / HOUSEHOLD));
    let (name, name_kana, sex) = pick(&NAMES, dice >> 32);
    Ok(Person {
        name: format!("{surname}　{name}"),
        kana: format!("{kana}　{name_kana}"),
        sex,
        birthdate: Date::new(1940, 1, 1)?.add_days(i32::try_from(dice % 30_000)?),
        postal_code: format!("156-{:04}", dice % 60),
        address: format!("東京都世田谷区経堂{}丁目{}番{}号", dice % 5 + 1, dice % 40 + 1, dice % 17 + 1),
    })
}

/// Writes the report file of the acquisitions of persons 0 to `members`.
///
/// # Errors
/// The output's.
pub fn write_file(output: impl std::io::Write, members: u64, today: Date) -> anyhow::Result<()> {
    let header = FileHeader {
        insurer: insurer()?,
        file_id: format!("bench-{members}"),
        written_at: Timestamp::start_of(today),
    };
    let mut writer = Writer::new(output, &header)?;
    for n in 0..members {
        writer.write(&report(n, today)?)?;
    }
    writer.finish()?;
    Ok(())
}

fn report(n: u64, today: Date) -> anyhow::Result<MembershipReport> {
    let qualified_on = today.add_days(-30 - i32::try_from(mix(n) % 1_000)?);
    Ok(MembershipReport {
        report_id: format!("A{n}"),
        act: ReportAct::Acquisition,
        my_number: MyNumber::from_body(body(n))?,
        insured: insured(n)?,
        qualified_on,
        disqualified_on: None,
        loss_reason: None,
        relation: if n.is_multiple_of(HOUSEHOLD) { Relation::Insured } else { Relation::Dependant },
        person: person(n)?,
        terms: Terms { classification: "01".to_owned(), copayment_percent: Some(30), ..Terms::default() },
        effective_on: None,
        notified_on: qualified_on.add_days(3),
    })
}

fn pick<T: Copy>(list: &[T], dice: u64) -> T {
    let place = usize::try_from(dice).unwrap_or_default() % list.len();
    // The remainder of the list's own length is a place in it.
    #[expect(clippy::indexing_slicing, reason = "the remainder of the length is a place")]
    list[place]
}
