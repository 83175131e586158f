//! The system page tells how the deployment is, the servers' own work included.

use guanhu_crm::{Actor, audit::seal, feeds, system, testing::World};
use guanhu_domain::{
    feeds::RunState,
    system::{Chore, JobState, Upkeep},
};
use sqlx::PgPool;

async fn chore(world: &World, chore: Chore) -> Upkeep {
    let state = system::state(&world.bank, &world.actor("admin").await).await.unwrap();
    state.upkeep.into_iter().find(|work| work.chore == chore).unwrap()
}

#[sqlx::test(migrations = false)]
async fn work_that_waits_is_counted_and_what_was_done_says_when(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    sqlx::raw_sql(
        "insert into audit_log (login, role, verb, subject, outcome) values ('alice', 'manager', 'customer.view', 'customer:1', 'viewed');
         insert into contribution_month (month, state, as_of, ready, message) values ('2026-02-01', 'open', '2026-02-28', false, 'no transfer prices for CNY');
         insert into contribution_month (month, state, as_of, ready) values ('2026-01-01', 'closed', '2026-01-31', true);
         insert into transfer (transfer_id, state, role, reason, effective, org_ids, customers, aum, requested_by)
             select gen_random_uuid(), 'approved', 'lead', 'x', date '2026-03-31', '{103}', 1, 0, user_id from app_user where login = 'east'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::query("insert into customer_tier_recheck (customer_id) values ($1)").bind(id).execute(&world.owner).await.unwrap();

    let sealing = chore(&world, Chore::Seal).await;
    assert!(sealing.last_at.is_none() && sealing.waiting >= 1, "{sealing:?}");
    seal::seal(&world.bank, &Actor::system(), None).await.unwrap();
    let sealed = chore(&world, Chore::Seal).await;
    assert!(sealed.last_at.is_some() && sealed.waiting < sealing.waiting + 1, "{sealed:?}");
    let months = chore(&world, Chore::Months).await;
    assert_eq!(
        (months.through.map(|month| month.to_string()).as_deref(), months.trouble.as_str()),
        (Some("2026-01-01"), "no transfer prices for CNY")
    );
    assert_eq!(chore(&world, Chore::Tiers).await.waiting, 1);
    assert_eq!(chore(&world, Chore::Transfers).await.waiting, 1);
}

#[sqlx::test(migrations = false)]
async fn jobs_and_feeds_say_how_they_stand_and_who_asked(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::raw_sql(
        "insert into job (job_id, kind, state, requested_by, created_at, started_at, leased_until, result)
             select gen_random_uuid(), 'feed.import', 'running', user_id, now(), now(), now() + interval '1 minute', null from app_user where login = 'admin';
         insert into job (job_id, kind, state, requested_by, created_at, started_at, leased_until)
             select gen_random_uuid(), 'feed.import', 'running', user_id, now() - interval '1 hour', now() - interval '1 hour', now() - interval '50 minutes' from app_user where login = 'admin';
         insert into job (job_id, kind, state, created_at, started_at, finished_at, result)
             values (gen_random_uuid(), 'feed.import', 'done', now() - interval '3 days', now() - interval '3 days', now() - interval '3 days', '{\"rows\": \"张小伟 13800001234\"}');
         insert into import_run (run_id, feed, profile, business_date, state, read_rows, rejected) values (gen_random_uuid(), 'core', 'core', '2026-03-31', 'refused', 10, 9)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let state = system::state(&world.bank, &world.actor("admin").await).await.unwrap();
    let told: Vec<_> = state.jobs.iter().map(|job| (job.state, job.by.as_deref(), job.finished_at.is_some())).collect();
    assert_eq!(told, [(JobState::Running, Some("管理"), false), (JobState::Lost, Some("管理"), false), (JobState::Done, None, true)]);
    assert_eq!((state.feeds[0].state, state.feeds[0].rejected), (RunState::Refused, 9));

    // What a job quotes of rejected rows is not kept with it.
    assert_eq!(feeds::forget(&world.bank).await.unwrap(), 1);
    let left: i64 = sqlx::query_scalar("select count(*) from job where result is not null").fetch_one(&world.owner).await.unwrap();
    assert_eq!(left, 0);
}
