//! The books of a month: every level is the sum of what it is made of, whoever was in charge when.

use chrono::NaiveDate;
use guanhu_crm::{
    Actor,
    contribution::{self, curves, explain, reconcile},
    dashboards,
    testing::World,
};
use guanhu_domain::{
    Code, Currency, CustomerNo,
    contribution::{Charge, curve::CurvePoint, kin::KinKind, pricing::Curve, weights},
    dashboards::{BoardQuery, Level, MonthState},
    money::allocate,
};
use sqlx::PgPool;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Balances for the first quarter: the account's own balance in every month unless told.
async fn months(world: &World, customer: i64) {
    sqlx::query(
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9])
         from account where customer_id = $1",
    )
    .bind(customer)
    .execute(&world.owner)
    .await
    .unwrap();
}

async fn curve(world: &World) {
    let points = vec![
        CurvePoint { tenor_months: 12, rate: "1.90".parse().unwrap() },
        CurvePoint { tenor_months: 36, rate: "2.20".parse().unwrap() },
    ];
    let curve = Curve { currency: Currency::CNY, valid_from: day("2020-01-01"), points };
    curves::set_curve(&world.bank, &world.actor("admin").await, &curve, 1, Uuid::now_v7()).await.unwrap();
}

fn month(text: &str) -> BoardQuery {
    BoardQuery { month: Some(text.into()), ..BoardQuery::default() }
}

