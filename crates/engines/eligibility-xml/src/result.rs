//! What is known of a person's insurance: `ResultOfQualificationConfirmation`.

use calendar::{Date, Timestamp};

use crate::{
    code_values::{
        Applies, ConsentFlag, ConsistencyFlag, DesignatedFlag, InsuredCardClassification,
        LimitCertificateChanged, LimitCertificateClassification, LimitClass, MedicalTreatmentType,
        PersonalFamilyClassification, PreschoolClassification, ReasonOfLoss, Sex, SingleOrCombinedUse,
        SpecificDisease, TicketType,
    },
    group::group,
    value::{Month, PaddedInsurerNumber, Percent},
};

group! {
    /// One membership of a person with an insurer, as an answer tells it (資格確認結果).
    pub struct ResultOfQualificationConfirmation {
        insured_card_classification: Option<InsuredCardClassification> = "InsuredCardClassification", "被保険者証区分";
        insurer_number: Option<PaddedInsurerNumber> = "InsurerNumber", "保険者番号";
        insured_card_symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号";
        insured_identification_number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号";
        insured_branch_number: Option<String> = "InsuredBranchNumber", "被保険者証枝番";
        personal_family_classification: Option<PersonalFamilyClassification> = "PersonalFamilyClassification", "本人・家族の別";
        insured_name: Option<String> = "InsuredName", "被保険者氏名（世帯主氏名）";
        name: Option<String> = "Name", "氏名";
        name_of_other: Option<String> = "NameOfOther", "氏名（その他）";
        name_kana: Option<String> = "NameKana", "氏名カナ";
        name_of_other_kana: Option<String> = "NameOfOtherKana", "氏名カナ（その他）";
        sex1: Option<Sex> = "Sex1", "性別1";
        sex2: Option<Sex> = "Sex2", "性別2";
        birthdate: Option<Date> = "Birthdate", "生年月日";
        address: Option<String> = "Address", "住所";
        post_number: Option<String> = "PostNumber", "郵便番号";
        insured_certificate_issuance_date: Option<Date> = "InsuredCertificateIssuanceDate", "被保険者証交付年月日";
        insured_card_valid_date: Option<Date> = "InsuredCardValidDate", "被保険者証有効開始年月日";
        insured_card_expiration_date: Option<Date> = "InsuredCardExpirationDate", "被保険者証有効終了年月日";
        qualification_date: Option<Date> = "QualificationDate", "資格取得年月日";
        disqualification_date: Option<Date> = "DisqualificationDate", "資格喪失年月日";
        insured_partial_contribution_ratio: Option<Percent> = "InsuredPartialContributionRatio", "被保険者証一部負担金割合";
        preschool_classification: Option<PreschoolClassification> = "PreschoolClassification", "未就学区分";
        reason_of_loss: Option<ReasonOfLoss> = "ReasonOfLoss", "資格喪失事由";
        insurer_name: Option<String> = "InsurerName", "保険者名称";
        elderly_recipient: Option<ElderlyRecipientCertificateInfo> = "ElderlyRecipientCertificateInfo", "高齢受給者証情報";
        limit_certificate_consent: Option<ConsentFlag> = "LimitApplicationCertificateRelatedConsFlg", "限度額適用認定証提供同意フラグ";
        limit_certificate_consent_time: Option<Timestamp> = "LimitApplicationCertificateRelatedConsTime", "限度額適用認定証提供同意日時";
        limit_certificate: Option<LimitApplicationCertificateRelatedInfo> = "LimitApplicationCertificateRelatedInfo", "限度額適用認定証関連情報";
        limit_certificate_changed: Option<LimitCertificateChanged> = "LimitApplicationCertificateChanged", "限度額適用認定証情報変更有無";
        specific_diseases_consent: Option<ConsentFlag> = "SpecificDiseasesCertificateRelatedConsFlg", "特定疾病療養受療証提供同意フラグ";
        specific_diseases_consent_time: Option<Timestamp> = "SpecificDiseasesCertificateRelatedConsTime", "特定疾病療養受療証提供同意日時";
        specific_diseases: Option<SpecificDiseasesCertificateList> = "SpecificDiseasesCertificateList", "特定疾病療養受療証情報リスト";
        public_expense_number: Option<String> = "PublicExpenseNumber", "公費負担者番号";
        beneficiary_number: Option<String> = "BeneficiaryNumber", "受給者番号";
        welfare_office_name: Option<String> = "WelfareOfficeName", "福祉事務所名";
        number_of_medical_tickets: Option<u32> = "NumberOfMedicalTickets", "医療券・調剤券の数";
        public_expenses: Option<PublicExpenseResultList> = "PublicExpenseResultList", "医療扶助資格確認結果リスト";
        health_checkups_consent: Option<ConsentFlag> = "SpecificHealthCheckupsInfoConsFlg", "特定健診情報閲覧同意フラグ";
        health_checkups_consent_time: Option<Timestamp> = "SpecificHealthCheckupsInfoConsTime", "特定健診情報閲覧同意日時";
        health_checkups_available_time: Option<Timestamp> = "SpecificHealthCheckupsInfoAvailableTime", "特定健診情報閲覧有効期限";
        pharmacists_consent: Option<ConsentFlag> = "PharmacistsInfoConsFlg", "薬剤情報閲覧同意フラグ";
        pharmacists_consent_time: Option<Timestamp> = "PharmacistsInfoConsTime", "薬剤情報閲覧同意日時";
        pharmacists_available_time: Option<Timestamp> = "PharmacistsInfoAvailableTime", "薬剤情報閲覧有効期限";
        diagnosis_consent: Option<ConsentFlag> = "DiagnosisInfoConsFlg", "診療情報閲覧同意フラグ";
        diagnosis_consent_time: Option<Timestamp> = "DiagnosisInfoConsTime", "診療情報閲覧同意日時";
        diagnosis_available_time: Option<Timestamp> = "DiagnosisInfoAvailableTime", "診療情報閲覧有効期限";
        operation_consent: Option<ConsentFlag> = "OperationInfoConsFlg", "手術情報閲覧同意フラグ";
        operation_consent_time: Option<Timestamp> = "OperationInfoConsTime", "手術情報閲覧同意日時";
        operation_available_time: Option<Timestamp> = "OperationInfoAvailableTime", "手術情報閲覧有効期限";
        prescription_issue_select: Option<crate::code_values::PrescriptionIssue> = "PrescriptionIssueSelect", "処方箋発行形態";
        reference_number: Option<String> = "ReferenceNumber", "照会番号";
        arbitrary_identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子";
    }
}

