//! More customers than one transaction holds: each batch is whole, whatever stops the rest is gone on from, and what
//! was moved can be taken back.

use std::convert::Infallible;

use chrono::NaiveDate;
use guanhu_crm::{Actor, Error, assignments, notices, summary, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{
        Because, Decision, NewTransfer, Releasing, Stopped, Transfer, TransferFile, TransferState,
        handover::{NewHandover, SplitRequest, SplitRule},
    },
    customers::CustomerQuery,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::asked;

/// One more than a transaction holds, five batches and a bit.
const MANY: i64 = 5_001;

/// Customers led by this manager of E1; their keys.
async fn customers(world: &World, count: i64, lead: &str) -> Vec<i64> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "with made as (
             insert into customer (kind, org_id, name, opened_on)
             select 'personal', o.org_id, '客户' || n, date '2020-05-01' from org_unit o, generate_series(1, $1) as n where o.code = 'E1'
             returning customer_id
         ), led as (
             insert into assignment (customer_id, staff_id, role, valid)
             select customer_id, staff_id, 'lead', '[2024-01-01,)' from made, staff where code = $2
         ) select customer_id from made order by 1",
    )
    .bind(count)
    .bind(lead)
    .fetch_all(&world.owner)
    .await
    .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &ids).await.unwrap();
    ids
}

async fn led(world: &World, by: &str) -> i64 {
    sqlx::query_scalar("select count(*) from customer_summary s join staff m on m.staff_id = s.lead_staff_id where m.code = $1")
        .bind(by)
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

async fn open(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from transfer_item where is_open").fetch_one(&world.owner).await.unwrap()
}

async fn run(world: &World, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&world.owner).await.unwrap();
}

fn all_of(manager: &str, to: &str) -> NewTransfer {
    NewTransfer { filter: Some(CustomerQuery { manager: Some(manager.into()), ..CustomerQuery::default() }), ..asked(&[], to) }
}

fn why() -> Decision {
    Decision { reason: "搬错了".into() }
}

/// Asked for and agreed to.
async fn begun(world: &World, request: &NewTransfer) -> Transfer {
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    let pending = assignments::request(&world.bank, &east, request, Uuid::now_v7()).await.unwrap();
    assert_eq!((pending.state, pending.moved), (TransferState::Pending, 0));
    let begun = assignments::approve(&world.bank, &boss, pending.id, Uuid::now_v7()).await.unwrap();
    assert_eq!((begun.state, begun.decided_by.as_deref()), (TransferState::Running, Some("总裁")));
    begun
}

/// Whoever touches the assignments of this customer fails, as if the server had died there.
async fn break_at(world: &World, id: i64) {
    run(
        world,
        format!(
            "create function refuse() returns trigger language plpgsql as $$ begin
                 if new.customer_id = {id} then raise exception 'no'; end if; return new; end $$;
             create trigger refuse before insert or update on assignment for each row execute function refuse()"
        ),
    )
    .await;
}

async fn mend(world: &World) {
    run(world, "drop trigger refuse on assignment".into()).await;
}

