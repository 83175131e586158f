//! A program reads and sets parameters.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::site::Site;

pub const SET: &[&str] = &["get /parameters", "put /parameters/{id}"];

#[sqlx::test(migrations = false)]
async fn a_parameter_is_set_by_whoever_has_seen_it(pool: PgPool) {
    let site = Site::new(pool).await;
    let token = site.bearer("admin").await;
    let put = async |version: Option<&str>, value: serde_json::Value| {
        let key = Uuid::now_v7().to_string();
        let headers = [("authorization", &token[..]), ("content-type", "application/json"), ("idempotency-key", &key)];
        let matching = version.map(|version| ("if-match", version));
        let headers: Vec<_> = headers.into_iter().chain(matching).collect();
        site.ask("PUT", "/api/v1/parameters/scope.outlet_basics", &headers, json!({ "value": value }).to_string()).await
    };
    let listed = site.ask("GET", "/api/v1/parameters", &[("authorization", &token)], "").await.json();
    let of = listed["items"].as_array().unwrap().iter().find(|item| item["key"] == "scope.outlet_basics").unwrap();
    assert_eq!((&of["value"], &of["version"], &of["name_en"]), (&json!(false), &json!(0), &json!("Colleagues' customers in the outlet")));

    assert_eq!(put(None, json!(true)).await.status, StatusCode::PRECONDITION_REQUIRED);
    let set = put(Some("\"0\""), json!(true)).await;
    assert_eq!((set.status, set.header("etag"), &set.json()["value"]), (StatusCode::OK, "\"1\"", &json!(true)));
    let stale = put(Some("\"0\""), json!(false)).await;
    assert_eq!((stale.status, &stale.json()["current"]["version"]), (StatusCode::PRECONDITION_FAILED, &json!(1)));
    let wrong = put(Some("\"1\""), json!("yes")).await;
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("value")));
    site.has_opened(SET);
}