#[sqlx::test(migrations = false)]
async fn a_month_sums_to_the_cent_at_every_level_when_customers_change_hands(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin, boss) = (&world.bank, world.actor("admin").await, world.actor("boss").await);
    let mut ids = Vec::new();
    for (name, unit, lead, yuan) in [
        ("张小伟", "E1", Some("M-ALICE"), 123_457),
        ("李娜", "E1", Some("M-BO"), 77_777),
        ("王芳", "E2", None, 999_999),
        ("赵云", "W1", Some("M-WANG"), 31),
    ] {
        ids.push(world.customer(name, unit, lead, yuan).await);
        months(&world, ids[ids.len() - 1]).await;
    }

    // Without a curve there are no figures, and the reason is said.
    let refused = contribution::close_month(bank, &admin, day("2026-03-01")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FtpCurveMissing);
    assert!(refused.to_string().contains("CNY"), "{refused}");
    assert_eq!(dashboards::performance(bank, &boss, &BoardQuery::default(), None).await.unwrap_err().code(), Code::MonthNotComputed);

    curve(&world).await;
    // In March the first goes to nobody on the 11th and, after two days, to Bo with Wang's help from the 22nd.
    for statement in [
        "update assignment set valid = '[2024-01-01,2026-03-11)' where customer_id = $1",
        "insert into assignment (customer_id, staff_id, role, share, valid) values ($1, 2001, 'lead', 70, '[2026-03-13,)'), ($1, 2002, 'assist', 30, '[2026-03-22,)')",
    ] {
        sqlx::query(statement).bind(ids[0]).execute(&world.owner).await.unwrap();
    }
    for (at, state) in [("2026-02-01", MonthState::Closed), ("2026-03-01", MonthState::Open)] {
        let closed = contribution::close_month(bank, &admin, day(at)).await.unwrap();
        assert_eq!((closed.state, closed.customers, closed.computed), (state, 4, true));
    }

    // One account by hand: 123,457.00 × (2.05 − 0)% × 31 ÷ 365 = 214.95, less 1.20 for keeping it.
    let customer = CustomerNo::from_id(ids[0]);
    let opened = explain::contribution(bank, &boss, customer, Some(day("2026-03-01")), Some(day("2026-03-31"))).await.unwrap();
    assert_eq!((opened.items.len(), opened.closed_through), (1, Some(day("2026-02-01"))));
    assert_eq!((opened.items[0].lines.spread, opened.items[0].lines.cost, opened.items[0].contribution), (214_95, 1_20, 213_75));

    // Whose it is, by the domain's own division.
    let charge = |staff, share, from: &str, to: Option<&str>| Charge { staff, share, from: day(from), to: to.map(day) };
    let parts = weights(
        &[
            charge(2000, 100_00, "2024-01-01", Some("2026-03-11")),
            charge(2001, 70_00, "2026-03-13", None),
            charge(2002, 30_00, "2026-03-22", None),
        ],
        day("2026-03-01"),
        day("2026-03-31"),
    );
    let shares: Vec<u64> = parts.iter().map(|part| part.1).collect();
    let (spread, cost) = (allocate(214_95, &shares), allocate(1_20, &shares));
    let kept: Vec<(i32, i64)> = sqlx::query_as(
        "select staff_id, sum(contribution)::bigint from contribution_cube c where month = '2026-03-01' group by staff_id order by 1",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    let own = |staff: i32| parts.iter().position(|part| part.0 == staff).map_or(0, |at| spread[at] - cost[at]);
    let others: Vec<(i32, i64)> =
        sqlx::query_as("select staff_ids[1], contribution from customer_month where month = '2026-03-01' and customer_id <> $1 order by 1")
            .bind(ids[0])
            .fetch_all(&world.owner)
            .await
            .unwrap();
    let expected: Vec<(i32, i64)> = [0, 2000, 2001, 2002]
        .map(|staff| (staff, own(staff) + others.iter().filter(|other| other.0 == staff).map(|other| other.1).sum::<i64>()))
        .into();
    assert_eq!(kept, expected);

    let mut totals = Vec::new();
    for level in [Level::Bank, Level::Unit, Level::Manager, Level::Product, Level::Tier] {
        let items = dashboards::levels(bank, &boss, &month("2026-03"), level).await.unwrap().items;
        totals.push(items.iter().map(|item| item.contribution).sum::<i64>());
    }
    totals.push(dashboards::bank_board(bank, &boss, &month("2026-03")).await.unwrap().now.contribution);
    assert_eq!(totals, [totals[0]; 6]);
    let verdict = reconcile::reconcile(bank, &Actor::system(), None).await.unwrap();
    assert_eq!((verdict.months, verdict.accounts, verdict.difference), (2, 8, None));
    let filled: i64 = sqlx::query_scalar("select contribution from customer_summary where customer_id = $1")
        .bind(ids[0])
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert!(filled > 213_75, "February and March: {filled}");

    // Again: nothing changes. A late balance leaves the closed month alone until it is opened again.
    let facts = "select md5(string_agg(a::text, '' order by month, account_id)) from account_month a";
    let before: String = sqlx::query_scalar(facts).fetch_one(&world.owner).await.unwrap();
    for at in ["2026-02-01", "2026-03-01"] {
        contribution::close_month(bank, &admin, day(at)).await.unwrap();
    }
    assert_eq!(sqlx::query_scalar::<_, String>(facts).fetch_one(&world.owner).await.unwrap(), before);
    sqlx::query("update account_year set average_balance[2] = average_balance[2] + 100000 where customer_id = $1")
        .bind(ids[1])
        .execute(&world.owner)
        .await
        .unwrap();
    assert!(!contribution::close_month(bank, &admin, day("2026-02-01")).await.unwrap().computed);
    assert_eq!(contribution::reopen_month(bank, &admin, day("2026-02-01"), " ").await.unwrap_err().code(), Code::ReasonRequired);
    contribution::reopen_month(bank, &admin, day("2026-02-01"), "补录存款").await.unwrap();
    assert!(contribution::close_month(bank, &admin, day("2026-02-01")).await.unwrap().computed);
    assert_ne!(sqlx::query_scalar::<_, String>(facts).fetch_one(&world.owner).await.unwrap(), before);

    // Who tampers is named.
    sqlx::query("update unit_cube set contribution = contribution + 1 where tier_id = -1 and org_id = 103 and month = '2026-03-01'")
        .execute(&world.owner)
        .await
        .unwrap();
    let found = reconcile::reconcile(bank, &Actor::system(), None).await.unwrap().difference.unwrap();
    assert!(found.contains("E1"), "{found}");
    assert_eq!(contribution::close_month(bank, &admin, day("2026-04-01")).await.unwrap_err().code(), Code::Invalid);
}

