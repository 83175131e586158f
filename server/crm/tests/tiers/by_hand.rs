//! A tier that the rules do not give: asked for by one, agreed to by another, honoured until its day.

use guanhu_crm::{
    Error, customers,
    testing::World,
    tiers::{self, shipped},
};
use guanhu_domain::{
    Code, CustomerNo,
    customers::Kind,
    tiers::{ByHand, Evaluated, RequestState, TierAnswer, TierAsked, TierEnd},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::{history, on, published, scheme, tier};

fn asked(tier: &str, until: &str) -> TierAsked {
    TierAsked { tier: tier.into(), until: until.parse().unwrap(), reason: "配偶为私行客户".into() }
}

#[sqlx::test(migrations = false)]
async fn a_tier_by_hand_takes_two_people_and_ends_with_its_day(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let no = CustomerNo::from_id(id);
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let bank = &world.bank;
    let (alice, east, west) = (world.actor("alice").await, world.actor("east").await, world.actor("west").await);

    for (wrong, field) in
        [(asked("black", "2026-06-30"), "tier"), (asked("private", "2026-03-30"), "until"), (asked("private", "2027-03-30"), "until")]
    {
        let Error::Problem(problem) = tiers::ask_tier(bank, &alice, no, &wrong, Uuid::now_v7()).await.unwrap_err() else { panic!() };
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::Invalid, field));
    }
    let key = Uuid::now_v7();
    let request = tiers::ask_tier(bank, &alice, no, &asked("private", "2026-06-30"), key).await.unwrap();
    assert_eq!(tiers::ask_tier(bank, &alice, no, &asked("private", "2026-06-30"), key).await.unwrap(), request);
    assert_eq!((request.state, request.mine, request.asked_by.as_str()), (RequestState::Pending, true, "alice"));
    let another = tiers::ask_tier(bank, &alice, no, &asked("gold", "2026-06-30"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(another.code(), Code::Conflict);
    assert_eq!(tiers::evaluate_due(bank).await.unwrap(), None, "nobody has agreed");

    // Agreed to by who may, not by who asked; others do not see it.
    assert_eq!(tiers::tier_requests(bank, &west).await.unwrap(), []);
    assert_eq!(tiers::tier_requests(bank, &east).await.unwrap().len(), 1);
    let yes = TierAnswer { approve: true, reason: String::new() };
    let answer = async |who, answer: &TierAnswer| tiers::answer_tier(bank, who, no, request.id, answer, Uuid::now_v7()).await;
    assert_eq!(answer(&west, &yes).await.unwrap_err().code(), Code::NotFound);
    let turned = guanhu_crm::Actor { user_id: alice.user_id, ..east.clone() };
    assert_eq!(answer(&turned, &yes).await.unwrap_err().code(), Code::SamePerson);
    let no_reason = TierAnswer { approve: false, reason: String::new() };
    assert_eq!(answer(&east, &no_reason).await.unwrap_err().code(), Code::ReasonRequired);
    assert_eq!(answer(&east, &yes).await.unwrap().state, RequestState::Approved);
    assert_eq!(answer(&east, &yes).await.unwrap_err().code(), Code::Conflict);
    assert_eq!(tiers::evaluate_due(bank).await.unwrap(), Some(Evaluated { upgraded: 1, ..Evaluated::default() }));
    assert_eq!(tier(&world, id).await.as_deref(), Some("private"));
    let told = tiers::explain(bank, &alice, no).await.unwrap();
    assert_eq!((told.held.unwrap().reason.as_str(), told.because.len(), told.asked), ("配偶为私行客户", 0, None));

    // The page of the customer says at whose request, why and until when.
    let seen = customers::view(bank, &alice, no).await.unwrap();
    let given = seen.timeline.iter().find(|item| item.what == "tier").unwrap();
    assert_eq!(given.by.as_deref(), Some("爱丽"));
    assert_eq!(
        (&given.detail["reason"]["given"], &given.detail["by_hand"], &given.detail["until"]),
        (&json!(true), &json!("配偶为私行客户"), &json!("2026-06-30"))
    );

    // Its last day is the last: then the rules decide, without the grace of what was deserved.
    on(&world, "2026-06-30").await;
    tiers::evaluate_due(bank).await.unwrap();
    assert_eq!(tier(&world, id).await.as_deref(), Some("private"));
    on(&world, "2026-07-01").await;
    assert_eq!(tiers::evaluate_due(bank).await.unwrap(), Some(Evaluated { downgraded: 1, ..Evaluated::default() }));
    assert_eq!(history(&world, id).await, ["[2026-03-31,2026-07-01) private", "[2026-07-01,) gold"]);
    let verbs: Vec<String> = sqlx::query_scalar("select verb from audit_log where verb like 'tier.a%' and outcome = 'done' order by verb")
        .fetch_all(&world.owner)
        .await
        .unwrap();
    assert_eq!(verbs, ["tier.answer", "tier.ask"]);
}

#[sqlx::test(migrations = false)]
async fn a_scheme_says_how_many_people_it_takes(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let no = CustomerNo::from_id(id);
    scheme(&world).await;
    let alice = world.actor("alice").await;
    let with = |by_hand| {
        let mut definition = shipped::definition(Kind::Personal);
        definition.settings.by_hand = by_hand;
        definition
    };
    published(&world, with(ByHand::Alone), None).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    on(&world, "2026-04-10").await;
    let given = tiers::ask_tier(&world.bank, &alice, no, &asked("diamond", "2026-06-30"), Uuid::now_v7()).await.unwrap();
    assert_eq!((given.state, given.decided_by), (RequestState::Approved, None));
    tiers::evaluate_due(&world.bank).await.unwrap();
    assert_eq!(tier(&world, id).await.as_deref(), Some("diamond"));
    let end = TierEnd { reason: "录入有误".into() };
    tiers::end_tier(&world.bank, &alice, no, &end, Uuid::now_v7()).await.unwrap();
    assert_eq!(tiers::end_tier(&world.bank, &alice, no, &end, Uuid::now_v7()).await.unwrap_err().code(), Code::Conflict);
    tiers::evaluate_due(&world.bank).await.unwrap();
    assert_eq!(history(&world, id).await, ["[2026-03-31,) gold"], "as if it had never been");

    published(&world, with(ByHand::Never), None).await;
    let refused = tiers::ask_tier(&world.bank, &alice, no, &asked("diamond", "2026-06-30"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
    assert!(tiers::explain(&world.bank, &alice, no).await.unwrap().offer.tiers.is_empty());
}
