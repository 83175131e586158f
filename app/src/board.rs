//! The board at `/board`: the managers of a unit side by side, and customers dragged between them.

pub mod api;
pub(crate) mod dom;
mod hand;
mod here;
mod html;
mod keys;
mod layout;
mod moves;
mod picked;
mod reading;
mod rows;
pub(crate) mod sheet;
mod text;
mod tiers;

use guanhu_domain::{
    Code,
    access::{Me, Role, Verb},
    assignments::board::{BoardPage, CardQuery},
    customers::{CustomerQuery, Sort, UnitChoice},
    live::LiveEvent,
};
use guanhu_ui::{Button, ButtonKind, Choice, ErrorState, Glyph, IconButton, PageHead, Select, Skeleton, format_count, t, use_lang};
use leptos::{html::Div, prelude::*};
use leptos_router::hooks::use_query_map;

use self::{
    hand::Hand,
    here::{Here, provide_here, use_here},
    picked::Band,
    rows::{Line, Rows},
};
use crate::{
    Asked, Fail,
    customers::list::{
        columns::Figures,
        filters::{self, Names},
        listing::Listing,
        question,
        views::Views,
    },
    desk::{self, Offer, Tool, use_desk},
    live,
    loaded::Failed,
    palette::text as palette,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
    transfers::api::choices,
};

/// `/board`.
pub struct BoardRoute {
    query: Memo<CustomerQuery>,
    page: Asked<BoardPage>,
    names: Names,
}

impl LazyPage for BoardRoute {
    fn data() -> Self {
        let params = use_query_map();
        // The unit of the board stands where a list has its filter by unit.
        let query = Memo::new(move |_| params.with(question::read));
        let may = use_me().is_some_and(|me| me.may(Verb::TransferList));
        let page = Asked::of(query, move |filter| {
            let folded = if layout::is_grouped(&filter) { layout::kept().folded.into_iter().collect() } else { Vec::new() };
            async move {
                if !may {
                    return Err(Fail::new(Code::Forbidden));
                }
                let unit = filter.org.clone();
                api::start(CardQuery { unit, filter, folded, ..CardQuery::default() }).await
            }
        });
        // Of units and managers the board says the names itself.
        let coded = CustomerQuery { org: None, manager: None, ..query.get_untracked() };
        let names = match may && Listing::lacks_names(&coded) {
            true => Names::Asked(Asked::once(choices)),
            false => Names::Here,
        };
        BoardRoute { query, page, names }
    }

    fn view(this: Self) -> AnyView {
        let lang = use_lang();
        view! {
            <Title text=move || text::title(lang.get()) />
            <Protected>{use_me().map(|me| page(me, this.query, this.page, this.names))}</Protected>
        }
        .into_any()
    }
}

fn page(me: Me, query: Memo<CustomerQuery>, page: Asked<BoardPage>, names: Names) -> AnyView {
    let lang = use_lang();
    let note = match me.role {
        Role::BranchManager => text::note,
        Role::Manager => text::note_own,
        _ => text::note_read,
    };
    if !me.may(Verb::TransferList) {
        return view! {
            <div class="page">
                <PageHead title=t(text::board) />
                <ErrorState message=move || Code::Forbidden.message(lang.get()) />
            </div>
        }
        .into_any();
    }
    let listing = Listing::elsewhere(query.get_untracked(), "/board");
    let figures = Figures::of(&me);
    let desk = use_desk();
    let me = StoredValue::new(me);
    let body = move || {
        page.get().map(|answer| match answer {
            Ok(found) => board(found, query.get_untracked(), listing, Callback::new(move |()| page.refetch())),
            Err(fail) => view! { <Failed fail on_retry=move |()| page.refetch() /> }.into_any(),
        })
    };
    view! {
        <div class="page board-page">
            <PageHead title=t(text::board) note=t(note)>
                <Button href="/transfers" icon=Glyph::Transfer>{t(text::transfers)}</Button>
                {me.with_value(|me| me.may(Verb::PoolPick)).then(|| view! { <Button href="/pool" icon=Glyph::Customers>{t(text::pool_of_unit)}</Button> })}
                {me.with_value(|me| me.may(Verb::TransferDecide) && me.may(Verb::TransferRequest))
                    .then(|| view! { <Button href="/handover" icon=Glyph::Leave>{t(text::handover)}</Button> })}
                <span class="only-wide">
                    <Button kind=ButtonKind::Quiet icon=Glyph::Keyboard on_click=move |_| if let Some(desk) = desk { desk.call(Tool::Keys) }>
                        {t(text::keys)}
                    </Button>
                </span>
            </PageHead>
            <div class="board-ask">
                {filters::named(listing, figures, Role::Manager, names)}
                <Views listing />
            </div>
            <Transition fallback=|| view! { <Skeleton lines=10 /> }>{body}</Transition>
        </div>
    }
    .into_any()
}

