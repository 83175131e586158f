//! What is quoted of a request: the name that its page gave it, in the answer, in the failure and in the audit log.

use sqlx::PgPool;
use uuid::Uuid;

use crate::site::Site;

#[sqlx::test(migrations = false)]
async fn a_request_keeps_the_name_that_its_page_gave_it(pool: PgPool) {
    let site = Site::new(pool).await;
    let alice = site.token("alice").await;
    let auth = ("authorization", alice.as_str());
    let json = ("content-type", "application/json");

    // What was done is found in the audit log under it.
    let (name, key) = (Uuid::new_v4().to_string(), Uuid::now_v7().to_string());
    let headers = [auth, json, ("idempotency-key", key.as_str()), ("x-request-id", name.as_str())];
    let saved = site.ask("POST", "/api/v1/views", &headers, r#"{"page": "customers", "name": "常看", "definition": {}}"#).await;
    saved.expect(201);
    assert_eq!(saved.header("x-request-id"), name);
    let logged: Vec<String> = sqlx::query_scalar("select verb from audit_log where request_id = $1")
        .bind(name.parse::<Uuid>().unwrap())
        .fetch_all(&site.world.owner)
        .await
        .unwrap();
    assert_eq!(logged, ["view.save"]);

    // What failed is quoted by it, by those who ask by REST and by pages.
    sqlx::query("alter table saved_view rename to gone").execute(&site.world.owner).await.unwrap();
    for (method, path, body) in [("GET", "/api/v1/views", ""), ("POST", "/api/customers/views", "{}")] {
        let name = Uuid::new_v4().to_string();
        let failed = site.ask(method, path, &[auth, json, ("x-request-id", name.as_str())], body).await;
        failed.refused("internal");
        assert_eq!((failed.json()["reference"].as_str(), failed.header("x-request-id")), (Some(name.as_str()), name.as_str()), "{path}");
    }

    // One without a name, or with one that is none, is given one.
    for headers in [&[auth][..], &[auth, ("x-request-id", "'; drop table")]] {
        let failed = site.ask("GET", "/api/v1/views", headers, "").await;
        let reference = failed.json()["reference"].as_str().unwrap().to_owned();
        assert!(reference.parse::<Uuid>().is_ok(), "{reference}");
        assert_eq!(failed.header("x-request-id"), reference);
    }
}
