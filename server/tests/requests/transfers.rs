//! Customers change hands: asked for, decided, taken back; many by file; picked, shared, and handed over by a leaver.

use guanhu_crm::{assignments, notices, summary};
use guanhu_domain::CustomerNo;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::{Person, Site};

async fn customer(site: &Site, name: &str, unit: &str, lead: Option<&str>, yuan: i64) -> String {
    CustomerNo::from_id(site.world.customer(name, unit, lead, yuan).await).to_string()
}

/// Staff code of who leads it, as this person sees it; `none` where it is not seen.
async fn lead(who: &Person<'_>, no: &str) -> String {
    let seen = who.get(&format!("/customers/{no}")).await;
    if seen.status == 404 {
        return "none".into();
    }
    let seen = seen.expect(200);
    let lasting = seen["assignments"].as_array().unwrap().iter().find(|one| one["role"] == "lead" && one["to"].is_null());
    lasting.map_or("pool".into(), |one| one["manager"]["code"].as_str().unwrap().to_owned())
}

/// What a transfer was made of.
fn id(transfer: &Value) -> String {
    transfer["id"].as_str().unwrap().to_owned()
}

fn why(reason: &str) -> Value {
    json!({ "reason": reason })
}

pub const ASKED_AND_DECIDED: &[&str] = &[
    "get /transfers",
    "post /transfers",
    "get /transfers/{transfer}",
    "post /transfers/{transfer}/approve",
    "post /transfers/{transfer}/reject",
    "post /transfers/{transfer}/recall",
    "post /transfers/{transfer}/revert",
    "transfers/preview",
    "transfers/request",
    "transfers/start",
    "transfers/list",
    "transfers/detail",
    "transfers/choices",
    "transfers/approve",
    "transfers/reject",
    "transfers/recall",
    "transfers/revert",
    "handover/sheet",
    "handover/sign",
    "get /transfers/{transfer}/sheet",
    "post /transfers/{transfer}/sign",
    "notices/list",
    "notices/unread",
    "notices/read",
    "notices/set",
];

