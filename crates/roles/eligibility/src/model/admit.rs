//! Whether a report may enter a person's history.

use calendar::Date;
use protocol::eligibility::Terms;
use protocol_admin::report::ReportAct;
use protocol_admin::report_file::is_id;

use super::{Membership, Report, Version, fold};

/// What becomes of a report.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// It says something new: it enters the history.
    Fresh,
    /// It was said before; nothing changes.
    Repeated,
    /// It contradicts itself or what the same insurer said.
    Refused(Refusal),
}

/// Why a report is refused, for people and for the machine that sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Machine name.
    pub code: &'static str,
    /// The field at fault.
    pub field: &'static str,
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Refusal {
    /// A refusal in both languages.
    pub fn new(
        code: &'static str,
        field: &'static str,
        ja: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { code, field, ja: ja.into(), en: en.into() }
    }
}

/// Judges a report against the person's history.
pub fn admit(history: &[Version], report: &Report) -> Admission {
    if let Some(same) = history
        .iter()
        .find(|v| v.report.report_id == report.report_id && v.report.insurer() == report.insurer())
    {
        return if same.report == *report { Admission::Repeated } else { Admission::Refused(reused(report)) };
    }
    let known = fold::memberships(history);
    let own = fold::position(&known, report.insurer(), report.qualified_on).and_then(|i| known.get(i));
    let judged = match report.act {
        ReportAct::Acquisition => acquisition(own, report),
        ReportAct::Loss => loss(own, report),
        ReportAct::Change => change(own, report),
        ReportAct::Correction => correction(own),
        ReportAct::Cancellation => cancellation(history, own, report),
    };
    judged.unwrap_or_else(Admission::Refused)
}

/// Judges a report by itself.
///
/// # Errors
/// The first thing wrong with it.
pub fn check_alone(report: &Report, today: Date) -> Result<(), Refusal> {
    if !is_id(&report.report_id) {
        let ja = "報告の名前は半角英数字と - _ . : で1〜40文字にしてください。";
        return Err(Refusal::new(
            "bad-report-id",
            "report_id",
            ja,
            "a report id is 1 to 40 of A-Z a-z 0-9 - _ . :",
        ));
    }
    texts(report)?;
    days(report, today)?;
    terms(&report.terms)?;
    act(report)
}

fn acquisition(own: Option<&Membership<'_>>, report: &Report) -> Result<Admission, Refusal> {
    if let Some(own) = own {
        let same = Report { report_id: own.base.report.report_id.clone(), ..report.clone() };
        if own.base.report == same {
            return Ok(Admission::Repeated);
        }
        return Err(Refusal::new(
            "already-acquired",
            "qualified_on",
            "この取得日の資格はすでに届いています。直すときは訂正として送ってください。",
            "this membership was reported before: send a correction to change it",
        ));
    }
    Ok(Admission::Fresh)
}

fn loss(own: Option<&Membership<'_>>, report: &Report) -> Result<Admission, Refusal> {
    let own = own.ok_or_else(unknown)?;
    match own.disqualified_on {
        None => Ok(Admission::Fresh),
        Some(_) if own.disqualified_on == report.disqualified_on && own.loss_reason == report.loss_reason => {
            Ok(Admission::Repeated)
        }
        Some(day) => Err(Refusal::new(
            "already-lost",
            "disqualified_on",
            format!(
                "この資格は{}で喪失済みです。喪失日や理由を直すときは訂正として送ってください。",
                day.to_wareki()
            ),
            format!("this membership ended on {day} already: send a correction to change the day or reason"),
        )),
    }
}

fn change(own: Option<&Membership<'_>>, report: &Report) -> Result<Admission, Refusal> {
    let own = own.ok_or_else(unknown)?;
    if report.disqualified_on.is_some() && report.disqualified_on != own.disqualified_on {
        return Err(Refusal::new(
            "loss-by-change",
            "disqualified_on",
            "変更では喪失日を変えられません。喪失または訂正として送ってください。",
            "a change cannot move the end of a membership: send a loss or a correction",
        ));
    }
    if own.disqualified_on.is_some_and(|end| report.effective_on.is_some_and(|from| from >= end)) {
        return Err(Refusal::new(
            "change-after-loss",
            "effective_on",
            "変更日が資格喪失日以後です。",
            "the change begins after the membership ended",
        ));
    }
    Ok(Admission::Fresh)
}

fn correction(own: Option<&Membership<'_>>) -> Result<Admission, Refusal> {
    own.map(|_| Admission::Fresh).ok_or_else(unknown)
}

fn cancellation(
    history: &[Version],
    own: Option<&Membership<'_>>,
    report: &Report,
) -> Result<Admission, Refusal> {
    if own.is_some() {
        return Ok(Admission::Fresh);
    }
    let was_there = history
        .iter()
        .any(|v| v.report.insurer() == report.insurer() && v.report.qualified_on == report.qualified_on);
    if was_there { Ok(Admission::Repeated) } else { Err(unknown()) }
}

