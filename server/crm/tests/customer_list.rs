//! Who finds which customers, and that pages of any order neither overlap nor leave anybody out.

use std::collections::BTreeSet;

use guanhu_crm::{Actor, customers, summary, testing::World, tokens};
use guanhu_domain::{
    Code, CustomerNo,
    customers::{CustomerQuery, Sort, State},
};
use sqlx::PgPool;

fn query(q: &str) -> CustomerQuery {
    CustomerQuery { q: Some(q.into()), ..Default::default() }
}

async fn names(world: &World, actor: &Actor, query: &CustomerQuery) -> Vec<String> {
    let page = customers::list(&world.bank, actor, query).await.unwrap();
    assert_eq!(page.total.count as usize, page.items.len(), "everything fits one page here");
    page.items.into_iter().map(|item| item.name).collect()
}

#[sqlx::test(migrations = false)]
async fn everybody_lists_what_is_in_their_charge(pool: PgPool) {
    let world = World::new(pool).await;
    let assisted = world.customer("欧阳锋", "W1", Some("M-WANG"), 900).await;
    world.customer("张小伟", "E1", Some("M-ALICE"), 500).await;
    world.customer("李娜", "E1", Some("M-BO"), 700).await;
    world.customer("赵敏", "E2", None, 100).await;
    sqlx::query("insert into assignment (customer_id, staff_id, role, valid) values ($1, 2000, 'assist', '[2026-01-01,)')")
        .bind(assisted)
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[assisted]).await.unwrap();

    let all = CustomerQuery::default();
    for (login, expected) in [
        ("alice", vec!["欧阳锋", "张小伟"]),
        ("bo", vec!["李娜"]),
        ("east", vec!["李娜", "张小伟", "赵敏"]),
        ("west", vec!["欧阳锋"]),
        ("boss", vec!["欧阳锋", "李娜", "张小伟", "赵敏"]),
    ] {
        assert_eq!(names(&world, &world.actor(login).await, &all).await, expected, "{login}");
    }
    for login in ["admin", "security", "auditor"] {
        let refused = customers::list(&world.bank, &world.actor(login).await, &all).await.unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden, "{login}");
    }

    let boss = world.actor("boss").await;
    let narrowed = [
        (CustomerQuery { org: Some("EAST".into()), ..Default::default() }, vec!["李娜", "张小伟", "赵敏"]),
        (CustomerQuery { manager: Some("none".into()), ..Default::default() }, vec!["赵敏"]),
        (CustomerQuery { manager: Some("M-BO".into()), ..Default::default() }, vec!["李娜"]),
        (CustomerQuery { aum_min: Some(60_000), aum_max: Some(80_000), ..Default::default() }, vec!["李娜"]),
        (CustomerQuery { state: Some(State::Valuable), ..Default::default() }, vec![]),
        (
            CustomerQuery { product: Some("CUR".into()), quiet_days: Some(30), ..Default::default() },
            vec!["欧阳锋", "李娜", "张小伟", "赵敏"],
        ),
    ];
    for (query, expected) in narrowed {
        assert_eq!(names(&world, &boss, &query).await, expected, "{query:?}");
    }
    let beyond = CustomerQuery { org: Some("WEST".into()), ..Default::default() };
    assert!(names(&world, &world.actor("east").await, &beyond).await.is_empty());
    let unknown = CustomerQuery { org: Some("MOON".into()), ..Default::default() };
    assert_eq!(customers::list(&world.bank, &boss, &unknown).await.unwrap_err().code(), Code::Invalid);
}

