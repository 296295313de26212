//! Every person of the tray, by both roads and both doors: does the answer say what the town's author expects?

use axum::http::StatusCode;
use calendar::{Clock, Date, SystemClock, Timestamp};
use protocol::{
    eligibility::{CheckAnswer, CheckRequest, Reason, Validity},
    reader::Road,
};
use serde_json::{Value, json};
use town::formats::StoryRow;
use wire::ClientError;

use crate::{
    house::House,
    process::{Town, eventually},
};

/// Tapped at the hospital's desk, the page says it in words.
pub fn pages_agree(town: &Town, house: &House) {
    let mut desk = town.browser(&house.hospital().site());
    let tray = desk.get("/").ok();
    let mut wrong = Vec::new();
    for story in &house.stories {
        assert!(
            tray.body.contains(&format!("value=\"{}\"", story.story)),
            "{} is not in the tray",
            story.story
        );
        let sent =
            desk.post("/read", &[("mode", "face"), ("road", "insurance-code"), ("card", &story.story)]);
        let page = desk.get(sent.location()).ok().text();
        let insurers = expected_insurers(story);
        let mut missing: Vec<&str> = Vec::new();
        if story.expect_card == "revoked" {
            // A stopped card is answered no more, whatever its person's standing.
            missing.extend(
                (!page.contains("このカードは利用を停止されています")).then_some("that the card stopped"),
            );
            missing.extend((!page.contains("次にすること")).then_some("the next step"));
            missing.extend(insurers.iter().any(|number| page.contains(number.as_str())).then_some("silence"));
            if !missing.is_empty() {
                wrong.push(format!("{}: the page lacks {}: {page}", story.story, missing.join(", ")));
            }
            continue;
        }
        let names = story.name.split_whitespace().all(|part| page.contains(part));
        let shown = story.expect_validity == 4 || names;
        missing.extend((!page.contains(words(story.expect_validity))).then_some("the validity"));
        missing.extend((!shown).then_some("the name"));
        missing
            .extend((!insurers.iter().all(|number| page.contains(number.as_str()))).then_some("the insurer"));
        let explains = story.expect_validity == 1 || page.contains("次にすること");
        missing.extend((!explains).then_some("the next step"));
        if !missing.is_empty() {
            wrong.push(format!("{}: the page lacks {}: {page}", story.story, missing.join(", ")));
        }
    }
    report("stories by card on the page", house.stories.len(), &wrong);
}

/// Tapped through the interface of the receipt computer, the answer says it in numbers.
pub fn interface_agrees(house: &House) {
    let hospital = house.hospital().org;
    let client = house.client(&hospital);
    let base = house.base(&hospital);
    let mut wrong = Vec::new();
    for story in &house.stories {
        let order = json!({ "by": "card", "card": story.story, "mode": "visual" });
        let visit: Value = house.runtime.block_on(client.post(&base, "/desk/checks", &order)).unwrap();
        if story.expect_card == "revoked" {
            if visit["state"] != "refused" || visit["trouble"]["code"] != "card-stopped" {
                wrong.push(format!("{}: {visit}", story.story));
            }
            continue;
        }
        assert_eq!(visit["state"], "answered", "{}: {visit}", story.story);
        let answer: CheckAnswer = serde_json::from_value(visit["answer"].clone()).unwrap();
        let mut faults = faults(story, &answer);
        // The registration at the relay may follow the answer.
        let opted_in = story.expect_medical_id == "active";
        let path = format!("/desk/visits/{}", visit["visit"].as_str().unwrap());
        let registered = if opted_in {
            eventually("the registration at the relay", || {
                let visit: Value = house.runtime.block_on(client.get(&base, &path)).unwrap();
                (visit["medical_registered"] == true).then_some(true)
            })
        } else {
            let visit: Value = house.runtime.block_on(client.get(&base, &path)).unwrap();
            visit["medical_registered"] == true
        };
        if registered != opted_in {
            faults.push(format!("medical ID registered: {registered}"));
        }
        if !faults.is_empty() {
            wrong.push(format!("{}: {}", story.story, faults.join("; ")));
        }
    }
    report("stories by card through the interface", house.stories.len(), &wrong);
}

