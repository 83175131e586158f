use leptos::{ev, prelude::*};

use super::{
    column::Card,
    keys,
    view::{Core, Place},
};
use crate::{lang::use_lang, text};

/// One row. Its cells are made again when the row itself or the choice of columns changes.
pub(super) fn row(core: &Core, index: usize, key: String) -> AnyView {
    let lang = use_lang();
    let cells = core.source.cells(index);
    let href = core.source.href(index);
    let lead = core.faces.iter().position(|face| face.card == Some(Card::Lead)).unwrap_or(0);
    let (places, faces) = (core.places, core.faces.clone());
    let link = href.clone();
    let whole = core.late.is_whole(index);
    let tds = move || {
        let mut shown = places.get();
        let all = shown.len();
        if !whole.get() {
            // Up to what it leads with, which is all that a card on a phone is told by.
            shown.truncate(shown.iter().position(|place| place.index == lead).map_or(1, |at| at + 1));
        }
        let later = Some(all - shown.len()).filter(|more| *more > 0);
        let tds: Vec<_> = shown
            .into_iter()
            .filter_map(|Place { index: column, left }| {
                let content = cells(column)?;
                let face = &faces[column];
                let card = if column == lead { Some(Card::Lead) } else { face.card };
                let content = match &link {
                    Some(href) if column == lead => view! { <a href=href.clone() tabindex="-1">{content}</a> }.into_any(),
                    _ => content,
                };
                let mut class = face.align.class().to_owned();
                if column == lead {
                    class += " lead";
                }
                if left.is_some() {
                    class += " pin";
                }
                Some(view! {
                    <td class=class role="gridcell" data-card=card.map(Card::code) style:left=left>
                        {content}
                    </td>
                })
            })
            .collect();
        (tds, later.map(|more| view! { <td role="gridcell" colspan=more></td> }))
    };
    let (reach, active) = (core.reach, core.active);
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
            tabindex=move || if reach.get() == index { "0" } else { "-1" }
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
