//! Programs and pages find, view and change customers; every route knows its roles and stands in the API document.

use axum::http::StatusCode;
use guanhu_domain::CustomerNo;
use guanhu_server::api::ROUTES;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::site::{Answer, Site};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn get(site: &Site, token: &str, path: &str) -> Answer {
    site.ask("GET", &format!("/api/v1{path}"), &[("authorization", token)], "").await
}

pub const READ: &[&str] = &[
    "get /customers",
    "get /customers/{customer_no}",
    "get /customers/{customer_no}/accounts",
    "get /customers/{customer_no}/transactions",
    "get /customers/{customer_no}/timeline",
    "get /customers/{customer_no}/contribution",
];

#[sqlx::test(migrations = false)]
async fn a_program_reads_customers_as_its_user_may(pool: PgPool) {
    let site = Site::new(pool).await;
    let mut ids = Vec::new();
    for (name, yuan) in [("张小伟", 300), ("李娜", 200), ("王芳", 100)] {
        ids.push(site.world.customer(name, "E1", Some("M-ALICE"), yuan).await);
    }
    site.world.customer("欧阳锋", "W1", Some("M-WANG"), 900).await;
    let token = site.bearer("east").await;

    let first = get(&site, &token, "/customers?limit=2&sort=-aum").await.json();
    assert_eq!(first["total"], json!({ "count": 3, "capped": false }));
    assert_eq!(
        (&first["items"][0]["name"], &first["items"][0]["manager"]["code"], &first["items"][0]["aum"]),
        (&json!("张小伟"), &json!("M-ALICE"), &json!(30_000))
    );
    let next = get(&site, &token, &format!("/customers?limit=2&sort=-aum&after={}", first["next"].as_str().unwrap())).await.json();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["items"][0]["name"], &next["next"]), (1, &json!("王芳"), &Value::Null));
    let found = get(&site, &token, "/customers?q=%E5%B0%8F%E4%BC%9F&kind=personal&tier=").await.json();
    assert_eq!(found["items"][0]["name"], "张小伟");

    let no = CustomerNo::from_id(ids[0]);
    let view = get(&site, &token, &format!("/customers/{no}")).await;
    assert_eq!((view.status, view.header("etag")), (StatusCode::OK, "\"1\""));
    let whole = view.json();
    for part in ["customer_no", "version", "name", "tier", "holdings", "assignments", "aum", "contribution"] {
        assert!(whole.get(part).is_some(), "{part}");
    }
    assert_eq!((&whole["assignments"][0]["manager"]["code"], &whole["assignments"][0]["to"]), (&json!("M-ALICE"), &Value::Null));
    for part in ["accounts", "transactions", "timeline", "contribution"] {
        let answer = get(&site, &token, &format!("/customers/{no}/{part}")).await;
        assert!(
            answer.status.is_success() && answer.json()["items"].is_array() && answer.json().get("next").is_some(),
            "{part}: {}",
            answer.text
        );
    }
    assert_eq!(get(&site, &token, &format!("/customers/{no}/contribution")).await.json()["closed_through"], Value::Null);
    let accounts = get(&site, &token, &format!("/customers/{no}/timeline?kind=account,complaint")).await.json();
    assert!(accounts["items"].as_array().unwrap().iter().all(|item| item["what"] == "account"));
    assert_eq!(get(&site, &token, &format!("/customers/{no}/timeline?kind=moon")).await.json()["code"], "invalid");

    let west = site.bearer("west").await;
    for path in [format!("/customers/{no}"), "/customers/NOSUCHCUSTOMER".into(), "/nowhere".into()] {
        let answer = get(&site, &west, &path).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")), "{path}");
    }
    for (path, code) in [("/customers?sort=length", "malformed"), ("/customers?after=zz", "malformed"), ("/customers?org=MOON", "invalid")]
    {
        assert_eq!(get(&site, &west, path).await.json()["code"], code, "{path}");
    }
    site.has_opened(READ);
}

