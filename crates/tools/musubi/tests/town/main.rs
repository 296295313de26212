//! The whole town as a user meets it: the command is started, people walk in by the pages, receipt computers by
//! their folders, other organisations by mTLS, and the power fails at any moment.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod browse;
mod exchange;
mod facets;
mod folder;
mod hostile;
mod house;
mod insurer;
mod kill;
mod kill_import;
mod kill_notices;
mod my_record;
mod networks;
mod oversight;
mod portal;
mod process;
mod record;
mod stories;

use house::House;
use process::Town;

/// People of the town in these tests; the people of the stories come on top of nobody: they are among them.
const PEOPLE: u64 = 300;

/// One town, from its first day to its second start. In one test, because a town takes seconds to settle.
#[test]
fn the_first_road() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("town");

    let first = Town::start(&dir, PEOPLE);
    let counts = house::counts(&first, &dir);
    let first_start = first.ready_in;
    first.stop();

    // From here on every role's mTLS interface has an address that the tests know.
    house::settle_ports(&dir);
    let town = Town::start(&dir, PEOPLE);
    assert_eq!(house::counts(&town, &dir), counts, "a second start continues");
    let (seconds, numbers) = (town.ready_in, counts.len());
    println!(
        "starts: first {first_start:.1} s, second {seconds:.1} s, {numbers} numbers of the pages are equal"
    );

    let house = House::of(&dir);
    stories::pages_agree(&town, &house);
    stories::interface_agrees(&house);
    stories::certificates_agree(&house);
    stories::look_back_agrees(&house);
    record::shows_who_asked(&town, &house);
    folder::answers(&dir, &house);
    insurer::a_loss_changes_the_answer(&town, &house);
    hostile::pages(&town, &house);
    hostile::interfaces(&house);
    hostile::folders(&dir, &house);
    facets::the_person_decides(&town, &dir, &house);

    let counts = house::counts(&town, &dir);
    town.stop();
    house::verify_ledgers(&dir, &house);
    facets::nobody_joins_them(&dir, &house);
    let again = Town::start(&dir, PEOPLE);
    assert_eq!(house::counts(&again, &dir), counts, "what was done is still there");
    again.stop();
}

/// Records between institutions, on a town whose institutions have taken in ten years of them.
#[test]
fn records_travel() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("town");
    Town::start(&dir, PEOPLE).stop();
    house::settle_ports(&dir);
    let town = Town::start(&dir, PEOPLE);
    let house = House::of(&dir);
    oversight::every_ledger_is_cosigned(&town, &dir, &house);
    oversight::a_suspension_is_in_force_at_once(&town, &house);
    oversight::the_table_is_signed_off(&town, &house);
    oversight::a_second_history_raises_an_alarm(&town, &dir, &house);
    exchange::records_are_in(&dir, &house);
    exchange::a_stranger_learns_nothing(&dir, &house);
    exchange::a_visit_fetches_what_is_permitted(&dir, &house);
    exchange::an_emergency_opens_what_saves_a_life(&dir, &house);
    networks::figures_are_published(&town, &house);
    networks::become_one(&town, &dir);
    portal::without_a_medical_id_it_is_said_so(&town);
    portal::a_card_that_works_no_more_lets_nobody_in(&town);
    portal::the_person_reads_who_insured_them(&town);
    portal::an_emergency_stands_first(&town, &dir, &house);
    my_record::is_gathered_shown_and_taken_away(&town, &dir, &house);
    my_record::what_is_wrong_is_answered(&town, &dir, &house);
    my_record::a_finding_waits_for_the_doctor(&town, &dir, &house);
    my_record::notices_arrive(&town, &dir, &house);
    my_record::an_app_reads_what_it_may(&town, &dir, &house);
    portal::the_person_sees_who_looked_and_decides(&town, &dir, &house);
    exchange::an_old_code_dies(&town, &dir, &house);
    town.stop();
    house::verify_ledgers(&dir, &house);
}
