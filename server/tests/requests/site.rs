//! Asks the whole router, as a browser or a program would.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use guanhu_crm::{access::password, practice::Databases, testing::World};
use guanhu_server::{
    AppState, api,
    live::Live,
    load::Load,
    practice::Practice,
    router,
    state::{Drain, Realm},
};
use http_body_util::BodyExt;
use leptos::prelude::LeptosOptions;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use sqlx::PgPool;
use tower::ServiceExt;
use uuid::Uuid;

/// The small world of `guanhu_crm::testing` behind the router. Every login works with [`World::PASSWORD`].
pub struct Site {
    pub world: World,
    pub state: AppState,
    router: Router,
    /// Doors that were answered with success.
    opened: Mutex<BTreeSet<String>>,
}

/// Somebody logged in, with what every request of theirs brings along.
pub struct Person<'a> {
    site: &'a Site,
    token: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body, null where there is none, of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Refused with this code, whatever the status: which fields, and why each.
    #[track_caller]
    pub fn refused(&self, code: &str) -> Vec<(String, String)> {
        assert!(!self.status.is_success(), "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{}", self.text);
        // REST calls them as RFC 9457 does.
        let fields = problem["errors"].as_array().or(problem["fields"].as_array());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        fields.into_iter().flatten().map(|field| (text(&field["field"]), text(&field["rule"]))).collect()
    }

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
        let state = AppState {
            bank: world.bank.clone(),
            leptos,
            drain,
            live: Live::default(),
            load,
            trusts_proxy: false,
            realm: Realm::Bank,
            practice: Practice::default(),
        };
        Site::behind(state, world)
    }

    fn behind(state: AppState, world: World) -> Site {
        let figures = PrometheusBuilder::new().build_recorder().handle();
        Site { router: router(state.clone(), figures), state, world, opened: Mutex::default() }
    }

    /// The same site with a practice bank beside it.
    pub fn offering(self, databases: Databases) -> Site {
        let practice = Practice::beside(databases, self.state.clone(), Duration::from_secs(3_600));
        Site::behind(AppState { practice, ..self.state }, self.world)
    }

    pub async fn person(&self, login: &str) -> Person<'_> {
        Person { site: self, token: self.token(login).await }
    }

    /// Fails for a door of a story's `DOORS` that was not answered with success.
    #[track_caller]
    pub fn has_opened(&self, doors: &[&str]) {
        let opened = self.opened.lock().unwrap();
        let closed: Vec<&&str> = doors.iter().filter(|door| !opened.contains(**door)).collect();
        assert!(closed.is_empty(), "never answered with success: {closed:?}");
    }

    /// What an auditor finds about a subject, oldest first: `verb login`.
    pub async fn audited(&self, subject: &str) -> Vec<String> {
        self.world.bank.flush().await;
        let found = self.person("auditor").await.get(&format!("/audit?subject={subject}&limit=200")).await.expect(200);
        let row = |row: &Value| format!("{} {}", row["verb"].as_str().unwrap(), row["login"].as_str().unwrap());
        found["items"].as_array().unwrap().iter().rev().filter(|row| row["outcome"] == "done").map(row).collect()
    }

    /// Sends a request; `headers` are name and value.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.into())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            self.opened.lock().unwrap().extend(door(method, path));
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A program's session: the value of its `Authorization` header.
    pub async fn bearer(&self, login: &str) -> String {
        format!("Bearer {}", self.begin(login, World::PASSWORD).await.expect(201)["token"].as_str().unwrap())
    }

    /// A program logs in.
    pub async fn begin(&self, login: &str, password: &str) -> Answer {
        let given = json!({"login": login, "password": password}).to_string();
        self.ask("POST", "/api/v1/session", &[("content-type", "application/json")], given).await
    }

    /// Whoever has begun this session.
    pub fn with(&self, begun: &Value) -> Person<'_> {
        Person { site: self, token: format!("Bearer {}", begun["token"].as_str().unwrap()) }
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

impl Person<'_> {
    /// `path` below `/api/v1`, as in the other two.
    pub async fn get(&self, path: &str) -> Answer {
        self.site.ask("GET", &format!("/api/v1{path}"), &[("authorization", &self.token)], "").await
    }

    /// Under an idempotency key of its own.
    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.asked(method, path, None, body).await
    }

    /// Likewise, of the version that was read.
    pub async fn send_of(&self, version: i64, method: &str, path: &str, body: Value) -> Answer {
        self.asked(method, path, Some(version.to_string()), body).await
    }

    async fn asked(&self, method: &str, path: &str, version: Option<String>, body: Value) -> Answer {
        let key = Uuid::now_v7().to_string();
        let headers = [("authorization", self.token.as_str()), ("content-type", "application/json"), ("idempotency-key", &key)];
        let version = version.as_deref().map(|version| ("if-match", version));
        let headers: Vec<_> = headers.into_iter().chain(version).collect();
        self.site.ask(method, &format!("/api/v1{path}"), &headers, body.to_string()).await
    }

    /// A page's function, `path` below `/api`. A `key` of its own is put to the arguments that have none; functions
    /// without one pass over it.
    pub async fn call(&self, path: &str, mut arguments: Value) -> Answer {
        if let Some(arguments) = arguments.as_object_mut() {
            arguments.entry("key").or_insert_with(|| json!(Uuid::now_v7()));
        }
        let headers = [("authorization", self.token.as_str()), ("content-type", "application/json")];
        self.site.ask("POST", &format!("/api/{path}"), &headers, arguments.to_string()).await
    }

    /// A file, as it is.
    pub async fn upload(&self, path: &str, text: impl Into<String>) -> Answer {
        self.site.ask("POST", path, &[("authorization", &self.token), ("content-type", "text/csv")], text).await
    }

    /// A page, or what else is neither REST nor a function.
    pub async fn open(&self, path: &str) -> Answer {
        self.site.ask("GET", path, &[("authorization", &self.token)], "").await
    }
}

/// A door as the tables of `authorisation` name it: `post /transfers/{transfer}/approve`, or `transfers/approve` of a
/// page's function.
fn door(method: &str, path: &str) -> Option<String> {
    let path = path.split('?').next()?;
    let Some(path) = path.strip_prefix("/api/v1") else { return path.strip_prefix("/api/").map(str::to_owned) };
    let asked: Vec<&str> = path.split('/').collect();
    let fits = |route: &&api::Route| {
        let parts: Vec<&str> = route.path.split('/').collect();
        route.method.eq_ignore_ascii_case(method)
            && parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(part, asked)| part == asked || part.starts_with('{'))
    };
    api::ROUTES.iter().find(fits).map(|route| format!("{} {}", route.method, route.path))
}