group! {
    /// What someone of 70 to 74 pays (高齢受給者証情報).
    pub struct ElderlyRecipientCertificateInfo {
        certificate_date: Option<Date> = "ElderlyRecipientCertificateDate", "高齢受給者証交付年月日";
        valid_start_date: Option<Date> = "ElderlyRecipientValidStartDate", "高齢受給者証有効開始年月日";
        valid_end_date: Option<Date> = "ElderlyRecipientValidEndDate", "高齢受給者証有効終了年月日";
        contribution_ratio: Option<Percent> = "ElderlyRecipientContributionRatio", "高齢受給者証一部負担金割合";
    }
}

group! {
    /// The limit on what a person pays in a month (限度額適用認定証関連情報).
    pub struct LimitApplicationCertificateRelatedInfo {
        classification: Option<LimitCertificateClassification> = "LimitApplicationCertificateClassification", "限度額適用認定証区分";
        class: Option<LimitClass> = "LimitApplicationCertificateClassificationFlag", "限度額適用認定証適用区分";
        certificate_date: Option<Date> = "LimitApplicationCertificateDate", "限度額適用認定証交付年月日";
        valid_start_date: Option<Date> = "LimitApplicationCertificateValidStartDate", "限度額適用認定証有効開始年月日";
        valid_end_date: Option<Date> = "LimitApplicationCertificateValidEndDate", "限度額適用認定証有効終了年月日";
        long_term_date: Option<Date> = "LimitApplicationCertificateLongTermDate", "限度額適用認定証長期入院該当年月日";
    }
}

group! {
    /// The certificates of specified diseases (特定疾病療養受療証情報リスト).
    pub struct SpecificDiseasesCertificateList {
        certificates: Vec<SpecificDiseasesCertificateInfo> = "SpecificDiseasesCertificateInfo", "特定疾病療養受療証情報";
    }
}

group! {
    /// The certificate of one specified disease (特定疾病療養受療証情報).
    pub struct SpecificDiseasesCertificateInfo {
        disease: Option<SpecificDisease> = "SpecificDiseasesDiseaseCategory", "特定疾病療養受療証認定疾病区分";
        certificate_date: Option<Date> = "SpecificDiseasesCertificateDate", "特定疾病療養受療証交付年月日";
        valid_start_date: Option<Date> = "SpecificDiseasesValidStartDate", "特定疾病療養受療証有効開始年月日";
        valid_end_date: Option<Date> = "SpecificDiseasesValidEndDate", "特定疾病療養受療証有効終了年月日";
        self_pay: Option<u32> = "SpecificDiseasesSelfPay", "特定疾病療養受療証自己負担限度額";
    }
}