#[sqlx::test(migrations = false)]
async fn everybody_sees_the_figures_of_the_own_part(pool: PgPool) {
    let world = World::new(pool).await;
    for (name, unit, lead, yuan) in
        [("张小伟", "E1", Some("M-ALICE"), 1_000_000), ("李娜", "E1", Some("M-BO"), 500_000), ("赵云", "W1", Some("M-WANG"), 31)]
    {
        let id = world.customer(name, unit, lead, yuan).await;
        months(&world, id).await;
    }
    curve(&world).await;
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    let seen = async |login: &str| {
        let figures = dashboards::performance(&world.bank, &world.actor(login).await, &BoardQuery::default(), None).await.unwrap();
        figures.items.into_iter().map(|item| item.code).collect::<Vec<_>>()
    };
    assert_eq!(seen("boss").await, ["M-ALICE", "M-BO", "M-WANG"]);
    assert_eq!(seen("east").await, ["M-ALICE", "M-BO"]);
    assert_eq!(seen("bo").await, ["M-BO"]);

    let (east, bo) = (world.actor("east").await, world.actor("bo").await);
    let foreign = BoardQuery { org: Some("W1".into()), ..BoardQuery::default() };
    for code in [
        dashboards::bank_board(&world.bank, &east, &foreign).await.unwrap_err().code(),
        dashboards::adoption(&world.bank, &east, &foreign, None).await.unwrap_err().code(),
        dashboards::manager_board(&world.bank, &east, "M-WANG", &BoardQuery::default()).await.unwrap_err().code(),
        dashboards::manager_board(&world.bank, &bo, "M-ALICE", &BoardQuery::default()).await.unwrap_err().code(),
        dashboards::bank_board(&world.bank, &bo, &BoardQuery::default()).await.unwrap_err().code(),
    ] {
        assert_eq!(code, Code::NotFound);
    }
    assert_eq!(dashboards::bank_board(&world.bank, &east, &month("2026-02")).await.unwrap_err().code(), Code::MonthNotComputed);
    assert_eq!(dashboards::bank_board(&world.bank, &east, &month("Feb")).await.unwrap_err().code(), Code::Invalid);

    let adoption = dashboards::adoption(&world.bank, &east, &BoardQuery::default(), None).await.unwrap().items;
    let current = adoption.iter().find(|item| item.product == "CUR").unwrap();
    assert_eq!((current.eligible, current.holders, current.gained, current.adoption), (2, 2, None, Some(100_00)));
    let own = dashboards::adoption(&world.bank, &bo, &BoardQuery::default(), None).await.unwrap().items;
    assert_eq!(own.iter().find(|item| item.product == "CUR").map(|item| (item.eligible, item.holders)), Some((1, 1)));
    assert_eq!(dashboards::manager_board(&world.bank, &bo, "", &BoardQuery::default()).await.unwrap().line.aum, 500_000_00);
    assert_eq!(dashboards::products_board(&world.bank, &east, &BoardQuery::default()).await.unwrap().units.len(), 1);
    let deciles = dashboards::value_board(&world.bank, &east, &BoardQuery::default()).await.unwrap().deciles;
    assert_eq!(deciles.iter().map(|decile| decile.customers).sum::<i64>(), 2);
}

/// The months that are computed when the server looks, in words short enough to compare.
async fn looked(world: &World) -> Vec<String> {
    let done = contribution::run_due(&world.bank).await.unwrap();
    done.iter().filter(|month| month.computed).map(|month| month.month.format("%y-%m").to_string()).collect()
}

