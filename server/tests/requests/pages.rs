//! Pages that are asked for at once know nothing of each other.

use axum::http::StatusCode;
use futures::future::join_all;
use guanhu_domain::CustomerNo;
use sqlx::PgPool;

use crate::site::Site;

/// Of each customer and language.
const AT_ONCE: usize = 8;

#[sqlx::test(migrations = false)]
async fn every_page_has_the_title_of_its_own_request(pool: PgPool) {
    let site = Site::new(pool).await;
    let mut wanted = Vec::new();
    for name in ["张小伟", "李娜", "王芳"] {
        let no = CustomerNo::from_id(site.world.customer(name, "E1", Some("M-ALICE"), 100).await);
        wanted.push((format!("/customers/{no}"), "zh", name));
    }
    wanted.extend([("/customers".to_owned(), "zh", "客户"), ("/customers".to_owned(), "en", "Customers")]);
    let token = site.token("alice").await;
    let asked = (0..AT_ONCE).flat_map(|_| &wanted).map(|(path, lang, title)| {
        let headers = [("authorization", token.as_str()), ("accept", "text/html"), ("accept-language", *lang)];
        let site = &site;
        async move { (site.ask("GET", path, &headers, "").await, *title) }
    });
    for (page, title) in join_all(asked).await {
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let said = page.text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
        assert!(said.starts_with(title), "{said} instead of {title}");
    }
}

#[sqlx::test(migrations = false)]
async fn filters_of_a_link_are_words_in_what_the_server_draws(pool: PgPool) {
    let site = Site::new(pool).await;
    site.world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    let token = site.token("boss").await;
    for (path, lang, said) in [
        (
            "/customers?tier=gold&org=E1&manager=M-ALICE&product=CUR",
            "zh",
            &["分层：金卡", "机构：城东一支行", "客户经理：爱丽", "持有产品：活期存款"][..],
        ),
        ("/customers?manager=none&product=TRM", "en", &["Manager: Unassigned", "Holds: Term deposit"][..]),
        ("/board?org=E1&tier=gold&product=CUR", "zh", &["分层：金卡", "持有产品：活期存款"][..]),
    ] {
        let headers = [("authorization", token.as_str()), ("accept", "text/html"), ("accept-language", lang)];
        let page = site.ask("GET", path, &headers, "").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let filters = page.text.split("customer-filters").nth(1).unwrap_or_default();
        for words in said {
            assert!(filters.contains(words), "{words} of {path}: {}", filters.chars().take(4_000).collect::<String>());
        }
    }
}
