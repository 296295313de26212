//! The insurer's desk: what a clerk enters there, the next tap of the card tells.

use calendar::{Clock, SystemClock};

use crate::{
    house::{House, Place},
    process::Town,
};

/// A loss is entered; the same card at the same desk then gets another answer; a correction of an impossible day is asked for.
pub fn a_loss_changes_the_answer(town: &Town, house: &House) {
    let story = house.stories.iter().find(|story| story.story == "valid-employee").unwrap();
    let insurer = insurer_of(house, &story.expect_insurer);
    let mut desk = town.browser(&insurer.site());
    let query: String = form_urlencoded::byte_serialize(story.name.as_bytes()).collect();
    let found = desk.get(&format!("/?q={query}")).ok();
    let keys = found.body.split("href=\"/members/").skip(1).filter_map(|rest| rest.split('"').next());
    let member = keys.filter(|key| key.contains('/')).map(|key| format!("/members/{key}")).next();
    let member = member.unwrap_or_else(|| panic!("{} is not found: {}", story.name, found.text()));
    assert!(!found.body.contains("個人番号"), "a list shows no My Number");

    assert!(tap(town, house, &story.story).contains("有効"));
    let today = SystemClock.today().to_string();
    let loss = format!("{member}/loss");
    desk.get(&loss).ok();
    let impossible = desk.post(&loss, &[("on", "2026-02-30"), ("reason", "other"), ("notified_on", &today)]);
    assert!(
        impossible.text().contains("2026-02-30"),
        "the page says which day cannot be: {}",
        impossible.text()
    );
    let sent = desk.post(&loss, &[("on", &today), ("reason", "other"), ("notified_on", &today)]);
    let page = desk.get(sent.location()).ok().text();
    assert!(page.contains("報告しました"), "{page}");

    let answer = tap(town, house, &story.story);
    assert!(answer.contains("無効") && answer.contains("次にすること"), "{answer}");
    assert!(answer.contains(&insurer.name), "the answer names the insurer: {answer}");
    println!("insurer's desk: the loss is told at the next tap");
}

/// Reads a card at the hospital and answers the page.
pub fn tap(town: &Town, house: &House, card: &str) -> String {
    let mut desk = town.browser(&house.hospital().site());
    desk.get("/").ok();
    let sent = desk.post("/read", &[("mode", "face"), ("road", "insurance-code"), ("card", card)]);
    desk.get(sent.location()).ok().text()
}

fn insurer_of<'a>(house: &'a House, number: &str) -> &'a Place {
    let wanted = codes::InsurerNumber::parse_lenient(number).unwrap();
    let org = codes::OrgId::insurer(&wanted);
    house.insurers.iter().find(|place| place.org == org).unwrap()
}
