//! What happened, in sentences that anybody can read.

use codes::{OrgId, OrgKind};
use consent::{ActReason, Consents, Effect, Label, Labels, Purposes, Rule, RuleId, law, template};
use maud::{Markup, html};
use protocol::exchange::{EmergencyReason, OwnExchange};
use protocol::own_record::{answered, verified};
use wire::page::{Entry, Lang, Tone, badge, definitions, details, t, when};

use super::choices::kept;
use super::parts::{day, label_words, listed, name};
use super::proofs::Marks;
use crate::model::Check;
use crate::service::Service;
use crate::service::looked::Event;

/// What is known when events are told.
pub(super) struct Telling<'a> {
    pub(super) service: &'a Service,
    pub(super) lang: Lang,
    /// What the person decided.
    pub(super) will: &'a Consents,
    /// How the person calls their proxies.
    pub(super) names: &'a [(String, String)],
}

/// The event as an entry of the timeline.
pub(super) fn entry(telling: &Telling<'_>, marks: &mut Marks<'_>, event: &Event) -> Entry {
    let Telling { service, lang, will, .. } = *telling;
    let (title, tone, body) = match event {
        Event::Check(check) => {
            (checked(service, lang, check), None, particulars_of_check(service, lang, check))
        }
        Event::Exchange(exchange) => {
            (title(telling, exchange), tone(event, exchange), particulars(service, lang, will, exchange))
        }
    };
    let body = html! {
        (body)
        p.entry-end {
            (marks.mark(event))
            @if !event.is_by(OrgKind::Portal) {
                a.object href={ "/objections/new?about=" (event.exchange()) "&log=" (event.log()) "&entry=" (event.proof().index) "&at=" (event.at().as_millis()) "&who=" (event.organisation()) } {
                    (t(lang, "分からない・おかしい", "I do not understand, or object"))
                }
            }
        }
    };
    Entry { when: when(lang, event.at()), datetime: event.at().to_rfc3339(), title, tone, body }
}

fn tone(event: &Event, exchange: &OwnExchange) -> Option<Tone> {
    match exchange.what.as_str() {
        "exchange-refused" => Some(Tone::Ok),
        _ if event.is_emergency() => Some(Tone::Warn),
        _ => None,
    }
}

fn title(telling: &Telling<'_>, exchange: &OwnExchange) -> String {
    let Telling { service, lang, names, .. } = *telling;
    if let Some(proxy) = &exchange.proxy {
        return by_proxy(lang, kept(names, proxy.as_str()), exchange);
    }
    let who = who(service, lang, exchange);
    let reason = exchange.reason.map_or("", |reason| t(lang, reason.ja(), reason.en()));
    match (exchange.what.as_str(), exchange.organisation.kind()) {
        ("exchange", OrgKind::Portal) => own_look(service, lang, exchange),
        ("exchange", _) if exchange.holders.is_empty() => t(
            lang,
            format!("{who}が、{reason}のためにあなたの記録を求めましたが、見られるものはありませんでした"),
            format!("{who} asked for your records for {reason}; there was nothing for them to see"),
        ),
        ("exchange", _) => {
            let holders = listed(lang, exchange.holders.iter().map(|holder| name(service, lang, holder)));
            t(
                lang,
                format!("{who}が、{reason}のために、{holders}にあるあなたの記録を見られるようにしました"),
                format!("{who} was let see your records at {holders}, for {reason}"),
            )
        }
        ("exchange-refused", _) => t(
            lang,
            format!("{who}が、{reason}のためにあなたの記録を求めましたが、断られました"),
            format!("{who} asked for your records for {reason} and was refused"),
        ),
        ("emergency", _) => {
            t(lang, format!("{who}が、救急を宣言しました"), format!("{who} declared an emergency"))
        }
        ("emergency-widened", _) => t(
            lang,
            format!("{who}が、救急のため、見る範囲を広げました"),
            format!("{who} widened what may be seen, for an emergency"),
        ),
        ("register", OrgKind::Portal) => {
            t(lang, "あなたがポータルに入りました".into(), "You came into the portal".into())
        }
        ("register", _) => t(
            lang,
            format!("{who}が、受付であなたのカードを確かめ、かかった先として登録しました"),
            format!("{who} read your card at the desk and was noted as a place you go to"),
        ),
        ("consent", OrgKind::Portal) => {
            t(lang, "あなたがポータルで決めました".into(), "You decided something in the portal".into())
        }
        ("consent", _) => t(
            lang,
            format!("あなたの決めたことを、{who}が受け付けました"),
            format!("{who} passed on what you decided"),
        ),
        ("consent-read", OrgKind::Portal) => {
            t(lang, "あなたが決めごとを読みました".into(), "You read what you have decided".into())
        }
        ("consent-read", _) => t(
            lang,
            format!("{who}が、あなたの決めたことのうち、自分についてのものを読みました"),
            format!("{who} read what you decided about it"),
        ),
        ("own-exchanges", _) => t(lang, "あなたがこの記録を読みました".into(), "You read this record".into()),
        ("person-state", _) => t(
            lang,
            format!("{who}が、あなたの医療等IDの状態を、あなたの申し出のとおりに変えました"),
            format!("{who} changed the state of your medical ID as you asked"),
        ),
        ("translate", _) => t(
            lang,
            format!(
                "{who}が、あなたを他の機関に伝えるための符号を受け取りました（中身は相手の機関だけが読めます）"
            ),
            format!(
                "{who} got a code by which another institution knows you (only that institution can read it)"
            ),
        ),
        (other, _) => t(
            lang,
            format!("{who}が、あなたについて操作をしました（{other}）"),
            format!("{who} did something about you ({other})"),
        ),
    }
}

