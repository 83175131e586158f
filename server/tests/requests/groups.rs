//! Groups are kept by one and used by others; lifecycle states follow the rules in force.

use guanhu_crm::{groups, lifecycle};
use guanhu_domain::CustomerNo;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::{Person, Site};

/// Names of whom this person finds in a group.
async fn names(who: &Person<'_>, group: &str) -> Vec<String> {
    let page = who.get(&format!("/customers?group={group}&sort=-aum")).await.expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(page["total"]["count"], items.len());
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn code(saved: &Value) -> String {
    saved["group"]["code"].as_str().unwrap().to_owned()
}

fn rich() -> Value {
    json!({ "v": 1, "when": { "compare": { "field": "aum", "op": "ge", "value": 50_000_00 } } })
}

pub const KEPT: &[&str] = &[
    "get /groups",
    "post /groups",
    "get /groups/{id}",
    "post /groups/{id}/freeze",
    "put /groups/{id}",
    "delete /groups/{id}",
    "post /groups/{id}/restore",
    "groups/page",
    "groups/find",
    "rules/facts",
    "groups/find_combined",
    "groups/freeze",
    "groups/create",
    "groups/change",
    "groups/remove",
    "groups/restore",
    "groups/lists",
    "groups/add",
];

#[sqlx::test(migrations = false)]
async fn a_group_is_pasted_ruled_combined_shared_and_frozen(pool: PgPool) {
    let site = Site::new(pool).await;
    let mut nos = Vec::new();
    for (name, unit, lead, yuan) in [
        ("张小伟", "E1", "M-ALICE", 60_000),
        ("李娜", "E1", "M-BO", 70_000),
        ("赵六", "E1", "M-ALICE", 40_000),
        ("王芳", "W1", "M-WANG", 80_000),
    ] {
        nos.push(CustomerNo::from_id(site.world.customer(name, unit, Some(lead), yuan).await).to_string());
    }
    let (alice, bo, east) = (site.person("alice").await, site.person("bo").await, site.person("east").await);

    // Pasted: what is no customer of hers is told back.
    let pasted = format!("{}，{} 123\n{}", nos[0], nos[3], nos[2]);
    let kept = alice.send("POST", "/groups", json!({ "name": "名单", "kind": "static", "members": pasted })).await;
    let list = kept.expect(201);
    assert_eq!((&list["members"], &list["unknown"], kept.header("etag")), (&json!(2), &json!([nos[3], "123"]), "\"1\""));
    let list = code(&list);
    assert_eq!(names(&alice, &list).await, ["张小伟", "赵六"]);
    let path = format!("/groups/{list}");
    bo.get(&path).await.refused("not_found");

    // Shared with branch managers, who see their own of it; changed by its owner only, and the version that was read.
    let shared = json!({ "name": "重点名单", "kind": "static", "shared": ["branch_manager"] });
    east.send_of(1, "PUT", &path, shared.clone()).await.refused("not_found");
    assert_eq!(alice.send_of(1, "PUT", &path, shared.clone()).await.expect(200)["group"]["name"], "重点名单");
    assert_eq!(alice.send_of(1, "PUT", &path, shared).await.expect(412)["code"], "stale");
    assert_eq!(names(&east, &list).await, ["张小伟", "赵六"], "members stay where none are given");
    let seen = east.get("/groups").await.expect(200);
    assert_eq!((&seen["items"][0]["code"], &seen["items"][0]["mine"]), (&json!(list), &json!(false)));

    // What is no rule is refused with its place, by both doors and in the reader's language.
    let halves = json!({ "v": 1, "when": { "all": [{ "compare": { "field": "aum", "op": "ge", "value": 1.5 } }] } });
    let refused = alice.send("POST", "/groups", json!({ "name": "半元", "kind": "dynamic", "rule": halves })).await;
    assert_eq!(refused.refused("invalid"), [("/rule/when/all/0/compare/value".into(), "other".into())]);
    assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["message"].as_str()), (422, Some("此处应为整数或文本。")));
    let refused = alice.call("groups/find", json!({ "rule": halves })).await;
    assert_eq!(refused.refused("invalid"), [("/rule/when/all/0/compare/value".into(), "other".into())]);
    assert_eq!(refused.status.as_u16(), 422);
    let nameless = alice.call("groups/find", json!({})).await;
    assert_eq!(nameless.refused("invalid"), [("/rule".into(), "required".into())]);

    // By rule: counted before it is kept, and every night after.
    let found = east.call("groups/find", json!({ "rule": rich() })).await.expect(200);
    assert_eq!((&found["count"], &found["counted"], found["sample"].as_array().unwrap().len()), (&json!(2), &json!("exactly"), 2));
    // Tried on one customer of one's own: what is known of whom comes once, the browser decides.
    let facts = alice.call("rules/facts", json!({ "no": nos[0] })).await.expect(200);
    assert_eq!((&facts["name"], &facts["facts"]["values"]["aum"]), (&json!("张小伟"), &json!({ "number": 60_000_00 })));
    alice.call("rules/facts", json!({ "no": nos[3] })).await.refused("not_found");
    let rule = json!({ "name": "五万以上", "kind": "dynamic", "rule": rich() });
    let empty = json!({ "name": "空", "kind": "dynamic", "rule": { "v": 1, "when": { "all": [] } } });
    assert_eq!(east.send("POST", "/groups", empty).await.refused("invalid")[0].0, "/rule/when/all");
    let ruled = code(&east.call("groups/create", json!({ "draft": rule })).await.expect(200));
    assert_eq!(names(&east, &ruled).await, ["李娜", "张小伟"]);
    groups::count_due(&site.world.bank).await.unwrap();
    let look = east.get(&format!("/groups/{ruled}")).await.expect(200);
    assert_eq!(look["growth"], json!([{ "on": "2026-03-31", "customers": 2, "aum": 130_000_00 }]));
    assert_eq!(look["found"]["count"], 2);

    // Combined: in the first and not in the second; and whoever is in a combination stays while it is one.
    let without = json!({ "joint": "difference", "parts": [ruled, list] });
    assert_eq!(east.call("groups/find_combined", without.clone()).await.expect(200)["count"], 1);
    let mut draft = without;
    (draft["name"], draft["kind"]) = (json!("未在名单"), json!("combined"));
    let combined = code(&east.send("POST", "/groups", draft).await.expect(201));
    assert_eq!(names(&east, &combined).await, ["李娜"]);
    east.send_of(1, "DELETE", &format!("/groups/{ruled}"), Value::Null).await.refused("invalid");

    // Frozen, it stays what it was when the rule finds others.
    let frozen = east.send("POST", &format!("/groups/{ruled}/freeze"), Value::Null).await.expect(201);
    assert_eq!((&frozen["members"], &frozen["group"]["name"]), (&json!(2), &json!("五万以上 2026-03-31")));
    let again = east.call("groups/freeze", json!({ "code": combined })).await.expect(200);
    assert_eq!(again["members"], 1);
    sqlx::query("update customer_summary set aum = 0 where name = '李娜'").execute(&site.world.owner).await.unwrap();
    assert_eq!(
        (names(&east, &ruled).await, names(&east, &code(&frozen)).await),
        (vec!["张小伟".to_owned()], vec!["张小伟".to_owned(), "李娜".into()])
    );

    // On the page: own lists take more, a draft is changed, and what is not needed goes.
    let lists = east.call("groups/lists", json!({})).await.expect(200);
    assert_eq!(lists.as_array().unwrap().len(), 2, "not what others share");
    let added = east.call("groups/add", json!({ "code": code(&again), "customers": [nos[2], nos[1]] })).await.expect(200);
    assert_eq!(added["added"], 1, "one was there");
    let change = json!({ "code": ruled, "version": 1, "draft": { "name": "五万以上客户", "kind": "dynamic", "rule": rich() } });
    assert_eq!(east.call("groups/change", change).await.expect(200)["group"]["version"], 2);
    let page = east.call("groups/page", json!({ "show": ruled })).await.expect(200);
    assert_eq!((page["groups"].as_array().unwrap().len(), &page["look"]["group"]["name"]), (5, &json!("五万以上客户")));
    east.call("groups/remove", json!({ "code": combined, "version": 1 })).await.expect(200);
    east.send_of(2, "DELETE", &format!("/groups/{ruled}"), Value::Null).await.expect(204);
    east.get(&format!("/groups/{ruled}")).await.refused("not_found");

    // Gone by mistake they come back, to their owner only.
    alice.send("POST", &format!("/groups/{ruled}/restore"), Value::Null).await.refused("not_found");
    east.send("POST", &format!("/groups/{ruled}/restore"), Value::Null).await.expect(200);
    east.call("groups/restore", json!({ "code": combined })).await.expect(200);
    assert_eq!(east.get(&format!("/groups/{ruled}")).await.expect(200)["group"]["name"], "五万以上客户");
    assert_eq!(site.audited(&format!("group:{ruled}")).await, vec!["group.use east"; 4]);
    site.has_opened(KEPT);
}

