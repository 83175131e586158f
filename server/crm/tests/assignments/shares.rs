//! What assistants have of a customer: set by the head, summing to the whole with the lead's, and ended one by one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guanhu_crm::{Error, assignments, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{Decision, NewTransfer, POOL, Shares, SharesChange, Stopped, TransferState},
    customers::AssignmentRole,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{asked, move_business_date};

fn change(assistants: &[(&str, Option<u8>)]) -> SharesChange {
    SharesChange {
        assistants: assistants.iter().map(|(code, share)| ((*code).to_owned(), *share)).collect(),
        seen: None,
        reason: "共同维护".into(),
    }
}

async fn set(world: &World, login: &str, id: i64, assistants: &[(&str, Option<u8>)]) -> Result<Shares, Error> {
    let actor = world.actor(login).await;
    assignments::set_shares(&world.bank, &actor, CustomerNo::from_id(id), &change(assistants), Uuid::now_v7()).await
}

/// Who, with which share, from when, until when.
async fn parts(world: &World, id: i64) -> Vec<(String, i32, String, Option<String>)> {
    let rows: Vec<(String, i32, NaiveDate, Option<NaiveDate>)> = sqlx::query_as(
        "select m.code, a.share::int, lower(a.valid), upper(a.valid) from assignment a join staff m using (staff_id)
         where a.customer_id = $1 order by lower(a.valid), m.code",
    )
    .bind(id)
    .fetch_all(&world.owner)
    .await
    .unwrap();
    rows.into_iter().map(|(code, share, from, to)| (code, share, from.to_string(), to.map(|to| to.to_string()))).collect()
}