/// Which unit, in what order, and which columns.
#[component]
fn Places(units: Vec<UnitChoice>, unit: String, listing: Listing, again: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let indent = |depth: i32| "\u{2003}".repeat(usize::try_from(depth).unwrap_or(0));
    let unit_choices: Vec<Choice> =
        units.iter().map(|unit| Choice::new(&unit.code, format!("{}{}", indent(unit.depth), unit.name))).collect();
    let several = unit_choices.len() > 1;
    let unit = RwSignal::new(unit);
    let sort = RwSignal::new(listing.query.with_untracked(|query| query.sort.unwrap_or(Sort::AumDesc).code().to_owned()));
    let sorts = Signal::derive(move || {
        [Sort::AumDesc, Sort::AumAsc, Sort::TierDesc, Sort::TierAsc, Sort::ContactAsc, Sort::ContactDesc, Sort::NameAsc]
            .map(|sort| Choice::new(sort.code(), sort.name(lang.get())))
            .to_vec()
    });
    let go = Callback::new(move |code: String| listing.change(false, |query| query.org = Some(code)));
    let order = Callback::new(move |code: String| {
        listing.change(false, |query| query.sort = Sort::from_code(&code).filter(|sort| *sort != Sort::AumDesc));
    });
    view! {
        <div class="board-bar">
            {several.then(|| view! { <Select value=unit choices=unit_choices label=t(text::unit) on_change=go /> })}
            <Select value=sort choices=sorts label=t(text::sort) on_change=order />
            <layout::AsTable />
            <layout::Arrange on_change=again />
        </div>
    }
    .into_any()
}

fn board(page: BoardPage, query: CustomerQuery, listing: Listing, again: Callback<()>) -> AnyView {
    let (units, unit) = (page.board.units.clone(), page.board.unit.code.clone());
    let Some(here) = provide_here(page, query) else { return ().into_any() };
    let root = NodeRef::<Div>::new();
    let ghost = NodeRef::<Div>::new();
    let hand = Hand::new(here, root, ghost);
    let open = keys::opener();
    keys::listen(here);
    listen(here);
    if here.may {
        desk::offer(vec![Offer::new("undo-move", palette::undo_move, move || moves::undo(here, None))]);
    }
    dom::measure(here);
    let columns = (0..here.count()).map(|at| column(here, at)).collect_view();
    let only = here.count() < 2;
    view! {
        <Places units unit listing again />
        <live::NotLive />
        <Chosen open />
        <div
            class="board"
            class:dragging=move || here.drag.with(Option::is_some)
            class:table=move || here.table.get()
            node_ref=root
            on:pointerdown=move |event| hand.down(&event)
            on:pointermove=move |event| hand.moved(&event)
            on:pointerup=move |event| hand.up(&event)
            on:pointercancel=move |_| hand.cancel()
            // Also what tells the browser that touches here are not all its own.
            on:touchmove=move |event| if hand.holds() { event.prevent_default() }
            on:contextmenu=move |event| if hand.presses() { event.prevent_default() }
            on:keydown=move |event| {
                if event.key() == "Escape" && hand.holds() {
                    hand.cancel();
                } else {
                    keys::on_key(here, &event, open);
                }
            }
            on:click=move |event| {
                if let (Some(rank), Some((column, _))) = (dom::heading(&event), dom::hit(&event)) {
                    here.at(column).active.set(Line::Heading(rank));
                    layout::fold_tier(here, rank);
                }
            }
            on:dblclick=move |event| {
                if let Some((column, Some(card))) = dom::hit(&event)
                    && let Some(no) = here.at(column).cards.with_untracked(|cards| cards.get(card).map(|card| card.customer_no))
                {
                    open.run(no.to_string());
                }
            }
        >
            {columns}
            {only.then(|| view! { <p class="faint">{t(text::empty_unit)}</p> })}
        </div>
        <div class="ghost" node_ref=ghost aria-hidden="true" inner_html=move || html::ghost(here)></div>
        <p class="sr-only" aria-live="assertive">{move || here.said.get()}</p>
        <sheet::MoveSheet />
    }
    .into_any()
}

