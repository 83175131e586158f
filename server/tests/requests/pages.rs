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