pub const JUDGED: &[&str] = &["get /lifecycle", "put /lifecycle", "lifecycle/page", "lifecycle/save"];

#[sqlx::test(migrations = false)]
async fn a_lifecycle_rule_changes_and_everybody_is_judged_again(pool: PgPool) {
    let site = Site::new(pool).await;
    for (name, lead, yuan) in [("张小伟", "M-ALICE", 60_000), ("李娜", "M-BO", 4_000)] {
        site.world.customer(name, "E1", Some(lead), yuan).await;
    }
    let (admin, alice, east) = (site.person("admin").await, site.person("alice").await, site.person("east").await);
    lifecycle::judge_due(&site.world.bank).await.unwrap();
    let dormant = async || {
        let told = east.get("/lifecycle").await.expect(200);
        let state = told["states"].as_array().unwrap().iter().find(|state| state["state"] == "dormant").unwrap().clone();
        (state["trend"].as_array().unwrap().last().unwrap()["customers"].clone(), state["entered"]["count"].clone())
    };
    assert_eq!(dormant().await, (json!(0), json!(0)));

    // Whoever has less than so much sleeps from now on.
    let raised = |rules: &Value, yuan: i64| {
        let mut rules = rules.clone();
        let dormant = rules.as_array_mut().unwrap().iter_mut().find(|rule| rule["state"] == "dormant").unwrap();
        dormant["rule"]["when"] = json!({ "compare": { "field": "aum", "op": "lt", "value": yuan * 100 } });
        json!({ "rules": rules, "note": "门槛提高" })
    };
    let seen = admin.get("/lifecycle").await;
    let (version, rules) = (seen.header("etag").to_owned(), seen.expect(200)["rules"]["rules"].clone());
    assert_eq!((version.as_str(), &seen.json()["states"]), ("\"1\"", &json!([])), "who sees no customer sees no figures");
    alice.send_of(1, "PUT", "/lifecycle", raised(&rules, 5_000)).await.refused("forbidden");
    let saved = admin.send_of(1, "PUT", "/lifecycle", raised(&rules, 5_000)).await.expect(200);
    assert_eq!((&saved["version"], &saved["saved_by"]), (&json!(2), &json!("admin")));
    assert_eq!(admin.send_of(1, "PUT", "/lifecycle", raised(&rules, 5_000)).await.expect(412)["current"]["version"], 2);
    assert_eq!(admin.send_of(2, "PUT", "/lifecycle", json!({ "rules": [] })).await.refused("invalid")[0].0, "/rules");
    lifecycle::judge_due(&site.world.bank).await.unwrap();
    assert_eq!(dormant().await, (json!(1), json!(1)));
    let asleep = east.get("/customers?state=dormant").await.expect(200);
    assert_eq!(asleep["items"][0]["name"], "李娜");

    let page = east.call("lifecycle/page", json!({})).await.expect(200);
    assert_eq!((page["lifecycle"]["earlier"].as_array().unwrap().len(), page["movements"]["items"].is_array()), (1, true));
    let saved = admin.call("lifecycle/save", json!({ "version": 2, "draft": raised(&rules, 1_000) })).await.expect(200);
    assert_eq!(saved["version"], 3);
    lifecycle::judge_due(&site.world.bank).await.unwrap();
    assert_eq!(dormant().await.0, 0);
    assert_eq!(site.audited("lifecycle").await.len(), 2);
    site.has_opened(JUDGED);
}
