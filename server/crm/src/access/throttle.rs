//! Locks that grow: five failures for a login lock it for a minute, each further one for twice as
//! long, up to an hour; the same for an address, which many people may share, after fifty.
//!
//! A failure is written down before the password is looked at and taken back when it was right, so that
//! a hundred guesses at once count as a hundred. Only keyed hashes are kept, of logins that exist and of
//! those that do not, so that a lock tells nothing either.

use std::net::IpAddr;

use guanhu_domain::{Code, Problem};
use sqlx::{Acquire, PgConnection};

use crate::{Bank, Result};

/// An attempt that counts as failed until it is released.
pub(super) struct Attempt {
    login: Vec<u8>,
    address: Option<Vec<u8>>,
}

const LOGIN: (i32, i32) = (5, 4 * 3600);
const ADDRESS: (i32, i32) = (50, 60);

/// # Errors
/// [`Code::LockedOut`] with the seconds to wait.
pub(super) async fn attempt(bank: &Bank, conn: &mut PgConnection, login: &str, ip: Option<IpAddr>) -> Result<Attempt> {
    let attempt = Attempt {
        login: bank.keys().hash(&format!("login:{login}")),
        address: ip.map(|ip| bank.keys().hash(&format!("address:{}", network(ip)))),
    };
    let mut rows = vec![(attempt.login.clone(), LOGIN)];
    rows.extend(attempt.address.clone().map(|key| (key, ADDRESS)));
    // One order for everybody: two attempts never wait for each other in a circle.
    rows.sort();
    let keys: Vec<Vec<u8>> = rows.iter().map(|(key, _)| key.clone()).collect();
    let mut tx = conn.begin().await?;
    let counted = sqlx::query(
        "insert into login_throttle as t (key, threshold, leak_seconds, failures)
         select key, threshold, leak_seconds, 1 from unnest($1::bytea[], $2::int[], $3::int[]) as n (key, threshold, leak_seconds)
         on conflict (key) do update set (failures, last_at, locked_until) =
             (select n, now(), case when n >= t.threshold then now() + least(3600, 60 * 2 ^ least(n - t.threshold, 6)) * interval '1 second' end
              from (select greatest(0, t.failures - greatest(0, floor(extract(epoch from now() - t.last_at) / t.leak_seconds))::int) + 1) as f (n))
         where t.locked_until is null or t.locked_until <= now()",
    )
    .bind(&keys)
    .bind(rows.iter().map(|(_, (threshold, _))| *threshold).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, (_, leak))| *leak).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if counted == keys.len() as u64 {
        tx.commit().await?;
        return Ok(attempt);
    }
    let seconds: i64 = sqlx::query_scalar(
        "select coalesce(ceil(extract(epoch from max(locked_until) - now())), 1)::bigint from login_throttle where key = any($1) and locked_until > now()",
    )
    .bind(&keys)
    .fetch_one(&mut *tx)
    .await?;
    tx.rollback().await?;
    Err(Problem { retry_after: Some(seconds.max(1) as u64), ..Problem::new(Code::LockedOut) }.into())
}

impl Attempt {
    /// It was right: the login starts afresh, the address gets its one back.
    pub(super) async fn succeeded(self, conn: &mut PgConnection) -> Result<()> {
        sqlx::query("delete from login_throttle where key = $1").bind(&self.login).execute(&mut *conn).await?;
        give_back(conn, self.address.as_slice()).await
    }

    /// Neither right nor wrong: half of what was needed.
    pub(super) async fn undecided(self, conn: &mut PgConnection) -> Result<()> {
        let mut keys = vec![self.login];
        keys.extend(self.address);
        keys.sort();
        give_back(conn, &keys).await
    }
}

async fn give_back(conn: &mut PgConnection, keys: &[Vec<u8>]) -> Result<()> {
    for key in keys {
        sqlx::query("update login_throttle set failures = greatest(0, failures - 1), locked_until = null where key = $1")
            .bind(key)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Forgets the failures of a login, when its user is given a new password.
pub(super) async fn forget(bank: &Bank, conn: &mut PgConnection, login: &str) -> Result<()> {
    sqlx::query("delete from login_throttle where key = $1").bind(bank.keys().hash(&format!("login:{login}"))).execute(conn).await?;
    Ok(())
}

/// One household of IPv6 is one address: its /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => IpAddr::V4(ip),
            None => IpAddr::V6((u128::from(ip) >> 64 << 64).into()),
        },
        ip => ip,
    }
}
