//! Conversions that keep, keys that fold, and CP932.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use musubi_kotoba::*;
use proptest::prelude::*;

#[test]
fn kana_change_width_both_ways() {
    assert_eq!(to_full_kana("ｼﾝﾘｮｳ ﾀﾛｳ"), "シンリョウ タロウ");
    assert_eq!(to_full_kana("ｶﾞｷﾞﾊﾟｳﾞﾜﾞｱﾞﾟ"), "ガギパヴヷア゛゜");
    assert_eq!(to_half_kana("シンリョウ　タロウ"), "ｼﾝﾘｮｳ ﾀﾛｳ");
    assert_eq!(to_half_kana("ガギパヴー・。「」、ヱ"), "ｶﾞｷﾞﾊﾟｳﾞｰ･｡｢｣､ｴ");
    assert_eq!(fold_width("ＡＢＣ１２３－　ｶﾞ漢"), "ABC123- ガ漢");
    assert!(matches!(fold_width("漢字 abc"), std::borrow::Cow::Borrowed(_)));
    assert_eq!(to_full_width("A1 ｶﾞ-"), "Ａ１　ガ－");
    assert_eq!(hira_to_kata("さくらゔゝ漢"), "サクラヴヽ漢");
    assert_eq!(kata_to_hira("サクラヴヽヷ漢"), "さくらゔゝヷ漢");
}

#[test]
fn names_that_differ_in_form_compare_as_such() {
    for (a, b, expected) in [
        ("診療　太郎", "診療 太郎", NameMatch::Same),
        ("葛\u{E0100}城", "葛城", NameMatch::Same),
        ("神谷", "\u{FA19}谷", NameMatch::Same),
        ("佐々木", "佐佐木", NameMatch::Same),
        ("ジョン・スミス", "ｼﾞｮﾝ ｽﾐｽ", NameMatch::Same),
        ("SMITH John", "Ｓｍｉｔｈ　Ｊｏｈｎ", NameMatch::Same),
        ("高橋", "髙橋", NameMatch::Variant),
        ("山崎", "山﨑", NameMatch::Variant),
        ("渡辺", "渡邊", NameMatch::Variant),
        ("渡辺", "渡邉", NameMatch::Variant),
        ("斎藤", "齋藤", NameMatch::Variant),
        ("斉藤", "齊藤", NameMatch::Variant),
        ("浜田", "濱田", NameMatch::Variant),
        ("浜田", "濵田", NameMatch::Variant),
        ("吉田", "𠮷田", NameMatch::Variant),
        ("沢", "澤", NameMatch::Variant),
        ("斎藤", "斉藤", NameMatch::Confusable),
        ("齋藤", "齊藤", NameMatch::Confusable),
        ("中島", "中嶋", NameMatch::Confusable),
        ("富田", "冨田", NameMatch::Confusable),
        ("高橋", "高梁", NameMatch::Different),
        ("大野", "小野", NameMatch::Different),
    ] {
        assert_eq!(compare_names(a, b), expected, "{a} {b}");
        assert_eq!(compare_names(b, a), expected);
        assert_eq!(fold_name(a) == fold_name(b), expected != NameMatch::Different, "{a} {b}");
    }
    // The fifty frequent pairs of the linkage notes that no single public table folds.
    for pair in [
        "嵜崎", "栁柳", "舘館", "桒桑", "蔴麻", "閒間", "凜凛", "德徳", "瀨瀬", "黑黒", "眞真", "嶌島",
        "穰穣", "籠篭",
    ] {
        let mut of = pair.chars().map(|c| fold_name(&c.to_string()));
        assert_eq!(of.next(), of.next(), "{pair}");
    }
}

#[test]
fn readings_that_sound_alike_share_a_key() {
    for (a, b) in [
        ("ﾕｰｺ", "ゆうこ"),
        ("キョウコ", "ｷﾖｳｺ"),
        ("ミヅキ", "ミズキ"),
        ("ヂロー", "じろう"),
        ("カヲル", "カオル"),
        ("ヴィクター", "ビクタア"),
        ("シンリョウ　タロウ", "ｼﾝﾘｮｳﾀﾛｳ"),
        ("ケーコ", "ケイコ"),
        ("まり・あ", "マリア"),
    ] {
        assert_eq!(fold_kana(a), fold_kana(b), "{a} {b}");
    }
    assert_ne!(fold_kana("オオノ"), fold_kana("オノ"));
    assert_eq!(fold_kana("ンー"), "ン");
}

#[test]
fn names_have_two_parts() {
    let name = PersonName::parse("診療　太郎");
    assert_eq!((name.family.as_str(), name.given.as_str()), ("診療", "太郎"));
    assert_eq!(name.to_string(), "診療　太郎");
    assert_eq!(PersonName::parse("SMITH  John Paul").given, "John Paul");
    assert_eq!(PersonName::parse(" 単名 ").to_string(), "単名");
}