#[sqlx::test(migrations = false)]
async fn a_manager_asks_and_the_head_of_the_branch_decides(pool: PgPool) {
    let site = Site::new(pool).await;
    let no = customer(&site, "张小伟", "E1", Some("M-ALICE"), 300).await;
    let (alice, bo, east, west) =
        (site.person("alice").await, site.person("bo").await, site.person("east").await, site.person("west").await);
    let asked = json!({ "customers": [no], "to": "M-BO", "reason": "搬迁" });

    // A program asks; nothing moves before another person agrees.
    let pending = alice.send("POST", "/transfers", asked.clone()).await.expect(202);
    assert_eq!((&pending["state"], &pending["because"]), (&json!("pending"), &json!(["by_manager"])));
    let path = format!("/transfers/{}", id(&pending));
    assert_eq!(lead(&alice, &no).await, "M-ALICE");
    alice.send("POST", "/transfers", asked.clone()).await.refused("conflict");
    alice.send("POST", &format!("{path}/approve"), Value::Null).await.refused("forbidden");
    west.get(&path).await.refused("not_found");
    let waiting = east.get("/transfers?for_me=true&state=pending").await.expect(200);
    assert_eq!((waiting["items"].as_array().unwrap().len(), &waiting["items"][0]["id"]), (1, &pending["id"]));

    let done = east.send("POST", &format!("{path}/approve"), Value::Null).await.expect(200);
    assert_eq!((&done["state"], &done["decided_by"]), (&json!("done"), &json!("董行")));
    assert_eq!((lead(&bo, &no).await.as_str(), lead(&alice, &no).await.as_str()), ("M-BO", "none"), "rights follow at once");
    east.send("POST", &format!("{path}/reject"), why("晚了")).await.refused("conflict");
    let back = east.send("POST", &format!("{path}/revert"), why("弄错了")).await.expect(200);
    assert_eq!((&back["state"], lead(&alice, &no).await.as_str()), (&json!("reverted"), "M-ALICE"));
    let read = east.get(&path).await.expect(200);
    assert_eq!((&read["reverted"]["by"], &read["reverted"]["reason"]), (&json!("董行"), &json!("弄错了")));
    assert_eq!(
        east.call("transfers/list", json!({ "filter": {}, "after": null })).await.expect(200)["items"][0]["reverted"],
        read["reverted"]
    );

    // Refused with a reason, which whoever asked reads; and taken back before it is decided.
    let second = alice.send("POST", "/transfers", asked.clone()).await.expect(202);
    let path = format!("/transfers/{}", id(&second));
    assert_eq!(east.send("POST", &format!("{path}/reject"), why("")).await.refused("invalid"), [("reason".into(), "required".into())]);
    east.send("POST", &format!("{path}/reject"), why("先完成回访")).await.expect(200);
    let read = alice.get(&path).await.expect(200);
    assert_eq!((&read["state"], &read["decision_reason"]), (&json!("rejected"), &json!("先完成回访")));
    let third = alice.send("POST", "/transfers", asked.clone()).await.expect(202);
    let path = format!("/transfers/{}", id(&third));
    east.send("POST", &format!("{path}/recall"), json!({})).await.refused("forbidden");
    let recalled = alice.send("POST", &format!("{path}/recall"), why("不搬了")).await.expect(200);
    let trail = |told: &Value| (told["by"].as_str().unwrap().to_owned(), told["reason"].as_str().unwrap().to_owned());
    assert_eq!((&recalled["state"], trail(&recalled["ended"])), (&json!("recalled"), ("爱丽".into(), "不搬了".into())));
    assert_eq!((&recalled["decided_by"], &recalled["decision_reason"]), (&Value::Null, &json!("")), "nobody decided it");
    assert_eq!(
        site.audited(&format!("transfer:{}", id(&pending))).await,
        ["transfer.request alice", "transfer.decide east", "transfer.request east"]
    );

    // The same on the pages.
    let preview = alice.call("transfers/preview", json!({ "asked": asked })).await.expect(200);
    assert_eq!((&preview["customers"], &preview["aum"], &preview["because"]), (&json!(1), &json!(30_000), &json!(["by_manager"])));
    let managers = east.call("transfers/choices", json!({})).await.expect(200)["managers"].to_string();
    assert!(managers.contains("M-BO") && !managers.contains("M-WANG"), "{managers}");
    let key = uuid::Uuid::now_v7();
    let request = json!({ "asked": asked, "key": key });
    let fourth = alice.call("transfers/request", request.clone()).await.expect(200);
    assert_eq!(alice.call("transfers/request", request).await.expect(200), fourth, "once under one key");
    let fourth = id(&fourth);
    let start = east.call("transfers/start", json!({ "filter": {} })).await.expect(200);
    assert_eq!((&start["waiting"]["items"][0]["id"], start["all"]["items"].as_array().unwrap().len()), (&json!(fourth), 4));
    notices::deliver(&site.world.bank).await.unwrap();
    let told = east.call("notices/list", json!({ "before": null })).await.expect(200);
    let newest = &told["items"][0];
    assert_eq!((&newest["kind"], &newest["by"], &newest["read"]), (&json!("transfer_waits"), &json!("爱丽"), &json!(false)));
    assert_eq!(east.call("notices/unread", json!({})).await.expect(200), told["unread"]);
    east.call("notices/read", json!({ "read": { "all": newest["id"] } })).await.expect(200);
    assert_eq!(east.call("notices/unread", json!({})).await.expect(200), 0);
    east.call("notices/set", json!({ "wanted": { "muted": ["tasks_due"], "browser": false } })).await.expect(200);
    let settings = &east.call("notices/list", json!({ "before": null })).await.expect(200)["settings"];
    assert_eq!(settings["muted"], json!(["tasks_due"]));

    assert_eq!(east.call("transfers/reject", json!({ "id": fourth, "reason": " " })).await.refused("invalid")[0].0, "reason");
    assert_eq!(east.call("transfers/reject", json!({ "id": fourth, "reason": "再等等" })).await.expect(200)["state"], "rejected");
    let fifth = id(&alice.call("transfers/request", json!({ "asked": asked })).await.expect(200));
    assert_eq!(alice.call("transfers/recall", json!({ "id": fifth, "reason": "" })).await.expect(200)["state"], "recalled");
    let sixth = id(&alice.call("transfers/request", json!({ "asked": asked })).await.expect(200));
    assert_eq!(east.call("transfers/approve", json!({ "id": sixth })).await.expect(200)["state"], "done");
    let detail = bo.call("transfers/detail", json!({ "id": sixth })).await.expect(200);
    assert_eq!((&detail["items"][0]["name"], &detail["items"][0]["from"]["code"]), (&json!("张小伟"), &json!("M-ALICE")));
    let sheet = east.call("handover/sheet", json!({ "id": sixth })).await.expect(200);
    assert_eq!((&sheet["bank"], &sheet["parts"][0]["lines"][0]["customer_no"]), (&json!("试验银行"), &json!(no)));
    // Whoever gave and whoever received sign, each for the own side.
    let side = |side: &str| json!({ "side": side, "from": "M-ALICE", "to": "M-BO" });
    let path = format!("/transfers/{sixth}/sheet");
    let given = alice.get(&path).await.expect(200)["parts"][0].clone();
    assert_eq!((&given["may_sign"], &given["lines"][0]["masked"], &given["lines"][0]["aum"]), (&json!(["from"]), &json!(true), &json!(0)));
    let (sign, key) = (format!("/transfers/{sixth}/sign"), json!({ "id": sixth, "asked": side("to") }));
    bo.send("POST", &sign, side("from")).await.refused("forbidden");
    assert_eq!(alice.send("POST", &sign, side("from")).await.expect(200)["side"], "from");
    alice.send("POST", &sign, side("from")).await.refused("conflict");
    bo.call("handover/sign", key).await.expect(200);
    let both = east.get(&path).await.expect(200)["parts"][0].clone();
    assert_eq!((both["signatures"].as_array().unwrap().len(), &both["may_sign"]), (2, &json!([])));
    assert_eq!(east.call("transfers/revert", json!({ "id": sixth, "reason": "" })).await.expect(200)["state"], "reverted");
    let listed = east.call("transfers/list", json!({ "filter": { "state": "reverted" }, "after": null })).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    site.has_opened(ASKED_AND_DECIDED);
}

