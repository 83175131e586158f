//! Where moving customers ends: what others have is not told, what two agreed on one does not undo, whoever left
//! receives nothing, and no failure stops the rest.

use std::time::Duration;

use chrono::NaiveDate;
use guanhu_crm::{Error, access::users, assignments, summary, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    access::users::UserChange,
    assignments::{
        Because, Decision, NewTransfer, POOL, Releasing, Stopped, TransferState,
        handover::{NewHandover, SplitRequest, SplitRule},
    },
    customers::{AssignmentRole, CustomerQuery},
};
use sqlx::PgPool;
use uuid::Uuid;

use super::asked;

fn on(day: &str, request: NewTransfer) -> NewTransfer {
    NewTransfer { effective: Some(day.parse().unwrap()), ..request }
}

fn why() -> Decision {
    Decision { reason: "搬错了".into() }
}

async fn run(world: &World, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&world.owner).await.unwrap();
}

async fn lead(world: &World, id: i64) -> Option<String> {
    sqlx::query_scalar("select m.code from customer_summary s left join staff m on m.staff_id = s.lead_staff_id where s.customer_id = $1")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

/// Who, as what, with which share, from when, until when; oldest first.
async fn parts(world: &World, id: i64) -> Vec<(String, String, String, NaiveDate, Option<NaiveDate>)> {
    sqlx::query_as(
        "select m.code, a.role, a.share::int::text, lower(a.valid), upper(a.valid) from assignment a join staff m using (staff_id)
         where a.customer_id = $1 order by lower(a.valid), m.code",
    )
    .bind(id)
    .fetch_all(&world.owner)
    .await
    .unwrap()
}

/// The lead's part ends where a feed said it would; another part of somebody as an assistant.
async fn feed(world: &World, id: i64, until: &str, assistant: Option<&str>) {
    sqlx::query("update assignment set valid = daterange(lower(valid), $2::date) where customer_id = $1")
        .bind(id)
        .bind(until.parse::<NaiveDate>().unwrap())
        .execute(&world.owner)
        .await
        .unwrap();
    sqlx::query("insert into assignment (customer_id, staff_id, role, share, valid) select $1, staff_id, 'assist', 0, daterange('2025-01-01', $2::date) from staff where code = $3")
        .bind(id)
        .bind(until.parse::<NaiveDate>().unwrap())
        .bind(assistant)
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[id]).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_preview_tells_no_more_of_a_colleague_than_the_board_does(pool: PgPool) {
    let world = World::new(pool).await;
    let mine = world.customer("陈晨", "E1", Some("M-ALICE"), 1_000).await;
    world.customer("旁人", "E1", Some("M-BO"), 70_000).await;
    world.customer("远人", "W1", Some("M-WANG"), 90_000).await;
    let seen = async |login: &str, to: &str| {
        let preview = assignments::preview(&world.bank, &world.actor(login).await, &asked(&[mine], to)).await.unwrap();
        let change = preview.portfolios.into_iter().find(|change| change.manager.as_ref().unwrap().code == to).unwrap();
        (change.before.customers, change.before.aum, change.after.customers, change.after.aum, change.capacity > 0)
    };
    assert_eq!(seen("alice", "M-BO").await, (1, 0, 2, 0, true), "how busy, not how rich");
    assert_eq!(seen("alice", "M-WANG").await, (0, 0, 0, 0, false), "of another branch not even that");
    assert_eq!(seen("east", "M-WANG").await, (0, 0, 0, 0, false));
    assert_eq!(seen("east", "M-BO").await, (1, 7_000_000, 2, 7_100_000, true));

    // The pool is a side like any other to whoever looks into it.
    world.customer("无主", "E1", None, 500).await;
    let pool = async |login: &str| {
        let preview = assignments::preview(&world.bank, &world.actor(login).await, &asked(&[mine], POOL)).await.unwrap();
        let change = preview.portfolios.into_iter().find(|change| change.manager.is_none()).unwrap();
        (change.open, change.before.customers, change.before.aum, change.after.customers, change.after.aum)
    };
    assert_eq!(pool("east").await, (true, 1, 50_000, 2, 150_000));
    assert_eq!(pool("alice").await, (false, 0, 0, 0, 0));

    let split = SplitRequest { from: "M-ALICE".into(), to: vec!["M-WANG".into()], rule: SplitRule::Aum, together: false };
    let proposal = assignments::propose(&world.bank, &world.actor("east").await, &split).await.unwrap();
    let wang = proposal.portfolios.iter().find(|change| change.manager.as_ref().unwrap().code == "M-WANG").unwrap();
    assert_eq!((wang.open, wang.busy, wang.before.aum, wang.before.customers), (false, false, 0, 0));
}

#[sqlx::test(migrations = false)]
async fn what_two_agreed_on_is_not_taken_back_by_one(pool: PgPool) {
    let world = World::new(pool).await;
    run(&world, "insert into app_user (login, name, role, org_id, password_hash) values ('chief', '总行长', 'branch_manager', 100, '')")
        .await;
    let id = world.customer("周舟", "E1", Some("M-ALICE"), 1_000).await;
    let (east, boss, chief) = (world.actor("east").await, world.actor("boss").await, world.actor("chief").await);
    let bank = &world.bank;
    let gone = assignments::request(bank, &east, &asked(&[id], "M-WANG"), Uuid::now_v7()).await.unwrap();
    let done = assignments::approve(bank, &boss, gone.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(done.state, TransferState::Done);

    let alone = assignments::revert(bank, &east, gone.id, &why(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(alone.code(), Code::NotFound, "the other side is not the requester's");
    assert!(!assignments::get(bank, &east, gone.id).await.unwrap().may.revert);
    let pulled = assignments::request(bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!((pulled.state, &pulled.because[..]), (TransferState::Pending, &[Because::LeavesBranch][..]), "nor by a plain request");
    assignments::recall(bank, &east, pulled.id, &Decision::default(), Uuid::now_v7()).await.unwrap();
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-WANG"));

    let silent = assignments::revert(bank, &chief, gone.id, &Decision::default(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(silent.code(), Code::Invalid, "whoever is to agree reads why");
    let back = assignments::revert(bank, &chief, gone.id, &why(), Uuid::now_v7()).await.unwrap();
    assert_eq!((back.state, back.reverts), (TransferState::Pending, Some(gone.id)));
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-WANG"), "asked for, not done");
    let own = assignments::approve(bank, &chief, back.id, Uuid::now_v7()).await;
    assert_eq!(own.unwrap_err().code(), Code::Forbidden);
    let agreed = assignments::approve(bank, &boss, back.id, Uuid::now_v7()).await.unwrap();
    assert_eq!((agreed.state, agreed.may.revert), (TransferState::Done, false));
    assert_eq!(assignments::get(bank, &boss, gone.id).await.unwrap().state, TransferState::Reverted);
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-ALICE"));
    assert_eq!(parts(&world, id).await.len(), 1, "on the same day as if it had not been");
}

#[sqlx::test(migrations = false)]
async fn who_lost_the_scope_takes_nothing_back(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("吴悟", "E1", Some("M-ALICE"), 1_000).await;
    let moved = assignments::request(&world.bank, &world.actor("east").await, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert!(moved.may.revert);
    let other = world.customer("郑正", "E1", Some("M-ALICE"), 1_000).await;
    let pending = assignments::request(&world.bank, &world.actor("alice").await, &asked(&[other], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert!(assignments::get(&world.bank, &world.actor("east").await, pending.id).await.unwrap().may.decide);
    run(&world, "update customer_summary set org_id = 105 where name = '郑正'").await;
    let east = world.actor("east").await;
    assert!(!assignments::get(&world.bank, &east, pending.id).await.unwrap().may.decide, "the customer has gone to another branch");
    let listed = assignments::list(&world.bank, &east, Default::default(), None).await.unwrap();
    assert!(listed.items.iter().all(|transfer| !transfer.may.decide));
    run(&world, "update app_user set org_id = 102 where login = 'east'").await;
    let elsewhere = world.actor("east").await;
    let error = assignments::revert(&world.bank, &elsewhere, moved.id, &why(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    let error = assignments::approve(&world.bank, &elsewhere, pending.id, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(!assignments::get(&world.bank, &elsewhere, moved.id).await.unwrap().may.revert);
    let manager = assignments::revert(&world.bank, &world.actor("bo").await, moved.id, &why(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(manager.code(), Code::Forbidden);
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-BO"));
}

#[sqlx::test(migrations = false)]
async fn what_a_feed_dated_is_cut_where_the_new_lead_begins(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();

    // In the pool since the 20th, and in truth somebody's from the 10th on.
    let pooled = world.customer("郑正", "E1", Some("M-ALICE"), 1_000).await;
    feed(&world, pooled, "2026-03-20", None).await;
    let moved = assignments::request(&world.bank, &east, &on("2026-03-10", asked(&[pooled], "M-BO")), Uuid::now_v7()).await.unwrap();
    assert_eq!(moved.state, TransferState::Done);
    assert_eq!(
        parts(&world, pooled).await,
        [
            ("M-ALICE".into(), "lead".into(), "100".into(), day("2024-01-01"), Some(day("2026-03-10"))),
            ("M-BO".into(), "lead".into(), "100".into(), day("2026-03-10"), None),
        ]
    );
    assignments::revert(&world.bank, &east, moved.id, &why(), Uuid::now_v7()).await.unwrap();
    assert_eq!(parts(&world, pooled).await, [("M-ALICE".into(), "lead".into(), "100".into(), day("2024-01-01"), Some(day("2026-03-20")))]);
    let since: Option<NaiveDate> = sqlx::query_scalar("select pooled_since from customer_summary where customer_id = $1")
        .bind(pooled)
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(since, Some(day("2026-03-20")), "as old in the pool as before");

    // The lead and the receiver, who assists, both until a day that has not come.
    let dated = world.customer("冯逢", "E1", Some("M-ALICE"), 1_000).await;
    feed(&world, dated, "2026-06-30", Some("M-BO")).await;
    let before = parts(&world, dated).await;
    let moved = assignments::request(&world.bank, &east, &asked(&[dated], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!(lead(&world, dated).await.as_deref(), Some("M-BO"));
    assignments::revert(&world.bank, &east, moved.id, &why(), Uuid::now_v7()).await.unwrap();
    assert_eq!(parts(&world, dated).await, before, "to the day");
    let help = NewTransfer { role: AssignmentRole::Assist, ..asked(&[dated], "M-BO") };
    assignments::request(&world.bank, &east, &help, Uuid::now_v7()).await.unwrap();

    // To the pool: whoever computes the summary anew finds the same.
    assignments::request(&world.bank, &east, &asked(&[dated], POOL), Uuid::now_v7()).await.unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[dated]).await.unwrap();
    assert_eq!(lead(&world, dated).await, None);
    let again = assignments::request(&world.bank, &east, &asked(&[dated], POOL), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(again.code(), Code::Invalid, "from the pool to the pool its age would begin anew");
}

#[sqlx::test(migrations = false)]
async fn taking_back_restores_assistants_shares_and_tasks(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let id = world.customer("沈深", "E1", Some("M-ALICE"), 1_000).await;
    sqlx::query("insert into assignment (customer_id, staff_id, role, share, valid) values ($1, 2001, 'assist', 30, '[2025-01-01,)')")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    run(&world, "update assignment set share = 70 where role = 'lead'").await;
    sqlx::query("insert into task (customer_id, title, owner_staff_id) values ($1, '回访', 2000)")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[id]).await.unwrap();
    let before = parts(&world, id).await;
    let owner = async || -> Option<i32> { sqlx::query_scalar("select owner_staff_id from task").fetch_one(&world.owner).await.unwrap() };

    let moved = assignments::request(&world.bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!(parts(&world, id).await.last().unwrap().2, "100", "who assisted and leads has the whole");
    assert_eq!(owner().await, Some(2001));
    assignments::revert(&world.bank, &east, moved.id, &why(), Uuid::now_v7()).await.unwrap();
    assert_eq!(parts(&world, id).await, before);
    assert_eq!(owner().await, Some(2000));
    assert!(guanhu_crm::customers::view(&world.bank, &world.actor("bo").await, CustomerNo::from_id(id)).await.is_ok(), "assists again");

    // A day later it is a change of its own.
    let moved = assignments::request(&world.bank, &east, &asked(&[id], POOL), Uuid::now_v7()).await.unwrap();
    assert_eq!(owner().await, None, "what waits in the pool is nobody's");
    run(&world, "update bank set business_date = date '2026-04-01'").await;
    assignments::revert(&world.bank, &world.actor("east").await, moved.id, &why(), Uuid::now_v7()).await.unwrap();
    let parts = parts(&world, id).await;
    assert_eq!(
        parts.iter().map(|part| (part.0.as_str(), part.1.as_str())).collect::<Vec<_>>(),
        [("M-ALICE", "lead"), ("M-BO", "assist"), ("M-ALICE", "lead")]
    );
    assert_eq!(owner().await, Some(2000));
}

#[sqlx::test(migrations = false)]
async fn one_transfer_that_fails_holds_up_no_other(pool: PgPool) {
    let world = World::new(pool).await;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let mut transfers = Vec::new();
    for name in ["褚处", "卫伟", "蒋讲", "韩寒"] {
        let id = world.customer(name, "E1", Some("M-ALICE"), 1_000).await;
        let pending = assignments::request(&world.bank, &alice, &on("2026-04-02", asked(&[id], "M-BO")), Uuid::now_v7()).await.unwrap();
        let agreed = assignments::approve(&world.bank, &east, pending.id, Uuid::now_v7()).await.unwrap();
        assert_eq!(agreed.state, TransferState::Approved);
        transfers.push((id, agreed.id));
    }
    // The first deadlocks with a load, the second cannot be written at all, the third has changed hands.
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "create function refuse() returns trigger language plpgsql as $$ begin
             if new.customer_id = {} then raise exception 'deadlock detected' using errcode = '40P01'; end if;
             if new.customer_id = {} then raise exception 'no'; end if;
             return new; end $$;
         create trigger refuse before insert or update on assignment for each row execute function refuse();
         update customer_summary set lead_staff_id = 2001 where customer_id = {};
         update bank set business_date = date '2026-04-02'",
        transfers[0].0, transfers[1].0, transfers[2].0
    )))
    .execute(&world.owner)
    .await
    .unwrap();
    assert_eq!(assignments::run_due(&world.bank).await.unwrap(), 2);
    let mut states = Vec::new();
    for (_, id) in &transfers {
        let transfer = assignments::get(&world.bank, &east, *id).await.unwrap();
        states.push((transfer.state, transfer.stopped, transfer.decided_by.is_some()));
    }
    assert_eq!(
        states,
        [
            (TransferState::Approved, None, true),
            (TransferState::Approved, None, true),
            (TransferState::Rejected, Some(Stopped::ChangedHands), true),
            (TransferState::Done, None, true),
        ]
    );
    run(&world, "drop trigger refuse on assignment").await;
    assert_eq!(assignments::run_due(&world.bank).await.unwrap(), 2, "and what failed is tried again");
}

#[sqlx::test(migrations = false)]
async fn who_does_not_serve_receives_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let (alice, east, admin) = (world.actor("alice").await, world.actor("east").await, world.actor("admin").await);
    let id = world.customer("杨扬", "E1", Some("M-ALICE"), 1_000).await;
    let pending = assignments::request(bank, &alice, &on("2026-04-02", asked(&[id], "M-BO")), Uuid::now_v7()).await.unwrap();
    let disable = UserChange { version: 1, disabled: Some(true), reason: "离职".into(), ..UserChange::default() };
    assert_eq!(users::change(bank, &admin, "bo", &disable).await.unwrap_err().code(), Code::Conflict, "somebody is about to receive");
    assignments::approve(bank, &east, pending.id, Uuid::now_v7()).await.unwrap();
    // Left all the same: so a feed said.
    run(&world, "update staff set left_on = date '2026-04-01' where code = 'M-BO'; update bank set business_date = date '2026-04-02'")
        .await;
    assert_eq!(assignments::run_due(bank).await.unwrap(), 1);
    let stopped = assignments::get(bank, &east, pending.id).await.unwrap();
    assert_eq!((stopped.state, stopped.stopped), (TransferState::Rejected, Some(Stopped::ReceiverLeft)));
    assert_eq!(lead(&world, id).await.as_deref(), Some("M-ALICE"));

    run(&world, "update staff set left_on = null where code = 'M-BO'").await;
    users::change(bank, &admin, "bo", &disable).await.unwrap();
    let east = world.actor("east").await;
    let disabled = assignments::request(bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(disabled.code(), Code::Invalid, "who cannot log in cannot serve");
    run(&world, "delete from session; delete from app_user where login = 'bo'").await;
    assignments::request(bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_leaver_is_rid_of_everything_wherever_it_is(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let (east, boss, admin) = (world.actor("east").await, world.actor("boss").await, world.actor("admin").await);
    let far = world.customer("秦勤", "W1", Some("M-ALICE"), 1_000).await;
    let helped = world.customer("尤优", "W1", Some("M-WANG"), 1_000).await;
    sqlx::query("insert into assignment (customer_id, staff_id, role, share, valid) values ($1, 2000, 'assist', 40, '[2025-01-01,)')")
        .bind(helped)
        .execute(&world.owner)
        .await
        .unwrap();
    sqlx::query("update assignment set share = 60 where customer_id = $1 and role = 'lead'")
        .bind(helped)
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[helped]).await.unwrap();
    let held = assignments::holdings(bank, &east, "M-ALICE").await.unwrap();
    assert_eq!((held.lead, held.assist, held.elsewhere), (1, 1, 2));

    let split = SplitRequest { from: "M-ALICE".into(), to: vec!["M-BO".into()], rule: SplitRule::Aum, together: false };
    let proposal = assignments::propose(bank, &east, &split).await.unwrap();
    assert_eq!((proposal.items.len(), &proposal.because[..]), (1, &[Because::LeavesBranch][..]), "the other branch is asked");
    let item = &proposal.items[0];
    assert_eq!(
        (item.name.as_str(), item.tier.as_deref(), item.aum),
        ("秦**", None, 0),
        "whom she may not look at she hands over all the same"
    );
    let told: Vec<_> = proposal
        .portfolios
        .iter()
        .map(|change| (change.before.customers, change.before.aum, change.after.customers, change.after.aum))
        .collect();
    assert_eq!(told, [(1, 0, 0, 0), (0, 0, 1, 0)], "nor do sums tell");
    run(&world, "insert into app_user (login, name, role, org_id, password_hash) values ('chief', '总行长', 'branch_manager', 100, '')")
        .await;
    let all = assignments::propose(bank, &world.actor("chief").await, &split).await.unwrap();
    assert_eq!((all.items[0].name.as_str(), all.items[0].aum), ("秦勤", 100_000), "whose branches they both are sees the customer");
    let handover = NewHandover {
        notes: Default::default(),
        from: "M-ALICE".into(),
        items: vec![(CustomerNo::from_id(far), "M-BO".into())],
        reason: "离职".into(),
        effective: None,
    };
    let pending = assignments::handover(bank, &east, &handover, Uuid::now_v7()).await.unwrap();
    assert_eq!(pending.state, TransferState::Pending);
    assert_eq!(assignments::approve(bank, &boss, pending.id, Uuid::now_v7()).await.unwrap().state, TransferState::Done);

    // What is left beside the customers: a task on somebody else's, a group, and a tier that waits for an answer.
    let others = world.customer("莫默", "E1", Some("M-BO"), 1_000).await;
    run(&world, "insert into task (customer_id, title, owner_staff_id) select customer_id, '回访', 2000 from customer where name = '莫默'")
        .await;
    run(
        &world,
        "insert into customer_group (code, name, kind, owner_id) select 'G-LEFT', '老客户', 'static', user_id from app_user where login = 'alice'",
    )
    .await;
    run(
        &world,
        "insert into tier_request (customer_id, request_id, tier_id, reason, until, state, asked_by)
         select c.customer_id, '0190a000-0000-7000-8000-000000000001', (select min(tier_id) from tier), '大客户', '2027-01-01', 'pending',
             (select user_id from app_user where login = 'alice') from customer c where c.name = '莫默'",
    )
    .await;
    let disable = UserChange { version: 1, disabled: Some(true), reason: "离职".into(), ..UserChange::default() };
    let refused = users::change(bank, &admin, "alice", &disable).await.unwrap_err();
    let Error::Problem(problem) = &refused else { panic!("{refused}") };
    let all = serde_json::json!({ "staff": "M-ALICE", "lead": 0, "assist": 1, "incoming": 0, "tasks": 1, "opportunities": 0, "groups": 1, "tier_requests": 1 });
    assert_eq!((problem.code, problem.current.as_ref()), (Code::Conflict, Some(&all)), "all of it is told");
    let held = assignments::holdings(bank, &east, "M-ALICE").await.unwrap();
    assert_eq!((held.others_tasks, held.groups, held.tier_requests), (1, 1, 1));
    let release = Releasing { from: "M-ALICE".into(), heir: Some("M-BO".into()), reason: "离职".into() };
    let stranger = Releasing { heir: Some("M-WANG".into()), ..release.clone() };
    let stranger = assignments::release(bank, &east, &stranger, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(stranger.code(), Code::Invalid, "nobody of another branch");
    let west = assignments::release(bank, &world.actor("west").await, &release, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(west.code(), Code::NotFound, "not of that branch");
    let own = assignments::release(bank, &world.actor("alice").await, &release, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(own.code(), Code::Forbidden);
    let released = assignments::release(bank, &east, &release, Uuid::now_v7()).await.unwrap();
    assert_eq!((released.tasks, released.groups, released.tier_requests), (1, 1, 1));
    let left: (Option<i32>, String, String) = sqlx::query_as(
        "select t.owner_staff_id, u.login, r.state from task t join tier_request r using (customer_id), customer_group g
         join app_user u on u.user_id = g.owner_id where t.customer_id = $1 and g.code = 'G-LEFT'",
    )
    .bind(others)
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(left, (Some(2001), "bo".into(), "ended".into()), "each where it is told to be");
    let ended = released.transfer.unwrap();
    assert_eq!((ended.state, ended.customers, ended.may.revert), (TransferState::Done, 1, false), "not of another branch");
    let parts = parts(&world, helped).await;
    let shares: Vec<_> = parts.iter().map(|part| (part.0.as_str(), part.2.as_str(), part.4.is_none())).collect();
    assert_eq!(shares, [("M-WANG", "60", false), ("M-ALICE", "40", false), ("M-WANG", "100", true)]);
    let held = assignments::holdings(bank, &east, "M-ALICE").await.unwrap();
    assert_eq!((held.lead, held.assist), (0, 0));
    users::change(bank, &admin, "alice", &disable).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn many_who_ask_by_filter_do_not_starve_each_other(pool: PgPool) {
    let world = World::new(pool).await;
    for at in 0..40 {
        world.customer("许许", "E1", Some(if at % 2 == 0 { "M-ALICE" } else { "M-BO" }), at).await;
    }
    let east = world.actor("east").await;
    let mut asking = tokio::task::JoinSet::new();
    for at in 0..24 {
        let (bank, east) = (world.bank.clone(), east.clone());
        let (from, to) = if at % 2 == 0 { ("M-ALICE", "M-BO") } else { ("M-BO", "M-ALICE") };
        let filter = CustomerQuery { manager: Some(from.into()), org: Some("E1".into()), ..CustomerQuery::default() };
        let request = NewTransfer { customers: Vec::new(), filter: Some(filter), ..asked(&[], to) };
        asking.spawn(async move { assignments::request(&bank, &east, &request, Uuid::now_v7()).await });
    }
    let answers = tokio::time::timeout(Duration::from_secs(25), asking.join_all()).await.expect("nobody waits for a connection for ever");
    assert!(answers.iter().any(Result::is_ok));
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.code() == Code::Invalid), "{answers:?}");

    // What was counted and what is found differ by now: nothing moves.
    let filter = CustomerQuery { org: Some("E1".into()), ..CustomerQuery::default() };
    let counted = NewTransfer { customers: Vec::new(), filter: Some(filter), count: Some(39), ..asked(&[], POOL) };
    let changed = assignments::request(&world.bank, &east, &counted, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(changed.code(), Code::Conflict);

    // A look waits for nobody who writes.
    let mut held = world.owner.begin().await.unwrap();
    sqlx::query("select from customer_summary for update").execute(&mut *held).await.unwrap();
    let filter = CustomerQuery { org: Some("E1".into()), ..CustomerQuery::default() };
    let request = NewTransfer { customers: Vec::new(), filter: Some(filter), ..asked(&[], POOL) };
    let preview = tokio::time::timeout(Duration::from_secs(5), assignments::preview(&world.bank, &east, &request)).await;
    assert_eq!(preview.expect("without a lock").unwrap().customers, 40);
}

#[sqlx::test(migrations = false)]
async fn everybody_concerned_is_told(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let id = world.customer("何荷", "E1", Some("M-ALICE"), 1_000).await;
    let start = guanhu_crm::live::Tail::begin(&world.bank).await.unwrap().horizon();
    let help = NewTransfer { role: AssignmentRole::Assist, ..asked(&[id], "M-WANG") };
    let pending = assignments::request(&world.bank, &east, &help, Uuid::now_v7()).await.unwrap();
    assignments::approve(&world.bank, &world.actor("boss").await, pending.id, Uuid::now_v7()).await.unwrap();
    assignments::request(&world.bank, &world.actor("boss").await, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap_err();
    let audience = guanhu_crm::live::audience(&world.actor("wang").await).await.unwrap();
    let (events, _) = guanhu_crm::live::Tail::at(start).next(&world.bank).await.unwrap();
    let named = events.iter().filter_map(|event| audience.hears(event)).any(|event| match event {
        guanhu_domain::live::LiveEvent::Assignment(moved) => moved.customers.get(&CustomerNo::from_id(id)) == Some(&Some("M-ALICE".into())),
        _ => false,
    });
    assert!(named, "a new assistant hears of the customer, and who leads it");
    let listed = assignments::list(&world.bank, &world.actor("wang").await, Default::default(), None).await.unwrap();
    assert_eq!(listed.items.len(), 1, "and finds the transfer");

    let cen = world.customer("吕律", "E1", Some("M-ALICE"), 2_000).await;
    let handover = NewHandover {
        notes: Default::default(),
        from: "M-ALICE".into(),
        items: vec![(CustomerNo::from_id(id), "M-BO".into()), (CustomerNo::from_id(cen), POOL.into())],
        reason: "离职".into(),
        effective: None,
    };
    let done = assignments::handover(&world.bank, &east, &handover, Uuid::now_v7()).await.unwrap();
    for login in ["alice", "bo"] {
        let seen = assignments::list(&world.bank, &world.actor(login).await, Default::default(), None).await.unwrap();
        assert!(seen.items.iter().any(|item| item.id == done.id), "{login} gave or received, if one of several");
    }
    let wang = assignments::get(&world.bank, &world.actor("wang").await, done.id).await;
    assert_eq!(wang.unwrap_err().code(), Code::NotFound);
}

#[sqlx::test(migrations = false)]
async fn who_lacks_what_a_tier_asks_for_leads_it_with_a_second_persons_consent(pool: PgPool) {
    let world = World::new(pool).await;
    let ids = [
        world.customer("陈晨", "E1", Some("M-ALICE"), 1_000).await,
        world.customer("李娜", "E1", Some("M-ALICE"), 1_000).await,
        world.customer("周舟", "E1", Some("M-BO"), 1_000).await,
        world.customer("无层", "E1", Some("M-BO"), 1_000).await,
    ];
    sqlx::query("update customer_summary s set tier_id = t.tier_id, tier_rank = t.rank from tier t where t.code = 'gold' and s.customer_id = any($1)")
        .bind(&ids[..3])
        .execute(&world.owner)
        .await
        .unwrap();
    run(
        &world,
        "update tier set served_by = '{CFP,私人银行家}' where code = 'gold'; update staff set qualification = 'AFP、cfp' where code = 'M-BO';
         insert into parameter (key, value) values ('pool.pick', '{\"per_day\": 5, \"cooldown_days\": 0}') on conflict (key) do update set value = excluded.value",
    )
    .await;
    let (bank, east, alice) = (&world.bank, world.actor("east").await, world.actor("alice").await);
    let go = async |request: &NewTransfer| {
        let moved = assignments::request(bank, &east, request, Uuid::now_v7()).await.unwrap();
        (moved.state, moved.because)
    };
    assert_eq!(go(&asked(&[ids[0]], "M-BO")).await, (TransferState::Done, Vec::new()), "one of the two is enough");
    let back = asked(&[ids[0]], "M-ALICE");
    let preview = assignments::preview(bank, &east, &back).await.unwrap();
    assert_eq!(preview.because, [Because::Unqualified]);
    assert_eq!(go(&back).await, (TransferState::Pending, vec![Because::Unqualified]));
    assert_eq!(go(&asked(&[ids[3]], "M-ALICE")).await, (TransferState::Done, Vec::new()), "no tier asks for anything");
    assert_eq!(go(&asked(&[ids[1]], POOL)).await, (TransferState::Done, Vec::new()));
    let assisting = NewTransfer { role: AssignmentRole::Assist, ..asked(&[ids[2]], "M-ALICE") };
    assert_eq!(go(&assisting).await, (TransferState::Done, Vec::new()), "whoever assists does not answer for the standard");
    let picked = assignments::pick(bank, &alice, CustomerNo::from_id(ids[1]), Uuid::now_v7()).await.unwrap();
    assert_eq!((picked.state, &picked.because[..]), (TransferState::Pending, &[Because::Unqualified][..]));
    // The board knows it before a card is dropped.
    let board = assignments::board(bank, &east, &Default::default()).await.unwrap().board;
    let bo = board.columns.iter().find(|column| column.key() == "M-BO").unwrap();
    assert_eq!((bo.qualification.as_str(), &board.tiers[0].served_by[..]), ("AFP、cfp", &["CFP".to_owned(), "私人银行家".to_owned()][..]));
}
