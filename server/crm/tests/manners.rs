//! What the manners of the pages need of the server: drafts, prints, lists that grow by a selection.

use std::{collections::BTreeSet, fs, path::Path};

use guanhu_crm::{assignments, drafts, groups, live, notices, printing, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    groups::{GroupDraft, GroupKind},
    live::LiveEvent,
    notices::{Notice, NoticeKind, NoticeSettings, Read},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

#[sqlx::test(migrations = false)]
async fn a_draft_is_its_authors_alone_and_not_in_clear(pool: PgPool) {
    let world = World::new(pool).await;
    let (alice, bo) = (world.actor("alice").await, world.actor("bo").await);
    let typed = json!({ "summary": "客户手机 13800001234" });
    drafts::keep(&world.bank, &alice, "contact", "100000000001", Some(&json!({ "summary": "一" }))).await.unwrap();
    drafts::keep(&world.bank, &alice, "contact", "100000000001", Some(&typed)).await.unwrap();
    assert_eq!(drafts::read(&world.bank, &alice, "contact", "100000000001").await.unwrap(), Some(typed));
    assert_eq!(drafts::read(&world.bank, &bo, "contact", "100000000001").await.unwrap(), None);

    let kept: Vec<u8> = sqlx::query_scalar("select sealed from form_draft").fetch_one(&world.owner).await.unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("13800001234"), "sealed at rest");
    // Moved to another subject it does not open.
    sqlx::query("update form_draft set subject = 'other'").execute(&world.owner).await.unwrap();
    assert_eq!(drafts::read(&world.bank, &alice, "contact", "other").await.unwrap(), None);

    drafts::keep(&world.bank, &alice, "contact", "other", None).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from form_draft").fetch_one(&world.owner).await.unwrap();
    assert_eq!(left, 0);
    for (form, subject) in [
        ("transfer", "new"),
        ("decision", "revert-0198c1a2-7b3c-7def-8a90-0123456789ab"),
        ("handover", "M-ALICE"),
        ("handover", "M-ALICE:release"),
        ("lifecycle", "rules"),
        ("newcomers", "rules"),
    ] {
        drafts::keep(&world.bank, &alice, form, subject, Some(&json!(form))).await.unwrap();
        assert_eq!(drafts::read(&world.bank, &alice, form, subject).await.unwrap(), Some(json!(form)), "{form} {subject}");
    }
    for (form, subject) in [("password", "x"), ("contact", "a b"), ("contact", "'")] {
        assert_eq!(drafts::read(&world.bank, &alice, form, subject).await.unwrap_err().code(), Code::Invalid, "{form} {subject}");
    }
}

