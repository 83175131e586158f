//! A group is kept by one, used by others, and never shows anybody more than their own customers.

use guanhu_crm::{Actor, Error, Result, customers, dashboards, groups, lifecycle, rules, testing::World, tiers, views};
use guanhu_domain::{
    Code, CustomerNo,
    access::Role,
    customers::{CustomerQuery, Kind, ViewDraft},
    dashboards::{BoardQuery, GroupFigures, GroupLine},
    groups::{Counted, Found, FoundShare, GroupDraft, GroupKind, Joint},
    lifecycle::LifecycleDraft,
    rules::{Condition, Limits, Op, RuleSet, Value},
    tiers::VersionDraft,
};
use sqlx::PgPool;
use uuid::Uuid;

fn draft(name: &str, rule: Option<Condition>, members: Option<String>) -> GroupDraft {
    GroupDraft {
        name: name.into(),
        kind: if rule.is_some() { GroupKind::Dynamic } else { GroupKind::Static },
        rule: rule.map(RuleSet::new),
        joint: None,
        parts: Vec::new(),
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

    // However many are unknown, each is told, and once.
    let known = CustomerNo::from_id(mine).to_string();
    let wrong: Vec<String> = (0..5_000).map(|n| format!("x{n}")).collect();
    let typed = format!("{known} {0} {0} {1}", wrong.join("\n"), "长".repeat(50));
    let many = groups::create(bank, &alice, &draft("五千错号", None, Some(typed)), Uuid::now_v7()).await.unwrap();
    assert_eq!((many.members, many.unknown.len(), many.unknown[4_999].as_str()), (1, 5_001, "x4999"));
    assert_eq!(many.unknown[5_000], "长".repeat(40));
    groups::remove(bank, &alice, &many.group.code, many.group.version, Uuid::now_v7()).await.unwrap();

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

    // Brought back it is what it was, under its own code and with its list: by its owner, for some days.
    assert_eq!(groups::restore(bank, &east, &list.code, Uuid::now_v7()).await.unwrap_err().code(), Code::NotFound);
    let key = Uuid::now_v7();
    let back = groups::restore(bank, &alice, &list.code, key).await.unwrap();
    assert_eq!(groups::restore(bank, &alice, &list.code, key).await.unwrap(), back, "a retry");
    assert_eq!((back.code.as_str(), back.name.as_str()), (list.code.as_str(), "名单"));
    assert_eq!(names(&world, "east", &list.code).await.unwrap(), ["张小伟"]);
    assert_eq!(groups::restore(bank, &alice, &list.code, Uuid::now_v7()).await.unwrap_err().code(), Code::NotFound, "it is there");
    groups::remove(bank, &alice, &list.code, back.version, Uuid::now_v7()).await.unwrap();
    assert_eq!(names(&world, "east", &list.code).await.unwrap_err().code(), Code::Invalid);
    assert_eq!(groups::sweep(bank).await.unwrap(), 0);
    sqlx::query("update customer_group set removed_at = now() - interval '8 days' where removed_at is not null")
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(groups::sweep(bank).await.unwrap(), 2);
    assert_eq!(groups::restore(bank, &alice, &list.code, Uuid::now_v7()).await.unwrap_err().code(), Code::NotFound, "for good");
}

#[sqlx::test(migrations = false)]
async fn names_stand_in_the_order_in_which_they_are_read(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let east = world.actor("east").await;
    // By their characters' numbers 张 would come first.
    sqlx::query("update staff set name = case code when 'M-ALICE' then '张三' else '李四' end where code in ('M-ALICE', 'M-BO')")
        .execute(&world.owner)
        .await
        .unwrap();
    for name in ["张府", "王府", "李府"] {
        groups::create(bank, &east, &draft(name, Some(rich()), None), Uuid::now_v7()).await.unwrap();
        let view = ViewDraft { page: "customers".into(), name: name.into(), shared: false, definition: serde_json::json!({}) };
        views::save_view(bank, &east, &view, Uuid::now_v7()).await.unwrap();
    }
    let read = ["李府", "王府", "张府"];
    assert_eq!(groups::list(bank, &east).await.unwrap().iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), read);
    assert_eq!(views::views(bank, &east, "customers").await.unwrap().iter().map(|view| view.name.as_str()).collect::<Vec<_>>(), read);
    let choices = customers::choices(bank, &east).await.unwrap();
    assert_eq!(choices.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), read);
    let managers: Vec<&str> = choices.managers.iter().map(|manager| manager.name.as_str()).filter(|name| name.len() == 6).collect();
    let place = |name| managers.iter().position(|other| *other == name);
    assert!(place("李四").is_some() && place("李四") < place("张三"), "{managers:?}");
}