#[sqlx::test(migrations = false)]
async fn shares_sum_to_the_whole_and_what_was_stands(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    sqlx::query("insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 103, true)")
        .execute(&world.owner)
        .await
        .unwrap();
    let id = world.customer("沈深", "E1", Some("M-ALICE"), 1_000).await;
    for code in ["M-BO", "M-CEN"] {
        let help = NewTransfer { role: AssignmentRole::Assist, ..asked(&[id], code) };
        assignments::request(&world.bank, &east, &help, Uuid::now_v7()).await.unwrap();
    }
    move_business_date(&world, "2026-04-10").await;
    let told = set(&world, "east", id, &[("M-BO", Some(30)), ("M-CEN", Some(0))]).await.unwrap();
    let one = |shares: &Shares| -> BTreeMap<String, String> {
        shares.lead.iter().chain(&shares.assistants).map(|share| (share.manager.code.clone(), share.share.to_string())).collect()
    };
    let own = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> { pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect() };
    assert_eq!(one(&told), own(&[("M-ALICE", "70"), ("M-BO", "30"), ("M-CEN", "0")]));
    let part = |code: &str, share, from: &str, to: Option<&str>| (code.to_owned(), share, from.to_owned(), to.map(str::to_owned));
    let split = [
        part("M-ALICE", 100, "2024-01-01", Some("2026-04-10")),
        part("M-BO", 0, "2026-03-31", Some("2026-04-10")),
        part("M-CEN", 0, "2026-03-31", None),
        part("M-ALICE", 70, "2026-04-10", None),
        part("M-BO", 30, "2026-04-10", None),
    ];
    assert_eq!(parts(&world, id).await, split, "from today on, and no day before it");
    // Put right on the same day it is no change of its own.
    set(&world, "east", id, &[("M-BO", Some(20)), ("M-CEN", Some(0))]).await.unwrap();
    assert_eq!(parts(&world, id).await[3..], [part("M-ALICE", 80, "2026-04-10", None), part("M-BO", 20, "2026-04-10", None)]);
    // Yet both are kept: who, why, and what became of whose share. What changes nothing is none.
    set(&world, "east", id, &[("M-BO", Some(20)), ("M-CEN", Some(0))]).await.unwrap();
    let page = guanhu_crm::customers::timeline(&world.bank, &east, CustomerNo::from_id(id), &["assignment"], None).await.unwrap();
    let changes: Vec<_> = page
        .items
        .iter()
        .filter(|item| item.detail["event"] == "shares")
        .map(|item| {
            let share = |share: &serde_json::Value| {
                let told = |key: &str| share[key].as_str().unwrap().to_owned();
                format!("{} {} {}", share["manager"]["code"].as_str().unwrap(), told("before"), told("after"))
            };
            let shares: Vec<String> = item.detail["shares"].as_array().unwrap().iter().map(share).collect();
            (item.by.clone().unwrap(), item.detail["reason"].as_str().unwrap().to_owned(), shares.join(", "))
        })
        .collect();
    let kept = |shares: &str| ("董行".to_owned(), "共同维护".to_owned(), shares.to_owned());
    assert_eq!(changes, [kept("M-ALICE 70 80, M-BO 30 20"), kept("M-ALICE 100 70, M-BO 0 30")]);

    // What does not fit changes nothing.
    for (login, assistants, code) in [
        ("east", vec![("M-BO", Some(60)), ("M-CEN", Some(40))], Code::Invalid),
        ("east", vec![("M-BO", Some(10)), ("M-CEN", Some(10)), ("M-WANG", Some(10))], Code::Invalid),
        ("east", vec![("M-BO", Some(10))], Code::Conflict),
        ("alice", vec![("M-BO", Some(10)), ("M-CEN", Some(10))], Code::Forbidden),
        ("west", vec![("M-BO", Some(10)), ("M-CEN", Some(10))], Code::NotFound),
    ] {
        assert_eq!(set(&world, login, id, &assistants).await.unwrap_err().code(), code, "{login} {assistants:?}");
    }
    // Of what was read and is no more, nothing is overwritten, and what stands there is told.
    let over = |bo: u8| {
        let seen = [("M-BO", bo), ("M-CEN", 0)].map(|(code, share)| (code.to_owned(), share));
        SharesChange { seen: Some(seen.into()), ..change(&[("M-BO", Some(50)), ("M-CEN", Some(0))]) }
    };
    let today = world.actor("east").await;
    let stale = assignments::set_shares(&world.bank, &today, CustomerNo::from_id(id), &over(30), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(stale.code(), Code::Stale);
    let now: Shares = serde_json::from_value(stale.into_problem("").current.unwrap()).unwrap();
    assert_eq!(one(&now), own(&[("M-ALICE", "80"), ("M-BO", "20"), ("M-CEN", "0")]));
    let silent = SharesChange { reason: " ".into(), ..change(&[("M-BO", Some(1)), ("M-CEN", None)]) };
    let silent = assignments::set_shares(&world.bank, &east, CustomerNo::from_id(id), &silent, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(silent.code(), Code::Invalid);
    assert_eq!(parts(&world, id).await.len(), 5);

    // One stops: the other stays, the lead has the rest, the open task and the right to look are gone.
    sqlx::query("insert into task (customer_id, title, owner_staff_id) values ($1, '回访', 2001)")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    move_business_date(&world, "2026-04-12").await;
    let key = Uuid::now_v7();
    let east = world.actor("east").await;
    let asked_for = change(&[("M-BO", None), ("M-CEN", Some(25))]);
    let told = assignments::set_shares(&world.bank, &east, CustomerNo::from_id(id), &asked_for, key).await.unwrap();
    assert_eq!(one(&told), own(&[("M-ALICE", "75"), ("M-CEN", "25")]));
    assert_eq!(assignments::set_shares(&world.bank, &east, CustomerNo::from_id(id), &asked_for, key).await.unwrap(), told, "once");
    let now: Vec<(String, i32)> =
        parts(&world, id).await.into_iter().filter(|part| part.3.is_none()).map(|(code, share, ..)| (code, share)).collect();
    assert_eq!(now, [("M-ALICE".to_owned(), 75), ("M-CEN".to_owned(), 25)]);
    assert!(guanhu_crm::customers::view(&world.bank, &world.actor("bo").await, CustomerNo::from_id(id)).await.is_err());
    let owner: Option<i32> = sqlx::query_scalar("select owner_staff_id from task").fetch_one(&world.owner).await.unwrap();
    assert_eq!(owner, Some(2000));
    let ended = assignments::list(&world.bank, &east, Default::default(), None).await.unwrap();
    assert_eq!((ended.items[0].role, ended.items[0].reason.as_str()), (AssignmentRole::Assist, "共同维护"), "the trail tells of it");
    let audited: serde_json::Value =
        sqlx::query_scalar("select detail from audit_log where verb = 'share.set' order by audit_id desc limit 1")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    let kept =
        serde_json::json!({ "before": { "M-ALICE": "80", "M-BO": "20", "M-CEN": "0" }, "after": { "M-ALICE": "75", "M-CEN": "25" } });
    assert_eq!(audited, kept);
    let days: Vec<String> = sqlx::query_scalar(
        "select d::date::text from generate_series(date '2026-03-01', date '2026-05-01', interval '1 day') d
         where (select sum(share) from assignment where customer_id = $1 and valid @> d::date) <> 100",
    )
    .bind(id)
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(days, [] as [String; 0], "on every day the whole, no more and no less");

    assignments::request(&world.bank, &east, &asked(&[id], POOL), Uuid::now_v7()).await.unwrap();
    assert_eq!(set(&world, "east", id, &[("M-CEN", Some(5))]).await.unwrap_err().code(), Code::Invalid, "nobody leads it");
}

#[sqlx::test(migrations = false)]
async fn who_is_made_an_assistant_has_a_share_from_that_day(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let alice = world.actor("alice").await;
    sqlx::query("insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 103, true)")
        .execute(&world.owner)
        .await
        .unwrap();
    let id = world.customer("沈深", "E1", Some("M-ALICE"), 1_000).await;
    let part = |code: &str, share, from: &str, to: Option<&str>| (code.to_owned(), share, from.to_owned(), to.map(str::to_owned));
    let help = |to: &str, share, day: Option<&str>| NewTransfer {
        role: AssignmentRole::Assist,
        share: Some(share),
        effective: day.map(|day| day.parse().unwrap()),
        ..asked(&[id], to)
    };
    let done = assignments::request(&world.bank, &east, &help("M-BO", 30, None), Uuid::now_v7()).await.unwrap();
    assert_eq!((done.state, done.share), (TransferState::Done, Some(30)));
    let begun = [
        part("M-ALICE", 100, "2024-01-01", Some("2026-03-31")),
        part("M-ALICE", 70, "2026-03-31", None),
        part("M-BO", 30, "2026-03-31", None),
    ];
    assert_eq!(parts(&world, id).await, begun);

    // What does not fit is refused by its field, whether it would be at once, later or by somebody else's consent.
    let lead = NewTransfer { share: Some(10), ..asked(&[id], "M-BO") };
    for (actor, wrong, at) in [
        (&east, help("M-CEN", 100, None), "share"),
        (&east, help("M-CEN", 70, None), "share"),
        (&east, help("M-CEN", 70, Some("2026-04-02")), "share"),
        (&alice, help("M-CEN", 70, None), "share"),
        (&east, lead, "share"),
        // Who leads does not also assist.
        (&east, help("M-ALICE", 10, None), "customers"),
    ] {
        let refused = assignments::request(&world.bank, actor, &wrong, Uuid::now_v7()).await.unwrap_err();
        let Error::Problem(problem) = &refused else { panic!("{refused}") };
        assert_eq!(problem.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), [at], "{wrong:?}");
    }
    assert_eq!(parts(&world, id).await, begun, "nothing was changed");

    // A lead asks, the head agrees; later another share for the same, from that day on.
    let waits = assignments::request(&world.bank, &alice, &help("M-CEN", 20, None), Uuid::now_v7()).await.unwrap();
    assert_eq!(waits.state, TransferState::Pending);
    let agreed = assignments::approve(&world.bank, &east, waits.id, Uuid::now_v7()).await.unwrap();
    assert_eq!((agreed.state, agreed.share), (TransferState::Done, Some(20)));
    move_business_date(&world, "2026-04-10").await;
    let east = world.actor("east").await;
    assignments::request(&world.bank, &east, &help("M-CEN", 5, None), Uuid::now_v7()).await.unwrap();
    let silent = NewTransfer { share: None, ..help("M-BO", 0, None) };
    assignments::request(&world.bank, &east, &silent, Uuid::now_v7()).await.unwrap();
    let whole = [
        part("M-ALICE", 100, "2024-01-01", Some("2026-03-31")),
        part("M-ALICE", 50, "2026-03-31", Some("2026-04-10")),
        part("M-BO", 30, "2026-03-31", None),
        part("M-CEN", 20, "2026-03-31", Some("2026-04-10")),
        part("M-ALICE", 65, "2026-04-10", None),
        part("M-CEN", 5, "2026-04-10", None),
    ];
    assert_eq!(parts(&world, id).await, whole, "asked again without a share, who assists keeps what there is");

    // What was agreed for a date is stopped where the others have come to have too much by then.
    let later = assignments::request(&world.bank, &east, &help("M-CEN", 60, Some("2026-04-20")), Uuid::now_v7()).await.unwrap();
    assert_eq!(later.state, TransferState::Approved);
    sqlx::query("update assignment set share = case role when 'lead' then 5 else 90 end where customer_id = $1 and valid @> date '2026-04-10' and staff_id <> (select staff_id from staff where code = 'M-CEN')")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    move_business_date(&world, "2026-04-20").await;
    assignments::run_due(&world.bank).await.unwrap();
    let stopped = assignments::get(&world.bank, &world.actor("east").await, later.id).await.unwrap();
    assert_eq!((stopped.state, stopped.stopped), (TransferState::Rejected, Some(Stopped::SharesTaken)));
}

#[sqlx::test(migrations = false)]
async fn assistants_are_taken_back_as_leads_are(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let id = world.customer("沈深", "E1", Some("M-ALICE"), 1_000).await;
    let no = CustomerNo::from_id(id);
    let help = |share| NewTransfer { role: AssignmentRole::Assist, share: Some(share), ..asked(&[id], "M-BO") };
    let back = async |transfer: Uuid| {
        let east = world.actor("east").await;
        let back = assignments::revert(&world.bank, &east, transfer, &Decision { reason: "弄错了".into() }, Uuid::now_v7()).await;
        back.map(|back| back.state).map_err(|error| error.code())
    };
    /// Shares on the business date, by code.
    async fn now(world: &World, id: i64) -> Vec<(String, i32)> {
        sqlx::query_as(
            "select m.code, a.share::int from assignment a join staff m using (staff_id) cross join bank b
             where a.customer_id = $1 and a.valid @> b.business_date order by 1",
        )
        .bind(id)
        .fetch_all(&world.owner)
        .await
        .unwrap()
    }
    let both = |alice, bo| vec![("M-ALICE".to_owned(), alice), ("M-BO".to_owned(), bo)];

    // Given on the same day, twice: the newest first, and nobody sees the customer any more.
    let ten = assignments::request(&world.bank, &east, &help(10), Uuid::now_v7()).await.unwrap();
    let thirty = assignments::request(&world.bank, &east, &help(30), Uuid::now_v7()).await.unwrap();
    assert!(thirty.may.revert);
    assert_eq!(back(ten.id).await, Err(Code::Conflict), "another transfer changed it since");
    assert_eq!((back(thirty.id).await, now(&world, id).await), (Ok(TransferState::Reverted), both(90, 10)));
    assert_eq!(back(ten.id).await, Ok(TransferState::Reverted));
    assert_eq!(now(&world, id).await, [("M-ALICE".to_owned(), 100)]);
    assert!(guanhu_crm::customers::view(&world.bank, &world.actor("bo").await, no).await.is_err());

    // Ended: the share is there again, as far as others leave it.
    assignments::request(&world.bank, &east, &help(60), Uuid::now_v7()).await.unwrap();
    move_business_date(&world, "2026-04-10").await;
    set(&world, "east", id, &[("M-BO", None)]).await.unwrap();
    let east = world.actor("east").await;
    let ended = assignments::list(&world.bank, &east, Default::default(), None).await.unwrap().items.swap_remove(0);
    assert_eq!((ended.role, ended.receivers, ended.may.revert), (AssignmentRole::Assist, 0, true));
    move_business_date(&world, "2026-04-12").await;
    assert_eq!((back(ended.id).await, now(&world, id).await), (Ok(TransferState::Reverted), both(40, 60)));
    assert!(guanhu_crm::customers::view(&world.bank, &world.actor("bo").await, no).await.is_ok());
    let days: Vec<String> = sqlx::query_scalar(
        "select d::date::text from generate_series(date '2026-03-01', date '2026-05-01', interval '1 day') d
         where (select sum(share) from assignment where customer_id = $1 and valid @> d::date) <> 100",
    )
    .bind(id)
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(days, [] as [String; 0]);

    // Who assists again by another way, or has come to lead, is not made to twice.
    set(&world, "east", id, &[("M-BO", None)]).await.unwrap();
    let east = world.actor("east").await;
    let ended = assignments::list(&world.bank, &east, Default::default(), None).await.unwrap().items.swap_remove(0);
    assignments::request(&world.bank, &east, &asked(&[id], "M-BO"), Uuid::now_v7()).await.unwrap();
    assert_eq!(back(ended.id).await, Err(Code::Conflict));
    assert_eq!(now(&world, id).await, [("M-BO".to_owned(), 100)]);
}
