//! Who may change what of a customer, and what a change leaves behind.

use std::collections::BTreeMap;

use futures::future::join_all;
use guanhu_crm::{Error, activities, customers, summary, tasks, testing::World, views};
use guanhu_domain::{
    Code, CustomerNo, Problem, Rule,
    customers::{
        ActivityKind, Contact, ContactChange, CurrentFields, CustomerPatch, Identity, IdentityChange, Kind, NewActivity, NewCustomer,
        NewIdentity, NewTask, RevealKind, RevealRequest, TaskEnd, ViewDraft,
    },
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

fn patch(fields: &[(&str, Option<&str>)]) -> CustomerPatch {
    CustomerPatch(fields.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect::<BTreeMap<_, _>>())
}

fn problem(error: Error) -> Problem {
    error.into_problem("a reference")
}

async fn assist(world: &World, id: i64, staff: &str) {
    sqlx::query("insert into assignment (customer_id, staff_id, role, valid) select $1, staff_id, 'assist', '[2026-01-01,)' from staff where code = $2")
        .bind(id)
        .bind(staff)
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[id]).await.unwrap();
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.owner).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn an_edit_keeps_history_and_a_stale_one_shows_both_versions(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    assist(&world, id, "M-BO").await;
    let no = CustomerNo::from_id(id);
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let edit = async |actor: &guanhu_crm::Actor, version, patch: CustomerPatch| {
        customers::edit(&world.bank, actor, no, version, &patch, Uuid::new_v4()).await
    };

    let wanted = patch(&[
        ("name", Some(" 张晓伟 ")),
        ("annual_income", Some("30000000")),
        ("education", Some("master")),
        ("birth_date", Some("1990-03-07")),
    ]);
    assert_eq!(edit(&alice, 1, wanted).await.unwrap().version, 2);
    assert_eq!(edit(&alice, 2, patch(&[("education", Some("master"))])).await.unwrap().version, 2, "nothing changed");
    let seen = customers::view(&world.bank, &alice, no).await.unwrap();
    assert_eq!((seen.name.as_str(), seen.version, seen.profile["annual_income"].as_deref()), ("张晓伟", 2, Some("30000000")));
    assert_eq!((seen.lineage["name"].source.as_str(), seen.lineage["name"].business_date), ("guanhu", "2026-03-31".parse().ok()));
    let changes = seen.timeline.iter().find(|item| item.what == "field").unwrap().detail["changes"].as_array().unwrap().len();
    assert_eq!(changes, 4, "one item for one edit");
    let found =
        customers::list(&world.bank, &alice, &guanhu_domain::customers::CustomerQuery { q: Some("晓伟".into()), ..Default::default() })
            .await
            .unwrap();
    assert_eq!(found.items.len(), 1, "found by the new name at once");

    let stale = problem(edit(&east, 1, patch(&[("remark", Some("x"))])).await.unwrap_err());
    assert_eq!(stale.code, Code::Stale);
    let current: CurrentFields = serde_json::from_value(stale.current.unwrap()).unwrap();
    assert_eq!((current.version, current.profile["name"].as_deref()), (2, Some("张晓伟")));
    assert_eq!(edit(&east, 2, patch(&[("remark", Some("重要")), ("education", None)])).await.unwrap().version, 3);

    let refused = problem(
        edit(
            &alice,
            3,
            patch(&[
                ("name", Some(" ")),
                ("education", Some("phd")),
                ("industry", Some("mining")),
                ("annual_income", Some("-1")),
                ("birth_date", Some("2031-01-01")),
                ("version", Some("9")),
            ]),
        )
        .await
        .unwrap_err(),
    );
    let rules: BTreeMap<&str, &Rule> = refused.fields.iter().map(|field| (field.field.as_str(), &field.rule)).collect();
    assert_eq!(rules["name"], &Rule::Required);
    assert_eq!(rules["industry"], &Rule::NotEditable);
    assert_eq!(rules["version"], &Rule::NotEditable);
    assert_eq!(rules["annual_income"], &Rule::Negative);
    assert_eq!(rules["birth_date"], &Rule::InTheFuture);
    assert_eq!(rules["education"], &Rule::UnknownCode { value: "phd".into() });

    for (login, code) in
        [("bo", Code::Forbidden), ("boss", Code::Forbidden), ("admin", Code::Forbidden), ("wang", Code::NotFound), ("west", Code::NotFound)]
    {
        let actor = world.actor(login).await;
        assert_eq!(edit(&actor, 3, patch(&[("remark", Some("x"))])).await.unwrap_err().code(), code, "{login}");
    }
    assert_eq!(count(&world, "select count(*) from audit_log where verb = 'customer.edit' and outcome = 'done'").await, 2);
    assert_eq!(count(&world, "select count(*) from outbox_event where topic = 'customer.changed'").await, 2);
    assert_eq!(count(&world, "select count(*) from field_change").await, 6);
}

