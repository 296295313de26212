//! The forms by which a membership begins, ends, changes, is corrected or cancelled.

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use calendar::Date;
use codes::InsuredPersonId;
use maud::{Markup, html};
use my_number::MyNumber;
use protocol::eligibility::{LossReason, Person, Relation, Sex, Terms};
use protocol_admin::report::ReportResult;
use serde::Deserialize;
use wire::{Csrf, DeskSession, Lang, Page, Problem, page, page::Choice, page::Field, t};

use super::{date, frame, loss_reason, member::Key, relation, sex};
use crate::{
    model::Record,
    service::{DeskAct, DeskOutcome, Service},
};

/// What a form sends. A form uses only its own fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    my_number: String,
    symbol: String,
    number: String,
    branch: String,
    name: String,
    kana: String,
    birthdate: String,
    sex: String,
    relation: String,
    postal_code: String,
    address: String,
    share: String,
    qualified_on: String,
    on: String,
    reason: String,
    notified_on: String,
}

/// The field at fault and what is wrong with it.
type Fault = (String, String);

pub async fn new(State(service): State<Service>, lang: Lang, csrf: Csrf) -> Page {
    let entry = Entry {
        sex: "male".into(),
        relation: "insured".into(),
        share: "30".into(),
        notified_on: service.clock.today().to_string(),
        ..Entry::default()
    };
    new_page(&service, lang, &csrf, &entry, None)
}

fn new_page(service: &Service, lang: Lang, csrf: &Csrf, entry: &Entry, fault: Option<&Fault>) -> Page {
    let f = Fields { lang, entry, fault };
    let body = page::form(
        "/members/new",
        csrf,
        html! {
            (f.summary())
            (f.line(Field::digits("my_number", t(lang, "個人番号（12桁）", "My Number (12 digits)"), 12).required()
                .hint(t(lang, "通知書の番号をそのまま入力します。画面や記録には残りません。", "As on the notice. It is not shown again."))
                .value(""), "my_number"))
            (f.numbers())
            (f.person())
            (f.date("qualified_on", t(lang, "資格取得日", "Insured from"), &entry.qualified_on))
            (f.share())
            (f.date("notified_on", t(lang, "届出日", "Notified on"), &entry.notified_on))
            (page::button(t(lang, "登録して報告する", "Record and report")))
        },
    );
    frame(service, lang, t(lang, "資格取得の届出", "New membership"), "/members/new")
        .lead(t(
            lang,
            "登録すると、すぐに資格確認サービスへ報告されます。",
            "It is reported to the eligibility service at once.",
        ))
        .body(body)
}

pub async fn acquire(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    session: DeskSession,
    Form(entry): Form<Entry>,
) -> Response {
    let made = entry.my_number(lang).and_then(|number| Ok((number, entry.record(lang, &service, None)?)));
    let fault = match made {
        Ok((my_number, record)) => {
            let sealed = my_number.seal(&*service.custody);
            let day = record.qualified_on;
            let act = DeskAct::Acquire { my_number, record: Box::new(record) };
            match (service.act(session.id(), act).await, sealed) {
                (Ok(outcome), Ok(sealed)) => {
                    let number = data_encoding::HEXLOWER.encode(sealed.as_bytes());
                    return done(&format!("/members/{number}/{day}"), &outcome);
                }
                (Err(problem), _) => problem_fault(lang, &problem),
                (_, Err(error)) => return crate::problems::internal(error).into_response(),
            }
        }
        Err(fault) => fault,
    };
    new_page(&service, lang, &csrf, &entry, Some(&fault)).into_response()
}

pub async fn loss(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<Key>,
) -> Result<Page, Problem> {
    let today = service.clock.today().to_string();
    let entry = Entry { reason: "other-insurance".into(), notified_on: today, ..Entry::default() };
    loss_page(&service, lang, &csrf, &key, &entry, None).await
}

async fn loss_page(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    key: &Key,
    entry: &Entry,
    fault: Option<&Fault>,
) -> Result<Page, Problem> {
    let (sealed, day) = key.parse()?;
    let record = service.member(sealed, day).await?.member.record;
    let f = Fields { lang, entry, fault };
    let reasons: Vec<Choice> = REASONS.iter().map(|(word, r)| choice(word, loss_reason(lang, *r))).collect();
    let path = format!("{}/loss", key.address());
    let body = html! {
        p { (record.person.name) "　" (date(record.person.birthdate)) }
        (page::form(&path, csrf, html! {
            (f.summary())
            (f.date("on", t(lang, "資格喪失日（この日から使えません）", "Ended on (first day no longer covered)"), &entry.on))
            (page::select(lang, "reason", t(lang, "喪失の事由", "Reason"), &reasons, &entry.reason))
            (f.date("notified_on", t(lang, "届出日", "Notified on"), &entry.notified_on))
            (page::button(t(lang, "喪失を登録して報告する", "Record and report")))
        }))
    };
    Ok(frame(service, lang, t(lang, "資格喪失の届出", "End of membership"), &path).body(body))
}

