//! Public identifiers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The bank-wide customer number 统一客户号: eleven digits of the table key and a Luhn check digit.
///
/// Unique because the key is, without a uniqueness constraint across shards; a number with one wrong
/// or two swapped digits is refused before it reaches the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerNo(i64);

/// Not a customer number: wrong length, not digits, or the check digit does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACustomerNo;

impl CustomerNo {
    /// Largest key that fits eleven digits.
    pub const MAX_ID: i64 = 99_999_999_999;

    /// The number of the customer with this table key. `id` is 0..=[`Self::MAX_ID`].
    pub const fn from_id(id: i64) -> CustomerNo {
        CustomerNo(id)
    }

    /// The table key.
    pub const fn id(self) -> i64 {
        self.0
    }

    fn check_digit(id: i64) -> u8 {
        let mut rest = id;
        let mut sum = 0;
        let mut double = true;
        while rest > 0 {
            let digit = rest % 10;
            sum += match double {
                true if digit > 4 => digit * 2 - 9,
                true => digit * 2,
                false => digit,
            };
            double = !double;
            rest /= 10;
        }
        ((10 - sum % 10) % 10) as u8
    }
}

impl fmt::Display for CustomerNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011}{}", self.0, Self::check_digit(self.0))
    }
}

impl FromStr for CustomerNo {
    type Err = NotACustomerNo;

    fn from_str(text: &str) -> Result<Self, NotACustomerNo> {
        let text = text.trim();
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotACustomerNo);
        }
        let id: i64 = text[..11].parse().map_err(|_| NotACustomerNo)?;
        if text.as_bytes()[11] - b'0' != Self::check_digit(id) {
            return Err(NotACustomerNo);
        }
        Ok(CustomerNo(id))
    }
}

impl TryFrom<String> for CustomerNo {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is not a customer number"))
    }
}

impl From<CustomerNo> for String {
    fn from(no: CustomerNo) -> String {
        no.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_reads_back_and_one_wrong_digit_is_refused(id in 0..=CustomerNo::MAX_ID, at in 0usize..12, by in 1u8..10) {
            let text = CustomerNo::from_id(id).to_string();
            prop_assert_eq!(text.parse::<CustomerNo>().map(CustomerNo::id), Ok(id));
            let mut wrong = text.into_bytes();
            wrong[at] = (wrong[at] - b'0' + by) % 10 + b'0';
            prop_assert!(String::from_utf8_lossy(&wrong).parse::<CustomerNo>().is_err());
        }
    }
}