pub const BY_FILE: &[&str] = &["post /transfers/files", "post /transfers/{transfer}/cancel", "transfers/cancel"];

#[sqlx::test(migrations = false)]
async fn a_file_of_numbers_moves_in_batches_and_is_stopped_on_the_way(pool: PgPool) {
    /// One more than a transaction holds.
    const MANY: i64 = 5_001;
    let site = Site::new(pool).await;
    let ids: Vec<i64> = sqlx::query_scalar(
        "with made as (
             insert into customer (kind, org_id, name, opened_on)
             select 'personal', o.org_id, '客户' || n, date '2020-05-01' from org_unit o, generate_series(1, $1) as n where o.code = 'E1'
             returning customer_id
         ), led as (
             insert into assignment (customer_id, staff_id, role, valid)
             select customer_id, staff_id, 'lead', '[2024-01-01,)' from made, staff where code = 'M-ALICE'
         ) select customer_id from made order by 1",
    )
    .bind(MANY)
    .fetch_all(&site.world.owner)
    .await
    .unwrap();
    summary::refresh(&mut site.world.owner.acquire().await.unwrap(), &ids).await.unwrap();
    let foreign = customer(&site, "欧阳锋", "W1", Some("M-WANG"), 900).await;
    let (east, boss) = (site.person("east").await, site.person("boss").await);

    let numbers: Vec<String> = ids.iter().map(|id| CustomerNo::from_id(*id).to_string()).collect();
    let text = format!("客户号,姓名\n{}\n{}\n{foreign},欧阳锋\nK123\n", numbers.join("\n"), numbers[0]);
    let read = east.upload("/api/v1/transfers/files", text).await.expect(200);
    assert_eq!((&read["customers"], &read["repeated"], &read["bad"]), (&json!(MANY), &json!(1), &json!(2)));
    let bad = |line: i64, text: &str, is_number| json!({ "line": line, "text": text, "is_number": is_number });
    assert_eq!(read["lines"], json!([bad(MANY + 3, &foreign, true), bad(MANY + 4, "K123", false)]), "another branch's is nobody");

    // A list is as long as a file may be; one customer more is too many, and says so.
    let list = |first: i64, many: i64| -> Vec<String> { (first..first + many).map(|id| CustomerNo::from_id(id).to_string()).collect() };
    let listed = |numbers: Vec<String>| json!({ "customers": numbers, "to": "M-BO", "reason": "网点撤并" });
    let unknown = east.send("POST", "/transfers", listed(list(900_000, 200_000))).await.refused("invalid");
    assert_eq!((unknown.len(), &unknown[0]), (20, &("customers".to_owned(), "unknown_code".to_owned())));
    let many = east.send("POST", "/transfers", listed(list(900_000, 1_000_001))).await.refused("invalid");
    assert_eq!(many, [("customers".to_owned(), "out_of_range".to_owned())]);
    let beyond = json!({ "customers": [], "to": "M-BO", "reason": "长".repeat(7_000_000) });
    assert!(east.send("POST", "/transfers", beyond).await.refused("too_large").is_empty());

    let asked = json!({ "file": read["id"], "to": "M-BO", "reason": "网点撤并" });
    boss.send("POST", "/transfers", asked.clone()).await.refused("forbidden");
    let pending = east.send("POST", "/transfers", asked.clone()).await.expect(202);
    assert_eq!((&pending["because"], &pending["customers"]), (&json!(["many_customers"]), &json!(MANY)));
    let path = format!("/transfers/{}", id(&pending));
    assert_eq!(boss.send("POST", &format!("{path}/approve"), Value::Null).await.expect(200)["state"], "running");
    let stopped = east.send("POST", &format!("{path}/cancel"), why("名单有误")).await.expect(200);
    assert_eq!((&stopped["state"], &stopped["moved"], &stopped["left_out"]), (&json!("cancelled"), &json!(0), &json!(MANY)));
    assert_eq!((&stopped["ended"]["by"], &stopped["ended"]["reason"]), (&json!("董行"), &json!("名单有误")));

    // Everybody a filter finds, agreed to and stopped on the pages; then a third time, to its end.
    let by_filter = json!({ "filter": { "manager": "M-ALICE" }, "count": MANY, "to": "M-BO", "reason": "网点撤并" });
    let second = id(&east.call("transfers/request", json!({ "asked": by_filter })).await.expect(200));
    assert_eq!(boss.call("transfers/approve", json!({ "id": second })).await.expect(200)["state"], "running");
    assert_eq!(east.call("transfers/cancel", json!({ "id": second, "reason": "再核对" })).await.expect(200)["state"], "cancelled");
    assert_eq!(assignments::run_batches(&site.world.bank).await.unwrap(), 0, "nothing is left to do of either");
    let third = id(&east.send("POST", "/transfers", asked).await.expect(202));
    boss.send("POST", &format!("/transfers/{third}/approve"), Value::Null).await.expect(200);
    assignments::run_batches(&site.world.bank).await.unwrap();
    let done = east.get(&format!("/transfers/{third}")).await.expect(200);
    assert_eq!((&done["state"], &done["moved"], &done["left_out"]), (&json!("done"), &json!(MANY), &json!(0)));
    assert_eq!(lead(&east, &numbers[MANY as usize - 1]).await, "M-BO");

    // The sheet of more customers than one page holds has all in its sums, and the rest of the part behind its own address.
    let whole = east.get(&format!("/transfers/{third}/sheet")).await.expect(200);
    let part = &whole["parts"][0];
    assert_eq!((&part["customers"], part["lines"].as_array().unwrap().len(), &whole["others"]), (&json!(MANY), 5_000, &json!(0)));
    assert_eq!((&part["aum"], &part["tasks"], &part["before"]), (&json!(0), &json!(0), &json!(0)));
    let rest = format!("/transfers/{third}/sheet?from=M-ALICE&to=M-BO&page=2");
    let bo = site.person("bo").await;
    let last = bo.get(&rest).await.expect(200)["parts"][0].clone();
    assert_eq!((last["lines"].as_array().unwrap().len(), &last["before"], &last["may_sign"]), (1, &json!(5_000), &json!(["to"])));
    let alice = site.person("alice").await;
    let given = alice.get(&rest).await.expect(200)["parts"][0].clone();
    assert_eq!((&given["lines"][0]["masked"], &given["aum"], &given["customers"]), (&json!(true), &Value::Null, &json!(MANY)));
    east.get(&format!("/transfers/{third}/sheet?from=M-BO&to=M-ALICE")).await.refused("not_found");
    assert_eq!(east.get(&format!("/transfers/{third}/sheet?from=M-NOBODY&to=M-BO")).await.refused("invalid")[0].0, "from");
    let query = json!({ "id": third, "query": { "from": "M-ALICE", "to": "M-BO", "page": 2 } });
    assert_eq!(bo.call("handover/sheet", query).await.expect(200)["parts"][0]["before"], 5_000);
    let sign = json!({ "side": "to", "from": "M-ALICE", "to": "M-BO" });
    bo.send("POST", &format!("/transfers/{third}/sign"), sign).await.expect(200);
    site.has_opened(BY_FILE);
}

