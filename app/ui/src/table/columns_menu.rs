use leptos::prelude::*;

use super::{
    column::TableLayout,
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

fn list(core: Core) -> AnyView {
    let lang = use_lang();
    let layout = core.layout;
    let placed = core.placed;
    let lines = move || {
        let core = core.clone();
        let all = placed.get();
        let last = all.len() - 1;
        all.into_iter()
            .enumerate()
            .map(|(at, p)| {
                let face = core.faces[p.index].clone();
                let (show_core, left_core, right_core) = (core.clone(), core.clone(), core.clone());
                let header = face.header.clone();
                let first_free = core.faces.iter().filter(|face| face.pinned).count();
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
                            glyph=Glyph::Up
                            label=t(text::column_left)
                            disabled=face.pinned || at <= first_free
                            on_click=move |_| arrange(&left_core, |placed| placed.swap(at, at - 1))
                        />
                        <IconButton
                            glyph=Glyph::Down
                            label=t(text::column_right)
                            disabled=face.pinned || at == last
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