fn combined(name: &str, joint: Joint, parts: &[&str]) -> GroupDraft {
    let parts = parts.iter().map(|code| (*code).to_owned()).collect();
    GroupDraft { kind: GroupKind::Combined, joint: Some(joint), parts, ..draft(name, None, None) }
}

fn led_by(code: &str) -> Condition {
    Condition::OneOf { field: "manager".into(), values: vec![code.into()] }
}

#[sqlx::test(migrations = false)]
async fn groups_go_together_and_come_apart_again(pool: PgPool) {
    let world = World::new(pool).await;
    let rich_alices = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let poor_alices = world.customer("赵六", "E1", Some("M-ALICE"), 40_000).await;
    world.customer("李娜", "E1", Some("M-BO"), 70_000).await;
    world.customer("王芳", "W1", Some("M-WANG"), 80_000).await;
    // In the pool, whose lead is not known.
    world.customer("钱七", "E2", None, 90_000).await;
    let bank = &world.bank;
    let (alice, east) = (world.actor("alice").await, world.actor("east").await);
    let keep = async |draft: &GroupDraft| groups::create(bank, &east, draft, Uuid::now_v7()).await.map(|saved| saved.group.code);
    let rich = keep(&draft("五万以上", Some(rich()), None)).await.unwrap();
    let alices = keep(&draft("爱丽主办", Some(led_by("M-ALICE")), None)).await.unwrap();
    let list = keep(&draft("名单", None, Some(CustomerNo::from_id(poor_alices).to_string()))).await.unwrap();

    for (joint, parts, expected) in [
        (Joint::Union, [&rich, &alices], vec!["钱七", "李娜", "张小伟", "赵六"]),
        (Joint::Intersection, [&rich, &alices], vec!["张小伟"]),
        // Who has no lead is not led by alice.
        (Joint::Difference, [&rich, &alices], vec!["钱七", "李娜"]),
        (Joint::Difference, [&alices, &list], vec!["张小伟"]),
        (Joint::Union, [&rich, &list], vec!["钱七", "李娜", "张小伟", "赵六"]),
    ] {
        let parts: Vec<&str> = parts.iter().map(|code| code.as_str()).collect();
        let wanted = combined("组合", joint, &parts);
        let found = groups::find_combined(bank, &east, joint, &wanted.parts).await.unwrap();
        let code = keep(&wanted).await.unwrap();
        assert_eq!(names(&world, "east", &code).await.unwrap(), expected, "{joint:?} {parts:?}");
        assert_eq!(found.count as usize, expected.len());
        let look = groups::look(bank, &east, &code).await.unwrap();
        assert_eq!((look.group.joint, look.group.parts.len()), (Some(joint), 2));
        // The same but for the time it took.
        assert_eq!(look.found.map(|again| Found { milliseconds: found.milliseconds, ..again }), Some(found));
    }

    // What no combination is.
    let union = |parts: &[&str]| combined("组合", Joint::Union, parts);
    let whole = keep(&union(&[&rich, &list])).await.unwrap();
    for wrong in [union(&[&rich]), union(&[&rich, &rich]), union(&[&rich, "nonesuch"]), union(&[&rich, &whole])] {
        let Error::Problem(problem) = keep(&wrong).await.unwrap_err() else { panic!() };
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::Invalid, "parts"), "{wrong:?}");
    }
    let without = GroupDraft { joint: None, ..union(&[&rich, &list]) };
    let Error::Problem(problem) = keep(&without).await.unwrap_err() else { panic!() };
    assert_eq!(problem.fields[0].field, "joint");
    // Others' groups that are shared with one's role may be part; others' own may not.
    let private = GroupDraft { shared: Vec::new(), ..draft("自用", Some(led_by("M-ALICE")), None) };
    let alone = groups::create(bank, &alice, &private, Uuid::now_v7()).await.unwrap().group.code;
    assert_eq!(keep(&union(&[&rich, &alone])).await.unwrap_err().code(), Code::Invalid);

    // A part stays while it is one, and its end is the end of the whole.
    let removed = groups::remove(bank, &east, &list, 1, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(removed.code(), Code::Invalid);
    sqlx::query("update customer_group set expires_on = '2026-03-30' where code = $1").bind(&list).execute(&world.owner).await.unwrap();
    assert_eq!(names(&world, "east", &whole).await.unwrap_err().code(), Code::Invalid);
    assert_eq!(groups::look(bank, &east, &whole).await.unwrap().found, None);
    assert_eq!(groups::look(bank, &world.actor("boss").await, &whole).await.unwrap_err().code(), Code::NotFound);

    // Today's members as a list, which stays when the rule finds others.
    let frozen = groups::freeze(bank, &east, &alices, Uuid::now_v7()).await.unwrap();
    assert_eq!((frozen.members, frozen.group.name.as_str(), frozen.group.kind), (2, "爱丽主办 2026-03-31", GroupKind::Static));
    sqlx::query("update customer_summary set lead_staff_id = null where customer_id = $1")
        .bind(rich_alices)
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(names(&world, "east", &alices).await.unwrap(), ["赵六"]);
    assert_eq!(names(&world, "east", &frozen.group.code).await.unwrap(), ["张小伟", "赵六"]);

    // Taken away after the combination it was part of, it comes back before it.
    let halves =
        [keep(&draft("甲", Some(led_by("M-ALICE")), None)).await.unwrap(), keep(&draft("乙", Some(led_by("M-BO")), None)).await.unwrap()];
    let both = keep(&union(&[&halves[0], &halves[1]])).await.unwrap();
    for code in [&both, &halves[0]] {
        groups::remove(bank, &east, code, 1, Uuid::now_v7()).await.unwrap();
    }
    let Error::Problem(problem) = groups::restore(bank, &east, &both, Uuid::now_v7()).await.unwrap_err() else { panic!() };
    assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::Invalid, "code"));
    assert_eq!(groups::look(bank, &east, &both).await.unwrap_err().code(), Code::NotFound, "it stayed away");
    for code in [&halves[0], &both] {
        groups::restore(bank, &east, code, Uuid::now_v7()).await.unwrap();
    }
    assert_eq!(names(&world, "east", &both).await.unwrap(), ["李娜", "赵六"]);
}