/// The forms of the pages that keep drafts, as their sources name them.
fn forms(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            forms(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            found.extend(source.split("Draft::of(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
}

#[sqlx::test(migrations = false)]
async fn whatever_form_asks_for_it_its_draft_is_kept(pool: PgPool) {
    let world = World::new(pool).await;
    let alice = world.actor("alice").await;
    let mut found = BTreeSet::new();
    forms(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../app/src"), &mut found);
    assert!(found.len() > 20, "{found:?}");
    for form in found {
        drafts::keep(&world.bank, &alice, &form, "new", Some(&json!(form))).await.unwrap_or_else(|error| panic!("{form}: {error:?}"));
        assert_eq!(drafts::read(&world.bank, &alice, &form, "new").await.unwrap(), Some(json!(form)));
    }
}

#[sqlx::test(migrations = false)]
async fn drafts_are_few_and_do_not_stay_for_ever(pool: PgPool) {
    let world = World::new(pool).await;
    let alice = world.actor("alice").await;
    for at in 0..103 {
        drafts::keep(&world.bank, &alice, "contact", &at.to_string(), Some(&json!(at))).await.unwrap();
    }
    let count: i64 = sqlx::query_scalar("select count(*) from form_draft").fetch_one(&world.owner).await.unwrap();
    assert_eq!(count, 100);
    assert_eq!(drafts::read(&world.bank, &alice, "contact", "102").await.unwrap(), Some(json!(102)));
    assert_eq!(drafts::read(&world.bank, &alice, "contact", "0").await.unwrap(), None, "the oldest gave way");
    sqlx::query("update form_draft set changed_at = now() - interval '31 days' where subject <> '102'")
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(drafts::sweep(&world.bank).await.unwrap(), 99);
}

#[sqlx::test(migrations = false)]
async fn a_print_is_told_and_recorded_without_what_was_asked_for(pool: PgPool) {
    let world = World::new(pool).await;
    let alice = world.actor("alice").await;
    printing::print(&world.bank, &alice, "/customers/100000000001").await.unwrap();
    let subject: String =
        sqlx::query_scalar("select subject from audit_log where verb = 'page.print'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(subject, "page:/customers/100000000001");
    for path in ["customers", "/customers?q=13800001234", "/张三"] {
        assert_eq!(printing::print(&world.bank, &alice, path).await.unwrap_err().code(), Code::Invalid, "{path}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_selection_is_added_to_ones_own_list_once(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let (alice, bo) = (world.actor("alice").await, world.actor("bo").await);
    let mut mine = Vec::new();
    for name in ["张小伟", "李娜", "赵六"] {
        mine.push(CustomerNo::from_id(world.customer(name, "E1", Some("M-ALICE"), 1_000).await));
    }
    let foreign = CustomerNo::from_id(world.customer("王芳", "W1", Some("M-WANG"), 1_000).await);
    let draft = GroupDraft {
        name: "回访".into(),
        kind: GroupKind::Static,
        rule: None,
        joint: None,
        parts: Vec::new(),
        note: String::new(),
        shared: Vec::new(),
        expires_on: None,
        members: Some(mine[0].to_string()),
    };
    let code = groups::create(bank, &alice, &draft, Uuid::now_v7()).await.unwrap().group.code;
    let key = Uuid::now_v7();
    let added = groups::add(bank, &alice, &code, &mine, key).await.unwrap();
    assert_eq!((added.name.as_str(), added.added), ("回访", 2));
    assert_eq!(groups::add(bank, &alice, &code, &mine, key).await.unwrap(), added, "the same answer under the same key");
    assert_eq!(groups::add(bank, &alice, &code, &mine, Uuid::now_v7()).await.unwrap().added, 0);

    let refused = groups::add(bank, &alice, &code, &[mine[0], foreign], Uuid::now_v7()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid, "who is out of scope is not there");
    assert_eq!(groups::add(bank, &bo, &code, &mine, Uuid::now_v7()).await.unwrap_err().code(), Code::NotFound, "another's list");
    let members: i64 = sqlx::query_scalar("select count(*) from customer_group_member").fetch_one(&world.owner).await.unwrap();
    assert_eq!(members, 3);
}

async fn told(world: &World, login: &str) -> Vec<Notice> {
    notices::list(&world.bank, &world.actor(login).await, None).await.unwrap().items
}

#[sqlx::test(migrations = false)]
async fn who_decides_and_who_asked_are_told_once(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let customer = CustomerNo::from_id(world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await);
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let mut tail = live::Tail::begin(bank).await.unwrap();
    let asked = json!({ "customers": [customer], "to": "M-BO", "reason": "调岗" });
    let transfer = assignments::request(bank, &alice, &serde_json::from_value(asked).unwrap(), Uuid::now_v7()).await.unwrap();
    assert_eq!(notices::deliver(bank).await.unwrap(), 1);
    assert_eq!(notices::deliver(bank).await.unwrap(), 0, "nobody is told twice");
    let waits = told(&world, "east").await;
    assert_eq!((waits[0].kind, waits[0].by.as_str(), waits[0].count, waits[0].read), (NoticeKind::TransferWaits, "爱丽", 1, false));
    for other in ["alice", "boss", "west", "bo"] {
        assert!(told(&world, other).await.is_empty(), "{other}: the nearest who may decide is told, nobody else");
    }
    // The page that is open hears of it, and only theirs.
    let (events, _) = tail.next(bank).await.unwrap();
    let hears = |audience: &live::Audience| events.iter().filter_map(|event| audience.hears(event)).any(|event| event == LiveEvent::Notice);
    assert!(hears(&live::audience(&east).await.unwrap()));
    assert!(!hears(&live::audience(&alice).await.unwrap()));

    assignments::approve(bank, &east, transfer.id, Uuid::now_v7()).await.unwrap();
    assert_eq!(notices::deliver(bank).await.unwrap(), 2);
    let (decided, received) = (told(&world, "alice").await, told(&world, "bo").await);
    assert_eq!((decided[0].kind, decided[0].agreed), (NoticeKind::TransferDecided, Some(true)));
    assert_eq!((received[0].kind, received[0].count), (NoticeKind::CustomersReceived, 1));
}

#[sqlx::test(migrations = false)]
async fn read_stays_read_and_what_is_turned_off_is_not_told(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let (bo, wang) = (world.actor("bo").await, world.actor("wang").await);
    for (customer, staff) in [("甲", "M-BO"), ("乙", "M-BO"), ("丙", "M-WANG")] {
        let unit = if staff == "M-WANG" { "W1" } else { "E1" };
        let id = world.customer(customer, unit, Some(staff), 1_000).await;
        sqlx::query("insert into task (customer_id, title, due_on, owner_staff_id) select $1, '回访', '2026-03-31', staff_id from staff where code = $2")
            .bind(id)
            .bind(staff)
            .execute(&world.owner)
            .await
            .unwrap();
    }
    notices::set(bank, &wang, &NoticeSettings { muted: vec![NoticeKind::TasksDue], browser: true }).await.unwrap();
    notices::deliver(bank).await.unwrap();
    let due = told(&world, "bo").await;
    assert_eq!((due.len(), due[0].kind, due[0].count), (1, NoticeKind::TasksDue, 2), "together");
    assert_eq!(due[0].link, "/customers?sort=next_due", "what is due first");
    assert!(told(&world, "wang").await.is_empty(), "turned off");
    assert!(notices::list(bank, &wang, None).await.unwrap().settings.browser);

    assert_eq!(notices::unread(bank, &bo).await.unwrap(), 1);
    notices::mark_read(bank, &wang, &Read::One(due[0].id)).await.unwrap();
    assert_eq!(notices::unread(bank, &bo).await.unwrap(), 1, "another's is not one's to read");
    notices::mark_read(bank, &bo, &Read::Kind(NoticeKind::TasksDue, due[0].id)).await.unwrap();
    assert_eq!(notices::unread(bank, &bo).await.unwrap(), 0);
    sqlx::query("update bank set business_date = '2026-04-01'").execute(&world.owner).await.unwrap();
    notices::deliver(bank).await.unwrap();
    assert_eq!(notices::unread(bank, &bo).await.unwrap(), 1, "once a day while they are open");
    notices::mark_read(bank, &bo, &Read::All(i64::MAX)).await.unwrap();
    assert!(told(&world, "bo").await.iter().all(|notice| notice.read));
}
