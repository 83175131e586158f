//! Browsers and programs log in, and nobody else's page acts for them.

use axum::http::StatusCode;
use guanhu_crm::testing::World;
use sqlx::PgPool;

use crate::site::Site;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
const HTML: (&str, &str) = ("accept", "text/html");

fn form(login: &str, password: &str, next: &str) -> String {
    format!("login={login}&password={}&totp=&next={next}", password.replace(' ', "+"))
}

#[sqlx::test(migrations = false)]
async fn a_browser_logs_in_with_a_plain_form(pool: PgPool) {
    let site = Site::new(pool).await;
    let wrong = site.ask("POST", "/login", &[FORM, OURS, HTML], form("alice", "wrong", "/customers?q=%25")).await;
    assert_eq!(
        (wrong.status, wrong.header("location")),
        (StatusCode::SEE_OTHER, "/login?problem=wrong_credentials&next=/customers%3Fq%3D%25")
    );
    let scripted = site.ask("POST", "/login", &[FORM, OURS, ("accept", "application/json")], form("alice", "wrong", "/")).await;
    assert_eq!((scripted.status, scripted.json()["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("wrong_credentials")));

    let right = site.ask("POST", "/login", &[FORM, OURS, HTML], form("alice", World::PASSWORD, "/customers")).await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, "/customers"));
    let set = right.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"), "{set}");
    let cookie = right.cookie("guanhu").unwrap();
    let me = site.ask("GET", "/api/v1/me", &[("cookie", &cookie)], "").await;
    assert_eq!(
        (me.json()["login"].as_str(), me.json()["role"].as_str(), me.json()["org"].as_str()),
        (Some("alice"), Some("manager"), Some("E1"))
    );
    assert_eq!((me.header("cache-control"), me.header("x-content-type-options")), ("no-store", "nosniff"));

    let elsewhere = site.ask("POST", "/login", &[FORM, OURS, HTML], form("alice", World::PASSWORD, "//evil.example")).await;
    assert_eq!(elsewhere.header("location"), "/");
    let out = site.ask("POST", "/logout", &[OURS, ("cookie", &cookie)], "").await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(site.ask("GET", "/api/v1/me", &[("cookie", &cookie)], "").await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = false)]
async fn over_https_the_cookie_is_bound_to_the_host(pool: PgPool) {
    let site = Site::new(pool).await;
    let https = ("x-forwarded-proto", "https");
    let answer = site.ask("POST", "/login", &[FORM, OURS, HTML, https], form("alice", World::PASSWORD, "/")).await;
    let cookie = answer.cookie("__Host-guanhu").unwrap();
    assert!(answer.header("set-cookie").contains("Secure") && !answer.header("strict-transport-security").is_empty());
    assert_eq!(site.ask("GET", "/api/v1/me", &[("cookie", &cookie), https], "").await.status, StatusCode::OK);
    assert_eq!(site.ask("GET", "/api/v1/me", &[("cookie", &cookie)], "").await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = false)]
async fn another_sites_page_cannot_act_with_the_cookie(pool: PgPool) {
    let site = Site::new(pool).await;
    let cookie = site.ask("POST", "/login", &[FORM, OURS, HTML], form("alice", World::PASSWORD, "/")).await.cookie("guanhu").unwrap();
    let cookie = ("cookie", cookie.as_str());
    let forged: [&[(&str, &str)]; 4] = [
        &[cookie, ("sec-fetch-site", "cross-site")],
        &[cookie, ("sec-fetch-site", "same-site")],
        &[cookie, ("origin", "https://evil.example"), ("host", "bank.example")],
        &[cookie],
    ];
    for headers in forged {
        let answer = site.ask("DELETE", "/api/v1/session", headers, "").await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("forged_request")), "{headers:?}");
    }
    let planted = site.ask("POST", "/login", &[FORM, ("sec-fetch-site", "cross-site")], form("alice", World::PASSWORD, "/")).await;
    assert_eq!(planted.status, StatusCode::FORBIDDEN, "nor log the victim in as somebody else");
    let older = site.ask("DELETE", "/api/v1/session", &[cookie, ("origin", "http://bank.example"), ("host", "bank.example")], "").await;
    assert_eq!(older.status, StatusCode::NO_CONTENT);
}

pub const BEGUN: &[&str] = &["post /session", "delete /session", "get /me", "get /audit"];

#[sqlx::test(migrations = false)]
async fn a_program_has_a_token_and_reads_the_audit_log_if_it_may(pool: PgPool) {
    let site = Site::new(pool).await;
    let (auditor, alice) = (site.bearer("auditor").await, site.bearer("alice").await);
    let page = site.ask("GET", "/api/v1/audit?actor=alice&limit=1", &[("authorization", &auditor)], "").await;
    assert_eq!(page.json()["items"][0]["verb"], "session.begin");
    let denied = site.ask("GET", "/api/v1/audit", &[("authorization", &alice), ("accept-language", "en")], "").await;
    assert_eq!((denied.status, denied.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("forbidden")));
    assert_eq!(denied.header("content-type"), "application/problem+json");
    assert!(denied.json()["title"].as_str().unwrap().starts_with("Your role"));
    site.world.bank.flush().await;
    let written = site.ask("GET", "/api/v1/audit?verb=audit.search&outcome=denied", &[("authorization", &auditor)], "").await;
    assert_eq!(written.json()["items"][0]["login"], "alice", "a refusal is written down");
    assert_eq!(site.ask("GET", "/api/v1/audit?from=yesterday", &[("authorization", &auditor)], "").await.status, StatusCode::BAD_REQUEST);

    assert_eq!(site.ask("GET", "/api/v1/me", &[("authorization", &alice)], "").await.json()["login"], "alice");
    assert_eq!(site.ask("DELETE", "/api/v1/session", &[("authorization", &alice)], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.ask("GET", "/api/v1/me", &[("authorization", &alice)], "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.ask("GET", "/api/v1/nowhere", &[], "").await.json()["code"], "unauthenticated");
    assert_eq!(site.ask("GET", "/api/v1/nowhere", &[("authorization", &auditor)], "").await.json()["code"], "not_found");
    site.has_opened(BEGUN);
}

#[sqlx::test(migrations = false)]
async fn a_page_brings_a_policy_with_the_nonce_of_its_scripts(pool: PgPool) {
    let site = Site::new(pool).await;
    let unknown = site.ask("GET", "/nowhere?x=1", &[HTML], "").await;
    assert_eq!((unknown.status, unknown.header("location")), (StatusCode::SEE_OTHER, "/login?next=/nowhere%3Fx%3D1"));
    let token = site.token("alice").await;
    let missing = site.ask("GET", "/nowhere", &[HTML, ("authorization", &token)], "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let page = site.ask("GET", "/login", &[HTML], "").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_else(|| panic!("{policy}"));
    let scripts: Vec<&str> = page.text.match_indices("<script").map(|(at, _)| page.text[at..].split('>').next().unwrap()).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{script}");
    }
}