#[sqlx::test(migrations = false)]
async fn many_move_in_batches_and_come_back_in_batches(pool: PgPool) {
    let world = World::new(pool).await;
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    let ids = customers(&world, MANY, "M-ALICE").await;
    let request = all_of("M-ALICE", "M-BO");
    let preview = assignments::preview(&world.bank, &east, &request).await.unwrap();
    assert_eq!((preview.customers, &preview.because[..]), (MANY, &[Because::ManyCustomers][..]));
    assert_eq!(preview.portfolios.iter().map(|change| change.after.customers).collect::<Vec<_>>(), [0, MANY]);

    let begun = begun(&world, &request).await;
    assert_eq!(led(&world, "M-BO").await, 0, "nothing has moved yet");
    // A feed is faster with one of them.
    run(&world, format!("update customer_summary set lead_staff_id = null where customer_id = {}", ids[7])).await;
    assert_eq!(assignments::run_batches(&world.bank).await.unwrap(), 7, "six batches and the end");
    let done = assignments::get(&world.bank, &east, begun.id).await.unwrap();
    assert_eq!((done.state, done.moved, done.left_out), (TransferState::Done, MANY as i32 - 1, 1));
    assert_eq!((led(&world, "M-BO").await, open(&world).await), (MANY - 1, 0));
    let told: i64 = sqlx::query_scalar(
        "select sum((detail ->> 'moved')::int)::bigint from audit_log where subject = 'transfer:' || $1 and detail ->> 'state' = 'running'",
    )
    .bind(begun.id.to_string())
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(told, MANY - 1, "the audit log tells of every batch");
    assert_eq!(assignments::run_batches(&world.bank).await.unwrap(), 0);

    let gone = assignments::request(&world.bank, &east, &asked(&[ids[0]], "M-ALICE"), Uuid::now_v7()).await.unwrap();
    assert_eq!(gone.state, TransferState::Done);
    let silent = assignments::revert(&world.bank, &east, begun.id, &Decision::default(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(silent.code(), Code::Invalid);
    let back = assignments::revert(&world.bank, &east, begun.id, &why(), Uuid::now_v7()).await.unwrap();
    assert_eq!((back.state, back.reverts, back.customers), (TransferState::Pending, Some(begun.id), MANY as i32 - 2));
    assignments::approve(&world.bank, &boss, back.id, Uuid::now_v7()).await.unwrap();
    assignments::run_batches(&world.bank).await.unwrap();
    let mut ends = Vec::new();
    for id in [begun.id, back.id] {
        let end = assignments::get(&world.bank, &boss, id).await.unwrap();
        ends.push((end.state, end.moved, end.left_out));
    }
    assert_eq!(ends, [(TransferState::Reverted, MANY as i32 - 1, 1), (TransferState::Done, MANY as i32 - 2, 0)]);
    assert_eq!(led(&world, "M-ALICE").await, MANY - 1);
    let parts: Vec<(NaiveDate, Option<NaiveDate>)> =
        sqlx::query_as("select lower(valid), upper(valid) from assignment where customer_id = $1 and role = 'lead'")
            .bind(ids[20])
            .fetch_all(&world.owner)
            .await
            .unwrap();
    assert_eq!(parts, [(NaiveDate::from_ymd_opt(2024, 1, 1).unwrap(), None)], "on the same day as if it had not been");
}

#[sqlx::test(migrations = false)]
async fn what_stops_between_two_batches_goes_on_or_is_cancelled(pool: PgPool) {
    let world = World::new(pool).await;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let ids = customers(&world, MANY, "M-ALICE").await;
    let first = begun(&world, &all_of("M-ALICE", "M-BO")).await;
    break_at(&world, ids[2_500]).await;
    assert!(assignments::run_batches(&world.bank).await.is_err());
    let now = assignments::get(&world.bank, &east, first.id).await.unwrap();
    assert_eq!((now.state, now.moved), (TransferState::Running, 3_000));
    assert_eq!(led(&world, "M-BO").await, 3_000, "the batch that failed left nothing behind, the one beside it is whole");
    mend(&world).await;
    // As if the server had stopped before it could count.
    run(&world, format!("update transfer set moved = 0, run_after = 0 where transfer_id = '{}'", first.id)).await;
    assignments::run_batches(&world.bank).await.unwrap();
    let done = assignments::get(&world.bank, &east, first.id).await.unwrap();
    assert_eq!((done.state, done.moved, led(&world, "M-BO").await), (TransferState::Done, MANY as i32, MANY));

    let second = begun(&world, &all_of("M-BO", "M-ALICE")).await;
    run(&world, "drop function refuse".into()).await;
    break_at(&world, ids[1_000]).await;
    assert!(assignments::run_batches(&world.bank).await.is_err());
    let other = assignments::cancel(&world.bank, &alice, second.id, &Decision::default(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(other.code(), Code::Forbidden, "she neither asked for it nor heads the branch");
    let key = Uuid::now_v7();
    let stopped = assignments::cancel(&world.bank, &east, second.id, &why(), key).await.unwrap();
    assert_eq!((stopped.state, stopped.moved, stopped.left_out), (TransferState::Cancelled, 1_000, MANY as i32 - 1_000));
    assert_eq!(assignments::cancel(&world.bank, &east, second.id, &why(), key).await.unwrap(), stopped);
    let again = assignments::cancel(&world.bank, &east, second.id, &why(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(again.code(), Code::Conflict);
    mend(&world).await;
    assert_eq!(assignments::run_batches(&world.bank).await.unwrap(), 0);
    assert_eq!((led(&world, "M-ALICE").await, open(&world).await), (1_000, 0));

    // Whom the first thousand came to, and whom they left, is told of those.
    notices::deliver(&world.bank).await.unwrap();
    let told: Vec<(String, i64)> = sqlx::query_as(
        "select kind, (detail ->> 'count')::bigint from notice where subject = 'transfer:' || $1 and kind like 'customers_%' order by kind",
    )
    .bind(second.id.to_string())
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(told, [("customers_given".to_owned(), 1_000), ("customers_received".to_owned(), 1_000)]);

    // What had moved is given back.
    let back = assignments::revert(&world.bank, &east, second.id, &why(), Uuid::now_v7()).await.unwrap();
    assert_eq!(back.customers, 1_000);
    assignments::approve(&world.bank, &world.actor("boss").await, back.id, Uuid::now_v7()).await.unwrap();
    assignments::run_batches(&world.bank).await.unwrap();
    assert_eq!(led(&world, "M-BO").await, MANY);
}

#[sqlx::test(migrations = false)]
async fn a_way_back_on_which_nobody_went_takes_nothing_back(pool: PgPool) {
    let world = World::new(pool).await;
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    customers(&world, MANY, "M-ALICE").await;
    let begun = begun(&world, &all_of("M-ALICE", "M-BO")).await;
    assignments::run_batches(&world.bank).await.unwrap();
    let back = assignments::revert(&world.bank, &east, begun.id, &why(), Uuid::now_v7()).await.unwrap();
    assignments::approve(&world.bank, &boss, back.id, Uuid::now_v7()).await.unwrap();
    run(&world, "update staff set left_on = date '2026-03-30' where code = 'M-ALICE'".into()).await;
    assignments::run_batches(&world.bank).await.unwrap();
    let back = assignments::get(&world.bank, &east, back.id).await.unwrap();
    assert_eq!((back.state, back.moved, back.left_out), (TransferState::Done, 0, MANY as i32));
    let stays = assignments::get(&world.bank, &east, begun.id).await.unwrap();
    assert_eq!((stays.state, led(&world, "M-BO").await), (TransferState::Done, MANY));
}

#[sqlx::test(migrations = false)]
async fn who_left_receives_no_batch(pool: PgPool) {
    let world = World::new(pool).await;
    customers(&world, MANY, "M-ALICE").await;
    let begun = begun(&world, &all_of("M-ALICE", "M-BO")).await;
    run(&world, "update staff set left_on = date '2026-03-30' where code = 'M-BO'".into()).await;
    assignments::run_batches(&world.bank).await.unwrap();
    let stopped = assignments::get(&world.bank, &world.actor("east").await, begun.id).await.unwrap();
    assert_eq!((stopped.state, stopped.stopped), (TransferState::Rejected, Some(Stopped::ReceiverLeft)));
    assert_eq!((led(&world, "M-ALICE").await, open(&world).await), (MANY, 0));
}

#[sqlx::test(migrations = false)]
async fn what_is_dated_begins_on_its_day_and_what_is_open_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let (alice, east, boss) = (world.actor("alice").await, world.actor("east").await, world.actor("boss").await);
    let ids = customers(&world, MANY, "M-ALICE").await;
    let small = assignments::request(&world.bank, &alice, &asked(&[ids[3]], "M-BO"), Uuid::now_v7()).await.unwrap();
    let request = NewTransfer { effective: Some("2026-04-02".parse().unwrap()), ..all_of("M-ALICE", "M-BO") };
    let overlapping = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await.unwrap_err();
    let Error::Problem(problem) = overlapping else { panic!("{overlapping}") };
    let no = CustomerNo::from_id(ids[3]).to_string();
    assert_eq!((problem.code, problem.current.unwrap()["in_transfer"].as_str()), (Code::Conflict, Some(no.as_str())));
    assert_eq!(open(&world).await, 1, "nothing was written");
    assignments::recall(&world.bank, &alice, small.id, &Decision::default(), Uuid::now_v7()).await.unwrap();

    let pending = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await.unwrap();
    let agreed = assignments::approve(&world.bank, &boss, pending.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(agreed.state, TransferState::Approved);
    assert_eq!((assignments::run_due(&world.bank).await.unwrap(), assignments::run_batches(&world.bank).await.unwrap()), (0, 0));
    run(&world, "update bank set business_date = date '2026-04-02'".into()).await;
    assert_eq!(assignments::run_due(&world.bank).await.unwrap(), 1);
    assignments::run_batches(&world.bank).await.unwrap();
    assert_eq!(led(&world, "M-BO").await, MANY);
}

#[sqlx::test(migrations = false)]
async fn what_changes_as_it_is_written_down_is_weighed_as_it_is_then(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let ids = customers(&world, 3, "M-ALICE").await;
    let text: String = ids.iter().map(|id| CustomerNo::from_id(*id).to_string() + "\n").collect();
    let file = sent(&world, &east, text).await.unwrap();
    // An evaluation of tiers comes between weighing and writing.
    run(
        &world,
        format!(
            "create function rise() returns trigger language plpgsql as $$ begin
                 update customer_summary set tier_rank = 6 where customer_id = {}; return null; end $$;
             create trigger rise after insert on transfer_item for each statement execute function rise()",
            ids[0]
        ),
    )
    .await;
    let request = NewTransfer { file: Some(file.id), ..asked(&[], "M-BO") };
    let pending = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await.unwrap();
    assert_eq!((pending.state, &pending.because[..], pending.customers), (TransferState::Pending, &[Because::HighTier][..], 3));
}

#[sqlx::test(migrations = false)]
async fn who_assists_with_more_than_one_statement_holds_is_rid_of_all(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let ids = customers(&world, MANY, "M-BO").await;
    run(
        &world,
        "insert into assignment (customer_id, staff_id, role, share, valid)
         select s.customer_id, m.staff_id, 'assist', 0, '[2025-01-01,)' from customer_summary s, staff m where m.code = 'M-ALICE'"
            .into(),
    )
    .await;
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &ids).await.unwrap();
    assert_eq!(assignments::holdings(&world.bank, &east, "M-ALICE").await.unwrap().assist, MANY);
    let release = Releasing { from: "M-ALICE".into(), heir: None, reason: "离职".into() };
    let ended = assignments::release(&world.bank, &east, &release, Uuid::now_v7()).await.unwrap().transfer.unwrap();
    assert_eq!((ended.state, ended.customers), (TransferState::Done, MANY as i32));
    assert_eq!(assignments::holdings(&world.bank, &east, "M-ALICE").await.unwrap().assist, 0);
}

#[sqlx::test(migrations = false)]
async fn a_few_do_not_wait_for_many(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    customers(&world, MANY, "M-ALICE").await;
    let many = begun(&world, &all_of("M-ALICE", "M-BO")).await;
    let few: String = customers(&world, 2, "M-ALICE").await.iter().map(|id| CustomerNo::from_id(*id).to_string() + "\n").collect();
    let file = sent(&world, &east, few).await.unwrap();
    let request = NewTransfer { file: Some(file.id), ..asked(&[], "M-BO") };
    let few = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await.unwrap();
    assert_eq!(few.state, TransferState::Running);
    assignments::run_batches(&world.bank).await.unwrap();
    let mut ends = Vec::new();
    for id in [few.id, many.id] {
        let transfer = assignments::get(&world.bank, &east, id).await.unwrap();
        assert_eq!(transfer.state, TransferState::Done);
        ends.push(transfer.done_at);
    }
    assert!(ends[0] < ends[1]);
}

async fn sent(world: &World, actor: &Actor, text: String) -> Result<TransferFile, Error> {
    let parts = [Ok::<_, Infallible>(text.into_bytes())];
    assignments::read_file(&world.bank, actor, futures::stream::iter(parts)).await
}

#[sqlx::test(migrations = false)]
async fn a_file_of_numbers_is_read_line_by_line(pool: PgPool) {
    let world = World::new(pool).await;
    let (east, west) = (world.actor("east").await, world.actor("west").await);
    let ids = customers(&world, 3, "M-ALICE").await;
    let foreign = world.customer("远人", "W1", None, 1).await;
    let no = |id: i64| CustomerNo::from_id(id).to_string();
    let text = format!("客户号\n{}\n{}\nnobody\n{}\n{}\n", no(ids[0]), no(ids[1]), no(foreign), no(ids[0]));
    let file = sent(&world, &east, text).await.unwrap();
    assert_eq!((file.customers, file.repeated, file.bad), (2, 1, 2));
    assert_eq!(
        file.lines.iter().map(|bad| (bad.line, bad.text.clone(), bad.is_number)).collect::<Vec<_>>(),
        [(4, "nobody".into(), false), (5, no(foreign), true)]
    );
    let request = NewTransfer { file: Some(file.id), ..asked(&[], "M-BO") };
    let others = assignments::request(&world.bank, &west, &NewTransfer { to: "M-WANG".into(), ..request.clone() }, Uuid::now_v7()).await;
    assert_eq!(others.unwrap_err().code(), Code::Invalid, "another's file");
    let both = NewTransfer { customers: vec![CustomerNo::from_id(ids[2])], ..request.clone() };
    let both = assignments::request(&world.bank, &east, &both, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(both.code(), Code::Invalid);
    let moved = assignments::request(&world.bank, &east, &request, Uuid::now_v7()).await.unwrap();
    assert_eq!((moved.state, moved.customers), (TransferState::Running, 2));
    assignments::run_batches(&world.bank).await.unwrap();
    assert_eq!((led(&world, "M-BO").await, led(&world, "M-ALICE").await), (2, 1));

    let nobody = sent(&world, &east, "客户号\n".into()).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Invalid);
    let too_many: String = (0..=1_000_000).map(|id| no(id) + "\n").collect();
    let refused = sent(&world, &east, too_many).await.unwrap_err();
    let Error::Problem(problem) = refused else { panic!("{refused}") };
    assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::Invalid, "file"));
    let list = NewTransfer { customers: (0..=1_000_000).map(CustomerNo::from_id).collect(), ..asked(&[], "M-BO") };
    let refused = assignments::request(&world.bank, &east, &list, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
    let kept: i64 = sqlx::query_scalar("select count(*) from transfer").fetch_one(&world.owner).await.unwrap();
    assert_eq!(kept, 1, "what is refused changes nothing");
}

#[sqlx::test(migrations = false)]
async fn a_portfolio_of_more_than_a_transaction_holds_is_divided_and_moved_in_batches(pool: PgPool) {
    let world = World::new(pool).await;
    let (east, boss) = (world.actor("east").await, world.actor("boss").await);
    run(&world, "insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 103, true)".into()).await;
    let ids = customers(&world, MANY, "M-ALICE").await;
    let split =
        SplitRequest { from: "M-ALICE".into(), to: vec!["M-BO".into(), "M-CEN".into()], rule: SplitRule::Customers, together: true };
    let proposal = assignments::propose(&world.bank, &east, &split).await.unwrap();
    assert_eq!(proposal.items.len() as i64, MANY);
    let to_bo = proposal.items.iter().filter(|item| item.to == "M-BO").count() as i64;
    assert!((2 * to_bo - MANY).abs() <= 1, "evenly");
    let known = CustomerNo::from_id(ids[7]);
    let asked_for = NewHandover {
        from: "M-ALICE".into(),
        items: proposal.items.iter().map(|item| (item.customer_no, item.to.clone())).collect(),
        notes: [(known, "只在晚上接电话".to_owned())].into(),
        reason: "离职".into(),
        effective: None,
    };
    let key = Uuid::now_v7();
    let pending = assignments::handover(&world.bank, &east, &asked_for, key).await.unwrap();
    assert_eq!((pending.state, i64::from(pending.customers), pending.receivers), (TransferState::Pending, MANY, 2));
    assert_eq!(assignments::handover(&world.bank, &east, &asked_for, key).await.unwrap(), pending, "once under one key");
    let again = assignments::handover(&world.bank, &east, &asked_for, Uuid::now_v7()).await.unwrap_err();
    assert_eq!((again.code(), open(&world).await), (Code::Conflict, MANY), "they are in an open transfer");
    assignments::approve(&world.bank, &boss, pending.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(assignments::run_batches(&world.bank).await.unwrap(), 7, "six batches and the end");
    let done = assignments::get(&world.bank, &east, pending.id).await.unwrap();
    assert_eq!((done.state, i64::from(done.moved), done.left_out), (TransferState::Done, MANY, 0));
    assert_eq!((led(&world, "M-ALICE").await, led(&world, "M-BO").await, led(&world, "M-CEN").await), (0, to_bo, MANY - to_bo));
    let note: String =
        sqlx::query_scalar("select note from transfer_item where customer_id = $1").bind(ids[7]).fetch_one(&world.owner).await.unwrap();
    assert_eq!(note, "只在晚上接电话");
    // Whoever is not the leaver's is told of, and nothing is written.
    let late = assignments::handover(&world.bank, &east, &asked_for, Uuid::now_v7()).await.unwrap_err();
    assert_eq!((late.code(), open(&world).await), (Code::Conflict, 0));
    let too_many = NewHandover { items: (0..=50_000).map(|id| (CustomerNo::from_id(id), "M-BO".into())).collect(), ..asked_for };
    assert_eq!(assignments::handover(&world.bank, &east, &too_many, Uuid::now_v7()).await.unwrap_err().code(), Code::Invalid);
}
