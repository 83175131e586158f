//! What the list does with the browser itself. On the server each function does nothing.

#[cfg(feature = "hydrate")]
use leptos::prelude::{document, window};

#[cfg(feature = "hydrate")]
fn scroller() -> Option<web_sys::Element> {
    document().query_selector(".customers .table-scroll").ok().flatten()
}

/// How far the table and the page are scrolled, in CSS pixels.
pub fn scrolled() -> (i32, f64) {
    #[cfg(feature = "hydrate")]
    return (scroller().map_or(0, |scroller| scroller.scroll_top()), window().scroll_y().unwrap_or(0.0));
    #[cfg(not(feature = "hydrate"))]
    (0, 0.0)
}

/// Scrolls back to where [`scrolled`] was and focuses the element with id `focus`, as soon as the rows are there.
pub fn scroll_back(to: (i32, f64), focus: Option<String>) {
    #[cfg(feature = "hydrate")]
    try_scroll_back(to, focus, 20);
    #[cfg(not(feature = "hydrate"))]
    let _ = (to, focus);
}

/// The table learns its height only once it was measured, and rows in its window exist only after that.
#[cfg(feature = "hydrate")]
fn try_scroll_back((table, page): (i32, f64), focus: Option<String>, tries: u8) {
    guanhu_ui::dom::after(30, move || {
        let Some(scroller) = scroller() else { return };
        scroller.set_scroll_top(table);
        window().scroll_to_with_x_and_y(0.0, page);
        let there = (scroller.scroll_top() - table).abs() <= 1 && (window().scroll_y().unwrap_or(0.0) - page).abs() <= 1.0;
        let row = focus.as_ref().is_none_or(|id| document().get_element_by_id(id).is_some());
        if there && row {
            focus.iter().for_each(|id| guanhu_ui::dom::focus_id(id));
        } else if tries > 0 {
            try_scroll_back((table, page), focus, tries - 1);
        }
    });
}

pub fn scroll_to_top() {
    #[cfg(feature = "hydrate")]
    if let Some(scroller) = scroller() {
        scroller.set_scroll_top(0);
    }
}

/// Which row of the table an event happened in, if it was on a link.
pub fn opened_row(event: &leptos::ev::MouseEvent) -> Option<usize> {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        let row = target.closest("tr[aria-rowindex]").ok()??;
        target.closest("a").ok()??;
        row.get_attribute("aria-rowindex")?.parse::<usize>().ok()?.checked_sub(2)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Opens the first row, as a click on it would, or moves the focus there if it cannot be opened.
pub fn open_first() {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let link = document().query_selector(".customers tr[aria-rowindex='2'] td.lead a").ok().flatten();
        match link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
            Some(link) => link.click(),
            None => guanhu_ui::dom::move_focus(super::PAGE, super::FIRST_ROW, 0),
        }
    }
}