/// Others' moves appear as they happen; one's own are confirmed by the same way.
fn listen(here: Here) {
    live::follow(move |event| {
        let moved = match event {
            LiveEvent::Assignment(moved) | LiveEvent::Transfer(moved) => moved,
            LiveEvent::Reset => return here.refresh_all(),
            LiveEvent::Notice | LiveEvent::Here | LiveEvent::Over => return,
        };
        let Some(concerned) = here
            .columns
            .try_with_value(|columns| columns.iter().map(|column| column.key()).filter(|key| moved.concerns(key)).collect::<Vec<_>>())
        else {
            return;
        };
        if concerned.is_empty() {
            return;
        }
        if matches!(event, LiveEvent::Assignment(_)) {
            here.fresh.set(moved.customers.keys().copied().collect());
            let fresh = here.fresh;
            guanhu_ui::dom::after(1_600, move || {
                fresh.try_set(Default::default());
            });
        }
        here.heard(concerned, (!moved.more).then(|| moved.customers.keys().copied().collect()));
    });
}

fn column(here: Here, at: usize) -> AnyView {
    let col = here.at(at);
    let lang = use_lang();
    let moving = Memo::new(move |_| here.drag.with(|drag| drag.as_ref().is_some_and(|drag| drag.from == at)));
    let shift = Memo::new(move |_| html::shift(here, at));
    let rows = here.rows(at);
    // Scrolling by less than a row draws nothing.
    let sight = Memo::new(move |_| rows.with(|rows| rows.sight(col.top.get(), here.room.get())));
    // None: nothing is dragged. Otherwise how this column takes it, and whether it is over it.
    let stance = Memo::new(move |_| {
        here.drag.with(|drag| {
            let drag = drag.as_ref()?;
            let class = match here.verdict(drag, at) {
                _ if drag.from == at => "from",
                Ok(because) if because.is_empty() => "lit",
                Ok(_) => "lit asks",
                Err(_) => "barred",
            };
            Some((class, drag.over == Some(at)))
        })
    });
    let class = move || {
        let fold = if col.folded.get() { " folded" } else { "" };
        let pool = if col.head.with(|head| head.manager.is_none()) { " pool" } else { "" };
        match stance.get() {
            None => format!("bcol{fold}{pool}"),
            Some((class, over)) => format!("bcol {class}{}{fold}{pool}", if over { " over" } else { "" }),
        }
    };
    let flag = move || {
        let (_, over) = stance.get()?;
        over.then(|| here.drag.with(|drag| drag.as_ref().map(|drag| keys::verdict(here, drag, at, lang.get()))))?
    };
    let open = col.head.with_untracked(|head| head.open);
    let empty = move || {
        rows.with(Rows::is_empty).then(|| {
            let words = match (open, col.matching.with(Option::is_some)) {
                (false, _) if here.may => text::drop_here,
                (false, _) => text::not_yours,
                (true, true) => text::nobody_matching,
                (true, false) => text::nobody,
            };
            view! { <p class="bcol-empty">{words(lang.get())}</p> }
        })
    };
    // Asked for before its end is in sight.
    Effect::new(move |_| {
        let ends = rows.with(|rows| rows.height()) <= sight.with(|sight| sight.top) + 4 * here.room.get();
        if ends && col.next.with(Option::is_some) {
            here.more(at);
        }
    });
    let height = move || format!("height:{}px", rows.with(|rows| rows.height()));
    let offset = move || {
        let (top, row, heading) = (sight.with(|sight| sight.top), here.row.get(), here.heading.get());
        format!("transform:translateY({top}px);--row:{row}px;--heading:{heading}px")
    };
    let band = move || {
        let Band { from, to, .. } = here.band.get().filter(|band| band.column == at)?;
        let (left, top) = (from.0.min(to.0), from.1.min(to.1));
        let style = format!("left:{left}px;top:{top}px;width:{}px;height:{}px", (from.0 - to.0).abs().max(1), (from.1 - to.1).abs().max(1));
        Some(view! { <div class="bcol-band" aria-hidden="true" style=style></div> })
    };
    let label = move || text::column_of(lang.get(), &col.name(lang.get()), &format_count(col.count()));
    let active = move || {
        let active = col.active.get();
        sight.with(|sight| sight.lines.contains(&active)).then(|| dom::line_id(at, active))
    };
    let is_empty = Memo::new(move |_| rows.with(Rows::is_empty));
    let kind = if here.grouped { "tree" } else { "listbox" };
    let heads =
        move || here.table.get().then(|| view! { <div class="bcol-heads" aria-hidden="true" inner_html=html::heads(lang.get())></div> });
    view! {
        <section class=class data-col=at>
            <header class="bcol-head">
                <div class="bcol-inside" inner_html=move || html::head(here, at, shift.get())></div>
                <div class="bcol-tools">
                    <IconButton
                        glyph=Glyph::Columns
                        label=move || {
                            let name = col.name(lang.get());
                            if col.folded.get() { text::unfold(lang.get(), &name) } else { text::collapse(lang.get(), &name) }
                        }
                        on_click=move |_| layout::fold(here, at)
                    />
                </div>
                <p class="bcol-flag" aria-hidden="true">{flag}</p>
            </header>
            {heads}
            <div
                class="bcol-list"
                id=dom::list_id(at)
                // Nothing to choose from is no list to choose from.
                role=move || if is_empty.get() { "group" } else { kind }
                tabindex="0"
                aria-label=label
                aria-multiselectable=move || (!is_empty.get()).then_some("true")
                aria-activedescendant=active
                on:scroll=move |event| col.top.set(dom::scrolled(&event))
            >
                <div class="bcol-space" role="presentation" style=height>
                    <div
                        class="bcol-window"
                        role="presentation"
                        style=offset
                        inner_html=move || sight.with(|sight| html::lines(here, at, &sight.lines, moving.get()))
                    ></div>
                    // Where no card is, however long the column: a mouse can draw a band from here.
                    <div class="bcol-gutter" aria-hidden="true"></div>
                    {band}
                </div>
                {empty}
            </div>
        </section>
    }
    .into_any()
}

