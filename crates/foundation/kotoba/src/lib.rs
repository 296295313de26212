//! Japanese text: kana, width, kanji variants, names, addresses.
