//! The deployment's secret and what is derived from it.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Derived keys. The same secret must be given to every server of a deployment, and kept:
/// without it phone and ID searches find nothing and second factors cannot be checked.
#[derive(Clone)]
pub struct Keys {
    search: [u8; 32],
    seal: [u8; 32],
    ids: [u8; 32],
    database: [u8; 32],
    marks: [u8; 32],
}

impl Keys {
    /// From at least 32 random bytes.
    pub fn derive(secret: &[u8]) -> Keys {
        Keys {
            search: mac(secret, b"search"),
            seal: mac(secret, b"seal"),
            ids: mac(secret, b"ids"),
            database: mac(secret, b"database"),
            marks: mac(secret, b"marks"),
        }
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

    /// What the application's own login to the database proves itself with.
    pub(crate) fn database_password(&self) -> String {
        hex::encode(self.database)
    }

    /// Eight hexadecimal digits by which a client that sees a record masked tells whether it is still the same. Keyed: what
    /// is masked must not be found by trying.
    pub(crate) fn mark(&self, record: &str) -> String {
        hex::encode(&mac(&self.marks, record.as_bytes())[..4])
    }

    /// A table key as clients see it: sixteen hexadecimal digits that tell neither order nor number.
    /// A Feistel network of four rounds over HMAC-SHA-256, so it opens again without a table.
    pub fn opaque(&self, id: i64) -> String {
        let (mut left, mut right) = ((id as u64 >> 32) as u32, id as u32);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.round(round, right));
        }
        format!("{left:08x}{right:08x}")
    }

    /// The table key behind [`Self::opaque`]; `None` for what was never one.
    pub fn open(&self, opaque: &str) -> Option<i64> {
        if opaque.len() != 16 {
            return None;
        }
        let both = u64::from_str_radix(opaque, 16).ok()?;
        let (mut left, mut right) = ((both >> 32) as u32, both as u32);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.round(round, left), left);
        }
        let id = (u64::from(left) << 32 | u64::from(right)) as i64;
        (id > 0).then_some(id)
    }

    fn round(&self, round: u8, half: u32) -> u32 {
        let [a, b, c, d] = half.to_be_bytes();
        let digest = mac(&self.ids, &[round, a, b, c, d]);
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

const ROUNDS: u8 = 4;

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

    #[test]
    fn an_opaque_id_opens_only_with_its_own_keys() {
        let keys = Keys::derive(b"a secret of the tests, long enough");
        for id in [1, 700_001, 20_000_000_123, i64::MAX] {
            assert_eq!(keys.open(&keys.opaque(id)), Some(id));
            assert_ne!(Keys::derive(b"another secret of the tests").open(&keys.opaque(id)), Some(id));
        }
        assert_eq!(keys.open("12"), None);
        assert_eq!(keys.open("zzzzzzzzzzzzzzzz"), None);
    }
}
