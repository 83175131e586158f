//! From a draft to a customer's page: what it takes to change what a tier means.

use guanhu_crm::{
    Actor,
    testing::World,
    tiers::{self, Which, shipped},
};
use guanhu_domain::{
    Code, CustomerNo,
    customers::Kind,
    rules::{Condition, Fact},
    tiers::{Decision, Definition, Evaluated, Submission, Upgrade, Version, VersionDraft, VersionState},
};
use sqlx::PgPool;
use uuid::Uuid;

/// The shipped personal scheme instead of the world's, and month averages of what the accounts hold.
async fn scheme(world: &World) {
    sqlx::raw_sql(
        "delete from tier; delete from tier_scheme;
         insert into account_year select customer_id, account_id, 2026, array_fill(balance, array[12]), array_fill(balance, array[12]) from account",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let mut conn = world.owner.acquire().await.unwrap();
    shipped::found(&mut conn, Kind::Personal, "2026-01-01".parse().unwrap()).await.unwrap();
}

/// Every month is as this one, in yuan.
async fn rich(world: &World, id: i64, yuan: i64) {
    sqlx::query("update account_year set average_balance = array_fill($2::bigint, array[12]) where customer_id = $1")
        .bind(id)
        .bind(yuan * 100)
        .execute(&world.owner)
        .await
        .unwrap();
}

async fn on(world: &World, day: &str) {
    sqlx::query("update bank set business_date = $1::date")
        .bind(day.parse::<chrono::NaiveDate>().unwrap())
        .execute(&world.owner)
        .await
        .unwrap();
}

async fn tier(world: &World, id: i64) -> Option<String> {
    sqlx::query_scalar("select t.code from customer_summary s left join tier t using (tier_id) where s.customer_id = $1")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

fn floor(definition: &mut Definition, code: &str, yuan: i64) {
    let tier = definition.tiers.iter_mut().find(|tier| tier.code == code).unwrap();
    match &mut tier.rule.when {
        Condition::AverageAum { value, .. } => *value = yuan * 100,
        other => panic!("{other:?}"),
    }
}

fn draft(definition: Definition) -> VersionDraft {
    VersionDraft { number: None, revision: 0, definition, note: "金卡门槛提高".into() }
}

fn again(version: &Version) -> VersionDraft {
    VersionDraft { number: Some(version.number), revision: version.revision, ..draft(version.definition.clone()) }
}

fn decision(version: &Version) -> Decision {
    Decision { revision: version.revision, publish: true, reason: String::new() }
}

#[sqlx::test(migrations = false)]
async fn an_administrator_drafts_and_tries_out_and_another_person_publishes(pool: PgPool) {
    let world = World::new(pool).await;
    let low = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let high = world.customer("李娜", "W1", Some("M-WANG"), 900_000).await;
    scheme(&world).await;
    let (admin, security, alice) = (world.actor("admin").await, world.actor("security").await, world.actor("alice").await);
    let bank = &world.bank;

    let first = tiers::evaluate_due(bank).await.unwrap().unwrap();
    assert_eq!(first, Evaluated { entered: 2, ..Evaluated::default() });
    assert_eq!((tier(&world, low).await.as_deref(), tier(&world, high).await.as_deref()), (Some("gold"), Some("platinum")));
    assert_eq!(tiers::evaluate_due(bank).await.unwrap(), None);

    // Drafted, with two people at it at once.
    let mut definition = shipped::definition(Kind::Personal);
    floor(&mut definition, "gold", 100_000);
    floor(&mut definition, "diamond", 800_000);
    definition.settings.grace_days = 30;
    let key = Uuid::now_v7();
    let saved = tiers::save(bank, &admin, "personal", &draft(definition.clone()), key).await.unwrap();
    assert_eq!(tiers::save(bank, &admin, "personal", &draft(definition.clone()), key).await.unwrap(), saved);
    assert_eq!((saved.number, saved.revision, saved.based_on), (2, 1, Some(1)));
    let twice = tiers::save(bank, &admin, "personal", &again(&saved), Uuid::now_v7()).await.unwrap();
    let stale = tiers::save(bank, &admin, "personal", &again(&saved), Uuid::now_v7()).await.unwrap_err();
    let guanhu_crm::Error::Problem(problem) = stale else { panic!("{stale}") };
    assert_eq!((problem.code, &problem.current.unwrap()["revision"]), (Code::Stale, &serde_json::json!(2)));
    let mut wrong = again(&twice);
    wrong.definition.tiers[1].rule.when = Condition::Known { field: "tier".into() };
    wrong.definition.tiers[2].code = "gold two".into();
    let guanhu_crm::Error::Problem(problem) = tiers::save(bank, &admin, "personal", &wrong, Uuid::now_v7()).await.unwrap_err() else {
        panic!()
    };
    let places: Vec<_> = problem.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(places, ["/tiers/2/code", "/tiers/1/rule/when/known/field"]);

    // Tried out: nobody moves yet.
    let asked = Submission { revision: twice.revision, ..Submission::default() };
    assert_eq!(tiers::submit(bank, &admin, "personal", 2, &asked).await.unwrap_err().code(), Code::Conflict);
    let simulation = tiers::simulate(bank, &admin, "personal", 2, twice.revision).await.unwrap();
    let moves: Vec<_> = simulation.moves.iter().map(|one| (one.from.as_str(), one.to.as_str(), one.customers)).collect();
    assert_eq!(moves, [("gold", "regular", 1), ("platinum", "diamond", 1)]);
    assert_eq!((simulation.customers, simulation.movers.len(), simulation.branches.len()), (2, 2, 2));
    let up = simulation.movers.iter().find(|mover| mover.to == "diamond").unwrap();
    assert_eq!((&up.because[0].actual, up.because[0].holds), (&Some(Fact::Number(900_000_00)), true));
    assert_eq!(tier(&world, low).await.as_deref(), Some("gold"));

    // Published by another person: not by whom it was drafted, whatever the role has become.
    let submitted = tiers::submit(bank, &admin, "personal", 2, &asked).await.unwrap();
    assert_eq!(submitted.state, VersionState::Submitted);
    let turned = Actor { role: security.role, ..admin.clone() };
    let same = tiers::publish(bank, &turned, "personal", 2, &decision(&submitted)).await.unwrap_err();
    assert_eq!(same.code(), Code::SamePerson);
    let constraint = sqlx::query("insert into tier_publication (scheme_id, version, from_date, drafted_by, published_by) select scheme_id, 2, '2026-03-31', 30006, 30006 from tier_scheme")
        .execute(&world.owner)
        .await
        .unwrap_err();
    assert_eq!(constraint.as_database_error().unwrap().constraint(), Some("publisher_is_not_author"));
    assert_eq!(tiers::publish(bank, &admin, "personal", 2, &decision(&submitted)).await.unwrap_err().code(), Code::Forbidden);
    let published = tiers::publish(bank, &security, "personal", 2, &decision(&submitted)).await.unwrap();
    assert_eq!((published.state, published.published_by.as_deref()), (VersionState::Published, Some("security")));
    assert_eq!(tiers::save(bank, &admin, "personal", &again(&published), Uuid::now_v7()).await.unwrap_err().code(), Code::Conflict);

    // In force: up at once, down when the grace has passed; twice is once.
    let done = tiers::evaluate_due(bank).await.unwrap().unwrap();
    assert_eq!(done, Evaluated { upgraded: 1, threatened: 1, ..Evaluated::default() });
    assert_eq!(tiers::evaluate(bank, &Actor::system(), Which::Whole).await.unwrap(), Evaluated::default());
    assert_eq!((tier(&world, low).await.as_deref(), tier(&world, high).await.as_deref()), (Some("gold"), Some("diamond")));
    let told = tiers::explain(bank, &alice, CustomerNo::from_id(low)).await.unwrap();
    assert_eq!((told.tier.unwrap().code.as_str(), told.next.unwrap().code.as_str()), ("gold", "platinum"));
    assert_eq!(
        (told.missing[0].actual.clone(), told.threatened.unwrap().on.to_string()),
        (Some(Fact::Number(60_000_00)), "2026-04-30".into())
    );
    assert_eq!(tiers::explain(bank, &alice, CustomerNo::from_id(high)).await.unwrap_err().code(), Code::NotFound);
    on(&world, "2026-04-29").await;
    assert_eq!(tiers::evaluate_due(bank).await.unwrap(), Some(Evaluated::default()));
    on(&world, "2026-04-30").await;
    assert_eq!(tiers::evaluate_due(bank).await.unwrap(), Some(Evaluated { downgraded: 1, ..Evaluated::default() }));
    let history: Vec<String> = sqlx::query_scalar(
        "select valid || ' ' || t.code from customer_tier join tier t using (tier_id) where customer_id = $1 order by valid",
    )
    .bind(low)
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(history, ["[2026-03-31,2026-04-30) gold", "[2026-04-30,) regular"]);
    let topics: Vec<String> = sqlx::query_scalar("select topic from outbox_event where topic like 'tier.%' order by event_id")
        .fetch_all(&world.owner)
        .await
        .unwrap();
    assert_eq!(topics, ["tier.published", "tier.threatened", "tier.upgraded", "tier.downgraded"]);

    // Only whom something happened to.
    rich(&world, low, 300_000).await;
    rich(&world, high, 7_000_000).await;
    let part = tiers::evaluate(bank, &Actor::system(), Which::Changed(&[low])).await.unwrap();
    assert_eq!(part, Evaluated { upgraded: 1, ..Evaluated::default() });
    assert_eq!((tier(&world, low).await.as_deref(), tier(&world, high).await.as_deref()), (Some("gold"), Some("diamond")));

    // Back to what was: asked for by one, done by the other.
    let before = tiers::schemes(bank, &admin).await.unwrap().remove(0).version(1).unwrap().clone();
    let back = Submission { revision: before.revision, ..Submission::default() };
    let back = tiers::submit(bank, &admin, "personal", 1, &back).await.unwrap();
    tiers::publish(bank, &security, "personal", 1, &decision(&back)).await.unwrap();
    let shown = tiers::schemes(bank, &alice).await.unwrap().remove(0);
    assert_eq!((shown.in_force, shown.versions.len(), shown.versions[0].simulation.is_none()), (Some(1), 2, true));
}

#[sqlx::test(migrations = false)]
async fn a_draft_is_stale_once_another_version_is_in_force_and_months_end_before_tiers_rise(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    scheme(&world).await;
    let (admin, security) = (world.actor("admin").await, world.actor("security").await);
    let bank = &world.bank;
    on(&world, "2026-04-10").await;
    tiers::evaluate_due(bank).await.unwrap();
    let mut submitted = Vec::new();
    for grace in [10, 20] {
        let mut definition = shipped::definition(Kind::Personal);
        definition.settings.grace_days = grace;
        definition.settings.upgrade = Upgrade::MonthEnd;
        let saved = tiers::save(bank, &admin, "personal", &draft(definition), Uuid::now_v7()).await.unwrap();
        tiers::simulate(bank, &admin, "personal", saved.number, saved.revision).await.unwrap();
        let asked = Submission { revision: saved.revision, ..Submission::default() };
        submitted.push(tiers::submit(bank, &admin, "personal", saved.number, &asked).await.unwrap());
    }
    let without = Decision { publish: false, ..decision(&submitted[1]) };
    assert_eq!(tiers::publish(bank, &security, "personal", 3, &without).await.unwrap_err().code(), Code::ReasonRequired);
    tiers::publish(bank, &security, "personal", 2, &decision(&submitted[0])).await.unwrap();
    let guanhu_crm::Error::Problem(stale) = tiers::publish(bank, &security, "personal", 3, &decision(&submitted[1])).await.unwrap_err()
    else {
        panic!()
    };
    assert_eq!((stale.code, &stale.current.unwrap()["number"]), (Code::Stale, &serde_json::json!(2)));
    let back = Decision { publish: false, reason: "请以新版为准".into(), ..decision(&submitted[1]) };
    let returned = tiers::publish(bank, &security, "personal", 3, &back).await.unwrap();
    assert_eq!((returned.state, returned.returned.as_deref()), (VersionState::Draft, Some("请以新版为准")));

    rich(&world, id, 600_000).await;
    let waits = tiers::evaluate(bank, &Actor::system(), Which::Changed(&[id])).await.unwrap();
    assert_eq!((waits, tier(&world, id).await.as_deref()), (Evaluated::default(), Some("gold")));
    on(&world, "2026-04-30").await;
    let risen = tiers::evaluate_due(bank).await.unwrap().unwrap();
    assert_eq!((risen.upgraded, tier(&world, id).await.as_deref()), (1, Some("platinum")));
}

#[sqlx::test(migrations = false)]
async fn a_bank_without_tiers_begins_with_the_shipped_ones_as_drafts(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    sqlx::raw_sql("delete from tier; delete from tier_scheme").execute(&world.owner).await.unwrap();
    let (admin, security) = (world.actor("admin").await, world.actor("security").await);
    assert_eq!(shipped::install(&world.bank, &security).await.unwrap_err().code(), Code::Forbidden);
    assert_eq!(shipped::install(&world.bank, &admin).await.unwrap(), 2);
    assert_eq!(shipped::install(&world.bank, &admin).await.unwrap(), 0);
    assert_eq!((tiers::evaluate_due(&world.bank).await.unwrap(), tier(&world, id).await), (None, None));
    let draft = tiers::schemes(&world.bank, &admin).await.unwrap().remove(0).versions.remove(0);
    tiers::simulate(&world.bank, &admin, "personal", 1, draft.revision).await.unwrap();
    let asked = Submission { revision: draft.revision, ..Submission::default() };
    let submitted = tiers::submit(&world.bank, &admin, "personal", 1, &asked).await.unwrap();
    tiers::publish(&world.bank, &security, "personal", 1, &decision(&submitted)).await.unwrap();
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap().unwrap().entered, 1);
    assert_eq!(tier(&world, id).await.as_deref(), Some("potential"));
}
