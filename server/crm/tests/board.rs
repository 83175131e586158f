//! The board: who sees which columns and cards, pages that miss nobody, and who hears of a move.

use std::collections::BTreeSet;

use guanhu_crm::{
    assignments,
    live::{self, Tail},
    testing::World,
};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{
        NewTransfer, POOL, TransferState,
        board::{BoardPage, CardQuery, ColumnCards},
    },
    customers::{AssignmentRole, CustomerQuery, Sort},
    live::{LiveEvent, Moved},
};
use sqlx::PgPool;
use uuid::Uuid;

fn to(customers: &[i64], to: &str) -> NewTransfer {
    NewTransfer {
        customers: customers.iter().map(|id| CustomerNo::from_id(*id)).collect(),
        filter: None,
        file: None,
        to: to.into(),
        role: AssignmentRole::Lead,
        share: None,
        reason: "看板调整".into(),
        effective: None,
        from: None,
        count: None,
        notes: Default::default(),
    }
}

fn column<'a>(page: &'a BoardPage, key: &str) -> &'a ColumnCards {
    page.cards.iter().find(|cards| cards.column == key).unwrap()
}

fn names(cards: &ColumnCards) -> Vec<&str> {
    cards.cards.iter().map(|card| card.name.as_str()).collect()
}

#[sqlx::test(migrations = false)]
async fn everybody_sees_the_columns_of_the_unit_and_only_own_cards(pool: PgPool) {
    let world = World::new(pool).await;
    for (name, lead, yuan) in
        [("赵一", Some("M-ALICE"), 5_000), ("钱二", Some("M-ALICE"), 9_000), ("孙三", Some("M-BO"), 7_000), ("李四", None, 100)]
    {
        world.customer(name, "E1", lead, yuan).await;
    }
    world.customer("周五", "W1", Some("M-WANG"), 1_000).await;
    let (east, alice) = (world.actor("east").await, world.actor("alice").await);

    let page = assignments::board(&world.bank, &east, &CardQuery::default()).await.unwrap();
    let keys: Vec<&str> = page.board.columns.iter().map(|column| column.key()).collect();
    assert_eq!(keys, [POOL, "M-ALICE", "M-BO"]);
    assert_eq!(names(column(&page, "M-ALICE")), ["钱二", "赵一"], "the richest first");
    assert_eq!(names(column(&page, POOL)), ["李四"]);
    let since = |key: &str| column(&page, key).cards[0].pooled_since.map(|day| day.to_string());
    assert_eq!((since(POOL), since("M-BO")), (Some("2020-05-01".into()), None), "for how long nobody leads it");
    let head = &page.board.columns[1];
    assert_eq!((head.portfolio.customers, head.portfolio.aum, head.portfolio.load, head.branch.as_str()), (2, 1_400_000, 2, "EAST"));
    assert_eq!(column(&page, "M-BO").matching, None, "the head says it");

    let narrowed = CardQuery { filter: CustomerQuery { aum_min: Some(600_000), ..CustomerQuery::default() }, ..CardQuery::default() };
    let page = assignments::board(&world.bank, &east, &narrowed).await.unwrap();
    assert_eq!(names(column(&page, "M-ALICE")), ["钱二"]);
    assert_eq!(column(&page, "M-ALICE").matching.unwrap().customers, 1);
    assert_eq!(column(&page, POOL).matching.unwrap().customers, 0);

    // After a change only whom it names is read; the heads are of everybody all the same.
    let poor = column(&assignments::board(&world.bank, &east, &CardQuery::default()).await.unwrap(), "M-ALICE").cards[1].customer_no;
    let named = CardQuery { customers: Some(vec![poor]), ..CardQuery::default() };
    let page = assignments::board(&world.bank, &east, &named).await.unwrap();
    assert_eq!((names(column(&page, "M-ALICE")), names(column(&page, "M-BO"))), (vec!["赵一"], vec![]));
    assert_eq!(page.board.columns[1].portfolio.customers, 2);

    let page = assignments::board(&world.bank, &alice, &CardQuery::default()).await.unwrap();
    assert_eq!(
        page.cards.iter().map(|cards| cards.column.as_str()).collect::<Vec<_>>(),
        ["M-ALICE"],
        "a colleague's customers are not told"
    );
    let bo = page.board.columns.iter().find(|column| column.key() == "M-BO").unwrap();
    assert_eq!((bo.portfolio.customers, bo.portfolio.aum, bo.open), (1, 0, false), "how busy, not how rich");
    let of_bo = CardQuery { columns: Some(vec!["M-BO".into()]), ..CardQuery::default() };
    assert!(assignments::cards(&world.bank, &alice, &of_bo).await.unwrap().cards.is_empty());
    let of_pool = CardQuery { columns: Some(vec![POOL.into()]), ..CardQuery::default() };
    assert_eq!(assignments::cards(&world.bank, &alice, &of_pool).await.unwrap_err().code(), Code::Invalid);

    // A customer of another branch is a manager's work, but not the head's to see.
    world.customer("吴六", "W1", Some("M-ALICE"), 8_000).await;
    let one = CardQuery { columns: Some(vec!["M-ALICE".into()]), ..CardQuery::default() };
    let page = assignments::board(&world.bank, &east, &one).await.unwrap();
    let heads: Vec<_> =
        page.board.columns.iter().map(|head| (head.key(), head.portfolio.customers, head.portfolio.aum, head.portfolio.load)).collect();
    assert_eq!(heads, [("M-ALICE", 2, 1_400_000, 3)], "only what was asked for, and as many as there are cards");
    assert_eq!(column(&page, "M-ALICE").cards.len(), 2);
    let heads = CardQuery { limit: Some(0), ..CardQuery::default() };
    let page = assignments::board(&world.bank, &east, &heads).await.unwrap();
    assert_eq!((page.board.columns.len(), page.cards.len()), (3, 0));

    let foreign = CardQuery { unit: Some("W1".into()), ..CardQuery::default() };
    assert_eq!(assignments::board(&world.bank, &east, &foreign).await.unwrap_err().code(), Code::Invalid);
}

