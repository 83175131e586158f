//! The running month is kept up by what changed, and says the same as if all of it were computed.

use std::{collections::BTreeMap, fs};

use chrono::NaiveDate;
use guanhu_crm::{
    Actor, activities, assignments,
    contribution::{self, reconcile},
    customers,
    feeds::{self, ImportRequest},
    testing::World,
};
use guanhu_domain::{
    CustomerNo,
    assignments::NewTransfer,
    customers::{ActivityKind, AssignmentRole, CustomerPatch, Kind, NewActivity, NewCustomer},
    dashboards::MonthState,
};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn run(world: &World, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&world.owner).await.unwrap();
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.owner).await.unwrap()
}

/// Three customers of the world with balances since January, and two whom a feed delivers: C1 and C2.
async fn bank(pool: PgPool) -> (World, Vec<i64>) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (name, unit, lead) in [("张小伟", "E1", Some("M-ALICE")), ("李娜", "E1", Some("M-BO")), ("王芳", "E2", None)] {
        ids.push(world.customer(name, unit, lead, 100_000).await);
    }
    run(
        &world,
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account;
         insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9), ('CNY', '2020-01-01', 60, 2.35)",
    )
    .await;
    load(
        &world,
        &[
            ("customers.csv", "source_key,kind,unit,name,opened_on\nC1,personal,E1,陈一,2020-05-01\nC2,personal,E2,陈二,2020-05-01\n"),
            ("accounts.csv", "source_key,customer,product,opened_on\nA1,C1,CUR,2020-05-01\nA2,C2,CUR,2020-05-01\n"),
            ("balances.csv", "account,date,balance\nA1,2026-01-05,1000.00\nA2,2026-01-05,1000.00\n"),
        ],
    )
    .await;
    assert_eq!(looked(&world).await, ["26-01", "26-02", "26-03"]);
    (world, ids)
}

/// Loads canonical files of the business date.
async fn load(world: &World, files: &[(&str, &str)]) {
    let dir = std::env::temp_dir().join(format!("guanhu-kept-up-{}", Uuid::new_v4()));
    fs::create_dir_all(&dir).unwrap();
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
    }
    let profile = feeds::canonical_profile(&dir, "core").unwrap();
    let request = ImportRequest {
        profile,
        profile_dir: None,
        dir: dir.clone(),
        business_date: Some(day("2026-03-31")),
        dry_run: false,
        rejects_dir: None,
    };
    let report = feeds::import(&world.bank, &world.actor("admin").await, request, |_| {}).await.unwrap();
    fs::remove_dir_all(dir).unwrap();
    assert_eq!((report.exit_code(), report.total.rejected), (0, 0), "{report:?}");
}

/// The months that are computed when the server looks.
async fn looked(world: &World) -> Vec<String> {
    let done = contribution::run_due(&world.bank).await.unwrap();
    done.iter().filter(|month| month.computed).map(|month| month.month.format("%y-%m").to_string()).collect()
}

/// As if the running month had been computed yesterday.
async fn a_day_passes(world: &World) {
    run(world, "update contribution_month set begun_at = begun_at - interval '1 day', computed_at = computed_at - interval '1 day'").await;
}

const MARKS: &str = "select count(*) from contribution_touch";
/// What no computation says of these accounts: who still has it was not computed again.
const TELL_APART: &str = "update account_month set posted_cost = 7 where month = '2026-03-01'";

/// Who still has it; it is taken away again.
async fn not_again(world: &World) -> Vec<i64> {
    let ids =
        sqlx::query_scalar("select distinct customer_id from account_month where month = '2026-03-01' and posted_cost = 7 order by 1")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    run(world, "update account_month set posted_cost = 0 where month = '2026-03-01' and posted_cost = 7").await;
    ids
}

