//! A group is kept by one, used by others, and never shows anybody more than their own customers.

use guanhu_crm::{Error, Result, customers, groups, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    access::Role,
    customers::CustomerQuery,
    groups::{Counted, GroupDraft, GroupKind},
    rules::{Condition, Op, RuleSet, Value},
};
use sqlx::PgPool;
use uuid::Uuid;

fn draft(name: &str, rule: Option<Condition>, members: Option<String>) -> GroupDraft {
    GroupDraft {
        name: name.into(),
        kind: if rule.is_some() { GroupKind::Dynamic } else { GroupKind::Static },
        rule: rule.map(RuleSet::new),
        note: String::new(),
        shared: vec![Role::BranchManager],
        expires_on: None,
        members,
    }
}

fn rich() -> Condition {
    Condition::Compare { field: "aum".into(), op: Op::Ge, value: Value::Number(50_000_00) }
}

async fn names(world: &World, login: &str, group: &str) -> Result<Vec<String>> {
    let query = CustomerQuery { group: Some(group.into()), ..CustomerQuery::default() };
    let page = customers::list(&world.bank, &world.actor(login).await, &query).await?;
    assert_eq!(page.total.count as usize, page.items.len());
    Ok(page.items.into_iter().map(|item| item.name).collect())
}

#[sqlx::test(migrations = false)]
async fn a_group_is_shared_and_everybody_sees_their_own_of_it(pool: PgPool) {
    let world = World::new(pool).await;
    let mine = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let colleagues = world.customer("李娜", "E1", Some("M-BO"), 70_000).await;
    let foreign = world.customer("王芳", "W1", Some("M-WANG"), 80_000).await;
    world.customer("赵六", "E1", Some("M-ALICE"), 40_000).await;
    let bank = &world.bank;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);

    // By rule: found and counted within one's own scope.
    let found = groups::find(bank, &alice, &RuleSet::new(rich())).await.unwrap();
    assert_eq!((found.count, found.counted, found.sample[0].name.as_str()), (1, Counted::Exactly, "张小伟"));
    assert_eq!(groups::find(bank, &east, &RuleSet::new(rich())).await.unwrap().count, 2);
    let key = Uuid::now_v7();
    let ruled = groups::create(bank, &alice, &draft("五万以上", Some(rich()), None), key).await.unwrap().group;
    assert_eq!(groups::create(bank, &alice, &draft("五万以上", Some(rich()), None), key).await.unwrap().group, ruled);
    assert_eq!(names(&world, "alice", &ruled.code).await.unwrap(), ["张小伟"]);
    assert_eq!(names(&world, "east", &ruled.code).await.unwrap(), ["李娜", "张小伟"]);
    assert_eq!(names(&world, "west", &ruled.code).await.unwrap(), ["王芳"]);
    for stranger in ["bo", "boss"] {
        assert_eq!(names(&world, stranger, &ruled.code).await.unwrap_err().code(), Code::Invalid, "not shared with {stranger}");
    }
    assert!(!groups::list(bank, &east).await.unwrap()[0].mine);

    // Whom one may not see tells nothing through a relation either.
    sqlx::query("insert into customer_relation (customer_id, related_id, kind) values ($1, $2, 'spouse'), ($1, $3, 'parent')")
        .bind(mine)
        .bind(foreign)
        .bind(colleagues)
        .execute(&world.owner)
        .await
        .unwrap();
    let related = RuleSet::new(Condition::Related { kind: None, reverse: false, who: Box::new(rich()) });
    assert_eq!(groups::find(bank, &alice, &related).await.unwrap().count, 0);
    assert_eq!(groups::find(bank, &east, &related).await.unwrap().count, 1);

    // By list: numbers of others' customers are unknown, as are wrong ones.
    let typed = format!("{}，{} 123\n{}", CustomerNo::from_id(mine), CustomerNo::from_id(foreign), CustomerNo::from_id(colleagues));
    let listed = groups::create(bank, &alice, &draft("名单", None, Some(typed)), Uuid::now_v7()).await.unwrap();
    assert_eq!((listed.members, listed.unknown.len()), (1, 3));
    assert_eq!(names(&world, "east", &listed.group.code).await.unwrap(), ["张小伟"]);
    assert!(names(&world, "west", &listed.group.code).await.unwrap().is_empty());

    // Only its owner changes it, and only the version that was read.
    let again = draft("五万以上客户", Some(rich()), None);
    assert_eq!(groups::change(bank, &east, &ruled.code, 1, &again, Uuid::now_v7()).await.unwrap_err().code(), Code::NotFound);
    let key = Uuid::now_v7();
    let changed = groups::change(bank, &alice, &ruled.code, 1, &again, key).await.unwrap().group;
    assert_eq!(changed.version, 2);
    assert_eq!(groups::change(bank, &alice, &ruled.code, 1, &again, key).await.unwrap().group, changed, "a retry");
    assert_eq!(groups::change(bank, &alice, &ruled.code, 1, &again, Uuid::now_v7()).await.unwrap_err().code(), Code::Stale);
    let empty = draft("空", Some(Condition::All(Vec::new())), None);
    let Error::Problem(problem) = groups::create(bank, &alice, &empty, Uuid::now_v7()).await.unwrap_err() else { panic!() };
    assert_eq!(problem.fields[0].field, "/rule/when/all");
    let expired = GroupDraft { expires_on: "2026-03-30".parse().ok(), ..again };
    groups::change(bank, &alice, &ruled.code, 2, &expired, Uuid::now_v7()).await.unwrap();
    assert_eq!(names(&world, "east", &ruled.code).await.unwrap_err().code(), Code::Invalid);
    let list = &listed.group;
    assert_eq!(groups::remove(bank, &alice, &list.code, 7, Uuid::now_v7()).await.unwrap_err().code(), Code::Stale);
    let key = Uuid::now_v7();
    groups::remove(bank, &alice, &list.code, list.version, key).await.unwrap();
    groups::remove(bank, &alice, &list.code, list.version, key).await.unwrap();
    assert_eq!(groups::list(bank, &alice).await.unwrap().len(), 1);
}
