//! Any message that a program can make is read back as it was, in both encodings; any bytes are read or refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use calendar::{Date, Timestamp};
use musubi_eligibility_xml::*;
use proptest::prelude::*;

/// Makes a message out of bytes, so that proptest can make it smaller.
struct Dice<'a> {
    bytes: std::slice::Iter<'a, u8>,
    charset: Charset,
}

impl Dice<'_> {
    fn roll(&mut self) -> usize {
        self.bytes.next().copied().unwrap_or(0).into()
    }

    fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll() % 2 == 1).then(|| make(self))
    }

    fn many<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.roll() % 4).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> Option<String> {
        const BOTH: &str = " aZ09&<>\"'-/]\t\n\r　診療太郎髙﨑ｼﾝﾘｮｳﾞﾟ①～ーあア々〒\u{E000}";
        const UTF8_ONLY: &str = "𠮷邉\u{E0100}〜—😀é\u{85}\u{2028}";
        let mut alphabet: Vec<char> = BOTH.chars().collect();
        if self.charset == Charset::Utf8 {
            alphabet.extend(UTF8_ONLY.chars());
        }
        self.some(|dice| (0..dice.roll() % 8).map(|_| alphabet[dice.roll() % alphabet.len()]).collect())
    }

    fn number(&mut self) -> u32 {
        u32::try_from(self.roll() * 65_536 + self.roll() * 256 + self.roll()).unwrap()
    }

    fn day(&mut self) -> Date {
        Date::MIN.add_days(i32::try_from(self.number() % 121_000).unwrap())
    }

    fn date(&mut self) -> Option<Date> {
        self.some(Self::day)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.some(|dice| Timestamp::start_of(dice.day()).add_millis(i64::from(dice.number() % 86_400) * 1000))
    }

    fn code<T: Clone>(&mut self, table: &[T], other: impl Fn(&str) -> T) -> Option<T> {
        self.some(|dice| match dice.roll() % (table.len() + 1) {
            0 => other(["Z9", "&<", "診"][dice.roll() % 3]),
            at => table[at - 1].clone(),
        })
    }

    fn insurer(&mut self) -> Option<PaddedInsurerNumber> {
        self.some(|dice| PaddedInsurerNumber::from(["123456", "06130010", "", "00123456"][dice.roll() % 4]))
    }

    fn percent(&mut self) -> Option<Percent> {
        self.some(|dice| Percent::new(u16::try_from(dice.number() % 1000).unwrap()).unwrap())
    }
}

macro_rules! code {
    ($dice:ident, $name:ident) => {
        $dice.code($name::ALL, $name::from_code)
    };
}

fn header(d: &mut Dice) -> Header {
    Header {
        process_execution_time: d.time(),
        qualification_confirmation_date: d.date(),
        medical_institution_code: d.text(),
        arbitrary_file_identifier: d.text(),
        reference_classification: code!(d, ReferenceClassification),
        segment_of_result: code!(d, SegmentOfResult),
        error_code: d.text(),
        error_message: d.text(),
        character_code_identifier: d.some(|d| CharacterCode::from_code(d.charset.identifier())),
        reception_number: d.text(),
        reception_date_time: d.time(),
        number_of_processing_result: d.some(Dice::number),
        number_of_normal_processing: d.some(Dice::number),
        number_of_error: d.some(Dice::number),
        ..Header::default()
    }
}

fn search(d: &mut Dice) -> QualificationConfirmSearchInfo {
    QualificationConfirmSearchInfo {
        insurer_number: d.insurer(),
        insured_card_symbol: d.text(),
        insured_identification_number: d.text(),
        insured_branch_number: d.text(),
        birthdate: d.date(),
        limit_certificate_consent: code!(d, ConsentFlag),
        arbitrary_identifier: d.text(),
        ..QualificationConfirmSearchInfo::default()
    }
}

fn person(d: &mut Dice) -> ResultOfQualificationConfirmation {
    ResultOfQualificationConfirmation {
        insured_card_classification: code!(d, InsuredCardClassification),
        insurer_number: d.insurer(),
        insured_card_symbol: d.text(),
        insured_identification_number: d.text(),
        insured_branch_number: d.text(),
        personal_family_classification: code!(d, PersonalFamilyClassification),
        insured_name: d.text(),
        name: d.text(),
        name_of_other: d.text(),
        name_kana: d.text(),
        name_of_other_kana: d.text(),
        sex1: code!(d, Sex),
        sex2: code!(d, Sex),
        birthdate: d.date(),
        address: d.text(),
        post_number: d.text(),
        insured_certificate_issuance_date: d.date(),
        insured_card_valid_date: d.date(),
        insured_card_expiration_date: d.date(),
        qualification_date: d.date(),
        disqualification_date: d.date(),
        insured_partial_contribution_ratio: d.percent(),
        preschool_classification: code!(d, PreschoolClassification),
        reason_of_loss: code!(d, ReasonOfLoss),
        insurer_name: d.text(),
        elderly_recipient: d.some(elderly),
        limit_certificate_consent: code!(d, ConsentFlag),
        limit_certificate_consent_time: d.time(),
        limit_certificate: d.some(limit),
        limit_certificate_changed: code!(d, LimitCertificateChanged),
        specific_diseases_consent: code!(d, ConsentFlag),
        specific_diseases_consent_time: d.time(),
        specific_diseases: d.some(diseases),
        public_expense_number: d.text(),
        beneficiary_number: d.text(),
        welfare_office_name: d.text(),
        number_of_medical_tickets: d.some(Dice::number),
        public_expenses: d
            .some(|d| PublicExpenseResultList { tickets: d.many(ticket), ..Default::default() }),
        health_checkups_consent: code!(d, ConsentFlag),
        health_checkups_consent_time: d.time(),
        health_checkups_available_time: d.time(),
        pharmacists_consent: code!(d, ConsentFlag),
        pharmacists_consent_time: d.time(),
        pharmacists_available_time: d.time(),
        diagnosis_consent: code!(d, ConsentFlag),
        diagnosis_consent_time: d.time(),
        diagnosis_available_time: d.time(),
        operation_consent: code!(d, ConsentFlag),
        operation_consent_time: d.time(),
        operation_available_time: d.time(),
        prescription_issue_select: code!(d, PrescriptionIssue),
        reference_number: d.text(),
        arbitrary_identifier: d.text(),
        ..ResultOfQualificationConfirmation::default()
    }
}

