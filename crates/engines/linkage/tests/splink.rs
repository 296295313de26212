//! A model that Splink 5.0.0 saved is read: its weights score the records of a pair as Splink does; what is written is read again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use musubi_linkage::{Comparer, Comparisons, Linkage, Scorer, splink, table_for};

const MODEL: &str = include_str!("data/splink-5.0.0.json");

#[test]
fn a_saved_model_scores_as_it_did() {
    let (config, model) = splink::import(MODEL).unwrap();
    let json: serde_json::Value = serde_json::from_str(MODEL).unwrap();
    let levels: usize = json["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["comparison_levels"].as_array().unwrap().len() - 1)
        .sum();
    assert_eq!(model.comparisons.iter().map(|c| c.levels.len()).sum::<usize>(), levels);
    // The rule with a substring is no rule of equal columns.
    assert_eq!(config.block, ["given_name & surname", "date_of_birth"]);
    let mut table = table_for(&config).unwrap();
    let csv = "unique_id,given_name,surname,date_of_birth,postcode,soc_sec_id\n\
        1,anna,miller,19800312,2000,1234567\n2,anna,millar,19800313,2000,1234567\n3,bob,smith,19500101,3000,7654321\n";
    table.read("test", &config, csv.as_bytes(), &|_| {}).unwrap();
    let comparisons = Comparisons::new(&config, &table).unwrap();
    let pattern = Comparer::new(&table, &comparisons).pattern(0, 1);
    // Exact, Jaro-Winkler of 0.92, one edit, exact, exact: the levels that Splink's conditions name.
    assert_eq!(&pattern[..5], [1, 2, 2, 1, 1]);
    let parts =
        Scorer::new(&model, &comparisons, &table).unwrap().parts(&pattern, table.row(0), table.row(1));
    let expected: f64 = model
        .comparisons
        .iter()
        .zip(pattern)
        .map(|(c, level)| (c.levels[level as usize - 1].m / c.levels[level as usize - 1].u).log2())
        .sum();
    assert!((f64::from(parts.level.iter().sum::<f32>()) - expected).abs() < 1e-3);
    let linkage = Linkage::run(config, table, Some(model), &|_, _, _| {}).unwrap();
    let written = splink::export(&linkage.config, &linkage.model, false).unwrap();
    let (again, model) = splink::import(&written).unwrap();
    assert_eq!(model, linkage.model);
    assert_eq!((again.block, again.comparison), (linkage.config.block, linkage.config.comparison));
}

#[test]
fn names_in_either_order_go_there_and_back() {
    let (mut config, model) = splink::import(MODEL).unwrap();
    config.block = vec!["given_name~surname & postcode".to_owned(), "postcode".to_owned()];
    let written = splink::export(&config, &model, false).unwrap();
    assert!(written.contains(r#"l.\"given_name\" = r.\"surname\""#), "{written}");
    assert_eq!(splink::import(&written).unwrap().0.block, config.block);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let strange = MODEL.replacen("jaro_winkler_similarity", "my_function", 1);
    let error = splink::import(&strange).unwrap_err().to_string();
    assert!(error.contains("comparison given_name") && error.contains("my_function"), "{error}");
    assert!(splink::import("{}").is_err() && splink::import("x").is_err());
}
