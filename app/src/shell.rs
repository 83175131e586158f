//! The document, the routes and the frame around every page.

use guanhu_domain::{
    Lang,
    access::{Me, Verb},
};
use guanhu_ui::{Density, Theme, provide_appearance, provide_lang, t};
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{A, Redirect, Route, Router, Routes},
    hooks::use_location,
    path,
};
use serde::{Deserialize, Serialize};

use crate::text;

/// The HTML document around [`App`], on the server.
pub fn document(options: LeptosOptions) -> impl IntoView {
    let start = Start::here();
    let pkg = format!("/{}", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang=start.lang.tag() data-theme=start.theme_attribute() data-density=start.density.clone()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=format!("{pkg}/icon.svg") type="image/svg+xml" />
                <leptos_meta::HashedStylesheet options=options.clone() id="guanhu-css" />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What the first paint depends on: computed by the server, handed to the browser with the page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Start {
    me: Option<Me>,
    lang: Lang,
    theme: String,
    density: String,
}

impl Start {
    #[cfg(feature = "ssr")]
    fn here() -> Start {
        let (lang, theme, density) = crate::server::manners();
        Start { me: crate::server::actor().map(|actor| actor.me), lang, theme: theme.code().into(), density: density.code().into() }
    }

    #[cfg(not(feature = "ssr"))]
    fn here() -> Start {
        Start::default()
    }

    fn theme_attribute(&self) -> Option<&'static str> {
        Theme::from_code(&self.theme).attribute()
    }
}

/// Who is logged in. The login page is the only one without.
pub fn use_me() -> Option<Me> {
    use_context::<Option<Me>>().flatten()
}

/// The product.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let start = SharedValue::new(Start::here).into_inner();
    provide_lang(start.lang);
    provide_appearance(Theme::from_code(&start.theme), Density::from_code(&start.density));
    provide_context(start.me);
    view! {
        <Router>
            <Frame>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Home />
                </Routes>
            </Frame>
        </Router>
    }
}

/// Top bar, navigation and the place for the page; only the page before login.
#[component]
fn Frame(children: Children) -> impl IntoView {
    let Some(me) = use_me() else {
        return view! { <main id="content" class="bare">{children()}</main> }.into_any();
    };
    view! {
        <a class="skip" href="#content">{t(text::skip_to_content)}</a>
        <nav aria-label=t(text::navigation)>
            {me.may(Verb::CustomerList).then(|| view! { <A href="/customers">{t(text::customers)}</A> })}
        </nav>
        <main id="content">{children()}</main>
    }
    .into_any()
}

/// Each role's own start; without a session, the login page that leads back here.
#[component]
fn Home() -> impl IntoView {
    let to = match use_me() {
        None => "/login",
        Some(me) if me.may(Verb::CustomerList) => "/customers",
        Some(_) => "/account",
    };
    view! { <Redirect path=to /> }
}

/// Wraps every page but the login: without a session the login page, which leads back.
#[component]
pub fn Protected(children: Children) -> impl IntoView {
    match use_me() {
        Some(_) => children().into_any(),
        None => {
            let location = use_location();
            let next = location.pathname.get_untracked() + location.search.get_untracked().as_str();
            view! { <Redirect path=format!("/login?next={}", leptos_router::location::Url::escape(&next)) /> }.into_any()
        }
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <section class="page">
            <h1>{t(text::page_not_found)}</h1>
            <p>{t(text::page_not_found_hint)}</p>
            <A href="/">{t(text::to_start)}</A>
        </section>
    }
}
