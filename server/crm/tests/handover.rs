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

    let split = |rule, to: &[&str]| SplitRequest {
        from: "M-ALICE".into(),
        to: to.iter().map(|code| (*code).to_owned()).collect(),
        rule,
        together: false,
    };
    let by_aum = assignments::propose(bank, &east, &split(SplitRule::Aum, &["M-BO", "M-CEN"])).await.unwrap();
    assert_eq!(by_aum.items.len(), 4);
    let of = |code: &str| by_aum.items.iter().filter(|item| item.to == code).map(|item| item.aum).sum::<i64>();
    assert_eq!((of("M-BO") - of("M-CEN")).abs(), 1_000, "as even as can be");
    let after: i64 = by_aum.portfolios.iter().find(|change| change.manager.as_ref().unwrap().code == "M-ALICE").unwrap().after.customers;
    assert_eq!((after, by_aum.because.is_empty()), (0, true));
    let retired = assignments::propose(bank, &east, &split(SplitRule::Aum, &["M-OLD"])).await.unwrap_err();
    assert_eq!(retired.code(), Code::Invalid);

    let mut asked = NewHandover {
        notes: Default::default(),
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

#[sqlx::test(migrations = false)]
async fn households_stay_together_and_outlets_keep_their_own(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 104, true)")
        .execute(&world.owner)
        .await
        .unwrap();
    let (bank, east) = (&world.bank, world.actor("east").await);
    let husband = world.customer("丈夫", "E1", Some("M-ALICE"), 90_000).await;
    let wife = world.customer("妻子", "E1", Some("M-ALICE"), 80_000).await;
    let alone = world.customer("单身", "E1", Some("M-ALICE"), 70_000).await;
    let far = world.customer("远亲", "E2", Some("M-ALICE"), 10).await;
    let near = world.customer("近邻", "E2", Some("M-ALICE"), 10).await;
    sqlx::query("insert into customer_relation (customer_id, related_id, kind) values ($1, $2, 'spouse'), ($3, $1, 'employer')")
        .bind(husband)
        .bind(wife)
        .bind(alone)
        .execute(&world.owner)
        .await
        .unwrap();
    let split = |rule, together| SplitRequest { from: "M-ALICE".into(), to: vec!["M-BO".into(), "M-CEN".into()], rule, together };
    let to = async |rule, together| {
        let proposal = assignments::propose(bank, &east, &split(rule, together)).await.unwrap();
        let of = |id: i64| proposal.items.iter().find(|item| item.customer_no == CustomerNo::from_id(id)).unwrap().clone();
        [husband, wife, alone, far, near].map(of)
    };
    let apart = to(SplitRule::Aum, false).await;
    assert_ne!(apart[0].to, apart[1].to, "evenly, they would be divided");
    assert!(apart.iter().all(|item| item.circle.is_none()));
    let together = to(SplitRule::Aum, true).await;
    assert_eq!((&together[0].to, together[0].circle, together[1].circle), (&together[1].to, Some(1), Some(1)));
    assert_ne!(together[0].to, together[2].to, "an employer is no family");
    assert_eq!(together[2].circle, None);
    let outlets = to(SplitRule::Outlet, true).await;
    assert_eq!(outlets.map(|item| item.to), ["M-BO", "M-BO", "M-BO", "M-CEN", "M-CEN"]);

    let all = [husband, wife, alone, far, near];
    let asked = NewHandover {
        from: "M-ALICE".into(),
        items: all.iter().map(|id| (CustomerNo::from_id(*id), if *id == far { "M-CEN".into() } else { "M-BO".into() })).collect(),
        notes: [(CustomerNo::from_id(wife), "只在晚上接电话".to_owned())].into(),
        reason: "离职".into(),
        effective: None,
    };
    let long = NewHandover { notes: [(CustomerNo::from_id(wife), "长".repeat(1_001))].into(), ..asked.clone() };
    assert_eq!(assignments::handover(bank, &east, &long, Uuid::now_v7()).await.unwrap_err().code(), Code::Invalid);
    let done = assignments::handover(bank, &east, &asked, Uuid::now_v7()).await.unwrap();
    let sheet = assignments::sheet(bank, &east, done.id, &Default::default()).await.unwrap();
    let parts: Vec<_> = sheet
        .parts
        .iter()
        .map(|part| (part.from.as_ref().unwrap().code.as_str(), part.to.as_ref().unwrap().code.as_str(), part.lines.len()))
        .collect();
    assert_eq!((parts, sheet.others), (vec![("M-ALICE", "M-BO", 4), ("M-ALICE", "M-CEN", 1)], 0));
    let noted: Vec<_> = sheet.parts[0].lines.iter().filter(|line| !line.note.is_empty()).map(|line| (&line.name, &line.note)).collect();
    assert_eq!(noted, [(&"妻子".to_owned(), &"只在晚上接电话".to_owned())]);
    let others = assignments::sheet(bank, &world.actor("west").await, done.id, &Default::default()).await.unwrap_err();
    assert_eq!(others.code(), Code::NotFound);
}
