//! The handbook at `/help`: pages in both languages, searched on the server.

mod about;
mod api;
#[cfg(feature = "ssr")]
mod book;
mod text;

use guanhu_ui::{Button, EmptyState, PageHead, dom, t, use_lang};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_params_map, use_query_map},
    location::Url,
};

pub use self::about::about;
use self::api::{HelpPage, Hit, Topic};
use crate::{Asked, loaded::Failed, scripts::LazyPage, shell::Protected, title::Title};

/// `/help`, `/help/TOPIC`, either with `?q=` what is looked for.
pub struct HelpRoute(Asked<HelpPage>);

impl LazyPage for HelpRoute {
    fn data() -> Self {
        let (params, query, lang) = (use_params_map(), use_query_map(), use_lang());
        let asked = Memo::new(move |_| {
            let topic = params.with(|params| params.get("topic"));
            (lang.get(), topic, query.with(|query| query.get("q").filter(|q| !q.trim().is_empty())))
        });
        HelpRoute(Asked::of(asked, |(lang, topic, q)| api::read_help(lang, topic, q)))
    }

    fn view(this: Self) -> AnyView {
        let page = this.0;
        let shown = move || {
            page.get().map(|answer| match answer {
                Ok(found) => show(found),
                Err(fail) => view! { <Failed fail on_retry=move |()| page.refetch() /> }.into_any(),
            })
        };
        view! {
            <Title text=t(text::title) />
            <Protected>
                <div class="page help">
                    <PageHead title=t(text::title) note=t(text::note) />
                    <Search />
                    <Transition>{shown}</Transition>
                </div>
            </Protected>
        }
        .into_any()
    }
}

/// A plain form: it works before any script arrives, and its question has an address.
#[component]
fn Search() -> impl IntoView {
    let lang = use_lang();
    let query = use_query_map();
    let navigate = use_navigate();
    let words = RwSignal::new(query.with_untracked(|query| query.get("q").unwrap_or_default()));
    Effect::new(move |_| words.set(query.with(|query| query.get("q").unwrap_or_default())));
    view! {
        <form
            class="help-search no-print"
            role="search"
            aria-label=t(text::search)
            method="get"
            action="/help"
            on:submit=move |event| {
                event.prevent_default();
                let q = words.with_untracked(|words| words.trim().to_owned());
                let to = if q.is_empty() { "/help".to_owned() } else { format!("/help?q={}", Url::escape(&q)) };
                navigate(&to, NavigateOptions::default());
            }
        >
            <input
                class="input"
                type="search"
                name="q"
                maxlength="60"
                aria-label=t(text::search)
                placeholder=t(text::placeholder)
                prop:value=words
                value=words.get_untracked()
                on:input=move |event| words.set(event_target_value(&event))
            />
            <Button r#type="submit">{move || text::find(lang.get())}</Button>
        </form>
    }
    .into_any()
}

fn show(page: HelpPage) -> AnyView {
    let HelpPage { topics, topic, hits, q } = page;
    let path = use_location().pathname;
    let lines = topics.into_iter().map(|Topic { slug, title }| {
        let href = format!("/help/{slug}");
        let own = href.clone();
        view! { <li><a href=href aria-current=move || path.with(|path| *path == own).then_some("page")>{title}</a></li> }
    });
    let body = match (q, topic) {
        (Some(q), _) => found(q, hits),
        (None, Some(html)) => {
            // What the address points at is there only now.
            let hash = use_location().hash;
            Effect::new(move |_| {
                let id = hash.get().trim_start_matches('#').to_owned();
                if !id.is_empty() {
                    dom::next_frame(move || dom::reveal_id(&id));
                }
            });
            view! { <article class="help-text" inner_html=html></article> }.into_any()
        }
        (None, None) => view! { <EmptyState title=t(text::no_topic) text=t(text::no_topic_hint) /> }.into_any(),
    };
    view! {
        <div class="help-body">
            <nav class="help-topics no-print" aria-label=t(text::topics)>
                <ul>{lines.collect_view()}</ul>
            </nav>
            {body}
        </div>
    }
    .into_any()
}

fn found(q: String, hits: Vec<Hit>) -> AnyView {
    let lang = use_lang();
    let count = hits.len();
    let lines = hits.into_iter().map(|Hit { slug, anchor, title, heading, excerpt }| {
        let href = if anchor.is_empty() { format!("/help/{slug}") } else { format!("/help/{slug}#{anchor}") };
        let name = if heading.is_empty() { title.clone() } else { format!("{title} › {heading}") };
        view! { <li><a href=href>{name}</a><p class="faint">{excerpt}</p></li> }
    });
    view! {
        <div class="help-text">
            <p role="status">{move || text::found(lang.get(), count, &q)}</p>
            <ul class="help-hits">{lines.collect_view()}</ul>
        </div>
    }
    .into_any()
}
