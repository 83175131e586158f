//! Signing the handover sheet: whoever gave and whoever received, each for the own part, by name and time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, Rule,
    access::{Role, Verb},
    assignments::{
        POOL, TransferState,
        handover::{NewSignature, SheetPart, SheetSide, Signature},
    },
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::read::sees;
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    idempotency,
};

/// Signs one side of a part of a transfer that is done: what goes from one to another. The giver signs that everything
/// was handed over, the receiver that it was taken over. For the pool, and for whom nobody can log in any more, the head
/// of the unit signs; nobody signs both sides.
///
/// # Errors
/// `not_found` for a transfer that the actor may not see; `invalid` where nothing went from `from` to `to`; `forbidden`
/// for somebody else's side; `must_be_another_person` for who has signed the other; `conflict` when it is not done, was
/// taken back, or is signed already.
pub async fn sign(bank: &Bank, actor: &Actor, transfer_id: Uuid, asked: &NewSignature, key: Uuid) -> Result<Signature> {
    actor.require(Verb::TransferSign)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TransferSign, &(transfer_id, asked)).await? {
        return Ok(answer);
    }
    let (units, staff) = actor.scope.binds();
    let (state, moved, over): (String, i32, bool) = sqlx::query_as(concat!(
        "select t.state, t.moved, t.org_ids && $1 from transfer t where t.transfer_id = $4 and ",
        sees!(),
        " for update of t"
    ))
    .bind(&units)
    .bind(staff)
    .bind(actor.user_id)
    .bind(transfer_id)
    .fetch_one(&mut *tx)
    .await?;
    if !signable(TransferState::from_code(&state), moved) {
        return Err(Error::new(Code::Conflict));
    }
    let from = person(&mut tx, &asked.from, "from").await?;
    let to = person(&mut tx, &asked.to, "to").await?;
    let went: bool = sqlx::query_scalar(
        "select exists (select from transfer_item i where i.transfer_id = $1 and not i.left_out
                        and i.from_staff_id is not distinct from $2 and i.to_staff_id is not distinct from $3)",
    )
    .bind(transfer_id)
    .bind(from.as_ref().map(|person| person.staff_id))
    .bind(to.as_ref().map(|person| person.staff_id))
    .fetch_one(&mut *tx)
    .await?;
    if !went {
        return Err(Error::field("to", Rule::UnknownCode { value: asked.to.clone() }));
    }
    let side = if asked.side == SheetSide::From { &from } else { &to };
    let Some(stands_in) = stance(actor, side.as_ref(), over) else {
        return Err(Error::Denied { verb: Verb::TransferSign, login: actor.login.clone() });
    };
    let signed = signatures(&mut tx, transfer_id).await?;
    let here = signed.iter().filter(|one| one.is_of(from.as_ref(), to.as_ref()));
    for one in here {
        match one.side()? == asked.side {
            true => return Err(Error::new(Code::Conflict)),
            false if one.user_id == actor.user_id => return Err(Error::new(Code::SamePerson)),
            false => {}
        }
    }
    let signed_at: DateTime<Utc> = sqlx::query_scalar(
        "insert into transfer_sign (transfer_id, side, from_staff_id, to_staff_id, signed_by, stands_in) values ($1, $2, $3, $4, $5, $6) returning signed_at",
    )
    .bind(transfer_id)
    .bind(asked.side.code())
    .bind(from.as_ref().map_or(0, |person| person.staff_id))
    .bind(to.as_ref().map_or(0, |person| person.staff_id))
    .bind(actor.user_id)
    .bind(stands_in)
    .fetch_one(&mut *tx)
    .await?;
    let entry = Entry::done(Verb::TransferSign, format!("transfer:{transfer_id}"))
        .detail(json!({ "side": asked.side, "from": asked.from, "to": asked.to, "stands_in": stands_in }));
    audit::record(&mut tx, actor, entry).await?;
    let answer = Signature { side: asked.side, by: actor.name.clone(), at: signed_at, stands_in };
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What has moved, and was not taken back, can be signed.
fn signable(state: Option<TransferState>, moved: i32) -> bool {
    state == Some(TransferState::Done) || (state == Some(TransferState::Cancelled) && moved > 0)
}

