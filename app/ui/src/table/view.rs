use std::{collections::BTreeSet, sync::Arc};

use leptos::{ev, html, prelude::*, text_prop::TextProp};

use super::{
    column::{Column, Face, Placed, Sort, TableLayout},
    columns_menu::{columns_menu, order_select},
    head::head,
    keys,
    late::Late,
    row::row,
    source::{Rows, Source},
    window::{FIRST, window},
};
use crate::{
    button::{Button, ButtonKind},
    dom,
    lang::{t, use_lang},
    state::{EmptyState, ErrorState},
    text,
};

/// A column that is shown, by index.
#[derive(Clone, PartialEq)]
pub(super) struct Place {
    pub index: usize,
    /// How far from the left it stays, in CSS; `None` if it scrolls.
    pub left: Option<String>,
}

/// What every part of a table shares.
#[derive(Clone)]
pub(super) struct Core {
    pub name: String,
    pub source: Arc<dyn Source>,
    pub faces: Arc<Vec<Face>>,
    pub placed: Memo<Vec<Placed>>,
    pub layout: RwSignal<TableLayout>,
    pub sort: Option<RwSignal<Option<Sort>>>,
    pub selected: Option<RwSignal<BTreeSet<String>>>,
    /// The row that had the focus last.
    pub active: RwSignal<usize>,
    /// The row that Tab reaches: the window may have left the active one behind.
    pub reach: Memo<usize>,
    /// Where a range selection began.
    pub anchor: RwSignal<usize>,
    pub places: Memo<Vec<Place>>,
    pub late: Late,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser scrolls"))]
    pub scroll: NodeRef<html::Div>,
}

/// Thousands of rows in a window: sorting, choosing, arranging and resizing columns, selecting, opening.
///
/// The server renders the first fifty rows as a real table; the browser renders those in view. Rows are
/// as high as `--row`, two-line cards on a phone. Arrows, j, k, Page Up/Down, Home, End move; Enter opens;
/// Space, x, Shift with arrows and Ctrl-A select; a click opens (or selects where there is no `href`), Ctrl
/// and Shift clicks select. `--table-height` in CSS sets the height.
///
/// ```ignore
/// <DataTable name="customers" label=t(text::customers) columns rows=rows key=|c: &Row| c.customer_no.clone()
///     href=|c: &Row| format!("/customers/{}", c.customer_no) sort selected layout
///     busy on_more=move |()| next_page() has_more/>
/// ```
#[component]
pub fn DataTable<T>(
    /// Unique on the page.
    #[prop(into)]
    name: String,
    /// What the rows are, for screen readers.
    #[prop(into)]
    label: TextProp,
    columns: Vec<Column<T>>,
    #[prop(into)] rows: Signal<Vec<T>>,
    /// What tells a row from all others, also after a reload.
    key: fn(&T) -> String,
    /// Where a row leads; nowhere if empty.
    #[prop(optional)]
    href: Option<fn(&T) -> String>,
    /// The order asked for; the caller watches it and loads the rows so ordered.
    #[prop(optional)]
    sort: Option<RwSignal<Option<Sort>>>,
    /// The keys selected; without it rows cannot be selected.
    #[prop(optional)]
    selected: Option<RwSignal<BTreeSet<String>>>,
    /// How the columns are arranged; the caller keeps it.
    #[prop(optional)]
    layout: Option<RwSignal<TableLayout>>,
    #[prop(optional, into)] on_layout_change: Option<Callback<TableLayout>>,
    /// Runs once per length when the end comes near and `has_more`.
    #[prop(optional, into)]
    on_more: Option<Callback<()>>,
    #[prop(optional, into)] has_more: Signal<bool>,
    #[prop(optional, into)] busy: Signal<bool>,
    /// What went wrong, in words.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What to quote when telling of it.
    #[prop(optional, into)]
    reference: Signal<Option<String>>,
    #[prop(optional, into)] on_retry: Option<Callback<()>>,
    /// Shown instead of no rows; a general one without it.
    #[prop(optional, into)]
    empty: Option<ViewFn>,
    /// Words for the number of rows ("10,000+ 位"); counts what is loaded without it.
    #[prop(optional, into)]
    total: Option<TextProp>,
    /// What stands left of the column menu: filters, actions.
    #[prop(optional, into)]
    tools: ViewFn,
    /// Leaves the column menu out.
    #[prop(optional)]
    fixed: bool,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let faces = Arc::new(columns.iter().map(|column| column.face.clone()).collect::<Vec<_>>());
    let source: Arc<dyn Source> = Arc::new(Rows { rows, columns: Arc::new(columns), key, href });
    let options = Options { label, on_layout_change, on_more, has_more, busy, error, reference, on_retry, empty, total, tools, fixed };
    let layout = layout.unwrap_or_else(|| RwSignal::new(TableLayout::default()));
    table(name, source, faces, sort, selected, layout, options)
}

