//! Products one by one: adoption by age, whom they suit, who sells them, and what is said of them.

use chrono::NaiveDate;
use guanhu_crm::{Actor, Error, contribution, dashboards, products, testing::World};
use guanhu_domain::{
    Code,
    contribution::kin::KinKind,
    dashboards::{BehindBoard, BehindQuery, BoardQuery, Counted},
    products::{ProductTextChange, TraitLine},
};
use sqlx::PgPool;
use uuid::Uuid;

/// Three persons of E1 and one of E2, of whom one takes up wealth in March.
async fn books(pool: PgPool) -> World {
    let world = World::new(pool).await;
    let march: NaiveDate = "2026-03-01".parse().unwrap();
    sqlx::query("insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9)").execute(&world.owner).await.unwrap();
    for (name, unit, lead, born, appetite) in [
        ("张小伟", "E1", Some("M-ALICE"), Some("2001-04-01"), Some(4)),
        ("李娜", "E1", Some("M-ALICE"), Some("2001-03-31"), Some(2)),
        ("王芳", "E1", Some("M-BO"), Some("1960-01-01"), None),
        ("赵云", "E2", None, None, Some(5)),
    ] {
        let id = world.customer(name, unit, lead, 1_000).await;
        sqlx::query("update customer set birth_date = $2::date, risk_appetite = $3::smallint where customer_id = $1")
            .bind(id)
            .bind(born.map(|born: &str| born.parse::<NaiveDate>().unwrap()))
            .bind(appetite)
            .execute(&world.owner)
            .await
            .unwrap();
        sqlx::query(
            "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
             select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
                 array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account where customer_id = $1",
        )
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    }
    sqlx::query("update product set risk_level = 3, script = '先问用途' where code = 'WEALTH'").execute(&world.owner).await.unwrap();
    let admin = world.actor("admin").await;
    contribution::close_month(&world.bank, &admin, "2026-02-01".parse().unwrap()).await.unwrap();
    sqlx::query(
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select customer_id, 'W1', 'W1'::bytea, product_id, c.org_id, 'wealth', 'CNY', 500, date '2026-03-12' from product p, customer c
         where p.code = 'WEALTH' and c.name = '张小伟'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    contribution::close_month(&world.bank, &admin, march).await.unwrap();
    world
}

#[sqlx::test(migrations = false)]
async fn a_product_tells_whom_it_suits_and_who_sells_it(pool: PgPool) {
    let world = books(pool).await;
    let (boss, east, alice, admin) =
        (world.actor("boss").await, world.actor("east").await, world.actor("alice").await, world.actor("admin").await);
    let line = |value, customers, holders| TraitLine { value, customers, holders };
    let page = products::product_board(&world.bank, &boss, "WEALTH", &BoardQuery::default()).await.unwrap();
    assert_eq!((page.product.risk_level, page.product.script.as_str(), page.product.changed_by), (Some(3), "先问用途", None));
    assert_eq!(page.appetites, [line(0, 1, 0), line(2, 1, 0), line(4, 1, 1), line(5, 1, 0)]);
    // One turns twenty-five the day after the business date, another on it.
    assert_eq!(page.ages, [line(0, 1, 0), line(1, 1, 1), line(2, 1, 0), line(6, 1, 0)]);
    let whole = page.line.unwrap();
    assert_eq!((whole.holders, whole.eligible, whole.gained), (1, 4, Some(1)));
    assert_eq!(whole.trend.iter().flatten().copied().collect::<Vec<_>>(), [0, 25_00]);
    assert_eq!(
        page.units.iter().map(|unit| (unit.code.as_str(), unit.gained, unit.holders, unit.eligible)).collect::<Vec<_>>(),
        [("EAST", 1, 1, 4)]
    );
    let sold: Vec<_> =
        page.managers.iter().map(|manager| (manager.code.as_str(), manager.gained, manager.holders, manager.eligible)).collect();
    assert_eq!(sold, [("M-ALICE", 1, 1, 2)]);

    // By age on the board and for programs; ages sum to the persons.
    let board = dashboards::products_board(&world.bank, &east, &BoardQuery::default()).await.unwrap();
    assert_eq!(board.ages.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), ["1", "2", "6", "0"]);
    let wealth = board.products.iter().position(|product| product.code == "WEALTH").unwrap();
    let cells: Vec<_> =
        board.age_cells.iter().filter(|cell| cell.column == wealth).map(|cell| (cell.row, cell.holders, cell.eligible)).collect();
    assert_eq!(cells, [(0, 1, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1)]);
    let items = dashboards::adoption(&world.bank, &east, &BoardQuery::default(), Some("age")).await.unwrap().items;
    let wealth: Vec<_> =
        items.iter().filter(|item| item.product == "WEALTH").map(|item| (item.by.as_deref(), item.holders, item.eligible)).collect();
    assert_eq!(wealth, [(Some("0"), 0, 1), (Some("1"), 1, 1), (Some("2"), 0, 1), (Some("6"), 0, 1)]);
    assert_eq!(contribution::reconcile::reconcile(&world.bank, &admin, None).await.unwrap().difference, None);
    sqlx::query("update sale_cube set gained = gained + 1 where org_id = 101").execute(&world.owner).await.unwrap();
    let named = contribution::reconcile::reconcile(&world.bank, &admin, None).await.unwrap().difference.unwrap();
    assert!(named.contains("sold") && named.contains("EAST"), "{named}");

    // A manager reads how it is sold, and nobody's figures.
    let own = products::product_board(&world.bank, &alice, "WEALTH", &BoardQuery::default()).await.unwrap();
    assert_eq!((own.product.script.as_str(), own.line, own.managers.len(), own.appetites.len()), ("先问用途", None, 0, 0));
    assert_eq!(products::product_board(&world.bank, &alice, "NONE", &BoardQuery::default()).await.unwrap_err().code(), Code::NotFound);
}

