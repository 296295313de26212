//! The person's own view: who asked about me.

use crate::{house::House, process::Town};

/// With card and PIN the person sees the checks of this morning, each found in the signed ledger; without, nothing.
pub fn shows_who_asked(town: &Town, house: &House) {
    let story = "opted-in";
    let mut clinic = town.browser(&house.clinic().site());
    clinic.get("/").ok();
    let sent =
        clinic.post("/read", &[("mode", "pin"), ("pin", "1234"), ("road", "certificate"), ("card", story)]);
    assert!(clinic.get(sent.location()).ok().text().contains("有効"));

    let mut me = town.browser("me.localhost");
    assert!(me.get(&format!("/?pick={story}")).ok().text().contains("暗証番号"));
    let refused = me.post("/", &[("card", story), ("pin", "9999")]);
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(!refused.body.contains(&house.hospital().name));

    let page = me.post("/", &[("card", story), ("pin", "1234")]).ok();
    let text = page.text();
    let seen: Vec<&str> = [house.hospital(), house.clinic()]
        .iter()
        .map(|p| p.name.as_str())
        .filter(|name| text.contains(name))
        .collect();
    assert_eq!(seen.len(), 2, "both institutions are named: {text}");
    let entries = text.matches("の資格を確かめました").count();
    let proven = text.matches("署名済み台帳で確認済み").count();
    assert!(entries >= 4, "page, interface, certificate and the clinic: {text}");
    assert_eq!(entries, proven, "every entry is found in the signed ledger");
    assert!(text.contains("暗証番号") && text.contains("顔認証"), "how the person was verified: {text}");
    println!(
        "own record: {entries} checks by {} institutions, {proven} found in the signed ledger",
        seen.len()
    );
}
