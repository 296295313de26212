//! The code values of the interface (OQSCDnnn) and what they mean.

/// A code value that this library does not know: kept, because a release of the interface may add values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherCode(String);

impl OtherCode {
    /// The value as it stood.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Declares a code: `Variant = "value", "日本語", "English";`.
macro_rules! code {
    ($(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $value:literal, $ja:literal, $en:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $value, "` ", $ja, ": ", $en, ".")] $variant,)*
            /// A value that is not in the table.
            Other(OtherCode),
        }

        impl $name {
            /// The values of the table in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The value of a code; values outside of the table are kept as they are.
            pub fn from_code(code: &str) -> Self {
                match code.trim_ascii() {
                    $($value => Self::$variant,)*
                    other => Self::Other(OtherCode(other.to_owned())),
                }
            }

            /// The code as it is written.
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Other(other) => other.as_str(),
                }
            }

            /// The meaning in Japanese; the code itself when it is not in the table.
            pub fn ja(&self) -> &str {
                match self {
                    $(Self::$variant => $ja,)*
                    Self::Other(other) => other.as_str(),
                }
            }

            /// The meaning in English; the code itself when it is not in the table.
            pub fn en(&self) -> &str {
                match self {
                    $(Self::$variant => $en,)*
                    Self::Other(other) => other.as_str(),
                }
            }

            /// Whether the value is in the table.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl $crate::group::Field for $name {
            fn read(
                element: &$crate::tree::Element,
                source: &$crate::charset::Source,
            ) -> Result<Option<Self>, $crate::error::ReadError> {
                let text = $crate::value::trimmed(element, source)?;
                Ok((!text.is_empty()).then(|| Self::from_code(text)))
            }

            fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut $crate::write::Writer) {
                writer.leaf(tag, attributes, self.code());
            }

            fn meaning(raw: &str) -> Option<String> {
                let value = Self::from_code(raw.trim());
                value.is_known().then(|| value.ja().to_owned())
            }
        }
    };
}