group! {
    /// The tickets of public assistance (医療扶助資格確認結果リスト).
    pub struct PublicExpenseResultList {
        tickets: Vec<MedicalTicketInfo> = "MedicalTicketInfo", "医療券・調剤券情報";
    }
}

group! {
    /// One ticket of public assistance (医療券・調剤券情報).
    pub struct MedicalTicketInfo {
        ticket_type: Option<TicketType> = "TicketType", "医療券・調剤券別";
        valid_date: Option<Date> = "MedicalTicketValidDate", "医療券・調剤券有効開始年月日";
        expiration_date: Option<Date> = "MedicalTicketExpirationDate", "医療券・調剤券有効終了年月日";
        issue_number: Option<String> = "IssueNumber", "交付番号";
        treatment_month: Option<Month> = "MedicalTreatmentMonth", "診療年月";
        designated_code: Option<String> = "DesignatedMedicalInstitutionCode", "指定医療機関コード";
        designated_flag: Option<DesignatedFlag> = "DesignatedMedicalInstitutionFlag", "指定医療機関確認フラグ";
        designated_name: Option<String> = "DesignatedMedicalInstitutionName", "指定医療機関名";
        issuer_code: Option<String> = "PrescriptionIssuerMedicalInstitutionCode", "処方箋発行元医療機関コード";
        issuer_name: Option<String> = "PrescriptionIssuerMedicalInstitutionName", "処方箋発行元医療機関名";
        injury_name1: Option<String> = "InjuryName1", "傷病名1";
        injury_name2: Option<String> = "InjuryName2", "傷病名2";
        injury_name3: Option<String> = "InjuryName3", "傷病名3";
        treatment_type: Option<MedicalTreatmentType> = "MedicalTreatmentType", "診療別";
        self_pay_amount: Option<u32> = "SelfPayAmount", "本人支払額";
        district_contact_name: Option<String> = "DistrictContactName", "地区担当員名";
        handling_contact_name: Option<String> = "HandlingContactName", "取扱担当者名";
        single_or_combined: Option<SingleOrCombinedUse> = "SingleOrCombinedUse", "単独・併用別";
        social_insurance: Option<Applies> = "StatusOfSocialInsurance", "社会保険状況";
        consistency: Option<ConsistencyFlag> = "ConsistencyFlag", "社会保険状況の整合性フラグ";
        infection: Option<Applies> = "StatusOfInfecton", "感染症法第37条の2の該当状況";
        elderly_medical_care: Option<Applies> = "StatusOfElderlyMedicalCare", "後期高齢者医療の該当状況";
        prefectural_expenses: Option<Applies> = "StatusOfPrefecturalExpenses", "都道府県費の該当状況";
        remarks1: Option<String> = "Remarks1", "備考1";
        remarks2: Option<String> = "Remarks2", "備考2";
        remarks3: Option<String> = "Remarks3", "備考3";
    }
}

/// What a person lets an institution see (閲覧同意情報種別).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsentKind {
    /// 限度額適用認定証.
    LimitCertificate,
    /// 特定疾病療養受療証.
    SpecificDiseases,
    /// 特定健診情報.
    HealthCheckups,
    /// 薬剤情報.
    Pharmacists,
    /// 診療情報.
    Diagnosis,
    /// 手術情報.
    Operation,
}

/// A consent as it stands in an answer: what was said, when, and until when it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// What the person said.
    pub flag: ConsentFlag,
    /// When.
    pub at: Option<Timestamp>,
    /// Until when the information may be seen, normally 24 hours.
    pub available_until: Option<Timestamp>,
}

impl ResultOfQualificationConfirmation {
    /// The consent of one kind, `None` when the person was not asked.
    pub fn consent(&self, kind: ConsentKind) -> Option<ConsentRecord> {
        let (flag, at, available_until) = match kind {
            ConsentKind::LimitCertificate => {
                (&self.limit_certificate_consent, self.limit_certificate_consent_time, None)
            }
            ConsentKind::SpecificDiseases => {
                (&self.specific_diseases_consent, self.specific_diseases_consent_time, None)
            }
            ConsentKind::HealthCheckups => (
                &self.health_checkups_consent,
                self.health_checkups_consent_time,
                self.health_checkups_available_time,
            ),
            ConsentKind::Pharmacists => {
                (&self.pharmacists_consent, self.pharmacists_consent_time, self.pharmacists_available_time)
            }
            ConsentKind::Diagnosis => {
                (&self.diagnosis_consent, self.diagnosis_consent_time, self.diagnosis_available_time)
            }
            ConsentKind::Operation => {
                (&self.operation_consent, self.operation_consent_time, self.operation_available_time)
            }
        };
        flag.clone().map(|flag| ConsentRecord { flag, at, available_until })
    }
}
