//! The frame of every page: bar, rail, content; and the parts pages are made of.

use leptos::{prelude::*, text_prop::TextProp};

use crate::{
    field::HelpLink,
    focus,
    icon::{Glyph, Icon},
    lang::{t, use_lang},
    text,
};

/// The id of the content of a page.
const MAIN: &str = "main";

/// A place in the rail.
#[derive(Clone)]
pub struct NavItem {
    href: String,
    label: TextProp,
    glyph: Glyph,
    count: Option<Signal<i64>>,
    urgent: bool,
    gap: bool,
}

impl NavItem {
    pub fn new(href: impl Into<String>, label: impl Into<TextProp>, glyph: Glyph) -> NavItem {
        NavItem { href: href.into(), label: label.into(), glyph, count: None, urgent: false, gap: false }
    }

    pub fn href(&self) -> &str {
        &self.href
    }

    /// How much waits there; `urgent` shows it in vermilion.
    pub fn count(mut self, count: impl Into<Signal<i64>>, urgent: bool) -> NavItem {
        self.count = Some(count.into());
        self.urgent = urgent;
        self
    }

    /// A hairline above: a new group of places.
    pub fn gap(mut self) -> NavItem {
        self.gap = true;
        self
    }
}

/// The frame around the whole application: slim bar on top, rail at the left (icons with words on a
/// tablet, a bar at the bottom of a phone), content. `path` is the address now; the most important four
/// places come first, for the phone.
///
/// `<Shell nav path search=move || view! { … } tools=move || view! { … }><Routes/></Shell>`
#[component]
pub fn Shell(
    #[prop(into)] nav: Signal<Vec<NavItem>>,
    #[prop(into)] path: Signal<String>,
    /// The global search in the bar.
    #[prop(optional, into)]
    search: ViewFn,
    /// The end of the bar: business date, bell, language, user.
    #[prop(optional, into)]
    tools: ViewFn,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let more = RwSignal::new(false);
    focus::keep(MAIN);
    let places = move || {
        nav.get()
            .into_iter()
            .map(|item| {
                let own = item.href.clone();
                let here = move || path.with(|path| is_under(path, &own)).then_some("page");
                let NavItem { href, label, glyph, count, urgent, gap } = item;
                view! {
                    <li class:rail-gap=gap>
                        <a href=href aria-current=here on:click=move |_| more.set(false)>
                            <Icon glyph/>
                            <span>{move || label.get()}</span>
                            {count.map(|count| move || {
                                let count = count.get();
                                (count > 0).then(|| view! { <span class="rail-count" class:urgent=urgent>{count}</span> })
                            })}
                        </a>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <a class="skip" href="#main">{move || text::skip(lang.get())}</a>
        <div class="shell">
            <header class="topbar">
                <a class="brand" href="/" aria-label="管户 Guanhu">"管户"<small>"Guanhu"</small></a>
                <div class="topbar-search">{move || search.run()}</div>
                <div class="topbar-end">{move || tools.run()}</div>
            </header>
            <nav class="rail" class:open=move || more.get() aria-label=t(text::main_navigation)>
                <ul>
                    {places}
                    <li class="rail-more">
                        <button
                            type="button"
                            aria-expanded=move || more.get().to_string()
                            on:click=move |_| more.update(|more| *more = !*more)
                        >
                            <Icon glyph=Glyph::More/>
                            <span>{move || text::more(lang.get())}</span>
                        </button>
                    </li>
                </ul>
            </nav>
            <main class="shell-main" id=MAIN tabindex="-1">{children()}</main>
        </div>
    }
    .into_any()
}

fn is_under(path: &str, place: &str) -> bool {
    path == place || place != "/" && path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
}

/// The search in the bar, as a button that opens the palette. `<SearchBox label=t(text::find) keys="Ctrl K" on_open=…/>`
#[component]
pub fn SearchBox(
    #[prop(into)] label: TextProp,
    #[prop(optional, into)] keys: Option<TextProp>,
    #[prop(into)] on_open: Callback<()>,
) -> impl IntoView {
    view! {
        <button class="search-box" type="button" on:click=move |_| on_open.run(())>
            <Icon glyph=Glyph::Search/>
            <span>{move || label.get()}</span>
            {keys.map(|keys| view! { <kbd>{move || keys.get()}</kbd> })}
        </button>
    }
    .into_any()
}

/// The head of a page: where, what, as of when, and its actions as children. One per page: it holds the h1.
///
/// `<div class="page"><PageHead title=t(text::customers) note=as_of><Button>…</Button></PageHead>…</div>`
#[component]
pub fn PageHead(
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] note: Option<TextProp>,
    #[prop(optional, into)] above: ViewFn,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="page-head-text">
                {move || above.run()}
                <h1>{move || title.get()}</h1>
                {note.map(|note| view! { <p class="faint">{move || note.get()}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
    .into_any()
}

/// A part of a page under its own heading; `tools` stands at the end of the heading's line, and a question mark beside
/// the heading leads to the page of the handbook that is named by `help`, once a page.
///
/// `<Section title=t(text::holdings)>…</Section>`
#[component]
pub fn Section(
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] note: Option<TextProp>,
    #[prop(optional, into)] tools: ViewFn,
    /// Such as `tiers#grace`; empty for none.
    #[prop(default = "")]
    help: &'static str,
    children: Children,
) -> impl IntoView {
    let heading = (!help.is_empty()).then(|| format!("about-{}", help.replace('#', "-")));
    view! {
        <section class="section">
            <header class="section-head">
                <h2 id=heading.clone()>{move || title.get()}</h2>
                {heading.map(|about| view! { <HelpLink page=help about/> })}
                {note.map(|note| view! { <span class="faint">{move || note.get()}</span> })}
                <div class="push">{move || tools.run()}</div>
            </header>
            {children()}
        </section>
    }
    .into_any()
}

/// Words and values in pairs. `<Facts><Fact label=t(text::phone)>"138…"</Fact></Facts>`
#[component]
pub fn Facts(children: Children) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }.into_any()
}

/// One pair of [`Facts`].
#[component]
pub fn Fact(#[prop(into)] label: TextProp, children: Children) -> impl IntoView {
    view! { <div><dt>{move || label.get()}</dt><dd>{children()}</dd></div> }.into_any()
}

/// A row of large figures. `<Figures><Figure label=t(text::aum)><Amount minor/></Figure></Figures>`
#[component]
pub fn Figures(children: Children) -> impl IntoView {
    view! { <div class="figures">{children()}</div> }.into_any()
}

/// One figure of [`Figures`]; with `href` it leads to the rows it is made of.
#[component]
pub fn Figure(
    #[prop(into)] label: TextProp,
    #[prop(optional, into)] note: ViewFn,
    #[prop(optional, into)] href: Option<TextProp>,
    children: Children,
) -> impl IntoView {
    let inside = view! {
        <span class="figure-label">{move || label.get()}</span>
        <span class="figure-value">{children()}</span>
        <span class="figure-note">{move || note.run()}</span>
    };
    match href {
        Some(href) => view! { <a class="figure" href=move || href.get()>{inside}</a> }.into_any(),
        None => view! { <div class="figure">{inside}</div> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_under;

    #[test]
    fn a_place_covers_what_lies_below_it() {
        assert!(is_under("/customers/1", "/customers"));
        assert!(!is_under("/customers-x", "/customers"));
        assert!(is_under("/", "/"));
        assert!(!is_under("/customers", "/"));
    }
}
