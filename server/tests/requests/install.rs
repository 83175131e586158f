//! What a browser needs to install the product, without anybody logged in.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::site::Site;

#[sqlx::test(migrations = false)]
async fn the_shell_is_installable_and_nothing_else_is_kept(pool: PgPool) {
    let site = Site::new(pool).await;
    let manifest = site.ask("GET", "/manifest.webmanifest", &[], "").await;
    assert_eq!((manifest.status, manifest.header("content-type")), (StatusCode::OK, "application/manifest+json"));
    let manifest = manifest.json();
    assert_eq!((manifest["display"].as_str(), manifest["start_url"].as_str()), (Some("standalone"), Some("/")));
    let sizes: Vec<&str> = manifest["icons"].as_array().unwrap().iter().map(|icon| icon["sizes"].as_str().unwrap()).collect();
    assert!(sizes.contains(&"192x192") && sizes.contains(&"512x512"));

    let worker = site.ask("GET", "/sw.js", &[], "").await;
    assert_eq!((worker.status, worker.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert!(worker.header("content-type").starts_with("text/javascript"));
    assert!(worker.text.contains("'guanhu-pkg'"), "named by the files' version");
    assert!(worker.text.contains("'notificationclick'"), "a notice leads back to the page");

    let offline = site.ask("GET", "/offline", &[], "").await;
    assert_eq!(offline.status, StatusCode::OK);
    assert!(offline.text.contains("没有网络") && offline.text.contains("Offline"));
    assert!(!offline.text.contains("what you typed is kept"), "without a network nothing can be");
}

#[sqlx::test(migrations = false)]
async fn a_page_says_who_prints_it(pool: PgPool) {
    let site = Site::new(pool).await;
    let token = site.token("alice").await;
    let page = site.ask("GET", "/account", &[("authorization", &token)], "").await;
    assert!(
        page.text.contains("--print-mark:") && page.text.contains("爱丽 (alice)"),
        "{}",
        page.text.chars().take(400).collect::<String>()
    );
    assert!(page.header("content-security-policy").contains("worker-src 'self'"));
}