#[sqlx::test(migrations = false)]
async fn a_customer_is_found_by_whatever_one_knows_of_him(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 500).await;
    world.customer("张小维", "W1", Some("M-WANG"), 900).await;
    let company = world.customer("华东小伟机械有限公司", "E2", None, 100).await;
    let hash = world.bank.keys().hash("13800001234");
    sqlx::query("insert into customer_contact (customer_id, kind, value, value_hash) values ($1, 'mobile', '13800001234', $2)")
        .bind(id)
        .bind(hash)
        .execute(&world.owner)
        .await
        .unwrap();
    let number = CustomerNo::from_id(id).to_string();
    let account = format!("6222{id:012}");

    for login in ["boss", "east", "alice"] {
        let actor = world.actor(login).await;
        for typed in
            ["张小伟", "小伟", " 张 小伟 ", "zhangxiaow", "zxw", "Zhang XiaoW", "138 0000-1234", "+86 13800001234", &number, &account]
        {
            let found = names(&world, &actor, &query(typed)).await;
            assert!(found.contains(&"张小伟".to_owned()), "{login} typed {typed}: {found:?}");
            assert!(login == "boss" || !found.contains(&"张小维".to_owned()), "{login} typed {typed}: {found:?}");
        }
        for typed in ["小张", "13800001235", "000000000000", "。", "张伟"] {
            assert!(names(&world, &actor, &query(typed)).await.is_empty(), "{login} typed {typed}");
        }
    }
    let boss = world.actor("boss").await;
    assert_eq!(names(&world, &boss, &query("华东小伟机械")).await, ["华东小伟机械有限公司"]);
    assert_eq!(names(&world, &boss, &query("zxw")).await, ["张小维", "张小伟"], "the weightier first");
    assert_eq!(names(&world, &boss, &CustomerQuery { org: Some("E2".into()), ..query("小伟") }).await, ["华东小伟机械有限公司"]);

    // A colleague's customers are found by their basics only where the bank allows it.
    let bo = world.actor("bo").await;
    assert!(names(&world, &bo, &query("13800001234")).await.is_empty());
    sqlx::query("insert into parameter (key, value) values ('scope.outlet_basics', 'true') on conflict (key) do update set value = 'true'")
        .execute(&world.owner)
        .await
        .unwrap();
    let bo = world.actor("bo").await;
    let found = customers::list(&world.bank, &bo, &query("小伟")).await.unwrap();
    let [basics] = &found.items[..] else { panic!("one colleague's customer in the outlet, not {:?}", found.items) };
    assert_eq!((basics.name.as_str(), basics.masked, basics.aum, basics.accounts), ("张**", true, 0, 0));
    assert_eq!(basics.manager.as_ref().map(|manager| manager.code.as_str()), Some("M-ALICE"));
    assert!(names(&world, &bo, &CustomerQuery::default()).await.is_empty(), "one's own list is one's own");
    let unit = CustomerQuery { org: Some("E1".into()), limit: Some(1), ..CustomerQuery::default() };
    let outlet = customers::list(&world.bank, &bo, &unit).await.unwrap();
    assert!(outlet.items.iter().all(|item| item.masked && item.aum == 0 && item.name.ends_with("**")), "{:?}", outlet.items);
    let mut seen: Vec<_> = outlet.items.iter().map(|item| item.customer_no).collect();
    let mut next = outlet.next.clone();
    while let Some(after) = next {
        let page = customers::list(&world.bank, &bo, &CustomerQuery { after: Some(after), ..unit.clone() }).await.unwrap();
        seen.extend(page.items.iter().map(|item| item.customer_no));
        next = page.next;
    }
    let there: Vec<i64> =
        sqlx::query_scalar("select customer_id from customer_summary s join org_unit o using (org_id) where o.code = 'E1' order by 1")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    seen.sort_unstable();
    assert_eq!(seen.iter().map(|no| no.id()).collect::<Vec<_>>(), there, "a list of the unit has everybody of it");
    assert_eq!((outlet.total.count, outlet.total.capped), (there.len() as i64, false));
    for beyond in [CustomerQuery { org: Some("W1".into()), ..unit.clone() }, CustomerQuery { aum_min: Some(0), ..unit.clone() }] {
        assert!(names(&world, &bo, &beyond).await.is_empty(), "{beyond:?}");
    }
    assert!(names(&world, &bo, &CustomerQuery { aum_min: Some(1), ..query("小伟") }).await.is_empty(), "no figure can be probed");
    let _ = company;
}

