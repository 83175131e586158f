//! Managers help themselves from the pool of their unit: as many as the bank allows, not whom they gave away lately,
//! and each customer once.

use guanhu_crm::{Error, assignments, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{Decision, POOL, Transfer, TransferState},
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{asked, lead, move_business_date};

async fn open(world: &World, per_day: i64, cooldown_days: i64) {
    sqlx::query("insert into parameter (key, value) values ('pool.pick', $1) on conflict (key) do update set value = excluded.value")
        .bind(serde_json::json!({ "per_day": per_day, "cooldown_days": cooldown_days }))
        .execute(&world.owner)
        .await
        .unwrap();
}

async fn pick(world: &World, login: &str, id: i64) -> Result<Transfer, Error> {
    assignments::pick(&world.bank, &world.actor(login).await, CustomerNo::from_id(id), Uuid::now_v7()).await
}

/// Names, days in the pool, from when it may be picked; and how many are left today.
async fn seen(world: &World, login: &str) -> (Vec<(String, i64, Option<String>)>, i64) {
    let page = assignments::pool(&world.bank, &world.actor(login).await, None).await.unwrap();
    let items = page.items.into_iter().map(|item| (item.name, item.days, item.free_from.map(|day| day.to_string()))).collect();
    (items, page.left_today)
}

#[sqlx::test(migrations = false)]
async fn as_many_as_one_may_and_not_whom_one_gave_away_lately(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let old = world.customer("赵一", "E1", None, 90_000).await;
    let given = world.customer("钱二", "E1", Some("M-ALICE"), 80_000).await;
    let more = world.customer("孙三", "E1", None, 70_000).await;
    let elsewhere = world.customer("李四", "E2", None, 60_000).await;
    let led = world.customer("周五", "E1", Some("M-BO"), 50_000).await;
    assignments::request(&world.bank, &east, &asked(&[given], POOL), Uuid::now_v7()).await.unwrap();
    move_business_date(&world, "2026-04-10").await;

    assert_eq!(seen(&world, "alice").await, (Vec::new(), 0), "not open");
    assert_eq!(pick(&world, "alice", old).await.unwrap_err().code(), Code::Invalid);
    open(&world, 2, 30).await;
    let days = 2_170;
    let waiting = |name: &str, days, free: Option<&str>| (name.to_owned(), days, free.map(str::to_owned));
    assert_eq!(
        seen(&world, "alice").await,
        (vec![waiting("赵**", days, None), waiting("孙**", days, None), waiting("钱**", 10, Some("2026-04-30"))], 2),
        "who waits longest first, and no more of the name than it takes"
    );

    let key = Uuid::now_v7();
    let alice = world.actor("alice").await;
    let picked = assignments::pick(&world.bank, &alice, CustomerNo::from_id(old), key).await.unwrap();
    assert_eq!((picked.state, lead(&world, old).await.as_deref()), (TransferState::Done, Some("M-ALICE")));
    assert_eq!(assignments::pick(&world.bank, &alice, CustomerNo::from_id(old), key).await.unwrap(), picked, "once");
    for (id, code) in [(given, Code::Invalid), (elsewhere, Code::NotFound), (led, Code::NotFound), (999_999, Code::NotFound)] {
        assert_eq!(pick(&world, "alice", id).await.unwrap_err().code(), code, "{id}");
    }
    assert_eq!(pick(&world, "bo", given).await.unwrap().state, TransferState::Done, "another one may have it");
    assert_eq!(pick(&world, "east", more).await.unwrap_err().code(), Code::Forbidden, "who heads a unit moves customers");

    // Who needs a second person whoever asks still does, and counts.
    sqlx::query("update customer_summary set tier_rank = 6 where customer_id = $1").bind(more).execute(&world.owner).await.unwrap();
    let rich = pick(&world, "alice", more).await.unwrap();
    assert_eq!((rich.state, lead(&world, more).await), (TransferState::Pending, None));
    let third = world.customer("吴六", "E1", None, 10).await;
    assert_eq!(seen(&world, "alice").await, (vec![waiting("吴**", days, None)], 0), "asked for, it is not offered");
    assert_eq!(pick(&world, "alice", third).await.unwrap_err().code(), Code::Invalid, "two a day");
    let east = world.actor("east").await;
    assert_eq!(assignments::approve(&world.bank, &east, rich.id, Uuid::now_v7()).await.unwrap().state, TransferState::Done);
    assert_eq!(lead(&world, more).await.as_deref(), Some("M-ALICE"));
    move_business_date(&world, "2026-04-11").await;
    assert_eq!(pick(&world, "alice", third).await.unwrap().state, TransferState::Done, "tomorrow again");

    // The cool-down ends on its day; what the head gives back is nobody's pick.
    assignments::request(&world.bank, &world.actor("east").await, &asked(&[given], POOL), Uuid::now_v7()).await.unwrap();
    move_business_date(&world, "2026-04-29").await;
    assert_eq!(pick(&world, "alice", given).await.unwrap_err().code(), Code::Invalid);
    move_business_date(&world, "2026-04-30").await;
    assert_eq!(pick(&world, "bo", given).await.unwrap_err().code(), Code::Invalid, "now it is his turn to wait");
    assert_eq!(pick(&world, "alice", given).await.unwrap().state, TransferState::Done);

    let told: Vec<String> = sqlx::query_scalar(
        "select login || ' ' || (detail ->> 'state') from audit_log where verb = 'pool.pick' and outcome = 'done' and subject = 'customer:' || $1 order by audit_id",
    )
    .bind(CustomerNo::from_id(given).to_string())
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(told, ["bo done", "alice done"]);
}

#[sqlx::test(migrations = false)]
async fn of_two_who_pick_at_once_one_gets_it(pool: PgPool) {
    let world = World::new(pool).await;
    open(&world, 1_000, 0).await;
    for at in 0..20 {
        let id = world.customer("赵一", "E1", None, at).await;
        let (alice, bo) = tokio::join!(pick(&world, "alice", id), pick(&world, "bo", id));
        let winner = if alice.is_ok() { "M-ALICE" } else { "M-BO" };
        assert_eq!(lead(&world, id).await.as_deref(), Some(winner));
        let loser = [alice, bo].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert_eq!(loser.iter().map(Error::code).collect::<Vec<_>>(), [Code::Conflict]);
    }
    // One who picks twice at once has no more than one may.
    open(&world, 1, 0).await;
    move_business_date(&world, "2026-04-10").await;
    let (one, other) = (world.customer("钱二", "E1", None, 1).await, world.customer("孙三", "E1", None, 1).await);
    let (one, other) = tokio::join!(pick(&world, "alice", one), pick(&world, "alice", other));
    assert_eq!([one.is_ok(), other.is_ok()].into_iter().filter(|done| *done).count(), 1);

    // A pick that the head does not agree to gives the day's number back.
    let rich = world.customer("李四", "E1", None, 1).await;
    sqlx::query("update customer_summary set tier_rank = 6 where customer_id = $1").bind(rich).execute(&world.owner).await.unwrap();
    let pending = pick(&world, "bo", rich).await.unwrap();
    let why = Decision { reason: "另有安排".into() };
    assignments::reject(&world.bank, &world.actor("east").await, pending.id, &why, Uuid::now_v7()).await.unwrap();
    assert_eq!(seen(&world, "bo").await.1, 1);
}
