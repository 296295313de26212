//! Eight people and what the eligibility service says of them.

use calendar::{Date, Timestamp};
use codes::{EnvelopeContext, InsuredPersonId, InsurerNumber, OrgCode};
use data_encoding::BASE64;
use ledger::Receipt;
use protocol::Sealed;
use protocol::eligibility::{
    CheckAnswer, CheckRequest, ElderlyCertificate, Explanation, LimitCertificate, LossReason, Membership,
    Person, Presented, Reason, Relation, Sex, SpecificDiseaseCertificate, Terms, Validity,
};
use protocol::sealed::purpose;
use wire::Problem;

use super::Eligibility;

pub struct FakePerson {
    pub id: &'static str,
    pub name: &'static str,
    pub kana: &'static str,
    pub birthdate: &'static str,
    pub number: &'static str,
    pub note_ja: &'static str,
    pub note_en: &'static str,
}

const fn person(
    id: &'static str,
    name: &'static str,
    kana: &'static str,
    birthdate: &'static str,
    number: &'static str,
    note_ja: &'static str,
    note_en: &'static str,
) -> FakePerson {
    FakePerson { id, name, kana, birthdate, number, note_ja, note_en }
}

pub const PEOPLE: &[FakePerson] = &[
    person(
        "valid",
        "髙橋　花子",
        "タカハシ　ハナコ",
        "1980-02-29",
        "101",
        "会社員。ふだんどおり有効です。",
        "An employee, insured as usual.",
    ),
    person(
        "limit",
        "田中　一郎",
        "タナカ　イチロウ",
        "1961-07-03",
        "102",
        "限度額適用認定証と特定疾病の認定があります。",
        "Has a ceiling and a specified disease certificate.",
    ),
    person(
        "elderly",
        "山﨑　ふみ",
        "ヤマザキ　フミ",
        "1953-01-15",
        "103",
        "73歳。高齢受給者証で2割です。",
        "73 years old, pays 20 % by certificate.",
    ),
    person(
        "child",
        "小林　蓮",
        "コバヤシ　レン",
        "2023-05-05",
        "104",
        "3歳、父の扶養家族です。",
        "Three years old, dependant of the father.",
    ),
    person(
        "newer",
        "渡邉　健太",
        "ワタナベ　ケンタ",
        "1994-11-30",
        "105",
        "転職して保険が変わりました。",
        "Changed employer and insurer.",
    ),
    person(
        "ended",
        "佐藤　真理",
        "サトウ　マリ",
        "1988-08-08",
        "106",
        "退職したばかりで、次の届出がまだです。",
        "Left a job; the next report is on its way.",
    ),
    person(
        "none",
        "鈴木　海斗",
        "スズキ　カイト",
        "2001-04-01",
        "107",
        "どの保険者からも届出がありません。",
        "Nobody ever reported this person.",
    ),
    person(
        "several",
        "伊藤　桜",
        "イトウ　サクラ",
        "1972-12-24",
        "108",
        "2つの保険者が同じ日を届け出ています。",
        "Two insurers claim the same days.",
    ),
];

pub fn answer(service: &Eligibility, request: &CheckRequest) -> Result<CheckAnswer, Problem> {
    let id = match &request.presented {
        Presented::InsuranceCode { code, .. } => {
            let opened = code.open(&*service.custody).map_err(|_| Problem::new(422, "not-for-us"))?;
            String::from_utf8(opened.to_vec()).unwrap()
        }
        Presented::Certificate { certificate, .. } => {
            String::from_utf8(BASE64.decode(certificate.as_bytes()).unwrap()).unwrap()
        }
        Presented::InsuredPerson { insured, birthdate } => PEOPLE
            .iter()
            .find(|p| p.number == insured.number.as_str() && p.birthdate == birthdate.to_string())
            .map_or("none", |p| p.id)
            .to_owned(),
    };
    if id == "refused" {
        return Err(Problem::new(422, "expired")
            .ja("読み取りの有効時間が過ぎました")
            .en("The read is too old"));
    }
    let index = PEOPLE.iter().position(|p| p.id == id).unwrap();
    let validity = match id.as_str() {
        "newer" => Validity::InvalidNewer,
        "ended" => Validity::Invalid,
        "none" => Validity::None,
        "several" => Validity::Several,
        _ => Validity::Valid,
    };
    let found = validity != Validity::None;
    let mut bytes = [9_u8; 17];
    bytes[1] = index as u8;
    let now = calendar::Clock::now(&*service.clock);
    Ok(CheckAnswer {
        exchange: request.exchange,
        answered_at: now,
        on: request.on,
        validity,
        memberships: memberships(&PEOPLE[index], &id),
        explanation: explanation(&id, now, request.known_at),
        person_code: found.then(|| OrgCode::from_bytes(bytes)),
        medical_ticket: (id == "valid").then(|| ticket(service, request, now)),
        presence: None,
        receipt: Receipt { origin: "musubi.test/eligibility/1".into(), index: 41, at: now.as_millis() },
    })
}

fn ticket(service: &Eligibility, request: &CheckRequest, now: Timestamp) -> Sealed {
    let context = EnvelopeContext {
        recipient: service.relay_id,
        purpose: purpose::MEDICAL_TICKET.into(),
        expires_at: now.as_seconds() + 300,
        exchange: request.exchange,
        consent: None,
        binding: Vec::new(),
    };
    Sealed::new(&service.relay_key, context, b"\x2A").unwrap()
}

