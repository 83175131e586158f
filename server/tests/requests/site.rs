//! Asks the whole router, as a browser or a program would.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use guanhu_crm::{access::password, testing::World};
use guanhu_server::{AppState, live::Live, load::Load, router, state::Drain};
use http_body_util::BodyExt;
use leptos::prelude::LeptosOptions;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use sqlx::PgPool;
use tower::ServiceExt;

/// The small world of `guanhu_crm::testing` behind the router. Every login works with [`World::PASSWORD`].
pub struct Site {
    pub world: World,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// `name=value` of the cookie that was set.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all(header::SET_COOKIE).into_iter().map(|value| value.to_str().unwrap());
        set.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with(&format!("{name}="))).map(str::to_owned)
    }
}

impl Site {
    pub async fn new(pool: PgPool) -> Site {
        Site::with_load(pool, Load::new(100), Drain::default()).await
    }

    /// With so many places for requests, and perhaps about to stop.
    pub async fn with_load(pool: PgPool, load: Load, drain: Drain) -> Site {
        let world = World::new(pool).await;
        let hash = password::hash(World::PASSWORD).await.unwrap();
        sqlx::query("update app_user set password_hash = $1").bind(hash).execute(&world.owner).await.unwrap();
        sqlx::query("update bank set is_demo = true").execute(&world.owner).await.unwrap();
        Site::loaded(world, load, drain)
    }

    /// The router over a bank that is there already.
    pub fn over(world: World) -> Site {
        Site::loaded(world, Load::new(100), Drain::default())
    }

    fn loaded(world: World, load: Load, drain: Drain) -> Site {
        let leptos = LeptosOptions::builder().output_name("guanhu").site_root("target/no-site").site_pkg_dir("pkg").build();
        let state = AppState { bank: world.bank.clone(), leptos, drain, live: Live::default(), load, trusts_proxy: false };
        let figures = PrometheusBuilder::new().build_recorder().handle();
        Site { router: router(state, figures), world }
    }

    /// Sends a request; `headers` are name and value.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.into())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A program's session: the value of its `Authorization` header.
    pub async fn bearer(&self, login: &str) -> String {
        let given = json!({"login": login, "password": World::PASSWORD}).to_string();
        let answer = self.ask("POST", "/api/v1/session", &[("content-type", "application/json")], given).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        format!("Bearer {}", answer.json()["token"].as_str().unwrap())
    }

    /// A new session of this login, made without hashing a password.
    pub async fn token(&self, login: &str) -> String {
        let token = uuid::Uuid::now_v7().to_string();
        sqlx::query(
            "insert into session (session_id, token_hash, user_id, kind, expires_at)
             select gen_random_uuid(), sha256($1::text::bytea), user_id, 'api', now() + interval '1 hour' from app_user where login = $2",
        )
        .bind(&token)
        .bind(login)
        .execute(&self.world.owner)
        .await
        .unwrap();
        format!("Bearer {token}")
    }
}
