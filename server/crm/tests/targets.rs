//! Targets: who sets which of them for which month, what is refused, and what the dashboards make of them.

use chrono::NaiveDate;
use guanhu_crm::{Actor, Error, contribution, dashboards, notices, products, targets, testing::World};
use guanhu_domain::{
    Code, Rule,
    dashboards::{BoardQuery, Indicator, ManagerLine, MonthState, TargetFigure, Totals},
    notices::NoticeKind,
    targets::{
        TargetAmount, TargetChange, TargetDecision, TargetItem, TargetOff, TargetPart, TargetSheet, TargetState, TargetStep,
        TargetStepAsked, TargetsNow,
    },
};
use sqlx::PgPool;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// February is closed, March runs; Alice and Bo have customers in E1, E2's is nobody's.
async fn books(pool: PgPool) -> (World, Vec<i64>) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (name, unit, lead, yuan) in [
        ("张小伟", "E1", Some("M-ALICE"), 300_000),
        ("李娜", "E1", Some("M-BO"), 100_000),
        ("王芳", "E2", None, 50_000),
        ("赵云", "W1", Some("M-WANG"), 31),
    ] {
        ids.push(world.customer(name, unit, lead, yuan).await);
    }
    for statement in [
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account",
        "insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9)",
    ] {
        sqlx::query(statement).execute(&world.owner).await.unwrap();
    }
    for month in ["2026-02-01", "2026-03-01"] {
        contribution::close_month(&world.bank, &world.actor("admin").await, day(month)).await.unwrap();
    }
    (world, ids)
}

fn target(amount: Option<i64>, version: i32) -> TargetAmount {
    TargetAmount { amount, version }
}

fn change(month: &str, org: &str, whole: Option<TargetAmount>, parts: &[(&str, TargetAmount)]) -> TargetChange {
    let part =
        |(code, target): &(&str, TargetAmount)| TargetPart { code: (*code).into(), is_staff: code.starts_with("M-"), target: *target };
    TargetChange {
        month: month.into(),
        org: org.into(),
        indicator: Indicator::Contribution,
        product: None,
        whole,
        parts: parts.iter().map(part).collect(),
        despite_difference: false,
    }
}

async fn set(world: &World, actor: &Actor, change: &TargetChange) -> Result<i64, Error> {
    targets::set_targets(&world.bank, actor, change, Uuid::now_v7()).await
}

async fn step(world: &World, actor: &Actor, month: &str, org: &str, version: i32, step: TargetStep) -> Result<(), Error> {
    let asked = TargetStepAsked { month: month.into(), org: org.into(), version, step };
    targets::step_targets(&world.bank, actor, &asked, Uuid::now_v7()).await
}

async fn decide(world: &World, actor: &Actor, month: &str, org: &str, version: i32, approve: bool, reason: &str) -> Result<(), Error> {
    let decision = TargetDecision { month: month.into(), org: org.into(), version, approve, reason: reason.into() };
    targets::decide_targets(&world.bank, actor, &decision, Uuid::now_v7()).await
}

/// One submits what is proposed, the other agrees.
async fn agree(world: &World, one: &Actor, other: &Actor, month: &str, org: &str) {
    let version = sheet(world, one, Some(month), org).await.set.unwrap().version;
    step(world, one, month, org, version, TargetStep::Submit).await.unwrap();
    decide(world, other, month, org, version + 1, true, "").await.unwrap();
}

async fn sheet(world: &World, actor: &Actor, month: Option<&str>, org: &str) -> TargetSheet {
    let query = BoardQuery { month: month.map(str::to_owned), org: Some(org.into()), ..BoardQuery::default() };
    targets::targets(&world.bank, actor, &query, Indicator::Contribution, None).await.unwrap()
}

fn fields(error: Error) -> Vec<(String, Rule)> {
    match error {
        Error::Problem(problem) => problem.fields.into_iter().map(|field| (field.field, field.rule)).collect(),
        other => panic!("{other}"),
    }
}

