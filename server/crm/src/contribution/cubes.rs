//! Cubes: sums of a month's facts by unit, manager, product and tier. Made anew as a whole, in the
//! transaction that says the month is computed.

mod statements;

use chrono::NaiveDate;
use sqlx::{AssertSqlSafe, PgConnection};

pub(super) use statements::*;

use crate::Result;

/// Makes the month's cubes from its facts.
pub async fn rebuild(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::raw_sql(TEMPORARY).execute(&mut *conn).await?;
    for statement in [WHOLE, HELD, STOCKS, SHARED, MOVED, STEPS] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    sqlx::raw_sql("analyze cube_part; analyze cube_held; analyze cube_moved; analyze cube_step").execute(&mut *conn).await?;
    for statement in CLEAR {
        sqlx::query(*statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    for statement in [
        LEAVES,
        UNITS,
        MANAGERS,
        PRODUCTS,
        SALES,
        PAIRS,
        TRAIT_LEAVES,
        TRAITS,
        CURRENCIES,
        VALUES,
        TOP,
        KIN,
        PROCESS,
        FLOW,
        FORGET_COHORTS,
        COHORTS,
    ] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    sqlx::raw_sql(DROP).execute(&mut *conn).await?;
    Ok(())
}

/// Rolls a month up anew by the tree of units as it is now. What stands below the units, facts, managers'
/// and products' sums and the counts of the process score, stays as it was told.
pub async fn roll_up(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::raw_sql(TEMPORARY).execute(&mut *conn).await?;
    // A month that was told before persons were kept by what they are has them as they are now, once.
    for statement in [HELD, MOVED, STEPS, TRAIT_LEAVES] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    sqlx::raw_sql("analyze cube_moved; analyze cube_step").execute(&mut *conn).await?;
    for (clear, make) in [
        ("delete from unit_cube where month = $1", UNITS),
        ("delete from manager_cube where month = $1", MANAGERS),
        ("delete from product_cube where month = $1", PRODUCTS),
        ("delete from sale_cube where month = $1", SALES),
        ("delete from pair_cube where month = $1", PAIRS),
        ("delete from trait_cube where month = $1", TRAITS),
        ("delete from currency_cube where month = $1", CURRENCIES),
        ("delete from value_cube where month = $1", VALUES),
        ("delete from top_customer where month = $1", TOP),
        ("delete from kin_cube where month = $1", KIN),
        ("delete from tier_flow where month = $1", FLOW),
        (FORGET_COHORTS, COHORTS),
    ] {
        for statement in [clear, make] {
            sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
        }
    }
    sqlx::raw_sql(DROP).execute(&mut *conn).await?;
    Ok(())
}

/// Says anew what changed in a month, after the month before it was told otherwise.
pub async fn compare(conn: &mut PgConnection, month: NaiveDate) -> Result<()> {
    sqlx::raw_sql(TEMPORARY).execute(&mut *conn).await?;
    for statement in [
        HELD,
        MOVED,
        STEPS,
        "delete from unit_cube where month = $1",
        UNITS,
        "delete from manager_cube where month = $1",
        MANAGERS,
        "delete from product_cube where month = $1",
        PRODUCTS,
        "delete from sale_cube where month = $1",
        SALES,
        SOLD,
        "delete from tier_flow where month = $1",
        FLOW,
    ] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    sqlx::raw_sql(DROP).execute(&mut *conn).await?;
    Ok(())
}

/// Cubes of a month that are nothing but sums of its facts.
const SUMS: [&str; 12] = [
    "contribution_cube",
    "unit_cube",
    "manager_cube",
    "product_cube",
    "sale_cube",
    "pair_cube",
    "trait_cube",
    "currency_cube",
    "value_cube",
    "top_customer",
    "kin_cube",
    "tier_flow",
];

/// Those that grow by what each customer adds, with their keys. A row without any figure says the same as none.
pub(super) const ADDED: [(&str, &[&str]); 7] = [
    ("contribution_cube", &["month", "org_id", "staff_id", "product_id", "tier_id"]),
    ("unit_cube", &["org_id", "month", "tier_id"]),
    ("manager_cube", &["org_id", "month", "tier_id", "staff_id"]),
    ("product_cube", &["org_id", "month", "tier_id", "product_id"]),
    ("sale_cube", &["org_id", "month", "product_id", "staff_id"]),
    ("pair_cube", &["org_id", "month", "product_id", "other_id"]),
    ("currency_cube", &["org_id", "month", "currency", "product_id"]),
];

/// Makes the cubes of a month again beside those that are kept, in temporary tables of the same names, which statements find
/// first, and names the first that differs. The transaction is to be rolled back. Who woke up is left out: states
/// may be judged after the month was computed.
pub async fn compare_again(conn: &mut PgConnection, month: NaiveDate) -> Result<Option<&'static str>> {
    sqlx::raw_sql(TEMPORARY).execute(&mut *conn).await?;
    for table in SUMS {
        let sql = format!("create temp table {table} (like public.{table} including defaults including generated) on commit drop");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *conn).await?;
    }
    for statement in [
        WHOLE, HELD, STOCKS, SHARED, MOVED, STEPS, LEAVES, UNITS, MANAGERS, PRODUCTS, SALES, PAIRS, TRAITS, CURRENCIES, VALUES, TOP, KIN,
        FLOW,
    ] {
        sqlx::query(statement).bind(month).persistent(false).execute(&mut *conn).await?;
    }
    for table in SUMS {
        let says = match ADDED.iter().find(|(added, _)| *added == table) {
            Some((_, keys)) => format!(
                " and exists (select from jsonb_each(to_jsonb(t) - '{{{},activated}}'::text[]) e where e.value not in ('0', 'null'))",
                keys.join(",")
            ),
            None => String::new(),
        };
        let (now, kept) = (
            format!("select to_jsonb(t) - 'activated' from {table} t where true{says}"),
            format!("select to_jsonb(t) - 'activated' from public.{table} t where month = $1{says}"),
        );
        let sql = format!("select exists (({now} except all {kept}) union all ({kept} except all {now}))");
        let differs: bool = sqlx::query_scalar(AssertSqlSafe(sql)).bind(month).persistent(false).fetch_one(&mut *conn).await?;
        if differs {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

const CLEAR: &[&str] = &[
    "delete from contribution_cube where month = $1",
    "delete from unit_cube where month = $1",
    "delete from manager_cube where month = $1",
    "delete from product_cube where month = $1",
    "delete from sale_cube where month = $1",
    "delete from pair_cube where month = $1",
    "delete from trait_cube where month = $1",
    "delete from trait_leaf where month = $1",
    "delete from currency_cube where month = $1",
    "delete from value_cube where month = $1",
    "delete from top_customer where month = $1",
    "delete from kin_cube where month = $1",
    "delete from process_cube where month = $1",
    "delete from tier_flow where month = $1",
];