pub const CHANGED: &[&str] = &[
    "post /customers",
    "patch /customers/{customer_no}",
    "post /customers/{customer_no}/contacts",
    "post /customers/{customer_no}/identities",
    "patch /customers/{customer_no}/identities",
    "post /customers/{customer_no}/reveal",
    "post /customers/{customer_no}/activities",
    "post /customers/{customer_no}/tasks",
    "patch /customers/{customer_no}/tasks/{id}",
    "get /views",
    "post /views",
    "put /views/{id}",
    "delete /views/{id}",
    "get /dictionaries",
];

#[sqlx::test(migrations = false)]
async fn a_change_needs_its_version_and_key_and_tells_what_is_wrong(pool: PgPool) {
    let site = Site::new(pool).await;
    let id = site.world.customer("张小伟", "E1", Some("M-ALICE"), 300).await;
    let path = format!("/api/v1/customers/{}", CustomerNo::from_id(id));
    let token = site.bearer("alice").await;
    let key = Uuid::new_v4().to_string();
    let auth = ("authorization", token.as_str());
    let key = ("idempotency-key", key.as_str());
    let body = json!({ "education": "master" }).to_string();

    let without = site.ask("PATCH", &path, &[auth, JSON, key], body.as_str()).await;
    assert_eq!((without.status.as_u16(), without.json()["code"].as_str()), (428, Some("version_required")));
    let without = site.ask("PATCH", &path, &[auth, JSON, ("if-match", "\"1\"")], body.as_str()).await;
    assert_eq!((without.status.as_u16(), without.json()["code"].as_str()), (428, Some("idempotency_key_required")));
    for tag in ["\"0\"", "\"another\"", "*"] {
        let stale = site.ask("PATCH", &path, &[auth, JSON, key, ("if-match", tag)], body.as_str()).await;
        assert_eq!((stale.status.as_u16(), &stale.json()["current"]["version"]), (412, &json!(1)), "{tag}");
    }
    for _ in 0..2 {
        let done = site.ask("PATCH", &path, &[auth, JSON, key, ("if-match", "\"1\"")], body.as_str()).await;
        assert_eq!((done.status, done.header("etag"), &done.json()["version"]), (StatusCode::OK, "\"2\"", &json!(2)), "{}", done.text);
    }
    let again = Uuid::new_v4().to_string();
    let wrong = site
        .ask(
            "PATCH",
            &path,
            &[auth, JSON, ("idempotency-key", &again), ("if-match", "\"2\""), ("accept-language", "en")],
            json!({ "name": "" }).to_string(),
        )
        .await;
    let told = wrong.json();
    assert_eq!((wrong.status.as_u16(), wrong.header("content-type")), (422, "application/problem+json"));
    assert_eq!(
        (&told["code"], &told["status"], &told["errors"][0]["field"], &told["errors"][0]["rule"]),
        (&json!("invalid"), &json!(422), &json!("name"), &json!("required"))
    );
    assert_eq!(told["errors"][0]["message"], "This is required.");
    let broken = site.ask("PATCH", &path, &[auth, JSON, key, ("if-match", "\"2\"")], "{").await;
    assert_eq!((broken.status.as_u16(), broken.json()["code"].as_str()), (400, Some("malformed")));

    let post = async |part: &str, body: Value| {
        let key = Uuid::new_v4().to_string();
        site.ask("POST", &format!("{path}{part}"), &[auth, JSON, ("idempotency-key", &key)], body.to_string()).await
    };
    let contact = post("/contacts", json!({ "kind": "mobile", "value": "13800001234" })).await;
    assert_eq!(contact.status, StatusCode::OK, "{}", contact.text);
    let whole = get(&site, &token, path.trim_start_matches("/api/v1")).await.json();
    // Whoever changes it says what was seen; who comes second is shown what is there.
    let contact = |value: &str, seen: &Value| json!({ "id": whole["contacts"][0]["id"], "kind": "mobile", "value": value, "seen": seen });
    let seen = &whole["contacts"][0]["mark"];
    assert_eq!(post("/contacts", contact("13900005678", &Value::Null)).await.json()["errors"][0]["field"], "seen");
    assert_eq!(post("/contacts", contact("13900005678", seen)).await.status, StatusCode::OK);
    let late = post("/contacts", contact("13700009999", seen)).await;
    assert_eq!((late.status.as_u16(), &late.json()["current"]["value"]), (412, &json!("139****5678")));
    assert_eq!(post("/contacts", contact("13800001234", &late.json()["current"]["mark"])).await.status, StatusCode::OK);
    let reveal = json!({ "what": "contact", "id": whole["contacts"][0]["id"], "reason": "客户要求回电" });
    let clear = post("/reveal", reveal).await;
    assert_eq!((&clear.json()["value"], clear.header("cache-control")), (&json!("13800001234"), "no-store"));
    let paper = json!({ "kind": "id_card", "value": "440524188001010014", "expires_on": "2025-12-31" });
    assert_eq!(post("/identities", paper).await.status, StatusCode::OK);
    let papers = get(&site, &token, path.trim_start_matches("/api/v1")).await.json()["identities"].clone();
    let paper = papers.as_array().unwrap().iter().find(|paper| paper["kind"] == "id_card").unwrap();
    assert_eq!((&paper["value"], &paper["masked"]), (&json!("440***********0014"), &json!(true)));
    let alice = site.person("alice").await;
    let papers = format!("{}/identities", path.trim_start_matches("/api/v1"));
    let mended = json!({ "id": paper["id"], "seen": paper["mark"], "expires_on": "2045-12-31" });
    alice.send("PATCH", &papers, mended).await.expect(200);
    assert_eq!(post("/tasks", json!({ "title": " " })).await.refused("invalid"), [("title".into(), "required".into())]);
    let task = post("/tasks", json!({ "title": "送合同", "due_on": "2026-04-03" })).await;
    assert_eq!((task.status, &task.json()["version"]), (StatusCode::CREATED, &json!(1)), "{}", task.text);
    let whole = get(&site, &token, path.trim_start_matches("/api/v1")).await.json();
    assert!(whole["identities"].to_string().contains("2045-12-31") && whole["tasks"].to_string().contains("送合同"), "{whole}");
    let logged = post("/activities", json!({ "kind": "call", "summary": "谈理财", "next_step": "送资料", "next_on": "2026-04-02" })).await;
    assert_eq!(logged.status, StatusCode::CREATED, "{}", logged.text);
    let task = format!("{path}/tasks/{}", logged.json()["task"].as_str().unwrap());
    for (version, state) in [("1", "done"), ("2", "open"), ("3", "dropped")] {
        let key = Uuid::new_v4().to_string();
        let turned = site
            .ask("PATCH", &task, &[auth, JSON, ("idempotency-key", &key), ("if-match", version)], json!({ "state": state }).to_string())
            .await;
        assert_eq!(turned.status, StatusCode::OK, "{state}: {}", turned.text);
    }

    let create = async |body: Value| {
        let key = Uuid::new_v4().to_string();
        site.ask("POST", "/api/v1/customers", &[auth, JSON, ("idempotency-key", &key)], body.to_string()).await
    };
    let new = json!({ "kind": "personal", "name": "钱多多", "org": "E1", "identity_kind": "id_card", "identity": "11010519491231002X" });
    let made = create(new.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(get(&site, &token, made.header("location").trim_start_matches("/api/v1")).await.status, StatusCode::OK);
    let twice = create(new).await;
    assert_eq!((twice.status, &twice.json()["current"]["customer_no"]), (StatusCode::CONFLICT, &made.json()["customer_no"]));

    let draft = json!({ "page": "customers", "name": "大客户", "definition": { "sort": "-aum" } }).to_string();
    let saved = site.ask("POST", "/api/v1/views", &[auth, JSON, ("idempotency-key", &again)], draft.as_str()).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.text);
    let one = format!("/api/v1/views/{}", saved.json()["id"].as_str().unwrap());
    assert_eq!(site.ask("PUT", &one, &[auth, JSON, ("if-match", saved.header("etag"))], draft).await.header("etag"), "\"2\"");
    assert_eq!(site.ask("DELETE", &one, &[auth], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(get(&site, &token, "/views").await.json()["items"], json!([]));
    assert!(get(&site, &token, "/dictionaries").await.json()["items"].as_array().unwrap().len() > 50);
    site.has_opened(CHANGED);
}

pub const ON_THE_PAGE: &[&str] = &[
    "customers/start",
    "customers/list",
    "customers/choices",
    "customers/views",
    "customers/save_view",
    "customers/change_view",
    "customers/remove_view",
    "customer/page",
    "customer/transactions",
    "customer/timeline",
    "customer/edit",
    "customer/contact",
    "customer/identity",
    "customer/change_identity",
    "customer/reveal",
    "customer/log",
    "customer/task/create",
    "customer/task/complete",
    "customer/task/reopen",
    "customer/dictionaries",
];

#[sqlx::test(migrations = false)]
async fn a_manager_works_through_the_day_on_the_pages(pool: PgPool) {
    let site = Site::new(pool).await;
    let no = CustomerNo::from_id(site.world.customer("张小伟", "E1", Some("M-ALICE"), 300).await).to_string();
    site.world.customer("李娜", "E1", Some("M-BO"), 200).await;
    let (alice, bo, east) = (site.person("alice").await, site.person("bo").await, site.person("east").await);

    // A list that the head of the branch set up and shares; a manager opens it on the own customers.
    let draft = |name: &str, shared: bool| json!({ "page": "customers", "name": name, "shared": shared, "definition": { "sort": "-aum", "columns": ["name", "aum"] } });
    let view = east.call("customers/save_view", json!({ "draft": draft("大客户", true) })).await.expect(200);
    let shared = alice.call("customers/views", json!({})).await.expect(200);
    assert_eq!((&shared[0]["name"], &shared[0]["mine"], &shared[0]["owner"]), (&json!("大客户"), &json!(false), &json!("董行")));
    assert_eq!(site.person("wang").await.call("customers/views", json!({})).await.expect(200), json!([]), "another branch's managers");
    let change = json!({ "id": view["id"], "version": 1, "draft": draft("大户", false) });
    alice.call("customers/change_view", change.clone()).await.refused("not_found");
    assert_eq!(east.call("customers/change_view", change.clone()).await.expect(200)["version"], 2);
    east.call("customers/change_view", change).await.refused("stale");
    assert_eq!(alice.call("customers/views", json!({})).await.expect(200), json!([]), "shared no more");
    east.call("customers/remove_view", json!({ "id": view["id"] })).await.expect(200);
    let start = alice.call("customers/start", json!({ "query": { "sort": "-aum" }, "with_choices": true })).await.expect(200);
    assert_eq!((&start["page"]["items"][0]["customer_no"], &start["page"]["total"]["count"]), (&json!(no), &json!(1)));
    assert_eq!(start["choices"], alice.call("customers/choices", json!({})).await.expect(200));
    assert_eq!(east.call("customers/list", json!({ "query": {} })).await.expect(200)["total"]["count"], 2);

    // The customer: looked at, put right, called, and what was promised done.
    bo.call("customer/page", json!({ "no": no })).await.refused("not_found");
    let page = async || alice.call("customer/page", json!({ "no": no })).await.expect(200)["customer"].clone();
    assert_eq!(page().await["version"], 1);
    let edit = json!({ "no": no, "version": 1, "patch": { "education": "master" } });
    assert_eq!(alice.call("customer/edit", edit.clone()).await.expect(200)["version"], 2);
    let stale = alice.call("customer/edit", edit).await.expect(412);
    assert_eq!(stale["current"]["profile"]["education"], "master");
    let words = alice.call("customer/dictionaries", json!({})).await.expect(200);
    assert!(words.as_array().unwrap().iter().any(|word| word["code"] == "master"), "{words}");
    alice.call("customer/contact", json!({ "no": no, "change": { "kind": "mobile", "value": "13800001234" } })).await.expect(200);
    alice.call("customer/identity", json!({ "no": no, "identity": { "kind": "passport", "value": "E12345678" } })).await.expect(200);
    let seen = page().await;
    assert_eq!(seen["contacts"][0]["value"], "138****1234");
    let reveal = |reason: &str| json!({ "no": no, "request": { "what": "contact", "id": seen["contacts"][0]["id"], "reason": reason } });
    alice.call("customer/reveal", reveal(" ")).await.refused("reason_required");
    assert_eq!(alice.call("customer/reveal", reveal("客户要求回电")).await.expect(200)["value"], "13800001234");
    let passport = seen["identities"].as_array().unwrap().iter().find(|paper| paper["kind"] == "passport").unwrap();
    alice
        .call("customer/change_identity", json!({ "no": no, "change": { "id": passport["id"], "seen": passport["mark"], "value": "" } }))
        .await
        .expect(200);
    assert!(!page().await["identities"].to_string().contains("passport"), "removed");

    let call = json!({ "kind": "call", "summary": "谈理财", "next_step": "送资料", "next_on": "2026-04-02" });
    alice.call("customer/log", json!({ "no": no, "activity": call })).await.expect(200);
    alice.call("customer/task/create", json!({ "no": no, "task": { "title": "送合同" } })).await.expect(200);
    let tasks = page().await["tasks"].clone();
    let task = tasks.as_array().unwrap().iter().find(|task| task["title"] == "送合同").unwrap();
    assert_eq!(tasks.as_array().unwrap().len(), 2);
    let end = json!({ "no": no, "id": task["id"], "version": 1, "end": "done" });
    assert_eq!(alice.call("customer/task/complete", end.clone()).await.expect(200), 2);
    alice.call("customer/task/complete", end).await.refused("stale");
    alice.call("customer/task/reopen", json!({ "no": no, "id": task["id"], "version": 2 })).await.expect(200);
    assert_eq!(page().await["tasks"].as_array().unwrap().len(), 2);
    let timeline = alice.call("customer/timeline", json!({ "no": no, "after": null })).await.expect(200);
    assert!(timeline["items"].to_string().contains("谈理财"), "{timeline}");
    assert_eq!(alice.call("customer/transactions", json!({ "no": no, "query": {} })).await.expect(200)["items"], json!([]));
    let audited = site.audited(&format!("customer:{no}")).await;
    assert!(audited.iter().all(|row| row.ends_with(" alice")) && audited.contains(&"activity.log alice".to_owned()), "{audited:?}");
    site.has_opened(ON_THE_PAGE);
}

pub const DOCUMENTED: &[&str] = &["get /openapi.json"];

#[sqlx::test(migrations = false)]
async fn every_route_is_documented(pool: PgPool) {
    let site = Site::new(pool).await;
    let document = site.ask("GET", "/api/v1/openapi.json", &[], "").await.json();
    for route in ROUTES {
        let documented = &document["paths"][format!("/api/v1{}", route.path)][route.method];
        assert!(documented["responses"].is_object(), "{} {} is not documented", route.method, route.path);
    }
    // What a filter of a transfer may be is told by its fields, and so is how a decision may be refused.
    let filter = &document["components"]["schemas"]["NewTransfer"]["properties"]["filter"];
    assert!(filter.to_string().contains("/CustomerQuery"), "{filter}");
    assert!(document["components"]["schemas"]["CustomerQuery"]["properties"]["aum_min"].is_object());
    for (path, refusals) in
        [("", ["403", "409", "422"]), ("/{transfer}/approve", ["403", "409", "422"]), ("/{transfer}/revert", ["403", "409", "422"])]
    {
        let responses = &document["paths"][format!("/api/v1/transfers{path}")]["post"]["responses"];
        assert!(refusals.iter().all(|status| responses[status].is_object()), "{path}: {responses}");
    }
    site.has_opened(DOCUMENTED);
}
