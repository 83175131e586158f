use leptos::{ev, prelude::*};

use super::{
    column::Sort,
    keys,
    view::{Core, arrange},
};
use crate::{lang::use_lang, text};

pub(super) const NARROWEST: u32 = 56;
pub(super) const WIDEST: u32 = 800;

pub(super) fn head(core: &Core) -> AnyView {
    let lang = use_lang();
    let places = core.places;
    let shown = Memo::new(move |_| places.with(|places| places.iter().map(|place| place.index).collect::<Vec<_>>()));
    let dragged = RwSignal::new(None::<usize>);
    let over = RwSignal::new(None::<usize>);
    let heads = {
        let core = core.clone();
        move || shown.get().into_iter().map(|column| cell(&core, column, dragged, over)).collect_view()
    };
    let pick = core.selected.map(|selected| {
        let source = core.source.clone();
        let all = {
            let source = source.clone();
            move || selected.with(|chosen| !chosen.is_empty() && chosen.len() >= source.count())
        };
        let toggle_all = {
            let all = all.clone();
            move |_| {
                if untrack(&all) {
                    selected.update(|chosen| chosen.clear());
                } else {
                    selected.set(untrack(|| source.keys(0, usize::MAX)).into_iter().map(|(_, key)| key).collect());
                }
            }
        };
        view! {
            <th class="pick pin" role="columnheader" style:left="0px">
                <label>
                    <input
                        class="tick"
                        type="checkbox"
                        aria-label=move || text::select_all(lang.get())
                        prop:checked=all
                        on:change=toggle_all
                    />
                </label>
            </th>
        }
    });
    view! { <thead role="rowgroup"><tr role="row">{pick}{heads}</tr></thead> }.into_any()
}

fn cell(core: &Core, column: usize, dragged: RwSignal<Option<usize>>, over: RwSignal<Option<usize>>) -> AnyView {
    let face = core.faces[column].clone();
    let sort = core.sort.filter(|_| face.sortable);
    let key = face.key;
    let direction = move || {
        sort.map(|sort| match sort.get() {
            Some(sort) if sort.key == key && sort.descending => "descending",
            Some(sort) if sort.key == key => "ascending",
            _ => "none",
        })
    };
    // Figures are wanted largest first, words from the beginning; the third click asks for neither.
    let figures_first = face.align == super::column::Align::End;
    let ask = move |_| {
        if let Some(sort) = sort {
            let next = match sort.get_untracked() {
                Some(now) if now.key == key && now.descending == figures_first => {
                    Some(Sort { key: key.into(), descending: !figures_first })
                }
                Some(now) if now.key == key => None,
                _ => Some(Sort { key: key.into(), descending: figures_first }),
            };
            sort.set(next);
        }
    };
    let header = face.header.clone();
    let words = move || header.get();
    let inside = match sort {
        Some(_) => view! { <button class="th-sort" type="button" on:click=ask><span>{words}</span></button> }.into_any(),
        None => view! { <span>{words}</span> }.into_any(),
    };
    let places = core.places;
    let left = Memo::new(move |_| places.with(|places| places.iter().find(|place| place.index == column)?.left.clone()));
    let grip = grip(core, column);
    let drop_core = core.clone();
    view! {
        <th
            class=face.align.class()
            class:pin=move || left.with(Option::is_some)
            class:drop-here=move || over.get() == Some(column) && dragged.get() != Some(column)
            role="columnheader"
            scope="col"
            aria-sort=direction
            style:left=move || left.get()
            draggable="true"
            on:dragstart=move |_| dragged.set(Some(column))
            on:dragend=move |_| {
                dragged.set(None);
                over.set(None);
            }
            on:dragover=move |event: ev::DragEvent| {
                if dragged.get_untracked().is_some() {
                    event.prevent_default();
                    over.set(Some(column));
                }
            }
            on:drop=move |event: ev::DragEvent| {
                event.prevent_default();
                if let Some(from) = dragged.get_untracked() {
                    move_before(&drop_core, from, column);
                }
                dragged.set(None);
                over.set(None);
            }
        >
            <div class="th-in">{inside}</div>
            {grip}
        </th>
    }
    .into_any()
}

fn move_before(core: &Core, from: usize, to: usize) {
    if from == to {
        return;
    }
    arrange(core, |placed| {
        if let Some(at) = placed.iter().position(|p| p.index == from) {
            let moved = placed.remove(at);
            let to = placed.iter().position(|p| p.index == to).unwrap_or(placed.len());
            let to = if to >= at { (to + 1).min(placed.len()) } else { to };
            placed.insert(to, moved);
        }
    });
}

/// The edge that is dragged to make a column wider; for the keyboard, the column menu has its width.
fn grip(core: &Core, column: usize) -> AnyView {
    let (placed, own) = (core.placed, core.faces[column].width);
    let width = move || placed.with(|placed| placed.iter().find(|p| p.index == column).and_then(|p| p.width).unwrap_or(own));
    // Where the pointer and the edge were when the drag began.
    let began = RwSignal::new(None::<(i32, u32)>);
    let move_core = core.clone();
    view! {
        <div
            class="th-grip"
            aria-hidden="true"
            draggable="false"
            // Or the browser would drag the head that the edge belongs to.
            on:mousedown=move |event: ev::MouseEvent| event.prevent_default()
            on:pointerdown=move |event: ev::PointerEvent| {
                event.prevent_default();
                event.stop_propagation();
                keys::capture(&event);
                began.set(Some((event.client_x(), keys::width_of(&event).unwrap_or_else(|| untrack(width)))));
            }
            on:pointermove=move |event: ev::PointerEvent| {
                if let Some((x, from)) = began.get_untracked() {
                    resize(&move_core, column, from.saturating_add_signed(event.client_x() - x));
                }
            }
            on:pointerup=move |_| began.set(None)
            on:pointercancel=move |_| began.set(None)
            on:click=move |event: ev::MouseEvent| event.stop_propagation()
        ></div>
    }
    .into_any()
}

/// Gives a column a width in CSS pixels, as far as it may be narrow and wide.
pub(super) fn resize(core: &Core, column: usize, width: u32) {
    arrange(core, |placed| {
        if let Some(placed) = placed.iter_mut().find(|p| p.index == column) {
            placed.width = Some(width.clamp(NARROWEST, WIDEST));
        }
    });
}