code! {
    /// What a check was made by (照会区分, OQSCD002).
    pub enum ReferenceClassification {
        MyNumberCard = "1", "マイナンバーカード", "My Number card";
        InsuredCard = "2", "被保険者証", "insured person's card";
    }
}
code! {
    /// The result of the whole request (処理結果区分, OQSCD003).
    pub enum SegmentOfResult {
        Normal = "1", "正常", "normal";
        Processing = "2", "処理中", "in progress";
        Abnormal = "9", "異常", "abnormal";
    }
}
code! {
    /// The result for a person (処理結果状況, OQSCD004).
    pub enum ProcessingResultStatus {
        Normal = "1", "正常", "normal";
        Error = "2", "エラー", "error";
    }
}
code! {
    /// The encoding of a file (文字コード識別, OQSCD005).
    pub enum CharacterCode {
        Utf8 = "0", "UTF-8", "UTF-8";
        ShiftJis = "1", "Shift_JIS", "Shift_JIS";
    }
}
code! {
    /// Whether the person is insured (資格有効性, OQSCD006).
    pub enum QualificationValidity {
        Valid = "1", "有効", "valid";
        Invalid = "2", "無効", "not valid";
        InvalidWithNewer = "3", "無効（新しい資格あり）", "not valid, there is a newer membership";
        NotFound = "4", "該当資格なし", "no such membership";
        Several = "5", "複数該当", "several memberships match";
        ValidUnregistered = "6", "有効（未登録）", "valid, not registered (public assistance)";
    }
}
code! {
    /// Male or female (性別, OQSCD007).
    pub enum Sex {
        Male = "1", "男", "male";
        Female = "2", "女", "female";
        Unset = "3", "未設定", "not stated";
    }
}
code! {
    /// Why a membership ended (資格喪失事由, OQSCD008).
    pub enum ReasonOfLoss {
        Death = "01", "死亡", "death";
        PublicAssistance = "02", "生活保護受給開始", "public assistance begins";
        OtherInsurance = "03", "他保険の資格取得", "another insurer's membership begins";
        Other99 = "99", "その他", "other";
    }
}
code! {
    /// The insured person or a dependant (本人・家族の別, OQSCD009).
    pub enum PersonalFamilyClassification {
        Insured = "1", "本人", "insured person";
        Dependant = "2", "家族", "dependant";
    }
}
code! {
    /// The kind of card or membership (被保険者証区分, OQSCD010). Values since December 2024 are not in any public
    /// source and are kept as they come.
    pub enum InsuredCardClassification {
        General = "01", "一般", "general";
        Retired = "02", "退職", "retired";
        ShortTermGeneral = "03", "短期（一般）", "short term, general";
        ShortTermRetired = "04", "短期（退職）", "short term, retired";
        QualificationCertificate = "05", "資格証明書", "certificate of qualification (pays in full)";
        SpecialRetired = "06", "特例退職", "special retired";
        SelfDefence = "07", "自衛官", "self-defence official";
        PublicAssistance = "A1", "医療扶助", "medical assistance";
    }
}
code! {
    /// The kind of limit certificate (限度額適用認定証区分, OQSCD011).
    pub enum LimitCertificateClassification {
        Limit = "01", "限度額適用認定証", "limit on payment";
        LimitAndMeals = "02", "限度額適用・標準負担額減額認定証", "limit on payment and reduced meals";
        Meals = "03", "標準負担額減額認定証", "reduced meals";
    }
}
code! {
    /// The income class of a limit certificate (適用区分, OQSCD012).
    pub enum LimitClass {
        A01 = "A01", "ア", "class A";
        A02 = "A02", "イ", "class I";
        A03 = "A03", "ウ", "class U";
        A04 = "A04", "エ", "class E";
        A05 = "A05", "オ", "class O";
        A06 = "A06", "オ（境）", "class O, borderline";
        B01 = "B01", "現役並みⅢ", "as in work III";
        B02 = "B02", "現役並みⅡ", "as in work II";
        B03 = "B03", "現役並みⅠ", "as in work I";
        B04 = "B04", "一般", "general";
        B05 = "B05", "低所得Ⅱ", "low income II";
        B06 = "B06", "低所得Ⅰ", "low income I";
        B07 = "B07", "低所得Ⅰ（老福）", "low income I, old-age pension";
        B08 = "B08", "低所得Ⅰ（境）", "low income I, borderline";
        B09 = "B09", "一般Ⅱ", "general II";
        B10 = "B10", "一般Ⅰ", "general I";
    }
}
code! {
    /// A specified disease (認定疾病区分, OQSCD013).
    pub enum SpecificDisease {
        Dialysis = "1", "人工透析を必要とする慢性腎不全", "chronic renal failure on dialysis";
        Coagulation = "2", "先天性血液凝固因子障害", "congenital coagulation factor disorder";
        Hiv = "3", "血液凝固因子製剤によるHIV感染症", "HIV infection from blood products";
    }
}
code! {
    /// Whether the limit certificate changed (限度額適用認定証情報変更有無, OQSCD014).
    pub enum LimitCertificateChanged {
        Unchanged = "0", "変更なし", "unchanged";
        Changed = "1", "変更ありまたは判定不能", "changed or cannot be told";
    }
}
code! {
    /// A child not yet at school (未就学区分, OQSCD015).
    pub enum PreschoolClassification {
        Preschool = "1", "未就学", "not yet at school";
    }
}
code! {
    /// Whether the person consents (同意区分, OQSCD001 and OQSCD016).
    pub enum ConsentFlag {
        No = "0", "同意なし", "no consent";
        Yes = "1", "同意あり", "consent";
        Expired = "2", "同意有効期限切れ", "consent expired";
        Unobtainable = "3", "同意取得困難", "consent cannot be obtained";
    }
}
code! {
    /// How a prescription is issued (処方箋発行形態, OQSCD017).
    pub enum PrescriptionIssue {
        Electronic = "1", "電子処方箋", "electronic";
        Paper = "2", "紙の処方箋", "on paper";
    }
}
code! {
    /// For treatment or for dispensing (医療券・調剤券別, OQSCD018).
    pub enum TicketType {
        Medical = "01", "医療券", "medical ticket";
        Dispensing = "02", "調剤券", "dispensing ticket";
    }
}
code! {
    /// The kind of treatment (診療別, OQSCD019).
    pub enum MedicalTreatmentType {
        Inpatient = "01", "入院", "inpatient";
        Outpatient = "02", "入院外", "outpatient";
        Dental = "03", "歯科", "dental";
        Dispensing = "04", "調剤", "dispensing";
        HomeNursing = "05", "訪問看護", "home nursing";
    }
}
code! {
    /// Alone or beside an insurance (単独・併用別, OQSCD020).
    pub enum SingleOrCombinedUse {
        Single = "01", "単独", "alone";
        Combined = "02", "併用", "combined";
    }
}
code! {
    /// Whether something applies (該当状況, OQSCD021, 023, 024, 025).
    pub enum Applies {
        Yes = "01", "あり", "yes";
        No = "02", "なし", "no";
    }
}
code! {
    /// Whether two sources disagree (整合性フラグ, OQSCD022).
    pub enum ConsistencyFlag {
        Inconsistent = "1", "不整合あり", "inconsistent";
    }
}
code! {
    /// Whether the asking institution is the designated one (指定医療機関確認フラグ, OQSCD026).
    pub enum DesignatedFlag {
        Same = "0", "一致", "the same";
        Different = "1", "不一致", "another";
    }
}
code! {
    /// The way of treatment that a bulk request is for (診療区分, OQSCD028).
    pub enum MedicalTreatmentFlag {
        Outpatient = "1", "外来", "outpatient";
        HomeVisit = "2", "訪問診療等", "home visit";
        Online = "3", "オンライン診療等", "online consultation";
        Emergency = "4", "救急時", "emergency";
    }
}