#[sqlx::test(migrations = false)]
async fn the_books_are_kept_up_by_themselves(pool: PgPool) {
    let world = World::new(pool).await;
    let (stays, leaves) =
        (world.customer("张小伟", "E1", Some("M-ALICE"), 100_000).await, world.customer("李娜", "E1", None, 50_000).await);
    for customer in [stays, leaves] {
        months(&world, customer).await;
    }
    let run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&world.owner).await.map(drop).unwrap();
    let contribution_of = async |customer: i64| {
        sqlx::query_scalar::<_, Option<i64>>("select contribution from customer_summary where customer_id = $1")
            .bind(customer)
            .fetch_one(&world.owner)
            .await
            .unwrap()
    };
    assert_eq!(looked(&world).await, [""; 0], "a bank without transfer prices has no books");

    // An account in dollars that was closed in February, and no curve for dollars: January and February
    // say so and keep nothing else from being computed. Before the data begins there is nothing to show.
    curve(&world).await;
    run("insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on, closed_on)
         select customer_id, 'D' || customer_id, decode(md5('D' || customer_id), 'hex'), product_id, org_id, category, 'USD', 0, '2026-01-10', '2026-02-10' from account limit 1")
        .await;
    assert_eq!(looked(&world).await, ["26-03"]);
    let said: Vec<(NaiveDate, bool)> =
        sqlx::query_as("select month, message like '%USD%' from contribution_month where state = 'open' and not ready order by 1")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    assert_eq!(said, [(day("2026-01-01"), true), (day("2026-02-01"), true)]);
    let empty: i64 = sqlx::query_scalar("select count(*) from contribution_month where state = 'closed' and not ready")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(empty, 11, "February to December of the year before");
    assert_eq!(looked(&world).await, [""; 0], "what failed is not tried every minute");

    let curve = Curve {
        currency: Currency::try_from("USD".to_owned()).unwrap(),
        valid_from: day("2020-01-01"),
        points: vec![CurvePoint { tenor_months: 12, rate: "4.10".parse().unwrap() }],
    };
    curves::set_curve(&world.bank, &world.actor("admin").await, &curve, 2, Uuid::now_v7()).await.unwrap();
    run("update currency_rate set business_date = '2020-01-01'").await;
    assert_eq!(looked(&world).await, ["26-01", "26-02", "26-03"], "new prices make open months due");

    // A load makes the running month due, and an account without history or day of opening counts in it.
    run("insert into import_run (run_id, feed, profile, state, finished_at) values (gen_random_uuid(), 'accounts', 'canonical', 'done', now() - interval '1 hour');
         insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance)
         select customer_id, 'N' || customer_id, decode(md5('N' || customer_id), 'hex'), product_id, org_id, category, 'CNY', 900000 from account limit 1")
        .await;
    assert_eq!(looked(&world).await, ["26-03"]);
    assert_eq!(looked(&world).await, [""; 0]);
    let verdict = reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap();
    assert_eq!((verdict.months, verdict.accounts, verdict.difference), (3, 7, None));

    // February is told otherwise: what March gained is measured against it.
    let gained = "select coalesce(sum(gained), -1)::bigint from product_cube where month = '2026-03-01' and org_id = 100 and tier_id = -1";
    assert_eq!(sqlx::query_scalar::<_, i64>(gained).fetch_one(&world.owner).await.unwrap(), 0);
    sqlx::query("update account_year set average_balance[2] = null where customer_id = $1")
        .bind(leaves)
        .execute(&world.owner)
        .await
        .unwrap();
    contribution::reopen_month(&world.bank, &world.actor("admin").await, day("2026-02-01"), "更正").await.unwrap();
    assert_eq!(looked(&world).await, ["26-02"]);
    assert_eq!(sqlx::query_scalar::<_, i64>(gained).fetch_one(&world.owner).await.unwrap(), 1);

    // A new year begins: last year's figure is not this year's.
    assert!(contribution_of(leaves).await.is_some());
    run("update bank set business_date = '2027-01-05'").await;
    for sql in [
        "update account set closed_on = '2026-12-30' where customer_id = $1",
        "update customer set closed_on = '2026-12-30' where customer_id = $1",
    ] {
        sqlx::query(sql).bind(leaves).execute(&world.owner).await.unwrap();
    }
    assert!(looked(&world).await.contains(&"27-01".to_owned()));
    assert_eq!(contribution_of(leaves).await, None);
    assert!(contribution_of(stays).await.is_some());
    assert_eq!(reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap().difference, None);
}

#[sqlx::test(migrations = false)]
async fn households_and_groups_are_summed_as_far_as_they_are_seen(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (name, unit) in [("张小伟", "E1"), ("李娜", "E1"), ("张三", "E2"), ("远亲", "W1"), ("母公司", "E1"), ("子公司", "E2")]
    {
        ids.push(world.customer(name, unit, (unit == "E1").then_some("M-ALICE"), 100_000).await);
    }
    for (one, other, kind) in [(0, 1, "spouse"), (1, 2, "household"), (2, 3, "household"), (5, 4, "group_member")] {
        for (from, to, inverse) in [(one, other, false), (other, one, true)] {
            sqlx::query("insert into customer_relation (customer_id, related_id, kind, inverse) values ($1, $2, $3, $4)")
                .bind(ids[from])
                .bind(ids[to])
                .bind(kind)
                .bind(inverse)
                .execute(&world.owner)
                .await
                .unwrap();
        }
    }
    for (id, cents) in ids.iter().zip([10_01, -3_33, 5_55, 7_77, 100_00, 1]) {
        sqlx::query("update customer_summary set contribution = $2 where customer_id = $1")
            .bind(id)
            .bind(i64::from(cents))
            .execute(&world.owner)
            .await
            .unwrap();
    }
    let seen = async |login: &str, at: usize| {
        let found = contribution::kin::kin(&world.bank, &world.actor(login).await, CustomerNo::from_id(ids[at])).await.unwrap();
        found.into_iter().map(|kin| (kin.kind, kin.members.len(), kin.hidden, kin.contribution())).collect::<Vec<_>>()
    };
    assert_eq!(seen("boss", 0).await, [(KinKind::Household, 4, 0, Some(20_00))]);
    assert_eq!(seen("east", 2).await, [(KinKind::Household, 3, 1, Some(12_23))]);
    assert_eq!(seen("alice", 0).await, [(KinKind::Household, 2, 2, Some(6_68))]);
    assert_eq!(seen("east", 4).await, [(KinKind::Group, 2, 0, Some(100_01))]);
    assert_eq!(
        contribution::kin::kin(&world.bank, &world.actor("alice").await, CustomerNo::from_id(ids[3])).await.unwrap_err().code(),
        Code::NotFound
    );
}
