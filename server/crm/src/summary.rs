//! One row per customer with what lists and headers read, recomputed from the tables it sums.
//!
//! Every verb that changes a customer, an account, an assignment, a tier, a contact or a task calls
//! [`refresh`] in its transaction; loads call it for the customers they touched.

pub mod check;

use std::sync::LazyLock;

use guanhu_domain::customers::{Kind, fields};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, QueryBuilder};

use crate::{Result, lifecycle, tokens};

/// Customers per statement: bounds memory and lock time of bulk refreshes.
pub const CHUNK: usize = 20_000;

/// So many may be a load's new customers.
const MANY: usize = 200;

/// Keeps the summaries of these customers from others until the transaction ends. Held before what they are computed
/// from is read: a statement that waited for the row itself would write what it had read before it waited, the lead
/// of before a transfer for one.
/// How many there are.
pub(crate) async fn hold(conn: &mut PgConnection, customer_ids: &[i64]) -> Result<usize> {
    let held = sqlx::query("select from customer_summary where customer_id = any($1) order by customer_id for no key update")
        .bind(customer_ids)
        .execute(conn)
        .await?;
    Ok(held.rows_affected() as usize)
}

/// Recomputes the summaries (and search tokens) of these customers. Unknown ids are ignored.
pub async fn refresh(conn: &mut PgConnection, customer_ids: &[i64]) -> Result<()> {
    for chunk in customer_ids.chunks(CHUNK) {
        let there = hold(conn, chunk).await?;
        let names: Vec<(i64, String, Option<String>)> =
            sqlx::query_as("select customer_id, name, short_name from customer where customer_id = any($1)")
                .bind(chunk)
                .fetch_all(&mut *conn)
                .await?;
        let ids: Vec<i64> = names.iter().map(|row| row.0).collect();
        let sort_keys: Vec<String> = names.iter().map(|row| tokens::sort_key(&row.1)).collect();
        let first = if ids.len().saturating_sub(there) < MANY { None } else { lifecycle::First::of(conn).await? };
        match first {
            Some(first) => judged(&first, &ids, &sort_keys).build().persistent(false).execute(&mut *conn).await?,
            None => sqlx::query(AssertSqlSafe(upsert())).bind(&ids).bind(&sort_keys).execute(&mut *conn).await?,
        };
        lifecycle::judge(conn, &ids).await?;
        refresh_tokens(conn, &names).await?;
    }
    Ok(())
}

/// Search tokens of these customers (key, name, short name) as their names are, with unit and weight.
pub(crate) async fn refresh_tokens(conn: &mut PgConnection, names: &[(i64, String, Option<String>)]) -> Result<()> {
    let mut owners = Vec::new();
    let mut texts = Vec::new();
    for (id, name, short_name) in names {
        for token in tokens::of_names([name.as_str()].into_iter().chain(short_name.as_deref())) {
            owners.push(*id);
            texts.push(token);
        }
    }
    // Weights follow AUM loosely: only a changed order of magnitude is worth a write.
    sqlx::query(
        "with wanted as (
             select t.customer_id, t.token, s.aum, s.org_id from unnest($2::bigint[], $3::text[]) as t (customer_id, token)
             join customer_summary s using (customer_id)
         ), gone as (
             delete from customer_token k where k.customer_id = any($1)
             and not exists (select from wanted w where w.customer_id = k.customer_id and w.token = k.token)
         )
         insert into customer_token as k (customer_id, token, weight, org_id)
         select customer_id, token, aum, org_id from wanted
         on conflict (customer_id, token) do update set weight = excluded.weight, org_id = excluded.org_id
         where k.org_id is distinct from excluded.org_id or abs(k.weight - excluded.weight) > greatest(abs(k.weight), abs(excluded.weight)) / 10",
    )
    .bind(names.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind(owners)
    .bind(texts)
    .execute(conn)
    .await?;
    Ok(())
}

/// What stands in the identities and contacts tables and counts as much as a profile field.
const COUNTED_ELSEWHERE: &str =
    "(exists (select from customer_identity i where i.customer_id = c.customer_id and i.kind <> 'source_key'))::int
    + (exists (select from customer_contact k where k.customer_id = c.customer_id and k.kind in ('mobile', 'phone')))::int
    + (exists (select from customer_contact k where k.customer_id = c.customer_id and k.kind = 'address'))::int";

/// Names of what [`COUNTED_ELSEWHERE`] counts, for the checklist.
pub const COUNTED_ITEMS: [&str; 3] = ["identity", "mobile", "address"];

