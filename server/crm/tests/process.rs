//! The process score: counted with the month's books, worth what the bank says, and explained down to each
//! customer, contact and task. And the tiers that customers went through meanwhile.

use chrono::NaiveDate;
use guanhu_crm::{contribution, dashboards, process, testing::World};
use guanhu_domain::{
    Code,
    dashboards::{BoardQuery, TierFlow},
    process::{Count, Item},
};
use sqlx::PgPool;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Alice leads two of E1, Bo one; a fourth of E2 is nobody's. February is closed, March runs.
async fn books(pool: PgPool) -> (World, Vec<i64>) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (name, unit, lead) in
        [("张小伟", "E1", Some("M-ALICE")), ("李娜", "E1", Some("M-ALICE")), ("王芳", "E1", Some("M-BO")), ("赵云", "E2", None)]
    {
        ids.push(world.customer(name, unit, lead, 100_000).await);
    }
    sqlx::raw_sql(
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account;
         insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-02-01")).await.unwrap();

    // In March: a wealth product and gold for the first; contacts, one with a next step; tasks done in time, late, not at all, dropped.
    for sql in [
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select $1, 'W1', decode(md5('W1'), 'hex'), p.product_id, c.org_id, 'wealth', 'CNY', 500000, '2026-03-05' from customer c, product p where c.customer_id = $1 and p.code = 'WEALTH'",
        "insert into customer_tier (customer_id, valid, tier_id) select $1, '[2026-03-01,)', tier_id from tier where code = 'gold'",
        "insert into activity (customer_id, kind, happened_at, staff_id, summary, next_step, next_on)
         select $1, 'call', at::timestamptz, 2000, '电话', step, due from (values ('2026-03-03 10:00', '回访', date '2026-03-10'), ('2026-03-08 10:00', null, null)) v (at, step, due)",
        "insert into task (customer_id, title, due_on, owner_staff_id, state, done_at)
         select $1, title, due::date, 2000, state, done::timestamptz from (values ('按时', '2026-03-10', 'done', '2026-03-10 09:00'), ('迟了', '2026-03-12', 'done', '2026-03-13 09:00'),
             ('没做', '2026-03-20', 'open', null), ('今天', '2026-03-31', 'open', null), ('不做了', '2026-03-15', 'dropped', '2026-03-14 09:00')) v (title, due, state, done)",
        "insert into opportunity (customer_id, opportunity_id, title, product_id, stage, currency, amount, expected_on, opened_on, since, ended_on, loss_reason)
         select $1, id, title, p.product_id, stage, 'CNY', 1, '2026-05-01', '2026-02-01', since::date, case stage when 'lost' then since::date end, case stage when 'lost' then 'x' end
         from (values (1, '推进', 'proposed', '2026-03-10'), (2, '去而复返', 'identified', '2026-03-11'), (3, '早已失败', 'lost', '2026-02-20')) v (id, title, stage, since), product p
         where p.code = 'WEALTH'",
        "insert into opportunity_move (customer_id, opportunity_id, from_stage, to_stage, moved_on)
         select $1, id, was, now, day::date from (values (1, 'identified', 'qualified', '2026-02-10'), (1, 'qualified', 'proposed', '2026-03-10'),
             (2, 'identified', 'qualified', '2026-03-05'), (2, 'qualified', 'identified', '2026-03-11'), (3, 'identified', 'lost', '2026-02-20')) v (id, was, now, day)",
    ] {
        sqlx::query(sql).bind(ids[0]).execute(&world.owner).await.unwrap();
    }
    sqlx::query("update customer_summary set completeness = case customer_id when $1 then 80 else 40 end")
        .bind(ids[0])
        .execute(&world.owner)
        .await
        .unwrap();
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    (world, ids)
}

#[sqlx::test(migrations = false)]
async fn a_score_is_what_was_counted_and_every_item_says_of_what(pool: PgPool) {
    let (world, _) = books(pool).await;
    let (bank, east, alice) = (&world.bank, world.actor("east").await, world.actor("alice").await);
    let board = dashboards::manager_board(bank, &alice, "", &BoardQuery::default()).await.unwrap();
    let score = board.process.unwrap();
    let count = |item| score.items.iter().find(|scored| scored.rule.item == item).unwrap().count;
    assert_eq!(
        Item::ALL.map(count),
        [(120, 200), (1, 2), (1, 2), (1, 2), (1, 3), (1, 2)].map(|(done, of)| Some(Count { done, of })),
        "the task of today is not late, the dropped one does not count"
    );
    assert_eq!(board.line.score, score.total);
    assert_eq!(board.line.stages, score.stages);

    // Each has the things behind it, the missing first.
    let told = async |item| {
        let rows = process::evidence(bank, &alice, "", &BoardQuery::default(), item).await.unwrap();
        rows.into_iter().map(|row| (row.name, row.what, row.done)).collect::<Vec<_>>()
    };
    let row = |name: &str, what: &str, done| (name.to_owned(), what.to_owned(), done);
    assert_eq!(told(Item::OnTime).await, [row("张小伟", "迟了", false), row("张小伟", "没做", false), row("张小伟", "按时", true)]);
    assert_eq!(told(Item::Sold).await, [row("张小伟", "稳健理财", true)]);
    assert_eq!(told(Item::Moved).await, [row("张小伟", "去而复返", false), row("张小伟", "推进", true)], "back where it was is not moved");
    assert_eq!(told(Item::Complete).await[0], row("李娜", "40%", false));
    assert_eq!(told(Item::Reached).await, [row("李娜", "", false), row("张小伟", "", true)]);
    assert_eq!(told(Item::Planned).await.iter().map(|row| row.2).collect::<Vec<_>>(), [false, true]);

    // Bo did nothing that can be measured but have customers; who is elsewhere is not there.
    let league = dashboards::managers_board(bank, &east, &BoardQuery::default()).await.unwrap().items;
    let bo = league.iter().find(|line| line.code == "M-BO").unwrap();
    assert_eq!(bo.stages, [Some(44_44), None, Some(0), Some(0)]);
    assert_eq!(process::evidence(bank, &alice, "M-BO", &BoardQuery::default(), Item::Sold).await.unwrap_err().code(), Code::NotFound);
    let west = world.actor("west").await;
    assert_eq!(process::evidence(bank, &west, "M-ALICE", &BoardQuery::default(), Item::Sold).await.unwrap(), []);
    let february = BoardQuery { month: Some("2026-02".into()), ..BoardQuery::default() };
    assert_eq!(process::evidence(bank, &east, "M-ALICE", &february, Item::Sold).await.unwrap_err().code(), Code::NotFound);
    let before = dashboards::manager_board(bank, &east, "M-ALICE", &february).await.unwrap();
    assert_eq!(before.process.unwrap().stages[2], None, "nobody knows what was held before the books begin");
    // One task is overdue, today; a month that is over has no today.
    assert_eq!((board.line.overdue, bo.overdue, before.line.overdue), (Some(1), Some(0), None));

    // All came in 2020 and opened a current account then; the wealth product came six years later.
    let cohorts = dashboards::products_board(bank, &east, &BoardQuery::default()).await.unwrap();
    assert!(cohorts.cohorts.is_empty(), "they came before the six years that are told: {:?}", cohorts.cohorts);

    // Tier to tier, at every level.
    for (login, whole) in [("boss", 4), ("east", 4)] {
        let flow = dashboards::bank_board(bank, &world.actor(login).await, &BoardQuery::default()).await.unwrap().flow;
        assert_eq!(flow.iter().map(|step| step.customers).sum::<i64>(), whole);
        assert!(flow.contains(&TierFlow { before: Some(String::new()), now: Some("gold".into()), customers: 1 }), "{flow:?}");
    }
}

