//! Customers change hands: at once, with a second person, back again; never two leads, never a gap.

mod bulk;
mod limits;
mod pool;
mod sequences;
mod shares;
mod sign;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guanhu_crm::{Error, assignments, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{Because, Decision, NewTransfer, POOL, TransferState},
    customers::AssignmentRole,
};
use sqlx::PgPool;
use uuid::Uuid;

fn asked(customers: &[i64], to: &str) -> NewTransfer {
    NewTransfer {
        customers: customers.iter().map(|id| CustomerNo::from_id(*id)).collect(),
        filter: None,
        file: None,
        to: to.into(),
        role: AssignmentRole::Lead,
        share: None,
        reason: "搬迁".into(),
        effective: None,
        from: None,
        count: None,
        notes: BTreeMap::new(),
    }
}

async fn lead(world: &World, id: i64) -> Option<String> {
    sqlx::query_scalar("select m.code from customer_summary s left join staff m on m.staff_id = s.lead_staff_id where s.customer_id = $1")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

/// `from` and `to` of every lead, oldest first; `None` while it lasts.
async fn history(world: &World, id: i64) -> Vec<(String, NaiveDate, Option<NaiveDate>)> {
    sqlx::query_as(
        "select m.code, lower(a.valid), upper(a.valid) from assignment a join staff m using (staff_id)
         where a.customer_id = $1 and a.role = 'lead' order by lower(a.valid)",
    )
    .bind(id)
    .fetch_all(&world.owner)
    .await
    .unwrap()
}

async fn move_business_date(world: &World, to: &str) {
    sqlx::query("update bank set business_date = $1::date").bind(to.parse::<NaiveDate>().unwrap()).execute(&world.owner).await.unwrap();
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_branch_manager_moves_a_customer_and_takes_it_back(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("陈晨", "E1", Some("M-ALICE"), 50_000).await;
    let (east, alice, bo) = (world.actor("east").await, world.actor("alice").await, world.actor("bo").await);

    let moved = assignments::request(&world.bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!((moved.state, moved.customers, moved.aum), (TransferState::Done, 1, 5_000_000));
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-BO"));
    assert_eq!(
        history(&world, id).await,
        [("M-ALICE".into(), day("2024-01-01"), Some(day("2026-03-31"))), ("M-BO".into(), day("2026-03-31"), None)]
    );
    let no = CustomerNo::from_id(id);
    assert!(guanhu_crm::customers::view(&world.bank, &bo, no).await.is_ok(), "rights follow at once");
    let gone = guanhu_crm::customers::view(&world.bank, &alice, no).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);

    assert!(moved.may.revert);
    let back = assignments::revert(&world.bank, &east, moved.id, &Decision { reason: "客户不愿意".into() }, Uuid::now_v7()).await.unwrap();
    assert_eq!(back.state, TransferState::Reverted);
    let trail = back.reverted.clone().unwrap();
    assert_eq!((trail.by.as_str(), trail.reason.as_str(), back.ended.clone()), ("董行", "客户不愿意", None));
    assert_eq!(assignments::get(&world.bank, &bo, moved.id).await.unwrap().reverted, Some(trail), "whoever it concerned reads it");
    assert_eq!(history(&world, id).await, [("M-ALICE".into(), day("2024-01-01"), None)]);
    let twice = assignments::revert(&world.bank, &east, moved.id, &Decision::default(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(twice.code(), Code::Conflict);

    let audited: Vec<String> = sqlx::query_scalar("select detail ->> 'state' from audit_log where subject = $1 order by audit_id")
        .bind(format!("transfer:{}", moved.id))
        .fetch_all(&world.owner)
        .await
        .unwrap();
    assert_eq!(audited, ["done", "reverted"]);
}

#[sqlx::test(migrations = false)]
async fn who_would_move_is_named_and_a_note_goes_with_the_customer(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for n in 0..21 {
        ids.push(world.customer(&format!("客户{n}"), "E1", Some("M-ALICE"), 1_000 + n).await);
    }
    let (east, bo) = (world.actor("east").await, world.actor("bo").await);

    // Few are all named, the weightiest first; of more, ten.
    let few = assignments::preview(&world.bank, &east, &asked(&ids[..20], "M-BO")).await.unwrap();
    let named: Vec<CustomerNo> = few.first.iter().map(|customer| customer.customer_no).collect();
    assert_eq!(named, ids[..20].iter().rev().map(|id| CustomerNo::from_id(*id)).collect::<Vec<_>>());
    assert_eq!((few.first[0].name.as_str(), few.first[0].aum), ("客户19", 101_900));
    let many = assignments::preview(&world.bank, &east, &asked(&ids, "M-BO")).await.unwrap();
    assert_eq!((many.customers, many.first.len(), many.first[0].name.as_str()), (21, 10, "客户20"));

    let mut noted = asked(&ids[..2], "M-BO");
    noted.notes.insert(CustomerNo::from_id(ids[0]), " 只在下午接电话 ".into());
    let done = assignments::request(&world.bank, &east, &noted, Uuid::now_v7()).await.unwrap();
    let notes = async |id: i64| {
        let page = guanhu_crm::customers::timeline(&world.bank, &east, CustomerNo::from_id(id), &["assignment"], None).await.unwrap();
        let note = |item: &guanhu_domain::customers::TimelineItem| item.detail["note"].as_str().map(str::to_owned);
        page.items.iter().map(note).collect::<Vec<_>>()
    };
    let read = guanhu_crm::customers::timeline(&world.bank, &bo, CustomerNo::from_id(ids[0]), &["assignment"], None).await.unwrap();
    assert!(read.items.iter().any(|item| item.detail["note"] == "只在下午接电话"), "the new lead reads it");
    assert_eq!(notes(ids[1]).await, [None, None, None]);
    // The part is divided when an assistant comes; the note is told once. Whoever gets the customer back was told nothing.
    sqlx::query("update bank set business_date = '2026-04-02'").execute(&world.owner).await.unwrap();
    let east_later = world.actor("east").await;
    let assist = NewTransfer { role: AssignmentRole::Assist, share: Some(20), ..asked(&ids[..1], "M-ALICE") };
    assignments::request(&world.bank, &east_later, &assist, Uuid::now_v7()).await.unwrap();
    assert_eq!(notes(ids[0]).await.into_iter().flatten().collect::<Vec<_>>(), ["只在下午接电话"]);
    assignments::revert(&world.bank, &east_later, done.id, &Decision::default(), Uuid::now_v7()).await.unwrap();
    assert_eq!(notes(ids[0]).await.into_iter().flatten().collect::<Vec<_>>(), ["只在下午接电话"]);
}

#[sqlx::test(migrations = false)]
async fn leaving_the_branch_needs_somebody_over_both_sides(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("周舟", "E1", Some("M-ALICE"), 1_000).await;
    let (east, west, boss) = (world.actor("east").await, world.actor("west").await, world.actor("boss").await);

    let pending = assignments::request(&world.bank, &east, &asked(&[id], "M-WANG"), Uuid::now_v7()).await.unwrap();
    assert_eq!((pending.state, &pending.because[..]), (TransferState::Pending, &[Because::LeavesBranch][..]));
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-ALICE"), "nothing moves before it is agreed");
    let again = assignments::request(&world.bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(again.code(), Code::Conflict, "one open transfer per customer");

    let own = assignments::approve(&world.bank, &east, pending.id, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(own.code(), Code::NotFound, "the receiving side is outside the requester's scope");
    assert_eq!(assignments::approve(&world.bank, &west, pending.id, Uuid::now_v7()).await.unwrap_err().code(), Code::NotFound);
    let done = assignments::approve(&world.bank, &boss, pending.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(done.state, TransferState::Done);
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-WANG"));
    assert_eq!(assignments::approve(&world.bank, &boss, pending.id, Uuid::now_v7()).await.unwrap_err().code(), Code::Conflict);
}

#[sqlx::test(migrations = false)]
async fn a_manager_asks_and_the_head_of_the_branch_decides(pool: PgPool) {
    let world = World::new(pool).await;
    let mine = world.customer("吴悟", "E1", Some("M-ALICE"), 1_000).await;
    let other = world.customer("郑正", "E1", Some("M-BO"), 1_000).await;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);

    let others = assignments::request(&world.bank, &alice, &asked(&[other], "M-ALICE"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(others.code(), Code::Invalid, "a customer out of scope is unknown");
    let pending = assignments::request(&world.bank, &alice, &asked(&[mine], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!(pending.state, TransferState::Pending);
    assert!(matches!(assignments::approve(&world.bank, &alice, pending.id, Uuid::now_v7()).await, Err(Error::Denied { .. })));
    let silent = assignments::reject(&world.bank, &east, pending.id, &Decision::default(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(silent.code(), Code::Invalid, "a refusal says why");
    let rejected =
        assignments::reject(&world.bank, &east, pending.id, &Decision { reason: "请先完成回访".into() }, Uuid::now_v7()).await.unwrap();
    assert_eq!((rejected.state, rejected.decision_reason.as_str()), (TransferState::Rejected, "请先完成回访"));

    let mut later = asked(&[mine], "M-BO");
    later.effective = Some(day("2026-04-15"));
    let pending = assignments::request(&world.bank, &alice, &later, Uuid::now_v7()).await.unwrap();
    assert_eq!(assignments::approve(&world.bank, &east, pending.id, Uuid::now_v7()).await.unwrap().state, TransferState::Approved);
    assert_eq!(assignments::run_due(&world.bank).await.unwrap(), 0);
    move_business_date(&world, "2026-04-15").await;
    assert_eq!(assignments::run_due(&world.bank).await.unwrap(), 1);
    assert_eq!(lead(&world, mine).await.as_deref(), Some("M-BO"));
}

#[sqlx::test(migrations = false)]
async fn what_cannot_be_is_refused_and_nothing_changes(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("冯逢", "E1", Some("M-ALICE"), 1_000).await;
    let east = world.actor("east").await;
    sqlx::query("update staff set left_on = date '2026-01-01' where code = 'M-BO'").execute(&world.owner).await.unwrap();
    let with = |change: fn(&mut NewTransfer)| {
        let mut request = asked(&[id], "M-ALICE");
        change(&mut request);
        request
    };
    let cases = [
        ("unknown manager", with(|it| it.to = "M-NOBODY".into()), "to"),
        ("left the bank", with(|it| it.to = "M-BO".into()), "to"),
        ("nobody chosen", with(|it| it.customers.clear()), "customers"),
        ("too many", with(|it| it.customers = (0..5_001).map(CustomerNo::from_id).collect()), "customers"),
        ("unknown customer", with(|it| it.customers = vec![CustomerNo::from_id(42)]), "customers"),
        ("a closed month", with(|it| it.effective = Some(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap())), "effective"),
        ("far ahead", with(|it| it.effective = Some(NaiveDate::from_ymd_opt(2029, 1, 1).unwrap())), "effective"),
        ("no reason", with(|it| it.reason = "  ".into()), "reason"),
    ];
    for (what, request, field) in cases {
        let Err(Error::Problem(problem)) = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await else {
            panic!("{what}: expected a problem");
        };
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::Invalid, field), "{what}");
    }
    assert_eq!(history(&world, id).await, [("M-ALICE".into(), day("2024-01-01"), None)]);
}

#[sqlx::test(migrations = false)]
async fn of_a_hundred_drops_at_once_one_wins(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("卫伟", "E1", None, 1_000).await;
    let east = world.actor("east").await;
    let mut drops = tokio::task::JoinSet::new();
    for at in 0..100 {
        let (bank, east) = (world.bank.clone(), east.clone());
        let mut request = asked(&[id], if at % 2 == 0 { "M-ALICE" } else { "M-BO" });
        request.from = Some(POOL.into());
        drops.spawn(async move { assignments::request(&bank, &east, &request, Uuid::now_v7()).await });
    }
    let answers = drops.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers.into_iter().filter_map(Result::err) {
        let Error::Problem(problem) = answer else { panic!("{answer}") };
        assert_eq!(problem.code, Code::Conflict);
        assert_eq!(problem.current.unwrap()["moved"][0]["by"], "董行", "says who moved it");
    }
    assert_eq!(history(&world, id).await.len(), 1);
    assert_eq!(traces(&world).await, (1, 1, 1), "one transfer, told and audited once");

    let key = Uuid::now_v7();
    let mut retries = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (bank, east) = (world.bank.clone(), east.clone());
        let request = asked(&[id], POOL);
        retries.spawn(async move { assignments::request(&bank, &east, &request, key).await.unwrap().id });
    }
    let mut ids = retries.join_all().await;
    ids.dedup();
    assert_eq!(ids.len(), 1, "one effect under one key");
    assert_eq!(lead(&world, id).await, None);
    assert_eq!(traces(&world).await, (2, 2, 2));
}

/// Whoever comes too late hears of the last move, also where it left nobody in charge or took one back.
#[sqlx::test(migrations = false)]
async fn whoever_is_too_late_hears_who_was_faster(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("褚楚", "E1", Some("M-ALICE"), 1_000).await;
    // Another one who may move it.
    sqlx::query("update app_user set role = 'branch_manager' where login = 'boss'").execute(&world.owner).await.unwrap();
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    let late = async |from: &str| {
        let request = NewTransfer { from: Some(from.into()), ..asked(&[id], "M-BO") };
        let Err(Error::Problem(problem)) = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await else {
            panic!("expected a problem");
        };
        let moved = problem.current.unwrap()["moved"][0].clone();
        (moved["by"].clone(), moved["manager"].clone(), moved["at"].is_string())
    };
    let pooled = assignments::request(&world.bank, &boss, &asked(&[id], POOL), Uuid::now_v7()).await.unwrap();
    assert_eq!(pooled.state, TransferState::Done);
    assert_eq!(late("M-ALICE").await, (boss.me.name.clone().into(), serde_json::Value::Null, true));
    assignments::revert(&world.bank, &east, pooled.id, &Decision::default(), Uuid::now_v7()).await.unwrap();
    assert_eq!(late(POOL).await, ("董行".into(), "M-ALICE".into(), true));
}

/// Transfers, rows of them in the audit log, and events.
async fn traces(world: &World) -> (i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from transfer), (select count(*) from audit_log where verb = 'transfer.request' and outcome = 'done'),
             (select count(*) from outbox_event where topic = 'assignment.changed')",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_decision_that_arrives_twice_is_made_once(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("沈深", "E1", Some("M-ALICE"), 1_000).await;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let pending = assignments::request(&world.bank, &alice, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    let key = Uuid::now_v7();
    let first = assignments::approve(&world.bank, &east, pending.id, key).await.unwrap();
    let again = assignments::approve(&world.bank, &east, pending.id, key).await.unwrap();
    assert_eq!((first.state, &first), (TransferState::Done, &again), "the answer that was lost");
    let key = Uuid::now_v7();
    for _ in 0..2 {
        let back = assignments::revert(&world.bank, &east, pending.id, &Decision::default(), key).await.unwrap();
        assert_eq!(back.state, TransferState::Reverted);
    }
    let other = assignments::approve(&world.bank, &east, pending.id, key).await.unwrap_err();
    assert_eq!(other.code(), Code::KeyReused);
}
