//! How the model's words stand in columns.

use ::store::{Row, StoreError};
use protocol::eligibility::Validity;
use protocol::reader::ReaderMode;

use crate::model::{Door, MedicalState, Shown, Standing};

pub(super) fn standing_from_text(
    row: &Row<'_>,
    state: usize,
    validity: usize,
) -> Result<Standing, StoreError> {
    Ok(match row.text(state)? {
        "asking" => Standing::Asking,
        "unconfirmed" => Standing::Unconfirmed,
        "refused" => Standing::Refused,
        _ => Standing::Answered(match row.text(validity)? {
            "valid" => Validity::Valid,
            "invalid" => Validity::Invalid,
            "invalid-newer" => Validity::InvalidNewer,
            "several" => Validity::Several,
            _ => Validity::None,
        }),
    })
}

pub(super) fn validity_to_text(validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => "valid",
        Validity::Invalid => "invalid",
        Validity::InvalidNewer => "invalid-newer",
        Validity::None => "none",
        Validity::Several => "several",
    }
}

pub(super) fn door_to_text(door: Door) -> &'static str {
    match door {
        Door::Desk => "desk",
        Door::Api => "api",
        Door::Folder => "folder",
    }
}

pub(super) fn door_from_text(row: &Row<'_>, column: usize) -> Result<Door, StoreError> {
    match row.text(column)? {
        "desk" => Ok(Door::Desk),
        "api" => Ok(Door::Api),
        "folder" => Ok(Door::Folder),
        other => Err(StoreError::decode(column, "a door", other)),
    }
}

pub(super) fn shown_to_text(shown: Shown) -> (&'static str, Option<&'static str>) {
    let mode = shown.mode().map(|mode| match mode {
        ReaderMode::Face => "face",
        ReaderMode::Visual => "visual",
        ReaderMode::Pin => "pin",
    });
    let road = match shown {
        Shown::CardCode(_) => "insurance-code",
        Shown::CardCertificate(_) => "certificate",
        Shown::Number => "number",
    };
    (road, mode)
}

pub(super) fn shown_from_text(row: &Row<'_>, road: usize, mode: usize) -> Result<Shown, StoreError> {
    let mode_of = || match row.opt_text(mode)? {
        Some("face") => Ok(ReaderMode::Face),
        Some("visual") => Ok(ReaderMode::Visual),
        Some("pin") => Ok(ReaderMode::Pin),
        other => Err(StoreError::decode(mode, "a reader's mode", other.unwrap_or("null"))),
    };
    Ok(match row.text(road)? {
        "insurance-code" => Shown::CardCode(mode_of()?),
        "certificate" => Shown::CardCertificate(mode_of()?),
        _ => Shown::Number,
    })
}

pub(super) fn medical_from_text(state: Option<&str>) -> MedicalState {
    match state {
        Some("pending") => MedicalState::Pending,
        Some("registered") => MedicalState::Registered,
        Some("expired") => MedicalState::Expired,
        _ => MedicalState::None,
    }
}