#[sqlx::test(migrations = false)]
async fn pages_of_every_order_go_on_without_overlap(pool: PgPool) {
    let world = World::new(pool).await;
    let mut ids = Vec::new();
    for (i, name) in ["王一", "王一", "王二", "王三", "王三", "王四", "王五"].into_iter().enumerate() {
        ids.push(world.customer(name, ["E1", "E2", "W1"][i % 3], Some("M-ALICE"), [0, 5, 5][i % 3]).await);
    }
    sqlx::query("update customer_summary set last_contact_at = timestamptz '2026-01-01' + (customer_id % 2) * interval '1 day' where customer_id % 3 > 0")
        .execute(&world.owner)
        .await
        .unwrap();
    sqlx::query(
        "update customer_summary set deposits = customer_id % 3 * 100, loans = customer_id % 2 * 500, wealth = customer_id % 4, aum_previous = customer_id % 5 * 300,
             open_alerts = (customer_id % 2)::int, accounts = (customer_id % 3)::int, completeness = (customer_id % 3 * 10)::smallint,
             next_maturity_on = case when customer_id % 3 > 0 then date '2026-05-01' + (customer_id % 2)::int end,
             next_due_on = case when customer_id % 2 > 0 then date '2026-05-01' end",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::query("update customer_summary set opened_on = null, tier_rank = 2 where customer_id % 2 = 0")
        .execute(&world.owner)
        .await
        .unwrap();

    for login in ["boss", "east", "alice"] {
        let actor = world.actor(login).await;
        for q in [None, Some("wang".to_owned())] {
            for sort in Sort::ALL {
                let mut query = CustomerQuery { q: q.clone(), sort: Some(*sort), ..Default::default() };
                if sort.is_of_portfolios() && login != "alice" {
                    let refused = customers::list(&world.bank, &actor, &query).await.unwrap_err();
                    assert_eq!(refused.code(), Code::Invalid, "{login} {sort:?}: too many for an order without an index");
                    continue;
                }
                let whole = customers::list(&world.bank, &actor, &query).await.unwrap();
                let expected: Vec<CustomerNo> = whole.items.iter().map(|item| item.customer_no).collect();
                assert_eq!(whole.total.count as usize, if login == "east" { 5 } else { 7 });
                assert_eq!(expected.iter().collect::<BTreeSet<_>>().len(), expected.len());
                query.limit = Some(2);
                let mut seen = Vec::new();
                loop {
                    let page = customers::list(&world.bank, &actor, &query).await.unwrap();
                    assert_eq!(page.total, whole.total, "the total stays");
                    seen.extend(page.items.iter().map(|item| item.customer_no));
                    match page.next {
                        Some(next) => query.after = Some(next),
                        None => break,
                    }
                }
                assert_eq!(seen, expected, "{login} {sort:?} {q:?}");
            }
        }
    }
    let boss = world.actor("boss").await;
    let first = |sort| CustomerQuery { sort: Some(sort), limit: Some(1), ..Default::default() };
    let never = customers::list(&world.bank, &boss, &first(Sort::ContactAsc)).await.unwrap();
    assert_eq!(never.items[0].last_contact_at, None, "who was never contacted has waited longest");
    let matures = customers::list(&world.bank, &boss, &first(Sort::MaturityAsc)).await.unwrap();
    assert_eq!(matures.items[0].next_maturity_on, "2026-05-01".parse().ok(), "what matures first, and not who has nothing that does");
    let most = customers::list(&world.bank, &boss, &first(Sort::LoansDesc)).await.unwrap();
    assert_eq!(most.items[0].loans, 500);
    let newest = customers::list(&world.bank, &boss, &first(Sort::OpenedDesc)).await.unwrap();
    assert!(newest.items[0].opened_on.is_some());

    for wrong in ["", "zz", "7b7d"] {
        let query = CustomerQuery { after: Some(wrong.into()), ..Default::default() };
        assert_eq!(customers::list(&world.bank, &boss, &query).await.unwrap_err().code(), Code::Malformed, "{wrong}");
    }
    let of_another_order = CustomerQuery { after: newest.next, sort: Some(Sort::NameAsc), ..Default::default() };
    assert_eq!(customers::list(&world.bank, &boss, &of_another_order).await.unwrap_err().code(), Code::Malformed);
}

#[sqlx::test(migrations = false)]
async fn a_surname_is_found_as_it_is_read_aloud_and_typed(pool: PgPool) {
    let world = World::new(pool).await;
    for name in ["曾伟", "吕薇", "单雄信"] {
        world.customer(name, "E1", Some("M-ALICE"), 500).await;
    }
    for login in ["alice", "east", "boss"] {
        let actor = world.actor(login).await;
        for (name, typed) in [
            ("曾伟", &["zengwei", "zw", "zeng wei"][..]),
            ("吕薇", &["lvwei", "luwei", "lü", "lyuwei", "lw"]),
            ("单雄信", &["shanxiongxin", "sxx", "danxiongxin"]),
        ] {
            for typed in typed {
                assert_eq!(names(&world, &actor, &query(typed)).await, [name], "{login} typed {typed}");
            }
        }
    }
    let boss = world.actor("boss").await;
    let by_name = CustomerQuery { sort: Some(Sort::NameAsc), ..Default::default() };
    assert_eq!(names(&world, &boss, &by_name).await, ["吕薇", "单雄信", "曾伟"], "lü, shan, zeng");
}

#[sqlx::test(migrations = false)]
async fn names_of_an_older_version_are_read_anew_beside_the_running_system(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("曾伟", "E1", Some("M-ALICE"), 500).await;
    world.customer("安琪", "E1", Some("M-ALICE"), 400).await;
    sqlx::raw_sql(
        "update token_rebuild set version = 0;
         update customer_token set org_id = null;
         delete from customer_token where token = 'zengwei';
         update customer_summary set name_key = E'ceng wei \\u0001曾伟' where name = '曾伟'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    // As another server finds the bank when it starts.
    let keys = guanhu_crm::Keys::derive(b"only for tests, and long enough to be a secret");
    let world = World { bank: guanhu_crm::Bank::over(world.bank.pool().clone(), keys), owner: world.owner };
    let boss = world.actor("boss").await;
    assert_eq!(names(&world, &boss, &query("曾伟")).await, ["曾伟"], "meanwhile, tokens without a unit are found");
    assert!(names(&world, &boss, &query("zengwei")).await.is_empty());

    assert_eq!(tokens::rebuild::run(&world.bank).await.unwrap(), 2);
    assert_eq!(names(&world, &boss, &query("zengwei")).await, ["曾伟"]);
    assert_eq!(names(&world, &world.actor("east").await, &query("曾伟")).await, ["曾伟"]);
    let by_name = CustomerQuery { sort: Some(Sort::NameDesc), ..Default::default() };
    assert_eq!(names(&world, &boss, &by_name).await, ["曾伟", "安琪"]);
    let without: i64 =
        sqlx::query_scalar("select count(*) from customer_token where org_id is null").fetch_one(&world.owner).await.unwrap();
    assert_eq!(without, 0);
    assert_eq!(tokens::rebuild::run(&world.bank).await.unwrap(), 0, "once");

    // Whoever moves to another unit is found there.
    sqlx::query("update customer set org_id = (select org_id from org_unit where code = 'W1') where customer_id = $1")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[id]).await.unwrap();
    assert_eq!(names(&world, &world.actor("west").await, &query("zengwei")).await, ["曾伟"]);
    assert!(names(&world, &world.actor("east").await, &query("zengwei")).await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn a_branch_finds_its_own_customers_however_many_richer_namesakes_others_have(pool: PgPool) {
    let world = World::new(pool).await;
    let own = ["华东小伟机械有限公司", "华东大伟机械有限公司", "华东老伟机械有限公司"];
    for (i, name) in own.iter().enumerate() {
        world.customer(name, ["E1", "E2", "E1"][i], None, 10).await;
    }
    // More of a neighbour, and richer, than a search reads of the whole bank.
    sqlx::raw_sql(
        "insert into customer_summary (customer_id, kind, org_id, name, name_key, state, aum)
         select 900000 + n, 'corporate', 105, '华西有限公司' || n, 'hua xi ' || n, 'valuable', 1000000 + n from generate_series(1, 45000) n;
         insert into customer_token (customer_id, token, weight, org_id)
         select 900000 + n, t, 1000000 + n, 105 from generate_series(1, 45000) n, unnest(array['有限', 'huaxiyouxiangongsi']) t;
         analyze customer_summary, customer_token",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let east = world.actor("east").await;
    for typed in ["有限", "hua", "huadong"] {
        let found: BTreeSet<String> = names(&world, &east, &query(typed)).await.into_iter().collect();
        assert_eq!(found, own.iter().map(|name| (*name).to_owned()).collect(), "typed {typed}");
    }
    // Whoever has the whole bank gets the weightiest, and is told that there are more.
    let boss = world.actor("boss").await;
    for (typed, count) in [("有限", 500), ("hua", 51)] {
        let page = customers::list(&world.bank, &boss, &query(typed)).await.unwrap();
        assert_eq!((page.total.count, page.total.capped), (count, true), "typed {typed}");
        assert_eq!(page.items[0].name, "华西有限公司45000", "typed {typed}");
    }
    // A rare filter finds whom the weightiest hide.
    let poor = CustomerQuery { aum_max: Some(2_000), ..query("有限") };
    let page = customers::list(&world.bank, &boss, &poor).await.unwrap();
    assert_eq!((page.items.len(), page.total.count), (3, 3));
    // While tokens are being given their unit, nobody is left out either: fewer than all is said to be so.
    let keys = guanhu_crm::Keys::derive(b"only for tests, and long enough to be a secret");
    let started = guanhu_crm::Bank::over(world.bank.pool().clone(), keys);
    for typed in ["有限", "hua"] {
        let page = customers::list(&started, &east, &query(typed)).await.unwrap();
        assert_eq!(page.items.len(), 3, "typed {typed}");
        assert!(page.total.capped, "typed {typed}");
    }
}
