//! From a draft to a version in force: what it takes to change what a tier means.

use guanhu_crm::{
    Actor,
    testing::World,
    tiers::{self, Which, shipped},
};
use guanhu_domain::{
    Code, CustomerNo,
    customers::Kind,
    rules::{Condition, Fact},
    tiers::{Decision, Evaluated, Upgrade, VersionState, Withdrawal},
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{again, decide, decision, draft, floor, history, on, published, rich, scheme, submit, submitted, tier};

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
    assert_eq!(submit(&world, &admin, &twice, None).await.unwrap_err().code(), Code::Conflict);
    let simulation = tiers::simulate(bank, &admin, "personal", 2, twice.revision).await.unwrap();
    let moves: Vec<_> = simulation.moves.iter().map(|one| (one.from.as_str(), one.to.as_str(), one.customers)).collect();
    // One of each is nobody the author may know of.
    assert_eq!(moves, [("gold", "gold", 1), ("platinum", "platinum", 1)]);
    assert_eq!((simulation.customers, simulation.movers.len(), simulation.branches.len()), (2, 0, 2));
    assert_eq!(tier(&world, low).await.as_deref(), Some("gold"));

    // Published by another person: not by whom it was drafted, whatever the role has become.
    let submitted = submit(&world, &admin, &twice, None).await.unwrap();
    assert_eq!(
        (submitted.state, submitted.note.as_str(), submitted.asked_note.as_str()),
        (VersionState::Submitted, "金卡门槛提高", "请审")
    );
    assert_eq!(submit(&world, &admin, &twice, None).await.unwrap_err().code(), Code::Stale, "a tag is of one state");
    let turned = Actor { role: security.role, ..admin.clone() };
    let same = decide(&world, &turned, &submitted, &decision(&submitted)).await.unwrap_err();
    assert_eq!(same.code(), Code::SamePerson);
    let constraint = sqlx::query("insert into tier_publication (scheme_id, version, from_date, drafted_by, published_by) select scheme_id, 2, '2026-03-31', 30006, 30006 from tier_scheme")
        .execute(&world.owner)
        .await
        .unwrap_err();
    assert_eq!(constraint.as_database_error().unwrap().constraint(), Some("publisher_is_not_author"));
    assert_eq!(decide(&world, &admin, &submitted, &decision(&submitted)).await.unwrap_err().code(), Code::Forbidden);
    let key = Uuid::now_v7();
    let published = tiers::publish(bank, &security, "personal", 2, &decision(&submitted), key).await.unwrap();
    assert_eq!(tiers::publish(bank, &security, "personal", 2, &decision(&submitted), key).await.unwrap(), published);
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
    assert_eq!(history(&world, low).await, ["[2026-03-31,2026-04-30) gold", "[2026-04-30,) regular"]);
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
    let back = submit(&world, &admin, &before, None).await.unwrap();
    decide(&world, &security, &back, &decision(&back)).await.unwrap();
    let shown = tiers::schemes(bank, &alice).await.unwrap().remove(0);
    assert_eq!((shown.in_force, shown.versions.len(), shown.versions[0].simulation.is_none()), (Some(1), 2, true));
}

#[sqlx::test(migrations = false)]
async fn a_draft_is_stale_once_another_version_is_in_force_and_months_end_before_tiers_rise(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    scheme(&world).await;
    let security = world.actor("security").await;
    let bank = &world.bank;
    on(&world, "2026-04-10").await;
    tiers::evaluate_due(bank).await.unwrap();
    let mut waiting = Vec::new();
    for grace in [10, 20] {
        let mut definition = shipped::definition(Kind::Personal);
        definition.settings.grace_days = grace;
        definition.settings.upgrade = Upgrade::MonthEnd;
        waiting.push(submitted(&world, definition, None).await);
    }
    let without = Decision { publish: false, ..decision(&waiting[1]) };
    assert_eq!(decide(&world, &security, &waiting[1], &without).await.unwrap_err().code(), Code::ReasonRequired);
    decide(&world, &security, &waiting[0], &decision(&waiting[0])).await.unwrap();
    let guanhu_crm::Error::Problem(stale) = decide(&world, &security, &waiting[1], &decision(&waiting[1])).await.unwrap_err() else {
        panic!()
    };
    assert_eq!((stale.code, &stale.current.unwrap()["number"]), (Code::Stale, &serde_json::json!(2)));
    let back = Decision { publish: false, reason: "请以新版为准".into(), ..decision(&waiting[1]) };
    let returned = decide(&world, &security, &waiting[1], &back).await.unwrap();
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
    let submitted = submit(&world, &admin, &draft, None).await.unwrap();
    decide(&world, &security, &submitted, &decision(&submitted)).await.unwrap();
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap().unwrap().entered, 1);
    assert_eq!(tier(&world, id).await.as_deref(), Some("potential"));
}