/// What a proxy did for the person (だれが、だれの代わりに).
fn by_proxy(lang: Lang, proxy: &str, exchange: &OwnExchange) -> String {
    let (ja, en) = match exchange.what.as_str() {
        "consent" => ("決めました", "decided something"),
        "consent-read" => ("あなたの決めごとを読みました", "read what you have decided"),
        "own-exchanges" => ("この記録を読みました", "read this record"),
        _ => ("操作をしました", "did something"),
    };
    t(
        lang,
        format!("代理人「{proxy}」が、あなたの代わりに{ja}"),
        format!("Your proxy “{proxy}” {en} for you"),
    )
}

/// A look through the portal: the person's own, a proxy's, or an app's that the person permitted.
fn own_look(service: &Service, lang: Lang, exchange: &OwnExchange) -> String {
    let holders = listed(lang, exchange.holders.iter().map(|holder| name(service, lang, holder)));
    let by = exchange.practitioner.as_ref().map(|staff| staff.name.as_str()).unwrap_or_default();
    let (who_ja, who_en) = if by.starts_with(APP_MARK) {
        (format!("あなたが許した{by}"), format!("{by}, which you permitted,"))
    } else if exchange.proxy.is_some() {
        (format!("代理人の{by}さん"), format!("{by}, your proxy,"))
    } else {
        ("あなた".to_owned(), "You".to_owned())
    };
    match exchange.holders.is_empty() {
        true => t(
            lang,
            format!("{who_ja}が、あなたの記録を見ようとしましたが、持つ機関はありませんでした"),
            format!("{who_en} looked for your records; no institution holds any"),
        ),
        false => t(
            lang,
            format!("{who_ja}が、{holders}にあるあなたの記録を見ました"),
            format!("{who_en} looked at your records at {holders}"),
        ),
    }
}

/// How the name of an app begins in what the holders and the person read.
const APP_MARK: &str = crate::service::record::APP_MARK;

/// Person, profession and institution, as far as they are known.
fn who(service: &Service, lang: Lang, exchange: &OwnExchange) -> String {
    let place = name(service, lang, &exchange.organisation);
    let Some(staff) = &exchange.practitioner else { return place };
    let profession = t(lang, staff.profession.ja(), staff.profession.en());
    t(
        lang,
        format!("{place}の{profession} {}さん", staff.name),
        format!("{}, {profession} at {place},", staff.name),
    )
}