#[sqlx::test(migrations = false)]
async fn a_hundred_retries_have_one_effect(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    let no = CustomerNo::from_id(id);
    let alice = world.actor("alice").await;
    let (edited, logged) = (Uuid::new_v4(), Uuid::new_v4());
    let remark = patch(&[("remark", Some("一次"))]);
    let call = NewActivity {
        kind: ActivityKind::Call,
        happened_at: None,
        summary: "谈理财".into(),
        outcome: String::new(),
        next_step: Some("送资料".into()),
        next_on: "2026-04-02".parse().ok(),
    };
    let answers = join_all((0..100).map(|_| customers::edit(&world.bank, &alice, no, 1, &remark, edited))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().version == 2));
    let answers = join_all((0..100).map(|_| activities::log_activity(&world.bank, &alice, no, &call, logged))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0].task.is_some());
    assert_eq!(count(&world, "select count(*) from field_change").await, 1);
    assert_eq!(count(&world, "select count(*) from activity").await, 1);
    assert_eq!(count(&world, "select count(*) from task").await, 1);
    assert_eq!(count(&world, "select count(*) from audit_log where verb in ('customer.edit', 'activity.log')").await, 2);
    let reused = customers::edit(&world.bank, &alice, no, 2, &patch(&[("remark", None)]), edited).await.unwrap_err();
    assert_eq!(reused.code(), Code::KeyReused);
}

