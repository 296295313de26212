//! The person's own side: who looked, and who may from now on.

use std::path::Path;

use codes::OrgId;
use serde_json::json;

use crate::{
    browse::{Browser, between},
    exchange::{asker, demonstration, gather, sources},
    house::{House, Place},
    process::Town,
};

/// Who has no medical ID comes in all the same, and reads in plain words what that means.
pub fn without_a_medical_id_it_is_said_so(town: &Town) {
    let mut portal = town.browser(SITE);
    let away = portal.get("/");
    assert_eq!(away.location(), "/login", "nobody sees anything before the card");
    portal.get("/login?pick=not-opted-in").ok();
    let refused = portal.post("/login", &[("card", "not-opted-in"), ("pin", "9999")]);
    assert_eq!(refused.status, 422, "{}", refused.text());
    enter(&mut portal, "not-opted-in");
    let page = portal.get("/").ok().text();
    assert!(
        page.contains("医療等IDは、いま使われていません") && page.contains("共有されていません"),
        "{page}"
    );
    assert!(portal.get("/choices").ok().text().contains("決めることは、まだありません"));
    assert!(portal.get("/number").ok().text().contains("使われていません"));
    let left = portal.post("/logout", &[]);
    assert_eq!(left.location(), "/login");
    assert_eq!(portal.get("/choices").location(), "/login", "who left is out");
}

/// A card that expired, was reported lost or is a dead person's lets nobody in, and the page says what to do and nothing of the
/// person.
pub fn a_card_that_works_no_more_lets_nobody_in(town: &Town) {
    let refused = |card: &str| {
        let mut portal = town.browser(SITE);
        portal.get(&format!("/login?pick={card}")).ok();
        let refused = portal.post("/login", &[("card", card), ("pin", "1234")]);
        assert_eq!(refused.status, 422, "{card}: {}", refused.text());
        assert_eq!(portal.get("/").location(), "/login", "{card} begins no visit");
        refused.text()
    };
    let expired = refused("expired-certificate");
    assert!(expired.contains("電子証明書の有効期限が切れています"), "{expired}");
    for card in ["revoked-card", "dead"] {
        let text = refused(card);
        assert!(text.contains("このカードは使えません"), "{card}: {text}");
        for told in ["失効", "紛失", "死亡", "令和", "2026-", "電子証明書"] {
            assert!(!text.contains(told), "{card} tells {told}: {text}");
        }
    }
}

/// Who changed the insurer reads both in "my record", with their days in both calendars; a device alone does not show them.
pub fn the_person_reads_who_insured_them(town: &Town) {
    let mut portal = town.browser(SITE);
    enter(&mut portal, "changed-insurer");
    let text = portal.get("/record").ok().text();
    let (_, insurers) = text.split_once("加入してきた保険").unwrap();
    assert!(insurers.contains("いまも") && insurers.contains("令和"), "{insurers}");
    let days =
        insurers.match_indices("20").filter(|(at, _)| insurers[*at..].chars().nth(4) == Some('-')).count();
    assert!(days >= 5, "two memberships, each from, until and reported: {insurers}");
    let english = portal.get("/record?lang=en").ok().text();
    assert!(english.contains("Your insurers") && english.contains("to this day"), "{english}");
}

/// The unconscious person finds the emergency above everything else, with its reason and who declared it.
pub fn an_emergency_stands_first(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "emergency");
    let desk = place(house, &asker(&story).0);
    let mut portal = town.browser(SITE);
    enter(&mut portal, &story.card);
    let page = portal.get("/").ok();
    let text = page.text();
    let (emergencies, rest) = text.split_once("だれが、いつ、なぜ").unwrap();
    assert!(
        emergencies.contains(&format!("{}の医師 北 一郎さんが、救急を宣言しました", desk.name)),
        "{emergencies}"
    );
    assert!(
        emergencies.contains("意識がなく搬送された") && emergencies.contains("見る範囲を広げました"),
        "{emergencies}"
    );
    assert!(rest.contains("かかった先として登録しました"), "{rest}");
    let english = portal.get("/?lang=en").ok().text();
    assert!(
        english.contains("declared an emergency") && english.contains("Unconscious or confused"),
        "{english}"
    );
    println!("portal: an emergency stands first, {} bytes of page", page.body.len());
}