fn unknown() -> Refusal {
    Refusal::new(
        "unknown-membership",
        "qualified_on",
        "この保険者・取得日の資格は届いていません。先に取得を報告してください。取得日が違うときは取消して取得し直してください。",
        "no membership of yours with this first day is known: report the acquisition first; if the first day was \
         wrong, cancel and acquire again",
    )
}

fn reused(report: &Report) -> Refusal {
    Refusal::new(
        "report-id-reused",
        "report_id",
        format!("報告「{}」は別の内容ですでに届いています。新しい名前で送ってください。", report.report_id),
        format!("report `{}` arrived before with other contents: give this one a new id", report.report_id),
    )
}

fn texts(report: &Report) -> Result<(), Refusal> {
    let person = &report.person;
    let fields: [(&'static str, &str, usize); 6] = [
        ("name", &person.name, 100),
        ("kana", &person.kana, 200),
        ("postal_code", &person.postal_code, 8),
        ("address", &person.address, 300),
        ("classification", &report.terms.classification, 4),
        ("limit_flag", report.terms.limit.as_ref().map_or("", |l| &l.flag), 8),
    ];
    for (field, text, longest) in fields {
        if text.len() > longest && text.chars().count() > longest {
            return Err(Refusal::new(
                "too-long",
                field,
                format!("{longest}文字以内にしてください。"),
                format!("at most {longest} characters"),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(Refusal::new(
                "control-character",
                field,
                "制御文字は使えません。",
                "no control characters",
            ));
        }
        if codes::find_my_number(text).is_some() {
            return Err(Refusal::new(
                "my-number-in-text",
                field,
                "個人番号らしい12桁の数字が含まれています。この欄は医療機関に渡るため受け付けられません。",
                "it holds what looks like a My Number; this field reaches institutions and may not",
            ));
        }
    }
    if person.name.trim().is_empty() {
        return Err(Refusal::new("name-missing", "name", "氏名がありません。", "the name is missing"));
    }
    Ok(())
}

fn days(report: &Report, today: Date) -> Result<(), Refusal> {
    let wrong = |field, ja: &str, en: &str| Err(Refusal::new("bad-day", field, ja, en));
    let birth = report.person.birthdate;
    if birth > today {
        return wrong("birthdate", "生年月日が今日より後です。", "the birth date lies after today");
    }
    if report.qualified_on < birth {
        return wrong(
            "qualified_on",
            "資格取得日が生年月日より前です。",
            "the first day lies before the birth date",
        );
    }
    if report.qualified_on > today.add_years(1) {
        return wrong(
            "qualified_on",
            "資格取得日が1年以上先です。",
            "the first day lies more than a year ahead",
        );
    }
    if report.disqualified_on.is_some_and(|end| end < report.qualified_on) {
        return wrong(
            "disqualified_on",
            "資格喪失日が取得日より前です。",
            "the end lies before the first day",
        );
    }
    if report.disqualified_on.is_some_and(|end| end > today.add_years(1)) {
        return wrong(
            "disqualified_on",
            "資格喪失日が1年以上先です。",
            "the end lies more than a year ahead",
        );
    }
    if report.effective_on.is_some_and(|from| from < report.qualified_on) {
        return wrong(
            "effective_on",
            "変更日が資格取得日より前です。",
            "the change begins before the membership",
        );
    }
    Ok(())
}

fn terms(terms: &Terms) -> Result<(), Refusal> {
    let shares = [terms.copayment_percent, terms.elderly.as_ref().map(|e| e.copayment_percent)];
    if shares.into_iter().flatten().any(|percent| percent > 100) {
        let ja = "負担割合は0〜100の整数です。";
        return Err(Refusal::new("bad-share", "copayment_percent", ja, "a share is 0 to 100 percent"));
    }
    let spans = (terms.elderly.iter().map(|e| ("elderly_to", e.from, e.to)))
        .chain(terms.limit.iter().map(|l| ("limit_to", l.from, l.to)))
        .chain(terms.specific_diseases.iter().map(|s| ("specific_diseases", s.from, s.to)));
    for (field, from, to) in spans {
        if to < from {
            let ja = "有効期限が開始日より前です。";
            return Err(Refusal::new("bad-day", field, ja, "the certificate ends before it begins"));
        }
    }
    Ok(())
}

fn act(report: &Report) -> Result<(), Refusal> {
    let missing = |field, ja: &str, en: &str| Err(Refusal::new("missing", field, ja, en));
    match report.act {
        ReportAct::Loss if report.disqualified_on.is_none() => {
            missing("disqualified_on", "喪失には資格喪失日が必要です。", "a loss needs its day")
        }
        ReportAct::Change if report.effective_on.is_none() => {
            missing("effective_on", "変更には変更日が必要です。", "a change needs its first day")
        }
        _ if report.disqualified_on.is_some() && report.loss_reason.is_none() => {
            missing("loss_reason", "資格喪失日には喪失理由が必要です。", "an end needs its reason")
        }
        _ if report.disqualified_on.is_none() && report.loss_reason.is_some() => missing(
            "disqualified_on",
            "喪失理由だけがあり、資格喪失日がありません。",
            "a reason without an end",
        ),
        _ => Ok(()),
    }
}
