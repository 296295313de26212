//! Names of archives and of the files in them (送付用ファイルアーカイブ仕様説明書 2.2).

use std::fmt;

/// `<送付元10桁>_<送付先8桁>_<yyyymmdd><N>_<実施区分>`: the name of an archive's root folder, and with `.zip` its own.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ArchiveName {
    /// The sender's number: 10 digits of an institution, 8 of an insurer or agency.
    pub sender: String,
    /// The receiver's number.
    pub receiver: String,
    /// The day of sending, `yyyyMMdd`.
    pub date: String,
    /// Which sending of that day, 0 to 9.
    pub sequence: u8,
    /// 実施区分: 1 特定健診, 2 特定保健指導.
    pub service: u8,
}

impl ArchiveName {
    /// Reads the name of a root folder or of an archive, `.zip` or not.
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".zip").or_else(|| name.strip_suffix(".ZIP")).unwrap_or(name);
        let parts: Vec<&str> = stem.split('_').collect();
        let [sender, receiver, day, service] = parts.as_slice() else { return None };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let sound = [sender, receiver].iter().all(|number| digits(number) && matches!(number.len(), 8 | 10));
        let (date, sequence) =
            day.split_at_checked(8).filter(|(date, n)| digits(date) && n.len() == 1 && digits(n))?;
        let service = service.parse().ok().filter(|service| sound && (1..=9).contains(service))?;
        Some(Self {
            sender: (*sender).to_owned(),
            receiver: (*receiver).to_owned(),
            date: date.to_owned(),
            sequence: sequence.parse().ok()?,
            service,
        })
    }

    /// The name of a record's file: `h` or `c`, the institution, the day, the sending, the kind, six digits.
    pub fn file(&self, prefix: char, institution: &str, number: u32) -> String {
        format!("{prefix}{institution:0>10}{}{}{}{number:06}.xml", self.date, self.sequence, self.service)
    }
}

impl fmt::Display for ArchiveName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}{}_{}", self.sender, self.receiver, self.date, self.sequence, self.service)
    }
}

/// Whether a file of `DATA` or `CLAIMS` has a name of the specification's kind.
pub(super) fn is_record_name(name: &str, prefix: char) -> bool {
    let body = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".xml"));
    body.is_some_and(|body| body.len() == 26 && body.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        let text = "1311234569_01130012_202611200_1";
        let name = ArchiveName::parse(&format!("{text}.zip")).unwrap();
        assert_eq!(name.to_string(), text);
        assert_eq!(name.file('h', "1311234569", 7), "h1311234569202611200".to_owned() + "1000007.xml");
        assert!(is_record_name(&name.file('h', "1311234569", 7), 'h'));
        for bad in
            ["", "a_b_c_d", "1311234569_01130012_20261120_1", "1311234569_01130012_202611200_0", "1_2_3"]
        {
            assert_eq!(ArchiveName::parse(bad), None, "{bad}");
        }
    }
}