fn membership(person: &FakePerson, body: &str, insurer: &str, from: &str) -> Membership {
    let insurer_number = InsurerNumber::from_body(body).unwrap();
    Membership {
        insured: InsuredPersonId {
            insurer: insurer_number,
            symbol: "１２－３４".parse().unwrap(),
            number: person.number.parse().unwrap(),
            branch: Some("01".parse().unwrap()),
        },
        insurer_name: insurer.into(),
        person: Person {
            name: person.name.into(),
            kana: person.kana.into(),
            sex: if matches!(person.id, "valid" | "elderly" | "ended" | "several") {
                Sex::Female
            } else {
                Sex::Male
            },
            birthdate: day(person.birthdate),
            postal_code: "123-4567".into(),
            address: "東京都結市北町1丁目2番3号".into(),
        },
        relation: Relation::Insured,
        qualified_on: day(from),
        disqualified_on: None,
        loss_reason: None,
        terms: Terms { classification: "01".into(), issued_on: Some(day(from)), ..Terms::default() },
    }
}

fn memberships(person: &FakePerson, id: &str) -> Vec<Membership> {
    let union = || membership(person, "0613001", "結電機健康保険組合", "2019-10-01");
    let kokuho = || membership(person, "13805", "結市国民健康保険", "2026-11-01");
    let mut first = union();
    match id {
        "limit" => {
            first.terms.copayment_percent = Some(30);
            first.terms.limit = Some(LimitCertificate {
                classification: "01".into(),
                flag: "A03".into(),
                from: day("2026-08-01"),
                to: day("2027-07-31"),
            });
            first.terms.specific_diseases = vec![SpecificDiseaseCertificate {
                category: 1,
                from: day("2024-04-01"),
                to: day("2027-03-31"),
                ceiling_yen: 10_000,
            }];
        }
        "elderly" => {
            let (from, to) = (day("2026-08-01"), day("2027-07-31"));
            first.terms.elderly = Some(ElderlyCertificate { from, to, copayment_percent: 20 });
        }
        "child" => {
            first.terms.preschool = true;
            first.relation = Relation::Dependant;
        }
        "newer" | "ended" => {
            first.disqualified_on = Some(day("2026-11-01"));
            first.loss_reason = Some(LossReason::OtherInsurance);
        }
        _ => {}
    }
    match id {
        "none" => Vec::new(),
        "newer" | "several" => vec![first, kokuho()],
        _ => vec![first],
    }
}

fn explanation(id: &str, now: Timestamp, known_at: Option<Timestamp>) -> Explanation {
    let (reason, ja, en, next_ja, next_en) = match id {
        "newer" => (
            Reason::EndedNewerKnown,
            "お持ちの資格は終わっていますが、新しい資格が届け出られています。",
            "The membership shown is over; a newer one was reported.",
            "下の「新しい資格」で受付してください。古い資格確認書は返してもらいます。",
            "Receive on the newer one below.",
        ),
        "ended" => (
            Reason::EndedNewMayBeOnItsWay,
            "資格は2026年11月1日に終わっています。次の保険者からの届出は、まだありません。",
            "The membership ended on 2026-11-01; no newer one was reported yet.",
            "届出には法律で14日の猶予があります。新しい勤め先か市区町村の窓口で手続きの途中かどうか、ご本人に確かめてください。手続き中であれば、資格申立書を書いていただいて受付できます。",
            "A report may lawfully take 14 days. Ask whether an application is under way; if so, receive on a declaration.",
        ),
        "none" => (
            Reason::NeverReported,
            "どの保険者からも、この方の届出がありません。",
            "No insurer ever reported this person.",
            "ご本人に加入先を確かめ、資格確認書をお持ちなら番号で確認してください。生活保護を受けている場合は福祉事務所に連絡してください。",
            "Ask which insurer it should be, and check by number if there is a certificate.",
        ),
        "several" => (
            Reason::SeveralClaim,
            "2つの保険者が、この日の資格を届け出ています。",
            "Two insurers claim this day.",
            "ご本人に、いまの勤め先の保険か国民健康保険かを確かめ、その資格で受付してください。両方の保険者には自動で連絡が行きます。",
            "Ask which one is right and receive on it; both insurers are told.",
        ),
        _ => (Reason::Covered, "この日の資格があります。", "A membership covers the day.", "", ""),
    };
    let insurer = (id != "none").then(|| InsurerNumber::from_body("0613001").unwrap());
    Explanation {
        reason,
        ja: ja.into(),
        en: en.into(),
        next_ja: next_ja.into(),
        next_en: next_en.into(),
        insurer,
        insurer_last_reported_at: insurer.map(|_| known_at.unwrap_or(now).add_millis(-86_400_000)),
    }
}

pub fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A local list: the first person is there with an old spelling, another namesake, and strangers.
pub const PATIENTS: &str =
    "local_number,name,kana,birth,sex,phone,insurer_number,symbol,number,branch,last_visit_on
00000017,高橋 花子,ﾀｶﾊｼ ﾊﾅｺ,1980-02-29,2,,,,,,2025-06-11
00000018,高橋 華子,ﾀｶﾊｼ ﾊﾅｺ,1975-05-01,2,,,,,,2024-01-05
00000021,山崎 ふみ,ﾔﾏｻﾞｷ ﾌﾐ,1953-01-15,2,,,,,,2026-10-20
00000022,渡辺 健太,ﾜﾀﾅﾍﾞ ｹﾝﾀ,1994-11-30,1,,,,,,2026-02-02
00000023,田中 次郎,ﾀﾅｶ ｼﾞﾛｳ,1990-03-03,1,,,,,,
";
