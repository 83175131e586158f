//! Checks of contacts and identities, from the standards that define them.

use chrono::NaiveDate;

use crate::problem::Rule;

/// Kinds of papers that may be entered by hand, with their dictionary's name `identity_kind`.
pub const IDENTITY_KINDS: &[&str] = &["id_card", "passport", "hk_macau_permit", "taiwan_permit", "foreigner_permit", "uscc", "other_paper"];
pub const CONTACT_KINDS: &[&str] = &["mobile", "phone", "email", "wechat", "address", "work_address", "website"];

/// Resident identity card number: GB 11643-1999, eighteen characters, ISO 7064 MOD 11-2.
/// Returns it in capitals.
pub fn id_card(typed: &str) -> Result<String, Rule> {
    let number: String = typed.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let bytes = number.as_bytes();
    let shape = bytes.len() == 18 && bytes[..17].iter().all(u8::is_ascii_digit) && (bytes[17].is_ascii_digit() || bytes[17] == b'X');
    if !shape {
        return Err(Rule::BadFormat { expected: "110101199003071234".into() });
    }
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = bytes.iter().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    if bytes[17] != b"10X98765432"[(sum % 11) as usize] {
        return Err(Rule::BadCheckDigit);
    }
    id_card_birth(&number).map(|_| number).ok_or(Rule::NotADate)
}

/// The date of birth in a resident identity card number.
pub fn id_card_birth(number: &str) -> Option<NaiveDate> {
    let digits = number.get(6..14).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    NaiveDate::from_ymd_opt(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?)
}

/// Unified social credit code: GB 32100-2015, eighteen characters without I, O, S, V, Z, modulo 31.
pub fn uscc(typed: &str) -> Result<String, Rule> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let number: String = typed.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let values: Option<Vec<u32>> = number.bytes().map(|byte| ALPHABET.iter().position(|a| *a == byte).map(|at| at as u32)).collect();
    let values = values.filter(|values| values.len() == 18).ok_or_else(|| Rule::BadFormat { expected: "91330100MA2XXXXX0X".into() })?;
    let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum: u32 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
    if values[17] == (31 - sum % 31) % 31 { Ok(number) } else { Err(Rule::BadCheckDigit) }
}

/// An identity as entered by hand, by its kind.
pub fn identity(kind: &str, typed: &str) -> Result<String, Rule> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Rule::Required);
    }
    match kind {
        "id_card" => id_card(typed),
        "uscc" => uscc(typed),
        _ if !IDENTITY_KINDS.contains(&kind) => Err(Rule::UnknownCode { value: kind.to_owned() }),
        _ => {
            let number: String = typed.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
            let fits = (5..=30).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if fits { Ok(number) } else { Err(Rule::BadFormat { expected: "E12345678".into() }) }
        }
    }
}

/// A contact as entered by hand, by its kind. A mobile is a mainland number, or `+` and 7 to 15 digits (E.164).
pub fn contact(kind: &str, typed: &str) -> Result<String, Rule> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Rule::Required);
    }
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '（' | '）')).collect();
    match kind {
        "mobile" => {
            let local = digits.strip_prefix("+86").unwrap_or(&digits);
            let mainland =
                local.len() == 11 && local.starts_with('1') && local.bytes().all(|b| b.is_ascii_digit()) && local.as_bytes()[1] >= b'3';
            if mainland {
                return Ok(local.to_owned());
            }
            let abroad = digits.strip_prefix('+').is_some_and(|n| (7..=15).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
            if abroad && !digits.starts_with("+86") { Ok(digits) } else { Err(Rule::BadFormat { expected: "13800001234".into() }) }
        }
        "phone" => {
            let plain = digits.strip_prefix('+').unwrap_or(&digits);
            let fits = (5..=20).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_digit());
            if fits { Ok(typed.to_owned()) } else { Err(Rule::BadFormat { expected: "0571-88001234".into() }) }
        }
        "email" => match typed.split_once('@') {
            Some((user, host))
                if !user.is_empty()
                    && host.contains('.')
                    && !host.starts_with('.')
                    && !host.ends_with('.')
                    && !host.contains('@')
                    && !typed.contains(char::is_whitespace)
                    && typed.len() <= 200 =>
            {
                Ok(typed.to_owned())
            }
            _ => Err(Rule::BadFormat { expected: "name@example.com".into() }),
        },
        "website" => {
            let fits = (typed.starts_with("https://") || typed.starts_with("http://"))
                && typed.len() <= 300
                && !typed.contains(char::is_whitespace);
            if fits { Ok(typed.to_owned()) } else { Err(Rule::BadFormat { expected: "https://www.example.com".into() }) }
        }
        "wechat" | "address" | "work_address" => {
            if typed.chars().count() <= 300 {
                Ok(typed.to_owned())
            } else {
                Err(Rule::TooLong { max: 300 })
            }
        }
        _ => Err(Rule::UnknownCode { value: kind.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_numbers_pass_and_their_misspellings_do_not() {
        // The example of GB 11643-1999, and the code of a listed company.
        assert_eq!(id_card("11010519491231002x"), Ok("11010519491231002X".into()));
        assert_eq!(id_card("110105194912310021"), Err(Rule::BadCheckDigit));
        assert_eq!(uscc("91440300708461136T"), Ok("91440300708461136T".into()));
        assert_eq!(uscc("91440300708461163T"), Err(Rule::BadCheckDigit));
        assert!(uscc("9144030070846113IT").is_err());
    }

    #[test]
    fn contacts_are_read_as_people_write_them() {
        assert_eq!(contact("mobile", "+86 138-0000-1234"), Ok("13800001234".into()));
        assert_eq!(contact("mobile", "+1 415 555 0100"), Ok("+14155550100".into()));
        assert!(contact("mobile", "12800001234").is_err());
        assert!(contact("email", "a@b").is_err());
        assert!(contact("pigeon", "x").is_err());
    }

    proptest! {
        #[test]
        fn any_one_wrong_digit_of_an_identity_card_is_caught(at in 0usize..17, by in 1u8..10) {
            let mut wrong = b"11010519491231002X".to_vec();
            wrong[at] = (wrong[at] - b'0' + by) % 10 + b'0';
            prop_assert!(id_card(&String::from_utf8_lossy(&wrong)).is_err());
        }
    }
}
