//! The books stay true whatever happens around them: days that have not passed, money that is given back, units
//! that move, people who leave, and feeds that come too late.

use std::{fs, sync::Mutex};

use chrono::NaiveDate;
use guanhu_crm::{
    Actor, activities,
    contribution::{self, explain, reconcile},
    customers, dashboards,
    feeds::{self, ImportRequest},
    summary,
    testing::World,
    units,
};
use guanhu_domain::{
    Code, CustomerNo,
    access::units::UnitChange,
    contribution::curve::Gap,
    customers::{ActivityKind, CustomerQuery, NewActivity},
    dashboards::{BoardQuery, Level, MonthState, forecast},
};
use sqlx::PgPool;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> BoardQuery {
    BoardQuery { month: Some(text.into()), ..BoardQuery::default() }
}

async fn run(world: &World, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&world.owner).await.unwrap();
}

/// Two customers of E1 and one of E2, all with a current account whose balance has stood since January.
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
    (world, ids)
}

async fn close(world: &World, at: &str) -> MonthState {
    contribution::close_month(&world.bank, &world.actor("admin").await, day(at)).await.unwrap().state
}

async fn restate(world: &World, at: &str) {
    contribution::reopen_month(&world.bank, &world.actor("admin").await, day(at), "补录").await.unwrap();
    assert_eq!(close(world, at).await, MonthState::Closed);
}

/// The months that are computed when the server looks.
async fn looked(world: &World) -> Vec<String> {
    let done = contribution::run_due(&world.bank).await.unwrap();
    done.iter().filter(|month| month.computed).map(|month| month.month.format("%y-%m").to_string()).collect()
}

async fn agrees(world: &World) {
    assert_eq!(reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap().difference, None);
}

#[sqlx::test(migrations = false)]
async fn ten_days_cost_ten_days_and_what_is_given_back_is_no_income(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    run(&world, "update bank set business_date = '2026-03-10'; select ensure_month('2026-03-01')").await;
    sqlx::query(
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, rate, opened_on)
         select $1, 'L1', decode(md5('L1'), 'hex'), p.product_id, c.org_id, 'loan', 'CNY', -2000000, 12, '2025-01-01'
         from customer c, product p where c.customer_id = $1 and p.code = 'LOAN'",
    )
    .bind(ids[0])
    .execute(&world.owner)
    .await
    .unwrap();
    // A fee, half of it given back; one that says only by its purpose what it is; cash; and anything else.
    sqlx::query(
        "insert into txn (customer_id, booked_on, txn_id, account_id, direction, currency, amount, kind, purpose)
         select a.customer_id, '2026-03-04', v.id, a.account_id, v.direction, 'CNY', v.amount, v.kind, v.purpose
         from account a, (values (1, 'debit', 50000, 'fee', ''), (2, 'credit', 25000, 'fee', ''), (3, 'debit', 1460, 'cash_withdrawal', 'statement_fee'),
             (4, 'credit', 90000, 'cash_deposit', ''), (5, 'debit', 700, 'transfer', 'household')) v (id, direction, amount, kind, purpose)
         where a.customer_id = $1 and a.category = 'current'",
    )
    .bind(ids[0])
    .execute(&world.owner)
    .await
    .unwrap();
    assert_eq!(close(&world, "2026-03-01").await, MonthState::Open);
    let told: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
        "select p.code, m.charged, m.fees, m.cost, m.expected_loss from account_month m join product p using (product_id) where m.customer_id = $1 order by 1",
    )
    .bind(ids[0])
    .fetch_all(&world.owner)
    .await
    .unwrap();
    // 1.20 × 10 ÷ 31 = 0.39 and 15.00 × 10 ÷ 31 = 4.84; cash costs 6.00, what has no price of its own 0.20.
    assert_eq!(told, [("CUR".into(), 264_60, 264_60, 39 + 6_00 + 20, 0), ("LOAN".into(), 0, 0, 4_84, 0)]);
    // It says what of: six yuan twenty for five postings, and which curve.
    let items =
        explain::contribution(&world.bank, &world.actor("boss").await, CustomerNo::from_id(ids[0]), None, None).await.unwrap().items;
    let current = items.iter().find(|item| item.product == "CUR").unwrap();
    assert_eq!((current.posted_cost, current.postings, current.lines.cost), (Some(6_20), Some(5), 6_59));
    assert_eq!((current.tenor_months, current.priced_on), (Some(24), Some(day("2026-03-01"))));
    // Where the curve has no point it says what stands for one, and those who keep the curve see how many accounts ask for it.
    let gaps = ["CUR", "LOAN"].map(|code| items.iter().find(|item| item.product == code).unwrap().curve_gap);
    assert_eq!(gaps, [Some(Gap { below: Some(12), above: Some(60) }), Some(Gap { below: None, above: Some(12) })]);
    let used = contribution::pricing::prices_now(&world.bank, &world.actor("admin").await).await.unwrap().tenors;
    assert_eq!(
        used.iter().map(|used| (used.currency.code(), used.tenor_months, used.accounts)).collect::<Vec<_>>(),
        [("CNY", 1, 1), ("CNY", 24, 3)]
    );
    agrees(&world).await;
    let line = dashboards::manager_board(&world.bank, &world.actor("bo").await, "", &month("2026-03")).await.unwrap();
    // 100,000.00 × 2.0125% × 31 ÷ 365 less 1.20, but for what rounding leaves of ten days.
    let whole = 170_92 - 1_20;
    let ahead = forecast(line.line.contribution, line.frame.elapsed);
    assert!((ahead - whole).abs() < 10, "{ahead} {whole}");
}

