//! From an answer of ours to the field's own message: every field that we hold.

use codes::InstitutionCode;
use eligibility_xml::{
    CharacterCode, ConsentFlag, ElderlyRecipientCertificateInfo, Header, InsuredCardClassification,
    LimitApplicationCertificateRelatedInfo, LimitCertificateClassification, LimitClass, PaddedInsurerNumber,
    Percent, PersonalFamilyClassification, PreschoolClassification, ProcessingResultStatus,
    QualificationValidity, ReasonOfLoss, ReferenceClassification, Response, ResponseBody, ResultList,
    ResultOfQualificationConfirmation, SegmentOfResult, Sex as XmlSex, SpecificDisease,
    SpecificDiseasesCertificateInfo, SpecificDiseasesCertificateList,
};
use kotoba::to_half_kana;
use protocol::eligibility::{
    CheckAnswer, LimitCertificate, LossReason, Membership, Relation, Sex, SpecificDiseaseCertificate,
    Validity,
};

use crate::model::LocalNumber;

/// By what the question was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A card read at the desk.
    Card,
    /// A request file with symbol and number.
    Request,
}

/// The whole message of an answer.
pub(super) fn response(
    code: &InstitutionCode,
    answer: &CheckAnswer,
    patient: Option<&LocalNumber>,
    asked: Asked,
) -> Response {
    let results: Vec<_> = answer.memberships.iter().map(|membership| result(membership, patient)).collect();
    let explanation = &answer.explanation;
    let message =
        (answer.validity != Validity::Valid).then(|| format!("{}{}", explanation.ja, explanation.next_ja));
    Response {
        header: Header {
            process_execution_time: Some(answer.answered_at),
            qualification_confirmation_date: Some(answer.on),
            medical_institution_code: Some(code.to_string()),
            reference_classification: Some(match asked {
                Asked::Card => ReferenceClassification::MyNumberCard,
                Asked::Request => ReferenceClassification::InsuredCard,
            }),
            segment_of_result: Some(SegmentOfResult::Normal),
            character_code_identifier: Some(CharacterCode::Utf8),
            ..Header::default()
        },
        body: ResponseBody {
            processing_result_status: Some(ProcessingResultStatus::Normal),
            processing_result_message: message,
            qualification_validity: Some(validity(answer.validity)),
            result_list: (!results.is_empty()).then(|| ResultList { results, ..ResultList::default() }),
            ..ResponseBody::default()
        },
        ..Response::default()
    }
}

fn result(membership: &Membership, patient: Option<&LocalNumber>) -> ResultOfQualificationConfirmation {
    let (insured, person, terms) = (&membership.insured, &membership.person, &membership.terms);
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ResultOfQualificationConfirmation {
        insured_card_classification: given(&terms.classification)
            .map(|code| InsuredCardClassification::from_code(&code)),
        insurer_number: Some(PaddedInsurerNumber::from(&insured.insurer)),
        insured_card_symbol: given(insured.symbol.as_str()),
        insured_identification_number: given(insured.number.as_str()),
        insured_branch_number: insured.branch.map(|branch| branch.to_string()),
        personal_family_classification: Some(match membership.relation {
            Relation::Insured => PersonalFamilyClassification::Insured,
            Relation::Dependant => PersonalFamilyClassification::Dependant,
        }),
        insured_name: (membership.relation == Relation::Insured).then(|| person.name.clone()),
        name: Some(person.name.clone()),
        name_kana: given(&to_half_kana(&person.kana)),
        sex1: Some(match person.sex {
            Sex::Male => XmlSex::Male,
            Sex::Female => XmlSex::Female,
            Sex::Unset => XmlSex::Unset,
        }),
        birthdate: Some(person.birthdate),
        address: given(&person.address),
        post_number: given(&person.postal_code),
        insured_certificate_issuance_date: terms.issued_on,
        qualification_date: Some(membership.qualified_on),
        disqualification_date: membership.disqualified_on,
        insured_partial_contribution_ratio: terms.copayment_percent.and_then(|p| Percent::new(p.into())),
        preschool_classification: terms.preschool.then_some(PreschoolClassification::Preschool),
        reason_of_loss: membership.loss_reason.map(loss),
        insurer_name: given(&membership.insurer_name),
        elderly_recipient: terms.elderly.as_ref().map(|elderly| ElderlyRecipientCertificateInfo {
            valid_start_date: Some(elderly.from),
            valid_end_date: Some(elderly.to),
            contribution_ratio: Percent::new(elderly.copayment_percent.into()),
            ..ElderlyRecipientCertificateInfo::default()
        }),
        limit_certificate_consent: terms.limit.as_ref().map(|_| ConsentFlag::Yes),
        limit_certificate: terms.limit.as_ref().map(limit),
        specific_diseases_consent: (!terms.specific_diseases.is_empty()).then_some(ConsentFlag::Yes),
        specific_diseases: (!terms.specific_diseases.is_empty()).then(|| SpecificDiseasesCertificateList {
            certificates: terms.specific_diseases.iter().map(disease).collect(),
            ..SpecificDiseasesCertificateList::default()
        }),
        reference_number: patient.map(ToString::to_string),
        ..ResultOfQualificationConfirmation::default()
    }
}

fn limit(limit: &LimitCertificate) -> LimitApplicationCertificateRelatedInfo {
    LimitApplicationCertificateRelatedInfo {
        classification: Some(LimitCertificateClassification::from_code(&limit.classification)),
        class: Some(LimitClass::from_code(&limit.flag)),
        valid_start_date: Some(limit.from),
        valid_end_date: Some(limit.to),
        ..LimitApplicationCertificateRelatedInfo::default()
    }
}

fn disease(certificate: &SpecificDiseaseCertificate) -> SpecificDiseasesCertificateInfo {
    SpecificDiseasesCertificateInfo {
        disease: Some(SpecificDisease::from_code(&certificate.category.to_string())),
        valid_start_date: Some(certificate.from),
        valid_end_date: Some(certificate.to),
        self_pay: Some(certificate.ceiling_yen),
        ..SpecificDiseasesCertificateInfo::default()
    }
}

fn validity(validity: Validity) -> QualificationValidity {
    QualificationValidity::from_code(&validity.code().to_string())
}

fn loss(reason: LossReason) -> ReasonOfLoss {
    match reason {
        LossReason::Death => ReasonOfLoss::Death,
        LossReason::PublicAssistance => ReasonOfLoss::PublicAssistance,
        LossReason::OtherInsurance => ReasonOfLoss::OtherInsurance,
        LossReason::Other => ReasonOfLoss::Other99,
    }
}
