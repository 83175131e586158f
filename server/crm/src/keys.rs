//! The deployment's secret and what is derived from it.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Derived keys. The same secret must be given to every server of a deployment, and kept:
/// without it phone and ID searches find nothing and second factors cannot be checked.
#[derive(Clone)]
pub struct Keys {
    search: [u8; 32],
    seal: [u8; 32],
}

impl Keys {
    /// From at least 32 random bytes.
    pub fn derive(secret: &[u8]) -> Keys {
        Keys { search: mac(secret, b"search"), seal: mac(secret, b"seal") }
    }

    /// What equality searches compare instead of the clear value: the first 16 bytes of
    /// HMAC-SHA-256 over the normalised value.
    pub fn hash(&self, value: &str) -> Vec<u8> {
        mac(&self.search, normalise(value).as_bytes())[..16].to_vec()
    }

    /// The key for what is encrypted at rest (second-factor secrets).
    pub fn seal_key(&self) -> &[u8; 32] {
        &self.seal
    }
}

/// Letters in capitals, digits as ASCII; spaces, hyphens and a leading +86 do not matter.
pub fn normalise(value: &str) -> String {
    let plain: String = value
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32),
            c if c.is_whitespace() || matches!(c, '-' | '(' | ')' | '（' | '）' | '—') => None,
            c => Some(c.to_ascii_uppercase()),
        })
        .collect();
    plain.strip_prefix("+86").map(str::to_owned).unwrap_or(plain)
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length, so this cannot fail.
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_write_a_number_hash_alike() {
        let keys = Keys::derive(b"a secret of the tests, long enough");
        assert_eq!(keys.hash("+86 138-0000-1234"), keys.hash("13800001234"));
        assert_eq!(keys.hash("11010119900307001x"), keys.hash("11010119900307001X"));
        assert_ne!(keys.hash("13800001234"), keys.hash("13800001235"));
    }
}