#[sqlx::test(migrations = false)]
async fn targets_are_set_once_from_above_for_months_that_are_not_over(pool: PgPool) {
    let (world, _) = books(pool).await;
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);

    // A closed month is history to a branch; the head of the bank may correct it.
    let parts = [("E1", target(Some(60_000), 0)), ("E2", target(Some(40_000), 0))];
    let past = change("2026-02", "EAST", None, &parts);
    assert_eq!(fields(set(&world, &east, &past).await.unwrap_err())[0].0, "month");
    assert!(!sheet(&world, &east, Some("2026-02"), "EAST").await.may_set);
    assert_eq!(set(&world, &boss, &past).await.unwrap(), 2);

    // Nobody sets the own unit's, nor a unit's beyond the own.
    let own = change("2026-03", "EAST", Some(target(Some(100_000), 0)), &[]);
    assert_eq!(fields(set(&world, &east, &own).await.unwrap_err()), [("whole".into(), Rule::NotEditable)]);
    assert_eq!(set(&world, &boss, &own).await.unwrap(), 1);
    assert_eq!(set(&world, &east, &change("2026-03", "W1", None, &[])).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(
        fields(set(&world, &east, &change("2026-03", "EAST", None, &[("W1", target(Some(1), 0))])).await.unwrap_err())[0].0,
        "parts"
    );
    assert_eq!(
        fields(set(&world, &east, &change("2026-03", "EAST", None, &[("E1", target(Some(-1), 0))])).await.unwrap_err())[0].1,
        Rule::Negative
    );
    let huge = [("E1", target(Some(i64::MAX), 0)), ("E2", target(Some(i64::MAX), 0))];
    assert!(matches!(fields(set(&world, &east, &change("2026-03", "EAST", None, &huge)).await.unwrap_err())[0].1, Rule::OutOfRange { .. }));

    // Parts add up to the cent, unless it is meant; that is kept.
    let cent = change("2026-03", "EAST", None, &[("E1", target(Some(60_001), 0)), ("E2", target(Some(40_000), 0))]);
    let Rule::Other { zh, .. } = fields(set(&world, &east, &cent).await.unwrap_err()).remove(0).1 else { panic!() };
    assert!(zh.contains("0.01"), "{zh}");
    assert_eq!(set(&world, &east, &TargetChange { despite_difference: true, ..cent }).await.unwrap(), 2);
    let told: serde_json::Value =
        sqlx::query_scalar("select detail from audit_log where verb = 'target.set' and login = 'east' order by audit_id desc limit 1")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!((told["difference"].as_str(), told["targets"][0]["amount"].as_i64()), (Some("1"), Some(60_001)), "{told}");

    // One effect per key; whoever read an older version is told what stands there now.
    let read = sheet(&world, &east, None, "EAST").await;
    assert_eq!((read.frame.month.month, read.lines[0].target, read.may_set_whole), (day("2026-03-01"), target(Some(60_001), 1), false));
    let (mended, key) = (change("2026-03", "EAST", None, &[("E1", target(Some(60_000), 1))]), Uuid::now_v7());
    for _ in 0..2 {
        assert_eq!(targets::set_targets(&world.bank, &east, &mended, key).await.unwrap(), 1);
    }
    let late = change("2026-03", "EAST", None, &[("E1", target(Some(70_000), 1)), ("E2", target(Some(30_000), 1))]);
    let Error::Problem(stale) = set(&world, &boss, &late).await.unwrap_err() else { panic!() };
    let now: TargetsNow = serde_json::from_value(stale.current.unwrap()).unwrap();
    assert_eq!((stale.code, now.lines[0].target, now.lines[1].target), (Code::Stale, target(Some(60_000), 2), target(Some(40_000), 1)));

    // Managers of a unit without units below; a target can be taken away.
    let staff = change("2026-03", "E1", None, &[("M-ALICE", target(Some(35_000), 0)), ("M-BO", target(Some(25_000), 0))]);
    assert_eq!(set(&world, &east, &staff).await.unwrap(), 2);
    agree(&world, &east, &boss, "2026-03", "E1").await;
    let league = dashboards::performance(&world.bank, &east, &BoardQuery::default(), None).await.unwrap().items;
    assert_eq!(
        league.iter().map(|line| line.target).collect::<Vec<_>>(),
        [Some(35_000), Some(25_000), None],
        "the last is what is in nobody's charge"
    );
    let gone = TargetChange { despite_difference: true, ..change("2026-03", "E1", None, &[("M-BO", target(None, 1))]) };
    assert_eq!(set(&world, &east, &gone).await.unwrap(), 1);
    agree(&world, &east, &boss, "2026-03", "E1").await;
    let lines = sheet(&world, &east, None, "E1").await.lines;
    assert_eq!((lines[0].target, lines[1].target), (target(Some(35_000), 1), target(None, 2)));
    assert!(
        dashboards::bank_board(&world.bank, &boss, &BoardQuery { org: Some("E1".into()), ..BoardQuery::default() })
            .await
            .unwrap()
            .targets
            .is_empty()
    );
}