#[sqlx::test(migrations = false)]
async fn who_is_found_is_told_by_tier_and_unit_and_counted_day_by_day(pool: PgPool) {
    let world = World::new(pool).await;
    let golden = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let colleagues = world.customer("李娜", "E1", Some("M-BO"), 70_000).await;
    let in_pool = world.customer("钱七", "E2", None, 90_000).await;
    let in_west = world.customer("王芳", "W1", Some("M-WANG"), 80_000).await;
    sqlx::query("update customer_summary set tier_id = (select tier_id from tier where code = 'gold') where customer_id = $1")
        .bind(golden)
        .execute(&world.owner)
        .await
        .unwrap();
    let bank = &world.bank;
    let (alice, east, boss) = (world.actor("alice").await, world.actor("east").await, world.actor("boss").await);
    let shares = |shares: &[FoundShare]| -> Vec<(String, i64)> { shares.iter().map(|one| (one.code.clone(), one.customers)).collect() };
    let own = |pairs: &[(&str, i64)]| -> Vec<(String, i64)> { pairs.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect() };
    let found = groups::find(bank, &boss, &RuleSet::new(rich())).await.unwrap();
    assert_eq!((shares(&found.tiers), shares(&found.units)), (own(&[("gold", 1), ("", 3)]), own(&[("EAST", 3), ("WEST", 1)])));
    let found = groups::find(bank, &east, &RuleSet::new(rich())).await.unwrap();
    assert_eq!((shares(&found.tiers), shares(&found.units)), (own(&[("gold", 1), ("", 2)]), own(&[("E1", 2), ("E2", 1)])));

    // Codes that stand in no list are refused where they stand.
    let wrong = Condition::All(vec![rich(), Condition::OneOf { field: "unit".into(), values: vec!["E1".into(), "E9".into()] }]);
    let Error::Problem(problem) = groups::find(bank, &east, &RuleSet::new(wrong)).await.unwrap_err() else { panic!() };
    assert_eq!(problem.fields[0].field, "/rule/when/all/1/one_of/values/1");

    // Counted once a day, and told to everybody of their own.
    let shared = GroupDraft { shared: vec![Role::Manager, Role::BranchManager], ..draft("五万以上", Some(rich()), None) };
    let code = groups::create(bank, &boss, &shared, Uuid::now_v7()).await.unwrap().group.code;
    // Who is related to whom one does not see is not found, today and on the curve alike.
    sqlx::query(
        "insert into customer_relation (customer_id, related_id, kind) values ($1, $2, 'spouse'), ($1, $3, 'parent'), ($4, $2, 'parent')",
    )
    .bind(golden)
    .bind(in_west)
    .bind(colleagues)
    .bind(in_pool)
    .execute(&world.owner)
    .await
    .unwrap();
    let related = Condition::Related { kind: None, reverse: false, who: Box::new(rich()) };
    let kin = GroupDraft { shared: vec![Role::Manager, Role::BranchManager], ..draft("有关系人", Some(related.clone()), None) };
    let kin = groups::create(bank, &boss, &kin, Uuid::now_v7()).await.unwrap().group.code;
    assert!(groups::look(bank, &boss, &code).await.unwrap().growth.is_empty());
    assert_eq!(groups::count_due(bank).await.unwrap(), Some(2));
    assert_eq!(groups::count_due(bank).await.unwrap(), Some(0));
    let curve = async |actor: &guanhu_crm::Actor| {
        let look = groups::look(bank, actor, &code).await.unwrap();
        look.growth.into_iter().map(|day| (day.on.to_string(), day.customers, day.aum)).collect::<Vec<_>>()
    };
    let day = |on: &str, customers, yuan: i64| (on.to_owned(), customers, yuan * 100);
    assert_eq!(curve(&boss).await, [day("2026-03-31", 4, 300_000)]);
    assert_eq!(curve(&east).await, [day("2026-03-31", 3, 220_000)]);
    assert_eq!(curve(&alice).await, [day("2026-03-31", 1, 60_000)]);
    for (actor, expected) in [(&boss, 2), (&east, 1), (&alice, 0)] {
        let look = groups::look(bank, actor, &kin).await.unwrap();
        let counted: Vec<i64> = look.growth.iter().map(|day| day.customers).collect();
        assert_eq!((counted, look.found.map(|found| found.count)), (vec![expected], Some(expected)), "{}", actor.login);
    }

    // Whoever is put onto a list is counted today, also in what the list is part of.
    let list = groups::create(bank, &east, &draft("名单", None, None), Uuid::now_v7()).await.unwrap().group.code;
    groups::count_due(bank).await.unwrap();
    let listed = async || groups::look(bank, &east, &list).await.unwrap().growth.last().map(|day| day.customers);
    assert_eq!(listed().await, Some(0));
    groups::add(bank, &east, &list, &[CustomerNo::from_id(golden)], Uuid::now_v7()).await.unwrap();
    assert_eq!(groups::count_due(bank).await.unwrap(), Some(1));
    assert_eq!(listed().await, Some(1));
    groups::remove(bank, &east, &list, 2, Uuid::now_v7()).await.unwrap();

    // The next day, with one fewer; of months long past the last day stays.
    sqlx::raw_sql(
        "update bank set business_date = '2026-04-01'; update customer_summary set aum = 0 where name = '李娜';
         insert into segment_count select segment, day, org_id, staff_id, 9, 0 from segment_count, unnest(array['2025-12-30', '2025-12-31']::date[]) day",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    assert_eq!(groups::count_due(bank).await.unwrap(), Some(2));
    let days: Vec<_> = curve(&east).await.into_iter().map(|(on, customers, _)| (on, customers)).collect();
    assert_eq!(days, [("2025-12-31".to_owned(), 27), ("2026-03-31".to_owned(), 3), ("2026-04-01".to_owned(), 2)]);
}

#[sqlx::test(migrations = false)]
async fn a_dashboard_counts_a_group_within_the_viewers_units(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (unit, lead, yuan) in [("E1", "M-ALICE", 60_000), ("E1", "M-ALICE", 40_000), ("E2", "M-BO", 70_000), ("W1", "M-WANG", 80_000)] {
        ids.push(world.customer("张小伟", unit, Some(lead), yuan).await);
    }
    sqlx::raw_sql("insert into contribution_month (month, state, as_of, ready) values ('2026-03-01', 'open', '2026-03-31', true)")
        .execute(&world.owner)
        .await
        .unwrap();
    let bank = &world.bank;
    let (east, west, boss) = (world.actor("east").await, world.actor("west").await, world.actor("boss").await);
    let shared = GroupDraft { shared: vec![Role::BranchManager, Role::Executive], ..draft("五万以上", Some(rich()), None) };
    let ruled = groups::create(bank, &east, &shared, Uuid::now_v7()).await.unwrap().group;
    let asked =
        |org: Option<&str>, group: &str| BoardQuery { org: org.map(str::to_owned), group: Some(group.into()), ..BoardQuery::default() };

    let board = dashboards::bank_board(bank, &boss, &asked(None, &ruled.code)).await.unwrap();
    let figures = board.group.unwrap();
    assert_eq!((figures.customers, figures.aum, board.frame.group.unwrap().name.as_str()), (3, 210_000_00, "五万以上"));
    assert_eq!(figures.contribution, None, "what nobody has computed is no zero");
    let lines = |lines: &[GroupLine]| -> Vec<_> { lines.iter().map(|line| (line.code.clone(), line.customers, line.aum)).collect() };
    assert_eq!(lines(&figures.units), [("EAST".into(), 2, 130_000_00), ("WEST".into(), 1, 80_000_00)]);
    assert_eq!(lines(&figures.tiers), [(String::new(), 3, 210_000_00)]);
    let held: Vec<_> = figures.products.iter().map(|product| (product.code.as_str(), product.holders, product.eligible)).collect();
    assert_eq!(held, [("CUR", 3, 3), ("TRM", 0, 3), ("WEALTH", 0, 3), ("LOAN", 0, 3)]);

    // Of one's own units, of a part of them, of one tier.
    let of = async |actor: &Actor, query: BoardQuery| dashboards::bank_board(bank, actor, &query).await.unwrap().group.unwrap();
    let own = of(&east, asked(None, &ruled.code)).await;
    assert_eq!(lines(&own.units), [("E2".into(), 1, 70_000_00), ("E1".into(), 1, 60_000_00)]);
    assert_eq!(of(&east, asked(Some("E1"), &ruled.code)).await.customers, 1);
    assert_eq!(of(&boss, BoardQuery { tier: Some("gold".into()), ..asked(None, &ruled.code) }).await, GroupFigures::default());
    let products = dashboards::products_board(bank, &west, &asked(None, &ruled.code)).await.unwrap().group.unwrap();
    assert_eq!((products.customers, products.products[0].holders), (1, 1));

    // A list counts whoever of it is one's own; a group that is not the viewer's is none.
    let typed = ids.iter().map(|id| CustomerNo::from_id(*id).to_string()).collect::<Vec<_>>().join(" ");
    let everybodys = GroupDraft { shared: vec![Role::BranchManager, Role::Executive, Role::Manager], ..draft("名单", None, Some(typed)) };
    let listed = groups::create(bank, &boss, &everybodys, Uuid::now_v7()).await.unwrap().group;
    assert_eq!(of(&east, asked(None, &listed.code)).await.customers, 3);
    let hidden = GroupDraft { shared: Vec::new(), ..draft("私用", Some(rich()), None) };
    let hidden = groups::create(bank, &boss, &hidden, Uuid::now_v7()).await.unwrap().group;
    for board in ["bank", "value"] {
        let query = asked(None, &hidden.code);
        let refused = match board {
            "bank" => dashboards::bank_board(bank, &east, &query).await.map(drop),
            _ => dashboards::value_board(bank, &east, &query).await.map(drop),
        };
        assert_eq!(refused.unwrap_err().code(), Code::Invalid, "{board}");
    }
    // By the books of a month: whose they were then and in which tier, and what they brought. One was Alice's in E1 who is Bo's now, and
    // one was nobody's; who came later has no figures.
    sqlx::query(
        "insert into customer_month (customer_id, month, kind, org_id, tier_id, lead_id, staff_ids, weights, product_ids, opened_now, contacts, visits,
             aum, deposits, wealth, loans, spread, fees, expected_loss, cost)
         select s.customer_id, '2026-03-01', s.kind, s.org_id, 0, coalesce(s.lead_staff_id, 0), '{}', '{}', '{}', false, (s.aum > 5000000)::int * 2, 0,
             s.aum, s.aum, 0, 0, s.aum / 1000, 0, 0, 1000
         from customer_summary s",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let then = "update customer_month set lead_id = (select staff_id from staff where code = 'M-ALICE'), org_id = (select org_id from org_unit where code = 'E1'),
            tier_id = (select tier_id from tier where code = 'gold') where customer_id = $1";
    sqlx::query(then).bind(ids[2]).execute(&world.owner).await.unwrap();
    sqlx::query("update customer_month set lead_id = 0 where customer_id = $1").bind(ids[1]).execute(&world.owner).await.unwrap();
    let managers = async |actor: &Actor, code: &str| {
        let group = dashboards::managers_board(bank, actor, &asked(None, code)).await.unwrap().group.unwrap();
        let lines = group.managers.iter().chain([&group.whole]);
        lines
            .map(|line| (line.code.clone(), line.customers, line.aum, line.contribution, line.contacts, line.contacted))
            .collect::<Vec<_>>()
    };
    let line = |code: &str, customers, aum, contribution, contacts, contacted| {
        (code.to_owned(), customers, aum, contribution, contacts, contacted)
    };
    assert_eq!(
        managers(&east, &listed.code).await,
        [line("M-ALICE", 2, 130_000_00, 110_00, 4, 2), line("", 1, 40_000_00, 30_00, 0, 0), line("", 3, 170_000_00, 140_00, 4, 2)]
    );
    assert_eq!(managers(&boss, &ruled.code).await[0].1, 2, "by rule only those above fifty thousand");
    // Alice sees whoever is hers now.
    assert_eq!(managers(&world.actor("alice").await, &listed.code).await.last().unwrap().1, 2);
    let gold = BoardQuery { tier: Some("gold".into()), ..asked(None, &listed.code) };
    assert_eq!(dashboards::managers_board(bank, &east, &gold).await.unwrap().group.unwrap().whole.customers, 1);
    let part = dashboards::managers_board(bank, &east, &asked(Some("E2"), &listed.code)).await.unwrap().group.unwrap();
    assert_eq!(part.whole.customers, 0, "the unit is the month's as well");
    let value = dashboards::value_board(bank, &east, &asked(None, &listed.code)).await.unwrap();
    assert_eq!((value.frame.group.map(|group| group.code), value.frame.groups.len()), (Some(listed.code), 2));
    let spread = value.group.unwrap();
    let tenths: Vec<_> = spread.deciles.iter().map(|tenth| (tenth.decile, tenth.customers, tenth.income, tenth.cost)).collect();
    assert_eq!(tenths, [(1, 1, 70_00, 10_00), (2, 1, 60_00, 10_00), (3, 1, 40_00, 10_00)]);
    assert_eq!(lines(&spread.tiers), [("gold".into(), 1, 70_000_00), (String::new(), 2, 100_000_00)]);
}

#[sqlx::test(migrations = false)]
async fn whoever_types_is_not_kept_waiting(pool: PgPool) {
    let world = World::new(pool).await;
    world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let alice = world.actor("alice").await;
    let rule = RuleSet::new(rich());
    // Somebody has the table: neither the count nor an estimate comes, and that is the answer.
    let mut held = world.owner.begin().await.unwrap();
    sqlx::query("lock table customer_summary in access exclusive mode").execute(&mut *held).await.unwrap();
    assert_eq!(groups::find(&world.bank, &alice, &rule).await.unwrap_err().code(), Code::Busy);
    held.rollback().await.unwrap();
    assert_eq!(groups::find(&world.bank, &alice, &rule).await.unwrap().count, 1);
}

#[sqlx::test(migrations = false)]
async fn what_is_above_ones_class_is_neither_offered_nor_counted(pool: PgPool) {
    let world = World::new(pool).await;
    world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let bank = &world.bank;
    let (alice, admin) = (world.actor("alice").await, world.actor("admin").await);
    // Whose class is none that the catalogue has is that of a field made up for tests.
    let above = &guanhu_domain::rules::catalogue::ABOVE;
    assert!(Role::ALL.into_iter().all(|role| role.data_class() < above.class));
    sqlx::query("insert into dictionary_entry (dictionary, code, zh, en, sort) values ('above', 'x', '某', 'Some', 1)")
        .execute(&world.owner)
        .await
        .unwrap();
    let offered = async |limits: Limits| {
        let choices = rules::choices(bank, &alice, limits).await.unwrap();
        (limits.offered().any(|field| field.code == above.code), choices.iter().any(|choice| choice.list == "above"))
    };
    assert_eq!(offered(Limits::group(alice.role.data_class())).await, (false, false));
    assert_eq!(offered(Limits::group(above.class)).await, (true, true), "nothing else is against it");

    let asks = Condition::OneOf { field: above.code.into(), values: vec!["x".into()] };
    let place = |refused: Error| {
        let Error::Problem(problem) = refused else { panic!() };
        assert_eq!(problem.code, Code::Invalid);
        problem.fields.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    let found = groups::find(bank, &alice, &RuleSet::new(asks.clone())).await;
    assert_eq!(place(found.unwrap_err()), ["/rule/when/one_of/field"]);
    let kept = groups::create(bank, &alice, &draft("保密", Some(asks.clone()), None), Uuid::now_v7()).await;
    assert_eq!(place(kept.unwrap_err()), ["/rule/when/one_of/field"]);

    // Kept by somebody who may, and shared: it counts nobody for who may not, nor for the curve that all read.
    let shared = groups::create(bank, &alice, &draft("五万以上", Some(rich()), None), Uuid::now_v7()).await.unwrap().group;
    sqlx::query("update customer_group set rule = $2 where code = $1")
        .bind(&shared.code)
        .bind(sqlx::types::Json(RuleSet::new(asks.clone())))
        .execute(&world.owner)
        .await
        .unwrap();
    for login in ["alice", "east"] {
        assert_eq!(names(&world, login, &shared.code).await.unwrap_err().code(), Code::Invalid);
        assert_eq!(groups::look(bank, &world.actor(login).await, &shared.code).await.unwrap().found, None);
    }
    groups::count_due(bank).await.unwrap();
    assert_eq!(groups::look(bank, &alice, &shared.code).await.unwrap().growth, []);

    // Tiers and states are written by the same measure.
    let now = lifecycle::lifecycle(bank, &admin).await.unwrap().rules;
    let mut states = LifecycleDraft { rules: now.rules, note: String::new() };
    states.rules[1].rule.when = asks.clone();
    let saved = lifecycle::save(bank, &admin, now.version, &states, Uuid::now_v7()).await;
    assert_eq!(place(saved.unwrap_err()), ["/rules/1/rule/when/one_of/field"]);
    let mut definition = tiers::shipped::definition(Kind::Personal);
    definition.tiers[2].rule.when = asks;
    let version = VersionDraft { number: None, revision: 0, definition, note: String::new() };
    let saved = tiers::save(bank, &admin, "personal", &version, Uuid::now_v7()).await;
    assert_eq!(place(saved.unwrap_err()), ["/tiers/2/rule/when/one_of/field"]);
}
