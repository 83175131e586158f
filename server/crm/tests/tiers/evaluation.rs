//! Whom tiers are given, and when they are taken away.

use guanhu_crm::{
    Actor, assignments, customers, notices, summary,
    testing::World,
    tiers::{self, Which, shipped},
};
use guanhu_domain::{
    CustomerNo, Lang,
    assignments::{
        NewTransfer,
        board::CardQuery,
        handover::{SplitRequest, SplitRule},
    },
    customers::{CustomerQuery, Kind},
    notices::{Notice, NoticeKind},
    tiers::{Evaluated, MovementKind, TierMoves},
};
use sqlx::PgPool;

use super::{draft, history, on, published, rich, scheme, tier};

async fn changed(world: &World, id: i64) -> Evaluated {
    tiers::evaluate(&world.bank, &Actor::system(), Which::Changed(&[id])).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn an_edit_that_waited_for_an_evaluation_does_not_undo_it(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();

    // The evaluation has the row; the edit reads what was, and waits for it.
    let mut evaluation = world.owner.begin().await.unwrap();
    sqlx::raw_sql(
        "update customer_tier set tier_id = (select tier_id from tier where code = 'diamond');
         update customer_summary s set tier_id = t.tier_id, tier_rank = t.rank from tier t where t.code = 'diamond'",
    )
    .execute(&mut *evaluation)
    .await
    .unwrap();
    let pool = world.owner.clone();
    let edit = tokio::spawn(async move { summary::refresh(&mut pool.acquire().await.unwrap(), &[id]).await });
    world.until_somebody_waits().await;
    evaluation.commit().await.unwrap();
    edit.await.unwrap().unwrap();
    assert_eq!(tier(&world, id).await.as_deref(), Some("diamond"));

    // A summary that tells another tier than the history is put right, and nobody is told of a change.
    sqlx::raw_sql("update customer_summary s set tier_id = t.tier_id from tier t where t.code = 'regular'")
        .execute(&world.owner)
        .await
        .unwrap();
    sqlx::raw_sql("update customer_tier set tier_id = (select tier_id from tier where code = 'gold')").execute(&world.owner).await.unwrap();
    let before = history(&world, id).await;
    assert_eq!(changed(&world, id).await, Evaluated::default());
    assert_eq!((tier(&world, id).await.as_deref(), history(&world, id).await), (Some("gold"), before));
}

#[sqlx::test(migrations = false)]
async fn a_part_leaves_the_rest_alone_and_counts_what_it_moves(pool: PgPool) {
    let world = World::new(pool).await;
    let one = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let other = world.customer("李娜", "E1", Some("M-ALICE"), 60_000).await;
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let admin = world.actor("admin").await;
    let counted = async || tiers::schemes(&world.bank, &admin).await.unwrap().remove(0).customers;
    assert_eq!(counted().await, [0, 0, 2, 0, 0, 0]);

    // The other's rank is of an order that no longer is: the whole base's affair, not a feed's.
    sqlx::query("update customer_summary set tier_rank = 99 where customer_id = $1").bind(other).execute(&world.owner).await.unwrap();
    let rank = async || -> i16 {
        sqlx::query_scalar("select tier_rank from customer_summary where customer_id = $1")
            .bind(other)
            .fetch_one(&world.owner)
            .await
            .unwrap()
    };
    rich(&world, one, 700_000).await;
    rich(&world, other, 700_000).await;
    on(&world, "2026-05-01").await;
    assert_eq!(changed(&world, one).await.upgraded, 1, "a load judges whom it touched, whatever else is due");
    assert_eq!((rank().await, tier(&world, other).await.as_deref(), counted().await), (99, Some("gold"), vec![0, 0, 1, 1, 0, 0]));
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap().unwrap().upgraded, 1);
    assert_eq!((rank().await, counted().await), (4, vec![0, 0, 0, 2, 0, 0]));

    // Who was changed by hand is judged again within a minute.
    rich(&world, other, 60_000).await;
    sqlx::query("insert into customer_tier_recheck (customer_id) values ($1), ($1)").bind(other).execute(&world.owner).await.unwrap();
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap(), Some(Evaluated { threatened: 1, ..Evaluated::default() }));
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap(), None);
}