#[sqlx::test(migrations = false)]
async fn a_restated_month_leaves_the_counts_of_the_next_and_leavers_lapse(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    for sql in [
        "update account set closed_on = '2026-02-20' where customer_id = $1",
        "update customer set closed_on = '2026-02-20' where customer_id = $1",
    ] {
        sqlx::query(sql).bind(ids[2]).execute(&world.owner).await.unwrap();
    }
    run(
        &world,
        "update customer_summary set completeness = 40;
         update account_year y set end_balance[3] = null, average_balance[3] = null from account a where a.account_id = y.account_id and a.closed_on is not null",
    )
    .await;
    assert_eq!(close(&world, "2026-02-01").await, MonthState::Closed);
    let counts = async || {
        sqlx::query_as::<_, (i64, Option<i32>)>(
            "select completeness, sold from process_cube p join staff s using (staff_id) where s.code = 'M-ALICE' and month = '2026-02-01'",
        )
        .fetch_one(&world.owner)
        .await
        .unwrap()
    };
    assert_eq!(counts().await, (40, None));
    // A month later there is more data about everybody, and January is told.
    run(&world, "update customer_summary set completeness = 90").await;
    assert_eq!(close(&world, "2026-01-01").await, MonthState::Closed);
    assert_eq!(counts().await, (40, Some(0)), "only what is measured against January is told anew");
    assert_eq!(close(&world, "2026-03-01").await, MonthState::Open);

    let whole: Vec<(NaiveDate, i64, Option<i64>, Option<i64>)> = sqlx::query_as(
        "select month, holders::bigint, gained::bigint, lapsed::bigint from product_cube c join product p using (product_id)
         where p.code = 'CUR' and org_id = 100 and tier_id = -1 order by month",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(
        whole,
        [(day("2026-01-01"), 3, None, None), (day("2026-02-01"), 2, Some(0), Some(1)), (day("2026-03-01"), 2, Some(0), Some(0))]
    );
    // Who is gone altogether lapsed where he was.
    run(&world, "update bank set business_date = '2026-04-02'; update customer set closed_on = '2026-02-28'; update account set closed_on = '2026-02-28'").await;
    assert_eq!(looked(&world).await, ["26-03", "26-04"]);
    let lapsed: Vec<(String, i64)> = sqlx::query_as(
        "select o.code, lapsed::bigint from product_cube c join product p using (product_id) join org_unit o using (org_id)
         where p.code = 'CUR' and tier_id = -1 and month = '2026-03-01' and lapsed > 0 order by 1",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(lapsed, [("E1".into(), 2), ("EAST".into(), 2), ("HO".into(), 2)]);
    agrees(&world).await;
}

#[sqlx::test(migrations = false)]
async fn a_unit_that_moves_takes_its_figures_along_in_every_month(pool: PgPool) {
    let (world, _) = bank(pool).await;
    let (admin, boss) = (world.actor("admin").await, world.actor("boss").await);
    run(&world, "update customer set birth_date = '2001-04-01', risk_appetite = 2").await;
    for at in ["2026-01-01", "2026-02-01", "2026-03-01"] {
        close(&world, at).await;
    }
    let process = "select md5(string_agg(p::text, '' order by month, staff_id)) from process_cube p";
    let facts = "select md5(string_agg(c::text, '' order by month, customer_id)) from customer_month c";
    let kept = async || {
        let process: String = sqlx::query_scalar(process).fetch_one(&world.owner).await.unwrap();
        (process, sqlx::query_scalar::<_, String>(facts).fetch_one(&world.owner).await.unwrap())
    };
    let before = kept().await;
    let traits = async || {
        sqlx::query_as::<_, (NaiveDate, String, i16, i64)>(
            "select month, trait, value, customers::bigint from trait_cube where org_id = 100 and product_id = 0 order by 1, 2, 3",
        )
        .fetch_all(&world.owner)
        .await
        .unwrap()
    };
    let persons = traits().await;
    assert_eq!(persons[..2], [(day("2026-01-01"), "age".into(), 1, 3), (day("2026-01-01"), "appetite".into(), 2, 3)]);
    run(&world, "update customer_summary set completeness = 90; update customer set birth_date = '1960-04-01', risk_appetite = 5").await;

    let to_west = UnitChange { version: 1, parent: Some("WEST".into()), ..Default::default() };
    units::change(&world.bank, &admin, "E1", &to_west).await.unwrap();
    let units = async |at: &str, org: &str| {
        let board = dashboards::bank_board(&world.bank, &boss, &BoardQuery { org: Some(org.into()), ..month(at) }).await.unwrap();
        (board.frame.month.moving, board.units.into_iter().map(|unit| (unit.code, unit.customers)).collect::<Vec<_>>())
    };
    let sums = async |at: &str| {
        let items = dashboards::levels(&world.bank, &boss, &month(at), Level::Unit).await.unwrap().items;
        items.into_iter().map(|item| item.code).collect::<Vec<_>>()
    };
    // Until it is rolled up anew that is said, and nothing is made up that nobody has.
    let (moving, lines) = units("2026-02", "EAST").await;
    assert!(moving && lines.iter().all(|line| !line.0.is_empty()), "{lines:?}");
    assert_eq!(sums("2026-02").await, ["E1", "E2"]);
    let waits = reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap().difference.unwrap();
    assert!(waits.contains("2026-03") && waits.contains("tree"), "{waits}");

    assert_eq!(looked(&world).await, [""; 0], "no fact is computed again");
    for at in ["2026-01", "2026-02", "2026-03"] {
        assert_eq!(units(at, "EAST").await, (false, vec![("E2".into(), 1)]));
        assert_eq!(units(at, "WEST").await, (false, vec![("E1".into(), 2), ("W1".into(), 0)]));
        assert_eq!(units(at, "HO").await, (false, vec![("WEST".into(), 2), ("EAST".into(), 1)]));
        assert_eq!(sums(at).await, ["E1", "E2"]);
    }
    assert_eq!(kept().await, before);
    assert_eq!(traits().await, persons, "nobody grows older in a month that is over");
    agrees(&world).await;
}

#[sqlx::test(migrations = false)]
async fn what_is_kept_is_what_comes_of_making_it_again(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    let system = Actor::system();
    run(
        &world,
        "insert into import_run (run_id, feed, profile, state, business_date)
         select gen_random_uuid(), 'accounts', 'canonical', 'done', day::date from generate_series(date '2026-02-01', date '2026-03-31', interval '1 day') day
         where day not in ('2026-03-14', '2026-03-15')",
    )
    .await;
    let told = Mutex::new(Vec::new());
    let admin = world.actor("admin").await;
    let telling = |done: u64, all: u64| told.lock().unwrap().push((done, all));
    contribution::close_month_telling(&world.bank, &admin, day("2026-02-01"), &telling).await.unwrap();
    assert_eq!(told.lock().unwrap().last(), Some(&(3, 3)));
    close(&world, "2026-03-01").await;
    let month = dashboards::bank_board(&world.bank, &world.actor("boss").await, &BoardQuery::default()).await.unwrap().frame.month;
    assert_eq!((month.missing_days, month.missing_from), (Some(2), Some(day("2026-03-14"))));

    agrees(&world).await;
    let sample = reconcile::reconcile_of(&world.bank, &system, None, Some(&ids[..1])).await.unwrap();
    assert_eq!((sample.months, sample.accounts, sample.difference), (2, 2, None));
    let drawn = reconcile::some(&world.bank, &system, 2).await.unwrap();
    let compared = summary::check::compare_some(&world.bank, &system, &drawn).await.unwrap();
    assert_eq!((drawn.len(), compared.customers), (2, 2));
    let differs = async |change: &'static str, back: &'static str| {
        run(&world, change).await;
        let said = reconcile::reconcile(&world.bank, &system, None).await.unwrap().difference.unwrap();
        run(&world, back).await;
        said
    };
    let said = differs(
        "update top_customer set aum = aum + 1 where month = '2026-02-01' and place = 1",
        "update top_customer set aum = aum - 1 where month = '2026-02-01' and place = 1",
    )
    .await;
    assert!(said.contains("2026-02") && said.contains("top_customer"), "{said}");
    // A cost that no posting and no account explains, and that every sum agrees with.
    let said = differs("update account_month set cost = cost + 5", "update account_month set cost = cost - 5").await;
    assert!(said.contains("2026-03") && said.contains("computed again"), "{said}");
    agrees(&world).await;

    // What cannot be computed is told, and keeps nothing else waiting.
    sqlx::query(
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select customer_id, 'D1', decode(md5('D1'), 'hex'), product_id, org_id, category, 'USD', 0, '2026-01-10' from account where customer_id = $1 limit 1",
    )
    .bind(ids[0])
    .execute(&world.owner)
    .await
    .unwrap();
    let due = contribution::run_due_telling(&world.bank, &|_, _, _| {}).await.unwrap();
    assert!(!due.busy && due.failed.iter().any(|(month, why)| *month == day("2026-01-01") && why.contains("USD")), "{due:?}");
}

#[sqlx::test(migrations = false)]
async fn what_people_do_makes_the_running_month_due_but_not_at_every_click(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    let alice = world.actor("alice").await;
    assert_eq!(looked(&world).await, ["26-01", "26-02", "26-03"]);
    run(&world, "update contribution_month set begun_at = begun_at - interval '1 day', computed_at = computed_at - interval '1 day'").await;
    assert_eq!(looked(&world).await, [""; 0], "nobody did anything");

    let call = NewActivity {
        kind: ActivityKind::Call,
        happened_at: Some("2026-03-31T02:00:00Z".parse().unwrap()),
        summary: "电话".into(),
        outcome: String::new(),
        next_step: None,
        next_on: None,
    };
    let called = async || {
        activities::log_activity(&world.bank, &alice, CustomerNo::from_id(ids[0]), &call, Uuid::now_v7()).await.unwrap();
    };
    called().await;
    assert_eq!(looked(&world).await, ["26-03"]);
    let contacts = dashboards::manager_board(&world.bank, &alice, "", &BoardQuery::default()).await.unwrap().line.contacts;
    assert_eq!(contacts, 1);
    called().await;
    assert_eq!(looked(&world).await, [""; 0], "a minute later it can wait");
}

#[sqlx::test(migrations = false)]
async fn a_month_is_not_closed_on_half_a_feed(pool: PgPool) {
    let (world, _) = bank(pool).await;
    // What was begun before a feed came stands still until it is there.
    let mut gate = world.owner.begin().await.unwrap();
    sqlx::query("lock table customer_month in access exclusive mode").execute(&mut *gate).await.unwrap();
    let feed = async {
        loop {
            let waits: bool = sqlx::query_scalar(
                "select exists (select from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database()
                     and l.relation = 'customer_month'::regclass and not l.granted)",
            )
            .fetch_one(&world.owner)
            .await
            .unwrap();
            if waits {
                break;
            }
            tokio::task::yield_now().await;
        }
        run(&world, "insert into import_run (run_id, feed, profile, state, finished_at) values (gen_random_uuid(), 'accounts', 'canonical', 'done', now())").await;
        gate.commit().await.unwrap();
    };
    let (state, ()) = tokio::join!(close(&world, "2026-02-01"), feed);
    assert_eq!(state, MonthState::Open);
    assert_eq!(close(&world, "2026-02-01").await, MonthState::Closed);
}

