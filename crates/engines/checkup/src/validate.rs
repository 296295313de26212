//! One file of the field: what it is, and what is wrong with it.

use serde::Serialize;

use crate::{
    claim::Claim,
    exchange::{Index, Summary},
    finding::{Finding, Findings, Rule, Severity},
    model::Document,
    read,
    schema::{self, EXCHANGE, HC08, HC08_CURRENT},
    xml::{Charset, Limits, Problem, ReadError, Source, Tree},
};

/// What a file of an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// 特定健診情報ファイル (hc08).
    Checkup,
    /// 交換用基本情報ファイル (ix08).
    Index,
    /// 集計情報ファイル (su08).
    Summary,
    /// 特定健診決済情報ファイル (cc08).
    Claim,
}

/// Which of the two generations of schemas a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generation {
    /// The schemas of 2008.
    First,
    /// The schemas in force today.
    Current,
}

impl Generation {
    /// The namespace of the files around the documents.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::First => "http://tokuteikenshin.jp/checkup/2007",
            Self::Current => "https://www.mhlw.go.jp/stf/seisakunitsuite/bunya/0000161103.html",
        }
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What it is.
    pub kind: FileKind,
    /// The schemas that it follows: those of 2008 where both would do.
    pub generation: Generation,
    /// The encoding it was written in.
    pub charset: Charset,
    /// Whether its shape is that of the schemas, what it says aside.
    pub well_shaped: bool,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// The check-up, for a file of that kind.
    #[serde(skip)]
    pub document: Option<Document>,
    /// What ix08 says, for a file of that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<Index>,
    /// What su08 says, for a file of that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// The claim, for a file of that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// What the file holds that a [`Document`] or [`Claim`] has no place for, comments too: paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<String>,
}

impl Checked {
    fn new(kind: FileKind, generation: Generation, well_shaped: bool, findings: Vec<Finding>) -> Self {
        Self {
            kind,
            generation,
            charset: Charset::Utf8,
            well_shaped,
            findings,
            document: None,
            index: None,
            summary: None,
            claim: None,
            unplaced: Vec::new(),
        }
    }

    /// A document that came from no XML, with what is wrong with what it says.
    pub fn of(document: Document, findings: Vec<Finding>) -> Self {
        let document = Some(document);
        Self { document, ..Self::new(FileKind::Checkup, Generation::First, true, findings) }
    }

    /// Whether a receiver would take the file.
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// Reads a file and says what is wrong with it.
///
/// # Errors
/// When it is no XML, or of no kind that an archive holds.
pub fn check_file(bytes: &[u8], limits: &Limits) -> Result<Checked, ReadError> {
    let source = Source::decode(bytes, limits)?;
    let tree = Tree::read(&source, limits)?;
    let mut checked = match tree.name(tree.root()) {
        "ClinicalDocument" => document(&tree),
        "index" => around(&tree, FileKind::Index),
        "summary" => around(&tree, FileKind::Summary),
        "checkupClaim" => around(&tree, FileKind::Claim),
        other => {
            let found = format!("<{}>", other.chars().take(40).collect::<String>());
            let problem =
                Problem::Root { found, expected: "ClinicalDocument, index, summary or checkupClaim" };
            return Err(ReadError { place: tree.place(tree.root()), path: String::new(), problem });
        }
    };
    checked.charset = source.charset;
    if source.charset != Charset::Utf8 {
        let name = source.charset.name();
        let warning = Finding::error(
            Rule::Xml,
            "",
            format!("the file is written in {name}, the specification asks for UTF-8"),
            format!("文字コードが {name} です（仕様は UTF-8 です）"),
        );
        checked.findings.push(warning.warning());
    }
    Ok(checked)
}

fn document(tree: &Tree<'_>) -> Checked {
    let mut findings = Vec::new();
    schema::check(&HC08, tree, None, &mut Findings::new(&mut findings));
    let mut generation = Generation::First;
    if !findings.is_empty() {
        let mut others = Vec::new();
        schema::check(&HC08_CURRENT, tree, None, &mut Findings::new(&mut others));
        if others.len() < findings.len() {
            (findings, generation) = (others, Generation::Current);
        }
    }
    let well_shaped = findings.is_empty();
    let (document, unplaced) = read::document(tree);
    findings.extend(document.check());
    Checked {
        document: Some(document),
        unplaced,
        ..Checked::new(FileKind::Checkup, generation, well_shaped, findings)
    }
}

fn around(tree: &Tree<'_>, kind: FileKind) -> Checked {
    let mut findings = Vec::new();
    let namespace = tree.element(tree.root()).map_or("", |root| tree.uri(root.space));
    let generation =
        if namespace == Generation::Current.namespace() { Generation::Current } else { Generation::First };
    let mut notes = match generation {
        Generation::First => Findings::new(&mut findings),
        Generation::Current => Findings::lenient(&mut findings),
    };
    schema::check(&EXCHANGE, tree, Some(generation.namespace()), &mut notes);
    let well_shaped = findings.is_empty();
    let (claim, unplaced) = (kind == FileKind::Claim).then(|| Claim::read(tree)).unzip();
    findings.extend(claim.iter().flat_map(Claim::check));
    Checked {
        index: (kind == FileKind::Index).then(|| Index::read(tree)),
        summary: (kind == FileKind::Summary).then(|| Summary::read(tree)),
        claim,
        unplaced: unplaced.unwrap_or_default(),
        ..Checked::new(kind, generation, well_shaped, findings)
    }
}
