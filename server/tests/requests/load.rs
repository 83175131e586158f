//! What happens to a request when there is no place for it.

use axum::http::StatusCode;
use guanhu_server::{load::Load, state::Drain};
use sqlx::PgPool;

use crate::site::Site;

#[sqlx::test(migrations = false)]
async fn without_a_place_a_request_is_told_to_come_back(pool: PgPool) {
    let site = Site::with_load(pool, Load::new(0), Drain::default()).await;
    let manager = site.token("alice").await;
    let shed = site.ask("GET", "/api/v1/customers", &[("authorization", &manager), ("accept-language", "en")], "").await;
    assert_eq!((shed.status, shed.header("content-type")), (StatusCode::SERVICE_UNAVAILABLE, "application/problem+json"));
    assert_eq!(shed.json()["code"], "busy");
    assert_eq!(shed.json()["title"], "The system is busy. Try again in a moment.");
    let seconds: u64 = shed.header("retry-after").parse().unwrap();
    assert!((1..=3).contains(&seconds));

    let page = site.ask("GET", "/customers", &[("accept", "text/html,*/*"), ("accept-language", "zh")], "").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("系统繁忙") && page.text.contains("http-equiv=refresh"), "{}", page.text);
    assert!(!page.header("retry-after").is_empty());

    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(site.ask("GET", path, &[], "").await.status, StatusCode::OK, "{path}");
    }
}

#[sqlx::test(migrations = false)]
async fn officers_log_in_and_get_through(pool: PgPool) {
    let site = Site::with_load(pool, Load::new(0), Drain::default()).await;
    let admin = site.bearer("admin").await;
    assert_eq!(site.ask("GET", "/api/v1/me", &[("authorization", &admin)], "").await.status, StatusCode::OK);
    let manager = site.bearer("alice").await;
    assert_eq!(site.ask("GET", "/api/v1/me", &[("authorization", &manager)], "").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[sqlx::test(migrations = false)]
async fn a_place_is_free_again_after_the_answer(pool: PgPool) {
    let site = Site::with_load(pool, Load::new(1), Drain::default()).await;
    let manager = site.token("alice").await;
    for _ in 0..3 {
        let answer = site.ask("GET", "/api/v1/customers", &[("authorization", &manager)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
}

#[sqlx::test(migrations = false)]
async fn a_server_that_drains_sends_its_clients_elsewhere(pool: PgPool) {
    let drain = Drain::default();
    let site = Site::with_load(pool, Load::new(10), drain.clone()).await;
    assert_eq!(site.ask("GET", "/healthz", &[], "").await.header("connection"), "");
    drain.start();
    assert_eq!(site.ask("GET", "/readyz", &[], "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let manager = site.token("alice").await;
    let answer = site.ask("GET", "/api/v1/customers", &[("authorization", &manager)], "").await;
    assert_eq!((answer.status, answer.header("connection")), (StatusCode::OK, "close"), "what still arrives is answered");
}