#[sqlx::test(migrations = false)]
async fn a_contact_is_logged_and_its_next_step_done(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    assist(&world, id, "M-BO").await;
    let no = CustomerNo::from_id(id);
    let call = NewActivity {
        kind: ActivityKind::Visit,
        happened_at: "2026-03-30T02:00:00Z".parse().ok(),
        summary: "上门".into(),
        outcome: "有意向".into(),
        next_step: Some("送资料".into()),
        next_on: "2026-04-02".parse().ok(),
    };
    let bo = world.actor("bo").await;
    activities::log_activity(&world.bank, &bo, no, &call, Uuid::new_v4()).await.unwrap();
    let seen = customers::view(&world.bank, &bo, no).await.unwrap();
    assert_eq!(seen.last_contact_at, call.happened_at);
    let [task] = &seen.tasks[..] else { panic!("one task, not {:?}", seen.tasks) };
    assert_eq!((task.title.as_str(), task.owner.as_ref().map(|owner| owner.code.as_str())), ("送资料", Some("M-BO")));
    assert_eq!(task.created_by.as_deref(), Some("薄文"));
    let due = "select count(*) from customer_summary where next_due_on = date '2026-04-02'";
    assert_eq!(count(&world, due).await, 1);

    let alice = world.actor("alice").await;
    let stale = tasks::complete_task(&world.bank, &alice, no, &task.id, 7, TaskEnd::Done, Uuid::new_v4()).await.unwrap_err();
    assert_eq!(stale.code(), Code::Stale);
    tasks::complete_task(&world.bank, &alice, no, &task.id, task.version, TaskEnd::Done, Uuid::new_v4()).await.unwrap();
    assert_eq!(count(&world, due).await, 0);
    assert!(customers::view(&world.bank, &alice, no).await.unwrap().tasks.is_empty());
    let new = NewTask { title: "回访".into(), due_on: None };
    tasks::create_task(&world.bank, &alice, no, &new, Uuid::new_v4()).await.unwrap();
    // What was kept by hand is what a rebuild would say.
    let kept: (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::NaiveDate>) =
        sqlx::query_as("select last_contact_at, next_due_on from customer_summary where customer_id = $1")
            .bind(id)
            .fetch_one(&world.owner)
            .await
            .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[id]).await.unwrap();
    let rebuilt = sqlx::query_as("select last_contact_at, next_due_on from customer_summary where customer_id = $1")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(kept, rebuilt);

    let wrong = NewActivity {
        summary: " ".into(),
        next_step: None,
        next_on: "2020-01-01".parse().ok(),
        happened_at: "2999-01-01T00:00:00Z".parse().ok(),
        ..call.clone()
    };
    let refused = problem(activities::log_activity(&world.bank, &alice, no, &wrong, Uuid::new_v4()).await.unwrap_err());
    let fields: Vec<&str> = refused.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["summary", "happened_at", "next_step", "next_on"]);

    sqlx::query("insert into parameter (key, value) values ('assist.may_log', 'false') on conflict (key) do update set value = 'false'")
        .execute(&world.owner)
        .await
        .unwrap();
    for (login, code) in [("bo", Code::Forbidden), ("boss", Code::Forbidden), ("wang", Code::NotFound)] {
        let refused = activities::log_activity(&world.bank, &world.actor(login).await, no, &call, Uuid::new_v4()).await.unwrap_err();
        assert_eq!(refused.code(), code, "{login}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_clear_value_costs_a_reason_and_is_audited(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    let no = CustomerNo::from_id(id);
    let alice = world.actor("alice").await;
    let contact = |of: Option<&Contact>, value: &str| ContactChange {
        id: of.map(|of| of.id.clone()),
        seen: of.map(|of| of.mark.clone()),
        kind: "mobile".into(),
        value: Some(value.into()),
        is_primary: true,
    };
    customers::change_contact(&world.bank, &alice, no, &contact(None, "+86 138 0000 1234"), Uuid::new_v4()).await.unwrap();
    let mobile = customers::view(&world.bank, &alice, no).await.unwrap().contacts.remove(0);
    assert_eq!((mobile.value.as_str(), mobile.is_primary), ("138****1234", true));

    let ask = |reason: &str| RevealRequest { what: RevealKind::Contact, id: mobile.id.clone(), reason: reason.into() };
    assert_eq!(customers::reveal(&world.bank, &alice, no, &ask("急")).await.unwrap_err().code(), Code::ReasonRequired);
    let revealed = customers::reveal(&world.bank, &alice, no, &ask("客户要求回电")).await.unwrap();
    assert_eq!((revealed.value.as_str(), revealed.left_today), ("13800001234", 49));
    let row: (String, String, serde_json::Value) =
        sqlx::query_as("select subject, reason, detail from audit_log where verb = 'customer.reveal' and outcome = 'done'")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!((row.0, row.1.as_str(), &row.2["what"]), (customers::subject(no), "客户要求回电", &json!("contact")));
    assert!(!row.2.to_string().contains("1234"));

    let held = customers::view(&world.bank, &alice, no).await.unwrap().holdings.remove(0);
    let account = RevealRequest { what: RevealKind::Account, id: held.account, reason: "核对账号".into() };
    assert_eq!(customers::reveal(&world.bank, &alice, no, &account).await.unwrap_err().code(), Code::ReasonRequired, "four characters");
    let account = RevealRequest { reason: "核对账号用".into(), ..account };
    assert_eq!(customers::reveal(&world.bank, &alice, no, &account).await.unwrap().value, format!("6222{id:012}"));

    sqlx::query("insert into parameter (key, value) values ('reveal.daily_limit', '3') on conflict (key) do update set value = '3'")
        .execute(&world.owner)
        .await
        .unwrap();
    let reason = ask("客户要求回电");
    let answers = join_all((0..5).map(|_| customers::reveal(&world.bank, &alice, no, &reason))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "the third of three");
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code() == Code::RevealLimit));
    for (login, code) in [("boss", Code::Forbidden), ("bo", Code::NotFound), ("west", Code::NotFound)] {
        assert_eq!(customers::reveal(&world.bank, &world.actor(login).await, no, &reason).await.unwrap_err().code(), code, "{login}");
    }

    let seen = customers::view(&world.bank, &alice, no).await.unwrap();
    let changed = contact(Some(&seen.contacts[0]), "13900005678");
    customers::change_contact(&world.bank, &alice, no, &changed, Uuid::new_v4()).await.unwrap();
    let again = customers::change_contact(&world.bank, &alice, no, &contact(None, "13900005678"), Uuid::new_v4()).await.unwrap_err();
    assert_eq!(problem(again).fields[0].rule, Rule::NotUnique);
    let seen = customers::view(&world.bank, &alice, no).await.unwrap();
    customers::change_contact(&world.bank, &alice, no, &contact(Some(&seen.contacts[0]), ""), Uuid::new_v4()).await.unwrap();
    let seen = customers::view(&world.bank, &alice, no).await.unwrap();
    assert!(seen.contacts.is_empty());
    let history = serde_json::to_string(&seen.timeline).unwrap();
    assert!(history.contains("139****5678") && !history.contains("13900005678"), "{history}");
}