/// By the card's certificate: one that is worth something gives the same answer, another is refused with its reason.
pub fn certificates_agree(house: &House) {
    let hospital = house.hospital().org;
    let today = SystemClock.today();
    let mut wrong = Vec::new();
    for story in &house.stories {
        let answer = ask(house, &house.question(&story.story, &hospital, Road::Certificate, today));
        let fault = match (story.expect_card.as_str(), answer) {
            ("valid", Ok(answer)) => faults(story, &answer).join("; "),
            ("valid", Err(refusal)) => refusal,
            ("certificate-expired", Err(refusal)) if refusal == "certificate-expired" => String::new(),
            ("revoked", Err(refusal)) if refusal == "certificate-revoked" => String::new(),
            (_, Ok(answer)) => format!("answered {:?}", answer.validity),
            (_, Err(refusal)) => refusal,
        };
        if !fault.is_empty() {
            wrong.push(format!("{} ({}): {fault}", story.story, story.expect_card));
        }
    }
    report("stories by certificate", house.stories.len(), &wrong);
}

/// What was known on a day about that day.
pub fn look_back_agrees(house: &House) {
    let hospital = house.hospital().org;
    let (mut asked, mut wrong) = (0, Vec::new());
    for story in &house.stories {
        let (Some(on), Some(expected)) = (story.look_back_on, story.look_back_validity) else { continue };
        let on: Date = on.to_string().parse().unwrap();
        let then = Timestamp::start_of(on.add_days(1)).add_millis(-1);
        for (known_at, expected) in [(Some(then), expected), (None, story.expect_validity)] {
            asked += 1;
            let question = house.question(&story.story, &hospital, Road::InsuranceCode, on);
            match ask(house, &CheckRequest { known_at, ..question }) {
                Ok(answer) if answer.validity.code() == expected => {}
                Ok(answer) => {
                    wrong.push(format!("{} on {on}, known {known_at:?}: {:?}", story.story, answer.validity))
                }
                Err(refusal) => wrong.push(format!("{}: {refusal}", story.story)),
            }
        }
    }
    report("questions about what was known then and is known now", asked, &wrong);
}

fn ask(house: &House, question: &CheckRequest) -> Result<CheckAnswer, String> {
    match house.runtime.block_on(house.checks(&question.institution).check(question)) {
        Ok(answer) => Ok(answer),
        Err(ClientError::Problem { problem, .. }) => {
            assert_ne!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
            Err(problem.code().to_owned())
        }
        Err(error) => panic!("{error}"),
    }
}

/// What an answer says differently from the story.
fn faults(story: &StoryRow, answer: &CheckAnswer) -> Vec<String> {
    let mut faults = Vec::new();
    if answer.validity.code() != story.expect_validity {
        faults.push(format!("validity {:?} ({:?})", answer.validity, answer.explanation.reason));
    }
    let expected = expected_insurers(story);
    let mut insurers: Vec<String> =
        answer.memberships.iter().map(|m| m.insured.insurer.to_string()).collect();
    insurers.sort();
    if answer.validity != Validity::None && insurers != expected {
        faults.push(format!("insurers {insurers:?} instead of {expected:?}"));
    }
    if answer.validity != Validity::Valid && answer.explanation.next_ja.is_empty() {
        faults.push("no next step".to_owned());
    }
    if story.story == "never-insured" && answer.explanation.reason != Reason::NeverReported {
        faults.push(format!("reason {:?}", answer.explanation.reason));
    }
    if story.expect_validity != 4 && answer.person_code.is_none() {
        faults.push("no code of this institution for the person".to_owned());
    }
    faults
}

fn expected_insurers(story: &StoryRow) -> Vec<String> {
    let mut numbers: Vec<String> =
        story.expect_insurer.split('+').filter(|number| !number.is_empty()).map(str::to_owned).collect();
    numbers.sort();
    numbers
}

/// What the page calls a validity.
pub fn words(validity: u8) -> &'static str {
    match validity {
        1 => "有効",
        2 => "無効",
        3 => "無効（新しい資格あり）",
        4 => "該当する資格なし",
        _ => "複数の資格が該当",
    }
}

fn report(what: &str, count: usize, wrong: &[String]) {
    println!("{what}: {} of {count} agree", count - wrong.len());
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}
