//! The running month kept up: only those whom something happened to since it was computed are computed again, and sums grow by
//! what they add now and did not before. It comes to the same as computing all of it.
//!
//! Facts, sums and the month's row change in one transaction, which sees the bank as it is at one moment; a second one says
//! what follows for the customers and forgets who was marked. Whatever is interrupted is done again.

use chrono::NaiveDate;
use guanhu_domain::dashboards::MonthState;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::{Closed, cubes, curves, facts, missing_days};
use crate::{Result, lifecycle, summary, tiers, tiers::part::Part};

/// Customers above which all are computed: what is done for each by itself is dearer than in a row. It stands in [`touching`] too.
const MOST: i64 = 20_000;

/// Marks the customers that `$source` selects as `id`: the books of the running month are made of what the transaction does to them.
/// So many at once are everybody.
macro_rules! touching {
    ($source:literal) => {
        concat!(
            "insert into contribution_touch (customer_id)
             select distinct case when x.n > 20000 then 0 else x.id end
             from (select d.id, count(*) over () as n from (select distinct id from (",
            $source,
            ") s limit 20001) d) x
             on conflict do nothing"
        )
    };
}
pub(crate) use touching;

/// Marks these customers.
pub(crate) async fn touched(conn: &mut PgConnection, customers: &[i64]) -> Result<()> {
    if !customers.is_empty() {
        sqlx::query(touching!("select unnest($1::bigint[]) as id")).bind(customers).execute(conn).await?;
    }
    Ok(())
}

/// How the running month stands.
#[derive(sqlx::FromRow)]
struct Standing {
    as_of: NaiveDate,
    imports: i64,
    imports_told: i64,
    /// Distinct customers who are marked, up to one more than are computed by themselves.
    touched: i64,
    everybody: bool,
}

/// Only a month that was computed for this very day, from loads that marked whom they changed, by the tree of units as it is, and
/// beside no earlier month that is half computed.
const STANDING: &str = "
select k.as_of, n.imports, n.imports_told, coalesce(t.touched, 0) as touched, coalesce(t.everybody, false) as everybody
from contribution_month k cross join bank b
cross join (select count(*) as imports, count(*) filter (where told) as imports_told from import_run where state = 'done' and not dry_run) n
cross join (select count(*) as touched, bool_or(customer_id = 0) as everybody
            from (select distinct customer_id from contribution_touch order by customer_id limit $2) d) t
where k.month = $1 and k.month = date_trunc('month', b.business_date) and k.state = 'open' and k.ready and k.done_to is null
  and k.as_of = b.business_date and k.tree = b.tree and k.imports >= 0 and n.imports - k.imports = n.imports_told - k.imports_told
  -- Known, and of this cluster: transactions are counted anew where a dump was read.
  and pg_snapshot_xmax(k.seen) <= pg_snapshot_xmax(pg_current_snapshot())
  and not exists (select from contribution_month e where e.month < $1 and e.done_to is not null)";

/// Brings the running month up to date where that takes no computation of all of it; none where it does.
///
/// # Errors
/// `Conflict` when somebody changed the same rows meanwhile: nothing was done. `FtpCurveMissing` as for a whole month.
pub(super) async fn keep_up(pool: &PgPool, month: NaiveDate) -> Result<Option<Closed>> {
    let mut tx = pool.begin().await?;
    // Sums before and after are taken of the same bank.
    sqlx::raw_sql("set transaction isolation level repeatable read").execute(&mut *tx).await?;
    let standing: Option<Standing> = sqlx::query_as(STANDING).bind(month).bind(MOST + 1).fetch_optional(&mut *tx).await?;
    let Some(standing) = standing.filter(|standing| !standing.everybody && standing.touched <= MOST) else {
        return Ok(None);
    };
    run(&mut tx, "create temp table touched on commit drop as select distinct customer_id from contribution_touch; analyze touched")
        .await?;
    if standing.touched > 0 {
        let ids: Vec<i64> = sqlx::query_scalar("select customer_id from touched").persistent(false).fetch_all(&mut *tx).await?;
        let prices = curves::prices(&mut tx, month, standing.as_of, Some(&ids)).await?;
        again(&mut tx, month, standing.as_of, &prices).await?;
    }
    whole(&mut tx, month).await?;
    let customers: i64 = sqlx::query_scalar(concat!(
        "update contribution_month set imports = $2, imports_told = $3, seen = pg_current_snapshot(), begun_at = now(), computed_at = clock_timestamp(),
             message = '', customers = (select count(*) from customer_month c where c.month = $1), missing = array(",
        missing_days!(),
        ")
         where month = $1 returning customers"
    ))
    .bind(month)
    .bind(standing.imports)
    .bind(standing.imports_told)
    .persistent(false)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    follow(pool, month).await?;
    Ok(Some(Closed { month, state: MonthState::Open, customers: customers as u64, computed: true }))
}

/// Whom `m`'s computation saw, and who was marked in a cluster whose transactions are not these.
macro_rules! seen {
    () => {
        "(pg_visible_in_snapshot(t.xid, m.seen) or (t.xid >= pg_snapshot_xmax(pg_current_snapshot()) and t.xid <> pg_current_xact_id()))"
    };
}

/// What follows for the customers: their year so far, and what rules make of it. Then they are marked no more, but for what was done
/// after the computation looked.
async fn follow(pool: &PgPool, month: NaiveDate) -> Result<()> {
    let mut tx = pool.begin().await?;
    let seen = concat!(
        "create temp table touched on commit drop as
         select distinct t.customer_id from contribution_touch t, contribution_month m, bank b
         where m.month = date_trunc('month', b.business_date) and ",
        seen!(),
        "; analyze touched"
    );
    run(&mut tx, seen).await?;
    let ids: Vec<i64> = sqlx::query_scalar("select customer_id from touched").persistent(false).fetch_all(&mut *tx).await?;
    if !ids.is_empty() {
        // As loads and transfers take them: the turn of tiers first, then the summaries in order of their keys.
        tiers::evaluate::alone(&mut tx).await?;
        summary::hold(&mut tx, &ids).await?;
        let changed = facts::year_of_touched(&mut tx, month).await?;
        if !changed.is_empty() {
            lifecycle::judge_field(&mut tx, Part::Of(&changed), "contribution").await?;
            tiers::evaluate::recheck(&mut tx, &changed).await?;
        }
    }
    forget(&mut tx, month).await?;
    tx.commit().await?;
    Ok(())
}

/// Whom a computation of the running month has seen is marked no more.
pub(super) async fn forget(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::query(concat!(
        "delete from contribution_touch t using contribution_month m, bank b
         where m.month = $1 and m.month = date_trunc('month', b.business_date) and ",
        seen!()
    ))
    .bind(month)
    .execute(conn)
    .await?;
    Ok(())
}

async fn run(conn: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await?;
    Ok(())
}

/// Columns of a table that are written.
async fn columns(conn: &mut PgConnection, table: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select a.attname::text from pg_attribute a
         where a.attrelid = ('public.' || $1)::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum",
    )
    .bind(table)
    .fetch_all(conn)
    .await?)
}

/// Computes the customers in `touched` again. Temporary tables of the names of facts and sums are found first by every statement: these
/// have the touched customers alone.
async fn again(conn: &mut PgConnection, month: NaiveDate, as_of: NaiveDate, prices: &curves::Prices) -> Result<()> {
    run(conn, "set local jit = off; set local work_mem = '64MB'").await?;
    let mut named = Vec::new();
    for table in FACTS {
        named.push((table, columns(conn, table).await?.join(", ")));
    }
    for (table, columns) in &named {
        let kept = format!(
            "create temp table {table} (like public.{table} including defaults including generated) on commit drop;
             insert into pg_temp.{table} ({columns}) select {columns} from public.{table}
             where month in (date '{month}', (date '{month}' - interval '1 month')::date) and customer_id in (select customer_id from touched);
             analyze pg_temp.{table}"
        );
        run(conn, &kept).await?;
    }
    sums(conn, month).await?;
    for (table, _) in cubes::ADDED {
        run(conn, &format!("alter table pg_temp.{table} rename to was_{table}")).await?;
    }
    // A few customers are looked up one by one.
    run(conn, "set local enable_nestloop = on").await?;
    for table in FACTS {
        run(conn, &format!("delete from pg_temp.{table} where month = date '{month}'")).await?;
    }
    facts::of_touched(conn, month, as_of, prices).await?;
    run(conn, "analyze pg_temp.account_month; analyze pg_temp.customer_month").await?;
    sums(conn, month).await?;
    for (table, keys) in cubes::ADDED {
        differences(conn, month, table, keys).await?;
    }
    run(conn, "set local enable_nestloop = on").await?;
    for (table, columns) in &named {
        let moved = format!(
            "delete from public.{table} where month = date '{month}' and customer_id in (select customer_id from touched);
             insert into public.{table} ({columns}) select {columns} from pg_temp.{table} where month = date '{month}';
             drop table pg_temp.{table}"
        );
        run(conn, &moved).await?;
    }
    for (table, _) in cubes::ADDED {
        run(conn, &format!("drop table pg_temp.{table}, pg_temp.was_{table}")).await?;
    }
    Ok(())
}

const FACTS: [&str; 2] = ["account_month", "customer_month"];

/// What the touched customers add to sums, in temporary tables of their names.
async fn sums(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    for (table, _) in cubes::ADDED {
        run(conn, &format!("create temp table {table} (like public.{table} including defaults including generated) on commit drop"))
            .await?;
    }
    sqlx::raw_sql(cubes::TEMPORARY).execute(&mut *conn).await?;
    for statement in [
        cubes::WHOLE,
        cubes::HELD,
        cubes::STOCKS,
        cubes::SHARED,
        cubes::MOVED,
        cubes::STEPS,
        cubes::LEAVES,
        cubes::UNITS,
        cubes::MANAGERS,
        cubes::PRODUCTS,
        cubes::SALES,
        cubes::PAIRS,
        cubes::CURRENCIES,
    ] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    sqlx::raw_sql(cubes::DROP).execute(&mut *conn).await?;
    Ok(())
}

/// Adds to a table of sums what the touched customers add now and did not before. Rows that say nothing any more are gone. Who woke
/// up is counted as a whole: states are no facts of the month.
async fn differences(conn: &mut PgConnection, month: NaiveDate, table: &str, keys: &[&str]) -> Result<()> {
    let measures: Vec<String> =
        columns(conn, table).await?.into_iter().filter(|column| !keys.contains(&column.as_str()) && column != "activated").collect();
    let list = |each: &dyn Fn(&str) -> String, between: &str| measures.iter().map(|name| each(name)).collect::<Vec<_>>().join(between);
    let (key, figures) = (keys.join(", "), list(&|name| name.to_owned(), ", "));
    let negative = list(&|name| format!("-{name}"), ", ");
    let summed = list(&|name| format!("sum({name}) as {name}"), ", ");
    let grown = list(&|name| format!("{name} = t.{name} + excluded.{name}"), ", ");
    let something = list(&|name| format!("coalesce(d.{name}, 0) <> 0"), " or ");
    let nothing = list(&|name| format!("coalesce(t.{name}, 0) = 0"), " and ");
    let same = keys.iter().map(|key| format!("t.{key} = w.{key}")).collect::<Vec<_>>().join(" and ");
    let add = format!(
        "insert into public.{table} as t ({key}, {figures})
         select {key}, {figures} from (
             select {key}, {summed} from (select {key}, {figures} from pg_temp.{table} union all select {key}, {negative} from pg_temp.was_{table}) x
             group by {key}) d
         where {something}
         on conflict ({key}) do update set {grown};
         delete from public.{table} t using pg_temp.was_{table} w where t.month = date '{month}' and {same} and {nothing}"
    );
    run(conn, &add).await
}

/// What is no sum over customers by themselves, made again as a whole: places, tenths, families, what is counted from tasks and
/// states, and who persons are.
async fn whole(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::raw_sql(cubes::TEMPORARY).execute(&mut *conn).await?;
    for statement in [
        cubes::STEPS,
        "delete from value_cube where month = $1",
        cubes::VALUES,
        "delete from top_customer where month = $1",
        cubes::TOP,
        "delete from kin_cube where month = $1",
        cubes::KIN,
        "delete from process_cube where month = $1",
        cubes::PROCESS,
        "delete from tier_flow where month = $1",
        cubes::FLOW,
        "delete from trait_leaf where month = $1",
        cubes::TRAIT_LEAVES,
        "delete from trait_cube where month = $1",
        cubes::TRAITS,
        WOKEN_UNITS,
        WOKEN_MANAGERS,
        cubes::FORGET_COHORTS,
        cubes::COHORTS,
    ] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    sqlx::raw_sql(cubes::DROP).execute(&mut *conn).await?;
    Ok(())
}

/// Who became a customer of value in the month, by unit and tier; unknown as long as no states are written down.
macro_rules! woken {
    ($staff:literal, $cube:literal, $same:literal) => {
        concat!(
            "with woken as (
    select c.org_id, c.tier_id, ",
            $staff,
            " as staff_id, count(distinct s.customer_id) as activated
    from contribution_month m join customer_state s on s.since between m.month and m.as_of
    join customer_month c on c.customer_id = s.customer_id and c.month = $1
    where m.month = $1 and s.state = 'valuable' and s.before in ('dormant', 'prospective') group by 1, 2, 3
),
up as (
    select u.id as org_id, w.staff_id, case when grouping(w.tier_id) = 1 then -1 else w.tier_id end as tier_id, sum(w.activated)::int as activated
    from woken w join org_unit o using (org_id) cross join lateral unnest(o.path) as u (id)
    group by grouping sets ((u.id, w.staff_id, w.tier_id), (u.id, w.staff_id))
),
known as (
    select exists (select from contribution_month m join customer_state s on s.since <= m.as_of where m.month = $1) as states
),
told as (
    select t.ctid as place, case when k.states then coalesce(up.activated, 0) end as activated
    from known k cross join ",
            $cube,
            " t left join up on up.org_id = t.org_id and up.tier_id = t.tier_id and ",
            $same,
            " where t.month = $1
)
update ",
            $cube,
            " t set activated = told.activated from told where t.ctid = told.place and t.activated is distinct from told.activated"
        )
    };
}

const WOKEN_UNITS: &str = woken!("0", "unit_cube", "up.staff_id = 0");
const WOKEN_MANAGERS: &str = woken!("c.lead_id", "manager_cube", "up.staff_id = t.staff_id");
