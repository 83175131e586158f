//! What makes a browser offer to install the product, and what it shows without a network: the manifest, a
//! service worker for the shell, a page that says so. The worker keeps fingerprinted files below `/pkg/` and
//! that one page; no answer with anything of a customer in it ever passes through its cache.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse},
    routing::get,
};
use serde_json::json;

use crate::AppState;

pub fn routes() -> Router<AppState> {
    Router::new().route("/manifest.webmanifest", get(manifest)).route("/sw.js", get(worker)).route("/offline", get(offline))
}

/// Asked for again every time: it names the files of this version.
const FRESH: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));

async fn manifest(State(state): State<AppState>) -> impl IntoResponse {
    let pkg = &state.leptos.site_pkg_dir;
    let icon = |file: &str, sizes: &str, kind: &str, purpose: &str| json!({ "src": format!("/{pkg}/{file}"), "sizes": sizes, "type": kind, "purpose": purpose });
    let manifest = json!({
        "id": "/",
        "name": "管户 Guanhu",
        "short_name": "管户",
        "lang": "zh-CN",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf6",
        "theme_color": "#0f6e56",
        "icons": [
            icon("icon.svg", "any", "image/svg+xml", "any"),
            icon("icon-192.png", "192x192", "image/png", "any"),
            icon("icon-512.png", "512x512", "image/png", "any"),
            icon("icon-maskable.png", "512x512", "image/png", "maskable"),
        ],
        "shortcuts": [
            { "name": "客户 Customers", "url": "/customers" },
            { "name": "管户看板 Board", "url": "/board" },
            { "name": "经营看板 Dashboards", "url": "/dashboards" },
        ],
    });
    ([FRESH, (header::CONTENT_TYPE, HeaderValue::from_static("application/manifest+json"))], Json(manifest))
}

async fn worker(State(state): State<AppState>) -> impl IntoResponse {
    let script = WORKER.replace("SHELL_NAME", &state.leptos.site_pkg_dir.replace('/', "-"));
    let policy = HeaderValue::from_static("default-src 'none'; connect-src 'self'");
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    ([FRESH, (header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], script)
}

async fn offline() -> impl IntoResponse {
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");
    ([FRESH, (header::CONTENT_SECURITY_POLICY, policy)], Html(OFFLINE))
}

const WORKER: &str = "'use strict';
const SHELL = 'guanhu-SHELL_NAME';
const OFFLINE = '/offline';
self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const shell = await caches.open(SHELL);
    await shell.add(new Request(OFFLINE, { cache: 'reload', credentials: 'omit' }));
    await self.skipWaiting();
  })());
});
self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name)));
    if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
    await self.clients.claim();
  })());
});
// What the bell told leads back to the page that told it.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    await (page ? page.focus() : self.clients.openWindow('/'));
  })());
});
// Files of the shell from the cache; pages from the network, or the one that says there is none. Everything
// else, all that could hold a customer, is none of this worker's business.
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    event.respondWith((async () => {
      try {
        return (await event.preloadResponse) || (await fetch(request));
      } catch {
        return (await caches.match(OFFLINE)) || Response.error();
      }
    })());
  } else if (url.pathname.startsWith('/pkg/')) {
    event.respondWith((async () => {
      const shell = await caches.open(SHELL);
      const kept = await shell.match(request);
      if (kept) return kept;
      const came = await fetch(request);
      if (came.status === 200) await shell.put(request, came.clone());
      return came;
    })());
  }
});
";

const OFFLINE: &str = r#"<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>没有网络 · Offline</title>
<style>
body { margin: 0; min-height: 100dvh; display: grid; place-content: center; gap: 1rem; padding: 1.5rem; font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; background: Canvas; color: CanvasText; }
h1 { margin: 0; font-size: 1.5rem; }
p { margin: 0; max-width: 40ch; }
a { display: inline-block; min-height: 2.75rem; line-height: 2.75rem; color: inherit; }
</style>
</head>
<body>
<h1>没有网络</h1>
<p>现在连不上系统。网络恢复后再打开即可；断网前已存为草稿的内容，再次打开表单时会恢复。</p>
<section lang="en">
<h1>Offline</h1>
<p>Guanhu cannot be reached. Open the page again once the network is back; drafts that were kept before it went are there again in their forms.</p>
</section>
<p><a href="">重试 · Try again</a></p>
</body>
</html>
"#;
