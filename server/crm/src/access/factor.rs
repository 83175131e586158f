//! The second factor: time-based one-time passwords (RFC 6238: SHA-1, six digits, 30 seconds) and
//! recovery codes for when the telephone is lost.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use chrono::Utc;
use data_encoding::BASE32_NOPAD;
use guanhu_domain::{
    Rule,
    access::{Verb, account::FactorOffer},
};
use hmac::{Hmac, Mac};
use qrcode::{QrCode, render::svg};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::account::reauthenticate;
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
};

const STEP_SECONDS: i64 = 30;
const RECOVERY_CODES: usize = 10;

/// The code of a step: RFC 4226, section 5.3.
pub fn code(secret: &[u8], step: i64) -> String {
    // HMAC takes a key of any length, so this cannot fail.
    let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0x0f);
    let number = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step that the clock is in.
pub fn step_now() -> i64 {
    Utc::now().timestamp() / STEP_SECONDS
}

/// The step whose code this is: now or one to either side, and none that was used before.
fn matching_step(secret: &[u8], typed: &str, last_used: i64) -> Option<i64> {
    let now = step_now();
    let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
    (now - 1..=now + 1).find(|step| *step > last_used && same(&code(secret, *step), &typed))
}

/// Compares without telling by the time taken how much was right.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

/// For keeping in the database; opens only for the same user.
fn seal(bank: &Bank, user_id: i32, secret: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; 24] = rand::random();
    let payload = Payload { msg: secret, aad: &user_id.to_be_bytes() };
    let sealed = XChaCha20Poly1305::new(bank.keys().seal_key().into()).encrypt(XNonce::from_slice(&nonce), payload);
    Ok([&nonce[..], &sealed.map_err(Error::internal)?].concat())
}

