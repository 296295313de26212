//! What the command writes, and who hands over to whom.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use anyhow::Context;
use checkup::{
    ArchiveWriter, Claim, CsvWriter, Document, Generation, Identifier, Insured, RecordName, Sending, oid,
};

use super::{Convert, Form};
use crate::unusable::{self, Unusable};

/// Where converted records go.
pub(super) enum Output<'o> {
    Folder {
        form: Form,
        written: u32,
        options: &'o Convert,
    },
    Table {
        table: Box<CsvWriter<BufWriter<File>>>,
        written: u32,
    },
    /// Who sends to whom may be left to the first record, so the archive begins with it.
    Archive {
        archive: Option<Box<ArchiveWriter<BufWriter<File>>>>,
        names: HashMap<Origin, RecordName>,
        waiting: Vec<(Origin, Claim)>,
        options: &'o Convert,
    },
}

/// Where a record or its claim comes from: the archive, if it was in one, and what the names of both have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin(Option<PathBuf>, String);

impl Origin {
    /// Of a file, or of one named `inner` in it.
    pub(super) fn of(file: &Path, inner: &str) -> Self {
        let archive = (!inner.is_empty()).then(|| file.to_owned());
        let path = if inner.is_empty() { file } else { Path::new(inner) };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Self(archive, stem.chars().skip(1).collect())
    }
}

impl<'o> Output<'o> {
    pub(super) fn open(options: &'o Convert) -> anyhow::Result<Self> {
        Ok(match options.to {
            Form::Xml | Form::Fhir => {
                unusable::folder(&options.out)?;
                Self::Folder { form: options.to, written: 0, options }
            }
            Form::Csv => {
                let file = unusable::create(&options.out)?;
                Self::Table { table: Box::new(CsvWriter::new(BufWriter::new(file))?), written: 0 }
            }
            Form::Zip => Self::Archive { archive: None, names: HashMap::new(), waiting: Vec::new(), options },
        })
    }

    pub(super) fn write(&mut self, origin: Origin, document: &Document) -> anyhow::Result<()> {
        match self {
            Self::Folder { form, written, options } => {
                *written += 1;
                let digits = |text: &str, most| {
                    text.chars().filter(char::is_ascii_digit).take(most).collect::<String>()
                };
                let institution = digits(document.performer.id(oid::INSTITUTION).unwrap_or_default(), 10);
                let stem = format!("h{institution:0>10}{:0>8}01{written:06}", digits(&document.created, 8));
                let (name, bytes) = match form {
                    Form::Fhir => (format!("{stem}.json"), document.to_bundle().to_vec()),
                    _ => (format!("{stem}.xml"), document.to_xml().into_bytes()),
                };
                let path = options.out.join(name);
                Ok(unusable::write(&path, bytes)?)
            }
            Self::Table { table, written } => {
                *written += 1;
                Ok(table.write(document)?)
            }
            Self::Archive { archive, names, options, .. } => {
                let open = match archive {
                    Some(open) => open,
                    None => archive.insert(Box::new(start(options, document)?)),
                };
                let name = open.add(document)?;
                names.insert(origin, name);
                Ok(())
            }
        }
    }

    /// Keeps the claim of a record; false where there is no place for one.
    pub(super) fn claim(&mut self, origin: Origin, claim: Claim) -> bool {
        let Self::Archive { waiting, .. } = self else { return false };
        waiting.push((origin, claim));
        true
    }

    /// How many records were written.
    pub(super) fn finish(self) -> anyhow::Result<u32> {
        match self {
            Self::Folder { written, .. } => Ok(written),
            Self::Table { table, written } => {
                table.finish()?;
                Ok(written)
            }
            Self::Archive { archive, names, waiting, options } => {
                let mut archive =
                    archive.context("there is no record to send\n送る健診データがありません")?;
                for (origin, claim) in waiting {
                    match names.get(&origin) {
                        Some(name) => archive.add_claim(name, &claim)?,
                        None => eprintln!(
                            "c{}: a claim without its record is left out\n    健診データのない決済情報は送りません",
                            origin.1
                        ),
                    }
                }
                let schemas = options.schemas.as_deref().map(schemas).transpose()?.unwrap_or_default();
                let (written, out) = archive.finish(&schemas)?;
                out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
                Ok(written)
            }
        }
    }
}

fn start(options: &Convert, first: &Document) -> anyhow::Result<ArchiveWriter<BufWriter<File>>> {
    let sending = sending(options, first)?;
    let name = format!("{}.zip", sending.name());
    if options.out.file_name().and_then(|own| own.to_str()) != Some(&name) {
        eprintln!("the specification names this archive {name} / 仕様上の名前は {name} です");
    }
    let file = unusable::create(&options.out)?;
    Ok(ArchiveWriter::new(BufWriter::new(file), sending))
}

