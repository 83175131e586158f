//! Trying a version out tells its author how many would move and why, and nothing of any one of them; who they are is told
//! to whoever has them.

use guanhu_crm::{
    testing::World,
    tiers::{self, shipped},
};
use guanhu_domain::{
    Code,
    customers::{Kind, Slice},
    rules::{Condition, Fact, Op, RuleSet, Value},
    tiers::{MoverQuery, MoverWay, Service, TierMover, VersionState},
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
    // Held against what managers can make, on top of what the companies whom they lead ask for.
    assert_eq!(alice.service, Service { contacts_others: 0, contacts_capacity: 120 });
    sqlx::query("insert into parameter (key, value) values ('service.contacts_per_month', '4')").execute(&world.owner).await.unwrap();
    let mut conn = world.owner.acquire().await.unwrap();
    shipped::found(&mut conn, Kind::Corporate, "2026-01-01".parse().unwrap()).await.unwrap();
    drop(conn);
    let firm = world.customer("城东商行", "E1", Some("M-ALICE"), 60_000).await;
    sqlx::query(
        "update customer_summary set kind = 'corporate', tier_id = (select tier_id from tier t join tier_scheme using (scheme_id)
             where customer_kind = 'corporate' order by t.rank desc limit 1) where customer_id = $1",
    )
    .bind(firm)
    .execute(&world.owner)
    .await
    .unwrap();
    let days = shipped::definition(Kind::Corporate).tiers.last().unwrap().contact_days.unwrap();
    let told = tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.unwrap();
    let others = 36_525 / i64::from(days) / 1_200;
    let alice = &told.managers[0];
    assert_eq!(alice.service, Service { contacts_others: others, contacts_capacity: 4 });
    assert!(others > 0 && alice.contacts_then + others > 4 && alice.service.overruns(alice.contacts_now, alice.contacts_then), "{alice:?}");
    let managers: i64 =
        sqlx::query_scalar("select count(*) from staff where is_manager and left_on is null").fetch_one(&world.owner).await.unwrap();
    assert_eq!((told.service.contacts_capacity, told.contacts_each), (4 * managers, 4));
    assert_eq!(told.branches.iter().map(|branch| branch.service.contacts_capacity).sum::<i64>(), 4 * managers);
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