pub const PICKED_AND_SHARED: &[&str] =
    &["get /pool", "post /pool/{customer_no}/pick", "put /customers/{customer_no}/shares", "customer/shares", "pool/page", "pool/pick"];

#[sqlx::test(migrations = false)]
async fn managers_help_themselves_from_the_pool_and_share_whom_they_serve(pool: PgPool) {
    let site = Site::new(pool).await;
    let mut waiting = Vec::new();
    for name in ["赵一", "钱二", "孙三"] {
        waiting.push(customer(&site, name, "E1", None, 100).await);
    }
    let elsewhere = customer(&site, "李四", "E2", None, 100).await;
    let (admin, alice, bo, east) =
        (site.person("admin").await, site.person("alice").await, site.person("bo").await, site.person("east").await);
    assert_eq!(alice.get("/pool").await.expect(200), json!({ "items": [], "next": null, "per_day": 0, "left_today": 0 }), "not open");
    assert_eq!(alice.send("POST", &format!("/pool/{}/pick", waiting[0]), Value::Null).await.refused("invalid").len(), 1);
    let open = json!({ "value": { "per_day": 2, "cooldown_days": 30 } });
    admin.send_of(0, "PUT", "/parameters/pool.pick", open).await.expect(200);

    let seen = alice.get("/pool").await.expect(200);
    let mut names: Vec<&str> = seen["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!((names, &seen["left_today"]), (vec!["孙**", "赵**", "钱**"], &json!(2)), "no more of a name than it takes");
    assert!(!seen.to_string().contains("aum"), "and no figure");
    assert_eq!(alice.send("POST", &format!("/pool/{}/pick", waiting[0]), Value::Null).await.expect(201)["state"], "done");
    assert_eq!(lead(&alice, &waiting[0]).await, "M-ALICE");
    bo.send("POST", &format!("/pool/{}/pick", waiting[0]), Value::Null).await.refused("conflict");
    alice.send("POST", &format!("/pool/{elsewhere}/pick"), Value::Null).await.refused("not_found");
    assert_eq!(alice.call("pool/pick", json!({ "customer": waiting[1] })).await.expect(200)["to"]["code"], "M-ALICE");
    alice.call("pool/pick", json!({ "customer": waiting[2] })).await.refused("invalid");
    let left = alice.call("pool/page", json!({ "after": null })).await.expect(200);
    assert_eq!((left["items"].as_array().unwrap().len(), &left["left_today"]), (1, &json!(0)));
    assert_eq!(site.audited(&format!("customer:{}", waiting[0])).await, ["pool.pick alice"]);

    // Bo helps with one of them, and has thirty per cent of what it brings.
    let help = |share: i64| json!({ "customers": [waiting[0]], "to": "M-BO", "role": "assist", "share": share, "reason": "共同维护" });
    assert_eq!(east.send("POST", "/transfers", help(100)).await.refused("invalid")[0].0, "share");
    assert_eq!(east.send("POST", "/transfers", help(10)).await.expect(201)["share"], 10);
    let path = format!("/customers/{}/shares", waiting[0]);
    let set = |assistants: Value| json!({ "assistants": assistants, "reason": "约定" });
    alice.send("PUT", &path, set(json!({ "M-BO": 30 }))).await.refused("forbidden");
    let shares = east.send("PUT", &path, set(json!({ "M-BO": 30 }))).await.expect(200);
    assert_eq!((&shares["lead"]["share"], &shares["assistants"][0]["share"]), (&json!("70"), &json!("30")));
    let unnamed = east.send("PUT", &path, set(json!({}))).await.expect(409);
    assert_eq!(unnamed["current"]["assistants"][0]["manager"]["code"], "M-BO", "tells whom the request forgot");
    assert_eq!(lead(&bo, &waiting[0]).await, "M-ALICE", "whoever assists sees the customer");
    for (login, may) in [(&east, true), (&alice, false)] {
        let page = login.call("customer/page", json!({ "no": waiting[0] })).await.expect(200);
        assert_eq!(page["customer"]["may"]["share"], may);
    }
    let ended = east.call("customer/shares", json!({ "no": waiting[0], "change": set(json!({ "M-BO": null })) })).await.expect(200);
    assert_eq!((&ended["lead"]["share"], &ended["assistants"]), (&json!("100"), &json!([])));
    assert_eq!(lead(&bo, &waiting[0]).await, "none");
    site.has_opened(PICKED_AND_SHARED);
}

pub const HANDED_OVER: &[&str] = &[
    "board/start",
    "board/look",
    "board/cards",
    "handover/start",
    "handover/propose",
    "handover/submit",
    "handover/release",
    "newcomers/page",
    "newcomers/save",
];

#[sqlx::test(migrations = false)]
async fn a_leaver_hands_over_everything_on_the_board(pool: PgPool) {
    let site = Site::new(pool).await;
    let mut led = Vec::new();
    for yuan in [90_000, 50_000] {
        led.push(customer(&site, "某某", "E1", Some("M-ALICE"), yuan).await);
    }
    let bos = customer(&site, "旁人", "E1", Some("M-BO"), 1).await;
    let (admin, east) = (site.person("admin").await, site.person("east").await);
    let help = json!({ "customers": [bos], "to": "M-ALICE", "role": "assist", "reason": "协办" });
    east.send("POST", "/transfers", help).await.expect(201);

    let group = json!({ "name": "老客户", "kind": "static", "members": led[0] });
    site.person("alice").await.send("POST", "/groups", group).await.expect(201);

    let columns = async |function: &str| {
        let page = east.call(function, json!({ "query": { "unit": "E1" } })).await.expect(200);
        let count = |column: &Value| {
            (column["manager"]["code"].as_str().unwrap_or("none").to_owned(), column["portfolio"]["customers"].as_i64().unwrap())
        };
        page["board"]["columns"].as_array().unwrap().iter().map(count).collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = columns("board/start").await;
    assert_eq!((before["M-ALICE"], before["M-BO"]), (2, 1));
    let cards = east.call("board/cards", json!({ "query": { "unit": "E1", "columns": ["M-ALICE"] } })).await.expect(200);
    assert_eq!(cards["cards"].as_array().unwrap().iter().map(|card| &card["no"]).collect::<Vec<_>>(), [&led[0], &led[1]]);

    let off = json!({ "login": "alice", "change": { "version": 1, "disabled": true, "reason": "离职" } });
    let holds = admin.call("users/change", off.clone()).await;
    holds.refused("conflict");
    let all = json!({ "staff": "M-ALICE", "lead": 2, "assist": 1, "incoming": 0, "opportunities": 0, "tasks": 0, "groups": 1, "tier_requests": 0 });
    assert_eq!(holds.json()["current"], all);
    let choose = east.call("handover/start", json!({ "from": null, "unit": null })).await.expect(200);
    assert!(choose["Choose"]["columns"].is_array(), "{choose}");
    let other = east.call("handover/start", json!({ "from": null, "unit": "E2" })).await.expect(200);
    assert_eq!(other["Choose"]["unit"]["code"], "E2");
    let held = east.call("handover/start", json!({ "from": "M-ALICE", "unit": null })).await.expect(200)["Chosen"].clone();
    assert_eq!((&held["lead"], &held["assist"], &held["colleagues"][0]["manager"]["code"]), (&json!(2), &json!(1), &json!("M-BO")));
    let split = json!({ "asked": { "from": "M-ALICE", "to": ["M-BO"], "rule": "aum" } });
    let proposal = east.call("handover/propose", split).await.expect(200);
    let items: Vec<Value> = proposal["items"].as_array().unwrap().iter().map(|item| json!([item["no"], item["to"]])).collect();
    let handed = json!({ "asked": { "from": "M-ALICE", "items": items, "reason": "离职" } });
    assert_eq!(east.call("handover/submit", handed).await.expect(200)["state"], "done");
    let released = east.call("handover/release", json!({ "asked": { "from": "M-ALICE", "reason": "离职" } })).await.expect(200);
    assert_eq!(
        (&released["transfer"]["state"], &released["transfer"]["customers"], &released["groups"]),
        (&json!("done"), &json!(1), &json!(1))
    );
    let after = columns("board/look").await;
    assert_eq!((after["M-ALICE"], after["M-BO"]), (0, 3));
    assert_eq!(admin.call("users/change", off).await.expect(200)["state"], "disabled", "who holds nobody may go");

    // Whoever comes next goes to Bo.
    let page = admin.call("newcomers/page", json!({})).await.expect(200);
    assert_eq!((&page["rules"]["version"], &page["rules"]["rules"]), (&json!(0), &json!([])));
    let rule = |managers: Value| json!([{ "unit": "E1", "sharing": "turns", "managers": managers }]);
    let save = async |version: i64, managers: Value| {
        admin.call("newcomers/save", json!({ "wanted": { "version": version, "rules": rule(managers) } })).await
    };
    save(0, json!(["M-NOBODY"])).await.refused("invalid");
    assert_eq!(save(0, json!(["M-BO"])).await.expect(200)["version"], 1);
    save(0, json!(["M-BO"])).await.refused("stale");
    site.has_opened(HANDED_OVER);
}
