//! What a customer's household and group of companies bring together.

use std::collections::BTreeSet;

use guanhu_domain::{
    CustomerNo,
    access::Verb,
    contribution::kin::{Kin, KinKind, KinMember},
};

use sqlx::PgPool;

use crate::{Actor, Bank, Result, audit::Entry, customers, scoped};

/// Members that are followed: a family or group beyond this is taken as far as it goes.
const MEMBERS: i64 = 200;

/// The relations that hold each kind together, over any number of steps.
const KINDS: [(KinKind, &[&str]); 2] = [(KinKind::Household, &["household", "spouse"]), (KinKind::Group, &["group_member"])];

/// The customer's household and group with what each member brought this year; those the customer is alone
/// in are left out. Members out of the viewer's scope are counted and not named, nor summed.
pub async fn kin(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Vec<Kin>> {
    actor.require(Verb::CustomerView)?;
    customers::find(bank, actor, customer).await?;
    let (units, staff) = actor.scope.binds();
    let mut found = Vec::new();
    for (kind, relations) in KINDS {
        let rows: Vec<(i64, Option<String>, Option<i64>)> = sqlx::query_as(NEAR)
            .bind(&units)
            .bind(staff)
            .bind(customer.id())
            .bind(relations.iter().map(|relation| (*relation).to_owned()).collect::<Vec<_>>())
            .bind(MEMBERS)
            .fetch_all(bank.pool())
            .await?;
        let hidden = rows.iter().filter(|(_, name, _)| name.is_none()).count() as i64;
        let member = |(id, name, contribution): (i64, Option<String>, Option<i64>)| {
            Some(KinMember { customer_no: CustomerNo::from_id(id), name: name?, contribution })
        };
        let cut = rows.len() as i64 >= MEMBERS;
        if rows.len() > 1 {
            found.push(Kin { cut, kind, members: rows.into_iter().filter_map(member).collect(), hidden });
        }
    }
    if !found.is_empty() {
        let entry = Entry::viewed(Verb::CustomerView, customers::subject(customer));
        let shown: BTreeSet<CustomerNo> = found.iter().flat_map(|kin| &kin.members).map(|member| member.customer_no).collect();
        let shown: Vec<CustomerNo> = shown.into_iter().collect();
        bank.audit_soon(actor, entry.detail(serde_json::json!({ "part": "kin" })).showing(&shown)).await;
    }
    Ok(found)
}

/// Brings `kin` up to date with the relations as they are.
pub(super) async fn refresh(pool: &PgPool) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::raw_sql(
        "set local jit = off; set local work_mem = '64MB';
         create temp table kin_edge (customer_id bigint, related_id bigint) on commit drop;
         create temp table kin_near (customer_id bigint, head_id bigint) on commit drop",
    )
    .execute(&mut *tx)
    .await?;
    for (kind, relations) in KINDS {
        sqlx::raw_sql("truncate kin_edge, kin_near").execute(&mut *tx).await?;
        let relations: Vec<String> = relations.iter().map(|relation| (*relation).to_owned()).collect();
        sqlx::query("insert into kin_edge select distinct customer_id, related_id from customer_relation where kind = any($1)")
            .bind(relations)
            .persistent(false)
            .execute(&mut *tx)
            .await?;
        sqlx::raw_sql(
            "insert into kin_near select customer_id, least(customer_id, min(related_id)) from kin_edge group by customer_id; analyze kin_edge; analyze kin_near",
        )
        .execute(&mut *tx)
        .await?;
        while sqlx::query(NEARER).persistent(false).execute(&mut *tx).await?.rows_affected() > 0 {
            sqlx::query(FURTHER).persistent(false).execute(&mut *tx).await?;
        }
        for statement in [FORGET, KEEP] {
            sqlx::query(statement).bind(kind.code()).persistent(false).execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Who is next to somebody with a smaller head has that one.
const NEARER: &str = "
update kin_near k set head_id = m.head_id
from (select e.customer_id, min(n.head_id) as head_id from kin_edge e join kin_near n on n.customer_id = e.related_id group by e.customer_id) m
where m.customer_id = k.customer_id and m.head_id < k.head_id";

/// Heads follow their own heads, so that a long chain takes few turns.
const FURTHER: &str = "update kin_near k set head_id = h.head_id from kin_near h where h.customer_id = k.head_id and h.head_id < k.head_id";

const FORGET: &str = "
delete from kin k where k.kind = $1 and not exists (select from kin_near n where n.customer_id = k.customer_id and n.head_id = k.head_id)";

const KEEP: &str = "insert into kin (customer_id, kind, head_id) select customer_id, $1, head_id from kin_near on conflict do nothing";

/// Everybody reached from `$3` by relations `$4`; name and figure only of those in scope.
const NEAR: &str = concat!(
    "with recursive near (id) as (
    select $3::bigint
    union
    select r.related_id from near n join customer_relation r on r.customer_id = n.id and r.kind = any($4)
)
select k.customer_id, s.name, s.contribution
from (select k.customer_id from near n join customer_summary k on k.customer_id = n.id limit $5) k
left join customer_summary s on s.customer_id = k.customer_id and ",
    scoped!(),
    "
order by s.contribution desc nulls last, k.customer_id"
);
