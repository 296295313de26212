//! The check-digit rules, each with its source. Digits are values 0-9, most significant first.

/// The check digit of a My Number from its first eleven digits.
///
/// 行政手続における特定の個人を識別するための番号の利用等に関する法律の規定による通知カード及び個人番号カード
/// 並びに情報提供ネットワークシステムによる特定個人情報の提供等に関する省令 (平成26年総務省令第85号) 第5条:
/// weights n+1 for the six digits on the right, n-5 for the others; 11 - (sum mod 11), or 0 if the remainder is
/// 0 or 1. Arithmetic only: the type lives in the crate `my-number`, away from medical institutions.
///
/// Digits above 9 are taken as they are; the caller passes digits.
#[must_use]
pub fn my_number_check_digit(first11: &[u8; 11]) -> u8 {
    modulus_11_digit(first11)
}

/// Weights 2..7, 2..6 from the right, modulus 11; a remainder of 0 or 1 gives 0.
pub(super) fn modulus_11_digit(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().rev().zip((2..=7).cycle()).map(|(&d, w)| u32::from(d) * w).sum();
    match sum % 11 {
        0 | 1 => 0,
        r => narrow(11 - r),
    }
}

/// Weights 2,1,2,1… from the last body digit, digits of products added, 10 - last digit.
///
/// 保険者番号, 公費負担者番号, 受給者番号 (診療報酬請求書等の記載要領), and over nine body digits 医療機関コード:
/// the same as Luhn.
pub(super) fn luhn_digit(body: &[u8]) -> u8 {
    let sum: u32 = body
        .iter()
        .rev()
        .zip([2u32, 1].into_iter().cycle())
        .map(|(&d, w)| u32::from(d) * w)
        .map(|p| p / 10 + p % 10)
        .sum();
    narrow((10 - sum % 10) % 10)
}

/// 9 - (sum mod 9) with weights 1,2,1,2… from the right (法人番号の指定等に関する省令 第2条).
pub(super) fn corporate_digit(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().rev().zip([1u32, 2].into_iter().cycle()).map(|(&d, w)| u32::from(d) * w).sum();
    narrow(9 - sum % 9)
}

/// Weights 6,5,4,3,2 over five digits, the last digit of 11 - (sum mod 11) (全国地方公共団体コード仕様).
pub(super) fn municipality_digit(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip((2..=6u32).rev()).map(|(&d, w)| u32::from(d) * w).sum();
    narrow((11 - sum % 11) % 10)
}

/// A value known to be a digit.
fn narrow(digit: u32) -> u8 {
    u8::try_from(digit).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn my_number_vectors() {
        assert_eq!(my_number_check_digit(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]), 8);
        assert_eq!(my_number_check_digit(&[6, 2, 1, 4, 9, 8, 3, 2, 0, 2, 5]), 7);
    }

    #[test]
    fn municipality_remainders_zero_and_one() {
        // 131211 Adachi, 131130 Shibuya: published codes; 131016 Chiyoda has an ordinary remainder.
        assert_eq!(municipality_digit(&[1, 3, 1, 2, 1]), 1);
        assert_eq!(municipality_digit(&[1, 3, 1, 1, 3]), 0);
        assert_eq!(municipality_digit(&[1, 3, 1, 0, 1]), 6);
    }
}