pub async fn lose(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    session: DeskSession,
    Path(key): Path<Key>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let member = key.parse()?;
    let reason = REASONS.iter().find(|(word, _)| *word == entry.reason).map(|(_, r)| *r);
    let made = day(lang, "on", &entry.on).and_then(|on| {
        let notified_on = day(lang, "notified_on", &entry.notified_on)?;
        Ok(DeskAct::Lose { member, on, reason: reason.unwrap_or(LossReason::Other), notified_on })
    });
    let fault = match made {
        Ok(act) => match service.act(session.id(), act).await {
            Ok(outcome) => return Ok(done(&key.address(), &outcome)),
            Err(problem) => problem_fault(lang, &problem),
        },
        Err(fault) => fault,
    };
    Ok(loss_page(&service, lang, &csrf, &key, &entry, Some(&fault)).await?.into_response())
}

pub async fn change(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<Key>,
) -> Result<Page, Problem> {
    let entry = Entry::of(&member(&service, &key).await?, service.clock.today());
    edit_page(&service, lang, &csrf, &key, &entry, Edit::Change, None)
}

pub async fn correction(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<Key>,
) -> Result<Page, Problem> {
    let entry = Entry::of(&member(&service, &key).await?, service.clock.today());
    edit_page(&service, lang, &csrf, &key, &entry, Edit::Correction, None)
}

/// The two acts that use the whole form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Change,
    Correction,
}

fn edit_page(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    key: &Key,
    entry: &Entry,
    edit: Edit,
    fault: Option<&Fault>,
) -> Result<Page, Problem> {
    let f = Fields { lang, entry, fault };
    let (path, title, lead) = match edit {
        Edit::Change => (
            format!("{}/change", key.address()),
            t(lang, "変更の届出", "Change"),
            t(
                lang,
                "ある日から変わったこと（氏名、住所、負担割合など）を届け出ます。",
                "What is different from a day on.",
            ),
        ),
        Edit::Correction => (
            format!("{}/correction", key.address()),
            t(lang, "訂正の届出", "Correction"),
            t(
                lang,
                "はじめから誤っていたことを直します。直す前の内容も記録に残ります。",
                "What was wrong from the beginning. What was known before stays in the history.",
            ),
        ),
    };
    let body = page::form(
        &path,
        csrf,
        html! {
            (f.summary())
            @if edit == Edit::Change {
                (f.date("on", t(lang, "いつから変わりましたか", "From which day"), &entry.on))
            }
            (f.numbers())
            (f.person())
            (f.share())
            (f.date("notified_on", t(lang, "届出日", "Notified on"), &entry.notified_on))
            (page::button(t(lang, "登録して報告する", "Record and report")))
        },
    );
    Ok(frame(service, lang, title, &path).lead(lead).body(body))
}

pub async fn changed(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    session: DeskSession,
    Path(key): Path<Key>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    edited(&service, lang, &csrf, &session, &key, &entry, Edit::Change).await
}

pub async fn corrected(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    session: DeskSession,
    Path(key): Path<Key>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    edited(&service, lang, &csrf, &session, &key, &entry, Edit::Correction).await
}

async fn edited(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    session: &DeskSession,
    key: &Key,
    entry: &Entry,
    edit: Edit,
) -> Result<Response, Problem> {
    let before = member(service, key).await?;
    let id = key.parse()?;
    let made = entry.record(lang, service, Some(&before)).and_then(|record| {
        let record = Box::new(record);
        Ok(match edit {
            Edit::Change => DeskAct::Change { member: id, on: day(lang, "on", &entry.on)?, record },
            Edit::Correction => DeskAct::Correct { member: id, record },
        })
    });
    let fault = match made {
        Ok(act) => match service.act(session.id(), act).await {
            Ok(outcome) => return Ok(done(&key.address(), &outcome)),
            Err(problem) => problem_fault(lang, &problem),
        },
        Err(fault) => fault,
    };
    Ok(edit_page(service, lang, csrf, key, entry, edit, Some(&fault))?.into_response())
}

