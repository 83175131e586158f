//! Trying a version out tells how many would move and why, and nothing of any one of them.

use guanhu_crm::{
    testing::World,
    tiers::{self, shipped},
};
use guanhu_domain::{
    Code,
    customers::Kind,
    rules::{Condition, Op, RuleSet, Value},
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{draft, rich, scheme};

#[sqlx::test(migrations = false)]
async fn whoever_writes_a_rule_finds_nobody_by_it(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for at in 0..12 {
        let (unit, lead) = if at < 6 { ("E1", "M-ALICE") } else { ("W1", "M-WANG") };
        ids.push(world.customer("张小伟", unit, Some(lead), 60_000).await);
    }
    scheme(&world).await;
    for id in &ids[..6] {
        rich(&world, *id, 7_000_000).await;
    }
    rich(&world, ids[11], 600_000).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let admin = world.actor("admin").await;

    // The highest tier goes: six in the east lose it. One in the west has a rare trade.
    sqlx::query("update customer set occupation = '驯兽师' where customer_id = $1").bind(ids[7]).execute(&world.owner).await.unwrap();
    let mut definition = shipped::definition(Kind::Personal);
    definition.tiers.pop();
    let diamond = definition.tiers.last_mut().unwrap();
    let tamer = Condition::Compare { field: "occupation".into(), op: Op::Contains, value: Value::Text("驯兽".into()) };
    diamond.rule = RuleSet::new(Condition::Any(vec![diamond.rule.when.clone(), tamer]));
    let saved = tiers::save(&world.bank, &admin, "personal", &draft(definition), Uuid::now_v7()).await.unwrap();
    let told = tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.unwrap();
    let moves: Vec<_> = told.moves.iter().map(|one| (one.from.as_str(), one.to.as_str(), one.customers, one.step)).collect();
    assert_eq!(moves, [("gold", "gold", 5, 0), ("platinum", "platinum", 1, 0), ("private", "diamond", 6, -1)]);
    assert_eq!((told.up, told.down, told.customers), (0, 6, 12));
    let branches: Vec<_> =
        told.branches.iter().map(|one| (one.code.as_str(), one.up, one.down, one.contacts_now == one.contacts_then)).collect();
    assert_eq!(branches, [("EAST", 0, 6, false), ("WEST", 0, 0, true)]);
    assert_eq!(told.movers.len(), 1);
    assert_eq!((told.movers[0].to.as_str(), told.movers[0].share), ("diamond", 100));
    // No figure of anybody, no name, no trade: here and in what is kept.
    let kept: String = sqlx::query_scalar("select simulation::text from tier_version where version = $1")
        .bind(saved.number)
        .fetch_one(&world.owner)
        .await
        .unwrap();
    for secret in ["700000000", "驯兽", "张小伟"] {
        assert!(!kept.contains(secret), "{kept}");
    }

    // One at a time.
    let mut other = world.owner.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtext('tiers.simulate'))").execute(&mut *other).await.unwrap();
    let busy = tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.unwrap_err();
    assert_eq!(busy.code(), Code::Busy);
}

#[sqlx::test(migrations = false)]
async fn what_it_takes_is_told_by_lead_and_whoever_waits_can_stop_it(pool: PgPool) {
    let world = World::new(pool).await;
    for at in 0..12 {
        let (unit, lead) = if at < 8 { ("E1", "M-ALICE") } else { ("W1", "M-WANG") };
        world.customer("张小伟", unit, Some(lead), 60_000).await;
    }
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let admin = world.actor("admin").await;
    let mut definition = shipped::definition(Kind::Personal);
    super::floor(&mut definition, "platinum", 50_001);
    let saved = tiers::save(&world.bank, &admin, "personal", &draft(definition), Uuid::now_v7()).await.unwrap();
    let told = tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.unwrap();
    let managers: Vec<_> =
        told.managers.iter().map(|one| (one.code.as_str(), one.customers, one.up, one.load_now, one.load_then)).collect();
    // Gold is the third of six, platinum the fourth; four are too few to be told.
    assert_eq!(managers, [("M-ALICE", 8, 8, 24, 32), ("M-WANG", 4, 0, 12, 12)]);
    let alice = &told.managers[0];
    assert_eq!((alice.contacts_now, alice.contacts_then, alice.capacity), (8 * 36_525 / 90 / 1_200, 8 * (36_525 / 45) / 1_200, 400));
    assert_eq!(tiers::trial(&world.bank, &admin, "personal").await.unwrap(), None, "over");
    assert_eq!(tiers::cancel_trial(&world.bank, &admin, "personal").await.unwrap_err().code(), Code::NotFound);

    // Stopped while it lasts: it waits for the averages, which this transaction holds.
    let mut held = world.owner.begin().await.unwrap();
    sqlx::query("lock table customer_average in access exclusive mode").execute(&mut *held).await.unwrap();
    let simulating = tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision);
    let stopping = async {
        let seen = loop {
            if let Some(trial) = tiers::trial(&world.bank, &admin, "personal").await.unwrap() {
                break trial;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((seen.number, seen.done), (saved.number, 0));
        tiers::cancel_trial(&world.bank, &admin, "personal").await.unwrap();
        held.rollback().await.unwrap();
    };
    let (simulated, ()) = tokio::join!(simulating, stopping);
    assert_eq!(simulated.unwrap_err().code(), Code::Cancelled);
    assert_eq!(tiers::trial(&world.bank, &admin, "personal").await.unwrap(), None);
    assert!(tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.is_ok());
}

#[sqlx::test(migrations = false)]
async fn who_closes_the_page_stops_nothing_and_a_server_that_died_tells_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let admin = world.actor("admin").await;
    let saved = tiers::save(&world.bank, &admin, "personal", &draft(shipped::definition(Kind::Personal)), Uuid::now_v7()).await.unwrap();

    // Left behind by a server that died: nobody is at it.
    sqlx::query("insert into tier_trial (scheme_id, version, total) select scheme_id, $1, 9 from tier_scheme where code = 'personal'")
        .bind(saved.number)
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(tiers::trial(&world.bank, &admin, "personal").await.unwrap(), None);
    assert_eq!(tiers::cancel_trial(&world.bank, &admin, "personal").await.unwrap_err().code(), Code::NotFound);

    let mut held = world.owner.begin().await.unwrap();
    sqlx::query("lock table customer_average in access exclusive mode").execute(&mut *held).await.unwrap();
    let simulating = {
        let (bank, admin) = (world.bank.clone(), admin.clone());
        tokio::spawn(async move { tiers::simulate(&bank, &admin, "personal", saved.number, saved.revision).await })
    };
    while tiers::trial(&world.bank, &admin, "personal").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    simulating.abort();
    assert!(simulating.await.unwrap_err().is_cancelled());
    held.rollback().await.unwrap();
    while tiers::trial(&world.bank, &admin, "personal").await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    let kept: bool = sqlx::query_scalar("select simulation is not null from tier_version where version = $1")
        .bind(saved.number)
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert!(kept, "whoever comes back finds the result");
}