/// Puts what was signed, and what the actor may sign, on the parts of a sheet.
pub(super) async fn put_on(
    conn: &mut PgConnection,
    actor: &Actor,
    transfer_id: Uuid,
    state: TransferState,
    moved: i32,
    parts: &mut [SheetPart],
) -> Result<()> {
    let codes: Vec<&str> = parts.iter().flat_map(|part| [&part.from, &part.to]).flatten().map(|manager| manager.code.as_str()).collect();
    let people: BTreeMap<String, Person> = people(conn, &codes).await?.into_iter().map(|person| (person.code.clone(), person)).collect();
    let (units, _) = actor.scope.binds();
    let over: bool = sqlx::query_scalar("select org_ids && $2 from transfer where transfer_id = $1")
        .bind(transfer_id)
        .bind(units)
        .fetch_one(&mut *conn)
        .await?;
    let signed = signatures(conn, transfer_id).await?;
    let signs = Verb::TransferSign.allowed_to(actor.role) && signable(Some(state), moved);
    for part in parts {
        let of = |manager: &Option<guanhu_domain::customers::ManagerRef>| manager.as_ref().and_then(|manager| people.get(&manager.code));
        let (from, to) = (of(&part.from), of(&part.to));
        let here: Vec<&SignedRow> = signed.iter().filter(|one| one.is_of(from, to)).collect();
        let own = here.iter().any(|one| one.user_id == actor.user_id);
        for one in &here {
            part.signatures.push(Signature { side: one.side()?, by: one.name.clone(), at: one.signed_at, stands_in: one.stands_in });
        }
        part.may_sign = [(SheetSide::From, from), (SheetSide::To, to)]
            .into_iter()
            .filter(|(side, person)| {
                signs && !own && stance(actor, *person, over).is_some() && !part.signatures.iter().any(|signature| signature.side == *side)
            })
            .map(|(side, _)| side)
            .collect();
    }
    Ok(())
}

/// Whether the actor signs for this side, and whether that is in somebody's stead; `None`: not at all. `over`: a unit
/// of the transfer is the actor's.
fn stance(actor: &Actor, side: Option<&Person>, over: bool) -> Option<bool> {
    let head = actor.role == Role::BranchManager;
    match side {
        Some(person) if actor.staff_id == Some(person.staff_id) => Some(false),
        Some(person) => (head && !person.logs_in && actor.scope.binds().0.contains(&person.org_id)).then_some(true),
        None => (head && over).then_some(true),
    }
}

#[derive(sqlx::FromRow)]
struct Person {
    staff_id: i32,
    code: String,
    org_id: i32,
    /// Has not left, and has a login that is not disabled.
    logs_in: bool,
}

async fn people(conn: &mut PgConnection, codes: &[&str]) -> Result<Vec<Person>> {
    Ok(sqlx::query_as(
        "select m.staff_id, m.code, m.org_id, m.left_on is null and exists (
             select from app_user u where u.staff_id = m.staff_id and u.granted_at is not null and u.disabled_at is null) as logs_in
         from staff m where m.code = any($1)",
    )
    .bind(codes)
    .fetch_all(conn)
    .await?)
}

/// Nobody is the pool.
async fn person(conn: &mut PgConnection, code: &str, field: &str) -> Result<Option<Person>> {
    if code == POOL {
        return Ok(None);
    }
    let found = people(conn, &[code]).await?.pop();
    found.ok_or_else(|| Error::field(field, Rule::UnknownCode { value: code.to_owned() })).map(Some)
}

/// The same by key.
pub(super) async fn key(conn: &mut PgConnection, code: &str, field: &str) -> Result<Option<i32>> {
    Ok(person(conn, code, field).await?.map(|person| person.staff_id))
}

#[derive(sqlx::FromRow)]
struct SignedRow {
    side: String,
    /// 0: the pool.
    from_staff_id: i32,
    to_staff_id: i32,
    user_id: i32,
    name: String,
    signed_at: DateTime<Utc>,
    stands_in: bool,
}

impl SignedRow {
    fn side(&self) -> Result<SheetSide> {
        SheetSide::from_code(&self.side).ok_or_else(|| Error::internal("unknown side of a signature"))
    }

    fn is_of(&self, from: Option<&Person>, to: Option<&Person>) -> bool {
        let id = |person: Option<&Person>| person.map_or(0, |person| person.staff_id);
        (self.from_staff_id, self.to_staff_id) == (id(from), id(to))
    }
}

async fn signatures(conn: &mut PgConnection, transfer_id: Uuid) -> Result<Vec<SignedRow>> {
    Ok(sqlx::query_as(
        "select s.side, s.from_staff_id, s.to_staff_id, u.user_id, u.name, s.signed_at, s.stands_in
         from transfer_sign s join app_user u on u.user_id = s.signed_by where s.transfer_id = $1 order by s.signed_at",
    )
    .bind(transfer_id)
    .fetch_all(conn)
    .await?)
}
