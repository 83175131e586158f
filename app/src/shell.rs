//! The document, the routes and the frame around every page.

use guanhu_domain::{
    Lang,
    access::{Me, Role, Verb, account::Preferences},
};
use guanhu_ui::{
    Badge, Button, ButtonKind, DateText, Density, EmptyState, Glyph, Icon, IconButton, Menu, MenuItem, NavItem, PageHead, Shell, Theme,
    ToastHost, dom, format_date, provide_appearance, provide_lang, provide_toasts, t, use_appearance, use_lang, use_lang_switch,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{A, Redirect, Route, Router, Routes},
    hooks::use_location,
    location::Url,
    path,
};
use serde::{Deserialize, Serialize};

use crate::{
    access::{LoginPage, prefer},
    asking,
    customers::find::Find,
    desk::{AtHand, Desk, Tool, use_desk},
    help,
    practice::{self, Band, Here, use_here},
    scripts::*,
    text,
    title::Title,
    tour::{FirstUse, TourOffer},
};

/// The HTML document around [`App`], on the server.
pub fn document(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server::guard();
    let start = Start::here();
    let pkg = format!("/{}", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html
            lang=start.lang.tag()
            data-theme=start.theme_attribute()
            data-density=start.density.clone()
            data-practice=(start.here == Here::Within).then_some("")
            style=print_style(&start)
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#0f6e56" />
                <link rel="icon" href=format!("{pkg}/icon.svg") type="image/svg+xml" />
                <link rel="apple-touch-icon" href=format!("{pkg}/icon-192.png") />
                <link rel="manifest" href="/manifest.webmanifest" />
                <leptos_meta::HashedStylesheet options=options.clone() id="guanhu-css" />
                <HydrationScripts options />
                <MetaTags />
                <script nonce=leptos::nonce::use_nonce()>{scripts_of_head(start.here)}</script>
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

fn scripts_of_head(here: Here) -> String {
    match here {
        Here::Within => format!("{EARLY};{DEAD};{NETWORK};{};{}", asking::SCRIPT, practice::SAYS),
        _ => format!("{EARLY};{DEAD};{NETWORK};{}", asking::SCRIPT),
    }
}

fn print_style(start: &Start) -> Option<String> {
    #[cfg(feature = "ssr")]
    return start.me.as_ref().map(|me| crate::printing::style(me, start.here));
    #[cfg(not(feature = "ssr"))]
    {
        let _ = start;
        None
    }
}

/// Keeps the last click on a button, or Enter in a box without a form, that nobody listens to yet, and what was typed and
/// chosen; repeats all of it once somebody does: the frame first, the page in it when its own script has come. A link is the
/// browser's until then: led elsewhere by the router, the page that is coming alive would be taken for the other one.
const EARLY: &str = "(function(d){var b=null,m=new Map(),frame=false,taken=false;function within(x){return !!x.closest('main')}\
function box(x){return x.type=='checkbox'||x.type=='radio'}function mute(x){return !frame||within(x)}\
function keep(e){var x=e.target;b=null;if(!x.closest)return;if(x.closest('a[href]'))e.stopPropagation();\
else if(e.isTrusted)b=x.closest('button[type=button]');if(b&&!mute(b))b=null}\
function press(e){var x=e.target;if(e.key=='Enter'&&!e.isComposing&&x.matches&&x.matches('input')&&!x.form&&mute(x))b=x}\
function type(e){var x=e.target;if(b==x&&e.type=='input')b=null;if(x.matches&&x.matches('input:not([type=file]),select,textarea')&&mute(x)&&!(taken&&box(x)))m.set(x,box(x)?x.checked:x.value)}\
function again(all){m.forEach(function(v,x){if(!all&&within(x))return;m.delete(x);if(!x.isConnected)return;\
if(box(x)){x.checked=!v;x.click();return}x.value=v;['input','change'].forEach(function(n){x.dispatchEvent(new Event(n,{bubbles:true}))})});\
var x=b;if(!x||(!all&&within(x)))return;b=null;if(!x.isConnected)return;\
if(x.matches('input'))x.dispatchEvent(new KeyboardEvent('keydown',{key:'Enter',bubbles:true,cancelable:true}));else x.click()}\
function hands(how){d[how]('click',keep,true);d[how]('keydown',press,true)}\
function words(how){d[how]('input',type,true);d[how]('change',type,true)}\
hands('addEventListener');words('addEventListener');\
d.addEventListener('guanhu:frame',function(){frame=true;again(false)},{once:true});\
d.addEventListener('guanhu:taken',function(){taken=true;hands('removeEventListener')},{once:true});\
d.addEventListener('guanhu:alive',function(){words('removeEventListener');again(true)},{once:true})})(document)";

/// Says that what is in sight is only drawn, where the script that brings the frame alive does not arrive or gives up, and
/// where that of the page does not; and asks for all of it again.
const DEAD: &str = "(function(w,d){var alive=false;\
function say(){var o=d.getElementById('dead'),s=d.createElement('span'),b=d.createElement('button');if(!o||o.firstElementChild)return;\
s.textContent=o.dataset.said;b.textContent=o.dataset.retry;b.type='button';b.className='btn';o.hidden=false;o.append(s,b)}\
d.addEventListener('guanhu:frame',function(){alive=true},{once:true});\
d.addEventListener('guanhu:gone',say);\
w.addEventListener('unhandledrejection',function(){if(alive)return;say();d.dispatchEvent(new Event('guanhu:dead'))});\
d.addEventListener('click',function(e){if(e.target.closest&&e.target.closest('#dead button'))w.location.reload()})\
})(window,document)";

/// Says when there is no network, lets the browser keep the shell, and tells what the bell wants told outside the
/// page. Works before any other script arrives.
const NETWORK: &str = "(function(w,d,n){function say(){var o=d.getElementById('offline');if(o)o.firstElementChild.hidden=n.onLine}\
w.addEventListener('online',say);w.addEventListener('offline',say);d.addEventListener('DOMContentLoaded',say);\
if(n.serviceWorker)w.addEventListener('load',function(){n.serviceWorker.register('/sw.js').catch(function(){})});\
d.addEventListener('guanhu:notice',function(e){var t=e.detail.split('\\n'),o={body:t[1],tag:'guanhu'};\
function plain(){try{var p=new Notification(t[0],o);p.onclick=function(){w.focus();p.close()}}catch(_){}}\
if(n.serviceWorker)n.serviceWorker.getRegistration().then(function(r){if(r&&r.active)return r.showNotification(t[0],o);plain()}).catch(plain);else plain()})\
})(window,document,navigator)";

/// What the first paint depends on: computed by the server, handed to the browser with the page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Start {
    me: Option<Me>,
    lang: Lang,
    theme: String,
    density: String,
    first_use: bool,
    /// Where the server's events stood before it read what the page shows.
    events: i64,
    here: Here,
}

impl Start {
    #[cfg(feature = "ssr")]
    fn here() -> Start {
        let (lang, theme, density) = crate::server::manners();
        Start {
            me: crate::server::actor().map(|actor| actor.me),
            lang,
            theme: theme.code().into(),
            density: density.code().into(),
            first_use: !crate::server::has_cookie(crate::tour::COOKIE),
            events: use_context::<crate::live::Place>().map_or(0, |place| place.0),
            here: Here::of_request(),
        }
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
    crate::live::begin(start.events);
    practice::provide_here(start.here);
    provide_lang(start.lang);
    provide_appearance(Theme::from_code(&start.theme), Density::from_code(&start.density));
    // Who must put the account in order first has other worries.
    provide_context(FirstUse(start.first_use && start.me.as_ref().is_some_and(|me| !me.is_restricted())));
    provide_context(start.me);
    view! {
        <Router>
            <Frame>
                // Whole pages: readable before any script arrives, and nothing moves when it does.
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/customers/:no") view={Lazy::<CustomerRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/customers") view={Lazy::<ListRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/board") view={Lazy::<BoardRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/transfers/:id/sheet") view={Lazy::<SheetRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/transfers/new") view={Lazy::<ManyRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/transfers") view={Lazy::<TransfersRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/opportunities") view={Lazy::<OpportunitiesRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/pool") view={Lazy::<PoolRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/handover") view={Lazy::<HandoverRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/home") view={Lazy::<HomeRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/managers/compare") view={Lazy::<CompareRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/managers/:code/certificate") view={Lazy::<CertificateRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/managers/:code") view={Lazy::<ManagerRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/managers") view={Lazy::<ManagersRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/products/:code") view={Lazy::<ProductRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/products") view={Lazy::<ProductsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/value") view={Lazy::<ValueRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/behind") view={Lazy::<BehindRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards/targets") view={Lazy::<TargetsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/dashboards") view={Lazy::<BankRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                    <Route path=path!("/account") view={Lazy::<AccountRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/users") view={Lazy::<UsersRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/approvals") view={Lazy::<ApprovalsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/units") view={Lazy::<UnitsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/staff") view={Lazy::<StaffRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/prices") view={Lazy::<PricesRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/parameters") view={Lazy::<ParametersRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/scoring") view={Lazy::<ScoringRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/products") view={Lazy::<WordingRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/admin/newcomers") view={Lazy::<NewcomersRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/audit") view={Lazy::<AuditRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/imports") view={Lazy::<HistoryRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/imports/new") view={Lazy::<LoadRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/imports/runs/:run") view={Lazy::<RunRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/imports/mappings/:name") view={Lazy::<EditorRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/groups") view={Lazy::<GroupsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/lifecycle") view={Lazy::<LifecycleRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/tiers") view={Lazy::<TiersRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/system") view={Lazy::<SystemRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/help/:topic") view={Lazy::<HelpRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/help") view={Lazy::<HelpRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/practice") view={Lazy::<PracticeRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("/gallery") view={Lazy::<GalleryRoute>::new()} ssr=SsrMode::Async />
                </Routes>
            </Frame>
        </Router>
    }
}

/// Bar, rail and the place for the page; only the page before login.
#[component]
fn Frame(children: Children) -> impl IntoView {
    provide_toasts();
    let Some(me) = use_me() else {
        return view! {
            <main id="main" class="bare">
                {children()}
            </main>
            <ToastHost />
        }
        .into_any();
    };
    let path = use_location().pathname;
    keep_looks();
    aim();
    Effect::new(|_| dom::tell("guanhu:frame"));
    // A link that was followed is gone with its page: who reads by ear or types goes on in the new one.
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            for millis in [150, 700] {
                dom::after(millis, || dom::focus_if_lost("main"));
            }
        }
        now
    });
    let nav = places(&me);
    let tools = {
        let me = me.clone();
        move || view! { <Tools me=me.clone() /> }
    };
    let desk = Desk::provide();
    let at_hand = me.clone();
    let search = move || view! { <Find me=me.clone() /> };
    view! {
        <Band />
        // Shown by the script in the head, whatever else is alive.
        <div id="offline" class="offline-bar" role="status">
            <span hidden>{t(text::offline)}</span>
            <span hidden>{t(text::slow)}</span>
        </div>
        <Dead />
        <Shell nav path search tools>
            <TourOffer desk />
            {children()}
        </Shell>
        <ToastHost />
        <AtHand desk me=at_hand />
    }
    .into_any()
}