#[sqlx::test(migrations = false)]
async fn a_folded_tier_sends_no_cards_and_still_counts(pool: PgPool) {
    let world = World::new(pool).await;
    let mut gold = Vec::new();
    for at in 0..9 {
        let id = world.customer(&format!("客户{at}"), "E1", Some("M-ALICE"), 100 + at).await;
        if at % 3 == 0 {
            gold.push(id);
        }
    }
    sqlx::query("update customer_summary s set tier_id = t.tier_id, tier_rank = t.rank from tier t where s.customer_id = any($1) and t.code = 'gold'")
        .bind(&gold)
        .execute(&world.owner)
        .await
        .unwrap();
    let east = world.actor("east").await;
    let seen = async |folded: &[i16], limit: u16, aum_min: Option<i64>| {
        let filter = CustomerQuery { sort: Some(Sort::TierDesc), aum_min, ..CustomerQuery::default() };
        let mut query = CardQuery { filter, folded: folded.to_vec(), limit: Some(limit), ..CardQuery::default() };
        let page = assignments::board(&world.bank, &east, &query).await.unwrap();
        let head = page.board.columns.iter().find(|column| column.key() == "M-ALICE").unwrap();
        let mut page = column(&page, "M-ALICE").clone();
        let (matching, tiers) = (page.matching.map(|sum| sum.customers), page.tiers.iter().map(|tier| tier.customers).collect::<Vec<_>>());
        let mut seen = page.cards;
        query.columns = Some(vec!["M-ALICE".into()]);
        while let Some(next) = page.next {
            query.after = Some(next);
            page = assignments::cards(&world.bank, &east, &query).await.unwrap();
            seen.extend(page.cards);
        }
        let gold = seen.iter().filter(|card| card.tier.is_some()).count();
        (gold, seen.len() - gold, head.portfolio.customers, head.tiers[0].customers, matching, tiers)
    };
    assert_eq!(seen(&[], 2, None).await, (3, 6, 9, 3, None, vec![]));
    assert_eq!(seen(&[2], 2, None).await, (0, 6, 9, 3, None, vec![]), "the head counts them");
    assert_eq!(seen(&[0], 2, None).await, (3, 0, 9, 3, None, vec![]), "0 is whoever has none");
    assert_eq!(seen(&[0, 2, 7], 2, None).await, (0, 0, 9, 3, None, vec![]));
    // 103..108 yuan, of whom two are gold.
    assert_eq!(seen(&[2], 2, Some(10_300)).await, (0, 4, 9, 3, Some(6), vec![2]), "and what the filters leave is counted by tier");
}

#[sqlx::test(migrations = false)]
async fn pages_of_a_column_miss_nobody_in_any_order(pool: PgPool) {
    let world = World::new(pool).await;
    let mut all = BTreeSet::new();
    for at in 0..23 {
        all.insert(CustomerNo::from_id(world.customer(&format!("客户{at}"), "E1", Some("M-ALICE"), at % 4).await));
        world.customer(&format!("池{at}"), "E1", None, at % 3).await;
    }
    let east = world.actor("east").await;
    for key in ["M-ALICE", POOL] {
        for sort in Sort::ALL {
            let mut query = CardQuery {
                filter: CustomerQuery { sort: Some(*sort), ..CustomerQuery::default() },
                columns: Some(vec![key.into()]),
                limit: Some(5),
                ..CardQuery::default()
            };
            let first = assignments::board(&world.bank, &east, &query).await.unwrap();
            let mut page = column(&first, key).clone();
            let mut seen = BTreeSet::new();
            loop {
                for card in &page.cards {
                    assert!(seen.insert(card.customer_no), "{key} by {}: nobody twice", sort.code());
                }
                let Some(next) = page.next else { break };
                query.after = Some(next);
                page = assignments::cards(&world.bank, &east, &query).await.unwrap();
            }
            assert_eq!(seen.len(), 23, "{key} by {}", sort.code());
            if key != POOL {
                assert_eq!(seen, all);
            }
        }
    }
}