/// Facts and sums of the running month, but for rows of sums that say nothing. Who woke up is left out: states may be judged after
/// the month was computed.
async fn books(world: &World) -> Vec<(&'static str, String)> {
    let mut books = Vec::new();
    for (table, keys) in [
        ("account_month", ""),
        ("customer_month", ""),
        ("contribution_cube", "month,org_id,staff_id,product_id,tier_id"),
        ("unit_cube", "org_id,month,tier_id"),
        ("manager_cube", "org_id,month,tier_id,staff_id"),
        ("product_cube", "org_id,month,tier_id,product_id"),
        ("sale_cube", "org_id,month,product_id,staff_id"),
        ("pair_cube", "org_id,month,product_id,other_id"),
        ("currency_cube", "org_id,month,currency,product_id"),
        ("value_cube", ""),
        ("top_customer", ""),
        ("kin_cube", ""),
        ("process_cube", ""),
        ("tier_flow", ""),
        ("trait_leaf", ""),
        ("trait_cube", ""),
        ("cohort_cube", ""),
    ] {
        let sql = format!(
            "select coalesce(string_agg(t::text, e'\\n' order by t::text), '') from (select to_jsonb(t) - 'activated' as t from {table} t) x
             where coalesce(t ->> 'month', '2026-03-01') = '2026-03-01'
               and exists (select from jsonb_each(t - '{{{keys}}}'::text[]) e where e.value not in ('0', 'null'))"
        );
        books.push((table, sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&world.owner).await.unwrap()));
    }
    books
}

/// What is kept is what comes of computing all of it.
async fn is_the_whole(world: &World) {
    assert_eq!(reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap().difference, None);
    let kept = books(world).await;
    let whole = contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    assert_eq!((whole.state, whole.computed), (MonthState::Open, true));
    for ((table, kept), (_, whole)) in kept.iter().zip(books(world).await) {
        assert_eq!(*kept, whole, "{table}");
    }
}

fn in_order<const N: usize>(mut ids: [i64; N]) -> [i64; N] {
    ids.sort_unstable();
    ids
}