#[sqlx::test(migrations = false)]
async fn who_loses_the_highest_tier_goes_down_with_grace(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 7_000_000).await;
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    assert_eq!(tier(&world, id).await.as_deref(), Some("private"));
    let mut definition = shipped::definition(Kind::Personal);
    definition.tiers.pop();
    published(&world, definition.clone(), None).await;
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap(), Some(Evaluated { threatened: 1, ..Evaluated::default() }));
    assert_eq!(tier(&world, id).await.as_deref(), Some("private"));
    on(&world, "2026-06-29").await;
    assert_eq!(tiers::evaluate_due(&world.bank).await.unwrap(), Some(Evaluated { downgraded: 1, ..Evaluated::default() }));
    assert_eq!(tier(&world, id).await.as_deref(), Some("diamond"));

    // One from the middle: whoever had it deserves the one below or the one above.
    definition.tiers.remove(2);
    published(&world, definition, None).await;
    rich(&world, id, 60_000).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    assert_eq!(tier(&world, id).await.as_deref(), Some("diamond"), "threatened");
}

#[sqlx::test(migrations = false)]
async fn what_is_turned_back_on_its_first_day_leaves_no_trace(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    on(&world, "2026-04-10").await;
    sqlx::query("insert into customer_tier_override (customer_id, tier_id, reason, until) select $1, tier_id, '配偶为私行客户', '2026-04-20' from tier where code = 'private'")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    changed(&world, id).await;
    assert_eq!(history(&world, id).await, ["[2026-03-31,2026-04-10) gold", "[2026-04-10,) private"]);
    sqlx::query("delete from customer_tier_override").execute(&world.owner).await.unwrap();
    changed(&world, id).await;
    assert_eq!((tier(&world, id).await.as_deref(), history(&world, id).await), (Some("gold"), vec!["[2026-03-31,) gold".to_owned()]));
}

#[sqlx::test(migrations = false)]
async fn averages_are_the_same_whenever_in_the_month_they_are_computed(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    sqlx::raw_sql(
        "update account set currency = 'USD'; insert into currency_rate (currency, business_date, rate) values ('USD', '2026-04-15', 9)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    scheme(&world).await;
    let newest = async || -> Option<i64> {
        let row = sqlx::query_scalar("select averages[1] from customer_average where customer_id = $1").bind(id);
        row.fetch_optional(&world.owner).await.unwrap()
    };
    on(&world, "2026-04-10").await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    assert_eq!(newest().await, Some(60_000_00 * 71 / 10));
    on(&world, "2026-04-20").await;
    changed(&world, id).await;
    assert_eq!(newest().await, Some(60_000_00 * 71 / 10), "April's rate is not March's");
    // What turns out to be a loan was never an asset.
    sqlx::raw_sql("update account set category = 'loan'").execute(&world.owner).await.unwrap();
    changed(&world, id).await;
    assert_eq!(newest().await, None);
}

#[sqlx::test(migrations = false)]
async fn a_lead_is_told_once_a_day_whose_tiers_change_and_finds_them(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (unit, lead) in [("E1", "M-ALICE"), ("E1", "M-ALICE"), ("E1", "M-ALICE"), ("W1", "M-WANG")] {
        ids.push(world.customer("张小伟", unit, Some(lead), 60_000).await);
    }
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let bank = &world.bank;
    let told = async |login: &str| -> Vec<Notice> {
        let all = notices::list(bank, &world.actor(login).await, None).await.unwrap().items;
        all.into_iter().filter(|notice| notice.kind == NoticeKind::TierMoved).collect()
    };
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("alice").await, [], "a first tier is no change");

    on(&world, "2026-05-01").await;
    rich(&world, ids[0], 700_000).await;
    rich(&world, ids[1], 700_000).await;
    rich(&world, ids[2], 20_000).await;
    // A load judges some of them; leads hear of it when everybody has been judged by the new date.
    changed(&world, ids[0]).await;
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("alice").await, []);
    tiers::evaluate_due(bank).await.unwrap();
    notices::deliver(bank).await.unwrap();
    notices::deliver(bank).await.unwrap();
    let [notice] = &told("alice").await[..] else { panic!("one for all") };
    let moves = TierMoves { up: 2, down: 0, threatened: 1 };
    assert_eq!((notice.tiers, notice.count, notice.link.as_str()), (moves, 3, "/lifecycle#tier-movements"));
    assert_eq!(notice.words(Lang::Zh), "客户分层：1 位将降级，2 位升级");
    assert_eq!(told("wang").await, []);

    // The first page of the lead tells how many, and lists them.
    assert_eq!(tiers::moves(bank, &world.actor("alice").await).await.unwrap(), moves);
    let listed = async |login: &str, kind| -> Vec<CustomerNo> {
        let query = CustomerQuery { tier_move: Some(kind), ..CustomerQuery::default() };
        let page = customers::list(bank, &world.actor(login).await, &query).await.unwrap();
        let mut found: Vec<_> = page.items.into_iter().map(|item| item.customer_no).collect();
        found.sort_unstable();
        found
    };
    let no = |at: usize| CustomerNo::from_id(ids[at]);
    assert_eq!(listed("alice", MovementKind::Up).await, [no(0), no(1)]);
    assert_eq!(listed("boss", MovementKind::Threatened).await, [no(2)]);
    assert_eq!(listed("alice", MovementKind::Down).await, []);
    assert_eq!(listed("wang", MovementKind::Up).await, []);

    // Given by hand later on the same day: told with the next.
    sqlx::query("insert into customer_tier_override (customer_id, tier_id, reason, until) select $1, tier_id, '配偶为私行客户', '2026-06-20' from tier where code = 'private'")
        .bind(ids[3])
        .execute(&world.owner)
        .await
        .unwrap();
    changed(&world, ids[3]).await;
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("wang").await, []);
    on(&world, "2026-08-10").await;
    tiers::evaluate_due(bank).await.unwrap();
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("wang").await[0].tiers, TierMoves { up: 1, down: 1, threatened: 0 }, "it has ended since");
    assert_eq!(told("alice").await[0].tiers, TierMoves { up: 0, down: 1, threatened: 0 }, "the grace is over");
}