struct Options {
    label: TextProp,
    on_layout_change: Option<Callback<TableLayout>>,
    on_more: Option<Callback<()>>,
    has_more: Signal<bool>,
    busy: Signal<bool>,
    error: Signal<Option<String>>,
    reference: Signal<Option<String>>,
    on_retry: Option<Callback<()>>,
    empty: Option<ViewFn>,
    total: Option<TextProp>,
    tools: ViewFn,
    fixed: bool,
}

fn table(
    name: String,
    source: Arc<dyn Source>,
    faces: Arc<Vec<Face>>,
    sort: Option<RwSignal<Option<Sort>>>,
    selected: Option<RwSignal<BTreeSet<String>>>,
    layout: RwSignal<TableLayout>,
    options: Options,
) -> AnyView {
    let lang = use_lang();
    let Options { label, on_layout_change, on_more, has_more, busy, error, reference, on_retry, empty, total, tools, fixed } = options;

    let placed = {
        let faces = faces.clone();
        Memo::new(move |_| layout.with(|layout| layout.resolve(&faces)))
    };
    let count = {
        let source = source.clone();
        Memo::new(move |_| source.count())
    };
    // None until the browser has measured: server and hydration render the same first rows.
    let view = RwSignal::new(None::<keys::View>);
    let range = Memo::new(move |_| match view.get() {
        None => (0, count.get().min(FIRST)),
        Some(view) => window(view.offset, view.height, view.row, count.get(), view.leaps),
    });
    let places = {
        let faces = faces.clone();
        Memo::new(move |_| placed.with(|placed| places(placed, &faces, selected.is_some())))
    };
    let late = Late::new(range);
    let active = RwSignal::new(0);
    let reach = Memo::new(move |_| {
        let (start, end) = range.get();
        active.get().clamp(start, end.saturating_sub(1).max(start))
    });
    let row_height = Memo::new(move |_| view.get().map_or(0.0, |view| view.row));
    let scroll = NodeRef::<html::Div>::new();
    let core = Core {
        name: name.clone(),
        source: source.clone(),
        faces: faces.clone(),
        placed,
        layout,
        sort,
        selected,
        active,
        reach,
        anchor: RwSignal::new(0),
        places,
        late,
        scroll,
    };

    keys::follow_scroll(scroll, view, count, late);
    if let Some(on_layout_change) = on_layout_change {
        Effect::new(move |before: Option<TableLayout>| {
            let now = layout.get();
            if before.is_some_and(|before| before != now) {
                on_layout_change.run(now.clone());
            }
            now
        });
    }
    if let Some(on_more) = on_more {
        Effect::new(move |asked: Option<usize>| {
            let (count, end) = (count.get(), range.get().1);
            let asked = asked.unwrap_or(usize::MAX);
            if view.get().is_some() && has_more.get() && !busy.get() && end + 24 >= count && asked != count {
                on_more.run(());
                return count;
            }
            asked
        });
    }

    let shown = {
        let source = source.clone();
        move || {
            let (start, end) = range.get();
            source.keys(start, end)
        }
    };
    let visible_width = {
        let faces = faces.clone();
        move || {
            placed.with(|placed| {
                let columns = placed.iter().filter(|p| !p.hidden).map(|p| p.width.unwrap_or(faces[p.index].width));
                columns.sum::<u32>() + if selected.is_some() { 36 } else { 0 }
            })
        }
    };
    let span = move || placed.with(|placed| placed.iter().filter(|p| !p.hidden).count() + selected.is_some() as usize);
    let pad = move |rows: usize| (rows > 0).then(|| format!("{}px", rows as f64 * row_height.get()));
    let before = move || pad(range.get().0);
    let after = move || pad(count.get().saturating_sub(range.get().1));
    let is_empty = Memo::new(move |_| count.get() == 0 && !busy.get() && error.with(Option::is_none));
    let foot = move || match &total {
        _ if selected.is_some_and(|selected| selected.with(|s| !s.is_empty())) => {
            let chosen = selected.map_or(0, |selected| selected.with(BTreeSet::len));
            text::selected(lang.get(), chosen)
        }
        Some(total) => total.get().to_string(),
        None if has_more.get() => text::rows_loaded(lang.get(), count.get()),
        None => text::rows_all(lang.get(), count.get()),
    };
    let on_key = {
        let core = core.clone();
        move |event: ev::KeyboardEvent| keys::on_key(&core, count.get_untracked(), view.get_untracked(), &event)
    };
    let row_core = core.clone();
    let menu = (!fixed).then(|| columns_menu(&core));
    let order = order_select(&core);
    let colgroup = colgroup(&core);
    let head = head(&core);
    view! {
        <div class="table-frame">
            <div class="table-tools">{move || tools.run()}<span class="push"></span>{order}{menu}</div>
            <div class="table-scroll" node_ref=scroll tabindex="-1">
                {move || busy.get().then(|| view! { <div class="table-busy" aria-hidden="true"><i></i></div> })}
                <table
                    class="table cards"
                    id=name
                    role="grid"
                    aria-label=move || label.get()
                    aria-busy=move || busy.get().then_some("true")
                    aria-multiselectable=selected.map(|_| "true")
                    aria-rowcount=move || if has_more.get() { "-1".to_string() } else { (count.get() + 1).to_string() }
                    style:--table-width=move || format!("{}px", visible_width())
                    on:keydown=on_key
                >
                    {colgroup}
                    {head}
                    <tbody aria-hidden="true">
                        <tr class="spacer" role="presentation"><td colspan=span style:height=before></td></tr>
                    </tbody>
                    <tbody role="rowgroup">
                        <For each=shown key=|entry| entry.clone() children=move |(index, key)| row(&row_core, index, key)/>
                    </tbody>
                    <tbody aria-hidden="true">
                        <tr class="spacer" role="presentation"><td colspan=span style:height=after></td></tr>
                    </tbody>
                </table>
                {move || {
                    let empty = empty.clone();
                    is_empty.get().then(move || match empty {
                        Some(empty) => empty.run(),
                        None => view! {
                            <EmptyState centre=true title=t(text::nothing_here) text=t(text::nothing_here_text)/>
                        }
                        .into_any(),
                    })
                }}
                {move || error.get().map(|message| match on_retry {
                    Some(on_retry) => view! { <ErrorState message reference=reference.get().unwrap_or_default() on_retry=move |()| on_retry.run(())/> }.into_any(),
                    None => view! { <ErrorState message reference=reference.get().unwrap_or_default()/> }.into_any(),
                })}
            </div>
            <div class="table-foot">
                <span role="status">{foot}</span>
                {selected.map(|selected| move || selected.with(|s| !s.is_empty()).then(|| view! {
                    <Button kind=ButtonKind::Quiet on_click=move |_| selected.set(BTreeSet::new())>
                        {t(text::clear_selection)}
                    </Button>
                }))}
                {on_more.map(|on_more| move || (has_more.get() && !busy.get()).then(|| view! {
                    <Button kind=ButtonKind::Quiet on_click=move |_| on_more.run(())>{t(text::load_more)}</Button>
                }))}
            </div>
        </div>
    }
    .into_any()
}