#[sqlx::test(migrations = false)]
async fn a_new_customer_is_nobody_already_known(pool: PgPool) {
    let world = World::new(pool).await;
    let (alice, bo, wang, east) =
        (world.actor("alice").await, world.actor("bo").await, world.actor("wang").await, world.actor("east").await);
    let new = NewCustomer {
        kind: Kind::Personal,
        name: "钱多多".into(),
        org: "E1".into(),
        identity_kind: Some("id_card".into()),
        identity: Some("11010519491231002x".into()),
        mobile: Some("13800001234".into()),
        profile: BTreeMap::from([("education".to_owned(), Some("bachelor".to_owned()))]),
    };
    let made = customers::create(&world.bank, &alice, &new, Uuid::new_v4()).await.unwrap();
    let seen = customers::view(&world.bank, &alice, made.customer_no).await.unwrap();
    assert_eq!(
        (seen.version, seen.profile["birth_date"].as_deref(), seen.profile["sex"].as_deref()),
        (1, Some("1949-12-31"), Some("female"))
    );
    assert_eq!(seen.assignments[0].manager.code, "M-ALICE");

    let twice = problem(customers::create(&world.bank, &alice, &new, Uuid::new_v4()).await.unwrap_err());
    assert_eq!((twice.code, &twice.current.unwrap()["customer_no"]), (Code::Conflict, &json!(made.customer_no)));
    let unseen = problem(customers::create(&world.bank, &bo, &new, Uuid::new_v4()).await.unwrap_err());
    assert_eq!((unseen.code, unseen.current), (Code::Conflict, None));
    let elsewhere = customers::create(&world.bank, &wang, &new, Uuid::new_v4()).await.unwrap_err();
    assert_eq!(problem(elsewhere).fields[0].field, "org");

    let other = NewCustomer { identity: Some("110105194912310021".into()), ..new.clone() };
    assert_eq!(
        problem(customers::create(&world.bank, &east, &other, Uuid::new_v4()).await.unwrap_err()).fields[0].rule,
        Rule::BadCheckDigit
    );
    let company = NewCustomer {
        kind: Kind::Corporate,
        name: "东方贸易有限公司".into(),
        org: "E2".into(),
        identity_kind: Some("uscc".into()),
        identity: Some("91440300708461136T".into()),
        mobile: None,
        profile: BTreeMap::new(),
    };
    let keys: Vec<Uuid> = (0..10).map(|_| Uuid::new_v4()).collect();
    let answers = join_all(keys.iter().map(|key| customers::create(&world.bank, &east, &company, *key))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "ten at once make one");
    let made = answers.into_iter().find_map(Result::ok).unwrap();
    let seen = customers::view(&world.bank, &east, made.customer_no).await.unwrap();
    assert!(seen.assignments.is_empty());
    let paper = NewIdentity { kind: "id_card".into(), value: "11010519491231002X".into(), expires_on: None };
    assert_eq!(
        customers::add_identity(&world.bank, &east, made.customer_no, &paper, Uuid::new_v4()).await.unwrap_err().code(),
        Code::Conflict
    );
    let paper = NewIdentity { kind: "passport".into(), value: "e1234567".into(), expires_on: "2030-01-01".parse().ok() };
    customers::add_identity(&world.bank, &east, made.customer_no, &paper, Uuid::new_v4()).await.unwrap();
    assert_eq!(customers::view(&world.bank, &east, made.customer_no).await.unwrap().identities.len(), 2);
}