fn particulars(service: &Service, lang: Lang, will: &Consents, exchange: &OwnExchange) -> Markup {
    let mut rows: Vec<(&str, Markup)> = Vec::new();
    if exchange.what.starts_with("exchange") {
        rows.push((t(lang, "何を", "What"), html! { (what(lang, exchange)) }));
    }
    if let Some(ground) = ground(lang, exchange) {
        let label = if exchange.what == "exchange-refused" {
            t(lang, "断られた理由", "Why it was refused")
        } else {
            t(lang, "なぜできたか", "On what ground")
        };
        rows.push((label, html! { (ground) }));
    }
    if let Some(reason) = exchange.reason {
        rows.push((t(lang, "法律の根拠", "Legal basis"), html! { (laws(service, lang, reason)) }));
    }
    if !exchange.rules.is_empty() {
        rows.push((
            t(lang, "はたらいた決めごと", "Decisions that applied"),
            rules(service, lang, will, exchange),
        ));
    }
    html! {
        @if exchange.what == "exchange-refused" {
            p { (badge(Tone::Ok, t(lang, "何も見られていません", "Nothing was seen"))) }
        }
        @if !rows.is_empty() { (definitions(&rows)) }
        (details(t(lang, "記録の番号", "Numbers of this record"), html! {
            p.fine { (t(lang, "照会の番号: ", "Exchange: ")) code { (exchange.exchange) } }
            p.fine {
                (t(lang, "台帳: ", "Log: ")) code { (exchange.receipt.origin) }
                (t(lang, format!(" の {} 番目", exchange.receipt.index + 1), format!(", entry {}", exchange.receipt.index + 1)))
            }
        }))
    }
}

fn what(lang: Lang, exchange: &OwnExchange) -> String {
    if exchange.looking_for.is_empty() {
        return t(lang, "すべての種類の情報", "every kind of information").into();
    }
    listed(lang, exchange.looking_for.iter().map(|kind| t(lang, kind.ja(), kind.en()).to_owned()))
}

/// The evidence, or why there was none; emergencies tell it in the institution's own words.
fn ground(lang: Lang, exchange: &OwnExchange) -> Option<String> {
    let words = match exchange.evidence.as_str() {
        "" => return None,
        "presence" => {
            ("その機関の受付で、あなたのカードが確かめられている", "your card was read at its desk")
        }
        "team" => ("あなたに知らされたケアチームの一員である", "it belongs to a care team you were told of"),
        "emergency" => ("救急が宣言されている", "an emergency was declared"),
        "no-presence" => ("あなたがその機関に来た記録がない", "there is no record that you were there"),
        "no-care-team" => ("ケアチームの一員ではない", "it belongs to no care team of yours"),
        "no-emergency" => ("有効な救急の宣言がない", "there is no emergency that stands"),
        "quota" => ("一日に求められる件数を超えている", "it asked more often than it may in a day"),
        other => return Some(emergency(lang, other)),
    };
    Some(t(lang, words.0, words.1).to_owned())
}

/// An emergency's reason with the institution's own words: `意識がない: 路上で…`.
fn emergency(lang: Lang, text: &str) -> String {
    let known = EmergencyReason::ALL.into_iter().find(|reason| text.starts_with(reason.words().0));
    match (lang, known.map(EmergencyReason::words)) {
        (Lang::En, Some((ja, en))) => text.replacen(ja, en, 1),
        _ => text.to_owned(),
    }
}

fn laws(service: &Service, lang: Lang, reason: ActReason) -> String {
    listed(lang, service.bases(reason).into_iter().map(|(ja, en)| t(lang, ja, en)))
}

fn rules(service: &Service, lang: Lang, will: &Consents, exchange: &OwnExchange) -> Markup {
    html! {
        ul.plain { @for rule in &exchange.rules { li { (rule_words(service, lang, will, rule)) } } }
    }
}

/// A rule in one line: the person's own with the way to its text, one of law with what the law permits.
pub(super) fn rule_words(service: &Service, lang: Lang, will: &Consents, id: &RuleId) -> Markup {
    if let Some(provision) = law::provision(id) {
        return html! { (t(lang, "法令: ", "By law: ")) (t(lang, provision.ja, provision.en)) };
    }
    match will.rules.iter().find(|rule| rule.id == *id) {
        Some(rule) => html! {
            a href={ "/choices/history/" (id) } { (in_a_line(service, lang, rule)) }
        },
        None => html! { (t(lang, "あなたの決めごと ", "Your decision ")) code { (id) } },
    }
}

