//! The customers list: first paint from the server, then a window over as many rows as one scrolls through.

mod bulk;
pub(crate) mod columns;
mod dom;
mod empty;
pub(crate) mod filters;
mod kept;
mod layout;
pub(crate) mod listing;
mod pick;
pub(crate) mod question;
mod search;
pub(super) mod text;
mod tools;
pub(crate) mod views;
pub(crate) mod when;

use guanhu_domain::{
    Code,
    access::{Me, Verb},
    customers::{CustomerItem, CustomerQuery},
    tiers::MovementKind,
};
use guanhu_ui::{DataTable, PageHead, Skeleton, format_date, use_lang};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_query_map;

pub(crate) use self::columns::Figures;
use self::{filters::Names, kept::Kept, listing::Listing, search::Search, views::Views};
pub(super) use self::{kept::hand_over, question::is_private as private};
use crate::{
    Asked, Fail,
    customers::api::{self, ListStart},
    desk::{self, Offer},
    live,
    loaded::Failed,
    palette::text as palette,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// The page's name for saved views, and the id of its table.
pub const PAGE: &str = "customers";

/// The row that keys begin with.
const FIRST_ROW: &str = "tr[tabindex='0']";

/// The id of the list's search box.
pub(super) const fn search_box() -> &'static str {
    search::BOX
}

/// The list at `/customers`.
pub struct ListRoute {
    query: CustomerQuery,
    /// None for nobody, and for those who may not see customers.
    first: Option<First>,
}

/// Where the first rows come from.
enum First {
    /// The list as it was left.
    Kept(Box<Kept>),
    /// And whether the names of the filters' codes come along.
    Asked(Asked<ListStart>, bool),
}

impl LazyPage for ListRoute {
    fn data() -> Self {
        let mut query = use_query_map().with_untracked(question::read);
        if !use_me().is_some_and(|me| me.may(Verb::CustomerList)) {
            return ListRoute { query, first: None };
        }
        if let Some(words) = kept::handed_over() {
            query.q = Some(words);
        } else if let Some(kept) = kept::take(&question::write(&query)) {
            return ListRoute { query: kept.query.clone(), first: Some(First::Kept(Box::new(kept))) };
        }
        let with_choices = Listing::lacks_names(&query);
        let asked = query.clone();
        let first = Asked::once(move || api::start_list(asked.clone(), with_choices));
        ListRoute { query, first: Some(First::Asked(first, with_choices)) }
    }

    fn view(this: Self) -> AnyView {
        let ListRoute { query, first } = this;
        let lang = use_lang();
        view! {
            <Title text=move || text::title(lang.get()) />
            <Protected>
                {use_me()
                    .map(move |me| match first {
                        Some(first) => page(me, query, first),
                        None => forbidden(),
                    })}
            </Protected>
        }
        .into_any()
    }
}

fn forbidden() -> AnyView {
    let lang = use_lang();
    #[cfg(feature = "ssr")]
    crate::server::say_status(Code::Forbidden);
    view! {
        <div class="page">
            <PageHead title=move || text::customers(lang.get()) />
            <Failed fail=Fail::new(Code::Forbidden) on_retry=|()| () />
        </div>
    }
    .into_any()
}