/// What is selected together, and what can be done with it without dragging.
#[component]
fn Chosen(open: Callback<String>) -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let taken = Memo::new(move |_| {
        let picked = here.picked.get();
        let col = here.at(picked.column);
        col.cards.track();
        (!picked.is_empty()).then(|| untrack(|| here.take(picked.column, None, false))).flatten()
    });
    let inside = move || {
        let drag = taken.get()?;
        let count = format_count(drag.count());
        let aum = here.figures.short(drag.weight.aum, lang.get());
        let only = (drag.cards.len() == 1).then(|| drag.cards[0].customer_no.to_string());
        let column = drag.from;
        let waits = drag.cards.iter().any(|card| card.waits);
        let ask = drag.clone();
        if here.may && !waits {
            let asked = drag.clone();
            desk::offer(vec![Offer::new("move-selected", palette::move_selected, move || here.asks.set(Some((asked.clone(), None))))]);
        }
        Some(view! {
            <div class="board-chosen">
                <span role="status">
                    <strong>{text::picked(lang.get(), &count)}</strong>
                    " "
                    <span class="faint">{text::picked_aum(lang.get(), &aum)}</span>
                </span>
                {(here.may && !waits)
                    .then(|| {
                        let ask = ask.clone();
                        view! {
                            <Button kind=ButtonKind::Primary icon=Glyph::Transfer on_click=move |_| here.asks.set(Some((ask.clone(), None)))>
                                {t(text::move_to)}
                            </Button>
                        }
                    })}
                {only.map(|no| view! { <Button on_click=move |_| open.run(no.clone())>{t(text::open)}</Button> })}
                <Button kind=ButtonKind::Quiet on_click=move |_| here.pick_all(column)>{t(text::pick_all)}</Button>
                <Button kind=ButtonKind::Quiet on_click=move |_| here.clear()>{t(text::clear)}</Button>
            </div>
        })
    };
    view! { {inside} }.into_any()
}
