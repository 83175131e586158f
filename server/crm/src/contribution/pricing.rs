//! What contributions are priced by, as administrators keep it: one revision counts all changes.

use guanhu_domain::{
    Code, Currency, Problem, Rule,
    access::Verb,
    contribution::{
        curve::CurvePoint,
        pricing::{
            BookMonth, CategoryPricing, Curve, PostingPrice, Prices, PricingChange, PricingTerms, ProductPricing, StoppedMonth, TenorUse,
        },
    },
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query, types::Json};
use uuid::Uuid;

use crate::{Actor, Bank, Error, Result, audit, audit::Entry, idempotency};

/// Curves of one currency that are shown.
const CURVES: i64 = 24;
/// Months of the books that are shown.
const MONTHS: i64 = 36;

/// All prices and parameters.
pub async fn prices_now(bank: &Bank, actor: &Actor) -> Result<Prices> {
    actor.require(Verb::CurveChange)?;
    let mut conn = bank.pool().acquire().await?;
    let (revision, changed_at, changed_by, base, currencies): (i32, _, Option<String>, String, Vec<String>) = sqlx::query_as(
        "select r.revision, r.changed_at, u.login, b.base_currency::text,
             array(select c from (select distinct currency::text as c from currency_rate union select currency::text from ftp_curve
                   union select b.base_currency::text) c order by c <> b.base_currency, c)
         from bank b, pricing_revision r left join app_user u on u.user_id = r.changed_by",
    )
    .fetch_one(&mut *conn)
    .await?;
    let known = |code: &str| Currency::new(code).ok_or_else(|| Error::internal(format!("no currency `{code}`")));
    let stopped: Vec<StoppedMonth> =
        sqlx::query_as("select month, message from contribution_month where message <> '' order by month desc limit 3")
            .fetch_all(&mut *conn)
            .await?;
    // Those in which nothing is known are not shown, unless something has come for them.
    let months: Vec<BookMonth> = sqlx::query_as(
        "select month, state, as_of, computed_at, late_at,
             case when done_to > 0 then (select count(*) from customer c where c.customer_id <= done_to) * 10000
                 / greatest(1, (select count(*) from customer)) end as progress
         from contribution_month where ready or late_at is not null or done_to > 0 order by month desc limit $1",
    )
    .bind(MONTHS)
    .fetch_all(&mut *conn)
    .await?;
    let tenors: Vec<(String, i32, i64)> =
        sqlx::query_as("select currency::text, tenor_months, accounts from ftp_use order by currency, tenor_months")
            .fetch_all(&mut *conn)
            .await?;
    let tenor = |(currency, tenor_months, accounts): &(String, i32, i64)| {
        Ok(TenorUse { currency: known(currency)?, tenor_months: tenor_months.unsigned_abs(), accounts: *accounts })
    };
    Ok(Prices {
        revision,
        changed_at,
        changed_by,
        base_currency: known(&base)?,
        currencies: currencies.iter().map(|code| known(code)).collect::<Result<_>>()?,
        curves: curves_of(&mut conn, None).await?,
        categories: categories(&mut conn).await?,
        products: products(&mut conn).await?,
        postings: postings(&mut conn).await?,
        stopped,
        months,
        tenors: tenors.iter().map(tenor).collect::<Result<_>>()?,
    })
}

/// The newest curves of a currency, or of all.
pub(super) async fn curves_of(conn: &mut PgConnection, currency: Option<Currency>) -> Result<Vec<Curve>> {
    let rows: Vec<(String, chrono::NaiveDate, Json<Vec<CurvePoint>>)> = sqlx::query_as(
        "select currency::text, valid_from, points from (
             select currency, valid_from, jsonb_agg(jsonb_build_object('tenor_months', tenor_months, 'rate', rate::text) order by tenor_months) as points,
                 row_number() over (partition by currency order by valid_from desc) as place
             from ftp_curve where $1::text is null or currency = $1 group by currency, valid_from) c
         where place <= $2 order by currency, valid_from desc",
    )
    .bind(currency.map(|currency| currency.code().to_owned()))
    .bind(CURVES)
    .fetch_all(conn)
    .await?;
    let curve = |(currency, valid_from, Json(points)): (String, _, Json<Vec<CurvePoint>>)| {
        let currency = Currency::new(&currency).ok_or_else(|| Error::internal(format!("no currency `{currency}`")))?;
        let points = points.into_iter().map(|point| CurvePoint { rate: point.rate.normalize(), ..point }).collect();
        Ok(Curve { currency, valid_from, points })
    };
    rows.into_iter().map(curve).collect()
}

async fn categories(conn: &mut PgConnection) -> Result<Vec<CategoryPricing>> {
    Ok(sqlx::query_as(
        "select category, treatment, day_basis, tenor_months, trim_scale(rate) as rate, trim_scale(fee_rate) as fee_rate, trim_scale(pd) as pd,
             trim_scale(lgd) as lgd, monthly_cost
         from category_pricing order by array_position(array['current', 'term', 'loan', 'card', 'wealth', 'fund', 'insurance'], category), category",
    )
    .fetch_all(conn)
    .await?)
}

async fn products(conn: &mut PgConnection) -> Result<Vec<ProductPricing>> {
    Ok(sqlx::query_as(
        "select p.code as product, p.name, p.name_en, p.category, o.day_basis, o.tenor_months, trim_scale(o.rate) as rate, trim_scale(o.fee_rate) as fee_rate,
             trim_scale(o.pd) as pd, trim_scale(o.lgd) as lgd, o.monthly_cost
         from product p left join product_pricing o using (product_id) where p.active or o.product_id is not null
         order by array_position(array['current', 'term', 'loan', 'card', 'wealth', 'fund', 'insurance'], p.category), p.code",
    )
    .fetch_all(conn)
    .await?)
}

