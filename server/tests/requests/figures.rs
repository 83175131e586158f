//! Prices, books, targets and dashboards: what is set is what is counted by, and every figure is the sum of its parts.

use guanhu_crm::contribution;
use guanhu_domain::CustomerNo;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::{Person, Site};

/// Alice and Bo lead one each in E1, nobody the one of E2, Wang one in W1; balances of the first quarter.
async fn customers(site: &Site) -> Vec<String> {
    let mut nos = Vec::new();
    for (name, unit, lead, yuan) in [
        ("张小伟", "E1", Some("M-ALICE"), 300_000),
        ("李娜", "E1", Some("M-BO"), 100_000),
        ("王芳", "E2", None, 50_000),
        ("赵云", "W1", Some("M-WANG"), 31),
    ] {
        nos.push(CustomerNo::from_id(site.world.customer(name, unit, lead, yuan).await).to_string());
    }
    sqlx::query(
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[balance, balance, balance] || array_fill(null::bigint, array[9]),
             array[balance, balance, balance] || array_fill(null::bigint, array[9]) from account",
    )
    .execute(&site.world.owner)
    .await
    .unwrap();
    nos
}

/// February is closed, March runs.
async fn books(site: &Site) {
    let admin = site.world.actor("admin").await;
    for month in ["2026-02-01", "2026-03-01"] {
        contribution::close_month(&site.world.bank, &admin, month.parse().unwrap()).await.unwrap();
    }
}

fn sum(items: &Value, of: &str) -> i64 {
    items.as_array().unwrap().iter().map(|item| item[of].as_i64().unwrap()).sum()
}

fn points(points: &[(u32, &str)]) -> Value {
    json!(points.iter().map(|(months, rate)| json!({ "tenor_months": months, "rate": rate })).collect::<Vec<_>>())
}

pub const PRICED: &[&str] = &[
    "get /ftp-curves",
    "put /ftp-curves/{currency}/{valid_from}",
    "delete /ftp-curves/{currency}/{valid_from}",
    "prices/page",
    "prices/set_curve",
    "prices/remove_curve",
    "prices/set_parameters",
    "customer/contribution",
    "customer/kin",
    "customer/offers",
];