#[sqlx::test(migrations = false)]
async fn every_figure_is_as_many_customers_as_stand_behind_it(pool: PgPool) {
    let world = books(pool).await;
    let (boss, east, alice) = (world.actor("boss").await, world.actor("east").await, world.actor("alice").await);
    let behind = async |actor: &Actor, query: BehindQuery| dashboards::behind_board(&world.bank, actor, &query).await;
    let of = |counted: Counted, product: Option<&str>, value: Option<String>| BehindQuery {
        counted,
        product: product.map(str::to_owned),
        value,
        ..BehindQuery::default()
    };
    let names = |board: BehindBoard| board.items.into_iter().map(|row| row.name.unwrap_or_default()).collect::<Vec<_>>();

    let bank = dashboards::bank_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap();
    let all = behind(&boss, BehindQuery::default()).await.unwrap();
    assert_eq!((all.items.len() as i64, all.next), (bank.now.customers, None));
    assert_eq!(all.items.iter().map(|row| row.contribution).sum::<i64>(), bank.now.contribution);
    assert!(all.items.is_sorted_by(|one, other| one.contribution >= other.contribution));
    for flow in &bank.flow {
        let end = |code: &Option<String>| code.clone().unwrap_or_else(|| "-".into());
        let moved = of(Counted::Flow, None, Some(format!("{}~{}", end(&flow.before), end(&flow.now))));
        assert_eq!(behind(&boss, moved).await.unwrap().items.len() as i64, flow.customers, "{flow:?}");
    }
    let value = dashboards::value_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap();
    for decile in value.deciles {
        let items = behind(&boss, of(Counted::Decile, None, Some(decile.decile.to_string()))).await.unwrap().items;
        let sum = items.iter().map(|row| row.contribution).sum::<i64>();
        assert_eq!((items.len() as i64, sum), (decile.customers, decile.contribution), "{decile:?}");
    }
    let products = dashboards::products_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap();
    for age in &products.ages {
        let items = behind(&boss, of(Counted::Age, None, Some(age.code.clone()))).await.unwrap().items;
        assert_eq!(items.len(), 1, "{age:?}");
    }
    let page = dashboards::products_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap();
    let wealth = page.products.iter().find(|line| line.code == "WEALTH").unwrap();
    assert_eq!((wealth.gained, wealth.lapsed), (Some(1), Some(0)));
    for (counted, product, who) in [
        (Counted::Gained, Some("WEALTH"), vec!["张小伟"]),
        (Counted::Lapsed, Some("WEALTH"), vec![]),
        (Counted::Crossed, None, vec!["张小伟"]),
        (Counted::All, Some("CUR,WEALTH"), vec!["张小伟"]),
        (Counted::Appetite, Some("!WEALTH"), vec!["赵云"]),
        (Counted::Visited, None, vec![]),
    ] {
        let value = (counted == Counted::Appetite).then(|| "5".to_owned());
        assert_eq!(names(behind(&boss, of(counted, product, value)).await.unwrap()), who, "{counted:?}");
    }
    // In the month before he did not hold it; who left the bank since is told where he was.
    let before = BehindQuery {
        board: BoardQuery { month: Some("2026-02".into()), ..BoardQuery::default() },
        ..of(Counted::All, Some("!WEALTH"), None)
    };
    assert_eq!(names(behind(&boss, before).await.unwrap()).len(), 4);
    for sql in
        ["delete from customer_month where month = '2026-03-01' and customer_id = (select customer_id from customer where name = '王芳')"]
    {
        sqlx::query(sql).execute(&world.owner).await.unwrap();
    }
    assert_eq!(names(behind(&boss, of(Counted::Lapsed, Some("CUR"), None)).await.unwrap()), ["王芳"]);
    assert_eq!(names(behind(&boss, of(Counted::Flow, None, Some("~-".into()))).await.unwrap()), ["王芳"]);

    // A manager's own; of a unit only whom one may see is named; and fifty at a time.
    assert_eq!(names(behind(&alice, BehindQuery::default()).await.unwrap()).len(), 2);
    let other = BehindQuery { manager: Some("M-BO".into()), ..BehindQuery::default() };
    assert_eq!(behind(&alice, other.clone()).await.unwrap_err().code(), Code::NotFound);
    sqlx::query("update customer_summary set org_id = 105 where name = '赵云'").execute(&world.owner).await.unwrap();
    let seen = names(behind(&east, BehindQuery::default()).await.unwrap());
    assert_eq!((seen.len(), seen.iter().filter(|name| name.is_empty()).count()), (3, 1), "{seen:?}");
    let west = BehindQuery { board: BoardQuery { org: Some("WEST".into()), ..BoardQuery::default() }, ..BehindQuery::default() };
    assert_eq!(behind(&east, west.clone()).await.unwrap_err().code(), Code::NotFound);
    sqlx::query(
        "insert into customer_month (customer_id, month, kind, org_id, tier_id, lead_id, staff_ids, weights, product_ids, opened_now, contacts, visits,
             aum, deposits, wealth, loans, spread, fees, expected_loss, cost)
         select 900000 + n, '2026-03-01', 'personal', 105, 0, 0, '{0}', '{1}', '{}', false, 0, 0, 0, 0, 0, 0, n / 2, 0, 0, 0 from generate_series(1, 70) n",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let first = behind(&boss, west.clone()).await.unwrap();
    assert_eq!((first.items.len(), first.items[0].contribution), (50, 35));
    let rest = behind(&boss, BehindQuery { after: first.next, ..west }).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].contribution, rest.next), (20, 10, None));

    for (query, code) in [
        (of(Counted::Gained, None, None), Code::Invalid),
        (of(Counted::All, Some("NONE"), None), Code::Invalid),
        (of(Counted::Decile, None, Some("11".into())), Code::Invalid),
        (of(Counted::Flow, None, Some("gold".into())), Code::Invalid),
        (BehindQuery { manager: Some("M-NONE".into()), ..BehindQuery::default() }, Code::Invalid),
        (
            BehindQuery {
                board: BoardQuery { month: Some("2026-02".into()), ..BoardQuery::default() },
                ..of(Counted::Crossed, None, None)
            },
            Code::MonthNotComputed,
        ),
    ] {
        assert_eq!(behind(&boss, query.clone()).await.unwrap_err().code(), code, "{query:?}");
    }
}

