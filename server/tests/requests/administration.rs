//! Units, staff and users are kept by one officer and granted by another; everybody keeps the own account.

use guanhu_crm::{access::factor, testing::World};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::{Person, Site};

/// The only request, or the newest.
async fn request(who: &Person<'_>) -> Value {
    who.call("grants/list", json!({})).await.expect(200)[0].clone()
}

fn decide(request: &Value, approve: bool, reason: &str) -> Value {
    json!({ "approval_id": request["approval_id"], "approve": approve, "reason": reason })
}

async fn user(who: &Person<'_>, login: &str) -> Value {
    let page = who.call("users/list", json!({ "filter": { "q": login } })).await.expect(200);
    page["items"].as_array().unwrap().iter().find(|user| user["login"] == login).unwrap().clone()
}

pub const ADMINISTERED: &[&str] = &[
    "units/list",
    "units/create",
    "units/change",
    "staff/list",
    "staff/save",
    "users/list",
    "users/create",
    "users/change",
    "users/reset_password",
    "users/reset_factor",
    "users/revoke_sessions",
    "grants/request",
    "grants/list",
    "grants/decide",
    "grants/recall",
    "account/change_password",
    "account/offer_factor",
    "account/confirm_factor",
    "audit/search",
];

#[sqlx::test(migrations = false)]
async fn a_user_is_hired_granted_moved_and_let_go_by_two_people(pool: PgPool) {
    let site = Site::new(pool).await;
    let (admin, security) = (site.person("admin").await, site.person("security").await);

    // A unit and whoever works there.
    let unit = json!({ "new": { "code": "E3", "name": "城东三支行", "kind": "sub_branch", "parent": "EAST" } });
    assert_eq!(admin.call("units/create", unit.clone()).await.expect(200)["depth"], 2);
    assert_eq!(admin.call("units/create", unit).await.refused("invalid"), [("code".into(), "not_unique".into())]);
    let renamed = json!({ "code": "E3", "change": { "version": 1, "name": "高新支行" } });
    assert_eq!(admin.call("units/change", renamed.clone()).await.expect(200)["version"], 2);
    admin.call("units/change", renamed).await.refused("stale");
    let units = site.person("alice").await.call("units/list", json!({})).await.expect(200);
    assert!(units.as_array().unwrap().iter().any(|unit| unit["code"] == "E3" && unit["name"] == "高新支行"), "{units}");
    let hired = json!({ "form": { "code": "M-LI", "name": "李伟", "org": "E3", "is_manager": true, "capacity": 300 } });
    assert_eq!(admin.call("staff/save", hired).await.expect(200)["org_name"], "高新支行");
    let staff = admin.call("staff/list", json!({ "filter": { "org": "E3" } })).await.expect(200);
    assert_eq!((&staff["items"][0]["code"], staff["items"].as_array().unwrap().len()), (&json!("M-LI"), 1));

    // Made by one, let in by the other; until then the password opens nothing.
    let new = json!({ "new": { "login": "li.wei", "name": "李伟", "grant": { "role": "manager", "org": "E3", "staff": "M-LI" }, "reason": "入职" } });
    security.call("users/create", new.clone()).await.refused("forbidden");
    let password = admin.call("users/create", new).await.expect(200)["password"].as_str().unwrap().to_owned();
    site.begin("li.wei", &password).await.refused("wrong_credentials");
    let asked = request(&security).await;
    assert_eq!((&asked["login"], &asked["to"]["role"], &asked["state"]), (&json!("li.wei"), &json!("manager"), &json!("pending")));
    admin.call("grants/decide", decide(&asked, true, "")).await.refused("forbidden");
    security.call("grants/decide", decide(&asked, true, "")).await.expect(200);
    security.call("grants/decide", decide(&asked, true, "")).await.refused("conflict");
    let begun = site.begin("li.wei", &password).await.expect(201);
    assert_eq!((&begun["must_change_password"], &begun["org"]), (&json!(true), &json!("E3")));
    let li = site.with(&begun);
    li.get("/customers").await.refused("password_change_required");
    let own = "violet staircase humming quietly";
    li.call("account/change_password", json!({ "current": password, "new": own })).await.expect(200);
    assert_eq!(li.get("/customers").await.expect(200)["items"], json!([]));

    // A second factor, which only the security officer takes off again.
    let offer = li.call("account/offer_factor", json!({ "password": own })).await.expect(200);
    let secret = data_encoding::BASE32_NOPAD.decode(offer["secret"].as_str().unwrap().as_bytes()).unwrap();
    let totp = factor::code(&secret, factor::step_now());
    let recovery = li.call("account/confirm_factor", json!({ "totp": totp })).await.expect(200);
    assert_eq!((recovery.as_array().unwrap().len(), &user(&admin, "li.wei").await["has_factor"]), (10, &json!(true)));
    site.begin("li.wei", own).await.refused("second_factor_required");
    let lost = json!({ "login": "li.wei", "reason": "手机丢失" });
    admin.call("users/reset_factor", lost.clone()).await.refused("forbidden");
    security.call("users/reset_factor", lost).await.expect(200);
    li.get("/me").await.expect(401);
    let li = site.with(&site.begin("li.wei", own).await.expect(201));

    // Another role is another grant: taken back, refused with a reason, asked for again; at approval sessions end.
    let wider = json!({ "login": "li.wei", "to": { "role": "branch_manager", "org": "EAST" }, "reason": "任行长" });
    let approval = admin.call("grants/request", wider.clone()).await.expect(200);
    admin.call("grants/request", wider.clone()).await.refused("conflict");
    security.call("grants/recall", json!({ "approval_id": approval })).await.refused("forbidden");
    admin.call("grants/recall", json!({ "approval_id": approval })).await.expect(200);
    admin.call("grants/recall", json!({ "approval_id": approval })).await.refused("conflict");
    security.call("grants/decide", json!({ "approval_id": approval, "approve": true, "reason": "" })).await.refused("conflict");
    assert_eq!(user(&admin, "li.wei").await["has_request"], false);
    admin.call("grants/request", wider.clone()).await.expect(200);
    security.call("grants/decide", decide(&request(&security).await, false, "")).await.refused("reason_required");
    security.call("grants/decide", decide(&request(&security).await, false, "任命未到")).await.expect(200);
    assert_eq!(request(&admin).await["decision_reason"], "任命未到");
    assert_eq!(li.get("/me").await.expect(200)["role"], "manager");
    admin.call("grants/request", wider).await.expect(200);
    security.call("grants/decide", decide(&request(&security).await, true, "")).await.expect(200);
    li.get("/me").await.expect(401);
    let li = site.with(&site.begin("li.wei", own).await.expect(201));
    assert_eq!(li.get("/me").await.expect(200)["org"], "EAST");

    // Sessions are counted and ended; a password is reset; who is let go is out at once.
    assert_eq!(user(&security, "li.wei").await["sessions"], 1);
    assert_eq!(security.call("users/revoke_sessions", json!({ "login": "li.wei" })).await.expect(200), 1);
    li.get("/me").await.expect(401);
    let reset = admin.call("users/reset_password", json!({ "login": "li.wei", "reason": "遗忘" })).await.expect(200);
    site.begin("li.wei", own).await.refused("wrong_credentials");
    let li = site.with(&site.begin("li.wei", reset["password"].as_str().unwrap()).await.expect(201));
    let version = &user(&admin, "li.wei").await["version"];
    let off = json!({ "login": "li.wei", "change": { "version": version, "disabled": true, "reason": "离职" } });
    assert_eq!(admin.call("users/change", off.clone()).await.expect(200)["state"], "disabled");
    admin.call("users/change", off).await.refused("stale");
    li.get("/me").await.expect(401);
    assert_eq!(
        site.audited("user:li.wei").await,
        [
            "user.create admin",
            "user.approve security",
            "session.begin li.wei",
            "account.own li.wei",
            "account.own li.wei",
            "user.factor_reset security",
            "session.begin li.wei",
            "user.change admin",
            "user.change admin",
            "user.change admin",
            "user.approve security",
            "user.change admin",
            "user.approve security",
            "session.begin li.wei",
            "session.revoke security",
            "user.change admin",
            "session.begin li.wei",
            "user.change admin"
        ]
    );
    let auditor = site.person("auditor").await;
    let found = auditor.call("audit/search", json!({ "filter": { "verb": "unit.change" } })).await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().iter().map(|row| &row["login"]).collect::<Vec<_>>(), ["admin", "admin"]);
    site.has_opened(ADMINISTERED);
}

