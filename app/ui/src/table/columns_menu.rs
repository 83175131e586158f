use leptos::prelude::*;

use super::{
    column::{Sort, TableLayout},
    head::{NARROWEST, WIDEST, resize},
    view::{Core, arrange},
};
use crate::{
    button::{Button, ButtonKind, IconButton},
    dom,
    icon::Glyph,
    lang::{t, use_lang},
    popover::Popover,
    text,
};

/// Which columns are shown, in which order and how wide; the same as dragging heads, for the keyboard and fingers.
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

/// Id of a line's button.
fn button(table: &str, way: &str, at: usize) -> String {
    format!("{table}-{way}-{at}")
}

/// The focus goes along with the column: pressed again, the button moves the same one on. At the end of the way the
/// last of `ways` is closed, and the first has it.
fn follow(table: String, ways: [&'static str; 2], to: usize) {
    dom::next_frame(move || {
        for way in ways {
            dom::focus_id(&button(&table, way, to));
        }
    });
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
                let (wide_core, width, named) = (core.clone(), p.width.unwrap_or(face.width), face.header.clone());
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
                        <input
                            type="range"
                            class="width"
                            min=NARROWEST
                            max=WIDEST
                            step="8"
                            value=width
                            prop:value=width.to_string()
                            aria-label=move || text::column_width(lang.get(), &named.get())
                            on:input=move |event| {
                                if let Ok(width) = event_target_value(&event).parse() {
                                    resize(&wide_core, p.index, width);
                                }
                            }
                        />
                        <IconButton
                            glyph=Glyph::Pin
                            label=t(text::column_pin)
                            disabled=face.pinned
                            pressed=Signal::stored(p.pinned)
                            on_click=move |_| arrange(&pin_core, |placed| placed[at].pinned = !placed[at].pinned)
                        />
                        <IconButton
                            glyph=Glyph::Up
                            label=t(text::column_left)
                            disabled=face.pinned || !before
                            id=button(left_core.name.as_str(), "left", at)
                            on_click=move |_| {
                                arrange(&left_core, |placed| placed.swap(at, at - 1));
                                follow(left_core.name.clone(), ["right", "left"], at - 1);
                            }
                        />
                        <IconButton
                            glyph=Glyph::Down
                            label=t(text::column_right)
                            disabled=face.pinned || !after
                            id=button(right_core.name.as_str(), "right", at)
                            on_click=move |_| {
                                arrange(&right_core, |placed| placed.swap(at, at + 1));
                                follow(right_core.name.clone(), ["left", "right"], at + 1);
                            }
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