#[sqlx::test(migrations = false)]
async fn prices_are_set_and_the_running_month_follows(pool: PgPool) {
    let site = Site::new(pool).await;
    let nos = customers(&site).await;
    let (admin, alice) = (site.person("admin").await, site.person("alice").await);
    alice.get("/ftp-curves").await.refused("forbidden");
    let empty = admin.get("/ftp-curves").await;
    assert_eq!((empty.header("etag"), &empty.expect(200)["items"]), ("\"1\"", &json!([])));

    // What no curve can be is told point by point, and nothing changes.
    let put = async |revision: i64, day: &str, body: Value| {
        admin.send_of(revision, "PUT", &format!("/ftp-curves/CNY/{day}"), json!({ "points": body })).await
    };
    let faults = put(1, "2026-01-01", points(&[(12, "1.9"), (0, "1"), (12, "2")])).await.refused("invalid");
    assert_eq!(faults, [("points/1".into(), "out_of_range".into()), ("points/2".into(), "not_unique".into())]);
    assert_eq!(put(1, "2026-01-01", json!([])).await.refused("invalid"), [("points".into(), "required".into())]);
    put(1, "2026-13-01", points(&[(12, "1.9")])).await.refused("not_found");
    let set = put(1, "2026-01-01", points(&[(36, "3"), (12, "1")])).await;
    assert_eq!((set.header("etag"), &set.expect(200)["points"][0]["tenor_months"]), ("\"2\"", &json!(12)), "in order");
    put(1, "2026-01-01", points(&[(12, "1.9")])).await.refused("stale");
    assert_eq!(admin.get("/ftp-curves?currency=CNY").await.expect(200)["items"][0]["valid_from"], "2026-01-01");
    assert_eq!(admin.get("/ftp-curves?currency=YUAN").await.refused("invalid")[0].0, "currency");

    // 300,000.00 × 2% × 31 ÷ 365 for a current account at 24 months.
    contribution::run_due(&site.world.bank).await.unwrap();
    let spread = async || {
        let told = alice.get(&format!("/customers/{}/contribution", nos[0])).await.expect(200);
        let march = told["items"].as_array().unwrap().iter().find(|item| item["month"] == "2026-03-01").unwrap().clone();
        march["spread"].as_i64().unwrap()
    };
    assert_eq!(spread().await, 509_59);
    let page = alice.call("customer/contribution", json!({ "no": nos[0] })).await.expect(200);
    assert_eq!(page["items"], alice.get(&format!("/customers/{}/contribution", nos[0])).await.expect(200)["items"]);
    let offers = alice.call("customer/offers", json!({ "no": nos[0] })).await.expect(200);
    let current = offers["offers"].as_array().unwrap().iter().find(|offer| offer["code"] == "CUR").unwrap();
    assert_eq!((&current["tenor_months"], &current["monthly_cost"], &offers["points"][0]["rate"]), (&json!(24), &json!(120), &json!("1")));
    assert_eq!(alice.call("customer/kin", json!({ "no": nos[0] })).await.expect(200), json!([]), "nobody belongs to them");

    // The pages' way: another curve on top and away again, and dearer keeping of accounts.
    let curve = json!({ "currency": "CNY", "valid_from": "2026-02-15", "points": points(&[(24, "4")]) });
    assert_eq!(admin.call("prices/set_curve", json!({ "curve": curve, "revision": 2 })).await.expect(200), 3);
    contribution::run_due(&site.world.bank).await.unwrap();
    assert_eq!(spread().await, 1_019_18);
    let remove = |revision: i64| json!({ "currency": "CNY", "valid_from": "2026-02-15", "revision": revision });
    assert_eq!(admin.call("prices/remove_curve", remove(3)).await.expect(200), 4);
    admin.call("prices/remove_curve", remove(4)).await.refused("not_found");
    let prices = admin.call("prices/page", json!({})).await.expect(200);
    assert_eq!((&prices["revision"], &prices["changed_by"]), (&json!(4), &json!("admin")));
    let mut current = prices["categories"].as_array().unwrap().iter().find(|row| row["category"] == "current").unwrap().clone();
    current["monthly_cost"] = json!(5_00);
    let change = |row: &Value| json!({ "change": { "revision": 4, "categories": [row] } });
    assert_eq!(admin.call("prices/set_parameters", change(&current)).await.expect(200), 5);
    admin.call("prices/set_parameters", change(&current)).await.refused("stale");
    current["pd"] = json!("101");
    let wrong = json!({ "change": { "revision": 5, "categories": [current] } });
    assert_eq!(admin.call("prices/set_parameters", wrong).await.refused("invalid")[0].0, "categories/current/pd");
    admin.send_of(5, "DELETE", "/ftp-curves/CNY/2026-01-01", Value::Null).await.expect(204);
    assert_eq!(admin.get("/ftp-curves").await.expect(200)["items"], json!([]));
    assert_eq!(site.audited("pricing:parameters").await, ["curve.change admin"]);
    site.has_opened(PRICED);
}

pub const REACHED: &[&str] = &[
    "get /managers/performance",
    "get /products/adoption",
    "get /contribution",
    "get /targets",
    "dashboards/bank",
    "dashboards/managers",
    "dashboards/manager",
    "dashboards/products",
    "dashboards/value",
    "dashboards/behind",
    "dashboards/product",
    "products/texts",
    "products/set_text",
    "dashboards/targets",
    "dashboards/set_targets",
    "dashboards/step_targets",
    "dashboards/decide_targets",
    "dashboards/compare",
    "dashboards/evidence",
    "dashboards/scoring",
    "dashboards/set_scoring",
    "prices/reopen_month",
];