#[sqlx::test(migrations = false)]
async fn words_are_kept_version_by_version_and_no_feed_takes_them(pool: PgPool) {
    let world = books(pool).await;
    let (admin, alice) = (world.actor("admin").await, world.actor("alice").await);
    let change =
        |version, script: &str| ProductTextChange {
            code: "WEALTH".into(), version, description: "净值型".into(), script: script.into()
        };
    let key = Uuid::now_v7();
    for _ in 0..2 {
        assert_eq!(products::set_product_text(&world.bank, &admin, &change(0, " 先评估，再推介 "), key).await.unwrap(), 1);
    }
    let stale = products::set_product_text(&world.bank, &admin, &change(0, "别的"), Uuid::now_v7()).await.unwrap_err();
    assert_eq!(stale.code(), Code::Stale);
    let long = "长".repeat(4_001);
    assert_eq!(products::set_product_text(&world.bank, &admin, &change(1, &long), Uuid::now_v7()).await.unwrap_err().code(), Code::Invalid);
    assert_eq!(products::set_product_text(&world.bank, &admin, &change(1, "再改"), Uuid::now_v7()).await.unwrap(), 2);
    sqlx::query("update product set script = '导入的' where code = 'WEALTH'").execute(&world.owner).await.unwrap();
    let page = products::product_board(&world.bank, &alice, "WEALTH", &BoardQuery::default()).await.unwrap().product;
    assert_eq!((page.description.as_str(), page.script.as_str(), page.changed_by.as_deref()), ("净值型", "再改", Some("管理")));
    let texts = products::product_texts(&world.bank, &admin, Some("WEALTH")).await.unwrap();
    assert_eq!(
        texts.versions.iter().map(|one| (one.version, one.script.as_str())).collect::<Vec<_>>(),
        [(2, "再改"), (1, "先评估，再推介"), (0, "导入的")]
    );
    let detail: serde_json::Value = sqlx::query_scalar(
        "select detail from audit_log where verb = 'product.text' and subject = 'product:WEALTH' order by audit_id desc limit 1",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!((detail["before"]["script"].as_str(), detail["after"]["script"].as_str()), (Some("先评估，再推介"), Some("再改")));
}

#[sqlx::test(migrations = false)]
async fn balances_of_a_currency_are_told_in_it(pool: PgPool) {
    let world = books(pool).await;
    let (boss, admin) = (world.actor("boss").await, world.actor("admin").await);
    let board = async |org: Option<&str>, currency: Option<&str>| {
        let query = BoardQuery { org: org.map(str::to_owned), currency: currency.map(str::to_owned), ..BoardQuery::default() };
        dashboards::bank_board(&world.bank, &boss, &query).await
    };
    assert!(board(None, None).await.unwrap().frame.currencies.is_empty(), "one currency is no choice");
    for statement in [
        "insert into ftp_curve values ('USD', '2020-01-01', 12, 4)",
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select customer_id, 'U1', 'U1'::bytea, product_id, c.org_id, 'term', 'USD', 25000, date '2026-03-12' from product p, customer c
         where p.code = 'TRM' and c.name = '赵云'",
    ] {
        sqlx::query(statement).execute(&world.owner).await.unwrap();
    }
    contribution::close_month(&world.bank, &admin, "2026-03-01".parse().unwrap()).await.unwrap();
    let dollars = board(None, Some("USD")).await.unwrap();
    assert_eq!(dollars.frame.currencies, ["CNY", "USD"]);
    let figures = dollars.in_currency.unwrap();
    assert_eq!((figures.whole.accounts, figures.whole.deposits, figures.whole.loans, figures.decimals), (1, 250_00, 0, 2));
    assert_eq!(figures.units.iter().map(|unit| (unit.code.as_str(), unit.deposits)).collect::<Vec<_>>(), [("EAST", 250_00)]);
    assert_eq!(figures.products.iter().map(|one| (one.code.as_str(), one.deposits)).collect::<Vec<_>>(), [("TRM", 250_00)]);
    let yuan = board(Some("EAST"), Some("CNY")).await.unwrap().in_currency.unwrap();
    assert_eq!((yuan.whole.deposits, yuan.whole.wealth, yuan.trend.len()), (4_000_00, 500, 2));
    assert_eq!(yuan.units.iter().map(|unit| unit.deposits).sum::<i64>(), yuan.whole.deposits);
    assert_eq!(board(None, Some("EUR")).await.unwrap_err().code(), Code::Invalid);
    assert_eq!(contribution::reconcile::reconcile(&world.bank, &admin, None).await.unwrap().difference, None);

    // By product, on a product's page, and who has them: of other products nobody.
    let usd = BoardQuery { currency: Some("USD".into()), ..BoardQuery::default() };
    let by_product = dashboards::products_board(&world.bank, &boss, &usd).await.unwrap().in_currency.unwrap();
    assert_eq!((by_product.whole.deposits, by_product.products.len()), (250_00, 1));
    let page = products::product_board(&world.bank, &boss, "TRM", &usd).await.unwrap().in_currency.unwrap();
    assert_eq!((page.whole.accounts, page.units.len(), page.trend.len()), (1, 1, 1));
    assert_eq!(products::product_board(&world.bank, &boss, "CUR", &usd).await.unwrap().in_currency.unwrap().whole.accounts, 0);
    let who = async |product: Option<&str>| {
        let query = BehindQuery { board: usd.clone(), product: product.map(str::to_owned), ..BehindQuery::default() };
        let items = dashboards::behind_board(&world.bank, &boss, &query).await.unwrap().items;
        items.into_iter().map(|row| (row.name.unwrap_or_default(), row.aum, row.deposits)).collect::<Vec<_>>()
    };
    assert_eq!(who(None).await, [("赵云".to_owned(), 250_00, 250_00)]);
    assert_eq!((who(Some("TRM")).await.len(), who(Some("CUR")).await.len()), (1, 0));
    // What was kept from another day and is no more is left out.
    let kept = BoardQuery { lenient: true, currency: Some("EUR".into()), group: Some("gone".into()), ..BoardQuery::default() };
    let frame = dashboards::bank_board(&world.bank, &boss, &kept).await.unwrap().frame;
    assert_eq!((frame.chosen_currency, frame.group), (None, None));
}

#[sqlx::test(migrations = false)]
async fn what_no_list_of_today_knows_leads_to_its_customers(pool: PgPool) {
    let world = books(pool).await;
    let (boss, east, west, alice, admin) = (
        world.actor("boss").await,
        world.actor("east").await,
        world.actor("west").await,
        world.actor("alice").await,
        world.actor("admin").await,
    );
    world.customer("钱七", "EAST", None, 9_000).await;
    for statement in [
        "insert into customer_relation (customer_id, related_id, kind, inverse)
         select a.customer_id, b.customer_id, 'spouse', a.customer_id > b.customer_id from customer a, customer b
         where a.name in ('张小伟', '王芳') and b.name in ('张小伟', '王芳') and a.customer_id <> b.customer_id",
        "insert into customer_tier (customer_id, valid, tier_id)
         select customer_id, '[2026-03-01,)', tier_id from customer c, tier t where c.name = '李娜' and t.code = 'gold'",
        "insert into task (customer_id, title, due_on, owner_staff_id) select customer_id, '回访', '2026-03-20', 2000 from customer where name in ('李娜', '赵云')",
        "insert into customer_group (code, name, kind, owner_id) select 'vip', '名单', 'static', user_id from app_user where login = 'boss'",
        "insert into customer_group_member (customer_id, group_id) select c.customer_id, g.group_id from customer c, customer_group g where c.name in ('张小伟', '赵云')",
    ] {
        sqlx::query(statement).execute(&world.owner).await.unwrap();
    }
    contribution::close_month(&world.bank, &admin, "2026-03-01".parse().unwrap()).await.unwrap();
    let rows = async |actor: &Actor, query: &BehindQuery| {
        let board = dashboards::behind_board(&world.bank, actor, query).await?;
        let mut names: Vec<String> = board.items.iter().map(|row| row.name.clone().unwrap_or_default()).collect();
        names.sort();
        let brought = board.items.iter().map(|row| row.contribution).sum::<i64>();
        Ok::<_, Error>((names, brought))
    };
    let of = |counted: Counted, value: Option<&str>| BehindQuery { counted, value: value.map(str::to_owned), ..BehindQuery::default() };

    // Directly in the branch, which its units leave over; and who has no tier.
    let board = dashboards::bank_board(&world.bank, &east, &BoardQuery::default()).await.unwrap();
    let own = board.units.iter().find(|unit| unit.code.is_empty()).unwrap();
    assert_eq!((rows(&east, &of(Counted::Direct, None)).await.unwrap(), own.customers), ((vec!["钱七".to_owned()], own.contribution), 1));
    let without = board.tiers.iter().find(|tier| tier.code.is_empty()).unwrap();
    let (names, brought) = rows(&east, &of(Counted::NoTier, None)).await.unwrap();
    assert_eq!((names.len() as i64, brought), (without.customers, without.contribution));
    assert!(!names.contains(&"李娜".to_owned()), "{names:?}");

    // Overdue tasks are their owner's, whoever leads the customers; only those whom one may see are told of.
    let overdue = BehindQuery { manager: Some("M-ALICE".into()), ..of(Counted::Overdue, None) };
    assert_eq!(rows(&boss, &overdue).await.unwrap().0, ["李娜", "赵云"]);
    assert_eq!(rows(&alice, &of(Counted::Overdue, None)).await.unwrap().0, ["李娜"]);
    let over = BoardQuery { month: Some("2026-02".into()), ..BoardQuery::default() };
    for query in [of(Counted::Overdue, None), BehindQuery { board: over, ..overdue.clone() }] {
        assert_eq!(rows(&boss, &query).await.unwrap_err().code(), Code::Invalid, "{query:?}");
    }

    // A household by one of its members, and who is in none.
    let kin = dashboards::value_board(&world.bank, &boss, &BoardQuery::default()).await.unwrap().kin;
    let household = |place: i16| kin.iter().find(|line| line.kind == KinKind::Household && line.place == place).unwrap();
    let no = household(1).customer_no.clone().unwrap();
    let (names, brought) = rows(&boss, &of(Counted::Household, Some(&no))).await.unwrap();
    assert_eq!((names, brought), (vec!["张小伟".to_owned(), "王芳".to_owned()], household(1).contribution));
    let (names, brought) = rows(&boss, &of(Counted::Household, Some("-"))).await.unwrap();
    assert_eq!((names.len() as i64, brought), (household(-1).customers, household(-1).contribution));
    assert_eq!(rows(&boss, &of(Counted::Household, Some("x"))).await.unwrap_err().code(), Code::Invalid);
    assert_eq!(rows(&west, &of(Counted::Household, Some(&no))).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(rows(&boss, &of(Counted::CompanyGroup, Some("-"))).await.unwrap().0.len(), 5);

    // Members of a group, by manager and by tenth.
    let board = BoardQuery { group: Some("vip".into()), ..BoardQuery::default() };
    let whole = dashboards::managers_board(&world.bank, &boss, &board).await.unwrap().group.unwrap().whole;
    let members = BehindQuery { board: board.clone(), ..BehindQuery::default() };
    assert_eq!(rows(&boss, &members).await.unwrap(), (vec!["张小伟".to_owned(), "赵云".to_owned()], whole.contribution));
    let led = BehindQuery { manager: Some("M-ALICE".into()), ..members.clone() };
    assert_eq!(rows(&boss, &led).await.unwrap().0, ["张小伟"]);
    for decile in dashboards::value_board(&world.bank, &boss, &board).await.unwrap().group.unwrap().deciles {
        let tenth = BehindQuery { board: board.clone(), ..of(Counted::Decile, Some(&decile.decile.to_string())) };
        let (names, brought) = rows(&boss, &tenth).await.unwrap();
        assert_eq!((names.len() as i64, brought), (decile.customers, decile.contribution), "{decile:?}");
    }
}
