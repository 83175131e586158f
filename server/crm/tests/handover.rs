//! A leaver's portfolio: divided fairly, given in one transfer, taken back whole.

use guanhu_crm::{access::users, assignments, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    access::users::UserChange,
    assignments::{
        Decision, TransferState,
        handover::{NewHandover, SplitRequest, SplitRule},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

async fn leads(world: &World) -> Vec<(String, i64)> {
    sqlx::query_as("select m.code, count(*) from customer_summary s join staff m on m.staff_id = s.lead_staff_id group by 1 order by 1")
        .fetch_all(&world.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_leaver_hands_everything_over_and_can_then_be_disabled(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 104, true), ('M-OLD', '老人', 103, false)")
        .execute(&world.owner)
        .await
        .unwrap();
    let mut mine = Vec::new();
    for yuan in [90_000, 50_000, 40_000, 10] {
        mine.push(world.customer("某某", "E1", Some("M-ALICE"), yuan).await);
    }
    world.customer("旁人", "E1", Some("M-BO"), 1).await;
    sqlx::query("insert into task (customer_id, title, owner_staff_id) values ($1, '回访', 2000)")
        .bind(mine[0])
        .execute(&world.owner)
        .await
        .unwrap();
    let (admin, east, bo) = (world.actor("admin").await, world.actor("east").await, world.actor("bo").await);
    let bank = &world.bank;

    let disable = UserChange { version: 1, disabled: Some(true), reason: "离职".into(), ..UserChange::default() };
    assert_eq!(users::change(bank, &admin, "alice", &disable).await.unwrap_err().code(), Code::Conflict, "who holds customers stays");

    let held = assignments::holdings(bank, &east, "M-ALICE").await.unwrap();
    assert_eq!((held.lead, held.assist, held.tasks, held.waiting), (4, 0, 1, 0));
    let colleagues: Vec<&str> = held.colleagues.iter().map(|colleague| colleague.manager.code.as_str()).collect();
    assert_eq!(colleagues, ["M-BO", "M-CEN"], "the same unit first, the rest of the branch after, nobody who is no manager");
    assert_eq!(assignments::holdings(bank, &bo, "M-ALICE").await.unwrap_err().code(), Code::NotFound);

    let split = |rule, to: &[&str]| SplitRequest { from: "M-ALICE".into(), to: to.iter().map(|code| (*code).to_owned()).collect(), rule };
    let by_aum = assignments::propose(bank, &east, &split(SplitRule::Aum, &["M-BO", "M-CEN"])).await.unwrap();
    assert_eq!(by_aum.items.len(), 4);
    let of = |code: &str| by_aum.items.iter().filter(|item| item.to == code).map(|item| item.aum).sum::<i64>();
    assert_eq!((of("M-BO") - of("M-CEN")).abs(), 1_000, "as even as can be");
    let after: i64 = by_aum.portfolios.iter().find(|change| change.manager.as_ref().unwrap().code == "M-ALICE").unwrap().after.customers;
    assert_eq!((after, by_aum.because.is_empty()), (0, true));
    let retired = assignments::propose(bank, &east, &split(SplitRule::Aum, &["M-OLD"])).await.unwrap_err();
    assert_eq!(retired.code(), Code::Invalid);

    let mut asked = NewHandover {
        from: "M-ALICE".into(),
        items: by_aum.items.iter().map(|item| (item.customer_no, item.to.clone())).collect(),
        reason: "离职".into(),
        effective: None,
    };
    let done = assignments::handover(bank, &east, &asked, Uuid::now_v7()).await.unwrap();
    assert_eq!((done.state, done.receivers, done.to), (TransferState::Done, 2, None));
    assert_eq!(leads(&world).await.iter().map(|(_, count)| count).sum::<i64>(), 5);
    assert!(!leads(&world).await.iter().any(|(code, _)| code == "M-ALICE"));
    let owner: String =
        sqlx::query_scalar("select m.code from task t join staff m on m.staff_id = t.owner_staff_id where t.customer_id = $1")
            .bind(mine[0])
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!(Some(&owner), asked.items.iter().find(|(no, _)| *no == CustomerNo::from_id(mine[0])).map(|(_, to)| to), "tasks move along");
    let detail = assignments::detail(bank, &east, done.id).await.unwrap();
    assert_eq!((detail.items.len(), detail.others), (4, 0));
    assert!(detail.items.iter().all(|item| item.to.is_some()));

    // Again: nobody is with the leaver any more.
    assert_eq!(assignments::handover(bank, &east, &asked, Uuid::now_v7()).await.unwrap_err().code(), Code::Conflict);
    asked.items.clear();
    assert_eq!(assignments::handover(bank, &east, &asked, Uuid::now_v7()).await.unwrap_err().code(), Code::Invalid);

    users::change(bank, &admin, "alice", &disable).await.unwrap();
    let gone = assignments::revert(bank, &east, done.id, &Decision::default(), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(gone.code(), Code::Invalid, "nobody gets customers who cannot serve them");
    assert!(!leads(&world).await.iter().any(|(code, _)| code == "M-ALICE"));
    let enable = UserChange { version: 2, disabled: Some(false), reason: "复职".into(), ..UserChange::default() };
    users::change(bank, &admin, "alice", &enable).await.unwrap();
    let back = assignments::revert(bank, &east, done.id, &Decision::default(), Uuid::now_v7()).await.unwrap();
    assert_eq!(back.state, TransferState::Reverted);
    assert_eq!(leads(&world).await, [("M-ALICE".to_owned(), 4), ("M-BO".to_owned(), 1)]);
}