/// [`FRESH`] with what counts for each kind of customer.
fn fresh() -> String {
    let counted = |kind: Kind| {
        let fields: Vec<_> = fields::FIELDS.iter().filter(|field| field.counts && field.applies_to(kind)).collect();
        let present = fields.iter().map(|field| format!("(c.{} is not null)::int", field.name)).collect::<Vec<_>>().join(" + ");
        format!("({present} + {COUNTED_ELSEWHERE}) * 100 / {}", fields.len() + COUNTED_ITEMS.len())
    };
    FRESH.replace("{personal}", &counted(Kind::Personal)).replace("{corporate}", &counted(Kind::Corporate))
}

fn upsert() -> &'static str {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("{TODAY}\ninsert into customer_summary as s ({}) {}{CONFLICT}", COLUMNS.join(", "), fresh()));
    &SQL
}

/// [`upsert`] that gives new rows their state at once.
fn judged(first: &lifecycle::First, ids: &[i64], sort_keys: &[String]) -> QueryBuilder<Postgres> {
    let own: Vec<&str> = COLUMNS.into_iter().filter(|name| *name != JUDGED_LATER).collect();
    let mut sql = QueryBuilder::new("with k as materialized (select * from unnest(");
    sql.push_bind(ids.to_vec()).push("::bigint[], ").push_bind(sort_keys.to_vec());
    sql.push("::text[]) as k (customer_id, name_key)), ").push(TODAY.trim_start_matches("with "));
    sql.push(format_args!(", fresh ({}) as materialized (", COLUMNS.join(", "))).push(fresh().replace(KEYED, "k"));
    // The state before the first, as the table gives it.
    sql.push("), s as (select fresh.*, 'prospective'::text as state from fresh) insert into customer_summary (");
    sql.push(own.join(", ")).push(", state, state_since) select ");
    sql.push(own.iter().map(|name| format!("s.{name}, ")).collect::<String>());
    first.push(&mut sql);
    sql.push(" where true").push(CONFLICT);
    sql
}

/// `$1` customer ids, `$2` their sort keys, `$3` and `$4` the first and the last id looked at. Customers whose summary
/// is not what it would be now, with the first column that differs.
fn differing() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        // Sort keys are compared by bytes, which both sides of a comparison must agree on.
        let by = |name: &str| if name == "name_key" { " collate \"C\"" } else { "" };
        let column = |name: &&str| format!("when f.{name}{by} is distinct from s.{name} then '{name}'", by = by(name));
        let columns = COLUMNS.iter().filter(|name| **name != JUDGED_LATER).map(column).collect::<Vec<_>>().join(" ");
        format!(
            "{TODAY}, fresh ({}) as ({})
             select customer_id, what from (
                 select coalesce(f.customer_id, s.customer_id) as customer_id, case {columns} end as what
                 from fresh f full join (select * from customer_summary where customer_id between $3 and $4) s using (customer_id)) x
             where what is not null order by customer_id",
            COLUMNS.join(", "),
            fresh()
        )
    });
    &SQL
}

/// `$1` customer ids, `$2` their sort keys. Assets are what the customer has (AUM), loans what the
/// customer owes; both in the base currency at the rates of the business date. Everything hangs on the
/// customer by lateral joins: one customer or twenty thousand, with statistics or without (inside a load
/// there are none yet), each is a few index lookups. The tier is taken from the history for a new row only:
/// this statement may have waited for an evaluation, and would write what it read before. The state is
/// judged after it; minus infinity marks the row as new until then.
const FRESH: &str = "select c.customer_id, c.kind, c.org_id, c.name, k.name_key, t.tier_id, coalesce(t.rank, 0),
    date '-infinity',
    charge.lead_id, coalesce(charge.assist_ids, '{}'),
    coalesce(h.deposits + h.wealth, 0), coalesce(h.deposits, 0), coalesce(h.wealth, 0), coalesce(h.loans, 0), coalesce(p.aum, 0),
    coalesce(h.accounts, 0), coalesce(h.product_ids, '{}'),
    (select max(a.happened_at) from activity a where a.customer_id = c.customer_id),
    (select min(k.due_on) from task k where k.customer_id = c.customer_id and k.state = 'open'),
    h.next_maturity_on,
    (select count(*)::int from alert a where a.customer_id = c.customer_id and a.closed_at is null),
    (case c.kind when 'personal' then {personal} else {corporate} end)::smallint,
    c.opened_on, c.birth_date,
    case when charge.lead_id is null then coalesce(charge.until, c.opened_on, c.created_at::date) end,
    (select sum(m.contribution)::bigint from customer_month m where m.customer_id = c.customer_id and m.month >= date_trunc('year', b.business_date)::date)