/// Filled by the script in the head, whatever else is alive.
#[component]
fn Dead() -> impl IntoView {
    let lang = use_lang();
    let said = move || format!("{} {}", text::page_gone(lang.get()), text::page_gone_hint(lang.get()));
    view! {
        <div id="dead" class="notice alarm no-print" role="alert" hidden data-said=said data-retry=move || text::retry(lang.get())></div>
    }
    .into_any()
}

/// The script of a page comes while one points at a link to it, touches it or reaches it by key, wherever the link is.
fn aim() {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        use wasm_bindgen::JsCast;
        // The last one: a pointer that moves within a link says so again and again.
        let aimed = StoredValue::new(String::new());
        let aim = move |target: Option<web_sys::EventTarget>| {
            let under = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let link = under.and_then(|under| under.closest("a[href^='/']:not([download], [target])").ok()?);
            let Some(href) = link.and_then(|link| link.get_attribute("href")) else { return };
            let path = href.split(['?', '#']).next().unwrap_or_default().to_owned();
            if aimed.with_value(|before| *before != path) {
                aimed.set_value(path.clone());
                dom::once_hydrated(move || fetch_ahead(&path));
            }
        };
        let handles = [
            window_event_listener(leptos::ev::pointerover, move |event| aim(event.target())),
            window_event_listener(leptos::ev::pointerdown, move |event| aim(event.target())),
            window_event_listener(leptos::ev::focusin, move |event| aim(event.target())),
        ];
        on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
    });
}

