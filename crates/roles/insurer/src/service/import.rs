//! Taking in a file of members or events: all of it or nothing, and again without harm.

use std::{fs::File, io::Read, path::Path};

use encoding_rs_io::DecodeReaderBytesBuilder;
use protocol_admin::report::ReportAct;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Service, act_word};
use crate::{
    file::{FileError, Rows},
    problems::Refusal,
    store as sql,
};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// Reports made: one a row, two for a membership of a first load that is over.
    pub rows: u64,
    /// True when the same bytes were taken in before: nothing changed.
    pub repeated: bool,
}

/// How many bytes decide whether a file is UTF-8 or Shift_JIS.
const SNIFF: usize = 1 << 20;

impl Service {
    /// Takes in the file at `path` under its `name`; the reports it makes are queued in the same transaction.
    ///
    /// # Errors
    /// See [`FileError`]: nothing of the file was applied.
    pub async fn import(&self, path: &Path, name: &str) -> Result<ImportReport, FileError> {
        let digest = digest(path)?;
        let (service, path, label) = (self.clone(), path.to_owned(), name.to_owned());
        let report = self.db.write(move |tx| service.load(tx, &path, &label, &digest)).await?;
        if !report.repeated {
            self.log("insurer.import", None, json!({ "file": name, "rows": report.rows }))
                .await
                .map_err(|p| FileError::Internal(p.code().to_owned()))?;
        }
        Ok(report)
    }

    fn load(
        &self,
        tx: &mut store::Tx<'_>,
        path: &Path,
        label: &str,
        digest: &[u8; 32],
    ) -> Result<ImportReport, FileError> {
        let at = self.clock.now().as_millis();
        let mut input = Rows::new(open(path)?, self.number)?;
        let [a, b, c, d, e, f, g, h, ..] = *digest;
        let name = data_encoding::HEXLOWER.encode(&[a, b, c, d, e, f, g, h]);
        let mut rows = 0;
        while let Some(row) = input.next_row()? {
            rows += 1;
            // Padded, so that reports of one moment leave in the order of the file's lines, a beginning before its end.
            let report_id = format!("{name}-{:010}-{}", row.line, act_word(row.act));
            let effective_on = row.happened_on.filter(|_| row.act == ReportAct::Change);
            let change = self
                .change(report_id, row.act, row.my_number, row.record, effective_on)
                .map_err(|e| FileError::Internal(e.to_string()))?;
            self.apply(tx, &change, at).map_err(|Refusal(p)| FileError::Internal(p.code().to_owned()))?;
        }
        let fresh = sql::put_import(tx, digest, label, rows, at)?;
        Ok(ImportReport { rows, repeated: !fresh })
    }

    /// Files taken in, newest first: name, rows, time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn imports(&self) -> Result<Vec<(String, i64, i64)>, wire::Problem> {
        self.db.read(sql::imports).await.map_err(|e: store::StoreError| crate::problems::internal(e))
    }
}

fn digest(path: &Path) -> Result<[u8; 32], FileError> {
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; SNIFF];
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

/// The file as UTF-8, whichever of the two charsets it is written in.
fn open(path: &Path) -> Result<impl Read, FileError> {
    let mut head = Vec::with_capacity(SNIFF);
    File::open(path).map_err(unreadable)?.take(SNIFF as u64).read_to_end(&mut head).map_err(unreadable)?;
    let utf8 = match std::str::from_utf8(&head) {
        Ok(_) => true,
        // A character cut in two by the end of the sample is no sign of another charset.
        Err(e) => e.error_len().is_none(),
    };
    let encoding = if utf8 { encoding_rs::UTF_8 } else { encoding_rs::SHIFT_JIS };
    let file = File::open(path).map_err(unreadable)?;
    Ok(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(file))
}

fn unreadable(error: std::io::Error) -> FileError {
    FileError::Csv { line: 0, what: error.to_string() }
}