#[sqlx::test(migrations = false)]
async fn targets_are_set_and_every_board_says_the_same(pool: PgPool) {
    let site = Site::new(pool).await;
    customers(&site).await;
    let (admin, alice, east, boss) =
        (site.person("admin").await, site.person("alice").await, site.person("east").await, site.person("boss").await);
    east.get("/managers/performance").await.refused("month_not_computed");
    admin.send_of(1, "PUT", "/ftp-curves/CNY/2020-01-01", json!({ "points": points(&[(12, "1.9")]) })).await.expect(200);
    books(&site).await;

    // The bank by unit, manager, product and tier is the bank; so is each branch's part of it.
    let levels = async |who: &Person<'_>| {
        let mut sums = Vec::new();
        for level in ["bank", "unit", "manager", "product", "tier"] {
            let told = who.get(&format!("/contribution?level={level}")).await.expect(200);
            assert_eq!((&told["month"], &told["state"]), (&json!("2026-03-01"), &json!("open")), "{level}");
            sums.push(sum(&told["items"], "contribution"));
        }
        assert!(sums.iter().all(|one| *one == sums[0]), "{sums:?}");
        sums[0]
    };
    let (whole, branch) = (levels(&boss).await, levels(&east).await);
    let west = levels(&site.person("west").await).await;
    assert_eq!((branch + west, branch > 0), (whole, true));
    let bank = boss.call("dashboards/bank", json!({ "query": {} })).await.expect(200);
    assert_eq!((&bank["now"]["contribution"], &bank["now"]["customers"]), (&json!(whole), &json!(4)));
    assert_eq!((sum(&bank["units"], "contribution"), sum(&bank["units"], "customers")), (whole, 4));
    assert_eq!(bank["trend"].as_array().unwrap().last().unwrap()["contribution"], whole);
    let value = boss.call("dashboards/value", json!({ "query": {} })).await.expect(200);
    assert_eq!((sum(&value["deciles"], "contribution"), sum(&value["deciles"], "customers")), (whole, 4));

    let rows = boss.call("dashboards/behind", json!({ "query": {} })).await.expect(200);
    assert_eq!((sum(&rows["items"], "contribution"), rows["items"].as_array().unwrap().len()), (whole, 4));

    // Of the branch: two managers and whoever nobody leads.
    let managers = east.call("dashboards/managers", json!({ "query": {} })).await.expect(200);
    let led = sum(&managers["items"], "contribution");
    assert_eq!(led + managers["unassigned"]["contribution"].as_i64().unwrap(), branch);
    let league = east.get("/managers/performance").await.expect(200)["items"].clone();
    assert_eq!((league[0]["code"].clone(), sum(&league, "contribution")), (json!("M-ALICE"), branch), "with what nobody leads");
    assert_eq!(alice.get("/managers/performance").await.expect(200)["items"].as_array().unwrap().len(), 1, "her own line");
    let mine = alice.call("dashboards/manager", json!({ "code": "", "query": {} })).await.expect(200);
    assert_eq!(
        (&mine["line"]["contribution"], &mine["place"], &mine["of"]),
        (&league[0]["contribution"], &json!(1), &json!(3)),
        "of the bank"
    );
    alice.call("dashboards/manager", json!({ "code": "M-BO", "query": {} })).await.refused("not_found");
    let both = east.call("dashboards/compare", json!({ "codes": ["M-ALICE", "M-BO"], "query": {} })).await.expect(200);
    let compared: Vec<&Value> = both["managers"].as_array().unwrap().iter().map(|one| &one["line"]["contribution"]).collect();
    assert_eq!(compared, [&league[0]["contribution"], &league[1]["contribution"]]);
    east.call("dashboards/compare", json!({ "codes": ["M-ALICE", "M-WANG"], "query": {} })).await.refused("not_found");

    // Whoever holds a product, by unit and as a whole, in both ways of asking.
    let adoption = boss.get("/products/adoption").await.expect(200);
    let current = |items: &Value| items.as_array().unwrap().iter().filter(|item| item["product"] == "CUR").cloned().collect::<Vec<_>>();
    assert_eq!((&current(&adoption["items"])[0]["holders"], &current(&adoption["items"])[0]["adoption"]), (&json!(4), &json!(100_00)));
    let by_unit = current(&boss.get("/products/adoption?by=org").await.expect(200)["items"]);
    assert_eq!(sum(&json!(by_unit), "holders"), 4);
    let products = boss.call("dashboards/products", json!({ "query": {} })).await.expect(200);
    let line = products["products"].as_array().unwrap().iter().find(|line| line["code"] == "CUR").unwrap();
    assert_eq!((&line["holders"], &line["eligible"]), (&json!(4), &json!(4)));

    // Targets: of the branch by the bank, of its units by the branch, which add up; and boards show them.
    let target = |amount: i64, version: i64| json!({ "amount": amount, "version": version });
    let part = |code: &str, amount: i64, version: i64| json!({ "code": code, "is_staff": code.starts_with("M-"), "target": target(amount, version) });
    let change = |org: &str, whole: Value, parts: Value| json!({ "change": { "month": "2026-03", "org": org, "indicator": "contribution", "whole": whole, "parts": parts } });
    let set = async |who: &Person<'_>, change: Value| who.call("dashboards/set_targets", change).await;
    set(&east, change("EAST", target(100_000, 0), json!([]))).await.refused("invalid");
    set(&east, change("W1", Value::Null, json!([]))).await.refused("not_found");
    assert_eq!(set(&boss, change("EAST", target(100_000, 0), json!([]))).await.expect(200), 1);
    assert_eq!(east.call("dashboards/bank", json!({ "query": {} })).await.expect(200)["targets"], json!([]), "nobody has agreed yet");
    let agree = async |org: &str, hands_in: &Person<'_>, agrees: &Person<'_>| {
        let step = json!({ "asked": { "month": "2026-03", "org": org, "version": 1, "step": "submit" } });
        hands_in.call("dashboards/step_targets", step).await.expect(200);
        let decision = json!({ "decision": { "month": "2026-03", "org": org, "version": 2, "approve": true } });
        hands_in.call("dashboards/decide_targets", decision.clone()).await.refused("must_be_another_person");
        agrees.call("dashboards/decide_targets", decision).await.expect(200);
    };
    // What comes from above is handed in there and agreed to below; the rest the other way round.
    agree("EAST", &boss, &east).await;
    let cent = change("EAST", Value::Null, json!([part("E1", 60_001, 0), part("E2", 40_000, 0)]));
    assert_eq!(set(&east, cent).await.refused("invalid")[0].0, "parts", "a cent too much");
    let fits = change("EAST", Value::Null, json!([part("E1", 60_000, 0), part("E2", 40_000, 0)]));
    assert_eq!(set(&east, fits.clone()).await.expect(200), 2);
    set(&east, fits).await.refused("stale");
    assert_eq!(set(&east, change("E1", Value::Null, json!([part("M-ALICE", 35_000, 0), part("M-BO", 25_000, 0)]))).await.expect(200), 2);
    for org in ["EAST", "E1"] {
        agree(org, &east, &boss).await;
    }
    let sheet = east.call("dashboards/targets", json!({ "query": { "org": "EAST" }, "indicator": "contribution" })).await.expect(200);
    assert_eq!((&sheet["whole"]["amount"], &sheet["lines"][0]["target"]["amount"]), (&json!(100_000), &json!(60_000)));
    assert_eq!((&sheet["actual"], sum(&sheet["lines"], "actual")), (&json!(branch), branch));
    let league = east.get("/managers/performance").await.expect(200)["items"].clone();
    let managers = json!(league.as_array().unwrap()[..2]);
    assert_eq!((sum(&managers, "target"), &league[0]["actual"], &league[2]["target"]), (60_000, &league[0]["contribution"], &Value::Null));
    let board = east.call("dashboards/bank", json!({ "query": {} })).await.expect(200);
    assert_eq!(board["targets"], json!([{ "indicator": "contribution", "amount": 100_000 }]));
    assert_eq!(site.audited("target:EAST:2026-03:contribution").await, ["target.set boss", "target.set east"]);
    let told = east.get("/targets").await.expect(200);
    assert_eq!((sum(&told["items"], "amount"), &told["items"][0]["actual"]), (200_000, &json!(branch)), "the branch, then its units");
    assert_eq!(sum(&east.get("/targets?org=E1").await.expect(200)["items"], "amount"), 120_000);
    assert_eq!(east.get("/targets?product=NONE").await.refused("invalid")[0].0, "product");

    // One product's targets go the same way.
    let holders = json!({ "change": { "month": "2026-03", "org": "E1", "indicator": "holders", "product": "CUR",
        "parts": [part("M-ALICE", 2, 0), part("M-BO", 1, 0)] } });
    assert_eq!(set(&east, holders).await.expect(200), 2);
    let asked = json!({ "query": { "org": "E1" }, "indicator": "holders", "product": "CUR" });
    let sheet = east.call("dashboards/targets", asked).await.expect(200);
    assert_eq!((&sheet["product"]["code"], sum(&sheet["lines"], "actual")), (&json!("CUR"), 2));
    agree("E1", &east, &boss).await;
    let told = boss.get("/targets?org=E1&product=CUR").await.expect(200);
    assert_eq!((sum(&told["items"], "amount"), sum(&told["items"], "actual")), (3, 2));

    // What is said of a product is the administrator's, and everybody who sells it reads it.
    let words = json!({ "change": { "code": "CUR", "version": 0, "description": "活期", "script": "先问用途" } });
    assert_eq!(admin.call("products/set_text", words.clone()).await.expect(200), 1);
    admin.call("products/set_text", words).await.refused("stale");
    let kept = admin.call("products/texts", json!({ "code": "CUR" })).await.expect(200);
    assert_eq!(kept["versions"][0]["script"], "先问用途");
    let read = alice.call("dashboards/product", json!({ "code": "CUR", "query": {} })).await.expect(200);
    assert_eq!((&read["product"]["script"], &read["line"]), (&json!("先问用途"), &Value::Null));
    let read = boss.call("dashboards/product", json!({ "code": "CUR", "query": {} })).await.expect(200);
    assert_eq!((&read["line"]["holders"], sum(&read["ages"], "holders"), sum(&read["appetites"], "customers")), (&json!(4), 4, 4));

    // How a month's work is scored is the bank's to say, and each point says what of.
    let rules = admin.call("dashboards/scoring", json!({})).await.expect(200);
    let mut wanted = rules.clone();
    for rule in wanted["rules"].as_array_mut().unwrap() {
        rule["weight"] = json!(if rule["item"] == "complete" { 1 } else { 0 });
    }
    let version = admin.call("dashboards/set_scoring", json!({ "change": wanted })).await.expect(200);
    assert_eq!(version, rules["version"].as_i64().unwrap() + 1);
    admin.call("dashboards/set_scoring", json!({ "change": wanted })).await.refused("stale");
    let scored = alice.call("dashboards/manager", json!({ "code": "", "query": {} })).await.expect(200)["process"].clone();
    let complete = scored["items"].as_array().unwrap().iter().find(|item| item["rule"]["item"] == "complete").unwrap();
    assert_eq!(scored["total"], complete["points"], "nothing else weighs");
    let evidence = alice.call("dashboards/evidence", json!({ "code": "", "query": {}, "item": "complete" })).await.expect(200);
    assert_eq!(evidence[0]["name"], "张小伟");

    // A closed month is opened again for a reason that is kept.
    let reopen = |reason: &str| json!({ "month": "2026-02-01", "reason": reason });
    admin.call("prices/reopen_month", reopen(" ")).await.refused("reason_required");
    admin.call("prices/reopen_month", reopen("二月补记利息")).await.expect(200);
    admin.call("prices/reopen_month", reopen("二月补记利息")).await.refused("not_found");
    site.has_opened(REACHED);
}