from unnest($1::bigint[], $2::text[]) as k (customer_id, name_key)
join customer c using (customer_id)
cross join b
left join lateral (
    select coalesce(sum(round(a.balance * r.rate)) filter (where a.category in ('current', 'term')), 0)::bigint as deposits,
        coalesce(sum(round(a.balance * r.rate)) filter (where a.category in ('wealth', 'insurance', 'fund')), 0)::bigint as wealth,
        coalesce(sum(round(a.balance * r.rate)) filter (where a.category in ('loan', 'card')), 0)::bigint as loans,
        count(*)::int as accounts,
        array_agg(distinct a.product_id order by a.product_id) as product_ids,
        min(a.matures_on) filter (where a.matures_on >= b.business_date) as next_maturity_on
    from account a join rates r using (currency)
    where a.customer_id = c.customer_id and a.closed_on is null
    having count(*) > 0
) h on true
left join lateral (
    select sum(round(coalesce(y.end_balance[extract(month from m.last)::int], 0) * r.rate))::bigint as aum
    from (select (date_trunc('month', b.business_date) - interval '1 day')::date as last) m
    join account_year y on y.customer_id = c.customer_id and y.year = extract(year from m.last)::smallint
    join account a on a.customer_id = y.customer_id and a.account_id = y.account_id and a.category not in ('loan', 'card')
    join rates r on r.currency = a.currency
) p on true
left join lateral (
    select min(a.staff_id) filter (where a.role = 'lead' and a.valid @> b.business_date) as lead_id,
        array_agg(a.staff_id order by a.staff_id) filter (where a.role = 'assist' and a.valid @> b.business_date) as assist_ids,
        max(upper(a.valid)) filter (where a.role = 'lead' and upper(a.valid) <= b.business_date) as until
    -- Only the primary key has the number: of a table without statistics an exclusion constraint would be asked, twice as slow.
    from assignment a where a.customer_id = any(array[c.customer_id]) and a.assignment_id > 0
) charge on true
left join lateral (
    select t.tier_id, t.rank from customer_tier ct join tier t using (tier_id)
    where ct.customer_id = c.customer_id and ct.valid @> b.business_date
    limit 1
) t on true
where c.merged_into is null";

/// Whose summaries [`FRESH`] makes.
const KEYED: &str = "unnest($1::bigint[], $2::text[]) as k (customer_id, name_key)";

/// Today, and what a unit of each currency is worth on it.
const TODAY: &str = "with b as materialized (select business_date from bank limit 1),
rates as materialized (select r.currency, r.rate from b, rates_on(b.business_date) r)";

/// Given to new rows only, and replaced when their state is judged.
const JUDGED_LATER: &str = "state_since";

const COLUMNS: [&str; 26] = [
    "customer_id",
    "kind",
    "org_id",
    "name",
    "name_key",
    "tier_id",
    "tier_rank",
    JUDGED_LATER,
    "lead_staff_id",
    "assist_staff_ids",
    "aum",
    "deposits",
    "wealth",
    "loans",
    "aum_previous",
    "accounts",
    "product_ids",
    "last_contact_at",
    "next_due_on",
    "next_maturity_on",
    "open_alerts",
    "completeness",
    "opened_on",
    "birth_date",
    "pooled_since",
    "contribution",
];

const CONFLICT: &str = "
on conflict (customer_id) do update set
    kind = excluded.kind, org_id = excluded.org_id, name = excluded.name, name_key = excluded.name_key,
    lead_staff_id = excluded.lead_staff_id, assist_staff_ids = excluded.assist_staff_ids,
    aum = excluded.aum, deposits = excluded.deposits, wealth = excluded.wealth, loans = excluded.loans,
    aum_previous = excluded.aum_previous, accounts = excluded.accounts, product_ids = excluded.product_ids,
    last_contact_at = excluded.last_contact_at, next_due_on = excluded.next_due_on, next_maturity_on = excluded.next_maturity_on,
    open_alerts = excluded.open_alerts, completeness = excluded.completeness, opened_on = excluded.opened_on,
    birth_date = excluded.birth_date, pooled_since = excluded.pooled_since, contribution = excluded.contribution, refreshed_at = now()";
