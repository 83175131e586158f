//! The log is searched by its auditor, sealed without waiting for writers, and tells where it was touched.

use guanhu_crm::{
    Actor,
    audit::{
        self, Entry,
        seal::{self, Difference},
        search,
    },
    testing::World,
};
use guanhu_domain::access::{Verb, audit::AuditFilter};
use sqlx::PgPool;

async fn write(world: &World, subject: &str) -> i64 {
    let mut tx = world.bank.begin().await.unwrap();
    audit::record(&mut tx, &world.actor("alice").await, Entry::done(Verb::CustomerEdit, subject)).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query_scalar("select max(audit_id) from audit_log").fetch_one(&world.owner).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn the_auditor_finds_who_did_what_page_by_page(pool: PgPool) {
    let world = World::new(pool).await;
    for n in 0..5 {
        write(&world, &format!("customer:{n}")).await;
    }
    let auditor = world.actor("auditor").await;
    let mut filter = AuditFilter { actor: Some("Alice".into()), limit: Some(2), ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = search::search(&world.bank, &auditor, &filter).await.unwrap();
        found.extend(page.items.into_iter().map(|item| item.subject));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["customer:4", "customer:3", "customer:2", "customer:1", "customer:0"]);
    let by_subject = AuditFilter { subject: Some("customer:3".into()), ..Default::default() };
    assert_eq!(search::search(&world.bank, &auditor, &by_subject).await.unwrap().items.len(), 1);
    let tomorrow = AuditFilter { from: Some(chrono::Utc::now().date_naive() + chrono::Days::new(2)), ..Default::default() };
    assert!(search::search(&world.bank, &auditor, &tomorrow).await.unwrap().items.is_empty());
    world.bank.flush().await;
    let looked: i64 = sqlx::query_scalar("select count(*) from audit_log where verb = 'audit.search' and outcome = 'viewed'")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(looked, 5);
}

#[sqlx::test(migrations = false)]
async fn a_row_that_commits_late_is_sealed_with_the_others_or_not_at_all(pool: PgPool) {
    let world = World::new(pool).await;
    write(&world, "customer:1").await;
    let mut late = world.bank.begin().await.unwrap();
    audit::record(&mut late, &world.actor("bo").await, Entry::done(Verb::CustomerEdit, "customer:2")).await.unwrap();
    write(&world, "customer:3").await;
    let waiting = seal::seal(&world.bank, &Actor::system(), None).await.unwrap();
    assert!(waiting.is_waiting && waiting.rows == 0);
    late.commit().await.unwrap();
    assert_eq!(seal::seal(&world.bank, &Actor::system(), None).await.unwrap().rows, 3);
    let verdict = seal::verify(&world.bank, &Actor::system(), None).await.unwrap();
    assert_eq!((verdict.rows, verdict.unsealed, verdict.difference), (3, 0, None));
}

#[sqlx::test(migrations = false)]
async fn whatever_is_touched_is_named(pool: PgPool) {
    let world = World::new(pool).await;
    let file = std::env::temp_dir().join(format!("guanhu-seals-{}.jsonl", uuid::Uuid::now_v7()));
    let ids = [write(&world, "a").await, write(&world, "b").await, write(&world, "c").await];
    sqlx::query("select nextval('audit_log_audit_id_seq')").execute(&world.owner).await.unwrap();
    seal::seal(&world.bank, &Actor::system(), Some(&file)).await.unwrap();
    write(&world, "d").await;
    seal::seal(&world.bank, &Actor::system(), Some(&file)).await.unwrap();
    write(&world, "not sealed yet").await;
    let verdict = async || seal::verify(&world.bank, &Actor::system(), Some(&file)).await.unwrap();
    let sound = verdict().await;
    assert_eq!((sound.seals, sound.rows, sound.unsealed, sound.difference), (2, 4, 1, None));

    let owner = &world.owner;
    sqlx::query("create table kept as select * from audit_log where subject = 'b'").execute(owner).await.unwrap();
    let cases = [
        (
            "update audit_log set reason = 'x' where subject = 'b'",
            "update audit_log set reason = '' where subject = 'b'",
            Difference::RowChanged { audit_id: ids[1] },
        ),
        (
            "delete from audit_log where subject = 'b'",
            "insert into audit_log overriding system value select * from kept",
            Difference::RowsRemoved { after: ids[0], before: ids[2] },
        ),
        (
            "insert into audit_log (audit_id, login, role, verb, outcome) overriding system value values (4, 'x', 'x', 'x', 'done')",
            "delete from audit_log where login = 'x'",
            Difference::RowAdded { audit_id: 4 },
        ),
        ("update audit_seal set digest = '\\x00' where seal_id = 1", "", Difference::SealChanged { seal_id: 1 }),
    ];
    for (touch, mend, expected) in cases {
        sqlx::query(touch).execute(owner).await.unwrap();
        assert_eq!(verdict().await.difference, Some(expected), "{touch}");
        if !mend.is_empty() {
            sqlx::query(mend).execute(owner).await.unwrap();
            assert_eq!(verdict().await.difference, None, "{mend}");
        }
    }
    std::fs::remove_file(file).unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_cut_off_end_shows_in_the_file_outside(pool: PgPool) {
    let world = World::new(pool).await;
    let file = std::env::temp_dir().join(format!("guanhu-seals-{}.jsonl", uuid::Uuid::now_v7()));
    for subject in ["a", "b"] {
        write(&world, subject).await;
        seal::seal(&world.bank, &Actor::system(), Some(&file)).await.unwrap();
    }
    sqlx::query("delete from audit_seal where seal_id = 2").execute(&world.owner).await.unwrap();
    sqlx::query("delete from audit_log where subject = 'b'").execute(&world.owner).await.unwrap();
    let inside = seal::verify(&world.bank, &Actor::system(), None).await.unwrap();
    assert_eq!(inside.difference, None, "the database alone cannot know");
    let outside = seal::verify(&world.bank, &Actor::system(), Some(&file)).await.unwrap();
    assert_eq!(outside.difference, Some(Difference::NotAsOutside { seal_id: 2 }));
    std::fs::remove_file(file).unwrap();
}