/// Language and looks stay with the account, whatever on the page changes them: logging in brings them along.
fn keep_looks() {
    let (lang, appearance) = (use_lang(), use_appearance());
    Effect::new(move |before: Option<(Lang, Theme, Density)>| {
        let now = (lang.get(), appearance.theme.get(), appearance.density.get());
        if let Some(before) = before
            && before != now
        {
            let wanted = Preferences {
                lang: (before.0 != now.0).then_some(now.0),
                theme: (before.1 != now.1).then(|| now.1.code().to_owned()),
                density: (before.2 != now.2).then(|| now.2.code().to_owned()),
                ..Preferences::default()
            };
            // This browser has them in its cookies; the account is the copy for elsewhere.
            spawn_local(async move {
                let _ = prefer(wanted).await;
            });
        }
        now
    });
}

/// Where one can go, by whom and under which sign, the most used first.
pub(crate) const PLACES: [(Verb, &str, fn(Lang) -> &'static str, Glyph); 20] = [
    (Verb::CustomerList, "/customers", text::customers, Glyph::Customers),
    (Verb::TransferList, "/board", text::board, Glyph::Board),
    (Verb::DashboardView, "/dashboards", text::dashboards, Glyph::Contribution),
    (Verb::OpportunityList, "/opportunities", text::opportunities, Glyph::Campaign),
    (Verb::TransferList, "/transfers", text::transfers, Glyph::Transfer),
    (Verb::GroupUse, "/groups", text::groups, Glyph::Filter),
    (Verb::UserList, "/admin/users", text::users, Glyph::Manager),
    (Verb::UserList, "/admin/approvals", text::approvals, Glyph::Check),
    (Verb::StaffChange, "/admin/staff", text::staff, Glyph::Customers),
    (Verb::UnitChange, "/admin/units", text::units, Glyph::Bank),
    (Verb::ParameterChange, "/admin/newcomers", text::newcomers, Glyph::Assignment),
    (Verb::CurveChange, "/admin/prices", text::prices, Glyph::Contribution),
    (Verb::ParameterChange, "/admin/parameters", text::parameters, Glyph::Columns),
    (Verb::ParameterChange, "/admin/scoring", text::scoring, Glyph::Check),
    (Verb::ProductText, "/admin/products", text::wording, Glyph::Product),
    (Verb::TierView, "/tiers", text::tiers, Glyph::Tier),
    (Verb::LifecycleView, "/lifecycle", text::lifecycle, Glyph::Pipeline),
    (Verb::AuditSearch, "/audit", text::audit, Glyph::Audit),
    (Verb::FeedView, "/imports", text::imports, Glyph::Import),
    (Verb::SystemView, "/system", text::system, Glyph::Admin),
];

/// What the actor may go to.
fn places(me: &Me) -> Vec<NavItem> {
    PLACES.into_iter().filter(|(verb, ..)| me.may(*verb)).map(|(_, href, label, glyph)| NavItem::new(href, t(label), glyph)).collect()
}

/// The end of the bar: the day the data speaks for, language, looks, the user.
#[component]
fn Tools(me: Me) -> impl IntoView {
    let lang = use_lang();
    let switch = use_lang_switch();
    let appearance = use_appearance();
    let other = move || if lang.get() == Lang::Zh { "EN" } else { "中文" };
    let (date, is_demo) = (me.business_date, me.is_demo);
    let demo = me.is_demo.then(|| view! { <span class="wide"><Badge>{t(text::demo_bank)}</Badge></span> });
    let themes = [
        (Theme::Auto, text::theme_auto as fn(Lang) -> &'static str),
        (Theme::Light, text::theme_light),
        (Theme::Dark, text::theme_dark),
        (Theme::Contrast, text::theme_contrast),
    ]
    .map(|(theme, label)| {
        MenuItem::new(t(label), move || appearance.theme.set(theme)).checked(Signal::derive(move || appearance.theme.get() == theme))
    });
    let path = use_location().pathname;
    let about = move || path.with(|path| help::about(path));
    let desk = use_desk();
    let call = move |tool| {
        if let Some(desk) = desk {
            desk.call(tool);
        }
    };
    let mut items = vec![
        MenuItem::link(t(text::account), "/account"),
        MenuItem::new(t(text::commands), move || call(Tool::Palette)).note("Ctrl K"),
        MenuItem::new(t(text::keys), move || call(Tool::Keys)).note("?"),
        MenuItem::new(t(text::print), move || call(Tool::Print)).note("Ctrl P"),
        MenuItem::link(t(text::handbook), about),
        MenuItem::new(t(text::tour), move || call(Tool::Tour)),
    ];
    let here = use_here();
    if here != Here::Alone {
        items.push(MenuItem::link(t(practice::name), "/practice"));
    }
    // A phone's bar has no room for these two.
    let note = move || {
        let demo = if is_demo { format!(" · {}", text::demo_bank(lang.get())) } else { String::new() };
        format!("{} {}{demo}", text::business_date(lang.get()), format_date(date, lang.get()))
    };
    items.extend(themes.into_iter().enumerate().map(|(at, item)| if at == 0 { item.rule() } else { item }));
    items.push(
        MenuItem::new(t(text::compact), move || {
            appearance
                .density
                .update(|density| *density = if *density == Density::Compact { Density::Comfortable } else { Density::Compact });
        })
        .rule()
        .checked(Signal::derive(move || appearance.density.get() == Density::Compact)),
    );
    items.push(match here {
        Here::Within => MenuItem::new(t(practice::leave_name), practice::leave).rule(),
        _ => MenuItem::new(t(text::log_out), || submit("log-out")).rule(),
    });
    view! {
        {demo}
        <span class="faint as-of wide" title=t(text::business_date)>
            <DateText date />
        </span>
        <span class="wide">
            <a
                class="icon-btn"
                href=about
                target="_blank"
                rel="noopener"
                title=move || text::about_page(lang.get())
                aria-label=move || text::about_page(lang.get())
            >
                <Icon glyph=Glyph::Help />
            </a>
        </span>
        {desk.map(bell)}
        <span class="wide">
            <Button kind=ButtonKind::Quiet on_click=move |_| call(Tool::Palette)>
                {t(text::commands)}
                <kbd>"Ctrl K"</kbd>
            </Button>
        </span>
        <Button
            kind=ButtonKind::Quiet
            on_click=move |_| {
                if let Some(switch) = switch {
                    dom::once_hydrated(move || switch.update(|lang| *lang = if *lang == Lang::Zh { Lang::En } else { Lang::Zh }));
                }
            }
        >
            <span lang=move || if lang.get() == Lang::Zh { "en" } else { "zh" }>{other}</span>
        </Button>
        <Menu name="me" label=me.name.clone() end=true items foot=note />
        <form id="log-out" method="post" action="/logout" hidden></form>
    }
}

/// The bell with how much was not read.
fn bell(desk: Desk) -> AnyView {
    let lang = use_lang();
    let unread = desk.unread;
    let label = move || if unread.get() == 0 { text::bell(lang.get()).to_owned() } else { text::bell_n(lang.get(), unread.get()) };
    view! {
        <span class="bell-button">
            <IconButton glyph=Glyph::Bell label on_click=move |_| desk.call(Tool::Bell) />
            {move || (unread.get() > 0).then(|| view! { <span class="bell-count" aria-hidden="true">{move || if unread.get() > 99 { "99+".to_owned() } else { unread.get().to_string() }}</span> })}
        </span>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
pub(crate) fn submit(form: &str) {
    use wasm_bindgen::JsCast;
    let form = web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(form));
    if let Some(form) = form.and_then(|form| form.dyn_into::<web_sys::HtmlFormElement>().ok()) {
        let _ = form.request_submit();
    }
}

#[cfg(not(feature = "hydrate"))]
pub(crate) fn submit(_form: &str) {}

/// Each role's own start; without a session, the login page that leads back here.
#[component]
fn Home() -> impl IntoView {
    let to = match use_me() {
        None => "/login".to_owned(),
        Some(me) => match me.role {
            Role::Executive => "/dashboards".to_owned(),
            Role::SecurityOfficer => "/admin/approvals".to_owned(),
            _ => places(&me).into_iter().next().map_or_else(|| "/account".to_owned(), |place| place.href().to_owned()),
        },
    };
    view! { <Redirect path=to /> }
}

/// The login page, which leads back to this path and query.
pub fn login_address(next: &str) -> String {
    format!("/login?next={}", Url::escape(next))
}

/// Wraps every page but the login: without a session the login page, which leads back.
#[component]
pub fn Protected(children: Children) -> impl IntoView {
    match use_me() {
        // Whoever must change the password or set up a second factor does that before anything else.
        Some(me) if me.is_restricted() && use_location().pathname.get_untracked() != "/account" => {
            view! { <Redirect path="/account" /> }.into_any()
        }
        Some(_) => children().into_any(),
        None => {
            let location = use_location();
            let next = location.pathname.get_untracked() + location.search.get_untracked().as_str();
            view! { <Redirect path=login_address(&next) /> }.into_any()
        }
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <div class="page">
            <Title text=t(text::page_not_found) />
            <PageHead title=t(text::page_not_found) />
            <EmptyState title=t(text::page_not_found_hint)>
                <A href="/">{t(text::to_start)}</A>
            </EmptyState>
        </div>
    }
}
