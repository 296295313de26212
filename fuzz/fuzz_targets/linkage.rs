#![no_main]
//! Linkage: configurations, models, schemas, logs and files of any content are read or refused, never more.

use libfuzzer_sys::fuzz_target;
use linkage::{
    Config, Linkage, Model, Register, Rows, clk, entities::Entities, registry::Profile, splink, suggest,
    table_for,
};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(config) = Config::from_toml(&text) {
        let again = Config::from_toml(&config.to_toml().expect("what was read can be written"));
        assert_eq!(again.expect("what was written can be read"), config);
        let _ = table_for(&config);
    }
    if let Ok(model) = Model::from_json(&text) {
        assert!(Model::from_json(&model.to_json()).is_ok());
    }
    let _ = Profile::from_toml(&text);
    let _ = clk::Schema::from_json(&text).map(|schema| schema.keys(b"key"));
    if let Ok((config, model)) = splink::import(&text) {
        let _ = splink::export(&config, &model, false);
    }
    let _ = Entities::read(bytes);
    let _ = Register::open(bytes, Register::empty_journal(), &b""[..]);
    let address = kotoba::Address::parse(&text);
    assert!(address.numbers.len() <= 6);

    // A file of any content under usual names of columns.
    let header = ["id", "氏", "名", "カナ氏", "生年月日", "住所"].map(str::to_owned).to_vec();
    let config = suggest(&[header.clone()], None, None).config;
    // Its own header, any encoding.
    if let Ok(mut rows) = Rows::partial("fuzz", &config, bytes) {
        while rows.advance().is_ok_and(|more| more) {
            let _ = rows.values();
        }
    }
    let mut table = table_for(&config).expect("a suggested configuration is sound");
    let file = format!("{}\n{}", header.join(","), text.chars().take(4_000).collect::<String>());
    if table.read("fuzz", &config, file.as_bytes(), &|_| {}).is_ok() {
        let records = table.len();
        if let Ok(linkage) = Linkage::run(config, table, None, &|_, _, _| {}) {
            assert_eq!(linkage.entities.len(), records);
        }
    }
});