async fn heard(world: &World, tail: &mut Tail, login: &str) -> Vec<Moved> {
    let audience = live::audience(&world.actor(login).await).await.unwrap();
    let (events, _) = tail.next(&world.bank).await.unwrap();
    events
        .iter()
        .filter_map(|event| audience.hears(event))
        .map(|event| match event {
            LiveEvent::Assignment(moved) | LiveEvent::Transfer(moved) => moved,
            other => panic!("{other:?} is not of the outbox"),
        })
        .collect()
}

#[sqlx::test(migrations = false)]
async fn a_move_is_heard_by_those_in_whose_scope_it_is(pool: PgPool) {
    let world = World::new(pool).await;
    let mine = world.customer("吴六", "E1", Some("M-ALICE"), 1_000).await;
    let east = world.actor("east").await;
    let start = Tail::begin(&world.bank).await.unwrap().horizon();

    assignments::request(&world.bank, &east, &to(&[mine], "M-BO"), Uuid::now_v7()).await.unwrap();
    for login in ["east", "boss", "alice", "bo"] {
        let told = heard(&world, &mut Tail::at(start), login).await;
        assert_eq!(told.len(), 1, "{login}");
        assert_eq!(told[0].customers.get(&CustomerNo::from_id(mine)), Some(&Some("M-BO".to_owned())), "{login}");
        assert!(told[0].concerns("M-ALICE") && told[0].concerns("M-BO") && !told[0].concerns(POOL), "{login}");
    }
    for login in ["west", "wang"] {
        assert!(heard(&world, &mut Tail::at(start), login).await.is_empty(), "{login} hears nothing of it");
    }

    // Across branches the receiving side learns that there is something, not of whom.
    assignments::request(&world.bank, &east, &to(&[mine], "M-WANG"), Uuid::now_v7()).await.unwrap();
    let told = heard(&world, &mut Tail::at(start), "west").await;
    assert_eq!((told.len(), told[0].customers.len()), (1, 0));
    assert!(told[0].concerns("M-WANG") && !told[0].concerns("M-BO"));
}

#[sqlx::test(migrations = false)]
async fn what_commits_late_is_told_and_nothing_waits_for_it(pool: PgPool) {
    let world = World::new(pool).await;
    let (one, two) = (world.customer("郑七", "E1", Some("M-ALICE"), 1).await, world.customer("王八", "E1", Some("M-ALICE"), 1).await);
    let east = world.actor("east").await;
    let mut tail = Tail::begin(&world.bank).await.unwrap();

    // A run over all customers writes more events than are read at once, and none of them is for screens.
    let mut run = world.owner.begin().await.unwrap();
    sqlx::query("insert into outbox_event (topic, payload) select 'tier.changed', '{}' from generate_series(1, 3000)")
        .execute(&mut *run)
        .await
        .unwrap();
    run.commit().await.unwrap();
    let (events, more) = tail.next(&world.bank).await.unwrap();
    assert!(events.is_empty() && !more, "they are not even read");

    // A load that has its number and is not done: an event of a later number must not wait for it.
    let mut slow = world.owner.begin().await.unwrap();
    sqlx::query(
        "insert into outbox_event (topic, org_ids, payload) values ('assignment.changed', '{}',
         jsonb_build_object('transfer', gen_random_uuid(), 'state', 'done', 'by', '', 'more', false, 'customers', jsonb_build_array(jsonb_build_array($1::bigint, 103, 2000, 2001, '[]'::jsonb)), 'people', '[]'::jsonb, 'pools', '[]'::jsonb))",
    )
    .bind(two)
    .execute(&mut *slow)
    .await
    .unwrap();
    assignments::request(&world.bank, &east, &to(&[one], "M-BO"), Uuid::now_v7()).await.unwrap();
    let told = heard(&world, &mut tail, "east").await;
    assert!(told.len() == 1 && told[0].customers.contains_key(&CustomerNo::from_id(one)), "at once");
    assert!(heard(&world, &mut tail, "east").await.is_empty(), "once");

    slow.commit().await.unwrap();
    let told = heard(&world, &mut tail, "east").await;
    assert!(told.len() == 1 && told[0].customers.contains_key(&CustomerNo::from_id(two)), "late, but not lost");
    assert!(heard(&world, &mut tail, "east").await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn a_card_in_an_open_transfer_says_so(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("冯九", "E1", Some("M-ALICE"), 1).await;
    let alice = world.actor("alice").await;
    let pending = assignments::request(&world.bank, &alice, &to(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!(pending.state, TransferState::Pending);
    let page = assignments::board(&world.bank, &world.actor("east").await, &CardQuery::default()).await.unwrap();
    assert!(column(&page, "M-ALICE").cards[0].waits);
}
