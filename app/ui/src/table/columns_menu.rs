use leptos::prelude::*;

use super::{
    column::{Sort, TableLayout},
    head::resize,
    view::{Core, arrange},
};
use crate::{
    button::{Button, ButtonKind, IconButton},
    icon::Glyph,
    lang::{t, use_lang},
    popover::Popover,
    text,
};

/// Which columns are shown and in which order; the same as dragging heads, for the keyboard and fingers.
pub(super) fn columns_menu(core: &Core) -> AnyView {
    let core = core.clone();
    let name = format!("{}-columns", core.name);
    view! {
        <Popover name glyph=Glyph::Columns kind=ButtonKind::Quiet end=true label=t(text::columns)>
            {list(core.clone())}
        </Popover>
    }
    .into_any()
}

/// The order as a choice, for phones, where there is no head to click.
pub(super) fn order_select(core: &Core) -> Option<AnyView> {
    let lang = use_lang();
    let sort = core.sort?;
    let faces = core.faces.clone();
    let code = |key: &str, descending: bool| format!("{key}{}", if descending { "-" } else { "+" });
    let options = move || {
        let ways = faces.iter().filter(|face| face.sortable).flat_map(|face| [(face, true), (face, false)]);
        ways.map(|(face, descending)| {
            let value = code(face.key, descending);
            let (own, header) = (value.clone(), face.header.clone());
            let chosen = move || sort.with(|sort| sort.as_ref().is_some_and(|sort| code(&sort.key, sort.descending) == own));
            let arrow = if descending { " ↓" } else { " ↑" };
            view! { <option value=value selected=chosen>{move || header.get()}{arrow}</option> }
        })
        .collect_view()
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        let descending = chosen.ends_with('-');
        sort.set((!chosen.is_empty()).then(|| Sort { key: chosen[..chosen.len() - 1].to_string(), descending }));
    };
    Some(
        view! {
            <select class="input order" aria-label=move || text::order(lang.get()) on:change=choose>
                <option value="">{move || text::order(lang.get())}</option>
                {options}
            </select>
        }
        .into_any(),
    )
}

/// Pixels that a press adds to a column.
const WIDTH_STEP: i32 = 24;

fn widen(core: &Core, at: usize, by: i32) {
    let own = core.placed.with_untracked(|placed| placed.get(at).map(|p| (p.index, p.width)));
    let Some((column, width)) = own else { return };
    resize(core, column, width.unwrap_or(core.faces[column].width).saturating_add_signed(by));
}

fn list(core: Core) -> AnyView {
    let lang = use_lang();
    let layout = core.layout;
    let placed = core.placed;
    let lines = move || {
        let core = core.clone();
        let all = placed.get();
        all.iter()
            .copied()
            .enumerate()
            .map(|(at, p)| {
                let face = core.faces[p.index].clone();
                let (show_core, pin_core, left_core, right_core) = (core.clone(), core.clone(), core.clone(), core.clone());
                let (narrow_core, wide_core) = (core.clone(), core.clone());
                let header = face.header.clone();
                // Those that stay at the left are a group of their own, led by the ones that always do.
                let own_group = |at: Option<usize>| {
                    at.and_then(|at| all.get(at)).is_some_and(|other| other.pinned == p.pinned && !core.faces[other.index].pinned)
                };
                let (before, after) = (own_group(at.checked_sub(1)), own_group(Some(at + 1)));
                view! {
                    <li>
                        <label class="check">
                            <input
                                type="checkbox"
                                checked=!p.hidden
                                disabled=face.pinned
                                on:change=move |event| {
                                    let shown = event_target_checked(&event);
                                    arrange(&show_core, |placed| placed[at].hidden = !shown);
                                }
                            />
                            <span class="clip">{move || header.get()}</span>
                        </label>
                        <IconButton
                            glyph=Glyph::Pin
                            label=t(text::column_pin)
                            disabled=face.pinned
                            pressed=Signal::stored(p.pinned)
                            on_click=move |_| arrange(&pin_core, |placed| placed[at].pinned = !placed[at].pinned)
                        />
                        <IconButton
                            glyph=Glyph::Left
                            label=t(text::column_narrower)
                            on_click=move |_| widen(&narrow_core, at, -WIDTH_STEP)
                        />
                        <IconButton
                            glyph=Glyph::Right
                            label=t(text::column_wider)
                            on_click=move |_| widen(&wide_core, at, WIDTH_STEP)
                        />
                        <IconButton
                            glyph=Glyph::Up
                            label=t(text::column_left)
                            disabled=face.pinned || !before
                            on_click=move |_| arrange(&left_core, |placed| placed.swap(at, at - 1))
                        />
                        <IconButton
                            glyph=Glyph::Down
                            label=t(text::column_right)
                            disabled=face.pinned || !after
                            on_click=move |_| arrange(&right_core, |placed| placed.swap(at, at + 1))
                        />
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <ul class="columns-menu">{lines}</ul>
        <Button kind=ButtonKind::Quiet on_click=move |_| layout.set(TableLayout::default())>
            {move || text::column_reset(lang.get())}
        </Button>
    }
    .into_any()
}
