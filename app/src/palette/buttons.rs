//! What the page in sight can do by its own buttons, which the palette presses: whatever one may do there has one. Those of
//! rows count where the row is selected or has the focus.

/// A button as it stands on the page, in the language that the page is in.
#[derive(Clone)]
pub struct PageButton {
    pub label: String,
    /// What it is about: the name of its row, else the heading of its part.
    pub note: String,
    /// Of what is selected or of the page as a whole, rather than of one of its parts.
    pub near: bool,
}

/// Those that can be pressed now, each by its place in the list. Asked before the palette takes the focus.
pub fn of_page() -> Vec<PageButton> {
    #[cfg(feature = "hydrate")]
    return browser::of_page();
    #[cfg(not(feature = "hydrate"))]
    Vec::new()
}

/// Presses the one at this place, if the page still has it.
pub fn press(at: usize) {
    #[cfg(feature = "hydrate")]
    browser::press(at);
    #[cfg(not(feature = "hydrate"))]
    let _ = at;
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;

    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    use super::PageButton;

    /// Boards have one at each card; nobody looks for those here.
    const MOST: usize = 80;
    const LONGEST: usize = 40;
    const PRESSED: &str = "button:not(:disabled), a.btn";
    /// What only arranges what is seen, and what is not there yet.
    const NOT: &str = "th, [role=tablist], [role=option], [inert], [hidden], .pop-panel, .bcard";
    const ROW: &str = "tbody tr, li, [role=row]";
    const SELECTED: &str = "[aria-selected=true], [aria-current=true]";

    thread_local! {
        static FOUND: RefCell<Vec<(HtmlElement, PageButton)>> = const { RefCell::new(Vec::new()) };
    }

    pub fn of_page() -> Vec<PageButton> {
        let found = found();
        let buttons = found.iter().map(|(_, button)| button.clone()).collect();
        FOUND.set(found);
        buttons
    }

    pub fn press(at: usize) {
        let Some((element, button)) = FOUND.with_borrow(|found| found.get(at).cloned()) else { return };
        let Some(root) = root() else { return };
        // A list that was read again may have put another row there.
        if element.is_connected() && label(&element) == button.label && note(&element, row(&element, &root).as_ref()) == button.note {
            // What it opens gives the focus back to it.
            let _ = element.focus();
            element.click();
        }
    }

    fn found() -> Vec<(HtmlElement, PageButton)> {
        let focus = document().active_element();
        let Some(root) = root() else { return Vec::new() };
        let Ok(all) = root.query_selector_all(PRESSED) else { return Vec::new() };
        let mut found: Vec<(HtmlElement, PageButton)> = Vec::new();
        for at in 0..all.length() {
            let Some(element) = all.item(at).and_then(|node| node.dyn_into::<HtmlElement>().ok()) else { continue };
            if element.offset_width() == 0 || closest(&element, NOT).is_some() {
                continue;
            }
            let row = row(&element, &root);
            let at_hand =
                |row: &Element| focus.as_ref().is_some_and(|focus| row.contains(Some(focus))) || row.matches(SELECTED).unwrap_or(false);
            if row.as_ref().is_some_and(|row| !at_hand(row)) {
                continue;
            }
            let label = label(&element);
            if label.is_empty() || label.chars().count() > LONGEST {
                continue;
            }
            let near = row.is_some() || closest(&element, ".page-head").is_some();
            let note = note(&element, row.as_ref());
            if found.iter().any(|(_, other)| other.label == label && other.note == note) {
                continue;
            }
            found.push((element, PageButton { label, note, near }));
            if found.len() == MOST {
                break;
            }
        }
        found
    }

    /// The uppermost dialog, else the page.
    fn root() -> Option<Element> {
        last(document().query_selector_all("dialog[open]:not(.palette)").ok()).or_else(|| document().get_element_by_id("main"))
    }

    /// The row that a button stands in; one that the whole dialog stands in is none of its own.
    fn row(element: &Element, root: &Element) -> Option<Element> {
        closest(element, ROW).filter(|row| root.contains(Some(row)))
    }

    fn label(element: &Element) -> String {
        element.get_attribute("aria-label").map_or_else(|| words(element), |label| label.trim().to_owned())
    }

    fn note(element: &Element, row: Option<&Element>) -> String {
        match row {
            Some(row) => name(row, "th, td, strong, b, a"),
            None => closest(element, "section, form").map_or_else(String::new, |part| name(&part, "h2, h3")),
        }
    }

    fn last(list: Option<web_sys::NodeList>) -> Option<Element> {
        let list = list?;
        list.item(list.length().checked_sub(1)?)?.dyn_into().ok()
    }

    fn closest(element: &Element, selector: &str) -> Option<Element> {
        element.closest(selector).ok().flatten()
    }

    fn name(of: &Element, selector: &str) -> String {
        let named = of.query_selector(selector).ok().flatten();
        named.map_or_else(String::new, |named| words(&named).chars().take(LONGEST).collect())
    }

    /// Without the key that does the same.
    fn words(of: &Element) -> String {
        let text = of.text_content().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let key = of.query_selector("kbd").ok().flatten().and_then(|key| key.text_content()).unwrap_or_default();
        text.strip_suffix(key.trim()).map_or_else(|| text.clone(), |text| text.trim_end().to_owned())
    }
}
