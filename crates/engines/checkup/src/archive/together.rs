//! The files of an archive against each other.

use super::read::Archive;
use crate::{
    finding::{Finding, Rule},
    oid,
};

pub(super) fn check(archive: &mut Archive, file_name: Option<&str>) {
    names(archive, file_name);
    index(archive);
    claims(archive);
    if !archive.has_schemas {
        warn(archive, "XSD", "the folder of the schemas is missing", "XSD フォルダがありません");
    }
}

fn names(archive: &mut Archive, file_name: Option<&str>) {
    match (&archive.root, &archive.name) {
        (None, _) => warn(
            archive,
            "",
            "the files stand in no folder of the archive's name",
            "アーカイブ名のフォルダに入っていません",
        ),
        (Some(root), None) => {
            let root = root.clone();
            warn(
                archive,
                &root,
                "expected <sender>_<receiver>_<yyyymmdd><N>_<kind>",
                "<送付元>_<送付先>_<yyyymmdd><N>_<実施区分> であるべきです",
            );
        }
        (Some(root), Some(_)) => {
            let stem =
                file_name.map(|name| name.trim_end_matches(".zip").trim_end_matches(".ZIP").to_owned());
            let root = root.clone();
            if let Some(stem) = stem.filter(|stem| *stem != root) {
                warn(
                    archive,
                    &root,
                    format!("the archive is named {stem}"),
                    format!("zip の名前（{stem}）とフォルダの名前が違います"),
                );
            }
        }
    }
}

fn index(archive: &mut Archive) {
    let Some(index) = archive.index.clone() else {
        return archive.error("ix08_V08.xml", "the index is missing", "交換用基本情報ファイルがありません");
    };
    if index.records as usize != archive.documents {
        let (stated, found) = (index.records, archive.documents);
        archive.error(
            "ix08_V08.xml/totalRecordCount",
            format!("says {stated} records, DATA has {found}"),
            format!("総ファイル数が {stated} ですが、DATA には {found} あります"),
        );
    }
    if let Some(name) = archive.name.clone() {
        let receiver = index.receiver.as_ref().map_or(name.receiver.as_str(), |id| id.extension.as_str());
        for (path, stated, named) in [
            ("ix08_V08.xml/sender", index.sender.extension.as_str(), name.sender.as_str()),
            ("ix08_V08.xml/receiver", receiver, name.receiver.as_str()),
        ] {
            if stated.trim_start_matches('0') != named.trim_start_matches('0') {
                warn(
                    archive,
                    path,
                    format!("is {stated}, the archive's name says {named}"),
                    format!("{stated} です（アーカイブ名は {named}）"),
                );
            }
        }
    }
    // From an institution to an insurer: all records are of both.
    if index.sender.root == oid::INSTITUTION
        && let Some(receiver) = index.receiver.as_ref().filter(|id| id.root == oid::INSURER)
    {
        let strange = archive.parties.iter().filter(|(_, insurer)| *insurer != receiver.extension).count();
        if strange > 0 {
            let receiver = receiver.extension.clone();
            warn(
                archive,
                "DATA",
                format!("records of other insurers than the receiver {receiver}"),
                format!("送付先 {receiver} 以外の保険者の記録があります"),
            );
        }
    }
}

fn claims(archive: &mut Archive) {
    let [documents, claims] = std::mem::take(&mut archive.subjects);
    for (stem, subject) in &claims {
        let path = format!("CLAIMS/c{stem}.xml");
        match (documents.get(stem), subject) {
            (None, _) => {
                archive.error(&path, "has no record in DATA", "対応する健診データが DATA にありません");
            }
            (Some(Some(of)), Some(subject)) if of != subject => warn(
                archive,
                &path,
                "insurer, symbol, number, birth or sex are not those of its record in DATA",
                "保険者・記号・番号・生年月日・性別のいずれかが DATA の健診データと違います",
            ),
            _ => {}
        }
    }
    match archive.summary.clone() {
        None if archive.claims > 0 => {
            archive.error(
                "su08_V08.xml",
                "there are claims and no sums",
                "決済情報がありますが、集計情報ファイルがありません",
            );
        }
        None => {}
        Some(summary) => {
            let amounts = archive.amounts;
            let pairs = [
                ("totalSubjectCount", u64::from(summary.subjects), archive.claims as u64),
                ("totalCostAmount", summary.amounts.cost, amounts.cost),
                ("totalPaymentAmount", summary.amounts.payment, amounts.payment),
                ("totalPaymentByOtherProgram", summary.amounts.by_other_program, amounts.by_other_program),
                ("totalClaimAmount", summary.amounts.claim, amounts.claim),
            ];
            for (name, stated, found) in pairs.into_iter().filter(|(_, stated, found)| stated != found) {
                archive.error(
                    &format!("su08_V08.xml/{name}"),
                    format!("says {stated}, the claims come to {found}"),
                    format!("{stated} ですが、決済情報の合計は {found} です"),
                );
            }
        }
    }
}

fn warn(archive: &mut Archive, path: &str, en: impl Into<String>, ja: impl Into<String>) {
    archive.note(Finding::error(Rule::Archive, path, en, ja).warning());
}
