//! What is told of others' changes, and to whom.

use axum::http::StatusCode;
use guanhu_domain::CustomerNo;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::site::Site;

pub const HEARD: &[&str] = &["get /events"];

#[sqlx::test(migrations = false)]
async fn a_move_is_told_to_those_in_whose_scope_it_is(pool: PgPool) {
    let site = Site::new(pool).await;
    let no = CustomerNo::from_id(site.world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await).to_string();
    let east = site.token("east").await;
    let key = Uuid::now_v7().to_string();
    let headers = [("authorization", east.as_str()), ("content-type", "application/json"), ("idempotency-key", &key)];
    let moved =
        site.ask("POST", "/api/v1/transfers", &headers, json!({"customers": [no], "to": "M-BO", "reason": "搬迁"}).to_string()).await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text);

    for (login, hears) in [("east", true), ("boss", true), ("alice", true), ("bo", true), ("west", false), ("wang", false)] {
        let token = site.token(login).await;
        let answer = site.ask("GET", "/api/v1/events?wait=false", &[("authorization", &token), ("last-event-id", "0")], "").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.header("content-type").starts_with("text/event-stream"));
        assert_eq!(answer.text.contains(&no), hears, "{login}: {}", answer.text);
        assert_eq!(answer.text.contains("assignment.changed"), hears, "{login}");
        assert!(answer.text.contains("id: "), "whoever comes back knows from where");
        let greeting = answer.text.split("\n\n").find(|message| message.contains("id: ") && message.contains(r#"data: {"topic":"here"}"#));
        assert!(greeting.is_some(), "a place without data would never reach the page: {}", answer.text);
    }
    let stranger = site.ask("GET", "/api/v1/events", &[], "").await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    site.has_opened(HEARD);
}