#[sqlx::test(migrations = false)]
async fn a_tier_weighs_against_the_capacity_what_its_definition_says(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 7_000_000).await;
    scheme(&world).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    let east = world.actor("east").await;
    /// Its load on the board, alone and filtered, before and after a move, in a handover and where room is looked for.
    async fn loads(world: &World, east: &guanhu_crm::Actor, id: i64) -> [i64; 6] {
        let no = CustomerNo::from_id(id);
        let query = |filter| CardQuery { filter, ..CardQuery::default() };
        let page = assignments::board(&world.bank, east, &query(CustomerQuery::default())).await.unwrap();
        let column = page.board.columns.iter().find(|column| column.key() == "M-ALICE").unwrap();
        let filtered = CustomerQuery { aum_min: Some(1), ..CustomerQuery::default() };
        let filtered = assignments::board(&world.bank, east, &query(filtered)).await.unwrap();
        let matching = filtered.cards.iter().find(|cards| cards.column == "M-ALICE").unwrap().matching.unwrap();
        let card = &page.cards.iter().find(|cards| cards.column == "M-ALICE").unwrap().cards[0];
        let asked: NewTransfer = serde_json::from_value(serde_json::json!({ "customers": [no], "to": "M-BO", "reason": "调整" })).unwrap();
        let preview = assignments::preview(&world.bank, east, &asked).await.unwrap();
        let bo = preview.portfolios.iter().find(|side| side.manager.as_ref().is_some_and(|manager| manager.code == "M-BO")).unwrap();
        assert_eq!(bo.before.load, 0, "who has nobody is not busy");
        let split = SplitRequest { from: "M-ALICE".into(), to: vec!["M-BO".into()], rule: SplitRule::Weight, together: false };
        let proposed = assignments::propose(&world.bank, east, &split).await.unwrap();
        let held = assignments::holdings(&world.bank, east, "M-BO").await.unwrap();
        let alice = held.colleagues.iter().find(|colleague| colleague.manager.code == "M-ALICE").unwrap();
        [column.portfolio.load, matching.load, card.weight(&page.board.tiers).load, bo.after.load, proposed.items[0].weight, alice.load]
    }
    assert_eq!(loads(&world, &east, id).await, [6; 6], "the sixth tier from below");
    let mut definition = shipped::definition(Kind::Personal);
    definition.tiers[5].weight = Some(1_001);
    let too_much =
        tiers::save(&world.bank, &world.actor("admin").await, "personal", &draft(definition.clone()), uuid::Uuid::now_v7()).await;
    assert_eq!(too_much.unwrap_err().code(), guanhu_domain::Code::Invalid);
    definition.tiers[5].weight = Some(40);
    published(&world, definition, None).await;
    tiers::evaluate_due(&world.bank).await.unwrap();
    assert_eq!(loads(&world, &east, id).await, [40; 6]);
}