#[sqlx::test(migrations = false)]
async fn whoever_has_the_customers_reads_who_would_move_and_why(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (unit, lead, yuan) in
        [("E1", "M-ALICE", 60_000), ("E1", "M-ALICE", 600_000), ("E2", "M-BO", 60_000), ("W1", "M-WANG", 60_000), ("W1", "M-WANG", 900_000)]
    {
        ids.push(world.customer("张小伟", unit, Some(lead), yuan).await);
    }
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    // Gold takes more, or a rich relative; platinum with 900,000 becomes diamond.
    let mut definition = shipped::definition(Kind::Personal);
    super::floor(&mut definition, "gold", 100_000);
    super::floor(&mut definition, "diamond", 800_000);
    let gold = definition.tiers.iter_mut().find(|tier| tier.code == "gold").unwrap();
    let related =
        serde_json::json!({ "related": { "kind": "spouse", "who": { "compare": { "field": "aum", "op": "ge", "value": 80_000_000 } } } });
    gold.rule.when = Condition::Any(vec![gold.rule.when.clone(), serde_json::from_value(related).unwrap()]);
    let (admin, east, west, boss) =
        (world.actor("admin").await, world.actor("east").await, world.actor("west").await, world.actor("boss").await);
    let saved = tiers::save(&world.bank, &admin, "personal", &draft(definition), Uuid::now_v7()).await.unwrap();
    let everybody = MoverQuery::default();
    let untried = tiers::movers(&world.bank, &east, "personal", saved.number, &everybody).await.unwrap_err();
    assert_eq!(untried.code(), Code::NotFound, "nobody has tried it out");
    tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.unwrap();
    let seen = tiers::schemes(&world.bank, &east).await.unwrap()[0].version(saved.number).cloned().unwrap();
    assert_eq!((seen.state, seen.simulation), (VersionState::Simulated, None), "and no figure of other branches");

    let told = |slice: &Slice<TierMover>| -> Vec<_> {
        let code = |tier: &Option<guanhu_domain::customers::TierRef>| tier.as_ref().map(|tier| tier.code.clone()).unwrap_or_default();
        slice.items.iter().map(|one| (one.customer_no.id(), one.way, code(&one.from), code(&one.to))).collect()
    };
    // In the order of keys, which units have a part of each.
    let in_order = |mut told: Vec<(i64, MoverWay, String, String)>| {
        told.sort_by_key(|(id, ..)| *id);
        told
    };
    let down = |id| (id, MoverWay::Down, "gold".to_owned(), "regular".to_owned());
    let all = tiers::movers(&world.bank, &boss, "personal", saved.number, &everybody).await.unwrap();
    let up = (ids[4], MoverWay::Up, "platinum".to_owned(), "diamond".to_owned());
    assert_eq!(told(&all), in_order(vec![down(ids[0]), down(ids[2]), down(ids[3]), up.clone()]));
    let own = tiers::movers(&world.bank, &east, "personal", saved.number, &everybody).await.unwrap();
    assert_eq!(told(&own), in_order(vec![down(ids[0]), down(ids[2])]));
    let reasons = &own.items[0].against;
    assert_eq!((reasons[0].actual.clone(), reasons[0].holds), (Some(Fact::Number(6_000_000)), false));
    let ups = MoverQuery { way: Some(MoverWay::Up), ..MoverQuery::default() };
    assert_eq!(told(&tiers::movers(&world.bank, &west, "personal", saved.number, &ups).await.unwrap()), [up]);

    // Page by page nobody is missed or told twice; a cursor is of its version.
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query = MoverQuery { limit: Some(1), after, ..MoverQuery::default() };
        let page = tiers::movers(&world.bank, &boss, "personal", saved.number, &query).await.unwrap();
        found.extend(told(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, told(&all));
    let first = MoverQuery { limit: Some(1), ..MoverQuery::default() };
    let first = tiers::movers(&world.bank, &boss, "personal", saved.number, &first).await.unwrap();
    let query = MoverQuery { after: first.next, ..MoverQuery::default() };
    let other = tiers::save(&world.bank, &admin, "personal", &draft(shipped::definition(Kind::Personal)), Uuid::now_v7()).await.unwrap();
    tiers::simulate(&world.bank, &admin, "personal", other.number, other.revision).await.unwrap();
    assert_eq!(tiers::movers(&world.bank, &boss, "personal", other.number, &query).await.unwrap_err().code(), Code::Malformed);

    // A relative whom the reader does not see keeps somebody where he is; that one is not told as moving. Who
    // rises by one is told, without the reason. What was given by hand is marked.
    sqlx::query(
        "insert into customer_relation (customer_id, related_id, kind, inverse) values ($1, $2, 'spouse', false), ($2, $1, 'spouse', true)",
    )
    .bind(ids[0])
    .bind(ids[4])
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::raw_sql("update customer_summary set tier_id = (select tier_id from tier where code = 'regular') where customer_id = (select min(customer_id) from customer_summary)")
        .execute(&world.owner)
        .await
        .unwrap();
    sqlx::query("insert into customer_tier_override (customer_id, tier_id, reason, until) select $1, tier_id, 'x', '2026-06-30' from tier where code = 'gold'")
        .bind(ids[2])
        .execute(&world.owner)
        .await
        .unwrap();
    let own = tiers::movers(&world.bank, &east, "personal", saved.number, &everybody).await.unwrap();
    let up = (ids[0], MoverWay::Up, "regular".to_owned(), "gold".to_owned());
    assert_eq!(told(&own), in_order(vec![up, down(ids[2])]));
    assert_eq!((own.items[0].beyond, own.items[0].because.len(), own.items[0].held_until), (true, 0, None));
    assert_eq!((own.items[1].beyond, own.items[1].held_until), (false, Some("2026-06-30".parse().unwrap())));
    let all = tiers::movers(&world.bank, &boss, "personal", saved.number, &everybody).await.unwrap();
    assert_eq!((all.items[0].beyond, all.items[0].because.is_empty()), (false, false));
}