#[test]
fn addresses_and_postal_codes() {
    for text in ["123-4567", "1234567", "〒１２３－４５６７", " 123 4567 "] {
        assert_eq!(text.parse::<PostalCode>().unwrap().to_string(), "123-4567", "{text}");
    }
    for bad in ["", "123-456", "12345678", "+123456", "-123456x", "abc-defg"] {
        assert!(bad.parse::<PostalCode>().is_err(), "{bad}");
    }
    assert_eq!("012-0001".parse::<PostalCode>().unwrap().digits(), "0120001");
    for text in [
        "東京都千代田区霞が関三丁目２番１号",
        "東京都千代田区霞が関3-2-1",
        "東京都 千代田区霞が関 ３丁目２－１",
        "東京都千代田区霞が関３ー２ー１",
    ] {
        assert_eq!(fold_address(text), "東京都千代田区霞が関3-2-1", "{text}");
    }
    assert_eq!(fold_address("二番町十二番地の三"), "二番町12-三");
    assert_eq!(fold_address("鎌ヶ谷市番場百二十番"), "鎌ケ谷市番場120");
    assert_eq!(fold_address("一番町五丁目"), "一番町5");
}

#[test]
fn cp932_reports_what_it_lacks() {
    let written = cp932_encode("髙﨑①ｱ\u{E000}");
    assert_eq!(written.losses, []);
    assert_eq!(cp932_decode(&written.bytes).unwrap(), "髙﨑①ｱ\u{E000}");
    assert_eq!(written.bytes[written.bytes.len() - 2..], [0xF0, 0x40]);
    let lossy = cp932_encode("a𠮷b葛\u{E0100}〜¥−か\u{3099}");
    let losses: Vec<_> = lossy.losses.iter().map(|loss| (loss.at, loss.original, loss.written)).collect();
    assert_eq!(
        losses,
        [
            (1, '𠮷', Some('〓')),
            (4, '\u{E0100}', None),
            (5, '〜', Some('～')),
            (6, '¥', Some('￥')),
            (7, '−', Some('－'))
        ]
    );
    assert_eq!(lossy.losses.iter().filter(|loss| loss.is_replaced()).count(), 1);
    assert_eq!(cp932_decode(&lossy.bytes).unwrap(), "a〓b葛～￥－が");
    assert_eq!(cp932_decode(b"ab\x82\xA0\xFFc").unwrap_err(), Malformed { at: 4, byte: 0xFF });
    assert_eq!(cp932_decode(b"abc\x82").unwrap_err().at, 3);
    assert_eq!(cp932_decode(b"a\x82\x20b").unwrap_err().at, 1);
}

#[test]
fn every_double_byte_of_cp932_comes_back_as_its_character() {
    let mut characters = 0;
    for lead in 0x81..=0xFC_u8 {
        for trail in 0x40..=0xFC_u8 {
            let Ok(text) = cp932_decode(&[lead, trail]) else { continue };
            let again = cp932_encode(&text);
            assert_eq!(again.losses, [], "{text}");
            assert_eq!(cp932_decode(&again.bytes).unwrap(), text);
            characters += 1;
        }
    }
    println!("{characters} two-byte sequences");
    assert!(characters > 9000);
}

proptest! {
    #[test]
    fn keys_are_stable(text in ".{0,20}", name in "[髙﨑渡邊邉濵齋齊々ｶﾞア　 \u{E0100}a-zA-Zー・0-9一二丁目番号-]{0,12}") {
        for input in [text, name] {
            for key in [fold_name, fold_kana, fold_address, |t: &str| fold_width(t).into_owned(), to_full_kana, to_half_kana, hira_to_kata, kata_to_hira] {
                let once = key(&input);
                prop_assert_eq!(key(&once), once);
            }
        }
    }

    #[test]
    fn full_kana_come_back_from_half(text in "[ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノーハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロワヲンヴ・「」。、]{0,20}") {
        prop_assert_eq!(to_full_kana(&to_half_kana(&text)), text);
    }

    #[test]
    fn hiragana_come_back_from_katakana(text in "[ぁ-ゖゝゞ漢a]{0,20}") {
        prop_assert_eq!(kata_to_hira(&hira_to_kata(&text)), text);
    }

    #[test]
    fn cp932_loses_nothing_silently(text: String) {
        let written = cp932_encode(&text);
        let decoded = cp932_decode(&written.bytes).unwrap();
        if written.losses.is_empty() && !text.contains(['\u{3099}', '\u{309A}']) {
            prop_assert_eq!(decoded, text);
        } else if !text.contains(['\u{3099}', '\u{309A}']) {
            let mut expected: Vec<Option<char>> = text.chars().map(Some).collect();
            for loss in &written.losses {
                prop_assert_eq!(expected[loss.at], Some(loss.original));
                expected[loss.at] = loss.written;
            }
            prop_assert_eq!(decoded, expected.into_iter().flatten().collect::<String>());
        }
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes: Vec<u8>) {
        if let Err(bad) = cp932_decode(&bytes) {
            prop_assert!(bad.at < bytes.len());
            prop_assert_eq!(bytes[bad.at], bad.byte);
        }
    }
}