/// Loads canonical files of a day.
async fn load(world: &World, at: &str, files: &[(&str, &str)]) {
    let dir = std::env::temp_dir().join(format!("guanhu-books-{}", Uuid::new_v4()));
    fs::create_dir_all(&dir).unwrap();
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
    }
    let profile = feeds::canonical_profile(&dir, "core").unwrap();
    let request =
        ImportRequest { profile, profile_dir: None, dir: dir.clone(), business_date: Some(day(at)), dry_run: false, rejects_dir: None };
    let report = feeds::import(&world.bank, &world.actor("admin").await, request, |_| {}).await.unwrap();
    fs::remove_dir_all(dir).unwrap();
    assert_eq!((report.exit_code(), report.total.rejected), (0, 0), "{report:?}");
}

#[sqlx::test(migrations = false)]
async fn what_comes_late_is_said_and_the_month_can_be_opened_again(pool: PgPool) {
    let world = World::new(pool).await;
    let boss = world.actor("boss").await;
    run(&world, "insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9)").await;
    load(
        &world,
        "2026-03-31",
        &[
            ("customers.csv", "source_key,kind,unit,name,opened_on\nC1,personal,E1,陈一,2020-05-01\nC2,personal,E1,陈二,2020-05-01\n"),
            ("accounts.csv", "source_key,customer,product,opened_on\nA1,C1,CUR,2020-05-01\nA2,C2,CUR,2020-05-01\n"),
            ("balances.csv", "account,date,balance\nA1,2026-01-05,1000.00\nA2,2026-01-05,1000.00\nA1,2026-03-30,1100.00\n"),
        ],
    )
    .await;
    assert_eq!(looked(&world).await, ["26-01", "26-02", "26-03"]);
    let late = async || {
        let months = dashboards::bank_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap().frame.months;
        months.into_iter().filter(|month| month.late_at.is_some()).map(|month| month.month).collect::<Vec<_>>()
    };
    // A usual day is not late.
    load(&world, "2026-03-31", &[("balances.csv", "account,date,balance\nA1,2026-03-31,1200.00\n")]).await;
    assert_eq!(late().await, []);
    load(&world, "2026-03-31", &[("balances.csv", "account,date,balance\nA2,2026-02-10,5000.00\n")]).await;
    assert_eq!(late().await, [day("2026-02-01")]);
    load(
        &world,
        "2026-03-31",
        &[("transactions.csv", "source_key,account,booked_on,direction,currency,amount,kind\nT1,A1,2026-01-20,debit,CNY,30.00,fee\n")],
    )
    .await;
    assert_eq!(late().await, [day("2026-02-01"), day("2026-01-01")]);
    assert_eq!(looked(&world).await, ["26-03"], "closed months wait for somebody to open them");

    restate(&world, "2026-01-01").await;
    assert_eq!(late().await, [day("2026-02-01")]);
    let fees: i64 =
        sqlx::query_scalar("select sum(fees)::bigint from account_month where month = '2026-01-01'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(fees, 30_00);
    restate(&world, "2026-02-01").await;
    assert_eq!(late().await, []);
    agrees(&world).await;
}

#[sqlx::test(migrations = false)]
async fn months_are_told_whole_and_lists_say_how_to_go_on(pool: PgPool) {
    let (world, ids) = bank(pool).await;
    let (boss, customer) = (world.actor("boss").await, CustomerNo::from_id(ids[0]));
    sqlx::query(
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select $1, 'T' || n, decode(md5('T' || n), 'hex'), p.product_id, c.org_id, 'term', 'CNY', 100000, '2025-01-01'
         from customer c, product p, generate_series(1, 899) n where c.customer_id = $1 and p.code = 'TRM'",
    )
    .bind(ids[0])
    .execute(&world.owner)
    .await
    .unwrap();
    run(
        &world,
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account where category = 'term'",
    )
    .await;
    for at in ["2026-01-01", "2026-02-01", "2026-03-01"] {
        close(&world, at).await;
    }
    let first = explain::contribution(&world.bank, &boss, customer, None, None).await.unwrap();
    assert_eq!((first.items.len(), first.next.as_deref()), (1_800, Some("2026-01-01")));
    let rest = explain::contribution(&world.bank, &boss, customer, None, first.next.map(|next| day(&next))).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (900, None));

    // What is in nobody's charge is the last line, so that all of them are the unit.
    let figures = dashboards::performance(&world.bank, &boss, &BoardQuery::default(), None).await.unwrap();
    assert_eq!(figures.items.iter().map(|line| line.code.as_str()).collect::<Vec<_>>(), ["M-ALICE", "M-BO", ""]);
    let whole = dashboards::bank_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap().now.contribution;
    assert_eq!((figures.items.iter().map(|line| line.contribution).sum::<i64>(), figures.next), (whole, None));
    let rest = dashboards::performance(&world.bank, &boss, &BoardQuery::default(), Some("1")).await.unwrap();
    assert_eq!(rest.items.len(), 2);
    let wrong = dashboards::performance(&world.bank, &boss, &BoardQuery::default(), Some("x")).await.unwrap_err();
    assert_eq!(wrong.code(), Code::Invalid);

    // One product, both of two, one without the other.
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &ids).await.unwrap();
    for (product, found) in [("CUR", 3), ("CUR,TRM", 1), ("CUR,!TRM", 2), ("!CUR", 0)] {
        let query = CustomerQuery { product: Some(product.into()), ..CustomerQuery::default() };
        assert_eq!(customers::list(&world.bank, &boss, &query).await.unwrap().items.len(), found, "{product}");
    }
    let query = CustomerQuery { product: Some("CUR,NONE".into()), ..CustomerQuery::default() };
    assert_eq!(customers::list(&world.bank, &boss, &query).await.unwrap_err().code(), Code::Invalid);
}