#[sqlx::test(migrations = false)]
async fn what_is_to_come_is_no_surprise_and_can_be_taken_back(pool: PgPool) {
    let world = World::new(pool).await;
    scheme(&world).await;
    let (admin, security) = (world.actor("admin").await, world.actor("security").await);
    let with = |grace: u16| {
        let mut definition = shipped::definition(Kind::Personal);
        definition.settings.grace_days = grace;
        definition
    };
    let in_force = async || tiers::schemes(&world.bank, &admin).await.unwrap().remove(0).in_force;

    // Two are drafted against the first; one is published for May, so the other no longer knows what it replaces.
    let other = submitted(&world, with(10), None).await;
    let may = published(&world, with(20), Some("2026-05-01")).await;
    assert_eq!((may.number, may.from, may.asked_from, in_force().await), (3, "2026-05-01".parse().ok(), None, Some(1)));
    let guanhu_crm::Error::Problem(stale) = decide(&world, &security, &other, &decision(&other)).await.unwrap_err() else { panic!() };
    assert_eq!((stale.code, &stale.current.unwrap()["number"]), (Code::Stale, &serde_json::json!(3)));

    // Asked for again it holds from the day that was asked for, not from the one before.
    let sooner = submit(&world, &admin, &may, None).await.unwrap();
    assert_eq!((sooner.from, sooner.asked_from), ("2026-05-01".parse().ok(), None));
    let now = decide(&world, &security, &sooner, &decision(&sooner)).await.unwrap();
    assert_eq!((now.from, in_force().await), ("2026-03-31".parse().ok(), Some(3)));

    // What is decided later, for the same day or an earlier one, is what holds.
    let june = published(&world, with(30), Some("2026-06-01")).await;
    let april = published(&world, with(40), Some("2026-04-15")).await;
    on(&world, "2026-06-02").await;
    assert_eq!((june.number, april.number, in_force().await), (4, 5, Some(5)));

    // Taken back before its day, by who may publish, with a reason; what is in force cannot be.
    let july = published(&world, with(50), Some("2026-07-01")).await;
    let back = |version: &guanhu_domain::tiers::Version, reason: &str| Withdrawal { revision: version.revision, reason: reason.into() };
    let key = Uuid::now_v7();
    let refused = tiers::withdraw(&world.bank, &admin, "personal", 6, &back(&july, "不发了"), key).await.unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
    let refused = tiers::withdraw(&world.bank, &security, "personal", 6, &back(&july, " "), key).await.unwrap_err();
    assert_eq!(refused.code(), Code::ReasonRequired);
    let taken = tiers::withdraw(&world.bank, &security, "personal", 6, &back(&july, "不发了"), key).await.unwrap();
    assert_eq!((taken.from, taken.returned.as_deref()), (None, Some("不发了")));
    assert_eq!(tiers::withdraw(&world.bank, &security, "personal", 6, &back(&july, "不发了"), key).await.unwrap(), taken);
    let twice = tiers::withdraw(&world.bank, &security, "personal", 6, &back(&taken, "不发了"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(twice.code(), Code::Conflict);
    on(&world, "2026-07-02").await;
    assert_eq!(in_force().await, Some(5));
}