#[sqlx::test(migrations = false)]
async fn a_view_is_shared_downwards(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    let draft =
        |name: &str, shared| ViewDraft { page: "customers".into(), name: name.into(), shared, definition: json!({ "sort": "-aum" }) };
    let key = Uuid::new_v4();
    let saved = views::save_view(&world.bank, &east, &draft("大客户", true), key).await.unwrap();
    assert_eq!(views::save_view(&world.bank, &east, &draft("大客户", true), key).await.unwrap(), saved);
    views::save_view(&world.bank, &east, &draft("自用", false), Uuid::new_v4()).await.unwrap();
    for (login, seen) in [("east", 2), ("alice", 1), ("bo", 1), ("wang", 0), ("boss", 0)] {
        let found = views::views(&world.bank, &world.actor(login).await, "customers").await.unwrap();
        assert_eq!(found.len(), seen, "{login}");
        assert!(found.iter().all(|view| view.mine == (login == "east")));
    }
    let alice = world.actor("alice").await;
    assert_eq!(views::change_view(&world.bank, &alice, &saved.id, 1, &draft("x", true)).await.unwrap_err().code(), Code::NotFound);
    views::remove_view(&world.bank, &alice, &saved.id).await.unwrap();
    let changed = views::change_view(&world.bank, &east, &saved.id, 1, &draft("大户", true)).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.version), ("大户", 2));
    assert_eq!(views::change_view(&world.bank, &east, &saved.id, 1, &draft("晚了", true)).await.unwrap_err().code(), Code::Stale);
    views::remove_view(&world.bank, &east, &saved.id).await.unwrap();
    assert_eq!(views::views(&world.bank, &east, "customers").await.unwrap().len(), 1);
}

