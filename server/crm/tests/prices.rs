//! Transfer prices and cost parameters: a bank starts with them from the page, and the running month follows.

use chrono::NaiveDate;
use guanhu_crm::{
    Error,
    contribution::{self, curves, explain, pricing},
    testing::World,
};
use guanhu_domain::{
    Code, Currency, CustomerNo,
    contribution::{
        curve::CurvePoint,
        pricing::{Curve, PostingPrice, PricingChange},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn curve(from: &str, points: &[(u32, &str)]) -> Curve {
    let points = points.iter().map(|(tenor_months, rate)| CurvePoint { tenor_months: *tenor_months, rate: rate.parse().unwrap() });
    Curve { currency: Currency::CNY, valid_from: day(from), points: points.collect() }
}

#[sqlx::test(migrations = false)]
async fn an_administrator_sets_prices_and_the_running_month_follows(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin, boss) = (&world.bank, world.actor("admin").await, world.actor("boss").await);
    let customer = world.customer("张小伟", "E1", None, 365_000).await;
    sqlx::query(
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array_fill(balance, array[12]), array_fill(balance, array[12]) from account",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    assert!(contribution::run_due(bank).await.unwrap().is_empty(), "nothing is due without prices");

    // Points that no curve can hold are named; nothing changes.
    let refused =
        curves::set_curve(bank, &admin, &curve("2026-01-01", &[(12, "1.9"), (12, "2"), (0, "1")]), 1, Uuid::now_v7()).await.unwrap_err();
    let Error::Problem(problem) = refused else { panic!() };
    assert_eq!(problem.fields.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["points/1", "points/2"]);
    assert_eq!(
        curves::set_curve(bank, &boss, &curve("2026-01-01", &[(12, "1.9")]), 1, Uuid::now_v7()).await.unwrap_err().code(),
        Code::Forbidden
    );

    // One effect per key, and whoever read an older revision is told.
    let (first, key) = (curve("2026-01-01", &[(12, "1"), (36, "3")]), Uuid::now_v7());
    for _ in 0..2 {
        assert_eq!(curves::set_curve(bank, &admin, &first, 1, key).await.unwrap(), 2);
    }
    assert_eq!(curves::set_curve(bank, &admin, &first, 1, Uuid::now_v7()).await.unwrap_err().code(), Code::Stale);
    let spread = async || {
        contribution::run_due(bank).await.unwrap();
        let opened = explain::contribution(bank, &boss, CustomerNo::from_id(customer), Some(day("2026-03-01")), None).await.unwrap();
        (opened.items[0].lines.spread, opened.items[0].lines.cost)
    };
    // 365,000.00 × 2% × 31 ÷ 365 = 620.00 for a current account at 24 months.
    assert_eq!(spread().await, (620_00, 1_20));
    assert!(contribution::run_due(bank).await.unwrap().is_empty(), "all is computed");

    // A later curve in the month does not hold on its first day; the one of that day is replaced.
    assert_eq!(curves::set_curve(bank, &admin, &curve("2026-03-15", &[(24, "9")]), 2, Uuid::now_v7()).await.unwrap(), 3);
    assert_eq!(spread().await, (620_00, 1_20));
    assert_eq!(curves::set_curve(bank, &admin, &curve("2026-01-01", &[(24, "4")]), 3, Uuid::now_v7()).await.unwrap(), 4);
    assert_eq!(spread().await, (1_240_00, 1_20));
    let february: i64 =
        sqlx::query_scalar("select spread from account_month where month = '2026-02-01'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(february, 560_00, "a closed month keeps its prices");
    assert_eq!(curves::remove_curve(bank, &admin, Currency::CNY, day("2026-03-15"), 4, Uuid::now_v7()).await.unwrap(), 5);
    assert_eq!(
        curves::remove_curve(bank, &admin, Currency::CNY, day("2026-03-15"), 5, Uuid::now_v7()).await.unwrap_err().code(),
        Code::NotFound
    );

    // A category, a product of its own terms, and postings.
    let now = pricing::prices_now(bank, &admin).await.unwrap();
    assert_eq!((now.revision, now.curves.len(), now.changed_by.as_deref()), (5, 1, Some("admin")));
    assert_eq!(now.currencies.iter().map(Currency::code).collect::<Vec<_>>(), ["CNY", "USD"]);
    let mut current = now.categories.iter().find(|row| row.category == "current").unwrap().clone();
    current.terms.monthly_cost = Some(5_00);
    let mut own = now.products.iter().find(|row| row.product == "CUR").unwrap().clone();
    assert!(own.terms.is_empty());
    own.terms.rate = Some("0.1".parse().unwrap());
    let change = PricingChange { revision: 5, categories: vec![current.clone()], products: vec![own.clone()], postings: None };
    assert_eq!(pricing::set_parameters(bank, &admin, &change, Uuid::now_v7()).await.unwrap(), 6);
    assert_eq!(spread().await, (1_209_00, 5_00), "3.9% instead of 4%");
    own.terms = Default::default();
    let postings =
        vec![PostingPrice { kind: String::new(), cost: 10, is_fee: false }, PostingPrice { kind: "fee".into(), cost: 0, is_fee: true }];
    let back = PricingChange { revision: 6, products: vec![own], postings: Some(postings.clone()), ..PricingChange::default() };
    assert_eq!(pricing::set_parameters(bank, &admin, &back, Uuid::now_v7()).await.unwrap(), 7);
    assert_eq!(spread().await, (1_240_00, 5_00));
    assert_eq!(pricing::prices_now(bank, &admin).await.unwrap().postings, postings);

    // What is wrong is named by row and term; without the posting that stands for all others there is no price.
    current.terms.pd = Some("101".parse().unwrap());
    let wrong = PricingChange { revision: 7, categories: vec![current], ..PricingChange::default() };
    let Error::Problem(problem) = pricing::set_parameters(bank, &admin, &wrong, Uuid::now_v7()).await.unwrap_err() else { panic!() };
    assert_eq!(problem.fields[0].field, "categories/current/pd");
    let none = PricingChange { revision: 7, postings: Some(vec![postings[1].clone()]), ..PricingChange::default() };
    assert_eq!(pricing::set_parameters(bank, &admin, &none, Uuid::now_v7()).await.unwrap_err().code(), Code::Invalid);
    let traced: i64 =
        sqlx::query_scalar("select count(*) from audit_log where verb = 'curve.change' and login = 'admin' and outcome = 'done'")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!(traced, 6);
}