fn elderly(d: &mut Dice) -> ElderlyRecipientCertificateInfo {
    ElderlyRecipientCertificateInfo {
        certificate_date: d.date(),
        valid_start_date: d.date(),
        valid_end_date: d.date(),
        contribution_ratio: d.percent(),
        ..Default::default()
    }
}

fn limit(d: &mut Dice) -> LimitApplicationCertificateRelatedInfo {
    LimitApplicationCertificateRelatedInfo {
        classification: code!(d, LimitCertificateClassification),
        class: code!(d, LimitClass),
        certificate_date: d.date(),
        valid_start_date: d.date(),
        valid_end_date: d.date(),
        long_term_date: d.date(),
        ..Default::default()
    }
}

fn diseases(d: &mut Dice) -> SpecificDiseasesCertificateList {
    let one = |d: &mut Dice| SpecificDiseasesCertificateInfo {
        disease: code!(d, SpecificDisease),
        certificate_date: d.date(),
        valid_start_date: d.date(),
        valid_end_date: d.date(),
        self_pay: d.some(Dice::number),
        ..Default::default()
    };
    SpecificDiseasesCertificateList { certificates: d.many(one), ..Default::default() }
}

fn ticket(d: &mut Dice) -> MedicalTicketInfo {
    MedicalTicketInfo {
        ticket_type: code!(d, TicketType),
        valid_date: d.date(),
        expiration_date: d.date(),
        issue_number: d.text(),
        treatment_month: d.date().map(Month::of),
        designated_code: d.text(),
        designated_flag: code!(d, DesignatedFlag),
        injury_name1: d.text(),
        treatment_type: code!(d, MedicalTreatmentType),
        self_pay_amount: d.some(Dice::number),
        single_or_combined: code!(d, SingleOrCombinedUse),
        social_insurance: code!(d, Applies),
        consistency: code!(d, ConsistencyFlag),
        infection: code!(d, Applies),
        remarks3: d.text(),
        ..Default::default()
    }
}

fn response(d: &mut Dice) -> Response {
    let unit = |d: &mut Dice| BulkConfirmUnit {
        search: d.some(search),
        processing_result_status: code!(d, ProcessingResultStatus),
        qualification_validity: code!(d, QualificationValidity),
        result: d.some(person),
        reference_number: d.text(),
        ..Default::default()
    };
    let body = ResponseBody {
        processing_result_status: code!(d, ProcessingResultStatus),
        processing_result_code: d.text(),
        processing_result_message: d.text(),
        qualification_validity: code!(d, QualificationValidity),
        prescription_issue_select: code!(d, PrescriptionIssue),
        result_list: d.some(|d| ResultList { results: d.many(person), ..Default::default() }),
        bulk_confirm_units: d.many(unit),
        ..Default::default()
    };
    Response { header: header(d), body, ..Default::default() }
}

fn request(d: &mut Dice) -> Request {
    let body = RequestBody {
        search: Some(search(d)),
        reception_number: d.text(),
        medical_treatment_flag: code!(d, MedicalTreatmentFlag),
        medical_treatment_month: d.date().map(Month::of),
        consent_date_from: d.date(),
        consent_date_to: d.date(),
        examination_date_from: d.date(),
        examination_date_to: d.date(),
        ..Default::default()
    };
    Request { header: header(d), body, ..Default::default() }
}

const PERSON: &str = "<XmlMsg><MessageHeader><CharacterCodeIdentifier>0</CharacterCodeIdentifier></MessageHeader>\
    <MessageBody><ResultList><ResultOfQualificationConfirmation><Name a='1'>診療&amp;太郎</Name>\
    <Birthdate>20010327</Birthdate><!-- c --><X><Y/>t</X></ResultOfQualificationConfirmation></ResultList>\
    </MessageBody></XmlMsg>";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_answer_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..900), shift_jis: bool) {
        let charset = if shift_jis { Charset::ShiftJis } else { Charset::Utf8 };
        let made = response(&mut Dice { bytes: bytes.iter(), charset });
        let written = made.write(charset);
        prop_assert_eq!(&written.losses, &vec![]);
        let read = Response::read(&written.bytes).unwrap();
        prop_assert_eq!(&read, &made);
        prop_assert_eq!(read.write(charset).bytes, written.bytes);
    }

    #[test]
    fn any_request_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..200), shift_jis: bool) {
        let charset = if shift_jis { Charset::ShiftJis } else { Charset::Utf8 };
        let made = request(&mut Dice { bytes: bytes.iter(), charset });
        let written = made.write(charset);
        prop_assert_eq!(Request::read(&written.bytes).unwrap(), made);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Message::read(&bytes);
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(at in 0..PERSON.len(), with: Vec<u8>, cut in 0..8_usize) {
        let mut bytes = PERSON.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(message) = Message::read(&bytes) {
            let again = message.write(Charset::Utf8);
            prop_assert_eq!(Message::read(&again.bytes).unwrap(), message, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