#[sqlx::test(migrations = false)]
async fn targets_hold_once_another_person_agreed(pool: PgPool) {
    let (world, _) = books(pool).await;
    let (east, boss, west) = (world.actor("east").await, world.actor("boss").await, world.actor("west").await);
    let board = async |actor: &Actor, org: &str| {
        let query = BoardQuery { org: Some(org.into()), ..BoardQuery::default() };
        let board = dashboards::bank_board(&world.bank, actor, &query).await.unwrap();
        (board.units.iter().map(|unit| unit.target).collect::<Vec<_>>(), board.frame.month.waiting)
    };
    let parts = [("E1", target(Some(60_000), 0)), ("E2", target(Some(40_000), 0))];
    assert_eq!(set(&world, &east, &change("2026-03", "EAST", None, &parts)).await.unwrap(), 2);
    let draft = sheet(&world, &east, None, "EAST").await;
    let set_now = draft.set.clone().unwrap();
    assert_eq!((set_now.state, set_now.version, set_now.changes.len(), set_now.may_submit), (TargetState::Draft, 1, 2, true));
    assert_eq!((draft.lines[0].proposed, draft.lines[0].in_force, draft.lines[0].target.amount), (true, None, Some(60_000)));
    assert_eq!(board(&east, "EAST").await, (vec![None, None], false), "a draft is counted nowhere");

    // Submitted it stays as it is, is told to the nearest who may decide, and the boards say that something waits.
    assert_eq!(step(&world, &east, "2026-03", "EAST", 0, TargetStep::Submit).await.unwrap_err().code(), Code::Stale);
    step(&world, &east, "2026-03", "EAST", 1, TargetStep::Submit).await.unwrap();
    assert_eq!(board(&east, "EAST").await, (vec![None, None], true));
    assert_eq!((board(&boss, "HO").await.1, board(&boss, "WEST").await.1, board(&boss, "E1").await.1), (true, false, true));
    let frozen = change("2026-03", "EAST", None, &[("E1", target(Some(61_000), 1)), ("E2", target(Some(39_000), 1))]);
    assert_eq!(fields(set(&world, &boss, &frozen).await.unwrap_err())[0].0, "month");
    let own = change("2026-03", "E1", Some(target(Some(1), 1)), &[]);
    assert_eq!(fields(set(&world, &east, &own).await.unwrap_err())[0].0, "parts", "the same target waits as a part of the branch's");
    notices::deliver(&world.bank).await.unwrap();
    let told = async |actor: &Actor| {
        let items = notices::list(&world.bank, actor, None).await.unwrap().items;
        items.into_iter().map(|notice| (notice.kind, notice.count, notice.agreed, notice.link)).collect::<Vec<_>>()
    };
    let link = || "/dashboards/targets?month=2026-03&org=EAST".to_owned();
    assert_eq!(told(&boss).await, [(NoticeKind::TargetsWait, 2, None, link())]);
    assert!(told(&east).await.is_empty() && told(&west).await.is_empty());
    let seen = sheet(&world, &boss, None, "HO").await;
    assert_eq!(
        seen.waiting.iter().map(|wait| (wait.org.as_str(), wait.by.as_str(), wait.targets)).collect::<Vec<_>>(),
        [("EAST", "董行", 2)]
    );

    // Not whoever submitted it, nobody of another branch, nobody without a reason to reject.
    assert_eq!(decide(&world, &east, "2026-03", "EAST", 2, true, "").await.unwrap_err().code(), Code::SamePerson);
    assert_eq!(decide(&world, &west, "2026-03", "EAST", 2, true, "").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(decide(&world, &boss, "2026-03", "EAST", 1, true, "").await.unwrap_err().code(), Code::Stale);
    assert_eq!(decide(&world, &boss, "2026-03", "EAST", 2, false, " ").await.unwrap_err().code(), Code::ReasonRequired);
    decide(&world, &boss, "2026-03", "EAST", 2, false, "太低").await.unwrap();
    notices::deliver(&world.bank).await.unwrap();
    assert_eq!(told(&east).await, [(NoticeKind::TargetsDecided, 2, Some(false), link())]);
    let rejected = sheet(&world, &east, None, "EAST").await.set.unwrap();
    assert_eq!((rejected.state, rejected.answer.as_str(), rejected.decided_by.as_deref()), (TargetState::Rejected, "太低", Some("总裁")));

    // Changed, submitted again, taken back, submitted, agreed to: counted.
    let more = change("2026-03", "EAST", None, &[("E1", target(Some(70_000), 1))]);
    assert_eq!(set(&world, &east, &more).await.unwrap(), 1);
    for turn in [TargetStep::Submit, TargetStep::TakeBack] {
        let version = sheet(&world, &east, None, "EAST").await.set.unwrap().version;
        step(&world, &east, "2026-03", "EAST", version, turn).await.unwrap();
    }
    agree(&world, &east, &boss, "2026-03", "EAST").await;
    assert_eq!(board(&boss, "EAST").await, (vec![Some(70_000), Some(40_000)], false));
    let agreed = sheet(&world, &boss, None, "EAST").await;
    assert_eq!((agreed.lines[0].target, agreed.lines[0].proposed), (target(Some(70_000), 2), false));
    assert_eq!((agreed.set.as_ref().unwrap().state, agreed.set.unwrap().changes.len()), (TargetState::Approved, 0));
    assert_eq!(decide(&world, &boss, "2026-03", "EAST", 1, true, "").await.unwrap_err().code(), Code::NotFound, "nothing waits any more");
    let detail: serde_json::Value =
        sqlx::query_scalar("select detail from audit_log where verb = 'target.decide' and login = 'boss' and subject = 'target:EAST:2026-03' order by audit_id desc limit 1")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!((detail["given"].as_bool(), detail["targets"][0]["amount"].as_i64()), (Some(true), Some(70_000)), "{detail}");

    // What is put back to what holds, or discarded, is proposed no more; who read it is told.
    assert_eq!(set(&world, &east, &change("2026-03", "EAST", None, &[("E1", target(Some(1), 2))])).await.unwrap(), 1);
    assert_eq!(set(&world, &east, &change("2026-03", "EAST", None, &[("E1", target(Some(70_000), 3))])).await.unwrap(), 1);
    assert_eq!(sheet(&world, &east, None, "EAST").await.set.unwrap().state, TargetState::Approved);
    let late = change("2026-03", "EAST", None, &[("E1", target(Some(2), 3))]);
    assert_eq!(set(&world, &east, &late).await.unwrap_err().code(), Code::Stale);
    assert_eq!(set(&world, &east, &change("2026-03", "EAST", None, &[("E2", target(None, 1))])).await.unwrap(), 1);
    step(&world, &east, "2026-03", "EAST", 1, TargetStep::Discard).await.unwrap();
    assert_eq!(board(&boss, "EAST").await.0, [Some(70_000), Some(40_000)]);

    // The difference from the whole is told to whoever decides.
    assert_eq!(set(&world, &boss, &change("2026-03", "EAST", Some(target(Some(100_000), 0)), &[])).await.unwrap(), 1);
    let set_now = sheet(&world, &boss, None, "EAST").await.set.unwrap();
    assert_eq!(set_now.off, [TargetOff { indicator: Indicator::Contribution, product: None, off: 10_000 }]);

    // Whoever heads the unit cannot hand in its own target, but agrees to what comes from above, or says why not.
    let mine = async || sheet(&world, &east, None, "EAST").await.set.unwrap();
    assert!(!mine().await.may_submit);
    for turn in [TargetStep::Submit, TargetStep::Discard] {
        let refused = step(&world, &east, "2026-03", "EAST", set_now.version, turn).await.unwrap_err();
        assert_eq!(fields(refused), [("whole".into(), Rule::NotEditable)]);
    }
    step(&world, &boss, "2026-03", "EAST", set_now.version, TargetStep::Submit).await.unwrap();
    let waits = mine().await;
    assert!(waits.may_decide && waits.deciders.contains(&east.name), "{waits:?}");
    notices::deliver(&world.bank).await.unwrap();
    assert_eq!(told(&east).await.iter().filter(|notice| notice.0 == NoticeKind::TargetsWait).count(), 1, "the nearest is told");
    decide(&world, &east, "2026-03", "EAST", waits.version, false, "客户去了外地").await.unwrap();
    let back = sheet(&world, &boss, None, "EAST").await.set.unwrap();
    assert_eq!((back.state, back.answer.as_str(), back.may_submit), (TargetState::Rejected, "客户去了外地", true));
    step(&world, &boss, "2026-03", "EAST", back.version, TargetStep::Submit).await.unwrap();
    decide(&world, &east, "2026-03", "EAST", back.version + 1, true, "").await.unwrap();
    assert_eq!(mine().await.state, TargetState::Approved);
}

#[sqlx::test(migrations = false)]
async fn whoever_proposed_an_amount_agrees_to_none_of_the_set(pool: PgPool) {
    let (world, ids) = books(pool).await;
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    let set_of = async |actor: &Actor, org: &str| sheet(&world, actor, None, org).await.set.unwrap();
    // One amount is the boss's, the other the branch's: neither agrees to both.
    assert_eq!(set(&world, &boss, &change("2026-03", "EAST", None, &[("E1", target(Some(60_000), 0))])).await.unwrap(), 1);
    assert_eq!(set(&world, &east, &change("2026-03", "EAST", None, &[("E2", target(Some(40_000), 0))])).await.unwrap(), 1);
    step(&world, &east, "2026-03", "EAST", 2, TargetStep::Submit).await.unwrap();
    let waits = set_of(&boss, "EAST").await;
    assert_eq!((waits.may_decide, waits.deciders.len()), (false, 0), "{waits:?}");
    assert!(sheet(&world, &boss, None, "HO").await.waiting.is_empty());
    notices::deliver(&world.bank).await.unwrap();
    assert!(notices::list(&world.bank, &boss, None).await.unwrap().items.is_empty());
    assert_eq!(decide(&world, &boss, "2026-03", "EAST", 3, true, "").await.unwrap_err().code(), Code::SamePerson);
    assert_eq!(decide(&world, &boss, "2026-03", "EAST", 3, false, "不妥").await.unwrap_err().code(), Code::SamePerson);
    step(&world, &east, "2026-03", "EAST", 3, TargetStep::TakeBack).await.unwrap();
    assert_eq!(set(&world, &east, &change("2026-03", "EAST", None, &[("E1", target(Some(59_000), 1))])).await.unwrap(), 1);

    // A row that goes to another sheet leaves a set that whoever read it knows no more.
    let read = set_of(&east, "EAST").await;
    assert_eq!(set(&world, &boss, &change("2026-03", "E2", Some(target(Some(41_000), 1)), &[])).await.unwrap(), 1);
    assert_eq!(step(&world, &east, "2026-03", "EAST", read.version, TargetStep::Submit).await.unwrap_err().code(), Code::Stale);
    let left = set_of(&east, "EAST").await;
    assert_eq!((left.version, left.changes.len()), (read.version + 1, 1));
    step(&world, &east, "2026-03", "EAST", left.version, TargetStep::Submit).await.unwrap();
    decide(&world, &boss, "2026-03", "EAST", left.version + 1, true, "").await.unwrap();
    let detail: serde_json::Value =
        sqlx::query_scalar("select detail from audit_log where verb = 'target.decide' order by audit_id desc limit 1")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!((detail["currency"].as_str(), detail["targets"][0]["amount"].as_i64()), (Some("CNY"), Some(59_000)), "{detail}");

    // Who woke up is not known before states were written down: of the parts neither; who has nobody has none.
    let woken = async || {
        let query = BoardQuery { org: Some("E1".into()), ..BoardQuery::default() };
        let sheet = targets::targets(&world.bank, &east, &query, Indicator::Activated, None).await.unwrap();
        (sheet.actual, sheet.lines.iter().map(|line| line.actual).collect::<Vec<_>>())
    };
    assert_eq!(woken().await, (None, vec![None, None]));
    sqlx::query("insert into customer_state (customer_id, since, state, before) values ($1, '2026-03-10', 'valuable', 'dormant')")
        .bind(ids[1])
        .execute(&world.owner)
        .await
        .unwrap();
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    assert_eq!(woken().await, (Some(1), vec![Some(0), Some(1)]));
}

#[sqlx::test(migrations = false)]
async fn every_indicator_counts_what_happened_and_managers_sum_to_their_unit(pool: PgPool) {
    let (world, ids) = books(pool).await;
    let (admin, boss, alice) = (world.actor("admin").await, world.actor("boss").await, world.actor("alice").await);
    // A visit and another product for one, one who woke up, and one who came this month.
    for (statement, id) in [
        (
            "insert into activity (customer_id, kind, happened_at, summary) values ($1, 'visit', '2026-03-10 10:00+08', '上门'), ($1, 'call', '2026-03-11 10:00+08', '电话')",
            ids[0],
        ),
        (
            "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
          select $1, 'W1', 'W1'::bytea, product_id, 103, 'wealth', 'CNY', 500, date '2026-03-12' from product where code = 'WEALTH'",
            ids[0],
        ),
        ("insert into customer_state (customer_id, since, state, before) values ($1, '2026-03-10', 'valuable', 'dormant')", ids[1]),
        ("insert into customer_state (customer_id, since, state, before) values ($1, '2026-03-10', 'dormant', 'valuable')", ids[3]),
        ("update customer set opened_on = '2026-03-05' where customer_id = $1", ids[2]),
    ] {
        sqlx::query(statement).bind(id).execute(&world.owner).await.unwrap();
    }
    contribution::close_month(&world.bank, &admin, day("2026-03-01")).await.unwrap();
    let of = |totals: &Totals| {
        [Indicator::DepositsAverage, Indicator::Opened, Indicator::Activated, Indicator::Crossed, Indicator::Contacts, Indicator::Visits]
            .map(|one| one.of(totals))
    };
    let bank = dashboards::bank_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap();
    assert_eq!(of(&bank.now), [Some(450_031_00), Some(1), Some(1), Some(1), Some(2), Some(1)]);
    assert_eq!(bank.before.unwrap().crossed, None, "the month before the first is not known");
    let own = dashboards::manager_board(&world.bank, &alice, "", &BoardQuery::default()).await.unwrap();
    assert_eq!(of(&own.totals), [Some(300_000_00), Some(0), Some(0), Some(1), Some(2), Some(1)]);
    let verdict = contribution::reconcile::reconcile(&world.bank, &admin, None).await.unwrap();
    assert_eq!(verdict.difference, None);
    sqlx::query(
        "update manager_cube set visits = visits + 1 where org_id = 103 and staff_id = 2000 and tier_id = -1 and month = '2026-03-01'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let verdict = contribution::reconcile::reconcile(&world.bank, &admin, None).await.unwrap();
    assert!(verdict.difference.unwrap().contains("E1"));

    // A manager's targets of any of them stand on the manager's page.
    let east = world.actor("east").await;
    let visits = TargetChange { indicator: Indicator::Visits, ..change("2026-03", "E1", None, &[("M-ALICE", target(Some(4), 0))]) };
    assert_eq!(set(&world, &east, &visits).await.unwrap(), 1);
    agree(&world, &east, &boss, "2026-03", "E1").await;
    let own = dashboards::manager_board(&world.bank, &alice, "", &BoardQuery::default()).await.unwrap();
    assert_eq!(own.targets, [TargetFigure { indicator: Indicator::Visits, amount: 4 }]);
    // The league tells the same of everybody, with the visit that was made up above.
    let e1 = BoardQuery { org: Some("E1".into()), ..BoardQuery::default() };
    let league = dashboards::performance(&world.bank, &east, &e1, None).await.unwrap().items;
    let (line, bo) = (&league[0], &league[1]);
    assert_eq!(
        (line.deposits_average, line.opened, line.activated, line.crossed, line.visits),
        (Some(300_000_00), Some(0), Some(0), Some(1), 2)
    );
    assert_eq!((&line.targets, line.target, bo.activated, bo.targets.len()), (&own.targets, None, Some(1), 0));
}

#[sqlx::test(migrations = false)]
async fn a_product_has_targets_of_its_own_beside_those_of_all(pool: PgPool) {
    let (world, ids) = books(pool).await;
    let (east, boss, alice) = (world.actor("east").await, world.actor("boss").await, world.actor("alice").await);
    let read = async |month: &str, org: &str, indicator: Indicator, product: Option<&str>| {
        let query = BoardQuery { month: Some(month.into()), org: Some(org.into()), ..BoardQuery::default() };
        targets::targets(&world.bank, &east, &query, indicator, product).await
    };
    let figures = |sheet: &TargetSheet| (sheet.actual, sheet.lines.iter().map(|line| (line.actual, line.before)).collect::<Vec<_>>());
    let holders = read("2026-03", "EAST", Indicator::Holders, Some("CUR")).await.unwrap();
    assert_eq!(figures(&holders), (Some(3), vec![(Some(2), Some(2)), (Some(1), Some(1))]));
    let balances = read("2026-03", "E1", Indicator::Balance, Some("CUR")).await.unwrap();
    let (alices, bos) = (Some(300_000_00), Some(100_000_00));
    assert_eq!(figures(&balances), (Some(400_000_00), vec![(alices, alices), (bos, bos)]));
    // Whoever came to it in February is not known: January was never computed.
    assert_eq!(figures(&read("2026-02", "E1", Indicator::Gained, Some("CUR")).await.unwrap()).0, None);
    for (indicator, product, field) in [
        (Indicator::Visits, Some("CUR"), "indicator"),
        (Indicator::Holders, None, "indicator"),
        (Indicator::Holders, Some("NONE"), "product"),
    ] {
        assert_eq!(fields(read("2026-03", "EAST", indicator, product).await.unwrap_err())[0].0, field);
    }

    // From the top down, checked to add up, beside the target of all products.
    let of = |indicator: Indicator, product: &str, org: &str, whole: Option<TargetAmount>, parts: &[(&str, TargetAmount)]| TargetChange {
        indicator,
        product: Some(product.into()),
        ..change("2026-03", org, whole, parts)
    };
    assert_eq!(set(&world, &boss, &change("2026-03", "EAST", Some(target(Some(100_000), 0)), &[])).await.unwrap(), 1);
    for (indicator, amount) in [(Indicator::Contribution, 60_000), (Indicator::Holders, 5)] {
        assert_eq!(set(&world, &boss, &of(indicator, "CUR", "EAST", Some(target(Some(amount), 0)), &[])).await.unwrap(), 1);
    }
    let sheet_now = read("2026-03", "EAST", Indicator::Contribution, Some("CUR")).await.unwrap();
    assert_eq!((sheet_now.whole.amount, sheet_now.of_whole), (Some(60_000), Some((60_000, 100_000))));
    let changes = sheet_now.set.unwrap().changes;
    let told: Vec<_> = changes.iter().map(|one| (one.product.as_ref().map(|product| product.code.as_str()), one.indicator)).collect();
    assert_eq!(told, [(None, Indicator::Contribution), (Some("CUR"), Indicator::Contribution), (Some("CUR"), Indicator::Holders)]);
    agree(&world, &boss, &east, "2026-03", "EAST").await;
    let short = of(Indicator::Holders, "CUR", "EAST", None, &[("E1", target(Some(3), 0)), ("E2", target(Some(1), 0))]);
    assert_eq!(fields(set(&world, &east, &short).await.unwrap_err())[0].0, "parts");
    assert_eq!(set(&world, &east, &TargetChange { despite_difference: true, ..short }).await.unwrap(), 2);
    let off = sheet(&world, &east, None, "EAST").await.set.unwrap().off;
    assert_eq!(
        off.iter().map(|one| (one.indicator, one.product.as_ref().map(|product| product.code.as_str()), one.off)).collect::<Vec<_>>(),
        [(Indicator::Holders, Some("CUR"), -1)]
    );
    let mended = of(Indicator::Holders, "CUR", "EAST", None, &[("E2", target(Some(2), 1))]);
    assert_eq!(set(&world, &east, &mended).await.unwrap(), 1);
    agree(&world, &east, &boss, "2026-03", "EAST").await;

    // Boards of all products keep to their own; that of products and the product's page tell how far each is.
    let overview = dashboards::bank_board(&world.bank, &east, &BoardQuery::default()).await.unwrap();
    assert_eq!(overview.targets, [TargetFigure { indicator: Indicator::Contribution, amount: 100_000 }]);
    assert_eq!(dashboards::managers_board(&world.bank, &east, &BoardQuery::default()).await.unwrap().target, Some(100_000));
    let lines = |items: Vec<TargetItem>| {
        items.into_iter().map(|item| (item.code, item.product, item.indicator, item.amount, item.actual)).collect::<Vec<_>>()
    };
    let current = || Some("CUR".to_owned());
    let board = dashboards::products_board(&world.bank, &east, &BoardQuery::default()).await.unwrap();
    let brought = board.products.iter().find(|product| product.code == "CUR").unwrap().contribution;
    let own = [
        ("EAST".to_owned(), current(), Indicator::Contribution, 60_000, Some(brought)),
        ("EAST".to_owned(), current(), Indicator::Holders, 5, Some(3)),
    ];
    assert_eq!(lines(board.targets), own);
    let page = products::product_board(&world.bank, &east, "CUR", &BoardQuery::default()).await.unwrap();
    let parts =
        [("E1".to_owned(), current(), Indicator::Holders, 3, Some(2)), ("E2".to_owned(), current(), Indicator::Holders, 2, Some(1))];
    assert_eq!(lines(page.targets), [own.as_slice(), parts.as_slice()].concat());
    let gold = BoardQuery { tier: Some("gold".into()), ..BoardQuery::default() };
    assert_eq!(dashboards::products_board(&world.bank, &east, &gold).await.unwrap().targets, []);

    // A manager's, with the run of the month, on the own page and for programs; the league knows targets of all products alone.
    let wanted = of(Indicator::Gained, "WEALTH", "E1", None, &[("M-ALICE", target(Some(2), 0))]);
    assert_eq!(set(&world, &east, &wanted).await.unwrap(), 1);
    agree(&world, &east, &boss, "2026-03", "E1").await;
    sqlx::query(
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select $1, 'W1', 'W1'::bytea, product_id, 103, 'wealth', 'CNY', 500, date '2026-03-12' from product where code = 'WEALTH'",
    )
    .bind(ids[0])
    .execute(&world.owner)
    .await
    .unwrap();
    contribution::close_month(&world.bank, &world.actor("admin").await, day("2026-03-01")).await.unwrap();
    let mine = dashboards::manager_board(&world.bank, &alice, "", &BoardQuery::default()).await.unwrap();
    let gained = [("M-ALICE".to_owned(), Some("WEALTH".to_owned()), Indicator::Gained, 2, Some(1))];
    assert_eq!((mine.product_targets[0].forecast, mine.targets.len()), (Some(1), 0));
    assert_eq!(lines(mine.product_targets), gained);
    let told = targets::reached(&world.bank, &alice, &BoardQuery::default(), None, None).await.unwrap();
    assert_eq!((lines(told.items), told.next), (gained.to_vec(), None));
    let own_page = products::product_board(&world.bank, &alice, "WEALTH", &BoardQuery::default()).await.unwrap();
    assert_eq!(lines(own_page.targets), gained);
    let e1 = BoardQuery { org: Some("E1".into()), ..BoardQuery::default() };
    let told = targets::reached(&world.bank, &east, &e1, Some("WEALTH"), None).await.unwrap();
    assert_eq!(lines(told.items), gained);
    assert_eq!(targets::reached(&world.bank, &east, &e1, None, Some("x")).await.unwrap_err().code(), Code::Malformed);
    let all =
        targets::reached(&world.bank, &boss, &BoardQuery { org: Some("EAST".into()), ..BoardQuery::default() }, None, None).await.unwrap();
    assert_eq!(
        all.items.iter().map(|item| (item.code.as_str(), item.product.is_some(), item.amount)).collect::<Vec<_>>(),
        [("EAST", false, 100_000), ("EAST", true, 60_000), ("EAST", true, 5), ("E1", true, 3), ("E2", true, 2)]
    );
    assert_eq!(dashboards::performance(&world.bank, &east, &e1, None).await.unwrap().items[0].targets, []);
}

#[sqlx::test(migrations = false)]
async fn a_month_to_come_has_targets_before_it_has_figures(pool: PgPool) {
    let (world, _) = books(pool).await;
    let east = world.actor("east").await;
    let ahead = sheet(&world, &east, Some("2026-05"), "EAST").await;
    assert_eq!((ahead.frame.month.state, ahead.base, ahead.may_set), (MonthState::Planned, Some(day("2026-03-01")), true));
    assert_eq!((ahead.lines[0].actual, ahead.lines[0].before.is_some()), (None, true));
    assert_eq!(set(&world, &east, &change("2026-05", "EAST", None, &[("E1", target(Some(9_00), 0))])).await.unwrap(), 1);
    assert_eq!(sheet(&world, &east, Some("2026-05"), "EAST").await.lines[0].target, target(Some(9_00), 1));

    // A year ahead and no further; not before the books begin; and no dashboard shows a month without figures.
    let state = async |month: &str| {
        let query = BoardQuery { month: Some(month.into()), ..BoardQuery::default() };
        targets::targets(&world.bank, &east, &query, Indicator::Aum, None)
            .await
            .map(|sheet| sheet.frame.month.state)
            .map_err(|error| error.code())
    };
    assert_eq!((state("2027-03").await, state("2027-04").await), (Ok(MonthState::Planned), Err(Code::MonthNotComputed)));
    assert_eq!(state("2026-01").await, Err(Code::MonthNotComputed));
    let may = BoardQuery { month: Some("2026-05".into()), ..BoardQuery::default() };
    assert_eq!(dashboards::bank_board(&world.bank, &east, &may).await.unwrap_err().code(), Code::MonthNotComputed);
}

#[sqlx::test(migrations = false)]
async fn a_bank_can_set_targets_before_anything_is_computed(pool: PgPool) {
    let world = World::new(pool).await;
    let boss = world.actor("boss").await;
    let first = sheet(&world, &boss, None, "HO").await;
    assert_eq!((first.frame.month.month, first.frame.month.state, first.may_set_whole), (day("2026-03-01"), MonthState::Planned, true));
    assert_eq!(set(&world, &boss, &change("2026-03", "HO", Some(target(Some(1), 0)), &[])).await.unwrap(), 1);
}

#[sqlx::test(migrations = false)]
async fn whoever_moved_is_one_manager_and_no_longer_shows_to_the_old_unit(pool: PgPool) {
    let (world, ids) = books(pool).await;
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    // Alice has a target in the unit she left as well.
    sqlx::query(
        "insert into target (month, indicator, org_id, staff_id, amount) values ('2026-03-01', 'contribution', 105, 2000, 7), ('2026-03-01', 'contribution', 103, 2000, 9),
             ('2026-03-01', 'contribution', 103, 2002, 5)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let league = dashboards::performance(&world.bank, &boss, &BoardQuery::default(), None).await.unwrap().items;
    let targets: Vec<_> = league.iter().map(|line| (line.code.as_str(), line.target)).collect();
    assert_eq!(targets, [("M-ALICE", Some(9)), ("M-BO", None), ("M-WANG", Some(5)), ("", None)]);
    let page = dashboards::manager_board(&world.bank, &boss, "M-ALICE", &BoardQuery::default()).await.unwrap();
    assert_eq!(page.trend.iter().map(|point| point.target).collect::<Vec<_>>(), [None, Some(9)]);

    // How busy is in tier weights, as on the board.
    sqlx::query("update manager_cube set tier_id = (select tier_id from tier where code = 'gold') where staff_id = 2000 and tier_id = 0")
        .execute(&world.owner)
        .await
        .unwrap();
    let league = dashboards::performance(&world.bank, &east, &BoardQuery::default(), None).await.unwrap().items;
    assert_eq!(league.iter().map(|line| (line.customers, line.load)).collect::<Vec<_>>(), [(1, 2), (1, 1), (1, 0)]);
    let mix = |line: &ManagerLine| line.tiers.iter().map(|tier| (tier.code.clone(), tier.mark, tier.customers)).collect::<Vec<_>>();
    assert_eq!((mix(&league[0]), mix(&league[1])), (vec![("gold".into(), 2, 1)], vec![(String::new(), 0, 1)]));

    // A customer who went to the other branch is still part of the sum, but nobody's name here.
    let names = async |actor: &Actor| {
        let query = BoardQuery { org: Some("EAST".into()), ..BoardQuery::default() };
        let top = dashboards::bank_board(&world.bank, actor, &query).await.unwrap().top;
        top.into_iter().map(|top| (top.name, top.customer_no.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(names(&east).await[0], (Some("张小伟".into()), true));
    sqlx::query("update customer_summary set org_id = 105 where customer_id = $1").bind(ids[0]).execute(&world.owner).await.unwrap();
    assert_eq!(names(&east).await[..2], [(None, false), (Some("李娜".into()), true)]);
    assert_eq!(names(&boss).await[0], (Some("张小伟".into()), true));

    // Tenths of the bank are of all tiers, whatever is asked.
    let gold = BoardQuery { tier: Some("gold".into()), ..BoardQuery::default() };
    assert_eq!(dashboards::value_board(&world.bank, &boss, &gold).await.unwrap().frame.tier, None);
}
