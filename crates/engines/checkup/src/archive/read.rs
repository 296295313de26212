//! An archive read file by file: nothing of it is held but what is being looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
};

use serde::Serialize;
use zip::ZipArchive;

use super::{
    name::{ArchiveName, is_record_name},
    together,
};
use crate::{
    claim::{Claim, Subject},
    exchange::{Amounts, Index, Summary},
    finding::{Finding, MOST, Rule},
    validate::{Checked, FileKind, Generation, check_file},
    xml::Limits,
};

/// How much of an archive is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Files.
    pub files: usize,
    /// Bytes of all files unpacked.
    pub bytes: u64,
    /// Bytes unpacked for one byte packed; a check-up packs twenty to one.
    pub ratio: u64,
    /// Of one document.
    pub document: Limits,
}

impl Default for ArchiveLimits {
    /// 200,000 files, 8 GiB, 200 to one.
    fn default() -> Self {
        Self { files: 200_000, bytes: 8 << 30, ratio: 200, document: Limits::default() }
    }
}

/// An archive could not be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not a zip, or a damaged one.
    #[error("this is no zip archive that can be read: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// More files than the limit.
    #[error("the archive has {files} files, at most {limit} are read")]
    TooMany {
        /// How many it has.
        files: usize,
        /// The limit.
        limit: usize,
    },
    /// Files that share their bytes, as archives made to burst do.
    #[error("files of the archive overlap")]
    Overlap,
    /// The archive could not be written.
    #[error("the archive cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl ArchiveError {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Zip(error) => format!("zip として読めません（{error}）"),
            Self::TooMany { files, limit } => format!("ファイルが {files} あります（上限は {limit}）"),
            Self::Overlap => "zip 内のファイルが重なり合っています".to_owned(),
            Self::Write(error) => format!("zip を書き出せません（{error}）"),
        }
    }
}

/// What an archive holds, its documents aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Archive {
    /// The name of its root folder, when it has one.
    pub root: Option<String>,
    /// The same in its parts, when it is of the specification's kind.
    pub name: Option<ArchiveName>,
    /// The generation of its index.
    pub generation: Option<Generation>,
    /// ix08.
    pub index: Option<Index>,
    /// su08.
    pub summary: Option<Summary>,
    /// Documents in `DATA`.
    pub documents: usize,
    /// Claims in `CLAIMS`.
    pub claims: usize,
    /// What the claims come to.
    pub amounts: Amounts,
    /// What is wrong with the archive as a whole, and with files that could not be read.
    pub findings: Vec<Finding>,
    #[serde(skip)]
    pub(super) subjects: [BTreeMap<String, Option<Subject>>; 2],
    #[serde(skip)]
    pub(super) parties: BTreeSet<(String, String)>,
    #[serde(skip)]
    pub(super) has_schemas: bool,
}

/// One XML file of an archive.
#[derive(Debug)]
pub struct Member {
    /// Its path within the root folder.
    pub path: String,
    /// What was read.
    pub checked: Checked,
}

/// Reads an archive and hands out its XML files, one at a time.
///
/// # Errors
/// When it is no zip, is made to burst, or has more files than the limit. A file that cannot be read is a finding.
pub fn read_archive(
    reader: impl Read + Seek,
    file_name: Option<&str>,
    limits: &ArchiveLimits,
    mut each: impl FnMut(Member),
) -> Result<Archive, ArchiveError> {
    let mut zip = ZipArchive::new(reader)?;
    if zip.len() > limits.files {
        return Err(ArchiveError::TooMany { files: zip.len(), limit: limits.files });
    }
    if zip.has_overlapping_files()? {
        return Err(ArchiveError::Overlap);
    }
    let mut archive = Archive::default();
    if zip.has_duplicate_names() {
        archive.error("", "two files have the same name", "同じ名前のファイルがあります");
    }
    let paths: Vec<String> =
        zip.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect();
    archive.root = root_of(&paths);
    archive.name = archive.root.as_deref().and_then(ArchiveName::parse);
    let mut unpacked = 0_u64;
    for at in 0..zip.len() {
        let mut file = match zip.by_index(at) {
            Ok(file) => file,
            Err(error) => {
                archive.error(
                    &format!("#{at}"),
                    format!("cannot be read: {error}"),
                    format!("読めません（{error}）"),
                );
                continue;
            }
        };
        let Some(path) = archive.place(file.name().ok().as_deref(), file.is_symlink()) else { continue };
        if file.is_dir() || path.starts_with("XSD/") {
            archive.has_schemas |= path.starts_with("XSD/");
            continue;
        }
        let (size, packed) = (file.size(), file.compressed_size().max(1));
        let most = limits.document.bytes as u64;
        if size > most
            || unpacked.saturating_add(size) > limits.bytes
            || size > SMALL && size / packed > limits.ratio
        {
            archive.error(
                &path,
                format!("{size} bytes in {packed}: larger than what is unpacked here"),
                format!("{packed}バイトに{size}バイトが入っています（展開の上限を超えます）"),
            );
            continue;
        }
        let mut bytes = Vec::new();
        // What the directory says of the size is not believed.
        let read = file.by_ref().take(most + 1).read_to_end(&mut bytes);
        unpacked = unpacked.saturating_add(bytes.len() as u64);
        if let Err(error) = read {
            archive.error(
                &path,
                format!("cannot be unpacked: {error}"),
                format!("展開できません（{error}）"),
            );
        } else if unpacked > limits.bytes
            || bytes.len() as u64 > packed.saturating_mul(limits.ratio).max(SMALL)
        {
            let (en, ja) = ("unpacks to more than is unpacked here", "展開の上限を超えます");
            archive.error(&path, en, ja);
            if unpacked > limits.bytes {
                break;
            }
        } else {
            archive.take(path, &bytes, limits, &mut each);
        }
    }
    together::check(&mut archive, file_name);
    Ok(archive)
}