/// The diabetic reads who fetched what from whom by which of his decisions, decides anew, and it holds at once.
pub fn the_person_sees_who_looked_and_decides(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let (desk, number) = asker(&story);
    let hospital = place(house, &desk);
    let ask = || sources(&gather(house, &desk, &number, json!("treatment")).unwrap()).len();
    let mut portal = town.browser(SITE);
    enter(&mut portal, &story.card);
    let text = portal.get("/").ok().text();
    for wanted in [
        "北 一郎さんが、診療のために",
        "にあるあなたの記録を見られるようにしました",
        "あなたのカードが確かめられている",
        "個人情報の保護に関する法律",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(text.contains("はたらいた決めごと") && text.contains("精神・心療"), "{text}");
    assert!(text.contains("ポータルが確かめました"), "every entry is found in its log: {text}");

    assert_eq!(ask(), 0, "he withdrew his permission at the desk");
    assert!(see(&mut portal, "/preview").contains("見えない"));
    let share = [("institution", desk.to_string()), ("sensitive", "normal".into()), ("until", "year".into())];
    let reviewed = decide(&mut portal, "share", &share);
    assert!(reviewed.contains("情報を見せることの同意書") && reviewed.contains(&hospital.name), "{reviewed}");
    assert!(reviewed.contains("見えるものが増える"), "{reviewed}");
    assert!(ask() > 0, "what he decided holds at once");
    let preview = see(&mut portal, &format!("/preview/{}?reason=TREAT", desk.number()));
    assert!(preview.contains("✓") && preview.contains("見せてよい"), "the rule is named: {preview}");

    let hide =
        decide(&mut portal, "hide-from", &[("institution", desk.to_string()), ("emergency", "hide".into())]);
    assert!(hide.contains("前に決めたことをやめます") && hide.contains("見えるものが減る"), "{hide}");
    assert_eq!(ask(), 0, "not this hospital, whatever was permitted before");
    let history = see(&mut portal, "/choices/history");
    let refusal =
        between(&portal.get("/choices").ok().body, "/choices/history/portal.", "\"").map(str::to_owned);
    assert!(history.contains("情報を見せないことの申出書") && refusal.is_some(), "{history}");
    take_back_refusals(&mut portal);
    decide(&mut portal, "share-all", &[("sensitive", "normal".into())]);
    assert!(ask() > 0, "what he takes back is over at once");
    let history = see(&mut portal, "/choices/history");
    assert!(history.contains("やめました") && history.contains("撤回書"), "{history}");

    decide(&mut portal, "opt-out", &[("emergency", "hide".into())]);
    assert_eq!(ask(), 0, "no sharing at all");
    decide(&mut portal, "return", &[]);
    assert!(ask() > 0, "sharing again, by the rules that stand");
    decide(&mut portal, "proxy", &[("name", "長女 花子".into()), ("may", "refuse".into())]);
    let choices = see(&mut portal, "/choices");
    assert!(choices.contains("代理人「長女 花子」"), "{choices}");
    visits(town, &mut portal, &story.card);
}

/// The visits of one person see and end each other.
fn visits(town: &Town, portal: &mut Browser, card: &str) {
    let mut other = town.browser(SITE);
    enter(&mut other, card);
    let list = portal.get("/visits").ok();
    let keys: Vec<&str> =
        list.body.split("name=\"visit\" value=\"").skip(1).map(|rest| &rest[..64]).collect();
    assert!(keys.len() >= 2, "{}", list.text());
    let of_other = keys[0].to_owned();
    assert_eq!(portal.post("/visits", &[("visit", &of_other)]).location(), "/visits");
    assert_eq!(other.get("/").location(), "/login?ended=true", "it was ended from the first");
    portal.get("/").ok();
}

fn enter(portal: &mut Browser, card: &str) {
    portal.get(&format!("/login?pick={card}")).ok();
    assert_eq!(portal.post("/login", &[("card", card), ("pin", "1234")]).location(), "/");
}

fn see(portal: &mut Browser, path: &str) -> String {
    portal.get(path).ok().text()
}

/// Answers a question, reads what it means, and decides; gives back what was read.
fn decide(portal: &mut Browser, question: &str, answers: &[(&str, String)]) -> String {
    let path = format!("/choices/{question}");
    portal.get(&path).ok();
    let mut fields: Vec<(&str, &str)> = answers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let review = portal.post(&path, &fields).ok();
    let key = between(&review.body, "name=\"key\" value=\"", "\"").unwrap().to_owned();
    fields.extend([("key", key.as_str()), ("step", "decide")]);
    assert_eq!(portal.post(&path, &fields).location(), "/choices?done=true");
    let twice = portal.post(&path, &fields);
    assert!(twice.status >= 400 || question == "opt-out" || question == "return", "sent twice, made once");
    review.text()
}

/// Ends every refusal that was decided in the portal.
fn take_back_refusals(portal: &mut Browser) {
    loop {
        let page = portal.get("/choices").ok().body;
        let mine = page
            .split("<div class=\"decision\">")
            .skip(1)
            .find(|one| one.contains("見せない") && one.contains("portal."));
        let Some(mine) = mine else { break };
        let path =
            format!("/choices/history/portal.{}", between(mine, "/choices/history/portal.", "\"").unwrap());
        portal.get(&path).ok();
        assert_eq!(portal.post(&path, &[]).location(), "/choices?done=true");
    }
}

fn place<'a>(house: &'a House, org: &OrgId) -> &'a Place {
    house.institutions.iter().find(|place| place.org == *org).unwrap()
}

const SITE: &str = "portal.localhost";