pub async fn cancellation(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Path(key): Path<Key>,
) -> Result<Page, Problem> {
    let record = member(&service, &key).await?;
    let path = format!("{}/cancellation", key.address());
    let body = html! {
        (page::notice(page::Tone::Warn, t(lang, "この資格は「なかったこと」になります。", "This membership will never have been."), html! {
            (t(lang, "退職などで終わった場合は「資格喪失」を使ってください。", "Where it ended, report a loss instead."))
        }))
        p { (record.person.name) "　" (date(record.qualified_on)) }
        (page::form(&path, &csrf, page::button(t(lang, "取り消して報告する", "Cancel and report"))))
    };
    Ok(frame(&service, lang, t(lang, "資格の取消", "Cancellation"), &path).body(body))
}

pub async fn cancelled(
    State(service): State<Service>,
    session: DeskSession,
    Path(key): Path<Key>,
) -> Result<Redirect, Problem> {
    service.act(session.id(), DeskAct::Cancel { member: key.parse()? }).await?;
    Ok(Redirect::to("/"))
}

async fn member(service: &Service, key: &Key) -> Result<Record, Problem> {
    let (sealed, day) = key.parse()?;
    Ok(service.member(sealed, day).await?.member.record)
}

fn done(address: &str, outcome: &DeskOutcome) -> Response {
    let word = match &outcome.answer {
        Some(ReportResult::Refused { .. }) => "refused",
        Some(_) => "accepted",
        None => "waiting",
    };
    Redirect::to(&format!("{address}?done={word}")).into_response()
}

fn problem_fault(lang: Lang, problem: &Problem) -> Fault {
    let parts = problem.parts();
    let text = t(lang, &parts.detail_ja, &parts.detail_en).clone();
    (parts.place.clone().unwrap_or_default(), text)
}

fn day(lang: Lang, field: &str, text: &str) -> Result<Date, Fault> {
    Date::parse(text).map_err(|e| (field.to_owned(), t(lang, e.ja(), e.to_string())))
}

impl Entry {
    fn of(record: &Record, today: Date) -> Self {
        let word = |found: Option<&str>| found.unwrap_or_default().to_owned();
        Self {
            my_number: String::new(),
            symbol: record.insured.symbol.to_string(),
            number: record.insured.number.to_string(),
            branch: record.insured.branch.map(|b| b.to_string()).unwrap_or_default(),
            name: record.person.name.clone(),
            kana: record.person.kana.clone(),
            birthdate: record.person.birthdate.to_string(),
            sex: word(SEXES.iter().find(|(_, s)| *s == record.person.sex).map(|(w, _)| *w)),
            relation: word(RELATIONS.iter().find(|(_, r)| *r == record.relation).map(|(w, _)| *w)),
            postal_code: record.person.postal_code.clone(),
            address: record.person.address.clone(),
            share: record.terms.copayment_percent.map(|p| p.to_string()).unwrap_or_default(),
            qualified_on: record.qualified_on.to_string(),
            on: String::new(),
            reason: String::new(),
            notified_on: today.to_string(),
        }
    }

    fn my_number(&self, lang: Lang) -> Result<MyNumber, Fault> {
        let digits = kotoba::fold_width(&self.my_number).replace([' ', '-'], "");
        digits.parse().map_err(|e: codes::NumberError| ("my_number".into(), t(lang, e.ja(), e.to_string())))
    }

    /// The membership as entered; what the form does not show stays as `before` has it.
    fn record(&self, lang: Lang, service: &Service, before: Option<&Record>) -> Result<Record, Fault> {
        let number = |field: &str, e: codes::NumberError| (field.to_owned(), t(lang, e.ja(), e.to_string()));
        let insured = InsuredPersonId {
            insurer: service.number,
            symbol: self.symbol.parse().map_err(|e| number("symbol", e))?,
            number: self.number.parse().map_err(|e| number("number", e))?,
            branch: match self.branch.trim() {
                "" => None,
                branch => Some(branch.parse().map_err(|e| number("branch", e))?),
            },
        };
        if self.name.trim().is_empty() {
            return Err(("name".into(), t(lang, "氏名を入力してください。", "enter the name").into()));
        }
        let terms = before.map_or_else(
            || Terms { classification: "01".into(), ..Terms::default() },
            |record| record.terms.clone(),
        );
        Ok(Record {
            insured,
            qualified_on: match before {
                Some(record) => record.qualified_on,
                None => day(lang, "qualified_on", &self.qualified_on)?,
            },
            disqualified_on: before.and_then(|r| r.disqualified_on),
            loss_reason: before.and_then(|r| r.loss_reason),
            relation: chosen(&RELATIONS, &self.relation).unwrap_or(Relation::Insured),
            person: Person {
                name: self.name.trim().to_owned(),
                kana: kotoba::to_full_kana(self.kana.trim()).to_string(),
                sex: chosen(&SEXES, &self.sex).unwrap_or(Sex::Unset),
                birthdate: day(lang, "birthdate", &self.birthdate)?,
                postal_code: kotoba::PostalCode::canonical(&self.postal_code),
                address: self.address.trim().to_owned(),
            },
            terms: Terms { copayment_percent: self.share.parse().ok(), ..terms },
            notified_on: day(lang, "notified_on", &self.notified_on)?,
        })
    }
}

