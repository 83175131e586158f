//! What the manners of the pages need of the server: drafts, prints, lists that grow by a selection.

use guanhu_crm::{drafts, groups, printing, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    groups::{GroupDraft, GroupKind},
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
    for (form, subject) in [("password", "x"), ("contact", "a b"), ("contact", "'")] {
        assert_eq!(drafts::read(&world.bank, &alice, form, subject).await.unwrap_err().code(), Code::Invalid, "{form} {subject}");
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