#[sqlx::test(migrations = false)]
async fn contacts_and_papers_are_mended_without_their_clear_text(pool: PgPool) {
    let world = World::new(pool).await;
    let no = CustomerNo::from_id(world.customer("张小伟", "E1", Some("M-ALICE"), 100).await);
    let alice = world.actor("alice").await;
    let bank = &world.bank;
    let contact = |of: Option<&Contact>, value: Option<&str>, is_primary| ContactChange {
        id: of.map(|of| of.id.clone()),
        seen: of.map(|of| of.mark.clone()),
        kind: "mobile".into(),
        value: value.map(str::to_owned),
        is_primary,
    };
    for (value, is_primary) in [("13800001234", true), ("13900005678", false)] {
        customers::change_contact(bank, &alice, no, &contact(None, Some(value), is_primary), Uuid::new_v4()).await.unwrap();
    }
    let empty = customers::change_contact(bank, &alice, no, &contact(None, None, false), Uuid::new_v4()).await.unwrap_err();
    assert_eq!(problem(empty).fields[0].rule, Rule::Required);
    // Another one is preferred, whose number nobody had to type.
    let other = customers::view(bank, &alice, no).await.unwrap().contacts.remove(1);
    customers::change_contact(bank, &alice, no, &contact(Some(&other), None, true), Uuid::new_v4()).await.unwrap();
    let seen = customers::view(bank, &alice, no).await.unwrap();
    let shown: Vec<_> = seen.contacts.iter().map(|contact| (contact.value.as_str(), contact.is_primary)).collect();
    assert_eq!(shown, [("139****5678", true), ("138****1234", false)]);

    let paper = NewIdentity { kind: "id_card".into(), value: "11010519491231002X".into(), expires_on: "2025-12-31".parse().ok() };
    customers::add_identity(bank, &alice, no, &paper, Uuid::new_v4()).await.unwrap();
    sqlx::query("update customer_identity set verified = true, system = 'core'").execute(&world.owner).await.unwrap();
    let paper = customers::view(bank, &alice, no).await.unwrap().identities.remove(0);
    let change = |of: &Identity, value: Option<&str>, expires_on: &str| IdentityChange {
        id: of.id.clone(),
        seen: Some(of.mark.clone()),
        value: value.map(str::to_owned),
        expires_on: expires_on.parse().ok(),
    };
    // Renewed: the same number until another day, and still verified.
    customers::change_identity(bank, &alice, no, &change(&paper, None, "2045-12-31"), Uuid::new_v4()).await.unwrap();
    let renewed = customers::view(bank, &alice, no).await.unwrap().identities.remove(0);
    assert_eq!((renewed.expires_on, renewed.verified, renewed.system.as_str()), ("2045-12-31".parse().ok(), true, "core"));
    // Wrong by a digit: another number has to be verified anew, and cannot be somebody else's.
    let wrong =
        customers::change_identity(bank, &alice, no, &change(&renewed, Some("110105194912310021"), ""), Uuid::new_v4()).await.unwrap_err();
    assert_eq!(problem(wrong).fields[0].rule, Rule::BadCheckDigit);
    let namesake = CustomerNo::from_id(world.customer("张大伟", "E1", Some("M-ALICE"), 100).await);
    let his = NewIdentity { kind: "id_card".into(), value: "440524188001010014".into(), expires_on: None };
    customers::add_identity(bank, &alice, namesake, &his, Uuid::new_v4()).await.unwrap();
    let taken =
        customers::change_identity(bank, &alice, no, &change(&renewed, Some("440524188001010014"), ""), Uuid::new_v4()).await.unwrap_err();
    assert_eq!(taken.code(), Code::Conflict);
    let key = Uuid::new_v4();
    for _ in 0..2 {
        customers::change_identity(bank, &alice, no, &change(&renewed, Some("110105194912311014"), "2045-12-31"), key).await.unwrap();
    }
    let mended = customers::view(bank, &alice, no).await.unwrap();
    let paper = &mended.identities[0];
    assert_eq!((paper.value.as_str(), paper.verified, paper.system.as_str()), ("110***********1014", false, "guanhu"));
    // What stands in the history: the day in clear, the numbers not.
    let history = serde_json::to_string(&mended.timeline).unwrap();
    assert!(history.contains("expiry:id_card") && history.contains("2045-12-31") && history.contains("110***********1014"), "{history}");
    assert!(!history.contains("11010519491231"), "{history}");

    for (login, code) in [("bo", Code::NotFound), ("boss", Code::Forbidden)] {
        let refused = customers::change_identity(bank, &world.actor(login).await, no, &change(paper, Some(""), ""), Uuid::new_v4()).await;
        assert_eq!(refused.unwrap_err().code(), code, "{login}");
    }
    customers::change_identity(bank, &alice, no, &change(paper, Some(""), ""), Uuid::new_v4()).await.unwrap();
    assert!(customers::view(bank, &alice, no).await.unwrap().identities.is_empty());
    let gone = customers::change_identity(bank, &alice, no, &change(paper, None, "2050-01-01"), Uuid::new_v4()).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    let audited: i64 = sqlx::query_scalar(
        "select count(*) from audit_log where verb = 'customer.edit' and outcome = 'done' and detail::text like '%id_card%'",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(audited, 5, "two added, one renewed, one mended, one removed");
}

#[sqlx::test(migrations = false)]
async fn who_comes_second_sees_what_became_of_a_contact_or_a_paper(pool: PgPool) {
    let world = World::new(pool).await;
    let no = CustomerNo::from_id(world.customer("张小伟", "E1", Some("M-ALICE"), 100).await);
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let bank = &world.bank;
    let key = Uuid::new_v4;
    let change = |of: &Contact, value: Option<&str>, is_primary| ContactChange {
        id: Some(of.id.clone()),
        seen: Some(of.mark.clone()),
        kind: of.kind.clone(),
        value: value.map(str::to_owned),
        is_primary,
    };
    let new = ContactChange { id: None, seen: None, kind: "mobile".into(), value: Some("13800001234".into()), is_primary: true };
    customers::change_contact(bank, &alice, no, &new, key()).await.unwrap();

    // Both read it, the head of the branch is first; the second one is shown what is there, masked, and nothing is lost.
    let both = customers::view(bank, &alice, no).await.unwrap().contacts.remove(0);
    assert_eq!(customers::view(bank, &east, no).await.unwrap().contacts[0], both);
    customers::change_contact(bank, &east, no, &change(&both, Some("13900005678"), true), key()).await.unwrap();
    let late = change(&both, Some("13700009999"), true);
    let stale = problem(customers::change_contact(bank, &alice, no, &late, key()).await.unwrap_err());
    let there: Contact = serde_json::from_value(stale.current.clone().unwrap()).unwrap();
    assert_eq!((stale.code, there.value.as_str(), there.masked, &there.id), (Code::Stale, "139****5678", true, &both.id));
    assert_eq!(customers::view(bank, &alice, no).await.unwrap().contacts[0], there);
    assert!(!format!("{stale:?}").contains("13900005678"));
    let removal = change(&both, Some(""), true);
    assert_eq!(customers::change_contact(bank, &alice, no, &removal, key()).await.unwrap_err().code(), Code::Stale);
    let blind = ContactChange { seen: None, ..late.clone() };
    let refused = problem(customers::change_contact(bank, &alice, no, &blind, key()).await.unwrap_err());
    assert_eq!((refused.fields[0].field.as_str(), &refused.fields[0].rule), ("seen", &Rule::Required));
    customers::change_contact(bank, &alice, no, &ContactChange { seen: Some(there.mark), ..late }, key()).await.unwrap();

    // A flag is a change too, and so is what a feed brings.
    let first = customers::view(bank, &alice, no).await.unwrap().contacts.remove(0);
    assert_eq!(first.value, "137****9999");
    let another = ContactChange { value: Some("13600001111".into()), ..new };
    customers::change_contact(bank, &east, no, &another, key()).await.unwrap();
    let flag = customers::change_contact(bank, &alice, no, &change(&first, None, true), key()).await.unwrap_err();
    assert_eq!(problem(flag).current.unwrap()["is_primary"], false);
    let first = customers::view(bank, &alice, no).await.unwrap().contacts.remove(0);
    sqlx::query("update customer_contact set value = '13500002222'").execute(&world.owner).await.unwrap();
    let fed = customers::change_contact(bank, &alice, no, &change(&first, None, false), key()).await.unwrap_err();
    assert_eq!(problem(fed).current.unwrap()["value"], "135****2222");

    let paper = NewIdentity { kind: "passport".into(), value: "E12345678".into(), expires_on: None };
    customers::add_identity(bank, &alice, no, &paper, key()).await.unwrap();
    let seen = customers::view(bank, &alice, no).await.unwrap().identities.remove(0);
    let prolong = |of: &Identity, day: &str| IdentityChange {
        id: of.id.clone(),
        seen: Some(of.mark.clone()),
        value: None,
        expires_on: day.parse().ok(),
    };
    customers::change_identity(bank, &east, no, &prolong(&seen, "2040-01-01"), key()).await.unwrap();
    let stale = problem(customers::change_identity(bank, &alice, no, &prolong(&seen, "2041-01-01"), key()).await.unwrap_err());
    let there: Identity = serde_json::from_value(stale.current.unwrap()).unwrap();
    assert_eq!((stale.code, there.expires_on, there.value.contains("12345678")), (Code::Stale, "2040-01-01".parse().ok(), false));
    customers::change_identity(bank, &alice, no, &prolong(&there, "2041-01-01"), key()).await.unwrap();
    let gone = IdentityChange { value: Some(String::new()), ..prolong(&there, "") };
    assert_eq!(customers::change_identity(bank, &east, no, &gone, key()).await.unwrap_err().code(), Code::Stale);
    let stranger = customers::change_identity(bank, &world.actor("bo").await, no, &gone, key()).await.unwrap_err();
    assert_eq!(stranger.code(), Code::NotFound, "nothing is shown to whom nothing is shown");
}