/// A rule of the person in one line: when, whom, what, and the decision.
pub(super) fn in_a_line(service: &Service, lang: Lang, rule: &Rule) -> String {
    let names = |org: &OrgId| Some(service.name(org));
    let lines = template::lines(rule, &names);
    let whom = lines.iter().find(|line| line.ja.0 == "だれに");
    let whom = whom.map(|line| t(lang, line.ja.1.clone(), line.en.1.clone())).unwrap_or_default();
    let permit = rule.effect == Effect::Permit;
    let urgent = rule.purposes == Purposes::of(&[ActReason::EmergencyTreat]);
    let what = told(service, lang, rule);
    let aims = rule.purposes.iter().filter(|_| !urgent).map(|aim| t(lang, aim.ja(), aim.en()).to_owned());
    let aims = listed(lang, aims);
    let aim = match (lang, aims.is_empty()) {
        (_, true) => String::new(),
        (Lang::Ja, false) => format!("{aims}のために、"),
        (Lang::En, false) => format!(", for {aims}"),
    };
    match lang {
        Lang::Ja => {
            let when = if urgent { "救急のときは、" } else { "" };
            let decision = if permit { "見せてよい" } else { "見せない" };
            format!("{when}{whom}に、{aim}{what}を{decision}")
        }
        Lang::En => {
            let when = if urgent { "in an emergency, " } else { "" };
            let decision = if permit { "may be seen" } else { "may not be seen" };
            format!("{when}{what} {decision} by {whom}{aim}")
        }
    }
}

/// What a rule is about, short.
fn told(service: &Service, lang: Lang, rule: &Rule) -> String {
    let what = &rule.what;
    let kinds = listed(lang, what.categories.iter().map(|kind| t(lang, kind.ja(), kind.en()).to_owned()));
    let labels = listed(lang, what.labels.iter().map(|label| label_words(lang, label).to_owned()));
    let ordinary = what.labels == Labels::of(&[Label::Normal]);
    let makers = what.authors.iter().filter_map(|author| author.organisation.as_ref());
    let makers = listed(lang, makers.map(|org| name(service, lang, org)));
    let level = match (ordinary, what.labels.is_empty()) {
        (true, _) => t(lang, "ふつうの情報", "ordinary information").to_owned(),
        (_, true) => t(lang, "すべての情報", "all information").to_owned(),
        _ => t(lang, format!("{labels}の情報"), format!("information on {labels}")),
    };
    let mut told = match (kinds.is_empty(), what.labels.is_empty()) {
        (true, _) => level,
        (false, true) => kinds,
        (false, false) => t(lang, format!("{level}のうち{kinds}"), format!("{kinds} of {level}")),
    };
    if !makers.is_empty() {
        told = t(lang, format!("{makers}で書かれた{told}"), format!("{told} written at {makers}"));
    }
    if !what.documents.is_empty() || !what.encounters.is_empty() || what.care.is_some() {
        told.push_str(t(lang, "の一部", " (part)"));
    }
    told
}

fn checked(service: &Service, lang: Lang, check: &Check) -> String {
    let who = name(service, lang, &check.organisation);
    t(
        lang,
        format!("{who}が、{}の保険の資格を確かめました", check.on.to_wareki()),
        format!("{who} checked your insurance for {}", check.on),
    )
}

fn particulars_of_check(service: &Service, lang: Lang, check: &Check) -> Markup {
    let rows = [
        (t(lang, "本人の確認", "How you were verified"), html! { (said(lang, verified(check.mode))) }),
        (t(lang, "法律の根拠", "Legal basis"), html! { (basis(service, lang, &check.basis)) }),
    ];
    html! {
        p { (t(lang, "答え: ", "Answer: ")) (said(lang, answered(check.validity))) }
        (details(t(lang, "くわしく", "More"), definitions(&rows)))
    }
}

/// The eligibility service names the laws in Japanese, by the words of the common table.
fn basis(service: &Service, lang: Lang, basis: &str) -> String {
    match lang {
        Lang::Ja => basis.to_owned(),
        Lang::En => {
            let laws = service.policy.table().laws().iter();
            let english = laws.fold(basis.to_owned(), |text, law| text.replace(&law.ja, &law.en));
            english.replace('、', ", ")
        }
    }
}

fn said(lang: Lang, (ja, en): (&'static str, &'static str)) -> &'static str {
    t(lang, ja, en)
}

/// A day that is shown in a table.
pub(super) fn since(lang: Lang, at: Option<calendar::Timestamp>) -> Markup {
    match at {
        Some(at) => day(at.date()),
        None => html! { (t(lang, "まだ記録がありません", "nothing recorded yet")) },
    }
}
