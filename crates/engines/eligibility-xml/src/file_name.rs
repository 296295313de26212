//! The names of the files.

use std::{fmt, str::FromStr};

use calendar::{Date, Timestamp};

/// What a file of the folder exchange holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A request for a check, `OQSsiquc01req_<id>.xml`.
    Request,
    /// The answer to a check, `OQSsiquc01res_<id>.xml`.
    Response,
    /// A result that a patient made at the reader, `OQSsiquc01res_face_<id>_<yyyyMMddHHmmss>.xml`.
    Face,
}

/// The name of a file of the folder exchange (ファイル名).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    kind: Kind,
    id: String,
    at: Option<Timestamp>,
}

/// A name that is none of the exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{found}” is not a file of the exchange: expected OQSsiquc01req_<id>.xml, OQSsiquc01res_<id>.xml or \
     OQSsiquc01res_face_<id>_<yyyyMMddHHmmss>.xml, the id of 1 to 64 letters, digits, “-” and “_”"
)]
pub struct FileNameError {
    /// The name that was read.
    pub found: String,
}

impl FileNameError {
    /// The same message in Japanese.
    pub fn ja(&self) -> String {
        format!(
            "「{}」は資格確認のファイル名ではありません（OQSsiquc01req_<識別子>.xml、OQSsiquc01res_<識別子>.xml、\
             OQSsiquc01res_face_<識別子>_<yyyyMMddHHmmss>.xml のいずれか。識別子は英数字・「-」・「_」で64文字まで）",
            self.found
        )
    }
}

impl FileName {
    /// The name of a request by date and sequence, `OQSsiquc01req_yyyyMMddNNNN.xml`; the sequence modulo 10,000.
    pub fn request(day: Date, sequence: u16) -> Self {
        let id = format!("{}{:04}", day.to_compact(), sequence % 10_000);
        Self { kind: Kind::Request, id, at: None }
    }

    /// The name of a request by a free identifier.
    ///
    /// # Errors
    /// When the identifier is not 1 to 64 ASCII letters, digits, `-` and `_`.
    pub fn request_with(id: &str) -> Result<Self, FileNameError> {
        Self::checked(Kind::Request, id, None)
    }

    /// The name of the answer to this request.
    pub fn response(&self) -> Self {
        Self { kind: Kind::Response, id: self.id.clone(), at: None }
    }

    /// The name of a reader's result.
    ///
    /// # Errors
    /// When the identifier is not 1 to 64 ASCII letters, digits, `-` and `_`.
    pub fn face(id: &str, at: Timestamp) -> Result<Self, FileNameError> {
        Self::checked(Kind::Face, id, Some(at))
    }

    /// What the file holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The identifier, the same in a request and its answer.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When the reader made the result; only of [`Kind::Face`].
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    fn checked(kind: Kind, id: &str, at: Option<Timestamp>) -> Result<Self, FileNameError> {
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let face = kind == Kind::Response && id.starts_with("face_");
        if id.is_empty() || id.len() > LONGEST || !id.bytes().all(sound) || face {
            return Err(FileNameError { found: id.chars().take(80).collect() });
        }
        Ok(Self { kind, id: id.to_owned(), at })
    }
}

impl FromStr for FileName {
    type Err = FileNameError;

    fn from_str(name: &str) -> Result<Self, FileNameError> {
        let error = || FileNameError { found: name.chars().take(80).collect() };
        let stem = name.strip_suffix(".xml").or_else(|| name.strip_suffix(".XML")).ok_or_else(error)?;
        let checked = |kind, id: &str, at| Self::checked(kind, id, at).map_err(|_| error());
        if let Some(id) = stem.strip_prefix(REQUEST) {
            return checked(Kind::Request, id, None);
        }
        if let Some(rest) = stem.strip_prefix(FACE) {
            let (id, at) = rest.rsplit_once('_').ok_or_else(error)?;
            let at = Timestamp::from_jst_compact(at).map_err(|_| error())?;
            return checked(Kind::Face, id, Some(at));
        }
        checked(Kind::Response, stem.strip_prefix(RESPONSE).ok_or_else(error)?, None)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.kind {
            Kind::Request => REQUEST,
            Kind::Response => RESPONSE,
            Kind::Face => FACE,
        };
        match self.at {
            Some(at) => write!(f, "{prefix}{}_{}.xml", self.id, at.to_jst_compact()),
            None => write!(f, "{prefix}{}.xml", self.id),
        }
    }
}

const REQUEST: &str = "OQSsiquc01req_";
const RESPONSE: &str = "OQSsiquc01res_";
const FACE: &str = "OQSsiquc01res_face_";
/// Characters of an identifier at most.
const LONGEST: usize = 64;