#[sqlx::test(migrations = false)]
async fn administrators_say_what_stages_are_worth_and_nobody_writes_over_another(pool: PgPool) {
    let (world, _) = books(pool).await;
    let (bank, admin, alice) = (&world.bank, world.actor("admin").await, world.actor("alice").await);
    let mut rules = process::rules(bank, &admin).await.unwrap();
    assert_eq!(process::rules(bank, &alice).await.unwrap_err().code(), Code::Forbidden);
    for rule in &mut rules.rules {
        rule.weight = i64::from(rule.item == Item::OnTime) * 7;
    }
    let key = Uuid::now_v7();
    for _ in 0..2 {
        assert_eq!(process::set_rules(bank, &admin, &rules, key).await.unwrap(), rules.version + 1);
    }
    let line = dashboards::manager_board(bank, &alice, "", &BoardQuery::default()).await.unwrap().line;
    assert_eq!(line.score, Some(35_08), "a third of what 95 % would be");
    assert_eq!(process::set_rules(bank, &admin, &rules, Uuid::now_v7()).await.unwrap_err().code(), Code::Stale);
    rules.version += 1;
    rules.rules[0].full = 0;
    assert_eq!(process::set_rules(bank, &admin, &rules, Uuid::now_v7()).await.unwrap_err().code(), Code::Invalid);
    let kept: i64 =
        sqlx::query_scalar("select count(*) from parameter_history where key = 'process.score'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(kept, 1);
}

#[sqlx::test(migrations = false)]
async fn a_cohort_is_those_who_have_been_here_that_long(pool: PgPool) {
    let (world, ids) = books(pool).await;
    // The first came in January 2025 and took wealth up 14 months later; the others in June 2025.
    for sql in [
        "update customer set opened_on = case customer_id when $1 then date '2025-01-05' else date '2025-06-10' end",
        "update account a set opened_on = c.opened_on from customer c where c.customer_id = a.customer_id and a.category = 'current' and $1 > 0",
    ] {
        sqlx::query(sql).bind(ids[0]).execute(&world.owner).await.unwrap();
    }
    sqlx::query("update contribution_month set imports = -1 where state = 'open'").execute(&world.owner).await.unwrap();
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    let board = dashboards::products_board(&world.bank, &world.actor("boss").await, &BoardQuery::default()).await.unwrap();
    let told = |code: &str| {
        let own = board.products.iter().position(|product| product.code == code).unwrap();
        board
            .cohorts
            .iter()
            .filter(|point| point.product == own)
            .map(|point| (point.cohort, point.step, point.holders, point.customers))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("CUR"), [(2025, 0, 4, 4), (2025, 1, 4, 4), (2025, 3, 4, 4), (2025, 6, 4, 4), (2025, 12, 1, 1)]);
    assert_eq!(told("WEALTH"), [], "taken up after the last step that has been seen");
}

#[sqlx::test(migrations = false)]
async fn a_score_is_told_within_the_managers_own_unit_and_above(pool: PgPool) {
    let (world, _) = books(pool).await;
    // Alice of E1 leads a customer of the other branch.
    let id = world.customer("孙远", "W1", Some("M-ALICE"), 100_000).await;
    sqlx::query(
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account where customer_id = $1",
    )
    .bind(id)
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::query("update contribution_month set imports = -1 where state = 'open'").execute(&world.owner).await.unwrap();
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    for (login, told) in [("west", false), ("east", true), ("boss", true)] {
        let league = dashboards::managers_board(&world.bank, &world.actor(login).await, &BoardQuery::default()).await.unwrap().items;
        let alice = league.iter().find(|line| line.code == "M-ALICE").unwrap();
        assert_eq!((alice.score.is_some(), !alice.stages.is_empty()), (told, told), "{login}");
    }
}