pub const OWN: &[&str] = &[
    "login/welcome",
    "account/own",
    "account/prefer",
    "account/preferences",
    "account/revoke_session",
    "account/revoke_others",
    "account/remove_factor",
    "drafts/read",
    "drafts/keep",
    "print",
    "help/read",
    "system/state",
    "parameters/page",
    "parameters/set",
];

#[sqlx::test(migrations = false)]
async fn everybody_keeps_the_own_account_and_officers_the_house(pool: PgPool) {
    let site = Site::new(pool).await;
    let welcome = site.ask("POST", "/api/login/welcome", &[("content-type", "application/json")], "{}").await.expect(200);
    assert_eq!((&welcome["bank_name"], &welcome["is_demo"]), (&json!("试验银行"), &json!(true)));
    let (alice, bo) = (site.person("alice").await, site.person("bo").await);

    // Sessions: one's own, of which one is here.
    let (second, third) = (site.person("alice").await, site.person("alice").await);
    let account = alice.call("account/own", json!({})).await.expect(200);
    let sessions = account["sessions"].as_array().unwrap();
    assert_eq!((sessions.len(), sessions.iter().filter(|session| session["is_current"] == true).count()), (3, 1));
    let here = &second.call("account/own", json!({})).await.expect(200)["sessions"];
    let seconds = here.as_array().unwrap().iter().find(|session| session["is_current"] == true).unwrap()["session_id"].clone();
    bo.call("account/revoke_session", json!({ "session_id": seconds })).await.refused("not_found");
    alice.call("account/revoke_session", json!({ "session_id": seconds })).await.expect(200);
    second.get("/me").await.expect(401);
    alice.call("account/revoke_others", json!({})).await.expect(200);
    third.get("/me").await.expect(401);
    alice.get("/me").await.expect(200);

    // A factor of one's own goes again, with the password.
    let offer = alice.call("account/offer_factor", json!({ "password": World::PASSWORD })).await.expect(200);
    let secret = data_encoding::BASE32_NOPAD.decode(offer["secret"].as_str().unwrap().as_bytes()).unwrap();
    alice.call("account/confirm_factor", json!({ "totp": factor::code(&secret, factor::step_now()) })).await.expect(200);
    assert_eq!(alice.call("account/remove_factor", json!({ "password": "a borrowed screen" })).await.refused("invalid")[0].0, "password");
    alice.call("account/remove_factor", json!({ "password": World::PASSWORD })).await.expect(200);
    assert_eq!(alice.call("account/own", json!({})).await.expect(200)["factor_since"], Value::Null);

    // How the pages are wanted, what was typed and not sent, what was printed, and where it is explained.
    alice
        .call("account/prefer", json!({ "wanted": { "lang": "en", "lists": { "customers": { "columns": ["name"] } } } }))
        .await
        .expect(200);
    alice.call("account/prefer", json!({ "wanted": { "theme": "dark" } })).await.expect(200);
    let kept = alice.call("account/preferences", json!({})).await.expect(200);
    assert_eq!(kept, json!({ "lang": "en", "theme": "dark", "lists": { "customers": { "columns": ["name"] } } }));
    let typed = json!({ "summary": "客户手机 13800001234" });
    let draft = json!({ "form": "contact", "subject": "1" });
    let keep = |by: &str| json!({ "form": "contact", "subject": "1", "body": typed, "by": by });
    assert_eq!(alice.call("drafts/keep", keep("bo")).await.expect(200), false);
    assert_eq!(alice.call("drafts/read", draft.clone()).await.expect(200), Value::Null);
    assert_eq!(alice.call("drafts/keep", keep("alice")).await.expect(200), true);
    assert_eq!(alice.call("drafts/read", draft.clone()).await.expect(200), typed);
    assert_eq!(bo.call("drafts/read", draft).await.expect(200), Value::Null);
    assert_eq!(alice.call("print", json!({ "path": "/customers?q=x" })).await.refused("invalid").len(), 1);
    alice.call("print", json!({ "path": "/customers" })).await.expect(200);
    assert_eq!(site.audited("page:/customers").await, ["page.print alice"]);
    let help = alice.call("help/read", json!({ "lang": "zh", "topic": null, "q": "移交" })).await.expect(200);
    assert!(!help["hits"].as_array().unwrap().is_empty());
    alice.call("help/read", json!({ "lang": "zh", "topic": "nonesuch", "q": null })).await.expect(404);

    // The house: how it runs, and what the bank sets for itself.
    let admin = site.person("admin").await;
    let state = admin.call("system/state", json!({})).await.expect(200);
    assert_eq!((&state["business_date"], state["upkeep"].as_array().unwrap().len()), (&json!("2026-03-31"), 4));
    let limit = async || {
        let page = admin.call("parameters/page", json!({})).await.expect(200);
        page.as_array().unwrap().iter().find(|item| item["key"] == "reveal.daily_limit").unwrap().clone()
    };
    assert_eq!((&limit().await["value"], &limit().await["version"]), (&json!(50), &json!(0)));
    let set = |version: i64, value: i64| json!({ "name": "reveal.daily_limit", "version": version, "value": value, "once": uuid::Uuid::now_v7() });
    assert_eq!(admin.call("parameters/set", set(0, -1)).await.refused("invalid"), [("value".into(), "out_of_range".into())]);
    assert_eq!(admin.call("parameters/set", set(0, 1)).await.expect(200)["version"], 1);
    admin.call("parameters/set", set(0, 2)).await.refused("stale");
    assert_eq!(admin.call("parameters/set", set(1, 2)).await.expect(200)["version"], 2);
    assert_eq!((&limit().await["value"], &limit().await["history"][0]["value"]), (&json!(2), &json!(1)));
    site.has_opened(OWN);
}
