//! The header lines: the names of the fields of each row, in order (a test holds them to the structs).

use super::*;

/// A row whose file has a header line.
pub trait Columns {
    /// The column names, in order.
    const COLUMNS: &'static [&'static str];
}

impl Columns for MemberRow {
    const COLUMNS: &'static [&'static str] = &[
        "insurer_number",
        "symbol",
        "number",
        "branch",
        "my_number",
        "name",
        "kana",
        "birth",
        "sex",
        "relation",
        "postal_code",
        "address",
        "acquired_on",
        "lost_on",
        "loss_reason",
        "ratio",
        "preschool",
        "elderly_from",
        "elderly_until",
        "elderly_ratio",
        "limit_class",
        "limit_flag",
        "limit_from",
        "limit_until",
        "acquisition_reported_on",
        "reported_on",
    ];
}

impl Columns for InsurerEventRow {
    const COLUMNS: &'static [&'static str] = &[
        "event",
        "happened_on",
        "insurer_number",
        "symbol",
        "number",
        "branch",
        "my_number",
        "name",
        "kana",
        "birth",
        "sex",
        "relation",
        "postal_code",
        "address",
        "acquired_on",
        "lost_on",
        "loss_reason",
        "ratio",
        "preschool",
        "elderly_from",
        "elderly_until",
        "elderly_ratio",
        "limit_class",
        "limit_flag",
        "limit_from",
        "limit_until",
        "acquisition_reported_on",
        "reported_on",
    ];
}

impl Columns for ResidentRow {
    const COLUMNS: &'static [&'static str] = &[
        "resident_code",
        "my_number",
        "name",
        "kana",
        "birth",
        "sex",
        "postal_code",
        "municipality_code",
        "address",
        "household",
        "relation",
        "resident_since",
        "removed_on",
        "removal_reason",
    ];
}

impl Columns for ResidentEventRow {
    const COLUMNS: &'static [&'static str] =
        &["resident_code", "event", "happened_on", "reported_on", "before", "after"];
}

impl Columns for CardRow {
    const COLUMNS: &'static [&'static str] = &[
        "resident_code",
        "card_serial",
        "applied_on",
        "issued_on",
        "card_until",
        "certificate_until",
        "renewed_on",
        "state",
        "revoked_on",
        "revocation_reason",
        "medical_id",
        "medical_id_on",
        "generation",
    ];
}

impl Columns for MunicipalityRow {
    const COLUMNS: &'static [&'static str] = &["municipality_code", "prefecture", "name", "kana", "name_en"];
}

impl Columns for InsurerRow {
    const COLUMNS: &'static [&'static str] =
        &["insurer_number", "kind", "slug", "name", "name_en", "municipality_code", "charset"];
}

impl Columns for InstitutionRow {
    const COLUMNS: &'static [&'static str] = &[
        "institution_code",
        "kind",
        "slug",
        "name",
        "name_en",
        "municipality_code",
        "postal_code",
        "address",
    ];
}

impl Columns for PatientRow {
    const COLUMNS: &'static [&'static str] = &[
        "local_number",
        "name",
        "kana",
        "birth",
        "sex",
        "phone",
        "insurer_number",
        "symbol",
        "number",
        "branch",
        "last_visit_on",
    ];
}

impl Columns for TruthPersonRow {
    const COLUMNS: &'static [&'static str] = &[
        "person",
        "resident_code",
        "my_number",
        "household",
        "birth",
        "death",
        "arrived",
        "left",
        "welfare_since",
    ];
}

impl Columns for TruthMembershipRow {
    const COLUMNS: &'static [&'static str] = &[
        "person",
        "insurer_number",
        "symbol",
        "number",
        "branch",
        "relation",
        "acquired_on",
        "lost_on",
        "acquisition_reported_on",
        "loss_reported_on",
    ];
}

impl Columns for TruthErrorRow {
    const COLUMNS: &'static [&'static str] = &["person", "error", "organisation", "from", "until", "detail"];
}

impl Columns for StoryRow {
    const COLUMNS: &'static [&'static str] = &[
        "story",
        "resident_code",
        "person",
        "name",
        "kana",
        "birth",
        "sex",
        "title_ja",
        "title_en",
        "text_ja",
        "text_en",
        "expect_validity",
        "expect_insurer",
        "expect_card",
        "expect_medical_id",
        "look_back_on",
        "look_back_validity",
    ];
}

impl Columns for ClaimMemberRow {
    const COLUMNS: &'static [&'static str] = &[
        "person",
        "insurer_number",
        "symbol",
        "number",
        "branch",
        "relation",
        "kana",
        "birth",
        "sex",
        "acquired_on",
        "lost_on",
        "acquisition_known_on",
        "loss_known_on",
    ];
}

impl Columns for TruthClaimRow {
    const COLUMNS: &'static [&'static str] =
        &["file", "number", "person", "error", "expected", "decidable", "insurers"];
}

impl Columns for TruthPatientRow {
    const COLUMNS: &'static [&'static str] = &["institution_code", "local_number", "person"];
}

impl Columns for NetworkRow {
    const COLUMNS: &'static [&'static str] = &["network", "name", "name_en", "institution_code", "since"];
}

impl Columns for NetworkPatientRow {
    const COLUMNS: &'static [&'static str] =
        &["network", "network_number", "institution_code", "local_number", "name", "kana", "birth", "sex"];
}

impl Columns for WatchRow {
    const COLUMNS: &'static [&'static str] = &["kind", "staff_id", "patient_number", "postal_code"];
}

impl Columns for TruthNetworkPatientRow {
    const COLUMNS: &'static [&'static str] = &["network", "network_number", "person", "duplicate", "error"];
}

impl Columns for TruthClinicalRow {
    const COLUMNS: &'static [&'static str] =
        &["person", "facet", "institution_code", "day", "kind", "code", "sensitivity", "resource"];
}

impl Columns for ExchangeStoryRow {
    const COLUMNS: &'static [&'static str] = &[
        "story",
        "role",
        "resident_code",
        "person",
        "facet",
        "institution_code",
        "local_number",
        "text_ja",
        "text_en",
    ];
}
