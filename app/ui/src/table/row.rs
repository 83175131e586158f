use leptos::{ev, prelude::*};

use super::{
    column::Card,
    keys,
    view::{Core, is_pinned, pin_offset, visible},
};
use crate::{lang::use_lang, text};

/// One row. Its cells are made again when the row itself or the choice of columns changes.
pub(super) fn row(core: &Core, index: usize, key: String) -> AnyView {
    let lang = use_lang();
    let cells = core.source.cells(index);
    let shown = visible(core);
    let href = core.source.href(index);
    let lead = core.faces.iter().position(|face| face.card == Some(Card::Lead)).unwrap_or(0);
    let cell_core = core.clone();
    let link = href.clone();
    let tds = move || {
        shown
            .get()
            .into_iter()
            .filter_map(|column| {
                let content = cells(column)?;
                let face = &cell_core.faces[column];
                let card = if column == lead { Some(Card::Lead) } else { face.card };
                let content = match &link {
                    Some(href) if column == lead => view! { <a href=href.clone() tabindex="-1">{content}</a> }.into_any(),
                    _ => content,
                };
                let align = face.align.class();
                let class = if column == lead { format!("{align} lead") } else { align.to_string() };
                let (pin_core, class_core) = (cell_core.clone(), cell_core.clone());
                let left = move || pin_offset(&pin_core, column);
                Some(view! {
                    <td
                        class=class
                        class:pin=move || is_pinned(&class_core, column)
                        role="gridcell"
                        data-card=card.map(Card::code)
                        style:left=left
                    >
                        {content}
                    </td>
                })
            })
            .collect_view()
    };
    let (range, active) = (core.range, core.active);
    // The window may have left the active row behind; Tab must still reach some row.
    let reachable = move || {
        let (start, end) = range.get();
        active.get().clamp(start, end.saturating_sub(1).max(start)) == index
    };
    let selected = core.selected;
    let selected_key = key.clone();
    let is_selected = Memo::new(move |_| selected.is_some_and(|selected| selected.with(|s| s.contains(&selected_key))));
    let pick = selected.map(|_| {
        let core = core.clone();
        view! {
            <td class="pick pin" role="gridcell" style:left="0px">
                <label>
                    <input
                        class="tick"
                        type="checkbox"
                        tabindex="-1"
                        aria-label=move || text::select_row(lang.get())
                        checked=is_selected.get_untracked()
                        prop:checked=move || is_selected.get()
                        on:click=move |event: ev::MouseEvent| {
                            event.stop_propagation();
                            keys::pick(&core, index, event.shift_key());
                        }
                    />
                </label>
            </td>
        }
    });
    let click_core = core.clone();
    let opens = href.is_some();
    view! {
        <tr
            id=format!("{}-r{index}", core.name)
            role="row"
            aria-rowindex=index + 2
            aria-selected=selected.map(|_| move || is_selected.get().to_string())
            tabindex=move || if reachable() { "0" } else { "-1" }
            data-href=opens.then_some("")
            on:click=move |event: ev::MouseEvent| keys::on_click(&click_core, index, &event)
            on:focus=move |_| active.set(index)
        >
            {pick}
            {tds}
        </tr>
    }
    .into_any()
}