fn page(me: Me, query: CustomerQuery, first: First) -> AnyView {
    let lang = use_lang();
    let listing = Listing::new(query);
    live::follow(move |event| listing.hear(event));
    desk::offer(vec![Offer::new("clear-filters", palette::clear_filters, move || filters::clear_all(listing))]);
    let figures = Figures::of(&me);
    let role = me.role;
    let note = move || text::as_of(lang.get(), &format_date(figures.today, lang.get()));
    // Every way to a customer is a click on a link, also with Enter; the router hears of it afterwards.
    let leave = move |event: ev::MouseEvent| {
        if let Some(row) = dom::opened_row(&event) {
            listing.keep(Some(row));
        }
    };
    let names = match &first {
        First::Asked(first, true) => Names::Start(*first),
        _ => Names::Here,
    };
    let rows = match first {
        First::Kept(kept) => {
            let shown = table(&me, listing, figures);
            listing.restore(*kept);
            shown
        }
        First::Asked(first, _) => {
            let me = StoredValue::new(me);
            view! {
                <Suspense fallback=|| view! { <Skeleton lines=12 /> }>
                    {move || Suspend::new(async move {
                        listing.begin(first.answer().await);
                        table(&me.get_value(), listing, figures)
                    })}
                </Suspense>
            }
            .into_any()
        }
    };
    view! {
        <div class="page customers" on:click=leave>
            <PageHead title=move || text::customers(lang.get()) note>
                <Views listing />
            </PageHead>
            <div class="customers-ask">
                <Search listing />
                {filters::named(listing, figures, role, names)}
            </div>
            {moves(listing)}
            {rows}
            <bulk::Bulk listing figures />
        </div>
    }
    .into_any()
}

/// Whose tiers changed lately, as ways to those customers; nothing where nobody's did.
fn moves(listing: Listing) -> AnyView {
    let lang = use_lang();
    let links = move || {
        let moves: Vec<_> = listing.moves.get().unwrap_or_default().by_kind().collect();
        (!moves.is_empty()).then(|| {
            let link = |(kind, n): (MovementKind, i64)| {
                let href = format!("/customers?tier_move={}", kind.code());
                let here = move || listing.query.with(|query| query.tier_move == Some(kind)).then_some("true");
                view! { <a href=href aria-current=here>{move || text::moves_n(lang.get(), kind.name(lang.get()), n)}</a> }
            };
            view! {
                <nav class="customers-moves" aria-label=move || text::moves(lang.get())>
                    <span class="faint">{move || text::moves(lang.get())}</span>
                    {moves.into_iter().map(link).collect_view()}
                </nav>
            }
        })
    };
    view! { {links} }.into_any()
}

fn table(me: &Me, listing: Listing, figures: Figures) -> AnyView {
    let lang = use_lang();
    let role = me.role;
    // The head of a column and the question say the same order: whoever changes, the other follows.
    let order = RwSignal::new(Some(listing.query.with_untracked(|asked| question::order(asked.sort))));
    Effect::new(move |before: Option<()>| {
        let wanted = order.with(|order| question::sort(order.as_ref()));
        if before.is_some() {
            listing.change(false, |asked| asked.sort = wanted);
        }
    });
    Effect::new(move |_| {
        let now = Some(listing.query.with(|asked| question::order(asked.sort)));
        if order.with_untracked(|order| *order != now) {
            order.set(now);
        }
    });
    // Dragging an edge changes the layout with every pixel.
    let arranged = StoredValue::new(None);
    let error = Signal::derive(move || listing.fail.get().map(|fail| fail.words(lang.get())));
    let reference = Signal::derive(move || listing.fail.get().and_then(|fail| fail.0.reference));
    view! {
        <DataTable
            name=PAGE
            label=move || text::customers(lang.get())
            columns=columns::columns(figures, role)
            rows=listing.rows
            key=|row: &CustomerItem| row.customer_no.to_string()
            href=|row: &CustomerItem| if row.masked { String::new() } else { format!("/customers/{}", row.customer_no) }
            sort=order
            selected=listing.selected
            layout=listing.layout
            on_layout_change=move |layout| super::dom::debounce(arranged, 600, move || kept::keep_columns(&layout))
            on_more=move |()| listing.more()
            has_more=Signal::derive(move || listing.next.with(Option::is_some))
            busy=listing.busy
            error
            reference
            on_retry=move |()| listing.retry()
            empty=move || empty::empty(listing, role)
            total=move || tools::loaded(listing)
            tools=move || tools::tools(listing, figures)
        />
    }
    .into_any()
}