async fn postings(conn: &mut PgConnection) -> Result<Vec<PostingPrice>> {
    Ok(sqlx::query_as("select kind, cost, is_fee from txn_pricing order by kind = '' desc, kind").fetch_all(conn).await?)
}

/// Changes parameters; answers the new revision. The running month is computed again with them, closed ones
/// keep what they were computed with.
///
/// # Errors
/// `Stale` with the revision when somebody changed prices first; `Invalid` by row and term.
pub async fn set_parameters(bank: &Bank, actor: &Actor, change: &PricingChange, key: Uuid) -> Result<i32> {
    actor.require(Verb::CurveChange)?;
    let faults = change.faults();
    if !faults.is_empty() {
        return Err(Error::fields(faults));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CurveChange, change).await? {
        return Ok(answer);
    }
    let revision = turn(&mut tx, actor, change.revision).await?;
    let before = (categories(&mut tx).await?, products(&mut tx).await?, postings(&mut tx).await?);
    for row in &change.categories {
        set_category(&mut tx, row).await?;
    }
    for row in &change.products {
        set_product(&mut tx, row).await?;
    }
    if let Some(rows) = &change.postings {
        set_postings(&mut tx, rows).await?;
    }
    let told = json!({
        "categories": change.categories,
        "categories_before": before.0.iter().filter(|row| change.categories.iter().any(|new| new.category == row.category)).collect::<Vec<_>>(),
        "products": change.products,
        "products_before": before.1.iter().filter(|row| change.products.iter().any(|new| new.product == row.product)).collect::<Vec<_>>(),
        "postings": change.postings,
        "postings_before": change.postings.as_ref().map(|_| &before.2),
    });
    audit::record(&mut tx, actor, Entry::done(Verb::CurveChange, "pricing:parameters").detail(told)).await?;
    idempotency::answer(&mut tx, actor, key, &revision).await?;
    tx.commit().await?;
    Ok(revision)
}

/// The next revision; has the open months computed again.
pub(super) async fn turn(conn: &mut PgConnection, actor: &Actor, revision: i32) -> Result<i32> {
    let next: Option<i32> = sqlx::query_scalar(
        "update pricing_revision set revision = revision + 1, changed_at = now(), changed_by = $2 where revision = $1 returning revision",
    )
    .bind(revision)
    .bind(actor.user_ref())
    .fetch_optional(&mut *conn)
    .await?;
    let Some(next) = next else {
        let now: i32 = sqlx::query_scalar("select revision from pricing_revision").fetch_one(conn).await?;
        return Err(Problem { current: Some(json!({ "revision": now })), ..Problem::new(Code::Stale) }.into());
    };
    super::restate(conn).await?;
    Ok(next)
}

async fn set_category(conn: &mut PgConnection, row: &CategoryPricing) -> Result<()> {
    let update = sqlx::query(
        "update category_pricing set day_basis = $2, tenor_months = $3, rate = $4, fee_rate = $5, pd = $6, lgd = $7, monthly_cost = $8 where category = $1",
    )
    .bind(&row.category);
    let done = with_terms(update, &row.terms).execute(conn).await?;
    known(done.rows_affected(), "categories", &row.category)
}

async fn set_product(conn: &mut PgConnection, row: &ProductPricing) -> Result<()> {
    let product: Option<i32> =
        sqlx::query_scalar("select product_id from product where code = $1").bind(&row.product).fetch_optional(&mut *conn).await?;
    known(product.is_some().into(), "products", &row.product)?;
    if row.terms.is_empty() {
        sqlx::query("delete from product_pricing where product_id = $1").bind(product).execute(conn).await?;
        return Ok(());
    }
    let upsert = sqlx::query(
        "insert into product_pricing (product_id, day_basis, tenor_months, rate, fee_rate, pd, lgd, monthly_cost) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (product_id) do update set day_basis = excluded.day_basis, tenor_months = excluded.tenor_months, rate = excluded.rate,
             fee_rate = excluded.fee_rate, pd = excluded.pd, lgd = excluded.lgd, monthly_cost = excluded.monthly_cost",
    )
    .bind(product);
    with_terms(upsert, &row.terms).execute(conn).await?;
    Ok(())
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds the parameters in the order of their columns.
fn with_terms<'q>(statement: Statement<'q>, terms: &PricingTerms) -> Statement<'q> {
    statement
        .bind(terms.day_basis)
        .bind(terms.tenor_months)
        .bind(terms.rate)
        .bind(terms.fee_rate)
        .bind(terms.pd)
        .bind(terms.lgd)
        .bind(terms.monthly_cost)
}

fn known(rows: u64, list: &str, code: &str) -> Result<()> {
    match rows {
        0 => Err(Error::field(format!("{list}/{code}"), Rule::UnknownCode { value: code.to_owned() })),
        _ => Ok(()),
    }
}

async fn set_postings(conn: &mut PgConnection, rows: &[PostingPrice]) -> Result<()> {
    if rows.iter().all(|row| !row.kind.is_empty()) {
        return Err(Error::field("postings/", Rule::Required));
    }
    sqlx::query("delete from txn_pricing").execute(&mut *conn).await?;
    sqlx::query("insert into txn_pricing (kind, cost, is_fee) select * from unnest($1::text[], $2::bigint[], $3::boolean[])")
        .bind(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.cost).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.is_fee).collect::<Vec<_>>())
        .execute(conn)
        .await?;
    Ok(())
}
