//! Programs find, view and change customers; every route knows its roles and stands in the API document.

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
}

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
}

#[sqlx::test(migrations = false)]
async fn every_route_is_documented(pool: PgPool) {
    let site = Site::new(pool).await;
    let document = site.ask("GET", "/api/v1/openapi.json", &[], "").await.json();
    for route in ROUTES {
        let documented = &document["paths"][format!("/api/v1{}", route.path)][route.method];
        assert!(documented["responses"].is_object(), "{} {} is not documented", route.method, route.path);
    }
}
