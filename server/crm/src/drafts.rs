//! What one typed into a form and has not sent: kept for its author alone, sealed, thirty days at most.
//! Not audited: it changes nothing, and nobody else ever reads it.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use guanhu_domain::{Code, Rule, access::Verb};
use serde_json::Value;

use crate::{Actor, Bank, Error, Result};

/// Forms whose drafts are kept.
const FORMS: [&str; 29] = [
    "charge",
    "contact",
    "curve",
    "decision",
    "field",
    "group",
    "handover",
    "lifecycle",
    "mapping",
    "newcomers",
    "opportunity",
    "parameter",
    "picked",
    "postings",
    "prices",
    "reopening",
    "repair",
    "reveal",
    "scoring",
    "staff",
    "targets",
    "task",
    "tier",
    "tier-request",
    "transfer",
    "unit",
    "user",
    "view",
    "wording",
];
const SUBJECT_MAX: usize = 60;
/// Bytes of JSON. A pasted list of numbers is the largest.
const BODY_MAX: usize = 512 * 1024;
/// Of one person; the oldest gives way.
const DRAFTS_MAX: i64 = 100;
const KEPT_DAYS: i32 = 30;
const NONCE: usize = 24;

/// The actor's draft of this form about this subject.
pub async fn read(bank: &Bank, actor: &Actor, form: &str, subject: &str) -> Result<Option<Value>> {
    actor.require(Verb::AccountOwn)?;
    check(form, subject)?;
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("select sealed from form_draft where user_id = $1 and form = $2 and subject = $3")
        .bind(actor.user_id)
        .bind(form)
        .bind(subject)
        .fetch_optional(bank.pool())
        .await?;
    // One that another secret sealed is none: losing a draft is better than losing the form.
    Ok(sealed.and_then(|sealed| open(bank, &place(actor, form, subject), &sealed)))
}

/// Keeps a draft in place of the one before; `None` forgets it.
///
/// # Errors
/// `too_large` beyond half a megabyte; `invalid` for an unknown form.
pub async fn keep(bank: &Bank, actor: &Actor, form: &str, subject: &str, body: Option<&Value>) -> Result<()> {
    actor.require(Verb::AccountOwn)?;
    check(form, subject)?;
    let Some(body) = body else {
        sqlx::query("delete from form_draft where user_id = $1 and form = $2 and subject = $3")
            .bind(actor.user_id)
            .bind(form)
            .bind(subject)
            .execute(bank.pool())
            .await?;
        return Ok(());
    };
    let text = body.to_string();
    if text.len() > BODY_MAX {
        return Err(Error::new(Code::TooLarge));
    }
    let sealed = seal(bank, &place(actor, form, subject), text.as_bytes())?;
    sqlx::query(
        "with spare as (
            delete from form_draft where (user_id, form, subject) in (
                select user_id, form, subject from form_draft where user_id = $1 and (form, subject) <> ($2, $3)
                order by changed_at desc offset $5)
         )
         insert into form_draft (user_id, form, subject, sealed) values ($1, $2, $3, $4)
         on conflict (user_id, form, subject) do update set sealed = excluded.sealed, changed_at = now()",
    )
    .bind(actor.user_id)
    .bind(form)
    .bind(subject)
    .bind(sealed)
    .bind(DRAFTS_MAX - 1)
    .execute(bank.pool())
    .await?;
    Ok(())
}

/// Forgets what nobody came back to. How many.
pub async fn sweep(bank: &Bank) -> Result<u64> {
    let old = sqlx::query("delete from form_draft where changed_at < now() - make_interval(days => $1)")
        .bind(KEPT_DAYS)
        .execute(bank.pool())
        .await?;
    Ok(old.rows_affected())
}

fn check(form: &str, subject: &str) -> Result<()> {
    if !FORMS.contains(&form) {
        return Err(Error::field("form", Rule::UnknownCode { value: form.to_owned() }));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if subject.len() > SUBJECT_MAX || !subject.chars().all(plain) {
        return Err(Error::field("subject", Rule::BadFormat { expected: "100000000001".into() }));
    }
    Ok(())
}

/// A draft opens only where it was kept.
fn place(actor: &Actor, form: &str, subject: &str) -> Vec<u8> {
    format!("draft:{}:{form}:{subject}", actor.user_id).into_bytes()
}

fn seal(bank: &Bank, place: &[u8], text: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE] = rand::random();
    let payload = Payload { msg: text, aad: place };
    let sealed = XChaCha20Poly1305::new(bank.keys().seal_key().into()).encrypt(XNonce::from_slice(&nonce), payload);
    Ok([&nonce[..], &sealed.map_err(Error::internal)?].concat())
}

fn open(bank: &Bank, place: &[u8], sealed: &[u8]) -> Option<Value> {
    let (nonce, rest) = sealed.split_at_checked(NONCE)?;
    let payload = Payload { msg: rest, aad: place };
    let text = XChaCha20Poly1305::new(bank.keys().seal_key().into()).decrypt(XNonce::from_slice(nonce), payload).ok()?;
    serde_json::from_slice(&text).ok()
}
