//! Numbers with check digits, all of them nobody's: regions and number ranges that were never given out.

use chrono::Datelike;

use super::calendar::{Day, date};

/// What no region of the country begins with; enough of it for the largest made-up bank.
const NOWHERE: [u64; 20] = [99, 98, 97, 96, 95, 94, 93, 92, 89, 88, 87, 86, 85, 84, 79, 78, 77, 76, 75, 74];
const ID_CARDS_EACH: u64 = 5_000_000;
/// Ordinals with an identity number of their own, whatever their birth dates.
pub const ID_CARDS: u64 = ID_CARDS_EACH * NOWHERE.len() as u64;

/// A resident identity number (GB 11643): region, birth date, sequence (odd for men) and an
/// ISO 7064 MOD 11-2 check character. Every `ordinal` below [`ID_CARDS`] has a number of its own.
pub fn id_card(ordinal: u64, born: Day, male: bool) -> String {
    let born = date(born);
    let region = NOWHERE[(ordinal / ID_CARDS_EACH % NOWHERE.len() as u64) as usize] * 10_000 + (ordinal / 500) % 10_000;
    let sequence = (ordinal % 500) * 2 + u64::from(male);
    let body = format!("{region}{:04}{:02}{:02}{sequence:03}", born.year(), born.month(), born.day());
    let check = id_card_check(body.as_bytes());
    format!("{body}{check}")
}

/// The check character of the first seventeen digits.
pub fn id_card_check(body: &[u8]) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A unified social credit code (GB 32100) around an organisation code (GB 11714), both with their
/// check characters; the region is one that does not exist.
pub fn uscc(ordinal: u64) -> String {
    let mut organisation = *b"MA000000";
    let mut rest = ordinal;
    for place in organisation[2..].iter_mut().rev() {
        *place = USCC_ALPHABET[(rest % 31) as usize];
        rest /= 31;
    }
    let mut body = b"91990100".to_vec();
    body.extend(organisation);
    body.push(organisation_check(&organisation));
    let check = uscc_check(&body);
    body.push(check);
    String::from_utf8_lossy(&body).into_owned()
}

fn organisation_check(code: &[u8; 8]) -> u8 {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let value = |c: u8| if c.is_ascii_digit() { u32::from(c - b'0') } else { u32::from(c - b'A') + 10 };
    let sum: u32 = code.iter().zip(WEIGHTS).map(|(c, weight)| value(*c) * weight).sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + digit as u8,
    }
}

/// The check character of the first seventeen.
pub fn uscc_check(body: &[u8]) -> u8 {
    let mut weight = 1;
    let mut sum = 0;
    for c in body {
        let value = USCC_ALPHABET.iter().position(|known| known == c).unwrap_or(0);
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    USCC_ALPHABET[(31 - sum % 31) % 31]
}

/// A mobile number in a range that no operator has been given.
pub fn mobile(ordinal: u64) -> String {
    const RANGES: [&str; 4] = ["154", "163", "164", "168"];
    // An odd factor that is no multiple of five permutes the eight digits.
    let scattered = ordinal.wrapping_mul(38_712_349) % 100_000_000;
    format!("{}{scattered:08}", RANGES[((ordinal / 100_000_000 + ordinal) % 4) as usize])
}

/// `digits` without their last one, and the Luhn digit that belongs there.
pub fn with_luhn(body: String) -> String {
    let mut sum = 0;
    for (at, digit) in body.bytes().rev().enumerate() {
        let digit = u32::from(digit - b'0');
        sum += match at % 2 {
            0 if digit > 4 => digit * 2 - 9,
            0 => digit * 2,
            _ => digit,
        };
    }
    let check = (10 - sum % 10) % 10;
    format!("{body}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::calendar::ymd;

    #[test]
    fn check_digits_fit_published_examples() {
        // The worked example of GB 11643-1999, annex.
        assert_eq!(id_card_check(b"11010519491231002"), 'X');
        assert_eq!(uscc_check(b"91350100M000100Y4"), b'3');
        assert_eq!(with_luhn("7992739871".into()), "79927398713");
    }

    #[test]
    fn numbers_differ_from_customer_to_customer() {
        let born = ymd(1980, 2, 3);
        let mut seen = std::collections::HashSet::new();
        for ordinal in 0..30_000 {
            assert!(seen.insert(id_card(ordinal, born, ordinal % 2 == 0)));
            assert!(seen.insert(uscc(ordinal)));
            assert!(seen.insert(mobile(ordinal)));
        }
        for far in (0..ID_CARDS).step_by(5_000_000).skip(1) {
            for ordinal in [far, far + 1] {
                assert!(seen.insert(id_card(ordinal, born, ordinal % 2 == 0)));
                assert!(seen.insert(mobile(ordinal)));
            }
        }
    }
}