/// Widths: the first column that nobody resized takes what is left. Several pinned ones keep theirs, since
/// each stands where those before it end.
fn colgroup(core: &Core) -> AnyView {
    let (faces, placed, picks) = (core.faces.clone(), core.placed, core.selected.is_some());
    let columns = move || {
        placed.with(|placed| {
            let mut grown = false;
            let pinned = placed.iter().filter(|p| !p.hidden && p.pinned).count();
            placed
                .iter()
                .filter(|p| !p.hidden)
                .map(|p| {
                    let face = &faces[p.index];
                    let grows = !grown && (!p.pinned || pinned == 1) && p.width.is_none();
                    grown |= grows;
                    let width = (!grows).then(|| format!("{}px", p.width.unwrap_or(face.width)));
                    view! { <col style:width=width/> }
                })
                .collect_view()
        })
    };
    view! { <colgroup>{picks.then(|| view! { <col style:width="36px"/> })}{columns}</colgroup> }.into_any()
}

/// The columns shown, in order; a pinned one stands where those before it end.
fn places(placed: &[Placed], faces: &[Face], picks: bool) -> Vec<Place> {
    let mut before = if picks { 36 } else { 0 };
    let place = |p: &Placed| {
        let left = p.pinned.then(|| format!("{before}px"));
        before += p.width.unwrap_or(faces[p.index].width);
        Place { index: p.index, left }
    };
    placed.iter().filter(|p| !p.hidden).map(place).collect()
}

/// Changes the arrangement through `change` and keeps the result.
pub(super) fn arrange(core: &Core, change: impl FnOnce(&mut Vec<Placed>)) {
    let mut placed = core.placed.get_untracked();
    change(&mut placed);
    core.layout.set(TableLayout::of(&placed, &core.faces));
}

/// Focuses a row once it exists.
pub(super) fn focus_row(name: String, index: usize) {
    dom::next_frame(move || dom::next_frame(move || dom::focus_id(&format!("{name}-r{index}"))));
}
