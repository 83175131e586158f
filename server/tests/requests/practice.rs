//! Whoever is logged in practises in a made-up bank of its own, and nothing of it reaches the bank.

use axum::http::StatusCode;
use guanhu_crm::practice::{Databases, Size};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::site::{Answer, Site};

const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
const HTML: (&str, &str) = ("accept", "text/html");
const SCRIPT: (&str, &str) = ("sec-fetch-dest", "empty");
const SAYS: (&str, &str) = ("guanhu-practice", "1");
const SECRET: &[u8] = b"only for tests, and long enough to be a secret";
const SMALL: Size = Size { customers: 300, months: 12 };

pub const PRACTISED: &[&str] = &["practice/standing"];

/// What a form of ours sends.
async fn submit(site: &Site, path: &str, cookies: &str) -> Answer {
    site.ask("POST", path, &[OURS, HTML, ("cookie", cookies)], "").await
}

async fn me(site: &Site, headers: &[(&str, &str)]) -> Answer {
    site.ask("GET", "/api/v1/me", headers, "").await
}

#[track_caller]
fn leads_to(answer: &Answer, place: &str) {
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, place), "{}", answer.text);
}

#[sqlx::test(migrations = false)]
async fn everything_may_be_tried_and_nothing_of_it_reaches_the_bank(pool: PgPool) {
    let site = Site::new(pool).await;
    site.world.customer("东方不败", "E1", Some("M-ALICE"), 1_000).await;
    let owner = site.world.owner.connect_options().as_ref().clone();
    let databases = Databases::beside(owner, &site.world.bank, SECRET, SMALL).await.unwrap();
    let site = site.offering(databases.clone());
    let alice = site.person("alice").await;
    assert_eq!(alice.call("practice/standing", json!({})).await.expect(200), json!({ "standing": { "at": "unmade" }, "practising": null }));

    // The first to enter has it made, and is told so.
    let own = format!("guanhu={}", site.token("alice").await.trim_start_matches("Bearer "));
    leads_to(&submit(&site, "/practice/enter", &own).await, "/practice?entering");
    let page = site.ask("GET", "/practice?entering", &[HTML, ("cookie", &own)], "").await;
    assert!(page.status == StatusCode::OK && page.text.contains("progressbar"), "{}", page.text);
    // Waits for who is at it, and finds it made.
    databases.make().await.unwrap();
    assert_eq!(alice.call("practice/standing", json!({})).await.expect(200)["standing"]["at"], "ready");

    let entered = submit(&site, "/practice/enter", &own).await;
    leads_to(&entered, "/");
    let set = entered.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    let there = entered.cookie("guanhu-practice").unwrap();
    let both = format!("{own}; {there}");
    let (both, own) = (("cookie", both.as_str()), ("cookie", own.as_str()));
    let practising = me(&site, &[both]).await.json();
    assert_eq!((&practising["role"], &practising["is_demo"]), (&json!("manager"), &json!(true)));
    assert_ne!(practising["login"], "alice");

    // Its pages say so, on paper too; the bank's do not.
    let page = site.ask("GET", "/customers", &[HTML, both, ("accept-language", "en")], "").await;
    assert_eq!(page.status, StatusCode::OK);
    for mark in ["practice-band", "data-practice", "<title>Practice · ", "练习 Practice · ", "guanhu-practice"] {
        assert!(page.text.contains(mark), "no {mark}");
    }
    assert!(!page.text.contains("东方不败"));
    let page = site.ask("GET", "/customers", &[HTML, own], "").await;
    assert!(page.text.contains("东方不败") && !page.text.contains("practice-band") && !page.text.contains("data-practice"));

    // What is done there is done there.
    let customers = site.ask("GET", "/api/v1/customers?limit=1", &[both], "").await.json();
    let no = customers["items"][0]["customer_no"].as_str().unwrap().to_owned();
    let (key, json_body) = (Uuid::now_v7().to_string(), ("content-type", "application/json"));
    let logged = json!({ "kind": "call", "summary": "练习登记一次电话" }).to_string();
    let activities = format!("/api/v1/customers/{no}/activities");
    site.ask("POST", &activities, &[OURS, both, SAYS, json_body, ("idempotency-key", &key)], logged).await.expect(201);
    let timeline = format!("/api/v1/customers/{no}/timeline");
    assert!(site.ask("GET", &timeline, &[both], "").await.text.contains("练习登记一次电话"));
    let real: i64 = sqlx::query_scalar("select count(*) from activity").fetch_one(&site.world.owner).await.unwrap();
    assert_eq!(real, 0);

    // A page that was opened before goes on in its own bank, and so does one that is left open.
    assert_eq!(me(&site, &[both, SCRIPT]).await.json()["login"], "alice");
    assert_eq!(me(&site, &[both, SCRIPT, SAYS]).await.json()["login"], practising["login"]);
    // Of somebody who has left, or on a server that does not offer it, nothing of such a page reaches the bank.
    let left = me(&site, &[own, SCRIPT, SAYS]).await;
    assert_eq!((left.status, left.json()["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("unauthenticated")));

    // Neither bank knows the other's sessions.
    let token = there.split_once('=').unwrap().1;
    for (name, value) in [("cookie", format!("guanhu={token}")), ("authorization", format!("Bearer {token}"))] {
        assert_eq!(me(&site, &[(name, &value)]).await.status, StatusCode::UNAUTHORIZED, "{name}");
    }
    let lent = format!("guanhu-practice={}", own.1.split_once('=').unwrap().1);
    assert_eq!(me(&site, &[("cookie", &lent)]).await.status, StatusCode::UNAUTHORIZED);
    let shown_out = site.ask("GET", "/customers", &[HTML, ("cookie", &lent)], "").await;
    leads_to(&shown_out, "/practice?over");
    assert!(shown_out.header("set-cookie").contains("guanhu-practice=; ") && shown_out.header("set-cookie").contains("Max-Age=0"));
    // And nobody else's page acts for whoever practises.
    for path in ["/practice/enter", "/practice/reset", "/practice/leave"] {
        for cookies in [own, both] {
            let forged = site.ask("POST", path, &[cookies, HTML, ("sec-fetch-site", "cross-site")], "").await;
            assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
        }
    }

    // Only whoever is logged in to the bank takes it away from everybody.
    leads_to(&submit(&site, "/practice/reset", &there).await, "/login?next=/practice");
    // Everybody begins anew.
    let reset = submit(&site, "/practice/reset", both.1).await;
    leads_to(&reset, "/");
    assert_eq!(me(&site, &[both]).await.status, StatusCode::UNAUTHORIZED);
    let anew = format!("{}; {}", own.1, reset.cookie("guanhu-practice").unwrap());
    let anew = ("cookie", anew.as_str());
    assert_eq!(site.ask("GET", "/api/v1/customers?limit=1", &[anew], "").await.json(), customers);
    let again = site.ask("GET", &timeline, &[anew], "").await;
    assert!(again.status == StatusCode::OK && !again.text.contains("练习登记一次电话"), "{}", again.text);
    let about = site.ask("POST", "/api/practice/standing", &[OURS, anew, SCRIPT, SAYS, json_body], "{}").await.expect(200);
    assert_eq!(about, json!({ "standing": { "at": "ready" }, "practising": 1 }));

    let out = submit(&site, "/practice/leave", anew.1).await;
    leads_to(&out, "/");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(me(&site, &[anew, SAYS]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&site, &[own]).await.json()["login"], "alice");
    assert_eq!(site.audited("practice").await, ["practice.use alice", "practice.use alice", "practice.use alice"], "made, entered, reset");

    site.has_opened(PRACTISED);
    site.state.practice.close().await;
    databases.drop_all().await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn it_is_not_offered_where_no_database_may_be_made(pool: PgPool) {
    let site = Site::new(pool).await;
    let bound = site.world.owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let refused = Databases::beside(bound, &site.world.bank, SECRET, SMALL).await.err().unwrap().to_string();
    assert!(refused.contains("alter role guanhu_app createdb createrole"), "{refused}");

    let alice = site.person("alice").await;
    alice.call("practice/standing", json!({})).await.refused("not_found");
    let page = alice.open("/practice").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!alice.open("/customers").await.text.contains("href=\"/practice\""));
    let own = format!("guanhu={}", site.token("alice").await.trim_start_matches("Bearer "));
    let stray = me(&site, &[("cookie", &own), SCRIPT, SAYS]).await;
    assert_eq!(stray.status, StatusCode::UNAUTHORIZED, "a page of the practice bank does nothing in the bank");
}