fn chosen<T: Copy>(choices: &[(&str, T)], word: &str) -> Option<T> {
    choices.iter().find(|(w, _)| *w == word).map(|(_, value)| *value)
}

const REASONS: [(&str, LossReason); 4] = [
    ("other-insurance", LossReason::OtherInsurance),
    ("death", LossReason::Death),
    ("public-assistance", LossReason::PublicAssistance),
    ("other", LossReason::Other),
];
const SEXES: [(&str, Sex); 3] = [("male", Sex::Male), ("female", Sex::Female), ("unset", Sex::Unset)];
const RELATIONS: [(&str, Relation); 2] = [("insured", Relation::Insured), ("dependant", Relation::Dependant)];

fn choice(value: &str, label: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned() }
}

/// The fields of a form with what was entered and what is wrong.
struct Fields<'a> {
    lang: Lang,
    entry: &'a Entry,
    fault: Option<&'a Fault>,
}

impl Fields<'_> {
    fn summary(&self) -> Markup {
        match self.fault {
            Some((_, text)) => page::notice(
                page::Tone::Bad,
                t(
                    self.lang,
                    "まだ登録していません。入力を確かめてください。",
                    "Not recorded yet: please check.",
                ),
                html! { (text) },
            ),
            None => html! {},
        }
    }

    fn line(&self, field: Field, name: &str) -> Markup {
        let wrong = self.fault.filter(|(place, _)| place == name).map(|(_, text)| text.clone());
        field.error(wrong).render(self.lang)
    }

    fn date(&self, name: &str, label: &str, value: &str) -> Markup {
        let field = Field::text(name, label)
            .value(value)
            .hint(t(self.lang, "例: 令和8年4月1日、R8.4.1、2026-04-01", "For example 2026-04-01 or R8.4.1"))
            .required();
        self.line(field, name)
    }

    fn numbers(&self) -> Markup {
        let lang = self.lang;
        html! {
            (self.line(Field::text("symbol", t(lang, "記号", "Symbol")).value(self.entry.symbol.clone()), "symbol"))
            (self.line(Field::text("number", t(lang, "番号", "Number")).value(self.entry.number.clone()).required(), "number"))
            (self.line(Field::digits("branch", t(lang, "枝番（2桁）", "Branch (2 digits)"), 2).value(self.entry.branch.clone()), "branch"))
        }
    }

    fn person(&self) -> Markup {
        let (lang, entry) = (self.lang, self.entry);
        let sexes: Vec<Choice> = SEXES.iter().map(|(w, s)| choice(w, sex(lang, *s))).collect();
        let relations: Vec<Choice> = RELATIONS.iter().map(|(w, r)| choice(w, relation(lang, *r))).collect();
        html! {
            (self.line(Field::text("name", t(lang, "氏名", "Name")).value(entry.name.clone()).required(), "name"))
            (self.line(Field::text("kana", t(lang, "カナ氏名", "Reading")).value(entry.kana.clone()), "kana"))
            (self.date("birthdate", t(lang, "生年月日", "Born"), &entry.birthdate))
            (page::select(lang, "sex", t(lang, "性別", "Sex"), &sexes, &entry.sex))
            (page::select(lang, "relation", t(lang, "本人・家族", "Relation"), &relations, &entry.relation))
            (self.line(Field::text("postal_code", t(lang, "郵便番号", "Postal code")).value(entry.postal_code.clone()), "postal_code"))
            (self.line(Field::text("address", t(lang, "住所", "Address")).value(entry.address.clone()), "address"))
        }
    }

    fn share(&self) -> Markup {
        let shares = [("10", "1割"), ("20", "2割"), ("30", "3割")].map(|(w, label)| choice(w, label));
        page::select(self.lang, "share", t(self.lang, "負担割合", "Own share"), &shares, &self.entry.share)
    }
}