async fn call(world: &World, customer: i64) {
    let call = NewActivity {
        kind: ActivityKind::Call,
        happened_at: Some("2026-03-31T02:00:00Z".parse().unwrap()),
        summary: "电话".into(),
        outcome: String::new(),
        next_step: None,
        next_on: None,
    };
    activities::log_activity(&world.bank, &world.actor("alice").await, CustomerNo::from_id(customer), &call, Uuid::now_v7()).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn only_whom_something_happened_to_is_computed_again_and_it_is_the_whole(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let c2: i64 = sqlx::query_scalar("select customer_id from customer where name = '陈二'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(count(&world, MARKS).await, 0, "whom a whole computation saw is marked no more");
    run(&world, TELL_APART).await;

    // A call; a customer who changes hands on the last day of the month; one who is new, and one who says when he was born.
    call(&world, ids[0]).await;
    let moved = NewTransfer {
        customers: vec![CustomerNo::from_id(ids[1])],
        filter: None,
        file: None,
        to: "M-ALICE".into(),
        role: AssignmentRole::Lead,
        share: None,
        reason: "搬迁".into(),
        effective: None,
        from: None,
        count: None,
        notes: BTreeMap::new(),
    };
    assignments::request(&world.bank, &east, &moved, Uuid::now_v7()).await.unwrap();
    let new = NewCustomer {
        kind: Kind::Personal,
        name: "钱多多".into(),
        org: "E1".into(),
        identity_kind: None,
        identity: None,
        mobile: None,
        profile: BTreeMap::new(),
    };
    customers::create(&world.bank, &alice, &new, Uuid::now_v7()).await.unwrap();
    let born = CustomerPatch(BTreeMap::from([("birth_date".to_owned(), Some("1980-02-03".to_owned()))]));
    customers::edit(&world.bank, &alice, CustomerNo::from_id(ids[0]), 1, &born, Uuid::now_v7()).await.unwrap();
    // A load of the same day: another balance, an account that is new and a fee.
    load(
        &world,
        &[
            ("accounts.csv", "source_key,customer,product,opened_on\nA1,C1,CUR,2020-05-01\nA3,C1,TRM,2026-03-20\n"),
            ("balances.csv", "account,date,balance\nA1,2026-03-25,99000.00\nA3,2026-03-20,5000.00\n"),
            ("transactions.csv", "source_key,account,booked_on,direction,currency,amount,kind\nT1,A1,2026-03-20,debit,CNY,30.00,fee\n"),
        ],
    )
    .await;
    assert!(count(&world, MARKS).await >= 4);
    assert_eq!(looked(&world).await, ["26-03"]);
    assert_eq!(not_again(&world).await, in_order([ids[2], c2]), "nothing happened to these");
    assert_eq!(count(&world, MARKS).await, 0);
    assert_eq!(count(&world, "select sum(fees)::bigint from account_month where month = '2026-03-01'").await, 30_00);
    let customers = count(&world, "select customers::bigint from contribution_month where month = '2026-03-01'").await;
    assert_eq!(customers, count(&world, "select count(*) from customer").await);
    is_the_whole(&world).await;

    // What goes away again takes its figures along.
    load(
        &world,
        &[("accounts.csv", "source_key,customer,product,opened_on,closed_on\nA1,C1,CUR,2020-05-01,\nA3,C1,TRM,2026-03-20,2026-03-28\n")],
    )
    .await;
    run(&world, TELL_APART).await;
    assert_eq!(looked(&world).await, ["26-03"]);
    assert_eq!(not_again(&world).await, in_order([ids[0], ids[1], ids[2], c2]));
    is_the_whole(&world).await;
}

#[sqlx::test(migrations = false)]
async fn whoever_is_marked_meanwhile_waits_and_what_was_interrupted_is_done_again(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    // One who is marked by a transaction that ends after the computation looked.
    let mut late = world.owner.begin().await.unwrap();
    for statement in [
        "insert into activity (customer_id, kind, happened_at, staff_id, summary) values ($1, 'visit', '2026-03-30 10:00', 2001, '拜访')",
        "insert into contribution_touch (customer_id) values ($1)",
    ] {
        sqlx::query(statement).bind(ids[1]).execute(&mut *late).await.unwrap();
    }
    call(&world, ids[0]).await;
    a_day_passes(&world).await;
    assert_eq!(looked(&world).await, ["26-03"]);
    late.commit().await.unwrap();
    assert_eq!(count(&world, MARKS).await, 1);
    assert_eq!(looked(&world).await, [""; 0], "it can wait a quarter of an hour");
    a_day_passes(&world).await;
    run(&world, TELL_APART).await;
    assert_eq!(looked(&world).await, ["26-03"]);
    let again = not_again(&world).await;
    assert!(again.contains(&ids[0]) && !again.contains(&ids[1]), "{again:?}");
    assert_eq!(
        count(&world, "select sum(visits)::bigint from unit_cube where month = '2026-03-01' and org_id = 100 and tier_id = -1").await,
        1
    );
    assert_eq!(count(&world, MARKS).await, 0);

    // Computed, but what follows was interrupted: it is done at once, and once more changes nothing.
    let before = books(&world).await;
    run(&world, "update customer_summary set contribution = 0").await;
    for id in &ids {
        sqlx::query("insert into contribution_touch (customer_id) values ($1)").bind(id).execute(&world.owner).await.unwrap();
    }
    run(&world, "update contribution_month set seen = pg_current_snapshot() where month = '2026-03-01'").await;
    assert_eq!(looked(&world).await, ["26-03"]);
    assert_eq!((books(&world).await, count(&world, MARKS).await), (before, 0));
    assert_eq!(count(&world, "select count(*) from customer_summary where contribution <> 0").await, 3);
    assert_eq!(looked(&world).await, [""; 0]);
}

#[sqlx::test(migrations = false)]
async fn what_changes_everybody_is_computed_as_a_whole(pool: PgPool) {
    let (world, _) = bank(pool).await;
    // Rates are of everybody; a load of an older server marked nobody.
    load(&world, &[("rates.csv", "currency,date,rate\nUSD,2026-03-31,7.2\n")]).await;
    run(&world, TELL_APART).await;
    assert_eq!(looked(&world).await, ["26-03"]);
    assert_eq!(not_again(&world).await, [0; 0]);
    run(
        &world,
        "insert into import_run (run_id, feed, profile, state, finished_at) values (gen_random_uuid(), 'accounts', 'canonical', 'done', now())",
    )
    .await;
    run(&world, TELL_APART).await;
    assert_eq!(looked(&world).await, ["26-03"]);
    assert_eq!(not_again(&world).await, [0; 0]);
    // A day later every day counts for everybody.
    run(&world, "update bank set business_date = '2026-04-01'").await;
    assert_eq!(looked(&world).await, ["26-03", "26-04"]);
    assert_eq!(count(&world, MARKS).await, 0);
    assert_eq!(reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap().difference, None);
}