/// Who sends to whom: what the options say, else what the first record says.
fn sending(options: &Convert, first: &Document) -> anyhow::Result<Sending> {
    let of = |own: &Option<String>, found: Option<&str>, name: &str| {
        let number = own.clone().or_else(|| found.map(str::to_owned));
        number.with_context(|| {
            format!("--{name} is needed: the record does not say it\n--{name} を指定してください")
        })
    };
    let sender = of(&options.sender, first.performer.id(oid::INSTITUTION), "sender")?;
    let receiver = of(&options.receiver, first.person.id(oid::INSURER), "receiver")?;
    let date = of(&options.date, first.created.get(..8), "date")?;
    calendar::Date::from_compact(&date)
        .map_err(|error| anyhow::anyhow!("--date: {error}\n{}", error.ja()))?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    anyhow::ensure!(
        digits(&sender) && digits(&receiver) && receiver.len() <= 8 && matches!(sender.len(), 8 | 10),
        "--sender has 10 digits (institution) or 8 (insurer), --receiver 8\n送付元は10桁（健診機関）か8桁（保険者）、送付先は8桁の数字です"
    );
    let root = if sender.len() == 10 { oid::INSTITUTION } else { oid::INSURER };
    let interaction = options.interaction.or((root == oid::INSTITUTION).then_some(6));
    let interaction = interaction.context(
        "--interaction is needed where an insurer sends\n保険者が送る場合は --interaction を指定してください",
    )?;
    Ok(Sending {
        interaction: interaction.to_string(),
        sender: Identifier::new(root, sender),
        receiver: Identifier::new(oid::INSURER, format!("{receiver:0>8}")),
        date,
        sequence: options.sequence,
        generation: if options.first_generation { Generation::First } else { Generation::Current },
    })
}

/// The schemas of a folder and of its `coreschemas`.
fn schemas(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for (prefix, folder) in [("", folder.to_owned()), ("coreschemas/", folder.join("coreschemas"))] {
        let entries = fs::read_dir(&folder).map_err(|error| Unusable::unread(&folder, &error))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "xsd") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), unusable::bytes(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Old numbers and the new ones.
pub(super) struct HandOver(BTreeMap<(String, String, String, String), Insured>);

#[derive(serde::Deserialize)]
struct HandOverRow {
    insurer: String,
    #[serde(default)]
    symbol: String,
    number: String,
    #[serde(default)]
    branch: String,
    new_insurer: String,
    #[serde(default)]
    new_symbol: String,
    new_number: String,
    #[serde(default)]
    new_branch: String,
}

impl HandOver {
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let mut table = csv::Reader::from_reader(unusable::open(file)?);
        let mut rows = BTreeMap::new();
        for row in table.deserialize() {
            let row: HandOverRow = row.with_context(|| format!("in {}", file.display()))?;
            let some = |text: String| Some(text).filter(|text| !text.is_empty());
            let to = Insured {
                insurer: row.new_insurer,
                symbol: some(row.new_symbol),
                number: row.new_number,
                branch: some(row.new_branch),
            };
            let old = key(&row.insurer, &row.symbol, &row.number, &row.branch);
            anyhow::ensure!(
                rows.insert(old, to).is_none(),
                "{}: {} {} stands twice\n同じ番号が2回あります",
                file.display(),
                row.insurer,
                row.number
            );
        }
        Ok(Self(rows))
    }

    pub(super) fn apply(&self, document: Document) -> anyhow::Result<Document> {
        let old = document.numbers().old;
        let symbol = old.symbol.unwrap_or_default();
        let branch = old.branch.unwrap_or_default();
        let found = self.0.get(&key(&old.insurer, &symbol, &old.number, &branch));
        let found = found.or_else(|| self.0.get(&key(&old.insurer, &symbol, &old.number, "")));
        let to = found.with_context(|| {
            format!(
                "no new number for {} {symbol} {}\n新しい番号がありません：{} {symbol} {}",
                old.insurer, old.number, old.insurer, old.number
            )
        })?;
        Ok(document.handed_over(to))
    }
}

/// Numbers without the differences of width and of leading zeros.
fn key(insurer: &str, symbol: &str, number: &str, branch: &str) -> (String, String, String, String) {
    let plain = |text: &str| kotoba::fold_width(text.trim()).into_owned();
    (plain(insurer).trim_start_matches('0').to_owned(), plain(symbol), plain(number), plain(branch))
}
