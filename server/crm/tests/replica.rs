//! Whose reads may come from a replica. The replica here is the same database through which an older copy
//! of the summaries is seen.

use guanhu_crm::{Actor, Bank, Keys, customers, testing::World, views};
use guanhu_domain::customers::{CustomerQuery, ViewDraft};
use sqlx::PgPool;

const PLACE: u64 = 10;

async fn names(bank: &Bank, actor: &Actor) -> Vec<String> {
    customers::list(bank, actor, &CustomerQuery::default()).await.unwrap().items.into_iter().map(|item| item.name).collect()
}

#[sqlx::test(migrations = false)]
async fn nobody_reads_less_than_he_wrote(pool: PgPool) {
    let world = World::new(pool).await;
    world.customer("旧客户", "E1", Some("M-ALICE"), 100).await;
    sqlx::raw_sql(
        "create schema stale; create table stale.customer_summary as table public.customer_summary;
         grant usage on schema stale to guanhu_app; grant select on stale.customer_summary to guanhu_app",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    world.customer("新客户", "E1", Some("M-ALICE"), 50).await;
    let stale = world.owner.connect_options().as_ref().clone().options([("role", "guanhu_app"), ("search_path", "stale,public")]);
    let bank = world.bank.clone().with_replica_at(stale, PLACE);
    let east = world.actor("east").await;

    assert_eq!(names(&world.bank, &east).await, ["旧客户", "新客户"]);
    assert_eq!(names(&bank, &east).await, ["旧客户"], "whoever wrote nothing reads from the replica");
    let ahead = Actor { seen: PLACE + 1, ..east.clone() };
    assert_eq!(names(&bank, &ahead).await, ["旧客户", "新客户"], "what is not replayed yet comes from the primary");
    let replayed = Actor { seen: PLACE, ..east.clone() };
    assert_eq!(names(&bank, &replayed).await, ["旧客户"]);

    let draft = ViewDraft { page: "customers".into(), name: "我的".into(), shared: false, definition: serde_json::json!({}) };
    let saved = views::save_view(&bank, &replayed, &draft, uuid::Uuid::now_v7()).await;
    assert!(saved.is_ok(), "{saved:?}");
    assert_eq!(names(&bank, &replayed).await, ["旧客户", "新客户"], "a request that wrote goes on at the primary");
}

#[sqlx::test(migrations = false)]
async fn a_write_is_remembered_with_its_session(pool: PgPool) {
    let world = World::new(pool).await;
    let options = world.owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let bank = world.bank.clone().with_replica_at(options, PLACE);
    let session_id: uuid::Uuid = sqlx::query_scalar(
        "insert into session (session_id, token_hash, user_id, kind, expires_at)
         select gen_random_uuid(), 'x', user_id, 'api', now() + interval '1 hour' from app_user where login = 'east' returning session_id",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    let east = Actor { session_id: Some(session_id), ..world.actor("east").await };
    let wrote_to = async || -> Option<String> {
        sqlx::query_scalar("select wrote_to::text from session where session_id = $1")
            .bind(session_id)
            .fetch_one(&world.owner)
            .await
            .unwrap()
    };
    names(&bank, &east).await;
    bank.remember_writes(&east).await.unwrap();
    assert_eq!(wrote_to().await, None, "reading is no writing");
    customers::view(&bank, &east, guanhu_domain::CustomerNo::from_id(world.customer("张三", "E1", None, 1).await)).await.unwrap();
    bank.remember_writes(&east).await.unwrap();
    assert_eq!(wrote_to().await, None, "nor is being audited for it");
    guanhu_crm::access::session::revoke_others(&bank, &east).await.unwrap();
    bank.remember_writes(&east).await.unwrap();
    assert!(wrote_to().await.is_some());
}

/// Nothing listens there.
#[sqlx::test(migrations = false)]
async fn a_replica_that_is_away_is_none(pool: PgPool) {
    let world = World::new(pool).await;
    world.customer("张三", "E1", Some("M-ALICE"), 100).await;
    let bank = Bank::over(world.bank.pool().clone(), Keys::derive(b"only for tests, and long enough to be a secret"))
        .with_replica("postgres://nobody@127.0.0.1:1/nothing", false, 2)
        .unwrap();
    assert_eq!(names(&bank, &world.actor("east").await).await, ["张三"]);
    bank.replica_caught_up().await.unwrap();
}