fn open(bank: &Bank, user_id: i32, sealed: &[u8]) -> Result<Vec<u8>> {
    let (nonce, rest) = sealed.split_at_checked(24).ok_or_else(|| Error::internal("a second-factor secret is cut short"))?;
    let payload = Payload { msg: rest, aad: &user_id.to_be_bytes() };
    XChaCha20Poly1305::new(bank.keys().seal_key().into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .map_err(|_| Error::internal("a second-factor secret does not open: is this the deployment's GUANHU_SECRET?"))
}

/// Checks a code (or a recovery code) of a user who has a second factor, and uses it up.
pub(super) async fn accept(bank: &Bank, conn: &mut PgConnection, user_id: i32, typed: &str) -> Result<bool> {
    let (sealed, last): (Option<Vec<u8>>, i64) =
        sqlx::query_as("select totp_secret, totp_last_step from app_user where user_id = $1").bind(user_id).fetch_one(&mut *conn).await?;
    let Some(sealed) = sealed else { return Ok(false) };
    let secret = open(bank, user_id, &sealed)?;
    if let Some(step) = matching_step(&secret, typed, last) {
        let used = sqlx::query("update app_user set totp_last_step = $2 where user_id = $1 and totp_last_step < $2")
            .bind(user_id)
            .bind(step)
            .execute(conn)
            .await?;
        return Ok(used.rows_affected() == 1);
    }
    let used = sqlx::query("update recovery_code set used_at = now() where user_id = $1 and code_hash = $2 and used_at is null")
        .bind(user_id)
        .bind(recovery_hash(typed))
        .execute(conn)
        .await?;
    Ok(used.rows_affected() == 1)
}

/// Eighty random bits need no slow hash.
fn recovery_hash(typed: &str) -> Vec<u8> {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Sha256::digest(plain).to_vec()
}

/// Offers a new second factor; the old one, if any, holds until [`confirm`].
///
/// # Errors
/// The field `password` when it is wrong.
pub async fn offer(bank: &Bank, actor: &Actor, password: &str) -> Result<FactorOffer> {
    actor.require(Verb::AccountOwn)?;
    reauthenticate(bank, actor, password).await?;
    let secret: [u8; 20] = rand::random();
    sqlx::query("update app_user set totp_pending = $2 where user_id = $1")
        .bind(actor.user_id)
        .bind(seal(bank, actor.user_id, &secret)?)
        .execute(bank.pool())
        .await?;
    let secret = BASE32_NOPAD.encode(&secret);
    let issuer = percent(&actor.me.bank_name);
    let uri =
        format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30", percent(&actor.login));
    let picture = QrCode::new(&uri).map_err(Error::internal)?;
    // Always dark on light: cameras read nothing else reliably.
    let svg = picture.render().min_dimensions(200, 200).dark_color(svg::Color("#000")).light_color(svg::Color("#fff")).build();
    let svg = svg.split_once("?>").map_or(svg.clone(), |(_, element)| element.to_owned());
    Ok(FactorOffer { secret, uri, svg })
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// Puts the offered factor in force once it has shown a code. Answers new recovery codes, shown this
/// once; other sessions end.
///
/// # Errors
/// The field `totp` when the code is wrong, or nothing was offered.
pub async fn confirm(bank: &Bank, actor: &Actor, typed: &str) -> Result<Vec<String>> {
    actor.require(Verb::AccountOwn)?;
    let mut tx = bank.begin().await?;
    let pending: Option<Vec<u8>> = sqlx::query_scalar("select totp_pending from app_user where user_id = $1 for update")
        .bind(actor.user_id)
        .fetch_one(&mut *tx)
        .await?;
    let wrong = || {
        Error::field(
            "totp",
            Rule::Other {
                zh: "动态码不正确，请核对手机时间后重试。".into(),
                en: "The code is wrong. Check the clock of your phone and try again.".into(),
            },
        )
    };
    let secret = open(bank, actor.user_id, &pending.ok_or_else(wrong)?)?;
    let step = matching_step(&secret, typed, 0).ok_or_else(wrong)?;
    sqlx::query(
        "update app_user set totp_secret = totp_pending, totp_pending = null, totp_confirmed_at = now(), totp_last_step = $2, version = version + 1
         where user_id = $1",
    )
    .bind(actor.user_id)
    .bind(step)
    .execute(&mut *tx)
    .await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    sqlx::query("delete from recovery_code where user_id = $1").bind(actor.user_id).execute(&mut *tx).await?;
    sqlx::query("insert into recovery_code (user_id, code_hash) select $1, unnest($2::bytea[])")
        .bind(actor.user_id)
        .bind(codes.iter().map(|code| recovery_hash(code)).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
    super::session::end_others(&mut tx, actor).await?;
    audit::record(
        &mut tx,
        actor,
        Entry::done(Verb::AccountOwn, format!("user:{}", actor.login)).detail(json!({"second_factor": "enrolled"})),
    )
    .await?;
    tx.commit().await?;
    Ok(codes)
}

/// `XXXX-XXXX-XXXX-XXXX`, eighty bits.
fn recovery_code() -> String {
    let text = BASE32_NOPAD.encode(&rand::random::<[u8; 10]>());
    text.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>().join("-")
}

/// Takes the own second factor off, where the role does not ask for one.
///
/// # Errors
/// `Conflict` where it does; the field `password` when it is wrong.
pub async fn remove(bank: &Bank, actor: &Actor, password: &str) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    if actor.role.is_officer() && !actor.me.is_demo {
        return Err(Error::new(guanhu_domain::Code::Conflict));
    }
    reauthenticate(bank, actor, password).await?;
    let mut tx = bank.begin().await?;
    take_off(&mut tx, actor.user_id).await?;
    audit::record(
        &mut tx,
        actor,
        Entry::done(Verb::AccountOwn, format!("user:{}", actor.login)).detail(json!({"second_factor": "removed"})),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a lost second factor off another user, whose sessions end.
pub async fn reset(bank: &Bank, actor: &Actor, login: &str, reason: &str) -> Result<()> {
    actor.require(Verb::FactorReset)?;
    let reason = super::users::given(reason)?;
    if login == actor.login {
        return Err(Error::new(guanhu_domain::Code::Conflict));
    }
    let mut tx = bank.begin().await?;
    let user_id: i32 =
        sqlx::query_scalar("select user_id from app_user where login = $1 for update").bind(login).fetch_one(&mut *tx).await?;
    take_off(&mut tx, user_id).await?;
    super::session::end_all(&mut tx, user_id).await?;
    audit::record(&mut tx, actor, Entry::done(Verb::FactorReset, format!("user:{login}")).reason(reason)).await?;
    tx.commit().await?;
    Ok(())
}

async fn take_off(conn: &mut PgConnection, user_id: i32) -> Result<()> {
    sqlx::query(
        "update app_user set totp_secret = null, totp_pending = null, totp_confirmed_at = null, version = version + 1 where user_id = $1",
    )
    .bind(user_id)
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from recovery_code where user_id = $1").bind(user_id).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(code(secret, seconds / STEP_SECONDS), expected);
        }
    }

    #[test]
    fn a_code_is_good_for_its_neighbours_and_once() {
        let secret = b"12345678901234567890";
        let now = step_now();
        assert!(matching_step(secret, &code(secret, now - 1), 0).is_some());
        assert_eq!(matching_step(secret, &code(secret, now), now), None);
        assert_eq!(matching_step(secret, &code(secret, now - 5), 0), None);
    }
}
