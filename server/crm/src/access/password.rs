//! Hashing passwords and judging new ones.

use std::{collections::HashSet, sync::LazyLock, thread::available_parallelism, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::SaltString};
use guanhu_domain::{Code, Rule, access::account::PasswordPolicy};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use crate::{Error, Result, parameters};

/// OWASP Password Storage Cheat Sheet: Argon2id, m = 19 MiB, t = 2, p = 1.
fn argon2() -> Result<Argon2<'static>> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).map_err(Error::internal)?))
}

/// As many at once as there are cores: more would only take each other's memory bandwidth.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(available_parallelism().map_or(2, usize::from)));
const LONGEST_WAIT: Duration = Duration::from_secs(10);

async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let permit = match tokio::time::timeout(LONGEST_WAIT, AT_ONCE.acquire()).await {
        Ok(permit) => permit.map_err(Error::internal)?,
        Err(_) => return Err(Error::new(Code::Busy)),
    };
    // The permit goes along: a caller who gives up does not free a core that is still hashing.
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    done.await.map_err(Error::internal)?
}

/// The hash to keep, in PHC form.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    aside(move || hash_now(&password)).await
}

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(Error::internal)?;
    Ok(argon2()?.hash_password(password.as_bytes(), &salt).map_err(Error::internal)?.to_string())
}

/// What nobody's password is compared with, so that an unknown login takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&hex::encode(rand::random::<[u8; 16]>())).unwrap_or_default());

/// Does the password fit the hash? Takes the same time without a hash.
pub async fn verify(password: &str, hash: Option<&str>) -> Result<bool> {
    let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
    aside(move || {
        let nobody = PasswordHash::new(&NOBODY).map_err(Error::internal)?;
        let known = hash.as_deref().and_then(|hash| PasswordHash::new(hash).ok());
        let fits = argon2()?.verify_password(password.as_bytes(), known.as_ref().unwrap_or(&nobody)).is_ok();
        Ok(fits && known.is_some())
    })
    .await
}

/// The bank's choice of rules.
pub(super) async fn policy(conn: &mut PgConnection) -> Result<PasswordPolicy> {
    parameters::read(conn, "access.password_policy").await
}

/// Why a password will not do, if it will not. `about` are the words an attacker would try first:
/// login, name, the bank.
pub fn weakness(policy: PasswordPolicy, password: &str, about: &[&str]) -> Option<Rule> {
    let length = password.chars().count();
    if length < policy.min() {
        return Some(Rule::TooShort { min: policy.min() });
    }
    if length > PasswordPolicy::MAX {
        return Some(Rule::TooLong { max: PasswordPolicy::MAX });
    }
    if policy == PasswordPolicy::Dengbao && !is_composed(password) {
        return Some(Rule::PasswordComposition);
    }
    is_common(password, about).then_some(Rule::CommonPassword)
}

/// Upper case, lower case, digit, symbol.
fn is_composed(password: &str) -> bool {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    has(char::is_uppercase) && has(char::is_lowercase) && has(|c| c.is_ascii_digit()) && has(|c| !c.is_alphanumeric())
}

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// Rows and diagonals of the keyboard.
const WALKS: [&str; 8] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "abcdefghijklmnopqrstuvwxyz",
    "!@#$%^&*()",
];
const LONGEST_WORD: usize = 24;
/// A password made of this few guessable pieces is one.
const FEW: usize = 4;

/// Is it a handful of words from the list, walks over the keyboard, repeated characters and short
/// numbers in a row? Each costs one guess, any other character one too.
fn is_common(password: &str, about: &[&str]) -> bool {
    let plain: Vec<char> = password.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let words: HashSet<String> = about
        .iter()
        .flat_map(|text| text.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.chars().count() >= 2)
        .collect();
    (1..=FEW).any(|period| plain.windows(period + 1).all(|window| window[0] == window[period]))
        || [letters(&plain), letters(&unleet(&plain)), plain].iter().any(|text| guesses(text, &words) <= FEW)
}

/// Without the dots and dashes between words.
fn letters(text: &[char]) -> Vec<char> {
    let letters: Vec<char> = text.iter().copied().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() { text.to_vec() } else { letters }
}

fn unleet(plain: &[char]) -> Vec<char> {
    plain
        .iter()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            c => *c,
        })
        .collect()
}

/// Fewest pieces the text falls into.
fn guesses(text: &[char], words: &HashSet<String>) -> usize {
    let mut fewest = vec![usize::MAX; text.len() + 1];
    fewest[0] = 0;
    for start in 0..text.len() {
        let so_far = fewest[start];
        for end in start + 1..=text.len().min(start + LONGEST_WORD) {
            if end == start + 1 || is_piece(&text[start..end], words) {
                fewest[end] = fewest[end].min(so_far + 1);
            }
        }
    }
    fewest[text.len()]
}

fn is_piece(piece: &[char], words: &HashSet<String>) -> bool {
    let text: String = piece.iter().collect();
    let backwards: String = piece.iter().rev().collect();
    let is_walk = || piece.len() >= 3 && WALKS.iter().any(|walk| walk.contains(&text) || walk.contains(&backwards));
    let is_number = || piece.len() <= 4 && piece.iter().all(char::is_ascii_digit);
    let is_repeated = || piece.iter().all(|c| *c == piece[0]);
    COMMON.contains(text.as_str()) || words.contains(&text) || is_walk() || is_number() || is_repeated()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_attackers_try_first_is_refused_and_a_passphrase_is_not() {
        let weak = |password: &str| weakness(PasswordPolicy::Default, password, &["li.wei", "李伟", "Bank of Examples"]);
        for common in [
            "123456789012345",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "password12345678",
            "P@ssw0rdP@ssw0rd",
            "qwertyuiopasdfgh",
            "woaini1314520woaini",
            "li.wei.19900101",
            "Examples Bank 2026",
            "zhangwei20260101",
        ] {
            assert_eq!(weak(common), Some(Rule::CommonPassword), "{common}");
        }
        assert_eq!(weak("short"), Some(Rule::TooShort { min: 15 }));
        assert_eq!(weak(&"长".repeat(129)), Some(Rule::TooLong { max: 128 }));
        for fine in ["correct horse battery staple", "床前明月光疑是地上霜举头望明月", "tR7#mq0vLz!pK2wx"] {
            assert_eq!(weak(fine), None, "{fine}");
        }
    }

    #[test]
    fn composition_is_asked_for_by_dengbao_only() {
        let weak = |password: &str| weakness(PasswordPolicy::Dengbao, password, &[]);
        assert_eq!(weak("tr7mq0vlzpk2wx"), Some(Rule::PasswordComposition));
        assert_eq!(weak("Admin@123"), Some(Rule::CommonPassword));
        assert_eq!(weak("tR7#mq0v"), None);
    }
}
