//! Addresses taken apart, measured on the test set of geolonia/normalize-japanese-addresses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use musubi_kotoba::{Address, fold_address};

#[test]
fn known_addresses_fall_into_their_parts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/linkage/addresses-geolonia.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: no {path}");
        return;
    };
    // The set's own spelling is of the registers; width, spaces and ヶ/ケ are no differences.
    let one = |text: &str| fold_address(text).replace(['-', ',', '、', '丁'], "");
    let (mut count, mut cities, mut towns, mut whole) = (0, 0, 0, 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (prefecture, city, town, lot, other) = (cells[1], cells[2], cells[3], cells[4], cells[5]);
        let found = Address::parse(cells[0]);
        count += 1;
        let in_city = found.prefecture == prefecture && found.city == city;
        let in_town = in_city && one(&found.town_with_chome()) == one(town);
        let numbers: Vec<String> =
            found.numbers.iter().skip(usize::from(found.has_chome)).map(u32::to_string).collect();
        let said: String = [numbers.join("-"), found.rest.clone()].concat();
        let expected: String = [lot, other].concat();
        let exact = in_town && one(&said) == one(&expected);
        cities += usize::from(in_city);
        towns += usize::from(in_town);
        whole += usize::from(exact);
    }
    println!("{count} addresses: municipality {cities}, quarter {towns}, whole {whole}");
    assert!(
        count > 7_000
            && cities * 1_000 >= count * 999
            && towns * 1_000 >= count * 985
            && whole * 1_000 >= count * 983
    );
}
