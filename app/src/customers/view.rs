//! The customer's page: everything the bank knows of one customer, and the log of contacts.

mod alerts;
mod balances;
mod browser;
mod charge;
mod conflict;
mod contact_form;
mod contacts;
mod contribution;
mod documents;
mod editor;
mod graph;
mod header;
mod here;
mod holdings;
mod kin;
mod log;
pub(crate) mod names;
mod offer;
mod opportunities;
mod profile;
mod relations;
mod reveal;
mod say;
mod tasks;
mod text;
mod timeline;
mod transactions;

use guanhu_domain::{Code, CustomerNo, live::LiveEvent};
use guanhu_ui::{Button, EmptyState, Glyph, Skeleton, dom, t};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_params_map;

pub use here::local;
use here::{Here, provide_here, use_here};

use super::{
    list::columns::Figures,
    view_api::{self, CustomerPage},
};
use crate::{
    Asked, Fail,
    desk::{self, Offer},
    live,
    loaded::Failed,
    palette::text as palette,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
    transfers::moving::MoveSheet,
};

/// `/customers/:no`.
pub struct CustomerRoute {
    page: Asked<CustomerPage>,
}

impl LazyPage for CustomerRoute {
    fn data() -> Self {
        let params = use_params_map();
        let known = use_me().is_some();
        let no = Memo::new(move |_| params.with(|params| params.get("no").and_then(|no| no.parse::<CustomerNo>().ok())));
        let page = Asked::of(no, move |no| async move {
            match no {
                Some(no) if known => view_api::read_customer(no).await,
                Some(_) => Err(Fail::new(Code::Unauthenticated)),
                None => Err(unknown()),
            }
        });
        CustomerRoute { page }
    }

    fn view(this: Self) -> AnyView {
        let page = this.page;
        // Read rather than awaited: the old customer leaves in the same breath in which the new one
        // comes, so that nothing of the old is drawn after it is gone.
        let shown = move || {
            page.get().map(|answer| match answer {
                Ok(found) => view! { <Customer page=found /> }.into_any(),
                Err(fail) if fail.0.code == Code::NotFound => view! { <NoCustomer /> }.into_any(),
                Err(fail) => view! { <div class="page"><Failed fail on_retry=move |()| page.refetch() /></div> }.into_any(),
            })
        };
        view! {
            <Protected>
                <Transition fallback=|| view! { <div class="page"><Skeleton lines=8 /></div> }>{shown}</Transition>
            </Protected>
        }
        .into_any()
    }
}

/// A number that cannot be one; the same answer as for a customer out of scope.
fn unknown() -> Fail {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    Fail::new(Code::NotFound)
}

/// Unknown, mistyped or somebody else's: nobody can tell which.
#[component]
fn NoCustomer() -> impl IntoView {
    view! {
        <Title text=t(text::not_found) />
        <div class="page">
            <h1 class="sr-only">{t(text::not_found)}</h1>
            <EmptyState title=t(text::not_found) text=t(text::not_found_hint) centre=true>
                <Button href="/customers" icon=Glyph::Customers>{t(text::to_list)}</Button>
            </EmptyState>
        </div>
    }
    .into_any()
}

#[component]
fn Customer(page: CustomerPage) -> impl IntoView {
    let here = provide_here(page);
    let name = here.part(|customer| customer.name.clone());
    let personal = here.customer.with_untracked(|customer| customer.kind == guanhu_domain::customers::Kind::Personal);
    shortcuts(here);
    if here.may_log() {
        desk::offer(vec![Offer::new("log-contact", palette::log_contact, move || here.log.set(true))]);
    }
    let may_move = here.may_change_charge();
    if may_move.get_untracked() {
        desk::offer(vec![Offer::new("move-customer", palette::move_customer, move || here.moving.set(true))]);
    }
    // Whoever it was given to is on the page as soon as it was given.
    live::follow(move |event| {
        let concerned = match event {
            LiveEvent::Assignment(moved) => moved.more || moved.customers.contains_key(&here.no),
            LiveEvent::Reset => true,
            _ => false,
        };
        if concerned {
            here.refresh();
        }
    });
    view! {
        <Title text=move || name.try_get().unwrap_or_default() />
        <article class="c360" class:personal=personal>
            <header::Header />
            <SectionNav />
            <div class="c360-body">
                <div class="c360-main">
                    <holdings::Holdings />
                    <balances::Balances />
                    <contribution::Contributions />
                    <transactions::Transactions />
                    <timeline::Timeline />
                    <relations::Relations />
                </div>
                <div class="c360-aside">
                    <tasks::Tasks />
                    <opportunities::Opportunities />
                    <contacts::Contacts />
                    <profile::ProfileFields />
                    <documents::Documents />
                </div>
            </div>
            <log::LogSheet />
            <charge::ChargeSheet />
            <Moving />
            <reveal::RevealDialog />
            <conflict::ConflictDialog />
        </article>
    }
    .into_any()
}

/// Gives the customer to somebody else.
#[component]
fn Moving() -> impl IntoView {
    let here = use_here();
    let me = use_me()?;
    let people = charge::colleagues(here.moving);
    let chosen = Signal::stored(vec![here.no]);
    let moved = move |()| {
        if here.is_here() {
            here.refresh();
        }
    };
    Some(view! { <MoveSheet subject=here.no.to_string() open=here.moving chosen people figures=Figures::of(&me) asked=|()| () moved /> })
}

/// The sections by anchor, in the order of the page.
const SECTIONS: &[(&str, fn(guanhu_domain::Lang) -> &'static str)] = &[
    ("holdings", text::holdings),
    ("balances", text::balances),
    ("contribution", text::contributions),
    ("transactions", text::transactions),
    ("timeline", text::timeline),
    ("relations", text::relations),
    ("tasks", text::tasks),
    ("opportunities", crate::opportunities::text::opportunities),
    ("contacts", text::contacts),
    ("profile", text::profile),
    ("documents", text::documents),
];

/// Where one is on the page, always in sight.
#[component]
fn SectionNav() -> impl IntoView {
    let at = RwSignal::new("holdings");
    let held = StoredValue::new(false);
    browser::section_in_view(SECTIONS.iter().map(|(id, _)| *id).collect(), at, held);
    // The last ones never reach the top, and those in the margin stand beside the others.
    let go = move |id: &'static str| {
        at.set(id);
        held.set_value(true);
        dom::after(600, move || {
            let _ = held.try_set_value(false);
        });
    };
    view! {
        <nav class="c360-nav no-print" aria-label=t(text::sections)>
            <ul>
                {SECTIONS
                    .iter()
                    .map(|(id, label)| {
                        view! {
                            <li>
                                <a href=format!("#{id}") on:click=move |_| go(id) aria-current=move || (at.get() == *id).then_some("location")>
                                    {t(*label)}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </nav>
    }
    .into_any()
}

/// `c` logs a contact, unless something is being typed.
fn shortcuts(here: Here) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key() && !event.is_composing();
            if plain && event.key() == "c" && !browser::is_typing(&event) && here.may_log() {
                event.prevent_default();
                here.log.set(true);
            }
        });
        on_cleanup(move || handle.remove());
    });
}
