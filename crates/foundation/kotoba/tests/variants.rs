//! Fifty pairs of forms that names are written in: each folds to one key, and the tier says how far apart they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use musubi_kotoba::{NameMatch, compare_names, fold_name};

/// Forms of one character.
const FORMS: &str = "高髙 崎﨑 崎嵜 辺邉 辺邊 吉𠮷 浜濵 浜濱 真眞 柳栁 桑桒 麻蔴 間閒 凛凜 徳德 瀬瀨 黒黑 穣穰 籠篭 沢澤 広廣 国國 \
    桜櫻 蔵藏 恵惠 栄榮 学學 実實 宝寶 寿壽 条條 弥彌 滝瀧 横橫 曽曾 桧檜 恒恆 斎齋 斉齊 関關 円圓 塩鹽 豊豐 峰峯 渕淵";
/// Characters that the law holds apart.
const CONFUSABLE: &str = "斉斎 島嶋 島嶌 館舘 富冨";

#[test]
fn fifty_pairs_fold() {
    let pairs = |text: &'static str| {
        text.split_whitespace()
            .map(|pair| pair.char_indices().nth(1).map(|(at, _)| pair.split_at(at)).unwrap())
    };
    let mut count = 0;
    for (list, expected) in [(FORMS, NameMatch::Variant), (CONFUSABLE, NameMatch::Confusable)] {
        for (a, b) in pairs(list) {
            assert_eq!(fold_name(a), fold_name(b), "{a} {b}");
            assert_eq!(compare_names(a, b), expected, "{a} {b}");
            count += 1;
        }
    }
    println!("{count} pairs");
    assert_eq!(count, 50);
}