impl Archive {
    /// The path of a file within the root folder; none for one that no archive may have.
    fn place(&mut self, name: Option<&str>, is_link: bool) -> Option<String> {
        let name = name.unwrap_or_default();
        let escapes = name.starts_with('/')
            || name.contains(['\\', ':', '\0'])
            || name.split('/').any(|part| part == ".." || part == ".");
        if name.is_empty() || escapes || is_link {
            let shown: String = name.chars().take(80).collect();
            self.error(
                &shown,
                "a path that leads out of the archive, or a link",
                "アーカイブの外を指す名前かリンクです",
            );
            return None;
        }
        let root = self.root.as_deref().map(|root| format!("{root}/"));
        Some(root.and_then(|root| name.strip_prefix(&root)).unwrap_or(name).to_owned())
    }

    fn take(&mut self, path: String, bytes: &[u8], limits: &ArchiveLimits, each: &mut impl FnMut(Member)) {
        let folder = path.split_once('/').map(|(folder, name)| (folder.to_ascii_uppercase(), name));
        let (expected, file) = match &folder {
            Some((folder, name)) if folder == "DATA" => (Some(FileKind::Checkup), *name),
            Some((folder, name)) if folder == "CLAIMS" => (Some(FileKind::Claim), *name),
            Some(_) => (None, path.as_str()),
            None if path.starts_with("ix08") => (Some(FileKind::Index), path.as_str()),
            None if path.starts_with("su08") => (Some(FileKind::Summary), path.as_str()),
            None => (None, path.as_str()),
        };
        let Some(expected) = expected else {
            let note = Finding::error(
                Rule::Archive,
                &path,
                "does not belong here",
                "ここに置くファイルではありません",
            );
            return self.note(note.warning());
        };
        match expected {
            FileKind::Checkup => {
                self.documents += 1;
                self.named(&path, file, 'h');
            }
            FileKind::Claim => {
                self.claims += 1;
                self.named(&path, file, 'c');
            }
            FileKind::Index | FileKind::Summary => {}
        }
        let stem = stem(file).to_owned();
        self.pair(expected, stem.clone(), None);
        let checked = match check_file(bytes, &limits.document) {
            Ok(checked) => checked,
            Err(error) => {
                let finding = Finding::from(error);
                let path = format!("{path} {}", finding.path);
                return self.note(Finding { path: path.trim_end().to_owned(), ..finding });
            }
        };
        if checked.kind != expected {
            self.error(
                &path,
                format!("is {:?}, expected {expected:?}", checked.kind),
                "種類の違うファイルです",
            );
        }
        self.keep(&checked);
        let subject = checked.document.as_ref().map(Subject::of);
        self.pair(expected, stem, subject.or_else(|| checked.claim.as_ref().map(Claim::subject)));
        each(Member { path, checked });
    }

    /// Keeps whom a record or a claim is about.
    fn pair(&mut self, kind: FileKind, stem: String, subject: Option<Subject>) {
        match kind {
            FileKind::Checkup => self.subjects[0].insert(stem, subject),
            FileKind::Claim => self.subjects[1].insert(stem, subject),
            FileKind::Index | FileKind::Summary => None,
        };
    }

    /// Keeps what the archive is checked by in the end.
    fn keep(&mut self, checked: &Checked) {
        if let Some(index) = &checked.index {
            self.index = Some(index.clone());
            self.generation = Some(checked.generation);
        }
        if let Some(summary) = &checked.summary {
            self.summary = Some(summary.clone());
        }
        self.amounts =
            self.amounts.plus(checked.claim.as_ref().map(|claim| claim.amounts).unwrap_or_default());
        if let Some(document) = &checked.document {
            let of = |id: Option<&str>| id.unwrap_or_default().to_owned();
            let institution = of(document.author.id(crate::oid::INSTITUTION));
            self.parties.insert((institution, of(document.person.id(crate::oid::INSURER))));
        }
    }

    fn named(&mut self, path: &str, name: &str, prefix: char) {
        if !is_record_name(name, prefix) {
            let en = format!("expected {prefix}, 26 digits and .xml, unless insurers hand records over");
            let ja = format!("{prefix}＋数字26桁＋.xml であるべきです（保険者間の引継ぎでは自由）");
            self.note(Finding::error(Rule::Archive, path, en, ja).warning());
        }
    }

    pub(super) fn error(&mut self, path: &str, en: impl Into<String>, ja: impl Into<String>) {
        self.note(Finding::error(Rule::Archive, path, en, ja));
    }

    pub(super) fn note(&mut self, finding: Finding) {
        // Of errors and of warnings each: a crowd of warnings hides no error.
        if self.findings.iter().filter(|known| known.severity == finding.severity).count() < MOST {
            self.findings.push(finding);
        }
    }
}

/// What the names of a record and of its claim have in common.
pub(super) fn stem(file: &str) -> &str {
    file.trim_end_matches(".xml").get(1..).unwrap_or_default()
}

/// The one folder that everything stands in.
fn root_of(paths: &[String]) -> Option<String> {
    let first = paths.first()?.split_once('/')?.0;
    let inside = |path: &String| path.split_once('/').is_some_and(|(root, _)| root == first);
    let known = matches!(first.to_ascii_uppercase().as_str(), "DATA" | "CLAIMS" | "XSD");
    (!known && paths.iter().all(inside)).then(|| first.to_owned())
}

/// Bytes below which nothing is a bomb.
const SMALL: u64 = 1 << 20;
