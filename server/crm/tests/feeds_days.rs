//! A new business date: what changes because of the day alone, and what must not.

use std::fs;

use chrono::NaiveDate;
use guanhu_crm::{
    customers,
    feeds::{self, ImportRequest, Profile},
    summary::{self, check::compare},
    testing::World,
};
use guanhu_domain::{Code, CustomerNo};
use sqlx::PgPool;

const PROFILE: &str = r#"
name = "markets"
source = "markets"

[files]
rates = { path = "rates.csv" }

[[load]]
entity = "rates"
file = "rates"
columns = { currency = "currency", date = "date", rate = "rate" }
"#;

/// Loads rates, and nothing else, for a business date.
async fn rates(world: &World, date: &str, lines: &str) {
    let dir = std::env::temp_dir().join(format!("guanhu-rates-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("rates.csv"), format!("currency,date,rate\n{lines}")).unwrap();
    let request = ImportRequest {
        profile: Profile::parse(PROFILE).unwrap(),
        profile_dir: None,
        dir: dir.clone(),
        business_date: Some(date.parse().unwrap()),
        dry_run: false,
        rejects_dir: None,
    };
    let report = feeds::import(&world.bank, &world.actor("admin").await, request, |_| {}).await.unwrap();
    fs::remove_dir_all(dir).unwrap();
    assert_eq!((report.exit_code(), report.total.rejected), (0, 0), "{report:?}");
}

async fn refresh(world: &World, ids: &[i64]) {
    summary::refresh(&mut world.owner.acquire().await.unwrap(), ids).await.unwrap();
}

/// Every summary is what it would be if it were made now.
async fn agrees(world: &World) {
    let compared = compare(&world.bank, &world.actor("admin").await, false).await.unwrap();
    assert_eq!((compared.different, compared.first), (0, None));
    assert!(compared.customers > 0);
}

#[sqlx::test(migrations = false)]
async fn a_new_rate_reaches_everybody_who_has_the_currency(pool: PgPool) {
    let world = World::new(pool).await;
    let (yuan, dollars) =
        (world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await, world.customer("李娜", "E1", Some("M-ALICE"), 100).await);
    sqlx::query("update account set currency = 'USD', matures_on = '2026-04-02' where customer_id = $1")
        .bind(dollars)
        .execute(&world.owner)
        .await
        .unwrap();
    refresh(&world, &[yuan, dollars]).await;
    let aum = async || {
        sqlx::query_as::<_, (i64, Option<NaiveDate>)>("select aum, next_maturity_on from customer_summary where customer_id = $1")
            .bind(dollars)
            .fetch_one(&world.owner)
            .await
            .unwrap()
    };
    assert_eq!(aum().await, (710_00, Some("2026-04-02".parse().unwrap())));
    // A rate for later days is not today's.
    rates(&world, "2026-03-31", "USD,2026-04-04,8\n").await;
    assert_eq!(aum().await.0, 710_00);
    agrees(&world).await;
    // The same day, another rate; then only another day, on which a rate known before comes into force.
    rates(&world, "2026-03-31", "USD,2026-03-31,7.2\n").await;
    assert_eq!(aum().await.0, 720_00);
    agrees(&world).await;
    rates(&world, "2026-04-05", "JPY,2026-04-05,0.05\n").await;
    assert_eq!(aum().await, (800_00, None));
    agrees(&world).await;
    // The page of the customer says the same as the list.
    let view = customers::view(&world.bank, &world.actor("alice").await, CustomerNo::from_id(dollars)).await.unwrap();
    assert_eq!(view.holdings.iter().map(|holding| holding.balance_base).sum::<i64>(), 800_00);
}

#[sqlx::test(migrations = false)]
async fn who_serves_a_customer_follows_the_business_date(pool: PgPool) {
    let world = World::new(pool).await;
    let customer = world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    sqlx::raw_sql(
        "update assignment set valid = daterange(lower(valid), '2026-04-03');
         insert into assignment (customer_id, staff_id, role, valid)
             select customer_id, (select staff_id from staff where code = 'M-BO'), 'lead', '[2026-04-03,)' from customer;
         insert into assignment (customer_id, staff_id, role, valid)
             select customer_id, (select staff_id from staff where code = 'M-WANG'), 'assist', '[2026-04-03,2026-04-10)' from customer",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    refresh(&world, &[customer]).await;
    let sees = async |login: &str| match customers::view(&world.bank, &world.actor(login).await, CustomerNo::from_id(customer)).await {
        Ok(_) => true,
        Err(error) if error.code() == Code::NotFound => false,
        Err(error) => panic!("{error}"),
    };
    for (date, expected) in [
        ("2026-03-31", [true, false, false]),
        ("2026-04-02", [true, false, false]),
        ("2026-04-03", [false, true, true]),
        ("2026-04-09", [false, true, true]),
        ("2026-04-12", [false, true, false]),
    ] {
        rates(&world, date, &format!("USD,{date},7.1\n")).await;
        assert_eq!([sees("alice").await, sees("bo").await, sees("wang").await], expected, "{date}");
        agrees(&world).await;
    }
}

#[sqlx::test(migrations = false)]
async fn month_ends_that_came_without_their_days_stay(pool: PgPool) {
    let world = World::new(pool).await;
    let customer = world.customer("张小伟", "E1", Some("M-ALICE"), 500).await;
    sqlx::raw_sql(
        "update account set balance_on = '2026-03-31';
         insert into account_year (customer_id, account_id, year, end_balance, average_balance)
             select customer_id, account_id, 2025, array[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], array[1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] from account
             union all
             select customer_id, account_id, 2026, array[20000, 30000, 50000, null, null, null, null, null, null, null, null, null],
                 array[9000, 25000, 40000, null, null, null, null, null, null, null, null, null] from account",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    refresh(&world, &[customer]).await;
    rates(&world, "2026-04-05", "USD,2026-04-05,7.1\n").await;
    let year = async || {
        sqlx::query_as::<_, (Vec<Option<i64>>, Vec<Option<i64>>)>(
            "select end_balance[1:5], average_balance[1:5] from account_year where year = 2026",
        )
        .fetch_one(&world.owner)
        .await
        .unwrap()
    };
    let april = (
        vec![Some(20_000), Some(30_000), Some(50_000), Some(50_000), None],
        vec![Some(9_000), Some(25_000), Some(40_000), Some(50_000), None],
    );
    assert_eq!(year().await, april);
    let before: i64 = sqlx::query_scalar("select aum_previous from customer_summary").fetch_one(&world.owner).await.unwrap();
    assert_eq!(before, 50_000, "the trend of April begins where March ended");
    agrees(&world).await;
}

#[sqlx::test(migrations = false)]
async fn a_summary_that_differs_is_named_and_put_right(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    let mut ids = Vec::new();
    for name in ["张小伟", "李娜", "王芳"] {
        ids.push(world.customer(name, "E1", Some("M-ALICE"), 1_000).await);
    }
    agrees(&world).await;
    sqlx::query("update customer_summary set aum = 7 where customer_id = $1").bind(ids[1]).execute(&world.owner).await.unwrap();
    sqlx::query("delete from customer_summary where customer_id = $1").bind(ids[2]).execute(&world.owner).await.unwrap();
    sqlx::query("insert into customer_summary (customer_id, kind, org_id, name, name_key) values (999, 'personal', 103, '谁', 'shui')")
        .execute(&world.owner)
        .await
        .unwrap();
    let compared = compare(&world.bank, &admin, false).await.unwrap();
    assert_eq!((compared.customers, compared.different), (3, 3));
    assert_eq!(compared.first, Some((CustomerNo::from_id(999), "customer_id".to_owned())));
    assert_eq!(compare(&world.bank, &admin, true).await.unwrap().different, 3);
    agrees(&world).await;
    let told: i64 = sqlx::query_scalar("select count(*) from audit_log where verb = 'summary.check' and outcome = 'done'")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(told, 1);
}
